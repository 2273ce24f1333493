"""The text of a corpus as it is searched: columns joined, normalised, null where there is none."""

from __future__ import annotations

import polars as pl

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.types import Corpus
from patentmetrics.text.normalise import normalise_texts


def joined_texts(corpus: Corpus) -> pl.Series:
    r"""Give the normalised text of each document (文档正文), its columns joined by line breaks.

    Returns
    -------
    polars.Series of String
        In the order of the corpus; null where a document has no text but white space.

    Raises
    ------
    ColumnError
        The corpus names no text column.

    Examples
    --------
    >>> frame = pl.DataFrame({"id": [1, 2], "title": ["５Ｇ", None], "body": ["网络", " "]})
    >>> joined_texts(Corpus(frame=frame, key="id", text=("title", "body"))).to_list()
    ['5g\n网络', None]
    """
    if not corpus.text:
        raise ColumnError("the corpus names no text column", where="corpus", allowed=corpus.frame.columns)
    columns = [pl.col(name).cast(pl.String) for name in corpus.text]
    joined = corpus.frame.select(text=pl.concat_str(columns, separator="\n", ignore_nulls=True))["text"]
    texts = normalise_texts(joined)
    return texts.to_frame().select(pl.when(texts.str.strip_chars() != "").then(texts).alias("text"))["text"]
