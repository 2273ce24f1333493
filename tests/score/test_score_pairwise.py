"""The thresholded sums equal the dense twin pair by pair, whatever the corpus, threads or batches."""

from __future__ import annotations

import itertools
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import patentmetrics as pm
from patentmetrics.core.errors import SettingError
from patentmetrics.counted import build
from patentmetrics.score import pieces, ranked
from patentmetrics.score.linear import similarity_by_lag
from patentmetrics.score.pairwise import PairSums, thresholded_by_lag
from patentmetrics.score.patents import score_patents
from patentmetrics.score.plan import make_plan
from patentmetrics.score.settings import ScoreSettings
from tests.reference import kpst_thresholded as twin
from tests.score.corpora import (
    FIXED_VARIANTS,
    assert_twin,
    by_lag,
    counted,
    dated,
    dated_corpora,
    drawn_corpus,
    tiny_pieces,
    variants,
)

# the kernel and the twin add the same float64 terms in another order
RELATIVE = 1e-9


def in_order(years: np.ndarray) -> np.ndarray:
    """The order of the blocks: by year, then as given."""
    return np.argsort(years, kind="stable")


def assert_equal(
    found: PairSums, counts: np.ndarray, years: np.ndarray, threshold: float, backward: int, forward: int
) -> None:
    order = in_order(years)
    back, ahead, kept = twin.sums_by_lag(counts[order], years[order], backward, forward, threshold)
    np.testing.assert_allclose(found.sums.backward, back, rtol=RELATIVE, atol=1e-12)
    np.testing.assert_allclose(found.sums.forward, ahead, rtol=RELATIVE, atol=1e-12)
    assert found.sums.year.tolist() == years[order].tolist()
    assert found.sums.has_terms.tolist() == (counts[order].sum(axis=1) > 0).tolist()
    assert found.kept.tolist() == kept


@st.composite
def corpora(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Counts and years, with empty documents, years without patents, and few patents among them."""
    patents, terms = draw(st.integers(1, 14)), draw(st.integers(1, 8))
    element = st.one_of(st.just(0), st.integers(0, 3), st.just(70_000), st.just((1 << 24) + 1))
    counts = draw(arrays.arrays(np.int64, (patents, terms), elements=element))
    years = np.array(draw(st.lists(st.integers(2000, 2005), min_size=patents, max_size=patents)))
    return counts, years


@settings(max_examples=30, deadline=None)
@given(
    corpus=corpora(),
    threshold=st.sampled_from([0.0, 0.05, 0.31, 0.77]),
    windows=st.sampled_from([(2, 3), (3, 1), (0, 2)]),
    batch=st.integers(1, 4),
    head=st.sampled_from([0, 1, 3, 256]),
)
def test_thresholded_sums_equal_the_dense_twin(
    corpus: tuple[np.ndarray, np.ndarray],
    threshold: float,
    windows: tuple[int, int],
    batch: int,
    head: int,
) -> None:
    counts, years = corpus
    assume(threshold == 0 or twin.nearest_to_threshold(counts, years, threshold) > 1e-12)
    with (
        tempfile.TemporaryDirectory() as folder,
        tiny_pieces(batch),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(ranked, "HEAD_TERMS", head)
        made = counted(Path(folder) / "counts", counts, years)
        plan = by_lag(made, backward=windows[0], forward=windows[1])
        found = thresholded_by_lag(made, plan, threshold=threshold)
    assert_equal(found, counts, years, threshold, *windows)


@pytest.mark.parametrize(
    ("counts", "years"),
    [
        pytest.param([[1, 2]], [2000], id="one patent"),
        pytest.param([[0, 0], [0, 0], [0, 0], [0, 0]], [2000, 2001, 2002, 2003], id="no patent has a term"),
        pytest.param([[1, 0], [0, 1], [1, 1], [1, 2]], [2000, 2000, 2000, 2000], id="one year"),
        pytest.param([[1, 0], [1, 1], [0, 0], [1, 1], [2, 1]], [2000, 2000, 2001, 2004, 2005], id="gaps"),
        pytest.param(
            [[1, 0], [1, 0], [1, 0], [1, 0], [1, 1]], [2000, 2000, 2001, 2002, 2003], id="all weights zero"
        ),
        pytest.param(
            [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1]],
            [2000, 2000, 2000, 2001, 2002],
            id="equal patents",
        ),
    ],
)
def test_corner_cases_equal_the_dense_twin(counts: list[list[int]], years: list[int], tmp_path: Path) -> None:
    matrix, when = np.array(counts), np.array(years)
    corpus = counted(tmp_path / "counts", matrix, when)
    found = thresholded_by_lag(corpus, by_lag(corpus, backward=2, forward=3), threshold=0.05)
    assert_equal(found, matrix, when, 0.05, 2, 3)


def random_corpus(patents: int, terms: int, years: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    # frequent terms and rare ones, so that head and tail both matter
    rate = 2.0 / (np.arange(terms) + 1.0)
    return random.poisson(rate, (patents, terms)), random.integers(1990, 1990 + years, patents)


def test_any_number_of_threads_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 32)
    monkeypatch.setattr(ranked, "LIST_DOCUMENTS", 64)
    counts = counted(tmp_path / "counts", *random_corpus(600, 80, 8))
    plan = by_lag(counts, backward=5, forward=5)
    # so few pieces that threads divide them, and so many that they are shared out
    monkeypatch.setattr(pieces, "PIECE_DOCUMENTS", 64)
    first, *others = [
        thresholded_by_lag(counts, plan, threshold=0.1, threads=threads) for threads in (1, 2, 4, 1, 64)
    ]
    assert (first.kept > 0).all()
    assert (first.kept < first.pairs).all()
    for other in others:
        assert other.sums.backward.tobytes() == first.sums.backward.tobytes()
        assert other.sums.forward.tobytes() == first.sums.forward.tobytes()
        assert other.kept.tolist() == first.kept.tolist()


def test_without_a_threshold_the_sums_are_those_of_the_linear_engine(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", *random_corpus(400, 60, 9))
    plan = by_lag(counts, backward=4, forward=3)
    linear, comparators = similarity_by_lag(counts, plan)
    found = thresholded_by_lag(counts, plan, threshold=0.0)
    assert found.comparators.tolist() == comparators.tolist()
    assert np.isfinite(found.sums.backward).sum() > 500
    np.testing.assert_allclose(found.sums.backward, linear.backward, rtol=1e-9)
    np.testing.assert_allclose(found.sums.forward, linear.forward, rtol=1e-9)
    np.testing.assert_array_equal(found.sums.has_terms, linear.has_terms)
    assert found.pairs[0] == sum(int(a) * int(b) for a, b in itertools.pairwise(comparators[1:]))


def test_the_bytes_do_not_change_with_the_size_of_the_head_beyond_rounding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = counted(tmp_path / "counts", *random_corpus(300, 60, 5))
    plan = by_lag(counts, backward=3, forward=3)
    results = []
    for head in (0, 4, 32):
        monkeypatch.setattr(ranked, "HEAD_TERMS", head)
        # so light a bound that pruning is decided by it
        monkeypatch.setattr(ranked, "HEAD_SHARE", 1.0)
        results.append(thresholded_by_lag(counts, plan, threshold=0.3))
    assert 0 < results[0].kept.sum() < results[0].pairs.sum()
    for other in results[1:]:
        assert other.kept.tolist() == results[0].kept.tolist()
        np.testing.assert_allclose(other.sums.forward, results[0].sums.forward, rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": -0.1}, "between 0 and 1"),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"threshold": float("nan")}, "between 0 and 1"),
        ({"threads": 0}, "threads"),
        ({"memory": 1000}, "does not suffice"),
    ],
)
def test_impossible_pair_settings_are_refused(options: dict, message: str, tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", np.array([[1], [1]]), np.array([2000, 2002]))
    with pytest.raises(SettingError, match=message):
        thresholded_by_lag(counts, by_lag(counts, backward=2, forward=2), **options)


def test_a_plan_that_groups_lags_is_refused(tmp_path: Path) -> None:
    counts = counted(tmp_path / "counts", np.array([[1], [1]]), np.array([2000, 2002]))
    plan = make_plan(counts, backward=1, groups=((1, 2),), first_year=2000, last_year=2002)
    with pytest.raises(SettingError, match="lag by lag"):
        thresholded_by_lag(counts, plan)


@settings(max_examples=30, deadline=None)
@given(
    corpus=dated_corpora(largest=3),
    variant=variants,
    threshold=st.sampled_from([0.05, 0.3, 0.6]),
)
def test_every_variant_of_the_thresholded_sums_equals_its_twin(
    corpus: tuple[np.ndarray, list[date], list[date]], variant: dict[str, str], threshold: float
) -> None:
    chosen = ScoreSettings(backward=2, forward=(1, 3), keep_lags=True, threshold=threshold, **variant)
    with tempfile.TemporaryDirectory() as folder, tiny_pieces(2):
        frame = score_patents(dated(Path(folder) / "counts", *corpus), chosen).frame
    distance = [1.0]

    def keep(_: int, __: int, similarity: float) -> bool:
        distance.append(abs(similarity - threshold))
        return similarity >= threshold

    try:
        assert_twin(frame, *corpus, chosen, keep)
    except AssertionError:
        # where a similarity equals the threshold but for rounding, rounding decides
        assume(min(distance) > 1e-12)
        raise


@pytest.mark.parametrize("variant", FIXED_VARIANTS, ids=lambda one: " ".join(one.values()))
def test_each_variant_of_the_thresholded_sums_equals_its_twin_where_there_is_much_to_add(
    variant: dict[str, str], tmp_path: Path
) -> None:
    corpus = drawn_corpus()
    chosen = ScoreSettings(backward=2, forward=(1, 3), keep_lags=True, threshold=0.3, **variant)
    with tiny_pieces(10):
        frame = score_patents(dated(tmp_path / "counts", *corpus), chosen).frame
    assert frame["forward_lag_1"].sum() > 20
    assert_twin(frame, *corpus, chosen, lambda _, __, similarity: similarity >= 0.3)


def test_patents_that_share_a_leader_stand_together_and_no_sum_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(3)
    # eight topics of their own words, shuffled
    rate = np.kron(np.eye(8), np.full((1, 12), 0.5)) + 0.01
    topic = random.integers(8, size=1200)
    years = np.repeat([2000, 2001, 2002], 400)
    counts = counted(tmp_path / "counts", random.poisson(rate[topic]), years)
    plan = by_lag(counts, backward=1, forward=1)
    block = counts.blocks[1]
    base = ranked.base_of_blocks(counts, [block], np.ones(96))
    lists = ranked.as_lists(base, ranked.rank_blocks(counts, [block], base), threshold=0.2)
    assert sorted(lists.order) == list(range(400))
    changes = np.diff(topic[400:800][lists.order]) != 0
    assert changes.sum() < 150  # of 350 in the order of the corpus
    found = thresholded_by_lag(counts, plan, threshold=0.2)
    monkeypatch.setattr(ranked, "LED", 10**6)  # no leaders
    as_given = thresholded_by_lag(counts, plan, threshold=0.2)
    assert found.kept.tolist() == as_given.kept.tolist()
    np.testing.assert_allclose(found.sums.forward, as_given.sums.forward, rtol=1e-12)
    np.testing.assert_allclose(found.sums.backward, as_given.sums.backward, rtol=1e-12)


@pytest.mark.larger
def test_whole_solar_patents_have_the_thresholded_sums_of_the_dense_twin(
    larger_data: Path, tmp_path: Path
) -> None:
    frame = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")
    corpus = pm.Corpus(frame=frame, key="patent_id", text=("title", "text"))
    counts = pm.count_terms(corpus, tmp_path / "counts", segmenter="english", date="issue", min_documents=2)
    matrix, documents = pm.to_csr(counts)
    years = documents["year"].to_numpy()
    found = thresholded_by_lag(counts, by_lag(counts, backward=5, forward=5), threshold=0.05)
    assert 0 < found.kept.sum() < found.pairs.sum()
    compared = 0
    for p in np.random.default_rng(3).choice(len(years), 50, replace=False):
        # only the years around p, but weights from all patents before
        for side, sign in ((found.sums.backward, -1), (found.sums.forward, 1)):
            for lag in range(1, 6):
                value = side[p, lag - 1]
                if np.isnan(value):
                    continue
                others = matrix[np.flatnonzero(years == years[p] + sign * lag)].toarray().astype(float)
                earlier = min(years[p], years[p] + sign * lag)
                before = matrix[np.flatnonzero(years < earlier)]
                frequency = np.bincount(before.indices, minlength=matrix.shape[1])
                weights = np.maximum(np.log(before.shape[0] / (1 + frequency)), 0.0)
                u, v = matrix[[p]].toarray()[0] * weights, others * weights
                lengths = np.sqrt((u**2).sum()) * np.sqrt((v**2).sum(axis=1))
                rho = np.divide(v @ u, lengths, out=np.zeros(len(v)), where=lengths > 0)
                assert value == pytest.approx(twin.above(list(rho), 0.05), rel=RELATIVE)
                compared += 1
    assert compared > 200
