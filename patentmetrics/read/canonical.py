"""Rows of a file as rows of the canonical table of patents, or as rejections, each with one reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from patentmetrics.read.cells import Table
from patentmetrics.read.dates import DateOrder, parse_dates
from patentmetrics.read.headers import (
    DATE_COLUMNS,
    INPUT_COLUMNS,
    LIST_COLUMNS,
    NUMBER_COLUMNS,
    PATENT_COLUMNS,
    TEXT_COLUMNS,
)
from patentmetrics.read.numbers import (
    LOST,
    SCIENTIFIC,
    WRONG_CHECK_DIGIT,
    Role,
    cleaned_numbers,
    normalise_numbers,
)
from patentmetrics.read.rejections import as_rejections
from patentmetrics.read.source_list import SOURCES, Source

PATENT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    name: pl.Date
    if name in {*DATE_COLUMNS, "publication_date"}
    else pl.List(pl.String)
    if name in LIST_COLUMNS
    else pl.Int64
    if name == "forward_citations"
    else pl.String
    for name in PATENT_COLUMNS
}
# how files write "nothing": PatSnap "-", PATENTSCOPE "NA", the records of the USPTO "/", pandas the rest
MISSING_MARKS = (
    "", "-", "--", "—", "/", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "无", "暂无", "空",
)  # fmt: skip
# applicants are not cut at commas: "Acme, Inc." is one; numbers only where a comma stands between numbers
_SEPARATORS = {
    "ipc": r"[;,|\n、]+",
    "cpc": r"[;,|\n、]+",
    "applicants": r"[;；|｜\n、]+",
    "inventors": r"[;；|｜\n、]+",
    "cited_patents": r"[;|\n、]+|,\s+",
}
_NORMALISED_LISTS = {"ipc", "cpc", "cited_patents"}
_UNIT = "\x1f"


@dataclass(frozen=True, kw_only=True)
class CanonicalRows:
    """What came of some rows of a file.

    Parameters
    ----------
    taken : polars.DataFrame
        The canonical columns with ``file`` and ``row``. Numbers may still occur twice.
    rejected : polars.DataFrame
        See `patentmetrics.read.rejections`.
    notes : dict
        What was made null or read in an unusual way, counted: ``publication_date: bad date``.
    """

    taken: pl.DataFrame
    rejected: pl.DataFrame
    notes: dict[str, int]


def canonical_rows(
    table: Table,
    used: Mapping[str, str],
    *,
    label: str | pl.Series,
    source: Source = SOURCES["csv"],
    date_order: DateOrder | None = None,
    list_separator: str | None = None,
) -> CanonicalRows:
    """Give the rows of one file that can be taken, and the rejected ones.

    Parameters
    ----------
    table : Table
        The file's cells.
    used : mapping
        Our name → their header, see `patentmetrics.read.headers`.
    label : str or Series
        What to call the file, or the file of each row.
    source : Source
        Numbers that do not name their office are of this source's; the number that names a patent is
        normalised, but for ``csv``, where it stays as it is written.
    date_order, list_separator
        As for `patentmetrics.read.patents.ingest_patents`.

    Examples
    --------
    >>> from patentmetrics.read.rejections import rejections
    >>> cells = pl.DataFrame({"no": ["1", None], "filed": ["2013/1/21", "2013/1/21"], "title": ["A", "B"]})
    >>> rows = pl.Series("row", [2, 3])
    >>> table = Table(file="a.csv", frame=cells, rows=rows, rejected=rejections(), blank_rows=0,
    ...               encoding=None, delimiter=None, sha256="")
    >>> used = {"patent_id": "no", "filing_date": "filed", "title": "title"}
    >>> read = canonical_rows(table, used, label="a.csv")
    >>> read.taken["row"].to_list(), read.rejected["reason"].to_list()
    ([2], ['no id'])
    """
    filled = {ours: _without_marks(ours, _raw(table.frame, used, ours)) for ours in INPUT_COLUMNS}
    notes: dict[str, int] = {}
    values: dict[str, pl.Series] = {}
    for ours, column in filled.items():
        separators = source.separators.get(ours, _SEPARATORS.get(ours))
        if ours == "cited_patents" and column.dtype == pl.String:
            # a comma stands between two numbers, or inside one: 5,123,456
            column = column.str.replace_all(r",\s*([A-Za-z]{2})", ";${1}")  # noqa: PLW2901 - rule by rule
        if separators is None:
            values[ours] = column
        else:
            values[ours] = _listed(column, separators, list_separator, normalise=ours in _NORMALISED_LISTS)
    values["ipc"] = _main_first(values["ipc"], values.pop("ipc_main"))
    values["cited_patents"] = _cited(values["cited_patents"], source, notes)
    problems = _numbers(values, used, source, notes)
    dates = {
        ours: parse_dates(filled[ours], date_order=date_order) for ours in (*DATE_COLUMNS, "publication_date")
    }
    for ours, read in dates.items():
        values[ours] = read["date"]
        _note(
            notes, f"{ours}: day numbers of Excel", int((read["serial"] & read["date"].is_not_null()).sum())
        )
    for problem, n in dates["publication_date"].group_by("problem").len().sort("problem").rows():
        if problem is not None:
            _note(notes, f"publication_date: {problem}", n)
    values["forward_citations"] = _whole(values["forward_citations"], notes)
    frame = pl.DataFrame(
        [values[ours].cast(dtype).alias(ours) for ours, dtype in PATENT_SCHEMA.items()]
    ).with_columns(_label(label), table.rows)
    checked = frame.with_columns(
        problems.alias("patent_id_problem"),
        *(dates[ours]["problem"].alias(f"{ours}_problem") for ours in DATE_COLUMNS),
        *(filled[ours].alias(f"{ours}_written") for ours in DATE_COLUMNS),
        _raw(table.frame, used, "patent_id").cast(pl.String).str.strip_chars().alias("patent_id_written"),
    ).with_columns(_first_problem().alias("problem"))
    bad = checked.filter(pl.col("problem").struct.field("reason").is_not_null()).unnest("problem")
    taken = checked.filter(pl.col("problem").struct.field("reason").is_null()).select(frame.columns)
    ragged = table.rejected
    if isinstance(label, str):
        ragged = ragged.with_columns(_label(label))
    return CanonicalRows(taken=taken, rejected=pl.concat([ragged, as_rejections(bad)]), notes=notes)


def _label(label: str | pl.Series) -> pl.Expr | pl.Series:
    return pl.lit(label).alias("file") if isinstance(label, str) else label.alias("file")


def _raw(frame: pl.DataFrame, used: Mapping[str, str], ours: str) -> pl.Series:
    if ours in used:
        return frame[used[ours]]
    return pl.Series(ours, [None] * frame.height, dtype=pl.String)


def _numbers(
    values: dict[str, pl.Series], used: Mapping[str, str], source: Source, notes: dict[str, int]
) -> pl.Series:
    """Normalise the numbers, in place; give what is wrong with the one that names the patent."""
    problems: dict[str, pl.Series] = {}
    # a number that names the patent and is wrong rejects its row; another one is noted
    names_patent = [ours for ours in NUMBER_COLUMNS if used.get(ours) == used.get("patent_id")]
    for ours in NUMBER_COLUMNS:
        role: Role = "application" if ours == "application_number" else "publication"
        read = normalise_numbers(values[ours], source.office, role=role)
        cleaned = values[ours].to_frame("n").select(cleaned_numbers(pl.col("n"))).to_series()
        lost = read["problem"].is_in([LOST]).fill_null(value=False)
        values[ours] = read["number"].fill_null(cleaned).set(lost, None)
        problems[ours] = read["problem"]
        if ours not in names_patent:
            for problem, n in read.group_by("problem").len().sort("problem").rows():
                if problem is not None:
                    _note(notes, f"{ours}: {problem}", n)
        if ours == "publication_number":
            values["kind_code"] = values["kind_code"].fill_null(read["kind_code"])
    identifier = names_patent[0] if names_patent and source.identify_by else None
    if identifier is not None:
        values["patent_id"] = values[identifier]
        rejecting = problems[identifier].is_in([LOST, WRONG_CHECK_DIGIT]).fill_null(value=False)
        return problems[identifier].set(~rejecting, None)
    number = values["patent_id"].to_frame("n").select(cleaned_numbers(pl.col("n"))).to_series()
    lost = number.str.contains(SCIENTIFIC).fill_null(value=False)
    values["patent_id"] = number
    return pl.Series("problem", [LOST], dtype=pl.String).new_from_index(0, number.len()).set(~lost, None)


def _cited(column: pl.Series, source: Source, notes: dict[str, int]) -> pl.Series:
    """Normalise the numbers of cited patents; what has no regular form stays as it is written."""
    if source.own_ids or column.null_count() == column.len():
        return column
    long = column.to_frame("n").with_row_index("place").explode("n").drop_nulls("n")
    read = normalise_numbers(long["n"], source.office, role="publication")
    _note(notes, "cited_patents: as written", int(read["number"].is_null().sum()))
    number = read["number"].fill_null(long["n"])
    listed = (
        long.with_columns(number.alias("n"))
        .unique(["place", "n"], keep="first", maintain_order=True)
        .group_by("place", maintain_order=True)
        .agg("n")
    )
    places = pl.DataFrame({"place": pl.int_range(column.len(), dtype=pl.UInt32, eager=True)})
    return places.join(listed, on="place", how="left", maintain_order="left")["n"]


def _main_first(symbols: pl.Series, main: pl.Series) -> pl.Series:
    """Put the main symbol in front; it is often among the others, in another spelling of spaces."""
    if main.null_count() == main.len():
        return symbols
    # a main symbol is one: of several the first
    one = main.to_frame("m").select(pl.col("m").str.normalize("NFKC").str.extract(r"^\s*([^;,|\n、]+)", 1))
    frame = pl.DataFrame({"all": symbols, "main": one.to_series().str.strip_chars()})
    spaceless = pl.col("main").str.replace_all(r"\s", "")
    rest = (
        frame.with_row_index("place")
        .explode("all")
        .filter(
            pl.col("all").is_not_null()
            & (pl.col("all").str.replace_all(r"\s", "") != spaceless).fill_null(value=True)
        )
        .group_by("place", maintain_order=True)
        .agg("all")
    )
    joined = (
        frame.with_row_index("place")
        .select("place", "main")
        .join(rest, on="place", how="left", maintain_order="left")
    )
    both = pl.concat_list(
        "main", pl.col("all").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    ).list.drop_nulls()
    return joined.select(pl.when(both.list.len() > 0).then(both).alias("ipc"))["ipc"]


def _whole(column: pl.Series, notes: dict[str, int]) -> pl.Series:
    plain = column.str.normalize("NFKC").str.replace_all(",", "", literal=True).str.strip_suffix(".0")
    number = plain.cast(pl.Int64, strict=False)
    number = number.set(number < 0, None)
    _note(notes, "forward_citations: no whole number", number.null_count() - column.null_count())
    return number


def _note(notes: dict[str, int], what: str, n: int) -> None:
    if n:
        notes[what] = notes.get(what, 0) + n


def _first_problem() -> pl.Expr:
    """Give each row's first problem as a struct of reason, column, value; all null where it has none."""

    def problem(reason: pl.Expr | str, column: str | None, value: pl.Expr | None) -> pl.Expr:
        return pl.struct(
            (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
            pl.lit(column, dtype=pl.String).alias("column"),
            (pl.lit(None, dtype=pl.String) if value is None else value).alias("value"),
        )

    wrong = pl.col("patent_id_problem")
    filing, issue = pl.col("filing_date"), pl.col("issue_date")
    both = pl.concat_str(filing.dt.to_string(), pl.lit(" > "), issue.dt.to_string())
    chain = (
        pl.when(wrong.is_not_null())
        .then(problem(wrong, "patent_id", pl.col("patent_id_written")))
        .when(pl.col("patent_id").is_null())
        .then(problem("no id", "patent_id", None))
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
        if ours in LIST_COLUMNS:
            return column
        column = column.list.join("; ", ignore_nulls=True)
    column = column.str.strip_chars()
    # NA is also a place: Namibia, Naples
    marks = [one for one in MISSING_MARKS if ours != "place" or not one.isascii() or not one.isalpha()]
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
