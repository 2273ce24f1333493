"""A session without a page: what is decided is kept, counted at once and saved, and nobody's work is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from patentmetrics.core.errors import InputError, LexiconError, SettingError
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.format import read_lexicon_file
from patentmetrics.lexicon.frequencies import keyword_frequencies
from patentmetrics.lexicon.load import find_lexicon, load_lexicon
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.workbench.decisions import TermDecision, decisions_path, read_decisions
from patentmetrics.workbench.hits import around, hits_of, open_documents
from patentmetrics.workbench.lines import LineFilter, filter_lines, judge_lines
from patentmetrics.workbench.session import (
    Session,
    choose_rule,
    coverage,
    decide,
    draft_of,
    find_lines,
    open_session,
    other_coders,
    refresh,
    save,
    terms,
    withdraw,
)
from patentmetrics.workbench.suggest import suggest

AI = ("underlying_technology", "artificial_intelligence")
QUANTUM = TermDecision(kind="accept", term="量子", group=AI, reason="quantum technology", date="2026-01-31")
NESTED = TermDecision(kind="accept", term="产业数字", group=AI)  # inside 产业数字化, and holds none
REMOVED = TermDecision(kind="reject", term="数字产业化", reason="tried")


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    return Path(shutil.copy(find_lexicon("digital_technology"), tmp_path))


@pytest.fixture
def session(lexicon: Path) -> Session:
    return open_session(sample_corpus(), lexicon, coder="An", rule="longest")


def counted_anew(session: Session) -> pl.DataFrame:
    return hits_of(session.documents, draft_of(session).terms, rule=session.rule)


@pytest.mark.parametrize("rule", RULES)
def test_hits_after_each_decision_are_those_of_counting_all_anew(lexicon: Path, rule: Rule) -> None:
    session = open_session(sample_corpus(), lexicon, coder="An", rule=rule)
    order = ["document", "begin", "term"]
    for decision in (QUANTUM, NESTED, REMOVED):
        session = decide(session, decision)
        anew = counted_anew(session)
        assert session.after.sort(order).equals(anew.sort(order))
        assert session.after["document"].to_list() == anew["document"].to_list()
    for decision in (REMOVED, QUANTUM, NESTED):
        session = withdraw(session, decision.key)
    assert session.after.sort(order).equals(session.before.sort(order))


@pytest.mark.parametrize("rule", RULES)
def test_coverage_is_what_frequencies_count(lexicon: Path, rule: Rule) -> None:
    session = decide(open_session(sample_corpus(), lexicon, coder="An", rule=rule), QUANTUM)
    table = coverage(session)
    saved = save(session, version="1.1")
    for column, name in (("before", "digital_technology"), ("after", str(saved.path))):
        frame = keyword_frequencies(sample_corpus(), load_lexicon(name), rule=rule).documents
        for row in table.iter_rows(named=True):
            counts = frame["total_count" if row["value"] is None else f"{row['value']}_count"]
            assert row[f"hits_{column}"] == counts.sum()
            assert row[f"documents_{column}"] == (counts > 0).sum()


def test_false_hits_give_the_precision_of_their_term(session: Session) -> None:
    lines = find_lines(session, "信创")
    false = [row for row, right in enumerate(lines["right"]) if right.startswith("新")]
    assert (lines.height, len(false)) == (3, 1)
    session = decide(session, *judge_lines(lines, false, meant=False))
    session = decide(session, *judge_lines(lines, [row for row in range(3) if row not in false], meant=True))
    row = terms(session).row(by_predicate=pl.col("term") == "信创", named=True)
    assert (row["hits"], row["judged"], row["meant"]) == (3, 3, 2)
    assert row["precision"] == pytest.approx(2 / 3)
    assert terms(session)["judged"].sum() == 3
    table = coverage(session)
    assert table["not_meant"].sum() == 3  # once in the whole, once on each of the two levels
    assert table.filter(pl.col("value") == "digital_industry")["not_meant"].item() == 1


def test_a_judged_line_can_be_found_and_taken_back(session: Session) -> None:
    lines = find_lines(session, "大数据")
    session = decide(session, *judge_lines(lines, [0, 1], meant=True), *judge_lines(lines, [2], meant=False))

    def number(**chosen: object) -> int:
        return filter_lines(lines, session.decisions, LineFilter(**chosen)).height

    assert [number(verdict=one) for one in ("any", "none", "yes", "no")] == [12, 9, 2, 1]
    place = lines["place"][0]
    assert number(place=place) == (lines["place"] == place).sum()
    assert number(year=1999) == 0
    assert number(text="大数据中心") == number(text="大数据 中心".replace(" ", "")) > 0
    session = withdraw(session, judge_lines(lines, [0], meant=True)[0].key)
    assert number(verdict="yes") == 1


def test_a_closed_session_goes_on_where_it_stopped(session: Session, lexicon: Path) -> None:
    session = decide(session, QUANTUM, *judge_lines(find_lines(session, "大数据"), [0], meant=False))
    again = open_session(sample_corpus(), lexicon, coder="An", rule="longest")
    assert again.decisions == session.decisions
    assert again.draft == session.draft
    assert again.after.equals(session.after)


def test_two_windows_of_one_coder_lose_nothing(session: Session, lexicon: Path) -> None:
    other = decide(open_session(sample_corpus(), lexicon, coder="An"), QUANTUM)
    session = decide(session, REMOVED)
    assert set(session.decisions.terms) == {"量子", "数字产业化"}
    assert refresh(other).decisions == session.decisions
    assert read_decisions(decisions_path(lexicon, coder="An")) == session.decisions


def test_saving_changes_the_lines_of_changed_terms_only(session: Session, lexicon: Path) -> None:
    before = lexicon.read_text("utf-8").splitlines()
    session = save(decide(session, QUANTUM, REMOVED), version="1.1")
    after = lexicon.read_text("utf-8").splitlines()
    assert set(after) - set(before) == {
        'version: "1.1"', '      - term: "量子"', '        added: "2026-01-31"',
        '        note: "quantum technology"',
    }  # fmt: skip
    entry = before.index('      - term: "数字产业化"')
    stop = next(row for row in range(entry + 1, len(before)) if before[row].startswith("      - "))
    assert len(after) == len(before) + 3 - (stop - entry)
    assert (session.file, session.file.version) == (read_lexicon_file(lexicon), "1.1")
    assert set(session.draft.outcomes.values()) == {"stands"}
    assert session.before.equals(session.after)
    assert save(session, version="1.1").path.read_text("utf-8").splitlines() == after


def test_saving_keeps_what_another_wrote_meanwhile(session: Session, lexicon: Path) -> None:
    other = open_session(sample_corpus(), lexicon, coder="Bo", rule="longest")
    save(decide(other, REMOVED), version="1.1")
    session = save(decide(session, QUANTUM), version="1.2")
    written = {term.term for _, term in read_lexicon_file(lexicon).terms()}
    assert "量子" in written
    assert "数字产业化" not in written
    assert session.before.sort("document", "begin", "term").equals(
        counted_anew(session).sort("document", "begin", "term")
    )
    assert other_coders(session) == ["Bo"]


def test_a_term_that_is_moved_before_it_was_saved_is_accepted_there(session: Session) -> None:
    there = ("technology_application", "digital_industry")
    session = decide(session, QUANTUM)
    session = decide(session, TermDecision(kind="move", term="量子", group=there, reason="an industry"))
    one = session.decisions.terms["量子"]
    assert (one.kind, one.group, one.date) == ("accept", there, "2026-01-31")
    assert one.reason == "quantum technology; an industry"
    assert session.draft.outcomes == {"量子": "done"}


def test_the_rule_can_be_changed(session: Session) -> None:
    session = decide(session, QUANTUM)
    for rule in RULES:
        session = choose_rule(session, rule)
        assert (
            session.after.equals(counted_anew(session))
            or session.after.height == counted_anew(session).height
        )
    with pytest.raises(SettingError, match="rule has a value"):
        choose_rule(session, "words")  # type: ignore[arg-type]


def test_the_rule_is_that_of_the_lexicon(lexicon: Path) -> None:
    assert open_session(sample_corpus(), lexicon, coder="An").rule == "longest"


def test_any_text_can_be_searched(session: Session) -> None:
    frame = sample_corpus().frame
    lines = find_lines(session, "高质量")
    assert lines.height == sum(text.count("高质量") for text in frame["text"])
    assert find_lines(session, "没有这个词的啊").is_empty()
    one = lines.row(0, named=True)
    before, hit, behind = around(session.documents, one["document"], one["begin"], length=3, width=10)
    assert hit == "高质量"
    assert f"{before}{hit}{behind}" in open_documents(sample_corpus()).texts[0]
    with pytest.raises(SettingError, match="a text to look for"):
        find_lines(session, " ")


def test_a_lexicon_that_ships_is_not_edited() -> None:
    with pytest.raises(LexiconError, match="ships with the package"):
        open_session(sample_corpus(), find_lexicon("digital_technology"), coder="An")


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (TermDecision(kind="accept", term="量子", group=("nowhere",)), "no such group"),
        (TermDecision(kind="accept", term="量子", group=AI, source="new2026"), "does not have this source"),
    ],
)
def test_a_decision_that_cannot_be_followed_is_refused_and_not_written(
    session: Session, decision: TermDecision, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        decide(session, decision)
    assert not decisions_path(session.path, coder="An").exists()


def test_decisions_about_another_lexicon_are_not_mixed_in(session: Session, lexicon: Path) -> None:
    decide(session, QUANTUM)
    other = lexicon.with_name("science_attention_zhang2026.yml")
    shutil.copy(find_lexicon("science_attention_zhang2026"), other)
    shutil.copy(decisions_path(lexicon, coder="An"), decisions_path(other, coder="An"))
    with pytest.raises(SettingError, match="about another lexicon"):
        open_session(sample_corpus(), other, coder="An")


def test_a_damaged_file_of_decisions_is_not_written_over(session: Session, lexicon: Path) -> None:
    path = decisions_path(lexicon, coder="An")
    path.write_text("damaged\n", "utf-8")
    with pytest.raises(InputError, match="not JSON"):
        decide(session, QUANTUM)
    assert path.read_text("utf-8") == "damaged\n"


def test_candidates_leave_out_what_was_accepted(session: Session) -> None:
    found = suggest(session, most_documents=5)
    assert found.searched == 5
    first = found.frame["term"][0]
    session = decide(session, TermDecision(kind="accept", term=first, group=AI))
    assert first not in suggest(session, most_documents=5).frame["term"].to_list()


def test_a_corpus_without_any_term_has_no_candidates(lexicon: Path) -> None:
    frame = pl.DataFrame({"document_id": ["a"], "text": ["种植水稻。"]})
    corpus = Corpus(frame=frame, key="document_id", text=("text",))
    session = open_session(corpus, lexicon, coder="An")
    assert suggest(session).frame.is_empty()
    assert coverage(session)["hits_after"].sum() == 0
    assert filter_lines(find_lines(session, "大数据"), session.decisions, LineFilter(text="水")).is_empty()
