"""Tests of instruments on demeaned columns: rank, strength, over-identification, Anderson–Rubin.

The rank statistics come from linearmodels (this is the only module that imports it); it knows nothing of
absorbed effects, so its F statistics are put right for them here, as ``ivreghdfe`` does.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg, stats

from patentmetrics.core.errors import ExtraError
from patentmetrics.estimate.within import Errors

Floats = npt.NDArray[np.float64]
Shape = Literal["interval", "two rays", "whole line", "empty", "several intervals"]


@dataclass(frozen=True, kw_only=True)
class Partialled:
    """Columns left of outcome, endogenous regressors and instruments after effects and controls.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        The dependent variable.
    endogenous : ndarray, shape (n, m)
        The endogenous regressors.
    instruments : ndarray, shape (n, l)
        The excluded instruments, of full rank.
    clusters : ndarray, shape (n,), or None
        The cluster of each row, from 0; None with ``robust`` and ``iid`` errors.
    errors : {"cluster", "robust", "iid"}
        What the tests allow for.
    used : int
        Degrees of freedom that controls and absorbed effects use up, as they count for ``errors``.
    """

    outcome: Floats
    endogenous: Floats
    instruments: Floats
    clusters: npt.NDArray[np.int64] | None
    errors: Errors
    used: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.outcome)

    @property
    def groups(self) -> int:
        """Number of clusters; 0 without."""
        return 0 if self.clusters is None else len(np.unique(self.clusters))

    @property
    def first_stage_degrees(self) -> int:
        """Rows less all parameters of a first stage."""
        return self.n - int(self.instruments.shape[1]) - self.used

    @property
    def tail_degrees(self) -> int:
        """Denominator degrees of an F test of the instruments."""
        return int(self.groups - 1 if self.clusters is not None else self.first_stage_degrees)


@dataclass(frozen=True, kw_only=True)
class RankTests:
    """Whether instruments are relevant and strong (识别不足与弱工具变量检验).

    Parameters
    ----------
    lm, lm_p, lm_df : float, float, int
        Kleibergen–Paap rk LM test that the model is not identified; Anderson's with ``iid`` errors.
    f : float
        Kleibergen–Paap rk Wald F; the Cragg–Donald F with ``iid`` errors.
    cragg_donald : float
        Cragg–Donald Wald F.
    remarks : tuple of str
        What the library had to say, e.g. too few clusters. A statistic that is not defined is null.
    """

    lm: float | None
    lm_p: float | None
    lm_df: int | None
    f: float | None
    cragg_donald: float | None
    remarks: tuple[str, ...]


def rank_tests(columns: Partialled) -> RankTests:
    """Test the rank of the first stage (Kleibergen–Paap 检验, Cragg–Donald 检验).

    The LM statistic counts rows, without any small-sample factor; the two F statistics count
    ``n − l − used`` degrees of freedom, and with clusters ``(G − 1) / G / (n − 1)``: as ``ivreg2`` prints
    them with absorbed effects partialled out.

    Source: Kleibergen and Paap (2006), doi:10.1016/j.jeconom.2005.02.011; Cragg and Donald (1993),
    doi:10.1017/S0266466600007519; Baum, Schaffer and Stillman (2007), doi:10.1177/1536867X0700700402.

    Raises
    ------
    ExtraError
        linearmodels is not installed.
    """
    library = _linearmodels()
    x, z = columns.endogenous, columns.instruments
    none = np.empty((columns.n, 0))
    kind = {"cluster": "clustered", "robust": "robust", "iid": "unadjusted"}[columns.errors]
    config: dict[str, Any] = {} if columns.clusters is None else {"clusters": columns.clusters}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lm = library.kleibergen_paap(x, z, none, kind, config)
        f = float(library.kleibergen_paap_f(x, z, none, kind, config))
        cragg_donald = float(library.cragg_donald_f(x, z, none))
    # the library counted no controls and no effects; those of ours also take degrees of freedom
    factor = columns.first_stage_degrees / (columns.n - z.shape[1])
    remarks = dict.fromkeys(str(one.message).split(". ")[0] for one in caught)
    statistic = float(lm.stat)
    defined = np.isfinite(statistic)
    return RankTests(
        lm=statistic if defined else None,
        lm_p=float(lm.pval) if defined else None,
        lm_df=int(lm.df) if defined else None,
        f=f * factor if np.isfinite(f) else None,
        cragg_donald=cragg_donald * factor if np.isfinite(cragg_donald) else None,
        remarks=tuple(remarks),
    )


def hansen_j(columns: Partialled) -> tuple[float, float, int] | None:
    """Test the over-identifying restrictions (过度识别检验): Hansen's J, its p value and degrees.

    ``J = n ḡ′ S⁻¹ ḡ`` at the two-step efficient GMM estimate, S from the residuals of two-stage least
    squares, without small-sample factor; Sargan's statistic with ``iid`` errors. None where there are no
    more instruments than endogenous regressors, or S has no inverse (too few clusters).

    Source: Hansen (1982), doi:10.2307/1912775.
    """
    y, x, z, n = columns.outcome, columns.endogenous, columns.instruments, columns.n
    excess = z.shape[1] - x.shape[1]
    if excess == 0:
        return None
    q, _ = np.linalg.qr(z)  # any basis of the instruments gives the same J, this one the best condition
    qx, qy = q.T @ x, q.T @ y
    residual = y - x @ np.linalg.lstsq(qx, qy, rcond=None)[0]
    if columns.errors == "iid":
        s = np.eye(q.shape[1]) * float(residual @ residual) / n
    else:
        s = _outer(q * residual[:, None], columns.clusters)
    if np.linalg.matrix_rank(s, hermitian=True) < len(s):
        return None
    root = np.linalg.cholesky(np.linalg.inv(s)).T
    best = np.linalg.lstsq(root @ qx, root @ qy, rcond=None)[0]
    statistic = float(np.sum((root @ (qy - qx @ best)) ** 2))
    return statistic, float(stats.chi2.sf(statistic, excess)), excess


@dataclass(frozen=True, kw_only=True)
class AndersonRubin:
    """Test and confidence set that hold however weak the instruments are (Anderson–Rubin 检验).

    Parameters
    ----------
    f, p_value : float
        F test that all endogenous regressors have no effect: the instruments, jointly, in the reduced form.
    numerator, denominator : int
        Its degrees of freedom.
    shape : str, or None
        Of the confidence set: ``interval``, ``two rays``, ``whole line``, ``empty``,
        ``several intervals``; None with several endogenous regressors.
    pieces : tuple of (float, float)
        The set, from left to right; infinite ends are ``±inf``.
    """

    f: float
    p_value: float
    numerator: int
    denominator: int
    shape: Shape | None
    pieces: tuple[tuple[float, float], ...]


def anderson_rubin(columns: Partialled, *, level: float = 0.95) -> AndersonRubin | None:
    """Test that the effect is zero, and invert the test into a confidence set (Anderson–Rubin 置信区间).

    The set holds every β₀ at which the instruments have no joint explanatory power for ``y − β₀x``, by
    the F test with the covariance of the model. Its ends are the real roots of
    ``det [[cl, g(β)′], [g(β), V(β)]]``, where g and V are the coefficients of the instruments and
    their covariance and c is the critical value: a quadratic eigenvalue problem, solved exactly. None
    where there are too few clusters for a covariance of all instruments.

    Source: Anderson and Rubin (1949), doi:10.1214/aoms/1177730090.

    Parameters
    ----------
    columns : Partialled
        What is tested.
    level : float
        Of the confidence set.
    """
    z, m = columns.instruments, columns.endogenous.shape[1]
    count, below = int(z.shape[1]), columns.tail_degrees
    q, _ = np.linalg.qr(z)
    both = np.column_stack([columns.outcome, columns.endogenous])
    g = q.T @ both  # l × (1 + m): coefficients on the orthonormal instruments
    left = both - q @ g
    scale = _small_sample(columns)

    def covariance(a: int, b: int) -> Floats:
        if columns.errors == "iid":
            return np.eye(count) * float(left[:, a] @ left[:, b]) * scale
        one, other = q * left[:, [a]], q * left[:, [b]]
        return _cross(one, other, columns.clusters) * scale

    v00 = covariance(0, 0)
    if np.linalg.matrix_rank(v00, hermitian=True) < count:
        return None
    f = float(g[:, 0] @ np.linalg.solve(v00, g[:, 0])) / count
    p_value = float(stats.f.sf(f, count, below))
    if m > 1:
        return AndersonRubin(f=f, p_value=p_value, numerator=count, denominator=below, shape=None, pieces=())
    critical = count * float(stats.f.ppf(level, count, below))
    # V(β) = V00 − β (V01 + V10) + β² V11; β is measured from the estimate in units of its size of error
    v11, v01 = covariance(1, 1), covariance(0, 1)
    middle = float(g[:, 1] @ g[:, 0] / (g[:, 1] @ g[:, 1]))
    at_middle = v00 - middle * (v01 + v01.T) + middle**2 * v11
    unit = float(np.sqrt(np.trace(at_middle) / count / (g[:, 1] @ g[:, 1])))
    g0, g1 = g[:, 0] - middle * g[:, 1], -unit * g[:, 1]
    linear = -unit * (v01 + v01.T) + 2 * middle * unit * v11
    steps = [at_middle, linear, unit**2 * v11]

    def outside(t: float) -> float:
        v = steps[0] + t * steps[1] + t * t * steps[2]
        d = g0 + t * g1
        return float(d @ np.linalg.solve(v, d)) - critical

    roots = _real_roots(critical, g0, g1, steps)
    pieces = tuple((middle + unit * low, middle + unit * high) for low, high in _pieces(roots, outside))
    return AndersonRubin(
        f=f, p_value=p_value, numerator=count, denominator=below, shape=_shape(pieces), pieces=pieces
    )


def _small_sample(columns: Partialled) -> float:
    # of a covariance of first-stage or reduced-form coefficients
    degrees = columns.first_stage_degrees
    if columns.errors == "cluster":
        return columns.groups / (columns.groups - 1) * (columns.n - 1) / degrees
    return columns.n / degrees if columns.errors == "robust" else 1 / degrees


def _outer(scores: Floats, clusters: npt.NDArray[np.int64] | None) -> Floats:
    return _cross(scores, scores, clusters)


def _cross(one: Floats, other: Floats, clusters: npt.NDArray[np.int64] | None) -> Floats:
    if clusters is None:
        return np.asarray(one.T @ other)
    return np.asarray(summed(one, clusters).T @ summed(other, clusters))


def summed(rows: Floats, clusters: npt.NDArray[np.int64]) -> Floats:
    """Sum rows by cluster.

    Examples
    --------
    >>> summed(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0])).tolist()
    [[5.0], [2.0]]
    """
    total = np.zeros((int(clusters.max()) + 1, rows.shape[1]))
    np.add.at(total, clusters, rows)
    return total


def _real_roots(critical: float, g0: Floats, g1: Floats, steps: list[Floats]) -> list[float]:
    # M(t) = M0 + t M1 + t² M2, the bordered matrix; its eigenvalues by companion matrices
    size = len(g0) + 1
    m0, m1, m2 = (np.zeros((size, size)) for _ in range(3))
    # the corner is scaled to one, so that all blocks are of a size
    m0[0, 0] = 1.0
    m0[0, 1:] = m0[1:, 0] = g0
    m1[0, 1:] = m1[1:, 0] = g1
    for matrix, step in zip((m0, m1, m2), steps, strict=True):
        matrix[1:, 1:] = critical * step
    zero, one = np.zeros((size, size)), np.eye(size)
    a = np.block([[zero, one], [-m0, -m1]])
    b = np.block([[one, zero], [zero, m2]])
    alpha, beta = linalg.eig(a, b, right=False, homogeneous_eigvals=True)
    finite = np.abs(beta) > 1e-10 * np.abs(alpha)
    values = alpha[finite] / beta[finite]
    real = np.abs(values.imag) <= 1e-7 * (1 + np.abs(values))
    return sorted(float(one) for one in values[real].real)


def _pieces(roots: list[float], outside: Callable[[float], float]) -> Iterator[tuple[float, float]]:
    # between two roots the test either rejects everywhere or nowhere
    ends = [-np.inf, *roots, np.inf]
    start: float | None = None
    for low, high in itertools.pairwise(ends):
        if outside(_between(low, high)) <= 0:
            start = low if start is None else start
        elif start is not None:
            yield start, low
            start = None
    if start is not None:
        yield start, float(np.inf)


def _between(low: float, high: float) -> float:
    if np.isinf(low) and np.isinf(high):
        return 0.0
    if np.isinf(low):
        return high - 1 - abs(high)
    return low + 1 + abs(low) if np.isinf(high) else (low + high) / 2


def _shape(pieces: tuple[tuple[float, float], ...]) -> Shape:
    if not pieces:
        return "empty"
    open_left, open_right = np.isinf(pieces[0][0]), np.isinf(pieces[-1][1])
    if len(pieces) == 1:
        return "whole line" if open_left and open_right else "interval"
    return "two rays" if len(pieces) == 2 and open_left and open_right else "several intervals"


def _linearmodels() -> ModuleType:
    try:
        from linearmodels.iv import common
    except ModuleNotFoundError as error:
        raise ExtraError(
            "tests of instruments need the library linearmodels",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[estimate]"',
        ) from error
    module: ModuleType = common
    return module
