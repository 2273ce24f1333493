"""Measures that are made piece by piece: killed, bounded in memory, on a cluster, after a year was added."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.extend import extend_counts
from patentmetrics.score import pieces
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from tests.score.corpora import counted

MEASURES = {
    "thresholded": ["--threshold", "0.1"],
    "sampled": ["--threshold", "0.1", "--sample", "10", "--seed", "3"],
    "within": ["--within", "group"],
    "own weights": ["--threshold", "0.1", "--weighting", "cumulative", "--pair-weights", "own"],
}
SETTINGS = {
    "thresholded": ScoreSettings(threshold=0.1),
    "sampled": ScoreSettings(threshold=0.1, sample=10, seed=3),
    "within": ScoreSettings(group="group", backward_compare="within", forward_compare="within"),
    "own weights": ScoreSettings(threshold=0.1, weighting="cumulative", pair_weights="own"),
}
every_measure = pytest.mark.parametrize("measure", list(MEASURES))
YEARS, TERMS = range(1990, 2001), 60


def drawn(years: np.ndarray, terms: int) -> np.ndarray:
    return np.random.default_rng(int(years[0])).poisson(1.5 / (np.arange(terms) + 1.0), (len(years), terms))


def small_blocks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(build, "BATCH_DOCUMENTS", 8)
    patch.setattr(build, "BLOCK_DOCUMENTS", 16)
    patch.setattr(pieces, "PIECE_DOCUMENTS", 48)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    years = np.repeat(YEARS, 24)
    groups = np.random.default_rng(1).integers(5, size=(len(years), 2)).astype(str).tolist()
    with pytest.MonkeyPatch.context() as patch:
        small_blocks(patch)
        folder = tmp_path_factory.mktemp("corpus") / "counts"
        return counted(folder, drawn(years, TERMS), years, {"group": groups})


def run(counts: Path, output: Path, *options: str):
    return CliRunner().invoke(main, ["score", str(counts), "-o", str(output), *options])


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Tell the results that are there: a file that is written anew has another inode or time."""
    stats = {path.name: path.stat() for path in folder.glob("*.npy") if not path.match("*.run.npy")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.mark.parametrize(("measure", "shares"), [("thresholded", (0.4, 0.8)), ("within", (0.7,))])
def test_a_run_killed_at_any_moment_goes_on_and_gives_the_same_bytes(
    measure: str, shares: tuple[float, ...], corpus: TermCounts, tmp_path: Path
) -> None:
    undisturbed, output, work = (tmp_path / name for name in ("whole.parquet", "scores.parquet", "work"))
    result = run(corpus.folder, undisturbed, *MEASURES[measure], "--work", str(tmp_path / "whole"))
    assert result.exit_code == 0, result.output
    every = set(written(tmp_path / "whole"))
    start = "from patentmetrics.score import pieces; pieces.PIECE_DOCUMENTS = 48; "
    start += "from patentmetrics.cli import main; main()"
    command = [sys.executable, "-c", start, "score", str(corpus.folder), "-o", str(output), "--quiet"]
    command += ["--work", str(work), "--threads", "1", *MEASURES[measure]]
    moments = random.Random(2)
    before: dict[str, tuple[int, int]] = {}
    killed = 0
    for share in shares:
        process = subprocess.Popen(command)
        while process.poll() is None and len(written(work)) < share * len(every):
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.01))
        process.kill()
        process.wait()
        killed += process.returncode == -9
        after = written(work)
        assert before.items() <= after.items()  # nothing that was there was made again
        before = after
    assert killed
    result = run(corpus.folder, output, "--work", str(work), *MEASURES[measure])
    assert result.exit_code == 0, result.output
    assert output.read_bytes() == undisturbed.read_bytes()
    assert before.items() <= written(work).items()
    assert set(written(work)) == every


@every_measure
def test_the_memory_that_an_error_names_suffices_and_changes_no_byte(
    measure: str, corpus: TermCounts, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="does not suffice") as caught:
        score_patents(corpus, SETTINGS[measure], memory=1000)
    least = int(re.sub(r"\D", "", str(caught.value.allowed)))
    with pytest.raises(SettingError, match="does not suffice"):
        score_patents(corpus, SETTINGS[measure], memory=least - 1)
    bound = score_patents(corpus, SETTINGS[measure], memory=least, threads=4)
    free = score_patents(corpus, SETTINGS[measure], threads=1)
    assert bound.frame.equals(free.frame)
    assert bound.made_by == free.made_by


def test_other_settings_never_take_each_others_results(corpus: TermCounts, tmp_path: Path) -> None:
    chosen = [
        *SETTINGS.values(),
        ScoreSettings(threshold=0.2),
        ScoreSettings(threshold=0.1, sample=10, seed=4),
        ScoreSettings(threshold=0.1, sample=11, seed=3),
        ScoreSettings(threshold=0.1, pair_weights="own"),
        ScoreSettings(threshold=0.1, weighting="idf"),
        ScoreSettings(threshold=0.1, backward=2, forward=(2,)),
        ScoreSettings(threshold=0.1, last_year=2010),
        ScoreSettings(group="patent_id", backward_compare="across", forward_compare="across"),
        ScoreSettings(
            group="group", group_values="first", backward_compare="within", forward_compare="within"
        ),
    ]
    seen: list[pl.DataFrame] = []
    for one in chosen:
        found = score_patents(corpus, one, work=tmp_path / "work").frame
        assert not any(found.equals(other) for other in seen), one
        seen.append(found)
    # again, with all of it there
    for one, found in zip(chosen[::5], seen[::5], strict=True):
        assert score_patents(corpus, one).frame.equals(found), one


@every_measure
def test_after_a_year_was_added_pieces_without_it_are_used_and_the_scores_are_those_of_a_full_run(
    measure: str, corpus: TermCounts, tmp_path: Path
) -> None:
    years = np.full(24, YEARS.stop)
    columns = {"patent_id": [f"N{i}" for i in range(24)], "group": [["1", "7"]] * 24}
    added = counted(tmp_path / "alone", drawn(years, TERMS + 5), years, columns)
    grown = extend_counts(corpus, added, tmp_path / "grown", made_by={})
    work = tmp_path / "work"
    score_patents(corpus, SETTINGS[measure], work=work)
    before = written(work)
    found = score_patents(grown, SETTINGS[measure], work=work).frame
    assert found.equals(score_patents(grown, SETTINGS[measure]).frame)
    after = written(work)
    assert before.items() <= after.items()
    kind = {"within": "groups", "sampled": "sampled"}.get(measure, "pairs")
    old, new = (sum(name.startswith(kind) for name in names) for names in (before, set(after) - set(before)))
    assert 0 < new < old / 2


def test_a_cluster_gives_the_same_bytes_as_threads(corpus: TermCounts, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    from patentmetrics.execute.dask_ import on_dask

    outcomes: list[object] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):

        def on_cluster(function, items):
            for outcome in on_dask(client)(function, items):
                outcomes.append(outcome)
                yield outcome

        for measure in ("thresholded", "sampled", "within"):
            chosen = SETTINGS[measure]
            scores = score_patents(corpus, chosen, work=tmp_path / measure, executor=on_cluster)
            assert scores.frame.equals(score_patents(corpus, chosen).frame), measure
    # nothing about a patent comes back from a worker
    assert len(outcomes) > 100
    assert set(outcomes) == {None}


def test_the_command_refuses_a_sample_that_has_nothing_to_sample(corpus: TermCounts, tmp_path: Path) -> None:
    output = tmp_path / "scores.parquet"
    for options, message in [
        (["--sample", "10"], "--threshold"),
        (["--threshold", "0.1", "--seed", "1"], "--sample"),
    ]:
        result = run(corpus.folder, output, *options)
        assert result.exit_code == 2
        assert message in result.output
    assert run(corpus.folder, output, "--threshold", "0.1", "--sample", "0").exit_code == 1
    assert list(tmp_path.iterdir()) == []
