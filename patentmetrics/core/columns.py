"""The registry of columns: every column that an output can hold, described once.

Validation, the labels of tables and plots, and the codebook (docs/codebook.md) come from here. A name
that depends on a window is registered with ``{window}``, e.g. ``forward_similarity_{window}``; one that
depends on a group of a lexicon with ``{group}``; one that is made from any other with ``{column}``, e.g.
``growth_{column}``.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from patentmetrics.core.errors import ColumnError, near_names
from patentmetrics.core.registered import COLUMNS
from patentmetrics.core.registered_column import Column

_BLANKS = {
    "{window}": r"(?P<window>\d+)",
    "{group}": "(?P<group>[a-z][a-z0-9_]*)",
    "{column}": "(?P<column>.+)",
}


def column(name: str) -> Column:
    """Look a column up; a name with a window, a group or another column is filled in.

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
        match = re.fullmatch(_pattern(template), name) if "{" in template else None
        if match:
            return _filled(known, name, match.groupdict())
    raise ColumnError("the column is not registered", got=name, hint=near_names(name, COLUMNS))


@functools.cache
def _pattern(template: str) -> str:
    pattern = re.escape(template)
    for blank, found in _BLANKS.items():
        pattern = pattern.replace(re.escape(blank), found)
    return pattern


def _filled(known: Column, name: str, found: dict[str, str]) -> Column:
    """Fill the blanks in; another column is called by its label, and in the formula by its name."""
    texts = {part: getattr(known, part) for part in ("unit", "formula", "label_en", "label_zh")}
    inner = found.get("column")
    if inner is not None:
        named = {"label_en": label(inner), "label_zh": label(inner, language="zh"), "formula": inner}
        named["unit"] = _unit(inner)
        texts = {part: text.replace("{column}", named[part]) for part, text in texts.items()}
    for blank in ("window", "group"):
        if blank in found:
            texts = {part: text.replace(f"{{{blank}}}", found[blank]) for part, text in texts.items()}
    return dataclasses.replace(known, name=name, **texts)


def _unit(name: str) -> str:
    try:
        return column(name).unit
    except ColumnError:
        return ""


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
