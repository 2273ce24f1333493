"""The counted corpus keeps every count, in one order, and notices damage."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import DataError, InputError, OutputError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.csr import regroup, to_csr
from patentmetrics.counted.format import open_counts, read_batches, verify_counts


def write(folder: Path, rows: list[dict[int, int]], years: list[int], terms: int = 12) -> TermCounts:
    """Write rows of {term: count}; a term may be given as a list of repeated pairs by the caller."""
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return build_counts(
        folder,
        documents=pl.DataFrame(
            {
                "patent_id": [f"P{i}" for i in range(len(rows))],
                "filing_date": [date(year, 1, 1) for year in years],
                "issue_date": [date(year + i % 2, 1, 1) if i != 1 else None for i, year in enumerate(years)],
            },
            schema_overrides={"issue_date": pl.Date},
        ),
        years=np.array(years, np.int32),
        indptr=indptr,
        indices=np.array([term for row in rows for term in row], np.uint32),
        data=np.array([count for row in rows for count in row.values()], np.uint32),
        vocabulary=pl.DataFrame(
            {
                "term": [f"t{i}" for i in range(terms)],
                "documents": [sum(i in row for row in rows) for i in range(terms)],
                "occurrences": [sum(row.get(i, 0) for row in rows) for i in range(terms)],
            }
        ),
        date="filing",
        made_by={"step": "test"},
    )


rows_of_counts = st.lists(
    st.tuples(
        st.integers(1990, 1994),
        st.dictionaries(st.integers(0, 11), st.sampled_from([1, 2, 255, 256, 65_535, 65_536, 2**32 - 1])),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=rows_of_counts)
def test_every_count_comes_back_in_the_row_of_its_document(
    drawn: list[tuple[int, dict[int, int]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 3)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 6)
    counts = write(tmp_path / "counts", [row for _, row in drawn], [year for year, _ in drawn])
    matrix, documents = to_csr(counts)
    assert counts.documents == len(drawn)
    assert documents["year"].is_sorted()
    for at, (name, year) in enumerate(documents.select("patent_id", "year").rows()):
        expected_year, expected = drawn[int(name[1:])]
        found = matrix[at].tocoo()
        assert year == expected_year
        assert dict(zip(found.col.tolist(), found.data.tolist(), strict=True)) == expected
    assert counts.nonzeros == sum(len(row) for _, row in drawn)


def test_batches_are_sorted_by_term_with_documents_in_order(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{5: 1, 2: 3}, {2: 1}, {}, {11: 2, 2: 1}], [1990] * 4)
    (batch,) = read_batches(counts, counts.blocks[0])
    assert batch.term.tolist() == [2, 5, 11]
    assert batch.offset.tolist() == [0, 3, 4, 5]
    assert batch.document.tolist() == [0, 1, 3, 0, 3]
    assert batch.count.tolist() == [3, 1, 1, 1, 2]


def test_repeated_and_unsorted_indices_are_added_up(tmp_path: Path) -> None:
    counts = build_counts(
        tmp_path / "counts",
        documents=pl.DataFrame({"patent_id": ["a"]}),
        years=np.array([2000], np.int32),
        indptr=np.array([0, 4]),
        indices=np.array([3, 1, 3, 1], np.uint32),
        data=np.array([1, 65_535, 2, 1], np.uint32),
        vocabulary=pl.DataFrame(
            {"term": list("abcd"), "documents": [0, 1, 0, 1], "occurrences": [0, 0, 0, 0]}
        ),
        date="filing",
        made_by={},
    )
    assert to_csr(counts)[0].toarray().tolist() == [[0, 65_536, 0, 3]]


def test_an_empty_vocabulary_and_empty_documents_are_kept(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{}, {}], [1990, 1991], terms=0)
    matrix, documents = to_csr(counts)
    assert matrix.shape == (2, 0)
    assert documents["patent_id"].to_list() == ["P0", "P1"]


def test_the_same_counts_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{1: 1, 2: 2}, {2: 1}, {0: 4}]
    one = write(tmp_path / "one", rows, [1990, 1991, 1990])
    two = write(tmp_path / "two", rows, [1990, 1991, 1990])
    files = sorted(path.relative_to(one.folder) for path in one.folder.rglob("*") if path.is_file())
    assert len(files) == 4
    for name in files:
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()


def test_another_date_regroups_and_counts_the_documents_without_it(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}, {2: 1}, {3: 1}, {4: 7}], [1990, 1990, 1990, 1990])
    other, without = regroup(counts, tmp_path / "other", date="issue")
    assert without == 1
    assert [block.year for block in other.blocks] == [1990, 1991]
    matrix, documents = to_csr(other)
    assert documents["patent_id"].to_list() == ["P0", "P2", "P3"]
    assert matrix.toarray()[2, 4] == 7


def test_a_changed_block_is_named(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}], [1990])
    path = counts.folder / counts.blocks[0].name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not as it was written") as caught:
        verify_counts(counts)
    assert caught.value.got == counts.blocks[0].name


def test_a_missing_block_and_a_foreign_folder_are_named(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}], [1990])
    (counts.folder / counts.blocks[0].name).unlink()
    with pytest.raises(InputError, match="a block is missing"):
        open_counts(counts.folder)
    (tmp_path / "foreign").mkdir()
    with pytest.raises(InputError, match="not a counted corpus"):
        open_counts(tmp_path / "foreign")


def test_a_folder_that_we_did_not_make_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="was not made by an earlier run"):
        write(tmp_path / "mine", [{1: 1}], [1990])
    assert (tmp_path / "mine" / "thesis.docx").read_text() == "years of work"


def test_counts_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="outside the vocabulary"):
        write(tmp_path / "counts", [{7: 1}], [1990], terms=3)
    assert not (tmp_path / "counts").exists()
