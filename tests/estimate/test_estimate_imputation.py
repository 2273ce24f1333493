"""Imputation and two stages: estimates and both variances against dense matrices."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.staggered_imputation import ImputationSpec, fit_imputation
from patentmetrics.estimate.staggered_two_stage import TwoStageSpec, fit_two_stage
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import staggered as twin

IMPUTE = ImputationSpec(name="(1)", outcome="outcome", controls=("control",))
STAGES = TwoStageSpec(name="(1)", outcome="outcome", controls=("control",))


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 24, "cohorts": [2011, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


def with_gaps(panel: Panel) -> Panel:
    kept = np.random.default_rng(0).random(panel.frame.height) > 0.1
    return Panel(frame=panel.frame.filter(pl.Series(kept)))


def dense(panel: Panel, *, x: tuple[str, ...] = ("control",)) -> twin.Imputed:
    frame = panel.frame.sort("place", "year")
    return twin.Imputed(
        frame["outcome"].to_numpy(),
        frame["place"].rank("dense").to_numpy().astype(int) - 1,
        frame["year"].to_numpy(),
        frame["cohort"].fill_null(0).to_numpy(),
        frame.select(x).to_numpy(),
    )


@pytest.mark.parametrize("gaps", [False, True])
def test_effects_and_both_errors_equal_dense_matrices(gaps: bool) -> None:
    panel = with_gaps(simulated()) if gaps else simulated()
    expected = dense(panel)
    every = np.ones(len(expected.y), dtype=bool)
    imputed, staged = fit_imputation(panel, IMPUTE), fit_two_stage(panel, STAGES)
    chosen = {"treated": every}
    chosen |= {f"event_time_{k}": expected.year - expected.cohort == k for k in range(11)}
    for result, error in ((imputed, expected.error), (staged, expected.gmm_error)):
        rows = {row[0]: row[1:] for row in result.estimates.select("term", "estimate", "std_error").rows()}
        for term, rows_of_term in chosen.items():
            value = (expected.effect(rows_of_term), error(rows_of_term, expected.place))
            if term != "treated" and result is staged:
                # several dummies at once: each takes its own mean out of its own rows
                value = (value[0], pytest.approx(rows[term][1]))
                assert rows[term][0] == pytest.approx(value[0], rel=1e-7)
                continue
            assert rows[term] == pytest.approx(value, rel=1e-7)
        for g, effect in result.frames["by_cohort"].select("cohort", "estimate").rows():
            assert effect == pytest.approx(expected.effect(expected.cohort == g), rel=1e-7)


def test_coarser_clusters_are_used_by_both() -> None:
    panel = simulated()
    pairs = pl.col("place").rank("dense").cast(pl.Int64) // 2
    panel = Panel(frame=panel.frame.with_columns(pair=pairs))
    expected = dense(panel)
    every = np.ones(len(expected.y), dtype=bool)
    clusters = panel.frame.sort("place", "year")["pair"].rank("dense").to_numpy().astype(int) - 1
    one = fit_imputation(
        panel, ImputationSpec(name="m", outcome="outcome", controls=("control",), cluster="pair")
    )
    two = fit_two_stage(
        panel, TwoStageSpec(name="m", outcome="outcome", controls=("control",), cluster="pair")
    )
    assert one.statistics["clusters"] == two.statistics["clusters"] == 13
    assert one.estimates["std_error"][0] == pytest.approx(expected.error(every, clusters), rel=1e-8)
    assert two.estimates["std_error"][0] == pytest.approx(expected.gmm_error(every, clusters), rel=1e-8)


def test_leaving_the_place_out_gives_the_larger_errors_of_the_appendix() -> None:
    panel = simulated()
    spec = ImputationSpec(name="m", outcome="outcome", controls=("control",), leave_one_out=True)
    result, expected = fit_imputation(panel, spec), dense(panel)
    assert result.estimates["std_error"][0] > fit_imputation(panel, IMPUTE).estimates["std_error"][0]
    assert "leaving the place out" in result.notes[0]
    assert result.estimates["estimate"][0] == pytest.approx(
        expected.effect(np.ones(len(expected.y), dtype=bool)), rel=1e-8
    )


def test_years_before_come_from_leads_in_untreated_rows_with_a_base() -> None:
    panel = simulated()
    result, expected = fit_imputation(panel, IMPUTE), dense(panel)
    since = expected.year - expected.cohort
    untreated = ~expected.treated
    leads = sorted({int(k) for k in since[untreated] if -100 < k < -1})
    columns = np.column_stack([expected.design, *((since == k).astype(float) for k in leads)])[untreated]
    found = np.linalg.lstsq(columns, expected.y[untreated], rcond=None)[0][-len(leads) :]
    before = result.estimates.filter(pl.col("event_time") < -1)
    assert before["event_time"].to_list() == leads
    assert before["estimate"].to_list() == pytest.approx(found.tolist(), abs=1e-10)
    base = result.estimates.filter(event_time=-1).row(0, named=True)
    assert (base["estimate"], base["std_error"], base["p_value"]) == (0, None, None)
    assert result.statistics["pretrend_terms"] == len(leads)
    assert 0 < result.statistics["pretrend_p"] < 1


def test_two_stages_tell_nothing_before_treatment() -> None:
    """The library says 0 at −1, and residuals of fitted rows before, that have no base."""
    result = fit_two_stage(simulated(), STAGES)
    assert result.estimates["event_time"].drop_nulls().to_list() == list(range(11))
    assert "pretrend_p" not in result.statistics


def test_two_stages_equal_pyfixest_at_each_event_time() -> None:
    import pyfixest

    panel = simulated()
    data = panel.frame.with_columns(
        treated=pl.col("treated").cast(pl.Float64),
        since=(pl.col("year") - pl.col("cohort")).fill_null(-99).clip(-99, None),
        place=pl.col("place").rank("dense").cast(pl.Int64),
    )
    data = data.with_columns(since=pl.when(pl.col("since") < 0).then(-99).otherwise("since")).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.did2s(
            data,
            yname="outcome",
            first_stage="~ control | place + year",
            second_stage="~ i(since, ref=-99)",
            treatment="treated",
            cluster="place",
        )
    rows = fit_two_stage(panel, STAGES).estimates.filter(pl.col("event_time").is_not_null())
    assert rows["estimate"].to_list() == pytest.approx(fit.coef().tolist(), rel=1e-6)
    assert rows["std_error"].to_list() == pytest.approx(fit.se().tolist(), rel=1e-6)


def test_places_without_an_untreated_row_are_left_out_by_name() -> None:
    frame = simulated().frame.with_columns(cohort=pl.col("cohort").replace({2011: 2008}))
    result = fit_imputation(Panel(frame=frame), IMPUTE)
    assert any(
        one.startswith("4 places left out that are treated in all their years") for one in result.notes
    )
    assert result.statistics["cohorts"] == 2
    assert not any(one.startswith("diff-diff") for one in result.notes)


def test_years_in_which_all_are_treated_cannot_be_imputed_and_go() -> None:
    result = fit_imputation(simulated(share_treated=1.0), IMPUTE)
    assert result.estimates["event_time"].max() == 4
    assert result.statistics["cohorts"] == 2
    with pytest.raises(DataError, match="ever treated"):
        fit_imputation(simulated(share_treated=0.0), IMPUTE)
