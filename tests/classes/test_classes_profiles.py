"""Technology profiles: equal to a slow count; nothing lost in silence; scores as in Shi et al. 2025."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.profiles import count_classes
from patentmetrics.cli import main
from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError
from patentmetrics.core.provenance import read_frame, write_frame
from patentmetrics.core.types import Concordance, Corpus, TermCounts
from patentmetrics.counted.csr import to_csr
from patentmetrics.read.canonical import PATENT_SCHEMA
from tests.reference import class_matching, kpst_variants

CUT = {"section": 1, "class": 3, "subclass": 4}
POOL = [
    "G06F17/30",
    "G06F3/06",
    "G06F",
    "G06N3/08",
    "H04L9/32",
    "H04L29",
    "H01L31/042",
    "A61K8/02",
    "nothing",
]


def corpus_of(rows: list[tuple[date | None, list[str] | None]]) -> Corpus:
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i}" for i in range(len(rows))],
            "filing_date": pl.Series([day for day, _ in rows], dtype=pl.Date),
            "ipc": pl.Series([ipc for _, ipc in rows], dtype=pl.List(pl.String)),
        }
    )
    return Corpus(frame=frame, key="patent_id", text=())


def drawn(patents: int = 80, *, seed: int = 5, undated: bool = True) -> Corpus:
    draw = random.Random(seed)
    rows = []
    for _ in range(patents):
        day = date(draw.randrange(2000, 2013), draw.randrange(1, 13), 1)
        ipc = draw.choices(POOL, k=draw.randrange(6)) or None
        rows.append((None if undated and draw.random() < 0.1 else day, ipc))
    return corpus_of(rows)


def slow_term(symbol: str, level: str) -> str | None:
    if level in CUT:
        return symbol[: CUT[level]]
    group = symbol.partition("/")[0]
    if level == "group":
        return group if len(group) > 4 else None
    return symbol if "/" in symbol else None


def slow_counts(corpus: Corpus, level: str, *, main_only: bool = False) -> dict[str, Counter[str]]:
    found = {}
    for name, day, ipc in corpus.frame.select("patent_id", "filing_date", "ipc").iter_rows():
        symbols = (ipc or [])[:1] if main_only else set(ipc or [])
        terms = [slow_term(one, level) for one in symbols if one != "nothing"]
        if day is not None:
            found[name] = Counter(one for one in terms if one)
    return found


def counted(counts: TermCounts) -> dict[str, Counter[str]]:
    matrix, documents = to_csr(counts)
    terms = counts.vocabulary["term"].to_list()
    return {
        name: Counter({terms[i]: int(row[i]) for i in np.flatnonzero(row)})
        for name, row in zip(documents["patent_id"], matrix.toarray(), strict=True)
    }


def sums_of(counts: TermCounts) -> dict[str, int]:
    made = counts.made_by["counts"]
    assert isinstance(made, dict)
    parts = ("counted", "too_short", "unmatched", "invalid", "repeated")
    assert made["symbols"] == sum(made[f"symbols_{name}"] for name in parts)
    assert made["documents_in"] == made["documents_out"] + made["documents_rejected"]
    assert made["documents_out"] == counts.documents
    return made


@pytest.mark.parametrize("symbols", ["all", "main"])
@pytest.mark.parametrize("level", ["section", "class", "subclass", "group", "subgroup"])
def test_counts_equal_a_slow_counter(level: str, symbols: str, tmp_path: Path) -> None:
    corpus = drawn()
    counts = count_classes(corpus, tmp_path / "counts", level=level, symbols=symbols, date="filing")
    slow = slow_counts(corpus, level, main_only=symbols == "main")
    assert counted(counts) == slow
    made = sums_of(counts)
    assert made["symbols_counted"] == sum(one.total() for one in slow.values())
    assert made["documents_without_terms"] == sum(not one for one in slow.values()) > 0
    documents = Counter(term for one in slow.values() for term in one)
    assert dict(counts.vocabulary.select("term", "documents").rows()) == documents
    assert counts.vocabulary["documents"].is_sorted(descending=True)


def concordance_of(*rows: tuple[str, str, str]) -> Concordance:
    entries = pl.DataFrame(
        [{"entry_id": entry, "field": field, "pattern": pattern} for entry, field, pattern in rows]
    )
    return Concordance(
        id="mine", version="1", title_en="", title_zh="", source="", licence="", status="made up",
        levels=("field",), entries=entries, sha256="abc",
    )  # fmt: skip


def test_a_symbol_counts_once_in_a_technology_and_in_each_of_several(tmp_path: Path) -> None:
    table = concordance_of(("1", "data", "G06F"), ("2", "data", "G06F17/*"), ("3", "learning", "G06F17/30"))
    corpus = corpus_of([(date(2000, 1, 1), ["G06F17/30", "G06F3/06", "A61K8/02", "G06F17/30", "x"])])
    counts = count_classes(corpus, tmp_path / "counts", level="field", concordance=table, date="filing")
    assert counted(counts) == {"P0": Counter(data=2, learning=1)}
    made = sums_of(counts)
    assert (made["symbols_counted"], made["symbols_unmatched"], made["symbols_repeated"]) == (2, 1, 1)
    inputs = counts.made_by["inputs"]
    assert isinstance(inputs, dict)
    assert inputs["concordance"]["sha256"] == "abc"


def test_counts_of_a_real_concordance_equal_the_slow_matcher(tmp_path: Path) -> None:
    table, corpus = load_concordance("wipo35"), drawn(seed=8)
    counts = count_classes(corpus, tmp_path / "counts", level="field", concordance=table, date="filing")
    entries = table.entries.select("field", "pattern").rows()
    for name, found in counted(counts).items():
        ipc = corpus.frame.filter(pl.col("patent_id") == name)["ipc"].to_list()[0] or []
        slow: Counter[str] = Counter()
        for symbol in set(ipc) - {"nothing"}:
            slow.update({field for field, pattern in entries if class_matching.covers(pattern, symbol)})
        assert found == slow, name


def test_patents_without_a_date_and_texts_that_are_no_symbol_are_listed(tmp_path: Path) -> None:
    corpus = corpus_of([(None, ["G06F"]), (date(2001, 1, 1), ["G06N", "14-02"]), (date(2002, 1, 1), None)])
    counts = count_classes(corpus, tmp_path / "counts", level="subclass", date="filing")
    assert counted(counts) == {"P1": Counter(G06N=1), "P2": Counter()}
    listed = pl.read_csv(tmp_path / "counts.rejected.csv")
    assert listed.select("patent_id", "column", "value").rows() == [
        ("P0", "filing_date", None),
        ("P1", "ipc", "14-02"),
    ]
    made = sums_of(counts)
    assert (made["documents_rejected"], made["documents_without_symbols"]) == (1, 1)
    # an earlier list goes when it is no longer true
    count_classes(
        corpus_of([(date(2001, 1, 1), ["G06N"])]), tmp_path / "counts", level="subclass", date="filing"
    )
    assert not (tmp_path / "counts.rejected.csv").exists()


def test_what_cannot_be_counted_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    good, output = corpus_of([(date(2001, 1, 1), ["G06N"])]), tmp_path / "counts"
    with pytest.raises(SettingError, match="level"):
        count_classes(good, output, level="field", date="filing")
    with pytest.raises(ColumnError, match="issue_date"):
        count_classes(good, output, level="subclass", date="issue")
    with pytest.raises(DataError, match="no patent has a filing_date"):
        count_classes(corpus_of([(None, ["G06N"])]), output, level="subclass", date="filing")
    with pytest.raises(DataError, match="no symbol has a term"):
        count_classes(good, output, level="subgroup", date="filing")
    assert not list(tmp_path.iterdir())
    (tmp_path / "counts.rejected.csv").write_text("mine\n", "utf-8")
    with pytest.raises(OutputError, match="not written by an earlier count"):
        count_classes(good, output, level="subclass", date="filing")


def written_patents(corpus: Corpus, path: Path) -> Path:
    frame = corpus.frame.select(
        pl.col(name) if name in corpus.frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in PATENT_SCHEMA.items()
    )
    write_frame(frame, path, {})
    return path


def test_scores_by_technology_equal_shi_2025_pair_by_pair(tmp_path: Path) -> None:
    corpus = drawn(150, undated=False)
    patents = written_patents(corpus, tmp_path / "patents.parquet")
    for words in (
        ["count", "classes", str(patents), "-o", str(tmp_path / "domains"), "--level", "subclass"],
        ["score", str(tmp_path / "domains"), "-o", str(tmp_path / "scores.parquet"), "--preset", "shi2025"],
    ):
        done = CliRunner().invoke(main, [*words, "--json"])
        assert done.exit_code == 0, done.output
    frame, made_by = read_frame(tmp_path / "scores.parquet")
    assert '"step": "count classes"' in json.dumps(made_by)

    slow = slow_counts(corpus, "subclass")
    terms = sorted({term for one in slow.values() for term in one})
    counts = np.array([[one[term] for term in terms] for one in slow.values()], float)
    # as in the article: shares of the patent's symbols, which the cosine does not see
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    years = corpus.frame["filing_date"].dt.year().to_numpy()
    lags = kpst_variants.lag_sums(
        shares, years, years, weighting="cumulative", pair_weights="own", lags=range(-5, 6)
    )
    rows = {row["patent_id"]: row for row in frame.iter_rows(named=True)}
    compared = 0
    for place, name in enumerate(slow):
        for column, window in (
            ("backward_similarity", range(-5, 0)),
            ("forward_similarity_5", range(1, 6)),
        ):
            parts = [lags[place][lag] for lag in window]
            known = counts[place].sum() > 0 and all(one is not None for one in parts)
            if known:
                assert rows[name][column] == pytest.approx(sum(parts), rel=1e-9, abs=1e-12)
                compared += 1
            else:
                assert rows[name][column] is None
    assert compared > 100
