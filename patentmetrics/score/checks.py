"""The numbers of each check of the breakthrough score: frames in, tidy frames out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from patentmetrics.score.breakthrough import as_floats, net_of_effects
from patentmetrics.score.forward_citations import ForwardCitations

Values = NDArray[np.float64]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
NULL_REASONS = ("backward_incomplete", "forward_incomplete", "without_terms", "zero_similarity")


def distribution(frame: pl.DataFrame, window: int) -> pl.DataFrame:
    """Sum breakthrough up by year (分布): quantiles, and why patents have none; see `validate.Validation`."""
    score = pl.col(f"breakthrough_{window}")
    reasons = {
        "backward_incomplete": ~pl.col("backward_complete"),
        "forward_incomplete": ~pl.col(f"forward_complete_{window}"),
        "without_terms": pl.col("backward_similarity").is_null()
        | pl.col(f"forward_similarity_{window}").is_null(),
        "zero_similarity": pl.lit(value=True),
    }
    left = score.is_null()
    counts = []
    for name, holds in reasons.items():
        counts.append((left & holds.fill_null(value=False)).sum().cast(pl.Int64).alias(name))
        left &= ~holds.fill_null(value=False)
    by_year = frame.group_by("year").agg(
        pl.len().cast(pl.Int64).alias("patents"),
        score.count().cast(pl.Int64).alias("scored"),
        score.mean().alias("mean"),
        *(score.quantile(q, interpolation="linear").alias(f"p{round(100 * q):02d}") for q in QUANTILES),
        (1 - score.count() / pl.len()).alias("null_share"),
        *counts,
    )
    return by_year.sort("year", nulls_last=True).select(pl.lit(window, pl.Int64).alias("window"), pl.all())


def histogram(frame: pl.DataFrame, window: int) -> pl.DataFrame:
    """Count patents by breakthrough net of effects, in at most sixty bins of equal width."""
    values = frame[f"breakthrough_{window}_net"].drop_nulls().to_numpy()
    bins = int(np.clip(np.sqrt(len(values)), 5, 60))
    patents, edges = np.histogram(values, bins=bins) if len(values) else (np.zeros(0, int), np.zeros(1))
    return pl.DataFrame(
        {
            "window": np.full(len(patents), window, np.int64),
            "low": edges[:-1],
            "high": edges[1:],
            "patents": patents.astype(np.int64),
        }
    )


def persistence(frame: pl.DataFrame, windows: tuple[int, ...]) -> pl.DataFrame:
    """Correlate the ranks of the score between windows (持续性), over the patents that have both."""
    rows = []
    for shorter, longer in combinations(windows, 2):
        names = [f"breakthrough_{shorter}", f"breakthrough_{longer}"]
        both = frame.drop_nulls(names)
        nets = frame.drop_nulls([f"{name}_net" for name in names])
        flags = frame.drop_nulls([f"is_{name}" for name in names]).filter(pl.col(f"is_{names[0]}"))
        kept = flags[f"is_{names[1]}"].mean()
        rows.append(
            {
                "window": shorter,
                "other": longer,
                "n": both.height,
                "spearman": _spearman(*(as_floats(both[name]) for name in names)),
                "spearman_net": _spearman(*(as_floats(nets[f"{name}_net"]) for name in names)),
                "kept_by_both": float(kept) if isinstance(kept, float | int) else None,
            }
        )
    shares = dict.fromkeys(("spearman", "spearman_net", "kept_by_both"), pl.Float64)
    return pl.DataFrame(rows, schema={"window": pl.Int64, "other": pl.Int64, "n": pl.Int64, **shares})


def citation_checks(
    frame: pl.DataFrame, found: ForwardCitations, windows: tuple[int, ...]
) -> dict[str, pl.DataFrame]:
    """Correlate breakthrough with ln(1 + forward citations), and average within bins (引用检验)."""
    joined = frame.join(found.frame, on="patent_id", how="left", maintain_order="left")
    correlations: list[dict[str, float | int | str | None]] = []
    bins = []
    for window in windows:
        name = f"breakthrough_{window}"
        known = joined.drop_nulls([name, "citations", "year"]).with_columns(
            pl.col("citations").log1p().alias("citations")
        )
        raw = as_floats(known[name]), as_floats(known["citations"])
        within = (
            as_floats(net_of_effects(known, name)),
            as_floats(net_of_effects(known, "citations")),
        )
        years = known["year"].n_unique()
        correlations += [
            {"window": window, "method": method, "n": known.height, **_correlation(*pair, method, lost)}
            for method, pair, lost in (
                ("spearman", raw, 1),
                ("pearson_log", raw, 1),
                ("spearman_within_year", within, years),
                ("pearson_log_within_year", within, years),
            )
        ]
        bins.append(_bins(*within, window=window))
    schema = {"window": pl.Int64, "method": pl.String, "n": pl.Int64}
    numbers = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), pl.Float64)
    return {
        "correlations": pl.DataFrame(correlations, schema={**schema, **numbers}),
        "citation_bins": pl.concat(bins),
    }


def _correlation(x: Values, y: Values, method: str, means: int) -> dict[str, float | None]:
    """Correlate; ``means`` is how many means were taken out: one, or one a year."""
    is_spearman = method.startswith("spearman")
    r = _spearman(x, y) if is_spearman else _pearson(x, y)
    free = len(x) - means - 1
    if r is None or free < 2:
        return dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value")) | {"estimate": r}
    with np.errstate(divide="ignore"):
        statistic = abs(r) * np.sqrt(free / (1 - r**2)) if abs(r) < 1 else np.inf
        error = np.sqrt((1 + r**2 / 2 if is_spearman else 1) / (free - 1))
        z, reach = np.arctanh(np.clip(r, -1, 1)), stats.norm.ppf(0.975) * error
    return {
        "estimate": r,
        "conf_low": float(np.tanh(z - reach)),
        "conf_high": float(np.tanh(z + reach)),
        "p_value": float(2 * stats.t.sf(statistic, free)),
    }


def _varies(*columns: Values) -> bool:
    # residuals of a constant are not exactly zero
    return len(columns[0]) > 2 and all(np.ptp(one) > 1e-12 * max(1.0, np.abs(one).max()) for one in columns)


def _spearman(x: Values, y: Values) -> float | None:
    return float(stats.spearmanr(x, y).statistic) if _varies(x, y) else None


def _pearson(x: Values, y: Values) -> float | None:
    return float(stats.pearsonr(x, y).statistic) if _varies(x, y) else None


def _bins(x: Values, y: Values, *, window: int, most: int = 20) -> pl.DataFrame:
    """Average within up to twenty bins of equal size along x, none of fewer than ten patents."""
    bins = min(most, len(x) // 10)
    rows = []
    for number, at in enumerate(np.array_split(np.argsort(x, kind="stable"), bins) if bins else ()):
        mean = float(y[at].mean())
        reach = float(stats.t.ppf(0.975, len(at) - 1) * stats.sem(y[at]))
        low, high = mean - reach, mean + reach
        rows.append((window, number + 1, len(at), float(x[at].mean()), mean, low, high))
    names = ("breakthrough", "citations", "conf_low", "conf_high")
    schema = {**dict.fromkeys(("window", "bin", "n"), pl.Int64), **dict.fromkeys(names, pl.Float64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _percentile(name: str) -> pl.Expr:
    """Give the mid-rank of a column in percent: 100 × (below + level / 2) / all."""
    return 100 * (pl.col(name).rank("average") - 0.5) / pl.col(name).count()


def landmarks(
    frame: pl.DataFrame, wanted: list[str], found: ForwardCitations | None, windows: tuple[int, ...]
) -> pl.DataFrame:
    """Give the percentile of each landmark patent (里程碑专利), by window, in the order given."""
    if found is not None:
        frame = frame.join(found.frame, on="patent_id", how="left", maintain_order="left")
    parts = []
    for window in windows:
        name = f"breakthrough_{window}"
        columns = [
            pl.lit(window, pl.Int64).alias("window"),
            pl.col(name).alias("breakthrough"),
            pl.col(f"is_{name}").alias("is_breakthrough"),
            _percentile(name).alias("percentile"),
            _percentile(f"{name}_net").alias("percentile_net"),
            _percentile(name).over("year").alias("percentile_within_year"),
            pl.col(name).count().over("year").cast(pl.Int64).alias("scored_of_year"),
        ]
        if found is not None:
            columns += [
                pl.col("citations"),
                _percentile("citations").alias("citations_percentile"),
                _percentile("citations").over("year").alias("citations_percentile_within_year"),
            ]
        parts.append(frame.select("patent_id", "year", *columns).filter(pl.col("patent_id").is_in(wanted)))
    order = pl.DataFrame({"patent_id": wanted}, schema={"patent_id": frame["patent_id"].dtype})
    return (
        order.with_row_index("order")
        .join(pl.concat(parts), on="patent_id")
        .sort("order", "window")
        .drop("order")
    )


def landmark_summary(frame: pl.DataFrame, rows: pl.DataFrame, windows: tuple[int, ...]) -> pl.DataFrame:
    """Sum the landmarks up by window, and test them against all other patents."""
    summary: list[dict[str, float | int | None]] = []
    for window in windows:
        mine = rows.filter(pl.col("window") == window)
        percentiles = as_floats(mine["percentile_net"].drop_nulls())
        net = frame.select("patent_id", pl.col(f"breakthrough_{window}_net").alias("net")).drop_nulls()
        is_landmark = net["patent_id"].is_in(mine["patent_id"].implode())
        ours, others = (as_floats(net["net"].filter(one)) for one in (is_landmark, ~is_landmark))
        test = stats.mannwhitneyu(ours, others, alternative="greater") if len(ours) and len(others) else None
        summary.append(
            {
                "window": window,
                "landmarks": mine.height,
                "scored": len(percentiles),
                "mean_percentile": float(percentiles.mean()) if len(percentiles) else None,
                "median_percentile": float(np.median(percentiles)) if len(percentiles) else None,
                "breakthroughs": int(mine["is_breakthrough"].sum() or 0),
                "p_value": float(test.pvalue) if test else None,
            }
        )
    whole = dict.fromkeys(("window", "landmarks", "scored"), pl.Int64)
    shares = dict.fromkeys(("mean_percentile", "median_percentile"), pl.Float64)
    schema = {**whole, **shares, "breakthroughs": pl.Int64, "p_value": pl.Float64}
    return pl.DataFrame(summary, schema=schema)


def null_reasons(distribution: pl.DataFrame, *, window: int) -> Iterator[tuple[str, int]]:
    """Give why patents have no score, with their number, in the order of the checks.

    Examples
    --------
    >>> frame = pl.DataFrame({"window": [5], **{name: [1] for name in NULL_REASONS}})
    >>> dict(null_reasons(frame, window=5))["zero_similarity"]
    1
    """
    rows = distribution.filter(pl.col("window") == window)
    for name in NULL_REASONS:
        yield name, int(rows[name].sum() or 0)
