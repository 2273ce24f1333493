"""Balance, winsorising, treatment, logarithms and files of a panel."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, InputError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.panel.balance import balance
from patentmetrics.panel.files import known_answers, read_panel, write_panel
from patentmetrics.panel.logs import add_log
from patentmetrics.panel.treatment import add_treatment
from patentmetrics.panel.winsorise import winsorise
from patentmetrics.simulate.panel import simulate_panel
from tests.reference import panel_steps


def panel_of(**columns: list) -> Panel:
    n = len(next(iter(columns.values())))
    keys = {"place": [f"P{i // 3}" for i in range(n)], "year": [2000 + i % 3 for i in range(n)]}
    return Panel(frame=pl.DataFrame(keys | columns))


def test_a_balanced_panel_is_balanced() -> None:
    shape = balance(simulate_panel(places=5, seed=1).panel)
    assert shape.balanced
    assert (shape.places, shape.cells, shape.expected) == (5, 70, 70)
    assert shape.missing.is_empty()
    assert shape.places_with_gaps == 0
    assert set(shape.nulls) == {"cohort"}


def test_missing_place_years_gaps_and_absent_years_are_told_apart() -> None:
    frame = pl.DataFrame(
        {"place": ["A", "A", "A", "B", "B", "C", "C"], "year": [2000, 2001, 2003, 2000, 2003, 2001, 2003]}
    )
    shape = balance(Panel(frame=frame))
    assert not shape.balanced
    assert shape.missing.rows() == [("B", 2001), ("C", 2000)]
    assert shape.places_with_gaps == 1  # B; C begins late
    assert shape.years_absent == (2002,)
    assert (shape.cells, shape.expected) == (7, 9)


Columns = st.lists(st.none() | st.floats(-100, 100), min_size=1, max_size=40)
Limits = st.sampled_from([(0.01, 0.99), (0.05, 0.95), (0.0, 0.9), (0.25, 0.75), (0.1, 1.0)])


@settings(max_examples=150, deadline=None)
@given(Columns, Limits, st.sampled_from(["linear", "stata"]), st.booleans())
def test_winsorising_equals_the_twin(
    values: list[float | None], limits: tuple[float, float], quantile: str, by_year: bool
) -> None:
    panel = panel_of(x=pl.Series(values, dtype=pl.Float64).to_list())
    panel = Panel(frame=panel.frame.with_columns(pl.col("x").cast(pl.Float64)))
    rule = {"linear": panel_steps.quantile, "stata": panel_steps.stata_quantile}[quantile]
    made = winsorise(
        panel, ["x"], lower=limits[0], upper=limits[1], by="year" if by_year else None, quantile=quantile
    )
    expected: list[float | None] = [None] * len(values)
    groups = (
        [[i for i in range(len(values)) if i % 3 == g] for g in range(3)] if by_year else [range(len(values))]
    )
    for group in groups:
        for i, value in zip(
            group, panel_steps.winsorised([values[i] for i in group], *limits, rule), strict=True
        ):
            expected[i] = value
    found = made.frame["x"].to_list()
    assert found == [None if e is None else pytest.approx(e, rel=1e-12, abs=1e-12) for e in expected]
    changed = sum(f != v for f, v in zip(found, values, strict=True) if v is not None)
    assert f": {changed} values changed, {values.count(None)} nulls kept" in made.log[-1]


def test_winsorising_refuses_what_it_cannot_do() -> None:
    panel = panel_of(x=[1.0, 2.0], name=["a", "b"])
    for lower, upper in [(0.99, 0.01), (1, 99), (-0.1, 0.5)]:
        with pytest.raises(SettingError):
            winsorise(panel, ["x"], lower=lower, upper=upper)
    with pytest.raises(ColumnError, match="does not hold numbers"):
        winsorise(panel, ["name"])
    with pytest.raises(ColumnError, match="missing"):
        winsorise(panel, ["y"])
    with pytest.raises(SettingError):
        winsorise(panel, ["x"], by="place")
    with pytest.raises(SettingError):
        winsorise(panel, ["x"], quantile="median")


def test_a_winsorised_outcome_has_no_known_answer_and_an_untouched_one_has() -> None:
    panel = simulate_panel(seed=1).panel
    assert known_answers(panel, "outcome")["treated"] == 0.25
    assert known_answers(panel, "patents") == {}
    assert known_answers(winsorise(panel, ["outcome"]), "outcome") == {}
    assert known_answers(winsorise(panel, ["control"]), "outcome") == {}
    assert known_answers(winsorise(panel, ["outcome"], lower=0, upper=1), "outcome")["treated"] == 0.25


def test_treatment_made_from_the_cohort_is_that_of_the_simulation() -> None:
    panel = simulate_panel(seed=1).panel
    again = add_treatment(Panel(frame=panel.frame.drop("treated")))
    assert again.frame["treated"].equals(panel.frame["treated"])
    never = again.frame.filter(pl.col("cohort").is_null())
    assert never["event_time"].null_count() == never.height
    assert never["treated"].sum() == 0
    assert add_treatment(panel).frame["treated"].equals(panel.frame["treated"])


@pytest.mark.parametrize(
    ("cohorts", "match"),
    [
        ([2001, 2001, 2002], "more than one cohort"),
        ([2001, 2001, None], "more than one cohort"),
        ([0, 0, 0], "not a year"),
        ([2001.5, 2001.5, 2001.5], "not a year"),
        ([9999, 9999, 9999], "not a year"),
    ],
)
def test_a_cohort_that_is_none_is_refused(cohorts: list, match: str) -> None:
    with pytest.raises(DataError, match=match):
        add_treatment(panel_of(cohort=cohorts))


def test_a_contradicting_treatment_is_refused() -> None:
    with pytest.raises(DataError, match="contradicts"):
        add_treatment(panel_of(cohort=[2001, 2001, 2001], treated=[0, 0, 1]))


def test_logarithms_of_counts() -> None:
    made = add_log(panel_of(patents=[0, 9, None]), ["patents"])
    assert made.frame["log_patents"].to_list() == [0.0, pytest.approx(math.log(10)), None]
    with pytest.raises(DataError, match="negative"):
        add_log(panel_of(x=[-1.0, 2.0]), ["x"])
    with pytest.raises(ColumnError, match="already"):
        add_log(made, ["patents"])


def test_a_panel_comes_back_from_parquet_with_log_answers_and_mark(tmp_path: Path) -> None:
    panel = simulate_panel(seed=1, places=3).panel
    write_panel(panel, tmp_path / "a.parquet")
    again = read_panel(tmp_path / "a.parquet")
    assert again.frame.equals(panel.frame)
    assert again.log == panel.log
    assert again.simulated
    assert known_answers(again, "outcome") == known_answers(panel, "outcome")
    write_panel(again, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_csv_with_bom_is_read_and_its_empty_fields_are_null(tmp_path: Path) -> None:
    path = tmp_path / "城市.csv"
    path.write_bytes("\ufeffplace,year,gdp\n北京,2020,1.5\n上海,2020,\n".encode())
    panel = read_panel(path)
    assert panel.frame.rows() == [("北京", 2020, 1.5), ("上海", 2020, None)]
    assert not panel.simulated


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes("place,year\n北京,2020\n".encode("gb18030"))
    (tmp_path / "ragged.csv").write_text("place,year\nA,2020,3,4\n")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "x.doc").write_text("x")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1xx")
    for name in ("gbk.csv", "ragged.csv", "empty.csv", "x.doc", "cut.parquet", "absent.csv"):
        with pytest.raises(InputError):
            read_panel(tmp_path / name)
    (tmp_path / "keyless.csv").write_text("city,year\nA,2020\n")
    with pytest.raises(ColumnError, match="'place' is missing"):
        read_panel(tmp_path / "keyless.csv")
