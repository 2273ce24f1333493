"""What the benchmarks say beside times is right: how far a segmenter agrees with jieba."""

from __future__ import annotations

import pytest

from benchmarks.segmenters import agreement

TEXT = "太阳能 电池"
JIEBA = ["太阳能", " ", "电池"]


@pytest.mark.parametrize(
    ("found", "share"),
    [
        (["太阳能", " ", "电池"], 1),
        (["太阳能", "电池"], 1),  # blanks do not count
        (["太阳", "能", " ", "电池"], 1 / 2),
        (["太", "阳", "能", " ", "电", "池"], 0),
        (["太阳能 ", "电池"], 1 / 2),
        ([], 0),
    ],
)
def test_agreement_is_the_share_of_tokens_at_the_same_place(found: list[str], share: float) -> None:
    assert agreement([TEXT], [JIEBA], [found]) == share


def test_agreement_is_over_all_texts_and_places_are_those_of_each() -> None:
    assert agreement(["ab a", "b"], [["ab", "a"], ["b"]], [["a", "b", "a"], ["b"]]) == 2 / 3


def test_tokens_that_are_not_in_the_text_are_an_error() -> None:
    with pytest.raises(ValueError, match="substring"):
        agreement(["ab"], [["ab"]], [["x"]])
