"""Draw from a fixed distribution in constant time (别名法), and rows of counts from it.

Walker's alias method: each of v columns of equal width holds a value and, above a threshold, its alias;
one uniform number chooses the column and the side. Tables as of Vose 1991, doi:10.1109/32.92917.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents, v values (terms or groups), n room for non-zeros

# draws for each distinct term that is wanted: a small vocabulary may not have so many
PATIENCE = 4


@kernel
def alias_table(
    weights: NDArray[np.float64],  # (v), none negative, some positive
) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Lay out a distribution for `draw_values` and `draw_rows`: ``threshold`` and ``alias``, both (v,)."""
    values = len(weights)
    threshold = weights * (values / weights.sum())
    alias = np.empty(values, np.uint32)
    # one stack of the columns that are not full from the left, one of the overfull from the right
    stack = np.empty(values, np.int64)
    poor, rich = 0, values
    for w in range(values):
        if threshold[w] < 1.0:
            stack[poor] = w
            poor += 1
        else:
            rich -= 1
            stack[rich] = w
    while poor > 0 and rich < values:
        poor -= 1
        small, large = stack[poor], stack[rich]
        alias[small] = large
        threshold[large] -= 1.0 - threshold[small]
        if threshold[large] < 1.0:
            rich += 1
            stack[poor] = large
            poor += 1
    # what is left over is full but for rounding: while a column is empty, another is far from full
    for i in range(poor):
        threshold[stack[i]] = 1.0
        alias[stack[i]] = stack[i]
    for i in range(rich, values):
        threshold[stack[i]] = 1.0
        alias[stack[i]] = stack[i]
    return threshold, alias


@kernel
def draw_values(
    random: np.random.Generator,
    threshold: NDArray[np.float64],  # (v)
    alias: NDArray[np.uint32],  # (v)
    drawn: NDArray[np.uint32],  # (d) out
) -> None:
    """Draw one value for each document."""
    values = len(threshold)
    for d in range(len(drawn)):
        x = random.random() * values
        w = int(x)
        drawn[d] = w if x - w < threshold[w] else alias[w]


@kernel
def draw_rows(
    random: np.random.Generator,
    wanted: NDArray[np.int64],  # (d) distinct terms
    threshold: NDArray[np.float64],  # (v)
    alias: NDArray[np.uint32],  # (v)
    indptr: NDArray[np.int64],  # (d + 1) out
    indices: NDArray[np.uint32],  # (n) out, n at least the sum of wanted
    data: NDArray[np.uint32],  # (n) out
) -> None:
    """Draw terms until a document has as many distinct ones as wanted; a term drawn again counts again.

    Terms are in the order of their first draw. After ``PATIENCE`` draws for each wanted term a document
    is left with what it has.
    """
    values = len(threshold)
    # where a term stands among the indices; below the document's first, it is of an earlier document
    place = np.full(values, -1, np.int64)
    at = 0
    indptr[0] = 0
    for d in range(len(wanted)):
        first = at
        last = first + wanted[d]
        for _ in range(PATIENCE * wanted[d]):
            if at == last:
                break
            x = random.random() * values
            w = int(x)
            if x - w >= threshold[w]:
                w = int(alias[w])
            if place[w] >= first:
                data[place[w]] += 1
            else:
                place[w] = at
                indices[at] = w
                data[at] = 1
                at += 1
        indptr[d + 1] = at
