"""A concordance made ready for matching: patterns as intervals of the line of symbols, cut into pieces."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.classes.patterns import interval, subclass_pattern
from patentmetrics.core.errors import check_choice
from patentmetrics.core.types import Concordance
from patentmetrics.kernels.ipc import GROUP_BITS, SUBCLASS_BITS
from patentmetrics.kernels.matching import SUBCLASSES, Line, locate

Level = Literal["full", "subclass"]
Overlap = Literal["longest", "all"]
LEVELS: tuple[Level, ...] = get_args(Level)
OVERLAPS: tuple[Overlap, ...] = get_args(Overlap)
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Compiled:
    """A compiled concordance (编译后的对照表).

    Parameters
    ----------
    line : Line
        See `patentmetrics.kernels.matching`.
    rows : polars.DataFrame
        The patterns that the numbers of ``line.row`` stand for: ``entry_id``, the levels, ``pattern``.
    entry_ids : tuple of str
        The entries that the numbers of ``line.entry`` stand for.
    keywords : dict of str to list of int
        As written in the concordance, with the entries that have them.
    low, high : ndarray of int64, shape (rows,)
        First and last symbol that each row covers.
    above : int
        How many of the lowest bits of a symbol do not count: none, or all below the subclass.
    """

    line: Line
    rows: pl.DataFrame
    entry_ids: tuple[str, ...]
    keywords: dict[str, list[int]]
    low: Integers
    high: Integers
    above: int


def compile_concordance(
    concordance: Concordance, *, level: Level = "full", overlap: Overlap = "all", keywords: bool = True
) -> Compiled:
    """Compile a concordance for matching (编译对照表).

    Exclusions are taken out first, then, with ``overlap="longest"``, patterns that hold a narrower one.

    Parameters
    ----------
    concordance : Concordance
        See `patentmetrics.classes.concordance.load_concordance`.
    level : {'full', 'subclass'}
        ``subclass``: patterns are widened to their subclass; an exclusion below a subclass then says nothing.
    overlap : {'all', 'longest'}
        See `patentmetrics.classes.match.match_classes`.
    keywords : bool
        Entries that have keywords ask for one.

    Raises
    ------
    SettingError
        An option has a value it cannot have.

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> from patentmetrics.classes.symbols import read_symbol_lists
    >>> wipo = compile_concordance(load_concordance("wipo35"))
    >>> symbols = read_symbol_lists(pl.Series(["H01L31/04; H04N; A61K8/02"])).code
    >>> [wipo.rows["pattern"][rows].to_list() for rows in rows_of_symbols(wipo, symbols)]
    [['H01L'], [], ['A61K8/*']]
    """
    check_choice(level, LEVELS, argument="level")
    check_choice(overlap, OVERLAPS, argument="overlap")
    entries = concordance.entries
    number_of = {one: i for i, one in enumerate(dict.fromkeys(entries["entry_id"]))}
    order = pl.Series("entry", [number_of[one] for one in entries["entry_id"]], dtype=pl.Int32)
    # rows of an entry stand together, whatever their order in the frame
    rows = entries.with_columns(order).sort("entry", maintain_order=True)
    if level == "subclass":
        rows = rows.with_columns(
            pl.col("pattern").map_elements(subclass_pattern, return_dtype=pl.String)
        ).unique(["entry", "pattern"], keep="first", maintain_order=True)
    low, high = _intervals(rows["pattern"].to_list())
    entry = rows["entry"].to_numpy().astype(np.int32)
    refused = _exclusions(rows, level)
    bound = np.unique(
        np.concatenate(
            [[0], low, high + 1, *([one, other + 1] for pairs in refused.values() for one, other in pairs)]
        )
    ).astype(np.int64)
    pieces, row = _covering(bound, low, high, entry, refused)
    if overlap == "longest":
        pieces, row = _narrowest(pieces, row, low, high)
    first = np.searchsorted(pieces, np.arange(len(bound) + 1)).astype(np.int64)
    subclasses = np.arange(SUBCLASSES + 1, dtype=np.int64) << SUBCLASS_BITS
    words = _keywords(rows) if keywords else {}
    asks = np.zeros(len(number_of), np.uint8)
    asks[[one for owners in words.values() for one in owners]] = 1
    line = Line(
        bound=bound,
        piece=(np.searchsorted(bound, subclasses, side="right") - 1).astype(np.int32),
        first=first,
        row=row.astype(np.int32),
        entry=entry,
        asks=asks,
        first_row=np.searchsorted(entry, np.arange(len(number_of))).astype(np.int32),
    )
    return Compiled(
        line=line,
        rows=rows.select("entry_id", *concordance.levels, "pattern"),
        entry_ids=tuple(number_of),
        keywords=words,
        low=low,
        high=high,
        above=SUBCLASS_BITS if level == "subclass" else 0,
    )


def rows_of_symbols(compiled: Compiled, symbols: Integers) -> list[list[int]]:
    """List the rows of ``compiled.rows`` that cover each symbol, keywords aside.

    Parameters
    ----------
    compiled : Compiled
        See `compile_concordance`, where there is an example.
    symbols : ndarray of int64, shape (symbols,)
        See `patentmetrics.classes.symbols.read_symbol_lists`; −1 has none.
    """
    line = compiled.line
    piece = np.empty(len(symbols), np.int32)
    locate(line, np.where(symbols < 0, -1, (symbols >> compiled.above) << compiled.above), piece)
    return [line.row[line.first[one] : line.first[one + 1]].tolist() if one >= 0 else [] for one in piece]


def is_divided(compiled: Compiled, symbols: Integers) -> NDArray[np.bool_]:
    """Say for symbols without a subgroup whether patterns divide what lies below them, shape (symbols,).

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> from patentmetrics.classes.symbols import read_symbol_lists
    >>> wipo = compile_concordance(load_concordance("wipo35"))
    >>> is_divided(wipo, read_symbol_lists(pl.Series(["H04N; H04L"])).code).tolist()
    [True, False]
    """
    no_group = (symbols & ((1 << SUBCLASS_BITS) - 1)) == 0
    no_subgroup = (symbols & ((1 << GROUP_BITS) - 1)) == 0
    span = np.where(no_group, 1 << SUBCLASS_BITS, np.where(no_subgroup, 1 << GROUP_BITS, 1))
    line = compiled.line
    after = np.searchsorted(line.bound, symbols, side="right")
    until = np.searchsorted(line.bound, symbols + span, side="left")
    # a bound inside: something begins or ends below the symbol
    return np.asarray(after < until)


def _intervals(patterns: list[str]) -> tuple[Integers, Integers]:
    known = {one: interval(one) for one in dict.fromkeys(patterns)}
    ends = np.array([known[one] for one in patterns], np.int64).reshape(-1, 2)
    return ends[:, 0].copy(), ends[:, 1].copy()


def _exclusions(rows: pl.DataFrame, level: Level) -> dict[int, list[tuple[int, int]]]:
    """Give the intervals that each entry leaves out."""
    if "excluded" not in rows.columns:
        return {}
    one_each = rows.unique("entry", keep="first", maintain_order=True)
    return {
        entry: [interval(one) for one in excluded if level == "full" or one == subclass_pattern(one)]
        for entry, excluded in one_each.select("entry", "excluded").rows()
        if excluded
    }


def _covering(
    bound: Integers,
    low: Integers,
    high: Integers,
    entry: NDArray[np.int32],
    refused: dict[int, list[tuple[int, int]]],
) -> tuple[Integers, Integers]:
    """List which rows cover which pieces: piece and row, sorted."""
    start, stop = np.searchsorted(bound, low), np.searchsorted(bound, high + 1)
    size = stop - start
    row = np.repeat(np.arange(len(low)), size)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)
    keep = np.ones(len(row), np.bool_)
    for owner, intervals in refused.items():
        own = entry[row] == owner
        for one, other in intervals:
            begin, end = np.searchsorted(bound, [one, other + 1])
            keep &= ~(own & (piece >= begin) & (piece < end))
    row, piece = row[keep], piece[keep]
    order = np.lexsort((row, piece))
    return piece[order], row[order]


def _narrowest(piece: Integers, row: Integers, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """Drop a row from a piece where another one that covers it lies inside the row's pattern."""
    keep = np.ones(len(row), np.bool_)
    cuts = [0, *(np.flatnonzero(piece[1:] != piece[:-1]) + 1).tolist(), len(piece)]
    for begin, end in pairwise(cuts):
        rows = row[begin:end]
        lows, highs = low[rows], high[rows]
        holds = (lows[:, None] <= lows) & (highs[:, None] >= highs)
        same = (lows[:, None] == lows) & (highs[:, None] == highs)
        keep[begin:end] = ~(holds & ~same).any(axis=1)
    return piece[keep], row[keep]


def _keywords(rows: pl.DataFrame) -> dict[str, list[int]]:
    """Give the keywords with the entries that have them."""
    owners: dict[str, list[int]] = {}
    if "keywords" in rows.columns:
        one_each = rows.unique("entry", keep="first", maintain_order=True)
        for entry, words in one_each.select("entry", "keywords").rows():
            for word in words or []:
                owners.setdefault(word, []).append(entry)
    return owners
