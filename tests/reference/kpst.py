"""Kelly, Papanikolaou, Seru & Taddy (2021), pair by pair, dense: the slow twin of the linear engine.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

import numpy as np

Weights = dict[int, np.ndarray | None]


def bidf(counts: np.ndarray, years: np.ndarray) -> Weights:
    """Weights of all terms in each year that has patents; None when fewer than two came before."""
    weights: Weights = {}
    for t in np.unique(years):
        before = years < t
        contain = (counts[before] > 0).sum(axis=0)
        weights[t] = np.maximum(np.log(before.sum() / (1 + contain)), 0.0) if before.sum() >= 2 else None
    return weights


def unit(vector: np.ndarray) -> np.ndarray:
    """Scale to length one; the zero vector stays."""
    length = np.sqrt((vector**2).sum())
    return vector / length if length > 0 else vector


def similarity(counts: np.ndarray, years: np.ndarray, weights: Weights, p: int, q: int) -> float | None:
    """Cosine of the pair, both weighted with the weights of the earlier year."""
    weight = weights[min(years[p], years[q])]
    if weight is None:
        return None
    frequency_p = counts[p] / max(counts[p].sum(), 1)
    frequency_q = counts[q] / max(counts[q].sum(), 1)
    return float(unit(frequency_p * weight) @ unit(frequency_q * weight))


def backward_similarity(
    counts: np.ndarray, years: np.ndarray, weights: Weights, p: int, window: int
) -> float | None:
    """Sum over the patents of the years before; None for an incomplete or unknown window."""
    if years[p] - window < years.min() or counts[p].sum() == 0:
        return None
    return summed(counts, years, weights, p, range(years[p] - window, years[p]))


def forward_similarity(
    counts: np.ndarray, years: np.ndarray, weights: Weights, p: int, window: int
) -> float | None:
    """Sum over the patents of the years after; None for an incomplete or unknown window."""
    if years[p] + window > years.max() or counts[p].sum() == 0 or weights[years[p]] is None:
        return None
    return summed(counts, years, weights, p, range(years[p] + 1, years[p] + window + 1))


def summed(counts: np.ndarray, years: np.ndarray, weights: Weights, p: int, window: range) -> float | None:
    """Sum the similarities with the patents of some years that have a term."""
    total = 0.0
    for q in range(len(years)):
        if years[q] in window and counts[q].sum() > 0:
            value = similarity(counts, years, weights, p, q)
            if value is None:
                return None
            total += value
    return total
