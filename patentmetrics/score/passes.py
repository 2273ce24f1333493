"""The work on one block, for each of the three passes.

Each function takes a `Job` and a block; with a `FolderStore` a job holds paths and numbers only, so it can
run on a thread, in another process or on another machine that sees the same files. A result is kept under
a name that says what it was made from (`patentmetrics.score.plan.Keys`); one that is there is not made
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, read_batches
from patentmetrics.kernels.lanes import scratch
from patentmetrics.kernels.similarity import (
    add_products,
    add_scaled_products,
    add_squared_lengths,
    add_totals,
    add_values,
    invert_lengths,
    put_values,
    take_rows,
    weigh_columns,
)
from patentmetrics.score.plan import Keys, Plan, Unit, make_keys, unit_of
from patentmetrics.score.store import Store
from patentmetrics.score.weights import block_frequencies, fill_weights

# made anew by each run, for all units, under a name of its own
WEIGHTS = "weights"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run: the corpus, the plan, the names of the results and where they are kept.

    ``terms``: how many the vocabulary has.
    """

    counts: TermCounts
    terms: int
    plan: Plan
    keys: Keys
    store: Store

    @property
    def weights(self) -> str:
        """Name the array of the term weights of all units, shape (units, terms), that all blocks read."""
        return f"{WEIGHTS}-{self.keys.shared}"


def job_of(counts: TermCounts, plan: Plan, store: Store) -> Job:
    """Make the job of a run; the vocabulary itself need not travel with it."""
    return Job(
        counts=replace(counts, vocabulary=counts.vocabulary.clear()),
        terms=counts.vocabulary.height,
        plan=plan,
        keys=make_keys(counts, plan),
        store=store,
    )


def write_frequencies(job: Job, block: Block) -> None:
    """First pass: count the documents of a block that contain each term.

    The file holds the ``terms`` (r,) that occur, ascending, their ``frequencies`` (r,), and ``has_terms``
    (documents,). It does not depend on the length of the vocabulary, which may grow.
    """
    name = job.keys.frequencies[block.name]
    if not job.store.has(name):
        terms, frequencies, has_terms = block_frequencies(job.counts, block, terms=job.terms)
        job.store.save(name, {"terms": terms, "frequencies": frequencies, "has_terms": has_terms})


def write_weights(job: Job) -> dict[Unit, bool]:
    """Write the term weights of all units and say which are known."""

    def frequencies(block: Block) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        found = job.store.load(job.keys.frequencies[block.name], "terms", "frequencies")
        return found["terms"], found["frequencies"]

    with job.store.created(job.weights, (len(job.plan.units), job.terms)) as weights:
        # where weights are not known nothing is added up; the sums become null in the end
        return fill_weights(job.counts, job.plan, frequencies, weights)


def write_totals(job: Job, block: Block) -> None:
    """Second pass: for each unit, sum the weighted vectors of a block's documents, each of length one.

    The file holds one array (r,) for each unit, under its name, for the terms of the block, and
    ``inverse_lengths`` (documents, scales) for the units that the third pass scales by.
    """
    name = job.keys.totals[block.name]
    if job.store.has(name):
        return
    units = job.plan.columns(block)
    first_scale = len(units) - len(_scale_units(job.plan, block))
    terms, _, batches = _rows(job, block)
    weights = scratch("weights", 1 + len(terms), len(units))
    weights.fill(0.0)
    take_rows(terms, job.store.opened(job.weights), np.array(units), weights[1:])
    totals = scratch("totals", 1 + len(terms), len(units))
    totals.fill(0.0)
    inverse_lengths = np.empty((block.documents, len(units) - first_scale))
    begin = 0
    for batch, row in batches:
        lists = (row, batch.offset, batch.document, batch.count)
        lengths = scratch("lengths", batch.documents, len(units))
        lengths.fill(0.0)
        add_squared_lengths(*lists, weights, lengths)
        invert_lengths(lengths)
        add_totals(*lists, lengths, totals)
        inverse_lengths[begin : begin + batch.documents] = lengths[:, first_scale : len(units)]
        begin += batch.documents
    weighted = np.empty((len(units), len(terms)))
    weigh_columns(totals[1:], weights[1:], weighted)
    by_unit = {job.plan.units[unit].name: weighted[k] for k, unit in enumerate(units)}
    job.store.save(name, {**by_unit, "inverse_lengths": inverse_lengths})


def write_unit_sums(job: Job, unit: Unit) -> None:
    """Between: add up the totals of the blocks, in their order, into what the third pass multiplies with.

    For one unit; the file holds the ``terms`` (s,) of its blocks, ascending, and for them one array (s,)
    of the unit's ``own`` patents, and one of those of each group of years ahead, under its number. They
    are weighted once more, for the other side of the pairs; but where each patent is weighted in its own
    period, the other side of ``own`` is not known here.
    """
    name, plan, at = job.keys.unit_sums[unit], job.plan, job.plan.at[unit]
    if job.store.has(name):
        return
    occurs = np.zeros(job.terms, np.bool_)
    for block in job.counts.blocks:
        if plan.own(block) == at:
            occurs[_terms(job, block)] = True
    terms = np.flatnonzero(occurs).astype(np.uint32)
    row_of = _row_of(job, terms)
    sums = np.zeros((1 + len(plan.groups), 1 + len(terms)))
    for block in job.counts.blocks:
        group = plan.group_of(block.year - unit.year)
        if plan.own(block) != at and group is None:
            continue
        weighted_in = (unit if plan.pair_weights == "earlier" else unit_of(block)).name
        totals = job.store.load(job.keys.totals[block.name], weighted_in)[weighted_in]
        add_values(_terms(job, block), totals, row_of, sums[0 if group is None else 1 + group])
    first = 0 if plan.pair_weights == "earlier" else 1
    sums = sums[:, 1:]
    sums[first:] *= job.store.opened(job.weights)[at, terms]
    by_group = {str(group): sums[1 + group] for group in range(len(plan.groups))}
    job.store.save(name, {"terms": terms, "own": sums[0], **by_group})


def write_sums(job: Job, block: Block) -> None:
    """Third pass: multiply each document of a block with the sums of the units around it.

    The file holds ``sums`` (documents, lags back + groups ahead).
    """
    name, plan = job.keys.sums[block.name], job.plan
    if job.store.has(name):
        return
    terms, row_of, batches = _rows(job, block)
    factors = _factors(plan, block)
    rows = scratch("weights", 1 + len(terms), len(factors))
    rows.fill(0.0)
    for k, factor in enumerate(factors):
        found = job.store.load(job.keys.unit_sums[factor.unit], "terms", factor.sums)
        put_values(found["terms"], found[factor.sums], row_of, k, rows)
    if plan.pair_weights == "own":
        back = [k for k, factor in enumerate(factors) if factor.sums == "own"]
        rows[1:, back] *= job.store.opened(job.weights)[plan.own(block), terms][:, np.newaxis]
    scales = np.array([factor.scale for factor in factors])
    targets = np.array([factor.target for factor in factors])
    inverse_lengths = job.store.load(job.keys.totals[block.name], "inverse_lengths")["inverse_lengths"]
    sums = np.zeros((block.documents, plan.backward + len(plan.groups)))
    begin = 0
    for batch, row in batches:
        products = scratch("lengths", batch.documents, len(factors))
        products.fill(0.0)
        add_products(row, batch.offset, batch.document, batch.count, rows, products)
        here = slice(begin, begin + batch.documents)
        add_scaled_products(products, inverse_lengths[here], scales, targets, sums[here])
        begin += batch.documents
    job.store.save(name, {"sums": sums})


@dataclass(frozen=True, kw_only=True)
class Factor:
    """What the documents of a block are multiplied with: the ``sums`` of a unit.

    ``scale``: which of the block's inverse lengths goes with it; ``target``: the result it adds to.
    """

    unit: Unit
    sums: str
    scale: int
    target: int


def _factors(plan: Plan, block: Block) -> list[Factor]:
    own, scale_units = plan.own(block), _scale_units(plan, block)
    back = [
        Factor(
            unit=plan.units[unit],
            sums="own",
            scale=scale_units.index(unit if plan.pair_weights == "earlier" else own),
            target=block.year - plan.units[unit].year - 1,
        )
        for unit in plan.before(block.year, plan.backward)
    ]
    forth = [
        Factor(
            unit=plan.units[own], sums=str(group), scale=scale_units.index(own), target=plan.backward + group
        )
        for group in range(len(plan.groups))
    ]
    return back + forth


def _scale_units(plan: Plan, block: Block) -> list[int]:
    """Name the units by whose lengths the third pass scales: the last of a block's columns."""
    own = plan.own(block)
    return [own] if plan.pair_weights == "own" else [*plan.before(block.year, plan.backward), own]


def _rows(
    job: Job, block: Block
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], Iterator[tuple[Batch, NDArray[np.uint32]]]]:
    """Give the terms of a block, the row of each term, and its batches with the rows of theirs.

    Rows are counted from one: row 0 takes what belongs to no term of the block.
    """
    terms = _terms(job, block)
    row_of = _row_of(job, terms)
    return terms, row_of, ((batch, row_of[batch.term]) for batch in read_batches(job.counts, block))


def _terms(job: Job, block: Block) -> NDArray[np.uint32]:
    found: NDArray[np.uint32] = job.store.load(job.keys.frequencies[block.name], "terms")["terms"]
    return found


def _row_of(job: Job, terms: NDArray[np.uint32]) -> NDArray[np.uint32]:
    row_of = np.zeros(job.terms, np.uint32)
    row_of[terms] = np.arange(1, 1 + len(terms), dtype=np.uint32)
    return row_of
