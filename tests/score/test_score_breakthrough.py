"""Importance, breakthrough, year effects and the top share, against numbers worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.score.breakthrough import add_breakthrough
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from tests.score.corpora import counted


def frame(backward: list[float | None], forward: list[float | None], years: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"year": years, "backward_similarity": backward, "forward_similarity_5": forward},
        schema_overrides={"backward_similarity": pl.Float64, "forward_similarity_5": pl.Float64},
    )


def test_breakthrough_is_the_log_ratio_less_the_mean_of_its_year() -> None:
    scores = add_breakthrough(
        frame([1.0, 2.0, 4.0], [2.0, 2.0, 2.0], [2000, 2000, 2001]), windows=[5], top_share=0.1
    )
    assert scores["importance_5"].to_list() == [2.0, 1.0, 0.5]
    assert scores["breakthrough_5"].to_list() == pytest.approx([math.log(2), 0.0, -math.log(2)])
    assert scores["breakthrough_5_net"].to_list() == pytest.approx([math.log(2) / 2, -math.log(2) / 2, 0.0])


def test_a_ratio_to_nothing_is_null_not_zero_or_infinite() -> None:
    scores = add_breakthrough(
        frame([0.0, None, 1.0, 1.0], [1.0, 1.0, None, 0.0], [2000] * 4), windows=[5], top_share=0.1
    )
    assert scores["importance_5"].to_list() == [None, None, None, 0.0]
    for name in ["breakthrough_5", "breakthrough_5_net", "is_breakthrough_5"]:
        assert scores[name].null_count() == 4


def test_the_top_share_is_at_or_above_the_pooled_percentile_and_ties_are_kept() -> None:
    forward = [math.exp(x) for x in [0, 1, 2, 3, 4, 5, 6, 7, 9, 9]]
    scores = add_breakthrough(frame([1.0] * 10, forward, [2000] * 10), windows=[5], top_share=0.1)
    # the 90th percentile of the ten residuals is 9 - mean: both patents at it are in
    assert scores["is_breakthrough_5"].to_list() == [False] * 8 + [True] * 2


def test_a_sample_without_any_score_has_nulls_for_breakthroughs() -> None:
    scores = add_breakthrough(frame([None], [None], [2000]), windows=[5], top_share=0.1)
    assert scores["is_breakthrough_5"].to_list() == [None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backward": 0}, "one year or more"),
        ({"forward": []}, "one year or more"),
        ({"forward": [5, 0]}, "one year or more"),
        ({"top_share": 1.0}, "between 0 and 1"),
        ({"first_year": 2001}, "outside the years"),
        ({"date": "grant"}, "date has a value"),
    ],
)
def test_impossible_settings_are_refused(options: dict, message: str, tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", np.array([[1], [1]]), np.array([2000, 2002]))
    with pytest.raises(SettingError, match=message):
        score_patents(counts, ScoreSettings(**options))


def test_a_changed_block_stops_the_scoring(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", np.array([[1], [1]]), np.array([2000, 2002]))
    path = counts.folder / counts.blocks[1].name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="not as it was written"):
        score_patents(counts)


def test_nulls_are_counted_with_their_reason(tmp_path: Path) -> None:
    matrix = np.array([[1, 2]] * 4 + [[0, 0]] + [[2, 1]] * 4)
    years = np.array([2000, 2000, 2001, 2002, 2002, 2003, 2004, 2005, 2006])
    scores = score_patents(
        counted(tmp_path / "counts", matrix, years), ScoreSettings(backward=2, forward=(1,))
    )
    counts = scores.made_by["counts"]
    assert isinstance(counts, dict)
    assert counts["patents"] == 9
    assert counts["patents_without_terms"] == 1
    assert counts["null_backward_similarity"] == scores.frame["backward_similarity"].null_count() > 1
