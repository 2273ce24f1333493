"""A treatment from a list, place by place and year by year: the slow twin of the treatment.

Written from the definitions; imports nothing from the package.
"""

from __future__ import annotations

Named = tuple[str, int, int | None, int | None]  # place, year, month, last year of treatment


def first_year(year: int, month: int | None, start: str | int) -> int:
    if start == "same":
        return year
    if start == "next":
        return year + 1
    assert month is not None
    return year + 1 if month >= start else year


def treated(keys: list[tuple[str, int]], named: list[Named], start: str | int) -> list[tuple]:
    """Cohort, treated and event time of each place and year."""
    result = []
    for place, year in keys:
        mine = [one for one in named if one[0] == place]
        if not mine:
            result.append((None, 0, None))
            continue
        cohort = min(first_year(one[1], one[2], start) for one in mine)
        under = any(
            first_year(one[1], one[2], start) <= year and (one[3] is None or year <= one[3]) for one in mine
        )
        result.append((cohort, int(under), year - cohort))
    return result
