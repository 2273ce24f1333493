r"""The linear similarity (线性相似度): exact sums over all pairs, without forming a pair.

Every pair (p, q) is weighted with the term weights of the earlier patent, and its similarity is the
cosine of the two weighted vectors (Kelly et al. 2021, eq. 5-7). A sum of cosines over a set of patents
is one product with the sum of the set's unit vectors:

.. math::
    \sum_q V_{p,b} \cdot V_{q,b} = V_{p,b} \cdot C_{s,b}, \qquad C_{s,b} = \sum_{q\ \text{of}\ s} V_{q,b}

with s the year of the comparators and b the base period of the weights. So the cost is one pass over the
non-zeros for all windows, not one over the pairs. Three passes, each a map over blocks and a sum in the
order of the blocks: document frequencies, totals, sums by lag (`patentmetrics.score.passes`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import TermCounts
from patentmetrics.execute.local import Executor, Item, map_blocks
from patentmetrics.kernels.lanes import LANES
from patentmetrics.score.passes import (
    Job,
    job_of,
    write_frequencies,
    write_sums,
    write_totals,
    write_unit_sums,
    write_weights,
)
from patentmetrics.score.plan import Plan, Unit, unit_of
from patentmetrics.score.store import opened_store


@dataclass(frozen=True, kw_only=True)
class LagSums:
    """Sums of similarities by lag, in the order of the blocks.

    Shapes: ``year`` (p,); ``backward`` (p, lags back): column j − 1 sums over the patents of j years
    before; ``forward`` (p, groups of lags ahead); ``has_terms`` (p,). ``groups``: first and last lag of
    each column of ``forward``; empty means one lag each. A sum is NaN where the sample does not cover
    the comparators' years, and where the weights of the pairs' base period are not known.
    ``backward_comparators`` and ``forward_comparators``: patents compared with, of the shapes of the
    sums, where it is not all those of a year.
    """

    year: NDArray[np.int64]
    backward: NDArray[np.float64]
    forward: NDArray[np.float64]
    has_terms: NDArray[np.bool_]
    groups: tuple[tuple[int, int], ...] = ()
    backward_comparators: NDArray[np.int64] | None = None
    forward_comparators: NDArray[np.int64] | None = None


def similarity_by_lag(
    counts: TermCounts,
    plan: Plan,
    *,
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> tuple[LagSums, NDArray[np.int64]]:
    """Sum the similarities of each patent with those of each of the years around it.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus; its blocks are memory-mapped.
    plan : Plan
        From `patentmetrics.score.plan.make_plan`.
    memory : int, optional
        Bytes that may be used: intermediate results are then kept in files, and fewer blocks are in work
        at a time. The result has the same bytes for any number. No bound by default.
    threads : int, optional
        Blocks in work at a time, at most; likewise.
    work : Path, optional
        A folder for intermediate results. What is in it from a run that was killed, or of a corpus that
        has grown since, is used where it is still right.
    executor : callable, optional
        Runs a function over blocks in place of threads, see `patentmetrics.execute`.

    Returns
    -------
    tuple
        The sums, and the number of comparators (patents with a term) of each year of the sample.
    """
    with opened_store(work, on_disk=memory is not None or executor is not None) as store:
        job = job_of(counts, plan, store)
        run = executor or partial(map_blocks, threads=_workers(job, memory, threads))

        def each(stage: str, function: Callable[[Item], None], items: Sequence[Item]) -> None:
            for done, _ in enumerate(run(function, items), start=1):
                progress(stage, done, len(items))

        each("frequencies", partial(write_frequencies, job), counts.blocks)
        known = write_weights(job)
        each("totals", partial(write_totals, job), counts.blocks)
        each("sums of units", partial(write_unit_sums, job), plan.units)
        each("sums", partial(write_sums, job), counts.blocks)
        comparators = _comparators(job)
        return _assembled(job, known, comparators), comparators


def _workers(job: Job, memory: int | None, threads: int | None) -> int:
    """Say how many blocks can be in work at a time.

    What is in memory then: the results, and for each block rows of weights and totals, lengths and
    products. The corpus and the sums of units are files, mapped; the system drops their pages at need.
    """
    if threads is not None and threads < 1:
        raise SettingError("the number of threads must be one or more", where="threads", got=threads)
    workers = threads or os.cpu_count() or 1
    if memory is None:
        return workers
    plan = job.plan
    width = max(len(plan.columns(block)) for block in job.counts.blocks) + LANES
    largest = max(block.documents for block in job.counts.blocks)
    per_block = 8 * 3 * width * (job.terms + largest)
    results = 8 * 2 * job.counts.documents * (plan.backward + len(plan.groups))
    if memory < results + per_block:
        raise SettingError(
            "the memory does not suffice for one block and the results",
            where="memory",
            got=f"{memory:,} bytes",
            allowed=f"{results + per_block:,} bytes or more",
        )
    return min(workers, (memory - results) // per_block)


def _comparators(job: Job) -> NDArray[np.int64]:
    plan = job.plan
    comparators = np.zeros(plan.last_year - plan.first_year + 1, np.int64)
    for block in job.counts.blocks:
        found = job.store.load(job.keys.frequencies[block.name], "has_terms")
        comparators[block.year - plan.first_year] += np.count_nonzero(found["has_terms"])
    return comparators


def _assembled(job: Job, known: dict[Unit, bool], comparators: NDArray[np.int64]) -> LagSums:
    """Put the blocks' sums together; NaN where nothing can be known."""
    plan = job.plan
    sums, has_terms = [], []
    for block in job.counts.blocks:
        of_block = job.store.load(job.keys.sums[block.name])["sums"]
        of_block[:, unknown_sums(plan, unit_of(block), known, comparators)] = np.nan
        sums.append(of_block)
        has_terms.append(job.store.load(job.keys.frequencies[block.name], "has_terms")["has_terms"])
    every = np.concatenate(sums)
    blocks = job.counts.blocks
    return LagSums(
        year=np.repeat([block.year for block in blocks], [block.documents for block in blocks]),
        backward=every[:, : plan.backward],
        forward=every[:, plan.backward :],
        has_terms=np.concatenate(has_terms),
        groups=plan.groups,
    )


def unknown_sums(
    plan: Plan, own: Unit, known: dict[Unit, bool], comparators: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say which sums of a unit's patents cannot be known.

    The years of a lag must be covered. A pair needs the weights of its earlier patent, or of both; a
    year without comparators has no pairs, so its weights need not be known.
    """

    def pairs_known(year: int) -> bool:
        units = [unit for unit in plan.units if unit.year == year]
        return comparators[year - plan.first_year] == 0 or all(known[unit] for unit in units)

    def column_known(years: range, *, ahead: bool) -> bool:
        if years.start < plan.first_year or years.stop - 1 > plan.last_year:
            return False
        if plan.pair_weights == "own":
            return known[own] and all(pairs_known(year) for year in years)
        return known[own] if ahead else all(pairs_known(year) for year in years)

    back = [
        column_known(range(own.year - j, own.year - j + 1), ahead=False) for j in range(1, plan.backward + 1)
    ]
    forth = [
        column_known(range(own.year + low, own.year + high + 1), ahead=True) for low, high in plan.groups
    ]
    return ~np.array([*back, *forth])
