"""On a Dask cluster the same blocks give the same bytes, whatever happens to its workers."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from patentmetrics.cli import main
from patentmetrics.core.errors import DataError, InputError, PatentmetricsError
from patentmetrics.core.provenance import write_frame
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.execute import dask_
from patentmetrics.execute.dask_ import connected, on_dask
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from patentmetrics.simulate.counts import simulate_counts

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    """Two workers, each a process of its own; any port is good for the status page."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running


@pytest.fixture
def client(cluster: object) -> Iterator[object]:
    with distributed.Client(cluster) as connection:
        connection.wait_for_workers(2, timeout=30)
        yield connection


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 32)
        patch.setattr(build, "BLOCK_DOCUMENTS", 64)
        return simulate_counts(
            tmp_path_factory.mktemp("corpus") / "counts",
            patents=3_000,
            first_year=1990,
            last_year=2009,
            vocabulary=2_000,
            terms_per_patent=30,
            seed=1,
        )


@pytest.fixture(scope="module")
def expected(corpus: TermCounts, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file that threads write."""
    path = tmp_path_factory.mktemp("threads") / "scores.parquet"
    scores = score_patents(corpus)
    write_frame(scores.frame, path, scores.made_by)
    assert scores.frame["breakthrough_5_net"].drop_nulls().len() > 500
    return path.read_bytes()


def test_a_cluster_gives_the_same_bytes_as_threads(
    client: object, corpus: TermCounts, expected: bytes, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    scores = score_patents(corpus, work=work, executor=on_dask(client))
    write_frame(scores.frame, tmp_path / "scores.parquet", scores.made_by)
    assert (tmp_path / "scores.parquet").read_bytes() == expected
    results = [path for path in work.glob("*.npy") if not path.match("*.run.npy")]
    assert len(results) == 3 * len(corpus.blocks) + years_of(corpus)


def test_the_command_scores_on_a_cluster_by_its_address(
    cluster: object,
    corpus: TermCounts,
    expected: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the paths are given relative to a folder that is not the workers'
    monkeypatch.chdir(corpus.folder.parent)
    output = Path(os.path.relpath(tmp_path)) / "scores.parquet"
    result = CliRunner().invoke(
        main,
        ["score", corpus.folder.name, "-o", str(output), "--executor", cluster.scheduler_address],
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "scores.parquet").read_bytes() == expected
    assert [one.name for one in tmp_path.iterdir()] == ["scores.parquet"]


def slowly(folder: Path, seconds: float, function, item):
    """Do the work on a block, tell who did it, and take one's time."""
    (folder / f"{time.monotonic_ns()}-{os.getpid()}").touch()
    time.sleep(seconds)
    return function(item)


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(
    client: object, corpus: TermCounts, expected: bytes, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    told.mkdir()
    on_cluster = on_dask(client)
    pids = client.run(os.getpid)
    victim = next(iter(pids.values()))
    stages: list[int] = []

    def kill_when(done: int) -> None:
        while len(list(told.iterdir())) < done:
            time.sleep(0.002)
        os.kill(victim, signal.SIGKILL)

    def run(function, items):
        stages.append(len(items))
        if len(stages) == 3:  # after the verification and the first pass: the second, in its middle
            function = partial(slowly, told, 0.01, function)
            killer = threading.Thread(target=kill_when, args=(len(items) // 2,))
            killer.start()
            yield from on_cluster(function, items)
            killer.join()
        else:
            yield from on_cluster(function, items)

    scores = score_patents(corpus, work=tmp_path / "work", executor=run)
    write_frame(scores.frame, tmp_path / "scores.parquet", scores.made_by)
    assert (tmp_path / "scores.parquet").read_bytes() == expected
    workers = {path.name.split("-")[1] for path in told.iterdir()}
    assert str(victim) in workers
    assert len(workers) >= 2
    assert victim not in client.run(os.getpid).values()


def years_of(corpus: TermCounts) -> int:
    return len({block.year for block in corpus.blocks})


def test_nothing_about_a_patent_comes_back_from_a_worker(
    client: object, corpus: TermCounts, tmp_path: Path
) -> None:
    outcomes: list[object] = []

    def run(function, items):
        for outcome in on_dask(client)(function, items):
            outcomes.append(outcome)
            yield outcome

    score_patents(corpus, work=tmp_path / "work", executor=run)
    assert outcomes == [None] * (4 * len(corpus.blocks) + years_of(corpus))


def test_another_date_is_ordered_on_the_cluster_with_the_same_bytes(
    client: object, corpus: TermCounts, tmp_path: Path
) -> None:
    settings = ScoreSettings(date="issue")
    on_threads = score_patents(corpus, settings, work=tmp_path / "threads", threads=2)
    stages: list[int] = []

    def run(function, items):
        stages.append(len(items))
        yield from on_dask(client)(function, items)

    scores = score_patents(corpus, settings, work=tmp_path / "cluster", executor=run)
    assert scores.frame.equals(on_threads.frame)
    assert scores.made_by == on_threads.made_by
    (one,), (other,) = (list((tmp_path / name).glob("regrouped-*")) for name in ("threads", "cluster"))
    assert one.name == other.name
    files = sorted(path.relative_to(one) for path in one.rglob("*.*"))
    assert len(files) > 20
    for name in files:
        assert (one / name).read_bytes() == (other / name).read_bytes()
    # verified, tallied, spilled and gathered there, then the three passes, and the sums of the years
    old, new = len(corpus.blocks), len(files) - 2
    assert stages == [old, old, old, new, new, new, scores.frame["year"].n_unique(), new]


class Telling:
    """A function that tells where it arrives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return arrived, (self.folder,)

    def __call__(self, item: int) -> int:
        return -item


def arrived(folder: Path) -> Telling:
    (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    return Telling(folder)


def test_the_function_travels_to_a_worker_not_with_each_block(client: object, tmp_path: Path) -> None:
    assert list(on_dask(client)(Telling(tmp_path), range(50))) == [-item for item in range(50)]
    here = str(os.getpid())  # the scheduler of this cluster is in this process
    arrivals = [path.name for path in tmp_path.iterdir() if not path.name.startswith(f"{here}-")]
    assert 1 <= len(arrivals) <= 4


def fails(item: int) -> int:
    if item == 3:
        raise DataError(
            "a block cannot be read", where="counts", got="blocks/2003-000.arrow", hint="count again"
        )
    return item


def test_an_error_on_a_worker_arrives_as_it_was_raised(client: object) -> None:
    with pytest.raises(DataError) as found:
        list(on_dask(client)(fails, range(6)))
    assert found.value.details() == {
        "what": "a block cannot be read",
        "where": "counts",
        "got": "'blocks/2003-000.arrow'",
        "hint": "count again",
    }


def dies(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_block_that_kills_every_worker_is_told(client: object) -> None:
    with (
        distributed.Client(client.scheduler.address) as other,
        pytest.raises(PatentmetricsError, match="died again and again"),
    ):
        list(on_dask(other)(dies, [1]))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:8786",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:99999",
        "nonsense://127.0.0.1:8786",
        "tcp://[::1:8786",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="no Dask scheduler answers"), connected(address):
        pass


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path, corpus: TermCounts) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        result = CliRunner().invoke(
            main,
            ["score", str(corpus.folder), "-o", str(tmp_path / "scores.parquet"), "--executor", address],
        )
    assert result.exit_code == 1
    assert result.output.startswith("error: no Dask scheduler answers")
    assert address in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_goes_away_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_, "PATIENCE", 0.5)
    # the console of an earlier command may have taken the package's log for itself
    monkeypatch.setattr(logging.getLogger("patentmetrics"), "propagate", True)
    empty = distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address=":0", protocol="tcp", host="127.0.0.1"
    )
    closing = threading.Timer(0.3, empty.close)
    with connected(empty.scheduler_address) as run:
        assert "no workers yet" in caplog.text
        closing.start()
        with pytest.raises(PatentmetricsError, match="scheduler went away"):
            list(run(abs, [1, 2]))
        closing.join()
        with pytest.raises(PatentmetricsError, match="scheduler went away"):
            list(run(abs, [1, 2]))
