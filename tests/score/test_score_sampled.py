"""The sampled sums are right on average, their errors are honest, and with all comparators they are exact."""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from patentmetrics.core.columns import column
from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import silent
from patentmetrics.core.types import TermCounts
from patentmetrics.score.pairwise import thresholded_by_lag
from patentmetrics.score.patents import score_patents
from patentmetrics.score.pieces import Workers, prepare
from patentmetrics.score.sampled import _draw as draw_of
from patentmetrics.score.sampled import sampled_by_lag
from patentmetrics.score.settings import ScoreSettings
from patentmetrics.score.store import MemoryStore
from tests.score.corpora import assert_twin, by_lag, counted, dated, dated_corpora, tiny_pieces, variants


def corpus(folder: Path, *, patents: int, years: int) -> TermCounts:
    random = np.random.default_rng(8)
    terms = 40
    matrix = random.poisson(2.0 / (np.arange(terms) + 1.0), (patents, terms))
    matrix[:3] = 0  # patents without terms are no comparators
    return counted(folder / "counts", matrix, random.integers(1990, 1990 + years, patents))


@pytest.mark.parametrize("threshold", [0.0, 0.2])
def test_the_estimates_are_unbiased_and_their_errors_are_those_of_repeated_samples(
    tmp_path: Path, threshold: float
) -> None:
    counts = corpus(tmp_path, patents=160, years=4)
    plan = by_lag(counts, backward=2, forward=2)
    exact = thresholded_by_lag(counts, plan, threshold=threshold).sums
    draws = 300
    runs = [
        sampled_by_lag(counts, plan, comparators=12, threshold=threshold, seed=seed, threads=1)
        for seed in range(draws)
    ]
    for side in ("backward", "forward"):
        truth = getattr(exact, side)
        # a sum of zero has no spread to measure
        known = truth > 0
        estimates = np.stack([getattr(run.sums, side)[known] for run in runs])
        errors = np.stack([getattr(run, f"{side}_errors")[known] for run in runs])
        spread = estimates.std(axis=0, ddof=1)
        # the mean of the draws lies within what their own spread allows, for nearly all patents
        distance = (estimates.mean(axis=0) - truth[known]) / (spread / np.sqrt(draws))
        assert np.abs(distance).max() < 5
        assert abs(distance.mean()) < 1
        # the squared error is unbiased for the variance over the draws
        ratio = (errors**2).mean(axis=0) / spread**2
        assert ratio.mean() == pytest.approx(1.0, abs=0.05)
        if threshold == 0:
            covered = np.abs(estimates - truth[known]) <= 1.96 * errors
            # twelve draws of a skewed distribution: below 95 %, as for any mean of twelve
            assert 0.85 < covered.mean() < 0.97


def test_with_all_comparators_the_sums_are_exact_and_without_error(tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=120, years=4)
    plan = by_lag(counts, backward=2, forward=3)
    exact = thresholded_by_lag(counts, plan, threshold=0.1).sums
    found = sampled_by_lag(counts, plan, comparators=10_000, threshold=0.1, seed=1)
    np.testing.assert_allclose(found.sums.backward, exact.backward, rtol=1e-12)
    np.testing.assert_allclose(found.sums.forward, exact.forward, rtol=1e-12)
    for errors, sums in [
        (found.backward_errors, exact.backward),
        (found.forward_errors, exact.forward),
    ]:
        np.testing.assert_array_equal(np.isnan(errors), np.isnan(sums))
        assert np.nanmax(errors) == 0.0


def test_the_year_size_is_enough_for_the_exact_sums(tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=120, years=4)
    plan = by_lag(counts, backward=1, forward=1)
    found = sampled_by_lag(counts, plan, comparators=1000, seed=1)
    size = int(found.comparators.max())
    assert np.nanmax(sampled_by_lag(counts, plan, comparators=size, seed=1).backward_errors) == 0.0
    assert np.nanmax(sampled_by_lag(counts, plan, comparators=size - 1, seed=1).backward_errors) > 0.0


def test_any_number_of_threads_gives_the_same_bytes_and_a_seed_its_own(tmp_path: Path) -> None:
    with tiny_pieces(16):
        counts = corpus(tmp_path, patents=300, years=5)
        plan = by_lag(counts, backward=2, forward=2)
        first, *others = [
            sampled_by_lag(counts, plan, comparators=20, threshold=0.1, seed=4, threads=threads)
            for threads in (1, 2, 64)
        ]
        another = sampled_by_lag(counts, plan, comparators=20, threshold=0.1, seed=5)
    for other in others:
        for name in ("backward_errors", "forward_errors"):
            assert getattr(other, name).tobytes() == getattr(first, name).tobytes()
        assert other.sums.forward.tobytes() == first.sums.forward.tobytes()
        assert other.sums.backward.tobytes() == first.sums.backward.tobytes()
    assert not np.array_equal(another.sums.forward, first.sums.forward, equal_nan=True)


def test_a_sample_has_so_many_patents_of_each_year_however_its_blocks_are_cut(tmp_path: Path) -> None:
    with tiny_pieces(4):
        counts = corpus(tmp_path, patents=200, years=3)
        store = MemoryStore()
        prepared = prepare(
            counts,
            by_lag(counts, backward=1, forward=1),
            store,
            Workers(executor=None, number=1, threads=1),
            silent,
        )
    draw = draw_of(prepared, comparators=20, seed=3)
    for year in (1990, 1991, 1992):
        blocks = [block for block in counts.blocks if block.year == year]
        assert len(blocks) > 3
        drawn = draw.of(prepared, blocks)
        assert drawn.sum() == 20
        assert prepared.has_terms(blocks)[drawn].all()


def test_one_comparator_has_an_estimate_and_no_known_error(tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=60, years=3)
    found = sampled_by_lag(counts, by_lag(counts, backward=1, forward=1), comparators=1, seed=1)
    assert np.isfinite(found.sums.backward).any()
    assert np.isnan(found.backward_errors[np.isfinite(found.sums.backward)]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"comparators": 0}, "one or more"),
        ({"seed": -1}, "zero or more"),
        ({"threshold": 2.0}, "between 0 and 1"),
    ],
)
def test_impossible_samples_are_refused(options: dict, message: str, tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=20, years=2)
    plan = by_lag(counts, backward=1, forward=1)
    with pytest.raises(SettingError, match=message):
        sampled_by_lag(counts, plan, **({"comparators": 3, "seed": 1} | options))


def test_the_columns_of_a_sampled_score_cover_the_exact_windows(tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=400, years=6)
    chosen = ScoreSettings(backward=2, forward=(1, 3), threshold=0.05)
    exact = score_patents(counts, chosen).frame
    windows = ["backward_similarity", "forward_similarity_1", "forward_similarity_3"]
    inside = {name: [] for name in windows}
    mean = dict.fromkeys(windows, 0.0)
    for seed in range(40):
        scores = score_patents(counts, dataclasses.replace(chosen, sample=25, seed=seed))
        for name in windows:
            error = scores.frame[f"{name}_se"]
            assert error.is_null().equals(exact[name].is_null(), check_names=False)
            known = (exact[name] > 0).fill_null(value=False)
            distance = (scores.frame[name] - exact[name]).filter(known)
            inside[name].append((distance.abs() <= 1.96 * error.filter(known)).mean())
            mean[name] += distance.sum() / exact[name].filter(known).sum() / 40
    for name in windows:
        assert 0.90 < np.mean(inside[name]) < 0.98, name
        assert abs(mean[name]) < 0.02, name
    assert scores.made_by["settings"]["measure"] == "sampled"
    assert scores.made_by["settings"]["sample"] == 25
    assert scores.made_by["settings"]["seed"] == 39
    for name in scores.frame.columns:
        column(name)


def test_a_sample_of_whole_years_is_the_thresholded_score(tmp_path: Path) -> None:
    counts = corpus(tmp_path, patents=150, years=5)
    chosen = ScoreSettings(backward=2, forward=(1, 2), threshold=0.1, partial_windows=True)
    exact = score_patents(counts, chosen).frame
    found = score_patents(counts, dataclasses.replace(chosen, sample=1000)).frame
    for name in ("backward_similarity", "forward_similarity_2"):
        np.testing.assert_allclose(found[name], exact[name], rtol=1e-12)
        assert found[f"{name}_se"].drop_nulls().unique().to_list() == [0.0]
        assert found[f"{name}_se"].is_null().equals(found[name].is_null(), check_names=False)


@settings(max_examples=20, deadline=None)
@given(corpus=dated_corpora(), variant=variants)
def test_a_sample_of_all_equals_the_twin_in_every_variant(
    corpus: tuple[np.ndarray, list[date], list[date]], variant: dict[str, str]
) -> None:
    chosen = ScoreSettings(backward=2, forward=(1, 3), keep_lags=True, threshold=0.0, sample=50, **variant)
    with tempfile.TemporaryDirectory() as folder, tiny_pieces(2):
        frame = score_patents(dated(Path(folder) / "counts", *corpus), chosen).frame
    assert_twin(frame, *corpus, chosen)


@pytest.mark.parametrize(
    "options",
    [
        {"sample": 10},
        {"threshold": 0.1, "seed": 1},
        {"threshold": 0.1, "sample": 0},
        {"sample": 5, "seed": -1, "threshold": 0.1},
    ],
)
def test_a_sample_without_a_threshold_and_a_seed_without_a_sample_are_refused(options: dict) -> None:
    with pytest.raises(SettingError):
        ScoreSettings(**options)
