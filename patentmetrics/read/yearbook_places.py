"""Which place a row of a yearbook is about, and of which level: a city, a province, a total (地区层级)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from patentmetrics.places.resolve import resolve_places

MUNICIPALITIES = frozenset(("110000", "120000", "310000", "500000"))
_TOTAL = re.compile(
    r"(?:全国|全省|全区|全市|总计|合计|总量|小计|平均|平均值|(?:东|中|西)部(?:地区)?|东北(?:地区)?|地级(?:及以上)?(?:城)?市(?:合计|总计)?"
    r"|县级市(?:合计|总计)?|城市(?:合计|总计))"
)
_NEAR = re.compile(r"(\S+) (\d{6})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A name with its code and level; both null where the name is not known."""

    name: str
    code: str | None = None
    level: str | None = None


def named_places(names: Sequence[str], *, year: int | None = None) -> list[Named]:
    """Give codes and levels of the names of a table, in their order.

    A name that a province shares with a city (吉林, 海南) is the province where it stands before cities of
    that province, or where it stands first of two; the second is the city. Without such a sign the level
    is null.

    Parameters
    ----------
    names : sequence of str
        Without spaces and marks, in the order of the table.
    year : int, optional
        In which they were written.

    Examples
    --------
    >>> [(one.code, one.level) for one in named_places(["吉林", "长春", "吉林", "全国"])]
    [('220000', 'province'), ('220100', 'prefecture'), ('220200', 'prefecture'), (None, 'total')]
    """
    found = resolve_places(list(names), year=year, level="any")
    places = [
        _named(name, code, level, status, near)
        for name, code, level, status, near in found.select("place", "code", "level", "status", "near").rows()
    ]
    shared = [
        place if status == "ambiguous" else None for place, status in found.select("place", "status").rows()
    ]
    if not any(shared):
        return places
    often = Counter(name for name in shared if name)
    seen: Counter[str] = Counter()
    for number, name in enumerate(shared):
        if name is None:
            continue
        meant = dict(_NEAR.findall(found["near"][number] or ""))
        province = next((code for code in meant.values() if code.endswith("0000")), None)
        cities = [code for code in meant.values() if not code.endswith("0000")]
        if province is None:
            continue
        if often[name] == 2 and seen[name] == 1 and len(cities) == 1:
            places[number] = Named(name=name, code=cities[0], level="prefecture")
        elif (often[name] == 2 and seen[name] == 0) or _leads(places, number, province):
            places[number] = Named(name=name, code=province, level="province")
        seen[name] += 1
    return places


def _named(name: str, code: str | None, level: str | None, status: str, near: str | None) -> Named:
    if code is not None:
        return Named(name=name, code=code, level="municipality" if code in MUNICIPALITIES else level)
    if _TOTAL.fullmatch(name):
        return Named(name=name, level="total")
    if status == "other level":
        found = _NEAR.findall(near or "")
        # a county that several prefectures have (朝阳区) has a level, and no code
        return Named(name=name, code=found[0][1] if len(found) == 1 else None, level="county")
    return Named(name=name)


def _leads(places: list[Named], number: int, province: str) -> bool:
    """Say whether the next place is of the province, and the one before is not."""
    after = next((one.code for one in places[number + 1 :] if one.code), None)
    before = next((one.code for one in reversed(places[:number]) if one.code), None)
    return after is not None and after[:2] == province[:2] and (before is None or before[:2] != province[:2])
