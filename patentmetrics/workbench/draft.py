"""What decisions make of a lexicon (判断的结果): a draft, and the decisions that cannot be followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from patentmetrics.lexicon.format import LexiconFile, LexiconTerm, checked
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench.decisions import Decisions, TermDecision, TermKind

Outcome = Literal[
    "done", "stands", "no such group", "in another group", "a variant", "not a term", "last of its group",
    "unknown source",
]  # fmt: skip
Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A lexicon file with a coder's decisions in it.

    Parameters
    ----------
    file : LexiconFile
        As it would be saved, but for the version.
    outcomes : dict
        What came of each decision about a term, by its key: ``done`` (it changes the file), ``stands`` (the
        file says so already), or why it cannot be followed.
    """

    file: LexiconFile
    outcomes: dict[str, Outcome]


def draft_lexicon(file: LexiconFile, decisions: Decisions) -> Draft:
    """Put decisions about terms into a lexicon (按判断修改词典): accepted, moved, then rejected ones.

    A decision that the file contradicts is left out and said, never forced: a group that is not there, a
    term that meanwhile stands in another group, the last term of a group (a group cannot be empty).
    Doing so twice changes nothing more.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> group = LexiconGroup(path=("data",), names_zh=(None,), terms=(LexiconTerm(term="大数据"),))
    >>> file = LexiconFile(**head, levels=("dimension",), groups=(group,))
    >>> one = TermDecision(kind="accept", term="数据要素", group=("data",), reason="a factor of production")
    >>> draft = draft_lexicon(file, Decisions(lexicon="a", coder="An", terms={one.key: one}))
    >>> [term.term for _, term in draft.file.terms()], draft.outcomes
    (['大数据', '数据要素'], {'数据要素': 'done'})
    """
    groups = {group.path: list(group.terms) for group in file.groups}
    sources = dict(file.sources)
    outcomes: dict[str, Outcome] = {}
    followed: dict[TermKind, Callable[[TermDecision], Outcome]] = {
        "accept": lambda one: _accepted(one, groups, sources),
        "move": lambda one: _moved(one, groups),
        "reject": lambda one: _rejected(one, groups),
    }
    for kind, follow in followed.items():
        for key in sorted(decisions.terms):
            if decisions.terms[key].kind == kind:
                outcomes[key] = follow(decisions.terms[key])
    drafted = replace(
        file,
        sources=tuple(sorted(sources.items())),
        groups=tuple(replace(group, terms=tuple(groups[group.path])) for group in file.groups),
    )
    return Draft(file=checked(drafted), outcomes=outcomes)


def group_of(file: LexiconFile, term: str) -> Path | None:
    """Give the path of the group in which a term, or one of its variants, stands; null where none does.

    Examples
    --------
    >>> from patentmetrics.lexicon.load import find_lexicon
    >>> from patentmetrics.lexicon.format import read_lexicon_file
    >>> group_of(read_lexicon_file(find_lexicon("digital_transformation_wu2021")), "大数据")
    ('big_data',)
    """
    key = normalise(term)
    return next(
        (group.path for group, one in file.terms() if key in {normalise(form) for form in one.forms}), None
    )


def _accepted(one: TermDecision, groups: dict[Path, list[LexiconTerm]], sources: dict[str, str]) -> Outcome:
    path = one.group or ()
    if path not in groups:
        return "no such group"
    for where, terms in groups.items():
        for term in terms:
            if normalise(term.term) == one.key:
                return "stands" if where == path else "in another group"
            if one.key in {normalise(form) for form in term.variants}:
                return "a variant"
    if one.source and one.source not in sources:
        if not one.citation:
            return "unknown source"
        sources[one.source] = one.citation
    source = (one.source,) if one.source else ()
    groups[path].append(
        LexiconTerm(
            term=one.term.strip(), source=source, added=one.date, note=" ".join(one.reason.split()) or None
        )
    )
    return "done"


def _moved(one: TermDecision, groups: dict[Path, list[LexiconTerm]]) -> Outcome:
    path = one.group or ()
    if path not in groups:
        return "no such group"
    found = _find(one.key, groups)
    if found is None:
        return "not a term"
    where, term = found
    if where == path:
        return "stands"
    if len(groups[where]) == 1:
        return "last of its group"
    groups[where].remove(term)
    groups[path].append(term)
    return "done"


def _rejected(one: TermDecision, groups: dict[Path, list[LexiconTerm]]) -> Outcome:
    found = _find(one.key, groups)
    if found is None:
        return "stands"
    where, term = found
    if len(groups[where]) == 1:
        return "last of its group"
    groups[where].remove(term)
    return "done"


def _find(key: str, groups: dict[Path, list[LexiconTerm]]) -> tuple[Path, LexiconTerm] | None:
    return next(
        ((path, term) for path, terms in groups.items() for term in terms if normalise(term.term) == key),
        None,
    )
