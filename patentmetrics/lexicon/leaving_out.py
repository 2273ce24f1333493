"""What one term decides (单词影响): concentration of an index, and how places rank without a part of it.

Arrays in, arrays out: `patentmetrics.lexicon.coverage` gives them names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
# of one block of parts × units: some 16 MB each, so that a thousand terms never stand in memory at once
_BLOCK = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How a place-year's sum of hits becomes its final variable.

    Parameters
    ----------
    log : bool
        ``ln(1 + sum)``.
    whole : ndarray of float64, optional, shape (units,)
        ``sum / whole``, for shares; above 0.
    """

    log: bool = False
    whole: Floats | None = None

    def of(self, sums: Floats) -> Floats:
        """Give the variable of sums, shape (…, units)."""
        if self.log:
            return np.log1p(sums)
        return sums if self.whole is None else sums / self.whole


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How variants of a variable differ from it over its units; one entry a variant.

    Parameters
    ----------
    pearson, spearman : ndarray of float64
        Correlation with the variable; not-a-number where either is constant.
    mean_change, largest_change : ndarray of float64
        Mean and largest absolute change of rank; not-a-number without units.
    unit : ndarray of int64
        Whose rank changes most, the first of several; -1 where none changes.
    rank, rank_without : ndarray of float64
        That unit's rank by the variable and by the variant; 1 is the largest value, ties share the mean.
    """

    pearson: Floats
    spearman: Floats
    mean_change: Floats
    largest_change: Floats
    unit: NDArray[np.int64]
    rank: Floats
    rank_without: Floats


def leave_out(parts: csr_array, total: Floats, measure: Measure) -> Changes:
    """Take one part after another out of a sum, and compare the variable with the whole one (剔除单词检验).

    Parameters
    ----------
    parts : csr_array, shape (parts, units)
        What each part adds to a unit's sum.
    total : ndarray of float64, shape (units,)
        The whole sums.
    measure : Measure
        From sums to the variable.

    Returns
    -------
    Changes
        In the order of the parts.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> found = leave_out(csr_array(np.array([[9, 0, 0], [0, 0, 1]])), np.array([9.0, 3, 2]), Measure())
    >>> found.mean_change.round(2).tolist(), found.unit.tolist(), found.spearman.tolist()
    ([1.33, 0.0], [0, -1], [-0.5, 1.0])
    """
    number, units = parts.shape
    whole = measure.of(total)
    ranks = ranked(whole)
    step = max(1, _BLOCK // max(1, units))
    # one block more than there are parts, so that there is one where there are none
    blocks = [
        _changes(whole, measure.of(total - parts[first : first + step].toarray()), ranks)
        for first in range(0, max(1, number), step)
    ]
    return Changes(**{name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})


def compare(variable: Floats, variants: Floats) -> Changes:
    """Compare a variable with variants of it, shape (variants, units), by value and by rank (变量比较).

    Sources: Spearman's coefficient with ties is Pearson's of the mean ranks (Kendall 1945,
    doi:10.1093/biomet/33.3.239).

    Examples
    --------
    >>> found = compare(np.array([3.0, 2, 1]), np.array([[3.0, 1, 2]]))
    >>> found.spearman.tolist(), found.unit.tolist(), found.rank.tolist(), found.rank_without.tolist()
    ([0.5], [1], [2.0], [3.0])
    """
    return Changes(**_changes(variable, variants, ranked(variable)))


def _changes(variable: Floats, variants: Floats, ranks: Floats) -> dict[str, Any]:
    number, units = variants.shape
    if not units:
        nan = np.full(number, np.nan)
        names = ("pearson", "spearman", "mean_change", "largest_change", "rank", "rank_without")
        return {**dict.fromkeys(names, nan), "unit": np.full(number, -1)}
    without = ranked(variants)
    changes = np.abs(without - ranks)
    unit, rows = changes.argmax(axis=1), np.arange(number)
    largest = changes[rows, unit]
    moved = largest > 0
    return {
        "pearson": correlation(variable, variants),
        "spearman": correlation(ranks, without),
        "mean_change": changes.mean(axis=1),
        "largest_change": largest,
        "unit": np.where(moved, unit, -1),
        "rank": np.where(moved, ranks[unit], np.nan),
        "rank_without": np.where(moved, without[rows, unit], np.nan),
    }


def ranked(values: Floats) -> Floats:
    """Rank along the last axis, the largest value first; ties share the mean of their ranks (平均秩).

    Examples
    --------
    >>> ranked(np.array([5.0, 9, 5])).tolist()
    [2.5, 1.0, 2.5]
    """
    ranks: Floats = np.asarray(rankdata(-values, method="average", axis=-1), np.float64)
    return ranks


def correlation(first: Floats, second: Floats) -> Floats:
    """Compute Pearson's correlation of one variable with each row of another (相关系数).

    Parameters
    ----------
    first : ndarray of float64, shape (units,)
        One variable.
    second : ndarray of float64, shape (rows, units)
        The others.

    Returns
    -------
    ndarray of float64, shape (rows,)
        Exactly 1 where a row is the same; not-a-number where either is constant.

    Examples
    --------
    >>> correlation(np.array([1.0, 2, 4]), np.array([[1.0, 2, 4], [4, 2, 1], [3, 3, 3]])).round(3).tolist()
    [1.0, -0.929, nan]
    """
    varies = (np.ptp(second, axis=1) > 0) & (np.ptp(first) > 0)
    here, there = first - first.mean(), second - second.mean(axis=1, keepdims=True)
    scale = np.sqrt((here * here).sum() * (there * there).sum(axis=1))
    values: Floats = np.full(len(second), np.nan)
    # row by row, not by BLAS, whose last digit depends on how many rows there are
    np.divide((there * here).sum(axis=1), scale, out=values, where=varies & (scale > 0))
    values = np.clip(values, -1.0, 1.0)
    return np.where(varies & (second == first).all(axis=1), 1.0, values)


def concentration(amounts: pl.DataFrame, *, most: float = 0.8) -> pl.DataFrame:
    """Measure how few terms make an index (集中度), for each year and for all of them.

    Parameters
    ----------
    amounts : polars.DataFrame
        ``year, term, amount``: what the term adds to the index, in hits or characters, a whole number; a term
        once in a year, at most. Rows of the year null count for the whole only.
    most : float
        The share that the terms counted by ``terms_for_most`` make.

    Returns
    -------
    polars.DataFrame
        ``year`` (null, in the first row: all), ``amount``, ``terms_with_hits``, ``terms_for_most`` (the
        fewest that make the share ``most``), ``largest_terms`` (the first three by amount, then by name,
        joined by ``; ``), ``share_of_largest_terms``, ``herfindahl`` (sum of squared shares),
        ``effective_terms`` (1 / herfindahl: as many terms with equal shares would be as concentrated). Null
        without a hit.

    Sources: effective number: Laakso & Taagepera 1979, doi:10.1177/001041407901200101; it is Hill's number of
    order 2 (Hill 1973, doi:10.2307/1934352).

    Examples
    --------
    >>> rows = pl.DataFrame({"year": [2020, 2020, 2021], "term": ["a", "b", "b"], "amount": [6, 2, 2]})
    >>> concentration(rows).select("year", "amount", "terms_for_most", "herfindahl").rows()
    [(None, 10, 2, 0.52), (2020, 8, 2, 0.625), (2021, 2, 1, 1.0)]
    """
    all_years = amounts.group_by("term").agg(pl.col("amount").sum())
    whole = _largest_first(all_years).select(
        pl.lit(None, amounts.schema["year"]).alias("year"), *_concentrated(most)
    )
    known = _largest_first(amounts.filter(pl.col("year").is_not_null()))
    by_year = known.group_by("year", maintain_order=True).agg(_concentrated(most)).sort("year")
    return pl.concat([whole, by_year])


def _largest_first(amounts: pl.DataFrame) -> pl.DataFrame:
    return amounts.sort("amount", "term", descending=[True, False])


def _concentrated(most: float) -> list[pl.Expr]:
    """Give the measures of rows with the most hits first."""
    amount, total = pl.col("amount"), pl.col("amount").sum()
    some, has = total > 0, pl.col("amount") > 0
    # 0.8 is four fifths here, and not the nearest binary number: a share of exactly that much is enough
    part = Fraction(most).limit_denominator(1_000_000)
    short = (amount.cum_sum() - amount) * part.denominator < total * part.numerator
    # of whole numbers up to the last division: the order of the terms cannot change a digit
    herfindahl = (amount * amount).sum() / (total * total)
    measures = {
        "terms_for_most": (has & short).sum().cast(pl.Int64),
        "largest_terms": pl.col("term").filter(has).head(3).str.join("; "),
        "share_of_largest_terms": amount.head(3).sum() / total,
        "herfindahl": herfindahl,
        "effective_terms": 1 / herfindahl,
    }
    return [
        total.alias("amount"),
        has.sum().cast(pl.Int64).alias("terms_with_hits"),
        *(pl.when(some).then(one).alias(name) for name, one in measures.items()),
    ]
