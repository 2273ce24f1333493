"""Small counted corpora for the tests of the scores."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from patentmetrics.core.types import TermCounts
from patentmetrics.counted.build import build_counts


def counted(folder: Path, counts: np.ndarray, years: np.ndarray) -> TermCounts:
    """Write a dense matrix of counts, one row a patent, as a counted corpus."""
    rows, columns = np.nonzero(counts)
    return build_counts(
        folder,
        documents=pl.DataFrame(
            {
                "patent_id": [f"P{i}" for i in range(len(years))],
                "filing_date": [date(int(year), 6, 1) for year in years],
            }
        ),
        years=years.astype(np.int32),
        indptr=np.searchsorted(rows, np.arange(len(years) + 1)).astype(np.int64),
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
