"""`patentmetrics lexicon workbench`: the page on which a lexicon is curated."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.lexicon_search import RULES, documents

if TYPE_CHECKING:
    from patentmetrics.lexicon.rules import Rule
    from patentmetrics.workbench.wording import Language

PORT = 8765


@click.command("workbench")
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@click.argument("lexicon", metavar="LEXICON")
@click.option("--coder", default="coder1", show_default=True, metavar="NAME", help="Who decides.")
@click.option(
    "--rule", type=click.Choice(RULES), help="As in `patentmetrics policy`  [default: the lexicon's]"
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option("--year", type=int, help="For documents whose name holds no year.")
@reporting
def command(
    console: Console,
    folder: Path,
    lexicon: str,
    *,
    coder: str,
    rule: Rule | None,
    language: Language,
    port: int,
    no_open: bool,
    year: int | None,
) -> None:
    """Open a local page on which to curate LEXICON, reading the documents of CORPUS.

    Read the lines of a term, judge its hits, accept, reject and move candidates, see what that changes, save
    the file with as few changed lines as can be. Each decision is kept at once in a file beside the lexicon,
    LEXICON.decisions.NAME.jsonl. Of a lexicon that ships with the package, a copy is made in the current
    folder. The page listens on 127.0.0.1 only. Stop with Ctrl-C.

    Example: patentmetrics lexicon workbench reports/ my_terms.yml --coder An
    """
    from patentmetrics.workbench.toolkit import check_port, check_toolkit

    check_toolkit()
    check_port(port)
    from patentmetrics.workbench.decisions import decisions_path
    from patentmetrics.workbench.page import run_workbench
    from patentmetrics.workbench.session import open_session

    path = _own_copy(lexicon, console)
    beside = decisions_path(path, coder=coder)
    session = open_session(documents(folder, year=year, console=console), path, coder=coder, rule=rule)
    console.finish(
        {
            "page": f"http://127.0.0.1:{port}/",
            "lexicon": str(path),
            "decisions": str(beside),
            "documents": len(session.documents),
        }
    )
    console.say("Stop with Ctrl-C; nothing is lost.")
    run_workbench(session, language=language, port=port, show=not no_open)
    console.say("stopped")


def _own_copy(name: str, console: Console) -> Path:
    """Find a lexicon; give a copy of one that ships, which belongs to nobody, in the current folder."""
    from patentmetrics.lexicon.load import find_lexicon

    found = find_lexicon(name)
    if found == Path(name):
        return found
    copy = Path(found.name)
    if copy.exists():
        console.say(f"{copy} is here already and is opened")
    else:
        shutil.copyfile(found, copy)
        console.say(f"{name} ships with the package: copied to {copy}")
    return copy
