"""Patterns of a concordance: which symbols an entry covers, written as people write them.

====================  =====================================================================
``H``                 section H
``H04``               class H04
``H04N``              subclass H04N with all its groups
``H04N3/*``           main group 3 with all its subgroups: 3/00, 3/10 …, never 30 or 31
``H04N3/1*``          subgroups of 3/ whose digits begin with 1: 3/10, 3/12, 3/155 …
``H04N3/10``          that group alone, not 3/105
``H04N3/*-H04N9/*``   a range: from the first symbol of the one to the last of the other
====================  =====================================================================

A pattern goes by digits. The dots by which the IPC ranks its groups are not in a symbol, so a group and
the groups below it by dots are listed, or taken together by ``/*``. What a pattern covers is an interval
of the line of symbols (`patentmetrics.kernels.ipc`), and a range lies between two such intervals.
"""

from __future__ import annotations

import re
import unicodedata

from patentmetrics.core.errors import LexiconError
from patentmetrics.kernels.ipc import GROUP_BITS, PLACES, SUBCLASS_BITS

_ABOVE_GROUPS = re.compile(r"[A-HY](?:\d{2}[A-Z]?)?")
# a slash ends the main group; without one stand the four digits of WIPO standard ST.8, or at most three
_GROUPS = re.compile(
    r"(?P<head>[A-HY]\d{2}[A-Z])"
    r"(?:(?P<group>\d{1,4})/(?P<subgroup>\d{0,6})|(?P<padded>0\d{3})(?P<digits>\d{0,6})|(?P<short>\d{1,3}))"
)
_DASH = re.compile(r"[-~‐-―−～〜至]+")
_ALLOWED = "H, H04, H04N, H04N3/*, H04N3/1*, H04N3/10, H04N3/*-H04N9/*"
_SECTION_BITS, _CLASS_BITS = 47, 40


def standard_pattern(pattern: str) -> str:
    """Bring a pattern to its standard form (标准化匹配模式).

    ``%`` is read as ``*``, spaces and leading zeros of the main group go, a star after a main group means
    all its subgroups: ``H04N   3/%``, ``H04N003%``, ``H04N3*``, ``H04N3/`` and ``H04N3`` are all ``H04N3/*``.
    The ends of a range are joined by ``-``, ``~`` or 至; the second may leave out what it shares with the
    first: ``H04N3/10~3/16``, ``H04N3-9``. In a range of main groups an end as 9/00 means the main group with
    its subgroups.

    Raises
    ------
    LexiconError
        It is not a pattern, or a range that ends before it begins.

    Examples
    --------
    >>> [standard_pattern(one) for one in ["H04N   3/%", "A61K008%", "G06N*", "h01l31/042"]]
    ['H04N3/*', 'A61K8/*', 'G06N', 'H01L31/042']
    >>> standard_pattern("G06F3/00～13/00")
    'G06F3/*-G06F13/*'
    """
    clean = re.sub(r"\s", "", unicodedata.normalize("NFKC", pattern)).upper().replace("%", "*")
    ends = _DASH.split(clean)
    if len(ends) == 1:
        return _standard(clean, pattern)
    if len(ends) > 2 or not all(ends):
        raise _no_pattern(pattern)
    begin = _standard(ends[0], pattern)
    end = _standard(_completed(ends[1], ends[0]), pattern)
    # G06F3/00 to G06F13/00: the last main group is meant whole, and so is the first
    end = re.sub(r"/00$", "/*", end)
    if begin.partition("/")[0] != end.partition("/")[0]:
        begin = re.sub(r"/00$", "/*", begin)
    if (len(begin) < 5) != (len(end) < 5) or (len(begin) < 5 and len(begin) != len(end)):
        raise LexiconError("the ends of a range are not of one kind", got=pattern, allowed=_ALLOWED)
    if interval(begin)[0] > interval(end)[1] or begin == end:
        raise LexiconError("a range ends before it begins, or where it begins", got=pattern)
    return f"{begin}-{end}"


def subclass_pattern(pattern: str) -> str:
    """Widen a standard pattern to its subclass, a range to the subclasses of its ends.

    A section or class stays.

    Examples
    --------
    >>> [subclass_pattern(one) for one in ["A61K8/*", "H04", "G06F3/*-G06F9/*", "A01B1/*-A01D3/*"]]
    ['A61K', 'H04', 'G06F', 'A01B-A01D']
    """
    begin, _, end = pattern.partition("-")
    return begin[:4] if not end or begin[:4] == end[:4] else f"{begin[:4]}-{end[:4]}"


def interval(pattern: str) -> tuple[int, int]:
    """Give the first and the last symbol that a standard pattern covers, as numbers (匹配区间).

    See `patentmetrics.kernels.ipc` for the numbers; both ends are covered.

    Examples
    --------
    >>> low, high = interval("H04N3/1*")
    >>> low <= interval("H04N3/10")[0] <= high, low <= interval("H04N3/2*")[0]
    (True, True)
    >>> interval("H04N3/2*")[0] <= high
    False
    """
    begin, _, end = pattern.partition("-")
    return _interval(begin)[0], _interval(end or begin)[1]


def _interval(pattern: str) -> tuple[int, int]:
    low = (ord(pattern[0]) - 64) << _SECTION_BITS
    if len(pattern) == 1:
        return low, low + (1 << _SECTION_BITS) - 1
    low += int(pattern[1:3]) << _CLASS_BITS
    if len(pattern) == 3:
        return low, low + (1 << _CLASS_BITS) - 1
    low += (ord(pattern[3]) - 64) << SUBCLASS_BITS
    if len(pattern) == 4:
        return low, low + (1 << SUBCLASS_BITS) - 1
    group, _, subgroup = pattern[4:].partition("/")
    low += int(group) << GROUP_BITS
    digits = subgroup.removesuffix("*")
    if not digits:
        return low, low + (1 << GROUP_BITS) - 1
    for place, digit in enumerate(digits, 1):
        low += (int(digit) + 1) * 11 ** (PLACES - place)
    return low, low + (11 ** (PLACES - len(digits)) - 1 if digits != subgroup else 0)


def _standard(clean: str, pattern: str) -> str:
    body = clean.removesuffix("*")
    if _ABOVE_GROUPS.fullmatch(body):
        if body[1:3] == "00":
            raise _no_pattern(pattern)
        return body
    match = _GROUPS.fullmatch(body)
    group = int(match["group"] or match["padded"] or match["short"]) if match else 0
    subgroup = (match["subgroup"] or match["digits"] or "") if match else ""
    open_ended = body != clean or not subgroup
    if match is None or group == 0 or match["head"][1:3] == "00" or (len(subgroup) == 1 and not open_ended):
        raise _no_pattern(pattern)
    if match["digits"] and not open_ended:
        subgroup = subgroup[:2] + subgroup[2:].rstrip("0")  # the padding of ST.8
    return f"{match['head']}{group}/{subgroup}{'*' if open_ended else ''}"


def _completed(end: str, begin: str) -> str:
    """Give the second end of a range what it shares with the first: 3/16 and /16 and, after groups, 9."""
    head = re.match(r"[A-HY]\d{2}[A-Z]", begin)
    if not head or not re.match(r"[\d/]", end):
        return end
    if end.startswith("/"):
        return begin.partition("/")[0] + end
    if "/" in end or "/" not in begin.removesuffix("/*").removesuffix("/"):
        return head[0] + end
    return end  # H04N3/10-16: a subgroup or a main group


def _no_pattern(pattern: str) -> LexiconError:
    return LexiconError("this is not a pattern of symbols", got=pattern, allowed=_ALLOWED)
