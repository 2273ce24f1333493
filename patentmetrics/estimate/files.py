"""Write estimates to Parquet and read them back: the tidy frame, and all else about the model beside it."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from patentmetrics.core.errors import DataError, InputError
from patentmetrics.core.files import folder_written_whole, sha256_of
from patentmetrics.core.provenance import Provenance, provenance, read_frame, write_frame
from patentmetrics.core.types import Result

_ABOUT = (
    "name",
    "method",
    "citation",
    "statistics",
    "notes",
    "outcome",
    "fixed_effects",
    "simulated",
    "truth",
    "warnings",
    "settings",
)
_TUPLES = ("notes", "fixed_effects", "warnings")
# by which an earlier folder of ours is known: it may be replaced
_MARKER = "frames.parquet"


def frames_folder(path: Path | str) -> Path:
    """Give the folder of the further frames of a file of estimates.

    Examples
    --------
    >>> frames_folder("results/estimates.parquet").as_posix()
    'results/estimates.frames'
    """
    return Path(path).with_suffix(".frames")


def write_results(
    results: Sequence[Result], path: Path | str, *, inputs: dict[str, object] | None = None
) -> None:
    """Write models to one Parquet file: their estimates as rows, the rest in its metadata.

    Further frames (`Result.frames`: draws, weights, balance …) are Parquet files of their own in the folder
    `frames_folder`, with a list of them, ``frames.parquet``; without any there is no folder. The library's
    own objects are not written. Statistics that are not finite are written as missing. The same results
    give the same bytes.

    Parameters
    ----------
    results : sequence of Result
        The models, in the order of the table's columns.
    path : Path or str
        The file.
    inputs : dict, optional
        What they were made from: by name a hash, or the provenance of a panel.

    Raises
    ------
    DataError
        There are no models, or two have the same name.
    OutputError
        The file or the folder cannot be written, or the folder is not one of ours.
    """
    path = Path(path)
    names = [result.name for result in results]
    if not names or len(set(names)) < len(names):
        raise DataError(
            "each model needs a name of its own", where="models", got=", ".join(names) or "no model"
        )
    about: list[dict[str, Any]] = [
        {key: getattr(result, key) for key in _ABOUT}
        | {
            "statistics": _finite(result.statistics),
            "columns": [name for name in result.estimates.columns if name != "model"],
        }
        for result in results
    ]
    frames = _write_frames(results, frames_folder(path))
    made_by: Provenance = provenance("estimate", settings={}, inputs=inputs)
    made_by |= {"models": about, "simulated": any(result.simulated for result in results)}
    if frames:
        made_by["frames"] = frames
    estimates = [
        result.estimates.with_columns(pl.lit(result.name).alias("model")).select("model", pl.exclude("model"))
        for result in results
    ]
    write_frame(pl.concat(estimates, how="diagonal_relaxed"), path, made_by)


def read_results(path: Path | str) -> list[Result]:
    """Read the models that `write_results` wrote, with their frames; ``native`` is None.

    Raises
    ------
    InputError
        The file is no Parquet file, or holds no estimates of ours; a frame is missing beside it, or has
        changed since.
    """
    path = Path(path)
    frame, made_by = read_frame(path)
    models: Any = made_by.get("models")
    if not isinstance(models, list) or "model" not in frame.columns:
        raise InputError(
            "the file holds no estimates", where=str(path), hint="make it with `patentmetrics estimate`"
        )
    listed: Any = made_by.get("frames", [])
    results = []
    for at, about in enumerate(models):
        told = {key: about[key] for key in _ABOUT if key in about}
        told |= {key: tuple(told[key]) for key in _TUPLES if key in told}
        rows = frame.filter(pl.col("model") == about["name"])
        if "columns" in about:
            rows = rows.select("model", *about["columns"])
        elif "event_time" in rows.columns and rows["event_time"].null_count() == rows.height:
            rows = rows.drop("event_time")  # a file of an earlier version, that does not name its columns
        frames = {
            one["frame"]: _read_frame(frames_folder(path) / one["file"], one["sha256"])
            for one in listed
            if one["model"] == at
        }
        results.append(Result(estimates=rows, frames=frames, **told))
    return results


def _write_frames(results: Sequence[Result], folder: Path) -> list[dict[str, object]]:
    if not any(result.frames for result in results):
        if (folder / _MARKER).is_file():
            shutil.rmtree(folder)  # of an earlier run: it would seem to belong to this one
        return []
    listed: list[dict[str, object]] = []
    with folder_written_whole(folder, marker=_MARKER) as temporary:
        for at, result in enumerate(results):
            for frame, values in result.frames.items():
                file = f"{at + 1:02d}_{re.sub(r'[^A-Za-z0-9_]+', '_', frame)}.parquet"
                if any(one["file"] == file for one in listed):
                    file = f"{at + 1:02d}_{len(listed) + 1}.parquet"
                made_by = {"model": result.name, "frame": frame, "simulated": result.simulated}
                write_frame(values, temporary / file, made_by)
                listed.append(
                    {"model": at, "frame": frame, "file": file, "sha256": sha256_of(temporary / file)}
                )
        index = [one | {"model": results[int(str(one["model"]))].name} for one in listed]
        write_frame(pl.DataFrame(index), temporary / _MARKER, {})
    return listed


def _read_frame(path: Path, sha256: str) -> pl.DataFrame:
    frame = read_frame(path)[0]
    if sha256_of(path) != sha256:
        raise InputError(
            "a frame is not the one that was written with the estimates",
            where=str(path),
            hint="estimate again, or copy the file and its folder together",
        )
    return frame


def _finite(statistics: Mapping[str, float | int | str | None]) -> dict[str, float | int | str | None]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in statistics.items()
    }
