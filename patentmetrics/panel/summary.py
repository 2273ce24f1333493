"""Descriptive statistics of a panel (描述性统计): whole, by group, by year; means and their growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.keys import KEY, require_numeric

STATISTICS: dict[str, pl.DataType | type[pl.DataType]] = {
    "variable": pl.String,
    "group": pl.String,
    "n": pl.Int64,
    "nulls": pl.Int64,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "min": pl.Float64,
    "p25": pl.Float64,
    "median": pl.Float64,
    "p75": pl.Float64,
    "max": pl.Float64,
}
MEANS: dict[str, pl.DataType | type[pl.DataType]] = {
    "variable": pl.String,
    "group": pl.String,
    "year": pl.Int32,
    "n": pl.Int64,
    "mean": pl.Float64,
    "growth": pl.Float64,
}
GROWTH: dict[str, pl.DataType | type[pl.DataType]] = {
    "variable": pl.String,
    "group": pl.String,
    "first_year": pl.Int32,
    "last_year": pl.Int32,
    "first_mean": pl.Float64,
    "last_mean": pl.Float64,
    "mean_growth": pl.Float64,
}


def describe_panel(panel: Panel, columns: Sequence[str], *, by: str | None = None) -> pl.DataFrame:
    """Describe columns as the papers' first table does (描述性统计).

    Parameters
    ----------
    panel : Panel
        The panel.
    columns : sequence of str
        Columns of numbers; not-a-number counts as null.
    by : str, optional
        A column of groups (``region``, ``year``, ``treated``): one row more for each. Rows whose group is
        null are in the whole only.

    Returns
    -------
    polars.DataFrame
        ``variable, group`` (null: the whole), ``n`` (values), ``nulls, mean, sd`` (n − 1 below), ``min, p25,
        median, p75, max`` (linear interpolation between order statistics). With no value all are null, with
        one the sd.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B", "C"], "year": [2000] * 3, "gdp": [1.0, 3.0, None]})
    >>> describe_panel(Panel(frame=frame), ["gdp"]).row(0)
    ('gdp', None, 2, 1, 2.0, 1.4142135623730951, 1.0, 1.5, 2.0, 2.5, 3.0)
    """
    frame = _checked(panel, columns, by)
    rows: list[tuple[object, ...]] = []
    for name in columns:
        values = _floats(frame[name])
        rows.append((name, None, *_described(values)))
        if by is not None:
            groups = frame[by]
            rows += [
                (name, str(group), *_described(values[_is(groups, group)]))
                for group in groups.drop_nulls().unique().sort()
            ]
    return pl.DataFrame(rows, schema=STATISTICS, orient="row")


def means_by_year(panel: Panel, columns: Sequence[str], *, by: str | None = None) -> pl.DataFrame:
    """Average columns by year, whole and by group, and give the growth of the mean (分地区均值及其增速).

    Parameters
    ----------
    panel, columns, by
        As for `describe_panel`.

    Returns
    -------
    polars.DataFrame
        ``variable, group`` (null: the whole), ``year, n`` (places with a value), ``mean``, ``growth``: mean
        over that of the year before, less 1. A year without a value has a null mean; growth is null where the
        year before has none, or a mean that is not positive. Where n changes, so does who is averaged:
        balance the panel first for growth of the same places.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Examples
    --------
    >>> years = {"place": ["A", "B"] * 2, "year": [2000, 2000, 2001, 2001]}
    >>> frame = pl.DataFrame(years | {"gdp": [1.0, 3.0, 2.0, 4.0]})
    >>> means_by_year(Panel(frame=frame), ["gdp"]).rows()
    [('gdp', None, 2000, 2, 2.0, None), ('gdp', None, 2001, 2, 3.0, 0.5)]
    """
    frame = _checked(panel, columns, by)
    years = frame["year"].unique().sort().to_list()
    at = {year: (frame["year"] == year).to_numpy() for year in years}
    rows: list[tuple[object, ...]] = []
    for name in columns:
        values = _floats(frame[name])
        groups: list[tuple[str | None, npt.NDArray[np.bool_]]] = [(None, np.ones(len(values), dtype=bool))]
        if by is not None:
            groups += [(str(g), _is(frame[by], g)) for g in frame[by].drop_nulls().unique().sort()]
        for group, inside in groups:
            means: dict[int, float] = {}
            for year in years:
                some = values[inside & at[year]]
                some = some[~np.isnan(some)]
                mean = float(some.mean()) if len(some) else None
                before = means.get(year - 1)
                growth = mean / before - 1 if mean is not None and before is not None and before > 0 else None
                if mean is not None:
                    means[year] = mean
                rows.append((name, group, year, len(some), mean, growth))
    return pl.DataFrame(rows, schema=MEANS, orient="row")


def mean_growth(means: pl.DataFrame, *, over: Literal["intervals", "years"] = "intervals") -> pl.DataFrame:
    """Give the mean yearly growth from the first mean to the last (年均增速), of each variable and group.

    Parameters
    ----------
    means : polars.DataFrame
        From `means_by_year`.
    over : {"intervals", "years"}
        (last / first)^(1 / k) − 1, with k the years between first and last; or, as some papers print it,
        k the number of years from first to last, both counted (2010 to 2022: 13 instead of 12).

    Returns
    -------
    polars.DataFrame
        ``variable, group, first_year, last_year, first_mean, last_mean, mean_growth``; the growth is null
        where there is one year only, or a mean is not positive.

    Raises
    ------
    ColumnError, SettingError
        A column is missing; an option has a value it cannot have.

    Examples
    --------
    >>> means = pl.DataFrame(
    ...     {"variable": ["x"] * 2, "group": [None] * 2, "year": [2010, 2012], "mean": [1.0, 1.21]}
    ... )
    >>> mean_growth(means)["mean_growth"].round(12).to_list()
    [0.1]
    """
    check_choice(over, ["intervals", "years"], argument="over")
    require_columns(means, ["variable", "group", "year", "mean"], where="means")
    known = means.drop_nulls("mean").sort("year", maintain_order=True)
    rows = []
    for variable, group in means.select("variable", "group").unique(maintain_order=True).rows():
        own = known.filter(pl.col("variable") == variable, pl.col("group").eq_missing(pl.lit(group)))
        if own.is_empty():
            rows.append((variable, group, None, None, None, None, None))
            continue
        years, values = own["year"].to_list(), own["mean"].to_list()
        k = years[-1] - years[0] + (1 if over == "years" else 0)
        usable = len(years) > 1 and values[0] > 0 and values[-1] > 0
        growth = (values[-1] / values[0]) ** (1 / k) - 1 if usable else None
        rows.append((variable, group, years[0], years[-1], values[0], values[-1], growth))
    return pl.DataFrame(rows, schema=GROWTH, orient="row")


def _checked(panel: Panel, columns: Sequence[str], by: str | None) -> pl.DataFrame:
    if not columns:
        raise SettingError("no column is given", where="columns")
    require_numeric(panel.frame, columns, where="panel")
    if by is not None:
        require_columns(panel.frame, [by], where="panel")
    if panel.frame.is_empty():
        raise DataError("the panel has no row", where="panel")
    # sums run in the order of the key: the order of the rows changes no digit
    return panel.frame.sort(KEY)


def _floats(values: pl.Series) -> npt.NDArray[np.float64]:
    return values.cast(pl.Float64).to_numpy()


def _is(groups: pl.Series, group: object) -> npt.NDArray[np.bool_]:
    return (groups == group).fill_null(value=False).to_numpy()


def _described(values: npt.NDArray[np.float64]) -> tuple[int | float | None, ...]:
    some = values[~np.isnan(values)]
    if not len(some):
        return (0, len(values), *[None] * 7)
    sd = float(some.std(ddof=1)) if len(some) > 1 else None
    low, quarter, middle, upper, high = (float(one) for one in np.quantile(some, [0, 0.25, 0.5, 0.75, 1]))
    return (len(some), len(values) - len(some), float(some.mean()), sd, low, quarter, middle, upper, high)
