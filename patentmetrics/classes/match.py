"""Patents to technologies: their classification symbols against a concordance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from patentmetrics.classes.patterns import patterns_of, subclass_pattern
from patentmetrics.classes.symbols import parse_symbols, split_symbols
from patentmetrics.core.errors import check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Concordance, Corpus, require_columns

Level = Literal["full", "subclass"]
Overlap = Literal["longest", "all"]
LEVELS: tuple[Level, ...] = get_args(Level)
OVERLAPS: tuple[Overlap, ...] = get_args(Overlap)

NOT_A_SYMBOL = "not a symbol"
TOO_SHORT = "less precise than the patterns"
NO_PATTERN = "no pattern"
_STEPS = 3


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Which patents fall under which entries of a concordance (专利—技术领域匹配).

    Parameters
    ----------
    frame : polars.DataFrame
        Long, one row for each patent, symbol, entry and pattern: ``patent_id, symbol, entry_id``, the
        levels, ``pattern``; in the order of the patents, of their symbols, of the concordance.
    unmatched : polars.DataFrame
        ``symbol`` (as written where it is none), ``reason``, ``patents``; the most frequent first.
        Reasons: ``not a symbol``; ``no pattern``; ``less precise than the patterns``: say a subclass
        alone, whose main groups go to different entries.
    counts : dict
        ``patents = patents_without_symbols + patents_with_symbols``;
        ``patents_with_symbols = patents_matched + patents_unmatched``;
        ``symbols = symbols_matched + symbols_unmatched + symbols_invalid + symbols_repeated``.
    made_by : dict
        Provenance, with the concordance's id, version, status and hash.
    """

    frame: pl.DataFrame
    unmatched: pl.DataFrame
    counts: dict[str, int]
    made_by: Provenance


def match_classes(
    corpus: Corpus,
    concordance: Concordance,
    *,
    level: Level = "full",
    overlap: Overlap = "longest",
    progress: Progress = silent,
) -> Matches:
    """Match patents to technologies by their IPC or CPC symbols (专利分类号与技术领域对照).

    Parameters
    ----------
    corpus : Corpus
        Patents with the column ``ipc``: a list of symbols, or a text of joined ones.
    concordance : Concordance
        See `patentmetrics.classes.concordance.load_concordance`.
    level : {'full', 'subclass'}
        ``full``: patterns as they are. ``subclass``: patterns and symbols are cut to their subclass first,
        as in Shi et al. 2025; a symbol of a subclass that the concordance divides then matches several
        entries.
    overlap : {'longest', 'all'}
        When patterns lie inside one another: ``longest``, only the narrowest that covers a symbol counts,
        in all entries that have it; ``all``, each of them.
    progress : Progress
        Called with stage ``match``.

    Returns
    -------
    Matches
        A patent without a symbol, and a symbol without a match, have no row; both are counted. A symbol
        that a patent has twice counts once.

    Raises
    ------
    SettingError
        An option has a value it cannot have.
    ColumnError
        The corpus has no column ``ipc``.

    Sources: WIPO IPC-technology concordance (Schmoch 2008) for the patterns of ``wipo35``.

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> frame = pl.DataFrame({"patent_id": ["a", "b"], "ipc": [["H01L 31/042"], None]})
    >>> found = match_classes(Corpus(frame=frame, key="patent_id", text=()), load_concordance("wipo35"))
    >>> found.frame.select("patent_id", "field").rows(), found.counts["patents_without_symbols"]
    ([('a', 'Semiconductors')], 1)
    """
    check_choice(level, LEVELS, argument="level")
    check_choice(overlap, OVERLAPS, argument="overlap")
    require_columns(corpus.frame, ["ipc"], where="corpus")
    progress("match", 0, _STEPS)
    listed = _listed(corpus)
    progress("match", 1, _STEPS)
    entries = _entries(concordance, level)
    covered = _covered(listed, entries, level=level, overlap=overlap)
    progress("match", 2, _STEPS)

    kept = listed.filter(pl.col("valid")).unique(["patent", "symbol"], keep="first", maintain_order=True)
    frame = (
        kept.join(covered, on="symbol", how="inner")
        .join(entries, on="pattern", how="inner")
        .sort("patent", "position", "entry", "pattern")
        .select(corpus.key, "symbol", "entry_id", *concordance.levels, "pattern")
    )
    missed = kept.join(covered, on="symbol", how="anti")
    unmatched = _unmatched(listed, missed, entries)
    with_symbols = listed["patent"].n_unique()
    matched = frame[corpus.key].n_unique()
    counts = {
        "patents": corpus.frame.height,
        "patents_without_symbols": corpus.frame.height - with_symbols,
        "patents_with_symbols": with_symbols,
        "patents_matched": matched,
        "patents_unmatched": with_symbols - matched,
        "symbols": listed.height,
        "symbols_matched": kept.height - missed.height,
        "symbols_unmatched": missed.height,
        "symbols_invalid": listed.filter(~pl.col("valid")).height,
        "symbols_repeated": listed.filter(pl.col("valid")).height - kept.height,
        "symbols_in_several_entries": frame.group_by(corpus.key, "symbol")
        .agg(pl.col("entry_id").n_unique())
        .filter(pl.col("entry_id") > 1)
        .height,
    }
    made_by = provenance(
        "match",
        settings={"level": level, "overlap": overlap},
        inputs={
            "patents": corpus.made_by,
            "concordance": {
                "id": concordance.id,
                "version": concordance.version,
                "status": concordance.status,
                "sha256": concordance.sha256,
            },
        },
        counts=counts,
    )
    progress("match", _STEPS, _STEPS)
    return Matches(frame=frame, unmatched=unmatched, counts=counts, made_by=made_by)


def _listed(corpus: Corpus) -> pl.DataFrame:
    """One row for each symbol that a patent lists, parsed; ``written`` is what stands there."""
    frame = corpus.frame.select(
        corpus.key, pl.col("ipc"), pl.int_range(pl.len(), dtype=pl.UInt32).alias("patent")
    )
    if frame.schema["ipc"] == pl.Null:
        frame = frame.with_columns(pl.col("ipc").cast(pl.String))
    if isinstance(frame.schema["ipc"], pl.List):
        frame = frame.explode("ipc")
    # an element of a list may itself be a text of joined symbols
    frame = (
        frame.with_columns(split_symbols(frame["ipc"]).alias("written"))
        .drop("ipc")
        .explode("written")
        .drop_nulls("written")
        .with_row_index("position")
    )
    return frame.hstack(parse_symbols(frame["written"]))


def _entries(concordance: Concordance, level: Level) -> pl.DataFrame:
    order = concordance.entries.select(pl.col("entry_id").unique(maintain_order=True)).with_row_index("entry")
    entries = concordance.entries.join(order, on="entry_id", maintain_order="left")
    if level == "subclass":
        entries = entries.with_columns(
            pl.col("pattern").map_elements(subclass_pattern, return_dtype=pl.String)
        )
    return entries.unique(["entry_id", "pattern"], keep="first", maintain_order=True)


def _covered(listed: pl.DataFrame, entries: pl.DataFrame, *, level: Level, overlap: Overlap) -> pl.DataFrame:
    """Give ``symbol, pattern`` for each symbol that a pattern of the concordance covers."""
    symbols = listed.filter(pl.col("valid")).unique("symbol", maintain_order=True)
    if level == "subclass":
        none = pl.lit(None)
        symbols = symbols.with_columns(
            none.cast(pl.Int32).alias("main_group"), none.cast(pl.String).alias("subgroup")
        )
    ranked = patterns_of(symbols).join(entries.select("pattern").unique(), on="pattern", how="semi")
    if overlap == "longest":
        ranked = ranked.filter(pl.col("rank") == pl.col("rank").max().over("symbol"))
    return ranked.select("symbol", "pattern")


def _unmatched(listed: pl.DataFrame, missed: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """List what has no match, why, and in how many patents."""
    starts = entries["pattern"].str.strip_chars_end("*")
    divided = {start[:length] for start in starts for length in range(1, len(start))}
    # G06F17 is divided by patterns such as G06F17/3*, G06F1 is not
    names = missed["symbol"].unique().to_list()
    short = [one for one in names if (f"{one}/" if len(one) > 4 else one) in divided]
    reasons = pl.concat(
        [
            listed.filter(~pl.col("valid")).select(
                "patent", pl.col("written").alias("symbol"), pl.lit(NOT_A_SYMBOL).alias("reason")
            ),
            missed.select(
                "patent",
                "symbol",
                pl.when(pl.col("symbol").is_in(short))
                .then(pl.lit(TOO_SHORT))
                .otherwise(pl.lit(NO_PATTERN))
                .alias("reason"),
            ),
        ]
    )
    return (
        reasons.group_by("symbol", "reason")
        .agg(pl.col("patent").n_unique().cast(pl.Int64).alias("patents"))
        .sort(["patents", "symbol", "reason"], descending=[True, False, False])
    )
