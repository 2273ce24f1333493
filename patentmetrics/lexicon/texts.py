"""The text of a corpus as it is searched: columns joined, normalised, null where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.types import Corpus
from patentmetrics.text.normalise import normalise_texts

_BLOCK_BYTES = 8 << 20


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
    return normalised(raw_texts(corpus))


def raw_texts(corpus: Corpus) -> pl.Series:
    r"""Give the text of each document as it is, its columns joined by line breaks; null where all are null.

    Raises
    ------
    ColumnError
        The corpus names no text column.

    Examples
    --------
    >>> frame = pl.DataFrame({"id": [1, 2], "title": ["５Ｇ", None], "body": ["网络", " "]})
    >>> raw_texts(Corpus(frame=frame, key="id", text=("title", "body"))).to_list()
    ['５Ｇ\n网络', ' ']
    """
    if not corpus.text:
        raise ColumnError("the corpus names no text column", where="corpus", allowed=corpus.frame.columns)
    columns = [pl.col(name).cast(pl.String) for name in corpus.text]
    return corpus.frame.select(text=pl.concat_str(columns, separator="\n", ignore_nulls=True))["text"]


def normalised(texts: pl.Series) -> pl.Series:
    """Normalise texts; null where there is nothing but white space.

    Examples
    --------
    >>> normalised(pl.Series("text", ["５Ｇ", " "])).to_list()
    ['5g', None]
    """
    texts = normalise_texts(texts)
    return texts.to_frame().select(pl.when(texts.str.strip_chars() != "").then(texts).alias("text"))["text"]


def blocks_of(texts: pl.Series) -> Iterator[pl.Series]:
    """Cut texts into runs of documents of some megabytes, so that the memory for each step is bounded.

    Examples
    --------
    >>> [len(block) for block in blocks_of(pl.Series(["a", None, "b"]))]
    [3]
    """
    sizes = texts.str.len_bytes().fill_null(0).to_numpy()
    block = np.cumsum(sizes, dtype=np.int64) // _BLOCK_BYTES
    starts = np.flatnonzero(np.diff(block, prepend=-1)).tolist()
    for begin, stop in pairwise([*starts, len(texts)]):
        yield texts.slice(begin, stop - begin)
