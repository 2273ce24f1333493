"""De Chaisemartin and D'Haultfœuille: switchers by hand, treatment that ends, errors of the total."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.staggered_callaway import CallawaySantannaSpec, fit_callaway_santanna
from patentmetrics.estimate.staggered_chaisemartin import ChaisemartinSpec, fit_chaisemartin
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import staggered as twin


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 60, "cohorts": [2011, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


def reversible(*, places: int = 40, years: int = 8, seed: int = 1, twice: bool = True) -> Panel:
    """Treatment begins in half of the places and ends in the others; some change twice."""
    rng = np.random.default_rng(seed)
    d = np.zeros((places, years))
    for i in range(places):
        first = rng.integers(2, years + 2)
        d[i] = i % 2
        d[i, first:] = 1 - i % 2
        if twice and i % 5 == 0:
            d[i, first + 2 :] = i % 2
    y = rng.normal(size=(places, 1)) + rng.normal(size=years) + 0.5 * d + rng.normal(size=(places, years))
    return Panel(
        frame=pl.DataFrame(
            {
                "place": np.repeat([f"P{i:02d}" for i in range(places)], years),
                "year": np.tile(np.arange(2001, 2001 + years), places),
                "y": y.ravel(),
                "on": d.ravel(),
            }
        )
    )


SPEC = ChaisemartinSpec(name="m", outcome="y", treatment="on", effects=3, placebos=2)


def test_effects_placebos_and_the_total_are_those_of_switchers_by_hand() -> None:
    panel = reversible()
    y, d = twin.wide(panel.frame, "y"), twin.wide(panel.frame, "on")
    result = fit_chaisemartin(panel, SPEC)
    total, dose = 0.0, 0.0
    for step in (1, 2, 3):
        found = twin.switchers(y, d, step)
        row = result.estimates.filter(event_time=step - 1).row(0, named=True)
        assert row["estimate"] == pytest.approx(found[0] / found[1])
        assert result.frames["switchers"].filter(event_time=step - 1)["switchers"][0] == found[1]
        total, dose = total + found[0], dose + found[2]
    assert result.estimates["estimate"][0] == pytest.approx(total / dose)
    for step in (1, 2):
        found = twin.switchers(y, d, -step)
        row = result.estimates.filter(event_time=-1 - step).row(0, named=True)
        assert row["estimate"] == pytest.approx(found[0] / found[1])
    assert result.statistics["places_begun"] > 0
    assert result.statistics["places_ended"] > 0


def test_estimates_equal_diff_diff_whose_error_of_the_total_takes_event_times_for_independent() -> None:
    import diff_diff

    panel = reversible(twice=False)
    data = panel.frame.with_columns(place=pl.col("place").rank("dense").cast(pl.Int64)).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = diff_diff.ChaisemartinDHaultfoeuille(drop_larger_lower=False)
        native = library.fit(data, "y", "place", "year", "on", L_max=3)
    result = fit_chaisemartin(panel, SPEC)
    # where treatment changes twice it weighs by doses otherwise than the paper
    assert result.estimates["estimate"][0] == pytest.approx(native.overall_att)
    for step, other in native.event_study_effects.items():
        row = result.estimates.filter(event_time=step - 1).row(0, named=True)
        assert row["estimate"] == pytest.approx(other["effect"])
    assert result.estimates["std_error"][0] > 1.15 * native.overall_se


def test_treatment_that_never_ends_gives_the_effects_of_callaway_and_santanna() -> None:
    panel = simulated()
    ours = fit_chaisemartin(panel, ChaisemartinSpec(name="m", outcome="outcome")).estimates
    theirs = fit_callaway_santanna(
        panel, CallawaySantannaSpec(name="m", outcome="outcome", comparison="not_yet")
    ).estimates
    after = pl.col("event_time").is_null() | (pl.col("event_time") >= 0)
    ours, theirs = ours.filter(after), theirs.filter(after)
    assert ours["estimate"].to_list() == pytest.approx(theirs["estimate"].to_list(), abs=1e-10)
    # theirs counts the shares of cohorts as estimated, ours has degrees of freedom: alike, not equal
    assert ours["std_error"].to_list() == pytest.approx(theirs["std_error"].to_list(), rel=0.12)


def test_one_cohort_gives_the_error_of_a_comparison_of_two_means() -> None:
    panel = simulated(cohorts=[2014])
    result = fit_chaisemartin(panel, ChaisemartinSpec(name="m", outcome="outcome", effects=1, placebos=0))
    y = twin.wide(panel.frame.sort("place", "year"), "outcome")
    treated = panel.frame.sort("place", "year")["treated"].to_numpy().reshape(60, -1)[:, -1] == 1
    change = y[:, 6] - y[:, 5]
    expected = np.sqrt(change[treated].var(ddof=1) / 30 + change[~treated].var(ddof=1) / 30)
    assert result.estimates["std_error"].to_list()[0] == pytest.approx(expected)


def test_the_known_answer_goes_only_where_treatment_never_ends() -> None:
    result = fit_chaisemartin(simulated(), ChaisemartinSpec(name="m", outcome="outcome", effects=2))
    assert result.truth["event_time_1"] == pytest.approx(0.35)
    assert result.truth["treated"] == pytest.approx(0.3)
    panel = simulated()
    ended = pl.when(pl.col("year") > 2018).then(0).otherwise("treated").alias("treated")
    off = Panel(frame=panel.frame.with_columns(ended), simulated=True, made_by=panel.made_by)
    assert fit_chaisemartin(off, ChaisemartinSpec(name="m", outcome="outcome")).truth == {}


def changed(**columns: pl.Expr) -> Panel:
    return Panel(frame=simulated(places=12).frame.with_columns(**columns))


@pytest.mark.parametrize(
    ("panel", "match"),
    [
        (changed(treated=pl.col("control")), "a treatment is 0 or 1"),
        (changed(treated=pl.lit(0)), "no place switches"),
        (changed(treated=(pl.col("year") > 2012).cast(pl.Int8)), "no place switches"),
        (Panel(frame=changed().frame.filter(pl.int_range(pl.len()) != 5)), "lack a year"),
    ],
)
def test_a_panel_without_a_comparison_is_refused(panel: Panel, match: str) -> None:
    with pytest.raises(DataError, match=match):
        fit_chaisemartin(panel, ChaisemartinSpec(name="m", outcome="outcome"))


@pytest.mark.parametrize("options", [{"effects": 0}, {"placebos": -1}])
def test_options_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(SettingError):
        fit_chaisemartin(simulated(), ChaisemartinSpec(name="m", outcome="outcome", **options))
