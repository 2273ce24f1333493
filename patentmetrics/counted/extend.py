"""Add years to a counted corpus: its blocks stay as they are, so what was made of them stays right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.files import folder_written_whole, inside, sha256_of
from patentmetrics.core.provenance import Provenance, write_frame
from patentmetrics.core.types import TermCounts, require_columns, require_unique
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import (
    open_counts,
    read_batches,
    read_documents,
    verify_counts,
    write_manifest,
)


def extend_counts(
    counts: TermCounts,
    output: Path | str,
    *,
    documents: pl.DataFrame,
    years: NDArray[np.int32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    data: NDArray[np.uint32],
    new_terms: Sequence[str],
    made_by: Provenance,
) -> TermCounts:
    """Write a counted corpus with further years (增量更新已计数语料库).

    The blocks of the years that are there are taken over byte for byte, as hard links where the file system
    has them, so a work folder of `patentmetrics.score_patents` serves on: only what the new years touch is
    computed. The result is, byte for byte, what counting all years at once with the same vocabulary gives,
    but for its provenance.

    Parameters
    ----------
    counts : TermCounts
        The corpus to extend. It is left as it is.
    output : Path
        The folder to make, another one; written whole or not at all.
    documents : polars.DataFrame
        The new documents, with the columns of the old ones, in any order.
    years : ndarray of int32, shape (documents,)
        Their years, none of which is in the corpus yet.
    indptr, indices, data : ndarray
        Their counts as compressed rows, see `patentmetrics.counted.build.build_counts`. An index below the
        height of the old vocabulary names an old term, the next one the first of ``new_terms``.
    new_terms : sequence of str
        Terms that the vocabulary does not have yet; may be empty. The ids of the old terms stay.
    made_by : dict
        Provenance of the extended corpus; the old one's is in ``counts.made_by``.

    Raises
    ------
    SettingError
        A year is in the corpus already, the output is the corpus itself, or the corpus is ordered by
        periods that are not years.
    ColumnError
        The new documents lack a column of the old ones.
    DataError
        An id is in the corpus already; a new term is not new; columns differ; a block of the corpus is
        missing or was changed; the arrays do not fit each other.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> def rows(year: int) -> dict:
    ...     return {
    ...         "documents": pl.DataFrame({"patent_id": [f"{year}-{i}" for i in range(2)]}),
    ...         "years": np.full(2, year, np.int32),
    ...         "indptr": np.array([0, 1, 2]),
    ...         "data": np.array([1, 1], np.uint32),
    ...         "made_by": {},
    ...     }
    >>> vocabulary = pl.DataFrame({"term": ["cell"], "documents": [2], "occurrences": [2]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     old = build_counts(
    ...         Path(folder) / "2000",
    ...         **rows(2000),
    ...         indices=np.array([0, 0], np.uint32),
    ...         vocabulary=vocabulary,
    ...         date="filing",
    ...     )
    ...     new = extend_counts(
    ...         old,
    ...         Path(folder) / "2001",
    ...         **rows(2001),
    ...         indices=np.array([0, 1], np.uint32),
    ...         new_terms=["solar"],
    ...     )
    >>> new.documents, new.vocabulary["documents"].to_list()
    (4, [3, 1])
    """
    output = Path(output)
    _check_years(counts, output, years)
    verify_counts(counts)
    documents = _with_columns_of(counts, documents)
    _require_new_ids(counts, documents)
    vocabulary = _longer(counts.vocabulary, new_terms)
    with folder_written_whole(output) as folder:
        (folder / "blocks").mkdir()
        added = build_counts(
            folder / "added",
            documents=documents,
            years=years,
            indptr=indptr,
            indices=indices,
            data=data,
            vocabulary=vocabulary,
            date=counts.date,
            made_by=made_by,
        )
        vocabulary = _with_totals(vocabulary, added)
        for block in added.blocks:
            (added.folder / block.name).replace(folder / block.name)
        shutil.rmtree(added.folder)
        for block in counts.blocks:
            _link(inside(counts.folder, block.name), folder / block.name)
        write_frame(vocabulary, folder / "vocabulary.parquet", made_by)
        write_manifest(
            folder,
            date=counts.date,
            blocks=sorted([*counts.blocks, *added.blocks], key=lambda block: (block.year, block.part)),
            vocabulary_sha256=sha256_of(folder / "vocabulary.parquet"),
            made_by=made_by,
        )
    return open_counts(output)


def _check_years(counts: TermCounts, output: Path, years: NDArray[np.int32]) -> None:
    if output.resolve() == counts.folder.resolve():
        raise SettingError(
            "a corpus is extended into another folder",
            where=str(output),
            hint="name a new folder; delete the old one when the new one is there",
        )
    if any(block.base is not None for block in counts.blocks):
        raise SettingError(
            "the corpus is ordered by periods that are not years",
            where=str(counts.folder),
            hint="extend the corpus as it was counted",
        )
    there = {block.year for block in counts.blocks}
    again = sorted(there.intersection(years.tolist()))
    if again:
        raise SettingError(
            "years of the new documents are in the corpus already",
            where="years",
            got=", ".join(map(str, again)),
            hint="count all documents of these years again, with the rest of the corpus",
        )


def _with_columns_of(counts: TermCounts, documents: pl.DataFrame) -> pl.DataFrame:
    """Put the columns of the new documents in the order of the old ones; they must be the same."""
    schema = read_documents(counts, counts.blocks[0]).schema
    require_columns(documents, list(schema), where="documents")
    for name, kind in documents.schema.items():
        if schema.get(name) != kind:
            raise DataError(
                f"the column {name!r} is not as in the corpus",
                where="documents",
                got=str(kind),
                allowed=str(schema[name]) if name in schema else "no such column",
            )
    return documents.select(list(schema))


def _require_new_ids(counts: TermCounts, documents: pl.DataFrame) -> None:
    ids = documents["patent_id"]
    for block in counts.blocks:
        again = read_documents(counts, block).filter(pl.col("patent_id").is_in(ids.implode()))
        if again.height:
            raise DataError(
                f"{again.height} of the new documents are in the corpus already",
                where=f"{counts.folder}, {block.name}",
                got=", ".join(map(str, again["patent_id"].head(5))),
            )


def _longer(vocabulary: pl.DataFrame, new_terms: Sequence[str]) -> pl.DataFrame:
    added = pl.DataFrame({"term": pl.Series(new_terms, dtype=pl.String)})
    longer = pl.concat([vocabulary, added], how="diagonal").with_columns(
        pl.col("documents", "occurrences").fill_null(0)
    )
    require_unique(longer, ["term"], where="new_terms")
    return longer


def _with_totals(vocabulary: pl.DataFrame, added: TermCounts) -> pl.DataFrame:
    """Add the documents and occurrences of each term in the new blocks to those before."""
    sums = np.zeros((2, vocabulary.height), np.int64)
    for block in added.blocks:
        for batch in read_batches(added, block):
            until = np.concatenate([[0], np.cumsum(batch.count, dtype=np.int64)])
            sums[0, batch.term] += np.diff(batch.offset)
            sums[1, batch.term] += np.diff(until[batch.offset])
    return vocabulary.with_columns(
        (pl.col(name) + pl.Series(sums[i])).cast(vocabulary.schema[name]).alias(name)
        for i, name in enumerate(("documents", "occurrences"))
    )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
