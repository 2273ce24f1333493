"""Difference in differences and event study: planted effects come back, bad panels are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
from patentmetrics.estimate.files import read_results, write_results
from patentmetrics.panel.treatment import add_treatment
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import fixed_effects as twin

DID = DidSpec(name="(1)", outcome="outcome", controls=("control",))
STUDY = EventStudySpec(name="(2)", outcome="outcome", controls=("control",), leads=3, lags=3)
DRAWS = 100


def draws(effect: float, growth: float = 0.0) -> list[Panel]:
    return [
        simulate_panel(
            places=30,
            first_year=2005,
            last_year=2014,
            cohorts=[2009, 2011],
            effect=effect,
            growth=growth,
            seed=seed,
        ).panel
        for seed in range(DRAWS)
    ]


def test_planted_effect_is_recovered_without_bias_and_covered() -> None:
    results = [fit_did(panel, DID) for panel in draws(0.25)]
    estimates = np.array([one.estimates["estimate"][:2].to_list() for one in results])
    truth = np.array([0.25, 0.5])
    error = estimates.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    assert np.all(np.abs(estimates.mean(axis=0) - truth) < 3 * error)
    covered = np.mean(
        [one.estimates["conf_low"][0] < 0.25 < one.estimates["conf_high"][0] for one in results]
    )
    assert 0.88 <= covered <= 0.99
    # the standard errors are of the right size
    mean_error = np.mean([one.estimates["std_error"][0] for one in results])
    assert mean_error == pytest.approx(estimates[:, 0].std(ddof=1), rel=0.2)


def test_event_study_finds_no_effect_before_and_the_growing_effect_after() -> None:
    results = [fit_event_study(panel, STUDY) for panel in draws(0.25, growth=0.1)]
    frames = [one.estimates.filter(pl.col("event_time").is_not_null()) for one in results]
    times = frames[0]["event_time"].to_list()
    assert times == [-3, -2, -1, 0, 1, 2, 3]
    estimates = np.array([one["estimate"].to_list() for one in frames])
    error = estimates.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    known = {k: 0.25 + 0.1 * k if k >= 0 else 0.0 for k in times}
    for at, k in enumerate(times):
        if k not in (-1, 3):  # the base is 0; the last bin is a mix of effects
            assert abs(estimates[:, at].mean() - known[k]) < 3.5 * error[at]
    assert results[0].truth["event_time_2"] == pytest.approx(0.45)
    assert results[0].truth["event_time_-3"] == 0
    assert "event_time_3" not in results[0].truth
    rejected = np.mean([one.statistics["pretrend_p"] < 0.05 for one in results])
    assert rejected <= 0.13


def test_event_study_equals_the_twin_and_its_joint_test_too() -> None:
    panel = simulate_panel(places=14, first_year=2005, last_year=2014, cohorts=[2009, 2011], seed=9).panel
    result = fit_event_study(panel, STUDY)
    frame = add_treatment(panel).frame
    place, year = frame["place"].to_numpy(), frame["year"].to_numpy()
    times = frame["event_time"].to_numpy()  # NaN for never
    clipped = np.clip(times, -3, 3)
    shown = [-3, -2, 0, 1, 2, 3]
    x = np.column_stack([*((clipped == k).astype(float) for k in shown), frame["control"].to_numpy()])
    expected = twin.regression(frame["outcome"].to_numpy(), x, [place, year], place, "cluster")
    rows = result.estimates.filter(pl.col("std_error").is_not_null())
    assert rows["term"].to_list() == [*(f"event_time_{k}" for k in shown), "control"]
    assert rows["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=1e-8)
    assert rows["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=1e-8)
    b, v = expected["coefficients"][:2], expected["covariance"][:2, :2]
    f = float(b @ np.linalg.inv(v) @ b) / 2
    assert result.statistics["pretrend_f"] == pytest.approx(f, rel=1e-8)
    assert result.statistics["pretrend_p"] == pytest.approx(stats.f.sf(f, 2, 13), rel=1e-8)
    assert result.statistics["pretrend_terms"] == 2


def test_base_year_stands_in_the_frame_with_zero_and_no_error() -> None:
    panel = simulate_panel(seed=1, places=20).panel
    for base in (-1, -3):
        spec = EventStudySpec(name="m", outcome="outcome", controls=("control",), base=base)
        rows = fit_event_study(panel, spec).estimates
        assert rows["event_time"].to_list() == [*range(-4, 5), None]
        row = rows.filter(pl.col("event_time") == base).row(0, named=True)
        assert row["estimate"] == 0
        assert row["std_error"] is row["p_value"] is row["conf_low"] is None
        assert row["n"] == rows["n"][0]
        assert rows["estimate"].null_count() == 0


def test_without_bins_rows_outside_the_window_are_left_out_and_counted() -> None:
    panel = simulate_panel(seed=1, places=20, cohorts=[2014, 2016]).panel
    result = fit_event_study(panel, EventStudySpec(name="m", outcome="outcome", leads=2, lags=2, bins=False))
    # 10 treated places keep 5 of their 14 years
    assert result.statistics["n"] == 10 * 14 + 10 * 5
    assert "90 rows of treated places outside the window left out" in result.notes


def test_the_known_answer_goes_with_the_simulated_outcome_only() -> None:
    panel = simulate_panel(seed=1, places=20).panel
    result = fit_did(panel, DID)
    assert result.simulated
    assert result.truth == {"treated": 0.25, "control": 0.5}
    other = Panel(
        frame=panel.frame.with_columns(other=pl.col("outcome") * 2),
        simulated=True,
        made_by=panel.made_by,
    )
    assert fit_did(other, DidSpec(name="m", outcome="other")).truth == {}
    assert fit_did(other, DidSpec(name="m", outcome="other"), truth={"treated": 0.5, "x": 1.0}).truth == {
        "treated": 0.5
    }
    real = Panel(frame=panel.frame)
    assert fit_did(real, DID).truth == {}
    assert not fit_did(real, DID).simulated


def test_result_has_the_common_columns_and_statistics() -> None:
    result = fit_did(simulate_panel(seed=1, places=20).panel, DID)
    assert result.estimates.columns == [
        "model",
        "term",
        "estimate",
        "std_error",
        "statistic",
        "p_value",
        "conf_low",
        "conf_high",
        "n",
    ]
    assert {
        "n",
        "r2",
        "r2_within",
        "clusters",
        "singletons_dropped",
        "rows_dropped",
    } <= result.statistics.keys()
    row = result.estimates.row(0, named=True)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), 19))
    assert row["conf_high"] - row["estimate"] == pytest.approx(stats.t.ppf(0.975, 19) * row["std_error"])
    assert result.statistics["places_treated"] == result.statistics["places_untreated"] == 10
    assert result.native is not None


def changed(**columns: pl.Expr) -> Panel:
    return Panel(frame=simulate_panel(seed=1, places=12).panel.frame.with_columns(**columns))


@pytest.mark.parametrize(
    ("panel", "match"),
    [
        (changed(treated=pl.lit(1)), "every row of the sample is treated"),
        (changed(treated=pl.lit(0)), "every row of the sample is untreated"),
        (changed(treated=pl.col("control")), "a treatment is 0 or 1"),
        (changed(treated=pl.col("cohort").is_not_null()), "is absorbed by the fixed effects"),
        (changed(treated=pl.col("year") > 2012), "is absorbed by the fixed effects"),
        (changed(outcome=pl.lit(None, dtype=pl.Float64)), "no value at all"),
        (
            changed(outcome=pl.when(pl.col("treated") == 1).then(None).otherwise("outcome")),
            "every row of the sample is untreated",
        ),
    ],
)
def test_a_panel_without_a_comparison_is_refused(panel: Panel, match: str) -> None:
    with pytest.raises(DataError, match=match) as caught:
        fit_did(panel, DID)
    assert caught.value.hint or "no value" in match


@pytest.mark.parametrize(
    ("panel", "match"),
    [
        (changed(cohort=pl.lit(None, dtype=pl.Int32)), "no value at all|ever treated"),
        (changed(cohort=pl.col("cohort").fill_null(2015)), "never treated"),
        (changed(cohort=pl.col("cohort").fill_null(0)), "not a year"),
        (
            changed(outcome=pl.when(pl.col("cohort") - pl.col("year") == 1).then(None).otherwise("outcome")),
            "no row has the base event time",
        ),
        (
            changed(outcome=pl.when(pl.col("cohort") == pl.col("year")).then(None).otherwise("outcome")),
            "event_time_0 cannot be told apart",
        ),
    ],
)
def test_an_event_study_without_its_rows_is_refused(panel: Panel, match: str) -> None:
    with pytest.raises(DataError, match=match):
        fit_event_study(panel, STUDY)


@pytest.mark.parametrize("options", [{"base": 0}, {"base": -9}, {"leads": 0}, {"lags": -1}, {"errors": "x"}])
def test_a_window_that_makes_no_sense_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(SettingError):
        fit_event_study(
            simulate_panel(seed=1, places=12).panel, EventStudySpec(name="m", outcome="outcome", **options)
        )


def test_results_come_back_from_parquet_and_the_same_ones_give_the_same_bytes(tmp_path: Path) -> None:
    panel = simulate_panel(seed=1, places=20).panel
    for name in ("a", "b"):
        write_results([fit_did(panel, DID), fit_event_study(panel, STUDY)], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    did, study = read_results(tmp_path / "a")
    for again, result in [(did, fit_did(panel, DID)), (study, fit_event_study(panel, STUDY))]:
        assert again.estimates.equals(result.estimates)
        assert again == type(again)(**{**vars(result), "estimates": again.estimates, "native": None})
    with pytest.raises(DataError):
        write_results([did, did], tmp_path / "c")
    panel.frame.write_parquet(tmp_path / "d")
    with pytest.raises(InputError, match="no estimates"):
        read_results(tmp_path / "d")
