"""Balance of covariates before and after matching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError
from patentmetrics.estimate.logit import fit_logit

Floats = npt.NDArray[np.float64]
_SAMPLES = ("unmatched", "matched")


def balance_table(units: pl.DataFrame, covariates: Sequence[str]) -> pl.DataFrame:
    """Compare the covariates of treated and controls, before and after matching (平衡性检验).

    The standardised bias is ``100 (x̄₁ − x̄₀) / √((s₁² + s₀²) / 2)`` in per cent, with the variances of the
    unmatched sample in both rows, so that only the means tell (Rosenbaum and Rubin 1985,
    doi:10.1080/00031305.1985.10479383). The t test takes the weights of matched controls as frequencies,
    as Stata's ``pstest`` does.

    Parameters
    ----------
    units : polars.DataFrame
        ``in_group``, ``match_weight`` (null where not matched) and the covariates: the units of a
        `patentmetrics.estimate.matching.Matched`.
    covariates : sequence of str
        Which columns.

    Returns
    -------
    polars.DataFrame
        Two rows a covariate: ``covariate, sample`` (``unmatched`` or ``matched``), ``mean_treated,
        mean_control, bias, bias_reduction`` (per cent of the absolute bias that matching removed, null
        before matching or where there was none), ``statistic, p_value, variance_ratio``. A covariate that
        does not vary has null bias.

    Examples
    --------
    >>> units = pl.DataFrame({"in_group": [True, True, False, False, False], "x": [1.0, 3.0, 1.0, 2.0, 9.0],
    ...     "match_weight": [1.0, 1.0, 1.0, 1.0, None]})
    >>> balance_table(units, ["x"]).select("sample", "mean_control").rows()
    [('unmatched', 4.0), ('matched', 1.5)]
    """
    group = units["in_group"].to_numpy()
    weight = _weights(units)
    rows: list[dict[str, object]] = []
    for name in covariates:
        x = units[name].cast(pl.Float64).to_numpy()
        spread = float(np.sqrt((x[group].var(ddof=1) + x[~group].var(ddof=1)) / 2))
        before: float | None = None
        for sample, w in zip(_SAMPLES, (np.ones(len(x)), weight), strict=True):
            one, other, tests = _compared(x, group, w)
            bias = 100 * (one - other) / spread if spread > 0 else None
            reduced = None if not before or bias is None else 100 * (abs(before) - abs(bias)) / abs(before)
            before = bias
            means = {"mean_treated": one, "mean_control": other, "bias": bias, "bias_reduction": reduced}
            rows.append({"covariate": name, "sample": sample, **means, **tests})
    names = [
        "mean_treated",
        "mean_control",
        "bias",
        "bias_reduction",
        "statistic",
        "p_value",
        "variance_ratio",
    ]
    schema = {"covariate": pl.String, "sample": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema)


def balance_summary(units: pl.DataFrame, covariates: Sequence[str]) -> pl.DataFrame:
    """Say how far all covariates together tell treated from controls, before and after matching.

    Parameters
    ----------
    units, covariates
        As in `balance_table`.

    Returns
    -------
    polars.DataFrame
        ``sample, pseudo_r2, lr_chi2, lr_p`` (of a logit on the covariates, weights as frequencies; null
        where it cannot be estimated), ``mean_bias, median_bias`` (of the absolute standardised biases),
        ``rubin_b`` (standardised difference of the linear score in per cent; below 25 is called balanced),
        ``rubin_r`` (ratio of its variances; 0.5 to 2) (Rubin 2001, doi:10.1023/A:1020363010465), ``rows``.

    Examples
    --------
    >>> units = pl.DataFrame({"in_group": [True, True, False, False, False], "x": [1.0, 3.0, 1.5, 2.0, 9.0],
    ...     "match_weight": [1.0, 1.0, 1.0, 1.0, None]})
    >>> balance_summary(units, ["x"]).select("sample", "rows").rows()
    [('unmatched', 5), ('matched', 4)]
    """
    group = units["in_group"].to_numpy()
    columns = units.select(pl.col(name).cast(pl.Float64) for name in covariates).to_numpy()
    x = np.column_stack([np.ones(len(columns)), columns])
    biases = balance_table(units, covariates).select("sample", pl.col("bias").abs())
    rows = []
    for sample, w in zip(_SAMPLES, (np.ones(len(x)), _weights(units)), strict=True):
        size = biases.filter(pl.col("sample") == sample)["bias"]
        rows.append(
            {
                "sample": sample,
                "mean_bias": size.mean(),
                "median_bias": size.median(),
                "rows": int((w > 0).sum()),
            }
            | _told_apart(x[w > 0], group[w > 0], w[w > 0], ("const", *covariates))
        )
    names = ["pseudo_r2", "lr_chi2", "lr_p", "mean_bias", "median_bias", "rubin_b", "rubin_r"]
    return pl.DataFrame(
        rows, schema={"sample": pl.String} | dict.fromkeys(names, pl.Float64) | {"rows": pl.Int64}
    )


def _weights(units: pl.DataFrame) -> Floats:
    return units["match_weight"].cast(pl.Float64).fill_null(0.0).to_numpy()


def _compared(
    x: Floats, group: npt.NDArray[np.bool_], weight: Floats
) -> tuple[float, float, dict[str, float | None]]:
    # weighted means of treated and controls, and how they differ
    one, within_one, size_one = _moments(x[group], weight[group])
    other, within_other, size_other = _moments(x[~group], weight[~group])
    degrees, within = size_one + size_other - 2, within_one + within_other
    if degrees <= 0 or within == 0:
        return one, other, dict.fromkeys(["statistic", "p_value", "variance_ratio"])
    statistic = (one - other) / float(np.sqrt(within / degrees * (1 / size_one + 1 / size_other)))
    defined = min(size_one, size_other) > 1 and within_other > 0
    ratio = within_one / (size_one - 1) / (within_other / (size_other - 1)) if defined else None
    p_value = float(2 * stats.t.sf(abs(statistic), degrees))
    return one, other, {"statistic": statistic, "p_value": p_value, "variance_ratio": ratio}


def _moments(x: Floats, weight: Floats) -> tuple[float, float, float]:
    # weighted mean, sum of squares around it, sum of weights
    size = float(weight.sum())
    mean = float(weight @ x / size)
    return mean, float(weight @ (x - mean) ** 2), size


def _told_apart(
    x: Floats, group: npt.NDArray[np.bool_], weight: Floats, terms: tuple[str, ...]
) -> dict[str, float | None]:
    try:
        logit = fit_logit(x, group, terms=terms, where="balance", weights=weight)
    except DataError:
        return dict.fromkeys(["pseudo_r2", "lr_chi2", "lr_p", "rubin_b", "rubin_r"])
    index = x @ logit.coefficients
    m1, within1, size1 = _moments(index[group], weight[group])
    m0, within0, size0 = _moments(index[~group], weight[~group])
    v1, v0 = within1 / max(size1 - 1, 1.0), within0 / max(size0 - 1, 1.0)
    spread = float(np.sqrt((v1 + v0) / 2))
    return {
        "pseudo_r2": logit.pseudo_r2,
        "lr_chi2": logit.lr_chi2,
        "lr_p": logit.lr_p,
        "rubin_b": 100 * abs(m1 - m0) / spread if spread > 0 else None,
        "rubin_r": v1 / v0 if v0 > 0 else None,
    }
