"""Index systems and composite indices: strict files, weights at both levels, nulls counted, the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.cli.index import command
from patentmetrics.cli.index_systems import command as systems_command
from patentmetrics.core.errors import ColumnError, DataError, InputError, SettingError, StudyError
from patentmetrics.core.types import Panel
from patentmetrics.index.composite import CompositeIndex, composite_index
from patentmetrics.index.systems import (
    Dimension,
    IndexSystem,
    Indicator,
    list_index_systems,
    read_index_system,
)
from patentmetrics.index.weights_table import weights_table
from patentmetrics.panel.files import read_panel, write_panel
from tests.reference import indices

METHODS = ["entropy", "pca", "scatter", "critic", "equal", "given"]


def system_of(weights: bool = True, **directions: str) -> IndexSystem:
    directions = directions or {"a": "positive", "b": "negative", "c": "positive", "d": "positive"}
    return IndexSystem(
        id="small",
        title_en="Small",
        title_zh="小",
        source="made up",
        dimensions=tuple(Dimension(id=one, title_en=one, title_zh=one) for one in ("first", "second")),
        indicators=tuple(
            Indicator(
                name=name, title_en=name, title_zh=f"指标{name}", direction=direction,
                dimension="first" if k < 2 else "second", weight=float(k + 1) if weights else None,
            )
            for k, (name, direction) in enumerate(directions.items())
        ),
    )  # fmt: skip


def panel_of(seed: int = 0, places: int = 12, years: int = 3) -> Panel:
    rng = np.random.default_rng(seed)
    n = places * years
    common = rng.normal(size=n)
    keys = {
        "place": np.repeat([f"P{k:02d}" for k in range(places)], years),
        "year": np.tile(range(2018, 2018 + years), places),
    }
    columns = {name: common * (-1 if name == "b" else 1) + rng.normal(size=n) for name in "abcd"}
    return Panel(frame=pl.DataFrame(keys | columns))


def test_the_shipped_systems_hold_the_indicators_of_their_papers() -> None:
    listed = list_index_systems()
    assert listed["id"].to_list() == ["science_industry_2025", "urban_innovation_2026"]
    science = read_index_system("science_industry_2025")
    assert [sum(one.dimension == part for one in science.indicators) for part in ("science", "industry")] == [
        13,
        9,
    ]
    urban = read_index_system("urban_innovation_2026")
    assert len(urban.indicators) == 25
    of = {
        d.id: sum(one.weight for one in urban.indicators if one.dimension == d.id) for d in urban.dimensions
    }
    # as printed beside the dimensions; knowledge is printed as 19.9678, its five indicators sum to 0.01 less
    assert {key: round(value, 4) for key, value in of.items()} == {
        "resources": 25.0480, "knowledge": 19.9578, "performance": 33.3928, "environment": 16.8048,
        "cooperation": 4.7969,
    }  # fmt: skip
    for system in (science, urban):
        assert all(one.title_en and one.title_zh for one in system.indicators)


HEAD = """
id = "s"
title_en = "S"
title_zh = "S"
source = "x"
[[dimensions]]
id = "one"
title_en = "One"
title_zh = "一"
"""
ROW = """
[[indicators]]
name = "gdp"
title_en = "GDP"
title_zh = "产值"
direction = "positive"
dimension = "one"
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + ROW + 'dirction = "positive"\n', "did you mean 'direction'"),
        (HEAD.replace("source", "sorce") + ROW, "did you mean 'source'"),
        (HEAD + 'title = "x"\n' + ROW, "dimensions[1]"),
        (HEAD + ROW.replace('"positive"', '"up"'), "wrong type"),
        (HEAD + ROW.replace('"GDP"', "5"), "wrong type"),
        (HEAD + ROW.replace('direction = "positive"\n', ""), "missing or has the wrong type"),
        (HEAD + ROW.replace('dimension = "one"', 'dimension = "onee"'), "did you mean 'one'"),
        (HEAD + ROW + ROW, "stands twice"),
        (HEAD, "wrong type"),
        (HEAD.replace('"one"', '"Ein-s"') + ROW.replace('"one"', '"Ein-s"'), "small letters"),
        (HEAD + ROW + "weight = 1\n" + ROW.replace("gdp", "wage"), "1 of 2"),
        ("sha256 = 'x'\n" + HEAD + ROW, "unknown key"),
        (HEAD + ROW + "=", "not TOML"),
    ],
)
def test_a_malformed_system_is_one_clear_error(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(StudyError) as error:
        read_index_system(path)
    assert says in str(error.value)


def test_an_unknown_system_names_the_near_ones_and_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no index system") as error:
        read_index_system("urban_innovation")
    assert "urban_innovation_2026" in str(error.value)
    with pytest.raises(InputError):
        read_index_system(tmp_path / "none.toml")


@pytest.mark.parametrize("levels", ["joint", "separate"])
@pytest.mark.parametrize("method", METHODS)
def test_weights_and_scores_add_up_at_both_levels(method: str, levels: str) -> None:
    made = composite_index(panel_of(), system_of(), method=method, levels=levels)
    weights = made.weights
    assert weights["weight"].sum() == pytest.approx(1)
    by = weights.group_by("dimension", maintain_order=True).agg(
        pl.col("weight_within").sum(), pl.col("weight").sum(), pl.col("dimension_weight").first()
    )
    assert by["weight_within"].to_list() == pytest.approx([1, 1])
    assert by["dimension_weight"].to_list() == pytest.approx(by["weight"].to_list())
    if levels == "separate":
        assert by["weight"].to_list() == pytest.approx([0.5, 0.5])
    scores = made.scores.frame
    first, second = by["weight"].to_list()
    total = first * scores["composite_index_first"] + second * scores["composite_index_second"]
    assert scores["composite_index"].to_list() == pytest.approx(total.to_list())
    assert made.diagnostics.filter(pl.col("statistic") == "rows")["value"].to_list() == [36.0] * (
        1 if levels == "joint" else 2
    )


def test_the_entropy_index_equals_the_twin_from_start_to_end() -> None:
    panel, system = panel_of(3), system_of()
    columns = [indices.minmax(panel.frame[one.name].to_list(), one.direction) for one in system.indicators]
    rows = [list(row) for row in zip(*columns, strict=True)]
    weights = indices.entropy(rows, 0.001)
    made = composite_index(panel, system, shift=0.001)
    assert made.weights["weight"].to_list() == pytest.approx(weights)
    twin = [sum(w * x for w, x in zip(weights, row, strict=True)) for row in rows]
    assert made.scores.frame["composite_index"].to_list() == pytest.approx(twin)
    assert made.scores.made_by["settings"]["shift"] == 0.001


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from(METHODS), st.floats(0.01, 1000), st.floats(-1e3, 1e3))
def test_an_index_of_standardised_indicators_does_not_depend_on_units(
    seed: int, method: str, scale: float, zero: float
) -> None:
    panel = panel_of(seed, places=8)
    other = Panel(frame=panel.frame.with_columns(pl.col("a") * scale + zero))
    before, after = (composite_index(one, system_of(), method=method) for one in (panel, other))
    assert after.scores.frame["composite_index"].to_list() == pytest.approx(
        before.scores.frame["composite_index"].to_list(), abs=1e-7
    )


@pytest.mark.parametrize("method", METHODS)
def test_turning_an_indicator_and_its_direction_round_changes_nothing(method: str) -> None:
    panel = panel_of(4)
    turned = Panel(frame=panel.frame.with_columns(-pl.col("a")))
    directions = {"a": "negative", "b": "negative", "c": "positive", "d": "positive"}
    before = composite_index(panel, system_of(), method=method).scores.frame["composite_index"]
    after = composite_index(turned, system_of(**directions), method=method).scores.frame["composite_index"]
    assert after.to_list() == pytest.approx(before.to_list())


def test_the_order_of_rows_does_not_matter_and_rows_come_out_as_they_went_in() -> None:
    panel = panel_of(5)
    mixed = Panel(frame=panel.frame.sample(fraction=1, shuffle=True, seed=1))
    made = composite_index(mixed, system_of()).scores.frame
    assert made.select("place", "year").equals(mixed.frame.select("place", "year"))
    straight = composite_index(panel, system_of()).scores.frame
    assert made.sort("place", "year")["composite_index"].to_list() == pytest.approx(
        straight["composite_index"].to_list()
    )


def with_nulls(panel: Panel, name: str, rows: list[int]) -> Panel:
    values = panel.frame[name].to_list()
    for row in rows:
        values[row] = None
    return Panel(frame=panel.frame.with_columns(pl.Series(name, values)))


def test_a_missing_indicator_makes_its_scores_null_and_is_counted_never_zero() -> None:
    made = composite_index(with_nulls(panel_of(), "a", [0, 5]), system_of())
    scores = made.scores.frame
    assert scores["composite_index"].is_null().arg_true().to_list() == [0, 5]
    assert scores["composite_index_first"].is_null().arg_true().to_list() == [0, 5]
    assert scores["composite_index_second"].null_count() == 0
    assert any(
        "composite_index: 2 null for want of an indicator: P00 2018, P01 2020" in line for line in made.log
    )
    assert any("from 34 complete rows of 36" in line for line in made.log)
    assert made.scores.made_by["counts"] == {"rows": 36, "null": 2}


def test_weights_rest_on_complete_rows_only() -> None:
    frame = panel_of(6).frame
    # row 7 lies inside all ranges: without it minimum and maximum stay as they are
    inside = [
        pl.when(pl.int_range(pl.len()) == 7).then(pl.col(n).mean()).otherwise(pl.col(n)).alias(n)
        for n in "abcd"
    ]
    panel = Panel(frame=frame.with_columns(inside))
    without = Panel(frame=panel.frame.filter(pl.int_range(pl.len()) != 7))
    found, twin, whole = (
        composite_index(one, system_of()).weights["weight"].to_list()
        for one in (with_nulls(panel, "a", [7]), without, panel)
    )
    assert found == twin
    assert found != whole


def test_a_constant_indicator_is_left_out_and_named() -> None:
    panel = panel_of()
    panel = Panel(frame=panel.frame.with_columns(c=pl.lit(3.0)))
    for method in METHODS:
        made = composite_index(panel, system_of(), method=method)
        assert made.weights.filter(pl.col("indicator") == "c")["weight"].to_list() == [None]
        assert made.weights["weight"].sum() == pytest.approx(1)
        assert made.scores.frame["composite_index"].null_count() == 0
        assert any("c is constant" in line for line in made.log)
    with pytest.raises(DataError, match="every indicator is constant"):
        composite_index(Panel(frame=panel.frame.with_columns(d=pl.lit(1.0))), system_of(), levels="separate")


def test_an_indicator_without_any_value_is_an_error_that_names_it() -> None:
    panel = panel_of()
    panel = Panel(frame=panel.frame.with_columns(c=pl.lit(None, dtype=pl.Float64)))
    with pytest.raises(DataError, match="fewer than two rows") as error:
        composite_index(panel, system_of())
    assert "'c' has most nulls" in str(error.value)


def test_given_weights_are_those_of_the_system() -> None:
    made = composite_index(panel_of(), system_of(), method="given")
    assert made.weights["weight"].to_list() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    with pytest.raises(StudyError, match="no weights"):
        composite_index(panel_of(), system_of(weights=False), method="given")


def test_components_give_the_component_score_up_to_its_scale() -> None:
    panel, system = panel_of(8, places=30), system_of()
    made = composite_index(panel, system, method="pca")
    columns = [indices.zscore(panel.frame[one.name].to_list(), one.direction) for one in system.indicators]
    rows = [list(row) for row in zip(*columns, strict=True)]
    vector = indices.first_component(rows)
    score = [sum(v * z for v, z in zip(vector, row, strict=True)) / sum(vector) for row in rows]
    assert made.scores.frame["composite_index"].to_list() == pytest.approx(score, abs=1e-7)
    assert {"kmo", "bartlett_p", "eigenvalue_4"} <= set(made.diagnostics["statistic"])


def test_standardising_by_year_takes_the_common_trend_out() -> None:
    panel = panel_of(9)
    trending = Panel(frame=panel.frame.with_columns(pl.col("a", "c", "d") + 100.0 * (pl.col("year") - 2018)))
    of = {
        by: composite_index(trending, system_of(), method="equal", by=by).scores.frame
        for by in (None, "year")
    }
    means = {
        by: frame.group_by("year").agg(pl.col("composite_index").mean()).sort("year")["composite_index"]
        for by, frame in of.items()
    }
    assert means[None][2] - means[None][0] > 0.5
    assert abs(means["year"][2] - means["year"][0]) < 0.2


def test_wrong_options_of_an_index_are_errors() -> None:
    panel, system = panel_of(), system_of()
    with pytest.raises(SettingError, match="method"):
        composite_index(panel, system, method="entropie")
    with pytest.raises(SettingError, match="cannot do with this scale"):
        composite_index(panel, system, method="entropy", scale="zscore")
    with pytest.raises(SettingError, match="scale"):
        composite_index(panel, system, scale="rank")
    with pytest.raises(SettingError, match="shift is for the method entropy"):
        composite_index(panel, system, method="pca", shift=0.1)
    with pytest.raises(SettingError, match="share is for the method pca"):
        composite_index(panel, system, share=0.8)
    with pytest.raises(SettingError, match="levels"):
        composite_index(panel, system, levels="both")
    with pytest.raises(ColumnError, match="'d' is missing"):
        composite_index(Panel(frame=panel.frame.drop("d")), system)


def test_an_index_of_simulated_data_says_so() -> None:
    panel = panel_of()
    made = composite_index(Panel(frame=panel.frame, simulated=True), system_of())
    assert made.scores.simulated


def test_the_printed_table_has_both_levels_and_each_dimension_once() -> None:
    made = composite_index(panel_of(), system_of(), method="given")
    printed = weights_table(made, language="zh")
    assert printed.columns == ["一级指标", "指标", "单位", "方向", "维度内权重/%", "权重/%"]
    assert printed["一级指标"].to_list() == ["first (30.0000%)", "", "second (70.0000%)", ""]
    assert printed["权重/%"].to_list() == pytest.approx([10, 20, 30, 40])
    assert printed["方向"].to_list() == ["正向", "负向", "正向", "正向"]


def science_panel(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    keys = {"place": [f"P{k}" for k in range(30)], "year": [2020] * 30}
    columns = {name: rng.random(30) for name in read_index_system("science_industry_2025").names}
    columns["rd_staff"][3] = np.nan
    frame = pl.DataFrame(keys | columns).with_columns(pl.col("rd_staff").fill_nan(None))
    write_panel(Panel(frame=frame), folder / "panel.parquet")
    return folder / "panel.parquet"


def test_the_command_writes_scores_and_tables_and_the_same_bytes_twice(tmp_path: Path) -> None:
    panel = science_panel(tmp_path)
    arguments = [
        "--system",
        "science_industry_2025",
        "--method",
        "scatter",
        "--levels",
        "separate",
        "--couple",
    ]
    tables = [tmp_path / f"w.{ending}" for ending in ("csv", "md", "tex")]
    for output in ("one.parquet", "two.parquet"):
        done = CliRunner().invoke(
            command,
            [str(panel), *arguments, "-o", str(tmp_path / output), "--json", "--language", "zh"]
            + [str(one) for path in tables for one in ("--weights", path)],
        )
        assert done.exit_code == 0, done.output
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    told = json.loads(done.output)
    assert (told["rows"], told["null"]) == (30, 1)
    assert sum(told["weights"].values()) == pytest.approx(1)
    scores = read_panel(tmp_path / "one.parquet")
    assert {"composite_index", "composite_index_science", "coupling", "coordination_class_zh"} <= set(
        scores.frame.columns
    )
    assert scores.frame["coordination"].null_count() == 1
    assert any("scatter" in line for line in scores.log)
    for path in tables:
        assert "科技创新 (50.0000" in path.read_text("utf-8-sig")


def test_the_command_ends_with_status_one_and_writes_nothing_on_bad_data(tmp_path: Path) -> None:
    panel = science_panel(tmp_path)
    done = CliRunner().invoke(
        command, [str(panel), "--system", "urban_innovation_2026", "-o", str(tmp_path / "out.parquet")]
    )
    assert done.exit_code == 1
    assert "is missing" in done.output
    assert not (tmp_path / "out.parquet").exists()


def test_the_systems_are_listed_and_shown() -> None:
    listed = CliRunner().invoke(systems_command, [])
    assert "urban_innovation_2026" in listed.output
    shown = CliRunner().invoke(systems_command, ["urban_innovation_2026"])
    assert "教育经费支出占地方财政支出的比重" in shown.output
    assert json.loads(CliRunner().invoke(systems_command, ["--json"]).output)["systems"]
    wrong = CliRunner().invoke(systems_command, ["nothing"])
    assert wrong.exit_code == 1


def test_a_result_is_frozen() -> None:
    made = composite_index(panel_of(), system_of())
    assert isinstance(made, CompositeIndex)
    with pytest.raises(AttributeError):
        made.weights = pl.DataFrame()
