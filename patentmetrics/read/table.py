"""Tables as people keep them (CSV, TSV, Excel, Parquet) as frames of strings, with source row numbers.

Nothing is interpreted here: a cell is a string or null, so a number keeps its leading zeros. A row's
number is counted as a spreadsheet counts: the first row is row 1, and a field with line breaks is one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from patentmetrics.core.errors import InputError, SettingError
from patentmetrics.core.files import existing_file
from patentmetrics.read.cells import Table as Table
from patentmetrics.read.cells import joined_tables
from patentmetrics.read.columnar import parquet_batches
from patentmetrics.read.delimited import delimited_batches
from patentmetrics.read.excel import read_excel

DELIMITED = (".csv", ".tsv", ".tab", ".txt")
EXCEL = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")


def read_table(path: Path | str, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    r"""Read CSV, TSV, Excel or Parquet, by the file's ending.

    Titles above the header are left out and counted; headers that come again (files put together) and
    footers (共 12 条) are rejected.

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
    return joined_tables(list(table_batches(path, encoding=encoding, sheet=sheet)))


def table_batches(
    path: Path | str, *, encoding: str | None = None, sheet: str | None = None
) -> Iterator[Table]:
    """Read as `read_table`, some rows at a time: delimited files and Parquet in the memory of one batch.

    An Excel file comes as one batch: a sheet has a million rows at most.

    Examples
    --------
    >>> list(table_batches("patents.doc"))
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: there is no such file
      where: patents.doc
    """
    path = existing_file(path)
    ending = path.suffix.lower()
    if sheet is not None and ending not in EXCEL:
        raise SettingError("only an Excel file has sheets", where=str(path), got=sheet)
    if ending in DELIMITED:
        yield from delimited_batches(path, encoding)
    elif ending in EXCEL:
        yield read_excel(path, sheet)
    elif ending in PARQUET:
        yield from parquet_batches(path)
    else:
        raise InputError(
            "the kind of file is not known by its ending",
            where=str(path),
            got=ending or "no ending",
            allowed=(*DELIMITED, *EXCEL, *PARQUET),
            hint="save it as .xlsx or as CSV UTF-8" if ending == ".xls" else None,
        )
