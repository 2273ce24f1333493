"""Rows to place × year by plain loops: the slow twin of the aggregation.

Written from the definitions; imports nothing from the package. Sums are those of `math.fsum`.
"""

from __future__ import annotations

import math

Row = dict[str, object]
Key = tuple[str, int]


def cells(rows: list[Row]) -> dict[Key, list[Row]]:
    """The rows of each place and year; rows without either are left out."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        if row["place"] is not None and row["year"] is not None:
            found.setdefault((row["place"], row["year"]), []).append(row)
    return found


def known(rows: list[Row], column: str) -> list[tuple[float, float]]:
    """Value and weight of the rows that have a value; NaN is none."""
    return [
        (row[column], row.get("weight", 1))
        for row in rows
        if row[column] is not None and not (isinstance(row[column], float) and math.isnan(row[column]))
    ]


def counted(rows: list[Row]) -> float:
    return math.fsum(row.get("weight", 1) for row in rows)


def summed(rows: list[Row], column: str) -> float | None:
    pairs = known(rows, column)
    return math.fsum(value * weight for value, weight in pairs) if pairs else None


def meaned(rows: list[Row], column: str) -> float | None:
    pairs = known(rows, column)
    below = math.fsum(weight for _, weight in pairs)
    return math.fsum(value * weight for value, weight in pairs) / below if pairs and below else None


def at_least(rows: list[Row], column: str, cut: float) -> float | None:
    pairs = known(rows, column)
    return math.fsum(weight for value, weight in pairs if value >= cut) if pairs else None


def cut_off(values: list[float], quantile: float) -> float | None:
    """The value that the n·(1 − quantile) largest, and at least one, reach."""
    if not values:
        return None
    falling = sorted(values, reverse=True)
    how_many = max(math.floor(len(values) * (1 - quantile) + 1e-9), 1)
    return falling[how_many - 1]


def top_share(rows: list[Row], column: str, cut: float | None) -> float | None:
    pairs = known(rows, column)
    below = math.fsum(weight for _, weight in pairs)
    if not pairs or not below or cut is None:
        return None
    return math.fsum(weight for value, weight in pairs if value >= cut) / below


def shares(places: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """What each place gets of each patent when all rows of a patent weigh the same."""
    found: dict[tuple[str, str], float] = {}
    for patent, place in places:
        rows = sum(one == patent for one, _ in places)
        found[patent, place] = found.get((patent, place), 0.0) + 1 / rows
    return found
