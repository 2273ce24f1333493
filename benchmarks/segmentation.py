"""The segmentation kernel against jieba and its other implementations: ratios in one run.

    python -m benchmarks.segmentation                 the bundled work reports, again and again up to 8 MB
    python -m benchmarks.segmentation FOLDER          the .txt files of a folder, as they are
    asv run                                           times and peak memory, release by release

Speeds are megabytes of UTF-8 for each second of the processor: the best of some rounds, in which all
engines take turns, so that a busy machine slows all of them. Documents are whole reports, and the same
reports in pieces of 250 characters, the size of an abstract. Peak memory is that of a process that does
nothing else. rjieba, jieba_fast and other packages are compared where they are installed.
"""

from __future__ import annotations

import importlib
import io
import multiprocessing
import multiprocessing.connection
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from pathlib import Path

import polars as pl

from patentmetrics.text.segment import segment
from patentmetrics.text.token_ids import segment_ids, token_strings
from patentmetrics.text.user_words import dictionary_with

BUNDLED = Path(__file__).resolve().parent.parent / "patentmetrics" / "studies" / "demo" / "policy"
BYTES = 3_000_000
PIECE = 250
PEERS = ("rjieba", "jieba_fast", "jieba_next", "cppjieba_py")
REFERENCE = "jieba 0.42.1"
IDS, LISTS = "kernel, ids", "kernel, lists of strings"
Engine = Callable[[pl.Series], object]


def reports(folder: Path | None) -> list[str]:
    """The texts of a folder; of the bundled samples as many copies as are needed."""
    texts = [_decoded(path.read_bytes()) for path in sorted((folder or BUNDLED).glob("*.txt"))]
    if folder:
        return texts
    return texts * (BYTES // sum(len(text.encode()) for text in texts) + 1)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def pieces(texts: Sequence[str]) -> list[str]:
    return [text[begin : begin + PIECE] for text in texts for begin in range(0, len(text), PIECE)]


def engine(name: str, *, hmm: bool) -> Engine:
    """Make an engine ready: its dictionary is loaded, its kernels are compiled."""
    if name == IDS:
        dictionary = dictionary_with(())
        work: Engine = lambda texts: segment_ids(texts, dictionary=dictionary, hmm=hmm)  # noqa: E731
    elif name == LISTS:
        work = lambda texts: list(segment(texts, segmenter="jieba", hmm=hmm))  # noqa: E731
    elif name == REFERENCE:
        work = lambda texts: list(segment(texts, segmenter="jieba-reference", hmm=hmm))  # noqa: E731
    else:
        peer = importlib.import_module(name)
        cut = peer.lcut if hasattr(peer, "lcut") else peer.cut
        work = (
            (lambda texts: [cut(text, hmm) for text in texts])
            if name == "rjieba"
            else (lambda texts: [cut(text, HMM=hmm) for text in texts])
        )
    with redirect_stderr(io.StringIO()):
        work(pl.Series(["太阳能电池，杭研大厦 5G"]))
    return work


def engines() -> list[str]:
    return [IDS, LISTS, REFERENCE, *(name for name in PEERS if _is_installed(name))]


def _is_installed(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def times(texts: pl.Series, *, hmm: bool, rounds: int) -> dict[str, float]:
    """Seconds of the processor of each engine, the best of some rounds; jieba's peers in the first only."""
    found: dict[str, float] = {}
    ready = {name: engine(name, hmm=hmm) for name in engines()}
    for turn in range(rounds):
        for name, work in ready.items():
            # a slow engine measures itself long enough in fewer rounds
            if turn >= 2 and found[name] > 1:
                continue
            begin = time.process_time()
            work(texts)
            found[name] = min(found.get(name, float("inf")), time.process_time() - begin)
    return found


def identical(texts: Sequence[str], *, hmm: bool) -> tuple[int, int]:
    """How many tokens jieba gives, and how many of them stand in texts cut the same."""
    dictionary = dictionary_with(())
    found = segment_ids(texts, dictionary=dictionary, hmm=hmm)
    strings = token_strings(found.ids, dictionary=dictionary, words=found.words)
    tokens = same = 0
    for row, expected in enumerate(segment(texts, segmenter="jieba-reference", hmm=hmm)):
        tokens += len(expected)
        ours = strings[found.offsets[row] : found.offsets[row + 1]]
        same += len(expected) if ours == expected else 0
    return tokens, same


def peak_memory(name: str, texts: Sequence[str], *, hmm: bool) -> float:
    """Megabytes that a process needs for this engine beside the texts and the libraries."""
    receiving, sending = multiprocessing.get_context("spawn").Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(
        target=_report_peak, args=(sending, name, list(texts), hmm)
    )
    child.start()
    used: float = receiving.recv()
    child.join()
    return used


def _report_peak(
    sending: multiprocessing.connection.Connection, name: str, texts: list[str], hmm: bool
) -> None:
    series = pl.Series(texts)
    before = _peak()
    engine(name, hmm=hmm)(series)
    sending.send(_peak() - before)


def _peak() -> float:
    """Megabytes at the highest so far; what Linux calls ru_maxrss begins with the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    return float("nan")


class Segmentation:
    """For asv: the kernel on reports and on pieces of them."""

    params = ("reports", "pieces")
    param_names = ("documents",)

    def setup(self, kind: str) -> None:
        texts = reports(None)
        self.texts = pl.Series(texts if kind == "reports" else pieces(texts))
        self.work = engine(IDS, hmm=True)

    def time_ids(self, _: str) -> None:
        self.work(self.texts)

    def peakmem_ids(self, _: str) -> None:
        self.work(self.texts)


def compare(title: str, texts: list[str], *, hmm: bool, memory: bool) -> None:
    """Print the table of one kind of documents."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    tokens, same = identical(texts, hmm=hmm)
    found = times(pl.Series(texts), hmm=hmm, rounds=7)
    model = "with" if hmm else "without"
    print(f"\n{title}: {len(texts):,} documents, {size:.1f} MB, {model} the hidden Markov model;")
    print(f"{same:,} of {tokens:,} tokens stand in documents that the kernel cuts as jieba does\n")
    print("| engine | MB/s | documents/s | times jieba | peak memory, MB |")
    print("|---|---|---|---|---|")
    for name, seconds in found.items():
        peak = f"{peak_memory(name, texts, hmm=hmm):.0f}" if memory else ""
        speed = f"{size / seconds:.1f} | {len(texts) / seconds:,.0f} | {found[REFERENCE] / seconds:.1f}"
        print(f"| {name} | {speed} | {peak} |")


def main(folder: str | None = None) -> None:
    """Print the tables."""
    texts = reports(Path(folder) if folder else None)
    compare("whole reports", texts, hmm=True, memory=True)
    compare("whole reports", texts, hmm=False, memory=False)
    compare(f"pieces of {PIECE} characters", pieces(texts), hmm=True, memory=True)


if __name__ == "__main__":
    main(*sys.argv[1:2])
