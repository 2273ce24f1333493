"""Patent numbers: one spelling for each document, as a reader in plain Python finds it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import SettingError
from patentmetrics.read.number_forms import cn_check_digits
from patentmetrics.read.numbers import OFFICES, normalise_numbers
from tests.reference import patent_numbers

APPLICATION = "CN200310102344.5"  # the example of the standard on Chinese application numbers


def read(written: str, office: str | None = None, role: str | None = None) -> dict[str, str | None]:
    return normalise_numbers(pl.Series([written]), office, role=role).row(0, named=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        "CN200310102344.5", "ZL200310102344.5", "ZL 2003 1 0102344.5", "200310102344.5", "2003101023445",
        "cn2003101023445", "ＣＮ２００３１０１０２３４４．５", "'2003101023445", '="200310102344.5"',
        "CN200310102344",
    ],
)  # fmt: skip
def test_a_chinese_application_is_one_number_in_each_spelling(written: str) -> None:
    assert read(written)["number"] == read(written)["key"] == APPLICATION


def test_twelve_digits_without_an_office_are_a_chinese_application_only_in_a_chinese_source() -> None:
    assert read("200310102344")["problem"] == "no office"
    assert read("200310102344", "CN")["number"] == APPLICATION


@pytest.mark.parametrize(
    ("written", "number"),
    [("85100001", "CN85100001.0"), ("ZL93105341.X", None), ("00128361.X", None), ("031234567", None)],
)
def test_numbers_of_eight_digits_have_their_check_digit(written: str, number: str | None) -> None:
    found = read(written, "CN")
    body = written.removeprefix("ZL").replace(".", "")[:8]
    right = f"CN{body}.{patent_numbers.check_digit(body)}"
    if number is None:
        assert (found["problem"] == "wrong check digit") == (found["number"] != right)
    else:
        assert found["number"] == number


def test_a_wrong_check_digit_is_told_and_has_no_key() -> None:
    for digit in "0123456789X":
        found = read(f"CN200310102344.{digit}")
        assert (found["problem"] is None) == (digit == "5")
        assert (found["key"] is None) == (digit != "5")
        assert found["number"] == f"CN200310102344.{digit}"


def test_every_changed_digit_and_every_swap_of_neighbours_is_found() -> None:
    body, check = "200310102344", "5"
    for place in range(4, 12):
        for digit in "0123456789":
            changed = body[:place] + digit + body[place + 1 :]
            if digit != body[place] and changed[4] in "12389":
                assert read(f"CN{changed}.{check}")["problem"] == "wrong check digit", changed


@pytest.mark.parametrize(
    ("written", "number", "key"),
    [
        ("CN101234567A", "CN101234567A", "CN101234567"),
        ("CN 101234567 B", "CN101234567B", "CN101234567"),
        ("CN1044155A", "CN1044155A", "CN1044155A"),
        ("CN1044155C", "CN1044155C", "CN1044155C"),
        ("CN2043111U", "CN2043111U", "CN2043111"),
        ("CN2144896Y", "CN2144896Y", "CN2144896"),
        ("CN85100001A", "CN85100001A", "CN85100001"),
        ("US5,123,456", "US5123456", "US5123456"),
        ("US05123456A", "US5123456A", "US5123456"),
        ("US-7502241-B2", "US7502241B2", "US7502241"),
        ("US2004/0123456 A1", "US20040123456A1", "US20040123456"),
        ("US2004123456A1", "US20040123456A1", "US20040123456"),
        ("2004/0123456", "US20040123456", "US20040123456"),
        ("US20160001234A1-20160107", "US20160001234A1", "US20160001234"),
        ("RE38,123", "USRE38123", "USRE38123"),
        ("USD0456789S1", "USD456789S1", "USD456789"),
        ("US PP12,345 P2", "USPP12345P2", "USPP12345"),
        ("US10/123,456", "US10/123456", "US10/123456"),
        ("EP 0 871 285", "EP0871285", "EP0871285"),
        ("EP871285A1", "EP0871285A1", "EP0871285"),
        ("EP04012345.6", "EP04012345", "EP04012345"),
        ("2006/048689", "WO2006048689", "WO2006048689"),
        ("WO 99/12345", "WO1999012345", "WO1999012345"),
        ("WO02/012345A2", "WO2002012345A2", "WO2002012345"),
        ("PCT/CN04/00123", "PCT/CN2004/000123", "PCT/CN2004/000123"),
        ("JPH05-244775A", "JPH05244775A", "JPH05244775"),
        ("JP2004-12345A", "JP2004012345A", "JP2004012345"),
        ("JP3123456U", "JP3123456U", "JP3123456U"),
        ("JP3123456B2", "JP3123456B2", "JP3123456"),
        ("KR10-2004-0012345A", "KR20040012345A", "KR20040012345"),
        ("KR20-2004-0012345", "KR20040012345U", "KR20040012345U"),
        ("KR101234567B1", "KR101234567B1", "KR101234567"),
        ("DE 10 2004 012 345 A1", "DE102004012345A1", "DE102004012345"),
        ("AT 399980 B", "AT399980B", "AT399980"),
    ],
)
def test_documents_are_one_number_in_each_spelling(written: str, number: str, key: str) -> None:
    found = read(written)
    assert (found["number"], found["key"], found["problem"]) == (number, key, None)


def test_a_and_c_of_the_same_old_digits_are_two_documents() -> None:
    assert read("CN1044155A")["key"] != read("CN1044155C")["key"]
    assert read("CN1044155") | {"problem": None} == read("CN1044155") | {"problem": None}
    assert (read("CN1044155")["key"], read("CN1044155")["problem"]) == (None, "no kind code")


def test_american_applications_need_their_role() -> None:
    assert read("10123456", "US")["number"] == "US10123456"
    assert read("10123456", "US", "application")["number"] == "US10/123456"
    assert read("8914308", "US", "application")["number"] == "US08/914308"


@pytest.mark.parametrize("written", ["2.01E+12", "1.2e13", "2e+12", "1.23456E+13"])
def test_numbers_that_excel_destroyed_are_told(written: str) -> None:
    assert read(written, "CN")["problem"] == "number lost in scientific notation"


@pytest.mark.parametrize(
    "written", ["abc", "CN", "CN12", "US0", "EP123456789", "JP05-244775", "WO2004", "7502241A"]
)
def test_what_is_no_number_has_none(written: str) -> None:
    found = read(written)
    assert found["number"] is None
    assert found["problem"] in {"no regular number", "no office"}


def test_missing_stays_missing() -> None:
    frame = normalise_numbers(pl.Series([None, "", " "], dtype=pl.String))
    assert frame.select(pl.all().is_null().all()).row(0) == (True,) * 6


def test_options_are_checked() -> None:
    with pytest.raises(SettingError, match="office"):
        read("1", "XX")
    with pytest.raises(SettingError, match="role"):
        read("1", "CN", "number")


def test_check_digits_are_those_of_the_slow_twin() -> None:
    bodies = [f"20{year:02d}1{serial:07d}" for year in range(3, 30) for serial in range(0, 10**7, 999_983)]
    bodies += [f"{year}1{serial:05d}" for year in range(85, 100) for serial in range(0, 10**5, 9_973)]
    assert cn_check_digits(pl.Series(bodies)).to_list() == [patent_numbers.check_digit(one) for one in bodies]


FORM = st.one_of(
    st.from_regex(r"(CN|ZL|)(20[0-2][0-9]|9[0-9]|8[5-9]|0[0-3])[1-38-9][0-9]{5,7}\.?[0-9X]?", fullmatch=True),
    st.from_regex(r"(CN|)[1-38][0-9]{6,8}[ABCUSY]?", fullmatch=True),
    st.from_regex(r"(US|)(RE|D|PP|H|T|)[0-9/,]{1,12}[A-Z]?[0-9]?", fullmatch=True),
    st.from_regex(r"(US|WO|)(19|20)[0-9]{2}/?[0-9]{5,7}(A1)?", fullmatch=True),
    st.from_regex(r"(EP|WO|JP|KR|DE|JPH|JPS)[0-9/.-]{2,14}([ABUY][0-9]?)?", fullmatch=True),
    st.from_regex(r"(KR)?[123]0-?(19|20)[0-9]{2}-?[0-9]{7}[AUBY]?", fullmatch=True),
    st.from_regex(r"[A-Z]{2}-[0-9A-Z]{4,9}-[A-Z][0-9]?", fullmatch=True),
    st.from_regex(r"PCT/?(CN|US)/?[0-9]{2,4}/[0-9]{5,6}", fullmatch=True),
    st.text(st.sampled_from("0123456789ABCNUSXZL./-, '\"=Ｅ１年"), max_size=15),
)  # fmt: skip


@example(written=["CN90100000", "100000000A"], office="KR", role="application")
@settings(max_examples=120, deadline=None)
@given(
    st.lists(FORM, min_size=1, max_size=20),
    st.sampled_from([None, "CN", "US", "EP", "WO", "JP", "KR", "DE"]),
    st.sampled_from([None, "application", "publication"]),
)
def test_all_numbers_are_read_as_the_slow_twin_reads_them(
    written: list[str], office: str | None, role: str | None
) -> None:
    fast = normalise_numbers(pl.Series(written), office, role=role).rows(named=True)  # type: ignore[arg-type]
    assert fast == [patent_numbers.read_number(one, office, role) for one in written]


def test_the_offices_are_those_of_the_twin() -> None:
    assert set(OFFICES) == patent_numbers.OFFICES


@settings(max_examples=50, deadline=None)
@given(st.lists(FORM, min_size=1, max_size=20))
def test_a_number_that_was_read_is_read_again_as_itself(written: list[str]) -> None:
    once = normalise_numbers(pl.Series(written))
    again = normalise_numbers(once["number"])
    same = once.with_columns(again["key"].alias("again")).filter(pl.col("problem").is_null())
    assert same["again"].equals(same["key"])
