"""Standardising and weighting: published numbers, slow twins, and what must hold for any data."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.index.components import component_weights
from patentmetrics.index.critic import critic_weights
from patentmetrics.index.entropy import entropy_weights
from patentmetrics.index.scatter import scatter_degree_weights
from patentmetrics.index.standardise import standardise
from patentmetrics.index.weighting import equal_weights
from tests.reference import indices

# Elsayed et al. 2017; weights without min–max
ELSAYED = np.array(
    [
        [7, 312, 1891, 6613, 163], [72, 88, 728, 941804, 1078], [10, 252, 2594, 3466, 117471],
        [10, 145, 980, 2371, 86329], [65, 54, 350, 501, 29897], [29, 48, 380, 912, 34051],
        [7, 476, 3300, 78470, 2212], [70, 87, 650, 733, 819000], [4, 86, 591, 3015, 103],
        [12, 79, 579, 3240, 96098], [21, 45, 261, 1253, 453], [1, 72, 530, 4333, 0.1048],
    ]
)  # fmt: skip

METHODS = {
    "entropy": entropy_weights,
    "critic": critic_weights,
    "scatter": scatter_degree_weights,
    "pca": component_weights,
    "equal": equal_weights,
}


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    """Min–max data as a panel gives it: some structure, some zeros, no constant column."""
    n, p = draw(st.integers(6, 20)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, p)) * draw(st.sampled_from([0.3, 1.0, 3.0]))
    return (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))


def test_entropy_weights_are_the_published_ones() -> None:
    found = entropy_weights(ELSAYED).weights
    assert found.round(6).tolist() == [0.104991, 0.069124, 0.071373, 0.449937, 0.304575]


@settings(max_examples=60)
@given(matrices(), st.sampled_from([0.0, 1e-4, 0.01, 1.0]))
def test_entropy_weights_equal_the_twin(x: np.ndarray, shift: float) -> None:
    assert entropy_weights(x, shift=shift).weights == pytest.approx(
        indices.entropy(x.tolist(), shift), rel=1e-9
    )


@settings(max_examples=60)
@given(matrices())
def test_critic_weights_equal_the_twin(x: np.ndarray) -> None:
    assert critic_weights(x).weights == pytest.approx(indices.critic(x.tolist()), rel=1e-9)


@settings(max_examples=25)
@given(matrices())
def test_scatter_degree_weights_equal_the_twin_that_adds_year_by_year(x: np.ndarray) -> None:
    years = [2010 + i % 3 for i in range(len(x))]
    found = scatter_degree_weights(x)
    assert found.weights == pytest.approx(indices.scatter(x.tolist(), years, rounds=300), abs=1e-8)


def test_the_first_component_equals_the_twin() -> None:
    x = np.random.default_rng(3).normal(size=(40, 4)) @ np.array(
        [[1, 0.8, 0.5, 0.2], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    found = component_weights(x)
    assert found.criterion == pytest.approx(indices.first_component(x.tolist()), abs=1e-9)
    assert np.linalg.norm(found.criterion) == pytest.approx(1)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=40)
@given(x=matrices())
def test_weights_sum_to_one_and_none_is_negative_but_those_of_components(name: str, x: np.ndarray) -> None:
    if name == "pca" and x.shape[1] == 2 and np.corrcoef(x, rowvar=False)[0, 1] < 0:
        with pytest.raises(DataError, match="against each other"):
            component_weights(x)
        return
    weights = METHODS[name](x).weights
    assert weights.sum() == pytest.approx(1)
    assert name == "pca" or weights.min() >= 0


@pytest.mark.parametrize("name", METHODS)
def test_weights_do_not_depend_on_the_order_of_rows_or_of_indicators(name: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.random((30, 4)) + rng.random((30, 1))
    rows, columns = rng.permutation(30), rng.permutation(4)
    base = METHODS[name](x).weights
    assert METHODS[name](x[rows]).weights == pytest.approx(base)
    assert METHODS[name](x[:, columns]).weights == pytest.approx(base[columns])


@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e300])
def test_entropy_and_components_do_not_depend_on_the_unit(scale: float) -> None:
    x = np.random.default_rng(7).random((20, 3)) + 0.1
    for weigh in (entropy_weights, component_weights):
        other = x * np.array([min(scale, 1e100) if weigh is component_weights else scale, 1, 1])
        assert weigh(other).weights == pytest.approx(weigh(x).weights)


def test_a_constant_indicator_has_no_entropy_weight_and_all_constant_is_an_error() -> None:
    x = np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 2.0], [1.0, 0.0, 5.0]])
    assert entropy_weights(x).weights.tolist() == [0, 0, 1]
    with pytest.raises(DataError, match="nothing to weight by"):
        entropy_weights(x[:, :2])


def test_a_shift_is_recorded_and_zeros_are_counted() -> None:
    x = np.array([[0.0, 1.0], [0.5, 0.0], [1.0, 0.2]])
    assert entropy_weights(x, shift=0.01).statistics == {"shift": 0.01, "zeros": 2}
    assert entropy_weights(x).weights != pytest.approx(entropy_weights(x, shift=1.0).weights, abs=1e-3)
    with pytest.raises(SettingError, match="shift"):
        entropy_weights(x, shift=-1)


@pytest.mark.parametrize("name", METHODS)
def test_not_a_number_and_a_single_row_are_errors(name: str) -> None:
    with pytest.raises(DataError, match="complete rows"):
        METHODS[name](np.array([[1.0, 2.0], [np.nan, 3.0]]))
    with pytest.raises(DataError, match="at least two rows"):
        METHODS[name](np.array([[1.0, 2.0]]))


def test_entropy_refuses_negative_values() -> None:
    with pytest.raises(DataError, match="negative"):
        entropy_weights(np.array([[-1.0], [1.0]]))


@pytest.mark.parametrize("name", ["critic", "scatter", "pca"])
def test_methods_of_variation_refuse_a_constant_indicator(name: str) -> None:
    with pytest.raises(DataError, match="constant"):
        METHODS[name](np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 5.0]]))


def test_scatter_weights_of_z_scores_are_the_best_that_are_not_negative() -> None:
    rng = np.random.default_rng(11)
    common = rng.normal(size=200)
    x = np.column_stack([common, -common, common]) + 0.5 * rng.normal(size=(200, 3))
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    found = scatter_degree_weights(x)
    assert found.weights.min() >= 0
    assert found.notes
    h = x.T @ x
    best = found.criterion @ h @ found.criterion
    grid = np.abs(rng.normal(size=(20_000, 3))) * (rng.random((20_000, 3)) < 0.7)
    grid = grid[grid.sum(axis=1) > 0]
    grid /= np.linalg.norm(grid, axis=1, keepdims=True)
    assert best >= (np.einsum("ij,jk,ik->i", grid, h, grid)).max() - 1e-9


def test_components_are_kept_up_to_the_share_and_reported_with_their_tests() -> None:
    rng = np.random.default_rng(13)
    x = rng.normal(size=(100, 1)) + rng.normal(size=(100, 4))
    one, most = component_weights(x), component_weights(x, share=0.8)
    assert one.statistics["components"] == 1
    assert most.statistics["explained_share"] >= 0.8
    eigenvalues = [most.statistics[f"eigenvalue_{k}"] for k in range(1, 5)]
    kept = most.statistics["components"]
    assert sum(eigenvalues) == pytest.approx(4)
    assert sum(eigenvalues[: kept - 1]) / 4 < 0.8 <= sum(eigenvalues[:kept]) / 4
    assert component_weights(x, share=1.0).statistics["components"] == 4
    # Bartlett: −(n − 1 − (2p + 5)/6) ln|R|
    r = np.corrcoef(x, rowvar=False)
    assert one.statistics["bartlett"] == pytest.approx(-(99 - 13 / 6) * math.log(np.linalg.det(r)))
    assert one.statistics["bartlett_df"] == 6
    # KMO with partial correlations from regressions
    partial = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            if i != j:
                rest = np.column_stack([np.ones(100), np.delete(x, [i, j], axis=1)])
                residual = [x[:, k] - rest @ np.linalg.lstsq(rest, x[:, k], rcond=None)[0] for k in (i, j)]
                partial[i, j] = np.corrcoef(*residual)[0, 1]
    off = ~np.eye(4, dtype=bool)
    kmo = (r[off] ** 2).sum() / ((r[off] ** 2).sum() + (partial[off] ** 2).sum())
    assert one.statistics["kmo"] == pytest.approx(kmo)


def test_several_components_are_weighted_by_the_variance_they_explain() -> None:
    x = np.random.default_rng(13).normal(size=(100, 1)) + np.random.default_rng(14).normal(size=(100, 3))
    values, vectors = np.linalg.eigh(np.corrcoef(x, rowvar=False))
    risen = vectors * np.sign(vectors.sum(axis=0))
    made = component_weights(x, share=1.0)
    assert made.criterion == pytest.approx((risen * values).sum(axis=1) / 3)


def test_tests_of_components_are_none_where_the_correlations_have_no_inverse() -> None:
    x = np.random.default_rng(1).normal(size=(30, 2))
    found = component_weights(np.column_stack([x, x[:, 0] * 2]))
    assert found.statistics["kmo"] is None
    assert found.weights.sum() == pytest.approx(1)


def test_scores_rise_with_the_indicators_when_the_sign_of_the_data_does_not_help() -> None:
    x = np.random.default_rng(2).normal(size=(50, 1)) + 0.1 * np.random.default_rng(3).normal(size=(50, 3))
    assert component_weights(x).weights.min() > 0
    assert component_weights(-x).weights.min() > 0


@pytest.mark.parametrize("share", [0.0, 1.1, -0.5, math.nan])
def test_a_share_of_variance_out_of_range_is_an_error(share: float) -> None:
    with pytest.raises(SettingError, match="share"):
        component_weights(np.eye(4), share=share)


def small(**columns: list) -> Panel:
    n = len(next(iter(columns.values())))
    return Panel(
        frame=pl.DataFrame(
            {"place": [f"P{i // 2}" for i in range(n)], "year": [2020 + i % 2 for i in range(n)]} | columns
        )
    )


@settings(max_examples=60)
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=12).filter(lambda x: min(x) < max(x)),
    st.sampled_from(["positive", "negative"]),
    st.sampled_from(["minmax", "zscore"]),
)
def test_standardising_equals_the_twin(values: list[int], direction: str, scale: str) -> None:
    found = standardise(small(x=values), {"x": direction}, scale=scale).frame["x"].to_list()
    twin = {"minmax": indices.minmax, "zscore": indices.zscore}[scale]
    assert found == pytest.approx(twin([float(x) for x in values], direction), abs=1e-12)


def test_standardising_by_year_takes_each_year_by_itself() -> None:
    panel = small(x=[1, 100, 2, 300, 3, 200])
    assert standardise(panel, {"x": "positive"}, by="year").frame["x"].to_list() == [0, 0, 0.5, 1, 1, 0.5]


def test_nulls_stay_and_constants_become_null_and_both_are_named() -> None:
    made = standardise(
        small(x=[1.0, None, 3.0, math.nan], flat=[2, 2, 2, 2]), {"x": "positive", "flat": "negative"}
    )
    assert made.frame["x"].to_list() == [0, None, 1, None]
    assert made.frame["flat"].null_count() == 4
    assert any("flat is constant" in line for line in made.log)
    assert any("x: 2 nulls kept" in line for line in made.log)


def test_a_constant_in_one_year_is_null_in_that_year_only() -> None:
    made = standardise(small(x=[5, 1, 5, 2]), {"x": "positive"}, by="year")
    assert made.frame["x"].to_list() == [None, 0, None, 1]
    assert any("constant in 2020" in line for line in made.log)


def test_wrong_options_of_standardising_are_errors() -> None:
    panel = small(x=[1, 2], name=["a", "b"])
    with pytest.raises(ColumnError, match="does not hold numbers"):
        standardise(panel, {"name": "positive"})
    with pytest.raises(SettingError, match="scale"):
        standardise(panel, {"x": "positive"}, scale="rank")
    with pytest.raises(SettingError, match="direction"):
        standardise(panel, {"x": "up"})
    with pytest.raises(SettingError, match="negative indicator"):
        standardise(panel, {"x": "negative"}, scale="none")
    with pytest.raises(DataError, match="infinite"):
        standardise(small(x=[1.0, math.inf]), {"x": "positive"})
