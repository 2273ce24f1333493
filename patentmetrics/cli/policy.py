"""`patentmetrics policy`: the terms of a lexicon in a folder of policy documents."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from patentmetrics.lexicon.frequencies import Counting
    from patentmetrics.read.policy import Duplicates, Places

PLACES = ("any", "prefecture", "province", "none")
DUPLICATES = ("reject", "keep")
MOST_UNRESOLVED = 10
RULES = ("substring", "longest", "token")
COUNTINGS = (*RULES, "own")
MOST_DIVERGENT = 10


def _columns(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - click's signature
    pairs: tuple[str, ...],
) -> dict[str, str]:
    """Read ``text=正文``."""
    columns: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs.strip():
            raise click.BadParameter(f"{pair} is not of the form text=正文")
        columns[ours.strip()] = theirs.strip()
    return columns


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--lexicon", "lexicon_name", metavar="NAME|FILE", required=True, help="See `lexicon list`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option(
    "--rule",
    type=click.Choice(COUNTINGS),
    default="substring",
    show_default=True,
    help="substring: each term by itself; longest: hits that do not overlap; token: words of jieba; "
    "own: each term by the rule that the lexicon gives it.",
)
@click.option(
    "--negation",
    type=click.IntRange(min=1),
    metavar="N",
    help="Drop hits that 非/未/无/没有/缺乏 stands before, at most N characters away in the clause.",
)
@click.option("--pattern", metavar="REGEX", help="How file names hold (?P<place>…) and (?P<year>…).")
@click.option("--year", type=int, help="For documents whose year nothing says.")
@click.option("--recursive", is_flag=True, help="Enter the folders inside; they may name year and place.")
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="CSV or Excel with file, place, year; it comes before names.",
)
@click.option(
    "--map",
    "columns",
    metavar="text=正文",
    multiple=True,
    callback=_columns,
    help="Of a .csv or .xlsx of documents: which columns are text, place, year.",
)
@click.option(
    "--places",
    type=click.Choice(PLACES),
    default="any",
    show_default=True,
    help="At which level names of places are resolved to codes; none: not at all.",
)
@click.option(
    "--skip-rule",
    "skipped",
    metavar="RULE",
    multiple=True,
    help="Leave out a rule of cleaning; `all` leaves out all.",
)
@click.option(
    "--duplicates",
    type=click.Choice(DUPLICATES),
    default="reject",
    show_default=True,
    help="A second document of a place and year.",
)
@click.option("--encoding", help="Of .txt, .html and .csv files  [default: detected]")
@click.option("--terms", type=click.Path(path_type=Path), help="Write hits by document and term, Parquet.")
@click.option("--divergence", type=click.Path(path_type=Path), help="Write the rules compared, CSV.")
@reporting
def command(
    console: Console,
    *,
    folder: Path,
    lexicon_name: str,
    output: Path,
    rule: Counting,
    negation: int | None,
    pattern: str | None,
    year: int | None,
    recursive: bool,
    table: Path | None,
    columns: dict[str, str],
    places: Places,
    skipped: tuple[str, ...],
    duplicates: Duplicates,
    encoding: str | None,
    terms: Path | None,
    divergence: Path | None,
) -> None:
    """Count the terms of a lexicon in the documents of FOLDER (.txt .docx .pdf .html .csv .xlsx).

    Place and year come from --table, else from columns, file names and folders (2024/上海.txt); names of
    places are resolved to codes, so that 上海 and 上海市 are one. Text is cleaned by named rules:
    line_ends, invisible, wide_spaces, running_headers, page_numbers, contents, spaced_titles, hard_wraps,
    page_breaks, indents, blank_lines.

    The counting rule decides results, so the totals under all three rules are printed, with the terms
    that differ most. Beside OUTPUT are written, under its name: .rejected.csv (documents that cannot be
    used), .remarks.csv (texts that occur twice, sources that differ) and .places.csv (names and codes).

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

    beside = {
        name: output.with_name(f"{output.stem}.{name}.csv") for name in ("rejected", "remarks", "places")
    }
    _check_distinct([output, *beside.values(), *(path for path in (terms, divergence) if path)])
    lexicon = load_lexicon(lexicon_name)
    documents = read_policy_folder(
        folder,
        pattern=pattern or DEFAULT_PATTERN,
        encoding=encoding,
        year=year,
        recursive=recursive,
        table=table,
        columns=columns,
        places=places,
        rules=_rules_without(skipped),
        duplicates=duplicates,
        progress=console.progress,
    )
    # all files or none: each is put in place only after all are written
    with contextlib.ExitStack() as files:
        for path, frame in zip(
            beside.values(), (documents.rejected, documents.remarks, documents.places), strict=True
        ):
            quoted_cells(frame).write_csv(files.enter_context(written_whole(path)), include_bom=True)
        part = {
            path: files.enter_context(written_whole(path)) for path in (divergence, terms, output) if path
        }
        found = keyword_frequencies(
            documents.corpus, lexicon, rule=rule, negation=negation, progress=console.progress
        )
        write_frame(found.documents, part[output], found.made_by)
        if terms:
            write_frame(found.terms, part[terms], found.made_by)
        if divergence:
            named = found.divergence.with_columns(pl.col("term").fill_null("(all terms)"))
            quoted_cells(named).write_csv(part[divergence], include_bom=True)

    read = documents.counts
    console.say(
        f"{read['documents_in']:,} documents in = {read['documents_out']:,} documents out "
        f"+ {read['documents_rejected']:,} rejected, from {read['files']:,} files"
    )
    total = found.divergence.filter(pl.col("term").is_null())
    console.finish(
        {
            "frequencies": str(output),
            "lexicon": f"{lexicon.id} {lexicon.version}",
            "rule": rule,
            "documents": found.documents.height,
            "without text": found.documents["total_count"].null_count(),
            "without hits": found.documents.filter(pl.col("total_count") == 0).height,
            **({"hits dropped as negated": _negated(found.made_by)} if negation else {}),
            "hits by rule": {name: int(total[name][0]) for name in RULES},
            "terms without hits": f"{len(found.terms_without_hits)} of {len(lexicon.terms)}",
            **_told(documents.counts, beside, as_json=console.as_json),
            **({"terms": str(terms)} if terms else {}),
            **({"divergence": str(divergence)} if divergence else {}),
            **({"most divergent terms": _most_divergent(found.divergence)} if console.as_json else {}),
        }
    )
    for line in _unresolved(documents.places):
        console.say(line)
    for name, hits in _most_divergent(found.divergence).items():
        console.say(f"  {name}: " + ", ".join(f"{rule} {count:,}" for rule, count in hits.items()))


def _negated(made_by: Mapping[str, object]) -> dict[str, int]:
    counts = made_by["counts"]
    if not isinstance(counts, dict):
        return {}
    return {name: counts[f"negated_{name}"] for name in COUNTINGS if f"negated_{name}" in counts}


def _most_divergent(divergence: pl.DataFrame) -> dict[str, dict[str, int]]:
    import polars as pl

    rows = divergence.filter(pl.col("term").is_not_null() & (pl.col("divergence") > 0)).head(MOST_DIVERGENT)
    return {row["term"]: {rule: row[rule] for rule in RULES} for row in rows.iter_rows(named=True)}


def _rules_without(skipped: tuple[str, ...]) -> tuple[str, ...]:
    from patentmetrics.read.cleaning import RULES as CLEANING
    from patentmetrics.read.cleaning import check_rules

    if "all" in skipped:
        return ()
    left_out = check_rules(skipped)
    return tuple(name for name in CLEANING if name not in left_out)


def _told(counts: dict[str, object], beside: dict[str, Path], *, as_json: bool) -> dict[str, object]:
    """Give the lines about what was read: files by encoding, documents by rule of cleaning, places."""
    ignored = counts["ignored"]
    return {
        "encodings": counts["encodings"],
        "cleaned": counts["cleaned"],
        "places": {
            "names": counts["places"],
            "without a code": counts["places_unresolved"],
            "documents without a code": counts["documents_unresolved"],
        },
        "places listed": str(beside["places"]),
        "remarks": counts["remarks"],
        **({"table rows unused": counts["table_rows_unused"]} if counts["table_rows_unused"] else {}),
        "rejected": str(beside["rejected"]),
        "rejected reasons": counts["rejected"],
        "ignored files": ignored if as_json else len(ignored) if isinstance(ignored, list) else 0,
    }


def _unresolved(places: pl.DataFrame) -> list[str]:
    """Give a line for each of the first names without a code: what it may be."""
    import polars as pl

    rows = places.filter(pl.col("code").is_null()).select("place", "status", "near")
    lines = [
        f"  place without a code: {place} ({status}{f'; near: {near}' if near else ''})"
        for place, status, near in rows.head(MOST_UNRESOLVED).rows()
    ]
    more = rows.height - len(lines)
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def _check_distinct(paths: list[Path]) -> None:
    from patentmetrics.core.errors import OutputError

    if len({path.resolve() for path in paths}) < len(paths):
        raise OutputError(
            "two outputs would have one name",
            where=", ".join(map(str, paths)),
            hint="give another name with --output, --terms or --divergence",
        )
