"""Policy documents (政策文本, 政府工作报告) from a folder of files into a corpus."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from patentmetrics.core.errors import (
    ColumnError,
    DataError,
    InputError,
    SettingError,
    check_choice,
)
from patentmetrics.core.files import existing_folder, sha256_of
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import file_identity, provenance
from patentmetrics.core.types import Corpus
from patentmetrics.places.names import plain_name, short_name
from patentmetrics.places.resolve import LEVELS, Level, resolve_places
from patentmetrics.read.cleaning import check_rules, clean_text
from patentmetrics.read.documents import Piece, check_columns, read_document
from patentmetrics.read.folder import DocumentFile, document_files
from patentmetrics.read.place_year import DEFAULT_PATTERN as DEFAULT_PATTERN
from patentmetrics.read.place_year import (
    YEARS,
    Given,
    PlaceYear,
    Refusal,
    compiled_pattern,
    given_for,
    place_and_year,
    read_places_table,
)

Places = Level | Literal["none"]
Duplicates = Literal["reject", "keep"]
PLACES: tuple[Places, ...] = (*LEVELS, "none")
POLICY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "document_id": pl.String,
    "place": pl.String,
    "place_code": pl.String,
    "place_name": pl.String,
    "year": pl.Int32,
    "text": pl.String,
    "file": pl.String,
    "encoding": pl.String,
}
_REJECTED_FILES = {"file": pl.String, "row": pl.Int64, "reason": pl.String, "value": pl.String}
_REMARKS = {"file": pl.String, "row": pl.Int64, "remark": pl.String, "value": pl.String}
_PLACES = {
    "place": pl.String,
    "code": pl.String,
    "name": pl.String,
    "level": pl.String,
    "status": pl.String,
    "near": pl.String,
    "documents": pl.Int64,
}


@dataclass(frozen=True, kw_only=True)
class PolicyDocuments:
    """What came of reading a folder of policy documents.

    Parameters
    ----------
    corpus : Corpus
        ``document_id, place, place_code, place_name, year, text, file, encoding``; the key is
        ``document_id``: the file's path in the folder without its ending, for a row of a table with
        ``#`` and its row. ``place_code`` and ``place_name`` are the code and official name, null where
        the place was not resolved; ``place`` is as written, and one spelling for one code (the shortest
        that occurs: 上海, where 上海市 occurs too), so that it can be the key of a panel.
    rejected : polars.DataFrame
        ``file, row, reason, value``.
    remarks : polars.DataFrame
        ``file, row, remark, value``: documents that were taken, and of which something should be known:
        sources that differ on the place or year, pages without text, a text that occurs twice, a text that
        does not name its place.
    places : polars.DataFrame
        One row for each place as written: ``place, code, name, level, status, near, documents``, see
        `patentmetrics.places.resolve.resolve_places`; places without a code first.
    counts : dict
        ``files``, ``documents_in, documents_out, documents_rejected``, ``rejected`` (by reason),
        ``remarks`` (by remark), ``encodings`` (files by encoding), ``cleaned`` (documents that each rule
        changed), ``places``, ``places_unresolved``, ``documents_unresolved``, ``table_rows_unused`` (rows
        of the table of places that name no file), ``ignored`` (names of files of other kinds, and of
        folders that were not entered).
    """

    corpus: Corpus
    rejected: pl.DataFrame
    remarks: pl.DataFrame
    places: pl.DataFrame
    counts: dict[str, object]


@dataclass(kw_only=True)
class _Reading:
    """What has been read so far."""

    taken: list[dict[str, object]] = field(default_factory=list)
    provinces: list[str | None] = field(default_factory=list)
    rejected: list[dict[str, object]] = field(default_factory=list)
    remarks: list[dict[str, object]] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    cleaned: Counter[str] = field(default_factory=Counter)
    documents: int = 0


def read_policy_folder(
    folder: Path | str,
    *,
    pattern: str = DEFAULT_PATTERN,
    encoding: str | None = None,
    year: int | None = None,
    recursive: bool = False,
    table: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    places: Places = "any",
    rules: Sequence[str] | None = None,
    duplicates: Duplicates = "reject",
    progress: Progress = silent,
) -> PolicyDocuments:
    """Read the policy documents of a folder, with place and year, cleaned by named rules (读取政策文本).

    Read are .txt, .docx, .pdf (its text layer), .html, and .csv and .xlsx with one document a row. Place
    and year come from ``table``, else from columns, else from the file's name, else from the folders that
    it lies in (``2024/上海.txt``); sources that differ are remarked.

    Parameters
    ----------
    folder : Path or str
        Read in the order of paths.
    pattern : str
        A regular expression with the groups ``place`` and, if names hold it, ``year``. It must fit the whole
        file name without its ending, after full-width characters became half-width (NFKC). The default
        reads ``2025年上海市政府工作报告``, ``成都_2024``, ``330100_2019``, ``2024成都``, ``成都``.
    encoding : str, optional
        Of .txt, .html and .csv files, see `patentmetrics.read.encoding.decode_file`; found by default.
    year : int, optional
        For documents whose year nothing says.
    recursive : bool
        Enter the folders inside; links to folders are not followed.
    table : Path or str, optional
        CSV or Excel with ``file, place, year``, see `patentmetrics.read.place_year.read_places_table`.
    columns : mapping, optional
        Of tables with one document a row: which columns are ``text, place, year``.
    places : {'any', 'prefecture', 'province', 'none'}
        The level at which names of places are resolved to codes; ``none`` leaves them as they are.
    rules : sequence of str, optional
        Rules of cleaning, see `patentmetrics.read.cleaning.RULES`; all by default, none with ``()``.
    duplicates : {'reject', 'keep'}
        What happens to a document whose place and year were read before; the first in the order of paths
        is taken. A text that occurs twice is remarked, not rejected: which place it is of is not known.
    progress : Progress
        Called with stage ``read``, files done, files.

    Returns
    -------
    PolicyDocuments
        Documents in = documents out + documents rejected, each with its reason.

    Raises
    ------
    SettingError
        The pattern, a rule, a column or a level is unknown or malformed, or the year is not between 1900
        and 2100.
    InputError, ColumnError
        The folder or the table is missing or cannot be read, or the folder holds no document.
    DataError
        All documents are rejected.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "成都_2024.txt").write_text("推动人工智能发展", encoding="utf-8")
    ...     documents = read_policy_folder(folder)
    >>> documents.corpus.frame.select("place", "place_code", "place_name", "year").rows()
    [('成都', '510100', '成都市', 2024)]
    """
    compiled = compiled_pattern(pattern)
    wanted = check_rules(rules)
    check_choice(places, PLACES, argument="places")
    check_choice(duplicates, ("reject", "keep"), argument="duplicates")
    check_columns(columns)
    if year is not None and year not in YEARS:
        raise SettingError("the year is out of range", where="year", got=year, allowed="1900 to 2100")
    folder = existing_folder(folder)
    given = read_places_table(table, encoding=encoding) if table else {}
    files, ignored = document_files(folder, recursive=recursive, table=Path(table) if table else None)
    unused = set(given)
    reading = _Reading()
    for done, file in enumerate(files):
        progress("read", done, len(files))
        key, said = given_for(file.name, given)
        unused.discard(key or "")
        for piece in _pieces(file, encoding, columns):
            columns_say = Given(place=piece.place, year=piece.year)
            found = place_and_year(file.name, compiled, table=said, columns=columns_say, year=year)
            _take(reading, file, piece, found, wanted)
    progress("read", len(files), len(files))
    frame, resolved = _resolved(reading, places)
    frame = _without_duplicates(frame, reading, keep=duplicates == "keep")
    _remark_unnamed(frame, reading)
    frame = _unique_names(frame).select(list(POLICY_SCHEMA))
    if frame.is_empty():
        raise DataError(
            f"all {reading.documents} documents are rejected",
            where=str(folder),
            got="; ".join(f"{one['file']}: {one['reason']}" for one in reading.rejected[:3]),
            hint="if names hold no year, give it; if they are of another form, give a pattern or a table",
        )
    unresolved = resolved.filter(pl.col("code").is_null())
    counts: dict[str, object] = {
        "files": len(files),
        "documents_in": reading.documents,
        "documents_out": frame.height,
        "documents_rejected": len(reading.rejected),
        "rejected": _counted(str(one["reason"]) for one in reading.rejected),
        "remarks": _counted(str(one["remark"]) for one in reading.remarks),
        "encodings": _counted(reading.encodings.values()),
        "cleaned": {rule: reading.cleaned[rule] for rule in wanted if reading.cleaned[rule]},
        "places": resolved.height if places != "none" else 0,
        "places_unresolved": unresolved.height if places != "none" else 0,
        "documents_unresolved": frame["place_code"].null_count() if places != "none" else 0,
        "table_rows_unused": len(unused),
        "ignored": ignored,
    }
    inputs: dict[str, object] = {
        file.name.as_posix(): {"bytes": file.path.stat().st_size, "sha256": sha256_of(file.path)}
        for file in files
    }
    if table:
        inputs["table of places"] = file_identity(Path(table))
    made_by = provenance(
        "read policy documents",
        settings={
            "pattern": pattern,
            "encoding": encoding,
            "year": year,
            "columns": dict(columns or {}),
            "places": places,
            "rules": list(wanted),
            "duplicates": duplicates,
        },
        inputs=inputs,
        counts={name: n for name, n in counts.items() if isinstance(n, int)}
        | {f"changed_by_{rule}": n for rule, n in sorted(reading.cleaned.items())}
        | {"ignored": len(ignored)},
    )
    return PolicyDocuments(
        corpus=Corpus(frame=frame, key="document_id", text=("text",), made_by=made_by),
        rejected=pl.DataFrame(reading.rejected, schema=_REJECTED_FILES),
        remarks=pl.DataFrame(reading.remarks, schema=_REMARKS),
        places=resolved,
        counts=counts,
    )


def _pieces(file: DocumentFile, encoding: str | None, columns: Mapping[str, str] | None) -> Iterator[Piece]:
    """Read the documents of a file; one that cannot be read is a piece with the reason."""
    if file.path.stat().st_size == 0:
        yield Piece(text=None, encoding="", refusal="the file is empty")
        return
    try:
        yield from read_document(file.path, encoding=encoding, columns=columns)
    except (InputError, ColumnError) as error:
        yield Piece(text=None, encoding="", refusal=error.what, value=error.details().get("got"))


def _take(
    reading: _Reading, file: DocumentFile, piece: Piece, found: PlaceYear | Refusal, rules: Sequence[str]
) -> None:
    reading.documents += 1
    name = file.name.as_posix()
    if piece.refusal is not None:
        found = Refusal(reason=piece.refusal, value=piece.value)
    text, changed = clean_text(piece.text or "", rules=rules)
    if isinstance(found, PlaceYear) and not text.strip():
        found = Refusal(reason="no text")
    if isinstance(found, Refusal):
        reading.rejected.append(
            {"file": name, "row": piece.row, "reason": found.reason, "value": found.value}
        )
        return
    stem = file.name.with_suffix("").as_posix()
    reading.encodings[name] = piece.encoding
    reading.cleaned.update(changed)
    reading.provinces.append(found.province)
    reading.taken.append(
        {
            "document_id": stem if piece.row is None else f"{stem}#{piece.row}",
            "place": found.place,
            "year": found.year,
            "text": text,
            "file": name,
            "row": piece.row,
            "encoding": piece.encoding,
        }
    )
    remarks = [*found.remarks, *([("pages without text", piece.remark)] if piece.remark else [])]
    reading.remarks += [
        {"file": name, "row": piece.row, "remark": remark, "value": value} for remark, value in remarks
    ]


def _resolved(reading: _Reading, places: Places) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the documents with the codes of their places, and the places as written."""
    frame = pl.DataFrame(reading.taken, schema={**POLICY_SCHEMA, "row": pl.Int64})
    if places == "none" or frame.is_empty():
        return frame, pl.DataFrame(schema=_PLACES)
    found = resolve_places(frame["place"], year=frame["year"], level=places)
    # 海南 in a folder 青海省 is not ambiguous
    within = [
        f"{province}{place}" if province and status == "ambiguous" else None
        for province, place, status in zip(reading.provinces, frame["place"], found["status"], strict=True)
    ]
    inside = resolve_places(within, year=frame["year"], level=places)
    chosen = pl.when(pl.Series(within).is_not_null() & inside["code"].is_not_null())
    parts = ("code", "name", "level", "status", "near")
    found = found.with_columns(chosen.then(inside[one]).otherwise(pl.col(one)).alias(one) for one in parts)
    listed = (
        found.group_by("place", *parts)
        .agg(documents=pl.len().cast(pl.Int64))
        .sort([pl.col("code").is_not_null(), "code", "place"])
        .select(list(_PLACES))
    )
    spelled = _spellings(listed)
    frame = frame.with_columns(place_code=found["code"], place_name=found["name"]).with_columns(
        place=pl.coalesce(pl.col("place_code").replace_strict(spelled, default=None), "place")
    )
    return frame, listed


def _spellings(listed: pl.DataFrame) -> dict[str, str]:
    """Give one spelling for each code: the shortest that was written and means no other place.

    Where there is none (海南 of two provinces), or a code was written, it is the official name.
    """
    alone = set(listed.filter(pl.struct("code").n_unique().over("place") == 1)["place"])
    spelled: dict[str, str] = {}
    for place, code, name in listed.drop_nulls("code").select("place", "code", "name").rows():
        written = place if place in alone and not plain_name(place).isdecimal() else name
        before = spelled.setdefault(code, written)
        spelled[code] = min(before, written, key=lambda one: (len(one), one))
    return spelled


def _without_duplicates(frame: pl.DataFrame, reading: _Reading, *, keep: bool) -> pl.DataFrame:
    """List places and years, and texts, that were read before; reject the first unless they are kept."""
    seen: dict[tuple[str, int], str] = {}
    texts: dict[bytes, str] = {}
    kept: list[bool] = []
    rows = frame.select("file", "row", "place", "year", "text").iter_rows()
    for file, row, place, year, text in rows:
        here = file if row is None else f"{file}, row {row}"
        digest = hashlib.sha256("".join(text.split()).encode()).digest()
        first = seen.setdefault((place, year), here)
        same = texts.setdefault(digest, here)
        again = first != here
        kept.append(keep or not again)
        if again and not keep:
            what = f"from {first}" + (", with the same text" if same == first else "")
            reading.rejected.append(
                {
                    "file": file,
                    "row": row,
                    "reason": "the place and year were read before",
                    "value": what,
                }
            )
            continue
        if again:
            reading.remarks.append(
                {"file": file, "row": row, "remark": "the place and year were read before", "value": first}
            )
        if same != here:
            reading.remarks.append(
                {"file": file, "row": row, "remark": "the text was read before", "value": same}
            )
    return frame.filter(pl.Series(kept, dtype=pl.Boolean))


def _remark_unnamed(frame: pl.DataFrame, reading: _Reading) -> None:
    """List documents that never name their place: another's text may be under its name."""
    for file, row, name, text in frame.select("file", "row", "place_name", "text").iter_rows():
        if name is not None and short_name(name) not in text:
            remark = "the text does not name its place"
            reading.remarks.append({"file": file, "row": row, "remark": remark, "value": name})


def _unique_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Name files that differ only in their ending with it."""
    row = pl.when(pl.col("row").is_not_null()).then("#" + pl.col("row").cast(pl.String)).otherwise(pl.lit(""))
    return frame.with_columns(
        document_id=pl.when(pl.col("document_id").is_duplicated())
        .then(pl.col("file") + row)
        .otherwise("document_id")
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
