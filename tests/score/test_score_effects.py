"""Net of any effects, and the top share of any group: against a dense regression and exact percentiles."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.score import breakthrough as module
from patentmetrics.score.breakthrough import (
    add_breakthrough,
    breakthrough_counts,
    group_codes,
    kept_shares,
    net_of_effects,
)
from tests.reference import breakthrough as twin


def frame(backward: list[float | None], forward: list[float | None], years: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"year": years, "backward_similarity": backward, "forward_similarity_5": forward},
        schema_overrides={"backward_similarity": pl.Float64, "forward_similarity_5": pl.Float64},
    )


CLASSES = ["G06N", "H04L", "A01B", None]


@st.composite
def patents(draw: st.DrawFn, *, most: int = 40) -> pl.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1999, 2000, 2001]),
                st.sampled_from(CLASSES),
                st.sampled_from(["a", "b", "c", "d", "e"]),
                st.one_of(st.none(), st.floats(0, 8)),
                st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0, 3.0])),
            ),
            min_size=1,
            max_size=most,
        )
    )
    return pl.DataFrame(
        rows,
        schema={
            "year": pl.Int32,
            "ipc_subclass": pl.String,
            "place": pl.String,
            "forward_similarity_5": pl.Float64,
            "backward_similarity": pl.Float64,
        },
        orient="row",
    )


def levels(scores: pl.DataFrame, effect: str) -> list[object]:
    rows = scores.select(effect.split("^")).rows()
    return [None if None in row else row for row in rows]


EFFECTS = [
    ["year"],
    ["ipc_subclass"],
    ["year^ipc_subclass"],
    ["year", "ipc_subclass"],
    ["year", "ipc_subclass", "place"],
    ["year^ipc_subclass", "place"],
    ["year^ipc_subclass", "year"],
]


@settings(max_examples=60, deadline=None)
@given(patents(), st.sampled_from(EFFECTS))
def test_residuals_are_those_of_a_dense_regression_on_all_dummies(
    scores: pl.DataFrame, effects: list[str]
) -> None:
    scored = add_breakthrough(scores, windows=[5], top_share=0.1, effects=effects)
    expected = twin.dense_residual(
        scored["breakthrough_5"].to_list(), [levels(scores, effect) for effect in effects]
    )
    found = scored["breakthrough_5_net"].to_list()
    assert [one is None for one in found] == [one is None for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one == (None if other is None else pytest.approx(other, abs=1e-8))


def test_many_additive_effects_on_a_thin_sample_are_removed_to_the_tolerance() -> None:
    random = np.random.default_rng(5)
    n = 1200
    scores = pl.DataFrame(
        {
            "year": random.integers(1990, 2010, n),
            "firm": random.integers(0, 360, n),  # 3.3 patents a firm: hard to part from the class
            "ipc": random.integers(0, 160, n),
            "x": random.normal(size=n) + 100,
        }
    )
    net = net_of_effects(scores, "x", effects=["year", "firm", "ipc"])
    for name in ["year", "firm", "ipc"]:
        means = scores.with_columns(net.alias("net")).group_by(name).agg(pl.col("net").mean())
        assert means["net"].abs().max() < 1e-11
    again = net_of_effects(scores.with_columns(net.alias("x")), "x", effects=["year", "firm", "ipc"])
    assert (again - net).abs().max() < 1e-10
    expected = twin.dense_residual(
        scores["x"].to_list(), [scores[one].to_list() for one in ["year", "firm", "ipc"]]
    )
    assert net.to_list() == pytest.approx(expected, abs=1e-9)


def test_effects_that_cannot_be_told_apart_are_an_error_not_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_less_means", lambda values, _: values)
    monkeypatch.setattr("scipy.sparse.linalg.lsmr", lambda a, _, **__: (np.zeros(a.shape[1]),))
    scores = pl.DataFrame({"a": [1, 1, 2, 2] * 2, "b": [1, 2, 1, 2] * 2, "x": [1.0, 2, 4, 9] * 2})
    with pytest.raises(DataError, match="told apart"):
        net_of_effects(scores, "x", effects=["a", "b"])


SHARES = [0.1, 0.05, 0.2, 0.25, 1 / 3, 0.5, 0.07]


@settings(max_examples=80, deadline=None)
@given(patents(most=60), st.sampled_from(SHARES), st.sampled_from([(), ("year",), ("year", "ipc_subclass")]))
def test_the_top_share_is_the_exact_percentile_of_each_group(
    scores: pl.DataFrame, share: float, within: tuple[str, ...]
) -> None:
    scored = add_breakthrough(scores, windows=[5], top_share=share, top_within=within)
    groups = levels(scores, "^".join(within)) if within else [0] * scores.height
    exact = Fraction(1, 3) if share == 1 / 3 else Fraction(str(share))
    assert scored["is_breakthrough_5"].to_list() == twin.top_flags(
        scored["breakthrough_5_net"].to_list(), groups, exact
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-50, 50).map(float), min_size=20, max_size=90), st.sampled_from([90, 95, 80, 75, 50])
)
def test_the_percentile_picks_the_patents_that_statas_picks(values: list[float], percent: int) -> None:
    in_top, decided = module._top(
        np.array(values), np.zeros(len(values), np.int64), 1 - Fraction(percent, 100)
    )
    cut_off = twin.stata_percentile(values, percent)
    assert decided.all()
    assert in_top.tolist() == [value >= cut_off for value in values]


def test_no_rounding_pushes_a_patent_over_its_own_cut_off() -> None:
    # 0.9 × 40, 0.95 × 20 … fall on a patent; in doubles some of the products come out a hair above
    for share in (0.1, 0.05, 0.2, 0.07):
        for n in range(20, 400):
            steps = (n - 1) * (1 - Fraction(str(share)))
            kept = n - math.ceil(steps)
            in_top, _ = module._top(np.arange(n) / 7, np.zeros(n, np.int64), Fraction(str(share)))
            assert in_top.sum() == kept


def ten_a_year() -> pl.DataFrame:
    """2000: ten patents, two level on top; 2001: ten, all different; 2002: three."""
    logs = [0, 1, 2, 3, 4, 5, 6, 7, 9, 9, *range(10), 5, 50, 100]
    return frame([1.0] * 23, [math.exp(x) for x in logs], [2000] * 10 + [2001] * 10 + [2002] * 3)


def test_the_share_that_ties_keep_is_reported_by_group() -> None:
    scored = add_breakthrough(ten_a_year(), windows=[5], top_share=0.1, top_within=["year"])
    kept = kept_shares(scored, windows=[5], top_within=["year"])
    assert kept.rows() == [(5, 2000, 10, 0, 2, 0.2), (5, 2001, 10, 0, 1, 0.1), (5, 2002, 3, 3, 0, None)]


def test_a_group_too_small_for_the_share_is_undecided_not_all_on_top() -> None:
    scored = add_breakthrough(ten_a_year(), windows=[5], top_share=0.1, top_within=["year"])
    assert scored["is_breakthrough_5"].to_list()[-3:] == [None] * 3
    assert scored["breakthrough_5_net"].null_count() == 0
    # one over the share is enough: three patents have a top third
    scored = add_breakthrough(ten_a_year(), windows=[5], top_share=1 / 3, top_within=["year"])
    assert scored["is_breakthrough_5"].to_list()[-3:] == [False, False, True]
    pooled = add_breakthrough(ten_a_year()[:9], windows=[5], top_share=0.1)
    assert pooled["is_breakthrough_5"].null_count() == 9


def test_patents_alone_in_an_effect_have_residual_zero_and_are_counted() -> None:
    scores = frame([1.0] * 4, [1.0, 5.0, 7.0, None], [2000, 2001, 2001, 2001])
    scores = scores.with_columns(ipc_subclass=pl.Series(["A", "A", "B", "A"]))
    scored = add_breakthrough(scores, windows=[5], top_share=0.5, effects=["year^ipc_subclass"])
    assert scored["breakthrough_5_net"].to_list() == [0.0, 0.0, 0.0, None]
    counts = breakthrough_counts(scored, windows=[5], effects=["year^ipc_subclass"])
    assert counts["singletons_5"] == 3
    assert counts["null_breakthrough_5"] == 1
    # additive: B is alone, then 2001 has one patent of A left, which is alone, then so is 2000's
    scored = add_breakthrough(scores, windows=[5], top_share=0.5, effects=["year", "ipc_subclass"])
    assert scored["breakthrough_5_net"].to_list() == [0.0, 0.0, 0.0, None]
    assert breakthrough_counts(scored, windows=[5], effects=["year", "ipc_subclass"])["singletons_5"] == 3


def test_counts_add_up() -> None:
    scores = ten_a_year().with_columns(ipc_subclass=pl.Series([None] + ["A"] * 22))
    scored = add_breakthrough(
        scores, windows=[5], top_share=0.1, effects=["year^ipc_subclass"], top_within=["year"]
    )
    counts = breakthrough_counts(scored, windows=[5], effects=["year^ipc_subclass"])
    assert counts == {
        "null_breakthrough_5": 0,
        "without_effect_5": 1,
        "singletons_5": 0,
        "undecided_breakthrough_5": 9 + 3,  # nine of 2000 are left, one too few for a top tenth
        "is_breakthrough_5": 1,
    }


def test_a_patent_without_a_class_has_no_residual_and_is_in_no_group_of_nulls() -> None:
    scores = ten_a_year().with_columns(ipc_subclass=pl.Series(["A"] * 10 + [None] * 13))
    scored = add_breakthrough(scores, windows=[5], top_share=0.1, effects=["ipc_subclass"])
    assert scored["breakthrough_5_net"].is_null().to_list() == [False] * 10 + [True] * 13
    assert scored["breakthrough_5"].null_count() == 0
    within = add_breakthrough(scores, windows=[5], top_share=0.1, top_within=["ipc_subclass"])
    assert within["breakthrough_5_net"].null_count() == 0
    assert within["is_breakthrough_5"].is_null().to_list() == [False] * 10 + [True] * 13


def test_the_order_of_the_rows_does_not_matter() -> None:
    scores = ten_a_year().with_row_index()
    backwards = add_breakthrough(scores.reverse(), windows=[5], top_share=0.1, top_within=["year"])
    straight = add_breakthrough(scores, windows=[5], top_share=0.1, top_within=["year"])
    assert backwards.sort("index").equals(straight, null_equal=True)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"effects": []}, SettingError, "one effect or more"),
        ({"effects": "year"}, SettingError, "one effect or more"),
        ({"top_share": 0.0}, SettingError, "between 0 and 1"),
        ({"top_share": float("nan")}, SettingError, "between 0 and 1"),
        ({"effects": ["jahr"]}, ColumnError, "'jahr' is missing"),
        ({"effects": ["year^"]}, ColumnError, "'' is missing"),
        ({"top_within": ["ipc"]}, ColumnError, "names no group"),
        ({"effects": ["forward_similarity_5"]}, ColumnError, "names no group"),
        ({"windows": [7]}, ColumnError, "forward_similarity_7"),
    ],
)
def test_wrong_effects_and_groups_are_named(options: dict, error: type, message: str) -> None:
    scores = ten_a_year().with_columns(ipc=pl.Series([["A"]] * 23))
    with pytest.raises(error, match=message):
        add_breakthrough(scores, **{"windows": [5], "top_share": 0.1, **options})


def test_groups_are_numbered_in_their_order_whatever_their_type() -> None:
    values = pl.DataFrame(
        {
            "text": ["b", "a", None],
            "flag": [True, False, True],
            "level": pl.Series(["y", "x", "y"], dtype=pl.Categorical),
        }
    )
    assert group_codes(values, ["text"]).tolist() == [1, 0, -1]
    assert group_codes(values, ["flag"]).tolist() == [1, 0, 1]
    assert group_codes(values, ["level", "text"]).tolist() == [1, 0, -1]
