"""From a counted corpus to `scipy.sparse`, and to the same corpus ordered by another date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import TermCounts, require_columns
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import read_batches, read_documents

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DATES = ("filing", "issue")
# consecutive numbers of periods, whose order is that of time
PERIODS: dict[str, Any] = {
    "year": lambda date: date.year().cast(pl.Int32),
    "quarter": lambda date: date.year().cast(pl.Int32) * 4 + date.quarter() - 1,
    "month": lambda date: date.year().cast(pl.Int32) * 12 + date.month() - 1,
}


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


def regroup(
    counts: TermCounts,
    output: Path,
    *,
    date: str,
    base_date: str | None = None,
    freeze: Literal["year", "quarter", "month"] = "year",
) -> tuple[TermCounts, int]:
    """Write the same counts ordered by other dates; say how many documents lack one of them.

    Parameters
    ----------
    date : str
        ``filing`` or ``issue``: decides the year.
    base_date : str, optional
        Decides the period whose term weights a document has; ``date`` by default.
    freeze : {"year", "quarter", "month"}
        How long such a period is. Each block then holds the documents of one year and period.

    Raises
    ------
    ColumnError
        The documents do not carry that date.
    DataError
        No document has them.

    Notes
    -----
    The counts are held in memory.
    """
    check_choice(date, DATES, argument="date")
    base_date = base_date or date
    check_choice(base_date, DATES, argument="base_date")
    check_choice(freeze, list(PERIODS), argument="freeze")
    matrix, documents = to_csr(counts)
    names = [f"{date}_date", f"{base_date}_date"]
    require_columns(documents, names, where=str(counts.folder))
    known = documents.select(pl.all_horizontal(pl.col(names).is_not_null())).to_series().to_numpy()
    if not known.any():
        raise DataError(f"no document has {' and '.join(dict.fromkeys(names))}", where=str(counts.folder))
    kept = documents.filter(pl.Series(known)).drop("year")
    chosen = matrix[np.flatnonzero(known)]
    periods = kept.select(PERIODS[freeze](pl.col(names[1]).dt)).to_series()
    regrouped = build_counts(
        output,
        documents=kept,
        years=kept[names[0]].dt.year().to_numpy().astype(np.int32),
        bases=periods.to_numpy().astype(np.int32),
        indptr=chosen.indptr.astype(np.int64),
        indices=chosen.indices.astype(np.uint32),
        data=chosen.data.astype(np.uint32),
        vocabulary=counts.vocabulary,
        date=date,
        made_by=counts.made_by,
    )
    return regrouped, int((~known).sum())
