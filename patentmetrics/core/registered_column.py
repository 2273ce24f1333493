"""A column of an output, as the registry and the codebook know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: name, type, unit, how it is computed, whose measure it is, and its labels."""

    name: str
    dtype: str
    unit: str
    formula: str
    source: str
    label_en: str
    label_zh: str
    table: str


def table_of(table: str, rows: list[tuple[str, str, str, str, str, str, str]]) -> list[Column]:
    """Make columns of rows of name, type, unit, formula, source, English label, Chinese label."""
    return [
        Column(
            name=name,
            dtype=dtype,
            unit=unit,
            formula=formula,
            source=source,
            label_en=label_en,
            label_zh=label_zh,
            table=table,
        )
        for name, dtype, unit, formula, source, label_en, label_zh in rows
    ]
