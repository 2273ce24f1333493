"""Rows of a file as rows of the canonical table of patents, or as rejections, each with one reason."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from patentmetrics.read.dates import DateOrder, parse_dates
from patentmetrics.read.headers import DATE_COLUMNS, PATENT_COLUMNS, TEXT_COLUMNS
from patentmetrics.read.rejections import as_rejections
from patentmetrics.read.table import Table

PATENT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    name: pl.Date
    if name in DATE_COLUMNS
    else pl.List(pl.String)
    if name in {"ipc", "applicants"}
    else pl.String
    for name in PATENT_COLUMNS
}
# how files write "nothing": PatSnap "-", PATENTSCOPE "NA", the records of the USPTO "/", pandas the rest
MISSING_MARKS = ("", "-", "--", "—", "/", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
# Excel shows a long number so, and saves what it shows: the number is lost
_SCIENTIFIC = r"^[0-9]+(\.[0-9]+)?[eE]\+[0-9]+$"
# spaces, and what Excel users put around a number to keep it text: '2010… or ="2010…"
_AROUND_IDS = r"[\s\u200b\ufeff]|^'|^=\"|\"$"
# applicants are not cut at commas: "Acme, Inc." is one
_SEPARATORS = {"ipc": r"[;,|\n]+", "applicants": r"[;；|｜\n]+"}
_UNIT = "\x1f"


def canonical_rows(
    table: Table,
    used: Mapping[str, str],
    *,
    label: str,
    date_order: DateOrder | None = None,
    list_separator: str | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the rows of one file that can be taken, and the rejected ones.

    Parameters
    ----------
    table : Table
        The file's cells.
    used : mapping
        Our name → their header, see `patentmetrics.read.headers.match_columns`.
    label : str
        What to call the file.
    date_order, list_separator
        As for `patentmetrics.read.patents.ingest_patents`.

    Returns
    -------
    tuple of polars.DataFrame
        The canonical columns with ``file`` and ``row``; and the rejections. Numbers may still occur twice.

    Examples
    --------
    >>> from patentmetrics.read.rejections import rejections
    >>> cells = pl.DataFrame({"no": ["1", None], "filed": ["2013/1/21", "2013/1/21"], "title": ["A", "B"]})
    >>> rows = pl.Series("row", [2, 3])
    >>> table = Table(file="a.csv", frame=cells, rows=rows, rejected=rejections(), blank_rows=0,
    ...               encoding=None, delimiter=None, sha256="")
    >>> used = {"patent_id": "no", "filing_date": "filed", "title": "title"}
    >>> taken, rejected = canonical_rows(table, used, label="a.csv")
    >>> taken["row"].to_list(), rejected["reason"].to_list()
    ([2], ['no id'])
    """
    raw = {
        ours: table.frame[used[ours]]
        if ours in used
        else pl.Series(ours, [None] * table.frame.height, dtype=pl.String)
        for ours in PATENT_COLUMNS
    }
    filled = {ours: _without_marks(ours, column) for ours, column in raw.items()}
    values = {
        ours: _listed(column, _SEPARATORS[ours], list_separator, normalise=ours == "ipc")
        if ours in _SEPARATORS
        else column
        for ours, column in filled.items()
    }
    values["patent_id"] = (
        values["patent_id"].str.normalize("NFKC").str.replace_all(_AROUND_IDS, "").replace("", None)
    )
    dates = {ours: parse_dates(filled[ours], date_order=date_order) for ours in DATE_COLUMNS}
    values |= {ours: read["date"] for ours, read in dates.items()}
    frame = pl.DataFrame(
        [values[ours].cast(dtype).alias(ours) for ours, dtype in PATENT_SCHEMA.items()]
    ).with_columns(pl.lit(label).alias("file"), table.rows)
    checked = frame.with_columns(
        *(read["problem"].alias(f"{ours}_problem") for ours, read in dates.items()),
        *(filled[ours].alias(f"{ours}_written") for ours in DATE_COLUMNS),
    ).with_columns(_first_problem().alias("problem"))
    bad = checked.filter(pl.col("problem").struct.field("reason").is_not_null()).unnest("problem")
    taken = checked.filter(pl.col("problem").struct.field("reason").is_null()).select(frame.columns)
    ragged = table.rejected.with_columns(pl.lit(label).alias("file"))
    return taken, pl.concat([ragged, as_rejections(bad)])


def _first_problem() -> pl.Expr:
    """Give each row's first problem as a struct of reason, column, value; all null where it has none."""

    def problem(reason: pl.Expr | str, column: str | None, value: pl.Expr | None) -> pl.Expr:
        return pl.struct(
            (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
            pl.lit(column, dtype=pl.String).alias("column"),
            (pl.lit(None, dtype=pl.String) if value is None else value).alias("value"),
        )

    number = pl.col("patent_id")
    filing, issue = pl.col("filing_date"), pl.col("issue_date")
    both = pl.concat_str(filing.dt.to_string(), pl.lit(" > "), issue.dt.to_string())
    chain = (
        pl.when(number.is_null())
        .then(problem("no id", "patent_id", None))
        .when(number.str.contains(_SCIENTIFIC))
        .then(problem("number lost in scientific notation", "patent_id", number))
    )
    for ours in DATE_COLUMNS:
        found = pl.col(f"{ours}_problem")
        chain = chain.when(found.is_not_null()).then(problem(found, ours, pl.col(f"{ours}_written")))
    return (
        chain.when(issue < filing)
        .then(problem("issue before filing", "issue_date", both))
        .when(filing.is_null() & issue.is_null())
        .then(problem("no date", None, None))
        .when(pl.all_horizontal(pl.col(TEXT_COLUMNS).is_null()))
        .then(problem("no text", None, None))
        .otherwise(problem(pl.lit(None, dtype=pl.String), None, None))
    )


def _without_marks(ours: str, column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.List):
        if ours in _SEPARATORS:
            return column
        column = column.list.join("; ", ignore_nulls=True)
    column = column.str.strip_chars()
    # NA is also a place: Namibia, Naples
    marks = [one for one in MISSING_MARKS if ours != "place" or not one.isalpha()]
    return column.set(column.is_in(marks), None)


def _listed(column: pl.Series, separators: str, separator: str | None, *, normalise: bool) -> pl.Series:
    """Cut into a list; null where nothing is left."""
    if not isinstance(column.dtype, pl.List):
        if normalise:
            column = column.str.normalize("NFKC")
        if separator is None:
            column = column.str.replace_all("\r", "\n", literal=True).str.replace_all(separators, _UNIT)
        column = column.str.split(separator or _UNIT)
    item = pl.element().str.strip_chars()
    if normalise:
        item = item.str.normalize("NFKC")
    column = column.list.eval(item.filter(item.is_not_null() & ~item.is_in(MISSING_MARKS)))
    return column.set(column.list.len() == 0, None)
