"""Stacked difference in differences: clean controls only, weights as said, places counted once."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.stacked import StackedSpec, fit_stacked
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import fixed_effects as regression
from tests.reference import staggered as twin


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 30, "cohorts": [2012, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


def spec(**options) -> StackedSpec:
    return StackedSpec(**{"name": "(1)", "outcome": "outcome", **options})


@pytest.mark.parametrize("comparison", ["not_yet", "never"])
def test_effects_are_means_of_clean_comparisons_weighed_by_treated_places(comparison: str) -> None:
    panel = simulated()
    frame = panel.frame.sort("place", "year")
    y = twin.wide(frame, "outcome")
    cohort = frame.group_by("place", maintain_order=True).first()["cohort"].fill_null(0).to_numpy()
    result = fit_stacked(panel, spec(comparison=comparison))
    effects = {}
    for k in range(-3, 4):
        if k == -1:
            continue
        total = 0.0
        for g in (2012, 2014, 2016):
            clean = cohort == 0
            if comparison == "not_yet":
                clean = clean | (cohort > g + 3)
            change = y[:, g + k - 2008] - y[:, g - 1 - 2008]
            total += (cohort == g).sum() * (change[cohort == g].mean() - change[clean].mean())
        effects[k] = total / (cohort > 0).sum()
        row = result.estimates.filter(event_time=k).row(0, named=True)
        assert row["estimate"] == pytest.approx(effects[k], abs=1e-10)
    assert result.estimates["estimate"][0] == pytest.approx(
        np.mean([effects[k] for k in range(4)]), abs=1e-10
    )
    assert result.estimates.filter(event_time=-1).row(0, named=True)["estimate"] == 0


def test_weighed_by_treated_places_it_equals_diff_diff() -> None:
    import diff_diff

    panel = simulated()
    data = panel.frame.with_columns(pl.col("cohort").fill_null(0)).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = diff_diff.StackedDiD(kappa_pre=3, kappa_post=3, control_group="not_yet_treated")
        native = library.fit(data, "outcome", "place", "year", "cohort", aggregate="event_study")
    result = fit_stacked(panel, spec())
    assert result.estimates["estimate"][0] == pytest.approx(native.overall_att, rel=1e-9)
    for k in (-3, -2, 0, 1, 2, 3):
        row = result.estimates.filter(event_time=k).row(0, named=True)
        assert row["estimate"] == pytest.approx(native.event_study_effects[k]["effect"], abs=1e-10)
        # theirs has no effects of places: the residuals differ, the size of the error does not
        assert row["std_error"] == pytest.approx(native.event_study_effects[k]["se"], rel=0.2)


def test_the_regression_of_the_stack_equals_the_twin_clustered_by_the_place_of_origin() -> None:
    panel = simulated(places=14, cohorts=[2012, 2015])
    pieces = []
    for g in (2012, 2015):
        inside = pl.col("year").is_between(g - 2, g + 2)
        clean = pl.col("cohort").is_null() | (pl.col("cohort") > g + 2)
        pieces.append(
            panel.frame.filter(inside, (pl.col("cohort") == g) | clean).with_columns(
                stack=pl.lit(g), on=((pl.col("cohort") == g) & (pl.col("year") >= g)).fill_null(value=False)
            )
        )
    stack = pl.concat(pieces)
    unit = stack.select("stack", "place").to_struct().rank("dense").to_numpy()
    time = stack.select("stack", "year").to_struct().rank("dense").to_numpy()
    place = stack["place"].rank("dense").to_numpy()
    x = np.column_stack([stack["on"].to_numpy().astype(float), stack["control"].to_numpy()])
    expected = regression.regression(stack["outcome"].to_numpy(), x, [unit, time], place, "cluster")
    result = fit_stacked(panel, spec(weights="regression", leads=2, lags=2, controls=("control",)))
    row = result.estimates.row(0, named=True)
    assert row["estimate"] == pytest.approx(expected["coefficients"][0], rel=1e-8)
    assert row["std_error"] == pytest.approx(expected["std_errors"][0], rel=1e-8)
    assert result.statistics["n"] == stack.height
    assert result.statistics["t_degrees"] == 13
    assert "clustered by place (14 clusters)" in result.notes[0]


def test_stacks_are_told_and_cohorts_outside_the_window_named() -> None:
    result = fit_stacked(simulated(cohorts=[2010, 2014, 2020]), spec())
    assert result.frames["stacks"].rows() == [(2014, 5, 20, 175)]
    assert "cohorts left out that are not seen in the whole window: 2010, 2020" in result.notes
    with pytest.raises(DataError, match="no cohort is seen in the whole window"):
        fit_stacked(simulated(), spec(leads=9))


def test_a_place_treated_within_the_window_is_no_control_of_an_earlier_cohort() -> None:
    stacks = fit_stacked(simulated(cohorts=[2012, 2014]), spec()).frames["stacks"]
    assert stacks["places_compared"].to_list() == [15, 15]
    stacks = fit_stacked(simulated(cohorts=[2012, 2014]), spec(leads=1, lags=1)).frames["stacks"]
    assert stacks["places_compared"].to_list() == [15 + 7, 15]


def test_the_known_answer_is_that_of_the_window() -> None:
    assert fit_stacked(simulated(), spec()).truth["treated"] == pytest.approx(0.25 + 0.1 * 1.5)
    assert "treated" not in fit_stacked(simulated(), spec(weights="regression")).truth
    same = fit_stacked(simulated(growth=0.0), spec(weights="regression"))
    assert same.truth["treated"] == 0.25


@pytest.mark.parametrize("options", [{"leads": 0}, {"lags": -1}, {"weights": "equal"}, {"comparison": "all"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        fit_stacked(simulated(), spec(**options))
