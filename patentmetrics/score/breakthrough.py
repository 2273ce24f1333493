"""Importance and breakthrough (突破性): forward over backward similarity, net of effects; top shares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import require_columns

Codes = NDArray[np.int64]
Values = NDArray[np.float64]


def add_breakthrough(
    scores: pl.DataFrame,
    *,
    windows: Sequence[int],
    top_share: float,
    effects: Sequence[str] = ("year",),
    top_within: Sequence[str] = (),
) -> pl.DataFrame:
    """Add importance, breakthrough, breakthrough net of effects, and the top share (突破性专利).

    For each window τ (Kelly et al. 2021, eq. 10 and section III, doi:10.1257/aeri.20190499):
    ``importance_τ = FS_τ / BS``; ``breakthrough_τ = ln importance_τ``; ``breakthrough_τ_net`` its
    residual on the effects, those of the year by default: see `net_of_effects`;
    ``is_breakthrough_τ``: the residual is at or above the (1 − top_share) percentile of the residuals.

    The percentile is that of linear interpolation, and patents at it are in, so ties at the cut-off are
    all in and more than the top share may be kept: `kept_shares` says how many. (Where one over the
    share is a whole number, Stata's ``pctile``, which the authors used, picks the same patents.) A group
    of fewer than 1 / top_share scored patents has no such percentile: the flag is null there, not true
    for the one on top of three.

    Null where either similarity is null, where BS is zero (a ratio to nothing), from the logarithm on
    where FS is zero, and, from the residual on, where an effect or a group is null.

    Parameters
    ----------
    scores : polars.DataFrame
        With ``backward_similarity``, ``forward_similarity_τ`` and the columns of the effects and groups.
    windows : sequence of int
        Forward windows, in years.
    top_share : float
        0.1 in the article, 0.05 in the working paper.
    effects : sequence of str
        Columns whose effects are removed together; ``"year^ipc_subclass"`` is one effect for each
        pair of values. The authors take the year of issue.
    top_within : sequence of str
        Columns that make the groups of the top share: none for the whole sample, ``("year",)``,
        ``("year", "ipc_subclass")``.

    Raises
    ------
    SettingError
        The share is not between 0 and 1, or there is no effect.
    ColumnError
        A column is missing, or holds lists or fractions, which name no group.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"year": [2000, 2000], "backward_similarity": [1.0, 0.0], "forward_similarity_1": [1.0, 2.0]}
    ... )
    >>> add_breakthrough(frame, windows=[1], top_share=0.1)["importance_1"].to_list()
    [1.0, None]
    """
    share = _exact(top_share)
    forward = {window: f"forward_similarity_{window}" for window in windows}
    require_columns(scores, ["backward_similarity", *forward.values()], where="scores")
    groups = _effect_codes(scores, effects)
    within = group_codes(scores, top_within, where="top_within") if top_within else _one(scores.height)
    backward = pl.col("backward_similarity")
    for window, similarity in forward.items():
        importance, breakthrough = f"importance_{window}", f"breakthrough_{window}"
        scores = scores.with_columns(
            pl.when(backward > 0).then(pl.col(similarity) / backward).alias(importance)
        )
        scores = scores.with_columns(
            pl.when(pl.col(importance) > 0).then(pl.col(importance).log()).alias(breakthrough)
        )
        net = _residuals(as_floats(scores[breakthrough]), groups)
        in_top, decided = _top(net, within, share)
        flag = pl.select(pl.when(pl.Series(decided)).then(pl.Series(in_top))).to_series()
        scores = scores.with_columns(
            pl.Series(f"{breakthrough}_net", net).fill_nan(None), flag.alias(f"is_breakthrough_{window}")
        )
    return scores


def kept_shares(
    scores: pl.DataFrame, *, windows: Sequence[int], top_within: Sequence[str] = ()
) -> pl.DataFrame:
    """Say which share of the patents was kept as breakthroughs, by group (实际保留比例).

    Ties at the cut-off, and groups whose size is no multiple of one over the top share, keep more.

    Returns
    -------
    polars.DataFrame
        One row for each window and group: ``window``, the columns of ``top_within``, ``scored``
        (patents with a residual), ``undecided`` (of these, without a flag: the group is too small, or
        null), ``kept``, ``share`` (kept over decided; null where nothing is decided).

    Examples
    --------
    >>> flags = [True] * 2 + [False] * 10
    >>> frame = pl.DataFrame({"breakthrough_5_net": [0.0] * 12, "is_breakthrough_5": flags})
    >>> kept_shares(frame, windows=[5]).row(0)
    (5, 12, 0, 2, 0.16666666666666666)
    """
    parts = []
    for window in windows:
        net, flag = f"breakthrough_{window}_net", f"is_breakthrough_{window}"
        require_columns(scores, [net, flag, *top_within], where="scores")
        counts = [
            pl.col(net).count().cast(pl.Int64).alias("scored"),
            (pl.col(net).count().cast(pl.Int64) - pl.col(flag).count()).alias("undecided"),
            pl.col(flag).sum().cast(pl.Int64).alias("kept"),
        ]
        by_group = (
            scores.group_by(top_within).agg(counts).sort(top_within, nulls_last=True)
            if top_within
            else scores.select(counts)
        )
        parts.append(by_group.select(pl.lit(window, pl.Int64).alias("window"), pl.all()))
    decided = pl.col("scored") - pl.col("undecided")
    return pl.concat(parts).with_columns(pl.when(decided > 0).then(pl.col("kept") / decided).alias("share"))


def breakthrough_counts(
    scores: pl.DataFrame, *, windows: Sequence[int], effects: Sequence[str] = ("year",)
) -> dict[str, int]:
    """Count what became of the patents on the way to the flag, for the provenance.

    For each window τ: ``null_breakthrough_τ``; ``without_effect_τ``: scored, but an effect is null;
    ``singletons_τ``: alone in an effect, so that their residual is zero by construction;
    ``undecided_breakthrough_τ``: with a residual, but in a group too small for the top share;
    ``is_breakthrough_τ``: kept.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"year": [2000, 2001], "backward_similarity": [1.0, 1.0], "forward_similarity_1": [1.0, 2.0]}
    ... )
    >>> scored = add_breakthrough(frame, windows=[1], top_share=0.5)
    >>> breakthrough_counts(scored, windows=[1])["singletons_1"]
    2
    """
    groups = _effect_codes(scores, effects)
    counts: dict[str, int] = {}
    for window in windows:
        name = f"breakthrough_{window}"
        scored, net, flag = scores[name], scores[f"{name}_net"], scores[f"is_{name}"]
        counts[f"null_{name}"] = scored.null_count()
        counts[f"without_effect_{window}"] = net.null_count() - scored.null_count()
        known = net.is_not_null().to_numpy()
        counts[f"singletons_{window}"] = int(_alone([one[known] for one in groups]).sum())
        counts[f"undecided_{name}"] = flag.null_count() - net.null_count()
        counts[f"is_{name}"] = int(flag.sum() or 0)
    return counts


def net_of_effects(frame: pl.DataFrame, name: str, *, effects: Sequence[str] = ("year",)) -> pl.Series:
    """Take effects out of a column: its residual on the dummies of the effects (去除固定效应).

    One effect, or one interaction, is the mean of each group. Several are additive and are removed
    together by least squares (LSMR on the dummies, then sweeps of group means until every group's mean
    residual is below 1e-9 standard deviations). A patent that is alone in a group, also once the others
    that are alone have been set aside, is explained by its own dummy: its residual is zero, as
    ``areg`` and ``predict, residuals`` in Stata give it; `breakthrough_counts` counts them.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a patent.
    name : str
        A column of numbers.
    effects : sequence of str
        Columns, or interactions such as ``"year^ipc_subclass"``.

    Returns
    -------
    polars.Series
        Float64; null where the value is null or not a number, or an effect is null.

    Raises
    ------
    SettingError
        There is no effect.
    ColumnError
        A column is missing, or holds lists or fractions, which name no group.
    DataError
        The additive effects could not be told apart to the tolerance.

    Examples
    --------
    >>> frame = pl.DataFrame({"year": [1, 1, 2], "x": [1.0, 3.0, 5.0]})
    >>> net_of_effects(frame, "x").to_list()
    [-1.0, 1.0, 0.0]
    """
    require_columns(frame, [name], where="frame")
    groups = _effect_codes(frame, effects)
    return pl.Series(name, _residuals(as_floats(frame[name]), groups)).fill_nan(None)


def group_codes(frame: pl.DataFrame, columns: Sequence[str], *, where: str = "effects") -> Codes:
    """Give the groups that columns make together as numbers: 0, 1, … in order; −1 where one is null.

    Raises
    ------
    ColumnError
        A column is missing, or holds lists or fractions, which name no group.

    Examples
    --------
    >>> group_codes(pl.DataFrame({"a": ["y", "x", None, "y"], "b": [1, 1, 1, 1]}), ["a", "b"])
    array([ 1,  0, -1,  1])
    """
    require_columns(frame, list(columns), where=where)
    codes = _one(frame.height)
    null = np.zeros(frame.height, np.bool_)
    for name in columns:
        values = frame[name]
        if values.dtype.is_nested() or values.dtype.is_float() or values.dtype.is_decimal():
            raise ColumnError(
                f"the column {name!r} names no group",
                where=where,
                got=str(values.dtype),
                allowed="text, whole numbers, dates, true or false",
                hint="a patent with several classes has to be given one, its first for instance",
            )
        if values.dtype in (pl.Categorical, pl.Enum):
            values = values.cast(pl.String)
        # looked up among the different values, which is quicker than to rank them all
        levels = values.drop_nulls().unique().sort().to_frame("level").with_row_index("place")
        places = values.to_frame("level").join(levels, on="level", how="left", maintain_order="left")["place"]
        null |= places.is_null().to_numpy()
        codes = codes * max(1, levels.height) + places.fill_null(0).cast(pl.Int64).to_numpy()
        # numbered anew after each column, so that the product cannot overflow
        codes = _renumbered(codes)
    dense = np.full(frame.height, -1, np.int64)
    dense[~null] = _renumbered(codes[~null])
    return dense


def as_floats(values: pl.Series) -> Values:
    """Give a column of numbers as float64, NaN where null.

    Examples
    --------
    >>> as_floats(pl.Series([1, None]))
    array([ 1., nan])
    """
    floats: Values = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return floats


def _exact(top_share: float) -> Fraction:
    """Take a share as the fraction that was meant: 0.1 is one tenth, not the double beside it."""
    if not 0 < top_share < 1:
        raise SettingError("the top share must lie between 0 and 1", where="top_share", got=top_share)
    return Fraction(str(top_share)).limit_denominator(1_000_000)


def _one(rows: int) -> Codes:
    return np.zeros(rows, np.int64)


def _renumbered(codes: Codes) -> Codes:
    """Leave out the numbers that do not occur, keeping the order."""
    if int(codes.max(initial=0)) > 8 * len(codes) + 1000:  # too many to count over
        found: Codes = np.unique(codes, return_inverse=True)[1]
        return found
    place: Codes = np.cumsum(np.bincount(codes) > 0) - 1
    return place[codes]


def _effect_codes(frame: pl.DataFrame, effects: Sequence[str]) -> list[Codes]:
    if isinstance(effects, str) or not effects:
        raise SettingError(
            "name one effect or more", where="effects", got=effects, hint='as a list, e.g. ["year"]'
        )
    return [group_codes(frame, [part.strip() for part in effect.split("^")]) for effect in effects]


def _residuals(values: Values, groups: Sequence[Codes]) -> Values:
    known = np.isfinite(values)
    for codes in groups:
        known &= codes >= 0
    net = np.full(len(values), np.nan)
    inside = [_renumbered(codes[known]) for codes in groups]
    alone = _alone(inside)
    found = np.zeros(len(alone))
    rest = [_renumbered(codes[~alone]) for codes in inside]
    found[~alone] = _least_squares(values[known][~alone], rest)
    net[known] = found
    return net


def _alone(groups: Sequence[Codes]) -> NDArray[np.bool_]:
    """Say which rows are alone in a group, once the rows found so far have been set aside."""
    alone = np.zeros(len(groups[0]), np.bool_)
    while True:
        more = np.zeros_like(alone)
        for codes in groups:
            more |= ~alone & (np.bincount(codes[~alone], minlength=int(codes.max(initial=0)) + 1)[codes] == 1)
        if not more.any():
            return alone
        alone |= more


def _less_means(values: Values, codes: Codes) -> Values:
    means: Values = np.bincount(codes, weights=values) / np.bincount(codes)
    return values - means[codes]


def _least_squares(values: Values, groups: Sequence[Codes]) -> Values:
    """Give the residual on the dummies of all groups; every group has two rows or more."""
    if len(values) == 0:
        return values
    if len(groups) == 1:
        return _less_means(values, groups[0])
    from scipy.sparse.linalg import LinearOperator, lsmr

    values = values - values.mean()
    # columns of length one: the number of iterations then does not depend on the groups' sizes
    scales = [1 / np.sqrt(np.bincount(codes)) for codes in groups]
    ends = np.cumsum([len(scale) for scale in scales])[:-1]

    def times(effects: Values) -> Values:
        parts = np.split(np.ravel(effects), ends)
        fitted = np.zeros(len(values))
        for codes, scale, part in zip(groups, scales, parts, strict=True):
            fitted += (scale * part)[codes]
        return fitted

    def transposed(rows: Values) -> Values:
        sums = (np.bincount(codes, weights=np.ravel(rows)) for codes in groups)
        return np.concatenate([scale * one for scale, one in zip(scales, sums, strict=True)])

    shape = (len(values), sum(len(scale) for scale in scales))
    dummies = LinearOperator(shape, matvec=times, rmatvec=transposed, dtype=np.float64)
    net: Values = values - times(lsmr(dummies, values, atol=1e-14, btol=1e-14, conlim=0, maxiter=5_000)[0])
    return _swept(net, groups, spread=float(values.std()))


def _swept(net: Values, groups: Sequence[Codes], *, spread: float) -> Values:
    """Take what is left of the group means out, in turn; raise unless they vanish."""
    sizes = [np.bincount(codes) for codes in groups]
    for _ in range(100):
        left = max(
            float(np.abs(np.bincount(codes, weights=net) / size).max())
            for codes, size in zip(groups, sizes, strict=True)
        )
        if left <= 1e-13 * spread:
            break
        for codes in groups:
            net = _less_means(net, codes)
    if left > 1e-9 * spread:
        raise DataError(
            "the additive effects could not be told apart",
            where="effects",
            got=f"a mean residual of {left:.1e}",
            hint="use their interaction, or fewer effects",
        )
    return net


def _top(values: Values, within: Codes, share: Fraction) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which values are in the top share of their group, and for which that can be said.

    At or above the interpolated percentile is at or above the order statistic on or next above it, so
    nothing is interpolated: rounding cannot push a patent over its own cut-off.
    """
    known = ~np.isnan(values) & (within >= 0)
    in_top, decided = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    if not known.any():
        return in_top, decided
    found, group = values[known], _renumbered(within[known])
    size = np.bincount(group)
    below = 1 - share
    steps = -(-(size - 1) * below.numerator // below.denominator)  # rounded up
    ordered = np.sort(found) if len(size) == 1 else found[np.lexsort((found, group))]
    cut_off = ordered[np.cumsum(size) - size + steps]
    in_top[known] = found >= cut_off[group]
    decided[known] = (size * share.numerator >= share.denominator)[group]
    return in_top & decided, decided
