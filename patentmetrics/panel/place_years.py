"""Any rows with a place and a year to place × year, in memory or in a stream (汇总到地区—年份).

Rows in = rows used + rows left out. Sums do not depend on the order of the rows, nor on how they are cut into
blocks: see `patentmetrics.panel.exact_sums`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.types import require_columns
from patentmetrics.panel.keys import KEY, keyed, require_numeric, typed_keys
from patentmetrics.panel.measures import Measure, check_measures
from patentmetrics.panel.place_year_sums import (
    Rows,
    added_up,
    cut_offs,
    grouped_sums,
    planned_sums,
    require_unique_key,
    scanned,
)


@dataclass(frozen=True, kw_only=True)
class PlaceYears:
    """Variables by place and year (地区—年份变量), and what went into them.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a (place, year) that has any patent or document; sorted.
    log : tuple of str
        What was done, with counts.
    counts : dict
        Rows in, rows used, and rows left out by reason.
    """

    frame: pl.DataFrame
    log: tuple[str, ...]
    counts: dict[str, int]


def aggregate(
    rows: Rows,
    *,
    measures: Sequence[Measure],
    key: str | None = None,
    by: str | None = None,
    weight: str | None = None,
    beside: pl.DataFrame | None = None,
    unit: str = "rows",
) -> PlaceYears:
    """Make any number of measures by place and year in one call (汇总到地区—年份).

    Parameters
    ----------
    rows : polars.DataFrame, polars.LazyFrame, Path or str
        One row a patent, document or edge, with ``place``, ``year`` and the columns of the measures. A
        LazyFrame or the path of a Parquet file is read in a stream, in the memory of its groups.
    measures : sequence of Measure
        The columns of the result, in order.
    key : str, optional
        A column that must be unique among the rows: a patent must not count twice.
    by : str, optional
        A column of categories, such as ``kind``: each measure is made for all rows, and again for each
        category, as ``{measure}_{category}``. A place-year without a row of a category has a count of 0
        there, and null for what is made of values. Rows without a category count in the whole only.
    weight : str, optional
        A column of shares, for patents that are split over places: see `with_places`.
    beside : polars.DataFrame, optional
        ``place, year`` and columns that ratios divide by, such as the population.
    unit : str
        What a row is, for the counts and the log.

    Returns
    -------
    PlaceYears
        ``place, year`` and the measures. Where no row of a place and year has a value, what is made of
        values is null: unknown is not none. A ratio is null where its parts are, or the divisor is not
        positive. Counts are whole numbers, and floats with a weight. NaN is unknown. Rows without a place
        or year are left out and counted. A place-year without a row is absent here, and is made a zero, in
        covered years, by `patentmetrics.panel.merge.merge_panel`.

    Raises
    ------
    SettingError, ColumnError
        A measure cannot be made: see `check_measures`; the rows lack place, year or another column.
    DataError
        The key is doubled; a weight is unknown or negative; a value is infinite; ``beside`` has a place-year
        twice.
    InputError
        The file is missing or not Parquet.

    Examples
    --------
    >>> patents = pl.DataFrame(
    ...     {"place": ["X", "X", "Y"], "year": [2000] * 3, "score": [0.5, 1.5, None], "kind": ["a", "b", "a"]}
    ... )
    >>> people = pl.DataFrame({"place": ["X"], "year": [2000], "population": [4.0]})
    >>> made = aggregate(
    ...     patents,
    ...     measures=[
    ...         Measure(name="patents", how="count"),
    ...         Measure(name="mean_score", how="mean", of="score"),
    ...         Measure(name="top_score", how="top_share", of="score", cut=0.9),
    ...         Measure(name="per_head", how="ratio", of="patents", to="population"),
    ...     ],
    ...     beside=people,
    ... )
    >>> made.frame.rows()
    [('X', 2000, 2, 1.0, 0.5, 0.5), ('Y', 2000, 1, None, None, None)]
    """
    lazy = scanned(rows)
    schema = lazy.collect_schema()
    empty = pl.DataFrame(schema=schema)
    typed_keys(empty, where=unit)
    others = [] if beside is None else [name for name in beside.columns if name not in KEY]
    check_measures(measures, columns=list(schema), beside=others)
    used = [one.of for one in measures if one.of is not None and one.how != "ratio"]
    require_numeric(empty, used, where=unit)
    require_columns(empty, [name for name in (key, by, weight) if name is not None], where=unit)
    if weight is not None:
        require_numeric(empty, [weight], where=unit)
    if beside is not None:
        beside = keyed(beside, where="beside")
        require_numeric(beside, others, where="beside")

    if key is not None and weight is None:
        require_unique_key(lazy, key, where=unit)
    cuts = cut_offs(lazy, measures, schema, key=key if weight is not None else None)
    plan = planned_sums(measures, schema, cuts, weight)
    groups = grouped_sums(lazy, plan, schema, by=by, weight=weight, unit=unit)
    groups = typed_keys(groups, where=unit)

    counts = _row_counts(groups, unit)
    located = groups.filter(pl.col("place").is_not_null() & pl.col("year").is_not_null())
    frame = _finished(added_up(located, KEY), measures, weight, beside)
    for name in dict.fromkeys(used):
        known = int(located[f"known|{name}"].sum())
        counts[f"{unit}_without_{name}"] = counts[f"{unit}_used"] - known
        broken = int(located[f"nan|{name}"].sum()) if f"nan|{name}" in located.columns else 0
        if broken:
            counts[f"{unit}_not_a_number_{name}"] = broken
    if by is not None:
        frame = _with_categories(frame, located, measures, by=by, weight=weight, beside=beside)
        counts[f"{unit}_without_{by}"] = int(located.filter(pl.col("|by").is_null())["|rows"].sum())
    for one in measures:
        if one.how == "ratio":
            counts[f"place_years_without_{one.name}"] = frame[one.name].null_count()
    log = (told(unit, counts, frame), *_cut_lines(measures, cuts, located))
    return PlaceYears(frame=frame, log=log, counts=counts)


def told(what: str, counts: Mapping[str, int], frame: pl.DataFrame) -> str:
    """Write the line of the log: what, how many place-years, and the counts.

    Examples
    --------
    >>> told("patents", {"patents": 3, "patents_used": 3}, pl.DataFrame({"place": ["A"]}))
    'patents to place × year: 1 place-years; 3 patents, 3 patents used'
    """
    listed = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return f"{what} to place × year: {frame.height} place-years; {listed}"


def _row_counts(groups: pl.DataFrame, unit: str) -> dict[str, int]:
    place, year = pl.col("place").is_not_null(), pl.col("year").is_not_null()
    n = groups.select(
        pl.col("|rows").sum().alias("all"),
        pl.col("|rows").filter(place & year).sum().alias("used"),
        pl.col("|rows").filter(~place).sum().alias("no_place"),
        pl.col("|rows").filter(place & ~year).sum().alias("no_year"),
    ).row(0, named=True)
    return {
        unit: int(n["all"]),
        f"{unit}_used": int(n["used"]),
        f"{unit}_without_place": int(n["no_place"]),
        f"{unit}_without_year": int(n["no_year"]),
    }


def _finished(
    sums: pl.DataFrame,
    measures: Sequence[Measure],
    weight: str | None,
    beside: pl.DataFrame | None,
) -> pl.DataFrame:
    frame = sums
    if beside is not None:
        frame = frame.join(beside, on=KEY, how="left", maintain_order="left")
    for one in measures:
        frame = frame.with_columns(_made(one, weighted=weight is not None).alias(one.name))
    keys = [name for name in [*KEY, "|by"] if name in frame.columns]
    return frame.select(*keys, *(one.name for one in measures))


def _made(one: Measure, *, weighted: bool) -> pl.Expr:
    if one.how == "ratio":
        below = pl.col(str(one.to))
        return pl.when(below > 0).then(pl.col(str(one.of)) / below * one.scale)
    if one.how == "count":
        return pl.col("|weight") if weighted else pl.col("|rows")
    known = pl.col(f"known|{one.of}")
    share = pl.col(f"known weight|{one.of}") if weighted else known
    if one.how == "known":
        return share
    if one.how in {"sum", "mean"}:
        enough = (known > 0) if one.unknown == "skip" else (known == pl.col("|rows"))
        value = pl.col(f"sum|{one.of}")
        return pl.when(enough & (share > 0) if one.how == "mean" else enough).then(
            value / share if one.how == "mean" else value
        )
    flag = pl.col(f"flag weight|{one.name}" if weighted else f"flag|{one.name}")
    if one.how == "top_share":
        return pl.when((known > 0) & (share > 0)).then(flag / share)
    return pl.when(known > 0).then(flag)


def _with_categories(
    frame: pl.DataFrame,
    located: pl.DataFrame,
    measures: Sequence[Measure],
    *,
    by: str,
    weight: str | None,
    beside: pl.DataFrame | None,
) -> pl.DataFrame:
    sums = added_up(located.filter(pl.col("|by").is_not_null()), [*KEY, "|by"])
    parts = [name for name in sums.columns if name not in {*KEY, "|by"}]
    for category in sums["|by"].unique().sort():
        names = {one.name: f"{one.name}_{category}" for one in measures}
        doubled = [name for name in names.values() if name in frame.columns]
        if doubled:
            raise ColumnError(
                "a column of the result would be there twice",
                where=f"{by}: {category}",
                got=doubled[0],
                hint="rename the measure or the category",
            )
        # a place-year without a row of the category has a count of zero, and no known value
        mine = frame.select(KEY).join(
            sums.filter(pl.col("|by") == category).drop("|by"), on=KEY, how="left", maintain_order="left"
        )
        made = _finished(mine.with_columns(pl.col(parts).fill_null(0)), measures, weight, beside)
        frame = frame.hstack(made.drop(KEY).rename(names))
    return frame


def _cut_lines(
    measures: Sequence[Measure], cuts: Mapping[str, Mapping[object, float]], located: pl.DataFrame
) -> list[str]:
    """Say which cut-offs were taken, and the share that they keep with ties."""
    lines = []
    for one in measures:
        if one.name not in cuts:
            continue
        kept, known = int(located[f"flag|{one.name}"].sum()), int(located[f"known|{one.of}"].sum())
        values = list(cuts[one.name].values())
        at = f"{min(values):.6g} to {max(values):.6g}" if values else "none"
        share = f"{kept / known:.4%}" if known else "none"
        lines.append(
            f"{one.name}: quantile {one.cut} of {one.of} within {one.within}, cut-off {at}; at or above it "
            f"{kept} of {known} ({share})"
        )
    return lines
