"""Matching on a score by looking at every pair: slow, plain, on its own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

STEP = Fraction(1, 10**12)


def shares(score, group, *, method, neighbours=1, caliper=None, kernel="epanechnikov", bandwidth=0.06):
    """Weight of each unit, NaN where it is not matched."""
    score = [round(Fraction(float(s)) / STEP) * STEP for s in score]
    controls = [j for j in range(len(score)) if not group[j]]
    weight = dict.fromkeys(range(len(score)), 0.0)
    for i in range(len(score)):
        if not group[i]:
            continue
        distance = {j: abs(score[j] - score[i]) for j in controls}
        if caliper is not None:
            limit = round(Fraction(caliper) / STEP) * STEP
            distance = {j: d for j, d in distance.items() if d <= limit}
        if method == "nearest" and distance:
            farthest = sorted(distance.values())[:neighbours][-1]
            distance = {j: d for j, d in distance.items() if d <= farthest}
        part = dict.fromkeys(distance, 1.0)
        if method == "kernel":
            u = {j: float(d) / bandwidth for j, d in distance.items()}
            part = {
                j: {
                    "epanechnikov": max(0.0, 1 - v * v),
                    "biweight": max(0.0, 1 - v * v) ** 2,
                    "uniform": float(v <= 1),
                    "gaussian": float(np.exp(-v * v / 2)),
                }[kernel]
                for j, v in u.items()
            }
        total = sum(part.values())
        if total > 0:
            weight[i] = 1.0
            for j, one in part.items():
                weight[j] += one / total
    return np.array([weight[i] if weight[i] > 0 else np.nan for i in range(len(score))])


def greedy(score, group, *, caliper=None):
    """One to one, each control once, from the highest score down."""
    free = [j for j in range(len(score)) if not group[j]]
    weight = np.full(len(score), np.nan)
    for i in sorted((i for i in range(len(score)) if group[i]), key=lambda i: -round(score[i], 12)):
        best = min(free, key=lambda j: abs(score[j] - score[i]), default=None)
        if best is None or (caliper is not None and abs(score[best] - score[i]) > caliper):
            continue
        free.remove(best)
        weight[i] = weight[best] = 1.0
    return weight


def weighted_regression(y, x, w, dummies, clusters):
    """Coefficients of x by weighted least squares with dense dummies, and their clustered sandwich."""
    d = dummies
    keep = []
    for i in range(d.shape[1]):
        if np.linalg.matrix_rank(d[:, [*keep, i]]) == len(keep) + 1:
            keep.append(i)
    full = np.column_stack([x, d[:, keep]])
    bread = np.linalg.inv(full.T @ (w[:, None] * full))
    beta = bread @ (full.T @ (w * y))
    u = y - full @ beta
    sums = [((w * u)[clusters == c, None] * full[clusters == c]).sum(axis=0) for c in np.unique(clusters)]
    meat = sum(np.outer(s, s) for s in sums)
    k = x.shape[1]
    return beta[:k], (bread @ meat @ bread)[:k, :k]
