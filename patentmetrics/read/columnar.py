"""Parquet as batches of rows, each cell as text, in the memory of one batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import sha256_of
from patentmetrics.read.cells import (
    BATCH_ROWS,
    Table,
    filled_rows,
    header_names,
    no_rows,
    without_non_records,
)


def parquet_batches(path: Path) -> Iterator[Table]:
    """Read a Parquet file in batches of rows.

    Raises
    ------
    InputError, ColumnError
        See `patentmetrics.read.table.read_table`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pl.DataFrame({"n": [7502241.0, None]}).write_parquet(Path(folder) / "a.parquet")
    ...     next(parquet_batches(Path(folder) / "a.parquet")).frame["n"].to_list()
    ['7502241']
    """
    try:
        scan = pl.scan_parquet(path, glob=False)
        schema = scan.collect_schema()
        height = int(scan.select(pl.len()).collect().item()) if schema else 0
        whole = _whole_numbers(scan, schema)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error
    if not height:
        raise no_rows(path)
    header = header_names(list(schema), str(path))
    sha256 = sha256_of(path)
    any_row = False
    for start in range(0, height, BATCH_ROWS):
        try:
            part = scan.slice(start, BATCH_ROWS).collect()
            part = part.select(_as_string(part[name], whole=name in whole) for name in part.columns)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(path, error) from error
        part.columns = header
        frame, rows, blank = filled_rows(part, first_row=start + 2)
        frame, rows, rejected = without_non_records(path.name, frame, rows)
        any_row = any_row or bool(frame.height or rejected.height)
        yield Table(
            file=path.name,
            frame=frame,
            rows=rows,
            rejected=rejected,
            blank_rows=blank,
            encoding=None,
            delimiter=None,
            sha256=sha256,
            size=path.stat().st_size,
        )
    if not any_row:
        raise no_rows(path)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        "the file is not readable Parquet: it may be cut off, or of another kind",
        where=str(path),
        got=str(error).splitlines()[0],
        hint="copy it again, or make it again",
    )


def _whole_numbers(scan: pl.LazyFrame, schema: pl.Schema) -> set[str]:
    """Name the float columns of whole numbers: pandas made them float because one was missing."""
    floats = [name for name, dtype in schema.items() if dtype.is_float()]
    if not floats:
        return set()
    tested = scan.select(
        ((pl.col(name) == pl.col(name).floor()) & (pl.col(name).abs() < 2**53) | pl.col(name).is_nan())
        .all()
        .alias(name)
        for name in floats
    ).collect()
    return {name for name in floats if tested[name].item()}


def _as_string(column: pl.Series, *, whole: bool) -> pl.Series:
    if column.dtype == pl.String:
        return column
    if isinstance(column.dtype, pl.List | pl.Array):
        inner = column.dtype.inner
        if not isinstance(inner, pl.List | pl.Array | pl.Struct | pl.Binary):
            return column.cast(pl.List(pl.String))
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S")
    if isinstance(column.dtype, pl.Struct):
        return column.struct.json_encode()
    if column.dtype.is_float():
        column = column.fill_nan(None)
        if whole:
            return column.cast(pl.Int64).cast(pl.String)
    return column.cast(pl.String)
