"""Two-stage least squares: Stata's numbers, a dense twin, planted effects, weak and wrong instruments."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import special, stats

from patentmetrics.core.errors import ColumnError, DataError, ExtraError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.iv import IvSpec, fit_iv
from patentmetrics.estimate.stock_yogo import stock_yogo
from patentmetrics.estimate.weak_instruments import Partialled, anderson_rubin
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import two_stage

EXTERNAL = Path(__file__).resolve().parent.parent / "external"
STATA = tomllib.loads((EXTERNAL / "ivreg2_card.toml").read_text("utf-8"))

# Stata's file holds the log wage in single precision, ours in double: about eight digits are the same
WAGE = 1e-6
# no wage goes into the rank statistics
RANK = 1e-10
TWIN = 1e-8


def card() -> Panel:
    from linearmodels.datasets import card as data

    frame = data.load()
    names = ("lwage", "educ", "exper", "expersq", "black", "south", "nearc2", "nearc4", "age")
    columns = {name: frame[name].astype(float).tolist() for name in names}
    places = [f"man {i:04d}" for i in range(len(frame))]
    return Panel(frame=pl.DataFrame({"place": places, "year": [1976] * len(frame)} | columns))


def card_spec(errors: str) -> IvSpec:
    # absorbing the two levels of south is the same as a constant and a dummy
    return IvSpec(
        name="m",
        outcome="lwage",
        endogenous=("educ",),
        instruments=("nearc2", "nearc4"),
        controls=("exper", "expersq", "black"),
        fixed_effects=("south",),
        cluster="age",
        errors=errors,
    )


@pytest.mark.parametrize(("errors", "stata"), [("robust", "hc1"), ("iid", "iid")])
def test_all_digits_that_ivreg2_printed(errors: str, stata: str) -> None:
    expected = STATA[stata]
    result = fit_iv(card(), card_spec(errors))
    for row in result.estimates.iter_rows(named=True):
        assert (row["estimate"], row["std_error"]) == pytest.approx(expected[row["term"]], rel=WAGE)
    for name, value in expected.items():
        if name in result.statistics:
            tight = name.startswith(("kp_", "cragg"))
            assert result.statistics[name] == pytest.approx(value, rel=RANK if tight else WAGE), name
    assert set(expected) - set(result.statistics) == set(result.estimates["term"])


def test_rank_statistics_with_clusters_are_those_of_ivreg2() -> None:
    result = fit_iv(card(), card_spec("cluster"))
    for name, value in STATA["cluster"].items():
        assert round(result.statistics[name], 5) == value
    assert result.statistics["t_degrees"] == 10


@pytest.mark.larger
def test_published_kleibergen_paap_statistics_of_the_cigarette_panel(larger_data: Path) -> None:
    frame = pl.read_csv(larger_data / "reference" / "cigar.csv").with_columns(
        place=pl.col("State").cast(pl.String), year=pl.col("Year"), all=1
    )

    def f(errors: str, effects: tuple[str, ...], **options: tuple[str, ...]) -> float:
        spec = IvSpec(
            **{
                "name": "m",
                "outcome": "Sales",
                "endogenous": ("Price",),
                "instruments": ("Pimin",),
                "fixed_effects": effects,
                "errors": errors,
            }
            | options
        )
        return fit_iv(Panel(frame=frame), spec).statistics["kp_f"]

    # FixedEffectModels.jl, "exactly same with ivreg2"
    assert f("robust", ("all",)) == pytest.approx(23160.0635, abs=5e-5)
    assert f("robust", ("place",)) == pytest.approx(37662.8281, abs=5e-5)
    assert f("robust", ("all",), controls=("CPI",)) == pytest.approx(2093.46609, abs=5e-5)
    # with iid errors that program divides by N, ivreg2 and we by N - K ("difference degrees of freedom")
    n = frame.height
    assert f("iid", ("all",)) * n / (n - 2) == pytest.approx(52248.7925, abs=5e-5)
    assert f("iid", ("place",)) * n / (n - 47) == pytest.approx(100927.75710, abs=5e-5)


def invented(seed: int, *, strength: float = 0.6, rho: float = 0.7, places: int = 15) -> pl.DataFrame:
    """Unbalanced panel with two endogenous regressors, three instruments, effects and provinces."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(places):
        level = rng.normal()
        for t in range(9):
            if rng.random() < 0.2:
                continue
            z = rng.normal(size=3) + 0.3 * level
            u = rng.normal() + 0.3 * (p % 4)
            w = rng.normal() + 0.2 * t
            x1 = strength * (z[0] + z[1]) + rho * u + rng.normal() + level
            x2 = strength * (z[2] - z[0]) + rho * u + rng.normal() + 0.1 * t
            rows.append(
                {"place": f"P{p:02d}", "province": f"V{p // 3}", "year": 2000 + t, "w": w}
                | {"z1": z[0], "z2": z[1], "z3": z[2], "x1": x1, "x2": x2}
                | {"y": 1.5 * x1 - 0.5 * x2 + 0.4 * w + level + 0.2 * t + u}
            )
    return pl.DataFrame(rows)


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
@pytest.mark.parametrize(
    ("effects", "cluster"),
    [(("place", "year"), "place"), (("place", "year"), "province"), (("year",), "place")],
)
@pytest.mark.parametrize("endogenous", [("x1",), ("x1", "x2")])
def test_estimates_equal_dense_dummies_and_textbook_formulas(
    endogenous: tuple[str, ...], effects: tuple[str, ...], cluster: str, errors: str
) -> None:
    frame = invented(3)
    spec = IvSpec(
        name="m",
        outcome="y",
        endogenous=endogenous,
        instruments=("z1", "z2", "z3"),
        controls=("w",),
        fixed_effects=effects,
        cluster=cluster,
        errors=errors,
    )
    result = fit_iv(Panel(frame=frame), spec)
    beta, error = two_stage.two_stage(
        frame["y"].to_numpy(),
        frame.select(endogenous).to_numpy(),
        frame.select("w").to_numpy(),
        frame.select("z1", "z2", "z3").to_numpy(),
        [frame[one].to_numpy() for one in effects],
        frame[cluster].to_numpy(),
        errors,
    )
    assert result.estimates["term"].to_list() == [*endogenous, "w"]
    assert result.estimates["estimate"].to_numpy() == pytest.approx(beta, rel=TWIN)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(error, rel=TWIN)


@pytest.mark.parametrize("errors", ["cluster", "robust", "iid"])
@pytest.mark.parametrize("strength", [0.6, 0.12, 0.02])
def test_the_anderson_rubin_set_is_where_a_search_does_not_reject(strength: float, errors: str) -> None:
    frame = invented(5, strength=strength).with_columns(y=pl.col("y") + 0.5 * pl.col("x2"))
    spec = IvSpec(
        name="m",
        outcome="y",
        endogenous=("x1",),
        instruments=("z1", "z2"),
        controls=("w",),
        errors=errors,
    )
    result = fit_iv(Panel(frame=frame), spec)
    below = result.statistics["t_degrees"] - (0 if errors == "cluster" else 1)
    critical = stats.f.ppf(0.95, 2, below)
    data = (
        frame["y"].to_numpy(),
        frame.select("x1").to_numpy(),
        frame.select("w").to_numpy(),
        frame.select("z1", "z2").to_numpy(),
        [frame["place"].to_numpy(), frame["year"].to_numpy()],
        frame["place"].to_numpy(),
        errors,
        critical,
    )
    centre = result.estimates["estimate"][0]
    pieces = result.frames["anderson_rubin"].rows()
    assert pieces
    assert (result.statistics["ar_set"] == "interval") == (strength == 0.6)
    for beta in [*np.linspace(centre - 30, centre + 30, 41), -1e6, 1e6]:
        inside = any(low <= beta <= high for low, high in pieces)
        assert inside != two_stage.anderson_rubin_rejects(beta, *data)
    for end in {end for piece in pieces for end in piece if np.isfinite(end)}:
        size = 1e-4 * (1 + abs(end))
        sides = [two_stage.anderson_rubin_rejects(end + step, *data) for step in (-size, size)]
        assert sorted(sides) == [False, True]


def test_weak_instruments_give_an_open_set_that_is_named_and_left_null() -> None:
    frame = invented(5, strength=0.0)
    spec = IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1",))
    result = fit_iv(Panel(frame=frame), spec)
    assert result.statistics["ar_set"] in {"whole line", "two rays"}
    assert result.statistics["ar_conf_low"] is None
    assert result.statistics["kp_f"] < result.statistics["stock_yogo_size_10"] == 16.38
    assert any("Anderson–Rubin confidence set is" in note for note in result.notes)


def test_an_anderson_rubin_set_can_be_empty() -> None:
    # two strong instruments that tell of very different effects
    rng = np.random.default_rng(2)
    z = rng.normal(size=(400, 2))
    x = z @ [1.0, 1.0] + 0.1 * rng.normal(size=400)
    y = z @ [1.0, -1.0] + 0.1 * rng.normal(size=400)
    columns = Partialled(
        outcome=y, endogenous=x[:, None], instruments=z, clusters=None, errors="robust", used=0
    )
    found = anderson_rubin(columns)
    assert (found.shape, found.pieces) == ("empty", ())


def test_one_instrument_gives_the_ratio_of_reduced_form_and_first_stage_and_a_wald_f() -> None:
    frame = invented(8)
    spec = IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1",), controls=("w",))
    result = fit_iv(Panel(frame=frame), spec)
    first, reduced = (
        result.frames[name].filter(pl.col("term") == "z1").row(0, named=True)
        for name in ("first_stage", "reduced_form")
    )
    assert result.estimates["estimate"][0] == pytest.approx(reduced["estimate"] / first["estimate"], rel=1e-9)
    assert result.statistics["kp_f"] == pytest.approx(first["statistic"] ** 2, rel=1e-9)
    assert result.frames["first_stage_f"]["f"][0] == pytest.approx(result.statistics["kp_f"], rel=1e-9)
    assert result.statistics["ar_f"] == pytest.approx(reduced["statistic"] ** 2, rel=1e-9)
    assert result.statistics["hansen_j"] is None
    assert first["endogenous"] == "x1"


def test_a_regressor_that_is_its_own_instrument_gives_least_squares() -> None:
    panel = simulate_panel(places=30, seed=2).panel
    frame = panel.frame.with_columns(also=pl.col("treated").cast(pl.Float64))
    spec = IvSpec(
        name="m",
        outcome="outcome",
        endogenous=("treated",),
        instruments=("also", "control"),
    )
    plain = fit_did(panel, DidSpec(name="m", outcome="outcome")).estimates.row(0, named=True)
    row = fit_iv(Panel(frame=frame), spec).estimates.row(0, named=True)
    assert row["estimate"] == pytest.approx(plain["estimate"], rel=1e-9)
    assert row["std_error"] == pytest.approx(plain["std_error"], rel=1e-9)


def test_scales_of_the_columns_change_no_test() -> None:
    frame = invented(4)
    spec = IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1", "z2"), controls=("w",))
    plain = fit_iv(Panel(frame=frame), spec)
    other = fit_iv(
        Panel(frame=frame.with_columns(pl.col("x1") * 1e-6 + 5, pl.col("z1") * 1e7, pl.col("y") * 1e4)), spec
    )
    assert other.estimates["estimate"][0] == pytest.approx(plain.estimates["estimate"][0] * 1e10, rel=1e-7)
    for name in ("kp_lm", "kp_f", "cragg_donald_f", "hansen_j", "ar_f"):
        assert other.statistics[name] == pytest.approx(plain.statistics[name], rel=1e-7), name
    assert other.statistics["ar_conf_low"] == pytest.approx(plain.statistics["ar_conf_low"] * 1e10, rel=1e-6)


def test_the_order_of_the_rows_changes_no_digit() -> None:
    frame = invented(4)
    spec = IvSpec(name="m", outcome="y", endogenous=("x1", "x2"), instruments=("z1", "z2", "z3"))
    one = fit_iv(Panel(frame=frame), spec)
    other = fit_iv(Panel(frame=frame.sample(fraction=1, shuffle=True, seed=1)), spec)
    assert one.estimates.equals(other.estimates)
    assert one.statistics == other.statistics
    assert one.statistics["ar_set"] is None
    assert "it has no interval for each" in " ".join(one.notes)


def test_a_planted_effect_is_recovered_where_least_squares_is_not() -> None:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(25):
        frame = invented(int(rng.integers(1 << 30)), places=24)
        spec = IvSpec(
            name="m",
            outcome="y",
            endogenous=("x1", "x2"),
            instruments=("z1", "z2", "z3"),
            controls=("w",),
        )
        row = fit_iv(Panel(frame=frame), spec).estimates.row(0, named=True)
        found.append((row["estimate"], row["conf_low"] <= 1.5 <= row["conf_high"]))
    estimates, covered = np.array(found).T
    assert abs(estimates.mean() - 1.5) < 3 * estimates.std() / np.sqrt(25)
    assert covered.mean() >= 0.8


FAULTS = {
    "absorbed": ({"controls": ("w",)}, {"z1": pl.col("year")}, DataError, "fewer instruments"),
    "constant": ({}, {"z1": pl.lit(1.0)}, DataError, "no regressor varies"),
    "too few": ({"endogenous": ("x1", "x2")}, {}, DataError, "fewer instruments"),
    "absorbed endogenous": (
        {"controls": ("w",)},
        {"x1": pl.col("year") * 1.0},
        DataError,
        "endogenous regressor 'x1' is absorbed",
    ),
    "none": ({"endogenous": ()}, {}, SettingError, "no regressor is endogenous"),
    "twice": ({"instruments": ("x1",)}, {}, ColumnError, "used twice"),
    "errors": ({"errors": "HC3"}, {}, SettingError, "errors"),
    "unknown": ({"instruments": ("zz",)}, {}, ColumnError, "'zz' is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_estimated_is_refused_with_a_reason(fault: str) -> None:
    options, change, kind, match = FAULTS[fault]
    spec = IvSpec(**{"name": "m", "outcome": "y", "endogenous": ("x1",), "instruments": ("z1",)} | options)
    with pytest.raises(kind, match=match):
        fit_iv(Panel(frame=invented(1).with_columns(**change)), spec)


def test_redundant_instruments_are_left_out_and_named() -> None:
    frame = invented(2).with_columns(twice=2 * pl.col("z1"), fixed=pl.col("place").str.tail(2).cast(pl.Int64))
    spec = IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1", "twice", "fixed", "z2"))
    result = fit_iv(Panel(frame=frame), spec)
    plain = fit_iv(
        Panel(frame=frame), IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1", "z2"))
    )
    assert result.estimates.equals(plain.estimates)
    assert result.statistics == plain.statistics
    assert "twice left out: collinear with z1" in result.notes
    assert "fixed left out: absorbed by the fixed effects" in result.notes


def test_fewer_clusters_than_instruments_are_said() -> None:
    frame = invented(2, places=6)  # two provinces
    spec = IvSpec(
        name="m", outcome="y", endogenous=("x1",), instruments=("z1", "z2", "z3"), cluster="province"
    )
    result = fit_iv(Panel(frame=frame), spec)
    assert result.statistics["hansen_j"] is None
    assert any("rank deficient" in note for note in result.notes)
    assert "Hansen J is not defined: fewer clusters than instruments" in result.notes
    assert result.statistics["ar_f"] is None
    assert result.frames["anderson_rubin"].is_empty()


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "linearmodels.iv", None)
    spec = IvSpec(name="m", outcome="y", endogenous=("x1",), instruments=("z1",))
    with pytest.raises(ExtraError) as caught:
        fit_iv(Panel(frame=invented(1)), spec)
    assert caught.value.hint == 'pip install "patentmetrics[estimate]"'


@pytest.mark.parametrize("instruments", [3, 4, 10, 30])
@pytest.mark.parametrize("bias", [0.05, 0.10, 0.20, 0.30])
def test_critical_values_of_bias_follow_from_their_definition(instruments: int, bias: float) -> None:
    # Skeels & Windmeijer (2018): with one endogenous regressor the relative bias is 1F1(1; l/2; -c/2)
    low, high = 0.0, 2000.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if special.hyp1f1(1, instruments / 2, -middle / 2) > bias else (low, middle)
        )
    expected = stats.ncx2.ppf(0.95, instruments, low) / instruments
    table = stock_yogo(endogenous=1, instruments=instruments).filter(
        pl.col("kind") == "relative_bias", pl.col("threshold") == bias
    )
    # Stock and Yogo drew random numbers, and smoothed: up to 2.3 % from the exact value
    assert table["critical_value"][0] == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("instruments", "size"), [(1, 0.10), (2, 0.10), (5, 0.25), (10, 0.15)])
def test_critical_values_of_size_follow_from_their_definition(instruments: int, size: float) -> None:
    # with errors that are the same in both stages, the worst case, the Wald statistic has a known limit
    rng = np.random.default_rng(1)
    first = rng.normal(size=400_000)
    others = rng.chisquare(instruments - 1, size=400_000) if instruments > 1 else 0.0

    def rejection(concentration: float) -> float:
        root = np.sqrt(concentration)
        v1 = (first + root) ** 2 + others
        ratio = (v1 - root * (first + root)) / v1
        return float(np.mean(ratio**2 * v1 / (1 - ratio) ** 2 > 3.8415))

    low, high = 0.0, 2000.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if rejection(middle) > size else (low, middle)
    expected = stats.ncx2.ppf(0.95, instruments, low) / instruments
    table = stock_yogo(endogenous=1, instruments=instruments).filter(
        pl.col("kind") == "size", pl.col("threshold") == size
    )
    assert table["critical_value"][0] == pytest.approx(expected, rel=0.03)


def test_critical_values_stand_where_they_were_printed_and_nowhere_else() -> None:
    def values(endogenous: int, instruments: int, kind: str) -> list[float]:
        table = stock_yogo(endogenous=endogenous, instruments=instruments)
        return table.filter(pl.col("kind") == kind)["critical_value"].to_list()

    assert values(1, 1, "relative_bias") == []
    assert values(1, 2, "size") == [19.93, 11.59, 8.75, 7.25]
    assert values(2, 4, "relative_bias") == [11.04, 7.56, 5.57, 4.73]
    assert values(2, 3, "relative_bias") == []
    assert values(3, 5, "relative_bias") == [9.53, 6.61, 4.99, 4.30]
    assert values(2, 30, "size") == [63.51, 33.61, 23.51, 18.35]
    assert values(3, 5, "size") == []
    assert stock_yogo(endogenous=1, instruments=31).is_empty()
    with pytest.raises(SettingError, match="fewer instruments"):
        stock_yogo(endogenous=2, instruments=1)


@pytest.mark.parametrize("endogenous", [1, 2, 3])
def test_critical_values_go_smoothly_from_one_number_of_instruments_to_the_next(endogenous: int) -> None:
    # a mistyped digit would jump
    table = pl.concat(
        stock_yogo(endogenous=endogenous, instruments=count).with_columns(l=pl.lit(count))
        for count in range(endogenous, 31)
    )
    for values in table.sort("l").partition_by("kind", "threshold"):
        assert values.height >= 26
        jumps = np.diff(values["critical_value"].to_numpy(), 3)[3:]
        assert np.abs(jumps).max() < 0.09
