"""`patentmetrics concordance`: list, show, check and import tables from symbols to technologies."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from patentmetrics.classes.layouts import Layout

MOST_NAMED = 10


@click.group()
def command() -> None:
    """List, show, check and import concordances, tables from IPC symbols to technologies."""


@command.command("list")
@reporting
def list_(console: Console) -> None:
    """List the concordances that ship with the package.

    Example: patentmetrics concordance list
    """
    from patentmetrics.classes.concordance import list_concordances

    listed = list_concordances()
    if console.as_json:
        console.finish({"concordances": listed.to_dicts()})
    for one in listed.to_dicts():
        console.say(
            f"{one['id']:<32}{one['version']:<12}{one['entries']:>6,} entries {one['patterns']:>7,} patterns"
            f"  {one['title_en']}  {one['title_zh']}\n{'':<32}{one['status']}"
        )


@command.command()
@click.argument("name", metavar="NAME|FILE")
@reporting
def show(console: Console, name: str) -> None:
    """Show a concordance: source, edition, status, licence, levels, size.

    Example: patentmetrics concordance show key_digital_technology_2023
    """
    from patentmetrics.classes.concordance import describe_concordance

    console.finish(describe_concordance(name))


@command.command()
@click.argument("names", metavar="NAME|FILE...", nargs=-1, required=True)
@reporting
def lint(console: Console, names: tuple[str, ...]) -> None:
    """Check concordances; status 1 when any has an error.

    Example: patentmetrics concordance lint my_table.yml
    """
    from patentmetrics.classes.lint import lint_concordance

    found = [(name, remark) for name in names for remark in lint_concordance(name)]
    errors = sum(remark.severity == "error" for _, remark in found)
    for name, remark in found:
        if remark.severity == "error" and not console.as_json:
            click.echo(f"{name}: error: {remark.message}", err=True)
        else:
            console.say(f"{name}: {remark.severity}: {remark.message}")
    listed = [{"name": name, "severity": one.severity, "message": one.message} for name, one in found]
    console.finish(
        {
            "concordances": len(names),
            "errors": errors,
            "notes": len(found) - errors,
            **({"findings": listed} if console.as_json else {}),
        }
    )
    if errors:
        sys.exit(1)


@command.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--layout",
    type=click.Choice(["digital_economy_2023", "industry_2018"]),
    required=True,
    help="Which official table it is: 数字经济核心产业 2023, 国民经济行业 2018.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The .yml file to write."
)
@click.option("--sheet", help="Of an Excel file with several.")
@click.option("--encoding", help="Of a CSV file  [default: detected]")
@reporting
def import_(
    console: Console, source: Path, layout: Layout, output: Path, sheet: str | None, encoding: str | None
) -> None:
    """Read an official table, as it is printed, from the spreadsheet SOURCE into a concordance.

    The concordance carries the hash of SOURCE, and is checked as it is written. Rows, symbols and keywords
    that cannot be read are written to OUTPUT's name with .rejected.csv, each with the reason.

    Example: patentmetrics concordance import 参照关系表.xlsx --layout digital_economy_2023
    -o digital_economy_2023.yml
    """
    from patentmetrics.classes.concordance import load_concordance
    from patentmetrics.classes.lint import lint_concordance
    from patentmetrics.classes.official import import_official
    from patentmetrics.core.files import write_text, written_whole
    from patentmetrics.core.reviewed import YAML_ENDINGS
    from patentmetrics.read.rejections import write_rejections

    if output.suffix not in YAML_ENDINGS:
        raise click.BadParameter(f"{output.name!r} does not end with .yml", param_hint="--output")
    imported = import_official(source, layout=layout, id=output.stem, sheet=sheet, encoding=encoding)
    rejected = output.with_name(f"{output.stem}.rejected.csv")
    with contextlib.ExitStack() as files:
        if imported.rejected.height:
            write_rejections(imported.rejected, files.enter_context(written_whole(rejected)))
        part = files.enter_context(written_whole(output))
        # under its own ending and folder, so that it is read as it will be
        trial = part.with_name(f"{part.name}.yml")
        files.callback(trial.unlink, missing_ok=True)
        write_text(trial, imported.text)
        concordance = load_concordance(trial)
        write_text(part, imported.text)
    remarks = lint_concordance(output)
    for one in remarks:
        console.say(f"{one.severity}: {one.message}")
    for row in imported.rejected.head(MOST_NAMED).iter_rows(named=True):
        console.say(f"row {row['row']}: {row['reason']}: {row['value']}")
    console.finish(
        {
            "concordance": str(output),
            **({"rejected": str(rejected)} if imported.rejected.height else {}),
            "status": concordance.status,
            **imported.counts,
            "sha256": concordance.sha256,
            **({"findings": [vars(one) for one in remarks]} if console.as_json else {}),
        }
    )
