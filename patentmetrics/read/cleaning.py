r"""What is cleaned in a policy document (文本清洗), rule by rule; each rule has a name, and is counted.

Rules run in the order of `RULES`. A form feed (``\f``) stands between the pages of a document that has
pages; rules that need pages do nothing without. After the last rule no form feed is left, unless
``page_breaks`` was left out.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patentmetrics.core.errors import SettingError, near_names

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x85\u2028\u2029]")
# of no width, or of control: the reader of Word and PDF leaves some of them inside words
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\x00-\x08\x0e-\x1f\x7f]")
_WIDE_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
# — 12 —, -12-, ·12·, 第 12 页, 第12页 共40页, 第12页/共40页, 12 / 40, Page 12 of 40
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—―─－·•~～]+\s*\d{1,4}\s*[-–—―─－·•~～]+|第\s*\d{1,4}\s*页(?:\s*[/,，]?\s*共\s*\d{1,4}\s*页)?"
    r"|\d{1,4}\s*/\s*\d{1,4}|page\s+\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?)\s*",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"\s*(\d{1,4})\s*")
_NUMBERS_IN_ORDER = 3
_CONTENTS_LINE = re.compile(r".*?\S\s*(?:[.．·•…⋯・‥]\s*){4,}[\s(（]*[\dIVXivx]*[\s)）]*")
_LEADERS = re.compile(r"(?:[.．·•…⋯・‥]\s*){4}")
_CONTENTS_TITLE = re.compile(r"\s*(?:目\s*[录次]|contents|table of contents)\s*", re.IGNORECASE)
_SPACED_TITLE = re.compile(r"^ *[\u4e00-\u9fff](?: +[\u4e00-\u9fff])+ *$", re.MULTILINE)
_SHORT_TITLE = 20
# 一、 （一） 1. 1、 （1） 第一章 —— ● : a line that begins so is a new paragraph
_NEW_ITEM = re.compile(
    r"[一二三四五六七八九十百]{1,3}[、.．]|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、．]|\d{1,2}\.(?!\d)"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条篇]|[—–-]{2}|[●○■□◆◇★▲•·※☆]"
)
_SENTENCE_ENDS = tuple("。！？；：!?;:…")
_CLOSING = "”’」』）)]】》\"'"
_RUNNING_LINES = 2
_RUNNING_PAGES = 3
# wrapped by hand: lines end at one width; 60 half-width characters are 30 Chinese ones
_WRAPPED_SHARE = 0.5
_WRAPPED_LINES = 8
_NARROWEST, _WIDEST = 30, 160


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of cleaning: its name, what it does in one line, and the function that does it."""

    name: str
    what: str
    apply: Callable[[str], str]


def clean_text(text: str, *, rules: Sequence[str] | None = None) -> tuple[str, tuple[str, ...]]:
    r"""Clean a document by named rules.

    Parameters
    ----------
    text : str
        The document; pages separated by form feeds, where it has pages.
    rules : sequence of str, optional
        Names of `RULES`; all by default. They run in the order of `RULES`, however they are named.

    Returns
    -------
    text : str
    changed_by : tuple of str
        The rules that changed anything.

    Raises
    ------
    SettingError
        A rule is unknown.

    Examples
    --------
    >>> clean_text("　　各位代表：\r\n— 1 —\r\n")
    ('各位代表：\n', ('line_ends', 'wide_spaces', 'page_numbers', 'indents'))
    """
    wanted = set(check_rules(rules))
    changed: list[str] = []
    for rule in RULES.values():
        if rule.name in wanted:
            cleaned = rule.apply(text)
            if cleaned != text:
                changed.append(rule.name)
                text = cleaned
    return text, tuple(changed)


def check_rules(rules: Sequence[str] | None) -> tuple[str, ...]:
    """Give the rules meant, in their order; None means all.

    Examples
    --------
    >>> check_rules(["indents", "line_ends"])
    ('line_ends', 'indents')
    """
    if rules is None:
        return tuple(RULES)
    for name in rules:
        if name not in RULES:
            raise SettingError(
                "there is no such rule of cleaning",
                where="rules",
                got=name,
                allowed=RULES,
                hint=near_names(name, RULES),
            )
    return tuple(name for name in RULES if name in rules)


def _line_ends(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)


def _invisible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _wide_spaces(text: str) -> str:
    return _WIDE_SPACES.sub(" ", text)


def _running_headers(text: str) -> str:
    """Leave out lines that stand first or last on most pages, numbers aside; three pages at least."""
    pages = [page.split("\n") for page in text.split("\f")]
    if len(pages) < _RUNNING_PAGES:
        return text
    edges = [_edge_lines(page) for page in pages]
    seen: Counter[str] = Counter()
    for page, numbers in zip(pages, edges, strict=True):
        seen.update({_without_digits(page[i]) for i in numbers})
    often = max(_RUNNING_PAGES, (len(pages) + 1) // 2)
    running = {line for line, n in seen.items() if n >= often}
    kept = [
        "\n".join(
            line for i, line in enumerate(page) if not (i in numbers and _without_digits(line) in running)
        )
        for page, numbers in zip(pages, edges, strict=True)
    ]
    return "\f".join(kept)


def _edge_lines(page: list[str]) -> set[int]:
    filled = [i for i, line in enumerate(page) if line.strip()]
    return {*filled[:_RUNNING_LINES], *filled[-_RUNNING_LINES:]}


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "#", "".join(line.split()))


def _page_numbers(text: str) -> str:
    """Leave out lines that are a page number: by their form, or plain numbers that rise one by one."""
    lines = re.split(r"(\n|\f)", text)
    bare = [
        (i, int(match[1])) for i in range(0, len(lines), 2) if (match := _BARE_NUMBER.fullmatch(lines[i]))
    ]
    rising = len(bare) >= _NUMBERS_IN_ORDER and all(
        later[1] - earlier[1] == 1 for earlier, later in itertools.pairwise(bare)
    )
    numbers = {i for i, _ in bare} if rising else set()
    numbers |= {i for i in range(0, len(lines), 2) if _PAGE_NUMBER.fullmatch(lines[i])}
    return _without_lines(lines, numbers) if numbers else text


def _without_lines(lines: list[str], left_out: set[int]) -> str:
    """Put lines and the breaks between them together, leaving out lines with the line break behind them."""
    kept: list[str] = []
    for i in range(0, len(lines), 2):
        ending = lines[i + 1] if i + 1 < len(lines) else ""
        # a page break stays where a line goes
        kept.append(ending.replace("\n", "") if i in left_out else lines[i] + ending)
    return "".join(kept)


def _contents(text: str) -> str:
    """Leave out lines of a table of contents, known by their leaders, with the title above them."""
    if not _LEADERS.search(text):
        return text
    lines = re.split(r"(\n|\f)", text)
    left_out = {i for i in range(0, len(lines), 2) if _CONTENTS_LINE.fullmatch(lines[i])}
    if not left_out:
        return text
    before = [i for i in range(0, min(left_out), 2) if lines[i].strip()]
    if before and _CONTENTS_TITLE.fullmatch(lines[before[-1]]):
        left_out.add(before[-1])
    return _without_lines(lines, left_out)


def _spaced_titles(text: str) -> str:
    """Close up short lines that are spaced out, character by character: 政 府 工 作 报 告."""

    def closed(line: re.Match[str]) -> str:
        bare = "".join(line[0].split())
        return bare if len(bare) <= _SHORT_TITLE else line[0]

    return _SPACED_TITLE.sub(closed, text) if " " in text else text


def _hard_wraps(text: str) -> str:
    """Join lines that end at the width of the page inside a sentence, also over a page break."""
    pieces = re.split(r"(\n|\f)", text)
    lines, ends = pieces[::2], pieces[1::2]
    widths = [_width(line.strip()) for line in lines]
    full = _full_width(widths)
    if full is None:
        return text
    out = [lines[0]]
    for i, end in enumerate(ends):
        following = lines[i + 1]
        if _runs_on(lines[i], widths[i], following, full):
            out[-1] = _joined(out[-1], following)
        else:
            out += [end, following]
    return "".join(out)


def _width(line: str) -> int:
    """Give the width in half-width characters, a Chinese one being two: as many as its bytes in GB18030."""
    return len(line) if line.isascii() else len(line.encode("gb18030", errors="replace"))


def _full_width(widths: list[int]) -> int | None:
    """Give the least width of a line that is full; None where lines are not wrapped at one width."""
    filled = sorted(width for width in widths if width)
    if len(filled) < _WRAPPED_LINES:
        return None
    usual = filled[len(filled) * 9 // 10]
    if not _NARROWEST <= usual <= _WIDEST:
        return None
    full = usual - max(6, usual // 8)
    at_width = sum(full <= width <= usual + 6 for width in filled)
    return full if at_width >= _WRAPPED_SHARE * len(filled) else None


def _runs_on(line: str, width: int, following: str, full: int) -> bool:
    bare, rest = line.strip(), following.strip()
    if not bare or not rest or width < full or bare.rstrip(_CLOSING).endswith(_SENTENCE_ENDS):
        return False
    indented = following.startswith(("  ", "\t"))
    return not indented and not _NEW_ITEM.match(rest)


def _joined(line: str, following: str) -> str:
    line, following = line.rstrip(), following.lstrip()
    between_words = (
        line[-1].isascii() and following[0].isascii() and line[-1].isalnum() and following[0].isalnum()
    )
    # 20 and 24 of a year that is broken in two belong together; two English words do not
    words = between_words and not (line[-1].isdigit() and following[0].isdigit())
    return f"{line} {following}" if words else line + following


def _page_breaks(text: str) -> str:
    return text.replace("\f", "\n")


def _indents(text: str) -> str:
    return re.sub(r"^[ \t]+|[ \t]+$", "", text, flags=re.MULTILINE)


def _blank_lines(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + ("\n" if text.endswith("\n") else "")


RULES: dict[str, Rule] = {
    name: Rule(name=name, what=what, apply=apply)
    for name, what, apply in (
        ("line_ends", "line ends of Windows and old Mac, and Unicode's, become \\n", _line_ends),
        ("invisible", "characters without width and control characters go", _invisible),
        ("wide_spaces", "full-width, no-break and other wide spaces become spaces", _wide_spaces),
        ("running_headers", "lines first or last on most pages go (three pages at least)", _running_headers),
        (
            "page_numbers",
            "lines that are a page number go: — 12 —, 第12页, 12 / 40; 1, 2, 3 …",
            _page_numbers,
        ),
        ("contents", "lines of a table of contents go, known by their dots", _contents),
        ("spaced_titles", "short lines spaced out by character are closed: 政 府 工 作", _spaced_titles),
        ("hard_wraps", "lines broken inside a sentence at the page's width are joined", _hard_wraps),
        ("page_breaks", "page breaks become line breaks", _page_breaks),
        ("indents", "spaces at the beginning and end of lines go", _indents),
        ("blank_lines", "several blank lines become one", _blank_lines),
    )
}
