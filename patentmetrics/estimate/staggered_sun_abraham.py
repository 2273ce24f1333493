"""Sun and Abraham's interaction-weighted event study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from patentmetrics.core.errors import DataError
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

CITATION = (
    "Sun, L., & Abraham, S. (2021). Estimating dynamic treatment effects in event studies with heterogeneous "
    "treatment effects. Journal of Econometrics, 225(2), 175-199"
)


@dataclass(frozen=True, kw_only=True)
class SunAbrahamSpec:
    """Sun and Abraham's event study (交互加权事件研究).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Further regressors.
    cluster : str
        Column of the clusters, the place or coarser.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    cluster: str = "place"


def fit_sun_abraham(
    panel: Panel, spec: SunAbrahamSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate Sun and Abraham's interaction-weighted event study (SA 交互加权估计量).

    ``y_it = Σ_g Σ_{k≠−1} δ_gk·1[G_i = g]·1[t − g = k] + γ'x_it + place effect + year effect + ε_it``; the
    effect at k averages δ_gk over cohorts with the share of their rows. Shares count as fixed, as R's fixest
    and the default of Stata's ``eventstudyinteract`` have it. The comparison is the never treated; without
    any, the places treated last, and the years from their treatment on are left out.

    Source: Sun & Abraham (2021), section 4, doi:10.1016/j.jeconom.2020.09.006.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : SunAbrahamSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect averaged over all treated rows, term ``treated``, then ``event_time_k``, the base −1 among
        them with estimate 0 and null error. Frames ``att_gt``, ``by_cohort``, ``by_year``. The statistics
        add the joint test that all event times before treatment are zero: ``pretrend_f, pretrend_p,
        pretrend_terms``.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        A cohort has no row in the year before its treatment; an effect cannot be told apart; or a fault named
        in `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_sun_abraham(panel, SunAbrahamSpec(name="(1)", outcome="outcome", controls=("control",)))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < result.truth["treated"] < high)
    True
    """
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        cluster=spec.cluster,
        balanced=False,
        needs_never_treated=True,
    )
    cells = relative_cells(sample)
    found = fit_cells(panel, sample, cells, controls=spec.controls)
    f, p, terms = pretrend_test(found)
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Sun-Abraham interaction-weighted event study",
        citation=CITATION,
        estimates=overall_and_events(
            spec.name,
            overall_effect(found),
            with_base(averaged(found, key="event_time"), -1),
            n=found.n,
            t_degrees=found.fit.t_degrees,
        ),
        statistics={
            **regression_statistics(found),
            "pretrend_f": f,
            "pretrend_p": p,
            "pretrend_terms": terms,
        },
        notes=[
            *regression_notes(sample, found, ("place", "year")),
            "base year: event time -1; shares of the cohorts count as fixed",
        ],
        fixed_effects=("place", "year"),
        frames=cell_frames(spec.name, found),
        native=found.fit.native,
        truth=truth,
    )


def relative_cells(sample: StaggeredSample) -> list[tuple[int, int]]:
    """Give every cohort and year of the treated, but the year before their treatment.

    Raises
    ------
    DataError
        A cohort has no row in the year before its treatment: its effects have no base.
    """
    treated = sample.frame.filter(pl.col("cohort").is_not_null())
    pairs = treated.select("cohort", "year").unique().sort("cohort", "year").rows()
    for g in sample.cohorts:
        if (g, g - 1) not in pairs:
            raise DataError(
                f"cohort {g} has no row in the year before its treatment: its effects have no base",
                where="panel",
                got=f"{sum(1 for cohort, _ in pairs if cohort == g)} years of cohort {g}",
                hint="is that year missing for all of its places? Leave the cohort out, or fill the year",
            )
    return [(int(g), int(t)) for g, t in pairs if t != g - 1]
