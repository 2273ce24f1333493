"""Files of any source as pieces: some rows, and which of their columns is which of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.read.cells import Table
from patentmetrics.read.dates import DateOrder
from patentmetrics.read.headers import match_columns, match_source
from patentmetrics.read.source_list import Source
from patentmetrics.read.sources import unknown_header
from patentmetrics.read.table import EXCEL, table_batches


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files are to be read.

    Parameters
    ----------
    columns : mapping
        Our name → their header, for all files; goes before the headers that are known.
    encoding, sheet : str or None
        Of delimited files, of Excel files; the others take no notice.
    date_order : {'dmy', 'mdy'} or None
        What 05/04/2009 means; without it such rows are rejected.
    list_separator : str or None
        What separates the entries of lists, in place of the usual marks.
    identify_by : {'application', 'publication'} or None
        Which number names a patent; None is the source's own rule.

    Examples
    --------
    >>> Reading(encoding="gb18030").columns
    {}
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None
    date_order: DateOrder | None = None
    list_separator: str | None = None
    identify_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class FileInfo:
    """What is recorded of an input file: its name, size, hash, encoding, delimiter, and what it is.

    Parameters
    ----------
    label : str
        The file's name; the second ``a.csv`` is ``a.csv (2)``.
    size : int
        Bytes.
    sha256 : str
        Of the bytes; of a folder, of the names and hashes of its files.
    encoding, delimiter : str or None
        Of delimited files.
    columns : mapping
        Our name → their header.
    table : str or None
        Which of the source's tables it is.
    rows, joined : int
        Of a table that is joined to another: its rows, and those whose patent is there.
    ignored : tuple of str
        Headers that are not taken.
    """

    label: str
    size: int
    sha256: str
    encoding: str | None = None
    delimiter: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None
    rows: int = 0
    joined: int = 0
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows of patents, not yet read.

    Parameters
    ----------
    table : Table
        The cells.
    used : mapping
        Our name → the table's column.
    labels : str or Series
        The file, or the file of each row.
    infos : tuple of FileInfo
        Of the files that end with this piece.
    """

    table: Table
    used: Mapping[str, str]
    labels: str | pl.Series
    infos: tuple[FileInfo, ...] = ()


def file_labels(paths: Sequence[Path]) -> list[str]:
    """Name files without their folders; the second ``a.csv`` is ``a.csv (2)``.

    Examples
    --------
    >>> file_labels([Path("x/a.csv"), Path("y/a.csv")])
    ['a.csv', 'a.csv (2)']
    """
    labels: list[str] = []
    for path in paths:
        label, copy = path.name, 1
        while label in labels:
            copy += 1
            label = f"{path.name} ({copy})"
        labels.append(label)
    return labels


def sheet_for(path: Path, paths: Sequence[Path], sheet: str | None) -> str | None:
    """Give the sheet to a file: one named for a mixture of files is for its Excel files.

    Examples
    --------
    >>> paths = [Path("a.csv"), Path("b.xlsx")]
    >>> [sheet_for(path, paths, "S") for path in paths]
    [None, 'S']
    """
    # for no Excel file at all it is a mistake, and the reader of tables says so
    excel = [one for one in paths if one.suffix.lower() in EXCEL]
    return sheet if not excel or path in excel else None


def flat_pieces(
    paths: Sequence[Path], source: Source, reading: Reading, progress: Progress = silent
) -> Iterator[Piece]:
    r"""Read files of one row a patent, piece by piece.

    Raises
    ------
    InputError, ColumnError, SettingError
        A file cannot be read, lacks columns, or does not fit the options.

    Examples
    --------
    >>> import tempfile
    >>> from patentmetrics.read.source_list import SOURCES
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("申请号,申请日,标题\n1,2013-01-21,灯\n", encoding="utf-8")
    ...     [piece.used["title"] for piece in flat_pieces([path], SOURCES["cnipa"], Reading())]
    ['标题']
    """
    labels = file_labels(paths)
    for done, (path, label) in enumerate(zip(paths, labels, strict=True)):
        progress("read", done, len(paths))
        batches = table_batches(path, encoding=reading.encoding, sheet=sheet_for(path, paths, reading.sheet))
        used: dict[str, str] | None = None
        rows = 0
        held: Table | None = None
        for batch in batches:
            if used is None:
                used = _used(source, batch.frame.columns, reading, str(path))
            if held is not None:
                yield Piece(table=held, used=used, labels=label)
            held = batch
            rows += batch.frame.height
        if held is not None and used is not None:
            info = FileInfo(
                label=label,
                size=held.size,
                sha256=held.sha256,
                encoding=held.encoding,
                delimiter=held.delimiter,
                columns=used,
                ignored=tuple(name for name in held.frame.columns if name not in used.values()),
            )
            yield Piece(table=held, used=used, labels=label, infos=(info,))
    progress("read", len(paths), len(paths))


def _used(source: Source, header: Sequence[str], reading: Reading, where: str) -> dict[str, str]:
    if source.name == "csv":
        return match_columns(header, reading.columns, where=where)
    identify_by = identifiers(source, reading)
    try:
        return match_source(source.headers, identify_by, header, reading.columns, where=where)
    except ColumnError as error:
        # a map that does not fit says more than a header that does not
        if (
            error.where == "columns"
            or "mapped to" in error.what
            or "publication date only" in str(error.hint)
        ):
            raise
        raise unknown_header(source, header, where=where, lacking=error.what) from error


def identifiers(source: Source, reading: Reading) -> tuple[str, ...]:
    """Give our number columns in the order in which they may name a patent.

    Examples
    --------
    >>> from patentmetrics.read.source_list import SOURCES
    >>> identifiers(SOURCES["cnipa"], Reading(identify_by="publication"))
    ('publication_number',)
    """
    return source.identify_by if reading.identify_by is None else (f"{reading.identify_by}_number",)
