"""The demo runs from inputs to report, gives the same bytes again, and leaves nothing half done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.columns import column
from patentmetrics.core.errors import OutputError, PatentmetricsError
from patentmetrics.core.resources import demo_folder
from patentmetrics.study.run import StudyRun, run_study
from patentmetrics.study.summary import known_answers, summary


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    return run_study(demo_folder() / "study.toml", tmp_path_factory.mktemp("demo") / "results", threads=1)


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_demo_goes_the_whole_way(demo: StudyRun) -> None:
    found = summary(demo.findings)
    assert found["patents"] == {"in": 2687, "out": 2687, "rejected": 0}
    assert found["policy documents"] == {"in": 13, "out": 13, "rejected": 0}
    written = files(demo.folder)
    for name in [
        "patents.parquet", "counts/manifest.json", "scores.parquet", "matches.parquet", "frequencies.parquet",
        "panel.parquet", "estimates.parquet", "tables/estimates.md", "tables/estimates.tex",
        "figures/breakthrough.png", "figures/event_study.png", "report.html", "manifest.json",
    ]:  # fmt: skip
        assert written[name], name


def test_the_demo_recovers_its_planted_effect(demo: StudyRun) -> None:
    answers = known_answers(demo.findings.results)
    assert [row["truth"] for row in answers] == [0.25] * 3
    for row in answers:
        assert row["conf_low"] < 0.25 < row["conf_high"], row["model"]
        assert row["conf_low"] > 0, row["model"]


def test_the_same_study_gives_the_same_bytes_on_two_threads(demo: StudyRun, tmp_path: Path) -> None:
    again = run_study(demo_folder() / "study.toml", tmp_path / "results", threads=2)
    first, second = files(demo.folder), files(again.folder)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_every_table_plot_and_page_of_the_simulated_panel_says_so(demo: StudyRun) -> None:
    for name in ["estimates", "event_study", "panel_variables"]:
        for ending in ["md", "tex", "csv"]:
            assert "SIMULATED" in (demo.folder / "tables" / f"{name}.{ending}").read_text("utf-8"), name
    page = (demo.folder / "report.html").read_text("utf-8")
    assert page.count("SIMULATED") >= 5
    assert "<script" not in page


def test_the_manifest_names_settings_versions_and_hashes(demo: StudyRun) -> None:
    manifest = json.loads((demo.folder / "manifest.json").read_text("utf-8"))
    assert manifest["settings"]["score"]["backward"] == 5
    assert manifest["versions"]["jieba"] == "0.42.1"
    assert len(manifest["inputs"]["study"]["sha256"]) == 64
    lexicon = manifest["steps"]["frequencies"]["inputs"]["lexicon"]
    assert lexicon["id"] == "digital_transformation_wu2021"
    assert len(lexicon["sha256"]) == 64
    assert set(manifest["outputs"]) == set(files(demo.folder)) - {"manifest.json"}


def test_no_number_of_an_incomplete_window_is_given(demo: StudyRun) -> None:
    assert demo.findings.scores is not None
    scores = demo.findings.scores.frame
    early = scores.filter(pl.col("year") <= 1981)
    late = scores.filter(pl.col("year") >= 2009)
    assert early["backward_similarity"].null_count() == early.height > 0
    assert late["forward_similarity_5"].null_count() == late.height > 0
    assert late["breakthrough_5"].null_count() == late.height


def test_every_column_that_is_written_is_registered(demo: StudyRun) -> None:
    tables = sorted(demo.folder.glob("*.parquet"))
    assert len(tables) == 7
    for path in tables:
        if path.name != "estimates.parquet":
            for name in pl.read_parquet_schema(path):
                assert column(name).name == name


def copied_demo(folder: Path) -> Path:
    shutil.copytree(demo_folder(), folder / "study")
    return folder / "study" / "study.toml"


def test_a_failed_study_leaves_no_folder(tmp_path: Path) -> None:
    path = copied_demo(tmp_path)
    path.write_text(path.read_text("utf-8").replace('outcome = "outcome"', 'outcome = "gdp"'), "utf-8")
    with pytest.raises(PatentmetricsError, match="gdp"):
        run_study(path, tmp_path / "results")
    assert [one.name for one in tmp_path.iterdir()] == ["study"]


def test_a_folder_that_is_not_ours_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="was not made by an earlier run"):
        run_study(demo_folder() / "study.toml", tmp_path / "results")


def test_a_study_of_policy_documents_alone_makes_its_panel_of_them(tmp_path: Path) -> None:
    path = copied_demo(tmp_path)
    path.write_text(
        "title = '政策文本'\nlanguage = 'zh'\n[policy]\nfolder = 'policy'\n"
        "lexicon = 'digital_transformation_wu2021'\nrule = 'token'\n[panel]\n",
        "utf-8",
    )
    run = run_study(path, tmp_path / "results")
    assert run.findings.panel is not None
    assert run.findings.panel.frame.height == 13
    assert not run.findings.panel.simulated
    page = (run.folder / "report.html").read_text("utf-8")
    assert "各地关键词词频" in page
    assert "模拟" not in page


def test_a_study_with_a_base_panel_merges_the_measured_parts(tmp_path: Path) -> None:
    path = copied_demo(tmp_path)
    (path.parent / "cities.csv").write_text(
        "place,year,gdp\n上海,2024,5.4\n成都,2024,2.4\n北京,2024,5.0\n", "utf-8"
    )
    path.write_text(
        "title = 'x'\n[policy]\nfolder = 'policy'\nlexicon = 'digital_transformation_wu2021'\n"
        "[panel]\nbase = 'cities.csv'\n",
        "utf-8",
    )
    panel = run_study(path, tmp_path / "results").findings.panel
    assert panel is not None
    by_place = dict(panel.frame.select("place", "total_count").rows())
    assert by_place["北京"] is None
    assert by_place["上海"] > 0
    assert any("1 base rows without partner (北京 2024)" in line for line in panel.log)


def test_the_command_prints_the_known_answer_beside_the_estimate(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["demo", "-o", str(tmp_path / "results")])
    assert shown.exit_code == 0
    assert "known answer 0.2500, estimate 0.2" in shown.output
    assert "SIMULATED DATA" in shown.output
    assert shown.output.splitlines()[-1].endswith("report.html")
    as_json = CliRunner().invoke(main, ["demo", "-o", str(tmp_path / "results"), "--json"])
    assert json.loads(as_json.output)["known answers"][0]["truth"] == 0.25
