"""Two-stage least squares by dense dummies and textbook formulas: slow, plain, on its own."""

from __future__ import annotations

import numpy as np

from tests.reference.fixed_effects import dummies


def two_stage(y, x, w, z, labels, clusters, errors):
    """Coefficients and standard errors of x and w, with a dummy for each level of each effect."""
    d = np.column_stack([dummies(one) for one in labels])
    keep = []
    for i in range(d.shape[1]):  # independent dummies
        if np.linalg.matrix_rank(d[:, [*keep, i]]) == len(keep) + 1:
            keep.append(i)
    d = d[:, keep]
    regressors = np.column_stack([x, w, d])
    instruments = np.column_stack([z, w, d])
    projection = instruments @ np.linalg.pinv(instruments)
    fitted = projection @ regressors
    beta = np.linalg.pinv(fitted) @ y
    u = y - regressors @ beta
    n, k = regressors.shape
    bread = np.linalg.pinv(fitted.T @ fitted)
    if errors == "iid":
        v = bread * (u @ u) / (n - k)
    elif errors == "robust":
        v = bread @ (fitted.T @ np.diag(u**2) @ fitted) @ bread * n / (n - k)
    else:
        groups = np.unique(clusters)
        meat = sum(
            np.outer(fitted[clusters == g].T @ u[clusters == g], fitted[clusters == g].T @ u[clusters == g])
            for g in groups
        )
        nested = [all(len(set(clusters[one == level])) == 1 for level in np.unique(one)) for one in labels]
        free = [dummies(one) for one, inside in zip(labels, nested, strict=True) if not inside]
        absorbed = np.linalg.matrix_rank(np.column_stack([np.ones(n), *free]))
        k = x.shape[1] + w.shape[1] + absorbed
        g = len(groups)
        v = bread @ meat @ bread * g / (g - 1) * (n - 1) / (n - k)
    m = x.shape[1] + w.shape[1]
    return beta[:m], np.sqrt(np.diag(v))[:m]


def anderson_rubin_rejects(beta, y, x, w, z, labels, clusters, errors, critical):
    """Regress y - beta x on the instruments; is the F test of them beyond the critical value?"""
    d = np.column_stack([dummies(one) for one in labels])
    rest = np.column_stack([w, d])
    out = np.eye(len(y)) - rest @ np.linalg.pinv(rest)
    z, e = out @ z, out @ (y - beta * x[:, 0])
    g = np.linalg.lstsq(z, e, rcond=None)[0]
    u = e - z @ g
    n, count = z.shape
    bread = np.linalg.inv(z.T @ z)
    used = np.linalg.matrix_rank(rest)
    if errors == "cluster":
        sums = np.array([z[clusters == c].T @ u[clusters == c] for c in np.unique(clusters)])
        nested = [all(len(set(clusters[one == level])) == 1 for level in np.unique(one)) for one in labels]
        free = [dummies(one) for one, inside in zip(labels, nested, strict=True) if not inside]
        used = w.shape[1] + np.linalg.matrix_rank(np.column_stack([np.ones(n), *free]))
        groups = len(sums)
        v = bread @ sums.T @ sums @ bread * groups / (groups - 1) * (n - 1) / (n - count - used)
    elif errors == "robust":
        v = bread @ (z.T @ np.diag(u**2) @ z) @ bread * n / (n - count - used)
    else:
        v = bread * (u @ u) / (n - count - used)
    return float(g @ np.linalg.inv(v) @ g) / count > critical
