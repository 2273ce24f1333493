"""Filling, growth, lags, leads, logarithms, balancing: against slow twins and by their properties."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.balance import add_missing_rows, balance, balance_panel
from patentmetrics.panel.files import known_answers
from patentmetrics.panel.fill import count_filled, fill_panel
from patentmetrics.panel.growth import add_growth, add_lag, add_lead
from patentmetrics.panel.logs import add_log
from patentmetrics.panel.winsorise import winsorise
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import panel_filling, panel_steps

# a row may be missing, and a value in a row
Values = st.none() | st.floats(0.5, 1000) | st.floats(-50, 50)
Positive = st.none() | st.floats(0.5, 1000)


def series(values: st.SearchStrategy[float | None]) -> st.SearchStrategy[dict[int, float | None]]:
    return st.dictionaries(st.integers(2000, 2012), values, min_size=1)


def places(values: st.SearchStrategy[float | None]) -> st.SearchStrategy[dict[str, dict[int, float | None]]]:
    return st.dictionaries(st.sampled_from("ABC"), series(values), min_size=1)


def panel_of(found: dict[str, dict[int, float | None]], *, backwards: bool = False) -> Panel:
    rows = [
        (place, year, value)
        for place, years in sorted(found.items())
        for year, value in sorted(years.items())
    ]
    schema = {"place": pl.String, "year": pl.Int32, "x": pl.Float64}
    return Panel(frame=pl.DataFrame(rows[::-1] if backwards else rows, schema=schema, orient="row"))


def values_of(panel: Panel, name: str = "x") -> dict[str, dict[int, float | None]]:
    found: dict[str, dict[int, float | None]] = {}
    for place, year, value in panel.frame.select("place", "year", name).rows():
        found.setdefault(place, {})[year] = value
    return found


def close(found: dict, expected: dict) -> None:
    flat = {(place, year): value for place, years in found.items() for year, value in years.items()}
    told = {(place, year): value for place, years in expected.items() for year, value in years.items()}
    assert flat.keys() == told.keys()
    for key, value in told.items():
        assert flat[key] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), key


@given(
    places(Values), st.sampled_from(["interpolate", "neighbours"]), st.none() | st.integers(1, 4),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_filling_inside_equals_the_twin(
    found: dict, method: str, max_gap: int | None, across: bool, backwards: bool
) -> None:
    made = fill_panel(
        panel_of(found, backwards=backwards),
        ["x"],
        method=method,
        max_gap=max_gap,
        across_missing_rows=across,
    )
    close(
        values_of(made.panel),
        {
            place: panel_filling.filled_inside(years, method, max_gap, across)
            for place, years in found.items()
        },
    )


@given(
    places(Positive), st.sampled_from(["geometric", "arithmetic"]), st.none() | st.integers(1, 4),
    st.booleans(), st.sampled_from(["both", "head", "tail"]),
)  # fmt: skip
def test_extrapolating_by_growth_equals_the_twin(
    found: dict, mean: str, max_gap: int | None, across: bool, ends: str
) -> None:
    made = fill_panel(
        panel_of(found),
        ["x"],
        method="growth",
        max_gap=max_gap,
        across_missing_rows=across,
        mean=mean,
        ends=ends,
    )
    close(
        values_of(made.panel),
        {
            place: panel_filling.filled_outside(years, mean, max_gap, across, ends)
            for place, years in found.items()
        },
    )


@given(places(Values), st.sampled_from(["interpolate", "neighbours", "growth"]))
def test_filled_cells_are_the_nulls_that_went_and_each_is_marked_and_listed(found: dict, method: str) -> None:
    panel = panel_of(found)
    made = fill_panel(panel, ["x"], method=method)
    before, after = panel.frame["x"].null_count(), made.panel.frame["x"].null_count()
    assert made.cells.height == before - after
    assert made.left.height == after
    assert made.panel.frame["x_filled"].is_not_null().sum() == before - after
    assert count_filled(made.panel.frame)["cells"].sum() == before - after
    kept = panel.frame["x"].is_not_null()
    assert made.panel.frame.filter(kept)["x"].equals(panel.frame.filter(kept)["x"])
    assert (
        f": {before - after} cells in {made.cells['place'].n_unique()} places; {after} nulls stay"
        in made.panel.log[-1]
    )


@given(series(Values))
def test_interpolation_lies_between_its_neighbours(found: dict) -> None:
    made = fill_panel(panel_of({"A": found}), ["x"], method="interpolate")
    for year, value in made.cells.select("year", "value").rows():
        before, after = panel_filling.neighbours_of(found, year)
        assert min(found[before], found[after]) <= value <= max(found[before], found[after])


@given(places(Positive))
def test_filling_twice_fills_no_more_and_a_filled_value_is_no_source(found: dict) -> None:
    once = fill_panel(panel_of(found), ["x"], method="interpolate")
    again = fill_panel(once.panel, ["x"], method="interpolate")
    assert again.cells.is_empty()
    assert again.panel.frame.equals(once.panel.frame)
    after = fill_panel(once.panel, ["x"], method="growth", mean="arithmetic")
    direct = fill_panel(panel_of(found), ["x"], method="growth", mean="arithmetic")
    assert after.cells.equals(direct.cells)


def test_a_gap_of_rows_is_not_filled_across_unless_asked_and_says_so() -> None:
    found = {"A": {2000: 1.0, 2001: None, 2003: 4.0}}
    refused = fill_panel(panel_of(found), ["x"], method="interpolate")
    assert refused.cells.is_empty()
    assert refused.left.rows() == [("A", 2001, "x", "a year has no row")]
    asked = fill_panel(panel_of(found), ["x"], method="interpolate", across_missing_rows=True)
    assert asked.cells.rows() == [("A", 2001, "x", "interpolate", 2.0)]
    with_rows = fill_panel(add_missing_rows(panel_of(found)), ["x"], method="interpolate")
    assert with_rows.cells["value"].to_list() == [2.0, 3.0]


def test_nulls_that_stay_say_why() -> None:
    found = {
        "A": {2000: None, 2001: 1.0, 2002: None, 2003: None, 2004: 4.0},
        "B": {2000: None},
        "C": {2000: 1.0, 2001: None},
        "D": {2000: -1.0, 2001: 2.0, 2002: None},
    }
    inside = fill_panel(panel_of(found), ["x"], method="neighbours", max_gap=1)
    reasons = dict.fromkeys(inside.left["reason"])
    assert set(reasons) == {"outside the series", "the gap is too long", "the place has no value"}
    growth = fill_panel(panel_of(found), ["x"], method="growth")
    assert {(row[0], row[3]) for row in growth.left.rows()} == {
        ("A", "inside the series"), ("B", "the place has no value"), ("C", "fewer than two values"),
        ("D", "values that are not positive"),
    }  # fmt: skip


def test_not_a_number_is_filled_like_null_and_whole_numbers_become_decimal() -> None:
    frame = pl.DataFrame(
        {"place": ["A"] * 3, "year": [1, 2, 3], "x": [1.0, math.nan, 2.0], "n": [1, None, 2]}
    )
    made = fill_panel(Panel(frame=frame), ["x", "n"], method="interpolate").panel.frame
    assert made["x"].to_list() == [1.0, 1.5, 2.0]
    assert made["n"].to_list() == [1.0, 1.5, 2.0]
    assert made.columns == ["place", "year", "x", "x_filled", "n", "n_filled"]


def test_a_filled_outcome_has_no_known_answer() -> None:
    panel = simulate_panel(seed=1, places=3).panel
    hole = pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise(pl.col("outcome")).alias("outcome")
    holed = Panel(frame=panel.frame.with_columns(hole), made_by=panel.made_by, simulated=True)
    assert known_answers(holed, "outcome")
    made = fill_panel(holed, ["outcome"], method="interpolate")
    assert made.cells.height == 1
    assert known_answers(made.panel, "outcome") == {}
    assert made.panel.made_by["filled"][0]["method"] == "interpolate"


@pytest.mark.parametrize(
    ("columns", "options", "error"),
    [
        (["x"], {"method": "guess"}, SettingError),
        (["x"], {"method": "interpolate", "max_gap": 0}, SettingError),
        (["x"], {"method": "growth", "mean": "median"}, SettingError),
        (["x"], {"method": "growth", "ends": "middle"}, SettingError),
        ([], {"method": "growth"}, SettingError),
        (["x", "x"], {"method": "growth"}, SettingError),
        (["y"], {"method": "growth"}, ColumnError),
        (["year"], {"method": "growth"}, ColumnError),
    ],
)
def test_filling_refuses_what_it_cannot_do(columns: list[str], options: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        fill_panel(panel_of({"A": {2000: 1.0}}), columns, **options)


@given(places(Values), st.integers(1, 3), st.booleans())
def test_lags_and_leads_equal_the_twin_by_year_not_by_row(found: dict, years: int, backwards: bool) -> None:
    panel = panel_of(found, backwards=backwards)
    lagged, led = add_lag(panel, ["x"], years=years), add_lead(panel, ["x"], years=years)
    close(values_of(lagged, f"lag{years}_x"), {p: panel_filling.shifted(s, -years) for p, s in found.items()})
    close(values_of(led, f"lead{years}_x"), {p: panel_filling.shifted(s, years) for p, s in found.items()})
    assert lagged.frame.select("place", "year", "x").equals(panel.frame)


@given(places(Values), st.integers(1, 3))
def test_the_lead_of_the_lag_is_the_value_where_both_years_have_rows(found: dict, years: int) -> None:
    made = add_lead(add_lag(panel_of(found), ["x"], years=years), [f"lag{years}_x"], years=years)
    for place, year, value, back in made.frame.select(
        "place", "year", "x", f"lead{years}_lag{years}_x"
    ).rows():
        assert back == (value if year + years in found[place] else None)


@given(places(Values), st.integers(1, 3))
def test_the_log_of_a_lag_counts_every_row(found: dict, years: int) -> None:
    line = add_lag(panel_of(found), ["x"], years=years).log[-1]
    numbers = [int(word) for word in line.replace(",", " ").split() if word.isdigit()]
    assert sum(numbers) == sum(len(one) for one in found.values())


@given(places(Values), st.integers(1, 2), st.sampled_from(["ratio", "log"]))
def test_growth_equals_the_twin_and_its_log_counts_every_row(found: dict, years: int, kind: str) -> None:
    made = add_growth(panel_of(found), ["x"], kind=kind, years=years)
    name = {"ratio": "growth", "log": "dlog"}[kind] + ("" if years == 1 else str(years)) + "_x"
    close(values_of(made, name), {p: panel_filling.growth(s, years, kind) for p, s in found.items()})
    numbers = [int(word) for word in made.log[-1].replace(",", " ").split() if word.isdigit()]
    assert sum(numbers) == sum(len(one) for one in found.values())


def test_growth_from_zero_is_null_and_counted() -> None:
    made = add_growth(panel_of({"A": {2000: 0.0, 2001: 3.0, 2002: 0.0}}), ["x"])
    assert made.frame["growth_x"].to_list() == [None, None, -1.0]
    assert made.log[-1].endswith("0 of a null, 1 not positive")
    logs = add_growth(panel_of({"A": {2000: 1.0, 2001: 0.0, 2002: 5.0}}), ["x"], kind="log")
    assert logs.frame["dlog_x"].to_list() == [None, None, None]


def test_lags_refuse_what_they_cannot_do() -> None:
    panel = panel_of({"A": {2000: 1.0}})
    with pytest.raises(SettingError):
        add_lag(panel, ["x"], years=0)
    with pytest.raises(ColumnError, match="missing"):
        add_lead(panel, ["y"])
    with pytest.raises(ColumnError, match="already"):
        add_lag(add_lag(panel, ["x"]), ["x"])
    with pytest.raises(SettingError):
        add_growth(panel, ["x"], kind="percent")


def test_each_treatment_of_zeros_has_its_own_name_and_formula() -> None:
    panel = panel_of({"A": {2000: 0.0, 2001: 3.0, 2002: None}})
    assert add_log(panel, ["x"]).frame["log_x"].to_list() == [0.0, math.log(4), None]
    made = add_log(panel, ["x"], zeros="null")
    assert made.frame["ln_x"].to_list() == [None, math.log(3), None]
    assert made.log[-1] == "ln_x = ln x: 1 zeros made null, 1 nulls kept"
    assert add_log(panel, ["x"], zeros="asinh").frame["asinh_x"].to_list() == [
        0.0,
        pytest.approx(math.asinh(3)),
        None,
    ]
    with pytest.raises(DataError, match="1 values of 'x' are zero"):
        add_log(panel, ["x"], zeros="error")
    with pytest.raises(SettingError):
        add_log(panel, ["x"], zeros="keep")
    below = panel_of({"A": {2000: -2.0}})
    for zeros in ("log1p", "null", "error"):
        with pytest.raises(DataError, match="negative"):
            add_log(below, ["x"], zeros=zeros)
    assert add_log(below, ["x"], zeros="asinh").frame["asinh_x"].to_list() == [pytest.approx(math.asinh(-2))]
    with pytest.raises(DataError, match="infinite"):
        add_log(panel_of({"A": {2000: math.inf}}), ["x"])


@given(places(Values), st.sampled_from(["drop_places", "common_years"]), st.booleans())
def test_a_balanced_panel_is_balanced_and_its_rows_add_up(found: dict, how: str, asked: bool) -> None:
    panel = panel_of(found)
    columns = ["x"] if asked else []
    try:
        made = balance_panel(panel, how=how, columns=columns)
    except DataError:
        counted = (lambda years: {y for y, v in years.items() if v is not None}) if asked else set
        if how == "common_years":
            assert not set.intersection(*(counted(years) for years in found.values()))
        else:
            every = set.union(*(counted(years) for years in found.values())) or {-1}
            assert all(counted(years) != every for years in found.values())
        return
    assert balance(made.panel).balanced
    assert made.panel.frame.height + made.dropped.height == panel.frame.height
    if asked:
        assert made.panel.frame["x"].null_count() == 0
    both = pl.concat([made.panel.frame.select("place", "year"), made.dropped.select("place", "year")])
    assert both.sort("place", "year").equals(panel.frame.select("place", "year").sort("place", "year"))


def test_balancing_names_what_it_leaves_out() -> None:
    found = {"A": {2000: 1.0, 2001: 1.0}, "B": {2001: 1.0}, "C": {2000: 1.0, 2001: 2.0, 1999: 3.0}}
    made = balance_panel(panel_of(found), how="drop_places", years=(2000, 2001))
    assert sorted(made.panel.frame["place"].unique()) == ["A", "C"]
    assert made.dropped.rows() == [("B", 2001, "the place lacks a year"), ("C", 1999, "outside the years")]
    assert "1 places (B)" in made.panel.log[-1]
    with pytest.raises(DataError, match="no place has all the years"):
        balance_panel(panel_of(found), how="drop_places", years=(2000, 2003))
    with pytest.raises(SettingError):
        balance_panel(panel_of(found), how="drop_places", years=(2001, 2000))


def test_missing_rows_are_added_marked_and_carry_what_is_constant() -> None:
    frame = pl.DataFrame(
        {
            "place": ["A", "A", "B"],
            "year": [2000, 2002, 2001],
            "x": [1.0, 2.0, 3.0],
            "cohort": [2001, 2001, None],
        }
    )
    made = add_missing_rows(Panel(frame=frame), constant=["cohort"])
    assert made.frame.filter("row_added").rows() == [("A", 2001, None, 2001, True)]
    whole = add_missing_rows(Panel(frame=frame), span="panel")
    assert balance(whole).balanced
    assert whole.frame["row_added"].sum() == 3
    assert add_missing_rows(made).frame.filter("row_added").height == 1
    with pytest.raises(DataError, match="not constant"):
        add_missing_rows(Panel(frame=frame), constant=["x"])


@given(
    st.lists(st.none() | st.integers(-100, 100).map(float), min_size=1, max_size=30),
    st.sampled_from([(0.05, 0.95), (0.0, 0.9)]),
)
def test_trimming_equals_the_twin(values: list[float | None], limits: tuple[float, float]) -> None:
    panel = panel_of({"A": dict(enumerate(values, start=2000))})
    made = winsorise(panel, ["x"], lower=limits[0], upper=limits[1], beyond="null")
    known = [value for value in values if value is not None]
    expected = values
    if known:
        low, high = (panel_steps.quantile(known, share) for share in limits)
        expected = panel_filling.trimmed(values, low - 1e-12, high + 1e-12)
    assert made.frame["x"].to_list() == expected
    assert f"{sum(e is None for e in expected) - values.count(None)} values made null" in made.log[-1]
