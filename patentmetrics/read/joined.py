"""Sources in several tables: joined patent by patent, some thousand patents at a time.

The first table decides which patents there are and their order; of it the keys stay in memory. The rows
of the other tables are put beside the patents they belong to, on disk where a folder is given, and each
chunk of patents is joined when all tables have been read. Memory is that of the keys and of one chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.read.cells import Table
from patentmetrics.read.parts import Part, get_part, put_part
from patentmetrics.read.pieces import FileInfo, Piece, Reading, file_labels, sheet_for
from patentmetrics.read.rejections import rejections
from patentmetrics.read.source_list import Source
from patentmetrics.read.sources import table_of
from patentmetrics.read.table import table_batches

CHUNK_ROWS = 20_000
_KEY = "\x00key"
_ROW = "\x00row"
_FILE = "\x00file"
# rows of a table → rows with the column _KEY: which patent they belong to, or null
Prepare = Callable[[pl.DataFrame], pl.DataFrame]
# rows of one table that belong to a chunk of patents → one row a patent: _KEY and our columns
Gather = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Joined:
    """How a table of a source is joined.

    Parameters
    ----------
    key : str
        Its column that names the patent.
    columns : tuple of str
        Its columns that are kept.
    gather : callable
        Makes one row a patent of its rows.
    prepare : callable or None
        Brings the key to rows that name the patent in another way.
    """

    key: str
    columns: tuple[str, ...]
    gather: Gather
    prepare: Prepare | None = None


@dataclass(kw_only=True)
class _Stock:
    """The rows of one table, by the chunk of patents they belong to."""

    parts: dict[int, list[Part]]
    rows: int = 0
    joined: int = 0


def tables_of(paths: Sequence[Path], source: Source, reading: Reading) -> dict[str, list[Path]]:
    """Say which file is which table of a source, by its header.

    Raises
    ------
    InputError
        A file is none of the source's tables.

    Examples
    --------
    >>> from patentmetrics.read.source_list import SOURCES
    >>> tables_of([], SOURCES["patstat"], Reading())
    {}
    """
    found: dict[str, list[Path]] = {}
    for path in paths:
        first = next(
            iter(table_batches(path, encoding=reading.encoding, sheet=sheet_for(path, paths, reading.sheet)))
        )
        table = table_of(source, first.frame.columns)
        if table is None:
            needed = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in source.tables.items())
            raise InputError(
                f"the file is none of the tables of {source.name}",
                where=str(path),
                got=", ".join(first.frame.columns[:20]),
                allowed=needed,
                hint="tables are recognised by their headers, not by the names of the files",
            )
        found.setdefault(table, []).append(path)
    return found


def joined_pieces(
    tables: Mapping[str, Sequence[Path]],
    main: str,
    how: Mapping[str, Joined],
    reading: Reading,
    *,
    used: Mapping[str, str],
    folder: Path | None = None,
    progress: Progress = silent,
) -> Iterator[Piece]:
    """Join the tables of a source; give pieces of some thousand patents.

    Parameters
    ----------
    tables : mapping
        Table → its files.
    main : str
        The table that has a row for each patent.
    how : mapping
        Table → how it is joined; the others are not read.
    reading : Reading
        Encoding and sheet.
    used : mapping
        Our name → the column of the joined rows, most often the same name.
    folder : Path, optional
        Where rows wait for their patents; in memory by default.

    Examples
    --------
    >>> from patentmetrics.read.patentsview import patentsview_pieces
    >>> patentsview_pieces.__module__
    'patentmetrics.read.patentsview'
    """
    paths = [path for name in how for path in tables.get(name, [])]
    labels = dict(zip(paths, file_labels(paths), strict=True))
    keys, chunks, infos, bad = _read_main(tables[main], how[main], labels, reading, folder, main)
    stocks: dict[str, _Stock] = {}
    for done, name in enumerate(one for one in how if one != main):
        progress("join", done, len(how) - 1)
        for path in tables.get(name, []):
            stock = stocks.setdefault(name, _Stock(parts={}))
            info, ragged = _read_other(path, how[name], keys, stock, labels[path], reading, folder, name)
            infos.append(info)
            bad.append(ragged)
    for number, parts in enumerate(chunks):
        frame = pl.concat([get_part(part) for part in parts])
        for name, stock in stocks.items():
            mine = stock.parts.get(number)
            if mine:
                frame = _beside(frame, how[name].gather(pl.concat([get_part(part) for part in mine])))
        last = number == len(chunks) - 1
        yield _piece(frame, how[main], used, bad if last else [], tuple(infos) if last else ())


def _beside(frame: pl.DataFrame, gathered: pl.DataFrame) -> pl.DataFrame:
    """Put columns beside the patents; two tables with the same list (citations) give one longer list."""
    both = [name for name in gathered.columns if name in frame.columns and name != _KEY]
    joined = frame.join(gathered, on=_KEY, how="left", maintain_order="left", suffix="\x00")
    empty = pl.lit([], dtype=pl.List(pl.String))
    return joined.with_columns(
        pl.concat_list(pl.col(name).fill_null(empty), pl.col(f"{name}\x00").fill_null(empty)).alias(name)
        for name in both
    ).drop(f"{name}\x00" for name in both)


def _piece(
    frame: pl.DataFrame,
    main: Joined,
    used: Mapping[str, str],
    bad: list[pl.DataFrame],
    infos: tuple[FileInfo, ...],
) -> Piece:
    rows, labels = frame[_ROW].rename("row"), frame[_FILE].rename("file")
    ours = main.gather(frame.drop(_ROW, _FILE))
    table = Table(
        file="",
        frame=ours.drop(_KEY),
        rows=rows,
        rejected=pl.concat([rejections(), *bad]),
        blank_rows=0,
        encoding=None,
        delimiter=None,
        sha256="",
    )
    there = {name: column for name, column in used.items() if column in ours.columns}
    return Piece(table=table, used=there, labels=labels, infos=infos)


def _read_main(
    paths: Sequence[Path],
    how: Joined,
    labels: Mapping[Path, str],
    reading: Reading,
    folder: Path | None,
    name: str,
) -> tuple[pl.DataFrame, list[list[Part]], list[FileInfo], list[pl.DataFrame]]:
    chunks: list[list[Part]] = [[]]
    keys: list[pl.DataFrame] = []
    infos: list[FileInfo] = []
    bad: list[pl.DataFrame] = []
    filled = 0
    for path in paths:
        rows = 0
        batch: Table | None = None
        for batch in table_batches(
            path, encoding=reading.encoding, sheet=sheet_for(path, paths, reading.sheet)
        ):
            frame = _kept(batch, how).with_columns(batch.rows.alias(_ROW), pl.lit(labels[path]).alias(_FILE))
            bad.append(batch.rejected.with_columns(pl.lit(labels[path]).alias("file")))
            rows += frame.height
            for start in range(0, frame.height, CHUNK_ROWS):
                piece = frame.slice(start, CHUNK_ROWS)
                if filled + piece.height > CHUNK_ROWS and chunks[-1]:
                    chunks.append([])
                    filled = 0
                number = len(chunks) - 1
                keys.append(piece.select(_KEY, chunk=pl.lit(number, dtype=pl.UInt32)))
                chunks[-1].append(put_part(piece, folder))
                filled += piece.height
        if batch is not None:
            infos.append(_info(labels[path], batch, name, rows, rows, how))
    index = pl.concat(keys).drop_nulls(_KEY).unique(_KEY, keep="first", maintain_order=True)
    return index, chunks, infos, bad


def _read_other(
    path: Path,
    how: Joined,
    keys: pl.DataFrame,
    stock: _Stock,
    label: str,
    reading: Reading,
    folder: Path | None,
    name: str,
) -> tuple[FileInfo, pl.DataFrame]:
    before_rows, before_joined = stock.rows, stock.joined
    ragged = [rejections()]
    batch: Table | None = None
    for batch in table_batches(path, encoding=reading.encoding):
        frame = _kept(batch, how).join(keys, on=_KEY, how="left", maintain_order="left")
        stock.rows += batch.frame.height
        here = frame.filter(pl.col("chunk").is_not_null())
        stock.joined += here.height
        ragged.append(batch.rejected.with_columns(pl.lit(label).alias("file")))
        for (number,), mine in here.partition_by("chunk", as_dict=True, maintain_order=True).items():
            stock.parts.setdefault(int(number), []).append(put_part(mine.drop("chunk"), folder))
    if batch is None:
        raise InputError("the table has no rows below its header", where=str(path))
    info = _info(label, batch, name, stock.rows - before_rows, stock.joined - before_joined, how)
    return info, pl.concat(ragged)


def _kept(batch: Table, how: Joined) -> pl.DataFrame:
    """Keep the columns that are taken, by their names in small letters; those that are not there are null."""
    by_name = {name.strip().casefold(): name for name in batch.frame.columns}
    frame = batch.frame.select(
        (pl.col(by_name[name]) if name in by_name else pl.lit(None, dtype=pl.String)).alias(name)
        for name in dict.fromkeys((how.key, *how.columns))
    )
    frame = frame.with_columns(pl.col(how.key).str.strip_chars().alias(_KEY))
    return frame if how.prepare is None else how.prepare(frame)


def _info(label: str, batch: Table, table: str, rows: int, joined: int, how: Joined) -> FileInfo:
    taken = {how.key, *how.columns}
    return FileInfo(
        label=label,
        size=batch.size,
        sha256=batch.sha256,
        encoding=batch.encoding,
        delimiter=batch.delimiter,
        table=table,
        rows=rows,
        joined=joined,
        ignored=tuple(name for name in batch.frame.columns if name.strip().casefold() not in taken),
    )
