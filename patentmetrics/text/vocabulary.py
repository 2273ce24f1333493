"""The vocabulary: which terms are kept, and the id of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.text.segment import is_word


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Terms that are kept (词汇表), and what became of the others.

    Parameters
    ----------
    frame : polars.DataFrame
        ``term`` (its row is its id), ``documents`` (how many contain it), ``occurrences``.
    new_ids : ndarray of int64, shape (terms seen,)
        For each term that came in, its id, or −1 where it was dropped.
    counts : dict of str to int
        ``terms_seen`` (words; tokens without letter, digit or Han character are none),
        ``terms_kept``, and those dropped by reason: each word once, so that they add up.
    too_frequent : tuple of str
        Those that were dropped for being in too many documents, sorted.
    """

    frame: pl.DataFrame
    new_ids: NDArray[np.int64]
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
    most = int(Fraction(str(max_share)) * corpus_documents)
    frame = pl.DataFrame(
        {
            "term": pl.Series(list(terms), dtype=pl.String),
            "documents": pl.Series(documents, dtype=pl.Int64),
            "occurrences": pl.Series(occurrences, dtype=pl.Int64),
            "old": pl.Series(np.arange(len(terms)), dtype=pl.Int64),
            "word": pl.Series([is_word(term) for term in terms], dtype=pl.Boolean),
            "stop": pl.Series([term in stopwords for term in terms], dtype=pl.Boolean),
        }
    )
    # one reason a term, the first that holds
    reason = (
        pl.when(~pl.col("word"))
        .then(pl.lit("not_words"))
        .when("stop")
        .then(pl.lit("terms_stopwords"))
        .when(pl.col("documents") < min_documents)
        .then(pl.lit("terms_too_rare"))
        .when(pl.col("documents") > most)
        .then(pl.lit("terms_too_frequent"))
        .otherwise(pl.lit("terms_kept"))
    )
    frame = frame.with_columns(reason.alias("reason"))
    tally = dict(frame.group_by("reason").len().iter_rows())
    kept = frame.filter(pl.col("reason") == "terms_kept").sort(
        ["documents", "term"], descending=[True, False]
    )
    new_ids = np.full(len(terms), -1, np.int64)
    new_ids[kept["old"].to_numpy()] = np.arange(kept.height)
    names = ("terms_kept", "terms_stopwords", "terms_too_rare", "terms_too_frequent")
    return Vocabulary(
        frame=kept.select("term", "documents", "occurrences"),
        new_ids=new_ids,
        counts={
            "terms_seen": len(terms) - tally.get("not_words", 0),
            **{name: tally.get(name, 0) for name in names},
        },
        too_frequent=tuple(frame.filter(pl.col("reason") == "terms_too_frequent")["term"].sort()),
    )
