"""What every method of weighting takes and gives: a complete matrix in, weights that sum to one out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError
from patentmetrics.index.variables import Matrix


@dataclass(frozen=True, kw_only=True)
class Weighting:
    """Weights of indicators (权重), and what they were made of.

    Parameters
    ----------
    weights : numpy.ndarray, shape=(indicators,)
        They sum to one.
    criterion : numpy.ndarray, shape=(indicators,)
        What the weights are in proportion to; each method says what it is.
    statistics : dict
        Numbers about the fit, by name; None where one is not defined.
    notes : tuple of str
        What a reader has to know.
    """

    weights: NDArray[np.float64]
    criterion: NDArray[np.float64]
    statistics: dict[str, float | int | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def checked(values: Matrix, *, method: str, not_negative: bool = False, varying: bool = True) -> Matrix:
    """Give the matrix when a method can weight it.

    Raises
    ------
    DataError
        Not two-dimensional, fewer than two rows, no indicator, not-a-number; where asked for, a negative
        value, or an indicator that is constant.

    Examples
    --------
    >>> checked(np.array([[1, 2], [3, 4]]), method="entropy").dtype
    dtype('float64')
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] < 1:
        raise DataError(
            "weights need at least two rows, and one indicator",
            where=method,
            got=f"shape {values.shape}",
            allowed="rows × indicators",
        )
    if not np.isfinite(values).all():
        raise DataError(
            "weights are taken from complete rows", where=method, got="not-a-number", hint="drop those rows"
        )
    if not_negative and (values < 0).any():
        raise DataError(
            "a value is negative", where=method, got=float(values.min()), hint="standardise by min–max first"
        )
    flat = values.min(axis=0) == values.max(axis=0)
    if varying and flat.any():
        raise DataError(
            "an indicator is constant: it cannot be weighted",
            where=method,
            got=f"column {int(np.flatnonzero(flat)[0])}",
        )
    return values


def in_proportion(criterion: NDArray[np.float64], *, method: str) -> NDArray[np.float64]:
    """Give the weights that are in proportion to a criterion.

    Examples
    --------
    >>> in_proportion(np.array([1.0, 3.0]), method="entropy").tolist()
    [0.25, 0.75]
    """
    total = criterion.sum()
    if not total > 0:
        raise DataError(
            "no indicator tells the rows apart: there is nothing to weight by",
            where=method,
            hint='take method="equal"',
        )
    share: NDArray[np.float64] = criterion / total
    return share


def equal_weights(values: Matrix) -> Weighting:
    """Weight all indicators the same (等权法).

    Examples
    --------
    >>> equal_weights(np.array([[1.0, 2.0], [2.0, 5.0]])).weights.tolist()
    [0.5, 0.5]
    """
    p = checked(values, method="equal", varying=False).shape[1]
    return Weighting(weights=np.full(p, 1 / p), criterion=np.ones(p))
