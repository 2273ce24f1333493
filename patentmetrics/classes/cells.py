"""One cell of an official concordance: the symbols in it, what it leaves out, and its keywords."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from patentmetrics.classes.patterns import interval, standard_pattern
from patentmetrics.core.errors import LexiconError

# words by which a table leaves something out
_EXCLUDING = re.compile(r"不包含|不包括|不含|排除|除外|除去|除了|除")
_FILLING = re.compile(r"不包含|不包括|不含|排除|除外|除去|除了|除|之外|以外|外|[::]")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_EDITION = re.compile(r"\d{4}(?:\.\d{2})?|IPC|CPC", re.IGNORECASE)
_MARKS = "★☆※▲△●*"
_BOOLEAN = re.compile(r"\b(?:AND|OR|NOT)\b|[()\[\]]")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What a cell of symbols says (单元格内容).

    Parameters
    ----------
    patterns, secondary, excluded : tuple of str
        In standard form, in the order of the cell, each once. Secondary are those with a star before them.
    unreadable : tuple of (str, str)
        Items that are no pattern, with the reason.
    unreadable_exclusions : tuple of str
        What is left out, where it cannot be read.
    items, repeated : int
        ``items = patterns + secondary + excluded + unreadable``; how many more stood there a second time.
    """

    patterns: tuple[str, ...]
    secondary: tuple[str, ...]
    excluded: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    unreadable_exclusions: tuple[str, ...]
    items: int
    repeated: int


@dataclass(kw_only=True)
class _Taken:
    patterns: list[str] = field(default_factory=list)
    secondary: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    repeated: int = 0
    before: str = ""  # the last symbol: 9/08 behind H04L9/06 is H04L9/08


def read_cell(text: str) -> Cell:
    """Read a cell of symbols (读取 IPC 单元格).

    Items are separated by ``、 ， ； , ;``, line breaks or white space; each is a pattern or a range
    (`patentmetrics.classes.patterns.standard_pattern`; ``A01B1/00～A01B3/00``). An item that begins with a
    digit or a slash leaves out what it shares with the one before: ``H04L9/06、9/08、/10``. A star before
    an item marks it as secondary, one behind it is the wildcard. What follows 不含, 不包含, 不包括, 除 or
    除外, in brackets behind an item or up to the next ``；`` or line break, is left out:
    ``H04B7*（不含H04B7/14、H04B7/15）``; it must lie in one pattern of the cell and no other. An edition in
    brackets, (2006.01), is passed over; any other words in brackets say what a pattern cannot, so the item
    before them is not read.

    Examples
    --------
    >>> cell = read_cell("H04B7*（不含H04B7/14、7/15）、 G06F 3/01～3/048；★G06N 及其他")
    >>> cell.patterns, cell.secondary, cell.excluded
    (('H04B7/*', 'G06F3/01-G06F3/048'), ('G06N',), ('H04B7/14', 'H04B7/15'))
    >>> cell.unreadable
    (('及其他', 'this is not a pattern of symbols'),)
    """
    clean = unicodedata.normalize("NFKC", text).upper()
    taken = _Taken()
    # blanks inside a symbol, and around the dash of a range, join
    clean = re.sub(r"([A-H]\s?\d\d\s?[A-Z])[ \t]+(?=[\d*])", r"\1", clean)
    clean = re.sub(r"[ \t]*([-~〜至/])[ \t]*", r"\1", clean)
    clean = re.sub(r"[ \t]+\(", "(", clean)
    for sentence in re.split(r"[;\n\r]+(?![^(]*\))", clean):
        _read_sentence(sentence, taken)
    _check_exclusions(taken)
    secondary = [one for one in taken.secondary if one not in taken.patterns]
    repeated = taken.repeated + len(taken.secondary) - len(secondary)
    items = len(taken.patterns) + len(secondary) + len(taken.excluded) + len(taken.unreadable)
    return Cell(
        patterns=tuple(taken.patterns or secondary),
        secondary=tuple(secondary if taken.patterns else ()),
        excluded=tuple(taken.excluded),
        unreadable=tuple(taken.unreadable),
        unreadable_exclusions=tuple(taken.refused),
        items=items,
        repeated=repeated,
    )


def read_keywords(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Read a cell of keywords (读取关键词单元格): keywords, and what is none with the reason.

    They are separated by ``、 ， ； , ;`` or line breaks; 等 at the end goes. Each is looked for by itself,
    so what joins two (AND, OR, brackets) cannot be read.

    Examples
    --------
    >>> read_keywords("大数据、云计算；AI AND 芯片，GPU等")
    (('大数据', '云计算', 'GPU'), (('AI AND 芯片', 'keywords are joined, and each stands for itself'),))
    """
    found: list[str] = []
    refused: list[tuple[str, str]] = []
    for part in re.split(r"[、,，;；\n\r]+", text):
        word = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", part)).strip().strip("。.")
        if len(word) > 2:
            word = word.removesuffix("等")
        if not word:
            continue
        if _BOOLEAN.search(word):
            refused.append((word, "keywords are joined, and each stands for itself"))
        elif word not in found:
            found.append(word)
    return tuple(found), tuple(refused)


def _read_sentence(sentence: str, taken: _Taken) -> None:
    """Read what stands between two semicolons or line breaks: items with brackets, exclusions behind."""
    place = 0
    # brackets first: what they leave out is of the item before them
    pieces: list[tuple[str, str | None]] = []
    for match in _BRACKETS.finditer(sentence):
        pieces.append((sentence[place : match.start()], match[1]))
        place = match.end()
    pieces.append((sentence[place:], None))
    for outside, inside in pieces:
        before, *behind = _EXCLUDING.split(outside, maxsplit=1)
        items = [one for one in re.split(r"[、,\s]+|[和及与](?=[A-HY]\d)", before) if one.strip(".。")]
        qualified = inside is not None and not (
            _EXCLUDING.search(inside) or _EDITION.fullmatch(inside.strip())
        )
        for number, item in enumerate(items, 1):
            if qualified and number == len(items) and not behind:
                taken.unreadable.append((f"{item}({inside})", "words in brackets say what a pattern cannot"))
            else:
                _take_item(item, taken)
        if behind:
            _leave_out(behind[0], taken)
        if inside is not None and _EXCLUDING.search(inside):
            _leave_out(inside, taken)
        elif qualified and (behind or not items):
            taken.unreadable.append((f"({inside})", "words in brackets say what a pattern cannot"))


def _take_item(item: str, taken: _Taken) -> None:
    item = item.strip(".。")
    marked = item[0] in _MARKS
    try:
        pattern = standard_pattern(_completed(item.lstrip(_MARKS), taken))
    except LexiconError as error:
        taken.unreadable.append((item, error.what))
        return
    taken.before = pattern
    if pattern in taken.patterns or (marked and pattern in taken.secondary):
        taken.repeated += 1
    elif marked:
        taken.secondary.append(pattern)
    else:
        taken.patterns.append(pattern)


def _leave_out(text: str, taken: _Taken) -> None:
    items = [one for one in re.split(r"[、,;\s]+|[和及与]", _FILLING.sub(" ", text)) if one.strip(".。")]
    if not items:
        taken.refused.append(text)
    for item in items:
        try:
            pattern = standard_pattern(_completed(item.strip(".。"), taken))
        except LexiconError:
            taken.refused.append(item)
            continue
        taken.before = pattern
        if pattern in taken.excluded:
            taken.repeated += 1
        else:
            taken.excluded.append(pattern)


def _completed(item: str, taken: _Taken) -> str:
    """Give an item that begins with a digit or a slash what it shares with the one before."""
    head = re.match(r"([A-HY]\d{2}[A-Z])(\d+)?", taken.before.rpartition("-")[2])
    if head and item.startswith("/") and head[2]:
        return head[0] + item
    if head and re.match(r"\d+(?:/|\*?$)", item):
        return head[1] + item
    return item


def _check_exclusions(taken: _Taken) -> None:
    """Refuse what is left out of nothing, or leaves nothing of a pattern: it was misread, or misprinted."""
    covered = [interval(one) for one in (*taken.patterns, *taken.secondary)]
    for pattern in list(taken.excluded):
        low, high = interval(pattern)
        touched = [(one, other) for one, other in covered if one <= high and low <= other]
        if (
            len(touched) != 1
            or not (touched[0][0] <= low and high <= touched[0][1])
            or touched == [(low, high)]
        ):
            taken.refused.append(pattern)
