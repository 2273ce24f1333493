"""Fixed effects with dense dummies and a sandwich by hand: the slow twin of the within estimator.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import numpy as np


def dummies(labels: np.ndarray) -> np.ndarray:
    """One column a level."""
    levels = sorted(set(labels.tolist()))
    return np.array([[1.0 if label == level else 0.0 for level in levels] for label in labels.tolist()])


def without_singletons(effects: list[np.ndarray]) -> np.ndarray:
    """Rows that are left when rows alone in a level are taken out, again and again."""
    kept = list(range(len(effects[0])))
    while True:
        alone = {
            row
            for effect in effects
            for row in kept
            if sum(effect[other] == effect[row] for other in kept) == 1
        }
        if not alone:
            return np.array(kept, dtype=int)
        kept = [row for row in kept if row not in alone]


def is_nested(effect: np.ndarray, clusters: np.ndarray) -> bool:
    return all(len(set(clusters[effect == level].tolist())) == 1 for level in set(effect.tolist()))


def regression(
    y: np.ndarray, x: np.ndarray, effects: list[np.ndarray], clusters: np.ndarray | None, errors: str
) -> dict[str, np.ndarray | float]:
    """Coefficients, standard errors and covariance of x with the dummies of all effects in the regression.

    Degrees of freedom are ranks: of the regressors, the constant, and the dummies that count.
    """
    n, k = x.shape
    full = np.column_stack([x, np.ones(n), *(dummies(effect) for effect in effects)])
    beta = np.linalg.lstsq(full, y, rcond=None)[0]
    residual = y - full @ beta
    # Frisch, Waugh, Lovell: what of x the dummies do not explain
    d = full[:, k:]
    within = x - d @ np.linalg.lstsq(d, x, rcond=None)[0]
    bread = np.linalg.inv(within.T @ within)
    rank = int(np.linalg.matrix_rank(full))
    if errors == "cluster":
        meat = np.zeros((k, k))
        names = sorted(set(clusters.tolist()))
        for name in names:
            score = within[clusters == name].T @ residual[clusters == name]
            meat += np.outer(score, score)
        counting = [dummies(effect) for effect in effects if not is_nested(effect, clusters)]
        counted = int(np.linalg.matrix_rank(np.column_stack([x, np.ones(n), *counting])))
        groups = len(names)
        covariance = groups / (groups - 1) * (n - 1) / (n - counted) * bread @ meat @ bread
    elif errors == "robust":
        meat = (within * residual[:, None] ** 2).T @ within
        covariance = n / (n - rank) * bread @ meat @ bread
    else:
        covariance = bread * float(residual @ residual) / (n - rank)
    within_y = y - d @ np.linalg.lstsq(d, y, rcond=None)[0]
    return {
        "coefficients": beta[:k],
        "std_errors": np.sqrt(np.diag(covariance)),
        "covariance": covariance,
        "r2": 1 - float(residual @ residual) / float(((y - y.mean()) ** 2).sum()),
        "r2_within": 1 - float(residual @ residual) / float(within_y @ within_y),
        "r2_adjusted": 1
        - float(residual @ residual) / (n - rank) / (float(((y - y.mean()) ** 2).sum()) / (n - 1)),
    }
