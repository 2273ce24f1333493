"""A corpus written part by part has the bytes of one written at once, whatever happened on the way."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, OutputError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build, stream, unfinished
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import open_counts, verify_counts
from patentmetrics.counted.rows import PartRows
from patentmetrics.counted.stream import Part, parts_of, stream_counts
from tests.conftest import REPOSITORY

TERMS = [f"t{i}" for i in range(12)]
Row = tuple[int, dict[int, int]]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 2)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 4)


def frame_of(numbers: list[int], years: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patent_id": [f"P{i}" for i in numbers],
            "filing_date": [date(year, 1, 2) for year in years],
            "issue_date": [
                date(year + 1, 3, 4) if i % 3 else None for i, year in zip(numbers, years, strict=True)
            ],
        },
        schema={"patent_id": pl.String, "filing_date": pl.Date, "issue_date": pl.Date},
    )


def arrays_of(rows: list[dict[int, int]]) -> dict[str, np.ndarray]:
    return {
        "indptr": np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        "indices": np.array([term for row in rows for term in row], np.uint32),
        "data": np.array([count for row in rows for count in row.values()], np.uint32),
    }


def maker(drawn: list[Row], made: list[Part] | None = None) -> Callable[[Part], PartRows]:
    def make(part: Part) -> PartRows:
        if made is not None:
            made.append(part)
        of_year = [i for i, (year, _) in enumerate(drawn) if year == part.year]
        numbers = of_year[part.first : part.first + part.documents]
        return PartRows(
            documents=frame_of(numbers, [part.year] * len(numbers)),
            **arrays_of([drawn[i][1] for i in numbers]),
        )

    return make


def sizes(drawn: list[Row]) -> dict[int, int]:
    years = [year for year, _ in drawn]
    return {year: years.count(year) for year in years}


def streamed(folder: Path, drawn: list[Row], made: list[Part] | None = None, **options: object) -> TermCounts:
    chosen: dict = {"terms": TERMS, "date": "filing", "made_by": {"step": "test", "settings": {"seed": 1}}}
    return stream_counts(folder, maker(drawn, made), documents_by_year=sizes(drawn), **chosen | options)


def at_once(folder: Path, drawn: list[Row]) -> TermCounts:
    rows, years = [row for _, row in drawn], [year for year, _ in drawn]
    return build_counts(
        folder,
        documents=frame_of(list(range(len(rows))), years),
        years=np.array(years, np.int32),
        vocabulary=pl.DataFrame(
            {
                "term": TERMS,
                "documents": [sum(i in row for row in rows) for i in range(len(TERMS))],
                "occurrences": [sum(row.get(i, 0) for row in rows) for i in range(len(TERMS))],
            }
        ),
        date="filing",
        made_by={"step": "test", "settings": {"seed": 1}},
        **arrays_of(rows),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


SOME: list[Row] = [(1990 + i % 3, {i % 12: 1 + i, (5 * i + 1) % 12: 300}) for i in range(22)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(
        st.tuples(
            st.integers(1990, 1992),
            st.dictionaries(st.integers(0, 11), st.sampled_from([1, 2, 255, 256, 65_536, 2**32 - 1])),
        ),
        min_size=1,
        max_size=25,
    ),
    threads=st.sampled_from([1, 2, 4]),
)
def test_the_files_are_those_of_a_corpus_built_at_once(drawn: list[Row], threads: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = streamed(Path(folder) / "parts", drawn, threads=threads)
        whole = at_once(Path(folder) / "whole", drawn)
        assert contents(parts.folder) == contents(whole.folder)
        assert {one.name for one in Path(folder).iterdir()} == {"parts", "whole"}


def test_documents_of_a_year_are_cut_into_full_parts_in_order() -> None:
    parts = parts_of({1991: 9, 1990: 4, 1992: 0})
    assert [(one.year, one.part, one.first, one.documents) for one in parts] == [
        (1990, 0, 0, 4),
        (1991, 0, 0, 4),
        (1991, 1, 4, 4),
        (1991, 2, 8, 1),
    ]


def test_progress_counts_documents() -> None:
    told = []
    with tempfile.TemporaryDirectory() as folder:
        streamed(Path(folder) / "counts", SOME, progress=lambda *state: told.append(state))
    assert told[0] == ("writing counts", 4, 22)
    assert told[-1] == ("writing counts", 22, 22)


class Killed(BaseException):
    """Stands for a kill: no step after it happens."""


class Killer:
    """Lets the first ``steps`` changes of the disk happen, and none after them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.left = steps
        for owner, name in [
            *((os, one) for one in ("replace", "unlink", "rmdir", "mkdir", "fsync")),
            (unfinished, "write_block"),
        ]:
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, step: Callable) -> Callable:
        def run(*args: object, **options: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return step(*args, **options)

        return run


@pytest.mark.parametrize("replacing", [False, True], ids=["new", "over an earlier corpus"])
def test_a_run_stopped_before_any_step_goes_on_and_gives_the_same_bytes(
    replacing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = SOME[:10]
    parts = parts_of(sizes(drawn))
    expected = contents(at_once(tmp_path / "whole", drawn).folder)
    stopped, steps, remade = True, 0, []
    while stopped:
        folder = tmp_path / f"run{steps}"
        folder.mkdir()
        if replacing:
            streamed(folder / "counts", SOME[15:20])
        with monkeypatch.context() as patch:
            Killer(patch, steps)
            try:
                streamed(folder / "counts", drawn, threads=1)
                stopped = False
            except Killed:
                pass
        if stopped:
            # what is at the output is whole, the old or the new
            assert not (folder / "counts").exists() or verified(folder / "counts")
            made: list[Part] = []
            streamed(folder / "counts", drawn, made)
            remade.append(len(made))
        assert contents(folder / "counts") == expected
        assert [one.name for one in folder.iterdir()] == ["counts"]
        steps += 1
    # each part takes several steps; the later the stop, the less is made again
    assert steps > 6 * len(parts)
    assert remade[0] == len(parts)
    assert remade[-2] == 0
    assert sorted(remade[:-1], reverse=True) == remade[:-1]
    # before the last step only an empty folder is left, which says nothing of what was done
    assert remade[-1] == len(parts)


def verified(folder: Path) -> bool:
    verify_counts(open_counts(folder))
    return True


# the parent says when to go on, so it knows where the child is when it kills it
CHILD = """
import sys
from pathlib import Path
from patentmetrics.counted import build
from patentmetrics.simulate.counts import simulate_counts
build.BATCH_DOCUMENTS, build.BLOCK_DOCUMENTS = 4, 8
def progress(stage, done, total):
    print(done, flush=True)
    sys.stdin.readline()
simulate_counts(
    Path(sys.argv[1]), patents=400, first_year=1990, last_year=1994, vocabulary=60, terms_per_patent=6,
    seed=3, threads=2, progress=progress,
)
"""


def run_and_kill(output: Path, until: int, delay: float) -> bool:
    """Let a child write ``until`` documents, then kill it; True when it ended by itself."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(output)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as child:
        for line in child.stdout:
            child.stdin.write("\n")
            child.stdin.flush()
            if int(line) >= until:
                time.sleep(delay)
                child.kill()
                return False
        assert child.wait() == 0
        return True


def test_a_process_killed_again_and_again_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    assert run_and_kill(tmp_path / "whole", until=10**9, delay=0)
    output, work = tmp_path / "counts", tmp_path / "counts.part"
    delays = random.Random(5)
    kept: dict[str, int] = {}
    kills = 0
    while not run_and_kill(output, until=90 * (kills + 1), delay=delays.uniform(0, 0.02)):
        kills += 1
        assert not output.exists()
        for record in (work / "journal").glob("[!.]*.json"):
            when = (work / "counts" / "blocks" / f"{record.stem}.arrow").stat().st_mtime_ns
            # a block that is recorded is not written again
            assert kept.setdefault(record.stem, when) == when
        assert 8 * len(kept) >= 90 * kills
    assert kills == 4
    assert contents(output) == contents(tmp_path / "whole")
    assert all(
        (output / "blocks" / f"{name}.arrow").stat().st_mtime_ns == when for name, when in kept.items()
    )
    verify_counts(open_counts(output))


def interrupted(output: Path, drawn: list[Row], after: int, **options: object) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        streamed(output, drawn, threads=1, progress=stop, **options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"made_by": {"step": "test", "settings": {"seed": 2}}}, "another seed"),
        ({"date": "issue"}, "another date"),
        ({"terms": [*TERMS, "more"]}, "another terms"),
    ],
)
def test_unfinished_work_with_other_settings_is_refused_and_kept(
    options: dict, named: str, tmp_path: Path
) -> None:
    interrupted(tmp_path / "counts", SOME, after=8)
    before = contents(tmp_path / "counts.part")
    with pytest.raises(OutputError, match="other settings") as caught:
        streamed(tmp_path / "counts", SOME, **options)
    assert caught.value.got == named
    assert contents(tmp_path / "counts.part") == before


def test_other_sizes_or_other_cuts_are_other_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path / "counts", SOME, after=8)
    with pytest.raises(OutputError, match="other settings"):
        streamed(tmp_path / "counts", SOME[:-1])
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 3)
    with pytest.raises(OutputError, match="other settings"):
        streamed(tmp_path / "counts", SOME)


@pytest.mark.parametrize("damage", ["cut off", "changed", "gone", "record damaged"])
def test_a_damaged_block_of_an_earlier_run_is_made_again(damage: str, tmp_path: Path) -> None:
    interrupted(tmp_path / "counts", SOME, after=12)
    work = tmp_path / "counts.part"
    block, record = work / "counts" / "blocks" / "1990-001.arrow", work / "journal" / "1990-001.json"
    whole = block.read_bytes()
    if damage == "gone":
        block.unlink()
    elif damage == "record damaged":
        record.write_text("{")
    else:
        block.write_bytes(whole[:-9] if damage == "cut off" else whole[:-1] + b"?")
    made: list[Part] = []
    counts = streamed(tmp_path / "counts", SOME, made)
    assert (1990, 1) in [(one.year, one.part) for one in made]
    assert (1990, 0) not in [(one.year, one.part) for one in made]
    assert contents(counts.folder) == contents(at_once(tmp_path / "whole", SOME).folder)


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = unfinished.write_block

    def full(folder: Path, **options: object) -> object:
        if options["year"] == 1992:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(folder, **options)

    with monkeypatch.context() as patch:
        patch.setattr(unfinished, "write_block", full)
        with pytest.raises(OutputError, match="cannot be written") as caught:
            streamed(tmp_path / "counts", SOME)
    assert caught.value.got == "No space left on device"
    assert "goes on where it stopped" in str(caught.value)
    made: list[Part] = []
    counts = streamed(tmp_path / "counts", SOME, made)
    assert {one.year for one in made} == {1992}
    assert contents(counts.folder) == contents(at_once(tmp_path / "whole", SOME).folder)


def test_folders_that_we_did_not_make_are_left_alone(tmp_path: Path) -> None:
    for name in ("counts", "other.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.docx").write_text("years of work")
        with pytest.raises(OutputError, match="earlier run"):
            streamed(tmp_path / name.removesuffix(".part"), SOME)
        assert (tmp_path / name / "thesis.docx").read_text() == "years of work"


def rows_with(**changed: object) -> Callable[[Part], PartRows]:
    def make(part: Part) -> PartRows:
        rows = {
            "documents": frame_of(list(range(part.documents)), [part.year] * part.documents),
            **arrays_of([{0: 1, 3: 2}] * part.documents),
        }
        return PartRows(**rows | changed)

    return make


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"indices": np.array([0, 0, 0, 3], np.uint32)}, "a row names a term twice"),
        ({"indices": np.array([0, 3, 0, 12], np.uint32)}, "outside the vocabulary"),
        ({"data": np.array([1, 0, 1, 2], np.uint32)}, "a count is zero"),
        ({"data": np.array([1, 2, 1, 2])}, "data has another type"),
        ({"data": np.array([1, 2, 1], np.uint32)}, "do not fit each other"),
        ({"indptr": np.array([0, 5, 4])}, "do not fit each other"),
        ({"indptr": np.array([0, 4])}, "do not fit each other"),
        ({"documents": frame_of([1], [1990])}, "do not fit each other"),
        ({"documents": frame_of([1, 1], [1990, 1990])}, "occur more than once"),
    ],
)
def test_rows_that_are_no_counts_are_refused(changed: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        stream_counts(
            tmp_path / "counts",
            rows_with(**changed),
            documents_by_year={1990: 2},
            terms=TERMS,
            date="filing",
            made_by={},
        )
    assert not (tmp_path / "counts").exists()


def test_a_part_without_ids_and_a_corpus_without_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="patent_id"):
        stream_counts(
            tmp_path / "counts",
            rows_with(documents=pl.DataFrame({"id": ["a", "b"]})),
            documents_by_year={1990: 2},
            terms=TERMS,
            date="filing",
            made_by={},
        )
    with pytest.raises(DataError, match="no document"):
        streamed(tmp_path / "none", [])


@pytest.mark.parametrize("at_a_time", [1 << 25, 5], ids=["one pass", "several passes"])
def test_an_id_in_two_parts_is_named_and_nothing_is_left(
    at_a_time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "IDS_AT_ONCE", at_a_time)
    make = maker(SOME)

    def doubled(part: Part) -> PartRows:
        rows = make(part)
        ids = rows.documents["patent_id"].replace({"P21": "P2"})
        return PartRows(
            documents=rows.documents.with_columns(patent_id=ids),
            indptr=rows.indptr,
            indices=rows.indices,
            data=rows.data,
        )

    with pytest.raises(DataError, match="occur more than once") as caught:
        stream_counts(
            tmp_path / "counts",
            doubled,
            documents_by_year=sizes(SOME),
            terms=TERMS,
            date="filing",
            made_by={},
        )
    assert caught.value.got == "P2"
    assert list(tmp_path.iterdir()) == []


def test_parts_with_other_columns_are_refused(tmp_path: Path) -> None:
    def make(part: Part) -> PartRows:
        rows = maker(SOME)(part)
        kind = pl.Int64 if part.year == 1991 else pl.Int32
        frame = rows.documents.with_columns(size=pl.lit(1, kind))
        return PartRows(documents=frame, indptr=rows.indptr, indices=rows.indices, data=rows.data)

    with pytest.raises(DataError, match="other columns"):
        stream_counts(
            tmp_path / "counts",
            make,
            documents_by_year=sizes(SOME),
            terms=TERMS,
            date="filing",
            made_by={},
        )
    assert list(tmp_path.iterdir()) == []
