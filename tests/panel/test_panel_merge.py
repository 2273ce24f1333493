"""Merging never loses and never multiplies a row, against a slow twin."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.merge import merge_panel, outer_panel
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import panel_steps

Keys = st.tuples(st.sampled_from("ABCD"), st.integers(2000, 2005))
Values = st.none() | st.integers(0, 9)


def cells(name: str) -> st.SearchStrategy[dict]:
    return st.dictionaries(Keys, st.fixed_dictionaries({name: Values}), max_size=20)


def as_frame(rows: dict, name: str) -> pl.DataFrame:
    return pl.DataFrame(
        [(place, year, row[name]) for (place, year), row in rows.items()],
        schema={"place": pl.String, "year": pl.Int64, name: pl.Int64},
        orient="row",
    )


@settings(max_examples=200, deadline=None)
@given(cells("gdp"), cells("patents"), st.sampled_from(["left", "outer", "inner"]), st.booleans())
def test_merge_equals_the_twin_and_its_counts_add_up(base: dict, part: dict, how: str, zero: bool) -> None:
    expected = panel_steps.merged(base, part, how, ["patents"] if zero else [])
    assume(expected)
    panel = Panel(frame=as_frame(base, "gdp"))
    made = merge_panel(panel, {"p": as_frame(part, "patents")}, how=how, zero=["patents"] if zero else [])
    found = {(r["place"], r["year"]): (r["gdp"], r["patents"]) for r in made.frame.to_dicts()}
    assert made.frame.height == len(found) == len(expected)
    for key, row in expected.items():
        assert found[key] == (row.get("gdp"), row.get("patents"))
    both = len(base.keys() & part.keys())
    assert f"merge p ({how}): {both} matched, {len(base) - both} base rows" in made.log[-1]
    assert f" {len(part) - both} part rows without partner" in made.log[-1]
    assert made.frame.select("place", "year").equals(made.frame.select("place", "year").sort("place", "year"))


@settings(max_examples=100, deadline=None)
@given(cells("patents"), cells("words"))
def test_a_panel_of_parts_has_every_key_once(one: dict, other: dict) -> None:
    assume(one or other)
    made = outer_panel({"a": as_frame(one, "patents"), "b": as_frame(other, "words")})
    assert set(made.frame.select("place", "year").rows()) == one.keys() | other.keys()
    assert made.frame.height == len(one.keys() | other.keys())
    for row in made.frame.to_dicts():
        key = (row["place"], row["year"])
        assert row["patents"] == one.get(key, {"patents": None})["patents"]
        assert row["words"] == other.get(key, {"words": None})["words"]


def test_zero_reaches_neither_beyond_the_covered_years_nor_into_known_nulls() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["A"] * 5, "year": [1999, 2000, 2001, 2002, 2003]}))
    part = pl.DataFrame(
        {
            "place": ["B", "A", "B"],
            "year": [2000, 2001, 2002],
            "patents": [1, None, 2],
            "mean": [0.1, 0.2, 0.3],
        }
    )
    made = merge_panel(base, {"p": part}, zero=["patents"]).frame
    assert made["patents"].to_list() == [None, 0, None, 0, None]
    assert made["mean"].to_list() == [None, None, 0.2, None, None]


def test_doubled_keys_are_named() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["A"], "year": [2000]}))
    part = pl.DataFrame({"place": ["A", "A"], "year": [2000, 2000], "x": [1, 2]})
    with pytest.raises(DataError, match="occur more than once") as caught:
        merge_panel(base, {"scores": part})
    assert caught.value.where == "part scores"
    assert caught.value.got == "A 2000"


def test_a_variable_that_both_have_is_refused() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["A"], "year": [2000], "x": [1]}))
    with pytest.raises(ColumnError, match="already has the column 'x'"):
        merge_panel(base, {"p": base.frame})


def test_a_merge_that_leaves_nothing_says_so() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["北京"], "year": [2000]}))
    part = pl.DataFrame({"place": ["北京市"], "year": [2000], "x": [1]})
    with pytest.raises(DataError, match="no row is left") as caught:
        merge_panel(base, {"p": part}, how="inner")
    assert "北京市 2000" in str(caught.value)


def test_keys_of_another_type_are_made_equal_or_refused() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["110000"], "year": [2000]}))
    part = pl.DataFrame({"place": [110000], "year": [2000.0], "x": [1]})
    assert merge_panel(base, {"p": part}).frame["x"].to_list() == [1]
    for year in ([2000.5], [float("nan")], ["2000"]):
        with pytest.raises(DataError, match="years are whole numbers"):
            merge_panel(base, {"p": part.with_columns(year=pl.Series(year))})
    with pytest.raises(DataError, match="have no place or year"):
        merge_panel(base, {"p": part.with_columns(place=pl.Series([None], dtype=pl.String))})


def test_wrong_options_are_refused() -> None:
    base = Panel(frame=pl.DataFrame({"place": ["A"], "year": [2000]}))
    part = pl.DataFrame({"place": ["A"], "year": [2000], "patents": [1], "name": ["x"]})
    with pytest.raises(SettingError, match="how"):
        merge_panel(base, {"p": part}, how="right")
    with pytest.raises(ColumnError, match="is in no part") as caught:
        merge_panel(base, {"p": part}, zero=["patent"])
    assert caught.value.hint == "did you mean 'patents'?"
    with pytest.raises(ColumnError, match="does not hold numbers"):
        merge_panel(base, {"p": part}, zero=["name"])
    with pytest.raises(DataError):
        outer_panel({})


def test_a_simulated_panel_stays_simulated_and_keeps_its_answers() -> None:
    simulated = simulate_panel(seed=1, places=4)
    part = pl.DataFrame({"place": ["Simulated city 001"], "year": [2010], "patents": [1]})
    made = merge_panel(simulated.panel, {"p": part})
    assert made.simulated
    assert made.made_by["truth"] == {"outcome": simulated.truth}
