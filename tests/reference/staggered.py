"""Slow twins of the estimators of staggered adoption: dense matrices, one cell at a time."""

from __future__ import annotations

import numpy as np


def wide(frame, value):
    """Places × years of a balanced frame with columns place and year."""
    rows = frame.sort("place", "year")
    return rows[value].to_numpy().astype(float).reshape(rows["place"].n_unique(), -1)


def doubly_robust(change, treated, x):
    """Sant'Anna & Zhao (2020) with a logit score and least squares: the effect and its influence, (n,)."""
    n, d = len(change), treated.astype(float)
    b = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ b))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (d - p))
        b += step
        if np.abs(step).max() < 1e-13:
            break
    p = 1 / (1 + np.exp(-x @ b))
    gamma = np.linalg.lstsq(x[d == 0], change[d == 0], rcond=None)[0]
    residual = change - x @ gamma
    w1, w0 = d, p * (1 - d) / (1 - p)
    eta1, eta0 = (w1 * residual).mean() / w1.mean(), (w0 * residual).mean() / w0.mean()
    by_ols = ((1 - d) * residual)[:, None] * x @ np.linalg.inv((x * (1 - d)[:, None]).T @ x / n)
    by_score = (d - p)[:, None] * x @ np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x / n)
    one = (w1 * (residual - eta1) - by_ols @ (w1[:, None] * x).mean(axis=0)) / w1.mean()
    two = (
        w0 * (residual - eta0)
        + by_score @ ((w0 * (residual - eta0))[:, None] * x).mean(axis=0)
        - by_ols @ (w0[:, None] * x).mean(axis=0)
    ) / w0.mean()
    return eta1 - eta0, one - two


def att_gt(y, x, cohort, years, *, not_yet, universal):
    """Callaway & Sant'Anna's cells: {(g, t): (effect, standard error)}; x (places, years, k) or None.

    Covariates are those of the base year.
    """
    found = {}
    n = len(y)
    for g in sorted(set(cohort[cohort > 0])):
        for at, t in enumerate(years):
            base = g - 1 if t >= g or universal else t - 1
            if base not in years or base == t:
                continue
            first = list(years).index(base)
            untreated = cohort == 0
            if not_yet:
                untreated = untreated | ((cohort > max(t, base)) & (cohort != g))
            inside = (cohort == g) | untreated
            change = (y[:, at] - y[:, first])[inside]
            ones = np.ones((inside.sum(), 1))
            design = ones if x is None else np.column_stack([ones, x[inside, first]])
            effect, influence = doubly_robust(change, (cohort == g)[inside], design)
            # the share of the cell among all places
            scores = np.zeros(n)
            scores[inside] = influence * n / inside.sum()
            found[int(g), int(t)] = (effect, np.sqrt((scores**2).mean() / n))
    return found


class Imputed:
    """Borusyak, Jaravel & Spiess (2024) and Gardner (2022) by dense matrices."""

    def __init__(self, y, place, year, cohort, x):
        self.place, self.year = place, year
        self.cohort = np.where(cohort > 0, cohort, 10**6)
        self.treated = year >= self.cohort
        dummies = [np.eye(place.max() + 1)[place], np.eye(len(set(year)))[year - year.min()][:, 1:]]
        self.design = np.column_stack([*dummies, x])
        d = self.treated
        self.y = y
        coefficients = np.linalg.lstsq(self.design[~d], y[~d], rcond=None)[0]
        self.rest = y - self.design @ coefficients

    def weights(self, chosen):
        """Weights of a mean over chosen treated rows."""
        inside = self.treated & chosen
        return inside / inside.sum()

    def effect(self, chosen):
        return float(self.weights(chosen) @ self.rest)

    def error(self, chosen, clusters, *, leave_out=False):
        """Theorem 3, with the mean effect of a cohort and year taken out, weighted by squared weights."""
        d, w = self.treated, self.weights(chosen)
        v = w.copy()
        bread = np.linalg.pinv(self.design[~d].T @ self.design[~d])
        v[~d] = -self.design[~d] @ (bread @ (self.design[d].T @ w[d]))
        e = np.where(d, 0.0, self.rest)
        for g in set(self.cohort[d]):
            for t in set(self.year[d]):
                cell = d & (self.cohort == g) & (self.year == t)
                squares = v[cell] ** 2
                mean = (squares * self.rest[cell]).sum() / squares.sum() if squares.sum() > 0 else 0.0
                e[cell] = self.rest[cell] - mean
                if leave_out and squares.sum() > 0:
                    e[cell] /= 1 - squares / squares.sum()
        sums = np.bincount(clusters, v * e)
        return float(np.sqrt((sums**2).sum()))

    def gmm_error(self, chosen, clusters):
        """The two stages as one method of moments, with one dummy for the chosen treated rows."""
        d, own = self.treated, self.treated & chosen
        first = self.design * (~d)[:, None]
        residual = self.rest - own * self.effect(chosen)
        through = self.design[own].sum(axis=0) @ np.linalg.pinv(first.T @ first)
        scores = own * residual - (first * (self.rest * ~d)[:, None]) @ through
        sums = np.bincount(clusters, scores)
        return float(np.sqrt((sums**2).sum()) / own.sum())


def bacon(y, cohort, years):
    """Goodman-Bacon (2021), theorem 1: rows (type, treated cohort, control cohort, estimate, weight)."""
    rows = []
    groups = sorted(set(cohort))
    share = {g: (cohort == g).mean() for g in groups}
    late = {g: (years >= g).mean() for g in groups if g}

    def mean(g, chosen):
        return y[np.ix_(cohort == g, chosen)].mean()

    for k in groups:
        for u in groups:
            if k == 0 or k == u:
                continue
            after, before = years >= k, years < k
            if u == 0:
                kind, window = "treated_untreated", np.ones(len(years), dtype=bool)
                weight = share[k] * share[0] * late[k] * (1 - late[k])
            elif k < u:
                kind, window = "earlier_later", years < u
                weight = share[k] * share[u] * (late[k] - late[u]) * (1 - late[k])
            else:
                kind, window = "later_earlier", years >= u
                weight = share[k] * share[u] * late[k] * (late[u] - late[k])
            a, b = after & window, before & window
            if a.any() and b.any():
                estimate = (mean(k, a) - mean(k, b)) - (mean(u, a) - mean(u, b))
                rows.append((kind, int(k), int(u) or None, estimate, weight))
    total = sum(row[-1] for row in rows)
    return [(*row[:-1], row[-1] / total) for row in rows]


def switchers(y, d, step):
    """De Chaisemartin & D'Haultfœuille's DID_ℓ by hand: the sum, the switchers and the doses."""
    n, years = y.shape
    first = [next((t for t in range(years) if d[i, t] != d[i, 0]), None) for i in range(n)]
    total, count, dose = 0.0, 0, 0.0
    for i in range(n):
        f = first[i]
        if f is None:
            continue
        until, seen = f - 1 + abs(step), f - 1 + step
        if until >= years or seen < 0:
            continue
        other = [j for j in range(n) if d[j, 0] == d[i, 0] and (first[j] is None or first[j] > until)]
        if not other:
            continue
        own = y[i, seen] - y[i, f - 1]
        turn = 1 if d[i, 0] == 0 else -1
        total += turn * (own - np.mean([y[j, seen] - y[j, f - 1] for j in other]))
        count += 1
        dose += abs(d[i, until] - d[i, 0])
    return total, count, dose
