"""`patentmetrics match`: IPC symbols, and keywords, against a concordance."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patentmetrics.cli.console import Console, reporting

if TYPE_CHECKING:
    import polars as pl

    from patentmetrics.classes.compiled import Level, Overlap
    from patentmetrics.classes.match import Conditions, Matches, Symbols, Weights
    from patentmetrics.core.types import Concordance, Corpus

TOP = 10
TEXT = "title,abstract"


@click.command()
@click.argument("patents", type=click.Path(path_type=Path))
@click.option("--concordance", "table", metavar="NAME|FILE", required=True, help="See `concordance list`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option(
    "--level",
    type=click.Choice(["full", "subclass"]),
    default="full",
    show_default=True,
    help="subclass: by the first four characters only.",
)
@click.option(
    "--overlap",
    type=click.Choice(["all", "longest"]),
    default="all",
    show_default=True,
    help="Of patterns that lie inside one another: all count, or the narrowest.",
)
@click.option(
    "--conditions",
    type=click.Choice(["entry", "codes", "keywords", "either"]),
    default="entry",
    show_default=True,
    help="entry: what the entry has, so a symbol and a keyword where it has both.",
)
@click.option(
    "--text",
    metavar="COLUMNS",
    default=TEXT,
    show_default=True,
    help="Where keywords are looked for, joined by commas.",
)
@click.option(
    "--symbols",
    type=click.Choice(["all", "main"]),
    default="all",
    show_default=True,
    help="main: the first symbol of a patent only.",
)
@click.option(
    "--weights",
    type=click.Choice(["whole", "fractional"]),
    default="whole",
    show_default=True,
    help="fractional: a patent weighs 1, divided among its symbols.",
)
@click.option("--indicators", type=click.Path(path_type=Path), help="Write one column a technology, Parquet.")
@click.option("--of", metavar="LEVEL", help="Which level the indicators are of  [default: the outermost]")
@click.option(
    "--name",
    default="matched",
    show_default=True,
    help="Of the indicators' column that says whether anything matched, say digital.",
)
@reporting
def command(
    console: Console,
    *,
    patents: Path,
    table: str,
    output: Path,
    level: Level,
    overlap: Overlap,
    conditions: Conditions,
    text: str,
    symbols: Symbols,
    weights: Weights,
    indicators: Path | None,
    of: str | None,
    name: str,
) -> None:
    """Match the IPC symbols of PATENTS, a table made by `ingest`, against a concordance.

    Where entries of the concordance have keywords, these are looked for in title and abstract. Patents
    without symbols, and symbols without a match, are counted and the most frequent are named. What is no
    symbol is written to OUTPUT's name with .rejected.csv.

    Example: patentmetrics match patents.parquet --concordance key_digital_technology_2023
    -o matches.parquet --indicators digital.parquet --of technology --name digital
    """
    from patentmetrics.classes.concordance import load_concordance
    from patentmetrics.classes.match import class_indicators, match_classes
    from patentmetrics.core.files import written_whole
    from patentmetrics.core.provenance import write_frame
    from patentmetrics.read.patents import read_patents
    from patentmetrics.read.rejections import write_rejections

    if (of or name != "matched") and not indicators:
        raise click.UsageError("--of and --name are about --indicators, which names the file to write")
    concordance = load_concordance(table)
    corpus = _with_text(read_patents(patents), text)
    matches = match_classes(
        corpus,
        concordance,
        level=level,
        overlap=overlap,
        conditions=conditions,
        symbols=symbols,
        weights=weights,
        progress=console.progress,
    )
    rejected = output.with_name(f"{output.stem}.rejected.csv")
    # all files or none: each is put in place only after all are written
    with contextlib.ExitStack() as files:
        if indicators:
            wide = class_indicators(
                matches, of=of or concordance.levels[0], name=name, weighted=weights == "fractional"
            )
            write_frame(wide, files.enter_context(written_whole(indicators)), matches.made_by)
        if matches.rejected.height:
            write_rejections(_rejections(matches, patents.name), files.enter_context(written_whole(rejected)))
        write_frame(matches.frame, files.enter_context(written_whole(output)), matches.made_by)
    settings = {"level": level, "overlap": overlap, "conditions": conditions, "symbols": symbols}
    console.finish(
        {
            "matches": str(output),
            **({"indicators": str(indicators)} if indicators else {}),
            **({"rejected": str(rejected)} if matches.rejected.height else {}),
            **_about(concordance),
            **settings,
            "weights": weights,
            **matches.counts,
            **_shares(matches),
            **_top(matches, concordance.levels[-1]),
        }
    )


def _with_text(corpus: Corpus, columns: str) -> Corpus:
    """Take the text columns that are asked for and that hold something."""
    from dataclasses import replace

    from patentmetrics.core.types import require_columns

    wanted = [one.strip() for one in columns.split(",") if one.strip()]
    require_columns(corpus.frame, wanted, where="--text")
    return replace(corpus, text=tuple(one for one in wanted if one in corpus.text))


def _rejections(matches: Matches, file: str) -> pl.DataFrame:
    import polars as pl

    from patentmetrics.read.rejections import as_rejections

    return as_rejections(
        matches.rejected.rename({matches.rejected.columns[1]: "patent_id", "symbol": "value"}).with_columns(
            file=pl.lit(file), column=pl.lit("ipc")
        )
    )


def _about(concordance: Concordance) -> dict[str, object]:
    keywords = concordance.entries["keywords"].is_not_null().any()
    return {
        "concordance": f"{concordance.id} {concordance.version}",
        "status": concordance.status,
        "entries with keywords": bool(keywords),
    }


def _shares(matches: Matches) -> dict[str, float | None]:
    counts = matches.counts

    def share(kind: str) -> float | None:
        # of those of which it is known: a patent without symbols is neither
        known = counts[f"{kind}_matched"] + counts[f"{kind}_unmatched"]
        return counts[f"{kind}_unmatched"] / known if known else None

    return {"share of patents unmatched": share("patents"), "share of symbols unmatched": share("symbols")}


def _top(matches: Matches, level: str) -> dict[str, object]:
    key = matches.frame.columns[0]
    pairs = matches.frame.select(key, level).unique()
    top = pairs.group_by(level).len("patents").sort(["patents", level], descending=[True, False])
    return {
        f"most frequent {level}": dict(top.head(TOP).rows()),
        "most frequent unmatched": {
            f"{symbol} ({reason})": count for symbol, reason, count in matches.unmatched.head(TOP).rows()
        },
    }
