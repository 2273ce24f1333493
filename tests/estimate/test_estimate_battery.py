"""The battery: every check in one call, the same numbers as by itself, and nothing left out in silence."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.battery import CHECKS, Battery, BatterySpec, run_battery
from patentmetrics.estimate.models import fit
from patentmetrics.estimate.selections import Selection, select_rows
from patentmetrics.panel.winsorise import winsorise
from patentmetrics.report.battery_table import battery_table
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.forest_figures import plot_coefficients, plot_forest
from tests.estimate.models_for_tests import panel_for_all

SPEC = BatterySpec(
    outcome="outcome",
    controls=("control",),
    leads=3,
    lags=3,
    draws=99,
    subsamples=(
        Selection(name="East", column="region", values=("East",)),
        Selection(name="early", column="year", high=2016),
    ),
    other_policies=("treated_b", "industrial"),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_for_all()


@pytest.fixture(scope="module")
def battery(panel: Panel) -> Battery:
    return run_battery(panel, SPEC)


def effect(battery: Battery, check: str, part: str = "") -> float:
    return battery.effects.row(
        by_predicate=(pl.col("check") == check) & (pl.col("part") == part), named=True
    )["estimate"]


def test_every_check_is_in_the_effects_the_tests_or_among_those_not_run(battery: Battery) -> None:
    told = {*battery.effects["check"], *battery.tests["check"], *battery.not_run["check"]}
    assert told == set(CHECKS)
    assert battery.simulated


def test_each_check_gives_what_the_model_gives_by_itself(battery: Battery, panel: Panel) -> None:
    did = {"model": "did", "name": "m", "outcome": "outcome", "controls": ["control"]}
    baseline = fit(panel, did).estimates["estimate"][0]
    assert effect(battery, "baseline") == baseline
    assert effect(battery, "stepwise", "(2)") == baseline
    assert effect(battery, "stepwise", "(1)") == fit(panel, {**did, "controls": []}).estimates["estimate"][0]
    assert (
        effect(battery, "imputation") == fit(panel, {**did, "model": "imputation"}).estimates["estimate"][0]
    )
    east = replace(panel, frame=panel.frame.filter(pl.col("region") == "East"))
    assert effect(battery, "subsample", "East") == fit(east, did).estimates["estimate"][0]
    early = replace(panel, frame=panel.frame.filter(pl.col("year") <= 2016))
    assert effect(battery, "subsample", "early") == fit(early, did).estimates["estimate"][0]
    other = fit(panel, {**did, "controls": ["control", "treated_b"]})
    assert effect(battery, "other_policy", "treated_b") == other.estimates["estimate"][0]
    assert "treated_b + industrial" in battery.effects["part"].to_list()
    cut = winsorise(panel, ["outcome", "control"], lower=0.01, upper=0.99)
    assert effect(battery, "winsorised") == fit(cut, did).estimates["estimate"][0]
    placebo = battery.tests.filter(pl.col("statistic") == "p_two_sided")["value"][0]
    told = {**did, "model": "placebo", "kind": "unit", "draws": 99, "seed": 1}
    assert placebo == fit(panel, told).statistics["p_two_sided"]


def test_the_same_seed_gives_the_same_battery(battery: Battery, panel: Panel) -> None:
    again = run_battery(panel, SPEC)
    assert again.effects.equals(battery.effects)
    assert again.tests.equals(battery.tests)


def test_what_cannot_run_is_listed_with_its_reason(panel: Panel) -> None:
    bare = replace(panel, frame=panel.frame.drop("cohort", "cohort_a", "cohort_b"))
    found = run_battery(bare, BatterySpec(outcome="outcome", leave_out=("winsorised",)))
    reasons = dict(found.not_run.select("check", "reason").rows())
    assert "'cohort' is missing" in reasons["imputation"]
    assert "left out on request" in reasons["winsorised"]
    assert "no sub-sample" in reasons["subsample"]
    assert "no other policy" in reasons["other_policy"]
    assert "stepwise" in reasons
    assert "psm_did" in reasons
    assert found.effects["check"].to_list() == ["baseline"]
    table = battery_table(found)
    assert any("Not run: Imputation (BJS)" in note and "missing" in note for note in table.notes)


def test_a_baseline_that_cannot_be_estimated_ends_the_whole(panel: Panel) -> None:
    with pytest.raises(ColumnError, match="'patents' is missing"):
        run_battery(panel, BatterySpec(outcome="patents"))
    with pytest.raises(SettingError):
        run_battery(panel, BatterySpec(outcome="outcome", leave_out=("baseline",)))


def test_an_effect_that_cohort_estimators_cannot_absorb_is_said(panel: Panel) -> None:
    keep = ("imputation",)
    spec = BatterySpec(
        outcome="outcome",
        fixed_effects=("place", "region^year"),
        leave_out=tuple(one for one in CHECKS[1:] if one not in keep),
    )
    found = run_battery(panel, spec)
    note = found.effects.filter(pl.col("check") == "imputation")["note"][0]
    assert note == "without the effects region^year of the baseline"
    assert found.effects["note"][0] is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_table_and_one_forest_plot(battery: Battery, language: str, tmp_path: object) -> None:
    table = battery_table(battery, language=language)
    assert len(table.headings) == 2
    labels = [row[0] for row in table.rows]
    assert ("Sub-sample: East" if language == "en" else "子样本：East") in labels
    assert len(labels) == battery.effects.height + battery.tests.height + 2
    figure = plot_forest(battery, language=language)
    axes = figure.axes[0]
    assert [one.get_text() for one in axes.get_yticklabels()] == labels[1 : battery.effects.height + 1]
    save_figure(figure, tmp_path / "forest.png")  # type: ignore[operator]


def test_coefficients_of_models_are_drawn_where_they_have_the_term(battery: Battery) -> None:
    figure = plot_coefficients(battery.results, term="control")
    drawn = [one.get_text() for one in figure.axes[0].get_yticklabels()]
    assert drawn[0] == "baseline"
    assert "stepwise (1)" not in drawn
    with pytest.raises(SettingError, match="no model has"):
        plot_coefficients(battery.results, term="gdp")


def test_a_selection_counts_what_it_leaves_out_and_refuses_what_it_cannot_do(panel: Panel) -> None:
    holed = replace(panel, frame=panel.frame.with_columns(
        region=pl.when(pl.col("year") == 2010).then(None).otherwise("region")))  # fmt: skip
    chosen, told = select_rows(holed, Selection(name="x", column="region", without=("East",)))
    assert set(chosen.frame["region"]) == {"Central", "West"}
    assert "(40 without a value)" in told
    for selection, error in [
        (Selection(name="x", column="region"), SettingError),
        (Selection(name="x", column="region", low=1), SettingError),
        (Selection(name="x", column="region", values=("North",)), DataError),
        (Selection(name="x", column="year", low=2050), DataError),
        (Selection(name="x", column="gdp", low=2050), ColumnError),
    ]:
        with pytest.raises(error):
            select_rows(panel, selection)
