"""Normalisation of many texts: each as the one-text function does it, and twice is once."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError
from patentmetrics.kernels.characters import spell_documents
from patentmetrics.text import normalise as module
from patentmetrics.text.normalise import normalise, normalise_texts

# what changes, what joins with its neighbours, and what depends on its place in a word
AWKWARD = (
    "aAΣσς５Ｇﬁ℃㎜½①，（e\u0301\u0307\u030cJİI\u0327\u1161\u1100\u11a8가ﾊﾞ\u3099か太陽㍿ﷺ"
    "😀\U0001d400\U0002f800\U000e0100 "
)
texts = st.text(st.sampled_from(AWKWARD)) | st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(st.lists(st.none() | texts, max_size=6))
@example(["J\u030c", "ΑΣ", "Σ", None, "", "ﾊﾞ", "\u1100\u1161\u11a8", "½ℌ"])
def test_many_texts_are_normalised_as_each_one_is(given_texts):
    found = normalise_texts(pl.Series("x", given_texts, dtype=pl.String))
    assert found.to_list() == [None if text is None else normalise(text) for text in given_texts]
    assert found.name == "x"


@settings(deadline=None)
@given(texts)
@example("J\u030c W\u030a H\u0331")
@example("İ Σ ΑΣ ẞ K")
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFKC", once)


def test_every_single_character_is_normalised_as_the_one_text_function_does():
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert normalise_texts(pl.Series(characters)).to_list() == [normalise(one) for one in characters]


def test_the_compiled_loop_does_what_its_python_source_does():
    data, offsets = module.utf8_of(["Ａb，½ 太𝐀", "é", "Σ", ""])
    outcomes = []
    for run in (spell_documents, spell_documents.py_func):
        out, place, depends = np.zeros(3 * len(data), np.uint8), np.zeros(5, np.int64), np.zeros(4, np.bool_)
        run(data, offsets, module._spellings(), out, place, depends)
        outcomes.append((out[: place[-1]].tobytes().decode(), place.tolist(), depends.tolist()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] == ("ab,1⁄2 太aé", [0, 13, 15, 15, 15], [False, False, True, False])


def test_a_block_that_is_too_large_is_done_in_parts(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST_BLOCK", 8)
    given_texts = ["ＡＢＣ", None, "Σ" * 9, "d", "", "ＥＦ"]
    found = normalise_texts(pl.Series("x", given_texts))
    assert found.to_list() == [None if text is None else normalise(text) for text in given_texts]


def test_slices_and_empty_series_are_normalised():
    whole = pl.Series(["Ａ", None, "Ｂ", "Ｃ"])
    assert normalise_texts(whole.slice(1, 2)).to_list() == [None, "b"]
    assert normalise_texts(whole.head(0)).to_list() == []
    assert normalise_texts(pl.Series([None, None])).to_list() == [None, None]


def test_a_series_that_is_not_text_is_refused():
    with pytest.raises(ColumnError):
        normalise_texts(pl.Series([1, 2]))


@pytest.mark.larger
def test_real_patents_are_normalised_as_each_one_is(larger_data):
    english = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")["text"]
    chinese = pl.Series((larger_data / "patents" / "zh_patent_sentences.txt").read_text("utf-8").splitlines())
    for given_texts in (english, chinese):
        assert normalise_texts(given_texts).to_list() == [normalise(text) for text in given_texts]
