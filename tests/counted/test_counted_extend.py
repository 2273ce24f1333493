"""A corpus that was extended is the corpus that counting everything at once gives, made of the old blocks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
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


def written(folder: Path, counts: np.ndarray, years: np.ndarray, ids: Sequence[str], **options) -> TermCounts:
    chosen = {"vocabulary": vocabulary_of(counts), "date": "filing", "made_by": {}} | options
    return build_counts(folder, **rows_of(counts, years, ids) | chosen)


def whole_and_extended(
    folder: Path, counts: np.ndarray, years: np.ndarray, *, new: np.ndarray, terms: int, threads: int = 1
) -> tuple[TermCounts, TermCounts, TermCounts]:
    """Count the old and then the new at once; count the old in the first ``terms`` terms; extend that."""
    ids = np.array([f"P{i}" for i in range(len(years))])
    order = np.argsort(new, kind="stable")
    whole = written(folder / "whole", counts[order], years[order], ids[order], made_by={"step": "test"})
    old = written(folder / "old", counts[~new][:, :terms], years[~new], ids[~new])
    # as a count of the new patents numbers them: another order, and only those that occur
    occurring = np.flatnonzero(counts[new].any(axis=0))[::-1]
    some = counts[new][:, occurring]
    vocabulary = vocabulary_of(some).with_columns(pl.Series("term", [f"t{i}" for i in occurring], pl.String))
    added = written(folder / "added", some, years[new], ids[new], vocabulary=vocabulary)
    extended = extend_counts(
        old,
        added,
        folder / "extended",
        new_terms=[f"t{i}" for i in range(terms, counts.shape[1]) if i in occurring],
        made_by={"step": "test"},
        threads=threads,
    )
    return whole, old, extended


def files_of(counts: TermCounts) -> dict[str, bytes]:
    paths = [path for path in counts.folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(counts.folder)): path.read_bytes() for path in paths}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_extended_corpus_is_that_which_counting_everything_at_once_gives(data: st.DataObject) -> None:
    patents, terms, new_terms = (data.draw(st.integers(*bounds)) for bounds in ((2, 30), (0, 4), (0, 3)))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    years = random.integers(2000, data.draw(st.integers(2001, 2006)), patents)
    # in years of their own, or among the old ones
    new = np.isin(years, [2001, 2004]) if data.draw(st.booleans()) else random.random(patents) < 0.4
    new[:2] = False, True
    counts = random.poisson(0.7, (patents, terms + new_terms)) * random.choice([1, 300], patents)[:, None]
    counts[~new, terms:] = 0
    counts = counts[:, counts[new].any(axis=0) | (np.arange(terms + new_terms) < terms)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 2)
        patch.setattr(build, "BLOCK_DOCUMENTS", 4)
        with tempfile.TemporaryDirectory() as folder:
            whole, old, extended = whole_and_extended(
                Path(folder), counts, years, new=new, terms=terms, threads=data.draw(st.sampled_from([1, 3]))
            )
            assert files_of(extended) == files_of(whole)
            untouched = set(years[~new]) - set(years[new])
            for block in old.blocks:
                # full blocks stay, and those of years without new patents
                if block.documents == 4 or block.year in untouched:
                    assert (extended.folder / block.name).samefile(old.folder / block.name)
            verify_counts(extended)
            verify_counts(old)


@pytest.fixture
def old(tmp_path: Path) -> TermCounts:
    counts = np.array([[1, 0, 2], [0, 3, 1], [1, 1, 1]])
    return written(tmp_path / "old", counts, np.array([2000, 2000, 2002]), ["P0", "P1", "P2"])


@pytest.fixture
def further(tmp_path: Path) -> Callable[..., TermCounts]:
    """Count further patents, each with each of four terms once: the old ones and a new one."""

    def count(years: Sequence[int] = (2003,), ids: Sequence[str] = ("Q0",), **options: object) -> TermCounts:
        counts = np.ones((len(years), 4), np.int64)
        vocabulary = vocabulary_of(counts).with_columns(term=pl.Series(["t1", "new", "t0", "t2"]))
        return written(
            tmp_path / "added", counts, np.array(years), list(ids), **{"vocabulary": vocabulary} | options
        )

    return count


Further = Callable[..., TermCounts]


def test_blocks_are_copied_where_there_are_no_links(
    old: TermCounts, further: Further, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("links are not for this file system")

    monkeypatch.setattr(extend.os, "link", refused)
    extended = extend_counts(old, further(), tmp_path / "new", made_by={})
    for block in old.blocks:
        path = extended.folder / block.name
        assert path.read_bytes() == (old.folder / block.name).read_bytes()
        assert not path.samefile(old.folder / block.name)
    matrix, documents = to_csr(extended)
    assert matrix.toarray().tolist() == [[1, 0, 2, 0], [0, 3, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert documents["patent_id"].to_list() == ["P0", "P1", "P2", "Q0"]
    assert extended.vocabulary["term"].to_list() == ["t0", "t1", "t2", "new"]
    assert extended.vocabulary["documents"].to_list() == [3, 3, 4, 1]
    assert extended.vocabulary["occurrences"].to_list() == [3, 5, 5, 1]


def test_the_extended_corpus_outlives_both_others(old: TermCounts, further: Further, tmp_path: Path) -> None:
    added = further(years=(2002,))
    extended = extend_counts(old, added, tmp_path / "new", made_by={})
    shutil.rmtree(old.folder)
    shutil.rmtree(added.folder)
    verify_counts(open_counts(extended.folder))


def test_a_year_between_the_old_ones_takes_its_place(
    old: TermCounts, further: Further, tmp_path: Path
) -> None:
    added = further(years=(2001, 1999), ids=("Q0", "Q1"))
    extended = extend_counts(old, added, tmp_path / "new", made_by={})
    assert [block.year for block in extended.blocks] == [1999, 2000, 2001, 2002]


def test_terms_that_are_not_wanted_are_dropped(old: TermCounts, further: Further, tmp_path: Path) -> None:
    extended = extend_counts(old, further(), tmp_path / "new", new_terms=[], made_by={})
    assert to_csr(extended)[0].toarray().tolist()[-1] == [1, 1, 1]
    assert extended.nonzeros == old.nonzeros + 3


def test_a_patent_that_is_there_is_refused(old: TermCounts, further: Further, tmp_path: Path) -> None:
    added = further(years=(2003, 2004, 2005), ids=("Q0", "P2", "P0"))
    with pytest.raises(DataError, match="2 of the new documents") as found:
        extend_counts(old, added, tmp_path / "new", made_by={})
    assert found.value.got == "P0, P2"
    assert {one.name for one in tmp_path.iterdir()} == {"old", "added"}


def test_a_term_that_is_there_or_nowhere_is_refused(
    old: TermCounts, further: Further, tmp_path: Path
) -> None:
    added = further()
    for terms, message in ((["t1"], "more than once"), (["new", "new"], "more than once"), (["t9"], "occur")):
        with pytest.raises(DataError, match=message) as found:
            extend_counts(old, added, tmp_path / "new", new_terms=terms, made_by={})
        assert found.value.got == terms[0]


def test_other_columns_are_refused(old: TermCounts, further: Further, tmp_path: Path) -> None:
    documents = pl.DataFrame({"patent_id": ["Q0"], "filing_date": [date(2003, 1, 1)]})
    with pytest.raises(ColumnError, match="filing_date"):
        extend_counts(old, further(documents=documents.drop("filing_date")), tmp_path / "new", made_by={})
    more = documents.with_columns(issue_date="filing_date")
    with pytest.raises(DataError, match="issue_date"):
        extend_counts(old, further(documents=more), tmp_path / "new", made_by={})
    text = documents.with_columns(pl.col("filing_date").cast(pl.String))
    with pytest.raises(DataError, match="filing_date"):
        extend_counts(old, further(documents=text), tmp_path / "new", made_by={})
    turned = further(documents=documents.select("filing_date", "patent_id"), years=(2002,))
    extended = extend_counts(old, turned, tmp_path / "new", made_by={})
    assert to_csr(extended)[1].columns[:2] == ["patent_id", "filing_date"]


def test_a_corpus_is_not_extended_into_itself_or_the_new_one(old: TermCounts, further: Further) -> None:
    added = further()
    before = files_of(old) | files_of(added)
    for folder in (old.folder.parent / "." / "old", added.folder):
        with pytest.raises(SettingError, match="into another folder"):
            extend_counts(old, added, folder, made_by={})
    assert files_of(old) | files_of(added) == before


def test_a_folder_that_is_not_ours_is_not_replaced(old: TermCounts, further: Further, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("thesis")
    with pytest.raises(OutputError, match="not made by an earlier run"):
        extend_counts(old, further(), tmp_path / "mine", made_by={})
    assert (tmp_path / "mine" / "thesis.docx").exists()


@pytest.mark.parametrize("which", ["old", "added"])
def test_a_block_that_was_changed_is_not_taken_over(
    which: str, old: TermCounts, further: Further, tmp_path: Path
) -> None:
    added = further()
    changed = old if which == "old" else added
    path = changed.folder / changed.blocks[0].name
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match="not as it was written"):
        extend_counts(old, added, tmp_path / "new", made_by={})


def test_corpora_of_another_date_or_by_quarters_are_refused(
    old: TermCounts, further: Further, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="another date"):
        extend_counts(old, further(date="issue"), tmp_path / "new", made_by={})
    with pytest.raises(SettingError, match="periods"):
        extend_counts(old, further(bases=np.array([8012], np.int32)), tmp_path / "new", made_by={})
