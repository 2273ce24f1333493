"""`patentmetrics count`: from a table of patents to a counted corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from patentmetrics.cli.console import Console, reporting

TOP_TERMS = 10


@click.command()
@click.argument("patents", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--text", metavar="COLUMNS", help="Text columns, joined by commas.  [default: all of them]")
@click.option(
    "--segmenter",
    type=click.Choice(["jieba", "english", "whitespace"]),
    required=True,
    help="jieba for Chinese; english: runs of letters; whitespace: as written.",
)
@click.option(
    "--date",
    type=click.Choice(["filing", "issue"]),
    default="filing",
    show_default=True,
    help="Which date decides a patent's year.",
)
@click.option(
    "--min-documents",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Drop terms in fewer patents.",
)
@click.option(
    "--max-share",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=1.0,
    show_default=True,
    help="Drop terms in a larger share of the patents.",
)
@click.option(
    "--stopwords",
    multiple=True,
    metavar="none|NAME|FILE",
    help="Drop the words of a list; may be repeated.  [default: none]",
)
@click.option("--no-hmm", is_flag=True, help="jieba: do not guess words that its dictionary lacks.")
@click.option(
    "--user-terms",
    type=click.Path(path_type=Path),
    help="jieba: words to add to its dictionary, UTF-8, one a line.",
)
@reporting
def command(
    console: Console,
    *,
    patents: Path,
    output: Path,
    text: str | None,
    segmenter: Literal["jieba", "english", "whitespace"],
    date: Literal["filing", "issue"],
    min_documents: int,
    max_share: float,
    stopwords: tuple[str, ...],
    no_hmm: bool,
    user_terms: Path | None,
) -> None:
    """Count the terms of PATENTS, a table made by `ingest`, into a counted corpus.

    Patents without the chosen date cannot be placed in a year: they are left out, and listed
    with the reason in OUTPUT.rejected.csv.

    Example: patentmetrics count patents.parquet -o counts/ --text title,abstract --segmenter english
    --date issue --min-documents 20 --stopwords english_common --stopwords english_patents
    """
    from patentmetrics.read.patents import read_patents
    from patentmetrics.text.counts import count_terms, rejected_path
    from patentmetrics.text.word_list import read_word_list

    if segmenter != "jieba" and (no_hmm or user_terms):
        raise click.UsageError("--no-hmm and --user-terms are for --segmenter jieba only")
    counted = count_terms(
        read_patents(patents),
        output,
        text=[name.strip() for name in text.split(",")] if text else None,
        segmenter=segmenter,
        date=date,
        min_documents=min_documents,
        max_share=max_share,
        stopwords=stopwords,
        hmm=not no_hmm,
        user_terms=read_word_list(user_terms) if user_terms else (),
        progress=console.progress,
    )
    made = counted.made_by["counts"]
    numbers: dict[str, object] = dict(made) if isinstance(made, dict) else {}
    top = counted.vocabulary.head(TOP_TERMS)
    console.finish(
        {
            "output": str(output),
            "years": [counted.blocks[0].year, counted.blocks[-1].year]
            if console.as_json
            else f"{counted.blocks[0].year}-{counted.blocks[-1].year}, by {date} date",
            **numbers,
            "rejected": str(rejected_path(output)) if numbers.get("documents_rejected") else "none",
            "most frequent terms": dict(zip(top["term"], top["documents"], strict=True)),
        }
    )
