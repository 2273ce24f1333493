"""Figures of staggered adoption: Bacon scatter, synthetic trends, several event studies in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Result, require_columns
from patentmetrics.report.canvas import drawing, legend_below, whole_ticks
from patentmetrics.report.fonts import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, SHADE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_TYPES = {
    "treated_untreated": ("o", BLUE),
    "earlier_later": ("^", GREEN),
    "later_earlier": ("s", ORANGE),
}
_MOST_PANELS = 6
_WORDS = {
    "bacon": ("Goodman-Bacon decomposition: {outcome}", "Goodman-Bacon分解：{outcome}"),
    "treated_untreated": ("treated v. untreated", "处理组与未处理组"),
    "earlier_later": ("earlier v. later treated", "早处理组与晚处理组"),
    "later_earlier": ("later v. earlier treated", "晚处理组与早处理组"),
    "of_type": ("{kind}: weight {weight}, mean {mean}", "{kind}：权重{weight}，均值{mean}"),
    "weight": ("Weight", "权重"),
    "comparison": ("2 × 2 estimate", "2×2估计值"),
    "twfe": ("two-way fixed effects: {estimate}", "双向固定效应：{estimate}"),
    "trends": ("Synthetic difference in differences: {outcome}", "合成双重差分：{outcome}"),
    "treated": ("treated", "处理组"),
    "synthetic": ("synthetic", "合成控制组"),
    "shifted": ("synthetic, moved to the treated before", "合成控制组（平移至处理前水平）"),
    "time_weights": ("weights of years (no scale)", "年份权重（无刻度）"),
    "cohort": ("Treated from {year}: effect {effect}", "{year}年起处理，效应为{effect}"),
    "compared": ("Event study by estimator: {outcome}", "各估计量的事件研究：{outcome}"),
    "bars": (
        "Points: estimates; lines: 95 % confidence intervals",
        "点为估计值，线为95%置信区间",
    ),
    "bands": (
        "Thick lines: 95 % confidence intervals; thin lines: simultaneous 95 % band",
        "粗线为95%置信区间，细线为95%同时置信带",
    ),
    "base": ("Hollow: base period", "空心为基期"),
}


def plot_bacon(result: Result, *, language: Language = "en") -> Figure:
    """Draw a Goodman-Bacon decomposition (Bacon 分解散点图): each comparison by its weight and estimate.

    The legend tells weight and mean effect of each type; a dashed line is the two-way fixed-effects
    estimate, the weighted mean of all points.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.bacon.fit_bacon`.
    language : {"en", "zh"}
        Of the words, and of the label from the column registry.

    Raises
    ------
    DataError
        The result is no decomposition.
    """
    _require_frames(result, ["comparisons", "by_type"], hint="make it with fit_bacon")
    outcome = drawable(label(result.outcome, language=language))
    estimate = float(result.estimates["estimate"][0])
    with drawing(height=4.2) as figure:
        axes = figure.subplots()
        axes.axhline(0, color=LIGHT, linewidth=0.8)
        for kind, weight, mean in result.frames["by_type"].select("type", "weight", "mean_effect").rows():
            points = result.frames["comparisons"].filter(pl.col("type") == kind)
            if not points.height:
                continue
            marker, colour = _TYPES[kind]
            text = _word(
                "of_type", language,
                kind=_word(kind, language),
                weight=_number(weight),
                mean=_number(mean),
            )  # fmt: skip
            axes.plot(
                points["weight"].to_numpy(), points["estimate"].to_numpy(), marker, color=colour,
                markerfacecolor="none", markeredgewidth=1.3, markersize=6, label=text,
            )  # fmt: skip
        axes.axhline(
            estimate, color=INK, linewidth=0.9, linestyle=(0, (4, 3)),
            label=_word("twfe", language, estimate=_number(estimate)),
        )  # fmt: skip
        axes.set_xlim(left=0)
        axes.set_xlabel(_word("weight", language))
        axes.set_ylabel(_word("comparison", language))
        title = _word("bacon", language, outcome=outcome)
        axes.set_title(marked(title, language, simulated=_simulated(result)))
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def plot_synthetic_trends(
    result: Result, *, cohorts: Sequence[int] | None = None, language: Language = "en"
) -> Figure:
    """Draw the treated and their synthetic comparison over the years (合成双重差分趋势图), a panel a cohort.

    The dashed line is the synthetic moved by its weighted distance before treatment: what lies between it
    and the treated afterwards is the effect. Grey areas at the foot are the weights of years. The vertical
    line parts before from after.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.synthetic.fit_synthetic`.
    cohorts : sequence of int, optional
        Six at most; by default all.
    language : {"en", "zh"}
        Of the words, and of the label from the column registry.

    Raises
    ------
    DataError
        The result is no synthetic difference in differences, or has no such cohort.
    SettingError
        There are more cohorts than fit.
    """
    _require_frames(result, ["trends", "time_weights", "by_cohort"], hint="make it with fit_synthetic")
    known = result.frames["by_cohort"]["cohort"].to_list()
    chosen = list(cohorts) if cohorts is not None else known
    unknown = [str(one) for one in chosen if one not in known]
    if unknown:
        raise DataError(
            f"there is no cohort {unknown[0]}", where="cohorts", got=", ".join(unknown), hint=str(known)
        )
    if not 1 <= len(chosen) <= _MOST_PANELS:
        raise SettingError(
            "the figure has one to six cohorts",
            where="cohorts",
            got=len(chosen),
            hint=f"cohorts={known[:_MOST_PANELS]}",
        )
    columns = min(len(chosen), 2)
    rows = -(-len(chosen) // columns)
    outcome = drawable(label(result.outcome, language=language))
    with drawing(width=6.5 if columns == 1 else 7.5, height=1.4 + 2.4 * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        for place, axes in enumerate(grid.flat):
            if place >= len(chosen):
                axes.set_visible(False)
                continue
            _trend(axes, result, chosen[place], language)
            if place % columns == 0:
                axes.set_ylabel(outcome)
            if place + columns >= len(chosen):
                axes.set_xlabel(say("year", language))
                axes.tick_params(labelbottom=True)
        title = _word("trends", language, outcome=outcome)
        figure.suptitle(
            marked(title, language, simulated=_simulated(result)), x=0.01, ha="left", fontsize=10.5
        )
        legend_below(figure, grid.flat[0])
    return figure


def plot_event_studies(results: Sequence[Result], *, language: Language = "en") -> Figure:
    """Draw one or several event studies side by side (多估计量事件研究图), e.g. of different estimators.

    A point and its 95 % interval for each event time that was estimated, and nothing where none was; a base
    period is hollow. For one result with simultaneous bands, they are drawn too. Known answers of simulated
    data are short lines.

    Parameters
    ----------
    results : sequence of Result
        Seven at most, of the same outcome; each named in the legend.
    language : {"en", "zh"}
        Of the words, and of the label from the column registry.

    Raises
    ------
    ColumnError, DataError
        A result has no event times; the outcomes differ.
    SettingError
        There are more results than can be told apart.
    """
    if not 1 <= len(results) <= len(COLOURS):
        raise SettingError(
            "the figure has one to seven models", where="results", got=len(results), hint="leave some out"
        )
    outcomes = sorted({one.outcome for one in results})
    if len(outcomes) > 1:
        raise DataError("the models have different outcomes", where="results", got=", ".join(outcomes))
    outcome = drawable(label(outcomes[0], language=language))
    simulated = any(_simulated(one) for one in results)
    shift = 0.72 / len(results)
    with drawing(width=6.5 if len(results) < 4 else 9.0, height=4.2) as figure:
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(-0.5, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        times: set[int] = set()
        hollow = False
        size = 4.5 if len(results) < 4 else 3.4
        for place, result in enumerate(results):
            rows = _event_rows(result)
            times |= set(rows["event_time"].to_list())
            move = (place - (len(results) - 1) / 2) * shift if len(results) > 1 else 0.0
            hollow |= _points(axes, result, rows, place, move, banded=len(results) == 1, size=size)
        if simulated:
            _answers(axes, results, sorted(times), language)
        span = range(min(times), max(times) + 1)
        axes.set_xticks(span, [f"−{-time}" if time < 0 else str(time) for time in span])
        banded = len(results) == 1 and "band_low" in results[0].estimates.columns
        notes = _word("bands" if banded else "bars", language)
        if hollow:
            between = "；" if language == "zh" else ". "
            notes = f"{notes}{between}{_word('base', language)}"
        axes.set_xlabel(f"{say('event_time', language)}\n{notes}", linespacing=1.5)
        axes.set_ylabel(say("effect_on", language, outcome=outcome))
        title = (
            say("event_study", language, outcome=outcome)
            if len(results) == 1
            else _word("compared", language, outcome=outcome)
        )
        axes.set_title(marked(title, language, simulated=simulated))
        legend_below(figure, axes)
    return figure


def _trend(axes: Axes, result: Result, cohort: int, language: Language) -> None:
    rows = result.frames["trends"].filter(pl.col("cohort") == cohort).sort("year")
    years = rows["year"].to_numpy()
    treated, synthetic = rows["treated"].to_numpy(), rows["synthetic"].to_numpy()
    weights = (
        result.frames["time_weights"].filter(pl.col("cohort") == cohort).sort("year")["weight"].to_numpy()
    )
    before = years < cohort
    moved = synthetic + float(np.sum(weights * (treated - synthetic)[before]))
    low = min(treated.min(), synthetic.min(), moved.min())
    high = max(treated.max(), synthetic.max(), moved.max())
    foot, reach = low - 0.22 * (high - low), 0.18 * (high - low)
    axes.bar(
        years[before], reach * weights / weights.max(), bottom=foot, width=0.8, color=SHADE, edgecolor=LIGHT,
        linewidth=0.6, label=_word("time_weights", language),
    )  # fmt: skip
    axes.plot(years, treated, "o-", color=BLUE, markersize=3.2, label=_word("treated", language))
    axes.plot(years, synthetic, "-", color=ORANGE, linewidth=1.0, label=_word("synthetic", language))
    axes.plot(years, moved, color=ORANGE, linestyle=(0, (4, 2)), label=_word("shifted", language))
    axes.axvline(cohort - 0.5, color=GREY, linewidth=0.8)
    axes.set_ylim(foot, high + 0.06 * (high - low))
    effect = result.frames["by_cohort"].filter(pl.col("cohort") == cohort)["estimate"][0]
    axes.set_title(_word("cohort", language, year=cohort, effect=_number(effect)), fontsize=9, pad=4)
    whole_ticks(axes, most=8)


def _event_rows(result: Result) -> pl.DataFrame:
    where = f"estimates of {result.name}"
    require_columns(
        result.estimates, ["event_time", "estimate", "std_error", "conf_low", "conf_high"], where=where
    )
    rows = result.estimates.filter(pl.col("event_time").is_not_null(), pl.col("estimate").is_finite())
    if rows.is_empty():
        raise DataError("no row has an event time and an estimate", where=where)
    return rows.sort("event_time")


def _points(
    axes: Axes, result: Result, rows: pl.DataFrame, place: int, move: float, *, banded: bool, size: float
) -> bool:
    # whether one of them is a base period
    colour, marker = COLOURS[place], MARKERS[place]
    base = rows.filter(pl.col("estimate") == 0, pl.col("std_error").is_null())
    points = rows.filter(pl.col("std_error").is_not_null() | (pl.col("estimate") != 0))
    for low, high, width in (("band_low", "band_high", 0.7), ("conf_low", "conf_high", 0.38 * size)):
        if low not in rows.columns or (low == "band_low" and not banded):
            continue
        told = points.filter(pl.col(low).is_finite(), pl.col(high).is_finite())
        axes.vlines(
            told["event_time"].to_numpy() + move, told[low].to_numpy(), told[high].to_numpy(), color=colour,
            linewidth=width,
        )  # fmt: skip
    axes.plot(
        points["event_time"].to_numpy() + move, points["estimate"].to_numpy(), marker, color=colour,
        markersize=size, label=drawable(result.name),
    )  # fmt: skip
    axes.plot(
        base["event_time"].to_numpy() + move, base["estimate"].to_numpy(), marker, color=colour,
        markerfacecolor="white",
        markersize=size,
    )  # fmt: skip
    return base.height > 0


def _answers(axes: Axes, results: Sequence[Result], times: list[int], language: Language) -> None:
    # answers relative to a base are those of the effects themselves: the effect at the base is zero
    known: dict[int, float] = {}
    for result in results:
        known |= {
            time: result.truth[f"event_time_{time}"] for time in times if f"event_time_{time}" in result.truth
        }
    if known:
        at = np.array(list(known))
        axes.hlines(
            list(known.values()), at - 0.42, at + 0.42, color=INK, linewidth=0.9, linestyle=(0, (1, 1)),
            label=say("truth", language),
        )  # fmt: skip


def _require_frames(result: Result, names: Sequence[str], *, hint: str) -> None:
    missing = [name for name in names if name not in result.frames]
    if missing:
        raise DataError(
            f"the result {result.name!r} has no frame {missing[0]!r}",
            where="figure",
            got=", ".join(result.frames) or "no frames",
            hint=hint,
        )


def _simulated(result: Result) -> bool:
    return result.simulated or bool(result.truth)


def _word(key: str, language: Language, **parts: object) -> str:
    return _WORDS[key][1 if language == "zh" else 0].format(**parts)


def _number(value: float) -> str:
    return shown_number(value, digits=3).replace("-", "−")
