"""Networks of places (合作与转移网络): edges from patents, and what each place has of them, by year."""

from __future__ import annotations

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import require_columns
from patentmetrics.panel.keys import KEY, require_numeric
from patentmetrics.panel.measures import Measure
from patentmetrics.panel.place_years import PlaceYears, aggregate

_PAIR = ["place", "partner"]


def copatent_edges(located: pl.DataFrame, *, key: str = "patent_id") -> pl.DataFrame:
    """Count the patents that places have together, by year (城市间专利合作网络).

    Parameters
    ----------
    located : polars.DataFrame
        One row a patent and applicant: ``key``, ``place``, ``year``. A patent counts once for each pair of
        its places; rows without a place or year give no edge.
    key : str
        The column that names a patent.

    Returns
    -------
    polars.DataFrame
        ``place, partner, year, patents, log_patents`` (ln(1 + patents)), each pair once, ``place`` before
        ``partner``; sorted.

    Raises
    ------
    ColumnError
        A column is missing.
    DataError
        A patent has two years.

    Source: Zhang & Sun 2026, co-patenting of cities.

    Examples
    --------
    >>> located = pl.DataFrame(
    ...     {"patent_id": ["a", "a", "a", "b"], "place": ["Y", "X", "X", "X"], "year": [2000] * 4}
    ... )
    >>> copatent_edges(located).drop("log_patents").rows()
    [('X', 'Y', 2000, 1)]
    """
    require_columns(located, [key, "place", "year"], where="patents with places")
    known = located.select(key, "place", "year").drop_nulls().unique()
    years = known.group_by(key).agg(pl.col("year").n_unique()).filter(pl.col("year") > 1)
    if years.height:
        raise DataError(
            f"{years.height} patents have several years",
            where="patents with places",
            got=", ".join(str(one) for one in years[key].sort().head(5)),
        )
    pairs = known.join(known.select(key, partner="place"), on=key).filter(pl.col("place") < pl.col("partner"))
    edges = pairs.group_by([*_PAIR, "year"]).agg(pl.len().cast(pl.Int64).alias("patents"))
    return edges.sort([*_PAIR, "year"]).with_columns(log_patents=pl.col("patents").cast(pl.Float64).log1p())


def aggregate_edges(edges: pl.DataFrame, *, weight: str = "patents", directed: bool = False) -> PlaceYears:
    """Give the degree of each place in a network, by year (网络中心度).

    Parameters
    ----------
    edges : polars.DataFrame
        ``place, partner, year`` and the weight. Of a directed network (patents that move, 专利转移) an edge
        goes from ``place`` to ``partner``; of another, which of the two stands first says nothing.
    weight : str
        Column of how much an edge counts, such as the patents of two places together or moved.
    directed : bool
        Tell in and out apart.

    Returns
    -------
    PlaceYears
        ``place, year``; ``degree`` (partners, 度) and ``weighted_degree`` (加权度), ``log_weighted_degree``
        (ln(1 + x)); directed: ``in_degree, out_degree, inflow, outflow, net_flow`` (inflow less outflow) and
        ``log_inflow``. A place that has an edge in a year and none in the other direction has 0 there; one
        without any edge is absent, and made a zero in covered years by
        `patentmetrics.panel.merge.merge_panel`. Edges of a place with itself, and edges that lack a place, a
        year or the weight, are left out and counted.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        A pair occurs twice in a year, or a weight is negative.

    Source: Zhang & Sun 2026, networks of co-patenting and of transfers.

    Examples
    --------
    >>> ends = {"place": ["X", "X"], "partner": ["Y", "Z"]}
    >>> edges = pl.DataFrame({**ends, "year": [2000] * 2, "patents": [3, 1]})
    >>> aggregate_edges(edges).frame.drop("log_weighted_degree").rows()
    [('X', 2000, 2, 4), ('Y', 2000, 1, 3), ('Z', 2000, 1, 1)]
    >>> aggregate_edges(edges, directed=True).frame.select("place", "inflow", "outflow", "net_flow").rows()
    [('X', 0, 4, -4), ('Y', 3, 0, 3), ('Z', 1, 0, 1)]
    """
    require_columns(edges, [*_PAIR, "year", weight], where="edges")
    require_numeric(edges, [weight], where="edges")
    whole = edges.filter(pl.all_horizontal(pl.col(*_PAIR, "year", weight).is_not_null()))
    used = whole.filter(pl.col("place") != pl.col("partner"))
    counts = {
        "edges": edges.height,
        "edges_used": used.height,
        "edges_incomplete": edges.height - whole.height,
        "edges_within_a_place": whole.height - used.height,
    }
    _check_edges(used, weight, directed=directed)
    out = used.select("place", "year", weight)
    into = used.select(pl.col("partner").alias("place"), "year", weight)
    frame = _directed(out, into, weight) if directed else _undirected(pl.concat([out, into]), weight)
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return PlaceYears(
        frame=frame, log=(f"edges to place × year: {frame.height} place-years; {told}",), counts=counts
    )


def _check_edges(edges: pl.DataFrame, weight: str, *, directed: bool) -> None:
    pair = (
        _PAIR
        if directed
        else [pl.min_horizontal(_PAIR).alias("place"), pl.max_horizontal(_PAIR).alias("partner")]
    )
    doubled = edges.select(*pair, "year").is_duplicated()
    for wrong, what in (
        (doubled, "a pair occurs twice in a year"),
        (edges[weight] < 0, "a weight is negative"),
    ):
        if wrong.any():
            place, partner, year = edges.filter(wrong).select(*_PAIR, "year").row(0)
            raise DataError(what, where="edges", got=f"{place}, {partner}, {year}")


def _undirected(ends: pl.DataFrame, weight: str) -> pl.DataFrame:
    frame = _summed(ends, weight, degree="degree", total="weighted_degree")
    return frame.with_columns(log_weighted_degree=pl.col("weighted_degree").cast(pl.Float64).log1p())


def _directed(out: pl.DataFrame, into: pl.DataFrame, weight: str) -> pl.DataFrame:
    sent = _summed(out, weight, degree="out_degree", total="outflow")
    received = _summed(into, weight, degree="in_degree", total="inflow")
    both = received.join(sent, on=KEY, how="full", coalesce=True)
    both = both.with_columns(pl.col("in_degree", "out_degree", "inflow", "outflow").fill_null(0))
    both = both.with_columns(
        net_flow=pl.col("inflow") - pl.col("outflow"), log_inflow=pl.col("inflow").cast(pl.Float64).log1p()
    )
    names = ("in_degree", "out_degree", "inflow", "outflow", "net_flow", "log_inflow")
    return both.select(*KEY, *names).sort(KEY)


def _summed(ends: pl.DataFrame, weight: str, *, degree: str, total: str) -> pl.DataFrame:
    measures = [Measure(name=degree, how="count"), Measure(name=total, how="sum", of=weight)]
    frame = aggregate(ends, measures=measures, unit="edges").frame
    whole = ends.schema[weight].is_integer()
    return frame.with_columns(pl.col(total).cast(pl.Int64)) if whole else frame
