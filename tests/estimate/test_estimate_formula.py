"""Formulas in the style of fixest: read, refused, and turned into the same numbers as a specification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.formula import apply_formula
from patentmetrics.estimate.formula_reading import Indicators, parse_formula
from patentmetrics.estimate.models import fit
from patentmetrics.panel.treatment import add_treatment
from tests.estimate.models_for_tests import panel_for_all


@pytest.fixture(scope="module")
def panel() -> Panel:
    return add_treatment(panel_for_all())


def test_all_parts_of_a_formula_are_read() -> None:
    found = parse_formula("log_专利 ~ 1 + gdp + a:b + c*d | 城市 + 省^year | d1 + d2 ~ z1 + `z 2`")
    assert found.outcome == "log_专利"
    assert found.terms == (("gdp",), ("a", "b"), ("c",), ("d",), ("c", "d"))
    assert found.fixed_effects == ("城市", "省^year")
    assert found.endogenous == ("d1", "d2")
    assert found.instruments == ("z1", "z 2")
    assert parse_formula("y ~ x | d ~ z").fixed_effects is None
    assert parse_formula("y ~ i(region, x, ref='North East') | place").terms == (
        Indicators(column="region", times="x", reference="North East"),
    )
    assert parse_formula("y ~ i(event_time, ref=-1, leads=3, lags=2) | place").event == Indicators(
        column="event_time", reference="-1", window=(3, 2)
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("y x", "~ is expected"), ("~ x", "the outcome is expected"), ("y ~", "a regressor is expected"),
        ("y ~ log(x) | place", "not known here"), ("y ~ x | place[year]", "slopes"),
        ("y ~ x | 0", "without fixed effects"), ("y ~ x - 1 | place", "does not end here"),
        ("y ~ x | place | year", "named twice"), ("y ~ a*b*c | place", "two parts"),
        ("y ~ x ; z | place", "no sign"), ("y ~ i(e, leads=3) | place", "together"),
        ("y ~ i(e, leads=3, lags=2) | place", "are for i"), ("y ~ i(e, bin=3) | place", "no such setting"),
        ("y ~ x | place | d ~", "a column is expected"),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_named(text: str, what: str) -> None:
    with pytest.raises(SettingError, match=what):
        parse_formula(text)


def test_products_and_indicators_are_columns_with_the_products_of_the_values(panel: Panel) -> None:
    formula = parse_formula(
        "outcome ~ control:slope + i(region, ref=East) + i(region, control) | place + year"
    )
    made, values = apply_formula(panel, formula, DidSpec)
    frame = made.frame
    assert frame["control:slope"].to_numpy() == pytest.approx(
        frame["control"].to_numpy() * frame["slope"].to_numpy()
    )
    assert values["controls"][:2] == ("region::Central", "region::West")
    assert frame["region::West"].sum() == (frame["region"] == "West").sum()
    assert frame["region::East:control"].to_numpy() == pytest.approx(
        np.where(frame["region"] == "East", frame["control"], 0.0)
    )


def test_a_missing_source_makes_a_missing_column_and_the_row_is_counted(panel: Panel) -> None:
    holed = panel.frame.with_columns(
        control=pl.when(pl.int_range(pl.len()) < 7).then(None).otherwise("control")
    )
    result = fit(replace(panel, frame=holed), {"formula": "outcome ~ treated + control:slope | place + year"})
    assert result.statistics["rows_dropped"] == 7
    assert any("control:slope 7" in note for note in result.notes)


def test_an_interacted_effect_equals_the_two_groups_by_themselves(panel: Panel) -> None:
    # year effects of each half of the places, and both slopes apart: nothing is shared
    together = fit(
        panel,
        {"formula": "outcome ~ i(industrial, treated) + i(industrial, control) | place + industrial^year"},
    ).estimates
    for group in (0, 1):
        half = replace(panel, frame=panel.frame.filter(pl.col("industrial") == group))
        alone = fit(half, {"formula": "outcome ~ treated + control | place + year"}).estimates
        row = together.filter(pl.col("term") == f"industrial::{group}:treated")
        assert row["estimate"][0] == pytest.approx(alone["estimate"][0], rel=1e-9)


def test_event_time_becomes_an_event_study_with_its_test(panel: Panel) -> None:
    told = {"model": "event_study", "name": "(1)", "outcome": "outcome", "leads": 3, "lags": 2}
    by_spec = fit(panel, told)
    formula = "outcome ~ i(event_time, ref=-1, leads=3, lags=2) | place + year"
    by_formula = fit(panel, {"formula": formula})
    assert by_formula.estimates.equals(by_spec.estimates)
    assert by_formula.statistics["pretrend_p"] == by_spec.statistics["pretrend_p"]
    whole = fit(panel, {"formula": "outcome ~ i(event_time, ref=-2) | place + year"})
    times = panel.frame["event_time"].drop_nulls()
    assert whole.estimates["event_time"].to_list() == list(range(times.min(), times.max() + 1))
    assert whole.estimates.filter(pl.col("event_time") == -2)["std_error"].to_list() == [None]


def test_instruments_become_two_stage_least_squares(panel: Panel) -> None:
    spec = {"model": "iv", "name": "(1)", "outcome": "outcome", "endogenous": ["control"],
            "instruments": ["slope"], "controls": ["treated"]}  # fmt: skip
    formula = "outcome ~ treated | place + year | control ~ slope"
    assert fit(panel, {"formula": formula}).estimates.equals(fit(panel, spec).estimates)


@pytest.mark.parametrize(
    ("table", "error", "what"),
    [
        ({"formula": "outcome ~ treated"}, SettingError, "names its fixed effects"),
        ({"formula": "outcome ~ region:control | place"}, ColumnError, "does not hold numbers"),
        ({"formula": "outcome ~ i(region, ref=North) | place"}, DataError, "no level"),
        ({"formula": "outcome ~ gdp | place"}, ColumnError, "'gdp' is missing"),
        ({"model": "did", "formula": "outcome ~ 1 | place"}, SettingError, "no treatment"),
        ({"model": "did", "formula": "outcome ~ x | place | d ~ z"}, SettingError, "takes no instruments"),
        ({"model": "bacon", "formula": "outcome ~ control"}, SettingError, "takes no"),
        ({"model": "imputation", "formula": "outcome ~ 1 | place + region^year"}, SettingError, "of its own"),
        ({"model": "did", "formula": "outcome ~ treated + control | place + year", "controls": ["slope"]},
         SettingError, "beside it"),
        ({"model": "honest", "formula": "outcome ~ treated | place + year"}, SettingError, "takes no"),
        ({"formula": "outcome ~ i(event_time, ref=before) | place + year"}, SettingError, "whole number"),
    ],
)  # fmt: skip
def test_a_formula_that_the_model_or_the_panel_cannot_take_is_refused(
    table: dict[str, object], error: type[Exception], what: str, panel: Panel
) -> None:
    with pytest.raises(error, match=what):
        fit(panel, table)


def test_models_with_effects_of_their_own_take_place_and_year(panel: Panel) -> None:
    formula = {"model": "imputation", "formula": "outcome ~ control | year + place"}
    spec = {"model": "imputation", "name": "(1)", "outcome": "outcome", "controls": ["control"]}
    assert fit(panel, formula).estimates.equals(fit(panel, spec).estimates)
