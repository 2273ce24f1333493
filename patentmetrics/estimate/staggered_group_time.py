"""Effects by cohort and year: Callaway and Sant'Anna's ATT(g, t), cell by cell.

Our own, because diff-diff 3.13.0, the library for its neighbours, divides the doubly robust correction by the
number of treated places and not by the sum of the weights, and so departs from R's ``did`` where there are
covariates. Without covariates the three methods are the same difference of means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from patentmetrics.core.errors import DataError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Method = Literal["doubly_robust", "regression", "weighting"]

# A control with a score of this or more has no match among the treated; R's DRDID leaves it out
_TRIMMED = 0.995
_LARGEST_SCORE = 1 - 1e-6
_MOST_STEPS = 50
_CONVERGED = 1e-10
_CONDITION = 1e12


@dataclass(frozen=True, kw_only=True)
class GroupTimeEffects:
    """Effects by cohort and year with their influence functions (组别—时期处理效应).

    Parameters
    ----------
    cohorts, years : ndarray, shape (c,)
        The cells, base years among them with an effect of zero.
    effects : ndarray, shape (c,)
        ATT(g, t).
    influence : ndarray, shape (p, c)
        Influence of each place on each cell; the variance of a cell is the sum of its squares.
    trimmed : int
        Controls left out of some cell because nothing among the treated is like them.
    """

    cohorts: Codes
    years: Codes
    effects: Floats
    influence: Floats
    trimmed: int


def group_time_effects(
    outcome: Floats,
    covariates: Floats,
    cohorts: Codes,
    years: Codes,
    *,
    method: Method,
    not_yet: bool,
    universal_base: bool,
    anticipation: int,
) -> GroupTimeEffects:
    """Estimate ATT(g, t) for all cohorts and years of a balanced panel.

    Parameters
    ----------
    outcome : ndarray, shape (p, t)
        Places × years.
    covariates : ndarray, shape (p, t, k)
        Those of the base year of each comparison are used; k may be 0.
    cohorts : ndarray, shape (p,)
        First year of treatment, 0 for never.
    years : ndarray, shape (t,)
        Consecutive or not, in order.
    method : {"doubly_robust", "regression", "weighting"}
        Both a score and an outcome regression; the regression alone; the score alone, normalised.
    not_yet : bool
        Compare with places not yet treated, not only with the never treated.
    universal_base : bool
        Before treatment too compare with the last year before it.
    anticipation : int
        Years before treatment that may have an effect already.

    Raises
    ------
    DataError
        The scores of a cell cannot be estimated, or its covariates are collinear among the controls.

    Source: Callaway & Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001; influence functions of Sant'Anna &
    Zhao (2020), doi:10.1016/j.jeconom.2020.06.003.

    Examples
    --------
    >>> y = np.array([[0.0, 3.0], [0.0, 5.0], [0.0, 1.0], [0.0, 2.0]])
    >>> none = np.empty((4, 2, 0))
    >>> found = group_time_effects(
    ...     y, none, np.array([2001, 2001, 0, 0]), np.array([2000, 2001]), method="doubly_robust",
    ...     not_yet=False, universal_base=False, anticipation=0,
    ... )
    >>> found.effects.tolist()
    [2.5]
    """
    places = len(outcome)
    cells: list[tuple[int, int]] = []
    effects: list[float] = []
    columns: list[Floats] = []
    trimmed = 0
    for g in np.unique(cohorts[cohorts > 0]):
        before = np.flatnonzero(years < g - anticipation)
        if not len(before):
            continue
        for at, t in enumerate(years):
            after = t >= g - anticipation
            base = int(before[-1]) if after or universal_base else at - 1
            if base < 0:
                continue
            cells.append((int(g), int(t)))
            column = np.zeros(places)
            if base == at:
                effects.append(0.0)
                columns.append(column)
                continue
            untreated = cohorts == 0
            if not_yet:
                untreated |= (cohorts > max(t, years[base]) + anticipation) & (cohorts != g)
            inside = np.flatnonzero((cohorts == g) | untreated)
            if not untreated.any():
                cells.pop()
                continue
            effect, influence, left = _cell(
                (outcome[:, at] - outcome[:, base])[inside],
                (cohorts[inside] == g).astype(np.float64),
                np.column_stack([np.ones(len(inside)), covariates[inside, base]]),
                method,
                where=f"cohort {g}, year {t}",
            )
            column[inside] = influence / len(inside)
            trimmed += left
            effects.append(effect)
            columns.append(column)
    return GroupTimeEffects(
        cohorts=np.array([g for g, _ in cells], dtype=np.int64),
        years=np.array([t for _, t in cells], dtype=np.int64),
        effects=np.array(effects, dtype=np.float64),
        influence=np.column_stack(columns) if columns else np.empty((places, 0)),
        trimmed=trimmed,
    )


def _cell(
    change: Floats, treated: Floats, x: Floats, method: Method, *, where: str
) -> tuple[float, Floats, int]:
    # n places of one comparison, x with a constant: effect, influence (n,), controls left out
    weights, by_score, left = np.ones_like(treated), np.zeros_like(x), 0
    weighs = method != "regression"
    if weighs:
        score, by_score = _scores(treated, x, where)
        kept = (treated == 1) | (score < _TRIMMED)
        weights = np.where(treated == 1, 0.0, kept * score / (1 - score))
        left = int((~kept).sum())
        if not weights.any():
            raise DataError("no control is like the treated", where=where, hint=_FEWER)
    residual, by_ols = change, np.zeros_like(x)
    if method != "weighting":
        residual, by_ols = _residuals(change, treated, x, where)
    share = treated.mean()
    own = treated * residual
    effect_treated = own.mean() / share
    mean_x = _mean(treated, x)
    influence = (own - treated * effect_treated - by_ols @ mean_x) / share
    effect_control = 0.0
    if weighs:
        total = weights.mean()
        effect_control = float((weights * residual).mean() / total)
        centred = weights * (residual - effect_control)
        influence -= (centred + by_score @ _mean(centred, x) - by_ols @ _mean(weights, x)) / total
    return float(effect_treated - effect_control), influence, left


_FEWER = 'take fewer controls, method="regression", or leave the cohort out'


def _residuals(change: Floats, treated: Floats, x: Floats, where: str) -> tuple[Floats, Floats]:
    # what least squares among the controls leaves, and the influence of places on its coefficients, (n, k)
    control = 1 - treated
    gram = (x * control[:, None]).T @ x / len(x)
    _refuse_singular(gram, where)
    inverse = np.linalg.inv(gram)
    beta = inverse @ ((control * change) @ x / len(x))
    residual = change - x @ beta
    return residual, ((control * residual)[:, None] * x) @ inverse


def _scores(treated: Floats, x: Floats, where: str) -> tuple[Floats, Floats]:
    # logit scores by Newton's method, and the influence of places on the coefficients, (n, k)
    if x.shape[1] == 1:
        score = np.full(len(treated), treated.mean())
        return score, (treated - score)[:, None] / (score * (1 - score))[:, None]
    _refuse_singular(x.T @ x / len(x), where)
    beta = np.zeros(x.shape[1])
    for _ in range(_MOST_STEPS):
        score = 1 / (1 + np.exp(-np.clip(x @ beta, -500, 500)))
        information = (x * (score * (1 - score))[:, None]).T @ x / len(x)
        if np.linalg.cond(information) > _CONDITION**2:
            break
        step = np.linalg.solve(information, (treated - score) @ x / len(x))
        beta = beta + step
        if np.abs(step * x.std(axis=0).clip(min=1)).max() < _CONVERGED * max(1.0, np.abs(beta).max()):
            score = np.minimum(1 / (1 + np.exp(-np.clip(x @ beta, -500, 500))), _LARGEST_SCORE)
            information = (x * (score * (1 - score))[:, None]).T @ x / len(x)
            return score, ((treated - score)[:, None] * x) @ np.linalg.inv(information)
    raise DataError(
        "the controls tell the treated and the untreated apart without error: there is no score",
        where=where,
        got=f"{int(treated.sum())} treated, {int((1 - treated).sum())} untreated, {x.shape[1] - 1} controls",
        hint=_FEWER,
    )


def _refuse_singular(gram: Floats, where: str) -> None:
    size = np.sqrt(np.diag(gram))
    if not (size > 0).all() or np.linalg.cond(gram / np.outer(size, size)) > _CONDITION:
        raise DataError("the controls are collinear in a comparison", where=where, hint=_FEWER)


def _mean(weights: Floats, x: Floats) -> Floats:
    return np.asarray(weights @ x / len(x), dtype=np.float64)
