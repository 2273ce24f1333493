"""From sums by lag to windows: complete, or null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.score.linear import LagSums
from patentmetrics.score.weights import YearCounts


def window_columns(
    sums: LagSums,
    year_counts: YearCounts,
    *,
    backward: int,
    forward: Sequence[int],
    partial: bool,
) -> dict[str, pl.Series]:
    """Add the lags up to the windows, with the number of comparators and whether a window is complete.

    A window is complete when the sample covers all its years and the term weights of all its pairs are
    known. A sum over an incomplete window is null, unless ``partial`` asks for what there is; a window
    in which nothing is known, and a patent without terms, are null in any case. Comparators are those
    of the years that are known.
    """
    row = sums.year - year_counts.years[0]
    sides = [("backward_{}", sums.backward, -np.arange(1, backward + 1))]
    for window in forward:
        lags = np.arange(1, window + 1)
        sides.append((f"forward_{{}}_{window}", sums.forward[:, :window], lags))
    columns: dict[str, pl.Series] = {}
    for name, by_lag, lags in sides:
        covered = ~np.isnan(by_lag)
        complete = covered.all(axis=1)
        given = sums.has_terms & (covered.any(axis=1) if partial else complete)
        total = np.where(given, np.nansum(by_lag, axis=1), np.nan)
        columns[name.format("similarity")] = pl.Series(total).fill_nan(None)
        columns[name.format("comparators")] = pl.Series(_comparators(year_counts, row, lags, covered))
        columns[name.format("complete")] = pl.Series(complete)
    return columns


def _comparators(
    year_counts: YearCounts, row: NDArray[np.int64], lags: NDArray[np.int64], covered: NDArray[np.bool_]
) -> NDArray[np.int64]:
    at = np.where(covered, row[:, np.newaxis] + lags, 0)
    total: NDArray[np.int64] = np.where(covered, year_counts.comparators[at], 0).sum(axis=1)
    return total
