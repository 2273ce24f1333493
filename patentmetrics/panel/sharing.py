"""Patents with several places or applicants (分数计数): counted whole in each, or in shares."""

from __future__ import annotations

from typing import Literal

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, check_choice
from patentmetrics.core.types import require_columns
from patentmetrics.panel.keys import require_numeric
from patentmetrics.panel.place_year_sums import Rows, require_unique_key, scanned

Several = Literal["refuse", "whole", "equal", "weights"]
WEIGHT = "place_weight"
# the shares of a patent may miss one by the rounding of a table with six decimals
_SLACK = 1e-5


def with_places(
    rows: Rows, places: Rows, *, key: str = "patent_id", several: Several = "refuse", weight: str = "weight"
) -> pl.LazyFrame:
    """Join the places of patents to their scores, one row a patent and place (专利归属地区).

    Parameters
    ----------
    rows : polars.DataFrame, polars.LazyFrame, Path or str
        One row a patent; the path is that of a Parquet file. A column ``place`` of its own is not allowed.
    places : polars.DataFrame, polars.LazyFrame, Path or str
        ``key, place``; one row a patent, or one for each of its places or applicants.
    key : str
        The column that names a patent.
    several : {'refuse', 'whole', 'equal', 'weights'}
        What to do with a patent that has several: refuse; count it whole in each of its places (once in
        a place); give each row an equal share (two applicants of 北京 and one of 上海: ⅔ and ⅓); or take
        the shares from the column ``weight``.
    weight : str
        The column of shares, for ``weights``; the shares of a patent sum to one at most.

    Returns
    -------
    polars.LazyFrame
        The rows with ``place`` and, unless they are whole, ``place_weight``, for the ``weight`` of
        `patentmetrics.panel.place_years.aggregate`. A patent without a place has one row, with a null
        and the weight 1. Places of patents that are not among the rows are left out. The order of the
        rows is not fixed.

    Raises
    ------
    ColumnError
        A column is missing, or the rows have ``place`` already.
    DataError
        A patent is doubled among the rows, or, where that is refused, among the places; the shares of a
        patent sum to more than one, or one is unknown or negative.

    Examples
    --------
    >>> patents = pl.DataFrame({"patent_id": ["a", "b"], "year": [2000, 2000]})
    >>> places = pl.DataFrame({"patent_id": ["a", "a", "a"], "place": ["X", "X", "Y"]})
    >>> shared = with_places(patents, places, several="equal")
    >>> shared.group_by("place").agg(pl.col("place_weight").sum().round(2)).sort("place").collect().rows()
    [(None, 1.0), ('X', 0.67), ('Y', 0.33)]
    """
    check_choice(several, ["refuse", "whole", "equal", "weights"], argument="several")
    patents, located = scanned(rows), scanned(places)
    names = patents.collect_schema().names()
    known = pl.DataFrame(schema=located.collect_schema())
    require_columns(pl.DataFrame(schema=patents.collect_schema()), [key], where="rows")
    require_columns(known, [key, "place"], where="places")
    for name in ("place", WEIGHT):
        if name in names:
            raise ColumnError(
                f"the rows have a column {name!r} already", where="rows", hint="drop it: places give it"
            )
    require_unique_key(patents, key, where="rows")
    located = located.filter(pl.col("place").is_not_null() & pl.col(key).is_not_null())
    if several == "refuse":
        require_unique_key(located, key, where="places: several for a patent?")
        return patents.join(located.select(key, "place"), on=key, how="left")
    if several == "whole":
        pairs = located.select(key, "place").unique()
        return patents.join(pairs, on=key, how="left")
    if several == "equal":
        shares = located.select(key, "place", (1.0 / pl.len().over(key)).alias(WEIGHT))
    else:
        require_columns(known, [weight], where="places")
        require_numeric(known, [weight], where="places")
        _check_shares(located, key, weight)
        shares = located.select(key, "place", pl.col(weight).cast(pl.Float64).alias(WEIGHT))
    joined = patents.join(shares, on=key, how="left")
    return joined.with_columns(pl.col(WEIGHT).fill_null(1.0))


def _check_shares(located: pl.LazyFrame, key: str, weight: str) -> None:
    share = pl.col(weight).cast(pl.Float64).fill_nan(None)
    by_patent = located.group_by(key).agg(
        share.sum().alias("sum"), (share.is_null() | (share < 0)).any().alias("wrong")
    )
    broken = (
        by_patent.filter(pl.col("wrong") | (pl.col("sum") > 1 + _SLACK)).sort(key).collect(engine="streaming")
    )
    if broken.height:
        raise DataError(
            f"{broken.height} patents have shares that are unknown, negative, or more than one together",
            where=f"places: {weight}",
            got=", ".join(f"{name} {total:g}" for name, total in broken.head(5).select(key, "sum").rows()),
        )
