"""Tables come out the same from each kind of file, with the row numbers a person sees."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, InputError, SettingError
from patentmetrics.read.delimited import _records
from patentmetrics.read.table import Table, read_table, table_batches

ROWS = [
    {"申请号": "001", "标题": 'a 5" disk, new', "摘要": "line one\nline two", "日期": "2013-01-21"},
    {"申请号": "002", "标题": "灯；光", "摘要": None, "日期": "2013-01-22"},
    {"申请号": "003", "标题": "=1+1", "摘要": "tab\there", "日期": None},
]
FRAME = pl.DataFrame(ROWS)


def write_csv(path: Path, delimiter: str = ",", encoding: str = "utf-8", ends: str = "\r\n") -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=ends)
    writer.writerow(FRAME.columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in FRAME.rows()])
    path.write_bytes(buffer.getvalue().encode(encoding))


def write_excel(path: Path, rows: list[list[object]], *, first_row: int = 0, sheets: int = 1) -> None:
    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for _ in range(sheets):
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(first_row + i, j, cell, day)
                elif cell is not None:
                    sheet.write(first_row + i, j, cell)
    book.add_worksheet("empty")
    book.close()


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_delimited_files_are_read_whatever_their_delimiter_and_encoding(
    tmp_path: Path, delimiter: str, encoding: str, ends: str
) -> None:
    write_csv(tmp_path / "a.csv", delimiter, encoding, ends)
    table = read_table(tmp_path / "a.csv")
    assert table.frame.equals(FRAME)
    assert table.rows.to_list() == [2, 3, 4]
    assert table.encoding == encoding
    assert table.delimiter == {",": "comma", "\t": "tab", ";": "semicolon"}[delimiter]


def test_excel_and_parquet_equal_the_csv(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", [FRAME.columns, *map(list, FRAME.rows())])
    FRAME.write_parquet(tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.parquet"):
        table = read_table(tmp_path / name)
        assert table.frame.equals(FRAME)
        assert table.rows.to_list() == [2, 3, 4]


def test_excel_numbers_and_dates_become_text_without_loss(tmp_path: Path) -> None:
    day = dt.date(2013, 1, 21)
    rows = [
        ["申请号", "n", "d"],
        [2010123456789, 1.5, day],
        [200910123456.7, 7502241, day],
        ["US1", True, None],
    ]
    write_excel(tmp_path / "a.xlsx", rows)
    frame = read_table(tmp_path / "a.xlsx").frame
    assert frame["申请号"].to_list() == ["2010123456789", "200910123456.7", "US1"]
    assert frame["n"].to_list() == ["1.5", "7502241", "true"]
    assert [cell and cell[:10] for cell in frame["d"]] == ["2013-01-21", "2013-01-21", None]


def test_excel_rows_keep_their_numbers_over_empty_rows(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", [["id", "t"], ["1", "a"], [None, None], ["2", "b"]], first_row=2)
    table = read_table(tmp_path / "a.xlsx")
    assert (table.rows.to_list(), table.blank_rows) == ([4, 6], 1)


def test_excel_with_two_filled_sheets_asks_which(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", [["id"], ["1"]], sheets=2)
    with pytest.raises(InputError, match="Sheet1, Sheet2"):
        read_table(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx", sheet="Sheet2").frame.height == 1
    with pytest.raises(SettingError, match="did you mean 'Sheet"):
        read_table(tmp_path / "a.xlsx", sheet="Sheet3")
    with pytest.raises(InputError, match="empty"):
        read_table(tmp_path / "a.xlsx", sheet="empty")


def test_a_sheet_of_a_csv_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="only an Excel file"):
        read_table(text(tmp_path / "a.csv", "a\n1\n"), sheet="S")


def test_parquet_types_become_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "id": [7502241.0, float("nan")],
            "n": [1.5, 2.0],
            "d": [dt.date(2013, 1, 21), None],
            "t": [dt.datetime(2013, 1, 21, 10, 30), None],  # noqa: DTZ001 - Parquet without a zone
            "l": [["H02M 3/24", None], []],
            "c": pl.Series(["a", "b"], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    read = read_table(tmp_path / "a.parquet").frame
    assert read["id"].to_list() == ["7502241", None]
    assert read["n"].to_list() == ["1.5", "2.0"]
    assert read["d"].to_list() == ["2013-01-21", None]
    assert read["t"].to_list() == ["2013-01-21 10:30:00", None]
    assert read["l"].to_list() == [["H02M 3/24", None], []]
    assert read["c"].to_list() == ["a", "b"]


def test_ragged_rows_are_rejected_and_the_others_stay(tmp_path: Path) -> None:
    table = read_table(text(tmp_path / "a.csv", 'a,b\n1,2\n3\n4,5,6\n\n"x\ny",7,\n,\n8,9\n'))
    assert table.frame.rows() == [("1", "2"), ("x\ny", "7"), ("8", "9")]
    assert table.rows.to_list() == [2, 6, 8]
    assert table.blank_rows == 2
    assert table.rejected.select("row", "reason").rows() == [(3, "too few fields"), (4, "too many fields")]


def test_a_quote_that_is_not_closed_names_the_row_where_it_opens(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", 'a,b\n"1\n1",2\n3,"open\n4,5\n')
    with pytest.raises(InputError, match=r"not closed") as caught:
        read_table(path)
    assert caught.value.details()["where"].endswith("row 3 (line 4)")


def test_a_quote_inside_a_field_stays_and_one_after_a_quoted_field_is_an_error(tmp_path: Path) -> None:
    assert read_table(text(tmp_path / "a.csv", 'a,b\n5" disk,2\n')).frame.rows() == [('5" disk', "2")]
    with pytest.raises(InputError, match="quote stands where none may"):
        read_table(text(tmp_path / "b.csv", 'a,b\n"5" disk,2\n'))


def test_a_field_may_be_longer_than_the_usual_limit_and_the_limit_is_given_back(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    table = read_table(text(tmp_path / "a.csv", "a,b\n1," + "x" * 200_000 + "\n"))
    assert table.frame["b"].str.len_chars().to_list() == [200_000]
    assert csv.field_size_limit() == before


def test_headers_are_stripped_and_nameless_ones_numbered(tmp_path: Path) -> None:
    assert read_table(text(tmp_path / "a.csv", " a ,\u3000b,\n1,2,3\n")).frame.columns == [
        "a",
        "b",
        "column_3",
    ]


def test_a_doubled_header_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="more than once"):
        read_table(text(tmp_path / "a.csv", "标题,标题 \n1,2\n"))


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "\n\n", " "])
def test_a_file_without_rows_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="no rows"):
        read_table(text(tmp_path / "a.csv", content))


@pytest.mark.parametrize("frame", [FRAME.clear(), pl.DataFrame()])
def test_parquet_without_rows_is_an_error(tmp_path: Path, frame: pl.DataFrame) -> None:
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no rows"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_a_file_that_is_cut_off_is_an_error(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    if path.suffix == ".xlsx":
        write_excel(path, [["a"], ["1"]])
    else:
        FRAME.write_parquet(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="cut off"):
        read_table(path)


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="xlsx"):
        read_table(text(tmp_path / "a.xls", "a\n1\n"))


CELLS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff")
    | st.sampled_from(',;"\n\t'),
    max_size=12,
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_csv_writes_is_read_back_cell_by_cell(rows: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    assert [record for _, record in _records(io.StringIO(buffer.getvalue(), newline=""), ",", "a")] == rows


def test_a_table_is_frozen(tmp_path: Path) -> None:
    table = read_table(text(tmp_path / "a.csv", "a\n1\n"))
    assert isinstance(table, Table)
    with pytest.raises(AttributeError):
        table.file = "b"  # type: ignore[misc]


def test_a_title_above_the_header_is_left_out_and_counted(tmp_path: Path) -> None:
    table = read_table(text(tmp_path / "a.csv", "检索结果\n\n申请号\t日\t标题\n1\t2\t3\n"))
    assert (table.frame.rows(), table.rows.to_list()) == ([("1", "2", "3")], [4])
    assert (table.delimiter, dict(table.notes)) == ("tab", {"rows above the header": 1})


def test_headers_that_come_again_and_footers_are_rejected_with_their_reason(tmp_path: Path) -> None:
    rows = [
        "a,b,c",
        "1,2,3",
        "\ufeffa,b,c",
        "4,5,6",
        "共 2 条",
        "合计,2,",
        "导出时间：2020-01-01,,",
        "Total: 2",
    ]
    table = read_table(text(tmp_path / "a.csv", "\n".join(rows)))
    assert table.frame.rows() == [("1", "2", "3"), ("4", "5", "6")]
    assert table.rejected.select("row", "reason").rows() == [
        (3, "the header again"), (5, "footer"), (6, "footer"), (7, "footer"), (8, "footer"),
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["共轭聚合物", "总线控制器", "Total station", "来源"])
def test_what_only_begins_like_a_footer_is_a_row(tmp_path: Path, cell: str) -> None:
    table = read_table(text(tmp_path / "a.csv", f"title,b,c\n{cell},,\n"))
    assert table.frame["title"].to_list() == [cell]


def test_excel_has_the_same_titles_headers_and_footers(tmp_path: Path) -> None:
    rows = [["检索结果"], ["a", "b", "c"], ["1", "2", "3"], ["a", "b", "c"], ["4", "5", "6"], ["共2条"]]
    write_excel(tmp_path / "a.xlsx", rows, first_row=1)
    table = read_table(tmp_path / "a.xlsx")
    assert (table.frame.rows(), table.rows.to_list()) == ([("1", "2", "3"), ("4", "5", "6")], [4, 6])
    assert table.rejected.select("row", "reason").rows() == [(5, "the header again"), (7, "footer")]


def test_columns_without_a_name_at_the_end_may_be_missing_in_the_rows(tmp_path: Path) -> None:
    table = read_table(text(tmp_path / "a.csv", "a,b,,\n1,2\n3,4,,\n5,6,7,\n8\n"))
    assert table.frame.select("a", "b", "column_3").rows() == [
        ("1", "2", None),
        ("3", "4", None),
        ("5", "6", "7"),
    ]
    assert table.rejected["row"].to_list() == [5]


def test_cells_merged_over_rows_hold_their_value_in_each_row(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("A & B")
    for j, name in enumerate(["id", "who", "note"], start=1):
        sheet.write(1, j, name)
    sheet.merge_range("B3:B5", "001")  # the last of its rows is empty
    sheet.merge_range("D3:E3", "wide")
    sheet.write("C3", "x")
    sheet.write("C4", "y")
    sheet.write_row("B6", ["002", "z", "n"])
    book.close()
    table = read_table(tmp_path / "a.xlsx")
    assert table.frame.select("id", "who", "note").rows() == [
        ("001", "x", "wide"), ("001", "y", None), ("002", "z", "n"),
    ]  # fmt: skip
    assert (table.rows.to_list(), table.blank_rows) == ([3, 4, 6], 1)
    assert table.notes == {"cells filled from merged cells": 1}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_batches_put_together_are_the_table(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pl.DataFrame({"a": [str(i) for i in range(10)], "b": ["x\ny", None] * 5, "c": [0.5, 2.0] * 5})
    if name == "a.csv":
        frame.write_csv(tmp_path / name)
    else:
        frame.write_parquet(tmp_path / name)
    whole = read_table(tmp_path / name)
    for module in ("delimited", "columnar"):
        monkeypatch.setattr(f"patentmetrics.read.{module}.BATCH_ROWS", 3)
    batches = list(table_batches(tmp_path / name))
    assert [batch.frame.height for batch in batches] == [3, 3, 3, 1]
    assert pl.concat([batch.frame for batch in batches]).equals(whole.frame)
    assert pl.concat([batch.rows for batch in batches]).to_list() == whole.rows.to_list()


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patentmetrics.read.delimited._FIELD_LIMIT", 1_000)
    path = text(tmp_path / "a.csv", 'a,b\n1,2\n3,"' + "open\n4,5\n" * 1_000)
    with pytest.raises(InputError, match="not closed") as caught:
        read_table(path)
    assert caught.value.details()["where"].endswith("row 3 (line 3)")
