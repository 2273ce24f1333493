"""Pairs of blocks as pieces of work (逐块任务), for the measures that no pass over single blocks gives.

A *piece* is a few blocks of one unit, the *base*, against a few blocks of the years after it, the *later*
ones: every pair of patents that a window reaches is in one piece. A piece reads its own blocks and the
term weights of its units, nothing else, so pieces can be made in any order, on threads or on other
machines. Which blocks make a piece follows from the corpus and the windows alone, and sums are put
together in the order of the pieces: that is why the bytes are the same however they were made.

The sums of a piece are kept under a name that says what they were made from, as in
`patentmetrics.score.passes`: a run that was killed goes on, and a year that is added changes the pieces
that it is in.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.execute.local import Executor, map_blocks
from patentmetrics.score.linear import unknown_sums
from patentmetrics.score.passes import Job, job_of, write_frequencies, write_weights
from patentmetrics.score.plan import Plan, Unit, unit_of
from patentmetrics.score.store import Store

# patents on each side of a piece, unless one block has more; so long that it is worth a file
PIECE_DOCUMENTS = 1 << 17
# pieces for each worker from which on they are shared out whole; fewer are divided among threads
MANY_PIECES = 4

Sides = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some blocks of one unit, some blocks of later years, and the name of their sums."""

    name: str
    base: tuple[Block, ...]
    later: tuple[Block, ...]

    @property
    def unit(self) -> Unit:
        """The unit of the base."""
        return unit_of(self.base[0])

    @property
    def years(self) -> list[int]:
        """The years of the later blocks: a column each in sums over them."""
        return sorted({block.year for block in self.later})

    def lag(self, block: Block) -> int:
        """Give the years from the base to a later block."""
        return block.year - self.base[0].year


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What all pieces of a run need: the corpus, the plan, weights, and which documents have terms.

    ``known``: units whose term weights are known. ``with_terms``: documents with a term, by block name.
    """

    job: Job
    known: dict[Unit, bool]
    with_terms: dict[str, int]

    @property
    def counts(self) -> TermCounts:
        """The counted corpus."""
        return self.job.counts

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.job.plan

    @property
    def store(self) -> Store:
        """Where results are kept."""
        return self.job.store

    @property
    def comparators(self) -> NDArray[np.int64]:
        """Patents with a term in each year of the sample."""
        number = np.zeros(self.plan.last_year - self.plan.first_year + 1, np.int64)
        for block in self.counts.blocks:
            number[block.year - self.plan.first_year] += self.with_terms[block.name]
        return number

    def weights(self, unit: Unit) -> NDArray[np.float64]:
        """Give the term weights of a unit; zeros where they are not known."""
        every = self.store.opened(self.job.weights)
        return np.ascontiguousarray(every[self.plan.at[unit]])

    def weights_of_later(self, piece: Piece, block: Block) -> NDArray[np.float64]:
        """Give the weights of a later block in its pairs with the base."""
        return self.weights(piece.unit if self.plan.pair_weights == "earlier" else unit_of(block))

    def has_terms(self, blocks: Sequence[Block]) -> NDArray[np.bool_]:
        """Say which documents of some blocks have a term."""
        return np.concatenate([_has_terms(self.job, block) for block in blocks])


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Memory that a measure needs: bytes for each document and non-zero of both sides of a piece.

    ``arrays``: of the results, a number for each document and lag. ``whole``: the later side is held whole;
    else batch by batch, of which a block is the bound.
    """

    per_document: int
    per_nonzero: int
    arrays: int
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Workers:
    """How a run is shared out: the executor, or ``number`` pieces at a time of all ``threads``."""

    executor: Executor | None
    number: int
    threads: int

    def each(
        self, stage: str, function: Callable[[Any], None], items: Sequence[Any], progress: Progress
    ) -> None:
        """Apply a function to items, somewhere, and tell how far it is."""
        run = self.executor or partial(map_blocks, threads=self.number)
        for done, _ in enumerate(run(function, items), start=1):
            progress(stage, done, len(items))

    def shared_out(self, pieces: Sequence[Piece]) -> tuple[Workers, int]:
        """Say how many pieces are in work at a time, and how many threads each of them has."""
        if self.executor is not None or len(pieces) >= MANY_PIECES * self.number:
            return self, 1 if self.executor is not None else max(1, self.threads // self.number)
        return Workers(executor=None, number=1, threads=self.threads), self.threads


def check_plan(counts: TermCounts, plan: Plan) -> None:
    """Raise `SettingError` unless the plan sums lag by lag, over years that cover the corpus."""
    if any(low != high for low, high in plan.groups):
        raise SettingError(
            "sums over pairs are made lag by lag",
            where="plan",
            got=plan.groups,
            hint="lag_groups(..., by_lag=True)",
        )
    outside = [b.year for b in counts.blocks if not plan.first_year <= b.year <= plan.last_year]
    if outside:
        raise SettingError(
            "there are patents outside the years of the plan",
            where="first_year, last_year",
            got=outside[0],
            allowed=f"{plan.first_year}-{plan.last_year}",
        )


def workers_within(
    counts: TermCounts,
    plan: Plan,
    *,
    memory: int | None,
    threads: int | None,
    executor: Executor | None,
    needs: Needs,
) -> Workers:
    """Say how many pieces can be in work at a time within the memory, if any is given.

    Raises
    ------
    SettingError
        The memory does not suffice for one piece and the results; the message says what would.
    """
    if threads is not None and threads < 1:
        raise SettingError("the number of threads must be one or more", where="threads", got=threads)
    workers = threads or os.cpu_count() or 1
    if memory is None:
        return Workers(executor=executor, number=workers, threads=workers)
    own = list(_runs(counts.blocks))
    # the other side can begin at any block
    later = (
        [next(_runs(counts.blocks[at:], one_unit=False)) for at in range(len(counts.blocks))]
        if needs.whole
        else [(block,) for block in counts.blocks]
    )
    documents, nonzeros = (
        [max(sum(getattr(block, what) for block in run) for run in side) for side in (own, later)]
        for what in ("documents", "nonzeros")
    )
    # weights and ranks of the terms, the documents and their rows, and the sums
    terms, at_most = counts.vocabulary.height, max(PIECE_DOCUMENTS, *documents)
    piece = 48 * terms
    if needs.whole and plan.pair_weights == "own":
        piece += 8 * terms * max(len({unit_of(block) for block in run}) for run in later)
    piece += needs.per_document * sum(documents) + needs.per_nonzero * sum(nonzeros)
    piece += 8 * needs.arrays * (len(plan.groups) * documents[0] + min(at_most, counts.documents))
    results = (8 * needs.arrays * (plan.backward + len(plan.groups)) + 16) * counts.documents
    if memory < results + piece:
        raise SettingError(
            "the memory does not suffice for one piece of work and the results",
            where="memory",
            got=f"{memory:,} bytes",
            allowed=f"{results + piece:,} bytes or more",
        )
    number = workers if executor is not None else min(workers, (memory - results) // piece)
    return Workers(executor=executor, number=number, threads=workers)


def prepare(counts: TermCounts, plan: Plan, store: Store, workers: Workers, progress: Progress) -> Prepared:
    """Count document frequencies, weigh the terms for each unit, and find the documents with terms."""
    job = job_of(counts, plan, store)
    workers.each("frequencies", partial(write_frequencies, job), counts.blocks, progress)
    with_terms = {block.name: int(np.count_nonzero(_has_terms(job, block))) for block in counts.blocks}
    return Prepared(job=job, known=write_weights(job), with_terms=with_terms)


def pieces_of(
    prepared: Prepared,
    kind: str,
    settings: Sequence[object],
    *,
    draw: Callable[[Block], object] = lambda _: None,
) -> list[Piece]:
    """Divide the pairs whose weights are known into pieces.

    ``settings``, and what ``draw`` gives for a block, are all that the sums depend on beside the blocks and
    the plan.
    """
    plan, blocks = prepared.plan, prepared.counts.blocks
    reach = max(plan.backward, plan.forward)
    pieces = []
    for base in _runs(blocks):
        unit = unit_of(base[0])
        near = [block for block in blocks if unit.year < block.year <= unit.year + reach]
        if prepared.known[unit]:
            pieces += [
                Piece(
                    name=_name(prepared, kind, [*settings, *map(draw, (*base, *later))], base, later),
                    base=base,
                    later=later,
                )
                for later in _runs(near, one_unit=False)
            ]
    return pieces


def save_sums(
    prepared: Prepared, piece: Piece, others: dict[str, NDArray[Any]] | None = None, **kinds: Sides
) -> None:
    """Keep the sums of a piece: for each kind those of its later documents, and of its base by year.

    Shapes: (later documents,) and (base documents, years). What no window needs is left out. ``others``
    are kept as they are.
    """
    reached = sum(block.documents for block in piece.later if piece.lag(block) <= prepared.plan.backward)
    ahead = sum(year - piece.unit.year <= prepared.plan.forward for year in piece.years)
    arrays = dict(others or {})
    for kind, (later, base) in kinds.items():
        arrays[f"{kind}_later"], arrays[f"{kind}_base"] = later[:reached], base[:, :ahead]
    prepared.store.save(piece.name, arrays)


def add_up(prepared: Prepared, pieces: Sequence[Piece], **kinds: type) -> dict[str, Sides]:
    """Add the sums of the pieces up, in their order: by lag back, and by lag ahead, of all documents."""
    plan, counts = prepared.plan, prepared.counts
    places = places_of(counts)
    total: dict[str, Sides] = {
        kind: (
            np.zeros((counts.documents, plan.backward), dtype),
            np.zeros((counts.documents, len(plan.groups)), dtype),
        )
        for kind, dtype in kinds.items()
    }
    for piece in pieces:
        found = prepared.store.load(piece.name)
        of_base = slice(places[piece.base[0].name].start, places[piece.base[-1].name].stop)
        for kind, (back, ahead) in total.items():
            first = 0
            for block in piece.later:
                if piece.lag(block) <= plan.backward:
                    sums = found[f"{kind}_later"][first : first + block.documents]
                    back[places[block.name], piece.lag(block) - 1] += sums
                first += block.documents
            for column in range(found[f"{kind}_base"].shape[1]):
                ahead[of_base, piece.years[column] - piece.unit.year - 1] += found[f"{kind}_base"][:, column]
    return total


def make_unknown(prepared: Prepared, *kinds: Sides) -> None:
    """Put NaN where the sample does not cover the comparators' year, or weights of pairs are not known."""
    plan = prepared.plan
    comparators, places = prepared.comparators, places_of(prepared.counts)
    for block in prepared.counts.blocks:
        unknown = unknown_sums(plan, unit_of(block), prepared.known, comparators)
        place = places[block.name]
        for back, ahead in kinds:
            back[place, unknown[: plan.backward]] = np.nan
            ahead[place, unknown[plan.backward :]] = np.nan


def places_of(counts: TermCounts) -> dict[str, slice]:
    """Say where the documents of each block are among all, by the name of the block."""
    places, first = {}, 0
    for block in counts.blocks:
        places[block.name] = slice(first, first + block.documents)
        first += block.documents
    return places


def years_of(counts: TermCounts) -> NDArray[np.int64]:
    """Give the year of each document, in the order of the blocks."""
    return np.repeat([block.year for block in counts.blocks], [block.documents for block in counts.blocks])


def _runs(blocks: Sequence[Block], *, one_unit: bool = True) -> Iterator[tuple[Block, ...]]:
    """Cut a row of blocks into runs of so many documents, or of one block."""
    run: list[Block] = []
    for block in blocks:
        full = run and sum(one.documents for one in run) + block.documents > PIECE_DOCUMENTS
        if full or (run and one_unit and unit_of(run[0]) != unit_of(block)):
            yield tuple(run)
            run = []
        run.append(block)
    if run:
        yield tuple(run)


def _name(
    prepared: Prepared,
    kind: str,
    settings: Sequence[object],
    base: Sequence[Block],
    later: Sequence[Block],
) -> str:
    """Hash what the sums of a piece are made of: blocks, their weights, and the settings."""
    plan, totals = prepared.plan, prepared.job.keys.totals
    blocks = [[block.year, totals[block.name]] for block in (*base, *later)]
    parts = [kind, len(base), blocks, plan.backward, plan.forward, plan.pair_weights, *settings]
    return f"{kind}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]}"


def _has_terms(job: Job, block: Block) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = job.store.load(job.keys.frequencies[block.name], "has_terms")["has_terms"]
    return found
