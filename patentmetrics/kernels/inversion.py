"""Turn rows of terms into lists of documents (倒排): the layout that the scoring kernels stream."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents of a batch, v terms of the vocabulary, n non-zeros, u terms that occur in the batch


@kernel
def invert(
    indptr: NDArray[np.int64],  # (d + 1)
    indices: NDArray[np.uint32],  # (n)
    data: NDArray[np.uint32],  # (n)
    start: NDArray[np.int64],  # (v + 1) scratch, all zero on entry and on return
    document: NDArray[np.uint16],  # (n) out
    count: NDArray[np.uint32],  # (n) out
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Sort the non-zeros of a batch by term, stable in documents; return its terms and their offsets.

    Returns ``term`` of shape (u,), ascending, and ``offset`` of shape (u + 1,): the postings of
    ``term[i]`` are ``document[offset[i]:offset[i + 1]]`` and the same slice of ``count``.
    """
    first, last = indptr[0], indptr[-1]
    for i in range(first, last):
        start[indices[i] + 1] += 1
    distinct = 0
    for w in range(len(start) - 1):
        if start[w + 1] > 0:
            distinct += 1
    term = np.empty(distinct, np.uint32)
    offset = np.empty(distinct + 1, np.uint32)
    offset[0] = 0
    at = 0
    u = 0
    for w in range(len(start) - 1):
        length = start[w + 1]
        start[w] = at
        if length > 0:
            term[u] = w
            at += length
            u += 1
            offset[u] = at
    for d in range(len(indptr) - 1):
        for i in range(indptr[d], indptr[d + 1]):
            w = indices[i]
            document[start[w]] = d
            count[start[w]] = data[i]
            start[w] += 1
    for w in range(len(start)):
        start[w] = 0
    return term, offset
