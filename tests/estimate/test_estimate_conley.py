"""Conley standard errors against a double loop, StatsPAI, and in repeated samples with noise in space."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.conley import ConleySpec, fit_conley
from patentmetrics.estimate.distances import coordinates, pairs_given, pairs_on_earth
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, fit_fixed_effects
from tests.reference import conley as twin
from tests.reference.wild_bootstrap import dense

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
STORED = json.loads((EXTERNAL / "statspai_sensitivity.json").read_text("utf-8"))["conley"]


def stored_panel() -> Panel:
    frame = pl.DataFrame(STORED["data"]).rename({"lat": "latitude", "lon": "longitude"})
    return Panel(
        frame=frame.with_columns(place=pl.format("P{}", pl.col("place").cast(pl.String).str.zfill(2)))
    )


def spec(**options: object) -> ConleySpec:
    return ConleySpec(
        **{"name": "m", "outcome": "y", "regressors": ("x", "z"), "cutoff_km": 500.0, **options}
    )


def kilometres(frame: pl.DataFrame) -> dict[tuple[str, str], float]:
    places = frame.unique("place").sort("place").select("place", "latitude", "longitude").rows()
    return {(a[0], b[0]): twin.distance(a[1:], b[1:]) for a in places for b in places}


@pytest.mark.parametrize(
    "case", STORED["cases"], ids=lambda one: f"{one['kernel']}-{one['cutoff']}-{one['lags']}"
)
def test_errors_equal_those_of_statspai(case: dict[str, object]) -> None:
    options = {"kernel": case["kernel"], "cutoff_km": case["cutoff"], "lags": case["lags"]}
    result = fit_conley(stored_panel(), spec(**options))
    # theirs has no small-sample factor
    n = result.statistics["n"]
    factor = np.sqrt(n / (n - STORED["parameters"]))
    np.testing.assert_allclose(result.estimates["std_error"] / factor, case["std_errors"], rtol=1e-9)


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
@pytest.mark.parametrize(("cutoff", "lags"), [(1.0, 0), (250.0, 1), (700.0, 0), (5000.0, 4)])
@pytest.mark.parametrize("effects", [("place", "year"), ("year",)])
def test_errors_equal_a_double_loop(kernel: str, cutoff: float, lags: int, effects: tuple[str, ...]) -> None:
    panel = stored_panel()
    result = fit_conley(panel, spec(kernel=kernel, cutoff_km=cutoff, lags=lags, fixed_effects=effects))
    frame = panel.frame.sort("place", "year")
    dummies = dense(np.empty((frame.height, 0)), [frame[one].to_numpy() for one in effects])
    expected = twin.errors(
        frame["y"].to_numpy(), frame.select("x", "z").to_numpy(), dummies, frame["place"].to_list(),
        frame["year"].to_list(), kilometres(frame), cutoff=cutoff, kernel=kernel, lags=lags,
    )  # fmt: skip
    n, degrees = result.statistics["n"], result.statistics["t_degrees"]
    found = result.estimates["std_error"].fill_null(float("nan")).to_numpy()
    np.testing.assert_allclose(found, expected * np.sqrt(n / degrees), rtol=1e-8)


def test_a_cutoff_that_no_pair_reaches_gives_robust_errors() -> None:
    result = fit_conley(stored_panel(), spec(cutoff_km=1.0))
    plain = fit_fixed_effects(
        stored_panel(), FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"), errors="robust")
    )
    for column in ("estimate", "std_error", "p_value", "conf_low"):
        np.testing.assert_allclose(result.estimates[column], plain.estimates[column], rtol=1e-9)
    assert result.statistics["pairs"] == 0
    assert any("no two places" in note for note in result.notes)


def test_a_frame_of_distances_gives_the_same_as_coordinates_and_missing_pairs_are_counted() -> None:
    panel = stored_panel()
    km = kilometres(panel.frame)
    once = pl.DataFrame(
        [(a, b, d) for (a, b), d in km.items() if a < b], ["place_a", "place_b", "km"], orient="row"
    )
    both = pl.DataFrame([(a, b, d) for (a, b), d in km.items()], ["place_a", "place_b", "km"], orient="row")
    plain = panel.frame.drop("latitude", "longitude")
    expected = fit_conley(panel, spec())
    for frame in (once, both.sample(fraction=1.0, shuffle=True, seed=1)):
        found = fit_conley(Panel(frame=plain), spec(), distances=frame)
        np.testing.assert_allclose(found.estimates["std_error"], expected.estimates["std_error"], rtol=1e-12)
        assert found.statistics["pairs"] == expected.statistics["pairs"]
    near = once.filter(pl.col("km") <= 600)
    told = fit_conley(Panel(frame=plain), spec(), distances=near)
    assert told.estimates.equals(found.estimates)
    assert any(
        f"{once.height - near.height} pairs of places are not in the distances" in one for one in told.notes
    )


def test_further_cutoffs_stand_in_a_frame_beside_the_main_one() -> None:
    result = fit_conley(stored_panel(), spec(further_cutoffs_km=(900.0, 200.0, 500.0)))
    table = result.frames["cutoffs"]
    assert table["cutoff_km"].unique().sort().to_list() == [200.0, 500.0, 900.0]
    for cutoff in (200.0, 900.0):
        alone = fit_conley(stored_panel(), spec(cutoff_km=cutoff))
        rows = table.filter(pl.col("cutoff_km") == cutoff)
        assert rows["std_error"].to_list() == alone.estimates["std_error"].to_list()
        assert rows["pairs"].to_list() == [alone.statistics["pairs"]] * 2
    assert table["pairs"].is_sorted()


def test_a_negative_variance_is_null_and_named() -> None:
    # distances that no map has: near are the places whose scores have opposite signs
    frame = stored_panel().frame.sort("place", "year")
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    dummies = dense(np.empty((frame.height, 0)), [frame[one].to_numpy() for one in ("place", "year")])
    x, y = (one - dummies @ np.linalg.lstsq(dummies, one, rcond=None)[0] for one in (x, y))
    scores = frame.select("place", "year", score=pl.Series(x * (y - x * (x @ y) / (x @ x))))
    wide = scores.pivot("year", index="place", values="score").fill_null(0.0)
    product = wide.drop("place").to_numpy() @ wide.drop("place").to_numpy().T
    names = wide["place"].to_list()
    rows = [(a, b, 10.0 if product[i, j] < 0 else 900.0)
            for i, a in enumerate(names) for j, b in enumerate(names) if i < j]  # fmt: skip
    distances = pl.DataFrame(rows, ["place_a", "place_b", "km"], orient="row")
    found = fit_conley(stored_panel(), spec(regressors=("x",), kernel="uniform"), distances=distances)
    row = found.estimates.row(0, named=True)
    for column in ("std_error", "statistic", "p_value", "conf_low", "conf_high"):
        assert row[column] is None
    assert row["estimate"] is not None
    assert any("the variance of x came out negative" in note for note in found.notes)
    assert found.frames["cutoffs"]["std_error"].to_list() == [None]


def test_distances_on_earth_are_those_of_the_chord_and_know_the_date_line() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([rng.uniform(-89, 89, 300), rng.uniform(-180, 180, 300)])
    points[:4] = [[0, 179.9], [0, -179.9], [90, 0], [90, 120]]
    pairs = pairs_on_earth(points, within_km=3000)
    expected = {
        (i, j): d
        for i in range(300)
        for j in range(300)
        if i != j and (d := twin.distance(tuple(points[i]), tuple(points[j]))) <= 3000
    }
    found = {(int(i), int(j)): d for i, j, d in zip(pairs.first, pairs.second, pairs.km, strict=True)}
    assert found.keys() == expected.keys()
    for key, distance in expected.items():
        assert found[key] == pytest.approx(distance, abs=1e-4)
    assert found[0, 1] == pytest.approx(22.24, abs=0.01)
    assert found[2, 3] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "named", "error"),
    [
        (pl.lit(None, dtype=pl.Float64), "P00, P01", DataError),
        (pl.col("latitude") + 0.001 * pl.col("year"), "P00", DataError),
        (pl.col("longitude"), "exchanged", DataError),
        (pl.col("place"), "latitude", ColumnError),
    ],
)
def test_coordinates_that_cannot_be_are_refused_by_name(change: pl.Expr, named: str, error: type) -> None:
    frame = stored_panel().frame.with_columns(change.alias("latitude"))
    with pytest.raises(error) as told:
        fit_conley(Panel(frame=frame), spec())
    assert named in str(told.value)


def test_a_coordinate_may_be_missing_in_some_years() -> None:
    frame = stored_panel().frame
    holes = frame.with_columns(latitude=pl.when(pl.col("year") > 1).then(pl.col("latitude")))
    found = fit_conley(Panel(frame=holes), spec())
    assert found.estimates.equals(fit_conley(stored_panel(), spec()).estimates)
    names = pl.Series("place", ["P00"])
    assert coordinates(frame, names, latitude="latitude", longitude="longitude").shape == (1, 2)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([("P00", "P01", 10.0), ("P01", "P00", 11.0)], "two distances"),
        ([("P00", "P01", -1.0)], "negative"),
        ([("P00", "P01", None)], "missing"),
        ([("P00", "P05", 1.0)], "P01"),
    ],
)
def test_distances_that_contradict_themselves_are_refused(rows: list[tuple[object, ...]], named: str) -> None:
    frame = pl.DataFrame(rows, {"place_a": pl.String, "place_b": pl.String, "km": pl.Float64}, orient="row")
    with pytest.raises(DataError) as told:
        pairs_given(frame, pl.Series("place", ["P00", "P01"]), within_km=100)
    assert named in str(told.value)


@pytest.mark.parametrize(
    "options",
    [{"cutoff_km": 0.0}, {"lags": -1}, {"kernel": "other"}, {"further_cutoffs_km": (float("inf"),)}],
)
def test_bad_settings_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        fit_conley(stored_panel(), spec(**options))


@pytest.mark.monte_carlo
def test_intervals_cover_the_effect_where_noise_and_regressor_are_shared_by_neighbours() -> None:
    # 200 places on a map of 1,500 km, 10 years; noise and regressor smooth over 100 km: 200 samples
    rng = np.random.default_rng(11)
    covers, robust, estimates = 0, 0, []
    places, years = 200, 10
    for _ in range(200):
        where = np.column_stack([rng.uniform(28, 41, places), rng.uniform(105, 120, places)])
        centres = np.column_stack([rng.uniform(27, 42, 400), rng.uniform(104, 121, 400)])
        apart = ((where[:, None] - centres) ** 2).sum(axis=2)
        smooth = np.exp(-apart / 0.4)
        smooth /= np.sqrt((smooth**2).sum(axis=1))[:, None]
        noise, x = (smooth @ rng.normal(size=(400, years)) for _ in range(2))
        x = x + 0.5 * rng.normal(size=x.shape)
        frame = pl.DataFrame(
            {
                "place": np.repeat([f"P{one:03d}" for one in range(places)], years),
                "year": np.tile(np.arange(years), places),
                "latitude": np.repeat(where[:, 0], years),
                "longitude": np.repeat(where[:, 1], years),
                "x": x.ravel(),
                "y": (0.25 * x + noise).ravel(),
            }
        )
        result = fit_conley(
            Panel(frame=frame), spec(regressors=("x",), cutoff_km=300.0, further_cutoffs_km=(1e-3,))
        )
        table = result.frames["cutoffs"]
        inside = ((table["conf_low"] <= 0.25) & (table["conf_high"] >= 0.25)).to_list()
        robust += inside[0]
        covers += inside[1]
        estimates.append(table["estimate"][0])
    bias, error = np.mean(estimates) - 0.25, np.std(estimates) / np.sqrt(200)
    print(f"conley: bias {bias:.4f}, its error {error:.4f}, coverage {covers / 200}, robust {robust / 200}")
    assert abs(bias) < 3 * error
    assert 0.92 <= covers / 200 <= 0.98
    assert robust < covers - 10
