"""DEA and Malmquist: published numbers, slow twins in another form, and what must hold for any data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import Panel
from patentmetrics.index import programs
from patentmetrics.index.dea import dea
from patentmetrics.index.malmquist import COLUMNS, malmquist
from patentmetrics.index.programs import technology
from tests.reference import indices

# HiGHS works to 1e-10 on data of about one
CLOSE = {"rel": 1e-8, "abs": 1e-9}

# Fried, Lovell & Schmidt, The Measurement of Productive Efficiency
X = np.array(
    [
        [5, 13],
        [16, 12],
        [16, 26],
        [17, 15],
        [18, 14],
        [23, 6],
        [25, 10],
        [27, 22],
        [37, 14],
        [42, 25],
        [5, 17],
    ]
)
Y = np.array([[12], [14], [25], [26], [8], [9], [27], [30], [31], [26], [12]])
INPUT_CRS = [
    1,
    0.6222896791,
    0.8198562444,
    1,
    0.3103709311,
    0.5555555556,
    1,
    0.7576690896,
    0.8201058201,
    0.4905660377,
    1,
]
OUTPUT_CRS = [1, 1.606968641, 1.219726027, 1, 3.221951220, 1.8, 1, 1.319837398, 1.219354839, 2.038461538, 1]


@pytest.fixture(params=[1, 7, 64], ids=lambda size: f"{size} in a call")
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(programs, "_BLOCKS", request.param)
    return request.param


def panel_of(x: np.ndarray, y: np.ndarray, year: int = 2020) -> Panel:
    columns = {f"x{k}": x[:, k] for k in range(x.shape[1])} | {f"y{k}": y[:, k] for k in range(y.shape[1])}
    keys = {"place": [f"P{o:03d}" for o in range(len(x))], "year": [year] * len(x)}
    return Panel(frame=pl.DataFrame(keys | columns))


def names(x: np.ndarray, y: np.ndarray) -> dict[str, list[str]]:
    return {"inputs": [f"x{k}" for k in range(x.shape[1])], "outputs": [f"y{k}" for k in range(y.shape[1])]}


def scored(x: np.ndarray, y: np.ndarray, **options: object) -> pl.DataFrame:
    return dea(panel_of(x, y), **names(x, y), **options).frame


def test_input_oriented_scores_are_the_published_ones(blocks: int) -> None:
    assert scored(X, Y)["efficiency"].round(10).to_list() == INPUT_CRS


def test_output_oriented_factors_are_the_published_ones(blocks: int) -> None:
    found = scored(X, Y, orientation="output")
    assert found["efficiency_factor"].to_list() == pytest.approx(OUTPUT_CRS, abs=5e-10)
    assert found["efficiency"].to_list() == pytest.approx(INPUT_CRS, abs=5e-10)


def test_malmquist_indices_are_the_published_ones() -> None:
    early = panel_of(np.array([[2], [3], [5], [4], [4]]), np.array([[1], [4], [6], [3], [5]]), 2020)
    late = panel_of(np.array([[1], [2], [4], [3], [4]]), np.array([[1], [4], [6], [3], [3]]), 2021)
    panel = Panel(frame=pl.concat([early.frame, late.frame]))
    for orientation in ("input", "output"):
        made = malmquist(panel, inputs=["x0"], outputs=["y0"], orientation=orientation).frame
        made = made.filter(pl.col("year") == 2021)
        assert made["malmquist"].round(10).to_list() == [2, 1.5, 1.25, 1.3333333333, 0.6]
        assert made["efficiency_change"].round(10).to_list() == [
            1.3333333333,
            1,
            0.8333333333,
            0.8888888889,
            0.4,
        ]
        assert made["technical_change"].round(10).to_list() == [1.5] * 5


@st.composite
def productions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n, m, s = draw(st.integers(3, 14)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    # small whole numbers: ties, equal units and units on one line are common
    x, y = rng.integers(1, 9, (n, m)).astype(float), rng.integers(1, 9, (n, s)).astype(float)
    if draw(st.booleans()) and m > 1:
        x[rng.random(n) < 0.3, 0] = 0
    if draw(st.booleans()) and s > 1:
        y[rng.random(n) < 0.3, 0] = 0
    return x, y


Returns = st.sampled_from(["crs", "vrs"])
Orientation = st.sampled_from(["input", "output"])


@settings(max_examples=60)
@given(productions(), Returns, Orientation)
def test_scores_equal_those_of_the_multiplier_form_one_by_one(
    data: tuple[np.ndarray, np.ndarray], returns: str, orientation: str
) -> None:
    x, y = data
    found = scored(x, y, returns=returns, orientation=orientation)["efficiency_factor"].to_list()
    twin = [indices.efficiency((x, y), (x[o], y[o]), returns, orientation) for o in range(len(x))]
    assert found == pytest.approx(twin, **CLOSE)


@settings(max_examples=30)
@given(productions(), Returns, Orientation)
def test_super_efficiency_equals_the_twin_without_the_unit(
    data: tuple[np.ndarray, np.ndarray], returns: str, orientation: str
) -> None:
    x, y = data
    made = dea(panel_of(x, y), **names(x, y), returns=returns, orientation=orientation, super_efficiency=True)
    lost = 0
    for o, found in enumerate(made.frame["efficiency_factor"]):
        others = np.arange(len(x)) != o
        twin = indices.efficiency((x[others], y[others]), (x[o], y[o]), returns, orientation)
        if twin is None or twin < 1e-9:
            assert found is None
            lost += 1
        else:
            assert found == pytest.approx(twin, **CLOSE)
    assert any(f"{lost} programs have no answer" in line for line in made.log) == (lost > 0)


@settings(max_examples=40)
@given(productions(), Returns, Orientation)
def test_scores_are_above_zero_and_at_most_one_and_some_unit_is_on_the_frontier(
    data: tuple[np.ndarray, np.ndarray], returns: str, orientation: str
) -> None:
    found = scored(*data, returns=returns, orientation=orientation)["efficiency"]
    assert found.null_count() == 0
    assert found.min() > 0
    assert found.max() == pytest.approx(1)
    assert found.max() <= 1


@settings(max_examples=30)
@given(productions(), Returns, st.integers(0, 1000))
def test_scores_do_not_depend_on_units_of_measurement_or_on_the_order_of_places(
    data: tuple[np.ndarray, np.ndarray], returns: str, seed: int
) -> None:
    x, y = data
    rng = np.random.default_rng(seed)
    base = scored(x, y, returns=returns)["efficiency"].to_numpy()
    scale = 10.0 ** rng.integers(-6, 7, x.shape[1])
    assert scored(x * scale, y * 1e6, returns=returns)["efficiency"].to_numpy() == pytest.approx(
        base, **CLOSE
    )
    order = rng.permutation(len(x))
    assert scored(x[order], y[order], returns=returns)["efficiency"].to_numpy() == pytest.approx(
        base[order], **CLOSE
    )


@settings(max_examples=30)
@given(productions())
def test_variable_returns_never_score_below_constant_ones(data: tuple[np.ndarray, np.ndarray]) -> None:
    constant, variable = (scored(*data, returns=one)["efficiency"].to_numpy() for one in ("crs", "vrs"))
    assert (variable >= constant - 1e-9).all()


@settings(max_examples=30)
@given(productions(), Returns)
def test_the_frontier_that_was_cut_down_gives_the_same_scores_as_the_whole(
    data: tuple[np.ndarray, np.ndarray], returns: str
) -> None:
    x, y = data
    whole = programs.whole_technology(x, y, returns=returns)
    cut = technology(x, y, returns=returns)
    assert 0 < len(cut.inputs) <= len(x)
    for orientation in ("input", "output"):
        assert programs.solve(cut, x, y, orientation=orientation) == pytest.approx(
            programs.solve(whole, x, y, orientation=orientation), **CLOSE
        )


def test_one_input_and_one_output_is_the_ratio_to_the_best_ratio() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.random((150, 1)) + 0.1, rng.random((150, 1)) + 0.1
    ratio = (y / x)[:, 0]
    assert scored(x, y)["efficiency"].to_numpy() == pytest.approx(ratio / ratio.max(), **CLOSE)


def test_small_and_large_places_are_measured_alike() -> None:
    """With one input and output and variable returns the answer is an interpolation: no program is needed."""
    rng = np.random.default_rng(1)
    x = np.exp(rng.normal(size=100) * 3)
    y = x**0.8 * np.exp(-np.abs(rng.normal(size=100)))
    assert x.max() / x.min() > 1e6
    found = scored(x[:, None], y[:, None], returns="vrs")["efficiency"].to_list()
    for o, score in enumerate(found):
        lower, upper = np.flatnonzero(y < y[o]), np.flatnonzero(y > y[o])
        part = (y[o] - y[lower][:, None]) / (y[upper][None] - y[lower][:, None])
        between = x[lower][:, None] * (1 - part) + x[upper][None] * part
        least = min([x[y >= y[o]].min(), *between.ravel()])
        assert score == pytest.approx(least / x[o], rel=1e-9)


def test_a_frontier_for_each_year_or_one_for_all() -> None:
    early = panel_of(np.array([[1.0], [1.0]]), np.array([[1.0], [2.0]]), 2020)
    late = panel_of(np.array([[1.0], [1.0]]), np.array([[4.0], [8.0]]), 2021)
    panel = Panel(frame=pl.concat([early.frame, late.frame]))
    of_year = dea(panel, inputs=["x0"], outputs=["y0"]).frame["efficiency"]
    pooled = dea(panel, inputs=["x0"], outputs=["y0"], frontier="pooled").frame["efficiency"]
    assert of_year.round(9).to_list() == [0.5, 1, 0.5, 1]
    assert pooled.round(9).to_list() == [0.125, 0.25, 0.5, 1]


def test_rows_that_are_no_units_are_null_and_named_and_change_no_other_score() -> None:
    frame = panel_of(X.astype(float), Y.astype(float)).frame
    more = pl.DataFrame(
        {"place": ["null", "idle", "barren"], "year": [2020] * 3}
        | {"x0": [None, 0.0, 1.0], "x1": [1.0, 0.0, 1.0], "y0": [1e9, 1e9, 0.0]}
    )
    made = dea(Panel(frame=pl.concat([frame, more])), inputs=["x0", "x1"], outputs=["y0"])
    assert made.frame["efficiency"].head(11).round(10).to_list() == INPUT_CRS
    assert made.frame["efficiency"].tail(3).to_list() == [None] * 3
    for name in ("null", "idle", "barren"):
        assert any(f"{name} 2020" in line for line in made.log)


def test_infeasible_super_efficiency_is_null_and_named_while_the_others_of_its_call_are_solved() -> None:
    x, y = np.array([[1.0], [2.0], [4.0], [4.0]]), np.array([[1.0], [3.0], [4.0], [2.0]])
    made = dea(panel_of(x, y), inputs=["x0"], outputs=["y0"], returns="vrs", super_efficiency=True)
    found = made.frame["efficiency"].to_list()
    assert found[2] is None  # nobody else has an output of 4
    assert found[0] == pytest.approx(2)  # the smallest input of the others is 2
    assert found[1] > 1 > found[3]
    assert any("1 programs have no answer: P002 2020" in line for line in made.log)


def test_wrong_inputs_of_dea_are_errors() -> None:
    panel = panel_of(X, Y)
    with pytest.raises(SettingError, match="an input and an output"):
        dea(panel, inputs=[], outputs=["y0"])
    with pytest.raises(SettingError, match="returns"):
        dea(panel, inputs=["x0"], outputs=["y0"], returns="irs")
    with pytest.raises(ColumnError, match="named twice"):
        dea(panel, inputs=["x0"], outputs=["x0"])
    with pytest.raises(ColumnError, match="already has"):
        dea(panel, inputs=["x0"], outputs=["y0"], name="x1")
    with pytest.raises(DataError, match="negative"):
        dea(panel_of(-X, Y), inputs=["x0"], outputs=["y0"])
    with pytest.raises(DataError, match="too far apart"):
        dea(panel_of(np.array([[1e-3], [1e6]]), np.array([[1.0], [2.0]])), inputs=["x0"], outputs=["y0"])
    with pytest.raises(DataError, match="no row has all"):
        dea(panel_of(X, 0 * Y), inputs=["x0"], outputs=["y0"])
    with pytest.raises(DataError, match="two years"):
        malmquist(panel, inputs=["x0"], outputs=["y0"])


def panel_of_years(seed: int, n: int, years: list[int]) -> tuple[Panel, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = np.exp(rng.normal(size=(len(years), n, 2))), np.exp(rng.normal(size=(len(years), n, 2)))
    frames = [panel_of(x[t], y[t], year).frame for t, year in enumerate(years)]
    return Panel(frame=pl.concat(frames)), x, y


NAMES = {"inputs": ["x0", "x1"], "outputs": ["y0", "y1"]}


@pytest.mark.parametrize("seed", range(3))
def test_malmquist_equals_the_twin_and_its_parts_multiply(seed: int) -> None:
    panel, x, y = panel_of_years(seed, 12, [2018, 2019, 2020])
    made = malmquist(panel, **NAMES).frame
    for t, year in ((1, 2019), (2, 2020)):
        found = made.filter(pl.col("year") == year)
        twin = indices.malmquist((x[t - 1], y[t - 1]), (x[t], y[t]))
        assert found.select("malmquist", "efficiency_change", "technical_change").rows() == [
            pytest.approx(one, rel=1e-7) for one in twin
        ]
    parts = made.drop_nulls()
    assert (parts["efficiency_change"] * parts["technical_change"]).to_list() == pytest.approx(
        parts["malmquist"].to_list()
    )
    assert (parts["pure_efficiency_change"] * parts["scale_efficiency_change"]).to_list() == pytest.approx(
        parts["efficiency_change"].to_list()
    )
    variable = (
        dea(panel, **NAMES, returns="vrs", orientation="output").frame["efficiency"].to_numpy().reshape(3, 12)
    )
    assert made["pure_efficiency_change"].to_numpy().reshape(3, 12)[1:] == pytest.approx(
        variable[1:] / variable[:-1]
    )


def test_a_frontier_that_moves_as_a_whole_is_technical_change_alone() -> None:
    panel, _, _ = panel_of_years(9, 15, [2019])
    grown = panel.frame.with_columns(pl.col("y0", "y1") * 1.1, year=pl.lit(2020))
    made = malmquist(Panel(frame=pl.concat([panel.frame, grown.cast({"year": pl.Int64})])), **NAMES).frame
    later = made.filter(pl.col("year") == 2020)
    assert later["technical_change"].to_list() == pytest.approx([1.1] * 15)
    assert later["efficiency_change"].to_list() == pytest.approx([1] * 15)


def test_a_place_without_the_year_before_is_null_and_counted_and_gaps_of_the_panel_are_told() -> None:
    panel, _, _ = panel_of_years(1, 6, [2015, 2016, 2020])
    frame = panel.frame.filter(~((pl.col("place") == "P000") & (pl.col("year") == 2016)))
    frame = frame.with_columns(
        pl.when((pl.col("place") == "P001") & (pl.col("year") == 2016))
        .then(None)
        .otherwise(pl.col("x0"))
        .alias("x0")
    )
    made = malmquist(Panel(frame=frame.sample(fraction=1, shuffle=True, seed=3)), **NAMES)
    null = (
        made.frame.filter(pl.col("malmquist").is_null()).sort("place", "year").select("place", "year").rows()
    )
    assert null == sorted(
        [(f"P{k:03d}", 2015) for k in range(6)] + [("P000", 2020), ("P001", 2016), ("P001", 2020)]
    )
    assert all(made.frame[name].null_count() == len(null) for name in COLUMNS)
    assert any("2016–2020" in line for line in made.log)
    assert any("1 null for want of the year before: P000 2020" in line for line in made.log)
    assert any("2 null, one of the two years" in line for line in made.log)
