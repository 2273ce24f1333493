"""The page speaks both languages: every word, with the same values put in, and none that is not said."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import patentmetrics.workbench
from patentmetrics.core.errors import SettingError
from patentmetrics.workbench.draft import Outcome
from patentmetrics.workbench.lines import VERDICTS
from patentmetrics.workbench.panels import TABS
from patentmetrics.workbench.wording import WORDS, words_of


def test_both_languages_put_the_same_values_in() -> None:
    for english, chinese in WORDS.values():
        assert english
        assert chinese
        first, second = ({field for _, field, _, _ in Formatter().parse(one)} for one in (english, chinese))
        assert first - {None} == second - {None}


def test_chinese_is_chinese() -> None:
    english_on_purpose = {"other language", "kappa"}
    for name, (_, chinese) in WORDS.items():
        assert name in english_on_purpose or re.search(r"[\u4e00-\u9fff]", chinese), name


def test_every_word_is_said_somewhere_and_every_word_said_is_there() -> None:
    folder = Path(patentmetrics.workbench.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "wording.py")
    said = set(re.findall(r'words\(\s*"([^"]+)"', source)) | set(
        re.findall(r'words_of\(one\)\("([^"]+)"', source)
    )
    by_name = {
        *TABS, *Outcome.__args__, "substring", "longest", "token", "meant", "not meant",
        *(f"verdict {one}" for one in VERDICTS), *(f"{one} decided" for one in ("accept", "reject", "move")),
        "term", "decision", "group", "reason", "outcome",
        "hits before", "hits after", "change", "documents before", "documents after", "false hits",
    }  # fmt: skip
    assert said <= set(WORDS)
    assert set(WORDS) == said | by_name


def test_a_language_that_the_page_does_not_speak_is_refused() -> None:
    with pytest.raises(SettingError, match="language has a value"):
        words_of("fr")
