"""What decisions make of a lexicon, and which cannot be followed."""

from __future__ import annotations

import pytest

from patentmetrics.lexicon.format import LexiconFile, LexiconGroup, LexiconTerm
from patentmetrics.workbench.decisions import Decisions, TermDecision, decided
from patentmetrics.workbench.draft import Outcome, draft_lexicon, group_of

HEAD = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
DATA = LexiconGroup(
    path=("data",),
    names_zh=("数据",),
    terms=(LexiconTerm(term="大数据"), LexiconTerm(term="算力", variants=("计算力",))),
)
NETWORKS = LexiconGroup(path=("networks",), names_zh=("网络",), terms=(LexiconTerm(term="5G"),))
FILE = LexiconFile(**HEAD, sources=(("wu2021", "Wu"),), levels=("dimension",), groups=(DATA, NETWORKS))


def drafted(*decisions: TermDecision, file: LexiconFile = FILE) -> tuple[dict[str, list[str]], list[Outcome]]:
    draft = draft_lexicon(file, decided(Decisions(lexicon="a", coder="An"), *decisions))
    groups = {group.path[0]: [term.term for term in group.terms] for group in draft.file.groups}
    return groups, list(draft.outcomes.values())


def accept(term: str, group: str = "data", **options: str) -> TermDecision:
    return TermDecision(kind="accept", term=term, group=(group,), **options)


def move(term: str, group: str) -> TermDecision:
    return TermDecision(kind="move", term=term, group=(group,), reason="r")


def reject(term: str) -> TermDecision:
    return TermDecision(kind="reject", term=term, reason="r")


def test_accepted_terms_are_sorted_in_with_what_was_said_of_them() -> None:
    one = accept(" 云计算 ", reason="rented\n computers", source="wu2021", date="2026-01-31")
    draft = draft_lexicon(FILE, decided(Decisions(lexicon="a", coder="An"), one))
    assert draft.file.groups[0].terms[0] == LexiconTerm(
        term="云计算", source=("wu2021",), added="2026-01-31", note="rented computers"
    )
    assert draft.file.groups[1] == NETWORKS


def test_a_term_moves_whole_and_can_leave_the_lexicon() -> None:
    groups, outcomes = drafted(move("算力", "networks"))
    assert (groups, outcomes) == ({"data": ["大数据"], "networks": ["5G", "算力"]}, ["done"])
    assert drafted(reject("算力")) == ({"data": ["大数据"], "networks": ["5G"]}, ["done"])
    moved = draft_lexicon(FILE, decided(Decisions(lexicon="a", coder="An"), move("算力", "networks")))
    assert moved.file.groups[1].terms[1] == DATA.terms[1]


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (accept("大数据"), "stands"),
        (accept("量子", "gone"), "no such group"),
        (accept("５Ｇ"), "in another group"),
        (accept("计算力"), "a variant"),
        (accept("量子", source="other"), "unknown source"),
        (move("量子", "data"), "not a term"),
        (move("算力", "data"), "stands"),
        (move("算力", "gone"), "no such group"),
        (move("5G", "data"), "last of its group"),
        (reject("量子"), "stands"),
        (reject("5G"), "last of its group"),
    ],
)
def test_a_decision_that_the_file_contradicts_is_said_and_changes_nothing(
    decision: TermDecision, outcome: Outcome
) -> None:
    assert drafted(decision) == ({"data": ["大数据", "算力"], "networks": ["5G"]}, [outcome])


def test_drafting_twice_changes_nothing_more() -> None:
    decisions = decided(
        Decisions(lexicon="a", coder="An"),
        accept("云计算", source="own", citation="our reading"),
        move("算力", "networks"),
        reject("大数据"),
    )
    once = draft_lexicon(FILE, decisions)
    assert set(once.outcomes.values()) == {"done"}
    twice = draft_lexicon(once.file, decisions)
    assert twice.file == once.file
    assert set(twice.outcomes.values()) == {"stands"}
    assert once.file.sources == (("own", "our reading"), ("wu2021", "Wu"))


def test_a_variant_stands_where_its_term_does() -> None:
    assert group_of(FILE, "计算力") == ("data",)
    assert group_of(FILE, "云") is None
