"""A corpus that was extended is the corpus that counting everything at once gives, made of the old blocks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build, extend
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.extend import extend_counts
from patentmetrics.counted.format import open_counts, verify_counts


def rows_of(counts: np.ndarray, years: np.ndarray, ids: Sequence[str]) -> dict:
    """Give the arguments that `build_counts` and `extend_counts` share, of a dense matrix."""
    rows, columns = np.nonzero(counts)
    return {
        "documents": pl.DataFrame(
            {"patent_id": ids, "filing_date": [date(int(year), 6, 1) for year in years]},
            schema={"patent_id": pl.String, "filing_date": pl.Date},
        ),
        "years": years.astype(np.int32),
        "indptr": np.searchsorted(rows, np.arange(len(years) + 1)).astype(np.int64),
        "indices": columns.astype(np.uint32),
        "data": counts[rows, columns].astype(np.uint32),
    }


def vocabulary_of(counts: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "term": [f"t{i}" for i in range(counts.shape[1])],
            "documents": (counts > 0).sum(axis=0),
            "occurrences": counts.sum(axis=0),
        },
        schema_overrides={"term": pl.String},
    )


def whole_and_extended(
    folder: Path, counts: np.ndarray, years: np.ndarray, *, new: np.ndarray, terms: int
) -> tuple[TermCounts, TermCounts, TermCounts]:
    """Count everything at once; count what is old in the first ``terms`` terms; extend that."""
    ids = np.array([f"P{i}" for i in range(len(years))])
    made_by = {"step": "test"}
    whole = build_counts(
        folder / "whole",
        **rows_of(counts, years, ids),
        vocabulary=vocabulary_of(counts),
        date="filing",
        made_by=made_by,
    )
    old = build_counts(
        folder / "old",
        **rows_of(counts[~new], years[~new], ids[~new]),
        vocabulary=vocabulary_of(counts[~new][:, :terms]),
        date="filing",
        made_by={},
    )
    extended = extend_counts(
        old,
        folder / "extended",
        **rows_of(counts[new], years[new], ids[new]),
        new_terms=[f"t{i}" for i in range(terms, counts.shape[1])],
        made_by=made_by,
    )
    return whole, old, extended


def files_of(counts: TermCounts) -> dict[str, bytes]:
    paths = [path for path in counts.folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(counts.folder)): path.read_bytes() for path in paths}


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_extended_corpus_is_that_which_counting_everything_at_once_gives(data: st.DataObject) -> None:
    patents, terms, new_terms = (data.draw(st.integers(*bounds)) for bounds in ((2, 12), (0, 4), (0, 3)))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    years = random.integers(2000, 2006, patents)
    years[:2] = 2000, 2006  # a year at least on either side
    new_years = data.draw(st.sets(st.sampled_from(range(2001, 2006)))) | {2006}
    new = np.isin(years, list(new_years))
    counts = random.poisson(0.7, (patents, terms + new_terms)) * random.choice([1, 300], patents)[:, None]
    counts[~new, terms:] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 2)
        patch.setattr(build, "BLOCK_DOCUMENTS", 4)
        with tempfile.TemporaryDirectory() as folder:
            whole, old, extended = whole_and_extended(Path(folder), counts, years, new=new, terms=terms)
            assert files_of(extended) == files_of(whole)
            for block in old.blocks:
                assert (extended.folder / block.name).samefile(old.folder / block.name)
            verify_counts(extended)


@pytest.fixture
def old(tmp_path: Path) -> TermCounts:
    counts = np.array([[1, 0, 2], [0, 3, 1], [1, 1, 1]])
    return build_counts(
        tmp_path / "old",
        **rows_of(counts, np.array([2000, 2000, 2002]), ["P0", "P1", "P2"]),
        vocabulary=vocabulary_of(counts),
        date="filing",
        made_by={},
    )


def further(years: Sequence[int] = (2003,), ids: Sequence[str] = ("Q0",), terms: int = 4) -> dict:
    return rows_of(np.ones((len(years), terms), np.int64), np.array(years), list(ids)) | {
        "new_terms": ["new"],
        "made_by": {},
    }


def test_blocks_are_copied_where_there_are_no_links(
    old: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("links are not for this file system")

    monkeypatch.setattr(extend.os, "link", refused)
    extended = extend_counts(old, tmp_path / "new", **further())
    for block in old.blocks:
        path = extended.folder / block.name
        assert path.read_bytes() == (old.folder / block.name).read_bytes()
        assert not path.samefile(old.folder / block.name)
    matrix, documents = to_csr(extended)
    assert matrix.toarray().tolist() == [[1, 0, 2, 0], [0, 3, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert documents["patent_id"].to_list() == ["P0", "P1", "P2", "Q0"]
    assert extended.vocabulary["term"].to_list() == ["t0", "t1", "t2", "new"]


def test_the_extended_corpus_outlives_the_old_one(old: TermCounts, tmp_path: Path) -> None:
    extended = extend_counts(old, tmp_path / "new", **further())
    shutil.rmtree(old.folder)
    verify_counts(open_counts(extended.folder))


def test_a_year_between_the_old_ones_takes_its_place(old: TermCounts, tmp_path: Path) -> None:
    extended = extend_counts(old, tmp_path / "new", **further(years=(2001, 1999), ids=("Q0", "Q1")))
    assert [block.year for block in extended.blocks] == [1999, 2000, 2001, 2002]


def test_a_year_that_is_there_is_refused(old: TermCounts, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="in the corpus already") as found:
        extend_counts(old, tmp_path / "new", **further(years=(2003, 2002), ids=("Q0", "Q1")))
    assert found.value.got == "2002"
    assert [one.name for one in tmp_path.iterdir()] == ["old"]


def test_a_patent_that_is_there_is_refused(old: TermCounts, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 of the new documents") as found:
        extend_counts(old, tmp_path / "new", **further(years=(2003, 2004), ids=("Q0", "P2")))
    assert found.value.got == "P2"
    assert "blocks/2002-000.arrow" in str(found.value.where)


def test_a_term_that_is_there_is_refused(old: TermCounts, tmp_path: Path) -> None:
    for terms in (["t1"], ["new", "new"]):
        with pytest.raises(DataError, match="more than once") as found:
            extend_counts(old, tmp_path / "new", **further() | {"new_terms": terms})
        assert found.value.got == terms[0]


def test_an_index_outside_the_longer_vocabulary_is_refused(old: TermCounts, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="outside the vocabulary"):
        extend_counts(old, tmp_path / "new", **further(terms=5))
    assert [one.name for one in tmp_path.iterdir()] == ["old"]


def test_other_columns_are_refused(old: TermCounts, tmp_path: Path) -> None:
    rows = further()
    documents = rows["documents"]
    with pytest.raises(ColumnError, match="filing_date"):
        extend_counts(old, tmp_path / "new", **rows | {"documents": documents.drop("filing_date")})
    with pytest.raises(DataError, match="issue_date"):
        extend_counts(
            old, tmp_path / "new", **rows | {"documents": documents.with_columns(issue_date="filing_date")}
        )
    text = documents.with_columns(pl.col("filing_date").cast(pl.String))
    with pytest.raises(DataError, match="filing_date"):
        extend_counts(old, tmp_path / "new", **rows | {"documents": text})
    turned = documents.select("filing_date", "patent_id")
    extended = extend_counts(old, tmp_path / "new", **rows | {"documents": turned})
    assert to_csr(extended)[1].columns[:2] == ["patent_id", "filing_date"]


def test_a_corpus_is_not_extended_into_itself(old: TermCounts) -> None:
    before = files_of(old)
    with pytest.raises(SettingError, match="into another folder"):
        extend_counts(old, old.folder.parent / "." / "old", **further())
    assert files_of(old) == before


def test_a_folder_that_is_not_ours_is_not_replaced(old: TermCounts, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("thesis")
    with pytest.raises(OutputError, match="not made by an earlier run"):
        extend_counts(old, tmp_path / "mine", **further())
    assert (tmp_path / "mine" / "thesis.docx").exists()


def test_a_block_that_was_changed_is_not_taken_over(old: TermCounts, tmp_path: Path) -> None:
    path = old.folder / old.blocks[0].name
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match="not as it was written"):
        extend_counts(old, tmp_path / "new", **further())


def test_a_corpus_by_quarters_is_refused(tmp_path: Path) -> None:
    counts = np.ones((2, 2), np.int64)
    old = build_counts(
        tmp_path / "old",
        **rows_of(counts, np.array([2000, 2001]), ["P0", "P1"]),
        bases=np.array([8000, 8004], np.int32),
        vocabulary=vocabulary_of(counts),
        date="filing",
        made_by={},
    )
    with pytest.raises(SettingError, match="periods"):
        extend_counts(old, tmp_path / "new", **further(terms=3))
