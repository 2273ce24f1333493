"""Documents made ready to be compared pair by pair, with the weights of one base year.

Terms go by their rank in the base year: 0 is the one that most of its patents have. Terms that weigh
nothing, or that no patent of the base year has, have no rank: they are in no product, and count for
lengths only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.pairs import (
    Lists,
    Rows,
    Sums,
    add_lengths,
    add_pairs,
    list_rows,
    sort_rows,
    weigh_rows,
)
from patentmetrics.score.weights import YearCounts, known

# base documents whose sums one pass of the kernel keeps: 16 KiB of them, half of a small L1 cache
LIST_DOCUMENTS = 2048
# documents whose head is added side by side
CHUNK = 64
# the head holds at most this many terms, and this share of the threshold in the mean squared length
HEAD_TERMS = 256
HEAD_SHARE = 0.2
# a term that this share of the documents has is cheaper in the head, whatever its weight
FREQUENT = 0.125
# integers below it are exact in float32
EXACT = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base year: its weights, and the ranks of the terms that its patents have.

    Shapes: ``weights`` (v,); ``rank_of`` (v,), −1 for terms without a rank; ``ranked`` (r,) the weights
    by rank; ``containing`` (r,) patents of the year that contain the term.
    """

    year: int
    weights: NDArray[np.float64]
    rank_of: NDArray[np.int64]
    ranked: NDArray[np.float64]
    containing: NDArray[np.int64]


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
    """Documents of a base year as inverted lists, ``documents`` of them in all; ``head`` terms are dense."""

    base: Base
    documents: int
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


def check_pairs(counts: TermCounts, *, backward: int, forward: int, threshold: float) -> None:
    """Raise `SettingError` unless pairs of the corpus can be compared with these settings."""
    if min(backward, forward) < 0 or max(backward, forward) < 1:
        raise SettingError(
            "a window must have one year or more", where="backward, forward", got=[backward, forward]
        )
    if not 0 <= threshold <= 1:
        raise SettingError("the threshold must lie between 0 and 1", where="threshold", got=threshold)
    if any(block.base not in (None, block.year) for block in counts.blocks):
        raise SettingError(
            "pairs are compared with weights frozen by calendar year only", where=str(counts.folder)
        )


def base_of(year_counts: YearCounts, weights: NDArray[np.float64], year: int) -> Base:
    """Rank the terms of a base year; ``weights`` (years, terms) are those of `bidf`.

    Examples
    --------
    >>> counts = YearCounts(
    ...     years=np.array([2000]), patents=np.array([3]), comparators=np.array([3]),
    ...     containing=np.array([[1, 3, 0, 2]]),
    ... )
    >>> base_of(counts, np.array([[1.0, 0.0, 1.0, 0.5]]), 2000).rank_of.tolist()
    [1, -1, -1, 0]
    """
    row = year_counts.at(year)
    containing = year_counts.containing[row]
    occurring = np.flatnonzero((weights[row] > 0) & (containing > 0))
    # stable: among terms that as many patents have, the order of the vocabulary
    ordered = occurring[np.argsort(-containing[occurring], kind="stable")]
    rank_of = np.full(len(containing), -1, np.int64)
    rank_of[ordered] = np.arange(len(ordered))
    return Base(
        year=year,
        weights=np.ascontiguousarray(weights[row]),
        rank_of=rank_of,
        ranked=weights[row][ordered],
        containing=containing[ordered],
    )


def rank_batch(base: Base, batch: Batch) -> Documents:
    """Turn a batch of a counted corpus into rows sorted by rank."""
    squared = np.zeros(batch.documents)
    add_lengths(batch.term, batch.offset, batch.document, batch.count, base.weights, squared)
    rank = base.rank_of[batch.term]
    found = np.flatnonzero(rank >= 0)
    order = found[np.argsort(rank[found])]
    data = np.empty(int(np.diff(batch.offset)[found].sum()), _exact_type(batch.count))
    indptr, ranks = sort_rows(
        order, batch.term, batch.offset, batch.document, batch.count, base.rank_of, data, batch.documents
    )
    return Documents(indptr=indptr, rank=ranks, count=data, length=np.sqrt(squared))


def rank_blocks(counts: TermCounts, blocks: list[Block], base: Base) -> Documents:
    """Turn some blocks of a counted corpus into rows sorted by rank."""
    parts = [rank_batch(base, batch) for block in blocks for batch in read_batches(counts, block)]
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
    """Invert the documents of a base year, a few thousand at a time."""
    head = _head_terms(base, documents, threshold)
    unscaled = np.empty(len(documents.length))
    weigh_rows(
        documents.indptr,
        documents.rank,
        documents.count,
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
        offset = np.zeros(len(base.ranked) + 1, np.uint32)
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
    return BaseLists(
        base=base, documents=len(documents.length), head=head, threshold=threshold, parts=tuple(parts)
    )


def as_rows(base: Base, documents: Documents, *, head: int) -> Rows:
    """Weigh documents and scale them, so that their product with counts of the base side is a cosine."""
    value, head_length = np.empty(len(documents.rank)), np.empty(len(documents.length))
    weigh_rows(
        documents.indptr,
        documents.rank,
        documents.count,
        base.ranked,
        documents.inverse_length,
        value,
        head_length,
        head,
    )
    return Rows(indptr=documents.indptr, rank=documents.rank, value=value, head_length=head_length)


def sum_pairs(lists: BaseLists, rows: Rows, *, squares: bool = False) -> BlockSums:
    """Add up the similarities of later documents with those of a base year that reach the threshold."""
    later = len(rows.head_length)
    by_row, by_row_squared = np.zeros(later), np.zeros(later if squares else 0)
    by_column, by_column_squared, kept = [np.zeros(0)], [np.zeros(0)], 0
    for part in lists.parts:
        column = np.zeros(len(part.least))
        column_squared = np.zeros(len(part.least) if squares else 0)
        kept += add_pairs(rows, part, Sums(by_row, column, by_row_squared, column_squared), lists.threshold)
        by_column.append(column)
        by_column_squared.append(column_squared)
    return BlockSums(
        rows=by_row,
        # only the last part is filled up
        columns=np.concatenate(by_column)[: lists.documents],
        rows_squared=by_row_squared,
        columns_squared=np.concatenate(by_column_squared)[: lists.documents],
        kept=kept,
    )


def split_lists(lists: BaseLists) -> list[tuple[slice, BaseLists]]:
    """Give the parts one by one, as work for several threads, and which documents each holds."""
    split, begin = [], 0
    for part in lists.parts:
        end = min(begin + LIST_DOCUMENTS, lists.documents)
        split.append((slice(begin, end), replace(lists, documents=end - begin, parts=(part,))))
        begin = end
    return split


def parts_of(documents: int) -> int:
    """Say how many parts so many documents are listed in."""
    return -(-documents // LIST_DOCUMENTS)


def merged(parts: list[BlockSums]) -> BlockSums:
    """Put together the sums of the batches of a block, in their order."""
    columns, columns_squared = np.zeros_like(parts[0].columns), np.zeros_like(parts[0].columns_squared)
    for part in parts:
        columns += part.columns
        columns_squared += part.columns_squared
    return BlockSums(
        rows=np.concatenate([part.rows for part in parts]),
        columns=columns,
        rows_squared=np.concatenate([part.rows_squared for part in parts]),
        columns_squared=columns_squared,
        kept=sum(part.kept for part in parts),
    )


def comparisons(counts: TermCounts, year_counts: YearCounts, reach: int) -> list[tuple[int, list[Block]]]:
    """Give each base year that has known weights, with the blocks of the years after it."""
    of_year, is_known = blocks_by_year(counts), known(year_counts)
    found = []
    for year in sorted(of_year):
        later = [block for block in counts.blocks if year < block.year <= year + reach]
        if is_known[year_counts.at(year)] and later:
            found.append((year, later))
    return found


def blocks_by_year(counts: TermCounts) -> dict[int, list[Block]]:
    """Give the blocks of each year, in order."""
    found: dict[int, list[Block]] = {}
    for block in counts.blocks:
        found.setdefault(block.year, []).append(block)
    return found


def places_of(counts: TermCounts) -> dict[str, slice]:
    """Say where the documents of each block are among all, by the name of the block."""
    places, first = {}, 0
    for block in counts.blocks:
        places[block.name] = slice(first, first + block.documents)
        first += block.documents
    return places


def with_terms(counts: TermCounts, *, threads: int | None) -> NDArray[np.bool_]:
    """Say which documents have a term, in the order of the blocks."""

    def of_block(block: Block) -> NDArray[np.bool_]:
        parts = []
        for batch in read_batches(counts, block):
            has = np.zeros(batch.documents, np.bool_)
            has[batch.document] = True
            parts.append(has)
        return np.concatenate(parts)

    return np.concatenate(list(map_blocks(of_block, counts.blocks, threads=threads)))


def years_of(counts: TermCounts) -> NDArray[np.int64]:
    """Give the year of each document, in the order of the blocks."""
    return np.repeat([block.year for block in counts.blocks], [block.documents for block in counts.blocks])


def empty_sums(
    year: NDArray[np.int64], year_counts: YearCounts, *, backward: int, forward: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Start the sums by lag, backward and forward: zero, or NaN where nothing can be known.

    That is where the sample does not cover the comparators' year, or the weights of the base year are
    unknown. A year without comparators has no pairs: a sum over it is zero whatever its weights.
    """
    row = year - year_counts.years[0]
    last = len(year_counts.years) - 1
    is_known = known(year_counts)
    back, ahead = np.zeros((len(year), backward)), np.zeros((len(year), forward))
    for lag in range(1, backward + 1):
        base = np.maximum(row - lag, 0)
        unknown = (row < lag) | (~is_known[base] & (year_counts.comparators[base] > 0))
        back[unknown, lag - 1] = np.nan
    for lag in range(1, forward + 1):
        ahead[(row + lag > last) | ~is_known[row], lag - 1] = np.nan
    return back, ahead


def _head_terms(base: Base, documents: Documents, threshold: float) -> int:
    """Say how many terms the head has: frequent ones, and those that add too little to matter alone."""
    number = len(documents.length)
    frequent = int((base.containing >= max(FREQUENT * number, 1)).sum())
    light = 0
    if threshold > 0 and number:
        inside = documents.rank < HEAD_TERMS
        row = np.repeat(np.arange(number), np.diff(documents.indptr))[inside]
        rank = documents.rank[inside]
        share = (documents.count[inside] * base.ranked[rank] * documents.inverse_length[row]) ** 2
        mean = np.bincount(rank, weights=share, minlength=1) / number
        light = int((np.cumsum(mean) <= HEAD_SHARE * threshold).sum())
    return min(max(frequent, light), HEAD_TERMS, len(base.ranked))


def _exact_type(count: NDArray[np.generic]) -> type[np.float32 | np.float64]:
    small = count.dtype.itemsize < 4 or len(count) == 0 or int(count.max()) < EXACT
    return np.float32 if small else np.float64


def _filled_up(values: NDArray[np.float64], filling: float) -> NDArray[np.float64]:
    filled = np.full(-(-len(values) // CHUNK) * CHUNK, filling)
    filled[: len(values)] = values
    return filled
