"""Honest DiD by linear programs, one at a time: the slow twin.

The conditional test solves its program for the statistic, and searches the ends of the truncation by solving
it again; the worst bias of a linear estimate is a program too. Written from the papers (Rambachan & Roth
2023; Andrews, Roth & Pakes 2023); imports nothing from the package.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats


def restrictions(kind: str, before: int, after: int, bound: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pieces ``A δ ≤ d``; δ in order of time without the base year."""
    k = before + after
    step = []
    for t in range(-before + 1, after + 1):
        row = {t: 1.0, t - 1: -1.0}
        step.append([row.get(s, 0.0) for s in [*range(-before, 0), *range(1, after + 1)]])
    steps = np.array(step)
    if kind == "smoothness":
        turn = steps[1:] - steps[:-1]
        return [(np.vstack([turn, -turn]), np.full(2 * (k - 1), bound))]
    pieces = []
    for s in range(before):
        for sign in (1.0, -1.0):
            limit = np.array([sign * steps[s] * (1.0 if r < before else bound) for r in range(k)])
            a = np.vstack([steps - limit, -steps - limit])
            a = a[np.abs(a).sum(axis=1) > 1e-12]
            pieces.append((a, np.zeros(len(a))))
    return pieces


def rejects(
    a: np.ndarray,
    d: np.ndarray,
    weights: np.ndarray,
    b: np.ndarray,
    v: np.ndarray,
    effect: float,
    *,
    alpha: float,
    first: float | None,
    only_after: bool,
) -> bool:
    """Test one value of the effect against one piece."""
    after = len(weights)
    if only_after:  # inequalities that concern years after treatment
        kept = np.abs(a[:, -after:]).sum(axis=1) > 0
        a, d = a[kept], d[kept]
    sigma = a @ v @ a.T
    size = np.sqrt(np.diag(sigma))
    # τ = effect × (some τ with weights′τ = 1) + directions with weights′τ = 0
    particular = weights / (weights @ weights)
    nuisance = np.linalg.svd(weights[None])[2][1:].T
    x = a[:, -after:] @ nuisance
    y = a @ b - d - a[:, -after:] @ particular * effect

    def dual(at: np.ndarray) -> tuple[float, np.ndarray]:
        solved = optimize.linprog(
            -at,
            A_eq=np.column_stack([size, x]).T,
            b_eq=np.eye(1 + x.shape[1])[0],
            bounds=(0, None),
            method="highs",
        )
        return -solved.fun, solved.x

    eta, gamma = dual(y)
    if first is not None and eta > first:
        return True
    variance = gamma @ sigma @ gamma
    if variance < 1e-12 or eta <= 0:
        return False
    along = sigma @ gamma / variance
    rest = y - along * eta

    def end(far: float) -> float:
        # where γ stops being the solution: from far away towards η, each time to where the line of the
        # solution there crosses that of γ
        at = far
        for _ in range(60):
            value, other = dual(rest + along * at)
            if value <= at + 1e-10 * max(1.0, abs(at)):
                return np.inf * np.sign(far) if at == far else at
            at = (other @ rest) / (1 - other @ along)
        return at

    reach = 1e4 * np.sqrt(variance)
    low, high = end(-reach), end(reach)
    if first is not None:
        high = min(high, first)
    scale = np.sqrt(variance)
    cut = stats.truncnorm.ppf(1 - alpha, low / scale, high / scale) * scale
    return bool(eta > max(0.0, cut))


def worst_bias(a: np.ndarray, d: np.ndarray, v: np.ndarray) -> float:
    """The largest v′δ over one piece; infinite where it has no bound."""
    solved = optimize.linprog(-v, A_ub=a, b_ub=d, bounds=(None, None), method="highs")
    return np.inf if solved.status != 0 else -solved.fun


def half_length(bias: float, error: float, alpha: float) -> float:
    t = bias / error
    return error * optimize.brentq(
        lambda c: stats.norm.cdf(c - t) - stats.norm.cdf(-c - t) - (1 - alpha), 0, t + 10, xtol=1e-13
    )
