r"""Similarity with the patents of the same group (同组比较): of one applicant, or of one technology class.

Sums as in `patentmetrics.score.linear`, over those comparators only that share a group value with the
patent. Taken from the total they give the similarity with everybody else: comparators of the same
applicant left out, or comparisons across classes only. By themselves they give comparisons within.

A patent may have several values (co-applicants, subclasses), and a pair that shares two of them counts
once. A set of values is a *cell*: the patents that have all of them. By inclusion and exclusion

.. math::
    \sum_{q:\ A_p \cap A_q \ne \emptyset} \rho_{p,q}
      = \sum_{\emptyset \ne T \subseteq A_p} (-1)^{|T|+1} \sum_{q:\ T \subseteq A_q} \rho_{p,q}

with A the values of a patent, and the inner sum is one product with the centroid of the cell: linear in
the non-zeros, however large a class is, with no pair formed. Values, and sets of values, that only one
patent has drop out. A patent with k values is in up to 2^k − 1 cells; one with so many values that its
pairs cost less (see `is_long_list`) is compared pair by pair instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import TermCounts
from patentmetrics.kernels.groups import add_comparators
from patentmetrics.score.group_members import (
    Integers,
    cells_of,
    cut,
    is_long_list,
    members_by_document,
    portions_of,
)
from patentmetrics.score.group_sums import GroupCorpus, Pairs, Values, add_cells, add_long, terms_of
from patentmetrics.score.linear import LagSums
from patentmetrics.score.weights import YearCounts, bidf, known

# a difference of two sums that is smaller than this share of them is rounding
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class SameGroup:
    """Sums of similarities with comparators of the same group, by lag, in the order of the blocks.

    Shapes: ``year`` (p,); ``backward`` (p, lags back): column j − 1 sums over the patents of j years
    before that share a group value with the patent; ``forward`` (p, lags ahead). A sum is NaN where the
    sample does not cover the comparators' year, and where the weights of the pairs' base year are not
    known, as in `patentmetrics.score.linear.LagSums`. ``comparators_backward`` and
    ``comparators_forward``, of the same shapes: how many such comparators have terms, whether or not
    the weights are known. ``has_terms`` and ``has_group`` (p,): a patent without a group value shares a
    group with nobody, so its sums are zero. That is right for sums without the same group; who takes the
    sums within a group makes them null where ``has_group`` is false.
    """

    year: Integers
    backward: Values
    forward: Values
    comparators_backward: Integers
    comparators_forward: Integers
    has_terms: NDArray[np.bool_]
    has_group: NDArray[np.bool_]

    @property
    def without_group(self) -> int:
        """How many patents have no group value."""
        return int((~self.has_group).sum())


def same_group_by_lag(
    counts: TermCounts,
    year_counts: YearCounts,
    *,
    group: str,
    backward: int,
    forward: int,
    values: Literal["any", "first"] = "any",
    memory: int = 2**31,
    threads: int | None = None,
    progress: Progress = silent,
) -> SameGroup:
    """Sum the similarities of each patent with those patents around it that share its group (同组相似度).

    Pairs are weighted with the earlier year's weights, which come from the whole corpus; similarities are
    cosines (Kelly, Papanikolaou, Seru & Taddy 2021, eq. 2 and 5-7, doi:10.1257/aeri.20190499).

    Parameters
    ----------
    counts : TermCounts
        The counted corpus, its blocks by year.
    year_counts : YearCounts
        From `patentmetrics.score.weights.count_years`, over the whole corpus.
    group : str
        A column of its documents: text, whole numbers, or lists of these. Values are compared as they
        are written; null, empty text and empty lists are no value. ``"ipc_subclass"`` is made from the
        column ``ipc`` where the documents do not have it.
    backward, forward : int
        Lags back and ahead, in years.
    values : {"any", "first"}
        Patents share a group when they have any value in common, or when their first values (the main
        class) are the same: a patent then is in one group.
    memory : int
        Bytes for rows and sums of the groups in work: the corpus is read once for each portion of groups
        that fits. The largest group is held whole in any case, at 8 bytes a non-zero. Beside it stand
        the weights of all years (8 bytes × years × terms), the result, and about 100 bytes for each
        patent and cell. Any number gives the same bytes.
    threads : int, optional
        Parts of groups in work at a time; likewise.

    Raises
    ------
    ColumnError
        The documents do not have the column, or its values name no group.
    SettingError
        A window is shorter than a year, the blocks are not frozen by year, or years lie outside the sample.
    DataError
        The counts by year are of another vocabulary.

    Notes
    -----
    The cost is that of the non-zeros, times the years that the windows reach, times the cells that a
    patent is in: one with ``values="first"``; with ``"any"`` 2^k − 1 at most for k values, of which only
    those count that another patent is in too. Patents with more than three values cost less pair by
    pair where their groups are small; those with more than twelve are always compared so.

    Examples
    --------
    >>> import tempfile, patentmetrics as pm, polars as pl
    >>> from pathlib import Path
    >>> from patentmetrics.score.weights import count_years
    >>> texts = ["solar cell", "wind mill", "solar glass", "solar cell", "wind glass"]
    >>> patents = pl.DataFrame(
    ...     {
    ...         "patent_id": ["P0", "P1", "P2", "P3", "P4"],
    ...         "title": texts,
    ...         "filing_date": [f"200{year}-01-01" for year in (0, 0, 0, 1, 2)],
    ...         "applicants": [["A"], ["B"], ["B"], ["A", "B"], None],
    ...     },
    ... ).with_columns(pl.col("filing_date").str.to_date())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = pm.Corpus(frame=patents, key="patent_id", text=("title",))
    ...     counts = pm.count_terms(corpus, Path(folder) / "c", segmenter="whitespace", date="filing")
    ...     years = count_years(counts, first_year=2000, last_year=2002)
    ...     same = same_group_by_lag(counts, years, group="applicants", backward=1, forward=1)
    >>> same.comparators_backward[:, 0].tolist(), same.without_group
    ([0, 0, 0, 3, 0], 1)
    """
    check_choice(values, ["any", "first"], argument="values")
    _check(counts, year_counts, backward, forward)
    terms = terms_of(counts, threads)
    member_of, has_group = members_by_document(counts, group, values)
    years = np.repeat([block.year for block in counts.blocks], [block.documents for block in counts.blocks])
    corpus = GroupCorpus(
        counts=counts,
        year=years.astype(np.int64) - int(year_counts.years[0]),
        terms=terms,
        squared_weights=np.nan_to_num(bidf(year_counts), nan=0.0) ** 2,
        threads=threads,
    )
    # columns: lags back, then lags ahead
    lags = backward + forward
    sums, comparators = np.zeros((len(years), lags)), np.zeros((len(years), lags), np.int64)
    is_long = is_long_list(member_of, lags)
    cells = cells_of(member_of, is_long)
    portions = list(portions_of(cells, terms, 8 * lags, memory))
    long = np.flatnonzero(is_long)
    long_portions = list(cut(8 * terms[long] + 16 * lags, memory))
    total = len(portions) + len(long_portions)
    of_year = np.zeros(len(year_counts.years), np.int64)
    add_comparators(
        cells.begin, cells.sign, cells.member, corpus.year, terms > 0, backward, of_year, comparators
    )
    for done, portion in enumerate(portions, start=1):
        add_cells(corpus, cells, portion, backward, sums)
        progress("same group", done, total)
    both = Pairs(sums=sums, counts=comparators)
    of_long = Pairs(sums=np.zeros((len(long), lags)), counts=np.zeros((len(long), lags), np.int64))
    for done, portion in enumerate(long_portions, start=len(portions) + 1):
        add_long(corpus, member_of, is_long, portion, backward, both, of_long)
        progress("same group", done, total)
    sums[long] += of_long.sums
    comparators[long] += of_long.counts
    _make_unknown(sums, backward, corpus.year, year_counts)
    return SameGroup(
        year=years.astype(np.int64),
        backward=sums[:, :backward],
        forward=sums[:, backward:],
        comparators_backward=comparators[:, :backward],
        comparators_forward=comparators[:, backward:],
        has_terms=terms > 0,
        has_group=has_group,
    )


def without_same_group(total: LagSums, same: SameGroup) -> LagSums:
    """Take the same group out of the total: comparators of other applicants, or classes, only (排除同组).

    A difference below 1e-12 of the total is rounding and becomes zero, so that a patent that resembles its
    own group only has no ratio to a rounding error.

    Raises
    ------
    DataError
        The sums are of other patents, or do not reach as far as the total.

    Examples
    --------
    >>> year, some = np.array([2000]), np.array([True])
    >>> total = LagSums(year=year, backward=np.array([[2.0]]), forward=np.array([[0.3]]), has_terms=some)
    >>> none = np.zeros((1, 1), np.int64)
    >>> same = SameGroup(
    ...     year=year,
    ...     backward=np.array([[0.5]]),
    ...     forward=np.array([[0.1 + 0.2]]),
    ...     comparators_backward=none,
    ...     comparators_forward=none,
    ...     has_terms=some,
    ...     has_group=some,
    ... )
    >>> others = without_same_group(total, same)
    >>> others.backward.tolist(), others.forward.tolist()
    ([[1.5]], [[0.0]])
    """
    groups = total.groups or tuple((lag, lag) for lag in range(1, total.forward.shape[1] + 1))
    furthest = groups[-1][1] if groups else 0
    if (
        not np.array_equal(total.year, same.year)
        or total.backward.shape[1] > same.backward.shape[1]
        or furthest > same.forward.shape[1]
    ):
        raise DataError(
            "the sums of the same group do not fit the total",
            where="without_same_group",
            got=f"{same.backward.shape} back, {same.forward.shape} ahead",
            allowed=f"{total.backward.shape} back, {(len(total.year), furthest)} ahead, or more",
        )
    ahead = [same.forward[:, low - 1 : high].sum(axis=1) for low, high in groups]
    return LagSums(
        year=total.year,
        backward=_difference(total.backward, same.backward[:, : total.backward.shape[1]]),
        forward=_difference(total.forward, np.stack(ahead, axis=1) if ahead else total.forward),
        has_terms=total.has_terms,
        groups=total.groups,
    )


def _check(counts: TermCounts, year_counts: YearCounts, backward: int, forward: int) -> None:
    if min(backward, forward) < 1:
        raise SettingError(
            "a window must have one year or more", where="backward, forward", got=[backward, forward]
        )
    if any(block.base not in (None, block.year) for block in counts.blocks):
        raise SettingError(
            "sums within groups are for term weights frozen by the year of the windows",
            where=str(counts.folder),
            got="a corpus that was regrouped by another date or period",
            hint='use freeze="year" and one date',
        )
    outside = [b.year for b in counts.blocks if not year_counts.years[0] <= b.year <= year_counts.years[-1]]
    if outside:
        raise SettingError(
            "there are patents outside the years that were counted", where="year_counts", got=outside[0]
        )
    if year_counts.containing.shape[1] != counts.vocabulary.height:
        raise DataError(
            "the counts by year are of another vocabulary",
            where="year_counts",
            got=year_counts.containing.shape[1],
            allowed=str(counts.vocabulary.height),
        )


def _make_unknown(sums: Values, back: int, year: Integers, year_counts: YearCounts) -> None:
    """Put NaN where the sample does not cover the comparators' year, or nothing is known in the base year."""
    weights_known = known(year_counts)
    # a year without comparators has no pairs, so its weights need not be known
    pairs_known = weights_known | (year_counts.comparators == 0)
    lags = [-lag for lag in range(1, back + 1)] + list(range(1, sums.shape[1] - back + 1))
    for column, lag in enumerate(lags):
        covered = (year + lag >= 0) & (year + lag < len(weights_known))
        at = np.where(covered, year + lag, 0)
        sure = covered & (pairs_known[at] if lag < 0 else weights_known[year])
        sums[~sure, column] = np.nan


def _difference(total: Values, part: Values) -> Values:
    rest: Values = total - part
    rest[rest < ROUNDING * total] = 0.0
    return rest
