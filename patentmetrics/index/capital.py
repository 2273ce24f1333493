"""The capital stock by the perpetual inventory method."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel
from patentmetrics.index.variables import added, matrix, named_rows, require_not_negative

Base = Literal["share", "growth", "given"]


def capital_stock(
    panel: Panel,
    investment: str,
    *,
    depreciation: float = 0.096,
    prices: str | None = None,
    prices_are: Literal["fixed", "chained"] = "fixed",
    base: Base = "share",
    base_share: float = 0.10,
    growth_years: int = 10,
    initial: str | None = None,
    name: str = "capital_stock",
) -> Panel:
    """Make the capital stock by perpetual inventory (永续盘存法), ``K_t = I_t / P_t + (1 − δ) K_{t−1}``.

    Parameters
    ----------
    panel : Panel
        The panel.
    investment : str
        I, at current prices where ``prices`` is given, otherwise already at constant ones; not negative.
    depreciation : float
        δ: 0.096 for all capital (Zhang et al. 2004), 0.15 is usual for R&D.
    prices : str, optional
        The price index of investment.
    prices_are : {"fixed", "chained"}
        ``fixed``: P itself, in one unit throughout, the stock being at the prices of the year where it is 1.
        ``chained``: the year before = 100 (上年=100), as the yearbooks print it: P is 1 in a place's first
        row (in the row before the first price, where earlier ones are null) and goes on by multiplication.
    base : {"share", "growth", "given"}
        The stock of a place's first year. ``share``: real investment of that year over ``base_share``
        (Zhang et al. 2004 take 10 %; Young 2003 the like). ``growth``: over ``g + δ``, with g the yearly
        growth of real investment over the first ``growth_years`` (Hall & Jones 1999, who take ten).
        ``given``: the column ``initial`` in that year.
    base_share : float
        For ``share``.
    growth_years : int
        For ``growth``: fewer where the series of a place is shorter.
    initial : str, optional
        For ``given``: a column with the stock of each place's first year.
    name : str
        Of the column.

    Returns
    -------
    Panel
        The series of a place begins in the first year with investment (and price, and ``initial``). After a
        year without investment, without a price, or that is absent, nothing is known any more: null from
        there on, counted and named in the log. Fill such gaps before, if at all.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.
    DataError
        An investment is negative; a price is not positive; ``g + δ`` is not positive.
    SettingError
        An option is out of range or unknown; ``given`` without ``initial``.

    Notes
    -----
    ``I/(g + δ)`` is the steady state of stocks at the beginning of the year, and is used here as the papers
    use it; counted at the end of the year, as K is here, the steady state is ``(1 + g)`` times that.

    Goldsmith 1951; Zhang, Wu & Zhang 2004 (张军、吴桂英、张吉鹏, 经济研究 39(10)); Hall & Jones 1999,
    doi:10.1162/003355399555954.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A"] * 3, "year": [2018, 2019, 2020], "built": [10.0, 20.0, 30.0]})
    >>> made = capital_stock(Panel(frame=frame), "built", depreciation=0.1)
    >>> made.frame["capital_stock"].to_list()
    [100.0, 110.0, 129.0]
    """
    check_choice(base, ["share", "growth", "given"], argument="base")
    check_choice(prices_are, ["fixed", "chained"], argument="prices_are")
    _in_range(depreciation, "depreciation", 0 <= depreciation < 1, "0 up to 1")
    _in_range(base_share, "base_share", base_share > 0, "above 0")
    _in_range(growth_years, "growth_years", growth_years >= 1, "1 or more")
    if (base == "given") != (initial is not None):
        raise SettingError('base="given" and a column `initial` belong together', where="base, initial")
    invested = matrix(panel, [investment])
    require_not_negative(panel, [investment], invested, needs="an investment")
    index = np.ones(len(invested)) if prices is None else matrix(panel, [prices])[:, 0]
    if (index <= 0).any():
        raise DataError(
            "a price index is not positive",
            where=f"panel: {prices}",
            got=named_rows(panel, index <= 0, first=1),
        )
    start = np.full(len(index), np.nan) if initial is None else matrix(panel, [initial])[:, 0]

    stock = np.full(len(index), np.nan)
    lost = np.zeros(len(index), dtype=np.bool_)
    years = panel.frame["year"].to_numpy()
    chained = prices is not None and prices_are == "chained"
    for place, rows in _rows_by_place(panel, years):
        price = _chain(index[rows]) if chained else index[rows]
        real = invested[rows, 0] / price
        known = ~np.isnan(real) & (~np.isnan(start[rows]) if base == "given" else True)
        if not known.any():
            lost[rows] = True
            continue
        first = int(np.argmax(known))
        unbroken = _unbroken(years[rows], real, first)
        if base == "given":
            k = float(start[rows][first])
        elif base == "share":
            k = float(real[first]) / base_share
        else:
            k = _by_growth(real[first:unbroken], depreciation, growth_years, place)
        stock[rows[first]] = k
        for at in range(first + 1, unbroken):
            k = float(real[at]) + (1 - depreciation) * k
            stock[rows[at]] = k
        lost[rows[unbroken:]] = True
    before = np.isnan(stock) & ~lost
    rules = {
        "share": f"I/{base_share:g}",
        "growth": f"I/(g+δ), g over {growth_years} years",
        "given": initial,
    }
    deflated = "" if prices is None else f", deflated by {prices} ({prices_are})"
    log = [
        f"{name}: perpetual inventory of {investment}{deflated}, δ = {depreciation:g}, "
        f"first stock {rules[base]}"
    ]
    log += [
        f"{name}: {int(rows.sum())} null, {why}: {named_rows(panel, rows)}"
        for rows, why in (
            (before, "before the series of the place begins"),
            (lost, "behind a gap, or no series"),
        )
        if rows.any()
    ]
    return added(panel, {name: stock}, log=log)


def _rows_by_place(panel: Panel, years: NDArray[np.int64]) -> list[tuple[str, NDArray[np.int64]]]:
    """Give the rows of each place in order of years."""
    places = panel.frame["place"].to_numpy()
    order = np.lexsort((years, places.astype(str)))
    cuts = np.flatnonzero(places[order][1:] != places[order][:-1]) + 1
    return [(str(places[rows[0]]), rows) for rows in np.split(order, cuts) if rows.size]


def _chain(index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn "the year before = 100" into levels, 1 in the first year, or before the first price."""
    level = np.full(len(index), np.nan)
    start = max(int(np.argmax(~np.isnan(index))) - 1, 0)
    level[start:] = np.cumprod(np.concatenate([[1.0], index[start + 1 :] / 100]))
    return level


def _unbroken(years: NDArray[np.int64], real: NDArray[np.float64], first: int) -> int:
    """Give the position after the last one that is reached from the first without a gap."""
    at = first + 1
    while at < len(real) and years[at] == years[at - 1] + 1 and not np.isnan(real[at]):
        at += 1
    return at


def _by_growth(real: NDArray[np.float64], depreciation: float, growth_years: int, place: str) -> float:
    span = min(growth_years, len(real) - 1)
    if span < 1 or not (real[0] > 0 and real[span] > 0):
        raise DataError(
            'base="growth" needs positive investment in the first year and at the end of the growth',
            where=f"place {place}",
            got=real[: span + 1].tolist(),
        )
    rate = float((real[span] / real[0]) ** (1 / span) - 1) + depreciation
    if not rate > 0:
        raise DataError(
            "investment shrinks faster than capital wears out: I/(g + δ) is no stock",
            where=f"place {place}",
            got=rate,
            hint='take base="share", or more growth years',
        )
    return float(real[0]) / rate


def _in_range(value: float, argument: str, condition: bool, allowed: str) -> None:
    if not condition:
        raise SettingError(f"{argument} is out of range", where=argument, got=value, allowed=allowed)
