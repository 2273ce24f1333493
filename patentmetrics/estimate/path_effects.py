"""Path effects of one sample: means of outcomes under mixed treatments, by imputation or by weighting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from patentmetrics.core.errors import DataError
from patentmetrics.estimate.bart import bart_means

Floats = npt.NDArray[np.float64]
Model = Literal["bart", "linear", "logit"]
Estimator = Literal["imputation", "weighting"]
Decomposition = Literal["type1", "type2"]

# Newton's method for the logit: steps, and when it has arrived
_STEPS, _ARRIVED = 100, 1e-12
# A column of the normal equations that the others explain to this share is collinear
_COLLINEAR = 1e-10


@dataclass(frozen=True, kw_only=True)
class PathData:
    """Rows of a decomposition (路径分解的数据).

    Parameters
    ----------
    outcome, treatment : ndarray, shape (n,)
        The treatment is 0 or 1.
    covariates : ndarray, shape (n, p)
        Confounders from before treatment.
    mediators : ndarray, shape (n, k)
        In causal order.
    """

    outcome: Floats
    treatment: Floats
    covariates: Floats
    mediators: Floats

    def rows(self, which: npt.NDArray[np.int64]) -> PathData:
        """Give some rows, one of them perhaps several times."""
        return PathData(
            outcome=self.outcome[which],
            treatment=self.treatment[which],
            covariates=self.covariates[which],
            mediators=self.mediators[which],
        )


@dataclass(frozen=True, kw_only=True)
class PathSettings:
    """How the means are modelled; see `patentmetrics.estimate.causal_paths.CausalPathsSpec`."""

    model: Model
    estimator: Estimator
    decomposition: Decomposition
    interactions: bool
    trees: int
    warm_up: int
    kept: int


def path_effects(data: PathData, settings: PathSettings, *, seed: int) -> Floats:
    """Give the effect through each mediator, in order, and last the direct effect: shape (k + 1,).

    With ``ψ_j(a, a′)`` the mean outcome under treatment a, but with the first j mediators as they are under
    a′, later mediators following, type I takes ``ψ_{j−1}(1, 0) − ψ_j(1, 0)`` for the paths through mediator j
    and ``ψ_k(1, 0) − ψ_0(0)`` for the direct effect; type II exchanges 1 and 0, and the signs. Each mean
    cancels but the first and the last: the effects add up to ``ψ_0(1) − ψ_0(0)``, the total.

    Parameters
    ----------
    data : PathData
        Rows of both treatments.
    settings : PathSettings
        The models.
    seed : int
        Of the regression trees.

    Source: Zhou & Yamamoto (2023), doi:10.1086/720310.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> a = rng.integers(0, 2, 4000).astype(float)
    >>> m = 0.5 * a + rng.normal(size=4000)
    >>> y = 0.3 * a + 0.4 * m + 0.1 * rng.normal(size=4000)
    >>> data = PathData(outcome=y, treatment=a, covariates=np.empty((4000, 0)), mediators=m[:, None])
    >>> settings = PathSettings(
    ...     model="linear", estimator="imputation", decomposition="type1", interactions=False,
    ...     trees=50, warm_up=10, kept=100,
    ... )
    >>> path_effects(data, settings, seed=0).round(1).tolist()  # 0.5 × 0.4, and 0.3
    [0.2, 0.3]
    """
    own, other = (1.0, 0.0) if settings.decomposition == "type1" else (0.0, 1.0)
    seeds = [int(one) for one in np.random.SeedSequence(seed).generate_state(2 * data.mediators.shape[1] + 1)]
    weights = _odds(data, other) if settings.estimator == "weighting" else None
    group = data.treatment == other
    before, baseline = (float(one.mean()) for one in _imputed(data, 0, (own, other), settings, seeds[0]))
    effects = []
    for j in range(1, data.mediators.shape[1] + 1):
        (mean,) = _imputed(data, j, (own,), settings, seeds[2 * j - 1])
        if weights is not None:
            after = float(np.sum(weights[group] * mean[group]) / np.sum(weights[group]))
        else:
            after = _averaged(data, mean, group, settings, seeds[2 * j])
        effects.append(before - after)
        before = after
    effects.append(before - baseline)
    return np.array(effects) if settings.decomposition == "type1" else -np.array(effects)


def _imputed(
    data: PathData, j: int, treatments: Sequence[float], settings: PathSettings, seed: int
) -> list[Floats]:
    # the outcome that the model of treatment, covariates and the first j mediators expects of every row, had
    # it had these treatments
    def design(a: Floats) -> Floats:
        known = data.mediators[:, :j]
        crossed = a[:, None] * known if settings.interactions and settings.model != "bart" else known[:, :0]
        return np.column_stack([a, data.covariates, known, crossed])

    at = [design(np.full(len(data.outcome), one)) for one in treatments]
    return _means(design(data.treatment), data.outcome, at, settings, seed)


def _averaged(
    data: PathData, mean: Floats, group: npt.NDArray[np.bool_], settings: PathSettings, seed: int
) -> float:
    # the mean over the covariates of all rows of what is known for those of one treatment
    if not data.covariates.shape[1]:
        return float(mean[group].mean())
    (everywhere,) = _means(data.covariates[group], mean[group], [data.covariates], settings, seed)
    return float(everywhere.mean())


def _means(x: Floats, y: Floats, at: Sequence[Floats], settings: PathSettings, seed: int) -> list[Floats]:
    if settings.model == "bart":
        return bart_means(
            x, y, at, trees=settings.trees, warm_up=settings.warm_up, kept=settings.kept, seed=seed % 2**31
        )
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if (scale == 0).any():
        raise DataError("a regressor does not vary", where="causal paths", hint="leave it out")

    def ready(one: Floats) -> Floats:
        return np.column_stack([np.ones(len(one)), (one - centre) / scale])

    if settings.model == "linear":
        beta = _solved(_crossed(ready(x), ready(x)), _crossed(ready(x), y[:, None]))[:, 0]
        return [np.einsum("nk,k->n", ready(one), beta) for one in at]
    beta = _logit(ready(x), y)
    return [special.expit(np.einsum("nk,k->n", ready(one), beta)) for one in at]


def _odds(data: PathData, treatment: float) -> Floats:
    # inverse probability of having this treatment, by a logit in the covariates
    if not data.covariates.shape[1]:
        return np.ones(len(data.outcome))
    centre, scale = data.covariates.mean(axis=0), data.covariates.std(axis=0)
    x = np.column_stack(
        [np.ones(len(data.outcome)), (data.covariates - centre) / np.where(scale > 0, scale, 1.0)]
    )
    probability = special.expit(np.einsum("nk,k->n", x, _logit(x, data.treatment)))
    return np.asarray(1 / (probability if treatment == 1 else 1 - probability))


def _logit(x: Floats, y: Floats) -> Floats:
    # Newton's method; y from 0 to 1, fractions too
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        mean = special.expit(np.einsum("nk,k->n", x, beta))
        weight = mean * (1 - mean)
        if float(weight.max()) < 1e-10:
            break
        step = _solved(_crossed(x * weight[:, None], x), _crossed(x, (y - mean)[:, None]))[:, 0]
        beta = beta + step
        if float(np.abs(step).max()) <= _ARRIVED * max(1.0, float(np.abs(beta).max())):
            return beta
    raise DataError(
        "the logit has no solution: some regressor parts zeros from ones wholly",
        where="causal paths",
        hint="leave out covariates or mediators that determine the treatment or the outcome",
    )


def _crossed(one: Floats, other: Floats) -> Floats:
    # no BLAS: the number of threads changes no digit
    return np.asarray(np.einsum("ni,nj->ij", one, other))


def _solved(normal: Floats, right: Floats) -> Floats:
    size = np.sqrt(np.diag(normal))
    if (size == 0).any() or np.linalg.eigvalsh(normal / np.outer(size, size))[0] < _COLLINEAR:
        raise DataError(
            "the regressors are collinear", where="causal paths", hint="leave out a covariate or a mediator"
        )
    return np.asarray(np.linalg.solve(normal, right))
