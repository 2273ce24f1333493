"""The kernels of sums within groups equal plain numpy, compiled and not, on the inputs that break kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from patentmetrics.kernels import groups, inversion

TERMS, YEARS = 5, 4
CORPORA = {
    "empty rows between full ones": [{}, {0: 1, 3: 2}, {}, {3: 70_000, 0: 1}, {}],
    "all rows empty": [{}, {}, {}],
    "one document": [{2: 5}],
    "one term in all": [{1: 1}, {1: 2}, {1: 3}, {1: 4_000_000_000}],
    "a term without weight": [{4: 1}, {4: 2, 0: 1}, {4: 3}, {0: 1, 1: 1}],
    "many": [{w: 1 + (3 * d + w) % 4 for w in range(d % 3, TERMS, 1 + d % 2)} for d in range(12)],
}
compiled_or_not = pytest.mark.parametrize("pick", [lambda f: f, lambda f: f.py_func], ids=["jit", "plain"])
every_corpus = pytest.mark.parametrize("rows", CORPORA.values(), ids=CORPORA.keys())
BACK, AHEAD = 2, 3


def compressed(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.cumsum([0, *(len(row) for row in rows)]),
        np.array([term for row in rows for term in sorted(row)], np.uint32),
        np.array([row[term] for row in rows for term in sorted(row)], np.uint32),
    )


def squared_weights() -> np.ndarray:
    weights = np.random.default_rng(1).random((YEARS, TERMS)) ** 2
    weights[:, 4] = 0.0
    weights[0] = 0.0  # nothing is known in the first year
    return weights


def years_of(rows: list[dict[int, int]]) -> np.ndarray:
    return np.arange(len(rows)) * YEARS // len(rows)


def similarity(rows: list[dict[int, int]], p: int, q: int) -> float:
    year = years_of(rows)
    weights = np.sqrt(squared_weights()[min(year[p], year[q])])
    vectors = [np.array([rows[d].get(w, 0) for w in range(TERMS)], float) * weights for d in (p, q)]
    lengths = [np.sqrt(vector @ vector) for vector in vectors]
    return float(vectors[0] @ vectors[1] / np.prod(lengths)) if min(lengths) > 0 else 0.0


def expected(rows: list[dict[int, int]], pairs: set[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    year = years_of(rows)
    sums, numbers = np.zeros((len(rows), BACK + AHEAD)), np.zeros((len(rows), BACK + AHEAD), int)
    for p, q in pairs:
        lag = year[q] - year[p]
        column = BACK + lag - 1 if 0 < lag <= AHEAD else -lag - 1 if -BACK <= lag < 0 else None
        if column is not None:
            sums[p, column] += similarity(rows, p, q)
            numbers[p, column] += bool(rows[q])
    return sums, numbers


@compiled_or_not
@every_corpus
def test_wanted_rows_come_back_with_ascending_terms(rows: list[dict[int, int]], pick: Callable) -> None:
    indptr, indices, data = compressed(rows)
    document, count = np.empty(len(indices), np.uint16), np.empty(len(indices), np.uint32)
    term, offset = inversion.invert(indptr, indices, data, np.zeros(TERMS + 1, np.int64), document, count)
    wanted = np.arange(len(rows)) % 2 == 1
    kept = [row for row, keep in zip(rows, wanted, strict=True) if keep]
    starts, *right = compressed(kept)
    row, end = np.where(wanted, np.cumsum(wanted) - 1, -1), starts[:-1].copy()
    found = np.zeros(starts[-1], np.uint32), np.zeros(starts[-1], np.uint32)
    pick(groups.extract_rows)(term, offset, document, count, row, end, *found)
    assert end.tolist() == starts[1:].tolist()
    assert [one.tolist() for one in found] == [one.tolist() for one in right]


def one_cell(rows: list[dict[int, int]], *, cells: int = 1) -> set[tuple[int, int]]:
    documents = range(len(rows))
    return {(p, q) for p in documents for q in documents if p != q and p % cells == q % cells}


@compiled_or_not
@every_corpus
@pytest.mark.parametrize("cells", [1, 2])
def test_sums_over_cells_equal_sums_over_pairs(
    rows: list[dict[int, int]], pick: Callable, cells: int
) -> None:
    year = years_of(rows)
    member = np.array([d for cell in range(cells) for d in range(cell, len(rows), cells)])
    cell = member % cells
    key = cell * 100 + year[member]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    last = np.searchsorted(key[begin], key[begin] + max(BACK, AHEAD), side="right")
    of_members = np.zeros((len(member), BACK + AHEAD))
    pick(groups.sum_over_cells)(
        np.arange(len(begin)),
        last,
        np.append(begin, len(member)),
        year[member[begin]],
        member,
        *compressed(rows),
        squared_weights(),
        BACK,
        of_members,
    )
    sums, numbers = expected(rows, one_cell(rows, cells=cells))
    totals = np.full_like(sums, 1.0)
    pick(groups.add_members)(member, np.where(cell == 1, -1, 1), of_members, totals)
    sign = np.where(np.arange(len(rows)) % cells == 1, -1, 1)[:, None]
    np.testing.assert_allclose(totals, 1.0 + sign * sums, rtol=1e-12, atol=1e-12)

    comparators, scratch = np.zeros_like(numbers), np.zeros(YEARS, np.int64)
    has_terms = np.array([bool(row) for row in rows])
    bounds = np.searchsorted(cell, np.arange(cells + 1))
    pick(groups.add_comparators)(
        bounds, np.array([1, -1])[:cells], member, year, has_terms, BACK, scratch, comparators
    )
    assert comparators.tolist() == (sign * numbers).tolist()
    assert not scratch.any()


@compiled_or_not
@every_corpus
def test_pairs_with_the_others_count_once_from_each_end(rows: list[dict[int, int]], pick: Callable) -> None:
    # all are in group 0, those with an even number in group 1 too; every third is one of the others
    documents = np.arange(len(rows))
    lists = [[0, 1] if d % 2 == 0 else [0] for d in documents]
    others = documents[::3]
    in_group = [[o for o, d in enumerate(others) if g in lists[d]] for g in (0, 1)]
    shape = (len(rows), BACK + AHEAD)
    found = [np.zeros(shape), np.zeros(shape, np.int64)]
    of_others = [np.zeros((len(others), shape[1])), np.zeros((len(others), shape[1]), np.int64)]
    pick(groups.add_pairs)(
        documents,
        np.cumsum([0, *(len(one) for one in lists)]),
        np.array([g for one in lists for g in one]),
        *compressed(rows),
        documents % 3 == 0,
        others,
        np.cumsum([0, *(len(one) for one in in_group)]),
        np.array([o for one in in_group for o in one]),
        *compressed([rows[d] for d in others]),
        years_of(rows),
        squared_weights(),
        BACK,
        *found,
        *of_others,
    )
    for total, more in zip(found, of_others, strict=True):
        total[others] += more
    met = {(p, q) for p, q in one_cell(rows) if p % 3 == 0 or q % 3 == 0}
    sums, numbers = expected(rows, met)
    np.testing.assert_allclose(found[0], sums, rtol=1e-12)
    assert found[1].tolist() == numbers.tolist()
