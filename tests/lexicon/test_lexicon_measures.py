"""Sentences, TF-IDF, growth, negation and each term's own rule: equal to their slow twins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon import texts
from patentmetrics.lexicon.concordance_lines import kwic
from patentmetrics.lexicon.frequencies import keyword_frequencies
from patentmetrics.lexicon.hits import (
    as_texts,
    find_hits,
    find_tokens,
    make_finder,
    sentences_with_hits,
    sizes_of,
)
from patentmetrics.lexicon.negation import without_negated
from patentmetrics.lexicon.rules import RULES
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import is_word, segment
from tests.reference import keyword_counts as twin

TERMS = ("大数据", "数据", "5G", "云", "数 据", "a", "ab", "哈哈")
TEXT = st.text("大数据云5gａb哈。！？；…. \n\r\t，无未来非常没有\u2028\x1c𠮷é", max_size=40)


def lexicon_of(*terms: str, match: Sequence[str | None] = ()) -> Lexicon:
    entries = pl.DataFrame({"term": terms, **({"match": match} if match else {})})
    head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "")
    return Lexicon(**head, levels=(), entries=entries, sha256="0")


def corpus_of(*written: str | None, **columns: Sequence[object]) -> Corpus:
    frame = pl.DataFrame({"document_id": [f"d{n:04}" for n in range(len(written))], **columns})
    frame = frame.with_columns(text=pl.Series(written, dtype=pl.String))
    return Corpus(frame=frame, key="document_id", text=("text",))


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_characters_and_sentences_equal_their_twins(written: list[str]) -> None:
    searched = as_texts([normalise(text) for text in written])
    sizes = sizes_of(searched)
    assert sizes.characters.tolist() == [twin.characters(text) for text in written]
    assert sizes.sentences.tolist() == [len(twin.sentences(text)) for text in written]
    hits = find_hits(searched, make_finder([normalise(term) for term in TERMS]), rule="substring")
    expected = []
    for text in written:
        places = [place for place, _ in twin.substring_places(text, TERMS)]
        expected.append(
            sum(any(begin <= one < stop for one in places) for begin, stop in twin.sentences(text))
        )
    assert sentences_with_hits(hits, sizes).tolist() == expected


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_token_hits_stand_where_the_tokens_stand(written: list[str]) -> None:
    plain = [normalise(text) for text in written]
    forms = [normalise(term) for term in TERMS]
    hits, words = find_tokens(as_texts(plain), make_finder(forms))
    tokens = list(segment(plain, segmenter="jieba", user_terms=forms))
    assert words.tolist() == [sum(map(is_word, one)) for one in tokens]
    at, expected = 0, []
    for one in tokens:
        for token in one:
            if token in forms:
                expected.append((forms.index(token), at))
            at += len(token.encode())
    assert list(zip(hits.term.tolist(), hits.place.tolist(), strict=True)) == expected


@given(st.lists(st.text("大数据云5g，。 ", min_size=1, max_size=20), min_size=1, max_size=5))
def test_the_weighted_sum_equals_its_twin(written: list[str]) -> None:
    found = keyword_frequencies(corpus_of(*written), lexicon_of(*TERMS)).documents
    with_text = [text for text in written if text.strip()]
    counts = [twin.by_substring(text, TERMS) for text in with_text]
    rows = found.filter(pl.col("tokens").is_not_null())
    assert rows.height == len(with_text)
    for number, (tokens, value) in enumerate(rows.select("tokens", "tfidf_sum").rows()):
        if tokens:
            assert value == pytest.approx(twin.tfidf_sum(counts, tokens, number), abs=1e-15)
        else:
            assert value is None


def test_growth_is_on_the_year_before_and_null_where_that_is_not_known() -> None:
    rows = [
        ("A", 2019, "云"),
        ("A", 2020, "云云云"),
        ("A", 2022, "云"),  # 2021 is missing
        ("A", 2023, None),  # no text
        ("A", 2024, "云"),  # the year before has none
        ("B", 2019, "无"),
        ("B", 2020, "云"),  # from zero
        ("C", 2020, "云"),
        ("C", 2021, "云"),  # two documents of a place and year are added up
        ("C", 2021, "云云"),
        (None, 2021, "云"),
    ]
    place, year, written = zip(*rows, strict=True)
    corpus = corpus_of(*written, place=place, year=year)
    growth = keyword_frequencies(corpus, lexicon_of("云")).documents["growth_rate"].to_list()
    assert growth == [None, 2.0, None, None, None, None, None, None, 2.0, 2.0, None]
    assert keyword_frequencies(corpus_of("云"), lexicon_of("云")).documents["growth_rate"].to_list() == [None]


def test_growth_follows_the_code_of_a_place_not_its_name() -> None:
    corpus = corpus_of("云", "云云", place=["襄樊", "襄阳"], place_code=["420600"] * 2, year=[2010, 2011])
    assert keyword_frequencies(corpus, lexicon_of("云")).documents["growth_rate"].to_list() == [None, 1.0]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("未建立大数据", True),
        ("尚未建立统一的大数据", False),  # six characters stand between
        ("没有大数据", True),
        ("缺乏云", True),
        ("非大数据", True),
        ("非常重视大数据", False),
        ("未来大数据", False),
        ("无人机大数据", False),
        ("无，大数据", False),
        ("没有。大数据", False),
        ("无\n大数据", False),
        ("大数据无", False),
        ("未来未建大数据", True),
        ("无未来大数据", True),
    ],
)
def test_a_negation_in_the_clause_denies_a_hit(text: str, denied: bool) -> None:
    searched = as_texts([normalise(text)])
    hits = find_hits(searched, make_finder(["大数据", "云"]), rule="longest")
    assert len(hits.term) == 1
    assert len(without_negated(searched, hits, window=4).term) == (0 if denied else 1)


def test_dropped_hits_are_counted_and_leave_every_measure() -> None:
    corpus = corpus_of("未建大数据。大数据", "没有大数据")
    found = keyword_frequencies(corpus, lexicon_of("大数据"), negation=4)
    assert found.documents["total_count"].to_list() == [1, 0]
    assert found.documents["sentences_with_hits"].to_list() == [1, 0]
    assert found.made_by["counts"]["negated_substring"] == 2  # type: ignore[index,call-overload]
    assert found.made_by["settings"]["negation"] == 4  # type: ignore[index,call-overload]
    with pytest.raises(SettingError, match="negation"):
        keyword_frequencies(corpus, lexicon_of("大数据"), negation=0)


def test_each_term_can_be_counted_by_its_own_rule() -> None:
    lexicon = lexicon_of("算法", "大数据", "数据", match=["token", "longest", "longest"])
    found = keyword_frequencies(corpus_of("预算法与大数据与算法"), lexicon, rule="own")
    assert dict(found.terms.select("term", "count").rows()) == {"算法": 1, "大数据": 1}
    assert found.documents["rule"].to_list() == ["own"]
    for match in ((), ("token", None, "longest")):
        with pytest.raises(SettingError, match="name no counting rule"):
            keyword_frequencies(corpus_of("a"), lexicon_of("算法", "大数据", "数据", match=match), rule="own")


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    written = ["".join(generator.choice(list("大数据云。未 新词"), 40)) for _ in range(60)]
    corpus = corpus_of(*written, None, "")
    whole = keyword_frequencies(corpus, lexicon_of(*TERMS), threads=1)
    lines = {rule: kwic(corpus, TERMS, rule=rule) for rule in RULES}
    monkeypatch.setattr(texts, "_BLOCK_BYTES", 300)
    assert len(list(texts.blocks_of(corpus.frame["text"]))) > 10
    for threads in (1, 3):
        parts = keyword_frequencies(corpus, lexicon_of(*TERMS), threads=threads)
        for name in ("documents", "terms", "by_rule", "divergence"):
            assert getattr(parts, name).equals(getattr(whole, name))
        assert parts.made_by == whole.made_by
    for rule in RULES:
        assert kwic(corpus, TERMS, rule=rule).equals(lines[rule])


def test_terms_that_can_never_be_tokens_are_counted() -> None:
    found = keyword_frequencies(corpus_of("大 数据"), lexicon_of("大 数据", "云"))
    assert found.made_by["counts"]["terms_never_tokens"] == 1  # type: ignore[index,call-overload]


@given(st.lists(TEXT, min_size=1, max_size=3))
def test_lines_stand_where_the_twin_finds_hits(written: list[str]) -> None:
    terms = [term for term in TERMS if normalise(term).strip()]
    found = kwic(corpus_of(*written), terms, width=3)
    expected = [
        (f"d{number:04}", term, place)
        for number, text in enumerate(written)
        if text.strip()
        for place, term in sorted(
            twin.substring_places(text, terms), key=lambda one: (one[0], len(twin.plain(one[1])))
        )
    ]
    assert found.select("document_id", "term", "begin").rows() == expected


def test_terms_that_are_one_once_normalised_give_one_line() -> None:
    assert kwic(corpus_of("５g"), ["5G", "５Ｇ"])["term"].to_list() == ["5G"]
