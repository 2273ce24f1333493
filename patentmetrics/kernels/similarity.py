"""The three loops of the linear similarity: lengths, totals, products.

All run over one batch of a counted corpus, inverted: rows of weights stream in the order of terms while
the accumulators of the batch's documents stay in the cache. Columns are units (a year, or a part of one,
with its own term weights) or lags, side by side in one compact row per term, so one pass over the
non-zeros serves all of them. The innermost loops run over contiguous columns of a width that is known
only at run time, a multiple of four: that is what the compiler turns into vector instructions.
Accumulators are float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents of a batch, n non-zeros, u terms that occur in the batch, r terms that occur in the block,
# b units, k products


@kernel
def add_squared_lengths(
    row: NDArray[np.int64],  # (u) row of each term of the batch
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (r, b)
    squared: NDArray[np.float64],  # (d, b) in and out
) -> None:
    """Add the squares of each document's weighted counts, for each unit."""
    width = squared.shape[1]
    for u in range(len(row)):
        r = row[u]
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            square = c * c
            for b in range(width):
                squared[d, b] += square * weights[r, b] * weights[r, b]


@kernel
def add_totals(
    row: NDArray[np.int64],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    inverse_lengths: NDArray[np.float64],  # (d, b)
    totals: NDArray[np.float64],  # (r, b) in and out
) -> None:
    """Add the counts of each term over the documents, each scaled by its inverse length."""
    width = inverse_lengths.shape[1]
    for u in range(len(row)):
        r = row[u]
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            for b in range(width):
                totals[r, b] += c * inverse_lengths[d, b]


@kernel
def add_products(
    row: NDArray[np.int64],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    columns: NDArray[np.float64],  # (r, k)
    products: NDArray[np.float64],  # (d, k) in and out
) -> None:
    """Add the product of each document's counts with each column."""
    width = products.shape[1]
    for u in range(len(row)):
        r = row[u]
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            for k in range(width):
                products[d, k] += c * columns[r, k]


@kernel
def gather_column(
    column: NDArray[np.float64],  # (v)
    terms: NDArray[np.int64],  # (r)
    k: int,
    rows: NDArray[np.float64],  # (r, k) out
) -> None:
    """Put the values of a column for some terms into column ``k`` of compact rows."""
    for r in range(len(terms)):
        rows[r, k] = column[terms[r]]


@kernel
def add_weighted_column(
    terms: NDArray[np.int64],  # (r)
    rows: NDArray[np.float64],  # (r, k)
    k: int,
    weights: NDArray[np.float64],  # (v)
    into: NDArray[np.float64],  # (v) in and out
) -> None:
    """Weigh column ``k`` of compact rows and add it to the values of their terms."""
    for r in range(len(terms)):
        w = terms[r]
        into[w] += rows[r, k] * weights[w]
