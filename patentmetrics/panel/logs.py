"""Logarithms with an explicit treatment of zeros (对数化与零值处理)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import require_numeric, shown

Zeros = Literal["log1p", "null", "asinh", "error"]
# the name of the new column says the formula: log_ has one added, ln_ has not
PREFIX: dict[Zeros, str] = {"log1p": "log_", "null": "ln_", "asinh": "asinh_", "error": "ln_"}
_FORMULA: dict[Zeros, str] = {
    "log1p": "ln(1 + x)", "null": "ln x", "asinh": "asinh x", "error": "ln x",
}  # fmt: skip
_MADE: dict[Zeros, Callable[[pl.Expr], pl.Expr]] = {
    "log1p": lambda x: x.log1p(),
    "null": lambda x: pl.when(x > 0).then(x).log(),
    "asinh": lambda x: x.arcsinh(),
    "error": lambda x: x.log(),
}


def add_log(panel: Panel, columns: Sequence[str], *, zeros: Zeros = "log1p") -> Panel:
    """Add logarithms of columns (取对数), and say what becomes of zeros; nulls stay null.

    Parameters
    ----------
    panel : Panel
        The panel.
    columns : sequence of str
        The columns.
    zeros : {"log1p", "null", "asinh", "error"}
        ``log1p`` adds ``log_{name}`` = ln(1 + x), for counts. ``null`` adds ``ln_{name}`` = ln x, null where
        x is zero, and counts these. ``asinh`` adds ``asinh_{name}``, the inverse hyperbolic sine, which takes
        zeros and negative values. ``error`` adds ``ln_{name}`` and refuses a zero.

    Returns
    -------
    Panel
        The log says for each column which formula, how many zeros, how many nulls.

    Raises
    ------
    ColumnError
        A column is missing, does not hold numbers, or the new column is there already.
    DataError
        A value is negative (except with ``asinh``) or infinite; a value is zero with ``error``.

    Notes
    -----
    A coefficient on ln(1 + x) or asinh x depends on the unit of x where zeros are many: Chen & Roth 2024,
    doi:10.1093/qje/qjad054.

    Examples
    --------
    >>> panel = Panel(frame=pl.DataFrame({"place": ["A", "B"], "year": [2000, 2000], "patents": [0, 1]}))
    >>> add_log(panel, ["patents"]).frame["log_patents"].round(4).to_list()
    [0.0, 0.6931]
    >>> add_log(panel, ["patents"], zeros="null").frame["ln_patents"].to_list()
    [None, 0.0]
    """
    check_choice(zeros, PREFIX, argument="zeros")
    frame = panel.frame
    require_numeric(frame, columns, where="panel")
    log = [*panel.log]
    for name in columns:
        made = PREFIX[zeros] + name
        if made in frame.columns:
            raise ColumnError(f"the panel already has the column {made!r}", where="panel")
        values = pl.col(name).cast(pl.Float64).fill_nan(None)
        _refuse(frame, name, values, zeros)
        found = frame.select(values.alias("x"))["x"]
        frame = frame.with_columns(_MADE[zeros](values).alias(made))
        told = {"null": "made null", "error": "and none"}.get(zeros, "kept")
        log.append(
            f"{made} = {_FORMULA[zeros]}: {int((found == 0).sum())} zeros {told}, "
            f"{found.null_count()} nulls kept"
        )
    return replace(panel, frame=frame, log=tuple(log))


def _refuse(frame: pl.DataFrame, name: str, values: pl.Expr, zeros: Zeros) -> None:
    infinite = frame.filter(values.is_infinite())
    if infinite.height:
        raise DataError(
            f"{infinite.height} values of {name!r} are infinite",
            where=f"panel: {name}",
            got=shown(infinite, first=3),
        )
    negative = frame.filter(values < 0)
    if negative.height and zeros != "asinh":
        raise DataError(
            f"{negative.height} values of {name!r} are negative: they have no logarithm",
            where=f"panel: {name}",
            got=f"{negative[name][0]} ({shown(negative, first=1)})",
            hint="zeros='asinh' takes negative values",
        )
    zero = frame.filter(values == 0)
    if zero.height and zeros == "error":
        raise DataError(
            f"{zero.height} values of {name!r} are zero",
            where=f"panel: {name}",
            got=shown(zero, first=3),
            allowed=["zeros='null'", "zeros='log1p'", "zeros='asinh'"],
        )
