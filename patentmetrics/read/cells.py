"""What every kind of table has in common: cells as strings, a header, rows with the numbers a person sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError, InputError
from patentmetrics.read.rejections import rejections

# a batch is full at so many rows, or so many characters: claims can be long
BATCH_ROWS = 20_000
BATCH_CHARACTERS = 8_000_000
# what a header's name may be wrapped in: spaces, also full-width and of no width, and byte-order marks
_AROUND_NAMES = " \t\r\n\ufeff\u200b\u3000"
_MOST_TITLES = 10
# the last lines of exports: 共 1,204 条, 导出时间：…, Total: 12
_FOOTER = re.compile(
    r"^\W*(?:共计?\W*[0-9,]+\W*[条件项个]|总计|合计|总共|小计|数据来源|资料来源|导出时间|导出日期|检索时间|检索式|检索日期"
    r"|(?:total|data source|source|exported|export date|search query)\s*[:：])",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, or some rows of it, as it stands in a file.

    Parameters
    ----------
    file : str
        The file's name.
    frame : polars.DataFrame
        All columns String; a list column of Parquet is List(String). Empty cells are null.
    rows : polars.Series
        The source row of each row of the frame; the first row of the file is row 1.
    rejected : polars.DataFrame
        Rows with too few or too many fields, headers that come again, footers: see
        `patentmetrics.read.rejections`.
    blank_rows : int
        Rows without any value; they are neither in the frame nor rejected.
    encoding, delimiter : str or None
        As found; None for Excel and Parquet. The delimiter in words: comma, tab, semicolon.
    sha256 : str
        Hash of the file.
    size : int
        Bytes of the file.
    notes : dict
        What else was done, counted: ``rows above the header``, ``cells filled from merged cells``.
    """

    file: str
    frame: pl.DataFrame
    rows: pl.Series
    rejected: pl.DataFrame
    blank_rows: int
    encoding: str | None
    delimiter: str | None
    sha256: str
    size: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)


def joined_tables(parts: Sequence[Table]) -> Table:
    """Put the batches of one file together.

    Examples
    --------
    >>> one = Table(file="a.csv", frame=pl.DataFrame({"a": ["1"]}), rows=pl.Series("row", [2]),
    ...             rejected=rejections(), blank_rows=1, encoding=None, delimiter=None, sha256="")
    >>> joined_tables([one, one]).blank_rows
    2
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    notes: dict[str, int] = {}
    for part in parts:
        for what, n in part.notes.items():
            notes[what] = notes.get(what, 0) + n
    return Table(
        file=first.file,
        frame=pl.concat([part.frame for part in parts]),
        rows=pl.concat([part.rows for part in parts]),
        rejected=pl.concat([part.rejected for part in parts]),
        blank_rows=sum(part.blank_rows for part in parts),
        encoding=first.encoding,
        delimiter=first.delimiter,
        sha256=first.sha256,
        size=first.size,
        notes=notes,
    )


def header_names(cells: Sequence[str | None], where: str) -> list[str]:
    """Give the names of a header: stripped, numbered where there is none, each once.

    Raises
    ------
    ColumnError
        A name occurs twice.

    Examples
    --------
    >>> header_names([" 申请号", None], "a.csv")
    ['申请号', 'column_2']
    """
    # an empty name is Excel's trailing comma, or an index without a name
    names = [(cell or "").strip(_AROUND_NAMES) for cell in cells]
    names = [name or f"column_{place}" for place, name in enumerate(names, start=1)]
    doubled = list(dict.fromkeys(name for name in names if names.count(name) > 1))
    if doubled:
        raise ColumnError(
            "a column name occurs more than once",
            where=where,
            got=", ".join(doubled),
            hint="rename or remove one of them in the file",
        )
    return names


def is_title(cells: Sequence[str | None], following: Sequence[str | None]) -> bool:
    """Say whether a row above the table is a title (检索结果) or a search address, not the header.

    Examples
    --------
    >>> is_title(["专利检索结果", None, None], ["申请号", "申请日", "标题"])
    True
    >>> is_title(["申请号", "标题"], ["1", "灯"])
    False
    """
    here, below = filled_cells(cells), filled_cells(following)
    return (here == 1 and below >= 3) or (here == 2 and below >= 5)


def after_titles(records: Iterable[tuple[int, list[str]]]) -> tuple[Iterator[tuple[int, list[str]]], int]:
    """Leave out the titles above a table; give the rest, beginning with its header, and how many were left.

    Examples
    --------
    >>> rest, titles = after_titles([(1, ["检索结果"]), (2, ["a", "b", "c"]), (3, ["1", "2", "3"])])
    >>> next(rest), titles
    ((2, ['a', 'b', 'c']), 1)
    """
    source = ((number, record) for number, record in records)
    held: list[tuple[int, list[str]]] = []
    titles = 0
    for number, record in source:
        if not filled_cells(record):
            continue
        if held and titles < _MOST_TITLES and is_title(held[0][1], record):
            titles += 1
            held = [(number, record)]
            continue
        held.append((number, record))
        if len(held) == 2:
            break

    def rest() -> Iterator[tuple[int, list[str]]]:
        yield from held
        yield from source

    return rest(), titles


def filled_cells(cells: Sequence[str | None]) -> int:
    """Count the cells that hold something.

    Examples
    --------
    >>> filled_cells(["a", " ", None])
    1
    """
    return sum(bool(cell and cell.strip()) for cell in cells)


def not_a_record(cells: Sequence[str | None], header: Sequence[str]) -> str | None:
    """Say why a row is no record of the table: the header again, a footer; None for all others.

    Examples
    --------
    >>> not_a_record(["共 2 条", "", ""], ["申请号", "申请日", "标题"])
    'footer'
    >>> not_a_record(["申请号", "申请日", "标题 "], ["申请号", "申请日", "标题"])
    'the header again'
    """
    filled = [cell.strip(_AROUND_NAMES + '"') for cell in cells if cell and cell.strip()]
    named = [name for place, name in enumerate(header, start=1) if name != f"column_{place}"]
    if filled == named:
        return "the header again"
    if len(header) >= 3 and 1 <= len(filled) <= 2 and _FOOTER.match(filled[0]):
        return "footer"
    return None


def empty_as_null(frame: pl.DataFrame) -> pl.DataFrame:
    """Make cells of nothing but spaces null.

    Examples
    --------
    >>> empty_as_null(pl.DataFrame({"a": [" ", "b"]}))["a"].to_list()
    [None, 'b']
    """
    cell = pl.col(pl.String)
    return frame.with_columns(pl.when(cell.str.strip_chars() != "").then(cell))


def no_rows(path: Path) -> InputError:
    """Make the error of a table with a header and nothing below it."""
    return InputError("the table has no rows below its header", where=str(path))


def filled_rows(frame: pl.DataFrame, *, first_row: int) -> tuple[pl.DataFrame, pl.Series, int]:
    """Drop the rows without any value; give the rest, their numbers, and how many were dropped.

    Examples
    --------
    >>> frame, rows, blank = filled_rows(pl.DataFrame({"a": ["1", " ", "2"]}), first_row=2)
    >>> frame["a"].to_list(), rows.to_list(), blank
    (['1', '2'], [2, 4], 1)
    """
    frame = empty_as_null(frame).with_row_index("\x00row", offset=first_row)
    kept = frame.filter(~pl.all_horizontal(pl.exclude("\x00row").is_null()))
    rows = kept["\x00row"].cast(pl.Int64).rename("row")
    return kept.drop("\x00row"), rows, frame.height - kept.height


def without_non_records(
    file: str, frame: pl.DataFrame, rows: pl.Series
) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    """Take footers and repeated headers out of a frame; give the rest, their numbers, and the rejections.

    Examples
    --------
    >>> frame = pl.DataFrame({"申请号": ["1", "合计"], "申请日": ["2010", None], "标题": ["灯", None]})
    >>> _, rows, rejected = without_non_records("a.xlsx", frame, pl.Series("row", [2, 3]))
    >>> rows.to_list(), rejected["reason"].to_list()
    ([2], ['footer'])
    """
    text = frame.select(pl.col(pl.String))
    if text.width < frame.width:  # lists are not of a sheet of paper
        return frame, rows, rejections()
    header = frame.columns
    # few rows can be either: those with at most two cells filled, and those that begin as the header does
    filled = pl.sum_horizontal(pl.all().is_not_null())
    like_header = pl.any_horizontal(pl.col(name).str.strip_chars() == name for name in header)
    maybe = text.select((filled <= 2) | like_header.fill_null(value=False)).to_series()
    reasons: list[str | None] = [None] * frame.height
    for place in maybe.arg_true().to_list():
        reasons[place] = not_a_record(frame.row(place), header)
    found = pl.Series("reason", reasons, dtype=pl.String)
    bad = found.is_not_null()
    if not bad.any():
        return frame, rows, rejections()
    listed = [
        {"file": file, "row": row, "reason": reason, "value": shown(cells)}
        for row, reason, cells in zip(
            rows.filter(bad), found.filter(bad), frame.filter(bad).iter_rows(), strict=True
        )
    ]
    return frame.filter(~bad), rows.filter(~bad), rejections(listed)


def shown(cells: Sequence[str | None]) -> str:
    """Show a row in a rejection: its filled cells, at most 200 characters.

    Examples
    --------
    >>> shown(["a", None, "b"])
    'a | b'
    """
    return " | ".join(cell for cell in cells if cell and cell.strip())[:200]
