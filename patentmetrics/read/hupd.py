"""The Harvard USPTO Patent Dataset: American applications, one JSON object each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file
from patentmetrics.core.progress import Progress, silent
from patentmetrics.read.cells import Table
from patentmetrics.read.pieces import FileInfo, Piece, Reading, file_labels, identifiers
from patentmetrics.read.rejections import rejections
from patentmetrics.read.source_list import SOURCES

LINES = (".jsonl", ".ndjson")
_BATCH = 5_000
# our column → their field
_FIELDS = {
    "application_number": "application_number",
    "publication_number": "publication_number",
    "publication_date": "date_published",
    "filing_date": "filing_date",
    "issue_date": "patent_issue_date",
    "title": "title",
    "abstract": "abstract",
    "claims": "claims",
    "legal_status": "decision",
    "ipc_main": "main_ipcr_label",
}
_LISTS = {"ipc": "ipcr_labels", "cpc": "cpc_labels"}


def hupd_pieces(paths: Sequence[Path], reading: Reading, *, progress: Progress = silent) -> Iterator[Piece]:
    """Read HUPD: JSON files of one application each, folders of them, or .jsonl with one a line.

    The application number names the patent, written ``US14/123456``. The decision (ACCEPTED, REJECTED,
    PENDING …) is the legal status. Background, summary and description are not taken. A file or line that
    is no JSON object is rejected. The files of a folder are read in the order of their names.

    Raises
    ------
    InputError
        A file is missing or of another kind, a folder holds no JSON.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "8914308.json"
    ...     _ = path.write_text('{"application_number": "8914308", "title": "Lamp"}', encoding="utf-8")
    ...     [piece.table.frame["title"].to_list() for piece in hupd_pieces([path], Reading())]
    [['Lamp']]
    """
    labels = file_labels(paths)
    number = next(iter(identifiers(SOURCES["hupd"], reading)))
    columns = (*_FIELDS, *_LISTS, "inventors")
    used = {"patent_id": number, **{ours: ours for ours in columns}}
    for done, (path, label) in enumerate(zip(paths, labels, strict=True)):
        progress("read", done, len(paths))
        digest = hashlib.sha256()
        size = 0
        records: list[dict[str, object]] = []
        origins: list[tuple[str, int]] = []
        bad: list[dict[str, object]] = []
        any_row = False
        for name, row, text in _texts(path, label):
            any_row = True
            size += len(text)
            # of a folder, the names belong to what is hashed
            digest.update(
                text if path.is_file() else f"{name}\0{hashlib.sha256(text).hexdigest()}\n".encode()
            )
            record, problem = _record(text)
            if record is None:
                bad.append(
                    {"file": name, "row": row, "reason": problem, "value": text[:80].decode(errors="replace")}
                )
            else:
                records.append(record)
                origins.append((name, row))
            if len(records) == _BATCH:
                yield _piece(records, origins, bad, used, ())
                records, origins, bad = [], [], []
        if not any_row:
            raise InputError("there is no JSON in it", where=str(path), allowed=(".json", *LINES))
        theirs = {"patent_id": _FIELDS[number], **_FIELDS, **_LISTS, "inventors": "inventor_list"}
        info = FileInfo(label=label, size=size, sha256=digest.hexdigest(), encoding="utf-8", columns=theirs)
        yield _piece(records, origins, bad, used, (info,))
    progress("read", len(paths), len(paths))


def _texts(path: Path, label: str) -> Iterator[tuple[str, int, bytes]]:
    """Give the JSON texts of a file or folder: the file's name, the row, the bytes."""
    if path.is_dir():
        for one in sorted(path.rglob("*.json")):
            if not one.name.startswith("."):
                yield one.relative_to(path).as_posix(), 1, one.read_bytes()
        return
    path = existing_file(path)
    if path.suffix.lower() in LINES:
        with path.open("rb") as handle:
            for row, line in enumerate(handle, start=1):
                if line.strip():
                    yield label, row, line
    elif path.suffix.lower() == ".json":
        yield label, 1, path.read_bytes()
    else:
        raise InputError(
            "the kind of file is not known by its ending",
            where=str(path),
            got=path.suffix or "no ending",
            allowed=(".json", *LINES, "a folder of .json"),
            hint="unpack archives first" if path.suffix in {".gz", ".zip", ".tar"} else None,
        )


def _record(text: bytes) -> tuple[dict[str, object] | None, str]:
    try:
        content = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None, "not UTF-8"
    except json.JSONDecodeError:
        return None, "not JSON"
    except RecursionError:
        return None, "JSON nested too deeply"
    if not isinstance(content, dict):
        return None, "no JSON object"
    record: dict[str, object] = {ours: _cell(content.get(theirs)) for ours, theirs in _FIELDS.items()}
    for ours, theirs in _LISTS.items():
        listed = content.get(theirs)
        record[ours] = [str(one) for one in listed if one] if isinstance(listed, list) else None
    record["inventors"] = _inventors(content.get("inventor_list"))
    return record, ""


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    return str(value)


def _inventors(listed: object) -> list[str] | None:
    if not isinstance(listed, list):
        return None
    names = [
        " ".join(
            str(one[part]).strip()
            for part in ("inventor_name_first", "inventor_name_last")
            if one.get(part) and str(one[part]).strip()
        )
        for one in listed
        if isinstance(one, dict)
    ]
    return [name for name in names if name]


def _piece(
    records: list[dict[str, object]],
    origins: list[tuple[str, int]],
    bad: list[dict[str, object]],
    used: dict[str, str],
    infos: tuple[FileInfo, ...],
) -> Piece:
    schema = {
        ours: pl.List(pl.String) if ours in {*_LISTS, "inventors"} else pl.String
        for ours in (*_FIELDS, *_LISTS, "inventors")
    }
    table = Table(
        file="",
        frame=pl.DataFrame(records, schema=schema),
        rows=pl.Series("row", [row for _, row in origins], dtype=pl.Int64),
        rejected=rejections(bad),
        blank_rows=0,
        encoding="utf-8",
        delimiter=None,
        sha256="",
    )
    labels = pl.Series("file", [name for name, _ in origins], dtype=pl.String)
    return Piece(table=table, used=used, labels=labels, infos=infos)
