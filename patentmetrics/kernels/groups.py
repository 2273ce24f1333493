"""Sums of similarities over comparators that share a group (同组比较), cell by cell or pair by pair.

On one side are documents of one base period, on the other those of the years after it, in order of their
years. Both are compressed rows of counts with the weights and inverse lengths that make unit vectors of
them, so that a similarity is a product. A *cell* is a set of documents of both sides that have some group
values in common.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents of a side, n non-zeros, u terms that occur in a batch, v terms of the vocabulary, w weightings,
# c cells, m members, g groups, k lags


class Vectors(NamedTuple):
    """One side: rows of counts, what they are weighted and scaled with, and the lag of each from the base."""

    indptr: NDArray[np.int64]  # (d + 1)
    term: NDArray[np.uint32]  # (n)
    counts: NDArray[np.generic]  # (n)
    inverse_length: NDArray[np.float64]  # (d) of the weighted row
    weights: NDArray[np.float64]  # (w, v)
    weighting: NDArray[np.int64]  # (d) which of them a document has
    lag: NDArray[np.int64]  # (d) 0, 1, …: column of the sums; all 0 on the base side


class Totals(NamedTuple):
    """Sums of similarities and numbers of comparators of one side, a column a lag, or one for all."""

    sums: NDArray[np.float64]  # (d, k) or (d, 1)
    compared: NDArray[np.int64]  # likewise


class Cells(NamedTuple):
    """Sets of documents, each with a sign: of the base first, then of the later ones, both ascending."""

    begin: NDArray[np.int64]  # (c + 1)
    middle: NDArray[np.int64]  # (c) first of the later ones
    sign: NDArray[np.int64]  # (c)
    member: NDArray[np.int64]  # (m) documents, each numbered on its own side


@kernel
def batch_rows(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    indptr: NDArray[np.int64],  # (d + 1) out, all zero on entry
    terms: NDArray[np.uint32],  # (n) out
    counts: NDArray[np.generic],  # (n) out
) -> None:
    """Turn an inverted batch back into rows; the terms of a row come out ascending."""
    for i in range(len(document)):
        indptr[document[i] + 1] += 1
    for d in range(len(indptr) - 1):
        indptr[d + 1] += indptr[d]
    end = indptr[:-1].copy()
    for u in range(len(term)):
        for i in range(offset[u], offset[u + 1]):
            at = end[document[i]]
            terms[at] = term[u]
            counts[at] = count[i]
            end[document[i]] += 1


@kernel
def inverse_lengths(
    indptr: NDArray[np.int64],  # (d + 1)
    term: NDArray[np.uint32],  # (n)
    count: NDArray[np.generic],  # (n)
    weights: NDArray[np.float64],  # (w, v)
    weighting: NDArray[np.int64],  # (d)
    inverse: NDArray[np.float64],  # (d) out
) -> None:
    """Give one over the length of each weighted row; zero where its terms all have weight zero."""
    for d in range(len(inverse)):
        mine, squared = weights[weighting[d]], 0.0
        for i in range(indptr[d], indptr[d + 1]):
            x = np.float64(count[i]) * mine[term[i]]
            squared += x * x
        inverse[d] = 1.0 / np.sqrt(squared) if squared > 0.0 else 0.0


@kernel
def scatter(side: Vectors, d: int, sums: NDArray[np.float64]) -> None:
    """Add a unit vector to a sum over vectors, (v,)."""
    mine, inverse = side.weights[side.weighting[d]], side.inverse_length[d]
    for i in range(side.indptr[d], side.indptr[d + 1]):
        w = side.term[i]
        sums[w] += np.float64(side.counts[i]) * mine[w] * inverse


@kernel
def product(side: Vectors, d: int, sums: NDArray[np.float64]) -> float:
    """Multiply a unit vector with a sum over vectors, (v,)."""
    mine = side.weights[side.weighting[d]]
    total = 0.0
    for i in range(side.indptr[d], side.indptr[d + 1]):
        w = side.term[i]
        total += np.float64(side.counts[i]) * mine[w] * sums[w]
    return total * float(side.inverse_length[d])


@kernel
def clear(side: Vectors, d: int, sums: NDArray[np.float64]) -> None:
    """Set a sum over vectors, (v,), to zero where a vector is not."""
    for i in range(side.indptr[d], side.indptr[d + 1]):
        sums[side.term[i]] = 0.0


@kernel
def has_terms(side: Vectors, d: int) -> int:
    """Say whether a document has a term, 1 or 0."""
    return int(side.indptr[d + 1] > side.indptr[d])


@kernel
def sum_over_cells(
    cells: Cells,
    base: Vectors,
    later: Vectors,
    of_base: Totals,  # (d, k) in and out
    of_later: Totals,  # (d, 1) in and out
) -> None:
    """Add the similarities of the members of each cell across the sides, without pairs, times its sign."""
    terms = base.weights.shape[1]
    own, ahead = np.zeros(terms), np.zeros(terms)
    member = cells.member
    for c in range(len(cells.sign)):
        sign, first, middle, last = cells.sign[c], cells.begin[c], cells.middle[c], cells.begin[c + 1]
        with_terms = 0
        for m in range(first, middle):
            scatter(base, member[m], own)
            with_terms += has_terms(base, member[m])
        begin = middle
        while begin < last:
            # a run of one lag
            lag = later.lag[member[begin]]
            end, of_run = begin, 0
            while end < last and later.lag[member[end]] == lag:
                q = member[end]
                of_later.sums[q, 0] += sign * product(later, q, own)
                of_later.compared[q, 0] += sign * with_terms
                of_run += has_terms(later, q)
                scatter(later, q, ahead)
                end += 1
            for m in range(first, middle):
                of_base.sums[member[m], lag] += sign * product(base, member[m], ahead)
                of_base.compared[member[m], lag] += sign * of_run
            for m in range(begin, end):
                clear(later, member[m], ahead)
            begin = end
        for m in range(first, middle):
            clear(base, member[m], own)


@kernel
def sum_over_pairs(
    chosen: NDArray[np.int64],  # (a) documents of one side
    first_value: NDArray[np.int64],  # (a + 1) into value
    value: NDArray[np.int64],  # groups of each of them
    first_other: NDArray[np.int64],  # (g + 1) into other_of
    other_of: NDArray[np.int64],  # documents of the other side that are in each group, ascending
    side: Vectors,
    other: Vectors,
    of_side: Totals,  # in and out
    of_other: Totals,  # in and out
) -> None:
    """Add the similarity of each pair of a chosen document and another that share a group, once."""
    met = np.full(len(other.lag), -1, np.int64)
    vector = np.zeros(side.weights.shape[1])
    # of one column that serves all lags
    widths = of_side.sums.shape[1], of_other.sums.shape[1]
    for i in range(len(chosen)):
        d = chosen[i]
        scatter(side, d, vector)
        for j in range(first_value[i], first_value[i + 1]):
            for o in other_of[first_other[value[j]] : first_other[value[j] + 1]]:
                if met[o] == i:
                    continue
                met[o] = i
                similarity = product(other, o, vector)
                lag = side.lag[d] + other.lag[o]
                of_side.sums[d, min(lag, widths[0] - 1)] += similarity
                of_side.compared[d, min(lag, widths[0] - 1)] += has_terms(other, o)
                of_other.sums[o, min(lag, widths[1] - 1)] += similarity
                of_other.compared[o, min(lag, widths[1] - 1)] += has_terms(side, d)
        clear(side, d, vector)
