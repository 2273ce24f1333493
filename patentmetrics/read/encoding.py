"""Which encoding a text file is in (文件编码): decided strictly, or refused; nothing is ever replaced.

The order: a byte-order mark, else UTF-8, else GB18030. GB18030 contains GBK and GB2312, which fail on
about one in a hundred real Chinese documents and are therefore never used. GB18030 accepts many files
in other encodings without complaint (a Latin-1 ``é`` and the letter after it make a Han character), so a
file is taken for GB18030 only when most of what it gives are characters of GB2312, as in real Chinese.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator
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


# read and decoded at once: files of any size are examined in this much memory, times a few
_CHUNK = 4 * 1024 * 1024

# a source of bytes that can be gone through more than once
Chunks = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A file's text, the encoding it was in, and the SHA-256 of its bytes."""

    text: str
    encoding: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Examined:
    """The encoding that a whole text file was found to be in, and the SHA-256 of its bytes."""

    encoding: str
    sha256: str


def examine_file(path: Path | str, *, encoding: str | None = None) -> Examined:
    """Find the encoding of a text file, by decoding all of it, in a few megabytes of memory.

    Parameters
    ----------
    path : Path or str
        A text file.
    encoding : str, optional
        As for `decode_file`.

    Raises
    ------
    InputError, SettingError
        As for `decode_file`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.txt"
    ...     _ = path.write_bytes("太阳能电池的专利摘要".encode("gb18030"))
    ...     examine_file(path).encoding
    'gb18030'
    """
    path = existing_file(path)

    def chunks() -> Iterator[bytes]:
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                yield chunk

    return _examine(chunks, str(path), encoding)


def decode_file(path: Path | str, *, encoding: str | None = None) -> Decoded:
    """Read a text file whole, in the encoding given or found.

    The file is held in memory, twice for a moment; `examine_file` only looks.

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

    def chunks() -> Iterator[bytes]:
        return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))

    found = _examine(chunks, where, encoding)
    text = data.decode(found.encoding).removeprefix("\ufeff")
    return Decoded(text=text, encoding=found.encoding, sha256=found.sha256)


@dataclass(frozen=True, kw_only=True)
class _Bytes:
    """What a file's bytes show before they are decoded."""

    beginning: bytes
    ending: bytes
    nul: int | None
    sha256: str

    @property
    def wide(self) -> bool:
        return self.beginning.startswith((b"\xff\xfe", b"\xfe\xff"))

    @property
    def marked(self) -> bool:
        return self.beginning.startswith(b"\xef\xbb\xbf")


@dataclass(frozen=True, kw_only=True)
class _Text:
    """What decoding a file showed: how much text, of which kind, and where it went wrong."""

    characters: int
    beyond_ascii: int
    gb2312: int
    control: int
    nul: bool
    offset: int | None
    line: int
    got: str
    reason: str


def _examine(chunks: Chunks, where: str, encoding: str | None) -> Examined:
    name = None if encoding is None else _standard_name(encoding)
    seen = _look(chunks)
    _refuse_binary(seen, where, name)
    if name is not None:
        text, used = _decode_as(chunks, seen, name, where)
    elif seen.marked:
        text, used = _strict(chunks, "utf-8-sig", where), "utf-8-sig"
    elif seen.wide:
        text, used = _strict(chunks, "utf-16", where), "utf-16"
    else:
        text, used = _utf8_or_gb18030(chunks, where)
    if text.nul or text.control > max(8, text.characters // 100):
        raise InputError("this is a binary file, not text", where=where, hint=_SPREADSHEET_HINT)
    return Examined(encoding=used, sha256=seen.sha256)


def _look(chunks: Chunks) -> _Bytes:
    digest = hashlib.sha256()
    beginning = ending = b""
    nul: int | None = None
    length = 0
    for chunk in chunks():
        digest.update(chunk)
        if len(beginning) < 16:
            beginning += chunk[: 16 - len(beginning)]
        if nul is None and b"\x00" in chunk:
            nul = length + chunk.index(0)
        length += len(chunk)
        ending = (ending + chunk[-4:])[-4:]
    return _Bytes(beginning=beginning, ending=ending, nul=nul, sha256=digest.hexdigest())


def _decoded(chunks: Chunks, name: str) -> _Text:
    """Decode piece by piece and count; stop at the first byte that does not decode."""
    # a byte-order mark of UTF-8 counts as a character here: offsets stay those of the file
    decoder = codecs.getincrementaldecoder(_plain_name(name))("strict")
    characters = beyond = gb2312 = control = done = lines = 0
    nul = False
    offset: int | None = None
    got = reason = ""

    def count(text: str) -> None:
        nonlocal characters, beyond, gb2312, control, nul
        characters += len(text)
        control += len(_CONTROL.findall(text))
        nul = nul or "\x00" in text
        if not text.isascii():
            plain = len(text.encode("ascii", errors="ignore"))
            beyond += len(text) - plain
            if name == "gb18030":
                # each character of GB2312 beyond ASCII is two bytes
                gb2312 += (len(text.encode("gb2312", errors="ignore")) - plain) // 2

    for chunk, last in _with_last(chunks()):
        pending = decoder.getstate()[0]
        data = pending + chunk
        begins = done - len(pending)
        try:
            count(decoder.decode(chunk, final=last))
        except UnicodeDecodeError as error:
            count(data[: error.start].decode(_plain_name(name), errors="ignore"))
            offset = begins + error.start
            lines += data.count(b"\n", len(pending), error.start)
            got = (
                f"byte 0x{data[error.start]:02x} at offset {offset}" if error.start < len(data) else "its end"
            )
            reason = error.reason
            break
        done += len(chunk)
        lines += chunk.count(b"\n")
    return _Text(
        characters=characters,
        beyond_ascii=beyond,
        gb2312=gb2312,
        control=control,
        nul=nul,
        offset=offset,
        line=lines + 1,
        got=got,
        reason=reason,
    )


def _plain_name(name: str) -> str:
    return "utf-8" if name == "utf-8-sig" else name


def _with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    before: bytes | None = None
    for chunk in chunks:
        if before is not None:
            yield before, False
        before = chunk
    yield before or b"", True


def _standard_name(encoding: str) -> str:
    name = encoding.strip().lower().replace("_", "-")
    if name in _CALLED_GB18030:
        return "gb18030"
    name = {"utf8": "utf-8", "utf-8-bom": "utf-8-sig", "utf16": "utf-16", "shift-jis": "shift_jis"}.get(
        name, name
    )
    check_choice(name, ENCODINGS, argument="encoding")
    return name


def _refuse_binary(seen: _Bytes, where: str, encoding: str | None) -> None:
    for beginning, kind in _BINARY_BEGINNINGS:
        if seen.beginning.startswith(beginning):
            raise InputError(
                "this is a binary file, not text",
                where=where,
                got=kind,
                hint=_SPREADSHEET_HINT if beginning[:2] in {b"PK", b"\xd0\xcf"} else None,
            )
    if seen.beginning.startswith(b"PAR1") and seen.ending == b"PAR1":
        raise InputError(
            "this is a binary file, not text",
            where=where,
            got="Parquet",
            hint="give it its real ending .parquet",
        )
    wide = (encoding or "").startswith("utf-16") or seen.wide
    if not wide and seen.nul is not None:
        raise InputError(
            "this is a binary file, not text",
            where=where,
            got=f"a NUL byte at offset {seen.nul}",
            hint="if it is UTF-16 without a byte-order mark, give the encoding utf-16-le or utf-16-be",
        )


def _decode_as(chunks: Chunks, seen: _Bytes, name: str, where: str) -> tuple[_Text, str]:
    if name in {"utf-8", "utf-8-sig"}:
        # with or without its mark: it must not end up in the name of the first column
        used = "utf-8-sig" if seen.marked else "utf-8"
        return _strict(chunks, used, where), used
    if not name.startswith("utf-16"):
        _refuse_utf8(chunks, seen, name, where)
    return _strict(chunks, name, where), name


def _refuse_utf8(chunks: Chunks, seen: _Bytes, name: str, where: str) -> None:
    text = _decoded(chunks, "utf-8")
    if text.offset is None and (seen.marked or text.beyond_ascii >= _SURELY_UTF8):
        raise InputError(
            "the file is UTF-8, and another encoding was given",
            where=where,
            got=name,
            hint="leave the encoding out: UTF-8 is recognised",
        )


def _strict(chunks: Chunks, name: str, where: str) -> _Text:
    text = _decoded(chunks, name)
    if text.offset is not None:
        raise _undecodable(text, name, where)
    return text


def _utf8_or_gb18030(chunks: Chunks, where: str) -> tuple[_Text, str]:
    as_utf8 = _decoded(chunks, "utf-8")
    if as_utf8.offset is None:
        return as_utf8, "utf-8"
    if as_utf8.beyond_ascii >= _SURELY_UTF8:
        raise _undecodable(as_utf8, "UTF-8", where)
    text = _decoded(chunks, "gb18030")
    if text.offset is not None:
        raise InputError(
            "the file is neither UTF-8 nor GB18030 throughout",
            where=f"{where}, line {text.line}",
            got=f"{text.got} is not GB18030, {as_utf8.got} is not UTF-8",
            hint="give its encoding, or save it again as UTF-8",
        )
    if text.gb2312 < _GB2312_SHARE * text.beyond_ascii:
        raise InputError(
            "the file is not UTF-8, and its text does not look Chinese enough to be taken for GB18030",
            where=f"{where}, line {as_utf8.line}",
            got=as_utf8.got,
            allowed=ENCODINGS,
            hint="give its encoding, or save it again as UTF-8",
        )
    return text, "gb18030"


def _undecodable(text: _Text, name: str, where: str) -> InputError:
    return InputError(
        f"the file does not decode as {name}",
        where=f"{where}, line {text.line}",
        got=f"{text.got}: {text.reason}",
        hint="the file is damaged there, or in another encoding; nothing is replaced silently",
    )
