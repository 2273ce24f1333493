"""Dates of patents (申请日, 授权公告日) as files write them; what could mean two days is not guessed."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import polars as pl

from patentmetrics.core.errors import check_choice

DateOrder = Literal["dmy", "mdy"]
# the first patents of today's offices: US 1790, FR 1791
FIRST_YEAR = 1790
# a fixed bound, not today: the same input must give the same output next year
LAST_YEAR = 2100

_TIME = r"(?:[T\s]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = rf"^([0-9]{{4}})\s*[-/.年]\s*([0-9]{{1,2}})\s*[-/.月]\s*([0-9]{{1,2}})\s*日?{_TIME}$"
# pandas writes .0 behind a whole number where another one is missing
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0)?$"
# days of Excel, in which 1 is 1900-01-01 and a 1900-02-29 is counted: 10000 is 1927, 73050 is 2099; no
# other spelling of a date is a number of five digits
_SERIAL = r"^([1-7][0-9]{4})(?:\.[0-9]+)?$"
_DAY_ZERO = dt.date(1899, 12, 30)
_DOTS = rf"^([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{4}}){_TIME}$"
_YEAR_LAST = rf"^([0-9]{{1,2}})[/-]([0-9]{{1,2}})[/-]([0-9]{{4}}){_TIME}$"


def parse_dates(written: pl.Series, *, date_order: DateOrder | None = None) -> pl.DataFrame:
    """Read dates as patent offices, vendors and spreadsheets write them.

    Read are ``2013-01-21``, ``2013/1/21``, ``2013.01.21``, ``20130121``, ``2013年1月21日``, any of these
    with a time of day (dropped), full-width digits, and ``21.08.2009`` (dots: the day first, as PATENTSCOPE
    and the German-speaking offices write). ``38000``, five digits, is a day number of Excel (in its calendar
    from 1900) and is read, and marked. ``19/11/2008`` can only be one day and is read; ``05/04/2009``
    could be two and is not, unless ``date_order`` says which.

    Parameters
    ----------
    written : polars.Series
        Strings; null stays null.
    date_order : {'dmy', 'mdy'}, optional
        The order of dates with slashes or dashes that end with the year; a date that does not fit it is
        then no date.

    Returns
    -------
    polars.DataFrame
        ``date`` (Date, null where there is none), ``problem``: null, ``bad date``, ``ambiguous date``
        or ``date out of range`` (before 1790, after 2100), and ``serial``: true for a day number of Excel.

    Raises
    ------
    SettingError
        ``date_order`` is neither of the two.

    Examples
    --------
    >>> parse_dates(pl.Series(["2013年1月21日", "05/04/2009"])).rows()
    [(datetime.date(2013, 1, 21), None, False), (None, 'ambiguous date', False)]
    """
    if date_order is not None:
        check_choice(date_order, ("dmy", "mdy"), argument="date_order")
    text = pl.col("text")
    read = pl.DataFrame({"text": written.cast(pl.String).str.normalize("NFKC").str.strip_chars()}).select(
        text,
        plain=pl.coalesce(
            _date(_YEAR_FIRST, 1, 2, 3), _date(_COMPACT, 1, 2, 3), _date(_DOTS, 3, 2, 1), _serial_date()
        ),
        day_first=_date(_YEAR_LAST, 3, 2, 1),
        month_first=_date(_YEAR_LAST, 3, 1, 2),
    )
    if date_order == "dmy":
        either, ambiguous = pl.col("day_first"), pl.lit(value=False)
    elif date_order == "mdy":
        either, ambiguous = pl.col("month_first"), pl.lit(value=False)
    else:
        either = pl.coalesce("day_first", "month_first")
        ambiguous = (pl.col("day_first") != pl.col("month_first")).fill_null(value=False)
    date = pl.coalesce("plain", either)
    outside = ~date.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    problem = (
        pl.when(ambiguous)
        .then(pl.lit("ambiguous date"))
        .when(text.is_not_null() & date.is_null())
        .then(pl.lit("bad date"))
        .when(outside)
        .then(pl.lit("date out of range"))
    )
    return read.with_columns(date=date, problem=problem).select(
        date=pl.when(pl.col("problem").is_null()).then(pl.col("date")),
        problem=pl.col("problem"),
        serial=text.str.contains(_SERIAL).fill_null(value=False),
    )


def _serial_date() -> pl.Expr:
    days = pl.col("text").str.extract(_SERIAL, 1).cast(pl.Int32)
    return pl.lit(_DAY_ZERO) + pl.duration(days=days)


def _date(pattern: str, year: int, month: int, day: int) -> pl.Expr:
    def part(group: int) -> pl.Expr:
        return pl.col("text").str.extract(pattern, group).str.zfill(2)

    # a day that does not exist (2013-02-30) becomes null here
    return pl.concat_str(part(year), part(month), part(day), separator="-").str.to_date(
        "%Y-%m-%d", strict=False
    )
