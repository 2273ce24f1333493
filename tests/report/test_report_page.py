"""The HTML page: self-contained, escaped, honest about simulated data, the same each time."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import InputError, OutputError, SettingError
from patentmetrics.report.bars import plot_technologies
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.page import Picture, Section, write_report
from patentmetrics.report.tables import estimates_table, frame_table
from tests.report.results import did, technologies

EVIL = "<script>alert(1)</script>\"'&"
MADE_BY: dict[str, object] = {
    "step": "run",
    "settings": {"windows": [1, 5], "seed": 1, "title": EVIL},
    "inputs": {"patents": {"name": "专利.csv", "sha256": "ab" * 32}},
}


class Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    save_figure(plot_technologies(technologies()), tmp_path / "picture.png")
    return tmp_path / "picture.png"


def written(folder: Path, *sections: Section, language: str = "en", title: str = "Report") -> Page:
    path = folder / "report.html"
    write_report(path, title=title, sections=sections, made_by=MADE_BY, language=language)
    return Page(path)


def test_the_page_holds_everything_and_loads_nothing(tmp_path: Path, picture: Path) -> None:
    table = frame_table(pl.DataFrame({"place": ["北京"]}), title="Places")
    figures = (Picture(path=picture, caption="Technologies"), Picture(path=picture, caption="Again"))
    page = written(tmp_path, Section(heading="A", paragraphs=("p",), tables=(table,), figures=figures))
    assert page.all("script") == []
    assert page.all("link") == []
    images = page.all("img")
    assert [image["alt"] for image in images] == ["Technologies", "Again"]
    kind, _, content = str(images[0]["src"]).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content) == picture.read_bytes()
    assert re.findall(r"(?:https?:)?//\w", re.sub(r'src="data:[^"]*"', "", page.source)) == []
    assert "default-src 'none'" in str(page.all("meta"))
    assert "北京" in page.text
    assert "Figure 2" in page.text


def test_all_text_is_escaped(tmp_path: Path, picture: Path) -> None:
    table = frame_table(pl.DataFrame({EVIL: [EVIL]}), title=EVIL, notes=[EVIL])
    section = Section(
        heading=EVIL, paragraphs=(EVIL,), tables=(table,), figures=(Picture(path=picture, caption=EVIL),)
    )
    page = written(tmp_path, section, title=EVIL)
    assert page.all("script") == []
    assert page.all("img")[0]["alt"] == EVIL
    # title, h1, contents, heading, paragraph, caption of table, head, cell, note, caption, provenance
    assert page.text.count(EVIL) >= 11


def test_a_banner_stands_where_data_are_simulated_and_only_there(tmp_path: Path, picture: Path) -> None:
    simulated = Section(heading="A", tables=(estimates_table([did(simulated=True)]),))
    pictured = Section(heading="B", figures=(Picture(path=picture, caption="c", simulated=True),))
    said = Section(heading="C", simulated=True)
    real = Section(heading="D", tables=(estimates_table([did()]),))
    for section in (simulated, pictured, said):
        page = written(tmp_path, section, real)
        assert {"class": "banner", "role": "note"} in page.all("p")
        assert "SIMULATED DATA" in page.text
        assert len([one for one in page.tags if one[1].get("class") == "tag" and one[0] == "span"]) >= 1
    page = written(tmp_path, real)
    assert page.all("p") == [{}]
    assert "SIMULATED" not in page.text


def test_the_contents_lead_to_every_section(tmp_path: Path) -> None:
    page = written(tmp_path, Section(heading="One"), Section(heading="Two"))
    targets = [str(one["href"])[1:] for one in page.all("a")]
    assert targets == [one["id"] for one in page.all("section")] == ["section-1", "section-2", "provenance"]


@pytest.mark.parametrize(
    ("language", "lang", "word"), [("en", "en", "Provenance"), ("zh", "zh-Hans", "来源与设定")]
)
def test_the_page_names_its_language(tmp_path: Path, language: str, lang: str, word: str) -> None:
    page = written(tmp_path, language=language)
    assert page.all("html") == [{"lang": lang}]
    assert word in page.text


def test_the_provenance_is_in_the_page(tmp_path: Path) -> None:
    page = written(tmp_path)
    assert "settings: windows1, 5" in page.text.replace("\n", "")
    assert '"name": "专利.csv"' in page.text
    assert "ab" * 32 in page.text


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, picture: Path) -> None:
    pages = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.png").write_bytes(picture.read_bytes())
        section = Section(heading="A", figures=(Picture(path=folder / f"{name}.png", caption="c"),))
        pages.append(written(folder, section).source)
    assert pages[0] == pages[1]
    assert str(tmp_path) not in pages[0]


def test_a_missing_or_odd_picture_leaves_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        written(tmp_path, Section(heading="A", figures=(Picture(path=tmp_path / "x.png", caption=""),)))
    (tmp_path / "x.pdf").write_bytes(b"x")
    with pytest.raises(SettingError, match="format"):
        written(tmp_path, Section(heading="A", figures=(Picture(path=tmp_path / "x.pdf", caption=""),)))
    with pytest.raises(SettingError):
        written(tmp_path, language="de")
    with pytest.raises(OutputError):
        written(tmp_path / "none")
    assert [one.name for one in tmp_path.iterdir()] == ["x.pdf"]
