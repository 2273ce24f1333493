"""Texts that lie in several buffers, put one behind the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# n texts, b bytes of a buffer, t bytes of all texts

INLINE = 12  # a text of so many bytes stands in its view


@kernel
def gather_views(
    view: NDArray[
        np.uint32
    ],  # (n, 4) length, then the text itself, or its begin, number of its buffer, place
    inside: NDArray[np.uint8],  # (n, 16) the same as bytes
    number: int,  # of this buffer; of the first, texts that stand in their views are written too
    buffer: NDArray[np.uint8],  # (b)
    offset: NDArray[np.int64],  # (n + 1) where texts begin in out
    out: NDArray[np.uint8],  # (t) out
) -> None:
    """Write the texts that lie in one buffer to their places."""
    for row in range(len(view)):
        at, size = offset[row], np.int64(view[row, 0])
        if size > INLINE:
            if view[row, 2] == number:
                begin = np.int64(view[row, 3])
                out[at : at + size] = buffer[begin : begin + size]
        elif number == 0:
            for j in range(size):
                out[at + j] = inside[row, 4 + j]
