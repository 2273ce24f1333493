"""Coverage of a lexicon, term by term and pair by pair: the slow twin of `lexicon coverage`.

Written from the definitions; imports nothing from the package. A document is a mapping with ``place``,
``year``, ``counts`` ({term: hits}, or None without a text), ``tokens`` and ``characters``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

Document = Mapping[str, object]


def variable(
    documents: Sequence[Document], terms: Sequence[str], measure: str, lengths: Mapping[str, int]
) -> dict[tuple[object, object], float]:
    """The variable of each place and year: sums first, then the logarithm or the share."""
    sums: dict[tuple[object, object], list[int]] = {}
    for document in documents:
        place, year, counts = document["place"], document["year"], document["counts"]
        if place is None or year is None or counts is None:
            continue
        here = sums.setdefault((place, year), [0, 0, 0, 0])
        for term in terms:
            here[0] += counts.get(term, 0)
            here[1] += counts.get(term, 0) * lengths[term]
        here[2] += document["tokens"]
        here[3] += document["characters"]
    values = {}
    for unit, (hits, hit_characters, tokens, characters) in sorted(sums.items()):
        if measure == "total_count":
            values[unit] = float(hits)
        elif measure == "log_count":
            values[unit] = math.log(1 + hits)
        elif measure == "share_of_tokens" and tokens:
            values[unit] = hits / tokens
        elif measure == "share_of_characters" and characters:
            values[unit] = hit_characters / characters
    return values


def ranks(values: Sequence[float]) -> list[Fraction]:
    """1 is the largest; those that are equal share the mean of their places."""
    return [
        1 + sum(other > value for other in values) + Fraction(sum(other == value for other in values) - 1, 2)
        for value in values
    ]


def pearson(first: Sequence[float], second: Sequence[float]) -> float | None:
    if not first or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    mean = [math.fsum(one) / len(one) for one in (first, second)]
    apart = [[value - m for value in one] for one, m in zip((first, second), mean, strict=True)]
    together = math.fsum(a * b for a, b in zip(*apart, strict=True))
    return together / math.sqrt(math.fsum(a * a for a in apart[0]) * math.fsum(b * b for b in apart[1]))


def compared(
    whole: Mapping[tuple[object, object], float], other: Mapping[tuple[object, object], float]
) -> dict[str, object]:
    """Both correlations, the mean and the largest change of rank, and whose it is first."""
    first, second = list(whole.values()), list(other.values())
    before, after = ranks(first), ranks(second)
    changes = [abs(a - b) for a, b in zip(after, before, strict=True)]
    largest = max(changes, default=Fraction(0))
    unit = changes.index(largest) if largest else None
    return {
        "pearson": pearson(first, second),
        "spearman": pearson([float(one) for one in before], [float(one) for one in after]),
        "mean": float(sum(changes) / len(changes)) if changes else None,
        "largest": float(largest) if changes else None,
        "unit": None if unit is None else list(whole)[unit],
        "rank": None if unit is None else float(before[unit]),
        "rank_without": None if unit is None else float(after[unit]),
    }


def without(
    documents: Sequence[Document],
    terms: Sequence[str],
    left_out: Sequence[str],
    measure: str,
    lengths: Mapping[str, int],
) -> dict[str, object]:
    """The variable once more, without some terms, against the whole one."""
    whole = variable(documents, terms, measure, lengths)
    kept = [term for term in terms if term not in left_out]
    return compared(whole, variable(documents, kept, measure, lengths))


def concentrated(amounts: Mapping[str, int], most: Fraction) -> dict[str, object]:
    """How many terms make a share, the largest three, Herfindahl, with exact fractions."""
    some = sorted(((n, term) for term, n in amounts.items() if n), key=lambda one: (-one[0], one[1]))
    total = sum(n for n, _ in some)
    if not total:
        return {"terms_for_most": None, "largest": None, "share": None, "herfindahl": None}
    number, reached = 0, 0
    while Fraction(reached, total) < most:
        reached += some[number][0]
        number += 1
    return {
        "terms_for_most": number,
        "largest": "; ".join(term for _, term in some[:3]),
        "share": float(Fraction(sum(n for n, _ in some[:3]), total)),
        "herfindahl": float(sum(Fraction(n, total) ** 2 for n, _ in some)),
    }
