"""Figures of staggered adoption: what they show, in both languages, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Result
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.staggered_figures import plot_bacon, plot_event_studies, plot_synthetic_trends


def result(name: str = "m", *, simulated: bool = True, **parts) -> Result:
    times = [-2, -1, 0, 1]
    estimates = pl.DataFrame(
        {
            "model": name,
            "term": ["treated", *(f"event_time_{k}" for k in times)],
            "estimate": [0.2, 0.05, 0.0, 0.2, 0.3],
            "std_error": [0.1, 0.1, None, 0.1, 0.1],
            "conf_low": [0.0, -0.15, None, 0.0, 0.1],
            "conf_high": [0.4, 0.25, None, 0.4, 0.5],
            "event_time": [None, *times],
        }
    )
    return Result(
        **{
            "name": name,
            "method": "a method",
            "citation": "a paper",
            "estimates": estimates,
            "statistics": {},
            "notes": (),
            "outcome": "outcome",
            "fixed_effects": (),
            "simulated": simulated,
            "truth": {"event_time_0": 0.25} if simulated else {},
            **parts,
        }
    )


def bacon(*, simulated: bool = True) -> Result:
    comparisons = pl.DataFrame(
        {
            "type": ["treated_untreated", "later_earlier"],
            "treated_cohort": [2010, 2012],
            "control_cohort": [None, 2010],
            "estimate": [0.5, -0.25],
            "weight": [0.75, 0.25],
        }
    )
    by_type = pl.DataFrame(
        {
            "type": ["earlier_later", "later_earlier", "treated_untreated"],
            "weight": [0.0, 0.25, 0.75],
            "mean_effect": [None, -0.25, 0.5],
            "comparisons": [0, 1, 1],
        }
    )
    return result(simulated=simulated, frames={"comparisons": comparisons, "by_type": by_type})


def synthetic(*, cohorts: tuple[int, ...] = (2003, 2004), simulated: bool = True) -> Result:
    years = list(range(2000, 2007))
    trends = [
        pl.DataFrame(
            {
                "cohort": g,
                "year": years,
                "treated": [float(t + (t >= g)) for t in years],
                "synthetic": [float(t - 2) for t in years],
            }
        )
        for g in cohorts
    ]
    weights = [
        pl.DataFrame({"cohort": g, "year": range(2000, g), "weight": [1 / (g - 2000)] * (g - 2000)})
        for g in cohorts
    ]
    by_cohort = pl.DataFrame({"cohort": cohorts, "estimate": [-1.0] * len(cohorts)})
    return result(
        simulated=simulated,
        frames={"trends": pl.concat(trends), "time_weights": pl.concat(weights), "by_cohort": by_cohort},
    )


FIGURES: dict[str, Callable[[str, bool], Figure]] = {
    "bacon": lambda language, simulated: plot_bacon(bacon(simulated=simulated), language=language),
    "trends": lambda language, simulated: plot_synthetic_trends(
        synthetic(simulated=simulated), language=language
    ),
    "events": lambda language, simulated: plot_event_studies(
        [result("one", simulated=simulated), result("two", simulated=simulated)], language=language
    ),
}


def title(figure: Figure) -> str:
    above = figure.get_suptitle()
    return above or str(figure.axes[0].get_title(loc="left"))


def points(figure: Figure, label: str, *, axes: int = 0) -> dict[float, float]:
    (found,) = [one for one in figure.axes[axes].lines if one.get_label() == label]
    return dict(zip(np.asarray(found.get_xdata()), np.asarray(found.get_ydata()), strict=True))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_titles_say_when_data_are_simulated_and_only_then(name: str, language: str, words: str) -> None:
    assert words in title(FIGURES[name](language, True))
    assert words not in title(FIGURES[name](language, False))


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    for copy in ("a.png", "b.png"):
        save_figure(FIGURES[name]("zh", True), tmp_path / copy)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_decomposition_shows_weights_estimates_means_and_the_whole() -> None:
    figure = plot_bacon(bacon())
    assert points(figure, "treated v. untreated: weight 0.750, mean 0.500") == {0.75: 0.5}
    assert points(figure, "later v. earlier treated: weight 0.250, mean −0.250") == {0.25: -0.25}
    assert len([one for one in figure.axes[0].lines if "earlier v. later" in str(one.get_label())]) == 0
    assert set(points(figure, "two-way fixed effects: 0.200").values()) == {0.2}


def test_trends_show_both_and_the_synthetic_moved_to_the_treated_before() -> None:
    figure = plot_synthetic_trends(synthetic())
    assert len(figure.axes) == 2
    assert points(figure, "treated")[2005] == 2006
    assert points(figure, "synthetic")[2005] == 2003
    assert points(figure, "synthetic, moved to the treated before")[2005] == 2005
    assert figure.axes[0].get_title(loc="left") == "Treated from 2003: effect −1.000"
    heights = [one.get_height() for one in figure.axes[0].patches]
    assert len(heights) == 3
    assert max(heights) == pytest.approx(min(heights))
    one = plot_synthetic_trends(synthetic(), cohorts=[2004])
    assert len(one.axes) == 1


def test_several_event_studies_stand_side_by_side_and_only_what_was_estimated_is_drawn() -> None:
    without = result("two")
    without = replace(without, estimates=without.estimates.filter(pl.col("event_time") >= 0))
    figure = plot_event_studies([result("one"), without])
    left, right = points(figure, "one"), points(figure, "two")
    assert [round(at) for at in left] == [-2, 0, 1]
    assert [round(at) for at in right] == [0, 1]
    assert all(a < b for a, b in zip(list(left)[1:], right, strict=True))
    hollow = [one for one in figure.axes[0].lines if one.get_markerfacecolor() == "white"]
    assert [len(one.get_xdata()) for one in hollow] == [1, 0]
    assert "Hollow: base period" in figure.axes[0].get_xlabel()
    assert "Hollow" not in plot_event_studies([without]).axes[0].get_xlabel()


def test_one_event_study_draws_its_band_beside_the_intervals() -> None:
    bands = result().estimates.with_columns(
        band_low=pl.col("conf_low") - 0.1, band_high=pl.col("conf_high") + 0.1
    )
    figure = plot_event_studies([result(estimates=bands)])
    segments = [one.get_segments()[0].tolist() for one in figure.axes[0].collections[:2]]
    assert segments == [[[-2, -0.25], [-2, 0.35]], [[-2, -0.15], [-2, 0.25]]]
    assert "simultaneous" in figure.axes[0].get_xlabel()
    two = plot_event_studies([result("one", estimates=bands), result("two")])
    assert "simultaneous" not in two.axes[0].get_xlabel()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="no frame 'comparisons'"):
        plot_bacon(result())
    with pytest.raises(DataError, match="no frame 'trends'"):
        plot_synthetic_trends(result())
    with pytest.raises(DataError, match="there is no cohort 1999"):
        plot_synthetic_trends(synthetic(), cohorts=[1999])
    with pytest.raises(SettingError, match="one to six cohorts"):
        plot_synthetic_trends(synthetic(cohorts=tuple([2003] * 7)))
    with pytest.raises(SettingError, match="one to seven models"):
        plot_event_studies([result(str(i)) for i in range(8)])
    with pytest.raises(DataError, match="different outcomes"):
        plot_event_studies([result("a"), result("b", outcome="control")])
    with pytest.raises(ColumnError):
        plot_event_studies([result(estimates=result().estimates.drop("event_time"))])
    with pytest.raises(DataError, match="no row has an event time"):
        plot_event_studies([result(estimates=result().estimates.head(1))])
