"""`patentmetrics score`: similarity and breakthrough scores of a counted corpus."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


def _windows(_: click.Context, __: click.Parameter, text: str) -> list[int]:
    try:
        return [int(one) for one in text.split(",")]
    except ValueError:
        raise click.BadParameter("give whole years, e.g. 1,5,10") from None


@click.command()
@click.argument("counts", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--backward", default=5, show_default=True, help="Years of the backward window.")
@click.option(
    "--forward", default="1,5,10", show_default=True, callback=_windows, help="Years of the forward windows."
)
@click.option(
    "--date",
    type=click.Choice(["filing", "issue"]),
    help="Which date decides a patent's year  [default: the one the corpus was counted by]",
)
@click.option("--partial-windows", is_flag=True, help="Give sums over incomplete windows too, not null.")
@click.option("--first-year", type=int, help="First year that the sample covers  [default: of the data]")
@click.option("--last-year", type=int, help="Last year that the sample covers  [default: of the data]")
@click.option("--top-share", default=0.1, show_default=True, help="Share of breakthrough patents.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    help="Draw breakthrough by year into a .png, .svg or .pdf file.",
)
@click.option("--threads", type=int, help="Blocks in work at a time  [default: all cores]")
@reporting
def command(
    console: Console, counts: Path, output: Path, forward: list[int], plot: Path | None, **options: object
) -> None:
    """Score patents: backward and forward similarity, breakthrough (突破性).

    COUNTS is a counted corpus, made by `patentmetrics count`. Incomplete windows are null and counted.

    Example: patentmetrics score counts/ -o scores.parquet --backward 5 --forward 1,5,10
    """
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.counted.format import open_counts
    from patentmetrics.score.patents import score_patents

    scores = score_patents(open_counts(counts), forward=forward, progress=console.progress, **options)  # type: ignore[arg-type]  # click's options are checked by click
    write_frame(scores.frame, output, scores.made_by)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.figures import plot_breakthrough

        # the middle window: long enough to mean something, short enough to be known for most patents
        save_figure(plot_breakthrough(scores, window=sorted(forward)[len(forward) // 2]), plot)
    settings, found = scores.made_by["settings"], scores.made_by["counts"]
    console.finish({"scores": str(output), "settings": settings, **dict(found)})  # type: ignore[call-overload]  # a JSON object
