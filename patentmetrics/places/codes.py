"""The table of codes of administrative divisions (行政区划代码, GB/T 2260), 1981 to 2024, as it ships.

Source: `areacodes.csv` beside this module, see `SOURCES.md` there. A row says that a code stood for a name
from the end of one year to the end of another: a code that is used again, or a place that is renamed, has
two rows.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

Kind = Literal["province", "prefecture", "county"]
FIRST_YEAR = 1981
LAST_YEAR = 2024
MUNICIPALITIES = ("110000", "120000", "310000", "500000")
_TABLE = Path(__file__).with_name("areacodes.csv")
_SCHEMA = {
    "code": pl.String,
    "name": pl.String,
    "level": pl.String,
    "start": pl.Int32,
    "end": pl.Int32,
    "successor": pl.String,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """One row of the table: a code, the name it stood for, its level, and when.

    Parameters
    ----------
    code, name : str
        Six digits, and the official name (上海市).
    level : {'province', 'prefecture', 'county'}
    start : int
        The first year at whose end the code stood for the name.
    end : int or None
        The first year at whose end it no longer did; None while it does.
    successor : str or None
        The codes that followed, as in the source: ``370116``, ``371203[2006];370116``.
    """

    code: str
    name: str
    level: Kind
    start: int
    end: int | None
    successor: str | None

    def in_force(self, year: int) -> bool:
        """Say whether the code stood for the name at the end of a year.

        Examples
        --------
        >>> bijie = next(area for area in areas() if area.name == "毕节地区")
        >>> bijie.in_force(2010), bijie.in_force(2011)
        (True, False)
        """
        return self.start <= year and (self.end is None or year < self.end)


def area_codes() -> pl.DataFrame:
    """Give the table of codes (行政区划代码表).

    Returns
    -------
    polars.DataFrame
        ``code, name, level, start, end, successor``, see `Area`; sorted by code and year.

    Examples
    --------
    >>> area_codes().filter(pl.col("code") == "520500").rows()
    [('520500', '毕节市', 'prefecture', 2011, None, None)]
    """
    return pl.read_csv(_TABLE, schema=_SCHEMA)


@functools.cache
def areas() -> tuple[Area, ...]:
    """Give the rows of the table, in its order.

    Examples
    --------
    >>> areas()[0].name
    '北京市'
    """
    return tuple(Area(**row) for row in area_codes().iter_rows(named=True))


@functools.cache
def areas_by_code() -> dict[str, tuple[Area, ...]]:
    """Give the rows of each code, in order of year.

    Examples
    --------
    >>> [area.name for area in areas_by_code()["420600"]]
    ['襄樊市', '襄阳市']
    """
    found: dict[str, tuple[Area, ...]] = {}
    for area in areas():
        found[area.code] = (*found.get(area.code, ()), area)
    return found


def area_at(code: str, year: int) -> Area | None:
    """Give the row of a code that was in force at the end of a year.

    Examples
    --------
    >>> area_at("420600", 2005).name, area_at("420600", 1980)
    ('襄樊市', None)
    """
    return next((area for area in areas_by_code().get(code, ()) if area.in_force(year)), None)


def upper_code(code: str) -> str:
    """Give the prefecture of a county's code; the municipality (直辖市) of a code in one.

    Examples
    --------
    >>> upper_code("520502"), upper_code("310115")
    ('520500', '310000')
    """
    municipality = f"{code[:2]}0000"
    return municipality if municipality in MUNICIPALITIES else f"{code[:4]}00"
