"""Rules for whole texts: what each takes out, in a recorded order, and no document is lost."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import InputError, LexiconError, SettingError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.text.openings import list_openings, load_openings, without_openings
from patentmetrics.text.rules import (
    TextRules,
    apply_rules,
    join_broken_words,
    text_steps,
    without_references,
)

ALL = TextRules(hyphenation="join", openings=("chinese_openings", "english_openings"), references="remove")
PIECES = [
    "本发明公开了一种",
    "一种",
    "1.",
    "根据权利要求1所述的",
    "the present invention relates to ",
    "a method comprising",
    "(10a)",
    "图3",
    "fig. 4",
    "sili-\ncon",
    "a-\nb-\nc-\nd",
    "\n",
    " ",
    ",",
    "泵",
    "pump",
]
patent_like = st.lists(st.sampled_from(PIECES)).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"])
)


def applied(text: str, rules: TextRules) -> str:
    return apply_rules(pl.Series([text]), text_steps(rules)).item()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.none() | patent_like, max_size=5))
def test_no_rule_loses_a_document_or_makes_one(texts):
    found = apply_rules(pl.Series("x", texts, dtype=pl.String), text_steps(ALL))
    assert [text is None for text in found] == [text is None for text in texts]


@settings(deadline=None, max_examples=50)
@given(patent_like)
@example("a-\nb-\nc-\nd-\ne")
@example("本发明公开了一种一种\n1.一种")
@example("1.2.一种")
def test_joining_words_and_taking_off_openings_twice_changes_nothing(text):
    lists = [load_openings(name) for name in list_openings()]
    once = apply_rules(pl.Series([text]), text_steps(TextRules(hyphenation="join")))
    assert join_broken_words(once).to_list() == once.to_list()
    once = without_openings(pl.Series([text]), lists)
    assert without_openings(once, lists).to_list() == once.to_list()


def test_the_rules_are_recorded_in_the_order_in_which_they_are_applied():
    steps = text_steps(ALL)
    assert [step.name for step in steps] == ["normalise", "hyphenation", "openings", "references"]
    path = lexicon_folder() / "openings" / "chinese_openings.yml"
    assert steps[2].record[0]["id"] == path.stem
    assert len(steps[2].record[0]["sha256"]) == 64
    assert [step.name for step in text_steps(TextRules())] == ["normalise"]


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("本发明公开了一种太阳能电池，包括电极。", "太阳能电池,包括电极。"),
        ("本实用新型涉及水泵技术领域。", "水泵技术领域。"),
        ("一种数据同步的方法", "数据同步的方法"),
        ("２．根据权利要求１所述的方法，其特征在于", "方法,其特征在于"),
        ("如权利要求1至3中任一项所述的装置", "装置"),
        ("该泵采用一种新材料", "该泵采用一种新材料"),  # not where the text begins
        ("本发明人认为", "本发明人认为"),
        ("The present invention relates to a pump.", "a pump."),
        ("Disclosed herein is a pump", "a pump"),
        ("A method comprising: heating", "heating"),
        ("A methodology is shown", "a methodology is shown"),
        ("A pump.\nWhat is claimed is: 1. A pump", "a pump.\n1. a pump"),
        ("1.5 kg of salt", "1.5 kg of salt"),
    ],
)
def test_opening_formulas_go_where_a_text_or_a_line_begins(text, leaves):
    assert applied(text, TextRules(openings=("chinese_openings", "english_openings"))) == leaves


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("header (12) and panel (10a, 10b)", "header   and panel  "),
        ("螺栓（１２）连接", "螺栓 连接"),
        ("as in FIG. 3 and FIGS. 4A-4C.", "as in  ."),
        ("如图3a至4所示", "如图 所示"),
        ("地图3", "地图 "),
        ("the pump of claim 1 or 2", "the pump of claim"),
        ("根据权利要求1至3任一项", "根据权利要求 任一项"),
        ("Ca(OH)2 and (a) and f(x) and (see 3)", "ca(oh)2 and (a) and f(x) and (see 3)"),
        ("config 3, figs", "config 3, figs"),
        ("5G and 3D", "5g and 3d"),
        ("12 volts, 10a", "12 volts, 10a"),
    ],
)
def test_references_to_parts_figures_and_claims_go(text, leaves):
    assert applied(text, TextRules(references="remove")) == leaves


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("a sili-\n  con wafer", "a silicon wafer"),
        ("a sili-\r\ncon wafer", "a silicon wafer"),
        ("so\u00adlar", "solar"),
        ("solar\u2010cell", "solar-cell"),
        ("solar-cell", "solar-cell"),
        ("3-\n4 and a -\nb", "3-\n4 and a -\nb"),
    ],
)
def test_words_broken_at_the_end_of_a_line_are_joined(text, leaves):
    assert join_broken_words(pl.Series([text])).item() == leaves


def test_a_text_that_is_nothing_but_a_formula_stays_as_an_empty_document():
    assert applied("本发明公开了一种", ALL) == ""


def test_every_shipped_list_of_openings_names_a_source_and_an_example_for_each():
    files = {path.name for path in (lexicon_folder() / "openings").iterdir()}
    assert files == {f"{name}.yml" for name in list_openings()}
    for name in list_openings():
        content = yaml.safe_load((lexicon_folder() / "openings" / f"{name}.yml").read_text("utf-8"))
        assert content["id"] == name
        assert all(entry["source"] and entry["examples"] for entry in content["openings"])
        assert load_openings(name).patterns


GOOD = {
    "id": "mine",
    "version": "1",
    "title_en": "Mine",
    "title_zh": "我的",
    "language": "en",
    "source": "me",
    "licence": "MIT",
    "openings": [
        {"pattern": "hello", "source": "me", "examples": [{"text": "hello world", "leaves": "world"}]}
    ],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yml"
    path.write_text(yaml.safe_dump({**GOOD, **changes}, allow_unicode=True), "utf-8")
    return path


def test_a_users_list_of_openings_loads(tmp_path):
    lists = [load_openings(write(tmp_path))]
    assert without_openings(pl.Series(["hello hello world", "helloworld"]), lists).to_list() == [
        "world",
        "helloworld",
    ]


def entry(**changes: object) -> list[dict[str, object]]:
    return [{**GOOD["openings"][0], **changes}]


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "fr"},
        {"colour": "red"},
        {"openings": []},
        {"openings": entry(pattern="(")},
        {"openings": entry(pattern="a*")},
        {"openings": entry(source=" ")},
        {"openings": entry(examples=[])},
        {"openings": entry(examples=[{"text": "hello world", "leaves": "word"}])},
        {"openings": entry(examples=[{"text": "Hello world", "leaves": "Hello world"}])},
        {"openings": [{"pattern": "hello", "source": "me"}]},
    ],
)
def test_a_malformed_list_of_openings_is_refused(tmp_path, changes):
    with pytest.raises(LexiconError):
        load_openings(write(tmp_path, **changes))


def test_an_unknown_list_of_openings_is_refused_with_the_near_names(tmp_path):
    with pytest.raises(LexiconError) as caught:
        load_openings("chinese_opening")
    assert "chinese_openings" in str(caught.value.hint)
    with pytest.raises(InputError):
        load_openings(tmp_path / "none.yml")


@pytest.mark.parametrize(
    "values", [{"script": "both"}, {"hyphenation": "cut"}, {"references": "drop"}, {"openings": "english"}]
)
def test_a_value_that_no_rule_has_is_refused(values):
    with pytest.raises(SettingError):
        TextRules(**values)


@pytest.mark.larger
def test_openings_of_real_patents_go_and_the_rest_stays(larger_data):
    titles = pl.read_csv(larger_data / "patents" / "cn_titles_ipc.csv")["title"]
    found = apply_rules(titles, text_steps(TextRules(openings=("chinese_openings",))))
    assert titles.str.starts_with("一种").sum() == 3672
    assert found.str.starts_with("一种").sum() == 0
    assert (found.str.len_chars() > 0).all()
    # what goes is at the beginning
    whole = apply_rules(titles, text_steps(TextRules()))
    assert all(before.endswith(after) for before, after in zip(whole, found, strict=True))


@pytest.mark.larger
def test_references_are_taken_out_of_real_claims(larger_data):
    sentences = (larger_data / "patents" / "zh_patent_sentences.txt").read_text("utf-8").splitlines()
    found = apply_rules(pl.Series(sentences), text_steps(TextRules(references="remove")))
    assert found.str.contains(r"权利要求\s*\d").sum() == 0
    assert pl.Series(sentences).str.contains(r"权利要求\s*\d").sum() == 22
    texts = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")["text"]
    found = without_references(apply_rules(texts, text_steps(TextRules())))
    # one is left: the scanner read claim 20 as "claim 2 0"
    assert texts.str.contains(r"\bclaims?\s+\d").sum() == 2621
    assert found.str.contains(r"\bclaims?\s+\d").sum() == 1
    assert len(found) == 2687
