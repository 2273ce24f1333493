"""Figures of draws: placebo densities, differences between groups, fixed placebos, groups left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Result
from patentmetrics.report.canvas import drawing, legend_below
from patentmetrics.report.fonts import BLUE, GREY, INK, LIGHT, ORANGE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.result_frames import frame_of
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINTS = 256
# so many groups have their names below the axis
_NAMED = 32
_WORDS = {
    "placebo": ("Placebo test: {outcome}", "安慰剂检验：{outcome}"),
    "fixed": ("Placebo estimates: {outcome}", "安慰剂估计：{outcome}"),
    "difference": ("Difference between groups: {outcome}", "组间系数差异：{outcome}"),
    "left_out": ("One group left out: {outcome}", "逐一剔除检验：{outcome}"),
    "drawn": ("Estimates with fake treatment", "虚构处理的估计系数"),
    "drawn_difference": ("Differences of the draws", "抽样得到的组间差异"),
    "density": ("kernel density of {n} draws", "{n}次抽样的核密度"),
    "density_axis": ("Density", "密度"),
    "p_value": ("p value of a draw", "各次抽样的p值"),
    "p_axis": ("p value", "p值"),
    "ten_percent": ("p = 0.1", "p = 0.1"),
    "real": ("real estimate", "真实估计值"),
    "observed": ("difference in the data", "实际差异"),
    "p_line": (
        "p: left {left}, right {right}, two-sided {two_sided}",
        "p值：左侧{left}，右侧{right}，双侧{two_sided}",
    ),
    "estimate": ("Estimate, 95 % confidence interval", "估计值及95%置信区间"),
    "whole": ("whole sample", "全样本"),
    "without": ("without the group", "剔除该组"),
    "group": ("Group left out", "被剔除的组"),
    "order": ("{n} groups, in order of the estimate", "{n}个组，按估计值排序"),
    "real_tick": ("real", "真实"),
    "placebos": ("placebo", "安慰剂"),
    "together": ("all", "合并"),
    "earlier": ("Treatment so many years earlier", "处理时间提前（年）"),
    "outcome": ("Outcome that the policy should not move", "虚构被解释变量"),
    "rank": ("Fake treated by rank, from the year", "按排名虚构处理组（年份）"),
}


def plot_placebo(result: Result, *, language: Language = "en", p_values: bool = True) -> Figure:
    """Draw a placebo test (安慰剂检验核密度图): density of the draws, their p values, the real estimate.

    Gaussian kernel, Silverman's bandwidth. Draws without an estimate are not drawn.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.placebo.fit_placebo`.
    language : {"en", "zh"}
        Of all words.
    p_values : bool
        Draw the p value of each draw against its estimate, on the right axis, and a line at 0.1.

    Raises
    ------
    ColumnError, DataError
        The result has no draws, or fewer than two different ones.
    """
    draws = frame_of(result, "draws", ["estimate", "p_value"])
    real = float(result.estimates["estimate"][0])
    with drawing() as figure:
        axes = figure.subplots()
        known = draws.drop_nulls("estimate")
        _density(axes, known["estimate"].to_numpy(), real, language, line="real", where=result.name)
        if p_values:
            right = axes.twinx()
            right.set_zorder(axes.get_zorder() - 1)
            axes.patch.set_visible(False)
            right.plot(
                known["estimate"].to_numpy(),
                known["p_value"].to_numpy(),
                "o",
                color=GREY,
                markersize=2.4,
                markerfacecolor="none",
                markeredgewidth=0.6,
            )
            right.axhline(0.1, color=GREY, linewidth=0.7, linestyle=(0, (1, 2)))
            right.set_ylim(0, 1.02)
            right.set_ylabel(_say("p_axis", language))
            right.spines["right"].set_visible(True)
            # the legend is of the left axes: the two handles stand for what the right ones show
            axes.plot(
                [], [], "o", color=GREY, markersize=2.4, markerfacecolor="none",
                label=_say("p_value", language),
            )  # fmt: skip
            axes.plot(
                [], [], color=GREY, linewidth=0.7, linestyle=(0, (1, 2)), label=_say("ten_percent", language)
            )
        axes.set_xlabel(
            "\n".join([_say("drawn", language), _p_line(result, language)]),
            linespacing=1.4,
        )
        _entitle(axes, "placebo", result, language)
        legend_below(figure, axes)
    return figure


def plot_group_difference(result: Result, *, language: Language = "en") -> Figure:
    """Draw a test of a difference between groups (组间系数差异检验): density of the draws, the difference.

    With a bootstrap within the groups the draws lie about the difference, not about zero.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.group_difference.fit_group_difference`.
    language : {"en", "zh"}
        Of all words.

    Raises
    ------
    ColumnError, DataError
        The result has no draws, or fewer than two different ones.
    """
    draws = frame_of(result, "draws", ["difference"])["difference"].drop_nulls().to_numpy()
    observed = float(result.estimates.filter(pl.col("term") == "difference")["estimate"][0])
    with drawing() as figure:
        axes = figure.subplots()
        _density(axes, draws, observed, language, line="observed", where=result.name)
        lines = [_say("drawn_difference", language), _p_line(result, language)]
        axes.set_xlabel("\n".join(lines), linespacing=1.4)
        _entitle(axes, "difference", result, language)
        legend_below(figure, axes)
    return figure


def plot_fixed_placebo(result: Result, *, kind: str, language: Language = "en") -> Figure:
    """Draw placebo estimates without chance: the real one, then each placebo, with confidence intervals.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.fixed_placebo.fit_fixed_placebo`.
    kind : {"earlier", "outcome", "rank"}
        What they are, for the axis.
    language : {"en", "zh"}
        Of all words.

    Raises
    ------
    ColumnError, DataError, SettingError
        The result has no placebos; the kind is unknown.
    """
    if kind not in {"earlier", "outcome", "rank"}:
        raise SettingError("the kind of placebo is unknown", got=kind, allowed=["earlier", "outcome", "rank"])
    parts = ["estimate", "conf_low", "conf_high"]
    placebos = frame_of(result, "placebos", ["placebo", *parts])
    real = result.estimates.row(0, named=True)
    with drawing() as figure:
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0.5, color=LIGHT, linewidth=0.8)
        axes.vlines([0], real["conf_low"], real["conf_high"], color=ORANGE, linewidth=1.4)
        axes.plot([0], [real["estimate"]], "D", color=ORANGE, label=_say("real", language))
        at = np.arange(1, placebos.height + 1)
        low, high = placebos["conf_low"].to_numpy(), placebos["conf_high"].to_numpy()
        axes.vlines(at, low, high, color=BLUE, linewidth=1.4)
        axes.plot(at, placebos["estimate"].to_numpy(), "o", color=BLUE, label=_say("placebos", language))
        names = [label(one, language=language) if kind == "outcome" else one for one in placebos["placebo"]]
        names = [_say("together", language) if kind == "rank" and one == "all" else one for one in names]
        axes.set_xticks([0, *at], [_say("real_tick", language), *(drawable(one) for one in names)])
        axes.set_xlim(-0.6, placebos.height + 0.6)
        axes.set_xlabel(_say(kind, language))
        axes.set_ylabel(_say("estimate", language))
        _entitle(axes, "fixed", result, language)
        legend_below(figure, axes)
    return figure


def plot_leave_out(result: Result, *, language: Language = "en") -> Figure:
    """Draw the estimates without each group (逐一剔除检验), in their order, with confidence intervals.

    A dashed line is the estimate of the whole sample. With more than 32 groups only the one that changes the
    estimate most is named.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.leave_out.fit_leave_out`.
    language : {"en", "zh"}
        Of all words.

    Raises
    ------
    ColumnError, DataError
        The result has no groups left out, or none with an estimate.
    """
    frame = frame_of(result, "left_out", ["group", "estimate", "conf_low", "conf_high"])
    known = frame.drop_nulls("estimate").sort("estimate", "group")
    if known.is_empty():
        raise DataError("no group left out has an estimate", where=result.name)
    whole = float(result.estimates["estimate"][0])
    at = np.arange(known.height)
    names = [drawable(one) for one in known["group"]]
    with drawing() as figure:
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        line = (0, (4, 3))
        axes.axhline(whole, color=ORANGE, linewidth=1.1, linestyle=line, label=_say("whole", language))
        width = 1.2 if known.height <= 100 else 0.5
        axes.vlines(
            at, known["conf_low"].to_numpy(), known["conf_high"].to_numpy(), color=BLUE, linewidth=width
        )
        axes.plot(
            at, known["estimate"].to_numpy(), "o", color=BLUE, markersize=3.2 if known.height <= 100 else 1.6,
            label=_say("without", language),
        )  # fmt: skip
        if known.height <= _NAMED:
            # upright where they would run into each other
            upright = sum(len(one) for one in names) > 60
            axes.set_xticks(at, names, rotation=90 if upright else 0)
            axes.set_xlabel(_say("group", language))
        else:
            change = np.abs(known["estimate"].to_numpy() - whole)
            most = int(np.argmax(change))
            axes.set_xticks([most], [names[most]])
            axes.set_xlabel(_say("order", language, n=known.height))
        axes.set_ylabel(_say("estimate", language))
        _entitle(axes, "left_out", result, language)
        legend_below(figure, axes)
    return figure


def _density(
    axes: Axes,
    values: npt.NDArray[np.float64],
    observed: float,
    language: Language,
    *,
    line: str,
    where: str,
) -> None:
    from scipy.stats import gaussian_kde

    if len(np.unique(values)) < 2:
        raise DataError("there are fewer than two different draws", where=where, got=len(values))
    kernel = gaussian_kde(values, bw_method="silverman")
    reach = 3 * float(np.sqrt(kernel.covariance[0, 0]))
    x = np.linspace(values.min() - reach, values.max() + reach, _POINTS)
    y = kernel(x)
    axes.fill_between(x, y, color=BLUE, alpha=0.12, linewidth=0)
    axes.plot(x, y, color=BLUE, label=_say("density", language, n=f"{len(values):,}"))
    axes.axvline(0, color=GREY, linewidth=0.7)
    axes.axvline(
        observed, color=ORANGE, linewidth=1.4, linestyle=(0, (5, 2)),
        label=f"{_say(line, language)} ({shown_number(observed, digits=3)})",
    )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_ylabel(_say("density_axis", language))


def _p_line(result: Result, language: Language) -> str:
    shown = {}
    for side in ("left", "right", "two_sided"):
        value = result.statistics.get(f"p_{side}")
        shown[side] = shown_number(value if isinstance(value, float) else None, digits=3)
    return _say("p_line", language, **shown)


def _entitle(axes: Axes, key: str, result: Result, language: Language) -> None:
    title = _say(key, language, outcome=drawable(label(result.outcome, language=language)))
    simulated = result.simulated or bool(result.truth)
    axes.set_title(marked(title, language, simulated=simulated), color=INK)


def _say(key: str, language: Language, **parts: object) -> str:
    say("yes", language)  # checks the language
    return _WORDS[key][("en", "zh").index(language)].format(**parts)
