"""A run that is killed, or meets a full disk or a changed input, does no harm and can be taken up."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.errors import DataError, InputError, OutputError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.format import open_counts
from patentmetrics.execute.local import map_blocks
from patentmetrics.score.measures import measured_sums
from patentmetrics.score.patents import score_patents
from patentmetrics.score.plan import Keys, lag_groups, make_keys, make_plan
from patentmetrics.score.settings import ScoreSettings
from patentmetrics.score.store import LOCK, FolderStore, work_folder
from patentmetrics.simulate.counts import simulate_counts

FIRST, LAST = 1990, 2009


def simulated(folder: Path, *, patents: int = 4_000, seed: int = 1) -> TermCounts:
    """Many small blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 32)
        patch.setattr(build, "BLOCK_DOCUMENTS", 64)
        return simulate_counts(
            folder,
            patents=patents,
            first_year=FIRST,
            last_year=LAST,
            vocabulary=2_000,
            terms_per_patent=30,
            seed=seed,
        )


def keys_of(counts: TermCounts, settings: ScoreSettings | None = None) -> Keys:
    settings = settings or ScoreSettings()
    plan = make_plan(
        counts,
        backward=settings.backward,
        groups=lag_groups(list(settings.forward), by_lag=False),
        first_year=FIRST,
        last_year=LAST,
        weighting=settings.weighting,
        pair_weights=settings.pair_weights,
    )
    return make_keys(counts, plan)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    return simulated(tmp_path_factory.mktemp("corpus") / "counts")


@pytest.fixture(scope="module")
def undisturbed(corpus: TermCounts, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    output = tmp_path_factory.mktemp("undisturbed") / "scores.parquet"
    assert run(corpus.folder, output).exit_code == 0
    assert [one.name for one in output.parent.iterdir()] == ["scores.parquet"]
    return output.read_bytes()


def run(counts: Path, output: Path, *options: str):
    return CliRunner().invoke(main, ["score", str(counts), "-o", str(output), *options])


def command(counts: Path, output: Path, *options: str) -> list[str]:
    start = "from patentmetrics.cli import main; main()"
    return [sys.executable, "-c", start, "score", str(counts), "-o", str(output), "--quiet", *options]


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Tell the results that are there: a file that is written anew has another inode or time."""
    stats = {path.name: path.stat() for path in folder.glob("*.npy") if not path.match("*.run.npy")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def results_of(corpus: TermCounts) -> int:
    """Count what a run keeps: a result of each block in each pass, and the sums of each year."""
    return 3 * len(corpus.blocks) + len({block.year for block in corpus.blocks})


def test_a_run_killed_at_any_moment_goes_on_and_gives_the_same_bytes(
    corpus: TermCounts, undisturbed: bytes, tmp_path: Path
) -> None:
    output, work = tmp_path / "scores.parquet", tmp_path / "work"
    blocks = len(corpus.blocks)
    moments = random.Random(4)
    before: dict[str, tuple[int, int]] = {}
    killed = 0
    # each run is killed some results after the one before: once in each pass, and about the end
    for begin in (0, blocks, 2 * blocks, results_of(corpus)):
        wanted = begin + moments.randrange(blocks // 2)
        process = subprocess.Popen(command(corpus.folder, output, "--work", str(work)))
        while process.poll() is None and len(written(work)) < min(wanted, results_of(corpus)):
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.02))
        process.kill()
        process.wait()
        assert process.returncode in (0, -9)
        killed += process.returncode == -9
        assert not output.exists() or output.read_bytes() == undisturbed
        # nothing that was there was made again
        after = written(work)
        assert before.items() <= after.items()
        before = after
    assert killed >= 3
    assert (work / LOCK).exists()  # a kill leaves the file, not the lock
    # what a kill in the middle of writing leaves
    (work / ".sums-0123.npy.89abcdef.part").write_bytes(b"half")
    (tmp_path / ".scores.parquet.89abcdef.part").write_bytes(b"half")

    assert run(corpus.folder, output, "--work", str(work)).exit_code == 0
    assert output.read_bytes() == undisturbed
    after = written(work)
    assert before.items() <= after.items()
    assert len(after) == results_of(corpus)
    assert not [*tmp_path.rglob("*.part"), *work.glob(LOCK)]


def test_a_work_folder_of_other_settings_or_another_corpus_is_never_taken_for_ones_own(
    corpus: TermCounts, undisturbed: bytes, tmp_path: Path
) -> None:
    output, work = tmp_path / "scores.parquet", tmp_path / "work"
    other = simulated(tmp_path / "other", patents=4_000, seed=2)
    assert run(other.folder, tmp_path / "a.parquet", "--work", str(work)).exit_code == 0
    assert (tmp_path / "a.parquet").read_bytes() != undisturbed
    for options in (["--weighting", "cumulative"], ["--pair-weights", "own"], ["--last-year", "2012"]):
        result = run(corpus.folder, tmp_path / "b.parquet", "--work", str(work), *options)
        assert result.exit_code == 0, result.output
        assert (tmp_path / "b.parquet").read_bytes() != undisturbed
    assert run(corpus.folder, output, "--work", str(work)).exit_code == 0
    assert output.read_bytes() == undisturbed


def test_a_run_with_other_settings_between_two_passes_changes_nothing(
    corpus: TermCounts, tmp_path: Path
) -> None:
    """As where workers outlive a run that was killed: what all blocks read must not be replaced."""
    work = tmp_path / "work"
    # once before the blocks are verified, then before each pass
    others = iter([{}, {"weighting": "cumulative"}, {"pair_weights": "own"}, {"forward": (2, 5, 10)}, {}])

    def interrupted(function, items):
        other = ScoreSettings(**next(others))
        measured_sums(corpus, other, first_year=FIRST, last_year=LAST, work=work)
        yield from map_blocks(function, items)

    scores = score_patents(corpus, work=work, executor=interrupted)
    assert next(others, None) is None
    assert scores.frame.equals(score_patents(corpus).frame)


def test_two_runs_in_one_work_folder_are_refused(corpus: TermCounts, tmp_path: Path) -> None:
    output = tmp_path / "scores.parquet"
    with work_folder(tmp_path / ".scores.parquet.work"):
        result = run(corpus.folder, output)
    assert result.exit_code == 1
    assert "another run is using the work folder" in result.output
    assert list(tmp_path.iterdir()) == []
    assert run(corpus.folder, output).exit_code == 0


def test_two_runs_of_the_function_in_one_work_folder_are_refused(corpus: TermCounts, tmp_path: Path) -> None:
    work = tmp_path / "work"
    with work_folder(work), pytest.raises(OutputError, match="another run is using the work folder"):
        score_patents(corpus, work=work)
    # what runs left that were killed is cleared, and the results stay
    work.mkdir()
    (work / ".sums-0123.npy.89abcdef.part").write_bytes(b"half")
    (work / "weights-0123.run.npy").write_bytes(b"of another run")
    scores = score_patents(corpus, work=work)
    left = {one.name for one in work.iterdir()}
    assert not left & {".sums-0123.npy.89abcdef.part", "weights-0123.run.npy", LOCK}
    assert len(written(work)) == results_of(corpus)
    assert scores.frame.equals(score_patents(corpus).frame)


def test_a_run_killed_while_it_orders_by_another_date_goes_on(corpus: TermCounts, tmp_path: Path) -> None:
    options = ["--date", "issue"]
    assert run(corpus.folder, tmp_path / "whole.parquet", *options).exit_code == 0
    output, work = tmp_path / "scores.parquet", tmp_path / "work"

    def ordered() -> dict[str, tuple[int, int]]:
        # of blocks that are recorded, whose folder is renamed in the end
        records = [*work.glob("regrouped-*.part/journal/[!.]*.json")]
        blocks = {one.stem: one.parents[1] / "counts" / "blocks" / f"{one.stem}.arrow" for one in records}
        return {name: (path.stat().st_ino, path.stat().st_mtime_ns) for name, path in blocks.items()}

    before: dict[str, tuple[int, int]] = {}
    for wanted in (1, 12):
        process = subprocess.Popen(command(corpus.folder, output, "--work", str(work), *options))
        while process.poll() is None and len([*work.glob("regrouped-*.part/journal/*.json")]) < wanted:
            time.sleep(0.001)
        process.kill()
        process.wait()
        assert process.returncode == -9
        after = ordered()
        assert before.items() <= after.items()
        before = after
    assert len(before) >= 12
    assert run(corpus.folder, output, "--work", str(work), *options).exit_code == 0
    assert output.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    (regrouped,) = work.glob("regrouped-*")
    kept = {path.stem: path.stat() for path in (regrouped / "blocks").iterdir()}
    assert before.items() <= {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in kept.items()}.items()
    # the next run in the folder finds the corpus in this order
    assert run(corpus.folder, output, "--work", str(work), *options).exit_code == 0
    assert kept == {path.stem: path.stat() for path in (regrouped / "blocks").iterdir()}


def test_a_wrong_setting_leaves_no_work_folder(corpus: TermCounts, tmp_path: Path) -> None:
    assert run(corpus.folder, tmp_path / "scores.parquet", "--last-year", "2000").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(
    corpus: TermCounts, undisturbed: bytes, tmp_path: Path
) -> None:
    output, work = tmp_path / "scores.parquet", tmp_path / "work"
    room = len(corpus.blocks) * 3 // 2
    with pytest.MonkeyPatch.context() as patch:
        left, sync = iter(range(room)), os.fsync

        def fsync(handle: int) -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(handle)

        patch.setattr(os, "fsync", fsync)
        result = run(corpus.folder, output, "--work", str(work))
    assert result.exit_code == 1
    assert result.output.startswith("error: the file cannot be written")
    assert str(work) in result.output
    assert "No space left" in result.output
    assert not output.exists()
    assert not list(tmp_path.rglob("*.part"))
    before = written(work)
    assert len(before) == room - 1  # the weights are the run's own
    assert run(corpus.folder, output, "--work", str(work)).exit_code == 0
    assert output.read_bytes() == undisturbed
    assert before.items() <= written(work).items()


def test_a_vanished_block_and_a_changed_one_are_named(corpus: TermCounts, tmp_path: Path) -> None:
    changed = tmp_path / "counts"
    shutil.copytree(corpus.folder, changed)
    name = corpus.blocks[7].name
    content = bytearray((changed / name).read_bytes())
    content[len(content) // 2] ^= 1
    (changed / name).write_bytes(content)
    result = run(changed, tmp_path / "scores.parquet")
    assert result.exit_code == 1
    assert name in result.output
    with pytest.raises(DataError, match="not as it was written"):
        score_patents(open_counts(changed))

    opened = open_counts(changed)
    (changed / name).unlink()
    result = run(changed, tmp_path / "scores.parquet")
    assert result.exit_code == 1
    assert name in result.output
    with pytest.raises(InputError, match="a block is missing"):
        open_counts(changed)
    with pytest.raises(DataError) as found:
        score_patents(opened)
    assert found.value.got == name
    assert [one.name for one in tmp_path.iterdir()] == ["counts"]


def test_a_result_that_was_cut_off_is_logged_and_made_anew(
    corpus: TermCounts, undisturbed: bytes, tmp_path: Path
) -> None:
    output, work = tmp_path / "scores.parquet", tmp_path / "work"
    assert run(corpus.folder, output, "--work", str(work)).exit_code == 0
    keys = keys_of(corpus)
    block = corpus.blocks[30].name
    chosen = [work / f"{names[block]}.npy" for names in (keys.frequencies, keys.totals, keys.sums)]
    for path, rest in zip(chosen, (0, 40, chosen[2].stat().st_size - 1), strict=True):
        os.truncate(path, rest)
    before = written(work)
    result = run(corpus.folder, output, "--work", str(work))
    assert result.exit_code == 0
    for path in chosen:
        assert f"{path} is damaged and is made anew" in result.output
    after = written(work)
    assert {name for name in before if before[name] != after[name]} == {path.name for path in chosen}
    assert output.read_bytes() == undisturbed


def test_a_damaged_result_is_named_and_removed_so_that_the_next_run_makes_it(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.save("sums-1", {"x": np.arange(100), "y": np.ones((2, 3))})
    path = tmp_path / "sums-1.npy"
    content = bytearray(path.read_bytes())
    content[4] ^= 0xFF  # the format of the first array
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged") as found:
        store.load("sums-1")
    assert found.value.got == "sums-1.npy"
    assert not store.has("sums-1")
    with pytest.raises(DataError, match="gone"):
        store.load("sums-1")
    with pytest.raises(DataError, match="gone"):
        store.opened("weights-1")


def test_room_for_a_mapped_array_is_taken_before_it_is_filled(tmp_path: Path) -> None:
    """Else a full disk ends the process with SIGBUS, without a word."""
    (tmp_path / "zeros").write_bytes(bytes(8_000_000))
    if room(tmp_path / "zeros") < 8_000_000:
        pytest.skip("this file system does not store zeros")
    with FolderStore(tmp_path).created("weights", (10, 100_000)) as array:
        (temporary,) = tmp_path.glob(".weights*.part")
        assert room(temporary) >= array.nbytes == 8_000_000
        array[3] = 1.5
    assert FolderStore(tmp_path).opened("weights").sum() == 150_000


def room(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_why_the_system_refused_is_told(tmp_path: Path) -> None:
    # numpy's own writing says "1000000 requested and 12345 written" where the disk fills up in an array
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError) as found:
            FolderStore(tmp_path).save("a", {"x": np.zeros(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert found.value.got == "File too large"
    assert list(tmp_path.iterdir()) == []


def test_some_arrays_of_a_result_are_read_without_the_others(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    arrays = {"x": np.array(3), "y": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "z": np.zeros((0, 4))}
    store.save("a", arrays)
    for only in (["x"], ["y"], ["z"], ["z", "x"], ["x", "y", "z"]):
        found = store.load("a", *only)
        assert set(found) == set(only)
        for name in only:
            assert found[name].shape == arrays[name].shape
            assert np.array_equal(found[name], arrays[name])


def test_a_work_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("notes")
    with pytest.raises(OutputError, match="is a file"), work_folder(tmp_path / "work"):
        pass
    assert (tmp_path / "work").read_text() == "notes"
