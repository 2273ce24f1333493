"""`patentmetrics lexicon`: reviewed word lists: list, show, check, compare, merge, import, search."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.lexicon_agreement import command as agreement
from patentmetrics.cli.lexicon_coverage import coverage
from patentmetrics.cli.lexicon_edit import diff, format_, import_, merge
from patentmetrics.cli.lexicon_search import candidates, kwic
from patentmetrics.cli.lexicon_workbench import command as workbench

# findings of one kind about one file, before the rest is only counted
MOST_OF_A_KIND = 10


@click.group()
def command() -> None:
    """List, show, check, change and search lexicons; list and check the other reviewed data."""


for _subcommand in (diff, merge, import_, format_, kwic, candidates, coverage, workbench, agreement):
    command.add_command(_subcommand)


@command.command("list")
@reporting
def list_(console: Console) -> None:
    """List what ships with the package.

    Example: patentmetrics lexicon list
    """
    from patentmetrics.lexicon.catalogue import catalogue

    listed = catalogue()
    if console.as_json:
        console.finish({"shipped": listed.to_dicts()})
    for kind, name, version, size, title, title_zh in listed.rows():
        console.say(f"{kind:<12}{name:<32}{version:<12}{size:>6,}  {title}  {title_zh}")


@command.command()
@click.argument("name", metavar="NAME|FILE")
@reporting
def show(console: Console, name: str) -> None:
    """Show a lexicon, concordance or list of stop words: source, licence, status, note, size.

    Example: patentmetrics lexicon show wipo35
    """
    from patentmetrics.lexicon.catalogue import describe

    console.finish(describe(name))


@command.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Check all files that ship with the package.")
@click.option(
    "--corpus",
    "folder",
    type=click.Path(path_type=Path),
    help="Documents in which the terms of lexicons should have hits.",
)
@click.option("--year", type=int, help="For documents of --corpus whose name holds no year.")
@reporting
def lint(
    console: Console, paths: tuple[Path, ...], *, everything: bool, folder: Path | None, year: int | None
) -> None:
    """Check files of lexicons, concordances, stop words or openings; status 1 when any has an error.

    Errors must be mended. Warnings should be, or be answered in a note of the file. Notes are to be known:
    terms inside terms, terms without a hit.

    Example: patentmetrics lexicon lint my_terms.yml --corpus reports/
    """
    from patentmetrics.cli.lexicon_search import documents
    from patentmetrics.lexicon.lint import lint_lexicon, reviewed_files

    if everything == bool(paths):
        raise click.UsageError("name the files to check, or say --all")
    corpus = documents(folder, year=year, console=console) if folder else None
    files = reviewed_files() if everything else list(paths)
    findings = [one for path in files for one in lint_lexicon(path, corpus=corpus)]
    number = Counter(one.severity for one in findings)
    said: Counter[tuple[str, str]] = Counter()
    for one in findings:
        said[one.file, one.check] += 1
        line = f"{one.file}: {one.severity}: {one.message}"
        if one.severity == "error" and not console.as_json:
            click.echo(line, err=True)
        elif one.severity == "error" or said[one.file, one.check] <= MOST_OF_A_KIND:
            console.say(line)
    for (file, check), count in said.items():
        if count > MOST_OF_A_KIND and check not in {one.check for one in findings if one.severity == "error"}:
            console.say(f"{file}: {count - MOST_OF_A_KIND:,} more about: {check} (--json lists all)")
    console.finish(
        {
            "files": len(files),
            "errors": number["error"],
            "warnings": number["warning"],
            "notes": number["note"],
            **({"findings": [vars(one) for one in findings]} if console.as_json else {}),
        }
    )
    if number["error"]:
        sys.exit(1)
