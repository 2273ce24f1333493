"""Score patents: the public function that names, checks and puts together what the passes give."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Scores, TermCounts
from patentmetrics.counted.csr import DATES, regroup
from patentmetrics.counted.format import read_documents, verify_counts
from patentmetrics.score.breakthrough import add_breakthrough
from patentmetrics.score.linear import similarity_by_lag
from patentmetrics.score.weights import count_years
from patentmetrics.score.windows import window_columns


def score_patents(
    counts: TermCounts,
    *,
    backward: int = 5,
    forward: Sequence[int] = (1, 5, 10),
    date: Literal["filing", "issue"] | None = None,
    partial_windows: bool = False,
    first_year: int | None = None,
    last_year: int | None = None,
    top_share: float = 0.1,
    threads: int | None = None,
    progress: Progress = silent,
) -> Scores:
    """Score patents by backward and forward similarity (后向/前向相似度, 突破性专利).

    The measure of Kelly, Papanikolaou, Seru & Taddy 2021 (AER: Insights 3(3), 303-320, eq. 2 and 4-10,
    doi:10.1257/aeri.20190499) without their threshold (``measure="linear"`` in the output): terms are
    weighted with the backward inverse document frequency, frozen by calendar year, of the earlier
    patent of each pair; similarities are cosines; the patent's own year counts in no window. The sums
    are exact: see `patentmetrics.score.linear`.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    backward : int
        Years of the backward window.
    forward : sequence of int
        Years of the forward windows.
    date : {"filing", "issue"}, optional
        Which date decides a patent's year; the date that the corpus was counted by, by default. With
        the other one, patents that lack it are left out and counted.
    partial_windows : bool
        Give sums over windows that the sample does not cover whole; null by default.
    first_year, last_year : int, optional
        The years that the sample covers, when they are more than the years it has patents of.
    top_share : float
        Share of breakthrough patents.
    threads : int, optional
        Blocks in work at a time. Any number gives the same bytes.

    Returns
    -------
    Scores
        One row a patent, in order of years, then as counted: ``patent_id, year, backward_similarity,
        forward_similarity_τ, importance_τ, breakthrough_τ, breakthrough_τ_net, is_breakthrough_τ,
        backward_complete, forward_complete_τ`` and the comparators. Null, and counted in
        ``made_by["counts"]``: incomplete windows, years whose term weights cannot be known (fewer than
        two patents before), patents without terms, ratios to zero.

    Raises
    ------
    SettingError
        A window is not positive, ``top_share`` is not between 0 and 1, or the years given do not cover
        the patents.
    DataError
        A block was changed since it was counted.

    Examples
    --------
    >>> import patentmetrics as pm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulated = pm.simulate_corpus(first_year=2000, last_year=2009, patents_per_year=20, seed=1)
    ...     counts = pm.count_terms(
    ...         simulated.corpus, Path(folder) / "counts", segmenter="whitespace", date="filing"
    ...     )
    ...     scores = score_patents(counts, backward=3, forward=[3])
    >>> scores.frame.filter(pl.col("year") == 2001)["backward_similarity"].unique().to_list()
    [None]
    """
    windows = _checked_windows(backward, forward, top_share)
    verify_counts(counts)
    with tempfile.TemporaryDirectory() as scratch:
        without_date = 0
        if date is not None:
            check_choice(date, DATES, argument="date")
            if date != counts.date:
                counts, without_date = regroup(counts, Path(scratch) / "counts", date=date)
        first, last = _checked_years(counts, first_year, last_year)
        year_counts = count_years(counts, first_year=first, last_year=last, threads=threads)
        sums = similarity_by_lag(
            counts, year_counts, backward=backward, forward=max(windows), threads=threads, progress=progress
        )
        ids = pl.concat([read_documents(counts, block).select("patent_id") for block in counts.blocks])
    columns = window_columns(sums, year_counts, backward=backward, forward=windows, partial=partial_windows)
    frame = ids.with_columns(pl.Series("year", sums.year, pl.Int32), **columns)
    frame = add_breakthrough(frame, windows=windows, top_share=top_share)
    nulls = {
        f"null_{name}": frame[name].null_count()
        for name in ["backward_similarity", *(f"breakthrough_{window}" for window in windows)]
    }
    made_by = provenance(
        "score",
        settings={
            "measure": "linear",
            "weights": "bidf by calendar year",
            "date": counts.date,
            "backward": backward,
            "forward": windows,
            "partial_windows": partial_windows,
            "first_year": first,
            "last_year": last,
            "top_share": top_share,
        },
        inputs={"counts": counts.made_by},
        counts={
            "patents": frame.height,
            "patents_without_date": without_date,
            "patents_without_terms": int((~sums.has_terms).sum()),
            **nulls,
        },
    )
    return Scores(frame=_ordered(frame, windows), key="patent_id", made_by=made_by)


def _checked_windows(backward: int, forward: Sequence[int], top_share: float) -> list[int]:
    windows = sorted(set(forward))
    if not windows or min(backward, *windows) < 1:
        raise SettingError(
            "a window must have one year or more", where="backward, forward", got=[backward, *windows]
        )
    if not 0 < top_share < 1:
        raise SettingError("the top share must lie between 0 and 1", where="top_share", got=top_share)
    return windows


def _checked_years(counts: TermCounts, first_year: int | None, last_year: int | None) -> tuple[int, int]:
    found = [block.year for block in counts.blocks]
    first = min(found) if first_year is None else first_year
    last = max(found) if last_year is None else last_year
    if first > min(found) or last < max(found):
        raise SettingError(
            "there are patents outside the years that the sample is said to cover",
            where="first_year, last_year",
            got=f"{first}-{last}",
            allowed=f"{min(found)}-{max(found)} or wider",
        )
    return first, last


def _ordered(frame: pl.DataFrame, windows: list[int]) -> pl.DataFrame:
    per_window = [
        "forward_similarity",
        "forward_comparators",
        "forward_complete",
        "importance",
        "breakthrough",
        "breakthrough_net",
        "is_breakthrough",
    ]
    names = ["patent_id", "year", "backward_similarity", "backward_comparators", "backward_complete"]
    for window in windows:
        names += [
            f"breakthrough_{window}_net" if name == "breakthrough_net" else f"{name}_{window}"
            for name in per_window
        ]
    return frame.select(names)
