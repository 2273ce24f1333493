"""Decisions and their file: the last one counts, none is lost, nothing else is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import DataError, InputError, SettingError
from patentmetrics.workbench.decisions import (
    Decisions,
    HitJudgement,
    TermDecision,
    decided,
    decisions_path,
    read_decisions,
    withdrawn,
    write_decisions,
)

NOTHING = Decisions(lexicon="mine", coder="An")
ACCEPT = TermDecision(kind="accept", term="量子", group=("a", "b"), reason="r", source="s", date="2026-01-31")
MOVE = TermDecision(kind="move", term="5G", group=("a", "c"), reason="a network")
REJECT = TermDecision(kind="reject", term="绿色消费", reason="only near")
HIT = HitJudgement(term="信创", document="无锡_2024", begin=7, meant=False, line="诚【信创】新")

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
TERMS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
HITS = st.builds(
    HitJudgement, term=TERMS, document=TEXTS, begin=st.integers(0), meant=st.booleans(), line=TEXTS
)


def test_a_file_says_what_was_decided_whatever_the_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    write_decisions(decided(NOTHING, ACCEPT, MOVE, REJECT, HIT), first)
    write_decisions(decided(decided(NOTHING, HIT, REJECT), MOVE, ACCEPT), second)
    assert first.read_bytes() == second.read_bytes()
    read = read_decisions(first)
    assert list(read) == [MOVE, REJECT, ACCEPT, HIT]  # by code point: 5G, 绿, 量; hits after terms
    assert len(first.read_text("utf-8").splitlines()) == 5


@given(st.lists(HITS), st.lists(st.builds(TermDecision, kind=st.just("reject"), term=TERMS, reason=TERMS)))
def test_any_text_comes_back_from_the_file(
    tmp_path_factory: pytest.TempPathFactory, hits: list[HitJudgement], terms: list[TermDecision]
) -> None:
    path = tmp_path_factory.mktemp("decisions") / "mine.decisions.An.jsonl"
    decisions = decided(NOTHING, *hits, *terms)
    write_decisions(decisions, path)
    assert read_decisions(path) == decisions


def test_the_last_decision_about_the_same_counts() -> None:
    changed = HitJudgement(term="信创", document="无锡_2024", begin=7, meant=True)
    again = TermDecision(kind="reject", term="５ｇ", reason="15GW")  # the same as 5G once normalised
    now = decided(decided(NOTHING, HIT, MOVE), changed, again)
    assert [one.meant for one in now.hits.values()] == [True]
    assert [one.kind for one in now.terms.values()] == ["reject"]
    assert list(withdrawn(withdrawn(now, HIT.key), MOVE.key)) == []


@pytest.mark.parametrize("coder", ["", "../x", "a/b", "a.b", "a b", "x" * 41, "a\n", "..", "a\\b"])
def test_a_coder_whose_name_would_lead_out_of_the_folder_is_refused(coder: str) -> None:
    with pytest.raises(SettingError, match="cannot have this name"):
        decisions_path(Path("lists/mine.yml"), coder=coder)


def test_a_coder_may_have_a_chinese_name() -> None:
    path = decisions_path(Path("lists/mine.yml"), coder="张三")
    assert path == Path("lists/mine.decisions.张三.jsonl")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": None}, "to accept a term"),
        ({"kind": "reject"}, "to reject a term"),
        ({"kind": "move", "reason": " "}, "needs a reason"),
        ({"kind": "keep"}, "kind has a value"),
        ({"term": " "}, "one line of text"),
        ({"term": "大\n数据"}, "one line of text"),
        ({"date": "2026-1-31"}, "no date"),
    ],
)
def test_a_decision_that_says_nothing_is_refused(changes: dict[str, object], message: str) -> None:
    right: dict[str, object] = {"kind": "accept", "term": "量子", "group": ("a",)}
    with pytest.raises(SettingError, match=message):
        TermDecision(**{**right, **changes})


HEAD = '{"decisions_about": "mine", "coder": "An"}\n'
LINE = {"kind": "hit", "term": "信创", "document": "a", "begin": 7, "meant": False, "line": ""}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}\n", "does not begin"),
        ('{"decisions_about": 1, "coder": "An"}\n', "does not begin"),
        (HEAD + "nonsense\n", "line 2"),
        (HEAD + "[]\n", "no JSON object"),
        (HEAD + json.dumps({**LINE, "begin": "7"}) + "\n", "no decision"),
        (HEAD + json.dumps({**LINE, "meant": 0}) + "\n", "no decision"),
        (HEAD + json.dumps({**LINE, "more": 1}) + "\n", "no decision"),
        (HEAD + '{"kind": "reject", "term": "a", "reason": ""}\n', "needs a reason"),
        (HEAD + '{"kind": "accept", "term": "a", "group": [1]}\n', "no decision"),
        (HEAD + '{"kind": "accept", "term": "a", "group": "a"}\n', "no decision"),
        (HEAD + '{"kind": "accept", "term": "a", "group": [], "note": "b"}\n', "no decision"),
    ],
)
def test_a_line_that_is_no_decision_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.jsonl").write_text(content, "utf-8")
    with pytest.raises(InputError, match=message):
        read_decisions(tmp_path / "a.jsonl")


def test_two_lines_about_the_same_are_refused(tmp_path: Path) -> None:
    line = json.dumps(LINE) + "\n"
    (tmp_path / "a.jsonl").write_text(HEAD + line + line, "utf-8")
    with pytest.raises(DataError, match="two lines"):
        read_decisions(tmp_path / "a.jsonl")
