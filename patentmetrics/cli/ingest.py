"""`patentmetrics ingest`: files of patents into the canonical table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.read.dates import DateOrder

# those of `patentmetrics.read.source_list`, which loads a library; a test holds them together
SOURCE_NAMES = (
    "auto", "csv", "cnipa", "incopat", "patsnap", "cnopendata", "lens", "patentscope", "google",
    "patentsview", "patstat", "hupd",
)  # fmt: skip


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


def _parquet(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    value: Path | None,
) -> Path | None:
    if value is not None and value.suffix.lower() != ".parquet":
        raise click.BadParameter(f"{value.name!r} does not end with .parquet")
    return value


@click.command()
@click.argument("source", metavar="SOURCE", type=click.Choice(SOURCE_NAMES))
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
@click.option("--list-separator", help="Between the entries of lists; default ; | and line breaks.")
@click.option(
    "--id",
    "identify_by",
    type=click.Choice(["application", "publication"]),
    help="Which number names a patent; default: the source's own rule.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["reject", "last", "error"]),
    default="reject",
    show_default=True,
    help="A number that occurs twice: reject the later rows, keep the last instead, or end.",
)
@click.option(
    "--publications",
    type=click.Choice(["all", "first", "granted"]),
    default="all",
    show_default=True,
    help="Of the publications of one application (A, B): keep all, the first, or the grant.",
)
@click.option(
    "--families",
    type=click.Choice(["all", "one"]),
    default="all",
    show_default=True,
    help="Of the members of one family: keep all, or the one filed first.",
)
@click.option(
    "--citations",
    type=click.Path(path_type=Path),
    callback=_parquet,
    help="Where to write who cites whom, ending with .parquet.",
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
    identify_by: str | None,
    duplicates: Literal["reject", "last", "error"],
    publications: Literal["all", "first", "granted"],
    families: Literal["all", "one"],
    citations: Path | None,
    rejected: Path | None,
) -> None:
    """Read FILES of patents into the canonical table.

    SOURCE is auto (recognised by the header, and said), cnipa, incopat, patsnap, cnopendata, lens,
    patentscope, google, patentsview, patstat, hupd, or csv: any CSV, TSV, Excel or Parquet, whose known
    headers, Chinese and English, are recognised; others are named with --map. The tables of patentsview
    and patstat are given together, in any order; hupd is JSON, .jsonl or a folder.

    Our columns: patent_id, filing_date, issue_date, kind, title, abstract, claims, ipc, applicants,
    address, place, application_number, publication_number, kind_code, publication_date, inventors, cpc,
    family_id, legal_status, forward_citations, cited_patents. Rows that cannot be used are written to a
    file with the reason.

    Example: patentmetrics ingest csv export.xlsx -o patents.parquet --map patent_id=申请号
    """
    from patentmetrics.core.errors import OutputError
    from patentmetrics.read.choose import Choice
    from patentmetrics.read.patents import ingest_into
    from patentmetrics.read.pieces import Reading

    rejected = rejected or output.with_name(f"{output.stem}.rejected.csv")
    written = [path.resolve() for path in (output, rejected, citations) if path is not None]
    if len(set(written)) < len(written) or any(path.resolve() in written for path in files):
        raise OutputError(
            "an output would replace an input or another output",
            where=", ".join(str(path) for path in (output, rejected, citations) if path is not None),
            hint="give another name with --output, --rejected or --citations",
        )
    ingested = ingest_into(
        files,
        output,
        rejected=rejected,
        citations=citations,
        source=source,
        reading=Reading(
            columns=columns,
            encoding=encoding,
            sheet=sheet,
            date_order=date_order,
            list_separator=list_separator,
            identify_by=identify_by,
        ),
        choice=Choice(duplicates=duplicates, publications=publications, families=families),
        progress=console.progress,
    )
    counts = ingested.counts
    if source == "auto":
        console.say(f"the header is that of {ingested.source}")
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
            **({} if citations is None else {"citations_written": str(citations)}),
            "source": ingested.source,
        }
    )
