"""Tables as people keep them (CSV, TSV, Excel, Parquet) as a frame of strings, with source row numbers.

Nothing is interpreted here: a cell is a string or null, so a number keeps its leading zeros. A row's
number is counted as a spreadsheet counts: the header is row 1, and a field with line breaks is one row.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError, InputError, SettingError, near_names
from patentmetrics.core.files import existing_file, sha256_of
from patentmetrics.read.encoding import decode_file
from patentmetrics.read.rejections import rejections

DELIMITED = (".csv", ".tsv", ".tab", ".txt")
EXCEL = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
_BATCH = 50_000
# the largest limit that csv takes on every system
_FIELD_LIMIT = 2**31 - 1
# calamine writes a broken number with nine decimals: 200910123456.7 as 200910123456.700012207
_NINE_DECIMALS = re.compile(r"-?\d+\.\d{9}")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it stands in a file.

    Parameters
    ----------
    file : str
        The file's name.
    frame : polars.DataFrame
        All columns String; a list column of Parquet is List(String). Empty cells are null.
    rows : polars.Series
        The source row of each row of the frame; the header is row 1.
    rejected : polars.DataFrame
        Rows with too few or too many fields, see `patentmetrics.read.rejections`.
    blank_rows : int
        Rows without any value; they are neither in the frame nor rejected.
    encoding, delimiter : str or None
        As found; None for Excel and Parquet. The delimiter in words: comma, tab, semicolon.
    sha256 : str
        Hash of the file.
    """

    file: str
    frame: pl.DataFrame
    rows: pl.Series
    rejected: pl.DataFrame
    blank_rows: int
    encoding: str | None
    delimiter: str | None
    sha256: str


def read_table(path: Path | str, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    r"""Read CSV, TSV, Excel or Parquet, by the file's ending.

    Parameters
    ----------
    path : Path or str
        ``.csv .tsv .tab .txt`` (the delimiter is found: comma, tab or semicolon), ``.xlsx .xlsm``,
        ``.parquet .pq``.
    encoding : str, optional
        Of a delimited file, see `patentmetrics.read.encoding.decode_file`.
    sheet : str, optional
        Of an Excel file; needed when more than one sheet holds something.

    Returns
    -------
    Table
        Dates of Excel and Parquet are ISO text; cells of Excel that hold an error (#N/A) are null.

    Raises
    ------
    InputError
        The file is missing, empty, binary, cut off, has no rows, or a quote is not closed.
    ColumnError
        A header occurs twice.
    SettingError
        The sheet is not in the file, or the file has no sheets.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("number;title\n01;Solar cell\n", encoding="utf-8")
    ...     table = read_table(path)
    >>> table.frame["number"].to_list(), table.delimiter, table.rows.to_list()
    (['01'], 'semicolon', [2])
    """
    path = existing_file(path)
    ending = path.suffix.lower()
    if sheet is not None and ending not in EXCEL:
        raise SettingError("only an Excel file has sheets", where=str(path), got=sheet)
    if ending in DELIMITED:
        return _read_delimited(path, encoding)
    if ending in EXCEL:
        return _read_excel(path, sheet)
    if ending in PARQUET:
        return _read_parquet(path)
    raise InputError(
        "the kind of file is not known by its ending",
        where=str(path),
        got=ending or "no ending",
        allowed=(*DELIMITED, *EXCEL, *PARQUET),
        hint="save it as .xlsx or as CSV UTF-8" if ending == ".xls" else None,
    )


def _read_delimited(path: Path, encoding: str | None) -> Table:
    decoded = decode_file(path, encoding=encoding)
    delimiter = _find_delimiter(decoded.text, str(path))
    header: list[str] | None = None
    batches: list[pl.DataFrame] = []
    numbers: list[int] = []
    pending: list[list[str]] = []
    ragged: list[dict[str, object]] = []
    blank = 0
    for number, record in _records(decoded.text, delimiter, str(path)):
        if not any(cell.strip() for cell in record):
            blank += 1
        elif header is None:
            header, blank = _header(record, str(path)), 0
        elif len(record) < len(header) or any(cell.strip() for cell in record[len(header) :]):
            ragged.append(_ragged(path.name, number, record, header))
        else:
            numbers.append(number)
            pending.append(record[: len(header)])
            if len(pending) == _BATCH:
                batches.append(_strings(pending, header))
                pending = []
    if header is None or not (numbers or ragged):
        raise _no_rows(path)
    return Table(
        file=path.name,
        frame=pl.concat([*batches, _strings(pending, header)]),
        rows=pl.Series("row", numbers, dtype=pl.Int64),
        rejected=rejections(ragged),
        blank_rows=blank,
        encoding=decoded.encoding,
        delimiter=DELIMITERS[delimiter],
        sha256=decoded.sha256,
    )


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    # the limit is the process's, and a patent's claims pass the usual 131,072 characters
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _records(text: str, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        first_line = reader.line_num + 1
        try:
            with _long_fields():
                record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            ends = "unexpected end" in str(error)
            raise InputError(
                "a quote is not closed" if ends else "a quote stands where none may",
                where=f"{where}, row {number} (line {first_line})",
                got=str(error),
                hint='inside a quoted field a quote is written twice: "a 5"" disk"',
            ) from error
        yield number, record


def _find_delimiter(text: str, where: str) -> str:
    """Take the delimiter that cuts the header into most fields."""
    fields = dict.fromkeys(DELIMITERS, 0)
    for delimiter in DELIMITERS:
        with contextlib.suppress(InputError):  # a quote that is wrong for this delimiter only
            records = (record for _, record in _records(text, delimiter, where) if any(record))
            fields[delimiter] = len(next(records, []))
    most = max(fields.values())
    found = [delimiter for delimiter, count in fields.items() if count == most]
    if len(found) > 1 and most > 1:
        raise InputError(
            "two delimiters fit the header equally well",
            where=f"{where}, row 1",
            got=" and ".join(DELIMITERS[one] for one in found),
            hint="save the file with one delimiter, and quote the names that contain another",
        )
    return found[0]


def _header(cells: Sequence[str | None], where: str) -> list[str]:
    # an empty name is Excel's trailing comma, or an index without a name
    names = [(cell or "").strip(" \t\r\n\ufeff\u200b\u3000") for cell in cells]
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


def _strings(records: list[list[str]], header: list[str]) -> pl.DataFrame:
    columns = zip(*records, strict=True) if records else ([] for _ in header)
    frame = pl.DataFrame(
        [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(header, columns, strict=True)]
    )
    return _empty_as_null(frame)


def _empty_as_null(frame: pl.DataFrame) -> pl.DataFrame:
    cell = pl.col(pl.String)
    return frame.with_columns(pl.when(cell.str.strip_chars() != "").then(cell))


def _ragged(file: str, number: int, record: list[str], header: list[str]) -> dict[str, object]:
    return {
        "file": file,
        "row": number,
        "reason": "too few fields" if len(record) < len(header) else "too many fields",
        "value": f"{len(record)} instead of {len(header)}: {' | '.join(record)}"[:200],
    }


def _no_rows(path: Path) -> InputError:
    return InputError("the table has no rows below its header", where=str(path))


def _read_excel(path: Path, sheet: str | None) -> Table:
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        name = _choose_sheet(book, sheet, path)
        # without a header and without skipping: otherwise row numbers shift over leading empty rows
        cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise InputError(
            "the file is not readable Excel: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
            hint="open it in Excel and save it again as .xlsx; a CSV file needs the ending .csv",
        ) from error
    filled = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    first = filled.arg_max() if filled.any() else None
    if first is None:
        raise InputError("the sheet is empty", where=f"{path}, sheet {name}")
    cells.columns = _header(cells.row(first), f"{path}, sheet {name}")
    cells = cells.with_columns(pl.all().map_elements(_as_typed, return_dtype=pl.String, skip_nulls=True))
    return _filled_rows(path, cells.slice(first + 1), first_row=first + 2)


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


def _read_parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
        frame = frame.select(_as_string(frame[name]) for name in frame.columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            "the file is not readable Parquet: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
            hint="copy it again, or make it again",
        ) from error
    frame.columns = _header(frame.columns, str(path))
    return _filled_rows(path, frame, first_row=2)


def _as_string(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return column
    if isinstance(column.dtype, pl.List | pl.Array):
        inner = column.dtype.inner
        if not isinstance(inner, pl.List | pl.Array | pl.Struct | pl.Binary):
            return column.cast(pl.List(pl.String))
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S")
    if isinstance(column.dtype, pl.Struct):
        return column.struct.json_encode()
    if column.dtype.is_float():
        # whole numbers that pandas made float because one was missing
        column = column.fill_nan(None)
        if ((column == column.floor()) & (column.abs() < 2**53)).all():
            return column.cast(pl.Int64).cast(pl.String)
    return column.cast(pl.String)


def _filled_rows(path: Path, frame: pl.DataFrame, *, first_row: int) -> Table:
    frame = _empty_as_null(frame).with_row_index("\x00row", offset=first_row)
    filled = frame.filter(~pl.all_horizontal(pl.exclude("\x00row").is_null()))
    if filled.is_empty():
        raise _no_rows(path)
    return Table(
        file=path.name,
        frame=filled.drop("\x00row"),
        rows=filled["\x00row"].cast(pl.Int64).rename("row"),
        rejected=rejections(),
        blank_rows=frame.height - filled.height,
        encoding=None,
        delimiter=None,
        sha256=sha256_of(path),
    )
