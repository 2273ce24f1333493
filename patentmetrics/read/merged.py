"""The merged cells of an Excel sheet (合并单元格), from the file itself: the reader of cells loses them."""

from __future__ import annotations

import html
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 20
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """A range of merged cells: its first and last row and column, from 0."""

    top: int
    left: int
    bottom: int
    right: int


def merged_ranges(path: Path, sheet: str) -> list[Merged]:
    """Give the merged ranges of a sheet of an ``.xlsx`` file; none for a file that is not zipped (``.xls``).

    Examples
    --------
    >>> import tempfile
    >>> import xlsxwriter
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.xlsx"
    ...     book = xlsxwriter.Workbook(path)
    ...     _ = book.add_worksheet("人口").merge_range(0, 1, 0, 2, "年末总人口")
    ...     book.close()
    ...     merged_ranges(path, "人口")
    [Merged(top=0, left=1, bottom=0, right=2)]
    """
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            return [] if part is None else _ranges_in(archive, part)
    except (zipfile.BadZipFile, KeyError, OSError):
        return []  # the reader of cells has taken the file: it is then of a kind that is not zipped


def column_letters(place: int) -> str:
    """Name a column, from 0, as a spreadsheet does.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _ranges_in(archive: zipfile.ZipFile, part: str) -> list[Merged]:
    found: list[Merged] = []
    rest = b""
    with archive.open(part) as handle:
        while piece := handle.read(_PIECE):
            text = rest + piece
            end = 0
            for match in _MERGED.finditer(text):
                left, top, right, bottom = match.groups()
                end = match.end()
                found.append(
                    Merged(top=int(top) - 1, left=_place(left), bottom=int(bottom) - 1, right=_place(right))
                )
            rest = text[max(end, len(text) - 200) :]
    return found


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Find the part of an Excel file that holds a sheet."""
    book = archive.read("xl/workbook.xml").decode("utf-8")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    linked = re.findall(r"<Relationship\s[^>]*>", links)
    targets = {_attribute(one, "Id"): _attribute(one, "Target") for one in linked}
    for one in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        if _attribute(one, "name") == sheet:
            target = targets.get(_attribute(one, r"\w+:id"), "")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return None


def _attribute(element: str, name: str) -> str:
    match = re.search(rf"\s{name}=\"([^\"]*)\"", element)
    return html.unescape(match[1]) if match else ""


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1
