"""Importance and breakthrough (突破性): forward over backward similarity, net of year effects."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def add_breakthrough(
    scores: pl.DataFrame, *, windows: Sequence[int], top_share: float, effect: str = "year"
) -> pl.DataFrame:
    """Add importance, breakthrough, breakthrough net of year effects, and the top share.

    For each window τ (Kelly et al. 2021, eq. 10 and section III, doi:10.1257/aeri.20190499):
    ``importance_τ = FS_τ / BS``; ``breakthrough_τ = ln importance_τ``; ``breakthrough_τ_net`` its
    residual on year dummies, that is, less the mean of the year; ``is_breakthrough_τ``: the residual
    is at or above the (1 − top_share) quantile of all residuals (linear interpolation), pooled over
    years.

    Null where either similarity is null, where BS is zero (a ratio to nothing), and, from the logarithm
    on, where FS is zero.

    Parameters
    ----------
    scores : polars.DataFrame
        With ``backward_similarity``, ``forward_similarity_τ`` and the column ``effect``.
    top_share : float
        0.1 in the article, 0.05 in the working paper.
    effect : str
        The column whose means are removed.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"year": [2000, 2000], "backward_similarity": [1.0, 0.0], "forward_similarity_1": [1.0, 2.0]}
    ... )
    >>> add_breakthrough(frame, windows=[1], top_share=0.1)["importance_1"].to_list()
    [1.0, None]
    """
    backward = pl.col("backward_similarity")
    for window in windows:
        importance, breakthrough = f"importance_{window}", f"breakthrough_{window}"
        net = f"{breakthrough}_net"
        scores = scores.with_columns(
            pl.when(backward > 0).then(pl.col(f"forward_similarity_{window}") / backward).alias(importance)
        )
        scores = scores.with_columns(
            pl.when(pl.col(importance) > 0).then(pl.col(importance).log()).alias(breakthrough)
        )
        scores = scores.with_columns(
            (pl.col(breakthrough) - pl.col(breakthrough).mean().over(effect)).alias(net)
        )
        cut_off = scores[net].quantile(1 - top_share, interpolation="linear")
        scores = scores.with_columns(
            (pl.col(net) >= pl.lit(cut_off, pl.Float64)).alias(f"is_breakthrough_{window}")
        )
    return scores
