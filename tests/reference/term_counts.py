"""Term counts, document by document, with `collections.Counter`: the slow twin of the counted corpus.

Written from the definitions; imports nothing from the package.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from fractions import Fraction


def english_tokens(text: str) -> list[str]:
    """Runs of the letters a to z, character by character."""
    tokens = [""]
    for character in text.lower():
        if "a" <= character <= "z":
            tokens[-1] += character
        else:
            tokens.append("")
    return [token for token in tokens if token]


def is_word(token: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in token)


def counted(
    documents: list[list[str | None]],
    tokens_of: Callable[[str], list[str]],
    *,
    min_documents: int = 1,
    max_share: str = "1",
    stop: frozenset[str] = frozenset(),
) -> tuple[list[Counter[str]], list[tuple[str, int, int]]]:
    """Counts of each document, and (term, documents, occurrences) in the order of the vocabulary."""
    every = []
    for columns in documents:
        counter: Counter[str] = Counter()
        for text in columns:
            if text is not None:
                counter.update(tokens_of(unicodedata.normalize("NFKC", text).lower()))
        every.append(counter)
    frequency = Counter(term for counter in every for term in counter)
    occurrences: Counter[str] = Counter()
    for counter in every:
        occurrences.update(counter)
    kept = [
        term
        for term, number in frequency.items()
        if is_word(term)
        and term not in stop
        and min_documents <= number
        and number <= Fraction(max_share) * len(documents)
    ]
    vocabulary = sorted(
        ((term, frequency[term], occurrences[term]) for term in kept), key=lambda row: (-row[1], row[0])
    )
    chosen = set(kept)
    return [Counter({t: n for t, n in counter.items() if t in chosen}) for counter in every], vocabulary
