"""`patentmetrics estimate MODEL`: any registered model, by its settings or by a formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.estimate_options import (
    FILE,
    printing,
    report_models,
    table_options,
    write_models,
    write_tables,
)

_SHORT = ("name", "outcome", "treatment", "cohort", "controls", "fixed_effects", "cluster", "errors")


def command_of(name: str) -> click.Command | None:
    """Make the command of a registered model; None where there is no such model."""
    from patentmetrics.estimate.model_list import MODELS

    model = MODELS.get(name.replace("-", "_"))
    if model is None:
        return None
    text = (
        f"{model.help}\n\n{model.chinese}. {model.citation}. Its settings: `patentmetrics estimate list "
        f"{name}`.\n\nExample: patentmetrics estimate {name} panel.parquet --outcome patents "
        f"--set key=value -o {model.name}.parquet"
    )

    @click.command(name, help=text, short_help=model.help)
    @_options
    @printing
    @reporting
    def run(console: Console, **options: Any) -> None:  # noqa: ANN401 - the options of _options and printing
        estimate(console, model.name, **options)

    return run


def _options(function: Any) -> Any:  # noqa: ANN401 - a click command in the making
    options = [
        click.argument("panel", type=FILE),
        click.option("--formula", help="As fixest: y ~ x1 + x2 | place + year | d ~ z."),
        click.option(
            "--set", "words", multiple=True, help="key=value: any setting. May be given several times."
        ),
        click.option("--spec", type=FILE, help="TOML file with settings."),
        click.option("--name", help="Head of the model's column; (1) by default."),
        click.option("--outcome", help="Dependent variable."),
        click.option("--treatment", help="Column with 0 and 1."),
        click.option("--cohort", help="First year of treatment; empty is never."),
        click.option("--controls", help="Further regressors, separated by commas."),
        click.option("--fixed-effects", help="Absorbed effects, separated by commas; a^b is an interaction."),
        click.option("--cluster", help="Column of the clusters."),
        click.option("--errors", help="Kind of standard errors."),
        click.option("-o", "--output", type=FILE, help="Estimates to write (Parquet)."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def estimate(
    console: Console,
    model: str,
    *,
    panel: Path,
    formula: str | None,
    words: tuple[str, ...],
    spec: Path | None,
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the short settings and the options of printing
) -> None:
    """Read the settings, estimate, write, print."""
    from patentmetrics.estimate.formula import FormulaSpec
    from patentmetrics.estimate.models import find_model, fit_all
    from patentmetrics.estimate.reading import read_settings_file, read_spec, read_words
    from patentmetrics.panel.files import read_panel

    printed, rest = table_options(**options)
    short = [f"{key}={rest[key]}" for key in _SHORT if rest[key] is not None]
    kind = find_model(model).spec_class()
    settings = {"name": "(1)"} | ({} if spec is None else read_settings_file(spec))
    settings |= read_words(kind, [*short, *words])
    asked: object
    if formula is None:
        asked = read_spec(kind, settings, where=model)
    else:
        name = settings.pop("name")
        asked = FormulaSpec(name=name, formula=formula, model=model, settings=settings)
    results = fit_all(read_panel(panel), asked)
    write_models(results, panel=panel, output=output)
    write_tables(results, tables, printed)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.forest_figures import plot_coefficients
        from patentmetrics.report.model_figures import plot_model

        language = printed["language"]
        several = len(results) > 1
        save_figure(
            plot_coefficients(results, language=language)
            if several
            else plot_model(results[0], language=language),
            plot,
        )
    report_models(console, results)
