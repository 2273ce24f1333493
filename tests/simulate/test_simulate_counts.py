"""Simulated counts are what they claim, and the same for a seed on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.csr import to_csr
from patentmetrics.kernels import drawing
from patentmetrics.simulate.counts import _birth_years, simulate_counts

SIZES = {"patents": 3000, "first_year": 2000, "last_year": 2009, "vocabulary": 2000, "terms_per_patent": 20}


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    return simulate_counts(tmp_path_factory.mktemp("simulated") / "counts", seed=1, **SIZES)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_patents_add_up_and_grow(counts: TermCounts) -> None:
    documents = [block.documents for block in counts.blocks]
    assert sum(documents) == 3000
    assert [block.year for block in counts.blocks] == list(range(2000, 2010))
    assert documents[-1] / documents[0] == pytest.approx(1.03**9, abs=0.02)


def test_patents_have_about_as_many_terms_as_asked_and_mostly_count_one(counts: TermCounts) -> None:
    matrix, _ = to_csr(counts)
    distinct = np.diff(matrix.indptr)
    assert (distinct.min(), distinct.max()) == (10, 30)
    assert distinct.mean() == pytest.approx(20, rel=0.03)
    assert 0.7 < (matrix.data == 1).mean() < 0.95
    assert matrix.data.max() > 3


def test_the_vocabulary_says_how_many_documents_have_a_term(counts: TermCounts) -> None:
    matrix, _ = to_csr(counts)
    assert counts.vocabulary["documents"].to_list() == np.bincount(matrix.indices, minlength=2000).tolist()
    assert counts.vocabulary["occurrences"].to_list() == matrix.sum(axis=0).A1.tolist()


def test_half_of_the_terms_appear_in_a_later_year_and_are_taken_up(counts: TermCounts) -> None:
    matrix, documents = to_csr(counts)
    years = documents["year"].to_numpy()
    by_year = np.array(
        [np.bincount(matrix[years == year].indices, minlength=2000) for year in range(2000, 2010)]
    )
    found = by_year.sum(axis=0)
    assert found[0] > found[9] > found[99] > found[999]
    born = _birth_years(2000, 2009, 2000, seed=1)
    assert not born[:20].any()
    assert sorted(set(born)) == [0, *range(2001, 2010)]
    assert (born > 0).mean() == pytest.approx(0.5, abs=0.03)
    for year, of_year in zip(range(2000, 2010), by_year, strict=True):
        assert not of_year[born > year].any()
    of_2003 = by_year[:, born == 2003].sum(axis=1)
    assert 0 < of_2003[3] < of_2003[7] / 3


def test_the_documents_have_dates_and_groups(counts: TermCounts) -> None:
    _, documents = to_csr(counts)
    assert documents["patent_id"].n_unique() == 3000
    assert documents["patent_id"].str.contains(r"^S20\d\d-\d{7}$").all()
    assert (documents["filing_date"].dt.year() == documents["year"]).all()
    years = (documents["issue_date"] - documents["filing_date"]).dt.total_days() / 365
    assert 1 <= years.min() < years.max() < 4
    assert documents["ipc_subclass"].str.contains(r"^[A-H]\d\d[A-Z]$").all()
    for group, most in [("applicant", 150), ("ipc_subclass", 352)]:
        sizes = documents[group].value_counts(sort=True)["count"]
        assert most / 2 < len(sizes) <= most
        assert sizes[0] > 20 * sizes[-1]


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 64)
    one = simulate_counts(tmp_path / "one", seed=1, threads=1, **SIZES)
    assert len(one.blocks) > 40
    for threads in (2, 4):
        other = simulate_counts(tmp_path / f"{threads}", seed=1, threads=threads, **SIZES)
        assert contents(other.folder) == contents(one.folder)
    another = simulate_counts(tmp_path / "another", seed=2, **SIZES)
    assert another.blocks[0].sha256 != one.blocks[0].sha256
    # parts of a year, and the same part of two years, are drawn apart: their patents have other terms
    matrix, _ = to_csr(one)
    firsts = np.cumsum([0, *(block.documents for block in one.blocks[:-1])])
    assert len({tuple(matrix[first].indices) for first in firsts}) == len(one.blocks)


def test_the_smallest_corpora_are_written(tmp_path: Path) -> None:
    counts = simulate_counts(
        tmp_path / "counts",
        patents=1,
        first_year=2000,
        last_year=2003,
        vocabulary=1,
        terms_per_patent=50,
        seed=0,
    )
    assert (counts.documents, counts.nonzeros) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patents", 0), ("last_year", 1999), ("vocabulary", 0),
        ("terms_per_patent", 0), ("growth", -1.0), ("seed", -1),
    ],
)  # fmt: skip
def test_sizes_out_of_range_are_named(name: str, value: float, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        simulate_counts(tmp_path / "counts", **{"seed": 1, **SIZES, name: value})
    assert caught.value.where == name
    assert list(tmp_path.iterdir()) == []


compiled_or_not = pytest.mark.parametrize("pick", [lambda f: f, lambda f: f.py_func], ids=["jit", "plain"])


@compiled_or_not
@given(
    weights=st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=40).filter(
        lambda w: sum(w) > 0
    )
)
def test_an_alias_table_holds_exactly_the_weights(weights: list[float], pick: Callable) -> None:
    given_weights = np.array(weights)
    threshold, alias = pick(drawing.alias_table)(given_weights)
    held = np.clip(threshold, 0, 1)
    np.add.at(held, alias, 1 - np.clip(threshold, 0, 1))
    np.testing.assert_allclose(held / len(weights), given_weights / given_weights.sum(), atol=1e-12)
    # what has no weight is never drawn
    none = given_weights == 0
    assert (threshold[none] == 0).all()
    assert (given_weights[alias[threshold < 1]] > 0).all()


@compiled_or_not
def test_values_are_drawn_as_often_as_they_weigh(pick: Callable) -> None:
    weights = np.array([5.0, 0.0, 3.0, 2.0])
    drawn = np.empty(20_000, np.uint32)
    pick(drawing.draw_values)(np.random.default_rng(1), *drawing.alias_table(weights), drawn)
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / len(drawn), weights / 10, atol=0.015)


@compiled_or_not
@pytest.mark.parametrize("wanted", [[], [0], [3, 0, 2], [0, 9, 40]], ids=str)
def test_a_row_has_the_wanted_distinct_terms_and_each_draw_counts(wanted: list[int], pick: Callable) -> None:
    # six terms, one of them never drawn: five is the most a row can have
    weights = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    indptr = np.empty(len(wanted) + 1, np.int64)
    indices, data = np.empty((2, sum(wanted)), np.uint32)
    pick(drawing.draw_rows)(
        np.random.default_rng(4),
        np.array(wanted, np.int64),
        *drawing.alias_table(weights),
        indptr,
        indices,
        data,
    )
    for number, begin, end in zip(wanted, indptr, indptr[1:], strict=False):
        row = indices[begin:end].tolist()
        assert len(set(row)) == len(row) == min(number, 5)
        assert 2 not in row
        assert data[begin:end].sum() <= drawing.PATIENCE * number
        if number > 5:  # it went on until its patience was at an end
            assert data[begin:end].sum() == drawing.PATIENCE * number


def test_compiled_rows_are_those_of_plain_python() -> None:
    table = drawing.alias_table(1 / (np.arange(50) + 1.0))
    results = []
    for function in (drawing.draw_rows, drawing.draw_rows.py_func):
        indptr, (indices, data) = np.empty(31, np.int64), np.zeros((2, 300), np.uint32)
        function(np.random.default_rng(9), np.full(30, 10), *table, indptr, indices, data)
        results.append((indptr.tolist(), indices.tolist(), data.tolist()))
    assert results[0] == results[1]
    assert pl.Series(results[0][2]).max() > 1
