"""`patentmetrics demo`: the whole way on the bundled sample."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@click.option(
    "-o",
    "--output",
    default=Path("demo-results"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to make.",
)
@reporting
def command(console: Console, output: Path) -> None:
    """Run the whole way on the bundled sample, and write an HTML report.

    The patents (US solar patents) and the work reports (Chinese cities) are real; the city panel is
    simulated, with a known effect that is printed beside the estimate.

    Example: patentmetrics demo --output demo-results
    """
    from patentmetrics.cli.run import run_and_print
    from patentmetrics.core.resources import demo_folder

    run_and_print(console, demo_folder() / "study.toml", output, threads=None)
