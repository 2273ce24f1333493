"""The folder of a counted corpus that is being written: what survives a kill, and how it is taken up.

    counts.part/             beside the output, while the work lasts
      run.json               what is being written: settings, parts, terms
      journal/1998-000.json  each block that is done, with its hash
      unfinished/1998-001…/  a block that is being written
      spilled/               rows on the way from one block to others, where they are ordered anew
      counts/                the output to be
      replaced/              an earlier output, until the new one is in its place

A block is written, synced, renamed into ``counts/`` and only then recorded. The next run of the same
work takes the recorded blocks whose hash still fits, and makes the others. Two runs at once into one output
are not provided for.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from patentmetrics.core.errors import InputError, OutputError
from patentmetrics.core.files import read_json, sha256_of, write_json
from patentmetrics.core.types import Block
from patentmetrics.counted.format import Batch, block_name, write_block

RUN = "run.json"  # what is being written: the last file of a folder that has begun
FOLDERS = ("counts", "journal", "unfinished", "spilled", "replaced")


def begin(work: Path, output: Path, identity: dict[str, object]) -> bool:
    """Prepare the folder of the work, or take up what is there; True when only `finish` is left.

    Parameters
    ----------
    work, output : Path
        The folder of the work, and the corpus that comes of it.
    identity : dict
        JSON values that say what is being written.

    Raises
    ------
    OutputError
        The folder is of other work, or is not ours.
    """
    # counts/ is older than run.json; where it is gone, it has become the output
    if claim(work, identity) and not (work / "counts").is_dir() and (output / "manifest.json").is_file():
        return True
    shutil.rmtree(work / "unfinished", ignore_errors=True)
    for name in ("counts/blocks", "journal", "unfinished", "spilled"):
        (work / name).mkdir(parents=True, exist_ok=True)
    for halfway in list(work.rglob(".*.part")):
        halfway.unlink()
    write_json(work / RUN, identity)
    return False


def claim(work: Path, identity: dict[str, object]) -> bool:
    """Say whether a folder holds this work; what a run left that was killed before it began is deleted.

    Raises
    ------
    OutputError
        It holds other work, or is not ours.
    """
    if (work / RUN).is_file():
        before = read_json(work / RUN)
        if before != identity:
            raise OutputError(
                "there is unfinished work with other settings",
                where=str(work),
                got=f"another {', '.join(_differences(before, identity))}",
                hint="finish it with the settings it was begun with, delete it, or name another output",
            )
        return True
    if work.is_dir() and not all(_is_ours(one.name) for one in work.iterdir()):
        raise OutputError(
            "the folder for unfinished work exists and is not of an earlier run",
            where=str(work),
            hint="name another output, or move this folder away",
        )
    shutil.rmtree(work, ignore_errors=True)
    return False


def recorded(work: Path, *, year: int, part: int, base: int | None = None) -> Block | None:
    """Give a block that an earlier run finished, if it is still as it was written."""
    record = _record(work, year, part, base)
    if not record.is_file():
        return None
    try:
        block = Block(**read_json(record))  # type: ignore[arg-type]  # a damaged record is caught below
    except (InputError, TypeError):
        return None
    path = work / "counts" / block.name
    return block if path.is_file() and sha256_of(path) == block.sha256 else None


def write_recorded(
    work: Path, *, year: int, part: int, batches: list[Batch], base: int | None = None
) -> Block:
    """Write a block under a temporary name, sync it, rename it, record it."""
    record = _record(work, year, part, base)
    # a name of its own: a worker that was given up for dead may still be writing the same block
    temporary = work / "unfinished" / f"{record.stem}.{secrets.token_hex(4)}"
    (temporary / "blocks").mkdir(parents=True)
    block = write_block(temporary, year=year, part=part, batches=batches, base=base)
    with (temporary / block.name).open("rb") as handle:
        os.fsync(handle.fileno())
    (temporary / block.name).replace(work / "counts" / block.name)
    write_json(record, asdict(block))
    shutil.rmtree(temporary)
    return block


def finish(work: Path, output: Path) -> None:
    """Put the finished corpus in its place and clear up; a kill between any two steps does no harm."""
    if (work / "counts").is_dir():
        if output.exists():
            shutil.rmtree(work / "replaced", ignore_errors=True)
            output.replace(work / "replaced")
        (work / "counts").replace(output)
    # run.json goes last: while it is there, the next run knows that the output is whole
    for name in FOLDERS:
        shutil.rmtree(work / name, ignore_errors=True)
    shutil.rmtree(work)


@contextlib.contextmanager
def refusals_explained(where: Path) -> Iterator[None]:
    """Turn a refusal of the system, say a full disk, into an error that says how to go on.

    Raises
    ------
    OutputError
        Writing failed inside the block.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            "the counted corpus cannot be written",
            where=str(where),
            got=error.strerror or str(error),
            hint="put that right and run the same command again: it goes on where it stopped",
        ) from error


def _record(work: Path, year: int, part: int, base: int | None) -> Path:
    return work / "journal" / f"{Path(block_name(year=year, part=part, base=base)).stem}.json"


def _is_ours(name: str) -> bool:
    return name in FOLDERS or name.startswith(f".{RUN}.")


def _differences(before: object, now: object, name: str = "") -> list[str]:
    """Name what differs, at any depth."""
    if before == now:
        return []
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [name]
    return [
        found for key in sorted({*before, *now}) for found in _differences(before.get(key), now.get(key), key)
    ]
