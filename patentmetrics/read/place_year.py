"""Where the place and year of a document come from: a table, its columns, the file's name, its folders."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.places.resolve import resolve_places
from patentmetrics.read.documents import column_of
from patentmetrics.read.table import read_table

# 成都_2024, 2024年成都, 成都（2024）, 2025年上海市政府工作报告, 330100_2019, 成都: a year anywhere, and the
# place, which may be a code of six digits
DEFAULT_PATTERN = (
    r"(?=(?:.*?(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d))?)"
    r"[\s_\-(]*(?:(?:19|20)\d{2}(?!\d)\s*年?度?)?[\s_\-()]*"
    r"(?!(?:人民)?政府|工作报告)(?P<place>(?:[1-68][1-7]\d{4}(?!\d))|[^\d\s_\-().年度][^\d_\-().]*?)\s*"
    r"(?:(?:人民)?政府)?\s*(?:工作报告)?(?:全文)?"
    r"(?:\s*[\d_\-().年].*)?"
)
YEARS = range(1900, 2101)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_YEAR_CELL = re.compile(r"\s*(\d{4})(?:\.0+)?\s*年?度?\s*")
_FILE_NAMES = ("file", "文件", "文件名", "filename")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a document is not taken."""

    reason: str
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlaceYear:
    """The place as written and the year of a document, with the province of its folder, and what disagrees.

    ``remarks`` holds pairs: what disagrees, and the values.
    """

    place: str
    year: int
    province: str | None = None
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a table says of a document: its place and year, as written; empty cells; None without a column."""

    place: str | None = None
    year: str | None = None


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """Compile the pattern of file names; it needs a group named place.

    Examples
    --------
    >>> compiled_pattern(DEFAULT_PATTERN).fullmatch("2024年成都")["place"]
    '成都'
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SettingError(
            "the pattern is not a regular expression", where="pattern", got=pattern, hint=str(error)
        ) from error
    if "place" not in compiled.groupindex:
        raise SettingError(
            "the pattern has no group named place",
            where="pattern",
            got=pattern,
            hint=r"for 成都_2024.txt: (?P<place>[^_]+)_(?P<year>\d{4})",
        )
    return compiled


def read_places_table(path: Path | str, *, encoding: str | None = None) -> dict[str, Given]:
    r"""Read a table of files with their places and years (文件—地区—年份对照表).

    Parameters
    ----------
    path : Path or str
        CSV or Excel with the columns ``file`` (文件名) and ``place`` (地区, 城市), ``year`` (年份), or both.
        A file is named by its path within the folder, or by its name alone; an empty cell says nothing.

    Raises
    ------
    InputError, ColumnError
        The table cannot be read, or lacks a column.
    DataError
        A file occurs twice with different places or years.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "places.csv"
    ...     _ = path.write_text("file,place,year\na.pdf,成都,2024\n", encoding="utf-8")
    ...     read_places_table(path)["a.pdf"].place
    '成都'
    """
    table = read_table(path, encoding=encoding)
    header = table.frame.columns
    file = next((name for name in header if name.lower() in _FILE_NAMES), None)
    place, year = (column_of(ours, header, {}, table.file) for ours in ("place", "year"))
    if file is None or (place is None and year is None):
        raise ColumnError(
            "the table of places needs the columns file, and place or year",
            where=table.file,
            got=", ".join(header),
            hint="file, place, year; or 文件名, 地区, 年份",
        )
    found: dict[str, Given] = {}
    for row in table.frame.iter_rows(named=True):
        if row[file] is None:
            continue
        name = PurePosixPath(row[file].strip().replace("\\", "/")).as_posix()
        given = Given(place=row[place] if place else None, year=row[year] if year else None)
        if found.setdefault(name, given) != given:
            raise DataError("a file occurs twice in the table of places", where=table.file, got=name)
    return found


def given_for(file: PurePosixPath, table: Mapping[str, Given]) -> tuple[str | None, Given]:
    """Find what the table of places says of a file: by its path, else by its name; with the key found.

    Examples
    --------
    >>> given_for(PurePosixPath("2024/a.pdf"), {"a.pdf": Given(place="成都")})[1].place
    '成都'
    """
    for key in (file.as_posix(), file.name, file.with_suffix("").as_posix(), file.stem):
        if key in table:
            return key, table[key]
    return None, Given()


def place_and_year(
    file: PurePosixPath,
    pattern: re.Pattern[str],
    *,
    table: Given,
    columns: Given,
    year: int | None,
) -> PlaceYear | Refusal:
    """Say which place and year a document is of: the table's word first, then columns, name, folders.

    Parameters
    ----------
    file : PurePosixPath
        The path within the folder that is read.
    pattern : re.Pattern
        Of file names without ending, see `compiled_pattern`.
    table, columns : Given
        What the table of places, and the document's own row in a table, say.
    year : int or None
        Where nothing says the year.

    Returns
    -------
    PlaceYear or Refusal
        Sources that disagree are remarked; the first in the order above is taken. A folder counts as a
        place only when its name resolves to a code.

    Examples
    --------
    >>> pattern = compiled_pattern(DEFAULT_PATTERN)
    >>> nothing = Given()
    >>> found = place_and_year(
    ...     PurePosixPath("2023/青海/海南.txt"), pattern, table=nothing, columns=nothing, year=None
    ... )
    >>> found.place, found.year, found.province
    ('海南', 2023, '青海省')
    """
    stem = unicodedata.normalize("NFKC", file.stem)
    match = pattern.fullmatch(stem)
    folders = [unicodedata.normalize("NFKC", part) for part in reversed(file.parts[:-1])]
    years = [
        *_years_given(table, columns),
        ("the file's name", _year_of_name(stem, match, pattern)),
        *(("the folder", found[1]) for found in map(_YEAR.search, folders) if found),
    ]
    # an empty cell of a column says that it is not known; the table's name does not say it better
    if columns.year is not None:
        years = years[:2]
    written = next((text for _, text in years if text), None)
    places = [
        ("the table", (table.place or "").strip()),
        ("the column", (columns.place or "").strip()),
        ("the file's name", (match["place"] or "").strip() if match else ""),
    ]
    in_folders = list(_places_of_folders(folders, pattern))
    if columns.place is not None:
        places = places[:2]
    else:
        places += [("the folder", name) for name, _ in in_folders]
    place = next((text for _, text in places if text), None)
    if place is None:
        empty = columns.place is not None
        return Refusal(reason="the place is empty" if empty else "the name does not fit the pattern")
    written = written or (str(year) if year is not None else None)
    if written is None:
        empty = columns.year is not None
        return Refusal(reason="the year is empty" if empty else "the name holds no year, and none was given")
    if not (written.isdecimal() and int(written) in YEARS):
        return Refusal(reason="the year is not between 1900 and 2100", value=written)
    province = next((name for name, code in in_folders if code.endswith("0000") and name != place), None)
    return PlaceYear(
        place=place,
        year=int(written),
        province=province,
        remarks=(*_differing_years(years), *_differing_places(places)),
    )


def _years_given(table: Given, columns: Given) -> list[tuple[str, str | None]]:
    def cell(text: str | None) -> str | None:
        bare = unicodedata.normalize("NFKC", text or "").strip()
        match = _YEAR_CELL.fullmatch(bare)
        return match[1] if match else bare or None

    return [("the table", cell(table.year)), ("the column", cell(columns.year))]


def _year_of_name(stem: str, match: re.Match[str] | None, pattern: re.Pattern[str]) -> str | None:
    if match is not None:
        return match["year"] if "year" in pattern.groupindex else None
    # a name that is a year alone, 上海/2024.txt: the place is the folder's
    found = _YEAR.search(stem)
    return found[1] if found and pattern.pattern == DEFAULT_PATTERN else None


def _places_of_folders(folders: list[str], pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Give the places among folders, the nearest first, by their official name and code."""
    default = pattern if pattern.pattern == DEFAULT_PATTERN else compiled_pattern(DEFAULT_PATTERN)
    for folder in folders:
        match = default.fullmatch(folder)
        found = _resolved(match["place"]) if match else None
        if found:
            yield found


@functools.lru_cache(maxsize=10_000)
def _resolved(place: str) -> tuple[str, str] | None:
    name, code = resolve_places([place], level="any").select("name", "code").row(0)
    return (name, code) if code else None


def _differing_years(years: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    said = [(source, text) for source, text in years if text]
    if len({text for _, text in said}) < 2:
        return []
    return [("years that differ", ", ".join(f"{text} ({source})" for source, text in said))]


def _differing_places(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Name places that are not one another's nor one another's province."""
    said = [(source, text) for source, text in places if text]
    if len({text for _, text in said}) < 2:
        return []
    known = [found[1] for found in (_resolved(text) for _, text in said) if found]
    first = known[0] if known else ""
    if all(code == first or (code.endswith("0000") and code[:2] == first[:2]) for code in known):
        return []
    return [("places that differ", ", ".join(f"{text} ({source})" for source, text in said))]
