"""Fill missing values (缺失值填补) as the papers do: marked, counted, not across a missing row unasked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import ColumnError, SettingError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import KEY, keyed, require_numeric
from patentmetrics.panel.winsorise import without_answers

Method = Literal["interpolate", "neighbours", "growth"]
Mean = Literal["geometric", "arithmetic"]
Ends = Literal["both", "head", "tail"]
METHODS: tuple[Method, ...] = ("interpolate", "neighbours", "growth")
Floats = npt.NDArray[np.float64]
Years = npt.NDArray[np.int64]
CELLS: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "year": pl.Int32,
    "variable": pl.String,
    "method": pl.String,
    "value": pl.Float64,
}
LEFT: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "year": pl.Int32,
    "variable": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A panel after filling (填补后的面板), with each cell that was filled, and each that was not.

    Parameters
    ----------
    panel : Panel
        The columns are Float64; each has beside it ``{name}_filled``, the method of a filled cell, null
        of all others.
    cells : polars.DataFrame
        ``place, year, variable, method, value`` of the cells filled now.
    left : polars.DataFrame
        ``place, year, variable, reason`` of the nulls that stay.
    """

    panel: Panel
    cells: pl.DataFrame
    left: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """How one call fills."""

    method: Method
    max_gap: int | None
    across_missing_rows: bool
    mean: Mean
    ends: Ends


def fill_panel(
    panel: Panel,
    columns: Sequence[str],
    *,
    method: Method,
    max_gap: int | None = None,
    across_missing_rows: bool = False,
    mean: Mean = "geometric",
    ends: Ends = "both",
) -> Filled:
    """Fill nulls of columns, place by place (缺失值填补); call it again for a second method.

    Only observed values are sources: a cell that was filled before is none. What is filled lies on the
    axis of years, not of rows.

    Parameters
    ----------
    panel : Panel
        The panel.
    columns : sequence of str
        Columns of numbers; not-a-number counts as null.
    method : {"interpolate", "neighbours", "growth"}
        ``interpolate`` (线性插值): on the line between the nearest observed years before and after; inside
        the series only. ``neighbours`` (邻近年份均值): the mean of these two, for each year between them;
        inside only. ``growth`` (平均增长率): from the first or last observed year outwards by the place's
        mean growth rate; outside only.
    max_gap : int, optional
        Fill runs of at most so many missing years; a longer run stays null as a whole.
    across_missing_rows : bool
        Fill also where a year of the run has no row. By default such runs stay null; `add_missing_rows`
        gives the place its rows first.
    mean : {"geometric", "arithmetic"}
        Of ``growth``: (last / first)^(1 / years between) − 1, or the mean of the rates between neighbouring
        observed years.
    ends : {"both", "head", "tail"}
        Of ``growth``: before the first observed year, after the last, or both.

    Returns
    -------
    Filled
        The log of its panel says for each column how many cells were filled in how many places, and how
        many nulls stay, by reason. A simulated panel loses its known answers for a column that changed.

    Raises
    ------
    ColumnError
        A column is missing, is of the key, or does not hold numbers.
    SettingError
        An option has a value it cannot have.

    Examples
    --------
    >>> years = {"place": ["A"] * 5, "year": range(2000, 2005)}
    >>> frame = pl.DataFrame(years | {"gdp": [2.0, None, 8.0, None, None]})
    >>> inside = fill_panel(Panel(frame=frame), ["gdp"], method="interpolate")
    >>> inside.panel.frame["gdp"].to_list()
    [2.0, 5.0, 8.0, None, None]
    >>> outside = fill_panel(inside.panel, ["gdp"], method="growth")
    >>> outside.panel.frame.select("gdp", "gdp_filled").rows()[1:]
    [(5.0, 'interpolate'), (8.0, None), (16.0, 'growth'), (32.0, 'growth')]
    """
    check_choice(method, METHODS, argument="method")
    check_choice(mean, ["geometric", "arithmetic"], argument="mean")
    check_choice(ends, ["both", "head", "tail"], argument="ends")
    if max_gap is not None and max_gap < 1:
        raise SettingError("a gap is one year or more", where="max_gap", got=max_gap)
    _check_columns(panel.frame, columns)
    rule = _Rule(
        method=method, max_gap=max_gap, across_missing_rows=across_missing_rows, mean=mean, ends=ends
    )
    frame = keyed(panel.frame, where="panel").with_row_index("_row").sort(KEY)
    bounds = _bounds(frame["place"])
    years = frame["year"].to_numpy().astype(np.int64)
    log, made_by = [*panel.log], panel.made_by
    cells, left = [], []
    for name in columns:
        marks = _marks(frame, name)
        before = frame[name].cast(pl.Float64).fill_nan(None).to_numpy()
        observed = np.where(marks.is_not_null().to_numpy(), np.nan, before)
        after, reasons = before.copy(), np.full(len(before), "", dtype=object)
        for start, stop in bounds:
            values, why = _filled(years[start:stop], observed[start:stop], rule)
            empty = np.isnan(before[start:stop])
            after[start:stop] = np.where(empty, values, before[start:stop])
            reasons[start:stop] = np.where(empty & np.isnan(values), why, "")
        new = pl.Series(np.isnan(before) & ~np.isnan(after))
        marks = pl.select(pl.when(new).then(pl.lit(method)).otherwise(marks)).to_series()
        frame = _with_beside(frame, name, pl.Series(name, after).fill_nan(None), marks)
        about = frame.select(*KEY, variable=pl.lit(name), method=marks, value=pl.col(name))
        cells.append(about.filter(new))
        stays = pl.Series("reason", reasons.tolist(), dtype=pl.String)
        left.append(frame.select(*KEY, variable=pl.lit(name)).with_columns(stays).filter(stays != ""))
        log.append(_told(name, rule, cells[-1], left[-1]))
        if cells[-1].height:
            made_by = without_answers(made_by, name)
    changed = frame.sort("_row").drop("_row")
    made_by = made_by | {"filled": [*_earlier(made_by), _settings(rule, columns)]}
    return Filled(
        panel=replace(panel, frame=changed, log=tuple(log), made_by=made_by),
        cells=pl.concat([pl.DataFrame(schema=CELLS), *cells]),
        left=pl.concat([pl.DataFrame(schema=LEFT), *left]),
    )


def count_filled(frame: pl.DataFrame) -> pl.DataFrame:
    """Count the filled cells of a panel by variable, method and place (填补统计), from their marks.

    Parameters
    ----------
    frame : polars.DataFrame
        A panel's frame with columns ``{name}_filled``.

    Returns
    -------
    polars.DataFrame
        ``variable, method, place, cells``, sorted.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "A"], "year": [2000, 2001], "gdp_filled": [None, "growth"]})
    >>> count_filled(frame).rows()
    [('gdp', 'growth', 'A', 1)]
    """
    schema = {"variable": pl.String, "method": pl.String, "place": pl.String, "cells": pl.Int64}
    marked = [name for name in frame.columns if name.endswith("_filled") and frame[name].dtype == pl.String]
    found = [
        frame.select(
            variable=pl.lit(name.removesuffix("_filled")), method=pl.col(name), place=pl.col("place")
        ).drop_nulls()
        for name in marked
    ]
    if not found:
        return pl.DataFrame(schema=schema)
    counted = (
        pl.concat(found).group_by("variable", "method", "place").agg(pl.len().cast(pl.Int64).alias("cells"))
    )
    return counted.sort("variable", "method", "place").select(list(schema))


def _filled(years: Years, values: Floats, rule: _Rule) -> tuple[Floats, npt.NDArray[np.object_]]:
    """Fill one place, its years sorted; give its values and why those stay null that do."""
    made, why = values.copy(), np.full(len(values), "", dtype=object)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        why[:] = "the place has no value"
        return made, why
    for a, b in itertools.pairwise(known.tolist()):
        if b > a + 1 and rule.method == "growth":
            why[a + 1 : b] = "inside the series"
        elif b > a + 1:
            _fill_inside(years, made, why, (a, b), rule)
    _fill_outside(years, values, made, why, rule)
    return made, why


def _fill_inside(
    years: Years, made: Floats, why: npt.NDArray[np.object_], ends: tuple[int, int], rule: _Rule
) -> None:
    a, b = ends
    run = slice(a + 1, b)
    refused = _refused(int(years[b] - years[a] - 1), b - a - 1, rule)
    if refused:
        why[run] = refused
    elif rule.method == "neighbours":
        made[run] = (made[a] + made[b]) / 2
    else:
        share = (years[run] - years[a]) / (years[b] - years[a])
        made[run] = made[a] + share * (made[b] - made[a])


def _fill_outside(
    years: Years, values: Floats, made: Floats, why: npt.NDArray[np.object_], rule: _Rule
) -> None:
    known = np.flatnonzero(~np.isnan(values))
    first, last, n = int(known[0]), int(known[-1]), len(values)
    rate: float | None = None
    for end, anchor, run in (("head", first, slice(0, first)), ("tail", last, slice(last + 1, n))):
        if run.start == run.stop:
            continue
        if rule.method != "growth" or rule.ends not in {"both", end}:
            why[run] = "outside the series"
            continue
        far = years[0] if end == "head" else years[-1]
        refused = _refused(abs(int(far - years[anchor])), run.stop - run.start, rule)
        rate = _mean_growth(years[known], values[known], rule.mean) if rate is None else rate
        if np.isnan(rate):
            refused = "fewer than two values" if len(known) < 2 else "values that are not positive"
        if refused:
            why[run] = refused
        else:
            made[run] = values[anchor] * (1 + rate) ** (years[run] - years[anchor]).astype(np.float64)


def _refused(missing: int, rows: int, rule: _Rule) -> str:
    """Say why a run of missing years is not filled: ``missing`` years of which ``rows`` have a row."""
    if missing > rows and not rule.across_missing_rows:
        return "a year has no row"
    if rule.max_gap is not None and missing > rule.max_gap:
        return "the gap is too long"
    return ""


def _mean_growth(years: Years, values: Floats, mean: Mean) -> float:
    """Give the mean growth rate of observed values; not-a-number where it has no meaning."""
    if len(values) < 2 or (values <= 0).any():
        return float("nan")
    steps = np.diff(years)
    if mean == "geometric":
        return float((values[-1] / values[0]) ** (1 / int(steps.sum())) - 1)
    # a rate over several years counts once, as that of each of its years
    return float(np.mean((values[1:] / values[:-1]) ** (1 / steps) - 1))


def _check_columns(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    if not columns:
        raise SettingError("no column is given", where="columns")
    for name in columns:
        if name in KEY:
            raise ColumnError("place and year are not filled", where="columns", got=name)
    if len(set(columns)) < len(columns):
        raise SettingError("a column is given twice", where="columns", got=", ".join(columns))
    require_numeric(frame, columns, where="panel")


def _bounds(places: pl.Series) -> list[tuple[int, int]]:
    lengths = places.rle().struct.field("len").to_list()
    stops = np.cumsum(lengths, dtype=np.int64).tolist()
    return [(stop - length, stop) for stop, length in zip(stops, lengths, strict=True)]


def _marks(frame: pl.DataFrame, name: str) -> pl.Series:
    column = f"{name}_filled"
    if column not in frame.columns:
        return pl.Series(column, [None] * frame.height, dtype=pl.String)
    if frame.schema[column] not in {pl.String, pl.Null}:
        raise ColumnError(
            f"the column {column!r} is not one of marks", where="panel", got=str(frame.schema[column])
        )
    return frame[column].cast(pl.String)


def _with_beside(frame: pl.DataFrame, name: str, values: pl.Series, marks: pl.Series) -> pl.DataFrame:
    column = f"{name}_filled"
    made = frame.with_columns(values.alias(name), marks.alias(column))
    if column in frame.columns:
        return made
    order = [one for old in frame.columns for one in ([old, column] if old == name else [old])]
    return made.select(order)


def _told(name: str, rule: _Rule, cells: pl.DataFrame, left: pl.DataFrame) -> str:
    reasons = left.group_by("reason").len().sort("reason").rows()
    stays = ", ".join(f"{n} {reason}" for reason, n in reasons)
    limit = "" if rule.max_gap is None else f", gaps of at most {rule.max_gap}"
    kind = f" ({rule.mean})" if rule.method == "growth" else ""
    return (
        f"fill {name} by {rule.method}{kind}{limit}: {cells.height} cells in "
        f"{cells['place'].n_unique()} places; {left.height} nulls stay{': ' + stays if stays else ''}"
    )


def _settings(rule: _Rule, columns: Sequence[str]) -> dict[str, object]:
    settings: dict[str, object] = {"columns": list(columns), "method": rule.method, "max_gap": rule.max_gap}
    settings["across_missing_rows"] = rule.across_missing_rows
    return settings | ({"mean": rule.mean, "ends": rule.ends} if rule.method == "growth" else {})


def _earlier(made_by: dict[str, object]) -> list[object]:
    found = made_by.get("filled")
    return list(found) if isinstance(found, list) else []
