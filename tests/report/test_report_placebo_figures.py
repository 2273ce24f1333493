"""Figures of draws: what they show, that simulated data are named, and that they are the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Result
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.placebo_figures import (
    plot_fixed_placebo,
    plot_group_difference,
    plot_leave_out,
    plot_placebo,
)


def result_of(frames: dict[str, pl.DataFrame], *, simulated: bool = True) -> Result:
    estimates = pl.DataFrame(
        {
            "model": ["m", "m"],
            "term": ["treated", "difference"],
            "estimate": [0.4, 0.25],
            "conf_low": [0.2, None],
            "conf_high": [0.6, None],
            "n": [100, 100],
        }
    )
    return Result(
        name="m",
        method="",
        citation="",
        estimates=estimates,
        statistics={"p_left": 1.0, "p_right": 0.002, "p_two_sided": 0.004},
        notes=(),
        outcome="patents",
        fixed_effects=("place", "year"),
        simulated=simulated,
        frames=frames,
    )


def placebo(*, simulated: bool = True) -> Result:
    rng = np.random.default_rng(1)
    drawn = pl.DataFrame({"estimate": rng.normal(scale=0.1, size=300), "p_value": rng.random(300)})
    lost = pl.DataFrame({"estimate": [None], "p_value": [None]}, schema=drawn.schema)
    return result_of({"draws": pl.concat([drawn, lost])}, simulated=simulated)


def difference(*, simulated: bool = True) -> Result:
    drawn = pl.DataFrame({"difference": np.random.default_rng(2).normal(scale=0.1, size=300)})
    return result_of({"draws": drawn}, simulated=simulated)


def fixed(*, simulated: bool = True) -> Result:
    rows = pl.DataFrame(
        {
            "placebo": ["2014", "2016", "all"],
            "estimate": [0.1, -0.1, 0.0],
            "conf_low": [-0.1, -0.3, -0.2],
            "conf_high": [0.3, 0.1, 0.2],
        }
    )
    return result_of({"placebos": rows}, simulated=simulated)


def left_out(*, groups: int = 12, simulated: bool = True) -> Result:
    estimate = 0.4 + 0.05 * np.random.default_rng(3).normal(size=groups)
    rows = pl.DataFrame(
        {
            "group": [f"省{number:03d}" for number in range(groups)],
            "estimate": estimate,
            "conf_low": estimate - 0.2,
            "conf_high": estimate + 0.2,
        }
    )
    lost = pl.DataFrame({"group": ["无"]}).with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name) for name in rows.columns[1:]
    )
    return result_of({"left_out": pl.concat([rows, lost])}, simulated=simulated)


FIGURES: dict[str, Callable[[str, bool], Figure]] = {
    "placebo": lambda language, simulated: plot_placebo(placebo(simulated=simulated), language=language),
    "difference": lambda language, simulated: plot_group_difference(
        difference(simulated=simulated), language=language
    ),
    "fixed": lambda language, simulated: plot_fixed_placebo(
        fixed(simulated=simulated), kind="rank", language=language
    ),
    "left out": lambda language, simulated: plot_leave_out(left_out(simulated=simulated), language=language),
}


def line(figure: Figure, label: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [one for one in figure.axes[0].lines if str(one.get_label()).startswith(label)]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_titles_say_when_data_are_simulated_and_only_then(name: str, language: str, words: str) -> None:
    assert words in FIGURES[name](language, True).axes[0].get_title(loc="left")
    assert words not in FIGURES[name](language, False).axes[0].get_title(loc="left")


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    for path in ("a.png", "b.png"):
        save_figure(FIGURES[name]("zh", True), tmp_path / path)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_placebo_shows_a_density_of_area_one_the_draws_and_the_real_estimate() -> None:
    figure = FIGURES["placebo"]("en", True)
    x, y = line(figure, "kernel density of 300 draws")
    assert np.sum(y[:-1] * np.diff(x)) == pytest.approx(1, abs=0.01)
    at, _ = line(figure, "real estimate (0.400)")
    assert at.tolist() == [0.4, 0.4]
    points = figure.axes[1].lines[0]
    assert np.asarray(points.get_xdata()).tolist() == placebo().frames["draws"]["estimate"][:300].to_list()
    assert np.asarray(points.get_ydata()).tolist() == placebo().frames["draws"]["p_value"][:300].to_list()
    assert "p: left 1.000, right 0.002, two-sided 0.004" in figure.axes[0].get_xlabel()
    assert len(plot_placebo(placebo(), p_values=False).axes) == 1


def test_group_difference_shows_the_difference_of_the_data() -> None:
    at, _ = line(FIGURES["difference"]("en", True), "difference in the data (0.250)")
    assert at.tolist() == [0.25, 0.25]


def test_fixed_placebos_stand_beside_the_real_estimate_by_name() -> None:
    figure = FIGURES["fixed"]("zh", True)
    names = [one.get_text() for one in figure.axes[0].get_xticklabels()]
    assert names == ["真实", "2014", "2016", "合并"]
    at, estimates = line(figure, "安慰剂")
    assert (at.tolist(), estimates.tolist()) == ([1, 2, 3], [0.1, -0.1, 0.0])
    with pytest.raises(SettingError, match="kind"):
        plot_fixed_placebo(fixed(), kind="lead")


def test_groups_left_out_stand_in_order_and_only_the_largest_change_is_named_among_many() -> None:
    _, estimates = line(FIGURES["left out"]("en", True), "without the group")
    assert len(estimates) == 12
    assert np.all(np.diff(estimates) >= 0)
    many = left_out(groups=80)
    known = many.frames["left_out"].drop_nulls("estimate")
    change = (known["estimate"] - 0.4).abs()
    names = [one.get_text() for one in plot_leave_out(many).axes[0].get_xticklabels()]
    assert names == [known["group"][int(change.arg_max() or 0)]]


def test_results_without_draws_are_refused() -> None:
    for plot in (plot_placebo, plot_group_difference, plot_leave_out):
        with pytest.raises(DataError, match="has no frame"):
            plot(result_of({"other": pl.DataFrame()}))
    one = replace(placebo(), frames={"draws": pl.DataFrame({"estimate": [0.1, 0.1], "p_value": [0.5, 0.5]})})
    with pytest.raises(DataError, match="two different draws"):
        plot_placebo(one)
    empty = left_out().frames["left_out"].tail(1)
    with pytest.raises(DataError, match="no group left out has an estimate"):
        plot_leave_out(result_of({"left_out": empty}))
