"""Many treatments on one sample: estimates and standard errors of all of them at once.

Frisch–Waugh: the effects and the controls are taken out of the outcome once, and of the treatments as
columns; the rest is a division. Scores are summed over clusters in a batch. Equal to a loop of ``fit_did``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse, stats

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.estimate.degrees import absorbed_degrees
from patentmetrics.estimate.projection import (
    Floats,
    Projection,
    indicators,
    orthonormal,
    project_out,
    standardised,
)
from patentmetrics.estimate.sample import Sample
from patentmetrics.estimate.within import COLLINEAR, Errors
from patentmetrics.execute.local import map_blocks

# Numbers in a block of treatments: 4 MB each for the columns and what is made of them
_BLOCK = 500_000

# Gives the treatments from one number up to, not including, another: shape (n, last − first)
Columns = Callable[[int, int], Floats]


@dataclass(frozen=True, kw_only=True)
class DrawnEstimates:
    """One model a treatment (各次抽样的估计).

    Parameters
    ----------
    estimates, std_errors : ndarray, shape (m,)
        Not a number where the effects and the controls explain a treatment wholly.
    t_degrees : int
        Degrees of freedom of the t distribution.
    """

    estimates: Floats
    std_errors: Floats
    t_degrees: int

    def to_frame(self) -> pl.DataFrame:
        """Give ``draw`` from 1, ``estimate, std_error, statistic, p_value``; null where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = self.estimates / self.std_errors
        columns = {
            "estimate": self.estimates,
            "std_error": self.std_errors,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), self.t_degrees),
        }
        numbers = np.arange(1, len(self.estimates) + 1)
        return pl.DataFrame({"draw": numbers, **columns}).with_columns(pl.col(list(columns)).fill_nan(None))


def estimate_draws(
    sample: Sample, treatments: Columns, draws: int, *, errors: Errors, threads: int | None = None
) -> DrawnEstimates:
    """Estimate the coefficient of each of many treatments, the sample and the controls being the same.

    Parameters
    ----------
    sample : Sample
        n rows; its regressors are the controls.
    treatments : callable
        ``treatments(first, last)`` gives columns, shape (n, last − first); it may be called from several
        threads, in any order.
    draws : int
        How many treatments there are.
    errors : {"cluster", "robust", "iid"}
        As in `patentmetrics.estimate.within.fit_within`, with the same small-sample factors.
    threads : int, optional
        Blocks in work at a time; all cores by default. The numbers do not depend on it.

    Raises
    ------
    SettingError
        There are no draws.
    DataError
        There are fewer than two clusters, or as many parameters as rows.

    Source: Frisch & Waugh (1933), Lovell (1963, doi:10.1080/01621459.1963.10480682).
    """
    if draws < 1:
        raise SettingError("the number of draws must be one or more", where="draws", got=draws)
    controls = orthonormal(sample.regressors, sample.effects)
    outcome, scale = standardised(sample.outcome[:, None])
    out = project_out(sample.effects, controls)
    y = out.residuals(out.residuals(outcome))
    k = controls.shape[1] + 1
    clustered = errors == "cluster"
    clusters = sample.clusters if clustered else None
    counted = absorbed_degrees(sample.effects, clusters)
    groups = len(np.unique(clusters)) if clusters is not None else 0
    n = sample.n
    if clustered and groups < 2:
        raise DataError("there is only one cluster: its variance cannot be estimated", where="cluster")
    if n - k - absorbed_degrees(sample.effects) <= 0:
        raise DataError("the model has as many parameters as rows", where="model", got=f"{n} rows")
    factor = {
        "cluster": groups / max(groups - 1, 1) * (n - 1) / (n - k - counted),
        "robust": n / (n - k - counted),
        "iid": 1 / (n - k - counted),
    }[errors]
    sums = indicators(clusters).T.tocsr() if clusters is not None else None
    size = max(1, _BLOCK // n)
    blocks = [(first, min(first + size, draws)) for first in range(0, draws, size)]

    def estimated(block: tuple[int, int]) -> tuple[Floats, Floats]:
        return _estimated(treatments(*block), y, out, sums, errors=errors)

    made = list(map_blocks(estimated, blocks, threads=threads))
    estimates = np.concatenate([one for one, _ in made])
    bare = np.concatenate([one for _, one in made])
    return DrawnEstimates(
        estimates=estimates * scale[0],
        std_errors=np.sqrt(bare * factor) * scale[0],
        t_degrees=groups - 1 if clustered else n - k - counted,
    )


def _estimated(
    columns: Floats, y: Floats, out: Projection, sums: sparse.csr_array | None, *, errors: Errors
) -> tuple[Floats, Floats]:
    # n rows, m treatments: coefficients, and their variances before the small-sample factor
    size = np.sum((columns - columns.mean(axis=0)) ** 2, axis=0)
    d = out.residuals(columns)
    product, square = d * y, d * d
    if sums is not None:
        product, square = sums @ product, sums @ square
    own = square.sum(axis=0)
    known = own > COLLINEAR * np.maximum(size, 1e-12)
    own = np.where(known, own, np.nan)
    beta = product.sum(axis=0) / own
    if errors == "iid":
        meat = own * np.maximum(np.sum(y * y) - beta**2 * own, 0.0)
    else:  # the score of a row, or of a cluster: the sum of d (y − βd) over its rows
        meat = np.sum((product - beta * square) ** 2, axis=0)
    return beta, meat / own**2


def without_first(sample: Sample) -> Sample:
    """Give a sample without its first regressor: the treatment is drawn, the controls stay."""
    return replace(sample, regressors=sample.regressors[:, 1:], terms=sample.terms[1:])


def empirical_p_values(drawn: npt.ArrayLike, observed: float, *, of: str = "estimate") -> pl.DataFrame:
    """Hold an estimate against the distribution of draws (经验p值): left, right and two-sided.

    Left: draws at or below the estimate; right: at or above; two-sided: at least as far from zero. The p
    value is ``(1 + extreme) / (1 + draws)``, which is valid and never zero; ``share`` is ``extreme / draws``,
    which papers print.

    Parameters
    ----------
    drawn : array_like, shape (m,)
        Draws under the hypothesis; those that are not a number are left out, and not counted in ``draws``.
    observed : float
        The estimate.
    of : str
        What was drawn; goes into the column of that name.

    Returns
    -------
    polars.DataFrame
        ``of, side, extreme, draws, share, p_value``; share and p value are null without draws.

    Source: Phipson & Smyth (2010), doi:10.2202/1544-6115.1585.

    Examples
    --------
    >>> empirical_p_values([-2.0, 0.0, 1.0], 1.5).select("side", "extreme", "p_value").rows()
    [('left', 3, 1.0), ('right', 0, 0.25), ('two_sided', 1, 0.5)]
    """
    values = np.asarray(drawn, dtype=np.float64)
    values = values[np.isfinite(values)]
    # a draw that is the estimate itself must count, whatever the rounding of the two ways
    slack = 1e-10 * max(abs(observed), float(np.abs(values).max(initial=0.0)))
    counts = {
        "left": int((values <= observed + slack).sum()),
        "right": int((values >= observed - slack).sum()),
        "two_sided": int((np.abs(values) >= abs(observed) - slack).sum()),
    }
    names, m = list(counts), len(values)
    return pl.DataFrame(
        {
            "of": [of] * len(names),
            "side": names,
            "extreme": [counts[name] for name in names],
            "draws": [m] * len(names),
            "share": [counts[name] / m if m else None for name in names],
            "p_value": [(1 + counts[name]) / (1 + m) if m else None for name in names],
        },
        schema_overrides={"share": pl.Float64, "p_value": pl.Float64},
    )
