"""Weights, periods, dates and lags: every variant equals its pairwise twin."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted.build import build_counts
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import PRESETS, ScoreSettings, preset
from tests.score.corpora import assert_twin, dated, dated_corpora, tiny_pieces, variants


@settings(max_examples=100, deadline=None)
@given(corpus=dated_corpora(), variant=variants)
def test_every_variant_equals_its_twin_lag_by_lag(
    corpus: tuple[np.ndarray, list[date], list[date]], variant: dict[str, str]
) -> None:
    chosen = ScoreSettings(backward=2, forward=(1, 3), keep_lags=True, **variant)
    with tempfile.TemporaryDirectory() as folder, tiny_pieces(2):
        frame = score_patents(dated(Path(folder) / "counts", *corpus), chosen).frame
    assert_twin(frame, *corpus, chosen)


def corpus_of_years(folder: Path) -> TermCounts:
    random = np.random.default_rng(2)
    filed = [date(int(year), 5, 1) for year in random.integers(2000, 2012, 300)]
    issued = [day.replace(year=day.year + int(random.integers(1, 4))) for day in filed]
    return dated(folder / "counts", random.poisson(0.4, (300, 40)), filed, issued)


def test_lags_add_up_to_the_windows(tmp_path: Path) -> None:
    frame = score_patents(corpus_of_years(tmp_path), ScoreSettings(keep_lags=True)).frame
    lags = [f"forward_lag_{lag}" for lag in range(1, 6)]
    known = frame.filter(pl.col("forward_similarity_5").is_not_null())
    assert known.height > 50
    np.testing.assert_allclose(
        known.select(pl.sum_horizontal(lags)).to_series(), known["forward_similarity_5"], rtol=1e-12
    )


def test_grouping_lags_changes_no_window(tmp_path: Path) -> None:
    counts = corpus_of_years(tmp_path)
    grouped = score_patents(counts, ScoreSettings()).frame
    by_lag = score_patents(counts, ScoreSettings(keep_lags=True)).frame
    for name in grouped.columns:
        if grouped[name].dtype == pl.Float64:
            np.testing.assert_allclose(grouped[name], by_lag[name], rtol=1e-9, atol=1e-12)
        else:
            assert grouped[name].equals(by_lag[name]), name


@pytest.mark.parametrize("memory", [10**7, 10**9])
def test_a_bound_on_memory_changes_no_byte(memory: int, tmp_path: Path) -> None:
    counts = corpus_of_years(tmp_path)
    assert score_patents(counts, memory=memory).frame.equals(score_patents(counts).frame)


def test_too_little_memory_is_refused_with_what_would_suffice(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="does not suffice") as caught:
        score_patents(corpus_of_years(tmp_path), memory=1000)
    assert "bytes or more" in str(caught.value.allowed)


def test_year_effects_of_another_date_are_removed_by_that_date(tmp_path: Path) -> None:
    frame = score_patents(corpus_of_years(tmp_path), ScoreSettings(effect_date="issue")).frame
    means = frame.group_by("effect_year").agg(pl.col("breakthrough_1_net").mean())
    assert means["breakthrough_1_net"].drop_nulls().abs().max() < 1e-12
    by_year = frame.group_by("year").agg(pl.col("breakthrough_1_net").mean())
    assert by_year["breakthrough_1_net"].drop_nulls().abs().max() > 1e-6


def test_patents_without_a_date_that_is_needed_are_left_out_and_dated(tmp_path: Path) -> None:
    filed = [date(2000 + i % 4, 1, 1) for i in range(12)]
    issued = [None if i in (3, 7) else date(2001 + i % 4, 1, 1) for i in range(12)]
    counts = dated(tmp_path / "counts", np.ones((12, 3), np.int64), filed, issued)
    scores = score_patents(counts, ScoreSettings(weight_date="issue"))
    assert scores.frame.height == 10
    assert scores.made_by["counts"]["patents_without_date"] == 2


def test_a_date_that_was_not_counted_is_named(tmp_path: Path) -> None:
    bare = build_counts(
        tmp_path / "bare",
        documents=pl.DataFrame({"patent_id": ["a"], "filing_date": [date(2000, 1, 1)]}),
        years=np.array([2000], np.int32),
        indptr=np.array([0, 1]),
        indices=np.array([0], np.uint32),
        data=np.array([1], np.uint32),
        vocabulary=pl.DataFrame({"term": ["t"], "documents": [1], "occurrences": [1]}),
        date="filing",
        made_by={},
    )
    with pytest.raises(ColumnError, match="issue_date"):
        score_patents(bare, ScoreSettings(weight_date="issue"))


def test_presets_are_the_settings_of_their_papers() -> None:
    assert preset("kpst2021").forward == (1, 5, 10, 20)
    assert preset("shi2025").pair_weights == "own"
    assert preset("shi2025").weighting == "cumulative"
    assert set(PRESETS) == {"kpst2021", "shi2025"}
    with pytest.raises(SettingError, match="preset"):
        preset("kpst")


@pytest.mark.parametrize("in_files", [False, True], ids=["in memory", "in files"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"threshold": 0.05},
        {"group": "patent_id", "backward_compare": "across", "forward_compare": "within"},
        {"weighting": "cumulative", "pair_weights": "own"},
        {"weighting": "idf"},
        {"date": "issue"},
        {"freeze": "month"},
        {"keep_lags": True, "partial_windows": True},
    ],
    ids=lambda options: " ".join(options) or "default",
)
def test_the_smallest_corpora_are_scored_in_every_variant(
    options: dict, in_files: bool, tmp_path: Path
) -> None:
    chosen = ScoreSettings(backward=1, forward=(1,), **options)
    for name, years, terms in (
        ("one patent", [2000], 1),
        ("one patent without a term", [2000], 0),
        ("an empty vocabulary", [2000, 2001, 2001, 2002], 0),
        ("each year has one patent", [2000, 2001, 2002, 2003], 1),
    ):
        days = [date(year, 6, 1) for year in years]
        counts = dated(tmp_path / name, np.ones((len(years), terms), np.int64), days, days)
        work = tmp_path / f"{name}.work" if in_files else None
        scores = score_patents(counts, chosen, work=work, memory=10**8 if in_files else None)
        assert scores.frame["patent_id"].to_list() == [f"P{i}" for i in range(len(years))]
        assert scores.frame["year"].to_list() == years
        assert scores.made_by["counts"]["patents_without_terms"] == (0 if terms else len(years))
        # without terms there is nothing to compare: that is null, not zero
        for column in ("backward_similarity", "forward_similarity_1"):
            assert terms or scores.frame[column].null_count() == len(years)
