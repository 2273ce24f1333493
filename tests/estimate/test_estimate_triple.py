"""Triple differences, and two policies against one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.synergy import SynergySpec, fit_synergy
from patentmetrics.estimate.triple import TripleSpec, fit_triple
from patentmetrics.panel.policy_samples import combined_policies
from patentmetrics.simulate.panel import simulate_panel
from tests.reference.fixed_effects import regression

EXTERNAL = json.loads(
    (Path(__file__).parents[1] / "external" / "statsmodels_mechanisms.json").read_text("utf-8")
)
SPEC = TripleSpec(name="(1)", outcome="outcome", controls=("control",), group="dirty")
GAP = 0.5


def planted(seed: int, *, places: int = 40, cohorts: tuple[int, ...] = (2009, 2011)) -> Panel:
    """The group has shocks of its own in each year, so that no two differences alone are right."""
    panel = simulate_panel(
        places=places, first_year=2005, last_year=2014, cohorts=list(cohorts), effect=0.25, seed=seed
    ).panel
    rng = np.random.default_rng([seed, 7])
    shocks = dict(zip(range(2005, 2015), rng.normal(scale=0.5, size=10).tolist(), strict=True))
    dirty = (pl.col("place").str.tail(3).cast(pl.Int32) % 2).cast(pl.Int8)
    frame = panel.frame.with_columns(dirty=dirty)
    more = pl.col("dirty") * (GAP * pl.col("treated") + pl.col("year").replace_strict(shocks))
    return replace(panel, frame=frame.with_columns(outcome=pl.col("outcome") + more))


def external_panel() -> Panel:
    frame = pl.DataFrame(EXTERNAL["data"]).with_columns(pl.col("place", "year").cast(pl.Int32))
    return Panel(frame=frame.with_columns(place="p" + pl.col("place").cast(pl.String).str.zfill(2)))


def test_triple_differences_equal_statsmodels_with_dummies() -> None:
    result = fit_triple(external_panel(), replace(SPEC, controls=("x",), group="group"))
    expected = EXTERNAL["triple"]
    assert result.estimates["term"].to_list() == expected["terms"]
    assert result.estimates["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=1e-9)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=1e-9)


def test_lower_order_terms_are_absorbed_or_kept_and_the_result_says_which() -> None:
    result = fit_triple(planted(1), SPEC)
    assert result.fixed_effects == ("place", "dirty^year")
    assert result.frames["lower_order"].rows() == [
        ("ever treated", "absorbed", "place"),
        ("after", "absorbed", "dirty^year"),
        ("dirty", "absorbed", "place"),
        ("ever treated × dirty", "absorbed", "place"),
        ("after × dirty", "absorbed", "dirty^year"),
        ("ever treated × after (treated)", "kept", "treated"),
    ]
    assert "after × dirty: absorbed by dirty^year" in result.notes[-1]
    assert result.statistics["places_treated_group"] + result.statistics["places_treated_other"] == 20


def test_with_one_cohort_group_times_after_can_be_kept() -> None:
    panel = planted(1, cohorts=(2010,))
    result = fit_triple(panel, replace(SPEC, lower="kept"))
    assert result.fixed_effects == ("place", "year")
    assert result.estimates["term"].to_list() == ["treated × dirty", "treated", "dirty × after", "control"]
    rows = panel.frame.sort("place", "year")
    d, g = rows["treated"].to_numpy().astype(float), rows["dirty"].to_numpy().astype(float)
    after = (rows["year"].to_numpy() >= 2010).astype(float)
    x = np.column_stack([d * g, d, g * after, rows["control"].to_numpy()])
    place = rows["place"].to_numpy()
    expected = regression(rows["outcome"].to_numpy(), x, [place, rows["year"].to_numpy()], place, "cluster")
    assert result.estimates["estimate"].to_numpy() == pytest.approx(expected["coefficients"], rel=1e-8)
    assert result.estimates["std_error"].to_numpy() == pytest.approx(expected["std_errors"], rel=1e-8)
    how = dict(result.frames["lower_order"].select("term", "by").rows())
    assert how["after × dirty"] == "dirty × after, from 2010"
    # with group × year absorbed the coefficient is the same: after is a sum of years, and the panel balanced
    absorbed = fit_triple(panel, replace(SPEC, controls=()))
    kept = fit_triple(panel, replace(SPEC, controls=(), lower="kept"))
    assert kept.estimates["estimate"][0] == pytest.approx(absorbed.estimates["estimate"][0], rel=1e-9)
    with pytest.raises(DataError, match="treated from the same year on"):
        fit_triple(planted(1), replace(SPEC, lower="kept"))


def test_a_third_dimension_within_places_can_be_absorbed_crosswise() -> None:
    # city × industry × year: the policy treats cities, and should move one industry of two
    panel = planted(2, places=30)
    frame = pl.concat(
        [
            panel.frame.with_columns(
                city=pl.col("place"),
                place=pl.col("place") + f" {industry}",
                industry=pl.lit(industry),
                moved=pl.lit(int(industry == "solar")),
                outcome=pl.col("outcome") + 0.7 * pl.col("treated") * int(industry == "solar"),
                control=pl.col("control") + 0.1 * number * pl.col("year"),
            )
            for number, industry in enumerate(("solar", "steel"))
        ]
    )
    noise = np.random.default_rng(1).normal(scale=0.2, size=frame.height)
    frame = frame.with_columns(outcome=pl.col("outcome") + pl.Series(noise))
    spec = replace(
        SPEC,
        group="moved",
        fixed_effects=("place", "city^year", "industry^year"),
        cluster="city",
        controls=(),
    )
    result = fit_triple(Panel(frame=frame), spec)
    assert result.estimates["term"].to_list() == ["treated × moved"]
    assert abs(result.estimates["estimate"][0] - 0.7) < 3 * result.estimates["std_error"][0]
    how = {term: by for term, _, by in result.frames["lower_order"].rows()}
    assert how["ever treated × after (treated)"] == "city^year"
    assert how["after × moved"] == "industry^year"


def test_a_planted_triple_difference_is_recovered_where_two_differences_are_wrong() -> None:
    found = np.array([fit_triple(planted(seed), SPEC).estimates["estimate"][0] for seed in range(60)])
    assert abs(found.mean() - GAP) < 3 * found.std(ddof=1) / np.sqrt(60)


@pytest.mark.monte_carlo
def test_triple_differences_have_no_bias_and_cover() -> None:
    rows = [
        fit_triple(planted(seed), SPEC).estimates.select("estimate", "conf_low", "conf_high").row(0)
        for seed in range(200)
    ]
    found = np.array(rows)
    assert abs(found[:, 0].mean() - GAP) < 2.5 * found[:, 0].std(ddof=1) / np.sqrt(200)
    assert 0.92 <= np.mean((found[:, 1] < GAP) & (found[:, 2] > GAP)) <= 0.98


def test_triples_without_all_four_cells_are_refused() -> None:
    panel = planted(1)
    ever = pl.col("cohort").is_not_null()
    only = panel.frame.with_columns(dirty=pl.when(ever).then(1).otherwise("dirty"))
    with pytest.raises(DataError, match="no treated places outside the group"):
        fit_triple(replace(panel, frame=only), SPEC)
    three = panel.frame.with_columns(dirty=pl.col("dirty") * 2)
    with pytest.raises(DataError, match="'dirty' is not 0 and 1"):
        fit_triple(replace(panel, frame=three), SPEC)
    with pytest.raises(SettingError, match="neither kept nor absorbed"):
        fit_triple(panel, replace(SPEC, fixed_effects=("year",)))
    with pytest.raises(SettingError, match="lower"):
        fit_triple(panel, replace(SPEC, lower="dropped"))


def two_policies(seed: int = 1) -> Panel:
    frame = simulate_panel(places=48, seed=seed).panel.frame
    number = pl.col("place").str.tail(3).cast(pl.Int32)
    cohorts = {
        "data": pl.when(number <= 30).then(2012),
        "green": pl.when(number.is_between(16, 40)).then(2015),
        "smart": pl.when(number.is_between(28, 33)).then(2013),
    }
    frame = frame.with_columns(year.cast(pl.Int32).alias(f"cohort_{one}") for one, year in cohorts.items())
    frame = frame.with_columns(
        (pl.col("year") >= pl.col(f"cohort_{one}"))
        .fill_null(value=False)
        .cast(pl.Int8)
        .alias(f"treated_{one}")
        for one in cohorts
    )
    both = pl.col("treated_data") * pl.col("treated_green")
    return Panel(frame=frame.with_columns(outcome=pl.col("outcome") - 0.25 * pl.col("treated") + 2 * both))


SYNERGY = SynergySpec(name="(1)", outcome="outcome", first="data", second="green", controls=("control",))


def test_synergy_compares_both_with_one_and_counts_the_sample() -> None:
    panel = two_policies()
    result = fit_synergy(panel, SYNERGY)
    sample = combined_policies(panel, "data", "green", keep="either").panel
    model = DidSpec(name="(1)", outcome="outcome", treatment="treated_data_and_green", controls=("control",))
    assert result.estimates.equals(fit_did(sample, model).estimates)
    assert {key: result.statistics[key] for key in ("places", "places_kept", "places_left_out")} == {
        "places": 48,
        "places_kept": 40,
        "places_left_out": 8,
    }
    assert [result.statistics[f"places_{one}"] for one in ("both", "only_data", "only_green")] == [15, 15, 10]
    assert result.statistics["n"] == 40 * 14
    assert result.frames["left_out"]["reason"].unique().to_list() == ["neither"]
    assert result.estimates["estimate"][0] == pytest.approx(2, abs=0.2)
    assert any("groups by place: both 15" in note for note in result.notes)


def test_synergy_leaves_out_places_with_a_third_policy_and_can_keep_those_with_none() -> None:
    result = fit_synergy(two_policies(), replace(SYNERGY, without=("smart",)))
    assert result.statistics["places_both"] == 12
    assert result.frames["left_out"].filter(pl.col("reason") != "neither")["reason"].unique().to_list() == [
        "both, and smart"
    ]
    everyone = fit_synergy(two_policies(), replace(SYNERGY, keep="all"))
    assert everyone.statistics["places_kept"] == 48
    assert everyone.statistics["places_neither"] == 8
