"""Between a panel and arrays: variables out as a matrix, NaN where null; new ones in, with a log line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from patentmetrics.core.errors import ColumnError, DataError
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import require_numeric, shown

Matrix = NDArray[np.float64]


def matrix(panel: Panel, names: Sequence[str]) -> Matrix:
    """Give columns of a panel as floats, rows × columns; NaN where null.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, or is named twice.
    DataError
        A value is infinite.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B"], "year": [2020, 2020], "gdp": [1, None]})
    >>> matrix(Panel(frame=frame), ["gdp"]).tolist()
    [[1.0], [nan]]
    """
    if len(set(names)) < len(names):
        twice = next(one for one in names if list(names).count(one) > 1)
        raise ColumnError("a column is named twice", where="panel", got=twice)
    require_numeric(panel.frame, names, where="panel")
    values = panel.frame.select(pl.col(list(names)).cast(pl.Float64)).to_numpy().astype(np.float64)
    for name, column in zip(names, values.T, strict=True):
        if np.isinf(column).any():
            first = panel.frame.filter(pl.Series(np.isinf(column)))
            raise DataError(
                f"{first.height} values of {name!r} are infinite",
                where=f"panel: {name}",
                got=shown(first, first=1),
                hint="a division by zero, perhaps: make them null",
            )
    return values


def require_not_negative(panel: Panel, names: Sequence[str], values: Matrix, *, needs: str) -> None:
    """Raise `DataError` if a value is negative; ``needs`` says what cannot do with it.

    Examples
    --------
    >>> panel = Panel(frame=pl.DataFrame({"place": ["A"], "year": [2020], "gdp": [1.0]}))
    >>> require_not_negative(panel, ["gdp"], matrix(panel, ["gdp"]), needs="a share")
    """
    for name, column in zip(names, values.T, strict=True):
        if (column < 0).any():
            rows = panel.frame.filter(pl.Series(column < 0))
            raise DataError(
                f"{rows.height} values of {name!r} are negative, and {needs} cannot be",
                where=f"panel: {name}",
                got=f"{rows[name][0]} ({shown(rows, first=1)})",
            )


def added(panel: Panel, columns: Mapping[str, Matrix | pl.Series], *, log: str | Sequence[str]) -> Panel:
    """Add variables to a panel; NaN becomes null; ``log`` tells what they are.

    Raises
    ------
    ColumnError
        The panel already has a column of that name.

    Examples
    --------
    >>> panel = Panel(frame=pl.DataFrame({"place": ["A"], "year": [2020]}))
    >>> added(panel, {"x": np.array([np.nan])}, log="x: nothing known").frame["x"].to_list()
    [None]
    """
    frame = panel.frame
    for name, values in columns.items():
        if name in frame.columns:
            raise ColumnError(
                f"the panel already has the column {name!r}", where="panel", hint="give another name"
            )
        series = values if isinstance(values, pl.Series) else pl.Series(name, values).fill_nan(None)
        frame = frame.with_columns(series.alias(name))
    lines = (log,) if isinstance(log, str) else tuple(log)
    return replace(panel, frame=frame, log=(*panel.log, *lines))


def named_rows(panel: Panel, rows: ArrayLike, *, first: int = 5) -> str:
    """Name the first few place-years of the rows marked, for a log.

    Examples
    --------
    >>> panel = Panel(frame=pl.DataFrame({"place": ["A", "B"], "year": [2020, 2020]}))
    >>> named_rows(panel, np.array([False, True]))
    'B 2020'
    """
    return shown(panel.frame.filter(pl.Series(np.asarray(rows, dtype=np.bool_))), first=first)
