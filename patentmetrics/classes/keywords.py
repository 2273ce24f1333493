"""Which keywords of a concordance stand in the title and abstract of patents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.utf8 import utf8_of
from patentmetrics.kernels.automaton import LEFT, RIGHT, Automaton, count_terms, find_terms, make_automaton
from patentmetrics.kernels.matching import entries_of_terms

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class KeywordSearch:
    """The keywords of entries, ready to be looked for (关键词检索).

    Parameters
    ----------
    automaton : Automaton
        See `patentmetrics.kernels.automaton`.
    words : polars.Series of String
        The keywords by their number in the automaton, as written; of spellings that are the same once
        normalised, the first.
    first_entry, entry : ndarray of int64
        The entries that have keyword *i*: ``entry[first_entry[i] : first_entry[i + 1]]``.
    entries : int
        How many entries there are.
    """

    automaton: Automaton
    words: pl.Series
    first_entry: Integers
    entry: Integers
    entries: int


@dataclass(frozen=True, kw_only=True, eq=False)
class KeywordHits:
    """What stands in texts: the numbers of keywords, and of the entries that have them.

    Parameters
    ----------
    first, word : ndarray of int64
        The distinct keywords of text *i*: ``word[first[i] : first[i + 1]]``.
    first_entry, entry : ndarray of int64
        The entries of text *i*, likewise.
    """

    first: Integers
    word: Integers
    first_entry: Integers
    entry: Integers


def keyword_search(keywords: dict[str, list[int]], *, entries: int) -> KeywordSearch:
    """Make the keywords of entries ready to be looked for.

    Text and keywords are compared after Unicode NFKC and lower case. A keyword that begins or ends with an
    ASCII letter or digit is not found inside a longer run of these: ASIC is not in basic, 5G not in 35GHz,
    but 5G is in 5G网络.

    Parameters
    ----------
    keywords : dict of str to list of int
        The keywords as written, with the numbers of the entries that have them.
    entries : int
        How many entries there are.

    Examples
    --------
    >>> search = keyword_search({"ASIC": [0], "大数据": [0, 2]}, entries=3)
    >>> find_keywords(pl.Series(["basic大数据", "ａsic"]), search).entry.tolist()
    [0, 2, 0]
    """
    plain = normalised(pl.Series(list(keywords), dtype=pl.String)).to_list()
    owners: dict[str, set[int]] = {}
    words: dict[str, str] = {}
    for written, one in zip(keywords, plain, strict=True):
        owners.setdefault(one, set()).update(keywords[written])
        words.setdefault(one, written)
    listed = [sorted(found) for found in owners.values()]
    edges = [LEFT * _is_word(one[0]) + RIGHT * _is_word(one[-1]) for one in owners]
    return KeywordSearch(
        automaton=make_automaton(list(owners), edges=edges),
        words=pl.Series(list(words.values()), dtype=pl.String),
        first_entry=np.cumsum([0, *(len(one) for one in listed)]).astype(np.int64),
        entry=np.array([entry for one in listed for entry in one], np.int64),
        entries=entries,
    )


def find_keywords(texts: pl.Series, search: KeywordSearch) -> KeywordHits:
    """Find the keywords in texts (检索关键词); a null has none.

    Examples
    --------
    >>> search = keyword_search({"5G": [1], "网络": [0]}, entries=2)
    >>> found = find_keywords(pl.Series(["35GHz", "５Ｇ网络", None]), search)
    >>> found.first_entry.tolist(), found.entry.tolist()
    ([0, 0, 2, 2], [0, 1])
    """
    data, offset = utf8_of(normalised(texts))
    hit_first, hit, _ = find_terms(data, offset, search.automaton, False)
    first, word, _ = count_terms(hit_first, hit, len(search.words))
    begin = np.zeros(len(first), np.int64)
    arguments = (first, word, search.first_entry, search.entry, search.entries, begin)
    entry = np.empty(entries_of_terms(*arguments, np.empty(0, np.int64)), np.int64)
    entries_of_terms(*arguments, entry)
    return KeywordHits(first=first, word=word, first_entry=begin, entry=entry)


def normalised(texts: pl.Series) -> pl.Series:
    """Normalise texts: Unicode NFKC, then lower case.

    Examples
    --------
    >>> normalised(pl.Series(["５Ｇ", None])).to_list()
    ['5g', None]
    """
    return texts.cast(pl.String).str.normalize("NFKC").str.to_lowercase()


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()
