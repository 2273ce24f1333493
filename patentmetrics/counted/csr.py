"""From a counted corpus to `scipy.sparse`, and to the same corpus ordered by another date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import TermCounts, require_columns
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import read_batches, read_documents

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DATES = ("filing", "issue")


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


def regroup(counts: TermCounts, output: Path, *, date: str) -> tuple[TermCounts, int]:
    """Write the same counts with another date deciding the year; say how many documents lack it.

    Raises
    ------
    ColumnError
        The documents do not carry that date.
    DataError
        No document has it.
    """
    check_choice(date, DATES, argument="date")
    matrix, documents = to_csr(counts)
    name = f"{date}_date"
    require_columns(documents, [name], where=str(counts.folder))
    known = documents[name].is_not_null().to_numpy()
    if not known.any():
        raise DataError(f"no document has a {date} date", where=str(counts.folder))
    kept = documents.filter(pl.Series(known)).drop("year")
    chosen = matrix[np.flatnonzero(known)]
    regrouped = build_counts(
        output,
        documents=kept,
        years=kept[name].dt.year().to_numpy().astype(np.int32),
        indptr=chosen.indptr.astype(np.int64),
        indices=chosen.indices.astype(np.uint32),
        data=chosen.data.astype(np.uint32),
        vocabulary=counts.vocabulary,
        date=date,
        made_by=counts.made_by,
    )
    return regrouped, int((~known).sum())
