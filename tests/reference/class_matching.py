"""Symbols against patterns on the padded form, one by one: the slow twin of the class matching.

A symbol is written as G06F + main group in four digits + subgroup; a pattern as the beginning of that.
Imports nothing from the package.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def padded(symbol: str) -> str:
    """``G06F17/30`` → ``G06F001730``; a subclass or main group alone is shorter."""
    symbol = "".join(unicodedata.normalize("NFKC", symbol).upper().split())
    head, rest = symbol[:4], symbol[4:]
    if not rest:
        return head
    group, _, subgroup = rest.partition("/")
    return head + group.lstrip("0").rjust(4, "0") + subgroup


def covers(pattern: str, symbol: str) -> bool:
    if "/" in pattern and not pattern.endswith("*"):
        return padded(symbol) == padded(pattern)
    return padded(symbol).startswith(padded(pattern.removesuffix("*")))


def matches(
    symbols: Sequence[str], patterns: Sequence[tuple[str, str]], overlap: str
) -> set[tuple[str, str, str]]:
    """(symbol, entry, pattern) of one patent; patterns are (entry, pattern)."""
    found = set()
    for symbol in symbols:
        fitting = [(entry, pattern) for entry, pattern in patterns if covers(pattern, symbol)]
        if overlap == "longest" and fitting:
            # a pattern without a star is narrower than the same digits with one
            width = max((len(padded(p.removesuffix("*"))), not p.endswith("*")) for _, p in fitting)
            fitting = [
                (entry, p)
                for entry, p in fitting
                if (len(padded(p.removesuffix("*"))), not p.endswith("*")) == width
            ]
        found |= {(symbol, entry, pattern) for entry, pattern in fitting}
    return found
