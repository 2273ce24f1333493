"""Each kernel equals plain numpy, compiled and not, on the inputs that break kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from patentmetrics.kernels import inversion, similarity

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
@every_corpus
def test_lengths_centroids_and_products_equal_dense_algebra(
    rows: list[dict[int, int]], pick: Callable
) -> None:
    term, *lists = inverted(rows, inversion.invert)
    # the terms of the block: those of the batch, and one that only another batch has
    terms = np.union1d(term, [TERMS - 1]).astype(np.int64)
    row = np.searchsorted(terms, term).astype(np.int64)
    counts = dense(rows)[:, terms]
    weights = np.random.default_rng(1).random((len(terms), 4))
    weights[:, 1] = 0.0
    squared = np.zeros((len(rows), 4))
    pick(similarity.add_squared_lengths)(row, *lists, weights, squared)
    np.testing.assert_allclose(squared, counts**2 @ weights**2, rtol=1e-12)

    inverse = np.divide(1.0, np.sqrt(squared), out=np.zeros_like(squared), where=squared > 0)
    totals = np.zeros((len(terms), 4))
    pick(similarity.add_totals)(row, *lists, inverse, totals)
    np.testing.assert_allclose(totals, counts.T @ inverse, rtol=1e-12)

    products = np.zeros((len(rows), 4))
    pick(similarity.add_products)(row, *lists, totals, products)
    np.testing.assert_allclose(products, counts @ totals, rtol=1e-12)


@compiled_or_not
def test_columns_go_into_compact_rows_and_back(pick: Callable) -> None:
    terms = np.array([1, 4])
    column, rows = np.arange(5.0), np.zeros((2, 4))
    pick(similarity.gather_column)(column, terms, 2, rows)
    assert rows.tolist() == [[0, 0, 1, 0], [0, 0, 4, 0]]
    into = np.ones(5)
    pick(similarity.add_weighted_column)(terms, rows, 2, np.full(5, 10.0), into)
    assert into.tolist() == [1, 11, 1, 1, 41]
