"""`patentmetrics panel aggregate`: rows with a place and a year to place × year, in a stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl

    from patentmetrics.core.provenance import Provenance
    from patentmetrics.panel.measures import Measure

_FILE = click.Path(path_type=Path)


def _parquet(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    value: Path,
) -> Path:
    if value.suffix.lower() != ".parquet":
        raise click.BadParameter(f"{value.name!r} does not end with .parquet")
    return value


def _cuts(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    values: Sequence[str],
) -> list[tuple[str, float]]:
    found = []
    for value in values:
        column, equals, number = value.rpartition("=")
        try:
            found.append((column.strip(), float(number)))
        except ValueError:
            equals = ""
        if not (equals and column.strip()):
            raise click.BadParameter(f"{value!r} is not of the form column=number")
    return found


@click.command()
@click.argument("rows", type=_FILE)
@click.option(
    "--places", type=_FILE, help="Place of each patent: patent_id, place. Without it ROWS has them."
)
@click.option(
    "--several", type=click.Choice(["refuse", "whole", "equal", "weights"]), default="refuse",
    show_default=True, help="A patent with several places: refuse, count whole in each, or in shares.",
)  # fmt: skip
@click.option("--key", default="patent_id", show_default=True, help="Must be unique; empty to allow repeats.")
@click.option("--count", "counted", default="patents", show_default=True, help="Name of the count of rows.")
@click.option("--sum", "sums", multiple=True, metavar="COLUMN", help="Adds sum_COLUMN. May be repeated.")
@click.option("--mean", "means", multiple=True, metavar="COLUMN", help="Adds mean_COLUMN.")
@click.option(
    "--above", multiple=True, callback=_cuts, metavar="COLUMN=NUMBER",
    help="Adds above_COLUMN: rows with at least this value.",
)  # fmt: skip
@click.option(
    "--top", multiple=True, callback=_cuts, metavar="COLUMN=QUANTILE",
    help="Adds top_share_COLUMN: share of rows among the top, 0.98 for the top 2 %.",
)  # fmt: skip
@click.option(
    "--within", type=click.Choice(["sample", "year"]), default="sample", show_default=True,
    help="Over which rows the quantile of --top is taken.",
)  # fmt: skip
@click.option("--by", metavar="COLUMN", help="Make all of it for each category too, e.g. kind.")
@click.option("--population", type=_FILE, help="place, year, population: adds the count per head.")
@click.option("--scale", default=1.0, show_default=True, help="10000 for patents per ten thousand people.")
@click.option(
    "-o", "--output", type=_FILE, required=True, callback=_parquet, help="Place-years to write (Parquet)."
)
@reporting
def command(
    console: Console,
    *,
    rows: Path,
    places: Path | None,
    several: Literal["refuse", "whole", "equal", "weights"],
    key: str,
    counted: str,
    sums: tuple[str, ...],
    means: tuple[str, ...],
    above: list[tuple[str, float]],
    top: list[tuple[str, float]],
    within: Literal["sample", "year"],
    by: str | None,
    population: Path | None,
    scale: float,
    output: Path,
) -> None:
    """Aggregate ROWS, a table with a place and a year in each row, to place × year in one call.

    ROWS is Parquet, read in a stream, or CSV. Rows without a place or year are left out and counted. What is
    made of values is null where no row of a place and year has one.

    Example: patentmetrics panel aggregate scores.parquet --places patents.csv --several equal
    --mean breakthrough_5_net --top breakthrough_5_net=0.95 --within year -o city_years.parquet
    """
    if several != "refuse" and places is None:
        raise click.UsageError("--several is about --places, which names the file of places")

    from patentmetrics.core.provenance import file_identity, is_simulated, provenance, write_frame
    from patentmetrics.panel.place_years import aggregate
    from patentmetrics.panel.sharing import WEIGHT, with_places

    source, made_from = _source(rows)
    inputs: dict[str, object] = {rows.name: made_from or file_identity(rows)}
    weight, unique = None, key or None
    if places is not None:
        where, placed_from = _source(places)
        inputs[places.name] = placed_from or file_identity(places)
        source = with_places(source, where, key=key or "patent_id", several=several)
        weight = WEIGHT if several in {"equal", "weights"} else None
        unique = None
    beside = None
    if population is not None:
        table, _ = _source(population)
        beside = table.select("place", "year", "population").collect()
        inputs[population.name] = file_identity(population)
    measures = _measures(counted, sums, means, above, top, within, scale if population is not None else None)
    made = aggregate(source, measures=measures, key=unique, by=by, weight=weight, beside=beside, unit=counted)
    made_by = provenance(
        "panel aggregate",
        settings={
            "measures": [f"{one.how} {one.of or ''} {one.cut or ''}".strip() for one in measures],
            "within": within,
            "several": several,
            "by": by,
            "scale": scale,
        },
        inputs=inputs,
        counts=made.counts,
    )
    simulated = is_simulated(made_by)
    write_frame(made.frame, output, {**made_by, "log": list(made.log), "simulated": simulated})
    for line in made.log:
        console.say(line)
    console.finish(
        {
            "output": output.name,
            "place-years": made.frame.height,
            "places": made.frame["place"].n_unique(),
            "columns": made.frame.columns[2:],
            "counts": made.counts,
            "simulated": simulated,
        }
    )


def _source(path: Path) -> tuple[pl.LazyFrame, Provenance]:
    """Open a table without reading it, where it is Parquet, with the provenance that it carries."""
    import polars as pl

    from patentmetrics.core.provenance import KEY
    from patentmetrics.panel.files import read_delimited
    from patentmetrics.panel.place_year_sums import scanned

    if path.suffix.lower() != ".parquet":
        return read_delimited(path).lazy(), {}
    lazy = scanned(path)
    text = pl.read_parquet_metadata(path).get(KEY)
    return lazy, json.loads(text) if text else {}


def _measures(
    counted: str,
    sums: Sequence[str],
    means: Sequence[str],
    above: Sequence[tuple[str, float]],
    top: Sequence[tuple[str, float]],
    within: Literal["sample", "year"],
    scale: float | None,
) -> list[Measure]:
    from patentmetrics.panel.measures import Measure

    made = [Measure(name=counted, how="count")]
    made += [Measure(name=f"sum_{name}", how="sum", of=name) for name in sums]
    made += [Measure(name=f"mean_{name}", how="mean", of=name) for name in means]
    made += [Measure(name=f"above_{name}", how="above", of=name, cut=cut) for name, cut in above]
    made += [
        Measure(name=f"top_share_{name}", how="top_share", of=name, cut=cut, within=within)
        for name, cut in top
    ]
    if scale is not None:
        made.append(
            Measure(name=f"{counted}_per_head", how="ratio", of=counted, to="population", scale=scale)
        )
    return made
