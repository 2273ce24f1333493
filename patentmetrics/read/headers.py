"""Whose column is whose (列名对照): our columns, the headers that are known, and the map a user gives.

A header is taken only when it can mean one thing. 公开日 and 公开（公告）日 are not known as issue dates:
for an application they are the day it was laid open, not a grant; who wants them says so with the map.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from patentmetrics.core.errors import ColumnError, near_names

# what every source has, more or less
MAIN_COLUMNS = (
    "patent_id",
    "filing_date",
    "issue_date",
    "kind",
    "title",
    "abstract",
    "claims",
    "ipc",
    "applicants",
    "address",
    "place",
)
# what some have
FURTHER_COLUMNS = (
    "application_number",
    "publication_number",
    "kind_code",
    "publication_date",
    "inventors",
    "cpc",
    "family_id",
    "legal_status",
    "forward_citations",
    "cited_patents",
)
PATENT_COLUMNS = (*MAIN_COLUMNS, *FURTHER_COLUMNS)
# read, and put in front of the others in `ipc`
INPUT_COLUMNS = (*PATENT_COLUMNS, "ipc_main")
DATE_COLUMNS = ("filing_date", "issue_date")
LIST_COLUMNS = ("ipc", "applicants", "inventors", "cpc", "cited_patents")
NUMBER_COLUMNS = ("application_number", "publication_number")
TEXT_COLUMNS = ("title", "abstract", "claims")

# compared without case, spaces, underscores, and with half-width brackets
KNOWN_HEADERS: dict[str, tuple[str, ...]] = {
    "patent_id": (
        "专利号", "申请号", "公开号", "公告号", "公开(公告)号", "授权公告号",
        "patent number", "publication number", "application number",
    ),
    "filing_date": ("申请日", "申请日期", "application date", "date of application"),
    "issue_date": ("授权公告日", "授权公告日期", "授权日", "grant date", "patent date"),
    "kind": ("专利类型", "patent type"),
    "title": ("专利名称", "发明名称", "标题", "名称", "patent title", "title of invention"),
    "abstract": ("摘要", "patent abstract"),
    "claims": ("主权项", "权利要求", "权利要求书", "首项权利要求", "first claim"),
    "ipc": ("IPC分类号", "分类号", "国际专利分类号", "IPC classifications", "IPCR classifications"),
    "applicants": ("申请人", "申请(专利权)人", "专利权人", "applicant", "assignee", "assignees"),
    "address": ("地址", "申请人地址", "申请(专利权)人地址", "applicant address"),
    "place": ("城市", "省市", "地区"),
}  # fmt: skip
# of these the first that is there is taken; the number that names the patent may be one of them
FURTHER_HEADERS: dict[str, tuple[str, ...]] = {
    "application_number": ("申请号", "application number"),
    "publication_number": (
        "公开(公告)号", "公开公告号", "公开号", "公告号", "授权公告号", "publication number",
    ),
    "kind_code": ("文献种类代码", "kind code"),
    "publication_date": ("公开(公告)日", "公开公告日", "公开日", "公告日", "publication date"),
    "inventors": ("发明人", "发明(设计)人", "inventor", "inventors"),
    "cpc": ("CPC分类号", "CPC classifications"),
    "family_id": ("简单同族ID", "同族ID", "family id", "docdb family id"),
    "legal_status": ("法律状态", "当前法律状态", "legal status"),
    "forward_citations": ("被引证次数", "被引用次数", "cited by patent count"),
    "cited_patents": ("引证专利", "引用专利", "cited patents"),
    "ipc_main": ("IPC主分类号", "主分类号", "IPC主分类"),
}  # fmt: skip


def match_columns(
    header: Sequence[str], columns: Mapping[str, str] | None = None, *, where: str
) -> dict[str, str]:
    """Find which header holds which of our columns, in a table of no known source.

    Parameters
    ----------
    header : sequence of str
        The names in the file.
    columns : mapping, optional
        Our name → their header. An empty header leaves our column null. It goes before our own names, and
        those before the known headers.
    where : str
        The file, for messages.

    Returns
    -------
    dict
        Our name → their header, in our order.

    Raises
    ------
    ColumnError
        A name of the map is unknown; two headers could be the same column; no identifier, no date or no
        text is there.

    Examples
    --------
    >>> match_columns(["公开（公告）号", "申请日", "标题"], where="a.csv")  # doctest: +NORMALIZE_WHITESPACE
    {'patent_id': '公开（公告）号', 'filing_date': '申请日', 'title': '标题',
     'publication_number': '公开（公告）号'}
    """
    found = given_columns(header, columns or {}, where)
    free = [name for name in header if name not in found.values()]
    for ours in MAIN_COLUMNS:
        if ours not in found:
            theirs = _recognised(ours, free, where)
            if theirs is not None:
                found[ours] = theirs
    # a number that names the patent is also the application's or the publication's
    taken = {theirs for ours, theirs in found.items() if ours != "patent_id"}
    left = [name for name in header if name not in taken]
    for ours, known in FURTHER_HEADERS.items():
        if ours not in found:
            theirs = first_of((ours, *known), left)
            if theirs is not None:
                found[ours] = theirs
    used = in_our_order(found)
    require_enough(used, header, where)
    return used


def match_source(
    headers: Mapping[str, Sequence[str]],
    identify_by: Sequence[str],
    header: Sequence[str],
    columns: Mapping[str, str] | None = None,
    *,
    where: str,
) -> dict[str, str]:
    """Find which header holds which of our columns, in a table of a known source.

    Parameters
    ----------
    headers : mapping
        Our column → their headers, the preferred first; see `patentmetrics.read.sources`.
    identify_by : sequence of str
        Which of our number columns names the patent: the first that the file has.
    header, columns, where
        As for `match_columns`; the map goes first.

    Raises
    ------
    ColumnError
        A name of the map is unknown; no identifier, no date or no text is there.

    Examples
    --------
    >>> headers = {"publication_number": ["id"], "title": ["title"], "publication_date": ["day"]}
    >>> names, given = ["ID", "Title", "day"], {"issue_date": "day"}
    >>> match_source(headers, ["publication_number"], names, given, where="a.csv")
    {'patent_id': 'ID', 'issue_date': 'day', 'title': 'Title', 'publication_number': 'ID'}
    """
    found = given_columns(header, columns or {}, where)
    free = [name for name in header if name not in found.values()]
    for ours, known in headers.items():
        if ours not in found:
            theirs = first_of(known, free)
            if theirs is not None:
                found[ours] = theirs
    if "patent_id" not in found:
        number = next((one for one in identify_by if found.get(one)), None)
        if number is not None:
            found["patent_id"] = found[number]
    used = in_our_order(found)
    require_enough(used, header, where)
    return used


def given_columns(header: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Check the map a user gives against a header; an empty header leaves our column out.

    Raises
    ------
    ColumnError
        A name of the map is not one of ours, or not one of the header.

    Examples
    --------
    >>> given_columns(["Nr", "Titel"], {"title": "titel"}, "a.csv")
    {'title': 'Titel'}
    """
    found: dict[str, str] = {}
    for ours, theirs in columns.items():
        if ours not in INPUT_COLUMNS:
            raise ColumnError(
                "the column map names a column that the patent table does not have",
                where="columns",
                got=ours,
                allowed=INPUT_COLUMNS,
                hint=near_names(ours, INPUT_COLUMNS),
            )
        same = [name for name in header if name == theirs.strip()]
        same = same or [name for name in header if plain_name(name) == plain_name(theirs)]
        if theirs.strip() and len(same) != 1:
            raise ColumnError(
                f"the column {theirs!r}, mapped to {ours}, is not in the file",
                where=where,
                allowed=header,
                hint=near_names(theirs, header),
            )
        found[ours] = same[0] if theirs.strip() else ""
    return found


def first_of(known: Sequence[str], header: Sequence[str]) -> str | None:
    """Give the header that is the first of the known names; None where none is there.

    Examples
    --------
    >>> first_of(["摘要(中文)", "摘要"], ["标题", "摘要", "摘要 （中文）"])
    '摘要 （中文）'
    """
    by_plain = {plain_name(name): name for name in reversed(header)}
    return next((by_plain[plain_name(one)] for one in known if plain_name(one) in by_plain), None)


def in_our_order(found: Mapping[str, str]) -> dict[str, str]:
    """Put what was found into our order, without the columns that are left out.

    Examples
    --------
    >>> in_our_order({"title": "b", "patent_id": "a", "place": ""})
    {'patent_id': 'a', 'title': 'b'}
    """
    return {ours: found[ours] for ours in INPUT_COLUMNS if found.get(ours)}


def _recognised(ours: str, free: Sequence[str], where: str) -> str | None:
    same = [name for name in free if plain_name(name) == plain_name(ours)]
    if not same:
        known = {plain_name(name) for name in KNOWN_HEADERS[ours]}
        same = [name for name in free if plain_name(name) in known]
    if len(same) > 1:
        raise ColumnError(
            f"more than one column could be {ours}",
            where=where,
            got=", ".join(same),
            hint=f"choose one with the column map: --map {ours}={same[0]}",
        )
    return same[0] if same else None


def require_enough(used: Mapping[str, str], header: Sequence[str], where: str) -> None:
    """Raise `ColumnError` unless a table has a number, a date and a text.

    Examples
    --------
    >>> require_enough({"patent_id": "a", "filing_date": "b", "title": "c"}, ["a", "b", "c"], "a.csv")
    """
    wanted = (
        (("patent_id",), "no column holds the patent's number"),
        (DATE_COLUMNS, "no column holds a filing or an issue date"),
        (TEXT_COLUMNS, "no column holds text: a title, an abstract or claims"),
    )
    for names, what in wanted:
        if not any(name in used for name in names):
            example = f"map it: --map {names[0]}=ITS_HEADER"
            if names == DATE_COLUMNS and "publication_date" in used:
                example = (
                    "the file has a publication date only; where it is the day that counts, say so: "
                    f"--map issue_date={used['publication_date']!r}"
                )
            near = near_names(names[0], header)
            raise ColumnError(
                what, where=where, allowed=header, hint=f"{example}; {near}" if near else example
            )


def plain_name(header: str) -> str:
    """Reduce a header to what is compared: no case, spaces, underscores, dashes; half-width.

    Examples
    --------
    >>> plain_name("申请（专利权） 人"), plain_name("Patent_ID")
    ('申请(专利权)人', 'patentid')
    """
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", header)).casefold()
