"""Rules for terms: one reason for each token that goes, and what a user asked for stays."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ExtraError, LexiconError, SettingError
from patentmetrics.kernels.phrases import DROPPED, PASSED
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.stemmer import stemmer_version, stems
from patentmetrics.text.terms import REASONS, TermRules, map_terms, number_terms
from patentmetrics.text.vocabulary import is_word

STRICT = TermRules(
    stopwords=("english_common", "english_patents", "chinese_patents"),
    numbers="drop",
    units="drop",
    part_references="drop",
    shortest=2,
)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("solar", None),
        ("太阳能", None),
        ("h2o", None),
        ("co2", None),
        ("lifepo4", None),
        ("5g", None),
        ("3d", None),
        ("二十", None),
        ("c++", None),
        ("said", "stop_words"),
        ("所述", "stop_words"),
        (" ", "white_space"),
        ("\r\n", "white_space"),
        (",", "not_words"),
        ("_", "not_words"),
        ("\u0301", "not_words"),
        ("12", "numbers"),
        ("0.05", "numbers"),
        ("5%", "numbers"),
        ("1⁄2", "numbers"),
        ("mm", "units"),
        ("10mm", "units"),
        ("0.5kg", "units"),
        ("220v", "units"),
        ("毫米", "units"),
        ("10g", "units"),
        ("uv", None),
        ("meter", None),
        ("纳米", None),
        ("10a", "part_references"),
        ("120b'", "part_references"),
        ("s101", "part_references"),
        ("7a", None),
        ("x", "too_short"),
        ("池", "too_short"),
    ],
)
def test_each_token_has_the_first_reason_that_holds(token, reason):
    frame = map_terms([token], rules=STRICT).frame
    assert frame.row(0) == (token, None if reason else token, reason)


@settings(deadline=None, max_examples=25)
@given(
    st.sets(
        st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1)
        | st.from_regex(r"\A\d{1,3}[a-z]{0,2}\Z")
    )
)
def test_no_token_is_lost_and_the_counts_add_up(tokens):
    given_tokens = sorted(tokens)
    found = map_terms(given_tokens, rules=STRICT)
    assert found.frame["token"].to_list() == given_tokens
    assert sum(found.counts.values()) == len(given_tokens)
    assert set(found.counts) == {*REASONS, "kept"}
    assert found.frame.filter(found.frame["term"].is_null() == found.frame["reason"].is_null()).height == 0
    terms, numbers = number_terms(found)
    assert [terms[one] if one >= 0 else None for one in numbers] == found.frame["term"].to_list()


@settings(deadline=None, max_examples=25)
@given(st.sets(st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1)))
def test_by_default_all_that_is_a_word_is_kept_as_it_is(tokens):
    given_tokens = sorted(tokens)
    found = map_terms(given_tokens, rules=TermRules())
    assert found.frame["term"].to_list() == [one if is_word(one) else None for one in given_tokens]


def test_stop_words_are_cut_as_the_text_was():
    rules = TermRules(stopwords=("english_common",))
    tokens = ["don", "don't", "couldn", "solar"]
    assert map_terms(tokens, rules=rules).frame["term"].to_list()[1:] == [None, None, "solar"]
    cut = map_terms(["t", "don", "solar"], rules=rules, english=EnglishRules()).frame["term"]
    assert cut.to_list() == [None, None, "solar"]


def test_what_a_user_asked_for_stays_whatever_the_rules_say():
    found = map_terms(["said", "12", "x", "cells"], rules=STRICT, kept={"said", "12", "x"})
    assert found.frame["term"].to_list() == ["said", "12", "x", "cells"]
    assert found.counts["kept"] == 4


def test_tokens_with_one_stem_are_one_term_and_others_are_not_stemmed():
    pytest.importorskip("snowballstemmer")
    rules = TermRules(stopwords=("english_patents",), stemmer="english")
    tokens = ["panels", "wherein", "panel", "大数据", "h2o", "claims", "cells", "data's"]
    found = map_terms(tokens, rules=rules, kept=["cells"])
    terms, numbers = number_terms(found)
    assert terms == ["panel", "大数据", "h2o", "cells", "data's"]
    assert numbers.tolist() == [0, DROPPED, 0, 1, 2, DROPPED, 3, 4]


def test_white_space_is_passed_over_and_all_else_that_goes_parts():
    _, numbers = number_terms(map_terms([" ", ",", "\n", "\u3000", "said"], rules=STRICT))
    assert numbers.tolist() == [PASSED, DROPPED, PASSED, PASSED, DROPPED]


def test_the_two_stemmers_are_porters_first_and_second():
    pytest.importorskip("snowballstemmer")
    words = ["generously", "panels", "photovoltaic", "heated"]
    assert stems(words, stemmer="english") == ["generous", "panel", "photovolta", "heat"]
    assert stems(words, stemmer="porter") == ["gener", "panel", "photovolta", "heat"]
    assert stemmer_version("porter").startswith("snowballstemmer ")


def test_without_the_stemmer_the_error_names_the_extra(monkeypatch):
    for name in ("snowballstemmer", "snowballstemmer.english_stemmer"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExtraError) as caught:
        map_terms(["panels"], rules=TermRules(stemmer="english"))
    assert "patentmetrics[english]" in str(caught.value.hint)


@pytest.mark.parametrize(
    "values",
    [
        {"numbers": "cut"},
        {"units": "some"},
        {"part_references": "remove"},
        {"shortest": 0},
        {"shortest": True},
        {"stemmer": "lancaster"},
        {"stopwords": "english_common"},
    ],
)
def test_a_value_that_no_rule_has_is_refused(values):
    with pytest.raises(SettingError):
        TermRules(**values)


def test_an_unknown_list_is_refused():
    with pytest.raises(LexiconError):
        map_terms(["a"], rules=TermRules(stopwords=("english_comon",)))
