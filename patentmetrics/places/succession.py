"""What became of a province or prefecture (地改市、更名、撤并): followed from year to year.

The source names successors of counties, hardly of prefectures. The successor of a prefecture is here

1. the next name of the same code (襄樊市 → 襄阳市, 2010);
2. else the unit that its own row names (沙市市 → 421002, so 荆沙市);
3. else the unit that took more than half of its counties, by the counties' own successors (毕节地区 → 毕节市,
   2011; 莱芜市 → 济南市, 2018). Where none took more than half (巢湖市, 2011), there is no successor.

A place goes on in its successor when that began as the place ended; of several that were put together,
the one with most counties does. Else it was merged or split, and ends. So 毕节地区 goes on as 毕节市, and
重庆市 of 四川省 as the municipality. 莱芜市 does not go on as 济南市, which was there beside it, nor 万县市
as 重庆市, nor 安阳地区 as 濮阳市, since 安阳市 took some of its counties too.
"""

from __future__ import annotations

import functools
import re
from collections import Counter

from patentmetrics.places.codes import Area, area_at, areas, areas_by_code, upper_code
from patentmetrics.places.names import short_name

_SUCCESSOR = re.compile(r"(\d{6})(?:\[(\d{4})\])?")
# a place that is only renamed keeps all its counties
_MORE_THAN_ANY = 1000


def successor(area: Area) -> Area | None:
    """Give the province or prefecture that followed one that ended; None where none did.

    Examples
    --------
    >>> from patentmetrics.places.codes import area_at
    >>> successor(area_at("522400", 2010)).name, successor(area_at("371200", 2010)).name
    ('毕节市', '济南市')
    """
    found = _successors().get(area)
    return found[0] if found else None


def area_in(area: Area, year: int) -> Area:
    """Follow a province or prefecture to a year, forwards or backwards, as far as it goes on.

    The result is not in force in the year when the place had ended by then, or was not yet there.

    Examples
    --------
    >>> from patentmetrics.places.codes import area_at
    >>> area_in(area_at("530800", 2024), 2005).name, area_in(area_at("530800", 2024), 2000).name
    ('思茅市', '思茅地区')
    >>> area_in(area_at("371200", 2010), 2024).name
    '莱芜市'
    """
    last = area
    while last.end is not None and last.end <= year:
        following = successor(last)
        if following is None or _earlier().get(following) != last:
            return last
        last = following
    while year < last.start and last in _earlier():
        last = _earlier()[last]
    return last


@functools.cache
def _successors() -> dict[Area, tuple[Area, int]]:
    """Give the successor of each place that ended, and how many of its counties it took."""
    counties: dict[tuple[str, int], list[Area]] = {}
    for area in areas():
        if area.level == "county" and area.end is not None:
            counties.setdefault((area.code[:4], area.end), []).append(area)
    found: dict[Area, tuple[Area, int]] = {}
    for area in areas():
        if area.level == "county" or area.end is None:
            continue
        ended = counties.get((area.code[:4], area.end), [])
        following = _renamed(area) or _followed(area, [area]) or _followed(area, ended)
        if following is not None:
            found[area] = following
    return found


@functools.cache
def _earlier() -> dict[Area, Area]:
    """Give the place that goes on in each place that began as another ended."""
    found: dict[Area, tuple[Area, int]] = {}
    for before, (after, taken) in _successors().items():
        if after.start == before.end and taken > found.get(after, (before, 0))[1]:
            found[after] = (before, taken)
    return {after: before for after, (before, _) in found.items()}


def _renamed(area: Area) -> tuple[Area, int] | None:
    same_code = (one for one in areas_by_code()[area.code] if one.start == area.end)
    return next(((one, _MORE_THAN_ANY) for one in same_code), None)


def _followed(area: Area, ended: list[Area]) -> tuple[Area, int] | None:
    """Give the unit above more than half of the codes that followed some codes as a place ended."""
    year = area.end or 0
    above: Counter[str] = Counter()
    for one in ended:
        for code, when in _SUCCESSOR.findall(one.successor or ""):
            if not when or int(when) == year:
                above[upper_code(code)] += 1
    if not above:
        return None
    (code, taken), *others = above.most_common()
    unit = area_at(code, year)
    if unit is None or 2 * taken <= above.total():
        return None
    # its own city was there beside it, and the place was split between this and another
    namesakes = (area_at(other, year) for other, _ in others)
    split = any(one and short_name(one.name) == short_name(area.name) for one in namesakes)
    return unit, 0 if split else taken
