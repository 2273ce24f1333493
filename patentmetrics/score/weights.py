r"""Term weights (后向逆文档频率): how rare a term was before, frozen by period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.similarity import accumulate, add_to_column, mark_documents, weigh_terms
from patentmetrics.score.plan import Plan, Unit, unit_of


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
    found = map_blocks(
        partial(block_frequencies, counts, terms=counts.vocabulary.height), counts.blocks, threads=threads
    )
    for block, (terms, frequencies, has_terms) in zip(counts.blocks, found, strict=True):
        at = block.year - first_year
        patents[at] += block.documents
        comparators[at] += np.count_nonzero(has_terms)
        containing[at, terms] += frequencies
    return YearCounts(years=years, patents=patents, comparators=comparators, containing=containing)


def block_frequencies(
    counts: TermCounts, block: Block, *, terms: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.bool_]]:
    """Count the documents of a block that contain each term.

    Returns the terms that occur, ascending, of a vocabulary of ``terms``; the documents that contain each
    of them; and which documents have a term.
    """
    batches = list(read_batches(counts, block))
    has_terms = np.zeros(block.documents, np.bool_)
    begin = 0
    for batch in batches:
        mark_documents(batch.document, has_terms[begin : begin + batch.documents])
        begin += batch.documents
    if len(batches) == 1:
        return batches[0].term, np.diff(batches[0].offset).astype(np.int64), has_terms
    frequencies = np.zeros(terms, np.int64)
    for batch in batches:
        frequencies[batch.term] += np.diff(batch.offset)
    occurring = np.flatnonzero(frequencies)
    return occurring.astype(np.uint32), frequencies[occurring], has_terms


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
    patents = np.log(np.maximum(year_counts.before, 1))
    weights: NDArray[np.float64] = np.maximum(patents[:, np.newaxis] - np.log(1 + seen), 0.0)
    weights[~known(year_counts)] = np.nan
    return weights


def known(year_counts: YearCounts) -> NDArray[np.bool_]:
    """Say for which years the term weights are known, shape (years,).

    Before the first patent nothing is known. With one patent before, every weight is log(1/1) or
    less, that is zero, and all cosines are 0/0: that year is unknown too.
    """
    return year_counts.before >= 2


def fill_weights(
    counts: TermCounts,
    plan: Plan,
    frequencies: Callable[[Block], tuple[NDArray[np.uint32], NDArray[np.int64]]],
    weights: NDArray[np.float64],
) -> dict[Unit, bool]:
    r"""Write the term weights of each unit, shape (units, terms), and say which are known.

    ``bidf``: as `bidf`, over the patents of earlier periods. ``cumulative``: :math:`\log(N/n)` over the
    patents up to and including the period (Shi et al. 2025, eq. 2). ``idf``: as ``bidf``, over the whole
    sample. ``none``: one. Weights of fewer than two patents are not known, and written as zeros: nothing
    is added up with them.
    """
    if plan.weighting == "none":
        weights[:] = 1.0
        return dict.fromkeys(plan.units, True)
    bases = sorted({unit.base for unit in plan.units})
    # column k: documents of the first k periods
    patents = np.zeros(len(bases) + 1, np.int64)
    containing = np.zeros((weights.shape[1], len(bases) + 1), np.uint32)
    for block in counts.blocks:
        column = bases.index(unit_of(block).base) + 1
        patents[column] += block.documents
        add_to_column(*frequencies(block), column, containing)
    patents = np.cumsum(patents)
    accumulate(containing)
    columns = {"bidf": 0, "cumulative": 1}
    column_of = np.array(
        [
            bases.index(unit.base) + columns[plan.weighting] if plan.weighting in columns else len(bases)
            for unit in plan.units
        ]
    )
    known = patents[column_of] >= 2
    logs = np.log(np.maximum(patents[column_of], 1))
    weigh_terms(
        containing, column_of, np.where(known, logs, 0.0), int(plan.weighting != "cumulative"), weights
    )
    return {unit: bool(one) for unit, one in zip(plan.units, known, strict=True)}
