"""Lexicons as files: the one way that one is written, so that a change of a term changes its lines only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from patentmetrics.core.errors import OutputError
from patentmetrics.core.files import write_text
from patentmetrics.core.reviewed import YAML_ENDINGS
from patentmetrics.lexicon.format import HEAD_KEYS, LexiconFile, LexiconGroup, LexiconTerm, checked

COMMENT = "# Sorted by code point within each group; quoted, for YAML reads some bare words as other things."

# what YAML takes for the end of a line, or refuses: JSON leaves it as it is
_ESCAPED = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def lexicon_yaml(file: LexiconFile) -> str:
    r"""Write a lexicon as YAML (词典写为 YAML): the same content gives the same bytes.

    Keys have one order, every text is in quotes, terms are sorted by code point, a term of which nothing
    else is said stands on a line of its own. Groups, and the levels, keep their order. Comments of a file
    that was read are lost: what must stay belongs into ``note``.

    Returns
    -------
    str
        Ends with a line break.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup, LexiconTerm
    >>> term = LexiconTerm(term="5G", variants=("第五代移动通信",), at_least=3)
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> file = LexiconFile(**head, groups=(LexiconGroup(path=(), names_zh=(), terms=(term,)),))
    >>> print("\n".join(lexicon_yaml(file).splitlines()[-7:]))
    levels: []
    groups:
      - terms:
          - term: "5G"
            variants:
              - "第五代移动通信"
            at_least: 3
    """
    return "\n".join(_lines(checked(file))) + "\n"


def write_lexicon(file: LexiconFile, path: Path | str) -> None:
    """Write a lexicon to a file (写出词典), whole or not at all; see `lexicon_yaml`.

    Raises
    ------
    OutputError
        The name does not end in .yml, or it cannot be written.
    LexiconError
        The lexicon contradicts itself, see `patentmetrics.lexicon.format.checked`.
    """
    path = Path(path)
    if path.suffix not in YAML_ENDINGS:
        raise OutputError("a lexicon is written to a .yml file", where=str(path), allowed=YAML_ENDINGS)
    write_text(path, lexicon_yaml(file))


def _lines(file: LexiconFile) -> Iterator[str]:
    yield COMMENT
    for key in HEAD_KEYS:
        value = getattr(file, key.name)
        if key.kind in {"text", "rule"} and value is not None:
            yield f"{key.name}: {_quoted(value)}"
    if file.sources:
        yield "sources:"
        yield from (f"  {name}: {_quoted(citation)}" for name, citation in file.sources)
    yield "levels:" if file.levels else "levels: []"
    yield from (f"  - {level}" for level in file.levels)
    yield "groups:"
    for group in file.groups:
        yield from _group(group, file.levels)


def _group(group: LexiconGroup, levels: Sequence[str]) -> Iterator[str]:
    lines = [f"{level}: {value}" for level, value in zip(levels, group.path, strict=True)]
    for level, name in zip(levels, group.names_zh, strict=True):
        if name is not None:
            lines.append(f"{level}_zh: {_quoted(name)}")
    lines.append("terms:")
    yield f"  - {lines[0]}"
    yield from (f"    {line}" for line in lines[1:])
    for term in group.terms:
        first, *others = _term(term)
        yield f"      - {first}"
        yield from (f"        {line}" for line in others)


def _term(term: LexiconTerm) -> list[str]:
    lines = [f"term: {_quoted(term.term)}"]
    if term.variants:
        lines += ["variants:", *(f"  - {_quoted(one)}" for one in sorted(term.variants))]
    if term.match is not None:
        lines.append(f"match: {_quoted(term.match)}")
    if len(term.source) == 1:
        lines.append(f"source: {_quoted(term.source[0])}")
    elif term.source:
        lines += ["source:", *(f"  - {_quoted(one)}" for one in sorted(term.source))]
    for name in ("added", "note", "example", "counterexample"):
        value = getattr(term, name)
        if value is not None:
            lines.append(f"{name}: {_quoted(value)}")
    if term.at_least is not None:
        lines.append(f"at_least: {term.at_least}")
    return lines if len(lines) > 1 else [_quoted(term.term)]


def _quoted(text: str) -> str:
    """Quote as JSON does, which YAML reads, but for the characters that only YAML minds."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
