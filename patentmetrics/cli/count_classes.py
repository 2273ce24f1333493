"""`patentmetrics count classes`: technology profiles of patents, as a counted corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.classes.compiled import Level
    from patentmetrics.classes.match import Symbols
    from patentmetrics.classes.profiles import PatentDate, ProfileConditions

_FILE = click.Path(path_type=Path)
TOP_TERMS = 10


@click.command()
@click.argument("patents", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="Folder to make.")
@click.option(
    "--level",
    metavar="LEVEL",
    required=True,
    help="section, class, subclass, group, subgroup; with --concordance one of its levels, or entry_id.",
)
@click.option("--concordance", "table", metavar="NAME|FILE", help="See `concordance list`.")
@click.option(
    "--date",
    type=click.Choice(["filing", "issue"]),
    default="filing",
    show_default=True,
    help="Decides a patent's year.",
)
@click.option(
    "--symbols",
    type=click.Choice(["all", "main"]),
    default="all",
    show_default=True,
    help="main: the first symbol of a patent only.",
)
@click.option(
    "--patterns",
    type=click.Choice(["full", "subclass"]),
    help="Of the concordance; subclass: by the first four characters only  [default: full]",
)
@click.option(
    "--conditions",
    type=click.Choice(["entry", "codes"]),
    help="Of the concordance; entry: a keyword too where the entry has some  [default: entry]",
)
@reporting
def command(
    console: Console,
    *,
    patents: Path,
    output: Path,
    level: str,
    table: str | None,
    date: PatentDate,
    symbols: Symbols,
    patterns: Level | None,
    conditions: ProfileConditions | None,
) -> None:
    """Count the technology domains of PATENTS (专利技术领域分布), a table made by `ingest`, for `score`.

    A patent's count of a domain is the number of its symbols there. Patents without the date, and texts that
    are no symbol, are listed in OUTPUT.rejected.csv; patents without a symbol stay, and have no score.

    Example: patentmetrics count classes patents.parquet -o domains/ --level subclass --date filing

    Then: patentmetrics score domains/ -o scores.parquet --preset shi2025

    Shi et al. 2025: patentmetrics count classes patents.parquet -o domains/ --level technology
    --concordance key_digital_technology_2023 --patterns subclass --conditions codes
    """
    from patentmetrics.classes.concordance import load_concordance
    from patentmetrics.classes.profiles import count_classes
    from patentmetrics.read.patents import read_patents
    from patentmetrics.read.rejected import rejected_path

    if table is None and (patterns or conditions):
        raise click.UsageError("--patterns and --conditions are about --concordance")
    concordance = None if table is None else load_concordance(table)
    counted = count_classes(
        read_patents(patents),
        output,
        level=level,
        concordance=concordance,
        symbols=symbols,
        patterns=patterns or "full",
        conditions=conditions or "entry",
        date=date,
        progress=console.progress,
    )
    made = counted.made_by["counts"]
    numbers: dict[str, object] = dict(made) if isinstance(made, dict) else {}
    rejected = rejected_path(output)
    top = counted.vocabulary.head(TOP_TERMS)
    years = [counted.blocks[0].year, counted.blocks[-1].year]
    about = {} if concordance is None else {
        "concordance": f"{concordance.id} {concordance.version}", "status": concordance.status,
    }  # fmt: skip
    console.finish(
        {
            "output": str(output),
            "years": years if console.as_json else f"{years[0]}-{years[1]}, by {date} date",
            **about,
            **numbers,
            "rejected": str(rejected) if rejected.exists() else "none",
            "most frequent terms": dict(zip(top["term"], top["documents"], strict=True)),
        }
    )
