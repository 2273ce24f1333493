"""Honest DiD against R, StatsPAI, linear programs, and in repeated samples at the edge of a restriction."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate import honest_intervals as honest_intervals_module
from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, fit_fixed_effects
from patentmetrics.estimate.honest import HonestSpec, _moments, fit_honest
from patentmetrics.estimate.honest_flci import fixed_length_interval
from patentmetrics.estimate.honest_intervals import Moments, honest_intervals
from patentmetrics.estimate.honest_sets import DRAWS, rejected, relative_magnitudes, smoothness, vertices
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import honest_did as twin

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
STORED = json.loads((EXTERNAL / "statspai_sensitivity.json").read_text("utf-8"))["honest"]
R = tomllib.loads((EXTERNAL / "honest_did_r.toml").read_text("utf-8"))
METHODS = {"FLCI": "fixed_length", "Conditional": "conditional", "C-LF": "hybrid"}


def moments(before: int, estimates: list[float], covariance: list[list[float]]) -> Moments:
    after = len(estimates) - before
    return Moments(
        event_times=(*range(-before - 1, -1), *range(after)),
        estimates=np.array(estimates),
        covariance=np.array(covariance),
    )


def intervals(of: Moments, **options: Any) -> np.ndarray:
    found = honest_intervals(of, **options)
    return found.table.filter(pl.col("bound").is_not_null()).select("conf_low", "conf_high").to_numpy()


def random_moments(seed: int, before: int, after: int) -> Moments:
    rng = np.random.default_rng(seed)
    k = before + after
    root = rng.normal(size=(k, k))
    return moments(
        before, (0.7 * rng.normal(size=k)).tolist(), (root @ root.T / k + 0.1 * np.eye(k)).tolist()
    )


def test_the_original_interval_equals_r() -> None:
    found = honest_intervals(moments(R["before"], R["estimates"], R["covariance"]))
    low, high = found.table.select("conf_low", "conf_high").row(0)
    assert [low, high] == pytest.approx(R["original"], abs=1e-10)


def test_fixed_length_intervals_equal_r() -> None:
    of = moments(R["before"], R["estimates"], R["covariance"])
    stored = R["fixed_length"]
    found = intervals(of, restriction="smoothness", bounds=stored["bounds"])
    expected = np.column_stack([stored["conf_low"], stored["conf_high"]])
    np.testing.assert_allclose(found, expected, atol=1e-4)  # the error of R's own draws


@pytest.mark.parametrize("restriction", ["smoothness", "relative_magnitude"])
def test_conditional_intervals_end_within_a_step_of_the_grid_of_r(restriction: str) -> None:
    of = moments(R["before"], R["estimates"], R["covariance"])
    stored = R[f"{restriction}_conditional"]
    found = intervals(of, restriction=restriction, bounds=stored["bounds"], method="conditional")
    for low, high, (own_low, own_high) in zip(stored["conf_low"], stored["conf_high"], found, strict=True):
        # theirs is the first point of a grid inside the interval
        assert own_low <= low + 1e-9
        assert low - own_low <= stored["step"]
        assert high <= own_high + 1e-9
        assert own_high - high <= stored["step"]


@pytest.mark.parametrize(
    "case",
    STORED,
    ids=lambda one: (
        f"{one['before']}-{len(one['estimates'])}-{one['target']}-{one['restriction']}-{one['method']}"
    ),
)
def test_intervals_equal_those_of_statspai(case: dict[str, Any]) -> None:
    of = moments(case["before"], case["estimates"], case["covariance"])
    found = intervals(
        of,
        restriction=case["restriction"],
        bounds=case["bounds"],
        method=METHODS[case["method"]],
        event_times=() if case["target"] == "average" else (0,),
    )
    expected = np.array([case["conf_low"], case["conf_high"]], dtype=float).T
    size = (expected[:, 1] - expected[:, 0]).max()
    # a grid point inside the interval; the least favourable critical value of theirs has 1,000 draws
    slack = {"FLCI": 2e-6, "Conditional": 1e-9, "C-LF": 0.02}[case["method"]] * size
    assert (np.abs(found - expected) <= case["step"] + slack).all()


@pytest.mark.parametrize("kind", ["smoothness", "relative_magnitude"])
@pytest.mark.parametrize(("before", "after"), [(1, 1), (3, 1), (1, 2), (2, 3), (4, 2)])
@pytest.mark.parametrize("bound", [0.0, 0.4, 1.3])
def test_the_closed_form_of_the_test_equals_linear_programs(
    kind: str, before: int, after: int, bound: float
) -> None:
    rng = np.random.default_rng(before * 10 + after)
    pieces = relative_magnitudes if kind == "relative_magnitude" else smoothness
    for seed in (1, 2):
        of = random_moments(seed, before, after)
        weights = np.eye(after)[0] if seed == 1 else rng.dirichlet(np.ones(after))
        effects = float(weights @ of.estimates[before:]) + rng.normal(size=3) * 1.5
        every = pieces(before, after, bound)
        programs = twin.restrictions(kind, before, after, bound)
        assert len(every) == len(programs)
        for piece, (a, d) in zip(every, programs, strict=True):
            found = vertices(piece, weights, of.estimates, of.covariance)
            for first in (None, 2.5):
                own = rejected(found, effects, alpha=0.05, first_stage=first)
                expected = [
                    twin.rejects(
                        a, d, weights, of.estimates, of.covariance, effect, alpha=0.05, first=first,
                        only_after=after > 1 or kind == "relative_magnitude",
                    )
                    for effect in effects
                ]  # fmt: skip
                assert own.tolist() == expected


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 1), (3, 2), (5, 3)])
@pytest.mark.parametrize("bound", [0.0, 0.05, 0.5])
def test_the_fixed_length_interval_is_the_shortest_of_its_kind(before: int, after: int, bound: float) -> None:
    of = random_moments(before + after, before, after)
    weights = np.full(after, 1 / after)
    found = fixed_length_interval(of.estimates, of.covariance, before, weights, bound=bound, alpha=0.05)
    (a, d), *_ = twin.restrictions("smoothness", before, after, bound)
    assert found.bias == pytest.approx(twin.worst_bias(a, d, found.weights), abs=1e-9)
    assert found.std_error == pytest.approx(np.sqrt(found.weights @ of.covariance @ found.weights))
    assert found.half_length == pytest.approx(twin.half_length(found.bias, found.std_error, 0.05), rel=1e-10)
    assert found.weights[before:].tolist() == weights.tolist()
    # changes of the weights that keep the bias from a slope zero
    rng = np.random.default_rng(1)
    years = np.arange(-before, 0)
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(5):
            step = rng.normal(size=before)
            step -= years * (years @ step) / (years @ years)
            other = found.weights + size * np.concatenate([step, np.zeros(after)])
            bias = twin.worst_bias(a, d, other)
            longer = twin.half_length(bias, float(np.sqrt(other @ of.covariance @ other)), 0.05)
            assert longer >= found.half_length * (1 - 1e-10)


def test_intervals_grow_with_the_bound_and_the_breakdown_value_is_where_zero_enters() -> None:
    of = moments(R["before"], R["estimates"], R["covariance"])
    for restriction in ("smoothness", "relative_magnitude"):
        bounds = (0.0, 0.05, 0.2, 0.6, 1.5, 3.0)
        found = intervals(of, restriction=restriction, bounds=bounds)
        length = found[:, 1] - found[:, 0]
        assert (np.diff(length[1:]) > 0).all()
        breakdown = honest_intervals(of, restriction=restriction).statistics["breakdown"]
        assert breakdown is not None
        below, above = intervals(of, restriction=restriction, bounds=(breakdown * 0.998, breakdown * 1.002))
        assert below[0] > 0 >= above[0]
    nothing = moments(2, [0.0, 0.0, 0.01], (0.01 * np.eye(3)).tolist())
    assert honest_intervals(nothing).statistics["breakdown"] is None


def test_the_moments_are_those_of_the_event_study() -> None:
    panel = simulate_panel(places=50, seed=4).panel
    study = EventStudySpec(name="es", outcome="outcome", controls=("control",), leads=3, lags=2)
    fitted = fit_event_study(panel, study)
    of = _moments(fitted)
    assert of.event_times == (-3, -2, 0, 1, 2)
    # the variance of a difference of two coefficients: the model with that difference as a coefficient
    time = pl.col("year") - pl.col("cohort")
    binned = time.clip(-3, 2)
    columns = {f"e{k}": (binned == k).fill_null(value=False).cast(pl.Float64) for k in (-3, -2, 0, 1, 2)}
    frame = panel.frame.with_columns(**columns).with_columns(e1=pl.col("e1") + pl.col("e0"))
    turned = fit_fixed_effects(
        Panel(frame=frame),
        FixedEffectsSpec(name="m", outcome="outcome", regressors=("e0", "e-3", "e-2", "e1", "e2", "control")),
    )
    # y = … + β0 e0 + β1 e1 = … + (β0 − β1) e0 + β1 (e0 + e1)
    expected = turned.estimates.filter(pl.col("term") == "e0").row(0, named=True)
    b, v = of.estimates, of.covariance
    assert b[2] - b[3] == pytest.approx(expected["estimate"], rel=1e-8)
    assert np.sqrt(v[2, 2] + v[3, 3] - 2 * v[2, 3]) == pytest.approx(expected["std_error"], rel=1e-8)


def test_a_result_has_the_effect_first_then_one_row_a_bound() -> None:
    panel = simulate_panel(places=60, effect=0.5, seed=3).panel
    study = EventStudySpec(name="es", outcome="outcome", leads=3, lags=2)
    spec = HonestSpec(name="(1)", event_study=study, restriction="smoothness", event_times=(0, 1))
    result = fit_honest(panel, spec)
    table = result.estimates
    assert table["term"][0] == "mean_event_time_0_1"
    assert table["bound"].null_count() == 1
    assert table["bound"][1] == 0.0
    assert table["term"].n_unique() == 6
    assert table["std_error"].null_count() == 5
    assert result.frames["weights"].height == 5 * 5
    assert result.truth["mean_event_time_0_1"] == pytest.approx(0.5)
    assert result.statistics["largest_pre_step"] > 0
    widest = table.filter(pl.col("bound") == table["bound"].max()).row(0, named=True)
    assert widest["conf_low"] < 0.5 < widest["conf_high"]


def test_the_two_stages_of_the_hybrid_have_the_size_of_the_test_together() -> None:
    problem = honest_intervals_module._Problem(
        moments=random_moments(1, 2, 1), weights=np.ones(1), restriction="smoothness", used="hybrid",
        alpha=0.05, normals=np.random.default_rng(0).normal(size=(3, DRAWS)),
    )  # fmt: skip
    # a first stage of a tenth, and the second among what it leaves
    assert 0.005 + (1 - 0.005) * problem.size == pytest.approx(0.05)
    ((found, first),) = problem.tests(0.1)
    largest = (found.roots @ np.random.default_rng(1).normal(size=(found.roots.shape[1], 400_000))).max(
        axis=0
    )
    assert np.mean(largest > first) == pytest.approx(0.005, abs=0.0006)


def test_the_hybrid_is_the_same_for_the_same_seed() -> None:
    of = random_moments(5, 3, 3)
    same = [intervals(of, bounds=(0.5,), seed=1).tolist() for _ in range(2)]
    assert same[0] == same[1]
    np.testing.assert_allclose(intervals(of, bounds=(0.5,), seed=2), same[0], rtol=0.01)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"method": "fixed_length"}, SettingError),
        ({"restriction": "other"}, SettingError),
        ({"method": "other"}, SettingError),
        ({"bounds": (-0.1,)}, SettingError),
        ({"level": 0.4}, SettingError),
        ({"seed": -1}, SettingError),
        ({"event_times": (7,)}, SettingError),
    ],
)
def test_bad_settings_are_refused(options: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        honest_intervals(random_moments(1, 2, 2), **options)


@pytest.mark.parametrize(
    ("times", "k", "named"),
    [((-3, -2, -1, 0), 4, "without a gap"), ((-4, -2, 0), 3, "without a gap"), ((0, 1), 2, "without a gap"),
     ((-3, -2), 2, "without a gap"), ((-2, 0), 3, "fit together")],
)  # fmt: skip
def test_moments_must_be_whole(times: tuple[int, ...], k: int, named: str) -> None:
    with pytest.raises(DataError, match=named):
        Moments(event_times=times, estimates=np.zeros(k), covariance=np.eye(k))
    with pytest.raises(DataError, match="positive"):
        Moments(event_times=(-2, 0), estimates=np.zeros(2), covariance=np.ones((2, 2)))


def test_a_base_other_than_the_year_before_is_refused() -> None:
    study = EventStudySpec(name="es", outcome="outcome", base=-2)
    with pytest.raises(SettingError, match="year before"):
        fit_honest(simulate_panel(places=20, seed=1).panel, HonestSpec(name="m", event_study=study))


@pytest.mark.monte_carlo
@pytest.mark.parametrize(
    ("restriction", "method"),
    [("smoothness", "fixed_length"), ("smoothness", "conditional"), ("smoothness", "hybrid"),
     ("relative_magnitude", "conditional"), ("relative_magnitude", "hybrid")],
)  # fmt: skip
def test_intervals_cover_the_effect_under_the_worst_violation_allowed(restriction: str, method: str) -> None:
    rng = np.random.default_rng(12)
    bound = 0.1 if restriction == "smoothness" else 1.0
    root = rng.normal(size=(5, 5))
    covariance = 0.01 * (root @ root.T / 5 + 0.5 * np.eye(5))
    # a slope of 0.2 that turns by the bound at treatment; or equal steps of 0.3
    trend = (
        np.array([-0.6, -0.4, -0.2, 0.3, 0.7])
        if restriction == "smoothness"
        else np.array([0.3, 0.0, -0.3, 0.3, 0.6])
    )
    problem = honest_intervals_module._Problem(
        moments=random_moments(1, 3, 2),
        weights=np.array([1.0, 0.0]),
        restriction=restriction,
        used=method,
        alpha=0.05,
        normals=np.random.default_rng(0).normal(size=(5, DRAWS)) if method == "hybrid" else None,
    )
    covered = 0
    for _ in range(200):
        drawn = trend + np.linalg.cholesky(covariance) @ rng.normal(size=5)
        of = Moments(event_times=(-4, -3, -2, 0, 1), estimates=drawn, covariance=covariance)
        covered += not replace(problem, moments=of).rejects_zero(bound)
    print(f"honest {restriction} {method}: coverage {covered / 200}")
    assert covered / 200 >= 0.92
    low, high = intervals(of, restriction=restriction, bounds=(bound,), method=method)[0]
    assert (low <= 0 <= high) is not replace(problem, moments=of).rejects_zero(bound)
