"""`patentmetrics places`: the addresses of a table to the codes of city and county."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from patentmetrics.places.chains import AddressLevel

ROWS = 1 << 17  # read at a time of a Parquet file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", required=True, metavar="NAME", help="The column of addresses.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option("--year-column", metavar="NAME", help="The year of each address, or a date: names change.")
@click.option("--year", type=int, help="The year of all addresses.")
@click.option(
    "--base-year", type=int, default=2024, show_default=True, help="The year whose codes are given."
)
@click.option(
    "--level",
    type=click.Choice(["city", "county"]),
    default="city",
    show_default=True,
    help="Which code is place_code.",
)
@click.option("--unresolved", type=click.Path(path_type=Path), help="List what has no code, CSV.")
@click.option("--encoding", help="Of CSV and TSV; found when not given (UTF-8, UTF-16, GB18030).")
@click.option("--sheet", help="Of Excel files; needed when more than one sheet holds something.")
@reporting
def command(
    console: Console,
    *,
    file: Path,
    column: str,
    output: Path,
    year_column: str | None,
    year: int | None,
    base_year: int,
    level: AddressLevel,
    unresolved: Path | None,
    encoding: str | None,
    sheet: str | None,
) -> None:
    """Give each address of FILE (CSV, TSV, Excel or Parquet) the codes of its city and county.

    All columns and rows of FILE stay; place_code, place_name and place_status are added, with province,
    city and county and the name as it stands in the address. What is ambiguous is not guessed. Rows of a
    CSV with too few or too many fields are written to OUTPUT's name with .rejected.csv.

    Example: patentmetrics places patents.parquet --column address --year-column filing_date
    --level county -o patents.places.parquet --unresolved unresolved.csv
    """
    from patentmetrics.core.errors import OutputError
    from patentmetrics.core.files import written_whole
    from patentmetrics.core.spreadsheet import quoted_cells
    from patentmetrics.places.addresses import RESOLVED
    from patentmetrics.read.rejections import write_rejections

    if year is not None and year_column is not None:
        raise click.UsageError("--year is for a table without --year-column")
    rejected_to = output.with_name(f"{output.stem}.rejected.csv")
    paths = [path.resolve() for path in (file, output, rejected_to, unresolved) if path is not None]
    if len(set(paths)) < len(paths):
        raise OutputError("an output would replace the input or another output", where=str(output))
    work = _Work(
        column=column,
        year=year if year_column is None else year_column,
        base_year=base_year,
        level=level,
        listing=unresolved is not None,
    )
    # all files or none: each is put in place only after all are written
    with contextlib.ExitStack() as files:
        lines = files.enter_context(written_whole(unresolved)) if unresolved else None
        _write(files.enter_context(written_whole(output)), work, file, encoding, sheet, console)
        if lines is not None:
            quoted_cells(work.unresolved()).write_csv(lines, include_bom=True)
        rejected = work.rejections()
        if rejected.height:
            write_rejections(rejected, files.enter_context(written_whole(rejected_to)))
    counts = work.counts
    console.say(
        f"{counts['rows_in']:,} rows in = {counts['rows_out']:,} rows out "
        f"+ {counts['rows_rejected']:,} rows rejected"
    )
    certain = sum(work.statuses[one] for one in RESOLVED)
    console.finish(
        {
            "written": str(output),
            **({"unresolved": str(unresolved)} if unresolved else {}),
            **({"rejected": str(rejected_to)} if rejected.height else {}),
            "base_year": base_year,
            "level": level,
            **counts,
            "rows_with_code": certain,
            "share_with_code": certain / counts["rows_out"] if counts["rows_out"] else None,
            "by_status": dict(sorted(work.statuses.items(), key=lambda one: (-one[1], one[0]))),
        }
    )


@dataclass(kw_only=True)
class _Work:
    """What is done to each batch, and what has been counted so far."""

    column: str
    year: str | int | None
    base_year: int
    level: AddressLevel
    listing: bool
    statuses: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(
        default_factory=lambda: Counter(
            rows_in=0, rows_out=0, rows_rejected=0, blank_rows=0, rows_without_year=0
        )
    )
    rejected: list[pl.DataFrame] = field(default_factory=list)
    left: pl.DataFrame | None = None

    def resolve(self, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
        """Give the new columns of a batch."""
        import polars as pl

        from patentmetrics.core.types import require_columns
        from patentmetrics.places.addresses import (
            most_frequent,
            place_columns,
            resolve_addresses,
            unresolved_addresses,
        )

        wanted = [self.column, *([self.year] if isinstance(self.year, str) else [])]
        require_columns(frame, wanted, where=where)
        years = _years(frame[self.year]) if isinstance(self.year, str) else self.year
        if isinstance(years, pl.Series):
            self.counts["rows_without_year"] += years.null_count()
        addresses = frame[self.column]
        found = resolve_addresses(addresses, year=years, base_year=self.base_year, level=self.level)
        self.statuses.update(dict(found["status"].value_counts().iter_rows()))
        self.counts["rows_in"] += frame.height
        self.counts["rows_out"] += found.height
        if self.listing:
            part = unresolved_addresses(addresses, found)
            self.left = part if self.left is None else most_frequent(pl.concat([self.left, part]))
        return place_columns(found)

    def reject(self, rejected: pl.DataFrame, blank: int) -> None:
        """Note rows that could not be read."""
        self.rejected.append(rejected)
        self.counts["rows_in"] += rejected.height
        self.counts["rows_rejected"] += rejected.height
        self.counts["blank_rows"] += blank

    def rejections(self) -> pl.DataFrame:
        """Give all rejected rows."""
        import polars as pl

        from patentmetrics.read.rejections import rejections

        return pl.concat([rejections(), *self.rejected])

    def unresolved(self) -> pl.DataFrame:
        """Give the addresses without a code, the most frequent first."""
        from patentmetrics.places.addresses import resolve_addresses, unresolved_addresses

        return self.left if self.left is not None else unresolved_addresses([], resolve_addresses([]))


def _write(
    target: Path, work: _Work, file: Path, encoding: str | None, sheet: str | None, console: Console
) -> None:
    """Write the table with its new columns, batch by batch."""
    import polars as pl
    from pyarrow import parquet

    from patentmetrics.core.errors import ColumnError
    from patentmetrics.core.provenance import KEY, file_identity, provenance

    settings: dict[str, object] = {
        "column": work.column,
        "year": work.year,
        "base_year": work.base_year,
        "level": work.level,
    }
    writer: parquet.ParquetWriter | None = None
    try:
        for table in _tables(file, encoding, sheet, work):
            wanted = [work.column, *([work.year] if isinstance(work.year, str) else [])]
            known = [name for name in dict.fromkeys(wanted) if name in table.column_names]
            added = work.resolve(pl.DataFrame(pl.from_arrow(table.select(known))), where=str(file))
            taken = [name for name in added.columns if name in table.column_names]
            if taken:
                raise ColumnError(
                    "the table already has a column of this name",
                    where=str(file),
                    got=", ".join(taken),
                    hint="was it made by `patentmetrics places`? start from the table before it",
                )
            wide = table
            for name, values in zip(added.columns, added.to_arrow().itercolumns(), strict=True):
                wide = wide.append_column(name, values)
            if writer is None:
                before = (table.schema.metadata or {}).get(KEY.encode())
                table_made_by = json.loads(before) if before else file_identity(file)
                made_by = provenance("places", settings=settings, inputs={"table": table_made_by})
                about = {KEY: json.dumps(made_by, ensure_ascii=False, sort_keys=True)}
                writer = parquet.ParquetWriter(target, wide.schema.with_metadata(about), compression="zstd")
            writer.write_table(wide.cast(writer.schema))
            console.progress("addresses", work.counts["rows_in"], work.counts["rows_in"])
    finally:
        if writer is not None:
            writer.close()


def _tables(file: Path, encoding: str | None, sheet: str | None, work: _Work) -> Iterator[pa.Table]:
    """Read the table some rows at a time; Parquet with its own types, other files as text."""
    import pyarrow as pa
    from pyarrow import parquet

    from patentmetrics.core.errors import InputError
    from patentmetrics.core.files import existing_file
    from patentmetrics.read.table import PARQUET, table_batches

    if file.suffix.lower() not in PARQUET:
        for batch in table_batches(file, encoding=encoding, sheet=sheet):
            work.reject(batch.rejected, batch.blank_rows)
            yield batch.frame.to_arrow()
        return
    try:
        with parquet.ParquetFile(existing_file(file), memory_map=True, pre_buffer=False) as opened:
            if opened.metadata.num_rows == 0:
                yield opened.schema_arrow.empty_table()
            for part in opened.iter_batches(ROWS):
                yield pa.Table.from_batches([part])
    except pa.ArrowException as error:
        raise InputError(
            "the file is not readable Parquet: it may be cut off, or of another kind",
            where=str(file),
            got=str(error).splitlines()[0],
            hint="make it again, or copy it again",
        ) from error


def _years(values: pl.Series) -> pl.Series:
    """Give the year of each row: of a number, of a date, of text that begins with one."""
    import polars as pl

    if values.dtype.is_temporal():
        return values.dt.year()
    if values.dtype.is_float():
        return values.cast(pl.Int64, strict=False)
    if values.dtype == pl.String:
        return values.str.extract(r"^\s*((?:19|20)\d{2})").cast(pl.Int64)
    return values
