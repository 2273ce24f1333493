"""`patentmetrics yearbook`: sheets of statistical yearbooks to tidy rows, and to a panel."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("-o", "--output", type=_FILE, required=True, help="Tidy rows to write (Parquet), one a cell.")
@click.option("--panel", type=_FILE, help="Panel to write (Parquet): one row a place and year.")
@click.option("--rejected", type=_FILE, help="CSV of the cells and lines that were not taken, with reasons.")
@click.option("--sheet", help="Read this sheet only.")
@click.option(
    "--year", type=click.IntRange(1900, 2100), help="Year of the data, where columns do not say it."
)
@click.option("--variable", help="Name of columns that are headed by a year alone.")
@click.option("--unit", help="Unit where neither brackets nor a line name one.")
@click.option("--encoding", help="Of text files; found where it is not given.")
@click.option("--convert", multiple=True, metavar="FROM=TO", help="Convert a unit, e.g. 万元=元; repeatable.")
@click.option(
    "--levels", default="prefecture,municipality", show_default=True, help="Places of the panel, by comma."
)
@click.option(
    "--place", type=click.Choice(["place", "code"]), default="place", show_default=True,
    help="What names a place of the panel: its name, or its code of GB/T 2260.",
)  # fmt: skip
@reporting
def command(
    console: Console,
    *,
    files: tuple[Path, ...],
    output: Path,
    panel: Path | None,
    rejected: Path | None,
    sheet: str | None,
    year: int | None,
    variable: str | None,
    unit: str | None,
    encoding: str | None,
    convert: tuple[str, ...],
    levels: str,
    place: str,
) -> None:
    """Read sheets of statistical yearbooks (统计年鉴) into rows: place, year, variable, value, unit.

    FILES are .xlsx, .xls or .csv. Headers over several rows, units in brackets, blanks as —, footnote marks
    and rows of provinces are dealt with, and counted. Nothing is converted unless --convert says so.

    Example: patentmetrics yearbook 2-1.xlsx 2-2.xlsx --year 2015 --convert 万元=亿元 -o tidy.parquet
    --panel cities.parquet --rejected rejected.csv
    """
    from patentmetrics.core.files import check_output
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.panel.files import write_panel
    from patentmetrics.read.yearbook import read_yearbook
    from patentmetrics.read.yearbook_left_out import write_left_out
    from patentmetrics.read.yearbook_panel import yearbook_panel
    from patentmetrics.read.yearbook_units import convert_units

    units = _pairs(convert)
    for path in (output, panel, rejected):
        if path is not None:
            check_output(path)
    book = read_yearbook(list(files), sheet=sheet, year=year, variable=variable, unit=unit, encoding=encoding)
    frame = convert_units(book.frame, units) if units else book.frame
    made_by = book.made_by | ({"converted": units} if units else {})
    made = None
    if panel is not None:
        import dataclasses

        book = dataclasses.replace(book, frame=frame, made_by=made_by)
        made = yearbook_panel(book, levels=[one.strip() for one in levels.split(",")], place=place)
    write_frame(frame, output, made_by)
    if rejected is not None:
        write_left_out(book, rejected)
    if panel is not None and made is not None:
        write_panel(made, panel)
        for line in made.log:
            console.say(line)
    years = frame["year"].unique().sort().to_list()
    console.finish(
        {
            "output": output.name,
            "panel": panel.name if panel else None,
            "places": frame["place"].n_unique(),
            "years": f"{years[0]}–{years[-1]}" if years else "none",
            "variables": frame["variable"].n_unique(),
            **book.counts,
        }
    )


def _pairs(convert: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in convert:
        old, equals, new = one.partition("=")
        if not (old and equals and new):
            raise click.BadParameter("two units with = between, e.g. 万元=元", param_hint="--convert")
        found[old.strip()] = new.strip()
    return found
