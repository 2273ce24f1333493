"""`patentmetrics panel fill`: fill missing values, marked and counted; balance the panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.core.types import Panel

_FILE = click.Path(path_type=Path)
_METHODS = ("interpolate", "neighbours", "growth")


@click.command()
@click.argument("panel", type=_FILE)
@click.option("--columns", default="", help="Columns to fill, separated by commas.")
@click.option(
    "--method", default="interpolate", show_default=True,
    help=f"One or more of {', '.join(_METHODS)}, in this order, by comma.",
)  # fmt: skip
@click.option("--max-gap", type=click.IntRange(min=1), help="Fill runs of at most so many missing years.")
@click.option(
    "--mean", type=click.Choice(["geometric", "arithmetic"]), default="geometric", show_default=True,
    help="Mean of growth rates, for growth.",
)  # fmt: skip
@click.option(
    "--ends", type=click.Choice(["both", "head", "tail"]), default="both", show_default=True,
    help="Where growth fills: before the first observed year, after the last.",
)  # fmt: skip
@click.option(
    "--add-rows", is_flag=True, help="First give each place the rows between its first and last year."
)
@click.option(
    "--constant", default="", help="With --add-rows: columns that are the same in all rows of a place."
)
@click.option("--across-missing-rows", is_flag=True, help="Fill also where a year of the gap has no row.")
@click.option(
    "--balance", "how", type=click.Choice(["drop_places", "common_years"]),
    help="Then balance: leave out places that lack a year or value, or years that a place lacks.",
)  # fmt: skip
@click.option("--years", help="First and last year of the balanced panel, e.g. 2007-2020.")
@click.option(
    "--cells", type=_FILE, help="CSV of each filled cell, and of each null that stays, with reason."
)
@click.option("-o", "--output", type=_FILE, required=True, help="Panel to write (Parquet).")
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    columns: str,
    method: str,
    max_gap: int | None,
    mean: str,
    ends: str,
    add_rows: bool,
    constant: str,
    across_missing_rows: bool,
    how: str | None,
    years: str | None,
    cells: Path | None,
    output: Path,
) -> None:
    """Fill missing values of PANEL (缺失值填补), each marked in {column}_filled; then balance it.

    interpolate and neighbours fill inside a series only, growth outside only. A filled value is never the
    source of another.

    Example: patentmetrics panel fill cities.parquet --columns gdp,population --method interpolate,growth
    --max-gap 3 --balance drop_places --years 2007-2020 -o filled.parquet
    """
    import polars as pl

    from patentmetrics.core.files import check_output, written_whole
    from patentmetrics.core.spreadsheet import quoted_cells
    from patentmetrics.panel.balance import add_missing_rows, balance, balance_panel
    from patentmetrics.panel.files import read_panel, write_panel
    from patentmetrics.panel.fill import count_filled, fill_panel

    names, methods = _names(columns), _methods(method)
    if not names and not how:
        raise click.UsageError("name at least one of --columns and --balance")
    span = _span(years)
    for path in (output, cells):
        if path is not None:
            check_output(path)
    made = read_panel(panel)
    known = len(made.log)
    if add_rows:
        made = add_missing_rows(made, constant=_names(constant))
    listed, left = [], pl.DataFrame()
    for one in methods if names else []:
        filled = fill_panel(
            made,
            names,
            method=one,  # type: ignore[arg-type]  # click's
            max_gap=max_gap,
            across_missing_rows=across_missing_rows,
            mean=mean,  # type: ignore[arg-type]  # click's
            ends=ends,  # type: ignore[arg-type]  # click's
        )
        made, left = filled.panel, filled.left
        listed.append(filled.cells)
    if how is not None:
        done = balance_panel(made, how=how, years=span, columns=names)  # type: ignore[arg-type]  # click's
        made = done.panel
        listed.append(done.dropped)
    made = _made_by(made, panel, {"add_rows": add_rows, "balance": how, "years": years})
    write_panel(made, output)
    if cells is not None:
        told = pl.concat([*listed, left], how="diagonal_relaxed") if listed else left
        with written_whole(cells) as temporary:
            quoted_cells(told).write_csv(temporary, include_bom=True)
    for line in made.log[known:]:
        console.say(line)
    counted = count_filled(made.frame)
    by_method = counted.group_by("variable", "method").agg(pl.col("cells").sum()).sort("variable", "method")
    shape = balance(made)
    console.finish(
        {
            "output": output.name,
            "filled": {f"{variable} by {one}": n for variable, one, n in by_method.rows()},
            "places with a filled cell": counted["place"].n_unique(),
            "places": shape.places,
            "cells": shape.cells,
            "balanced": shape.balanced,
            "nulls": {name: n for name, n in shape.nulls.items() if not name.endswith("_filled")},
        }
        | ({"log": list(made.log)} if console.as_json else {})
    )


def _made_by(made: Panel, source: Path, settings: dict[str, object]) -> Panel:
    import dataclasses

    from patentmetrics.core.provenance import file_identity, provenance

    step = provenance(
        "panel fill",
        settings=settings | {"fills": made.made_by.get("filled", [])},
        inputs={source.name: file_identity(source), "panel": dict(made.made_by)},
        counts={"rows": made.frame.height},
    )
    kept = {key: made.made_by[key] for key in ("truth", "filled", "units") if key in made.made_by}
    return dataclasses.replace(made, made_by=step | kept)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _methods(text: str) -> list[str]:
    methods = _names(text)
    for one in methods:
        if one not in _METHODS:
            raise click.BadParameter(f"{one!r} is not one of {', '.join(_METHODS)}", param_hint="--method")
    return methods


def _span(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, dash, last = text.replace("–", "-").partition("-")
    if not (dash and first.strip().isdigit() and last.strip().isdigit()):
        raise click.BadParameter("two years with a dash between, e.g. 2007-2020", param_hint="--years")
    return int(first), int(last)
