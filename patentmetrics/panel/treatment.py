"""Treatment from a cohort column; the logarithm of counts."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.keys import require_numeric, shown


def add_treatment(panel: Panel, *, cohort: str = "cohort") -> Panel:
    """Make ``treated`` and ``event_time`` from the first year of treatment (处理变量与相对时间).

    Parameters
    ----------
    panel : Panel
        The panel.
    cohort : str
        Column with the first year of treatment, the same in every row of a place; null when the place is
        never treated. (Not 0 or 9999: say null.)

    Returns
    -------
    Panel
        ``treated`` is 1 from the cohort year on and 0 before and for the never treated; ``event_time`` is
        year − cohort, null for the never treated.

    Raises
    ------
    ColumnError
        The cohort column is missing.
    DataError
        A place has two cohorts; a cohort is not a year; the panel has another ``treated`` already.

    Examples
    --------
    >>> years = {"place": ["A", "A", "B"], "year": [2000, 2001, 2001]}
    >>> frame = pl.DataFrame(years | {"cohort": [2001, 2001, None]})
    >>> add_treatment(Panel(frame=frame)).frame.select("treated", "event_time").rows()
    [(0, -1), (1, 0), (0, None)]
    """
    year = checked_cohort(panel.frame, cohort)
    frame = panel.frame
    made = {
        "treated": (pl.col("year") >= year).fill_null(value=False).cast(pl.Int8),
        "event_time": (pl.col("year").cast(pl.Int32) - year).cast(pl.Int32),
    }
    for name, values in made.items():
        fresh = frame.select(values.alias(name)).to_series()
        if (
            name in frame.columns
            and not (frame[name].cast(pl.Int64) == fresh.cast(pl.Int64))
            .fill_null(frame[name].is_null() & fresh.is_null())
            .all()
        ):
            raise DataError(
                f"the panel already has the column {name!r}, and it contradicts {cohort!r}",
                where="panel",
                hint="drop or rename one of the two",
            )
    frame = frame.with_columns(**made)
    ever = frame.filter(pl.col(cohort).is_not_null())["place"].n_unique()
    line = (
        f"treatment from {cohort}: {ever} places ever treated, {frame['place'].n_unique() - ever} never, "
        f"{int(frame['treated'].sum())} treated place-years"
    )
    return replace(panel, frame=frame, log=(*panel.log, line))


def checked_cohort(frame: pl.DataFrame, cohort: str) -> pl.Expr:
    """Give the cohort as an Int32 expression, after checking that each place has one.

    Raises
    ------
    ColumnError
        The column is missing.
    DataError
        A place has two cohorts; a cohort is not a year.
    """
    require_columns(frame, ["place", "year", cohort], where="panel")
    require_numeric(frame, [cohort], where="panel")
    values = pl.col(cohort).fill_nan(None) if frame.schema[cohort].is_float() else pl.col(cohort)
    frame = frame.with_columns(values.alias(cohort))
    outside = frame.filter((pl.col(cohort) < 1000) | (pl.col(cohort) > 3000) | (pl.col(cohort) % 1 != 0))
    if outside.height:
        raise DataError(
            "a cohort is not a year",
            where=f"panel: {cohort}",
            got=f"{outside[cohort][0]} ({shown(outside, first=1)})",
            hint="leave the cohort of a place that is never treated empty (null), not 0",
        )
    several = frame.group_by("place").agg(pl.col(cohort).unique()).filter(pl.col(cohort).list.len() > 1)
    if several.height:
        raise DataError(
            f"{several.height} places have more than one cohort",
            where=f"panel: {cohort}",
            got=", ".join(several["place"].sort().head(5)),
            hint="the cohort is the first year of treatment, the same in every row of a place",
        )
    return values.cast(pl.Int32)
