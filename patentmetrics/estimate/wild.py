"""Wild cluster bootstrap: inference for one coefficient when clusters are few."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec
from patentmetrics.estimate.fixed_effects import as_result
from patentmetrics.estimate.projection import Floats, indicators, orthonormal, project_out, standardised
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import fit_within
from patentmetrics.panel.files import known_answers

Weights = Literal["rademacher", "webb", "mammen", "normal"]
WEIGHTS = ["rademacher", "webb", "mammen", "normal"]
CITATION = (
    "Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for inference "
    "with clustered errors, Review of Economics and Statistics 90(3); Roodman, D., Nielsen, M. Ø., "
    "MacKinnon, J. G. and Webb, M. D. (2019). Fast and wild, Stata Journal 19(1)"
)
# Below it the t distribution with G − 1 degrees is known to mislead (Cameron & Miller 2015)
FEW_CLUSTERS = 30
# Below it the restricted wild bootstrap hardly ever rejects (MacKinnon & Webb 2017)
FEW_TREATED = 6
# Draws at a time, and columns at a time: a few megabytes each
_DRAWS, _COLUMNS = 512, 64
# Two statistics this close are equal: enumerated draws contain the sample itself
_TIE = 1e-9
# How far from the estimate, in standard errors, the end of an interval is looked for
_FURTHEST = 1e6


@dataclass(frozen=True, kw_only=True)
class WildSpec(DidSpec):
    """A wild cluster bootstrap of one coefficient (野聚类自助法).

    Parameters
    ----------
    name, outcome, controls, fixed_effects, cluster
        As in `patentmetrics.estimate.did.DidSpec`; ``errors`` is always ``"cluster"``.
    treatment : str
        The regressor whose coefficient is tested; any numeric column.
    weights : {"rademacher", "webb", "mammen", "normal"}
        What the residuals of a cluster are multiplied with: −1 and 1; six points, for fewer than about 12
        clusters; Mammen's two points; standard normal.
    draws : int
        How many; Rademacher weights are enumerated instead where there are no more than that.
    null : float
        The hypothesis: the coefficient has this value.
    level : float
        Level of the confidence interval.
    seed : int
        The same seed gives the same draws.
    """

    seed: int
    weights: Weights = "rademacher"
    draws: int = 9999
    null: float = 0.0
    level: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """The bootstrap distribution of a t statistic, for every hypothesis at once.

    With ``h`` the hypothesis less the estimate, draw b has numerator ``own_b − h·shift_b`` and variance
    ``square_b − 2h·cross_b + h²·bend_b``, both before the small-sample factor: residuals under the
    hypothesis are linear in it. So a p-value costs one pass over the draws, and a confidence interval a
    few dozen.
    """

    estimate: float
    std_error: float
    factor: float
    enumerated: bool
    own: Floats
    shift: Floats
    square: Floats
    cross: Floats
    bend: Floats

    def statistics(self, value: float) -> Floats:
        """Give the bootstrap t statistics under the hypothesis that the coefficient has this value."""
        h = value - self.estimate
        variance = self.square - 2 * h * self.cross + h * h * self.bend
        numerator = self.own - h * self.shift
        # a cluster's scores may cancel: such a draw is as extreme as its numerator says
        scale = np.sqrt(np.maximum(variance, 0.0) * self.factor)
        return np.divide(
            numerator, scale, out=np.copysign(np.full_like(scale, np.inf), numerator), where=scale > 0
        )

    def p_value(self, value: float) -> float:
        """Give the p-value of the hypothesis that the coefficient has this value.

        The share of draws at least as far from zero as its t statistic; the sample counts as one of them,
        which it is where all weights are enumerated: so a p-value is never zero.
        """
        statistic = abs(self.estimate - value) / self.std_error
        extreme = int(np.sum(np.abs(self.statistics(value)) >= statistic * (1 - _TIE)))
        own = 0 if self.enumerated else 1
        return (own + extreme) / (own + len(self.own))


def fit_wild(panel: Panel, spec: WildSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Test a coefficient by the wild cluster bootstrap with the hypothesis imposed (野聚类自助法, WCR).

    The model is fitted under the hypothesis; the residuals of each cluster are multiplied with one random
    weight; the t statistic of each such sample gives the distribution that the real one is held against. The
    effects are part of the model of each draw, whether or not they are nested in the clusters. The interval
    holds the values that are not rejected: it need not be symmetric.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : WildSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        One row: estimate, clustered standard error and t statistic as `fit_fixed_effects` gives them (the t
        of the hypothesis ``null``), p-value and interval of the bootstrap; an end of the interval is null
        where the draws reject nothing on that side. Frames: ``draws`` (``draw, statistic``, under the
        hypothesis) and ``p_values`` (``value, p_value``: the p-value of 201 hypotheses, for the figure). The
        statistics add ``null, level, draws, enumerated`` (1 if all weights were taken), ``p_value_t`` (of the
        t distribution), ``clusters_treated`` (with a value other than zero).

    Raises
    ------
    ColumnError, DataError, SettingError
        See `patentmetrics.estimate.sample.estimation_sample` and ``fit_within``; the treatment is absorbed;
        an option is out of range.
    ExtraError
        pyfixest is not installed.

    Source: Roodman et al. (2019), doi:10.1177/1536867X19830877, section 5; few treated clusters: MacKinnon &
    Webb (2017), doi:10.1002/jae.2508.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=12, effect=0.5, seed=3).panel
    >>> result = fit_wild(panel, WildSpec(name="(1)", outcome="outcome", draws=999, seed=1))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < 0.5 < high)
    True
    """
    _check(spec)
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment, *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster,
    )
    fit = fit_within(sample, errors="cluster")
    if spec.treatment in fit.collinear:
        raise DataError(
            f"the regressor {spec.treatment!r} is {fit.collinear[spec.treatment]}",
            where="model",
            got=f"absorbed effects: {', '.join(spec.fixed_effects)}",
        )
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    result = as_result(panel, spec, sample, fit, method="Wild cluster bootstrap", truth=known)
    row = result.estimates.filter(pl.col("term") == spec.treatment)
    estimate, error = row["estimate"].item(), row["std_error"].item()
    groups = int(result.statistics["clusters"] or 0)
    bootstrap = bootstrap_statistics(
        sample, estimate=estimate, std_error=error, weights=spec.weights, draws=spec.draws, seed=spec.seed
    )
    low, high = (_end(bootstrap, 1 - spec.level, side) for side in (-1.0, 1.0))
    drawn = bootstrap.statistics(spec.null)
    table = row.with_columns(
        statistic=pl.lit((estimate - spec.null) / error),
        p_value=pl.lit(bootstrap.p_value(spec.null)),
        conf_low=pl.lit(low, dtype=pl.Float64),
        conf_high=pl.lit(high, dtype=pl.Float64),
    )
    treated = sample.frame.filter(pl.col(spec.treatment) != 0)[spec.cluster].n_unique()
    result.statistics.update(
        null=spec.null,
        level=spec.level,
        draws=len(drawn),
        enumerated=int(bootstrap.enumerated),
        p_value_t=row["p_value"].item() if spec.null == 0 else None,
        clusters_treated=treated,
    )
    return replace(
        result,
        citation=CITATION,
        estimates=table,
        notes=(*result.notes, *_notes(spec, groups, treated, bootstrap, (low, high))),
        truth={term: value for term, value in result.truth.items() if term == spec.treatment},
        frames={
            "draws": pl.DataFrame({"draw": np.arange(1, len(drawn) + 1), "statistic": drawn}),
            "p_values": _curve(bootstrap, low, high, spec.null),
        },
    )


def bootstrap_statistics(
    sample: Sample, *, estimate: float, std_error: float, weights: Weights, draws: int, seed: int
) -> Bootstrap:
    """Draw the wild cluster bootstrap of the first regressor of a sample.

    The score of cluster g in a draw is ``Σ_h v_h·(M x̃_g)_h′u_h``: x̃ the regressor without all others and the
    effects, x̃_g its rows in g and zero elsewhere, M what takes the whole model out, u the residuals under
    the hypothesis, v the weights. All draws and hypotheses share ``M x̃_g``.

    Parameters
    ----------
    sample : Sample
        n rows in G clusters.
    estimate, std_error : float
        Of the first regressor, from ``fit_within``: they give the small-sample factor.
    """
    clusters = sample.clusters
    if clusters is None:
        raise SettingError("the wild cluster bootstrap needs clusters", where="cluster")
    controls = orthonormal(sample.regressors[:, 1:], sample.effects)
    out = project_out(sample.effects, controls)
    columns, scale = standardised(np.column_stack([sample.outcome, sample.regressors[:, 0]]))
    y, x = out.residuals(out.residuals(columns)).T
    size = float(np.sum(x * x))
    beta = float(np.sum(x * y)) / size
    residual = y - beta * x
    rows = indicators(clusters)
    sums = rows.T.tocsr()
    groups = rows.shape[1]
    of_residual, of_shift = np.empty((groups, groups)), np.empty((groups, groups))
    inside = np.asarray(sums @ (x * x))
    for first in range(0, groups, _COLUMNS):
        which = range(first, min(first + _COLUMNS, groups))
        alone = np.column_stack([np.where(clusters == g, x, 0.0) for g in which])
        left = out.residuals(out.residuals(alone)) - x[:, None] * (inside[which] / size)
        of_residual[which] = (sums @ (left * residual[:, None])).T
        of_shift[which] = (sums @ (left * x[:, None])).T
    scores = np.asarray(sums @ (x * residual))
    bare = float(np.sum(scores**2)) / size**2
    unit = scale[0] / scale[1]  # from standardised columns back to the data's units
    parts: list[tuple[Floats, ...]] = []
    for v in _weights(weights, groups, draws, seed):
        a, b = np.einsum("gh,hb->gb", of_residual, v), np.einsum("gh,hb->gb", of_shift, v)
        own, shift = np.einsum("g,gb->b", scores, v), np.einsum("g,gb->b", inside, v)
        parts.append((own, shift, (a * a).sum(axis=0), (a * b).sum(axis=0), (b * b).sum(axis=0)))
    own, shift, square, cross, bend = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Bootstrap(
        estimate=estimate,
        std_error=std_error,
        factor=std_error**2 / (bare * unit**2),
        enumerated=_enumerates(weights, groups, draws),
        own=own * unit,
        shift=shift,
        square=square * unit**2,
        cross=cross * unit,
        bend=bend,
    )


def _enumerates(kind: Weights, groups: int, draws: int) -> bool:
    return kind == "rademacher" and 2**groups <= draws


def _weights(kind: Weights, groups: int, draws: int, seed: int) -> list[Floats]:
    # blocks of shape (groups, draws of the block)
    if _enumerates(kind, groups, draws):
        every = np.array(list(itertools.product([1.0, -1.0], repeat=groups)))
        return [every[first : first + _DRAWS].T.copy() for first in range(0, len(every), _DRAWS)]
    rng = np.random.default_rng(seed)
    low, high = (1 - np.sqrt(5)) / 2, (1 + np.sqrt(5)) / 2
    points = {
        "rademacher": np.array([-1.0, 1.0]),
        "webb": np.sqrt(np.array([1.5, 1.0, 0.5])) * np.array([[-1.0], [1.0]]),
    }
    blocks = []
    for first in range(0, draws, _DRAWS):
        shape = (groups, min(_DRAWS, draws - first))
        if kind == "normal":
            blocks.append(rng.normal(size=shape))
        elif kind == "mammen":
            blocks.append(np.where(rng.random(size=shape) < high / np.sqrt(5), low, high))
        else:
            values = points[kind].ravel()
            blocks.append(values[rng.integers(0, len(values), size=shape)])
    return blocks


def _end(bootstrap: Bootstrap, alpha: float, side: float) -> float | None:
    # the furthest value on this side that is not rejected, up to 1e-10 of a standard error
    inside, reach = 0.0, 2.0
    while bootstrap.p_value(bootstrap.estimate + side * reach * bootstrap.std_error) >= alpha:
        inside, reach = reach, reach * 2
        if reach > _FURTHEST:
            return None
    outside = reach
    while outside - inside > 1e-10 * max(1.0, outside):
        middle = (inside + outside) / 2
        if bootstrap.p_value(bootstrap.estimate + side * middle * bootstrap.std_error) >= alpha:
            inside = middle
        else:
            outside = middle
    return bootstrap.estimate + side * inside * bootstrap.std_error


def _curve(bootstrap: Bootstrap, low: float | None, high: float | None, null: float) -> pl.DataFrame:
    reach = 4 * bootstrap.std_error
    first = min(low if low is not None else bootstrap.estimate - reach, null)
    last = max(high if high is not None else bootstrap.estimate + reach, null)
    margin = 0.15 * (last - first)
    values = np.linspace(first - margin, last + margin, 201)
    return pl.DataFrame({"value": values, "p_value": [bootstrap.p_value(float(one)) for one in values]})


def _notes(
    spec: WildSpec,
    groups: int,
    treated: int,
    bootstrap: Bootstrap,
    interval: tuple[float | None, float | None],
) -> list[str]:
    draws = len(bootstrap.own)
    how = f"all {draws}" if bootstrap.enumerated else f"{draws} draws of"
    notes = [
        f"p-value and {100 * spec.level:g} % interval: wild cluster bootstrap, hypothesis imposed, {how} "
        f"{spec.weights} weights by {spec.cluster}" + ("" if bootstrap.enumerated else f", seed {spec.seed}"),
        f"the hypothesis is that the coefficient is {spec.null:g}",
    ]
    if groups < FEW_CLUSTERS:
        notes.append(f"few clusters ({groups}): the p-value of the t distribution is not to be relied on")
    if groups < 12 and spec.weights == "rademacher":
        notes.append(f"{groups} clusters have only {2**groups} Rademacher draws: compare weights='webb'")
    few = min(treated, groups - treated)
    if 0 < few < FEW_TREATED:
        side = "with" if treated <= groups - treated else "without"
        notes.append(
            f"few clusters {side} treatment ({few}): this bootstrap then hardly ever rejects; "
            "compare placebo draws"
        )
    if None in interval:
        notes.append("the interval is open: with so few clusters no value on that side is rejected")
    return notes


def _check(spec: WildSpec) -> None:
    check_choice(spec.weights, WEIGHTS, argument="weights")
    check_choice(spec.errors, ["cluster"], argument="errors")
    if not 0 < spec.level < 1:
        raise SettingError("level is out of range", where="level", got=spec.level, allowed="between 0 and 1")
    for name, value, least in [("draws", spec.draws, 1), ("seed", spec.seed, 0)]:
        if value < least:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=f"{least} or more")
