"""Indices, value by value: the slow twins of the layer `index`.

Written from the definitions, in plain loops; programs are solved one by one in the multiplier form, where
the package solves many at once in the envelopment form. Imports nothing from the package.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog

Rows = list[list[float]]


def minmax(column: list[float], direction: str) -> list[float]:
    low, high = min(column), max(column)
    if direction == "positive":
        return [(x - low) / (high - low) for x in column]
    return [(high - x) / (high - low) for x in column]


def zscore(column: list[float], direction: str) -> list[float]:
    mean = math.fsum(column) / len(column)
    s = math.sqrt(math.fsum((x - mean) ** 2 for x in column) / (len(column) - 1))
    return [(x - mean) / s * (1 if direction == "positive" else -1) for x in column]


def entropy(rows: Rows, shift: float = 0.0) -> list[float]:
    n, divergence = len(rows), []
    for column in zip(*rows, strict=True):
        if min(column) == max(column):
            divergence.append(0.0)
            continue
        total = math.fsum(x + shift for x in column)
        shares = [(x + shift) / total for x in column]
        divergence.append(1 + math.fsum(p * math.log(p) for p in shares if p > 0) / math.log(n))
    return [one / math.fsum(divergence) for one in divergence]


def correlation(a: list[float], b: list[float]) -> float:
    ma, mb = math.fsum(a) / len(a), math.fsum(b) / len(b)
    ab = math.fsum((x - ma) * (y - mb) for x, y in zip(a, b, strict=True))
    aa = math.fsum((x - ma) ** 2 for x in a)
    bb = math.fsum((y - mb) ** 2 for y in b)
    return ab / math.sqrt(aa * bb)


def critic(rows: Rows) -> list[float]:
    columns = [list(one) for one in zip(*rows, strict=True)]
    contents = []
    for column in columns:
        mean = math.fsum(column) / len(column)
        s = math.sqrt(math.fsum((x - mean) ** 2 for x in column) / (len(column) - 1))
        contents.append(s * math.fsum(1 - correlation(column, other) for other in columns))
    return [one / math.fsum(contents) for one in contents]


def scatter(rows: Rows, years: list[int], rounds: int = 5000) -> list[float]:
    """Σ_t X_t'X_t year by year, and its first eigenvector by the power method."""
    p = len(rows[0])
    h = [[0.0] * p for _ in range(p)]
    for year in sorted(set(years)):
        for row in (row for row, of in zip(rows, years, strict=True) if of == year):
            for i in range(p):
                for j in range(p):
                    h[i][j] += row[i] * row[j]
    w = [1.0] * p
    for _ in range(rounds):
        w = [math.fsum(h[i][j] * w[j] for j in range(p)) for i in range(p)]
        length = math.sqrt(math.fsum(x * x for x in w))
        w = [x / length for x in w]
    return [x / math.fsum(w) for x in w]


def first_component(rows: Rows, rounds: int = 5000) -> list[float]:
    """The first eigenvector of the correlation matrix, of length one, by the power method."""
    columns = [list(one) for one in zip(*rows, strict=True)]
    r = [[correlation(a, b) for b in columns] for a in columns]
    w = [1.0 + 0.01 * k for k in range(len(r))]
    for _ in range(rounds):
        w = [math.fsum(a * b for a, b in zip(row, w, strict=True)) for row in r]
        length = math.sqrt(math.fsum(x * x for x in w))
        w = [x / length for x in w]
    return w if math.fsum(w) > 0 else [-x for x in w]


def coupling(scores: list[float], weights: list[float]) -> tuple[float | None, float, float]:
    k = len(scores)
    t = math.fsum(a * y for a, y in zip(weights, scores, strict=True))
    if math.fsum(scores) == 0:
        return None, t, 0.0
    c = k * math.prod(scores) ** (1 / k) / math.fsum(scores)
    return c, t, math.sqrt(c * t)


def efficiency(
    reference: tuple[np.ndarray, np.ndarray],
    unit: tuple[np.ndarray, np.ndarray],
    returns: str,
    orientation: str,
) -> float | None:
    """θ or φ of one unit by the multiplier form; None where it has no answer."""
    (x, y), (xo, yo) = reference, unit
    m, s = x.shape[1], y.shape[1]
    free = 1 if returns == "vrs" else 0
    if orientation == "input":
        # max u·yo + w  with  v·xo = 1,  u·y − v·x + w ≤ 0
        cost = np.concatenate([np.zeros(m), -yo, -np.ones(free)])
        above = np.hstack([-x, y, np.ones((len(x), free))])
        one = np.concatenate([xo, np.zeros(s), np.zeros(free)])
    else:
        # min v·xo + w  with  u·yo = 1,  v·x − u·y + w ≥ 0
        cost = np.concatenate([xo, np.zeros(s), np.ones(free)])
        above = -np.hstack([x, -y, np.ones((len(x), free))])
        one = np.concatenate([np.zeros(m), yo, np.zeros(free)])
    answer = linprog(
        cost,
        A_ub=above,
        b_ub=np.zeros(len(x)),
        A_eq=one[None],
        b_eq=[1.0],
        bounds=[(0, None)] * (m + s) + [(None, None)] * free,
        method="highs",
    )
    if answer.status != 0:
        return None  # the dual is unbounded: the program itself has no answer
    return -answer.fun if orientation == "input" else answer.fun


def malmquist(
    earlier: tuple[np.ndarray, np.ndarray], later: tuple[np.ndarray, np.ndarray]
) -> list[tuple[float, float, float]]:
    """(productivity, efficiency, technical change) of each unit, the same units in both years."""
    found = []
    for o in range(len(earlier[0])):
        before, after = (earlier[0][o], earlier[1][o]), (later[0][o], later[1][o])
        own_before = efficiency(earlier, before, "crs", "input")
        own_after = efficiency(later, after, "crs", "input")
        after_in_earlier = efficiency(earlier, after, "crs", "input")
        before_in_later = efficiency(later, before, "crs", "input")
        change = own_after / own_before
        technical = math.sqrt(after_in_earlier / own_after * own_before / before_in_later)
        found.append((change * technical, change, technical))
    return found


def capital(investment: list[float], depreciation: float, first: float) -> list[float]:
    """Each year's stock as the sum of all that was ever invested, worn by its age."""
    stocks = []
    for t in range(len(investment)):
        stock = first * (1 - depreciation) ** t
        for s in range(1, t + 1):
            stock += investment[s] * (1 - depreciation) ** (t - s)
        stocks.append(stock)
    return stocks
