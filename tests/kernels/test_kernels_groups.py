"""The kernels of sums within groups equal plain numpy, compiled and not, on the inputs that break kernels."""

from __future__ import annotations

import numpy as np
import pytest

from patentmetrics.kernels import groups, inversion
from patentmetrics.kernels.groups import Cells, Totals, Vectors

TERMS, LAGS = 5, 3
CORPORA = {
    "empty rows between full ones": [{}, {0: 1, 3: 2}, {}, {3: 70_000, 0: 1}, {}],
    "all rows empty": [{}, {}, {}],
    "one document": [{2: 5}],
    "one term in all": [{1: 1}, {1: 2}, {1: 3}, {1: 4_000_000_000}],
    "a term without weight": [{4: 1}, {4: 2, 0: 1}, {4: 3}, {0: 1, 1: 1}],
    "many": [{w: 1 + (3 * d + w) % 4 for w in range(d % 3, TERMS, 1 + d % 2)} for d in range(12)],
}
# weights of two kinds; the last term has none
WEIGHTS = np.array([[0.3, 1.0, 2.0, 0.5, 0.0], [1.5, 0.0, 0.2, 0.7, 0.0]])
KERNELS = [name for name in vars(groups) if hasattr(getattr(groups, name), "py_func")]
every_corpus = pytest.mark.parametrize("rows", CORPORA.values(), ids=CORPORA.keys())


@pytest.fixture(params=["jit", "plain"], autouse=True)
def compiled_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every kernel compiled, and with all of them, those inside others too, as plain Python."""
    if request.param == "plain":
        for name in KERNELS:
            monkeypatch.setattr(groups, name, getattr(groups, name).py_func)


def compressed(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.cumsum([0, *(len(row) for row in rows)]),
        np.array([term for row in rows for term in sorted(row)], np.uint32),
        np.array([row[term] for row in rows for term in sorted(row)], np.uint32),
    )


def side(rows: list[dict[int, int]], lags: int) -> tuple[Vectors, np.ndarray]:
    """Documents of ``lags`` lags in order, as compressed unit vectors and dense."""
    weighting = np.arange(len(rows)) % len(WEIGHTS)
    dense = np.array([[row.get(w, 0) for w in range(TERMS)] for row in rows], float) * WEIGHTS[weighting]
    length = np.sqrt((dense**2).sum(axis=1))
    dense = np.divide(dense, length[:, None], out=np.zeros_like(dense), where=length[:, None] > 0)
    indptr, term, count = compressed(rows)
    inverse = np.empty(len(rows))
    groups.inverse_lengths(indptr, term, count, WEIGHTS, weighting, inverse)
    lag = np.arange(len(rows)) * lags // len(rows)
    return Vectors(indptr, term, count, inverse, WEIGHTS, weighting, lag), dense


def totals(documents: int, columns: int) -> Totals:
    return Totals(np.zeros((documents, columns)), np.zeros((documents, columns), np.int64))


def assert_sums(
    found: tuple[Totals, Totals],
    base: tuple[Vectors, np.ndarray],
    later: tuple[Vectors, np.ndarray],
    times: np.ndarray,
) -> None:
    """Compare with the dense product, each pair taken ``times``."""
    similarity = base[1] @ later[1].T * times
    of_base, of_later = found
    has = np.diff(later[0].indptr) > 0
    for lag in range(LAGS):
        inside = later[0].lag == lag
        np.testing.assert_allclose(
            of_base.sums[:, lag], similarity[:, inside].sum(axis=1), rtol=1e-12, atol=1e-14
        )
        assert of_base.compared[:, lag].tolist() == (times[:, inside] @ has[inside]).tolist()
    np.testing.assert_allclose(of_later.sums[:, 0], similarity.sum(axis=0), rtol=1e-12, atol=1e-14)
    assert of_later.compared[:, 0].tolist() == ((np.diff(base[0].indptr) > 0) @ times).tolist()


@every_corpus
def test_sums_over_cells_equal_sums_over_pairs_with_their_signs(rows: list[dict[int, int]]) -> None:
    base, later = side(rows, 1), side(rows[::-1] + rows, LAGS)
    own, others = len(rows), 2 * len(rows)
    # all; those with even numbers, taken away; the first of the base alone; none of the later
    sets = [
        (np.arange(own), np.arange(others)),
        (np.arange(0, own, 2), np.arange(0, others, 2)),
        (np.arange(1), np.arange(1, others)),
        (np.arange(own), np.arange(0)),
    ]
    signs = np.array([1, -1, 1, 1])
    sizes = np.array([[len(one) for one in both] for both in sets])
    begin = np.concatenate([[0], np.cumsum(sizes.sum(axis=1))])
    member = np.concatenate([one for both in sets for one in both])
    found = totals(own, LAGS), totals(others, 1)
    groups.sum_over_cells(Cells(begin, begin[:-1] + sizes[:, 0], signs, member), base[0], later[0], *found)
    times = np.zeros((own, others), int)
    for sign, (of_base, of_later) in zip(signs, sets, strict=True):
        times[np.ix_(of_base, of_later)] += sign
    assert_sums(found, base, later, times)


@every_corpus
@pytest.mark.parametrize("chosen_side", ["base", "later"])
def test_pairs_that_share_two_groups_count_once(rows: list[dict[int, int]], chosen_side: str) -> None:
    base, later = side(rows, 1), side(rows[::-1] + rows, LAGS)
    found = totals(len(rows), LAGS), totals(2 * len(rows), 1)
    sides, sums = [base, later], list(found)
    if chosen_side == "later":
        sides, sums = sides[::-1], sums[::-1]
    number = [len(one[1]) for one in sides]
    # all are in group 0, those with an even number in group 1 too; no other is in group 2
    lists = [[0, 1, 2] if d % 2 == 0 else [0, 2] for d in range(number[0])]
    of_group = [list(range(1, number[1])), list(range(0, number[1], 2)), []]
    chosen = np.arange(0, number[0], 3)
    groups.sum_over_pairs(
        chosen,
        np.cumsum([0, *(len(lists[d]) for d in chosen)]),
        np.array([g for d in chosen for g in lists[d]]),
        np.cumsum([0, *(len(one) for one in of_group)]),
        np.array([o for one in of_group for o in one], np.int64),
        sides[0][0],
        sides[1][0],
        *sums,
    )
    times = np.zeros(number, int)
    for d in chosen:
        for o in range(number[1]):
            times[d, o] = any(o in of_group[g] for g in lists[d])
    assert_sums(found, base, later, times if chosen_side == "base" else times.T)


@every_corpus
def test_rows_come_back_with_ascending_terms(rows: list[dict[int, int]]) -> None:
    indptr, indices, data = compressed(rows)
    document, count = np.empty(len(indices), np.uint16), np.empty(len(indices), np.uint32)
    term, offset = inversion.invert(indptr, indices, data, np.zeros(TERMS + 1, np.int64), document, count)
    begin, terms, counts = np.zeros(len(rows) + 1, np.int64), np.empty_like(indices), np.empty_like(data)
    groups.batch_rows(term, offset, document, count, begin, terms, counts)
    assert begin.tolist() == indptr.tolist()
    assert terms.tolist() == indices.tolist()
    assert counts.tolist() == data.tolist()
