"""After a year was added, only what its windows touch is computed, and the scores are those of a full run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.extend import extend_counts
from patentmetrics.score.patents import score_patents
from patentmetrics.score.plan import Keys, Unit, lag_groups, make_keys, make_plan
from patentmetrics.score.settings import ScoreSettings

FIRST, LAST, TERMS, NEW_TERMS = 1990, 2009, 60, 15
SETTINGS = ScoreSettings(backward=3, forward=(1, 4))


def rows_of(counts: np.ndarray, years: np.ndarray) -> dict:
    rows, columns = np.nonzero(counts)
    return {
        "documents": pl.DataFrame(
            {
                "patent_id": [f"P{year}-{i}" for i, year in enumerate(years)],
                "filing_date": [date(int(year), 6, 1) for year in years],
            }
        ),
        "years": years.astype(np.int32),
        "indptr": np.searchsorted(rows, np.arange(len(years) + 1)).astype(np.int64),
        "indices": columns.astype(np.uint32),
        "data": counts[rows, columns].astype(np.uint32),
        "made_by": {},
    }


def vocabulary_of(counts: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "term": [f"t{i}" for i in range(counts.shape[1])],
            "documents": (counts > 0).sum(axis=0),
            "occurrences": counts.sum(axis=0),
        }
    )


def drawn(years: np.ndarray, terms: int) -> np.ndarray:
    return np.random.default_rng(int(years[0])).poisson(0.3, (len(years), terms))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> TermCounts:
    years = np.repeat(np.arange(FIRST, LAST), 12)
    counts = drawn(years, TERMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 4)
        patch.setattr(build, "BLOCK_DOCUMENTS", 8)
        return build_counts(
            tmp_path_factory.mktemp("old") / "counts",
            **rows_of(counts, years),
            vocabulary=vocabulary_of(counts),
            date="filing",
        )


def with_year(old: TermCounts, folder: Path, year: int, *, new_terms: int) -> TermCounts:
    years = np.full(12, year)
    counts = drawn(years, old.vocabulary.height + new_terms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "BATCH_DOCUMENTS", 4)
        patch.setattr(build, "BLOCK_DOCUMENTS", 8)
        added = build_counts(
            folder.with_name(f"{folder.name}-alone"),
            **rows_of(counts, years),
            vocabulary=vocabulary_of(counts),
            date="filing",
        )
        return extend_counts(old, added, folder, made_by={})


def keys_of(counts: TermCounts, settings: ScoreSettings) -> Keys:
    years = [block.year for block in counts.blocks]
    plan = make_plan(
        counts,
        backward=settings.backward,
        groups=lag_groups(list(settings.forward), by_lag=False),
        first_year=min(years),
        last_year=max(years),
        weighting=settings.weighting,
        pair_weights=settings.pair_weights,
    )
    return make_keys(counts, plan)


def files(work: Path) -> dict[str, int]:
    paths = [path for path in work.glob("*.npy") if not path.match("*.run.npy")]
    return {path.stem: path.stat().st_mtime_ns for path in paths}


def made_anew(counts: TermCounts, settings: ScoreSettings, work: Path) -> dict[str, list[Block | Unit]]:
    """Score in the work folder; give the blocks and units whose results were written, by pass."""
    before = files(work)
    scores = score_patents(counts, settings, work=work)
    after = files(work)
    assert before.items() <= after.items()
    keys = keys_of(counts, settings)
    passes = {"frequencies": keys.frequencies, "totals": keys.totals, "sums": keys.sums}
    written: dict[str, list[Block | Unit]] = {
        one: [block for block in counts.blocks if names[block.name] not in before]
        for one, names in passes.items()
    }
    written["unit sums"] = [unit for unit, name in keys.unit_sums.items() if name not in before]
    assert len(after) - len(before) == sum(map(len, written.values()))
    fresh = score_patents(counts, settings)
    assert scores.frame.equals(fresh.frame)
    assert scores.made_by == fresh.made_by
    assert scores.frame["breakthrough_4"].drop_nulls().len() > 50
    return written


def years_of(blocks: list[Block | Unit]) -> set[int]:
    return {block.year for block in blocks}


@pytest.mark.parametrize("new_terms", [0, NEW_TERMS])
def test_a_later_year_is_added_at_the_cost_of_what_its_windows_touch(
    old: TermCounts, tmp_path: Path, new_terms: int
) -> None:
    work = tmp_path / "work"
    first = made_anew(old, SETTINGS, work)
    assert [len(found) for found in first.values()] == [len(old.blocks)] * 3 + [LAST - FIRST]
    counts = with_year(old, tmp_path / "counts", LAST, new_terms=new_terms)
    written = made_anew(counts, SETTINGS, work)
    assert years_of(written["frequencies"]) == {LAST}
    assert years_of(written["totals"]) == {LAST}
    # the longest window ahead has four years
    assert years_of(written["unit sums"]) == set(range(LAST - 4, LAST + 1))
    assert years_of(written["sums"]) == set(range(LAST - 4, LAST + 1))
    assert all(blocks == [] for blocks in made_anew(counts, SETTINGS, work).values())


@pytest.mark.parametrize(
    ("settings", "touched"),
    [
        # each patent is weighted in its own year, by the years up to it: the past stays
        (
            ScoreSettings(backward=3, forward=(1, 4), weighting="cumulative", pair_weights="own"),
            set(range(LAST - 4, LAST + 1)),
        ),
        # weights of the whole sample change with every patent
        (ScoreSettings(backward=3, forward=(1, 4), weighting="idf"), set(range(FIRST, LAST + 1))),
        (ScoreSettings(backward=3, forward=(1, 4), weighting="none"), set(range(LAST - 4, LAST + 1))),
    ],
    ids=["cumulative", "idf", "none"],
)
def test_other_weights_are_extended_too(
    old: TermCounts, tmp_path: Path, settings: ScoreSettings, touched: set[int]
) -> None:
    work = tmp_path / "work"
    score_patents(old, settings, work=work)
    counts = with_year(old, tmp_path / "counts", LAST, new_terms=NEW_TERMS)
    written = made_anew(counts, settings, work)
    assert years_of(written["frequencies"]) == {LAST}
    assert years_of(written["sums"]) == touched


def test_an_earlier_year_changes_all_weights_after_it_and_costs_all_but_the_frequencies(
    old: TermCounts, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    score_patents(old, SETTINGS, work=work)
    counts = with_year(old, tmp_path / "counts", FIRST - 1, new_terms=NEW_TERMS)
    written = made_anew(counts, SETTINGS, work)
    assert years_of(written["frequencies"]) == {FIRST - 1}
    assert years_of(written["sums"]) == set(range(FIRST - 1, LAST))


def test_years_added_one_after_the_other_equal_a_full_run(old: TermCounts, tmp_path: Path) -> None:
    work = tmp_path / "work"
    counts = old
    for step, year in enumerate((LAST, LAST + 1, LAST + 3)):
        counts = with_year(counts, tmp_path / str(year), year, new_terms=step)
        written = made_anew(counts, SETTINGS, work)
        if step:
            assert years_of(written["totals"]) == {year}
