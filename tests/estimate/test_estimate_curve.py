"""The specification curve: every combination, choices of measurement among them, failures with reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.curve import Choice, CurveSpec, Dimension, run_curve
from patentmetrics.estimate.models import fit
from patentmetrics.estimate.selections import Selection
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.curve_table import curve_table
from patentmetrics.report.forest_figures import plot_specification_curve
from tests.estimate.models_for_tests import panel_for_all

WINDOW = Dimension(
    name="window",
    measurement=True,
    choices=(Choice(name="5 years", fill="5"), Choice(name="10 years", fill="10")),
)
CONTROLS = Dimension(
    name="controls", choices=(Choice(name="none"), Choice(name="control", set={"controls": ["control"]}))
)
SAMPLE = Dimension(
    name="sample",
    choices=(
        Choice(name="all"),
        Choice(name="east", sample=Selection(name="e", column="region", values=("East",))),
    ),
)


def of(name: str, *choices: Choice) -> Dimension:
    return Dimension(name=name, choices=choices)


BASE = {"model": "did", "outcome": "y_{window}"}


@pytest.fixture(scope="module")
def panels() -> dict[str, Panel]:
    core = panel_for_all()
    frame = core.frame.with_columns(y_5=pl.col("outcome"), y_10=pl.col("outcome") + 0.2 * pl.col("treated"))
    broad = frame.with_columns(pl.col("y_5", "y_10") + 0.1 * pl.col("treated"))
    return {"core": replace(core, frame=frame), "broad": replace(core, frame=broad)}


LEXICON = Dimension(
    name="lexicon",
    measurement=True,
    choices=(Choice(name="core terms", panel="core"), Choice(name="broad terms", panel="broad")),
)


def test_every_combination_is_the_model_with_those_settings(panels: dict[str, Panel]) -> None:
    spec = CurveSpec(base=BASE, dimensions=(WINDOW, LEXICON, CONTROLS, SAMPLE))
    curve = run_curve(panels, spec)
    assert curve.specifications.height == 16
    row = curve.specifications.row(
        by_predicate=(pl.col("window") == "10 years")
        & (pl.col("lexicon") == "broad terms")
        & (pl.col("controls") == "control")
        & (pl.col("sample") == "east"),
        named=True,
    )
    east = panels["broad"].frame.filter(pl.col("region") == "East")
    alone = fit(
        replace(panels["broad"], frame=east),
        {"model": "did", "name": "m", "outcome": "y_10", "controls": ["control"]},
    ).estimates.row(0, named=True)
    for key in ("estimate", "std_error", "p_value", "conf_low", "n"):
        assert row[key] == alone[key]
    assert row["outcome"] == "y_10"
    assert row["panel"] == "broad"
    assert curve.statistics["baseline"] == curve.specifications["estimate"][0]


def test_planted_differences_of_measurement_come_back_exactly(panels: dict[str, Panel]) -> None:
    curve = run_curve(panels, CurveSpec(base=BASE, dimensions=(WINDOW, LEXICON)))
    wide = {(w, x): e for w, x, e in curve.specifications.select("window", "lexicon", "estimate").rows()}
    first = wide["5 years", "core terms"]
    assert wide["10 years", "core terms"] - first == pytest.approx(0.2, abs=1e-9)
    assert wide["5 years", "broad terms"] - first == pytest.approx(0.1, abs=1e-9)
    # additive by construction: η² of the two sum to 1, and are in the ratio of the squared ranges
    shares = dict(curve.shares.select("dimension", "share").rows())
    assert shares == pytest.approx({"window": 0.8, "lexicon": 0.2}, abs=1e-9)
    assert curve.shares["range"].to_list() == pytest.approx([0.2, 0.1])
    assert curve.shares["measurement"].to_list() == [True, True]


def test_statistics_are_counts_of_the_frame(panels: dict[str, Panel]) -> None:
    curve = run_curve(panels, CurveSpec(base=BASE, dimensions=(WINDOW, CONTROLS, SAMPLE), level=0.01))
    frame = curve.specifications
    assert curve.statistics["median"] == pytest.approx(np.median(frame["estimate"].to_numpy()))
    assert curve.statistics["share_significant"] == pytest.approx((frame["p_value"] < 0.01).mean())
    own = frame.filter(pl.col("sample") == "east")
    row = curve.choices.row(by_predicate=pl.col("choice") == "east", named=True)
    assert row["specifications"] == own.height == 4
    assert row["median"] == pytest.approx(own["estimate"].median())


def test_a_specification_that_cannot_be_estimated_stays_with_its_reason(panels: dict[str, Panel]) -> None:
    window = replace(WINDOW, choices=(*WINDOW.choices, Choice(name="20 years", fill="20")))
    curve = run_curve(panels, CurveSpec(base=BASE, dimensions=(window,)))
    lost = curve.specifications.row(2, named=True)
    assert lost["estimate"] is None
    assert "'y_20' is missing" in lost["reason"]
    assert curve.statistics["not_estimated"] == 1
    assert any("1 specifications not estimated" in note for note in curve_table(curve).notes)
    with pytest.raises(SettingError, match="no specification can be estimated"):
        run_curve(panels, CurveSpec(base={**BASE, "outcome": "z"}, dimensions=(WINDOW,)))


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (CurveSpec(base=BASE, dimensions=()), "a panel and a dimension"),
        (CurveSpec(base=BASE, dimensions=(WINDOW, WINDOW)), "a name of its own"),
        (CurveSpec(base=BASE, dimensions=(replace(WINDOW, name="estimate"),)), "a name of its own"),
        (CurveSpec(base=BASE, dimensions=(replace(WINDOW, choices=()),)), "no choices"),
        (CurveSpec(base={"outcome": "y"}, dimensions=(WINDOW,)), "names its model"),
        (CurveSpec(base={**BASE, "control": []}, dimensions=(WINDOW,)), "unknown key"),
        (CurveSpec(base=BASE, dimensions=(CONTROLS,)), "a blank is no dimension"),
        (CurveSpec(base=BASE, dimensions=(WINDOW, of("c", Choice(name="x", set={"contrls": 1})))),
         "unknown key"),
        (CurveSpec(base=BASE, dimensions=(WINDOW, of("c", Choice(name="x", panel="wide")))),
         "no such panel"),
        (CurveSpec(base=BASE, dimensions=(WINDOW, of("c", Choice(name="x"), Choice(name="x")))),
         "one name"),
        (CurveSpec(base=BASE, dimensions=tuple(of(f"w{i}", *WINDOW.choices) for i in range(14))), "too many"),
    ],
)  # fmt: skip
def test_a_curve_that_makes_no_sense_is_refused(spec: CurveSpec, what: str, panels: dict[str, Panel]) -> None:
    with pytest.raises(SettingError, match=what):
        run_curve(panels, spec)


def test_other_models_and_terms_have_curves(panels: dict[str, Panel]) -> None:
    base = {"kind": "imputation", "outcome": "y_{window}"}
    assert (
        run_curve(panels, CurveSpec(base=base, dimensions=(WINDOW,))).specifications["estimate"].count() == 2
    )
    base = {"model": "did", "outcome": "y_{window}", "controls": ["control"]}
    curve = run_curve(panels["core"], CurveSpec(base=base, dimensions=(WINDOW,), term="control"))
    assert curve.specifications["term"].to_list() == ["control", "control"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figure_shows_each_specification_once_in_order_of_size(
    language: str, panels: dict[str, Panel], tmp_path: object
) -> None:
    curve = run_curve(panels, CurveSpec(base=BASE, dimensions=(WINDOW, CONTROLS)))
    figure = plot_specification_curve(curve, language=language)
    above, below = figure.axes
    drawn = np.concatenate([line.get_ydata() for line in above.lines if line.get_marker() == "o"])
    assert sorted(drawn) == pytest.approx(sorted(curve.specifications["estimate"]))
    names = [one.get_text() for one in below.get_yticklabels()]
    assert names[1:3] == ["5 years", "10 years"]
    assert ("measurement" in names[0]) == (language == "en")
    squares = [line for line in below.lines if line.get_marker() == "s"]
    assert sum(len(line.get_xdata()) for line in squares) == 2 * 4
    save_figure(figure, tmp_path / "curve.png")  # type: ignore[operator]
    table = curve_table(curve, language=language)
    assert len(table.headings) == 2
