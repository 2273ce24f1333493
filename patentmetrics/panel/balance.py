"""Say whether a panel is balanced, and what is missing where; make it balanced, or give it its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.keys import KEY, keyed, shown

DROPPED: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "year": pl.Int32,
    "reason": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The shape of a panel (面板平衡性检查).

    Parameters
    ----------
    places : int
        Number of places.
    years : tuple of int
        The years that occur, sorted.
    years_absent : tuple of int
        Years between the first and the last in which no place has a row.
    cells, expected : int
        Rows, and places × years that occur.
    balanced : bool
        Every place has a row in every year that occurs.
    missing : polars.DataFrame
        ``place, year`` of the rows that are not there, sorted.
    places_with_gaps : int
        Places that lack a year between their own first and last.
    nulls : dict
        Nulls by column, columns without nulls left out.
    """

    places: int
    years: tuple[int, ...]
    years_absent: tuple[int, ...]
    cells: int
    expected: int
    balanced: bool
    missing: pl.DataFrame
    places_with_gaps: int
    nulls: dict[str, int]


def balance(panel: Panel) -> Balance:
    """Describe the shape of a panel: balanced or not, what is missing, nulls by column.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "A", "B"], "year": [2000, 2001, 2001], "gdp": [1.0, None, 2.0]})
    >>> shape = balance(Panel(frame=frame))
    >>> shape.balanced, shape.missing.rows(), shape.nulls
    (False, [('B', 2000)], {'gdp': 1})
    """
    frame = panel.frame
    years = frame["year"].unique().sort()
    places = frame["place"].unique().sort()
    grid = places.to_frame().join(years.to_frame(), how="cross")
    missing = grid.join(frame.select(KEY), on=KEY, how="anti").sort(KEY)
    span = frame.group_by("place").agg(
        pl.col("year").min().alias("first"), pl.col("year").max().alias("last")
    )
    inside = missing.join(span, on="place").filter(pl.col("year").is_between("first", "last"))
    listed = tuple(int(year) for year in years)
    absent = set(range(listed[0], listed[-1] + 1)).difference(listed) if listed else set()
    return Balance(
        places=places.len(),
        years=listed,
        years_absent=tuple(sorted(absent)),
        cells=frame.height,
        expected=grid.height,
        balanced=missing.is_empty(),
        missing=missing,
        places_with_gaps=inside["place"].n_unique(),
        nulls={name: count for name in frame.columns if (count := frame[name].null_count())},
    )


@dataclass(frozen=True, kw_only=True)
class Balanced:
    """A panel made balanced (平衡面板), and the rows that this took.

    Parameters
    ----------
    panel : Panel
        Every place has a row in every year.
    dropped : polars.DataFrame
        ``place, year, reason`` of each row that was left out; rows in = rows out + these.
    """

    panel: Panel
    dropped: pl.DataFrame


def balance_panel(
    panel: Panel,
    *,
    how: Literal["drop_places", "common_years"],
    years: tuple[int, int] | None = None,
    columns: Sequence[str] = (),
) -> Balanced:
    """Make a panel balanced by leaving out places, or years (平衡面板处理); nothing is filled.

    Parameters
    ----------
    panel : Panel
        The panel.
    how : {"drop_places", "common_years"}
        Leave out the places that lack any of the years; or keep the years that all places have.
    years : tuple of int, optional
        First and last year, both kept; rows outside are left out first. With ``drop_places`` each year
        from the one to the other is asked of a place, also one that no place has.
    columns : sequence of str
        A place-year in which one of these is null counts as lacking.

    Returns
    -------
    Balanced
        The log says how many places, years and rows were left out, and names them.

    Raises
    ------
    ColumnError, SettingError
        A column is missing; an option has a value it cannot have.
    DataError
        Nothing would be left.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "A", "B"], "year": [2000, 2001, 2001]})
    >>> made = balance_panel(Panel(frame=frame), how="drop_places")
    >>> made.panel.frame.rows(), made.dropped.rows()
    ([('A', 2000), ('A', 2001)], [('B', 2001, 'the place lacks a year')])
    >>> balance_panel(Panel(frame=frame), how="common_years").panel.frame.rows()
    [('A', 2001), ('B', 2001)]
    """
    check_choice(how, ["drop_places", "common_years"], argument="how")
    frame = keyed(panel.frame, where="panel")
    require_columns(frame, list(columns), where="panel")
    dropped: list[pl.DataFrame] = []

    def leave_out(gone: pl.DataFrame, reason: str) -> None:
        dropped.append(gone.select(*KEY, pl.lit(reason).alias("reason")))

    if years is not None:
        if years[0] > years[1]:
            raise SettingError("the years are out of order", where="years", got=f"{years[0]}, {years[1]}")
        inside = pl.col("year").is_between(*years)
        leave_out(frame.filter(~inside), "outside the years")
        frame = frame.filter(inside)
    lacking = pl.any_horizontal(pl.lit(value=False), *(_null(frame, name) for name in columns))
    whole = frame.filter(~lacking)
    asked = _asked(whole, frame, years)
    if how == "drop_places":
        unasked = ~pl.col("year").is_in(asked)
        leave_out(frame.filter(unasked), "no place has the columns in the year")
        frame = frame.filter(~unasked)
        counted = whole.group_by("place").agg(pl.col("year").is_in(asked).sum().alias("n"))
        places = counted.filter(pl.col("n") == len(asked))["place"]
        kept = pl.col("place").is_in(places.to_list())
        reason = "the place lacks a year"
    else:
        places = frame["place"].unique()
        by_year = whole.group_by("year").agg(pl.col("place").n_unique().alias("n"))
        common = by_year.filter(pl.col("n") == places.len())["year"]
        kept = pl.col("year").is_in(common.to_list())
        reason = "a place lacks the year"
    leave_out(frame.filter(~kept), reason)
    made = frame.filter(kept)
    if made.is_empty():
        raise DataError(
            "no place has all the years" if how == "drop_places" else "no year is had by all places",
            where="balance_panel",
            hint="fewer years, the other way of balancing, or filling first",
        )
    gone = pl.concat([pl.DataFrame(schema=DROPPED), *dropped]).sort(KEY)
    log = (*panel.log, _told(how, frame, made, gone))
    return Balanced(panel=replace(panel, frame=made, log=log), dropped=gone)


def add_missing_rows(
    panel: Panel, *, span: Literal["place", "panel"] = "place", constant: Sequence[str] = ()
) -> Panel:
    """Give places the rows that they lack, empty (补齐缺失行), so that gaps can be seen and filled.

    Parameters
    ----------
    panel : Panel
        The panel.
    span : {"place", "panel"}
        From each place's own first year to its last; or from the panel's first to its last.
    constant : sequence of str
        Columns that are the same in all rows of a place (province, cohort): new rows have them, too.

    Returns
    -------
    Panel
        Sorted by place and year. New rows are null but for key and ``constant``, and true in ``row_added``;
        the log counts them and names the first.

    Raises
    ------
    ColumnError
        A column is missing, or the panel has another ``row_added``.
    DataError
        A constant column has two values in one place.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "A"], "year": [2000, 2002], "gdp": [1.0, 3.0]})
    >>> add_missing_rows(Panel(frame=frame)).frame.rows()
    [('A', 2000, 1.0, False), ('A', 2001, None, True), ('A', 2002, 3.0, False)]
    """
    check_choice(span, ["place", "panel"], argument="span")
    frame = keyed(panel.frame, where="panel")
    require_columns(frame, list(constant), where="panel")
    if "row_added" in frame.columns and frame.schema["row_added"] != pl.Boolean:
        raise ColumnError("the panel already has the column 'row_added'", where="panel")
    first, last = pl.col("year").min(), pl.col("year").max()
    ends = frame.group_by("place").agg(first.alias("first"), last.alias("last")).sort("place")
    if span == "panel":
        ends = ends.with_columns(pl.col("first").min(), pl.col("last").max())
    grid = ends.select(
        "place", pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int32).alias("year")
    ).explode("year")
    new = grid.join(frame.select(KEY), on=KEY, how="anti")
    for name in constant:
        values = frame.group_by("place").agg(pl.col(name).unique(maintain_order=True))
        several = values.filter(pl.col(name).list.len() > 1).sort("place")
        if several.height:
            raise DataError(
                f"the column {name!r} is not constant in {several.height} places",
                where="panel",
                got=", ".join(several["place"].head(5)),
            )
        new = new.join(values.with_columns(pl.col(name).list.first()), on="place", how="left")
    mark = pl.lit(value=False) if "row_added" not in frame.columns else pl.col("row_added")
    both = [
        frame.with_columns(mark.alias("row_added")),
        new.with_columns(pl.lit(value=True).alias("row_added")),
    ]
    made = pl.concat(both, how="diagonal").sort(KEY)
    names = f" ({shown(new.sort(KEY))})" if new.height else ""
    line = f"missing rows added within each {'place' if span == 'place' else 'panel'}: {new.height}{names}"
    return replace(panel, frame=made, log=(*panel.log, line))


def _null(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).is_null() | (
        pl.col(name).is_nan().fill_null(value=False) if frame.schema[name].is_float() else pl.lit(value=False)
    )


def _asked(whole: pl.DataFrame, frame: pl.DataFrame, years: tuple[int, int] | None) -> list[int]:
    if years is not None:
        return list(range(years[0], years[1] + 1))
    # a year in which no place has all columns is none of the panel's
    found = whole["year"].unique().sort().to_list()
    return found or frame["year"].unique().sort().to_list()


def _told(how: str, before: pl.DataFrame, made: pl.DataFrame, gone: pl.DataFrame) -> str:
    places = before.join(made, on="place", how="anti")["place"].unique().sort().to_list()
    years = before.join(made, on="year", how="anti")["year"].unique().sort().to_list()
    named = f" ({', '.join(places)})" if places else ""
    dropped_years = f" ({', '.join(map(str, years))})" if years else ""
    return (
        f"balanced by {'leaving out places' if how == 'drop_places' else 'keeping common years'}: "
        f"{made['place'].n_unique()} places × {made['year'].n_unique()} years = {made.height} rows; left out "
        f"{len(places)} places{named}, {len(years)} years{dropped_years}, {gone.height} rows in all"
    )
