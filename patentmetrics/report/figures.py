"""Figures of results and scores: functions that give a `matplotlib.figure.Figure`.

`patentmetrics.report.canvas.save_figure` writes them. Missing values are gaps, never zeros; simulated
data are named in the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import is_simulated
from patentmetrics.core.types import Result, Scores, require_columns, require_unique
from patentmetrics.report.canvas import drawing, legend_below, whole_ticks
from patentmetrics.report.fonts import BLUE, GREY, INK, ORANGE, SHADE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_event_study(
    result: Result,
    *,
    language: Language = "en",
    base_period: int | None = None,
    binned_ends: bool = False,
) -> Figure:
    """Draw an event study (事件研究图): a point and its 95 % confidence interval for each event time.

    The base period is drawn hollow at zero, whether or not the estimates hold a row for it; a dashed
    line at −0.5 parts before from after. Where the result has known answers, they are drawn beside the
    estimates; where it has a joint test of the pre-trends, its p value stands below. An event time
    without an estimate is a gap.

    Parameters
    ----------
    result : Result
        Its estimates have ``event_time``, ``estimate``, ``conf_low``, ``conf_high``.
    base_period : int, optional
        The event time that all others are compared with; by default the one that has an estimate of zero
        and no standard error, or else −1.
    binned_ends : bool
        The first and last event time stand for all earlier and later ones: ``≤`` and ``≥``.

    Raises
    ------
    ColumnError, DataError
        The result is no event study: a column is missing, or no row has an event time.
    """
    where = f"estimates of {result.name}"
    require_columns(
        result.estimates,
        ["term", "event_time", "estimate", "std_error", "conf_low", "conf_high"],
        where=where,
    )
    rows = result.estimates.filter(pl.col("event_time").is_not_null()).sort("event_time")
    require_unique(rows, ["event_time"], where=where)
    base_period = _base_period(rows) if base_period is None else base_period
    points = rows.filter(pl.col("estimate").is_finite(), pl.col("event_time") != base_period)
    if points.is_empty():
        raise DataError("no row has an event time and an estimate", where=where)
    outcome = drawable(label(result.outcome, language=language))
    title = say("event_study", language, outcome=outcome)
    with drawing() as figure:
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(-0.5, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        times, estimates = points["event_time"].to_numpy(), points["estimate"].to_numpy()
        known = points.filter(pl.col("conf_low").is_finite(), pl.col("conf_high").is_finite())
        axes.vlines(
            known["event_time"].to_numpy(), known["conf_low"].to_numpy(), known["conf_high"].to_numpy(),
            color=BLUE, linewidth=1.4,
        )  # fmt: skip
        axes.plot(times, estimates, "o", color=BLUE, label=say("estimate", language))
        axes.plot(
            [base_period], [0], "o", color=BLUE, markerfacecolor="white",
            label=say("base_period", language, time=_signed(base_period)),
        )  # fmt: skip
        truths = rows.filter(pl.col("term").is_in(list(result.truth)), pl.col("event_time") != base_period)
        if truths.height:
            answers = [result.truth[term] for term in truths["term"]]
            axes.plot(
                truths["event_time"].to_numpy() + 0.18, answers, "D", color=ORANGE, markersize=4,
                markerfacecolor="none", label=say("truth", language),
            )  # fmt: skip
        span = range(int(min(times.min(), base_period)), int(max(times.max(), base_period)) + 1)
        axes.set_xticks(span, [_event_tick(time, span, binned_ends) for time in span])
        lines = [say("event_time", language)]
        p_value = result.statistics.get("pretrend_p")
        if isinstance(p_value, float):
            lines.append(say("pretrends", language, p=shown_number(p_value, digits=3)))
        axes.set_xlabel("\n".join(lines), linespacing=1.4)
        axes.set_ylabel(say("effect_on", language, outcome=outcome))
        simulated = result.simulated or bool(result.truth)
        axes.set_title(marked(title, language, simulated=simulated))
        legend_below(figure, axes)
    return figure


def plot_breakthrough(
    scores: Scores, *, window: int, language: Language = "en", middle: float = 0.5
) -> Figure:
    """Draw breakthrough over time (突破性的时间趋势), and the share of breakthrough patents by year.

    Above, the mean of ``breakthrough_{window}`` by year and the band that holds the middle half of the
    patents; below, the share of ``is_breakthrough_{window}`` among the patents that have a score, with
    the share over all years as a dashed line. Years whose backward or forward window is not complete
    are shaded and labelled; a year without scores is a gap.

    Parameters
    ----------
    scores : Scores
        As `patentmetrics.score.patents.score_patents` gives them.
    window : int
        The forward window, in years.
    middle : float
        How much of the patents the band holds.

    Raises
    ------
    ColumnError
        The scores have no such window.
    DataError
        No patent has a score.
    SettingError
        ``middle`` is not between 0 and 1.
    """
    measure, flag = f"breakthrough_{window}", f"is_breakthrough_{window}"
    complete = {"backward": "backward_complete", "forward": f"forward_complete_{window}"}
    require_columns(scores.frame, ["year", measure, flag, *complete.values()], where="scores")
    if not 0 < middle < 1:
        raise SettingError("the band must hold a share between 0 and 1", where="middle", got=middle)
    years = breakthrough_by_year(scores.frame, window=window, middle=middle)
    if years["mean"].null_count() == years.height:
        raise DataError(f"no patent has a {measure}", where="scores", hint="choose a shorter window")
    title = label(measure, language=language)
    with drawing(height=5.0) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        x = years["year"].to_numpy()
        columns = {
            name: years[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in years.columns
        }
        for axes in (above, below):
            left = years
            for side, name in complete.items():
                # a year that lacks both is shaded and named once
                text = say(f"{side}_incomplete", language) if axes is above else ""
                _shade(axes, left.filter(~pl.col(name))["year"].to_list(), text)
                left = left.filter(pl.col(name).fill_null(value=True))
        percent = shown_number(100 * middle, digits=0)
        above.fill_between(
            x, columns["low"], columns["high"], color=BLUE, alpha=0.18, linewidth=0,
            label=say("band", language, share=percent),
        )  # fmt: skip
        above.plot(x, columns["mean"], "o-", color=BLUE, markersize=3.2, label=say("mean", language))
        above.set_ylabel(say("breakthrough_axis", language))
        above.set_title(marked(title, language, simulated=is_simulated(scores.made_by)))
        above.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1, handlelength=1.4)
        # a stem and a dot, not a bar: a share of zero has a dot, a year without scores has none
        below.vlines(x, 0, 100 * columns["share"], color=ORANGE, linewidth=2.2)
        below.plot(x, 100 * columns["share"], "o", color=ORANGE, markersize=3.6, clip_on=False)
        scored = scores.frame[flag].mean()
        if isinstance(scored, float):
            text = say("all_years", language, share=shown_number(100 * scored, digits=1))
            below.axhline(100 * scored, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=text)
            below.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.1)
        below.set_ylabel(say("share_axis", language))
        below.set_xlabel(say("year", language))
        below.set_ylim(bottom=0)
        below.set_xlim(x.min() - 0.6, x.max() + 0.6)
        whole_ticks(below)
        figure.align_ylabels()
    return figure


def breakthrough_by_year(frame: pl.DataFrame, *, window: int, middle: float = 0.5) -> pl.DataFrame:
    """Sum breakthrough up by year: every calendar year from the first to the last has a row.

    ``year, mean, low, high, share, scored``: mean and quantiles of the score, the share of breakthrough
    patents among the ``scored`` ones; null in years without a score. ``backward_complete`` and
    ``forward_complete_{window}``: a year without patents is as complete as the last year before it.

    Examples
    --------
    >>> frame = pl.DataFrame({
    ...     "year": [2000, 2002], "breakthrough_1": [0.5, None], "is_breakthrough_1": [True, None],
    ...     "backward_complete": [True, True], "forward_complete_1": [True, False],
    ... })
    >>> breakthrough_by_year(frame, window=1)["share"].to_list()
    [1.0, None, None]
    """
    score, flag = pl.col(f"breakthrough_{window}"), pl.col(f"is_breakthrough_{window}")
    flags = ["backward_complete", f"forward_complete_{window}"]
    by_year = frame.group_by("year").agg(
        score.mean().alias("mean"),
        score.quantile((1 - middle) / 2, interpolation="linear").alias("low"),
        score.quantile((1 + middle) / 2, interpolation="linear").alias("high"),
        flag.mean().alias("share"),
        score.count().alias("scored"),
        *(pl.col(name).all() for name in flags),
    )
    found = frame["year"].drop_nulls().to_list()
    span = pl.Series("year", range(min(found), max(found) + 1), dtype=pl.Int32)
    years = pl.DataFrame(span).join(
        by_year.with_columns(pl.col("year").cast(pl.Int32)), on="year", how="left", maintain_order="left"
    )
    return years.with_columns(pl.col("scored").fill_null(0), pl.col(flags).forward_fill())


def _shade(axes: Axes, years: Sequence[int], text: str) -> None:
    """Shade each run of neighbouring years, and write the text upright into it."""
    start = 0
    for stop in range(1, len(years) + 1):
        if stop == len(years) or years[stop] != years[stop - 1] + 1:
            first, last = years[start], years[stop - 1]
            axes.axvspan(first - 0.5, last + 0.5, color=SHADE, linewidth=0, zorder=0)
            if text:
                axes.text(
                    (first + last) / 2, 0.5, text, rotation=90, ha="center", va="center", fontsize=7.5,
                    color=GREY, transform=axes.get_xaxis_transform(),
                )  # fmt: skip
            start = stop


def _base_period(rows: pl.DataFrame) -> int:
    base = rows.filter(pl.col("estimate") == 0, pl.col("std_error").is_null())["event_time"]
    return int(base[0]) if base.len() else -1


def _signed(time: int) -> str:
    return f"{time:+d}".replace("-", "−") if time else "0"


def _event_tick(time: int, span: range, binned_ends: bool) -> str:
    end = "≤" if time == span[0] else "≥" if time == span[-1] else ""
    return (end if binned_ends else "") + (str(time) if time >= 0 else f"−{-time}")
