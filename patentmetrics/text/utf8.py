"""Texts of a block as bytes, in memory that is used again."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import Utf8, as_series
from patentmetrics.kernels.views import gather_views


def gathered(texts: pl.Series, room: Room) -> Utf8:
    """Give texts as `patentmetrics.core.utf8.utf8_of` does, but in the memory of a room (文本转字节).

    Parameters
    ----------
    texts : polars.Series of String
        A null is empty.
    room : Room
        Its arrays ``texts`` and ``text offsets`` are used.

    Examples
    --------
    >>> data, offsets = gathered(pl.Series(["a", None, "光伏发电系统"]), Room())
    >>> data.tobytes().decode(), offsets.tolist()
    ('a光伏发电系统', [0, 1, 1, 19])
    """
    array = texts.fill_null("").to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *buffers = array.buffers()
    begin, stop = 16 * array.offset, 16 * (array.offset + len(array))
    inside = np.frombuffer(views or b"", np.uint8)[begin:stop].reshape(-1, 16)
    view = inside.view(np.uint32)
    offsets = room.array("text offsets", len(array) + 1, np.int64)
    offsets[0] = 0
    np.cumsum(view[:, 0], dtype=np.int64, out=offsets[1:])
    data = room.array("texts", int(offsets[-1]), np.uint8)
    for number, buffer in enumerate(buffers or [None]):
        gather_views(view, inside, number, np.frombuffer(buffer or b"", np.uint8), offsets, data)
    return data, offsets


def are_blank(texts: Utf8) -> NDArray[np.bool_]:
    r"""Say which texts hold nothing but white space (空白文本).

    Examples
    --------
    >>> are_blank(gathered(pl.Series(["", " \u3000\n", " a", "光"]), Room())).tolist()
    [True, True, False, False]
    """
    data, offsets = texts
    blank: NDArray[np.bool_] = np.diff(offsets) == 0
    filled = np.flatnonzero(~blank)
    # most texts begin with a byte with which no white space begins: U+0085, U+00A0, U+1680, U+2000 to
    # U+205F and U+3000 are what there is beyond ASCII
    first = data[offsets[:-1][filled]]
    may_be = filled[(first <= 0x20) | np.isin(first, np.array([0xC2, 0xE1, 0xE2, 0xE3], np.uint8))]
    if len(may_be):
        blank[may_be] = (as_series(texts).gather(may_be).str.strip_chars() == "").to_numpy()
    return blank
