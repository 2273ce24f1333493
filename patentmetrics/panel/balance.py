"""Say whether a panel is balanced, and what is missing where."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import KEY


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
