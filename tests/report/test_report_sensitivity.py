"""Figures of sensitivity: what they show, and that they say what is simulated."""

from __future__ import annotations

import hashlib
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
from patentmetrics.report.sensitivity_figures import plot_causal_paths, plot_conley, plot_honest, plot_wild


def result(method: str, estimates: pl.DataFrame, **more: object) -> Result:
    told = {
        "name": "(1)",
        "citation": "",
        "notes": (),
        "outcome": "patents",
        "fixed_effects": (),
        "statistics": {},
    }
    return Result(**{**told, "method": method, "estimates": estimates, **more})


def wild(*, open_end: bool = False) -> Result:
    table = pl.DataFrame(
        {"term": ["treated"], "estimate": [0.4], "p_value": [0.031], "conf_low": [0.1], "conf_high": [0.9]}
    ).with_columns(conf_high=None if open_end else pl.col("conf_high"))
    values = np.linspace(-0.1, 1.0, 21)
    curve = pl.DataFrame({"value": values, "p_value": np.exp(-(((values - 0.4) / 0.2) ** 2))})
    return result("Wild", table, statistics={"null": 0.0, "level": 0.95}, frames={"p_values": curve})


def conley(cutoffs: tuple[float, ...] = (100.0, 300.0, 500.0)) -> Result:
    table = pl.DataFrame(
        [(term, cutoff, None if (term, cutoff) == ("gdp", 300.0) else size * cutoff)
         for cutoff in cutoffs for term, size in (("treated", 1e-3), ("gdp", 2e-3))],
        {"term": pl.String, "cutoff_km": pl.Float64, "std_error": pl.Float64}, orient="row",
    )  # fmt: skip
    estimates = pl.DataFrame({"term": ["treated", "gdp"], "estimate": [0.4, 0.2]})
    return result("Conley", estimates, statistics={"cutoff_km": 300.0}, frames={"cutoffs": table})


def honest() -> Result:
    rows = [
        ("event_time_0", 0.4, 0.2, 0.6, None),
        ("M = 0", 0.4, 0.1, 0.7, 0.0),
        ("M = 1", 0.4, -0.1, None, 1.0),
    ]
    names = {"term": pl.String, **dict.fromkeys(["estimate", "conf_low", "conf_high", "bound"], pl.Float64)}
    return result(
        "Honest DiD, relative magnitude",
        pl.DataFrame(rows, names, orient="row"),
        statistics={"breakdown": 0.73},
    )


def paths(*, draws: bool = True) -> Result:
    estimates = [1.4, 0.6, 0.3, 0.5]
    ends = [[one + by for one in estimates] if draws else [None] * 4 for by in (-0.1, 0.1)]
    table = pl.DataFrame(
        {
            "term": ["total", "via_m1", "via_m2", "direct"],
            "estimate": estimates,
            "conf_low": pl.Series(ends[0], dtype=pl.Float64),
            "conf_high": pl.Series(ends[1], dtype=pl.Float64),
            "share": [one / 1.4 for one in estimates],
        }
    )
    return result("Causal path decomposition", table)


PLOTS: dict[str, tuple[Callable[..., Figure], Callable[[], Result]]] = {
    "wild": (plot_wild, wild),
    "conley": (plot_conley, conley),
    "honest": (plot_honest, honest),
    "paths": (plot_causal_paths, paths),
}


def words(figure: Figure) -> str:
    axes = figure.axes[0]
    legend = [one.get_text() for one in figure.legends[0].get_texts()] if figure.legends else []
    ticks = [one.get_text() for one in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    texts = [one.get_text() for one in axes.texts]
    return " | ".join(
        [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel(), *legend, *ticks, *texts]
    )


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_result_gives_the_same_bytes(name: str, language: str, tmp_path: Path) -> None:
    plot, made = PLOTS[name]
    hashes = set()
    for number in range(2):
        file = tmp_path / f"{number}.svg"
        save_figure(plot(made(), language=language), file)
        hashes.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(hashes) == 1


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize(("language", "said"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
def test_simulated_data_are_named_and_only_they(name: str, language: str, said: str) -> None:
    plot, made = PLOTS[name]
    assert said in words(plot(replace(made(), simulated=True), language=language))
    assert said not in words(plot(made(), language=language))


@pytest.mark.parametrize("name", PLOTS)
def test_labels_of_the_caller_come_before_those_of_the_registry(name: str) -> None:
    plot, made = PLOTS[name]
    named = plot(made(), labels={"patents": "Patents granted", "m1": "Talent"})
    assert "Patents granted" in words(named)
    if name == "paths":
        assert "Through Talent" in words(named)


def test_the_bootstrap_figure_says_interval_and_p_value() -> None:
    told = words(plot_wild(wild()))
    assert "95 % interval: 0.100 to 0.900" in told
    assert "p = 0.0310" in told
    assert "0.100至0.900" in words(plot_wild(wild(), language="zh"))
    assert "0.100 to ∞" in words(plot_wild(wild(open_end=True)))


def test_a_cutoff_without_an_error_is_a_gap() -> None:
    figure = plot_conley(conley())
    (line,) = [
        one for one in figure.axes[0].lines if len(one.get_xdata()) == 3 and np.isnan(one.get_ydata()).any()
    ]
    assert np.isnan(np.asarray(line.get_ydata(), dtype=float)).tolist() == [False, True, False]
    assert "chosen cutoff (300 km)" in words(figure)
    with pytest.raises(DataError, match="one cutoff only"):
        plot_conley(conley((300.0,)))


def test_an_open_end_is_an_arrow_and_the_breakdown_value_is_said() -> None:
    figure = plot_honest(honest())
    told = words(figure)
    assert "open end" in told
    assert "zero enters at 0.730" in told
    assert "M̄" in told
    assert [one.get_text() for one in figure.axes[0].get_xticklabels()] == ["—", "0", "1.00"]
    smooth = words(plot_honest(replace(honest(), method="Honest DiD, smoothness")))
    assert "(M)" in smooth


def test_the_bars_of_the_paths_add_up_and_shares_are_said() -> None:
    figure = plot_causal_paths(paths())
    bars = figure.axes[0].patches
    ends = [one.get_x() + one.get_width() for one in bars]
    assert [round(one.get_x(), 6) for one in bars] == [0.0, 0.0, 0.6, 0.9]
    assert ends[-1] == pytest.approx(ends[0])
    assert "0.600  (42.9 %)" in words(figure)
    assert "0.600" in words(plot_causal_paths(paths(draws=False)))


@pytest.mark.parametrize("plot", [plot_wild, plot_conley])
def test_a_result_of_another_model_is_refused(plot: Callable[..., Figure]) -> None:
    with pytest.raises(DataError, match="has no frame"):
        plot(honest())
    with pytest.raises(ColumnError):
        plot_honest(wild())
    with pytest.raises(ColumnError):
        plot_causal_paths(wild())
