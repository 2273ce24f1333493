"""The report on matches: shares by hand, years that are not known counted, examples the same every time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.match import Matches, match_classes
from patentmetrics.cli import main
from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.types import Corpus
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.report.formats import to_markdown
from patentmetrics.report.match_report import match_report
from patentmetrics.report.match_tables import match_tables, plot_match_shares

ELECTRICAL, CHEMISTRY = "Electrical engineering", "Chemistry"
# id, year, symbols
PATENTS: list[tuple[str, int | None, list[str] | None]] = [
    ("a", 2001, ["H01L31/042", "A61K8/02"]),
    ("b", 2001, ["H01L31/042", "H04L9/32"]),
    ("c", 2001, ["G08D23/00"]),
    ("d", 2001, None),
    ("e", 2003, ["A61K8/02"]),
    ("f", None, ["G06F17/30"]),
    ("g", None, ["14-02"]),
]


def corpus_of(rows: list[tuple[str, int | None, list[str] | None]]) -> Corpus:
    frame = pl.DataFrame(
        {
            "patent_id": [name for name, _, _ in rows],
            "filing_date": pl.Series(
                [None if y is None else date(y, 5, 1) for _, y, _ in rows], dtype=pl.Date
            ),
            "title": [f"Title of {name}" for name, _, _ in rows],
            "ipc": pl.Series([ipc for _, _, ipc in rows], dtype=pl.List(pl.String)),
        }
    )
    return Corpus(frame=frame, key="patent_id", text=("title",))


def matched(corpus: Corpus, **options: str) -> Matches:
    return match_classes(corpus, load_concordance("wipo35"), **options)  # type: ignore[arg-type]


def test_shares_by_technology_and_year_are_those_counted_by_hand() -> None:
    corpus = corpus_of(PATENTS)
    found = matched(corpus)
    report = match_report(found.frame, corpus, made_by=found.made_by)
    # five patents have a symbol: a, b, c, e, f
    assert report.technologies.rows() == [
        (ELECTRICAL, 3, pytest.approx(0.6)),
        (CHEMISTRY, 2, pytest.approx(0.4)),
    ]
    assert report.years is not None
    assert report.years.rows() == [
        (2001, 4, 2, 1, 1, 1 / 3),
        (2003, 1, 1, 0, 0, 0.0),
        (None, 2, 1, 0, 1, 0.0),
    ]
    assert report.by_year is not None
    assert report.by_year.rows() == [
        (2001, CHEMISTRY, 1, 1 / 3),
        (2001, ELECTRICAL, 2, 2 / 3),
        (2003, CHEMISTRY, 1, 1.0),
        (2003, ELECTRICAL, 0, 0.0),
        (None, CHEMISTRY, 0, 0.0),
        (None, ELECTRICAL, 1, 1.0),
    ]
    assert report.branches.rows()[0] == (CHEMISTRY, "Organic fine chemistry", 2, 0.4)
    assert report.counts == {
        "patents": 7,
        "patents_matched": 4,
        "patents_unmatched": 1,
        "patents_unknown": 2,
        "patents_without_year": 2,
        "patents_without_text": 0,
    }


def test_fractional_matches_are_added_up_by_weight() -> None:
    corpus = corpus_of(PATENTS)
    found = matched(corpus, weights="fractional")
    report = match_report(found.frame, corpus, made_by=found.made_by)
    assert report.technologies.rows() == [(ELECTRICAL, 2.5, 0.5), (CHEMISTRY, 1.5, pytest.approx(0.3))]
    assert "Fractional" in " ".join(match_tables(report)["technologies"].notes)


def test_only_the_main_symbol_says_whether_a_match_is_known() -> None:
    corpus = corpus_of([("a", 2001, ["14-02", "H01L31/042"]), ("b", 2001, ["H01L31/042"])])
    found = matched(corpus, symbols="main")
    report = match_report(found.frame, corpus, made_by=found.made_by)
    assert report.years is not None
    assert report.years["unknown"].to_list() == [1]


def test_examples_are_few_spread_and_the_same_whatever_the_order() -> None:
    rows: list[tuple[str, int | None, list[str] | None]] = [
        (f"p{i:03}", 2001, ["H04L9/32", "H01L31/042"] if i else ["A61K8/02"]) for i in range(100)
    ]
    first, second = corpus_of(rows), corpus_of(rows[::-1])
    reports = [
        match_report(found.frame, corpus, made_by=found.made_by, examples=4)
        for corpus in (first, second)
        for found in [matched(corpus)]
    ]
    assert reports[0].examples.equals(reports[1].examples)
    chosen = reports[0].examples
    assert chosen["patent_id"].to_list() == ["p000", "p013", "p038", "p062", "p087"]
    assert chosen["title"][1] == "Title of p013"
    assert chosen["symbol"].to_list() == ["A61K8/02", *["H04L9/32"] * 4]


def test_without_patents_there_are_no_years_and_no_titles() -> None:
    found = matched(corpus_of(PATENTS))
    report = match_report(found.frame, made_by=found.made_by)
    assert report.by_year is None
    assert report.examples["title"].null_count() == report.examples.height == 5
    assert set(match_tables(report)) == {"technologies", "branches", "examples"}
    with pytest.raises(DataError, match="no year"):
        plot_match_shares(report)


def test_matches_and_patents_that_do_not_belong_together_are_refused() -> None:
    corpus = corpus_of(PATENTS)
    found = matched(corpus)
    with pytest.raises(DataError, match="not those that were matched"):
        match_report(found.frame, corpus_of(PATENTS[1:]), made_by=found.made_by)
    with pytest.raises(DataError, match="not all those"):
        match_report(found.frame.filter(pl.col("patent_id") != "a"), made_by=found.made_by)
    with pytest.raises(DataError, match="do not say"):
        match_report(found.frame, made_by={})
    with pytest.raises(SettingError, match="one or more"):
        match_report(found.frame, made_by=found.made_by, examples=0)


def test_tables_say_what_the_shares_are_of_and_what_has_no_year() -> None:
    corpus = corpus_of(PATENTS)
    found = matched(corpus)
    report = match_report(found.frame, corpus, made_by=found.made_by)
    tables = match_tables(report, language="zh")
    assert tables["by_year"].header == (("年份", "可判定", ELECTRICAL, CHEMISTRY),)
    assert tables["by_year"].rows[-1] == ("—", "1", "1.0000", "0.0000")
    assert "2件专利无申请日，年份记为—。" in to_markdown(tables["years"])
    assert "专利7件：已匹配4件，未匹配1件，无法判定2件。" in tables["technologies"].notes


def test_a_year_of_which_nothing_is_known_is_a_gap_and_no_zero() -> None:
    corpus = corpus_of([*PATENTS, ("h", 2002, None), ("i", 1999, None)])
    found = matched(corpus)
    axes = plot_match_shares(match_report(found.frame, corpus, made_by=found.made_by)).axes[0]
    line = next(one for one in axes.get_lines() if one.get_label() == CHEMISTRY)
    assert list(line.get_xdata()) == [2001, 2002, 2003]
    assert [f"{one:.1f}" for one in line.get_ydata()] == ["33.3", "nan", "100.0"]


def test_the_command_writes_tables_and_a_figure_twice_the_same(tmp_path: Path) -> None:
    corpus = corpus_of(PATENTS)
    patents = corpus.frame.select(
        pl.col(name) if name in corpus.frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in PATENT_SCHEMA.items()
    )
    write_frame(patents, tmp_path / "patents.parquet", {})
    words = ["match", str(tmp_path / "patents.parquet"), "--concordance", "wipo35", "-o"]
    assert CliRunner().invoke(main, [*words, str(tmp_path / "m.parquet")]).exit_code == 0
    words = ["match", "report", str(tmp_path / "m.parquet"), "-o"]
    for folder, more in (
        ("one", ["--patents", str(tmp_path / "patents.parquet")]),
        ("two", ["--patents", str(tmp_path / "patents.parquet")]),
        ("bare", []),
    ):
        done = CliRunner().invoke(main, [*words, str(tmp_path / folder), *more])
        assert done.exit_code == 0, done.output
    names = {"technologies", "branches", "examples", "by_year", "years"}
    files = {one.name: one.read_bytes() for one in (tmp_path / "one").iterdir()}
    assert set(files) == {f"{name}{end}" for name in names for end in (".md", ".csv")} | {
        "shares.png",
        "manifest.json",
    }
    assert files == {one.name: one.read_bytes() for one in (tmp_path / "two").iterdir()}
    assert (tmp_path / "bare" / "technologies.png").is_file()
    assert not (tmp_path / "bare" / "by_year.md").exists()
