"""From pieces to the patents that stay: rows are read once, put away, chosen by their keys, given back.

Only the keys of the rows are in memory (some two hundred bytes a row) where a folder is given to put the
rows in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.read.canonical import PATENT_SCHEMA, canonical_rows
from patentmetrics.read.choose import KEY_COLUMNS, Choice, dropped_rows
from patentmetrics.read.headers import INPUT_COLUMNS, MAIN_COLUMNS, PATENT_COLUMNS, TEXT_COLUMNS
from patentmetrics.read.parts import Part, get_part, put_part
from patentmetrics.read.pieces import FileInfo, Piece, Reading
from patentmetrics.read.rejections import as_rejections, rejections
from patentmetrics.read.source_list import Source

_ORIGIN = ("file", "row")
_HINTS = {
    "number lost in scientific notation": (
        "Excel replaced long numbers: export again, or format the column as text before opening the file"
    ),
    "wrong check digit": "the number is mistyped or cut: look it up, or correct it in the file",
    "ambiguous date": "say which is first with date_order (--date-order dmy or mdy)",
}


@dataclass(frozen=True, kw_only=True)
class Staged:
    """Rows that were read, and which of them stay.

    Parameters
    ----------
    parts : tuple of Part
        The rows taken, put away, with their number in ``at``.
    keys : polars.DataFrame
        Of the rows that stay: ``at, patent_id, application_number, publication_number``.
    rejected : polars.DataFrame
        All rejections, in the order of the files.
    infos : tuple of FileInfo
        The files.
    counts : dict
        ``rows_in, rows_out, rows_rejected, rejected, blank_rows, notes``.
    """

    parts: tuple[Part, ...]
    keys: pl.DataFrame
    rejected: pl.DataFrame
    infos: tuple[FileInfo, ...]
    counts: dict[str, object] = field(default_factory=dict)


def staged_rows(
    pieces: Iterable[Piece],
    source: Source,
    reading: Reading,
    choice: Choice,
    *,
    folder: Path | None = None,
) -> Staged:
    """Read all pieces, and decide which rows stay.

    Raises
    ------
    DataError
        All rows are rejected; or rows have the same number and ``duplicates="error"``.
    SettingError
        A rule needs a column that holds nothing.

    Examples
    --------
    >>> from patentmetrics.read.source_list import SOURCES
    >>> staged_rows([], SOURCES["csv"], Reading(), Choice()).keys.height
    0
    """
    parts: list[Part] = []
    keys: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    infos: list[FileInfo] = []
    notes: dict[str, int] = {}
    rows_in = blank = place = 0
    for number, piece in enumerate(pieces):
        read = canonical_rows(
            piece.table,
            piece.used,
            label=piece.labels,
            source=source,
            date_order=reading.date_order,
            list_separator=reading.list_separator,
        )
        rows_in += piece.table.frame.height + piece.table.rejected.height
        blank += piece.table.blank_rows
        for what, n in (*piece.table.notes.items(), *read.notes.items()):
            notes[what] = notes.get(what, 0) + n
        infos.extend(piece.infos)
        bad.append(read.rejected.with_columns(pl.lit(number, dtype=pl.UInt32).alias("piece")))
        if read.taken.height:
            taken = read.taken.with_row_index("at", offset=place)
            place += taken.height
            keys.append(_keys(taken, number, choice))
            parts.append(put_part(taken, folder))
    all_keys = pl.concat(keys) if keys else _keys(_no_rows(), 0, choice)
    dropped = dropped_rows(all_keys.select(*KEY_COLUMNS, *_ORIGIN, "same"), choice)
    lost = dropped.join(all_keys.select("at", "piece", *_ORIGIN, "patent_id"), on="at", how="left")
    rejected = pl.concat(
        [
            rejections().with_columns(pl.lit(0, dtype=pl.UInt32).alias("piece")),
            *bad,
            as_rejections(lost).with_columns(lost["piece"]),
        ]
    )
    rejected = rejected.sort("piece", "row", maintain_order=True).drop("piece")
    kept = all_keys.join(dropped, on="at", how="anti", maintain_order="left")
    if rejected.height and kept.is_empty():
        raise _all_rejected(rejected)
    return Staged(
        parts=tuple(parts),
        keys=kept.select("at", "patent_id", "application_number", "publication_number"),
        rejected=rejected,
        infos=tuple(infos),
        counts={
            "rows_in": rows_in,
            "rows_out": kept.height,
            "rows_rejected": rejected.height,
            "rejected": by_reason(rejected),
            "blank_rows": blank,
            "notes": dict(sorted(notes.items())),
        },
    )


def kept_parts(staged: Staged) -> Iterator[pl.DataFrame]:
    """Give the rows that stay, part by part, as the canonical table has them.

    Examples
    --------
    >>> list(kept_parts(Staged(parts=(), keys=pl.DataFrame(), rejected=pl.DataFrame(), infos=())))
    []
    """
    stays = staged.keys["at"] if staged.parts else None
    for part in staged.parts:
        frame = get_part(part)
        if stays is not None:
            first, last = frame["at"][0], frame["at"][-1]
            here = stays.slice(*_span(stays, int(first), int(last)))
            frame = frame.filter(pl.col("at").is_in(here.implode()))
        if frame.height:
            yield frame.select(PATENT_COLUMNS)


def ingest_provenance(staged: Staged, source: Source, reading: Reading, choice: Choice) -> Provenance:
    """Describe how patents were read: settings, files, counts.

    Examples
    --------
    >>> from patentmetrics.read.source_list import SOURCES
    >>> nothing = staged_rows([], SOURCES["lens"], Reading(), Choice())
    >>> ingest_provenance(nothing, SOURCES["lens"], Reading(), Choice())["settings"]["source"]
    'lens'
    """
    return provenance(
        "ingest",
        settings={
            "source": source.name,
            "columns": dict(reading.columns),
            "encoding": reading.encoding,
            "sheet": reading.sheet,
            "date_order": reading.date_order,
            "duplicates": choice.duplicates,
            "publications": choice.publications,
            "families": choice.families,
            "identify_by": reading.identify_by,
            "list_separator": reading.list_separator,
        },
        inputs={info.label: _described(info) for info in staged.infos},
        counts={name: n for name, n in staged.counts.items() if isinstance(n, int)}
        | {f"rejected, {reason}": n for reason, n in by_reason(staged.rejected).items()},
    )


def ingest_counts(staged: Staged, missing: Mapping[str, int]) -> dict[str, object]:
    """Count what came of the files: rows, rejections, what is missing, which columns were taken.

    Parameters
    ----------
    staged : Staged
        See `staged_rows`.
    missing : mapping
        Nulls in each column of the patents that stay.

    Examples
    --------
    >>> from patentmetrics.read.source_list import SOURCES
    >>> ingest_counts(staged_rows([], SOURCES["csv"], Reading(), Choice()), {})["rows_in"]
    0
    """
    theirs: dict[str, list[str]] = {}
    ignored: list[str] = []
    for info in staged.infos:
        for ours, name in info.columns.items():
            theirs.setdefault(ours, []).append(name)
        ignored += info.ignored
    joined = {info.label: {"table": info.table, "rows": info.rows, "joined": info.joined}
              for info in staged.infos if info.table}  # fmt: skip
    return {
        **staged.counts,
        "hints": [_HINTS[one] for one in by_reason(staged.rejected) if one in _HINTS],
        # of the further columns only those that the source has, or that hold anything
        "missing": {
            name: n
            for name, n in missing.items()
            if n and (name in MAIN_COLUMNS or name in theirs or n < int(staged.keys.height))
        },
        "columns_used": {
            ours: ", ".join(dict.fromkeys(theirs[ours])) for ours in INPUT_COLUMNS if ours in theirs
        },
        "columns_ignored": list(dict.fromkeys(ignored)),
        **({"tables": joined} if joined else {}),
    }


def text_columns(nulls: Mapping[str, int], height: int) -> tuple[str, ...]:
    """Name the text columns that hold anything.

    Examples
    --------
    >>> text_columns({"title": 0, "abstract": 2, "claims": 2}, 2)
    ('title',)
    """
    return tuple(name for name in TEXT_COLUMNS if nulls.get(name, height) < height)


def by_reason(rejected: pl.DataFrame) -> dict[str, int]:
    """Count rejections by their reason.

    Examples
    --------
    >>> by_reason(rejections([{"file": "a.csv", "row": 2, "reason": "no id"}]))
    {'no id': 1}
    """
    counted = rejected.group_by("reason").len().sort("reason")
    return {str(reason): int(n) for reason, n in counted.rows()}


def _span(places: pl.Series, first: int, last: int) -> tuple[int, int]:
    start = int(places.search_sorted(first, side="left"))
    return start, int(places.search_sorted(last, side="right")) - start


def _no_rows() -> pl.DataFrame:
    schema = {"at": pl.UInt32, **PATENT_SCHEMA, "file": pl.String, "row": pl.Int64}
    return pl.DataFrame(schema=schema)


def _keys(taken: pl.DataFrame, piece: int, choice: Choice) -> pl.DataFrame:
    # lists are hashed as text; equal hashes only decide what a duplicate is called
    contents = taken.select(
        pl.col(name).list.join("\x1f") if isinstance(dtype, pl.List) else pl.col(name)
        for name, dtype in PATENT_SCHEMA.items()
    )
    # what no rule looks at need not be in memory
    unused: tuple[str, ...] = () if choice.publications != "all" else ("kind", "kind_code")
    unused = unused if choice.families != "all" else (*unused, "family_id")
    return taken.select("at", *KEY_COLUMNS, *_ORIGIN).with_columns(
        pl.col("file").cast(pl.Categorical),
        contents.hash_rows(seed=0).alias("same"),
        pl.lit(piece, dtype=pl.UInt32).alias("piece"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in unused),
    )


def _described(info: FileInfo) -> dict[str, object]:
    described: dict[str, object] = {
        "name": info.label,
        "bytes": info.size,
        "sha256": info.sha256,
        "encoding": info.encoding,
    }
    if info.table:
        return {**described, "table": info.table, "rows": info.rows, "joined": info.joined}
    return {**described, "columns": dict(info.columns)}


def _all_rejected(rejected: pl.DataFrame) -> DataError:
    row = rejected.row(0, named=True)
    shown = f": {row['value']!r} in {row['column'] or 'the row'}" if row["value"] else ""
    reasons = by_reason(rejected)
    hints = [f"the first is {row['file']}, row {row['row']}, {row['reason']}{shown}"]
    files: Sequence[str] = rejected["file"].unique(maintain_order=True).head(20).to_list()
    return DataError(
        f"all {rejected.height} rows are rejected",
        where=", ".join(files),
        got="; ".join(f"{reason}: {n}" for reason, n in reasons.items()),
        hint="; ".join([*hints, *(_HINTS[one] for one in reasons if one in _HINTS)]),
    )
