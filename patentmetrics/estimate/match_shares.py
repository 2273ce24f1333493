"""Shares of controls in the matches of the treated, from scores that are whole steps.

All functions take the scores of the treated, shape (t,), and of the controls, shape (c,), sorted; they give
the share of each control, summed over the treated it is matched with, and which treated are matched. A match
of one treated unit spreads a share of one over its controls. Whole steps make ties and limits exact.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kernel = Literal["epanechnikov", "gaussian", "uniform", "biweight"]

# Farther than any two scores, and twice it still fits
_FAR = np.iinfo(np.int64).max // 4


def range_shares(
    treated: Steps, controls: Steps, *, neighbours: int | None, reach: int | None
) -> tuple[Floats, Flags]:
    """Match with the nearest ``neighbours``, ties shared, or with all, none farther than ``reach``.

    Examples
    --------
    >>> shares, found = range_shares(np.array([5]), np.array([1, 4, 6, 9]), neighbours=1, reach=None)
    >>> shares.tolist(), found.tolist()
    ([0.0, 0.5, 0.5, 0.0], [True])
    """
    # the controls within a distance of a score stand side by side
    limit = np.full(len(treated), _FAR if reach is None else reach)
    if neighbours is not None:
        limit = np.minimum(limit, _nearest(treated, controls, neighbours))
    first = np.searchsorted(controls, treated - limit, side="left")
    last = np.searchsorted(controls, treated + limit, side="right")
    found = last > first
    share = np.zeros(len(controls))
    # each range in turn, so that no rounding is left where nothing was matched
    for start, stop in zip(first[found], last[found], strict=True):
        share[start:stop] += 1.0 / (stop - start)
    return share, found


def _nearest(treated: Steps, controls: Steps, count: int) -> Steps:
    # distance of each treated unit to its count-th nearest control; to the farthest if there are fewer
    count = min(count, len(controls))
    place = np.searchsorted(controls, treated)
    window = place[:, None] + np.arange(-count, count)
    inside = (window >= 0) & (window < len(controls))
    distance = np.abs(controls[np.clip(window, 0, len(controls) - 1)] - treated[:, None])
    distance[~inside] = np.iinfo(np.int64).max
    return np.asarray(np.partition(distance, count - 1, axis=1)[:, count - 1], dtype=np.int64)


def kernel_shares(
    treated: Steps, controls: Steps, *, kernel: Kernel, bandwidth: int, reach: int | None
) -> tuple[Floats, Flags]:
    """Match with all controls, nearer ones with a greater share; none farther than ``reach``.

    Examples
    --------
    >>> shares, _ = kernel_shares(
    ...     np.array([0]), np.array([0, 5, 10]), kernel="epanechnikov", bandwidth=10, reach=None
    ... )
    >>> shares.round(3).tolist()
    [0.571, 0.429, 0.0]
    """
    limit = _FAR if reach is None else reach
    if kernel != "gaussian":
        limit = min(limit, bandwidth)
    first = np.searchsorted(controls, treated - limit, side="left")
    last = np.searchsorted(controls, treated + limit, side="right")
    share, found = np.zeros(len(controls)), np.zeros(len(treated), dtype=bool)
    for i, (one, start, stop) in enumerate(zip(treated, first, last, strict=True)):
        weight = _kernel((controls[start:stop] - one) / bandwidth, kernel)
        total = float(weight.sum())
        if total > 0:
            share[start:stop] += weight / total
            found[i] = True
    return share, found


def _kernel(distance: Floats, kernel: Kernel) -> Floats:
    # up to a factor; the distance is in bandwidths
    if kernel == "gaussian":
        return np.asarray(np.exp(-0.5 * distance**2))
    inside = np.abs(distance) <= 1
    square = np.where(inside, 1 - distance**2, 0.0)
    return {"epanechnikov": square, "biweight": square**2, "uniform": inside.astype(np.float64)}[kernel]


def greedy_shares(treated: Steps, controls: Steps, *, reach: int | None) -> tuple[Floats, Flags]:
    """Match one to one, each control once, the treated with the highest score first.

    Of two controls equally near the one with the lower score is taken.

    Examples
    --------
    >>> shares, found = greedy_shares(np.array([5, 6]), np.array([1, 6]), reach=None)
    >>> shares.tolist(), found.tolist()
    ([1.0, 1.0], [True, True])
    """
    share, found = np.zeros(len(controls)), np.zeros(len(treated), dtype=bool)
    # pointers to the nearest free control on either side: position j + 1 is control j, the ends are "none"
    left, right = list(range(len(controls) + 2)), list(range(len(controls) + 2))
    for i in np.argsort(-treated, kind="stable"):
        at = int(np.searchsorted(controls, treated[i]))
        free = (_first_free(left, at) - 1, _first_free(right, at + 1) - 1)
        options = [(abs(int(controls[j]) - int(treated[i])), j) for j in free if 0 <= j < len(controls)]
        if not options:
            break
        distance, j = min(options)
        if reach is not None and distance > reach:
            continue
        share[j], found[i] = 1.0, True
        left[j + 1], right[j + 1] = j, j + 2
    return share, found


def _first_free(towards: list[int], at: int) -> int:
    # follow the pointers, and shorten them on the way
    root = at
    while towards[root] != root:
        root = towards[root]
    while towards[at] != root:
        towards[at], at = root, towards[at]
    return root
