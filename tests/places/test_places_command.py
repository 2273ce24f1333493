"""`patentmetrics places` adds columns to a table, keeps all else, and says what it could not resolve."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli.places import command
from patentmetrics.core.provenance import read_frame
from patentmetrics.places.addresses import place_columns, resolve_addresses

ADDRESSES = ["北京市海淀区中关村", "安徽省巢湖市无为县", "鼓楼区", None, "鼓楼区", "=东京"]
YEARS = [2005, 2008, 2010, 2010, 2010, 2010]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def table(folder: Path, name: str) -> Path:
    path = folder / name
    frame = pl.DataFrame({"号": range(6), "地址": ADDRESSES, "日": [f"{year}-01-02" for year in YEARS]})
    if name.endswith(".csv"):
        text = frame.write_csv()
        path.write_bytes(text.encode("gb18030" if name == "gb.csv" else "utf-8"))
    else:
        dates = pl.Series("日", [dt.date(year, 1, 2) for year in YEARS])
        frame.with_columns(dates, many=pl.lit([["a", "b"]] * 6).explode()).write_parquet(path)
    return path


def expected(level: str = "city") -> pl.DataFrame:
    return place_columns(resolve_addresses(ADDRESSES, year=YEARS, level=level))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["utf.csv", "gb.csv", "a.parquet"])
@pytest.mark.parametrize("level", ["city", "county"])
def test_rows_stay_in_order_and_columns_are_added(tmp_path: Path, name: str, level: str) -> None:
    source, output = table(tmp_path, name), tmp_path / "out.parquet"
    result = run(source, "--column", "地址", "--year-column", "日", "--level", level, "-o", output)
    assert result.exit_code == 0, result.output
    assert "6 rows in = 6 rows out + 0 rows rejected" in result.output
    frame, made_by = read_frame(output)
    new = expected(level).columns
    assert frame.select(new).equals(expected(level))
    assert frame["地址"].to_list() == ADDRESSES
    assert made_by["settings"] == {"column": "地址", "year": "日", "base_year": 2024, "level": level}
    if name == "a.parquet":
        before = pl.read_parquet(source)
        assert frame.drop(new).equals(before)
        assert frame.drop(new).schema == before.schema


def test_the_result_counts_every_row_and_lists_what_is_left(tmp_path: Path) -> None:
    output, left = tmp_path / "out.parquet", tmp_path / "left.csv"
    source = table(tmp_path, "utf.csv")
    result = run(source, "--column", "地址", "-o", output, "--unresolved", left, "--json", "--year", 2010)
    said = json.loads(result.output)
    assert said["by_status"] == {"ambiguous": 2, "found": 2, "missing": 1, "unknown": 1}
    assert sum(said["by_status"].values()) == said["rows_out"] == 6
    assert (said["rows_with_code"], said["share_with_code"]) == (2, 2 / 6)
    listed = pl.read_csv(left)
    assert listed["rows"].sum() == 4
    assert listed.row(0)[:2] == ("鼓楼区", "ambiguous")
    # a spreadsheet must not run it
    assert "'=东京" in listed["address"].to_list()


def test_the_same_table_gives_the_same_bytes_in_pieces_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, left = table(tmp_path, "a.parquet"), tmp_path / "left.csv"
    options = ["--column", "地址", "--year-column", "日", "--unresolved", left]
    first, again, pieces = (tmp_path / f"{name}.parquet" for name in ("first", "again", "pieces"))
    assert run(source, *options, "-o", first).exit_code == 0
    lines = left.read_bytes()
    assert run(source, *options, "-o", again).exit_code == 0
    assert first.read_bytes() == again.read_bytes()
    monkeypatch.setattr("patentmetrics.cli.places.ROWS", 2)
    assert run(source, *options, "-o", pieces).exit_code == 0
    assert pl.read_parquet(pieces).equals(pl.read_parquet(first))
    assert left.read_bytes() == lines


def test_rows_that_cannot_be_read_are_rejected_and_counted(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("n,address\n1,杭州市\n2\n3,宁波市\n", encoding="utf-8")
    result = run(source, "--column", "address", "-o", tmp_path / "out.parquet")
    assert "3 rows in = 2 rows out + 1 rows rejected" in result.output
    assert pl.read_csv(tmp_path / "out.rejected.csv")["row"].to_list() == [3]


def test_rows_without_a_year_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("address,year\n杭州市,2001年\n宁波市,不详\n", encoding="utf-8")
    result = run(
        source, "--column", "address", "--year-column", "year", "-o", tmp_path / "o.parquet", "--json"
    )
    assert json.loads(result.output)["rows_without_year"] == 1


def test_a_table_without_rows_gets_the_columns(tmp_path: Path) -> None:
    source, output = tmp_path / "a.parquet", tmp_path / "out.parquet"
    pl.DataFrame({"address": pl.Series([], dtype=pl.String)}).write_parquet(source)
    assert run(source, "--column", "address", "-o", output).exit_code == 0
    assert pl.read_parquet(output).columns == ["address", *expected().columns]


def test_bad_data_ends_with_one_and_leaves_nothing(tmp_path: Path) -> None:
    source, output = table(tmp_path, "utf.csv"), tmp_path / "out.parquet"
    wrong: list[list[object]] = [
        [source, "--column", "adress"],
        [source, "--column", "地址", "--base-year", 1900],
        [tmp_path / "none.csv", "--column", "地址"],
        [source, "--column", "地址", "--unresolved", output],
    ]
    for arguments in wrong:
        result = run(*arguments, "-o", output)
        assert result.exit_code == 1, arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["utf.csv"]
    both = run(source, "--column", "地址", "--year", 2000, "--year-column", "日", "-o", output)
    assert both.exit_code == 2
    assert run(source, "--column", "地址", "-o", output).exit_code == 0
    twice = run(output, "--column", "地址", "-o", tmp_path / "twice.parquet")
    assert twice.exit_code == 1
    assert "place_code" in twice.output


def test_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    source = table(tmp_path, "a.parquet")
    source.write_bytes(source.read_bytes()[:-20])
    result = run(source, "--column", "地址", "-o", tmp_path / "out.parquet")
    assert result.exit_code == 1
    assert "not readable Parquet" in result.output
