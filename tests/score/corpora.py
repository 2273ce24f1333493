"""Small counted corpora for the tests of the scores."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from patentmetrics.core.types import TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.build import build_counts
from patentmetrics.score import pieces, ranked
from patentmetrics.score.plan import Plan, lag_groups, make_plan
from patentmetrics.score.settings import ScoreSettings
from tests.reference import kpst_variants


def counted(
    folder: Path,
    counts: np.ndarray,
    years: np.ndarray,
    columns: Mapping[str, Sequence[object] | pl.Series] | None = None,
) -> TermCounts:
    """Write a dense matrix of counts, a row a patent, as a counted corpus; documents have ``columns``."""
    rows, terms = np.nonzero(counts)
    documents = {
        "patent_id": [f"P{i}" for i in range(len(years))],
        "filing_date": [date(int(year), 6, 1) for year in years],
    }
    return build_counts(
        folder,
        documents=pl.DataFrame(documents | dict(columns or {})),
        years=years.astype(np.int32),
        indptr=np.searchsorted(rows, np.arange(len(years) + 1)).astype(np.int64),
        indices=terms.astype(np.uint32),
        data=counts[rows, terms].astype(np.uint32),
        vocabulary=pl.DataFrame(
            {
                "term": [f"t{i}" for i in range(counts.shape[1])],
                "documents": (counts > 0).sum(axis=0),
                "occurrences": counts.sum(axis=0),
            },
            schema_overrides={"term": pl.String},
        ),
        date="filing",
        made_by={},
    )


def dated(
    folder: Path, counts: np.ndarray, filed: Sequence[date], issued: Sequence[date | None]
) -> TermCounts:
    """Write a counted corpus with two dates; that of filing decides the year."""
    years = np.array([day.year for day in filed])
    return counted(folder, counts, years, {"filing_date": filed, "issue_date": issued})


def by_lag(
    counts: TermCounts, *, backward: int, forward: int, sample: tuple[int, int] | None = None, **weights: str
) -> Plan:
    """Plan sums lag by lag, over the years that there are or a wider sample."""
    years = [block.year for block in counts.blocks]
    first, last = sample or (min(years), max(years))
    groups = lag_groups([forward], by_lag=True)
    return make_plan(counts, backward=backward, groups=groups, first_year=first, last_year=last, **weights)


@contextlib.contextmanager
def tiny_pieces(documents: int = 3) -> Iterator[None]:
    """Make batches, blocks and pieces so small that every seam between them is crossed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", documents)
        patch.setattr(build, "BLOCK_DOCUMENTS", 2 * documents)
        patch.setattr(pieces, "PIECE_DOCUMENTS", 3 * documents)
        patch.setattr(ranked, "LIST_DOCUMENTS", 4)
        patch.setattr(ranked, "CHUNK", 2)
        patch.setattr(ranked, "LED", 2)
        yield


def drawn_corpus(patents: int = 60, terms: int = 12) -> tuple[np.ndarray, list[date], list[date]]:
    """Counts, and dates of filing and of issue: so many that nearly every sum has something to add."""
    random = np.random.default_rng(11)
    filed = [date(int(random.integers(2000, 2005)), int(random.integers(1, 13)), 1) for _ in range(patents)]
    issued = [day.replace(year=day.year + int(random.integers(3))) for day in filed]
    return random.poisson(0.5, (patents, terms)), filed, issued


@st.composite
def dated_corpora(draw: st.DrawFn, *, largest: int = 2) -> tuple[np.ndarray, list[date], list[date]]:
    """Counts, and dates of filing and of issue."""
    patents, terms = draw(st.integers(2, 12)), draw(st.integers(1, 6))
    counts = draw(arrays.arrays(np.int64, (patents, terms), elements=st.integers(0, largest)))
    months = st.tuples(st.integers(2000, 2004), st.integers(1, 12))
    filed = [date(*draw(months), 1) for _ in range(patents)]
    issued = [date(day.year + draw(st.integers(0, 2)), draw(st.integers(1, 12)), 1) for day in filed]
    return counts, filed, issued


PERIOD = {
    "year": lambda when: when.year,
    "quarter": lambda when: when.year * 4 + (when.month - 1) // 3,
    "month": lambda when: when.year * 12 + when.month - 1,
}
# weights, and the dates that order patents for the windows and for the weights
VARIANTS = {
    "weighting": ["bidf", "cumulative", "idf", "none"],
    "pair_weights": ["earlier", "own"],
    "freeze": ["year", "quarter", "month"],
    "date": ["filing", "issue"],
    "weight_date": ["filing", "issue"],
}
# every weighting, of the earlier period and each patent's own, by year and one date and by quarter and two
FIXED_VARIANTS = [
    {"weighting": weighting, "pair_weights": whose, "freeze": freeze, "date": "filing", "weight_date": date}
    for weighting in VARIANTS["weighting"]
    for whose in VARIANTS["pair_weights"]
    for freeze, date in (("year", "filing"), ("quarter", "issue"))
]
variants = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VARIANTS.items()})


def assert_twin(
    frame: pl.DataFrame,
    counts: np.ndarray,
    filed: list[date],
    issued: list[date],
    chosen: ScoreSettings,
    keep: Callable[[int, int, float], bool] | None = None,
) -> None:
    """Compare the lags of a frame of scores with those of the pairwise twin."""
    dates = {"filing": filed, "issue": issued}
    twin = kpst_variants.lag_sums(
        counts,
        np.array([day.year for day in dates[chosen.date]]),
        np.array([PERIOD[chosen.freeze](day) for day in dates[chosen.weight_date]]),
        weighting=chosen.weighting,
        pair_weights=chosen.pair_weights,
        lags=range(-chosen.backward, max(chosen.forward) + 1),
        keep=keep,
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
