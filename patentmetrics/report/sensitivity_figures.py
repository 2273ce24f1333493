"""Figures of sensitivity: p-values by hypothesis, errors by cutoff, intervals by bound, effects by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Result, require_columns
from patentmetrics.report.canvas import drawing, legend_below
from patentmetrics.report.fonts import BLUE, GREEN, GREY, LIGHT, ORANGE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.result_frames import frame_of
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#E69F00", GREY)
_DASHED = (0, (4, 3))
_WORDS = {
    "wild": ("Wild cluster bootstrap: {name}", "野聚类自助法：{name}"),
    "value": ("Hypothesised coefficient of {term}", "{term}系数的假设值"),
    "p_value": ("p-value", "p值"),
    "interval": ("{level} % interval: {low} to {high}", "{level}%置信区间：{low}至{high}"),
    "point": ("estimate {value}", "估计值{value}"),
    "null": ("hypothesis {value}: p = {p}", "原假设{value}：p = {p}"),
    "conley": ("Conley standard errors by cutoff: {name}", "不同截断距离的Conley标准误：{name}"),
    "cutoff": ("Cutoff (km)", "截断距离（公里）"),
    "error": ("Standard error", "标准误"),
    "chosen": ("chosen cutoff ({km} km)", "所选截断距离（{km}公里）"),
    "honest": ("Robust to violations of parallel trends: {name}", "平行趋势偏离下的稳健区间：{name}"),
    "relative_magnitude": (
        "Largest step after treatment, in multiples of the largest before (M̄)",
        "处理后最大偏离相对处理前最大偏离的倍数（M̄）",
    ),
    "smoothness": ("Largest change of slope from year to year (M)", "趋势斜率逐年变化的上限（M）"),
    "original": ("parallel trends", "平行趋势成立"),
    "robust": ("violations up to the bound", "允许偏离至该上限"),
    "breakdown": ("zero enters at {value}", "临界值{value}：区间开始包含零"),
    "open": ("open end", "无界"),
    "paths": ("Effect by path: {name}", "各路径效应：{name}"),
    "total": ("Total effect", "总效应"),
    "direct": ("Direct effect", "直接效应"),
    "via": ("Through {name}", "经由{name}"),
    "share": ("{share} %", "{share}%"),
    "shares": ("Figures on the right: share of the total effect", "右侧数字：占总效应的比重"),
}  # fmt: skip


def plot_wild(
    result: Result, *, language: Language = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw the p-value of a wild cluster bootstrap by hypothesis (野聚类自助法p值曲线).

    The interval is where the curve lies above the dashed line.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.wild.fit_wild`.
    language : {"en", "zh"}
        Of the words, and of the labels from the column registry.
    labels : mapping, optional
        Labels of variables, before those of the registry.

    Raises
    ------
    DataError
        The result is of another model.
    """
    curve = frame_of(result, "p_values", ["value", "p_value"])
    row = result.estimates.row(0, named=True)
    alpha = 1 - _level(result)
    with drawing() as figure:
        axes = figure.subplots()
        axes.plot(curve["value"].to_numpy(), curve["p_value"].to_numpy(), color=BLUE)
        axes.axhline(alpha, color=GREY, linewidth=0.8, linestyle=_DASHED)
        low, high = row["conf_low"], row["conf_high"]
        said = {
            "level": shown_number(100 * (1 - alpha), digits=0),
            "low": "−∞" if low is None else shown_number(low, digits=3),
            "high": "∞" if high is None else shown_number(high, digits=3),
        }
        axes.hlines(
            alpha, curve["value"][0] if low is None else low, curve["value"][-1] if high is None else high,
            color=ORANGE, linewidth=2.4,
            label=_word("interval", language, **said),
        )  # fmt: skip
        axes.axvline(
            row["estimate"], color=BLUE, linewidth=0.8,
            label=_word("point", language, value=shown_number(row["estimate"], digits=3)),
        )  # fmt: skip
        null = result.statistics["null"]
        told = _word("null", language, value=f"{null:g}", p=shown_number(row["p_value"], digits=4))
        axes.axvline(float(null or 0.0), color=GREY, linewidth=0.8, linestyle=_DASHED, label=told)
        if row["term"] in result.truth:
            axes.axvline(result.truth[row["term"]], color=GREEN, linewidth=1.2, label=say("truth", language))
        axes.set_ylim(0, 1.03)
        axes.set_xlim(curve["value"][0], curve["value"][-1])
        axes.set_xlabel(_word("value", language, term=_label(row["term"], language, labels)))
        axes.set_ylabel(_word("p_value", language))
        _title(axes, "wild", result, language, labels)
        legend_below(figure, axes)
    return figure


def plot_conley(
    result: Result, *, language: Language = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw Conley standard errors by cutoff, a line a regressor (不同截断距离的标准误).

    A cutoff whose variance came out negative is a gap.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.conley.fit_conley`, with further cutoffs.
    language, labels
        As for `plot_wild`.

    Raises
    ------
    DataError
        The result is of another model, or has one cutoff only.
    """
    table = frame_of(result, "cutoffs", ["term", "cutoff_km", "std_error"])
    if table["cutoff_km"].n_unique() < 2:
        raise DataError(
            "there is one cutoff only", where=f"cutoffs of {result.name}", hint="set further_cutoffs_km"
        )
    with drawing() as figure:
        axes = figure.subplots()
        for place, term in enumerate(result.estimates["term"]):
            rows = table.filter(pl.col("term") == term).sort("cutoff_km")
            axes.plot(
                rows["cutoff_km"].to_numpy(), rows["std_error"].fill_null(float("nan")).to_numpy(), "o-",
                color=_COLOURS[place % len(_COLOURS)], label=_label(term, language, labels),
            )  # fmt: skip
        chosen = float(result.statistics["cutoff_km"] or 0.0)
        axes.axvline(
            chosen, color=GREY, linewidth=0.8, linestyle=_DASHED,
            label=_word("chosen", language, km=f"{chosen:,g}"),
        )  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.set_xlabel(_word("cutoff", language))
        axes.set_ylabel(_word("error", language))
        _title(axes, "conley", result, language, labels)
        legend_below(figure, axes)
    return figure


def plot_honest(
    result: Result, *, language: Language = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw the intervals of Honest DiD by the bound on violations of parallel trends (平行趋势敏感性图).

    The first interval is that under parallel trends. An end without bound is an arrow.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.honest.fit_honest`.
    language, labels
        As for `plot_wild`.

    Raises
    ------
    ColumnError, DataError
        The result is of another model, or no interval has an end.
    """
    where = f"estimates of {result.name}"
    require_columns(result.estimates, ["estimate", "conf_low", "conf_high", "bound"], where=where)
    rows = result.estimates.with_row_index("at")
    known = pl.concat([rows["conf_low"], rows["conf_high"]]).drop_nulls()
    if known.is_empty():
        raise DataError("no interval has an end to draw", where=where)
    low, high = float(known.to_numpy().min()), float(known.to_numpy().max())
    margin = 0.12 * max(high - low, 1e-12)
    with drawing() as figure:
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        open_end = False
        for row in rows.iter_rows(named=True):
            colour = ORANGE if row["bound"] is None else BLUE
            name = {0: "original", 1: "robust"}.get(row["at"])
            bottom = low - margin if row["conf_low"] is None else row["conf_low"]
            top = high + margin if row["conf_high"] is None else row["conf_high"]
            told = _word(name, language) if name else "_"
            axes.vlines(row["at"], bottom, top, color=colour, linewidth=2.0, label=told)
            axes.plot(row["at"], row["estimate"], "o", color=colour)
            for end, column, sign in ((bottom, "conf_low", "v"), (top, "conf_high", "^")):
                if row[column] is None:
                    told = "_" if open_end else _word("open", language)
                    axes.plot(row["at"], end, sign, color=colour, clip_on=False, linestyle="none", label=told)
                    open_end = True
        term = rows["term"][0]
        if term in result.truth:
            axes.axhline(result.truth[term], color=GREEN, linewidth=1.2, label=say("truth", language))
        axes.set_xticks(
            rows["at"].to_list(),
            [
                "—" if one is None else shown_number(float(f"{one:.3g}"), digits=_digits(one))
                for one in rows["bound"]
            ],
        )
        axes.set_xlim(-0.6, rows.height - 0.4)
        kind = "smoothness" if "smoothness" in result.method else "relative_magnitude"
        lines = [_word(kind, language)]
        breakdown = result.statistics.get("breakdown")
        if isinstance(breakdown, float):
            lines.append(
                _word("breakdown", language, value=shown_number(float(f"{breakdown:.3g}"), digits=3))
            )
        axes.set_xlabel("\n".join(lines), linespacing=1.4)
        axes.set_ylabel(say("effect_on", language, outcome=_label(result.outcome, language, labels)))
        _title(axes, "honest", result, language, labels)
        legend_below(figure, axes)
    return figure


def plot_causal_paths(
    result: Result, *, language: Language = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw a causal path decomposition (因果路径分解图): bars that add up to the total, intervals, shares.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.causal_paths.fit_causal_paths`.
    language, labels
        As for `plot_wild`.

    Raises
    ------
    ColumnError, DataError
        The result is of another model.
    """
    where = f"estimates of {result.name}"
    require_columns(result.estimates, ["term", "estimate", "conf_low", "conf_high", "share"], where=where)
    rows = result.estimates
    if rows.is_empty():
        raise DataError("there is no path to draw", where=where)
    names = [_path(term, language, labels) for term in rows["term"]]
    # each path begins where the one before it ends
    starts = [0.0, 0.0, *np.cumsum(rows["estimate"].to_numpy()[1:-1]).tolist()]
    with drawing(height=0.42 * rows.height + 1.7) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=GREY, linewidth=0.8)
        furthest = 0.0
        for at, (row, start) in enumerate(zip(rows.iter_rows(named=True), starts, strict=True)):
            colour = ORANGE if row["term"] == "total" else BLUE
            axes.barh(at, row["estimate"], left=start, height=0.62, color=colour, alpha=0.45, linewidth=0)
            end = start + row["estimate"]
            if row["conf_low"] is not None:
                shown = (start + row["conf_low"], start + row["conf_high"])
                axes.hlines(at, *shown, color=colour, linewidth=1.6)
                furthest = max(furthest, *shown)
            axes.plot(end, at, "o", color=colour)
            furthest = max(furthest, end)
            if at:
                axes.vlines(start, at - 1, at, color=LIGHT, linewidth=0.9, zorder=0)
            if row["term"] in result.truth:
                told = say("truth", language) if at == 0 else "_"
                axes.plot(start + result.truth[row["term"]], at + 0.02, "D", color=GREEN, markersize=4,
                          markerfacecolor="none", linestyle="none", label=told)  # fmt: skip
        for at, row in enumerate(rows.iter_rows(named=True)):
            figures = shown_number(row["estimate"], digits=3)
            part = (
                ""
                if row["share"] is None
                else f"  ({_word('share', language, share=shown_number(100 * row['share'], digits=1))})"
            )
            axes.annotate(
                figures + part, (1.01, at), xycoords=("axes fraction", "data"), va="center", fontsize=8.5
            )
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        lines = [say("effect_on", language, outcome=_label(result.outcome, language, labels))]
        lines.append(_word("shares", language))
        axes.set_xlabel("\n".join(lines), linespacing=1.4)
        _title(axes, "paths", result, language, labels)
        if result.truth:
            legend_below(figure, axes)
    return figure


def _level(result: Result) -> float:
    level = result.statistics.get("level")
    return float(level) if isinstance(level, float | int) else 0.95


def _word(key: str, language: Language, **parts: str) -> str:
    return _WORDS[key][1 if language == "zh" else 0].format(**parts)


def _label(name: str, language: Language, labels: Mapping[str, str] | None) -> str:
    return drawable((labels or {}).get(name) or label(name, language=language))


def _path(term: str, language: Language, labels: Mapping[str, str] | None) -> str:
    if term in {"total", "direct"}:
        return _word(term, language)
    return _word("via", language, name=_label(term.removeprefix("via_"), language, labels))


def _digits(value: float) -> int:
    return 0 if value == 0 or value >= 100 else 2 if value >= 0.1 else 4


def _title(
    axes: Axes, key: str, result: Result, language: Language, labels: Mapping[str, str] | None
) -> None:
    title = _word(key, language, name=_label(result.outcome, language, labels))
    axes.set_title(marked(title, language, simulated=result.simulated or bool(result.truth)))
