"""Wooldridge's extended two-way fixed effects: one regression with an effect for each cohort and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.staggered import (
    StaggeredSample,
    overall_and_events,
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
from patentmetrics.estimate.staggered_sun_abraham import relative_cells

CITATION = (
    "Wooldridge, J. M. (2025). Two-way fixed effects, the two-way Mundlak regression, and "
    "difference-in-differences estimators. Empirical Economics, 69, 2545-2587"
)


@dataclass(frozen=True, kw_only=True)
class ExtendedTwfeSpec:
    """Wooldridge's extended two-way fixed effects (扩展双向固定效应, ETWFE).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Covariates on which trends are parallel: each has a slope of its own in each cohort, year and effect.
    comparison : {"not_yet", "never"}
        Compare with rows not yet treated (an effect for each treated cohort and year), or with the never
        treated (an effect for each cohort and year but the last before treatment).
    absorb : {"place", "cohort"}
        The effects besides years. The estimates are the same on a balanced panel with controls that do not
        change over time; R's ``etwfe`` absorbs cohorts unless told otherwise.
    cluster : str
        Column of the clusters, the place or coarser.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    comparison: Literal["not_yet", "never"] = "not_yet"
    absorb: Literal["place", "cohort"] = "place"
    cluster: str = "place"


def fit_extended_twfe(
    panel: Panel, spec: ExtendedTwfeSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate Wooldridge's extended two-way fixed effects (扩展双向固定效应估计).

    ``y_it = Σ_g Σ_t 1[G_i = g]·1[year = t]·(δ_gt + θ_gt'(x_it − x̄_g)) + slopes of x by cohort and year +
    effects + ε_it``; averages of δ_gt weigh cells by their rows. With ``comparison="not_yet"`` and no
    controls the estimates are those of imputation. Weights and means count as fixed, as in R's ``etwfe``.

    Source: Wooldridge (2025), doi:10.1007/s00181-025-02807-z.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : ExtendedTwfeSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect averaged over all treated rows, term ``treated``, then ``event_time_k``; with
        ``comparison="never"`` also those before treatment, the base −1 with estimate 0 and null error, and
        their joint test. Frames ``att_gt``, ``by_cohort``, ``by_year``.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value.
    DataError
        An effect cannot be told apart; or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_extended_twfe(panel, ExtendedTwfeSpec(name="(1)", outcome="outcome"))
    >>> result.estimates["term"].to_list()[:3]
    ['treated', 'event_time_0', 'event_time_1']
    """
    check_choice(spec.comparison, ["not_yet", "never"], argument="comparison")
    check_choice(spec.absorb, ["place", "cohort"], argument="absorb")
    never = spec.comparison == "never"
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        cluster=spec.cluster,
        balanced=False,
        needs_never_treated=never,
    )
    if never:
        cells = relative_cells(sample)
    else:
        treated = sample.frame.filter(pl.col("year") >= pl.col("cohort"))
        cells = treated.select("cohort", "year").unique().sort("cohort", "year").rows()
    widened, controls, slopes = _with_slopes(sample)
    found = fit_cells(
        panel,
        widened,
        cells,
        controls=controls,
        slopes=slopes,
        fixed_effects=("place", "year") if spec.absorb == "place" else ("_cohort", "year"),
    )
    events = averaged(found, key="event_time")
    f, p, terms = pretrend_test(found)
    absorbed = (spec.absorb, "year")
    notes = regression_notes(sample, found, absorbed)
    notes = [one for one in notes if not any(one.startswith(f"{name} left out") for name in controls)]
    against = {"not_yet": "not yet treated", "never": "of places never treated"}[spec.comparison]
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Extended two-way fixed effects",
        citation=CITATION,
        estimates=overall_and_events(
            spec.name,
            overall_effect(found),
            with_base(events, -1) if never else events,
            n=found.n,
            t_degrees=found.fit.t_degrees,
        ),
        statistics={
            **regression_statistics(found),
            **({"pretrend_f": f, "pretrend_p": p, "pretrend_terms": terms} if never else {}),
        },
        notes=[*notes, f"compared with rows {against}; shares of the cells count as fixed"],
        fixed_effects=absorbed,
        frames=cell_frames(spec.name, found),
        native=found.fit.native,
        truth=truth,
    )


def _with_slopes(sample: StaggeredSample) -> tuple[StaggeredSample, tuple[str, ...], tuple[str, ...]]:
    # the controls by cohort and year, and centred by cohort for the effects
    group = pl.col("cohort").fill_null(0)
    frame = sample.frame.with_columns(group.alias("_cohort"))
    columns: dict[str, pl.Expr] = {}
    centred: dict[str, pl.Expr] = {}
    for name in sample.controls:
        centred[f"_centred_{name}"] = pl.col(name) - pl.col(name).mean().over("_cohort")
        for g in sample.cohorts:
            columns[f"{name}_cohort_{g}"] = (pl.col("_cohort") == g).cast(pl.Float64) * pl.col(name)
        for t in sample.years[1:]:
            columns[f"{name}_year_{t}"] = (pl.col("year") == t).cast(pl.Float64) * pl.col(name)
    frame = frame.with_columns(**columns, **centred)
    return replace(sample, frame=frame), (*sample.controls, *columns), tuple(centred)
