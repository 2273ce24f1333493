"""`patentmetrics panel summary`: descriptive statistics, regional means and growth, and their figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.core.types import Panel
    from patentmetrics.report.wording import Language

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("panel", type=_FILE)
@click.option("--columns", required=True, help="Columns to describe, separated by commas.")
@click.option("--by", help="Column of groups; region is made from the places where the panel lacks it.")
@click.option("--places", default="place", show_default=True, help="Column with codes or names, for region.")
@click.option("--plot/--no-plot", default=True, show_default=True, help="Draw the figures.")
@click.option("--years", help="Years of the kernel densities, by comma  [default: four, spread out]")
@click.option(
    "--growth", "over", type=click.Choice(["intervals", "years"]), default="intervals", show_default=True,
    help="Mean growth over the years between first and last, or over their number.",
)  # fmt: skip
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("-o", "--output", type=_FILE, required=True, help="Folder to make.")
@reporting
def command(
    console: Console,
    *,
    panel: Path,
    columns: str,
    by: str | None,
    places: str,
    plot: bool,
    years: str | None,
    over: str,
    language: Language,
    output: Path,
) -> None:
    """Describe PANEL (描述性统计): statistics by group, means and growth by year, densities, boxes.

    Writes tables (.md, and .csv that Excel opens), figures (.png) and manifest.json. --by region takes the
    four regions of the National Bureau of Statistics (东部、中部、西部、东北).

    Example: patentmetrics panel summary panel.parquet --columns patents --by region -o summary/
    """
    from patentmetrics.core.files import check_output_folder, folder_written_whole, sha256_of, write_json
    from patentmetrics.core.provenance import file_identity, provenance
    from patentmetrics.panel.files import read_panel
    from patentmetrics.panel.regions import add_region
    from patentmetrics.panel.summary import describe_panel, mean_growth, means_by_year
    from patentmetrics.report.formats import to_text, write_table
    from patentmetrics.report.summary_table import means_table, summary_table

    check_output_folder(output)
    names = [name.strip() for name in columns.split(",") if name.strip()]
    chosen = _years(years)
    made = read_panel(panel)
    if by == "region" and "region" not in made.frame.columns:
        made = add_region(made, by=places)
        console.say(made.log[-1])
    statistics = describe_panel(made, names, by=by)
    means = means_by_year(made, names, by=None if by == "year" else by)
    growth = mean_growth(means, over=over)  # type: ignore[arg-type]  # click's choice
    described = summary_table(statistics, language=language, simulated=made.simulated)
    tables = {"statistics": described}
    for number, name in enumerate(names, start=1):
        tables[f"means_{number}"] = means_table(
            means, growth, variable=name, language=language, simulated=made.simulated
        )
    with folder_written_whole(output) as folder:
        for name, table in tables.items():
            for ending in (".md", ".csv"):
                write_table(table, folder / f"{name}{ending}")
        figures = _draw(made, names, means, folder, (language, chosen)) if plot else []
        files = sorted(one for one in folder.iterdir() if one.is_file())
        made_by = provenance(
            "panel summary",
            settings={"columns": names, "by": by, "growth": over, "language": language},
            inputs={panel.name: file_identity(panel), "panel": dict(made.made_by)},
            counts={"rows": made.frame.height},
        )
        outputs = {one.name: sha256_of(one) for one in files}
        write_json(folder / "manifest.json", {**made_by, "log": list(made.log), "outputs": outputs})
    console.say(to_text(described))
    console.finish(
        {
            "summary": str(output),
            "tables": list(tables),
            "figures": figures,
            "rows": made.frame.height,
            "simulated": made.simulated,
        }
        | ({"statistics": statistics.to_dicts(), "growth": growth.to_dicts()} if console.as_json else {})
    )


def _draw(
    panel: Panel, names: list[str], means: object, folder: Path, options: tuple[Language, list[int] | None]
) -> list[str]:
    import polars as pl

    from patentmetrics.report.canvas import save_figure
    from patentmetrics.report.panel_figures import plot_boxes, plot_density, plot_means

    language, years = options
    drawn = []
    for number, name in enumerate(names, start=1):
        figures = {
            "boxes": plot_boxes(panel, name, language=language),
            "density": plot_density(panel, name, years=years, language=language),
        }
        if isinstance(means, pl.DataFrame):
            figures["means"] = plot_means(means, variable=name, language=language, simulated=panel.simulated)
        for kind, figure in figures.items():
            drawn.append(f"{kind}_{number}.png")
            save_figure(figure, folder / drawn[-1])
    return sorted(drawn)


def _years(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(one) for one in text.split(",")]
    except ValueError:
        raise click.BadParameter("years separated by commas, e.g. 2010,2020", param_hint="--years") from None
