"""The boundary to pyfixest, and the only module that imports it: demean, least squares, sandwich.

Why its estimates are not taken as they come (0.60.0):

- it puts the fixed effects through a set, so their order, the last digits of a coefficient, and whether
  an effect counts as nested in the clusters, up to 2.5 % of a standard error, depend on PYTHONHASHSEED;
- it stops demeaning when a step is small in absolute terms, so a share of the size 1e-8 is hardly
  demeaned at all on an unbalanced panel;
- it drops regressors whose sum of squares is small in absolute terms, as if they were collinear.

So effects go in as ordered codes, columns are centred and scaled by powers of two (which costs no
digit), collinearity is judged relative to a regressor's own size, the library's small-sample factor is
switched off, and `patentmetrics.estimate.degrees` supplies it.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from patentmetrics.core.errors import DataError, ExtraError
from patentmetrics.estimate.degrees import absorbed_degrees
from patentmetrics.estimate.sample import Sample

Errors = Literal["cluster", "robust", "iid"]
Floats = npt.NDArray[np.float64]

# A regressor is collinear when less than this share of its sum of squares is its own (reghdfe: 1e-9)
COLLINEAR = 1e-9
# In units of a column's standard deviation
DEMEANED = 1e-11
MOST_PASSES = 100_000
# Any sum of squares is above it: collinear regressors are gone before the library looks for them
_NEVER = 1e-300


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Least squares after the absorbed effects are taken out (组内估计).

    Parameters
    ----------
    terms : tuple of str
        The regressors that were kept.
    coefficients : ndarray, shape (k,)
        Their coefficients.
    covariance : ndarray, shape (k, k)
        Covariance of the coefficients, small-sample factor included.
    collinear : dict
        Regressors that were left out, and why.
    t_degrees : int
        Degrees of freedom of the t distribution: clusters − 1, or rows − parameters.
    parameters : int
        Parameters that count in the small-sample factor: regressors and absorbed degrees.
    r2, r2_adjusted, r2_within : float
        Shares of variance; adjusted for all absorbed effects.
    rmse : float
        Root of the residual sum of squares over rows.
    native : object
        pyfixest's ``Feols`` of the demeaned columns ``x0, x1, …``, each divided by ``scales`` of it.
    scales : ndarray, shape (k,)
        The powers of two.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    collinear: dict[str, str]
    t_degrees: int
    parameters: int
    r2: float
    r2_adjusted: float
    r2_within: float
    rmse: float
    native: object
    scales: Floats


def fit_within(sample: Sample, *, errors: Errors) -> Fit:
    """Fit by least squares, absorbing the fixed effects, with the small-sample convention of ``reghdfe``.

    Clustered: ``G/(G−1) × (N−1)/(N−K)``, t with G − 1 degrees; K counts the regressors and the absorbed
    effects that are not nested in the clusters. Robust: ``N/(N−K)``, K counts all; iid likewise.

    Parameters
    ----------
    sample : Sample
        n rows, k regressors.
    errors : {"cluster", "robust", "iid"}
        How standard errors allow for correlation.

    Raises
    ------
    DataError
        There are fewer than two clusters; no regressor varies within the effects; more parameters than
        rows; the outcome does not vary within the effects.
    ExtraError
        pyfixest is not installed.
    """
    library = _pyfixest()
    clustered = errors == "cluster"
    clusters = sample.clusters if clustered else None
    groups = len(np.unique(clusters)) if clusters is not None else 0
    if clustered and groups < 2:
        raise DataError(
            "there is only one cluster: its variance cannot be estimated",
            where="cluster",
            got=groups,
            hint='cluster by a finer column, or choose errors="robust"',
        )
    columns = np.column_stack([sample.outcome, sample.regressors])
    scales = _powers_of_two(columns)
    centred = (columns - columns.mean(axis=0)) / scales
    demeaned = _demeaned(centred, sample)
    y, x = demeaned[:, 0], demeaned[:, 1:]
    if (y @ y) <= COLLINEAR * max(centred[:, 0] @ centred[:, 0], 1e-12):
        raise DataError(
            "the outcome does not vary once the fixed effects are taken out",
            where="outcome",
            hint="does it differ only between places, or only between years?",
        )
    kept, collinear = _independent(x, centred[:, 1:], sample.terms)
    if not kept:
        raise DataError(
            "no regressor varies once the fixed effects are taken out",
            where="model",
            got=", ".join(sample.terms),
            hint="what is constant within each place, or equal for all places of a year, is absorbed",
        )
    x, x_scales = x[:, kept], scales[1:][kept]

    full = absorbed_degrees(sample.effects)
    counted = absorbed_degrees(sample.effects, clusters) if clustered else full
    n, k = sample.n, len(kept)
    if n - k - full <= 0:
        raise DataError(
            "the model has as many parameters as rows",
            where="model",
            got=f"{n} rows, {k} regressors, {full} absorbed effects",
            hint="absorb fewer effects, or take more years",
        )
    native = _least_squares(library, y, x, clusters=clusters, errors=errors)
    factor = {
        "cluster": (n - 1) / (n - k - counted),
        "robust": n / (n - k - full),
        "iid": (n - 1) / (n - k - full),
    }[errors]
    back = scales[0] / x_scales
    beta = np.asarray(native._beta_hat)  # noqa: SLF001 - the library is pinned, and gives no other access
    bare = np.asarray(native._vcov)  # noqa: SLF001 - likewise
    residual = float(np.sum((y - x @ beta) ** 2))
    total = float(centred[:, 0] @ centred[:, 0])
    return Fit(
        terms=tuple(sample.terms[i] for i in kept),
        coefficients=beta * back,
        covariance=bare * factor * np.outer(back, back),
        collinear=collinear,
        t_degrees=groups - 1 if clustered else n - k - full,
        parameters=k + counted,
        r2=1 - residual / total,
        r2_adjusted=1 - (residual / (n - k - full)) / (total / (n - 1)),
        r2_within=1 - residual / float(y @ y),
        rmse=float(np.sqrt(residual / n) * scales[0]),
        native=native,
        scales=x_scales,
    )


def _powers_of_two(columns: Floats) -> Floats:
    # the power of two next to each standard deviation: dividing by it changes no digit of a number
    sizes = columns.std(axis=0)
    constant = sizes <= 1e-13 * np.abs(columns).max(axis=0)
    return np.asarray(np.exp2(np.round(np.log2(np.where(constant, 1.0, sizes)))), dtype=np.float64)


def _demeaned(columns: Floats, sample: Sample) -> Floats:
    from pyfixest.core.demean import demean

    result, converged = demean(
        columns, sample.effects.astype(np.uint64), np.ones(sample.n), tol=DEMEANED, maxiter=MOST_PASSES
    )
    if not converged:
        raise DataError(
            f"the fixed effects could not be taken out in {MOST_PASSES:,} passes",
            where=", ".join(sample.effect_names),
            hint="the effects hardly overlap: drop one, or the places that are seen once or twice",
        )
    return np.asarray(result, dtype=np.float64)


def _independent(x: Floats, before: Floats, terms: tuple[str, ...]) -> tuple[list[int], dict[str, str]]:
    # n rows, k regressors: one after the other, what is left of each after the effects, then after those
    # before it
    kept: list[int] = []
    collinear: dict[str, str] = {}
    # columns that stand together: an event study by cohort has many
    columns = np.asfortranarray(x)
    basis = np.empty(x.shape, order="F")
    for i, term in enumerate(terms):
        rest = columns[:, i]
        own = float(rest @ rest)
        if own <= COLLINEAR * max(float(before[:, i] @ before[:, i]), 1e-12):
            collinear[term] = "absorbed by the fixed effects"
            continue
        earlier = basis[:, : len(kept)]
        for _ in range(2):  # the second pass takes out the rounding of the first
            rest = rest - earlier @ (earlier.T @ rest)
        left = float(rest @ rest)
        if left <= COLLINEAR * own:
            collinear[term] = f"collinear with {', '.join(terms[j] for j in kept)}"
            continue
        basis[:, len(kept)] = rest / np.sqrt(left)
        kept.append(i)
    return kept, collinear


def _least_squares(
    library: ModuleType, y: Floats, x: Floats, *, clusters: npt.NDArray[np.int64] | None, errors: Errors
) -> Any:  # noqa: ANN401 - the library is untyped
    import pandas as pd

    data = pd.DataFrame({"y": y, **{f"x{i}": column for i, column in enumerate(x.T)}})
    if clusters is not None:
        data["cluster"] = clusters
    kinds = {"cluster": {"CRV1": "cluster"}, "robust": "hetero", "iid": "iid"}
    with _quiet():
        return library.feols(
            f"y ~ {' + '.join(f'x{i}' for i in range(x.shape[1]))}",
            data,
            vcov=kinds[errors],
            ssc=library.ssc(k_adj=False),
            fixef_rm="none",
            drop_intercept=True,
            collin_tol=_NEVER,
        )


def _pyfixest() -> ModuleType:
    try:
        with _quiet():
            import pyfixest
    except ModuleNotFoundError as error:
        raise ExtraError(
            "estimation needs the library pyfixest",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[estimate]"',
        ) from error
    module: ModuleType = pyfixest
    return module


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # pyfixest 0.60.0 calls pandas in ways that pandas 3.1 deprecates; that is between the two
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning):
            warnings.filterwarnings("ignore", category=category, module=r"pyfixest(\.|$)")
        yield
