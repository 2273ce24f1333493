"""Chinese patents: simplified characters by OpenCC, and the terms of real claims found by hand."""

from __future__ import annotations

import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, ExtraError
from patentmetrics.text import chinese
from patentmetrics.text.chinese import opencc_version, to_simplified
from patentmetrics.text.presets import text_preset
from patentmetrics.text.rules import TextRules, apply_rules, text_steps
from patentmetrics.text.tokens import terms_of


@pytest.fixture
def opencc() -> None:
    pytest.importorskip("opencc")


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("乾燥裝置", "干燥装置"),
        ("乾坤", "乾坤"),
        ("乾電池", "干电池"),
        ("皇后之後", "皇后之后"),
        ("裡面三公里", "里面三公里"),
        ("頭髮與發明", "头发与发明"),
        ("太陽能電池", "太阳能电池"),
        ("資訊處理", "资讯处理"),  # characters only: not 信息
        ("LiFePO4, 5g", "LiFePO4, 5g"),
        ("大数据", "大数据"),
        ("", ""),
    ],
)
def test_a_character_with_several_simplified_forms_goes_by_its_word(opencc, traditional, simplified):
    assert to_simplified(pl.Series([traditional])).to_list() == [simplified]


@settings(deadline=None)
@given(st.lists(st.none() | st.text("乾後裡髮發電數據abc，。 \x00😀"), max_size=4))
def test_simplifying_keeps_every_document_and_twice_is_once(texts):
    pytest.importorskip("opencc")
    once = to_simplified(pl.Series("x", texts, dtype=pl.String))
    assert [text is None for text in once] == [text is None for text in texts]
    assert once.name == "x"
    assert to_simplified(once).to_list() == once.to_list()


@pytest.mark.larger
def test_simplified_patents_stay_as_they_are(opencc, larger_data):
    titles = pl.read_csv(larger_data / "patents" / "cn_titles_ipc.csv")["title"]
    changed = titles.filter(to_simplified(titles) != titles)
    assert changed.len() <= 5, changed.to_list()


def test_without_opencc_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    chinese._converter.cache_clear()
    try:
        with pytest.raises(ExtraError) as caught:
            text_steps(TextRules(script="simplified"))
        assert "patentmetrics[chinese]" in str(caught.value.hint)
    finally:
        chinese._converter.cache_clear()


def test_the_version_of_opencc_is_recorded(opencc):
    steps = text_steps(TextRules(script="simplified"))
    assert [step.name for step in steps] == ["normalise", "script"]
    assert steps[1].record == f"simplified, {opencc_version()}"
    assert opencc_version().endswith("t2s")
    assert apply_rules(pl.Series(["５Ｇ基地臺"]), steps).to_list() == ["5g基地台"]


def test_a_series_that_is_not_text_is_refused(opencc):
    with pytest.raises(ColumnError):
        to_simplified(pl.Series([1]))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("本发明公开了一种太阳能电池（１０ａ），如图３所示。", ["太阳能", "电池"]),
        ("电解液含LiFePO₄和H₂O，厚度为0.5mm、50℃、10%。", ["电解液", "lifepo4", "h2o", "厚度"]),
        ("根据权利要求1所述的方法，其特征在于：", []),
        ("S101、获取5G信号", ["获取", "5g", "信号"]),
        (None, []),
    ],
)
def test_the_preset_for_chinese_patents_leaves_the_words_that_say_something(text, terms):
    assert terms_of([text], settings=text_preset("chinese_patents")) == [terms]


@pytest.mark.larger
def test_terms_of_real_claims_are_those_found_by_hand(larger_data):
    sentences = (larger_data / "patents" / "zh_patent_sentences.txt").read_text("utf-8").splitlines()
    found = terms_of(sentences, settings=text_preset("chinese_patents"))
    assert len(found) == len(sentences) == 200
    by_hand = {
        "1.一种压力传感器，所述压力传感器包括：": ["压力", "传感器", "压力", "传感器"],
        "第一导电部分，位于所述第一感测区中；": ["导电", "部分", "位于", "感测区"],
        "1.一种数据处理方法，其特征在于，所述方法包括：": ["数据处理"],
        "1.一种电子地图索引方法，其特征在于，包括：": ["电子地图", "索引"],
        "所述主交换芯片，用于进行数据传输；": ["交换", "芯片", "进行", "数据传输"],
    }
    for sentence, terms in by_hand.items():
        assert found[sentences.index(sentence)] == terms
