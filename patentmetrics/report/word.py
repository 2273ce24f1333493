"""A table as a Word file (.docx): the three-line table (三线表) of Chinese and English journals."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patentmetrics.core.files import written_whole
from patentmetrics.report.cells import NUMBER, split_stars
from patentmetrics.report.tables import Align, Table
from patentmetrics.report.wording import say

if TYPE_CHECKING:
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

_LATIN, _CHINESE = "Times New Roman", "SimSun"  # 宋体
_BODY, _NOTE = 10.5, 9.0  # points: 五号, 小五
_THICK, _THIN = 12, 6  # eighths of a point
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no XML can hold them
_MANY = 7  # more columns than stand on an upright page


def write_word(table: Table, path: Path | str) -> None:
    """Write a table as a Word file (Word三线表): title above, three lines, notes below.

    Thick lines above and below, a thin one under the head and at each rule; no upright lines. Stars are
    raised; a hyphen before a number is a minus sign. Latin letters in Times New Roman, Chinese in SimSun.
    Tables of more than seven columns lie on a broad page. The same table gives the same bytes.

    Raises
    ------
    OutputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile, docx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.docx"
    ...     write_word(Table(title="t", header=(("", "(1)"),), rows=(("treated", "-0.25***"),)), path)
    ...     [cell.text for cell in docx.Document(str(path)).tables[0].rows[1].cells]
    ['treated', '−0.25***']
    """
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document = docx.Document()
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", _plain(table.title), ""
    if table.columns > _MANY:
        page = document.sections[0]
        page.orientation = WD_ORIENT.LANDSCAPE
        page.page_width, page.page_height = page.page_height, page.page_width
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.keep_with_next = True
    _run(title, table.title, bold=True)

    rows = [*table.header, *table.rows]
    head = len(table.header)
    grid = document.add_table(rows=len(rows), cols=table.columns)
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    rules = {head + rule for rule in table.rules if rule}
    headings = {head + heading for heading in table.headings}
    cells = list(grid._cells)  # noqa: SLF001 - its rows[i].cells counts all cells again for each row
    for number, row in enumerate(rows):
        here = cells[number * table.columns : (number + 1) * table.columns]
        for column, (cell, text) in enumerate(zip(here, row, strict=True)):
            _border(cell, "top", _THICK if number == 0 else _THIN if number == head or number in rules else 0)
            _border(cell, "bottom", _THICK if number == len(rows) - 1 else 0)
            if number not in headings:
                _write(cell, text, table.alignment[column])
        if number in headings:
            whole = here[0].merge(here[-1])
            _write(whole, row[0], "left", italic=True)
    for number in range(head):
        _repeat(grid.rows[number])
    for at, note in enumerate(table.notes):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = 0
        _run(paragraph, (f"{say('notes', table.language)} " if at == 0 else "") + note, size=_NOTE)
    written = io.BytesIO()
    document.save(written)
    with written_whole(Path(path)) as temporary:
        temporary.write_bytes(_without_times(written.getvalue()))


def _write(cell: _Cell, text: str, align: Align, *, italic: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }
    paragraph = cell.paragraphs[0]
    paragraph.alignment = sides[align]
    paragraph.paragraph_format.space_after = 0
    number, stars = split_stars(text)
    if NUMBER.fullmatch(number.strip("()")):
        number = number.replace("-", "−")
    if number:
        _run(paragraph, number, italic=italic)
    if stars:
        _run(paragraph, stars, raised=True)


def _run(
    paragraph: Paragraph,
    text: str,
    *,
    size: float = _BODY,
    bold: bool = False,
    italic: bool = False,
    raised: bool = False,
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(_plain(text))
    run.font.size = Pt(size)
    run.font.name = _LATIN
    looks: Any = run._element.rPr  # noqa: SLF001 - the library has no name for the Chinese font
    looks.rFonts.set(qn("w:eastAsia"), _CHINESE)
    run.bold, run.italic = bold or None, italic or None
    run.font.superscript = raised or None


def _border(cell: _Cell, side: str, size: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    if not size:
        return
    properties: Any = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - the library knows no borders of cells
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    line = OxmlElement(f"w:{side}")
    for key, value in {"val": "single", "sz": str(size), "space": "0", "color": "000000"}.items():
        line.set(qn(f"w:{key}"), value)
    borders.append(line)


def _repeat(row: Any) -> None:  # noqa: ANN401 - a row of the library
    # the head stands again at the top of each page
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - no public way


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("", " ".join(text.split()))


def _without_times(content: bytes) -> bytes:
    # the library stamps each part with the clock
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            part.external_attr = 0o644 << 16
            new.writestr(part, old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return made.getvalue()
