"""From a counted corpus to `scipy.sparse`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.types import TermCounts
from patentmetrics.counted.format import read_batches, read_documents

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def to_csr(counts: TermCounts) -> tuple[csr_matrix, pl.DataFrame]:
    """Read a counted corpus into memory: counts of shape (documents, terms), and the documents.

    Rows are in the order of the blocks: by year, then as they were counted. The documents' frame has
    the column ``year`` beside their own.
    """
    from scipy import sparse

    rows, columns, values, documents = [], [], [], []
    first = 0
    for block in counts.blocks:
        for batch in read_batches(counts, block):
            rows.append(first + batch.document.astype(np.int64))
            columns.append(np.repeat(batch.term, np.diff(batch.offset)))
            values.append(batch.count.astype(np.int64))
            first += batch.documents
        documents.append(
            read_documents(counts, block).with_columns(pl.lit(block.year, pl.Int32).alias("year"))
        )
    matrix = sparse.coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(first, counts.vocabulary.height),
    ).tocsr()
    return matrix, pl.concat(documents)
