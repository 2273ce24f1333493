"""Figures of a lexicon's coverage (词典覆盖度图): hits, heat map, without one term, under each rule."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.provenance import is_simulated
from patentmetrics.lexicon.coverage import Coverage
from patentmetrics.lexicon.rules import RULES
from patentmetrics.report.canvas import count_ticks, drawing, height_of_rows, legend_below, name_rows
from patentmetrics.report.coverage import group_named, unit_named, units_named
from patentmetrics.report.coverage_wording import rule_named, word
from patentmetrics.report.fonts import BLUE, GREY, INK, LIGHT, ORANGE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLUMNS = 40
LABELLED = 3


def plot_terms(coverage: Coverage, *, top: int = 30, language: Language = "en") -> Figure:
    """Draw the hits of the terms of the variable as a Pareto chart (帕累托图), the largest on top.

    The line is their cumulative share; the dashed line marks the share that ``most`` is about.

    Raises
    ------
    DataError
        No term of the variable has a hit.
    """
    found = coverage.terms.filter(pl.col("share") > 0)
    if found.is_empty():
        raise DataError("there is no hit to draw", where="coverage")
    rows = found.head(top)
    places = range(rows.height)
    amount = (rows["share"] * coverage.concentration["amount"][0]).round(0)
    of_characters = coverage.variable == "share_of_characters"
    with drawing(height=height_of_rows(rows.height) + 0.5) as figure:
        axes = figure.subplots()
        axes.barh(places, amount, height=0.68, color=BLUE)
        name_rows(axes, rows["term"].to_list(), at_most=30)
        axis = word("axis_characters" if of_characters else "axis_hits", language)
        axes.set_xlabel(_extent(axis, rows.height, found.height, language), linespacing=1.4)
        count_ticks(axes)
        above = axes.twiny()
        above.plot(100 * rows["cumulative_share"], places, "o-", color=ORANGE, markersize=2.6, linewidth=1.2)
        above.axvline(100 * coverage.most, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        above.set_xlim(0, 100)
        above.spines["top"].set_visible(True)
        above.spines["top"].set_color(ORANGE)
        above.spines["left"].set_visible(False)
        above.set_xlabel(word("axis_cumulative", language), color=ORANGE)
        above.tick_params(axis="x", colors=ORANGE, labelcolor=ORANGE)
        figure.suptitle(_title("figure_terms", coverage, language), x=0.012, ha="left", fontsize=10.5)
    return figure


def plot_heat(
    coverage: Coverage,
    *,
    by: Literal["year", "place"] = "year",
    top: int = 30,
    language: Language = "en",
) -> Figure:
    """Draw a heat map (热力图) of the terms with the most hits by year or by place.

    By year the shade is hits per document with text, by place hits. Of places the 40 with the most hits
    stand there. Grey is not known: no document with text. Years without documents are absent.

    Raises
    ------
    SettingError
        ``by`` is neither.
    DataError
        There is no hit, or no year or place.
    """
    check_choice(by, ("year", "place"), argument="by")
    terms = coverage.terms.filter(pl.col("hits") > 0).sort(["hits", "term"], descending=[True, False])
    cells, columns, everything = (_by_year if by == "year" else _by_place)(coverage)
    if terms.is_empty() or not columns:
        raise DataError(f"there is no hit by {by} to draw", where="coverage")
    shown = terms.head(top)["term"].to_list()
    grid = np.array([[cells.get((term, column), 0.0) for column in columns] for term in shown])
    with drawing(
        width=max(5.2, min(8.6, 2.4 + 0.17 * len(columns))), height=height_of_rows(len(shown)) + 0.4
    ) as figure:
        from matplotlib.colors import LinearSegmentedColormap, PowerNorm

        colours = LinearSegmentedColormap.from_list(
            "hits", ["#FFFFFF", "#9CC9E6", BLUE, "#00273F"]
        ).with_extremes(bad=LIGHT)
        axes = figure.subplots()
        image = axes.imshow(
            grid, aspect="auto", interpolation="nearest", cmap=colours, norm=PowerNorm(0.5, vmin=0)
        )
        name_rows(axes, shown, at_most=30)
        names = [drawable(str(one)) for one in columns]
        upright = by == "place" or len(names) > 12
        axes.set_xticks(range(len(names)), names, rotation=90 if upright else 0, fontsize=7.5)
        axes.tick_params(axis="x", length=0)
        axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(shown) + 1) - 0.5, minor=True)
        axes.grid(visible=True, which="minor", color="white", linewidth=0.8)
        axes.tick_params(which="minor", length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        below = [
            word(f"first_{one}", language, shown=shown_of, all=all_of)
            for one, shown_of, all_of in (
                ("terms", len(shown), terms.height),
                (f"{by}s", len(columns), everything),
            )
            if shown_of < all_of
        ]
        axes.set_xlabel(word("and", language).join(below))
        bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=28, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label(word("axis_per_document" if by == "year" else "axis_hits", language))
        axes.set_title(_title(f"figure_{by}s", coverage, language))
    return figure


def plot_leave_one_out(
    coverage: Coverage,
    *,
    of: Literal["term", "group"] = "term",
    top: int = 20,
    language: Language = "en",
) -> Figure:
    """Draw how ranks change with one term, or one group of a level, left out (剔除检验图).

    A point is the mean change of rank, a ring the largest, beside it whose it is, with its ranks before
    and after. The largest mean change stands on top; terms that change no rank are not drawn.

    Raises
    ------
    SettingError
        ``of`` is neither.
    DataError
        Nothing that is left out changes a rank.
    """
    check_choice(of, ("term", "group"), argument="of")
    every = coverage.without_terms if of == "term" else coverage.without_groups
    found = every.filter(pl.col("largest_rank_change") > 0)
    if found.is_empty():
        raise DataError("no change of rank to draw", where="coverage")
    rows = found.head(top)
    if of == "term":
        names = rows["term"].to_list()
    else:
        names = [
            group_named(coverage, level, group, language)
            for level, group in rows.select("level", "group").rows()
        ]
    places = np.arange(rows.height)
    largest = rows["largest_rank_change"].to_numpy()
    kind = "largest" if coverage.unit[0] == "place" else "largest_document"
    with drawing(width=7.0, height=height_of_rows(rows.height) + 0.25) as figure:
        axes = figure.subplots()
        axes.hlines(places, 0, largest, color=LIGHT, linewidth=1.0, zorder=1)
        axes.plot(
            largest,
            places,
            "o",
            color=ORANGE,
            markerfacecolor="white",
            markersize=5.5,
            label=word(kind, language),
        )
        axes.plot(
            rows["mean_rank_change"], places, "o", color=BLUE, markersize=5.5, label=word("mean", language)
        )
        for place, row in zip(places, rows.iter_rows(named=True), strict=True):
            ranks = {"before": f"{row['rank']:g}", "after": f"{row['rank_without']:g}"}
            text = word("moved", language, name=_unit(coverage, row), **ranks)
            axes.annotate(
                text, (row["largest_rank_change"], place), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=7.5, color=GREY,
            )  # fmt: skip
        name_rows(axes, names, at_most=30)
        axes.set_xlim(0, 1.42 * largest.max())
        axis = word("axis_rank", language, units=units_named(coverage, language))
        axes.set_xlabel(_extent(axis, rows.height, every.height, language), linespacing=1.4)
        axes.set_title(_title(f"figure_without_{of}s", coverage, language))
        legend_below(figure, axes)
    return figure


def plot_rules(coverage: Coverage, *, language: Language = "en") -> Figure:
    """Draw the variable of each unit under each two counting rules (计数规则散点图), with the 45° line.

    The three units that lie farthest from the line are named.

    Raises
    ------
    DataError
        No unit has a value.
    """
    share = coverage.variable.startswith("share")
    units = coverage.rule_units.with_columns(pl.col(RULES) * (100 if share else 1))
    if units.is_empty():
        raise DataError("no unit has a value to draw", where="coverage")
    whole = coverage.variable.endswith("_count") and coverage.variable != "log_count"
    variable = label(coverage.variable, language=language)
    if share:
        variable += "（%）" if language == "zh" else " (%)"
    highest = float(units.select(RULES).to_numpy().max())
    from matplotlib.ticker import MaxNLocator

    with drawing(width=8.2, height=3.05) as figure:
        panels = figure.subplots(1, 3)
        for axes, (one, other), pair in zip(
            panels, combinations(RULES, 2), coverage.rules.iter_rows(named=True), strict=True
        ):
            axes.set_xlim(-0.03 * highest, 1.06 * highest or 1)
            axes.set_ylim(-0.03 * highest, 1.06 * highest or 1)
            axes.set_box_aspect(1)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(nbins=5, integer=whole))
            axes.axline((0, 0), slope=1, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
            axes.plot(
                units[one], units[other], "o", color=BLUE, markersize=3.6, alpha=0.55, markeredgewidth=0
            )
            _name_outliers(axes, units, coverage, one, other)
            axes.set_xlabel(rule_named(one, language))
            axes.set_ylabel(rule_named(other, language))
            value = shown_number(pair["spearman"], digits=3)
            axes.set_title(word("spearman_is", language, value=value), fontsize=9, color=INK)
        figure.suptitle(
            _title("figure_rules", coverage, language, variable=drawable(variable)),
            x=0.012,
            ha="left",
            fontsize=10.5,
        )
    return figure


def _name_outliers(axes: Axes, units: pl.DataFrame, coverage: Coverage, one: str, other: str) -> None:
    """Name the points farthest from the line, each on its side of it, no name upon another."""
    apart = (pl.col(one) - pl.col(other)).abs()
    rows = units.filter(apart > 0).sort(apart, descending=True, maintain_order=True).head(LABELLED)
    low, high = axes.get_ylim()
    gap = 0.085 * (high - low)
    for side in (-1, 1):  # below the line, and above it
        here = rows.filter((pl.col(other) - pl.col(one)).sign() == side).sort(other, descending=side < 0)
        before = -side * np.inf
        for row in here.iter_rows(named=True):
            y = row[other] + side * 0.6 * gap
            before = min(y, before - gap) if side < 0 else max(y, before + gap)
            axes.annotate(
                _unit(coverage, row), (row[one], row[other]), xytext=(row[one] - side * 0.4 * gap, before),
                ha="left" if side < 0 else "right", va="center", fontsize=7, color=GREY,
                arrowprops={"arrowstyle": "-", "color": LIGHT, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 2,
                            "relpos": (0 if side < 0 else 1, 0.5)},
            )  # fmt: skip


def _unit(coverage: Coverage, row: Mapping[str, object], *, at_most: int = 18) -> str:
    name = unit_named(coverage, row)
    return drawable(name if len(name) <= at_most else name[: at_most - 1] + "…")


def _by_year(coverage: Coverage) -> tuple[dict[tuple[str, object], float], list[object], int]:
    rows = coverage.term_years.select("term", "year", pl.col("hits_per_document").fill_null(np.nan))
    years = rows["year"].unique().sort().to_list()
    return {(term, year): value for term, year, value in rows.rows()}, years, len(years)


def _by_place(coverage: Coverage) -> tuple[dict[tuple[str, object], float], list[object], int]:
    places = coverage.places.drop_nulls("place").sort(
        "hits", descending=True, nulls_last=True, maintain_order=True
    )
    names = places.head(MOST_COLUMNS)
    cells = {
        (term, place): float(hits)
        for term, place, hits in coverage.term_places.select("term", "place", "hits").rows()
    }
    unknown = names.filter(pl.col("hits").is_null())["place"]
    cells |= {(term, place): np.nan for term in coverage.terms["term"] for place in unknown}
    return cells, names["place"].to_list(), places.height


def _title(key: str, coverage: Coverage, language: Language, **parts: str) -> str:
    return marked(word(key, language, **parts), language, simulated=is_simulated(coverage.made_by))


def _extent(axis: str, shown: int, everything: int, language: Language) -> str:
    return axis if shown == everything else f"{axis}\n{say('of_all', language, shown=shown, all=everything)}"
