"""The figures that papers draw of a panel: regional means, kernel densities, box plots, by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.report.canvas import drawing, legend_below, whole_ticks
from patentmetrics.report.fonts import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, drawable
from patentmetrics.report.summary_table import group_name
from patentmetrics.report.wording import Language, marked, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#E69F00", GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_OF_REGION = {"东部": 0, "中部": 1, "西部": 2, "东北": 3}
_LINES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)), (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)))
_POINTS = 256
_WORDS = {
    "means": ("Mean by year: {name}", "{name}各年均值"),
    "density": ("Kernel density: {name}", "{name}核密度"),
    "boxes": ("Distribution by year: {name}", "{name}各年分布"),
    "density_axis": ("Density", "密度"),
    "box_note": (
        "Box: quartiles; line: median; dot: mean; whiskers: furthest value within 1.5 interquartile ranges",
        "箱体：四分位数；横线：中位数；点：均值；须：1.5倍四分位距内的最远值",
    ),
    "outliers": ("{n} values lie beyond the whiskers", "{n}个值在须外"),
    "bandwidth": ("Gaussian kernel, bandwidth by Silverman's rule", "高斯核，带宽按Silverman法则"),
}


def plot_means(
    means: pl.DataFrame,
    *,
    variable: str,
    language: Language = "en",
    labels: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Figure:
    """Draw the mean of a variable over the years, a line a group (分地区均值变化图).

    The whole is black; a year without a mean is a gap.

    Parameters
    ----------
    means : polars.DataFrame
        From `patentmetrics.panel.summary.means_by_year`; seven groups at most.
    variable : str
        Which variable.
    language : {"en", "zh"}
        Of the words, and of the label from the column registry.
    labels : mapping, optional
        Labels of variables, before those of the registry.
    simulated : bool
        The panel is simulated, and the title says so.

    Raises
    ------
    ColumnError, DataError
        A column is missing; the variable has no mean.
    SettingError
        There are more groups than can be told apart.
    """
    require_columns(means, ["variable", "group", "year", "mean"], where="means")
    own = means.filter(pl.col("variable") == variable).sort("year", maintain_order=True)
    if own["mean"].null_count() == own.height:
        raise DataError("the variable has no mean", where="means", got=variable)
    groups = [one for one in own["group"].unique(maintain_order=True).to_list() if one is not None]
    groups = sorted(groups, key=lambda one: _OF_REGION.get(one, len(_OF_REGION)))
    if len(groups) > len(COLOURS):
        raise SettingError(
            "there are more groups than can be told apart",
            where="by",
            got=len(groups),
            allowed=f"{len(COLOURS)} or fewer",
        )
    name = _name(variable, language, labels)
    at = 1 if language == "zh" else 0
    span = np.arange(int(own["year"].to_numpy().min()), int(own["year"].to_numpy().max()) + 1)
    with drawing() as figure:
        axes = figure.subplots()
        for place, group in enumerate(groups):
            axes.plot(
                span, _on(span, own.filter(pl.col("group") == group)), color=COLOURS[place],
                marker=MARKERS[place], markersize=3.6, label=drawable(group_name(group, language)),
            )  # fmt: skip
        whole = own.filter(pl.col("group").is_null())
        if whole.height:
            axes.plot(
                span, _on(span, whole), color=INK, linewidth=2.0, linestyle=(0, (5, 2)),
                label=group_name(None, language),
            )  # fmt: skip
        axes.set_xlabel(say("year", language))
        axes.set_ylabel(name)
        axes.grid(axis="y")
        whole_ticks(axes)
        axes.set_title(marked(_WORDS["means"][at].format(name=name), language, simulated=simulated))
        legend_below(figure, axes)
    return figure


def plot_density(
    panel: Panel,
    variable: str,
    *,
    years: Sequence[int] | None = None,
    language: Language = "en",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the kernel density of a variable in some years (核密度图), as papers do to show its movement.

    Gaussian kernel, Silverman's bandwidth; each curve goes three bandwidths beyond its own values, and no
    further.

    Parameters
    ----------
    panel : Panel
        The panel.
    variable : str
        A column of numbers.
    years : sequence of int, optional
        Six at most; by default first, last and two between.
    language, labels
        As for `plot_means`.

    Raises
    ------
    ColumnError, DataError
        The column is missing; a year has fewer than two different values.
    SettingError
        There are more years than can be told apart.
    """
    from scipy.stats import gaussian_kde

    require_columns(panel.frame, ["year", variable], where="panel")
    known = panel.frame.select("year", pl.col(variable).cast(pl.Float64).fill_nan(None)).drop_nulls()
    found = known["year"].unique().sort().to_list()
    chosen = list(years) if years is not None else _spread(found, 4)
    if not chosen or len(chosen) > len(_LINES):
        raise SettingError(
            "a figure of densities has one to six years",
            where="years",
            got=len(chosen),
            hint="years=[2010, 2020]",
        )
    name = _name(variable, language, labels)
    at = 1 if language == "zh" else 0
    with drawing() as figure:
        axes = figure.subplots()
        for place, year in enumerate(chosen):
            values = known.filter(pl.col("year") == year)[variable].sort().to_numpy()
            if len(np.unique(values)) < 2:
                raise DataError(
                    "a density needs two different values", where=f"{variable}, {year}", got=len(values)
                )
            kernel = gaussian_kde(values, bw_method="silverman")
            width = 3 * float(np.sqrt(kernel.covariance[0, 0]))
            x = np.linspace(values[0] - width, values[-1] + width, _POINTS)
            axes.plot(
                x, kernel(x), color=COLOURS[place], linestyle=_LINES[place],
                label=f"{year} (n = {len(values):,})",
            )  # fmt: skip
        axes.set_xlabel(f"{name}\n{_WORDS['bandwidth'][at]}", linespacing=1.5)
        axes.set_ylabel(_WORDS["density_axis"][at])
        axes.set_ylim(bottom=0)
        axes.set_title(marked(_WORDS["density"][at].format(name=name), language, simulated=panel.simulated))
        legend_below(figure, axes)
    return figure


def plot_boxes(
    panel: Panel,
    variable: str,
    *,
    years: Sequence[int] | None = None,
    language: Language = "en",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the distribution of a variable by year as boxes (箱线图).

    Values beyond the whiskers are counted below the figure and not drawn: a few cities would press the
    others flat.

    Parameters
    ----------
    panel, variable, language, labels
        As for `plot_density`.
    years : sequence of int, optional
        All by default.

    Raises
    ------
    ColumnError, DataError
        The column is missing, or has no value.
    """
    require_columns(panel.frame, ["year", variable], where="panel")
    known = panel.frame.select("year", pl.col(variable).cast(pl.Float64).fill_nan(None)).drop_nulls()
    if years is not None:
        known = known.filter(pl.col("year").is_in(list(years)))
    found = known["year"].unique().sort().to_list()
    if not found:
        raise DataError("the variable has no value to draw", where="panel", got=variable)
    groups = [known.filter(pl.col("year") == year)[variable].sort().to_numpy() for year in found]
    name = _name(variable, language, labels)
    at = 1 if language == "zh" else 0
    with drawing() as figure:
        axes = figure.subplots()
        drawn = axes.boxplot(
            groups, positions=found, widths=0.6, showfliers=False, showmeans=True, patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": LIGHT, "edgecolor": GREY, "linewidth": 0.9},
            whiskerprops={"color": GREY, "linewidth": 0.9}, capprops={"color": GREY, "linewidth": 0.9},
            medianprops={"color": ORANGE, "linewidth": 1.6},
            meanprops={"marker": "o", "markersize": 3.4, "markerfacecolor": BLUE, "markeredgecolor": BLUE},
        )  # fmt: skip
        caps = [line.get_ydata() for line in drawn["caps"]]
        beyond = sum(_beyond(values, caps[2 * i], caps[2 * i + 1]) for i, values in enumerate(groups))
        axes.set_ylabel(name)
        lines = [say("year", language), _WORDS["box_note"][at]]
        lines += [_WORDS["outliers"][at].format(n=f"{beyond:,}")] if beyond else []
        axes.set_xlabel("\n".join(lines), linespacing=1.5)
        axes.grid(axis="y")
        axes.set_xlim(found[0] - 0.7, found[-1] + 0.7)
        whole_ticks(axes)
        axes.set_title(marked(_WORDS["boxes"][at].format(name=name), language, simulated=panel.simulated))
    return figure


def _name(variable: str, language: Language, labels: Mapping[str, str] | None) -> str:
    return drawable((labels or {}).get(variable) or label(variable, language=language))


def _on(span: npt.NDArray[np.int64], rows: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Give a mean for each year of the span, not-a-number where there is none."""
    found = {year: mean for year, mean in rows.select("year", "mean").rows() if mean is not None}
    return np.array([found.get(int(year), np.nan) for year in span], dtype=np.float64)


def _spread(years: Sequence[int], n: int) -> list[int]:
    """Choose n of the years, the first and the last among them, as even as can be."""
    if len(years) <= n:
        return list(years)
    return [years[round(i * (len(years) - 1) / (n - 1))] for i in range(n)]


def _beyond(values: npt.NDArray[np.float64], low: object, high: object) -> int:
    return int(((values < np.min(low)) | (values > np.max(high))).sum())  # type: ignore[call-overload]
