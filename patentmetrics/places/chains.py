"""What a chain of names (省 > 市 > 县) means in a year, and what it is in the base year."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from patentmetrics.places.codes import LAST_YEAR, MUNICIPALITIES, Area, areas_by_code
from patentmetrics.places.counties import city_of, county_in
from patentmetrics.places.succession import area_in, successor

AddressLevel = Literal["city", "county"]
ADDRESS_LEVELS: tuple[AddressLevel, ...] = ("city", "county")
_ORDER = {"province": 0, "prefecture": 1, "county": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What an address means, at a level, in the base year; see `patentmetrics.places.addresses`."""

    status: str
    area: Area | None = None
    province: Area | None = None
    city: Area | None = None
    county: Area | None = None
    named: Area | None = None
    near: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Based:
    """One place in the base year: its city and county where they are certain, and what took a part."""

    city: Area | None = None
    county: Area | None = None
    merged: bool = False
    took: tuple[Area, ...] = ()


def resolve_chain(
    meanings: Sequence[tuple[Area, ...]],
    *,
    form: str,
    short: bool,
    year: int | None,
    base_year: int | None,
    level: AddressLevel,
) -> Meant:
    """Resolve a chain of names, the widest first, each with all places that it can mean.

    Parameters
    ----------
    meanings : sequence of tuple of Area
        One entry a name.
    form : str
        The last name, as it is written.
    short : bool
        It does not say its kind (海淀).
    year, base_year, level
        See `patentmetrics.places.addresses.resolve_addresses`.

    Examples
    --------
    >>> from patentmetrics.places.names import areas_by_form, counties_by_form
    >>> chain = [areas_by_form()["巢湖市"], counties_by_form()["无为县"]]
    >>> found = resolve_chain(
    ...     chain, form="无为县", short=False, year=2005, base_year=2024, level="county"
    ... )
    >>> found.area.name, found.city.name, found.named.code
    ('无为市', '芜湖市', '341422')
    """
    now = year or LAST_YEAR
    base = now if base_year is None else base_year
    leaves = _leaves(meanings, short=short)
    if not leaves:
        return Meant(status="unknown")
    if short and len(meanings) == 1 and leaves[0].level == "county":
        # 东方明珠大厦 is not in 东方市
        return Meant(status="unknown", near=listed(area for area in leaves if area.in_force(now)))
    pool = _in_time(leaves, now)
    # 万县 is so called itself, and 万县市 is not
    pool = [area for area in pool if area.name == form] or pool
    based = [_in_base_year(area, base) for area in pool]
    if _is_doubtful(pool, based, level):
        near = listed(_at_level(one, level) or area for one, area in zip(based, pool, strict=True))
        return Meant(status="ambiguous", near=near, province=_common_province(pool))
    # of several rows of one place, as where codes were numbered anew, the last
    named, here = pool[-1], based[-1]
    if len({one.county for one in based}) > 1:
        here = dataclasses.replace(here, county=None)
    return _as_meant(named, here, now=now, base=base, level=level)


def _is_doubtful(pool: Sequence[Area], based: Sequence[_Based], level: AddressLevel) -> bool:
    if len({one.city if level == "city" else one.county for one in based}) > 1:
        return True
    # 吉林 is a province and a city
    return len({area.level for area in pool if area.level != "county"}) > 1


def _common_province(pool: Sequence[Area]) -> Area | None:
    codes = {f"{area.code[:2]}0000" for area in pool}
    return areas_by_code()[codes.pop()][-1] if len(codes) == 1 else None


def _as_meant(named: Area, here: _Based, *, now: int, base: int, level: AddressLevel) -> Meant:
    found = Meant(
        status="found",
        area=here.city if level == "city" else here.county,
        province=_common_province([here.city or here.county or named]),
        city=here.city,
        county=here.county,
        named=named,
        near=listed(here.took),
    )
    area = found.area
    if area is not None and not area.in_force(base):
        taken_by = successor(area) if area.level != "county" else None
        status = "founded later" if base < area.start else "abolished"
        return dataclasses.replace(found, status=status, near=listed([taken_by]))
    if area is None:
        return _without(found, base=base, level=level)
    if here.merged:
        return dataclasses.replace(found, status="merged")
    if named.in_force(now):
        return found
    return dataclasses.replace(found, status="later name" if now < named.start else "former name")


def _without(found: Meant, *, base: int, level: AddressLevel) -> Meant:
    """Say why there is nothing at the level in the base year; a county that is not there then is itself."""
    named = found.named
    if named is not None and named.level == "county" and not named.in_force(base):
        lasts = found.county is None and county_in(named, base).certain
        if not lasts and (level == "county" or found.city is None):
            status = "founded later" if base < named.start else "divided"
            return dataclasses.replace(found, status=status, area=named if level == "county" else None)
    wider = [found.county or named] if level == "city" else [found.city or named]
    return dataclasses.replace(found, status="other level", near=listed(wider))


def _at_level(one: _Based, level: AddressLevel) -> Area | None:
    return one.city if level == "city" else (one.county or one.city)


def _leaves(meanings: Sequence[tuple[Area, ...]], *, short: bool) -> list[Area]:
    """Give the places that the last name can mean within those before it."""
    found: list[Area] = []
    for chain in itertools.product(*meanings):
        levels = [_ORDER[area.level] for area in chain]
        if levels == sorted(set(levels)) and all(
            lies_in(inner, outer) for outer, inner in itertools.pairwise(chain)
        ):
            found.append(chain[-1])
    found = list(dict.fromkeys(found))
    # 西安 is 西安市, and not 西安区 of two other cities
    wider = [area for area in found if area.level != "county"]
    return wider if short and wider else found


def lies_in(inner: Area, outer: Area) -> bool:
    """Say whether a place lies in a wider one, by its code or by that of what it became.

    Examples
    --------
    >>> from patentmetrics.places.codes import area_at
    >>> lies_in(area_at("341402", 2005), area_at("340100", 2024))
    True
    """
    if outer.level == "province":
        return inner.code[:2] == outer.code[:2]
    # 居巢区 of 巢湖市 is 巢湖市 in 合肥市 today, and so 合肥市居巢区 is written too
    later = county_in(inner, LAST_YEAR).areas
    return any(area.code[:4] == outer.code[:4] for area in (inner, *later))


def _in_time(leaves: list[Area], now: int) -> list[Area]:
    """Give those in force in the year; else those whose time is nearest to it, of these the widest."""
    in_force = [area for area in leaves if area.in_force(now)]
    if in_force:
        return in_force

    def distance(area: Area) -> tuple[int, int]:
        years = area.start - now if now < area.start else now - (area.end or now)
        return years, _ORDER[area.level]

    nearest = min(map(distance, leaves))
    return [area for area in leaves if distance(area) == nearest]


def _in_base_year(area: Area, base: int) -> _Based:
    if area.level == "province":
        return _Based(city=area if area.code in MUNICIPALITIES else None)
    if area.level == "prefecture":
        return _Based(city=area_in(area, base))
    then = county_in(area, base)
    cities = {city_of(one, base) for one in then.areas}
    return _Based(
        city=cities.pop() if len(cities) == 1 else None,
        county=then.areas[0] if then.certain and then.areas[0].level == "county" else None,
        merged=then.merged,
        took=then.others if then.certain else then.areas,
    )


def listed(found: Iterable[Area | None]) -> tuple[str, ...]:
    """Write places as 玄武区 320102, each once.

    Examples
    --------
    >>> from patentmetrics.places.codes import area_at
    >>> listed([area_at("310000", 2020), None, area_at("310000", 2020)])
    ('上海市 310000',)
    """
    return tuple(dict.fromkeys(f"{area.name} {area.code}" for area in found if area))
