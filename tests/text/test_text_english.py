"""English tokens: as scikit-learn and the segmenter give them, and by hand on real claims."""

from __future__ import annotations

import polars as pl
import pytest

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.kernels.words import make_words
from patentmetrics.text.english import EnglishRules, english_ids, english_tokens, without_breaks, word_strings
from patentmetrics.text.normalise import normalise, normalise_texts
from patentmetrics.text.presets import text_preset
from patentmetrics.text.segmenters import segment
from patentmetrics.text.token_ids import merge_words
from patentmetrics.text.tokens import terms_of

# the token pattern of scikit-learn that says the same
PATTERNS = [
    (EnglishRules(), "[a-z]+"),
    (EnglishRules(digits="keep"), "[a-z0-9]+"),
    (EnglishRules(hyphens="keep"), "[a-z]+(?:-[a-z]+)*"),
    (EnglishRules(hyphens="keep", digits="keep"), "[a-z0-9]+(?:-[a-z0-9]+)*"),
    (EnglishRules(letters="unicode"), r"[^\W\d_]+"),
]


@pytest.fixture(scope="module")
def solar(larger_data) -> pl.Series:
    return pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")["text"]


@pytest.mark.larger
@pytest.mark.parametrize(("rules", "pattern"), PATTERNS)
def test_tokens_of_real_patents_are_those_of_scikit_learn(solar, rules, pattern):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    analyse = text.CountVectorizer(token_pattern=pattern, preprocessor=normalise).build_analyzer()
    some = solar.gather_every(20)
    assert english_tokens(normalise_texts(some), rules=rules) == [analyse(one) for one in some]


@pytest.mark.larger
def test_tokens_of_real_patents_are_those_of_the_english_segmenter(solar):
    normalised = normalise_texts(solar.gather_every(4))
    assert english_tokens(normalised) == list(segment(normalised, segmenter="english"))


@pytest.mark.larger
def test_blocks_with_common_numbers_are_one_block(solar):
    normalised = normalise_texts(solar.head(300))
    whole = english_ids(normalised, breaks=True)
    words, ids = make_words(), []
    for start in range(0, 300, 70):
        words, block = merge_words(words, english_ids(normalised.slice(start, 70), breaks=True))
        ids += block.ids.tolist()
    assert ids == whole.ids.tolist()
    assert word_strings(words) == word_strings(whole.words)
    assert without_breaks(whole).ids.tolist() == [one for one in ids if one >= 0]
    assert len(without_breaks(whole).offsets) == 301


@pytest.mark.parametrize(
    ("rules", "tokens"),
    [
        ({}, ["a", "solar", "cell", "g", "h", "o", "don", "t", "na", "ve"]),
        ({"hyphens": "keep"}, ["a", "solar-cell", "g", "h", "o", "don", "t", "na", "ve"]),
        ({"hyphens": "both"}, ["a", "solar", "cell", "solar-cell", "g", "h", "o", "don", "t", "na", "ve"]),
        ({"digits": "keep"}, ["a", "solar", "cell", "5g", "h2o", "12", "don", "t", "na", "ve"]),
        ({"letters": "unicode"}, ["a", "solar", "cell", "g", "h", "o", "don", "t", "naïve"]),
    ],
)
def test_each_rule_cuts_where_it_says(rules, tokens):
    found = english_tokens([normalise("A solar-cell, 5G H₂O 12 don't naïve")], rules=EnglishRules(**rules))
    assert found == [tokens]


@pytest.mark.larger
def test_terms_of_a_real_abstract_are_those_found_by_hand(solar):
    sentence = solar[0].split(". ")[0]
    assert sentence.startswith("A solar collection system is disclosed wherein first and second solar")
    rest = (
        "solar collectors fluid circulating type supported opposite sides mounting member recess receiving "
        "substructure"
    )
    by_hand = f"solar collection system {rest}"
    assert terms_of([sentence], settings=text_preset("english_patents")) == [by_hand.split()]
    # disclosed and second are in neither the common words nor those of the patent office
    by_hand = f"solar collection system disclosed second {rest}"
    assert terms_of([sentence], settings=text_preset("kpst2021")) == [by_hand.split()]


@pytest.mark.parametrize("values", [{"letters": "latin"}, {"hyphens": "join"}, {"digits": "drop"}])
def test_a_value_that_no_rule_has_is_refused(values):
    with pytest.raises(SettingError):
        EnglishRules(**values)


def test_breaks_and_both_spellings_of_compounds_are_refused_together():
    with pytest.raises(SettingError):
        english_ids(["a-b"], rules=EnglishRules(hyphens="both"), breaks=True)


def test_a_series_that_is_not_text_is_refused():
    with pytest.raises(ColumnError):
        english_ids(pl.Series([1]))
