"""Weighted least squares with absorbed fixed effects, for samples whose rows have weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from patentmetrics.core.errors import DataError
from patentmetrics.estimate.degrees import absorbed_degrees
from patentmetrics.estimate.projection import indicators, standardised
from patentmetrics.estimate.sample import Sample
from patentmetrics.estimate.within import COLLINEAR, Errors, Fit

Floats = npt.NDArray[np.float64]


def fit_weighted(sample: Sample, weights: Floats, *, errors: Errors) -> Fit:
    """Fit by weighted least squares, absorbing the fixed effects; conventions as ``fit_within``.

    ``β̂ = (Ẋ′WẊ)⁻¹Ẋ′Wẏ``, columns demeaned with the weights. The weights are those of Stata's
    ``[aweight]`` or ``[pweight]``: their size does not matter, and rows, not weights, are counted.

    Parameters
    ----------
    sample : Sample
        n rows, k regressors.
    weights : ndarray, shape (n,)
        Positive.
    errors : {"cluster", "robust", "iid"}
        How standard errors allow for correlation; the scores are weighted too.

    Raises
    ------
    DataError
        There are fewer than two clusters; no regressor varies within the effects; more parameters than
        rows; the outcome does not vary within the effects.

    Examples
    --------
    >>> from patentmetrics.estimate.sample import estimation_sample
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=20, effect=0.25, seed=3).panel
    >>> sample = estimation_sample(panel, outcome="outcome", regressors=["treated"],
    ...     fixed_effects=["place", "year"], cluster="place")
    >>> fit_weighted(sample, np.ones(sample.n), errors="cluster").coefficients.round(2).tolist()
    [0.57]
    """
    clusters = sample.clusters if errors == "cluster" else None
    groups = len(np.unique(clusters)) if clusters is not None else 0
    if clusters is not None and groups < 2:
        raise DataError(
            "there is only one cluster: its variance cannot be estimated", where="cluster", got=groups
        )
    w = weights * (sample.n / float(weights.sum()))
    root = np.sqrt(w)[:, None]
    centred, scales = standardised(np.column_stack([sample.outcome, sample.regressors]))
    left = _without_effects(centred, sample, root)
    y, x = left[:, 0], left[:, 1:]
    around = float(w @ (centred[:, 0] - w @ centred[:, 0] / sample.n) ** 2)
    if float(y @ y) <= COLLINEAR * around:
        raise DataError("the outcome does not vary once the fixed effects are taken out", where="outcome")
    kept, collinear = _kept(x, root * centred[:, 1:], sample.terms)
    if not kept:
        raise DataError(
            "no regressor varies once the fixed effects are taken out",
            where="model",
            got=", ".join(sample.terms),
        )
    x = x[:, kept]

    full = absorbed_degrees(sample.effects)
    counted = full if clusters is None else absorbed_degrees(sample.effects, clusters)
    n, k = sample.n, len(kept)
    degrees = n - k - full
    if degrees <= 0:
        raise DataError(
            "the model has as many parameters as rows",
            where="model",
            got=f"{n} rows, {k} regressors, {full} absorbed effects",
        )
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    residual = y - x @ beta
    bread = np.linalg.inv(x.T @ x)
    scores = x * residual[:, None]
    if clusters is not None:
        sums = indicators(clusters).T @ scores
        variance = bread @ (sums.T @ sums) @ bread * (groups / (groups - 1) * (n - 1) / (n - k - counted))
    elif errors == "robust":
        variance = bread @ (scores.T @ scores) @ bread * (n / degrees)
    else:
        variance = bread * (float(residual @ residual) / degrees)
    back = scales[0] / scales[1:][kept]
    rss = float(residual @ residual)
    return Fit(
        terms=tuple(sample.terms[i] for i in kept),
        coefficients=beta * back,
        covariance=variance * np.outer(back, back),
        collinear=collinear,
        t_degrees=groups - 1 if clusters is not None else degrees,
        parameters=k + counted,
        r2=1 - rss / around,
        r2_adjusted=1 - (rss / degrees) / (around / (n - 1)),
        r2_within=1 - rss / float(y @ y),
        rmse=float(np.sqrt(rss / n) * scales[0]),
        native=None,
        scales=scales[1:][kept],
    )


def _without_effects(columns: Floats, sample: Sample, root: Floats) -> Floats:
    # the columns, times the root of the weights, less their projection on the dummies of all effects
    dummies = sparse.hstack([indicators(one) for one in sample.effects.T], format="csr")
    dummies = sparse.csr_array(dummies.multiply(root))
    # columns of length one: the solver needs few steps, and stops when the residual is orthogonal to all
    lengths = np.sqrt(np.asarray(dummies.multiply(dummies).sum(axis=0)).ravel())
    design = sparse.csr_array(dummies.multiply(1 / lengths[None, :]))
    left = np.empty_like(columns)
    for i, column in enumerate((columns * root).T):
        size = float(np.linalg.norm(column))
        for _ in range(2):  # the second pass takes out the rounding of the first
            found = sparse.linalg.lsmr(design, column, atol=1e-14, btol=1e-14, conlim=0, maxiter=20_000)[0]
            column = column - design @ found  # noqa: PLW2901 - what is left of it
        if float(np.abs(design.T @ column).max()) > 1e-9 * max(size, 1e-12):
            raise DataError(
                "the fixed effects could not be taken out",
                where=", ".join(sample.effect_names),
                hint="the effects hardly overlap: drop one, or the places that are seen once or twice",
            )
        left[:, i] = column
    return left


def _kept(x: Floats, before: Floats, terms: tuple[str, ...]) -> tuple[list[int], dict[str, str]]:
    kept: list[int] = []
    collinear: dict[str, str] = {}
    for i, term in enumerate(terms):
        own = float(x[:, i] @ x[:, i])
        if own <= COLLINEAR * max(float(before[:, i] @ before[:, i]), 1e-12):
            collinear[term] = "absorbed by the fixed effects"
            continue
        rest = x[:, i] - x[:, kept] @ np.linalg.lstsq(x[:, kept], x[:, i], rcond=None)[0] if kept else x[:, i]
        if float(rest @ rest) <= COLLINEAR * own:
            collinear[term] = f"collinear with {', '.join(terms[j] for j in kept)}"
            continue
        kept.append(i)
    return kept, collinear
