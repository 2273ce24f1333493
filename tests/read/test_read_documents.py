"""Each kind of document gives its text, and says why where it has none."""

from __future__ import annotations

import builtins
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import polars as pl
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

import patentmetrics
from patentmetrics.core.errors import ColumnError, ExtraError, InputError, SettingError
from patentmetrics.read.cleaning import clean_text
from patentmetrics.read.documents import check_columns, read_document
from patentmetrics.read.html import read_html
from patentmetrics.read.pdf import read_pdf

FONT = Path(patentmetrics.__file__).parent / "report" / "fonts" / "NotoSansSC-subset.otf"
SENTENCE = "推动数字经济和人工智能发展，加快建设现代化产业体系，"


def pdf_of(pages: Sequence[Sequence[str]], *, picture: bool = False) -> bytes:
    """Make a PDF with a text layer of Chinese, or with pictures alone."""
    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(buffer) as pdf:
        for page in pages:
            figure = Figure(figsize=(8, 11))
            for i, line in enumerate(page):
                figure.text(0.05, 0.95 - i * 0.03, line, fontproperties=FontProperties(fname=FONT), size=9)
            if picture:
                figure.add_axes((0.1, 0.1, 0.5, 0.5)).imshow([[0, 1], [1, 0]])
                figure.axes[0].set_axis_off()
            pdf.savefig(figure)
    return buffer.getvalue()


@pytest.fixture
def report_pages() -> list[list[str]]:
    lines = [(SENTENCE * 12)[start : start + 30] for start in range(0, len(SENTENCE) * 12, 30)]
    pages = [lines[start : start + 3] for start in range(0, len(lines), 3)]
    return [["某市政府工作报告", *page, f"— {n} —"] for n, page in enumerate(pages, start=1)]


def test_a_pdf_gives_its_text_page_by_page(tmp_path: Path, report_pages: list[list[str]]) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(report_pages))
    found = read_pdf(path)
    assert (found.pages, found.pages_without_text) == (len(report_pages), 0)
    assert [page.split("\n") for page in found.text.split("\f")] == report_pages


def test_a_wrapped_pdf_is_one_sentence_again_after_cleaning(
    tmp_path: Path, report_pages: list[list[str]]
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(report_pages))
    cleaned, changed = clean_text(read_pdf(path).text)
    assert cleaned == SENTENCE * 12
    assert changed == ("running_headers", "hard_wraps")


def test_a_scan_is_refused_and_pages_without_text_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of([[], ["3"]], picture=True))
    with pytest.raises(InputError, match=r"no text layer(.|\n)*1 characters on 2 pages(.|\n)*OCR"):
        read_pdf(path)
    path.write_bytes(pdf_of([[SENTENCE] * 4, []], picture=True))
    assert read_pdf(path).pages_without_text == 1
    assert next(read_document(path)).remark == "1 of 2 pages"


@pytest.mark.parametrize("kind", ["cut off", "text", "nothing but a beginning"])
def test_a_damaged_pdf_is_refused_without_a_traceback(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.pdf"
    whole = pdf_of([[SENTENCE]])
    path.write_bytes({"cut off": whole[:300], "text": SENTENCE.encode()}.get(kind, b"%PDF-1.7\n"))
    with pytest.raises(InputError, match="not a readable PDF"):
        read_pdf(path)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "pypdfium2":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "pypdfium2", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ExtraError, match=r"patentmetrics\[documents\]"):
        read_pdf(path)


PARAGRAPHS = [f"{n}、{SENTENCE * 3}取得成效。" for n in range(1, 9)]
BODY = "".join(f"<p>&nbsp;　{one}</p>\n" for one in PARAGRAPHS)
AROUND = (
    "<html><head><meta charset='{encoding}'><title>某市</title><style>p {{color: red}}</style></head><body>"
    "<script>document.write('<p>人工智能</p>')</script>"
    "<div class='top'><a href='/'>首页</a> <a>互动</a></div>"
    "<nav>政务公开</nav><!-- 批注 -->{body}<div><ul>"
    + "".join(f"<li><a href='#'>相关链接{n}人工智能大数据</a></li>" for n in range(40))
    + "</ul></div><footer>主办单位：某市人民政府</footer></body></html>"
)


def lines_of(folder: Path, page: str, encoding: str = "utf-8") -> list[str]:
    path = folder / "a.html"
    path.write_bytes(page.encode(encoding))
    return [line.strip() for line in clean_text(read_html(path).text)[0].split("\n")]


@pytest.mark.parametrize(
    "body",
    [
        f"<article>{BODY}</article>",
        f"<main>{BODY}</main>",
        f"<div><h2></h2><div class='TRS_Editor'>{BODY}</div></div>",
        f"<div id='zoom'>{BODY}</div>",
        f"<div class='x'><div class='y'>{BODY}</div></div>",
        f"<form action='a.aspx'><table><tr><td><div>{BODY}</div></td></tr></table></form>",
        "<div>" + "<br>".join(PARAGRAPHS) + "</div>",
        "<div>" + "".join(f"<p><b>{one[:3]}</b><span>{one[3:]}</span></p>" for one in PARAGRAPHS) + "</div>",
        "<div>"
        + "".join(f"<p>{one[:9]}\n   {one[9:]}</p>" for one in PARAGRAPHS).replace("\n   ", "")
        + "</div>",
    ],
)
def test_a_web_page_gives_its_main_text_by_paragraph(tmp_path: Path, body: str) -> None:
    assert lines_of(tmp_path, AROUND.format(body=body, encoding="utf-8")) == PARAGRAPHS


def test_a_page_of_short_texts_is_taken_whole_but_for_menus(tmp_path: Path) -> None:
    page = (
        "<body><nav>首页</nav><p>一</p><div>二<div style='display: none'>藏</div></div><form>三<input></form>"
    )
    assert lines_of(tmp_path, page) == ["一", "二", "三"]


def test_rows_of_a_table_are_lines_with_tabs(tmp_path: Path) -> None:
    page = "<article><table><tr><th>年</th><th>值</th></tr><tr><td>2024</td><td>5</td></tr></table></article>"
    assert lines_of(tmp_path, page) == ["年\t值", "2024\t5"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-8-sig"])
def test_the_encoding_of_a_page_is_found(tmp_path: Path, encoding: str) -> None:
    # pages often name another than they are in
    page = AROUND.format(body=f"<article>{BODY}</article>", encoding="gb2312")
    assert lines_of(tmp_path, page, encoding) == PARAGRAPHS
    assert read_html(tmp_path / "a.html").encoding == encoding


def test_a_page_in_big5_says_so_itself(tmp_path: Path) -> None:
    page = "<html><head><meta charset=big5></head><body><p>推動人工智慧發展</p></body></html>"
    assert lines_of(tmp_path, page, "big5") == ["推動人工智慧發展"]


def test_deep_and_broken_pages_do_not_break_the_reader(tmp_path: Path) -> None:
    for page in (
        "<div>" * 5000 + "一",
        "<p>一<b>二</p></i><table><p>三",
        "<",
        "<html></html>",
        "&#0;&bogus;一",
    ):
        path = tmp_path / "a.html"
        path.write_text(page, encoding="utf-8")
        assert isinstance(read_html(path).text, str)


def test_a_table_gives_a_document_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("城市,年份,正文,备注\n成都,2024,各位代表,\n\n武汉,2023年,,\n甲,乙\n".encode("gb18030"))
    pieces = list(read_document(path))
    assert [(one.row, one.place, one.year, one.text, one.refusal is None) for one in pieces] == [
        (2, "成都", "2024", "各位代表", True),
        (4, "武汉", "2023年", "", True),
        (5, None, None, None, False),
    ]
    assert {one.encoding for one in pieces} == {"gb18030"}


def test_an_excel_table_is_read_and_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    pl.DataFrame({"市": ["成都"], "时间": [2024], "报告": ["各位代表"]}).write_excel(path)
    with pytest.raises(ColumnError, match="no column of text"):
        list(read_document(path))
    columns = {"text": "报告", "place": "市", "year": "时间"}
    (piece,) = read_document(path, columns=columns)
    assert (piece.text, piece.place, piece.year, piece.encoding) == ("各位代表", "成都", "2024", "xlsx")
    with pytest.raises(ColumnError, match="no column '正文'"):
        list(read_document(path, columns={"text": "正文"}))
    with pytest.raises(SettingError, match="no such column"):
        check_columns({"texts": "报告"})
