"""`patentmetrics count`: from a table of patents to a counted corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.memory import half_of_the_machine, size_in_bytes

if TYPE_CHECKING:
    from patentmetrics.text.settings import TextSettings

TOP_TERMS = 10
SEGMENTERS = ["jieba", "jieba-reference", "english", "whitespace"]
_FILE = click.Path(path_type=Path)


def _names(_: click.Context, __: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else [one.strip() for one in text.split(",") if one.strip()]


def _weights(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    pairs = [one.partition("=") for one in text.split(",")]
    try:
        return {name.strip(): int(weight) for name, _, weight in pairs}
    except ValueError:
        raise click.BadParameter("give columns and whole numbers, e.g. title=2,abstract=1") from None


@click.command()
@click.argument("patents", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="Folder to make.")
@click.option("--text", callback=_names, metavar="COLUMNS", help="Text columns  [default: all of them]")
@click.option(
    "--preset",
    metavar="NAME",
    help="kpst2021, english_patents or chinese_patents; other options change it.",
)
@click.option(
    "--segmenter",
    type=click.Choice(SEGMENTERS),
    help="jieba for Chinese; english: runs of letters; whitespace: as written.",
)
@click.option(
    "--date", type=click.Choice(["filing", "issue"]), help="Decides a patent's year  [default: filing]"
)
@click.option("--min-documents", type=click.IntRange(min=1), help="Drop terms in fewer patents  [default: 1]")
@click.option(
    "--max-share",
    type=click.FloatRange(min=0, max=1, min_open=True),
    help="Drop terms in a larger share of the patents  [default: 1.0]",
)
@click.option(
    "--stopwords",
    multiple=True,
    metavar="none|NAME|FILE",
    help="Drop the words of a list; may be repeated  [default: none]",
)
@click.option("--user-terms", type=_FILE, metavar="FILE", help="Terms counted whole: one a line, UTF-8.")
@click.option("--weights", callback=_weights, help="How often a column counts, e.g. title=2,abstract=1.")
@click.option("--bigrams", is_flag=True, default=None, help="Count pairs of neighbouring terms too.")
@click.option("--no-hmm", is_flag=True, help="jieba: do not guess words that its dictionary lacks.")
@click.option(
    "--openings",
    multiple=True,
    metavar="none|NAME|FILE",
    help="Take off the opening formulas of a list; may be repeated.",
)
@click.option(
    "--script", type=click.Choice(["keep", "simplified"]), help="Write traditional Chinese simplified."
)
@click.option(
    "--hyphenation", type=click.Choice(["keep", "join"]), help="Join words broken at the end of a line."
)
@click.option(
    "--references", type=click.Choice(["keep", "remove"]), help="Remove (10a), FIG. 3, claim 1, 图3."
)
@click.option("--letters", type=click.Choice(["ascii", "unicode"]), help="english: what a word is made of.")
@click.option("--hyphens", type=click.Choice(["split", "keep", "both"]), help="english: solar-cell.")
@click.option("--digits", type=click.Choice(["cut", "keep"]), help="english: h2o.")
@click.option("--numbers", type=click.Choice(["keep", "drop"]), help="Terms like 12, 0.05, 5%.")
@click.option("--units", type=click.Choice(["keep", "drop"]), help="Terms like mm, 10mm, 毫米.")
@click.option("--part-references", type=click.Choice(["keep", "drop"]), help="Terms like 10a, s101.")
@click.option("--shortest", type=click.IntRange(min=1), help="Fewest characters of a term  [default: 1]")
@click.option("--stemmer", type=click.Choice(["english", "porter"]), help="Count stems of English words.")
@click.option(
    "--memory", callback=size_in_bytes, help="Memory to use, e.g. 4GB  [default: half of the machine]"
)
@click.option("--threads", type=click.IntRange(min=1), help="Pieces in work at a time  [default: all cores]")
@click.option(
    "--extend",
    type=_FILE,
    metavar="COUNTS",
    help="Add the patents to a copy of this counted corpus, with its settings.",
)
@reporting
def command(
    console: Console,
    *,
    patents: Path,
    output: Path,
    text: list[str] | None,
    preset: str | None,
    date: Literal["filing", "issue"] | None,
    user_terms: Path | None,
    no_hmm: bool,
    memory: int | None,
    threads: int | None,
    extend: Path | None,
    **changes: Any,  # noqa: ANN401 - the fields of TextSettings and its rules
) -> None:
    """Count the terms of PATENTS, a table made by `ingest`, into a counted corpus.

    The table is read a piece at a time, so it may be larger than the memory. A run that was killed goes on
    where it stopped when the command is given again. Patents without the chosen date cannot be placed in a
    year: they are left out, and listed with the reason in OUTPUT.rejected.csv.

    With --extend the settings are those of that corpus: an option that contradicts them is an error, and
    lists of your own, of stop words or openings, are given again. Patents that it has already are
    rejected and listed. Its terms stay; another word becomes a term when it passes the limits among the new
    patents.

    Example: patentmetrics count patents.parquet -o counts/ --text title,abstract --segmenter english
    --date issue --min-documents 20 --stopwords english_common --stopwords english_patents

    Chinese: patentmetrics count patents.parquet -o counts/ --preset chinese_patents --weights title=2

    A year later: patentmetrics count patents-2013.parquet --extend counts/ -o counts-2013/
    """
    from patentmetrics.counted.format import open_counts
    from patentmetrics.read.rejected import rejected_path
    from patentmetrics.text.changes import change_settings
    from patentmetrics.text.counts import count_terms
    from patentmetrics.text.further import count_further, settings_of

    for name in ("stopwords", "openings"):
        changes[name] = changes[name] or None
    if no_hmm:
        changes["hmm"] = False
    work: dict[str, Any] = {
        "memory": memory or half_of_the_machine(),
        "threads": threads,
        "progress": console.progress,
    }
    if extend is not None:
        if preset is not None:
            raise click.UsageError("--preset is for a new corpus: with --extend the settings are there")
        counts = open_counts(extend)
        segmenter = (
            changes["segmenter"] or settings_of(counts, {"stopwords": "none", "openings": "none"}).segmenter
        )
        settings = settings_of(counts, {**changes, "user_terms": _words(user_terms, segmenter)})
        _check_hmm(no_hmm, settings)
        counted = count_further(patents, counts, output, settings=settings, date=date, text=text, **work)
    else:
        settings = _settings(preset, changes)
        settings = change_settings(settings, {"user_terms": _words(user_terms, settings.segmenter)})
        _check_hmm(no_hmm, settings)
        counted = count_terms(patents, output, settings=settings, date=date or "filing", text=text, **work)
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


def _settings(preset: str | None, changes: dict[str, Any]) -> TextSettings:
    from patentmetrics.text.changes import change_settings
    from patentmetrics.text.presets import text_preset
    from patentmetrics.text.settings import TextSettings

    if preset is not None:
        return change_settings(text_preset(preset), changes)
    if changes["segmenter"] is None:
        raise click.UsageError(
            f"Missing option '--segmenter' or '--preset'. Choose from: {', '.join(SEGMENTERS)}"
        )
    return change_settings(TextSettings(segmenter=changes["segmenter"]), changes)


def _check_hmm(no_hmm: bool, settings: TextSettings) -> None:
    from patentmetrics.text.segmenters import WITH_DICTIONARY

    if no_hmm and settings.segmenter not in WITH_DICTIONARY:
        raise click.UsageError("--no-hmm is for --segmenter jieba only")


def _words(path: Path | None, segmenter: str) -> list[Any] | None:
    """Read the user's terms: for jieba with frequencies, else a term, of several words perhaps, a line."""
    from patentmetrics.text.segmenters import WITH_DICTIONARY
    from patentmetrics.text.user_words import read_user_dictionary
    from patentmetrics.text.word_list import read_word_list

    if path is None:
        return None
    if segmenter not in WITH_DICTIONARY:
        return list(read_word_list(path))
    return [word.word if word.frequency is None else word for word in read_user_dictionary(path)]
