"""The codebook of one panel (变量说明): of the columns that it has, and of no others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from patentmetrics.core.columns import column, label
from patentmetrics.core.errors import ColumnError
from patentmetrics.core.types import Panel

CODEBOOK: dict[str, pl.DataType | type[pl.DataType]] = {
    "column": pl.String,
    "type": pl.String,
    "unit": pl.String,
    "label_en": pl.String,
    "label_zh": pl.String,
    "formula": pl.String,
    "source": pl.String,
    "values": pl.Int64,
    "nulls": pl.Int64,
    "smallest": pl.String,
    "largest": pl.String,
    "filled": pl.String,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _About:
    """What is known of a column."""

    label_en: str
    label_zh: str
    unit: str
    formula: str
    source: str


def panel_codebook(
    panel: Panel, *, labels: Mapping[str, str] | None = None, units: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Describe each column of a panel: label, unit, formula, source, values, nulls, what was filled.

    Parameters
    ----------
    panel : Panel
        The panel.
    labels, units : mapping, optional
        Labels and units of columns, before those of the column registry and, for units, of the yearbook
        that the panel was read from.

    Returns
    -------
    polars.DataFrame
        One row a column, in their order: ``column, type, unit, label_en, label_zh, formula, source, values,
        nulls, smallest, largest`` (of numbers and dates), ``filled`` (cells by method, from
        ``{name}_filled``).

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2000], "patents": [3]})
    >>> panel_codebook(Panel(frame=frame)).select("column", "label_zh", "unit", "nulls").row(2)
    ('patents', '专利数', 'patents', 0)
    """
    frame = panel.frame
    found_units = {**units_of(panel.made_by), **(units or {})}
    rows = []
    for name in frame.columns:
        values = frame[name]
        values = values.fill_nan(None) if values.dtype.is_float() else values
        about = _about(name, labels or {}, found_units)
        ordered = values.dtype.is_numeric() or values.dtype.is_temporal()
        low, high = (values.min(), values.max()) if ordered else (None, None)
        rows.append(
            (
                name,
                str(values.dtype),
                about.unit,
                about.label_en,
                about.label_zh,
                about.formula,
                about.source,
                values.len() - values.null_count(),
                values.null_count(),
                _shown(low),
                _shown(high),
                _filled(frame, name),
            )
        )
    return pl.DataFrame(rows, schema=CODEBOOK, orient="row")


def column_labels(
    panel: Panel, *, language: str = "zh", labels: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give a label for each column: the caller's, else the registry's, else the column's own name.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2000], "gdp": [3.0]})
    >>> column_labels(Panel(frame=frame), labels={"gdp": "地区生产总值"})
    {'place': '地区', 'year': '年份', 'gdp': '地区生产总值'}
    """
    return {name: (labels or {}).get(name) or label(name, language=language) for name in panel.frame.columns}


def units_of(made_by: object) -> dict[str, str]:
    """Find the units of variables in a provenance, at any depth; the outermost wins.

    Examples
    --------
    >>> units_of({"inputs": {"base": {"units": {"人口": "万人"}}}})
    {'人口': '万人'}
    """
    if not isinstance(made_by, dict):
        return {}
    found: dict[str, str] = {}
    for key in sorted(made_by, key=str):
        if key != "units":
            found |= units_of(made_by[key])
    units = made_by.get("units")
    if isinstance(units, dict):
        found |= {str(name): str(unit) for name, unit in units.items()}
    return found


def codebook_markdown(codebook: pl.DataFrame, *, title: str, notes: tuple[str, ...] = ()) -> str:
    """Write a panel's codebook as Markdown.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2000]})
    >>> print(codebook_markdown(panel_codebook(Panel(frame=frame)), title="a.csv").splitlines()[0])
    # Codebook of a.csv
    """
    names = codebook.columns
    lines = [f"# Codebook of {title}", "", *(f"- {_cell(note)}" for note in notes)]
    lines += [""] if notes else []
    lines += ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in codebook.rows()]
    return "\n".join(lines) + "\n"


def _about(name: str, labels: Mapping[str, str], units: Mapping[str, str]) -> _About:
    own = labels.get(name)
    try:
        known = column(name)
    except ColumnError:
        return _About(
            label_en=own or name, label_zh=own or name, unit=units.get(name, ""), formula="", source=""
        )
    return _About(
        label_en=own or known.label_en,
        label_zh=own or known.label_zh,
        unit=units.get(name) or known.unit,
        formula=known.formula,
        source=known.source,
    )


def _filled(frame: pl.DataFrame, name: str) -> str:
    marks = f"{name}_filled"
    if marks not in frame.columns:
        return ""
    counted = frame[marks].drop_nulls().cast(pl.String).value_counts().sort(marks)
    return ", ".join(f"{n} {method}" for method, n in counted.rows()) or "0"


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
