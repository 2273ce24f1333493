"""Texts as the bytes that kernels read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError

WITH_SURROGATES = "surrogatepass"  # a Python string can hold half of a character; it is a token


Utf8 = tuple[NDArray[np.uint8], NDArray[np.int64]]


def utf8_of(texts: pl.Series | Sequence[str | None]) -> Utf8:
    """Give texts as UTF-8 bytes, and where each begins: shapes (bytes,) and (texts + 1,); a null is empty.

    Raises
    ------
    ColumnError
        The series is not of text.

    Examples
    --------
    >>> data, offsets = utf8_of(pl.Series(["a", None, "太"]))
    >>> data.tobytes().decode(), offsets.tolist()
    ('a太', [0, 1, 1, 4])
    """
    if isinstance(texts, pl.Series):
        import pyarrow as pa

        if texts.dtype not in (pl.String, pl.Null):
            raise ColumnError("the series is not of text", where=texts.name or None, got=texts.dtype)
        array = texts.cast(pl.String).fill_null("").to_arrow().cast(pa.large_string())
        _, places, content = array.buffers()
        offsets = np.frombuffer(places, np.int64)[array.offset : array.offset + len(array) + 1]
        return np.frombuffer(content or b"", np.uint8), offsets
    encoded = [(text or "").encode("utf-8", WITH_SURROGATES) for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def as_series(texts: Utf8) -> pl.Series:
    """Give texts that are bytes as a series without a name; it looks at the same memory.

    Examples
    --------
    >>> as_series(utf8_of(["a", "光伏"])).to_list()
    ['a', '光伏']
    """
    import pyarrow as pa

    data, offsets = texts
    array = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    return pl.Series("", array, dtype=pl.String)
