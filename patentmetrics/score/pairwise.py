r"""The thresholded similarity (阈值相似度): pairs below a threshold count zero, so pairs must be formed.

Kelly et al. 2021 set similarities below 0.05 to zero before they add up. Then no centroid can stand for
the patents of a year, and the cost is quadratic. Pairs are formed here base year by base year, the
patents of year b against those of each later year, with the weights of b:

.. math:: \tilde\rho_{pq} = \rho_{pq}\,[\rho_{pq} \ge c], \qquad \rho_{pq} = V_{p,b} \cdot V_{q,b}

and each is added at once to p's forward sum and q's backward sum of their lag (kernel
`patentmetrics.kernels.pairs.add_pairs`). No pair is stored, and none that reaches the threshold is left
out. A similarity is a sum of float64 products; where it equals the threshold but for rounding, rounding
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.pairs import Rows
from patentmetrics.score.linear import LagSums
from patentmetrics.score.ranked import (
    Base,
    BaseLists,
    BlockSums,
    as_lists,
    as_rows,
    base_of,
    blocks_by_year,
    check_pairs,
    comparisons,
    empty_sums,
    merged,
    parts_of,
    places_of,
    rank_batch,
    rank_blocks,
    split_lists,
    sum_pairs,
    with_terms,
    years_of,
)
from patentmetrics.score.weights import YearCounts, bidf, known


@dataclass(frozen=True, kw_only=True)
class PairSums:
    """Thresholded sums, and how many pairs there were.

    ``sums``: as from the linear engine, one column a lag. ``pairs``, ``kept``, shapes (lags,): pairs of
    patents with terms that lie 1, 2, … years apart, in base years with known weights; and those of them
    whose similarity is above zero and reaches the threshold.
    """

    sums: LagSums
    pairs: NDArray[np.int64]
    kept: NDArray[np.int64]


def thresholded_by_lag(
    counts: TermCounts,
    year_counts: YearCounts,
    *,
    backward: int,
    forward: int,
    threshold: float = 0.05,
    threads: int | None = None,
    progress: Progress = silent,
) -> LagSums:
    """Sum the similarities that reach a threshold, with the patents of each of the years around.

    The measure as Kelly, Papanikolaou, Seru & Taddy 2021 computed it (AER: Insights 3(3), 303-320, eq.
    5-9, doi:10.1257/aeri.20190499), with weights frozen by calendar year. On short texts it is another
    measure than the linear one, not an approximation of it. Exact, and quadratic in the patents of a
    year: see `patentmetrics.score.sampled` for corpora where that is out of reach.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus, its weights frozen by calendar year.
    year_counts : YearCounts
        From `patentmetrics.score.weights.count_years`.
    backward, forward : int
        How many years back and ahead.
    threshold : float
        Similarities below it count zero; one that equals it is kept. Between 0 and 1.
    threads : int, optional
        Blocks in work at a time; the result has the same bytes for any number.

    Returns
    -------
    LagSums
        As from the linear engine: NaN where the sample does not cover the comparators' year, and where
        the weights of the pairs' base year are not known.

    Raises
    ------
    SettingError
        A window or the threshold is out of range, or the weights are frozen by another period.

    Notes
    -----
    Memory: for each thread one block of documents as rows, 12 bytes a non-zero; the documents of the base
    years in work, as many bytes.

    Examples
    --------
    >>> import tempfile
    >>> import patentmetrics as pm
    >>> from patentmetrics.score.weights import count_years
    >>> simulated = pm.simulate_corpus(first_year=2000, last_year=2003, patents_per_year=20, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = pm.count_terms(
    ...         simulated.corpus, folder + "/counts", segmenter="whitespace", date="filing"
    ...     )
    ...     years = count_years(counts, first_year=2000, last_year=2003)
    ...     sums = thresholded_by_lag(counts, years, backward=2, forward=1, threshold=0.05)
    >>> sums.backward.shape, sums.forward.shape
    ((80, 2), (80, 1))
    """
    return pair_sums_by_lag(
        counts,
        year_counts,
        backward=backward,
        forward=forward,
        threshold=threshold,
        threads=threads,
        progress=progress,
    ).sums


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A part of a base year's documents, where they are among all, and a later block to compare with."""

    block: Block
    lists: BaseLists
    base_documents: slice
    rows: Callable[[], list[Rows]]


def pair_sums_by_lag(
    counts: TermCounts,
    year_counts: YearCounts,
    *,
    backward: int,
    forward: int,
    threshold: float = 0.05,
    threads: int | None = None,
    progress: Progress = silent,
) -> PairSums:
    """Sum as `thresholded_by_lag`, and count the pairs that reach the threshold by lag.

    The options are those of `thresholded_by_lag`; lags go up to the longer of the two windows.
    """
    check_pairs(counts, backward=backward, forward=forward, threshold=threshold)
    reach = max(backward, forward)
    year, places = years_of(counts), places_of(counts)
    back, ahead = empty_sums(year, year_counts, backward=backward, forward=forward)
    kept = np.zeros(reach, np.int64)
    work = comparisons(counts, year_counts, reach)
    weights = bidf(year_counts)

    def tasks() -> Iterator[_Task]:
        of_year = blocks_by_year(counts)
        for base_year, later in work:
            base = base_of(year_counts, weights, base_year)
            lists = as_lists(base, rank_blocks(counts, of_year[base_year], base), threshold=threshold)
            first = int(np.searchsorted(year, base_year))
            for block in later:
                rows = _once(partial(_rows, counts, block, base, lists.head))
                for of_year_rows, part in split_lists(lists):
                    inside = slice(first + of_year_rows.start, first + of_year_rows.stop)
                    yield _Task(block=block, lists=part, rows=rows, base_documents=inside)

    def compare(task: _Task) -> tuple[_Task, BlockSums]:
        return task, merged([sum_pairs(task.lists, rows) for rows in task.rows()])

    sizes = {int(one): int((year == one).sum()) for one in np.unique(year)}
    total = sum(len(later) * parts_of(sizes[base_year]) for base_year, later in work)
    compared = map_blocks(compare, tasks(), threads=threads)
    # parts, blocks and base years come in their order, so every sum has one
    for done, (task, found) in enumerate(compared, start=1):
        lag = task.block.year - task.lists.base.year
        if lag <= backward:
            back[places[task.block.name], lag - 1] += found.rows
        if lag <= forward:
            ahead[task.base_documents, lag - 1] += found.columns
        kept[lag - 1] += found.kept
        progress("pairs", done, total)
    sums = LagSums(year=year, backward=back, forward=ahead, has_terms=with_terms(counts, threads=threads))
    return PairSums(sums=sums, pairs=_pairs(year_counts, reach), kept=kept)


def _rows(counts: TermCounts, block: Block, base: Base, head: int) -> list[Rows]:
    """Read a later block as rows, weighted with the weights of the base year."""
    return [as_rows(base, rank_batch(base, batch), head=head) for batch in read_batches(counts, block)]


def _once(function: Callable[[], list[Rows]]) -> Callable[[], list[Rows]]:
    """Make a function that several threads call, and that runs once; forgotten with the last of its tasks."""
    lock = Lock()
    kept: list[list[Rows]] = []

    def call() -> list[Rows]:
        with lock:
            if not kept:
                kept.append(function())
            return kept[0]

    return call


def _pairs(year_counts: YearCounts, reach: int) -> NDArray[np.int64]:
    number = np.zeros(reach, np.int64)
    earlier = np.where(known(year_counts), year_counts.comparators, 0)
    for lag in range(1, min(reach, len(earlier) - 1) + 1):
        number[lag - 1] = int(earlier[:-lag] @ year_counts.comparators[lag:])
    return number
