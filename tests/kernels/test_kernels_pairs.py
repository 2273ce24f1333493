"""The pair kernels equal plain numpy, compiled and not, on the inputs that break kernels."""

from __future__ import annotations

import numpy as np
import pytest

from patentmetrics.kernels import pairs
from patentmetrics.kernels.pairs import Lists, Rows, Sums

TERMS, WIDTH = 6, 4
KERNELS = [name for name in vars(pairs) if hasattr(getattr(pairs, name), "py_func")]
CORPORA = {
    "empty rows between full ones": [{}, {0: 1, 3: 2}, {}, {3: 70_000, 5: 1}, {}],
    "all rows empty": [{}, {}],
    "one document": [{2: 5}],
    "one term in all": [{1: 1}, {1: 2}, {1: 3}],
    "unsorted terms": [{4: 1, 0: 2, 2: 3}, {3: 1, 1: 1}],
    "more than a chunk": [{i % TERMS: 1 + i, (i * i + 1) % TERMS: 2} for i in range(11)],
}
WEIGHTS = np.array([0.2, 0.4, 0.0, 1.0, 1.5, 3.0])


@pytest.fixture(params=["jit", "plain"], autouse=True)
def compiled_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every kernel compiled, and with all of them, those inside others too, as plain Python."""
    if request.param == "plain":
        for name in KERNELS:
            monkeypatch.setattr(pairs, name, getattr(pairs, name).py_func)


def dense(rows: list[dict[int, int]]) -> np.ndarray:
    return np.array([[row.get(term, 0) for term in range(TERMS)] for row in rows], float)


def inverted(counts: np.ndarray) -> tuple[np.ndarray, ...]:
    columns, documents = np.nonzero(counts.T)
    term, sizes = np.unique(columns, return_counts=True)
    return (
        term.astype(np.uint32),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint32),
        documents.astype(np.uint16),
        counts.T[columns, documents].astype(np.uint32),
    )


def sorted_rows(counts: np.ndarray, rank_of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    term, offset, document, count = inverted(counts)
    rank = rank_of[term]
    found = np.flatnonzero(rank >= 0)
    order = found[np.argsort(rank[found])]
    data = np.empty(int(np.diff(offset)[found].sum()), np.float32)
    indptr, ranks = pairs.sort_rows(order, term, offset, document, count, rank_of, data, len(counts))
    return indptr, ranks, data


every_corpus = pytest.mark.parametrize("rows", CORPORA.values(), ids=CORPORA.keys())


@every_corpus
def test_rows_hold_the_counts_of_the_ranked_terms_in_order_of_rank(rows: list[dict[int, int]]) -> None:
    counts = dense(rows)
    rank_of = np.array([2, 0, -1, 3, 1, 4])
    indptr, rank, data = sorted_rows(counts, rank_of)
    found = np.zeros_like(counts)
    for d in range(len(rows)):
        inside = slice(indptr[d], indptr[d + 1])
        assert (np.diff(rank[inside].astype(int)) > 0).all()
        found[d, np.argsort(rank_of)[1:][rank[inside]]] = data[inside]
    counts[:, 2] = 0
    assert found.tolist() == counts.tolist()
    squared = np.zeros(len(rows))
    pairs.add_lengths(*inverted(dense(rows)), WEIGHTS, squared)
    np.testing.assert_allclose(squared, dense(rows) ** 2 @ WEIGHTS**2, rtol=1e-12)


def prepared(
    counts: np.ndarray, head: int, threshold: float, *, base: bool, own: np.ndarray = WEIGHTS
) -> tuple[Rows | Lists, np.ndarray]:
    indptr, rank, data = sorted_rows(counts, np.arange(TERMS))
    length = np.sqrt(counts**2 @ own**2)
    inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    value, head_length = np.empty(len(rank)), np.empty(len(counts))
    scale = np.ones(len(counts)) if base else inverse
    pairs.weigh_rows(indptr, rank, data, own, WEIGHTS, scale, value, head_length, head)
    unit = counts * own * inverse[:, np.newaxis]
    if not base:
        return Rows(indptr, rank, value, head_length), unit
    chunks = -(-len(counts) // WIDTH)
    padding = (0, chunks * WIDTH - len(counts))
    offset, tail = np.zeros(TERMS + 1, np.uint32), int((rank >= head).sum())
    document, listed = np.empty(tail, np.uint16), np.empty(tail, np.float32)
    dense_head = np.zeros((chunks, head, WIDTH), np.float32)
    pairs.list_rows(indptr, rank, data, offset, document, listed, dense_head)
    least = np.where(length > 0, threshold * length * (1 - 1e-9), np.inf)
    lists = Lists(
        offset,
        document,
        listed,
        dense_head,
        np.pad(head_length, padding),
        np.pad(inverse, padding),
        np.pad(least, padding, constant_values=np.inf),
    )
    return lists, unit


@every_corpus
@pytest.mark.parametrize("head", [0, 1, 5, 6])
@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.43])
@pytest.mark.parametrize("squares", [True, False])
@pytest.mark.parametrize("own", [WEIGHTS, WEIGHTS[::-1]], ids=["the same weights", "weights of their own"])
def test_sums_over_pairs_equal_dense_algebra_whatever_the_head(
    rows: list[dict[int, int]], head: int, threshold: float, squares: bool, own: np.ndarray
) -> None:
    counts = dense(rows)
    others = np.vstack([counts[::-1], np.eye(TERMS)])
    lists, base = prepared(counts, head, threshold, base=True)
    later, unit = prepared(others, head, threshold, base=False, own=own)
    filled = len(lists.least)
    sums = Sums(
        np.zeros(len(others)),
        np.zeros(filled),
        np.zeros(len(others) * squares),
        np.zeros(filled * squares),
    )
    kept = pairs.add_pairs(later, lists, sums, threshold)
    rho = unit @ base.T
    rho[rho < threshold] = 0.0
    np.testing.assert_allclose(sums.rows, rho.sum(axis=1), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(sums.columns[: len(counts)], rho.sum(axis=0), rtol=1e-12, atol=1e-15)
    assert not sums.columns[len(counts) :].any()
    assert kept == (rho > 0).sum()
    if squares:
        np.testing.assert_allclose(sums.rows_squared, (rho**2).sum(axis=1), rtol=1e-12, atol=1e-15)
        found = sums.columns_squared[: len(counts)]
        np.testing.assert_allclose(found, (rho**2).sum(axis=0), rtol=1e-12, atol=1e-15)


@every_corpus
@pytest.mark.parametrize("head", [0, 2, 6])
def test_a_leader_is_the_row_that_is_most_similar_beyond_the_head(
    rows: list[dict[int, int]], head: int
) -> None:
    counts = dense(rows)
    lists, base = prepared(counts, head, 0.1, base=True)
    later, unit = prepared(np.vstack([np.eye(TERMS), counts]), head, 0.1, base=False)
    best, leader = np.zeros(len(counts)), np.full(len(counts), -1)
    pairs.find_leaders(later, lists, best, leader)
    similarity = base[:, head:] @ unit[:, head:].T
    np.testing.assert_allclose(best, similarity.max(axis=1), rtol=1e-12, atol=1e-15)
    for d, of_rows in enumerate(similarity):
        nearest = np.flatnonzero(of_rows > of_rows.max() - 1e-12) if of_rows.max() > 0 else [-1]
        assert leader[d] in nearest


@every_corpus
def test_products_with_dense_columns_equal_dense_algebra(rows: list[dict[int, int]]) -> None:
    counts = dense(rows)
    columns = np.random.default_rng(1).random((TERMS, 3))
    products = np.zeros((len(rows), 3))
    pairs.multiply_rows(*sorted_rows(counts, np.arange(TERMS)), columns, products)
    np.testing.assert_allclose(products, counts @ columns, rtol=1e-12)
