r"""The thresholded similarity (阈值相似度): pairs below a threshold count zero, so pairs must be formed.

Kelly et al. 2021 set similarities below 0.05 to zero before they add up. Then no centroid can stand for
the patents of a year, and the cost is quadratic. Pairs are formed here unit by unit, the patents of unit b
against those of each later year, with the weights that the plan gives the pair:

.. math:: \tilde\rho_{pq} = \rho_{pq}\,[\rho_{pq} \ge c], \qquad \rho_{pq} = V_{p,b} \cdot V_{q,b}

and each is added at once to p's forward sum and q's backward sum of their lag (kernel
`patentmetrics.kernels.pairs.add_pairs`). No pair is stored, and none that reaches the threshold is left
out. A similarity is a sum of float64 products; where it equals the threshold but for rounding, rounding
decides. The work is divided as `patentmetrics.score.pieces` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import TermCounts
from patentmetrics.counted.format import read_batches
from patentmetrics.execute.local import Executor
from patentmetrics.score.linear import LagSums
from patentmetrics.score.pieces import (
    Needs,
    Piece,
    Prepared,
    add_up,
    check_plan,
    make_unknown,
    pieces_of,
    prepare,
    save_sums,
    workers_within,
    years_of,
)
from patentmetrics.score.plan import Plan
from patentmetrics.score.ranked import (
    HEAD_TERMS,
    as_lists,
    as_rows,
    base_of_blocks,
    rank_batch,
    rank_blocks,
    sum_pairs,
)
from patentmetrics.score.store import opened_store

# documents have a dense head; non-zeros are rows, twice while they are put in order, and in lists
NEEDS = Needs(per_document=4 * HEAD_TERMS + 100, per_nonzero=30, arrays=1, whole=False)


@dataclass(frozen=True, kw_only=True)
class PairSums:
    """Thresholded sums, and how many pairs there were.

    ``sums``: as from the linear engine, one column a lag. ``comparators`` (years,): patents with a term in
    each year of the sample. ``pairs``, ``kept``, shapes (lags,): pairs of patents with terms that lie 1, 2,
    … years apart, of units with known weights; and those of them whose similarity is above zero and reaches
    the threshold.
    """

    sums: LagSums
    comparators: NDArray[np.int64]
    pairs: NDArray[np.int64]
    kept: NDArray[np.int64]


def thresholded_by_lag(
    counts: TermCounts,
    plan: Plan,
    *,
    threshold: float = 0.05,
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> PairSums:
    """Sum the similarities that reach a threshold, with the patents of each of the years around.

    The measure as Kelly, Papanikolaou, Seru & Taddy 2021 computed it (AER: Insights 3(3), 303-320, eq.
    5-9, doi:10.1257/aeri.20190499). On short texts it is another measure than the linear one, not an
    approximation of it. Exact, and quadratic in the patents of a year: see `patentmetrics.score.sampled`
    for corpora where that is out of reach.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    plan : Plan
        From `patentmetrics.score.plan.make_plan`, one group a lag.
    threshold : float
        Similarities below it count zero; one that equals it is kept. Between 0 and 1.
    memory : int, optional
        Bytes for the results and the pieces in work; fewer of these are then in work at a time. With an
        executor it bounds the driver's results and the piece of a worker. Any number gives the same bytes.
    threads : int, optional
        Pieces in work at a time, at most; likewise.
    work : Path, optional
        A folder for the sums of the pieces: a run that was killed goes on with those that are there.
    executor : callable, optional
        Runs a function over pieces in place of threads, see `patentmetrics.execute`.

    Returns
    -------
    PairSums
        ``sums`` are NaN where the sample does not cover the comparators' year, and where the weights of
        the pairs are not known.

    Raises
    ------
    SettingError
        The threshold is out of range, the plan groups lags or leaves out years, or the memory is too small.

    Examples
    --------
    >>> import tempfile
    >>> import patentmetrics as pm
    >>> from patentmetrics.score.plan import make_plan
    >>> simulated = pm.simulate_corpus(first_year=2000, last_year=2003, patents_per_year=20, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = pm.count_terms(
    ...         simulated.corpus, folder + "/counts", segmenter="whitespace", date="filing"
    ...     )
    ...     plan = make_plan(counts, backward=2, groups=((1, 1),), first_year=2000, last_year=2003)
    ...     found = thresholded_by_lag(counts, plan, threshold=0.05)
    >>> found.sums.backward.shape, found.sums.forward.shape
    ((80, 2), (80, 1))
    """
    check_threshold(threshold)
    check_plan(counts, plan)
    workers = workers_within(
        counts,
        plan,
        memory=memory,
        threads=threads,
        executor=executor,
        needs=NEEDS,
    )
    with opened_store(work, on_disk=memory is not None or executor is not None) as store:
        prepared = prepare(counts, plan, store, workers, progress)
        pieces = pieces_of(prepared, "pairs", [threshold])
        outer, inner = workers.shared_out(pieces)
        outer.each("pairs", partial(write_pair_sums, prepared, threshold, inner), pieces, progress)
        back, ahead = add_up(prepared, pieces, sums=np.float64)["sums"]
        make_unknown(prepared, (back, ahead))
        sums = LagSums(
            year=years_of(counts),
            backward=back,
            forward=ahead,
            has_terms=prepared.has_terms(counts.blocks),
            groups=plan.groups,
        )
        pairs, kept = _pairs(prepared, pieces)
        return PairSums(sums=sums, comparators=prepared.comparators, pairs=pairs, kept=kept)


def write_pair_sums(prepared: Prepared, threshold: float, threads: int, piece: Piece) -> None:
    """Compare the patents of a piece: keep the sums over its later documents, and over its base by year."""
    if prepared.store.has(piece.name):
        return
    counts = prepared.counts
    base = base_of_blocks(counts, piece.base, prepared.weights(piece.unit))
    lists = as_lists(base, rank_blocks(counts, piece.base, base), threshold=threshold)
    rows: list[NDArray[np.float64]] = []
    columns = np.zeros((len(lists.order), len(piece.years)))
    kept = np.zeros(len(piece.years), np.int64)
    for block in piece.later:
        weights = prepared.weights_of_later(piece, block)
        year = piece.years.index(block.year)
        for batch in read_batches(counts, block):
            later = as_rows(base, rank_batch(base, batch, weights), weights, head=lists.head)
            found = sum_pairs(lists, later, threads=threads)
            rows.append(found.rows)
            columns[:, year] += found.columns
            kept[year] += found.kept
    save_sums(prepared, piece, {"kept": kept}, sums=(np.concatenate(rows), columns))


def check_threshold(threshold: float) -> None:
    """Raise `SettingError` unless a cosine can have the value."""
    if not 0 <= threshold <= 1:
        raise SettingError("the threshold must lie between 0 and 1", where="threshold", got=threshold)


def _pairs(prepared: Prepared, pieces: Sequence[Piece]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the pairs of patents with terms, and those that were kept, by lag."""
    reach = max(prepared.plan.backward, prepared.plan.forward)
    pairs, kept = np.zeros(reach, np.int64), np.zeros(reach, np.int64)
    for piece in pieces:
        of_base = sum(prepared.with_terms[block.name] for block in piece.base)
        for block in piece.later:
            pairs[piece.lag(block) - 1] += of_base * prepared.with_terms[block.name]
        lags = np.array(piece.years) - piece.unit.year
        kept[lags - 1] += prepared.store.load(piece.name, "kept")["kept"]
    return pairs, kept
