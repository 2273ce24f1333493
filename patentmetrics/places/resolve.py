"""From the name of a place to its code (地名→行政区划代码), never by a guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.places.chains import lies_in, resolve_chain
from patentmetrics.places.codes import LAST_YEAR, MUNICIPALITIES, Area, areas_by_code, upper_code
from patentmetrics.places.names import (
    areas_by_form,
    counties_by_form,
    counties_by_name,
    near_forms,
    plain_name,
    short_name,
)
from patentmetrics.places.succession import area_in, successor

Level = Literal["province", "prefecture", "county", "any"]
LEVELS: tuple[Level, ...] = ("province", "prefecture", "county", "any")
RESOLVED_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "code": pl.String,
    "name": pl.String,
    "level": pl.String,
    "status": pl.String,
    "near": pl.String,
}
_CODE = re.compile(r"(\d{6})(?:0{6})?")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a name was found to mean: a place, or a reason why none can be said, with places near by."""

    status: str
    area: Area | None = None
    near: tuple[str, ...] = ()


def resolve_places(
    names: Sequence[str | None] | pl.Series,
    *,
    year: int | Sequence[int | None] | pl.Series | None = None,
    level: Level = "prefecture",
    base_year: int | None = LAST_YEAR,
) -> pl.DataFrame:
    """Resolve names of places to codes of GB/T 2260 (地名归并到行政区划代码).

    Read are official names, names without their kind (上海, 甘孜, 海南州), names with the province in front
    (青海海南, 四川省成都市), earlier names (襄樊), and codes (330100). A name that can mean two places is not
    guessed.

    Parameters
    ----------
    names : sequence of str or polars.Series
        Null gives null.
    year : int, sequence of int or polars.Series, optional
        The year in which the name was written, one for all or one for each; without it the names in force
        today come before those of the past.
    level : {'prefecture', 'province', 'county', 'any'}
        Which places are meant; ``any`` is a province or prefecture. ``prefecture`` are cities, prefectures,
        leagues and autonomous prefectures with the four municipalities (上海), which are provinces and count
        as cities. A name that a prefecture shares with a province (吉林, 海南) is ambiguous unless
        ``province`` is asked for.
        ``county`` are counties, districts, banners and cities at county level, with the names of province
        and prefecture in front (江苏昆山, 南京市鼓楼区) or not; the code says which prefecture it is in.
    base_year : int, optional
        The year whose codes are given, so that a place has one code over time: 毕节地区 of 2008 is 520500
        毕节市. None gives the codes of ``year``, name by name.

    Returns
    -------
    polars.DataFrame
        One row a name, in order: ``place`` (as given), ``code``, ``name`` (official, in the base year),
        ``level`` (``province``, ``prefecture``, ``county``), ``status``, ``near``. The status is one of

        - ``found``: the name was in force in the year;
        - ``former name``, ``later name``: it was before, or only later; the place is certain;
        - ``merged``, ``divided``: of counties, see `patentmetrics.places.addresses.resolve_addresses`;
        - ``abolished``, ``founded later``: so it is called, but the base year has no such place; code and
          name are its own, and ``near`` is what took it over (莱芜市: 济南市);
        - ``ambiguous``, ``other level``, ``unknown``, ``missing``: code and name are null, and ``near``
          lists what it may have meant.

    Raises
    ------
    SettingError
        The level is unknown, or the years are not as many as the names.

    Source: codes of 1981 to 2024 as collected in github.com/yescallop/areacodes (CC0).

    Examples
    --------
    >>> found = resolve_places(["上海", "海南州", "毕节地区", "吉林"])
    >>> found.select("code", "name", "status").rows()  # doctest: +NORMALIZE_WHITESPACE
    [('310000', '上海市', 'found'), ('632500', '海南藏族自治州', 'found'),
     ('520500', '毕节市', 'former name'), (None, None, 'ambiguous')]
    """
    check_choice(level, LEVELS, argument="level")
    written = list(names)
    years = _years(year, len(written))
    known: dict[tuple[str, int | None], _Found] = {}
    rows: list[tuple[str | None, ...]] = []
    for name, when in zip(written, years, strict=True):
        plain = plain_name(name) if name else ""
        key = (plain, when)
        if key not in known:
            known[key] = _resolve(plain, when, level, base_year)
        found = known[key]
        area = found.area
        rows.append(
            (
                name,
                area.code if area else None,
                area.name if area else None,
                area.level if area else None,
                found.status,
                "; ".join(found.near) or None,
            )
        )
    return pl.DataFrame(rows, schema=RESOLVED_SCHEMA, orient="row")


def _years(year: int | Sequence[int | None] | pl.Series | None, n: int) -> list[int | None]:
    if year is None or isinstance(year, int):
        return [year] * n
    years = list(year)
    if len(years) != n:
        raise SettingError("there are not as many years as names", where="year", got=f"{len(years)} and {n}")
    return years


def _resolve(name: str, year: int | None, level: Level, base_year: int | None) -> _Found:
    if not name:
        return _Found(status="missing")
    if level == "county":
        return _county(name, year, base_year)
    candidates = _meant(name, level)
    if not candidates:
        return _Found(status="unknown", near=_near(name, level))
    if not any(_at_level(area, level) for area in candidates):
        still = [area for area in candidates if area.end is None]
        return _Found(status="other level", near=_listed(still or candidates))
    now = year or LAST_YEAR
    in_force = [area for area in candidates if area.in_force(now)]
    pool = in_force or candidates
    base = now if base_year is None else base_year
    at_base = [area_in(area, base) for area in pool]
    if len({area.code for area in at_base}) > 1:
        return _Found(status="ambiguous", near=_listed(at_base))
    return _at_base(pool[-1], at_base[-1], now, base)


def _at_base(area: Area, last: Area, now: int, base: int) -> _Found:
    if not last.in_force(base):
        taken_by = successor(last)
        status = "founded later" if base < last.start else "abolished"
        return _Found(status=status, area=last, near=_listed([taken_by] if taken_by else []))
    if area.in_force(now):
        return _Found(status="found", area=last)
    return _Found(status="later name" if now < area.start else "former name", area=last)


def _meant(name: str, level: Level) -> tuple[Area, ...]:
    """Give all places of all years that a name or code can mean, at the level or above it."""
    code = _CODE.fullmatch(name)
    if code:
        return _of_code(code[1])
    found = areas_by_form().get(name, ())
    provinces = tuple(area for area in found if area.level == "province")
    if level == "province" and provinces:
        return provinces
    return found or _behind_province(name) or counties_by_name().get(name, ())


def _of_code(code: str) -> tuple[Area, ...]:
    # 310100 and 310200 are what statistics call the districts and the counties of a municipality
    if code[2:] in {"0100", "0200"} and upper_code(code) in MUNICIPALITIES:
        code = upper_code(code)
    return areas_by_code().get(code, ())


def _behind_province(name: str) -> tuple[Area, ...]:
    """Read 青海海南, 四川省成都市: the part behind a province, within it."""
    for end in range(2, len(name) - 1):
        province = next((one for one in areas_by_form().get(name[:end], ()) if one.level == "province"), None)
        if province is None:
            continue
        inside = tuple(
            area
            for area in areas_by_form().get(name[end:], ())
            if area.code[:2] == province.code[:2] and area.level == "prefecture"
        )
        if inside:
            return inside
    return ()


def _county(name: str, year: int | None, base_year: int | None) -> _Found:
    code = _CODE.fullmatch(name)
    chain = [_of_code(code[1])] if code else _chain_to_county(name)
    if not chain[-1]:
        return _Found(status="unknown", near=_near_counties(name))
    form = chain[-1][0].name if code else name
    found = resolve_chain(chain, form=form, short=False, year=year, base_year=base_year, level="county")
    return _Found(status=found.status, area=found.area, near=found.near)


def _chain_to_county(name: str) -> list[tuple[Area, ...]]:
    """Read 昆山, 江苏昆山, 苏州市昆山市, 江苏省苏州昆山: the counties, and what stands before them."""
    counties = counties_by_form()
    if name in counties:
        return [counties[name]]
    for end in range(2, len(name) - 1):
        front = areas_by_form().get(name[:end], ()) or _behind_province(name[:end])
        inside = tuple(
            county for county in counties.get(name[end:], ()) if any(lies_in(county, one) for one in front)
        )
        if inside:
            return [front, inside]
    # a province or prefecture, which is no county
    return [areas_by_form().get(name, ()) or _behind_province(name)]


def _near_counties(name: str) -> tuple[str, ...]:
    close = difflib.get_close_matches(name, counties_by_form(), n=3, cutoff=0.6)
    return _listed(area for form in close for area in counties_by_form()[form] if area.end is None)


def _at_level(area: Area, level: Level) -> bool:
    if level == "prefecture":
        return area.level == "prefecture" or area.code in MUNICIPALITIES
    return area.level == "province" or (level == "any" and area.level == "prefecture")


def _listed(candidates: Iterable[Area]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{area.name} {area.code}" for area in candidates))


def _near(name: str, level: Level) -> tuple[str, ...]:
    # 无锡市 is near 无锅市 by its first character, not by 市, which all cities share
    forms = [
        form
        for form in near_forms(name)
        if any(_at_level(area, level) and area.end is None for area in areas_by_form()[form])
    ]
    close = difflib.get_close_matches(name, forms, n=3, cutoff=0.6)
    if not close:
        close = [form for form in forms if len(short_name(form)) > 1 and name.startswith(short_name(form))][
            :3
        ]
    areas = [area for form in close for area in areas_by_form()[form] if area.end is None]
    return _listed(areas)
