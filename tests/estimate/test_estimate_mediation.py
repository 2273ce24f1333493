"""Mediation: equal to statsmodels, to plain loops, and to what was planted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.mediation import MediationSpec, fit_mediation
from patentmetrics.estimate.reweighting import bootstrap_weights
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import draws as twin
from tests.reference.fixed_effects import regression

EXTERNAL = json.loads(
    (Path(__file__).parents[1] / "external" / "statsmodels_mechanisms.json").read_text("utf-8")
)
SPEC = MediationSpec(
    name="(1)", outcome="outcome", controls=("x",), mediators=("talent", "capital"), draws=6, seed=3
)
EFFECT, BY_TALENT, BY_CAPITAL = 0.25, 0.5 * 0.6, -0.4 * 0.3


def external_panel() -> Panel:
    frame = pl.DataFrame(EXTERNAL["data"]).with_columns(pl.col("place", "year").cast(pl.Int32))
    return Panel(frame=frame.with_columns(place="p" + pl.col("place").cast(pl.String).str.zfill(2)))


def planted(seed: int, *, places: int = 40) -> Panel:
    panel = simulate_panel(
        places=places, first_year=2005, last_year=2012, cohorts=[2008, 2010], effect=EFFECT, seed=seed
    ).panel
    rng = np.random.default_rng([seed, 1])
    n = panel.frame.height
    frame = panel.frame.with_columns(
        talent=0.5 * pl.col("treated") + pl.Series(0.3 * rng.normal(size=n)),
        capital=-0.4 * pl.col("treated") + pl.Series(0.3 * rng.normal(size=n)),
        x=pl.col("control"),
    )
    return replace(
        panel,
        frame=frame.with_columns(
            outcome=pl.col("outcome") + 0.6 * pl.col("talent") + 0.3 * pl.col("capital")
        ),
    )


def test_paths_and_effects_equal_statsmodels_with_dummies() -> None:
    result = fit_mediation(external_panel(), SPEC)
    paths = result.frames["paths"]
    a = [EXTERNAL[one]["coefficients"][0] for one in ("talent", "capital")]
    b, b_se = EXTERNAL["outcome"]["coefficients"][2:], EXTERNAL["outcome"]["std_errors"][2:]
    assert paths["a"].to_list() == pytest.approx(a, rel=1e-9)
    assert paths["a_se"].to_list() == pytest.approx(
        [EXTERNAL[one]["std_errors"][0] for one in ("talent", "capital")], rel=1e-9
    )
    assert paths["b"].to_list() == pytest.approx(b, rel=1e-9)
    assert paths["b_se"].to_list() == pytest.approx(b_se, rel=1e-9)
    total, direct = result.estimates["estimate"][:2]
    assert total == pytest.approx(EXTERNAL["total"]["coefficients"][0], rel=1e-9)
    assert direct == pytest.approx(EXTERNAL["outcome"]["coefficients"][0], rel=1e-9)
    errors = result.estimates["std_error"]
    assert errors[0] == pytest.approx(EXTERNAL["total"]["std_errors"][0], rel=1e-9)
    assert errors[1] == pytest.approx(EXTERNAL["outcome"]["std_errors"][0], rel=1e-9)
    a_se = np.array(paths["a_se"])
    sobel = np.sqrt(np.array(b) ** 2 * a_se**2 + np.array(a) ** 2 * np.array(b_se) ** 2)
    assert errors[2:4].to_numpy() == pytest.approx(sobel, rel=1e-9)
    z = a[0] * b[0] / sobel[0]
    assert result.estimates["p_value"][2] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-7)


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
def test_parts_add_up_and_the_total_is_that_of_fit_did(errors: str) -> None:
    panel = planted(1)
    result = fit_mediation(panel, replace(SPEC, errors=errors))
    total, direct, talent, capital, indirect = result.estimates["estimate"]
    assert total == pytest.approx(direct + talent + capital, rel=1e-12)
    assert indirect == pytest.approx(talent + capital, rel=1e-12)
    model = DidSpec(name="", outcome="outcome", controls=("x",), errors=errors)
    alone = fit_did(panel, model).estimates.row(0, named=True)
    assert result.estimates.row(0, named=True) == pytest.approx(alone | {"model": "(1)", "term": "total"})
    assert result.frames["paths"]["share"].sum() == pytest.approx(indirect / total)
    assert result.statistics["share_indirect"] == pytest.approx(indirect / total)
    # the covariance between the equations has the equations' own variances on its diagonal
    one = fit_mediation(panel, replace(SPEC, errors=errors, mediators=("talent",)))
    row = one.frames["paths"].row(0, named=True)
    assert one.statistics["mediators_a_f"] == pytest.approx((row["a"] / row["a_se"]) ** 2, rel=1e-8)
    assert one.statistics["mediators_b_f"] == pytest.approx((row["b"] / row["b_se"]) ** 2, rel=1e-8)
    assert one.estimates["std_error"][2] == pytest.approx(one.estimates["std_error"][3])


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
def test_the_sum_has_the_covariances_between_the_equations_and_within_the_outcome(errors: str) -> None:
    # capital follows talent, so that the two equations have shocks in common
    panel = external_panel()
    result = fit_mediation(panel, replace(SPEC, errors=errors))
    both = replace(panel, frame=panel.frame.with_columns(both=pl.col("talent") + pl.col("capital")))
    model = DidSpec(name="", outcome="both", controls=("x",), errors=errors)
    paths = result.frames["paths"]
    # var(a₁ + a₂) is that of the sum of the mediators as an outcome
    variances = paths["a_se"].to_numpy() ** 2
    covariance = (fit_did(both, model).estimates["std_error"][0] ** 2 - variances.sum()) / 2
    assert abs(covariance) > 0.1 * variances.min()
    var_a = np.array([[variances[0], covariance], [covariance, variances[1]]])
    rows = panel.frame.sort("place", "year")
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    x = np.column_stack([columns[name] for name in ("treated", "talent", "capital", "x")]).astype(float)
    effects = [columns["place"], columns["year"]]
    dense = regression(columns["outcome"], x, effects, columns["place"], errors)
    var_b = dense["covariance"][1:3, 1:3]
    a, b = paths["a"].to_numpy(), paths["b"].to_numpy()
    expected = np.sqrt(b @ var_a @ b + a @ var_b @ a)
    assert result.estimates["std_error"][4] == pytest.approx(expected, rel=1e-8)
    assert result.statistics["mediators_a_f"] == pytest.approx(a @ np.linalg.inv(var_a) @ a / 2, rel=1e-8)
    assert result.statistics["mediators_b_f"] == pytest.approx(b @ np.linalg.inv(var_b) @ b / 2, rel=1e-8)


def test_the_steps_are_kept_as_results_for_a_table() -> None:
    steps = fit_mediation(planted(1), SPEC).native
    assert [(one.name, one.outcome) for one in steps] == [
        ("(1): total", "outcome"),
        ("(1): talent", "talent"),
        ("(1): capital", "capital"),
        ("(1): outcome", "outcome"),
    ]
    assert steps[3].estimates["term"].to_list() == ["treated", "x", "talent", "capital"]


def test_bootstrap_equals_regressions_on_the_drawn_rows() -> None:
    panel = external_panel()
    result = fit_mediation(panel, SPEC)
    rows = panel.frame.sort("place", "year")
    units = rows["place"].rank("dense").to_numpy().astype(int) - 1
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    m = np.column_stack([columns["talent"], columns["capital"]])
    drawn = result.frames["draws"]
    assert drawn["draw"].to_list() == [1, 2, 3, 4, 5, 6]
    for i, times in enumerate(bootstrap_weights(24, 6, seed=3)):
        expected = twin.mediation(
            columns["outcome"], columns["treated"], m, columns["x"], [units, columns["year"]],
            twin.rows_of(units, times),
        )  # fmt: skip
        assert drawn.row(i)[1:] == pytest.approx(expected, rel=1e-9)


def test_bootstrap_is_summed_up_by_percentiles() -> None:
    result = fit_mediation(planted(2), replace(SPEC, draws=80))
    drawn, summary = result.frames["draws"], result.frames["bootstrap"]
    assert summary["term"].to_list() == result.estimates["term"].to_list()
    for row in summary.iter_rows(named=True):
        values = drawn[row["term"]].to_numpy()
        assert row["std_error"] == pytest.approx(values.std(ddof=1))
        assert [row["conf_low"], row["conf_high"]] == pytest.approx(
            np.quantile(values, [0.025, 0.975]).tolist()
        )
        beyond = min((values <= 0).sum(), (values >= 0).sum())
        assert row["p_value"] == pytest.approx(min(1, 2 * (1 + beyond) / 81))
    assert "bootstrap" not in fit_mediation(planted(2), replace(SPEC, draws=0)).frames


def test_planted_paths_are_recovered_without_bias() -> None:
    found = np.array(
        [
            fit_mediation(planted(seed), replace(SPEC, draws=0)).estimates["estimate"].to_list()
            for seed in range(60)
        ]
    )
    truth = np.array([EFFECT + BY_TALENT + BY_CAPITAL, EFFECT, BY_TALENT, BY_CAPITAL, BY_TALENT + BY_CAPITAL])
    error = found.std(axis=0, ddof=1) / np.sqrt(60)
    assert np.all(np.abs(found.mean(axis=0) - truth) < 3.5 * error)


@pytest.mark.monte_carlo
def test_intervals_cover_the_planted_paths() -> None:
    truth = np.array([EFFECT + BY_TALENT + BY_CAPITAL, EFFECT, BY_TALENT, BY_CAPITAL, BY_TALENT + BY_CAPITAL])
    sobel, percentile, estimates = [], [], []
    for seed in range(200):
        result = fit_mediation(planted(seed, places=60), replace(SPEC, draws=199, seed=seed))
        estimates.append(result.estimates["estimate"].to_numpy())
        for kept, frame in ((sobel, result.estimates), (percentile, result.frames["bootstrap"])):
            low, high = frame["conf_low"].to_numpy(), frame["conf_high"].to_numpy()
            kept.append((low < truth) & (truth < high))
    bias = np.mean(estimates, axis=0) - truth
    assert np.all(np.abs(bias) < 3 * np.std(estimates, axis=0, ddof=1) / np.sqrt(200))
    for kept in (sobel, percentile):
        assert np.all(np.mean(kept, axis=0) >= 0.89)
        assert np.all(np.mean(kept, axis=0) <= 0.99)


def test_the_same_seed_gives_the_same_draws() -> None:
    first, again = (fit_mediation(planted(1), SPEC).frames["draws"] for _ in range(2))
    assert first.equals(again)
    more = fit_mediation(planted(1), replace(SPEC, draws=30)).frames["draws"]
    assert more.head(6).equals(first)
    assert not fit_mediation(planted(1), replace(SPEC, seed=4)).frames["draws"].equals(first)


def test_all_regressions_use_the_rows_that_have_every_mediator() -> None:
    panel = planted(1)
    some = pl.when(pl.col("year") == 2006).then(None).otherwise("capital").alias("capital")
    result = fit_mediation(replace(panel, frame=panel.frame.with_columns(some)), SPEC)
    assert {int(one.statistics["n"]) for one in result.native} == {280}
    assert set(result.estimates["n"].to_list()) == {280}


def test_mediators_that_make_no_model_are_refused() -> None:
    panel = planted(1)
    with pytest.raises(SettingError, match="no mediator"):
        fit_mediation(panel, replace(SPEC, mediators=()))
    with pytest.raises(SettingError, match="draws is out of range"):
        fit_mediation(panel, replace(SPEC, draws=-1))
    twice = replace(panel, frame=panel.frame.with_columns(capital=pl.col("talent") * 2))
    with pytest.raises(DataError, match="'capital' is collinear with"):
        fit_mediation(twice, SPEC)
    fixed = replace(panel, frame=panel.frame.with_columns(capital=pl.col("cohort").is_null().cast(pl.Int8)))
    with pytest.raises(DataError, match="does not vary"):
        fit_mediation(fixed, SPEC)
