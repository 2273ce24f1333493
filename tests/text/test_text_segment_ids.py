"""Ids of tokens stand for jieba's tokens, from strings or Arrow, in any blocks and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.words import make_words
from patentmetrics.text.dictionary import load_dictionary
from patentmetrics.text.segmenters import segment
from patentmetrics.text.token_ids import merge_words, segment_ids, token_strings
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import dictionary_with

texts = st.lists(
    st.text("太阳能电池大数据中心杭研厦丆嚐aB5.%+- ，\r\n😀", max_size=30),
    max_size=12,
)
POLICY = ["2024年，GDP增长5.5%。杭研大厦（二期）", "", "杭研大厦的FT-IR光谱", "5.5%\r\n2024", "嚐丆嚐丆"] * 3


def strings_of(found, dictionary):
    strings = token_strings(found.ids, dictionary=dictionary, words=found.words)
    return [strings[a:b] for a, b in zip(found.offsets, found.offsets[1:], strict=False)]


@settings(deadline=None)
@given(texts=texts, hmm=st.booleans())
def test_ids_stand_for_the_tokens_whether_texts_are_strings_or_a_series(texts, hmm):
    dictionary = load_dictionary()
    expected = list(segment(texts, segmenter="jieba-reference", hmm=hmm))
    from_strings = segment_ids(texts, dictionary=dictionary, hmm=hmm)
    from_series = segment_ids(pl.Series(texts, dtype=pl.String), dictionary=dictionary, hmm=hmm)
    assert strings_of(from_strings, dictionary) == strings_of(from_series, dictionary) == expected
    np.testing.assert_array_equal(from_strings.ids, from_series.ids)


@settings(deadline=None)
@given(texts=texts, hmm=st.booleans())
def test_equal_tokens_have_equal_ids_and_others_have_others(texts, hmm):
    dictionary = load_dictionary()
    found = segment_ids(texts, dictionary=dictionary, hmm=hmm)
    strings = token_strings(found.ids, dictionary=dictionary, words=found.words)
    assert (
        len(set(strings))
        == len(set(found.ids.tolist()))
        == len(set(zip(found.ids.tolist(), strings, strict=True)))
    )


def test_nulls_slices_and_chunks_of_a_series_are_read_as_they_stand():
    dictionary = load_dictionary()
    series = pl.concat([pl.Series(["杭研大厦", None, "太"]), pl.Series(["阳", "", "太阳能"])], rechunk=False)
    assert strings_of(segment_ids(series, dictionary=dictionary), dictionary) == [
        ["杭研", "大厦"], [], ["太"], ["阳"], [], ["太阳能"],
    ]  # fmt: skip
    sliced = series.rechunk().slice(2, 2)
    assert strings_of(segment_ids(sliced, dictionary=dictionary), dictionary) == [["太"], ["阳"]]
    nulls = pl.Series([None, None])
    assert segment_ids(nulls, dictionary=dictionary).offsets.tolist() == [0, 0, 0]
    assert strings_of(segment_ids(["太", None], dictionary=dictionary), dictionary) == [["太"], []]
    with pytest.raises(ColumnError):
        segment_ids(pl.Series([1, 2]), dictionary=dictionary)
    for empty in (pl.Series([], dtype=pl.String), []):
        found = segment_ids(empty, dictionary=dictionary)
        assert (found.ids.tolist(), found.offsets.tolist()) == ([], [0])


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("size", [1, 4, 15])
def test_merged_ids_are_the_same_whatever_the_blocks_and_threads(threads, size):
    dictionary = load_dictionary()
    blocks = [POLICY[begin : begin + size] for begin in range(0, len(POLICY), size)]
    words = make_words(1, 1)
    ids = []
    for block in map_blocks(lambda one: segment_ids(one, dictionary=dictionary), blocks, threads=threads):
        words, merged = merge_words(words, block)
        ids += merged.ids.tolist()
    whole = segment_ids(POLICY, dictionary=dictionary)
    assert ids == whole.ids.tolist()
    assert token_strings(np.array(ids), dictionary=dictionary, words=words) == [
        token for tokens in segment(POLICY, segmenter="jieba-reference") for token in tokens
    ]


def test_a_word_keeps_its_id_from_block_to_block_and_new_words_come_after_all_others():
    dictionary = load_dictionary()
    one = segment_ids(["太阳能5.5%"], dictionary=dictionary)
    other = segment_ids(["杭研太阳能"], dictionary=dictionary)
    assert one.ids[0] == other.ids[1] < one.first_new
    assert one.ids[1] == one.first_new == other.ids[0]


def test_more_new_words_than_there_is_room_for_are_all_kept():
    # long documents and many words make the table grow in the middle of a block
    documents = [
        "，".join(f"w{number}x{number * 7}" for number in range(start, start + 900)) for start in range(9)
    ]
    documents.append("q" * 70_000)
    dictionary = load_dictionary()
    found = segment_ids(documents, dictionary=dictionary)
    assert strings_of(found, dictionary) == list(segment(documents, segmenter="jieba-reference"))
    assert int(found.words.number[0]) == 909


def test_threads_may_share_a_dictionary():
    dictionary = dictionary_with((UserWord("区块链"), UserWord("杭研", 0)))
    expected = segment_ids(POLICY * 20, dictionary=dictionary).ids.tolist()
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: segment_ids(POLICY * 20, dictionary=dictionary), range(16)):
            assert found.ids.tolist() == expected
