"""A lexicon file changed in place (词典文件的最小改动): only the lines of changed terms differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from patentmetrics.core.errors import LexiconError, OutputError
from patentmetrics.core.files import written_whole
from patentmetrics.lexicon.format import LexiconFile, LexiconGroup, LexiconTerm, read_lexicon_file
from patentmetrics.lexicon.write import lexicon_yaml
from patentmetrics.workbench.yaml_lines import Item, Layout, layout_of

_MARK = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class _Edit:
    """Lines to take out, and lines to put in where they stood; ``term`` orders those of one place."""

    first: int
    stop: int
    lines: tuple[str, ...] = ()
    term: str = ""


def edited_yaml(text: str, before: LexiconFile, after: LexiconFile) -> str:
    r"""Change the text of a lexicon file (改动词典文本): comments, order and quoting of the rest stay.

    A new term stands before the first that sorts behind it, in the form of `lexicon_yaml`; a term that moves
    takes its own lines along.

    Parameters
    ----------
    text : str
        Of the file ``before``, without byte order mark.
    before, after : LexiconFile
        They may differ in the version, in sources that are added, and in which terms stand in which group.

    Raises
    ------
    LexiconError
        Terms or sources do not stand on lines of their own.
    OutputError
        The two differ in something else.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> group = LexiconGroup(path=(), names_zh=(), terms=(LexiconTerm(term="a"), LexiconTerm(term="c")))
    >>> before = LexiconFile(**head, groups=(group,))
    >>> added = replace(group, terms=(*group.terms, LexiconTerm(term="b")))
    >>> text = "version: a\nlevels: []\ngroups:\n - terms:\n   - a\n   # of c\n   - c\n"
    >>> print(edited_yaml(text, before, replace(before, groups=(added,))).partition("terms:")[2].rstrip())
    <BLANKLINE>
       - a
       - "b"
       # of c
       - c
    """
    _check_same(before, after)
    layout = layout_of(text)
    edits = [*_version(layout, before, after), *_new_sources(layout, before, after)]
    edits += _terms(layout, before, after)
    lines = list(layout.lines)
    if lines and not lines[-1].endswith(layout.line_end):
        lines[-1] += layout.line_end
    # from the end, so that the places of the rest stay; what goes in at one place, in order
    for edit in sorted(edits, key=lambda one: (one.first, one.stop, one.term), reverse=True):
        lines[edit.first : edit.stop] = [f"{line}{layout.line_end}" for line in edit.lines]
    return "".join(lines)


def save_edited(path: Path, before: LexiconFile, after: LexiconFile) -> None:
    """Write a changed lexicon over its file (保存词典), whole or not at all; see `edited_yaml`.

    What was written is read again before it takes the place of the file: it says exactly ``after``, or
    nothing is written.

    Raises
    ------
    LexiconError, OutputError
        See `edited_yaml`; the file is as it was.
    """
    text = path.read_bytes().decode("utf-8")
    mark = _MARK if text.startswith(_MARK) else ""
    try:
        edited = edited_yaml(text.removeprefix(_MARK), before, after)
    except LexiconError as error:
        raise LexiconError(error.what, where=f"{path}, {error.where}", hint=error.hint) from None
    with written_whole(path) as temporary:
        temporary.write_bytes((mark + edited).encode("utf-8"))
        if read_lexicon_file(temporary) != after:
            raise OutputError(
                "the file cannot be changed line by line without changing what else it says",
                where=str(path),
                hint="bring it into the usual form: `patentmetrics lexicon format FILE` (comments are lost)",
            )


def _check_same(before: LexiconFile, after: LexiconFile) -> None:
    def bare(file: LexiconFile) -> LexiconFile:
        groups = tuple(replace(group, terms=()) for group in file.groups)
        return replace(file, version="", sources=(), groups=groups)

    if bare(before) != bare(after) or not set(before.sources) <= set(after.sources):
        raise OutputError("only terms, added sources and the version are changed line by line")


def _version(layout: Layout, before: LexiconFile, after: LexiconFile) -> Iterator[_Edit]:
    if before.version != after.version:
        number, begin, stop = layout.version
        line = layout.lines[number].rstrip("\r\n")
        quoted = json.dumps(after.version, ensure_ascii=False)
        yield _Edit(first=number, stop=number + 1, lines=(f"{line[:begin]}{quoted}{line[stop:]}",))


def _new_sources(layout: Layout, before: LexiconFile, after: LexiconFile) -> Iterator[_Edit]:
    new = tuple(one for one in after.sources if one not in before.sources)
    if not new:
        return
    written = {name: line.strip() for (name, _), line in zip(new, _source_lines(new), strict=True)}
    if not layout.sources:
        lines = ("sources:", *(f"  {line}" for line in written.values()))
        yield _Edit(first=layout.levels, stop=layout.levels, lines=lines)
        return
    indent = " " * layout.sources[0].indent
    for name, line in written.items():
        place = _place(name, layout.sources, layout)
        yield _Edit(first=place, stop=place, lines=(indent + line,), term=name)


def _terms(layout: Layout, before: LexiconFile, after: LexiconFile) -> Iterator[_Edit]:
    taken: dict[LexiconTerm, tuple[str, ...]] = {}
    kept: list[list[Item]] = []
    for group, changed, items in zip(before.groups, after.groups, layout.groups, strict=True):
        terms = {term.term: term for term in group.terms}
        stays = {term.term for term in changed.terms if terms.get(term.term) == term}
        kept.append([item for item in items if item.name in stays])
        for item in items:
            if item.name not in stays:
                lines = tuple(
                    line.rstrip("\r\n")[item.indent :] for line in layout.lines[item.first : item.stop]
                )
                taken[terms[item.name]] = lines
                yield _Edit(first=item.first, stop=item.stop)
    for changed, items, stay in zip(after.groups, layout.groups, kept, strict=True):
        indent = " " * items[0].indent
        stays = {item.name for item in stay}
        for term in changed.terms:
            if term.term not in stays:
                lines = taken.get(term) or tuple(_term_lines(term))
                place = _place(term.term, tuple(stay) or items[:1], layout)
                yield _Edit(
                    first=place, stop=place, lines=tuple(indent + line for line in lines), term=term.term
                )


def _place(name: str, items: tuple[Item, ...], layout: Layout) -> int:
    """Give the line before which something goes: above the comments of the item that sorts behind it."""
    behind = next((number for number, item in enumerate(items) if item.name > name), None)
    if behind is None:
        return items[-1].stop
    place = items[behind].first
    # what stands above the first item may be about them all
    while behind and layout.lines[place - 1].lstrip().startswith("#"):
        place -= 1
    return place


def _term_lines(term: LexiconTerm) -> list[str]:
    """Write one entry as `lexicon_yaml` does, without its indentation."""
    group = LexiconGroup(path=(), names_zh=(), terms=(term,))
    lines = lexicon_yaml(_small(group, tuple((name, "a") for name in term.source))).splitlines()
    return [line[6:] for line in lines[lines.index("  - terms:") + 1 :]]


def _source_lines(sources: tuple[tuple[str, str], ...]) -> list[str]:
    group = LexiconGroup(path=(), names_zh=(), terms=(LexiconTerm(term="a"),))
    lines = lexicon_yaml(_small(group, sources)).splitlines()
    begin = lines.index("sources:") + 1
    return lines[begin : begin + len(sources)]


def _small(group: LexiconGroup, sources: tuple[tuple[str, str], ...]) -> LexiconFile:
    return LexiconFile(
        id="a", version="a", title_en="a", title_zh="a", language="a", source="a", licence="a",
        sources=sources, groups=(group,),
    )  # fmt: skip
