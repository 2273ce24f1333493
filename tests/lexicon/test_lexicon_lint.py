"""Checks of lexicons: each finds what it is for, with its severity, and nothing where nothing is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.findings import Finding
from patentmetrics.lexicon.format import LexiconFile, LexiconGroup, LexiconTerm
from patentmetrics.lexicon.lint import lint_lexicon
from patentmetrics.lexicon.write import write_lexicon

HEAD = dict.fromkeys(["version", "title_en", "title_zh", "source", "licence"], "a") | {"language": "zh"}


def lexicon(*terms: LexiconTerm | str, **head: object) -> LexiconFile:
    listed = tuple(LexiconTerm(term=term) if isinstance(term, str) else term for term in terms)
    group = LexiconGroup(path=("data",), names_zh=(None,), terms=listed)
    return LexiconFile(**{"id": "mine", **HEAD, "levels": ("dimension",), "groups": (group,), **head})  # type: ignore[arg-type]  # by name


def lint(folder: Path, file: LexiconFile, corpus: Corpus | None = None) -> list[Finding]:
    path = folder / "mine.yml"
    write_lexicon(file, path)
    return lint_lexicon(path, corpus=corpus)


def about(findings: list[Finding], check: str) -> list[tuple[str, str]]:
    return [(one.severity, one.message) for one in findings if one.check == check]


def corpus(*texts: str) -> Corpus:
    frame = pl.DataFrame({"document_id": [str(n) for n in range(len(texts))], "text": texts})
    return Corpus(frame=frame, key="document_id", text=("text",))


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    assert lint(tmp_path, lexicon("经济", "产业")) == []


def test_a_file_in_another_form_is_a_warning_and_format_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    write_lexicon(lexicon("经济"), path)
    path.write_text(path.read_text("utf-8").replace('"经济"', "经济 # why"), "utf-8")
    assert [one.severity for one in lint_lexicon(path) if one.check == "form"] == ["warning"]


def test_order_is_seen_in_long_entries_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    write_lexicon(lexicon(LexiconTerm(term="经济", note="a"), LexiconTerm(term="产业", note="b")), path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("经济", "X").replace("产业", "经济").replace("X", "产业"), "utf-8")
    assert about(lint_lexicon(path), "unsorted") == [
        ("error", "group 1 is not sorted: 经济 stands where 产业 belongs")
    ]


def test_terms_that_the_segmenter_cuts_by_itself_are_a_note(tmp_path: Path) -> None:
    cut = about(lint(tmp_path, lexicon("数字经济", "产业")), "not a word")
    assert cut == [
        (
            "note",
            "1 of 2 forms are no words of jieba's: they would have no token without the lexicon as user "
            "dictionary: 数字经济",
        )
    ]


def test_traditional_and_simplified_twins_are_a_warning_unless_variants(tmp_path: Path) -> None:
    pytest.importorskip("opencc")
    assert about(lint(tmp_path, lexicon("數據", "数据")), "twins") == [
        ("warning", "数据 and 數據 are 数据 in two scripts: make one a variant of the other")
    ]
    assert about(lint(tmp_path, lexicon(LexiconTerm(term="数据", variants=("數據",)))), "twins") == []


def test_without_opencc_a_note_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from patentmetrics.text import chinese

    chinese._converter.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    try:
        found = about(lint(tmp_path, lexicon("数据")), "twins")
    finally:
        chinese._converter.cache_clear()
    assert [severity for severity, _ in found] == ["note"]
    assert "pip install" in found[0][1]


def test_terms_without_a_source_where_others_have_one_are_a_warning(tmp_path: Path) -> None:
    sources = (("reports", "reports"), ("unused", "nothing"))
    found = lint(tmp_path, lexicon(LexiconTerm(term="数据", source=("reports",)), "经济", sources=sources))
    assert about(found, "no source") == [("warning", "1 terms name no source: 经济")]
    assert about(found, "unused source") == [("note", "no term names these sources: unused")]


def test_examples_are_tried_under_the_rule_of_the_term(tmp_path: Path) -> None:
    def one(**keys: object) -> list[tuple[str, str]]:
        term = LexiconTerm(term="算法", **keys)  # type: ignore[arg-type]  # by name
        return about(lint(tmp_path, lexicon(term)), "example")

    assert one(match="token", example="推广算法", counterexample="修订预算法") == []
    assert one(counterexample="修订预算法") == [
        ("warning", "算法 is counted in its own counterexample by rule=substring")
    ]
    assert one(match="token", example="修订预算法") == [
        ("error", "算法 is not counted in its own example by rule=token")
    ]
    assert one(counterexample="计算方法") == [("error", "算法 does not stand in its own counterexample")]


def test_least_hits_are_held_against_the_sample_that_ships(tmp_path: Path) -> None:
    right = lexicon(LexiconTerm(term="数字经济", at_least=5))
    assert about(lint(tmp_path, right), "at_least") == []
    # the hits of a term are those of its variants too
    both = lexicon(LexiconTerm(term="數字經濟", variants=("数字经济",), at_least=5))
    assert about(lint(tmp_path, both), "at_least") == []
    [(severity, message)] = about(
        lint(tmp_path, lexicon(LexiconTerm(term="數字經濟", at_least=5, match="longest"))), "at_least"
    )
    assert severity == "error"
    assert message == "數字經濟 has 0 hits in the sample by rule=longest, and should have 5"


def test_with_a_corpus_terms_without_hits_and_terms_cut_in_texts_are_notes(tmp_path: Path) -> None:
    found = lint(tmp_path, lexicon("算法", "区块链"), corpus("预算法", "预算法", "算法"))
    assert about(found, "no hits") == [("note", "1 of 2 terms have no hit in the corpus: 区块链")]
    assert about(found, "cut in texts") == [("note", "算法: 3 hits as characters, 1 as tokens")]


def test_groups_of_one_outer_value_should_stand_together(tmp_path: Path) -> None:
    groups = tuple(
        LexiconGroup(path=path, names_zh=(None, None), terms=(LexiconTerm(term=term),))
        for path, term in ((("a", "b"), "经济"), (("c", "d"), "产业"), (("a", "e"), "技术"))
    )
    found = lint(tmp_path, lexicon(levels=("layer", "dimension"), groups=groups))
    assert about(found, "scattered") == [("warning", "the groups of a do not stand together")]


def test_errors_come_before_warnings_before_notes(tmp_path: Path) -> None:
    term = LexiconTerm(term="数字经济", at_least=9999, counterexample="数字经济")
    assert [one.severity for one in lint(tmp_path, lexicon(term))] == ["error", "warning", "note"]
