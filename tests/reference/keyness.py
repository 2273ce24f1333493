"""Keyness, mutual information and what is near a seed, counted by hand: slow twins.

Written from the definitions; imports nothing from the package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def log_likelihood(hits: int, total: int, reference_hits: int, reference_total: int) -> float:
    """Dunning 1993: −2 log λ of two binomials, from the likelihoods themselves."""

    def likelihood(share: float, k: int, n: int) -> float:
        value = 0.0
        if k:
            value += k * math.log(share)
        if n - k:
            value += (n - k) * math.log(1 - share)
        return value

    both = (hits + reference_hits) / (total + reference_total)
    one, other = hits / total, reference_hits / reference_total
    statistic = 2 * (
        likelihood(one, hits, total)
        + likelihood(other, reference_hits, reference_total)
        - likelihood(both, hits, total)
        - likelihood(both, reference_hits, reference_total)
    )
    return -statistic if one < other else statistic


def mutual_information(sentences: Sequence[set[str]], term: str, seeds: set[str]) -> float:
    """log2 of P(term and seed) / (P(term) P(seed)), over sentences."""
    number = len(sentences)
    with_term = sum(term in one for one in sentences) / number
    with_seed = sum(bool(seeds & one) for one in sentences) / number
    with_both = sum(term in one and bool(seeds & one) for one in sentences) / number
    return math.log2(with_both / (with_term * with_seed))


def near_seeds(sentences: Sequence[Sequence[str]], seeds: set[str], window: int | None) -> list[list[bool]]:
    """Which tokens have a seed, other than themselves, in their sentence or so many tokens away."""
    found = []
    for sentence in sentences:
        row = []
        for place in range(len(sentence)):
            near = False
            for other in range(len(sentence)):
                within = window is None or abs(other - place) <= window
                if other != place and within and sentence[other] in seeds:
                    near = True
            row.append(near)
        found.append(row)
    return found


def entropy(neighbours: Sequence[str]) -> float:
    shares = [neighbours.count(one) / len(neighbours) for one in set(neighbours)]
    return -sum(share * math.log2(share) for share in shares)
