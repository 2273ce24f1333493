"""The linear engine equals the dense pairwise twin, whatever the corpus."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from patentmetrics.counted import build
from patentmetrics.score.patents import score_patents
from patentmetrics.score.settings import ScoreSettings
from tests.reference import kpst
from tests.score.corpora import counted

# the engine and the twin add the same float64 terms in another order
RELATIVE = 1e-9


@st.composite
def corpora(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Counts and years, with empty documents, years without patents, and few patents among them."""
    patents = draw(st.integers(1, 14))
    terms = draw(st.integers(1, 8))
    counts = draw(
        arrays.arrays(
            np.int64, (patents, terms), elements=st.one_of(st.just(0), st.integers(0, 3), st.just(70_000))
        )
    )
    years = np.array(draw(st.lists(st.integers(2000, 2007), min_size=patents, max_size=patents)))
    return counts, years


def expected(
    counts: np.ndarray,
    years: np.ndarray,
    backward: int,
    forward: list[int],
    patents: Iterable[int] | None = None,
) -> dict[str, dict[str, float | None]]:
    weights = kpst.bidf(counts, years)
    return {
        f"P{p}": {"backward_similarity": kpst.backward_similarity(counts, years, weights, p, backward)}
        | {
            f"forward_similarity_{window}": kpst.forward_similarity(counts, years, weights, p, window)
            for window in forward
        }
        for p in (range(len(years)) if patents is None else patents)
    }


def assert_equal(found: pl.DataFrame, twin: dict[str, dict[str, float | None]]) -> None:
    for row in found.iter_rows(named=True):
        for name, value in twin[row["patent_id"]].items():
            if value is None:
                assert row[name] is None, (row["patent_id"], name)
            else:
                assert row[name] == pytest.approx(value, rel=RELATIVE, abs=1e-12), (row["patent_id"], name)


@settings(max_examples=100, deadline=None)
@given(corpus=corpora(), backward=st.integers(1, 3), batch=st.integers(1, 4))
def test_scores_equal_the_pairwise_twin(
    corpus: tuple[np.ndarray, np.ndarray], backward: int, batch: int
) -> None:
    counts, years = corpus
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # tiny batches and blocks: every seam between them is crossed
        patch.setattr(build, "BATCH_DOCUMENTS", batch)
        patch.setattr(build, "BLOCK_DOCUMENTS", 2 * batch)
        scores = score_patents(
            counted(Path(folder) / "counts", counts, years),
            ScoreSettings(backward=backward, forward=(1, 2, 4)),
        )
    assert_equal(scores.frame, expected(counts, years, backward, [1, 2, 4]))


@pytest.mark.parametrize(
    ("counts", "years"),
    [
        pytest.param([[1, 2]], [2000], id="one patent"),
        pytest.param([[0, 0], [0, 0], [0, 0]], [2000, 2001, 2002], id="no patent has a term"),
        pytest.param([[1, 0], [0, 1], [1, 1], [1, 2]], [2000, 2000, 2000, 2000], id="one year"),
        pytest.param([[1, 0], [1, 1], [0, 0], [1, 1], [2, 1]], [2000, 2000, 2001, 2004, 2005], id="gaps"),
        pytest.param(
            [[1, 0, 2], [0, 1, 0], [1, 1, 0], [3, 0, 1], [0, 2, 1], [1, 0, 1]],
            [2000, 2001, 2002, 2003, 2004, 2005],
            id="each year has one patent",
        ),
        pytest.param([[], [], [], []], [2000, 2001, 2001, 2002], id="empty vocabulary"),
        pytest.param(
            [[255, 256, 0], [256, 1, 1], [65_535, 65_536, 3], [2**32 - 1, 1, 2], [1, 2**32 - 1, 2**32 - 1]],
            [2000, 2000, 2001, 2002, 2003],
            id="counts at the limits of their types",
        ),
    ],
)
def test_corner_cases_equal_the_pairwise_twin(
    counts: list[list[int]], years: list[int], tmp_path: Path
) -> None:
    matrix, when = np.array(counts), np.array(years)
    scores = score_patents(
        counted(tmp_path / "counts", matrix, when), ScoreSettings(backward=2, forward=(1, 3))
    )
    assert_equal(scores.frame, expected(matrix, when, 2, [1, 3]))


def random_corpus(patents: int, terms: int, years: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.poisson(0.3, (patents, terms)), random.integers(1990, 1990 + years, patents)


def test_any_number_of_threads_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BATCH_DOCUMENTS", 16)
    monkeypatch.setattr(build, "BLOCK_DOCUMENTS", 32)
    counts = counted(tmp_path / "counts", *random_corpus(600, 80, 12))
    first, *others = [score_patents(counts, threads=threads) for threads in (1, 2, 4, 1)]
    assert first.frame["breakthrough_5_net"].drop_nulls().len() > 30
    for other in others:
        assert other.frame.equals(first.frame)
        assert other.made_by == first.made_by


def test_partial_windows_give_what_there_is_and_never_zero_for_nothing(tmp_path: Path) -> None:
    matrix, when = random_corpus(60, 20, 6)
    counts = counted(tmp_path / "counts", matrix, when)
    whole = score_patents(counts, ScoreSettings(backward=3, forward=(2,)))
    partial = score_patents(counts, ScoreSettings(backward=3, forward=(2,), partial_windows=True))
    complete = whole.frame["backward_complete"]
    assert partial.frame.filter(complete)["backward_similarity"].equals(
        whole.frame.filter(complete)["backward_similarity"]
    )
    first_year = partial.frame.filter(pl.col("year") == 1990)
    assert first_year["backward_similarity"].null_count() == first_year.height
    # 1992: of its three years only 1991 has known weights and is covered
    p = partial.frame.filter(pl.col("year") == 1992).row(0, named=True)
    twin = kpst.summed(matrix, when, kpst.bidf(matrix, when), int(p["patent_id"][1:]), range(1991, 1992))
    assert p["backward_similarity"] == pytest.approx(twin, rel=RELATIVE)
    assert p["backward_comparators"] == (when == 1991).sum()


def test_a_wider_sample_makes_windows_complete(tmp_path: Path) -> None:
    matrix, when = random_corpus(40, 20, 6)
    counts = counted(tmp_path / "counts", matrix, when)
    narrow = score_patents(counts, ScoreSettings(backward=2, forward=(3,))).frame
    wide = score_patents(counts, ScoreSettings(backward=2, forward=(3,), last_year=1998)).frame
    late = pl.col("year") == 1995
    assert narrow.filter(late)["forward_similarity_3"].null_count() == narrow.filter(late).height
    # covered years without patents: nothing is like the patent, and that is known
    assert wide.filter(late)["forward_similarity_3"].to_list() == [0.0] * wide.filter(late).height
    assert wide.filter(late)["importance_3"].drop_nulls().to_list() == [0.0] * wide.filter(late).height
    assert wide.filter(late)["breakthrough_3"].null_count() == wide.filter(late).height
