"""Regressions with a coefficient for each cohort and year, and averages of those coefficients.

Two estimators are such regressions: Sun and Abraham's and Wooldridge's. They are estimated here, by the
same within estimator as all other regressions, so that their standard errors follow the same convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.staggered import StaggeredSample, tidy_estimates
from patentmetrics.estimate.within import Fit, fit_within

Floats = npt.NDArray[np.float64]
Cell = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class CellFit:
    """Effects by cohort and year, each a linear combination of coefficients.

    Parameters
    ----------
    cells : tuple of (int, int)
        Cohort and year of each effect.
    rows : ndarray, shape (c,)
        Rows of each cell: the weights of its averages.
    effects : ndarray, shape (c,)
        The effects.
    covariance : ndarray, shape (c, c)
        Their covariance.
    fit : Fit
        The regression.
    n : int
        Rows of the regression.
    """

    cells: tuple[Cell, ...]
    rows: Floats
    effects: Floats
    covariance: Floats
    fit: Fit
    n: int


def fit_cells(
    panel: Panel,
    sample: StaggeredSample,
    cells: Sequence[Cell],
    *,
    controls: Sequence[str] = (),
    slopes: Sequence[str] = (),
    fixed_effects: tuple[str, ...] = ("place", "year"),
) -> CellFit:
    """Regress the outcome on an indicator of each cell, controls and absorbed effects.

    Parameters
    ----------
    panel : Panel
        The panel that the sample was taken of.
    sample : StaggeredSample
        Its ``frame`` holds the columns named below.
    cells : sequence of (int, int)
        Cohort and year of each indicator.
    controls : sequence of str
        Further regressors; those that the effects absorb or others make redundant drop out.
    slopes : sequence of str
        Columns in which the effect of each cell is linear; the effect is told at their mean in the cell.
    fixed_effects : tuple of str
        Absorbed effects.

    Raises
    ------
    DataError
        A cell cannot be told apart from the effects and the other cells; or a fault named in ``fit_within``.
    """
    inside = {
        cell: (pl.col("cohort") == cell[0]).fill_null(value=False) & (pl.col("year") == cell[1])
        for cell in cells
    }
    columns = {f"att_{g}_{t}": inside[g, t].cast(pl.Float64) for g, t in cells}
    sloped = {
        f"att_{g}_{t}:{name}": inside[g, t].cast(pl.Float64) * pl.col(name)
        for g, t in cells
        for name in slopes
    }
    frame = sample.frame.with_columns(**columns, **sloped)
    rows = estimation_sample(
        replace(panel, frame=frame),
        outcome=sample.outcome,
        regressors=(*columns, *sloped, *controls),
        fixed_effects=fixed_effects,
        cluster=sample.cluster,
    )
    fit = fit_within(rows, errors="cluster")
    lost = [term for term in columns if term in fit.collinear]
    if lost:
        raise DataError(
            f"the effect {lost[0]} cannot be told apart from the others",
            where="model",
            got=f"{lost[0]} is {fit.collinear[lost[0]]}",
            hint="are there places in that cohort and year, and others to compare with?",
        )
    at = {term: i for i, term in enumerate(fit.terms)}
    told = np.zeros((len(cells), len(fit.terms)))
    counts = np.empty(len(cells))
    for row, (g, t) in enumerate(cells):
        here = rows.frame.filter(inside[g, t])
        counts[row] = here.height
        told[row, at[f"att_{g}_{t}"]] = 1.0
        for name in slopes:
            term = f"att_{g}_{t}:{name}"
            if term in at:
                told[row, at[term]] = here[name].to_numpy().mean()
    return CellFit(
        cells=tuple(cells),
        rows=counts,
        effects=told @ fit.coefficients,
        covariance=told @ fit.covariance @ told.T,
        fit=fit,
        n=rows.n,
    )


def weighted(found: CellFit, chosen: Sequence[bool]) -> Floats:
    """Give the weights of a mean over the chosen cells, each with its rows; shape (c,)."""
    weights = found.rows * np.asarray(chosen, dtype=np.float64)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def combined(found: CellFit, weights: Floats) -> tuple[Floats, Floats]:
    """Give the effects and their covariance of rows of weights, (m, c)."""
    return weights @ found.effects, weights @ found.covariance @ weights.T


def averaged(found: CellFit, *, key: str) -> pl.DataFrame:
    """Average over the rows of the cells with the same ``event_time``, ``cohort`` or ``year``.

    The last two average over treated cells only. Columns ``key, estimate, std_error``.
    """
    values = {
        "event_time": [t - g for g, t in found.cells],
        "cohort": [g for g, _ in found.cells],
        "year": [t for _, t in found.cells],
    }[key]
    counted = [key == "event_time" or t >= g for g, t in found.cells]
    levels = sorted({value for value, counts in zip(values, counted, strict=True) if counts})
    weights = np.array(
        [
            weighted(found, [counts and value == one for value, counts in zip(values, counted, strict=True)])
            for one in levels
        ]
    )
    effects, covariance = combined(found, weights)
    return pl.DataFrame(
        {
            key: pl.Series(levels, dtype=pl.Int32),
            "estimate": effects,
            "std_error": np.sqrt(np.diag(covariance)),
        }
    )


def overall_effect(found: CellFit) -> tuple[float, float]:
    """Average over all treated rows: the effect and its standard error."""
    effects, covariance = combined(found, weighted(found, [t >= g for g, t in found.cells])[None, :])
    return float(effects[0]), float(np.sqrt(covariance[0, 0]))


def pretrend_test(found: CellFit) -> tuple[float | None, float | None, int]:
    """Test that the averages at all event times before treatment are zero: F, p, terms."""
    times = sorted({t - g for g, t in found.cells if t < g})
    if not times:
        return None, None, 0
    weights = np.array([weighted(found, [t - g == k for g, t in found.cells]) for k in times])
    effects, covariance = combined(found, weights)
    if len(times) > found.fit.t_degrees or np.linalg.matrix_rank(covariance) < len(times):
        return None, None, len(times)
    statistic = float(effects @ np.linalg.solve(covariance, effects)) / len(times)
    return statistic, float(stats.f.sf(statistic, len(times), found.fit.t_degrees)), len(times)


def cell_frames(name: str, found: CellFit) -> dict[str, pl.DataFrame]:
    """Give ``att_gt`` (``cohort, year, event_time``), ``by_cohort`` and ``by_year`` as tidy frames."""
    cells = pl.DataFrame(
        {
            "term": [f"att_{g}_{t}" for g, t in found.cells],
            "cohort": pl.Series([g for g, _ in found.cells], dtype=pl.Int32),
            "year": pl.Series([t for _, t in found.cells], dtype=pl.Int32),
            "event_time": pl.Series([t - g for g, t in found.cells], dtype=pl.Int32),
            "estimate": found.effects,
            "std_error": np.sqrt(np.diag(found.covariance)),
        }
    )
    frames = {"att_gt": cells}
    for key in ("cohort", "year"):
        rows = averaged(found, key=key)
        frames[f"by_{key}"] = rows.with_columns(pl.format(f"{key}_{{}}", key).alias("term"))
    return {
        key: tidy_estimates(name, rows, n=found.n, t_degrees=found.fit.t_degrees)
        for key, rows in frames.items()
    }


def with_base(events: pl.DataFrame, base: int) -> pl.DataFrame:
    """Add the base event time with an effect of zero and no error."""
    row = pl.DataFrame(
        {"event_time": [base], "estimate": [0.0], "std_error": [None]},
        schema=events.select("event_time", "estimate", "std_error").schema,
    )
    return pl.concat([events, row]).sort("event_time")


def regression_statistics(found: CellFit) -> dict[str, float | int | str | None]:
    """Give the numbers about the fit that a table of regressions shows."""
    return {
        "n": found.n,
        "r2": found.fit.r2,
        "r2_adjusted": found.fit.r2_adjusted,
        "r2_within": found.fit.r2_within,
        "rmse": found.fit.rmse,
        "t_degrees": found.fit.t_degrees,
        "parameters": found.fit.parameters,
    }


def regression_notes(sample: StaggeredSample, found: CellFit, absorbed: Sequence[str]) -> list[str]:
    """Say which errors these are, what is absorbed, and which controls dropped out."""
    notes = [
        f"standard errors clustered by {sample.cluster} ({sample.clusters} clusters), small-sample factor "
        "G/(G-1) × (N-1)/(N-K), K without the effects nested in the clusters, t distribution with G-1 "
        "degrees: as Stata's reghdfe",
        f"absorbed effects: {', '.join(absorbed)}",
    ]
    lost = [term for term in found.fit.collinear if ":" not in term]
    return notes + [f"{term} left out: {found.fit.collinear[term]}" for term in lost]
