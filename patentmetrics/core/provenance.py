"""What made an output: settings, versions, hashes. Every output carries it.

A `Provenance` is a plain dictionary of JSON values. Frames carry it in the metadata of their Parquet
file under the key ``patentmetrics``; folders carry it in ``manifest.json``. It holds no clock times and
no paths of a machine, so the same work gives the same bytes.
"""

from __future__ import annotations

import json
import platform
import re
from importlib import metadata
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file, sha256_of, written_whole

Provenance = dict[str, object]
KEY = "patentmetrics"


def provenance(
    step: str,
    *,
    settings: dict[str, object],
    inputs: dict[str, object] | None = None,
    counts: dict[str, int] | None = None,
) -> Provenance:
    """Describe a step: its name, settings, inputs (by name: a hash, or their own provenance), counts.

    Examples
    --------
    >>> provenance("score", settings={"backward": 5})["settings"]
    {'backward': 5}
    """
    return {
        "step": step,
        "package": f"patentmetrics {metadata.version('patentmetrics')}",
        "settings": settings,
        "inputs": inputs or {},
        "counts": counts or {},
    }


def file_identity(path: Path) -> dict[str, object]:
    """Name a file by its name, size and hash, not by where it lies."""
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def is_simulated(made_by: object) -> bool:
    """Say whether a provenance, or that of any input in it, is of a simulation.

    Examples
    --------
    >>> is_simulated({"inputs": {"counts": {"settings": {"simulated": True}}}})
    True
    """
    if isinstance(made_by, dict):
        return made_by.get("simulated") is True or any(is_simulated(one) for one in made_by.values())
    return isinstance(made_by, list | tuple) and any(is_simulated(one) for one in made_by)


def library_versions() -> dict[str, str]:
    """Give the versions of Python and of the libraries that this package asks for, where installed."""
    versions = {"python": platform.python_version(), "patentmetrics": metadata.version("patentmetrics")}
    for requirement in metadata.requires("patentmetrics") or []:
        name = re.split(r"[^A-Za-z0-9_-]", requirement, maxsplit=1)[0]
        # what only developers need computes nothing
        if "extra == 'dev'" in requirement.replace('"', "'"):
            continue
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return dict(sorted(versions.items()))


def write_frame(frame: pl.DataFrame, path: Path, made_by: Provenance) -> None:
    """Write a frame to Parquet with its provenance in the file's metadata.

    The same frame and provenance give the same bytes.
    """
    with written_whole(Path(path)) as temporary:
        frame.write_parquet(
            temporary,
            compression="zstd",
            metadata={KEY: json.dumps(made_by, ensure_ascii=False, sort_keys=True)},
        )


def read_frame(path: Path) -> tuple[pl.DataFrame, Provenance]:
    """Read a Parquet frame and its provenance (empty when the file is not one of ours).

    Raises
    ------
    InputError
        The file is missing, empty, not Parquet, or cut off.
    """
    path = existing_file(path)
    try:
        frame = pl.read_parquet(path)
        text = pl.read_parquet_metadata(path).get(KEY)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            "the file is not readable Parquet: it may be cut off, or of another kind",
            where=str(path),
            got=str(error).splitlines()[0],
            hint="make it again, or copy it again; for CSV or Excel use `patentmetrics ingest csv`",
        ) from error
    return frame, json.loads(text) if text else {}
