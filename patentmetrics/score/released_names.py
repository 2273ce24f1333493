"""The names of the file that Kelly, Papanikolaou, Seru & Taddy released, for merging with it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import require_columns
from patentmetrics.score.breakthrough import add_breakthrough

# released name: first and last lag of the sum
FORWARD_SUMS = {"fsim01": (1, 1), "fsim25": (2, 5), "fsim610": (6, 10), "fsim1120": (11, 20)}
BACKWARD_LAGS = 5
IMPORTANCE = {"lqsim05": 5, "lqsim010": 10}


def released_names(
    scores: pl.DataFrame, *, effects: Sequence[str] = ("year",), percentiles: Sequence[int] = (90,)
) -> pl.DataFrame:
    """Write sums by lag under the names of the authors' released file (作者公开数据的变量名).

    What each name is, and how that is known:

    ==================  ======================================================  ======================
    name                from the lags                                           known from
    ==================  ======================================================  ======================
    fsim01              forward, 1                                              the release's notes
    fsim25, fsim610     forward, 2 to 5, 6 to 10                                the release's notes
    fsim1120            forward, 11 to 20                                       the replication kit
    bsim5               backward, 1 to 5                                        the release's notes
    lqsim05, lqsim010   ln of forward 1 to 5, 1 to 10, over bsim5               the release's notes
    alqsim05, alqsim010 lqsim net of the effects                                our reading
    bk_p90_alqsim05, …  1 where alqsim is at or above its 90th percentile, or 0 the release's notes
    ==================  ======================================================  ======================

    Our reading of the "a" is *adjusted*: the kit regresses ``ln((fsim01 + fsim25) / bsim5)`` on dummies of
    the year of **issue**, and takes the pooled percentile of the residuals; the windows run over years of
    **filing**. With one date only, its year serves for both; else give the column of issue years as
    ``effects``. Whether the 0 in "01" and "05" takes in the year of filing itself, the notes do not say:
    the article counts the years after it, and so do we. In the release importance ends ten (five) years
    before the data do; here a sum is null where any of its lags is.

    The names make files fit together, not the values: those of the release come from whole
    descriptions, from all US patents, and without pairs below a similarity of 0.05. Their key is
    ``patent_num``, a whole number; join on ``pl.col("patent_id").cast(pl.Int64)`` where yours are
    bare US numbers. ``alqsim`` itself is not in the release; it is given because the flags come from it.

    Parameters
    ----------
    scores : polars.DataFrame
        One row a patent: ``forward_lag_1`` to ``forward_lag_20``, ``backward_lag_1`` to
        ``backward_lag_5`` (sums of similarities with the patents of that year; null where unknown), and
        the columns of the effects. All that is not a lag is kept.
    effects : sequence of str
        See `patentmetrics.score.breakthrough.net_of_effects`.
    percentiles : sequence of int
        90 in the release; 80 and 95 are in the kit too.

    Returns
    -------
    polars.DataFrame
        The columns that are no lags, then the released names; sums Float64, flags Int8. Null where a lag
        is null, where ``bsim5`` or the forward sum is zero, and, for flags, where fewer patents than one
        over the top share have a value.

    Raises
    ------
    ColumnError
        A lag is missing: score with lags kept, twenty years forward and five back.
    SettingError
        A percentile is not between 1 and 99.

    Examples
    --------
    >>> lags = {f"forward_lag_{lag}": [2.0] for lag in range(1, 21)}
    >>> lags |= {f"backward_lag_{lag}": [1.0] for lag in range(1, 6)}
    >>> named = released_names(pl.DataFrame({"patent_id": ["1"], "year": [1990], **lags}))
    >>> named.select("fsim01", "fsim25", "fsim610", "fsim1120", "bsim5").row(0)
    (2.0, 8.0, 10.0, 20.0, 5.0)
    """
    if not percentiles or any(one not in range(1, 100) for one in percentiles):
        raise SettingError(
            "a percentile is a whole number from 1 to 99", where="percentiles", got=list(percentiles)
        )
    last = max(stop for _, stop in FORWARD_SUMS.values())
    lags = [f"forward_lag_{lag}" for lag in range(1, last + 1)]
    lags += [f"backward_lag_{lag}" for lag in range(1, BACKWARD_LAGS + 1)]
    require_columns(scores, lags, where="scores by lag")
    sums = [_sum("forward", *span).alias(name) for name, span in FORWARD_SUMS.items()]
    sums.append(_sum("backward", 1, BACKWARD_LAGS).alias(f"bsim{BACKWARD_LAGS}"))
    # the ratio, its logarithm, the residual and the flag are those of every other score
    ratios = scores.with_columns(
        _sum("backward", 1, BACKWARD_LAGS).alias("backward_similarity"),
        *(_sum("forward", 1, window).alias(f"forward_similarity_{window}") for window in IMPORTANCE.values()),
    )
    windows = list(IMPORTANCE.values())
    columns: list[pl.Series] = []
    adjusted: list[pl.Series] = []
    for percentile in percentiles:
        found = add_breakthrough(ratios, windows=windows, top_share=(100 - percentile) / 100, effects=effects)
        if not adjusted:
            columns = [found[f"breakthrough_{window}"].alias(name) for name, window in IMPORTANCE.items()]
            adjusted = [
                found[f"breakthrough_{window}_net"].alias(f"a{name}") for name, window in IMPORTANCE.items()
            ]
        adjusted += [
            found[f"is_breakthrough_{window}"].cast(pl.Int8).alias(f"bk_p{percentile}_a{name}")
            for name, window in IMPORTANCE.items()
        ]
    kept = [name for name in scores.columns if not _is_lag(name)]
    return scores.select(*kept, *sums).with_columns(*columns, *adjusted)


def _sum(side: str, first: int, last: int) -> pl.Expr:
    # a sum with + is null where any term is; sum_horizontal would take a null for zero
    total = pl.col(f"{side}_lag_{first}").cast(pl.Float64)
    for lag in range(first + 1, last + 1):
        total += pl.col(f"{side}_lag_{lag}").cast(pl.Float64)
    return total


def _is_lag(name: str) -> bool:
    side, _, lag = name.rpartition("_lag_")
    return side in ("forward", "backward") and lag.isdigit()
