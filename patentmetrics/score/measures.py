"""From settings to sums by lag: the linear measure, the thresholded one, and comparisons by group."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import TermCounts
from patentmetrics.execute.local import Executor
from patentmetrics.score.groups import SameGroup, same_group_by_lag, without_same_group
from patentmetrics.score.linear import LagSums, similarity_by_lag
from patentmetrics.score.pairwise import thresholded_by_lag
from patentmetrics.score.plan import lag_groups, make_plan
from patentmetrics.score.sampled import SampledSums, sampled_by_lag
from patentmetrics.score.settings import Compare, ScoreSettings


class _How(TypedDict):
    """How a run is made: none of it changes a byte."""

    memory: int | None
    threads: int | None
    work: Path | None
    executor: Executor | None
    progress: Progress


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Sums by lag, patents with a term in each year of the sample, and errors where sums are estimates."""

    sums: LagSums
    comparators: NDArray[np.int64]
    sampled: SampledSums | None = None


def measured_sums(
    counts: TermCounts,
    settings: ScoreSettings,
    *,
    first_year: int,
    last_year: int,
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Measured:
    """Sum similarities by lag as the settings say.

    Parameters
    ----------
    memory, threads, work, executor
        As in `patentmetrics.score.patents.score_patents`.
    """
    by_lag = (
        settings.keep_lags or settings.partial_windows or settings.grouped or settings.threshold is not None
    )
    plan = make_plan(
        counts,
        backward=settings.backward,
        groups=lag_groups(list(settings.forward), by_lag=by_lag),
        first_year=first_year,
        last_year=last_year,
        weighting=settings.weighting,
        pair_weights=settings.pair_weights,
    )
    how: _How = {
        "memory": memory,
        "threads": threads,
        "work": work,
        "executor": executor,
        "progress": progress,
    }
    if settings.threshold is not None and settings.sample is not None and settings.seed is not None:
        sampled = sampled_by_lag(
            counts,
            plan,
            comparators=settings.sample,
            seed=settings.seed,
            threshold=settings.threshold,
            **how,
        )
        return Measured(sums=sampled.sums, comparators=sampled.comparators, sampled=sampled)
    if settings.threshold is not None:
        found = thresholded_by_lag(counts, plan, threshold=settings.threshold, **how)
        return Measured(sums=found.sums, comparators=found.comparators)
    same = None
    if settings.grouped and settings.group is not None:
        same = same_group_by_lag(counts, plan, group=settings.group, values=settings.group_values, **how)
        if memory is not None:
            # what is held while the totals are summed
            how["memory"] = memory - same.nbytes
    sums, comparators = similarity_by_lag(counts, plan, **how)
    if same is not None:
        sums = _by_group(sums, same, comparators, first_year, settings)
    return Measured(sums=sums, comparators=comparators)


def _by_group(
    total: LagSums,
    same: SameGroup,
    comparators: NDArray[np.int64],
    first_year: int,
    settings: ScoreSettings,
) -> LagSums:
    """Take the sums of the same group, or those of the others, on each side."""
    others = without_same_group(total, same)
    row = total.year - first_year
    back_lags, forward_lags = -np.arange(1, settings.backward + 1), np.arange(1, total.forward.shape[1] + 1)
    back, back_compared = _side(
        settings.backward_compare,
        (total.backward, same.backward, others.backward),
        _of_years(comparators, row, back_lags),
        same.comparators_backward,
        same.has_group,
    )
    forth, forward_compared = _side(
        settings.forward_compare,
        (total.forward, same.forward, others.forward),
        _of_years(comparators, row, forward_lags),
        same.comparators_forward,
        same.has_group,
    )
    return dataclasses.replace(
        total,
        backward=back,
        forward=forth,
        backward_comparators=back_compared,
        forward_comparators=forward_compared,
    )


def _side(
    compare: Compare,
    sums: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    compared: NDArray[np.int64],
    compared_same: NDArray[np.int64],
    has_group: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    every, same, others = sums
    if compare == "all":
        return every, compared
    if compare == "within":
        # who has no group has nobody to be compared with: null, not zero
        return np.where(has_group[:, np.newaxis], same, np.nan), compared_same
    return others, compared - compared_same


def _of_years(
    comparators: NDArray[np.int64], row: NDArray[np.int64], lags: NDArray[np.int64]
) -> NDArray[np.int64]:
    at = row[:, np.newaxis] + lags
    inside = (at >= 0) & (at < len(comparators))
    compared: NDArray[np.int64] = np.where(inside, comparators[np.where(inside, at, 0)], 0)
    return compared
