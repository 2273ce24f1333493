"""Bad panels: each fault is an error or a warning that names rows and says what to do."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.checks import check_treatment_panel
from patentmetrics.estimate.models import fit
from patentmetrics.simulate.panel import simulate_panel

DID = {"model": "did", "name": "m", "outcome": "outcome", "controls": ["control"]}
CS = {"model": "callaway_santanna", "name": "m", "outcome": "outcome", "draws": 100}
FIRST = "Simulated city 001"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return simulate_panel(places=30, seed=2).panel


def changed(panel: Panel, **columns: pl.Expr) -> Panel:
    return replace(panel, frame=panel.frame.with_columns(**columns))


def treated_places(panel: Panel) -> list[str]:
    return panel.frame.filter(pl.col("treated") == 1)["place"].unique().sort().to_list()


def warned(panel: Panel, spec: dict[str, object] = DID) -> str:
    return "\n".join(fit(panel, spec).warnings)


def test_a_good_panel_has_no_warning(panel: Panel) -> None:
    assert fit(panel, DID).warnings == ()
    assert fit(panel, CS).warnings == ()


def test_a_doubled_place_year_is_refused_when_the_panel_is_made(panel: Panel) -> None:
    with pytest.raises(DataError, match="occur more than once") as caught:
        replace(panel, frame=pl.concat([panel.frame, panel.frame.head(1)]))
    assert f"{FIRST} 2008" in str(caught.value)


@pytest.mark.parametrize(("value", "state"), [(0, "untreated"), (1, "treated")])
def test_a_treatment_that_never_varies_is_refused(panel: Panel, value: int, state: str) -> None:
    with pytest.raises(DataError, match=f"every row is {state}") as caught:
        fit(changed(panel, treated=pl.lit(value)), DID)
    assert caught.value.hint


def test_a_treatment_that_switches_off_is_a_warning_for_did_and_an_error_with_cohorts(panel: Panel) -> None:
    place = treated_places(panel)[0]
    ends = (pl.col("place") == place) & (pl.col("year") == 2021)
    off = changed(panel, treated=pl.when(ends).then(0).otherwise("treated"))
    told = warned(off)
    assert "switches off in 1 place" in told
    assert f"{place} 2021" in told
    assert "make the treatment 1" in told
    with pytest.raises(DataError, match="switches off") as caught:
        fit(off, CS)
    assert f"{place} 2021" in str(caught.value)
    assert caught.value.hint
    may_end = {"model": "chaisemartin", "name": "m", "outcome": "outcome", "effects": 1, "placebos": 1}
    assert not any("switches off" in one for one in fit(off, may_end).warnings)


def test_a_single_treated_place_or_cluster_is_a_warning(panel: Panel) -> None:
    place = treated_places(panel)[0]
    one = changed(panel, treated=pl.col("treated") * (pl.col("place") == place).cast(pl.Int8))
    assert f"only {place} is ever treated" in warned(one)
    assert "placebo test" in warned(one)
    clustered = changed(
        panel,
        province=pl.when(pl.col("place").is_in(treated_places(panel)))
        .then(pl.lit("A"))
        .otherwise(pl.col("place")),
    )
    told = warned(clustered, {**DID, "cluster": "province"})
    assert "all treated places lie in one cluster (province A)" in told


def test_few_clusters_are_a_warning_with_the_remedy(panel: Panel) -> None:
    few = changed(panel, province=(pl.col("place").rank("dense") % 7).cast(pl.String))
    told = warned(few, {**DID, "cluster": "province"})
    assert "only 7 clusters (province)" in told
    assert "wild cluster bootstrap" in told
    assert "clusters" not in warned(few, {**DID, "cluster": "province", "errors": "robust"})


def test_singletons_are_named(panel: Panel) -> None:
    alone = replace(panel, frame=panel.frame.filter((pl.col("place") != FIRST) | (pl.col("year") == 2010)))
    result = fit(alone, DID)
    assert f"1 rows are alone in their place ({FIRST} 2010)" in "\n".join(result.warnings)
    assert result.statistics["singletons_dropped"] == 1


def test_collinear_and_constant_controls_are_named(panel: Panel) -> None:
    bad = changed(
        panel,
        double=2 * pl.col("control"),
        flat=pl.lit(3.0),
        area=pl.col("place").rank("dense").cast(pl.Float64),
        price=pl.col("year").cast(pl.Float64) ** 2,
    )
    told = warned(bad, {**DID, "controls": ["control", "double", "flat", "area", "price"]})
    assert "control double is collinear with control" in told
    assert "flat is constant within each place" in told
    assert "area is constant within each place" in told
    assert "price is constant within each year" in told
    # with estimators that have no effects of their own to absorb it
    told = "\n".join(check_treatment_panel(bad, controls=("control", "flat", "double"), cohort="cohort"))
    assert "flat has the same value in every row" in told
    assert "double is collinear with control" in told


def test_missing_cohorts_are_refused_by_row(panel: Panel) -> None:
    place = treated_places(panel)[0]
    here = pl.col("place") == place
    none = changed(panel, cohort=pl.when(here).then(None).otherwise("cohort"))
    with pytest.raises(DataError, match="treated and have no cohort") as caught:
        fit(none, CS)
    assert place in str(caught.value)
    assert "first year of treatment" in str(caught.value.hint)
    some = changed(panel, cohort=pl.when(here & (pl.col("year") == 2009)).then(None).otherwise("cohort"))
    with pytest.raises(DataError, match="in some rows and none in others") as caught:
        fit(some, CS)
    assert f"{place} 2009" in str(caught.value)
    late = changed(panel, cohort=pl.when(here).then(pl.col("cohort") + 1).otherwise("cohort"))
    with pytest.raises(DataError, match="treated before their cohort"):
        fit(late, CS)
    zero = changed(panel, cohort=pl.col("cohort").fill_null(0))
    with pytest.raises(DataError, match="not a year"):
        fit(zero, CS)


def test_places_treated_throughout_and_no_untreated_place_are_warnings(panel: Panel) -> None:
    place = treated_places(panel)[0]
    always = changed(panel, treated=pl.when(pl.col("place") == place).then(1).otherwise("treated"))
    assert f"1 place treated in all its years ({place})" in warned(always)
    ever = replace(panel, frame=panel.frame.filter(pl.col("place").is_in(treated_places(panel))))
    assert "no place stays untreated" in warned(ever)


def test_rows_without_a_treatment_are_named(panel: Panel) -> None:
    gone = (pl.col("place") == FIRST) & (pl.col("year") == 2012)
    told = warned(changed(panel, treated=pl.when(gone).then(None).otherwise("treated")))
    assert f"1 rows have no treated ({FIRST} 2012)" in told


def test_models_without_treatment_are_not_checked_for_it(panel: Panel) -> None:
    spec = {"model": "fixed_effects", "name": "m", "outcome": "outcome", "regressors": ["control"]}
    assert fit(changed(panel, treated=pl.lit(1)), spec).warnings == ()
