"""The report on a lexicon's coverage: sentences, tables, figures and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli.lexicon_coverage import FRAMES, coverage
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.coverage import Coverage, lexicon_coverage
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.coverage import coverage_page, coverage_sentences, coverage_tables
from patentmetrics.report.coverage_figures import plot_heat, plot_leave_one_out, plot_rules, plot_terms

SCIENCE = "science_attention_zhang2026"


@pytest.fixture(scope="module")
def found() -> Coverage:
    return lexicon_coverage(sample_corpus(), load_lexicon(SCIENCE))


def small(
    texts: list[tuple[str, int, str | None]], terms: tuple[str, ...] = ("云计算", "大数据")
) -> Coverage:
    frame = pl.DataFrame(
        [(f"{place}{year}", place, year, text) for place, year, text in texts],
        schema={"document_id": pl.String, "place": pl.String, "year": pl.Int32, "text": pl.String},
        orient="row",
    )
    head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    entries = pl.DataFrame({"term": list(terms), "dimension": ["it"] * len(terms)})
    lexicon = Lexicon(**head, levels=("dimension",), entries=entries, sha256="")
    return lexicon_coverage(Corpus(frame=frame, key="document_id", text=("text",)), lexicon)


THREE = [("上海", 2020, "云计算与大数据与大数据"), ("北京", 2020, "云计算与云计算"), ("天津", 2020, None)]


def test_sentences_say_the_numbers_of_the_frames() -> None:
    assert coverage_sentences(small(THREE)) == [
        "2 of 2 terms have 5 hits, in 2 of 2 documents with text.",
        "1 documents have no text: they are missing, not zero.",
        "云计算, 大数据 make 100 % of the index; 2 terms make 80 %. It is as concentrated as 1.9 terms of "
        "equal weight (Herfindahl 0.520).",
        "Without 大数据, the ranks of the 2 place-years change most, by 1.0 on average (Spearman -1.000); "
        "上海 goes from 1 to 2. 1 of 2 terms leave Spearman at 0.99 or more.",
        "The three counting rules give every document the same count.",
    ]


def test_a_year_is_named_only_where_there_are_several() -> None:
    one = coverage_sentences(small(THREE))
    two = coverage_sentences(small([*THREE, ("上海", 2021, "无")]))
    assert not any("2020" in line for line in one)
    assert any("上海 2020 goes from 1 to" in line for line in two)


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ([("上海", 2020, None)], "No document has a text: nothing is known of the 2 terms."),
        ([("上海", 2020, "无")], "None of the 2 terms has a hit in the 1 documents with text."),
    ],
)
def test_without_text_or_hits_one_sentence_says_so(
    texts: list[tuple[str, int, str | None]], wanted: str
) -> None:
    nothing = small(texts)
    assert coverage_sentences(nothing)[0] == wanted
    assert len(coverage_sentences(nothing, language="zh")) == len(coverage_sentences(nothing))
    assert coverage_page(nothing, lexicon="a", figures={})
    for draw in (plot_terms, plot_heat, plot_leave_one_out):
        with pytest.raises(DataError, match="to draw"):
            draw(nothing)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_have_a_head_in_the_language_for_every_column(found: Coverage, language: str) -> None:
    tables = coverage_tables(found, language=language)  # type: ignore[arg-type]
    assert list(tables) == [
        "terms", "groups", "years", "concentration", "without_terms", "without_groups", "rules", "rule_terms",
    ]  # fmt: skip
    for table in tables.values():
        for cell in table.header[0]:
            assert "_" not in cell
            assert cell.isascii() == (language == "en"), cell
    assert len(tables["without_terms"].rows) == 20
    assert tables["groups"].rows[0][1] == ("basic_research" if language == "en" else "基础研究")


def test_a_page_escapes_what_has_a_meaning_in_markdown() -> None:
    page = coverage_page(small([("上海", 2020, "a|b*c")], terms=("a|b*c",)), lexicon="x", figures={})
    assert r"a\|b\*c make 100 % of the index" in page
    assert r"| 1 | a\|b\*c |" in page


def test_simulated_data_are_named_in_every_table_and_figure(found: Coverage) -> None:
    simulated = replace(found, made_by={**found.made_by, "simulated": True})
    assert all("SIMULATED" in table.title for table in coverage_tables(simulated).values())
    assert "SIMULATED DATA" in coverage_page(simulated, lexicon="x", figures={})
    figures = [
        plot_terms(simulated),
        plot_heat(simulated),
        plot_leave_one_out(simulated),
        plot_rules(simulated),
    ]
    for figure in figures:
        titles = [figure.get_suptitle(), *(axes.get_title("left") for axes in figure.axes)]
        assert any("SIMULATED" in title for title in titles)


def test_bars_and_line_are_the_hits_and_their_cumulative_share(found: Coverage) -> None:
    figure = plot_terms(found, top=5)
    bars, line = figure.axes
    assert [bar.get_width() for bar in bars.patches] == found.terms["hits"].head(5).to_list()
    assert line.lines[0].get_xdata().tolist() == pytest.approx(
        (100 * found.terms["cumulative_share"].head(5)).to_list()
    )
    assert [text.get_text() for text in bars.get_yticklabels()] == found.terms["term"].head(5).to_list()


def test_bars_of_shares_of_characters_are_characters() -> None:
    corpus, lexicon = sample_corpus(), load_lexicon(SCIENCE)
    found = lexicon_coverage(corpus, lexicon, variable="share_of_characters")
    hits = dict(found.terms.select("term", "hits").rows())
    first = found.terms["term"][0]
    assert plot_terms(found).axes[0].patches[0].get_width() == hits[first] * len(first)


def test_a_heat_map_leaves_what_is_not_known_grey_and_years_without_documents_out() -> None:
    found = small([*THREE, ("上海", 2022, "无"), ("上海", 2023, None)])
    figure = plot_heat(found, by="year")
    grid = figure.axes[0].images[0].get_array()
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["2020", "2022", "2023"]
    assert grid.data.tolist()[0][:2] == [1.5, 0.0]
    assert grid.mask.tolist() == [[False, False, True]] * 2
    places = plot_heat(found, by="place").axes[0]
    assert [text.get_text() for text in places.get_xticklabels()] == ["上海", "北京", "天津"]
    assert places.images[0].get_array().mask.tolist() == [[False, False, True]] * 2
    with pytest.raises(SettingError):
        plot_heat(found, by="term")  # type: ignore[arg-type]


def test_points_and_rings_are_the_mean_and_the_largest_change(found: Coverage) -> None:
    axes = plot_leave_one_out(found, top=4).axes[0]
    rings, points = axes.lines
    assert rings.get_xdata().tolist() == found.without_terms["largest_rank_change"].head(4).to_list()
    assert points.get_xdata().tolist() == found.without_terms["mean_rank_change"].head(4).to_list()
    row = found.without_terms.row(0, named=True)
    # the sample has two years
    wanted = f"{row['place']} {row['year']}: {row['rank']:g} → {row['rank_without']:g}"
    assert axes.texts[0].get_text() == wanted


def test_points_of_two_rules_are_the_values_of_the_units(found: Coverage) -> None:
    for axes, (one, other) in zip(
        plot_rules(found).axes,
        [("substring", "longest"), ("substring", "token"), ("longest", "token")],
        strict=True,
    ):
        points = axes.lines[-1]
        assert points.get_xdata().tolist() == found.rule_units[one].to_list()
        assert points.get_ydata().tolist() == found.rule_units[other].to_list()


def test_no_two_names_of_outliers_stand_upon_each_other(found: Coverage) -> None:
    for axes in plot_rules(found).axes:
        heights = sorted(text.xyann[1] for text in axes.texts)
        gap = 0.08 * (axes.get_ylim()[1] - axes.get_ylim()[0])
        below = [text for text in axes.texts if text.get_ha() == "left"]
        if len(below) == len(axes.texts):
            assert all(later - earlier > gap for earlier, later in pairwise(heights))


def test_the_same_coverage_gives_the_same_picture(found: Coverage, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_figure(plot_leave_one_out(found, of="group", language="zh"), tmp_path / name)
    assert sha256_of(tmp_path / "a.png") == sha256_of(tmp_path / "b.png")


REPORTS = {
    "上海_2020.txt": "科技创新与知识产权与科技创新。",
    "北京_2020.txt": "知识产权。",
    "北京_2021.txt": "无。",
}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, text in REPORTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_the_command_writes_all_rows_the_page_and_what_made_them(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = CliRunner().invoke(coverage, [str(reports), SCIENCE, "-o", str(out)])
    assert run.exit_code == 0, run.output
    assert "2 of 28 terms have 4 hits, in 2 of 3 documents with text." in run.output
    figures = {"terms.png", "years.png", "places.png", "without_terms.png", "without_groups.png", "rules.png"}
    written = {one.name for one in out.iterdir()}
    assert written >= {f"{name}.csv" for name in FRAMES} | {"coverage.md", "manifest.json"}
    page = (out / "coverage.md").read_text("utf-8")
    for name in {one for one in written if one.endswith(".png")}:
        assert name in figures
        assert f"]({name})" in page
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["step"] == "lexicon coverage"
    assert manifest["settings"]["rule"] == "substring"
    assert manifest["inputs"]["frequencies"]["inputs"]["lexicon"]["id"] == SCIENCE
    assert manifest["outputs"] == {one: sha256_of(out / one) for one in written - {"manifest.json"}}
    units = pl.read_csv(out / "units.csv")
    assert units.select("place", "year", "value").rows() == [
        ("北京市", 2020, 1.0), ("北京市", 2021, 0.0), ("上海市", 2020, 3.0),
    ]  # fmt: skip


def test_the_command_twice_gives_the_same_bytes(reports: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert CliRunner().invoke(coverage, [str(reports), SCIENCE, "-o", str(out), "--quiet"]).output == ""
        made.append({one.name: one.read_bytes() for one in out.iterdir()})
    assert made[0] == made[1]


def test_the_command_speaks_json_and_chinese(reports: Path, tmp_path: Path) -> None:
    arguments = [str(reports), SCIENCE, "--rule", "longest", "--variable", "science_talent_count"]
    run = CliRunner().invoke(
        coverage, [*arguments, "--language", "zh", "--json", "-o", str(tmp_path / "out")]
    )
    told = json.loads(run.output)
    assert told["sentences"][0] == "28个词中有2个命中，共4次，分布于3篇有正文文档中的2篇。"
    assert told["units"] == 3


def test_the_command_refuses_an_unknown_variable_and_leaves_no_folder(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = CliRunner().invoke(coverage, [str(reports), SCIENCE, "--variable", "talent", "-o", str(out)])
    assert run.exit_code == 1
    assert "science_talent_count" in run.output
    assert not out.exists()
    assert CliRunner().invoke(coverage, [str(reports), SCIENCE]).exit_code == 2
