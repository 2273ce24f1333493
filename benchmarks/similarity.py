"""The linear engine against its peers: ratios in one run.

    python -m benchmarks.similarity            prints the table
    asv run                                    times and peak memory, release by release

Corpora are simulated: 100 distinct terms a patent from a Zipf vocabulary of 200,000, 20 years.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest import mock

import numpy as np
import polars as pl
from scipy import sparse

from patentmetrics.core.types import TermCounts
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.csr import to_csr
from patentmetrics.score import passes
from patentmetrics.score.linear import similarity_by_lag
from patentmetrics.score.plan import lag_groups, make_plan
from patentmetrics.score.weights import YearCounts, bidf, count_years

TERMS, YEARS, VOCABULARY = 100, 20, 200_000


def zipf_counts(folder: Path, patents: int, seed: int = 1) -> TermCounts:
    """Write a counted corpus of Zipf-distributed terms."""
    random = np.random.default_rng(seed)
    cumulative = np.cumsum(1.0 / (np.arange(VOCABULARY) + 2.7))
    drawn = np.searchsorted(cumulative, random.random((patents, TERMS)) * cumulative[-1])
    occurrences = np.bincount(drawn.ravel(), minlength=VOCABULARY)
    return build_counts(
        folder,
        documents=pl.DataFrame({"patent_id": np.arange(patents).astype(str)}),
        years=np.sort(random.integers(2000, 2000 + YEARS, patents)).astype(np.int32),
        indptr=np.arange(0, patents * TERMS + 1, TERMS, dtype=np.int64),
        indices=drawn.ravel().astype(np.uint32),
        data=np.ones(drawn.size, np.uint32),
        vocabulary=pl.DataFrame(
            {
                "term": [f"w{i}" for i in range(VOCABULARY)],
                "documents": occurrences,
                "occurrences": occurrences,
            }
        ),
        date="filing",
        made_by={},
    )


def linear(counts: TermCounts, *, threads: int | None = None) -> np.ndarray:
    """All windows: backward 5, forward 1, 5 and 10."""
    years = [block.year for block in counts.blocks]
    plan = make_plan(
        counts,
        backward=5,
        groups=lag_groups([1, 5, 10], by_lag=False),
        first_year=min(years),
        last_year=max(years),
    )
    return similarity_by_lag(counts, plan, threads=threads)[0].forward


def same_algebra_in_scipy(
    matrix: sparse.csr_matrix, years: np.ndarray, year_counts: YearCounts
) -> np.ndarray:
    """The same windows by centroids, one base year at a time, with sparse products."""
    weights = np.nan_to_num(bidf(year_counts))
    forward = np.full((matrix.shape[0], 10), np.nan)
    backward = np.full((matrix.shape[0], 5), np.nan)
    for base, year in enumerate(year_counts.years):
        near = np.flatnonzero((years >= year) & (years <= year + 10))
        weighted = matrix[near].multiply(weights[base]).tocsr()
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        weighted = (
            sparse.diags_array(np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0))
            @ weighted
        )
        of_year = years[near]
        own = weighted[of_year == year]
        own_centroid = np.asarray(own.sum(axis=0)).ravel()
        for lag in range(1, 11):
            others = weighted[of_year == year + lag]
            forward[near[of_year == year], lag - 1] = own @ np.asarray(others.sum(axis=0)).ravel()
            if lag <= 5:
                backward[near[of_year == year + lag], lag - 1] = others @ own_centroid
    groups = [(0, 1), (1, 5), (5, 10)]
    return np.stack([forward[:, low:high].sum(axis=1) for low, high in groups], axis=1)


def pairwise_in_scipy(
    matrix: sparse.csr_matrix, years: np.ndarray, year_counts: YearCounts, base: int
) -> None:
    """One base year of twenty, pair by pair, in blocks of a thousand rows: its ten forward years."""
    weights = np.nan_to_num(bidf(year_counts)[base])
    year = year_counts.years[base]
    weighted = matrix.multiply(weights).tocsr()
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    weighted = sparse.diags_array(1 / np.maximum(lengths, 1e-300)) @ weighted
    own, later = weighted[years == year], weighted[(years > year) & (years <= year + 10)].T.tocsr()
    for begin in range(0, own.shape[0], 1000):
        (own[begin : begin + 1000] @ later).sum(axis=1)


def kernels_alone(counts: TermCounts) -> float:
    """Time the three loops over the non-zeros within a run of the engine, on one thread."""
    spent = 0.0

    def timed(kernel: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object) -> object:
            nonlocal spent
            begin = time.thread_time()
            result = kernel(*arguments)
            spent += time.thread_time() - begin
            return result

        return run

    with contextlib.ExitStack() as stack:
        for name in ("add_squared_lengths", "add_totals", "add_products"):
            stack.enter_context(mock.patch.object(passes, name, timed(getattr(passes, name))))
        linear(counts, threads=1)
    return spent


def best(work: Callable[[], object], *, clock: Callable[[], float], repeats: int = 3) -> float:
    """Time the work, at its best of some repeats."""
    times = []
    for _ in range(repeats):
        begin = clock()
        work()
        times.append(clock() - begin)
    return min(times)


class Similarity:
    """For asv: the engine on corpora of two sizes."""

    params = (10_000, 100_000)
    param_names = ("patents",)

    def setup(self, patents: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.counts = zipf_counts(Path(self.folder.name) / "counts", patents)
        linear(zipf_counts(Path(self.folder.name) / "warm", 1_000))

    def teardown(self, _: int) -> None:
        self.folder.cleanup()

    def time_all_windows(self, _: int) -> None:
        linear(self.counts)

    def peakmem_all_windows(self, _: int) -> None:
        linear(self.counts)


def table(patents: int) -> str:
    """Measure one size and give its table; every way is checked to agree with the engine first."""
    with tempfile.TemporaryDirectory() as folder:
        linear(zipf_counts(Path(folder) / "warm", 1_000))
        counts = zipf_counts(Path(folder) / "counts", patents)
        matrix, documents = to_csr(counts)
        years = documents["year"].to_numpy()
        year_counts = count_years(counts, first_year=int(years.min()), last_year=int(years.max()))
        indices = matrix.indices.astype(np.int64)
        found = linear(counts, threads=1)
        expected = same_algebra_in_scipy(matrix, years, year_counts)
        # years without known weights are NaN on one side, zero on the other; compare the rest
        both = ~np.isnan(found) & ~np.isnan(expected)
        np.testing.assert_allclose(found[both], expected[both], rtol=1e-9)

        cpu = time.process_time
        scan = best(lambda: np.bincount(indices), clock=cpu)
        kernels = min(kernels_alone(counts) for _ in range(3))
        one = best(lambda: linear(counts, threads=1), clock=cpu)
        two = best(lambda: linear(counts, threads=2), clock=time.perf_counter)
        algebra = best(lambda: same_algebra_in_scipy(matrix, years, year_counts), clock=cpu, repeats=1)
        # the middle of the sample: the base year has ten later years; weighed by the pairs of all of them
        pairs = best(lambda: pairwise_in_scipy(matrix, years, year_counts, base=8), clock=cpu, repeats=1)
        all_pairs = pairs * _pairs(year_counts, range(YEARS)) / _pairs(year_counts, [8])
    rows = [
        ("one `np.bincount` of the same indices", scan),
        ("the three kernels alone", kernels),
        ("linear engine, all windows, one thread", one),
        ("linear engine, two threads, wall", two),
        ("the same algebra in scipy.sparse", algebra),
        ("pairs in scipy.sparse (one base year measured, scaled by pairs)", all_pairs),
    ]
    lines = [
        f"{patents:,} patents, {matrix.nnz:,} non-zeros, {YEARS} years, vocabulary {VOCABULARY:,}; "
        "seconds of the processor unless it is said to be of the wall.",
        "",
        "| way | seconds | ns per non-zero | times `np.bincount` | engine is faster by |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {way} | {took:.3f} | {took / matrix.nnz * 1e9:.1f} | {took / scan:.1f} | {took / one:.1f} |"
        for way, took in rows
    ]
    return "\n".join(lines)


def _pairs(year_counts: YearCounts, bases: Iterable[int]) -> int:
    """Count the pairs of patents of base years with those of the ten years ahead."""
    patents = year_counts.patents
    return sum(int(patents[base] * patents[base + 1 : base + 11].sum()) for base in bases)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patents", default="50000,200000", help="sizes, joined by commas")
    for size in parser.parse_args().patents.split(","):
        print(table(int(size)), end="\n\n")


if __name__ == "__main__":
    main()
