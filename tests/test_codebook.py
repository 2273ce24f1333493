"""The codebook is what the registry says, and every column of the demo is in the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from patentmetrics.core.columns import codebook, column
from patentmetrics.core.errors import ColumnError
from patentmetrics.core.registered import COLUMNS

REPOSITORY = Path(__file__).resolve().parent.parent


def test_the_printed_codebook_is_the_registry() -> None:
    printed = (REPOSITORY / "docs" / "codebook.md").read_text("utf-8")
    assert printed.rstrip() == codebook().rstrip(), "run: patentmetrics codebook > docs/codebook.md"


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_has_labels_in_both_languages(name: str) -> None:
    known = COLUMNS[name]
    assert known.label_en
    assert any("\u4e00" <= one <= "\u9fff" for one in known.label_zh)


def test_windows_and_groups_are_filled_in() -> None:
    assert column("is_breakthrough_10").label_zh == "突破性专利（10年）"
    assert column("big_data_count").formula == "sum of the counts of the group's terms"
    with pytest.raises(ColumnError, match="not registered"):
        column("forward_similarity_ten")
