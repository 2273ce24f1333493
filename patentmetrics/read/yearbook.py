"""Sheets of statistical yearbooks (统计年鉴) as tidy rows: place, year, variable, value, unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.core.files import existing_file
from patentmetrics.core.provenance import Provenance, file_identity, provenance
from patentmetrics.read.yearbook_layout import Block, Variable, blocks_of
from patentmetrics.read.yearbook_places import Named, named_places
from patentmetrics.read.yearbook_sheets import Sheet, cell_name, read_sheets
from patentmetrics.read.yearbook_values import clean_name, read_value

TIDY: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "code": pl.String,
    "level": pl.String,
    "year": pl.Int32,
    "variable": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "missing": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
}
REJECTED: dict[str, pl.DataType | type[pl.DataType]] = dict.fromkeys(
    ("file", "sheet", "cell", "place", "variable", "reason", "value"), pl.String
)
LINES: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int64,
    "kind": pl.String,
    "text": pl.String,
}
_SHEET_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)(?!\s*年?\s*(?:鉴|版))")


@dataclass(frozen=True, kw_only=True)
class Yearbook:
    """What the sheets of a yearbook say (统计年鉴数据), and what was left out.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a cell: ``place`` (as written, without spaces and marks), ``code`` (GB/T 2260; null where the
        name is not resolved), ``level`` (``municipality``, ``province``, ``prefecture``, ``county``,
        ``total``; null where unknown), ``year, variable, value, unit``, ``missing`` (why there is no value:
        ``empty``, ``dash``, ``ellipsis``, ``number sign``, ``word``; null where there is one),
        ``file, sheet, cell``. In the order of the sheets.
    rejected : polars.DataFrame
        Cells that were not taken: ``file, sheet, cell, place, variable, reason, value``.
    lines : polars.DataFrame
        Lines and columns that are no data: ``file, sheet, row, kind, text``: titles, notes, headings.
    counts : dict
        ``cells`` = ``values`` + ``blank: …`` + ``rejected: …``; and what was taken off or left out.
    made_by : dict
        Provenance.
    """

    frame: pl.DataFrame
    rejected: pl.DataFrame
    lines: pl.DataFrame
    counts: dict[str, int]
    made_by: Provenance = field(default_factory=dict)


@dataclass(kw_only=True)
class _Rows:
    """What is gathered while the sheets are gone through."""

    tidy: list[dict[str, object]] = field(default_factory=list)
    rejected: list[dict[str, object]] = field(default_factory=list)
    lines: list[dict[str, object]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def read_yearbook(
    paths: Path | str | Sequence[Path | str],
    *,
    sheet: str | None = None,
    year: int | None = None,
    variable: str | None = None,
    unit: str | None = None,
    encoding: str | None = None,
) -> Yearbook:
    r"""Read sheets of statistical yearbooks (统计年鉴) in Excel or CSV.

    Headers over several rows, merged or not, are joined with ``_``; English beneath the Chinese is left
    out. The unit is that in brackets, or of the line 单位：…; the year that of the column, of a column of
    years, of the table's title, or of the sheet's name, in this order. The year of an edition (年鉴2016) is
    none. Blanks (—, -, …, #, empty) are null and say which; marks of footnotes and thousands separators
    are taken off and counted. Rows of provinces and totals stay, with their level.

    Parameters
    ----------
    paths : path or sequence of path
        ``.xlsx``, ``.xls``, ``.csv``, ``.tsv``; several files make one table.
    sheet : str, optional
        Read this sheet only. By default all; sheets without a table are listed.
    year : int, optional
        The year of values whose column does not say it, before title and sheet.
    variable : str, optional
        Name of columns that are headed by a year alone; by default the table's title.
    unit : str, optional
        Unit of columns for which neither brackets nor a line name one.
    encoding : str, optional
        Of text files, see `patentmetrics.read.encoding.decode_file`.

    Returns
    -------
    Yearbook

    Raises
    ------
    InputError
        A file cannot be read, or no sheet of it has a column of places.
    DataError
        The year is not said, or title and sheet contradict each other; a place has two values of one
        variable in one year.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     text = "2-1 2015年人口,,\n城市,总人口（万人）,人口密度\n北 京,\"1,345.2①\",—\n注：户籍人口,,\n"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     book = read_yearbook(path)
    >>> book.frame.select("place", "year", "variable", "value", "unit", "missing").rows()
    [('北京', 2015, '总人口', 1345.2, '万人', None), ('北京', 2015, '人口密度', None, None, 'dash')]
    >>> book.counts["cells"], book.counts["values"], book.counts["blank: dash"]
    (2, 1, 1)
    """
    files = [existing_file(one) for one in ([paths] if isinstance(paths, Path | str) else paths)]
    if not files:
        raise SettingError("no file is given", where="paths")
    rows = _Rows()
    for path in files:
        tables = 0
        for one in read_sheets(path, sheet=sheet, encoding=encoding):
            where = f"{path.name}, sheet {one.name}"
            try:
                blocks = blocks_of(one, where=where)
            except InputError:
                if sheet is not None:
                    raise
                rows.lines.append(_line(path, one, 0, "a sheet without a table", one.name))
                continue
            tables += len(blocks)
            for block in blocks:
                _read_block(rows, path, one, block, _Said(year=year, variable=variable, unit=unit))
        if not tables:
            raise InputError(
                "no sheet has a column of places",
                where=str(path),
                allowed=["城市", "地区", "省份", "…"],
                hint="write 城市 above the names of places",
            )
    tidy = _without_doubled(rows)
    return _yearbook(rows, tidy, files, {"sheet": sheet, "year": year, "variable": variable, "unit": unit})


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What the caller says of all tables."""

    year: int | None
    variable: str | None
    unit: str | None


def _read_block(rows: _Rows, path: Path, sheet: Sheet, block: Block, said: _Said) -> None:
    where = f"{path.name}, sheet {sheet.name}"
    rows.lines += [_line(path, sheet, one.row, one.kind, one.text) for one in block.lines]
    rows.counts["tables"] += 1
    table_year = _year_of(sheet, block, said, where)
    names = _place_names(sheet, block)
    known = named_places([name for name in names if name], year=table_year)
    place_of = iter(known)
    for r, name in zip(block.rows, names, strict=True):
        found = next(place_of) if name else None
        if name is None or found is None:
            _reject_row(rows, path, sheet, block, r)
            continue
        cells = [sheet.cells[r][one.column] for one in block.variables]
        if found.level is None and not any(cells):
            rows.lines.append(_line(path, sheet, r, "heading", name))
            continue
        year = table_year
        if block.year_column is not None:
            year = _row_year(sheet.cells[r][block.year_column])
            if year is None:
                for one in block.variables:
                    _reject(rows, path, sheet, (r, one.column), name, one.name, "no year")
                continue
        for one in block.variables:
            _read_cell(
                rows, path, sheet, r, one, found, _Context(block=block, said=said, year=year, where=where)
            )


@dataclass(frozen=True, kw_only=True)
class _Context:
    """Of a row: its table, what the caller says, its year, and where it stands for messages."""

    block: Block
    said: _Said
    year: int | None
    where: str


def _read_cell(
    rows: _Rows, path: Path, sheet: Sheet, row: int, column: Variable, place: Named, context: _Context
) -> None:
    block, said = context.block, context.said
    at = (row, column.column)
    text = sheet.cells[row][column.column]
    name = column.name or said.variable or block.title
    if not name:
        raise DataError(
            "a column is headed by a year alone, and the table has no title",
            where=f"{context.where}, {cell_name(*at)}",
            hint="name the variable: variable=…",
        )
    value = read_value(text)
    rows.counts["footnote marks taken off"] += value.marked
    if value.wrong:
        _reject(rows, path, sheet, at, place.name, name, value.wrong)
        return
    unit = column.unit or block.unit or said.unit or ("%" if value.percent else None)
    if value.percent and unit != "%":
        _reject(rows, path, sheet, at, place.name, name, f"a percent sign, and the unit is {unit}")
        return
    year = column.year or context.year
    if year is None:
        raise DataError(
            "nothing says of which year the values are",
            where=f"{context.where}, {cell_name(*at)}",
            hint="give the year: year=2015; the year of a yearbook's edition is not that of its data",
        )
    rows.counts["cells"] += 1
    rows.tidy.append(
        {
            "place": place.name,
            "code": place.code,
            "level": place.level,
            "year": year,
            "variable": name,
            # a spreadsheet's own number is exact; its text is cut at nine decimals
            "value": sheet.numbers.get(at, value.number),
            "unit": unit,
            "missing": value.blank,
            "file": path.name,
            "sheet": sheet.name,
            "cell": cell_name(*at),
        }
    )


def _year_of(sheet: Sheet, block: Block, said: _Said, where: str) -> int | None:
    """Give the year of a table that its columns do not say; None where they do, or nothing does."""
    if said.year is not None:
        return said.year
    if block.year_column is not None or all(one.year for one in block.variables):
        return None
    named = {int(one) for one in _SHEET_YEAR.findall(sheet.name)}
    title = set(block.years)
    if len(title) == 1 and len(named) == 1 and title != named:
        raise DataError(
            "the title and the name of the sheet are of different years",
            where=where,
            got=f"{title.pop()} and {named.pop()}",
            hint="give the year: year=2015",
        )
    for years in (title, named):
        if len(years) == 1:
            return years.pop()
    if len(title) > 1:
        raise DataError(
            "the title names several years, and the columns none",
            where=where,
            got=", ".join(map(str, sorted(title))),
            hint="give the year: year=2015",
        )
    return None


def _place_names(sheet: Sheet, block: Block) -> list[str | None]:
    """Give the name of each row of a table; with a column of years, an empty one goes on from above."""
    names: list[str | None] = []
    before: str | None = None
    for r in block.rows:
        text = sheet.cells[r][block.place]
        name = clean_name(text)[0] if text else None
        if name is None and block.year_column is not None:
            name = before
        before = name or before
        names.append(name or None)
    return names


def _row_year(text: str | None) -> int | None:
    match = re.fullmatch(r"\s*((?:19|20)\d{2})(?:\.0+)?\s*年?度?\s*", text or "")
    return int(match[1]) if match else None


def _reject_row(rows: _Rows, path: Path, sheet: Sheet, block: Block, r: int) -> None:
    """Reject the cells of a row without a place; text alone is a heading."""
    cells = [(one, text) for one in block.variables if (text := sheet.cells[r][one.column])]
    if not any(read_value(text).number is not None for _, text in cells):
        text = " ".join(cell for c in block.columns if (cell := sheet.cells[r][c]))
        rows.lines.append(_line(path, sheet, r, "heading", text))
        return
    for one, _ in cells:
        _reject(rows, path, sheet, (r, one.column), None, one.name, "no place")


def _reject(
    rows: _Rows, path: Path, sheet: Sheet, at: tuple[int, int], place: str | None, variable: str, reason: str
) -> None:
    rows.counts["cells"] += 1
    rows.rejected.append(
        {
            "file": path.name,
            "sheet": sheet.name,
            "cell": cell_name(*at),
            "place": place,
            "variable": variable,
            "reason": reason,
            "value": (sheet.cells[at[0]][at[1]] or "")[:200],
        }
    )


def _line(path: Path, sheet: Sheet, row: int, kind: str, text: str) -> dict[str, object]:
    return {"file": path.name, "sheet": sheet.name, "row": row + 1, "kind": kind, "text": text[:500]}


def _without_doubled(rows: _Rows) -> list[dict[str, object]]:
    """Keep one of cells that say the same of the same; refuse those that contradict each other."""
    kept: dict[tuple[object, ...], dict[str, object]] = {}
    for row in rows.tidy:
        key = tuple(row[name] for name in ("place", "level", "year", "variable"))
        first = kept.setdefault(key, row)
        if first is row:
            continue
        if None not in {first["value"], row["value"]} and (first["value"], first["unit"]) != (
            row["value"],
            row["unit"],
        ):
            raise DataError(
                "a place has two values of one variable in one year",
                where=f"{_shown(first)}; {_shown(row)}",
                got=f"{row['place']} {row['year']} {row['variable']}: {first['value']} and {row['value']}",
                hint="read the sheets one by one, or mend the headers",
            )
        dropped = row
        if first["value"] is None and row["value"] is not None:
            kept[key], dropped = row, first
        rows.rejected.append(
            {name: dropped[name] for name in ("file", "sheet", "cell", "place", "variable")}
            | {"reason": "said twice", "value": "" if dropped["value"] is None else repr(dropped["value"])}
        )
    return list(kept.values())


def _shown(row: dict[str, object]) -> str:
    return f"{row['file']}, sheet {row['sheet']}, {row['cell']}"


def _yearbook(
    rows: _Rows, tidy: list[dict[str, object]], files: list[Path], settings: dict[str, object]
) -> Yearbook:
    frame = pl.DataFrame(tidy, schema=TIDY)
    rejected = pl.DataFrame(rows.rejected, schema=REJECTED)
    lines = pl.DataFrame(rows.lines, schema=LINES)
    counts = {"tables": rows.counts["tables"], "cells": rows.counts["cells"]}
    counts["values"] = frame["missing"].null_count()
    for prefix, told in (
        ("blank: ", frame["missing"]),
        ("rejected: ", rejected["reason"]),
        ("", lines["kind"]),
    ):
        found = Counter(told.drop_nulls().to_list())
        counts |= {f"{prefix}{name}": found[name] for name in sorted(found)}
    counts["footnote marks taken off"] = rows.counts["footnote marks taken off"]
    counts["places of unknown level"] = frame.filter(pl.col("level").is_null())["place"].n_unique()
    made_by = provenance(
        "yearbook",
        settings={name: value for name, value in settings.items() if value is not None},
        inputs={path.name: file_identity(path) for path in files},
        counts=counts,
    )
    return Yearbook(frame=frame, rejected=rejected, lines=lines, counts=counts, made_by=made_by)
