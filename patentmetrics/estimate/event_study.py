"""Event study: the effect by years before and after treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.fixed_effects import ERRORS, as_result, joint_test
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import Errors, fit_within
from patentmetrics.panel.files import known_answers
from patentmetrics.panel.treatment import checked_cohort

# The event time of each row while the model is built; null for the never treated
_EVENT_TIME = "_event_time"


@dataclass(frozen=True, kw_only=True)
class EventStudySpec:
    """An event-study model (事件研究模型).

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
    leads, lags : int
        The window: from ``leads`` years before to ``lags`` years after treatment.
    base : int
        Event time that the others are compared with, before treatment.
    bins : bool
        True: the first and last coefficient stand for all years at or beyond the window's end. False: rows
        of treated places outside the window are left out.
    fixed_effects, cluster, errors
        As in `patentmetrics.estimate.did.DidSpec`.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    leads: int = 4
    lags: int = 4
    base: int = -1
    bins: bool = True
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_event_study(
    panel: Panel, spec: EventStudySpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate an event study by two-way fixed effects (事件研究法, 平行趋势检验).

    ``y_it = Σ_{k≠base} β_k·1[year − cohort = k] + γ'x_it + place effect + year effect + ε_it``; the never
    treated have all indicators 0 and are the comparison.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : EventStudySpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome. The answer
        of an end bin is known only where all its years have the same.

    Returns
    -------
    Result
        Terms ``event_time_k`` in order of ``event_time``, the base year among them with estimate 0 and null
        error, then the controls, whose ``event_time`` is null. The statistics add the joint test that all
        coefficients before treatment are zero: ``pretrend_f, pretrend_p, pretrend_terms``.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; the base lies outside the window or after treatment.
    DataError
        There are no treated or no never-treated places, no row at the base, or an event time is
        collinear with the effects; or a fault named in ``estimation_sample`` and ``fit_within``.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> result = fit_event_study(panel, EventStudySpec(name="(1)", outcome="outcome", leads=2, lags=1))
    >>> result.estimates.select("term", "event_time").rows()
    [('event_time_-2', -2), ('event_time_-1', -1), ('event_time_0', 0), ('event_time_1', 1)]
    """
    _check_window(spec)
    frame, notes, counts = _with_event_time(panel, spec)
    times = [k for k in range(-spec.leads, spec.lags + 1) if counts.get(k, 0)]
    terms = {k: f"event_time_{k}" for k in times if k != spec.base}
    indicators = [
        (pl.col(_EVENT_TIME) == k).fill_null(value=False).cast(pl.Float64).alias(term)
        for k, term in terms.items()
    ]
    sample = estimation_sample(
        replace(panel, frame=frame.with_columns(indicators)),
        outcome=spec.outcome,
        regressors=(*terms.values(), *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    _check_sample(sample, spec)
    fit = fit_within(sample, errors=spec.errors)
    lost = [term for term in terms.values() if term in fit.collinear]
    if lost:
        raise DataError(
            f"the coefficient {lost[0]} cannot be told apart from the others",
            where="model",
            got=f"{lost[0]} is {fit.collinear[lost[0]]}",
            hint="no row that is left has this event time, or too few: narrow the window, "
            "or look for missing values there",
        )
    known = _truth(panel, spec, frame) if truth is None else dict(truth)
    result = as_result(panel, spec, sample, fit, method="Event study, two-way fixed effects", truth=known)
    before = [term for k, term in terms.items() if k < 0]
    statistic, p_value = joint_test(fit, before) if before else (None, None)
    result.statistics.update(pretrend_f=statistic, pretrend_p=p_value, pretrend_terms=len(before))
    base = f"event_time_{spec.base}"
    return replace(
        result,
        estimates=_with_base(result.estimates, {**terms, spec.base: base}, spec, sample.n),
        notes=(*result.notes, f"base year: event time {spec.base}", *notes),
        truth=result.truth | ({base: 0.0} if known else {}),
    )


def _check_window(spec: EventStudySpec) -> None:
    check_choice(spec.errors, ERRORS, argument="errors")
    if spec.leads < 1 or spec.lags < 0:
        raise SettingError(
            "the window is empty",
            where="leads, lags",
            got=f"{spec.leads}, {spec.lags}",
            allowed="leads 1 or more, lags 0 or more",
        )
    if not -spec.leads <= spec.base <= -1:
        raise SettingError(
            "the base lies outside the years before treatment",
            where="base",
            got=spec.base,
            allowed=f"{-spec.leads} to -1",
        )


def _with_event_time(panel: Panel, spec: EventStudySpec) -> tuple[pl.DataFrame, list[str], dict[int, int]]:
    # the panel with the event time of each row, notes, and the rows at each event time
    frame = panel.frame
    year = checked_cohort(frame, spec.cohort)
    frame = frame.with_columns((pl.col("year").cast(pl.Int32) - year).alias(_EVENT_TIME))
    outside = ~pl.col(_EVENT_TIME).is_between(-spec.leads, spec.lags)
    count = frame.filter(outside).height
    notes = []
    if spec.bins:
        frame = frame.with_columns(pl.col(_EVENT_TIME).clip(-spec.leads, spec.lags))
        notes.append(f"event times {-spec.leads} and {spec.lags} stand for all years at or beyond them")
    else:
        frame = frame.filter(outside.not_() | pl.col(_EVENT_TIME).is_null())
        notes.append(f"{count} rows of treated places outside the window left out")
    sizes = frame[_EVENT_TIME].drop_nulls().value_counts()
    counts = {int(k): int(size) for k, size in sizes.rows()}
    empty = [k for k in range(-spec.leads, spec.lags + 1) if not counts.get(k)]
    if empty:
        notes.append(f"no row has event time {', '.join(str(k) for k in empty)}")
    return frame, notes, counts


def _check_sample(sample: Sample, spec: EventStudySpec) -> None:
    times = sample.frame[_EVENT_TIME]
    faults = [
        (times.drop_nulls().is_empty(), "no place of the sample is ever treated", "null is never treated"),
        (
            times.null_count() == 0,
            "no place of the sample is never treated: there is nothing to compare with",
            "without one, event times and year effects cannot be told apart",
        ),
        (
            not (times == spec.base).any(),
            f"no row has the base event time {spec.base}",
            "choose another base",
        ),
    ]
    for wrong, what, hint in faults:
        if wrong:
            raise DataError(what, where=f"panel: {spec.cohort}", hint=hint)


def _with_base(estimates: pl.DataFrame, terms: dict[int, str], spec: EventStudySpec, n: int) -> pl.DataFrame:
    base = pl.DataFrame(
        {"model": [spec.name], "term": [terms[spec.base]], "estimate": [0.0], "n": [n]},
        schema_overrides={"n": estimates.schema["n"]},
    )
    times = pl.DataFrame(
        {"term": list(terms.values()), "event_time": list(terms)}, schema_overrides={"event_time": pl.Int32}
    )
    return (
        pl.concat([estimates, base], how="diagonal")
        .with_row_index("_order")
        .join(times, on="term", how="left", maintain_order="left")
        .sort("event_time", "_order", nulls_last=True)
        .drop("_order")
    )


def _truth(panel: Panel, spec: EventStudySpec, frame: pl.DataFrame) -> dict[str, float]:
    # answers are relative to the base; a bin has one only where all event times in it have the same
    known = known_answers(panel, spec.outcome)
    if f"event_time_{spec.base}" not in known:
        return {}
    zero = known[f"event_time_{spec.base}"]
    raw = frame.select(
        _EVENT_TIME, (pl.col("year").cast(pl.Int32) - pl.col(spec.cohort).cast(pl.Int32)).alias("raw")
    ).drop_nulls()
    answers = {name: value for name, value in known.items() if not name.startswith("event_time_")}
    for k, raws in raw.group_by(_EVENT_TIME).agg(pl.col("raw").unique()).rows():
        values = {known.get(f"event_time_{one}") for one in raws}
        if len(values) == 1 and None not in values:
            answers[f"event_time_{k}"] = next(value for value in values if value is not None) - zero
    return answers
