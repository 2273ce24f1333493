r"""Sums of similarities from a sample of comparators (抽样估计), with a standard error for each patent.

For corpora where the thresholded measure, quadratic in the patents of a year, is out of reach. Of the N
patents with terms of each year, m are drawn without replacement, the same ones for all patents; then

.. math::
    \hat S_p = \frac{N}{m} \sum_{q \in \text{sample}} \tilde\rho_{pq}, \qquad
    \mathrm{SE}(\hat S_p) = N \sqrt{\left(1 - \frac{m}{N}\right) \frac{s_p^2}{m}}

with s² the variance of the similarities in the sample (Cochran 1977, *Sampling Techniques*, eq. 2.20).
The estimate is unbiased whatever the similarities are; the cost is m / N of the exact one, per side.
Errors of different patents of one year are correlated, because they share their comparators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.score.linear import LagSums
from patentmetrics.score.ranked import (
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
    places_of,
    rank_batch,
    rank_blocks,
    sum_pairs,
    take,
    with_terms,
    years_of,
)
from patentmetrics.score.weights import YearCounts, bidf


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
    comparators : int
        Patents drawn a year, at most.
    """

    sums: LagSums
    backward_errors: NDArray[np.float64]
    forward_errors: NDArray[np.float64]
    comparators: int


def sampled_by_lag(
    counts: TermCounts,
    year_counts: YearCounts,
    *,
    backward: int,
    forward: int,
    comparators: int,
    threshold: float | None = None,
    seed: int,
    threads: int | None = None,
    progress: Progress = silent,
) -> SampledSums:
    """Estimate the sums of similarities with the patents of each of the years around, from a sample.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus, its weights frozen by calendar year.
    year_counts : YearCounts
        From `patentmetrics.score.weights.count_years`.
    backward, forward : int
        How many years back and ahead.
    comparators : int
        Patents drawn from each year, without replacement; all of a year that has no more.
    threshold : float, optional
        Similarities below it count zero; none by default.
    seed : int
        The same seed gives the same sample; the sample of a year does not depend on the other years.
    threads : int, optional
        Blocks in work at a time; the result has the same bytes for any number.

    Returns
    -------
    SampledSums
        Estimates and standard errors; NaN as in the exact sums.

    Raises
    ------
    SettingError
        A window, the threshold, the seed or the number of comparators is out of range, or the weights
        are frozen by another period.

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
    ...     found = sampled_by_lag(counts, years, backward=1, forward=1, comparators=20, seed=7)
    >>> float(np.nanmax(found.forward_errors))
    0.0
    """
    floor = 0.0 if threshold is None else threshold
    check_pairs(counts, backward=backward, forward=forward, threshold=floor)
    if comparators < 1 or seed < 0:
        raise SettingError(
            "the number of comparators must be one or more, the seed zero or more",
            where="comparators, seed",
            got=[comparators, seed],
        )
    year, places = years_of(counts), places_of(counts)
    has_terms = with_terms(counts, threads=threads)
    chosen = _drawn(year, has_terms, comparators, seed)
    back, ahead = empty_sums(year, year_counts, backward=backward, forward=forward)
    back_squared, ahead_squared = np.zeros_like(back), np.zeros_like(ahead)
    work = comparisons(counts, year_counts, max(backward, forward))
    weights = bidf(year_counts)

    def tasks() -> Iterator[tuple[BaseLists, BaseLists, Block]]:
        of_year = blocks_by_year(counts)
        for base_year, later in work:
            base = base_of(year_counts, weights, base_year)
            documents = rank_blocks(counts, of_year[base_year], base)
            every = as_lists(base, documents, threshold=floor)
            sample = as_lists(
                base, take(documents, np.flatnonzero(chosen[year == base_year])), threshold=floor
            )
            for block in later:
                yield every, sample, block

    def compare(task: tuple[BaseLists, BaseLists, Block]) -> tuple[int, Block, BlockSums, BlockSums]:
        every, sample, block = task
        of_block, first = chosen[places[block.name]], 0
        forwards, backwards = [], []
        for batch in read_batches(counts, block):
            documents = rank_batch(every.base, batch)
            drawn = np.flatnonzero(of_block[first : first + batch.documents])
            first += batch.documents
            later = as_rows(every.base, take(documents, drawn), head=every.head)
            forwards.append(sum_pairs(every, later, squares=True))
            later = as_rows(every.base, documents, head=sample.head)
            backwards.append(sum_pairs(sample, later, squares=True))
        return every.base.year, block, merged(forwards), merged(backwards)

    total = sum(len(later) for _, later in work)
    compared = map_blocks(compare, tasks(), threads=threads)
    for done, (base_year, block, forwards, backwards) in enumerate(compared, start=1):
        lag = block.year - base_year
        if lag <= backward:
            back[places[block.name], lag - 1] += backwards.rows
            back_squared[places[block.name], lag - 1] += backwards.rows_squared
        if lag <= forward:
            ahead[year == base_year, lag - 1] += forwards.columns
            ahead_squared[year == base_year, lag - 1] += forwards.columns_squared
        progress("sampled pairs", done, total)
    sizes = {int(one): int(has_terms[year == one].sum()) for one in np.unique(year)}
    back, back_errors = _estimated(back, back_squared, year, -1, sizes, comparators)
    ahead, ahead_errors = _estimated(ahead, ahead_squared, year, 1, sizes, comparators)
    return SampledSums(
        sums=LagSums(year=year, backward=back, forward=ahead, has_terms=has_terms),
        backward_errors=back_errors,
        forward_errors=ahead_errors,
        comparators=comparators,
    )


def _drawn(
    year: NDArray[np.int64], has_terms: NDArray[np.bool_], comparators: int, seed: int
) -> NDArray[np.bool_]:
    """Draw the comparators of each year: a year's draw depends on the seed and the year alone."""
    chosen = np.zeros(len(year), np.bool_)
    for one in np.unique(year):
        possible = np.flatnonzero((year == one) & has_terms)
        if len(possible) > comparators:
            random = np.random.default_rng([seed, int(one)])
            possible = random.choice(possible, comparators, replace=False)
        chosen[possible] = True
    return chosen


def _estimated(
    total: NDArray[np.float64],
    squared: NDArray[np.float64],
    year: NDArray[np.int64],
    sign: int,
    sizes: dict[int, int],
    comparators: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale sums over samples to their years; the standard error has the finite population correction."""
    sums, errors = total.copy(), np.zeros_like(total)
    for one in np.unique(year):
        of_year = year == one
        for lag in range(1, total.shape[1] + 1):
            column = total[of_year, lag - 1]
            size = sizes.get(int(one) + sign * lag, 0)
            if size <= comparators:
                # all of them were taken; NaN stays NaN
                errors[of_year, lag - 1] = column * 0.0
                continue
            sums[of_year, lag - 1] = column * (size / comparators)
            if comparators == 1:
                errors[of_year, lag - 1] = np.nan
                continue
            spread = squared[of_year, lag - 1] - column**2 / comparators
            # rounding can leave a hair below zero where all similarities are equal
            variance = np.maximum(spread, 0.0) / (comparators - 1)
            left_out = 1 - comparators / size
            errors[of_year, lag - 1] = size * np.sqrt(left_out * variance / comparators)
    return sums, errors
