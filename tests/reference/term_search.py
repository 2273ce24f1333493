"""Terms in a text, character by character: the slow twin of the automaton.

Imports nothing from the package.
"""

from __future__ import annotations

from collections.abc import Sequence

LEFT, RIGHT = 1, 2


def is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def is_free(text: str, place: int, term: str, edges: int) -> bool:
    before, behind = text[:place][-1:], text[place + len(term) :][:1]
    return not (edges & LEFT and is_word(before)) and not (edges & RIGHT and is_word(behind))


def substring_hits(text: str, terms: Sequence[str], edges: Sequence[int]) -> list[tuple[int, int]]:
    """(place, term), each term by itself, from left to right, its own hits not overlapping."""
    found = []
    for number, term in enumerate(terms):
        place = 0
        while place < len(text):
            if text[place : place + len(term)] == term and is_free(text, place, term, edges[number]):
                found.append((place, number))
                place += len(term)
            else:
                place += 1
    return sorted(found, key=lambda hit: (hit[0], len(terms[hit[1]])))


def longest_hits(text: str, terms: Sequence[str], edges: Sequence[int]) -> list[tuple[int, int]]:
    """(place, term), at each place the longest, on behind it."""
    found = []
    place = 0
    while place < len(text):
        here = [
            number
            for number, term in enumerate(terms)
            if text[place : place + len(term)] == term and is_free(text, place, term, edges[number])
        ]
        if here:
            longest = max(here, key=lambda number: len(terms[number]))
            found.append((place, longest))
            place += len(terms[longest])
        else:
            place += 1
    return found
