"""Phrases: pairs of neighbouring terms, and a user's terms of several words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.kernels.phrases import (
    Pairs,
    add_pairs,
    adopt_pairs,
    join_listed,
    make_pairs,
    number_of_pair,
    pairs_with_room,
)
from patentmetrics.kernels.words import Words, number_of, with_room
from patentmetrics.text.english import EnglishRules, english_ids
from patentmetrics.text.normalise import normalise
from patentmetrics.text.token_ids import TokenIds

# no token holds white space, and none of alphabetic text an underscore: so no pair can be taken for a
# token, nor a listed term for a pair, nor (thin_solar, cell) for (thin, solar_cell)
PAIRS_JOINED_BY = " "
LISTED_JOINED_BY = "_"

_LARGEST_ID = np.iinfo(np.int32).max


@dataclass(frozen=True, kw_only=True, eq=False)
class MultiWordTerms:
    """A user's terms of several words (多词术语), ready to be found among tokens.

    Parameters
    ----------
    terms : tuple of str
        The terms as they are counted: normalised, cut into tokens, joined by ``_``.
    words : Words
        The numbers of their tokens, then of the terms; every block begins with these.
    trie, listed
        See `patentmetrics.kernels.phrases.join_listed`.
    """

    terms: tuple[str, ...]
    words: Words
    trie: Pairs
    listed: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class TermIds:
    """Terms and pairs of documents as numbers (词与二元词组的编号).

    Parameters
    ----------
    ids : ndarray of int32, shape (terms and pairs,)
        Terms, and pairs as ``first_pair`` + the pair's number.
    offsets : ndarray of int64, shape (documents + 1,)
        Document *i* has ``ids[offsets[i] : offsets[i + 1]]``.
    pairs : Pairs
        The pairs, in the order in which they came.
    first_pair : int
        The id of the first pair.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    pairs: Pairs
    first_pair: int


def multi_word_terms(terms: Sequence[str], *, rules: EnglishRules | None = None) -> MultiWordTerms:
    """Prepare a user's terms of several words for alphabetic text (多词术语表).

    Terms are normalised and cut by the same rules as the texts. A term of one token changes nothing.

    Parameters
    ----------
    terms : sequence of str
        ``solar cell``, ``internet of things``; their order does not matter.
    rules : EnglishRules, optional
        How the texts are cut.

    Raises
    ------
    SettingError
        A term has no token, two terms are the same once they are cut, or both spellings of compounds are
        asked for.

    Examples
    --------
    >>> multi_word_terms(["Solar-Cell", "internet of things"]).terms
    ('internet_of_things', 'solar_cell')
    """
    if isinstance(terms, str):
        raise SettingError("a list of terms is expected, and this is one", where="user_terms", got=terms)
    rules = rules or EnglishRules()
    written = sorted({normalise(term) for term in terms})
    # breaks are asked for only so that both spellings of compounds are refused
    english_ids([], rules=rules, breaks=True)
    found = english_ids(written, rules=rules)
    sequences = {
        tuple(found.ids[begin:stop].tolist()): term
        for term, begin, stop in zip(written, found.offsets[:-1], found.offsets[1:], strict=True)
    }
    if () in sequences:
        raise SettingError("a term has no token", where="user_terms", got=sequences[()])
    if len(sequences) < len(written):
        same = sorted(set(written) - set(sequences.values()))
        raise SettingError("two terms are the same once they are cut", where="user_terms", got=same[0])
    words = found.words
    trie = make_pairs(max(1, len(found.ids)))
    listed = np.full(len(found.ids) + 1, -1, np.int32)
    joined = []
    for sequence in sequences:
        letters = [words.letters[words.start[one] : words.start[one + 1]].tobytes() for one in sequence]
        spelled = LISTED_JOINED_BY.encode().join(letters)
        words = with_room(words, 1, len(spelled))
        node = 0
        for one in sequence:
            node = number_of_pair(trie, node, one) + 1
        listed[node] = number_of(words, np.frombuffer(spelled, np.uint8), 0, len(spelled))
        joined.append(spelled.decode("utf-8", "surrogatepass"))
    return MultiWordTerms(terms=tuple(sorted(joined)), words=words, trie=trie, listed=listed)


def with_multi_word_terms(block: TokenIds, terms: MultiWordTerms) -> TokenIds:
    """Count a user's terms of several words as one token each, in place of their words (合并多词术语).

    The leftmost term is taken, of several that begin there the longest; none reaches across a break or
    from one document into the next.

    Parameters
    ----------
    block : TokenIds
        From ``english_ids(texts, breaks=True, words=terms.words)``.
    terms : MultiWordTerms
        From `multi_word_terms`.

    Examples
    --------
    >>> terms = multi_word_terms(["solar cell", "solar cell module"])
    >>> block = english_ids(["a solar cell, module", "solar cell modules"], breaks=True, words=terms.words)
    >>> from patentmetrics.text.english import word_strings
    >>> joined = with_multi_word_terms(block, terms)
    >>> [word_strings(joined.words)[one] if one >= 0 else "|" for one in joined.ids]
    ['a', 'solar_cell', '|', 'module', 'solar_cell', 'modules']
    """
    ids = np.empty_like(block.ids)
    offsets = np.zeros_like(block.offsets)
    join_listed(block.ids, block.offsets, terms.trie, terms.listed, ids, offsets)
    return replace(block, ids=ids[: offsets[-1]].copy(), offsets=offsets)


def with_bigrams(block: TokenIds, term_of_id: NDArray[np.int32], *, first_pair: int) -> TermIds:
    """Give the terms of documents, and each pair of neighbours after its second term (二元词组).

    Two terms are neighbours when nothing but white space was between them: what was dropped, a stop word, a
    number or punctuation, parts them, and so does the end of a document or column.

    Parameters
    ----------
    block : TokenIds
        Tokens; negative ids are breaks.
    term_of_id : ndarray of int32
        Of each id its term, or `patentmetrics.kernels.phrases.DROPPED` or ``PASSED`` (white space).
    first_pair : int
        The id of the first pair: at least the number of terms.

    Examples
    --------
    >>> block = english_ids(["solar cell, cell of solar cell"], breaks=True)
    >>> terms = np.array([0, 1, -1], np.int32)  # solar, cell, of
    >>> found = with_bigrams(block, terms, first_pair=10)
    >>> found.ids.tolist()
    [0, 1, 10, 1, 0, 1, 10]
    """
    documents = len(block.offsets) - 1
    ids = np.empty(2 * len(block.ids), np.int32)
    offsets = np.zeros(documents + 1, np.int64)
    pairs = make_pairs()
    done = 0
    while True:
        done = add_pairs(block.ids, block.offsets, done, term_of_id, first_pair, pairs, ids, offsets)
        if done == documents:
            break
        pairs = pairs_with_room(pairs, int(block.offsets[done + 1] - block.offsets[done]))
    return TermIds(ids=ids[: offsets[-1]].copy(), offsets=offsets, pairs=pairs, first_pair=first_pair)


def merge_pairs(pairs: Pairs, block: TermIds) -> tuple[Pairs, TermIds]:
    """Give the pairs of a block the numbers of a common table, which grows by those it lacks.

    Blocks that are merged in their order get the same numbers whatever the number of threads. The block's
    own array of ids is changed in place.

    Examples
    --------
    >>> block = english_ids(["solar cell array"], breaks=True)
    >>> pairs = make_pairs()
    >>> for terms in ([0, 1, 2], [5, 0, 1]):
    ...     found = with_bigrams(block, np.array(terms, np.int32), first_pair=10)
    ...     pairs, found = merge_pairs(pairs, found)
    ...     found.ids.tolist()
    [0, 1, 10, 2, 11]
    [5, 0, 12, 1, 10]
    """
    number = int(block.pairs.number[0])
    pairs = pairs_with_room(pairs, number)
    numbers = np.zeros(number, np.int64)
    adopt_pairs(pairs, block.pairs, numbers)
    if block.first_pair + int(pairs.number[0]) > _LARGEST_ID:
        raise DataError(
            "there are more distinct pairs of terms than ids",
            got=int(pairs.number[0]),
            allowed=f"{_LARGEST_ID - block.first_pair}",
            hint="count without bigrams, or drop rare terms before pairs are made",
        )
    is_pair = block.ids >= block.first_pair
    block.ids[is_pair] = block.first_pair + numbers[block.ids[is_pair] - block.first_pair]
    return pairs, replace(block, pairs=pairs)


def pair_strings(pairs: Pairs, terms: Sequence[str]) -> list[str]:
    """Give the strings of pairs, two terms with a space between, in the order of their numbers.

    Parameters
    ----------
    pairs : Pairs
        From `with_bigrams` or `merge_pairs`.
    terms : sequence of str
        The terms by their ids.

    Examples
    --------
    >>> block = english_ids(["solar cell"], breaks=True)
    >>> found = with_bigrams(block, np.array([0, 1], np.int32), first_pair=2)
    >>> pair_strings(found.pairs, ["solar", "cell"])
    ['solar cell']
    """
    keys = pairs.key[: int(pairs.number[0])]
    first, second = (keys >> 32).tolist(), (keys & 0xFFFFFFFF).tolist()
    return [f"{terms[a]}{PAIRS_JOINED_BY}{terms[b]}" for a, b in zip(first, second, strict=True)]
