"""The final variable of place-years (最终变量): what it is made of, without a part, under another rule.

`patentmetrics.lexicon.coverage` puts it together with the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from patentmetrics.core.types import Lexicon
from patentmetrics.lexicon.coverage_counts import Counted, by_record
from patentmetrics.lexicon.frequencies import Counting
from patentmetrics.lexicon.leaving_out import Changes, Floats, Measure, compare, leave_out, ranked
from patentmetrics.lexicon.rules import RULES

_WHOLES = {"share_of_tokens": "tokens", "share_of_characters": "characters"}


@dataclass(frozen=True, kw_only=True)
class Index:
    """The hits that the variable is made of, and how (变量构成).

    Parameters
    ----------
    hits : polars.DataFrame
        Those of the variable, under all rules, as in `Counted`, with ``amount`` (hits, or their characters),
        ``year``, and ``column``: the number of the document's unit among ``units``, null for other documents.
    units : list of int
        The numbers of the units that have a value.
    measure : Measure
        From sums of amounts to the variable.
    terms : polars.DataFrame
        The terms of the variable, as in `Counted`.
    """

    hits: pl.DataFrame
    units: list[int]
    measure: Measure
    terms: pl.DataFrame


def index_of(counted: Counted, variable: str, group: tuple[str, str] | None) -> Index:
    """Choose the hits of a variable; ``group`` is the level and value whose count it is."""
    whole = _WHOLES.get(variable)
    units = (
        counted.documents.filter(pl.col("has_text") & pl.col("unit").is_not_null())
        .group_by("unit")
        .agg(pl.col(whole or "tokens").sum().alias("whole"))
        .filter(pl.col("whole") > 0 if whole else pl.lit(value=True))
        .sort("unit")
    )
    columns = units.select("unit", pl.int_range(pl.len()).alias("column"))
    belongs = pl.lit(value=True) if group is None else pl.col(group[0]) == group[1]
    amount = pl.col("characters" if variable == "share_of_characters" else "hits").alias("amount")
    return Index(
        hits=counted.hits.filter(belongs)
        .with_columns(amount)
        .join(counted.documents.select("row", "year", "unit"), on="row", how="left", maintain_order="left")
        .join(columns, on="unit", how="left", maintain_order="left"),
        units=units["unit"].to_list(),
        measure=Measure(
            log=variable == "log_count", whole=units["whole"].cast(pl.Float64).to_numpy() if whole else None
        ),
        terms=counted.terms.filter(belongs),
    )


def amounts(index: Index, rule: Counting) -> pl.DataFrame:
    """Give ``year, term, amount`` of what the variable is made of."""
    hits = index.hits.filter(pl.col("rule") == rule)
    return hits.group_by("year", "term").agg(pl.col("amount").sum())


def shares(index: Index, parts: pl.DataFrame, by: str, rule: Counting) -> pl.DataFrame:
    """Give ``amount`` and ``share`` of the variable's hits for each part; the share of nothing is null."""
    hits = index.hits.filter(pl.col("rule") == rule)
    found = hits.group_by(by).agg(pl.col("amount").sum())
    joined = parts.select(by).join(found, on=by, how="left", maintain_order="left")
    joined = joined.with_columns(pl.col("amount").fill_null(0))
    total = hits.select(pl.col("amount").sum()).item()
    return joined.with_columns(share_of_all(joined["amount"], total, "share"))


def share_of_all(amounts: pl.Series, total: int, name: str) -> pl.Series:
    """Divide whole numbers by their total; null where it is zero.

    Examples
    --------
    >>> share_of_all(pl.Series([3, 7]), 10, "share").to_list()
    [0.3, 0.7]
    """
    if not total:
        return pl.Series(name, [None] * amounts.len(), dtype=pl.Float64)
    # polars multiplies with the reciprocal of a single number, so that 3 of 10 would not be 0.3
    return pl.Series(name, amounts.cast(pl.Float64).to_numpy() / total).fill_nan(None)


def unit_values(counted: Counted, index: Index, rule: Counting) -> pl.DataFrame:
    """Give each unit with its documents, the variable's ``value`` and its ``rank``."""
    values = index.measure.of(_sums(index, rule))
    schema = {"unit": pl.Int64, "value": pl.Float64, "rank": pl.Float64}
    found = pl.DataFrame({"unit": index.units, "value": values, "rank": ranked(values)}, schema=schema)
    records = by_record(counted, rule, ["unit"]).select("unit", "documents", "documents_without_text")
    numbered = counted.units.with_columns(unit=pl.int_range(pl.len()))
    for frame in (records, found):
        numbered = numbered.join(frame, on="unit", how="left", maintain_order="left")
    return numbered.drop("unit")


def without_terms(counted: Counted, index: Index, rule: Counting) -> pl.DataFrame:
    """Leave out one term after another: see `Coverage.without_terms`."""
    return _without(counted, index, index.terms, "term", rule)


def without_groups(counted: Counted, index: Index, rule: Counting, lexicon: Lexicon) -> pl.DataFrame:
    """Leave out one group after another: see `Coverage.without_groups`."""
    frames = [
        _without(counted, index, index.terms.select(pl.col(level).unique(maintain_order=True)), level, rule)
        .rename({level: "group"})
        .select(pl.lit(level).alias("level"), pl.all())
        for level in lexicon.levels
    ]
    if frames:
        return pl.concat(frames)
    nothing = _without(counted, index, index.terms.clear(), "term", rule).rename({"term": "group"})
    return nothing.select(pl.lit("").alias("level"), pl.all())


def _without(counted: Counted, index: Index, parts: pl.DataFrame, by: str, rule: Counting) -> pl.DataFrame:
    cells = _cells(index, parts, by, rule)
    found = leave_out(cells, _sums(index, rule), index.measure)
    return (
        shares(index, parts, by, rule)
        .select(by, "share", pl.Series("units_with_hits", np.diff(cells.indptr), dtype=pl.Int64))
        .with_columns(_series(counted, index, found))
        .sort(["mean_rank_change", by], descending=[True, False], nulls_last=True)
    )


def rule_values(counted: Counted, index: Index) -> pl.DataFrame:
    """Give each unit that has a value, and the variable under each rule."""
    values = (pl.Series(rule, index.measure.of(_sums(index, rule))) for rule in RULES)
    return counted.units[index.units].with_columns(values)


def compare_rules(counted: Counted, index: Index, values: pl.DataFrame) -> pl.DataFrame:
    """Compare the variable, and each document's hits, under each two rules: see `Coverage.rules`."""
    texts = counted.documents.filter("has_text").select("row")
    sums = (
        index.hits.group_by("row", "rule").agg(pl.col("hits").sum()).pivot("rule", index="row", values="hits")
    )
    hits = texts.join(sums, on="row", how="left", maintain_order="left")
    pairs = []
    for one, other in combinations(RULES, 2):
        here, there = (
            hits[rule].fill_null(0) if rule in hits.columns else pl.zeros(hits.height, pl.Int64, eager=True)
            for rule in (one, other)
        )
        apart = (here - there).abs()
        found = compare(values[one].to_numpy(), values[other].to_numpy()[None, :])
        pairs.append(
            pl.DataFrame({"rule": [one], "other_rule": [other], "units": [values.height]})
            .with_columns(_series(counted, index, found))
            .rename({"rank_without": "other_rank"})
            .with_columns(
                pl.lit(apart.len(), pl.Int64).alias("documents"),
                pl.lit((apart > 0).sum(), pl.Int64).alias("documents_that_differ"),
                pl.lit((apart > 0).mean(), pl.Float64).alias("share_that_differ"),
                pl.lit(apart.mean(), pl.Float64).alias("mean_difference"),
            )
        )
    return pl.concat(pairs)


def rule_terms(index: Index) -> pl.DataFrame:
    """Give hits of each term under each rule: see `Coverage.rule_terms`."""
    hits = pl.col("hits")
    sums = index.hits.group_by("term").agg(
        hits.filter(pl.col("rule") == rule).sum().alias(rule) for rule in RULES
    )
    return (
        index.terms.drop("forms")
        .join(sums, on="term", how="left", maintain_order="left")
        .with_columns(pl.col(RULES).fill_null(0))
        .with_columns(divergence=pl.max_horizontal(RULES) - pl.min_horizontal(RULES))
        .sort(["divergence", "term"], descending=[True, False])
    )


def _cells(index: Index, parts: pl.DataFrame, by: str, rule: Counting) -> csr_array:
    """Sum the amounts into parts × units."""
    numbered = parts.select(by, pl.int_range(pl.len()).alias("part"))
    cells = (
        index.hits.filter(pl.col("rule") == rule)
        .drop_nulls("column")
        .join(numbered, on=by)
        .group_by("part", "column")
        .agg(pl.col("amount").sum())
        .sort("part", "column")
    )
    places = (cells["part"].to_numpy(), cells["column"].to_numpy())
    return csr_array((cells["amount"].to_numpy(), places), shape=(parts.height, len(index.units)))


def _sums(index: Index, rule: Counting) -> Floats:
    """Sum the amounts by unit."""
    hits = index.hits.filter(pl.col("rule") == rule).drop_nulls("column")
    columns, weights = hits["column"].to_numpy(), hits["amount"].to_numpy()
    return np.bincount(columns, weights=weights, minlength=len(index.units)).astype(np.float64)


def _series(counted: Counted, index: Index, found: Changes) -> list[pl.Series]:
    """Give changes as columns, the unit with its name."""

    def numbers(name: str, values: Floats) -> pl.Series:
        return pl.Series(name, values, dtype=pl.Float64).fill_nan(None)

    return [
        numbers("pearson", found.pearson),
        numbers("spearman", found.spearman),
        numbers("mean_rank_change", found.mean_change),
        numbers("largest_rank_change", found.largest_change),
        *_named(counted, index, found.unit),
        numbers("rank", found.rank),
        numbers("rank_without", found.rank_without),
    ]


def _named(counted: Counted, index: Index, columns: NDArray[np.int64]) -> list[pl.Series]:
    """Name units by their columns; null for -1."""
    rows = pl.DataFrame(
        {"unit": [index.units[one] if one >= 0 else None for one in columns]}, {"unit": pl.Int64}
    )
    numbered = counted.units.with_columns(unit=pl.int_range(pl.len()))
    return rows.join(numbered, on="unit", how="left", maintain_order="left").drop("unit").get_columns()
