"""`patentmetrics lexicon kwic | candidates`: a corpus read through a lexicon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting
from patentmetrics.cli.lexicon_edit import write_csv

if TYPE_CHECKING:
    from patentmetrics.core.types import Corpus
    from patentmetrics.lexicon.candidate_scores import Unit
    from patentmetrics.lexicon.rules import Rule

RULES = ("substring", "longest", "token")
UNITS = ("sentence", "window")
LINES_PRINTED = 40
CANDIDATES_PRINTED = 20


def documents(folder: Path, *, year: int | None, console: Console) -> Corpus:
    """Read a corpus: a folder of policy documents."""
    from patentmetrics.read.policy import read_policy_folder

    read = read_policy_folder(folder, year=year, progress=console.progress)
    if read.rejected.height:
        console.say(f"{read.rejected.height:,} documents rejected; `patentmetrics policy` says why")
    return read.corpus


@click.command()
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@click.argument("terms", nargs=-1)
@click.option("--lexicon", "lexicon_name", metavar="NAME|FILE", help="Look for all its terms.")
@click.option(
    "--rule",
    type=click.Choice(RULES),
    default="substring",
    show_default=True,
    help="As in `patentmetrics policy`.",
)
@click.option("--width", type=int, default=20, show_default=True, help="Characters on each side.")
@click.option("--year", type=int, help="For documents whose name holds no year.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write all lines, CSV.")
@reporting
def kwic(
    console: Console,
    folder: Path,
    terms: tuple[str, ...],
    *,
    lexicon_name: str | None,
    rule: Rule,
    width: int,
    year: int | None,
    output: Path | None,
) -> None:
    """Print each hit of TERMS, or of a lexicon, with what stands around it.

    Example: patentmetrics lexicon kwic reports/ 算法 --rule token
    """
    from patentmetrics.lexicon.concordance_lines import kwic as find_lines
    from patentmetrics.lexicon.load import load_lexicon

    if bool(terms) == bool(lexicon_name):
        raise click.UsageError("name terms to look for, or a --lexicon")
    wanted = load_lexicon(lexicon_name) if lexicon_name else list(terms)
    corpus = documents(folder, year=year, console=console)
    lines = find_lines(corpus, wanted, rule=rule, width=width)
    if output:
        write_csv(lines, output)
    for row in lines.head(LINES_PRINTED).iter_rows(named=True):
        console.say(f"{row[corpus.key]}: {row['left']}【{row['hit']}】{row['right']}")
    console.finish(
        {
            "lines": lines.to_dicts() if console.as_json and not output else lines.height,
            "documents": lines[corpus.key].n_unique(),
            "rule": rule,
            **({"written": str(output)} if output else {}),
        }
    )


@click.command()
@click.argument("folder", metavar="CORPUS", type=click.Path(path_type=Path))
@click.argument("lexicon_name", metavar="LEXICON")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="CSV file to write, or .parquet with its provenance.",
)
@click.option("--reference", type=click.Path(path_type=Path), help="Corpus to compare with.")
@click.option("--unit", type=click.Choice(UNITS), default="sentence", show_default=True, help="What is near.")
@click.option("--window", type=int, default=5, show_default=True, help="Tokens, for --unit window.")
@click.option("--most", type=int, default=200, show_default=True, help="Candidates to write.")
@click.option("--no-similarity", is_flag=True, help="Leave the word vectors out (they need scikit-learn).")
@click.option("--year", type=int, help="For documents whose name holds no year.")
@reporting
def candidates(
    console: Console,
    folder: Path,
    lexicon_name: str,
    *,
    output: Path,
    reference: Path | None,
    unit: Unit,
    window: int,
    most: int,
    no_similarity: bool,
    year: int | None,
) -> None:
    """Look in CORPUS for words that may belong into LEXICON, ranked, each with lines to read.

    Words and phrases that stand near its terms more often than elsewhere (log-likelihood keyness, mutual
    information) and keep the same company (word vectors). Phrases that jieba splits are found, too.

    Example: patentmetrics lexicon candidates reports/ digital_technology -o candidates.csv
    """
    from patentmetrics.core.files import check_output
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.lexicon.candidates import CandidateSettings, find_candidates
    from patentmetrics.lexicon.load import load_lexicon

    defaults = CandidateSettings()
    settings = CandidateSettings(
        unit=unit, window=window, most=most, dimensions=0 if no_similarity else defaults.dimensions
    )
    check_output(output)
    lexicon = load_lexicon(lexicon_name)
    found = find_candidates(
        documents(folder, year=year, console=console),
        lexicon,
        reference=documents(reference, year=year, console=console) if reference else None,
        settings=settings,
        progress=console.progress,
    )
    if output.suffix == ".parquet":
        write_frame(found.frame, output, found.made_by)
    else:
        write_csv(found.frame, output)
    for row in found.frame.head(CANDIDATES_PRINTED).iter_rows(named=True):
        like = f"  {row['group']}" if row["group"] else ""
        console.say(
            f"{row['rank']:>4}  {row['term']}  {row['occurrences']:,} in {row['documents']:,} documents, "
            f"{row['near']:,} near; keyness {row['keyness']:.1f}{like}"
        )
    counts = found.made_by["counts"]
    console.finish({"candidates": str(output), **(counts if isinstance(counts, dict) else {})})
