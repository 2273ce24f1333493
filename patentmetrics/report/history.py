"""The figure of a word's history: how many patents have a term, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import require_columns
from patentmetrics.report.canvas import drawing, legend_below
from patentmetrics.report.fonts import BLUE, GREEN, GREY, INK, ORANGE, drawable
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#E69F00", INK, GREY)
_WORDS = {
    "title": ("Patents with the term", "含该词的专利"),
    "share": ("Share of the year's patents (%)", "占当年专利比重（%）"),
    "patents": ("Patents", "专利数（件）"),
    "first": ("{term}, first {year}", "{term}，首见{year}年"),
}


def plot_term_history(history: pl.DataFrame, *, language: Language = "en", simulated: bool = False) -> Figure:
    """Draw the history of terms (词的历史图): share of the year's patents above, their number below.

    The first use of a term is a hollow point. A year without patents is a gap in the shares.

    Parameters
    ----------
    history : polars.DataFrame
        From `patentmetrics.text.history.term_history`, of eight terms at most.
    simulated : bool
        The corpus was made up, and the title says so.

    Raises
    ------
    ColumnError, DataError
        It is no history of terms, or has no row.
    SettingError
        There are more terms than can be told apart.
    """
    names = ["term", "year", "patents_with_term", "share_with_term", "first_year"]
    require_columns(history, names, where="history")
    terms = history["term"].unique(maintain_order=True).to_list()
    if not terms:
        raise DataError("there is no term to draw", where="history")
    if len(terms) > len(COLOURS):
        raise SettingError(
            "there are more terms than can be told apart",
            where="terms",
            got=len(terms),
            allowed=f"{len(COLOURS)} or fewer",
            hint="draw them in several figures",
        )
    at = 1 if language == "zh" else 0
    with drawing(height=5.2) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for term, colour in zip(terms, COLOURS, strict=False):
            rows = history.filter(pl.col("term") == term).sort("year")
            years = rows["year"].to_numpy()
            shares = 100 * rows["share_with_term"].cast(pl.Float64).fill_null(np.nan).to_numpy()
            first = rows["first_year"][0]
            label = _WORDS["first"][at].format(term=drawable(term), year=first)
            above.plot(years, shares, "o-", color=colour, markersize=3, linewidth=1.4, label=label)
            below.plot(years, rows["patents_with_term"].to_numpy(), "o-", color=colour, markersize=3)
            begun = years == first
            above.plot(
                years[begun], shares[begun], "o", color=colour, markerfacecolor="white", markersize=6.5
            )  # fmt: skip
        above.set_ylabel(_WORDS["share"][at])
        below.set_ylabel(_WORDS["patents"][at])
        below.set_xlabel(say("year", language))
        for axes in (above, below):
            axes.set_ylim(bottom=0)
        _whole_ticks(below)
        above.set_title(marked(_WORDS["title"][at], language, simulated=simulated))
        figure.align_ylabels()
        legend_below(figure, above)
    return figure


def _whole_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
