"""Documents made ready to be compared pair by pair, with the weights of the base of a piece.

Terms go by their rank in the base: 0 is the one that most of its patents have. Terms that weigh nothing, or
that no patent of the base has, have no rank: they are in no product, and count for lengths only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.pairs import (
    Lists,
    Rows,
    Sums,
    add_lengths,
    add_pairs,
    find_leaders,
    list_rows,
    sort_rows,
    weigh_rows,
)

# base documents whose sums one pass of the kernel keeps: 16 KiB of them, half of a small L1 cache
LIST_DOCUMENTS = 2048
# documents whose head is added side by side
CHUNK = 64
# the head holds at most this many terms, and this share of the threshold in the mean squared length
HEAD_TERMS = 256
HEAD_SHARE = 0.2
# a term that this share of the documents has is cheaper in the head, whatever its weight
FREQUENT = 0.125
# base documents that the others are put in order by; as many are worth it for each
LEADERS, LED = 128, 16
# integers below it are exact in float32
EXACT = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Base:
    """The base of some pairs: its weights, and the ranks of the terms that its patents have.

    Shapes: ``weights`` (v,); ``rank_of`` (v,), −1 for terms without a rank; ``terms`` (r,) by rank;
    ``containing`` (r,) patents of the base that contain the term.
    """

    weights: NDArray[np.float64]
    rank_of: NDArray[np.int64]
    terms: NDArray[np.int64]
    containing: NDArray[np.int64]

    @property
    def ranked(self) -> NDArray[np.float64]:
        """The weights by rank."""
        return self.weights[self.terms]


@dataclass(frozen=True, kw_only=True)
class Documents:
    """Documents as rows of counts, sorted by rank.

    Shapes: ``indptr`` (d + 1,); ``rank``, ``count`` (n,); ``length`` (d,) of the weighted counts, over
    all terms.
    """

    indptr: NDArray[np.int64]
    rank: NDArray[np.uint32]
    count: NDArray[np.floating]
    length: NDArray[np.float64]

    @property
    def inverse_length(self) -> NDArray[np.float64]:
        """One over each length; zero where the length is zero."""
        return np.divide(1.0, self.length, out=np.zeros_like(self.length), where=self.length > 0)


@dataclass(frozen=True, kw_only=True)
class BaseLists:
    """Documents of a base as inverted lists, with a dense ``head``; ``order`` (d,) is theirs in the parts."""

    base: Base
    order: NDArray[np.int64]
    head: int
    threshold: float
    parts: tuple[Lists, ...]


@dataclass(frozen=True, kw_only=True)
class BlockSums:
    """Sums of similarities, and of their squares, over rows and columns; ``kept`` pairs above zero.

    Shapes: ``rows``, ``rows_squared`` (later documents,); ``columns``, ``columns_squared`` (base
    documents,). The squares are empty unless they were asked for.
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    rows_squared: NDArray[np.float64]
    columns_squared: NDArray[np.float64]
    kept: int


def base_of(weights: NDArray[np.float64], containing: NDArray[np.int64]) -> Base:
    """Rank the terms of a base by how many of its patents contain them; both arguments have shape (v,).

    Examples
    --------
    >>> base = base_of(np.array([1.0, 0.0, 1.0, 0.5]), np.array([1, 3, 0, 2]))
    >>> base.rank_of.tolist(), base.terms.tolist()
    ([1, -1, -1, 0], [3, 0])
    """
    occurring = np.flatnonzero((weights > 0) & (containing > 0))
    # stable: among terms that as many patents have, the order of the vocabulary
    ordered = occurring[np.argsort(-containing[occurring], kind="stable")]
    rank_of = np.full(len(containing), -1, np.int64)
    rank_of[ordered] = np.arange(len(ordered))
    return Base(weights=weights, rank_of=rank_of, terms=ordered, containing=containing[ordered])


def base_of_blocks(counts: TermCounts, blocks: Sequence[Block], weights: NDArray[np.float64]) -> Base:
    """Rank the terms of the patents of some blocks."""
    containing = np.zeros(len(weights), np.int64)
    for block in blocks:
        for batch in read_batches(counts, block):
            containing[batch.term] += np.diff(batch.offset)
    return base_of(weights, containing)


def rank_batch(base: Base, batch: Batch, weights: NDArray[np.float64] | None = None) -> Documents:
    """Turn a batch into rows sorted by rank; lengths are in ``weights``, or the base's."""
    squared = np.zeros(batch.documents)
    own = base.weights if weights is None else weights
    add_lengths(batch.term, batch.offset, batch.document, batch.count, own, squared)
    rank = base.rank_of[batch.term]
    found = np.flatnonzero(rank >= 0)
    order = found[np.argsort(rank[found])]
    data = np.empty(int(np.diff(batch.offset)[found].sum()), _exact_type(batch.count))
    indptr, ranks = sort_rows(
        order, batch.term, batch.offset, batch.document, batch.count, base.rank_of, data, batch.documents
    )
    return Documents(indptr=indptr, rank=ranks, count=data, length=np.sqrt(squared))


def rank_blocks(counts: TermCounts, blocks: Sequence[Block], base: Base) -> Documents:
    """Turn some blocks of a counted corpus into rows sorted by rank."""
    return joined([rank_batch(base, batch) for block in blocks for batch in read_batches(counts, block)])


def joined(parts: Sequence[Documents]) -> Documents:
    """Put documents one after the other."""
    starts = np.cumsum([0, *(part.indptr[-1] for part in parts)])
    return Documents(
        indptr=np.concatenate(
            [[0], *(part.indptr[1:] + start for part, start in zip(parts, starts, strict=False))]
        ).astype(np.int64),
        rank=np.concatenate([part.rank for part in parts]),
        count=np.concatenate([part.count for part in parts]),
        length=np.concatenate([part.length for part in parts]),
    )


def take(documents: Documents, chosen: NDArray[np.int64]) -> Documents:
    """Give some of the documents, in the order of ``chosen``."""
    sizes = np.diff(documents.indptr)[chosen]
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    at = np.repeat(documents.indptr[chosen] - indptr[:-1], sizes) + np.arange(indptr[-1])
    return Documents(
        indptr=indptr, rank=documents.rank[at], count=documents.count[at], length=documents.length[chosen]
    )


def as_lists(base: Base, documents: Documents, *, threshold: float) -> BaseLists:
    """Invert the documents of a base, a few thousand at a time, those with one leader together."""
    head = _head_terms(base, documents, threshold)
    order = np.arange(len(documents.length))
    # at a threshold of zero no pair is done before its end, so any order is as good
    if threshold > 0 and len(order) >= 2 * LED:
        order = np.argsort(_leaders(base, documents, head), kind="stable")
        documents = take(documents, order)
    return BaseLists(
        base=base,
        order=order,
        head=head,
        threshold=threshold,
        parts=_parts(base, documents, head, threshold),
    )


def as_rows(
    base: Base, documents: Documents, weights: NDArray[np.float64] | None = None, *, head: int
) -> Rows:
    """Weigh documents and scale them, so that their product with counts of the base side is a cosine."""
    value, head_length = np.empty(len(documents.rank)), np.empty(len(documents.length))
    weigh_rows(
        documents.indptr,
        documents.rank,
        documents.count,
        base.ranked if weights is None else weights[base.terms],
        base.ranked,
        documents.inverse_length,
        value,
        head_length,
        head,
    )
    return Rows(indptr=documents.indptr, rank=documents.rank, value=value, head_length=head_length)


def sum_pairs(lists: BaseLists, rows: Rows, *, squares: bool = False, threads: int = 1) -> BlockSums:
    """Add up the similarities of later documents with those of a base that reach the threshold."""
    number = len(rows.head_length)
    total = BlockSums(
        rows=np.zeros(number),
        columns=np.zeros(len(lists.order)),
        rows_squared=np.zeros(number if squares else 0),
        columns_squared=np.zeros(len(lists.order) if squares else 0),
        kept=0,
    )
    kept, begin = 0, 0
    work = partial(_sum_part, rows, lists.threshold, squares)
    for sums, kept_here in (
        map(work, lists.parts) if threads == 1 else map_blocks(work, lists.parts, threads=threads)
    ):
        # parts come in their order, so every sum has one
        np.add(total.rows, sums.rows, out=total.rows)
        np.add(total.rows_squared, sums.rows_squared, out=total.rows_squared)
        here = lists.order[begin : begin + LIST_DOCUMENTS]
        # the last part is filled up
        total.columns[here] = sums.columns[: len(here)]
        if squares:
            total.columns_squared[here] = sums.columns_squared[: len(here)]
        kept, begin = kept + kept_here, begin + LIST_DOCUMENTS
    return replace(total, kept=kept)


def _sum_part(rows: Rows, threshold: float, squares: bool, part: Lists) -> tuple[Sums, int]:
    later, base = len(rows.head_length), len(part.least)
    sums = Sums(
        np.zeros(later),
        np.zeros(base),
        np.zeros(later if squares else 0),
        np.zeros(base if squares else 0),
    )
    return sums, add_pairs(rows, part, sums, threshold)


def _leaders(base: Base, documents: Documents, head: int) -> NDArray[np.int64]:
    """Choose some documents evenly, and say for each document which of them it resembles most; −1: none."""
    number = len(documents.length)
    leaders = min(LEADERS, number // LED)
    rows = as_rows(base, take(documents, np.arange(leaders) * number // leaders), head=head)
    best, leader = np.zeros(number), np.full(number, -1, np.int64)
    parts = _parts(base, documents, head, 0.0)
    for begin, part in zip(range(0, number, LIST_DOCUMENTS), parts, strict=True):
        here = slice(begin, begin + LIST_DOCUMENTS)
        find_leaders(rows, part, best[here], leader[here])
    return leader


def _parts(base: Base, documents: Documents, head: int, threshold: float) -> tuple[Lists, ...]:
    """Invert documents, a few thousand at a time, in their order."""
    unscaled = np.empty(len(documents.length))
    weigh_rows(
        documents.indptr,
        documents.rank,
        documents.count,
        base.ranked,
        base.ranked,
        np.ones(len(documents.length)),
        np.empty(len(documents.rank)),
        unscaled,
        head,
    )
    # a hair less than the threshold: the bound is rounded too, and a pair must not be lost to that
    least = np.where(documents.length > 0, threshold * documents.length * (1 - 1e-9), np.inf)
    inverse = documents.inverse_length
    parts = []
    for begin in range(0, len(documents.length), LIST_DOCUMENTS):
        end = min(begin + LIST_DOCUMENTS, len(documents.length))
        chunks = -(-(end - begin) // CHUNK)
        indptr = documents.indptr[begin : end + 1]
        tail = int((documents.rank[indptr[0] : indptr[-1]] >= head).sum())
        offset = np.zeros(len(base.terms) + 1, np.uint32)
        document, listed = np.empty(tail, np.uint16), np.empty(tail, documents.count.dtype)
        dense = np.zeros((chunks, head, CHUNK), documents.count.dtype)
        list_rows(indptr, documents.rank, documents.count, offset, document, listed, dense)
        parts.append(
            Lists(
                offset=offset,
                document=document,
                counts=listed,
                head=dense,
                head_length=_filled_up(unscaled[begin:end], 0.0),
                inverse_length=_filled_up(inverse[begin:end], 0.0),
                least=_filled_up(least[begin:end], np.inf),
            )
        )
    return tuple(parts)


def _head_terms(base: Base, documents: Documents, threshold: float) -> int:
    """Say how many terms the head has: frequent ones, and those that add too little to matter alone."""
    number = len(documents.length)
    frequent = int((base.containing >= max(FREQUENT * number, 1)).sum())
    light, ranked = 0, base.ranked
    if threshold > 0 and number:
        inside = documents.rank < HEAD_TERMS
        row = np.repeat(np.arange(number), np.diff(documents.indptr))[inside]
        rank = documents.rank[inside]
        share = (documents.count[inside] * ranked[rank] * documents.inverse_length[row]) ** 2
        mean = np.bincount(rank, weights=share, minlength=1) / number
        light = int((np.cumsum(mean) <= HEAD_SHARE * threshold).sum())
    return min(max(frequent, light), HEAD_TERMS, len(base.terms))


def _exact_type(count: NDArray[np.generic]) -> type[np.float32 | np.float64]:
    small = count.dtype.itemsize < 4 or len(count) == 0 or int(count.max()) < EXACT
    return np.float32 if small else np.float64


def _filled_up(values: NDArray[np.float64], filling: float) -> NDArray[np.float64]:
    filled = np.full(-(-len(values) // CHUNK) * CHUNK, filling)
    filled[: len(values)] = values
    return filled
