"""`patentmetrics index`: a composite index of a panel's indicators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.index.composite import Levels, Method
    from patentmetrics.index.standardise import Scale

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("panel", type=_FILE)
@click.option("--system", required=True, metavar="NAME|FILE", help="Index system: a .toml file, or its name.")
@click.option(
    "--method",
    type=click.Choice(["entropy", "pca", "scatter", "critic", "equal", "given"]),
    default="entropy",
    show_default=True,
    help="How indicators are weighted; given: by the weights in the system.",
)
@click.option(
    "--scale",
    type=click.Choice(["minmax", "zscore", "none"]),
    help="Standardisation  [default: the method's]",
)
@click.option("--by-year", is_flag=True, help="Standardise within each year, not over the whole panel.")
@click.option(
    "--levels",
    type=click.Choice(["joint", "separate"]),
    default="joint",
    show_default=True,
    help="Weight all indicators together, or those of each dimension by themselves.",
)
@click.option("--shift", type=float, default=0.0, show_default=True, help="Added before entropy is taken.")
@click.option(
    "--share", type=float, help="Share of variance of the components kept  [default: the first one]"
)
@click.option("--couple", is_flag=True, help="Add the coupling coordination of the dimensions.")
@click.option("--name", default="composite_index", show_default=True, help="Name of the index.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of tables."
)
@click.option(
    "--weights",
    "tables",
    type=_FILE,
    multiple=True,
    help="Table of weights to write: .md, .tex, .html or .csv. May be given several times.",
)
@click.option(
    "-o", "--output", type=_FILE, required=True, help="Scores by place and year to write (Parquet)."
)
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    system: str,
    method: Method,
    scale: Scale | None,
    by_year: bool,
    levels: Levels,
    shift: float,
    share: float | None,
    couple: bool,
    name: str,
    language: Literal["en", "zh"],
    tables: tuple[Path, ...],
    output: Path,
) -> None:
    """Make a composite index out of the indicators of PANEL, with the table of its weights.

    Nothing is filled: a score is null where one of its indicators is. `patentmetrics index systems` lists the
    systems that ship with the package.

    Example: patentmetrics index panel.parquet --system urban_innovation_2026 --method entropy
    --weights weights.csv -o index.parquet
    """
    from dataclasses import replace

    from patentmetrics.core.provenance import file_identity
    from patentmetrics.index.composite import composite_index
    from patentmetrics.index.coupling import coupling_coordination
    from patentmetrics.index.systems import read_index_system
    from patentmetrics.index.weights_table import weights_table
    from patentmetrics.panel.files import read_panel, write_panel
    from patentmetrics.report.formats import write_table
    from patentmetrics.report.tables import frame_table

    read = read_index_system(system)
    made = composite_index(
        read_panel(panel),
        read,
        method=method,
        scale=scale,
        by="year" if by_year else None,
        levels=levels,
        shift=shift,
        share=share,
        name=name,
    )
    made_by = made.scores.made_by
    inputs = made_by["inputs"] if isinstance(made_by["inputs"], dict) else {}
    scores = replace(made.scores, made_by=made_by | {"inputs": inputs | {"panel": file_identity(panel)}})
    if couple:
        scores = coupling_coordination(scores, [f"{name}_{one.id}" for one in read.dimensions])
    title = read.title_zh if language == "zh" else read.title_en
    for path in tables:
        weights = weights_table(made, language=language)
        write_table(
            frame_table(
                weights, title=title, language=language, notes=[read.source], simulated=scores.simulated
            ),
            path,
        )
    write_panel(scores, output)
    for line in scores.log:
        console.say(line)
    listed = made.weights.select("indicator", "weight").rows()
    console.finish(
        {
            "output": output.name,
            "system": read.id,
            "method": method,
            "rows": scores.frame.height,
            "null": scores.frame[name].null_count(),
            "weights": {indicator: weight for indicator, weight in listed if weight is not None},
            "left out": [indicator for indicator, weight in listed if weight is None],
            "simulated": scores.simulated,
        }
        | ({"log": list(scores.log), "diagnostics": made.diagnostics.to_dicts()} if console.as_json else {})
    )
