"""Order a counted corpus by other dates and periods, block by block: memory is bounded.

Each block is read once, and its rows are spilled, sorted by the block they go to; then each new block is
put together from what the old ones spilled for it. So every count is read and written twice, whatever the
periods, and a block at a time is in memory. Work that was killed is taken up where it stopped, see
`patentmetrics.counted.unfinished`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from patentmetrics.core.errors import DataError, InputError, SettingError, check_choice
from patentmetrics.core.files import sha256_of, written_whole
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.types import Block, TermCounts, require_columns
from patentmetrics.counted import build
from patentmetrics.counted.format import (
    DATES,
    FORMAT,
    narrowest,
    open_counts,
    read_documents,
    verify_counts,
    write_manifest,
)
from patentmetrics.counted.rows import PartRows, join_rows, read_rows, spill_row, spilled_rows, take_rows
from patentmetrics.counted.unfinished import begin, finish, recorded, refusals_explained, write_recorded
from patentmetrics.execute.local import Executor, map_blocks

Freeze = Literal["year", "quarter", "month"]
# consecutive numbers of periods, whose order is that of time
PERIODS: dict[str, Any] = {
    "year": lambda date: date.year().cast(pl.Int32),
    "quarter": lambda date: date.year().cast(pl.Int32) * 4 + date.quarter() - 1,
    "month": lambda date: date.year().cast(pl.Int32) * 12 + date.month() - 1,
}
# measured: bytes a non-zero of a block in work, at most
BYTES_A_NONZERO = 40
# year of the windows, and period of the weights
Unit = tuple[int, int]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What is ordered, by what, and where: paths and numbers only, for workers elsewhere."""

    counts: TermCounts
    work: Path
    date: str
    base_date: str
    freeze: str
    block_documents: int

    def spill(self, number: int) -> Path:
        return self.work / "spilled" / f"{number:05d}.arrow"


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A block of the corpus: its number, and how many documents of each unit come before its own."""

    number: int
    block: Block
    before: dict[Unit, int]


@dataclass(frozen=True, kw_only=True)
class _Target:
    """A block to be: its unit and part, and the pieces that it consists of, by source and place there."""

    unit: Unit
    part: int
    pieces: tuple[tuple[int, int], ...]


def regroup(
    counts: TermCounts,
    folder: Path,
    *,
    date: str,
    base_date: str | None = None,
    freeze: Freeze = "year",
    memory: int | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Order the same counts by other dates (按其他日期重排已计数语料库); documents without one are left out.

    Parameters
    ----------
    counts : TermCounts
        The corpus; it is left as it is.
    folder : Path
        Where the ordered corpus goes, into a folder of its own, whose name is a hash of the corpus' manifest,
        the dates and the period. One that is there from an earlier run is used; with an executor
        all workers must see the folder.
    date : str
        ``filing`` or ``issue``: decides the year.
    base_date : str, optional
        Decides the period whose term weights a document has; ``date`` by default.
    freeze : {"year", "quarter", "month"}
        How long such a period is. Each block then holds the documents of one year and period.
    memory : int, optional
        Bytes that the blocks in work may take. Any number gives the same bytes.
    threads : int, optional
        Blocks in work at a time, all cores by default; likewise.
    executor : callable, optional
        Runs a function over blocks in place of threads, see `patentmetrics.execute`.
    progress : callable, optional
        Told the blocks that are done.

    Returns
    -------
    TermCounts
        Documents of a year and period are in the order that they had in ``counts``; the vocabulary
        and the provenance stay.

    Raises
    ------
    ColumnError
        The documents do not carry that date.
    DataError
        No document has them.
    SettingError
        The memory does not suffice for one block.
    OutputError
        The folder cannot be written.
    """
    check_choice(date, DATES, argument="date")
    base_date = base_date or date
    check_choice(base_date, DATES, argument="base_date")
    check_choice(freeze, list(PERIODS), argument="freeze")
    names = list(dict.fromkeys((f"{date}_date", f"{base_date}_date")))
    require_columns(read_documents(counts, counts.blocks[0]), names, where=str(counts.folder))
    identity: dict[str, object] = {
        "format": FORMAT,
        "documents in a batch": build.BATCH_DOCUMENTS,
        "documents in a block": build.BLOCK_DOCUMENTS,
        "corpus": sha256_of(counts.folder / "manifest.json"),
        "date": date,
        "base_date": base_date,
        "freeze": freeze,
    }
    output = folder / f"regrouped-{_hash(identity)}"
    found = _earlier(output)
    if found is not None:
        return found
    work = output.with_name(f"{output.name}.part")
    job = _Job(
        counts=counts,
        work=work,
        date=date,
        base_date=base_date,
        freeze=freeze,
        block_documents=build.BLOCK_DOCUMENTS,
    )
    run = executor or partial(map_blocks, threads=_workers(counts, memory, threads))
    tallies = list(run(partial(_tally, job), counts.blocks))
    if not any(tallies):
        raise DataError(f"no document has {' and '.join(names)}", where=str(counts.folder))
    with refusals_explained(output):
        finished = begin(work, output, identity)
    if not finished:
        sources, targets = _plan(job, tallies)
        blocks: list[Block] = []
        for done, _ in enumerate(run(partial(_spill, job), sources), start=1):
            progress("sorting by date", done, len(sources))
        for done, block in enumerate(run(partial(_gather, job), targets), start=1):
            blocks.append(block)
            progress("writing by date", done, len(targets))
        with refusals_explained(output):
            _write_rest(job, blocks)
    with refusals_explained(output):
        finish(work, output)
    return open_counts(output)


def _earlier(output: Path) -> TermCounts | None:
    """Give what an earlier run made; what was damaged since is logged, and made anew."""
    if not (output / "manifest.json").is_file():
        return None
    try:
        found = open_counts(output)
        verify_counts(found)
    except (DataError, InputError):
        logger.warning("%s is damaged and is made anew", output)
        shutil.rmtree(output)
        return None
    # a run that was killed before its last step may have left it
    shutil.rmtree(output.with_name(f"{output.name}.part"), ignore_errors=True)
    return found


def _workers(counts: TermCounts, memory: int | None, threads: int | None) -> int:
    """Say how many blocks can be in work at a time."""
    workers = threads or os.cpu_count() or 1
    if memory is None:
        return workers
    # the most that a block can hold: that of the densest documents
    room, nonzeros = build.BLOCK_DOCUMENTS, 0.0
    for block in sorted(counts.blocks, key=lambda block: block.nonzeros / block.documents, reverse=True):
        documents = min(room, block.documents)
        nonzeros += documents * block.nonzeros / block.documents
        room -= documents
    per_block = int(BYTES_A_NONZERO * nonzeros) + 1
    if memory < per_block:
        raise SettingError(
            "the memory does not suffice for ordering one block by another date",
            where="memory",
            got=f"{memory:,} bytes",
            allowed=f"{per_block:,} bytes or more",
        )
    return min(workers, memory // per_block)


def _tally(job: _Job, block: Block) -> dict[Unit, int]:
    """Count the documents of each unit in a block."""
    counted = _placed(job, read_documents(job.counts, block)).group_by("year", "base").len()
    return {(year, base): number for year, base, number in counted.sort("year", "base").iter_rows()}


def _placed(job: _Job, documents: pl.DataFrame) -> pl.DataFrame:
    """Give ``row``, ``year`` and ``base`` of the documents that have the dates, in their order."""
    return (
        documents.select(
            pl.col(f"{job.date}_date").cast(pl.Date).dt.year().cast(pl.Int32).alias("year"),
            PERIODS[job.freeze](pl.col(f"{job.base_date}_date").cast(pl.Date).dt).alias("base"),
        )
        .with_row_index("row")
        .drop_nulls()
    )


def _plan(job: _Job, tallies: list[dict[Unit, int]]) -> tuple[list[_Source], list[_Target]]:
    """Say which rows of each block go where: a function of the data alone."""
    size = job.block_documents
    sources: list[_Source] = []
    pieces: defaultdict[tuple[Unit, int], list[tuple[int, int]]] = defaultdict(list)
    before: defaultdict[Unit, int] = defaultdict(int)
    for number, (block, tally) in enumerate(zip(job.counts.blocks, tallies, strict=True)):
        sources.append(_Source(number=number, block=block, before={unit: before[unit] for unit in tally}))
        place = 0
        for unit, documents in tally.items():
            first = before[unit]
            before[unit] += documents
            for part in range(first // size, (before[unit] - 1) // size + 1):
                pieces[unit, part].append((number, place))
                place += 1
    targets = [
        _Target(unit=unit, part=part, pieces=tuple(found)) for (unit, part), found in sorted(pieces.items())
    ]
    return sources, targets


def _spill(job: _Job, source: _Source) -> None:
    """Write the rows of a block, sorted by the block they go to: one piece for each."""
    path = job.spill(source.number)
    if path.is_file() or not source.before:
        return
    rows = read_rows(job.counts, source.block)
    kind = narrowest(rows.data[:0], int(rows.data.max()) if len(rows.data) else 0).dtype.type
    pieces = (spill_row(piece, kind) for piece in _pieces(job, source, rows))
    with written_whole(path) as temporary, pa.OSFile(str(temporary), "wb") as sink:
        first = next(pieces)
        with pa.ipc.new_file(sink, first.schema) as writer:
            writer.write_batch(first)
            for piece in pieces:
                writer.write_batch(piece)


def _pieces(job: _Job, source: _Source, rows: PartRows) -> Iterator[PartRows]:
    """Split the rows of a block by the block they go to, in the order of `_plan`."""
    placed = _placed(job, rows.documents).sort("year", "base", "row")
    for of_unit in placed.partition_by("year", "base", maintain_order=True):
        numbers = of_unit["row"].to_numpy().astype(np.int64)
        before = source.before[of_unit["year"][0], of_unit["base"][0]]
        part = (before + np.arange(len(numbers))) // job.block_documents
        for chosen in np.split(numbers, np.flatnonzero(np.diff(part)) + 1):
            yield take_rows(rows, chosen)


def _gather(job: _Job, target: _Target) -> Block:
    """Put a block together from its pieces, which come in the order of the corpus, and write it."""
    (year, base), part = target.unit, target.part
    with refusals_explained(job.work):
        found = recorded(job.work, year=year, part=part, base=base)
        if found is not None:
            return found
        rows = join_rows([_piece(job, number, place) for number, place in target.pieces])
        batches = build.batches_of(
            rows.documents, rows.indptr, rows.indices, rows.data, terms=job.counts.vocabulary.height
        )
        return write_recorded(job.work, year=year, part=part, base=base, batches=batches)


def _piece(job: _Job, number: int, place: int) -> PartRows:
    path = job.spill(number)
    try:
        with pa.memory_map(str(path), "r") as source:
            return spilled_rows(pa.ipc.open_file(source).get_batch(place))
    except pa.ArrowInvalid as error:
        path.unlink(missing_ok=True)
        raise DataError(
            "an intermediate result is damaged",
            where=str(path.parent),
            got=path.name,
            hint="run the same command again: it goes on where it stopped",
        ) from error


def _write_rest(job: _Job, blocks: list[Block]) -> None:
    """Write the vocabulary and the manifest."""
    counts, output = job.counts, job.work / "counts"
    write_frame(counts.vocabulary, output / "vocabulary.parquet", counts.made_by)
    write_manifest(
        output,
        date=job.date,
        blocks=blocks,
        vocabulary_sha256=sha256_of(output / "vocabulary.parquet"),
        made_by=counts.made_by,
    )


def _hash(identity: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:24]
