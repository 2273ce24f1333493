"""`panel treat`, `aggregate` and `policies`: files in, files out, loud where a list is partial."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import panel_aggregate, panel_policies, panel_treat
from patentmetrics.core.provenance import read_frame
from patentmetrics.core.types import Panel
from patentmetrics.panel.files import read_panel, write_panel


def run(module: object, *words: str) -> Result:
    return CliRunner().invoke(module.command, list(words))


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    rows = [(place, year) for place in ("沈阳", "武汉", "长春") for year in range(2011, 2018)]
    frame = pl.DataFrame(rows, schema=["place", "year"], orient="row")
    write_panel(Panel(frame=frame, simulated=True, made_by={"simulated": True}), tmp_path / "panel.parquet")
    return tmp_path / "panel.parquet"


def test_treat_writes_the_panel_and_warns_of_a_partial_list(cities: Path, tmp_path: Path) -> None:
    output = tmp_path / "treated.parquet"
    done = run(panel_treat, str(cities), "--policy", "ip_demo_city", "-o", str(output))
    assert done.exit_code == 0, done.output
    assert "WARNING: ip_demo_city 1.0 is a PARTIAL list" in done.stderr
    panel = read_panel(output)
    assert panel.simulated
    assert panel.frame.filter(pl.col("treated") == 1)["place"].unique().to_list() == ["武汉"]
    assert panel.made_by["inputs"]["ip_demo_city"]["status"] == "partial"
    first = output.read_bytes()
    run(panel_treat, str(cities), "--policy", "ip_demo_city", "-o", str(output))
    assert output.read_bytes() == first


def test_treat_takes_two_lists_and_combines_them(cities: Path, tmp_path: Path) -> None:
    output = tmp_path / "treated.parquet"
    words = ["--policy", "ip_demo_city", "--policy", "bigdata_zone", "--start", "7", "--combine", "--json"]
    done = run(panel_treat, str(cities), *words, "-o", str(output))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["places_only_ip_demo_city"] == told["places_only_bigdata_zone"] == told["places_neither"] == 1
    frame = read_panel(output).frame
    assert {"cohort_bigdata_zone", "group_ip_demo_city_bigdata_zone"} <= set(frame.columns)


def test_what_is_rejected_is_written_beside_the_panel(cities: Path, tmp_path: Path) -> None:
    listed = tmp_path / "pilots.csv"
    listed.write_text("place,year\n沈阳市,2013\n某某市,2013\n", encoding="utf-8")
    output = tmp_path / "treated.parquet"
    refused = run(panel_treat, str(cities), "--policy", str(listed), "-o", str(output))
    assert refused.exit_code == 1
    assert "某某市" in refused.stderr
    assert not output.exists()
    done = run(panel_treat, str(cities), "--policy", str(listed), "--unresolved", "reject", "-o", str(output))
    assert done.exit_code == 0, done.output
    assert "某某市" in (tmp_path / "treated.rejected.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    "words",
    [
        ["--policy", "bigdata_zone", "--start", "13"],
        ["--policy", "bigdata_zone", "--combine"],
        ["--policy", "bigdata_zone", "--same-prefecture"],
        [],
    ],
)
def test_wrong_usage_of_treat_ends_with_status_2(cities: Path, tmp_path: Path, words: list[str]) -> None:
    assert run(panel_treat, str(cities), *words, "-o", str(tmp_path / "x.parquet")).exit_code == 2


@pytest.fixture
def patents(tmp_path: Path) -> Path:
    frame = pl.DataFrame(
        {
            "patent_id": ["a", "b", "c"],
            "year": [2000, 2000, 2001],
            "score": [1.0, None, 3.0],
            "kind": ["invention", "design", "invention"],
        }
    )
    frame.write_parquet(tmp_path / "scores.parquet")
    (tmp_path / "places.csv").write_text("patent_id,place\na,X\na,Y\nb,X\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text("place,year,population\nX,2000,3\n", encoding="utf-8")
    return tmp_path


def test_aggregate_shares_patents_and_divides_by_the_population(patents: Path) -> None:
    output = patents / "out.parquet"
    done = run(
        panel_aggregate, str(patents / "scores.parquet"), "--places", str(patents / "places.csv"),
        "--several", "equal", "--mean", "score", "--above", "score=1", "--top", "score=0.5", "--by", "kind",
        "--population", str(patents / "people.csv"), "--scale", "2", "-o", str(output), "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    frame, made_by = read_frame(output)
    first = frame.row(0, named=True)
    assert (first["place"], first["patents"], first["mean_score"], first["patents_per_head"]) == (
        "X",
        1.5,
        1.0,
        1.0,
    )
    assert (first["patents_design"], first["patents_invention"]) == (1.0, 0.5)
    assert made_by["counts"]["patents_without_place"] == 1
    assert json.loads(done.stdout)["place-years"] == 2


def test_aggregate_refuses_wrong_data_with_1_and_wrong_usage_with_2(patents: Path) -> None:
    scores, out = str(patents / "scores.parquet"), ["-o", str(patents / "out.parquet")]
    places = ["--places", str(patents / "places.csv")]
    several = run(panel_aggregate, scores, *places, *out)
    assert several.exit_code == 1
    assert "more than once" in several.stderr
    near = run(panel_aggregate, scores, *places, "--several", "whole", "--mean", "scor", *out)
    assert "did you mean 'score'?" in near.stderr
    assert run(panel_aggregate, scores, "--several", "equal", *out).exit_code == 2
    assert run(panel_aggregate, scores, "--top", "score", *out).exit_code == 2
    assert run(panel_aggregate, scores, "-o", str(patents / "out.csv")).exit_code == 2
    assert not (patents / "out.parquet").exists()


def test_policies_are_listed_and_shown_with_what_is_wrong_with_them() -> None:
    listed = run(panel_policies, "list")
    assert listed.exit_code == 0
    assert listed.output.count("WARNING: ") == 2
    shown = run(panel_policies, "show", "broadband_china", "--places", "--json")
    assert len(json.loads(shown.output)["rows"]) == 119
    assert "PARTIAL" in run(panel_policies, "show", "ip_demo_city").output
    assert run(panel_policies, "show", "nowhere").exit_code == 1
