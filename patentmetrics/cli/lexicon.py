"""`patentmetrics lexicon`: list, show and check the reviewed data."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting


@click.group()
def command() -> None:
    """List, show and check lexicons, concordances and lists of stop words."""


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
@reporting
def lint(console: Console, paths: tuple[Path, ...], *, everything: bool) -> None:
    """Check files of lexicons, concordances or stop words; status 1 when any has an error.

    Example: patentmetrics lexicon lint my_terms.yml
    """
    from patentmetrics.lexicon.lint import lint_lexicon, reviewed_files

    if everything == bool(paths):
        raise click.UsageError("name the files to check, or say --all")
    files = reviewed_files() if everything else list(paths)
    findings = [one for path in files for one in lint_lexicon(path)]
    errors = sum(one.severity == "error" for one in findings)
    for one in findings:
        if one.severity == "error" and not console.as_json:
            click.echo(f"{one.file}: error: {one.message}", err=True)
        else:
            console.say(f"{one.file}: {one.severity}: {one.message}")
    console.finish(
        {
            "files": len(files),
            "errors": errors,
            "notes": len(findings) - errors,
            **({"findings": [vars(one) for one in findings]} if console.as_json else {}),
        }
    )
    if errors:
        sys.exit(1)
