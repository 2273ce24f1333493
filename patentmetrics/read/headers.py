"""Whose column is whose (列名对照): the headers that are known, and the map a user gives.

A header is taken only when it can mean one thing. 公开日 and 公开（公告）日 are not known as issue dates:
for an application they are the day it was laid open, not a grant; who wants them says so with the map.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from patentmetrics.core.errors import ColumnError, near_names

PATENT_COLUMNS = (
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
DATE_COLUMNS = ("filing_date", "issue_date")
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


def match_columns(
    header: Sequence[str], columns: Mapping[str, str] | None = None, *, where: str
) -> dict[str, str]:
    """Find which header holds which of our columns.

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
    >>> match_columns(["公开（公告）号", "申请日", "标题"], where="a.csv")
    {'patent_id': '公开（公告）号', 'filing_date': '申请日', 'title': '标题'}
    """
    found = _given(header, columns or {}, where)
    free = [name for name in header if name not in found.values()]
    for ours in PATENT_COLUMNS:
        if ours not in found:
            theirs = _recognised(ours, free, where)
            if theirs is not None:
                found[ours] = theirs
    used = {ours: found[ours] for ours in PATENT_COLUMNS if found.get(ours)}
    _require_enough(used, header, where)
    return used


def _given(header: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for ours, theirs in columns.items():
        if ours not in PATENT_COLUMNS:
            raise ColumnError(
                "the column map names a column that the patent table does not have",
                where="columns",
                got=ours,
                allowed=PATENT_COLUMNS,
                hint=near_names(ours, PATENT_COLUMNS),
            )
        same = [name for name in header if name == theirs.strip()]
        same = same or [name for name in header if _plain(name) == _plain(theirs)]
        if theirs.strip() and len(same) != 1:
            raise ColumnError(
                f"the column {theirs!r}, mapped to {ours}, is not in the file",
                where=where,
                allowed=header,
                hint=near_names(theirs, header),
            )
        found[ours] = same[0] if theirs.strip() else ""
    return found


def _recognised(ours: str, free: Sequence[str], where: str) -> str | None:
    same = [name for name in free if _plain(name) == _plain(ours)]
    if not same:
        known = {_plain(name) for name in KNOWN_HEADERS[ours]}
        same = [name for name in free if _plain(name) in known]
    if len(same) > 1:
        raise ColumnError(
            f"more than one column could be {ours}",
            where=where,
            got=", ".join(same),
            hint=f"choose one with the column map: --map {ours}={same[0]}",
        )
    return same[0] if same else None


def _require_enough(used: Mapping[str, str], header: Sequence[str], where: str) -> None:
    wanted = (
        (("patent_id",), "no column holds the patent's number"),
        (DATE_COLUMNS, "no column holds a filing or an issue date"),
        (TEXT_COLUMNS, "no column holds text: a title, an abstract or claims"),
    )
    for names, what in wanted:
        if not any(name in used for name in names):
            example = f"map it: --map {names[0]}=ITS_HEADER"
            near = near_names(names[0], header)
            raise ColumnError(
                what, where=where, allowed=header, hint=f"{example}; {near}" if near else example
            )


def _plain(header: str) -> str:
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", header)).casefold()
