"""The wild cluster bootstrap against R, wildboottest, one regression a draw, and in repeated samples."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate import wild
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, fit_fixed_effects
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.wild import WildSpec, bootstrap_statistics, fit_wild
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import wild_bootstrap as twin

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
DRAWS = json.loads((EXTERNAL / "wildboottest_draws.json").read_text("utf-8"))
R = tomllib.loads((EXTERNAL / "wild_bootstrap_r.toml").read_text("utf-8"))


def stored_panel() -> Panel:
    columns = {name: DRAWS[name] for name in ("year", "cluster", "x", "z", "y")}
    return Panel(frame=pl.DataFrame({"place": [f"P{one:02d}" for one in DRAWS["place"]], **columns}))


def stored_spec(**options: object) -> WildSpec:
    return WildSpec(
        name="m", outcome="y", treatment="x", controls=("z",), cluster="cluster", **{"seed": 1, **options}
    )


def test_draws_equal_those_of_r() -> None:
    # the data of the stored statistics, by numpy's old generator, which is frozen
    rng = np.random.RandomState(12312)
    n = 10_000
    x = rng.normal(0, 1, n * 3).reshape(n, 3)
    x[:, 0] = 1
    beta = rng.normal(0, 1, 3)
    beta[1] = 0.005
    u = rng.normal(0, 1, n)
    cluster = rng.choice(list(range(5)), n)
    frame = pl.DataFrame(
        {
            "place": [str(one) for one in range(n)],
            "year": [2000] * n,
            "all": [1] * n,
            "x1": x[:, 1],
            "x2": x[:, 2],
            "y": x @ beta + u,
            "cluster": cluster,
        }
    )
    spec = WildSpec(
        name="m",
        outcome="y",
        treatment="x1",
        controls=("x2",),
        fixed_effects=("all",),
        cluster="cluster",
        seed=1,
    )
    result = fit_wild(Panel(frame=frame), spec)
    assert result.statistics["enumerated"] == 1
    drawn = np.sort(np.abs(result.frames["draws"]["statistic"].to_numpy()))
    theirs = np.sort(np.repeat(R["statistics"], 2))
    # theirs has no small-sample factor
    factor = 5 / 4 * (n - 1) / (n - 3)
    np.testing.assert_allclose(drawn * np.sqrt(factor), theirs, rtol=1e-11)


def test_draws_equal_those_of_wildboottest_with_dense_dummies() -> None:
    result = fit_wild(stored_panel(), stored_spec())
    n, g, k = len(DRAWS["y"]), 8, DRAWS["columns"]
    # theirs counts the place effects, which are nested in the clusters
    ours = (n - 1) / (n - int(result.statistics["parameters"]))
    ratio = np.sqrt(ours / ((n - 1) / (n - k)))
    assert result.estimates["statistic"].item() * ratio == pytest.approx(DRAWS["t"], rel=1e-10)
    drawn = np.sort(result.frames["draws"]["statistic"].to_numpy())
    assert len(drawn) == 2**g
    np.testing.assert_allclose(drawn * ratio, DRAWS["t_boot"], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("null", [0.0, 0.7, -2.0])
@pytest.mark.parametrize("cluster", ["place", "cluster"])
def test_every_draw_equals_a_regression_of_its_own(null: float, cluster: str) -> None:
    panel = stored_panel()
    frame = panel.frame.filter(pl.col("cluster") < 6) if cluster == "place" else panel.frame
    places, clusters = frame["place"].to_numpy(), frame[cluster].rank("dense").to_numpy() - 1
    sample = estimation_sample(
        Panel(frame=frame),
        outcome="y",
        regressors=("x", "z"),
        fixed_effects=("place", "year"),
        cluster=cluster,
    )
    weights = wild._weights("webb", clusters.max() + 1, 40, 3)[0]
    row = fit_fixed_effects(
        Panel(frame=frame), FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"), cluster=cluster)
    ).estimates.row(0, named=True)
    found = bootstrap_statistics(
        sample, estimate=row["estimate"], std_error=row["std_error"], weights="webb", draws=40, seed=3
    )
    design = twin.dense(frame.select("x", "z").to_numpy(), [places, frame["year"].to_numpy()])
    y = frame["y"].to_numpy()
    each = [dict(enumerate(column)) for column in weights.T]
    expected = twin.bootstrap(y, design, clusters, null, each)
    factor = (row["estimate"] / row["std_error"]) / twin.t_statistic(y, design, clusters, 0.0)
    np.testing.assert_allclose(found.statistics(null), expected * factor, rtol=1e-8, atol=1e-10)


def test_the_interval_holds_what_is_not_rejected() -> None:
    result = fit_wild(stored_panel(), stored_spec(weights="webb", draws=1999, level=0.9))
    low, high = result.estimates.select("conf_low", "conf_high").row(0)
    for end, out in ((low, -1), (high, 1)):
        step = out * 1e-6
        inside, outside = (
            fit_wild(stored_panel(), stored_spec(weights="webb", draws=1999, null=end + by))
            for by in (-step, step)
        )
        assert inside.estimates["p_value"].item() >= 0.1 > outside.estimates["p_value"].item()
    curve = result.frames["p_values"]
    kept = curve.filter(pl.col("p_value") >= 0.1)["value"]
    assert low <= kept.min()
    assert kept.max() <= high
    assert curve["p_value"].max() > 0.98


def test_estimate_and_error_are_those_of_the_fixed_effects_model() -> None:
    plain = fit_fixed_effects(
        stored_panel(), FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"), cluster="cluster")
    ).estimates.filter(pl.col("term") == "x")
    result = fit_wild(stored_panel(), stored_spec())
    for column in ("estimate", "std_error", "statistic"):
        assert result.estimates[column].item() == plain[column].item()
    assert result.statistics["p_value_t"] == plain["p_value"].item()


def test_a_p_value_is_never_zero_and_counts_draws_at_least_as_extreme() -> None:
    panel = simulate_panel(places=10, effect=5.0, seed=2).panel
    enumerated = fit_wild(panel, WildSpec(name="m", outcome="outcome", seed=1))
    assert enumerated.estimates["p_value"].item() == 2 / 2**10  # the sample and its mirror image
    drawn = fit_wild(panel, WildSpec(name="m", outcome="outcome", seed=1, draws=99, weights="normal"))
    extreme = drawn.frames["draws"]["statistic"].abs() >= abs(drawn.estimates["statistic"].item())
    assert drawn.estimates["p_value"].item() == (1 + extreme.sum()) / 100


@pytest.mark.parametrize(
    ("weights", "moments"),
    [("rademacher", (0, 1, 0)), ("webb", (0, 1, 0)), ("mammen", (0, 1, 1)), ("normal", (0, 1, 0))],
)
def test_weights_have_their_moments(weights: str, moments: tuple[float, float, float]) -> None:
    drawn = np.hstack(wild._weights(weights, 60, 9000, 5))
    assert drawn.shape == (60, 9000)
    for power, moment in enumerate(moments, start=1):
        assert np.mean(drawn**power) == pytest.approx(moment, abs=0.02)


def test_with_too_few_clusters_the_interval_is_open_and_the_notes_say_so() -> None:
    panel = simulate_panel(places=4, effect=0.5, cohorts=(2014,), seed=4).panel
    result = fit_wild(panel, WildSpec(name="m", outcome="outcome", seed=1))
    assert result.estimates.select("conf_low", "conf_high").row(0) == (None, None)
    told = " ".join(result.notes)
    assert "the interval is open" in told
    assert "few clusters (4)" in told
    assert "few clusters with treatment (2)" in told
    assert "webb" in told
    assert result.statistics["clusters_treated"] == 2


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    code = (
        "from patentmetrics.simulate.panel import simulate_panel\n"
        "from patentmetrics.estimate.wild import WildSpec, fit_wild\n"
        "panel = simulate_panel(places=40, seed=3).panel\n"
        "spec = WildSpec(name='m', outcome='outcome', controls=('control',), draws=999, seed=7)\n"
        "r = fit_wild(panel, spec)\n"
        "print(r.estimates.row(0), float(r.frames['draws']['statistic'].sum()))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": seed, "OPENBLAS_NUM_THREADS": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    panel = simulate_panel(places=40, seed=3).panel
    one, other = (
        fit_wild(panel, WildSpec(name="m", outcome="outcome", draws=99, seed=seed)).frames["draws"]
        for seed in (7, 8)
    )
    assert not one.equals(other)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"weights": "other"}, SettingError),
        ({"draws": 0}, SettingError),
        ({"seed": -1}, SettingError),
        ({"level": 1.0}, SettingError),
        ({"errors": "robust"}, SettingError),
        ({"controls": ("twice",)}, DataError),
        ({"treatment": "constant"}, DataError),
    ],
)
def test_bad_settings_and_absorbed_regressors_are_refused(options: dict[str, object], error: type) -> None:
    panel = simulate_panel(places=10, seed=3).panel
    frame = panel.frame.with_columns(twice=2 * pl.col("treated"), constant=pl.col("place").rank("dense"))
    named = {"name": "m", "outcome": "outcome", "seed": 1, "controls": ("control",)}
    if options.get("controls") == ("twice",):
        options = {"treatment": "twice", "controls": ("treated",)}
        # the second of two equal columns is dropped: the first stays, and is tested
        assert fit_wild(Panel(frame=frame), WildSpec(**{**named, **options})).estimates.height == 1
        return
    with pytest.raises(error):
        fit_wild(Panel(frame=frame), WildSpec(**{**named, **options}))


@pytest.mark.monte_carlo
def test_the_interval_covers_the_effect_with_few_clusters_where_the_t_interval_does_not() -> None:
    # 14 places of which 6 are treated, errors that persist: 200 samples
    wild_covers, t_covers, estimates = 0, 0, []
    for seed in range(200, 400):
        panel = simulate_panel(
            places=14, share_treated=0.43, cohorts=(2014, 2016), persistence=0.8, seed=seed
        ).panel
        result = fit_wild(panel, WildSpec(name="m", outcome="outcome", weights="webb", draws=999, seed=seed))
        row = result.estimates.row(0, named=True)
        wild_covers += row["conf_low"] <= 0.25 <= row["conf_high"]
        t_covers += abs(row["estimate"] - 0.25) <= 1.96 * row["std_error"]
        estimates.append(row["estimate"])
    bias, error = np.mean(estimates) - 0.25, np.std(estimates) / np.sqrt(200)
    print(f"wild: bias {bias:.4f}, its error {error:.4f}, coverage {wild_covers / 200}, t {t_covers / 200}")
    assert abs(bias) < 3 * error
    assert 0.92 <= wild_covers / 200 <= 0.98
    assert t_covers < wild_covers


def test_all_weights_of_few_clusters_are_taken_once() -> None:
    every = np.hstack(wild._weights("rademacher", 4, 16, 0))
    assert {tuple(one) for one in every.T} == set(itertools.product([1.0, -1.0], repeat=4))
    assert len(np.hstack(wild._weights("rademacher", 4, 15, 0)).T) == 15
