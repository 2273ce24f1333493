"""The chain province > city > county of an address, by trying all: the slow twin of the kernel.

Imports nothing from the package.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    province: int = 0  # first two digits of the code
    cities: frozenset[int] = frozenset()  # first four, as a city
    counties: frozenset[int] = frozenset()  # and as a county
    short: bool = False
    generic: bool = False
    skipped: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Words:
    names: dict[str, Name]
    streets: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    longest: int = field(default=30)


def is_sign(character: str) -> bool:
    code = ord(character)
    return (
        (code < 0x80 and not character.isalnum())
        or 0x80 <= code < 0xC0
        or 0x3000 <= code < 0x3020
        or 0x2000 <= code < 0x2040
    )


def names_at(text: str, at: int, words: Words) -> list[str]:
    """All names that begin here, the shortest first."""
    found = [text[at:end] for end in range(at + 1, min(len(text), at + words.longest) + 1)]
    return [one for one in found if one in words.names]


def is_street(text: str, at: int, words: Words, *, county: bool) -> bool:
    if county and any(text.startswith(word, at) for word in words.sites):
        return True
    for skipped in range(3):
        if all(one in words.between for one in text[at : at + skipped]) and any(
            text.startswith(word, at + skipped) for word in words.streets
        ):
            return True
    return False


def go_on(text: str, at: int, province: str | None, words: Words) -> int:
    while True:
        while at < len(text) and is_sign(text[at]):
            at += 1
        passed = [
            one
            for one in names_at(text, at, words)
            if words.names[one].skipped
            or (
                province is not None
                and words.names[one].province == words.names[province].province
                and not words.names[one].cities
            )
        ]
        if not passed:
            return at
        at += len(passed[-1])


def fits(chain: tuple[str | None, str | None, str | None], words: Words) -> bool:
    province, city, county = (words.names[one] if one else None for one in chain)
    if province and not province.province:
        return False
    if city and not city.cities:
        return False
    if county and not county.counties:
        return False
    if province and city and all(one // 100 != province.province for one in city.cities):
        return False
    if city and county and not city.cities & county.counties:
        return False
    if province and county and not city:
        return any(one // 100 == province.province for one in county.counties)
    return True


def chains_at(
    text: str, at: int, words: Words
) -> list[tuple[tuple[object, ...], tuple[str | None, ...], int]]:
    """All chains that begin here: what they are worth, the names, the end."""
    found = []
    for asked in itertools.product((True, False), repeat=3):
        partial: list[tuple[tuple[str | None, ...], int]] = [((), at)]
        for wanted in asked:
            grown = []
            for chain, end in partial:
                if not wanted:
                    grown.append(((*chain, None), end))
                    continue
                begin = go_on(text, end, chain[0] if chain else None, words) if any(chain) else end
                grown += [((*chain, one), begin + len(one)) for one in names_at(text, begin, words)]
            partial = grown
        for chain, end in partial:
            levels = sum(one is not None for one in chain)
            if not levels or not fits(chain, words):  # type: ignore[arg-type]
                continue
            last = [one for one in chain if one][-1]
            if words.names[last].short and is_street(text, end, words, county=chain[2] is not None):
                continue
            province, city, _ = chain
            worth = (
                levels,
                end,
                province is not None,
                len(province or ""),
                city is not None,
                len(city or ""),
            )
            found.append((worth, chain, end))
    return found


def find_chain(text: str, words: Words) -> tuple[str | None, str | None, str | None, str | None] | str:
    """Province, city, county, and a name that contradicts them; ``abroad`` for another country."""
    front, before = 0, -1
    while before < front:
        before = front
        while front < len(text) and (
            is_sign(text[front]) or (text[front].isascii() and text[front].isalnum())
        ):
            front += 1
        front = go_on(text, front, None, words)
    if any(words.names[one].foreign for one in names_at(text, front, words)):
        return "abroad"
    for at in range(front, len(text)):
        found = chains_at(text, at, words)
        if not found:
            continue
        _, chain, end = max(found, key=lambda one: one[0])  # type: ignore[arg-type, return-value]
        names = [one for one in chain if one]
        alone = words.names[names[0]]
        doubtful = alone.short or alone.generic or is_street(text, end, words, county=True)
        if len(names) == 1 and at > front and doubtful:
            continue
        province, city, county = further(text, end, chain, words)
        other = contradicting(text, end, (province, city), words) if county is None else None
        return province, city, county, other
    return None, None, None, None


def further(
    text: str, end: int, chain: tuple[str | None, ...], words: Words
) -> tuple[str | None, str | None, str | None]:
    province, city, county = chain
    at = end
    while county is None and at < len(text):
        step = 1
        taken = None
        for one in names_at(text, at, words):
            name = words.names[one]
            if name.short or name.generic or is_street(text, at + len(one), words, county=True):
                continue
            if name.counties and fits((province, city, one), words):
                taken, step = ("county", one), len(one)
            elif city is None and province is not None and name.cities and fits((province, one, None), words):
                taken, step = ("city", one), len(one)
        if taken:
            city, county = (taken[1], county) if taken[0] == "city" else (city, taken[1])
        at += step
    return province, city, county


def contradicting(text: str, end: int, chain: tuple[str | None, str | None], words: Words) -> str | None:
    at = go_on(text, end, chain[0], words)
    found = None
    for one in names_at(text, at, words):
        name = words.names[one]
        place = name.province or name.cities or name.counties
        whole = not (name.short or name.generic or is_street(text, at + len(one), words, county=False))
        if place and whole and one not in chain:
            found = one
    return found
