"""Traditional to simplified Chinese, by OpenCC: the one module that imports it."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable

import polars as pl

from patentmetrics.core.errors import ColumnError, ExtraError

_CONFIGURATION = "t2s"


def to_simplified(texts: pl.Series) -> pl.Series:
    """Write traditional Chinese in simplified characters (繁体转简体), by OpenCC's ``t2s``.

    OpenCC decides by words, longest first, where a character has several simplified forms: 乾燥 becomes
    干燥 and 乾坤 stays, 皇后 stays and 之後 becomes 之后. It changes characters only: words that
    Taiwan uses keep (資訊 becomes 资讯, not 信息).

    Parameters
    ----------
    texts : polars.Series of String
        Normalised texts; a null stays null.

    Returns
    -------
    polars.Series of String
        As many, with the same name. Simplified text stays as it is.

    Raises
    ------
    ExtraError
        OpenCC is not installed.
    ColumnError
        The series is not of text.

    Source: OpenCC, https://github.com/BYVoid/OpenCC, whose dictionaries decide.

    Examples
    --------
    >>> to_simplified(pl.Series(["乾燥裝置", "皇后", None])).to_list()  # doctest: +SKIP
    ['干燥装置', '皇后', None]
    """
    convert = _converter()
    if texts.dtype not in (pl.String, pl.Null):
        raise ColumnError("the series is not of text", where=texts.name or None, got=texts.dtype)
    # a C++ loop inside: the call for each document is small beside it
    converted = [None if text is None else text if text.isascii() else convert(text) for text in texts]
    return pl.Series(texts.name, converted, dtype=pl.String)


def opencc_version() -> str:
    """Name OpenCC and its version, which decide the characters.

    Raises
    ------
    ExtraError
        OpenCC is not installed.
    """
    _converter()
    return f"OpenCC {importlib.metadata.version('opencc')} {_CONFIGURATION}"


@functools.lru_cache(maxsize=1)
def _converter() -> Callable[[str], str]:
    try:
        import opencc
    except ModuleNotFoundError as error:
        raise ExtraError(
            "traditional characters cannot be simplified: OpenCC is not installed",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[chinese]"',
        ) from error
    convert: Callable[[str], str] = opencc.OpenCC(_CONFIGURATION).convert
    return convert
