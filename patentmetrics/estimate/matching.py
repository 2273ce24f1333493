"""Propensity-score matching on a panel: score, common support, matches as weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.estimate.logit import Logit, fit_logit
from patentmetrics.estimate.match_shares import Kernel, greedy_shares, kernel_shares, range_shares
from patentmetrics.panel.keys import require_numeric

Floats = npt.NDArray[np.float64]
Method = Literal["nearest", "radius", "kernel"]
Rows = Literal["pooled", "yearly", "base_year"]

METHODS = ["nearest", "radius", "kernel"]
ROWS = ["pooled", "yearly", "base_year"]
KERNELS = ["epanechnikov", "gaussian", "uniform", "biweight"]
# Scores are compared as whole multiples of this: rows with the same covariates then tie exactly
GRID = 1e-12


@dataclass(frozen=True, kw_only=True)
class Matching:
    """How treated places are matched with others (倾向得分匹配).

    Parameters
    ----------
    covariates : tuple of str
        What the score is estimated from, by logit.
    rows : {"pooled", "yearly", "base_year"}
        ``pooled``: all rows at once, any year may match any year (混合匹配); ``yearly``: within each
        year, a logit for each (逐年匹配); ``base_year``: places are matched once, on that year's covariates,
        and keep their matches in all years.
    base_year : int, optional
        The year, with ``rows="base_year"``; it should lie before treatment.
    method : {"nearest", "radius", "kernel"}
        ``nearest``: the nearest ``neighbours``, all of those that are equally near; ``radius``: all within
        the caliper; ``kernel``: all, with weights that fall with distance.
    neighbours : int
        How many, with ``nearest``.
    caliper : float, optional
        The greatest distance of scores that is a match; required with ``radius``.
    kernel, bandwidth : str, float
        With ``kernel``: ``epanechnikov``, ``gaussian``, ``uniform`` or ``biweight``, and its reach.
    replacement : bool
        False: a control is used once; nearest neighbour only, from the highest score down.
    common_support : bool
        Leave out treated rows whose score is above the highest or below the lowest of the controls.
    """

    covariates: tuple[str, ...]
    rows: Rows = "pooled"
    base_year: int | None = None
    method: Method = "nearest"
    neighbours: int = 1
    caliper: float | None = None
    kernel: Kernel = "epanechnikov"
    bandwidth: float = 0.06
    replacement: bool = True
    common_support: bool = True


@dataclass(frozen=True, kw_only=True)
class Matched:
    """A matched panel (匹配后的样本).

    Parameters
    ----------
    frame : polars.DataFrame
        The rows of the panel, sorted by place and year, with ``in_group`` (the place is treated in some
        year), ``propensity_score``, ``on_support``, ``match_weight``: 1 for a matched treated row, the sum
        of its shares for a control, null for what is not matched. All null where a covariate is missing.
    units : polars.DataFrame
        What was matched: ``place, year, in_group, propensity_score, on_support, match_weight`` and the
        covariates; rows of the panel, or those of the base year.
    scores : polars.DataFrame
        The logits: ``year`` (null when there is one), ``term, estimate, std_error, statistic, p_value, n``.
    counts : dict
        ``rows, rows_missing, treated, treated_off_support, treated_unmatched, treated_matched, controls,
        controls_matched``, all of ``units``.
    """

    frame: pl.DataFrame
    units: pl.DataFrame
    scores: pl.DataFrame
    counts: dict[str, int] = field(default_factory=dict)


def match_panel(panel: Panel, matching: Matching, *, treatment: str = "treated") -> Matched:
    """Match treated places with never treated ones by their propensity score (倾向得分匹配).

    The group is every place that is treated in some year of the panel; its rows before treatment count as
    the group too. The score is ``P(group | covariates)`` by logit.

    Parameters
    ----------
    panel : Panel
        The panel.
    matching : Matching
        How to match.
    treatment : str
        Column with 1 from the treatment on.

    Returns
    -------
    Matched
        Rows with a missing covariate are counted, and have no score.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option cannot be, or options contradict.
    DataError
        A group is empty, a logit cannot be estimated, or nothing is matched.
    ExtraError
        statsmodels is not installed.

    Source: Rosenbaum and Rubin (1983), doi:10.1093/biomet/70.1.41; Heckman, Ichimura and Todd (1997),
    doi:10.2307/2971733; the options follow Leuven and Sianesi's ``psmatch2`` with ``ties``.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, seed=3).panel
    >>> matched = match_panel(panel, Matching(covariates=("control",), rows="base_year", base_year=2008))
    >>> matched.counts["treated_matched"] <= matched.counts["treated"] == 20
    True
    """
    _check(matching)
    covariates = list(matching.covariates)
    require_columns(panel.frame, [treatment, *covariates], where="panel")
    require_numeric(panel.frame, [treatment, *covariates], where="panel")
    frame = (
        panel.frame.sort("place", "year")
        .with_columns(pl.col(name).cast(pl.Float64).fill_nan(None) for name in covariates)
        .with_columns(
            in_group=(pl.col(treatment).cast(pl.Float64).max().over("place") > 0).fill_null(value=False)
        )
    )
    units = frame
    if matching.rows == "base_year":
        units = frame.filter(pl.col("year") == matching.base_year)
        if units.is_empty():
            raise DataError(
                "the panel has no row in the base year", where="base_year", got=matching.base_year
            )
    asked = units.height
    units = units.drop_nulls(covariates).select("place", "year", "in_group", *covariates)
    infinite = units.filter(pl.any_horizontal(pl.col(covariates).is_infinite())).height
    if infinite:
        raise DataError(
            f"{infinite} rows have an infinite covariate", where="panel", got=", ".join(covariates)
        )
    parts = units.partition_by("year", maintain_order=True) if matching.rows == "yearly" else [units]
    done = [_matched(part, matching) for part in parts]
    matched = pl.concat([one for one, _ in done]).sort("place", "year")
    scores = pl.concat([table for _, table in done])
    if matching.rows != "yearly":
        scores = scores.with_columns(year=pl.lit(None, dtype=pl.Int32))
    counts = {"rows": asked, "rows_missing": asked - units.height, **_counts(matched)}
    if not counts["treated_matched"]:
        raise DataError(
            "no treated row has a match",
            where="matching",
            got=f"{counts['treated']} treated, {counts['treated_off_support']} off the common support",
            hint="widen the caliper or the bandwidth, or take fewer covariates",
        )
    key = ["place"] if matching.rows == "base_year" else ["place", "year"]
    return Matched(
        frame=frame.join(matched.select(*key, *_NEW), on=key, how="left", maintain_order="left"),
        units=matched,
        scores=scores,
        counts=counts,
    )


_NEW = ["propensity_score", "on_support", "match_weight"]


def match_weights(score: Floats, group: npt.NDArray[np.bool_], matching: Matching) -> Floats:
    """Give each unit its weight in the matched sample: 1 for a matched treated unit, NaN for no match.

    A control's weight is the sum of its shares in the matches of the treated; each treated unit spreads a
    weight of one over its controls. All treated units given are matched where they can be: the caller
    leaves out those off the common support.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Scores; compared on a grid of 1e-12.
    group : ndarray of bool, shape (n,)
        Who is treated.
    matching : Matching
        ``method`` and its options.

    Examples
    --------
    >>> score, group = np.array([0.30, 0.31, 0.29, 0.9]), np.array([True, False, False, False])
    >>> match_weights(score, group, Matching(covariates=("x",))).tolist()
    [1.0, 0.5, 0.5, nan]
    """
    steps = np.round(score / GRID).astype(np.int64)
    order = np.flatnonzero(~group)
    order = order[np.argsort(steps[order], kind="stable")]
    treated, sorted_controls = np.flatnonzero(group), steps[order]
    reach = None if matching.caliper is None else round(matching.caliper / GRID)
    if matching.method == "kernel":
        bandwidth = round(matching.bandwidth / GRID)
        shares, found = kernel_shares(
            steps[treated], sorted_controls, kernel=matching.kernel, bandwidth=bandwidth, reach=reach
        )
    elif not matching.replacement:
        shares, found = greedy_shares(steps[treated], sorted_controls, reach=reach)
    else:
        neighbours = matching.neighbours if matching.method == "nearest" else None
        shares, found = range_shares(steps[treated], sorted_controls, neighbours=neighbours, reach=reach)
    weights = np.full(len(score), np.nan)
    weights[treated[found]] = 1.0
    weights[order] = np.where(shares > 0, shares, np.nan)
    return weights


def _check(matching: Matching) -> None:
    check_choice(matching.rows, ROWS, argument="rows")
    check_choice(matching.method, METHODS, argument="method")
    check_choice(matching.kernel, KERNELS, argument="kernel")
    if not matching.covariates:
        raise SettingError("no covariate is named", where="covariates")
    if len(set(matching.covariates)) < len(matching.covariates):
        raise ColumnError(
            "a covariate is named twice", where="covariates", got=", ".join(matching.covariates)
        )
    faults = [
        (matching.neighbours < 1, "neighbours", matching.neighbours, "1 or more"),
        (
            matching.caliper is not None and not matching.caliper > 0,
            "caliper",
            matching.caliper,
            "more than 0",
        ),
        (not matching.bandwidth > 0, "bandwidth", matching.bandwidth, "more than 0"),
        (
            matching.method == "radius" and matching.caliper is None,
            "caliper",
            None,
            "a distance, with radius",
        ),
        (
            (matching.rows == "base_year") != (matching.base_year is not None),
            "base_year",
            matching.base_year,
            'a year with rows="base_year", and only then',
        ),
        (
            not matching.replacement and (matching.method != "nearest" or matching.neighbours > 1),
            "replacement",
            f"False with {matching.method}, {matching.neighbours} neighbours",
            "without replacement one nearest neighbour is matched",
        ),
    ]
    for wrong, where, got, allowed in faults:
        if wrong:
            raise SettingError(f"{where} has a value it cannot have", where=where, got=got, allowed=allowed)


def _matched(units: pl.DataFrame, matching: Matching) -> tuple[pl.DataFrame, pl.DataFrame]:
    # units with one logit: score, support and weight of each, and the logit as a table
    group = units["in_group"].to_numpy()
    year = int(units["year"][0]) if units.height else None
    where = f"panel, year {year}" if matching.rows == "yearly" else "panel"
    for empty, what in ((not group.any(), "treated"), (group.all(), "never treated")):
        if empty:
            raise DataError(
                f"no {what} place has all covariates",
                where=where,
                got=f"{units.height} rows",
                hint='are covariates missing there? With rows="pooled" a year may lack one group',
            )
    names = ("const", *matching.covariates)
    x = np.column_stack([np.ones(units.height), units.select(matching.covariates).to_numpy()])
    logit = fit_logit(x, group, terms=names, where=where)
    score = np.round(logit.fitted / GRID) * GRID
    support = np.ones(len(score), dtype=bool)
    if matching.common_support:
        low, high = score[~group].min(), score[~group].max()
        support[group] = (score[group] >= low) & (score[group] <= high)
    weights = np.full(len(score), np.nan)
    weights[support] = match_weights(score[support], group[support], matching)
    table = _score_table(logit, year, len(score))
    return (
        units.with_columns(
            pl.Series("propensity_score", score),
            pl.Series("on_support", support),
            pl.Series("match_weight", weights).fill_nan(None),
        ),
        table,
    )


def _score_table(logit: Logit, year: int | None, n: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": pl.Series([year] * len(logit.terms), dtype=pl.Int32),
            "term": list(logit.terms),
            "estimate": logit.coefficients,
            "std_error": logit.std_errors,
            "statistic": logit.coefficients / logit.std_errors,
            "p_value": logit.p_values,
            "n": [n] * len(logit.terms),
        }
    )


def _counts(units: pl.DataFrame) -> dict[str, int]:
    treated = units.filter("in_group")
    controls = units.filter(~pl.col("in_group"))
    off = treated.filter(~pl.col("on_support")).height
    matched = treated["match_weight"].drop_nulls().len()
    return {
        "treated": treated.height,
        "treated_off_support": off,
        "treated_unmatched": treated.height - off - matched,
        "treated_matched": matched,
        "controls": controls.height,
        "controls_matched": controls["match_weight"].drop_nulls().len(),
    }
