"""`patentmetrics panel`: scores and frequencies to place × year, merged, checked, winsorised."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl

    from patentmetrics.core.types import Panel

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--base", type=_FILE, help="City panel to merge into: CSV (UTF-8) or Parquet with place, year.")
@click.option("--scores", type=_FILE, help="Scores of patents, from `patentmetrics score`.")
@click.option("--patents", type=_FILE, help="Place of each patent: CSV or Parquet with patent_id, place.")
@click.option("--frequencies", type=_FILE, help="Keyword counts, from `patentmetrics policy`.")
@click.option(
    "--how", type=click.Choice(["left", "outer", "inner"]), default="left", show_default=True,
    help="Which rows stay when merging into --base.",
)  # fmt: skip
@click.option(
    "--zero", default="", help="Count columns that are 0 where a covered year has no row, by comma."
)
@click.option("--cohort", help="Column with the first year of treatment: adds treated and event_time.")
@click.option("--log", "logged", default="", help="Count columns to add ln(1 + x) of, separated by commas.")
@click.option("--winsorise", "winsorised", default="", help="Columns to winsorise, separated by commas.")
@click.option("--limits", default="0.01,0.99", show_default=True, help="Lower and upper quantile.")
@click.option("--by-year", is_flag=True, help="Take the quantiles of each year, not of the whole sample.")
@click.option("-o", "--output", type=_FILE, required=True, help="Panel to write (Parquet).")
@reporting
def command(
    console: Console,
    *,
    base: Path | None,
    scores: Path | None,
    patents: Path | None,
    frequencies: Path | None,
    how: str,
    zero: str,
    cohort: str | None,
    logged: str,
    winsorised: str,
    limits: str,
    by_year: bool,
    output: Path,
) -> None:
    """Aggregate to place × year, merge, check the balance, winsorise.

    In this order: aggregate, merge, treatment, logarithms, winsorise (so name log_patents to winsorise that).
    Without --base the panel has a row for every place and year that scores or frequencies have.

    Example: patentmetrics panel --scores scores.parquet --patents patents.parquet
    --frequencies frequencies.parquet --zero patents --winsorise total_count -o panel.parquet
    """
    if base is None and scores is None and frequencies is None:
        raise click.UsageError("name at least one of --base, --scores and --frequencies")
    if (scores is None) != (patents is None):
        raise click.UsageError("--scores and --patents come together: the patents give the places")
    lower, upper = _limits(limits)

    from patentmetrics.core.provenance import file_identity, is_simulated, provenance
    from patentmetrics.panel.balance import balance
    from patentmetrics.panel.files import read_panel, write_panel
    from patentmetrics.panel.logs import add_log
    from patentmetrics.panel.merge import merge_panel, outer_panel
    from patentmetrics.panel.treatment import add_treatment
    from patentmetrics.panel.winsorise import winsorise

    parts: dict[str, pl.DataFrame] = {}
    log: list[str] = []
    simulated = False
    if scores is not None and patents is not None:
        parts["scores"], told, simulated = _from_scores(scores, patents)
        log += told
    if frequencies is not None:
        parts["frequencies"], told, made_up = _from_frequencies(frequencies)
        log += told
        simulated = simulated or made_up

    columns = _names(zero)
    if base is not None:
        panel = merge_panel(read_panel(base), parts, how=how, zero=columns)  # type: ignore[arg-type]  # click's choice
    else:
        panel = outer_panel(parts, zero=columns)
    if cohort is not None:
        panel = add_treatment(panel, cohort=cohort)
    if logged:
        panel = add_log(panel, _names(logged))
    if winsorised:
        panel = winsorise(panel, _names(winsorised), lower=lower, upper=upper, by="year" if by_year else None)
    files = {
        name: file_identity(path)
        for name, path in (
            ("base", base),
            ("scores", scores),
            ("patents", patents),
            ("frequencies", frequencies),
        )
        if path is not None
    }
    made_by = provenance(
        "panel",
        settings={"how": how, "zero": columns, "winsorise": _names(winsorised), "limits": [lower, upper]}
        | {"by_year": by_year, "cohort": cohort, "log": _names(logged)},
        inputs=dict(files),
        counts={"rows": panel.frame.height},
    )
    made_by |= {"truth": panel.made_by["truth"]} if "truth" in panel.made_by else {}
    panel = _with(panel, log=(*log, *panel.log), simulated=panel.simulated or simulated, made_by=made_by)
    write_panel(panel, output)

    shape = balance(panel)
    for line in panel.log:
        console.say(line)
    console.finish(
        {
            "output": output.name,
            "places": shape.places,
            "years": f"{shape.years[0]}–{shape.years[-1]}",
            "cells": shape.cells,
            "balanced": shape.balanced,
            "missing place-years": shape.missing.height,
            "missing, first": [f"{place} {year}" for place, year in shape.missing.head(5).rows()],
            "places with gaps": shape.places_with_gaps,
            "nulls": shape.nulls,
            "simulated": panel.simulated or is_simulated(panel.made_by),
        }
        | ({"log": list(panel.log)} if console.as_json else {})
    )


def _from_scores(scores: Path, patents: Path) -> tuple[pl.DataFrame, tuple[str, ...], bool]:
    from patentmetrics.core.errors import ColumnError
    from patentmetrics.core.provenance import is_simulated, read_frame
    from patentmetrics.core.types import Scores
    from patentmetrics.panel.aggregate import aggregate_scores
    from patentmetrics.panel.files import read_delimited

    frame, made_by = read_frame(scores)
    windows = [int(m[1]) for name in frame.columns if (m := re.fullmatch(r"breakthrough_(\d+)_net", name))]
    if not windows:
        raise ColumnError(
            "the scores have no column breakthrough_{window}_net",
            where=scores.name,
            allowed=frame.columns,
            hint="make them with `patentmetrics score`",
        )
    if patents.suffix.lower() == ".parquet":
        places, placed_by = read_frame(patents)
    else:
        places, placed_by = read_delimited(patents), {}
    made = aggregate_scores(Scores(frame=frame, key="patent_id", made_by=made_by), places, windows=windows)
    return made.frame, made.log, is_simulated(made_by) or is_simulated(placed_by)


def _from_frequencies(path: Path) -> tuple[pl.DataFrame, tuple[str, ...], bool]:
    from patentmetrics.core.provenance import is_simulated, read_frame
    from patentmetrics.panel.aggregate import aggregate_frequencies
    from patentmetrics.panel.files import read_delimited

    frame, made_by = read_frame(path) if path.suffix.lower() == ".parquet" else (read_delimited(path), {})
    made = aggregate_frequencies(frame)
    return made.frame, made.log, is_simulated(made_by)


def _with(panel: Panel, **changes: object) -> Panel:
    from dataclasses import replace

    return replace(panel, **changes)  # type: ignore[arg-type]  # click's choice


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _limits(text: str) -> tuple[float, float]:
    try:
        lower, upper = (float(one) for one in text.split(","))
    except ValueError:
        raise click.BadParameter(
            "two numbers separated by a comma, e.g. 0.01,0.99", param_hint="--limits"
        ) from None
    return lower, upper
