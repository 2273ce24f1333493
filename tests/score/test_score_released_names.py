"""The released names: which lags each one sums, and what is null."""

from __future__ import annotations

import math

import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.score.released_names import released_names


def by_lag(rows: int = 40, **changes: list) -> pl.DataFrame:
    """Every lag has a value of its own, so that a sum over the wrong ones shows."""
    columns: dict[str, list] = {
        "patent_id": [str(3_900_000 + i) for i in range(rows)],
        "year": [1990 + i % 2 for i in range(rows)],
    }
    for lag in range(1, 21):
        columns[f"forward_lag_{lag}"] = [2.0**-lag * (1 + i) for i in range(rows)]
    for lag in range(1, 6):
        columns[f"backward_lag_{lag}"] = [3.0**-lag * (1 + i % 7) for i in range(rows)]
    return pl.DataFrame(columns | changes)


def test_each_name_sums_its_lags() -> None:
    row = released_names(by_lag()).row(0, named=True)
    assert row["fsim01"] == 2.0**-1
    assert row["fsim25"] == sum(2.0**-lag for lag in range(2, 6))
    assert row["fsim610"] == sum(2.0**-lag for lag in range(6, 11))
    assert row["fsim1120"] == sum(2.0**-lag for lag in range(11, 21))
    assert row["bsim5"] == pytest.approx(sum(3.0**-lag for lag in range(1, 6)), rel=1e-15)
    assert row["lqsim05"] == pytest.approx(math.log((row["fsim01"] + row["fsim25"]) / row["bsim5"]))
    forward = row["fsim01"] + row["fsim25"] + row["fsim610"]
    assert row["lqsim010"] == pytest.approx(math.log(forward / row["bsim5"]))


def test_columns_are_the_key_then_the_released_names() -> None:
    assert released_names(by_lag()).columns == [
        "patent_id", "year", "fsim01", "fsim25", "fsim610", "fsim1120", "bsim5", "lqsim05", "lqsim010",
        "alqsim05", "alqsim010", "bk_p90_alqsim05", "bk_p90_alqsim010",
    ]  # fmt: skip


def test_the_adjusted_importance_is_net_of_the_years_and_the_flag_is_its_top_tenth() -> None:
    named = released_names(by_lag())
    means = named.group_by("year").agg(pl.col("lqsim05").mean().alias("mean"))
    expected = named.join(means, on="year", maintain_order="left")
    assert named["alqsim05"].to_list() == pytest.approx((expected["lqsim05"] - expected["mean"]).to_list())
    cut_off = named["alqsim05"].quantile(0.9, interpolation="linear")
    assert named["bk_p90_alqsim05"].to_list() == [int(x >= cut_off) for x in named["alqsim05"]]
    assert named["bk_p90_alqsim05"].dtype == pl.Int8
    assert named["bk_p90_alqsim05"].sum() == 4


def test_the_effect_can_be_the_year_of_issue() -> None:
    scores = by_lag().with_columns(issue_year=pl.Series([1992 + i // 20 for i in range(40)]))
    named = released_names(scores, effects=["issue_year"])
    assert named.group_by("issue_year").agg(pl.col("alqsim05").mean())["alqsim05"].abs().max() < 1e-12
    assert named.group_by("year").agg(pl.col("alqsim05").mean())["alqsim05"].abs().max() > 1e-3


def test_a_sum_with_an_unknown_lag_is_null_and_so_is_all_that_comes_of_it() -> None:
    scores = by_lag().with_columns(
        pl.when(pl.col("patent_id") == "3900000")
        .then(None)
        .otherwise("forward_lag_8")
        .alias("forward_lag_8"),
        pl.when(pl.col("patent_id") == "3900001")
        .then(None)
        .otherwise("backward_lag_2")
        .alias("backward_lag_2"),
    )
    first, second, third = released_names(scores)[:3].iter_rows(named=True)
    assert first["fsim610"] is first["lqsim010"] is first["bk_p90_alqsim010"] is None
    assert first["fsim25"] is not None
    assert first["bk_p90_alqsim05"] is not None
    assert second["bsim5"] is second["lqsim05"] is second["alqsim010"] is second["bk_p90_alqsim05"] is None
    assert second["fsim01"] is not None
    assert None not in third.values()


def test_a_ratio_with_a_zero_is_null_and_the_sum_is_zero() -> None:
    zeros = {f"backward_lag_{lag}": [0.0] + [1.0] * 39 for lag in range(1, 6)}
    zeros |= {f"forward_lag_{lag}": [1.0, 0.0] + [1.0] * 38 for lag in range(1, 21)}
    first, second = released_names(by_lag(**zeros))[:2].iter_rows(named=True)
    assert (first["bsim5"], first["lqsim05"]) == (0.0, None)
    assert (second["fsim01"], second["lqsim010"], second["bk_p90_alqsim05"]) == (0.0, None, None)


def test_further_percentiles_have_names_of_their_own() -> None:
    named = released_names(by_lag(), percentiles=[90, 80, 95])
    assert named.columns[-6:] == [f"bk_p{p}_alqsim{w}" for p in (90, 80, 95) for w in ("05", "010")]
    assert [named[f"bk_p{p}_alqsim05"].sum() for p in (80, 90, 95)] == [8, 4, 2]


@pytest.mark.parametrize("percentile", [0, 100, 90.5])
def test_a_percentile_that_is_none_is_refused(percentile: float) -> None:
    with pytest.raises(SettingError, match="whole number from 1 to 99"):
        released_names(by_lag(), percentiles=[percentile])  # type: ignore[list-item]


def test_a_lag_that_was_not_kept_is_named() -> None:
    with pytest.raises(ColumnError, match="forward_lag_17"):
        released_names(by_lag().drop("forward_lag_17"))
