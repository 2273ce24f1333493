"""Cells that a spreadsheet would run as a formula get an apostrophe in front: one rule for all CSV files."""

from __future__ import annotations

import re

import polars as pl

# = + - @ and their full-width forms, also behind spaces; a control character at the start hides one
FORMULA = r"^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])"


def is_formula(cell: str) -> bool:
    """Say whether a spreadsheet would run a cell.

    Examples
    --------
    >>> is_formula("=1+1"), is_formula(" ＠x"), is_formula("大数据")
    (True, True, False)
    """
    return re.match(FORMULA, cell) is not None


def quoted_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before each text cell that a spreadsheet would run.

    Examples
    --------
    >>> quoted_cells(pl.DataFrame({"term": ["=1+1", "大数据"], "hits": [-1, 2]})).rows()
    [("'=1+1", -1), ('大数据', 2)]
    """
    return frame.with_columns(pl.col(pl.String).str.replace(FORMULA, "'${0}"))
