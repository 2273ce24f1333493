"""The files of a folder that hold documents, in the order of their paths, and those that do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patentmetrics.core.errors import InputError
from patentmetrics.read.documents import ENDINGS


@dataclass(frozen=True, kw_only=True)
class DocumentFile:
    """A file to read: where it lies, and its path within the folder."""

    path: Path
    name: PurePosixPath


def document_files(
    folder: Path, *, recursive: bool = False, table: Path | None = None
) -> tuple[list[DocumentFile], list[str]]:
    """List the files of documents in a folder, and the names of all others.

    Hidden files, and the table of places, are none.

    Raises
    ------
    InputError
        There is none.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("b.txt", "a.pdf", "notes.md"):
    ...         _ = (Path(folder) / name).write_text("a", encoding="utf-8")
    ...     files, others = document_files(Path(folder))
    >>> [file.name.name for file in files], others
    (['a.pdf', 'b.txt'], ['notes.md'])
    """
    files: list[DocumentFile] = []
    ignored: list[str] = []
    left_out = table.resolve() if table else None
    for name in sorted(_names(folder, recursive=recursive), key=lambda one: one.parts):
        path = folder / name
        # Word leaves ~$name.docx beside a document that is open
        hidden = any(part.startswith((".", "~$")) for part in name.parts)
        if path.is_file() and not hidden and path.suffix.lower() in ENDINGS:
            if path.resolve() != left_out:
                files.append(DocumentFile(path=path, name=name))
        else:
            ignored.append(name.as_posix())
    if not files:
        raise InputError(
            f"the folder holds no document ({' '.join(ENDINGS)})",
            where=str(folder),
            got=", ".join(ignored[:5]) or "nothing",
            hint=_none_found(folder, recursive=recursive, ignored=ignored),
        )
    return files, ignored


def _names(folder: Path, *, recursive: bool) -> Iterator[PurePosixPath]:
    if not recursive:
        yield from (PurePosixPath(one.name) for one in folder.iterdir())
        return
    for parent, _, names in os.walk(folder):
        inside = Path(parent).relative_to(folder)
        yield from (PurePosixPath((inside / name).as_posix()) for name in names)


def _none_found(folder: Path, *, recursive: bool, ignored: list[str]) -> str | None:
    if not recursive and any((folder / name).is_dir() for name in ignored):
        return "there are folders inside: read with recursive"
    return "save .doc, .wps and .rtf files as .docx or .txt first" if ignored else None
