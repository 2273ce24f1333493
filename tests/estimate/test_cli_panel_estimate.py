"""The commands `panel` and `estimate`, end to end on a simulated panel."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.provenance import read_frame
from patentmetrics.estimate.files import read_results
from patentmetrics.panel.files import write_panel
from patentmetrics.simulate.panel import deal_places, simulate_panel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    panel = simulate_panel(seed=7, places=20).panel
    write_panel(panel, tmp_path / "base.parquet")
    ids = [f"P{i}" for i in range(400)]
    scores = pl.DataFrame(
        {
            "patent_id": ids,
            "year": pl.Series([2008 + i % 14 for i in range(400)], dtype=pl.Int32),
            "breakthrough_5_net": [None if i % 14 > 9 else (i % 7) - 3.0 for i in range(400)],
            "is_breakthrough_5": [None if i % 14 > 9 else i % 7 == 6 for i in range(400)],
        }
    )
    scores.write_parquet(tmp_path / "scores.parquet")
    deal_places(ids, panel.frame["place"].unique().to_list(), seed=1).write_csv(tmp_path / "places.csv")
    pl.DataFrame(
        {
            "document_id": ["a", "b"],
            "place": ["Simulated city 001", "Nowhere"],
            "year": [2010, 2010],
            "total_count": [4, 5],
            "tokens": [100, 100],
        }
    ).write_parquet(tmp_path / "frequencies.parquet")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def merged(folder: Path, output: str, *more: str) -> Result:
    return run(
        "panel", "--base", folder / "base.parquet", "--scores", folder / "scores.parquet",
        "--patents", folder / "places.csv", "--frequencies", folder / "frequencies.parquet",
        "--zero", "patents", "-o", folder / output, *more,
    )  # fmt: skip


def test_panel_merges_says_what_it_did_and_writes_the_same_bytes_twice(folder: Path) -> None:
    first = merged(folder, "p.parquet", "--log", "patents", "--winsorise", "mean_breakthrough_5_net")
    assert first.exit_code == 0, first.output
    assert "1 part rows without partner (Nowhere 2010)" in first.stdout
    assert "winsorise mean_breakthrough_5_net at 0.01 and 0.99" in first.stdout
    assert "balanced             yes" in first.stdout
    frame, made_by = read_frame(folder / "p.parquet")
    assert frame.height == 20 * 14
    assert frame["patents"].sum() == 400
    assert frame["patents"].null_count() == 0
    assert frame["log_patents"].null_count() == 0
    assert made_by["simulated"] is True
    again = merged(folder, "q.parquet", "--log", "patents", "--winsorise", "mean_breakthrough_5_net")
    assert again.exit_code == 0
    assert (folder / "p.parquet").read_bytes() == (folder / "q.parquet").read_bytes()


def test_panel_without_a_base_has_the_place_years_of_its_parts(folder: Path) -> None:
    made = run("panel", "--frequencies", folder / "frequencies.parquet", "-o", folder / "p.parquet", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["cells"] == 2
    assert told["simulated"] is False
    assert read_frame(folder / "p.parquet")[0]["documents"].to_list() == [1, 1]


def test_did_prints_the_known_answer_and_that_the_data_are_simulated(folder: Path) -> None:
    assert merged(folder, "p.parquet").exit_code == 0
    made = run(
        "estimate", "did", folder / "p.parquet", "--outcome", "outcome", "--controls", "control",
        "-o", folder / "e.parquet",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    lines = made.stdout.splitlines()
    assert lines[0].startswith("SIMULATED DATA")
    assert lines[2].endswith("known answer")
    assert lines[3].startswith("treated")
    assert lines[3].endswith("0.2500")
    assert any("as Stata's reghdfe" in line for line in lines)
    (result,) = read_results(folder / "e.parquet")
    assert result.truth["treated"] == 0.25
    assert result.simulated


def test_event_study_prints_the_base_and_the_joint_test(folder: Path) -> None:
    made = run(
        "estimate", "event-study", folder / "base.parquet", "--outcome", "outcome", "--controls", "control",
        "--leads", 3, "--lags", 2, "-o", folder / "e.parquet",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "event_time_-1    0.0000" in made.stdout
    assert "pretrend_p" in made.stdout
    told = json.loads(
        run("estimate", "event-study", folder / "base.parquet", "--outcome", "outcome", "--json").stdout
    )
    assert told["truth"]["event_time_4"] == 0.25
    assert [row["event_time"] for row in told["estimates"]] == list(range(-4, 5))


def test_a_csv_of_real_cities_is_not_called_simulated(folder: Path) -> None:
    frame = read_frame(folder / "base.parquet")[0]
    frame.drop("treated").write_csv(folder / "cities.csv")
    assert (
        run(
            "panel", "--base", folder / "cities.csv", "--cohort", "cohort", "-o", folder / "p.parquet"
        ).exit_code
        == 0
    )
    made = run("estimate", "did", folder / "p.parquet", "--outcome", "outcome")
    assert made.exit_code == 0, made.output
    assert "SIMULATED" not in made.stdout
    assert "known answer" not in made.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "match"),
    [
        (["panel", "-o", "x.parquet"], 2, "at least one of"),
        (["panel", "--scores", "scores.parquet", "-o", "x.parquet"], 2, "come together"),
        (["panel", "--base", "base.parquet", "--limits", "1", "-o", "x.parquet"], 2, "two numbers"),
        (["panel", "--base", "base.parquet", "--winsorise", "gdp", "-o", "x.parquet"], 1, "'gdp' is missing"),
        (["panel", "--base", "absent.csv", "-o", "x.parquet"], 1, "there is no such file"),
        (["panel", "--base", "base.parquet", "-o", "no/x.parquet"], 1, "does not exist"),
        (["estimate", "did", "base.parquet", "--outcome", "outcom"], 1, "did you mean 'outcome'"),
        (["estimate", "did", "base.parquet"], 2, "--outcome"),
        (["estimate", "did", "places.csv", "--outcome", "x"], 1, "'year' is missing"),
        (["estimate", "event-study", "base.parquet", "--outcome", "outcome", "--base", "1"], 1, "the base"),
    ],
)
def test_wrong_use_ends_with_one_message_and_no_file(
    folder: Path, arguments: list[str], status: int, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    made = run(*arguments)
    assert made.exit_code == status
    assert match in made.stderr
    assert "Traceback" not in made.output
    assert sorted(folder.iterdir()) == before


def test_tables_and_the_plot_are_written_beside_the_estimates(tmp_path: Path) -> None:
    write_panel(simulate_panel(places=20, seed=1).panel, tmp_path / "panel.parquet")
    words = ["estimate", "event-study", str(tmp_path / "panel.parquet"), "--outcome", "outcome"]
    for name in ("event.md", "event.tex"):
        words += ["--table", str(tmp_path / name)]
    shown = CliRunner().invoke(main, [*words, "--plot", str(tmp_path / "event.png")])
    assert shown.exit_code == 0, shown.output
    assert "SIMULATED" in (tmp_path / "event.md").read_text("utf-8")
    assert "\\toprule" in (tmp_path / "event.tex").read_text("utf-8")
    assert (tmp_path / "event.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_of_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    write_panel(simulate_panel(places=20, seed=1).panel, tmp_path / "panel.parquet")
    words = ["estimate", "did", str(tmp_path / "panel.parquet"), "--outcome", "outcome"]
    shown = CliRunner().invoke(main, [*words, "--table", str(tmp_path / "table.rtf")])
    assert shown.exit_code == 1
    assert ".tex" in shown.stderr
