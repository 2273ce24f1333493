"""Word and Excel: three lines, cells that cannot run, Chinese, the same bytes."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import docx
import polars as pl
import pytest
from docx.oxml.ns import qn

from patentmetrics.core.errors import OutputError
from patentmetrics.report.formats import ENDINGS, to_latex, to_markdown, write_table
from patentmetrics.report.paneled import paneled_table
from patentmetrics.report.tables import Table, estimates_table
from tests.report.results import did, event_study

TABLE = Table(
    title="估计结果 <R&D>",
    header=(("", "(1)"), ("outcome", "patents")),
    rows=(
        ("Panel A", ""), ("treated", "-0.25***"), ("", "(-0.05)"), ("=cmd|' /C calc'!A0", "1,140"),
        ("r2", "0.1234"), ("tiny", "4.00e-05"), ("+sum", "@x"),
    ),
    rules=(4,),
    headings=(0,),
    notes=("=HYPERLINK(1)", "Errors clustered."),
)  # fmt: skip


def cells(path: Path) -> pl.DataFrame:
    return pl.read_excel(path, has_header=False, drop_empty_rows=False)


def borders(path: Path) -> list[dict[str, str]]:
    # by row, the lines above and below its first cell
    found = []
    for row in docx.Document(str(path)).tables[0].rows:
        lines = row.cells[-1]._tc.find(f".//{qn('w:tcBorders')}")
        found.append({} if lines is None else {one.tag.split("}")[1]: one.get(qn("w:sz")) for one in lines})
    return found


def test_word_has_three_lines_a_rule_and_no_others(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.docx")
    lines = borders(tmp_path / "t.docx")
    assert [sorted(one) for one in lines] == [
        ["top"], [], ["top"], [], [], [], ["top"], [], ["bottom"],
    ]  # fmt: skip
    assert lines[0]["top"] == lines[8]["bottom"] == "12"
    assert lines[2]["top"] == lines[6]["top"] == "6"
    xml = zipfile.ZipFile(tmp_path / "t.docx").read("word/document.xml").decode("utf-8")
    assert "w:left w:val" not in xml
    assert "insideV" not in xml


def test_word_holds_the_words_with_raised_stars_and_real_minus_signs(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.docx")
    document = docx.Document(str(tmp_path / "t.docx"))
    grid = document.tables[0]
    runs = grid.rows[3].cells[1].paragraphs[0].runs
    assert [(run.text, run.font.superscript) for run in runs] == [("−0.25", None), ("***", True)]
    assert grid.rows[4].cells[1].text == "(−0.05)"
    assert grid.rows[5].cells[0].text == "=cmd|' /C calc'!A0"
    assert grid.rows[2].cells[0]._tc is grid.rows[2].cells[1]._tc
    paragraphs = [one.text for one in document.paragraphs if one.text]
    assert paragraphs == ["估计结果 <R&D>", "Notes: =HYPERLINK(1)", "Errors clustered."]
    fonts = runs[0]._element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "SimSun"
    assert runs[0].font.name == "Times New Roman"


def test_a_broad_table_lies_on_a_broad_page_and_repeats_its_head(tmp_path: Path) -> None:
    row = tuple(str(number) for number in range(9))
    write_table(Table(title="t", header=(row,), rows=(row,) * 60), tmp_path / "t.docx")
    document = docx.Document(str(tmp_path / "t.docx"))
    page = document.sections[0]
    assert page.page_width > page.page_height
    assert document.tables[0].rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None


def test_excel_has_numbers_as_numbers_and_nothing_that_runs(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.xlsx")
    frame = cells(tmp_path / "t.xlsx")
    column = frame["column_2"].to_list() if "column_2" in frame.columns else frame[frame.columns[1]].to_list()
    assert "-0.25***" in column
    assert "(-0.05)" in column
    assert "1140" in column
    assert "'@x" in column
    first = frame[frame.columns[0]].to_list()
    assert "'=cmd|' /C calc'!A0" in first
    assert "'+sum" in first
    assert "'=HYPERLINK(1)" in first
    assert first[0] == "估计结果 <R&D>"
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode("utf-8")
        styles = book.read("xl/styles.xml").decode("utf-8")
    assert "<f>" not in sheet
    assert "<v>1140</v>" in sheet
    assert "<v>0.1234</v>" in sheet
    assert 'ref="A4:B4"' in sheet
    assert '"0.0000"' in styles
    assert '"#,##0"' in styles or 'numFmtId="3"' in styles


@pytest.mark.parametrize("ending", [".docx", ".xlsx"])
def test_a_table_gives_the_same_bytes_at_another_time(ending: str, tmp_path: Path) -> None:
    table = estimates_table([did(simulated=True), event_study()], language="zh")
    write_table(table, tmp_path / f"a{ending}")
    time.sleep(2.1)  # the clock of a zip file has steps of two seconds
    write_table(table, tmp_path / f"b{ending}")
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.parametrize("ending", [".docx", ".xlsx"])
def test_characters_that_xml_cannot_hold_are_left_out_and_a_missing_folder_is_an_error(
    ending: str, tmp_path: Path
) -> None:
    table = Table(title="t\x00", header=(("a\x0b",),), rows=(("北京\x1f",),), notes=("n\x08",))
    write_table(table, tmp_path / f"t{ending}")
    with pytest.raises(OutputError):
        write_table(table, tmp_path / "none" / f"t{ending}")
    assert [one.name for one in tmp_path.iterdir()] == [f"t{ending}"]


def test_panels_stand_below_one_another_with_their_outcomes() -> None:
    gdp = [did("(1)", treated=(0.5, 0.1, 0.001)), did("(2)")]
    for one in gdp:
        object.__setattr__(one, "outcome", "gdp")
    table = paneled_table({"innovation": [did("(1)"), did("(2)")], "growth": gdp}, digits=2)
    heads = [table.rows[at][0] for at in table.headings]
    assert heads == ["Panel A: innovation", "Panel B: growth"]
    assert table.header == (("", "(1)", "(2)"),)
    first, second = table.headings
    assert table.rows[first + 1] == ("Dependent variable", "Patents", "Patents")
    assert table.rows[second + 2] == ("Treated × post", "0.50***", "0.26***")
    assert second in table.rules
    assert not any("Dependent variable:" in note for note in table.notes)
    assert table.notes.count("Errors clustered by place.") == 1
    assert r"\multicolumn{3}{l}{\textit{Panel A: innovation}} \\" in to_latex(table)
    assert "| **Panel B: growth** | | |" in to_markdown(table)
    chinese = paneled_table({"创新": [did()]}, language="zh")
    assert chinese.rows[0][0] == "面板A：创新"


def test_panels_of_other_models_name_them_in_each_panel() -> None:
    table = paneled_table({"a": [did("OLS")], "b": [did("IV")]})
    assert table.header == (("", "(1)"),)
    assert [row[1] for row in table.rows if row[0] == "" and row[1].isalpha()] == ["OLS", "IV"]


def test_all_formats_are_named_by_their_ending() -> None:
    assert ENDINGS == (".md", ".tex", ".html", ".csv", ".docx", ".xlsx")
