"""From tokens that are numbers to counts of terms: a mark for each term, no sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents, c text columns of each, t tokens, i ids of tokens, v terms, n non-zeros


@kernel
def mark_ids(ids: NDArray[np.int32], seen: NDArray[np.bool_]) -> None:
    """Mark the ids that occur; negative ones stand for no token."""
    for t in range(len(ids)):
        if ids[t] >= 0:
            seen[ids[t]] = True


@kernel
def count_documents(
    ids: NDArray[np.int32],  # (t) −1 stands for no token
    offset: NDArray[np.int64],  # (c d + 1) where the texts begin in ids, column after column
    term: NDArray[np.int32],  # (i + 1) term[id + 1] is the term of an id; v where it is none, as of −1
    weight: NDArray[np.int64],  # (c) how often the terms of a column count
    count: NDArray[np.int64],  # (v + 1) scratch; all zero but the last, which is positive, before and after
    indptr: NDArray[np.int64],  # (d + 1) out
    indices: NDArray[np.uint32],  # (t + 1) out: as many as there are non-zeros
    data: NDArray[np.uint32],  # (t) out, likewise
) -> int:
    """Count the terms of documents; the terms of a row are in the order in which they came.

    Gives the largest count, which may be too large for ``data``.
    """
    columns = len(weight)
    documents = (len(offset) - 1) // columns
    # unsigned: it is not asked whether an index counts from the end
    n, one = np.uintp(0), np.uintp(1)
    indptr[0] = 0
    largest = np.int64(0)
    for d in range(documents):
        begin = n
        for c in range(columns):
            row = c * documents + d
            w = weight[c]
            for t in range(offset[row], offset[row + 1]):
                # without branches: whether a term is new, or none, cannot be foreseen
                v = np.uint32(term[np.uintp(ids[t] + 1)])
                indices[n] = v
                before = count[v]
                n += one if before == 0 else np.uintp(0)
                count[v] = before + w
        for i in range(begin, n):
            v = indices[i]
            data[i] = count[v]
            largest = max(largest, count[v])
            count[v] = 0
        indptr[d + 1] = n
    return int(largest)


@kernel
def add_counts(
    indices: NDArray[np.uint32],  # (n)
    data: NDArray[np.uint32],  # (n)
    documents: NDArray[np.int64],  # (v) in and out
    occurrences: NDArray[np.int64],  # (v) in and out
) -> None:
    """Add up in how many documents each term is, and how often it occurs."""
    for i in range(len(indices)):
        documents[indices[i]] += 1
        occurrences[indices[i]] += data[i]


@kernel
def renumber_rows(
    indptr: NDArray[np.int64],  # (d + 1)
    indices: NDArray[np.uint32],  # (n)
    data: NDArray[np.uint32],  # (n)
    new: NDArray[np.int32],  # (v) of each term its new number; negative where it is dropped
    kept: NDArray[np.int64],  # (d + 1) out: the new indptr; kept[0] is known
    terms: NDArray[np.uint32],  # (kept[0] + n) out, from kept[0] on
    counts: NDArray[np.uint32],  # (kept[0] + n) out, likewise
) -> None:
    """Give the terms of rows their new numbers, behind other rows; those that are dropped go."""
    n = int(kept[0])
    for d in range(len(indptr) - 1):
        for i in range(indptr[d], indptr[d + 1]):
            v = new[indices[i]]
            if v >= 0:
                terms[n] = v
                counts[n] = data[i]
                n += 1
        kept[d + 1] = n
