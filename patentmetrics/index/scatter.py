"""The vertical and horizontal scatter-degree method: the weights that set places and years furthest apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.index.variables import Matrix
from patentmetrics.index.weighting import Weighting, checked

_ROUNDING = 1e-12
_ROUNDS = 10_000


def scatter_degree_weights(values: Matrix) -> Weighting:
    """Weight indicators by the scatter-degree method (纵横向拉开档次法).

    The scores ``y = Xw`` are set as far apart as they can be, over places and years together: ``w`` maximises
    ``Σ_t w'X_t'X_t w = w'Hw`` among the ``w ≥ 0`` of length one, and is then divided by its sum. As years
    only add up, ``H = X'X`` of the stacked rows.

    Where all entries of H are positive, as after min–max, ``w`` is the eigenvector of its largest eigenvalue
    and has no negative part. Otherwise (z-scores) that eigenvector can have entries of both signs: then the
    maximum within ``w ≥ 0`` is searched for by the generalised power method, which never goes down, from
    each indicator in turn; the notes say so.

    Parameters
    ----------
    values : numpy.ndarray, shape=(rows, indicators)
        Complete, standardised; a row is a place-year.

    Returns
    -------
    Weighting
        The criterion is the vector of length one. Statistics: ``largest_eigenvalue``, and ``share_of_trace``,
        ``w'Hw`` as a share of the whole scatter.

    Raises
    ------
    DataError
        A value is not a number; an indicator is constant.

    Notes
    -----
    Guo 2002 (郭亚军, 一种新的动态综合评价方法, 管理科学学报 5(2)); the power method is that of Journée et al.
    2010, Journal of Machine Learning Research 11.

    Examples
    --------
    >>> scatter_degree_weights(np.array([[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]])).weights.round(4).tolist()
    [0.4384, 0.5616]
    """
    values = checked(values, method="scatter")
    scatter = values.T @ values
    eigenvalues, vectors = np.linalg.eigh(scatter)
    leading = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    notes: tuple[str, ...] = ()
    if leading.min() < -_ROUNDING:
        leading = _best_not_negative(scatter)
        notes = (
            "the leading eigenvector has entries of both signs: the weights are the best ones not negative",
        )
    leading = np.maximum(leading, 0)
    return Weighting(
        weights=leading / leading.sum(),
        criterion=leading,
        statistics={
            "largest_eigenvalue": float(eigenvalues[-1]),
            "share_of_trace": float(leading @ scatter @ leading / np.trace(scatter)),
        },
        notes=notes,
    )


def _best_not_negative(scatter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximise w'Hw over w ≥ 0 of length one, from each axis and from the middle."""
    p = len(scatter)
    best, best_value = np.full(p, 1 / np.sqrt(p)), -np.inf
    for start in [*np.eye(p), np.full(p, 1 / np.sqrt(p))]:
        w = start
        for _ in range(_ROUNDS):
            step = np.maximum(scatter @ w, 0)
            step /= np.linalg.norm(step)
            moved, w = np.abs(step - w).max(), step
            if moved < _ROUNDING:
                break
        value = w @ scatter @ w
        # the first of equals: the answer does not depend on rounding
        if value > best_value * (1 + 1e-10) or best_value < 0:
            best, best_value = w, value
    return best
