"""What changed between two lexicons, or two versions of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.lexicon.format import HEAD_KEYS, TERM_KEYS, LexiconFile, LexiconGroup, LexiconTerm
from patentmetrics.text.normalise import normalise

Change = Literal["added", "removed", "moved", "changed", "head"]
CHANGES: tuple[Change, ...] = ("added", "removed", "moved", "changed", "head")
_SCHEMA = dict.fromkeys(["change", "term", "attribute", "before", "after"], pl.String)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A term with its group."""

    group: LexiconGroup
    term: LexiconTerm

    @property
    def path(self) -> str:
        return " > ".join(self.group.path)


def diff_lexicons(before: LexiconFile, after: LexiconFile) -> pl.DataFrame:
    """List what changed from one lexicon to another (词典比较).

    A term is the same term when it is the same once normalised (NFKC, lower case): ５Ｇ written as 5G is
    a change of the attribute ``term``, not one term less and another more.

    Parameters
    ----------
    before, after : LexiconFile
        From `patentmetrics.lexicon.format.read_lexicon_file`.

    Returns
    -------
    polars.DataFrame
        ``change`` (added, removed, moved to another group, changed, head), ``term`` (null for the head),
        ``attribute`` (``group`` for the first three; else the key), ``before, after``; in this order of
        changes, then by term as in ``after``'s code points. No row: they say the same.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from patentmetrics.lexicon.format import LexiconTerm
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> group = LexiconGroup(path=(), names_zh=(), terms=(LexiconTerm(term="大数据"),))
    >>> old = LexiconFile(**head, groups=(group,))
    >>> new = replace(old, groups=(replace(group, terms=(LexiconTerm(term="大数据", at_least=3),)),))
    >>> diff_lexicons(old, new).rows()
    [('changed', '大数据', 'at_least', None, '3')]
    """
    old, new = _places(before), _places(after)
    rows = [*_of_terms(old, new), *_of_heads(before, after)]
    order = {change: number for number, change in enumerate(CHANGES)}
    rows.sort(key=lambda row: order[row[0]])
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_Row = tuple[Change, str | None, str, str | None, str | None]


def _of_terms(old: dict[str, _Place], new: dict[str, _Place]) -> Iterator[_Row]:
    for form in sorted({*old, *new}):
        before, after = old.get(form), new.get(form)
        if before is None and after is not None:
            yield "added", after.term.term, "group", None, after.path
        elif after is None and before is not None:
            yield "removed", before.term.term, "group", before.path, None
        elif before is not None and after is not None:
            if before.path != after.path:
                yield "moved", after.term.term, "group", before.path, after.path
            for key in TERM_KEYS:
                was, now = _shown(before.term, key.name), _shown(after.term, key.name)
                if was != now:
                    yield "changed", after.term.term, key.name, was, now


def _of_heads(before: LexiconFile, after: LexiconFile) -> Iterator[_Row]:
    for key in HEAD_KEYS:
        if key.name == "groups":
            was, now = _names(before), _names(after)
            for path in sorted({*was, *now}):
                if path in was and path in now and was[path] != now[path]:
                    yield "head", None, f"name of {path}", was[path], now[path]
        elif key.name == "sources":
            had, has = dict(before.sources), dict(after.sources)
            for name in sorted({*had, *has}):
                if had.get(name) != has.get(name):
                    yield "head", None, f"source {name}", had.get(name), has.get(name)
        elif _shown(before, key.name) != _shown(after, key.name):
            yield "head", None, key.name, _shown(before, key.name), _shown(after, key.name)


def _places(file: LexiconFile) -> dict[str, _Place]:
    return {normalise(term.term): _Place(group=group, term=term) for group, term in file.terms()}


def _names(file: LexiconFile) -> dict[str, str | None]:
    return {
        value: name for group in file.groups for value, name in zip(group.path, group.names_zh, strict=True)
    }


def _shown(part: LexiconFile | LexiconTerm, name: str) -> str | None:
    value = getattr(part, name)
    if isinstance(value, tuple):
        return ", ".join(value) or None
    return None if value is None else str(value)
