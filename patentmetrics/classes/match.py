"""Patents to technologies: their symbols, and the words of their texts, against a concordance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from patentmetrics.classes.blocks import BLOCK, Found, Rules, match_block
from patentmetrics.classes.compiled import Level, Overlap, compile_concordance, is_divided
from patentmetrics.classes.keywords import keyword_search
from patentmetrics.classes.symbols import symbol_texts
from patentmetrics.core.errors import ColumnError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Concordance, Corpus, require_columns
from patentmetrics.execute.local import map_blocks

Conditions = Literal["entry", "codes", "keywords", "either"]
Symbols = Literal["all", "main"]
Weights = Literal["whole", "fractional"]
CONDITIONS: tuple[Conditions, ...] = get_args(Conditions)
SYMBOLS: tuple[Symbols, ...] = get_args(Symbols)
WEIGHTS: tuple[Weights, ...] = get_args(Weights)

TOO_SHORT = "less precise than the patterns"
NO_PATTERN = "no pattern"
NO_KEYWORD = "no keyword of the entries"


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Which patents fall under which entries of a concordance (专利—技术领域匹配).

    Parameters
    ----------
    frame : polars.DataFrame
        Long, one row for each patent, symbol, entry and pattern: ``patent_id, symbol, weight, keywords,
        entry_id``, the levels, ``pattern``; in the order of the patents, of their symbols, of the
        concordance. ``keywords`` are those of the entry that stand in the patent's text, null where none
        was asked for. An entry found by its keywords alone has null ``symbol`` and ``pattern``.
    patents : polars.DataFrame
        One row a patent, in the order of the corpus: ``patent_id``, ``symbols`` (distinct and valid),
        ``symbols_matched``, ``entries`` (distinct), ``matched``: yes, no, or null where what would decide
        is missing.
    unmatched : polars.DataFrame
        ``symbol`` (as written where it is none), ``reason``, ``patents``; the most frequent first.
        Reasons: why it is no symbol, see `patentmetrics.classes.symbols.REASONS`; ``no pattern``;
        ``less precise than the patterns``: say a subclass alone, whose main groups go to different
        entries; ``no keyword of the entries`` whose patterns cover it.
    rejected : polars.DataFrame
        What is no symbol: ``row`` (of the corpus, from 1), ``patent_id``, ``symbol`` as written,
        ``reason``.
    counts : dict
        ``patents = patents_without_symbols + patents_with_symbols``;
        ``patents = patents_matched + patents_unmatched + patents_unknown``;
        ``symbols = symbols_matched + symbols_unmatched + symbols_invalid + symbols_repeated``.
    made_by : dict
        Provenance, with the concordance's id, version, status and hash.
    """

    frame: pl.DataFrame
    patents: pl.DataFrame
    unmatched: pl.DataFrame
    rejected: pl.DataFrame
    counts: dict[str, int]
    made_by: Provenance


def match_classes(
    corpus: Corpus,
    concordance: Concordance,
    *,
    level: Level = "full",
    overlap: Overlap = "all",
    conditions: Conditions = "entry",
    symbols: Symbols = "all",
    weights: Weights = "whole",
    threads: int | None = None,
    progress: Progress = silent,
) -> Matches:
    """Match patents to technologies by IPC or CPC symbols, and keywords (专利与技术领域对照).

    Parameters
    ----------
    corpus : Corpus
        Patents with the column ``ipc``: a list of symbols, or a text of joined ones, the main one first;
        with text columns where keywords are asked for.
    concordance : Concordance
        See `patentmetrics.classes.concordance.load_concordance`.
    level : {'full', 'subclass'}
        ``full``: patterns as they are. ``subclass``: patterns and symbols are cut to their subclass first,
        as in Shi et al. 2025; a symbol of a subclass that the concordance divides then matches several
        entries, and an exclusion below the subclass says nothing.
    overlap : {'all', 'longest'}
        When patterns lie inside one another: each of them counts, or, ``longest``, one that holds a
        narrower one that covers the symbol too does not, whichever entries they are of.
    conditions : {'entry', 'codes', 'keywords', 'either'}
        ``entry``: what the entry has, so one with keywords asks for a symbol and a keyword. ``codes``:
        symbols alone. ``keywords``: keywords alone. ``either``: one of the two suffices. Keywords are
        looked for in all text columns of the corpus, see `patentmetrics.classes.keywords.keyword_search`.
    symbols : {'all', 'main'}
        ``main``: only the first that a patent lists; when that is no symbol, the patent has none.
    weights : {'whole', 'fractional'}
        ``whole``: each row weighs 1. ``fractional``: a patent weighs 1, divided equally among its
        distinct symbols, matched or not, then among the entries of a symbol, then among the rows of an
        entry; what of a patent is unmatched is missing from its sum.
    threads : int, optional
        How many blocks of patents are in work at a time; all cores by default.
    progress : Progress
        Called with stage ``match``, blocks done, blocks.

    Returns
    -------
    Matches
        A patent without a symbol, and a symbol without a match, have no row in ``frame``; both are
        counted. A symbol that a patent has twice counts once.

    Raises
    ------
    SettingError
        An option has a value it cannot have, or fractional weights are asked of keywords.
    ColumnError
        The corpus has no column ``ipc``, or no text where keywords are asked for.

    Sources: WIPO IPC-technology concordance (Schmoch 2008) for the patterns of ``wipo35``.

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> frame = pl.DataFrame({"patent_id": ["a", "b"], "ipc": [["H01L 31/042"], None]})
    >>> found = match_classes(Corpus(frame=frame, key="patent_id", text=()), load_concordance("wipo35"))
    >>> found.frame.select("patent_id", "field").rows(), found.patents["matched"].to_list()
    ([('a', 'Semiconductors')], [True, None])
    """
    check_choice(conditions, CONDITIONS, argument="conditions")
    check_choice(symbols, SYMBOLS, argument="symbols")
    check_choice(weights, WEIGHTS, argument="weights")
    compiled = compile_concordance(concordance, level=level, overlap=overlap, keywords=conditions != "codes")
    _check(corpus, has_keywords=bool(compiled.keywords), conditions=conditions, weights=weights)
    search = keyword_search(compiled.keywords, entries=len(compiled.entry_ids))
    rules = Rules(
        by_symbol=conditions != "keywords",
        by_keyword=conditions in ("keywords", "either"),
        asks=conditions == "entry",
        main_only=symbols == "main",
        fractional=weights == "fractional",
    )
    starts = range(0, max(corpus.frame.height, 1), BLOCK)

    def one(start: int) -> Found:
        return match_block(corpus, start, compiled, search, rules)

    blocks: list[Found] = []
    for done, found in enumerate(map_blocks(one, starts, threads=threads), 1):
        blocks.append(found)
        progress("match", done, len(starts))
    counts = {name: sum(found.counts[name] for found in blocks) for name in blocks[0].counts}
    made_by = provenance(
        "match",
        settings={
            "level": level,
            "overlap": overlap,
            "conditions": conditions,
            "symbols": symbols,
            "weights": weights,
        },
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
    missed = (
        pl.concat(found.missed for found in blocks).group_by("code", "covered").agg(pl.col("patents").sum())
    )
    divided = is_divided(compiled, missed["code"].to_numpy())
    reason = (
        pl.when(pl.col("covered"))
        .then(pl.lit(NO_KEYWORD))
        .when(pl.Series(divided))
        .then(pl.lit(TOO_SHORT))
        .otherwise(pl.lit(NO_PATTERN))
        .alias("reason")
    )
    rejected = pl.concat(found.rejected for found in blocks)
    unmatched = pl.concat(
        [
            missed.select(symbol_texts(missed["code"].to_numpy()), reason, "patents"),
            rejected.group_by("symbol", "reason").agg(
                pl.col("row").n_unique().cast(pl.Int64).alias("patents")
            ),
        ]
    )
    return Matches(
        frame=pl.concat(found.frame for found in blocks),
        patents=pl.concat(found.patents for found in blocks),
        unmatched=unmatched.sort(["patents", "symbol", "reason"], descending=[True, False, False]),
        rejected=rejected,
        counts=counts,
        made_by=made_by,
    )


def class_indicators(
    matches: Matches, *, of: str, name: str = "matched", weighted: bool = False
) -> pl.DataFrame:
    """Spread matches into one column for each technology (专利技术领域指标).

    Parameters
    ----------
    matches : Matches
        See `match_classes`.
    of : str
        A level of the concordance, or ``entry_id``: each of its values that occurs becomes a column.
    name : str
        Of the column that says whether the patent matched anything: say ``digital``, where the
        concordance is of digital technologies.
    weighted : bool
        The sum of the weights in place of yes or no: with fractional weights, the patent's share.

    Returns
    -------
    polars.DataFrame
        One row a patent, in the order of the corpus: ``patent_id``, ``name``, and the values of ``of`` in
        the order of the alphabet: Boolean, or Float64 when ``weighted``. A patent of which it is not
        known whether it matched has null in all.

    Raises
    ------
    SettingError
        There is no such level, or ``name`` or a value is the name of another column.

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> frame = pl.DataFrame({"patent_id": ["a", "b"], "ipc": [["H01L 31/042", "A61K8/02"], None]})
    >>> found = match_classes(Corpus(frame=frame, key="patent_id", text=()), load_concordance("wipo35"))
    >>> class_indicators(found, of="sector").columns
    ['patent_id', 'matched', 'Chemistry', 'Electrical engineering']
    """
    key = matches.patents.columns[0]
    levels = [one for one in matches.frame.columns if one not in (key, *_BESIDES)]
    check_choice(of, levels, argument="of")
    values = matches.frame[of].unique().sort().to_list()
    doubled = next((one for one in (key, name, *values) if (key, name, *values).count(one) > 1), None)
    if doubled is not None:
        raise SettingError("two columns would have one name", where="name", got=doubled)
    numbers = {value: f"{_PLACE}{place}" for place, value in enumerate(values)}
    spread = (
        matches.frame.group_by(key, pl.col(of).replace(numbers).alias(_PLACE))
        .agg(pl.col("weight").sum() if weighted else pl.lit(value=True).alias("weight"))
        .pivot(_PLACE, index=key, values="weight")
    )
    none: pl.Expr = pl.lit(0.0) if weighted else pl.lit(value=False)
    known = pl.col("matched").is_not_null()
    return matches.patents.join(spread, on=key, how="left", maintain_order="left").select(
        key,
        pl.col("matched").alias(name),
        *(
            pl.when(known).then(pl.col(column).fill_null(none)).alias(value)
            for value, column in numbers.items()
        ),
    )


_BESIDES = ("symbol", "weight", "keywords", "pattern")
_PLACE = "\x00"  # begins no name that a concordance can give


def _check(corpus: Corpus, *, has_keywords: bool, conditions: Conditions, weights: Weights) -> None:
    if conditions != "keywords":
        require_columns(corpus.frame, ["ipc"], where="corpus")
    if conditions in ("keywords", "either"):
        if not has_keywords:
            raise SettingError(
                "the concordance has no keywords", where="conditions", got=conditions, allowed="entry, codes"
            )
        if weights == "fractional":
            raise SettingError(
                "fractional weights divide a patent among its symbols, and a keyword has none",
                where="weights",
                got=weights,
                allowed="whole",
            )
    if has_keywords and not corpus.text:
        raise ColumnError(
            "the concordance asks for keywords, and the corpus names no text column",
            where="corpus",
            allowed=corpus.frame.columns,
            hint="conditions 'codes' leaves the keywords aside",
        )
