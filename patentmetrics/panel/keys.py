"""The key of a panel, (place, year): given one type, checked once."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, near_names
from patentmetrics.core.types import require_columns, require_unique

KEY = ["place", "year"]


def keyed(frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Give ``place`` as text and ``year`` as a whole number; require that the pair is unique, never null.

    Raises
    ------
    ColumnError
        A key column is missing.
    DataError
        A year is not a whole number; a key is null or occurs twice.

    Examples
    --------
    >>> keyed(pl.DataFrame({"place": [110000], "year": [2020.0]}), where="base").rows()
    [('110000', 2020)]
    """
    frame = typed_keys(frame, where=where)
    require_unique(frame, KEY, where=where)
    return frame


def typed_keys(frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Give ``place`` as text and ``year`` as Int32; nulls stay.

    Examples
    --------
    >>> typed_keys(pl.DataFrame({"place": ["北京"], "year": [None]}), where="base").dtypes
    [String, Int32]
    """
    require_columns(frame, KEY, where=where)
    if (
        frame.schema["place"] not in {pl.String, pl.Null, pl.Categorical}
        and not frame.schema["place"].is_integer()
    ):
        raise DataError(
            "places are names or codes",
            where=f"{where}: place",
            got=str(frame.schema["place"]),
            allowed=["text", "whole numbers"],
        )
    year = frame["year"]
    if not (year.dtype.is_numeric() or year.dtype == pl.Null):
        raise DataError(
            "years are whole numbers",
            where=f"{where}: year",
            got=str(year.dtype),
            hint="e.g. 2020, not 2020年",
        )
    if year.dtype.is_float():
        broken = year.drop_nulls().filter(year.drop_nulls() != year.drop_nulls().floor())
        if broken.len() or year.is_nan().any() or year.is_infinite().any():
            raise DataError(
                "years are whole numbers",
                where=f"{where}: year",
                got=broken[0] if broken.len() else "not a number",
            )
    return frame.with_columns(pl.col("place").cast(pl.String), pl.col("year").cast(pl.Int32))


def require_numeric(frame: pl.DataFrame, names: Iterable[str], *, where: str) -> None:
    """Raise `ColumnError` unless the named columns are there and hold numbers.

    Examples
    --------
    >>> require_numeric(pl.DataFrame({"gdp": [1.5]}), ["gdp"], where="panel")
    """
    for name in names:
        require_columns(frame, [name], where=where)
        if not (frame.schema[name].is_numeric() or frame.schema[name] in {pl.Boolean, pl.Null}):
            numbers = [one for one, kind in frame.schema.items() if kind.is_numeric() and one not in KEY]
            raise ColumnError(
                f"the column {name!r} does not hold numbers",
                where=where,
                got=str(frame.schema[name]),
                allowed=numbers,
                hint=near_names(name, numbers),
            )


def shown(keys: pl.DataFrame, *, first: int = 5) -> str:
    """Write the first few (place, year) pairs for a message.

    Examples
    --------
    >>> shown(pl.DataFrame({"place": ["北京", "上海"], "year": [2019, 2020]}), first=1)
    '北京 2019, …'
    """
    pairs = [f"{place} {year}" for place, year in keys.select(KEY).head(first).rows()]
    return ", ".join([*pairs, "…"] if keys.height > first else pairs)
