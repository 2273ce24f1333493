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
from patentmetrics.counted import format as format_
from patentmetrics.counted.build import batches_of, build_counts
from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.format import open_counts, read_batches, verify_counts, write_block
from patentmetrics.counted.rows import PartRows, join_rows, read_rows, take_rows
from patentmetrics.counted.stream import stream_counts


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


def test_a_changed_block_is_named(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}], [1990])
    path = counts.folder / counts.blocks[0].name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="not as it was written") as caught:
        verify_counts(counts)
    assert caught.value.got == counts.blocks[0].name


def test_the_first_changed_block_is_named_on_any_number_of_threads(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}] * 6, list(range(1990, 1996)))
    for block in counts.blocks[2:]:
        (counts.folder / block.name).write_bytes(b"")
    for threads in (1, 2, 5):
        with pytest.raises(DataError, match="not as it was written") as caught:
            verify_counts(counts, threads=threads)
        assert caught.value.got == counts.blocks[2].name


def test_a_changed_vocabulary_is_noticed_when_the_corpus_is_opened(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1, 2: 5}], [1990])
    path = counts.folder / "vocabulary.parquet"
    as_written = path.read_bytes()
    # the same terms in another order: each count would silently be that of another term
    counts.vocabulary.reverse().write_parquet(path)
    with pytest.raises(DataError, match="the vocabulary is not as it was written") as caught:
        open_counts(counts.folder)
    assert caught.value.got == "vocabulary.parquet"
    assert caught.value.where == str(counts.folder)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        open_counts(counts.folder)
    path.write_bytes(as_written)
    assert open_counts(counts.folder).vocabulary.equals(counts.vocabulary)


def test_a_manifest_without_the_hash_of_the_vocabulary_is_damaged(tmp_path: Path) -> None:
    counts = write(tmp_path / "counts", [{1: 1}], [1990])
    path = counts.folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace("vocabulary_sha256", "vocabulary_md5"), "utf-8")
    with pytest.raises(InputError, match="the manifest is damaged"):
        open_counts(counts.folder)


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


@pytest.mark.parametrize(
    ("largest", "kind"),
    [
        (1, np.uint8),
        (255, np.uint8),
        (256, np.uint16),
        (65_535, np.uint16),
        (65_536, np.uint32),
        (2**32 - 1, np.uint32),
    ],
)
def test_counts_are_stored_in_the_narrowest_type_that_holds_them(
    largest: int, kind: type, tmp_path: Path
) -> None:
    counts = write(tmp_path / "counts", [{1: 1, 2: largest}], [1990])
    (batch,) = read_batches(counts, counts.blocks[0])
    assert batch.count.dtype == kind
    assert batch.count.tolist() == [1, largest]
    assert to_csr(counts)[0].sum() == largest + 1


def test_a_count_beyond_32_bits_is_refused_not_wrapped_around(tmp_path: Path) -> None:
    for data in ([2**32 - 1, 1], [2**32]):
        with pytest.raises(DataError, match="does not fit into 32 bits") as caught:
            build_counts(
                tmp_path / "counts",
                documents=pl.DataFrame({"patent_id": ["a"]}),
                years=np.array([2000], np.int32),
                indptr=np.array([0, len(data)]),
                indices=np.zeros(len(data), np.uint32),
                data=np.array(data, np.int64),
                vocabulary=pl.DataFrame({"term": ["t"], "documents": [1], "occurrences": [2**32]}),
                date="filing",
                made_by={},
            )
        assert caught.value.got == 2**32
    assert list(tmp_path.iterdir()) == []


IDS = [0, 7, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1]


def test_ids_of_terms_above_31_bits_are_inverted_written_and_read(tmp_path: Path) -> None:
    """Without a vocabulary of that size: 32 GiB of scratch, if all of it had to be gone through."""
    rows = PartRows(
        documents=pl.DataFrame({"patent_id": ["a", "b", "c"]}),
        indptr=np.array([0, len(IDS), len(IDS), len(IDS) + 2]),
        indices=np.array([*IDS[::-1], 2**31, 7], np.uint32),
        data=np.arange(1, len(IDS) + 3).astype(np.uint32),
    )
    batches = batches_of(rows.documents, rows.indptr, rows.indices, rows.data, terms=2**32)
    (tmp_path / "blocks").mkdir()
    block = write_block(tmp_path, year=2000, part=0, batches=batches)
    counts = TermCounts(
        folder=tmp_path, vocabulary=pl.DataFrame(), blocks=(block,), date="filing", made_by={}
    )
    (batch,) = read_batches(counts, block)
    assert batch.term.dtype == np.uint32
    assert batch.term.tolist() == IDS
    read = read_rows(counts, block)
    assert read.indices.tolist() == [*IDS, 7, 2**31]
    assert read.data.tolist() == [7, 6, 5, 4, 3, 2, 1, 9, 8]
    assert read.indptr.tolist() == rows.indptr.tolist()


def test_more_terms_than_ids_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert format_.MOST_TERMS == 2**32
    monkeypatch.setattr(format_, "MOST_TERMS", 3)
    write(tmp_path / "three", [{1: 1}], [1990], terms=3)
    with pytest.raises(DataError, match="more terms than can be numbered") as caught:
        write(tmp_path / "four", [{1: 1}], [1990], terms=4)
    assert caught.value.allowed == "3 or fewer"
    with pytest.raises(DataError, match="more terms than can be numbered"):
        stream_counts(
            tmp_path / "four",
            lambda _: pytest.fail("nothing is made"),
            documents_by_year={1990: 1},
            terms=["a", "b", "c", "d"],
            date="filing",
            made_by={},
        )


def test_a_large_vocabulary_changes_no_batch() -> None:
    random = np.random.default_rng(3)
    rows = PartRows(
        documents=pl.DataFrame({"patent_id": [f"P{i}" for i in range(50)]}),
        indptr=np.arange(51) * 4,
        indices=np.concatenate([random.choice(60, 4, replace=False) for _ in range(50)]).astype(np.uint32),
        data=random.integers(1, 9, 200).astype(np.uint32),
    )
    arrays = (rows.documents, rows.indptr, rows.indices, rows.data)
    ((few,), (many,)) = (batches_of(*arrays, terms=terms) for terms in (60, 10**6))
    for name in ("term", "offset", "document", "count"):
        assert getattr(few, name).tolist() == getattr(many, name).tolist()
        assert getattr(few, name).dtype == getattr(many, name).dtype


def test_a_corpus_of_one_document_is_kept(tmp_path: Path) -> None:
    for row in ({3: 2}, {}):
        counts = write(tmp_path / "counts", [row], [1990])
        matrix, documents = to_csr(counts)
        assert (counts.documents, counts.nonzeros) == (1, len(row))
        assert matrix.toarray().tolist() == [[row.get(i, 0) for i in range(12)]]
        assert documents["patent_id"].to_list() == ["P0"]


def test_a_column_with_the_name_of_an_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a name that the counts need") as caught:
        build_counts(
            tmp_path / "counts",
            documents=pl.DataFrame({"patent_id": ["a"], "count": [7]}),
            years=np.array([2000], np.int32),
            indptr=np.array([0, 1]),
            indices=np.zeros(1, np.uint32),
            data=np.ones(1, np.uint32),
            vocabulary=pl.DataFrame({"term": ["t"], "documents": [1], "occurrences": [1]}),
            date="filing",
            made_by={},
        )
    assert caught.value.got == "count"
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=rows_of_counts, pick=st.data())
def test_rows_are_read_back_chosen_and_joined_without_loss(
    drawn: list[tuple[int, dict[int, int]]],
    pick: st.DataObject,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 3)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 6)
    counts = write(tmp_path / "counts", [row for _, row in drawn], [year for year, _ in drawn])
    found = {}
    for block in counts.blocks:
        rows = read_rows(counts, block)
        order = np.array(pick.draw(st.permutations(range(block.documents))), np.int64)
        middle = pick.draw(st.integers(0, len(order)))
        again = join_rows([take_rows(rows, order[:middle]), take_rows(rows, order[middle:])])
        assert again.documents["patent_id"].to_list() == rows.documents["patent_id"][order].to_list()
        for number, name in enumerate(again.documents["patent_id"]):
            inside = slice(again.indptr[number], again.indptr[number + 1])
            terms = again.indices[inside].tolist()
            assert terms == sorted(terms)
            found[int(name[1:])] = dict(zip(terms, again.data[inside].tolist(), strict=True))
    assert found == {i: row for i, (_, row) in enumerate(drawn)}
