"""From sums by lag to windows: complete, or null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.score.linear import LagSums


def window_columns(
    sums: LagSums,
    comparators: NDArray[np.int64],
    *,
    first_year: int,
    backward: int,
    forward: Sequence[int],
    partial: bool,
) -> dict[str, pl.Series]:
    """Add the lags up to the windows, with the number of comparators and whether a window is complete.

    A window is complete when the sample covers all its years and the term weights of all its pairs are
    known. A sum over an incomplete window is null, unless ``partial`` asks for what there is; a window
    in which nothing is known, and a patent without terms, are null in any case. Comparators are those
    of the years that are known; null where the window is.

    Parameters
    ----------
    sums : LagSums
        By lag, or by groups of lags whose ends are the forward windows.
    comparators : ndarray, shape (years,)
        Patents with a term in each year from ``first_year`` on.
    """
    row = sums.year - first_year
    groups = sums.groups or tuple((lag, lag) for lag in range(1, sums.forward.shape[1] + 1))
    single = [(-lag, -lag) for lag in range(1, backward + 1)]
    sides = [("backward_{}", sums.backward[:, :backward], single, sums.backward_comparators)]
    for window in forward:
        inside = [group for group in groups if group[1] <= window]
        sides.append(
            (f"forward_{{}}_{window}", sums.forward[:, : len(inside)], inside, sums.forward_comparators)
        )
    columns: dict[str, pl.Series] = {}
    for name, by_lag, lags, chosen in sides:
        covered = ~np.isnan(by_lag)
        complete = covered.all(axis=1)
        given = covered.any(axis=1) if partial else complete
        total = np.where(given & sums.has_terms, np.nansum(by_lag, axis=1), np.nan)
        compared = pl.Series(
            _comparators(comparators, row, lags, covered)
            if chosen is None
            else np.where(covered, chosen[:, : len(lags)], 0).sum(axis=1)
        )
        columns[name.format("similarity")] = pl.Series(total).fill_nan(None)
        columns[name.format("comparators")] = compared.set(pl.Series(~given), None)
        columns[name.format("complete")] = pl.Series(complete)
    return columns


def _comparators(
    comparators: NDArray[np.int64],
    row: NDArray[np.int64],
    lags: Sequence[tuple[int, int]],
    covered: NDArray[np.bool_],
) -> NDArray[np.int64]:
    total = np.zeros(len(row), np.int64)
    for column, (low, high) in enumerate(lags):
        for lag in range(low, high + 1):
            at = np.where(covered[:, column], row + lag, 0)
            total += np.where(covered[:, column], comparators[at], 0)
    return total
