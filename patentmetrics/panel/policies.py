"""Policy lists (政策试点名单): places, years and batches, read strictly; some ship with the package.

A shipped list is a reviewed YAML file in ``pilots/`` with its official source for each batch. One's own list
is the same YAML, or a table (CSV, Excel, Parquet) with the columns ``place`` and ``year``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, LexiconError, near_names
from patentmetrics.core.files import existing_file, sha256_of
from patentmetrics.core.reviewed import (
    check_keys,
    find_reviewed,
    mappings_of,
    read_reviewed,
    text_of,
    texts_of,
)
from patentmetrics.read.table import DELIMITED, EXCEL, PARQUET, read_table

STATUSES = ("complete", "partial", "unknown")
POLICY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "place": pl.String,
    "code": pl.String,
    "named": pl.String,
    "year": pl.Int32,
    "month": pl.Int8,
    "batch": pl.String,
    "end": pl.Int32,
    "year_is": pl.String,
    "source": pl.String,
}
_FOLDER = Path(__file__).with_name("pilots")
_HEAD = ("id", "version", "title_en", "title_zh", "source", "status", "batches")
_BATCH = ("year", "source", "places")
_BATCH_OPTIONAL = ("batch", "month", "end", "year_is")
_YEAR_IS = ("approval", "listing")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](?:(\d{1,2})日?)?)?(?:[T ][\d:.]+)?")
_TABLE_COLUMNS = ("place", "year", "date", "batch", "end", "code")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy list (政策试点名单): which places a policy reached, and when.

    Parameters
    ----------
    id, version : str
        Name of the list, the ending of its columns; and its version, which goes into every output.
    title_en, title_zh, source, note : str
        What it is, and where it comes from; empty for a table of one's own.
    status : {'complete', 'partial', 'unknown'}
        Whether all places of the policy are in it. ``unknown`` for a table of one's own.
    frame : polars.DataFrame
        One row a place: ``place, code`` (where the list says it), ``named`` (the city group that the
        document names in its stead), ``year, month, batch, end`` (last year of treatment), ``year_is``
        (``approval``, or ``listing`` where the year is only that of a document that lists the place) and
        ``source``. In the order of the list.
    sha256 : str
        Hash of the file.
    """

    id: str
    version: str
    title_en: str
    title_zh: str
    source: str
    status: str
    note: str
    frame: pl.DataFrame
    sha256: str

    @property
    def warning(self) -> str | None:
        """Say loudly what is wrong with the list as a treatment; None where nothing is known to be."""
        said = []
        if self.status == "partial":
            said.append(
                f"{self.id} {self.version} is a PARTIAL list: places of the policy are missing, and would "
                "count as controls"
            )
        listed = self.frame.filter(pl.col("year_is") == "listing").height
        if listed:
            said.append(
                f"{listed} of its {self.frame.height} places have the year of a LISTING, not of approval"
            )
        return "; ".join(said) or None


def read_policy(
    name_or_path: Path | str, *, columns: Mapping[str, str] | None = None, sheet: str | None = None
) -> Policy:
    r"""Read a policy list, by the name of one that ships or from a file.

    Parameters
    ----------
    name_or_path : Path or str
        Such as ``broadband_china``; a ``.yml`` of the same format; or a CSV, TSV, Excel or Parquet table
        with the columns ``place`` (name or code), ``year`` or ``date`` (2014-10, 2014-10-09) and, at will,
        ``batch``, ``end`` (the last year of treatment) and ``code``. Other columns are left alone.
    columns : mapping of str to str, optional
        Of a table: ours to theirs, ``{"place": "城市", "year": "年份"}``.
    sheet : str, optional
        Of an Excel file.

    Returns
    -------
    Policy

    Raises
    ------
    LexiconError
        There is no list of this name; a YAML list is malformed.
    InputError
        There is no such file, or it cannot be read.
    ColumnError
        A table has no ``place``, or neither ``year`` nor ``date``.
    DataError
        A cell is no year or date; a year and a date contradict each other; a treatment ends before it began.

    Examples
    --------
    >>> policy = read_policy("bigdata_zone")
    >>> policy.status, policy.frame["place"].to_list()[:4]
    ('complete', ['贵州省', '北京市', '天津市', '河北省'])
    >>> policy.frame["named"].to_list()[:2]
    [None, '京津冀']
    """
    path = Path(name_or_path)
    if path.suffix.lower() in {*DELIMITED, *EXCEL, *PARQUET}:
        return _policy_of_table(path, dict(columns or {}), sheet)
    found = find_reviewed(name_or_path, folder=_FOLDER, kind="policy list")
    if columns or sheet:
        raise ColumnError("only a table has columns and sheets to name", where=found.name)
    return _policy_of_yaml(found)


def list_policies() -> pl.DataFrame:
    """List the policy lists that ship (内置政策试点名单).

    Returns
    -------
    polars.DataFrame
        ``id, version, title_en, title_zh, status, places, first_year, last_year, warning``; sorted by id.

    Examples
    --------
    >>> list_policies().filter(pl.col("status") == "complete")["id"].to_list()
    ['bigdata_zone', 'broadband_china']
    """
    rows = [_policy_of_yaml(path) for path in sorted(_FOLDER.glob("*.yml"))]
    return pl.DataFrame(
        [
            {
                "id": one.id,
                "version": one.version,
                "title_en": one.title_en,
                "title_zh": one.title_zh,
                "status": one.status,
                "places": one.frame.height,
                "first_year": one.frame["year"].min(),
                "last_year": one.frame["year"].max(),
                "warning": one.warning,
            }
            for one in rows
        ]
    )


def describe_policy(policy: Policy) -> dict[str, object]:
    """Describe a list: what it is, its source, its status, and how many places each batch has.

    Examples
    --------
    >>> describe_policy(read_policy("bigdata_zone"))["batches"]
    {'1 (2016-02)': 1, '2 (2016-10)': 17}
    """
    batches: dict[str, int] = {}
    for batch, year, month in policy.frame.select("batch", "year", "month").rows():
        told = f"{batch or 'all'} ({year}{f'-{month:02d}' if month else ''})"
        batches[told] = batches.get(told, 0) + 1
    sources = dict.fromkeys(policy.frame["source"].drop_nulls())
    return {
        "id": policy.id,
        "version": policy.version,
        "title_en": policy.title_en,
        "title_zh": policy.title_zh,
        "status": policy.status.upper() if policy.status == "partial" else policy.status,
        "places": policy.frame.height,
        "city groups written out": policy.frame["named"].drop_nulls().n_unique(),
        "batches": batches,
        "source": policy.source,
        "official addresses": list(sources),
        "note": policy.note,
        "sha256": policy.sha256,
    }


def _policy_of_yaml(path: Path) -> Policy:
    where = path.name
    content = read_reviewed(path)
    check_keys(content, required=_HEAD, optional=["note"], where=where)
    head = {key: text_of(content, key, where=where) for key in _HEAD if key != "batches"}
    if not _ID.fullmatch(head["id"]) or head["id"] != path.stem:
        raise LexiconError(
            "the id must be the name of the file, in small letters, digits and _",
            where=where,
            got=head["id"],
            allowed=path.stem,
        )
    if head["status"] not in STATUSES:
        raise LexiconError(
            "there is no such status", where=f"{where}: status", got=head["status"], allowed=STATUSES
        )
    rows = [
        row
        for number, batch in enumerate(mappings_of(content, "batches", where=where))
        for row in _batch_rows(batch, where=f"{where}: batches/{number}")
    ]
    return Policy(
        **head,
        note=text_of(content, "note", where=where) if "note" in content else "",
        frame=_checked(pl.DataFrame(rows, schema=POLICY_SCHEMA), where=where),
        sha256=sha256_of(path),
    )


def _batch_rows(batch: dict[str, object], *, where: str) -> Iterator[dict[str, object]]:
    check_keys(batch, required=_BATCH, optional=_BATCH_OPTIONAL, where=where)
    year_is = text_of(batch, "year_is", where=where) if "year_is" in batch else "approval"
    if year_is not in _YEAR_IS:
        raise LexiconError("year_is has a value it cannot have", where=where, got=year_is, allowed=_YEAR_IS)
    common = {
        "year": _whole(batch, "year", where=where),
        "month": _whole(batch, "month", where=where) if "month" in batch else None,
        "end": _whole(batch, "end", where=where) if "end" in batch else None,
        "batch": text_of(batch, "batch", where=where) if "batch" in batch else None,
        "year_is": year_is,
        "source": text_of(batch, "source", where=where),
    }
    places = batch["places"]
    if not isinstance(places, list) or not places:
        raise LexiconError("places must be a list with something in it", where=where, got=repr(places)[:80])
    for number, place in enumerate(places):
        for one in _place_rows(place, where=f"{where}/places/{number}"):
            yield common | one


def _place_rows(place: object, *, where: str) -> Iterator[dict[str, object]]:
    if isinstance(place, str) and place.strip():
        yield {"place": place.strip(), "code": None, "named": None}
        return
    if not isinstance(place, dict):
        raise LexiconError(
            "a place must be a name, or a mapping with the key name", where=where, got=repr(place)
        )
    content = {str(key): value for key, value in place.items()}
    check_keys(content, required=["name"], optional=["code", "members"], where=where)
    name = text_of(content, "name", where=where)
    if "members" in content:
        for member in texts_of(content, "members", where=where):
            yield {"place": member.strip(), "code": None, "named": name}
        return
    code = text_of(content, "code", where=where) if "code" in content else None
    yield {"place": name, "code": code, "named": None}


def _whole(content: dict[str, object], key: str, *, where: str) -> int:
    value = content[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise LexiconError(f"{key} must be a whole number", where=where, got=repr(value))
    return value


def _policy_of_table(path: Path, columns: dict[str, str], sheet: str | None) -> Policy:
    for ours in columns:
        if ours not in _TABLE_COLUMNS:
            raise ColumnError(
                f"a policy list has no column {ours!r}",
                where="columns",
                allowed=_TABLE_COLUMNS,
                hint=near_names(ours, _TABLE_COLUMNS),
            )
    table = read_table(existing_file(path), sheet=sheet)
    if table.rejected.height:
        raise DataError(
            f"{table.rejected.height} rows of the list are not records",
            where=path.name,
            got=f"row {table.rejected['row'][0]}: {table.rejected['reason'][0]}",
        )
    theirs = {ours: columns.get(ours, ours) for ours in _TABLE_COLUMNS}
    for ours, name in theirs.items():
        needed = ours in columns or ours == "place" or (ours == "year" and theirs["date"] not in table.frame)
        if needed and name not in table.frame.columns:
            raise ColumnError(
                f"the column {name!r} is missing",
                where=path.name,
                allowed=table.frame.columns,
                hint=near_names(name, table.frame.columns) or f"name it with columns={{{ours!r}: …}}",
            )
    taken = table.frame.select(
        pl.col(name).str.strip_chars().replace("", None).alias(ours)
        for ours, name in theirs.items()
        if name in table.frame.columns
    )
    rows = [
        _table_row(row, where=f"{path.name}, row {number}")
        for number, row in zip(table.rows, taken.iter_rows(named=True), strict=True)
    ]
    # the id becomes the ending of columns: treated_smart_city
    name = re.sub(r"\W+", "_", path.stem).strip("_") or "policy"
    return Policy(
        id=name,
        version="",
        title_en="",
        title_zh="",
        source="",
        status="unknown",
        note="",
        frame=_checked(pl.DataFrame(rows, schema=POLICY_SCHEMA), where=path.name),
        sha256=table.sha256,
    )


def _table_row(row: Mapping[str, str | None], *, where: str) -> dict[str, object]:
    if not row["place"]:
        raise DataError("a row of the policy list names no place", where=where)
    year, month = _year_of(row.get("year"), where=where), None
    if row.get("date"):
        found = _DATE.fullmatch(row["date"] or "")
        if not found or not 1 <= int(found[2]) <= 12:
            raise DataError(
                "a date cannot be read", where=where, got=row["date"], allowed="2014-10-09 or 2014-10"
            )
        month = int(found[2])
        if year is not None and year != int(found[1]):
            raise DataError(
                "a year and a date contradict each other", where=where, got=f"{year} and {row['date']}"
            )
        year = int(found[1])
    if year is None:
        raise DataError("a row of the policy list has no year", where=where, got=row["place"])
    return {
        "place": row["place"],
        "code": row.get("code"),
        "year": year,
        "month": month,
        "batch": row.get("batch"),
        "end": _year_of(row.get("end"), where=where),
        "year_is": "approval",
    }


def _year_of(text: str | None, *, where: str) -> int | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{4})(?:\.0+)?年?", text)
    if not found:
        raise DataError("a year is no year", where=where, got=text, allowed="four digits, as 2014")
    return int(found[1])


def _checked(frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    if frame.is_empty():
        raise DataError("the policy list names no place", where=where)
    wrong = frame.filter(
        ~pl.col("year").is_between(1900, 2100)
        | ~pl.col("month").is_between(1, 12)
        | (pl.col("end") < pl.col("year"))
        | ~pl.col("code").str.contains(r"^\d{6}$")
    )
    if wrong.height:
        first = wrong.row(0, named=True)
        raise DataError(
            f"{wrong.height} places have a year, a month, an end or a code that cannot be",
            where=where,
            got=", ".join(f"{key} {first[key]}" for key in ("place", "year", "month", "end", "code")),
            hint="the end is the last year of treatment, not before the first; a code has six digits",
        )
    return frame
