"""`patentmetrics ingest`: files of patents into the canonical table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.read.dates import DateOrder


def _column_map(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    values: Sequence[str],
) -> dict[str, str]:
    columns: dict[str, str] = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        if not equals or not ours.strip():
            raise click.BadParameter(f"{value!r} is not of the form ours=theirs, as in patent_id=申请号")
        if ours.strip() in columns:
            raise click.BadParameter(f"{ours.strip()} is mapped twice")
        columns[ours.strip()] = theirs.strip()
    return columns


def _parquet(ctx: click.Context, param: click.Parameter, value: Path) -> Path:  # noqa: ARG001 - click's
    if value.suffix.lower() != ".parquet":
        raise click.BadParameter(f"{value.name!r} does not end with .parquet")
    return value


@click.command()
@click.argument("source", type=click.Choice(["csv"]))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    callback=_parquet,
    help="The table to write, ending with .parquet.",
)
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    callback=_column_map,
    help="Which of their columns is ours; may be repeated. OURS= leaves a column out.",
)
@click.option("--encoding", help="Of CSV and TSV; found when not given (UTF-8, UTF-16, GB18030).")
@click.option("--sheet", help="Of Excel files; needed when more than one sheet holds something.")
@click.option(
    "--date-order",
    type=click.Choice(["dmy", "mdy"]),
    help="What 05/04/2009 means; without it such rows are rejected.",
)
@click.option("--list-separator", help="Between IPC symbols and between applicants; default ; and |.")
@click.option(
    "--duplicates",
    type=click.Choice(["reject", "error"]),
    default="reject",
    show_default=True,
    help="A number that occurs twice: reject the later rows, or end.",
)
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    help="Where to write the rejected rows; default: beside the output, ending with .rejected.csv.",
)
@reporting
def command(
    console: Console,
    source: str,
    files: tuple[Path, ...],
    output: Path,
    columns: dict[str, str],
    encoding: str | None,
    sheet: str | None,
    date_order: DateOrder | None,
    list_separator: str | None,
    duplicates: str,
    rejected: Path | None,
) -> None:
    """Read FILES of patents (CSV, TSV, Excel, Parquet) into the canonical table.

    Known headers, Chinese and English, are recognised; others are named with --map. Our columns:
    patent_id, filing_date, issue_date, kind, title, abstract, claims, ipc, applicants, address, place.
    Rows that cannot be used are written to a file with the reason.

    Example: patentmetrics ingest csv export.xlsx -o patents.parquet --map patent_id=申请号
    """
    from patentmetrics.core.errors import OutputError
    from patentmetrics.core.files import written_whole
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.read.patents import ingest_patents
    from patentmetrics.read.rejections import write_rejections

    rejected = rejected or output.with_name(f"{output.stem}.rejected.csv")
    written = [output.resolve(), rejected.resolve()]
    if written[0] == written[1] or any(path.resolve() in written for path in files):
        raise OutputError(
            "an output would replace an input or the other output",
            where=f"{output}, {rejected}",
            hint="give another name with --output or --rejected",
        )
    # both or neither: the rejections are put in place only after the table is
    with written_whole(rejected) as temporary:
        ingested = ingest_patents(
            files,
            columns=columns,
            encoding=encoding,
            sheet=sheet,
            date_order=date_order,
            duplicates="error" if duplicates == "error" else "reject",
            list_separator=list_separator,
            progress=console.progress,
        )
        write_rejections(ingested.rejected, temporary)
        write_frame(ingested.corpus.frame, output, ingested.corpus.made_by)
    counts = ingested.counts
    console.say(
        f"{counts['rows_in']:,} rows in = {counts['rows_out']:,} rows out "
        f"+ {counts['rows_rejected']:,} rows rejected"
    )
    console.finish(
        {
            **counts,
            "encodings": ingested.encodings,
            "written": str(output),
            "rejections_written": str(rejected),
            "source": source,
        }
    )
