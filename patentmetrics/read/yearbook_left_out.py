"""What was not taken of a yearbook, as a file to look through (未采用单元格清单)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from patentmetrics.core.files import written_whole
from patentmetrics.core.spreadsheet import quoted_cells
from patentmetrics.read.yearbook import REJECTED, Yearbook


def write_left_out(yearbook: Yearbook, path: Path | str) -> None:
    """Write what was not taken as CSV: rejected cells, blank cells, lines that are no data, with reasons.

    A byte-order mark lets Excel show Chinese; a cell that a spreadsheet would run gets an apostrophe.

    Examples
    --------
    >>> import tempfile
    >>> from patentmetrics.read.yearbook import LINES, TIDY
    >>> empty = Yearbook(
    ...     frame=pl.DataFrame(schema=TIDY), rejected=pl.DataFrame(schema=REJECTED),
    ...     lines=pl.DataFrame(schema=LINES), counts={},
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_left_out(empty, Path(folder) / "rejected.csv")
    ...     (Path(folder) / "rejected.csv").read_text(encoding="utf-8-sig").strip()
    'file,sheet,cell,place,variable,reason,value'
    """
    names = list(REJECTED)
    blank = yearbook.frame.filter(pl.col("missing").is_not_null()).select(
        *names[:5], reason=pl.lit("blank: ") + pl.col("missing"), value=pl.lit(None, dtype=pl.String)
    )
    lines = yearbook.lines.select(
        "file",
        "sheet",
        cell=pl.lit("row ") + pl.col("row").cast(pl.String),
        place=pl.lit(None, dtype=pl.String),
        variable=pl.lit(None, dtype=pl.String),
        reason=pl.col("kind"),
        value=pl.col("text"),
    )
    with written_whole(Path(path)) as temporary:
        quoted_cells(pl.concat([yearbook.rejected, blank, lines])).write_csv(temporary, include_bom=True)
