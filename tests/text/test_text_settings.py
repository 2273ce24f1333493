"""Settings of a count: contradictions are refused, and all of it is recorded."""

from __future__ import annotations

import dataclasses
import json

import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.presets import PRESETS, text_preset
from patentmetrics.text.rules import TextRules
from patentmetrics.text.settings import TextSettings, check_weighted_columns
from patentmetrics.text.stopwords import load_stopwords
from patentmetrics.text.terms import TermRules
from patentmetrics.text.user_word import UserWord


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_recorded_whole_as_json(name):
    settings = text_preset(name)
    made = json.loads(json.dumps(settings.as_provenance()))
    assert made["segmenter"] == settings.segmenter
    assert made["text_rules"][0] == {"rule": "normalise", "setting": "NFKC, lower case"}
    assert [one["id"] for one in made["term_rules"]["stopwords"]] == list(settings.terms.stopwords)
    for one in made["term_rules"]["stopwords"]:
        assert one["sha256"] == load_stopwords(one["id"]).sha256


def test_the_preset_of_kelly_et_al_is_what_their_paper_says():
    settings = text_preset("kpst2021")
    assert settings.segmenter == "english"
    assert settings.english == EnglishRules(letters="ascii", hyphens="split", digits="cut")
    assert settings.text == TextRules()
    assert settings.terms.stemmer is None
    assert (settings.min_documents, settings.max_share) == (20, 1.0)
    assert not settings.bigrams
    assert settings.weights == ()


def test_an_unknown_preset_is_refused_with_the_near_names():
    with pytest.raises(SettingError) as caught:
        text_preset("kpst2012")
    assert "kpst2021" in str(caught.value.hint)


def test_settings_that_differ_are_recorded_differently():
    changes = [
        {"hmm": False},
        {"text": TextRules(references="remove")},
        {"text": TextRules(openings=("chinese_openings",))},
        {"terms": TermRules(numbers="drop")},
        {"terms": TermRules(units="drop")},
        {"user_terms": ("大数据",)},
        {"user_terms": (UserWord("大数据", 5),)},
        {"bigrams": True},
        {"weights": {"title": 2}},
        {"min_documents": 2},
        {"max_share": 0.5},
    ]
    plain = TextSettings(segmenter="jieba")
    records = [json.dumps(dataclasses.replace(plain, **one).as_provenance()) for one in [{}, *changes]]
    assert len(set(records)) == len(changes) + 1


def test_the_stemmer_is_recorded_with_its_version():
    pytest.importorskip("snowballstemmer")
    settings = TextSettings(segmenter="english", terms=TermRules(stemmer="english"))
    terms = settings.as_provenance()["term_rules"]
    assert terms["stemmer"].startswith("snowballstemmer ")


def test_weights_are_whole_numbers_and_columns_without_one_count_once():
    settings = TextSettings(segmenter="english", weights={"title": 3, "abstract": 2})
    assert settings.weights == (("abstract", 2), ("title", 3))
    assert [settings.weight(name) for name in ("title", "abstract", "claims")] == [3, 2, 1]
    assert dataclasses.replace(settings) == settings
    check_weighted_columns(settings, ["title", "abstract", "claims"])
    with pytest.raises(SettingError) as caught:
        check_weighted_columns(settings, ["titel", "abstract"])
    assert caught.value.hint == "did you mean 'titel'?"


@pytest.mark.parametrize("weight", [0, -1, 1.5, 2.0, True, "2", 1001, None])
def test_a_weight_that_is_no_whole_number_from_one_is_refused(weight):
    with pytest.raises(SettingError):
        TextSettings(segmenter="english", weights={"title": weight})


@pytest.mark.parametrize(
    "values",
    [
        {"segmenter": "latin"},
        {"segmenter": "whitespace", "user_terms": ("a",)},
        {"segmenter": "english", "user_terms": (UserWord("a", 5),)},
        {"segmenter": "english", "user_terms": "solar cell"},
        {"segmenter": "jieba", "english": EnglishRules(digits="keep")},
        {"segmenter": "english", "english": EnglishRules(hyphens="both"), "bigrams": True},
        {"segmenter": "english", "english": EnglishRules(hyphens="both"), "user_terms": ("a b",)},
        {"segmenter": "english", "min_documents": 0},
        {"segmenter": "english", "max_share": 0.0},
    ],
)
def test_values_that_cannot_be_or_contradict_each_other_are_refused(values):
    with pytest.raises(SettingError):
        TextSettings(**values)


def test_user_terms_are_normalised_in_their_order():
    settings = TextSettings(segmenter="jieba", user_terms=("５Ｇ基站", UserWord("ＬＥＤ灯", 7), " "))
    assert settings.user_terms == ("5g基站", UserWord("led灯", 7))
