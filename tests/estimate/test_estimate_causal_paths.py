"""Causal paths against StatsPAI and the known paths of a linear system, and the bootstrap's promises."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, ExtraError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.causal_paths import CausalPathsSpec, fit_causal_paths

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
STORED = json.loads((EXTERNAL / "statspai_sensitivity.json").read_text("utf-8"))["paths"]
# of `system`: 0.6 × (0.5 + 0.7 × 0.8), 0.5 × 0.8, and 0.4
TRUTH = {"total": 1.436, "via_m1": 0.636, "via_m2": 0.4, "direct": 0.4}


def stored_panel() -> Panel:
    frame = pl.DataFrame(STORED["data"])
    number = pl.int_range(pl.len()).cast(pl.String)
    return Panel(frame=frame.with_columns(place=number, year=pl.lit(2000)))


def system(seed: int, *, places: int = 100, years: int = 10) -> Panel:
    """A linear system with known paths: the treatment depends on x, errors are shared within places."""
    rng = np.random.default_rng(seed)
    n = places * years
    x, shared = rng.normal(size=n), np.repeat(rng.normal(size=places), years)
    a = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(float)
    m1 = 0.6 * a + 0.3 * x + rng.normal(size=n)
    m2 = 0.5 * a + 0.7 * m1 + 0.2 * x + rng.normal(size=n)
    y = 0.4 * a + 0.5 * m1 + 0.8 * m2 + 0.5 * x + 0.5 * shared + rng.normal(size=n)
    place = np.repeat([f"P{one:03d}" for one in range(places)], years)
    columns = {"treated": a, "m1": m1, "m2": m2, "x": x, "y": y}
    frame = pl.DataFrame({"place": place, "year": np.tile(np.arange(years), places), **columns})
    return Panel(frame=frame, made_by={"truth": {"y": TRUTH}}, simulated=True)


def spec(**options: Any) -> CausalPathsSpec:
    named = {"name": "m", "outcome": "y", "mediators": ("m1", "m2"), "covariates": ("x",), "seed": 1}
    return CausalPathsSpec(**{**named, "model": "linear", "draws": 0, **options})


def effects(panel: Panel, **options: Any) -> dict[str, float]:
    table = fit_causal_paths(panel, spec(**options)).estimates
    return dict(zip(table["term"].to_list(), table["estimate"].to_list(), strict=True))


@pytest.mark.parametrize(
    "case", STORED["cases"], ids=lambda one: f"{one['outcome']}-{one['interactions']}-{one['weighting']}"
)
@pytest.mark.parametrize("decomposition", ["type1", "type2"])
def test_paths_equal_those_of_statspai(case: dict[str, Any], decomposition: str) -> None:
    found = effects(
        stored_panel(),
        treatment="a",
        outcome=case["outcome"],
        covariates=("w",),
        model="linear" if case["outcome"] == "y" else "logit",
        estimator="weighting" if case["weighting"] else "imputation",
        interactions=case["interactions"],
        decomposition=decomposition,
    )
    expected = case[decomposition]
    assert found["direct"] == pytest.approx(expected["direct"], abs=1e-6)
    for j in (1, 2):
        assert found[f"via_m{j}"] == pytest.approx(expected[f"via_M{j}"], abs=1e-6)


@pytest.mark.parametrize("model", ["linear", "logit", "bart"])
@pytest.mark.parametrize("estimator", ["imputation", "weighting"])
@pytest.mark.parametrize("decomposition", ["type1", "type2"])
def test_paths_add_up_to_the_total(model: str, estimator: str, decomposition: str) -> None:
    panel = system(3, places=20)
    if model == "logit":
        panel = Panel(frame=panel.frame.with_columns(y=(pl.col("y") > 0.5).cast(pl.Int8)))
    found = fit_causal_paths(
        panel, spec(model=model, estimator=estimator, decomposition=decomposition, draws=2, trees=10, kept=20)
    )
    table = found.estimates
    assert table["term"].to_list() == ["total", "via_m1", "via_m2", "direct"]
    assert table["estimate"][1:].sum() == pytest.approx(table["estimate"][0], abs=1e-12)
    assert table["share"][1:].sum() == pytest.approx(1.0, abs=1e-12)
    parts = found.frames["draws"].pivot("term", index="draw", values="estimate")
    np.testing.assert_allclose(parts.select("via_m1", "via_m2", "direct").sum_horizontal(), parts["total"])


def test_the_paths_of_a_linear_system_are_recovered() -> None:
    for options in (
        {"interactions": False},
        {"estimator": "weighting"},
        {"decomposition": "type2", "interactions": False},
        {"decomposition": "type2", "estimator": "weighting"},
    ):
        every = [effects(system(seed), **options) for seed in range(30)]
        for term, truth in TRUTH.items():
            values = np.array([one[term] for one in every])
            assert abs(values.mean() - truth) < 3 * values.std() / np.sqrt(30), (options, term)


def test_regression_trees_recover_the_paths_of_a_system_that_is_not_linear() -> None:
    # the treatment widens the mediator, whose square matters: least squares see no path
    rng = np.random.default_rng(6)
    n = 3000
    a = rng.integers(0, 2, n).astype(float)
    x = rng.normal(size=n)
    m1 = (1 + a) * rng.uniform(-1, 1, size=n)
    y = 0.5 * a + m1**2 + (x > 0) + 0.3 * rng.normal(size=n)
    columns = {"treated": a, "m1": m1, "x": x, "y": y}
    frame = pl.DataFrame({"place": [f"P{i}" for i in range(n)], "year": [2000] * n, **columns})
    # the mean square is 4/3 under treatment, and 1/3 without
    found = effects(Panel(frame=frame), model="bart", mediators=("m1",))
    assert found["via_m1"] == pytest.approx(1.0, abs=0.1)
    assert found["direct"] == pytest.approx(0.5, abs=0.1)
    assert abs(effects(Panel(frame=frame), mediators=("m1",))["via_m1"]) < 0.1


def test_without_covariates_means_are_those_of_the_groups() -> None:
    found = effects(system(1), covariates=())
    again = effects(system(1), covariates=(), estimator="weighting")
    for term, value in found.items():
        assert again[term] == pytest.approx(value, abs=1e-12)
    frame = system(1).frame
    means = frame.group_by("treated").agg(pl.col("y").mean()).sort("treated")["y"]
    assert found["total"] == pytest.approx(means[1] - means[0], abs=1e-10)


@pytest.mark.parametrize("model", ["linear", "bart"])
def test_numbers_do_not_depend_on_the_number_of_processes(model: str) -> None:
    panel = system(2, places=15, years=6)
    settings = spec(model=model, draws=3, trees=5, kept=10)
    seen: list[tuple[str, int, int]] = []
    one = fit_causal_paths(panel, settings, progress=lambda *told: seen.append(told))
    two = fit_causal_paths(panel, settings, workers=2)
    assert one.estimates.equals(two.estimates)
    assert one.frames["draws"].equals(two.frames["draws"])
    assert seen == [("bootstrap draws", done, 3) for done in (1, 2, 3)]
    other = fit_causal_paths(panel, spec(model=model, draws=3, trees=5, kept=10, seed=2))
    assert not other.frames["draws"].equals(one.frames["draws"])


def test_the_bootstrap_draws_clusters_whole() -> None:
    panel = system(4, places=40)
    doubled = pl.concat([panel.frame, panel.frame.with_columns(year=pl.col("year") + 100)])
    once = fit_causal_paths(panel, spec(draws=60)).estimates
    twice = fit_causal_paths(Panel(frame=doubled), spec(draws=60)).estimates
    # each row twice in its cluster: the same estimates, and the same errors
    np.testing.assert_allclose(twice["estimate"], once["estimate"], rtol=1e-9)
    np.testing.assert_allclose(twice["std_error"], once["std_error"], rtol=1e-6)


def test_draws_that_cannot_be_estimated_are_counted_and_left_out() -> None:
    panel = system(5, places=6, years=8)
    one_place = panel.frame.with_columns(treated=(pl.col("place") == "P003").cast(pl.Float64))
    found = fit_causal_paths(Panel(frame=one_place), spec(draws=40, covariates=()))
    failed = found.statistics["draws_failed"]
    assert 0 < failed < 40
    assert found.frames["draws"].filter(pl.col("term") == "total")["estimate"].null_count() == failed
    assert any(f"{failed} draws left out" in note for note in found.notes)
    assert found.estimates["std_error"].null_count() == 0


def test_missing_values_are_counted_and_nothing_is_said_without_draws() -> None:
    panel = system(6)
    holes = panel.frame.with_columns(
        m1=pl.when(pl.col("year") != 3).then(pl.col("m1")), x=pl.when(pl.col("year") != 4).then(pl.col("x"))
    )
    found = fit_causal_paths(Panel(frame=holes), spec())
    assert found.statistics["rows_dropped"] == 200
    assert found.statistics["n"] == 800
    assert any("m1 100" in note and "x 100" in note for note in found.notes)
    assert found.estimates["std_error"].null_count() == 4
    assert found.frames["draws"].height == 0
    assert fit_causal_paths(panel, spec()).truth == TRUTH


def test_a_total_that_may_be_zero_is_named_because_of_the_shares() -> None:
    panel = system(7, places=20)
    rng = np.random.default_rng(2)
    noise = panel.frame.with_columns(y=pl.Series(rng.normal(size=panel.frame.height)))
    told = fit_causal_paths(Panel(frame=noise), spec(draws=50)).notes
    assert any("shares of it mean little" in note for note in told)
    assert not any("mean little" in note for note in fit_causal_paths(panel, spec(draws=50)).notes)


@pytest.mark.parametrize(
    ("change", "options", "error"),
    [
        (lambda f: f, {"mediators": ()}, SettingError),
        (lambda f: f, {"mediators": ("m1", "m1")}, ColumnError),
        (lambda f: f, {"mediators": ("none",)}, ColumnError),
        (lambda f: f, {"model": "other"}, SettingError),
        (lambda f: f, {"estimator": "other"}, SettingError),
        (lambda f: f, {"decomposition": "type3"}, SettingError),
        (lambda f: f, {"draws": -1}, SettingError),
        (lambda f: f, {"level": 0.0}, SettingError),
        (lambda f: f, {"model": "logit"}, DataError),
        (lambda f: f.with_columns(treated=2 * pl.col("treated")), {}, DataError),
        (lambda f: f.with_columns(treated=pl.lit(1.0)), {}, DataError),
        (lambda f: f.with_columns(m2=2 * pl.col("m1")), {}, DataError),
        (lambda f: f.with_columns(x=pl.lit(1.0)), {}, DataError),
        (lambda f: f.with_columns(m1=pl.col("m1") / 0), {}, DataError),
        (lambda f: f.with_columns(x=pl.col("treated") + 1, y=(pl.col("y") > 0).cast(pl.Int8)),
         {"model": "logit", "estimator": "weighting"}, DataError),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_is_refused(
    change: Callable[[pl.DataFrame], pl.DataFrame], options: dict[str, Any], error: type
) -> None:
    with pytest.raises(error):
        fit_causal_paths(Panel(frame=change(system(1, places=10).frame)), spec(**options))
    with pytest.raises(SettingError):
        fit_causal_paths(system(1, places=10), spec(), workers=0)


def test_without_stochtree_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "stochtree":
            raise ModuleNotFoundError("No module named 'stochtree'", name="stochtree")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ExtraError, match="stochtree") as told:
        fit_causal_paths(system(1, places=10), spec(model="bart"))
    assert "patentmetrics[bart]" in str(told.value)


@pytest.mark.monte_carlo
def test_bootstrap_intervals_cover_the_paths() -> None:
    covered = dict.fromkeys(TRUTH, 0)
    values: dict[str, list[float]] = {term: [] for term in TRUTH}
    for seed in range(200):
        table = fit_causal_paths(
            system(1000 + seed, places=80, years=4), spec(draws=199, interactions=False, seed=seed)
        ).estimates
        for row in table.iter_rows(named=True):
            covered[row["term"]] += row["conf_low"] <= TRUTH[row["term"]] <= row["conf_high"]
            values[row["term"]].append(row["estimate"])
    for term, truth in TRUTH.items():
        bias, error = np.mean(values[term]) - truth, np.std(values[term]) / np.sqrt(200)
        print(f"paths {term}: bias {bias:.4f}, its error {error:.4f}, coverage {covered[term] / 200}")
        assert abs(bias) < 3 * error
        assert 0.90 <= covered[term] / 200 <= 0.98
