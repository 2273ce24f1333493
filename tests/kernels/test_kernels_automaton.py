"""The automaton equals a search character by character, compiled and not, on inputs that break kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.kernels import automaton
from tests.reference import term_search as twin

LETTERS = "ab1 大数据，é😀丆"
TERMS = st.lists(st.text(LETTERS, min_size=1, max_size=4), max_size=8, unique=True)
TEXTS = st.lists(st.text(LETTERS, max_size=30), max_size=5)


@pytest.fixture(params=["jit", "plain"])
def compiled_or_not(request, monkeypatch):
    if request.param == "plain":
        for name, value in list(vars(automaton).items()):
            if hasattr(value, "py_func") and value.__module__ == automaton.__name__:
                monkeypatch.setattr(automaton, name, value.py_func)


def hits(texts, terms, *, longest, edges=None):
    """(document, character, term) of each hit."""
    encoded = [text.encode() for text in texts]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    offset = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    first, term, place = automaton.find_terms(
        data, offset, automaton.make_automaton(terms, edges=edges), longest
    )
    assert len(first) == len(texts) + 1
    found = []
    for document in range(len(texts)):
        for hit in range(first[document], first[document + 1]):
            before = data[offset[document] : place[hit]].tobytes().decode()
            found.append((document, len(before), int(term[hit])))
    return found


@pytest.mark.usefixtures("compiled_or_not")
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, terms=TERMS, longest=st.booleans(), seed=st.integers(0, 4**8 - 1))
def test_hits_are_those_of_a_search_character_by_character(texts, terms, longest, seed):
    edges = [(seed >> (2 * number)) & 3 for number in range(len(terms))]
    search = twin.longest_hits if longest else twin.substring_hits
    expected = [
        (document, place, term)
        for document, text in enumerate(texts)
        for place, term in search(text, terms, edges)
    ]
    assert hits(texts, terms, longest=longest, edges=edges) == expected


@pytest.mark.usefixtures("compiled_or_not")
def test_no_documents_no_text_and_no_terms_give_no_hits():
    assert hits([], ["a"], longest=False) == []
    assert hits(["", ""], ["a"], longest=True) == []
    assert hits(["ab", "大"], [], longest=False) == []


@pytest.mark.usefixtures("compiled_or_not")
def test_a_term_at_both_ends_of_documents_is_found_and_none_across_two():
    assert hits(["大数", "据大", "大数据"], ["大数", "数据", "据大"], longest=False) == [
        (0, 0, 0),
        (1, 0, 2),
        (2, 0, 0),
        (2, 1, 1),
    ]


@pytest.mark.usefixtures("compiled_or_not")
def test_the_search_for_the_longest_goes_on_behind_a_hit():
    assert hits(["ab1ab"], ["ab", "b1", "1a"], longest=True) == [(0, 0, 0), (0, 2, 2)]
    assert hits(["大数据大"], ["大", "数", "大数", "数据"], longest=True) == [(0, 0, 2), (0, 3, 0)]


def test_more_hits_than_the_first_room_holds_are_all_kept():
    found = hits(["ab" * 3000, "b" * 5], ["a", "ab", "b"], longest=False)
    assert len(found) == 9005
    assert found[-1] == (1, 4, 2)


def test_substring_counts_are_those_of_str_count_for_many_terms():
    terms = [f"{one}{two}" for one in "大数据云计算" for two in "大数据云计算"]
    text = "大数据大大大数云计算云云云数据据据" * 40
    found = hits([text], terms, longest=False)
    counted = np.bincount([term for _, _, term in found], minlength=len(terms))
    assert counted.tolist() == [text.count(term) for term in terms]


@pytest.mark.parametrize("terms", [["a", "a"], [""], ["b", ""]])
def test_empty_and_doubled_terms_are_refused(terms):
    with pytest.raises(ValueError, match="distinct and not empty"):
        automaton.make_automaton(terms)


@pytest.mark.usefixtures("compiled_or_not")
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 4), max_size=6), max_size=5))
def test_counts_are_those_of_a_plain_count(documents):
    first = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    term = np.array([one for document in documents for one in document], np.int64)
    begin, found, count = automaton.count_terms(first, term, 5)
    for number, document in enumerate(documents):
        part = slice(begin[number], begin[number + 1])
        assert dict(zip(found[part].tolist(), count[part].tolist(), strict=True)) == {
            one: document.count(one) for one in sorted(set(document))
        }
        assert found[part].tolist() == sorted(set(document))
