"""Any measure by place and year, against plain loops: in any order, in blocks, in shares."""

from __future__ import annotations

import math
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError, InputError, PatentmetricsError, SettingError
from patentmetrics.panel.measures import Measure
from patentmetrics.panel.place_years import PlaceYears, aggregate
from patentmetrics.panel.sharing import WEIGHT, with_places
from tests.reference import place_years as twin

SCHEMA = {
    "patent_id": pl.String,
    "place": pl.String,
    "year": pl.Int32,
    "score": pl.Float64,
    "claims": pl.Int64,
    "flag": pl.Boolean,
    "kind": pl.String,
    "weight": pl.Float64,
}
MEASURES = [
    Measure(name="patents", how="count"),
    Measure(name="scored", how="known", of="score"),
    Measure(name="sum_score", how="sum", of="score"),
    Measure(name="mean_score", how="mean", of="score"),
    Measure(name="above_score", how="above", of="score", cut=1.0),
    Measure(name="sum_claims", how="sum", of="claims"),
    Measure(name="mean_claims", how="mean", of="claims"),
    Measure(name="flags", how="sum", of="flag"),
    Measure(name="top_pooled", how="top_share", of="score", cut=0.7),
    Measure(name="top_yearly", how="top_share", of="score", cut=0.7, within="year"),
    Measure(name="tops", how="top_count", of="score", cut=0.7),
]
Scores = st.none() | st.floats(-1e6, 1e6) | st.sampled_from([math.nan, 0.0, 1.0, 1e-9, 1e15, -1e15])
Records = st.lists(
    st.fixed_dictionaries(
        {
            "place": st.none() | st.sampled_from("ABC"),
            "year": st.none() | st.integers(2000, 2002),
            "score": Scores,
            "claims": st.none() | st.integers(0, 50),
            "flag": st.none() | st.booleans(),
            "kind": st.none() | st.sampled_from(["invention", "design"]),
            "weight": st.sampled_from([0.25, 0.5, 1.0]),
        }
    ),
    max_size=30,
)


def frame_of(records: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([{"patent_id": f"P{i}"} | one for i, one in enumerate(records)], schema=SCHEMA)


def expected_of(records: list[dict]) -> dict[tuple[str, int], tuple]:
    cells = twin.cells(records)
    located = [row for rows in cells.values() for row in rows]
    pooled = twin.cut_off([value for value, _ in twin.known(located, "score")], 0.7)
    found = {}
    for (place, year), rows in cells.items():
        mine = [row for row in located if row["year"] == year]
        yearly = twin.cut_off([value for value, _ in twin.known(mine, "score")], 0.7)
        found[place, year] = (
            twin.counted(rows),
            math.fsum(weight for _, weight in twin.known(rows, "score")),
            twin.summed(rows, "score"),
            twin.meaned(rows, "score"),
            twin.at_least(rows, "score", 1.0),
            twin.summed(rows, "claims"),
            twin.meaned(rows, "claims"),
            twin.summed(rows, "flag"),
            twin.top_share(rows, "score", pooled),
            twin.top_share(rows, "score", yearly),
            None if pooled is None else twin.at_least(rows, "score", pooled),
        )
    return found


def cells_of(made: PlaceYears) -> dict[tuple[str, int], tuple]:
    return {(row[0], row[1]): row[2:] for row in made.frame.rows()}


def added_up(counts: dict[str, int], unit: str) -> int:
    return counts[f"{unit}_used"] + counts[f"{unit}_without_place"] + counts[f"{unit}_without_year"]


@settings(max_examples=60, deadline=None)
@given(Records, st.randoms(use_true_random=False))
def test_every_measure_equals_the_twin_to_the_last_digit_in_any_row_order(
    records: list[dict], rng: random.Random
) -> None:
    plain = [{name: value for name, value in one.items() if name != "weight"} for one in records]
    made = aggregate(frame_of(records), measures=MEASURES, key="patent_id", unit="patents")
    assert cells_of(made) == expected_of(plain)
    assert made.counts["patents"] == len(records) == added_up(made.counts, "patents")
    shuffled = frame_of(records)[rng.sample(range(len(records)), len(records))]
    again = aggregate(shuffled, measures=MEASURES, key="patent_id", unit="patents")
    assert again.frame.equals(made.frame)
    assert (again.counts, again.log) == (made.counts, made.log)


@settings(max_examples=25, deadline=None)
@given(Records)
def test_weighted_measures_equal_the_twin(records: list[dict]) -> None:
    # the quantile is over patents, whatever their weights
    made = cells_of(aggregate(frame_of(records), measures=MEASURES, key="patent_id", weight="weight"))
    expected = expected_of(records)
    assert made.keys() == expected.keys()
    for key, values in expected.items():
        for found, value in zip(made[key], values, strict=True):
            assert found == (None if value is None else pytest.approx(value, rel=1e-14))


@settings(max_examples=15, deadline=None)
@given(Records, st.integers(1, 4))
def test_blocks_on_disk_give_the_digits_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict], blocks: int
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    whole = frame_of(records)
    for number in range(blocks):
        whole[number::blocks].write_parquet(folder / f"{number}.parquet")
    streamed = aggregate(pl.scan_parquet(folder / "*.parquet"), measures=MEASURES, by="kind")
    at_once = aggregate(whole, measures=MEASURES, by="kind")
    assert streamed.frame.equals(at_once.frame)
    assert streamed.log == at_once.log


@settings(max_examples=20, deadline=None)
@given(Records)
def test_categories_count_zero_and_are_otherwise_unknown_where_a_place_year_has_none(
    records: list[dict],
) -> None:
    measures = MEASURES[:4]
    made = aggregate(frame_of(records), measures=measures, by="kind", unit="patents")
    for category in {one["kind"] for one in records if one["kind"] and one["place"] and one["year"]}:
        plain = [
            {name: value for name, value in one.items() if name != "weight"}
            for one in records
            if one["kind"] == category
        ]
        expected = expected_of(plain)
        for row in made.frame.to_dicts():
            values = expected.get((row["place"], row["year"]), (0, 0, None, None))
            assert [row[f"{one.name}_{category}"] for one in measures] == list(values[:4])
    without = sum(one["kind"] is None for one in records if one["place"] and one["year"])
    assert made.counts["patents_without_kind"] == without


def test_no_known_value_is_null_and_a_known_one_below_the_cut_is_zero() -> None:
    rows = pl.DataFrame({"place": ["X", "Y"], "year": [2000, 2000], "score": [None, 0.5]})
    made = aggregate(rows, measures=[Measure(name="n", how="above", of="score", cut=1)])
    assert made.frame.rows() == [("X", 2000, None), ("Y", 2000, 0)]


def test_a_sum_may_be_unknown_as_soon_as_one_part_is() -> None:
    rows = pl.DataFrame({"place": ["X", "X"], "year": [2000, 2000], "hits": [None, 3]})
    made = aggregate(rows, measures=[Measure(name="hits", how="sum", of="hits", unknown="null")])
    assert made.frame["hits"].to_list() == [None]
    assert aggregate(rows, measures=[Measure(name="h", how="sum", of="hits")]).frame["h"].to_list() == [3]


def test_ties_at_the_cut_off_are_kept_and_the_share_kept_is_said() -> None:
    rows = pl.DataFrame({"place": ["X"] * 10, "year": [2000] * 10, "cites": [0, 0, 0, 0, 0, 0, 5, 5, 5, 5]})
    made = aggregate(rows, measures=[Measure(name="top", how="top_count", of="cites", cut=0.9)])
    assert made.frame["top"].to_list() == [4]
    assert "cut-off 5" in made.log[-1]
    assert "4 of 10 (40.0000%)" in made.log[-1]


@pytest.mark.parametrize(
    ("n", "cut", "kept"), [(100, 0.98, 2), (100, 0.95, 5), (3, 0.9, 1), (1, 0.5, 1), (20, 0.5, 10)]
)
def test_of_different_values_exactly_the_share_is_at_the_top(n: int, cut: float, kept: int) -> None:
    rows = pl.DataFrame({"place": ["X"] * n, "year": [2000] * n, "x": list(range(n))})
    assert (
        aggregate(rows, measures=[Measure(name="t", how="top_count", of="x", cut=cut)]).frame["t"][0] == kept
    )


def test_a_ratio_is_null_where_the_population_is_missing_or_not_positive() -> None:
    rows = pl.DataFrame({"place": ["A", "B", "C"], "year": [2000] * 3, "kind": ["i", "i", "u"]})
    people = pl.DataFrame({"place": ["A", "B"], "year": [2000, 2000], "population": [4.0, 0.0]})
    measures = [
        Measure(name="patents", how="count"),
        Measure(name="per_10k", how="ratio", of="patents", to="population", scale=10000),
    ]
    made = aggregate(rows, measures=measures, beside=people, by="kind")
    assert made.frame["per_10k"].to_list() == [2500.0, None, None]
    assert made.frame["per_10k_u"].to_list() == [0.0, None, None]
    assert made.counts["place_years_without_per_10k"] == 2


def test_sums_are_rounded_once() -> None:
    values = [1e16, 1.0, -1e16, 0.1, 2.0**-60, 1e-30]
    rows = pl.DataFrame({"place": ["X"] * 6, "year": [2000] * 6, "x": values})
    made = aggregate(rows, measures=[Measure(name="s", how="sum", of="x")]).frame["s"][0]
    assert made == math.fsum(values)


def test_places_and_years_may_be_codes_and_whole_floats() -> None:
    rows = pl.DataFrame({"place": [110000, 110000], "year": [2000.0, None]})
    made = aggregate(rows, measures=[Measure(name="n", how="count")])
    assert made.frame.rows() == [("110000", 2000, 1)]
    assert made.counts["rows_without_year"] == 1


@pytest.mark.parametrize("empty", [{}, {"place": pl.String, "year": pl.Int32, "x": pl.Float64}])
def test_no_rows_give_no_place_years_or_a_missing_column(empty: dict) -> None:
    frame = pl.DataFrame(schema=empty)
    if not empty:
        with pytest.raises(ColumnError):
            aggregate(frame, measures=[Measure(name="n", how="count")])
        return
    measures = [Measure(name="n", how="count"), Measure(name="m", how="mean", of="x")]
    measures.append(Measure(name="t", how="top_share", of="x", cut=0.9, within="year"))
    made = aggregate(frame, measures=measures)
    assert made.frame.is_empty()
    assert made.frame.columns == ["place", "year", "n", "m", "t"]
    assert made.counts["rows"] == 0


ROWS = pl.DataFrame(
    {
        "patent_id": ["a", "a"],
        "place": ["X", "X"],
        "year": [2000, 2000],
        "score": [1.0, math.inf],
        "name": ["p", "q"],
    }
)
COUNT = Measure(name="n", how="count")


@pytest.mark.parametrize(
    ("measures", "options", "error", "match"),
    [
        ([], {}, SettingError, "no measure"),
        ([COUNT], {"key": "patent_id"}, DataError, "occur more than once"),
        ([Measure(name="m", how="mean", of="scor")], {}, ColumnError, "'scor' is missing"),
        ([Measure(name="m", how="mean", of="name")], {}, ColumnError, "does not hold numbers"),
        ([Measure(name="m", how="mean", of="score")], {}, DataError, "infinite"),
        ([Measure(name="m", how="mean")], {}, SettingError, "needs 'of'"),
        ([Measure(name="m", how="count", of="score")], {}, SettingError, "has no 'of'"),
        ([Measure(name="m", how="average", of="score")], {}, SettingError, "cannot have"),
        ([Measure(name="m", how="top_share", of="score", cut=98)], {}, SettingError, "between 0 and 1"),
        ([Measure(name="m", how="above", of="score")], {}, SettingError, "needs 'cut'"),
        ([COUNT, COUNT], {}, ColumnError, "twice"),
        ([Measure(name="place", how="count")], {}, ColumnError, "twice"),
        (
            [COUNT, Measure(name="r", how="ratio", of="n", to="people")],
            {},
            ColumnError,
            "'people' is missing",
        ),
        ([COUNT], {"by": "kinds"}, ColumnError, "'kinds' is missing"),
        ([COUNT], {"weight": "name"}, ColumnError, "does not hold numbers"),
    ],
)
def test_wrong_measures_and_rows_are_refused(
    measures: list[Measure], options: dict, error: type[PatentmetricsError], match: str
) -> None:
    with pytest.raises(error, match=match):
        aggregate(ROWS, measures=measures, **options)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ColumnError) as caught:
        aggregate(ROWS, measures=[Measure(name="m", how="mean", of="scores")])
    assert caught.value.hint == "did you mean 'score'?"


def test_wrong_files_keys_weights_and_population_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.parquet").write_bytes(b"PAR1xx")
    for name in ("cut.parquet", "absent.parquet"):
        with pytest.raises(InputError):
            aggregate(tmp_path / name, measures=[COUNT])
    with pytest.raises(DataError, match="whole numbers"):
        aggregate(pl.DataFrame({"place": ["X"], "year": [2000.5]}), measures=[COUNT])
    with pytest.raises(DataError, match="names or codes"):
        aggregate(pl.DataFrame({"place": [1.5], "year": [2000]}), measures=[COUNT])
    for weight in (None, -0.5, math.nan):
        rows = pl.DataFrame(
            {"place": ["X"], "year": [2000], "w": [weight]}, schema_overrides={"w": pl.Float64}
        )
        with pytest.raises(DataError, match="weight"):
            aggregate(rows, measures=[COUNT], weight="w")
    people = pl.DataFrame({"place": ["X", "X"], "year": [2000, 2000], "population": [1, 2]})
    with pytest.raises(DataError, match="more than once"):
        aggregate(ROWS, measures=[COUNT], beside=people)


Places = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "elsewhere"]), st.sampled_from("XYZ")), max_size=12
)


@settings(max_examples=25, deadline=None)
@given(Places)
def test_shares_of_a_patent_sum_to_one_and_equal_the_twin(places: list[tuple[str, str]]) -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b", "c"], "year": [2000] * 3, "score": [1.0, 2.0, 4.0]})
    located = pl.DataFrame(places, schema={"patent_id": pl.String, "place": pl.String}, orient="row")
    shared = with_places(patents, located, several="equal").collect()
    sums = shared.group_by("patent_id").agg(pl.col(WEIGHT).sum()).sort("patent_id")
    assert sums[WEIGHT].to_list() == pytest.approx([1.0] * 3)
    expected = twin.shares(places)
    made = aggregate(shared, measures=[COUNT], weight=WEIGHT)
    for place, _, n in made.frame.rows():
        assert n == pytest.approx(
            sum(v for (p, one), v in expected.items() if one == place and p != "elsewhere")
        )
    whole = aggregate(with_places(patents, located, several="whole"), measures=[COUNT])
    for place, _, n in whole.frame.rows():
        assert n == len({p for p, one in places if one == place and p != "elsewhere"})


def test_a_patent_that_is_split_over_places_is_one_value_for_a_cut_off() -> None:
    patents = pl.DataFrame({"patent_id": list("abcd"), "year": [2000] * 4, "x": [1, 2, 3, 4]})
    places = pl.DataFrame({"patent_id": list("abcddddd"), "place": ["X"] * 4 + list("XYZYZ")[:4]})
    split = with_places(patents, places, several="equal")
    top = Measure(name="top", how="top_count", of="x", cut=0.5)
    made = aggregate(split, measures=[top], key="patent_id", weight=WEIGHT)
    # of the patents c and d, not of the five rows of d alone
    assert made.frame["top"].sum() == pytest.approx(2.0)


def test_shares_as_given_are_taken_and_wrong_ones_refused() -> None:
    patents = pl.DataFrame({"patent_id": ["a", "b"], "year": [2000, 2000]})
    places = pl.DataFrame({"patent_id": ["a", "a"], "place": ["X", "Y"], "weight": [0.75, 0.25]})
    made = aggregate(with_places(patents, places, several="weights"), measures=[COUNT], weight=WEIGHT)
    assert made.frame.rows() == [("X", 2000, 0.75), ("Y", 2000, 0.25)]
    assert made.counts["rows_without_place"] == 1
    with pytest.raises(DataError, match="more than once"):
        with_places(patents, places)
    with pytest.raises(DataError, match="more than one together"):
        with_places(patents, places.with_columns(weight=pl.lit(0.75)), several="weights")
    with pytest.raises(DataError, match="more than once"):
        with_places(pl.concat([patents, patents]), places, several="equal")
    with pytest.raises(ColumnError, match="already"):
        with_places(patents.with_columns(place=pl.lit("X")), places, several="equal")
