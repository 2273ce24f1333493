"""What became of a county (撤县设区、更名、撤并): followed from year to year.

The source names the codes that followed each county. A county goes on in

1. the one unit that followed it (卢湾区 → 黄浦区, 2011; 密云县 → 密云区, 2015);
2. of several, the one of its own name (永年县 → 永年区, though two of its towns went elsewhere).

Where several followed and none has its name, it was divided (江干区, 2021). A county that began is followed
back to the one that became it, of several the one of its name; where none did, to those that gave up land
for it (临平区, 2021, from 余杭区).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from patentmetrics.places.codes import Area, area_at, areas, areas_by_code, upper_code
from patentmetrics.places.names import short_county_name
from patentmetrics.places.succession import area_in

_SUCCESSOR = re.compile(r"(\d{6})(?:\[(\d{4})\])?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A county in another year.

    Parameters
    ----------
    areas : tuple of Area
        What it is then: one unit; several where it was divided, or put together from several; none where
        the source knows of none. A county can become a city without counties (东莞市).
    certain : bool
        It goes on in one unit, and there is no other.
    merged : bool
        That unit is not it alone: it was there before, or several were put together.
    others : tuple of Area
        Units that took a part of it.
    """

    areas: tuple[Area, ...]
    certain: bool
    merged: bool = False
    others: tuple[Area, ...] = ()


def county_in(county: Area, year: int) -> Followed:
    """Follow a county to a year, forwards or backwards.

    Examples
    --------
    >>> luwan = next(area for area in areas() if area.name == "卢湾区")
    >>> [area.name for area in county_in(luwan, 2024).areas], county_in(luwan, 2024).merged
    (['黄浦区'], True)
    >>> linping = next(area for area in areas() if area.name == "临平区")
    >>> county_in(linping, 2010).certain, [area.name for area in county_in(linping, 2010).areas]
    (False, ['余杭区'])
    """
    if county.in_force(year):
        return Followed(areas=(county,), certain=True)
    return _forwards(county, year) if year > county.start else _backwards(county, year)


def city_of(county: Area, year: int) -> Area | None:
    """Give the city of a county in a year: prefecture or municipality; a prefecture is its own.

    None where the province governs the county itself (省直辖: 仙桃市), and of a year without such a city.

    Examples
    --------
    >>> pudong, xiantao = area_at("310115", 2020), area_at("429004", 2020)
    >>> city_of(pudong, 2020).name, city_of(xiantao, 2020)
    ('上海市', None)
    """
    return area_at(upper_code(county.code), year)


def followers(county: Area) -> tuple[Area, ...]:
    """Give the units that took a county as it ended, that of its own name first.

    Examples
    --------
    >>> [area.name for area in followers(area_at("130429", 2015))]
    ['永年区', '丛台区']
    """
    if county.end is None:
        return ()
    renamed = [one for one in areas_by_code()[county.code] if one.start == county.end]
    if renamed:
        return (renamed[0],)
    codes = [
        code
        for code, when in _SUCCESSOR.findall(county.successor or "")
        if not when or int(when) == county.end
    ]
    found = [area_at(code, county.end) for code in dict.fromkeys(codes)]
    return tuple(sorted((one for one in found if one), key=lambda one: not _namesakes(one, county)))


def _goes_on(county: Area) -> Area | None:
    """Give the unit a county goes on in; None where it was divided, and where none followed."""
    took = followers(county)
    if len(took) == 1 or (took and _namesakes(took[0], county) and not _namesakes(took[1], county)):
        return took[0]
    return None


def _namesakes(one: Area, other: Area) -> bool:
    return short_county_name(one.name) == short_county_name(other.name)


def _forwards(county: Area, year: int) -> Followed:
    last, merged = county, False
    others: tuple[Area, ...] = ()
    while last.level == "county" and last.end is not None and last.end <= year:
        following = _goes_on(last)
        if following is None:
            return _divided(last, year)
        others = (*others, *followers(last)[1:])
        # what takes a part of another is still itself
        merged = merged or (
            not _namesakes(following, last)
            and (following.start < last.end or len(_became().get(following, ())) > 1)
        )
        last = following
    if last.level != "county":
        last = area_in(last, year)
    found = last.in_force(year)
    return Followed(areas=(last,) if found else (), certain=found, merged=merged, others=others)


def _divided(county: Area, year: int) -> Followed:
    parts = tuple(dict.fromkeys(area for one in followers(county) for area in _at(one, year)))
    # the parts may have come together again
    return Followed(areas=parts, certain=len(parts) == 1, merged=len(parts) == 1)


def _at(area: Area, year: int) -> tuple[Area, ...]:
    if area.level == "county":
        return county_in(area, year).areas
    last = area_in(area, year)
    return (last,) if last.in_force(year) else ()


def _backwards(county: Area, year: int) -> Followed:
    last = county
    while year < last.start:
        before = _became().get(last, ())
        own = [one for one in before if _namesakes(one, last)]
        if len(before) == 1 or len(own) == 1:
            last = own[0] if own else before[0]
            if year < last.start or last.in_force(year):
                continue
        parts = [area for one in before or _gave(last) for area in _at(one, year)]
        return Followed(areas=tuple(dict.fromkeys(parts)), certain=False)
    return Followed(areas=(last,), certain=True)


@functools.cache
def _became() -> dict[Area, tuple[Area, ...]]:
    """Give the counties that go on in each unit that began as they ended."""
    found: dict[Area, tuple[Area, ...]] = {}
    for county in areas():
        if county.level == "county":
            following = _goes_on(county)
            if following is not None and following.start == county.end:
                found[following] = (*found.get(following, ()), county)
    return found


def _gave(unit: Area) -> tuple[Area, ...]:
    """Give the counties that a unit got land from as it began."""
    return _givers().get((unit.code, unit.start), ())


@functools.cache
def _givers() -> dict[tuple[str, int], tuple[Area, ...]]:
    found: dict[tuple[str, int], tuple[Area, ...]] = {}
    for county in areas():
        for code, when in _SUCCESSOR.findall(county.successor or ""):
            year = int(when) if when else county.end
            if county.level == "county" and year is not None:
                found[code, year] = (*found.get((code, year), ()), county)
    return found
