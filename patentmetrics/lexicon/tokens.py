"""The tokens of a corpus as small numbers, with its sentences: what the search for candidates counts on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from patentmetrics.core.progress import Progress, silent
from patentmetrics.kernels.words import make_words
from patentmetrics.lexicon.texts import blocks_of
from patentmetrics.text.token_ids import TokenIds, merge_words, segment_ids, token_strings
from patentmetrics.text.user_words import as_user_words, can_be_a_token, dictionary_with

# what ends a sentence, after NFKC; a comma does not
_ENDS = re.compile(r"[。!?;…]+|\.{3,}|[\r\n]+")
_HAS_LETTER = re.compile(r"[a-z\u3400-\u9fff]")
_IS_WORD = re.compile(r"[\w+#&.%\-]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class CorpusTokens:
    """The tokens of all documents, one after the other (语料分词).

    Parameters
    ----------
    ids : ndarray of int32, shape (tokens,)
        The number of each token's term; punctuation and white space are tokens too.
    terms : tuple of str
        The term of each number, in the order in which jieba's dictionary and the text give them.
    words : ndarray of bool, shape (terms,)
        Which hold a letter or a Han character: neither numbers nor punctuation.
    document : ndarray of int32, shape (tokens,)
        The document of each token.
    sentence : ndarray of int32, shape (tokens,)
        Its sentence, numbered through the corpus. Sentences end at 。！？；… and at line breaks.
    """

    ids: NDArray[np.int32]
    terms: tuple[str, ...]
    words: NDArray[np.bool_]
    document: NDArray[np.int32]
    sentence: NDArray[np.int32]

    @property
    def sentences(self) -> int:
        """How many sentences there are."""
        return int(self.sentence[-1]) + 1 if len(self.sentence) else 0


def corpus_tokens(
    texts: pl.Series, *, user_terms: Sequence[str] = (), progress: Progress = silent
) -> CorpusTokens:
    """Segment documents as jieba does (语料分词), user terms in its dictionary, into numbers.

    Parameters
    ----------
    texts : polars.Series of String
        Normalised; a null has no tokens.
    user_terms : sequence of str
        Normalised terms to keep whole; those that can never be a token are left out.
    progress : Progress
        Called with stage ``segment``, documents done, documents.

    Examples
    --------
    >>> found = corpus_tokens(pl.Series(["发展大数据。大数据2024"]), user_terms=["大数据"])
    >>> [found.terms[one] for one in found.ids], found.sentence.tolist()
    (['发展', '大数据', '。', '大数据', '2024'], [0, 0, 0, 1, 1])
    >>> [term for term, is_word in zip(found.terms, found.words) if is_word]
    ['发展', '大数据']
    """
    dictionary = dictionary_with(as_user_words([term for term in user_terms if can_be_a_token(term)]))
    words = make_words()
    blocks: list[TokenIds] = []
    documents: list[NDArray[np.int32]] = []
    begin = 0
    for one in blocks_of(texts):
        stop = begin + len(one)
        block = segment_ids(one, dictionary=dictionary)
        words, block = merge_words(words, block)
        blocks.append(block)
        documents.append(np.repeat(np.arange(begin, stop, dtype=np.int32), np.diff(block.offsets)))
        progress("segment", stop, len(texts))
        begin = stop
    ids = np.concatenate([np.empty(0, np.int32), *(block.ids for block in blocks)])
    document = np.concatenate([np.empty(0, np.int32), *documents])
    used = np.flatnonzero(np.bincount(ids)) if len(ids) else np.empty(0, np.int64)
    number = np.zeros(int(used[-1]) + 1 if len(used) else 0, np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    terms = token_strings(used, dictionary=dictionary, words=words)
    ids = number[ids]
    is_word = [bool(_IS_WORD.fullmatch(term) and _HAS_LETTER.search(term)) for term in terms]
    ends = np.array([bool(_ENDS.fullmatch(term)) for term in terms], np.bool_)
    # an ending belongs to the sentence that it ends
    begins = np.zeros(len(ids), np.bool_)
    begins[1:] = (ends[ids[:-1]] & ~ends[ids[1:]]) | (document[1:] != document[:-1])
    return CorpusTokens(
        ids=ids,
        terms=tuple(terms),
        words=np.array(is_word, np.bool_),
        document=document,
        sentence=np.cumsum(begins, dtype=np.int32),
    )


def presence(
    ids: NDArray[np.integer], within: NDArray[np.integer], places: int, terms: int
) -> csr_array[np.int8]:
    """Say which terms are in which sentences or documents (是否出现), each pair once.

    Parameters
    ----------
    ids : ndarray, shape (tokens,)
        The term of each token.
    within : ndarray, shape (tokens,)
        Its sentence or document, in rising order.
    places, terms : int
        How many there are of each.

    Returns
    -------
    csr_array of int8, shape (places, terms)

    Examples
    --------
    >>> presence(np.array([2, 0, 2, 1]), np.array([0, 0, 0, 2]), 3, 3).toarray().tolist()
    [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    """
    starts = np.zeros(places + 1, np.int64)
    np.cumsum(np.bincount(within, minlength=places), out=starts[1:])
    matrix = csr_array((np.ones(len(ids), np.int8), ids, starts), shape=(places, terms))
    # sorting within rows, which are short, costs a third of sorting all pairs
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
