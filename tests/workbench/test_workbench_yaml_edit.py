"""A saved lexicon differs from its file in the lines of changed terms, and in no other byte."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patentmetrics.core.errors import LexiconError, OutputError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.lexicon.format import LexiconFile, LexiconTerm, checked, read_lexicon_file
from patentmetrics.lexicon.write import lexicon_yaml
from patentmetrics.workbench.yaml_edit import edited_yaml, save_edited

SHIPPED = lexicon_folder() / "digital_technology.yml"
HANDMADE = """\
# My lexicon: do not sort!
id: mine
version: '1.0'   # raise me
title_en: Mine
title_zh: 我的
language: zh
source: own
licence: MIT
levels: [dimension]
groups:
# the first group
- dimension: data
  terms:
  # about data
  - 大数据   # the classic
  - term: "算力"
    # why
    note: >
      power to
      compute

  # below: to be checked
  - 数据

- terms:
    - 5G
    - 物联网
  dimension: networks
# the end
"""


def with_terms(file: LexiconFile, group: int, *terms: LexiconTerm, without: str = "") -> LexiconFile:
    kept = tuple(term for term in file.groups[group].terms if term.term != without)
    changed = replace(file.groups[group], terms=(*kept, *terms))
    return checked(replace(file, groups=(*file.groups[:group], changed, *file.groups[group + 1 :])))


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in list(lines)[2:] if not line.startswith("@@")]


@pytest.fixture
def handmade(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yml"
    path.write_text(HANDMADE, "utf-8")
    return path


def saved(path: Path, after: LexiconFile) -> list[str]:
    before = path.read_bytes().decode("utf-8")
    save_edited(path, read_lexicon_file(path), after)
    assert read_lexicon_file(path) == after
    return changed_lines(before, path.read_bytes().decode("utf-8"))


def test_a_term_more_is_its_lines_more(handmade: Path) -> None:
    file = read_lexicon_file(handmade)
    assert saved(handmade, with_terms(file, 0, LexiconTerm(term="云"))) == ['+  - "云"']
    file = read_lexicon_file(handmade)
    assert saved(handmade, with_terms(file, 1, LexiconTerm(term="卫星", note="n", added="2026-01-31"))) == [
        '+    - term: "卫星"', '+      added: "2026-01-31"', '+      note: "n"',
    ]  # fmt: skip


def test_a_removed_term_is_its_lines_less_and_comments_stay(handmade: Path) -> None:
    file = read_lexicon_file(handmade)
    assert saved(handmade, with_terms(file, 0, without="算力")) == [
        '-  - term: "算力"', "-    # why", "-    note: >", "-      power to", "-      compute",
    ]  # fmt: skip
    assert "# below: to be checked" in handmade.read_text("utf-8")


def test_a_moved_term_takes_its_own_lines_along(handmade: Path) -> None:
    file = read_lexicon_file(handmade)
    moved = next(term for term in file.groups[0].terms if term.term == "大数据")
    after = with_terms(with_terms(file, 0, without="大数据"), 1, moved)
    assert saved(handmade, after) == ["-  - 大数据   # the classic", "+    - 大数据   # the classic"]


def test_the_version_changes_in_its_place(handmade: Path) -> None:
    after = replace(read_lexicon_file(handmade), version="1.1")
    assert saved(handmade, after) == ["-version: '1.0'   # raise me", '+version: "1.1"   # raise me']


def test_a_first_source_makes_the_key_and_a_further_one_a_line(handmade: Path) -> None:
    file = read_lexicon_file(handmade)
    one = with_terms(
        replace(file, sources=(("wu2021", 'Wu "et al."'),)), 1, LexiconTerm(term="6G", source=("wu2021",))
    )
    assert saved(handmade, one) == [
        "+sources:", '+  wu2021: "Wu \\"et al.\\""', '+    - term: "6G"', '+      source: "wu2021"',
    ]  # fmt: skip
    more = replace(one, sources=(("own", "ours"), *one.sources))
    assert saved(handmade, more) == ['+  own: "ours"']


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path, mark: str, end: str) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes((mark + HANDMADE.replace("\n", end)).encode())
    saved(path, with_terms(read_lexicon_file(path), 0, LexiconTerm(term="云")))
    expected = HANDMADE.replace("  # about data\n", '  # about data\n  - "云"\n').replace("\n", end)
    assert path.read_bytes().decode() == mark + expected


def test_a_file_without_a_last_line_end_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    levels = "  dimension: networks\n"
    text = (
        HANDMADE.replace(levels, "")
        .replace("# the end\n", "")
        .replace("- terms:\n", f"-{levels[1:]}  terms:\n")
    )
    path.write_text(text.rstrip("\n"), "utf-8")
    after = with_terms(read_lexicon_file(path), 1, LexiconTerm(term="量子网络"))
    assert saved(path, after) == ['+    - "量子网络"']


@pytest.mark.parametrize("terms", ["  terms: [大数据, 算力]\n", "  terms:\n  -\n    term: 大数据\n"])
def test_a_file_in_another_form_is_refused_and_stays(tmp_path: Path, terms: str) -> None:
    path = tmp_path / "mine.yml"
    begin, end = HANDMADE.index("  terms:"), HANDMADE.index("- terms:")
    text = HANDMADE[:begin] + terms + HANDMADE[end:]
    path.write_text(text, "utf-8")
    file = read_lexicon_file(path)
    with pytest.raises(LexiconError, match="lines of its own"):
        save_edited(path, file, with_terms(file, 0, LexiconTerm(term="云")))
    assert path.read_text("utf-8") == text


def test_what_is_no_change_of_terms_is_refused(handmade: Path) -> None:
    file = read_lexicon_file(handmade)
    with pytest.raises(OutputError, match="only terms"):
        save_edited(handmade, file, replace(file, title_en="Yours"))
    assert handmade.read_text("utf-8") == HANDMADE


def test_a_file_that_would_say_something_else_is_not_written(handmade: Path) -> None:
    # the number sign is a comment to YAML here, and part of the text there: the lines cannot be told apart
    text = HANDMADE.replace("note: >\n      power to\n      compute\n", "note: |\n      power\n      # 1\n")
    handmade.write_text(text, "utf-8")
    file = read_lexicon_file(handmade)
    assert file.groups[0].terms[2].note == "power\n# 1"
    moved = next(term for term in file.groups[0].terms if term.term == "算力")
    after = with_terms(with_terms(file, 0, without="算力"), 1, moved)
    with pytest.raises(OutputError, match="without changing what else it says"):
        save_edited(handmade, file, after)
    assert handmade.read_text("utf-8") == text


FILE = read_lexicon_file(SHIPPED)
PLACES = [(number, term) for number, group in enumerate(FILE.groups) for term in group.terms]


NEW = st.text("甲乙#:-'\" \\丙ab", min_size=1).map(str.strip).filter(bool)
GROUPS = st.integers(0, len(FILE.groups) - 1)


@settings(max_examples=30)
@given(
    moved=st.lists(
        st.tuples(st.sampled_from(PLACES), GROUPS), max_size=5, unique_by=lambda one: one[0][1].term
    ),
    removed=st.lists(st.sampled_from(PLACES), max_size=5, unique_by=lambda one: one[1].term),
    added=st.lists(st.tuples(GROUPS, NEW), max_size=5, unique_by=lambda one: one[1]),
)  # fmt: skip
def test_of_a_file_in_the_written_form_the_result_is_in_it_too(
    moved: list[tuple[tuple[int, LexiconTerm], int]],
    removed: list[tuple[int, LexiconTerm]],
    added: list[tuple[int, str]],
) -> None:
    groups = [list(group.terms) for group in FILE.groups]
    for (here, term), there in moved:
        groups[here].remove(term)
        groups[there].append(term)
    for _, term in removed:
        for group in groups:
            if term in group:
                group.remove(term)
    for number, term in added:
        groups[number].append(LexiconTerm(term=term, note="n" if "甲" in term else None))
    changed = (replace(group, terms=tuple(terms)) for group, terms in zip(FILE.groups, groups, strict=True))
    after = checked(replace(FILE, version="1.1", groups=tuple(changed)))
    assert edited_yaml(SHIPPED.read_text("utf-8"), FILE, after) == lexicon_yaml(after)
