"""Phrases that the segmenter splits (被切分的词组): 数字 经济 where 数字经济 is one thing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.lexicon.keyness import pointwise_mutual_information
from patentmetrics.lexicon.tokens import CorpusTokens, presence

_LONGEST = 10  # characters of a phrase


@dataclass(frozen=True, kw_only=True, eq=False)
class _Runs:
    """Places where a phrase of so many tokens begins, and the number of the phrase there."""

    place: NDArray[np.int64]
    phrase: NDArray[np.int64]
    members: NDArray[np.int64]  # shape (phrases, tokens of a phrase)


def split_phrases(
    tokens: CorpusTokens,
    *,
    stopwords: Collection[str] = frozenset(),
    min_occurrences: int = 5,
    min_documents: int = 2,
    min_pmi: float = 3.0,
    min_entropy: float = 1.0,
) -> pl.DataFrame:
    """Find pairs and triples of neighbouring tokens that behave as one word (词组发现).

    Two measures, both needed: the tokens stand together more often than by chance (cohesion), and what
    stands before and after the phrase varies (freedom). A part of a longer phrase fails the second: after
    工业互 there is always 联网.

    Parameters
    ----------
    tokens : CorpusTokens
        From `patentmetrics.lexicon.tokens.corpus_tokens`.
    stopwords : collection of str
        Tokens that no phrase contains.
    min_occurrences, min_documents : int
        Rarer phrases are left out.
    min_pmi : float
        Least cohesion: pointwise mutual information in bits of the two parts; of a triple, of the weaker of
        its two cuts.
    min_entropy : float
        Least freedom: the smaller of the entropies, in bits, of the tokens before and behind. Punctuation
        and the ends of a text are free: each counts as a neighbour of its own.

    Returns
    -------
    polars.DataFrame
        ``term`` (joined), ``parts`` (with spaces), ``documents, occurrences, cohesion, freedom``; the most
        frequent first, ties by code point. Phrases of more than ten characters are left out.

    Sources: pointwise mutual information as in Church & Hanks 1990; entropy of neighbours as in Huang &
    Powers 2003, Chinese word segmentation based on contextual entropy, PACLIC 17: 152–158.

    Examples
    --------
    >>> from patentmetrics.lexicon.tokens import corpus_tokens
    >>> texts = [f"{verb}数字经济。" for verb in ("发展", "壮大", "推动")] + ["水稻。", "公路。"] * 9
    >>> found = split_phrases(corpus_tokens(pl.Series(texts)), min_occurrences=3, min_pmi=1)
    >>> found.select("term", "parts", "documents").rows()
    [('数字经济', '数字 经济', 3)]
    """
    joinable = tokens.words & np.array([term not in stopwords for term in tokens.terms], np.bool_)
    counts = np.bincount(tokens.ids, minlength=len(tokens.terms))
    total = int(counts[tokens.words].sum())
    lengths = np.array([len(term) for term in tokens.terms], np.int64)
    pairs = _pairs(tokens, joinable, min_occurrences)
    triples = _triples(pairs, len(tokens.ids), min_occurrences)
    frames = []
    for runs in (pairs, triples):
        if not len(runs.members):
            continue
        occurrences = np.bincount(runs.phrase, minlength=len(runs.members))
        parts = [counts[runs.members[:, 0]], counts[runs.members[:, -1]]]
        if runs is triples:
            of_pair = np.bincount(pairs.phrase, minlength=len(pairs.members))
            heads, tails = (_numbers(pairs, runs.members[:, cut : cut + 2]) for cut in (0, 1))
            cuts = [(of_pair[heads], parts[1]), (parts[0], of_pair[tails])]
        else:
            cuts = [(parts[0], parts[1])]
        cohesion = np.min(
            [pointwise_mutual_information(occurrences, one, two, total) for one, two in cuts], axis=0
        )
        width = runs.members.shape[1]
        freedom = np.minimum(
            _entropy(tokens, runs, -1, occurrences), _entropy(tokens, runs, width, occurrences)
        )
        documents = _documents(tokens, runs)
        kept = (
            (cohesion >= min_pmi)
            & (freedom >= min_entropy)
            & (documents >= min_documents)
            & (lengths[runs.members].sum(axis=1) <= _LONGEST)
        )
        members = runs.members[kept].tolist()
        frames.append(
            pl.DataFrame(
                {
                    "term": ["".join(tokens.terms[one] for one in row) for row in members],
                    "parts": [" ".join(tokens.terms[one] for one in row) for row in members],
                    "documents": documents[kept],
                    "occurrences": occurrences[kept],
                    "cohesion": cohesion[kept],
                    "freedom": freedom[kept],
                }
            )
        )
    schema = {
        "term": pl.String,
        "parts": pl.String,
        "documents": pl.Int64,
        "occurrences": pl.Int64,
        "cohesion": pl.Float64,
        "freedom": pl.Float64,
    }
    found = pl.concat([pl.DataFrame(schema=schema), *frames])
    # the same letters cut in two ways are one phrase: the cut that is more frequent stands for both
    ordered = found.sort(["occurrences", "term", "parts"], descending=[True, False, False])
    return ordered.unique("term", keep="first", maintain_order=True)


def _pairs(tokens: CorpusTokens, joinable: NDArray[np.bool_], least: int) -> _Runs:
    ids = tokens.ids.astype(np.int64)
    together = joinable[ids[:-1]] & joinable[ids[1:]] & (tokens.document[:-1] == tokens.document[1:])
    place = np.flatnonzero(together)
    key = ids[place] * len(tokens.terms) + ids[place + 1]
    keys, place, phrase = _frequent(key, place, least)
    members = np.stack([keys // max(1, len(tokens.terms)), keys % max(1, len(tokens.terms))], axis=1)
    return _Runs(place=place, phrase=phrase, members=members)


def _triples(pairs: _Runs, length: int, least: int) -> _Runs:
    """Find two frequent pairs that overlap by a token: no triple is more frequent than its pairs."""
    at = np.full(length + 1, -1, np.int64)
    at[pairs.place] = pairs.phrase
    overlap = np.flatnonzero((at[:-1] >= 0) & (at[1:] >= 0))
    size = max(1, len(pairs.members))
    keys, place, phrase = _frequent(at[overlap] * size + at[overlap + 1], overlap, least)
    members = np.concatenate([pairs.members[keys // size], pairs.members[keys % size, 1:]], axis=1)
    return _Runs(place=place, phrase=phrase, members=members)


def _frequent(
    key: NDArray[np.int64], place: NDArray[np.int64], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    keys, counts = _counted(key)
    keys = keys[counts >= least]
    if not len(keys):
        return keys, place[:0], place[:0]
    # looking up in the few that are frequent costs less than the inverse of sorting all
    phrase = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    here = keys[phrase] == key
    return keys, place[here], phrase[here]


def _counted(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the distinct keys, sorted, and how often each occurs: `np.unique` hashes, which is slow here."""
    ordered = np.sort(key)
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return ordered[starts], np.diff(starts, append=len(ordered))


def _numbers(pairs: _Runs, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the number of each pair; the pairs are sorted by their members."""
    size = int(max(pairs.members.max(), members.max())) + 1
    keys = pairs.members[:, 0] * size + pairs.members[:, 1]
    return np.searchsorted(keys, members[:, 0] * size + members[:, 1])


def _entropy(
    tokens: CorpusTokens, runs: _Runs, offset: int, occurrences: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute the entropy in bits of the neighbours at an offset from where phrases begin."""
    near = runs.place + offset
    inside = (near >= 0) & (near < len(tokens.ids))
    near = np.where(inside, near, 0)
    # a neighbour in another document, or none, or punctuation: one of its own, so nothing to add to the sum
    free = ~inside | (tokens.document[near] != tokens.document[runs.place]) | ~tokens.words[tokens.ids[near]]
    key = runs.phrase[~free] * len(tokens.terms) + tokens.ids[near[~free]]
    keys, counts = _counted(key)
    inner = np.bincount(
        keys // max(1, len(tokens.terms)), weights=counts * np.log2(counts), minlength=len(occurrences)
    )
    entropy: NDArray[np.float64] = np.log2(occurrences) - inner / occurrences
    return entropy


def _documents(tokens: CorpusTokens, runs: _Runs) -> NDArray[np.int64]:
    documents = int(tokens.document[-1]) + 1
    found = presence(runs.phrase, tokens.document[runs.place], documents, len(runs.members))
    return np.bincount(found.indices, minlength=len(runs.members))
