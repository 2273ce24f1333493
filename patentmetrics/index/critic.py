"""CRITIC: an indicator counts the more, the more it varies and the less it repeats the others."""

from __future__ import annotations

import numpy as np

from patentmetrics.index.variables import Matrix
from patentmetrics.index.weighting import Weighting, checked, in_proportion


def critic_weights(values: Matrix) -> Weighting:
    """Weight indicators by contrast and conflict (CRITIC法).

    ``C_j = σ_j Σ_k (1 − r_jk)``, ``w_j = C_j / Σ C_j``, σ the standard deviation, r the correlation.

    Parameters
    ----------
    values : numpy.ndarray, shape=(rows, indicators)
        Complete; standardised by min–max, as σ depends on the unit.

    Returns
    -------
    Weighting
        The criterion is ``C_j`` (with n − 1 in σ, which the weights do not depend on).

    Raises
    ------
    DataError
        A value is not a number; an indicator is constant; all are perfectly correlated.

    Notes
    -----
    Diakoulaki, Mavrotas & Papayannakis 1995, eq. 4–5, doi:10.1016/0305-0548(94)00059-H.

    Examples
    --------
    >>> critic_weights(np.array([[0.0, 1.0], [0.5, 0.0], [1.0, 0.0]])).weights.round(4).tolist()
    [0.4641, 0.5359]
    """
    values = checked(values, method="critic")
    contrast = values.std(axis=0, ddof=1)
    if values.shape[1] == 1:
        return Weighting(weights=np.ones(1), criterion=contrast)
    conflict = (1 - np.corrcoef(values, rowvar=False)).sum(axis=0)
    # rounding only: a correlation is at most one
    criterion = contrast * np.maximum(conflict, 0)
    criterion[conflict < 1e-12] = 0
    return Weighting(weights=in_proportion(criterion, method="critic"), criterion=criterion)
