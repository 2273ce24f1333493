"""Build a counted corpus from rows of counts: group by year, cut into batches, invert, write.

How the documents fall into blocks and batches is a function of the data alone, so every sum over them
has one order, whatever machine and however many threads make it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from patentmetrics.core.errors import DataError
from patentmetrics.core.files import folder_written_whole, sha256_of
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, write_frame
from patentmetrics.core.types import Block, TermCounts, require_columns, require_unique
from patentmetrics.counted.format import (
    Batch,
    narrowest,
    open_counts,
    require_room_for_ids,
    write_block,
    write_manifest,
)
from patentmetrics.kernels.inversion import invert

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# measured: larger batches load rows of weights for more documents each, until accumulators leave the cache
BATCH_DOCUMENTS = 16_384
BLOCK_DOCUMENTS = 8 * BATCH_DOCUMENTS


def build_counts(
    output: Path,
    *,
    documents: pl.DataFrame,
    years: NDArray[np.int32],
    bases: NDArray[np.int32] | None = None,
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    data: NDArray[np.uint32],
    vocabulary: pl.DataFrame,
    date: str,
    made_by: Provenance,
    progress: Progress = silent,
) -> TermCounts:
    """Write a counted corpus from compressed rows.

    Parameters
    ----------
    output : Path
        The folder to make; written whole or not at all.
    documents : polars.DataFrame
        One row a document, in the order of ``indptr``, with a unique ``patent_id``.
    years : ndarray of int32, shape (documents,)
        The year that decides a document's block.
    bases : ndarray of int32, shape (documents,), optional
        The period whose term weights a document has, where that is not its year: a block then holds
        the documents of one year and period.
    indptr, indices, data : ndarray, shapes (documents + 1,), (non-zeros,), (non-zeros,)
        Counts as compressed rows; indices may be unsorted and repeated, repeated ones are added up.
    vocabulary : polars.DataFrame
        ``term``, ``documents``, ``occurrences``; row number = term id.
    date : str
        Which date the years come from: ``filing`` or ``issue``.
    made_by : dict
        Provenance of the counts.

    Raises
    ------
    DataError
        Arrays do not fit each other, an index is outside the vocabulary, or an id is doubled.
    OutputError
        The folder cannot be written.
    """
    require_columns(vocabulary, ["term", "documents", "occurrences"], where="vocabulary")
    require_columns(documents, ["patent_id"], where="documents")
    require_unique(documents, ["patent_id"], where="documents")
    require_room_for_ids(vocabulary.height)
    rows = _checked_rows(documents.height, years, indptr, indices, data, vocabulary.height)
    # stable: within a year the order of the input stays
    periods = years if bases is None else bases
    order = np.lexsort((periods, years))
    limits = np.flatnonzero(np.diff(years[order]) | np.diff(periods[order])) + 1
    with folder_written_whole(Path(output)) as folder:
        (folder / "blocks").mkdir()
        blocks: list[Block] = []
        done = 0
        for of_year in np.split(order, limits):
            for part, begin in enumerate(range(0, len(of_year), BLOCK_DOCUMENTS)):
                chosen = of_year[begin : begin + BLOCK_DOCUMENTS]
                kept = rows[chosen]
                batches = batches_of(
                    documents[chosen],
                    kept.indptr.astype(np.int64),
                    kept.indices.astype(np.uint32),
                    kept.data.astype(np.uint32),
                    terms=vocabulary.height,
                )
                base = None if bases is None else int(bases[chosen[0]])
                year = int(years[chosen[0]])
                blocks.append(write_block(folder, year=year, part=part, batches=batches, base=base))
                done += len(chosen)
                progress("writing counts", done, documents.height)
        write_frame(vocabulary, folder / "vocabulary.parquet", made_by)
        write_manifest(
            folder,
            date=date,
            blocks=blocks,
            vocabulary_sha256=sha256_of(folder / "vocabulary.parquet"),
            made_by=made_by,
        )
    return open_counts(output)


def _checked_rows(
    documents: int,
    years: NDArray[np.int32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    data: NDArray[np.uint32],
    terms: int,
) -> csr_matrix:
    """Put the counts into a canonical matrix: sorted, repeated indices added up, no stored zeros."""
    if documents == 0:
        raise DataError("there is no document to count", where="documents")
    if not (len(years) == documents == len(indptr) - 1 and len(indices) == len(data) == indptr[-1]):
        raise DataError("the arrays of counts do not fit each other", where="counts")
    if len(indices) and int(indices.max()) >= terms:
        raise DataError("an index lies outside the vocabulary", where="counts", got=int(indices.max()))
    # int64 while adding up: the sum of repeated counts must not wrap around
    rows = sparse.csr_matrix(
        (data.astype(np.int64), indices.astype(np.int64), indptr), shape=(documents, max(terms, 1))
    )
    rows.sum_duplicates()
    rows.eliminate_zeros()
    if rows.nnz and (rows.data.max() > np.iinfo(np.uint32).max or rows.data.min() < 0):
        raise DataError("a count does not fit into 32 bits", where="counts", got=int(rows.data.max()))
    return rows


def batches_of(
    documents: pl.DataFrame,
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    data: NDArray[np.uint32],
    *,
    terms: int,
) -> list[Batch]:
    """Cut the documents of one block into batches and invert each.

    Parameters
    ----------
    documents : polars.DataFrame
        The documents of the block, in order.
    indptr, indices, data : ndarray
        Their counts as compressed rows, without repeated indices or zeros.
    terms : int
        Size of the vocabulary.

    Examples
    --------
    >>> frame = pl.DataFrame({"patent_id": ["US1", "US2"]})
    >>> rows = np.array([0, 2, 3]), np.array([4, 1, 4], np.uint32), np.array([1, 2, 3], np.uint32)
    >>> (batch,) = batches_of(frame, *rows, terms=5)
    >>> batch.term.tolist(), batch.document.tolist(), batch.count.tolist()
    ([1, 4], [0, 0, 1], [2, 1, 3])
    """
    largest = int(data.max()) if len(data) else 0
    occurring = None
    if terms > 4 * len(indices):
        # few non-zeros in a large vocabulary: number the terms that occur, and go through those alone
        occurring, places = np.unique(indices, return_inverse=True)
        indices, terms = places.astype(np.uint32), len(occurring)
    scratch = np.zeros(terms + 1, np.int64)
    batches = []
    for begin in range(0, documents.height, BATCH_DOCUMENTS):
        bounds = indptr[begin : begin + BATCH_DOCUMENTS + 1]
        inside = slice(int(bounds[0]), int(bounds[-1]))
        document = np.empty(inside.stop - inside.start, np.uint16)
        count = np.empty(inside.stop - inside.start, np.uint32)
        term, offset = invert(bounds - bounds[0], indices[inside], data[inside], scratch, document, count)
        if occurring is not None:
            term = occurring[term]
        batches.append(
            Batch(
                documents=len(bounds) - 1,
                term=term,
                offset=offset,
                document=document,
                count=narrowest(count, largest),
                columns=pa.table(documents[begin : begin + BATCH_DOCUMENTS].to_arrow()),
            )
        )
    return batches
