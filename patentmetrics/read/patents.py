"""Patents into the canonical table (专利基础表): one row a patent, always the same columns.

Every row of a file is taken or rejected with one reason, so that rows in = rows out + rows rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, InputError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import file_identity, provenance, read_frame
from patentmetrics.core.types import Corpus, require_columns
from patentmetrics.read.canonical import PATENT_SCHEMA, canonical_rows
from patentmetrics.read.dates import DateOrder
from patentmetrics.read.headers import PATENT_COLUMNS, TEXT_COLUMNS, match_columns
from patentmetrics.read.rejections import as_rejections
from patentmetrics.read.table import EXCEL, PARQUET, Table, read_table

_ORIGIN = ("file", "row")


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
        ``rows_in, rows_out, rows_rejected, rejected`` (by reason), ``blank_rows, missing`` (nulls by
        column), ``columns_used`` (ours: theirs), ``columns_ignored``.
    encodings : dict
        File → encoding and delimiter, for delimited files.
    """

    corpus: Corpus
    rejected: pl.DataFrame
    counts: dict[str, object]
    encodings: dict[str, str]


def ingest_patents(
    files: Sequence[Path | str] | Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    date_order: DateOrder | None = None,
    duplicates: Literal["reject", "error"] = "reject",
    list_separator: str | None = None,
    progress: Progress = silent,
) -> Ingested:
    r"""Read files of patents into the canonical table (导入专利数据).

    Parameters
    ----------
    files : sequence of Path or str
        CSV, TSV, Excel, Parquet, also mixed; see `patentmetrics.read.table.read_table`.
    columns : mapping, optional
        Our name → their header, for all files; see `patentmetrics.read.headers.match_columns`.
    encoding, sheet : str, optional
        Of delimited files, of Excel files; the others take no notice.
    date_order : {'dmy', 'mdy'}, optional
        What 05/04/2009 means; without it such rows are rejected.
    duplicates : {'reject', 'error'}
        Of rows with the same number the first stays; the others are rejected, or end the run.
    list_separator : str, optional
        What separates IPC symbols and applicants; default ``; , |`` and line breaks for the symbols,
        ``; |`` and line breaks for the applicants (names have commas), full-width ones too.
    progress : Progress
        Called with stage ``read``, files done, files.

    Returns
    -------
    Ingested
        Rows that lack a number, any date or any text, or have a date that cannot be read, are rejected
        with the reason. Everything else that is missing is null and counted; cells like ``-`` and ``NA``
        (`patentmetrics.read.canonical.MISSING_MARKS`) are missing. Numbers, dates and symbols are
        normalised (NFKC); texts only lose the white space around them.

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
    check_choice(duplicates, ("reject", "error"), argument="duplicates")
    if list_separator == "":
        raise SettingError("the separator of lists is empty", where="list_separator")
    paths = [Path(files)] if isinstance(files, Path | str) else [Path(one) for one in files]
    if not paths:
        raise InputError("no file was named")
    labels = _labels(paths)
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    tables: list[Table] = []
    maps: list[dict[str, str]] = []
    for done, (path, label) in enumerate(zip(paths, labels, strict=True)):
        progress("read", done, len(paths))
        table = read_table(path, encoding=encoding, sheet=sheet if _has_sheets(path, paths) else None)
        used = match_columns(table.frame.columns, columns, where=str(path))
        parts.append(
            canonical_rows(table, used, label=label, date_order=date_order, list_separator=list_separator)
        )
        tables.append(table)
        maps.append(used)
    progress("read", len(paths), len(paths))

    frame = pl.concat(frame for frame, _ in parts)
    frame, doubled = _split_duplicates(frame, duplicates)
    order = pl.Enum(labels)
    rejected = pl.concat([*(one for _, one in parts), doubled]).sort(pl.col("file").cast(order), "row")
    counts = _counts(tables, maps, frame, rejected)
    if frame.is_empty():
        raise DataError(
            f"all {rejected.height} rows are rejected",
            where=", ".join(labels),
            got="; ".join(f"{reason}: {n}" for reason, n in _by_reason(rejected).items()),
            hint=_why(rejected.row(0, named=True)),
        )
    made_by = provenance(
        "ingest",
        settings={
            "columns": dict(columns or {}),
            "encoding": encoding,
            "sheet": sheet,
            "date_order": date_order,
            "duplicates": duplicates,
            "list_separator": list_separator,
        },
        inputs={
            label: {**file_identity(path), "encoding": table.encoding, "columns": used}
            for label, path, table, used in zip(labels, paths, tables, maps, strict=True)
        },
        counts={name: n for name, n in counts.items() if isinstance(n, int)}
        | {f"rejected, {reason}": n for reason, n in _by_reason(rejected).items()},
    )
    return Ingested(
        corpus=_corpus(frame.drop(_ORIGIN), made_by),
        rejected=rejected,
        counts=counts,
        encodings={
            label: f"{table.encoding}, {table.delimiter}"
            for label, table in zip(labels, tables, strict=True)
            if table.encoding
        },
    )


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
    if path.suffix.lower() not in PARQUET:
        raise InputError(
            "this is not a table made by `patentmetrics ingest`",
            where=str(path),
            allowed=PARQUET,
            hint=f"first run: patentmetrics ingest csv {path.name} -o patents.parquet",
        )
    frame, made_by = read_frame(path)
    require_columns(frame, list(PATENT_COLUMNS), where=str(path))
    wrong = [name for name, dtype in PATENT_SCHEMA.items() if frame.schema[name] != dtype]
    if wrong:
        raise DataError(
            "the table has columns of another type than `patentmetrics ingest` writes",
            where=str(path),
            got=", ".join(f"{name}: {frame.schema[name]}" for name in wrong),
            hint=f"first run: patentmetrics ingest csv {path.name} -o patents.ingested.parquet",
        )
    return _corpus(frame.select(PATENT_COLUMNS), made_by)


def _corpus(frame: pl.DataFrame, made_by: dict[str, object]) -> Corpus:
    text = tuple(name for name in TEXT_COLUMNS if frame[name].null_count() < frame.height)
    return Corpus(frame=frame, key="patent_id", text=text, made_by=made_by)


def _labels(paths: Sequence[Path]) -> list[str]:
    """Name files without their folders; the second ``a.csv`` is ``a.csv (2)``."""
    labels: list[str] = []
    for path in paths:
        label, copy = path.name, 1
        while label in labels:
            copy += 1
            label = f"{path.name} ({copy})"
        labels.append(label)
    return labels


def _has_sheets(path: Path, paths: Sequence[Path]) -> bool:
    # a sheet named for a mixture of files is for its Excel files; for none at all it is a mistake
    excel = [one for one in paths if one.suffix.lower() in EXCEL]
    return not excel or path in excel


def _split_duplicates(
    frame: pl.DataFrame, duplicates: Literal["reject", "error"]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    place = frame.select("patent_id", place=pl.int_range(pl.len()))
    first = place.select(pl.col("place").first().over("patent_id")).to_series()
    later = place["place"] != first
    again, before = frame.filter(later), frame[first.filter(later)]
    if again.height and duplicates == "error":
        row = again.row(0, named=True)
        raise DataError(
            f"{again.height} rows have a number that an earlier row has",
            where=f"{row['file']}, row {row['row']}",
            got=row["patent_id"],
            hint='remove them, or let them be rejected: duplicates="reject"',
        )
    same = pl.Series([one == other for one, other in zip(_contents(again), _contents(before), strict=True)])
    bad = again.with_columns(
        pl.when(same.cast(pl.Boolean))
        .then(pl.lit("duplicate, the same row"))
        .otherwise(pl.lit("duplicate, a different row"))
        .alias("reason"),
        pl.lit("patent_id").alias("column"),
        ("first in " + before["file"] + ", row " + before["row"].cast(pl.String)).alias("value"),
    )
    return frame.filter(~later), as_rejections(bad)


def _contents(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select(PATENT_COLUMNS).rows()


def _by_reason(rejected: pl.DataFrame) -> dict[str, int]:
    counted = rejected.group_by("reason").len().sort("reason")
    return {str(reason): int(n) for reason, n in counted.rows()}


def _why(row: Mapping[str, object]) -> str:
    shown = f": {row['value']!r} in {row['column'] or 'the row'}" if row["value"] else ""
    return f"the first is {row['file']}, row {row['row']}, {row['reason']}{shown}"


def _counts(
    tables: Sequence[Table],
    maps: Sequence[Mapping[str, str]],
    frame: pl.DataFrame,
    rejected: pl.DataFrame,
) -> dict[str, object]:
    theirs: dict[str, list[str]] = {}
    ignored: list[str] = []
    for table, used in zip(tables, maps, strict=True):
        for ours, name in used.items():
            theirs.setdefault(ours, []).append(name)
        ignored += [name for name in table.frame.columns if name not in used.values()]
    return {
        "rows_in": sum(table.frame.height + table.rejected.height for table in tables),
        "rows_out": frame.height,
        "rows_rejected": rejected.height,
        "rejected": _by_reason(rejected),
        "blank_rows": sum(table.blank_rows for table in tables),
        "missing": {name: n for name in PATENT_COLUMNS if (n := frame[name].null_count())},
        "columns_used": {
            ours: ", ".join(dict.fromkeys(theirs[ours])) for ours in PATENT_COLUMNS if ours in theirs
        },
        "columns_ignored": list(dict.fromkeys(ignored)),
    }
