"""`patentmetrics estimate`: a difference in differences or an event study on a panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from collections.abc import Callable

    from patentmetrics.core.types import Result

_FILE = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Estimate a two-way fixed-effects model or an event study.

    Example: patentmetrics estimate did panel.parquet --outcome patents --controls gdp -o estimates.parquet
    """


def _common(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.argument("panel", type=_FILE),
        click.option("--outcome", required=True, help="Dependent variable."),
        click.option("--controls", default="", help="Further regressors, separated by commas."),
        click.option(
            "--fixed-effects",
            default="place,year",
            show_default=True,
            help="Absorbed effects, separated by commas; a^b is an interaction.",
        ),
        click.option("--cluster", default="place", show_default=True, help="Column of the clusters."),
        click.option(
            "--errors",
            type=click.Choice(["cluster", "robust", "iid"]),
            default="cluster",
            show_default=True,
            help="Kind of standard errors.",
        ),
        click.option("--name", default="(1)", show_default=True, help="Head of the model's column."),
        click.option("-o", "--output", type=_FILE, help="Estimates to write (Parquet)."),
        click.option(
            "--table",
            "tables",
            type=_FILE,
            multiple=True,
            help="Table to write: .md, .tex, .html or .csv. May be given several times.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@_common
@click.option("--treatment", default="treated", show_default=True, help="Column with 0 and 1.")
@reporting
def did(
    console: Console,
    *,
    panel: Path,
    treatment: str,
    output: Path | None,
    tables: tuple[Path, ...],
    **options: Any,  # noqa: ANN401 - the options of _common
) -> None:
    """Estimate a difference in differences by two-way fixed effects.

    Standard errors follow Stata's reghdfe. For a simulated panel the known answer stands beside the estimate.

    Example: patentmetrics estimate did panel.parquet --outcome outcome --treatment treated
    --controls control --cluster place -o estimates.parquet
    """
    from patentmetrics.estimate.did import DidSpec, fit_did
    from patentmetrics.panel.files import read_panel

    spec = DidSpec(treatment=treatment, **_split(options))
    result = fit_did(read_panel(panel), spec)
    _write(result, panel=panel, output=output, tables=tables)
    _report(console, result)


@command.command("event-study")
@_common
@click.option(
    "--cohort", default="cohort", show_default=True, help="First year of treatment; empty is never."
)
@click.option("--leads", type=click.IntRange(min=1), default=4, show_default=True, help="Years before.")
@click.option("--lags", type=click.IntRange(min=0), default=4, show_default=True, help="Years after.")
@click.option("--base", type=int, default=-1, show_default=True, help="Event time to compare with.")
@click.option("--plot", type=_FILE, help="Plot to write: .png, .svg or .pdf.")
@click.option("--bins/--no-bins", default=True, show_default=True, help="Let the ends stand for all beyond.")
@reporting
def event_study(
    console: Console,
    *,
    panel: Path,
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the options of _common
) -> None:
    """Estimate the effect by years before and after treatment, and test for a trend before it.

    Example: patentmetrics estimate event-study panel.parquet --outcome outcome --cohort cohort
    --leads 4 --lags 4 -o event_study.parquet
    """
    from patentmetrics.estimate.event_study import EventStudySpec, fit_event_study
    from patentmetrics.panel.files import read_panel

    spec = EventStudySpec(**_split(options))
    result = fit_event_study(read_panel(panel), spec)
    _write(result, panel=panel, output=output, tables=tables)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.figures import plot_event_study

        save_figure(plot_event_study(result, binned_ends=spec.bins), plot)
    _report(console, result)


def _split(options: dict[str, Any]) -> dict[str, Any]:
    lists = {
        name: tuple(one.strip() for one in options[name].split(",") if one.strip())
        for name in ("controls", "fixed_effects")
    }
    return options | lists


def _write(result: Result, *, panel: Path, output: Path | None, tables: tuple[Path, ...]) -> None:
    from patentmetrics.core.provenance import file_identity
    from patentmetrics.estimate.files import write_results
    from patentmetrics.report.formats import write_table
    from patentmetrics.report.tables import estimates_table

    if output is not None:
        write_results([result], output, inputs={"panel": file_identity(panel)})
    for path in tables:
        write_table(estimates_table([result]), path)


def _report(console: Console, result: Result) -> None:
    if console.as_json:
        console.finish(
            {
                "model": result.name,
                "method": result.method,
                "outcome": result.outcome,
                "estimates": result.estimates.to_dicts(),
                "statistics": result.statistics,
                "notes": list(result.notes),
                "simulated": result.simulated,
                "truth": result.truth,
            }
        )
        return
    if result.simulated:
        console.say("SIMULATED DATA: these numbers say nothing about real cities.")
    console.say(f"{result.method}; outcome {result.outcome}")
    for line in _table(result):
        console.say(line)
    for note in result.notes:
        console.say(f"note: {note}")
    console.finish({name: value for name, value in result.statistics.items() if value is not None})


def _table(result: Result) -> list[str]:
    heads = ["term", "estimate", "std. error", "t", "p", "95 % low", "95 % high"]
    keys = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    rows = [[row["term"], *(_number(row[key]) for key in keys)] for row in result.estimates.to_dicts()]
    for row, p_value in zip(rows, result.estimates["p_value"], strict=True):
        if p_value is not None and p_value < 0.00005:
            row[4] = "<0.0001"
    if result.truth:
        heads.append("known answer")
        for row in rows:
            row.append(_number(result.truth.get(row[0])))
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [heads, *rows]
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
