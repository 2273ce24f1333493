"""The fixed-effects estimator against a dense twin, other programs, and its library's known faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, DataError, ExtraError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.degrees import absorbed_degrees, nested
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, fit_fixed_effects
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import fixed_effects as twin

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
PUBLISHED = tomllib.loads((EXTERNAL / "published_estimates.toml").read_text("utf-8"))

# The iterated demeaning stops within 1e-11 of a standard deviation; the rest is rounding.
TWIN = 1e-8


def unbalanced(seed: int, *, places: int = 14, years: int = 9, share: float = 0.7) -> pl.DataFrame:
    """Random panel with holes, provinces above places, and a row that ends up alone."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "place": f"P{p:02d}",
            "province": f"V{p // 4}",
            "year": 2000 + t,
            "x": p * 0.1 + t * 0.2 + rng.normal(),
            "z": rng.normal() * 10,
            "y": p * 0.3 + rng.normal(),
        }
        for p in range(places)
        for t in range(years)
        if rng.random() < share
    ]
    rows.append({"place": "lonely", "province": "V9", "year": 2000, "x": 1.0, "z": 2.0, "y": 50.0})
    frame = pl.DataFrame(rows)
    return frame.with_columns(y=pl.col("y") + 0.5 * pl.col("x"), block=pl.col("year") // 3)


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
@pytest.mark.parametrize(
    ("effects", "cluster"),
    [
        (("place", "year"), "place"),
        (("place", "year"), "province"),
        (("year", "place"), "year"),
        (("place",), "place"),
        (("year",), "place"),
        (("province", "year"), "place"),
        (("place", "province^year"), "place"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_estimates_equal_dense_dummies_with_a_sandwich_by_hand(
    seed: int, effects: tuple[str, ...], cluster: str, errors: str
) -> None:
    frame = unbalanced(seed)
    spec = FixedEffectsSpec(
        name="m", outcome="y", regressors=("x", "z"), fixed_effects=effects, cluster=cluster, errors=errors
    )
    result = fit_fixed_effects(Panel(frame=frame), spec)

    labels = [
        frame.select(pl.concat_str(e.split("^"), separator="|")).to_series().to_numpy() for e in effects
    ]
    kept = twin.without_singletons(labels)
    assert result.statistics["singletons_dropped"] == frame.height - len(kept)
    expected = twin.regression(
        frame["y"].to_numpy()[kept],
        frame.select("x", "z").to_numpy()[kept],
        [one[kept] for one in labels],
        frame[cluster].to_numpy()[kept],
        errors,
    )
    assert result.estimates["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=TWIN)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=TWIN)
    for name in ("r2", "r2_within", "r2_adjusted"):
        assert result.statistics[name] == pytest.approx(expected[name], rel=TWIN)


def bundled() -> Panel:
    import pyfixest

    data = pyfixest.get_data()
    columns = {name: data[name].astype(float).tolist() for name in ("Y", "X1", "X2", "f1", "f2")}
    rows = [f"row {i:04d}" for i in range(len(data))]
    return Panel(frame=pl.DataFrame({"place": rows, "year": [0] * len(rows)} | columns).fill_nan(None))


BUNDLED = FixedEffectsSpec(
    name="m", outcome="Y", regressors=("X1", "X2"), fixed_effects=("f1", "f2"), cluster="f1"
)


def test_all_digits_that_reghdfe_printed() -> None:
    stata = PUBLISHED["reghdfe_bundled"]
    result = fit_fixed_effects(bundled(), BUNDLED)
    row = result.estimates.row(0, named=True)
    assert row["term"] == stata["term"]
    assert round(row["estimate"], 7) == stata["estimate"]
    assert round(row["std_error"], 7) == stata["std_error"]
    assert round(result.statistics["r2_within"], 4) == stata["r2_within"]


def mpdta(folder: Path) -> Panel:
    frame = pl.read_csv(folder / "reference" / "mpdta.csv").with_columns(
        place=pl.col("countyreal").cast(pl.String),
        cohort=pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat")),
    )
    return Panel(
        frame=frame.with_columns(treated=(pl.col("year") >= pl.col("cohort")).fill_null(value=False))
    )


@pytest.mark.larger
def test_all_digits_that_fixest_printed_for_the_minimum_wage_panel(larger_data: Path) -> None:
    r = PUBLISHED["fixest_mpdta"]
    result = fit_did(mpdta(larger_data), DidSpec(name="m", outcome="lemp"))
    row = result.estimates.row(0, named=True)
    for name in ("estimate", "std_error", "p_value"):
        assert round(row[name], 6) == r[name]
    assert round(row["statistic"], 5) == r["statistic"]
    for name in ("rmse", "r2_adjusted", "r2_within", "n"):
        assert round(result.statistics[name], 6) == r[name]


@pytest.mark.larger
def test_extended_twfe_on_this_estimator_gives_the_published_effect(larger_data: Path) -> None:
    """The mean of the cohort-by-year effects as one coefficient, the others as contrasts to it."""
    panel = mpdta(larger_data)
    frame = panel.frame
    cohort, year, lpop = (frame[name].to_numpy() for name in ("first.treat", "year", "lpop"))
    cells = [(g, t) for g in (2004, 2006, 2007) for t in range(g, 2008)]
    inside = {cell: ((cohort == cell[0]) & (year == cell[1])).astype(float) for cell in cells}
    size = {cell: inside[cell].sum() for cell in cells}
    centred = lpop.copy()
    for g in (0, 2004, 2006, 2007):
        centred[cohort == g] -= lpop[cohort == g].mean()
    last = cells[-1]
    extra = {f"contrast {c}": inside[c] - size[c] / size[last] * inside[last] for c in cells[:-1]}
    extra |= {f"effect × lpop {c}": inside[c] * centred for c in cells}
    extra |= {f"cohort × lpop {g}": lpop * (cohort == g) for g in (2004, 2006, 2007)}
    extra |= {f"year × lpop {t}": lpop * (year == t) for t in range(2004, 2008)}
    extra |= {"lpop alone": lpop}
    frame = frame.with_columns(pl.Series(name, values) for name, values in extra.items())
    spec = DidSpec(
        name="m",
        outcome="lemp",
        controls=tuple(extra),
        fixed_effects=("first.treat", "year"),
        cluster="place",
    )
    row = fit_did(Panel(frame=frame), spec).estimates.row(0, named=True)
    assert row["estimate"] == pytest.approx(PUBLISHED["etwfe_mpdta"]["estimate"], abs=5e-11)
    # theirs is from a numerical derivative
    assert row["std_error"] == pytest.approx(PUBLISHED["etwfe_mpdta"]["std_error"], rel=1e-6)


def test_linearmodels_agrees_once_its_convention_is_replaced() -> None:
    from linearmodels.datasets import wage_panel

    stored = json.loads((EXTERNAL / "linearmodels_wage_panel.json").read_text("utf-8"))
    data = wage_panel.load()
    columns = {name: data[name].tolist() for name in ("year", "lwage", *stored["terms"])}
    frame = pl.DataFrame({"place": data["nr"].astype(str).tolist()} | columns)
    spec = FixedEffectsSpec(name="m", outcome="lwage", regressors=tuple(stored["terms"]))
    result = fit_fixed_effects(Panel(frame=frame), spec)
    assert result.estimates["estimate"].to_numpy() == pytest.approx(stored["coefficients"], rel=1e-9)
    n, g, t, k = stored["n"], stored["entities"], stored["years"], len(stored["terms"])
    theirs = n / (n - k)  # the variance factor of linearmodels with these options
    ours = g / (g - 1) * (n - 1) / (n - k - (t - 1) - 1)  # reghdfe's
    expected = np.array(stored["std_errors"]) * np.sqrt(ours / theirs)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected, rel=1e-9)


HASHED = """
import json, sys, warnings
warnings.simplefilter("error")
import polars as pl
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, fit_fixed_effects
from tests.estimate.test_estimate_fixed_effects import BUNDLED, bundled
from patentmetrics.estimate.within import _quiet
with _quiet():
    panel = bundled()
result = fit_fixed_effects(panel, BUNDLED)
ours = [repr(result.estimates.rows()), repr(result.statistics)]
import pyfixest
warnings.simplefilter("ignore")
raw = pyfixest.feols("Y ~ X1 + X2 | f1 + f2", pyfixest.get_data(), vcov={"CRV1": "f1"})
print(json.dumps({"ours": ours, "raw": repr(float(raw.se().iloc[0]))}))
"""


def test_no_digit_depends_on_the_hash_seed_while_the_bare_library_does() -> None:
    root = Path(__file__).resolve().parents[2]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", HASHED],
            env=os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    found = []
    for run in runs:
        out, err = run.communicate()
        assert run.returncode == 0, err
        assert err == ""
        found.append(json.loads(out))
    assert len({tuple(one["ours"]) for one in found}) == 1
    # if this fails the library has been mended, and within.py can say less
    assert len({one["raw"] for one in found}) > 1


@pytest.mark.parametrize("size", [1e-9, 1e-4, 1.0, 1e7])
def test_units_change_no_significance(size: float) -> None:
    frame = unbalanced(3)
    spec = FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"))
    plain = fit_fixed_effects(Panel(frame=frame), spec).estimates
    scaled = fit_fixed_effects(
        Panel(frame=frame.with_columns(x=pl.col("x") * size + 3 * size)), spec
    ).estimates
    assert scaled["term"].to_list() == ["x", "z"]
    assert scaled["estimate"][0] * size == pytest.approx(plain["estimate"][0], rel=1e-8)
    assert scaled["statistic"].to_numpy() == pytest.approx(plain["statistic"].to_numpy(), rel=1e-8)
    outcome = fit_fixed_effects(Panel(frame=frame.with_columns(y=pl.col("y") * size)), spec).estimates
    assert outcome["statistic"].to_numpy() == pytest.approx(plain["statistic"].to_numpy(), rel=1e-8)


def test_the_order_of_the_rows_changes_no_digit() -> None:
    frame = unbalanced(4)
    spec = FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"))
    one = fit_fixed_effects(Panel(frame=frame), spec)
    other = fit_fixed_effects(Panel(frame=frame.sample(fraction=1, shuffle=True, seed=1)), spec)
    assert one.estimates.equals(other.estimates)
    assert one.statistics == other.statistics


def test_absorbed_degrees_of_disconnected_and_nested_effects() -> None:
    place = np.repeat(np.arange(6), 4)
    year = np.tile(np.arange(4), 6) + 4 * (place >= 3)  # two groups that share no year
    effects = np.column_stack([place, year])
    dense = np.column_stack([twin.dummies(place), twin.dummies(year)])
    assert absorbed_degrees(effects) == np.linalg.matrix_rank(dense) == 6 + 8 - 2
    assert absorbed_degrees(effects, place) == 8
    assert absorbed_degrees(effects, place // 2) == 8
    assert absorbed_degrees(effects[:, :1], place) == 1
    assert not nested(year, place)


def test_rows_left_out_are_counted_by_column_and_by_reason() -> None:
    frame = unbalanced(5)
    n = frame.height
    frame = frame.with_row_index("i").with_columns(
        y=pl.when(pl.col("i") == 3).then(None).otherwise("y"),
        x=pl.when(pl.col("i").is_in([3, 7])).then(float("nan")).otherwise("x"),
    )
    sample = estimation_sample(
        Panel(frame=frame), outcome="y", regressors=["x"], fixed_effects=["place", "year"], cluster="place"
    )
    assert sample.rows_dropped == {"y": 1, "x": 2}
    assert sample.rows_dropped_total == 2
    assert sample.singletons_dropped == 1
    assert sample.n == n - 3
    result = fit_fixed_effects(Panel(frame=frame), FixedEffectsSpec(name="m", outcome="y", regressors=("x",)))
    assert "2 rows left out for missing values (y 1, x 2)" in result.notes
    assert "1 rows left out that were alone in a level of a fixed effect" in result.notes


def test_rows_alone_are_left_out_until_none_is() -> None:
    # B 1990 is alone in its year; once it is gone, B 2003 is alone in its place; the rest is whole
    frame = unbalanced(6, share=1.0).filter(pl.col("place") != "lonely")
    chain = pl.DataFrame(
        {"place": ["B", "B"], "year": [2003, 1990], "x": [0.0, 1.0], "z": [0.0, 1.0], "y": [0.0, 1.0]}
    )
    whole = frame.select("place", "year", "x", "z", "y")
    spec = FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"))
    result = fit_fixed_effects(Panel(frame=pl.concat([whole, chain])), spec)
    assert result.statistics["singletons_dropped"] == 2
    assert result.estimates.equals(fit_fixed_effects(Panel(frame=whole), spec).estimates)


def test_collinear_regressors_are_left_out_and_named() -> None:
    frame = unbalanced(6).with_columns(
        twice=2 * pl.col("x") - 3 * pl.col("z"), fixed=pl.col("place").str.len_chars(), one=pl.lit(1.0)
    )
    spec = FixedEffectsSpec(name="m", outcome="y", regressors=("x", "fixed", "z", "twice", "one"))
    result = fit_fixed_effects(Panel(frame=frame), spec)
    plain = fit_fixed_effects(
        Panel(frame=frame), FixedEffectsSpec(name="m", outcome="y", regressors=("x", "z"))
    )
    assert result.estimates.equals(plain.estimates)
    assert "fixed left out: absorbed by the fixed effects" in result.notes
    assert "one left out: absorbed by the fixed effects" in result.notes
    assert "twice left out: collinear with x, z" in result.notes


FAULTS = {
    "no outcome": (pl.lit(None, dtype=pl.Float64).alias("y"), {}, DataError, "no value at all"),
    "infinite": (pl.lit(float("inf")).alias("x"), {}, DataError, "infinite"),
    "constant outcome": (pl.lit(2.0).alias("y"), {}, DataError, "outcome does not vary"),
    "absorbed": (pl.col("year").alias("x"), {}, DataError, "no regressor varies"),
    "one cluster": (pl.lit("all").alias("everyone"), {"cluster": "everyone"}, DataError, "only one cluster"),
    "rows": (pl.lit(1).alias("o"), {"fixed_effects": ("place^year",)}, DataError, "every row is alone"),
    "text": (pl.lit("a").alias("x"), {}, ColumnError, "does not hold numbers"),
    "unknown": (pl.lit(1).alias("o"), {"regressors": ("xx",)}, ColumnError, "'xx' is missing"),
    "twice": (pl.lit(1).alias("o"), {"regressors": ("x", "x")}, ColumnError, "used twice"),
    "no effect": (pl.lit(1).alias("o"), {"fixed_effects": ()}, SettingError, "no fixed effect"),
    "errors": (pl.lit(1).alias("o"), {"errors": "HC9"}, SettingError, "errors"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_estimated_is_refused_with_a_reason(fault: str) -> None:
    change, options, kind, match = FAULTS[fault]
    spec = FixedEffectsSpec(**{"name": "m", "outcome": "y", "regressors": ("x",)} | options)
    with pytest.raises(kind, match=match):
        fit_fixed_effects(Panel(frame=unbalanced(7).with_columns(change)), spec)


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    with pytest.raises(ExtraError) as caught:
        fit_fixed_effects(bundled_free(), FixedEffectsSpec(name="m", outcome="y", regressors=("x",)))
    assert caught.value.hint == 'pip install "patentmetrics[estimate]"'


def bundled_free() -> Panel:
    return Panel(frame=unbalanced(8))


def test_the_library_says_nothing_and_our_quiet_reaches_no_further(
    capfd: pytest.CaptureFixture[str],
) -> None:
    panel = simulate_panel(seed=1, places=12).panel
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_did(panel, DidSpec(name="m", outcome="outcome", controls=("control",)))
        fit_event_study(panel, EventStudySpec(name="m", outcome="outcome"))
        with pytest.raises(DeprecationWarning):
            warnings.warn("another's", DeprecationWarning, stacklevel=1)
    assert capfd.readouterr() == ("", "")
