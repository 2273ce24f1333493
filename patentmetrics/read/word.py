"""The text of a Word file (.docx), in reading order."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file

# a report is some hundred kilobytes unpacked; a zip bomb is gigabytes
LARGEST_UNPACKED = 100 * 2**20

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _TEXT, _TAB = f"{_W}p", f"{_W}t", f"{_W}tab"
_BREAKS = (f"{_W}br", f"{_W}cr")
# tab stops of a paragraph are also called tab; text that was moved away; the copy of a drawing for old Word
_SKIPPED = (
    f"{_W}pPr",
    f"{_W}moveFrom",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
)


class _Element(Protocol):
    @property
    def tag(self) -> object: ...
    @property
    def text(self) -> str | None: ...
    def __iter__(self) -> Iterator[_Element]: ...


def read_word(path: Path | str) -> str:
    """Read the paragraphs and tables of a .docx, one line a paragraph, in reading order.

    The body is read with its tables (also tables in tables), text boxes, links and inserted text; not
    headers, footers, footnotes, comments, deleted text.

    Raises
    ------
    InputError
        The file is missing, empty, no Word file, protected, cut off, or unpacks to more than
        `LARGEST_UNPACKED` bytes.

    Examples
    --------
    >>> import tempfile, docx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.docx"
    ...     document = docx.Document()
    ...     _ = document.add_paragraph("政府工作报告")
    ...     document.save(str(path))
    ...     read_word(path)
    '政府工作报告'
    """
    path = existing_file(path)
    _refuse_bomb(path)
    import docx
    from docx.opc.exceptions import OpcError

    try:
        body: _Element = docx.Document(str(path)).element.body
    except (
        OpcError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        KeyError,  # a part that others refer to is missing
        ValueError,  # another Office file: .xlsx, .dotx
        SyntaxError,  # malformed XML: lxml's errors are of this kind
        AttributeError,  # a document without a body
        RuntimeError,  # an encrypted archive
    ) as error:
        raise _not_word(path, error) from error
    return "\n".join(line for line in _lines(body) if line.strip())


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            # unpacking stops at the size declared here, so it can be trusted
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _not_word(path, error) from error
    if unpacked > LARGEST_UNPACKED:
        raise InputError(
            "the Word file unpacks to more than is sane",
            where=str(path),
            got=f"{unpacked:,} bytes",
            allowed=f"{LARGEST_UNPACKED:,} bytes",
        )


def _not_word(path: Path, error: Exception) -> InputError:
    return InputError(
        "the file is not readable Word: it may be cut off, protected, or of another kind",
        where=str(path),
        got=f"{type(error).__name__}: {error}".splitlines()[0].replace(str(path), path.name),
        hint="open it in Word and save it again as .docx",
    )


def _lines(body: _Element) -> list[str]:
    """Collect the text of each paragraph; a paragraph in a text box follows the one that holds it."""
    lines: list[str] = []

    def paragraph(element: _Element) -> None:
        place = len(lines)
        lines.append("")
        pieces: list[str] = []
        walk(element, pieces)
        lines[place] = "".join(pieces)

    def walk(element: _Element, pieces: list[str]) -> None:
        for child in element:
            if child.tag == _PARAGRAPH:
                paragraph(child)
            elif child.tag == _TEXT:
                pieces.append(child.text or "")
            elif child.tag == _TAB:
                pieces.append("\t")
            elif child.tag in _BREAKS:
                pieces.append("\n")
            elif child.tag not in _SKIPPED:
                walk(child, pieces)

    walk(body, [])
    return lines
