"""Difference in differences by two-way fixed effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.fixed_effects import ERRORS, as_result
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import Errors, fit_within
from patentmetrics.panel.files import known_answers


@dataclass(frozen=True, kw_only=True)
class DidSpec:
    """A difference-in-differences model (双重差分模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    treatment : str
        Column with 1 from the treatment on, 0 before and for the never treated.
    controls : tuple of str
        Further regressors.
    fixed_effects : tuple of str
        Absorbed effects; ``"province^year"`` is an interaction.
    cluster : str
        Column of the clusters, with ``errors="cluster"``.
    errors : {"cluster", "robust", "iid"}
        Cluster-robust, heteroskedasticity-robust, or classical standard errors.
    """

    name: str
    outcome: str
    treatment: str = "treated"
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_did(panel: Panel, spec: DidSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate a difference in differences by two-way fixed effects (双向固定效应双重差分).

    ``y_it = β·treated_it + γ'x_it + place effect + year effect + ε_it``. With staggered treatment β is an
    average of effects with weights that may be negative where effects differ between cohorts or grow
    with time (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014): look at the event study too.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : DidSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The treatment first, then the controls. The statistics add ``places_treated`` (treated in some row)
        and ``places_untreated`` (in none).

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value.
    DataError
        The treatment is not 0 and 1, does not vary, or is absorbed by the fixed effects; or a fault named
        in `patentmetrics.estimate.sample.estimation_sample` and ``fit_within``.
    ExtraError
        pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> result = fit_did(panel, DidSpec(name="(1)", outcome="outcome", controls=("control",)))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < result.truth["treated"] < high)
    True
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment, *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    _check_treatment(sample, spec)
    fit = fit_within(sample, errors=spec.errors)
    if spec.treatment in fit.collinear:
        raise DataError(
            f"the treatment {spec.treatment!r} is {fit.collinear[spec.treatment]}",
            where="model",
            got=f"absorbed effects: {', '.join(spec.fixed_effects)}",
            hint="treatment must begin in some places and years and not in others: "
            "are there places that stay untreated while others begin?",
        )
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    result = as_result(
        panel, spec, sample, fit, method="Difference in differences, two-way fixed effects", truth=known
    )
    ever = sample.frame.filter(sample.regressors[:, 0] == 1)["place"].n_unique()
    result.statistics["places_treated"] = ever
    result.statistics["places_untreated"] = sample.frame["place"].n_unique() - ever
    return result


def _check_treatment(sample: Sample, spec: DidSpec) -> None:
    values = np.unique(sample.regressors[:, 0])
    where = f"panel: {spec.treatment}"
    if not set(values.tolist()) <= {0.0, 1.0}:
        raise DataError(
            "a treatment is 0 or 1",
            where=where,
            got=", ".join(f"{value:g}" for value in values[:5]),
            hint="for a treatment of varying strength use fit_fixed_effects",
        )
    if len(values) == 1:
        state = "treated" if values[0] == 1 else "untreated"
        raise DataError(
            f"every row of the sample is {state}: there is nothing to compare with",
            where=where,
            got=f"{sample.n} rows, of {sample.rows_dropped_total + sample.n + sample.singletons_dropped}",
            hint="are the rows of the others left out for missing values? See `patentmetrics panel`",
        )
