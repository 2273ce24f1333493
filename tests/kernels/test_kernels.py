"""Each kernel equals plain numpy, compiled and not, on the inputs that break kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from patentmetrics.kernels import inversion, lanes, similarity

CORPORA = {
    "empty rows between full ones": [{}, {0: 1, 3: 2}, {}, {3: 70_000}, {}],
    "all rows empty": [{}, {}],
    "one document": [{2: 5}],
    "one term in all": [{1: 1}, {1: 2}, {1: 3}],
    "unsorted terms": [{4: 1, 0: 2, 2: 3}, {3: 1, 1: 1}],
}
TERMS = 5


def inverted(rows: list[dict[int, int]], invert: Callable) -> tuple[np.ndarray, ...]:
    size = sum(len(row) for row in rows)
    document, count = np.empty(size, np.uint16), np.empty(size, np.uint32)
    scratch = np.zeros(TERMS + 1, np.int64)
    term, offset = invert(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([term for row in rows for term in row], np.uint32),
        np.array([count for row in rows for count in row.values()], np.uint32),
        scratch,
        document,
        count,
    )
    assert not scratch.any()
    return term, offset, document, count


def dense(rows: list[dict[int, int]]) -> np.ndarray:
    return np.array([[row.get(term, 0) for term in range(TERMS)] for row in rows], float)


compiled_or_not = pytest.mark.parametrize("pick", [lambda f: f, lambda f: f.py_func], ids=["jit", "plain"])
every_corpus = pytest.mark.parametrize("rows", CORPORA.values(), ids=CORPORA.keys())


@compiled_or_not
@every_corpus
def test_inversion_keeps_every_count_under_its_term(rows: list[dict[int, int]], pick: Callable) -> None:
    term, offset, document, count = inverted(rows, pick(inversion.invert))
    found = np.zeros((len(rows), TERMS))
    for u, w in enumerate(term):
        for i in range(offset[u], offset[u + 1]):
            found[document[i], w] += count[i]
    assert (np.diff(term.astype(int)) > 0).all()
    assert (np.diff(offset.astype(int)) > 0).all()
    assert found.tolist() == dense(rows).tolist()


@compiled_or_not
@pytest.mark.parametrize("width", [8, 16, 24], ids="{} lanes".format)
@every_corpus
def test_lengths_totals_and_products_equal_dense_algebra(
    rows: list[dict[int, int]], width: int, pick: Callable
) -> None:
    term, *lists = inverted(rows, inversion.invert)
    # the terms of the block: those of the batch, and one that only another batch has
    terms = np.union1d(term, [TERMS - 1])
    row = np.searchsorted(terms, term).astype(np.uint32)
    counts = dense(rows)[:, terms]
    weights = np.random.default_rng(1).random((len(terms), width))
    weights[:, 1] = 0.0
    squared = np.ones((len(rows), width))
    pick(similarity.add_squared_lengths)(row, *lists, weights, squared)
    np.testing.assert_allclose(squared, 1 + counts**2 @ weights**2, rtol=1e-12)

    inverse = squared - 1
    inverse[inverse < 1e-12] = 0.0
    expected = np.divide(1.0, np.sqrt(inverse), out=np.zeros_like(squared), where=inverse > 0)
    pick(similarity.invert_lengths)(inverse)
    np.testing.assert_allclose(inverse, expected, rtol=1e-12)
    totals = np.ones((len(terms), width))
    pick(similarity.add_totals)(row, *lists, inverse, totals)
    np.testing.assert_allclose(totals, 1 + counts.T @ inverse, rtol=1e-12)

    products = np.ones((len(rows), width))
    pick(similarity.add_products)(row, *lists, totals, products)
    np.testing.assert_allclose(products, 1 + counts @ totals, rtol=1e-12)

    seen = np.zeros(len(rows), np.bool_)
    assert pick(similarity.mark_documents)(lists[1], seen) == np.count_nonzero(dense(rows).any(axis=1))
    assert seen.tolist() == dense(rows).any(axis=1).tolist()


def test_rows_of_scratch_are_whole_lanes_on_cache_lines() -> None:
    found = lanes.scratch("test", 3, 11)
    assert found.shape == (3, 16)
    assert found.ctypes.data % lanes.CACHE_LINE == 0
    found.fill(7.0)
    # a larger one is new room, a smaller one is part of the same
    assert lanes.scratch("test", 100, 11).shape == (100, 16)
    assert np.shares_memory(lanes.scratch("test", 2, 3), lanes.scratch("test", 100, 11))
    assert not np.shares_memory(lanes.scratch("test", 2, 3), lanes.scratch("other", 2, 3))


@compiled_or_not
def test_weights_are_logs_of_shares_and_zero_where_unknown(pick: Callable) -> None:
    containing = np.array([[0, 1, 0, 4], [0, 0, 0, 0]], np.uint32)
    pick(similarity.add_to_column)(np.array([1], np.uint32), np.array([5]), 2, containing)
    assert containing.tolist() == [[0, 1, 0, 4], [0, 0, 5, 0]]
    pick(similarity.accumulate)(containing)
    assert containing.tolist() == [[0, 1, 1, 5], [0, 0, 5, 5]]
    weights = np.full((3, 2), np.nan)
    columns, logs = np.array([0, 1, 3]), np.log([1, 3, 9])
    pick(similarity.weigh_terms)(containing, columns, logs, 1, weights)
    expected = [[0, 0], [np.log(3 / 2), np.log(3)], [np.log(9 / 6), np.log(9 / 6)]]
    np.testing.assert_allclose(weights, expected, atol=1e-15)
    pick(similarity.weigh_terms)(containing, columns, logs, 0, weights)
    expected = [[0, 0], [np.log(3), np.log(3)], [np.log(9 / 5), np.log(9 / 5)]]
    np.testing.assert_allclose(weights, expected, atol=1e-15)


@compiled_or_not
@pytest.mark.parametrize("near", [1, 1024])
def test_values_of_terms_go_into_compact_rows_and_back(
    near: int, pick: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similarity, "NEAR", near)
    terms, table = np.array([1, 4], np.uint32), np.arange(15.0).reshape(3, 5)
    rows = np.zeros((2, 8))
    pick(similarity.take_rows)(terms, table, np.array([0, 2]), rows)
    assert rows[:, :3].tolist() == [[1, 11, 0], [4, 14, 0]]
    columns = np.empty((2, 2))
    pick(similarity.weigh_columns)(rows, 2 * rows, columns)
    assert columns.tolist() == [[2, 32], [242, 392]]
    # row 0 takes what has no row
    row_of, sums = np.array([0, 1, 0, 0, 2], np.uint32), np.ones(3)
    pick(similarity.add_values)(np.array([0, 1, 4], np.uint32), np.array([5.0, 6.0, 7.0]), row_of, sums)
    assert sums[1:].tolist() == [7, 8]
    into = np.zeros((3, 8))
    pick(similarity.put_values)(np.array([2, 4], np.uint32), np.array([5.0, 6.0]), row_of, 1, into)
    assert into[1:, :2].tolist() == [[0, 0], [0, 6]]


@compiled_or_not
def test_products_are_scaled_and_added_to_their_target(pick: Callable) -> None:
    products, inverse = np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([[1.0, 10], [2, 20]])
    sums = np.zeros((2, 2))
    pick(similarity.add_scaled_products)(products, inverse, np.array([0, 1, 1]), np.array([1, 0, 0]), sums)
    assert sums.tolist() == [[50, 1], [220, 8]]
