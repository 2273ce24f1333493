"""`patentmetrics panel export`: a panel as Parquet, CSV, Excel or Stata, with its codebook."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("panel", type=_FILE)
@click.option(
    "-o", "--output", type=_FILE, required=True, help="File to write: .parquet, .csv, .xlsx or .dta."
)
@click.option(
    "--columns", default="", help="These only, separated by commas; place and year are always there."
)
@click.option("--labels", type=_FILE, help="CSV with column, label and, at will, unit: of your own columns.")
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True,
    help="Labels of variables in Stata.",
)  # fmt: skip
@click.option(
    "--names", type=click.Choice(["check", "mend"]), default="check", show_default=True,
    help="Names that Stata does not take: refuse them, or mend them.",
)  # fmt: skip
@click.option("--bom/--no-bom", default=True, show_default=True, help="Byte-order mark in CSV, for Excel.")
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    output: Path,
    columns: str,
    labels: Path | None,
    language: str,
    names: str,
    bom: bool,
) -> None:
    """Write PANEL for another program (面板导出): Parquet, CSV, Excel or Stata, by the ending of --output.

    Beside it stand its codebook (in Excel a sheet) and its provenance.

    Example: patentmetrics panel export panel.parquet -o panel.dta --labels labels.csv
    """
    from patentmetrics.panel.export import export_panel
    from patentmetrics.panel.files import read_panel

    chosen = [name.strip() for name in columns.split(",") if name.strip()]
    texts, units = _labels(labels)
    made = read_panel(panel)
    done = export_panel(
        made,
        output,
        columns=chosen or None,
        language="en" if language == "en" else "zh",
        labels=texts,
        units=units,
        bom=bom,
        names="mend" if names == "mend" else "check",
    )
    console.finish(
        {
            "output": output.name,
            "beside it": [one.name for one in done.files[1:]],
            "rows": made.frame.height,
            "renamed": done.renamed,
            "labels cut at 80 characters": list(done.labels_cut),
            "not a number, written as missing": done.nulls_made,
            "simulated": made.simulated,
        }
    )


def _labels(path: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    if path is None:
        return {}, {}
    import polars as pl

    from patentmetrics.core.types import require_columns, require_unique
    from patentmetrics.panel.files import read_delimited

    frame = read_delimited(path)
    require_columns(frame, ["column", "label"], where=path.name)
    require_unique(frame, ["column"], where=path.name)
    frame = frame.with_columns(pl.all().cast(pl.String))
    texts = dict(frame.select("column", "label").drop_nulls().rows())
    units = dict(frame.select("column", "unit").drop_nulls().rows()) if "unit" in frame.columns else {}
    return texts, units
