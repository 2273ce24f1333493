"""Agreement of coders: Cohen's kappa as others compute it, on what both decided, and the rest said."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from patentmetrics.cli.lexicon_agreement import command
from patentmetrics.core.errors import DataError
from patentmetrics.workbench.agreement import agreement, cohen_kappa
from patentmetrics.workbench.decisions import (
    Decisions,
    HitJudgement,
    TermDecision,
    decided,
    write_decisions,
)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(labels: list[tuple[str, str]]) -> None:
    first, second = zip(*labels, strict=True)
    ours = cohen_kappa(first, second)
    if len({*first, *second}) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_kappa_is_one_minus_one_zero_and_null() -> None:
    assert cohen_kappa("aabb", "aabb") == 1
    assert cohen_kappa("aabb", "bbaa") == -1
    assert cohen_kappa("aabb", "abab") == 0
    assert cohen_kappa("aaaa", "aaaa") is None
    assert cohen_kappa("", "") is None
    with pytest.raises(DataError, match="as many"):
        cohen_kappa("a", "ab")


def test_kappa_is_that_worked_by_hand() -> None:
    first = "a" * 50 + "b" * 30 + "c" * 20
    pairs = [("a", "a", 44), ("a", "b", 5), ("a", "c", 1), ("b", "a", 7), ("b", "b", 20), ("b", "c", 3),
             ("c", "a", 9), ("c", "b", 5), ("c", "c", 6)]  # fmt: skip
    labels = [(one, other) for one, other, number in pairs for _ in range(number)]
    assert "".join(one for one, _ in labels) == first
    # p_o = 0.70, p_e = 0.5·0.6 + 0.3·0.3 + 0.2·0.1 = 0.41
    assert cohen_kappa(*zip(*labels, strict=True)) == pytest.approx(0.29 / 0.59)


def hit(begin: int, *, meant: bool) -> HitJudgement:
    return HitJudgement(term="信创", document="a", begin=begin, meant=meant, line="诚【信创】新")


def term(name: str, group: str | None) -> TermDecision:
    if group is None:
        return TermDecision(kind="reject", term=name, reason=f"no {name}")
    return TermDecision(kind="accept", term=name, group=(group,), reason=f"yes {name}")


AN = decided(
    Decisions(lexicon="mine", coder="An"),
    term("a", "x"), term("b", "x"), term("c", None), term("d", "y"), term("only", "x"),
    TermDecision(kind="move", term="e", group=("y",), reason="moved"),
    *(hit(n, meant=n > 1) for n in range(5)),
)  # fmt: skip
BO = decided(
    Decisions(lexicon="mine", coder="Bo"),
    term("Ａ", "x"), term("b", "y"), term("c", "x"), term("d", "y"), term("e", "y"),
    *(hit(n, meant=n > 2) for n in range(4)),
)  # fmt: skip


def test_each_kind_is_compared_on_what_both_decided() -> None:
    found = agreement(AN, BO)
    rows = {row["about"]: row for row in found.table.to_dicts()}
    assert (rows["belongs"]["both"], rows["belongs"]["agreed"]) == (5, 4)  # c: out and in
    assert (rows["group"]["both"], rows["group"]["agreed"]) == (4, 3)  # a, b, d, e; b: x and y
    assert (rows["hit"]["both"], rows["hit"]["agreed"]) == (4, 3)
    assert rows["hit"]["kappa"] == pytest.approx(0.5)
    assert (rows["belongs"]["only_first"], rows["belongs"]["only_second"]) == (1, 0)
    assert (rows["hit"]["only_first"], rows["hit"]["only_second"]) == (1, 0)
    assert found.disagreements.select("about", "term", "begin", "first", "second").rows() == [
        ("belongs", "c", None, "out", "in"),
        ("group", "b", None, "x", "y"),
        ("hit", "信创", 2, "meant", "not meant"),
    ]
    assert found.disagreements["reason_first"].to_list() == ["no c", "yes b", None]


def test_coders_who_share_nothing_have_no_kappa() -> None:
    found = agreement(AN, Decisions(lexicon="mine", coder="Bo"))
    assert found.table["kappa"].to_list() == [None] * 3
    assert found.table["share"].null_count() == 3
    assert found.disagreements.is_empty()


def test_decisions_about_two_lexicons_are_not_compared() -> None:
    with pytest.raises(DataError, match="two lexicons"):
        agreement(AN, Decisions(lexicon="yours", coder="Bo"))


def test_the_command_prints_kappa_and_writes_the_disagreements(tmp_path: Path) -> None:
    first, second = tmp_path / "mine.decisions.An.jsonl", tmp_path / "mine.decisions.Bo.jsonl"
    write_decisions(AN, first)
    write_decisions(BO, second)
    shown = CliRunner().invoke(command, [str(first), str(second), "-o", str(tmp_path / "d.csv")])
    assert shown.exit_code == 0, shown.output
    assert "kappa 0.500; 3 of 4 agreed (75.0%); only first 1, only second 0" in shown.output
    assert "term belongs in: c: out or in" in shown.output
    assert pl.read_csv(tmp_path / "d.csv").height == 3
    printed = json.loads(CliRunner().invoke(command, [str(first), str(second), "--json"]).output)
    assert [one["both"] for one in printed["table"]] == [5, 4, 4]
    assert len(printed["disagreements"]) == 3


def test_the_command_refuses_a_file_that_is_none_of_decisions(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("term,group\n", "utf-8")
    shown = CliRunner().invoke(command, [str(tmp_path / "a.jsonl")] * 2)
    assert (shown.exit_code, "not JSON" in shown.output) == (1, True)
