"""The sheets of a yearbook file as grids of cells: text as it stands, numbers without loss, merged ranges."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patentmetrics.core.errors import InputError, SettingError, near_names
from patentmetrics.core.files import existing_file
from patentmetrics.read.encoding import decode_file
from patentmetrics.read.merged import Merged, column_letters, merged_ranges

EXCEL = (".xlsx", ".xlsm", ".xls")
DELIMITED = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: its cells by row and column from 0.

    Parameters
    ----------
    name : str
        The sheet's name; of a text file the file's, without its ending.
    cells : tuple of tuple of str or None
        As wide everywhere; stripped; None where there is nothing.
    numbers : mapping of (row, column) to float
        The cells that hold a number, exactly: as text a spreadsheet's reader cuts them at nine decimals.
    merged : tuple of Merged
        Merged ranges; empty where the kind of file does not say.
    """

    name: str
    cells: tuple[tuple[str | None, ...], ...]
    numbers: Mapping[tuple[int, int], float]
    merged: tuple[Merged, ...] = ()


def cell_name(row: int, column: int) -> str:
    """Name a cell, from 0, as a spreadsheet does.

    Examples
    --------
    >>> cell_name(11, 1)
    'B12'
    """
    return f"{column_letters(column)}{row + 1}"


def read_sheets(
    path: Path | str, *, sheet: str | None = None, encoding: str | None = None
) -> tuple[Sheet, ...]:
    r"""Read the sheets of an Excel file, or a text file as one sheet; sheets without a cell are left out.

    Parameters
    ----------
    path : Path or str
        ``.xlsx``, ``.xlsm``, ``.xls``; ``.csv`` (comma), ``.tsv`` and ``.txt`` (tab).
    sheet : str, optional
        Read this sheet only.
    encoding : str, optional
        Of a text file, see `patentmetrics.read.encoding.decode_file`; found where it is not given.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, of another kind or in another encoding; no sheet has a cell.
    SettingError
        There is no such sheet, or the file has no sheets.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "人口.csv"
    ...     _ = path.write_text("城市,年末总人口\n北 京,1345\n", encoding="utf-8")
    ...     read_sheets(path)[0].cells
    (('城市', '年末总人口'), ('北 京', '1345'))
    """
    path = existing_file(path)
    ending = path.suffix.lower()
    if ending in DELIMITED:
        if sheet is not None:
            raise SettingError("a text file has no sheets", where=str(path), got=sheet)
        sheets = [_delimited(path, DELIMITED[ending], encoding)]
    elif ending in EXCEL:
        sheets = _excel(path, sheet)
    else:
        raise InputError(
            "the kind of file is unknown", where=str(path), got=path.suffix, allowed=[*EXCEL, *DELIMITED]
        )
    filled = tuple(one for one in sheets if any(cell for row in one.cells for cell in row))
    if not filled:
        raise InputError("no sheet holds anything", where=str(path))
    return filled


def _delimited(path: Path, delimiter: str, encoding: str | None) -> Sheet:
    text = decode_file(path, encoding=encoding).text
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError("the file is no table", where=str(path), got=str(error)) from error
    width = max((len(row) for row in rows), default=0)
    cells = tuple(tuple(_stripped(cell) for cell in [*row, *[""] * (width - len(row))]) for row in rows)
    return Sheet(name=path.stem, cells=cells, numbers={})


def _excel(path: Path, sheet: str | None) -> list[Sheet]:
    import fastexcel

    logger = logging.getLogger("fastexcel")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns of each cell that is not of the type asked for
    try:
        book = fastexcel.read_excel(path)
        if sheet is not None and sheet not in book.sheet_names:
            raise SettingError(
                "the file has no sheet of this name",
                where=str(path),
                got=sheet,
                allowed=book.sheet_names,
                hint=near_names(sheet, book.sheet_names),
            )
        return [_sheet_of(book, path, name) for name in book.sheet_names if sheet in {None, name}]
    except fastexcel.FastExcelError as error:
        raise InputError(
            "the file is not readable Excel: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
            hint="open it in Excel and save it again as .xlsx",
        ) from error
    finally:
        logger.setLevel(level)


def _sheet_of(book: object, path: Path, name: str) -> Sheet:
    import fastexcel

    if not isinstance(book, fastexcel.ExcelReader):
        raise InputError("the file is no book of sheets", where=str(path))
    # once as text and once as numbers: text has nine decimals only
    as_text = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    columns = [one.absolute_index for one in as_text.available_columns()]
    if not columns or not as_text.height:
        return Sheet(name=name, cells=(), numbers={})
    as_number = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="float")
    width = max(columns) + 1
    cells: list[tuple[str | None, ...]] = []
    numbers: dict[tuple[int, int], float] = {}
    for r, (texts, floats) in enumerate(
        zip(as_text.to_polars().iter_rows(), as_number.to_polars().iter_rows(), strict=True)
    ):
        row: list[str | None] = [None] * width
        for column, text, number in zip(columns, texts, floats, strict=True):
            row[column] = _stripped(text)
            # a truth value is no number, though it reads as one
            if number is not None and row[column] not in {None, "true", "false"}:
                numbers[r, column] = number
        cells.append(tuple(row))
    return Sheet(name=name, cells=tuple(cells), numbers=numbers, merged=tuple(merged_ranges(path, name)))


def _stripped(cell: str | None) -> str | None:
    # full-width spaces and those of no width, too; line ends inside a cell stay, they part languages
    text = (cell or "").strip(" \t\r\n\ufeff\u200b\u3000\xa0")
    return text or None
