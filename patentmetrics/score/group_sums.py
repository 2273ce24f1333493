"""The sums of a piece over patents that share a group: over cells, and over pairs where values are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block
from patentmetrics.counted.format import read_batches
from patentmetrics.kernels.groups import (
    Totals,
    Vectors,
    batch_rows,
    inverse_lengths,
    sum_over_cells,
    sum_over_pairs,
)
from patentmetrics.score.group_members import (
    GroupValues,
    Lists,
    cells_of,
    group_values,
    is_long_list,
    ranges,
    shared_lists,
)
from patentmetrics.score.pieces import Piece, Prepared, save_sums
from patentmetrics.score.plan import unit_of


def write_rows(prepared: Prepared, block: Block) -> None:
    """Keep a block as rows: every piece that it is in reads them, and turns no batch around again."""
    name = _rows_name(block)
    if prepared.store.has(name):
        return
    indptr, terms, counts = [np.zeros(1, np.int64)], [], []
    first = 0
    for batch in read_batches(prepared.counts, block):
        begin = np.zeros(batch.documents + 1, np.int64)
        term, count = np.empty(len(batch.document), np.uint32), np.empty_like(batch.count)
        batch_rows(batch.term, batch.offset, batch.document, batch.count, begin, term, count)
        indptr.append(begin[1:] + first)
        terms.append(term)
        counts.append(count)
        first += len(term)
    rows = np.concatenate(indptr), np.concatenate(terms), np.concatenate(counts)
    prepared.store.save(name, dict(zip(("indptr", "term", "count"), rows, strict=True)))


def write_group_sums(prepared: Prepared, group: str, values: GroupValues, piece: Piece) -> None:
    """Sum the similarities of the patents of a piece that share a group, and count them."""
    if prepared.store.has(piece.name):
        return
    sizes = [sum(block.documents for block in side) for side in (piece.base, piece.later)]
    lists = shared_lists(
        group_values(prepared.counts, piece.base, group, values),
        group_values(prepared.counts, piece.later, group, values),
        (sizes[0], sizes[1]),
    )
    totals = [
        Totals(np.zeros((size, width)), np.zeros((size, width), np.int64))
        for size, width in zip(sizes, (len(piece.years), 1), strict=True)
    ]
    # those in no common group have nothing to add
    chosen = [np.flatnonzero(side.sizes) for side in lists]
    if len(chosen[0]):
        found = _sums_of(prepared, piece, lists, (chosen[0], chosen[1]))
        for total, some, rows in zip(totals, found, chosen, strict=True):
            total.sums[rows], total.compared[rows] = some
    base, later = totals
    save_sums(
        prepared,
        piece,
        sums=(later.sums[:, 0], base.sums),
        compared=(later.compared[:, 0], base.compared),
    )


def _sums_of(
    prepared: Prepared,
    piece: Piece,
    lists: tuple[Lists, Lists],
    chosen: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[Totals, Totals]:
    """Sum over the documents of each side that share a group with one of the other."""
    lag_of = {year: column for column, year in enumerate(piece.years)}
    lags = np.repeat([lag_of[b.year] for b in piece.later], [b.documents for b in piece.later])
    own = _vectors(prepared, piece, piece.base, chosen[0], np.zeros(len(chosen[0]), np.int64))
    later = _vectors(prepared, piece, piece.later, chosen[1], lags[chosen[1]])
    of_own = _zeros(len(chosen[0]), len(piece.years))
    of_later = _zeros(len(chosen[1]), 1)
    of_chosen = lists[0].of(chosen[0]), lists[1].of(chosen[1])
    long = is_long_list(of_chosen[0], of_chosen[1]), is_long_list(of_chosen[1], of_chosen[0])
    short = _only(of_chosen[0], ~long[0]), _only(of_chosen[1], ~long[1])
    sum_over_cells(cells_of(*short), own, later, of_own, of_later)
    # the long ones of the base meet all others; those of the later side the rest
    given = np.flatnonzero(long[0])
    _sum_long(given, of_chosen[0], of_chosen[1], (own, later), (of_own, of_later))
    given = np.flatnonzero(long[1])
    _sum_long(given, of_chosen[1], short[0], (later, own), (of_later, of_own))
    return of_own, of_later


def _sum_long(
    given: NDArray[np.int64],
    lists: Lists,
    others: Lists,
    vectors: tuple[Vectors, Vectors],
    totals: tuple[Totals, Totals],
) -> None:
    """Add the pairs of given documents with those of the other side."""
    if not len(given):
        return
    mine = lists.of(given)
    order = np.argsort(others.value, kind="stable")
    groups = max(int(lists.value.max(initial=0)), int(others.value.max(initial=0))) + 1
    first_other = np.searchsorted(others.value[order], np.arange(groups + 1))
    sum_over_pairs(given, mine.first, mine.value, first_other, others.owner[order], *vectors, *totals)


def _only(lists: Lists, kept: NDArray[np.bool_]) -> Lists:
    """Empty the lists of the other documents."""
    sizes = np.where(kept, lists.sizes, 0)
    return Lists(
        first=np.concatenate([[0], np.cumsum(sizes)]), value=lists.value[ranges(lists.first[:-1], sizes)]
    )


def _vectors(
    prepared: Prepared,
    piece: Piece,
    blocks: Sequence[Block],
    chosen: NDArray[np.int64],
    lag: NDArray[np.int64],
) -> Vectors:
    """Give some documents of some blocks, ascending, with the weights of the pairs of a piece."""
    indptr, terms, counts, first, begin = [np.zeros(1, np.int64)], [], [], 0, 0
    for block in blocks:
        found = prepared.store.load(_rows_name(block))
        inside = chosen[slice(*np.searchsorted(chosen, [first, first + block.documents]))] - first
        term, count, sizes = found["term"], found["count"], np.diff(found["indptr"])
        if len(inside) < block.documents:
            at = ranges(found["indptr"][inside], sizes[inside])
            term, count, sizes = term[at], count[at], sizes[inside]
        indptr.append(np.cumsum(sizes) + begin)
        terms.append(term)
        counts.append(count)
        first, begin = first + block.documents, begin + len(term)
    # one weighting for all, or one for each unit
    units = [piece.unit if prepared.plan.pair_weights == "earlier" else unit_of(block) for block in blocks]
    every = sorted(set(units))
    of_block = [every.index(unit) for unit in units]
    rows = np.concatenate(indptr), np.concatenate(terms), np.concatenate(counts)
    weighting = np.repeat(of_block, [block.documents for block in blocks])[chosen]
    weights = np.stack([prepared.weights(unit) for unit in every])
    inverse = np.empty(len(chosen))
    inverse_lengths(*rows, weights, weighting, inverse)
    return Vectors(*rows, inverse, weights, weighting, lag)


def _rows_name(block: Block) -> str:
    return f"rows-{block.sha256[:24]}"


def _zeros(documents: int, columns: int) -> Totals:
    return Totals(np.zeros((documents, columns)), np.zeros((documents, columns), np.int64))
