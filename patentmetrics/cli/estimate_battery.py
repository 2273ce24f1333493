"""`patentmetrics estimate battery`: the robustness section in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.estimate_options import FILE, printing, table_options, write_models


@click.command()
@click.argument("panel", type=FILE)
@click.option("--spec", type=FILE, help="TOML file with the settings.")
@click.option("--outcome", help="Dependent variable.")
@click.option("--controls", help="Further regressors, separated by commas.")
@click.option("--set", "words", multiple=True, help="key=value: any setting. May be given several times.")
@click.option("-o", "--output", type=FILE, help="Estimates of all models to write (Parquet).")
@printing
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    spec: Path | None,
    outcome: str | None,
    controls: str | None,
    words: tuple[str, ...],
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the options of printing
) -> None:
    """Estimate a baseline and its robustness checks: one table, one forest plot.

    Baseline, stepwise controls, event study, Bacon, Callaway-Sant'Anna, two-stage, imputation, stacked,
    synthetic DID, PSM-DID, placebo, winsorised, sub-samples, other policies. What cannot run is listed
    with its reason. Sub-samples stand in the file of --spec: [[subsamples]] name, column, values.

    Example: patentmetrics estimate battery panel.parquet --outcome patents --controls gdp,population
    --set draws=500 --table robustness.docx --plot robustness.png
    """
    from patentmetrics.estimate.battery import BatterySpec, run_battery
    from patentmetrics.estimate.reading import read_settings_file, read_spec, read_words
    from patentmetrics.panel.files import read_panel
    from patentmetrics.report.battery_table import battery_table
    from patentmetrics.report.formats import to_text, write_table

    printed, _ = table_options(**options)
    short = [f"{key}={value}" for key, value in {"outcome": outcome, "controls": controls}.items() if value]
    settings = {} if spec is None else read_settings_file(spec)
    settings |= read_words(BatterySpec, [*short, *words])
    asked = read_spec(BatterySpec, settings, where="battery")
    battery = run_battery(read_panel(panel), asked, progress=console.progress)
    write_models(battery.results, panel=panel, output=output)
    table = battery_table(battery, **printed)
    for path in tables:
        write_table(table, path)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.forest_figures import plot_forest

        save_figure(plot_forest(battery, language=printed["language"]), plot)
    told = {
        "effects": battery.effects.to_dicts(),
        "tests": battery.tests.to_dicts(),
        "not_run": battery.not_run.to_dicts(),
        "simulated": battery.simulated,
    }
    if console.as_json:
        console.finish(told)
        return
    console.say(to_text(table))
    console.finish({"models": len(battery.results), "not run": battery.not_run.height})
