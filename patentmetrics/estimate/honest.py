"""Honest DiD: how an event study fares when parallel trends hold only up to a bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
from patentmetrics.estimate.honest_intervals import (
    Method,
    Moments,
    Restriction,
    chosen_event_times,
    honest_intervals,
)

CITATION = (
    "Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends, Review of Economic "
    "Studies 90(5), doi:10.1093/restud/rdad018"
)


@dataclass(frozen=True, kw_only=True)
class HonestSpec:
    """An event study with bounded violations of parallel trends (平行趋势敏感性分析).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    event_study : EventStudySpec
        The event study; its base year is −1.
    restriction : {"relative_magnitude", "smoothness"}
        ``relative_magnitude``: no step of the violation from year to year after treatment is larger than
        the bound times the largest step before it. ``smoothness``: the slope of the violation changes by no
        more than the bound from year to year, in units of the outcome.
    bounds : tuple of float
        The bounds, M̄ or M; by default 0, 0.5, 1, 1.5, 2, for smoothness times a tenth of the standard error
        of the effect.
    event_times : tuple of int
        The effect is the mean of those of these event times, 0 or more; empty for all after treatment.
    method : {"auto", "fixed_length", "hybrid", "conditional"}
        ``auto`` is what the authors advise: for smoothness the fixed-length interval, for relative magnitudes
        the hybrid of the conditional and the least favourable test.
    level : float
        Level of the intervals.
    seed : int
        Of the draws for the critical value of the hybrid.
    """

    name: str
    event_study: EventStudySpec
    restriction: Restriction = "relative_magnitude"
    bounds: tuple[float, ...] = ()
    event_times: tuple[int, ...] = (0,)
    method: Method = "auto"
    level: float = 0.95
    seed: int = 0


def fit_honest(panel: Panel, spec: HonestSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Give intervals that hold when parallel trends are violated up to a bound (平行趋势敏感性检验).

    The event study is that of `fit_event_study`. Intervals for the estimates of other estimators come from
    `honest_intervals`.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : HonestSpec
        The event study, the restriction and its bounds.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The first row is the effect under parallel trends, with standard error and p-value; then one row a
        bound with the interval that holds under it; ``bound`` is the bound, null in the first row. Their
        estimate is that of the first row, and of a fixed-length interval its centre. An end is null where the
        test rejects nothing on that side. The frame ``weights`` has the weights of the coefficients in
        fixed-length intervals: ``bound, event_time, weight``. The statistics add ``breakdown``: the largest
        bound at which zero is rejected, null where it is not rejected at bound 0; ``largest_pre_step``, the
        largest step between coefficients before treatment, and ``largest_pre_turn``, of their slopes.

    Raises
    ------
    ColumnError, DataError, SettingError
        See `fit_event_study` and `Moments`; an option is out of range.
    ExtraError
        pyfixest is not installed.

    Notes
    -----
    An end bin counts as one year: with ``bins=False`` in the event study no coefficient stands for several.
    Not here: restrictions on the sign or the direction of the violation, relative magnitudes of the changes
    of slope, and the hybrid of the conditional test with the fixed-length interval.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=60, effect=0.5, seed=3).panel
    >>> study = EventStudySpec(name="es", outcome="outcome", leads=3, lags=2)
    >>> result = fit_honest(panel, HonestSpec(name="(1)", event_study=study, bounds=(0.5, 1.0)))
    >>> result.estimates["bound"].to_list()
    [None, 0.5, 1.0]
    """
    study = spec.event_study
    if study.base != -1:
        raise SettingError(
            "the base must be the year before treatment",
            where="event_study.base",
            got=study.base,
            allowed="-1",
        )
    fitted = fit_event_study(panel, study, truth=truth)
    moments = _moments(fitted)
    found = honest_intervals(
        moments,
        restriction=spec.restriction,
        bounds=spec.bounds,
        event_times=spec.event_times,
        method=spec.method,
        level=spec.level,
        seed=spec.seed,
    )
    answers = [fitted.truth.get(f"event_time_{one}") for one in chosen_event_times(moments, spec.event_times)]
    known = [one for one in answers if one is not None]
    whole = len(known) == len(answers)
    n = fitted.statistics["n"]
    return replace(
        fitted,
        name=spec.name,
        method=f"Honest DiD, {spec.restriction.replace('_', ' ')}",
        citation=CITATION,
        estimates=found.table.select(
            pl.lit(spec.name).alias("model"), "term", "estimate", "std_error", "statistic", "p_value",
            "conf_low", "conf_high", pl.lit(n).alias("n"), "bound",
        ),
        statistics={**fitted.statistics, **found.statistics},
        notes=(*found.notes, *fitted.notes),
        truth={one: float(np.mean(known)) for one in found.table["term"]} if whole else {},
        frames={"weights": found.weights} if found.weights.height else {},
    )  # fmt: skip


def _moments(fitted: Result) -> Moments:
    known = fitted.estimates.filter(pl.col("std_error").is_not_null()).with_row_index("_at")
    rows = known.filter(pl.col("event_time").is_not_null())
    at, error = rows["_at"].to_numpy(), rows["std_error"].to_numpy()
    # the library's covariance is of scaled columns and before the small-sample factor, which leaves the
    # correlations as they are; its order is that of the estimates
    raw = np.asarray(fitted.native._vcov)[np.ix_(at, at)]  # type: ignore[attr-defined]  # noqa: SLF001
    size = np.sqrt(np.diag(raw))
    return Moments(
        event_times=tuple(rows["event_time"].to_list()),
        estimates=rows["estimate"].to_numpy(),
        covariance=raw / np.outer(size, size) * np.outer(error, error),
    )
