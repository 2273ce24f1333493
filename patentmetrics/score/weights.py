r"""Term weights (后向逆文档频率): how rare a term was before, frozen by period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.score.plan import Plan, Unit, Weighting, unit_of


@dataclass(frozen=True, kw_only=True)
class YearCounts:
    """What happened in each year of the sample.

    Shapes: ``years`` (y,) consecutive calendar years; ``patents`` (y,) patents of the year;
    ``comparators`` (y,) those that have a term; ``containing`` (y, v) patents of the year that contain
    a term.
    """

    years: NDArray[np.int64]
    patents: NDArray[np.int64]
    comparators: NDArray[np.int64]
    containing: NDArray[np.int64]

    @property
    def before(self) -> NDArray[np.int64]:
        """N[t], patents of all years before each year, shape (y,)."""
        return np.cumsum(self.patents) - self.patents

    def at(self, year: int) -> int:
        """Give the row of a year."""
        return int(year - self.years[0])


def count_years(
    counts: TermCounts, *, first_year: int, last_year: int, threads: int | None = None
) -> YearCounts:
    """Count patents, comparators and document frequencies by year.

    The length of a term's posting list is its document frequency, so postings are not read for it.
    Counts are integers: the result does not depend on any order.
    """
    years = np.arange(first_year, last_year + 1)
    patents = np.zeros(len(years), np.int64)
    comparators = np.zeros(len(years), np.int64)
    containing = np.zeros((len(years), counts.vocabulary.height), np.int64)
    found = map_blocks(partial(block_frequencies, counts), counts.blocks, threads=threads)
    for block, (with_terms, frequencies) in zip(counts.blocks, found, strict=True):
        at = block.year - first_year
        patents[at] += block.documents
        comparators[at] += with_terms
        containing[at] += frequencies
    return YearCounts(years=years, patents=patents, comparators=comparators, containing=containing)


def block_frequencies(counts: TermCounts, block: Block) -> tuple[int, NDArray[np.int64]]:
    """Count the documents of a block that have a term, and those that contain each term."""
    frequencies = np.zeros(counts.vocabulary.height, np.int64)
    with_terms = 0
    for batch in read_batches(counts, block):
        frequencies[batch.term] += np.diff(batch.offset)
        seen = np.zeros(batch.documents, np.bool_)
        seen[batch.document] = True
        with_terms += int(seen.sum())
    return with_terms, frequencies


def bidf(year_counts: YearCounts) -> NDArray[np.float64]:
    r"""Weigh each term by how rare it was before a year (后向逆文档频率).

    Returns an array of shape (years, terms):

    .. math:: BIDF_{w,t} = \max\left(0, \log\frac{N_t}{1 + n_{w,t}}\right)

    with N_t the patents before year t and n_{w,t} those of them that contain term w (Kelly,
    Papanikolaou, Seru & Taddy 2021, eq. 2, doi:10.1257/aeri.20190499). Rows of years whose weights are
    not known (see `known`) are NaN.

    Examples
    --------
    >>> counts = YearCounts(
    ...     years=np.array([2000, 2001]),
    ...     patents=np.array([3, 1]),
    ...     comparators=np.array([3, 1]),
    ...     containing=np.array([[3, 0], [1, 1]]),
    ... )
    >>> bidf(counts)[1].round(4).tolist()
    [0.0, 1.0986]
    """
    seen = np.cumsum(year_counts.containing, axis=0) - year_counts.containing
    rows = [_weights("bidf", int(n), row) for n, row in zip(year_counts.before, seen, strict=True)]
    weights: NDArray[np.float64] = np.stack(rows)
    weights[~known(year_counts)] = np.nan
    return weights


def known(year_counts: YearCounts) -> NDArray[np.bool_]:
    """Say for which years the term weights are known, shape (years,).

    Before the first patent nothing is known. With one patent before, every weight is log(1/1) or
    less, that is zero, and all cosines are 0/0: that year is unknown too.
    """
    return year_counts.before >= 2


def unit_weights(
    counts: TermCounts, plan: Plan, frequencies: Callable[[Block], NDArray[np.int64]]
) -> Iterator[tuple[Unit, bool, NDArray[np.float64]]]:
    r"""Yield the term weights of each base period: unit by unit, in the order of the bases.

    ``bidf``: as `bidf`, over the patents of earlier periods. ``cumulative``: :math:`\log(N/n)` over the
    patents up to and including the period (Shi et al. 2025, eq. 2). ``idf``: as ``bidf``, over the whole
    sample. ``none``: one. With each, whether the weights are known: fewer than two patents make all
    weights zero, so nothing is.
    """
    by_base: dict[int, list[Block]] = {}
    for block in counts.blocks:
        by_base.setdefault(unit_of(block).base, []).append(block)
    units: dict[int, list[Unit]] = {}
    for unit in plan.units:
        units.setdefault(unit.base, []).append(unit)
    patents, containing = 0, np.zeros(counts.vocabulary.height, np.int64)
    if plan.weighting == "idf":
        patents = counts.documents
        for block in counts.blocks:
            containing += frequencies(block)
    for base in sorted(by_base):
        blocks = by_base[base] if plan.weighting in ("bidf", "cumulative") else []
        if plan.weighting == "cumulative":
            patents, containing = _added(patents, containing, blocks, frequencies)
        weights = _weights(plan.weighting, patents, containing)
        for unit in units[base]:
            yield unit, plan.weighting == "none" or patents >= 2, weights
        if plan.weighting == "bidf":
            patents, containing = _added(patents, containing, blocks, frequencies)


def _added(
    patents: int,
    containing: NDArray[np.int64],
    blocks: list[Block],
    frequencies: Callable[[Block], NDArray[np.int64]],
) -> tuple[int, NDArray[np.int64]]:
    for block in blocks:
        patents += block.documents
        containing = containing + frequencies(block)
    return patents, containing


def _weights(weighting: Weighting, patents: int, containing: NDArray[np.int64]) -> NDArray[np.float64]:
    if weighting == "none":
        return np.ones(len(containing))
    # a term that nobody has used up to now: for the cumulative weight as if one patent had
    seen = np.maximum(containing, 1) if weighting == "cumulative" else containing + 1
    weights: NDArray[np.float64] = np.maximum(np.log(max(patents, 1)) - np.log(seen), 0.0)
    return weights
