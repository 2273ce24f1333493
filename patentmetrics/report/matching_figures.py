"""The figures that papers draw of a matched sample: densities of the score, standardised bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Result
from patentmetrics.report.canvas import drawing, legend_below
from patentmetrics.report.fonts import BLUE, GREY, INK, ORANGE, drawable
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.result_frames import frame_of
from patentmetrics.report.wording import LANGUAGES, Language, marked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
_POINTS = 256
_HINT = "is it of a matched sample?"
_WORDS = {
    "score": ("Propensity score", "倾向得分"),
    "density": ("Density of the propensity score", "倾向得分核密度"),
    "before": ("Before matching", "匹配前"),
    "after": ("After matching", "匹配后"),
    "treated": ("Treated", "处理组"),
    "controls": ("Controls", "对照组"),
    "density_axis": ("Density", "密度"),
    "bandwidth": (
        "Gaussian kernel, bandwidth by Silverman's rule; controls weighted by their matches",
        "高斯核，带宽按Silverman法则；匹配后对照组按匹配权重加权",
    ),
    "balance": ("Balance of the covariates", "协变量平衡性"),
    "bias": ("Standardised bias, %", "标准化偏差（%）"),
    "limits": ("Dashed: ±10 %", "虚线：±10%"),
    "pseudo_r2": ("Pseudo-R² {before} before, {after} after", "Pseudo-R²：匹配前{before}，匹配后{after}"),
}


def plot_score_density(result: Result, *, language: Language = "en") -> Figure:
    """Draw the densities of the propensity score before and after matching (倾向得分核密度图).

    Left all units with a score, right the matched ones with their weights; treated and controls.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.psm_did.fit_psm_did`: its frame ``units`` is drawn.
    language : {"en", "zh"}
        Of the words.

    Raises
    ------
    ColumnError, DataError
        The result has no such frame, or a group has fewer than two different scores.
    """
    units = frame_of(result, "units", ["in_group", "propensity_score", "match_weight"], hint=_HINT)
    at = LANGUAGES.index(language)
    score = units["propensity_score"].to_numpy()
    group = units["in_group"].to_numpy()
    weight = units["match_weight"].cast(pl.Float64).fill_null(0.0).to_numpy()
    points = np.linspace(0.0, 1.0, _POINTS)
    with drawing(width=7.0, height=3.6) as figure:
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, name, w in zip(panels, ("before", "after"), (np.ones(len(score)), weight), strict=True):
            for inside, colour, style, who in (
                (group, BLUE, "-", "treated"),
                (~group, ORANGE, (0, (5, 2)), "controls"),
            ):
                axes.plot(
                    points, _density(score[inside], w[inside], points, f"{name}: {who}"),
                    color=colour, linestyle=style, label=_WORDS[who][at],
                )  # fmt: skip
            axes.set_title(_WORDS[name][at])
            axes.set_xlabel(_WORDS["score"][at])
            axes.set_ylim(bottom=0)
            axes.set_xlim(0, 1)
        panels[0].set_ylabel(_WORDS["density_axis"][at])
        figure.suptitle(
            marked(_WORDS["density"][at], language, simulated=_simulated(result)),
            x=0.01,
            ha="left",
            fontsize=10.5,
        )
        figure.supxlabel(_WORDS["bandwidth"][at], fontsize=7.5, color=GREY)
        handles, names = panels[0].get_legend_handles_labels()
        # above, beside the title: the note has the place below
        figure.legend(handles, names, loc="upper right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.3)
    return figure


def plot_balance(
    result: Result, *, language: Language = "en", labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw the standardised bias of each covariate before and after matching (标准化偏差图).

    Sorted by the size of the bias before; covariates without one are left out.

    Parameters
    ----------
    result : Result
        From `patentmetrics.estimate.psm_did.fit_psm_did`: its frames ``balance`` and ``balance_summary``.
    language : {"en", "zh"}
        Of the words, and of the labels from the column registry.
    labels : mapping, optional
        Labels of covariates, before those of the registry.

    Raises
    ------
    ColumnError, DataError
        The result has no such frame, or no covariate has a bias.
    """
    balance = frame_of(result, "balance", ["covariate", "sample", "bias"], hint=_HINT)
    at = LANGUAGES.index(language)
    wide = balance.pivot(on="sample", index="covariate", values="bias", maintain_order=True)
    wide = wide.drop_nulls(["unmatched", "matched"]).sort(
        pl.col("unmatched").abs(), "covariate", descending=[False, True]
    )
    if wide.is_empty():
        raise DataError("no covariate has a standardised bias", where=f"balance of {result.name}")
    names = [drawable((labels or {}).get(one) or label(one, language=language)) for one in wide["covariate"]]
    with drawing(height=1.7 + 0.26 * wide.height) as figure:
        axes = figure.subplots()
        heights = np.arange(wide.height)
        _limits(axes)
        axes.hlines(heights, wide["unmatched"], wide["matched"], color=GREY, linewidth=0.7)
        axes.plot(
            wide["unmatched"], heights, "o", color=ORANGE, markerfacecolor="white", label=_WORDS["before"][at]
        )
        axes.plot(wide["matched"], heights, "D", color=BLUE, markersize=4.2, label=_WORDS["after"][at])
        axes.set_yticks(heights, names)
        axes.set_ylim(-0.6, wide.height - 0.4)
        lines = [
            f"{_WORDS['bias'][at]}　{_WORDS['limits'][at]}"
            if at
            else f"{_WORDS['bias'][at]}. {_WORDS['limits'][at]}"
        ]
        lines += _pseudo_r2(result, at)
        axes.set_xlabel("\n".join(lines), linespacing=1.5)
        axes.set_title(marked(_WORDS["balance"][at], language, simulated=_simulated(result)))
        legend_below(figure, axes)
    return figure


def _density(values: Floats, weight: Floats, points: Floats, where: str) -> Floats:
    from scipy.stats import gaussian_kde

    used = weight > 0
    if len(np.unique(values[used])) < 2:
        raise DataError("a density needs two different scores", where=where, got=int(used.sum()))
    kernel = gaussian_kde(values[used], bw_method="silverman", weights=weight[used])
    # what a kernel puts beyond 0 and 1 is folded back: a score cannot lie there
    return np.asarray(kernel(points) + kernel(-points) + kernel(2 - points))


def _limits(axes: Axes) -> None:
    axes.axvline(0, color=INK, linewidth=0.8)
    for side in (-10, 10):
        axes.axvline(side, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))


def _pseudo_r2(result: Result, at: int) -> list[str]:
    before, after = (result.statistics.get(f"pseudo_r2_{one}") for one in ("unmatched", "matched"))
    if not isinstance(before, float) or not isinstance(after, float):
        return []
    shown = {"before": shown_number(before, digits=3), "after": shown_number(after, digits=3)}
    return [_WORDS["pseudo_r2"][at].format(**shown)]


def _simulated(result: Result) -> bool:
    return result.simulated or bool(result.truth)
