"""The difference between two groups: equal to plain loops, of the right level, refused without sense."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.group_difference import GroupDifferenceSpec, fit_group_difference
from patentmetrics.estimate.projection import sweep
from patentmetrics.estimate.reweighting import last_coefficients, unit_products
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import draws as twin

SPEC = GroupDifferenceSpec(
    name="(1)", outcome="outcome", controls=("control",), group="side", draws=12, seed=3
)


def panel_of(
    *,
    places: int = 20,
    gap: float = 0.0,
    effect: float = 0.25,
    seed: int = 2,
    years: int = 8,
    keep: float = 1.0,
) -> Panel:
    panel = simulate_panel(
        places=places,
        first_year=2005,
        last_year=2004 + years,
        cohorts=[2007, 2009],
        effect=effect,
        seed=seed,
    ).panel
    number = pl.col("place").str.tail(3).cast(pl.Int32)
    frame = panel.frame.with_columns(
        side=pl.when(number % 5 < 2).then(pl.lit("east")).otherwise(pl.lit("west")),
        province=(number % 10).cast(pl.String),
    )
    more = gap * pl.col("treated") * (pl.col("side") == "east")
    frame = frame.with_columns(outcome=pl.col("outcome") + more)
    return replace(panel, frame=frame.sample(fraction=keep, seed=1) if keep < 1 else frame)


def loop_of_fits(panel: Panel, dealt: np.ndarray, unit: str) -> np.ndarray:
    """Effect in each group and the difference, for each draw: groups of units as dealt (1: the second)."""
    units = panel.frame[unit].unique().sort().to_list()
    model = DidSpec(name="", outcome="outcome", controls=("control",))
    found = []
    for draw in dealt:
        effects = []
        for group in (0, 1):
            mine = [one for one, of in zip(units, draw, strict=True) if of == group]
            part = replace(panel, frame=panel.frame.filter(pl.col(unit).is_in(mine)))
            effects.append(fit_did(part, model).estimates["estimate"][0])
        found.append([*effects, effects[0] - effects[1]])
    return np.array(found)


def sides_of(panel: Panel, unit: str) -> np.ndarray:
    pairs = panel.frame.select(unit, "side").unique().sort(unit)
    return (pairs["side"] == "west").to_numpy().astype(int)


@pytest.mark.parametrize("keep", [1.0, 0.85])
@pytest.mark.parametrize("unit", ["place", "province"])
def test_permutation_equals_a_loop_of_fit_did_to_11_digits(keep: float, unit: str) -> None:
    panel = panel_of(keep=keep, places=30)
    drawn = fit_group_difference(panel, replace(SPEC, unit=unit)).frames["draws"]
    sides = sides_of(panel, unit)
    dealt = np.stack([np.random.default_rng([3, i]).permutation(sides) for i in range(12)])
    expected = loop_of_fits(panel, dealt, unit)
    assert drawn.drop("draw").to_numpy() == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("method", ["bootstrap", "pooled_bootstrap"])
def test_bootstrap_equals_regressions_on_the_drawn_rows(method: str) -> None:
    panel = panel_of(places=14)
    drawn = fit_group_difference(panel, replace(SPEC, method=method, draws=5)).frames["draws"]
    sample = estimation_sample(
        panel,
        outcome="outcome",
        regressors=("treated", "control"),
        fixed_effects=("place", "year"),
        cluster=None,
    )
    units, sides = sample.effects[:, 0], sides_of(panel, "place")
    for i in range(5):
        for group, name in ((0, "first"), (1, "second")):
            members = np.flatnonzero(sides == group)
            pool = members if method == "bootstrap" else np.arange(14)
            times = np.bincount(np.random.default_rng([3, i, group]).choice(pool, len(members)), minlength=14)
            rows = twin.rows_of(units, times)
            x, effects = sample.regressors, list(sample.effects.T)
            treated = sample.regressors[rows, 0]
            if drawn[name][i] is None:
                # none treated, or all treated at once: nothing to estimate
                assert len(np.unique(units[rows][treated == 1])) in (0, len(np.unique(units[rows])))
                continue
            assert drawn[name][i] == pytest.approx(
                twin.on_rows(sample.outcome, x, effects, rows)[0], rel=1e-9
            )


def test_reweighting_stands_effects_that_cross_the_units_and_rows_without_any() -> None:
    panel = panel_of(places=16, keep=0.9)
    for effects in (("place", "province^year"), ("year",), ("place",)):
        sample = estimation_sample(
            panel, outcome="outcome", regressors=("control", "treated"), fixed_effects=effects, cluster=None
        )
        units = sample.frame["place"].rank("dense").to_numpy().astype(int) - 1
        weights = np.random.default_rng(1).integers(0, 3, size=(4, units.max() + 1))
        found = last_coefficients(unit_products(sample, units), weights)
        for one, times in zip(found, weights, strict=True):
            rows = twin.rows_of(units, times)
            expected = twin.on_rows(sample.outcome, sample.regressors, list(sample.effects.T), rows)[1]
            assert one == pytest.approx(expected, rel=1e-9)


def test_sweep_gives_coefficients_residuals_and_the_inverse_and_leaves_collinear_columns_out() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(3, 40, 5))
    z[:, :, 2] = z[:, :, 0] - 2 * z[:, :, 1]
    cross = np.einsum("mni,mnj->mij", z, z)
    swept, kept = sweep(cross, [0, 1, 2])
    assert kept.tolist() == [[True, True, False]] * 3
    for one, columns in zip(swept, z, strict=True):
        x, y = columns[:, :2], columns[:, 3:]
        beta, *_ = np.linalg.lstsq(x, y, rcond=None)
        assert one[:2, 3:] == pytest.approx(beta)
        assert one[3:, 3:] == pytest.approx((y - x @ beta).T @ (y - x @ beta))
        assert one[:2, :2] == pytest.approx(-np.linalg.inv(x.T @ x))
        assert not one[2].any()


def test_columns_are_those_of_the_split_samples_and_the_difference_is_theirs() -> None:
    panel = panel_of(gap=0.3)
    result = fit_group_difference(panel, SPEC)
    for name in ("east", "west"):
        part = replace(panel, frame=panel.frame.filter(pl.col("side") == name))
        alone = fit_did(part, replace(SPEC, name=f"(1): {name}"))
        mine = result.estimates.filter(pl.col("group") == name).drop("group")
        assert mine.equals(alone.estimates)
    east, west = (one.estimates["estimate"][0] for one in result.native)
    last = result.estimates.row(-1, named=True)
    assert last["term"] == "difference"
    assert last["estimate"] == pytest.approx(east - west)
    assert last["std_error"] is None
    assert last["p_value"] == result.statistics["p_two_sided"]
    assert last["n"] == 160


def test_p_values_count_the_draws_and_the_bootstrap_centres_them() -> None:
    panel = panel_of(gap=0.15)
    for method in ("permutation", "bootstrap"):
        result = fit_group_difference(panel, replace(SPEC, method=method, draws=60))
        own = result.statistics["difference"]
        drawn = result.frames["draws"]["difference"].drop_nulls().to_numpy()
        drawn = drawn - own if method == "bootstrap" else drawn
        counted = twin.counts(drawn.tolist(), own)
        assert dict(result.frames["p_values"].select("side", "extreme").rows()) == counted
        p = result.statistics["p_two_sided"]
        assert p == pytest.approx((1 + counted["two_sided"]) / (1 + len(drawn)))
    last = result.estimates.row(-1, named=True)
    assert last["std_error"] == pytest.approx(drawn.std(ddof=1))
    assert last["conf_low"] < own < last["conf_high"]


@pytest.mark.parametrize("method", ["permutation", "pooled_bootstrap", "bootstrap"])
def test_a_planted_difference_is_found(method: str) -> None:
    result = fit_group_difference(panel_of(places=80, gap=0.6), replace(SPEC, method=method, draws=199))
    assert result.statistics["p_two_sided"] == pytest.approx(1 / 200)
    assert result.statistics["difference"] == pytest.approx(0.6, abs=0.25)


@pytest.mark.monte_carlo
def test_permutation_has_its_level_when_the_groups_are_alike() -> None:
    found = []
    for seed in range(120):
        panel = panel_of(places=20, years=6, seed=seed)
        # groups by chance: the numbers of the places say nothing, treatment is drawn at random
        spec = replace(SPEC, draws=19, seed=seed)
        found.append(fit_group_difference(panel, spec).statistics["p_two_sided"])
    p = np.array(found)
    for level in (0.1, 0.25, 0.5):
        assert abs(np.mean(p <= level + 1e-9) - level) < 3 * np.sqrt(level * (1 - level) / 120)


@pytest.mark.monte_carlo
@pytest.mark.parametrize("method", ["permutation", "pooled_bootstrap", "bootstrap"])
def test_level_and_coverage_at_5_percent(method: str) -> None:
    rejected, covered, misses = [], [], []
    for seed in range(200):
        panel = panel_of(places=60, years=8, gap=0.0, seed=seed)
        result = fit_group_difference(panel, replace(SPEC, method=method, draws=199, seed=seed))
        rejected.append(result.statistics["p_two_sided"] <= 0.05)
        misses.append(result.statistics["difference"])
        last = result.estimates.row(-1, named=True)
        covered.append(last["std_error"] is None or last["conf_low"] < 0 < last["conf_high"])
    assert 0.015 <= np.mean(rejected) <= 0.10
    assert abs(np.mean(misses)) < 3 * np.std(misses, ddof=1) / np.sqrt(200)
    assert np.mean(covered) >= 0.9


def test_the_same_seed_gives_the_same_draws_and_more_draws_begin_with_them() -> None:
    panel = panel_of()
    for method in ("permutation", "pooled_bootstrap", "bootstrap"):
        few = fit_group_difference(panel, replace(SPEC, method=method)).frames["draws"]
        again = fit_group_difference(panel, replace(SPEC, method=method)).frames["draws"]
        many = fit_group_difference(panel, replace(SPEC, method=method, draws=40)).frames["draws"]
        assert few.equals(again)
        assert few.equals(many.head(12))


def test_draws_without_an_estimate_are_null_and_counted() -> None:
    # two treated places in the east, one in the west: many draws have none in a group
    frame = panel_of(places=12).frame
    few = frame["place"].unique().sort().to_list()
    keep = [few[0], few[1], few[2]]
    treated = (pl.col("place").is_in(keep) & (pl.col("year") >= 2008)).cast(pl.Int8)
    result = fit_group_difference(Panel(frame=frame.with_columns(treated=treated)), replace(SPEC, draws=100))
    lost = result.frames["draws"]["difference"].null_count()
    assert 0 < lost < 100
    assert result.statistics["draws_without_estimate"] == lost
    assert result.statistics["draws"] == 100 - lost
    assert result.frames["p_values"]["draws"][0] == 100 - lost
    assert f"{lost} draws have no estimate in one of the groups" in result.notes


def test_groups_that_make_no_test_are_refused() -> None:
    panel = panel_of()
    with pytest.raises(DataError, match="between two groups"):
        fit_group_difference(panel, replace(SPEC, group="province"))
    changing = pl.when(pl.col("year") > 2008).then(pl.lit("late")).otherwise(pl.lit("early"))
    moved = replace(panel, frame=panel.frame.with_columns(side=changing))
    with pytest.raises(DataError, match="20 units are in both groups"):
        fit_group_difference(moved, replace(SPEC, fixed_effects=("place", "year")))
    with pytest.raises(SettingError, match="method"):
        fit_group_difference(panel, replace(SPEC, method="fisher"))
    with pytest.raises(SettingError, match="draws is out of range"):
        fit_group_difference(panel, replace(SPEC, draws=0))


def test_rows_without_a_group_are_left_out() -> None:
    panel = panel_of(places=24)
    hidden = pl.when(pl.col("province") == "3").then(None).otherwise("side")
    result = fit_group_difference(replace(panel, frame=panel.frame.with_columns(side=hidden)), SPEC)
    assert (
        result.statistics["units"] == 24 - panel.frame.filter(pl.col("province") == "3")["place"].n_unique()
    )
