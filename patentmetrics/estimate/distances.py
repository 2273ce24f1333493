"""Which places lie near each other: great circles from coordinates, or distances as given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy import sparse

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import require_columns
from patentmetrics.estimate.projection import Floats
from patentmetrics.estimate.sample import Codes
from patentmetrics.panel.keys import require_numeric

Kernel = Literal["bartlett", "uniform"]
EARTH_RADIUS_KM = 6371.0
# Places whose distances to all others are held at a time
_BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs of places within some distance (邻近地区对), both ways, without the pair of a place with itself.

    Parameters
    ----------
    places : int
        How many places there are.
    first, second : ndarray, shape (m,)
        Numbers of the places of each pair, from 0.
    km : ndarray, shape (m,)
        Their distance.
    """

    places: int
    first: Codes
    second: Codes
    km: Floats

    def weights(self, cutoff: float, kernel: Kernel) -> tuple[sparse.csr_array, int]:
        """Give the kernel as a matrix, 1 on its diagonal, and how many pairs lie within the cutoff."""
        near = self.km <= cutoff
        weight = 1 - self.km[near] / cutoff if kernel == "bartlett" else np.ones(int(near.sum()))
        own = np.arange(self.places)
        rows, columns = np.append(self.first[near], own), np.append(self.second[near], own)
        values = np.append(weight, np.ones(self.places))
        matrix = sparse.csr_array((values, (rows, columns)), shape=(self.places, self.places))
        return matrix, int(near.sum()) // 2


def pairs_on_earth(coordinates: Floats, *, within_km: float) -> Pairs:
    """Find the pairs of places within a distance of each other on the sphere (大圆距离).

    The haversine formula, with a radius of 6371 km.

    Parameters
    ----------
    coordinates : ndarray, shape (p, 2)
        Latitude and longitude in degrees.
    within_km : float
        The largest distance that is wanted.

    Examples
    --------
    >>> pairs = pairs_on_earth(np.array([[39.90, 116.41], [31.23, 121.47]]), within_km=2000)
    >>> [round(float(one)) for one in pairs.km]  # Beijing and Shanghai, both ways
    [1067, 1067]
    """
    angle = np.radians(coordinates)
    latitude, longitude = angle[:, 0], angle[:, 1]
    found = []
    for start in range(0, len(angle), _BLOCK):
        some = slice(start, start + _BLOCK)
        half = (
            np.sin((latitude[some, None] - latitude) / 2) ** 2
            + (np.cos(latitude[some, None]) * np.cos(latitude))
            * np.sin((longitude[some, None] - longitude) / 2) ** 2
        )
        km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
        rows, columns = np.nonzero(km <= within_km)
        other = rows + start != columns
        found.append((rows[other] + start, columns[other], km[rows[other], columns[other]]))
    first, second, distance = (np.concatenate(one) for one in zip(*found, strict=True))
    return Pairs(places=len(angle), first=first, second=second, km=distance)


def coordinates(frame: pl.DataFrame, names: pl.Series, *, latitude: str, longitude: str) -> Floats:
    """Give latitude and longitude of places, shape (p, 2), from the rows of a panel.

    Parameters
    ----------
    frame : polars.DataFrame
        ``place`` and the two columns, in degrees; nulls are passed over where another year has the value.
    names : polars.Series
        The places.

    Raises
    ------
    ColumnError, DataError
        A column is missing or holds no numbers; a place has no coordinate, or several; one is out of range.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["北京"], "year": [2020], "lat": [39.9], "lon": [116.4]})
    >>> coordinates(frame, pl.Series("place", ["北京"]), latitude="lat", longitude="lon").tolist()
    [[39.9, 116.4]]
    """
    columns = [latitude, longitude]
    require_columns(frame, columns, where="panel")
    require_numeric(frame, columns, where="panel")
    known = frame.group_by("place").agg(
        pl.col(columns).cast(pl.Float64).fill_nan(None).drop_nulls().unique().sort()
    )
    table = names.to_frame().join(known, on="place", how="left", maintain_order="left")
    for column, bound in zip(columns, (90, 180), strict=True):
        several = table.filter(pl.col(column).list.len() != 1)
        if several.height:
            raise DataError(
                f"{several.height} places have no {column}, or several",
                where=f"panel: {column}",
                got=", ".join(several["place"].head(5)),
                hint="one coordinate a place, in every year the same, in degrees",
            )
        value = table[column].list.first()
        if (value.abs() > bound).any():
            raise DataError(
                f"a {column} is out of range",
                where=f"panel: {column}",
                got=f"{value.filter(value.abs() > bound)[0]:g}",
                allowed=f"{-bound} to {bound}",
                hint="degrees; are latitude and longitude exchanged?",
            )
    return table.select(pl.col(columns).list.first()).to_numpy()


def pairs_given(distances: pl.DataFrame, names: pl.Series, *, within_km: float) -> tuple[Pairs, int]:
    """Find the pairs of places within a distance of each other in a frame of distances.

    Parameters
    ----------
    distances : polars.DataFrame
        ``place_a, place_b, km``; each pair once, or both ways with the same distance.
    names : polars.Series
        The places, sorted; pairs of others are passed over.
    within_km : float
        The largest distance that is wanted.

    Returns
    -------
    tuple
        The pairs; and how many pairs of the places are not in the frame.

    Raises
    ------
    ColumnError, DataError
        A column is missing; a distance is null, negative or infinite; a place is in no pair; a pair has two
        distances.

    Examples
    --------
    >>> frame = pl.DataFrame({"place_a": ["北京"], "place_b": ["上海"], "km": [1068.0]})
    >>> pairs, absent = pairs_given(frame, pl.Series("place", ["上海", "北京"]), within_km=2000)
    >>> pairs.km.tolist(), absent
    ([1068.0, 1068.0], 0)
    """
    require_columns(distances, ["place_a", "place_b", "km"], where="distances")
    require_numeric(distances, ["km"], where="distances")
    numbers = names.to_frame().with_row_index("number")
    rows = distances.select(
        pl.col("place_a", "place_b").cast(pl.String), pl.col("km").cast(pl.Float64)
    ).filter(pl.col("place_a") != pl.col("place_b"))
    wrong = rows.filter(~(pl.col("km").is_finite() & (pl.col("km") >= 0)).fill_null(value=False))
    if wrong.height:
        raise DataError(
            f"{wrong.height} distances are missing, negative or infinite",
            where="distances: km",
            got="; ".join(f"{a} {b} {km}" for a, b, km in wrong.head(3).rows()),
            hint="leave out the pairs that are far apart, or give their distance",
        )
    for side, one in (("first", "place_a"), ("second", "place_b")):
        rows = rows.join(numbers.rename({"number": side, "place": one}), on=one, how="inner")
    seen = pl.concat([rows["place_a"], rows["place_b"]]).unique()
    absent = names.filter(~names.is_in(seen.implode()))
    if len(absent) and len(names) > 1:
        raise DataError(
            f"{len(absent)} places of the sample are in no pair of the distances",
            where="distances",
            got=", ".join(absent.head(5)),
            hint="are the names those of the panel?",
        )
    pairs = (
        rows.select(
            pl.min_horizontal("first", "second").alias("first"),
            pl.max_horizontal("first", "second").alias("second"),
            "km",
        )
        .group_by("first", "second")
        .agg(pl.col("km").min(), (pl.col("km").max() - pl.col("km").min()).alias("apart"))
        .sort("first", "second")
    )
    unlike = pairs.filter(pl.col("apart") > 1e-6 * pl.col("km").clip(lower_bound=1.0))
    if unlike.height:
        a, b = (names[int(number)] for number in unlike.select("first", "second").row(0))
        raise DataError(f"{unlike.height} pairs have two distances", where="distances", got=f"{a}, {b}")
    missing = len(names) * (len(names) - 1) // 2 - pairs.height
    near = pairs.filter(pl.col("km") <= within_km)
    a, b = (near[side].to_numpy().astype(np.int64) for side in ("first", "second"))
    km = near["km"].to_numpy()
    both = Pairs(places=len(names), first=np.append(a, b), second=np.append(b, a), km=np.append(km, km))
    return both, missing
