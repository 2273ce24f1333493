"""Sums of similarities over the cells of groups, and over the pairs of patents with many values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.groups import add_members, add_pairs, extract_rows, sum_over_cells
from patentmetrics.score.group_members import Cells, Integers, Lists, cut

Values = NDArray[np.float64]
Rows = tuple[Integers, NDArray[np.uint32], NDArray[np.uint32]]

# non-zeros that one task of a thread walks over, at least; the result does not depend on it
TASK_NONZEROS = 2**22


@dataclass(frozen=True, kw_only=True)
class GroupCorpus:
    """The corpus, with each document's year from 0 and number of terms, and weights (years, terms)."""

    counts: TermCounts
    year: Integers
    terms: Integers
    squared_weights: Values
    threads: int | None

    def rows(self, chosen: Integers, blocks: slice = slice(None), threads: int | None = None) -> Rows:
        """Read some documents, ascending, as compressed rows."""
        indptr = np.concatenate([[0], np.cumsum(self.terms[chosen])])
        indices, data = np.empty(indptr[-1], np.uint32), np.empty(indptr[-1], np.uint32)
        end = indptr[:-1].copy()
        every = self.counts.blocks
        begins = np.cumsum([0, *(block.documents for block in every)])

        def extract(number: int) -> None:
            block, first = every[number], int(begins[number])
            inside = np.arange(*np.searchsorted(chosen, [first, first + block.documents]))
            if not len(inside):
                return
            row = np.full(block.documents, -1, np.int64)
            row[chosen[inside] - first] = inside
            done = 0
            for batch in read_batches(self.counts, block):
                of_batch = row[done : done + batch.documents]
                done += batch.documents
                extract_rows(
                    batch.term, batch.offset, batch.document, batch.count, of_batch, end, indices, data
                )

        # each row is in one block: tasks write side by side
        for _ in map_blocks(extract, range(len(every))[blocks], threads=threads or self.threads):
            pass
        return indptr, indices, data


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Sums and numbers of pairs, (documents, lags)."""

    sums: Values
    counts: Integers


def terms_of(counts: TermCounts, threads: int | None) -> Integers:
    """Count the distinct terms of each document."""

    def of_block(number: int) -> Integers:
        found = [
            np.bincount(batch.document, minlength=batch.documents)
            for batch in read_batches(counts, counts.blocks[number])
        ]
        return np.concatenate(found).astype(np.int64)

    return np.concatenate(list(map_blocks(of_block, range(len(counts.blocks)), threads=threads)))


def add_cells(corpus: GroupCorpus, cells: Cells, portion: slice, back: int, sums: Values) -> None:
    """Add the sums over a portion of the cells to those of their members."""
    bounds = cells.begin[portion.start : portion.stop + 1]
    member = cells.member[bounds[0] : bounds[-1]]
    cell = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    with_terms = corpus.terms[member] > 0
    member, cell = member[with_terms], cell[with_terms]
    chosen = np.unique(member)
    if not len(chosen):
        return
    indptr, indices, data = corpus.rows(chosen)
    row = np.searchsorted(chosen, member)
    # runs: the members of one cell and year
    reach = max(back, sums.shape[1] - back)
    key = cell * (len(corpus.squared_weights) + reach) + corpus.year[member]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    last = np.searchsorted(key[begin], key[begin] + reach, side="right")
    bases = np.flatnonzero(last > np.arange(len(begin)) + 1)
    begins = np.append(begin, len(member))
    nonzeros = np.concatenate([[0], np.cumsum(corpus.terms[member])])
    work = nonzeros[begins[last[bases]]] - nonzeros[begins[bases]]
    of_members = np.zeros((len(member), sums.shape[1]))

    def task(part: slice) -> None:
        sum_over_cells(
            bases[part],
            last,
            begins,
            corpus.year[member[begin]],
            row,
            indptr,
            indices,
            data,
            corpus.squared_weights,
            back,
            of_members,
        )

    for _ in map_blocks(task, cut(work, TASK_NONZEROS), threads=corpus.threads):
        pass
    add_members(member, cells.sign[portion][cell], of_members, sums)


def add_long(
    corpus: GroupCorpus,
    member_of: Lists,
    is_long: NDArray[np.bool_],
    portion: slice,
    back: int,
    both: Pairs,
    of_long: Pairs,
) -> None:
    """Add the pairs of a portion of the long documents with all others, block by block."""
    others = np.flatnonzero(is_long)[portion]
    theirs = member_of.of(others)
    values = int(member_of.value.max()) + 1
    order = np.argsort(theirs.value, kind="stable")
    other_of = theirs.owner[order]
    first_other = np.searchsorted(theirs.value[order], np.arange(values + 1))
    in_others = np.diff(first_other) > 0
    met = np.bincount(member_of.owner, weights=in_others[member_of.value], minlength=len(is_long)) > 0
    other_rows = corpus.rows(others)
    begins = np.cumsum([0, *(block.documents for block in corpus.counts.blocks)])

    def of_block(number: int) -> Pairs:
        chosen = begins[number] + np.flatnonzero(met[begins[number] : begins[number + 1]])
        shape = (len(others), both.sums.shape[1])
        theirs_here = Pairs(sums=np.zeros(shape), counts=np.zeros(shape, np.int64))
        if len(chosen):
            mine = member_of.of(chosen)
            # what is there goes on growing in the same order, however the long documents are cut
            grown = Pairs(sums=both.sums[chosen], counts=both.counts[chosen])
            add_pairs(
                chosen,
                mine.first,
                mine.value,
                *corpus.rows(chosen, slice(number, number + 1), threads=1),
                is_long[chosen],
                others,
                first_other,
                other_of,
                *other_rows,
                corpus.year,
                corpus.squared_weights,
                back,
                grown.sums,
                grown.counts,
                theirs_here.sums,
                theirs_here.counts,
            )
            both.sums[chosen], both.counts[chosen] = grown.sums, grown.counts
        return theirs_here

    for found in map_blocks(of_block, range(len(begins) - 1), threads=corpus.threads):
        of_long.sums[portion] += found.sums
        of_long.counts[portion] += found.counts
