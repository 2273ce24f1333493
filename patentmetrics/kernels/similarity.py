"""The loops of the linear similarity: lengths, totals, products, and what stands between them.

The first three run over one batch of a counted corpus, inverted: rows of weights stream in the order of
terms while the accumulators of the batch's documents stay in the cache. Columns are units (a year, or a
part of one, with its own term weights) or lags, side by side in one compact row per term, so one pass over
the non-zeros serves two vectors of eight of them; the list of a term is read once for both.
Accumulators are float64.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.lanes import LANES, load, store

NEAR = 1024  # terms whose rows stay in the cache

# d documents of a batch, n non-zeros, u terms that occur in the batch, r terms that occur in the block,
# s terms of another, v terms of the vocabulary, b units, padded to whole lanes, k products, likewise


@kernel
def add_squared_lengths(
    row: NDArray[np.uint32],  # (u) row of each term of the batch
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (r, b)
    squared: NDArray[np.float64],  # (d, b) in and out
) -> None:
    """Add the squares of each document's weighted counts, for each unit."""
    chunks = squared.shape[1] // LANES
    for k in range(0, chunks - 1, 2):
        for u in range(len(row)):
            one = load(weights, row[u] * chunks + k)
            two = load(weights, row[u] * chunks + k + 1)
            one, two = one * one, two * two
            for i in range(offset[u], offset[u + 1]):
                at = document[i] * chunks + k
                square = np.float64(count[i]) * np.float64(count[i])
                store(squared, at, load(squared, at) + one * square)
                store(squared, at + 1, load(squared, at + 1) + two * square)
    if chunks % 2:
        k = chunks - 1
        for u in range(len(row)):
            one = load(weights, row[u] * chunks + k)
            one = one * one
            for i in range(offset[u], offset[u + 1]):
                at = document[i] * chunks + k
                square = np.float64(count[i]) * np.float64(count[i])
                store(squared, at, load(squared, at) + one * square)


@kernel
def add_totals(
    row: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    inverse_lengths: NDArray[np.float64],  # (d, b)
    totals: NDArray[np.float64],  # (r, b) in and out
) -> None:
    """Add the counts of each term over the documents, each scaled by its inverse length."""
    chunks = totals.shape[1] // LANES
    for k in range(0, chunks - 1, 2):
        for u in range(len(row)):
            one = load(totals, row[u] * chunks + k)
            two = load(totals, row[u] * chunks + k + 1)
            for i in range(offset[u], offset[u + 1]):
                at = document[i] * chunks + k
                c = np.float64(count[i])
                one = one + load(inverse_lengths, at) * c
                two = two + load(inverse_lengths, at + 1) * c
            store(totals, row[u] * chunks + k, one)
            store(totals, row[u] * chunks + k + 1, two)
    if chunks % 2:
        k = chunks - 1
        for u in range(len(row)):
            one = load(totals, row[u] * chunks + k)
            for i in range(offset[u], offset[u + 1]):
                one = one + load(inverse_lengths, document[i] * chunks + k) * np.float64(count[i])
            store(totals, row[u] * chunks + k, one)


@kernel
def add_products(
    row: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    columns: NDArray[np.float64],  # (r, k)
    products: NDArray[np.float64],  # (d, k) in and out
) -> None:
    """Add the product of each document's counts with each column."""
    chunks = products.shape[1] // LANES
    for k in range(0, chunks - 1, 2):
        for u in range(len(row)):
            one = load(columns, row[u] * chunks + k)
            two = load(columns, row[u] * chunks + k + 1)
            for i in range(offset[u], offset[u + 1]):
                at = document[i] * chunks + k
                c = np.float64(count[i])
                store(products, at, load(products, at) + one * c)
                store(products, at + 1, load(products, at + 1) + two * c)
    if chunks % 2:
        k = chunks - 1
        for u in range(len(row)):
            one = load(columns, row[u] * chunks + k)
            for i in range(offset[u], offset[u + 1]):
                at = document[i] * chunks + k
                store(products, at, load(products, at) + one * np.float64(count[i]))


@kernel
def mark_documents(
    document: NDArray[np.uint16],  # (n)
    seen: NDArray[np.bool_],  # (d) in and out, all false on entry
) -> int:
    """Mark the documents that have a term, and count them; the lists end early once all are marked."""
    marked = 0
    for i in range(len(document)):
        if not seen[document[i]]:
            seen[document[i]] = True
            marked += 1
            if marked == len(seen):
                break
    return marked


@kernel
def invert_lengths(squared: NDArray[np.float64]) -> None:  # (d, b) in and out
    """Put the inverse of each length in place of its square; zero for a vector of zeros."""
    for d in range(squared.shape[0]):
        for b in range(squared.shape[1]):
            found = squared[d, b]
            squared[d, b] = 1.0 / math.sqrt(found) if found > 0.0 else 0.0


@kernel
def add_to_column(
    terms: NDArray[np.uint32],  # (r)
    values: NDArray[np.int64],  # (r)
    column: int,
    table: NDArray[np.uint32],  # (v, columns) in and out
) -> None:
    """Add the values of some terms to a column."""
    for r in range(len(terms)):
        table[terms[r], column] += np.uint32(values[r])


@kernel
def accumulate(table: NDArray[np.uint32]) -> None:  # (v, columns) in and out
    """Put in each column the sum of those up to it."""
    for w in range(table.shape[0]):
        for k in range(1, table.shape[1]):
            table[w, k] += table[w, k - 1]


@kernel
def weigh_terms(
    containing: NDArray[np.uint32],  # (v, columns) documents with the term, accumulated
    column: NDArray[np.int64],  # (b) which of them counts for a unit
    log_patents: NDArray[np.float64],  # (b) 0: the weights are not known
    plus: int,  # added to the number of documents with the term
    weights: NDArray[np.float64],  # (b, v) out
) -> None:
    """Write max(0, log(patents / documents with the term)); a term in no document counts as in one."""
    for w in range(containing.shape[0]):
        last, log = -1, 0.0
        for b in range(len(column)):
            seen = containing[w, column[b]] + plus
            if seen != last:  # a rare term is new in few periods
                last, log = seen, math.log(seen) if seen > 1 else 0.0
            weights[b, w] = max(log_patents[b] - log, 0.0)


@kernel
def take_rows(
    terms: NDArray[np.uint32],  # (r)
    table: NDArray[np.float64],  # (units, v)
    units: NDArray[np.int64],  # (k)
    rows: NDArray[np.float64],  # (r, k padded) out
) -> None:
    """Lay the values of some units side by side, for some terms: few terms at a time, so rows stay near."""
    for begin in range(0, len(terms), NEAR):
        end = min(begin + NEAR, len(terms))
        for k in range(len(units)):
            unit = units[k]
            for r in range(begin, end):
                rows[r, k] = table[unit, terms[r]]


@kernel
def add_values(
    terms: NDArray[np.uint32],  # (s)
    values: NDArray[np.float64],  # (s)
    row_of: NDArray[np.uint32],  # (v) row of a term; 0 takes what has none
    sums: NDArray[np.float64],  # (r) in and out
) -> None:
    """Add the values of some terms to the sums of those that have a row, without a branch."""
    for s in range(len(terms)):
        sums[row_of[terms[s]]] += values[s]


@kernel
def put_values(
    terms: NDArray[np.uint32],  # (s)
    values: NDArray[np.float64],  # (s)
    row_of: NDArray[np.uint32],  # (v) row of a term; 0 takes what has none
    k: int,
    rows: NDArray[np.float64],  # (r, columns) out
) -> None:
    """Put the values of some terms into column ``k`` of those that have a row."""
    for s in range(len(terms)):
        rows[row_of[terms[s]], k] = values[s]


@kernel
def weigh_columns(
    totals: NDArray[np.float64],  # (r, b padded)
    weights: NDArray[np.float64],  # (r, b padded)
    columns: NDArray[np.float64],  # (b, r) out
) -> None:
    """Weigh the totals, and put those of each unit one after the other; few terms at a time."""
    for begin in range(0, columns.shape[1], NEAR):
        end = min(begin + NEAR, columns.shape[1])
        for b in range(columns.shape[0]):
            for r in range(begin, end):
                columns[b, r] = totals[r, b] * weights[r, b]


@kernel
def add_scaled_products(
    products: NDArray[np.float64],  # (d, k padded)
    inverse_lengths: NDArray[np.float64],  # (d, scales)
    scales: NDArray[np.int64],  # (k) which inverse length scales a product
    columns: NDArray[np.int64],  # (k) which sum it adds to
    sums: NDArray[np.float64],  # (d, columns) in and out
) -> None:
    """Scale each product by an inverse length of its document and add it to a sum."""
    for d in range(products.shape[0]):
        for k in range(len(scales)):
            sums[d, columns[k]] += products[d, k] * inverse_lengths[d, scales[k]]
