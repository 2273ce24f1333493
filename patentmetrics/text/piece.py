"""The patents of one piece as counts, with numbers for terms that hold in this piece only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import Utf8, as_series
from patentmetrics.kernels.counting import add_counts, count_documents, mark_ids
from patentmetrics.kernels.phrases import DROPPED
from patentmetrics.kernels.words import Words, make_words
from patentmetrics.read.batches import document_columns
from patentmetrics.text.dictionary import Dictionary
from patentmetrics.text.phrases import MultiWordTerms, multi_word_terms, with_bigrams
from patentmetrics.text.rules import Step, rules_applied, text_steps
from patentmetrics.text.segmenters import segment
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.terms import REASONS, map_terms, number_terms, reason_of
from patentmetrics.text.token_ids import TokenIds, segment_utf8, token_strings
from patentmetrics.text.tokens import english_block
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import dictionary_with
from patentmetrics.text.utf8 import are_blank, gathered

# tokens that are no words at all: they are not counted as dropped
_NO_WORDS = ("white_space", "not_words")
_LARGEST = np.iinfo(np.uint32).max


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """What turns texts into counts (计数方案), loaded once for all pieces.

    Parameters
    ----------
    settings : TextSettings
        The settings.
    columns : tuple of str
        The text columns that are counted.
    weights : ndarray of int64, shape (columns,)
        How often the terms of each count.
    steps : list of Step
        Rules for whole texts.
    dictionary : Dictionary, optional
        For jieba: its dictionary with the user's terms.
    listed : MultiWordTerms, optional
        For alphabetic text: the user's terms.
    kept : tuple of str
        Terms that stay whatever the rules for terms say.
    reason : polars.Expr
        Why a token is dropped, see `patentmetrics.text.terms.reason_of`.
    """

    settings: TextSettings
    columns: tuple[str, ...]
    weights: NDArray[np.int64]
    steps: list[Step]
    dictionary: Dictionary | None
    listed: MultiWordTerms | None
    kept: tuple[str, ...]
    reason: pl.Expr


@dataclass(frozen=True, kw_only=True, eq=False)
class PieceCounts:
    """The counts of some patents (分片词频); v terms and p pairs of terms.

    Parameters
    ----------
    documents : polars.DataFrame
        The columns of the patents that a counted corpus keeps, in their order.
    indptr, indices, data : ndarray, shapes (documents + 1,), (non-zeros,), (non-zeros,)
        Counts as compressed rows. An index below v is a term, from v on it is a pair.
    terms : polars.Series of String
        The terms.
    pairs : ndarray of int64, shape (p,)
        The first term << 32 | the second.
    frequencies, occurrences : ndarray of int64, shape (v + p,)
        Documents of each, and how often it occurs.
    dropped : polars.DataFrame
        ``token``, ``reason``: words that the rules for terms drop, by position in
        `patentmetrics.text.terms.REASONS`.
    without_text : int
        How many patents have no text.
    """

    documents: pl.DataFrame
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    data: NDArray[np.uint32]
    terms: pl.Series
    pairs: NDArray[np.int64]
    frequencies: NDArray[np.int64]
    occurrences: NDArray[np.int64]
    dropped: pl.DataFrame
    without_text: int


def make_recipe(settings: TextSettings, columns: Sequence[str]) -> Recipe:
    """Load what the settings name: rules, lists, dictionaries.

    Raises
    ------
    LexiconError, ExtraError
        A list is unknown, or a library is not installed.

    Examples
    --------
    >>> make_recipe(TextSettings(segmenter="english", weights={"title": 3}), ["title", "abstract"]).weights
    array([3, 1])
    """
    words = tuple(one.word if isinstance(one, UserWord) else one for one in settings.user_terms)
    listed = multi_word_terms(words, rules=settings.english) if _is_english(settings) and words else None
    user_words = tuple(one if isinstance(one, UserWord) else UserWord(one) for one in settings.user_terms)
    kept = listed.terms if listed else words
    english = settings.english if _is_english(settings) else None
    return Recipe(
        settings=settings,
        columns=tuple(columns),
        weights=np.array([settings.weight(name) for name in columns], np.int64),
        steps=text_steps(settings.text),
        dictionary=dictionary_with(user_words) if settings.segmenter == "jieba" else None,
        listed=listed,
        kept=kept,
        reason=reason_of(settings.terms, english=english, kept=kept),
    )


def count_piece(patents: pl.DataFrame, recipe: Recipe, room: Room | None = None) -> PieceCounts:
    """Count the terms of some patents (分片计数).

    Each text column is segmented by itself, so that no token or pair crosses from one into the next. The
    result depends on these patents alone.

    Parameters
    ----------
    patents : polars.DataFrame
        With the text columns of the recipe; one that is null adds nothing.
    recipe : Recipe
        From `make_recipe`.
    room : Room, optional
        Working memory that earlier pieces used; it holds ``indices`` and ``data`` of the result.

    Raises
    ------
    DataError
        A term occurs too often in a patent to be stored.

    Examples
    --------
    >>> recipe = make_recipe(TextSettings(segmenter="english", weights={"title": 3}), ["title", "abstract"])
    >>> row = {"patent_id": "US1", "title": "Solar cell", "abstract": "A cell."}
    >>> found = count_piece(pl.DataFrame([row]), recipe)
    >>> found.terms.to_list(), found.indices.tolist(), found.data.tolist()
    (['solar', 'cell', 'a'], [0, 1, 2], [3, 4, 1])
    """
    settings = recipe.settings
    room = room or Room()
    columns_of_text = [patents[name].cast(pl.String).alias("text") for name in recipe.columns]
    texts = gathered(pl.concat(columns_of_text), room)
    blank = are_blank(texts).reshape(len(recipe.columns), -1).all(axis=0)
    block, spelled = _tokens(rules_applied(texts, recipe.steps, room), recipe, room)
    seen = np.zeros(block.first_new + int(block.words.number[0]), np.bool_)
    mark_ids(block.ids, seen)
    present = np.flatnonzero(seen)
    found = map_terms(spelled(present), rules=settings.terms, kept=recipe.kept, reason=recipe.reason)
    names, numbers = number_terms(found)
    ids, offsets, pairs = block.ids, block.offsets, np.empty(0, np.int64)
    columns = len(names)
    if settings.bigrams:
        # with one more, behind the last: that of −1, which stands for no token
        term = np.full(len(seen) + 1, DROPPED, np.int32)
        term[present] = numbers
        both = with_bigrams(block, term, first_pair=columns)
        ids, offsets = both.ids, both.offsets
        pairs = both.pairs.key[: int(both.pairs.number[0])].copy()
        columns += len(pairs)
        term = np.arange(-1, columns, dtype=np.int32)
    else:
        # ids that do not occur are not looked up
        term = room.array("term", len(seen) + 1, np.int32)
        term[present + 1] = np.where(numbers >= 0, numbers, columns)
    term[0] = columns
    indptr, indices, data = _rows(ids, offsets, term, columns, recipe.weights, room)
    frequencies, occurrences = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    add_counts(indices, data, frequencies, occurrences)
    return PieceCounts(
        documents=document_columns(patents),
        indptr=indptr,
        indices=indices,
        data=data,
        terms=pl.Series("term", names, dtype=pl.String),
        pairs=pairs,
        frequencies=frequencies,
        occurrences=occurrences,
        dropped=_dropped(found.frame),
        without_text=int(blank.sum()),
    )


def words_series(words: Words) -> pl.Series:
    """Give a table of words as a series, without a Python string for each.

    Examples
    --------
    >>> words_series(make_words()).to_list()
    []
    """
    number = int(words.number[0])
    start, letters = words.start[: number + 1], words.letters[: int(words.start[number])]
    return as_series((letters, start)).alias("term")


def _rows(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    term: NDArray[np.int32],
    columns: int,
    weights: NDArray[np.int64],
    room: Room,
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
    """Count the terms of documents, each of several texts, as compressed rows."""
    scratch = np.zeros(columns + 1, np.int64)
    scratch[columns] = 1
    indptr = np.zeros((len(offsets) - 1) // len(weights) + 1, np.int64)
    indices = room.array("indices", len(ids) + 1, np.uint32)
    data = room.array("data", len(ids), np.uint32)
    largest = count_documents(ids, offsets, term, weights, scratch, indptr, indices, data)
    if largest > _LARGEST:
        raise DataError("a term occurs too often in a patent to be stored", where="corpus", got=largest)
    return indptr, indices[: indptr[-1]], data[: indptr[-1]]


def _tokens(
    texts: Utf8, recipe: Recipe, room: Room
) -> tuple[TokenIds, Callable[[NDArray[np.int64]], pl.Series]]:
    """Segment texts; give also how to spell ids."""
    settings = recipe.settings
    if recipe.dictionary is not None:
        dictionary = recipe.dictionary
        block = segment_utf8(texts, room, dictionary=dictionary, hmm=settings.hmm)
        return block, lambda ids: pl.Series(
            token_strings(ids, dictionary=dictionary, words=block.words), dtype=pl.String
        )
    if _is_english(settings):
        block = english_block(texts, room, settings=settings, listed=recipe.listed)
        words = words_series(block.words)
    else:
        block, words = _numbered(as_series(texts), settings)
    return block, words.gather


def _numbered(texts: pl.Series, settings: TextSettings) -> tuple[TokenIds, pl.Series]:
    """Segment into strings, and number them as they come."""
    segmented = segment(texts, segmenter=settings.segmenter, hmm=settings.hmm, user_terms=settings.user_terms)
    numbers: dict[str, int] = {}
    ids: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    offsets = np.zeros(len(texts) + 1, np.int64)
    for row, tokens in enumerate(segmented):
        ids.append(np.array([numbers.setdefault(token, len(numbers)) for token in tokens], np.int32))
        offsets[row + 1] = offsets[row] + len(tokens)
    block = TokenIds(ids=np.concatenate(ids), offsets=offsets, words=make_words(1, 1), first_new=len(numbers))
    return block, pl.Series("term", list(numbers), dtype=pl.String)


def _dropped(frame: pl.DataFrame) -> pl.DataFrame:
    dropped = frame.filter(pl.col("term").is_null(), ~pl.col("reason").is_in(_NO_WORDS))
    return dropped.select(
        "token", pl.col("reason").replace_strict(list(REASONS), range(len(REASONS)), return_dtype=pl.UInt8)
    )


def _is_english(settings: TextSettings) -> bool:
    return settings.segmenter == "english"
