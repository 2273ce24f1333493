"""The segmentation kernel against jieba and its other implementations: ratios in one run.

    python -m benchmarks.segmentation                 the bundled work reports, again and again up to 3 MB
    python -m benchmarks.segmentation FOLDER          the .txt files of a folder, as they are
    python -m benchmarks.segmentation --jieba-py DIR  jieba-py too, which was installed into a folder
    asv run                                           times and peak memory, release by release

Speeds are megabytes of UTF-8 for each second of the processor: the best of some rounds, in which all
engines take turns, so that a busy machine slows all of them. Documents are whole reports, and the same
reports in pieces of 250 characters, the size of an abstract. Peak memory is that of a process that does
nothing else. The peers stand in benchmarks/segmenters.py. How far each agrees with jieba is measured on
each text once: the share of jieba's tokens that it gives with the same begin and end.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from pathlib import Path

import polars as pl

from benchmarks.segmenters import agreement, cut_of, installed, jieba_py
from patentmetrics.text.segmenters import segment
from patentmetrics.text.token_ids import segment_ids, token_strings
from patentmetrics.text.user_words import dictionary_with

BUNDLED = Path(__file__).resolve().parent.parent / "patentmetrics" / "studies" / "demo" / "policy"
BYTES = 3_000_000
PIECE = 250
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
        work: Engine = lambda texts: segment_ids(texts, dictionary=dictionary, hmm=hmm)  # noqa: E731 - one line
    elif name == LISTS:
        work = lambda texts: list(segment(texts, segmenter="jieba", hmm=hmm))  # noqa: E731 - one line
    elif name == REFERENCE:
        work = lambda texts: list(segment(texts, segmenter="jieba-reference", hmm=hmm))  # noqa: E731 - one line
    else:
        cut = cut_of(name, hmm=hmm)
        work = lambda texts: [cut(text) for text in texts]  # noqa: E731 - one line
    with redirect_stderr(io.StringIO()):
        work(pl.Series(["太阳能电池，杭研大厦 5G"]))
    return work


def engines() -> list[str]:
    return [IDS, LISTS, REFERENCE, *installed()]


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


def agreements(texts: Sequence[str], *, hmm: bool) -> dict[str, float]:
    """How far each engine agrees with jieba, on texts that differ."""
    reference = list(segment(texts, segmenter="jieba-reference", hmm=hmm))
    found = {IDS: agreement(texts, reference, _tokens_of_ids(texts, hmm=hmm))}
    for name in engines():
        if name not in found:
            tokens: Sequence[list[str]] = engine(name, hmm=hmm)(pl.Series(texts))  # type: ignore[assignment]
            found[name] = agreement(texts, reference, tokens)
    return found


def _tokens_of_ids(texts: Sequence[str], *, hmm: bool) -> list[list[str]]:
    dictionary = dictionary_with(())
    found = segment_ids(texts, dictionary=dictionary, hmm=hmm)
    strings = token_strings(found.ids, dictionary=dictionary, words=found.words)
    return [strings[found.offsets[row] : found.offsets[row + 1]] for row in range(len(texts))]


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


def compare(title: str, texts: list[str], *, hmm: bool, memory: bool, other: Path | None) -> None:
    """Print the table of one kind of documents; `other` is the folder of jieba-py."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    unique = list(dict.fromkeys(texts))
    same = agreements(unique, hmm=hmm)
    found = times(pl.Series(texts), hmm=hmm, rounds=7)
    if other is not None:
        found["jieba-py"], _ = jieba_py(other, texts, hmm=hmm)
        reference = segment(unique, segmenter="jieba-reference", hmm=hmm)
        same["jieba-py"] = agreement(unique, reference, jieba_py(other, unique, hmm=hmm)[1])
    model = "with" if hmm else "without"
    print(f"\n{title}: {len(texts):,} documents, {size:.1f} MB, {model} the hidden Markov model\n")
    print("| engine | MB/s | documents/s | times jieba | tokens as jieba's, % | peak memory, MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, seconds in found.items():
        peak = f"{peak_memory(name, texts, hmm=hmm):.0f}" if memory and name != "jieba-py" else ""
        speed = f"{size / seconds:.1f} | {len(texts) / seconds:,.0f} | {found[REFERENCE] / seconds:.1f}"
        print(f"| {name} | {speed} | {_percent(same[name])} | {peak} |")


def _percent(share: float) -> str:
    """Two digits; 100 is said of every single token only."""
    return f"{min(100 * share, 99.99):.2f}" if share < 1 else "100"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--jieba-py", type=Path, metavar="DIR")
    options = parser.parse_args()
    texts = reports(options.folder)
    other = options.jieba_py
    compare("whole reports", texts, hmm=True, memory=True, other=other)
    compare("whole reports", texts, hmm=False, memory=False, other=other)
    compare(f"pieces of {PIECE} characters", pieces(texts), hmm=True, memory=True, other=other)


if __name__ == "__main__":
    main()
