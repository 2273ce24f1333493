"""Compressed rows of counts: read back from a block, chosen, put one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, as_row, from_row, read_batches, read_documents

_SPILLED = ("rows: indptr", "rows: indices", "rows: data")


@dataclass(frozen=True, kw_only=True)
class PartRows:
    """Some documents, and their counts as compressed rows.

    ``documents`` has a row a document, with a unique ``patent_id``. ``indptr`` (documents + 1,) int64
    from 0; ``indices`` and ``data`` (non-zeros,) uint32; no term twice in a row, no count of zero.
    """

    documents: pl.DataFrame
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    data: NDArray[np.uint32]


def read_rows(counts: TermCounts, block: Block) -> PartRows:
    """Read the documents of a block back as compressed rows, terms ascending in each.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from patentmetrics.counted.build import build_counts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = build_counts(
    ...         Path(folder) / "counts",
    ...         documents=pl.DataFrame({"patent_id": ["US1", "US2"]}),
    ...         years=np.array([2000, 2000], np.int32),
    ...         indptr=np.array([0, 2, 3]),
    ...         indices=np.array([1, 0, 1], np.uint32),
    ...         data=np.array([7, 2, 300], np.uint32),
    ...         vocabulary=pl.DataFrame({"term": ["a", "b"], "documents": [1, 2], "occurrences": [2, 307]}),
    ...         date="filing",
    ...         made_by={},
    ...     )
    ...     rows = read_rows(counts, counts.blocks[0])
    >>> rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()
    ([0, 2, 3], [0, 1, 1], [2, 7, 300])
    """
    read = [_rows_of(batch) for batch in read_batches(counts, block)]
    return PartRows(documents=read_documents(counts, block), **_behind_each_other(read))


def take_rows(rows: PartRows, numbers: NDArray[np.int64]) -> PartRows:
    """Choose rows by their numbers, in that order."""
    lengths = np.diff(rows.indptr)[numbers]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    # where each chosen non-zero lies: the begin of its row, and its place in the row
    places = np.repeat(rows.indptr[numbers] - indptr[:-1], lengths)
    places += np.arange(len(places))
    return PartRows(
        documents=rows.documents[numbers],
        indptr=indptr,
        indices=rows.indices[places],
        data=rows.data[places],
    )


def join_rows(parts: Sequence[PartRows]) -> PartRows:
    """Put rows one behind the other."""
    if len(parts) == 1:
        return parts[0]
    arrays = [(rows.indptr, rows.indices, rows.data) for rows in parts]
    return PartRows(documents=pl.concat([rows.documents for rows in parts]), **_behind_each_other(arrays))


def spill_row(rows: PartRows, kind: type[np.unsignedinteger[Any]]) -> pa.RecordBatch:
    """Put rows into a record batch that `spilled_rows` reads; counts are stored as ``kind``."""
    return as_row(
        pa.table(rows.documents.to_arrow()),
        dict(zip(_SPILLED, (rows.indptr, rows.indices, rows.data.astype(kind)), strict=True)),
    )


def spilled_rows(row: pa.RecordBatch) -> PartRows:
    """Take rows out of such a record batch."""
    columns, arrays = from_row(row, _SPILLED)
    documents = pl.from_arrow(columns)
    indptr, indices, data = arrays.values()
    return PartRows(
        documents=documents if isinstance(documents, pl.DataFrame) else documents.to_frame(),
        indptr=indptr,
        indices=indices,
        data=data.astype(np.uint32),
    )


_Arrays = tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]


def _rows_of(batch: Batch) -> _Arrays:
    # columns by their place among the terms of the batch: ids of 32 bits do not fit scipy's indices
    by_term = sparse.csc_matrix(
        (batch.count.astype(np.uint32), batch.document.astype(np.int32), batch.offset.astype(np.int64)),
        shape=(batch.documents, len(batch.term)),
    )
    rows = by_term.tocsr()
    return rows.indptr.astype(np.int64), batch.term[rows.indices], rows.data


def _behind_each_other(parts: Sequence[_Arrays]) -> dict[str, Any]:
    ends = np.cumsum([0, *(indptr[-1] for indptr, _, _ in parts)])
    begins = [indptr[:-1] + end for (indptr, _, _), end in zip(parts, ends, strict=False)]
    return {
        "indptr": np.concatenate([*begins, ends[-1:]]).astype(np.int64),
        "indices": np.concatenate([indices for _, indices, _ in parts]),
        "data": np.concatenate([data for _, _, data in parts]),
    }
