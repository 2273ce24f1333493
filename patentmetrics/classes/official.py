"""Official concordances as they are printed: rows of a spreadsheet to the entries of a concordance.

The tables of the China National Intellectual Property Administration (国家知识产权局) print one industry
below the other: its code and name in merged cells, beside it the symbols, many in a cell, and in some
tables keywords. A row with a code and no symbols is a heading, whose name the levels below it take over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.classes.cells import Cell, read_cell, read_keywords
from patentmetrics.classes.layouts import COLUMNS, FORMS, LAYOUTS, LONGEST_HEAD, Form, Layout
from patentmetrics.classes.patterns import interval
from patentmetrics.classes.write import Entry, concordance_text
from patentmetrics.core.errors import InputError, check_choice
from patentmetrics.core.provenance import file_identity
from patentmetrics.read.rejections import rejections
from patentmetrics.read.table import Table, read_table

_MOST_HEADER_ROWS = 12


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An official table, read (导入的对照表).

    Parameters
    ----------
    text : str
        The concordance as a file, see `patentmetrics.classes.write.concordance_text`.
    entries : tuple of Entry
        What is in it.
    rejected : polars.DataFrame
        What could not be read: whole rows, and single symbols or keywords of rows that could, see
        `patentmetrics.read.rejections`; ``column`` is ``row``, ``symbols`` or ``keywords``.
    counts : dict
        ``rows = rows_of_entries + rows_of_headings + rows_rejected``;
        ``items = patterns + excluded + items_rejected`` (written in the rows of entries; a pattern or
        exclusion that an entry has twice is in ``items_repeated`` too).
    """

    text: str
    entries: tuple[Entry, ...]
    rejected: pl.DataFrame
    counts: dict[str, int]


@dataclass(kw_only=True)
class _Reading:
    """Where reading a table stands."""

    form: Form
    file: str
    names: dict[str, str] = field(default_factory=dict)
    code: str | None = None
    entries: list[Entry] = field(default_factory=list)
    rejected: list[dict[str, object]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def reject(self, row: int, reason: str, value: str, column: str) -> None:
        self.rejected.append(
            {"file": self.file, "row": row, "reason": reason, "value": value, "column": column}
        )


def import_official(
    path: Path | str,
    *,
    layout: Layout,
    id: str,  # noqa: A002 - the key of the file
    sheet: str | None = None,
    encoding: str | None = None,
) -> Imported:
    r"""Read an official concordance from its spreadsheet (导入官方参照关系表).

    Parameters
    ----------
    path : Path or str
        ``.xlsx`` or CSV, as `patentmetrics.read.table.read_table` reads them. Rows above the head of the
        table (its title) are passed over. Columns are known by their heads: 代码 or 大类, 中类, 小类 …
        (codes), 名称, 国际专利分类 or IPC, and 关键词 or 主题词 and 国民经济行业代码, where there are such.
    layout : {'digital_economy_2023', 'industry_2018'}
        数字经济核心产业分类与国际专利分类参照关系表（2023） or
        国际专利分类与国民经济行业分类参照关系表（2018）.
    id : str
        The name that the concordance is to have: that of its file.
    sheet, encoding : str, optional
        See `patentmetrics.read.table.read_table`.

    Returns
    -------
    Imported
        One entry a code; a code with several rows that each have keywords of their own has one entry for
        each of these, numbered. A row without code and keywords goes on with the entry above it: its
        cells are merged with those. Cells of symbols are read by `patentmetrics.classes.cells.read_cell`.
        A row with an exclusion that cannot be read is rejected whole, for its patterns would say too much;
        a pattern that cannot be read is rejected alone.

    Raises
    ------
    SettingError
        The layout is unknown.
    InputError
        The file cannot be read, has no head with the columns of the layout, or no row that can be read.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "table.csv"
    >>> lines = ["代码,名称,国际专利分类号", "01,数字产品制造业,", "0101,计算机制造,"]
    >>> lines += ["010101,计算机整机制造,G06F1*（不含G06F1/16）"]
    >>> _ = path.write_text("\n".join(lines), encoding="utf-8")
    >>> found = import_official(path, layout="digital_economy_2023", id="mine")
    >>> found.entries[0].levels, found.entries[0].patterns, found.entries[0].excluded
    (('01 数字产品制造业', '0101 计算机制造', '010101 计算机整机制造'), ('G06F1/*',), ('G06F1/16',))
    >>> folder.cleanup()
    """
    check_choice(layout, LAYOUTS, argument="layout")
    path = Path(path)
    form = FORMS[layout]
    table = read_table(path, sheet=sheet, encoding=encoding)
    reading = _Reading(form=form, file=table.file)
    reading.counts = dict.fromkeys(
        [
            *("rows", "rows_of_entries", "rows_of_headings", "rows_rejected", "entries"),
            *("items", "patterns", "excluded", "items_repeated", "items_rejected", "keywords"),
            *("keywords_rejected", "codes_filled"),
        ],
        0,
    )
    for row in table.rejected.iter_rows(named=True):
        reading.add("rows")
        reading.add("rows_rejected")
        reading.reject(row["row"], row["reason"], row["value"], "row")
    columns, rows = _body(table, path, layout)
    for number, cells in rows:
        reading.add("rows")
        _read_row(reading, number, cells, columns)
    if not reading.entries:
        raise InputError(
            "no row of the table could be read as an entry",
            where=str(path),
            got=reading.rejected[0]["reason"] if reading.rejected else None,
            hint="is this the layout of the file?",
        )
    reading.counts["entries"] = len(reading.entries)
    identity = file_identity(path)
    status = (
        f"official table, read from the user's file by layout {layout}: "
        f"{len(reading.entries)} entries, {reading.counts['rows_rejected']} rows, "
        f"{reading.counts['items_rejected']} symbols and {reading.counts['keywords_rejected']} keywords "
        "could not be read"
    )
    header = {
        "id": id,
        **form.header,
        "licence": "an official document; see the terms of the office that published the file",
        "status": status,
        "source_file": str(identity["name"]),
        "source_sha256": str(identity["sha256"]),
    }
    return Imported(
        text=concordance_text(header, form.levels, reading.entries, levels_zh=form.levels_zh),
        entries=tuple(reading.entries),
        rejected=rejections(reading.rejected),
        counts=reading.counts,
    )


Columns = dict[str, list[int]]
Cells = Sequence[str | None]


def _body(table: Table, path: Path, layout: Layout) -> tuple[Columns, Iterator[tuple[int, Cells]]]:
    """Find the head of the table, in one row or two, and give what stands below it."""
    rows: list[tuple[int, Cells]] = [(1, table.frame.columns)]
    rows += list(zip(table.rows.to_list(), table.frame.rows(), strict=True))
    for depth in (1, 2):
        for place in range(min(_MOST_HEADER_ROWS, len(rows))):
            heads = [
                [_plain(cells[column]) for _, cells in rows[place : place + depth]]
                for column in range(len(rows[0][1]))
            ]
            columns = _columns(heads, layout)
            if all(columns[name] for name in ("code", "name", "symbols")):
                return columns, iter(rows[place + depth :])
    raise InputError(
        "no row is the head of the table",
        where=str(path),
        allowed="columns 代码 (or 大类, 中类, 小类), 名称, 国际专利分类 (or IPC)",
        hint="keep the heads as they are printed",
    )


def _columns(heads: list[list[str]], layout: Layout) -> Columns:
    found: Columns = {name: [] for name in COLUMNS}
    # 国民经济行业代码及名称 is neither code nor name of a row, except in the table of industries
    order = ["symbols", "keywords", "industry", "name", "code"]
    if layout == "industry_2018":
        order.remove("industry")
    for place, head in enumerate(heads):
        joined = "".join(one for one in head if len(one) <= LONGEST_HEAD)  # a title is longer
        name = next((one for one in order if any(word in joined for word in COLUMNS[one])), None)
        if name:
            found[name].append(place)
    return found


def _plain(cell: str | None) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", cell or "")).lower()


def _joined(cells: Cells, places: list[int]) -> str:
    return "\n".join(str(cells[one]).strip() for one in places if cells[one] is not None)


def _read_row(reading: _Reading, number: int, cells: Cells, columns: Columns) -> None:
    written = " | ".join(str(one) for one in cells if one is not None)
    cell = {name: _joined(cells, places) for name, places in columns.items()}
    problem = _take_codes(reading, cells, columns)
    if problem:
        # what stands below without a code of its own is not of the code above
        reading.code = None
        reading.add("rows_rejected")
        reading.reject(number, problem, written, "row")
        return
    if not cell["symbols"]:
        reading.add("rows_of_headings")
        if cell["keywords"]:
            reading.add("keywords_rejected")
            reading.reject(number, "keywords without symbols", cell["keywords"], "keywords")
        return
    read = read_cell(cell["symbols"])
    if read.unreadable_exclusions or not read.patterns:
        reading.add("rows_rejected")
        reason = (
            f"an exclusion cannot be read: {'; '.join(read.unreadable_exclusions)}"
            if read.unreadable_exclusions
            else "none of the symbols can be read"
        )
        reading.reject(number, reason, written, "row")
        return
    reading.add("rows_of_entries")
    _take_entry(reading, number, cell, read)


def _take_codes(reading: _Reading, cells: Cells, columns: Columns) -> str | None:
    """Note the codes and names of a row, outermost first, the row's own last; says what is wrong."""
    names, places = columns["name"], columns["code"]
    codes = [(place, _code(cells[one])) for place, one in enumerate(places) if _code(cells[one])]
    if not codes:
        return "no code stands here or above" if reading.code is None else None
    for place, written in codes:
        code, depth = _completed(written, reading)
        if depth is None:
            return f"{code} is no code of this table"
        if _above(code, reading) is None:
            return f"the code {code} does not stand below the code that it begins with"
        own = place == codes[-1][0]
        # each code has a column of names, or the row's own code has the only one
        of_code = [names[place]] if len(names) == len(places) else names if own else []
        name = re.sub(r"\s+", " ", _joined(cells, of_code)).strip()
        if own and not name and code not in reading.names:
            return f"the code {code} has no name"
        if depth == 0 and code not in reading.names:
            reading.names = {}
        if name or code not in reading.names:
            reading.names[code] = name
        reading.code = code
    return None


def _code(cell: str | None) -> str:
    """Give a code without the star of an industry that belongs in part, and without Excel's decimals."""
    return _plain(cell).upper().rstrip("*").removesuffix(".0")


def _completed(code: str, reading: _Reading) -> tuple[str, int | None]:
    """Give a code and its level, with the zero that it begins with and that Excel takes from a number."""
    depths = reading.form.depths
    depth = _depth(code, depths)
    if depth is None and depths[0].startswith(r"\d") and code.isdigit():
        # the codes of this table have an even number of digits, so nothing else can be missing
        depth = _depth(f"0{code}", depths)
        if depth is not None:
            reading.add("codes_filled")
            return f"0{code}", depth
    return code, depth


def _depth(code: str, depths: tuple[str, ...]) -> int | None:
    return next((depth for depth, form in enumerate(depths) if re.fullmatch(form, code)), None)


def _above(code: str, reading: _Reading) -> list[str] | None:
    """Give the codes above one, outermost first; None where one of them has not been seen."""
    forms = reading.form.depths
    depth = _depth(code, forms) or 0
    lettered = not forms[0].startswith(r"\d")
    letter = next((one for one in reading.names if lettered and re.fullmatch(forms[0], one)), None)
    above: list[str] = []
    for outer in range(depth):
        if lettered and outer == 0:
            one = letter
        else:
            begins = (code[:size] for size in range(len(code)))
            one = next((begin for begin in begins if re.fullmatch(forms[outer], begin)), None)
        if one is None or one not in reading.names:
            return None
        above.append(one)
    return above


def _take_entry(reading: _Reading, number: int, cell: dict[str, str], read: Cell) -> None:
    code = reading.code or ""
    keywords, refused = read_keywords(cell["keywords"])
    for item, reason in read.unreadable:
        reading.reject(number, reason, item, "symbols")
    for item, reason in refused:
        reading.reject(number, reason, item, "keywords")
    reading.add("items_rejected", len(read.unreadable))
    reading.add("keywords_rejected", len(refused))
    reading.add("keywords", len(keywords))
    reading.add("items", read.items)
    reading.add("patterns", len(read.patterns) + len(read.secondary))
    reading.add("excluded", len(read.excluded))
    reading.add("items_repeated", read.repeated)
    path = (*(_above(code, reading) or ()), code)
    names = [f"{one} {reading.names[one]}".strip() for one in path]
    # a code above the finest level stands for itself there
    names += [names[-1]] * (len(reading.form.levels) - len(names))
    own = [place for place, entry in enumerate(reading.entries) if entry.id.partition("-")[0] == code]
    note = re.sub(r"\s+", " ", cell["industry"]).strip()
    entry = Entry(
        id=code,
        levels=tuple(names),
        patterns=read.patterns,
        secondary=read.secondary,
        excluded=read.excluded,
        keywords=keywords,
        note=note,
    )
    if not own:
        reading.entries.append(entry)
    elif not cell["keywords"]:
        merged = _merged(reading.entries[own[-1]], entry)
        if merged is None:
            reading.entries.append(_numbered(entry, len(own) + 1))
        else:
            reading.entries[own[-1]] = merged
    else:
        reading.entries.append(_numbered(entry, len(own) + 1))


def _numbered(entry: Entry, number: int) -> Entry:
    return Entry(**{**vars(entry), "id": f"{entry.id}-{number}"})


def _merged(one: Entry, more: Entry) -> Entry | None:
    """Join the rows of an entry; None where an exclusion of the one would cut into the other."""
    for excluded, patterns in ((one.excluded, more.patterns), (more.excluded, one.patterns)):
        for low, high in map(interval, excluded):
            if any(low <= interval(pattern)[1] and interval(pattern)[0] <= high for pattern in patterns):
                return None
    joined = {
        name: tuple(dict.fromkeys((*getattr(one, name), *getattr(more, name))))
        for name in ("patterns", "secondary", "excluded")
    }
    joined["secondary"] = tuple(found for found in joined["secondary"] if found not in joined["patterns"])
    note = "; ".join(dict.fromkeys(text for text in (one.note, more.note) if text))
    return Entry(**{**vars(one), **joined, "note": note})
