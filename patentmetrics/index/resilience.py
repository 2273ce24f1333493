"""Resilience: how far a place has come from where it was before the shock."""

from __future__ import annotations

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.index.variables import added, matrix, named_rows


def resilience(panel: Panel, column: str, *, base_year: int, name: str = "resilience") -> Panel:
    """Measure resilience as the logarithm of the deviation from a base year (韧性).

    ``ln( (x_it − x_i,base) / x_i,base )``.

    Parameters
    ----------
    panel : Panel
        The panel.
    column : str
        x, e.g. an index of innovation.
    base_year : int
        The year before the shock.
    name : str
        Of the column.

    Returns
    -------
    Panel
        Null in the base year itself, where x has fallen below its base or stands at it (the logarithm is
        then not defined), where x or its base is null, and where the base is 0. The log counts each case;
        it is the fallen, of all, that are lost, so look at their number.

    Raises
    ------
    ColumnError
        The column is missing or does not hold numbers.
    DataError
        No place has the base year.

    Notes
    -----
    Zhang & Sun 2026 (张贵、孙建华, 经济与管理研究 2026(1)), eq. 2, after the sensitivity of
    Martin 2012, doi:10.1093/jeg/lbr019.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 3, "year": [2007, 2008, 2009], "level": [2.0, 4.0, 1.0]})
    >>> resilience(Panel(frame=frame), "level", base_year=2007).frame["resilience"].to_list()
    [None, 0.0, None]
    """
    x = matrix(panel, [column])[:, 0]
    base_of = dict(panel.frame.filter(pl.col("year") == base_year).select("place", column).rows())
    if not base_of:
        years = panel.frame["year"].to_list()
        raise DataError(
            "no place has the base year",
            where="panel: year",
            got=base_year,
            allowed=f"{min(years)}–{max(years)}",
        )
    found = [base_of.get(place) for place in panel.frame["place"]]
    base = np.array([np.nan if one is None else float(one) for one in found])
    is_base = panel.frame["year"].to_numpy() == base_year
    unknown = np.isnan(x) | np.isnan(base)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x - base) / base
    usable = ~unknown & ~is_base & (base != 0) & (ratio > 0)
    values = np.full(len(x), np.nan)
    values[usable] = np.log(ratio[usable])
    fallen = ~unknown & ~is_base & (base != 0) & ~usable
    log = [f"{name}: of {column} against {base_year}, {int(usable.sum())} values"]
    log += [
        f"{name}: {int(rows.sum())} null, {why}: {named_rows(panel, rows)}"
        for rows, why in (
            (fallen, "not above the base year"),
            (unknown & ~is_base, "the value or its base is null"),
            (~unknown & ~is_base & (base == 0), "the base is 0"),
        )
        if rows.any()
    ]
    return added(panel, {name: values}, log=log)
