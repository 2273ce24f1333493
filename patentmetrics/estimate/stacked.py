"""Stacked difference in differences: a clean two-group panel for each cohort, estimated together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
from patentmetrics.estimate.staggered import (
    StaggeredSample,
    overall_and_events,
    sample_truth,
    staggered_result,
    staggered_sample,
)
from patentmetrics.estimate.staggered_cells import (
    averaged,
    cell_frames,
    fit_cells,
    overall_effect,
    pretrend_test,
    regression_notes,
    regression_statistics,
    with_base,
)

WEIGHTS = ["treated", "regression"]
CITATIONS = {
    "treated": "Wing, C., Freedman, S. M., & Hollingsworth, A. (2024). Stacked difference-in-differences. "
    "NBER Working Paper 32054",
    "regression": "Cengiz, D., Dube, A., Lindner, A., & Zipperer, B. (2019). The effect of minimum wages on "
    "low-wage jobs. Quarterly Journal of Economics, 134(3), 1405-1454",
}
_EFFECTS = ("place", "stack^year")


@dataclass(frozen=True, kw_only=True)
class StackedSpec:
    """Stacked difference in differences (堆叠双重差分, stacked DID).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Further regressors, with one slope in all stacks.
    leads, lags : int
        The window of each stack: from ``leads`` years before to ``lags`` years after treatment. Cohorts that
        the panel does not show in the whole window are left out: else the mix of cohorts would change along
        it.
    comparison : {"not_yet", "never"}
        The clean controls of a stack: places treated after its window or never; or the never treated alone.
    weights : {"treated", "regression"}
        Average the cohorts by their treated rows, so that the answer is the effect on the treated; or let one
        regression with common coefficients weigh them, by size and variance, as most papers do.
    cluster : str
        Column of the clusters, the place or coarser; a place that stands in several stacks is one.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    leads: int = 3
    lags: int = 3
    comparison: Literal["not_yet", "never"] = "not_yet"
    weights: Literal["treated", "regression"] = "treated"
    cluster: str = "place"


def fit_stacked(panel: Panel, spec: StackedSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate a stacked difference in differences (堆叠双重差分).

    For each cohort g the rows from ``g − leads`` to ``g + lags`` of its places and of clean controls make a
    stack; all stacks together are regressed with effects of stack × place and stack × year, so that places
    are compared within their stack only.

    Source: Cengiz et al. (2019), doi:10.1093/qje/qjz014; Wing, Freedman & Hollingsworth (2024) for
    ``weights="treated"``, doi:10.3386/w32054.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : StackedSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect over the window, term ``treated``, then ``event_time_k``, the base −1 among them with
        estimate 0 and null error. Frame ``stacks``: ``cohort, places_treated, places_compared, rows``; with
        ``weights="treated"`` also ``att_gt``, ``by_cohort``, ``by_year``. The statistics add ``pretrend_f,
        pretrend_p, pretrend_terms``; ``n`` counts stacked rows.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value; the window is empty.
    DataError
        No cohort is seen in the whole window with clean controls; or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_stacked(panel, StackedSpec(name="(1)", outcome="outcome", leads=2, lags=2))
    >>> result.frames["stacks"].rows()
    [(2014, 10, 20, 150), (2016, 10, 20, 150)]
    """
    check_choice(spec.comparison, ["not_yet", "never"], argument="comparison")
    check_choice(spec.weights, WEIGHTS, argument="weights")
    if spec.leads < 1 or spec.lags < 0:
        raise SettingError(
            "the window is empty",
            where="leads, lags",
            got=f"{spec.leads}, {spec.lags}",
            allowed="leads 1 or more, lags 0 or more",
        )
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        cluster=spec.cluster,
        balanced=False,
        needs_never_treated=spec.comparison == "never",
    )
    frame, stacks, notes = _stack(sample, spec)
    stacked = replace(panel, frame=frame)
    if spec.weights == "regression":
        found = _by_regression(stacked, spec)
    else:
        found = _by_cell(stacked, replace(sample, frame=frame, cluster="cluster"), spec)
    estimates, statistics, own_notes, frames = found
    if truth is None:
        truth = _truth(panel, sample, frame, spec)
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Stacked difference in differences",
        citation=CITATIONS[spec.weights],
        estimates=estimates,
        statistics={**statistics, "rows_of_panel": sample.frame.height},
        notes=[*own_notes, *notes],
        fixed_effects=("stack^place", "stack^year"),
        frames={"stacks": stacks, **frames},
        truth=truth,
    )


def _truth(panel: Panel, sample: StaggeredSample, frame: pl.DataFrame, spec: StackedSpec) -> dict[str, float]:
    # the regression's own weights make an answer known only where all effects are the same
    if spec.weights == "regression":
        return sample_truth(panel, sample, event_times=range(spec.lags + 1))
    return sample_truth(panel, replace(sample, frame=frame))


Parts = tuple[pl.DataFrame, dict[str, float | int | str | None], list[str], dict[str, pl.DataFrame]]


def _stack(sample: StaggeredSample, spec: StackedSpec) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    first, last = sample.years[0], sample.years[-1]
    whole = [g for g in sample.cohorts if g - spec.leads >= first and g + spec.lags <= last]
    cut = [g for g in sample.cohorts if g not in whole]
    frame = sample.frame.with_columns(cluster=pl.Series(sample.cluster_codes))
    pieces, told, without = [], [], []
    for g in whole:
        clean = pl.col("cohort").is_null()
        if spec.comparison == "not_yet":
            clean |= pl.col("cohort") > g + spec.lags
        stack = frame.filter(
            pl.col("year").is_between(g - spec.leads, g + spec.lags), (pl.col("cohort") == g) | clean
        ).with_columns(
            place=pl.format("{} / {}", "place", pl.lit(g)),
            stack=pl.lit(g, dtype=pl.Int32),
            cohort=pl.when(pl.col("cohort") == g).then("cohort"),
        )
        compared = stack.filter(pl.col("cohort").is_null())["place"].n_unique()
        if not compared:
            without.append(g)
            continue
        pieces.append(stack)
        told.append((g, stack["place"].n_unique() - compared, compared, stack.height))
    if not pieces:
        raise DataError(
            "no cohort is seen in the whole window with clean controls",
            where="leads, lags",
            got=f"years {first} to {last}, cohorts {', '.join(map(str, sample.cohorts))}",
            hint="choose a shorter window",
        )
    notes = [
        f"window {-spec.leads} to {spec.lags}, {len(pieces)} stacks; clean controls: never treated"
        + (", or treated after the window" if spec.comparison == "not_yet" else "")
    ]
    if cut:
        notes.append(f"cohorts left out that are not seen in the whole window: {', '.join(map(str, cut))}")
    if without:
        notes.append(f"cohorts left out without clean controls: {', '.join(map(str, without))}")
    stacks = pl.DataFrame(
        told, schema=["cohort", "places_treated", "places_compared", "rows"], orient="row"
    ).with_columns(pl.col("cohort").cast(pl.Int32))
    return pl.concat(pieces), stacks, notes


def _by_cell(stacked: Panel, sample: StaggeredSample, spec: StackedSpec) -> Parts:
    # an effect for each cohort and event time, averaged by treated rows
    treated = sample.frame.filter(pl.col("cohort").is_not_null(), pl.col("year") != pl.col("cohort") - 1)
    cells = treated.select("cohort", "year").unique().sort("cohort", "year").rows()
    base = sample.frame.filter(pl.col("year") == pl.col("cohort") - 1)["cohort"].unique().to_list()
    for g, _ in cells:
        if g not in base:
            raise DataError(
                f"cohort {g} has no row in the year before its treatment: its effects have no base",
                where="panel",
            )
    found = fit_cells(stacked, sample, cells, controls=spec.controls, fixed_effects=_EFFECTS)
    f, p, terms = pretrend_test(found)
    estimates = overall_and_events(
        spec.name,
        overall_effect(found),
        with_base(averaged(found, key="event_time"), -1),
        n=found.n,
        t_degrees=found.fit.t_degrees,
    )
    notes = regression_notes(replace(sample, cluster=spec.cluster), found, ("stack × place", "stack × year"))
    statistics = regression_statistics(found) | {"pretrend_f": f, "pretrend_p": p, "pretrend_terms": terms}
    return (
        estimates,
        statistics,
        [*notes, "cohorts weighed by their treated rows; base year: event time -1"],
        cell_frames(spec.name, found),
    )


def _by_regression(stacked: Panel, spec: StackedSpec) -> Parts:
    # one coefficient for all cohorts
    treated = (pl.col("year") >= pl.col("cohort")).fill_null(value=False).cast(pl.Float64)
    stacked = replace(stacked, frame=stacked.frame.with_columns(treated=treated))
    whole = fit_did(
        stacked,
        DidSpec(
            name=spec.name,
            outcome=spec.outcome,
            controls=spec.controls,
            fixed_effects=_EFFECTS,
            cluster="cluster",
        ),
        truth={},
    )
    events = fit_event_study(
        stacked,
        EventStudySpec(
            name=spec.name,
            outcome=spec.outcome,
            controls=spec.controls,
            leads=spec.leads,
            lags=spec.lags,
            bins=False,
            fixed_effects=_EFFECTS,
            cluster="cluster",
        ),
        truth={},
    )
    estimates = pl.concat(
        [
            whole.estimates.filter(pl.col("term") == "treated"),
            events.estimates.filter(pl.col("event_time").is_not_null()),
        ],
        how="diagonal",
    )
    keep = {"n", "r2", "r2_adjusted", "r2_within", "rmse", "t_degrees", "parameters"}
    statistics = {key: value for key, value in whole.statistics.items() if key in keep}
    statistics |= {key: value for key, value in events.statistics.items() if key.startswith("pretrend")}
    errors = whole.notes[0].replace("clustered by cluster", f"clustered by {spec.cluster}")
    notes = [
        errors,
        "absorbed effects: stack × place, stack × year",
        "cohorts weighed by the regression; base year: event time -1",
    ]
    return estimates, statistics, notes, {}
