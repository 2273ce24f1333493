"""Synthetic difference in differences: published digits, several cohorts, errors that are refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.synthetic import SyntheticSpec, fit_synthetic
from patentmetrics.simulate.panel import simulate_panel

EXTERNAL = Path(__file__).parent.parent / "external"
PUBLISHED = tomllib.loads((EXTERNAL / "staggered_published.toml").read_text(encoding="utf-8"))["synthdid"]
PORT = json.loads((EXTERNAL / "synthdid_staggered.json").read_text(encoding="utf-8"))


def spec(**options) -> SyntheticSpec:
    return SyntheticSpec(**{"name": "(1)", "outcome": "outcome", **options})


def cigarettes() -> Panel:
    frame = pl.read_csv(EXTERNAL / "prop99_cigarettes.csv", comment_prefix="#")
    frame = frame.unpivot(index="place", variable_name="year", value_name="packs").with_columns(
        pl.col("year").cast(pl.Int32), cohort=pl.when(pl.col("place") == "California").then(1989)
    )
    return Panel(frame=frame)


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 40, "cohorts": [2014, 2016], "share_treated": 0.3, "growth": 0.1, "seed": 4, **options}
    ).panel


def test_the_effect_and_weights_of_the_tobacco_programme_that_r_synthdid_prints() -> None:
    result = fit_synthetic(cigarettes(), spec(outcome="packs"))
    assert round(result.estimates["estimate"][0], 3) == PUBLISHED["estimate"]
    assert result.estimates["estimate"][0] == pytest.approx(-15.6038, abs=5e-5)
    units = dict(result.frames["unit_weights"].select("place", pl.col("weight").round(3)).rows())
    assert {state: units[state] for state in PUBLISHED["unit_weights"]} == PUBLISHED["unit_weights"]
    times = dict(result.frames["time_weights"].select("year", pl.col("weight").round(3)).rows())
    assert {year: weight for year, weight in times.items() if weight} == {
        int(year): weight for year, weight in PUBLISHED["time_weights"].items()
    }
    # R: sqrt(vcov(estimate, method = "placebo")) lies between 8 and 11, by the seed
    assert 7.5 < result.estimates["std_error"][0] < 11.5


def test_several_cohorts_equal_the_port_of_synthdid_and_stata_sdid() -> None:
    panel = simulate_panel(**PORT["settings"]).panel
    result = fit_synthetic(panel, spec(errors="jackknife"))
    assert result.estimates["estimate"][0] == pytest.approx(PORT["estimate"], rel=1e-9)
    cohorts = result.frames["by_cohort"]
    assert cohorts["cohort"].to_list() == PORT["cohorts"]
    assert cohorts["estimate"].to_list() == pytest.approx(PORT["effects"], rel=1e-9)
    assert cohorts["share"].to_list() == pytest.approx(PORT["shares"])
    assert result.estimates["std_error"][0] == pytest.approx(PORT["jackknife"], rel=1e-8)


def test_frames_say_how_the_effect_came_about() -> None:
    result = fit_synthetic(simulated(), spec())
    assert result.frames["unit_weights"].group_by("cohort").agg(pl.col("weight").sum())[
        "weight"
    ].to_list() == (pytest.approx([1, 1]))
    for g, effect in result.frames["by_cohort"].select("cohort", "estimate").rows():
        rows = result.frames["trends"].filter(cohort=g)
        weights = result.frames["time_weights"].filter(cohort=g)
        assert weights["weight"].sum() == pytest.approx(1)
        gap = rows.with_columns(gap=pl.col("treated") - pl.col("synthetic")).join(
            weights, on="year", how="left"
        )
        after = gap.filter(pl.col("year") >= g)["gap"].mean()
        assert after - (gap["gap"] * gap["weight"]).sum() == pytest.approx(effect)
    cohorts = result.frames["by_cohort"]
    assert result.estimates["estimate"][0] == pytest.approx((cohorts["share"] * cohorts["estimate"]).sum())
    draws = result.frames["draws"]["estimate"].to_numpy()
    assert len(draws) == result.statistics["draws"] == 200
    assert result.estimates["std_error"][0] == pytest.approx(draws.std())
    times = result.estimates["event_time"].drop_nulls()
    assert times.to_list() == list(range(-8, 8))


def test_event_times_average_to_the_effect_of_one_cohort() -> None:
    result = fit_synthetic(simulated(cohorts=[2015]), spec())
    after = result.estimates.filter(pl.col("event_time") >= 0)
    assert after["estimate"].mean() == pytest.approx(result.estimates["estimate"][0])


@pytest.mark.parametrize("errors", ["placebo", "bootstrap", "jackknife"])
def test_the_unit_and_level_of_the_outcome_do_not_matter(errors: str) -> None:
    panel = simulated()
    moved = Panel(frame=panel.frame.with_columns(outcome=1e6 * pl.col("outcome") + 3e8))
    one, two = (fit_synthetic(each, spec(errors=errors, draws=50)).estimates for each in (panel, moved))
    assert two["estimate"].to_list() == pytest.approx((1e6 * one["estimate"]).to_list(), rel=1e-4, abs=10)
    assert two["std_error"][0] == pytest.approx(1e6 * one["std_error"][0], rel=1e-4)


def test_the_three_errors_are_of_one_size_and_follow_the_seed() -> None:
    panel = simulated(places=60)
    found = {
        errors: fit_synthetic(panel, spec(errors=errors, draws=60))
        for errors in ("placebo", "bootstrap", "jackknife")
    }
    sizes = {errors: one.estimates["std_error"][0] for errors, one in found.items()}
    assert max(sizes.values()) < 1.5 * min(sizes.values())
    again = fit_synthetic(panel, spec(errors="bootstrap", draws=60))
    assert again.estimates.equals(found["bootstrap"].estimates)
    other = fit_synthetic(panel, spec(errors="bootstrap", draws=60, seed=2)).estimates["std_error"][0]
    assert other != sizes["bootstrap"]
    assert len(found["jackknife"].frames["draws"]) == 60


def test_the_bootstrap_with_one_treated_place_is_refused() -> None:
    """diff-diff gives a number there; it is no standard error."""
    with pytest.raises(DataError, match="bootstrap with one treated place") as caught:
        fit_synthetic(cigarettes(), spec(outcome="packs", errors="bootstrap"))
    assert 'errors="placebo"' in str(caught.value)
    with pytest.raises(DataError, match="jackknife needs two places in each cohort; 1989"):
        fit_synthetic(cigarettes(), spec(outcome="packs", errors="jackknife"))


def test_a_placebo_without_more_controls_than_treated_is_refused() -> None:
    with pytest.raises(DataError, match="placebo needs more never-treated places"):
        fit_synthetic(simulated(share_treated=0.5), spec())


def test_controls_are_taken_out_with_slopes_of_the_untreated() -> None:
    panel = simulated(noise_sd=0.05, places=60)
    plain, adjusted = fit_synthetic(panel, spec()), fit_synthetic(panel, spec(controls=("control",)))
    assert adjusted.estimates["std_error"][0] < 0.3 * plain.estimates["std_error"][0]
    assert adjusted.estimates["estimate"][0] == pytest.approx(adjusted.truth["treated"], abs=0.05)
    assert any("slopes from the untreated rows: control" in one for one in adjusted.notes)


def test_a_cohort_with_one_year_before_is_refused_and_gaps_are_named() -> None:
    with pytest.raises(DataError, match="cohort 2009 has one year before"):
        fit_synthetic(simulated(cohorts=[2009, 2016]), spec())
    frame = simulated().frame.filter((pl.col("place") != "Simulated city 003") | (pl.col("year") != 2010))
    with pytest.raises(DataError, match="lack a year"):
        fit_synthetic(Panel(frame=frame), spec())
    assert fit_synthetic(Panel(frame=frame), spec(incomplete_places="drop")).statistics["n"] == 39 * 14
    flat = simulated().frame.with_columns(outcome=pl.lit(1.0) + pl.col("treated"))
    with pytest.raises(DataError, match=r"does not vary|do not change"):
        fit_synthetic(Panel(frame=flat), spec())


def test_no_place_never_treated_leaves_the_last_cohort_as_controls() -> None:
    result = fit_synthetic(simulated(share_treated=1.0, cohorts=[2012, 2016]), spec(errors="jackknife"))
    assert result.frames["by_cohort"]["cohort"].to_list() == [2012]
    assert np.isfinite(result.estimates["std_error"][0])


@pytest.mark.parametrize("options", [{"errors": "robust"}, {"draws": 10}, {"seed": -1}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        fit_synthetic(simulated(), spec(**options))
