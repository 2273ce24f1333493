"""Cross-fitted partially linear regression, step by step: plain, on its own."""

from __future__ import annotations

import numpy as np


def partially_linear(y, d, x, fold, outcome_learner, treatment_learner, clusters=None):
    """Effect and standard error; the learners make new scikit-learn regressors each time they are called."""
    u, v = np.empty(len(y)), np.empty(len(y))
    for k in np.unique(fold):
        train, test = fold != k, fold == k
        u[test] = y[test] - outcome_learner().fit(x[train], y[train]).predict(x[test])
        v[test] = d[test] - treatment_learner().fit(x[train], d[train]).predict(x[test])
    units = np.arange(len(y)) if clusters is None else clusters
    # with clusters all folds count the same, whatever their number of clusters; without, all rows do
    share = {k: len(np.unique(units[fold == k])) for k in np.unique(fold)}
    weight = np.array([1 / share[k] for k in fold]) / len(share)
    if clusters is None:
        weight = np.full(len(y), 1 / len(y))
    theta = (weight * u * v).sum() / (weight * v * v).sum()
    psi = (u - theta * v) * v
    slope = (weight * v * v).sum()
    if clusters is None:
        return theta, np.sqrt(np.mean(psi**2) / slope**2 / len(y))
    spread = np.mean(
        [
            np.mean([psi[(fold == k) & (units == c)].sum() ** 2 for c in np.unique(units[fold == k])])
            for k in np.unique(fold)
        ]
    )
    return theta, np.sqrt(spread / slope**2 / len(np.unique(units)))
