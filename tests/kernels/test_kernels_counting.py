"""The counting kernels equal plain Python, compiled and not."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.kernels import counting

# ids 0 to 5 as terms 0 to 3; 1 and 4 are none, and 5 is counted as 0 is: two words of one stem
TERM_OF_ID = {0: 0, 2: 1, 3: 2, 5: 0}
IDS, TERMS = 6, 3


def both(name: str) -> list:
    kernel = getattr(counting, name)
    return [pytest.param(kernel, id="compiled"), pytest.param(kernel.py_func, id="python")]


def counted(columns: list[list[list[int]]], weights: list[int], kernel: Callable) -> list[dict[int, int]]:
    """Run the kernel over columns of documents of ids."""
    texts = [text for column in columns for text in column]
    documents = len(columns[0])
    offset = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    ids = np.array([one for text in texts for one in text], np.int32)
    term = np.full(IDS + 1, TERMS, np.int32)
    for one, number in TERM_OF_ID.items():
        term[one + 1] = number
    scratch = np.zeros(TERMS + 1, np.int64)
    scratch[TERMS] = 1
    indptr = np.zeros(documents + 1, np.int64)
    indices, data = np.full(len(ids) + 1, 9, np.uint32), np.zeros(len(ids), np.uint32)
    largest = kernel(ids, offset, term, np.array(weights), scratch, indptr, indices, data)
    assert largest == data.max(initial=0)
    assert not scratch[:TERMS].any()
    assert scratch[TERMS] > 0
    return [
        dict(zip(indices[a:b].tolist(), data[a:b].tolist(), strict=True))
        for a, b in itertools.pairwise(indptr.tolist())
    ]


def slowly(columns: list[list[list[int]]], weights: list[int]) -> list[dict[int, int]]:
    found = []
    for row in zip(*columns, strict=True):
        counter: Counter[int] = Counter()
        for text, weight in zip(row, weights, strict=True):
            for one in text:
                if one in TERM_OF_ID:
                    counter[TERM_OF_ID[one]] += weight
        found.append(dict(counter))
    return found


TEXTS = st.lists(st.integers(-1, IDS - 1), max_size=6)


@pytest.mark.parametrize("kernel", both("count_documents"))
def test_documents_are_counted_as_a_counter_does(kernel):
    @given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5), st.sampled_from([1, 2, 7]))
    def check(rows, weight):
        columns = [[list(row[at]) for row in rows] for at in range(2)]
        found = counted(columns, [weight, 1], kernel)
        expected = slowly(columns, [weight, 1])
        assert found == expected
        # in the order in which they came
        assert [list(row) for row in found] == [list(row) for row in expected]

    check()


@pytest.mark.parametrize("kernel", both("count_documents"))
def test_empty_documents_and_no_documents_are_counted(kernel):
    assert counted([[[], [], []]], [1], kernel) == [{}, {}, {}]
    assert counted([[]], [1], kernel) == []


@pytest.mark.parametrize("kernel", both("count_documents"))
def test_the_largest_count_is_given_even_where_it_does_not_fit(kernel):
    scratch = np.array([0, 1])
    out = np.zeros(2, np.int64), np.zeros(3, np.uint32), np.zeros(2, np.uint32)
    args = np.zeros(2, np.int32), np.array([0, 2]), np.array([1, 0], np.int32), np.array([2**31]), scratch
    assert kernel(*args, *out) == 2**32


@pytest.mark.parametrize("kernel", both("mark_ids"))
def test_ids_that_occur_are_marked_and_minus_one_is_none(kernel):
    seen = np.zeros(4, np.bool_)
    kernel(np.array([2, -1, 0, 2], np.int32), seen)
    assert seen.tolist() == [True, False, True, False]


@pytest.mark.parametrize("kernel", both("add_counts"))
def test_counts_are_added_to_what_is_there(kernel):
    documents, occurrences = np.array([1, 0, 0]), np.array([5, 0, 0])
    kernel(np.array([0, 2, 0], np.uint32), np.array([2, 3, 2**32 - 1], np.uint32), documents, occurrences)
    assert documents.tolist() == [3, 0, 1]
    assert occurrences.tolist() == [6 + 2**32, 0, 3]


ROWS = (np.array([0, 2, 2, 3]), np.array([0, 2, 1], np.uint32))
NEW = np.array([5, -1, 0], np.int32)


@pytest.mark.parametrize("kernel", both("renumber_rows"))
def test_rows_get_new_numbers_and_dropped_terms_go(kernel):
    indptr, terms, counts = np.zeros(4, np.int64), np.zeros(3, np.uint32), np.zeros(3, np.uint32)
    kernel(*ROWS, np.array([7, 8, 9], np.uint32), NEW, indptr, terms, counts)
    assert indptr.tolist() == [0, 2, 2, 2]
    assert terms[:2].tolist() == [5, 0]
    assert counts[:2].tolist() == [7, 8]


@pytest.mark.parametrize("kernel", both("renumber_rows"))
def test_renumbered_rows_stand_behind_others(kernel):
    indptr = np.array([0, 2, 0, 0, 0])
    terms, counts = np.array([3, 4, 0, 0, 0], np.uint32), np.array([1, 1, 0, 0, 0], np.uint32)
    kernel(*ROWS, np.array([7, 8, 9], np.uint32), NEW, indptr[1:], terms, counts)
    assert indptr.tolist() == [0, 2, 4, 4, 4]
    assert terms.tolist() == [3, 4, 5, 0, 0]
    assert counts.tolist() == [1, 1, 7, 8, 0]
