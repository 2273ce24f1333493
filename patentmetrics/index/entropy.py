"""Entropy weights: an indicator counts the more, the less evenly it is spread over the rows."""

from __future__ import annotations

import numpy as np

from patentmetrics.core.errors import SettingError
from patentmetrics.index.variables import Matrix
from patentmetrics.index.weighting import Weighting, checked, in_proportion


def entropy_weights(values: Matrix, *, shift: float = 0.0) -> Weighting:
    """Weight indicators by their entropy (熵权法).

    ``p_ij = x_ij / Σ_i x_ij``, ``e_j = −Σ_i p_ij ln p_ij / ln n``, ``w_j = (1 − e_j) / Σ_j (1 − e_j)``.

    Parameters
    ----------
    values : numpy.ndarray, shape=(rows, indicators)
        Not negative, complete: in a panel a row is a place-year, so that n is places × years.
    shift : float
        Added to every value before the shares, as many papers do so as not to take the logarithm of 0. It
        is not needed: 0 · ln 0 is 0, its limit, and a shift moves the weights towards each other. It goes
        into the statistics.

    Returns
    -------
    Weighting
        The criterion is ``1 − e_j``; a constant indicator has weight 0. The statistics say how many zeros
        there were.

    Raises
    ------
    DataError
        A value is negative or not a number; fewer than two rows; all indicators are constant.
    SettingError
        The shift is negative.

    Notes
    -----
    Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x; as weights of criteria Zeleny 1982, Multiple
    Criteria Decision Making, ch. 7.

    Examples
    --------
    >>> entropy_weights(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 9.0]])).weights.round(6).tolist()
    [0.0, 1.0]
    """
    if not (np.isfinite(shift) and shift >= 0):
        raise SettingError("the shift is negative", where="shift", got=shift, allowed="0 or more")
    values = checked(values, method="entropy", not_negative=True, varying=False)
    zeros = int((values == 0).sum())
    varies = values.min(axis=0) < values.max(axis=0)
    # by the largest value first: sums and shares then neither overflow nor depend on the unit
    shifted = values[:, varies] + shift
    shifted = shifted / shifted.max(axis=0)
    share = shifted / shifted.sum(axis=0)
    # 0 · ln 0 = 0
    logs = np.log(np.where(share > 0, share, 1.0))
    divergence = np.zeros(values.shape[1])
    divergence[varies] = np.maximum(1 + (share * logs).sum(axis=0) / np.log(len(values)), 0)
    return Weighting(
        weights=in_proportion(divergence, method="entropy"),
        criterion=divergence,
        statistics={"shift": float(shift), "zeros": zeros},
    )
