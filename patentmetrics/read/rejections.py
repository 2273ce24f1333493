"""Rows that were not taken (剔除记录): one table, one file, with the reason for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from patentmetrics.core.files import written_whole
from patentmetrics.core.spreadsheet import quoted_cells

REJECTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "row": pl.Int64,
    "patent_id": pl.String,
    "reason": pl.String,
    "column": pl.String,
    "value": pl.String,
}
# what a spreadsheet takes for a formula when a cell begins with it


def rejections(rows: Iterable[Mapping[str, object]] = ()) -> pl.DataFrame:
    """Make a table of rejections: file, row (header is row 1), patent_id, reason, column, value.

    Examples
    --------
    >>> rejections([{"file": "a.csv", "row": 2, "reason": "no id"}])["value"].to_list()
    [None]
    """
    return pl.DataFrame(list(rows), schema=REJECTED)


def as_rejections(rows: pl.DataFrame) -> pl.DataFrame:
    """Reduce rows that carry the columns of a rejection to those columns; values to 200 characters.

    Examples
    --------
    >>> row = {"file": "a.csv", "row": 2, "patent_id": None, "reason": "no id", "column": None, "value": None}
    >>> as_rejections(pl.DataFrame([{**row, "title": "Lamp"}])).columns == list(REJECTED)
    True
    """
    return rows.select(
        pl.col(name).cast(dtype).str.slice(0, 200) if name == "value" else pl.col(name).cast(dtype)
        for name, dtype in REJECTED.items()
    )


def write_rejections(rejected: pl.DataFrame, path: Path | str) -> None:
    """Write rejections as CSV in UTF-8 with a byte-order mark, so that Excel shows Chinese.

    A cell that begins with ``= + - @`` gets an apostrophe in front: a spreadsheet would run it.

    Raises
    ------
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rejected.csv"
    ...     write_rejections(rejections([{"file": "a.csv", "row": 2, "value": "=1+1"}]), path)
    ...     path.read_text(encoding="utf-8-sig").splitlines()[1]
    "a.csv,2,,,,'=1+1"
    """
    with written_whole(Path(path)) as temporary:
        quoted_cells(rejected).write_csv(temporary, include_bom=True)
