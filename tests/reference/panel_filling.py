"""Filling, growth, lags and trimming, row by row: the slow twins.

Written from the definitions; imports nothing from the package. A series is a dictionary from year to value;
a year that is a key has a row, None is a row without a value.
"""

from __future__ import annotations

import itertools
import math

Series = dict[int, float | None]


def neighbours_of(series: Series, year: int) -> tuple[int | None, int | None]:
    """The nearest years before and after that have a value."""
    known = [one for one, value in series.items() if value is not None]
    before = [one for one in known if one < year]
    after = [one for one in known if one > year]
    return (max(before) if before else None), (min(after) if after else None)


def filled_inside(series: Series, method: str, max_gap: int | None, across: bool) -> Series:
    result = dict(series)
    for year, value in series.items():
        before, after = neighbours_of(series, year)
        if value is not None or before is None or after is None:
            continue
        missing = range(before + 1, after)
        if not across and any(one not in series for one in missing):
            continue
        if max_gap is not None and len(missing) > max_gap:
            continue
        x, y = series[before], series[after]
        if method == "neighbours":
            result[year] = (x + y) / 2
        else:
            result[year] = x + (y - x) * (year - before) / (after - before)
    return result


def mean_rate(series: Series, mean: str) -> float | None:
    known = sorted((year, value) for year, value in series.items() if value is not None)
    if len(known) < 2 or any(value <= 0 for _, value in known):
        return None
    if mean == "geometric":
        (first, x), (last, y) = known[0], known[-1]
        return (y / x) ** (1 / (last - first)) - 1
    rates = []
    for (early, x), (late, y) in itertools.pairwise(known):
        rates.append((y / x) ** (1 / (late - early)) - 1)
    return math.fsum(rates) / len(rates)


def filled_outside(series: Series, mean: str, max_gap: int | None, across: bool, ends: str) -> Series:
    result = dict(series)
    rate = mean_rate(series, mean)
    for year, value in series.items():
        before, after = neighbours_of(series, year)
        if value is not None or rate is None or (before is not None and after is not None):
            continue
        tail = before is not None
        if ends not in {"both", "tail" if tail else "head"}:
            continue
        anchor, edge = (before, max(series)) if tail else (after, min(series))
        missing = range(anchor + 1, edge + 1) if tail else range(edge, anchor)
        if not across and any(one not in series for one in missing):
            continue
        if max_gap is not None and len(missing) > max_gap:
            continue
        result[year] = series[anchor] * (1 + rate) ** (year - anchor)
    return result


def growth(series: Series, years: int, kind: str) -> Series:
    result: Series = {}
    for year, value in series.items():
        before = series.get(year - years)
        if value is None or before is None or before <= 0 or (kind == "log" and value <= 0):
            result[year] = None
        else:
            result[year] = value / before - 1 if kind == "ratio" else math.log(value) - math.log(before)
    return result


def shifted(series: Series, years: int) -> Series:
    """The value so many years away; negative is before."""
    return {year: series.get(year + years) for year in series}


def trimmed(values: list[float | None], low: float, high: float) -> list[float | None]:
    return [None if value is None or value < low or value > high else value for value in values]
