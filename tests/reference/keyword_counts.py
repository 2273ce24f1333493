"""Keyword counts, character by character: the slow twin of the counting rules.

Written from the definitions; imports nothing from the package.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

import jieba


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def by_substring(text: str, terms: Sequence[str]) -> dict[str, int]:
    """Each term alone: go from left to right, jump behind a hit."""
    text = plain(text)
    counts = {}
    for term in terms:
        wanted, place, counts[term] = plain(term), 0, 0
        while place < len(text):
            if text[place : place + len(wanted)] == wanted:
                counts[term] += 1
                place += len(wanted)
            else:
                place += 1
    return counts


def by_longest(text: str, terms: Sequence[str]) -> dict[str, int]:
    """All terms at once: at each place take the longest that begins there, jump behind it."""
    text = plain(text)
    counts = dict.fromkeys(terms, 0)
    place = 0
    while place < len(text):
        here = [term for term in terms if text[place : place + len(plain(term))] == plain(term)]
        if here:
            longest = max(here, key=lambda term: len(plain(term)))
            counts[longest] += 1
            place += len(plain(longest))
        else:
            place += 1
    return counts


def by_token(tokens: Sequence[str], terms: Sequence[str]) -> dict[str, int]:
    return {term: sum(token == plain(term) for token in tokens) for term in terms}


def jieba_with(terms: Sequence[str]) -> jieba.Tokenizer:
    """A fresh tokenizer of jieba with the terms as user dictionary."""
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    for term in terms:
        tokenizer.add_word(plain(term))
    return tokenizer


def words(tokens: Sequence[str]) -> int:
    """Tokens with a letter, a digit or a Han character in them."""
    number = 0
    for token in tokens:
        if any(unicodedata.category(character)[0] in "LN" for character in token):
            number += 1
    return number


def characters(text: str) -> int:
    return sum(not character.isspace() for character in plain(text))


def sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences with a visible character begin and stop in the plain text."""
    text = plain(text)
    found, begin = [], 0
    for place, character in enumerate(text):
        rest = text[place + 1 :]
        full_stop = character == "." and (not rest or rest[0] in " \t\n\v\f\r" or rest[:2] == "..")
        if (character in "。!?;…\n\r" or full_stop) and text[begin : place + 1].strip():
            found.append((begin, place + 1))
            begin = place + 1
    return [*found, (begin, len(text))] if text[begin:].strip() else found


def substring_places(text: str, terms: Sequence[str]) -> list[tuple[int, str]]:
    """Where the hits of the rule `substring` begin in the plain text."""
    text = plain(text)
    found = []
    for term in terms:
        place = text.find(plain(term))
        while place >= 0:
            found.append((place, term))
            place = text.find(plain(term), place + len(plain(term)))
    return sorted(found)


def tfidf_sum(counts: Sequence[dict[str, int]], tokens: int, document: int) -> float:
    """Counts of all documents that have text; the sum of one of them."""
    total = 0.0
    for term, count in counts[document].items():
        holding = sum(1 for other in counts if other.get(term, 0) > 0)
        if count:
            total += count / tokens * math.log(len(counts) / holding)
    return total
