"""Where the terms of a lexicon stand in texts: the three counting rules (计数规则), by kernels.

All work on normalised texts and normalised terms (NFKC, lower case). A hit is a term and a byte.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import WITH_SURROGATES, utf8_of
from patentmetrics.kernels.automaton import Automaton, find_terms, make_automaton
from patentmetrics.kernels.chunks import FIRST_SLOT
from patentmetrics.kernels.token_hits import (
    BYTES_AT,
    MOST_BYTES,
    TERM_AT,
    find_token_hits,
    list_sentences,
    list_unknown,
)
from patentmetrics.lexicon.rules import Rule
from patentmetrics.text.dictionary import Dictionary
from patentmetrics.text.segmenters import is_word
from patentmetrics.text.token_ids import TokenIds, segment_utf8, token_strings
from patentmetrics.text.user_words import as_user_words, can_be_a_token, dictionary_with


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """Normalised texts as bytes (规范化文本): document *i* is ``data[offsets[i] : offsets[i + 1]]``."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.offsets) - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Hits:
    """The hits of terms in texts, by text and place (命中).

    Parameters
    ----------
    first : ndarray of int64, shape (documents + 1,)
        Document *i* has the hits from ``first[i]`` to ``first[i + 1]``.
    term : ndarray of int64, shape (hits,)
        Numbers of terms.
    place : ndarray of int64, shape (hits,)
        The byte in the texts' data at which each begins.
    """

    first: NDArray[np.int64]
    term: NDArray[np.int64]
    place: NDArray[np.int64]

    @property
    def document(self) -> NDArray[np.int64]:
        """The number of each hit's document."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def only(self, keep: NDArray[np.bool_]) -> Hits:
        """Give some of the hits."""
        kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
        return Hits(first=kept[self.first], term=self.term[keep], place=self.place[keep])


@dataclass(frozen=True, kw_only=True, eq=False)
class Finder:
    """Terms made ready to be looked for under each rule, by `make_finder`."""

    forms: tuple[str, ...]
    automaton: Automaton
    dictionary: Dictionary
    # what is known of the dictionary's tokens, see kernels.token_hits: filled as they come up
    about: NDArray[np.int64]
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def never_tokens(self) -> tuple[str, ...]:
        """The terms at one of whose characters jieba always cuts: they never are a token."""
        return tuple(form for form in self.forms if not can_be_a_token(form))


def as_texts(texts: pl.Series | Sequence[str | None]) -> Texts:
    """Give normalised texts as bytes; a null is empty.

    Examples
    --------
    >>> len(as_texts(["大数据", None]))
    2
    """
    data, offsets = utf8_of(texts)
    return Texts(data=data, offsets=offsets)


def make_finder(forms: Sequence[str]) -> Finder:
    """Make terms ready to be looked for.

    Parameters
    ----------
    forms : sequence of str
        Normalised, distinct, not empty.

    Raises
    ------
    SettingError
        A term is empty, too long, or occurs twice.

    Examples
    --------
    >>> make_finder(["大数据", "大 数据"]).never_tokens
    ('大 数据',)
    """
    if len(set(forms)) < len(forms) or not all(forms):
        doubled = sorted({form for form in forms if not form or forms.count(form) > 1})
        raise SettingError("terms must be distinct and not empty", where="terms", got=", ".join(doubled))
    if longest := [form for form in forms if len(form.encode("utf-8", WITH_SURROGATES)) > MOST_BYTES]:
        raise SettingError("a term is too long", where="terms", got=f"{longest[0][:20]}…")
    dictionary = dictionary_with(as_user_words(forms))
    return Finder(
        forms=tuple(forms),
        automaton=make_automaton(forms),
        dictionary=dictionary,
        about=np.zeros(FIRST_SLOT + len(dictionary.lexicon.entry), np.int64),
    )


def find_hits(texts: Texts, finder: Finder, *, rule: Rule) -> Hits:
    """Find all hits of the terms under a rule (查找命中).

    ``substring``: each term by itself, as `str.count`; its own hits do not overlap. ``longest``: from left
    to right the longest term that begins at a place, and on behind it. ``token``: tokens of jieba that equal
    a term, the terms being its user dictionary.

    Examples
    --------
    >>> finder = make_finder(["移动互联网", "移动互联"])
    >>> texts = as_texts(["移动互联网"])
    >>> [find_hits(texts, finder, rule=rule).term.tolist() for rule in ("substring", "token")]
    [[1, 0], [0]]
    """
    if rule == "token":
        return find_tokens(texts, finder)[0]
    first, term, place = find_terms(texts.data, texts.offsets, finder.automaton, rule == "longest")
    return Hits(first=first, term=term, place=place)


def find_tokens(texts: Texts, finder: Finder) -> tuple[Hits, NDArray[np.int64]]:
    """Find the hits under the rule ``token``, and count the words of each text (词数): shape (texts,).

    Words are the tokens that hold a letter, a digit or a Han character.

    Examples
    --------
    >>> hits, words = find_tokens(as_texts(["大数据, 云", ""]), make_finder(["大数据"]))
    >>> hits.first.tolist(), words.tolist()
    ([0, 1, 1], [2, 0])
    """
    found = segment_utf8((texts.data, texts.offsets), Room(), dictionary=finder.dictionary)
    with finder.lock:
        unknown = list_unknown(found.ids, finder.about)
        if len(unknown):
            finder.about[unknown] = _about(unknown, found, finder)
    first, term, place, words = find_token_hits(
        found.ids, found.offsets, texts.offsets, finder.about, found.words.start, _new_words(found)
    )
    return Hits(first=first, term=term, place=place), words


def _about(ids: NDArray[np.int64], found: TokenIds, finder: Finder) -> list[int]:
    number_of = {form: number for number, form in enumerate(finder.forms)}
    strings = token_strings(ids, dictionary=finder.dictionary, words=found.words)
    return [
        int(is_word(one))
        | len(one.encode("utf-8", WITH_SURROGATES)) << BYTES_AT
        | (number_of.get(one, -1) + 1) << TERM_AT
        for one in strings
    ]


def _new_words(found: TokenIds) -> NDArray[np.bool_]:
    """Say which new words hold a letter, a digit or a Han character; above ASCII they hold no other."""
    number = int(found.words.number[0])
    if not number:
        return np.empty(0, np.bool_)
    start = found.words.start[: number + 1]
    letters = found.words.letters[: start[-1]]
    lower = letters | 0x20
    named = (letters >= 0x80) | ((letters >= 48) & (letters <= 57)) | ((lower >= 97) & (lower <= 122))
    return np.logical_or.reduceat(named, start[:-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Sizes:
    """The sizes of texts (文本长度).

    Parameters
    ----------
    characters, sentences : ndarray of int64, shape (documents,)
        Characters that are not white space; sentences that hold one of them.
    stops : ndarray of int64
        The byte behind each sentence, of all texts.
    """

    characters: NDArray[np.int64]
    sentences: NDArray[np.int64]
    stops: NDArray[np.int64]


def sizes_of(texts: Texts) -> Sizes:
    """Count characters and sentences (字数与句数); a sentence ends at 。！？；…, ``. `` and a line break.

    Examples
    --------
    >>> sizes = sizes_of(as_texts(["发展 大数据。加强!", " "]))
    >>> sizes.characters.tolist(), sizes.sentences.tolist()
    ([9, 0], [2, 0])
    """
    characters, first, stops = list_sentences(texts.data, texts.offsets)
    return Sizes(characters=characters, sentences=np.diff(first), stops=stops)


def sentences_with_hits(hits: Hits, sizes: Sizes) -> NDArray[np.int64]:
    """Count the sentences in which a hit begins (含关键词句数), shape (documents,).

    Examples
    --------
    >>> texts = as_texts(["云，云。云!无", "无"])
    >>> sentences_with_hits(find_hits(texts, make_finder(["云"]), rule="substring"), sizes_of(texts)).tolist()
    [2, 0]
    """
    sentence = np.searchsorted(sizes.stops, hits.place, side="right")
    fresh = np.ones(len(sentence), np.bool_)
    fresh[1:] = sentence[1:] != sentence[:-1]
    return np.bincount(hits.document[fresh], minlength=len(hits.first) - 1)
