"""Symbols: every spelling found in the wild gives one standard form, anything else gives null."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.classes.symbols import parse_symbols, split_symbols


def standard(*symbols: str | None) -> list[str | None]:
    return parse_symbols(pl.Series(symbols, dtype=pl.String))["symbol"].to_list()


@pytest.mark.parametrize(
    "spelling",
    [
        "G06F17/30",
        "G06F 17/30",
        " g06f 17 / 30 ",
        "G06F017/30",
        "G06F0017/30",
        "G06F0017300000",
        "G06F17/30(2006.01)I",
        "G06F 17/30 (2006.01)",
        "G06F 17/30 [2006.01]",
        "G06F  17/30        20060101AFI20051220RMJP",
        "Ｇ０６Ｆ１７／３０",
    ],
)
def test_each_spelling_gives_the_standard_form(spelling: str) -> None:
    assert standard(spelling) == ["G06F17/30"]


def test_parts_of_a_symbol() -> None:
    parsed = parse_symbols(pl.Series(["H01L31/042", "G06F17", "A61K", "H01L2224/48091"]))
    assert parsed.rows() == [
        ("H01L31/042", "H", "H01", "H01L", 31, "042", True),
        ("G06F17", "G", "G06", "G06F", 17, None, True),
        ("A61K", "A", "A61", "A61K", None, None, True),
        ("H01L2224/48091", "H", "H01", "H01L", 2224, "48091", True),
    ]


def test_padding_is_removed_but_two_digits_of_the_subgroup_stay() -> None:
    assert standard("A61K0008000000", "A61K0008100000", "G06F0003048800") == [
        "A61K8/00",
        "A61K8/10",
        "G06F3/0488",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "14-02",
        "G06F1730",
        "G06",
        "I06F17/30",
        "G6F17/30",
        "G06F17/3",
        "G06F0/30",
        "A00B1/00",
        "太阳能",
        "-",
    ],
)
def test_what_is_not_a_symbol_is_null_and_invalid(text: str) -> None:
    assert parse_symbols(pl.Series([text])).rows() == [(None, None, None, None, None, None, False)]


def test_a_null_stays_null_and_rows_keep_their_order() -> None:
    parsed = parse_symbols(pl.Series(["G06F", None, "x", "A61K", "G06F", None]))
    assert parsed["symbol"].to_list() == ["G06F", None, None, "A61K", "G06F", None]
    assert parsed["valid"].to_list() == [True, None, False, True, True, None]


def test_no_symbols_give_no_rows() -> None:
    assert parse_symbols(pl.Series([], dtype=pl.String)).height == 0


@pytest.mark.parametrize("separator", ["; ", "；", ",", "，", "|", " | ", "、", "\n", " ", "  "])
def test_lists_are_split_at_each_separator(separator: str) -> None:
    symbols = ["G06F 17/30", "A61K", "A61P", "C12N", "H04L 9/32 (2006.01)", "B01D53/04"]
    assert split_symbols(pl.Series([separator.join(symbols)]))[0].to_list() == symbols


def test_empty_pieces_are_dropped_and_null_stays_null() -> None:
    assert split_symbols(pl.Series([";;A61K; ", "", None])).to_list() == [["A61K"], [], None]


SYMBOLS = st.builds(
    "{}{:02}{}{}/{}".format,
    st.sampled_from("ABCDEFGHY"),
    st.integers(1, 99),
    st.sampled_from("BFKNZ"),
    st.integers(1, 2999),
    st.integers(0, 99).map("{:02}".format) | st.sampled_from(["042", "0488", "48091", "300001"]),
)


@given(st.lists(SYMBOLS, min_size=1, max_size=6))
def test_standard_forms_are_fixed_points_and_survive_padding(symbols: list[str]) -> None:
    assert standard(*symbols) == symbols
    padded = []
    for symbol in symbols:
        group, _, subgroup = symbol[4:].partition("/")
        padded.append(f"{symbol[:4]}{int(group):04}{subgroup:0<6}")
    assert standard(*padded) == [
        # trailing zeros beyond two digits cannot be told from padding
        f"{one.split('/')[0]}/{one.split('/')[1][:2]}{one.split('/')[1][2:].rstrip('0')}"
        for one in symbols
    ]
