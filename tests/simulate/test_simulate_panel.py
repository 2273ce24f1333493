"""The simulated panel: its shape, its known answer, and that a seed decides everything."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.panel.files import write_panel
from patentmetrics.simulate.panel import deal_places, simulate_panel


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        write_panel(simulate_panel(seed=seed).panel, tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_panel_is_balanced_marked_simulated_and_named_so() -> None:
    made = simulate_panel(places=12, first_year=2010, last_year=2015, cohorts=[2012], seed=1)
    frame = made.panel.frame
    assert frame.columns == ["place", "year", "outcome", "control", "cohort", "treated"]
    assert frame.height == 12 * 6
    assert made.panel.simulated
    assert made.panel.made_by["truth"] == {"outcome": made.truth}
    assert frame["place"].str.starts_with("Simulated city ").all()


def test_treatment_begins_in_the_cohort_year_and_never_without_one() -> None:
    frame = simulate_panel(seed=5, cohorts=[2014, 2016, 2018], share_treated=0.5, places=60).panel.frame
    expected = (pl.col("year") >= pl.col("cohort")).fill_null(value=False)
    assert (frame["treated"] == frame.select(expected).to_series().cast(pl.Int8)).all()
    sizes = frame.group_by("cohort").agg(pl.col("place").n_unique()).sort("cohort", nulls_last=True)
    assert sizes.rows() == [(2014, 10), (2016, 10), (2018, 10), (None, 30)]


def test_without_noise_the_outcome_is_the_sum_of_its_parts() -> None:
    made = simulate_panel(places=20, effect=0.4, growth=0.1, noise_sd=0, seed=2, cohorts=[2014, 2016])
    frame = made.panel.frame.with_columns(event_time=pl.col("year") - pl.col("cohort"))
    gain = pl.when(pl.col("treated") == 1).then(0.4 + 0.1 * pl.col("event_time")).otherwise(0.0)
    rest = frame.with_columns(rest=pl.col("outcome") - gain - 0.5 * pl.col("control"))
    # place effect + year effect: the difference between two places is the same in all years
    wide = rest.pivot(on="place", index="year", values="rest").drop("year")
    for name in wide.columns[1:]:
        assert (wide[name] - wide[wide.columns[0]]).std() == pytest.approx(0, abs=1e-12)
    assert made.truth["event_time_3"] == pytest.approx(0.7)
    assert made.truth["event_time_-2"] == 0
    mean_gain = frame.filter(pl.col("treated") == 1).select(gain.mean()).item()
    assert made.truth["treated"] == pytest.approx(mean_gain)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("places", 1),
        ("cohorts", [2008]),
        ("cohorts", [2030]),
        ("cohorts", []),
        ("share_treated", 1.5),
        ("noise_sd", -1),
        ("persistence", 1),
        ("last_year", 2008),
        ("seed", -1),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting: str, value: object) -> None:
    with pytest.raises(SettingError) as caught:
        simulate_panel(**{"seed": 1, setting: value})
    assert caught.value.where == setting


def test_dealing_depends_on_the_id_and_the_seed_alone() -> None:
    places = [f"city {i}" for i in range(7)]
    ids = [f"US{i}" for i in range(500)]
    one = dict(deal_places(ids, places, seed=1).rows())
    assert dict(deal_places(ids[::-1], places[::-1], seed=1).rows()) == one
    assert dict(deal_places(ids[:10], places, seed=1).rows()) == {key: one[key] for key in ids[:10]}
    assert dict(deal_places(ids, places, seed=2).rows()) != one
    assert set(one.values()) == set(places)


def test_dealing_is_even_enough() -> None:
    dealt = deal_places([f"P{i}" for i in range(6000)], list("ABCDEF"), seed=3)
    sizes = dealt["place"].value_counts()["count"]
    assert sizes.min() > 850
    assert sizes.max() < 1150


@pytest.mark.parametrize(("ids", "places"), [(["a", "a"], ["X"]), (["a", None], ["X"]), (["a"], [])])
def test_dealing_refuses_doubled_or_empty_ids_and_no_places(ids: list[str], places: list[str]) -> None:
    with pytest.raises(DataError):
        deal_places(ids, places, seed=1)
