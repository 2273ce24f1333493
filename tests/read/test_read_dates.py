"""Dates are read as offices write them; what could be two days is not guessed."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.read.dates import parse_dates

DAY = dt.date(2013, 1, 21)


@pytest.mark.parametrize(
    "written",
    [
        "2013-01-21", "2013/1/21", "20130121", "2013.01.21", "21.01.2013", "2013年1月21日", "2013年01月21",
        "2013-01-21 00:00:00", "2013-01-21T00:00:00Z", "２０１３－０１－２１", "２０１３年１月２１日",
        " 2013-01-21 ",
        "21/01/2013", "01/21/2013", "2013/01/21 10:30", "2013-01-21 10:30:00.123+08:00",
        "41295", "41295.0", "41295.4375", "20130121.0",
    ],
)  # fmt: skip
def test_each_way_of_writing_gives_the_day(written: str) -> None:
    assert parse_dates(pl.Series([written])).select("date", "problem").rows() == [(DAY, None)]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("05/04/2009", "ambiguous date"), ("5-4-2009", "ambiguous date"), ("2013-02-30", "bad date"),
        ("2013-13-01", "bad date"), ("13/13/2009", "bad date"), ("2013", "bad date"), ("2013-01", "bad date"),
        ("412950", "bad date"), ("4129", "bad date"), ("91295", "bad date"), ("04129", "bad date"),
        ("yesterday", "bad date"), ("21/01/13", "bad date"),
        ("2013-01-211", "bad date"),
        ("1789-12-31", "date out of range"), ("2101-01-01", "date out of range"),
        ("0201-01-01", "date out of range"),
    ],
)  # fmt: skip
def test_what_is_no_day_says_why(written: str, problem: str) -> None:
    assert parse_dates(pl.Series([written])).select("date", "problem").rows() == [(None, problem)]


def test_the_order_decides_and_what_does_not_fit_it_is_bad() -> None:
    written = pl.Series(["05/04/2009", "21/01/2013", "01/21/2013", "05.04.2009", "2009-04-05", None])
    assert parse_dates(written, date_order="dmy").select("date", "problem").rows() == [
        (dt.date(2009, 4, 5), None),
        (DAY, None),
        (None, "bad date"),
        (dt.date(2009, 4, 5), None),
        (dt.date(2009, 4, 5), None),
        (None, None),
    ]
    assert parse_dates(written, date_order="mdy").select("date", "problem").rows()[:4] == [
        (dt.date(2009, 5, 4), None),
        (None, "bad date"),
        (DAY, None),
        (dt.date(2009, 4, 5), None),  # dots put the day first everywhere
    ]
    with pytest.raises(SettingError, match="date_order"):
        parse_dates(written, date_order="ymd")  # type: ignore[arg-type]


def test_a_day_that_is_the_same_either_way_is_not_ambiguous() -> None:
    assert parse_dates(pl.Series(["05/05/2009"]))["date"].to_list() == [dt.date(2009, 5, 5)]


@given(st.dates(dt.date(1790, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_survives_every_unambiguous_form(day: dt.date) -> None:
    forms = [f"{day:%Y-%m-%d}", f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}", f"{day:%d.%m.%Y}"]
    assert parse_dates(pl.Series(forms))["date"].to_list() == [day] * 4


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_has_a_problem(written: str) -> None:
    ((date, problem, _),) = parse_dates(pl.Series([written])).rows()
    assert (date is None) != (problem is None)
