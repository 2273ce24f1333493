"""Candidates: what is near, how strongly, what keeps the same company, what the segmenter splits."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from patentmetrics.core.errors import DataError, ExtraError, SettingError
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.candidates import CandidateSettings, find_candidates
from patentmetrics.lexicon.distribution import term_vectors
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.lexicon.parts_of_speech import may_be_a_name, may_name
from patentmetrics.lexicon.phrases import split_phrases
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.lexicon.tokens import CorpusTokens, corpus_tokens, presence
from patentmetrics.text.normalise import normalise
from tests.reference import keyness as twin

WU = load_lexicon("digital_transformation_wu2021")
# every word that is there, to hold it against the twin
ALL = CandidateSettings(
    min_occurrences=1,
    min_documents=1,
    min_near=1,
    phrases=False,
    nouns=False,
    dimensions=0,
    most=5000,
    stopwords=(),
)


def sentences_of(tokens: CorpusTokens) -> list[list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for one, sentence in zip(tokens.ids.tolist(), tokens.sentence.tolist(), strict=True):
        found[sentence].append(tokens.terms[one])
    return [found[number] for number in range(tokens.sentences)]


@pytest.fixture(scope="module")
def small() -> Corpus:
    """Three of the reports that ship."""
    corpus = sample_corpus()
    return Corpus(frame=corpus.frame.head(3), key=corpus.key, text=corpus.text)


@pytest.fixture(scope="module")
def small_tokens(small: Corpus) -> CorpusTokens:
    texts = pl.Series([normalise(text) for text in small.frame["text"]])
    return corpus_tokens(texts, user_terms=[normalise(term) for term in WU.terms])


def test_sentences_end_at_full_stops_and_line_breaks_and_documents() -> None:
    texts = pl.Series(["发展经济。好!吗?\r\n一;二…三", None, "四、五,六"])
    assert ["".join(one) for one in sentences_of(corpus_tokens(texts))] == [
        "发展经济。", "好!", "吗?\r\n", "一;", "二…", "三", "四、五,六",
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["sentence", "window"])
def test_near_keyness_and_pmi_equal_their_slow_twins(
    small: Corpus, small_tokens: CorpusTokens, unit: str
) -> None:
    settings_ = CandidateSettings(**{**vars(ALL), "unit": unit, "window": 4})
    frame = find_candidates(small, WU, settings=settings_).frame
    seeds = {normalise(term) for term in WU.terms}
    sentences = sentences_of(small_tokens)
    near = twin.near_seeds(sentences, seeds, None if unit == "sentence" else 4)
    inside: dict[str, int] = defaultdict(int)
    outside: dict[str, int] = defaultdict(int)
    words = {term for term, word in zip(small_tokens.terms, small_tokens.words, strict=True) if word}
    for sentence, row in zip(sentences, near, strict=True):
        for term, is_near in zip(sentence, row, strict=True):
            if term in words - seeds:
                (inside if is_near else outside)[term] += 1
    totals = sum(inside.values()), sum(outside.values())
    expected = {
        term: (inside[term], twin.log_likelihood(inside[term], totals[0], outside[term], totals[1]))
        for term in inside
        if len(term) > 1
    }
    found = {row["term"]: (row["near"], row["keyness"]) for row in frame.iter_rows(named=True)}
    assert found == {
        term: (number, pytest.approx(keyness, abs=1e-3))
        for term, (number, keyness) in expected.items()
        if keyness > 1e-9
    }
    if unit == "sentence":
        sets = [set(sentence) for sentence in sentences]
        for term in frame["term"].head(30):
            pmi = frame.filter(term=term)["pmi"].item()
            assert pmi == pytest.approx(twin.mutual_information(sets, term, seeds), abs=1e-3)


def test_a_reference_corpus_changes_the_keyness_only(small: Corpus) -> None:
    others = sample_corpus().frame.slice(3, 3)
    reference = Corpus(frame=others, key="document_id", text=("text",))
    alone = find_candidates(small, WU, settings=ALL).frame
    against = find_candidates(small, WU, reference=reference, settings=ALL).frame
    both = alone.join(against, on="term", suffix="_2")
    assert both.height > 100
    assert both.select("near", "pmi").equals(both.select(near="near_2", pmi="pmi_2"))
    row = both.row(0, named=True)
    texts = [pl.Series([normalise(t) for t in one["text"]]) for one in (small.frame, others)]
    counts = []
    for text in texts:
        tokens = corpus_tokens(text, user_terms=[normalise(term) for term in WU.terms])
        words = tokens.words[tokens.ids]
        counts.append((sum(tokens.terms[one] == row["term"] for one in tokens.ids), int(words.sum())))
    expected = twin.log_likelihood(*counts[0], *counts[1])
    assert row["keyness_2"] == pytest.approx(expected, abs=1e-3)


def test_terms_of_the_lexicon_stop_words_and_rare_words_are_no_candidates(small: Corpus) -> None:
    found = find_candidates(small, WU).frame
    assert not set(found["term"]) & {normalise(term) for term in WU.terms}
    assert found["occurrences"].min() >= 5  # type: ignore[operator]  # it has rows
    assert found["documents"].min() >= 3  # type: ignore[operator]
    assert found["near"].min() >= 3  # type: ignore[operator]
    assert found["rank"].to_list() == list(range(1, found.height + 1))
    assert found["keyness"].min() > 0  # type: ignore[operator]


def test_each_candidate_has_lines_in_which_it_stands() -> None:
    frame = find_candidates(sample_corpus(), WU, settings=CandidateSettings(dimensions=0)).frame
    assert "算力" in frame["term"].head(10).to_list()
    for row in frame.iter_rows(named=True):
        assert f"【{row['term']}】" in row["line_1"]
        assert row["documents"] < 3 or row["line_3"] is not None


def test_the_same_corpus_gives_the_same_table() -> None:
    one, other = (find_candidates(sample_corpus(), WU) for _ in range(2))
    assert one.frame.equals(other.frame)
    assert one.made_by == other.made_by


def test_a_lexicon_that_is_not_there_is_said_to_be_so() -> None:
    frame = pl.DataFrame({"document_id": ["a"], "text": ["种植水稻"]})
    with pytest.raises(DataError, match="no term of the lexicon occurs"):
        find_candidates(Corpus(frame=frame, key="document_id", text=("text",)), WU)


@pytest.mark.parametrize("wrong", [{"unit": "paragraph"}, {"window": 0}, {"dimensions": -1}, {"most": 0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        CandidateSettings(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(ExtraError, match="scikit-learn is not installed") as caught:
        term_vectors(csr_array(np.eye(3, dtype=np.int8)))
    assert "patentmetrics[lexicon]" in str(caught.value)


def test_words_of_the_same_company_have_near_vectors_and_signs_are_fixed() -> None:
    # 0 and 1 never meet, and both keep company with 2 and 3; 4 and 5 are elsewhere
    rows = [[0, 2, 3], [1, 2, 3], [4, 5], [4, 5], [0, 2], [1, 2], [0, 3], [1, 3]] * 5
    dense = np.zeros((len(rows), 6), np.int8)
    for number, row in enumerate(rows):
        dense[number, row] = 1
    vectors = term_vectors(csr_array(dense), dimensions=3)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.9
    assert abs(cosines[0, 4]) < 0.1
    assert (vectors[np.abs(vectors).argmax(axis=0), range(3)] > 0).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert not term_vectors(csr_array(np.eye(4, dtype=np.int8))).any()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=30))
def test_presence_has_each_pair_once(pairs: list[tuple[int, int]]) -> None:
    pairs.sort(key=lambda pair: pair[0])
    within, ids = np.array(pairs, np.int64).reshape(-1, 2).T
    found = presence(ids, within, 4, 5).tocoo()
    assert sorted(zip(*(one.tolist() for one in found.coords), strict=True)) == sorted(set(pairs))
    assert set(found.data.tolist()) <= {1}


# phrases


def test_phrases_that_jieba_splits_are_found_in_the_reports_that_ship() -> None:
    texts = pl.Series([normalise(text) for text in sample_corpus().frame["text"]])
    found = split_phrases(corpus_tokens(texts))
    terms = dict(found.select("term", "parts").iter_rows())
    assert terms["数字经济"] == "数字 经济"
    assert terms["跨境电商"] == "跨境 电商"
    assert found["term"].is_unique().all()
    assert found["cohesion"].min() >= 3  # type: ignore[operator]  # it has rows
    assert found["freedom"].min() >= 1  # type: ignore[operator]


@settings(max_examples=60)
@given(st.lists(st.text("数字经济产业。, 的", min_size=2, max_size=12), min_size=1, max_size=6))
def test_counts_cohesion_and_freedom_of_phrases_equal_slow_twins(texts: list[str]) -> None:
    tokens = corpus_tokens(pl.Series(texts))
    limits = {"min_occurrences": 2, "min_documents": 1, "min_pmi": -99.0, "min_entropy": -1.0}
    found = split_phrases(tokens, **limits)  # type: ignore[arg-type]  # of floats and ints
    documents: dict[int, list[str]] = defaultdict(list)
    for one, document in zip(tokens.ids.tolist(), tokens.document.tolist(), strict=True):
        documents[document].append(tokens.terms[one])
    words = {term for term, word in zip(tokens.terms, tokens.words, strict=True) if word}
    everything = [token for row in documents.values() for token in row]
    total = sum(token in words for token in everything)
    for row in found.iter_rows(named=True):
        parts = row["parts"].split()
        left, right, holders = [], [], set()
        for number, tokens_ in documents.items():
            for place in range(len(tokens_)):
                if tokens_[place : place + len(parts)] == parts:
                    holders.add(number)
                    for side, at in ((left, place - 1), (right, place + len(parts))):
                        inside = 0 <= at < len(tokens_) and tokens_[at] in words
                        side.append(tokens_[at] if inside else f"free {len(side)}")
        assert (row["occurrences"], row["documents"]) == (len(left), len(holders))
        assert row["freedom"] == pytest.approx(min(twin.entropy(left), twin.entropy(right)), abs=1e-9)
        if len(parts) == 2:
            first, second = (everything.count(part) for part in parts)
            assert row["cohesion"] == pytest.approx(np.log2(len(left) * total / (first * second)))


def test_a_phrase_does_not_go_over_punctuation_or_from_one_document_to_the_next() -> None:
    tokens = corpus_tokens(pl.Series(["数字", "经济,", "数字,经济"] * 9))
    assert split_phrases(tokens, min_pmi=-99, min_entropy=0).is_empty()


@pytest.mark.parametrize(
    ("parts", "named"),
    [("数字 经济", True), ("智能 制造", True), ("大 数据", True), ("加快 建设", False), ("成都 平台", False),
     ("千方百计 经济", False), ("一 网", False), ("元 宇宙", True)],
)  # fmt: skip
def test_names_of_things_are_told_from_the_rest(parts: str, named: bool) -> None:
    assert may_be_a_name(parts.split()) is named


def test_verbs_and_places_name_nothing() -> None:
    assert [may_name(word) for word in ("机器人", "推进", "成都", "没有的词")] == [True, False, False, True]


@pytest.mark.larger
def test_on_sixty_reports_the_first_candidates_are_digital(larger_data: Path) -> None:
    paths = sorted((larger_data / "policy" / "city_2024").glob("*.txt"))
    frame = pl.DataFrame(
        {"document_id": [path.stem for path in paths], "text": [path.read_text("utf-8") for path in paths]}
    )
    corpus = Corpus(frame=frame, key="document_id", text=("text",))
    found = find_candidates(corpus, WU).frame
    assert {"智改数转", "算力", "人形机器人", "元宇宙", "5g基站", "数字经济"} <= set(found["term"].head(40))
