"""Official tables as they are printed: what is read, what is refused, and that both add up."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.classes.cells import read_cell, read_keywords
from patentmetrics.classes.concordance import describe_concordance, load_concordance
from patentmetrics.classes.lint import lint_concordance
from patentmetrics.classes.match import match_classes
from patentmetrics.classes.official import Imported, import_official
from patentmetrics.classes.patterns import standard_pattern
from patentmetrics.classes.write import Entry, concordance_text
from patentmetrics.cli.concordance import command
from patentmetrics.core.errors import InputError, SettingError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.types import Corpus

TITLE = "数字经济核心产业分类与国际专利分类参照关系表（2023）"
ECONOMY = [
    [TITLE, None, None, None, None],
    ["数字经济核心产业分类", None, "国民经济行业代码及名称（2017）", "国际专利分类号", "关键词"],
    ["代码", "名称", None, None, None],
    ["01", "数字产品制造业", None, None, None],
    ["0101", "计算机制造", None, None, None],
    [
        "010101", "计算机整机制造", "3911 计算机整机制造",
        "G06F1*（不含G06F1/16、1/18）、G06F3/00～G06F3/16", "服务器、GPU等",
    ],
    [None, None, None, "★G06F 15/*", None],
    [None, None, None, "G06F13/00", "接口"],
    [10102, "零部件", None, "H05K，G06F垃圾", None],
    ["010103", "外围", None, "G06K（除某某外）", None],
    [None, None, None, "G06T", None],
    ["0209", "没有上级", None, "G06K", None],
    ["02", "数字产品服务业", "5176*", "G06Q", "AI AND 芯片"],
]  # fmt: skip
INDUSTRY = [
    ["国民经济行业代码", "国民经济行业名称", "国际专利分类（IPC）"],
    ["A", "农、林、牧、渔业", None],
    ["01", "农业", None],
    ["011", "谷物种植", None],
    ["0111", "稻谷种植", None],
    [None, None, "A01B1/00-A01B3/00"],
    [None, None, "A01C*"],
    ["0112", "小麦种植", "A01B"],
    ["B", "采矿业", None],
    ["011", "谷物种植", "A01G"],
    ["06", "煤炭开采和洗选业", None],
    ["061", "烟煤", "E21C；E21D"],
]


def write_csv(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        csv.writer(handle).writerows([["" if one is None else one for one in row] for row in rows])
    return path


def write_excel(path: Path, rows: list[list[object]]) -> Path:
    """Write the rows with the empty cells below a code and its name merged, as they are printed."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if cell is not None:
                sheet.write(number, place, cell)
    sheet.merge_range(5, 0, 7, 0, rows[5][0])
    sheet.merge_range(5, 1, 7, 1, rows[5][1])
    book.close()
    return path


def check_sums(found: Imported) -> None:
    counts = found.counts
    parts = ("rows_of_entries", "rows_of_headings", "rows_rejected")
    assert counts["rows"] == sum(counts[name] for name in parts)
    assert counts["items"] == counts["patterns"] + counts["excluded"] + counts["items_rejected"]
    assert counts["entries"] == len(found.entries)
    assert found.rejected.height == sum(
        counts[name] for name in ("rows_rejected", "items_rejected", "keywords_rejected")
    )
    assert found.rejected["reason"].null_count() == 0


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_table_of_the_digital_economy_is_read_as_printed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"table.{kind}"
    (write_csv if kind == "csv" else write_excel)(path, ECONOMY)
    found = import_official(path, layout="digital_economy_2023", id="mine")
    above = ("01 数字产品制造业", "0101 计算机制造")
    first, second, third, fourth, fifth = found.entries
    assert first == Entry(
        id="010101",
        levels=(*above, "010101 计算机整机制造"),
        patterns=("G06F1/*", "G06F3/00-G06F3/16", "G06F15/*"),
        excluded=("G06F1/16", "G06F1/18"),
        keywords=("服务器", "GPU"),
        note="3911 计算机整机制造",
    )
    assert (second.id, second.patterns, second.keywords) == ("010101-2", ("G06F13/00",), ("接口",))
    assert (third.id, third.levels[2], third.patterns) == ("010102", "010102 零部件", ("H05K",))
    assert (fourth.id, fourth.patterns) == ("010103", ("G06T",))
    assert (fifth.id, fifth.levels, fifth.note) == ("02", ("02 数字产品服务业",) * 3, "5176*")
    check_sums(found)
    assert found.counts["rows"] == 10
    assert found.counts["codes_filled"] == 1
    assert found.rejected.select("row", "column", "reason").rows() == [
        (9, "symbols", "this is not a pattern of symbols"),
        (10, "row", "an exclusion cannot be read: 某某"),
        (12, "row", "the code 0209 does not stand below the code that it begins with"),
        (13, "keywords", "keywords are joined, and each stands for itself"),
    ]


def test_the_table_of_industries_is_read_as_printed(tmp_path: Path) -> None:
    found = import_official(write_csv(tmp_path / "t.csv", INDUSTRY), layout="industry_2018", id="mine")
    check_sums(found)
    levels = ("A 农、林、牧、渔业", "01 农业", "011 谷物种植", "0111 稻谷种植")
    assert [(entry.id, entry.patterns) for entry in found.entries] == [
        ("0111", ("A01B1/*-A01B3/*", "A01C")),
        ("0112", ("A01B",)),
        ("061", ("E21C", "E21D")),
    ]
    assert found.entries[0].levels == levels
    assert found.entries[2].levels == ("B 采矿业", "06 煤炭开采和洗选业", "061 烟煤", "061 烟煤")
    assert found.rejected["row"].to_list() == [10]
    assert "does not stand below" in found.rejected["reason"][0]


def test_codes_in_a_column_for_each_level_are_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["大类", "中类", "小类", "名称", "IPC"],
        ["01", None, None, "数字产品制造业", None],
        [None, "0101", None, "计算机制造", None],
        [None, None, "010101", "整机", "G06F1*"],
        ["01", "0101", "010102", "零部件", "H05K"],
    ]
    found = import_official(write_csv(tmp_path / "t.csv", rows), layout="digital_economy_2023", id="mine")
    above = ("01 数字产品制造业", "0101 计算机制造")
    assert [entry.levels for entry in found.entries] == [(*above, "010101 整机"), (*above, "010102 零部件")]
    check_sums(found)


def test_a_row_without_a_code_below_a_code_that_is_refused_is_of_no_code(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["代码", "名称", "IPC"],
        ["01", "大类", "G06F"],
        ["0209", "没有上级", "G06K"],
        [None, None, "G06T"],
    ]
    found = import_official(write_csv(tmp_path / "t.csv", rows), layout="digital_economy_2023", id="mine")
    assert [entry.patterns for entry in found.entries] == [("G06F",)]
    assert found.rejected["reason"].to_list()[1] == "no code stands here or above"
    check_sums(found)


def test_an_exclusion_does_not_reach_into_the_rows_merged_with_its_own(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["代码", "名称", "IPC"],
        ["01", "大类", "G06F1*（不含G06F1/16）"],
        [None, None, "H04L"],
        [None, None, "G06F1/16"],
    ]
    found = import_official(write_csv(tmp_path / "t.csv", rows), layout="digital_economy_2023", id="mine")
    assert [(entry.id, entry.patterns, entry.excluded) for entry in found.entries] == [
        ("01", ("G06F1/*", "H04L"), ("G06F1/16",)),
        ("01-2", ("G06F1/16",), ()),
    ]
    check_sums(found)


def test_a_file_without_the_heads_or_without_entries_is_refused(tmp_path: Path) -> None:
    headless = write_csv(tmp_path / "a.csv", [["编号", "说明"], ["01", "x"]])
    with pytest.raises(InputError, match="no row is the head"):
        import_official(headless, layout="digital_economy_2023", id="a")
    unreadable = write_csv(
        tmp_path / "b.csv", [["代码", "名称", "IPC"], ["99", "x", "乱码"], ["x", "y", "G06F"]]
    )
    with pytest.raises(InputError, match="no row of the table could be read"):
        import_official(unreadable, layout="digital_economy_2023", id="b")
    with pytest.raises(SettingError, match="layout"):
        import_official(headless, layout="industry_2017", id="a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "patterns", "excluded"),
    [
        ("G06F3/01、3/02、/03", ["G06F3/01", "G06F3/02", "G06F3/03"], []),
        ("G06F 3/01; h04l 9/*\nG06N", ["G06F3/01", "H04L9/*", "G06N"], []),
        ("Ｇ０６Ｆ３＊（不包含Ｇ０６Ｆ３／０１）", ["G06F3/*"], ["G06F3/01"]),
        ("G06F3*（除G06F3/01、G06F3/02外），G06N", ["G06F3/*", "G06N"], ["G06F3/01", "G06F3/02"]),
        ("G06F3*不包括G06F3/01；G06N", ["G06F3/*", "G06N"], ["G06F3/01"]),
        ("A01B1/00～3/00", ["A01B1/*-A01B3/*"], []),
        ("A01B 1/00 － A01B 3/00 A01C", ["A01B1/*-A01B3/*", "A01C"], []),
        ("G06F3/01(2006.01)、G06N和H04L", ["G06F3/01", "G06N", "H04L"], []),
        ("G06F、G06F", ["G06F"], []),
    ],
)
def test_cells_are_read(text: str, patterns: list[str], excluded: list[str]) -> None:
    cell = read_cell(text)
    assert (list(cell.patterns), list(cell.excluded)) == (patterns, excluded)
    assert (cell.unreadable, cell.unreadable_exclusions) == ((), ())
    assert cell.items == len(patterns) + len(excluded)


@pytest.mark.parametrize(
    "text", ["G06F（限于计算机）", "G06F及其下位组", "计算机", "G06F9-3", "G06F 3/01/02", "（仅计算机）"]
)
def test_what_a_pattern_cannot_say_is_listed(text: str) -> None:
    cell = read_cell(f"{text}；G06N")
    assert len(cell.unreadable) == 1
    assert "G06N" in cell.patterns
    assert cell.items == len(cell.patterns) + 1


@pytest.mark.parametrize(
    "text",
    [
        "G06F3*（不含计算机）",
        "G06F3*（不含H04L）",
        "G06F3/01（不含G06F3*）",
        "G06F3*（除外）",
        "G06F3*（不含G06F3/01）、G06F3/0*",
    ],
)
def test_an_exclusion_that_is_not_understood_is_said(text: str) -> None:
    assert read_cell(text).unreadable_exclusions


@given(st.lists(st.text("G06F3/*1、；（）不含除外～-★ \n", max_size=12), max_size=4).map("；".join))
def test_any_cell_is_read_without_loss(text: str) -> None:
    cell = read_cell(text)
    parts = (cell.patterns, cell.secondary, cell.excluded, cell.unreadable)
    assert cell.items == sum(map(len, parts))
    for pattern in (*cell.patterns, *cell.secondary, *cell.excluded):
        assert standard_pattern(pattern) == pattern


def test_keywords_are_read() -> None:
    assert read_keywords("大数据、云 计算；GPU，5G等。\n大数据")[0] == ("大数据", "云 计算", "GPU", "5G")
    assert read_keywords("")[0] == ()
    assert len(read_keywords("(AI or 芯片)、大数据")[1]) == 1


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_import_writes_a_concordance_that_loads_matches_and_names_its_source(tmp_path: Path) -> None:
    source, output = write_csv(tmp_path / "官方.csv", ECONOMY), tmp_path / "mine.yml"
    result = run("import", source, "--layout", "digital_economy_2023", "-o", output)
    assert result.exit_code == 0, result.output
    assert "G06F垃圾" in result.output
    table = load_concordance(output)
    about = describe_concordance(output)
    assert about["source_sha256"] == sha256_of(source)
    assert about["source_file"] == "官方.csv"
    assert "2 rows, 1 symbols and 1 keywords could not be read" in table.status
    rejected = pl.read_csv(tmp_path / "mine.rejected.csv")
    assert rejected.height == 4
    assert [one.message for one in lint_concordance(output) if one.severity == "error"] == []
    frame = pl.DataFrame({"patent_id": ["a", "b"], "ipc": ["G06F1/16", "G06F1/20"], "title": ["GPU", "GPU"]})
    found = match_classes(Corpus(frame=frame, key="patent_id", text=("title",)), table)
    assert found.frame.select("patent_id", "entry_id", "keywords").rows() == [("b", "010101", ["GPU"])]
    again = tmp_path / "again"
    again.mkdir()
    assert run("import", source, "--layout", "digital_economy_2023", "-o", again / "mine.yml").exit_code == 0
    assert (again / "mine.yml").read_bytes() == output.read_bytes()


def test_import_that_fails_leaves_nothing(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "a.csv", [["编号", "说明"], ["01", "x"]])
    folder = tmp_path / "out"
    folder.mkdir()
    result = run("import", source, "--layout", "industry_2018", "-o", folder / "mine.yml")
    assert result.exit_code == 1
    assert "no row is the head of the table" in result.output
    assert list(folder.iterdir()) == []
    assert run("import", source, "--layout", "industry_2018", "-o", folder / "mine.txt").exit_code == 2
    assert run("import", source, "-o", folder / "mine.yml").exit_code == 2


def test_list_show_and_lint_of_what_ships() -> None:
    assert "527 of 585 branches" in run("list").output
    shown = json.loads(run("show", "key_digital_technology_2023", "--json").stdout)
    assert (shown["technology"], shown["technology_class"], shown["branch"]) == (7, 23, 527)
    assert "not proofed" in shown["status"]
    linted = json.loads(run("lint", "wipo35", "key_digital_technology_2023", "--json").stdout)
    assert (linted["errors"], linted["notes"]) == (0, 3)
    missing = run("lint", "wipo36")
    assert missing.exit_code == 1
    assert "did you mean 'wipo35'?" in missing.output


def test_lint_finds_what_loading_lets_pass(tmp_path: Path) -> None:
    head = dict.fromkeys(("version", "title_en", "title_zh", "source", "licence", "status"), "x")
    entries = [
        Entry(id="1", levels=("a",), patterns=("G06F", "G06F3/*"), keywords=("GPU", "gpu", "字")),
        Entry(id="2", levels=("b",), patterns=("G06F3/*",)),
    ]
    path = tmp_path / "other.yml"
    text = concordance_text({"id": "mine", **head}, ["field"], entries)
    path.write_text(text.replace('- "G06F"\n      - "G06F3/*"', '- "G06F3/*"\n      - "G06F"'), "utf-8")
    found = [(one.severity, one.message) for one in lint_concordance(path)]
    assert [message for severity, message in found if severity == "error"] == [
        "the id is mine, the file's name is not",
        "entry 1: the patterns are not sorted as symbols are",
    ]
    notes = " | ".join(message for severity, message in found if severity == "note")
    for words in (
        "in several entries: G06F3/*",
        "of another entry",
        "of their own entry",
        "1: gpu",
        "字",
        "no keywords",
    ):
        assert words in notes


@pytest.mark.larger
def test_every_pattern_and_keyword_of_the_transcribed_table_is_in_the_shipped_one(larger_data: Path) -> None:
    path = larger_data / "concordances" / "key_digital_technology_2023_transcribed.csv"
    with path.open(encoding="utf-8-sig") as handle:
        source = list(csv.DictReader(handle))
    table = load_concordance("key_digital_technology_2023")
    kept = {
        entry: (set(part["pattern"]), part["keywords"][0].to_list(), part["branch"][0])
        for (entry,), part in table.entries.group_by("entry_id")
    }
    assert len(source) == len(kept) == 527
    for row in source:
        patterns, keywords, branch = kept[f"{row['domain']}-{row['branch_no']}"]
        written = row["ipc_patterns"].split(";")
        assert patterns == {standard_pattern(one) for one in written}
        assert len(patterns) == len(written)
        assert keywords == row["keywords"].split(";")
        assert branch == f"{row['domain']} {row['branch_no']} {row['branch_name']}"
    assert describe_concordance("key_digital_technology_2023")["source_sha256"] == sha256_of(path)
