"""The boundary to stochtree, and the only module that imports it: means of additive regression trees.

One thread and a seed a fit: the same seed gives the same bytes (0.4.5). It holds the interpreter lock, so
fits run side by side in processes, not in threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import numpy.typing as npt

from patentmetrics.core.errors import ExtraError

Floats = npt.NDArray[np.float64]


def bart_means(
    x: Floats, y: Floats, at: Sequence[Floats], *, trees: int, warm_up: int, kept: int, seed: int
) -> list[Floats]:
    """Fit Bayesian additive regression trees (贝叶斯加性回归树), and give posterior means.

    Parameters
    ----------
    x, y : ndarray, shape (n, k), (n,)
        Regressors and outcome.
    at : sequence of ndarray, shape (m, k)
        Where the mean of the outcome is wanted.
    trees : int
        How many trees are added.
    warm_up, kept : int
        Sweeps that grow trees from the root, which are not kept; then draws whose mean is taken.
    seed : int
        The same seed gives the same means.

    Raises
    ------
    ExtraError
        stochtree is not installed.

    Source: Chipman, George & McCulloch (2010), doi:10.1214/09-AOAS285; warm start: He & Hahn (2023),
    doi:10.1080/01621459.2021.1942012.

    Examples
    --------
    >>> x = np.linspace(0, 1, 200)[:, None]
    >>> (mean,) = bart_means(x, 3.0 * (x[:, 0] > 0.5), [x], trees=10, warm_up=5, kept=20, seed=1)
    >>> bool(abs(mean[150] - 3) < 0.5)
    True
    """
    library = _stochtree()
    model = library.BARTModel()
    # copies: the library wants arrays that it could write to
    model.sample(
        X_train=np.array(x, dtype=np.float64),
        y_train=np.array(y, dtype=np.float64),
        num_gfr=warm_up,
        num_burnin=0,
        num_mcmc=kept,
        general_params={"random_seed": seed, "num_threads": 1},
        mean_forest_params={"num_trees": trees},
    )
    means = [model.predict(np.array(one, dtype=np.float64), type="mean", terms="y_hat") for one in at]
    return [np.asarray(one, dtype=np.float64).reshape(-1) for one in means]


def require_bart() -> None:
    """Raise `ExtraError` unless stochtree is installed: better before the work than in the middle of it."""
    _stochtree()


def _stochtree() -> ModuleType:
    try:
        import stochtree
    except ModuleNotFoundError as error:
        raise ExtraError(
            "causal paths with regression trees need the library stochtree",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[bart]", or choose model="linear"',
        ) from error
    module: ModuleType = stochtree
    return module
