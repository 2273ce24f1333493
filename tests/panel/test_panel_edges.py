"""Networks of places: edges and degrees equal plain loops; nothing is lost unsaid."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, DataError
from patentmetrics.panel.edges import aggregate_edges, copatent_edges

PLACE = st.sampled_from(["A", "B", "C", "D", None])
ROWS = st.lists(st.tuples(st.integers(0, 8), PLACE), max_size=30)


@given(ROWS)
def test_edges_are_those_of_a_loop_over_patents(rows: list[tuple[int, str | None]]) -> None:
    located = pl.DataFrame(
        [(f"p{patent}", place, 2000 + patent % 3) for patent, place in rows],
        schema={"patent_id": pl.String, "place": pl.String, "year": pl.Int32},
        orient="row",
    )
    expected: dict[tuple[str, str, int], int] = defaultdict(int)
    for patent in {patent for patent, _ in rows}:
        places = sorted({place for one, place in rows if one == patent and place is not None})
        for pair in combinations(places, 2):
            expected[*pair, 2000 + patent % 3] += 1
    found = copatent_edges(located)
    assert {tuple(row[:3]): row[3] for row in found.rows()} == expected
    assert found["log_patents"].to_list() == pytest.approx([math.log1p(n) for n in found["patents"]])
    assert found.rows() == sorted(found.rows())


EDGES = st.dictionaries(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.integers(2000, 2002)),
    st.integers(0, 9) | st.none(),
    max_size=20,
)


def frame_of(edges: dict[tuple[str, str, int], int | None]) -> pl.DataFrame:
    schema = {"place": pl.String, "partner": pl.String, "year": pl.Int32, "patents": pl.Int64}
    return pl.DataFrame([(*key, weight) for key, weight in edges.items()], schema=schema, orient="row")


@given(EDGES)
def test_directed_degrees_are_those_of_a_loop_over_edges(
    edges: dict[tuple[str, str, int], int | None],
) -> None:
    found = aggregate_edges(frame_of(edges), directed=True)
    used = {key: n for key, n in edges.items() if n is not None and key[0] != key[1]}
    places = sorted({(one, key[2]) for key in used for one in key[:2]})
    assert found.frame.select("place", "year").rows() == places
    for row in found.frame.iter_rows(named=True):
        into = [n for key, n in used.items() if key[1:] == (row["place"], row["year"])]
        out = [n for key, n in used.items() if (key[0], key[2]) == (row["place"], row["year"])]
        assert (row["in_degree"], row["inflow"]) == (len(into), sum(into))
        assert (row["out_degree"], row["outflow"]) == (len(out), sum(out))
        assert row["net_flow"] == sum(into) - sum(out)
        assert row["log_inflow"] == pytest.approx(math.log1p(sum(into)))
    counts = found.counts
    assert (
        counts["edges"]
        == len(edges)
        == sum(counts[name] for name in ("edges_used", "edges_incomplete", "edges_within_a_place"))
    )
    assert found.frame["net_flow"].sum() == 0


@given(EDGES)
def test_undirected_degrees_do_not_depend_on_which_place_stands_first(
    edges: dict[tuple[str, str, int], int | None],
) -> None:
    once = {key: n for key, n in edges.items() if key[0] <= key[1]}
    turned = frame_of({(b, a, year): n for (a, b, year), n in once.items()})
    found = aggregate_edges(frame_of(once)).frame
    assert found.equals(aggregate_edges(turned).frame)
    ways = aggregate_edges(frame_of(once), directed=True).frame
    assert found["degree"].to_list() == (ways["in_degree"] + ways["out_degree"]).to_list()
    assert found["weighted_degree"].to_list() == (ways["inflow"] + ways["outflow"]).to_list()


def test_sums_of_shares_do_not_depend_on_the_order_of_the_edges() -> None:
    edges = pl.DataFrame(
        {
            "place": ["A"] * 40,
            "partner": [f"B{n}" for n in range(40)],
            "year": [2000] * 40,
            "patents": [0.1 * n**3 for n in range(40)],
        }
    )
    whole = aggregate_edges(edges).frame
    assert whole["weighted_degree"][0] == math.fsum(edges["patents"])
    assert whole.equals(aggregate_edges(edges.reverse()).frame)


def test_wrong_edges_are_named() -> None:
    edges = frame_of({("A", "B", 2000): 1, ("B", "A", 2000): 2})
    assert aggregate_edges(edges, directed=True).frame["inflow"].to_list() == [2, 1]
    with pytest.raises(DataError, match="twice"):
        aggregate_edges(edges)
    with pytest.raises(DataError, match="negative"):
        aggregate_edges(frame_of({("A", "B", 2000): -1}))
    with pytest.raises(ColumnError, match="weight"):
        aggregate_edges(edges, weight="weight")
    with pytest.raises(DataError, match="several years"):
        copatent_edges(pl.DataFrame({"patent_id": ["a", "a"], "place": ["A", "B"], "year": [2000, 2001]}))
