"""The counted corpus on disk (已计数语料库): a folder that is memory-mapped, never read whole.

    counts/
      manifest.json         format, date, settings, versions, and each block with its size and hash
      vocabulary.parquet    term, documents, occurrences; the row of a term is its id
      blocks/1998-000.arrow one Arrow IPC file for each year, or part of a year

A block file holds one record batch for each few thousand documents. A batch has one row of lists: the
columns of its documents (``patent_id``, dates …) and its non-zeros, inverted: ``term`` (ascending ids),
``offset`` (where the postings of each term begin, with the end behind the last), ``document`` (number
inside the batch) and ``count``. Lists of one row let documents and non-zeros, whose numbers differ,
live in one file and be mapped without a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, InputError
from patentmetrics.core.files import existing_file, existing_folder, inside, read_json, sha256_of, write_json
from patentmetrics.core.provenance import Provenance, read_frame
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.execute.local import Executor, map_blocks

FORMAT = 1
POSTINGS = ("term", "offset", "document", "count")
DATES = ("filing", "issue")
# ids of terms are 32 bits wide
MOST_TERMS = 1 << 32


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The non-zeros of a few thousand documents, inverted.

    ``term`` (u,) uint32, ``offset`` (u + 1,) uint32, ``document`` (n,) uint16, ``count`` (n,) uint8,
    uint16 or uint32; ``columns`` are the documents' own columns, of ``documents`` rows.
    """

    documents: int
    term: NDArray[np.uint32]
    offset: NDArray[np.uint32]
    document: NDArray[np.uint16]
    count: NDArray[Any]
    columns: pa.Table


def open_counts(folder: Path | str) -> TermCounts:
    """Open a counted corpus.

    Raises
    ------
    InputError
        The folder is not a counted corpus, is of another format, or a file of it is missing.
    DataError
        The vocabulary is not the one that was written with the blocks.
    """
    folder = existing_folder(folder)
    if not (folder / "manifest.json").is_file():
        raise InputError(
            "the folder is not a counted corpus: it has no manifest.json",
            where=str(folder),
            hint="make one with `patentmetrics count patents.parquet -o counts/ ...`",
        )
    manifest: dict[str, Any] = read_json(folder / "manifest.json")
    if manifest.get("format") != FORMAT:
        raise InputError(
            "the folder is not a counted corpus of this version",
            where=str(folder),
            got=manifest.get("format"),
            allowed=str(FORMAT),
            hint="count the corpus again",
        )
    try:
        blocks = tuple(Block(**block) for block in manifest["blocks"])
        date, made_by = manifest["date"], manifest["made_by"]
        vocabulary_sha256 = manifest["vocabulary_sha256"]
    except (KeyError, TypeError) as error:
        raise InputError("the manifest is damaged", where=str(folder), got=str(error)) from error
    for block in blocks:
        if not inside(folder, block.name).is_file():
            raise InputError("a block is missing", where=str(folder), got=block.name, hint="count again")
    # the row of a term is its id: terms in another order would change every count without a trace
    if sha256_of(existing_file(folder / "vocabulary.parquet")) != vocabulary_sha256:
        raise DataError(
            "the vocabulary is not as it was written",
            where=str(folder),
            got="vocabulary.parquet",
            hint="put the file back, or count the corpus again",
        )
    vocabulary, _ = read_frame(folder / "vocabulary.parquet")
    return TermCounts(folder=folder, vocabulary=vocabulary, blocks=blocks, date=date, made_by=made_by)


def verify_counts(
    counts: TermCounts, *, threads: int | None = None, executor: Executor | None = None
) -> None:
    """Compare each block with its hash in the manifest; the vocabulary was compared when it was opened.

    Parameters
    ----------
    threads : int, optional
        Blocks that are read at a time, all cores by default.
    executor : callable, optional
        Reads the blocks in place of threads, see `patentmetrics.execute`.

    Raises
    ------
    DataError
        A block was changed or cut off since it was written.
    """
    for _ in (executor or partial(map_blocks, threads=threads))(
        partial(verify_block, counts.folder), counts.blocks
    ):
        pass


def verify_block(folder: Path, block: Block) -> None:
    """Compare one block with its hash in the manifest.

    Raises
    ------
    DataError
        It was changed or cut off since it was written.
    """
    path = inside(folder, block.name)
    if not path.is_file() or sha256_of(path) != block.sha256:
        raise DataError(
            "a block is missing, or is not as it was written",
            where=str(folder),
            got=block.name,
            hint="count the corpus again",
        )


def write_manifest(
    folder: Path, *, date: str, blocks: list[Block], vocabulary_sha256: str, made_by: Provenance
) -> None:
    """Write ``manifest.json``: the last file of a counted corpus, so its presence says it is whole."""
    content = {
        "format": FORMAT,
        "date": date,
        "blocks": [asdict(block) for block in blocks],
        "vocabulary_sha256": vocabulary_sha256,
        "made_by": made_by,
    }
    write_json(folder / "manifest.json", content)


def block_name(*, year: int, part: int, base: int | None = None) -> str:
    """Name the file of a block inside the folder of its corpus.

    Examples
    --------
    >>> block_name(year=1998, part=2), block_name(year=1998, part=0, base=7993)
    ('blocks/1998-002.arrow', 'blocks/1998-7993-000.arrow')
    """
    period = "" if base is None else f"-{base}"
    return f"blocks/{year:04d}{period}-{part:03d}.arrow"


def write_block(
    folder: Path, *, year: int, part: int, batches: list[Batch], base: int | None = None
) -> Block:
    """Write the batches of one block file and describe it."""
    name = block_name(year=year, part=part, base=base)
    path = folder / name
    tables = [as_row(batch.columns, {name: getattr(batch, name) for name in POSTINGS}) for batch in batches]
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, tables[0].schema) as writer:
        for row in tables:
            writer.write_batch(row)
    return Block(
        name=name,
        year=year,
        part=part,
        documents=sum(batch.documents for batch in batches),
        nonzeros=sum(len(batch.document) for batch in batches),
        sha256=sha256_of(path),
        base=base,
    )


def read_batches(counts: TermCounts, block: Block) -> Iterator[Batch]:
    """Yield the batches of a block, memory-mapped: arrays point into the file."""
    path = inside(counts.folder, block.name)
    try:
        with pa.memory_map(str(path), "r") as source:
            reader = pa.ipc.open_file(source)
            for i in range(reader.num_record_batches):
                columns, arrays = from_row(reader.get_batch(i), POSTINGS)
                yield Batch(documents=columns.num_rows, columns=columns, **arrays)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(
            "a block cannot be read", where=str(counts.folder), got=block.name, hint="count the corpus again"
        ) from error


def read_documents(counts: TermCounts, block: Block) -> pl.DataFrame:
    """Read the documents' columns of a block: one row a document."""
    tables = [batch.columns for batch in read_batches(counts, block)]
    frame = pl.from_arrow(pa.concat_tables(tables))
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def require_room_for_ids(terms: int) -> None:
    """Raise `DataError` unless ids of 32 bits can number so many terms.

    Examples
    --------
    >>> require_room_for_ids(200_000)
    """
    if terms > MOST_TERMS:
        raise DataError(
            "the vocabulary has more terms than can be numbered",
            where="vocabulary",
            got=f"{terms:,}",
            allowed=f"{MOST_TERMS:,} or fewer",
            hint="drop rare terms: raise min_documents",
        )


def narrowest(count: NDArray[np.uint32], largest: int) -> NDArray[Any]:
    """Store counts in the smallest unsigned type that holds ``largest``: nothing can overflow."""
    for kind in (np.uint8, np.uint16):
        if largest <= np.iinfo(kind).max:
            return count.astype(kind)
    return count


def as_row(columns: pa.Table, arrays: dict[str, NDArray[Any]]) -> pa.RecordBatch:
    """Put columns and arrays, of any lengths, into a record batch of one row of lists.

    Raises
    ------
    DataError
        A column has the name of an array.
    """
    for name in arrays:
        if name in columns.column_names:
            raise DataError(
                f"the documents have a column {name!r}, a name that the counts need",
                where="documents",
                got=name,
                hint="give the column another name",
            )
    lists = {name: columns.column(name).combine_chunks() for name in columns.column_names}
    lists |= {name: pa.array(values) for name, values in arrays.items()}
    return pa.record_batch(
        {
            name: pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)
            for name, values in lists.items()
        }
    )


def from_row(row: pa.RecordBatch, names: Iterable[str]) -> tuple[pa.Table, dict[str, NDArray[Any]]]:
    """Take columns and the named arrays out of such a row, without a copy."""
    lists = {name: row.column(name)[0].values for name in row.schema.names}
    arrays = {name: lists.pop(name).to_numpy(zero_copy_only=True) for name in names}
    return pa.table(lists), arrays
