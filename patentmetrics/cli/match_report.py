"""`patentmetrics match report`: shares by technology and year, and examples to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from patentmetrics.report.match_report import MatchReport, PatentDate
    from patentmetrics.report.wording import Language

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("matches", type=_FILE)
@click.option("--patents", type=_FILE, help="The table that was matched: years, titles.")
@click.option("-o", "--output", type=_FILE, required=True, help="Folder to make.")
@click.option(
    "--date",
    type=click.Choice(["filing", "issue"]),
    default="filing",
    show_default=True,
    help="Decides a patent's year.",
)
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="So many branches.")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="So many patents of each technology.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of tables and the figure.",
)
@reporting
def command(
    console: Console,
    *,
    matches: Path,
    patents: Path | None,
    output: Path,
    date: PatentDate,
    top: int,
    examples: int,
    language: Language,
) -> None:
    """Report on MATCHES, made by `match` (匹配报告): shares by technology and year, examples to read.

    Writes tables (.md, and .csv that Excel opens), a figure (.png) and manifest.json. Technologies are the
    first level of the concordance, branches the last. Patents without the date are counted in a year of
    their own. Without --patents, or without any date, the figure
    is of the technologies alone.

    Example: patentmetrics match report matches.parquet --patents patents.parquet -o match_report/
    """
    from patentmetrics.core.files import check_output_folder, folder_written_whole, sha256_of, write_json
    from patentmetrics.core.provenance import read_frame
    from patentmetrics.read.patents import read_patents
    from patentmetrics.report.canvas import save_figure
    from patentmetrics.report.formats import write_table
    from patentmetrics.report.match_report import match_report
    from patentmetrics.report.match_tables import match_tables

    check_output_folder(output)
    frame, made_by = read_frame(matches)
    report = match_report(
        frame,
        None if patents is None else read_patents(patents),
        made_by=made_by,
        date=date,
        top=top,
        examples=examples,
    )
    with folder_written_whole(output) as folder:
        for name, table in match_tables(report, language=language).items():
            for ending in (".md", ".csv"):
                write_table(table, folder / f"{name}{ending}")
        figure = _figure(report, language)
        if figure is not None:
            save_figure(figure[1], folder / f"{figure[0]}.png")
        files = sorted(one for one in folder.iterdir() if one.is_file())
        outputs = {one.name: sha256_of(one) for one in files}
        write_json(folder / "manifest.json", {**report.made_by, "outputs": outputs})
    counts = report.counts
    known = counts["patents"] - counts["patents_unknown"]
    console.finish(
        {
            "report": str(output),
            "figure": f"{figure[0]}.png" if figure else "none: nothing matched",
            **counts,
            "share of patents unmatched": counts["patents_unmatched"] / known if known else None,
            "technologies": dict(report.technologies.head(top).select("technology", "patents").rows()),
        }
    )


def _figure(report: MatchReport, language: Language) -> tuple[str, Figure] | None:
    import polars as pl

    from patentmetrics.core.provenance import is_simulated
    from patentmetrics.report.bars import plot_technologies
    from patentmetrics.report.match_tables import plot_match_shares

    if report.technologies.is_empty():
        return None
    if report.by_year is not None and report.by_year.drop_nulls(["year", "share"]).height:
        return "shares", plot_match_shares(report, language=language)
    fields = report.technologies.select(pl.col("technology").alias("field"), pl.col("patents").alias("count"))
    return "technologies", plot_technologies(
        fields, language=language, simulated=is_simulated(report.made_by)
    )
