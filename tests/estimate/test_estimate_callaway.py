"""Callaway and Sant'Anna: all numbers that R's did gives, the covariates of the base year, the bands."""

from __future__ import annotations

import tomllib
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.staggered_averages import simultaneous_critical_value, standard_errors
from patentmetrics.estimate.staggered_callaway import CallawaySantannaSpec, fit_callaway_santanna
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import staggered as twin

PUBLISHED = tomllib.loads(
    (Path(__file__).parent.parent / "external" / "staggered_published.toml").read_text(encoding="utf-8")
)
# R prints 15 digits; the last is lost in another order of addition
CLOSE = 1e-12
SCENARIOS = {
    "mpdta_nev_dr": {},
    "mpdta_nyt_dr": {"comparison": "not_yet"},
    "mpdta_nev_reg_cov": {"method": "regression", "controls": ("lpop",)},
    "mpdta_nev_ipw": {"method": "weighting"},
}


def spec(**options) -> CallawaySantannaSpec:
    return CallawaySantannaSpec(**{"name": "(1)", "outcome": "outcome", **options})


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 60, "cohorts": [2011, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


def mpdta(folder: Path) -> Panel:
    return Panel(
        frame=pl.read_csv(folder / "reference" / "mpdta.csv").with_columns(
            place=pl.col("countyreal").cast(pl.String),
            cohort=pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat")),
        )
    )


@pytest.mark.larger
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_number_of_r_did_on_the_minimum_wage_panel(scenario: str, larger_data: Path) -> None:
    result = fit_callaway_santanna(
        mpdta(larger_data), spec(outcome="lemp", base="varying", **SCENARIOS[scenario])
    )
    cells = pl.read_csv(larger_data / "reference" / "mpdta_r_did_attgt.csv").filter(scenario=scenario)
    ours = {
        row[:2]: row[2:]
        for row in result.frames["att_gt"].select("cohort", "year", "estimate", "std_error").rows()
    }
    assert len(ours) == cells.height == 12
    for _, g, t, effect, error in cells.rows():
        assert ours[g, t] == pytest.approx((effect, error), rel=CLOSE)

    averages = pl.read_csv(larger_data / "reference" / "mpdta_r_did_aggte.csv", null_values="NA").filter(
        scenario=scenario
    )
    overall = {
        row[0]: row[1:] for row in result.frames["overall"].select("average", "estimate", "std_error").rows()
    }
    events = result.estimates.filter(pl.col("event_time").is_not_null())
    frames = {
        "group": result.frames["by_cohort"].rename({"cohort": "at"}),
        "dynamic": events.rename({"event_time": "at"}),
        "calendar": result.frames["by_year"].rename({"year": "at"}),
    }
    seen = 0
    for _, kind, at, effect, error, whole, whole_error in averages.rows():
        assert overall["event" if kind == "dynamic" else kind] == pytest.approx(
            (whole, whole_error), rel=CLOSE
        )
        if at is None:
            continue
        row = frames[kind].filter(at=at).select("estimate", "std_error").row(0)
        assert row == pytest.approx((effect, error), rel=CLOSE)
        seen += 1
    assert seen == sum(frame.height for frame in frames.values()) == 14


@pytest.mark.larger
def test_the_joint_test_of_the_years_before_that_r_did_prints(larger_data: Path) -> None:
    """R: summary(att_gt(lemp ~ 1, ...)): P-value for pre-test of parallel trends assumption: 0.16812."""
    result = fit_callaway_santanna(mpdta(larger_data), spec(outcome="lemp", base="varying"))
    assert round(result.statistics["pretrend_p"], 5) == 0.16812
    assert result.statistics["pretrend_terms"] == 5


@pytest.mark.larger
def test_doubly_robust_effects_with_a_covariate_that_csdid_printed(larger_data: Path) -> None:
    """diff-diff 3.13.0 does not normalise by the weights, and gives other digits."""
    result = fit_callaway_santanna(
        mpdta(larger_data), spec(outcome="lemp", base="varying", controls=("lpop",))
    )
    rows = result.frames["att_gt"].select("cohort", "year", "estimate", "std_error").rows()
    ours = {row[:2]: tuple(round(value, 7) for value in row[2:]) for row in rows}
    for g, t, effect, error in PUBLISHED["csdid"]["cells"]:
        assert ours[g, t] == (effect, error)


@pytest.mark.parametrize(("method", "theirs"), [("regression", "reg"), ("weighting", "ipw")])
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_regression_and_weighting_equal_diff_diff(method: str, theirs: str, comparison: str) -> None:
    import diff_diff

    panel = simulated(places=90)
    result = fit_callaway_santanna(
        panel, spec(method=method, comparison=comparison, controls=("control",), base="varying")
    )
    data = panel.frame.with_columns(pl.col("cohort").fill_null(0)).to_pandas()
    control_group = {"never": "never_treated", "not_yet": "not_yet_treated"}[comparison]
    library = diff_diff.CallawaySantAnna(
        estimation_method=theirs, control_group=control_group, pscore_trim=1e-6
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        native = library.fit(data, "outcome", "place", "year", "cohort", covariates=["control"])
    rows = result.frames["att_gt"].select("cohort", "year", "estimate", "std_error").rows()
    assert len(rows) == len(native.group_time_effects) == 39
    for g, t, effect, error in rows:
        other = native.group_time_effects[g, t]
        assert (effect, error) == pytest.approx((other["effect"], other["se"]), rel=1e-7)


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
@pytest.mark.parametrize("base", ["universal", "varying"])
@pytest.mark.parametrize("controls", [(), ("control",)])
def test_cells_equal_the_twin_with_covariates_of_the_base_year(
    comparison: str, base: str, controls: tuple[str, ...]
) -> None:
    """The control changes with time: a covariate of another year would give other numbers."""
    panel = simulated()
    result = fit_callaway_santanna(panel, spec(comparison=comparison, base=base, controls=controls))
    frame = panel.frame.sort("place", "year")
    cohort = frame.group_by("place", maintain_order=True).first()["cohort"].fill_null(0).to_numpy()
    x = twin.wide(frame, "control")[:, :, None] if controls else None
    expected = twin.att_gt(
        twin.wide(frame, "outcome"),
        x,
        cohort,
        np.array(range(2008, 2022)),
        not_yet=comparison == "not_yet",
        universal=base == "universal",
    )
    rows = result.frames["att_gt"].filter(pl.col("std_error").is_not_null())
    ours = {row[:2]: row[2:] for row in rows.select("cohort", "year", "estimate", "std_error").rows()}
    assert ours.keys() == expected.keys()
    for cell, value in expected.items():
        assert ours[cell] == pytest.approx(value, rel=1e-8)


def test_nothing_after_treatment_depends_on_the_base_before() -> None:
    panel = simulated()
    one, two = (fit_callaway_santanna(panel, spec(base=base)) for base in ("universal", "varying"))
    after = pl.col("event_time").is_null() | (pl.col("event_time") >= 0)
    columns = ["term", "estimate", "std_error"]
    assert one.estimates.filter(after).select(columns).equals(two.estimates.filter(after).select(columns))
    base = one.estimates.filter(event_time=-1).row(0, named=True)
    assert (base["estimate"], base["std_error"], base["conf_low"], base["band_low"]) == (0, None, None, None)
    assert two.estimates.filter(event_time=-1)["std_error"][0] > 0


def test_bands_are_wider_than_intervals_cover_all_at_once_and_follow_the_seed() -> None:
    panel = simulated()
    result = fit_callaway_santanna(panel, spec())
    rows = result.estimates.filter(pl.col("std_error").is_not_null(), pl.col("event_time").is_not_null())
    critical = result.statistics["critical_value"]
    assert critical > 2.3
    assert ((rows["band_high"] - rows["estimate"]) / rows["std_error"]).to_list() == pytest.approx(
        [critical] * rows.height
    )
    assert result.estimates.equals(fit_callaway_santanna(panel, spec()).estimates)
    assert fit_callaway_santanna(panel, spec(seed=2)).statistics["critical_value"] != critical


def test_the_critical_value_of_independent_effects_is_that_of_the_normal_maximum() -> None:
    influence = np.random.default_rng(1).normal(size=(3000, 10))
    value = simultaneous_critical_value(influence, np.arange(3000), draws=4000, seed=1, level=0.95)
    assert value == pytest.approx(2.80, abs=0.06)  # Φ⁻¹((1 + 0.95^(1/10)) / 2)
    one_cluster_each = simultaneous_critical_value(
        np.repeat(influence, 2, axis=0), np.arange(6000) // 2, draws=4000, seed=1, level=0.95
    )
    assert one_cluster_each == pytest.approx(value)


def test_clusters_of_twins_double_the_influence() -> None:
    """Every place twice, clustered with its twin: the estimates and the errors of the places alone."""
    panel = simulated()
    doubled = pl.concat(
        [
            panel.frame.with_columns(pair=pl.col("place")),
            panel.frame.with_columns(pair=pl.col("place"), place=pl.col("place") + " b"),
        ]
    )
    alone = fit_callaway_santanna(panel, spec()).estimates
    twins = fit_callaway_santanna(Panel(frame=doubled), spec(cluster="pair"))
    assert twins.statistics["clusters"] == 60
    for name in ("estimate", "std_error"):
        both = twins.estimates[name].drop_nulls().to_list(), alone[name].drop_nulls().to_list()
        assert both[0] == pytest.approx(both[1], rel=1e-10, abs=1e-14)
    assert standard_errors(np.array([[3.0], [3.0]]), np.array([0, 0])).tolist() == [6.0]


def test_a_balanced_event_study_keeps_the_cohorts_seen_long_enough() -> None:
    result = fit_callaway_santanna(simulated(), spec(balanced=6, average="event"))
    times = result.estimates["event_time"].drop_nulls()
    assert times.max() == 6
    # the cohort of 2016 is seen five years after: cohorts 2011 and 2014 reach back 6 years at most
    assert times.min() == -6
    with pytest.raises(DataError, match="no cohort is seen 12 years"):
        fit_callaway_santanna(simulated(), spec(balanced=12, average="event"))


def test_the_overall_effect_is_the_average_asked_for() -> None:
    panel = simulated()
    for average in ("simple", "group", "event", "calendar"):
        result = fit_callaway_santanna(panel, spec(average=average))
        told = result.frames["overall"].filter(average=average).row(0, named=True)
        assert result.estimates["estimate"][0] == told["estimate"]
        assert result.estimates["std_error"][0] == told["std_error"]
        # effects grow: the answer of another average than that over all treated rows is not told
        assert ("treated" in result.truth) == (average == "simple")


def test_anticipation_moves_the_base() -> None:
    result = fit_callaway_santanna(simulated(), spec(anticipation=1))
    base = result.estimates.filter(pl.col("std_error").is_null())
    assert base["event_time"].to_list() == [-2]
    assert "anticipation of 1 years allowed" in result.notes


def test_without_never_treated_the_last_cohort_is_the_comparison_and_its_years_go() -> None:
    panel = simulated(share_treated=1.0)
    result = fit_callaway_santanna(panel, spec(comparison="not_yet"))
    assert result.frames["by_cohort"]["cohort"].to_list() == [2011, 2014]
    assert result.frames["att_gt"]["year"].max() == 2015
    assert any(
        one.startswith("years in which every place is treated left out, 2016 to 2021") for one in result.notes
    )


def test_controls_that_tell_the_treated_apart_are_refused_for_scores_and_not_for_regression() -> None:
    frame = simulated().frame.with_columns(
        apart=pl.col("cohort").is_not_null() * 5.0 + pl.col("control"), twice=2 * pl.col("control")
    )
    panel = Panel(frame=frame)
    with pytest.raises(DataError, match="apart without error") as caught:
        fit_callaway_santanna(panel, spec(controls=("apart",)))
    assert "cohort 2011, year 2008" in str(caught.value)
    fit_callaway_santanna(panel, spec(controls=("apart",), method="regression"))
    with pytest.raises(DataError, match="collinear"):
        fit_callaway_santanna(panel, spec(controls=("control", "twice")))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"method": "ols"}, SettingError),
        ({"comparison": "all"}, SettingError),
        ({"average": "mean"}, SettingError),
        ({"base": -1}, SettingError),
        ({"anticipation": -1}, SettingError),
        ({"draws": 5}, SettingError),
        ({"seed": -1}, SettingError),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        fit_callaway_santanna(simulated(), spec(**options))
