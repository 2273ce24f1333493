"""Breakthrough, effects, top shares, percentiles and citations, the slow and plain way.

Imports nothing from the package.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from fractions import Fraction

import numpy as np


def dense_residual(
    values: Sequence[float | None], effects: Sequence[Sequence[Hashable]]
) -> list[float | None]:
    """Regress on all dummies at once, by the pseudoinverse; None where the value or an effect is."""
    known = [
        i
        for i, value in enumerate(values)
        if value is not None and all(one[i] is not None for one in effects)
    ]
    out: list[float | None] = [None] * len(values)
    if known:
        columns = [
            [1.0 if one[i] == level else 0.0 for i in known]
            for one in effects
            for level in {one[i]: None for i in known}
        ]
        x, y = np.array(columns).T, np.array([values[i] for i in known], dtype=float)
        residual = y - x @ (np.linalg.pinv(x) @ y)
        for i, one in zip(known, residual, strict=True):
            out[i] = float(one)
    return out


def top_flags(
    values: Sequence[float | None], groups: Sequence[Hashable], share: Fraction
) -> list[bool | None]:
    """At or above the linearly interpolated percentile of the group, in exact arithmetic."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, (value, group) in enumerate(zip(values, groups, strict=True)):
        if value is not None and group is not None:
            members[group].append(i)
    out: list[bool | None] = [None] * len(values)
    for at in members.values():
        if len(at) * share < 1:
            continue
        ordered = sorted(Fraction(values[i]) for i in at)
        place = (len(at) - 1) * (1 - share)
        low = int(place)
        high = min(low + 1, len(at) - 1)
        cut_off = ordered[low] + (place - low) * (ordered[high] - ordered[low])
        for i in at:
            out[i] = Fraction(values[i]) >= cut_off
    return out


def stata_percentile(values: Sequence[float], percent: int) -> float:
    """``egen … = pctile(x), p(percent)``: an order statistic, or the mean of two."""
    ordered = sorted(values)
    place = Fraction(percent, 100) * len(ordered)
    if place.denominator == 1:
        return (ordered[int(place) - 1] + ordered[int(place)]) / 2
    return ordered[int(place)]


def percentile(values: Sequence[float | None], i: int) -> float | None:
    """Mid-rank in percent among the known values."""
    known = [value for value in values if value is not None]
    if values[i] is None:
        return None
    below = sum(value < values[i] for value in known)
    level = sum(value == values[i] for value in known)
    return 100 * (below + level / 2) / len(known)


def forward_citations(
    years: dict[str, int | None],
    citations: Sequence[tuple[str | None, str | None]],
    window: int,
    span: tuple[int, int],
    applicants: dict[str, set[str]],
) -> dict[str, int | None]:
    """Citations within the window; None where the span does not cover it."""
    out: dict[str, int | None] = {}
    for patent, year in years.items():
        if year is None or not span[0] <= year <= year + window <= span[1]:
            out[patent] = None
            continue
        citing = {one for one, cited in citations if cited == patent and one is not None}
        out[patent] = sum(
            1
            for one in citing
            if years.get(one) is not None
            and 0 <= years[one] - year <= window
            and not applicants.get(one, set()) & applicants.get(patent, set())
        )
    return out
