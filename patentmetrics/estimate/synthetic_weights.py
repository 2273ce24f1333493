"""The arithmetic of synthetic difference in differences: weights, effects, and draws of the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patentmetrics.core.errors import DataError
from patentmetrics.estimate.diff_diff import synthetic_time_weights, synthetic_unit_weights

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

# in units of the noise, as R's synthdid has them
_ZETA_TIME = 1e-6
_SMALLEST_DECREASE = 1e-5
_MOST_TRIES = 100


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Effects and weights.

    Parameters
    ----------
    overall : float
        The effect over all cohorts, by treated rows.
    cohorts : tuple of int
        The cohorts.
    by_cohort, shares : ndarray, shape (g,)
        The effect of each cohort and its share of the treated rows.
    event_times : tuple of int
        Years since treatment.
    by_event_time : ndarray, shape (k,)
        Effects by years since treatment, cohorts by their places.
    unit_weights : list of ndarray, shape (controls,)
        For each cohort the weights of the untreated places.
    time_weights : list of ndarray, shape (years before,)
        For each cohort the weights of the years before treatment.
    """

    overall: float
    cohorts: tuple[int, ...]
    by_cohort: Floats
    shares: Floats
    event_times: tuple[int, ...]
    by_event_time: Floats
    unit_weights: list[Floats]
    time_weights: list[Floats]


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Estimates of draws: (d,), (d, g), (d, k); not a number where a draw lacks a cohort."""

    overall: Floats
    by_cohort: Floats
    by_event_time: Floats
    failed: int


def estimate(outcome: Floats, cohorts: Codes, years: npt.NDArray[np.int64]) -> Estimate:
    """Estimate all cohorts; outcome (p places, t years), cohorts (p,) with 0 for never."""
    controls = outcome[cohorts == 0]
    groups = [int(g) for g in np.unique(cohorts[cohorts > 0])]
    unit_weights, time_weights = [], []
    for g in groups:
        before = years < g
        omega, lam = _weights(controls, outcome[cohorts == g].mean(axis=0), before, int((cohorts == g).sum()))
        unit_weights.append(omega)
        time_weights.append(lam)
    return _with_weights(outcome, cohorts, years, groups, unit_weights, time_weights)


def placebo_draws(
    outcome: Floats, cohorts: Codes, years: npt.NDArray[np.int64], *, draws: int, seed: int
) -> Draws:
    """Give the dates of the treated to as many untreated places, and estimate (algorithm 4)."""
    rng = np.random.default_rng(seed)
    controls, dates = outcome[cohorts == 0], np.sort(cohorts[cohorts > 0])
    found = []
    for _ in range(draws):
        given = np.zeros(len(controls), dtype=np.int64)
        given[rng.permutation(len(controls))[: len(dates)]] = dates
        found.append(estimate(controls, given, years))
    return Draws(
        overall=np.array([one.overall for one in found]),
        by_cohort=np.array([one.by_cohort for one in found]),
        by_event_time=np.array([one.by_event_time for one in found]),
        failed=0,
    )


def bootstrap_draws(
    outcome: Floats,
    cohorts: Codes,
    years: npt.NDArray[np.int64],
    whole: Estimate,
    *,
    draws: int,
    seed: int,
) -> Draws:
    """Draw places with replacement, and estimate anew with new weights (algorithm 2)."""
    rng = np.random.default_rng(seed)
    by_cohort = np.full((draws, len(whole.cohorts)), np.nan)
    by_time = np.full((draws, len(whole.event_times)), np.nan)
    overall = np.empty(draws)
    failed = 0
    for draw in range(draws):
        for _ in range(_MOST_TRIES):
            taken = rng.integers(0, len(cohorts), size=len(cohorts))
            drawn = cohorts[taken]
            if (drawn == 0).sum() > 1 and (drawn > 0).any():
                break
            failed += 1
        else:
            raise DataError(
                "bootstrap draws hardly ever have both treated and untreated places",
                where="errors",
                got=f"{int((cohorts > 0).sum())} treated, {int((cohorts == 0).sum())} untreated",
                hint='errors="placebo" may do',
            )
        one = estimate(outcome[taken], drawn, years)
        overall[draw] = one.overall
        by_cohort[draw, [whole.cohorts.index(g) for g in one.cohorts]] = one.by_cohort
        by_time[draw, [whole.event_times.index(k) for k in one.event_times]] = one.by_event_time
    return Draws(overall=overall, by_cohort=by_cohort, by_event_time=by_time, failed=failed)


def jackknife_draws(outcome: Floats, cohorts: Codes, years: npt.NDArray[np.int64], whole: Estimate) -> Draws:
    """Leave one place out at a time; the weights of the others keep their proportions (algorithm 3)."""
    for omega, g in zip(whole.unit_weights, whole.cohorts, strict=True):
        if (omega > 0).sum() < 2:
            raise DataError(
                f"all weight of cohort {g} lies on one untreated place: the jackknife cannot leave it out",
                where="errors",
                hint='errors="placebo" may do',
            )
    position = np.cumsum(cohorts == 0) - 1
    found = []
    for place in range(len(cohorts)):
        left = np.arange(len(cohorts)) != place
        weights = whole.unit_weights
        if cohorts[place] == 0:
            weights = [np.delete(omega, position[place]) for omega in weights]
            weights = [omega / omega.sum() for omega in weights]
        found.append(
            _with_weights(
                outcome[left], cohorts[left], years, list(whole.cohorts), weights, whole.time_weights
            )
        )
    return Draws(
        overall=np.array([one.overall for one in found]),
        by_cohort=np.array([one.by_cohort for one in found]),
        by_event_time=np.array([one.by_event_time for one in found]),
        failed=0,
    )


def _weights(
    controls: Floats, treated: Floats, before: npt.NDArray[np.bool_], treated_places: int
) -> tuple[Floats, Floats]:
    # everything in units of the noise, so that no result depends on the unit of the outcome
    early = controls[:, before]
    noise = float(np.std(np.diff(early, axis=1), ddof=1))
    if not noise > 0:
        raise DataError(
            "the untreated places do not change before treatment: weights have no noise to go by",
            where="outcome",
        )
    middle = float(early.mean())
    early = ((early - middle) / noise).T
    late = ((controls[:, ~before] - middle) / noise).T
    zeta = float(treated_places * (~before).sum()) ** 0.25
    omega = synthetic_unit_weights(
        early, (treated[before] - middle) / noise, zeta=zeta, smallest=_SMALLEST_DECREASE
    )
    lam = synthetic_time_weights(early, late, zeta=_ZETA_TIME, smallest=_SMALLEST_DECREASE)
    return omega, lam


def _with_weights(
    outcome: Floats,
    cohorts: Codes,
    years: npt.NDArray[np.int64],
    groups: list[int],
    unit_weights: list[Floats],
    time_weights: list[Floats],
) -> Estimate:
    controls = outcome[cohorts == 0]
    times = sorted({int(year - g) for g in groups for year in years})
    sums, places = np.zeros(len(times)), np.zeros(len(times))
    effects, rows = [], []
    for g, omega, lam in zip(groups, unit_weights, time_weights, strict=True):
        own = cohorts == g
        gap = outcome[own].mean(axis=0) - np.einsum("p,pt->t", omega, controls)
        before = years < g
        effect = gap - float(np.sum(lam * gap[before]))
        effects.append(float(effect[~before].mean()))
        rows.append(int(own.sum()) * int((~before).sum()))
        at = [times.index(int(year - g)) for year in years]
        sums[at] += own.sum() * effect
        places[at] += own.sum()
    shares = np.array(rows) / sum(rows)
    return Estimate(
        overall=float(np.sum(shares * effects)),
        cohorts=tuple(groups),
        by_cohort=np.array(effects),
        shares=shares,
        event_times=tuple(times),
        by_event_time=sums / places,
        unit_weights=unit_weights,
        time_weights=time_weights,
    )
