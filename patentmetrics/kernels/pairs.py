"""Similarities of pairs that are summed as they are found, and never stored (逐对相似度).

One side, the *base* documents, is held as inverted lists of a batch whose accumulators stay in the
cache; the other side, the *later* documents, comes as rows. Terms go by their *rank*: 0 is the one that
most base documents have. The most frequent terms, the *head*, make most of the products and little of
the similarities, because their weights are small. So the lists hold the other terms only; where the sum
over them, with the most that the head can add (Cauchy-Schwarz), stays below the threshold, the pair is
done. Where it does not, the head is added, densely, for a chunk of documents side by side; documents that
resemble the same one of a few, their *leader*, stand together, so that most chunks are done early.

Counts of the base side are stored as they are, in float32 where that is exact; the products and sums
are float64, and every sum has one order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents of a batch, c chunks of l documents (the last one filled up), v terms of the vocabulary,
# r ranked terms, u terms that occur in the batch, n non-zeros, h terms of the head, q later documents


class Rows(NamedTuple):
    """Later documents as rows: ``value`` is count × weight² / length, so that a product is a cosine."""

    indptr: NDArray[np.int64]  # (q + 1)
    rank: NDArray[np.uint32]  # (n) ascending inside a row
    value: NDArray[np.float64]  # (n)
    head_length: NDArray[np.float64]  # (q) length of the head of the unit vector


class Lists(NamedTuple):
    """Base documents as inverted lists of the tail and a dense head, counts both.

    ``least`` is what a sum of products must reach: threshold × length, a hair less against rounding;
    infinite for documents without weight and for the filling of the last chunk.
    """

    offset: NDArray[np.uint32]  # (r + 1)
    document: NDArray[np.uint16]  # (n)
    counts: NDArray[np.floating]  # (n)
    head: NDArray[np.floating]  # (c, h, l)
    head_length: NDArray[np.float64]  # (c × l) length of the weighted head
    inverse_length: NDArray[np.float64]  # (c × l)
    least: NDArray[np.float64]  # (c × l)


class Sums(NamedTuple):
    """What is added up: sums over each row and each column, and of squares unless those are empty."""

    rows: NDArray[np.float64]  # (q)
    columns: NDArray[np.float64]  # (c × l)
    rows_squared: NDArray[np.float64]  # (q) or (0)
    columns_squared: NDArray[np.float64]  # (c × l) or (0)


@kernel
def add_lengths(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (v)
    squared: NDArray[np.float64],  # (d) in and out
) -> None:
    """Add the squares of each document's weighted counts."""
    for u in range(len(term)):
        w = weights[term[u]]
        for i in range(offset[u], offset[u + 1]):
            x = np.float64(count[i]) * w
            squared[document[i]] += x * x


@kernel
def sort_rows(
    order: NDArray[np.int64],  # (ranked terms of the batch) their places in ``term``, by rank
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    rank_of: NDArray[np.int64],  # (v)
    data: NDArray[np.floating],  # (non-zeros of ranked terms) out: counts
    documents: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Turn an inverted batch into rows sorted by rank, without the terms that have none."""
    indptr = np.zeros(documents + 1, np.int64)
    rank = np.empty(len(data), np.uint32)
    for u in order:
        for i in range(offset[u], offset[u + 1]):
            indptr[document[i] + 1] += 1
    for d in range(documents):
        indptr[d + 1] += indptr[d]
    end = indptr[:-1].copy()
    for u in order:
        r = rank_of[term[u]]
        for i in range(offset[u], offset[u + 1]):
            at = end[document[i]]
            rank[at] = r
            data[at] = count[i]
            end[document[i]] += 1
    return indptr, rank


@kernel
def weigh_rows(
    indptr: NDArray[np.int64],  # (q + 1)
    rank: NDArray[np.uint32],  # (n)
    count: NDArray[np.floating],  # (n)
    weights: NDArray[np.float64],  # (r) of these documents
    others: NDArray[np.float64],  # (r) of the documents that they are compared with
    inverse_length: NDArray[np.float64],  # (q)
    value: NDArray[np.float64],  # (n) out
    head_length: NDArray[np.float64],  # (q) out
    head: int,
) -> None:
    """Weigh counts twice, once for each document of a pair, and scale them; measure the head."""
    for q in range(len(inverse_length)):
        squared = 0.0
        for i in range(indptr[q], indptr[q + 1]):
            r = rank[i]
            x = np.float64(count[i]) * weights[r] * inverse_length[q]
            value[i] = x * others[r]
            if r < head:
                squared += x * x
        head_length[q] = np.sqrt(squared)


@kernel
def list_rows(
    indptr: NDArray[np.int64],  # (d + 1) a part of a longer one
    rank: NDArray[np.uint32],  # (n)
    count: NDArray[np.floating],  # (n)
    offset: NDArray[np.uint32],  # (r + 1) out, all zero on entry
    document: NDArray[np.uint16],  # (n of the tail) out
    listed: NDArray[np.floating],  # (n of the tail) out
    head: NDArray[np.floating],  # (c, h, l) out, all zero on entry
) -> None:
    """Invert the tail of some rows; lay out their head densely."""
    width = head.shape[2]
    for d in range(len(indptr) - 1):
        for i in range(indptr[d], indptr[d + 1]):
            r = rank[i]
            if r < head.shape[1]:
                head[d // width, r, d % width] = count[i]
            else:
                offset[r + 1] += np.uint32(1)
    for r in range(len(offset) - 1):
        offset[r + 1] += offset[r]
    end = offset[:-1].copy()
    for d in range(len(indptr) - 1):
        for i in range(indptr[d], indptr[d + 1]):
            r = rank[i]
            if r >= head.shape[1]:
                document[end[r]] = d
                listed[end[r]] = count[i]
                end[r] += np.uint32(1)


@kernel
def add_tail(rows: Rows, q: int, first: int, lists: Lists, product: NDArray[np.float64]) -> None:
    """Add the products of a row with all base documents, over the terms from place ``first`` on."""
    for i in range(first, rows.indptr[q + 1]):
        r = rows.rank[i]
        x = rows.value[i]
        for j in range(lists.offset[r], lists.offset[r + 1]):
            product[lists.document[j]] += x * lists.counts[j]


@kernel
def add_head(rows: Rows, begin: int, end: int, head: NDArray[np.floating], a: NDArray[np.float64]) -> None:
    """Add the products over the head for one chunk, ``head`` (h, l) and ``a`` (l,)."""
    width = len(a)
    i = begin
    # four terms at a time: the sums are then loaded and stored a quarter as often
    while i + 4 <= end:
        x0, x1, x2, x3 = rows.value[i], rows.value[i + 1], rows.value[i + 2], rows.value[i + 3]
        h0, h1 = head[rows.rank[i]], head[rows.rank[i + 1]]
        h2, h3 = head[rows.rank[i + 2]], head[rows.rank[i + 3]]
        for d in range(width):
            a[d] += (x0 * h0[d] + x1 * h1[d]) + (x2 * h2[d] + x3 * h3[d])
        i += 4
    while i < end:
        x0, h0 = rows.value[i], head[rows.rank[i]]
        for d in range(width):
            a[d] += x0 * h0[d]
        i += 1


@kernel
def can_reach(
    a: NDArray[np.float64],  # (l)
    head_length: NDArray[np.float64],  # (l)
    least: NDArray[np.float64],  # (l)
    of_row: float,
) -> bool:
    """Say whether any pair of a chunk can reach the threshold, whatever the head adds."""
    found = 0
    for d in range(len(a)):
        found |= int(a[d] + of_row * head_length[d] >= least[d])
    return found > 0


@kernel
def add_reached(
    a: NDArray[np.float64],  # (l) in: products; out: similarities, zero below the threshold
    inverse_length: NDArray[np.float64],  # (l)
    lane: NDArray[np.float64],  # (l) in and out
    column: NDArray[np.float64],  # (l) in and out
    threshold: float,
) -> int:
    """Add the similarities of a chunk that reach the threshold; count those above zero."""
    kept = 0
    for d in range(len(a)):
        s = a[d] * inverse_length[d]
        s = s if s >= threshold else 0.0
        a[d] = s
        lane[d] += s
        column[d] += s
        kept += int(s > 0.0)
    return kept


@kernel
def add_squares(
    a: NDArray[np.float64],  # (l)
    lane: NDArray[np.float64],  # (l) in and out
    column: NDArray[np.float64],  # (l) in and out
) -> None:
    """Add the squares of the similarities of a chunk."""
    for d in range(len(a)):
        s = a[d] * a[d]
        lane[d] += s
        column[d] += s


@kernel
def total_of(lane: NDArray[np.float64]) -> float:
    """Add up and clear the sums that were kept side by side."""
    total = 0.0
    for d in range(len(lane)):
        total += lane[d]
        lane[d] = 0.0
    return total


@kernel
def find_leaders(
    rows: Rows,
    lists: Lists,
    best: NDArray[np.float64],  # (d) in and out: highest similarity so far
    leader: NDArray[np.int64],  # (d) in and out: the row that has it
) -> None:
    """Find the row that each base document is most similar to by the tail; the first of those that tie."""
    chunks, head, width = lists.head.shape
    product = np.zeros(chunks * width)
    for q in range(len(rows.indptr) - 1):
        tail = rows.indptr[q]
        while tail < rows.indptr[q + 1] and rows.rank[tail] < head:
            tail += 1
        add_tail(rows, q, tail, lists, product)
        for d in range(len(best)):
            similarity = product[d] * lists.inverse_length[d]
            if similarity > best[d]:
                best[d] = similarity
                leader[d] = q
        product[:] = 0.0


@kernel
def add_pairs(rows: Rows, lists: Lists, sums: Sums, threshold: float) -> int:
    """Add up the similarities that reach the threshold, by row and by column; count those above zero."""
    chunks, head, width = lists.head.shape
    product = np.zeros(chunks * width)
    lane, lane_squared = np.zeros(width), np.zeros(width)
    squares = len(sums.rows_squared) > 0
    kept = 0
    for q in range(len(rows.indptr) - 1):
        begin, end = rows.indptr[q], rows.indptr[q + 1]
        if begin == end:
            continue
        tail = begin
        while tail < end and rows.rank[tail] < head:
            tail += 1
        add_tail(rows, q, tail, lists, product)
        for c in range(chunks):
            here = slice(c * width, (c + 1) * width)
            a = product[here]
            if can_reach(a, lists.head_length[here], lists.least[here], rows.head_length[q]):
                add_head(rows, begin, tail, lists.head[c], a)
                kept += add_reached(a, lists.inverse_length[here], lane, sums.columns[here], threshold)
                if squares:
                    add_squares(a, lane_squared, sums.columns_squared[here])
            a[:] = 0.0
        sums.rows[q] += total_of(lane)
        if squares:
            sums.rows_squared[q] += total_of(lane_squared)
    return kept


@kernel
def multiply_rows(
    indptr: NDArray[np.int64],  # (q + 1)
    rank: NDArray[np.uint32],  # (n)
    count: NDArray[np.floating],  # (n)
    columns: NDArray[np.float64],  # (r, k)
    products: NDArray[np.float64],  # (q, k) in and out
) -> None:
    """Add the product of each row with each of a few dense columns."""
    for q in range(len(indptr) - 1):
        for i in range(indptr[q], indptr[q + 1]):
            for k in range(columns.shape[1]):
                products[q, k] += count[i] * columns[rank[i], k]
