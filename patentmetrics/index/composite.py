"""One way in to a composite index: standardise, weight, add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError, StudyError, check_choice
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Panel
from patentmetrics.index.components import component_weights
from patentmetrics.index.critic import critic_weights
from patentmetrics.index.entropy import entropy_weights
from patentmetrics.index.scatter import scatter_degree_weights
from patentmetrics.index.standardise import Scale, standardised
from patentmetrics.index.systems import IndexSystem, indicator_table, read_index_system
from patentmetrics.index.variables import Matrix, added, matrix, named_rows
from patentmetrics.index.weighting import Weighting, equal_weights
from patentmetrics.panel.keys import KEY

Method = Literal["entropy", "pca", "scatter", "critic", "equal", "given"]
Levels = Literal["joint", "separate"]

# the scales that a method can do with, its usual one first
SCALES_OF: dict[str, tuple[Scale, ...]] = {
    "entropy": ("minmax", "none"),
    "pca": ("zscore",),
    "scatter": ("minmax", "zscore", "none"),
    "critic": ("minmax",),
    "equal": ("minmax", "zscore", "none"),
    "given": ("minmax", "zscore", "none"),
}


@dataclass(frozen=True, kw_only=True)
class CompositeIndex:
    """A composite index (综合指数): scores, weights and what they rest on.

    Parameters
    ----------
    scores : Panel
        ``place, year``, the total and one score for each dimension; its log says what was done.
    weights : polars.DataFrame
        One row an indicator, in the order of the system: the columns of `indicator_table`, then
        ``dimension_weight``, ``subdimension_weight`` (null without subdimensions), ``weight_within`` (of the
        indicator in its dimension), ``weight`` (in the whole; sums to one), ``criterion`` (what the method
        weights by). Null for an indicator that was left out.
    diagnostics : polars.DataFrame
        ``dimension`` (null where it is about all indicators), ``statistic``, ``value``.
    """

    scores: Panel
    weights: pl.DataFrame
    diagnostics: pl.DataFrame

    @property
    def log(self) -> tuple[str, ...]:
        """What was done, in order, with counts."""
        return self.scores.log


def composite_index(
    panel: Panel,
    system: IndexSystem | str,
    *,
    method: Method = "entropy",
    scale: Scale | None = None,
    by: Literal["year"] | None = None,
    levels: Levels = "joint",
    shift: float = 0.0,
    share: float | None = None,
    name: str = "composite_index",
) -> CompositeIndex:
    """Make a composite index out of indicators (综合指数).

    Parameters
    ----------
    panel : Panel
        Has a column for each indicator. Nothing is filled here: fill before, if at all.
    system : IndexSystem or str
        The system, or what `read_index_system` takes.
    method : {"entropy", "pca", "scatter", "critic", "equal", "given"}
        Entropy (熵权法), principal components (主成分分析), vertical and horizontal scatter degree
        (纵横向拉开档次法), CRITIC, equal weights, or the weights that stand in the system.
    scale : {"minmax", "zscore", "none"}, optional
        How indicators are standardised: by default min–max, for components z-scores. See `standardise`.
    by : {None, "year"}
        Standardise over the pooled panel, or within each year.
    levels : {"joint", "separate"}
        ``joint``: one set of weights over all indicators, a dimension's weight being their sum (Tang et al.
        2026, table 1). ``separate``: each dimension's indicators are weighted by themselves and dimensions
        count the same, for systems that are then coupled (Pang et al. 2025).
    shift : float
        Of entropy weights, see `entropy_weights`.
    share : float, optional
        Of components, see `component_weights`.
    name : str
        Of the total; dimensions are ``{name}_{dimension}``.

    Returns
    -------
    CompositeIndex
        Total = Σ weight · standardised indicator; a dimension's score = Σ weight_within · standardised
        indicator, so that the total is the mean of the dimensions by their weights. With components that is
        the component score divided by the sum of its coefficients.

        Weights come from the rows in which all their indicators are there. A score is null where one of its
        indicators is; the log counts these and names the first. An indicator that is constant is left out,
        with null weights, and named.

    Raises
    ------
    ColumnError
        An indicator is not in the panel, or does not hold numbers.
    DataError
        No row is complete; all indicators of a part are constant; a value is negative where that cannot be.
    SettingError
        An option is unknown, or not one of the method; the method cannot do with the scale.
    StudyError
        There is no such system; ``method="given"`` without weights in it.

    Examples
    --------
    >>> from patentmetrics.index.systems import Dimension, Indicator
    >>> def indicator(name):
    ...     titles = {"title_en": name, "title_zh": name}
    ...     return Indicator(name=name, **titles, direction="positive", dimension="wealth")
    >>> wealth = Dimension(id="wealth", title_en="Wealth", title_zh="财富")
    >>> system = IndexSystem(
    ...     id="wealth", title_en="Wealth", title_zh="财富", source="", dimensions=(wealth,),
    ...     indicators=(indicator("gdp"), indicator("wage")),
    ... )
    >>> frame = pl.DataFrame({"place": list("ABC"), "year": [2020] * 3, "gdp": [1, 2, 5], "wage": [3, 5, 4]})
    >>> made = composite_index(Panel(frame=frame), system, method="equal")
    >>> made.scores.frame["composite_index"].to_list(), made.weights["weight"].to_list()
    ([0.0, 0.625, 0.75], [0.5, 0.5])
    """
    check_choice(method, SCALES_OF, argument="method")
    check_choice(levels, ["joint", "separate"], argument="levels")
    if by is not None:
        check_choice(by, ["year"], argument="by")
    system = read_index_system(system) if isinstance(system, str) else system
    scale = _scale(method, scale)
    for option, given, of in (("shift", shift != 0, "entropy"), ("share", share is not None, "pca")):
        if given and method != of:
            raise SettingError(f"{option} is for the method {of}", where=option, got=f"method {method}")
    directions = {one.name: one.direction for one in system.indicators}
    raw = matrix(panel, system.names)
    values, constant = standardised(raw, directions, scale=scale, years=panel.frame["year"].to_numpy(), by=by)
    # constant: there are values, and no scale for any of them
    kept: NDArray[np.bool_] = np.asarray(np.isnan(raw).all(axis=0) | ~np.isnan(values).all(axis=0))
    log = [
        *panel.log,
        f"{name}: {len(system.indicators)} indicators of {system.id}, {method}, {scale} "
        f"{'within years' if by else 'pooled'}, {levels}",
        *(f"{name}: {told}" for told in constant),
    ]
    weigh = _weigher(method, system, shift=shift, share=share)
    dimension_of = np.array([one.dimension for one in system.indicators])
    parts = [None] if levels == "joint" else [one.id for one in system.dimensions]
    weight = np.full(len(kept), np.nan)
    criterion = np.full(len(kept), np.nan)
    found: list[tuple[str | None, str, float | int | None]] = []
    for part in parts:
        inside: NDArray[np.bool_] = kept if part is None else kept & (dimension_of == part)
        made, rows = _weighted(values, inside, weigh, system, where=part or system.id)
        weight[inside] = made.weights / len(parts)
        criterion[inside] = made.criterion
        found += [(part, "rows", rows), *((part, key, value) for key, value in made.statistics.items())]
        log.append(
            f"{name}: weights {f'of {part} ' if part else ''}from {rows} complete rows of {len(values)}"
        )
        log += [f"{name}: {note}" for note in made.notes]

    columns, told = _scores(panel, system, values, weight, dimension_of, name)
    scores = replace(panel, frame=panel.frame.select(KEY), log=tuple(log))
    scores = added(scores, columns, log=told)
    made_by = provenance(
        "composite index",
        settings={
            "method": method,
            "scale": scale,
            "by": by,
            "levels": levels,
            "shift": shift,
            "share": share,
        }
        | {"name": name},
        inputs={"panel": panel.made_by, "system": {"id": system.id, "sha256": system.sha256}},
        counts={"rows": scores.frame.height, "null": scores.frame[name].null_count()},
    )
    return CompositeIndex(
        scores=replace(scores, made_by=made_by),
        weights=_weights_table(system, weight, criterion),
        diagnostics=pl.DataFrame(
            [(part, key, None if value is None else float(value)) for part, key, value in found],
            schema={"dimension": pl.String, "statistic": pl.String, "value": pl.Float64},
            orient="row",
        ),
    )


def _scale(method: str, scale: Scale | None) -> Scale:
    allowed = SCALES_OF[method]
    if scale is not None and scale not in allowed:
        check_choice(scale, ["minmax", "zscore", "none"], argument="scale")
        raise SettingError(
            f"the method {method} cannot do with this scale", where="scale", got=scale, allowed=allowed
        )
    return scale or allowed[0]


Weigher = Callable[[Matrix, NDArray[np.bool_]], Weighting]


def _weigher(method: Method, system: IndexSystem, *, shift: float, share: float | None) -> Weigher:
    """Give the method as one function of the complete rows and of which indicators they are."""
    if method == "given":
        given = np.array([np.nan if one.weight is None else one.weight for one in system.indicators])
        if np.isnan(given).any():
            raise StudyError('the system has no weights, which method="given" needs', where=system.id)

        def take(_: Matrix, inside: NDArray[np.bool_]) -> Weighting:
            if not given[inside].sum() > 0:
                raise StudyError("the weights given sum to nothing", where=system.id)
            return Weighting(weights=given[inside] / given[inside].sum(), criterion=given[inside])

        return take
    if method == "entropy":
        of: Callable[[Matrix], Weighting] = partial(entropy_weights, shift=shift)
    elif method == "pca":
        of = partial(component_weights, share=share)
    else:
        of = {"scatter": scatter_degree_weights, "critic": critic_weights, "equal": equal_weights}[method]
    return lambda rows, _: of(rows)


def _weighted(
    values: Matrix, inside: NDArray[np.bool_], weigh: Weigher, system: IndexSystem, *, where: str
) -> tuple[Weighting, int]:
    if not inside.any():
        raise DataError("every indicator is constant", where=where)
    complete = ~np.isnan(values[:, inside]).any(axis=1)
    if complete.sum() < 2:
        worst = int(np.argmax(np.where(inside, np.isnan(values).sum(axis=0), -1)))
        raise DataError(
            "fewer than two rows have all indicators: there is nothing to take weights from",
            where=where,
            got=f"{int(complete.sum())} of {len(values)} rows",
            hint=f"{system.names[worst]!r} has most nulls: leave it out, or fill it before",
        )
    return weigh(values[complete][:, inside], inside), int(complete.sum())


def _scores(
    panel: Panel,
    system: IndexSystem,
    values: Matrix,
    weight: NDArray[np.float64],
    dimension_of: NDArray[np.str_],
    name: str,
) -> tuple[dict[str, Matrix], list[str]]:
    """Give the total and the dimensions, null where an indicator is missing, and what to say of them."""
    columns: dict[str, Matrix] = {}
    told = []
    kept = ~np.isnan(weight)
    within = _within(weight, dimension_of)
    for column, share, inside in [
        (name, weight, kept),
        *((f"{name}_{one.id}", within, kept & (dimension_of == one.id)) for one in system.dimensions),
    ]:
        known = inside.any() and not np.isnan(share[inside]).any()
        columns[column] = values[:, inside] @ share[inside] if known else np.full(len(values), np.nan)
        null = np.isnan(columns[column])
        if not known:
            told.append(f"{column}: null, its indicators have no positive weight together")
        elif null.any():
            told.append(
                f"{column}: {int(null.sum())} null for want of an indicator: {named_rows(panel, null)}"
            )
    return columns, told


def _within(weight: NDArray[np.float64], group: NDArray[np.str_]) -> NDArray[np.float64]:
    """Give the weight of each indicator in its group; not-a-number where the group has no weight."""
    within = np.full(len(weight), np.nan)
    for one in np.unique(group):
        total = np.nansum(weight[group == one])
        if total > 0:
            within[group == one] = weight[group == one] / total
    return within


def _weights_table(
    system: IndexSystem, weight: NDArray[np.float64], criterion: NDArray[np.float64]
) -> pl.DataFrame:
    table = indicator_table(system).with_columns(
        pl.Series("weight", weight).fill_nan(None), pl.Series("criterion", criterion).fill_nan(None)
    )
    dimension_of = np.array([one.dimension for one in system.indicators])
    within = pl.Series("weight_within", _within(weight, dimension_of)).fill_nan(None)
    # a sum over nothing but nulls is null, not zero
    total = pl.when(pl.col("weight").is_not_null().any()).then(pl.col("weight").sum())
    return table.with_columns(
        total.over("dimension").alias("dimension_weight"),
        pl.when(pl.col("subdimension").is_not_null())
        .then(total.over("dimension", "subdimension"))
        .alias("subdimension_weight"),
        within,
    ).select(
        *indicator_table(system).columns,
        "dimension_weight",
        "subdimension_weight",
        "weight_within",
        "weight",
        "criterion",
    )
