"""`patentmetrics run`: a study file from inputs to report."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    default=Path("results"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to make.",
)
@click.option("--threads", type=int, help="Blocks in work at a time  [default: all cores]")
@reporting
def command(console: Console, study: Path, output: Path, threads: int | None) -> None:
    """Run the STUDY file: ingest, count, score, match, policy, panel, estimate, report.

    Writes OUTPUT with report.html, tables/, figures/, estimates.parquet, the data of each step, and
    manifest.json with settings, versions and hashes. The same study gives the same bytes.

    Example: patentmetrics run study.toml -o results/
    """
    run_and_print(console, study, output, threads=threads)


def run_and_print(console: Console, study: Path, output: Path, *, threads: int | None) -> None:
    """Run a study and print what came of it: the command `demo` does the same."""
    from patentmetrics.report.formats import to_text
    from patentmetrics.report.tables import estimates_table
    from patentmetrics.study.run import run_study
    from patentmetrics.study.summary import is_event_study, known_answers, summary

    findings = run_study(study, output, threads=threads, progress=console.progress).findings
    result = summary(findings)
    answers = known_answers(findings.results)
    models = [one for one in findings.results if not is_event_study(one)]
    if console.as_json:
        result["known answers"] = answers
    elif models:
        console.say(to_text(estimates_table(models)))
    for row in answers:
        console.say(
            f"{row['model']} {row['term']}: known answer {row['truth']:.4f}, estimate {row['estimate']:.4f} "
            f"(standard error {row['std_error']:.4f}). SIMULATED DATA"
        )
    console.say("")
    console.finish({**result, "report": str(output / "report.html")})
