"""Concordance lines: as many as the rule counts, and each shows what stands there."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.concordance_lines import kwic
from patentmetrics.lexicon.frequencies import keyword_frequencies
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.lexicon.rules import RULES
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.text.normalise import normalise


def corpus(*texts: str | None, **columns: list[object]) -> Corpus:
    frame = pl.DataFrame({"document_id": [f"d{n}" for n in range(len(texts))], **columns, "text": texts})
    return Corpus(frame=frame, key="document_id", text=("text",))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["digital_technology", "digital_transformation_wu2021"])
def test_there_is_a_line_for_each_hit_that_is_counted(rule: str, name: str) -> None:
    lexicon = load_lexicon(name)
    lines = kwic(sample_corpus(), lexicon, rule=rule)  # type: ignore[arg-type]  # a parameter
    counted = keyword_frequencies(sample_corpus(), lexicon, rule=rule).terms  # type: ignore[arg-type]
    expected = counted.select("document_id", "term", pl.col("count").cast(pl.UInt32)).sort(pl.all())
    assert lines.group_by("document_id", "term").len("count").sort(pl.all()).equals(expected)


@given(st.lists(st.text("大数据库互联网 \nＡa", max_size=30), min_size=1, max_size=4), st.integers(0, 9))
def test_left_hit_and_right_stand_in_the_text(texts: list[str], width: int) -> None:
    documents = corpus(*texts)
    for rule in RULES:
        for key, term, begin, left, hit, right in kwic(
            documents, ["大数据", "数据", "互联网", "Ａ"], rule=rule, width=width
        ).iter_rows():
            text = normalise(texts[int(key[1:])])
            assert normalise(term) == hit == text[begin : begin + len(hit)]
            assert max(len(left), len(right)) <= width
            for side, shown in ((text[:begin][::-1], left[::-1]), (text[begin + len(hit) :], right)):
                assert " ".join(side.split()).replace(" ", "").startswith(shown.replace(" ", ""))


def test_lines_come_by_document_and_place_with_place_and_year() -> None:
    documents = corpus("数据与大数据", None, "大数据", place=["甲", "乙", "丙"], year=[1, 2, 3])
    lines = kwic(documents, ["大数据", "数据"], width=2)
    assert lines.columns == ["document_id", "place", "year", "term", "begin", "left", "hit", "right"]
    assert lines.select("place", "term", "begin").rows() == [
        ("甲", "数据", 0),
        ("甲", "大数据", 3),
        ("甲", "数据", 4),
        ("丙", "大数据", 0),
        ("丙", "数据", 1),
    ]
    assert kwic(documents, ["大数据", "数据"], rule="longest")["begin"].to_list() == [0, 3, 0]


def test_the_context_is_full_even_where_the_text_has_line_breaks() -> None:
    line = kwic(corpus("一二三四五\n\n六 数据 七\n\n八九"), "数据", width=4).row(0)
    assert line[3:] == ("五 六 ", "数据", " 七 八")


def test_hits_of_one_term_do_not_overlap() -> None:
    assert kwic(corpus("哈哈哈哈哈"), "哈哈")["begin"].to_list() == [0, 2]


def test_nothing_to_look_for_and_nothing_to_look_in_are_refused() -> None:
    for terms in ([], [" "], ""):
        with pytest.raises(SettingError, match="a term to look for"):
            kwic(corpus("a"), terms)
    with pytest.raises(SettingError, match="width"):
        kwic(corpus("a"), "a", width=-1)
    with pytest.raises(SettingError, match="rule"):
        kwic(corpus("a"), "a", rule="word")  # type: ignore[arg-type]  # wrong on purpose
    frame = pl.DataFrame({"document_id": ["a"]})
    with pytest.raises(ColumnError, match="no text column"):
        kwic(Corpus(frame=frame, key="document_id", text=()), "a")
    assert kwic(corpus(None), "a").height == 0
