"""Each rule of cleaning does what its name says, and nothing to text that needs none."""

from __future__ import annotations

import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.core.resources import demo_folder
from patentmetrics.read.cleaning import RULES, check_rules, clean_text
from patentmetrics.read.documents import read_document

SENTENCE = (
    "过去一年，我们坚持以习近平新时代中国特色社会主义思想为指导，全面贯彻落实党的二十大精神，"
    "推动数字经济和人工智能发展，"
)


def wrapped(text: str, width: int = 20) -> str:
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


PARAGRAPHS = [
    SENTENCE * 3 + "取得新成效。",
    "各位代表：",
    "一、工作回顾",
    SENTENCE * 2 + "全年目标任务完成。",
]
BEFORE_AFTER = [
    ("line_ends", "一\r\n二\r三\u2028四\x0b五", "一\n二\n三\n四\n五"),
    ("invisible", "人\u200b工\ufeff智\u00ad能\x07", "人工智能"),
    ("wide_spaces", "　　各位\u00a0代表", "  各位 代表"),
    (
        "running_headers",
        "\f".join(f"政府工作报告 第{n}页\n正文{'甲乙丙丁'[n]}\n末行{'甲乙丙丁'[n]}" for n in range(4)),
        "\f".join(f"正文{one}\n末行{one}" for one in "甲乙丙丁"),
    ),
    (
        "page_numbers",
        "一\n— 1 —\n二\n-12-\n三\n第 3 页 共 40 页\n四\n4 / 40\nPage 5 of 9\n五",
        "一\n二\n三\n四\n五",
    ),
    ("page_numbers", "一\n1\n二\n2\n三\n3", "一\n二\n三\n"),
    (
        "contents",
        "政府工作报告\n目  录\n一、工作回顾………………………… 1\n二、总体要求 ........ 12\n"
        "（三）任务·······（3）\n各位代表：",
        "政府工作报告\n各位代表：",
    ),
    ("spaced_titles", "政 府 工 作 报 告\n各位代表", "政府工作报告\n各位代表"),
    ("hard_wraps", "\n".join(map(wrapped, PARAGRAPHS)), "\n".join(PARAGRAPHS)),
    ("page_breaks", "一\f二", "一\n二"),
    ("indents", "  一 二 \n\t三", "一 二\n三"),
    ("blank_lines", "\n\n一\n\n\n\n二\n\n", "一\n\n二\n"),
]


@pytest.mark.parametrize(("rule", "before", "after"), BEFORE_AFTER)
def test_a_rule_does_what_it_says_and_nothing_more(rule: str, before: str, after: str) -> None:
    assert clean_text(before, rules=[rule]) == (after, (rule,))
    assert clean_text(after, rules=[rule]) == (after, ())
    # without it, nothing of this is done
    assert clean_text(before, rules=[]) == (before, ())


def test_each_rule_has_a_test() -> None:
    assert {rule for rule, _, _ in BEFORE_AFTER} == set(RULES)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        # a table of numbers, and numbers that do not rise one by one
        ("page_numbers", "增长\n5\n下降\n3\n"),
        ("page_numbers", "5.2\n2024年\n—— 一是\n第三页是空的"),
        # two pages are not enough to know a header
        ("running_headers", "题\n甲\f题\n乙"),
        ("running_headers", "\f".join(f"{one}一\n{one}二\n同一行\n{one}三\n{one}四" for one in "甲乙丙丁")),
        ("contents", "改革……发展\n等等……\n价格3.5元"),
        ("spaced_titles", "大数据 云计算 人工智能"),
        # poems, lists and one-line files are not wrapped
        ("hard_wraps", "\n".join(["白日依山尽", "黄河入海流"] * 10)),
        ("hard_wraps", "\n".join(f"{n}. {SENTENCE}" for n in range(20))),
        ("hard_wraps", SENTENCE * 40),
        ("hard_wraps", "\n".join(SENTENCE[: 8 + 7 * (n % 7)] for n in range(30))),
    ],
)
def test_a_rule_leaves_alone_what_only_looks_alike(rule: str, text: str) -> None:
    assert clean_text(text, rules=[rule]) == (text, ())


def test_wrapped_lines_are_joined_over_a_page_break_with_header_and_number() -> None:
    lines = wrapped(SENTENCE * 12 + "完成。").split("\n")
    pages = [lines[start : start + 9] for start in range(0, len(lines), 9)]
    assert len(pages) >= 4
    text = "\f".join("\n".join(["政府工作报告", *page, f"— {n} —"]) for n, page in enumerate(pages, start=1))
    cleaned, changed = clean_text(text)
    assert cleaned == SENTENCE * 12 + "完成。"
    assert changed == ("running_headers", "hard_wraps")


def test_headings_items_and_indented_lines_are_not_joined() -> None:
    full = SENTENCE[:20]
    body = [full] * 20
    for beginning in ("一、回顾", "（二）安排", "3. 任务", "第四章 总则", "——坚持", "　　各位代表"):
        text = "\n".join([*body, beginning])
        cleaned, _ = clean_text(text, rules=["wide_spaces", "hard_wraps"])
        assert cleaned.split("\n")[-1].strip() == beginning.strip()


def test_english_words_are_joined_with_a_space_and_numbers_without() -> None:
    lines = ["The government will promote artificial intelligence and the"] * 12
    assert "and the The government" in clean_text("\n".join(lines), rules=["hard_wraps"])[0]
    chinese = "\n".join([*[SENTENCE[:20]] * 12, "推动数字经济和人工智能发展推动数字经济20", "24年的任务"])
    assert "2024年的任务" in clean_text(chinese, rules=["hard_wraps"])[0]


def test_rules_run_in_their_order_however_they_are_named() -> None:
    assert check_rules(["blank_lines", "line_ends"]) == ("line_ends", "blank_lines")
    assert clean_text("　一\r\n", rules=("indents", "wide_spaces", "line_ends"))[0] == "一\n"
    with pytest.raises(SettingError, match="no such rule"):
        check_rules(["page_number"])


def test_cleaning_twice_changes_nothing_more() -> None:
    for _, before, _ in BEFORE_AFTER:
        once, _ = clean_text(before)
        assert clean_text(once) == (once, ())


def test_real_reports_keep_all_but_white_space() -> None:
    for path in sorted((demo_folder() / "policy").iterdir()):
        text = next(read_document(path)).text or ""
        assert len(text) > 10_000
        cleaned, _ = clean_text(text)
        assert "".join(cleaned.split()) == "".join(text.split()), path.name
