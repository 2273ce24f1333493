"""Phrases over real tokens: what is a neighbour, and which listed term is found."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.kernels.phrases import make_pairs
from patentmetrics.text import phrases as module
from patentmetrics.text.english import EnglishRules, english_ids, word_strings
from patentmetrics.text.normalise import normalise_texts
from patentmetrics.text.phrases import multi_word_terms, with_multi_word_terms
from patentmetrics.text.presets import text_preset
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.terms import TermRules
from patentmetrics.text.tokens import terms_of
from patentmetrics.text.user_word import UserWord
from tests.reference import english_tokens as twin_tokens
from tests.reference import phrases as twin

PLAIN = TextSettings(segmenter="english", terms=TermRules(stopwords=("english_common",)), bigrams=True)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("solar cell", ["solar", "cell", "solar cell"]),
        ("solar-cell", ["solar", "cell", "solar cell"]),
        ("solar \n cell", ["solar", "cell", "solar cell"]),
        ("solar, cell", ["solar", "cell"]),
        ("solar of cell", ["solar", "cell"]),
        ("solar 2 cell", ["solar", "cell"]),
        ("solar - cell", ["solar", "cell"]),
        ("of solar. Cell array", ["solar", "cell", "array", "cell array"]),
    ],
)
def test_neighbours_have_nothing_but_white_space_between_them(text, terms):
    assert terms_of([text], settings=PLAIN) == [terms]


def test_no_phrase_reaches_from_one_document_into_the_next():
    assert terms_of(["heat", "pump"], settings=PLAIN) == [["heat"], ["pump"]]


def test_chinese_neighbours_are_parted_by_stop_words_and_punctuation():
    chinese = dataclasses.replace(text_preset("chinese_patents"), bigrams=True)
    assert terms_of(["太阳能电池", "太阳能，电池", "太阳能的电池", "太阳能 电池"], settings=chinese) == [
        ["太阳能", "电池", "太阳能 电池"],
        ["太阳能", "电池"],
        ["太阳能", "电池"],
        ["太阳能", "电池", "太阳能 电池"],
    ]


def test_the_longest_listed_term_is_taken_from_the_left_and_its_stop_words_stay():
    listed = dataclasses.replace(
        PLAIN,
        bigrams=False,
        user_terms=("Internet of Things", "solar cell", "solar-cell module", "cell module x"),
    )
    texts = ["Internet of things", "internet of, things", "a solar cell module", "solar cell modules x"]
    assert terms_of(texts, settings=listed) == [
        ["internet_of_things"],
        ["internet", "things"],
        ["solar_cell_module"],
        ["solar_cell", "modules", "x"],
    ]


def test_listed_terms_are_cut_as_the_text_is():
    kept = dataclasses.replace(
        PLAIN,
        bigrams=False,
        english=EnglishRules(hyphens="keep", digits="keep"),
        user_terms=("H2O-cell pump",),
    )
    assert terms_of(["a h2o-cell pump", "h2o cell pump"], settings=kept) == [
        ["h2o-cell_pump"],
        ["h2o", "cell", "pump"],
    ]


def test_pairs_of_listed_terms_are_told_apart():
    both = dataclasses.replace(PLAIN, user_terms=("thin solar", "solar cell"))
    assert terms_of(["thin solar cell", "my solar cell"], settings=both) == [
        ["thin_solar", "cell", "thin_solar cell"],
        ["solar_cell"],
    ]


def test_user_terms_of_jieba_are_its_dictionary_and_one_of_frequency_0_is_no_word():
    chinese = dataclasses.replace(text_preset("chinese_patents"), user_terms=("物联网", "太阳能电池"))
    assert terms_of(["基于物联网的太阳能电池"], settings=chinese) == [["物联网", "太阳能电池"]]
    without = dataclasses.replace(chinese, user_terms=(UserWord("装置", 0),))
    assert terms_of(["泵送装置"], settings=without) == [["泵送"]]


words = st.lists(st.sampled_from(["a", "b", "c", ",", "-", " "]), max_size=12).map(" ".join)


@settings(deadline=None)
@given(
    st.lists(words, max_size=4),
    st.sets(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), max_size=4),
)
def test_listed_terms_are_those_of_the_slow_twin(texts, listed):
    terms = multi_word_terms([" ".join(one) for one in listed])
    block = with_multi_word_terms(english_ids(texts, breaks=True, words=terms.words), terms)
    names = [*word_strings(block.words), "|"]
    found = [[names[one] for one in block.ids[a:b]] for a, b in pairwise(block.offsets.tolist())]
    assert found == [twin.joined(twin_tokens.tokens(text), listed) for text in texts]


@pytest.mark.larger
def test_listed_terms_and_bigrams_of_real_patents_are_those_of_the_slow_twin(larger_data):
    texts = normalise_texts(
        pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")["text"].head(120)
    )
    listed = ["solar cell", "heat exchanger", "heat transfer fluid", "means for", "state of the art"]
    plain = TextSettings(segmenter="english", bigrams=True, user_terms=tuple(listed))
    expected = []
    for text in texts:
        tokens = twin.joined(twin_tokens.tokens(text), [tuple(one.split()) for one in listed])
        expected.append(twin.with_bigrams(None if one == "|" else one for one in tokens))
    assert terms_of(texts, settings=plain) == expected


@pytest.mark.parametrize(
    ("terms", "rules"),
    [
        (["solar cell", "12"], EnglishRules()),
        (["solar cell", "solar-cell"], EnglishRules()),
        (["solar cell"], EnglishRules(hyphens="both")),
        ("solar cell", EnglishRules()),
    ],
)
def test_listed_terms_that_cannot_be_found_are_refused(terms, rules):
    with pytest.raises(SettingError):
        multi_word_terms(terms, rules=rules)


def test_more_pairs_than_ids_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST_ID", 11)
    block = english_ids(["a b c"], breaks=True)
    found = module.with_bigrams(block, np.arange(3, dtype=np.int32), first_pair=10)
    with pytest.raises(DataError):
        module.merge_pairs(make_pairs(), found)


def test_no_listed_term_changes_nothing():
    terms = multi_word_terms([])
    block = english_ids(["a b", ""], breaks=True, words=terms.words)
    assert with_multi_word_terms(block, terms).ids.tolist() == block.ids.tolist()
