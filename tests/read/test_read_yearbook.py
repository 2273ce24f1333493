"""Sheets of yearbooks: made by hand in the style of 中国城市统计年鉴, for no real one may be shipped."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.read.yearbook import Yearbook, read_yearbook
from patentmetrics.read.yearbook_panel import yearbook_panel
from patentmetrics.read.yearbook_places import named_places
from patentmetrics.read.yearbook_units import convert_units, is_unit, split_unit, unit_power
from patentmetrics.read.yearbook_values import BLANKS, clean_name, read_value

Cells = list[list[object]]


def workbook(path: Path, sheets: dict[str, Cells], merged: dict[str, list[str]] | None = None) -> Path:
    """Write sheets; a merged range is written like ``B3:C3``, and holds what its first cell holds."""
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None:
                    sheet.write(r, c, value)
        for area in (merged or {}).get(name, []):
            top, left = xlsxwriter.utility.xl_cell_to_rowcol(area.split(":")[0])
            value = rows[top][left]
            sheet.merge_range(area, "" if value is None else value)
    book.close()
    return path


def csv_file(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    text = "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)
    path.write_bytes(text.encode(encoding))
    return path


def said(book: Yearbook) -> dict[tuple[str, int, str], float | None]:
    rows = book.frame.select("place", "year", "variable", "value").rows()
    return {(place, year, variable): value for place, year, variable, value in rows}


def adds_up(book: Yearbook) -> None:
    cells = book.counts["cells"]
    assert cells == book.frame.height + book.rejected.height
    parts = [
        n for name, n in book.counts.items() if name == "values" or name.startswith(("blank:", "rejected:"))
    ]
    assert cells == sum(parts)
    assert (book.frame["value"].is_null() == book.frame["missing"].is_not_null()).all()


CITY_SHEET: Cells = [
    ["2-1  地级及以上城市人口与经济（2015年）", None, None, None, None, None],
    ["2-1  Population and Economy (2015)", None, None, None, None, None],
    [
        "城  市\nCity",
        "年末户籍人口\n(万人)\nPopulation\n(10 000 persons)",
        None,
        "地区生产总值（当年价格）",
        None,
        "人均地区\n生产总值（元）",
    ],
    [None, "全市\nTotal", "市辖区\nDistricts", "全市", "市辖区", None],
    [None, None, None, "（万元）", None, None],
    ["北  京", 1345.2, "1345.2①", "230,145,900", "230145900", "106497"],
    ["河　北　省", None, None, None, None, None],
    ["石 家 庄", "1028.84", 411.5, "54405987", "—", "５１０４３"],
    ["唐山市②", "754.97", "…", "61030586", "-", "78354*"],
    ["吉 林", "2613", "#", "140631300", "", "51086"],
    ["长 春", "753.8", "364.8", "55300285", "约3000", "73324"],
    ["吉 林", "426.2", "182.1", "24554000", "12455000", "57076"],
    ["注：①为常住人口口径。", None, None, None, None, None],
    ["    ②含曹妃甸区。", None, None, None, None, None],
    ["资料来源：各市统计局。", None, None, None, None, None],
]
CITY_MERGED = ["A1:F1", "A2:F2", "A3:A5", "B3:C3", "D3:E3", "F3:F5", "D5:E5"]


@pytest.fixture(scope="module")
def city_book(tmp_path_factory: pytest.TempPathFactory) -> Yearbook:
    folder = tmp_path_factory.mktemp("yearbook")
    return read_yearbook(workbook(folder / "2016.xlsx", {"2-1": CITY_SHEET}, {"2-1": CITY_MERGED}))


def test_merged_headers_in_two_languages_are_joined_and_their_units_found(city_book: Yearbook) -> None:
    units = dict(city_book.frame.select("variable", "unit").unique(maintain_order=True).rows())
    assert units == {
        "年末户籍人口_全市": "万人",
        "年末户籍人口_市辖区": "万人",
        "地区生产总值(当年价格)_全市": "万元",
        "地区生产总值(当年价格)_市辖区": "万元",
        "人均地区生产总值": "元",
    }


def test_numbers_with_marks_separators_and_wide_digits_are_read(city_book: Yearbook) -> None:
    values = said(city_book)
    assert values["北京", 2015, "年末户籍人口_市辖区"] == 1345.2
    assert values["北京", 2015, "地区生产总值(当年价格)_全市"] == 230145900
    assert values["石家庄", 2015, "人均地区生产总值"] == 51043
    assert values["唐山市", 2015, "人均地区生产总值"] == 78354
    assert city_book.counts["footnote marks taken off"] == 2


def test_blanks_are_null_and_say_which_and_what_is_no_number_is_rejected(city_book: Yearbook) -> None:
    missing = {
        (row["place"], row["variable"]): row["missing"]
        for row in city_book.frame.filter(
            pl.col("missing").is_not_null(), pl.col("place") != "河北省"
        ).to_dicts()
    }
    assert missing == {
        ("石家庄", "地区生产总值(当年价格)_市辖区"): "dash",
        ("唐山市", "年末户籍人口_市辖区"): "ellipsis",
        ("唐山市", "地区生产总值(当年价格)_市辖区"): "dash",
        ("吉林", "年末户籍人口_市辖区"): "number sign",
        ("吉林", "地区生产总值(当年价格)_市辖区"): "empty",
    }
    assert city_book.rejected.select("cell", "place", "reason", "value").rows() == [
        ("E11", "长春", "not a number", "约3000")
    ]
    adds_up(city_book)


def test_provinces_stay_with_their_level_and_the_shared_name_is_told_by_its_order(
    city_book: Yearbook,
) -> None:
    places = city_book.frame.select("place", "code", "level").unique(maintain_order=True).rows()
    assert places == [
        ("北京", "110000", "municipality"),
        ("河北省", "130000", "province"),
        ("石家庄", "130100", "prefecture"),
        ("唐山市", "130200", "prefecture"),
        ("吉林", "220000", "province"),
        ("长春", "220100", "prefecture"),
        ("吉林", "220200", "prefecture"),
    ]


def test_titles_and_notes_are_listed_and_no_data(city_book: Yearbook) -> None:
    kinds = city_book.lines.select("kind", "row").rows()
    assert kinds == [("title", 1), ("title", 2), ("note", 13), ("note", 14), ("note", 15)]


def test_a_panel_of_cities_leaves_provinces_out_and_keeps_units(city_book: Yearbook) -> None:
    panel = yearbook_panel(city_book, variables=["人均地区生产总值", "年末户籍人口_全市"])
    assert panel.frame.columns == ["place", "year", "人均地区生产总值", "年末户籍人口_全市"]
    assert sorted(panel.frame["place"]) == sorted(["北京", "吉林", "长春", "唐山市", "石家庄"])
    assert panel.made_by["units"] == {"人均地区生产总值": "元", "年末户籍人口_全市": "万人"}
    assert "2 province" in panel.log[0]
    by_code = yearbook_panel(city_book, place="code")
    assert by_code.frame["place"].to_list() == ["110000", "130100", "130200", "220100", "220200"]
    # 吉林 is a province and a city: by name they are two values of one
    with pytest.raises(DataError, match="more than one value"):
        yearbook_panel(city_book, levels=["prefecture", "province"])


def test_without_merged_cells_a_header_belongs_to_the_empty_ones_on_its_right(tmp_path: Path) -> None:
    rows = [
        ["表2-3 城市科技（2012年）", "", "", "", ""],
        ["单位：件", "", "", "", ""],
        ["城市", "专利申请数", "", "专利授权数", "R&D经费（万元）"],
        ["", "总计", "发明", "", ""],
        ["上 海", "82 682", "37 139", "51508", "6794600"],
        ["某某开发区", "1", "2", "3", "4"],
    ]
    book = read_yearbook(csv_file(tmp_path / "a.csv", rows, "gb18030"))
    assert said(book)["上海", 2012, "专利申请数_发明"] == 37139
    assert set(book.frame["variable"]) == {"专利申请数_总计", "专利申请数_发明", "专利授权数", "R&D经费"}
    units = dict(book.frame.select("variable", "unit").rows())
    assert (units["专利授权数"], units["R&D经费"]) == ("件", "万元")
    assert book.frame.filter(pl.col("place") == "某某开发区")["level"].to_list() == [None] * 4
    adds_up(book)


def test_merged_cells_say_how_far_a_header_goes(tmp_path: Path) -> None:
    rows: Cells = [["城市", "人口", None, None], [None, "总数", "面积", "密度"], ["沈阳", 1, 2, 3]]
    merged = read_yearbook(workbook(tmp_path / "a.xlsx", {"2015": rows}, {"2015": ["A1:A2"]}))
    assert merged.frame["variable"].to_list() == ["人口_总数", "面积", "密度"]
    unsaid = read_yearbook(workbook(tmp_path / "b.xlsx", {"2015": rows}))
    assert unsaid.frame["variable"].to_list() == ["人口_总数", "人口_面积", "人口_密度"]


def test_a_name_of_province_and_city_is_told_by_order_or_left_open() -> None:
    def levels(*names: str) -> list[str | None]:
        return [one.level for one in named_places(names)]

    assert levels("辽宁", "吉林", "黑龙江", "吉林", "四平") == ["province"] * 3 + ["prefecture"] * 2
    assert levels("海南", "海口") == ["province", "prefecture"]
    assert levels("长春", "吉林", "四平") == ["prefecture", None, "prefecture"]
    assert levels("朝阳区", "昆山市", "平均") == ["county", "county", "total"]


def test_years_in_columns_take_the_title_for_their_variable(tmp_path: Path) -> None:
    rows = [
        ["2-5 各地区生产总值（2010-2012年）", None, None, None],
        ["单位：亿元", None, None, None],
        ["地区", 2010, "2011年", "2012 年"],
        ["广东省", 46013.06, 53210.28, 57067.92],
        ["广 州", "10748.28", "12423.44", "13551.21"],
    ]
    book = read_yearbook(workbook(tmp_path / "a.xlsx", {"GDP": rows}))
    assert said(book)["广州", 2011, "各地区生产总值"] == 12423.44
    assert set(book.frame["unit"]) == {"亿元"}
    renamed = read_yearbook(tmp_path / "a.xlsx", variable="gdp")
    assert set(renamed.frame["variable"]) == {"gdp"}


def test_the_year_is_that_of_title_or_sheet_never_of_the_edition(tmp_path: Path) -> None:
    table = [["城市", "人口"], ["北京", 1]]
    path = workbook(tmp_path / "a.xlsx", {"2014年": table, "2015": table})
    assert sorted(read_yearbook(path).frame["year"]) == [2014, 2015]
    edition = workbook(tmp_path / "b.xlsx", {"人口": [["中国城市统计年鉴2016年版", None], *table]})
    with pytest.raises(DataError, match="of which year"):
        read_yearbook(edition)
    assert read_yearbook(edition, year=2015).frame["year"].to_list() == [2015]
    against = workbook(tmp_path / "c.xlsx", {"2016": [["2015年人口", None], *table]})
    with pytest.raises(DataError, match="different years"):
        read_yearbook(against)
    several = workbook(tmp_path / "d.xlsx", {"x": [["2014年与2015年人口", None], *table]})
    with pytest.raises(DataError, match="several years"):
        read_yearbook(several)


def test_a_column_of_years_goes_on_under_one_place(tmp_path: Path) -> None:
    rows = [
        ["城市", "年份", "代码", "人口(万人)"],
        ["北京", 2014, 110000, 1],
        [None, 2015, None, 2],
        ["天津", 2014, 120000, 3],
        [None, "x", None, 4],
    ]
    book = read_yearbook(workbook(tmp_path / "a.xlsx", {"x": rows}))
    assert said(book) == {("北京", 2014, "人口"): 1, ("北京", 2015, "人口"): 2, ("天津", 2014, "人口"): 3}
    assert book.rejected["reason"].to_list() == ["no year"]
    assert "a column without values" in book.lines["kind"].to_list()
    adds_up(book)


def test_two_tables_side_by_side_and_one_below_are_read(tmp_path: Path) -> None:
    rows: Cells = [
        ["2-7 城市用水（2013年）", None, None, None, None],
        ["城市", "供水量（万立方米）", None, "城市", "供水量（万立方米）"],
        ["沈阳", 55, None, "大连", 40],
        ["鞍山", "—", None, "抚顺", 12.5],
        [None, None, None, None, None],
        ["续表 1", None, None, None, None],
        ["2013年", None, None, None, "单位：公里"],
        ["城市", "管道长度", None, "城市", "管道长度"],
        ["沈阳", 1000, None, "大连", 900],
        ["注：按区域。", None, None, None, None],
    ]
    book = read_yearbook(workbook(tmp_path / "a.xlsx", {"x": rows}))
    assert said(book) == {
        ("沈阳", 2013, "供水量"): 55, ("鞍山", 2013, "供水量"): None, ("大连", 2013, "供水量"): 40,
        ("抚顺", 2013, "供水量"): 12.5, ("沈阳", 2013, "管道长度"): 1000, ("大连", 2013, "管道长度"): 900,
    }  # fmt: skip
    assert book.counts["tables"] == 4
    assert set(book.frame.filter(pl.col("variable") == "管道长度")["unit"]) == {"公里"}
    adds_up(book)


def test_a_place_with_two_values_is_refused_and_one_said_twice_is_kept_once(tmp_path: Path) -> None:
    twice = [["城市", "人口(万人)"], ["北京", 1], ["北京", 1], ["天津", None], ["天津", 2]]
    book = read_yearbook(workbook(tmp_path / "a.xlsx", {"2015": twice}))
    assert said(book) == {("北京", 2015, "人口"): 1, ("天津", 2015, "人口"): 2}
    assert book.rejected.select("cell", "reason").rows() == [("B3", "said twice"), ("B4", "said twice")]
    adds_up(book)
    workbook(tmp_path / "b.xlsx", {"2015": [["城市", "人口"], ["北京", 1], ["北京", 2]]})
    with pytest.raises(DataError, match="two values"):
        read_yearbook(tmp_path / "b.xlsx")


def test_rows_without_a_place_are_rejected_or_headings(tmp_path: Path) -> None:
    rows = [["城市", "人口"], ["一、副省级城市", None], ["沈阳", 1], [None, 5], [None, "其中"]]
    book = read_yearbook(workbook(tmp_path / "a.xlsx", {"2015": rows}))
    assert said(book) == {("沈阳", 2015, "人口"): 1}
    assert book.rejected.select("cell", "reason").rows() == [("B4", "no place")]
    assert book.lines.filter(kind="heading")["text"].to_list() == ["一、副省级城市", "其中"]


def test_a_sheet_without_a_table_is_listed_and_a_file_without_one_refused(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {"目录": [["人口", "2015"]], "2015": [["城市", "人口"], ["北京", 1]]}
    )
    assert read_yearbook(path).lines["kind"].to_list() == ["a sheet without a table"]
    with pytest.raises(InputError, match="heads a column of places"):
        read_yearbook(path, sheet="目录")
    with pytest.raises(SettingError, match="no sheet of this name"):
        read_yearbook(path, sheet="2016")
    with pytest.raises(InputError, match="no sheet has a column"):
        read_yearbook(csv_file(tmp_path / "a.csv", [["人口", "2015"]]))
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(InputError):
        read_yearbook(tmp_path / "b.xlsx")


def test_a_number_of_a_spreadsheet_loses_no_decimal(tmp_path: Path) -> None:
    number = 0.123456789012345
    path = workbook(tmp_path / "a.xlsx", {"2015": [["城市", "占比"], ["北京", number], ["天津", True]]})
    book = read_yearbook(path)
    assert said(book)["北京", 2015, "占比"] == number
    assert book.rejected["value"].to_list() == ["true"]


def test_the_same_files_give_the_same_rows_whichever_process(tmp_path: Path, city_book: Yearbook) -> None:
    again = read_yearbook(workbook(tmp_path / "2016.xlsx", {"2-1": CITY_SHEET}, {"2-1": CITY_MERGED}))
    assert again.frame.equals(city_book.frame)
    assert again.counts == city_book.counts


@pytest.mark.parametrize(
    ("reason", "text"), [(reason, text) for reason, texts in BLANKS.items() for text in texts]
)
def test_each_way_to_write_nothing_is_null_never_zero(reason: str, text: str) -> None:
    assert (read_value(text).number, read_value(text).blank) == (None, reason)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234,567.5", 1234567.5), ("12 345", 12345), ("－3.2", -3.2), ("12.5%", 12.5), ("1234¹", 1234),
     ("8[2]", 8), ("１２，３４５", 12345), ("1.5E-5", 1.5e-5), (".5", 0.5), ("7 ①②", 7), ("9(1)", 9)],
)  # fmt: skip
def test_numbers_as_yearbooks_write_them(text: str, number: float) -> None:
    assert read_value(text).number == number


@pytest.mark.parametrize(
    "text", ["1,23", "约100", "100以上", ">5", "1 2", "12a", "#DIV/0!", "①", "(5)", "1-2", "inf", "1e999"]
)
def test_what_is_no_number_is_wrong_not_missing(text: str) -> None:
    value = read_value(text)
    assert value.number is None
    assert value.blank is None
    assert value.wrong


@given(st.integers(-(10**12), 10**12), st.integers(0, 3))
def test_a_number_written_with_separators_comes_back(whole: int, decimals: int) -> None:
    number = whole / 10**decimals
    assert read_value(f"{number:,.{decimals}f}").number == float(f"{number:.{decimals}f}")


def test_units_are_found_and_brackets_that_hold_none_stay() -> None:
    assert split_unit("固定资产投资（不含农户）(亿元)") == ("固定资产投资（不含农户）", "亿元")
    assert split_unit("居民消费价格指数（上年=100）") == ("居民消费价格指数", "上年=100")
    assert split_unit("增长率（％）")[1] == "%"
    assert not is_unit("当年价格")
    assert not is_unit("人口")


def test_units_of_the_same_thing_are_converted_and_others_refused() -> None:
    frame = pl.DataFrame({"value": [123.4567, None, 5.0], "unit": ["万元", "万元", "人"]})
    made = convert_units(frame, {"万元": "亿元"})
    assert made.rows() == [(123.4567 / 1e4, "亿元"), (None, "亿元"), (5.0, "人")]
    assert unit_power("元/人", "元/万人") == 4
    assert unit_power("千米", "公里") == 0
    with pytest.raises(SettingError, match="same thing"):
        convert_units(frame, {"万元": "万人"})
    with pytest.raises(SettingError, match="not known"):
        convert_units(frame, {"万元": "银元"})
    with pytest.raises(DataError, match="no value is in the unit"):
        convert_units(frame, {"亿元": "元"})


def test_a_variable_in_two_units_makes_no_panel_before_it_is_converted(tmp_path: Path) -> None:
    first = workbook(tmp_path / "a.xlsx", {"2014": [["城市", "产值（万元）"], ["北京", 10000]]})
    second = workbook(tmp_path / "b.xlsx", {"2015": [["城市", "产值（亿元）"], ["北京", 2]]})
    book = read_yearbook([first, second])
    with pytest.raises(DataError, match="several units"):
        yearbook_panel(book)
    panel = yearbook_panel(convert_units(book.frame, {"万元": "亿元"}))
    assert panel.frame.rows() == [("北京", 2014, 1.0), ("北京", 2015, 2.0)]


def test_names_lose_spaces_marks_and_english() -> None:
    assert clean_name("呼 和 浩 特 市*") == ("呼和浩特市", True)
    assert clean_name("唐山市\nTangshan") == ("唐山市", False)
    assert clean_name("GDP增速") == ("GDP增速", False)
