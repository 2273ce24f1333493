"""Pairs and listed terms: the kernels give what their slow twins give."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.kernels.phrases import (
    DROPPED,
    PASSED,
    add_pairs,
    find_pair,
    join_listed,
    make_pairs,
    number_of_pair,
    pairs_with_room,
)
from patentmetrics.kernels.words import make_words
from patentmetrics.text.phrases import merge_pairs, pair_strings, with_bigrams
from patentmetrics.text.token_ids import TokenIds
from tests.reference import phrases as twin

NAMES = ["solar", "cell", "of", " ", "heat"]
TERMS = np.array([0, 1, DROPPED, PASSED, 2], np.int32)
KEPT = ["solar", "cell", "heat"]
documents_of_ids = st.lists(st.lists(st.integers(-1, len(NAMES) - 1), max_size=12), max_size=5)


def block_of(documents: list[list[int]]) -> TokenIds:
    offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    return TokenIds(
        ids=np.array([one for ids in documents for one in ids], np.int32),
        offsets=offsets,
        words=make_words(),
        first_new=0,
    )


def strings(found, names: list[str]) -> list[list[str]]:
    return [[names[one] for one in found.ids[a:b]] for a, b in pairwise(found.offsets.tolist())]


@settings(deadline=None)
@given(documents_of_ids)
@example([[0, 3, 1], [1, -1, 0], [0, 2, 1, 1]])
def test_bigrams_are_those_of_the_slow_twin(documents):
    found = with_bigrams(block_of(documents), TERMS, first_pair=len(KEPT))
    expected = [
        twin.with_bigrams(
            None if one < 0 or TERMS[one] == DROPPED else " " if TERMS[one] == PASSED else NAMES[one]
            for one in ids
        )
        for ids in documents
    ]
    assert strings(found, KEPT + pair_strings(found.pairs, KEPT)) == expected


@settings(deadline=None)
@given(documents_of_ids, st.integers(0, 5))
def test_pairs_of_blocks_that_are_merged_are_those_of_one_block(documents, cut):
    whole = with_bigrams(block_of(documents), TERMS, first_pair=7)
    pairs, merged = make_pairs(1), []
    for part in (documents[:cut], documents[cut:]):
        pairs, found = merge_pairs(pairs, with_bigrams(block_of(part), TERMS, first_pair=7))
        merged += found.ids.tolist()
    assert merged == whole.ids.tolist()
    assert pair_strings(pairs, KEPT) == pair_strings(whole.pairs, KEPT)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(-1, 3), max_size=10), max_size=4),
    st.sets(st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple), max_size=6),
)
@example([[0, 1, 2, 0, 1]], {(0, 1), (0, 1, 2, 3), (1, 2)})
def test_listed_terms_are_joined_as_the_slow_twin_joins_them(documents, listed_terms):
    trie = make_pairs(64)
    ordered = sorted(listed_terms)
    listed = np.full(65, -1, np.int32)
    for number, sequence in enumerate(ordered):
        node = 0
        for one in sequence:
            node = number_of_pair(trie, node, one) + 1
        listed[node] = 100 + number
    names = {-1: "|", **{one: f"w{one}" for one in range(4)}}
    names |= {100 + number: "_".join(f"w{one}" for one in ids) for number, ids in enumerate(ordered)}
    block = block_of(documents)
    for run in (join_listed, join_listed.py_func):
        out, place = np.zeros(len(block.ids), np.int32), np.zeros(len(documents) + 1, np.int64)
        run(block.ids, block.offsets, trie, listed, out, place)
        found = [[names[one] for one in out[a:b].tolist()] for a, b in pairwise(place.tolist())]
        expected = [
            twin.joined([names[one] for one in ids], [tuple(f"w{one}" for one in ids) for ids in ordered])
            for ids in documents
        ]
        assert found == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**31 - 2), st.integers(0, 2**31 - 2)), max_size=60))
@example([(2**31 - 2, 2**31 - 2), (0, 2**31 - 2), (2**31 - 2, 0), (0, 0)])
def test_each_pair_has_one_number_in_the_order_in_which_they_come(given_pairs):
    pairs = make_pairs(1)
    order = list(dict.fromkeys(given_pairs))
    for first, second in given_pairs:
        pairs = pairs_with_room(pairs, 1)
        assert number_of_pair(pairs, first, second) == order.index((first, second))
    assert [find_pair(pairs, *pair) for pair in order] == list(range(len(order)))
    assert find_pair(pairs, 2**31 - 1, 5) == -1


def test_a_full_table_of_pairs_stops_before_a_document_and_goes_on_after_it_grew():
    documents = [[number % 3 for number in range(start, start + 40)] for start in range(30)]
    term = np.arange(3, dtype=np.int32)
    block = block_of(documents)
    pairs, place = make_pairs(1), np.zeros(31, np.int64)
    out = np.zeros(2 * len(block.ids), np.int32)
    assert add_pairs(block.ids, block.offsets, 0, term, 3, pairs, out, place) == 0
    assert len(with_bigrams(block, term, first_pair=3).ids) == 30 * (40 + 39)
