"""Slow twins of phrases: lists of strings, in plain Python; None parts, " " is passed over."""

from __future__ import annotations

from collections.abc import Iterable


def with_bigrams(terms: Iterable[str | None]) -> list[str]:
    """Give the terms, and after each the pair it makes with its neighbour before."""
    found: list[str] = []
    before = None
    for term in terms:
        if term == " ":
            continue
        if term is not None:
            found.append(term)
            if before is not None:
                found.append(f"{before} {term}")
        before = term
    return found


def joined(tokens: list[str], listed: Iterable[tuple[str, ...]]) -> list[str]:
    """Put the listed sequences in place of their tokens: from the left, of several the longest."""
    by_length = sorted(listed, key=len, reverse=True)
    found: list[str] = []
    at = 0
    while at < len(tokens):
        for sequence in by_length:
            if tuple(tokens[at : at + len(sequence)]) == sequence:
                found.append("_".join(sequence))
                at += len(sequence)
                break
        else:
            found.append(tokens[at])
            at += 1
    return found
