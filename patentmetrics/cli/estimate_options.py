"""Options and outputs that all commands of `patentmetrics estimate` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patentmetrics.cli.console import Console
    from patentmetrics.core.types import Result

FILE = click.Path(path_type=Path)


def printing(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of tables and figures."""
    options = [
        click.option(
            "--table",
            "tables",
            type=FILE,
            multiple=True,
            help="Table to write: .md, .tex, .html, .csv, .docx or .xlsx. May be given several times.",
        ),
        click.option(
            "--brackets",
            type=click.Choice(["se", "t"]),
            default="se",
            show_default=True,
            help="In parentheses: standard errors or t statistics.",
        ),
        click.option(
            "--stars",
            "levels",
            default="0.01,0.05,0.1",
            show_default=True,
            help="Levels of significance of three, two and one star.",
        ),
        click.option("--digits", type=click.IntRange(0, 12), default=4, show_default=True, help="Decimals."),
        click.option(
            "--language",
            type=click.Choice(["en", "zh"]),
            default="en",
            show_default=True,
            help="Of tables and figures.",
        ),
        click.option("--plot", type=FILE, help="Figure to write: .png, .svg or .pdf."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def table_options(
    *, brackets: str, levels: str, digits: int, language: str, **rest: object
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the options of a table from the others."""
    try:
        numbers = tuple(float(one) for one in levels.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{levels} is no list of numbers", param_hint="--stars") from error
    printed = {"brackets": brackets, "levels": numbers, "digits": digits, "language": language}
    return printed, dict(rest)


def write_models(results: Sequence[Result], *, panel: Path, output: Path | None) -> None:
    """Write the estimates, where a file is named."""
    from patentmetrics.core.provenance import file_identity
    from patentmetrics.estimate.files import write_results

    if output is not None:
        write_results(results, output, inputs={"panel": file_identity(panel)})


def write_tables(results: Sequence[Result], tables: Sequence[Path], printed: dict[str, Any]) -> None:
    """Write the table of estimates in each format that is asked for."""
    from patentmetrics.report.formats import write_table
    from patentmetrics.report.tables import estimates_table

    for path in tables:
        write_table(estimates_table(results, **printed), path)


def report_models(console: Console, results: Sequence[Result]) -> None:
    """Print models: their coefficients, notes, warnings and statistics."""
    if console.as_json:
        told = [_as_json(result) for result in results]
        console.finish(told[0] if len(told) == 1 else {"models": told})
        return
    if any(result.simulated for result in results):
        console.say("SIMULATED DATA: these numbers say nothing about real cities.")
    for at, result in enumerate(results):
        if len(results) > 1:
            console.say(("\n" if at else "") + result.name)
        console.say(f"{result.method}; outcome {result.outcome}")
        for line in _lines(result):
            console.say(line)
        for note in result.notes:
            console.say(f"note: {note}")
        for warning in result.warnings:
            console.say(f"warning: {warning}")
        console.finish({name: value for name, value in result.statistics.items() if value is not None})


def _as_json(result: Result) -> dict[str, object]:
    return {
        "model": result.name,
        "method": result.method,
        "outcome": result.outcome,
        "estimates": result.estimates.to_dicts(),
        "statistics": result.statistics,
        "notes": list(result.notes),
        "warnings": list(result.warnings),
        "settings": result.settings,
        "simulated": result.simulated,
        "truth": result.truth,
    }


def _lines(result: Result) -> list[str]:
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
    return aligned([heads, *rows])


def aligned(rows: list[list[str]]) -> list[str]:
    """Align rows of cells, the first column left and the others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
