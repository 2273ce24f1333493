"""Heterogeneous effects: the treatment times a moderator, and the model in each of several groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats

from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.fixed_effects import ERRORS, as_result, joint_test
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import Fit, fit_within
from patentmetrics.panel.files import known_answers
from patentmetrics.panel.keys import require_numeric, shown

BETWEEN = " × "


@dataclass(frozen=True, kw_only=True)
class InteractionSpec(DidSpec):
    """A model whose effect depends on a moderator (交互项模型, 调节效应).

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`.
    moderator : str
        A column of numbers: the model holds the treatment, the moderator and their product. A column of
        text: one effect of the treatment for each of its values.
    centred : bool
        Take the mean of the sample out of the moderator before it is multiplied, so that the treatment's
        coefficient is its effect at the mean.
    at : tuple of float
        Values of the moderator at which the effect is wanted; by default 0 and 1 where it has only these,
        or else its quartiles.
    """

    moderator: str
    centred: bool = False
    at: tuple[float, ...] = ()


def fit_interaction(
    panel: Panel, spec: InteractionSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Estimate how the effect depends on a moderator (异质性分析: 交互项).

    ``y_it = β₁·treated_it + β₂·treated_it × m_it + β₃·m_it + γ'x_it + effects + ε_it``; a moderator that
    is the same in all years of a place has no β₃: the place effect absorbs it, and a note says so. The
    moderator should be settled before treatment: one that the policy moves is an outcome.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : InteractionSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        Numbers: the treatment, ``treated × moderator``, the moderator where it is not absorbed, the controls;
        frame ``effects``: ``at, estimate, std_error, statistic, p_value, conf_low, conf_high``, the effect at
        values of the moderator. Text: a term ``treated × value`` for each value, and the statistics
        ``equal_f, equal_p``: the joint test that all are equal.

    Raises
    ------
    DataError
        A product is absorbed or collinear: no place of a group is treated, or the moderator does not vary
        among the treated; or a fault named in ``estimation_sample`` and ``fit_within``.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> spec = InteractionSpec(name="(1)", outcome="outcome", moderator="control")
    >>> fit_interaction(panel, spec).estimates["term"].to_list()
    ['treated', 'treated × control', 'control']
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    require_columns(panel.frame, [spec.moderator], where="panel")
    if spec.moderator in {spec.outcome, spec.treatment, *spec.controls}:
        raise ColumnError(f"the column {spec.moderator!r} is used twice in the model", where="moderator")
    kind = panel.frame.schema[spec.moderator]
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    if kind.is_numeric() or kind == pl.Boolean:
        return _by_number(panel, spec, known)
    return _by_group(panel, spec, known)


def _by_number(panel: Panel, spec: InteractionSpec, known: Mapping[str, float]) -> Result:
    if BETWEEN in spec.moderator:
        raise ColumnError("the moderator's name cannot be told from a product", got=spec.moderator)
    product = f"{spec.treatment}{BETWEEN}{spec.moderator}"
    sample = _sample(panel, spec, (spec.moderator,))
    values = sample.regressors[:, 1]
    shift = float(values.mean()) if spec.centred else 0.0
    columns = [sample.regressors[:, [0]], (sample.regressors[:, 0] * (values - shift))[:, None]]
    columns += [sample.regressors[:, 1:]]
    sample = replace(
        sample,
        regressors=np.column_stack(columns),
        terms=(spec.treatment, product, spec.moderator, *spec.controls),
    )
    fit = fit_within(sample, errors=spec.errors)
    _check_kept(fit, [spec.treatment, product])
    result = as_result(
        panel, spec, sample, fit, method="Difference in differences with an interaction", truth=known
    )
    notes = [f"{spec.moderator} enters the product less its mean {shift:.6g}"] if spec.centred else []
    return replace(
        result,
        notes=(*result.notes, *notes),
        truth={} if spec.centred else result.truth,
        frames={"effects": _effects(fit, spec, product, values, shift)},
    )


def _by_group(panel: Panel, spec: InteractionSpec, known: Mapping[str, float]) -> Result:
    unknown = panel.frame[spec.moderator].null_count()
    panel = replace(panel, frame=panel.frame.drop_nulls(spec.moderator))
    sample = _sample(panel, spec, ())
    groups = sample.frame[spec.moderator].cast(pl.String)
    names = groups.unique().sort().to_list()
    if len(names) < 2:
        raise DataError("the moderator has only one value", where=spec.moderator, got=names)
    terms = [f"{spec.treatment}{BETWEEN}{name}" for name in names]
    products = [sample.regressors[:, 0] * (groups == name).to_numpy() for name in names]
    sample = replace(
        sample,
        regressors=np.column_stack([*products, sample.regressors[:, 1:]]),
        terms=(*terms, *spec.controls),
    )
    fit = fit_within(sample, errors=spec.errors)
    _check_kept(fit, terms)
    result = as_result(
        panel, spec, sample, fit, method="Difference in differences, an effect for each group", truth=known
    )
    result.statistics["equal_f"], result.statistics["equal_p"] = _all_equal(fit, len(names))
    notes = [f"{unknown} rows without {spec.moderator} left out"] if unknown else []
    return replace(result, notes=(*result.notes, *notes))


def _sample(panel: Panel, spec: InteractionSpec, further: tuple[str, ...]) -> Sample:
    return estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment, *further, *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )


def _check_kept(fit: Fit, terms: list[str]) -> None:
    lost = [term for term in terms if term in fit.collinear]
    if lost:
        raise DataError(
            f"the coefficient {lost[0]} cannot be told apart from the others",
            where="model",
            got=f"{lost[0]} is {fit.collinear[lost[0]]}",
            hint="does the moderator vary among the treated, and does each group have treated places?",
        )


def _effects(fit: Fit, spec: InteractionSpec, product: str, values: np.ndarray, shift: float) -> pl.DataFrame:
    two = set(np.unique(values).tolist()) <= {0.0, 1.0}
    at = spec.at or ((0.0, 1.0) if two else tuple(np.quantile(values, [0.25, 0.5, 0.75]).tolist()))
    where = [fit.terms.index(spec.treatment), fit.terms.index(product)]
    weights = np.column_stack([np.ones(len(at)), np.asarray(at) - shift])
    estimate = np.einsum("aj,j->a", weights, fit.coefficients[where])
    covariance = fit.covariance[np.ix_(where, where)]
    error = np.sqrt(np.einsum("ai,ij,aj->a", weights, covariance, weights))
    reach = stats.t.ppf(0.975, fit.t_degrees) * error
    return pl.DataFrame(
        {
            "at": at,
            "estimate": estimate,
            "std_error": error,
            "statistic": estimate / error,
            "p_value": 2 * stats.t.sf(np.abs(estimate / error), fit.t_degrees),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
        }
    )


def _all_equal(fit: Fit, groups: int) -> tuple[float, float]:
    # differences from the first of the groups, which are the first terms
    contrast = np.zeros((groups - 1, len(fit.terms)))
    contrast[:, 0] = -1
    contrast[:, 1:groups] = np.eye(groups - 1)
    differences = replace(
        fit,
        terms=tuple(str(one) for one in range(groups - 1)),
        coefficients=contrast @ fit.coefficients,
        covariance=contrast @ fit.covariance @ contrast.T,
    )
    return joint_test(differences, list(differences.terms))


def split_samples(panel: Panel, spec: DidSpec, *, group: str) -> tuple[Result, ...]:
    """Estimate a model in each group by itself (分组回归): a column of the table each, in order of the names.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : DidSpec
        The model; the result of a group is named ``name: group``.
    group : str
        Column of the groups; rows without one are in none.

    Raises
    ------
    DataError
        There are fewer than two groups; or a fault named in ``fit_did``, in one of them.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, seed=3).panel
    >>> halves = median_groups(panel, "control", name="level")
    >>> [one.name for one in split_samples(halves, DidSpec(name="(1)", outcome="outcome"), group="level")]
    ['(1): high', '(1): low']
    """
    require_columns(panel.frame, [group], where="panel")
    names = panel.frame[group].cast(pl.String).drop_nulls().unique().sort().to_list()
    if len(names) < 2:
        raise DataError("there are fewer than two groups", where=f"panel: {group}", got=", ".join(names))
    return tuple(
        fit_did(
            replace(panel, frame=panel.frame.filter(pl.col(group).cast(pl.String) == name)),
            replace(spec, name=f"{spec.name}: {name}"),
        )
        for name in names
    )


def median_groups(panel: Panel, column: str, *, name: str, year: int | None = None) -> Panel:
    """Add a column that splits the places at the median of a variable (按中位数分组): ``high`` and ``low``.

    Parameters
    ----------
    panel : Panel
        The panel.
    column : str
        A variable; of a place counts its mean over the years, or its value in ``year``.
    name : str
        The new column: ``high`` above the median, ``low`` at or below it; null for places without a value.
    year : int, optional
        A year before treatment, so that the policy does not move places between the groups.

    Raises
    ------
    ColumnError, SettingError
        The column is missing or no number; the new one is there already; the panel has no such year.
    DataError
        All places have the same value.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B", "C"], "year": [2020] * 3, "gdp": [1.0, 2.0, 9.0]})
    >>> median_groups(Panel(frame=frame), "gdp", name="level").frame["level"].to_list()
    ['low', 'low', 'high']
    """
    require_numeric(panel.frame, [column], where="panel")
    if name in panel.frame.columns:
        raise ColumnError(f"the panel already has the column {name!r}", where="panel")
    rows = panel.frame if year is None else panel.frame.filter(pl.col("year") == year)
    if rows.is_empty():
        raise SettingError("the panel has no such year", where="year", got=year)
    values = rows.sort("place", "year").group_by("place", maintain_order=True)
    means = values.agg(pl.col(column).cast(pl.Float64).fill_nan(None).mean().alias("_value"))
    if means["_value"].drop_nulls().n_unique() < 2:
        raise DataError("all places have the same value", where=column, got=shown(rows))
    above = pl.col("_value") > means["_value"].median()
    level = pl.when(above).then(pl.lit("high")).when(~above).then(pl.lit("low")).alias(name)
    groups = means.select("place", level)
    counts = {one: int((groups[name] == one).sum()) for one in ("high", "low")}
    of = "mean over the years" if year is None else f"value of {year}"
    line = (
        f"{name}: {counts['high']} places above the median of {column} ({of}), {counts['low']} at or below, "
        f"{groups[name].null_count() + panel.frame['place'].n_unique() - groups.height} without a value"
    )
    frame = panel.frame.join(groups, on="place", how="left", maintain_order="left")
    return replace(panel, frame=frame, log=(*panel.log, line))
