"""Borusyak, Jaravel and Spiess: impute what treated places would have had, and average the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.diff_diff import Averaged, imputation_effects
from patentmetrics.estimate.fixed_effects import joint_test
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.staggered import (
    StaggeredSample,
    clustered_note,
    overall_and_events,
    staggered_result,
    staggered_sample,
    tidy_estimates,
)
from patentmetrics.estimate.within import fit_within

CITATION = (
    "Borusyak, K., Jaravel, X., & Spiess, J. (2024). Revisiting event-study designs: robust and efficient "
    "estimation. Review of Economic Studies, 91(6), 3253-3285; computed with diff-diff"
)


@dataclass(frozen=True, kw_only=True)
class ImputationSpec:
    """Borusyak, Jaravel and Spiess's imputation estimator (插补估计量, BJS).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Further regressors; they must not respond to treatment.
    cluster : str
        Column of the clusters, the place or coarser.
    leave_one_out : bool
        Leave a place's own rows out of the mean effect that its residual is taken from (their appendix A.9):
        larger standard errors, that are better where cohorts are small.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    cluster: str = "place"
    leave_one_out: bool = False


def fit_imputation(panel: Panel, spec: ImputationSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate by imputation: the untreated rows say what the treated would have had (BJS 插补估计).

    ``Y_it(0) = place effect + year effect + γ'x_it`` is fitted to untreated rows alone; the effect of a
    treated row is ``Y_it − Ŷ_it(0)``, and averages of it are told. Standard errors are the conservative ones
    of theorem 3, with the mean effect by cohort and event time taken out. Event times before treatment come
    from a regression of untreated rows on leads, and are compared with −1.

    Source: Borusyak, Jaravel & Spiess (2024), theorems 2 and 3, doi:10.1093/restud/rdae007.

    Parameters
    ----------
    panel : Panel
        The panel; it may be unbalanced.
    spec : ImputationSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect averaged over all treated rows, term ``treated``, then ``event_time_k``, the base −1 among
        them with estimate 0 and null error. Frame ``by_cohort``. The statistics add the joint test of the
        years before treatment: ``pretrend_f, pretrend_p, pretrend_terms``.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        There is nothing to compare with, or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        diff-diff is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_imputation(panel, ImputationSpec(name="(1)", outcome="outcome", controls=("control",)))
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
    )
    found = imputation_effects(sample, leave_one_out=spec.leave_one_out)
    leads, test, lead_notes = _leads(panel, sample)
    found = replace(found, by_event_time=pl.concat([leads, found.by_event_time]))
    what = "of theorem 3 (conservative), mean effect by cohort and event time taken out"
    return averaged_result(
        panel,
        sample,
        found,
        name=spec.name,
        method="Imputation difference in differences",
        citation=CITATION,
        statistics=test,
        notes=[
            clustered_note(sample, what=what + (", leaving the place out" if spec.leave_one_out else "")),
            *lead_notes,
        ],
        truth=truth,
    )


def _leads(
    panel: Panel, sample: StaggeredSample
) -> tuple[pl.DataFrame, dict[str, float | int | str | None], list[str]]:
    # effects before treatment: a regression of the untreated rows on leads
    since = pl.col("year") - pl.col("cohort")
    untreated = sample.frame.filter((since < 0).fill_null(value=True))
    times = untreated.select(since.alias("k")).to_series().drop_nulls().unique().sort().to_list()
    terms = {int(k): f"lead_{-k}" for k in times if k != -1}
    base = pl.DataFrame(
        {"event_time": [-1], "estimate": [0.0], "std_error": [None]},
        schema={"event_time": pl.Int32, "estimate": pl.Float64, "std_error": pl.Float64},
    )
    none: dict[str, float | int | str | None] = {"pretrend_f": None, "pretrend_p": None, "pretrend_terms": 0}
    if not terms or -1 not in times:
        return base.head(0), none, ["no test of the years before treatment: no two of them can be compared"]
    indicators = {term: (since == k).fill_null(value=False).cast(pl.Float64) for k, term in terms.items()}
    rows = estimation_sample(
        replace(panel, frame=untreated.with_columns(**indicators)),
        outcome=sample.outcome,
        regressors=(*indicators, *sample.controls),
        fixed_effects=("place", "year"),
        cluster=sample.cluster,
    )
    try:
        fit = fit_within(rows, errors="cluster")
    except DataError as error:
        return base, none, [f"no test of the years before treatment: {error.what}"]
    kept = {k: term for k, term in terms.items() if term in fit.terms}
    at = [fit.terms.index(term) for term in kept.values()]
    leads = pl.DataFrame(
        {
            "event_time": pl.Series(list(kept), dtype=pl.Int32),
            "estimate": fit.coefficients[at],
            "std_error": np.sqrt(np.diag(fit.covariance)[at]),
        }
    )
    notes = ["event times before treatment: regression of untreated rows on leads, base -1"]
    lost = [str(k) for k in terms if k not in kept]
    if lost:
        notes.append(f"leads left out that cannot be told apart: {', '.join(lost)}")
    if not kept or len(kept) > fit.t_degrees:
        return pl.concat([leads, base]), none | {"pretrend_terms": len(kept)}, notes
    f, p = joint_test(fit, list(kept.values()))
    return (
        pl.concat([leads, base]),
        {"pretrend_f": f, "pretrend_p": p, "pretrend_terms": len(kept)},
        notes,
    )


def averaged_result(
    panel: Panel,
    sample: StaggeredSample,
    found: Averaged,
    *,
    name: str,
    method: str,
    citation: str,
    statistics: Mapping[str, float | int | str | None],
    notes: list[str],
    truth: Mapping[str, float] | None,
) -> Result:
    """Put averaged effects into the common form."""
    n = sample.frame.height
    cohorts = found.by_cohort.with_columns(pl.format("cohort_{}", "cohort").alias("term"))
    controls = [f"controls in the untreated outcome: {', '.join(sample.controls)}"] if sample.controls else []
    return staggered_result(
        panel,
        sample,
        name=name,
        method=method,
        citation=citation,
        estimates=overall_and_events(name, found.overall, found.by_event_time, n=n),
        statistics=statistics,
        notes=[
            *notes,
            "absorbed effects: place, year",
            *controls,
            *(f"diff-diff: {one}" for one in found.warnings),
        ],
        fixed_effects=("place", "year"),
        frames={"by_cohort": tidy_estimates(name, cohorts, n=n)},
        native=found.native,
        truth=truth,
    )
