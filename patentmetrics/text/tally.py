"""The terms of all pieces together: numbers for them, frequencies, and the vocabulary that comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.kernels.phrases import Pairs, adopt_pairs, make_pairs, pairs_with_room
from patentmetrics.kernels.words import Words, adopt, make_words, with_room
from patentmetrics.text.phrases import PAIRS_JOINED_BY
from patentmetrics.text.piece import words_series
from patentmetrics.text.spilled import PieceTerms
from patentmetrics.text.terms import REASONS
from patentmetrics.text.vocabulary import Vocabulary, choose_terms

Counts = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Terms of the pieces so far (词频累计), in the order in which they came.

    ``words`` are the terms, ``pairs`` those of two by their numbers; ``of_words`` and ``of_pairs``, of
    shape (2, room), say in how many documents each is and how often it occurs. ``dropped`` are the
    words that the rules for terms drop, ``reasons`` says why. The arrays may have more room than terms.
    """

    words: Words
    of_words: Counts
    pairs: Pairs
    of_pairs: Counts
    dropped: Words
    reasons: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class NewIds:
    """The id of each term and pair of a tally in the vocabulary, −1 where it is not in it."""

    of_words: NDArray[np.int32]
    of_pairs: NDArray[np.int32]


def make_tally() -> Tally:
    """Make a tally of nothing.

    Examples
    --------
    >>> int(make_tally().words.number[0])
    0
    """
    return Tally(
        words=make_words(),
        of_words=np.zeros((2, 0), np.int64),
        pairs=make_pairs(),
        of_pairs=np.zeros((2, 0), np.int64),
        dropped=make_words(),
        reasons=np.zeros(0, np.uint8),
    )


def add_piece(tally: Tally, piece: PieceTerms) -> Tally:
    """Add the terms of a piece; do not use the tally that was given again."""
    words = _room(tally.words, piece.words)
    numbers = _adopted(words, piece.words)
    pairs = pairs_with_room(tally.pairs, len(piece.pairs))
    pair_numbers = _adopted_pairs(pairs, piece.pairs, numbers)
    dropped = _room(tally.dropped, piece.dropped)
    dropped_numbers = _adopted(dropped, piece.dropped)
    terms = len(numbers)
    of_words = _grown(tally.of_words, len(words.key_of_word))
    of_pairs = _grown(tally.of_pairs, len(pairs.key))
    reasons = _grown(tally.reasons, len(dropped.key_of_word))
    # each number is there once, so nothing is lost
    of_words[0, numbers] += piece.frequencies[:terms]
    of_words[1, numbers] += piece.occurrences[:terms]
    of_pairs[0, pair_numbers] += piece.frequencies[terms:]
    of_pairs[1, pair_numbers] += piece.occurrences[terms:]
    reasons[dropped_numbers] = piece.reasons
    return Tally(
        words=words, of_words=of_words, pairs=pairs, of_pairs=of_pairs, dropped=dropped, reasons=reasons
    )


def vocabulary_of(
    tally: Tally, *, documents: int, min_documents: int, max_share: float
) -> tuple[Vocabulary, NewIds]:
    """Choose and number the terms by document frequency, see `patentmetrics.text.vocabulary`.

    Parameters
    ----------
    tally : Tally
        Of all pieces.
    documents : int
        All documents, those without any term included.
    """
    terms, pairs = int(tally.words.number[0]), int(tally.pairs.number[0])
    names = words_series(tally.words)

    def spelled(numbers: NDArray[np.int64]) -> pl.Series:
        is_pair = numbers >= terms
        keys = tally.pairs.key[numbers[is_pair] - terms]
        both = pl.concat_str(
            names.gather(keys >> 32), names.gather(keys & 0xFFFFFFFF), separator=PAIRS_JOINED_BY
        )
        return pl.concat([names.gather(numbers[~is_pair]), pl.select(both.alias("term")).to_series()])

    counts = np.concatenate([tally.of_words[:, :terms], tally.of_pairs[:, :pairs]], axis=1)
    vocabulary = choose_terms(
        spelled,
        documents=counts[0],
        occurrences=counts[1],
        corpus_documents=documents,
        min_documents=min_documents,
        max_share=max_share,
    )
    number = np.bincount(tally.reasons[: int(tally.dropped.number[0])], minlength=len(REASONS))
    by_rule = {f"terms_{_name(reason)}": int(number[at]) for at, reason in enumerate(REASONS) if at >= 2}
    found = vocabulary.counts
    return Vocabulary(
        frame=vocabulary.frame,
        new_ids=vocabulary.new_ids,
        counts={
            "terms_seen": found["terms_seen"] + sum(by_rule.values()),
            "terms_kept": found["terms_kept"],
            **by_rule,
            "terms_too_rare": found["terms_too_rare"],
            "terms_too_frequent": found["terms_too_frequent"],
        },
        too_frequent=vocabulary.too_frequent,
    ), NewIds(of_words=vocabulary.new_ids[:terms], of_pairs=vocabulary.new_ids[terms:])


def new_ids_of_piece(tally: Tally, new: NewIds, piece: PieceTerms) -> NDArray[np.int32]:
    """Give the ids of a piece's terms and pairs in the vocabulary; all were added to the tally before.

    Nothing is written, so threads may run it on pieces side by side.
    """
    numbers = _adopted(tally.words, piece.words)
    pairs = _adopted_pairs(tally.pairs, piece.pairs, numbers)
    return np.concatenate([new.of_words[numbers], new.of_pairs[pairs]])


def _room(words: Words, more: Words) -> Words:
    number = int(more.number[0])
    return with_room(words, number, int(more.start[number]))


def _adopted(words: Words, more: Words) -> Counts:
    numbers = np.zeros(int(more.number[0]), np.int64)
    adopt(words, more, numbers)
    return numbers


def _adopted_pairs(pairs: Pairs, keys: Counts, numbers: Counts) -> Counts:
    """Adopt pairs that are keyed by the numbers of a piece's terms."""
    common = (numbers[keys >> 32] << 32) | numbers[keys & 0xFFFFFFFF]
    found = np.zeros(len(keys), np.int64)
    adopt_pairs(pairs, Pairs(place=np.empty(0, np.int32), key=common, number=np.array([len(keys)])), found)
    return found


def _grown(array: NDArray[Number], room: int) -> NDArray[Number]:
    if array.shape[-1] >= room:
        return array
    grown = np.zeros((*array.shape[:-1], room), array.dtype)
    grown[..., : array.shape[-1]] = array
    return grown


def _name(reason: str) -> str:
    return reason.replace("stop_words", "stopwords")
