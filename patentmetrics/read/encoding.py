"""Which encoding a text file is in (文件编码): decided strictly, or refused; nothing is ever replaced.

The order: a byte-order mark, else UTF-8, else GB18030. GB18030 contains GBK and GB2312, which fail on
about one in a hundred real Chinese documents and are therefore never used. GB18030 accepts many files
in other encodings without complaint (a Latin-1 ``é`` and the letter after it make a Han character), so a
file is taken for GB18030 only when most of what it gives are characters of GB2312, as in real Chinese.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from patentmetrics.core.errors import InputError, check_choice
from patentmetrics.core.files import existing_file

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "big5",
    "shift_jis",
    "cp1252",
)
# what people call GB18030; it contains them all
_CALLED_GB18030 = {"gbk", "gb2312", "cp936", "936", "gb-18030", "gb_18030", "ansi"}

_BINARY_BEGINNINGS = (
    (b"PK\x03\x04", "a zip archive, as .xlsx and .docx files are"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, as .xls and .doc files are"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
)
_SPREADSHEET_HINT = "if it is an Excel file, give it its real ending .xlsx, or save it as CSV UTF-8"
# a damaged UTF-8 file must not be tried as GB18030: this many multi-byte characters that are valid
# UTF-8 do not occur in GB18030 text
_SURELY_UTF8 = 8
_GB2312_SHARE = 0.9
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A file's text, the encoding it was in, and the SHA-256 of its bytes."""

    text: str
    encoding: str
    sha256: str


def decode_file(path: Path | str, *, encoding: str | None = None) -> Decoded:
    """Read a text file whole, in the encoding given or found.

    The file is held in memory, twice for a moment.

    Parameters
    ----------
    path : Path or str
        A text file.
    encoding : str, optional
        One of `ENCODINGS`; ``gbk`` and ``gb2312`` are read as ``gb18030``, which contains them. None
        looks for a byte-order mark, then tries UTF-8, then GB18030.

    Returns
    -------
    Decoded
        The text without its byte-order mark; line ends stay as they are.

    Raises
    ------
    InputError
        The file is missing, empty, binary, or has a byte that does not decode; the message names its
        offset (from 0) and line (from 1).
    SettingError
        The encoding is not one of `ENCODINGS`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.txt"
    ...     _ = path.write_bytes("太阳能电池的专利摘要".encode("gb18030"))
    ...     decode_file(path).encoding
    'gb18030'
    """
    path = existing_file(path)
    return decode_bytes(path.read_bytes(), where=str(path), encoding=encoding)


def decode_bytes(data: bytes, *, where: str, encoding: str | None = None) -> Decoded:
    """Decode the bytes of a text file; see `decode_file`.

    Examples
    --------
    >>> decode_bytes("摘要".encode(), where="a.txt").text
    '摘要'
    """
    name = None if encoding is None else _standard_name(encoding)
    _refuse_binary(data, where, name)
    if name is not None:
        text, used = _decode_as(data, name, where)
    elif data.startswith(b"\xef\xbb\xbf"):
        text, used = _strict(data, "utf-8-sig", where), "utf-8-sig"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, used = _strict(data, "utf-16", where), "utf-16"
    else:
        text, used = _utf8_or_gb18030(data, where)
    control = len(_CONTROL.findall(text))
    if "\x00" in text or control > max(8, len(text) // 100):
        raise InputError("this is a binary file, not text", where=where, hint=_SPREADSHEET_HINT)
    return Decoded(text=text, encoding=used, sha256=hashlib.sha256(data).hexdigest())


def _standard_name(encoding: str) -> str:
    name = encoding.strip().lower().replace("_", "-")
    if name in _CALLED_GB18030:
        return "gb18030"
    name = {"utf8": "utf-8", "utf-8-bom": "utf-8-sig", "utf16": "utf-16", "shift-jis": "shift_jis"}.get(
        name, name
    )
    check_choice(name, ENCODINGS, argument="encoding")
    return name


def _refuse_binary(data: bytes, where: str, encoding: str | None) -> None:
    for beginning, kind in _BINARY_BEGINNINGS:
        if data.startswith(beginning):
            raise InputError(
                "this is a binary file, not text",
                where=where,
                got=kind,
                hint=_SPREADSHEET_HINT if beginning[:2] in {b"PK", b"\xd0\xcf"} else None,
            )
    if data.startswith(b"PAR1") and data.endswith(b"PAR1"):
        raise InputError(
            "this is a binary file, not text",
            where=where,
            got="Parquet",
            hint="give it its real ending .parquet",
        )
    wide = (encoding or "").startswith("utf-16") or data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\x00" in data:
        raise InputError(
            "this is a binary file, not text",
            where=where,
            got=f"a NUL byte at offset {data.index(0)}",
            hint="if it is UTF-16 without a byte-order mark, give the encoding utf-16-le or utf-16-be",
        )


def _decode_as(data: bytes, name: str, where: str) -> tuple[str, str]:
    if name in {"utf-8", "utf-8-sig"}:
        # with or without its mark: it must not end up in the name of the first column
        used = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
        return _strict(data, used, where), used
    if not name.startswith("utf-16"):
        _refuse_utf8(data, name, where)
    return _strict(data, name, where).removeprefix("\ufeff"), name


def _refuse_utf8(data: bytes, name: str, where: str) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if data.startswith(b"\xef\xbb\xbf") or _beyond_ascii(text) >= _SURELY_UTF8:
        raise InputError(
            "the file is UTF-8, and another encoding was given",
            where=where,
            got=name,
            hint="leave the encoding out: UTF-8 is recognised",
        )


def _strict(data: bytes, name: str, where: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error, name, where) from error


def _utf8_or_gb18030(data: bytes, where: str) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _beyond_ascii(data[: error.start].decode("utf-8")) >= _SURELY_UTF8:
            raise _undecodable(data, error, "UTF-8", where) from error
        as_utf8 = error
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is neither UTF-8 nor GB18030 throughout",
            where=f"{where}, line {_line(data, error.start)}",
            got=f"byte 0x{data[error.start]:02x} at offset {error.start} is not GB18030, "
            f"byte 0x{data[as_utf8.start]:02x} at offset {as_utf8.start} is not UTF-8",
            hint="give its encoding, or save it again as UTF-8",
        ) from error
    characters = _beyond_ascii(text)
    common = text.encode("gb2312", errors="ignore")
    if sum(byte >= 0x80 for byte in common) // 2 < _GB2312_SHARE * characters:
        raise InputError(
            "the file is not UTF-8, and its text does not look Chinese enough to be taken for GB18030",
            where=f"{where}, line {_line(data, as_utf8.start)}",
            got=f"byte 0x{data[as_utf8.start]:02x} at offset {as_utf8.start}",
            allowed=ENCODINGS,
            hint="give its encoding, or save it again as UTF-8",
        )
    return text, "gb18030"


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", errors="ignore"))


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _undecodable(data: bytes, error: UnicodeDecodeError, name: str, where: str) -> InputError:
    byte = f"byte 0x{data[error.start]:02x} at offset {error.start}" if error.start < len(data) else "its end"
    return InputError(
        f"the file does not decode as {name}",
        where=f"{where}, line {_line(data, error.start)}",
        got=f"{byte}: {error.reason}",
        hint="the file is damaged there, or in another encoding; nothing is replaced silently",
    )
