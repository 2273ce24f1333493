"""Estimates on disk: the tidy frame, further frames beside it, the same bytes each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import DataError, InputError, OutputError
from patentmetrics.core.types import Result
from patentmetrics.estimate.files import frames_folder, read_results, write_results
from tests.report.results import did, event_study

DRAWS = pl.DataFrame({"draw": [1, 2], "estimate": [0.1, None]})


def with_frames(name: str) -> Result:
    return replace(
        did(name),
        frames={"draws": DRAWS, "by cohort/年": DRAWS.with_columns(cohort=2014)},
        warnings=("few clusters",),
        settings={"model": "placebo", "specification": {"draws": 2}},
    )


def test_all_of_a_result_comes_back_but_the_native_object(tmp_path: Path) -> None:
    written = [with_frames("(1)"), event_study(), with_frames("(3)")]
    write_results(written, tmp_path / "e.parquet")
    for again, result in zip(read_results(tmp_path / "e.parquet"), written, strict=True):
        assert again.estimates.equals(result.estimates)
        assert replace(again, estimates=result.estimates, frames={}) == replace(
            result, frames={}, native=None
        )
        assert list(again.frames) == list(result.frames)
        assert all(again.frames[key].equals(result.frames[key]) for key in result.frames)


def test_the_same_results_give_the_same_bytes_frames_and_all(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_results([with_frames("(1)")], tmp_path / f"{name}.parquet")
    first, second = (sorted(frames_folder(tmp_path / f"{name}.parquet").iterdir()) for name in ("a", "b"))
    assert [one.name for one in first] == [one.name for one in second]
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_frames_of_an_earlier_run_do_not_stay_and_a_strange_folder_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    write_results([with_frames("(1)")], path)
    write_results([did()], path)
    assert not frames_folder(path).exists()
    assert read_results(path)[0].frames == {}
    frames_folder(path).mkdir()
    (frames_folder(path) / "mine.txt").write_text("mine", "utf-8")
    write_results([did()], path)
    with pytest.raises(OutputError, match="not made by an earlier run"):
        write_results([with_frames("(1)")], path)
    assert (frames_folder(path) / "mine.txt").read_text("utf-8") == "mine"


def test_a_frame_that_is_missing_or_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    write_results([with_frames("(1)")], path)
    (frame,) = frames_folder(path).glob("*draws*")
    DRAWS.head(1).write_parquet(frame)
    with pytest.raises(InputError, match="not the one that was written"):
        read_results(path)
    frame.unlink()
    with pytest.raises(InputError):
        read_results(path)


def test_models_without_a_name_of_their_own_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="name of its own"):
        write_results([did(), did()], tmp_path / "e.parquet")


def test_columns_of_one_model_do_not_appear_in_another(tmp_path: Path) -> None:
    cohorts = replace(event_study(), name="b", estimates=event_study().estimates.with_columns(cohort=2014))
    write_results([did("a"), cohorts], tmp_path / "e.parquet")
    first, second = read_results(tmp_path / "e.parquet")
    assert "cohort" not in first.estimates.columns
    assert "cohort" in second.estimates.columns


def test_statistics_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    result = replace(did(), statistics={"n": 3, "r2": float("nan"), "ar_conf_high": float("inf")})
    write_results([result], tmp_path / "e.parquet")
    assert read_results(tmp_path / "e.parquet")[0].statistics == {"n": 3, "r2": None, "ar_conf_high": None}
