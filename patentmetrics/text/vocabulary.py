"""The vocabulary: which terms are kept, and the id of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.text.segmenters import is_word


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Terms that are kept (词汇表), and what became of the others.

    Parameters
    ----------
    frame : polars.DataFrame
        ``term`` (its row is its id), ``documents`` (how many contain it), ``occurrences``.
    new_ids : ndarray of int32, shape (terms seen,)
        For each term that came in, its id, or −1 where it was dropped.
    counts : dict of str to int
        ``terms_seen`` (words; tokens without letter, digit or Han character are none),
        ``terms_kept``, and those dropped by reason: each word once, so that they add up.
    too_frequent : tuple of str
        Those that were dropped for being in too many documents, sorted.
    """

    frame: pl.DataFrame
    new_ids: NDArray[np.int32]
    counts: dict[str, int]
    too_frequent: tuple[str, ...] = ()


def check_limits(*, min_documents: int, max_share: float) -> None:
    """Raise `SettingError` unless the document-frequency limits can be met.

    Examples
    --------
    >>> check_limits(min_documents=20, max_share=1.0)
    """
    if min_documents < 1:
        raise SettingError(
            "min_documents must be at least 1", where="min_documents", got=min_documents, allowed="1, 2, …"
        )
    if not 0 < max_share <= 1:
        raise SettingError(
            "max_share is a share of the documents", where="max_share", got=max_share, allowed="0 < share ≤ 1"
        )


def build_vocabulary(
    terms: Sequence[str],
    *,
    documents: NDArray[np.int64],
    occurrences: NDArray[np.int64],
    corpus_documents: int,
    min_documents: int = 1,
    max_share: float = 1.0,
    stopwords: Collection[str] = frozenset(),
) -> Vocabulary:
    """Choose the terms by document frequency (文档频率), and number them.

    A term is kept when ``min_documents ≤ documents ≤ max_share × corpus_documents``, it is no stop
    word, and it holds a letter, a digit or a Han character. Ids go by falling document frequency, ties
    by the term's code points: the order in which terms came in does not matter.

    Parameters
    ----------
    terms : sequence of str
        Distinct terms.
    documents, occurrences : ndarray of int64, shape (terms,)
        Documents that contain the term, and how often it occurs in all.
    corpus_documents : int
        All documents, those without any term included.
    min_documents : int
        Fewest documents of a term that is kept.
    max_share : float
        Largest share of the documents, taken as the decimal number that was written: 0.29 of 100
        documents is 29.
    stopwords : collection of str
        Terms to drop.

    Raises
    ------
    SettingError
        A limit makes no sense.

    Examples
    --------
    >>> vocabulary = build_vocabulary(
    ...     ["layer", "cell", ",", "the"],
    ...     documents=np.array([1, 2, 2, 2]),
    ...     occurrences=np.array([1, 5, 9, 7]),
    ...     corpus_documents=2,
    ...     stopwords={"the"},
    ... )
    >>> vocabulary.frame["term"].to_list(), vocabulary.new_ids.tolist()
    (['cell', 'layer'], [1, 0, -1, -1])
    """
    check_limits(min_documents=min_documents, max_share=max_share)
    given = pl.Series("term", list(terms), dtype=pl.String)
    word = np.array([is_word(term) for term in terms], np.bool_)
    stop = word & np.array([term in stopwords for term in terms], np.bool_)
    left = np.flatnonzero(word & ~stop)
    chosen = choose_terms(
        lambda numbers: given.gather(left[numbers]),
        documents=np.asarray(documents)[left],
        occurrences=np.asarray(occurrences)[left],
        corpus_documents=corpus_documents,
        min_documents=min_documents,
        max_share=max_share,
    )
    new_ids = np.full(len(terms), -1, np.int32)
    new_ids[left] = chosen.new_ids
    counts = chosen.counts
    return Vocabulary(
        frame=chosen.frame,
        new_ids=new_ids,
        counts={
            "terms_seen": int(word.sum()),
            "terms_kept": counts["terms_kept"],
            "terms_stopwords": int(stop.sum()),
            "terms_too_rare": counts["terms_too_rare"],
            "terms_too_frequent": counts["terms_too_frequent"],
        },
        too_frequent=chosen.too_frequent,
    )


def choose_terms(
    spelled: Callable[[NDArray[np.int64]], pl.Series],
    *,
    documents: NDArray[np.int64],
    occurrences: NDArray[np.int64],
    corpus_documents: int,
    min_documents: int,
    max_share: float,
) -> Vocabulary:
    """Choose terms that are known by numbers, see `build_vocabulary`: rare ones are never spelled out.

    Parameters
    ----------
    spelled : callable
        Gives the terms with these numbers, which ascend.
    documents, occurrences : ndarray of int64, shape (terms,)
        Documents that contain the term, and how often it occurs in all.
    corpus_documents, min_documents, max_share
        See `build_vocabulary`.

    Examples
    --------
    >>> names = pl.Series(["layer", "cell"])
    >>> options = {"corpus_documents": 9, "min_documents": 2, "max_share": 1.0}
    >>> counts = {"documents": np.array([1, 2]), "occurrences": np.array([1, 2])}
    >>> choose_terms(names.gather, **counts, **options).new_ids.tolist()
    [-1, 0]
    """
    most = int(Fraction(str(max_share)) * corpus_documents)
    rare = documents < min_documents
    frequent = ~rare & (documents > most)
    kept = np.flatnonzero(~rare & ~frequent)
    frame = pl.DataFrame(
        {
            "term": spelled(kept),
            "documents": pl.Series(documents[kept], dtype=pl.Int64),
            "occurrences": pl.Series(occurrences[kept], dtype=pl.Int64),
            "old": kept,
        }
    ).sort(["documents", "term"], descending=[True, False])
    new_ids = np.full(len(documents), -1, np.int32)
    new_ids[frame["old"].to_numpy()] = np.arange(frame.height)
    return Vocabulary(
        frame=frame.drop("old"),
        new_ids=new_ids,
        counts={
            "terms_seen": len(documents),
            "terms_kept": frame.height,
            "terms_too_rare": int(rare.sum()),
            "terms_too_frequent": int(frequent.sum()),
        },
        too_frequent=tuple(spelled(np.flatnonzero(frequent)).sort()),
    )
