"""Sun and Abraham, and extended two-way fixed effects: published digits, and other implementations."""

from __future__ import annotations

import tomllib
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.staggered_callaway import CallawaySantannaSpec, fit_callaway_santanna
from patentmetrics.estimate.staggered_etwfe import ExtendedTwfeSpec, fit_extended_twfe
from patentmetrics.estimate.staggered_imputation import ImputationSpec, fit_imputation
from patentmetrics.estimate.staggered_sun_abraham import SunAbrahamSpec, fit_sun_abraham
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import fixed_effects as regression

PUBLISHED = tomllib.loads(
    (Path(__file__).parent.parent / "external" / "staggered_published.toml").read_text(encoding="utf-8")
)["etwfe"]


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 40, "cohorts": [2011, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


def with_gaps(panel: Panel) -> Panel:
    kept = np.random.default_rng(0).random(panel.frame.height) > 0.1
    return Panel(frame=panel.frame.filter(pl.Series(kept)))


def mpdta(folder: Path) -> Panel:
    return Panel(
        frame=pl.read_csv(folder / "reference" / "mpdta.csv").with_columns(
            place=pl.col("countyreal").cast(pl.String),
            cohort=pl.when(pl.col("first.treat") > 0).then(pl.col("first.treat")),
        )
    )


@pytest.mark.larger
def test_all_that_r_etwfe_prints_with_a_covariate(larger_data: Path) -> None:
    spec = ExtendedTwfeSpec(name="m", outcome="lemp", controls=("lpop",), absorb="cohort")
    result = fit_extended_twfe(mpdta(larger_data), spec)
    estimate, error = PUBLISHED["simple"]
    row = result.estimates.row(0, named=True)
    assert row["estimate"] == pytest.approx(estimate, abs=5e-11)
    assert row["std_error"] == pytest.approx(error, rel=1e-6)  # theirs is from a numerical derivative
    assert result.frames["by_year"]["estimate"].to_list() == pytest.approx(PUBLISHED["calendar"], rel=1e-8)
    for time, effect, spread in PUBLISHED["events"]:
        one = result.estimates.filter(event_time=time).row(0, named=True)
        assert one["estimate"] == pytest.approx(effect, abs=5e-5)
        assert one["std_error"] == pytest.approx(spread, abs=5.1e-5)


@pytest.mark.larger
def test_the_cells_that_r_etwfe_prints_without_covariates(larger_data: Path) -> None:
    spec = ExtendedTwfeSpec(name="m", outcome="lemp", absorb="cohort")
    rows = fit_extended_twfe(mpdta(larger_data), spec).frames["att_gt"]
    ours = {row[:2]: row[2:] for row in rows.select("cohort", "year", "estimate", "std_error").rows()}
    assert len(ours) == 7
    for g, t, effect, error in PUBLISHED["cells"]:
        assert ours[g, t] == pytest.approx((effect, error), rel=1e-9)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("controls", [(), ("control",)])
def test_sun_abraham_equals_diff_diff_with_its_errors(gaps: bool, controls: tuple[str, ...]) -> None:
    """diff-diff equals fixest's sunab on base_stagg: −1.133749 (0.205070)."""
    import diff_diff

    panel = with_gaps(simulated()) if gaps else simulated()
    result = fit_sun_abraham(panel, SunAbrahamSpec(name="m", outcome="outcome", controls=controls))
    data = panel.frame.with_columns(pl.col("cohort").fill_null(0)).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        native = diff_diff.SunAbraham().fit(
            data, "outcome", "place", "year", "cohort", covariates=list(controls) or None
        )
    whole = result.estimates.row(0, named=True)
    assert (whole["estimate"], whole["std_error"]) == pytest.approx(
        (native.overall_att, native.overall_se), rel=1e-8
    )
    events = result.estimates.filter(pl.col("std_error").is_not_null(), pl.col("event_time").is_not_null())
    assert events.height == len(native.event_study_effects) - int(-1 in native.event_study_effects)
    for row in events.iter_rows(named=True):
        other = native.event_study_effects[row["event_time"]]
        assert (row["estimate"], row["std_error"]) == pytest.approx((other["effect"], other["se"]), rel=1e-7)
    assert result.statistics["t_degrees"] == 39


def test_extended_twfe_equals_diff_diff_where_places_are_absorbed() -> None:
    import diff_diff

    panel = simulated()
    result = fit_extended_twfe(panel, ExtendedTwfeSpec(name="m", outcome="outcome"))
    data = panel.frame.with_columns(pl.col("cohort").fill_null(0)).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        native = diff_diff.WooldridgeDiD().fit(data, "outcome", "place", "year", "cohort")
    assert result.estimates.row(0)[2:4] == pytest.approx((native.overall_att, native.overall_se), rel=1e-8)


def test_on_a_balanced_panel_the_estimators_agree_where_theory_says_so() -> None:
    panel = simulated()
    sun = fit_sun_abraham(panel, SunAbrahamSpec(name="m", outcome="outcome")).estimates
    never = fit_extended_twfe(
        panel, ExtendedTwfeSpec(name="m", outcome="outcome", comparison="never")
    ).estimates
    callaway = fit_callaway_santanna(panel, CallawaySantannaSpec(name="m", outcome="outcome")).estimates
    for other in (never, callaway):
        assert other["term"].to_list() == sun["term"].to_list()
        assert other["estimate"].to_list() == pytest.approx(sun["estimate"].to_list(), abs=1e-10)
    later = fit_extended_twfe(panel, ExtendedTwfeSpec(name="m", outcome="outcome")).estimates
    imputed = fit_imputation(panel, ImputationSpec(name="m", outcome="outcome")).estimates
    imputed = imputed.filter(pl.col("event_time").is_null() | (pl.col("event_time") >= 0))
    assert later["estimate"].to_list() == pytest.approx(imputed["estimate"].to_list(), abs=1e-10)
    by_cohort = fit_extended_twfe(
        panel, ExtendedTwfeSpec(name="m", outcome="outcome", absorb="cohort")
    ).estimates
    assert by_cohort["estimate"].to_list() == pytest.approx(later["estimate"].to_list(), abs=1e-10)


def test_averages_weigh_cells_by_their_rows() -> None:
    result = fit_sun_abraham(with_gaps(simulated()), SunAbrahamSpec(name="m", outcome="outcome"))
    cells = result.frames["att_gt"]
    frame = with_gaps(simulated()).frame
    sizes = frame.drop_nulls("cohort").group_by("cohort", "year").len()
    cells = cells.join(sizes, on=["cohort", "year"])
    after = cells.filter(pl.col("event_time") >= 0)
    expected = float((after["estimate"] * after["len"]).sum() / after["len"].sum())
    assert result.estimates["estimate"][0] == pytest.approx(expected)
    second = cells.filter(event_time=2)
    expected = float((second["estimate"] * second["len"]).sum() / second["len"].sum())
    assert result.estimates.filter(event_time=2)["estimate"][0] == pytest.approx(expected)


def test_the_base_stands_with_zero_and_the_test_of_the_years_before_is_joint() -> None:
    result = fit_sun_abraham(simulated(), SunAbrahamSpec(name="m", outcome="outcome"))
    base = result.estimates.filter(event_time=-1).row(0, named=True)
    assert (base["estimate"], base["std_error"], base["conf_low"]) == (0, None, None)
    assert result.statistics["pretrend_terms"] == 7
    assert 0 < result.statistics["pretrend_p"] < 1


def test_a_cohort_without_its_base_year_is_refused_by_name() -> None:
    frame = simulated().frame.with_columns(
        outcome=pl.when((pl.col("cohort") == 2014) & (pl.col("year") == 2013)).then(None).otherwise("outcome")
    )
    with pytest.raises(DataError, match="cohort 2014 has no row in the year before its treatment"):
        fit_sun_abraham(Panel(frame=frame), SunAbrahamSpec(name="m", outcome="outcome"))


def test_without_never_treated_the_last_cohort_is_the_comparison() -> None:
    result = fit_sun_abraham(simulated(share_treated=1.0), SunAbrahamSpec(name="m", outcome="outcome"))
    assert result.frames["by_cohort"]["cohort"].to_list() == [2011, 2014]
    assert "treated places" not in result.notes[0]
    assert any("the places treated last are the comparison" in one for one in result.notes)


@pytest.mark.parametrize("options", [{"comparison": "last"}, {"absorb": "region"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(SettingError):
        fit_extended_twfe(simulated(), ExtendedTwfeSpec(name="m", outcome="outcome", **options))


def test_a_covariate_that_changes_with_time_is_told_at_its_mean_in_each_cell() -> None:
    """The same regression with raw covariates: the effect of a cell is its mean marginal effect."""
    panel = simulated(places=24, cohorts=[2012, 2016])
    frame = panel.frame.sort("place", "year")
    cohort, year = frame["cohort"].fill_null(0).to_numpy(), frame["year"].to_numpy()
    x, place = frame["control"].to_numpy(), frame["place"].rank("dense").to_numpy()
    cells = [(g, t) for g in (2012, 2016) for t in range(g, 2022)]
    inside = np.column_stack([((cohort == g) & (year == t)).astype(float) for g, t in cells])
    others = [x, *(x * (cohort == g) for g in (2012, 2016)), *(x * (year == t) for t in range(2009, 2022))]
    design = np.column_stack([inside, inside * x[:, None], *others])
    expected = regression.regression(frame["outcome"].to_numpy(), design, [place, year], place, "cluster")
    size = inside.sum(axis=0)
    told = np.zeros((len(cells), design.shape[1]))
    for i in range(len(cells)):
        told[i, i], told[i, len(cells) + i] = 1, x[inside[:, i] == 1].mean()
    result = fit_extended_twfe(panel, ExtendedTwfeSpec(name="m", outcome="outcome", controls=("control",)))
    effects = told @ expected["coefficients"]
    assert result.frames["att_gt"]["estimate"].to_list() == pytest.approx(effects.tolist(), abs=1e-9)
    variance = told @ expected["covariance"] @ told.T
    errors = np.sqrt(np.diag(variance))
    assert result.frames["att_gt"]["std_error"].to_list() == pytest.approx(errors.tolist(), rel=1e-7)
    weights = size / size.sum()
    whole = result.estimates.row(0, named=True)
    assert whole["estimate"] == pytest.approx(float(weights @ effects))
    assert whole["std_error"] == pytest.approx(float(np.sqrt(weights @ variance @ weights)), rel=1e-7)
