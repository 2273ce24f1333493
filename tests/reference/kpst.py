"""Kelly, Papanikolaou, Seru & Taddy (2021), pair by pair, dense: the slow twin of the linear engine.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import math

import numpy as np


def bidf_of(counts: np.ndarray, years: np.ndarray, t: int) -> np.ndarray | None:
    """Weights of all terms in year t, or None when fewer than two patents came before."""
    before = years < t
    if before.sum() < 2:
        return None
    return np.array(
        [
            max(0.0, math.log(before.sum() / (1 + (counts[before, w] > 0).sum())))
            for w in range(counts.shape[1])
        ]
    )


def unit(vector: np.ndarray) -> np.ndarray:
    length = math.sqrt(float((vector**2).sum()))
    return vector / length if length > 0 else vector * 0.0


def similarity(counts: np.ndarray, years: np.ndarray, p: int, q: int) -> float | None:
    """Cosine of the pair, both weighted with the weights of the earlier year."""
    weights = bidf_of(counts, years, min(years[p], years[q]))
    if weights is None:
        return None
    frequency = [counts[i] / max(counts[i].sum(), 1) for i in (p, q)]
    return float(unit(frequency[0] * weights) @ unit(frequency[1] * weights))


def backward_similarity(
    counts: np.ndarray, years: np.ndarray, p: int, window: int, first: int
) -> float | None:
    """Sum over the patents of the years before; None for an incomplete or unknown window."""
    if years[p] - window < first or counts[p].sum() == 0:
        return None
    return summed(counts, years, p, range(years[p] - window, years[p]))


def forward_similarity(counts: np.ndarray, years: np.ndarray, p: int, window: int, last: int) -> float | None:
    """Sum over the patents of the years after; None for an incomplete or unknown window."""
    if years[p] + window > last or counts[p].sum() == 0 or bidf_of(counts, years, years[p]) is None:
        return None
    return summed(counts, years, p, range(years[p] + 1, years[p] + window + 1))


def summed(counts: np.ndarray, years: np.ndarray, p: int, window: range) -> float | None:
    total = 0.0
    for q in range(len(years)):
        if years[q] in window and counts[q].sum() > 0:
            value = similarity(counts, years, p, q)
            if value is None:
                return None
            total += value
    return total
