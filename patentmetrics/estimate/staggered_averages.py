"""Average effects by cohort and year, with influence functions, as R's ``did::aggte`` does.

An average weighs cells by the share of their cohort among the places; the shares are estimated, so they
have an influence of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_CHUNK = 64


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Effects by cohort and year, and what their averages need.

    Parameters
    ----------
    cohorts, years : ndarray, shape (c,)
        The cells.
    effects : ndarray, shape (c,)
        Their effects.
    influence : ndarray, shape (p, c)
        Influence of each place; the variance of a cell is the sum of its squares.
    place_cohorts : ndarray, shape (p,)
        The cohort of each place, 0 for the never treated.
    place_clusters : ndarray, shape (p,)
        The cluster of each place, from 0.
    """

    cohorts: Codes
    years: Codes
    effects: Floats
    influence: Floats
    place_cohorts: Codes
    place_clusters: Codes

    @property
    def event_times(self) -> Codes:
        """Years since treatment of each cell."""
        return self.years - self.cohorts


@dataclass(frozen=True, kw_only=True)
class Average:
    """An average effect and its influence function, shape (p,)."""

    effect: float
    influence: Floats


def average(cells: Cells, chosen: npt.NDArray[np.bool_]) -> Average:
    """Average the chosen cells, each with the share of its cohort among the places.

    ``Σ_c P(G = g_c) ATT_c / Σ_c P(G = g_c)``; the influence adds that of the shares.
    """
    p = len(cells.place_cohorts)
    at = np.flatnonzero(chosen)
    member = (cells.place_cohorts[:, None] == cells.cohorts[at]).astype(np.float64)
    share = member.mean(axis=0)
    total = share.sum()
    weight = share / total
    effects = cells.effects[at]
    centred = (member - share) / p
    of_shares = centred / total - centred.sum(axis=1)[:, None] * share / total**2
    influence = np.einsum("pc,c->p", cells.influence[:, at], weight) + np.einsum(
        "pc,c->p", of_shares, effects
    )
    return Average(effect=float(weight @ effects), influence=influence)


def mean_of(averages: Sequence[Average]) -> Average:
    """Average with equal weights."""
    return Average(
        effect=float(np.mean([one.effect for one in averages])),
        influence=np.mean([one.influence for one in averages], axis=0),
    )


def average_by_cohort(cells: Cells) -> tuple[dict[int, Average], Average | None]:
    """Average over the years of each cohort; over all, each cohort with its share (``group``)."""
    after = cells.years >= cells.cohorts
    groups = np.unique(cells.cohorts[after])
    found: dict[int, Average] = {}
    for g in groups:
        at = after & (cells.cohorts == g)
        found[int(g)] = Average(
            effect=float(cells.effects[at].mean()), influence=cells.influence[:, at].mean(axis=1)
        )
    if not found:
        return {}, None
    merged = Cells(
        cohorts=groups,
        years=groups,
        effects=np.array([one.effect for one in found.values()]),
        influence=np.column_stack([one.influence for one in found.values()]),
        place_cohorts=cells.place_cohorts,
        place_clusters=cells.place_clusters,
    )
    return found, average(merged, np.ones(len(groups), dtype=bool))


def average_by_event_time(
    cells: Cells, *, balanced: int | None, last_year: int
) -> tuple[dict[int, Average], Average | None]:
    """Average over the cohorts at each event time; over all, the mean of those from 0 on (``event``).

    ``balanced`` keeps the cohorts that are seen at least so many years after treatment, and the event times
    up to it: then the mix of cohorts is the same at each of them.
    """
    times, kept = cells.event_times, np.ones(len(cells.years), dtype=bool)
    if balanced is not None:
        kept = (last_year - cells.cohorts >= balanced) & (times <= balanced)
    found = {int(k): average(cells, kept & (times == k)) for k in np.unique(times[kept])}
    after = [one for k, one in found.items() if k >= 0]
    return found, mean_of(after) if after else None


def average_by_year(cells: Cells) -> tuple[dict[int, Average], Average | None]:
    """Average over the cohorts treated in each year; over all, the mean of the years (``calendar``)."""
    after = cells.years >= cells.cohorts
    found = {int(t): average(cells, after & (cells.years == t)) for t in np.unique(cells.years[after])}
    return found, mean_of(list(found.values())) if found else None


def standard_errors(influence: Floats, clusters: Codes) -> Floats:
    """Root of the sum over clusters of their squared influence, for each column of (p, k).

    Examples
    --------
    >>> standard_errors(np.array([[3.0], [4.0]]), np.array([0, 1])).tolist()
    [5.0]
    """
    return np.asarray(np.sqrt(np.sum(by_cluster(influence, clusters) ** 2, axis=0)), dtype=np.float64)


def by_cluster(influence: Floats, clusters: Codes) -> Floats:
    """Sum influence over the places of each cluster, (p, k) to (clusters, k)."""
    sums = np.zeros((int(clusters.max()) + 1, influence.shape[1]))
    np.add.at(sums, clusters, influence)
    return sums


def simultaneous_critical_value(
    influence: Floats, clusters: Codes, *, draws: int, seed: int, level: float
) -> float:
    """Give the critical value of a band that covers all effects at once (同时置信带).

    Multiplier bootstrap with Rademacher signs by cluster: the ``level`` quantile of the largest absolute t
    statistic. Effects without a variance (a base period) are left out.

    Source: Callaway & Sant'Anna (2021), algorithm 1, doi:10.1016/j.jeconom.2020.12.001.

    Parameters
    ----------
    influence : ndarray, shape (p, k)
        The influence functions of k effects.
    clusters : ndarray, shape (p,)
        The cluster of each place.
    draws, seed : int
        Draws of the bootstrap, and their seed.
    level : float
        Coverage, e.g. 0.95.

    Examples
    --------
    >>> influence = np.random.default_rng(0).normal(size=(200, 1))
    >>> value = simultaneous_critical_value(influence, np.arange(200), draws=4000, seed=1, level=0.95)
    >>> bool(abs(value - 1.96) < 0.1)
    True
    """
    scores = by_cluster(influence, clusters)
    error = np.sqrt(np.sum(scores**2, axis=0))
    scores = scores[:, error > 0] / error[error > 0]
    if scores.shape[1] == 0:
        return float("nan")
    rng = np.random.default_rng(seed)
    largest = np.empty(draws)
    for start in range(0, draws, _CHUNK):
        stop = min(start + _CHUNK, draws)
        signs = 2.0 * rng.integers(0, 2, size=(stop - start, len(scores))) - 1.0
        # einsum adds in one order, whatever the number of threads
        largest[start:stop] = np.abs(np.einsum("dc,ck->dk", signs, scores)).max(axis=1)
    return float(np.quantile(largest, level))


def wald(effects: Floats, influence: Floats, clusters: Codes) -> tuple[float, float, int] | None:
    """Test that effects are jointly zero: χ², p, degrees; None where their covariance is singular."""
    scores = by_cluster(influence, clusters)
    covariance = np.einsum("ck,cl->kl", scores, scores)
    if not len(effects) or np.linalg.matrix_rank(covariance) < len(effects):
        return None
    statistic = float(effects @ np.linalg.solve(covariance, effects))
    return statistic, float(stats.chi2.sf(statistic, len(effects))), len(effects)


def averages_frame(
    found: dict[int, Average], clusters: Codes, *, key: str, critical: float | None = None
) -> pl.DataFrame:
    """Tell averages as ``key, estimate, std_error`` and, with a critical value, ``band_low, band_high``."""
    effects = np.array([one.effect for one in found.values()], dtype=np.float64)
    influence = np.column_stack([one.influence for one in found.values()])
    error = standard_errors(influence, clusters)
    frame = pl.DataFrame(
        {key: pl.Series(list(found), dtype=pl.Int32), "estimate": effects, "std_error": error}
    ).with_columns(pl.when(pl.col("std_error") > 0).then("std_error").alias("std_error"))
    if critical is not None:
        reach = critical * pl.col("std_error")
        frame = frame.with_columns(
            (pl.col("estimate") - reach).alias("band_low"), (pl.col("estimate") + reach).alias("band_high")
        )
    return frame
