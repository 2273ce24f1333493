"""Principal components as weights: the direction in which the indicators move together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.index.variables import Matrix
from patentmetrics.index.weighting import Weighting, checked


def component_weights(values: Matrix, *, share: float | None = None) -> Weighting:
    """Weight indicators by principal components (主成分分析) of their correlation matrix.

    Parameters
    ----------
    values : numpy.ndarray, shape=(rows, indicators)
        Complete.
    share : float, optional
        None: the first component. Otherwise as many components as explain that share of the variance,
        e.g. 0.85, each weighted by the variance that it explains (综合得分).

    Returns
    -------
    Weighting
        The criterion holds the coefficients: the score of z-scores ``z`` is ``z · criterion``, with
        eigenvectors of length one (as Stata's ``pca`` and ``predict``). The weights are the coefficients
        divided by their sum; one can be negative, and the notes then say so. Each eigenvector's sign is that
        in which its coefficients have a positive sum, so that scores rise with the indicators.

        Statistics: ``components``, ``explained_share``, ``eigenvalue_1 …`` of all components, ``kmo``
        (Kaiser–Meyer–Olkin), ``bartlett``, ``bartlett_df``, ``bartlett_p``; the last four are None where
        the correlation matrix has no inverse, or with one indicator.

    Raises
    ------
    DataError
        A value is not a number; an indicator is constant; the coefficients sum to 0, as those of two
        indicators that go against each other do.
    SettingError
        The share is not above 0 and at most 1.

    Notes
    -----
    Jolliffe 2002, Principal Component Analysis, doi:10.1007/b98835; Kaiser 1974, doi:10.1007/BF02291575;
    Bartlett 1951, doi:10.1093/biomet/38.3-4.337.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 9.0], [5.0, 8.0]])
    >>> component_weights(x).weights.tolist()
    [0.5, 0.5]
    """
    if share is not None and not 0 < share <= 1:
        raise SettingError(
            "the share of variance is out of range", where="share", got=share, allowed="0 to 1"
        )
    values = checked(values, method="pca")
    n, p = values.shape
    correlation = np.corrcoef(values, rowvar=False).reshape(p, p)
    eigenvalues, vectors = np.linalg.eigh(correlation)
    eigenvalues, vectors = np.maximum(eigenvalues[::-1], 0), vectors[:, ::-1]
    explained = np.cumsum(eigenvalues) / p
    # rounding must not ask for one component more
    kept = 1 if share is None else min(int(np.searchsorted(explained, share - 1e-12)) + 1, p)
    vectors = np.column_stack([_rising(vectors[:, k]) for k in range(kept)])
    criterion = vectors @ (eigenvalues[:kept] / eigenvalues[:kept].sum())
    if criterion.sum() < 1e-9:
        raise DataError(
            "the components set the indicators against each other: their weights sum to nothing",
            where="pca",
            got=[round(float(one), 4) for one in criterion],
            hint="look at the directions of the indicators",
        )
    weights = criterion / criterion.sum()
    negative = int((weights < 0).sum())
    statistics: dict[str, float | int | None] = {
        "components": kept,
        "explained_share": float(explained[kept - 1]),
    }
    statistics |= {f"eigenvalue_{k}": float(one) for k, one in enumerate(eigenvalues, start=1)}
    return Weighting(
        weights=weights,
        criterion=criterion,
        statistics=statistics | _adequacy(correlation, n),
        notes=(f"{negative} indicators have a negative weight",) if negative else (),
    )


def _rising(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    total = vector.sum()
    if abs(total) < 1e-9:  # neither rises nor falls: then the largest coefficient is positive
        total = vector[np.argmax(np.abs(np.round(vector, 9)))]
    return vector if total > 0 else -vector


def _adequacy(correlation: NDArray[np.float64], n: int) -> dict[str, float | int | None]:
    """Give KMO and Bartlett's test of sphericity."""
    p = len(correlation)
    unknown = {"kmo": None, "bartlett": None, "bartlett_df": None, "bartlett_p": None}
    if p < 2 or n <= p or np.linalg.cond(correlation) > 1e12:
        return dict(unknown)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    off = ~np.eye(p, dtype=bool)
    simple, rest = (correlation[off] ** 2).sum(), (partial[off] ** 2).sum()
    chi2 = -(n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(correlation)[1]
    df = p * (p - 1) // 2
    return {
        "kmo": float(simple / (simple + rest)),
        "bartlett": float(chi2),
        "bartlett_df": df,
        "bartlett_p": float(stats.chi2.sf(chi2, df)),
    }
