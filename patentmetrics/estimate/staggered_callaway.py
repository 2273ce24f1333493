"""Callaway and Sant'Anna: effects by cohort and year against untreated places, and their averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.staggered import (
    LEVEL,
    Incomplete,
    StaggeredSample,
    clustered_note,
    overall_and_events,
    sample_truth,
    staggered_result,
    staggered_sample,
    tidy_estimates,
)
from patentmetrics.estimate.staggered_averages import (
    Average,
    Cells,
    average,
    average_by_cohort,
    average_by_event_time,
    average_by_year,
    averages_frame,
    simultaneous_critical_value,
    standard_errors,
    wald,
)
from patentmetrics.estimate.staggered_group_time import Method, group_time_effects

Comparison = Literal["never", "not_yet"]
Averaging = Literal["simple", "group", "event", "calendar"]
Base = Literal["universal", "varying"]
METHODS = ["doubly_robust", "regression", "weighting"]
COMPARISONS = ["never", "not_yet"]
AVERAGINGS = ["simple", "group", "event", "calendar"]
CITATION = (
    "Callaway, B., & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. "
    "Journal of Econometrics, 225(2), 200-230"
)


@dataclass(frozen=True, kw_only=True)
class CallawaySantannaSpec:
    """Callaway and Sant'Anna's difference in differences (CS-DID, 异质性稳健双重差分).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Covariates on which trends are parallel, taken in the base year of each comparison.
    method : {"doubly_robust", "regression", "weighting"}
        How covariates are allowed for. Without covariates the three are the same.
    comparison : {"never", "not_yet"}
        Compare with places that are never treated, or not treated yet.
    average : {"simple", "group", "event", "calendar"}
        Which average stands as the overall effect: over all treated cells; over cohorts; over event times;
        over years.
    base : {"universal", "varying"}
        Before treatment, compare with the last year before it (as event studies do), or with the year before
        (the default of R's ``did``). Nothing after treatment depends on it.
    balanced : int, optional
        In the event study keep the cohorts seen at least so many years after treatment, and event times up to
        it.
    anticipation : int
        Years before treatment in which it may already have an effect.
    cluster : str
        Column of the clusters, the place or coarser.
    incomplete_places : {"refuse", "drop"}
        What to do with places that lack a year.
    draws, seed : int
        Of the multiplier bootstrap that gives simultaneous bands.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    method: Method = "doubly_robust"
    comparison: Comparison = "never"
    average: Averaging = "simple"
    base: Base = "universal"
    balanced: int | None = None
    anticipation: int = 0
    cluster: str = "place"
    incomplete_places: Incomplete = "refuse"
    draws: int = 999
    seed: int = 1


def fit_callaway_santanna(
    panel: Panel, spec: CallawaySantannaSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate effects by cohort and year against untreated places, and average them (CS 估计量).

    ``ATT(g, t) = E[Y_t − Y_{g−1} | G = g] − E[Y_t − Y_{g−1} | C]``, with covariates doubly robust
    (Sant'Anna & Zhao 2020, doi:10.1016/j.jeconom.2020.06.003). No treated place ever serves as a
    comparison for another, so effects may differ between cohorts and grow.

    Parameters
    ----------
    panel : Panel
        Every place in every year; see ``incomplete_places``.
    spec : CallawaySantannaSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The overall effect, term ``treated``, then ``event_time_k``, each with a pointwise interval and a
        simultaneous band, ``band_low, band_high`` (null for the overall effect and the base year). Frames:
        ``att_gt`` (``cohort, year, event_time`` and the columns of the estimates), ``by_cohort``,
        ``by_year``, ``overall`` (the four averages, by ``average``). The statistics add the joint test that
        all effects before treatment are zero, ``pretrend_chi2, pretrend_p, pretrend_terms``, and
        ``critical_value`` of the band.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value.
    DataError
        A place lacks a year; there is nothing to compare with; or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample` and ``group_time_effects``.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> result = fit_callaway_santanna(panel, CallawaySantannaSpec(name="(1)", outcome="outcome"))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < result.truth["treated"] < high)
    True
    """
    _check(spec)
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        cluster=spec.cluster,
        balanced=True,
        incomplete_places=spec.incomplete_places,
        needs_never_treated=spec.comparison == "never",
    )
    shape = (len(sample.places), len(sample.years))
    found = group_time_effects(
        sample.frame[spec.outcome].cast(pl.Float64).to_numpy().reshape(shape),
        sample.frame.select(pl.col(spec.controls).cast(pl.Float64)).to_numpy().reshape(*shape, -1)
        if spec.controls
        else np.empty((*shape, 0)),
        sample.place_cohorts,
        np.array(sample.years),
        method=spec.method,
        not_yet=spec.comparison == "not_yet",
        universal_base=spec.base == "universal",
        anticipation=spec.anticipation,
    )
    cells = Cells(
        cohorts=found.cohorts,
        years=found.years,
        effects=found.effects,
        influence=found.influence,
        place_cohorts=sample.place_cohorts,
        place_clusters=sample.place_clusters,
    )
    after = cells.years >= cells.cohorts
    if not after.any():
        raise DataError("no effect after treatment can be estimated", where="panel")
    by_cohort, group = average_by_cohort(cells)
    by_event, event = average_by_event_time(cells, balanced=spec.balanced, last_year=sample.years[-1])
    by_year, calendar = average_by_year(cells)
    overall = {"simple": average(cells, after), "group": group, "event": event, "calendar": calendar}
    chosen = overall[spec.average]
    if chosen is None:
        raise DataError(
            f"no cohort is seen {spec.balanced} years after treatment", where="balanced", got=spec.balanced
        )
    clusters = sample.place_clusters
    critical = simultaneous_critical_value(
        np.column_stack([one.influence for one in by_event.values()]),
        clusters,
        draws=spec.draws,
        seed=spec.seed,
        level=LEVEL,
    )
    before = ~after & (standard_errors(cells.influence, clusters) > 0)
    if spec.anticipation:
        before &= cells.event_times < -spec.anticipation
    pretrend = wald(cells.effects[before], cells.influence[:, before], clusters)
    n = sample.frame.height
    if truth is None and spec.average != "simple":
        truth = sample_truth(panel, sample, event_times=cells.event_times[after].tolist())
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Callaway-Sant'Anna difference in differences",
        citation=CITATION,
        estimates=overall_and_events(
            spec.name,
            _with_error(chosen, sample),
            averages_frame(by_event, clusters, key="event_time", critical=critical),
            n=n,
        ),
        statistics={
            "pretrend_chi2": pretrend[0] if pretrend else None,
            "pretrend_p": pretrend[1] if pretrend else None,
            "pretrend_terms": int(before.sum()),
            "critical_value": critical,
        },
        notes=_notes(spec, sample, found.trimmed, pretrend_known=pretrend is not None or not before.any()),
        fixed_effects=(),
        frames={
            "att_gt": _cells_frame(spec.name, cells, n=n),
            "by_cohort": _averages(spec.name, by_cohort, sample, key="cohort"),
            "by_year": _averages(spec.name, by_year, sample, key="year"),
            "overall": _overall_frame(spec.name, overall, sample),
        },
        truth=truth,
    )


def _check(spec: CallawaySantannaSpec) -> None:
    check_choice(spec.method, METHODS, argument="method")
    check_choice(spec.comparison, COMPARISONS, argument="comparison")
    check_choice(spec.average, AVERAGINGS, argument="average")
    check_choice(spec.base, ["universal", "varying"], argument="base")
    ranges = [
        ("anticipation", spec.anticipation, 0),
        ("balanced", 0 if spec.balanced is None else spec.balanced, 0),
        ("draws", spec.draws, 100),
        ("seed", spec.seed, 0),
    ]
    for name, value, least in ranges:
        if value < least:
            raise SettingError(f"{name} is too small", where=name, got=value, allowed=f"{least} or more")


def _with_error(one: Average, sample: StaggeredSample) -> tuple[float, float]:
    error = standard_errors(one.influence[:, None], sample.place_clusters)
    return one.effect, float(error[0])


def _averages(name: str, found: dict[int, Average], sample: StaggeredSample, *, key: str) -> pl.DataFrame:
    rows = averages_frame(found, sample.place_clusters, key=key)
    rows = rows.with_columns(pl.format(f"{key}_{{}}", key).alias("term"))
    return tidy_estimates(name, rows, n=sample.frame.height)


def _cells_frame(name: str, cells: Cells, *, n: int) -> pl.DataFrame:
    error = standard_errors(cells.influence, cells.place_clusters)
    rows = pl.DataFrame(
        {
            "cohort": pl.Series(cells.cohorts, dtype=pl.Int32),
            "year": pl.Series(cells.years, dtype=pl.Int32),
            "event_time": pl.Series(cells.event_times, dtype=pl.Int32),
            "estimate": cells.effects,
            "std_error": error,
        }
    ).with_columns(pl.format("att_{}_{}", "cohort", "year").alias("term"))
    return tidy_estimates(name, rows, n=n)


def _overall_frame(name: str, overall: Mapping[str, Average | None], sample: StaggeredSample) -> pl.DataFrame:
    known = {key: _with_error(one, sample) for key, one in overall.items() if one is not None}
    rows = pl.DataFrame(
        {
            "term": ["treated"] * len(known),
            "average": list(known),
            "estimate": [effect for effect, _ in known.values()],
            "std_error": [error for _, error in known.values()],
        }
    )
    return tidy_estimates(name, rows, n=sample.frame.height)


def _notes(
    spec: CallawaySantannaSpec, sample: StaggeredSample, trimmed: int, *, pretrend_known: bool
) -> tuple[str, ...]:
    against = {"never": "never treated", "not_yet": "not yet treated"}[spec.comparison]
    overall = {
        "simple": "over all treated cohorts and years",
        "group": "over cohorts",
        "event": "over event times",
        "calendar": "over years",
    }[spec.average]
    base = {
        "universal": "the last year before treatment",
        "varying": "before treatment the year before, after it the last year before treatment",
    }[spec.base]
    covariates = (
        f", given {', '.join(spec.controls)} ({spec.method.replace('_', ' ')})" if spec.controls else ""
    )
    notes = [
        clustered_note(sample, what="from influence functions"),
        f"compared with places {against}{covariates}; base year: {base}",
        f"overall effect: average {overall}",
        f"simultaneous bands: multiplier bootstrap, {spec.draws} draws, seed {spec.seed}",
    ]
    if spec.anticipation:
        notes.append(f"anticipation of {spec.anticipation} years allowed")
    if spec.balanced is not None:
        notes.append(f"event study: cohorts seen at least {spec.balanced} years after treatment")
    if not pretrend_known:
        notes.append("no joint test of the years before treatment: fewer clusters than effects to test")
    if trimmed:
        notes.append(f"{trimmed} controls left out of a cell: their score is 0.995 or more")
    return tuple(notes)
