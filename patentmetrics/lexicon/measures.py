"""What is made of the hits in a document: counts, shares, the sum weighted by TF-IDF, growth (词频指标)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.types import Lexicon
from patentmetrics.text.normalise import normalise

MEASURES = (
    *("total_count", "log_count", "tokens", "characters", "share_of_tokens", "share_of_characters"),
    *("sentences", "sentences_with_hits", "share_of_sentences", "tfidf_sum", "growth_rate"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class TermHits:
    """How often terms occur in documents: numbers of both, and counts, by document and term; no zeros."""

    document: NDArray[np.int64]
    term: NDArray[np.int64]
    count: NDArray[np.int64]


def measured_documents(
    documents: pl.DataFrame,
    lexicon: Lexicon,
    hits: TermHits,
    *,
    has_text: NDArray[np.bool_],
    sizes: Mapping[str, NDArray[np.int64]],
) -> pl.DataFrame:
    """Give the measures of each document (文档词频指标), beside the columns that it has.

    Parameters
    ----------
    documents : polars.DataFrame
        One row a document; ``place`` and ``year``, where both are there, give the growth rate.
    lexicon : Lexicon
        Its levels give the columns ``<value>_count``.
    hits : TermHits
        Under the rule that counts.
    has_text : ndarray of bool, shape (documents,)
        Where it is false all measures are null.
    sizes : mapping of str to ndarray of int64
        ``tokens, characters, sentences, sentences_with_hits`` of each document.

    Returns
    -------
    polars.DataFrame
        With ``<value>_count`` for each value of each level; ``total_count``; ``log_count``, ln(1 + count);
        ``tokens, characters``; ``share_of_tokens``, hits by tokens (词频占比); ``share_of_characters``,
        characters of hits by characters; ``sentences, sentences_with_hits, share_of_sentences``;
        ``tfidf_sum``, Σ over terms of count / tokens · ln(N / n), with N the documents that have text and n
        those that hold the term; ``growth_rate``, the total of the place and year by that of the year
        before, less one: null where a document of either has no text, or where that is zero.
        A share of nothing is null.

    Examples
    --------
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> documents = pl.DataFrame({"place": ["A", "A"], "year": [2020, 2021]})
    >>> one = np.ones(2, np.int64)
    >>> hits = TermHits(document=np.arange(2), term=np.array([0, 1]), count=np.array([2, 3]))
    >>> sizes = dict.fromkeys(["tokens", "characters", "sentences", "sentences_with_hits"], 10 * one)
    >>> lexicon = load_lexicon("digital_transformation_wu2021")
    >>> found = measured_documents(documents, lexicon, hits, has_text=one > 0, sizes=sizes)
    >>> found["total_count"].to_list(), found["growth_rate"].to_list()
    ([2, 3], [None, 0.5])
    """
    n = documents.height
    groups = {
        f"{value}_count": (lexicon.entries[level] == value).to_numpy()
        for level in lexicon.levels
        for value in lexicon.entries[level].unique(maintain_order=True)
    }
    lengths = np.array([len("".join(normalise(term).split())) for term in lexicon.terms], np.int64)

    def summed(values: NDArray[np.int64] | NDArray[np.float64], of: slice | NDArray[np.bool_]) -> pl.Series:
        return pl.Series(np.bincount(hits.document[of], values[of], minlength=n))

    everything = slice(None)
    counted = {name: summed(hits.count, own[hits.term]) for name, own in groups.items()}
    counted["total_count"] = summed(hits.count, everything)
    counted["hit_characters"] = summed(hits.count * lengths[hits.term], everything)
    containing = np.bincount(hits.term, minlength=lexicon.entries.height)
    idf = np.log(has_text.sum() / containing[hits.term])
    measured = (
        pl.DataFrame(counted, schema=dict.fromkeys(counted, pl.Float64))
        .cast(pl.Int64)
        .with_columns(pl.Series(name, values) for name, values in sizes.items())
        .with_columns(weighted=summed(hits.count * idf, everything))
    )
    measured = measured.with_columns(pl.when(pl.Series(has_text)).then(pl.all()))
    measured = documents.hstack(measured)
    measured = measured.with_columns(
        log_count=pl.col("total_count").cast(pl.Float64).log1p(),
        share_of_tokens=_share("total_count", "tokens"),
        share_of_characters=_share("hit_characters", "characters"),
        share_of_sentences=_share("sentences_with_hits", "sentences"),
        tfidf_sum=_share("weighted", "tokens"),
    )
    measured = _with_growth(measured)
    return measured.select(*documents.columns, *groups, *MEASURES)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _with_growth(measured: pl.DataFrame) -> pl.DataFrame:
    if not {"place", "year"} <= set(measured.columns):
        return measured.with_columns(growth_rate=pl.lit(None, pl.Float64))
    codes = [name for name in ("place_code", "place") if name in measured.columns]
    measured = measured.with_columns(_place=pl.coalesce(codes))
    keys = ["_place", "year"]
    total = pl.when(pl.col("total_count").is_not_null().all()).then(pl.col("total_count").sum())
    sums = measured.drop_nulls(keys).group_by(keys).agg(total.alias("now"))
    before = sums.select("_place", pl.col("year") + 1, pl.col("now").alias("before"))
    growth = pl.when(pl.col("before") > 0).then(pl.col("now") / pl.col("before") - 1)
    rates = sums.join(before, on=keys).select(*keys, growth_rate=growth)
    return measured.join(rates, on=keys, how="left", maintain_order="left").drop("_place")
