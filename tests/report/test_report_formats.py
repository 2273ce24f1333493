"""Markdown, LaTeX, HTML and CSV: what each must escape."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import pytest

from patentmetrics.core.errors import OutputError, SettingError
from patentmetrics.report.formats import FORMATS, to_csv, to_html, to_latex, to_markdown, write_table
from patentmetrics.report.tables import Table, estimates_table
from tests.report.results import did


def cell(text: str, *, title: str = "t", notes: tuple[str, ...] = ()) -> Table:
    return Table(title=title, header=(("a", "b"),), rows=((text, "1"),), notes=notes)


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_escapes_all_text() -> None:
    evil = "<script>alert('1')</script> & \"x\""
    reader = Texts()
    reader.feed(to_html(Table(title=evil, header=((evil,),), rows=((evil,),), notes=(evil,))))
    assert "script" not in reader.tags
    assert reader.texts.count(evil) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R&D", r"R\&D"), ("5%", r"5\%"), ("$1", r"\$1"), ("#1", r"\#1"), ("a_b", r"a\_b"), ("{x}", r"\{x\}"),
        ("~", r"\textasciitilde{}"), ("^", r"\textasciicircum{}"), ("\\input", r"\textbackslash{}input"),
        ("<b>", r"\textless{}b\textgreater{}"), ("a|b", r"a\textbar{}b"), ("[x]", "{[}x{]}"), ("*x", "{*}x"),
        ("line\nbreak", "line break"), ("突破性", "突破性"), ("R²", "R$^{2}$"), ("-0.5**", "$-$0.5$^{**}$"),
        ("(-0.5)", "($-$0.5)"), ("a-b", "a-b"), ("1,140", "1,140"), ("***", "{*}{*}{*}"),
    ],
)  # fmt: skip
def test_latex_escapes_its_special_characters(text: str, expected: str) -> None:
    assert rf"{expected} & 1 \\" in to_latex(cell(text)).splitlines()


def test_latex_is_a_three_line_table_with_notes_below() -> None:
    latex = to_latex(cell("x", title="50 % & more", notes=("5 % level",)), label="tab:main")
    lines = [line for line in latex.splitlines() if line.endswith("rule")]
    assert lines == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert r"\caption{50 \% \& more}\label{tab:main}" in latex
    assert latex.index(r"\begin{tablenotes}") < latex.index(r"\item 5 \% level")
    assert latex.count(r"\begin") == latex.count(r"\end")


def test_latex_refuses_a_label_that_would_run_as_code() -> None:
    with pytest.raises(SettingError, match="label"):
        to_latex(cell("x"), label=r"a}\input{b")


def test_markdown_keeps_its_columns_whatever_the_cells_hold() -> None:
    markdown = to_markdown(cell("a|b\n*c*_d_<i>`e`[f](g)&amp;"))
    row = markdown.splitlines()[4]
    assert row == r"| a\|b \*c\*\_d\_&lt;i&gt;\`e\`\[f\](g)&amp;amp; | 1 |"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"), ("+cmd", "'+cmd"), ("-cmd|x", "'-cmd|x"), ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"), ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("-1+2", "'-1+2"), ("-2-3*4", "'-2-3*4"),
        ("-0.5", "-0.5"), ("+3", "+3"), ("-0.5***", "-0.5***"), ("-1.2e-05", "-1.2e-05"), ("1,140", "1140"),
        ("(0.05)", "'(0.05)"), ("(1) a", "(1) a"), ("a=b", "a=b"), ("", ""), ("北京, 上海", "北京, 上海"),
    ],
)  # fmt: skip
def test_csv_cells_are_never_formulas_and_numbers_stay_numbers(text: str, expected: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(cell(text)))))
    assert rows == [["t"], ["a", "b"], [expected, "1"]]


@pytest.mark.parametrize(("language", "words"), [("en", "SIMULATED DATA"), ("zh", "模拟数据")])
@pytest.mark.parametrize("ending", FORMATS)
def test_simulated_data_are_named_in_title_and_notes_of_every_format(
    language: str, words: str, ending: str
) -> None:
    table = estimates_table([did(simulated=True)], language=language)
    assert FORMATS[ending](table).count(words) >= 2
    assert words not in FORMATS[ending](estimates_table([did()], language=language))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_is_written_with_the_same_bytes_each_time(ending: str, tmp_path: Path) -> None:
    table = estimates_table([did(), did("(2)", simulated=True)], language="zh")
    for name in ("a", "b"):
        write_table(table, tmp_path / f"{name}{ending}")
    written = (tmp_path / f"a{ending}").read_bytes()
    assert written == (tmp_path / f"b{ending}").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") == (ending == ".csv")
    assert FORMATS[ending](table) == written.decode("utf-8-sig")


def test_an_unknown_ending_or_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="format"):
        write_table(cell("x"), tmp_path / "table.rtf")
    with pytest.raises(OutputError):
        write_table(cell("x"), tmp_path / "none" / "table.md")
    assert list(tmp_path.iterdir()) == []
