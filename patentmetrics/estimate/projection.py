"""Take fixed effects and controls out of many columns at once, exactly, and always in the same order of sums.

`patentmetrics.estimate.within` asks pyfixest to demean the few columns of one model. Draws have hundreds of
columns and the same effects: here the normal equations of the effects are solved once, and each column costs
two products with a sparse matrix. No sum goes through BLAS, so the number of threads changes no digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from patentmetrics.estimate.sample import Codes
from patentmetrics.estimate.within import COLLINEAR

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Levels that the constant or another effect makes redundant leave a pivot of rounding errors
_REDUNDANT = 1e-10


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The residual maker (残差化) of some effects, and of controls that are orthogonal to them.

    Parameters
    ----------
    design : csr_array, shape (n, l + k)
        Dummies of all levels, those of the largest effect first; then k orthonormal controls.
    turned : csr_array, shape (l + k, n)
        Its transpose.
    sizes : ndarray, shape (l1,)
        Rows at each level of the largest effect.
    cross : csr_array, shape (l1, l2)
        Rows at each pair of a level of the largest effect and a level of another.
    inverse : ndarray, shape (l2, l2)
        Generalised inverse of the other effects' normal equations, the largest taken out.
    """

    design: sparse.csr_array
    turned: sparse.csr_array
    sizes: Floats
    cross: sparse.csr_array
    inverse: Floats

    def residuals(self, columns: Floats) -> Floats:
        """Give what is left of each column, shape (n, m)."""
        first, other = len(self.sizes), len(self.inverse)
        sums = self.turned @ columns
        own, others, controls = np.split(sums, [first, first + other])
        right = others - self.cross.T @ (own / self.sizes[:, None])
        b_other = np.einsum("ij,jm->im", self.inverse, right)
        b_own = (own - self.cross @ b_other) / self.sizes[:, None]
        return np.asarray(columns - self.design @ np.vstack([b_own, b_other, controls]))


def project_out(effects: Codes, controls: Floats | None = None) -> Projection:
    """Prepare to take effects, and controls, out of columns.

    Parameters
    ----------
    effects : ndarray, shape (n, e)
        Levels of each effect, from 0; one effect at least.
    controls : ndarray, shape (n, k), optional
        Orthonormal columns without the effects, from `orthonormal`.

    Examples
    --------
    >>> place, year = np.repeat([0, 1, 2], 2), np.tile([0, 1], 3)
    >>> out = project_out(np.column_stack([place, year]))
    >>> treated = np.array([[0.0], [0.0], [0.0], [1.0], [0.0], [1.0]])
    >>> out.residuals(treated).round(3).ravel().tolist()
    [0.333, -0.333, -0.167, 0.167, -0.167, 0.167]
    """
    dummies = sorted((indicators(one) for one in effects.T), key=lambda one: -one.shape[1])
    first = dummies[0]
    sizes = np.asarray(first.sum(axis=0), dtype=np.float64).ravel()
    others = sparse.hstack(dummies[1:], format="csr") if dummies[1:] else sparse.csr_array((len(effects), 0))
    cross = (first.T @ others).tocsr()
    dense = cross.toarray()
    normal = (others.T @ others).toarray() - np.asarray(cross.T @ (dense / sizes[:, None]))
    swept, _ = sweep(normal[None], range(len(normal)), tolerance=_REDUNDANT)
    parts = [first, others] + ([sparse.csr_array(controls)] if controls is not None else [])
    design = sparse.hstack(parts, format="csr")
    return Projection(design=design, turned=design.T.tocsr(), sizes=sizes, cross=cross, inverse=-swept[0])


def indicators(codes: Codes) -> sparse.csr_array:
    """Give one column of zeros and ones for each level, from 0.

    Examples
    --------
    >>> indicators(np.array([0, 1, 1])).toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    """
    n = len(codes)
    return sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, int(codes.max()) + 1))


def orthonormal(columns: Floats, effects: Codes) -> Floats:
    """Take the effects out of columns and make what is left orthonormal; collinear columns are left out.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Controls.
    effects : ndarray, shape (n, e)
        Levels of each effect.

    Examples
    --------
    >>> place = np.array([0, 0, 1, 1])
    >>> x = np.array([1.0, 2.0, 0.0, 3.0])
    >>> orthonormal(np.column_stack([x, 2 * x]), place[:, None]).shape
    (4, 1)
    """
    centred = standardised(columns)[0]
    out = project_out(effects)
    # the second pass takes out the rounding of the first, here and below
    left = out.residuals(out.residuals(centred))
    basis: list[Floats] = []
    for own, before in zip(left.T, centred.T, strict=True):
        size = float(np.sum(own**2))
        if size <= COLLINEAR * max(float(np.sum(before**2)), 1e-12):
            continue
        rest = own
        for _ in range(2):
            for one in basis:
                rest = rest - one * np.sum(one * rest)
        length = float(np.sum(rest**2))
        if length > COLLINEAR * size:
            basis.append(rest / np.sqrt(length))
    return np.column_stack(basis) if basis else np.empty((len(columns), 0))


def standardised(columns: Floats) -> tuple[Floats, Floats]:
    """Centre columns and divide each by its standard deviation, which comes second; 1 for a constant.

    Examples
    --------
    >>> values, scale = standardised(np.array([[1.0], [3.0]]))
    >>> values.ravel().tolist(), scale.tolist()
    ([-1.0, 1.0], [1.0])
    """
    spread = columns.std(axis=0)
    constant = spread <= 1e-13 * np.abs(columns).max(axis=0, initial=0.0)
    scale = np.where(constant, 1.0, spread)
    return (columns - columns.mean(axis=0)) / scale, scale


def sweep(matrices: Floats, at: Sequence[int], *, tolerance: float = COLLINEAR) -> tuple[Floats, Flags]:
    """Sweep cross-products on some columns: regress all other columns on them, for many samples at once.

    After the sweep on columns S, row s and column j outside S hold the coefficient of s in the regression of
    j on all of S; rows and columns outside S the cross-products of the residuals; rows and columns within S
    minus the inverse. A column that the earlier ones explain up to ``tolerance`` of its own sum of squares
    is left out: its row and column become 0.

    Parameters
    ----------
    matrices : ndarray, shape (m, q, q)
        Symmetric; not changed.
    at : sequence of int
        Columns to sweep on, in this order.

    Returns
    -------
    tuple of ndarray
        The swept matrices, and which columns of ``at`` were kept, shape (m, len(at)).

    Source: Goodnight (1979), "A tutorial on the SWEEP operator", doi:10.1080/00031305.1979.10482685.

    Examples
    --------
    >>> x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    >>> cross = np.array([[[x @ x, x @ y], [y @ x, y @ y]]])
    >>> float(sweep(cross, [0])[0][0, 0, 1])
    2.0
    """
    swept = matrices.copy()
    own = np.diagonal(matrices, axis1=1, axis2=2).copy()
    kept = np.empty((len(matrices), len(at)), dtype=bool)
    for position, k in enumerate(at):
        pivot = swept[:, k, k].copy()
        kept[:, position] = pivot > tolerance * own[:, k]
        inverse = np.where(kept[:, position], 1 / np.where(kept[:, position], pivot, 1.0), 0.0)
        column = swept[:, :, k].copy()
        row = swept[:, k, :] * inverse[:, None]
        swept -= column[:, :, None] * row[:, None, :]
        swept[:, k, :] = row
        swept[:, :, k] = column * inverse[:, None]
        swept[:, k, k] = -inverse
        swept[~kept[:, position], k, :] = 0.0
        swept[~kept[:, position], :, k] = 0.0
    return swept, kept
