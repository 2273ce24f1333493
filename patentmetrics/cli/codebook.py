"""`patentmetrics codebook`: the column registry as Markdown."""

from __future__ import annotations

import click

from patentmetrics.cli.console import Console, reporting


@click.command()
@reporting
def command(console: Console) -> None:
    """Print the codebook of all output columns, as Markdown.

    Example: patentmetrics codebook > codebook.md
    """
    from patentmetrics.core.columns import codebook
    from patentmetrics.core.registered import COLUMNS

    if console.as_json:
        console.finish({name: vars(column) for name, column in COLUMNS.items()})
    else:
        console.say(codebook())
