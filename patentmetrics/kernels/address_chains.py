"""The chain province > city > county of an address, out of all names of places that stand in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.automaton import read_character

# b bytes, a addresses, h hits, w terms, m memberships, k guards

PROVINCE, CITY, COUNTY, SKIPPED, FOREIGN, SHORT, GENERIC = 1, 2, 4, 8, 16, 32, 64
STREET, SITE, BETWEEN = 1, 2, 4  # marks
ANY_PLACE = PROVINCE | CITY | COUNTY
CHAIN = 4  # up to three terms of a chain, and one that contradicts it
NONE = -1
ABROAD = -2


class Gazetteer(NamedTuple):
    """What terms can mean."""

    length: NDArray[np.int64]  # (w) bytes
    kind: NDArray[np.int64]  # (w) sum of the constants above
    province: NDArray[np.int64]  # (w) first two digits of the code where it can be a province, else 0
    first: NDArray[np.int64]  # (w + 1) where the memberships of each term begin
    city: NDArray[np.int64]  # (m) first four digits of the code of each city, and of a county's
    county: NDArray[np.bool_]  # (m) whether it is as a county that the term is there
    street: NDArray[np.uint8]  # UTF-8 of the words before which a short name is no place: 路, 大街
    street_first: NDArray[np.int64]  # (k + 1)
    site: NDArray[np.uint8]  # and of those before which only the short name of a county is none: 门, 山
    site_first: NDArray[np.int64]
    between: NDArray[np.uint8]  # UTF-8 of the characters that may stand before them: 东, 一
    between_first: NDArray[np.int64]
    marks: NDArray[np.uint8]  # of each character, see `read_character`: which of these begin with it


@kernel
def _begins_one_of(
    data: NDArray[np.uint8], at: int, stop: int, words: NDArray[np.uint8], first: NDArray[np.int64]
) -> int:
    """Give the length of the word that stands at a byte, or 0."""
    for w in range(len(first) - 1):
        size = first[w + 1] - first[w]
        if at + size <= stop:
            same = True
            for i in range(size):
                if data[at + i] != words[first[w] + i]:
                    same = False
                    break
            if same:
                return int(size)
    return 0


@kernel
def _is_street(data: NDArray[np.uint8], at: int, stop: int, places: Gazetteer, county: bool) -> bool:
    """Say whether a street's word stands at a byte, behind two of the characters between at most."""
    for skipped in range(3):
        if at >= stop:
            return False
        # nearly always the first character says no
        mark = places.marks[read_character(data, at)[0]]
        if mark & STREET and _begins_one_of(data, at, stop, places.street, places.street_first):
            return True
        site = county and skipped == 0 and mark & SITE != 0
        if site and _begins_one_of(data, at, stop, places.site, places.site_first):
            return True
        size = _begins_one_of(data, at, stop, places.between, places.between_first) if mark & BETWEEN else 0
        if size == 0:
            return False
        at += size
    return False


@kernel
def _behind_signs(data: NDArray[np.uint8], at: int, stop: int, digits: bool) -> int:
    """Give the byte behind signs, and with ``digits`` behind ASCII letters and digits too."""
    while at < stop:
        c = data[at]
        if c < 0x80:
            word = (48 <= c <= 57) or (65 <= c <= 90) or (97 <= c <= 122)
            if word and not digits:
                break
            at += 1
        elif c == 0xE3 and at + 2 < stop and data[at + 1] == 0x80 and data[at + 2] < 0xA0:
            at += 3  # 、。【】
        elif c == 0xC2 and at + 1 < stop:
            at += 2  # the middle dot
        elif c == 0xE2 and at + 2 < stop and data[at + 1] == 0x80:
            at += 3  # dashes, quotes
        else:
            break
    return at


@kernel
def _city_in_province(places: Gazetteer, city: int, province: int, as_county: bool) -> bool:
    for m in range(places.first[city], places.first[city + 1]):
        if places.county[m] == as_county and places.city[m] // 100 == places.province[province]:
            return True
    return False


@kernel
def _county_in_city(places: Gazetteer, county: int, city: int) -> bool:
    for m in range(places.first[county], places.first[county + 1]):
        if places.county[m]:
            for n in range(places.first[city], places.first[city + 1]):
                if not places.county[n] and places.city[n] == places.city[m]:
                    return True
    return False


@kernel
def _fits(places: Gazetteer, term: int, level: int, province: int, city: int) -> bool:
    """Say whether a term can be a place of a level within a chain's province and city (or −1)."""
    if not places.kind[term] & level:
        return False
    if level == CITY:
        return province < 0 or _city_in_province(places, term, province, False)
    if city >= 0:
        return _county_in_city(places, term, city)
    return province < 0 or _city_in_province(places, term, province, True)


@kernel
def _next_hit(place: NDArray[np.int64], h: int, last: int, at: int) -> int:
    """Give the first hit at or behind a byte."""
    while h < last and place[h] < at:
        h += 1
    return h


@kernel
def _go_on(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    province: int,
    places: Gazetteer,
) -> tuple[int, int]:
    """Go behind signs, skipped terms and the name of the same municipality again: byte, first hit there."""
    while True:
        at = _behind_signs(data, at, stop, False)
        h = _next_hit(place, h, last, at)
        longest = 0
        i = h
        while i < last and place[i] == at:
            one = term[i]
            again = (
                province >= 0
                and places.kind[one] & PROVINCE
                and places.province[one] == places.province[province]
                and not places.kind[one] & CITY
            )
            if places.kind[one] & SKIPPED or again:
                longest = max(longest, places.length[one])
            i += 1
        if longest == 0:
            return at, h
        at += longest


@kernel
def _county_at(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    province: int,
    city: int,
    places: Gazetteer,
) -> tuple[int, int]:
    """Give the longest county that stands at a byte, or −1, and its end."""
    found, end = NONE, at
    while h < last and place[h] == at:
        # the shorter stand first
        one = term[h]
        here = at + places.length[one]
        if _fits(places, one, COUNTY, province, city) and not (
            places.kind[one] & SHORT and _is_street(data, here, stop, places, True)
        ):
            found, end = one, here
        h += 1
    return found, end


@kernel
def _below(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    province: int,
    places: Gazetteer,
) -> tuple[int, int, int, int]:
    """Give the best of a city, with a county behind it or not, and of a county alone, at a byte.

    Levels, end, city, county; most levels first, then the longest, then the city.
    """
    county, end = _county_at(data, at, stop, term, place, h, last, province, NONE, places)
    levels, city = (1 if county >= 0 else 0), NONE
    i = h
    while i < last and place[i] == at:
        one = term[i]
        i += 1
        if not _fits(places, one, CITY, province, NONE):
            continue
        here = at + places.length[one]
        behind, h2 = _go_on(data, here, stop, term, place, i, last, province, places)
        inside, there = _county_at(data, behind, stop, term, place, h2, last, province, one, places)
        more = 1
        if inside >= 0:
            more, here = 2, there
        elif places.kind[one] & SHORT and _is_street(data, here, stop, places, False):
            continue
        if more > levels or (more == levels and here >= end):
            levels, end, city, county = more, here, one, inside
    return levels, end, city, county


@kernel
def _best_chain(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    places: Gazetteer,
    chain: NDArray[np.int64],  # (3) out: province, city, county
) -> tuple[int, int]:
    """Find the chain that begins at a byte with most levels, then the longest: its end, and levels."""
    levels, end, chain[1], chain[2] = _below(data, at, stop, term, place, h, last, NONE, places)
    chain[0] = NONE
    i = h
    while i < last and place[i] == at:
        one = term[i]
        i += 1
        here = at + places.length[one]
        if not places.kind[one] & PROVINCE:
            continue
        behind, h2 = _go_on(data, here, stop, term, place, i, last, one, places)
        more, there, city, county = _below(data, behind, stop, term, place, h2, last, one, places)
        if more:
            here = there
        elif places.kind[one] & SHORT and _is_street(data, here, stop, places, False):
            continue
        if more + 1 > levels or (more + 1 == levels and here >= end):
            levels, end = more + 1, here
            chain[0], chain[1], chain[2] = one, city, county
    return end, levels


@kernel
def find_chains(
    data: NDArray[np.uint8],  # (b) UTF-8
    offset: NDArray[np.int64],  # (a + 1)
    first: NDArray[np.int64],  # (a + 1) from find_terms, not the longest only
    term: NDArray[np.int64],  # (h)
    place: NDArray[np.int64],  # (h)
    places: Gazetteer,
) -> NDArray[np.int32]:
    """Find the chain of each address: terms of province, city, county, and one that contradicts it, (a, 4).

    −1 where there is none; −2 as the province of an address that begins with another country. The chain
    begins at the leftmost name with which one can begin. Its names follow one another, with signs and
    skipped terms between; a whole name of a county (市, 区, 县, 旗), not of a street, may also stand further
    on, if it lies in what was found before. A name that is short, or stands behind other words, begins no
    chain where a street's word follows.
    """
    found = np.full((len(offset) - 1, CHAIN), NONE, np.int32)
    chain = np.empty(3, np.int64)
    for a in range(len(offset) - 1):
        stop, last = offset[a + 1], first[a + 1]
        front, h = _front(data, offset[a], stop, term, place, first[a], last, places)
        if _is_abroad(term, place, h, last, front, places):
            found[a, 0] = ABROAD
            continue
        end, h = _first_chain(data, front, stop, term, place, h, last, places, chain)
        if h == last:
            continue
        _add_further(data, end, stop, term, place, h, last, places, chain)
        found[a, :3] = chain
        if chain[2] < 0:
            found[a, 3] = _contradicting(data, end, stop, term, place, h, last, places, chain)
    return found


@kernel
def _front(
    data: NDArray[np.uint8],
    at: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    places: Gazetteer,
) -> tuple[int, int]:
    """Go behind postal codes, signs and skipped terms at the front of an address: byte, first hit there."""
    before = -1
    while before < at:
        before = at
        at = _behind_signs(data, at, stop, True)
        at, h = _go_on(data, at, stop, term, place, h, last, NONE, places)
    return at, h


@kernel
def _is_abroad(
    term: NDArray[np.int64], place: NDArray[np.int64], h: int, last: int, front: int, places: Gazetteer
) -> bool:
    while h < last and place[h] == front:
        if places.kind[term[h]] & FOREIGN:
            return True
        h += 1
    return False


@kernel
def _first_chain(
    data: NDArray[np.uint8],
    front: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    places: Gazetteer,
    chain: NDArray[np.int64],  # (3) out
) -> tuple[int, int]:
    """Find the leftmost chain: its end, and its first hit; ``last`` where there is none."""
    while h < last:
        at = place[h]
        end, levels = _best_chain(data, at, stop, term, place, h, last, places, chain)
        if levels == 1 and at > front:
            # behind other words a name alone must say its kind, and not be a street's
            alone = max(chain[0], chain[1], chain[2])
            if places.kind[alone] & (SHORT | GENERIC) or _is_street(data, end, stop, places, True):
                levels = 0
        if levels:
            return end, h
        h = _next_hit(place, h, last, at + 1)
    return stop, last


@kernel
def _add_further(
    data: NDArray[np.uint8],
    end: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    places: Gazetteer,
    chain: NDArray[np.int64],  # (3) in and out
) -> None:
    """Add whole names that stand further on and lie in what was found."""
    while chain[2] < 0:
        h = _next_hit(place, h, last, end)
        if h >= last:
            return
        # the longest that begins here
        i, best, best_end, level = h, NONE, end, 0
        while i < last and place[i] == place[h]:
            one = term[i]
            here = place[i] + places.length[one]
            if not places.kind[one] & (SHORT | GENERIC) and not _is_street(data, here, stop, places, True):
                if _fits(places, one, COUNTY, chain[0], chain[1]):
                    best, best_end, level = one, here, COUNTY
                elif chain[1] < 0 and chain[0] >= 0 and _fits(places, one, CITY, chain[0], NONE):
                    best, best_end, level = one, here, CITY
            i += 1
        if best >= 0:
            chain[2 if level == COUNTY else 1] = best
            end = best_end
        else:
            end = place[h] + 1


@kernel
def _contradicting(
    data: NDArray[np.uint8],
    end: int,
    stop: int,
    term: NDArray[np.int64],
    place: NDArray[np.int64],
    h: int,
    last: int,
    places: Gazetteer,
    chain: NDArray[np.int64],
) -> int:
    """Give the whole name that stands right behind the chain and does not lie in it, or −1."""
    at, h = _go_on(data, end, stop, term, place, h, last, chain[0], places)
    found = NONE
    while h < last and place[h] == at:
        one = term[h]
        if (
            places.kind[one] & ANY_PLACE
            and not places.kind[one] & (SHORT | GENERIC)
            and not _is_street(data, at + places.length[one], stop, places, False)
            and one != chain[0]
            and one != chain[1]
        ):
            found = one
        h += 1
    return found
