"""One model on many samples of the same units: bootstrap, permutation, leaving out.

Effects that lie within units are taken out once, for a unit that is drawn has the same place effect in every
sample. What is left are cross-products by unit; those of a sample are their sum by weight, and a sweep
gives its coefficients. 500 samples are one product of matrices and one batch of sweeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.estimate.degrees import nested
from patentmetrics.estimate.projection import (
    Floats,
    indicators,
    project_out,
    standardised,
    sweep,
)
from patentmetrics.estimate.sample import Codes, Sample

# Numbers: of the cross-products of all units, and of those of the samples in work
_MOST = 250_000_000
_BLOCK = 10_000_000


@dataclass(frozen=True, kw_only=True)
class UnitProducts:
    """Cross-products of a model's columns by unit.

    Parameters
    ----------
    table : ndarray, shape (u, q × q)
        Of the dummies of the effects that do not lie within units, the regressors in order, the outcome.
    size : int
        q.
    scales : ndarray, shape (k + 1,)
        By which the regressors and the outcome were divided.
    """

    table: Floats
    size: int
    scales: Floats


def unit_products(sample: Sample, units: Codes) -> UnitProducts:
    """Sum the cross-products of a model over the rows of each unit.

    Parameters
    ----------
    sample : Sample
        n rows, k regressors.
    units : ndarray, shape (n,)
        What is drawn: the places, or the clusters; from 0.

    Raises
    ------
    SettingError
        The effects that do not lie within units have too many levels to do this for all units.
    """
    columns, scales = standardised(np.column_stack([sample.regressors, sample.outcome]))
    out = project_out(sample.effects)
    columns = out.residuals(out.residuals(columns))
    inner = [one for one in sample.effects.T if nested(one, units)]
    across = [one for one in sample.effects.T if not nested(one, units)]
    levels = sum(int(one.max()) + 1 for one in across)
    size = levels + columns.shape[1]
    if (int(units.max()) + 1) * size**2 > _MOST:
        raise SettingError(
            "the absorbed effects have too many levels to draw units and estimate again",
            where="fixed_effects",
            got=f"{levels} levels that do not lie within a unit, {int(units.max()) + 1} units",
            hint="draw coarser units, or absorb place and year only",
        )
    dummies = np.column_stack([indicators(one).toarray() for one in across]) if across else columns[:, :0]
    if inner and across:
        dummies = project_out(np.column_stack(inner)).residuals(dummies)
    z = np.column_stack([dummies, columns])
    sums = indicators(units).T.tocsr()
    table = np.stack([sums @ (z * z[:, [j]]) for j in range(size)], axis=1)
    return UnitProducts(table=table.reshape(len(table), -1), size=size, scales=scales)


def samples(products: UnitProducts, weights: npt.ArrayLike) -> Iterator[Floats]:
    """Give the cross-products of samples in blocks, shape (b, q, q) each, in order.

    Parameters
    ----------
    products : UnitProducts
        Of u units.
    weights : array_like, shape (m, u)
        How often each unit is in each sample.
    """
    drawn = sparse.csr_array(np.asarray(weights, dtype=np.float64))
    size = max(1, _BLOCK // products.size**2)
    for first in range(0, drawn.shape[0], size):
        summed = np.asarray(drawn[first : first + size] @ products.table)
        yield summed.reshape(-1, products.size, products.size)


def last_coefficients(products: UnitProducts, weights: npt.ArrayLike) -> Floats:
    """Give the coefficient of the last regressor in each sample, shape (m,).

    Not a number where it cannot be told apart from the effects and the other regressors.
    """
    found = []
    for block in samples(products, weights):
        swept, kept = sweep(block, range(products.size - 1))
        found.append(np.where(kept[:, -1], swept[:, -2, -1], np.nan))
    return np.asarray(np.concatenate(found) * products.scales[-1] / products.scales[-2])


def bootstrap_weights(units: int, draws: int, seed: int) -> Floats:
    """Draw units with replacement, as many as there are: how often each is in each sample, (draws, units).

    Draw i is the same whatever the number of draws.

    Examples
    --------
    >>> bootstrap_weights(4, 3, seed=1).sum(axis=1).tolist()
    [4.0, 4.0, 4.0]
    """
    if units < 2:
        raise DataError("there is only one unit to draw", where="bootstrap", got=units)
    return np.stack(
        [
            np.bincount(np.random.default_rng([seed, i]).integers(units, size=units), minlength=units)
            for i in range(draws)
        ]
    ).astype(np.float64)
