"""Concordances as files: the one way that a table is written, so that the same table gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from patentmetrics.classes.patterns import interval

_LISTS = ("patterns", "secondary", "excluded", "keywords")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a concordance, before it is written (对照表条目).

    Parameters
    ----------
    id : str
        Unique in the table.
    levels : tuple of str
        Its path, outermost first.
    patterns, secondary, excluded : tuple of str
        In standard form, see `patentmetrics.classes.patterns`.
    keywords : tuple of str
        As printed.
    note : str
        What the table says beside.
    """

    id: str
    levels: tuple[str, ...]
    patterns: tuple[str, ...]
    secondary: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    note: str = ""


def sorted_patterns(patterns: Iterable[str]) -> list[str]:
    """Sort standard patterns as the symbols stand that they cover, the narrower first; each once.

    Examples
    --------
    >>> sorted_patterns(["G06F17/*", "G06F3/10", "G06F3/1*", "G06", "G06F3/10"])
    ['G06', 'G06F3/1*', 'G06F3/10', 'G06F17/*']
    """
    return sorted(set(patterns), key=interval)


def concordance_text(
    header: Mapping[str, str],
    levels: Sequence[str],
    entries: Sequence[Entry],
    *,
    levels_zh: Sequence[str] = (),
) -> str:
    """Write a concordance in the format of ``lexicons/README.md`` (对照表文件).

    Parameters
    ----------
    header : mapping of str to str
        The keys of the head, in the order in which they are to stand.
    levels, levels_zh : sequence of str
        Names of the levels, outermost first.
    entries : sequence of Entry
        In the order of the table.

    Examples
    --------
    >>> entry = Entry(id="1", levels=("Cells",), patterns=("H02S", "H01L31/*"))
    >>> print(concordance_text({"id": "mine"}, ["field"], [entry]))
    id: "mine"
    levels:
      - field
    entries:
      - id: "1"
        field: "Cells"
        patterns:
          - "H01L31/*"
          - "H02S"
    <BLANKLINE>
    """
    lines = [f"{key}: {_quoted(value)}" for key, value in header.items()]
    lines += ["levels:", *(f"  - {level}" for level in levels)]
    if levels_zh:
        lines += ["levels_zh:", *(f"  - {_quoted(level)}" for level in levels_zh)]
    lines.append("entries:")
    for entry in entries:
        lines.append(f"  - id: {_quoted(entry.id)}")
        lines += [f"    {level}: {_quoted(value)}" for level, value in zip(levels, entry.levels, strict=True)]
        for name in _LISTS:
            values = getattr(entry, name)
            if values:
                ordered = values if name == "keywords" else sorted_patterns(values)
                lines += [f"    {name}:", *(f"      - {_quoted(one)}" for one in ordered)]
        if entry.note:
            lines.append(f"    note: {_quoted(entry.note)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # a string of JSON is one of YAML
    return json.dumps(text, ensure_ascii=False)
