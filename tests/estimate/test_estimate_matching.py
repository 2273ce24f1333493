"""Matching: psmatch2's numbers, slow twins, balance by hand, and differences in differences after it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from patentmetrics.core.errors import ColumnError, DataError, ExtraError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.balance import balance_summary, balance_table
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.logit import fit_logit
from patentmetrics.estimate.matching import Matching, match_panel, match_weights
from patentmetrics.estimate.psm_did import PsmDidSpec, fit_psm_did
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.weighted import fit_weighted
from patentmetrics.estimate.within import fit_within
from tests.reference import fixed_effects as dense
from tests.reference import score_matching as twin

ANY = Matching(covariates=("x",))


def birth_weights() -> pl.DataFrame:
    """Birth weight and smoking of 4,642 mothers (Cattaneo 2010), as the tests of statsmodels bring them."""
    import statsmodels

    path = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results" / "cataneo2.csv"
    if not path.is_file():
        pytest.skip("this statsmodels was installed without its tests")
    return pl.read_csv(path)


def test_the_effects_that_psmatch2_and_teffects_printed_for_birth_weights() -> None:
    # Stata: teffects psmatch (bweight) (mbsmoke mmarried c.mage##c.mage fbaby medu) [, atet]; the first is
    # also what psmatch2 gives
    data = birth_weights()
    x = data.select("mmarried_", "mage", "mage2", "fbaby_", "medu").to_numpy()
    group, y = data["mbsmoke_"].to_numpy() == 1, data["bweight"].to_numpy().astype(float)
    logit = fit_logit(
        np.column_stack([np.ones(len(x)), x]), group, terms=("const", "a", "b", "c", "d", "e"), where=""
    )

    def difference(treated: np.ndarray) -> float:
        weight = match_weights(logit.fitted, treated, ANY)
        controls = ~treated & ~np.isnan(weight)
        return float(y[treated].mean() - np.average(y[controls], weights=weight[controls]))

    on_treated, on_controls = difference(group), -difference(~group)
    share = group.mean()
    assert round(on_treated, 4) == -236.7848
    assert round(share * on_treated + (1 - share) * on_controls, 4) == -210.9683


METHODS = [
    {"method": "nearest"},
    {"method": "nearest", "neighbours": 3},
    {"method": "nearest", "neighbours": 2, "caliper": 0.05},
    {"method": "radius", "caliper": 0.05},
    {"method": "kernel"},
    {"method": "kernel", "kernel": "gaussian", "bandwidth": 0.1},
    {"method": "kernel", "kernel": "biweight", "bandwidth": 0.2},
    {"method": "kernel", "kernel": "uniform", "bandwidth": 0.1, "caliper": 0.05},
]


@pytest.mark.parametrize("options", METHODS)
@settings(max_examples=25)
@given(data=st.data())
def test_weights_equal_those_found_by_looking_at_every_pair(options: dict, data: st.DataObject) -> None:
    # coarse scores tie often
    n = data.draw(st.integers(2, 25))
    score = np.array(data.draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))) / 20
    group = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    group[0], group[-1] = True, False
    found = match_weights(score, group, replace(ANY, **options))
    expected = twin.shares(score, group, **options)
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.nansum(found[~group]) == pytest.approx(np.nansum(found[group]))


@pytest.mark.parametrize("caliper", [None, 0.01])
@pytest.mark.parametrize("seed", range(6))
def test_without_replacement_each_control_is_used_once(seed: int, caliper: float | None) -> None:
    rng = np.random.default_rng(seed)
    score, group = rng.random(60), rng.random(60) < (0.2, 0.45, 0.7)[seed % 3]
    found = match_weights(score, group, replace(ANY, replacement=False, caliper=caliper))
    assert found == pytest.approx(twin.greedy(score, group, caliper=caliper), nan_ok=True)
    used = ~np.isnan(found)
    assert (found[used] == 1).all()
    assert used[group].sum() == used[~group].sum() > 0


def people(seed: int = 1, *, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.normal(size=n) * 1e6 + 3e7])
    p = 1 / (1 + np.exp(-(0.5 * x[:, 1] + (x[:, 2] - 3e7) / 1e6)))
    return x, rng.random(n) < p


def test_the_logit_solves_its_score_equations_with_and_without_weights() -> None:
    x, group = people()
    terms = ("const", "a", "b")
    for weight in (None, np.random.default_rng(2).random(len(x)) + 0.1):
        fit = fit_logit(x, group, terms=terms, where="", weights=weight)
        w = np.ones(len(x)) if weight is None else weight
        scaled = (x - [0, 0, 3e7]) / [1, 1, 1e6]
        assert scaled.T @ (w * (group - fit.fitted)) == pytest.approx(np.zeros(3), abs=1e-7)
        assert fit.fitted == pytest.approx(1 / (1 + np.exp(-x @ fit.coefficients)), rel=1e-8)
        p = w @ group / w.sum()
        null = w @ np.where(group, np.log(p), np.log(1 - p))
        full = w @ np.where(group, np.log(fit.fitted), np.log(1 - fit.fitted))
        assert fit.pseudo_r2 == pytest.approx(1 - full / null)
        information = scaled.T @ ((w * fit.fitted * (1 - fit.fitted))[:, None] * scaled)
        expected = np.sqrt(np.diag(np.linalg.inv(information))) / [1, 1, 1e6]
        assert fit.std_errors[1:] == pytest.approx(expected[1:], rel=1e-6)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda x, g: (np.column_stack([x, 2 * x[:, 1] - x[:, 0]]), g), "collinear"),
        (lambda x, g: (np.column_stack([x, np.full(len(x), 7.0)]), g), "'c' does not vary"),
        (lambda x, g: (np.column_stack([x, g * 1.0]), g), "cannot be estimated"),
    ],
)
def test_a_logit_that_has_no_estimate_is_refused(change, match: str) -> None:
    x, group = change(*people())
    with pytest.raises(DataError, match=match):
        fit_logit(x, group, terms=("const", "a", "b", "c")[: x.shape[1]], where="")


def selected(
    seed: int, *, places: int = 120, effect: float = 0.3, years: int = 8, levels: int = 3, slope: float = 0.15
) -> pl.DataFrame:
    """Places with a higher x are treated more often and grow faster: parallel trends hold given x only."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, levels, size=places)
    treated = rng.random(places) < np.array([0.2, 0.5, 0.7, 0.8])[x]
    shock = rng.normal(size=(places, years))
    noise = shock.copy()
    for t in range(1, years):
        noise[:, t] = 0.5 * noise[:, t - 1] + np.sqrt(0.75) * shock[:, t]
    after = np.arange(years) >= years // 2
    d = treated[:, None] & after
    y = rng.normal(size=places)[:, None] + slope * x[:, None] * np.arange(years) + effect * d + 0.3 * noise
    return pl.DataFrame(
        {
            "place": np.repeat([f"P{p:03d}" for p in range(places)], years).tolist(),
            "year": np.tile(np.arange(2010, 2010 + years), places),
            "x": np.repeat(x, years).astype(float),
            "z": rng.normal(size=places * years),
            "treated": d.ravel(),
            "y": y.ravel(),
        }
    )


BASE = Matching(covariates=("x",), rows="base_year", base_year=2010)


def spec(matching: Matching = BASE, **options: object) -> PsmDidSpec:
    return PsmDidSpec(**{"name": "m", "outcome": "y", "matching": matching} | options)


def test_matching_takes_out_the_bias_of_different_trends() -> None:
    panel = Panel(frame=selected(1, places=400))
    plain = fit_did(panel, DidSpec(name="m", outcome="y")).estimates.row(0, named=True)
    assert plain["conf_low"] > 0.3
    result = fit_psm_did(panel, spec())
    row = result.estimates.row(0, named=True)
    assert row["conf_low"] < 0.3 < row["conf_high"]
    balance = result.frames["balance"]
    before, after = balance["bias"].to_list()
    assert before > 30
    assert abs(after) < 1e-6
    assert balance["bias_reduction"].to_list() == [None, pytest.approx(100)]
    assert result.statistics["pseudo_r2_unmatched"] > 0.05
    assert result.statistics["pseudo_r2_matched"] == pytest.approx(0, abs=1e-9)
    assert result.statistics["rows_unmatched"] == 0


@pytest.mark.monte_carlo
def test_matched_differences_are_unbiased_and_their_intervals_cover() -> None:
    # what the covariate explains of the trends is noise to the standard error, though matching has taken it
    # out: with steep trends intervals cover too often, so these are gentle
    found = []
    for seed in range(200):
        row = fit_psm_did(Panel(frame=selected(seed, slope=0.03)), spec()).estimates.row(0, named=True)
        found.append((row["estimate"], row["conf_low"] <= 0.3 <= row["conf_high"]))
    estimates, covered = np.array(found).T
    error = estimates.std(ddof=1) / np.sqrt(200)
    print(f"bias {estimates.mean() - 0.3:+.5f}, MC error {error:.5f}, coverage {covered.mean():.3f}")
    assert abs(estimates.mean() - 0.3) < 2.6 * error
    assert 0.92 <= covered.mean() <= 0.98


@pytest.mark.parametrize("rows", ["pooled", "yearly", "base_year"])
@pytest.mark.parametrize("method", ["nearest", "kernel", "radius", "without"])
def test_counts_add_up_and_nothing_unmatched_has_a_weight(rows: str, method: str) -> None:
    frame = selected(2).with_columns(
        z=pl.when(pl.col("year") == 2012, pl.col("place") < "P030").then(None).otherwise("z")
    )
    options = {
        "nearest": {"neighbours": 2},
        "kernel": {"method": "kernel", "bandwidth": 0.02},
        "radius": {"method": "radius", "caliper": 0.001},
        "without": {"replacement": False, "caliper": 0.02},
    }[method]
    matching = Matching(
        covariates=("x", "z"), rows=rows, base_year=2012 if rows == "base_year" else None, **options
    )
    panel = Panel(frame=frame)
    matched = match_panel(panel, matching)
    counts = matched.counts
    assert counts["rows"] == counts["rows_missing"] + counts["treated"] + counts["controls"]
    assert counts["rows_missing"] == 30
    assert (
        counts["treated"]
        == counts["treated_off_support"] + counts["treated_unmatched"] + counts["treated_matched"]
    )
    units = matched.units
    weight = units["match_weight"]
    assert (weight.drop_nulls() > 0).all()
    assert units.filter("in_group")["match_weight"].drop_nulls().eq(1).all()
    assert units.filter(~pl.col("in_group"))["match_weight"].sum() == pytest.approx(counts["treated_matched"])
    assert matched.frame.height == frame.height
    assert matched.frame.select("place", "year").equals(frame.sort("place", "year").select("place", "year"))
    if rows == "base_year":
        spread = matched.frame.group_by("place").agg(pl.col("match_weight").n_unique())
        assert spread["match_weight"].eq(1).all()
    if rows == "yearly":
        # no year lends a match to another
        by_year = units.group_by("year").agg(
            pl.col("match_weight").filter("in_group").count().alias("treated"),
            pl.col("match_weight").filter(~pl.col("in_group")).sum().alias("controls"),
        )
        assert by_year["treated"].to_numpy() == pytest.approx(by_year["controls"].to_numpy())
        assert matched.scores["year"].n_unique() == 8
    result = fit_psm_did(panel, spec(matching))
    assert result.statistics["n"] <= matched.frame["match_weight"].drop_nulls().len()
    assert ("balance_by_year" in result.frames) == (rows == "yearly")


def test_treated_beyond_the_controls_are_off_the_common_support() -> None:
    frame = selected(3, levels=4).with_columns(
        x=pl.when(pl.col("place").is_in(["P001", "P002"])).then(pl.lit(9.0)).otherwise("x"),
        treated=pl.when(pl.col("place").is_in(["P001", "P002"]))
        .then(pl.col("year") > 2013)
        .otherwise("treated"),
    )
    matched = match_panel(Panel(frame=frame), BASE)
    assert matched.counts["treated_off_support"] == 2
    lost = matched.units.filter(~pl.col("on_support"))
    assert lost["place"].to_list() == ["P001", "P002"]
    assert lost["match_weight"].null_count() == 2
    kept = match_panel(Panel(frame=frame), replace(BASE, common_support=False))
    assert kept.counts["treated_off_support"] == 0
    assert kept.counts["treated_matched"] == matched.counts["treated_matched"] + 2


def test_the_regression_is_weighted_least_squares_on_the_matched_rows() -> None:
    panel = Panel(frame=selected(4, places=25))
    matching = Matching(covariates=("x", "z"), method="kernel", bandwidth=0.1)
    result = fit_psm_did(panel, spec(matching, controls=("z",)))
    rows = match_panel(panel, matching).frame.filter(pl.col("match_weight").is_not_null())
    labels = [rows[name].to_numpy() for name in ("place", "year")]
    kept = dense.without_singletons(labels)
    rows = rows[kept]
    dummies = np.column_stack([dense.dummies(rows[name].to_numpy()) for name in ("place", "year")])
    beta, bare = twin.weighted_regression(
        rows["y"].to_numpy(),
        rows.select(pl.col("treated").cast(pl.Float64), "z").to_numpy(),
        rows["match_weight"].to_numpy(),
        dummies,
        rows["place"].to_numpy(),
    )
    n, g = rows.height, rows["place"].n_unique()
    factor = g / (g - 1) * (n - 1) / (n - 2 - rows["year"].n_unique())
    assert result.estimates["estimate"].to_numpy() == pytest.approx(beta, rel=1e-8)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(
        np.sqrt(np.diag(bare) * factor), rel=1e-8
    )
    assert result.statistics["n"] == n


def sample_of(frame: pl.DataFrame):
    return estimation_sample(
        Panel(frame=frame),
        outcome="y",
        regressors=("treated", "z"),
        fixed_effects=("place", "year"),
        cluster="place",
    )


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
def test_equal_weights_give_the_unweighted_fit(errors: str) -> None:
    sample = sample_of(selected(5, places=20))
    plain, weighted = (
        fit_within(sample, errors=errors),
        fit_weighted(sample, np.full(sample.n, 3.0), errors=errors),
    )
    assert weighted.coefficients == pytest.approx(plain.coefficients, rel=1e-10)
    assert weighted.covariance == pytest.approx(plain.covariance, rel=1e-9)
    for name in ("r2", "r2_adjusted", "r2_within", "rmse", "t_degrees", "parameters"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name), rel=1e-10), name


def test_whole_weights_give_the_estimate_of_repeated_rows() -> None:
    sample = sample_of(selected(5, places=20))
    times = np.random.default_rng(3).integers(1, 4, size=sample.n)
    again = replace(
        sample,
        frame=sample.frame[np.repeat(np.arange(sample.n), times)],
        outcome=np.repeat(sample.outcome, times),
        regressors=np.repeat(sample.regressors, times, axis=0),
        effects=np.repeat(sample.effects, times, axis=0),
        clusters=np.repeat(sample.clusters, times),
    )
    repeated, weighted = (
        fit_within(again, errors="cluster"),
        fit_weighted(sample, times.astype(float), errors="cluster"),
    )
    assert weighted.coefficients == pytest.approx(repeated.coefficients, rel=1e-9)
    # the same sandwich; only the rows that the small-sample factor counts differ
    k = weighted.parameters
    ratio = (sample.n - 1) / (sample.n - k) / ((again.n - 1) / (again.n - k))
    assert weighted.covariance == pytest.approx(repeated.covariance * ratio, rel=1e-8)
    assert weighted.r2_within == pytest.approx(repeated.r2_within, rel=1e-9)


def test_collinear_and_absorbed_regressors_are_named_in_a_weighted_fit() -> None:
    frame = selected(6).with_columns(twice=2 * pl.col("z"), w=pl.col("z").abs() + 0.1)
    sample = estimation_sample(
        Panel(frame=frame),
        outcome="y",
        regressors=("z", "x", "twice", "treated"),
        fixed_effects=("place", "year"),
        cluster="place",
    )
    fit = fit_weighted(sample, sample.frame["w"].to_numpy(), errors="cluster")
    assert fit.terms == ("z", "treated")
    assert fit.collinear == {"x": "absorbed by the fixed effects", "twice": "collinear with z"}


def test_one_to_one_without_replacement_is_plain_did_on_the_matched_places() -> None:
    panel = Panel(frame=selected(7))
    matching = replace(BASE, replacement=False)
    result = fit_psm_did(panel, spec(matching))
    matched = match_panel(panel, matching).frame.filter(pl.col("match_weight").is_not_null())
    plain = fit_did(Panel(frame=matched), DidSpec(name="m", outcome="y"))
    assert result.estimates.equals(plain.estimates)
    assert "every matched row counts once" in result.notes
    unweighted = fit_psm_did(panel, spec(BASE, weighted=False))
    assert unweighted.estimates["estimate"][0] != fit_psm_did(panel, spec()).estimates["estimate"][0]


def test_balance_is_what_the_formulas_say() -> None:
    rng = np.random.default_rng(4)
    n = 80
    units = pl.DataFrame(
        {
            "in_group": rng.random(n) < 0.4,
            "x": rng.normal(size=n),
            "match_weight": rng.integers(0, 3, size=n) * 1.0,
        }
    ).with_columns(
        x=pl.col("x") + pl.col("in_group"),
        match_weight=pl.when(pl.col("match_weight") > 0).then(
            pl.when("in_group").then(1.0).otherwise("match_weight")
        ),
    )
    before, after = balance_table(units, ["x"]).iter_rows(named=True)
    x, group = units["x"].to_numpy(), units["in_group"].to_numpy()
    test = stats.ttest_ind(x[group], x[~group])
    assert (before["statistic"], before["p_value"]) == pytest.approx((test.statistic, test.pvalue))
    spread = np.sqrt((x[group].var(ddof=1) + x[~group].var(ddof=1)) / 2)
    assert before["bias"] == pytest.approx(100 * (x[group].mean() - x[~group].mean()) / spread)
    assert before["variance_ratio"] == pytest.approx(x[group].var(ddof=1) / x[~group].var(ddof=1))
    # weights are frequencies
    times = units["match_weight"].fill_null(0).to_numpy().astype(int)
    one, other = np.repeat(x[group], times[group]), np.repeat(x[~group], times[~group])
    test = stats.ttest_ind(one, other)
    assert (after["statistic"], after["p_value"]) == pytest.approx((test.statistic, test.pvalue))
    assert after["bias"] == pytest.approx(100 * (one.mean() - other.mean()) / spread)
    assert after["bias_reduction"] == pytest.approx(100 * (1 - abs(after["bias"] / before["bias"])))
    summary = balance_summary(units, ["x"])
    logit = fit_logit(
        np.column_stack([np.ones(len(one) + len(other)), np.concatenate([one, other])]),
        np.repeat([True, False], [len(one), len(other)]),
        terms=("const", "x"),
        where="",
    )
    assert summary["pseudo_r2"][1] == pytest.approx(logit.pseudo_r2)
    assert summary["mean_bias"].to_list() == pytest.approx([abs(before["bias"]), abs(after["bias"])])


def test_a_covariate_that_does_not_vary_has_no_bias_rather_than_zero() -> None:
    units = pl.DataFrame(
        {"in_group": [True, True, False, False], "x": [1.0] * 4, "match_weight": [1.0, 1.0, 1.0, 1.0]}
    )
    assert balance_table(units, ["x"])["bias"].null_count() == 2
    assert balance_summary(units, ["x"])["pseudo_r2"].null_count() == 2


def test_units_and_order_of_rows_change_no_match() -> None:
    frame = selected(8)
    matching = Matching(covariates=("x", "z"), neighbours=2)
    plain = match_panel(Panel(frame=frame), matching)
    shuffled = match_panel(Panel(frame=frame.sample(fraction=1, shuffle=True, seed=2)), matching)
    assert plain.frame.equals(shuffled.frame)
    scaled = match_panel(
        Panel(frame=frame.with_columns(pl.col("z") * 1e7 + 4e9, pl.col("x") * 1e-6)), matching
    )
    assert scaled.units["match_weight"].equals(plain.units["match_weight"])
    one = fit_psm_did(Panel(frame=frame), spec(matching))
    other = fit_psm_did(Panel(frame=frame.sample(fraction=1, shuffle=True, seed=2)), spec(matching))
    assert one.estimates.equals(other.estimates)
    assert one.statistics == other.statistics


FAULTS = {
    "no covariate": ({"covariates": ()}, {}, SettingError, "no covariate"),
    "twice": ({"covariates": ("x", "x")}, {}, ColumnError, "named twice"),
    "unknown": ({"covariates": ("xx",)}, {}, ColumnError, "'xx' is missing"),
    "text": ({"covariates": ("place",)}, {}, ColumnError, "does not hold numbers"),
    "infinite": ({}, {"x": pl.lit(float("inf"))}, DataError, "infinite covariate"),
    "constant": ({}, {"x": pl.lit(1.0)}, DataError, "'x' does not vary"),
    "nobody": ({}, {"treated": pl.lit(0)}, DataError, "no treated place"),
    "everybody": ({}, {"treated": pl.lit(1)}, DataError, "no never treated place"),
    "method": ({"method": "exact"}, {}, SettingError, "method"),
    "rows": ({"rows": "all"}, {}, SettingError, "rows"),
    "radius": ({"method": "radius"}, {}, SettingError, "caliper"),
    "caliper": ({"caliper": 0.0}, {}, SettingError, "caliper"),
    "neighbours": ({"neighbours": 0}, {}, SettingError, "neighbours"),
    "bandwidth": ({"method": "kernel", "bandwidth": 0.0}, {}, SettingError, "bandwidth"),
    "base year": ({"rows": "base_year"}, {}, SettingError, "base_year"),
    "no base year": ({"rows": "base_year", "base_year": 1900}, {}, DataError, "no row in the base year"),
    "replacement": ({"replacement": False, "neighbours": 2}, {}, SettingError, "replacement"),
    "nothing near": ({"covariates": ("z",), "caliper": 1e-11}, {}, DataError, "no treated row has a match"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_matched_is_refused_with_a_reason(fault: str) -> None:
    options, change, kind, match = FAULTS[fault]
    matching = replace(ANY, **options)
    with pytest.raises(kind, match=match):
        match_panel(Panel(frame=selected(9, places=30).with_columns(**change)), matching)


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.api", None)
    with pytest.raises(ExtraError) as caught:
        match_panel(Panel(frame=selected(9)), ANY)
    assert caught.value.hint == 'pip install "patentmetrics[estimate]"'
