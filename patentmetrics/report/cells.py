"""What a cell of a printed table is: a number, a number with stars, a number in brackets, or words."""

from __future__ import annotations

import re

from patentmetrics.core.spreadsheet import is_formula

NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:e[-+]?\d+)?(\*{0,3})")
_STARRED = re.compile(r"(.*[^*])(\*{1,3})", re.DOTALL)


def split_stars(cell: str) -> tuple[str, str]:
    """Part a number from its stars; words stay whole.

    Examples
    --------
    >>> split_stars("-0.26**"), split_stars("a*")
    (('-0.26', '**'), ('a*', ''))
    """
    starred = _STARRED.fullmatch(cell) if NUMBER.fullmatch(cell) else None
    return (starred[1], starred[2]) if starred else (cell, "")


def in_spreadsheet(cell: str) -> str:
    """Quote what a spreadsheet would run or misread; thousands separators are left out of numbers.

    Examples
    --------
    >>> [in_spreadsheet(cell) for cell in ("=1+1", "-0.5**", "(0.1)", "1,140")]
    ["'=1+1", '-0.5**', "'(0.1)", '1140']
    """
    if NUMBER.fullmatch(cell):
        return cell.replace(",", "")
    bracketed = cell.startswith("(") and cell.endswith(")") and NUMBER.fullmatch(cell[1:-1])
    return f"'{cell}" if bracketed or is_formula(cell) else cell
