"""The sums behind measures by place and year: planned, then taken in a stream over the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, InputError
from patentmetrics.core.files import existing_file
from patentmetrics.panel.exact_sums import extent, total, with_pieces
from patentmetrics.panel.keys import KEY
from patentmetrics.panel.measures import Measure

Rows = pl.DataFrame | pl.LazyFrame | Path | str


@dataclass(frozen=True, kw_only=True)
class SumsPlan:
    """The sums that the measures need, by name; floats with the extent they share; cut-offs by year."""

    whole: dict[str, pl.Expr] = field(default_factory=dict)
    floats: dict[str, tuple[pl.Expr, str]] = field(default_factory=dict)
    cuts_by_year: dict[str, pl.DataFrame] = field(default_factory=dict)


def scanned(rows: Rows) -> pl.LazyFrame:
    """Give rows as a LazyFrame; a path is that of a Parquet file.

    Raises
    ------
    InputError
        The file is missing, empty or not Parquet.

    Examples
    --------
    >>> scanned(pl.DataFrame({"place": ["X"]})).collect_schema().names()
    ['place']
    """
    if isinstance(rows, pl.DataFrame):
        return rows.lazy()
    if isinstance(rows, pl.LazyFrame):
        return rows
    path = existing_file(rows)
    try:
        lazy = pl.scan_parquet(path)
        lazy.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            "the file is not readable Parquet: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
        ) from error
    return lazy


def require_unique_key(lazy: pl.LazyFrame, key: str, *, where: str) -> None:
    """Raise `DataError` if a key is null or occurs twice, in the memory of eight bytes a row.

    Examples
    --------
    >>> require_unique_key(pl.LazyFrame({"patent_id": ["a", "b"]}), "patent_id", where="patents")
    """
    # the hashes are small enough to sort; only where two are the same are the keys themselves compared
    hashes = lazy.select(pl.col(key).hash().alias("h"), pl.col(key).is_null().alias("n"))
    got = hashes.collect(engine="streaming")
    missing = int(got["n"].sum())
    if missing:
        raise DataError(f"{missing} rows have no {key}", where=where)
    sorted_hashes = np.sort(got["h"].to_numpy())
    same = np.unique(sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]])
    if not same.size:
        return
    suspects = lazy.select(key).filter(pl.col(key).hash().is_in(pl.Series(same).implode()))
    doubled = suspects.group_by(key).len().filter(pl.col("len") > 1).sort(key).collect(engine="streaming")
    if doubled.height:
        raise DataError(
            f"{doubled.height} keys ({key}) occur more than once",
            where=where,
            got="; ".join(str(one) for one in doubled[key].head(5)),
        )


def _value(name: str, schema: pl.Schema) -> pl.Expr:
    kind = schema[name]
    if kind.is_integer() or kind in {pl.Boolean, pl.Null}:
        return pl.col(name).cast(pl.Int64)
    return pl.col(name).cast(pl.Float64).fill_nan(None)


def _is_whole(name: str, schema: pl.Schema) -> bool:
    return schema[name].is_integer() or schema[name] in {pl.Boolean, pl.Null}


def cut_offs(
    lazy: pl.LazyFrame, measures: Sequence[Measure], schema: pl.Schema, *, key: str | None
) -> dict[str, dict[object, float]]:
    """Give for each measure of the top its cut-off by year; under None where it is one for the sample.

    Examples
    --------
    >>> rows = pl.LazyFrame({"place": ["X"] * 4, "year": [2000] * 4, "x": [1.0, 2.0, 3.0, 4.0]})
    >>> top = Measure(name="top", how="top_count", of="x", cut=0.5)
    >>> cut_offs(rows, [top], rows.collect_schema(), key=None)
    {'top': {None: 3.0}}
    """
    found: dict[str, dict[object, float]] = {}
    located = lazy.filter(pl.col("place").is_not_null() & pl.col("year").is_not_null())
    for one in measures:
        if one.how not in {"top_count", "top_share"}:
            continue
        value = _value(str(one.of), schema).cast(pl.Float64).alias("_value")
        year = pl.col("year") if one.within == "year" else pl.lit(None, dtype=pl.Int32).alias("year")
        # a patent that is split over places is one value among all
        each = located.select(year, value) if key is None else located.select(year, value, key).unique()
        values = each.drop_nulls("_value").collect(engine="streaming")
        # of n different values, the n·(1 − cut) largest, and at least one, lie at or above it
        first = (pl.len() * (one.cut or 0) - 1e-9).ceil().cast(pl.Int64)
        cut = pl.col("_value").sort().get(pl.min_horizontal(first, pl.len().cast(pl.Int64) - 1))
        found[one.name] = dict(values.group_by("year").agg(cut).sort("year").rows())
    return found


def planned_sums(
    measures: Sequence[Measure],
    schema: pl.Schema,
    cuts: Mapping[str, Mapping[object, float]],
    weight: str | None,
) -> SumsPlan:
    """Give the sums that the measures need; two measures of one column share them.

    Examples
    --------
    >>> plan = planned_sums([Measure(name="m", how="mean", of="x")], pl.Schema({"x": pl.Float64}), {}, None)
    >>> list(plan.whole), list(plan.floats)
    (['known|x', 'nan|x'], ['sum|x'])
    """
    plan = SumsPlan()
    share = pl.col(weight).cast(pl.Float64) if weight is not None else None
    if share is not None:
        plan.floats["|weight"] = (share, "|weight")
    for one in measures:
        if one.how in {"count", "ratio"} or one.of is None:
            continue
        value = _value(one.of, schema)
        known = value.is_not_null()
        plan.whole[f"known|{one.of}"] = known.cast(pl.Int64)
        if not _is_whole(one.of, schema):
            plan.whole[f"nan|{one.of}"] = pl.col(one.of).cast(pl.Float64).is_nan().cast(pl.Int64)
        if share is not None:
            plan.floats[f"known weight|{one.of}"] = (share * known.cast(pl.Float64), "|weight")
        if one.how in {"sum", "mean"}:
            _plan_sum(plan, f"sum|{one.of}", value, share, whole=_is_whole(one.of, schema))
        elif one.how != "known":
            flag = (value.cast(pl.Float64) >= _plan_cut(plan, one, cuts)).fill_null(value=False)
            plan.whole[f"flag|{one.name}"] = flag.cast(pl.Int64)
            if share is not None:
                plan.floats[f"flag weight|{one.name}"] = (share * flag.cast(pl.Float64), "|weight")
    return plan


def _plan_sum(plan: SumsPlan, name: str, value: pl.Expr, share: pl.Expr | None, *, whole: bool) -> None:
    if share is not None:
        plan.floats[name] = (share * value.cast(pl.Float64), name)
    elif whole:
        plan.whole[name] = value
    else:
        plan.floats[name] = (value, name)


def _plan_cut(plan: SumsPlan, one: Measure, cuts: Mapping[str, Mapping[object, float]]) -> pl.Expr:
    if one.how == "above":
        return pl.lit(one.cut, dtype=pl.Float64)
    known = cuts[one.name]
    if one.within == "sample" or not known:
        return pl.lit(known.get(None), dtype=pl.Float64)
    name = f"cut|{one.name}"
    plan.cuts_by_year[name] = pl.DataFrame({"year": list(known), name: list(known.values())})
    return pl.col(name)


def grouped_sums(
    lazy: pl.LazyFrame, plan: SumsPlan, schema: pl.Schema, *, by: str | None, weight: str | None, unit: str
) -> pl.DataFrame:
    """Sum up by place, year and category in one pass, after one that finds how large the floats are.

    Raises
    ------
    DataError
        A weight is unknown or negative, or a value infinite.

    Examples
    --------
    >>> rows = pl.LazyFrame({"place": ["X", "X"], "year": [2000, 2000]})
    >>> grouped_sums(rows, SumsPlan(), rows.collect_schema(), by=None, weight=None, unit="rows").rows()
    [('X', 2000, 2)]
    """
    for cuts in plan.cuts_by_year.values():
        lazy = lazy.join(cuts.lazy().cast({"year": schema["year"]}), on="year", how="left")
    families = {family: expr for expr, family in reversed(plan.floats.values())}
    # the extent of the weight itself, not of a product with it
    families |= {"|weight": plan.floats["|weight"][0]} if "|weight" in plan.floats else {}
    first: list[pl.Expr] = [pl.len().alias("|rows")]
    for family, expr in families.items():
        first += extent(expr, family)
    if weight is not None:
        wrong = pl.col(weight).is_null() | pl.col(weight).cast(pl.Float64).is_nan() | (pl.col(weight) < 0)
        first.append(wrong.sum().alias("|wrong"))
    sizes = lazy.select(first).collect(engine="streaming").row(0, named=True)
    if sizes.get("|wrong"):
        raise DataError(
            f"{sizes['|wrong']} rows have a weight that is unknown or negative",
            where=f"{unit}: {weight}",
        )
    made = [pl.len().cast(pl.Int64).alias("|rows")]
    made += [expr.sum().alias(name) for name, expr in plan.whole.items()]
    for name, (expr, family) in plan.floats.items():
        if sizes[f"{family}|infinite"]:
            raise DataError(
                f"{sizes[f'{family}|infinite']} values are infinite",
                where=f"{unit}: {family.rpartition('|')[2]}",
                hint="a ratio by zero? make it null",
            )
        lazy, names = with_pieces(
            lazy,
            expr,
            name,
            largest=sizes[f"{family}|largest"],
            smallest=sizes[f"{family}|smallest"],
            count=sizes["|rows"],
            where=f"{unit}: {family.rpartition('|')[2]}",
        )
        made += [pl.col(names).sum()]
    keys: list[str | pl.Expr] = [*KEY]
    if by is not None:
        keys.append(pl.col(by).cast(pl.String).alias("|by"))
    if schema["year"].is_float():
        lazy = lazy.with_columns(pl.col("year").fill_nan(None))
    return lazy.group_by(keys).agg(made).collect(engine="streaming")


def added_up(groups: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Add the groups of finer keys up; pieces stay exact. Then each float is one number.

    Examples
    --------
    >>> groups = pl.DataFrame({"place": ["X", "X"], "x#0": [1e16, -1e16], "x#1": [0.5, 0.25]})
    >>> added_up(groups, ["place"])["x"].to_list()
    [0.75]
    """
    parts = [name for name in groups.columns if name not in {*KEY, "|by"}]
    frame = groups.group_by(keys).agg(pl.col(parts).sum()).sort(keys)
    names = dict.fromkeys(name.rpartition("#")[0] for name in parts if "#" in name)
    return frame.with_columns(
        total(frame, [part for part in parts if part.rpartition("#")[0] == name]).alias(name)
        for name in names
    )
