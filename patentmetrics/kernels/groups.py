"""Sums of similarities over comparators that share a group (同组比较), group by group or pair by pair.

Documents are compressed rows here, in order of their years. A *cell* is a set of documents, a *run* the
documents of one cell and year, in a list of members sorted by cell, then document. Weights come squared:
the cosine of p and q at base b is Σ c_p c_q w² / (|p| |q|) with |p|² = Σ c_p² w².
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# d documents, n non-zeros, u terms that occur in a batch, v terms of the vocabulary, y years, m members,
# r runs, g groups, k lags: those back, then those ahead


@kernel
def extract_rows(
    term: NDArray[np.uint32],  # (u)
    offset: NDArray[np.uint32],  # (u + 1)
    document: NDArray[np.uint16],  # (n)
    count: NDArray[np.generic],  # (n)
    row: NDArray[np.int64],  # (documents of the batch) row of the output; negative: not wanted
    end: NDArray[np.int64],  # (rows) in and out: where the next non-zero of a row goes
    indices: NDArray[np.uint32],  # (n) out
    data: NDArray[np.uint32],  # (n) out
) -> None:
    """Turn an inverted batch back into rows; the terms of a row come out ascending."""
    for u in range(len(term)):
        for i in range(offset[u], offset[u + 1]):
            r = row[document[i]]
            if r >= 0:
                indices[end[r]] = term[u]
                data[end[r]] = count[i]
                end[r] += 1


@kernel
def add_comparators(
    begin: NDArray[np.int64],  # (cells + 1) first member of each cell
    sign: NDArray[np.int64],  # (cells)
    member: NDArray[np.int64],  # (m) documents
    year: NDArray[np.int64],  # (d) from 0
    has_terms: NDArray[np.bool_],  # (d)
    back: int,  # how many of the lags lead back
    of_year: NDArray[np.int64],  # (y) scratch, all zero on entry and on return
    comparators: NDArray[np.int64],  # (d, k) in and out
) -> None:
    """Count the members with terms of the years around each member, times the sign of the cell."""
    years = len(of_year)
    ahead = comparators.shape[1] - back
    for c in range(len(sign)):
        for m in range(begin[c], begin[c + 1]):
            if has_terms[member[m]]:
                of_year[year[member[m]]] += 1
        for m in range(begin[c], begin[c + 1]):
            d = member[m]
            y = year[d]
            for k in range(min(y, back)):
                comparators[d, k] += sign[c] * of_year[y - 1 - k]
            for k in range(min(years - 1 - y, ahead)):
                comparators[d, back + k] += sign[c] * of_year[y + 1 + k]
        for m in range(begin[c], begin[c + 1]):
            of_year[year[member[m]]] = 0


@kernel
def inverse_length(
    indices: NDArray[np.uint32],  # (n) of one document
    data: NDArray[np.uint32],  # (n)
    squared_weights: NDArray[np.float64],  # (v)
) -> float:
    """Give one over the length of a weighted document; zero where its terms all have weight zero."""
    total = 0.0
    for i in range(len(indices)):
        c = np.float64(data[i])
        total += c * c * squared_weights[indices[i]]
    return 1.0 / np.sqrt(total) if total > 0.0 else 0.0


@kernel
def scatter(
    indices: NDArray[np.uint32],  # (n) of one document
    data: NDArray[np.uint32],  # (n)
    inverse: float,
    squared_weights: NDArray[np.float64],  # (v)
    sums: NDArray[np.float64],  # (v) in and out
) -> None:
    """Add a document, scaled by its inverse length and weighted twice, to a sum over documents."""
    for i in range(len(indices)):
        sums[indices[i]] += inverse * data[i] * squared_weights[indices[i]]


@kernel
def product(
    indices: NDArray[np.uint32],  # (n) of one document
    data: NDArray[np.uint32],  # (n)
    sums: NDArray[np.float64],  # (v)
) -> float:
    """Multiply the counts of a document with a sum over documents made by `scatter`."""
    total = 0.0
    for i in range(len(indices)):
        total += data[i] * sums[indices[i]]
    return total


@kernel
def clear(
    indices: NDArray[np.uint32],  # (n)
    sums: NDArray[np.float64],  # (v) in and out
) -> None:
    """Set the sums of some terms to zero."""
    for i in range(len(indices)):
        sums[indices[i]] = 0.0


@kernel
def sum_over_cells(  # noqa: C901  # one walk over years and lags
    bases: NDArray[np.int64],  # runs whose years are the base years of this call
    last: NDArray[np.int64],  # (r) one behind the last run of the same cell that a window reaches
    begin: NDArray[np.int64],  # (r + 1) first member of each run
    year: NDArray[np.int64],  # (r) from 0
    member: NDArray[np.int64],  # (m) rows of the documents
    indptr: NDArray[np.int64],  # (rows + 1)
    indices: NDArray[np.uint32],  # (n)
    data: NDArray[np.uint32],  # (n)
    squared_weights: NDArray[np.float64],  # (y, v)
    back: int,  # how many of the lags lead back
    sums: NDArray[np.float64],  # (m, k) out, zero on entry
) -> None:
    """Sum the similarities of each member with the members of its cell in each year, without pairs.

    A call writes the lags ahead of the runs it is given and, of the later runs, one lag back each: no
    two runs write to one place, so calls may run side by side.
    """
    # two sums of unit vectors: over the documents of the base year, and over those of one later year
    own = np.zeros(squared_weights.shape[1])
    later = np.zeros(squared_weights.shape[1])
    ahead = sums.shape[1] - back
    for base in bases:
        weights = squared_weights[year[base]]
        for m in range(begin[base], begin[base + 1]):
            inside = slice(indptr[member[m]], indptr[member[m] + 1])
            inverse = inverse_length(indices[inside], data[inside], weights)
            scatter(indices[inside], data[inside], inverse, weights, own)
        for run in range(base + 1, last[base]):
            lag = year[run] - year[base]
            for m in range(begin[run], begin[run + 1]):
                inside = slice(indptr[member[m]], indptr[member[m] + 1])
                inverse = inverse_length(indices[inside], data[inside], weights)
                if lag <= back:
                    sums[m, lag - 1] = inverse * product(indices[inside], data[inside], own)
                if lag <= ahead:
                    scatter(indices[inside], data[inside], inverse, weights, later)
            if lag <= ahead:
                for m in range(begin[base], begin[base + 1]):
                    inside = slice(indptr[member[m]], indptr[member[m] + 1])
                    sums[m, back + lag - 1] = product(indices[inside], data[inside], later)
                for m in range(begin[run], begin[run + 1]):
                    clear(indices[indptr[member[m]] : indptr[member[m] + 1]], later)
        for m in range(begin[base], begin[base + 1]):
            inside = slice(indptr[member[m]], indptr[member[m] + 1])
            sums[m, back:] *= inverse_length(indices[inside], data[inside], weights)
            clear(indices[inside], own)


@kernel
def add_members(
    member: NDArray[np.int64],  # (m) documents
    sign: NDArray[np.int64],  # (m)
    of_members: NDArray[np.float64],  # (m, k)
    sums: NDArray[np.float64],  # (d, k) in and out
) -> None:
    """Add the sums of the members to those of the documents, in the order of the members."""
    for m in range(len(member)):
        for k in range(sums.shape[1]):
            sums[member[m], k] += sign[m] * of_members[m, k]


@kernel
def add_pairs(  # one walk over the pairs: sums and counts, of both sides
    documents: NDArray[np.int64],  # (d) of a block
    first_value: NDArray[np.int64],  # (d + 1) into value
    value: NDArray[np.int64],  # groups of each document
    indptr: NDArray[np.int64],  # (d + 1)
    indices: NDArray[np.uint32],  # (n)
    data: NDArray[np.uint32],  # (n)
    is_other: NDArray[np.bool_],  # (d) the document is one of the others, in this call or another
    others: NDArray[np.int64],  # (o) documents, ascending
    first_other: NDArray[np.int64],  # (g + 1) into other_of
    other_of: NDArray[np.int64],  # numbers of the others that are in each group, ascending
    other_indptr: NDArray[np.int64],  # (o + 1)
    other_indices: NDArray[np.uint32],  # (n)
    other_data: NDArray[np.uint32],  # (n)
    year: NDArray[np.int64],  # (all documents) from 0
    squared_weights: NDArray[np.float64],  # (y, v)
    back: int,  # how many of the lags lead back
    sums: NDArray[np.float64],  # (d, k) in and out
    counts: NDArray[np.int64],  # (d, k) in and out
    other_sums: NDArray[np.float64],  # (o, k) in and out
    other_counts: NDArray[np.int64],  # (o, k) in and out
) -> None:
    """Add the similarity of each pair of a document and an other that share a group, once.

    The document's sums get every pair. The other's get those with documents that are none of the
    others: a pair of two others is met from both its ends.
    """
    ahead = sums.shape[1] - back
    reach = max(back, ahead)
    met = np.full(len(others), -1, np.int64)
    found = np.empty(len(others), np.int64)
    vector = np.zeros(squared_weights.shape[1])
    for i in range(len(documents)):
        mine = year[documents[i]]
        size = 0
        for j in range(first_value[i], first_value[i + 1]):
            g = value[j]
            for o in other_of[first_other[g] : first_other[g + 1]]:
                lag = abs(year[others[o]] - mine)
                if met[o] != i and 0 < lag <= reach:
                    met[o] = i
                    found[size] = o
                    size += 1
        # in order of years, so that the vector is made anew once for each base year
        near = np.sort(found[:size])
        inside = slice(indptr[i], indptr[i + 1])
        has_terms = indptr[i + 1] > indptr[i]
        base = -1
        for o in near:
            theirs = year[others[o]]
            if base != min(mine, theirs):
                base = min(mine, theirs)
                weights = squared_weights[base]
                clear(indices[inside], vector)
                inverse = inverse_length(indices[inside], data[inside], weights)
                scatter(indices[inside], data[inside], inverse, weights, vector)
            beside = slice(other_indptr[o], other_indptr[o + 1])
            inverse = inverse_length(other_indices[beside], other_data[beside], squared_weights[base])
            similarity = inverse * product(other_indices[beside], other_data[beside], vector)
            other_has_terms = other_indptr[o + 1] > other_indptr[o]
            lag = abs(theirs - mine)
            # the column of the pair in the sums of the document, and in those of the other
            column, opposite = back + lag - 1, lag - 1
            if theirs < mine:
                column, opposite = opposite, column
            if lag <= (back if theirs < mine else ahead):
                sums[i, column] += similarity
                counts[i, column] += other_has_terms
            if not is_other[i] and lag <= (ahead if theirs < mine else back):
                other_sums[o, opposite] += similarity
                other_counts[o, opposite] += has_terms
        clear(indices[inside], vector)
