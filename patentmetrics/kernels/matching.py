"""Symbols against the patterns of a concordance: each pattern an interval of the line of symbols.

The bounds of all patterns cut the line into pieces; within a piece the same patterns cover every symbol, so
what covers a symbol is found by one short search among the bounds of its subclass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.ipc import SUBCLASS_BITS

# d documents, s symbols, p pieces of the line, r rows (patterns of entries), e entries, m matches

SUBCLASSES = 1 << 17  # numbers of subclasses, sections and classes in them

# what became of a symbol
INVALID = 0
REPEATED = 1
NO_PATTERN = 2
NO_KEYWORD = 3
MATCHED = 4


class Line(NamedTuple):
    """The line of symbols, cut; see `patentmetrics.classes.compiled`."""

    bound: NDArray[np.int64]  # (p) where each piece begins; the first is 0
    piece: NDArray[np.int32]  # (SUBCLASSES + 1) the piece in which the first symbol of a subclass lies
    first: NDArray[np.int64]  # (p + 1)
    row: NDArray[np.int32]  # the rows that cover piece i: row[first[i] : first[i + 1]], rising
    entry: NDArray[np.int32]  # (r) entry of a row; rows of an entry stand together
    asks: NDArray[np.uint8]  # (e) 1: the entry matches only where one of its keywords stands
    first_row: NDArray[np.int32]  # (e)


class Sought(NamedTuple):
    """What documents have: their symbols, and the entries whose keywords stand in them."""

    first: NDArray[np.int64]  # (d + 1)
    symbol: NDArray[np.int64]  # (s) −1 for none
    first_entry: NDArray[np.int64]  # (d + 1)
    entry: NDArray[np.int64]  # entries of document d: entry[first_entry[d] : first_entry[d + 1]], rising


@kernel
def piece_of(line: Line, symbol: int) -> int:
    """Give the piece of the line that a symbol lies in."""
    subclass = symbol >> SUBCLASS_BITS
    low, high = line.piece[subclass], line.piece[subclass + 1]
    while low < high:
        middle = (low + high + 1) >> 1
        if line.bound[middle] <= symbol:
            low = middle
        else:
            high = middle - 1
    return int(low)


@kernel
def locate(line: Line, symbol: NDArray[np.int64], piece: NDArray[np.int32]) -> None:
    """Find the piece of each symbol, −1 for what is none; shape (s)."""
    for i in range(len(symbol)):
        piece[i] = piece_of(line, symbol[i]) if symbol[i] >= 0 else -1


class Matched(NamedTuple):
    """Room for matches, one row each."""

    symbol: NDArray[np.int32]  # (m) the symbol's place, or −1 for an entry found by its keywords alone
    row: NDArray[np.int32]  # (m)
    weight: NDArray[np.float64]  # (m) share of a document of weight 1, or (0) when nobody asks


class Marks(NamedTuple):
    """The last document in which an entry was seen."""

    worded: NDArray[np.int64]  # (e) one of its keywords stands there
    covered: NDArray[np.int64]  # (e) one of its symbols does, and what else it asks for


@kernel
def match_documents(
    line: Line,
    sought: Sought,
    above: int,  # the lowest bits of a symbol that are ignored: SUBCLASS_BITS to match subclasses, or 0
    by_symbol: bool,
    by_keyword: bool,
    matched: Matched,  # out
    end: NDArray[np.int64],  # (d) out: where the matches of a document end
    outcome: NDArray[np.uint8],  # (s) out
) -> int:
    """Match documents; gives how many matches there are, and writes as many as there is room for.

    A symbol that a document has twice counts once. The weight of a document is divided equally among its
    distinct symbols, matched or not, that of a symbol among its entries, that of an entry among its rows.
    """
    found = 0
    entries = len(line.asks)
    marks = Marks(np.full(entries, -1, np.int64), np.full(entries, -1, np.int64))
    for d in range(len(end)):
        begin, stop = sought.first[d], sought.first[d + 1]
        begin_entry, stop_entry = sought.first_entry[d], sought.first_entry[d + 1]
        for k in range(begin_entry, stop_entry):
            marks.worded[sought.entry[k]] = d
        share = 1.0 / max(mark_repeated(sought.symbol, begin, stop, outcome), 1)
        for i in range(begin, stop):
            if by_symbol and outcome[i] == NO_PATTERN:
                piece = piece_of(line, (sought.symbol[i] >> above) << above)
                before = found
                found, outcome[i] = match_piece(line, piece, i, d, marks, matched, found)
                if len(matched.weight):
                    share_weight(line, matched, before, found, share)
        if by_keyword:
            found = match_words(line, sought.entry[begin_entry:stop_entry], d, marks, matched, found)
        end[d] = found
    return found


@kernel
def mark_repeated(symbol: NDArray[np.int64], begin: int, stop: int, outcome: NDArray[np.uint8]) -> int:
    """Mark the symbols of a document that are none, and those that stood before; gives how many are left."""
    distinct = 0
    for i in range(begin, stop):
        outcome[i] = NO_PATTERN if symbol[i] >= 0 else INVALID
        for j in range(begin, i):
            if symbol[i] >= 0 and symbol[j] == symbol[i]:
                outcome[i] = REPEATED
        distinct += outcome[i] == NO_PATTERN
    return distinct


@kernel
def match_piece(
    line: Line, piece: int, i: int, d: int, marks: Marks, matched: Matched, found: int
) -> tuple[int, int]:
    """Note the rows that cover a piece for symbol ``i`` of document ``d``: matches so far, outcome."""
    outcome = NO_PATTERN
    for k in range(line.first[piece], line.first[piece + 1]):
        row = line.row[k]
        entry = line.entry[row]
        if line.asks[entry] and marks.worded[entry] != d:
            outcome = max(outcome, NO_KEYWORD)
            continue
        outcome = MATCHED
        marks.covered[entry] = d
        if found < len(matched.row):
            matched.symbol[found], matched.row[found] = i, row
        found += 1
    return found, outcome


@kernel
def share_weight(line: Line, matched: Matched, begin: int, found: int, share: float) -> None:
    """Divide the weight of a symbol among its entries, and that of an entry among its rows."""
    stop = min(found, len(matched.row))  # without room the matches are made again
    entries = 0
    for k in range(begin, stop):
        entries += k == begin or line.entry[matched.row[k]] != line.entry[matched.row[k - 1]]
    k = begin
    while k < stop:
        until = k + 1
        while until < stop and line.entry[matched.row[until]] == line.entry[matched.row[k]]:
            until += 1
        matched.weight[k:until] = share / entries / (until - k)
        k = until


@kernel
def match_words(
    line: Line, entry: NDArray[np.int64], d: int, marks: Marks, matched: Matched, found: int
) -> int:
    """Note the entries whose keywords stand in document ``d`` and that no symbol matched."""
    for one in entry:
        if marks.covered[one] != d:
            if found < len(matched.row):
                matched.symbol[found], matched.row[found] = -1, line.first_row[one]
            found += 1
    return found


@kernel
def entries_of_terms(
    first: NDArray[np.int64],  # (d + 1) terms of each document, see kernels.automaton
    term: NDArray[np.int64],
    first_entry: NDArray[np.int64],  # (terms + 1)
    entry: NDArray[np.int64],  # the entries that have a term among their keywords
    entries: int,
    begin: NDArray[np.int64],  # (d + 1) out
    found: NDArray[np.int64],  # out, where it is long enough
) -> int:
    """List the entries that have a keyword in each document, rising; gives how many in all."""
    seen = np.full(entries, -1, np.int64)
    listed = np.empty(entries, np.int64)
    total = 0
    begin[0] = 0
    for d in range(len(first) - 1):
        n = 0
        for h in range(first[d], first[d + 1]):
            for k in range(first_entry[term[h]], first_entry[term[h] + 1]):
                if seen[entry[k]] != d:
                    seen[entry[k]] = d
                    listed[n] = entry[k]
                    n += 1
        listed[:n].sort()
        for i in range(n):
            if total < len(found):
                found[total] = listed[i]
            total += 1
        begin[d + 1] = total
    return total
