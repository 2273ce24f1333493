"""Coupling, location, resilience, capital stock and city clusters."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.index.capital import capital_stock
from patentmetrics.index.coupling import CLASSES, coupling_coordination
from patentmetrics.index.location import (
    co_agglomeration,
    herfindahl,
    industrial_structure,
    location_quotient,
)
from patentmetrics.index.primacy import rank_size, ratio_to_first_city
from patentmetrics.index.resilience import resilience
from tests.reference import indices


def panel_of(**columns: list) -> Panel:
    n = len(next(iter(columns.values())))
    keys = {"place": [f"P{k:03d}" for k in range(n)], "year": [2020] * n}
    return Panel(frame=pl.DataFrame(keys | columns))


Scores = st.lists(
    st.lists(st.sampled_from([0.0, 1e-300, 0.1, 0.3, 1.0]) | st.floats(0, 1), min_size=3, max_size=3),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100)
@given(Scores, st.sampled_from([(1, 1, 1), (1, 2, 3), (0, 1, 1)]))
def test_coupling_equals_the_twin_and_stays_in_zero_to_one(
    rows: list[list[float]], weights: tuple[int, int, int]
) -> None:
    panel = panel_of(**{name: [row[k] for row in rows] for k, name in enumerate("abc")})
    made = coupling_coordination(panel, ["a", "b", "c"], weights=weights).frame
    share = [one / sum(weights) for one in weights]
    for row, found in zip(rows, made.iter_rows(named=True), strict=True):
        c, t, d = indices.coupling(row, share)
        assert (found["coupling"] is None) == (c is None)
        if c is not None and math.prod(row) > 1e-250:  # the twin's product vanishes below
            assert found["coupling"] == pytest.approx(c, abs=1e-9)
            assert found["coordination"] == pytest.approx(d, abs=1e-9)
        assert found["comprehensive_level"] == pytest.approx(t)
        for name in ("coupling", "comprehensive_level", "coordination"):
            assert found[name] is None or 0 <= found[name] <= 1
        one = CLASSES[found["coordination_class"] - 1]
        assert one.from_ - 1e-8 <= found["coordination"] < one.from_ + 0.1 + (1e-9 if one.number == 10 else 0)
        assert found["coordination_class_zh"] == one.name_zh


def test_two_systems_couple_by_the_usual_formula_and_equal_ones_perfectly() -> None:
    made = coupling_coordination(panel_of(a=[0.2, 0.5], b=[0.8, 0.5]), ["a", "b"]).frame
    assert made["coupling"].to_list() == pytest.approx([2 * math.sqrt(0.16) / 1.0, 1])
    assert made["coordination"].to_list() == pytest.approx([math.sqrt(0.8 * 0.5), math.sqrt(0.5)])


def test_classes_begin_at_their_tenth_and_the_last_one_includes_one() -> None:
    degrees = [0.0, 0.09, 0.1, 0.3, 0.6999, 0.7, 0.9, 1.0]
    squared = [d**2 for d in degrees]
    made = coupling_coordination(panel_of(a=squared, b=squared), ["a", "b"]).frame
    assert made["coordination_class"].to_list() == [1, 1, 2, 4, 7, 8, 10, 10]
    assert made["coordination_class_en"][7] == "high-quality coordination"


def test_a_degree_that_rounding_left_short_of_its_tenth_is_in_the_class_from_there() -> None:
    short = (0.3 * (1 - 1e-12)) ** 2
    made = coupling_coordination(panel_of(a=[short], b=[short]), ["a", "b"]).frame
    assert made["coordination"][0] < 0.3
    assert made["coordination_class"][0] == 4


def test_missing_scores_and_nothing_at_all_are_told_apart_in_coupling() -> None:
    made = coupling_coordination(panel_of(a=[None, 0.0, 0.0], b=[0.5, 0.0, 0.5]), ["a", "b"])
    assert made.frame.select("coupling", "coordination").rows() == [(None, None), (None, 0), (0, 0)]
    assert made.frame["coordination_class"].to_list() == [None, 1, 1]
    assert any("coordination: 1 null for want of a score: P000 2020" in line for line in made.log)
    assert any("coupling: 1 null, all systems are 0" in line for line in made.log)


def test_wrong_inputs_of_coupling_are_errors() -> None:
    with pytest.raises(SettingError, match="two systems"):
        coupling_coordination(panel_of(a=[0.1]), ["a"])
    with pytest.raises(SettingError, match="weights"):
        coupling_coordination(panel_of(a=[0.1], b=[0.2]), ["a", "b"], weights=[1, -1])
    with pytest.raises(DataError, match="above 1"):
        coupling_coordination(panel_of(a=[1.5], b=[0.2]), ["a", "b"])
    with pytest.raises(DataError, match="negative"):
        coupling_coordination(panel_of(a=[-0.5], b=[0.2]), ["a", "b"])
    with pytest.raises(ColumnError, match="named twice"):
        coupling_coordination(panel_of(a=[0.5]), ["a", "a"])


def test_location_quotients_are_by_year_and_leave_incomplete_rows_out_of_the_totals() -> None:
    frame = pl.DataFrame(
        {"place": ["A", "B", "C", "D", "A", "B"], "year": [2020] * 4 + [2021] * 2}
        | {"f": [30.0, 10.0, None, 5.0, 1.0, 1.0], "k": [100.0, 100.0, 50.0, 0.0, 10.0, 30.0]}
    )
    made = location_quotient(Panel(frame=frame), "f", "k")
    assert made.frame["location_quotient"].to_list() == pytest.approx([1.5, 0.5, None, None, 2, 2 / 3])
    assert any("2 null: C 2020, D 2020" in line for line in made.log)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)), min_size=1, max_size=10))
def test_location_quotients_average_to_one_by_the_whole(rows: list[tuple[float, float]]) -> None:
    made = location_quotient(panel_of(f=[f for f, _ in rows], k=[k for _, k in rows]), "f", "k").frame
    mean = (made["location_quotient"] * made["k"]).sum() / made["k"].sum()
    assert mean == pytest.approx(1)


def test_herfindahl_runs_from_even_to_one_part_alone() -> None:
    panel = panel_of(a=[1, 5, 0, None], b=[1, 0, 0, 1])
    made = herfindahl(panel, ["a", "b"])
    assert made.frame["herfindahl"].to_list() == [0.5, 1, None, None]
    assert herfindahl(panel, ["a", "b"], normalised=True).frame["herfindahl"].to_list() == [0, 1, None, None]
    assert any("2 null: P002 2020, P003 2020" in line for line in made.log)
    with pytest.raises(SettingError, match="two parts"):
        herfindahl(panel, ["a"])


def test_the_industrial_structure_takes_values_or_shares_in_any_unit() -> None:
    values = panel_of(one=[20.0], two=[30.0], three=[50.0])
    percent = panel_of(one=[0.2], two=[0.3], three=[0.5])
    for panel in (values, percent):
        made = industrial_structure(panel, ["one", "two", "three"]).frame
        assert made["industrial_structure"].to_list() == pytest.approx([0.2 + 2 * 0.3 + 3 * 0.5])
    with pytest.raises(SettingError, match="three sectors"):
        industrial_structure(values, ["one", "two"])


def test_co_agglomeration_is_nearness_and_height() -> None:
    made = co_agglomeration(panel_of(a=[1.0, 2.0, 0.0, None], b=[1.0, 1.0, 0.0, 1.0]), "a", "b").frame
    assert made["co_agglomeration"].to_list() == pytest.approx([3, 1 - 1 / 3 + 3, None, None])


def test_resilience_is_null_where_the_deviation_is_not_positive_and_each_case_is_counted() -> None:
    frame = pl.DataFrame(
        {
            "place": ["A", "A", "A", "B", "B", "C", "D", "D"],
            "year": [2007, 2008, 2009, 2007, 2008, 2008, 2007, 2008],
        }
        | {"x": [2.0, 3.0, 2.0, 0.0, 1.0, 5.0, 4.0, None]}
    )
    made = resilience(Panel(frame=frame), "x", base_year=2007)
    assert made.frame["resilience"].to_list() == pytest.approx(
        [None, math.log(0.5), None, None, None, None, None, None]
    )
    told = "\n".join(made.log)
    assert "1 values" in told
    assert "1 null, not above the base year: A 2009" in told
    assert "2 null, the value or its base is null: C 2008, D 2008" in told
    assert "1 null, the base is 0: B 2008" in told
    with pytest.raises(DataError, match="base year"):
        resilience(Panel(frame=frame), "x", base_year=1999)


def series(investment: list[float | None], *, first_year: int = 2000, **more: list) -> Panel:
    n = len(investment)
    keys = {"place": ["A"] * n, "year": list(range(first_year, first_year + n)), "i": investment}
    return Panel(frame=pl.DataFrame(keys | more))


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_planted_capital_stock_is_recovered(shuffled: bool) -> None:
    rng = np.random.default_rng(17)
    rows, known = [], {}
    for place in ("A", "B", "C"):
        level, k = 1.0, rng.uniform(500, 1000)
        for t in range(15):
            price = level * 1.0
            real = rng.uniform(50, 150)
            if t:
                k = real + (1 - 0.07) * k
            known[place, 2000 + t] = k
            change = 100 * rng.uniform(0.98, 1.06)
            rows.append((place, 2000 + t, real * price, price, change, k if t == 0 else None))
            level *= change / 100
    frame = pl.DataFrame(rows, schema=["place", "year", "i", "p", "next", "k0"], orient="row")
    # the yearbook prints the change from the year before
    frame = frame.with_columns(pl.col("next").shift(1).over("place").alias("change"))
    if shuffled:
        frame = frame.sample(fraction=1, shuffle=True, seed=1)
    for options in ({"prices": "p"}, {"prices": "change", "prices_are": "chained"}):
        made = capital_stock(
            Panel(frame=frame), "i", depreciation=0.07, base="given", initial="k0", **options
        )
        found = {
            (place, year): k for place, year, k in made.frame.select("place", "year", "capital_stock").rows()
        }
        assert found == pytest.approx(known)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1000), min_size=1, max_size=15), st.sampled_from([0.0, 0.096, 0.15]))
def test_capital_equals_the_sum_of_what_was_invested_worn_by_its_age(
    investment: list[float], delta: float
) -> None:
    made = capital_stock(series(investment), "i", depreciation=delta, base_share=0.2).frame["capital_stock"]
    assert made.to_list() == pytest.approx(indices.capital(investment, delta, investment[0] / 0.2))


def test_the_first_stock_by_growth_is_investment_over_growth_and_depreciation() -> None:
    investment = [100 * 1.08**t for t in range(12)] + [1.0]
    made = capital_stock(series(investment), "i", depreciation=0.05, base="growth").frame["capital_stock"]
    assert made[0] == pytest.approx(100 / 0.13)
    short = capital_stock(series(investment[:3]), "i", depreciation=0.05, base="growth").frame[
        "capital_stock"
    ]
    assert short.to_list() == pytest.approx(made.head(3).to_list())
    # all but the first ten steps of growth are not looked at; with twelve the fall at the end is
    longer = capital_stock(series([*investment, 2.0]), "i", depreciation=0.9, base="growth", growth_years=12)
    assert longer.frame["capital_stock"][0] == pytest.approx(100 / (0.01 ** (1 / 12) - 1 + 0.9))


def test_capital_behind_a_gap_is_not_known_and_is_counted() -> None:
    made = capital_stock(series([None, 10.0, 20.0, None, 30.0]), "i")
    assert made.frame["capital_stock"].is_null().to_list() == [True, False, False, True, True]
    told = "\n".join(made.log)
    assert "1 null, before the series of the place begins: A 2000" in told
    assert "2 null, behind a gap, or no series: A 2003, A 2004" in told
    absent = Panel(frame=series([1.0, 2.0, 3.0]).frame.filter(pl.col("year") != 2001))
    assert capital_stock(absent, "i").frame["capital_stock"].to_list() == [10, None]


def test_wrong_inputs_of_the_capital_stock_are_errors() -> None:
    panel = series([1.0, 2.0], p=[1.0, 0.0])
    with pytest.raises(SettingError, match="depreciation"):
        capital_stock(panel, "i", depreciation=9.6)
    with pytest.raises(SettingError, match="belong together"):
        capital_stock(panel, "i", base="given")
    with pytest.raises(SettingError, match="base"):
        capital_stock(panel, "i", base="hall")
    with pytest.raises(DataError, match="not positive"):
        capital_stock(panel, "i", prices="p")
    with pytest.raises(DataError, match="negative"):
        capital_stock(series([-1.0]), "i")
    with pytest.raises(DataError, match="shrinks faster"):
        capital_stock(series([100.0, 10.0]), "i", base="growth")
    with pytest.raises(DataError, match="positive investment"):
        capital_stock(series([0.0, 10.0]), "i", base="growth")


def clusters() -> Panel:
    return panel_of(
        cluster=["delta", "delta", "delta", "delta", "bay", "bay", None],
        people=[12.0, 6.0, 4.0, 3.0, 5.0, 5.0, 9.0],
        gdp=[10.0, 5.0, None, 20.0, 0.0, 4.0, 1.0],
    )


def test_the_ratio_to_the_first_city_names_it_and_is_null_where_it_cannot_be() -> None:
    made = ratio_to_first_city(clusters(), "gdp", cluster="cluster", size="people")
    assert made.frame["ratio_to_first_city"].to_list() == [1, 0.5, None, 2, None, None, None]
    assert "bay: P004; delta: P000" in made.log[0]
    assert any("4 null" in line for line in made.log)


def test_rank_and_size_recover_a_planted_exponent_and_its_centre() -> None:
    for q, centre in ((0.6, 0), (1.4, 1)):
        sizes = [100 * rank**-q for rank in range(1, 9)]
        panel = panel_of(people=sizes[::-1], cluster=["one"] * 8)
        made = rank_size(panel, "people", cluster="cluster").frame
        assert made["rank_size_coefficient"].to_list() == pytest.approx([q] * 8)
        assert made["monocentric"].to_list() == [centre] * 8
        assert made["four_city_primacy"].to_list() == pytest.approx([100 / sum(sizes[1:4])] * 8)
        few = rank_size(panel, "people", cluster="cluster", largest=4).frame
        assert few["rank_size_coefficient"].to_list() == pytest.approx([q] * 8)


def test_primacies_are_ratios_and_small_clusters_are_null_and_counted() -> None:
    made = rank_size(clusters(), "people", cluster="cluster")
    frame = made.frame
    assert frame["two_city_primacy"].to_list() == [2, 2, 2, 2, 1, 1, None]
    assert frame["four_city_primacy"].to_list() == pytest.approx([12 / 13] * 4 + [None] * 3)
    assert frame["rank_size_coefficient"].is_null().to_list() == [False] * 4 + [True] * 3
    assert frame["monocentric"].to_list()[4:] == [None] * 3
    told = "\n".join(made.log)
    assert "1 clusters and years have fewer than three cities" in told
    assert "1 rows are in no cluster" in told
    with pytest.raises(SettingError, match="two cities"):
        rank_size(clusters(), "people", cluster="cluster", largest=1)
    with pytest.raises(ColumnError, match="'club' is missing"):
        rank_size(clusters(), "people", cluster="club")


@pytest.mark.parametrize("name", ["coupling", "coordination"])
def test_a_column_that_is_there_already_is_not_overwritten(name: str) -> None:
    panel = panel_of(a=[0.1], b=[0.2], **{name: [1.0]})
    with pytest.raises(ColumnError, match="already has"):
        coupling_coordination(panel, ["a", "b"])


def test_steps_add_to_the_log_and_leave_the_other_columns_alone() -> None:
    panel = Panel(frame=clusters().frame, log=("before",), simulated=True)
    made = rank_size(panel, "people", cluster="cluster")
    assert made.log[0] == "before"
    assert made.simulated
    assert made.frame.select(panel.frame.columns).equals(panel.frame)
