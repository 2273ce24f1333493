"""`patentmetrics estimate curve`: the specification curve over choices of model and of measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.estimate_options import FILE, printing, table_options


@click.command()
@click.argument("panel", type=FILE)
@click.option("--spec", type=FILE, required=True, help="TOML file with the base and the dimensions.")
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="NAME=FILE",
    help="Another panel, that choices name. May be given several times.",
)
@click.option("-o", "--output", type=FILE, help="All specifications to write (Parquet or .csv).")
@printing
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    spec: Path,
    others: tuple[str, ...],
    output: Path | None,
    tables: tuple[Path, ...],
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - the options of printing
) -> None:
    """Estimate a model under every combination of choices, of model and of measurement.

    The file of --spec: [base] with model, outcome and its other settings; [[dimensions]] with name,
    measurement = true or false, and choices: {name, fill, panel, set = {…}, sample = {…}}. A blank {name}
    in a column's name stands for what the choice of that dimension fills in.

    Example: patentmetrics estimate curve panel.parquet --spec curve.toml -o curve.parquet --plot curve.png
    """
    from patentmetrics.core.files import written_whole
    from patentmetrics.core.provenance import file_identity, provenance, write_frame
    from patentmetrics.core.spreadsheet import quoted_cells
    from patentmetrics.estimate.curve import CurveSpec, run_curve
    from patentmetrics.estimate.reading import read_settings_file, read_spec, settings_of
    from patentmetrics.panel.files import read_panel
    from patentmetrics.report.curve_table import curve_table
    from patentmetrics.report.formats import to_text, write_table

    printed, _ = table_options(**options)
    files = {"panel": panel}
    for word in others:
        name, _, file = word.partition("=")
        if not (name and file) or name in files:
            raise click.BadParameter(f"{word} is no NAME=FILE of its own", param_hint="--with")
        files[name] = Path(file)
    asked = read_spec(CurveSpec, read_settings_file(spec), where=spec.name)
    panels = {name: read_panel(path) for name, path in files.items()}
    curve = run_curve(panels, asked, progress=console.progress)
    if output is not None and output.suffix == ".csv":
        with written_whole(output) as temporary:
            quoted_cells(curve.specifications).write_csv(temporary, include_bom=True)
    elif output is not None:
        inputs: dict[str, object] = {name: file_identity(path) for name, path in files.items()}
        made_by = provenance("specification curve", settings=settings_of(asked), inputs=inputs)
        made_by |= {"statistics": curve.statistics, "simulated": curve.simulated}
        write_frame(curve.specifications, output, made_by)
    table = curve_table(curve, language=printed["language"], digits=printed["digits"])
    for path in tables:
        write_table(table, path)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.forest_figures import plot_specification_curve

        save_figure(plot_specification_curve(curve, language=printed["language"]), plot)
    if console.as_json:
        frames = {"choices": curve.choices, "shares": curve.shares, "specifications": curve.specifications}
        console.finish({**curve.statistics, **{name: one.to_dicts() for name, one in frames.items()}})
        return
    console.say(to_text(table))
    console.finish(curve.statistics)
