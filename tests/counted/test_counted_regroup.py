"""A corpus ordered by other dates, block by block, has the bytes of one that was ordered in memory."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build, regroup, unfinished
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.csr import to_csr
from patentmetrics.counted.format import verify_counts

PERIOD = {
    "year": lambda day: day.year,
    "quarter": lambda day: day.year * 4 + (day.month - 1) // 3,
    "month": lambda day: day.year * 12 + day.month - 1,
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 2)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 4)


def corpus(folder: Path, patents: int, seed: int, *, without: float = 0.2) -> TermCounts:
    """Patents of four years, with counts of all widths; some are without a date of issue."""
    random = np.random.default_rng(seed)
    filed = [date(2000, 1, 1) + timedelta(int(days)) for days in random.integers(0, 1460, patents)]
    issued = [
        None if random.random() < without else day + timedelta(int(random.integers(0, 900))) for day in filed
    ]
    counts = random.poisson(0.7, (patents, 9)) * random.choice([1, 1, 255, 256, 65_536], (patents, 1))
    rows, columns = np.nonzero(counts)
    return build_counts(
        folder,
        documents=pl.DataFrame(
            {
                "patent_id": [f"P{i}" for i in range(patents)],
                "filing_date": filed,
                "issue_date": issued,
                "ipc": [["H01L", "A01B"][: i % 3] or None for i in range(patents)],
            },
            schema_overrides={"issue_date": pl.Date, "ipc": pl.List(pl.String)},
        ),
        years=np.array([day.year for day in filed], np.int32),
        indptr=np.searchsorted(rows, np.arange(patents + 1)).astype(np.int64),
        indices=columns.astype(np.uint32),
        data=counts[rows, columns].astype(np.uint32),
        vocabulary=pl.DataFrame(
            {
                "term": [f"t{i}" for i in range(9)],
                "documents": (counts > 0).sum(axis=0),
                "occurrences": counts.sum(axis=0),
            }
        ),
        date="filing",
        made_by={"step": "test"},
    )


def in_memory(counts: TermCounts, output: Path, *, by: str, base: str, freeze: str) -> TermCounts | None:
    """The slow twin: everything in memory, one patent after the other."""
    matrix, documents = to_csr(counts)
    dates = list(zip(documents[f"{by}_date"], documents[f"{base}_date"], strict=True))
    known = [i for i, days in enumerate(dates) if None not in days]
    if not known:
        return None
    chosen = matrix[known]
    return build_counts(
        output,
        documents=documents[known].drop("year"),
        years=np.array([dates[i][0].year for i in known], np.int32),
        bases=np.array([PERIOD[freeze](dates[i][1]) for i in known], np.int32),
        indptr=chosen.indptr.astype(np.int64),
        indices=chosen.indices.astype(np.uint32),
        data=chosen.data.astype(np.uint32),
        vocabulary=counts.vocabulary,
        date=by,
        made_by=counts.made_by,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


DATE = st.sampled_from(["filing", "issue"])


@settings(max_examples=50, deadline=None)
@given(
    patents=st.integers(1, 40),
    seed=st.integers(0, 999),
    without=st.sampled_from([0.0, 0.2, 1.0]),
    by=DATE,
    base=DATE,
    freeze=st.sampled_from(["year", "quarter", "month"]),
    threads=st.sampled_from([1, 3]),
)
def test_the_files_are_those_of_a_corpus_ordered_in_memory(
    patents: int, seed: int, without: float, by: str, base: str, freeze: str, threads: int
) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        counts = corpus(folder / "counts", patents, seed, without=without)
        before = contents(counts.folder)
        expected = in_memory(counts, folder / "twin", by=by, base=base, freeze=freeze)
        options = {"date": by, "base_date": base, "freeze": freeze, "threads": threads}
        if expected is None:
            with pytest.raises(DataError, match="no document has"):
                regroup.regroup(counts, folder, **options)
            found = set()
        else:
            regrouped = regroup.regroup(counts, folder, **options)
            assert contents(regrouped.folder) == contents(expected.folder)
            assert regrouped.blocks == expected.blocks
            found = {regrouped.folder.name, "twin"}
        assert contents(counts.folder) == before
        assert {one.name for one in folder.iterdir()} == {"counts", *found}


def test_another_date_leaves_out_the_documents_without_it(tmp_path: Path) -> None:
    counts = corpus(tmp_path / "counts", 30, 1, without=0.5)
    regrouped = regroup.regroup(counts, tmp_path, date="issue")
    documents = to_csr(regrouped)[1]
    expected = to_csr(counts)[1].filter(pl.col("issue_date").is_not_null())
    assert set(documents["patent_id"]) == set(expected["patent_id"])
    assert regrouped.documents == expected.height < counts.documents
    assert documents["year"].to_list() == documents["issue_date"].dt.year().to_list()
    assert regrouped.date == "issue"
    assert regrouped.made_by == counts.made_by


class Killed(BaseException):
    """Stands for a kill: no step after it happens."""


class Killer:
    """Lets the first ``steps`` changes of the disk happen, and none after them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.left, self.blocks = steps, 0
        for name in ("replace", "unlink", "rmdir", "mkdir", "fsync"):
            monkeypatch.setattr(os, name, self.counted(getattr(os, name)))
        for owner, name in ((unfinished, "write_block"), (regroup, "spill_row")):
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, step: Callable) -> Callable:
        def run(*args: object, **options: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise Killed
            self.blocks += step.__name__ == "write_block"
            return step(*args, **options)

        return run


def test_a_run_stopped_before_any_step_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = corpus(tmp_path / "counts", 7, 5)
    twin = in_memory(counts, tmp_path / "twin", by="issue", base="filing", freeze="quarter")
    expected, blocks = contents(twin.folder), len(twin.blocks)
    stopped, steps, remade = True, 0, []
    while stopped:
        folder = tmp_path / f"run{steps}"
        folder.mkdir()
        options = {"date": "issue", "base_date": "filing", "freeze": "quarter", "threads": 1}
        with monkeypatch.context() as patch:
            Killer(patch, steps)
            try:
                regroup.regroup(counts, folder, **options)
                stopped = False
            except Killed:
                pass
        # what has the name of the result is whole
        assert not [one for one in folder.glob("regrouped-*/manifest.json") if "part" in str(one.parent)]
        for one in folder.glob("regrouped-*[!t]"):
            assert contents(one) == expected
        with monkeypatch.context() as patch:
            told = Killer(patch, 10**6)
            regrouped = regroup.regroup(counts, folder, **options)
        remade.append(told.blocks)
        assert contents(regrouped.folder) == expected
        assert [one.name for one in folder.iterdir()] == [regrouped.folder.name]
        steps += 1
    assert steps > 6 * blocks
    # the later the stop, the less is made again
    assert sorted(remade, reverse=True) == remade
    assert set(remade) == set(range(blocks + 1))


def test_what_is_there_is_used_and_not_written_again(tmp_path: Path) -> None:
    counts = corpus(tmp_path / "counts", 30, 2)
    first = regroup.regroup(counts, tmp_path, date="issue")
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = regroup.regroup(counts, tmp_path, date="issue")
    assert again.folder == first.folder
    assert {path: path.stat().st_mtime_ns for path in again.folder.rglob("*")} == before


def test_each_corpus_date_and_period_has_a_folder_of_its_own(tmp_path: Path) -> None:
    counts = corpus(tmp_path / "counts", 30, 2)
    other = corpus(tmp_path / "other", 30, 3)
    made = [
        regroup.regroup(counts, tmp_path, date="issue"),
        regroup.regroup(other, tmp_path, date="issue"),
        regroup.regroup(counts, tmp_path, date="issue", base_date="filing"),
        regroup.regroup(counts, tmp_path, date="issue", freeze="month"),
        regroup.regroup(counts, tmp_path, date="filing", freeze="month"),
    ]
    assert len({one.folder for one in made}) == len(made)


@pytest.mark.parametrize("damage", ["a block", "the vocabulary", "the manifest"])
def test_what_was_damaged_is_logged_and_made_anew(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the console of an earlier command may have taken the package's log for itself
    monkeypatch.setattr(logging.getLogger("patentmetrics"), "propagate", True)
    counts = corpus(tmp_path / "counts", 30, 2)
    first = regroup.regroup(counts, tmp_path, date="issue")
    expected = contents(first.folder)
    name = {"a block": first.blocks[1].name, "the vocabulary": "vocabulary.parquet"}.get(
        damage, "manifest.json"
    )
    (first.folder / name).write_bytes(b"{")
    again = regroup.regroup(counts, tmp_path, date="issue")
    assert contents(again.folder) == expected
    assert f"{first.folder} is damaged and is made anew" in caplog.text


def test_a_damaged_intermediate_result_is_named_and_the_next_run_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = corpus(tmp_path / "counts", 30, 2)
    with monkeypatch.context() as patch:
        patch.setattr(regroup, "_gather", interrupted)
        with pytest.raises(KeyboardInterrupt):
            regroup.regroup(counts, tmp_path, date="issue", threads=1)
    (spilled, *_) = sorted(tmp_path.glob("regrouped-*.part/spilled/*.arrow"))
    spilled.write_bytes(spilled.read_bytes()[:-20])
    with pytest.raises(DataError, match="an intermediate result is damaged") as caught:
        regroup.regroup(counts, tmp_path, date="issue", threads=1)
    assert caught.value.got == spilled.name
    verify_counts(regroup.regroup(counts, tmp_path, date="issue"))


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = corpus(tmp_path / "counts", 30, 2)
    write, left = unfinished.write_block, iter(range(3))

    def full(folder: Path, **options: object) -> object:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(folder, **options)

    with monkeypatch.context() as patch:
        patch.setattr(unfinished, "write_block", full)
        with pytest.raises(OutputError, match="cannot be written") as caught:
            regroup.regroup(counts, tmp_path, date="issue", threads=1)
    assert caught.value.got == "No space left on device"
    twin = in_memory(counts, tmp_path / "twin", by="issue", base="issue", freeze="year")
    assert contents(regroup.regroup(counts, tmp_path, date="issue").folder) == contents(twin.folder)


def test_the_memory_bounds_the_blocks_in_work_and_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_time = []
    map_blocks = regroup.map_blocks
    monkeypatch.setattr(
        regroup,
        "map_blocks",
        lambda *a, threads: at_a_time.append(threads) or map_blocks(*a, threads=threads),
    )
    counts = corpus(tmp_path / "counts", 40, 2)
    with pytest.raises(SettingError, match="does not suffice") as caught:
        regroup.regroup(counts, tmp_path, date="issue", memory=100)
    enough = int(str(caught.value.allowed).split(" ")[0].replace(",", ""))
    # the densest block has at most 4 documents of 9 terms
    assert enough <= regroup.BYTES_A_NONZERO * 4 * 9 + 1
    found = []
    for memory, threads in ((enough, 1), (2 * enough, 2), (100 * enough, 4), (None, 4)):
        at_a_time.clear()
        one = regroup.regroup(counts, tmp_path, date="issue", memory=memory, threads=4)
        assert at_a_time == [threads] * 3
        found.append(contents(one.folder))
        shutil.rmtree(one.folder)
    assert found[1:] == found[:-1]


def test_a_date_that_was_not_counted_is_named(tmp_path: Path) -> None:
    bare = build_counts(
        tmp_path / "bare",
        documents=pl.DataFrame({"patent_id": ["a"], "filing_date": [date(2000, 1, 1)]}),
        years=np.array([2000], np.int32),
        indptr=np.array([0, 1]),
        indices=np.array([0], np.uint32),
        data=np.array([1], np.uint32),
        vocabulary=pl.DataFrame({"term": ["t"], "documents": [1], "occurrences": [1]}),
        date="filing",
        made_by={},
    )
    with pytest.raises(ColumnError, match="issue_date"):
        regroup.regroup(bare, tmp_path, date="issue")
    for options in ({"date": "priority"}, {"date": "filing", "freeze": "decade"}):
        with pytest.raises(SettingError):
            regroup.regroup(bare, tmp_path, **options)
    assert [one.name for one in tmp_path.iterdir()] == ["bare"]
