"""Weights, periods, dates and lags: every variant equals its pairwise twin."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from patentmetrics.core.errors import ColumnError, SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.build import build_counts
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import PRESETS, ScoreSettings, preset
from tests.reference import kpst_variants

PERIOD = {
    "year": lambda when: when.year,
    "quarter": lambda when: when.year * 4 + (when.month - 1) // 3,
    "month": lambda when: when.year * 12 + when.month - 1,
}


@st.composite
def dated_corpora(draw: st.DrawFn) -> tuple[np.ndarray, list[date], list[date]]:
    patents, terms = draw(st.integers(2, 12)), draw(st.integers(1, 6))
    counts = draw(arrays.arrays(np.int64, (patents, terms), elements=st.integers(0, 2)))
    months = st.tuples(st.integers(2000, 2004), st.integers(1, 12))
    filed = [date(*draw(months), 1) for _ in range(patents)]
    issued = [date(day.year + draw(st.integers(0, 2)), draw(st.integers(1, 12)), 1) for day in filed]
    return counts, filed, issued


def counted(folder: Path, counts: np.ndarray, filed: list[date], issued: list[date]) -> TermCounts:
    rows, columns = np.nonzero(counts)
    return build_counts(
        folder,
        documents=pl.DataFrame(
            {"patent_id": [f"P{i}" for i in range(len(filed))], "filing_date": filed, "issue_date": issued}
        ),
        years=np.array([day.year for day in filed], np.int32),
        indptr=np.searchsorted(rows, np.arange(len(filed) + 1)).astype(np.int64),
        indices=columns.astype(np.uint32),
        data=counts[rows, columns].astype(np.uint32),
        vocabulary=pl.DataFrame(
            {
                "term": [f"t{i}" for i in range(counts.shape[1])],
                "documents": (counts > 0).sum(axis=0),
                "occurrences": counts.sum(axis=0),
            }
        ),
        date="filing",
        made_by={},
    )


@settings(max_examples=150, deadline=None)
@given(
    corpus=dated_corpora(),
    weighting=st.sampled_from(["bidf", "cumulative", "idf", "none"]),
    pair_weights=st.sampled_from(["earlier", "own"]),
    freeze=st.sampled_from(["year", "quarter", "month"]),
    date_of_windows=st.sampled_from(["filing", "issue"]),
    date_of_weights=st.sampled_from(["filing", "issue"]),
)
def test_every_variant_equals_its_twin_lag_by_lag(
    corpus: tuple[np.ndarray, list[date], list[date]],
    weighting: str,
    pair_weights: str,
    freeze: str,
    date_of_windows: str,
    date_of_weights: str,
) -> None:
    counts, filed, issued = corpus
    dates = {"filing": filed, "issue": issued}
    years = np.array([day.year for day in dates[date_of_windows]])
    bases = np.array([PERIOD[freeze](day) for day in dates[date_of_weights]])
    chosen = ScoreSettings(
        backward=2,
        forward=(1, 3),
        weighting=weighting,
        pair_weights=pair_weights,
        freeze=freeze,
        date=date_of_windows,
        weight_date=date_of_weights,
        keep_lags=True,
    )
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 2)
        patch.setattr(build, "BLOCK_DOCUMENTS", 4)
        frame = score_patents(counted(Path(folder) / "counts", counts, filed, issued), chosen).frame
    twin = kpst_variants.lag_sums(
        counts, years, bases, weighting=weighting, pair_weights=pair_weights, lags=range(-2, 4)
    )
    for row in frame.iter_rows(named=True):
        p = int(row["patent_id"][1:])
        for lag, value in twin[p].items():
            found = row[f"forward_lag_{lag}" if lag > 0 else f"backward_lag_{-lag}"]
            expected = None if counts[p].sum() == 0 else value
            if expected is None:
                assert found is None, (row["patent_id"], lag)
            else:
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), (row["patent_id"], lag)


def corpus_of_years(folder: Path) -> TermCounts:
    random = np.random.default_rng(2)
    filed = [date(int(year), 5, 1) for year in random.integers(2000, 2012, 300)]
    issued = [day.replace(year=day.year + int(random.integers(1, 4))) for day in filed]
    return counted(folder / "counts", random.poisson(0.4, (300, 40)), filed, issued)


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


def test_patents_without_a_date_that_is_needed_are_left_out_and_counted(tmp_path: Path) -> None:
    filed = [date(2000 + i % 4, 1, 1) for i in range(12)]
    issued = [None if i in (3, 7) else date(2001 + i % 4, 1, 1) for i in range(12)]
    counts = counted(tmp_path / "counts", np.ones((12, 3), np.int64), filed, issued)
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
