"""The hits of a lexicon in a corpus that stays open (常驻语料中的命中): found once, then where words changed.

All frames of hits have the columns of `patentmetrics.lexicon.concordance_lines.lines_in` after ``document,
place, year``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.concordance_lines import lines_in
from patentmetrics.lexicon.rules import Rule
from patentmetrics.lexicon.texts import joined_texts
from patentmetrics.text.normalise import normalise

WIDTH = 30  # characters on each side of a hit


@dataclass(frozen=True, kw_only=True, eq=False)
class Documents:
    """A corpus made ready to be searched many times (待检索的语料).

    Parameters
    ----------
    corpus : Corpus
        As it was read.
    texts : polars.Series of String
        Normalised; null where a document has no text.
    about : polars.DataFrame
        One row a document: ``document, place, year``; the last two null where the corpus has them not.
    """

    corpus: Corpus
    texts: pl.Series
    about: pl.DataFrame

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.texts)


def open_documents(corpus: Corpus) -> Documents:
    """Make a corpus ready to be searched (打开语料): its texts are normalised once.

    Raises
    ------
    ColumnError
        The corpus names no text column.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a"], "text": ["５Ｇ网络"]})
    >>> documents = open_documents(Corpus(frame=frame, key="document_id", text=("text",)))
    >>> documents.texts.to_list(), documents.about.row(0)
    (['5g网络'], ('a', None, None))
    """
    columns = corpus.frame.columns
    about = corpus.frame.select(
        document=pl.col(corpus.key).cast(pl.String),
        place=pl.col("place").cast(pl.String) if "place" in columns else pl.lit(None, dtype=pl.String),
        year=pl.col("year").cast(pl.Int64) if "year" in columns else pl.lit(None, dtype=pl.Int64),
    )
    return Documents(corpus=corpus, texts=joined_texts(corpus), about=about)


def hits_of(documents: Documents, terms: Sequence[str], *, rule: Rule) -> pl.DataFrame:
    """Find all hits of terms (查找命中), by a rule of `patentmetrics.lexicon.concordance_lines.kwic`.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a"], "text": ["移动互联网"]})
    >>> documents = open_documents(Corpus(frame=frame, key="document_id", text=("text",)))
    >>> hits_of(documents, ["移动互联", "移动互联网"], rule="longest")["term"].to_list()
    ['移动互联网']
    """
    return lines_in(documents.texts, documents.about, terms, rule=rule, width=WIDTH)


def lines_of(documents: Documents, text: str, *, rule: Rule) -> pl.DataFrame:
    """Find all hits of any text by itself (检索任意字符串), reading only the documents that hold it.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a", "b"], "text": ["诚信创新", "发展"]})
    >>> documents = open_documents(Corpus(frame=frame, key="document_id", text=("text",)))
    >>> lines_of(documents, "信创", rule="substring").select("document", "begin").rows()
    [('a', 1)]
    """
    holds = documents.texts.str.contains(normalise(text), literal=True).fill_null(value=False)
    return lines_in(
        documents.texts.filter(holds), documents.about.filter(holds), [text], rule=rule, width=WIDTH
    )


def hits_after(
    documents: Documents,
    hits: pl.DataFrame,
    *,
    before: Sequence[str],
    after: Sequence[str],
    rule: Rule,
) -> pl.DataFrame:
    """Give the hits of changed terms (词条改动后的命中), looking again only where one that changed stands.

    Under each rule, what is found in a document depends on those terms only that stand in it. (For ``token``:
    jieba's dictionary has the added words' frequencies in its total, which weighs each word of a sentence
    alike; so another text can in principle be cut otherwise, and opening the session again counts all anew.)

    Parameters
    ----------
    hits : polars.DataFrame
        Of the terms ``before``.
    before, after : sequence of str
        All forms that are counted.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a", "b"], "text": ["移动互联网", "大数据"]})
    >>> documents = open_documents(Corpus(frame=frame, key="document_id", text=("text",)))
    >>> old, new = ["移动互联", "大数据"], ["移动互联", "移动互联网", "大数据"]
    >>> hits = hits_of(documents, old, rule="longest")
    >>> hits_after(documents, hits, before=old, after=new, rule="longest")["term"].to_list()
    ['移动互联网', '大数据']
    """
    changed = {normalise(term) for term in before} ^ {normalise(term) for term in after}
    if not changed:
        return hits
    touched = documents.texts.str.contains_any(sorted(changed)).fill_null(value=False)
    if not after:
        return hits.clear()
    names = documents.about.select("document").with_row_index("order")
    again = lines_in(
        documents.texts.filter(touched), documents.about.filter(touched), after, rule=rule, width=WIDTH
    )
    same = hits.filter(~pl.col("document").is_in(documents.about.filter(touched)["document"].implode()))
    return (
        pl.concat([same, again])
        .join(names, on="document", how="left", maintain_order="left")
        .sort("order", maintain_order=True)
        .drop("order")
    )


def around(
    documents: Documents, document: str, begin: int, *, length: int, width: int = 300
) -> tuple[str, str, str]:
    """Give a hit with more of its text (更多上下文): what stands before it, itself, what stands behind.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a"], "text": ["坚持诚信创新发展"]})
    >>> documents = open_documents(Corpus(frame=frame, key="document_id", text=("text",)))
    >>> around(documents, "a", 3, length=2, width=2)
    ('持诚', '信创', '新发')
    """
    text = documents.texts.filter(documents.about["document"] == document).item() or ""
    end = begin + length
    return text[max(0, begin - width) : begin], text[begin:end], text[end : end + width]
