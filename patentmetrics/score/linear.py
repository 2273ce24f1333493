r"""The linear similarity (线性相似度): exact sums over all pairs, without forming a pair.

Every pair (p, q) is weighted with the term weights of the earlier year, and its similarity is the
cosine of the two weighted vectors (Kelly et al. 2021, eq. 5-7). A sum of cosines over a set of patents
is one product with the set's centroid:

.. math::
    \sum_q V_{p,b} \cdot V_{q,b} = V_{p,b} \cdot C_{s,b}, \qquad C_{s,b} = \sum_{q\ \text{of}\ s} V_{q,b}

with s the year of the comparators and b the base year of the weights. So the cost is one pass over the
non-zeros for all windows, not one over the pairs. Three passes: document frequencies by year
(`patentmetrics.score.weights`), centroids, sums by lag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.similarity import add_centroids, add_products, add_squared_lengths
from patentmetrics.score.weights import YearCounts, bidf, known


@dataclass(frozen=True, kw_only=True)
class LagSums:
    """Sums of similarities by lag, in the order of the blocks.

    Shapes: ``year`` (p,); ``backward`` (p, lags back): column j − 1 sums over the patents of j years
    before; ``forward`` (p, lags forward) likewise for j years after; ``has_terms`` (p,). A sum is NaN
    where the sample does not cover the comparators' year, and where the weights of the pairs' base
    year are not known.
    """

    year: NDArray[np.int64]
    backward: NDArray[np.float64]
    forward: NDArray[np.float64]
    has_terms: NDArray[np.bool_]


def similarity_by_lag(
    counts: TermCounts,
    year_counts: YearCounts,
    *,
    backward: int,
    forward: int,
    threads: int | None = None,
    progress: Progress = silent,
) -> LagSums:
    """Sum the similarities of each patent with those of each of the years around it.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    year_counts : YearCounts
        From `patentmetrics.score.weights.count_years`.
    backward, forward : int
        How many years back and ahead.
    threads : int, optional
        Blocks in work at a time; the result has the same bytes for any number.

    Notes
    -----
    Memory: the centroids take years × (window + 1) × terms × 8 bytes.
    """
    weights = bidf(year_counts)
    reach = max(backward, forward)
    centroids = _centroids(counts, year_counts, weights, reach, threads=threads, progress=progress)

    def sums(block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        return _block_sums(counts, block, year_counts, weights, centroids, backward, forward)

    results = []
    for done, result in enumerate(map_blocks(sums, counts.blocks, threads=threads), start=1):
        results.append(result)
        progress("scores", done, len(counts.blocks))
    return LagSums(
        year=np.repeat([block.year for block in counts.blocks], [block.documents for block in counts.blocks]),
        backward=np.concatenate([back for back, _, _ in results]),
        forward=np.concatenate([ahead for _, ahead, _ in results]),
        has_terms=np.concatenate([has for _, _, has in results]),
    )


def _bases(year: int, year_counts: YearCounts, reach: int) -> NDArray[np.int64]:
    """Rows of the base years that a block of ``year`` is needed for: its own, and ``reach`` before."""
    last = year_counts.at(year)
    return np.arange(max(0, last - reach), last + 1)


def _base_weights(weights: NDArray[np.float64], bases: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lay the weights of some base years side by side, shape (terms, bases); unknown ones are zero."""
    return np.ascontiguousarray(np.nan_to_num(weights[bases]).T)


def _inverse_lengths(batch: Batch, base_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over each document's length for each base year; zero where the length is zero."""
    squared = np.zeros((batch.documents, base_weights.shape[1]))
    add_squared_lengths(batch.term, batch.offset, batch.document, batch.count, base_weights, squared)
    return np.divide(1.0, np.sqrt(squared), out=np.zeros_like(squared), where=squared > 0)


def _centroids(
    counts: TermCounts,
    year_counts: YearCounts,
    weights: NDArray[np.float64],
    reach: int,
    *,
    threads: int | None,
    progress: Progress,
) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Sum the unit vectors of each year for each base year: {(row of year, row of base): (terms,)}.

    Blocks of one year are merged in their order, so the sums do not depend on the threads.
    """

    def of_block(block: Block) -> tuple[Block, NDArray[np.float64]]:
        bases = _bases(block.year, year_counts, reach)
        base_weights = _base_weights(weights, bases)
        total = np.zeros_like(base_weights)
        for batch in read_batches(counts, block):
            inverse = _inverse_lengths(batch, base_weights)
            add_centroids(batch.term, batch.offset, batch.document, batch.count, base_weights, inverse, total)
        return block, total

    merged: dict[tuple[int, int], NDArray[np.float64]] = {}
    for done, (block, total) in enumerate(map_blocks(of_block, counts.blocks, threads=threads), start=1):
        row = year_counts.at(block.year)
        for column, base in enumerate(_bases(block.year, year_counts, reach)):
            key = (row, int(base))
            merged[key] = merged[key] + total[:, column] if key in merged else total[:, column].copy()
        progress("centroids", done, len(counts.blocks))
    return merged


def _block_sums(
    counts: TermCounts,
    block: Block,
    year_counts: YearCounts,
    weights: NDArray[np.float64],
    centroids: dict[tuple[int, int], NDArray[np.float64]],
    backward: int,
    forward: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    row = year_counts.at(block.year)
    bases = _bases(block.year, year_counts, max(backward, forward))
    base_weights = _base_weights(weights, bases)
    own = len(bases) - 1
    # one column for each lag: weights of the pair's base year × centroid of the comparators' year
    lags = [(-lag, row - lag) for lag in range(1, backward + 1)]
    lags += [(lag, row) for lag in range(1, forward + 1)]
    columns = np.zeros((weights.shape[1], len(lags)))
    base_of = np.full(len(lags), own)
    unknown = np.ones(len(lags), np.bool_)
    known_years = known(year_counts)
    for k, (lag, base) in enumerate(lags):
        comparators = row + lag
        if not 0 <= comparators < len(year_counts.years):
            continue
        base_of[k] = own + (base - row)
        # a year without comparators has no pairs, so its weights need not be known; a patent whose own
        # year has no weights has no forward similarity to speak of
        unknown[k] = not known_years[base] and (lag > 0 or year_counts.comparators[comparators] > 0)
        centroid = centroids.get((comparators, base))
        if centroid is not None:
            columns[:, k] = base_weights[:, base_of[k]] * centroid
    products, has_terms = [], []
    for batch in read_batches(counts, block):
        product = np.zeros((batch.documents, len(lags)))
        add_products(batch.term, batch.offset, batch.document, batch.count, columns, product)
        product *= _inverse_lengths(batch, base_weights)[:, base_of]
        products.append(product)
        has = np.zeros(batch.documents, np.bool_)
        has[batch.document] = True
        has_terms.append(has)
    every = np.concatenate(products)
    every[:, unknown] = np.nan
    return every[:, :backward], every[:, backward:], np.concatenate(has_terms)
