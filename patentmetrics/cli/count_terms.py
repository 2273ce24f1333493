"""`patentmetrics count terms`: the history of words in a counted corpus."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("counts", type=_FILE)
@click.argument("terms", nargs=-1, required=True, metavar="TERM...")
@click.option("-o", "--output", type=_FILE, help="Parquet file to write: a row for each term and year.")
@click.option("--plot", type=_FILE, help="Draw the history into a .png, .svg or .pdf file.")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the plot.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Blocks in work at a time  [default: all cores]")
@reporting
def command(
    console: Console,
    counts: Path,
    terms: tuple[str, ...],
    output: Path | None,
    plot: Path | None,
    language: str,
    threads: int | None,
) -> None:
    """Show the history of words (词的历史): patents with a term by year, their share, the first use.

    COUNTS is a counted corpus, made by `patentmetrics count`. A term is written as it is there: a pair with a
    space between, in quotes.

    Example: patentmetrics count terms counts/ 区块链 blockchain -o history.parquet --plot history.png
    """
    from patentmetrics.core.files import check_output
    from patentmetrics.core.provenance import is_simulated, provenance, write_frame
    from patentmetrics.counted.format import open_counts
    from patentmetrics.text.history import term_history

    for path in (output, plot):
        if path is not None:
            check_output(path)
    corpus = open_counts(counts)
    history = term_history(corpus, terms, threads=threads, progress=console.progress)
    names = history["term"].unique(maintain_order=True).to_list()
    if output is not None:
        made_by = provenance(
            "term history",
            settings={"terms": names, "date": corpus.date},
            inputs={"counts": corpus.made_by},
            counts={"rows": history.height},
        )
        write_frame(history, output, made_by)
    if plot is not None:
        from patentmetrics.report.canvas import save_figure
        from patentmetrics.report.history import plot_term_history

        figure = plot_term_history(
            history, language="zh" if language == "zh" else "en", simulated=is_simulated(corpus.made_by)
        )
        save_figure(figure, plot)
    result: dict[str, object] = {
        "output": str(output) if output else None,
        "plot": str(plot) if plot else None,
    }
    found = {}
    for (term,), rows in history.group_by("term", maintain_order=True):
        top = rows.sort("share_with_term", descending=True, nulls_last=True, maintain_order=True).row(
            0, named=True
        )
        found[str(term)] = {
            "patents": int(rows["patents_with_term"].sum()),
            "first_year": rows["first_year"][0],
            "first_patent_id": rows["first_patent_id"][0],
            "largest_share": top["share_with_term"],
            "largest_share_year": top["year"],
        }
    for term, about in found.items():
        console.say(
            f"{term}: {about['patents']:,} patents; "
            f"first {about['first_year']} in {about['first_patent_id']}; "
            f"most in {about['largest_share_year']}, {about['largest_share']:.2%} of its patents"
        )
    written = {name: path for name, path in result.items() if path}
    console.finish(written | ({"terms": found} if console.as_json else {}))
