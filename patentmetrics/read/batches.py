"""The canonical table of patents a few rows at a time: memory does not grow with the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from patentmetrics.core.errors import DataError, InputError
from patentmetrics.core.files import existing_file
from patentmetrics.core.provenance import KEY, Provenance
from patentmetrics.core.types import require_columns
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.headers import DATE_COLUMNS, TEXT_COLUMNS
from patentmetrics.read.table import PARQUET

# at most so many patents at a time; with text fewer, as many as have so many bytes
BATCH_ROWS = 1 << 13
BATCH_ROWS_WITHOUT_TEXT = 1 << 16
BATCH_BYTES = 1 << 24

GROUP_COLUMNS = ("ipc", "applicants")  # by which scores can be grouped


@dataclass(frozen=True, kw_only=True)
class PatentFile:
    """A canonical table of patents on disk (专利基础表文件), see `patentmetrics.read.canonical`.

    Parameters
    ----------
    path : Path
        The Parquet file.
    rows : int
        How many patents it has.
    schema : dict
        Its canonical columns and their types.
    made_by : dict
        Its provenance, empty where it has none.
    """

    path: Path
    rows: int
    schema: dict[str, pl.DataType]
    made_by: Provenance

    def batches(self, columns: Sequence[str], *, first: int = 0) -> Iterator[pl.DataFrame]:
        """Read some columns, a batch of rows at a time, from row ``first`` on.

        Raises
        ------
        InputError
            The file is damaged.
        """
        return _batches(self.path, list(columns), first)


def open_patents(path: Path | str) -> PatentFile:
    """Open a table of patents that `patentmetrics.ingest_patents` made, without reading its rows.

    Raises
    ------
    InputError
        The file is missing, cut off, or not Parquet.
    ColumnError, DataError
        There is no ``patent_id``, or a column of a canonical table has another type than there. Other columns
        are asked for where they are needed.

    Examples
    --------
    >>> open_patents("patents.csv")
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: this is not a table made by `patentmetrics ingest`
      where: patents.csv
      allowed: .parquet, .pq
      hint: first run: patentmetrics ingest csv patents.csv -o patents.parquet
    """
    path = Path(path)
    require_parquet(path)
    path = existing_file(path)
    try:
        schema = pl.read_parquet_schema(path)
        about = parquet.read_metadata(path)
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    require_columns(pl.DataFrame(schema=schema), ["patent_id"], where=str(path))
    ours = {name: schema[name] for name in PATENT_SCHEMA if name in schema}
    require_types(ours, path)
    written = (about.metadata or {}).get(KEY.encode())
    made_by = json.loads(written) if written else {}
    return PatentFile(path=path, rows=about.num_rows, schema=ours, made_by=made_by)


def require_parquet(path: Path) -> None:
    """Raise `InputError` unless a file is named as `patentmetrics ingest` names its tables."""
    if path.suffix.lower() not in PARQUET:
        raise InputError(
            "this is not a table made by `patentmetrics ingest`",
            where=str(path),
            allowed=PARQUET,
            hint=f"first run: patentmetrics ingest csv {path.name} -o patents.parquet",
        )


def require_types(schema: Mapping[str, pl.DataType], path: Path) -> None:
    """Raise `DataError` where a canonical column has another type than `patentmetrics ingest` writes."""
    wrong = [name for name, dtype in PATENT_SCHEMA.items() if name in schema and schema[name] != dtype]
    if wrong:
        raise DataError(
            "the table has columns of another type than `patentmetrics ingest` writes",
            where=str(path),
            got=", ".join(f"{name}: {schema[name]}" for name in wrong),
            hint=f"first run: patentmetrics ingest csv {path.name} -o patents.ingested.parquet",
        )


def document_columns(batch: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of documents that a counted corpus keeps; a date that is not there is null.

    Examples
    --------
    >>> document_columns(pl.DataFrame({"patent_id": ["US1"], "title": ["Lamp"]})).columns
    ['patent_id', 'filing_date', 'issue_date']
    """
    dates = [
        (pl.col(name).cast(pl.Date) if name in batch.columns else pl.lit(None, pl.Date)).alias(name)
        for name in DATE_COLUMNS
    ]
    return batch.select("patent_id", *dates, *(name for name in GROUP_COLUMNS if name in batch.columns))


def rows_of_a_batch(columns: Sequence[str]) -> int:
    """Say how many rows are read at a time: fewer where there is text among the columns.

    Examples
    --------
    >>> rows_of_a_batch(["patent_id"]) > rows_of_a_batch(["patent_id", "abstract"])
    True
    """
    light = {name for name in PATENT_SCHEMA if name not in TEXT_COLUMNS}
    return BATCH_ROWS_WITHOUT_TEXT if light.issuperset(columns) else BATCH_ROWS


def filled_text_columns(patents: PatentFile) -> tuple[str, ...]:
    """Name those of title, abstract and claims that hold anything.

    Examples
    --------
    >>> import datetime, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "patents.parquet"
    ...     row = {"patent_id": "US1", "filing_date": datetime.date(2001, 5, 1), "title": "Lamp"}
    ...     frame = pl.concat([pl.DataFrame(schema=PATENT_SCHEMA), pl.DataFrame([row])], how="diagonal")
    ...     frame.write_parquet(path)
    ...     filled_text_columns(open_patents(path))
    ('title',)
    """
    return tuple(name for name in TEXT_COLUMNS if name in patents.schema and _is_filled(patents, name))


def _is_filled(patents: PatentFile, name: str) -> bool:
    # a full column is known from its first rows, an empty one is read to the end and has no bytes
    return any(batch[name].null_count() < batch.height for batch in patents.batches([name]))


def _batches(path: Path, columns: list[str], first: int) -> Iterator[pl.DataFrame]:
    try:
        with _opened(path) as file:
            groups: list[int] = []
            skipped = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if not groups and skipped + rows <= first:
                    skipped += rows
                else:
                    groups.append(group)
            most = max(1, int(BATCH_BYTES / _largest_row(file, columns)))
            at_a_time = min(rows_of_a_batch(columns), most)
            for batch in file.iter_batches(at_a_time, row_groups=groups, columns=columns):
                until = min(batch.num_rows, max(first - skipped, 0))
                skipped += until
                if until < batch.num_rows:
                    frame = pl.from_arrow(batch.slice(until))
                    # columns come in the order of the file
                    yield pl.DataFrame(frame).select(columns)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _largest_row(file: parquet.ParquetFile, columns: list[str]) -> float:
    """Give the bytes of a row of these columns, of the row group where they are the most."""
    sizes = [1.0]
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        chosen = [group.column(i) for i in range(group.num_columns)]
        size = sum(
            one.total_uncompressed_size for one in chosen if one.path_in_schema.split(".")[0] in columns
        )
        sizes.append(size / max(group.num_rows, 1))
    return max(sizes)


def _opened(path: Path) -> parquet.ParquetFile:
    """Open a file so that little memory is taken, and what is taken is used again.

    Arrow's usual allocator gives the memory of each batch back to the system; to touch it anew costs as
    much as to decompress the batch. jemalloc keeps it for a while. The reader takes the pool that is the
    default when it is made, and has no other way to be told.
    """
    usual = pa.default_memory_pool()
    if "jemalloc" in pa.supported_memory_backends():  # there is none on Windows
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    try:
        # mapped, and not buffered ahead: of a row group only the pages that are wanted are in memory
        return parquet.ParquetFile(path, memory_map=True, pre_buffer=False)
    finally:
        pa.set_memory_pool(usual)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        "the file is not readable Parquet: it may be cut off, or of another kind",
        where=str(path),
        got=str(error).splitlines()[0],
        hint="make it again, or copy it again; for CSV or Excel use `patentmetrics ingest csv`",
    )
