"""Estimates below one another: the forest plot of a robustness section, and the specification curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Result, require_columns
from patentmetrics.estimate.battery import Battery
from patentmetrics.estimate.curve import Curve
from patentmetrics.report.canvas import drawing, legend_below
from patentmetrics.report.fonts import BLUE, GREY, INK, LIGHT, ORANGE, SHADE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MANY = 150  # so many intervals are drawn as thin lines without dots


def plot_forest(battery: Battery, *, language: Language = "en") -> Figure:
    """Draw the forest plot of a robustness section (稳健性检验森林图): every check beside the baseline.

    A point and its 95 % interval for each effect, the baseline as a dashed line through all. A check
    whose estimate has no interval is a point alone; what could not be run is not drawn: the table lists it.

    Parameters
    ----------
    battery : Battery
        From `patentmetrics.estimate.battery.run_battery`.
    language : {"en", "zh"}
        Of the labels.

    Raises
    ------
    DataError
        There is no effect.
    """
    labels = [check_label(row["check"], row["part"], language) for row in battery.effects.to_dicts()]
    outcome = label(battery.outcome, language=language)
    return _forest(
        battery.effects,
        labels,
        title=marked(say("battery", language, outcome=outcome), language, simulated=battery.simulated),
        axis=say("effect_on", language, outcome=outcome),
        language=language,
        baseline=True,
    )


def plot_coefficients(
    results: Sequence[Result], *, term: str | None = None, language: Language = "en"
) -> Figure:
    """Draw one coefficient of several models (系数森林图), a point and its 95 % interval each.

    Parameters
    ----------
    results : sequence of Result
        The models, from above.
    term : str, optional
        The coefficient; by default the first term of the first model. Models without it are left out.

    Raises
    ------
    SettingError
        No results, or none with this term.
    """
    if not results:
        raise SettingError("a figure needs one result or more", where="results")
    wanted = term or str(results[0].estimates["term"][0])
    rows = [
        (result.name, one)
        for result in results
        for one in result.estimates.filter(pl.col("term") == wanted).to_dicts()
    ]
    if not rows:
        raise SettingError("no model has this coefficient", where="term", got=wanted)
    frame = pl.DataFrame(
        [{key: one[key] for key in ("estimate", "conf_low", "conf_high")} for _, one in rows]
    )
    simulated = any(result.simulated or bool(result.truth) for result in results)
    outcomes = {label(result.outcome, language=language) for result in results}
    axis = say("coefficient", language, term=label(wanted, language=language))
    return _forest(
        frame,
        [name for name, _ in rows],
        title=marked(say("between", language).join(sorted(outcomes)), language, simulated=simulated),
        axis=axis,
        language=language,
    )


def plot_all_coefficients(result: Result, *, language: Language = "en") -> Figure:
    """Draw all coefficients of one model (系数图), a point and its 95 % interval each."""
    outcome = label(result.outcome, language=language)
    simulated = result.simulated or bool(result.truth)
    return _forest(
        result.estimates,
        [label(term, language=language) for term in result.estimates["term"]],
        title=marked(result.name, language, simulated=simulated),
        axis=say("effect_on", language, outcome=outcome),
        language=language,
    )


def check_label(check: str, part: str, language: Language) -> str:
    """Give the label of a check of a battery, with its part.

    Examples
    --------
    >>> check_label("subsample", "East", "zh"), check_label("baseline", "", "en")
    ('子样本：East', 'Baseline')
    """
    name = say(f"check_{check}", language)
    return say("check_part", language, check=name, part=part) if part else name


def plot_specification_curve(curve: Curve, *, language: Language = "en") -> Figure:
    """Draw a specification curve (设定曲线图): the estimates in order of size, and the choices of each.

    Above, each estimate with its 95 % interval, the baseline as a diamond; below, a dot for the choice
    that the specification takes in each dimension, choices of measurement marked as such. Specifications
    without an estimate are not drawn; the line below says how many there are.

    Parameters
    ----------
    curve : Curve
        From `patentmetrics.estimate.curve.run_curve`.

    Raises
    ------
    DataError
        No specification was estimated.
    """
    frame = curve.specifications.filter(pl.col("estimate").is_not_null())
    if frame.is_empty():
        raise DataError("no specification was estimated", where="curve")
    frame = frame.sort("estimate", "specification")
    groups = [
        (one, curve.choices.filter(pl.col("dimension") == one).sort("choice", maintain_order=True))
        for one in curve.dimensions
    ]
    lines = sum(1 + choices.height for _, choices in groups)
    outcome = drawable(label(curve.outcome, language=language))
    with drawing(width=7.2, height=2.8 + 0.19 * lines + 0.7) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.6, 0.19 * lines + 0.1])
        _estimates_of(above, frame, curve, language)
        above.set_ylabel(say("effect_on", language, outcome=outcome))
        title = say("curve", language, outcome=outcome)
        above.set_title(marked(title, language, simulated=curve.simulated))
        _choices_of(below, frame, curve, language)
        told = curve.statistics
        note = say(
            "curve_note",
            language,
            estimated=told["estimated"],
            specifications=told["specifications"],
            median=shown_number(told["median"]),
            positive=f"{100 * (told['share_positive'] or 0):.0f}",
            significant=f"{100 * (told['share_significant'] or 0):.0f}",
        )
        below.set_xlabel(f"{say('curve_axis', language)}\n{note}", linespacing=1.4)
        legend_below(figure, above)
    return figure


def _estimates_of(axes: Axes, frame: pl.DataFrame, curve: Curve, language: Language) -> None:
    at = np.arange(1, frame.height + 1)
    many = frame.height > _MANY
    axes.axhline(0, color=GREY, linewidth=0.8)
    significant = (frame["p_value"] < curve.level).fill_null(value=False).to_numpy()
    low, high = (frame[name].cast(pl.Float64).to_numpy() for name in ("conf_low", "conf_high"))
    known = np.isfinite(low) & np.isfinite(high)
    axes.vlines(at[known], low[known], high[known], color=LIGHT, linewidth=0.6 if many else 1.3, zorder=1)
    estimates = frame["estimate"].to_numpy()
    level = f"{curve.level:g}"
    for chosen, color, key in ((significant, BLUE, "significant"), (~significant, GREY, "not_significant")):
        if chosen.any():
            axes.plot(
                at[chosen], estimates[chosen], "o", color=color, markersize=2 if many else 3.5,
                label=say(key, language, level=level),
            )  # fmt: skip
    first = (frame["specification"] == 1).to_numpy()
    if first.any():
        axes.plot(
            at[first], estimates[first], "D", color=ORANGE, markersize=5, markerfacecolor="white",
            label=say("baseline_estimate", language), zorder=4,
        )  # fmt: skip


def _choices_of(axes: Axes, frame: pl.DataFrame, curve: Curve, language: Language) -> None:
    at = np.arange(1, frame.height + 1)
    ticks: list[float] = []
    names: list[str] = []
    heads: list[int] = []
    height = 0.0
    size = 1.4 if frame.height > _MANY else 3.2
    for dimension in curve.dimensions:
        choices = curve.choices.filter(pl.col("dimension") == dimension)
        heads.append(len(ticks))
        measured = bool(choices["measurement"][0])
        head = say("measured", language, name=dimension) if measured else dimension
        ticks.append(height)
        names.append(drawable(head))
        height += 1
        for number, choice in enumerate(choices["choice"]):
            if number % 2 == 0:
                axes.axhspan(height - 0.5, height + 0.5, color=SHADE, linewidth=0, zorder=0)
            taken = (frame[dimension] == choice).to_numpy()
            axes.plot(at[taken], np.full(int(taken.sum()), height), "s", color=INK, markersize=size)
            ticks.append(height)
            names.append(drawable(choice))
            height += 1
    axes.set_ylim(height - 0.4, -0.6)
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
    for position, text in enumerate(axes.get_yticklabels()):
        text.set_fontsize(7.5)
        if position in heads:
            text.set_color(BLUE)
    axes.set_xlim(0, frame.height + 1)
    axes.set_xticks([])
    axes.spines["left"].set_visible(False)


def _forest(
    frame: pl.DataFrame,
    labels: Sequence[str],
    *,
    title: str,
    axis: str,
    language: Language,
    baseline: bool = False,
) -> Figure:
    require_columns(frame, ["estimate", "conf_low", "conf_high"], where="effects")
    if frame["estimate"].count() == 0:
        raise DataError("there is no effect to draw", where="effects")
    with drawing(width=6.5, height=1.3 + 0.27 * frame.height) as figure:
        axes = figure.subplots()
        at = np.arange(frame.height)
        estimate, low, high = (
            frame[name].cast(pl.Float64).to_numpy() for name in ("estimate", "conf_low", "conf_high")
        )
        axes.axvline(0, color=GREY, linewidth=0.8)
        if baseline:
            axes.axvline(
                estimate[0], color=ORANGE, linewidth=0.9, linestyle=(0, (4, 3)),
                label=say("baseline_estimate", language),
            )  # fmt: skip
        known = np.isfinite(low) & np.isfinite(high)
        axes.hlines(at[known], low[known], high[known], color=BLUE, linewidth=1.4)
        axes.plot(estimate, at, "o", color=BLUE, label=say("estimate", language))
        axes.set_yticks(at, [drawable(one) for one in labels])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(frame.height - 0.4, -0.6)
        axes.set_xlabel(drawable(axis))
        axes.set_title(drawable(title))
        legend_below(figure, axes)
    return figure
