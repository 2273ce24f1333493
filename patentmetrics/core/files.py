"""Files: written whole or not at all, named by their hash, never outside their folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from patentmetrics.core.errors import InputError, OutputError, near_names

JsonObject = dict[str, object]


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; sync and rename it to ``path`` when the block ends well.

    A run that fails or is killed inside the block leaves ``path`` as it was.

    Raises
    ------
    OutputError
        The folder does not exist, or cannot be written.
    """
    path = Path(path)
    check_output(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError("the file cannot be written", where=str(path), got=error.strerror) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_written_whole(path: Path, *, marker: str = "manifest.json") -> Iterator[Path]:
    """Give a temporary folder to fill; rename it to ``path`` when the block ends well.

    An existing ``path`` is replaced only when it is empty or holds ``marker``, that is, when an
    earlier run of ours made it: nobody's documents are deleted by a mistyped option.
    """
    path = Path(path)
    check_output_folder(path, marker=marker)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        temporary.mkdir()
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        raise OutputError("the folder cannot be written", where=str(path), got=error.strerror) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_output_folder(path: Path, *, marker: str = "manifest.json") -> None:
    """Raise `OutputError` unless ``path`` can be made, or replaced: see `folder_written_whole`."""
    check_output(path)
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or (path / marker).is_file())):
        raise OutputError(
            "the output folder exists and was not made by an earlier run",
            where=str(path),
            hint="name a new folder, or empty this one",
        )


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, line ends as they are, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path, content: object) -> None:
    """Write JSON, keys sorted, Chinese left readable, whole or not at all."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> JsonObject:
    """Read a JSON object."""
    try:
        content = json.loads(existing_file(path).read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("the file is not JSON", where=str(path), got=str(error)) from error
    if not isinstance(content, dict):
        raise InputError("the file holds no JSON object", where=str(path))
    return content


def existing_file(path: Path | str) -> Path:
    """Give ``path`` when it is a file with something in it."""
    path = Path(path)
    if path.is_dir():
        raise InputError("a file was expected, and this is a folder", where=str(path))
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), hint=_neighbours(path))
    if path.stat().st_size == 0:
        raise InputError("the file is empty", where=str(path))
    return path


def existing_folder(path: Path | str) -> Path:
    """Give ``path`` when it is a folder."""
    path = Path(path)
    if not path.is_dir():
        raise InputError("there is no such folder", where=str(path), hint=_neighbours(path))
    return path


def inside(folder: Path, name: str) -> Path:
    """Join a name from a file to its folder; refuse one that leaves the folder.

    Examples
    --------
    >>> inside(Path("study"), "data/a.csv").as_posix()
    'study/data/a.csv'
    """
    joined = folder / name
    if not joined.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            "a path leads out of its folder",
            where=str(folder),
            got=name,
            hint="move the file into the folder, or start from a folder above both",
        )
    return joined


def sha256_of(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_output(path: Path) -> None:
    """Raise `OutputError` unless a file or folder can be made at ``path``: before long work, not after.

    Examples
    --------
    >>> check_output(Path("results"))
    """
    if not path.parent.is_dir():
        raise OutputError(
            "the folder to write into does not exist", where=str(path.parent), hint="make it first"
        )
    if not os.access(path.parent, os.W_OK):
        raise OutputError("the folder cannot be written to", where=str(path.parent))


def _neighbours(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist either"
    return near_names(path.name, (one.name for one in path.parent.iterdir()))
