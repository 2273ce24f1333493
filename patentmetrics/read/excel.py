"""Excel files as tables of strings: dates as ISO text, numbers without loss, merged cells filled down."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError, SettingError, near_names
from patentmetrics.core.files import sha256_of
from patentmetrics.read.cells import (
    Table,
    after_titles,
    filled_rows,
    header_names,
    no_rows,
    without_non_records,
)
from patentmetrics.read.merged import Merged, merged_ranges

# calamine writes a broken number with nine decimals: 200910123456.7 as 200910123456.700012207
_NINE_DECIMALS = re.compile(r"-?\d+\.\d{9}")
_LOOKED_AT = 24


def read_excel(path: Path, sheet: str | None) -> Table:
    """Read one sheet of an Excel file, whole.

    A value in cells merged over several rows is the value of each of these rows; in cells merged over
    several columns it belongs to the first of them.

    Raises
    ------
    InputError, ColumnError, SettingError
        See `patentmetrics.read.table.read_table`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pl.DataFrame({"申请号": ["001"], "标题": ["灯"]}).write_excel(Path(folder) / "a.xlsx")
    ...     read_excel(Path(folder) / "a.xlsx", None).frame.rows()
    [('001', '灯')]
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        name = _choose_sheet(book, sheet, path)
        # without a header and without skipping: otherwise row numbers shift over leading empty rows
        with _without_warnings():
            loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        cells = loaded.to_polars()
        first_column = min((one.absolute_index for one in loaded.available_columns()), default=0)
    except fastexcel.FastExcelError as error:
        raise InputError(
            "the file is not readable Excel: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
            hint="open it in Excel and save it again as .xlsx; a CSV file needs the ending .csv",
        ) from error
    first, titles = _header_row(cells, f"{path}, sheet {name}")
    cells.columns = header_names(cells.row(first), f"{path}, sheet {name}")
    cells = cells.with_columns(pl.all().map_elements(_as_typed, return_dtype=pl.String, skip_nulls=True))
    cells, merged = _fill_merged(cells, merged_ranges(path, name), first, first_column)
    frame, rows, blank = filled_rows(cells.slice(first + 1), first_row=first + 2)
    frame, rows, rejected = without_non_records(path.name, frame, rows)
    if frame.is_empty() and rejected.is_empty():
        raise no_rows(path)
    notes = {"rows above the header": titles, "cells filled from merged cells": merged}
    return Table(
        file=path.name,
        frame=frame,
        rows=rows,
        rejected=rejected,
        blank_rows=blank,
        encoding=None,
        delimiter=None,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        notes={what: n for what, n in notes.items() if n},
    )


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    # all cells are asked for as text, and the library warns of each column whose type it cannot tell
    logger = logging.getLogger("fastexcel")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _header_row(cells: pl.DataFrame, where: str) -> tuple[int, int]:
    filled = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    first = filled.arg_max() if filled.any() else None
    if first is None:
        raise InputError("the sheet is empty", where=where)
    looked_at = cells.slice(first, _LOOKED_AT)
    # row numbers of the frame, from 0
    records = ((first + place, [cell or "" for cell in row]) for place, row in enumerate(looked_at.rows()))
    rest, titles = after_titles(records)
    return next(rest, (first, []))[0], titles


def _choose_sheet(book: object, sheet: str | None, path: Path) -> str:
    import fastexcel

    if not isinstance(book, fastexcel.ExcelReader):
        raise InputError("the file is not readable Excel", where=str(path))
    names = list(book.sheet_names)
    if sheet is not None:
        if sheet not in names:
            raise SettingError(
                "the file has no such sheet",
                where=str(path),
                got=sheet,
                allowed=names,
                hint=near_names(sheet, names),
            )
        return sheet
    filled = [name for name in names if book.load_sheet(name, header_row=None, n_rows=1).height]
    if len(filled) > 1:
        raise InputError(
            "more than one sheet holds something", where=str(path), allowed=filled, hint="name the sheet"
        )
    if not filled:
        raise InputError("all sheets are empty", where=str(path))
    return filled[0]


def _as_typed(cell: str) -> str:
    return repr(float(cell)) if _NINE_DECIMALS.fullmatch(cell) else cell


def _fill_merged(
    cells: pl.DataFrame, ranges: list[Merged], header: int, first_column: int
) -> tuple[pl.DataFrame, int]:
    """Fill cells merged over rows, below the header, in rows that hold anything; count the cells filled."""
    below = [
        one
        for one in ranges
        if one.bottom > max(one.top, header + 1) and 0 <= one.left - first_column < cells.width
    ]
    if not below:
        return cells, 0
    holds = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series().to_list()
    columns: dict[str, list[str | None]] = {}
    count = 0
    for one in below:
        name = cells.columns[one.left - first_column]
        values = columns.setdefault(name, cells[name].to_list())
        start = max(one.top, header + 1)
        for row in range(start + 1, min(one.bottom + 1, cells.height)):
            if holds[row] and values[row] is None and values[start] is not None:
                values[row] = values[start]
                count += 1
    filled = [pl.Series(name, values, dtype=pl.String) for name, values in columns.items()]
    return cells.with_columns(filled), count
