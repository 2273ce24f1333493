"""`patentmetrics match`: IPC symbols against a concordance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.classes.match import Level, Overlap

TOP = 10


@click.command()
@click.argument("patents", type=click.Path(path_type=Path))
@click.option("--concordance", "name", metavar="NAME|FILE", required=True, help="See `lexicon list`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option(
    "--level",
    type=click.Choice(["full", "subclass"]),
    default="full",
    show_default=True,
    help="subclass: by the first four characters only.",
)
@click.option(
    "--overlap",
    type=click.Choice(["longest", "all"]),
    default="longest",
    show_default=True,
    help="Of patterns that lie inside one another: the narrowest counts, or all.",
)
@reporting
def command(
    console: Console, *, patents: Path, name: str, output: Path, level: Level, overlap: Overlap
) -> None:
    """Match the IPC symbols of PATENTS, a table made by `ingest`, against a concordance.

    Patents without symbols, and symbols without a match, are counted and the most frequent are named.

    Example: patentmetrics match patents.parquet --concordance wipo35 -o matches.parquet
    """
    from patentmetrics.classes.concordance import load_concordance
    from patentmetrics.classes.match import match_classes
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.read.patents import read_patents

    concordance = load_concordance(name)
    matches = match_classes(
        read_patents(patents), concordance, level=level, overlap=overlap, progress=console.progress
    )
    write_frame(matches.frame, output, matches.made_by)
    innermost = concordance.levels[-1]
    pairs = matches.frame.select("patent_id", innermost).unique()
    top = pairs.group_by(innermost).len("patents").sort(["patents", innermost], descending=[True, False])
    console.finish(
        {
            "matches": str(output),
            "concordance": f"{concordance.id} {concordance.version}",
            "status": concordance.status,
            "level": level,
            "overlap": overlap,
            **matches.counts,
            f"most frequent {innermost}": dict(top.head(TOP).rows()),
            "most frequent unmatched": {
                f"{symbol} ({reason})": count for symbol, reason, count in matches.unmatched.head(TOP).rows()
            },
        }
    )
