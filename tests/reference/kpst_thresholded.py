"""The thresholded similarity, pair by pair, dense: the slow twin of the pair kernels.

Written from the formulas of Kelly, Papanikolaou, Seru & Taddy (2021); imports nothing from the package.
"""

from __future__ import annotations

import numpy as np


def weights_of(counts: np.ndarray, years: np.ndarray, year: int) -> np.ndarray | None:
    """Backward inverse document frequency in a year; None when fewer than two patents came before."""
    before = counts[years < year]
    if len(before) < 2:
        return None
    return np.maximum(np.log(len(before) / (1 + (before > 0).sum(axis=0))), 0.0)


def similarities(counts: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Cosine of every pair of different years, weighted in the earlier year; NaN where that is unknown."""
    n = len(years)
    result = np.full((n, n), np.nan)
    for p in range(n):
        weights = weights_of(counts, years, years[p])
        if weights is None:
            continue
        for q in range(n):
            if years[q] > years[p]:
                u, v = counts[p] * weights, counts[q] * weights
                lengths = np.sqrt((u * u).sum()) * np.sqrt((v * v).sum())
                result[p, q] = result[q, p] = (u * v).sum() / lengths if lengths > 0 else 0.0
    return result


def sums_by_lag(
    counts: np.ndarray, years: np.ndarray, backward: int, forward: int, threshold: float
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Backward (n, backward) and forward (n, forward) sums, and the pairs kept at each lag.

    NaN where the comparators' year lies outside the sample, and where a base year is unknown: for a
    backward sum the comparators' year, if it has patents with terms; for a forward one the patent's own.
    """
    rho = similarities(counts, years)
    full = counts.sum(axis=1) > 0
    back, ahead = np.zeros((len(years), backward)), np.zeros((len(years), forward))
    kept = [0] * max(backward, forward)
    for p, year in enumerate(years):
        for lag in range(1, backward + 1):
            chosen = [q for q in range(len(years)) if years[q] == year - lag and full[q]]
            unknown = chosen and weights_of(counts, years, year - lag) is None
            outside = year - lag < years.min()
            values = [rho[p, q] for q in chosen]
            back[p, lag - 1] = np.nan if unknown or outside else above(values, threshold)
        for lag in range(1, forward + 1):
            chosen = [q for q in range(len(years)) if years[q] == year + lag and full[q]]
            unknown = weights_of(counts, years, year) is None
            outside = year + lag > years.max()
            values = [rho[p, q] for q in chosen]
            ahead[p, lag - 1] = np.nan if unknown or outside else above(values, threshold)
        for lag in range(1, max(backward, forward) + 1):
            for q in range(len(years)):
                if years[q] == year + lag and rho[p, q] > 0 and rho[p, q] >= threshold:
                    kept[lag - 1] += 1
    return back, ahead, kept


def above(values: list[float], threshold: float) -> float:
    """Sum the values that reach the threshold."""
    return float(sum(value for value in values if value >= threshold))


def nearest_to_threshold(counts: np.ndarray, years: np.ndarray, threshold: float) -> float:
    """Distance of the closest similarity from the threshold: below rounding, rounding decides."""
    rho = similarities(counts, years)
    known = rho[~np.isnan(rho)]
    return float(np.abs(known - threshold).min()) if known.size else np.inf
