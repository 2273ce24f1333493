"""Write a counted corpus part by part: memory is bounded, and a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError
from patentmetrics.core.files import check_output_folder, sha256_of
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, write_frame
from patentmetrics.core.types import Block, TermCounts, require_columns, require_unique
from patentmetrics.counted import build
from patentmetrics.counted.format import (
    FORMAT,
    Batch,
    open_counts,
    read_batches,
    require_room_for_ids,
    write_manifest,
)
from patentmetrics.counted.rows import PartRows
from patentmetrics.counted.unfinished import begin, finish, recorded, refusals_explained, write_recorded
from patentmetrics.execute.local import map_blocks

# ids are compared by their hash, so many at a time: 8 bytes each
IDS_AT_ONCE = 1 << 25


@dataclass(frozen=True, kw_only=True)
class Part:
    """The documents of one block: which year, which part of it, how many before it in the year, how many."""

    year: int
    part: int
    first: int
    documents: int


def parts_of(documents_by_year: Mapping[int, int]) -> list[Part]:
    """Cut the documents of each year into the parts that become blocks, in order.

    Examples
    --------
    >>> [(one.year, one.part, one.first, one.documents) for one in parts_of({2001: 70, 2000: 5})]
    [(2000, 0, 0, 5), (2001, 0, 0, 70)]
    """
    size = build.BLOCK_DOCUMENTS
    return [
        Part(year=year, part=part, first=first, documents=min(size, documents - first))
        for year, documents in sorted(documents_by_year.items())
        for part, first in enumerate(range(0, documents, size))
    ]


def stream_counts(
    output: Path,
    make: Callable[[Part], PartRows],
    *,
    documents_by_year: Mapping[int, int],
    terms: Sequence[str] | pl.Series,
    date: str,
    made_by: Provenance,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Write a counted corpus that need never be whole in memory (分块写入已计数语料库).

    The files have the bytes that `patentmetrics.counted.build.build_counts` gives the same documents,
    however many threads there are and however often the run was killed.

    Parameters
    ----------
    output : Path
        The folder to make. Until it is whole, the work is in ``<output>.part`` beside it.
    make : callable
        Gives the rows of a `Part`: the same rows each time, whatever was made before. Called on several
        threads at once, and not for parts that an earlier, killed run has finished.
    documents_by_year : mapping of int to int
        How many documents each year has; `parts_of` cuts them into parts.
    terms : sequence of str
        The vocabulary: position = term id. How many documents have a term, and how often it occurs, is
        counted here.
    date : str
        Which date the years come from: ``filing`` or ``issue``.
    made_by : dict
        Provenance. With the parts and the terms it says whether ``<output>.part`` is the same work.
    threads : int, optional
        Parts in work at a time, all cores by default. Memory: about 20 bytes a non-zero of each.
    progress : callable, optional
        Told the documents that are done.

    Raises
    ------
    DataError
        There is no document; the arrays of a part do not fit each other, are of another type, name a
        term twice in a row or a count of zero; an id is doubled; parts differ in their columns.
    OutputError
        The folder cannot be written, or ``<output>.part`` is of other work.

    Examples
    --------
    >>> import tempfile
    >>> def make(part: Part) -> PartRows:
    ...     return PartRows(
    ...         documents=pl.DataFrame({"patent_id": [f"{part.year}-{i}" for i in range(part.documents)]}),
    ...         indptr=np.arange(part.documents + 1),
    ...         indices=np.zeros(part.documents, np.uint32),
    ...         data=np.full(part.documents, 2, np.uint32),
    ...     )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = stream_counts(
    ...         Path(folder) / "counts",
    ...         make,
    ...         documents_by_year={2000: 2, 2001: 1},
    ...         terms=["cell", "solar"],
    ...         date="filing",
    ...         made_by={},
    ...     )
    >>> counts.documents, counts.vocabulary["occurrences"].to_list()
    (3, [6, 0])
    """
    output = Path(output)
    check_output_folder(output)
    vocabulary = _terms(terms)
    identity: dict[str, object] = {
        "documents by year": _hash(json.dumps(_cut(parts_of(documents_by_year)))),
        "terms": _hash("\0".join(vocabulary["term"])),
        "date": date,
        # as it will be read back
        "made_by": json.loads(json.dumps(made_by)),
    }
    work = output.with_name(f"{output.name}.part")
    with refusals_explained(output):
        finished = begin(work, output, begun_as(identity))
    if not finished:
        fill_counts(
            work,
            make,
            documents_by_year=documents_by_year,
            terms=terms,
            date=date,
            made_by=lambda _: made_by,
            threads=threads,
            progress=progress,
        )
    with refusals_explained(output):
        finish(work, output)
    return open_counts(output)


def begun_as(identity: dict[str, object]) -> dict[str, object]:
    """Add to what identifies work what decides its blocks, for `patentmetrics.counted.unfinished.begin`."""
    return {"format": FORMAT, "documents in a batch": build.BATCH_DOCUMENTS, **identity}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the blocks hold: non-zeros, and documents that have none."""

    nonzeros: int
    empty: int


def fill_counts(
    work: Path,
    make: Callable[[Part], PartRows],
    *,
    documents_by_year: Mapping[int, int],
    terms: Sequence[str] | pl.Series,
    date: str,
    made_by: Callable[[Written], Provenance],
    threads: int | None = None,
    progress: Progress = silent,
) -> None:
    """Write what is lacking of a counted corpus in a folder of work that has begun; see `stream_counts`.

    `patentmetrics.counted.unfinished.begin` comes before, with all that decides what ``make`` gives and the
    other options, and ``finish`` after. Work with doubled ids is deleted. ``made_by`` is asked when all
    blocks are written.
    """
    parts = parts_of(documents_by_year)
    if not parts:
        raise DataError("there is no document to count", where="documents")
    unfinished = TermCounts(
        folder=work / "counts", vocabulary=_terms(terms), blocks=(), date=date, made_by={}
    )
    vocabulary = unfinished.vocabulary
    blocks: list[Block] = []
    schemas: list[pa.Schema] = []
    sums = np.zeros((2, vocabulary.height), np.int64)
    empty, done, total = 0, 0, sum(part.documents for part in parts)
    for block, tally in _blocks(work, make, parts, unfinished, threads=threads):
        blocks.append(block)
        schemas.append(tally.columns)
        sums += tally.sums
        empty += tally.empty
        done += block.documents
        progress("writing counts", done, total)
    try:
        _require_same_columns(blocks, schemas)
        require_unique_ids(lambda: _ids(unfinished, blocks), documents=total)
    except DataError:
        # what was made of wrong data is of no use to the next run
        shutil.rmtree(work)
        raise
    written = Written(nonzeros=sum(block.nonzeros for block in blocks), empty=empty)
    with refusals_explained(work):
        _write_rest(
            replace(
                unfinished,
                vocabulary=vocabulary.with_columns(documents=sums[0], occurrences=sums[1]),
                blocks=tuple(blocks),
                made_by=made_by(written),
            )
        )


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """Of a block: documents and occurrences of each term, shape (2, terms); empty ones; their columns."""

    sums: NDArray[np.int64]
    empty: int
    columns: pa.Schema


def _blocks(
    work: Path,
    make: Callable[[Part], PartRows],
    parts: list[Part],
    unfinished: TermCounts,
    *,
    threads: int | None,
) -> Iterator[tuple[Block, _Tally]]:
    """Write the blocks that are not there yet; give all of them, in order."""
    terms = unfinished.vocabulary.height

    def of_part(part: Part) -> tuple[Block, _Tally]:
        block = recorded(work, year=part.year, part=part.part)
        if block is not None:
            written = list(read_batches(unfinished, block))
            return block, _tally(written, terms, empty=sum(map(_without_terms, written)))
        rows = make(part)
        batches = _checked_batches(part, rows, terms)
        with refusals_explained(work):
            block = write_recorded(work, year=part.year, part=part.part, batches=batches)
        return block, _tally(batches, terms, empty=int((np.diff(rows.indptr) == 0).sum()))

    return map_blocks(of_part, parts, threads=threads)


def _write_rest(counts: TermCounts) -> None:
    """Write the vocabulary and the manifest."""
    path = counts.folder / "vocabulary.parquet"
    write_frame(counts.vocabulary, path, counts.made_by)
    write_manifest(
        counts.folder,
        date=counts.date,
        blocks=list(counts.blocks),
        vocabulary_sha256=sha256_of(path),
        made_by=counts.made_by,
    )


def _terms(terms: Sequence[str] | pl.Series) -> pl.DataFrame:
    require_room_for_ids(len(terms))
    vocabulary = pl.DataFrame({"term": pl.Series(terms, dtype=pl.String)})
    require_unique(vocabulary, ["term"], where="vocabulary")
    return vocabulary


def _cut(parts: list[Part]) -> list[list[int]]:
    if not parts:
        raise DataError("there is no document to count", where="documents")
    return [[one.year, one.part, one.documents] for one in parts]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _tally(batches: Sequence[Batch], terms: int, *, empty: int) -> _Tally:
    sums = np.zeros((2, terms), np.int64)
    for batch in batches:
        until = np.concatenate([[0], np.cumsum(batch.count, dtype=np.int64)])
        sums[0, batch.term] += np.diff(batch.offset)
        sums[1, batch.term] += np.diff(until[batch.offset])
    return _Tally(sums=sums, empty=empty, columns=batches[0].columns.schema)


def _without_terms(batch: Batch) -> int:
    has_terms = np.zeros(batch.documents, np.bool_)
    has_terms[batch.document] = True
    return batch.documents - int(has_terms.sum())


def _checked_batches(part: Part, rows: PartRows, terms: int) -> list[Batch]:
    where = f"part {part.part} of {part.year}"
    require_columns(rows.documents, ["patent_id"], where=where)
    require_unique(rows.documents, ["patent_id"], where=where)
    kinds = {"indptr": np.int64, "indices": np.uint32, "data": np.uint32}
    for name, kind in kinds.items():
        if getattr(rows, name).dtype != kind:
            raise DataError(
                f"{name} has another type than it must",
                where=where,
                got=getattr(rows, name).dtype,
                allowed=np.dtype(kind).name,
            )
    if not (
        rows.documents.height == part.documents == len(rows.indptr) - 1
        and rows.indptr[0] == 0
        and len(rows.indices) == len(rows.data) == rows.indptr[-1]
        and (np.diff(rows.indptr) >= 0).all()
    ):
        raise DataError("the arrays of counts do not fit each other", where=where)
    if len(rows.indices) and int(rows.indices.max()) >= terms:
        raise DataError("an index lies outside the vocabulary", where=where, got=int(rows.indices.max()))
    if len(rows.data) and not rows.data.min():
        raise DataError("a count is zero", where=where)
    batches = build.batches_of(rows.documents, rows.indptr, rows.indices, rows.data, terms=terms)
    for batch in batches:
        # the postings of a term ascend in documents, so a term twice in a row stands side by side
        twice = batch.document[1:] == batch.document[:-1]
        twice[batch.offset[1:-1].astype(np.int64) - 1] = False
        if twice.any():
            raise DataError("a row names a term twice", where=where, hint="add its counts up")
    return batches


def _require_same_columns(blocks: list[Block], schemas: list[pa.Schema]) -> None:
    for block, schema in zip(blocks, schemas, strict=True):
        if schema != schemas[0]:
            raise DataError(
                "the documents of a part have other columns than those of the first",
                where=block.name,
                got=", ".join(f"{one.name} {one.type}" for one in schema),
                allowed=[f"{one.name} {one.type}" for one in schemas[0]],
            )


def require_unique_ids(ids: Callable[[], Iterator[pl.Series]], *, documents: int) -> None:
    """Raise `DataError` unless no id is there twice: 64-bit hashes first, ids only where two of them agree.

    Parameters
    ----------
    ids : callable
        Gives the ids from the start, a batch at a time.
    documents : int
        How many there are. Memory: 8 bytes an id, for `IDS_AT_ONCE` of them at most.

    Examples
    --------
    >>> require_unique_ids(lambda: iter([pl.Series(["US1"]), pl.Series(["US2"])]), documents=2)
    """
    passes = -(-documents // IDS_AT_ONCE)
    for which in range(passes):
        hashes = np.concatenate([_chosen(some.hash().to_numpy(), passes, which) for some in ids()])
        hashes.sort()
        doubled = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        if len(doubled):
            suspects = [some.filter(some.hash().is_in(pl.Series(doubled))) for some in ids()]
            require_unique(pl.concat(suspects).to_frame("patent_id"), ["patent_id"], where="documents")


def _chosen(hashes: NDArray[np.uint64], passes: int, which: int) -> NDArray[np.uint64]:
    return hashes if passes == 1 else hashes[hashes % np.uint64(passes) == which]


def _ids(counts: TermCounts, blocks: list[Block]) -> Iterator[pl.Series]:
    for block in blocks:
        for batch in read_batches(counts, block):
            yield pl.Series("patent_id", batch.columns.column("patent_id"))
