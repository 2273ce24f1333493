"""A table as an Excel file (.xlsx): three lines, numbers as numbers."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patentmetrics.core.files import written_whole
from patentmetrics.core.spreadsheet import is_formula
from patentmetrics.report.cells import NUMBER, split_stars
from patentmetrics.report.tables import Table

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

_WRITTEN = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - Excel knows no time zones
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no XML can hold them
_LONGEST = 32_767  # characters of a cell
_THIN, _MEDIUM = 1, 2


def write_excel(table: Table, path: Path | str) -> None:
    """Write a table as one sheet of an Excel file (三线表): title, head, body, notes.

    Plain numbers are numbers, with the decimals that are printed; numbers with stars or in parentheses
    are text. A text that a spreadsheet would run as a formula (it begins with = + - @ or their full-width
    forms) gets an apostrophe before it. No date, no machine: the same table gives the same bytes.

    Raises
    ------
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile, polars as pl
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.xlsx"
    ...     write_excel(Table(title="t", header=(("a", "b"),), rows=(("=1+1", "0.5"),)), path)
    ...     pl.read_excel(path, has_header=False).row(2)
    ("'=1+1", '0.5')
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with written_whole(Path(path)) as temporary:
        book = xlsxwriter.Workbook(temporary, options)
        book.set_properties({"created": _WRITTEN, "title": _text(table.title), "author": ""})
        sheet = book.add_worksheet("table")
        _fill(book, sheet, table)
        book.close()


def _fill(book: xlsxwriter.Workbook, sheet: Worksheet, table: Table) -> None:
    font = {"font_name": "SimSun" if table.language == "zh" else "Times New Roman", "font_size": 10.5}
    sheet.write_string(0, 0, _text(table.title), book.add_format({**font, "bold": True}))
    rows = [*table.header, *table.rows]
    head = len(table.header)
    rules = {head + rule for rule in table.rules if rule}
    headings = {head + heading for heading in table.headings}
    for number, row in enumerate(rows):
        lines: dict[str, Any] = {}
        if number == 0:
            lines["top"] = _MEDIUM
        elif number == head or number in rules:
            lines["top"] = _THIN
        if number == len(rows) - 1:
            lines["bottom"] = _MEDIUM
        if number in headings and table.columns > 1:
            wide = book.add_format({**font, **lines, "italic": True})
            sheet.merge_range(number + 1, 0, number + 1, table.columns - 1, _text(row[0]), wide)
            continue
        for column, (cell, align) in enumerate(zip(row, table.alignment, strict=True)):
            looks = {**font, **lines, "align": align}
            _write(book, sheet, (number + 1, column), cell, looks)
    for column in range(table.columns):
        cells = (row[column] for number, row in enumerate(rows) if number not in headings)
        sheet.set_column(column, column, min(60, 2 + max(_width(cell) for cell in cells)))
    note = book.add_format({**font, "font_size": 9})
    for number, text in enumerate(table.notes, start=len(rows) + 1):
        sheet.write_string(number, 0, _text(text), note)


def _write(
    book: xlsxwriter.Workbook, sheet: Worksheet, at: tuple[int, int], cell: str, looks: dict[str, Any]
) -> None:
    number, stars = split_stars(cell)
    if NUMBER.fullmatch(cell) and not stars:
        whole, _, rest = number.partition(".")
        decimals, power, _ = rest.partition("e")
        shown = ("#,##0" if "," in whole else "0") + (f".{'0' * len(decimals)}" if decimals else "")
        style = book.add_format({**looks, "num_format": shown + ("E+00" if power or "e" in whole else "")})
        sheet.write_number(*at, float(number.replace(",", "")), style)
    elif cell:
        sheet.write_string(*at, _text(cell), book.add_format(looks))
    else:
        sheet.write_blank(*at, None, book.add_format(looks))


def _text(text: str) -> str:
    plain = _FORBIDDEN.sub("", text)[:_LONGEST]
    return f"'{plain}" if is_formula(plain) and not NUMBER.fullmatch(plain) else plain


def _width(text: str) -> int:
    return sum(2 if ord(one) > 0x2E7F else 1 for one in text)
