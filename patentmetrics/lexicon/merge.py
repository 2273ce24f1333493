"""Two lexicons into one, with what each term came from."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import LexiconError
from patentmetrics.lexicon.format import TERM_KEYS, VALUE, LexiconFile, LexiconGroup, LexiconTerm, checked
from patentmetrics.text.normalise import normalise

_Conflict = tuple[str, str, str | None, str | None, str | None]
_CONFLICTS = dict.fromkeys(["term", "attribute", "first", "second", "kept"], pl.String)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What came of merging two lexicons.

    Parameters
    ----------
    file : LexiconFile
        The merged lexicon. ``sources`` has one entry for each of the two and those they had; each term
        names the lexicons it was in.
    conflicts : polars.DataFrame
        Where the two contradict each other: ``term, attribute, first, second, kept``. The first wins.
    """

    file: LexiconFile
    conflicts: pl.DataFrame


def merge_lexicons(first: LexiconFile, second: LexiconFile, *, id: str) -> Merged:  # noqa: A002 - the key
    """Merge two lexicons (词典合并): all terms of both, each once, with its provenance.

    A term that both have (once normalised) is put where the first has it; variants, sources and notes are
    joined; any other contradiction is a conflict, in which the first wins and which is listed. A variant
    of one that is a term of the other is dropped as a variant, and listed too.

    Parameters
    ----------
    first, second : LexiconFile
        With the same levels, in the same order.
    id : str
        Of the merged lexicon; its version is "1".

    Raises
    ------
    LexiconError
        The levels differ, the two have one id and version, or one name stands for two groups.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconTerm
    >>> def one(name, *terms):
    ...     head = dict.fromkeys(["version", "title_en", "title_zh", "language", "source", "licence"], name)
    ...     group = LexiconGroup(path=(), names_zh=(), terms=tuple(LexiconTerm(term=term) for term in terms))
    ...     return LexiconFile(id=name, **head, groups=(group,))
    >>> merged = merge_lexicons(one("a", "大数据"), one("b", "大数据", "5G"), id="both")
    >>> [(term.term, term.source) for _, term in merged.file.terms()]
    [('5G', ('b',)), ('大数据', ('a', 'b'))]
    """
    if first.levels != second.levels:
        raise LexiconError(
            "two lexicons with different levels cannot be merged",
            got=f"{first.id}: {', '.join(first.levels)}; {second.id}: {', '.join(second.levels)}",
            hint="give both the same levels, in the same order",
        )
    names = _names_of_two(first, second)
    ours, theirs = (_labelled(file, name, names) for file, name in zip((first, second), names, strict=True))
    conflicts: list[_Conflict] = []
    second_terms = {normalise(term.term): (group, term) for group, term in theirs.terms()}
    met = set()
    groups: dict[tuple[str, ...], tuple[LexiconGroup, list[LexiconTerm]]] = {}
    for group, term in ours.terms():
        other = second_terms.get(normalise(term.term))
        if other is not None:
            met.add(normalise(term.term))
            if other[0].path != group.path:
                paths = " > ".join(group.path), " > ".join(other[0].path)
                conflicts.append((term.term, "group", *paths, paths[0]))
            conflicts += _contradictions(term, other[1])
        groups.setdefault(group.path, (group, []))[1].append(_joined(term, other[1]) if other else term)
    for group, term in theirs.terms():
        listed = groups.setdefault(group.path, (group, []))[1]
        if normalise(term.term) not in met:
            listed.append(term)
    merged = replace(
        ours,
        id=id,
        version="1",
        title_en=f"{first.title_en}; {second.title_en}",
        title_zh=f"{first.title_zh}；{second.title_zh}",
        language=first.language if first.language == second.language else "mul",
        source=f"merged of {_named(first)} and {_named(second)}",
        licence=first.licence if first.licence == second.licence else f"{first.licence}; {second.licence}",
        status=_both(first.status, second.status),
        note=_both(first.note, second.note),
        match=first.match if first.match == second.match else None,
        sources=tuple(sorted({**dict(theirs.sources), **dict(ours.sources)}.items())),
        groups=tuple(
            replace(group, names_zh=_names_zh(group, second), terms=tuple(terms))
            for group, terms in groups.values()
        ),
    )
    if first.match != second.match:
        conflicts.append(("", "match", first.match, second.match, None))
    merged, dropped = _without_doubled_variants(merged)
    frame = pl.DataFrame([*conflicts, *dropped], schema=_CONFLICTS, orient="row")
    return Merged(file=checked(merged), conflicts=frame)


def _names_of_two(first: LexiconFile, second: LexiconFile) -> tuple[str, str]:
    """Give each a short name to cite it by: its id, with the version where the ids are the same."""
    names = [_short(first.id), _short(second.id)]
    if names[0] == names[1]:
        names = [_short(f"{file.id}_v{file.version}") for file in (first, second)]
    if names[0] == names[1]:
        raise LexiconError("the two are the same version of one lexicon", got=_named(first))
    return names[0], names[1]


def _short(name: str) -> str:
    letters = "".join(one if VALUE.fullmatch(f"a{one}") else "_" for one in name.lower())
    return letters if VALUE.fullmatch(letters) else f"lexicon_{letters}"


def _named(file: LexiconFile) -> str:
    return f"{file.id} {file.version}"


def _labelled(file: LexiconFile, name: str, names: Sequence[str]) -> LexiconFile:
    """Let each term name the lexicon it was in, and its sources under names that are nobody else's."""
    renamed = {
        old: old if old.startswith(tuple(f"{one}_" for one in names)) else f"{name}_{old}"
        for old, _ in file.sources
    }
    sources = {name: f"{_named(file)}: {file.source}", **{renamed[o]: text for o, text in file.sources}}
    groups = tuple(
        replace(
            group,
            terms=tuple(
                replace(term, source=tuple(sorted({name, *(renamed[one] for one in term.source)})))
                for term in group.terms
            ),
        )
        for group in file.groups
    )
    return replace(file, sources=tuple(sorted(sources.items())), groups=groups)


def _joined(ours: LexiconTerm, theirs: LexiconTerm) -> LexiconTerm:
    seen = {normalise(form) for form in ours.forms}
    variants = [one for one in theirs.forms if normalise(one) not in seen]
    return replace(
        ours,
        variants=tuple(sorted([*ours.variants, *variants])),
        match=ours.match or theirs.match,
        source=tuple(sorted({*ours.source, *theirs.source})),
        added=min(filter(None, (ours.added, theirs.added)), default=None),
        note=_both(ours.note, theirs.note),
        example=ours.example or theirs.example,
        counterexample=ours.counterexample or theirs.counterexample,
        at_least=ours.at_least or theirs.at_least,
    )


def _contradictions(ours: LexiconTerm, theirs: LexiconTerm) -> list[_Conflict]:
    found: list[_Conflict] = []
    for key in TERM_KEYS:
        if key.name in {"match", "example", "counterexample", "at_least"}:
            mine, other = getattr(ours, key.name), getattr(theirs, key.name)
            if mine is not None and other is not None and mine != other:
                found.append((ours.term, key.name, str(mine), str(other), str(mine)))
    return found


def _both(first: str | None, second: str | None) -> str | None:
    return " | ".join(dict.fromkeys(filter(None, (first, second)))) or None


def _names_zh(group: LexiconGroup, second: LexiconFile) -> tuple[str | None, ...]:
    pairs = (zip(one.path, one.names_zh, strict=True) for one in second.groups)
    theirs = dict(itertools.chain.from_iterable(pairs))
    return tuple(name or theirs.get(value) for value, name in zip(group.path, group.names_zh, strict=True))


def _without_doubled_variants(
    file: LexiconFile,
) -> tuple[LexiconFile, list[_Conflict]]:
    """Drop variants that are another term, or another term's variant already."""
    taken = {normalise(term.term): term.term for _, term in file.terms()}
    dropped: list[_Conflict] = []
    groups = []
    for group in file.groups:
        terms = []
        for term in group.terms:
            kept = []
            for variant in term.variants:
                owner = taken.setdefault(normalise(variant), term.term)
                if owner == term.term:
                    kept.append(variant)
                else:
                    dropped.append((term.term, "variants", variant, f"a form of {owner}", None))
            terms.append(replace(term, variants=tuple(kept)))
        groups.append(replace(group, terms=tuple(terms)))
    return replace(file, groups=tuple(groups)), dropped
