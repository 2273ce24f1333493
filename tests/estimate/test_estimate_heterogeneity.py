"""Interactions, split samples, stepwise tables and leaving groups out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.heterogeneity import (
    InteractionSpec,
    fit_interaction,
    median_groups,
    split_samples,
)
from patentmetrics.estimate.leave_out import LeaveOutSpec, fit_leave_out
from patentmetrics.estimate.stepwise import StepwiseSpec, fit_stepwise, steps_frame
from patentmetrics.simulate.panel import simulate_panel
from tests.reference.fixed_effects import regression

EXTERNAL = json.loads(
    (Path(__file__).parents[1] / "external" / "statsmodels_mechanisms.json").read_text("utf-8")
)
SPEC = InteractionSpec(name="(1)", outcome="outcome", controls=("control",), moderator="level")


def panel_of(*, places: int = 30, seed: int = 2, gap: float = 0.4) -> Panel:
    panel = simulate_panel(
        places=places, first_year=2005, last_year=2014, cohorts=[2009, 2011], seed=seed
    ).panel
    number = pl.col("place").str.tail(3).cast(pl.Int32)
    rng = np.random.default_rng(seed)
    frame = panel.frame.with_columns(
        level=(number % 2).cast(pl.Int8),
        region=(number % 3).replace_strict({0: "east", 1: "middle", 2: "west"}),
        income=pl.Series(rng.normal(size=panel.frame.height)) + number % 7,
        second=pl.Series(rng.normal(size=panel.frame.height)),
    )
    frame = frame.with_columns(outcome=pl.col("outcome") + gap * pl.col("treated") * pl.col("level"))
    return replace(panel, frame=frame)


def external_panel() -> Panel:
    frame = pl.DataFrame(EXTERNAL["data"]).with_columns(pl.col("place", "year").cast(pl.Int32))
    return Panel(frame=frame.with_columns(place="p" + pl.col("place").cast(pl.String).str.zfill(2)))


def test_interaction_equals_statsmodels_with_dummies() -> None:
    spec = replace(SPEC, controls=("x",), moderator="moderator")
    result = fit_interaction(external_panel(), spec)
    expected = EXTERNAL["interaction"]
    assert result.estimates["term"].to_list() == expected["terms"]
    assert result.estimates["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=1e-9)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=1e-9)


def test_a_moderator_of_places_is_absorbed_and_the_effects_are_those_at_0_and_1() -> None:
    result = fit_interaction(panel_of(), SPEC)
    assert result.estimates["term"].to_list() == ["treated", "treated × level", "control"]
    assert "level left out: absorbed by the fixed effects" in result.notes
    own, product = result.estimates["estimate"][:2]
    effects = result.frames["effects"]
    assert effects["at"].to_list() == [0, 1]
    assert effects["estimate"].to_list() == pytest.approx([own, own + product])
    at_zero = result.estimates.row(0, named=True)
    assert effects.row(0, named=True)["p_value"] == pytest.approx(at_zero["p_value"])
    # the effect at 1 is the coefficient of the treatment if 0 and 1 are exchanged
    panel = panel_of()
    turned = fit_interaction(
        replace(panel, frame=panel.frame.with_columns(level=1 - pl.col("level"))), SPEC
    ).estimates.row(0, named=True)
    at_one = effects.row(1, named=True)
    for part in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
        assert at_one[part] == pytest.approx(turned[part])


def test_a_centred_moderator_moves_the_coefficient_to_the_mean_and_no_effect() -> None:
    panel = panel_of()
    spec = replace(SPEC, moderator="income", at=(1.0, 4.0))
    plain = fit_interaction(panel, spec)
    centred = fit_interaction(panel, replace(spec, centred=True))
    mean = float(panel.frame["income"].mean())
    own, product = plain.estimates["estimate"][:2]
    assert centred.estimates["estimate"][0] == pytest.approx(own + product * mean)
    assert centred.frames["effects"]["estimate"].to_numpy() == pytest.approx(
        plain.frames["effects"]["estimate"].to_numpy()
    )
    assert centred.frames["effects"]["std_error"].to_numpy() == pytest.approx(
        plain.frames["effects"]["std_error"].to_numpy()
    )
    quartiles = fit_interaction(panel, replace(spec, at=())).frames["effects"]["at"].to_numpy()
    assert quartiles == pytest.approx(np.quantile(panel.frame["income"].to_numpy(), [0.25, 0.5, 0.75]))


def test_a_moderator_of_text_gives_an_effect_for_each_value_and_tests_that_they_are_equal() -> None:
    panel = panel_of()
    result = fit_interaction(panel, replace(SPEC, moderator="region"))
    rows = panel.frame.sort("place", "year")
    treated = rows["treated"].to_numpy().astype(float)
    regions = rows["region"].to_numpy()
    x = np.column_stack([treated * (regions == one) for one in ("east", "middle", "west")])
    x = np.column_stack([x, rows["control"].to_numpy()])
    place = rows["place"].to_numpy()
    expected = regression(rows["outcome"].to_numpy(), x, [place, rows["year"].to_numpy()], place, "cluster")
    assert result.estimates["term"].to_list()[:3] == [
        f"treated × {one}" for one in ("east", "middle", "west")
    ]
    assert result.estimates["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=1e-8)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=1e-8)
    contrast = np.array([[1.0, -1, 0, 0], [0, 1, -1, 0]])
    b, v = contrast @ expected["coefficients"], contrast @ expected["covariance"] @ contrast.T
    assert result.statistics["equal_f"] == pytest.approx(float(b @ np.linalg.inv(v) @ b) / 2, rel=1e-7)


def test_interactions_that_make_no_model_are_refused() -> None:
    panel = panel_of()
    with pytest.raises(ColumnError, match="used twice"):
        fit_interaction(panel, replace(SPEC, moderator="control"))
    with pytest.raises(ColumnError, match="missing"):
        fit_interaction(panel, replace(SPEC, moderator="levle"))
    one = replace(panel, frame=panel.frame.with_columns(region=pl.lit("east")))
    with pytest.raises(DataError, match="only one value"):
        fit_interaction(one, replace(SPEC, moderator="region"))
    same = pl.col("cohort").is_not_null().cast(pl.Int8)
    with pytest.raises(DataError, match="treated × level cannot be told apart"):
        fit_interaction(replace(panel, frame=panel.frame.with_columns(level=same)), SPEC)


def test_a_planted_interaction_is_recovered_without_bias() -> None:
    found = np.array(
        [
            fit_interaction(panel_of(seed=seed), SPEC)
            .estimates.select("estimate", "conf_low", "conf_high")
            .row(1)
            for seed in range(60)
        ]
    )
    error = found[:, 0].std(ddof=1) / np.sqrt(60)
    assert abs(found[:, 0].mean() - 0.4) < 3 * error
    assert 0.85 <= np.mean((found[:, 1] < 0.4) & (found[:, 2] > 0.4)) <= 1


def test_split_samples_are_the_model_in_each_group() -> None:
    panel = panel_of()
    spec = DidSpec(name="(1)", outcome="outcome")
    results = split_samples(panel, spec, group="region")
    assert [one.name for one in results] == ["(1): east", "(1): middle", "(1): west"]
    assert sum(int(one.statistics["n"]) for one in results) == panel.frame.height
    west = replace(panel, frame=panel.frame.filter(pl.col("region") == "west"))
    assert results[2].estimates["estimate"].equals(fit_did(west, spec).estimates["estimate"])
    with pytest.raises(DataError, match="fewer than two groups"):
        split_samples(west, spec, group="region")


def test_median_groups_split_the_places_and_count_those_without_a_value() -> None:
    panel = panel_of(places=31)
    hidden = pl.when(pl.col("place").str.ends_with("7")).then(float("nan")).otherwise("income")
    panel = replace(panel, frame=panel.frame.with_columns(income=hidden))
    made = median_groups(panel, "income", name="rich", year=2006)
    groups = made.frame.select("place", "rich").unique()
    assert made.frame.select(panel.frame.columns).equals(panel.frame)
    values = panel.frame.filter(pl.col("year") == 2006).join(groups, on="place")
    high = values.filter(pl.col("rich") == "high")["income"]
    low = values.filter(pl.col("rich") == "low")["income"]
    assert high.min() > low.max()
    assert (high.len(), low.len()) == (14, 14)
    assert groups["rich"].null_count() == 3
    assert made.log[-1].endswith("14 at or below, 3 without a value")
    with pytest.raises(SettingError, match="no such year"):
        median_groups(panel, "income", name="rich", year=1999)
    with pytest.raises(ColumnError, match="already"):
        median_groups(panel, "income", name="region")
    with pytest.raises(DataError, match="same value"):
        median_groups(replace(panel, frame=panel.frame.with_columns(one=1)), "one", name="rich")


STEPS = StepwiseSpec(name="base", outcome="outcome", controls=("control", "second", "income"))


def test_stepwise_adds_one_control_at_a_time_on_the_same_rows() -> None:
    panel = panel_of()
    missing = pl.when(pl.col("year") == 2007).then(None).otherwise("second").alias("second")
    panel = replace(panel, frame=panel.frame.with_columns(missing))
    results = fit_stepwise(panel, STEPS)
    assert [one.name for one in results] == [f"base ({number})" for number in (1, 2, 3, 4)]
    assert [one.estimates.height for one in results] == [1, 2, 3, 4]
    assert [one.statistics["n"] for one in results] == [270] * 4
    kept = replace(panel, frame=panel.frame.filter(pl.col("year") != 2007))
    plain = fit_did(kept, DidSpec(name="base (3)", outcome="outcome", controls=("control", "second")))
    assert results[2].estimates.equals(plain.estimates)
    assert any("30 rows left out for that" in note for note in results[0].notes)
    own = fit_stepwise(panel, replace(STEPS, rows="own"))
    assert [one.statistics["n"] for one in own] == [300, 300, 270, 270]
    assert steps_frame(results)["estimate"].to_list() == [one.estimates["estimate"][0] for one in results]


def test_stepwise_without_controls_or_with_an_unknown_choice_is_refused() -> None:
    with pytest.raises(SettingError, match="no controls"):
        fit_stepwise(panel_of(), replace(STEPS, controls=()))
    with pytest.raises(SettingError, match="rows"):
        fit_stepwise(panel_of(), replace(STEPS, rows="each"))


def test_leaving_out_is_the_model_without_each_group() -> None:
    panel = panel_of()
    spec = LeaveOutSpec(name="(1)", outcome="outcome", controls=("control",), group="region")
    result = fit_leave_out(panel, spec)
    frame = result.frames["left_out"]
    assert frame["group"].to_list() == ["east", "middle", "west"]
    without = replace(panel, frame=panel.frame.filter(pl.col("region") != "middle"))
    alone = fit_did(without, spec).estimates.row(0, named=True)
    assert frame.row(1, named=True) == pytest.approx(
        {part: alone[part] for part in frame.columns if part in alone}
        | {"group": "middle", "change": alone["estimate"] - result.estimates["estimate"][0], "reason": None}
    )
    assert result.statistics["estimate_least"] == frame["estimate"].min()
    largest = frame.sort(pl.col("change").abs())["group"][-1]
    assert result.statistics["largest_change_without"] == largest


def test_leaving_out_the_only_comparison_has_no_estimate_but_a_reason() -> None:
    panel = panel_of(places=12)
    spec = LeaveOutSpec(name="(1)", outcome="outcome", group="status")
    status = pl.when(pl.col("cohort").is_null()).then(None).otherwise(pl.lit("treated"))
    rows = panel.frame.with_columns(status=status.fill_null("never"))
    result = fit_leave_out(replace(panel, frame=rows), spec)
    frame = result.frames["left_out"]
    assert frame["group"].to_list() == ["never", "treated"]
    assert frame["estimate"].is_null().to_list() == [False, True]
    assert "untreated" in frame["reason"][1]
    assert result.statistics["groups_without_estimate"] == 1
    with pytest.raises(DataError, match="fewer than two groups"):
        fit_leave_out(replace(panel, frame=panel.frame.with_columns(status=status)), spec)


def test_rows_without_a_group_are_never_left_out() -> None:
    panel = panel_of()
    some = pl.when(pl.col("region") == "west").then(None).otherwise("region").alias("region")
    spec = LeaveOutSpec(name="(1)", outcome="outcome", group="region")
    frame = fit_leave_out(replace(panel, frame=panel.frame.with_columns(some)), spec).frames["left_out"]
    assert frame["n"].to_list() == [200, 200]
