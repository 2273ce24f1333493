"""The three loops of the linear similarity: lengths, centroids, products.

All run over one batch of a counted corpus, inverted: weights stream in the order of terms while the
accumulators of the few thousand documents stay in the cache. Columns are base years (or lags), side by
side, so one pass over the non-zeros serves all of them. Accumulators are float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents of a batch, v terms of the vocabulary, u terms that occur in the batch, n non-zeros,
# b base years, k products


@kernel
def add_squared_lengths(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (v, b)
    squared: NDArray[np.float64],  # (d, b) in and out
) -> None:
    """Add the squares of each document's weighted counts, for each base year."""
    bases = weights.shape[1]
    for u in range(len(term)):
        w = term[u]
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            for b in range(bases):
                x = c * weights[w, b]
                squared[d, b] += x * x


@kernel
def add_centroids(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (v, b)
    inverse_lengths: NDArray[np.float64],  # (d, b)
    centroids: NDArray[np.float64],  # (v, b) in and out
) -> None:
    """Add the documents, weighted and scaled to length one, for each base year."""
    bases = weights.shape[1]
    total = np.empty(bases, np.float64)
    for u in range(len(term)):
        w = term[u]
        total[:] = 0.0
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            for b in range(bases):
                total[b] += c * inverse_lengths[d, b]
        for b in range(bases):
            centroids[w, b] += weights[w, b] * total[b]


@kernel
def add_products(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    columns: NDArray[np.float64],  # (v, k)
    products: NDArray[np.float64],  # (d, k) in and out
) -> None:
    """Add the product of each document's counts with each column."""
    width = columns.shape[1]
    for u in range(len(term)):
        w = term[u]
        for i in range(offset[u], offset[u + 1]):
            d = document[i]
            c = np.float64(count[i])
            for k in range(width):
                products[d, k] += c * columns[w, k]
