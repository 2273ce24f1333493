"""Whole texts of real patents score as the pairwise twin says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import patentmetrics as pm
from patentmetrics.score.settings import ScoreSettings
from tests.reference import kpst


@pytest.mark.larger
@pytest.mark.slow
def test_whole_solar_patents_score_as_the_pairwise_twin(larger_data: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(larger_data / "patents" / "us_solar_grants.parquet")
    assert frame.height == 2687
    corpus = pm.Corpus(frame=frame, key="patent_id", text=("title", "text"))
    counts = pm.count_terms(corpus, tmp_path / "counts", segmenter="english", date="issue", min_documents=20)
    scores = pm.score_patents(counts, ScoreSettings(backward=5, forward=(1, 5, 10))).frame
    matrix, documents = pm.to_csr(counts)
    dense, years = matrix.toarray().astype(np.int32), documents["year"].to_numpy()
    weights = kpst.bidf(dense, years)
    chosen = np.sort(np.random.default_rng(11).choice(len(years), 40, replace=False))
    compared = 0
    for p in chosen:
        row = scores.row(int(p), named=True)
        assert row["patent_id"] == documents["patent_id"][int(p)]
        twin = {"backward_similarity": kpst.backward_similarity(dense, years, weights, p, 5)}
        for window in (1, 5, 10):
            twin[f"forward_similarity_{window}"] = kpst.forward_similarity(dense, years, weights, p, window)
        for name, value in twin.items():
            assert row[name] == (None if value is None else pytest.approx(value, rel=1e-9)), name
            compared += value is not None
    assert compared > 100


def test_planted_breakthroughs_come_out_on_top(tmp_path: Path) -> None:
    simulated = pm.simulate_corpus(first_year=1990, last_year=2009, patents_per_year=60, seed=3)
    counts = pm.count_terms(
        simulated.corpus, tmp_path / "counts", segmenter="whitespace", date="filing", min_documents=2
    )
    scores = pm.score_patents(counts, ScoreSettings(backward=5, forward=(5,))).frame
    known = scores.filter(pl.col("breakthrough_5_net").is_not_null())
    planted = known.filter(pl.col("patent_id").is_in(simulated.planted["patent_id"].implode()))
    assert planted.height == 9  # 1996-2004: five years back with known weights, five ahead
    assert planted["is_breakthrough_5"].all()
    assert planted["breakthrough_5_net"].min() > known["breakthrough_5_net"].quantile(0.95)
