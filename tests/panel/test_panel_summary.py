"""Regions, descriptive statistics, means and their growth."""

from __future__ import annotations

import math
import statistics

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.regions import REGIONS, add_region, region_table
from patentmetrics.panel.summary import describe_panel, mean_growth, means_by_year
from tests.reference import panel_steps


def panel_of(values: list[float | None], groups: list[str | None] | None = None) -> Panel:
    n = len(values)
    keys = {"place": [f"P{i:03}" for i in range(n)], "year": [2000 + i % 3 for i in range(n)]}
    frame = pl.DataFrame(keys).with_columns(
        pl.Series("x", values, dtype=pl.Float64), pl.Series("g", groups or ["a"] * n, dtype=pl.String)
    )
    return Panel(frame=frame)


def test_the_31_provinces_are_in_one_region_each() -> None:
    table = region_table()
    assert table.height == 31
    assert table["province"].n_unique() == 31
    assert set(table["region"]) == set(REGIONS)
    assert dict(table.select("name", "region").rows())["内蒙古"] == "西部"


def test_the_names_of_the_region_table_are_those_of_the_codes() -> None:
    from patentmetrics.places.resolve import resolve_places

    codes = [f"{province}0000" for province in region_table()["province"]]
    official = resolve_places(codes, level="province")["name"].to_list()
    for name, whole in zip(region_table()["name"], official, strict=True):
        assert whole.startswith(name)


def test_regions_come_from_codes_and_names_and_the_rest_is_null_and_named() -> None:
    places = ["110000", "130100", "石家庄市", "襄樊", "巴州", "朝阳区", "香港", "火星", "昆山市", None]
    frame = pl.DataFrame({"place": [str(i) for i in range(10)], "year": [2020] * 10, "city": places})
    made = add_region(Panel(frame=frame), by="city")
    expected = ["东部", "东部", "东部", "中部", "西部", None, None, None, "东部", None]
    assert made.frame["region"].to_list() == expected
    assert "火星" in made.log[-1]
    assert "东部 4, 中部 1, 西部 1, 东北 0 places" in made.log[-1]
    with pytest.raises(ColumnError, match="already"):
        add_region(made, by="city")


@given(st.lists(st.none() | st.floats(-1000, 1000), min_size=1, max_size=25))
def test_statistics_equal_those_of_the_standard_library(values: list[float | None]) -> None:
    row = describe_panel(panel_of(values), ["x"]).row(0, named=True)
    known = [value for value in values if value is not None]
    assert (row["n"], row["nulls"]) == (len(known), values.count(None))
    if not known:
        assert {row[name] for name in ("mean", "sd", "min", "p25", "median", "p75", "max")} == {None}
        return
    assert row["mean"] == pytest.approx(statistics.fmean(known), abs=1e-9)
    assert row["median"] == pytest.approx(statistics.median(known), abs=1e-9)
    assert row["p25"] == pytest.approx(panel_steps.quantile(known, 0.25), abs=1e-9)
    assert row["p75"] == pytest.approx(panel_steps.quantile(known, 0.75), abs=1e-9)
    assert (row["min"], row["max"]) == (min(known), max(known))
    expected = statistics.stdev(known) if len(known) > 1 else None
    assert row["sd"] == (None if expected is None else pytest.approx(expected, rel=1e-6, abs=1e-6))


@given(
    st.lists(
        st.tuples(st.none() | st.floats(-1000, 1000), st.sampled_from(["a", "b", None])),
        min_size=1,
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_groups_add_up_and_the_order_of_rows_changes_no_digit(rows: list, random: object) -> None:
    values, groups = [v for v, _ in rows], [g for _, g in rows]
    panel = panel_of(values, groups)
    found = describe_panel(panel, ["x"], by="g")
    whole, parts = found.row(0, named=True), found.slice(1)
    grouped = sum(g is not None for g in groups)
    assert parts["n"].sum() + parts["nulls"].sum() == grouped
    assert whole["n"] + whole["nulls"] == len(values)
    order = list(range(len(values)))
    random.shuffle(order)
    shuffled = Panel(frame=panel.frame[order])
    assert describe_panel(shuffled, ["x"], by="g").equals(found)
    assert means_by_year(shuffled, ["x"], by="g").equals(means_by_year(panel, ["x"], by="g"))


def test_growth_of_means_skips_no_year_and_needs_a_positive_one() -> None:
    frame = pl.DataFrame(
        {"place": ["A"] * 5, "year": [2000, 2001, 2002, 2003, 2005], "x": [2.0, 3.0, None, 6.0, 12.0]}
    )
    means = means_by_year(Panel(frame=frame), ["x"])
    assert means.select("year", "n", "mean", "growth").rows() == [
        (2000, 1, 2.0, None), (2001, 1, 3.0, 0.5), (2002, 0, None, None),
        (2003, 1, 6.0, None), (2005, 1, 12.0, None),
    ]  # fmt: skip
    rate = mean_growth(means).row(0, named=True)
    assert rate["mean_growth"] == pytest.approx(6 ** (1 / 5) - 1)
    assert mean_growth(means, over="years")["mean_growth"][0] == pytest.approx(6 ** (1 / 6) - 1)
    negative = Panel(frame=frame.with_columns(pl.col("x") - 5))
    assert mean_growth(means_by_year(negative, ["x"]))["mean_growth"].to_list() == [None]


def test_a_printed_growth_of_a_paper_counts_years_not_intervals() -> None:
    # 0.2083 in 2010 to 0.2736 in 2022, printed as 2.12 % a year: the 13th root, where 12 years lie between
    means = pl.DataFrame(
        {"variable": ["x"] * 2, "group": [None] * 2, "year": [2010, 2022], "mean": [0.2083, 0.2736]}
    )
    assert round(100 * mean_growth(means, over="years")["mean_growth"][0], 2) == 2.12
    assert round(100 * mean_growth(means)["mean_growth"][0], 2) == 2.30


def test_summaries_refuse_what_they_cannot_describe() -> None:
    panel = panel_of([1.0])
    with pytest.raises(ColumnError, match="does not hold numbers"):
        describe_panel(panel, ["g"])
    with pytest.raises(ColumnError, match="missing"):
        means_by_year(panel, ["x"], by="region")
    with pytest.raises(SettingError):
        describe_panel(panel, [])
    with pytest.raises(SettingError):
        mean_growth(means_by_year(panel, ["x"]), over="months")
    assert not math.isnan(describe_panel(panel_of([math.nan, 1.0]), ["x"])["mean"][0])
