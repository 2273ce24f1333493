"""`patentmetrics estimate`: any registered model on a panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from patentmetrics.cli import estimate_battery, estimate_curve, estimate_list, estimate_model
from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.estimate_options import (
    FILE,
    printing,
    report_models,
    table_options,
    write_models,
    write_tables,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from patentmetrics.core.types import Result


class ModelGroup(click.Group):
    """A group whose commands are also the names of all registered models."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command by name, or make the one of a model."""
        own = super().get_command(ctx, cmd_name)
        return own or estimate_model.command_of(cmd_name)


@click.group(cls=ModelGroup)
def command() -> None:
    """Estimate a model: MODEL is did, event-study, iv … (`patentmetrics estimate list`).

    Example: patentmetrics estimate did panel.parquet --outcome patents --controls gdp -o estimates.parquet

    Example: patentmetrics estimate iv panel.parquet --formula "patents ~ gdp | place + year | rail ~ slope"
    """


command.add_command(estimate_list.command, "list")
command.add_command(estimate_battery.command, "battery")
command.add_command(estimate_curve.command, "curve")


def _common(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.argument("panel", type=FILE),
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
        click.option("-o", "--output", type=FILE, help="Estimates to write (Parquet)."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@_common
@click.option("--treatment", default="treated", show_default=True, help="Column with 0 and 1.")
@printing
@reporting
def did(
    console: Console,
    *,
    panel: Path,
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the options of _common and printing
) -> None:
    """Estimate a difference in differences by two-way fixed effects.

    Standard errors follow Stata's reghdfe. For a simulated panel the known answer stands beside the estimate.

    Example: patentmetrics estimate did panel.parquet --outcome outcome --treatment treated
    --controls control --cluster place -o estimates.parquet
    """
    _estimated(console, "did", panel=panel, output=output, tables=tables, plot=plot, options=options)


@command.command("event-study")
@_common
@click.option(
    "--cohort", default="cohort", show_default=True, help="First year of treatment; empty is never."
)
@click.option("--leads", type=click.IntRange(min=1), default=4, show_default=True, help="Years before.")
@click.option("--lags", type=click.IntRange(min=0), default=4, show_default=True, help="Years after.")
@click.option("--base", type=int, default=-1, show_default=True, help="Event time to compare with.")
@click.option("--bins/--no-bins", default=True, show_default=True, help="Let the ends stand for all beyond.")
@printing
@reporting
def event_study(
    console: Console,
    *,
    panel: Path,
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the options of _common and printing
) -> None:
    """Estimate the effect by years before and after treatment, and test for a trend before it.

    Example: patentmetrics estimate event-study panel.parquet --outcome outcome --cohort cohort
    --leads 4 --lags 4 -o event_study.parquet
    """
    _estimated(console, "event_study", panel=panel, output=output, tables=tables, plot=plot, options=options)


def _estimated(
    console: Console,
    model: str,
    *,
    panel: Path,
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    options: dict[str, Any],
) -> None:
    from patentmetrics.estimate.models import fit
    from patentmetrics.panel.files import read_panel

    printed, settings = table_options(**options)
    for name in ("controls", "fixed_effects"):
        settings[name] = tuple(one.strip() for one in settings[name].split(",") if one.strip())
    result = fit(read_panel(panel), {"model": model, **settings})
    write_models([result], panel=panel, output=output)
    write_tables([result], tables, printed)
    if plot is not None:
        _plot(result, plot, printed["language"])
    report_models(console, [result])


def _plot(result: Result, path: Path, language: Any) -> None:  # noqa: ANN401 - one of two words
    from patentmetrics.report.canvas import save_figure
    from patentmetrics.report.model_figures import plot_model

    save_figure(plot_model(result, language=language), path)
