"""Figures of counts: horizontal bars by place and technology, and the counting rules side by side.

Missing values are gaps or dashes, never zeros; simulated data are named in the title.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from patentmetrics.core.columns import column, label
from patentmetrics.core.errors import ColumnError, DataError
from patentmetrics.core.types import require_columns, require_unique
from patentmetrics.report.canvas import count_ticks, drawing, height_of_rows, legend_below, name_rows
from patentmetrics.report.fonts import BLUE, GREEN, GREY, ORANGE, drawable
from patentmetrics.report.numbers import MISSING, shown_number
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RULES = ("substring", "longest", "token")
# mark, colour, size, filling of each rule; a hollow ring, so that equal counts stay visible inside it
MARKS = (("o", BLUE, 7.5, "none"), ("D", GREEN, 3.6, GREEN), ("x", ORANGE, 6.0, ORANGE))


def plot_keyword_frequencies(
    documents: pl.DataFrame,
    *,
    rule: str,
    measure: str = "share_of_tokens",
    year: int | None = None,
    top: int = 30,
    language: Language = "en",
    simulated: bool = False,
) -> Figure:
    """Draw keyword frequencies by place (各地区关键词词频): one bar a place, the largest on top.

    A place without a value has no bar but a dash; it is not zero.

    Parameters
    ----------
    documents : polars.DataFrame
        ``place, year, rule`` and the measure; one row for each place, year and rule.
    rule : str
        The counting rule.
    measure : str
        Any measure of the frame; shares are drawn in percent.
    year : int, optional
        The last year of the frame by default; the title names it.
    top : int
        Draw so many places.

    Raises
    ------
    ColumnError, DataError
        A column is missing; no row of the rule and year; a place occurs twice.
    """
    require_columns(documents, ["place", "year", "rule", measure], where="documents")
    rows = documents.filter(pl.col("rule") == rule)
    chosen = max(rows["year"].drop_nulls(), default=0) if year is None else year
    rows = rows.filter(pl.col("year") == chosen)
    if rows.is_empty():
        raise DataError("no document has this rule and year", where="documents", got=f"{rule}, {year}")
    require_unique(rows, ["place"], where=f"documents of {chosen}, {rule}")
    title = say("keywords", language, year=chosen, rule=_rule(rule, language))
    unit = _unit(measure)
    scale = 100.0 if unit == "share" else 1.0
    axis = label(measure, language=language)
    if unit == "share":
        axis += "（%）" if language == "zh" else " (%)"
    elif unit and language == "en":
        axis += f" ({unit})"  # the registry has no Chinese words for units
    digits = 0 if rows[measure].dtype.is_integer() else 2
    rows = rows.select(
        pl.col("place").alias("name"),
        (pl.col(measure).cast(pl.Float64).fill_nan(None) * scale).alias("value"),
    )
    return _bars(
        rows, title=title, axis=axis, color=BLUE, top=top, language=language, simulated=simulated,
        digits=digits,
    )  # fmt: skip


def plot_technologies(
    shares: pl.DataFrame, *, top: int = 20, language: Language = "en", simulated: bool = False
) -> Figure:
    """Draw the number of patents of each technology field (各技术领域专利数), the largest on top.

    Parameters
    ----------
    shares : polars.DataFrame
        ``field, count``; one row a field.
    top : int
        Draw so many fields.

    Raises
    ------
    ColumnError, DataError
        A column is missing; no row; a field occurs twice.
    """
    require_columns(shares, ["field", "count"], where="technologies")
    require_unique(shares, ["field"], where="technologies")
    if shares.is_empty():
        raise DataError("there is no technology to draw", where="technologies")
    whole = shares["count"].dtype.is_integer()
    rows = shares.select(pl.col("field").alias("name"), pl.col("count").cast(pl.Float64).alias("value"))
    return _bars(
        rows, title=say("technologies", language), axis=say("patents", language), color=GREEN, top=top,
        language=language, simulated=simulated, digits=0 if whole else 1,
    )  # fmt: skip


def plot_rule_divergence(
    divergence: pl.DataFrame, *, top: int = 20, language: Language = "en", simulated: bool = False
) -> Figure:
    """Draw the hits of each term under the three counting rules (计数规则差异), side by side on one line.

    Terms with the most hits as substrings stand on top; the longer the line, the more the rule decides.

    Parameters
    ----------
    divergence : polars.DataFrame
        ``term, substring, longest, token``: hits; one row a term. Null is not drawn.
    top : int
        Draw so many terms.

    Raises
    ------
    ColumnError, DataError
        A column is missing; no row; a term occurs twice.
    """
    require_columns(divergence, ["term", *RULES], where="divergence")
    require_unique(divergence, ["term"], where="divergence")
    rows = divergence.sort("substring", "term", descending=[True, False], nulls_last=True).head(top)
    if rows.is_empty():
        raise DataError("there is no term to draw", where="divergence")
    values = rows.select(pl.col(RULES).cast(pl.Float64))
    nan = float("nan")
    with drawing(height=height_of_rows(rows.height)) as figure:
        axes = figure.subplots()
        y = range(rows.height)
        low, high = values.min_horizontal().fill_null(nan), values.max_horizontal().fill_null(nan)
        axes.hlines(y, low.to_numpy(), high.to_numpy(), color=GREY, linewidth=1.0, zorder=1)
        for rule, (mark, color, size, face) in zip(RULES, MARKS, strict=True):
            axes.plot(
                values[rule].fill_null(nan).to_numpy(), y, mark, color=color, markersize=size,
                markerfacecolor=face, label=_rule(rule, language),
            )  # fmt: skip
        name_rows(axes, rows["term"].to_list())
        axes.set_xlabel(
            _with_extent(say("hits", language), rows.height, divergence.height, language), linespacing=1.4
        )
        axes.set_title(marked(say("divergence", language), language, simulated=simulated))
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
        count_ticks(axes)
        axes.grid(visible=True, axis="x")
        legend_below(figure, axes)
    return figure


def _bars(
    rows: pl.DataFrame,
    *,
    title: str,
    axis: str,
    color: str,
    top: int,
    language: Language,
    simulated: bool,
    digits: int,
) -> Figure:
    """Draw ``name, value`` as horizontal bars, the largest on top, ties by name."""
    shown = rows.sort("value", "name", descending=[True, False], nulls_last=True).head(top)
    with drawing(height=height_of_rows(shown.height)) as figure:
        axes = figure.subplots()
        values = shown["value"].to_list()
        for place, value in enumerate(values):
            if value is not None:
                axes.barh(place, value, height=0.68, color=color)
            text = MISSING if value is None else shown_number(value, digits=digits)
            axes.annotate(
                text, (value or 0.0, place), xytext=(3, 0), textcoords="offset points", va="center",
                fontsize=8, color=GREY,
            )  # fmt: skip
        name_rows(axes, shown["name"].to_list())
        axes.set_xlabel(_with_extent(drawable(axis), shown.height, rows.height, language), linespacing=1.4)
        if digits == 0:
            count_ticks(axes)
        axes.set_title(marked(drawable(title), language, simulated=simulated))
        axes.margins(x=0.09)
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]) if any((one or 0) < 0 for one in values) else 0)
    return figure


def _with_extent(axis: str, shown: int, everything: int, language: Language) -> str:
    if shown == everything:
        return axis
    return f"{axis}\n{say('of_all', language, shown=shown, all=everything)}"


def _rule(rule: str, language: Language) -> str:
    return say(f"rule_{rule}", language) if rule in RULES else rule


def _unit(measure: str) -> str:
    try:
        return column(measure).unit
    except ColumnError:
        return ""
