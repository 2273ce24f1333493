"""Fixed-length confidence intervals under smoothness of the violation of parallel trends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FixedLength:
    """The shortest interval of fixed length around an affine estimate (最优固定长度置信区间).

    Parameters
    ----------
    estimate : float
        The affine estimate: the effect less the extrapolated trend.
    half_length : float
        Half the length of the interval.
    weights : ndarray, shape (before + after,)
        Weights of the coefficients in the estimate.
    bias, std_error : float
        Its largest bias under the restriction, and its standard error.
    """

    estimate: float
    half_length: float
    weights: Floats
    bias: float
    std_error: float


def fixed_length_interval(
    estimates: Floats, covariance: Floats, before: int, weights: Floats, *, bound: float, alpha: float
) -> FixedLength:
    """Find the affine estimate with the shortest confidence interval under ΔSD(bound).

    The violation before treatment is a slope and changes of slope; a change has the weight
    ``w_j = Σ_{k>j} (k − j)·v_{−k}`` in the bias, and the slope must have none. So the largest bias is
    ``bound·(Σ|w_j| + constant)``, and the half-length is convex in w: a lasso, whose penalty is the one
    number that is searched for.

    Parameters
    ----------
    estimates, covariance : ndarray
        Of the coefficients before and after treatment, in order of time.
    before : int
        How many are before; the base year comes next, and is zero.
    weights : ndarray, shape (after,)
        The effect as a mean of the effects after treatment.
    bound : float
        M: how much the slope may change from year to year.
    alpha : float
        One less the level.

    Source: Rambachan & Roth (2023), doi:10.1093/restud/rdad018, section 4.1; Armstrong & Kolesár (2018),
    doi:10.3982/ECTA14434.

    Examples
    --------
    >>> found = fixed_length_interval(
    ...     np.array([0.0, 0.0, 1.0]), np.eye(3), 2, np.array([1.0]), bound=0.0, alpha=0.05
    ... )
    >>> [round(float(one), 3) for one in found.weights], round(found.half_length, 3)
    ([0.4, 0.2, 1.0], 2.147)
    """
    after = len(weights)
    years = np.arange(1, before + 1)
    changes = np.maximum(years[None, :] - np.arange(before)[:, None], 0.0)
    back = np.linalg.inv(changes)[::-1]  # rows in order of time: −before … −1
    slope = float(np.sum(np.arange(1, after + 1) * weights))
    late = np.maximum(np.arange(1, after + 1)[None, :] - np.arange(after)[:, None], 0.0)
    constant = float(np.sum(np.abs(np.einsum("jk,k->j", late, weights))))
    fixed = np.concatenate([back[:, 0] * slope, weights])
    free = np.vstack([back[:, 1:], np.zeros((after, before - 1))])
    quadratic = np.einsum("ni,nm,mj->ij", free, covariance, free)
    linear = np.einsum("ni,nm,m->i", free, covariance, fixed)

    def measured(w: Floats) -> tuple[Floats, float, float]:
        v = fixed + np.einsum("ni,i->n", free, w)
        bias = bound * (float(np.sum(np.abs(w))) + constant)
        return v, bias, float(np.sqrt(np.einsum("n,nm,m->", v, covariance, v)))

    def excess(penalty: float) -> float:
        # the penalty less the one that the half-length asks for there: zero at the shortest interval
        _, bias, error = measured(_lasso(quadratic, linear, penalty))
        of_bias, of_error = _slopes(bias, error, alpha)
        return penalty - bound * error * of_bias / of_error

    largest = float(np.max(np.abs(linear), initial=0.0))
    if bound == 0 or largest == 0:
        penalty = 0.0
    elif excess(largest) <= 0:
        penalty = largest
    else:
        penalty = optimize.brentq(excess, 0.0, largest, xtol=1e-14 * largest, rtol=1e-13)
    v, bias, error = measured(_lasso(quadratic, linear, penalty))
    return FixedLength(
        estimate=float(np.sum(v * estimates)),
        half_length=_half_length(bias, error, alpha),
        weights=v,
        bias=bias,
        std_error=error,
    )


def _lasso(quadratic: Floats, linear: Floats, penalty: float) -> Floats:
    # argmin ½ w′Qw + c′w + penalty·Σ|w|, one coordinate at a time
    if not len(linear):
        return linear
    w = np.asarray(-np.linalg.solve(quadratic, linear), dtype=np.float64)
    if penalty == 0:
        return w
    if penalty >= np.abs(linear).max():
        return np.zeros_like(w)
    for _ in range(20_000):
        before = w.copy()
        for i in range(len(w)):
            gradient = float(linear[i] + np.sum(quadratic[i] * w) - quadratic[i, i] * w[i])
            w[i] = -np.sign(gradient) * max(abs(gradient) - penalty, 0.0) / quadratic[i, i]
        if np.abs(w - before).max() <= 1e-14 * max(np.abs(w).max(), 1e-300):
            break
    return _polished(quadratic, linear, penalty, w)


def _polished(quadratic: Floats, linear: Floats, penalty: float, w: Floats) -> Floats:
    # with the signs known the rest is linear
    at = np.flatnonzero(w)
    exact = np.zeros_like(w)
    if len(at):
        right = -linear[at] - penalty * np.sign(w[at])
        exact[at] = np.linalg.solve(quadratic[np.ix_(at, at)], right)
    return exact if np.array_equal(np.sign(exact), np.sign(w)) else w


def _half_length(bias: float, error: float, alpha: float) -> float:
    # h with P(|N(bias, error²)| ≤ h) = 1 − alpha
    t = bias / error

    def missed(c: float) -> float:
        return float(special.ndtr(t - c) + special.ndtr(-t - c)) - alpha

    low, high = t + special.ndtri(1 - alpha), t + special.ndtri(1 - alpha / 2)
    return error * float(optimize.brentq(missed, low - 1e-9, high + 1e-9, xtol=1e-15, rtol=1e-15))


def _slopes(bias: float, error: float, alpha: float) -> tuple[float, float]:
    # derivatives of the half-length; it is homogeneous of degree one
    h = _half_length(bias, error, alpha)
    near, far = np.exp(-(((h - bias) / error) ** 2) / 2), np.exp(-(((h + bias) / error) ** 2) / 2)
    of_bias = float((near - far) / (near + far))
    return of_bias, (h - bias * of_bias) / error
