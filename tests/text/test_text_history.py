"""A word's history is what counting the patents by hand gives."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.cli import main
from patentmetrics.core.errors import DataError, OutputError, SettingError
from patentmetrics.core.provenance import read_frame
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted import build
from patentmetrics.report.history import COLOURS, plot_term_history
from patentmetrics.text.counts import count_terms
from patentmetrics.text.history import COLUMNS, term_history

Rows = list[tuple[str, dt.date]]


def counted(folder: Path, rows: Rows, **options: object) -> TermCounts:
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i}" for i in range(len(rows))],
            "filing_date": [day for _, day in rows],
            "title": [text for text, _ in rows],
        }
    )
    corpus = Corpus(frame=frame, key="patent_id", text=("title",))
    return count_terms(corpus, folder, **{"segmenter": "whitespace", "date": "filing"} | options)


def by_hand(rows: Rows, term: str) -> list[tuple]:
    years = [day.year for _, day in rows]
    having = [(day, f"P{i}") for i, (text, day) in enumerate(rows) if term in text.split()]
    day, patent = min(having, key=lambda use: use[0])
    found = []
    for year in range(min(years), max(years) + 1):
        of_year, number = years.count(year), sum(use.year == year for use, _ in having)
        share = number / of_year if of_year else None
        found.append((term, year, number, of_year, share, day.year, patent))
    return found


DAYS = st.dates(dt.date(1999, 11, 1), dt.date(2002, 2, 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(st.sampled_from(["aa", "bb", "cc"]), max_size=3), DAYS), max_size=12))
def test_histories_are_those_counted_by_hand(tmp_path_factory, drawn):
    rows = [(" ".join(words), day) for words, day in drawn] + [("aa bb", dt.date(2001, 1, 1))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 2)
        patch.setattr(build, "BLOCK_DOCUMENTS", 4)
        counts = counted(tmp_path_factory.mktemp("history") / "counts", rows)
    found = term_history(counts, ["bb", "aa"])
    assert found.rows() == by_hand(rows, "bb") + by_hand(rows, "aa")
    assert dict(found.schema) == COLUMNS


SOME: Rows = [
    ("区块链 支付", dt.date(2016, 3, 1)),
    ("blockchain ledger 区块链", dt.date(2016, 2, 1)),
    ("distributed ledger", dt.date(2018, 2, 1)),
    ("区块链", dt.date(2019, 2, 1)),
]


def test_terms_are_normalised_and_one_given_twice_counts_once(tmp_path):
    counts = counted(tmp_path / "counts", SOME)
    found = term_history(counts, [" Blockchain", "ＢＬＯＣＫＣＨＡＩＮ"])
    assert found["term"].unique().to_list() == ["blockchain"]
    assert found["year"].to_list() == [2016, 2017, 2018, 2019]
    assert found["share_with_term"].to_list() == [0.5, None, 0, 0]


def test_an_unknown_term_is_an_error_that_names_near_ones(tmp_path):
    counts = counted(tmp_path / "counts", SOME, max_share=0.5)
    for term, hint in (
        ("block", "did you mean 'blockchain'?"),
        ("ledgre", "did you mean 'ledger'?"),
        ("区块链", "too many patents"),
        ("量子", "None"),
    ):
        with pytest.raises(DataError, match="not in the vocabulary") as caught:
            term_history(counts, ["支付", term])
        assert hint in str(caught.value.hint)
    with pytest.raises(SettingError):
        term_history(counts, [])
    counts = counted(tmp_path / "jieba", [("基于区块链的方法", dt.date(2016, 3, 1))], segmenter="jieba")
    with pytest.raises(DataError) as caught:
        term_history(counts, ["区块链"])
    assert "--user-terms" in str(caught.value.hint)


def test_the_command_prints_writes_and_draws_the_history(tmp_path):
    counted(tmp_path / "counts", SOME)
    output, plot = tmp_path / "history.parquet", tmp_path / "history.png"
    words = ["count", "terms", str(tmp_path / "counts"), "区块链", "ledger"]
    ran = CliRunner().invoke(main, [*words, "-o", str(output), "--plot", str(plot), "--language", "zh"])
    assert ran.exit_code == 0, ran.output
    assert "区块链: 3 patents; first 2016 in P1; most in 2016, 100.00% of its patents" in ran.output
    frame, made_by = read_frame(output)
    assert frame.rows() == term_history(counted(tmp_path / "again", SOME), ["区块链", "ledger"]).rows()
    assert made_by["settings"] == {"terms": ["区块链", "ledger"], "date": "filing"}
    first = plot.read_bytes()
    ran = CliRunner().invoke(main, [*words, "--plot", str(plot), "--language", "zh", "--json"])
    assert json.loads(ran.output)["terms"]["ledger"]["first_patent_id"] == "P1"
    assert plot.read_bytes() == first
    missing = CliRunner().invoke(main, [*words, "quantum"])
    assert missing.exit_code == 1
    assert "'quantum' is not in the vocabulary" in missing.output
    assert CliRunner().invoke(main, words[:3]).exit_code == 2
    nowhere = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "none" / "a.parquet")])
    assert nowhere.exit_code == 1
    assert OutputError.__name__ not in nowhere.output


def test_a_history_without_rows_or_with_too_many_terms_is_not_drawn(tmp_path):
    counts = counted(tmp_path / "counts", [(" ".join(f"w{i}" for i in range(9)), dt.date(2000, 1, 1))])
    history = term_history(counts, [f"w{i}" for i in range(9)])
    with pytest.raises(SettingError, match="told apart"):
        plot_term_history(history)
    with pytest.raises(DataError, match="no term"):
        plot_term_history(history.clear())
    figure = plot_term_history(history.head(len(COLOURS)), simulated=True)
    assert "SIMULATED" in figure.axes[0].get_title(loc="left")
