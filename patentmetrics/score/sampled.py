r"""Sums of similarities from a sample of comparators (抽样估计), with a standard error for each patent.

For corpora where the thresholded measure, quadratic in the patents of a year, is out of reach. Of the N
patents with terms of each year, m are drawn without replacement, the same ones for all patents; then

.. math::
    \hat S_p = \frac{N}{m} \sum_{q \in \text{sample}} \tilde\rho_{pq}, \qquad
    \mathrm{SE}(\hat S_p) = N \sqrt{\left(1 - \frac{m}{N}\right) \frac{s_p^2}{m}}

with s² the variance of the similarities in the sample (Cochran 1977, *Sampling Techniques*, eq. 2.20).
The estimate is unbiased whatever the similarities are; the cost is m / N of the exact one, per side. Years
are drawn independently, so the squared errors of the lags add up to that of a window. Errors of different
patents of one year are correlated, because they share their comparators. What is not linear in the sums,
such as a ratio of two of them, is not unbiased.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import Executor
from patentmetrics.score.linear import LagSums
from patentmetrics.score.pairwise import NEEDS, check_threshold
from patentmetrics.score.pieces import (
    Piece,
    Prepared,
    add_up,
    check_plan,
    make_unknown,
    pieces_of,
    prepare,
    save_sums,
    workers_within,
    years_of,
)
from patentmetrics.score.plan import Plan
from patentmetrics.score.ranked import (
    as_lists,
    as_rows,
    base_of_blocks,
    rank_batch,
    rank_blocks,
    sum_pairs,
    take,
)
from patentmetrics.score.store import opened_store


@dataclass(frozen=True, kw_only=True)
class SampledSums:
    """Estimated sums by lag, each with its standard error.

    Parameters
    ----------
    sums : LagSums
        The estimates, in the shape of the exact sums.
    backward_errors, forward_errors : ndarray, shapes (p, lags back), (p, lags forward)
        Standard errors; zero where all comparators of a year were taken, NaN where the sum is NaN and
        where one comparator of several was drawn, whose spread nobody knows.
    comparators : ndarray, shape (years,)
        Patents with a term in each year of the sample; the draws are from these.
    drawn : int
        Patents drawn a year, at most.
    """

    sums: LagSums
    backward_errors: NDArray[np.float64]
    forward_errors: NDArray[np.float64]
    comparators: NDArray[np.int64]
    drawn: int


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What decides a sample: how many a year, the seed, patents with terms of each year and block."""

    comparators: int
    seed: int
    of_year: dict[int, int]
    first: dict[str, int]

    def of_block(self, block: Block) -> list[int]:
        """Give what the sample of a block is made of, beside the block."""
        return [self.of_year[block.year], self.first[block.name]]

    def of(self, prepared: Prepared, blocks: Sequence[Block]) -> NDArray[np.bool_]:
        """Say which documents of some blocks are in the sample of their year."""
        return np.concatenate([self._of_block(prepared, block) for block in blocks])

    def _of_block(self, prepared: Prepared, block: Block) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = prepared.has_terms([block])
        size = self.of_year[block.year]
        if size > self.comparators:
            # a year's draw depends on the seed, the year and its patents alone
            random = np.random.default_rng([self.seed, block.year])
            numbers = random.choice(size, self.comparators, replace=False) - self.first[block.name]
            possible = np.flatnonzero(chosen)
            chosen[:] = False
            chosen[possible[numbers[(numbers >= 0) & (numbers < len(possible))]]] = True
        return chosen


def sampled_by_lag(
    counts: TermCounts,
    plan: Plan,
    *,
    comparators: int,
    seed: int,
    threshold: float = 0.0,
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> SampledSums:
    """Estimate the sums of similarities with the patents of each of the years around, from a sample.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    plan : Plan
        From `patentmetrics.score.plan.make_plan`, one group a lag.
    comparators : int
        Patents drawn from each year, without replacement; all of a year that has no more.
    seed : int
        The same seed gives the same sample; the sample of a year does not depend on the other years.
    threshold : float
        Similarities below it count zero.
    memory, threads, work, executor
        As in `patentmetrics.score.pairwise.thresholded_by_lag`; any of them gives the same bytes.

    Returns
    -------
    SampledSums
        Estimates and standard errors; NaN as in the exact sums.

    Raises
    ------
    SettingError
        The threshold, the seed or the number of comparators is out of range, the plan groups lags or
        leaves years out, or the memory is too small.

    Examples
    --------
    >>> import tempfile
    >>> import patentmetrics as pm
    >>> from patentmetrics.score.plan import make_plan
    >>> simulated = pm.simulate_corpus(first_year=2000, last_year=2003, patents_per_year=20, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = pm.count_terms(
    ...         simulated.corpus, folder + "/counts", segmenter="whitespace", date="filing"
    ...     )
    ...     plan = make_plan(counts, backward=1, groups=((1, 1),), first_year=2000, last_year=2003)
    ...     found = sampled_by_lag(counts, plan, comparators=20, seed=7)
    >>> float(np.nanmax(found.forward_errors))
    0.0
    """
    check_threshold(threshold)
    check_plan(counts, plan)
    if comparators < 1 or seed < 0:
        raise SettingError(
            "the number of comparators must be one or more, the seed zero or more",
            where="comparators, seed",
            got=[comparators, seed],
        )
    workers = workers_within(
        counts,
        plan,
        memory=memory,
        threads=threads,
        executor=executor,
        needs=dataclasses.replace(NEEDS, arrays=2),
    )
    with opened_store(work, on_disk=memory is not None or executor is not None) as store:
        prepared = prepare(counts, plan, store, workers, progress)
        draw = _draw(prepared, comparators, seed)
        pieces = pieces_of(prepared, "sampled", [threshold, comparators, seed], draw=draw.of_block)
        outer, inner = workers.shared_out(pieces)
        write = partial(write_sampled_sums, prepared, threshold, draw, inner)
        outer.each("sampled pairs", write, pieces, progress)
        found = add_up(prepared, pieces, sums=np.float64, squares=np.float64)
        make_unknown(prepared, found["sums"])
        year = years_of(counts)
        sizes = {one: draw.of_year.get(one, 0) for one in range(plan.first_year, plan.last_year + 1)}
        for total, squared, sign in zip(found["sums"], found["squares"], (-1, 1), strict=True):
            _estimate(total, squared, year, sign, sizes, comparators)
        sums = LagSums(
            year=year,
            backward=found["sums"][0],
            forward=found["sums"][1],
            has_terms=prepared.has_terms(counts.blocks),
            groups=plan.groups,
        )
        return SampledSums(
            sums=sums,
            backward_errors=found["squares"][0],
            forward_errors=found["squares"][1],
            comparators=prepared.comparators,
            drawn=comparators,
        )


def error_columns(
    found: SampledSums | None, *, backward: int, forward: Sequence[int], partial_windows: bool
) -> dict[str, pl.Series]:
    """Give the standard error of the sum over each window, null where the sum is or its error is not known.

    Returns
    -------
    dict
        ``backward_similarity_se``, ``forward_similarity_τ_se``; nothing where nothing was sampled.
    """
    if found is None:
        return {}
    sides = [("backward_similarity_se", found.sums.backward[:, :backward], found.backward_errors)]
    sides += [
        (f"forward_similarity_{window}_se", found.sums.forward[:, :window], found.forward_errors)
        for window in forward
    ]
    columns = {}
    for name, sums, errors in sides:
        covered = ~np.isnan(sums)
        given = found.sums.has_terms & (covered.any(axis=1) if partial_windows else covered.all(axis=1))
        # years are drawn independently: variances add up; NaN where one of them is not known
        squared = np.where(covered, errors[:, : sums.shape[1]] ** 2, 0.0).sum(axis=1)
        columns[name] = pl.Series(np.where(given, np.sqrt(squared), np.nan)).fill_nan(None)
    return columns


def write_sampled_sums(prepared: Prepared, threshold: float, draw: Draw, threads: int, piece: Piece) -> None:
    """Compare the base with the later documents that were drawn, and the base documents drawn with all."""
    if prepared.store.has(piece.name):
        return
    counts = prepared.counts
    base = base_of_blocks(counts, piece.base, prepared.weights(piece.unit))
    documents = rank_blocks(counts, piece.base, base)
    every = as_lists(base, documents, threshold=threshold)
    chosen = np.flatnonzero(draw.of(prepared, piece.base))
    sample = as_lists(base, take(documents, chosen), threshold=threshold)
    shape = (len(every.order), len(piece.years))
    columns, columns_squared = np.zeros(shape), np.zeros(shape)
    rows: list[NDArray[np.float64]] = []
    rows_squared: list[NDArray[np.float64]] = []
    for block in piece.later:
        weights = prepared.weights_of_later(piece, block)
        year = piece.years.index(block.year)
        drawn, first = draw.of(prepared, [block]), 0
        for batch in read_batches(counts, block):
            ranked = rank_batch(base, batch, weights)
            backwards = sum_pairs(
                sample, as_rows(base, ranked, weights, head=sample.head), squares=True, threads=threads
            )
            rows.append(backwards.rows)
            rows_squared.append(backwards.rows_squared)
            few = take(ranked, np.flatnonzero(drawn[first : first + batch.documents]))
            first += batch.documents
            forwards = sum_pairs(
                every, as_rows(base, few, weights, head=every.head), squares=True, threads=threads
            )
            columns[:, year] += forwards.columns
            columns_squared[:, year] += forwards.columns_squared
    save_sums(
        prepared,
        piece,
        sums=(np.concatenate(rows), columns),
        squares=(np.concatenate(rows_squared), columns_squared),
    )


def _draw(prepared: Prepared, comparators: int, seed: int) -> Draw:
    """Count the patents with terms of each year, and those of its blocks before each."""
    of_year: dict[int, int] = {}
    first: dict[str, int] = {}
    for block in prepared.counts.blocks:
        first[block.name] = of_year.get(block.year, 0)
        of_year[block.year] = first[block.name] + prepared.with_terms[block.name]
    return Draw(comparators=comparators, seed=seed, of_year=of_year, first=first)


def _estimate(
    total: NDArray[np.float64],
    squared: NDArray[np.float64],
    year: NDArray[np.int64],
    sign: int,
    sizes: dict[int, int],
    comparators: int,
) -> None:
    """Scale sums over samples to their years, in place, and put standard errors where the squares were.

    They have the finite population correction.
    """
    for one, column in itertools.product(np.unique(year), range(total.shape[1])):
        of_year = year == one
        sums, squares = total[of_year, column], squared[of_year, column]
        size = sizes.get(int(one) + sign * (column + 1), 0)
        if size <= comparators:
            # all of them were taken; NaN stays NaN
            squared[of_year, column] = sums * 0.0
            continue
        total[of_year, column] = sums * (size / comparators)
        if comparators == 1:
            squared[of_year, column] = np.nan
            continue
        # rounding can leave a hair below zero where all similarities are equal
        variance = np.maximum(squares - sums**2 / comparators, 0.0) / (comparators - 1)
        squared[of_year, column] = size * np.sqrt((1 - comparators / size) * variance / comparators)
