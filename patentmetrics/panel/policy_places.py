"""From the places that a policy names to the places of a panel (试点地区→面板地区): codes, and expansion.

A province stands for its cities, a city for its counties, by the codes of one base year. A place below the
level of the panel, a county of a city panel, is never taken for its city in silence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.panel.policies import Policy
from patentmetrics.places.codes import (
    LAST_YEAR,
    MUNICIPALITIES,
    Area,
    area_at,
    areas,
    areas_by_code,
    upper_code,
)
from patentmetrics.places.counties import county_in
from patentmetrics.places.names import areas_by_form, counties_by_name, plain_name
from patentmetrics.places.resolve import resolve_places

PanelLevel = Literal["province", "prefecture", "county"]
Below = Literal["error", "upper", "reject"]
Unresolved = Literal["error", "reject"]
Matching = Literal["codes", "as_written"]
LEVELS: tuple[PanelLevel, ...] = ("province", "prefecture", "county")
_CERTAIN = ("found", "former name", "later name")
_EXPANDED: dict[str, pl.DataType | type[pl.DataType]] = {
    "key": pl.String,
    "place": pl.String,
    "how": pl.String,
    "year": pl.Int32,
    "month": pl.Int8,
    "end": pl.Int32,
    "batch": pl.String,
}
REJECTED_PLACES: dict[str, pl.DataType | type[pl.DataType]] = {
    "policy": pl.String,
    "place": pl.String,
    "reason": pl.String,
    "near": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class PolicyPlaces:
    """The places of a policy as the places of a panel.

    Parameters
    ----------
    frame : polars.DataFrame
        ``key`` (code, or the name as written), ``place`` (as the list has it), ``how`` (``named``,
        ``expanded``, ``upper``), ``year, month, end, batch``; a key may occur several times.
    rejected : polars.DataFrame
        ``policy, place, reason, near``.
    counts : dict
        Places named = places used + places rejected; keys by how they came in.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    counts: dict[str, int]


def policy_places(
    policy: Policy,
    *,
    level: PanelLevel = "prefecture",
    below: Below = "error",
    unresolved: Unresolved = "error",
    places: Matching = "codes",
    base_year: int = LAST_YEAR,
) -> PolicyPlaces:
    """Bring the places of a policy to the level and the codes of a panel (试点地区归并).

    Parameters
    ----------
    policy : Policy
        The list.
    level : {'prefecture', 'county', 'province'}
        What a row of the panel is. A place above it is expanded: a province to its cities (the counties
        that it governs directly among them, 济源市), a city to its counties and districts.
    below : {'error', 'upper', 'reject'}
        What to do with a place below it, a district in a city panel: refuse; treat the place above
        (江津区: 重庆市); leave it out and count it.
    unresolved : {'error', 'reject'}
        What to do with a name that is no place, or could be two.
    places : {'codes', 'as_written'}
        ``as_written`` compares names letter by letter and expands nothing, for places without codes.
    base_year : int
        The year of the panel's codes.

    Returns
    -------
    PolicyPlaces

    Raises
    ------
    DataError
        A name cannot be resolved, or a place lies below the level, and that was not allowed.

    Examples
    --------
    >>> from patentmetrics.panel.policies import read_policy
    >>> found = policy_places(read_policy("bigdata_zone"))
    >>> found.counts["places"], found.frame["key"].n_unique(), found.frame["key"].to_list()[:2]
    (18, 64, ['520100', '520200'])
    """
    check_choice(level, LEVELS, argument="level")
    check_choice(below, ["error", "upper", "reject"], argument="below")
    check_choice(unresolved, ["error", "reject"], argument="unresolved")
    check_choice(places, ["codes", "as_written"], argument="places")
    if places == "as_written":
        named = policy.frame.select(
            pl.col("place").alias("key"),
            "place",
            pl.lit("named").alias("how"),
            *["year", "month", "end", "batch"],
        )
        counts = {"places": named.height, "places_used": named.height, "places_rejected": 0}
        return PolicyPlaces(frame=named, rejected=pl.DataFrame(schema=REJECTED_PLACES), counts=counts)

    meant = _meant(policy, base_year)
    rows: list[dict[str, object]] = []
    rejected: list[dict[str, object]] = []
    used = 0
    for row, (area, reason, near) in zip(policy.frame.iter_rows(named=True), meant, strict=True):
        keys, how = _at_level(area, level, below, base_year) if area else ([], "")
        if not keys:
            why = reason or f"lies below the level of the panel ({level})"
            told = near if reason or area is None else f"{area.name} {area.code}"
            rejected.append({"policy": policy.id, "place": row["place"], "reason": why, "near": told})
            continue
        used += 1
        rows += [
            {"key": key, "how": how}
            | {name: row[name] for name in ("place", "year", "month", "end", "batch")}
            for key in keys
        ]
    refused = pl.DataFrame(rejected, schema=REJECTED_PLACES)
    _refuse(policy, refused, below=below, unresolved=unresolved, level=level)
    frame = pl.DataFrame(rows, schema=_EXPANDED)
    counts = {
        "places": policy.frame.height,
        "places_used": used,
        "places_rejected": refused.height,
        "keys_by_expansion": frame.filter(pl.col("how") == "expanded").height,
        "places_taken_for_the_one_above": frame.filter(pl.col("how") == "upper").height,
    }
    return PolicyPlaces(frame=frame, rejected=refused, counts=counts)


def panel_codes(names: Sequence[str], *, level: PanelLevel, base_year: int = LAST_YEAR) -> pl.DataFrame:
    """Give the codes of a panel's places, one row a place in order: ``place, code, near``; null where none.

    A county that its province governs directly (仙桃市) counts as a city, as in yearbooks.

    Examples
    --------
    >>> panel_codes(["上海", "济源市", "P01"], level="prefecture")["code"].to_list()
    ['310000', '419001', None]
    """
    higher = resolve_places(
        list(names), level="province" if level == "province" else "prefecture", base_year=base_year
    )
    if level == "province":
        return higher.select("place", "code", "near")
    rows: list[tuple[str, str | None, str | None]] = []
    for name, city, close, status in higher.select("place", "code", "near", "status").rows():
        if level == "prefecture" and city and status in _CERTAIN:
            rows.append((name, city, None))
            continue
        county, near = _county_or_none(name, base_year, base_year)
        if level == "prefecture":
            # 石河子市 was a prefecture until 1985; a city that is no more (莱芜市) keeps its own code
            taken = county.code if county and _governed_directly(county.code) else city
            rows.append((name, taken, None if taken else close))
        else:
            # 东莞市 has no counties, and stands for itself
            alone = city if city and not _counties(city, base_year) else None
            rows.append((name, county.code if county else alone, near))
    return pl.DataFrame(rows, schema={"place": pl.String, "code": pl.String, "near": pl.String}, orient="row")


def same_prefecture(code: str) -> str:
    """Give what the counties of one prefecture share; a county governed by its province stands alone.

    Examples
    --------
    >>> same_prefecture("320583"), same_prefecture("310115"), same_prefecture("429004")
    ('320500', '310000', '429004')
    """
    return code if _governed_directly(code) else upper_code(code)


def _meant(policy: Policy, base_year: int) -> list[tuple[Area | None, str, str | None]]:
    """For each place of a list: what it is in the base year, or why that cannot be said."""
    frame = policy.frame
    found = resolve_places(
        pl.select(pl.coalesce(frame["code"], frame["place"])).to_series(),
        year=frame["year"],
        level="any",
        base_year=base_year,
    )
    meant: list[tuple[Area | None, str, str | None]] = []
    for (written, code, _, _, status, near), year in zip(found.rows(), frame["year"], strict=True):
        area = area_at(code, base_year) if status in _CERTAIN and code else None
        if area is not None:
            meant.append((area, "", None))
            continue
        county, close = _county_or_none(written, year, base_year)
        # a county: of several of its name, or merged or divided since
        why = "no one county goes on from it" if status == "other level" else f"the name is {status}"
        meant.append((county, "" if county else why, close or near))
    return meant


def _county_or_none(name: str, year: int, base_year: int) -> tuple[Area | None, str | None]:
    """Read a county: a code, an official name that only one county had in the year, or 重庆市江津区."""
    plain = plain_name(name)
    if re.fullmatch(r"\d{6}", plain):
        known = [area for area in areas_by_code().get(plain, ()) if area.level == "county"]
        candidates = [area for area in known if area.in_force(year)] or known[-1:]
    else:
        known = list(counties_by_name().get(plain, ())) or _behind(plain)
        candidates = [area for area in known if area.in_force(year)] or known
    followed = [county_in(one, base_year) for one in candidates]
    goes_on = {area.code: area for one in followed if one.certain and not one.merged for area in one.areas}
    if len(goes_on) == 1:
        return next(iter(goes_on.values())), None
    # divided or merged: what it became; else the counties of this name
    near = [area for one in followed for area in one.areas] if len(candidates) == 1 else candidates
    return None, "; ".join(f"{one.name} {one.code}" for one in near[:5]) or None


def _behind(name: str) -> list[Area]:
    """Read a county behind its province or city, or both: 江苏省昆山市, 苏州昆山市, 江苏省苏州市昆山市."""
    found: dict[str, Area] = {}
    for end in range(2, len(name) - 1):
        rest = name[end:]
        for upper in areas_by_form().get(name[:end], ()):
            head = upper.code[:2] if upper.level == "province" else upper.code[:4]
            inside = counties_by_name().get(rest, ()) or _behind(rest)
            found |= {f"{one.code} {one.start}": one for one in inside if one.code.startswith(head)}
    return list(found.values())


def _governed_directly(code: str) -> bool:
    return code[2:4] == "90"


def _at_level(area: Area, level: PanelLevel, below: Below, base_year: int) -> tuple[list[str], str]:
    """Give the keys of a place at a level, and how they came; no key where the place lies below it."""
    city = area.level == "prefecture" or area.code in MUNICIPALITIES or _governed_directly(area.code)
    if level == "county":
        inside = () if area.level == "county" else _counties(area.code, base_year)
        # 东莞市 and 中山市 have no counties: they stand for themselves
        return (list(inside), "expanded") if inside else ([area.code], "named")
    if level == "prefecture" and city:
        return [area.code], "named"
    if level == "prefecture" and area.level == "province":
        return list(_cities(area.code, base_year)), "expanded"
    if level == "province" and area.level == "province":
        return [area.code], "named"
    upper = f"{area.code[:2]}0000" if level == "province" else upper_code(area.code)
    return ([upper], "upper") if below == "upper" else ([], "")


@functools.cache
def _cities(province: str, year: int) -> tuple[str, ...]:
    return tuple(
        area.code
        for area in areas()
        if area.code[:2] == province[:2]
        and area.in_force(year)
        and (area.level == "prefecture" or (area.level == "county" and _governed_directly(area.code)))
    )


@functools.cache
def _counties(upper: str, year: int) -> tuple[str, ...]:
    head = upper[:2] if upper.endswith("0000") else upper[:4]
    return tuple(
        area.code
        for area in areas()
        if area.level == "county" and area.code.startswith(head) and area.in_force(year)
    )


def _refuse(
    policy: Policy, refused: pl.DataFrame, *, below: Below, unresolved: Unresolved, level: PanelLevel
) -> None:
    low = refused.filter(pl.col("reason").str.starts_with("lies below"))
    unknown = refused.filter(~pl.col("reason").str.starts_with("lies below"))
    if unknown.height and unresolved == "error":
        raise DataError(
            f"{unknown.height} places of the policy cannot be resolved",
            where=f"policy {policy.id}",
            got=_named(unknown),
            hint="correct them, give their codes, or leave them out with unresolved='reject'",
        )
    if low.height and below == "error":
        raise DataError(
            f"{low.height} places of the policy lie below the level of the panel ({level})",
            where=f"policy {policy.id}",
            got=_named(low),
            hint="below='upper' treats the place above them, below='reject' leaves them out and counts them",
        )


def _named(rejected: pl.DataFrame) -> str:
    told: Iterable[str] = (
        f"{place} ({near})" if near else f"{place}" for place, near in rejected.select("place", "near").rows()
    )
    return ", ".join(told)
