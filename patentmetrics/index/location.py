"""Location and structure: quotients, concentration, the sectors' order, co-agglomeration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Panel
from patentmetrics.index.variables import Matrix, added, matrix, named_rows, require_not_negative


def location_quotient(panel: Panel, part: str, whole: str, *, name: str = "location_quotient") -> Panel:
    """Measure how far a place is specialised, by the location quotient (区位商).

    ``(F_it / K_it) / (F_t / K_t)``: a place's share of the part in the whole over that of all places in the
    same year. Above 1 the place has more than its share.

    Parameters
    ----------
    panel : Panel
        The panel; all its places together are the country.
    part, whole : str
        Columns, not negative: F and K, e.g. R&D expenditure and public expenditure.
    name : str
        Of the column.

    Returns
    -------
    Panel
        Null where F or K is null, or K is 0; such rows are not in the year's totals either, and are counted
        in the log. Null in a year whose F is 0 everywhere.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.
    DataError
        A value is negative.

    Notes
    -----
    Isard 1960, Methods of Regional Analysis; as a measure of gathered funds Tang et al. 2026, eq. 3.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A", "B"], "year": [2020] * 2, "rd": [3, 1], "spending": [10, 10]})
    >>> location_quotient(Panel(frame=frame), "rd", "spending").frame["location_quotient"].round(9).to_list()
    [1.5, 0.5]
    """
    values = matrix(panel, [part, whole])
    require_not_negative(panel, [part, whole], values, needs="a location quotient")
    f, k = values.T
    counted = ~np.isnan(values).any(axis=1) & (k > 0)
    years = panel.frame["year"].to_numpy()
    quotient = np.full(len(f), np.nan)
    for year in np.unique(years):
        rows = counted & (years == year)
        if f[rows].sum() > 0:
            quotient[rows] = f[rows] / k[rows] / (f[rows].sum() / k[rows].sum())
    return added(
        panel, {name: quotient}, log=_told(panel, name, f"location quotient of {part} in {whole}", quotient)
    )


def herfindahl(
    panel: Panel, parts: Sequence[str], *, normalised: bool = False, name: str = "herfindahl"
) -> Panel:
    """Measure concentration by the Herfindahl index (赫芬达尔指数), ``Σ s²`` over the shares of the parts.

    Parameters
    ----------
    panel : Panel
        The panel.
    parts : sequence of str
        Two columns or more, not negative, e.g. employment by industry.
    normalised : bool
        ``(H − 1/N) / (1 − 1/N)``, from 0 to 1 whatever the number N of parts.
    name : str
        Of the column.

    Returns
    -------
    Panel
        From 1/N to 1. Null where a part is null, or all are 0; counted in the log.

    Raises
    ------
    ColumnError
        A column is missing, does not hold numbers, or is named twice.
    DataError
        A value is negative.
    SettingError
        Fewer than two parts.

    Notes
    -----
    Hirschman 1964, American Economic Review 54(5): 761.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2020], "steel": [3], "software": [1]})
    >>> herfindahl(Panel(frame=frame), ["steel", "software"]).frame["herfindahl"].to_list()
    [0.625]
    """
    shares = _shares(panel, parts, needs="a share")
    index = (shares**2).sum(axis=1)
    if normalised:
        index = (index - 1 / len(parts)) / (1 - 1 / len(parts))
    what = f"{'normalised ' if normalised else ''}Herfindahl index of {', '.join(parts)}"
    return added(panel, {name: index}, log=_told(panel, name, what, index))


def industrial_structure(
    panel: Panel, sectors: Sequence[str], *, name: str = "industrial_structure"
) -> Panel:
    """Measure the level of the industrial structure (产业结构升级指数), ``Σ m · y_m``.

    Parameters
    ----------
    panel : Panel
        The panel.
    sectors : sequence of str
        Primary, secondary, tertiary, in this order: their value added, or their shares in any unit. They are
        divided by their sum.
    name : str
        Of the column.

    Returns
    -------
    Panel
        From 1, all primary, to 3, all tertiary. Null where a sector is null, or all are 0; counted.

    Raises
    ------
    ColumnError
        A column is missing, does not hold numbers, or is named twice.
    DataError
        A value is negative.
    SettingError
        Not three sectors.

    Notes
    -----
    Xu & Jiang 2015 (徐敏、姜勇, 数量经济技术经济研究 32(3)); Tang et al. 2026, eq. 4.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2020], "farms": [10], "industry": [40]})
    >>> frame = frame.with_columns(services=50)
    >>> made = industrial_structure(Panel(frame=frame), ["farms", "industry", "services"])
    >>> made.frame["industrial_structure"].round(9).to_list()
    [2.4]
    """
    if len(sectors) != 3:
        raise SettingError(
            "the structure is of three sectors",
            where="sectors",
            got=len(sectors),
            allowed="primary, secondary, tertiary",
        )
    level = _shares(panel, sectors, needs="a share") @ np.array([1.0, 2.0, 3.0])
    return added(
        panel, {name: level}, log=_told(panel, name, f"industrial structure of {', '.join(sectors)}", level)
    )


def co_agglomeration(panel: Panel, first: str, second: str, *, name: str = "co_agglomeration") -> Panel:
    """Measure how far two industries gather in the same places (产业协同集聚).

    ``1 − |A − B| / (A + B) + (A + B)`` of two location quotients A and B: nearness, and height.

    Parameters
    ----------
    panel : Panel
        The panel.
    first, second : str
        Location quotients, e.g. of manufacturing and of producer services; see `location_quotient`.
    name : str
        Of the column.

    Returns
    -------
    Panel
        Null where A or B is null, or both are 0; counted in the log.

    Raises
    ------
    ColumnError
        A column is missing or does not hold numbers.
    DataError
        A value is negative.

    Notes
    -----
    An indicator of Pang et al. 2025; the idea is that of Ellison & Glaeser 1997, doi:10.1086/262098.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2020], "making": [1.5], "services": [0.5]})
    >>> co_agglomeration(Panel(frame=frame), "making", "services").frame["co_agglomeration"].to_list()
    [2.5]
    """
    values = matrix(panel, [first, second])
    require_not_negative(panel, [first, second], values, needs="a location quotient")
    a, b = values.T
    total = np.where(a + b > 0, a + b, np.nan)
    index = 1 - np.abs(a - b) / total + total
    return added(
        panel, {name: index}, log=_told(panel, name, f"co-agglomeration of {first} and {second}", index)
    )


def _shares(panel: Panel, parts: Sequence[str], *, needs: str) -> Matrix:
    if len(parts) < 2:
        raise SettingError("shares need two parts or more", where="parts", got=len(parts))
    values = matrix(panel, parts)
    require_not_negative(panel, parts, values, needs=needs)
    total = values.sum(axis=1, keepdims=True)
    shares: Matrix = values / np.where(total > 0, total, np.nan)
    return shares


def _told(panel: Panel, name: str, what: str, values: Matrix) -> list[str]:
    null = np.isnan(values)
    more = f", {int(null.sum())} null: {named_rows(panel, null)}" if null.any() else ""
    return [f"{name}: {what}{more}"]
