"""Symbols: every spelling found in the wild gives one standard form, anything else gives null."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.classes.symbols import (
    REASONS,
    parse_symbols,
    read_symbol_lists,
    split_symbols,
    symbol_texts,
)
from patentmetrics.core.errors import ColumnError


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


@pytest.mark.parametrize(
    ("spelling", "symbol"),
    [
        ("G 06 F 17/30", "G06F17/30"),
        ("GO6F17/3O", "G06F17/30"),
        ("g06f 17/O3", "G06F17/03"),
        ("H04L-012/28", "H04L12/28"),
        ("H04L29/06(2006.01)I", "H04L29/06"),
        ("H04L 29/06 (2006) ", "H04L29/06"),
        ("A61K 31/4196  20060101 A I 20051008 R M EP", "A61K31/4196"),
        ("G06F　17／30　（２００６．０１）Ｉ", "G06F17/30"),
        ("G06F\u00a017∕30", "G06F17/30"),
        ("G06F17/30 [7,8]", "G06F17/30"),
        ("G06F 20060101", "G06F"),
        ("G06F17/", "G06F17"),
        ("G06F0017", "G06F17"),
        ("Y02E10/50", "Y02E10/50"),
    ],
)
def test_rarer_spellings_give_the_standard_form(spelling: str, symbol: str) -> None:
    assert standard(spelling) == [symbol]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("太阳能", "not a symbol"),
        ("363 95", "not a symbol"),
        ("GOOF17/30", "not a symbol"),
        ("I06F17/30", "no section has this letter"),
        ("G06", "ends before the subclass"),
        ("G06F1730", "digits without a slash can be cut in two ways"),
        ("G06F20060101", "digits without a slash can be cut in two ways"),
        ("H01L2224", "digits without a slash can be cut in two ways"),
        ("G06F17/3", "a subgroup has two digits or more"),
        ("G06F0/30", "there is no class 00 and no main group 0"),
        ("G00F1/30", "there is no class 00 and no main group 0"),
        ("G06F17/30/40", "something else follows the symbol"),
        ("G06F17/30x", "something else follows the symbol"),
        ("14-02", "a Locarno class of a design"),
        ("G06F12345/00", "too many digits"),
        ("G06F17/1234567", "too many digits"),
        ("  ", "empty"),
    ],
)
def test_what_is_not_a_symbol_has_its_reason(text: str, reason: str) -> None:
    found = read_symbol_lists(pl.Series([text]), single=True)
    assert [REASONS[one] for one in found.status.tolist()] == [reason]
    assert found.code.tolist() == [-1]


def test_the_letter_o_for_zero_is_said() -> None:
    found = read_symbol_lists(pl.Series(["GO6N3/08 G06N3/08"]))
    assert found.status.tolist() == [1, 0]


def test_what_cannot_be_read_takes_nothing_else_with_it() -> None:
    text = "G06F17/30; junk here; H04L9/32 rubbish A61K8/02, 14-02|G06F1730 A61P"
    found = read_symbol_lists(pl.Series(["x", text, None, ""]))
    assert found.row.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
    assert symbol_texts(found.code).to_list() == [
        None, "G06F17/30", None, None, "A61K8/02", None, None, "A61P",
    ]  # fmt: skip
    assert found.written.to_list()[1:] == [
        "G06F17/30", "junk here", "H04L9/32 rubbish", "A61K8/02", "14-02", "G06F1730", "A61P",
    ]  # fmt: skip
    only_wrong = read_symbol_lists(pl.Series(["x", text, None, ""]), written=False).written
    assert only_wrong.to_list() == [
        "x",
        None,
        "junk here",
        "H04L9/32 rubbish",
        None,
        "14-02",
        "G06F1730",
        None,
    ]


def full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else "\u3000" for one in text)


def padded_st8(symbol: str) -> str:
    group, _, subgroup = symbol[4:].partition("/")
    return f"{symbol[:4]}{int(group):04}{subgroup:0<6}"


WAYS = [
    lambda one: one,
    lambda one: f"{one[:4]} {one[4:]}",
    lambda one: f"{one[0]} {one[1:3]} {one[3]} {one[4:]}",
    lambda one: f"{one[:4]}00{one[4:]}" if len(one[4:].partition("/")[0]) <= 2 else one,
    lambda one: one.lower(),
    full_width,
    lambda one: f"{one} (2006.01)",
    lambda one: f"{one}(2006.01)I",
    lambda one: f"{one}  20060101AFI20051220RMJP",
    lambda one: one.replace("/", " / "),
    lambda one: one[:4] + one[4:].replace("0", "O") if "O" not in one and one[4] != "0" else one,
]
JOINTS = [";", "；", ", ", "，", " | ", "、", "\n", ";;", "  "]
# trailing zeros beyond two digits cannot be told from the padding of ST.8, so it is not among the ways
SPELLED = st.tuples(SYMBOLS, st.sampled_from(WAYS))


@given(st.lists(SPELLED, min_size=1, max_size=5), st.sampled_from(JOINTS))
def test_every_spelling_in_every_list_gives_the_same_symbols(
    spelled: list[tuple[str, object]], joint: str
) -> None:
    text = joint.join(way(symbol) for symbol, way in spelled)  # type: ignore[operator]
    found = read_symbol_lists(pl.Series([None, text]))
    assert symbol_texts(found.code).to_list() == [symbol for symbol, _ in spelled]
    assert set(found.row.tolist()) == {1}


@given(st.lists(st.text("G06F17/3O (2).;|、A１Ｇ x-[]", max_size=25), max_size=4))
def test_any_text_is_cut_into_pieces_that_lose_no_letter_or_digit(texts: list[str]) -> None:
    found = read_symbol_lists(pl.Series(texts, dtype=pl.String))
    letters = "".join(found.written.to_list())
    assert [one for one in letters if one.isalnum()] == [
        one for text in texts for one in text if one.isalnum()
    ]
    assert ((found.code >= 0) == (found.status <= 1)).all()


def test_text_that_is_no_text_is_refused() -> None:
    with pytest.raises(ColumnError, match="not of text"):
        read_symbol_lists(pl.Series([1, 2]))
