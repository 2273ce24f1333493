"""Lexicons compared and merged: nothing is lost, each contradiction is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import LexiconError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.lexicon.differences import diff_lexicons
from patentmetrics.lexicon.format import LexiconFile, LexiconGroup, LexiconTerm, read_lexicon_file
from patentmetrics.lexicon.merge import merge_lexicons
from patentmetrics.text.normalise import normalise

HEAD = dict.fromkeys(["version", "title_en", "title_zh", "language", "source", "licence"], "a")
WU = read_lexicon_file(lexicon_folder() / "digital_transformation_wu2021.yml")


def lexicon(name: str, groups: dict[str, list[LexiconTerm]], **head: object) -> LexiconFile:
    listed = tuple(
        LexiconGroup(path=(value,), names_zh=(None,), terms=tuple(sorted(terms, key=lambda term: term.term)))
        for value, terms in groups.items()
    )
    return LexiconFile(id=name, **{**HEAD, "levels": ("dimension",), "groups": listed, **head})  # type: ignore[arg-type]  # by name


def terms(*names: str) -> list[LexiconTerm]:
    return [LexiconTerm(term=name) for name in names]


# differences


def test_a_lexicon_does_not_differ_from_itself() -> None:
    assert diff_lexicons(WU, WU).is_empty()


def test_each_kind_of_change_is_named() -> None:
    before = lexicon("a", {"data": terms("大数据", "５Ｇ", "征信"), "net": terms("互联网")})
    changed = LexiconTerm(term="互联网", note="why", variants=("因特网",))
    after = lexicon("a", {"data": terms("区块链", "大数据"), "net": [*terms("5G"), changed]}, version="2")
    assert diff_lexicons(before, after).rows() == [
        ("added", "区块链", "group", None, "data"),
        ("removed", "征信", "group", "data", None),
        ("moved", "5G", "group", "data", "net"),
        ("changed", "5G", "term", "５Ｇ", "5G"),
        ("changed", "互联网", "variants", None, "因特网"),
        ("changed", "互联网", "note", None, "why"),
        ("head", None, "version", "a", "2"),
    ]


def test_names_and_sources_of_the_head_are_compared() -> None:
    group = replace(WU.groups[0], names_zh=("智能",))
    after = replace(WU, groups=(group, *WU.groups[1:]), sources=(("wu", "Wu"),), match="token")
    assert diff_lexicons(WU, after).rows() == [
        ("head", None, "match", None, "token"),
        ("head", None, "source wu", None, "Wu"),
        ("head", None, "name of artificial_intelligence", "人工智能技术", "智能"),
    ]


@given(
    st.sets(st.sampled_from("甲乙丙丁戊己"), min_size=1), st.sets(st.sampled_from("甲乙丙丁戊己"), min_size=1)
)
def test_forth_and_back_are_mirror_images(first: set[str], second: set[str]) -> None:
    one, other = lexicon("a", {"x": terms(*first)}), lexicon("a", {"x": terms(*second)})
    forth, back = diff_lexicons(one, other), diff_lexicons(other, one)
    assert set(forth.filter(change="added")["term"]) == second - first
    assert set(forth.filter(change="added")["term"]) == set(back.filter(change="removed")["term"])
    assert set(forth["change"]) <= {"added", "removed"}


# merging


def test_all_terms_of_both_are_there_once_with_the_lexicons_they_were_in() -> None:
    first = lexicon("first", {"data": terms("大数据", "5G")})
    second = lexicon("second", {"data": terms("大数据", "征信"), "net": terms("互联网")})
    merged = merge_lexicons(first, second, id="both")
    assert {term.term: (group.path[0], term.source) for group, term in merged.file.terms()} == {
        "5G": ("data", ("first",)),
        "大数据": ("data", ("first", "second")),
        "征信": ("data", ("second",)),
        "互联网": ("net", ("second",)),
    }
    assert dict(merged.file.sources) == {"first": "first a: a", "second": "second a: a"}
    assert merged.conflicts.is_empty()
    assert merged.file.id == "both"


def test_sources_of_terms_keep_their_citations() -> None:
    first = lexicon("first", {"x": [LexiconTerm(term="数据", source=("wu",))]}, sources=(("wu", "Wu"),))
    second = lexicon("second", {"x": [LexiconTerm(term="数据", source=("wu",))]}, sources=(("wu", "Wuhan"),))
    merged = merge_lexicons(first, second, id="both").file
    [(_, term)] = merged.terms()
    assert term.source == ("first", "first_wu", "second", "second_wu")
    assert dict(merged.sources)["first_wu"] == "Wu"
    assert dict(merged.sources)["second_wu"] == "Wuhan"


def test_contradictions_are_listed_and_the_first_wins() -> None:
    first = lexicon(
        "first", {"x": [LexiconTerm(term="算法", match="token", at_least=2, note="one")]}, match="token"
    )
    second = lexicon("second", {"y": [LexiconTerm(term="算法", match="longest", at_least=3, note="two")]})
    merged = merge_lexicons(first, second, id="both")
    assert merged.conflicts.rows() == [
        ("算法", "group", "x", "y", "x"),
        ("算法", "match", "token", "longest", "token"),
        ("算法", "at_least", "2", "3", "2"),
        ("", "match", "token", None, None),
    ]
    [(group, term)] = merged.file.terms()
    assert (group.path, term.match, term.at_least, term.note) == (("x",), "token", 2, "one | two")


def test_a_variant_of_one_that_is_a_term_of_the_other_is_no_variant_any_more() -> None:
    first = lexicon("first", {"x": [LexiconTerm(term="智慧农业", variants=("数字农业",))]})
    second = lexicon("second", {"x": terms("数字农业")})
    merged = merge_lexicons(first, second, id="both")
    assert [(term.term, term.variants) for _, term in merged.file.terms()] == [
        ("数字农业", ()),
        ("智慧农业", ()),
    ]
    assert merged.conflicts.rows() == [("智慧农业", "variants", "数字农业", "a form of 数字农业", None)]


def test_spellings_that_are_one_term_once_normalised_become_variants_or_one() -> None:
    merged = merge_lexicons(
        lexicon("first", {"x": terms("5G")}), lexicon("second", {"x": terms("５Ｇ")}), id="both"
    )
    assert [(term.term, term.variants) for _, term in merged.file.terms()] == [("5G", ())]


def test_what_cannot_be_merged_is_refused() -> None:
    with pytest.raises(LexiconError, match="different levels"):
        merge_lexicons(WU, lexicon("a", {"x": terms("数据")}, levels=("layer",)), id="both")
    with pytest.raises(LexiconError, match="the same version of one lexicon"):
        merge_lexicons(WU, WU, id="both")
    newer = replace(WU, version="2")
    assert diff_lexicons(WU, merge_lexicons(WU, newer, id="both").file).filter(change="added").is_empty()


@given(
    st.sets(st.sampled_from("甲乙丙丁戊己"), min_size=1), st.sets(st.sampled_from("甲乙丙丁戊己"), min_size=1)
)
def test_the_merged_terms_are_the_union(first: set[str], second: set[str]) -> None:
    one, other = lexicon("a", {"x": terms(*first)}), lexicon("b", {"x": terms(*second)})
    merged = merge_lexicons(one, other, id="both").file
    assert [term.term for _, term in merged.terms()] == sorted(first | second)
    for _, term in merged.terms():
        expected = {name for name, own in (("a", first), ("b", second)) if normalise(term.term) in own}
        assert set(term.source) == expected
