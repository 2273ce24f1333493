"""`patentmetrics count`: from a table of patents to a counted corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from patentmetrics.cli.console import Console, reporting

TOP_TERMS = 10


@click.command()
@click.argument("patents", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--text", metavar="COLUMNS", help="Text columns, joined by commas.  [default: all of them]")
@click.option(
    "--segmenter",
    type=click.Choice(["jieba", "jieba-reference", "english", "whitespace"]),
    help="jieba for Chinese; english: runs of letters; whitespace: as written.  [required]",
)
@click.option(
    "--date",
    type=click.Choice(["filing", "issue"]),
    help="Which date decides a patent's year.  [default: filing]",
)
@click.option(
    "--min-documents",
    type=click.IntRange(min=1),
    help="Drop terms in fewer patents.  [default: 1]",
)
@click.option(
    "--max-share",
    type=click.FloatRange(min=0, max=1, min_open=True),
    help="Drop terms in a larger share of the patents.  [default: 1.0]",
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
@click.option(
    "--extend",
    type=click.Path(path_type=Path),
    metavar="COUNTS",
    help="Add the patents to a copy of this counted corpus, with its settings.",
)
@reporting
def command(
    console: Console,
    *,
    patents: Path,
    output: Path,
    text: str | None,
    segmenter: Literal["jieba", "jieba-reference", "english", "whitespace"] | None,
    date: Literal["filing", "issue"] | None,
    min_documents: int | None,
    max_share: float | None,
    stopwords: tuple[str, ...],
    no_hmm: bool,
    user_terms: Path | None,
    extend: Path | None,
) -> None:
    """Count the terms of PATENTS, a table made by `ingest`, into a counted corpus.

    Patents without the chosen date cannot be placed in a year: they are left out, and listed
    with the reason in OUTPUT.rejected.csv.

    With --extend the settings are those of that corpus: an option that contradicts them is an error, and
    lists of your own, of stop words or user terms, are given again. Patents that it has already are
    rejected and listed. Its terms stay; another word becomes a term when it passes the limits among the new
    patents.

    Example: patentmetrics count patents.parquet -o counts/ --text title,abstract --segmenter english
    --date issue --min-documents 20 --stopwords english_common --stopwords english_patents

    A year later: patentmetrics count patents-2013.parquet --extend counts/ -o counts-2013/
    """
    from patentmetrics.counted.format import open_counts
    from patentmetrics.read.patents import read_patents
    from patentmetrics.text.counts import count_terms, rejected_path
    from patentmetrics.text.further import count_further
    from patentmetrics.text.word_list import read_word_list

    if segmenter is None and extend is None:
        raise click.UsageError("Missing option '--segmenter'. Choose from: jieba, english, whitespace")
    if segmenter not in ("jieba", "jieba-reference", None) and (no_hmm or user_terms):
        raise click.UsageError("--no-hmm and --user-terms are for --segmenter jieba only")
    options: dict[str, Any] = {
        "text": [name.strip() for name in text.split(",")] if text else None,
        "segmenter": segmenter,
        "date": date,
        "min_documents": min_documents,
        "max_share": max_share,
        "stopwords": stopwords or None,
        "hmm": False if no_hmm else None,
        "user_terms": read_word_list(user_terms) if user_terms else None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    corpus = read_patents(patents)
    if extend is None:
        counted = count_terms(corpus, output, **{"date": "filing"} | given, progress=console.progress)
    else:
        counted = count_further(corpus, open_counts(extend), output, **given, progress=console.progress)
    made = counted.made_by["counts"]
    numbers: dict[str, object] = dict(made) if isinstance(made, dict) else {}
    top = counted.vocabulary.sort("documents", descending=True, maintain_order=True).head(TOP_TERMS)
    console.finish(
        {
            "output": str(output),
            "years": [counted.blocks[0].year, counted.blocks[-1].year]
            if console.as_json
            else f"{counted.blocks[0].year}-{counted.blocks[-1].year}, by {counted.date} date",
            **numbers,
            "rejected": str(rejected_path(output)) if numbers.get("documents_rejected") else "none",
            "most frequent terms": dict(zip(top["term"], top["documents"], strict=True)),
        }
    )
