"""`patentmetrics policy`: the terms of a lexicon in a folder of policy documents."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl

    from patentmetrics.lexicon.rules import Rule

RULES = ("substring", "longest", "token")
MOST_DIVERGENT = 10


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--lexicon", "lexicon_name", metavar="NAME|FILE", required=True, help="See `lexicon list`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option(
    "--rule",
    type=click.Choice(RULES),
    default="substring",
    show_default=True,
    help="substring: each term by itself; longest: hits that do not overlap; token: words of jieba.",
)
@click.option("--pattern", metavar="REGEX", help="How file names hold (?P<place>…) and (?P<year>…).")
@click.option("--year", type=int, help="For files whose name holds no year.")
@click.option("--encoding", help="Of the .txt files  [default: detected]")
@click.option("--terms", type=click.Path(path_type=Path), help="Write hits by document and term, Parquet.")
@click.option("--divergence", type=click.Path(path_type=Path), help="Write the rules compared, CSV.")
@reporting
def command(
    console: Console,
    *,
    folder: Path,
    lexicon_name: str,
    output: Path,
    rule: Rule,
    pattern: str | None,
    year: int | None,
    encoding: str | None,
    terms: Path | None,
    divergence: Path | None,
) -> None:
    """Count the terms of a lexicon in the .txt and .docx documents of FOLDER.

    The counting rule decides results, so the totals under all three rules are printed, with the terms
    that differ most. Files that cannot be used are written to OUTPUT's name with .rejected.csv.

    Example: patentmetrics policy reports/ --lexicon digital_transformation_wu2021 --rule substring
    -o frequencies.parquet --divergence divergence.csv
    """
    import polars as pl

    from patentmetrics.core.files import written_whole
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.core.spreadsheet import quoted_cells
    from patentmetrics.lexicon.frequencies import keyword_frequencies
    from patentmetrics.lexicon.load import load_lexicon
    from patentmetrics.read.policy import DEFAULT_PATTERN, read_policy_folder
    from patentmetrics.read.rejections import write_rejections

    rejected = output.with_name(f"{output.stem}.rejected.csv")
    _check_distinct([output, rejected, *(path for path in (terms, divergence) if path)])
    lexicon = load_lexicon(lexicon_name)
    documents = read_policy_folder(
        folder, pattern=pattern or DEFAULT_PATTERN, encoding=encoding, year=year, progress=console.progress
    )
    # all files or none: each is put in place only after all are written
    with contextlib.ExitStack() as files:
        write_rejections(documents.rejected, files.enter_context(written_whole(rejected)))
        part = {
            path: files.enter_context(written_whole(path)) for path in (divergence, terms, output) if path
        }
        found = keyword_frequencies(documents.corpus, lexicon, rule=rule, progress=console.progress)
        write_frame(found.documents, part[output], found.made_by)
        if terms:
            write_frame(found.terms, part[terms], found.made_by)
        if divergence:
            named = found.divergence.with_columns(pl.col("term").fill_null("(all terms)"))
            quoted_cells(named).write_csv(part[divergence], include_bom=True)

    read = documents.counts
    console.say(
        f"{read['files_in']:,} files in = {read['files_out']:,} documents out "
        f"+ {read['files_rejected']:,} files rejected"
    )
    ignored = read.get("ignored")
    total = found.divergence.filter(pl.col("term").is_null())
    console.finish(
        {
            "frequencies": str(output),
            "lexicon": f"{lexicon.id} {lexicon.version}",
            "rule": rule,
            "documents": found.documents.height,
            "without text": found.documents["total_count"].null_count(),
            "without hits": found.documents.filter(pl.col("total_count") == 0).height,
            "hits by rule": {name: int(total[name][0]) for name in RULES},
            "terms without hits": f"{len(found.terms_without_hits)} of {len(lexicon.terms)}",
            "rejected": str(rejected),
            "rejected reasons": read["rejected"],
            "ignored files": ignored if console.as_json else len(ignored) if isinstance(ignored, list) else 0,
            **({"terms": str(terms)} if terms else {}),
            **({"divergence": str(divergence)} if divergence else {}),
            **({"most divergent terms": _most_divergent(found.divergence)} if console.as_json else {}),
        }
    )
    for name, hits in _most_divergent(found.divergence).items():
        console.say(f"  {name}: " + ", ".join(f"{rule} {count:,}" for rule, count in hits.items()))


def _most_divergent(divergence: pl.DataFrame) -> dict[str, dict[str, int]]:
    import polars as pl

    rows = divergence.filter(pl.col("term").is_not_null() & (pl.col("divergence") > 0)).head(MOST_DIVERGENT)
    return {row["term"]: {rule: row[rule] for rule in RULES} for row in rows.iter_rows(named=True)}


def _check_distinct(paths: list[Path]) -> None:
    from patentmetrics.core.errors import OutputError

    if len({path.resolve() for path in paths}) < len(paths):
        raise OutputError(
            "two outputs would have one name",
            where=", ".join(map(str, paths)),
            hint="give another name with --output, --terms or --divergence",
        )
