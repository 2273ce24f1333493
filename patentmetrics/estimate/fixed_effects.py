"""Linear regression with absorbed fixed effects: the model that the others are special cases of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from scipy import stats

from patentmetrics.core.errors import check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import Errors, Fit, fit_within
from patentmetrics.panel.files import known_answers

ERRORS = ["cluster", "robust", "iid"]
CITATION = (
    "Correia, S. (2017). Linear models with high-dimensional fixed effects: an efficient and feasible "
    "estimator; computed with pyfixest"
)


@dataclass(frozen=True, kw_only=True)
class FixedEffectsSpec:
    """A linear model with absorbed fixed effects (双向固定效应模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    regressors : tuple of str
        The regressors; any numeric columns.
    fixed_effects : tuple of str
        Absorbed effects; ``"province^year"`` is an interaction.
    cluster : str
        Column of the clusters, with ``errors="cluster"``.
    errors : {"cluster", "robust", "iid"}
        Cluster-robust, heteroskedasticity-robust, or classical standard errors.
    """

    name: str
    outcome: str
    regressors: tuple[str, ...]
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_fixed_effects(
    panel: Panel, spec: FixedEffectsSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate a linear model with absorbed fixed effects (双向固定效应估计).

    Rows with a missing value and rows alone in a level of an effect are left out and counted. Standard
    errors follow ``reghdfe`` (`patentmetrics.estimate.within.fit_within`).

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : FixedEffectsSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries.

    Returns
    -------
    Result
        One row a regressor, collinear ones left out and named in the notes.

    Raises
    ------
    ColumnError, DataError, SettingError
        See `patentmetrics.estimate.sample.estimation_sample` and ``fit_within``.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> spec = FixedEffectsSpec(name="(1)", outcome="outcome", regressors=("treated", "control"))
    >>> result = fit_fixed_effects(panel, spec)
    >>> result.estimates["term"].to_list(), result.truth
    (['treated', 'control'], {'treated': 0.25, 'control': 0.5})
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=spec.regressors,
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    fit = fit_within(sample, errors=spec.errors)
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    return as_result(panel, spec, sample, fit, method="Linear model with fixed effects", truth=known)


class Spec(Protocol):
    """What every specification of this family says."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the class says it
    @property
    def outcome(self) -> str: ...  # noqa: D102 - the class says it
    @property
    def fixed_effects(self) -> tuple[str, ...]: ...  # noqa: D102 - the class says it
    @property
    def cluster(self) -> str: ...  # noqa: D102 - the class says it
    @property
    def errors(self) -> Errors: ...  # noqa: D102 - the class says it


def as_result(
    panel: Panel, spec: Spec, sample: Sample, fit: Fit, *, method: str, truth: Mapping[str, float]
) -> Result:
    """Put a fit into the common form."""
    return Result(
        name=spec.name,
        method=method,
        citation=CITATION,
        estimates=_tidy(fit, spec.name, sample.n),
        statistics=_statistics(sample, fit),
        notes=_notes(sample, fit, spec),
        outcome=spec.outcome,
        fixed_effects=spec.fixed_effects,
        simulated=panel.simulated,
        truth={term: truth[term] for term in fit.terms if term in truth},
        native=fit.native,
    )


def joint_test(fit: Fit, terms: list[str]) -> tuple[float, float]:
    """Test that the named coefficients are all zero: the F statistic and its p-value.

    ``F = b′ V⁻¹ b / q`` with q and ``fit.t_degrees`` degrees of freedom.
    """
    at = [fit.terms.index(term) for term in terms]
    b, v = fit.coefficients[at], fit.covariance[np.ix_(at, at)]
    statistic = float(b @ np.linalg.solve(v, b)) / len(at)
    return statistic, float(stats.f.sf(statistic, len(at), fit.t_degrees))


def _tidy(fit: Fit, name: str, n: int) -> pl.DataFrame:
    error = np.sqrt(np.diag(fit.covariance))
    statistic = fit.coefficients / error
    reach = stats.t.ppf(0.975, fit.t_degrees) * error
    return pl.DataFrame(
        {
            "model": [name] * len(fit.terms),
            "term": list(fit.terms),
            "estimate": fit.coefficients,
            "std_error": error,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), fit.t_degrees),
            "conf_low": fit.coefficients - reach,
            "conf_high": fit.coefficients + reach,
            "n": np.full(len(fit.terms), n),
        }
    )


def _statistics(sample: Sample, fit: Fit) -> dict[str, float | int | str | None]:
    levels = {
        f"levels_{name}": len(np.unique(codes))
        for name, codes in zip(sample.effect_names, sample.effects.T, strict=True)
    }
    return {
        "n": sample.n,
        "r2": fit.r2,
        "r2_adjusted": fit.r2_adjusted,
        "r2_within": fit.r2_within,
        "rmse": fit.rmse,
        "clusters": None if sample.clusters is None else len(np.unique(sample.clusters)),
        "t_degrees": fit.t_degrees,
        "parameters": fit.parameters,
        "singletons_dropped": sample.singletons_dropped,
        "rows_dropped": sample.rows_dropped_total,
        **levels,
    }


def _notes(sample: Sample, fit: Fit, spec: Spec) -> tuple[str, ...]:
    groups = 0 if sample.clusters is None else len(np.unique(sample.clusters))
    errors = {
        "cluster": f"standard errors clustered by {spec.cluster} ({groups} clusters), "
        "small-sample factor G/(G-1) × (N-1)/(N-K), K without the effects nested in the clusters, "
        "t distribution with G-1 degrees: as Stata's reghdfe",
        "robust": "heteroskedasticity-robust standard errors, factor N/(N-K)",
        "iid": "classical standard errors",
    }[spec.errors]
    notes = [errors, f"absorbed effects: {', '.join(sample.effect_names)}"]
    if sample.rows_dropped_total:
        by_column = ", ".join(f"{name} {count}" for name, count in sample.rows_dropped.items())
        notes.append(f"{sample.rows_dropped_total} rows left out for missing values ({by_column})")
    if sample.singletons_dropped:
        notes.append(
            f"{sample.singletons_dropped} rows left out that were alone in a level of a fixed effect"
        )
    notes += [f"{term} left out: {reason}" for term, reason in fit.collinear.items()]
    return tuple(notes)
