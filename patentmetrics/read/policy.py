"""Policy documents (政策文本, 政府工作报告) from a folder of .txt and .docx files into a corpus."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.core.files import existing_folder, sha256_of
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Corpus
from patentmetrics.read.encoding import decode_file
from patentmetrics.read.word import read_word

# 成都_2024, 2024年成都, 成都（2024）, 2025年上海市政府工作报告, 成都: a year anywhere, and the place
DEFAULT_PATTERN = (
    r"(?=(?:.*?(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d))?)"
    r"[\s_\-(]*(?:\d{4}\s*年?度?)?[\s_\-()]*"
    r"(?!(?:人民)?政府|工作报告)(?P<place>[^\d\s_\-().年度][^\d_\-().]*?)\s*"
    r"(?:(?:人民)?政府)?\s*(?:工作报告)?(?:全文)?"
    r"(?:\s*[\d_\-().年].*)?"
)
POLICY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "document_id": pl.String,
    "place": pl.String,
    "year": pl.Int32,
    "text": pl.String,
    "file": pl.String,
    "encoding": pl.String,
}
_REJECTED_FILES = {"file": pl.String, "reason": pl.String, "value": pl.String}
_YEARS = range(1900, 2101)


@dataclass(frozen=True, kw_only=True)
class PolicyDocuments:
    """What came of reading a folder of policy documents.

    Parameters
    ----------
    corpus : Corpus
        ``document_id, place, year, text, file, encoding``; the key is ``document_id``, the file's name
        without its ending; (place, year) is unique too.
    rejected : polars.DataFrame
        ``file, reason, value``.
    counts : dict
        ``files_in, files_out, files_rejected, rejected`` (by reason), ``ignored`` (names of files that are
        neither .txt nor .docx, and of folders), ``encodings``.
    """

    corpus: Corpus
    rejected: pl.DataFrame
    counts: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    """Why a file is not taken."""

    reason: str
    value: str | None = None


def read_policy_folder(
    folder: Path | str,
    *,
    pattern: str = DEFAULT_PATTERN,
    encoding: str | None = None,
    year: int | None = None,
    progress: Progress = silent,
) -> PolicyDocuments:
    """Read the .txt and .docx files of a folder, with place and year from their names (读取政策文本).

    Parameters
    ----------
    folder : Path or str
        Read in the order of file names; folders inside it are not entered.
    pattern : str
        A regular expression with the groups ``place`` and, if names hold it, ``year``. It must fit the whole
        file name without its ending, after full-width characters became half-width (NFKC). The default
        reads ``2025年上海市政府工作报告``, ``成都_2024``, ``2024成都``, ``成都``.
    encoding : str, optional
        Of the .txt files, see `patentmetrics.read.encoding.decode_file`.
    year : int, optional
        For files whose name holds no year.
    progress : Progress
        Called with stage ``read``, files done, files.

    Returns
    -------
    PolicyDocuments
        The place is as the name has it: 上海市 and 上海 are two. A file is rejected, with the reason, when
        its name does not fit, it has no year, cannot be read, holds no text, or repeats a place and year
        (the first in the order of names stays).

    Raises
    ------
    SettingError
        The pattern is malformed or lacks ``place``, or the year is not between 1900 and 2100.
    InputError
        The folder is missing, or holds no .txt or .docx file.
    DataError
        All files are rejected.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "成都_2024.txt").write_text("推动人工智能发展", encoding="utf-8")
    ...     documents = read_policy_folder(folder)
    >>> documents.corpus.frame.select("place", "year").rows()
    [('成都', 2024)]
    """
    compiled = _compiled(pattern)
    if year is not None and year not in _YEARS:
        raise SettingError("the year is out of range", where="year", got=year, allowed="1900 to 2100")
    folder = existing_folder(folder)
    files, ignored = _listed(folder)
    taken: list[dict[str, object]] = []
    rejected: list[dict[str, object]] = []
    seen: dict[tuple[object, object], str] = {}
    for done, path in enumerate(files):
        progress("read", done, len(files))
        document = _document(path, compiled, encoding, year)
        if isinstance(document, dict):
            first = seen.setdefault((document["place"], document["year"]), path.name)
            if first == path.name:
                taken.append(document)
                continue
            document = _Refusal(reason="the place and year were read before", value=f"from {first}")
        rejected.append({"file": path.name, "reason": document.reason, "value": document.value})
    progress("read", len(files), len(files))
    if not taken:
        raise DataError(
            f"all {len(files)} files are rejected",
            where=str(folder),
            got="; ".join(f"{one['file']}: {one['reason']}" for one in rejected[:3]),
            hint="if names hold no year, give it; if they are of another form, give a pattern",
        )
    counts: dict[str, object] = {
        "files_in": len(files),
        "files_out": len(taken),
        "files_rejected": len(rejected),
        "rejected": _counted(rejected, "reason"),
        "encodings": _counted(taken, "encoding"),
        "ignored": ignored,
    }
    made_by = provenance(
        "read policy documents",
        settings={"pattern": pattern, "encoding": encoding, "year": year},
        inputs={path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in files},
        counts={name: n for name, n in counts.items() if isinstance(n, int)} | {"ignored": len(ignored)},
    )
    return PolicyDocuments(
        corpus=Corpus(
            frame=pl.DataFrame(taken, schema=POLICY_SCHEMA),
            key="document_id",
            text=("text",),
            made_by=made_by,
        ),
        rejected=pl.DataFrame(rejected, schema=_REJECTED_FILES),
        counts=counts,
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SettingError(
            "the pattern is not a regular expression", where="pattern", got=pattern, hint=str(error)
        ) from error
    if "place" not in compiled.groupindex:
        raise SettingError(
            "the pattern has no group named place",
            where="pattern",
            got=pattern,
            hint=r"for 成都_2024.txt: (?P<place>[^_]+)_(?P<year>\d{4})",
        )
    return compiled


def _listed(folder: Path) -> tuple[list[Path], list[str]]:
    files: list[Path] = []
    ignored: list[str] = []
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        # Word leaves ~$name.docx beside a document that is open
        hidden = path.name.startswith((".", "~$"))
        if path.is_file() and not hidden and path.suffix.lower() in {".txt", ".docx"}:
            files.append(path)
        else:
            ignored.append(path.name)
    if not files:
        raise InputError(
            "the folder holds no .txt or .docx file",
            where=str(folder),
            got=", ".join(ignored[:5]) or "nothing",
            hint="save .doc, .pdf or .html files as .docx or .txt first" if ignored else None,
        )
    return files, ignored


def _place_and_year(stem: str, pattern: re.Pattern[str], year: int | None) -> tuple[str, int] | _Refusal:
    match = pattern.fullmatch(unicodedata.normalize("NFKC", stem))
    place = (match["place"] or "").strip() if match else ""
    if match is None or not place:
        return _Refusal(reason="the name does not fit the pattern")
    written = match["year"] if "year" in pattern.groupindex else None
    if written is None:
        if year is None:
            return _Refusal(reason="the name holds no year, and none was given")
        return place, year
    if not (written.isdecimal() and int(written) in _YEARS):
        return _Refusal(reason="the year is not between 1900 and 2100", value=written)
    return place, int(written)


def _document(
    path: Path, pattern: re.Pattern[str], encoding: str | None, year: int | None
) -> dict[str, object] | _Refusal:
    named = _place_and_year(path.stem, pattern, year)
    if isinstance(named, _Refusal):
        return named
    if path.stat().st_size == 0:
        return _Refusal(reason="the file is empty")
    try:
        text, used = _text(path, encoding)
    except InputError as error:
        return _Refusal(reason=error.what, value=error.details().get("got"))
    if not text.strip():
        return _Refusal(reason="no text")
    return {
        "document_id": path.stem,
        "place": named[0],
        "year": named[1],
        "text": text,
        "file": path.name,
        "encoding": used,
    }


def _text(path: Path, encoding: str | None) -> tuple[str, str]:
    if path.suffix.lower() == ".docx":
        return read_word(path), "docx"
    decoded = decode_file(path, encoding=encoding)
    return decoded.text, decoded.encoding


def _counted(rows: Sequence[dict[str, object]], name: str) -> dict[str, int]:
    values = sorted(str(row[name]) for row in rows)
    return {value: values.count(value) for value in dict.fromkeys(values)}
