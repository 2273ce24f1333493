"""Write estimates to Parquet and read them back: the tidy frame, and all else about the model beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from patentmetrics.core.errors import DataError, InputError
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
)


def write_results(
    results: Sequence[Result], path: Path | str, *, inputs: dict[str, object] | None = None
) -> None:
    """Write models to one Parquet file: their estimates as rows, the rest in its metadata.

    The library's own objects are not written. The same results give the same bytes.

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
    """
    names = [result.name for result in results]
    if not names or len(set(names)) < len(names):
        raise DataError(
            "each model needs a name of its own", where="models", got=", ".join(names) or "no model"
        )
    about = [{key: getattr(result, key) for key in _ABOUT} for result in results]
    made_by: Provenance = provenance("estimate", settings={}, inputs=inputs)
    made_by |= {"models": about, "simulated": any(result.simulated for result in results)}
    write_frame(pl.concat([one.estimates for one in results], how="diagonal"), Path(path), made_by)


def read_results(path: Path | str) -> list[Result]:
    """Read the models that `write_results` wrote; ``native`` is None.

    Raises
    ------
    InputError
        The file is no Parquet file, or holds no estimates of ours.
    """
    frame, made_by = read_frame(Path(path))
    models: Any = made_by.get("models")
    if not isinstance(models, list) or "model" not in frame.columns:
        raise InputError(
            "the file holds no estimates", where=str(path), hint="make it with `patentmetrics estimate`"
        )
    results = []
    for about in models:
        told = about | {key: tuple(about[key]) for key in ("notes", "fixed_effects")}
        rows = frame.filter(pl.col("model") == about["name"])
        if "event_time" in rows.columns and rows["event_time"].null_count() == rows.height:
            rows = rows.drop("event_time")
        results.append(Result(estimates=rows, **told))
    return results
