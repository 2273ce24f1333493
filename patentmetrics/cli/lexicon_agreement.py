"""`patentmetrics lexicon agreement`: how far two coders agree about a lexicon."""

from __future__ import annotations

from pathlib import Path

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.lexicon_edit import write_csv

DISAGREEMENTS_PRINTED = 40
ABOUT = {"belongs": "term belongs in", "group": "group of a term", "hit": "hit is meant"}


@click.command("agreement")
@click.argument("first", metavar="DECISIONS", type=click.Path(path_type=Path))
@click.argument("second", metavar="DECISIONS", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write all disagreements, CSV.")
@reporting
def command(console: Console, first: Path, second: Path, *, output: Path | None) -> None:
    """Measure how far two coders agree about a lexicon: Cohen's kappa, and where they differ.

    The files are those of `patentmetrics lexicon workbench`. Counted are the terms and the hits that both
    have decided about; what only one has, is said.

    Example: patentmetrics lexicon agreement my_terms.decisions.An.jsonl my_terms.decisions.Bo.jsonl
    """
    from patentmetrics.workbench.agreement import agreement
    from patentmetrics.workbench.decisions import read_decisions

    found = agreement(read_decisions(first), read_decisions(second))
    if output:
        write_csv(found.disagreements, output)
    for row in found.disagreements.head(DISAGREEMENTS_PRINTED).iter_rows(named=True):
        where = f" {row['document']}: {row['line']}" if row["document"] else ""
        console.say(f"{ABOUT[row['about']]}: {row['term']}{where}: {row['first']} or {row['second']}")
    table = found.table.to_dicts()
    console.finish(
        {
            "coders": list(found.coders),
            **({"table": table} if console.as_json else {}),
            **({} if console.as_json else {ABOUT[str(one["about"])]: _in_words(one) for one in table}),
            "disagreements": found.disagreements.to_dicts()
            if console.as_json and not output
            else found.disagreements.height,
            **({"written": str(output)} if output else {}),
        }
    )


def _in_words(one: dict[str, object]) -> str:
    kappa = "kappa not defined" if one["kappa"] is None else f"kappa {one['kappa']:.3f}"
    share = "" if one["share"] is None else f" ({one['share']:.1%})"
    only = f"only first {one['only_first']:,}, only second {one['only_second']:,}"
    return f"{kappa}; {one['agreed']:,} of {one['both']:,} agreed{share}; {only}"
