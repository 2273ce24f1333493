"""Figures of matched samples: what they show, and that they are the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from patentmetrics.core.errors import ColumnError, DataError
from patentmetrics.core.types import Result
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.matching_figures import plot_balance, plot_score_density
from tests.report.results import did

FIGURES: dict[str, Callable[..., Figure]] = {"density": plot_score_density, "balance": plot_balance}


def matched(*, simulated: bool = False) -> Result:
    rng = np.random.default_rng(1)
    n = 60
    group = np.arange(n) < 20
    units = pl.DataFrame(
        {
            "in_group": group,
            "propensity_score": np.clip(rng.normal(np.where(group, 0.6, 0.3), 0.1), 0.02, 0.98),
            "match_weight": np.where(group, 1.0, np.where(np.arange(n) < 35, 20 / 15, np.nan)),
        }
    ).with_columns(pl.col("match_weight").fill_nan(None))
    balance = pl.DataFrame(
        {
            "covariate": ["gdp", "gdp", "roads", "roads", "fixed", "fixed"],
            "sample": ["unmatched", "matched"] * 3,
            "bias": [12.0, -1.0, -55.0, 4.0, None, None],
        }
    )
    result = did(simulated=simulated)
    statistics = result.statistics | {"pseudo_r2_unmatched": 0.1234, "pseudo_r2_matched": 0.0009}
    return replace(result, statistics=statistics, frames={"units": units, "balance": balance})


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_figures_say_when_data_are_simulated_and_only_then(name: str, language: str, words: str) -> None:
    def text(figure: Figure) -> str:
        return figure.get_suptitle() + figure.axes[0].get_title(loc="left")

    assert words in text(FIGURES[name](matched(simulated=True), language=language))
    assert words not in text(FIGURES[name](matched(), language=language))


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    for file in ("a.png", "b.png"):
        save_figure(FIGURES[name](matched(), language="zh"), tmp_path / file)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_densities_hold_the_whole_mass_and_only_what_is_matched() -> None:
    result = matched()
    before, after = plot_score_density(result).axes

    def curves(axes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in axes.lines}

    assert set(curves(before)) == set(curves(after)) == {"Treated", "Controls"}
    for axes in (before, after):
        for x, y in curves(axes).values():
            assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)
    # the treated are all matched, the controls are not
    assert curves(before)["Treated"][1] == pytest.approx(curves(after)["Treated"][1])
    assert not np.allclose(curves(before)["Controls"][1], curves(after)["Controls"][1], atol=0.05)


def test_bias_is_drawn_largest_on_top_and_null_is_left_out() -> None:
    figure = plot_balance(matched(), labels={"roads": "Roads"})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["gdp", "Roads"]
    drawn = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert drawn["Before matching"] == [12.0, -55.0]
    assert drawn["After matching"] == [-1.0, 4.0]
    assert "0.123 before, 0.001 after" in axes.get_xlabel()


def test_a_result_without_matches_is_refused() -> None:
    for plot in FIGURES.values():
        with pytest.raises(DataError, match="no frame"):
            plot(did())
    empty = matched()
    with pytest.raises(ColumnError, match="propensity_score"):
        plot_score_density(replace(empty, frames={"units": empty.frames["units"].drop("propensity_score")}))
    same = empty.frames["units"].with_columns(propensity_score=pl.lit(0.5))
    with pytest.raises(DataError, match="two different scores"):
        plot_score_density(replace(empty, frames={"units": same}))
    constant = empty.frames["balance"].filter(pl.col("covariate") == "fixed")
    with pytest.raises(DataError, match="no covariate"):
        plot_balance(replace(empty, frames={"balance": constant}))
