"""Symbols against patterns as strings, one by one: the slow twin of the class matching.

A symbol is written as G06F + main group in four digits + subgroup, so symbols sort as strings do, and what a
pattern covers lies between two strings. Imports nothing from the package.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    name: str
    patterns: list[str]
    excluded: list[str]
    keywords: list[str]


def padded(symbol: str) -> str:
    """``G06F17/30`` → ``G06F001730``; a subclass or main group alone is shorter."""
    symbol = "".join(unicodedata.normalize("NFKC", symbol).upper().split())
    head, rest = symbol[:4], symbol[4:]
    if not rest:
        return head
    group, _, subgroup = rest.partition("/")
    return head + group.lstrip("0").rjust(4, "0") + subgroup


def ends(pattern: str) -> tuple[str, str]:
    """The two strings that a pattern lies between; ~ comes behind all letters and digits."""
    begin, _, end = pattern.partition("-")
    end = end or begin
    is_group_alone = "/" in end and not end.endswith("*")
    return padded(begin.removesuffix("*")), padded(end.removesuffix("*")) + ("" if is_group_alone else "~")


def covers(pattern: str, symbol: str) -> bool:
    low, high = ends(pattern)
    return low <= padded(symbol) <= high


def is_inside(one: str, other: str) -> bool:
    """Whether a pattern lies inside a wider one."""
    low, high = ends(one)
    wider_low, wider_high = ends(other)
    return wider_low <= low and high <= wider_high and (low, high) != (wider_low, wider_high)


def fitting(symbol: str, entries: Sequence[Entry], overlap: str) -> list[tuple[str, str]]:
    """(entry, pattern) that cover a symbol, keywords aside."""
    found = [
        (entry.name, pattern)
        for entry in entries
        if not any(covers(one, symbol) for one in entry.excluded)
        for pattern in entry.patterns
        if covers(pattern, symbol)
    ]
    if overlap == "longest":
        return [row for row in found if not any(is_inside(other, row[1]) for _, other in found)]
    return found


def matches(
    symbols: Sequence[str], patterns: Sequence[tuple[str, str]], overlap: str
) -> set[tuple[str, str, str]]:
    """(symbol, entry, pattern) of one patent; patterns are (entry, pattern)."""
    names = dict.fromkeys(name for name, _ in patterns)
    entries = [Entry(name, [one for owner, one in patterns if owner == name], [], []) for name in names]
    return {(symbol, *row) for symbol in symbols for row in fitting(symbol, entries, overlap)}


def has_keyword(text: str | None, keywords: Sequence[str]) -> list[str]:
    """The keywords that stand in a text, not as a part of a longer run of ASCII letters and digits."""
    text = unicodedata.normalize("NFKC", text or "").lower()
    found = []
    for keyword in keywords:
        word = unicodedata.normalize("NFKC", keyword).lower()
        for place in range(len(text) - len(word) + 1):
            if text[place : place + len(word)] != word:
                continue
            before, behind = text[:place][-1:], text[place + len(word) :][:1]
            if not (is_word(before) and is_word(word[0])) and not (is_word(behind) and is_word(word[-1])):
                found.append(keyword)
                break
    return found


def is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def full_matches(
    symbols: Sequence[str], text: str | None, entries: Sequence[Entry], *, overlap: str, conditions: str
) -> dict[tuple[str | None, str, str | None], float]:
    """(symbol, entry, pattern) of one patent with its share of the patent."""
    symbols = list(dict.fromkeys(symbols))
    worded = {entry.name for entry in entries if has_keyword(text, entry.keywords)}
    asking = {entry.name for entry in entries if entry.keywords} if conditions == "entry" else set()
    found: dict[tuple[str | None, str, str | None], float] = {}
    for symbol in symbols if conditions != "keywords" else []:
        rows = [row for row in fitting(symbol, entries, overlap) if row[0] not in asking or row[0] in worded]
        names = {name for name, _ in rows}
        for name, pattern in rows:
            of_entry = sum(other == name for other, _ in rows)
            found[symbol, name, pattern] = 1 / len(symbols) / len(names) / of_entry
    if conditions in ("keywords", "either"):
        matched = {name for _, name, _ in found}
        for name in worded - matched:
            found[None, name, None] = 1.0
    return found
