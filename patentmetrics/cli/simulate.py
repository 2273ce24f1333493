"""`patentmetrics simulate`: a corpus or a panel with a known answer."""

from __future__ import annotations

import math
from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


@click.group()
def command() -> None:
    """Make a corpus or a panel with a known answer, to try things on."""


@command.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--first-year", default=1990, show_default=True)
@click.option("--last-year", default=2009, show_default=True)
@click.option("--patents-per-year", default=200, show_default=True)
@click.option("--seed", default=1, show_default=True)
@reporting
def corpus(console: Console, output: Path, **sizes: int) -> None:
    """Draw patents with made-up words, some of which are breakthroughs by construction.

    Writes the patents, and beside them OUTPUT.planted.csv with the ids of the breakthroughs.

    Example: patentmetrics simulate corpus -o simulated.parquet --seed 1
    """
    import polars as pl

    from patentmetrics.core.files import write_text
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.read.canonical import PATENT_SCHEMA
    from patentmetrics.simulate.corpus import simulate_corpus

    simulated = simulate_corpus(**sizes)
    # a table as `ingest` writes it: the columns that are not simulated are null
    frame = simulated.corpus.frame
    absent = {name: pl.lit(None, kind) for name, kind in PATENT_SCHEMA.items() if name not in frame.columns}
    write_frame(frame.with_columns(**absent).select(*PATENT_SCHEMA), output, simulated.corpus.made_by)
    planted = output.with_suffix(".planted.csv")
    write_text(planted, simulated.planted.write_csv())
    console.finish(
        {
            "corpus": str(output),
            "patents": simulated.corpus.frame.height,
            "planted breakthroughs": simulated.planted.height,
            "listed in": str(planted),
        }
    )


@command.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--places", default=60, show_default=True)
@click.option("--first-year", default=2008, show_default=True)
@click.option("--last-year", default=2021, show_default=True)
@click.option("--effect", default=0.25, show_default=True, help="Effect in the year of treatment.")
@click.option("--growth", default=0.0, show_default=True, help="What the effect gains with every year.")
@click.option("--cohort", "cohorts", type=int, multiple=True, default=(2014, 2016), show_default=True)
@click.option("--seed", default=1, show_default=True)
@reporting
def panel(console: Console, output: Path, cohorts: tuple[int, ...], **settings: object) -> None:
    """Make a city panel with staggered treatment and a planted effect.

    Example: patentmetrics simulate panel -o panel.parquet --effect 0.25 --cohort 2014 --cohort 2016
    """
    from patentmetrics.panel.files import write_panel
    from patentmetrics.simulate.panel import simulate_panel

    made = simulate_panel(cohorts=cohorts, **settings)  # type: ignore[arg-type]  # checked by click
    write_panel(made.panel, output)
    console.finish({"panel": str(output), "rows": made.panel.frame.height, "truth": made.truth})


def _number(_: click.Context, __: click.Parameter, text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise click.BadParameter("give a whole number, e.g. 1000000 or 1e6")
    return int(number)


@command.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--patents", default="1e5", show_default=True, callback=_number, help="How many, e.g. 1e6.")
@click.option("--first-year", default=1990, show_default=True)
@click.option("--last-year", default=2019, show_default=True)
@click.option("--vocabulary", default="200000", show_default=True, callback=_number, help="How many terms.")
@click.option("--terms-per-patent", default=100, show_default=True, help="Mean number of distinct terms.")
@click.option("--growth", default=0.03, show_default=True, help="Growth of patenting from year to year.")
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", type=int, help="Blocks in work at a time  [default: all cores]")
@reporting
def counts(console: Console, output: Path, **options: object) -> None:
    """Write a counted corpus of made-up patents, of any size, to be scored at once.

    A run that was killed goes on where it stopped. Ten million patents take about 4 GB of disk.

    Example: patentmetrics simulate counts -o counts/ --patents 1e6 --seed 1
    """
    from patentmetrics.simulate.counts import simulate_counts

    made = simulate_counts(output, progress=console.progress, **options)  # type: ignore[arg-type]  # checked by click
    console.finish(
        {
            "counts": str(output),
            "patents": made.documents,
            "non-zeros": made.nonzeros,
            "terms": made.vocabulary.height,
            "blocks": len(made.blocks),
        }
    )
