"""The wild cluster bootstrap with dense dummies, one regression a draw: the slow twin.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import numpy as np


def dense(x: np.ndarray, effects: list[np.ndarray]) -> np.ndarray:
    """The regressors, and one dummy for each level of each effect."""
    columns = [x]
    for effect in effects:
        columns += [
            np.array([[1.0 if one == level else 0.0] for one in effect]) for level in sorted(set(effect))
        ]
    return np.column_stack(columns)


def t_statistic(y: np.ndarray, design: np.ndarray, clusters: np.ndarray, null: float) -> float:
    """t of the first column, clustered, without small-sample factor."""
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    others = np.linalg.lstsq(design[:, 1:], design[:, 0], rcond=None)[0]
    x = design[:, 0] - design[:, 1:] @ others
    e = y - design @ beta
    meat = sum(float(x[clusters == g] @ e[clusters == g]) ** 2 for g in sorted(set(clusters.tolist())))
    return (beta[0] - null) / (np.sqrt(meat) / (x @ x))


def bootstrap(
    y: np.ndarray, design: np.ndarray, clusters: np.ndarray, null: float, weights: list[dict]
) -> np.ndarray:
    """t statistics of draws with the null imposed; each draw a weight by cluster."""
    restricted = y - null * design[:, 0]
    beta = np.linalg.lstsq(design[:, 1:], restricted, rcond=None)[0]
    fitted = null * design[:, 0] + design[:, 1:] @ beta
    residual = y - fitted
    statistics = []
    for one in weights:
        drawn = fitted + residual * np.array([one[g] for g in clusters.tolist()])
        statistics.append(t_statistic(drawn, design, clusters, null))
    return np.array(statistics)
