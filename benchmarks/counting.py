"""From a Parquet file of patents to a counted corpus on disk, against what is usually done.

    python -m benchmarks.counting            prints the table
    python -m benchmarks.counting --texts 60 --threads 2

English: abstracts and claims of the bundled US patents, against scikit-learn's CountVectorizer with the same
tokens. Chinese: pieces of the bundled work reports as long as abstracts, against jieba and a Counter for each
text. The peers read the same file and end with counts in memory; the engine writes its corpus too.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import io
import multiprocessing
import multiprocessing.connection
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import polars as pl

from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.format import open_counts
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.policy import read_policy_folder
from patentmetrics.text.counts import count_terms

DEMO = Path(__file__).resolve().parent.parent / "patentmetrics" / "studies" / "demo"
PIECE = 250
FIRST_YEAR, YEARS = 1990, 20
ENGINE = "count_terms"
SEGMENTERS = {"Chinese": "jieba", "English": "english"}
# a peer measures itself long enough on a part of the texts
JIEBA_TEXTS = 4_000
Ways = dict[str, Callable[[Path, Path], object]]


def patents(language: str, megabytes: int) -> pl.DataFrame:
    """As many patents as are so large together; no two have the same text."""
    if language == "Chinese":
        text = "".join(read_policy_folder(DEMO / "policy").corpus.frame["text"])
        size = PIECE
    else:
        frame = pl.read_csv(DEMO / "us_solar_patents.csv", infer_schema=False)
        text = " ".join(
            frame.select(pl.concat_str(pl.col(pl.String), separator=" ", ignore_nulls=True)).to_series()
        )
        size = 1000
    random = np.random.default_rng(1)
    share = len(text.encode()) / len(text)
    number = int(megabytes * 1e6 / (size * share))
    begins = random.integers(0, len(text) - size, number)
    years = random.integers(FIRST_YEAR, FIRST_YEAR + YEARS, number)
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i:08d}" for i in range(number)],
            "filing_date": [dt.date(int(year), 1, 1) for year in years],
            "abstract": [text[begin : begin + size] for begin in begins],
        }
    )
    return pl.concat([pl.DataFrame(schema=PATENT_SCHEMA), frame], how="diagonal")


def engine(segmenter: str, threads: int) -> Callable[[Path, Path], object]:
    return lambda path, output: count_terms(path, output, date="filing", segmenter=segmenter, threads=threads)


def with_sklearn(path: Path, _: Path) -> object:
    from sklearn.feature_extraction.text import CountVectorizer

    texts = pl.read_parquet(path, columns=["abstract"])["abstract"]
    return CountVectorizer(token_pattern="[a-z]+").fit_transform(texts)


def with_jieba(path: Path, _: Path) -> object:
    import jieba

    with redirect_stderr(io.StringIO()):
        jieba.initialize()
    texts = pl.read_parquet(path, columns=["abstract"])["abstract"]
    return [Counter(jieba.lcut(text.lower())) for text in texts]


def ways(language: str) -> Ways:
    """The ways to count, the engine's first; peers that are installed."""
    found = {f"{ENGINE}, one thread": engine(SEGMENTERS[language], 1)}
    if language == "Chinese":
        found["jieba and a Counter each"] = with_jieba
    elif importlib.util.find_spec("sklearn"):
        found["scikit-learn's CountVectorizer"] = with_sklearn
    return found


def measure(
    language: str, way: str, path: Path, threads: int, sending: multiprocessing.connection.Connection
) -> None:
    """Run one way in a process of its own: seconds of the processor, of the wall, and peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        work = engine(SEGMENTERS[language], threads) if way.endswith("wall") else ways(language)[way]
        # kernels are compiled, dictionaries loaded
        small = Path(folder) / "small.parquet"
        pl.read_parquet(path, n_rows=50).write_parquet(small)
        work(small, Path(folder) / "small")
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        begin, begin_wall = time.process_time(), time.perf_counter()
        work(path, Path(folder) / "counts")
        took = time.process_time() - begin, time.perf_counter() - begin_wall
        sending.send((*took, _memory("VmHWM") - before))


def _memory(kind: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) / 1e3
    return float("nan")


def measured(language: str, way: str, path: Path, threads: int) -> tuple[float, float, float]:
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=measure, args=(language, way, path, threads, sending))
    child.start()
    found: tuple[float, float, float] = receiving.recv()
    child.join()
    return found


def agrees(path: Path, language: str) -> bool:
    """Whether the engine's counts are the peer's, patent by patent, on the first texts."""
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.parquet"
        pl.read_parquet(path, n_rows=300).write_parquet(few)
        engine(SEGMENTERS[language], 2)(few, Path(folder) / "counts")
        matrix, documents = to_csr(open_counts(Path(folder) / "counts"))
        sums = dict(zip(documents["patent_id"], np.asarray(matrix.sum(axis=1)).ravel().tolist(), strict=True))
        if language == "Chinese":
            expected = [
                sum(n for token, n in row.items() if any(map(str.isalnum, token)))
                for row in with_jieba(few, Path())  # type: ignore[attr-defined]
            ]
        else:
            peer = with_sklearn(few, Path())
            expected = np.asarray(peer.sum(axis=1)).ravel().tolist()  # type: ignore[attr-defined]
        return [sums[name] for name in pl.read_parquet(few)["patent_id"]] == expected


class Counting:
    """For asv: the engine on Chinese and on English."""

    params = ("Chinese", "English")
    param_names = ("language",)

    def setup(self, language: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "patents.parquet"
        patents(language, 20).write_parquet(self.path)
        self.work = engine(SEGMENTERS[language], 1)
        self.work(self.path, Path(self.folder.name) / "warm")

    def teardown(self, _: str) -> None:
        self.folder.cleanup()

    def time_counting(self, _: str) -> None:
        self.work(self.path, Path(self.folder.name) / "counts")

    def peakmem_counting(self, _: str) -> None:
        self.work(self.path, Path(self.folder.name) / "counts")


def table(megabytes: int = 100, threads: int = 2) -> str:
    """Measure both languages and give their tables."""
    parts = []
    for language in SEGMENTERS:
        with tempfile.TemporaryDirectory() as folder:
            path, few = Path(folder) / "patents.parquet", Path(folder) / "few.parquet"
            frame = patents(language, megabytes)
            frame.write_parquet(path)
            frame.head(JIEBA_TEXTS).write_parquet(few)
            sizes = {one: pl.read_parquet(one)["abstract"].str.len_bytes() for one in (path, few)}
            same = "the same" if agrees(path, language) else "OTHER"
            parts.append(
                f"{language}: {frame.height:,} texts, {sizes[path].sum() / 1e6:.0f} MB; {same} counts.\n\n"
                "| way | MB/s of the processor | texts/s | times as fast | MB/s of the wall "
                "| peak memory, MB |\n"
                "|---|---:|---:|---:|---:|---:|"
            )
            rows = []
            for way in [*ways(language), f"{ENGINE}, {threads} threads, wall"]:
                one = few if "jieba" in way else path
                cpu, wall, peak = measured(language, way, one, threads)
                size = sizes[one].sum() / 1e6
                rows.append((way, size / cpu, len(sizes[one]) / cpu, size / wall, peak))
            slowest = rows[1][1] if len(rows) > 2 else float("nan")
            parts[-1] += "".join(
                f"\n| {way} | {speed:.1f} | {texts:,.0f} | {speed / slowest:.1f} | {wall:.1f} | {peak:.0f} |"
                for way, speed, texts, wall, peak in rows
            )
    return "\n\n".join(parts)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=200, metavar="MB", help="megabytes of each language")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print(table(options.texts, options.threads))


if __name__ == "__main__":
    main()
