"""Goodman-Bacon: the comparisons sum to the estimate, and are those of the paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.bacon import BaconSpec, fit_bacon
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import staggered as twin

SPEC = BaconSpec(name="(1)", outcome="outcome")


def simulated(**options) -> Panel:
    return simulate_panel(
        **{"places": 24, "cohorts": [2011, 2014, 2016], "growth": 0.1, "seed": 4, **options}
    ).panel


@pytest.mark.larger
def test_the_divorce_reform_decomposition_printed_by_bacondecomp(larger_data: Path) -> None:
    """R: bacondecomp::bacon(incearn_ln ~ reform_math, data = bacondecomp::math_reform, ...)."""
    frame = pl.read_csv(larger_data / "reference" / "math_reform.csv").select(
        "incearn_ln", place="state", year="class", cohort="reformyr_math"
    )
    result = fit_bacon(Panel(frame=frame), BaconSpec(name="m", outcome="incearn_ln"))
    told = {
        kind: (round(weight, 5), round(mean, 5))
        for kind, weight, mean in result.frames["by_type"].select("type", "weight", "mean_effect").rows()
    }
    assert told == {
        "earlier_later": (0.06353, 0.02868),
        "later_earlier": (0.05265, 0.03375),
        "treated_untreated": (0.88382, -0.00129),
    }


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_comparisons_are_those_of_the_theorem_and_sum_to_the_two_way_estimate(share: float) -> None:
    panel = simulated(share_treated=share)
    result = fit_bacon(panel, SPEC)
    rows = result.frames["comparisons"]
    frame = panel.frame.sort("place", "year")
    cohort = frame.group_by("place", maintain_order=True).first()["cohort"].fill_null(0).to_numpy()
    expected = twin.bacon(twin.wide(frame, "outcome"), cohort, np.array(range(2008, 2022)))
    ours = {row[:3]: row[3:5] for row in rows.rows()}
    assert ours.keys() == {row[:3] for row in expected}
    for kind, treated, control, estimate, weight in expected:
        assert ours[kind, treated, control] == pytest.approx((estimate, weight), rel=1e-9)
    whole = fit_did(panel, DidSpec(name="m", outcome="outcome")).estimates
    assert float((rows["weight"] * rows["estimate"]).sum()) == pytest.approx(whole["estimate"][0], rel=1e-10)
    assert rows["weight"].sum() == pytest.approx(1)
    assert result.estimates["estimate"][0] == whole["estimate"][0]
    assert result.estimates["std_error"][0] == whole["std_error"][0]
    kinds = result.frames["by_type"]
    assert kinds["weight"].sum() == pytest.approx(1)
    assert (kinds["type"].to_list(), kinds["comparisons"].sum()) == (
        ["earlier_later", "later_earlier", "treated_untreated"],
        rows.height,
    )
    assert result.statistics["weight_later_earlier"] == kinds["weight"][1]


def test_growing_effects_drag_down_comparisons_with_places_treated_before() -> None:
    kinds = fit_bacon(simulated(places=60, noise_sd=0.01), SPEC).frames["by_type"]
    means = dict(kinds.select("type", "mean_effect").rows())
    assert means["later_earlier"] < means["treated_untreated"]


def test_places_treated_throughout_are_left_out_by_name_and_those_treated_later_are_untreated() -> None:
    frame = simulated().frame.with_columns(cohort=pl.col("cohort").replace({2011: 2008, 2016: 2030}))
    result = fit_bacon(Panel(frame=frame), SPEC)
    assert any("4 places left out that are treated in all their years" in one for one in result.notes)
    assert any("4 places treated only after 2021 count as untreated" in one for one in result.notes)
    assert result.frames["comparisons"]["type"].to_list() == ["treated_untreated"]
    assert result.statistics["n"] == 20 * 14


def test_a_panel_with_a_gap_is_refused_or_its_places_dropped_and_counted() -> None:
    frame = simulated().frame.filter((pl.col("place") != "Simulated city 003") | (pl.col("year") != 2010))
    with pytest.raises(DataError, match="1 places lack a year") as caught:
        fit_bacon(Panel(frame=frame), SPEC)
    assert "Simulated city 003 has 13" in str(caught.value)
    dropped = fit_bacon(Panel(frame=frame), BaconSpec(name="m", outcome="outcome", incomplete_places="drop"))
    assert "1 places left out that lack a year (Simulated city 003)" in dropped.notes
    assert dropped.statistics["rows_dropped"] == 13


def test_one_date_for_all_is_refused() -> None:
    with pytest.raises(DataError, match="no place is treated in a year in which another is not"):
        fit_bacon(simulated(share_treated=1.0, cohorts=[2014]), SPEC)
