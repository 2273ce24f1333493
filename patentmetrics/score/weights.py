"""Backward inverse document frequency (BIDF, 后向逆文档频率), frozen by calendar year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks


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
    """Count patents, comparators and document frequencies by year: the first pass over the blocks.

    The length of a term's posting list is its document frequency, so the postings themselves are not
    read. Counts are integers: the result does not depend on any order.
    """
    years = np.arange(first_year, last_year + 1)
    patents = np.zeros(len(years), np.int64)
    comparators = np.zeros(len(years), np.int64)
    containing = np.zeros((len(years), counts.vocabulary.height), np.int64)

    def frequencies(block: Block) -> tuple[Block, int, NDArray[np.int64]]:
        found = np.zeros(counts.vocabulary.height, np.int64)
        with_terms = 0
        for batch in read_batches(counts, block):
            found[batch.term] += np.diff(batch.offset)
            with_terms += len(np.unique(batch.document))
        return block, with_terms, found

    for block, with_terms, found in map_blocks(frequencies, counts.blocks, threads=threads):
        at = block.year - first_year
        patents[at] += block.documents
        comparators[at] += with_terms
        containing[at] += found
    return YearCounts(years=years, patents=patents, comparators=comparators, containing=containing)


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
    before = year_counts.before[:, np.newaxis]
    seen = np.cumsum(year_counts.containing, axis=0) - year_counts.containing
    with np.errstate(divide="ignore"):
        weights: NDArray[np.float64] = np.log(before) - np.log1p(seen)
    np.maximum(weights, 0.0, out=weights)
    weights[~known(year_counts)] = np.nan
    return weights


def known(year_counts: YearCounts) -> NDArray[np.bool_]:
    """Say for which years the term weights are known, shape (years,).

    Before the first patent nothing is known. With one patent before, every weight is log(1/1) or
    less, that is zero, and all cosines are 0/0: that year is unknown too.
    """
    return year_counts.before >= 2
