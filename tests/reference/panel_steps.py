"""Aggregating, merging and winsorising, row by row: the slow twins of the panel steps.

Written from the definitions; imports nothing from the package.
"""

from __future__ import annotations

import math

Row = dict[str, object]
Key = tuple[str, int]


def aggregated(scores: list[Row], places: dict[str, str | None], window: int) -> dict[Key, tuple]:
    """For each (place, year): patents, breakthrough patents, mean breakthrough."""
    cells: dict[Key, list[Row]] = {}
    for row in scores:
        place = places.get(str(row["patent_id"]))
        if place is not None and row["year"] is not None:
            cells.setdefault((place, row["year"]), []).append(row)
    result = {}
    for key, rows in cells.items():
        flags = [r[f"is_breakthrough_{window}"] for r in rows if r[f"is_breakthrough_{window}"] is not None]
        values = [
            r[f"breakthrough_{window}_net"] for r in rows if r[f"breakthrough_{window}_net"] is not None
        ]
        result[key] = (
            len(rows),
            sum(flags) if flags else None,
            math.fsum(values) / len(values) if values else None,
        )
    return result


def merged(base: dict[Key, Row], part: dict[Key, Row], how: str, zero: list[str]) -> dict[Key, Row]:
    """Rows of the base, of either, or of both; absent values are None, or 0 for the zero columns."""
    keys = {"left": set(base), "outer": set(base) | set(part), "inner": set(base) & set(part)}[how]
    base_names = {name for row in base.values() for name in row}
    part_names = {name for row in part.values() for name in row}
    years = [year for _, year in part]
    result = {}
    for key in keys:
        row: Row = dict.fromkeys(base_names) | base.get(key, {})
        if key in part:
            row |= part[key]
        else:
            covered = bool(years) and min(years) <= key[1] <= max(years)
            row |= {name: 0 if name in zero and covered else None for name in part_names}
        result[key] = row
    return result


def quantile(values: list[float], share: float) -> float:
    """Linear interpolation between order statistics."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def stata_quantile(values: list[float], share: float) -> float:
    """The first value above the share; the mean of two where the share falls between them."""
    ordered = sorted(values)
    at = share * len(ordered)
    if at == int(at) and 0 < at < len(ordered):
        return (ordered[int(at) - 1] + ordered[int(at)]) / 2
    return ordered[min(max(math.ceil(at) - 1, 0), len(ordered) - 1)]


def winsorised(values: list[float | None], lower: float, upper: float, rule=quantile) -> list[float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return values
    low, high = rule(known, lower), rule(known, upper)
    return [None if value is None else min(max(value, low), high) for value in values]
