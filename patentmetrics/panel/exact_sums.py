"""Sums that do not depend on the order of the rows (与行序无关的求和).

A number is cut into pieces on grids so coarse that any sum of them is exact; the sums of the pieces are then
added with one rounding. So blocks, threads and row orders give the same digits, and a sum can run in a
stream. Scores need three to five pieces. The idea is the pre-rounding of Demmel & Nguyen 2015,
doi:10.1109/TC.2014.2345391.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from patentmetrics.core.errors import DataError

# beyond it, the numbers that the values are rounded against would overflow
_LARGEST = 960
_LOWEST = -1074


def extent(value: pl.Expr, name: str) -> list[pl.Expr]:
    """Give the expressions that a first pass must collect of a column of floats: largest, smallest, infinite.

    Examples
    --------
    >>> pl.DataFrame({"x": [0.5, -4.0, 0.0]}).select(extent(pl.col("x"), "x")).row(0)
    (4.0, 0.5, 0)
    """
    size = value.abs()
    return [
        size.filter(size.is_finite()).max().alias(f"{name}|largest"),
        size.filter(size > 0).min().alias(f"{name}|smallest"),
        value.is_infinite().sum().alias(f"{name}|infinite"),
    ]


def with_pieces(
    rows: pl.LazyFrame,
    value: pl.Expr,
    name: str,
    *,
    largest: float | None,
    smallest: float | None,
    count: int,
    where: str,
) -> tuple[pl.LazyFrame, list[str]]:
    """Cut a column of floats into pieces, ``{name}#0`` and on, that sum exactly over any of the rows.

    Parameters
    ----------
    rows : polars.LazyFrame
        The rows.
    value : polars.Expr
        Floats; null stays null.
    name : str
        Of the pieces.
    largest, smallest : float or None
        Of the absolute values, the smallest without zero, from `extent`; None where there is none.
    count : int
        How many rows there are at most.
    where : str
        Named in an error.

    Returns
    -------
    polars.LazyFrame, list of str
        The rows with the pieces, and their names.

    Raises
    ------
    DataError
        A value is too large to be summed.

    Examples
    --------
    >>> rows = pl.LazyFrame({"x": [1e16, 1.0, -1e16]})
    >>> cut, names = with_pieces(rows, pl.col("x"), "x", largest=1e16, smallest=1.0, count=3, where="x")
    >>> total(cut.select(pl.col(names).sum()).collect(), names).to_list()
    [1.0]
    """
    if not largest or not smallest:
        return rows.with_columns(value.alias(f"{name}#0")), [f"{name}#0"]
    top = math.frexp(largest)[1]
    # the last binary digit that any value can have
    lowest = max(math.frexp(smallest)[1] - 53, _LOWEST)
    if top > _LARGEST:
        raise DataError("a value is too large to be summed", where=where, got=largest)
    width = min(50, 51 - max(count, 1).bit_length())
    rest = f"{name}|rest"
    rows = rows.with_columns(value.alias(rest))
    names: list[str] = []
    while top >= lowest:
        grid = max(top - width, _LOWEST)
        # adding and taking away a number of this size rounds to multiples of 2^grid
        step = math.ldexp(1.5, 52 + grid)
        names.append(f"{name}#{len(names)}")
        # in steps: an expression of an expression would double with each piece
        rows = rows.with_columns(((pl.col(rest) + step) - step).alias(names[-1]))
        rows = rows.with_columns((pl.col(rest) - pl.col(names[-1])).alias(rest))
        top = grid - 1
    return rows, names


def total(sums: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Add the sums of pieces, row by row, with one rounding.

    Examples
    --------
    >>> total(pl.DataFrame({"a": [1e16], "b": [1.0]}), ["a", "b"]).to_list()
    [1e+16]
    """
    return pl.Series([math.fsum(row) for row in sums.select(names).iter_rows()], dtype=pl.Float64)
