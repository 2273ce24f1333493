"""Figures of the checks of a breakthrough score: distribution, persistence, citations, landmarks.

Missing values are gaps, never zeros; simulated data are named in the title.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import is_simulated
from patentmetrics.report.canvas import drawing, legend_below, whole_ticks
from patentmetrics.report.fonts import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.validation_tables import word
from patentmetrics.report.wording import Language, marked, say
from patentmetrics.score.validate import Validation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REASONS = {
    "backward_incomplete": "#BFBFBF",
    "forward_incomplete": "#8C8C8C",
    "without_terms": ORANGE,
    "zero_similarity": "#F0B68A",
}


def plot_distribution(validation: Validation, *, window: int, language: Language = "en") -> Figure:
    """Draw how breakthrough is distributed (突破性的分布): over patents, by year, and why it is null.

    Above, a histogram net of effects; in the middle, the median and the middle 50 and 90 % by year;
    below, the share of the patents that have a score, and of those that have none by reason. A year
    without scores is a gap.

    Raises
    ------
    SettingError
        The validation has no such window.
    DataError
        No patent of the window has a score.
    """
    _check_window(validation, window)
    bars = validation.histogram.filter(pl.col("window") == window)
    if bars.is_empty():
        raise DataError(
            "no patent has a score", where=f"{window}-year window", hint="choose a shorter window"
        )
    years = _every_year(validation.distribution.filter(pl.col("window") == window))
    title = word("window_distribution_title", language, window=window)
    with drawing(height=6.6) as figure:
        above, middle, below = figure.subplots(3, 1, height_ratios=(3, 3, 2))
        widths = (bars["high"] - bars["low"]).to_numpy()
        above.bar(bars["low"].to_numpy(), bars["patents"].to_numpy(), width=widths, align="edge", color=BLUE)
        above.axvline(0, color=GREY, linewidth=0.8)
        above.set_xlabel(word("net_axis", language))
        above.set_ylabel(word("patents_axis", language))
        above.set_title(marked(title, language, simulated=is_simulated(validation.made_by)))
        x = years["year"].to_numpy()
        lines = {name: _floats(years, name) for name in ("p05", "p25", "p50", "p75", "p95")}
        for low, high, alpha, name in (("p05", "p95", 0.14, "outer"), ("p25", "p75", 0.26, "inner")):
            middle.fill_between(
                x, lines[low], lines[high], color=BLUE, alpha=alpha, linewidth=0, label=word(name, language)
            )
        middle.plot(x, lines["p50"], "o-", color=BLUE, markersize=3.2, label=word("median", language))
        middle.set_ylabel(word("quantile_axis", language))
        middle.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.1, handlelength=1.4)
        _draw_nulls(below, years, language)
        for axes in (middle, below):
            axes.set_xlim(x.min() - 0.6, x.max() + 0.6)
            whole_ticks(axes)
        below.set_xlabel(say("year", language))
        figure.align_ylabels()
        legend_below(figure, below)
    return figure


def plot_persistence(validation: Validation, *, language: Language = "en") -> Figure:
    """Draw the rank correlations of breakthrough between windows (持续性): one square a pair.

    Below the diagonal as scored, above it net of effects. A pair without enough patents is blank.

    Raises
    ------
    DataError
        There is one window only.
    """
    windows = validation.windows
    if len(windows) < 2:
        raise DataError("one window has nothing to persist over", where="windows", got=list(windows))
    squares = np.full((len(windows), len(windows)), np.nan)
    for row in validation.persistence.iter_rows(named=True):
        shorter, longer = windows.index(row["window"]), windows.index(row["other"])
        squares[longer, shorter] = np.nan if row["spearman"] is None else row["spearman"]
        squares[shorter, longer] = np.nan if row["spearman_net"] is None else row["spearman_net"]
    side = 2.2 + 0.75 * len(windows)
    # wide enough for its title, however few the windows
    with drawing(width=max(side + 1.2, 6.0), height=side) as figure:
        axes = figure.subplots()
        image = axes.imshow(squares, vmin=-1, vmax=1, cmap="RdBu_r", aspect="auto")
        for at in np.argwhere(np.isfinite(squares)):
            value = squares[tuple(at)]
            ink = "white" if abs(value) > 0.6 else INK
            axes.text(at[1], at[0], shown_number(float(value), digits=2), ha="center", va="center", color=ink)
        names = [word("short_years", language, window=window) for window in windows]
        axes.set_xticks(range(len(windows)), names)
        axes.set_yticks(range(len(windows)), names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(word("above", language))
        bar = figure.colorbar(image, ax=axes, shrink=0.8)
        bar.set_label(word("persistence_axis", language))
        bar.outline.set_visible(False)
        title = word("persistence_title", language)
        axes.set_title(marked(title, language, simulated=is_simulated(validation.made_by)))
    return figure


def plot_citations(validation: Validation, *, window: int, language: Language = "en") -> Figure:
    """Draw forward citations over breakthrough (突破性与前向引用), both net of year effects.

    One point for each bin of equally many patents: mean and 95 % confidence interval. The correlation
    within year stands below.

    Raises
    ------
    SettingError
        The validation has no such window.
    DataError
        There were no citations, or fewer than twenty patents with a score and citations.
    """
    _check_window(validation, window)
    if validation.citation_bins is None or validation.correlations is None:
        raise DataError("the scores were not compared with citations", where="validation")
    bins = validation.citation_bins.filter(pl.col("window") == window)
    if bins.height < 2:
        raise DataError(
            "too few patents have both a score and citations",
            where=f"{window}-year window",
            got=int(bins["n"].sum() or 0),
            allowed="20 or more",
        )
    (found,) = validation.correlations.filter(
        pl.col("window") == window, pl.col("method") == "spearman_within_year"
    ).iter_rows(named=True)
    with drawing() as figure:
        axes = figure.subplots()
        x = bins["breakthrough"].to_numpy()
        axes.axhline(0, color=LIGHT, linewidth=0.8)
        axes.vlines(x, bins["conf_low"].to_numpy(), bins["conf_high"].to_numpy(), color=BLUE, linewidth=1.4)
        axes.plot(x, bins["citations"].to_numpy(), "o", color=BLUE, label=word("bin_points", language))
        below = [word("breakthrough_axis", language, window=window)]
        below.append(
            f"{word('spearman_within_year', language)}: {shown_number(found['estimate'], digits=3)} "
            f"[{shown_number(found['conf_low'], digits=3)}, {shown_number(found['conf_high'], digits=3)}]"
            f"; n = {shown_number(found['n'])}"
        )
        axes.set_xlabel("\n".join(below), linespacing=1.4)
        axes.set_ylabel(word("citations_axis", language))
        title = word("correlations_title", language, years=validation.citation_window)
        axes.set_title(marked(title, language, simulated=is_simulated(validation.made_by)))
        legend_below(figure, axes)
    return figure


def plot_landmarks(
    validation: Validation, *, window: int, top: int = 40, language: Language = "en"
) -> Figure:
    """Draw the percentiles of landmark patents (里程碑专利的百分位): one line a patent, the highest on top.

    A dot net of effects, a ring within the year and, with citations, a cross for the percentile of the
    citations. A landmark without a score has its line and a dash; it is not at zero.

    Raises
    ------
    SettingError
        The validation has no such window.
    DataError
        There was no list of landmarks, or none is among the scores.
    """
    _check_window(validation, window)
    if validation.landmarks is None or validation.landmarks.is_empty():
        raise DataError("no landmark patent is among the scores", where="validation")
    rows = validation.landmarks.filter(pl.col("window") == window)
    rows = rows.sort("percentile_net", descending=True, nulls_last=True, maintain_order=True)
    shown = rows.head(top)
    marks = [
        ("percentile_net", "o", BLUE, BLUE, 5.0),
        ("percentile_within_year", "o", GREEN, "none", 7.5),
        ("citations_percentile", "x", ORANGE, ORANGE, 5.5),
    ]
    with drawing(height=1.6 + 0.21 * shown.height) as figure:
        axes = figure.subplots()
        y = np.arange(shown.height)
        axes.axvline(50, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.hlines(y, 0, 100, color=LIGHT, linewidth=0.8, zorder=0)
        for name, mark, color, filling, size in marks:
            if name in shown.columns:
                axes.plot(
                    _floats(shown, name), y, mark, color=color, markerfacecolor=filling, markersize=size,
                    label=word(name, language), clip_on=False,
                )  # fmt: skip
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        for at, missing in enumerate(shown["percentile_net"].is_null()):
            if missing:
                axes.text(3, at, "—", ha="center", va="center", color=GREY, bbox=behind)
        names = [drawable(f"{row['patent_id']} ({row['year']})") for row in shown.iter_rows(named=True)]
        axes.set_yticks(y, names)
        axes.set_ylim(shown.height - 0.4, -0.6)
        axes.set_xlim(0, 100)
        lines = [word("percentile_axis", language)]
        if shown.height < rows.height:
            lines.append(say("of_all", language, shown=shown.height, all=rows.height))
        axes.set_xlabel("\n".join(lines))
        title = word("landmarks_title", language, window=window)
        axes.set_title(marked(title, language, simulated=is_simulated(validation.made_by)))
        legend_below(figure, axes)
    return figure


def _check_window(validation: Validation, window: int) -> None:
    if window not in validation.windows:
        allowed = [str(one) for one in validation.windows]
        raise SettingError("the validation has no such window", where="window", got=window, allowed=allowed)


def _every_year(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the years between without patents, so that they are gaps."""
    found = rows["year"].drop_nulls().to_list()
    span = pl.DataFrame({"year": range(min(found), max(found) + 1)}, schema={"year": rows["year"].dtype})
    return span.join(rows, on="year", how="left", maintain_order="left")


def _draw_nulls(axes: Axes, years: pl.DataFrame, language: Language) -> None:
    """Stack the shares of a year's patents: scored, then each reason that occurs at all."""
    x, patents = years["year"].to_numpy(), _floats(years, "patents")
    bottom = np.zeros(len(x))
    for name, color in {"scored": BLUE, **REASONS}.items():
        if not int(years[name].sum() or 0):
            continue
        share = np.nan_to_num(100 * _floats(years, name) / patents)
        text = word("has_score" if name == "scored" else name, language)
        axes.bar(x, share, bottom=bottom, width=0.9, color=color, label=text)
        bottom += share
    axes.set_ylabel(word("patents_share_axis", language))
    axes.set_ylim(0, 100)


def _floats(frame: pl.DataFrame, name: str) -> np.ndarray:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
