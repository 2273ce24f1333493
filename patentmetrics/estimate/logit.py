"""The boundary to statsmodels' logit, and the only module that imports it for one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt
from scipy import stats

from patentmetrics.core.errors import DataError, ExtraError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Logit:
    """A fitted logit (Logit 回归).

    Parameters
    ----------
    terms : tuple of str
        Names of the columns.
    coefficients, std_errors, p_values : ndarray, shape (k,)
        Classical standard errors, normal distribution.
    fitted : ndarray, shape (n,)
        Probabilities.
    pseudo_r2 : float
        McFadden's ``1 − ln L / ln L₀``.
    lr_chi2, lr_p : float
        Likelihood-ratio test that all but the constant are zero.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    std_errors: Floats
    p_values: Floats
    fitted: Floats
    pseudo_r2: float
    lr_chi2: float
    lr_p: float


def fit_logit(
    x: Floats,
    group: npt.NDArray[np.bool_],
    *,
    terms: tuple[str, ...],
    where: str,
    weights: Floats | None = None,
) -> Logit:
    """Fit a logit by maximum likelihood.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        The columns, the first constant.
    group : ndarray of bool, shape (n,)
        The outcome.
    terms : tuple of str
        Names of the columns, for messages.
    where : str
        Where the rows come from, for messages.
    weights : ndarray, shape (n,), optional
        Frequencies of the rows; they need not be whole.

    Raises
    ------
    DataError
        The columns are collinear, or separate the groups perfectly.
    ExtraError
        statsmodels is not installed.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    >>> fit = fit_logit(x, np.array([True, False, True, False]), terms=("const", "x"), where="")
    >>> fit.fitted.round(6).tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    library = _statsmodels()
    # centred and scaled columns: the same fit, and no overflow whatever the units
    middle, size = x[:, 1:].mean(axis=0), x[:, 1:].std(axis=0)
    constant = size <= 1e-13 * np.abs(x[:, 1:]).max(axis=0, initial=0.0)
    if constant.any():
        name = terms[1 + int(np.argmax(constant))]
        raise DataError(f"the covariate {name!r} does not vary", where=where, hint="leave it out")
    scaled = np.column_stack([x[:, 0], (x[:, 1:] - middle) / size])
    if np.linalg.matrix_rank(scaled, tol=1e-9 * np.sqrt(len(x))) < x.shape[1]:
        raise DataError("the covariates are collinear", where=where, got=", ".join(terms[1:]))
    family = library.families.Binomial()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fit = library.GLM(group.astype(np.float64), scaled, family=family, freq_weights=weights).fit(
                tol=1e-13, tol_criterion="params", maxiter=200
            )
        except (Warning, FloatingPointError, np.linalg.LinAlgError) as error:
            raise DataError(
                "the logit of the propensity score cannot be estimated",
                where=where,
                got=str(error).splitlines()[0],
                hint="covariates that tell the groups apart perfectly leave nothing to match: take fewer, "
                'or match rows="pooled"',
            ) from error
    if not fit.converged:
        raise DataError("the logit of the propensity score did not converge", where=where)
    back = np.eye(x.shape[1])
    back[0, 1:] = -middle / size
    back[1:, 1:] = np.diag(1 / size)
    coefficients = back @ fit.params
    errors = np.sqrt(np.diag(back @ fit.cov_params() @ back.T))
    weight = np.ones(len(x)) if weights is None else weights
    share = float(weight[group].sum() / weight.sum())
    null = float(weight.sum() * (share * np.log(share) + (1 - share) * np.log(1 - share)))
    chi2 = max(0.0, 2 * (float(fit.llf) - null))
    return Logit(
        terms=terms,
        coefficients=coefficients,
        std_errors=errors,
        p_values=2 * stats.norm.sf(np.abs(coefficients / errors)),
        fitted=np.asarray(fit.fittedvalues),
        pseudo_r2=1 - float(fit.llf) / null,
        lr_chi2=chi2,
        lr_p=float(stats.chi2.sf(chi2, x.shape[1] - 1)),
    )


def _statsmodels() -> ModuleType:
    try:
        import statsmodels.api
    except ModuleNotFoundError as error:
        raise ExtraError(
            "matching needs the library statsmodels",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[estimate]"',
        ) from error
    module: ModuleType = statsmodels.api
    return module
