"""The commands of `patentmetrics lexicon` that change and search: what they write, print and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.provenance import read_frame
from patentmetrics.core.resources import demo_folder
from patentmetrics.lexicon.load import load_lexicon

WU = "digital_transformation_wu2021"
REPORTS = demo_folder() / "policy"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lexicon", *(str(one) for one in arguments)])


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "words.csv").write_text("关键词,维度\n大数据,数据\n算力,数据\n", encoding="utf-8")
    path = tmp_path / "mine.yml"
    result = run("import", tmp_path / "words.csv", "-o", path, "--name", "数据=data")
    assert result.exit_code == 0, result.output
    assert "数据 data" in result.output
    return path


def test_import_diff_merge_and_format_go_hand_in_hand(tmp_path: Path, mine: Path) -> None:
    both, table = tmp_path / "both.yml", tmp_path / "c.csv"
    result = run("merge", mine, WU, "-o", both, "--conflicts", table)
    assert result.exit_code == 0, result.output
    assert "conflict: 大数据, group: data or big_data; kept data" in result.output
    assert pl.read_csv(table).rows() == [("大数据", "group", "data", "big_data", "data")]
    assert len(load_lexicon(both).terms) == 77
    result = run("diff", WU, both, "-o", tmp_path / "d.csv", "--json")
    printed = json.loads(result.stdout)
    assert (printed["added"], printed["removed"], printed["moved"]) == (1, 0, 1)
    assert pl.read_csv(tmp_path / "d.csv").height == len(printed["changes"])
    words = run("diff", WU, both).output
    assert "+ 算力 data" in words
    assert "> 大数据 big_data -> data" in words
    before = both.read_bytes()
    both.write_text(yaml.safe_dump(yaml.safe_load(before), allow_unicode=True, sort_keys=False), "utf-8")
    assert str(both) in run("format", both).output
    assert both.read_bytes() == before
    assert run("format", both).output.split() == ["files", "1", "changed", "none"]


def test_lint_with_a_corpus_names_terms_without_hits(tmp_path: Path, mine: Path) -> None:
    result = run("lint", mine, "--corpus", REPORTS)
    assert result.exit_code == 0, result.output
    assert "no hit" not in result.output
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "成都_2024.txt").write_text("发展大数据", "utf-8")
    result = run("lint", mine, "--corpus", tmp_path / "few")
    assert "1 of 2 terms have no hit in the corpus: 算力" in result.output


def test_kwic_prints_and_writes_lines(tmp_path: Path) -> None:
    result = run("kwic", REPORTS, "算力", "--width", 6, "-o", tmp_path / "k.csv")
    assert result.exit_code == 0, result.output
    assert "【算力】" in result.output
    written = pl.read_csv(tmp_path / "k.csv")
    assert set(written["hit"]) == {"算力"}
    assert f"{written.height}" in result.output
    assert run("kwic", REPORTS).exit_code == 2
    assert run("kwic", REPORTS, "算力", "--lexicon", WU).exit_code == 2
    with_lexicon = json.loads(run("kwic", REPORTS, "--lexicon", WU, "--rule", "longest", "--json").stdout)
    assert {row["term"] for row in with_lexicon["lines"]} <= set(load_lexicon(WU).terms)


def test_candidates_are_written_with_their_provenance(tmp_path: Path) -> None:
    for name in ("c.csv", "c.parquet"):
        result = run("candidates", REPORTS, WU, "-o", tmp_path / name, "--most", 30, "--no-similarity")
        assert result.exit_code == 0, result.output
        assert "算力" in result.output
    frame, made_by = read_frame(tmp_path / "c.parquet")
    assert frame.height == 30
    assert made_by["inputs"]["lexicon"]["id"] == WU  # type: ignore[index]  # a JSON object
    written = pl.read_csv(tmp_path / "c.csv")
    assert written["term"].to_list() == frame["term"].to_list()
    assert "【" in written["line_1"][0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff", WU, "digital_transformation_wu2020"], "did you mean"),
        (["merge", WU, "digital_technology", "-o", "FOLDER/both.yml"], "different levels"),
        (["import", "FOLDER/none.csv", "-o", "FOLDER/a.yml"], "no such file"),
        (["format", "FOLDER/none.yml"], "no such file"),
        (["kwic", "FOLDER/none", "算力"], "no such folder"),
        (["candidates", REPORTS, WU, "-o", "FOLDER/none/c.csv"], "folder to write into does not exist"),
    ],
)
def test_what_is_wrong_ends_with_status_1_and_leaves_nothing(
    tmp_path: Path, arguments: list[object], words: str
) -> None:
    result = run(*(str(one).replace("FOLDER", str(tmp_path)) for one in arguments))
    assert result.exit_code == 1, result.output
    assert words in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []
