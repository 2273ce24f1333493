"""The thresholded pair kernel against its peers: ratios in one run.

    python -m benchmarks.pairwise              prints the tables
    asv run                                    times and peak memory, release by release

Two years of patents against each other, about 130 distinct terms a patent from a Zipf vocabulary of
200,000, with topics: few and heavy ones in ``hi``, many and light ones in ``lo``. Peers are given the
weighted unit vectors; the engine reads its counted corpus from disk. sparse_dot_topn is compared where
it is installed. Seconds are of the wall and of the processor: on a machine that others use too, the
latter are the ones to trust.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
from scipy import sparse

from patentmetrics.core.types import TermCounts
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.csr import to_csr
from patentmetrics.score.pairwise import PairSums, thresholded_by_lag
from patentmetrics.score.plan import Plan, make_plan
from patentmetrics.score.sampled import sampled_by_lag
from patentmetrics.score.weights import bidf, count_years

VOCABULARY, TOKENS, TOPIC_TERMS = 200_000, 140, 400
# topics, and the share of a patent's tokens that come from its topic: 0.23 % and 4.7 % of pairs reach 0.05
KINDS = {"lo": (200, 0.195), "hi": (20, 0.4)}
THRESHOLD = 0.05
Sides = tuple[np.ndarray, np.ndarray]


def topical_counts(folder: Path, kind: str, patents: int, *, seed: int = 1) -> TermCounts:
    """Write a counted corpus of three years, ``patents`` each: the first only makes weights known."""
    topics, share = KINDS[kind]
    random = np.random.default_rng(seed)
    total = 3 * patents
    words = np.stack(
        [random.choice(np.arange(500, VOCABULARY), TOPIC_TERMS, replace=False) for _ in range(topics)]
    )
    topic = random.integers(topics, size=total)[:, np.newaxis]
    common = _zipf(random, VOCABULARY, (total, TOKENS))
    special = words[topic, _zipf(random, TOPIC_TERMS, (total, TOKENS))]
    drawn = np.where(random.random((total, TOKENS)) < share, special, common)
    occurrences = np.bincount(drawn.ravel(), minlength=VOCABULARY)
    return build_counts(
        folder,
        documents=pl.DataFrame({"patent_id": np.arange(total).astype(str)}),
        years=np.repeat([1999, 2000, 2001], patents).astype(np.int32),
        indptr=np.arange(0, total * TOKENS + 1, TOKENS, dtype=np.int64),
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


def _zipf(random: np.random.Generator, size: int, shape: tuple[int, int]) -> np.ndarray:
    cumulative = np.cumsum(1.0 / (np.arange(size) + 10.0))
    return np.searchsorted(cumulative, random.random(shape) * cumulative[-1])


def plan_of(counts: TermCounts) -> Plan:
    """Each patent with those of the year before and the year after."""
    return make_plan(counts, backward=1, groups=((1, 1),), first_year=1999, last_year=2001)


def engine(counts: TermCounts, threads: int) -> PairSums:
    """The two years against each other, from disk to sums; weights are counted too."""
    return thresholded_by_lag(counts, plan_of(counts), threshold=THRESHOLD, threads=threads)


def unit_vectors(counts: TermCounts) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """The patents of 2000 and of 2001, weighted in 2000, scaled to length one."""
    years = count_years(counts, first_year=1999, last_year=2001)
    matrix, documents = to_csr(counts)
    weighted = matrix.multiply(bidf(years)[years.at(2000)]).tocsr()
    weighted.eliminate_zeros()
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    scaled = sparse.csr_matrix(sparse.diags_array(1 / np.maximum(lengths, 1e-300)) @ weighted)
    year = documents["year"].to_numpy()
    return scaled[year == 2000], scaled[year == 2001]


def in_scipy(own: sparse.csr_matrix, later: sparse.csr_matrix) -> Sides:
    """A thousand rows at a time: product, cut, sums of rows and columns."""
    transposed = later.T.tocsr()
    rows, columns = [], np.zeros(later.shape[0])
    for begin in range(0, own.shape[0], 1000):
        product = own[begin : begin + 1000] @ transposed
        product.data[product.data < THRESHOLD] = 0
        rows.append(np.asarray(product.sum(axis=1)).ravel())
        columns += np.asarray(product.sum(axis=0)).ravel()
    return np.concatenate(rows), columns


def in_sparse_dot_topn(
    topn: ModuleType, own: sparse.csr_matrix, later: sparse.csr_matrix, threads: int
) -> Sides:
    """A thousand rows at a time, all pairs that reach the threshold, unsorted."""
    transposed = later.T.tocsr()
    rows, columns = [], np.zeros(later.shape[0])
    for begin in range(0, own.shape[0], 1000):
        product = topn.sp_matmul_topn(
            own[begin : begin + 1000],
            transposed,
            top_n=later.shape[0],
            threshold=THRESHOLD,
            sort=False,
            n_threads=threads,
        )
        rows.append(np.asarray(product.sum(axis=1)).ravel())
        columns += np.asarray(product.sum(axis=0)).ravel()
    return np.concatenate(rows), columns


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float, object]:
    """Seconds of the wall and of the processor, each at its best of some repeats, and the result."""
    walls, processors, result = [], [], None
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls), min(processors), result


class Pairs:
    """For asv: the engine on the two corpora."""

    params = ("lo", "hi")
    param_names = ("corpus",)

    def setup(self, kind: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.counts = topical_counts(Path(self.folder.name) / "counts", kind, 5_000)
        warm = topical_counts(Path(self.folder.name) / "warm", kind, 200)
        engine(warm, 1)

    def teardown(self, _: str) -> None:
        self.folder.cleanup()

    def time_thresholded(self, _: str) -> None:
        engine(self.counts, 1)

    def peakmem_thresholded(self, _: str) -> None:
        engine(self.counts, 1)


def compare(kind: str, patents: int, topn: ModuleType | None) -> None:
    """Print the table of one corpus."""
    with tempfile.TemporaryDirectory() as folder:
        counts = topical_counts(Path(folder) / "counts", kind, patents)
        own, later = unit_vectors(counts)
        ways: dict[str, Callable[[], object]] = {
            "pair kernel, 1 thread": lambda: engine(counts, 1),
            "pair kernel, 2 threads": lambda: engine(counts, 2),
            "scipy.sparse in 1,000-row blocks, 1 thread": lambda: in_scipy(own, later),
            "sampled, 1,000 comparators, 1 thread": lambda: sampled_by_lag(
                counts, plan_of(counts), comparators=1000, threshold=THRESHOLD, seed=1, threads=1
            ),
        }
        if topn is not None:
            for threads in (1, 2):
                ways[f"sparse_dot_topn, {threads} thread{'s' * (threads - 1)}"] = lambda threads=threads: (
                    in_sparse_dot_topn(topn, own, later, threads)
                )
        found = {name: timed(work, 3 if "kernel" in name else 1) for name, work in ways.items()}
    exact: PairSums = found["pair kernel, 1 thread"][2]
    ahead, back = exact.sums.forward[patents : 2 * patents, 0], exact.sums.backward[2 * patents :, 0]
    for name, (_, _, result) in found.items():
        if isinstance(result, tuple):
            np.testing.assert_allclose(result[0], ahead, rtol=1e-9, err_msg=name)
            np.testing.assert_allclose(result[1], back, rtol=1e-9, err_msg=name)
    share = exact.kept[0] / exact.pairs[0]
    terms = own.nnz / patents
    print(
        f"\n`{kind}`: {patents:,} × {patents:,} patents, {terms:.0f} terms each, {share:.2%} of pairs kept\n"
    )
    print("| way | seconds | processor seconds | times the kernel, 1 thread | 2 threads | by processor |")
    print("|---|---|---|---|---|---|")
    one, two = found["pair kernel, 1 thread"], found["pair kernel, 2 threads"]
    for name, (wall, processor, _) in found.items():
        ratios = f"{wall / one[0]:.1f} | {wall / two[0]:.1f} | {processor / one[1]:.1f}"
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {ratios} |")


def main(patents: int = 20_000) -> None:
    """Print the tables of both corpora."""
    try:
        topn = importlib.import_module("sparse_dot_topn")
    except ModuleNotFoundError:
        topn = None
        print("sparse_dot_topn is not installed: compared with scipy only")
    for kind in KINDS:
        compare(kind, patents, topn)


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:2]))
