"""The sampled sums are right on average, their errors are honest, and with all comparators they are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.score.pairwise import thresholded_by_lag
from patentmetrics.score.sampled import sampled_by_lag
from patentmetrics.score.weights import YearCounts, count_years
from tests.score.corpora import counted


def corpus(folder: Path, *, patents: int, years: int) -> tuple[TermCounts, YearCounts]:
    random = np.random.default_rng(8)
    terms = 40
    matrix = random.poisson(2.0 / (np.arange(terms) + 1.0), (patents, terms))
    matrix[:3] = 0  # patents without terms are no comparators
    when = random.integers(1990, 1990 + years, patents)
    counts = counted(folder / "counts", matrix, when)
    return counts, count_years(counts, first_year=1990, last_year=1989 + years)


@pytest.mark.parametrize("threshold", [None, 0.2])
def test_the_estimates_are_unbiased_and_their_errors_are_those_of_repeated_samples(
    tmp_path: Path, threshold: float | None
) -> None:
    counts, years = corpus(tmp_path, patents=160, years=4)
    exact = thresholded_by_lag(counts, years, backward=2, forward=2, threshold=threshold or 0.0)
    draws = 300
    runs = [
        sampled_by_lag(
            counts, years, backward=2, forward=2, comparators=12, threshold=threshold, seed=seed, threads=1
        )
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
        if threshold is None:
            covered = np.abs(estimates - truth[known]) <= 1.96 * errors
            # twelve draws of a skewed distribution: below 95 %, as for any mean of twelve
            assert 0.85 < covered.mean() < 0.97


def test_with_all_comparators_the_sums_are_exact_and_without_error(tmp_path: Path) -> None:
    counts, years = corpus(tmp_path, patents=120, years=4)
    exact = thresholded_by_lag(counts, years, backward=2, forward=3, threshold=0.1)
    found = sampled_by_lag(counts, years, backward=2, forward=3, comparators=10_000, threshold=0.1, seed=1)
    np.testing.assert_allclose(found.sums.backward, exact.backward, rtol=1e-12)
    np.testing.assert_allclose(found.sums.forward, exact.forward, rtol=1e-12)
    for errors, sums in [
        (found.backward_errors, exact.backward),
        (found.forward_errors, exact.forward),
    ]:
        np.testing.assert_array_equal(np.isnan(errors), np.isnan(sums))
        assert np.nanmax(errors) == 0.0


def test_the_year_size_is_enough_for_the_exact_sums(tmp_path: Path) -> None:
    counts, years = corpus(tmp_path, patents=120, years=4)
    size = int(years.comparators.max())
    found = sampled_by_lag(counts, years, backward=1, forward=1, comparators=size, seed=1)
    fewer = sampled_by_lag(counts, years, backward=1, forward=1, comparators=size - 1, seed=1)
    assert np.nanmax(found.backward_errors) == 0.0
    assert np.nanmax(fewer.backward_errors) > 0.0


def test_any_number_of_threads_gives_the_same_bytes_and_a_seed_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 32)
    counts, years = corpus(tmp_path, patents=300, years=5)
    options = {"backward": 2, "forward": 2, "comparators": 20}
    first, *others = [
        sampled_by_lag(counts, years, seed=4, threads=threads, **options) for threads in (1, 2, 4)
    ]
    for other in others:
        for name in ("backward_errors", "forward_errors"):
            assert getattr(other, name).tobytes() == getattr(first, name).tobytes()
        assert other.sums.forward.tobytes() == first.sums.forward.tobytes()
        assert other.sums.backward.tobytes() == first.sums.backward.tobytes()
    another = sampled_by_lag(counts, years, seed=5, **options)
    assert not np.array_equal(another.sums.forward, first.sums.forward, equal_nan=True)


def test_one_comparator_has_an_estimate_and_no_known_error(tmp_path: Path) -> None:
    counts, years = corpus(tmp_path, patents=60, years=3)
    found = sampled_by_lag(counts, years, backward=1, forward=1, comparators=1, seed=1)
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
    counts, years = corpus(tmp_path, patents=20, years=2)
    with pytest.raises(SettingError, match=message):
        sampled_by_lag(
            counts, years, **({"backward": 1, "forward": 1, "comparators": 3, "seed": 1} | options)
        )
