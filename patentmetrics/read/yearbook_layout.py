"""Where the tables of a yearbook sheet are: title, headers over several rows, places, notes, side by side.

A table begins at a cell that heads a column of places (城市, 地区). Its header goes on until the first row
that names a place, its body until a line of notes (注：, 资料来源：), the next such header (续表) or the end.
Where the file says which cells are merged, a header belongs to the columns it is merged over; where it
does not (text, .xls), an empty header above a filled one belongs to the header on its left.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from patentmetrics.core.errors import InputError
from patentmetrics.read.yearbook_sheets import Sheet
from patentmetrics.read.yearbook_units import split_unit, unit_of_line
from patentmetrics.read.yearbook_values import HAN, chinese_part, clean_name

PLACES = frozenset((
    "城市", "城市名称", "城市名", "市名", "地区", "地区名称", "地区名", "地名", "地级市",
    "地级及以上城市", "省份", "省市", "省区市", "省市区", "省(区、市)", "省", "市", "县", "县市",
    "县(市)", "区县", "市县", "各市", "各地区", "各城市", "省市名称", "省、自治区、直辖市", "市(县)",
    "地区、城市", "city", "cities", "region", "area", "place",
))  # fmt: skip
_YEARS = frozenset((
    "年份", "年度", "年", "年别", "时间", "year",
))  # fmt: skip
_NO_VARIABLES = frozenset((
    "代码", "行政区划代码", "区划代码", "地区代码", "城市代码", "行政代码", "编码", "编号", "序号",
    "备注", "code", "no.",
))  # fmt: skip
_CODE = re.compile(r"\d{6}")
# rows of a header that only number or name its columns
_COLUMN_NUMBERS = frozenset(("甲", "乙", "栏次"))
_UNIT_NAMES = frozenset(("单位", "计量单位"))
_NOTE = re.compile(
    r"\s*[\[【（(]?(?:注\s*\d*\s*[:：.、]|注\s*[①-⑳]|附\s*注|备\s*注|说\s*明|资料来源|数据来源|来\s*源\s*[:：]"
    r"|本表|本资料|(?:notes?|sources?|remarks?)\s*\d*\s*[:：])",
    re.IGNORECASE,
)
# ①2011年起不含…, *为常住人口
_MARKED_NOTE = re.compile(r"\s*(?:[①-⑳⑴-⒇*＊※]|[(（\[]?[a-z1-9][)）\]])\s*\S{4}")
_UNIT_LINE = re.compile(r"[(（]?\s*(?:计量)?单\s*位\s*[:：].*$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?!\s*(?:鉴|版|[=＝]\s*100))")
_YEAR_ALONE = re.compile(r"[(（]?\s*((?:19|20)\d{2})(?:\.0+)?\s*年?度?\s*[)）]?")
_YEAR_IN_BRACKETS = re.compile(r"[(（]\s*((?:19|20)\d{2})\s*年?\s*[)）]")
_RANGE = re.compile(r"((?:19|20)\d{2})\s*年?\s*[-—–－~～至到]\s*((?:19|20)\d{2})\s*年")
_NUMBERING = re.compile(
    r"^\s*(?:续?表\s*)?[\d一二三四五六七八九十]+\s*[-—–－.．]\s*\d+(?:\s*[-—–－.．]\s*\d+)*\s*(?:续表?\s*\d*)?\s*"
)
_MARKED_TITLE = re.compile(r"年鉴|续表|^\s*(?:续?表\s*)?\d+\s*[-—–－.．]\s*\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """One column of values: where it stands, and what its header says."""

    column: int
    name: str
    unit: str | None
    year: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a sheet that is no row of data: its row from 0, what it is, and its text."""

    row: int
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One table of a sheet.

    ``rows`` are the rows of its body, from 0; ``years`` of its title; ``title`` without number and years.
    """

    place: int
    year_column: int | None
    variables: tuple[Variable, ...]
    rows: tuple[int, ...]
    unit: str | None
    years: tuple[int, ...]
    title: str
    lines: tuple[Line, ...]
    columns: range


def blocks_of(sheet: Sheet, *, where: str) -> tuple[Block, ...]:
    r"""Find the tables of a sheet (表格定位), from above to below and from left to right.

    Raises
    ------
    InputError
        No cell heads a column of places.

    Examples
    --------
    >>> sheet = Sheet(
    ...     name="2015", numbers={},
    ...     cells=(("人口（2015年）", None), ("城市", "全市\n(万人)"), ("北 京", "1345"), ("注：户籍", None)),
    ... )
    >>> block = blocks_of(sheet, where="a.xlsx")[0]
    >>> block.variables[0].name, block.variables[0].unit, block.years, block.rows
    ('全市', '万人', (2015,), (2,))
    """
    anchors = _anchors(sheet)
    if not anchors:
        raise InputError(
            "no cell heads a column of places",
            where=where,
            allowed=["城市", "地区", "省份", "…"],
            hint="write 城市 above the names of places, or name the sheets that hold tables",
        )
    tops: list[int] = []
    begins: list[int] = []  # of the titles
    for number, (row, columns) in enumerate(anchors):
        above = anchors[number - 1][0] + 1 if number else 0
        tops.append(_top(sheet, row, columns[0], above))
        begins.append(_first_title(sheet, tops[-1], above) if number else 0)
    found = []
    for number, (row, columns) in enumerate(anchors):
        below = begins[number + 1] if number + 1 < len(anchors) else len(sheet.cells)
        begin, first = begins[number], 0
        for place, end in zip(columns, [*columns[1:], len(sheet.cells[0])], strict=True):
            at = _Frame(begin=begin, top=tops[number], anchor=row, below=below, columns=range(first, end))
            found.append(_block(sheet, at, place))
            first = end
    return tuple(found)


def title_years(text: str) -> tuple[int, ...]:
    """Give the years that a title names; the year of a yearbook's edition (年鉴) is none.

    Examples
    --------
    >>> title_years("2-1 2015年地级以上城市人口"), title_years("中国城市统计年鉴2016年版")
    ((2015,), ())
    """
    spans = [year for match in _RANGE.finditer(text) for year in match.groups()]
    single = [match[1] for pattern in (_YEAR, _YEAR_IN_BRACKETS) for match in pattern.finditer(text)]
    return tuple(sorted({int(year) for year in [*spans, *single]}))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """Where one table may stand: first row of its titles and of its header, head of places, end, columns."""

    begin: int
    top: int
    anchor: int
    below: int
    columns: range


def _plain(cell: str | None) -> str:
    return clean_name(cell)[0] if cell else ""


def _is_place_head(cell: str | None) -> bool:
    return _plain(cell).lower() in PLACES


def _is_note(filled: list[str]) -> bool:
    """Say whether the filled cells of a row are a note; one that begins with a mark stands alone."""
    return bool(_NOTE.match(filled[0]) or (len(filled) == 1 and _MARKED_NOTE.match(filled[0])))


def _anchors(sheet: Sheet) -> list[tuple[int, list[int]]]:
    """Give the rows with heads of places, with their columns; a head in two rows counts once."""
    found: list[tuple[int, list[int]]] = []
    for r, row in enumerate(sheet.cells):
        heads = [c for c, cell in enumerate(row) if _is_place_head(cell) and _names_below(sheet, r, c)]
        # 省份 beside 城市: the places are those on the right
        columns = [c for c in heads if c + 1 not in heads]
        # 城市 above City, or a head that stands in both rows of a header: no place is between
        if columns and (not found or _places_between(sheet, found[-1][0], r, found[-1][1][0])):
            found.append((r, columns))
    return found


def _places_between(sheet: Sheet, first: int, last: int, column: int) -> bool:
    return any(_is_name(sheet, r, column) for r in range(first + 1, last))


def _is_name(sheet: Sheet, row: int, column: int) -> bool:
    """Say whether a cell of the column of places is no longer header: not City, 甲, 单位, (1)."""
    cell = sheet.cells[row][column]
    plain = _plain(cell)
    if cell is None or plain.lower() in PLACES or plain in _COLUMN_NUMBERS or plain in _UNIT_NAMES:
        return False
    if unit_of_line(cell)[0]:
        return False
    if HAN.search(cell) or _CODE.fullmatch(cell):
        return True
    # Latin letters are the English of a header, unless all names are written so
    return _latin(sheet, column) and re.search("[A-Za-z]{2}", cell) is not None


def _latin(sheet: Sheet, column: int) -> bool:
    # a title above, or a note below, may be Chinese
    names = [cell for row in sheet.cells if (cell := row[column])]
    return sum(HAN.search(cell) is not None for cell in names) <= len(names) // 4


def _names_below(sheet: Sheet, row: int, column: int) -> bool:
    return any(_is_name(sheet, r, column) for r in range(row + 1, len(sheet.cells)))


def _top(sheet: Sheet, anchor: int, place: int, above: int) -> int:
    """Give the first row of the header: rows above the head of places that hold heads of other columns."""
    top = anchor
    for r in range(anchor - 1, above - 1, -1):
        row = sheet.cells[r]
        filled = [cell for cell in row if cell]
        text = " ".join(filled)
        if (
            row[place]
            or not filled
            or _MARKED_TITLE.search(text)
            or unit_of_line(text)[0]
            or _is_note(filled)
        ):
            break
        spanned = any(one.top == r and one.right > one.left > place for one in sheet.merged)
        if len(filled) < 2 and not spanned:
            break
        top = r
    return top


def _first_title(sheet: Sheet, top: int, above: int) -> int:
    """Give the first row of the titles above a header that is not the first: lines of a cell or none."""
    first = top
    for r in range(top - 1, above - 1, -1):
        filled = [cell for cell in sheet.cells[r] if cell]
        if len(filled) > 2 or (filled and _is_note(filled)):
            break
        if len(filled) == 2 and not unit_of_line(" ".join(filled))[0]:
            break
        first = r
    return first


def _block(sheet: Sheet, at: _Frame, place: int) -> Block:
    start = next((r for r in range(at.anchor + 1, at.below) if _is_name(sheet, r, place)), at.below)
    titles = [
        Line(row=r, kind="title", text=" ".join(filled))
        for r in range(at.begin, at.top)
        if (filled := [cell for cell in sheet.cells[r] if cell]) and not _is_note(filled)
    ]
    head = _header(sheet, at.top, start, at.columns, place)
    year_column, variables, left_out = _variables(head, at, place)
    rows, notes = _body(sheet, start, at)
    unit, several = _unit_of(titles, [row[place - at.columns.start] for row in head])
    if several:
        left_out.append(Line(row=at.top, kind="a line of several units", text=several))
    return Block(
        place=place,
        year_column=year_column,
        variables=tuple(variables),
        rows=tuple(rows),
        unit=unit,
        years=title_years(" ".join(one.text for one in titles)),
        title=_subject(titles),
        lines=(*titles, *left_out, *notes),
        columns=at.columns,
    )


def _header(sheet: Sheet, top: int, start: int, columns: range, place: int) -> list[list[str | None]]:
    """Give the header's cells, each merged or inherited one written out."""
    head = [[sheet.cells[r][c] for c in columns] for r in range(top, start)]
    inside = [one for one in sheet.merged if one.top < start and one.bottom >= top]
    if inside:
        for one in inside:
            text = sheet.cells[one.top][one.left]
            for r in range(max(one.top, top), min(one.bottom + 1, start)):
                for c in range(max(one.left, columns.start), min(one.right + 1, columns.stop)):
                    head[r - top][c - columns.start] = text
    else:
        _inherit(head, first=place - columns.start + 2)
    return head


def _inherit(head: list[list[str | None]], *, first: int) -> None:
    """Give an empty head above a filled one that of its left neighbour, where that has one below, too."""
    for r, row in enumerate(head[:-1]):
        has_below = [any(lower[c] for lower in head[r + 1 :]) for c in range(len(row))]
        for c in range(first, len(row)):
            same_above = all(head[up][c] == head[up][c - 1] for up in range(r))
            if row[c] is None and has_below[c] and has_below[c - 1] and row[c - 1] and same_above:
                row[c] = row[c - 1]


def _variables(
    head: list[list[str | None]], at: _Frame, place: int
) -> tuple[int | None, list[Variable], list[Line]]:
    year_column: int | None = None
    variables: list[Variable] = []
    left_out: list[Line] = []
    before: tuple[str, str | None] = ("", None)
    for i, c in enumerate(at.columns):
        texts = list(dict.fromkeys(cell for row in head if (cell := row[i])))
        if c == place or not texts:
            continue
        plain = {_plain(text).lower() for text in texts}
        if plain & _YEARS and year_column is None:
            year_column = c
        elif c < place or plain & _NO_VARIABLES:
            left_out.append(Line(row=at.top, kind="a column without values", text=" ".join(texts)))
        else:
            variable = _variable(c, texts)
            if variable.unit is None and texts[0] == before[0]:
                variable = dataclasses.replace(variable, unit=before[1])
            # a unit that stands under the first column only of those with one head
            before = (texts[0], variable.unit if len(texts) > 2 or variable.unit == before[1] else None)
            variables.append(variable)
    return year_column, variables, left_out


def _variable(column: int, texts: list[str]) -> Variable:
    year: int | None = None
    unit: str | None = None
    names: list[str] = []
    for text in texts:
        part = " ".join(chinese_part(text).split())
        match = _YEAR_ALONE.fullmatch(part)
        if match:
            year = int(match[1])
            continue
        name, found = split_unit(part)
        unit = found or unit
        years = title_years(name)
        if len(years) == 1:
            year = years[0]
            name = _YEAR_IN_BRACKETS.sub("", _YEAR.sub("", name))
        name, _ = clean_name(name)
        if name and name not in names and not name.isdigit() and name not in _COLUMN_NUMBERS:
            names.append(name)
    return Variable(column=column, name="_".join(names), unit=unit, year=year)


def _body(sheet: Sheet, start: int, at: _Frame) -> tuple[list[int], list[Line]]:
    rows: list[int] = []
    notes: list[Line] = []
    for r in range(start, at.below):
        filled = [cell for c in at.columns if (cell := sheet.cells[r][c])]
        if not filled:
            continue
        if _is_note(filled) or (notes and len(filled) == 1):  # a note goes on in the next row
            notes.append(Line(row=r, kind="note", text=" ".join(filled)))
        else:
            rows.append(r)
    return rows, notes


def _unit_of(titles: list[Line], heads: list[str | None]) -> tuple[str | None, str]:
    """Give the unit of all columns; a line that lists several gives none, and is named."""
    for text in [*(one.text for one in reversed(titles)), *heads]:
        is_line, unit = unit_of_line(text or "")
        if is_line:
            return unit, "" if unit else (text or "")
    return (split_unit(titles[-1].text)[1] if titles else None), ""


def _subject(titles: list[Line]) -> str:
    """Give what a title is about: without its number, years, unit and footnote marks."""
    lines = [text for one in titles if (text := _UNIT_LINE.sub("", one.text).strip())]
    lines = [text for text in lines if "年鉴" not in text and not re.fullmatch(r"续表\s*\d*", text)]
    if not lines:
        return ""
    text, _ = split_unit(_NUMBERING.sub("", chinese_part(lines[-1])))
    for pattern in (_RANGE, _YEAR_IN_BRACKETS, _YEAR):
        text = pattern.sub("", text)
    return clean_name(re.sub(r"[(（]\s*[)）]", "", text))[0]
