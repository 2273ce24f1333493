"""Keyword counts: each rule equals its slow twin; missing is null; every total adds up."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import jieba
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.frequencies import Frequencies, compare_rules, keyword_frequencies
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.lexicon.rules import RULES, Rule
from tests.reference import keyword_counts as twin

# nested, overlapping, Latin beside Han, digits, full-width, mixed case
TERMS = (
    *("互联网", "移动互联网", "移动互联", "网联", "互联网金融", "大数据", "大数据分析", "算法", "征信"),
    *("5G", "NFC支付", "B2B", "EB级存储", "Fintech", "BP算法"),
)
PIECES = (
    *TERMS,
    *(
        "移动",
        "互联",
        "网",
        "金融",
        "大",
        "数据",
        "分析",
        "预算法",
        "特征信息",
        "35GHz",
        "５Ｇ",
        "ＮＦＣ支付",
        "b2B",
    ),
    *("fintech", "，", "。", " ", "\n", "的", "发展", "2024", "　", "EB级", "存储", "nfc"),
)


def lexicon_of(*terms: str, dimension: str | None = None) -> Lexicon:
    columns: dict[str, Sequence[str]] = {"term": terms}
    if dimension:
        columns["dimension"] = [dimension] * len(terms)
    return Lexicon(
        id="mine",
        version="1",
        title_en="",
        title_zh="",
        language="zh",
        source="",
        licence="",
        levels=("dimension",) if dimension else (),
        entries=pl.DataFrame(columns),
        sha256="0",
    )


def corpus_of(*texts: str | None) -> Corpus:
    frame = pl.DataFrame(
        {
            "document_id": [f"d{n}" for n in range(len(texts))],
            "place": [f"city {n}" for n in range(len(texts))],
            "year": pl.Series([2024] * len(texts), dtype=pl.Int32),
            "text": pl.Series(texts, dtype=pl.String),
        }
    )
    return Corpus(frame=frame, key="document_id", text=("text",))


@functools.cache
def tokenizer(terms: tuple[str, ...]) -> jieba.Tokenizer:
    return twin.jieba_with(terms)


def counts_of(found: Frequencies, document: str) -> dict[str, int]:
    return dict(found.terms.filter(document_id=document).select("term", "count").rows())


def expected(text: str, terms: tuple[str, ...], rule: Rule) -> dict[str, int]:
    if rule == "token":
        counts = twin.by_token(tokenizer(terms).lcut(twin.plain(text)), terms)
    else:
        counts = {"substring": twin.by_substring, "longest": twin.by_longest}[rule](text, terms)
    return {term: count for term, count in counts.items() if count}


TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_each_rule_equals_its_slow_twin(texts: list[str]) -> None:
    corpus, lexicon = corpus_of(*texts), lexicon_of(*TERMS, dimension="data")
    for rule in RULES:
        found = keyword_frequencies(corpus, lexicon, rule=rule)
        for row, text in zip(found.documents.iter_rows(named=True), texts, strict=True):
            if not text.strip():
                assert row["total_count"] is row["tokens"] is row["characters"] is None
                continue
            counts = expected(text, TERMS, rule)
            assert counts_of(found, row["document_id"]) == counts
            assert row["total_count"] == row["data_count"] == sum(counts.values())
            assert row["tokens"] == twin.words(tokenizer(TERMS).lcut(twin.plain(text)))
            assert row["characters"] == twin.characters(text)
            hit = sum(n * twin.characters(term) for term, n in counts.items())
            assert row["share_of_characters"] == hit / row["characters"]


ALPHABET = st.text("abc", min_size=1, max_size=4)


@given(text=st.text("abc", max_size=30), terms=st.lists(ALPHABET, min_size=1, max_size=6, unique=True))
def test_rules_on_a_small_alphabet_equal_their_slow_twins(text: str, terms: list[str]) -> None:
    found = keyword_frequencies(corpus_of(text), lexicon_of(*terms)).by_rule
    for rule in ("substring", "longest"):
        ours = dict(found.filter(rule=rule).select("term", "count").rows())
        assert ours == expected(text, tuple(terms), rule)


def test_terms_are_literal_text_not_expressions() -> None:
    lexicon = lexicon_of("a.c", "(", "c++", "|")
    assert counts_of(keyword_frequencies(corpus_of("abc a.c ((c++"), lexicon, rule="longest"), "d0") == {
        "a.c": 1,
        "(": 2,
        "c++": 1,
    }


@pytest.mark.parametrize(
    ("text", "term", "substring", "longest", "token"),
    [
        ("研究BP算法", "BP算法", 1, 1, 1),  # word bounds would lose it: the Han before it are letters too
        ("研究BP算法", "算法", 1, 0, 0),
        ("研究GA算法", "算法", 1, 1, 1),
        ("通过新预算法案", "算法", 1, 1, 0),
        ("频率35GHz", "5G", 1, 1, 1),  # as a user term jieba cuts it out of 35GHz: 3, 5g, hz
        ("推进５Ｇ建设", "5G", 1, 1, 1),
        ("使用NFC支付", "NFC支付", 1, 1, 1),
        ("b2b与B2B", "B2B", 2, 2, 2),
        ("大 数据", "大数据", 0, 0, 0),
        ("移动互联网", "移动互联", 1, 0, 0),
    ],
)
def test_known_cases(text: str, term: str, substring: int, longest: int, token: int) -> None:
    table = compare_rules(corpus_of(text), lexicon_of(*TERMS)).filter(pl.col("term") == term)
    assert table.select(RULES).row(0) == (substring, longest, token)


def test_a_document_without_text_has_null_counts_never_zero() -> None:
    found = keyword_frequencies(
        corpus_of(None, "", " \n　", "无关", "大数据"), lexicon_of(*TERMS, dimension="data")
    )
    assert found.documents.height == 5
    measures = [
        name for name in found.documents.columns if name not in {"document_id", "place", "year", "rule"}
    ]
    assert found.documents.head(3).select(measures).null_count().row(0) == (3,) * len(measures)
    assert found.documents["total_count"].to_list() == [None, None, None, 0, 1]
    assert found.documents["log_count"].to_list() == [None, None, None, 0.0, math.log(2)]
    counts = found.made_by["counts"]
    assert isinstance(counts, dict)
    assert counts["documents_without_text"] == 3
    assert counts["documents_without_hits"] == 1


def test_only_empty_documents_and_none_at_all() -> None:
    for corpus in (corpus_of(None, None), corpus_of()):
        found = keyword_frequencies(corpus, lexicon_of(*TERMS, dimension="data"))
        assert found.documents.height == corpus.frame.height
        assert found.documents["total_count"].null_count() == corpus.frame.height
        assert found.terms.height == 0
        assert found.terms_without_hits == TERMS


def test_a_text_of_punctuation_has_no_share_of_tokens() -> None:
    row = keyword_frequencies(corpus_of("，。——"), lexicon_of(*TERMS)).documents.row(0, named=True)
    assert (row["total_count"], row["tokens"], row["share_of_tokens"]) == (0, 0, None)
    assert row["characters"] == 4


def test_columns_and_types() -> None:
    found = keyword_frequencies(corpus_of("大数据"), load_lexicon("digital_transformation_wu2021"))
    dimensions = ["artificial_intelligence", "big_data", "cloud_computing", "blockchain"]
    dimensions.append("digital_technology_application")
    assert dict(found.documents.schema) == {
        "document_id": pl.String,
        "place": pl.String,
        "year": pl.Int32,
        "rule": pl.String,
        **{f"{name}_count": pl.Int64 for name in dimensions},
        "total_count": pl.Int64,
        "log_count": pl.Float64,
        "tokens": pl.Int64,
        "characters": pl.Int64,
        "share_of_tokens": pl.Float64,
        "share_of_characters": pl.Float64,
        "sentences": pl.Int64,
        "sentences_with_hits": pl.Int64,
        "share_of_sentences": pl.Float64,
        "tfidf_sum": pl.Float64,
        "growth_rate": pl.Float64,
    }
    assert found.terms.columns == ["document_id", "term", "dimension", "count"]
    assert len(found.terms_without_hits) == 75


def test_several_text_columns_are_joined_without_making_terms() -> None:
    frame = pl.DataFrame({"patent_id": ["a"], "title": ["大"], "abstract": ["数据与大数据"]})
    corpus = Corpus(frame=frame, key="patent_id", text=("title", "abstract"))
    found = keyword_frequencies(corpus, lexicon_of("大数据"))
    assert found.terms.rows() == [("a", "大数据", 1)]
    assert found.documents.columns[:2] == ["patent_id", "rule"]


def test_wrong_settings_say_what_is_wrong() -> None:
    with pytest.raises(SettingError, match="rule"):
        keyword_frequencies(corpus_of("a"), lexicon_of("a"), rule="word")  # type: ignore[arg-type]
    with pytest.raises(ColumnError, match="no text column"):
        keyword_frequencies(Corpus(frame=corpus_of("a").frame, key="document_id", text=()), lexicon_of("a"))


def city_reports(larger_data: Path) -> Corpus:
    paths = sorted((larger_data / "policy" / "city_2024").glob("*.txt"))
    frame = pl.DataFrame(
        {"document_id": [one.stem for one in paths], "text": [one.read_text("utf-8") for one in paths]}
    )
    return Corpus(frame=frame, key="document_id", text=("text",))


@pytest.mark.larger
def test_real_city_reports_equal_the_plain_count_under_each_rule(larger_data: Path) -> None:
    corpus = city_reports(larger_data)
    lexicon = load_lexicon("digital_transformation_wu2021")
    terms = tuple(lexicon.terms)
    found = keyword_frequencies(corpus, lexicon, rule="token")
    documents = corpus.frame.select("document_id", "text").rows()
    totals = dict.fromkeys(RULES, 0)
    for row, (document, text) in zip(found.documents.iter_rows(named=True), documents, strict=True):
        plain = twin.plain(text)
        tokens = tokenizer(terms).lcut(plain)
        times = Counter(tokens)
        counts = {
            "substring": {term: plain.count(term) for term in lowered(terms)},
            "longest": longest_by_masking(plain, lowered(terms)),
            "token": {term: times[twin.plain(term)] for term in terms},
        }
        for rule in RULES:
            ours = found.by_rule.filter(document_id=document, rule=rule).select("term", "count").rows()
            plainly = {twin.plain(term): hits for term, hits in ours}
            assert plainly == {twin.plain(term): hits for term, hits in counts[rule].items() if hits}
        assert counts_of(found, document) == {term: hits for term, hits in counts["token"].items() if hits}
        assert (row["tokens"], row["characters"]) == (twin.words(tokens), twin.characters(text))
        for rule in RULES:
            totals[rule] += sum(counts[rule].values())
    assert len(documents) == 60
    assert dict(zip(RULES, found.divergence.select(RULES).row(-1), strict=True)) == totals
    assert totals == {"substring": 292, "longest": 291, "token": 260}


def test_without_the_lexicon_as_user_dictionary_a_term_would_be_missed() -> None:
    assert "大数据" not in tokenizer(()).lcut("大数据产业")
    assert keyword_frequencies(corpus_of("大数据产业"), lexicon_of("大数据"), rule="token").terms.height == 1


def lowered(terms: Sequence[str]) -> list[str]:
    return [twin.plain(term) for term in terms]


def longest_by_masking(text: str, terms: Sequence[str]) -> dict[str, int]:
    """The twin's rule, looking only where a first letter fits: the twin itself takes minutes here."""
    counts = dict.fromkeys(terms, 0)
    firsts = {term[0] for term in terms}
    behind = 0
    for place, character in enumerate(text):
        if place >= behind and character in firsts:
            here = [term for term in terms if text.startswith(term, place)]
            if here:
                longest = max(here, key=len)
                counts[longest] += 1
                behind = place + len(longest)
    return counts


@pytest.mark.larger
def test_the_rules_diverge_on_real_reports_as_is_known(larger_data: Path) -> None:
    corpus = city_reports(larger_data)
    inner, outer = "互联网", ("移动互联网", "工业互联网", "互联网医疗")
    table = compare_rules(corpus, lexicon_of(inner, *outer))
    hits = {row["term"]: row for row in table.iter_rows(named=True)}
    text = "\n".join(map(twin.plain, corpus.frame["text"]))
    assert hits[inner]["substring"] == text.count(inner) > 0
    # every longer term takes one hit of the inner term away; they do not overlap in these reports
    absorbed = sum(text.count(one) for one in outer)
    assert absorbed > 0
    assert hits[inner]["substring"] - hits[inner]["longest"] == absorbed
    assert table["divergence"][0] == table["divergence"][:-1].max()
    assert table.row(-1, named=True)["term"] is None
    for rule in RULES:
        assert table[rule][-1] == table[rule][:-1].sum()
