"""Tokens as numbers: for counting, without a Python string for each."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import WITH_SURROGATES, Utf8, utf8_of
from patentmetrics.kernels.chunks import CHUNK, FIRST_SLOT
from patentmetrics.kernels.segmentation import segment_documents
from patentmetrics.kernels.trie import spell
from patentmetrics.kernels.words import Words, adopt, make_words, renumber, with_room
from patentmetrics.text.dictionary import Dictionary


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenIds:
    """Tokens of documents as numbers (词的编号).

    The id of a single character is its code point; a dictionary word has an id that depends on the
    dictionary only; words that the dictionary lacks are numbered after these as they come, so their ids
    hold for this block: `merge_words` gives blocks common ones.

    Parameters
    ----------
    ids : ndarray of int32, shape (tokens,)
        The tokens of all documents, one after the other.
    offsets : ndarray of int64, shape (documents + 1,)
        Document *i* has ``ids[offsets[i] : offsets[i + 1]]``.
    words : Words
        The new words, see `patentmetrics.kernels.words`.
    first_new : int
        The id of the first new word: ids are below ``first_new + words.number[0]``.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    words: Words
    first_new: int


def segment_ids(
    texts: pl.Series | Sequence[str | None], *, dictionary: Dictionary, hmm: bool = True
) -> TokenIds:
    """Segment texts into numbers of tokens, the tokens those of jieba (分词为编号).

    One call is one loop without the interpreter lock: threads may run it on blocks of documents side by
    side. The result depends on the block alone.

    Parameters
    ----------
    texts : polars.Series of String, or sequence of str
        A block of documents; a null has no tokens. A series is read without a Python string.
    dictionary : Dictionary
        From `patentmetrics.text.user_words.dictionary_with` or
        `patentmetrics.text.dictionary.load_dictionary`.
    hmm : bool
        See `patentmetrics.text.segmenters.segment`.

    Raises
    ------
    ColumnError
        The series is not of text.

    Examples
    --------
    >>> from patentmetrics.text.dictionary import load_dictionary
    >>> found = segment_ids(["杭研大厦", "", "杭研"], dictionary=load_dictionary())
    >>> found.offsets.tolist()
    [0, 2, 2, 3]
    >>> token_strings(found.ids, dictionary=load_dictionary(), words=found.words)
    ['杭研', '大厦', '杭研']
    """
    return segment_utf8(utf8_of(texts), Room(), dictionary=dictionary, hmm=hmm)


def segment_utf8(texts: Utf8, room: Room, *, dictionary: Dictionary, hmm: bool = True) -> TokenIds:
    """Segment texts that are bytes already, see `segment_ids` and `patentmetrics.core.utf8.utf8_of`.

    Parameters
    ----------
    texts : tuple of ndarray
        Bytes, and where each text begins.
    room : Room
        Its array ``tokens`` holds the ids.
    dictionary, hmm
        See `segment_ids`.

    Examples
    --------
    >>> from patentmetrics.text.dictionary import load_dictionary
    >>> found = segment_utf8(utf8_of(["杭研大厦"]), Room(), dictionary=load_dictionary())
    >>> found.offsets.tolist()
    [0, 2]
    """
    data, offsets = texts
    documents = len(offsets) - 1
    lexicon = dictionary.lexicon
    # a token has a byte or more; pages that are never written take no memory
    ids = room.array("tokens", int(offsets[-1] - offsets[0]), np.int32)
    tokens = np.zeros(documents + 1, np.int64)
    words = make_words()
    done = 0
    while True:
        done = segment_documents(data, offsets, done, lexicon, dictionary.model, hmm, words, ids, tokens)
        if done == documents:
            break
        # for the document, and as many characters before it as may share its chunk
        size = int(offsets[done + 1] - offsets[done]) + 4 * CHUNK
        words = with_room(words, size // 2, size)
    return TokenIds(
        ids=ids[: tokens[-1]],
        offsets=tokens,
        words=words,
        first_new=FIRST_SLOT + len(lexicon.entry),
    )


def merge_words(words: Words, block: TokenIds) -> tuple[Words, TokenIds]:
    """Give the new words of a block the numbers of a common table, which grows by those it lacks.

    Blocks that are merged in their order get the same ids whatever the number of threads. All must have
    been segmented with the same dictionary. The block's own array of ids is changed in place.

    Parameters
    ----------
    words : Words
        The common table, `patentmetrics.kernels.words.make_words` at first; do not use it again.

    Examples
    --------
    >>> from patentmetrics.text.dictionary import load_dictionary
    >>> words = make_words()
    >>> for text in ["2024", "5.5% 2024"]:
    ...     block = segment_ids([text], dictionary=load_dictionary())
    ...     words, block = merge_words(words, block)
    ...     (block.ids - block.first_new)[block.ids >= block.first_new].tolist()
    [0]
    [1, 0]
    """
    number = int(block.words.number[0])
    words = with_room(words, number, int(block.words.start[number]))
    numbers = np.zeros(number, np.int64)
    adopt(words, block.words, numbers)
    renumber(block.ids, block.first_new, numbers)
    return words, replace(block, words=words)


def token_strings(ids: NDArray[np.integer], *, dictionary: Dictionary, words: Words) -> list[str]:
    r"""Give the tokens that ids stand for (由编号还原词).

    Parameters
    ----------
    ids : ndarray of integer
        Ids of `segment_ids`, best distinct ones: each becomes a Python string.
    dictionary, words
        Those the ids were made with.

    Examples
    --------
    >>> from patentmetrics.text.dictionary import load_dictionary
    >>> token_strings(np.array([0x592A, 0x110000]), dictionary=load_dictionary(), words=make_words())
    ['太', '\r\n']
    """
    wanted: NDArray[np.int64] = np.asarray(ids).astype(np.int64)
    lexicon = dictionary.lexicon
    first_new = FIRST_SLOT + len(lexicon.entry)
    is_slot = (wanted >= FIRST_SLOT) & (wanted < first_new)
    slots = wanted[is_slot] - FIRST_SLOT
    offset = np.zeros(len(slots) + 1, np.int64)
    parents = _parents(dictionary)
    size = spell(lexicon.entry, slots, parents, offset, np.empty(0, np.int32))
    symbols = np.empty(size, np.int32)
    spell(lexicon.entry, slots, parents, offset, symbols)
    spelled = lexicon.code_of[symbols].tobytes().decode("utf-16-le")
    stops = offset.tolist()
    of_slots = iter([spelled[a:b] for a, b in pairwise(stops)])
    letters, starts = words.letters.tobytes(), words.start
    strings = []
    for one, slot in zip(wanted.tolist(), is_slot.tolist(), strict=True):
        if slot:
            strings.append(next(of_slots) or "\r\n")
        elif one < FIRST_SLOT:
            strings.append(chr(one))
        else:
            begin, end = starts.item(one - first_new), starts.item(one - first_new + 1)
            strings.append(letters[begin:end].decode("utf-8", WITH_SURROGATES))
    return strings


@functools.lru_cache(maxsize=4)
def _parents(dictionary: Dictionary) -> NDArray[np.int32]:
    """Say for each base which node has it: from a child one comes back to its parent."""
    entry = dictionary.lexicon.entry
    parents = np.zeros(len(entry), np.int32)
    bases = (entry >> 16) & 0xFFFFFF
    inner = np.flatnonzero(bases)
    parents[bases[inner]] = inner
    return parents
