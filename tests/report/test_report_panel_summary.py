"""Tables and figures of a panel's summary."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.summary import describe_panel, mean_growth, means_by_year
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.panel_figures import plot_boxes, plot_density, plot_means
from patentmetrics.report.summary_table import means_table, summary_table


@pytest.fixture(scope="module")
def panel() -> Panel:
    rows = [
        (
            f"P{i}",
            2000 + t,
            None if (t == 1 and i < 3) else float(1 + i * 0.5 + t + (i % 4) ** 2),
            ("东北", "西部", "东部")[i % 3],
        )
        for i in range(12)
        for t in range(4)
    ]
    frame = pl.DataFrame(rows, schema=["place", "year", "patents", "region"], orient="row")
    return Panel(frame=frame, simulated=True)


def drawn(panel: Panel, language: str) -> list:
    means = means_by_year(panel, ["patents"], by="region")
    return [
        plot_means(means, variable="patents", language=language, simulated=True),
        plot_density(panel, "patents", language=language),
        plot_boxes(panel, "patents", language=language),
    ]


def texts(figure: object) -> str:
    from matplotlib.text import Text

    return " ".join(one.get_text() for one in figure.findobj(Text))


def test_regions_stand_in_their_customary_order_behind_the_whole(panel: Panel) -> None:
    table = summary_table(describe_panel(panel, ["patents"], by="region"), language="zh", simulated=True)
    assert [row[1] for row in table.rows] == ["全部", "东部", "西部", "东北"]
    assert [row[0] for row in table.rows] == ["专利数", "", "", ""]
    assert "模拟数据" in table.title
    english = summary_table(describe_panel(panel, ["patents"], by="region"))
    assert [row[1] for row in english.rows] == ["All", "East", "West", "Northeast"]


def test_what_is_not_known_is_a_dash_never_zero() -> None:
    frame = pl.DataFrame({"place": ["A"], "year": [2000], "x": [None]}, schema_overrides={"x": pl.Float64})
    table = summary_table(describe_panel(Panel(frame=frame), ["x"]))
    assert table.rows[0] == ("x", "0", "1", *["—"] * 7)
    assert any("—" in note for note in table.notes)


def test_the_table_of_means_has_a_column_a_region_and_the_growth_below(panel: Panel) -> None:
    means = means_by_year(panel, ["patents"], by="region")
    table = means_table(means, mean_growth(means), variable="patents", language="zh", simulated=True)
    assert table.header == (("年份", "全部", "东部", "西部", "东北"),)
    assert [row[0] for row in table.rows] == ["2000", "2001", "2002", "2003", "年均增速（%）"]
    whole = mean_growth(means)["mean_growth"][0]
    assert table.rows[-1][1] == f"{100 * whole:.2f}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_name_their_variable_and_the_simulation(panel: Panel, language: str) -> None:
    for one in drawn(panel, language):
        assert {"en": "Patents", "zh": "专利数"}[language] in texts(one)
        assert {"en": "SIMULATED DATA", "zh": "模拟数据"}[language] in texts(one)
        assert "〓" not in texts(one)


def test_the_same_panel_gives_the_same_figures(panel: Panel, tmp_path: Path) -> None:
    for number, (one, two) in enumerate(zip(drawn(panel, "zh"), drawn(panel, "zh"), strict=True)):
        save_figure(one, tmp_path / f"{number}a.svg")
        save_figure(two, tmp_path / f"{number}b.svg")
        assert (tmp_path / f"{number}a.svg").read_bytes() == (tmp_path / f"{number}b.svg").read_bytes()


def test_a_year_without_a_mean_is_a_gap(panel: Panel) -> None:
    means = means_by_year(panel, ["patents"]).with_columns(
        pl.when(pl.col("year") == 2001).then(None).otherwise(pl.col("mean")).alias("mean")
    )
    line = plot_means(means, variable="patents").axes[0].lines[0]
    assert [value != value for value in line.get_ydata()] == [False, True, False, False]


def test_values_beyond_the_whiskers_are_counted_not_drawn() -> None:
    frame = pl.DataFrame(
        {"place": [f"P{i}" for i in range(12)], "year": [2000] * 12, "x": [*range(11), 1000]}
    )
    figure = plot_boxes(Panel(frame=frame), "x")
    assert "1 values lie beyond" in texts(figure)
    assert figure.axes[0].get_ylim()[1] < 100


def test_figures_refuse_what_they_cannot_draw(panel: Panel) -> None:
    flat = Panel(frame=panel.frame.with_columns(pl.lit(1.0).alias("patents")))
    with pytest.raises(DataError, match="two different values"):
        plot_density(flat, "patents")
    with pytest.raises(SettingError):
        plot_density(panel, "patents", years=list(range(2000, 2010)))
    with pytest.raises(DataError, match="no value"):
        plot_boxes(panel, "patents", years=[1990])
    means = means_by_year(panel, ["patents"], by="place")
    with pytest.raises(SettingError, match="told apart"):
        plot_means(means, variable="patents")
    with pytest.raises(DataError, match="no mean"):
        plot_means(means, variable="gdp")
