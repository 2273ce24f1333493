"""City clusters: the ratio to the first city, primacy, and the rank–size rule."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.index.variables import added, matrix, named_rows, require_not_negative


def ratio_to_first_city(
    panel: Panel, column: str, *, cluster: str, size: str, name: str = "ratio_to_first_city"
) -> Panel:
    """Divide a variable by its value in the cluster's first city of the year (与城市群首位城市之比).

    Parameters
    ----------
    panel : Panel
        The panel.
    column : str
        The variable, e.g. GDP per head.
    cluster : str
        Column with the city cluster of each place, as text or number; null for a place in none.
    size : str
        The first city of a cluster is the largest in this column, e.g. population or GDP, in each year; of
        equals the first by name. For one first city in all years give a column that does not change.
    name : str
        Of the column.

    Returns
    -------
    Panel
        1 in the first city. Null outside clusters, where the variable is null or is null or 0 in the first
        city, and where no city of the cluster has a size; counted in the log, which also names the first
        cities.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.

    Notes
    -----
    Tang et al. 2026, table 1.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A", "B"], "year": [2020] * 2, "people": [9, 1], "gdp": [80, 60]})
    >>> frame = frame.with_columns(cluster=pl.lit("C"))
    >>> made = ratio_to_first_city(Panel(frame=frame), "gdp", cluster="cluster", size="people")
    >>> made.frame["ratio_to_first_city"].to_list()
    [1.0, 0.75]
    """
    require_columns(panel.frame, [cluster], where="panel")
    values = matrix(panel, [column])[:, 0]
    sizes = matrix(panel, [size])[:, 0]
    places = panel.frame["place"].to_list()
    ratio = np.full(len(values), np.nan)
    first_cities: dict[str, set[str]] = {}
    for (group, _), rows in _groups(panel, cluster):
        sized = rows[~np.isnan(sizes[rows])]
        if not sized.size:
            continue
        first = min(sized, key=lambda row: (-sizes[row], str(places[row])))
        first_cities.setdefault(str(group), set()).add(str(places[first]))
        if values[first] != 0:
            ratio[rows] = values[rows] / values[first]
    null = np.isnan(ratio)
    listed = "; ".join(f"{one}: {', '.join(sorted(first_cities[one]))}" for one in sorted(first_cities))
    log = [f"{name}: {column} over that of the first city by {size} ({listed or 'no cluster'})"]
    if null.any():
        log.append(f"{name}: {int(null.sum())} null: {named_rows(panel, null)}")
    return added(panel, {name: ratio}, log=log)


def rank_size(
    panel: Panel,
    size: str,
    *,
    cluster: str,
    largest: int | None = None,
    threshold: float = 1.0,
    prefix: str = "",
) -> Panel:
    """Tell clusters with one centre from those with several, by rank and size (位序—规模法).

    In each cluster and year, ``ln size = a − q · ln rank`` over the cities by least squares. With q above 1
    the first city stands out more than in Zipf's rule: one centre (单中心); otherwise several (多中心).

    Parameters
    ----------
    panel : Panel
        The panel.
    size : str
        Size of a city, e.g. population, GDP or night lights; not negative.
    cluster : str
        Column with the city cluster of each place; null for a place in none.
    largest : int, optional
        Take so many of the largest cities; all by default. Meijers & Burger average over 2, 3 and 4.
    threshold : float
        From which q a cluster has one centre.
    prefix : str
        Before the names of the columns.

    Returns
    -------
    Panel
        The same value in all cities of a cluster and year: ``rank_size_coefficient`` (q); ``monocentric`` (1
        when q ≥ threshold, otherwise 0); ``two_city_primacy`` (size of the first over the second,
        两城市首位度) and ``four_city_primacy`` (the first over the next three together, 四城市指数). Null
        outside clusters; q with fewer than three cities of positive size, the primacies with fewer than two
        and four; counted in the log. Of equal sizes the first by name has the lower rank.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.
    DataError
        A size is negative.
    SettingError
        ``largest`` below 2.

    Notes
    -----
    Meijers & Burger 2010, doi:10.1068/a42151; Jefferson 1939, doi:10.2307/209944.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": list("ABC"), "year": [2020] * 3, "people": [6, 3, 2]})
    >>> frame = frame.with_columns(cluster=pl.lit("delta"))
    >>> made = rank_size(Panel(frame=frame), "people", cluster="cluster").frame
    >>> made.select(pl.col("rank_size_coefficient").round(9), "two_city_primacy").row(0)
    (1.0, 2.0)
    """
    require_columns(panel.frame, [cluster], where="panel")
    if largest is not None and largest < 2:
        raise SettingError("a rank needs two cities", where="largest", got=largest, allowed="2 or more")
    both = matrix(panel, [size])
    require_not_negative(panel, [size], both, needs="a size")
    sizes = both[:, 0]
    places = panel.frame["place"].to_list()
    q, two, four = (np.full(len(sizes), np.nan) for _ in range(3))
    groups = _groups(panel, cluster)
    few = 0
    for _, rows in groups:
        ranked = sorted(
            (row for row in rows if sizes[row] > 0), key=lambda row: (-sizes[row], str(places[row]))
        )
        ordered = sizes[ranked]
        if len(ordered) >= 2:
            two[rows] = ordered[0] / ordered[1]
        if len(ordered) >= 4:
            four[rows] = ordered[0] / ordered[1:4].sum()
        taken = ordered[:largest]
        if len(taken) >= (2 if largest == 2 else 3):
            q[rows] = _slope(taken)
        else:
            few += 1
    one_centre = pl.Series(q).fill_nan(None) >= threshold - 1e-12
    log = [
        f"{prefix}rank_size_coefficient: of {size} in {len(groups)} clusters and years"
        f"{f', the {largest} largest cities' if largest else ''}; one centre from q = {threshold:g}"
    ]
    if few:
        log.append(
            f"{prefix}rank_size_coefficient: {few} clusters and years have fewer than three cities: null"
        )
    outside = panel.frame[cluster].null_count()
    if outside:
        log.append(f"{prefix}rank_size_coefficient: {outside} rows are in no cluster: null")
    return added(
        panel,
        {
            f"{prefix}rank_size_coefficient": q,
            f"{prefix}monocentric": one_centre.cast(pl.Int8),
            f"{prefix}two_city_primacy": two,
            f"{prefix}four_city_primacy": four,
        },
        log=log,
    )


def _slope(ordered: NDArray[np.float64]) -> float:
    rank = np.log(np.arange(1, len(ordered) + 1))
    rank = rank - rank.mean()
    return -float(rank @ np.log(ordered) / (rank @ rank))


def _groups(panel: Panel, cluster: str) -> list[tuple[tuple[object, int], NDArray[np.int64]]]:
    """Give the rows of each cluster and year, sorted by both; rows without a cluster are in none."""
    listed = (
        panel.frame.select(pl.col(cluster).alias("cluster"), "year")
        .with_row_index("row")
        .filter(pl.col("cluster").is_not_null())
        .group_by("cluster", "year", maintain_order=True)
        .agg("row")
        .sort("cluster", "year")
    )
    return [((group, year), np.array(rows, dtype=np.int64)) for group, year, rows in listed.rows()]
