"""The command policy says what became of each document, its encoding, cleaning and place."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.provenance import read_frame

WU = "digital_transformation_wu2021"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["policy", *(str(one) for one in arguments), "--lexicon", WU])


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    (folder / "2024").mkdir(parents=True)
    (folder / "2024" / "上海.txt").write_text("　　上海发展大数据。\n— 1 —\n", encoding="utf-8")
    (folder / "上海市_2023.txt").write_bytes("上海发展大数据和人工智能。".encode("gb18030"))
    (folder / "吉林_2023.txt").write_text("吉林发展人工智能。", encoding="utf-8")
    (folder / "notes.md").write_text("x", encoding="utf-8")
    return folder


def test_the_lines_say_documents_encodings_cleaning_and_places(tmp_path: Path, reports: Path) -> None:
    output = tmp_path / "f.parquet"
    result = run(reports, "--recursive", "-o", output)
    assert result.exit_code == 0, result.output
    for line in (
        "3 documents in = 3 documents out + 0 rejected, from 3 files",
        "encodings           gb18030 1, utf-8 2",
        "cleaned             wide_spaces 1, page_numbers 1, indents 1",
        "places              names 3, without a code 1, documents without a code 1",
        "ignored files       1",
        "place without a code: 吉林 (ambiguous; near: 吉林省 220000; 吉林市 220200)",
    ):
        assert line in result.output
    assert read_frame(output)[0].select("place", "year").rows() == [
        ("上海", 2024),
        ("上海", 2023),
        ("吉林", 2023),
    ]
    places = pl.read_csv(tmp_path / "f.places.csv", schema_overrides={"code": pl.String})
    assert places.select("place", "code").rows() == [("吉林", None), ("上海", "310000"), ("上海市", "310000")]
    assert (tmp_path / "f.remarks.csv").is_file()


def test_options_reach_the_reader(tmp_path: Path, reports: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,place\n吉林_2023.txt,吉林市\nx.txt,成都\n", encoding="utf-8")
    (reports / "报告.csv").write_text("地方,时间,内文\n成都,2024,成都\n成都,2024,成都二\n", encoding="utf-8")
    options = ["--table", table, "--map", "place=地方", "--map", "year=时间", "--map", "text=内文"]
    options += ["--duplicates", "keep", "--skip-rule", "wide_spaces", "--skip-rule", "page_numbers", "--json"]
    result = run(reports, "--recursive", "-o", tmp_path / "f.parquet", *options)
    printed = json.loads(result.stdout)
    assert printed["documents"] == 5
    assert printed["table rows unused"] == 1
    assert printed["places"] == {"names": 4, "without a code": 0, "documents without a code": 0}
    assert printed["cleaned"] == {}
    assert printed["remarks"] == {"the place and year were read before": 1}
    assert printed["ignored files"] == ["notes.md"]
    result = run(reports, "-o", tmp_path / "g.parquet", "--skip-rule", "all", "--places", "none", "--json")
    printed = json.loads(result.stdout)
    assert printed["places"]["names"] == 0
    assert printed["cleaned"] == {}


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--skip-rule", "page_number"], 1, "did you mean 'page_numbers'"),
        (["--table", "none.csv"], 1, "no such file"),
        (["--map", "text"], 2, "text=正文"),
        (["--places", "city"], 2, "city"),
    ],
)
def test_wrong_options_end_with_the_right_status(
    tmp_path: Path, reports: Path, options: list[str], status: int, words: str
) -> None:
    result = run(reports, "-o", tmp_path / "f.parquet", *options)
    assert result.exit_code == status
    assert words in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("f.*"))
