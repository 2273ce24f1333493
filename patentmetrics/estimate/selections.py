"""A sub-sample of a panel, frozen and named: which rows a model is estimated on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel, require_columns


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A sub-sample (子样本): rows by the values of a column, or by its size.

    Parameters
    ----------
    name : str
        What the sub-sample is called.
    column : str
        The column that decides.
    values : tuple
        Keep rows with one of these values.
    without : tuple
        Leave out rows with one of these values.
    low, high : float, optional
        Keep rows from ``low`` to ``high``, both included.
    """

    name: str
    column: str
    values: tuple[str | int | float, ...] = ()
    without: tuple[str | int | float, ...] = ()
    low: float | None = None
    high: float | None = None


def select_rows(panel: Panel, selection: Selection) -> tuple[Panel, str]:
    """Take a sub-sample, and say how many rows it leaves out (选取子样本).

    A row whose column is null is in no sub-sample: it is left out, and counted.

    Raises
    ------
    ColumnError
        The column is missing.
    SettingError
        The selection says nothing, or compares a text column with a size.
    DataError
        No row is left, or a value occurs nowhere.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B", "C"], "year": [1, 1, 1], "region": ["East", "West", None]})
    >>> chosen, told = select_rows(Panel(frame=frame), Selection(name="e", column="region", values=("East",)))
    >>> chosen.frame["place"].to_list(), told
    (['A'], 'sub-sample e: 1 of 3 rows by region (1 without a value)')
    """
    frame = panel.frame
    where = f"sub-sample {selection.name}"
    require_columns(frame, [selection.column], where=where)
    sized = selection.low is not None or selection.high is not None
    if not (selection.values or selection.without or sized):
        raise SettingError(
            "a sub-sample needs values, values to leave out, or a range",
            where=where,
            hint="values, low, high",
        )
    column = pl.col(selection.column)
    if sized and not frame.schema[selection.column].is_numeric():
        raise SettingError("a range is for numbers", where=where, got=selection.column)
    kept = column.is_not_null()
    if selection.values:
        kept &= _among(frame, selection, selection.values, where)
    if selection.without:
        kept &= ~_among(frame, selection, selection.without, where)
    if selection.low is not None:
        kept &= column >= selection.low
    if selection.high is not None:
        kept &= column <= selection.high
    chosen = frame.filter(kept)
    if chosen.is_empty():
        raise DataError("no row is left in the sub-sample", where=where, got=selection.column)
    nulls = frame[selection.column].null_count()
    told = f"sub-sample {selection.name}: {chosen.height} of {frame.height} rows by {selection.column}" + (
        f" ({nulls} without a value)" if nulls else ""
    )
    return replace(panel, frame=chosen, log=(*panel.log, told)), told


def _among(
    frame: pl.DataFrame, selection: Selection, values: tuple[str | int | float, ...], where: str
) -> pl.Expr:
    known = {str(one) for one in frame[selection.column].drop_nulls().unique().to_list()}
    wanted = [str(one) for one in values]
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise DataError(
            f"{unknown[0]!r} occurs nowhere",
            where=f"{where}: {selection.column}",
            allowed=sorted(known)[:20],
        )
    return pl.col(selection.column).cast(pl.String).is_in(wanted)
