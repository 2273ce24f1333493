"""One block of patents against a compiled concordance: what `match_classes` does on each thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.classes.compiled import Compiled
from patentmetrics.classes.keywords import KeywordHits, KeywordSearch, find_keywords
from patentmetrics.classes.symbols import REASONS, SymbolLists, read_symbol_lists, symbol_texts
from patentmetrics.core.types import Corpus
from patentmetrics.kernels import ipc
from patentmetrics.kernels.matching import (
    INVALID,
    MATCHED,
    NO_KEYWORD,
    NO_PATTERN,
    REPEATED,
    Matched,
    Sought,
    match_documents,
)

BLOCK = 1 << 16
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What makes a match, see `match_classes`; ``asks``: entries with keywords ask for one."""

    by_symbol: bool
    by_keyword: bool
    asks: bool
    main_only: bool
    fractional: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a block gives to `Matches`; ``missed`` has ``code, covered, patents``."""

    frame: pl.DataFrame
    patents: pl.DataFrame
    rejected: pl.DataFrame
    missed: pl.DataFrame
    counts: dict[str, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Listed:
    """The symbols of a block's patents; those of patent *i*: ``code[first[i] : first[i + 1]]``."""

    first: Integers
    code: Integers
    status: NDArray[np.uint8]
    written: pl.Series
    not_main: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Hits:
    """The matches of a block: symbol (−1 for none), row of the concordance, weight, patent of each."""

    symbol: NDArray[np.int32]
    row: NDArray[np.int32]
    weight: NDArray[np.float64]
    patent: Integers
    outcome: NDArray[np.uint8]


def match_block(corpus: Corpus, start: int, compiled: Compiled, search: KeywordSearch, rules: Rules) -> Found:
    """Match the patents of a corpus from row ``start`` on, `BLOCK` of them at most."""
    block = corpus.frame.slice(start, BLOCK)
    patents = block.height
    listed = _listed(block, main_only=rules.main_only) if rules.by_symbol else _nothing(patents)
    texts, words = None, None
    if len(search.words):
        texts = _texts(block, corpus.text)
        words = find_keywords(texts, search)
    hits = _matched(compiled, listed, words, rules)
    keys = block[corpus.key]
    # the number −1, of an entry found by its keywords alone, leads to the last
    symbol = symbol_texts(np.append(listed.code, -1)[hits.symbol])
    rows = compiled.rows[hits.row].with_columns(
        pl.when(pl.Series(hits.symbol >= 0)).then(pl.col("pattern")).alias("pattern")
    )
    frame = pl.DataFrame(
        [
            keys.gather(hits.patent),
            symbol,
            pl.Series("weight", hits.weight),
            _keywords_of(compiled, hits, words, search, rules),
            *rows.get_columns(),
        ]
    )
    about = _patents(keys, compiled, listed, hits, texts, rules)
    return Found(
        frame=frame,
        patents=about,
        rejected=_rejected(keys, start, listed),
        missed=_missed(listed, hits.outcome),
        counts=_counts(about["matched"], compiled, listed, hits, texts, rules),
    )


def _listed(block: pl.DataFrame, *, main_only: bool) -> _Listed:
    owner: Integers = np.arange(block.height)
    ipc_column = block["ipc"]
    if isinstance(ipc_column.dtype, pl.List):
        # an element of a list may itself be a text of joined symbols
        long = (
            block.select(pl.int_range(pl.len()).alias("patent"), pl.col("ipc"))
            .explode("ipc")
            .drop_nulls("ipc")
        )
        owner, ipc_column = long["patent"].to_numpy(), long["ipc"]
    found: SymbolLists = read_symbol_lists(ipc_column.cast(pl.String), written=False)
    patent = owner[found.row]
    first = np.searchsorted(patent, np.arange(block.height + 1)).astype(np.int64)
    code, status, written, not_main = found.code, found.status, found.written, 0
    if main_only:
        main = first[:-1][first[:-1] < first[1:]]
        not_main = len(code) - len(main)
        code, status, written = code[main], status[main], written.gather(main)
        first = np.concatenate([[0], np.cumsum(first[:-1] < first[1:])]).astype(np.int64)
    return _Listed(first=first, code=code, status=status, written=written, not_main=not_main)


def _nothing(patents: int) -> _Listed:
    return _Listed(
        first=np.zeros(patents + 1, np.int64),
        code=np.empty(0, np.int64),
        status=np.empty(0, np.uint8),
        written=pl.Series([], dtype=pl.String),
        not_main=0,
    )


def _texts(block: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Join the text columns; null where there is no text in any."""
    joined = block.select(
        pl.concat_str([pl.col(name).cast(pl.String) for name in columns], separator="\n", ignore_nulls=True)
    ).to_series()
    return pl.select(pl.when(joined.str.strip_chars() != "").then(joined)).to_series()


def _matched(compiled: Compiled, listed: _Listed, words: KeywordHits | None, rules: Rules) -> _Hits:
    patents = len(listed.first) - 1
    sought = Sought(
        first=listed.first,
        symbol=listed.code,
        first_entry=words.first_entry if words else np.zeros(patents + 1, np.int64),
        entry=words.entry if words else np.empty(0, np.int64),
    )
    line = compiled.line if rules.asks else compiled.line._replace(asks=np.zeros_like(compiled.line.asks))
    outcome = np.empty(len(listed.code), np.uint8)
    end = np.zeros(patents, np.int64)
    room = 2 * len(listed.code) + 16
    while True:
        matched = Matched(
            symbol=np.empty(room, np.int32),
            row=np.empty(room, np.int32),
            weight=np.empty(room if rules.fractional else 0, np.float64),
        )
        found = match_documents(
            line, sought, compiled.above, rules.by_symbol, rules.by_keyword, matched, end, outcome
        )
        if found <= room:
            break
        room = found
    return _Hits(
        symbol=matched.symbol[:found],
        row=matched.row[:found],
        weight=matched.weight[:found] if rules.fractional else np.ones(found),
        patent=np.repeat(np.arange(patents), np.diff(end, prepend=0)),
        outcome=outcome,
    )


def _keywords_of(
    compiled: Compiled, hits: _Hits, words: KeywordHits | None, search: KeywordSearch, rules: Rules
) -> pl.Series:
    """Give for each match the keywords of its entry that stand in the text; null where there are none."""
    none = pl.Series("keywords", [None], dtype=pl.List(pl.String)).new_from_index(0, len(hits.row))
    if words is None or not len(words.word) or not (rules.asks or rules.by_keyword):
        return none
    pairs = pl.DataFrame({"patent": hits.patent, "entry": compiled.line.entry[hits.row].astype(np.int64)})
    owners = pl.DataFrame(
        {
            "word": np.repeat(np.arange(len(search.words)), np.diff(search.first_entry)),
            "entry": search.entry,
        }
    )
    found = (
        pl.DataFrame(
            {"patent": np.repeat(np.arange(len(words.first) - 1), np.diff(words.first)), "word": words.word}
        )
        .join(owners, on="word")
        .join(pairs.unique(), on=["patent", "entry"], how="semi")
        .sort("patent", "entry", "word")
    )
    spelled = found.with_columns(search.words.gather(found["word"]).alias("keywords"))
    lists = spelled.group_by("patent", "entry", maintain_order=True).agg("keywords")
    return pairs.join(lists, on=["patent", "entry"], how="left", maintain_order="left")["keywords"]


def _patents(
    keys: pl.Series,
    compiled: Compiled,
    listed: _Listed,
    hits: _Hits,
    texts: pl.Series | None,
    rules: Rules,
) -> pl.DataFrame:
    patents = len(keys)
    owner = np.repeat(np.arange(patents), np.diff(listed.first))

    def tally(which: NDArray[np.bool_]) -> Integers:
        return np.bincount(owner[which], minlength=patents)

    distinct = (hits.outcome != INVALID) & (hits.outcome != REPEATED)
    symbols = tally(distinct)
    pairs = np.unique(hits.patent * len(compiled.entry_ids) + compiled.line.entry[hits.row])
    entries = np.bincount(pairs // max(len(compiled.entry_ids), 1), minlength=patents)
    without_text = texts.is_null().to_numpy() if texts is not None else np.ones(patents, np.bool_)
    known = np.ones(patents, np.bool_)
    if rules.by_symbol:
        known &= symbols > 0
        # a symbol is covered, and whether a keyword stands in the text that is not there is not known
        known &= ~((tally(hits.outcome == NO_KEYWORD) > 0) & without_text)
    if rules.by_keyword:
        known &= ~without_text
    matched = pl.Series("matched", entries > 0)
    return pl.DataFrame(
        [
            keys,
            pl.Series("symbols", symbols).cast(pl.Int64) if rules.by_symbol else _null("symbols", patents),
            pl.Series("symbols_matched", tally(hits.outcome == MATCHED)).cast(pl.Int64)
            if rules.by_symbol
            else _null("symbols_matched", patents),
            pl.Series("entries", entries).cast(pl.Int64),
            matched.set(~(matched | pl.Series(known)), None),
        ]
    ).with_columns(pl.when(pl.col("matched").is_not_null()).then(pl.col("entries")).alias("entries"))


def _null(name: str, length: int) -> pl.Series:
    return pl.Series(name, [None], dtype=pl.Int64).new_from_index(0, length)


def _rejected(keys: pl.Series, start: int, listed: _Listed) -> pl.DataFrame:
    invalid = np.flatnonzero(listed.status > ipc.REPAIRED)
    owner = np.repeat(np.arange(len(keys)), np.diff(listed.first))[invalid]
    reason = pl.Series("reason", listed.status[invalid]).replace_strict(REASONS, return_dtype=pl.String)
    return pl.DataFrame(
        [
            pl.Series("row", owner + start + 1).cast(pl.Int64),
            keys.gather(owner),
            listed.written.gather(invalid).alias("symbol"),
            reason,
        ]
    )


def _missed(listed: _Listed, outcome: NDArray[np.uint8]) -> pl.DataFrame:
    """Count the patents of each symbol without a match; ``covered``: it lacks a keyword only."""
    missed = (outcome == NO_PATTERN) | (outcome == NO_KEYWORD)
    return (
        pl.DataFrame({"code": listed.code[missed], "covered": outcome[missed] == NO_KEYWORD})
        .group_by("code", "covered")
        .agg(pl.len().cast(pl.Int64).alias("patents"))
    )


def _counts(
    matched: pl.Series,
    compiled: Compiled,
    listed: _Listed,
    hits: _Hits,
    texts: pl.Series | None,
    rules: Rules,
) -> dict[str, int]:
    of = np.bincount(hits.outcome, minlength=MATCHED + 1).tolist()
    with_symbols = int((np.diff(listed.first) > 0).sum())
    by_symbol = hits.symbol[hits.symbol >= 0].astype(np.int64)
    owners = compiled.line.entry[hits.row][hits.symbol >= 0]
    pairs = np.unique(by_symbol * max(len(compiled.entry_ids), 1) + owners)
    several = np.unique(pairs // max(len(compiled.entry_ids), 1), return_counts=True)[1]
    counts = {"patents": len(matched)}
    if rules.by_symbol:
        counts |= {
            "patents_without_symbols": len(matched) - with_symbols,
            "patents_with_symbols": with_symbols,
        }
    if texts is not None:
        counts["patents_without_text"] = texts.null_count()
    counts |= {
        "patents_matched": int(matched.sum()),
        "patents_unmatched": int((~matched).sum()),
        "patents_unknown": matched.null_count(),
    }
    if rules.by_symbol:
        counts |= {
            "symbols": len(listed.code),
            "symbols_matched": of[MATCHED],
            "symbols_unmatched": of[NO_PATTERN] + of[NO_KEYWORD],
            "symbols_without_keyword": of[NO_KEYWORD],
            "symbols_invalid": of[INVALID],
            "symbols_repeated": of[REPEATED],
            "symbols_repaired": int((listed.status == ipc.REPAIRED).sum()),
            "symbols_not_main": listed.not_main,
            "symbols_in_several_entries": int((several > 1).sum()),
        }
    return counts
