"""Patents into the canonical table (专利基础表): one row a patent, always the same columns.

Every row of a file is taken or rejected with one reason, so that rows in = rows out + rows rejected.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from patentmetrics.core.errors import InputError, SettingError, check_choice
from patentmetrics.core.files import written_whole
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, read_frame
from patentmetrics.core.types import Corpus, require_columns
from patentmetrics.read.batches import require_parquet, require_types
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.choose import Choice
from patentmetrics.read.cited import citations_of, number_index
from patentmetrics.read.dates import DateOrder
from patentmetrics.read.headers import PATENT_COLUMNS, TEXT_COLUMNS
from patentmetrics.read.hupd import LINES, hupd_pieces
from patentmetrics.read.ingested import (
    Staged,
    ingest_counts,
    ingest_provenance,
    kept_parts,
    staged_rows,
)
from patentmetrics.read.patentsview import patentsview_pieces
from patentmetrics.read.patstat import patstat_pieces
from patentmetrics.read.pieces import Piece, Reading, flat_pieces, sheet_for
from patentmetrics.read.rejections import write_rejections
from patentmetrics.read.source_list import SOURCES, Source
from patentmetrics.read.sources import named_source, source_of
from patentmetrics.read.table import table_batches
from patentmetrics.read.written import write_citations, write_patents


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What came of reading files of patents.

    Parameters
    ----------
    corpus : Corpus
        Key ``patent_id``; text are those of title, abstract, claims that hold anything.
    rejected : polars.DataFrame
        ``file, row, patent_id, reason, column, value``, in the order of the files.
    counts : dict
        ``rows_in, rows_out, rows_rejected, rejected`` (by reason), ``hints`` (what to do about some of
        the reasons), ``blank_rows``, ``notes`` (what was read in an unusual way or made null, counted),
        ``missing`` (nulls by column), ``columns_used`` (ours: theirs), ``columns_ignored``; of a source in
        several tables also ``tables`` (rows, and rows whose patent is there).
    encodings : dict
        File → encoding and delimiter, for delimited files.
    citations : polars.DataFrame
        ``citing_id, cited_id, in_table``, see `patentmetrics.read.cited`; without rows where the source
        has none.
    source : str
        The source, as named or as recognised.
    """

    corpus: Corpus
    rejected: pl.DataFrame
    counts: dict[str, object]
    encodings: dict[str, str]
    citations: pl.DataFrame
    source: str = "csv"


@dataclass(frozen=True, kw_only=True)
class IngestedFile:
    """What came of reading files of patents into a file; the fields are those of `Ingested`."""

    path: Path
    counts: dict[str, object]
    encodings: dict[str, str]
    source: str


def ingest_patents(
    files: Sequence[Path | str] | Path | str,
    *,
    source: str = "csv",
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    date_order: DateOrder | None = None,
    list_separator: str | None = None,
    identify_by: Literal["application", "publication"] | None = None,
    choice: Choice | None = None,
    progress: Progress = silent,
) -> Ingested:
    r"""Read files of patents into the canonical table (导入专利数据).

    Parameters
    ----------
    files : sequence of Path or str
        CSV, TSV, Excel, Parquet, also mixed; see `patentmetrics.read.table.read_table`. Of ``hupd`` JSON,
        .jsonl, or a folder; of ``patentsview`` and ``patstat`` their tables, known by their headers.
    source : str
        One of `patentmetrics.read.source_list.SOURCES`; ``csv`` is any table; ``auto`` recognises the
        source by the header.
    columns : mapping, optional
        Our name → their header, for all files; see `patentmetrics.read.headers.match_columns`.
    encoding, sheet : str, optional
        Of delimited files, of Excel files; the others take no notice.
    date_order : {'dmy', 'mdy'}, optional
        What 05/04/2009 means; without it such rows are rejected.
    list_separator : str, optional
        What separates the entries of lists (symbols, applicants, inventors, cited patents); default ``; , |
        、`` and line breaks for the symbols, all but the comma for names, full-width ones too.
    identify_by : {'application', 'publication'}, optional
        Which number names a patent; the source's own rule by default (see docs/sources.md). Not for
        ``csv``, where the map says it.
    choice : Choice, optional
        Which rows stay where several are one patent; by default the first of those with the same number.
    progress : Progress
        Called with stage ``read``, files done, files.

    Returns
    -------
    Ingested
        Rows that lack a number, any date or any text, or have a date that cannot be read, are rejected
        with the reason. Everything else that is missing is null and counted; cells like ``-`` and ``无``
        (`patentmetrics.read.canonical.MISSING_MARKS`) are missing. Dates, symbols and, but for the id of
        ``csv``, numbers are normalised; texts only lose the white space around them.

    Raises
    ------
    InputError, ColumnError, SettingError
        A file cannot be read, lacks columns, or does not fit the options.
    DataError
        All rows are rejected; or a number occurs twice and ``duplicates="error"``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("申请号,申请日,标题\n1,2013/1/21,太阳能电池\n2,,灯\n", encoding="utf-8")
    ...     ingested = ingest_patents([path])
    >>> ingested.corpus.frame["filing_date"].to_list(), ingested.counts["rejected"]
    ([datetime.date(2013, 1, 21)], {'no date': 1})
    """
    reading = Reading(
        columns=dict(columns or {}),
        encoding=encoding,
        sheet=sheet,
        date_order=date_order,
        list_separator=list_separator,
        identify_by=identify_by,
    )
    choice = choice or Choice()
    paths, found = _checked(files, source, reading)
    staged = staged_rows(_pieces(paths, found, reading, None, progress), found, reading, choice)
    frame = pl.concat([pl.DataFrame(schema=PATENT_SCHEMA), *kept_parts(staged)])
    cited = citations_of(frame.select("patent_id", "cited_patents"), number_index(staged.keys))
    nulls = {name: frame[name].null_count() for name in PATENT_COLUMNS}
    made_by = ingest_provenance(staged, found, reading, choice)
    return Ingested(
        corpus=_corpus(frame, made_by),
        rejected=staged.rejected,
        counts=ingest_counts(staged, nulls),
        encodings=_encodings(staged),
        citations=cited,
        source=found.name,
    )


def ingest_into(
    files: Sequence[Path | str] | Path | str,
    output: Path | str,
    *,
    rejected: Path | str,
    citations: Path | str | None = None,
    source: str = "csv",
    reading: Reading | None = None,
    choice: Choice | None = None,
    progress: Progress = silent,
) -> IngestedFile:
    r"""Read files of patents into a canonical table on disk (导入大型专利数据), whatever their size.

    As `ingest_patents`, but the rows are never all in memory: they wait in a folder beside the output,
    which is removed at the end. In memory are a batch of rows and the keys of all rows.

    Parameters
    ----------
    files, source, choice, progress
        As for `ingest_patents`.
    output : Path or str
        The Parquet file to write.
    rejected : Path or str
        The CSV file of the rejected rows.
    citations : Path or str, optional
        The Parquet file of the citations: ``citing_id, cited_id, in_table``.
    reading : Reading, optional
        The other options of `ingest_patents`.

    Returns
    -------
    IngestedFile
        With ``citations`` its counts say how many were written, and how many of the cited patents are in
        the table. All files are written, or none.

    Raises
    ------
    InputError, ColumnError, SettingError, DataError
        As for `ingest_patents`.
    OutputError
        A file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path, output = Path(folder) / "a.csv", Path(folder) / "p.parquet"
    ...     _ = path.write_text("申请号,申请日,标题\n1,2013/1/21,太阳能电池\n", encoding="utf-8")
    ...     done = ingest_into(path, output, rejected=Path(folder) / "r.csv")
    ...     read_patents(output).frame.height == done.counts["rows_out"] == 1
    True
    """
    reading, choice = reading or Reading(), choice or Choice()
    output, rejected = Path(output), Path(rejected)
    with contextlib.ExitStack() as stack:
        rejected_part = stack.enter_context(written_whole(rejected))
        citations_part = None if citations is None else stack.enter_context(written_whole(Path(citations)))
        table_part = stack.enter_context(written_whole(output))
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.", suffix=".part")
        )
        paths, found = _checked(files, source, reading)
        pieces = _pieces(paths, found, reading, Path(folder), progress)
        staged = staged_rows(pieces, found, reading, choice, folder=Path(folder))
        made_by = ingest_provenance(staged, found, reading, choice)
        nulls = write_patents(table_part, staged, made_by)
        counts = ingest_counts(staged, nulls)
        if citations_part is not None:
            counts["citations"] = write_citations(citations_part, staged, made_by)
        write_rejections(staged.rejected, rejected_part)
    return IngestedFile(path=output, counts=counts, encodings=_encodings(staged), source=found.name)


def read_patents(path: Path | str) -> Corpus:
    """Read a table of patents that `ingest_patents` made and the command line wrote.

    Raises
    ------
    InputError
        The file is missing, cut off, or not Parquet.
    ColumnError, DataError
        The table is not a canonical table of patents.

    Examples
    --------
    >>> read_patents("patents.csv")
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: this is not a table made by `patentmetrics ingest`
      where: patents.csv
      allowed: .parquet, .pq
      hint: first run: patentmetrics ingest csv patents.csv -o patents.parquet
    """
    path = Path(path)
    require_parquet(path)
    frame, made_by = read_frame(path)
    require_columns(frame, list(PATENT_COLUMNS), where=str(path))
    require_types(frame.schema, path)
    return _corpus(frame.select(PATENT_COLUMNS), made_by)


def _corpus(frame: pl.DataFrame, made_by: Provenance) -> Corpus:
    text = tuple(name for name in TEXT_COLUMNS if frame[name].null_count() < frame.height)
    return Corpus(frame=frame, key="patent_id", text=text, made_by=made_by)


def _checked(
    files: Sequence[Path | str] | Path | str, source: str, reading: Reading
) -> tuple[list[Path], Source]:
    """Check the options that need no file; find the source."""
    if reading.list_separator == "":
        raise SettingError("the separator of lists is empty", where="list_separator")
    if reading.identify_by is not None:
        check_choice(reading.identify_by, ("application", "publication"), argument="identify_by")
    paths = [Path(files)] if isinstance(files, Path | str) else [Path(one) for one in files]
    if not paths:
        raise InputError("no file was named")
    found = _recognised(paths, reading) if source == "auto" else named_source(source)
    if found.name == "csv" and reading.identify_by is not None:
        raise SettingError(
            "of a table of no known source the map says which number names a patent",
            where="identify_by",
            got=reading.identify_by,
            hint="--map patent_id=THEIR_HEADER",
        )
    if reading.columns and (found.tables or found.name == "hupd"):
        raise SettingError(
            f"the columns of {found.name} are fixed, and cannot be mapped",
            where="columns",
            got=", ".join(reading.columns),
        )
    return paths, found


def _recognised(paths: Sequence[Path], reading: Reading) -> Source:
    sources = {path: _source_of(path, paths, reading) for path in paths}
    names = dict.fromkeys(source.name for source in sources.values())
    if len(names) > 1:
        raise InputError(
            "the files are of more than one source",
            got=", ".join(f"{path.name}: {source.name}" for path, source in sources.items()),
            hint="read the files of each source by themselves",
        )
    return SOURCES[next(iter(names))]


def _source_of(path: Path, paths: Sequence[Path], reading: Reading) -> Source:
    if path.is_dir() or path.suffix.lower() in {".json", *LINES}:
        return SOURCES["hupd"]
    sheet = sheet_for(path, paths, reading.sheet)
    first = next(iter(table_batches(path, encoding=reading.encoding, sheet=sheet)))
    return source_of(first.frame.columns, where=str(path))[0]


def _pieces(
    paths: Sequence[Path], source: Source, reading: Reading, folder: Path | None, progress: Progress
) -> Iterator[Piece]:
    if source.name == "patentsview":
        return patentsview_pieces(paths, reading, folder=folder, progress=progress)
    if source.name == "patstat":
        return patstat_pieces(paths, reading, folder=folder, progress=progress)
    if source.name == "hupd":
        return hupd_pieces(paths, reading, progress=progress)
    return flat_pieces(paths, source, reading, progress)


def _encodings(staged: Staged) -> dict[str, str]:
    return {
        info.label: f"{info.encoding}, {info.delimiter}"
        for info in staged.infos
        if info.encoding and info.delimiter
    }
