"""The work on one block, for each of the three passes.

Each function takes a `Job` and a block; with a `FolderStore` a job holds paths and numbers only, so it can
run on a thread, in another process or on another machine that sees the same files. A result is kept under
a name that says what it was made from (`patentmetrics.score.plan.Keys`); one that is there is not made
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import Batch, read_batches
from patentmetrics.kernels.similarity import (
    add_products,
    add_squared_lengths,
    add_totals,
    add_weighted_column,
    gather_column,
)
from patentmetrics.score.plan import Keys, Plan, Unit
from patentmetrics.score.store import Store
from patentmetrics.score.weights import block_frequencies, unit_weights

LANES = 4  # the kernels vectorise rows whose width is a multiple of this


# made anew by each run, for all units, under names of its own
WEIGHTS, OWN_SUMS, LATER_SUMS = "weights", "own", "later"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run: the corpus, the plan, the names of the results and where they are kept."""

    counts: TermCounts
    plan: Plan
    keys: Keys
    store: Store

    def shared(self, kind: str) -> str:
        """Name an array that all blocks read."""
        return f"{kind}-{self.keys.shared}"


def write_frequencies(job: Job, block: Block) -> None:
    """First pass: count the documents of a block that contain each term."""
    name = job.keys.frequencies[block.name]
    if not job.store.has(name):
        with_terms, frequencies = block_frequencies(job.counts, block)
        # of the terms that occur: the vocabulary may have grown when the file is read
        terms = np.flatnonzero(frequencies)
        job.store.save(
            name, {"with_terms": np.array(with_terms), "terms": terms, "frequencies": frequencies[terms]}
        )


def write_weights(job: Job) -> dict[Unit, bool]:
    """Write the term weights of all units, shape (units, terms), and say which are known."""

    def frequencies(block: Block) -> NDArray[np.int64]:
        found = job.store.load(job.keys.frequencies[block.name])
        whole = np.zeros(job.counts.vocabulary.height, np.int64)
        whole[found["terms"]] = found["frequencies"]
        return whole

    known: dict[Unit, bool] = {}
    shape = (len(job.plan.units), job.counts.vocabulary.height)
    with job.store.created(job.shared(WEIGHTS), shape) as weights:
        for unit, is_known, row in unit_weights(job.counts, job.plan, frequencies):
            known[unit] = is_known
            # where weights are not known nothing is added up; the sums become null in the end
            weights[job.plan.at[unit]] = row if is_known else 0.0
    return known


def write_totals(job: Job, block: Block) -> None:
    """Second pass: for each unit, sum the counts of a block's documents scaled to length one.

    The file holds ``terms`` (r,), ``totals`` (r, units) before the weights of the terms, and
    ``inverse_lengths`` (documents, units), widened with zeros to whole vectors.
    """
    name = job.keys.totals[block.name]
    if job.store.has(name):
        return
    columns = job.plan.columns(block)
    weights = job.store.opened(job.shared(WEIGHTS))
    terms, batches = _rows(job.counts, block)
    padded = _padded([weights[unit] for unit in columns], terms)
    totals = np.zeros_like(padded)
    inverses = []
    for batch, row in batches:
        squared = np.zeros((batch.documents, padded.shape[1]))
        add_squared_lengths(row, batch.offset, batch.document, batch.count, padded, squared)
        inverse = np.divide(1.0, np.sqrt(squared), out=np.zeros_like(squared), where=squared > 0)
        add_totals(row, batch.offset, batch.document, batch.count, inverse, totals)
        inverses.append(inverse)
    job.store.save(
        name,
        {
            "terms": terms,
            "totals": totals,
            "inverse_lengths": np.concatenate(inverses),
        },
    )


def write_unit_sums(job: Job) -> None:
    """Add up the totals of the blocks, in their order, into what the third pass multiplies with.

    Two arrays of weighted sums of unit vectors: ``own`` (units, terms), of the unit's own patents;
    ``later`` (units, groups, terms), of the patents of the years ahead, in the weights of the unit.
    """
    plan, terms = job.plan, job.counts.vocabulary.height
    weights = job.store.opened(job.shared(WEIGHTS))
    with (
        job.store.created(job.shared(OWN_SUMS), (len(plan.units), terms)) as own,
        job.store.created(job.shared(LATER_SUMS), (len(plan.units), len(plan.groups), terms)) as later,
    ):
        for block in job.counts.blocks:
            _add_totals_of(job, block, weights, own, later)
        if plan.pair_weights == "own":
            _add_later_years(plan, own, later)


def _add_totals_of(
    job: Job,
    block: Block,
    weights: NDArray[np.float64],
    own_sums: NDArray[np.float64],
    later_sums: NDArray[np.float64],
) -> None:
    plan, own = job.plan, job.plan.own(block)
    found = job.store.load(job.keys.totals[block.name], "terms", "totals")
    terms, totals = found["terms"], found["totals"]
    for column, unit in enumerate(plan.columns(block)):
        group = plan.group_of(block.year - plan.units[unit].year)
        if unit == own:
            add_weighted_column(terms, totals, column, weights[unit], own_sums[unit])
        elif group is not None:
            add_weighted_column(terms, totals, column, weights[unit], later_sums[unit, group])


def _add_later_years(plan: Plan, own_sums: NDArray[np.float64], later_sums: NDArray[np.float64]) -> None:
    """Where each patent is weighted in its own period, the years ahead are sums of own sums."""
    for unit in range(len(plan.units)):
        for other in range(len(plan.units)):
            group = plan.group_of(plan.units[other].year - plan.units[unit].year)
            if group is not None:
                later_sums[unit, group] += own_sums[other]


def write_sums(job: Job, block: Block) -> None:
    """Third pass: multiply each document of a block with the sums of the units around it.

    The file holds ``sums`` (documents, lags back + groups ahead) and ``has_terms`` (documents,).
    """
    name, plan = job.keys.sums[block.name], job.plan
    if job.store.has(name):
        return
    terms, batches = _rows(job.counts, block)
    columns, scales, targets = _columns(job, block)
    padded = _padded(columns, terms)
    inverse_lengths = job.store.load(job.keys.totals[block.name], "inverse_lengths")["inverse_lengths"]
    results, has_terms = [], []
    begin = 0
    for batch, row in batches:
        products = np.zeros((batch.documents, padded.shape[1]))
        add_products(row, batch.offset, batch.document, batch.count, padded, products)
        inverse = inverse_lengths[begin : begin + batch.documents]
        result = np.zeros((batch.documents, plan.backward + len(plan.groups)))
        for k, (scale, target) in enumerate(zip(scales, targets, strict=True)):
            result[:, target] += products[:, k] * inverse[:, scale]
        results.append(result)
        has = np.zeros(batch.documents, np.bool_)
        has[batch.document] = True
        has_terms.append(has)
        begin += batch.documents
    job.store.save(name, {"sums": np.concatenate(results), "has_terms": np.concatenate(has_terms)})


def _columns(job: Job, block: Block) -> tuple[list[NDArray[np.float64]], list[int], list[int]]:
    """Give the columns to multiply with, which inverse length scales each, and which result it adds to."""
    plan, own = job.plan, job.plan.own(block)
    shared = map(job.shared, (WEIGHTS, OWN_SUMS, LATER_SUMS))
    weights, own_sums, later_sums = map(job.store.opened, shared)
    at = {unit: column for column, unit in enumerate(plan.columns(block))}
    columns, scales, targets = [], [], []
    for unit in plan.before(block.year, plan.backward):
        weighting = unit if plan.pair_weights == "earlier" else own
        columns.append(weights[weighting] * own_sums[unit])
        scales.append(at[weighting])
        targets.append(block.year - plan.units[unit].year - 1)
    for group in range(len(plan.groups)):
        columns.append(weights[own] * later_sums[own, group])
        scales.append(at[own])
        targets.append(plan.backward + group)
    return columns, scales, targets


def _rows(
    counts: TermCounts, block: Block
) -> tuple[NDArray[np.int64], Iterator[tuple[Batch, NDArray[np.int64]]]]:
    """Give the terms of a block, ascending, and its batches with the row of each of their terms."""
    occurs = np.zeros(counts.vocabulary.height, np.bool_)
    for batch in read_batches(counts, block):
        occurs[batch.term] = True
    terms = np.flatnonzero(occurs)
    row_of = np.cumsum(occurs) - 1
    return terms, ((batch, row_of[batch.term]) for batch in read_batches(counts, block))


def _padded(columns: Sequence[NDArray[np.float64]], terms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lay columns side by side for the terms of a block, widened with zeros to whole vectors."""
    padded = np.zeros((len(terms), -(-len(columns) // LANES) * LANES))
    for k, column in enumerate(columns):
        gather_column(column, terms, k, padded)
    return padded
