"""`patentmetrics ingest`: what it writes, and that wrong input ends in one message and no output."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main
from patentmetrics.core.provenance import read_frame
from patentmetrics.read.patents import read_patents

GOOD = """patent_id,filing_date,title,extra
US1,2010-01-02,太阳能电池,x
US2,2010-13-02,灯,y
US3,20100203,热水器,z
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["ingest", "csv", *map(str, arguments)])


def written(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_it_writes_the_table_the_rejections_and_the_counts(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    result = run(path, "-o", tmp_path / "p.parquet")
    assert result.exit_code == 0, result.output
    assert "3 rows in = 2 rows out + 1 rows rejected" in result.output
    assert "extra" in result.output
    assert read_patents(tmp_path / "p.parquet").frame["patent_id"].to_list() == ["US1", "US3"]
    rejected = (tmp_path / "p.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rejected == [
        "file,row,patent_id,reason,column,value",
        "a.csv,3,US2,bad date,filing_date,2010-13-02",
    ]


def test_the_table_says_what_made_it(tmp_path: Path) -> None:
    run(written(tmp_path, GOOD), "-o", tmp_path / "p.parquet", "--date-order", "dmy")
    _, made_by = read_frame(tmp_path / "p.parquet")
    assert made_by["settings"]["date_order"] == "dmy"  # type: ignore[index]
    assert made_by["inputs"]["a.csv"]["bytes"] == len(GOOD.encode())  # type: ignore[index]
    assert made_by["counts"]["rows_in"] == 3  # type: ignore[index]


def test_json_holds_the_counts(tmp_path: Path) -> None:
    result = run(written(tmp_path, GOOD), "-o", tmp_path / "p.parquet", "--json")
    counts = json.loads(result.stdout)
    assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"] == 3
    assert counts["rejected"] == {"bad date": 1}
    assert counts["encodings"] == {"a.csv": "utf-8, comma"}


def test_a_map_and_a_place_for_the_rejections_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "no;filed;name\n1;05/04/2009;灯\n".encode("gb18030"))
    result = run(
        path, "-o", tmp_path / "p.parquet", "--map", "patent_id=no", "--map", "filing_date = filed",
        "--map", "title=name", "--date-order", "dmy", "--rejected", tmp_path / "r.csv",
        "--encoding", "gb18030",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert str(pl.read_parquet(tmp_path / "p.parquet")["filing_date"].item()) == "2009-04-05"
    assert (tmp_path / "r.csv").is_file()


def parquet_cut_off(folder: Path) -> Path:
    pl.DataFrame({"patent_id": ["1"], "filing_date": ["20100101"], "title": ["t"]}).write_parquet(
        folder / "a.parquet"
    )
    data = (folder / "a.parquet").read_bytes()
    return written(folder, data[: len(data) // 2], "a.parquet")


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda f: written(f, "patent_id,title\n1,t\n"), [], "no column holds a filing or an issue date"),
        (lambda f: written(f, GOOD), ["--map", "abstract=titel"], "did you mean 'title'"),
        (lambda f: written(f, "patent_id,filing_date,title\n1,never,t\n"), [], "'never' in filing_date"),
        (
            lambda f: written(f, "patent_id,filing_date,title\n1,20100101,t\n1,20100101,t\n"),
            ["--duplicates", "error"],
            "row 3",
        ),
        (lambda f: written(f, b""), [], "the file is empty"),
        (lambda f: written(f, "patent_id,filing_date,title\n"), [], "no rows"),
        (lambda f: written(f, b"PK\x03\x04\x00\x00"), [], "binary file"),
        (lambda f: written(f, GOOD.encode("gb18030")), ["--encoding", "utf-8"], "does not decode as utf-8"),
        (lambda f: written(f, GOOD), ["--encoding", "gbk"], "the file is UTF-8"),
        (lambda f: written(f, "patent_id,filing_date,title\n1,20100101,\n"), [], "no text"),
        (lambda f: written(f, 'patent_id,filing_date,title\n1,20100101,"t\n'), [], "row 2"),
        (parquet_cut_off, [], "not readable Parquet"),
        (lambda f: f / "nowhere.csv", [], "no such file"),
        (lambda f: f, [], "this is a folder"),
    ],
)  # fmt: skip
def test_wrong_input_ends_in_one_message_and_no_output(
    tmp_path: Path, make: object, options: list[str], message: str
) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    out = tmp_path / "out"
    out.mkdir()
    result = run(path, "-o", out / "p.parquet", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("error:") == 1
    assert isinstance(result.exception, SystemExit)
    assert list(out.iterdir()) == []


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    for out, rejected in (
        (tmp_path / "nowhere" / "p.parquet", tmp_path / "r.csv"),
        (tmp_path / "p.parquet", tmp_path / "nowhere" / "r.csv"),
    ):
        result = run(path, "-o", out, "--rejected", rejected)
        assert result.exit_code == 1
        assert "the folder to write into does not exist" in result.stderr
        assert os.listdir(tmp_path) == ["a.csv"]  # noqa: PTH208


def test_a_folder_in_the_place_of_the_output_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").mkdir()
    result = run(written(tmp_path, GOOD), "-o", tmp_path / "p.parquet")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "p.parquet"]


def test_no_output_replaces_an_input(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    result = run(path, "-o", tmp_path / "p.parquet", "--rejected", path)
    assert result.exit_code == 1
    assert path.read_text(encoding="utf-8") == GOOD


@pytest.mark.parametrize(
    "options",
    [
        ["--map", "patent_id"],
        ["--map", "title=a", "--map", "title=b"],
        ["--date-order", "ymd"],
        ["-o", "a.csv"],
    ],
)
def test_wrong_usage_ends_with_status_2(tmp_path: Path, options: list[str]) -> None:
    assert run(written(tmp_path, GOOD), "-o", tmp_path / "p.parquet", *options).exit_code == 2


SAMPLES = Path(__file__).parent / "samples"


def test_a_source_is_recognised_and_said_and_its_citations_are_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        ["ingest", "auto", str(SAMPLES / "cnipa.csv"), "-o", str(tmp_path / "p.parquet"),
         "--citations", str(tmp_path / "c.parquet")],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "the header is that of cnipa" in result.output
    assert "rows 3, cited_in_table 1, share_in_table 0.3333" in result.output
    assert "Excel replaced long numbers: export again" in result.output
    cited, made_by = read_frame(tmp_path / "c.parquet")
    assert cited.columns == ["citing_id", "cited_id", "in_table"]
    assert cited.height == 3
    assert made_by["settings"]["source"] == "cnipa"  # type: ignore[index]


def test_rules_for_one_row_a_patent_are_options(tmp_path: Path) -> None:
    for options, kept in (
        (["--publications", "granted"], "CN100123451B"),
        (["--publications", "first"], "CN100123451A"),
        (["--duplicates", "last"], "CN100123451B"),
        (["--id", "publication", "--publications", "granted"], "CN100123451B"),
    ):
        result = CliRunner().invoke(
            main,
            [
                "ingest",
                "cnopendata",
                str(SAMPLES / "cnopendata.csv"),
                "-o",
                str(tmp_path / "p.parquet"),
                *options,
            ],
        )
        assert result.exit_code == 0, result.output
        frame = read_patents(tmp_path / "p.parquet").frame
        assert frame["publication_number"].to_list() == [kept]
        assert (tmp_path / "p.rejected.csv").read_text("utf-8-sig").count("\n") == 2


def test_citations_may_not_replace_the_table(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    result = run(path, "-o", tmp_path / "p.parquet", "--citations", tmp_path / "p.parquet")
    assert result.exit_code == 1
    assert "replace" in result.stderr
