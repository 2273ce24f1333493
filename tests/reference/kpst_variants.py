"""Every variant of the similarity scores, pair by pair: dates, periods, weights.

Imports nothing from the package.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def weights_of(counts: np.ndarray, bases: np.ndarray, base: int, weighting: str) -> np.ndarray | None:
    """Weights of all terms in a period; None where they are not known."""
    terms = counts.shape[1]
    if weighting == "none":
        return np.ones(terms)
    used = {
        "bidf": bases < base,
        "cumulative": bases <= base,
        "idf": np.ones(len(bases), bool),
    }[weighting]
    n, contain = used.sum(), (counts[used] > 0).sum(axis=0)
    if n < 2:
        return None
    if weighting == "cumulative":
        return np.log(n / np.maximum(contain, 1))
    return np.maximum(np.log(n / (1 + contain)), 0.0)


def unit(vector: np.ndarray) -> np.ndarray:
    length = np.sqrt((vector**2).sum())
    return vector / length if length > 0 else vector


def lag_sums(
    counts: np.ndarray,
    years: np.ndarray,
    bases: np.ndarray,
    *,
    weighting: str,
    pair_weights: str,
    lags: range,
    keep: Callable[[int, int, float], bool] | None = None,
) -> list[dict[int, float | None]]:
    """For each patent: the sum of similarities at each lag (negative: years before); None where unknown.

    Pairs that are not to be kept count zero.
    """
    weight = {base: weights_of(counts, bases, base, weighting) for base in np.unique(bases)}
    has_terms = counts.sum(axis=1) > 0
    result = []
    for p in range(len(years)):
        sums: dict[int, float | None] = {}
        for lag in lags:
            year = years[p] + lag
            if lag == 0:
                continue
            if not years.min() <= year <= years.max():
                sums[lag] = None
                continue
            others = [q for q in range(len(years)) if years[q] == year and has_terms[q]]
            # a patent whose own period has no weights has no forward similarity to speak of
            own_needed = lag > 0 or pair_weights == "own"
            total: float | None = None if own_needed and weight[bases[p]] is None else 0.0
            if others and any(
                weight[bases[q]] is None
                for q in range(len(years))
                if years[q] == year and (lag < 0 or pair_weights == "own")
            ):
                total = None
            for q in others if total is not None else []:
                if pair_weights == "own":
                    of_p, of_q = weight[bases[p]], weight[bases[q]]
                else:
                    of_p = of_q = weight[bases[p if lag > 0 else q]]
                similarity = float(unit(counts[p] * of_p) @ unit(counts[q] * of_q))
                total += similarity if keep is None or keep(p, q, similarity) else 0.0
            sums[lag] = total
        result.append(sums)
    return result
