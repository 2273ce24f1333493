"""The registry of columns: every column that an output can hold, described once.

Validation, the labels of tables and plots, and the codebook (docs/codebook.md) come from here. A name
that depends on a window is registered with ``{window}``, e.g. ``forward_similarity_{window}``; one that
depends on a group of a lexicon with ``{group}``.
"""

from __future__ import annotations

import dataclasses
import re

from patentmetrics.core.errors import ColumnError, near_names
from patentmetrics.core.registered import COLUMNS
from patentmetrics.core.registered_column import Column

_BLANKS = {"{window}": r"(\d+)", "{group}": "([a-z][a-z0-9_]*)"}


def column(name: str) -> Column:
    """Look a column up; a name with a window or a group is filled in.

    Raises
    ------
    ColumnError
        The name is not registered.

    Examples
    --------
    >>> column("forward_similarity_5").label_zh
    '前向相似度（5年）'
    """
    if name in COLUMNS:
        return COLUMNS[name]
    for template, known in COLUMNS.items():
        before, blank, after = _split(template)
        match = blank and re.fullmatch(re.escape(before) + _BLANKS[blank] + re.escape(after), name)
        if match:
            filled = {
                part: getattr(known, part).replace(blank, match[1])
                for part in ("formula", "label_en", "label_zh")
            }
            return dataclasses.replace(known, name=name, **filled)
    raise ColumnError("the column is not registered", got=name, hint=near_names(name, COLUMNS))


def _split(template: str) -> tuple[str, str, str]:
    blank = next((one for one in _BLANKS if one in template), "")
    before, _, after = template.partition(blank) if blank else (template, "", "")
    return before, blank, after


def label(name: str, *, language: str = "en") -> str:
    """Give the label of a column, or its name where it is not registered (a user's own variable).

    Examples
    --------
    >>> label("patents", language="zh"), label("gdp_per_head")
    ('专利数', 'gdp_per_head')
    """
    try:
        known = column(name)
    except ColumnError:
        return name
    return known.label_zh if language == "zh" else known.label_en


def codebook() -> str:
    """Write all registered columns as Markdown tables.

    Examples
    --------
    >>> codebook().splitlines()[0]
    '# Codebook'
    """
    lines = ["# Codebook", "", "Made by `patentmetrics codebook` from the column registry.", ""]
    for table in dict.fromkeys(one.table for one in COLUMNS.values()):
        lines += [
            f"## {table}",
            "",
            "| column | type | unit | how it is computed | source | label | 中文标签 |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| `{one.name}` | {one.dtype} | {one.unit} | {one.formula} | {one.source} "
            f"| {one.label_en} | {one.label_zh} |"
            for one in COLUMNS.values()
            if one.table == table
        ]
        lines.append("")
    return "\n".join(lines)
