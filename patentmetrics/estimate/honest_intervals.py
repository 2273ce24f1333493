"""Intervals for event-study coefficients that hold when parallel trends are violated up to a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.estimate.honest_flci import FixedLength, fixed_length_interval
from patentmetrics.estimate.honest_sets import (
    DRAWS,
    Vertices,
    accepted_range,
    least_favourable,
    rejected,
    relative_magnitudes,
    smoothness,
    vertices,
)

Floats = npt.NDArray[np.float64]
Restriction = Literal["relative_magnitude", "smoothness"]
Method = Literal["auto", "fixed_length", "hybrid", "conditional"]
RESTRICTIONS = ["relative_magnitude", "smoothness"]
METHODS = ["auto", "fixed_length", "hybrid", "conditional"]
# The first stage of the hybrid test takes this share of its size
_FIRST_STAGE = 0.1
_BOUNDS = (0.0, 0.5, 1.0, 1.5, 2.0)
# Breakdown values are searched up to this, and to this share
_LARGEST, _CLOSE = 1e3, 1e-4


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Event-study coefficients and their covariance, the base year left out (事件研究系数及其协方差).

    Parameters
    ----------
    event_times : tuple of int
        In order, −1 not among them, without a gap.
    estimates : ndarray, shape (k,)
        The coefficients.
    covariance : ndarray, shape (k, k)
        Their covariance.

    Raises
    ------
    DataError
        The shapes do not fit; there is no year before or after; there is a gap; a number is not finite, or
        the covariance is not positive.
    """

    event_times: tuple[int, ...]
    estimates: Floats
    covariance: Floats

    def __post_init__(self) -> None:
        times, k = list(self.event_times), len(self.event_times)
        if self.estimates.shape != (k,) or self.covariance.shape != (k, k):
            raise DataError(
                "coefficients, covariance and event times do not fit together",
                where="event study",
                got=f"{k} event times, shapes {self.estimates.shape} and {self.covariance.shape}",
            )
        wanted = [one for one in range(min(times, default=0), max(times, default=0) + 1) if one != -1]
        if times != wanted or self.before < 1 or self.after < 1:
            raise DataError(
                "the event times must run without a gap, −1 left out, from −2 or before to 0 or later",
                where="event study",
                got=", ".join(str(one) for one in times),
                hint="narrow the window to the event times that have rows; the base must be −1",
            )
        whole = bool(np.isfinite(self.estimates).all() and np.isfinite(self.covariance).all())
        if not whole or np.linalg.eigvalsh((self.covariance + self.covariance.T) / 2)[0] <= 0:
            raise DataError(
                "the covariance of the coefficients must be finite and positive definite",
                where="event study",
                hint="are there more coefficients than clusters?",
            )

    @property
    def before(self) -> int:
        """How many coefficients are before treatment."""
        return sum(one < -1 for one in self.event_times)

    @property
    def after(self) -> int:
        """How many are after."""
        return sum(one >= 0 for one in self.event_times)


@dataclass(frozen=True, kw_only=True)
class HonestIntervals:
    """Intervals under a restriction, one row a bound (稳健置信区间).

    Parameters
    ----------
    table : polars.DataFrame
        ``term, estimate, std_error, statistic, p_value, conf_low, conf_high, bound``; the first row is the
        effect under parallel trends, its bound null.
    statistics : dict
        ``breakdown, largest_pre_step, largest_pre_turn``.
    weights : polars.DataFrame
        ``bound, event_time, weight`` of fixed-length intervals; empty for others.
    notes : tuple of str
        What is restricted, and which test.
    """

    table: pl.DataFrame
    statistics: dict[str, float | None]
    weights: pl.DataFrame
    notes: tuple[str, ...]


def honest_intervals(
    moments: Moments,
    *,
    restriction: Restriction = "relative_magnitude",
    bounds: Sequence[float] = (),
    event_times: Sequence[int] = (0,),
    method: Method = "auto",
    level: float = 0.95,
    seed: int = 0,
) -> HonestIntervals:
    """Give the intervals of `fit_honest` for event-study coefficients of any estimator.

    Parameters
    ----------
    moments : Moments
        The coefficients and their covariance.
    restriction, bounds, event_times, method, level, seed
        As in `HonestSpec`.

    Raises
    ------
    DataError, SettingError
        An event time has no coefficient; an option is out of range.

    Examples
    --------
    >>> moments = Moments(
    ...     event_times=(-3, -2, 0), estimates=np.array([0.0, 0.0, 1.0]), covariance=0.01 * np.eye(3)
    ... )
    >>> found = honest_intervals(moments, restriction="smoothness", bounds=(0.1,))
    >>> [round(one, 2) for one in found.table.select("conf_low", "conf_high").row(1)]
    [0.69, 1.31]
    """
    weights = _weights(moments, event_times)
    used = _method(restriction, method)
    _check(bounds, level, seed)
    alpha = 1 - level
    after = moments.covariance[moments.before :, moments.before :]
    effect = float(np.sum(weights * moments.estimates[moments.before :]))
    error = float(np.sqrt(np.einsum("i,ij,j->", weights, after, weights)))
    unit = 1.0 if restriction == "relative_magnitude" else 0.1 * error
    problem = _Problem(
        moments=moments, weights=weights, restriction=restriction, used=used, alpha=alpha,
        normals=_normals(len(moments.estimates), seed) if used == "hybrid" else None,
    )  # fmt: skip
    name = _term(chosen_event_times(moments, event_times))
    reach = float(stats.norm.ppf(1 - alpha / 2)) * error
    rows: list[tuple[object, ...]] = [
        (name, effect, error, effect / error, float(2 * stats.norm.sf(abs(effect / error))),
         effect - reach, effect + reach, None),
    ]  # fmt: skip
    notes = _notes(restriction, used, level, seed)
    symbol = "Mbar" if restriction == "relative_magnitude" else "M"
    drawn: list[tuple[object, ...]] = []
    for bound in tuple(bounds) or tuple(one * unit for one in _BOUNDS):
        middle = effect
        if used == "fixed_length":
            one = problem.fixed_length(bound)
            middle, low, high = one.estimate, one.estimate - one.half_length, one.estimate + one.half_length
            drawn += [(bound, *pair) for pair in zip(moments.event_times, one.weights.tolist(), strict=True)]
        else:
            ends = accepted_range(problem.tests(bound), alpha=problem.size, centre=effect, reach=20 * error)
            low, high = ends if ends is not None else (np.nan, np.nan)
            if ends is None:
                notes.append(f"{symbol} = {bound:g}: every value is rejected, the data contradict it")
        rows.append((f"{name}, {symbol} = {bound:.4g}", middle, None, None, None, low, high, bound))
    names = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "bound"]
    schema = {one: pl.String if one == "term" else pl.Float64 for one in names}
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.when(pl.col(end).is_finite()).then(pl.col(end)).alias(end) for end in ("conf_low", "conf_high")
    )
    early = np.diff(np.append(moments.estimates[: moments.before], 0.0))
    columns = {"bound": pl.Float64, "event_time": pl.Int32, "weight": pl.Float64}
    return HonestIntervals(
        table=table,
        statistics={
            "breakdown": _breakdown(problem, unit),
            "largest_pre_step": float(np.abs(early).max()),
            "largest_pre_turn": float(np.abs(np.diff(early)).max()) if len(early) > 1 else None,
        },
        weights=pl.DataFrame(drawn, schema=columns, orient="row"),
        notes=tuple(notes),
    )


def chosen_event_times(moments: Moments, event_times: Sequence[int]) -> list[int]:
    """Give the event times whose mean is the effect: those named, or all after treatment.

    Raises
    ------
    SettingError
        One has no coefficient after treatment.
    """
    late = [one for one in moments.event_times if one >= 0]
    missing = [one for one in event_times if one not in late]
    if missing:
        raise SettingError(
            f"event time {missing[0]} has no coefficient after treatment",
            where="event_times",
            got=", ".join(str(one) for one in event_times),
            allowed=", ".join(str(one) for one in late),
        )
    return sorted(set(event_times)) or late


def _weights(moments: Moments, event_times: Sequence[int]) -> Floats:
    chosen = chosen_event_times(moments, event_times)
    late = [one for one in moments.event_times if one >= 0]
    return np.array([1 / len(chosen) if one in chosen else 0.0 for one in late])


def _term(times: list[int]) -> str:
    return f"event_time_{times[0]}" if len(times) == 1 else f"mean_event_time_{'_'.join(map(str, times))}"


def _method(restriction: Restriction, method: Method) -> Method:
    check_choice(restriction, RESTRICTIONS, argument="restriction")
    check_choice(method, METHODS, argument="method")
    if restriction == "relative_magnitude" and method == "fixed_length":
        raise SettingError(
            "fixed-length intervals need a convex restriction",
            where="method",
            got="fixed_length with relative_magnitude",
            allowed="hybrid, conditional",
        )
    if method != "auto":
        return method
    return "hybrid" if restriction == "relative_magnitude" else "fixed_length"


def _normals(rows: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, DRAWS))


def _breakdown(problem: _Problem, unit: float) -> float | None:
    # the largest bound at which zero is rejected; where it is rejected at any, the largest that was tried
    if not problem.rejects_zero(0.0):
        return None
    low, high = 0.0, unit
    while problem.rejects_zero(high):
        low, high = high, 2 * high
        if high > _LARGEST * unit:
            return low
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        low, high = (middle, high) if problem.rejects_zero(middle) else (low, middle)
    return low


def _notes(restriction: Restriction, used: Method, level: float, seed: int) -> list[str]:
    said = {
        "relative_magnitude": "violations of parallel trends: no step after treatment larger than Mbar times "
        "the largest step before it",
        "smoothness": "violations of parallel trends: their slope changes by no more than M from year to "
        "year, in units of the outcome",
    }[restriction]
    how = {
        "fixed_length": "shortest intervals of fixed length",
        "conditional": "intervals from the conditional test of Andrews, Roth and Pakes",
        "hybrid": "intervals from the hybrid of the conditional and the least favourable test "
        f"(first stage a tenth of the size, {DRAWS} draws, seed {seed})",
    }[used]
    return [said, f"{100 * level:g} % {how}; normal distribution of the coefficients"]


def _check(bounds: Sequence[float], level: float, seed: int) -> None:
    if not 0.5 < level < 1:
        raise SettingError("level is out of range", where="level", got=level, allowed="between 0.5 and 1")
    if seed < 0:
        raise SettingError("seed is out of range", where="seed", got=seed, allowed="0 or more")
    for bound in bounds:
        if not 0 <= bound < float("inf"):
            raise SettingError("a bound is out of range", where="bounds", got=bound, allowed="0 or more")


@dataclass(frozen=True, kw_only=True)
class _Problem:
    # the intervals of one effect, for any bound
    moments: Moments
    weights: Floats
    restriction: Restriction
    used: Method
    alpha: float
    normals: Floats | None

    @property
    def size(self) -> float:
        # of the only, or the second stage
        first = _FIRST_STAGE * self.alpha if self.used == "hybrid" else 0.0
        return (self.alpha - first) / (1 - first)

    def fixed_length(self, bound: float) -> FixedLength:
        one = self.moments
        return fixed_length_interval(
            one.estimates, one.covariance, one.before, self.weights, bound=bound, alpha=self.alpha
        )

    def tests(self, bound: float) -> list[tuple[Vertices, float | None]]:
        pieces = relative_magnitudes if self.restriction == "relative_magnitude" else smoothness
        made = []
        for piece in pieces(self.moments.before, self.moments.after, bound):
            found = vertices(piece, self.weights, self.moments.estimates, self.moments.covariance)
            share = _FIRST_STAGE * self.alpha
            first = None if self.normals is None else least_favourable(found, self.normals, share)
            made.append((found, first))
        return made

    def rejects_zero(self, bound: float) -> bool:
        if self.used == "fixed_length":
            one = self.fixed_length(bound)
            return abs(one.estimate) > one.half_length
        zero = np.zeros(1)
        return all(
            rejected(found, zero, alpha=self.size, first_stage=first)[0] for found, first in self.tests(bound)
        )
