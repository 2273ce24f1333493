r"""Similarity with the patents of the same group (同组比较): of one applicant, or of one technology class.

Sums as in `patentmetrics.score.linear`, over those comparators only that share a group value with the
patent. Taken from the total they give the similarity with everybody else: comparators of the same
applicant left out, or comparisons across classes only. By themselves they give comparisons within.

A patent may have several values (co-applicants, subclasses), and a pair that shares two of them counts
once. A set of values is a *cell*: the patents that have all of them. By inclusion and exclusion

.. math::
    \sum_{q:\ A_p \cap A_q \ne \emptyset} \rho_{p,q}
      = \sum_{\emptyset \ne T \subseteq A_p} (-1)^{|T|+1} \sum_{q:\ T \subseteq A_q} \rho_{p,q}

with A the values of a patent, and the inner sum is one product with the centroid of the cell: linear in
the non-zeros, however large a class is, with no pair formed. A patent with k values is in up to 2^k − 1
cells; one with so many values that its pairs cost less (see `is_long_list`) is compared pair by pair
instead. Cells are found piece by piece (`patentmetrics.score.pieces`), and values, and sets of values, that
only one side of a piece has drop out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_documents
from patentmetrics.execute.local import Executor
from patentmetrics.score.group_members import GroupValues, Integers, group_column, group_values
from patentmetrics.score.group_sums import write_group_sums, write_rows
from patentmetrics.score.linear import LagSums
from patentmetrics.score.pieces import (
    Needs,
    Prepared,
    add_up,
    check_plan,
    make_unknown,
    pieces_of,
    prepare,
    workers_within,
    years_of,
)
from patentmetrics.score.plan import Plan
from patentmetrics.score.store import opened_store

Values = NDArray[np.float64]

# documents have values and are members of cells; non-zeros are rows, twice while they are chosen; the
# arrays are sums and numbers of comparators of the same group, of all, and of what is left
NEEDS = Needs(per_document=600, per_nonzero=24, arrays=6, whole=True)
# a difference of two sums that is smaller than this share of them is rounding
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class SameGroup:
    """Sums of similarities with comparators of the same group, by lag, in the order of the blocks.

    Shapes: ``year`` (p,); ``backward`` (p, lags back): column j − 1 sums over the patents of j years
    before that share a group value with the patent; ``forward`` (p, lags ahead). A sum is NaN where the
    sample does not cover the comparators' year, and where the weights of the pairs' base year are not
    known, as in `patentmetrics.score.linear.LagSums`. ``comparators_backward`` and
    ``comparators_forward``, of the same shapes: how many such comparators have terms, whether or not
    the weights are known. ``has_terms`` and ``has_group`` (p,): a patent without a group value shares a
    group with nobody, so its sums are zero. That is right for sums without the same group; who takes the
    sums within a group makes them null where ``has_group`` is false.
    """

    year: Integers
    backward: Values
    forward: Values
    comparators_backward: Integers
    comparators_forward: Integers
    has_terms: NDArray[np.bool_]
    has_group: NDArray[np.bool_]

    @property
    def nbytes(self) -> int:
        """Bytes of the sums and numbers of comparators."""
        sides = (self.backward, self.forward, self.comparators_backward, self.comparators_forward)
        return sum(one.nbytes for one in sides)

    @property
    def without_group(self) -> int:
        """How many patents have no group value."""
        return int((~self.has_group).sum())


def same_group_by_lag(
    counts: TermCounts,
    plan: Plan,
    *,
    group: str,
    values: GroupValues = "any",
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> SameGroup:
    """Sum the similarities of each patent with those patents around it that share its group (同组相似度).

    Pairs are weighted as the plan says, with weights that come from the whole corpus; similarities are
    cosines (Kelly, Papanikolaou, Seru & Taddy 2021, eq. 2 and 5-7, doi:10.1257/aeri.20190499).

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    plan : Plan
        From `patentmetrics.score.plan.make_plan`, one group of lags a lag.
    group : str
        A column of its documents: text, whole numbers, or lists of these. Values are compared as they
        are written; null, empty text and empty lists are no value. ``"ipc_subclass"`` is made from the
        column ``ipc`` where the documents do not have it.
    values : {"any", "first"}
        Patents share a group when they have any value in common, or when their first values (the main
        class) are the same: a patent then is in one group.
    memory, threads, work, executor
        As in `patentmetrics.score.pairwise.thresholded_by_lag`; any of them gives the same bytes.

    Raises
    ------
    ColumnError
        The documents do not have the column, or its values name no group.
    SettingError
        The plan groups lags or leaves out years, or the memory is too small.

    Notes
    -----
    The cost is that of the non-zeros, times the years that the windows reach, times the cells that a
    patent is in: one with ``values="first"``; with ``"any"`` 2^k − 1 at most for k values, of which only
    those count that a patent of the other side of a piece is in too. Patents with more than three values
    cost less pair by pair where their groups are small; those with more than twelve are always compared so.

    Examples
    --------
    >>> import tempfile, patentmetrics as pm, polars as pl
    >>> from pathlib import Path
    >>> from patentmetrics.score.plan import make_plan
    >>> texts = ["solar cell", "wind mill", "solar glass", "solar cell", "wind glass"]
    >>> patents = pl.DataFrame(
    ...     {
    ...         "patent_id": ["P0", "P1", "P2", "P3", "P4"],
    ...         "title": texts,
    ...         "filing_date": [f"200{year}-01-01" for year in (0, 0, 0, 1, 2)],
    ...         "applicants": [["A"], ["B"], ["B"], ["A", "B"], None],
    ...     },
    ... ).with_columns(pl.col("filing_date").str.to_date())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = pm.Corpus(frame=patents, key="patent_id", text=("title",))
    ...     counts = pm.count_terms(corpus, Path(folder) / "c", segmenter="whitespace", date="filing")
    ...     plan = make_plan(
    ...         counts, backward=1, groups=((1, 1),), first_year=2000, last_year=2002, weighting="none"
    ...     )
    ...     same = same_group_by_lag(counts, plan, group="applicants")
    >>> same.comparators_backward[:, 0].tolist(), same.without_group
    ([0, 0, 0, 3, 0], 1)
    """
    check_choice(values, ["any", "first"], argument="values")
    check_plan(counts, plan)
    # before any work: a column that is not there
    group_column(read_documents(counts, counts.blocks[0]), group, where=str(counts.folder))
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
        workers.each("groups", partial(_write_has_group, prepared, group), counts.blocks, progress)
        workers.each("rows", partial(write_rows, prepared), counts.blocks, progress)
        pieces = pieces_of(prepared, "groups", [group, values])
        outer, _ = workers.shared_out(pieces)
        outer.each("same group", partial(write_group_sums, prepared, group, values), pieces, progress)
        found = add_up(prepared, pieces, sums=np.float64, compared=np.int64)
        make_unknown(prepared, found["sums"])
        has_group = [store.load(_groups_name(block, group))["has_group"] for block in counts.blocks]
        return SameGroup(
            year=years_of(counts),
            backward=found["sums"][0],
            forward=found["sums"][1],
            comparators_backward=found["compared"][0],
            comparators_forward=found["compared"][1],
            has_terms=prepared.has_terms(counts.blocks),
            has_group=np.concatenate(has_group),
        )


def without_same_group(total: LagSums, same: SameGroup) -> LagSums:
    """Take the same group out of the total: comparators of other applicants, or classes, only (排除同组).

    A difference below 1e-12 of the total is rounding and becomes zero, so that a patent that resembles its
    own group only has no ratio to a rounding error.

    Raises
    ------
    DataError
        The sums are of other patents, or do not reach as far as the total.

    Examples
    --------
    >>> year, some = np.array([2000]), np.array([True])
    >>> total = LagSums(year=year, backward=np.array([[2.0]]), forward=np.array([[0.3]]), has_terms=some)
    >>> none = np.zeros((1, 1), np.int64)
    >>> same = SameGroup(
    ...     year=year,
    ...     backward=np.array([[0.5]]),
    ...     forward=np.array([[0.1 + 0.2]]),
    ...     comparators_backward=none,
    ...     comparators_forward=none,
    ...     has_terms=some,
    ...     has_group=some,
    ... )
    >>> others = without_same_group(total, same)
    >>> others.backward.tolist(), others.forward.tolist()
    ([[1.5]], [[0.0]])
    """
    groups = total.groups or tuple((lag, lag) for lag in range(1, total.forward.shape[1] + 1))
    furthest = groups[-1][1] if groups else 0
    if (
        not np.array_equal(total.year, same.year)
        or total.backward.shape[1] > same.backward.shape[1]
        or furthest > same.forward.shape[1]
    ):
        raise DataError(
            "the sums of the same group do not fit the total",
            where="without_same_group",
            got=f"{same.backward.shape} back, {same.forward.shape} ahead",
            allowed=f"{total.backward.shape} back, {(len(total.year), furthest)} ahead, or more",
        )
    ahead = [same.forward[:, low - 1 : high].sum(axis=1) for low, high in groups]
    return LagSums(
        year=total.year,
        backward=_difference(total.backward, same.backward[:, : total.backward.shape[1]]),
        forward=_difference(total.forward, np.stack(ahead, axis=1) if ahead else total.forward),
        has_terms=total.has_terms,
        groups=total.groups,
    )


def _write_has_group(prepared: Prepared, group: str, block: Block) -> None:
    """Keep which documents of a block have a value."""
    name = _groups_name(block, group)
    if not prepared.store.has(name):
        has = np.zeros(block.documents, np.bool_)
        has[group_values(prepared.counts, [block], group, "any")["row"].to_numpy()] = True
        prepared.store.save(name, {"has_group": has})


def _groups_name(block: Block, group: str) -> str:
    return f"groups-{hashlib.sha256(group.encode()).hexdigest()[:8]}-{block.sha256[:24]}"


def _difference(total: Values, part: Values) -> Values:
    rest: Values = total - part
    rest[rest < ROUNDING * total] = 0.0
    return rest
