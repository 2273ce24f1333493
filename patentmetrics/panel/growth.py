"""Growth, lags and leads that know about gaps (增长率、滞后与超前项): by the year, not by the row before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, SettingError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import KEY, require_numeric, typed_keys

Growth = Literal["ratio", "log"]
_OTHER, _HAS = "_other", "_has_row"


def add_lag(panel: Panel, columns: Sequence[str], *, years: int = 1) -> Panel:
    """Add ``lag{years}_{name}``: the value of the same place so many years before (滞后项).

    Where the place has no row of that year the lag is null, even if an older row stands above.

    Parameters
    ----------
    panel : Panel
        The panel; its rows stay in their order.
    columns : sequence of str
        The columns; of any type.
    years : int
        One or more.

    Returns
    -------
    Panel
        The log counts the nulls of each lag: before the place's first year, in a gap of its rows, and
        where the earlier value is itself null.

    Raises
    ------
    ColumnError
        A column is missing, or the new one is there already.
    SettingError
        ``years`` is not one or more.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 3, "year": [2000, 2001, 2003], "gdp": [1.0, 2.0, 4.0]})
    >>> made = add_lag(Panel(frame=frame), ["gdp"])
    >>> made.frame["lag1_gdp"].to_list()
    [None, 1.0, None]
    >>> made.log[-1]
    'lag1_gdp: 1 value; null: 1 before the first year, 1 in a gap of rows, 0 of a null'
    """
    return _shifted(panel, columns, years=years, sign=-1)


def add_lead(panel: Panel, columns: Sequence[str], *, years: int = 1) -> Panel:
    """Add ``lead{years}_{name}``: the value of the same place so many years later (超前项).

    Parameters, result and errors are those of `add_lag`.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 3, "year": [2000, 2001, 2003], "gdp": [1.0, 2.0, 4.0]})
    >>> add_lead(Panel(frame=frame), ["gdp"], years=2).frame["lead2_gdp"].to_list()
    [None, 4.0, None]
    """
    return _shifted(panel, columns, years=years, sign=1)


def add_growth(panel: Panel, columns: Sequence[str], *, kind: Growth = "ratio", years: int = 1) -> Panel:
    """Add the growth of columns over a number of years (增长率), by the year and not by the row before.

    Parameters
    ----------
    panel : Panel
        The panel.
    columns : sequence of str
        The columns.
    kind : {"ratio", "log"}
        ``ratio`` adds ``growth_{name}`` = x_t / x_{t−k} − 1; ``log`` adds ``dlog_{name}`` =
        ln x_t − ln x_{t−k}.
    years : int
        k, one or more; with more than one the columns are ``growth{k}_{name}`` and ``dlog{k}_{name}``. The
        growth is over all k years, not a year's mean.

    Returns
    -------
    Panel
        Null where either value is null or has no row, where the earlier value is not positive (a rate from
        zero or from a loss says nothing), and with ``log`` where the later is not positive. The log counts
        each.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers, or the new one is there already.
    SettingError
        An option has a value it cannot have.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 3, "year": [2000, 2001, 2003], "gdp": [2.0, 3.0, 4.0]})
    >>> add_growth(Panel(frame=frame), ["gdp"]).frame["growth_gdp"].to_list()
    [None, 0.5, None]
    """
    check_choice(kind, ["ratio", "log"], argument="kind")
    _check_years(years)
    frame = panel.frame
    require_numeric(frame, columns, where="panel")
    prefix = {"ratio": "growth", "log": "dlog"}[kind] + ("" if years == 1 else str(years))
    log = [*panel.log]
    for name in columns:
        made = f"{prefix}_{name}"
        _check_new(frame, made)
        numbers = frame.with_columns(pl.col(name).cast(pl.Float64).fill_nan(None))
        now, before = numbers[name], _at(numbers, name, years=-years)
        x0 = before[_OTHER]
        usable = (x0 > 0) & (now > 0) if kind == "log" else x0 > 0
        rate = (now / x0 - 1) if kind == "ratio" else (now.log() - x0.log())
        both = now.is_not_null() & x0.is_not_null()
        frame = frame.with_columns(pl.select(pl.when(usable).then(rate)).to_series().alias(made))
        early, gap, null = _reasons(before, years=-years, own=now)
        log.append(
            f"{made}: {_values(frame[made])}; null: {early} before the first year, {gap} in a gap of rows, "
            f"{null} of a null, {int((both & ~usable).sum())} not positive"
        )
    return replace(panel, frame=frame, log=tuple(log))


def _shifted(panel: Panel, columns: Sequence[str], *, years: int, sign: int) -> Panel:
    _check_years(years)
    frame, log = panel.frame, [*panel.log]
    word, end = ("lag", "before the first year") if sign < 0 else ("lead", "after the last year")
    for name in columns:
        made = f"{word}{years}_{name}"
        if name not in frame.columns:
            raise ColumnError(f"the column {name!r} is missing", where="panel", allowed=frame.columns)
        _check_new(frame, made)
        other = _at(frame, name, years=sign * years)
        outside, gap, null = _reasons(other, years=sign * years)
        frame = frame.with_columns(other[_OTHER].alias(made))
        log.append(
            f"{made}: {_values(frame[made])}; null: {outside} {end}, {gap} in a gap of rows, {null} of a null"
        )
    return replace(panel, frame=frame, log=tuple(log))


def _at(frame: pl.DataFrame, name: str, *, years: int) -> pl.DataFrame:
    """Give, for each row in order, the value of its place so many years away, and whether there is a row."""
    keys = typed_keys(frame.select(KEY), where="panel")
    other = keys.with_columns(
        pl.col("year") - years, frame[name].alias(_OTHER), pl.lit(value=True).alias(_HAS)
    )
    joined = keys.join(other, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col(_HAS).fill_null(value=False))


def _reasons(other: pl.DataFrame, *, years: int, own: pl.Series | None = None) -> tuple[int, int, int]:
    """Count rows without a row to look at, outside the place's years and in a gap, and those of a null.

    ``own`` are the values of the rows themselves, where these are needed, too.
    """
    edge = (pl.col("year").min() if years < 0 else pl.col("year").max()).over("place")
    wanted = pl.col("year") + years
    outside = other.select(wanted < edge if years < 0 else wanted > edge).to_series()
    here = other[_HAS]
    null = other[_OTHER].is_null() if own is None else other[_OTHER].is_null() | own.is_null()
    return int(outside.sum()), int((~here & ~outside).sum()), int((here & null).sum())


def _values(made: pl.Series) -> str:
    known = made.len() - made.null_count()
    return f"{known} value{'' if known == 1 else 's'}"


def _check_new(frame: pl.DataFrame, name: str) -> None:
    if name in frame.columns:
        raise ColumnError(f"the panel already has the column {name!r}", where="panel")


def _check_years(years: int) -> None:
    if years < 1:
        raise SettingError("a lag is one year or more", where="years", got=years, allowed="1, 2, 3 …")
