"""The commands policy, lexicon and match: what they write, print, and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.provenance import read_frame, write_frame
from patentmetrics.read.patents import PATENT_SCHEMA

WU = "digital_transformation_wu2021"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "成都_2024.txt").write_text("移动互联网和大数据，发展人工智能。", encoding="utf-8")
    (folder / "上海_2024.txt").write_text("没有关键词的报告。", encoding="utf-8")
    (folder / "北京.txt").write_text("大数据", encoding="utf-8")
    return folder


def test_policy_writes_all_files_and_says_which_rule(tmp_path: Path, reports: Path) -> None:
    output, terms, table = (tmp_path / name for name in ("f.parquet", "t.parquet", "d.csv"))
    result = run("policy", reports, "--lexicon", WU, "-o", output, "--terms", terms, "--divergence", table)
    assert result.exit_code == 0, result.output
    assert "3 documents in = 2 documents out + 1 rejected, from 3 files" in result.output
    assert "rule                substring" in result.output
    assert "substring 4, longest 3, token 3" in result.output
    assert "移动互联: substring 1, longest 0, token 0" in result.output
    frame, made_by = read_frame(output)
    assert dict(frame.select("place", "total_count").rows()) == {"成都": 4, "上海": 0}
    assert frame["rule"].unique().to_list() == ["substring"]
    assert made_by["inputs"]["lexicon"]["id"] == WU  # type: ignore[index]  # a JSON object
    assert read_frame(terms)[0]["count"].sum() == 4
    divergence = pl.read_csv(table)
    assert divergence["term"][-1] == "(all terms)"
    assert divergence.select("substring", "longest", "token").row(-1) == (4, 3, 3)
    rejected = pl.read_csv(tmp_path / "f.rejected.csv")
    assert rejected.height == 1
    assert rejected["file"].to_list() == ["北京.txt"]
    assert rejected["reason"].null_count() == 0


def test_policy_gives_the_same_bytes_twice(tmp_path: Path, reports: Path) -> None:
    for name in ("a", "b"):
        assert (
            run(
                "policy", reports, "--lexicon", WU, "--year", 2023, "-o", tmp_path / f"{name}.parquet"
            ).exit_code
            == 0
        )
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_policy_json_is_one_object(tmp_path: Path, reports: Path) -> None:
    result = run(
        "policy", reports, "--lexicon", WU, "--rule", "longest", "-o", tmp_path / "f.parquet", "--json"
    )
    printed = json.loads(result.stdout)
    assert printed["rule"] == "longest"
    assert printed["hits by rule"] == {"substring": 4, "longest": 3, "token": 3}
    assert printed["most divergent terms"] == {"移动互联": {"substring": 1, "longest": 0, "token": 0}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--lexicon": "digital_transformation_wu2020"}, "did you mean 'digital_transformation_wu2021'?"),
        ({"--terms": "OUTPUT"}, "two outputs would have one name"),
        ({"--divergence": "none/d.csv"}, "the folder to write into does not exist"),
        ({"--pattern": "("}, "pattern"),
    ],
)
def test_policy_ends_with_status_1_and_leaves_nothing(
    tmp_path: Path, reports: Path, change: dict[str, str], words: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    output = folder / "f.parquet"
    options = {"--lexicon": WU, "-o": str(output)}
    for name, value in change.items():
        options[name] = {"OUTPUT": str(output)}.get(value, str(folder / value) if "/" in value else value)
    result = run("policy", reports, *(part for pair in options.items() for part in pair))
    assert result.exit_code == 1, result.output
    assert words in result.output
    assert "Traceback" not in result.output
    assert list(folder.iterdir()) == []


def test_policy_with_an_unknown_rule_is_wrong_usage(tmp_path: Path, reports: Path) -> None:
    assert (
        run("policy", reports, "--lexicon", WU, "--rule", "word", "-o", tmp_path / "f.parquet").exit_code == 2
    )


def test_match_counts_add_up_and_unmatched_are_named(tmp_path: Path) -> None:
    rows = [("a", ["H01L31/042", "G06Q 10/06"]), ("b", ["G06V10/00"]), ("c", None)]
    frame = pl.DataFrame(
        [
            {**dict.fromkeys(PATENT_SCHEMA), "patent_id": name, "title": name, "ipc": ipc}
            for name, ipc in rows
        ],
        schema=PATENT_SCHEMA,
    )
    patents, output = tmp_path / "patents.parquet", tmp_path / "matches.parquet"
    write_frame(frame, patents, {"step": "test"})
    result = run("match", patents, "--concordance", "wipo35", "-o", output)
    assert result.exit_code == 0, result.output
    assert "G06V10/00 (no pattern) 1" in result.output
    assert "not proofed" in result.output
    matched, made_by = read_frame(output)
    assert matched.select("patent_id", "field").rows() == [
        ("a", "Semiconductors"),
        ("a", "IT methods for management"),
    ]
    counts = made_by["counts"]
    assert isinstance(counts, dict)
    assert [counts[name] for name in ("patents", "patents_without_symbols", "patents_unmatched")] == [3, 1, 1]


def test_match_with_an_unknown_concordance_ends_with_status_1(tmp_path: Path) -> None:
    result = run("match", tmp_path / "p.parquet", "--concordance", "wipo3", "-o", tmp_path / "m.parquet")
    assert result.exit_code == 1
    assert "did you mean 'wipo35'?" in result.output


def test_lexicon_list_show_and_lint() -> None:
    assert WU in run("lexicon", "list").output
    shown = run("lexicon", "show", "wipo35").output
    assert "World Intellectual Property Organization" in shown
    assert "not proofed" in shown
    assert "管理世界" in run("lexicon", "show", WU).output
    assert run("lexicon", "show", "wu").exit_code == 1
    linted = run("lexicon", "lint", "--all", "--json")
    assert linted.exit_code == 0
    assert json.loads(linted.stdout)["errors"] == 0


def test_lexicon_lint_ends_with_status_1_when_a_file_has_an_error(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text("id: mine\ngroups: []\n", encoding="utf-8")
    result = run("lexicon", "lint", path)
    assert result.exit_code == 1
    assert "mine.yml: error: the key 'version' is missing" in result.output
    assert run("lexicon", "lint").exit_code == 2
    assert run("lexicon", "lint", path, "--all").exit_code == 2
