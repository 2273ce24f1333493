"""Conley's variance by a double loop over rows: the slow twin.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import math

import numpy as np


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres on a sphere of 6371 km, by the law of cosines in its chord form."""
    points = []
    for latitude, longitude in (a, b):
        p, q = math.radians(latitude), math.radians(longitude)
        points.append((math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p)))
    chord = math.dist(*points)
    return 2 * 6371.0 * math.asin(min(1.0, chord / 2))


def errors(
    y: np.ndarray,
    x: np.ndarray,
    dummies: np.ndarray,
    place: list,
    year: list,
    km: dict,
    *,
    cutoff: float,
    kernel: str,
    lags: int,
) -> np.ndarray:
    """Standard errors of x with dummies in the regression, without small-sample factor."""
    inside = x - dummies @ np.linalg.lstsq(dummies, x, rcond=None)[0]
    left = y - dummies @ np.linalg.lstsq(dummies, y, rcond=None)[0]
    residual = left - inside @ np.linalg.lstsq(inside, left, rcond=None)[0]
    scores = inside * residual[:, None]
    meat = np.zeros((x.shape[1], x.shape[1]))
    for i in range(len(y)):
        for j in range(len(y)):
            if year[i] == year[j]:
                apart = 0.0 if place[i] == place[j] else km[place[i], place[j]]
                weight = 0.0 if apart > cutoff else (1 - apart / cutoff if kernel == "bartlett" else 1.0)
            elif place[i] == place[j]:
                weight = max(0.0, 1 - abs(year[i] - year[j]) / (lags + 1))
            else:
                weight = 0.0
            meat += weight * np.outer(scores[i], scores[j])
    bread = np.linalg.inv(inside.T @ inside)
    return np.sqrt(np.diag(bread @ meat @ bread))
