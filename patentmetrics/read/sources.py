"""Which source a file is of (数据来源), as named or as its header says."""

from __future__ import annotations

from collections.abc import Sequence

from patentmetrics.core.errors import ColumnError, InputError, check_choice, near_names
from patentmetrics.read.headers import plain_name
from patentmetrics.read.source_list import SOURCES, Source

# a header that shares fewer names than this with a source is not recognised as of that source
_ENOUGH = 3


def source_of(header: Sequence[str], *, where: str) -> tuple[Source, str | None]:
    """Recognise the source of a file by its header; of a source in several tables also which table it is.

    A table whose key is called ``patent_id`` has our own names, and is read as ``csv``. Sources are
    counted by how many names of the header they know. Where two know as many, and would
    read the file alike, the one named first in `SOURCES` is taken.

    Raises
    ------
    InputError
        No source knows enough of the header, or two know as much and would read it differently.

    Examples
    --------
    >>> source_of(["申请号", "申请日", "标题 (中文)", "摘要 (中文)", "合享价值度"], where="a.csv")[0].name
    'incopat'
    >>> source_of(["patent_id", "patent_abstract"], where="a.tsv")[1]
    'g_patent_abstract'
    """
    for source in SOURCES.values():
        table = table_of(source, header)
        if table is not None:
            return source, table
    if "patent_id" in header:  # of no source: the columns bear our own names
        return SOURCES["csv"], None
    matched = matched_headers(header)
    best = max(matched.values(), default=0)
    names = [name for name, n in matched.items() if n == best]
    shown = ", ".join(f"{name} {n} of {len(header)}" for name, n in matched.items())
    if best < _ENOUGH:
        known = [name for source in SOURCES.values() for name in _all_headers(source)]
        hints = [f"{one}: {near}" for one in header if (near := near_names(one, known))]
        raise InputError(
            "no source is recognised by this header",
            where=where,
            got=", ".join(header[:20]),
            allowed=f"names of the header known, by source: {shown}",
            hint="; ".join([*hints[:3], "name the source, or use csv with --map patent_id=THEIR_HEADER"]),
        )
    readings = {tuple(sorted(_reading(SOURCES[name], header).items())) for name in names}
    if len(readings) > 1:
        raise InputError(
            "the header could be of more than one source",
            where=where,
            got=", ".join(names),
            allowed=f"names of the header known, by source: {shown}",
            hint=f"name the source, as in: patentmetrics ingest {names[0]} …",
        )
    return SOURCES[names[0]], None


def table_of(source: Source, header: Sequence[str]) -> str | None:
    """Say which table of a source a file is: the one of whose headers the most are there.

    Examples
    --------
    >>> table_of(SOURCES["patstat"], ["APPLN_ID", "IPC_CLASS_SYMBOL"])
    'tls209'
    """
    names = {one.strip().casefold() for one in header}
    fitting = {table: len(needed) for table, needed in source.tables.items() if names.issuperset(needed)}
    return max(fitting, key=lambda table: fitting[table]) if fitting else None


def named_source(name: str) -> Source:
    """Give a source by its name.

    Raises
    ------
    SettingError
        There is no such source.

    Examples
    --------
    >>> named_source("lens").title
    'The Lens (lens.org), CSV'
    """
    check_choice(name, SOURCES, argument="source")
    return SOURCES[name]


def matched_headers(header: Sequence[str]) -> dict[str, int]:
    """Count the names of a header that each source knows.

    Examples
    --------
    >>> matched_headers(["Lens ID", "Title", "Kind"])["lens"]
    3
    """
    names = {plain_name(one) for one in header}
    counted = {}
    for source in SOURCES.values():
        if source.headers and source.name != "csv":
            counted[source.name] = len(names & {plain_name(one) for one in _all_headers(source)})
    return counted


def unknown_header(
    source: Source, header: Sequence[str], *, where: str, lacking: str = "a column is missing"
) -> ColumnError:
    """Make the error of a header that lacks what a named source must have.

    Examples
    --------
    >>> unknown_header(SOURCES["lens"], ["申请号"], where="a.csv", lacking="no date").what
    'this header is not one of lens: no date'
    """
    matched = matched_headers(header)
    better = [name for name, n in matched.items() if n > matched.get(source.name, 0)]
    known = _all_headers(source)
    hints = [f"{one}: {near}" for one in header if (near := near_names(one, known)) and one not in known]
    return ColumnError(
        f"this header is not one of {source.name}: {lacking}",
        where=where,
        got=", ".join(header[:20]),
        allowed="names of the header known, by source: "
        + ", ".join(f"{name} {n} of {len(header)}" for name, n in matched.items()),
        hint="; ".join([*hints[:3], *([f"is it {' or '.join(better)}?"] if better else [])]) or None,
    )


def _all_headers(source: Source) -> list[str]:
    return [*source.others, *(one for names in source.headers.values() for one in names)]


def _reading(source: Source, header: Sequence[str]) -> dict[str, str]:
    """Say which header each of our columns would be read from."""
    by_plain = {plain_name(one): one for one in reversed(header)}
    reading: dict[str, str] = {"": source.office or ""}
    for ours, theirs in source.headers.items():
        found = next((by_plain[plain_name(one)] for one in theirs if plain_name(one) in by_plain), None)
        if found is not None:
            reading[ours] = found
    return reading
