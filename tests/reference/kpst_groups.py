"""Sums over comparators that share a group, or share none, pair by pair: the slow twin of score/groups.py.

Written from the formulas; imports nothing from the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tests.reference import kpst

Groups = Sequence[Sequence[str] | None]


def shares(groups: Groups, p: int, q: int, values: Literal["any", "first"]) -> bool:
    """Say whether two patents have a value in common, or the same first one."""
    mine, theirs = list(groups[p] or []), list(groups[q] or [])
    if values == "first":
        mine, theirs = mine[:1], theirs[:1]
    return bool(set(mine) & set(theirs))


def sum_by_lag(
    counts: np.ndarray,
    years: np.ndarray,
    groups: Groups,
    p: int,
    lag: int,
    *,
    sample: tuple[int, int],
    values: Literal["any", "first"] = "any",
    within: bool = True,
) -> tuple[float, int]:
    """Sum over the patents ``lag`` years away (negative: before), and their number; NaN where unknown."""
    weights = kpst.bidf(counts, years)
    when = years[p] + lag
    near = [q for q in range(len(years)) if years[q] == when and counts[q].sum() > 0]
    chosen = [q for q in near if shares(groups, p, q, values) == within]
    covered = sample[0] <= when <= sample[1]
    unknown = weights[years[p]] is None if lag > 0 else bool(near) and weights[when] is None
    if not covered or unknown:
        return float("nan"), len(chosen)
    total = 0.0
    for q in chosen:
        if counts[p].sum() > 0:
            total += kpst.similarity(counts, years, weights, p, q)
    return total, len(chosen)
