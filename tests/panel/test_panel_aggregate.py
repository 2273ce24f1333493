"""Aggregation to place × year, against a slow twin, with unknown scores and places."""

from __future__ import annotations

import math
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Scores
from patentmetrics.panel.aggregate import aggregate_frequencies, aggregate_matches, aggregate_scores
from tests.reference import panel_steps

SCHEMA = {
    "patent_id": pl.String,
    "year": pl.Int32,
    "breakthrough_5_net": pl.Float64,
    "is_breakthrough_5": pl.Boolean,
}


def scored(rows: list[dict]) -> Scores:
    return Scores(frame=pl.DataFrame(rows, schema=SCHEMA), key="patent_id", made_by={})


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict], dict[str, str | None]]:
    ids = [f"P{i}" for i in range(draw(st.integers(0, 25)))]
    rows = []
    for one in ids:
        value = draw(st.none() | st.floats(-3, 3))
        flag = None if value is None else value > 1
        rows.append(
            {
                "patent_id": one,
                "year": draw(st.none() | st.integers(2000, 2003)),
                "breakthrough_5_net": value,
                "is_breakthrough_5": flag,
            }
        )
    located = draw(st.lists(st.sampled_from([*ids, "elsewhere"]), unique=True) if ids else st.just([]))
    return rows, {one: draw(st.none() | st.sampled_from(["A", "B"])) for one in located}


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_scores_by_place_and_year_equal_the_twin_in_any_row_order(
    world: tuple[list[dict], dict[str, str | None]], rng: random.Random
) -> None:
    rows, places = world
    located = pl.DataFrame(
        list(places.items()), schema={"patent_id": pl.String, "place": pl.String}, orient="row"
    )
    made = aggregate_scores(scored(rows), located, windows=[5])
    expected = panel_steps.aggregated(rows, places, 5)
    found = {(row[0], row[1]): row[2:] for row in made.frame.rows()}
    assert found.keys() == expected.keys()
    for key, (patents, breakthroughs, mean) in expected.items():
        assert found[key][:2] == (patents, breakthroughs)
        assert found[key][2] == (None if mean is None else pytest.approx(mean, rel=1e-12, abs=1e-15))
    counts = made.counts
    assert (
        counts["patents"]
        == counts["patents_used"] + counts["patents_without_place"] + counts["patents_without_year"]
    )
    shuffled = rng.sample(rows, len(rows))
    again = aggregate_scores(scored(shuffled), located.reverse(), windows=[5])
    assert again.frame.equals(made.frame)


def test_a_place_and_year_without_a_score_is_null_and_with_no_breakthrough_is_zero() -> None:
    rows = [
        {"patent_id": "a", "year": 2000, "breakthrough_5_net": None, "is_breakthrough_5": None},
        {"patent_id": "b", "year": 2001, "breakthrough_5_net": -0.5, "is_breakthrough_5": False},
    ]
    places = pl.DataFrame({"patent_id": ["a", "b"], "place": ["X", "X"]})
    frame = aggregate_scores(scored(rows), places, windows=[5]).frame
    assert frame.schema == {
        "place": pl.String,
        "year": pl.Int32,
        "patents": pl.Int64,
        "breakthroughs_5": pl.Int64,
        "mean_breakthrough_5_net": pl.Float64,
    }
    assert frame.rows() == [("X", 2000, 1, None, None), ("X", 2001, 1, 0, -0.5)]


def test_the_order_of_the_rows_changes_no_digit_of_a_mean() -> None:
    rows = [
        {"patent_id": name, "year": 2000, "breakthrough_5_net": value, "is_breakthrough_5": True}
        for name, value in [("a", 1e16), ("b", 1.0), ("c", -1e16), ("d", 0.1)]
    ]
    places = pl.DataFrame({"patent_id": list("abcd"), "place": ["X"] * 4})
    means = {
        aggregate_scores(scored([rows[i] for i in order]), places, windows=[5]).frame[
            "mean_breakthrough_5_net"
        ][0]
        for order in [(0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0)]
    }
    assert len(means) == 1


def test_wrong_score_inputs_are_refused() -> None:
    rows = [{"patent_id": "a", "year": 2000, "breakthrough_5_net": 1.0, "is_breakthrough_5": True}]
    places = pl.DataFrame({"patent_id": ["a", "a"], "place": ["X", "Y"]})
    with pytest.raises(DataError, match="occur more than once"):
        aggregate_scores(scored(rows), places, windows=[5])
    with pytest.raises(DataError, match="occur more than once"):
        aggregate_scores(scored(rows * 2), places.head(1), windows=[5])
    with pytest.raises(ColumnError, match="breakthrough_10_net"):
        aggregate_scores(scored(rows), places.head(1), windows=[10])
    with pytest.raises(SettingError):
        aggregate_scores(scored(rows), places.head(1), windows=[])


def documents(**changes: list) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "document_id": ["a", "b", "c", "d"],
            "place": ["北京", "北京", "上海", None],
            "year": [2020, 2020, 2020, 2020],
            "total_count": [3, 5, 0, 9],
            "log_count": [9.0] * 4,
            "tokens": [100, 300, 0, 10],
            "characters": [200, 600, 0, 10],
            "share_of_tokens": [0.03, 5 / 300, None, 0.9],
            "share_of_characters": [12 / 200, 20 / 600, None, 0.9],
            "智能制造": [1, 2, 0, 3],
            "title": ["x"] * 4,
        }
        | changes
    )


def test_frequencies_are_summed_and_shares_computed_from_the_sums() -> None:
    made = aggregate_frequencies(documents())
    rows = {row["place"]: row for row in made.frame.to_dicts()}
    assert rows["北京"] == {
        "place": "北京",
        "year": 2020,
        "documents": 2,
        "total_count": 8,
        "log_count": pytest.approx(math.log(9)),
        "tokens": 400,
        "characters": 800,
        "share_of_tokens": 0.02,
        "share_of_characters": 0.04,
        "智能制造": 3,
    }
    assert rows["上海"]["share_of_tokens"] is None
    assert rows["上海"]["total_count"] == 0
    assert made.counts["documents"] == 4
    assert made.counts["documents_without_place"] == 1


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    made = aggregate_frequencies(documents(total_count=[3, None, 0, 9]))
    beijing = made.frame.filter(pl.col("place") == "北京").to_dicts()[0]
    assert beijing["total_count"] is None
    assert beijing["log_count"] is None
    assert beijing["share_of_tokens"] is None
    assert beijing["tokens"] == 400
    assert made.counts["place_years_with_unknown_counts"] == 1


def test_documents_under_two_rules_are_refused_with_advice() -> None:
    both = pl.concat([documents().with_columns(rule=pl.lit(rule)) for rule in ("longest", "token")])
    with pytest.raises(DataError, match="counting rule") as caught:
        aggregate_frequencies(both)
    assert caught.value.got == "longest, token"
    with pytest.raises(DataError, match="more than once"):
        aggregate_frequencies(pl.concat([documents(), documents()]))


def test_a_patent_counts_once_in_each_of_its_categories() -> None:
    patents = pl.DataFrame({"patent_id": list("abc"), "place": ["X", "X", "Y"], "year": [2000, 2000, 2000]})
    matches = pl.DataFrame(
        {"patent_id": ["a", "a", "a", "b"], "field": ["Optics", "Optics", "Pumps", "Pumps"]}
    )
    made = aggregate_matches(matches, patents, level="field")
    assert made.frame.columns == [
        "place",
        "year",
        "patents",
        "patents_Optics",
        "patents_Pumps",
        "share_Optics",
        "share_Pumps",
    ]
    assert made.frame.rows() == [("X", 2000, 2, 1, 2, 0.5, 1.0), ("Y", 2000, 1, 0, 0, 0.0, 0.0)]
    assert made.counts["patents_without_match"] == 1
    with pytest.raises(DataError, match="not among the patents"):
        aggregate_matches(matches, patents.tail(2), level="field")
