"""Score patents: the public function that names, checks and puts together what the passes give."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Block, Scores, TermCounts, require_columns
from patentmetrics.counted.format import read_documents, verify_counts
from patentmetrics.counted.regroup import regroup
from patentmetrics.execute.local import Executor
from patentmetrics.score.breakthrough import add_breakthrough, breakthrough_counts
from patentmetrics.score.group_members import ipc_subclass
from patentmetrics.score.linear import LagSums
from patentmetrics.score.measures import measured_sums
from patentmetrics.score.sampled import error_columns
from patentmetrics.score.settings import ScoreSettings
from patentmetrics.score.store import work_folder
from patentmetrics.score.windows import window_columns


def score_patents(
    counts: TermCounts,
    settings: ScoreSettings | None = None,
    *,
    memory: int | None = None,
    threads: int | None = None,
    work: Path | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Scores:
    """Score patents by backward and forward similarity (后向/前向相似度, 突破性专利).

    The measure of Kelly, Papanikolaou, Seru & Taddy 2021 (AER: Insights 3(3), 303-320, eq. 2 and 4-10,
    doi:10.1257/aeri.20190499) without their threshold (``measure="linear"`` in the output): terms are
    weighted with the backward inverse document frequency of the earlier patent of each pair;
    similarities are cosines; the patent's own year counts in no window. The sums are exact: see
    `patentmetrics.score.linear`.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus.
    settings : ScoreSettings, optional
        Windows, weights, dates, cut-offs; Kelly et al. with windows of 1, 5 and 10 years by default.
    memory : int, optional
        Bytes that the sums and the blocks in work may take. Any number gives the same bytes.
    threads : int, optional
        Blocks in work at a time; likewise.
    work : Path, optional
        A folder for intermediate results, made where it is missing, for one run at a time. With it a run
        that was killed goes on where it stopped, and a corpus to which a year was added is scored anew only
        where the year matters.
    executor : callable, optional
        Runs a function over blocks in place of threads, e.g. `patentmetrics.execute.dask_.on_dask`.

    Returns
    -------
    Scores
        One row a patent, in order of years, then as counted: ``patent_id, year, backward_similarity,
        forward_similarity_τ, importance_τ, breakthrough_τ, breakthrough_τ_net, is_breakthrough_τ,
        backward_complete, forward_complete_τ`` and the comparators; of a sample the standard errors too
        (``backward_similarity_se``, ``forward_similarity_τ_se``). Null, and counted in
        ``made_by["counts"]``: incomplete windows, years whose term weights cannot be known (fewer than
        two patents before), patents without terms, ratios to zero.

    Raises
    ------
    SettingError
        The years given do not cover the patents, or the memory is too small.
    ColumnError
        A date that the settings name is not in the counted corpus.
    DataError
        A block was changed since it was counted.
    OutputError
        Another run is using the work folder, or it cannot be written.

    Examples
    --------
    >>> import patentmetrics as pm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulated = pm.simulate_corpus(first_year=2000, last_year=2009, patents_per_year=20, seed=1)
    ...     counts = pm.count_terms(
    ...         simulated.corpus, Path(folder) / "counts", segmenter="whitespace", date="filing"
    ...     )
    ...     scores = score_patents(counts, ScoreSettings(backward=3, forward=(3,)))
    >>> scores.frame.filter(pl.col("year") == 2001)["backward_similarity"].unique().to_list()
    [None]
    """
    settings = settings or ScoreSettings()
    with _working(work) as folder:
        verify_counts(counts, threads=threads, executor=executor)
        counted = counts.documents
        counts = _dated(
            counts, settings, folder, memory=memory, threads=threads, executor=executor, progress=progress
        )
        without_date = counted - counts.documents
        first, last = _checked_years(counts, settings)
        measured = measured_sums(
            counts,
            settings,
            first_year=first,
            last_year=last,
            memory=memory,
            threads=threads,
            work=work,
            executor=executor,
            progress=progress,
        )
        documents = pl.concat([_identity(counts, block, settings) for block in counts.blocks])
    sums = measured.sums
    columns = window_columns(
        sums,
        measured.comparators,
        first_year=first,
        backward=settings.backward,
        forward=settings.forward,
        partial=settings.partial_windows,
    )
    errors = error_columns(
        measured.sampled,
        backward=settings.backward,
        forward=settings.forward,
        partial_windows=settings.partial_windows,
    )
    frame = documents.with_columns(pl.Series("year", sums.year, pl.Int32), **columns, **errors)
    frame = add_breakthrough(
        frame,
        windows=list(settings.forward),
        top_share=settings.top_share,
        effects=_effects(settings),
        top_within=settings.top_within,
    )
    names = _names(settings)
    for name in errors:
        names.insert(names.index(name.removesuffix("_se")) + 1, name)
    if settings.keep_lags:
        lags = _lag_columns(sums, settings)
        frame = frame.with_columns(**lags)
        names += list(lags)
    made_by = provenance(
        "score",
        settings={
            "measure": _measure(settings),
            **dataclasses.asdict(settings),
            "date": counts.date,
            "first_year": first,
            "last_year": last,
        },
        inputs={"counts": counts.made_by},
        counts={
            "patents": frame.height,
            "patents_without_date": without_date,
            "patents_without_terms": int((~sums.has_terms).sum()),
            "null_backward_similarity": frame["backward_similarity"].null_count(),
            **breakthrough_counts(frame, windows=list(settings.forward), effects=_effects(settings)),
        },
    )
    return Scores(frame=frame.select(names), key="patent_id", made_by=made_by)


def _measure(settings: ScoreSettings) -> str:
    if settings.threshold is None:
        return "linear"
    return "thresholded" if settings.sample is None else "sampled"


@contextlib.contextmanager
def _working(work: Path | None) -> Iterator[Path]:
    """Take the work folder for this run alone, or a temporary one."""
    if work is None:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)
    else:
        with work_folder(work):
            yield work


def _dated(
    counts: TermCounts,
    settings: ScoreSettings,
    folder: Path,
    *,
    memory: int | None,
    threads: int | None,
    executor: Executor | None,
    progress: Progress,
) -> TermCounts:
    """Order the corpus by the dates that the settings name, unless it is so already."""
    date = settings.date or counts.date
    weight_date = settings.weight_date or date
    if date == counts.date and weight_date == date and settings.freeze == "year":
        return counts
    return regroup(
        counts,
        folder,
        date=date,
        base_date=weight_date,
        freeze=settings.freeze,
        memory=memory,
        threads=threads,
        executor=executor,
        progress=progress,
    )


def _checked_years(counts: TermCounts, settings: ScoreSettings) -> tuple[int, int]:
    found = [block.year for block in counts.blocks]
    first = min(found) if settings.first_year is None else settings.first_year
    last = max(found) if settings.last_year is None else settings.last_year
    if first > min(found) or last < max(found):
        raise SettingError(
            "there are patents outside the years that the sample is said to cover",
            where="first_year, last_year",
            got=f"{first}-{last}",
            allowed=f"{min(found)}-{max(found)} or wider",
        )
    return first, last


def _effects(settings: ScoreSettings) -> list[str]:
    """Name the effects; a year is that of the date of the year effects."""
    if settings.effect_date is None:
        return list(settings.effects)
    return [
        "^".join("effect_year" if one == "year" else one for one in effect.split("^"))
        for effect in settings.effects
    ]


def _identity(counts: TermCounts, block: Block, settings: ScoreSettings) -> pl.DataFrame:
    """Read the ids of a block's patents, and the columns that effects and groups of the top share need."""
    documents = read_documents(counts, block)
    needed = {one for effect in (*settings.effects, *settings.top_within) for one in effect.split("^")}
    columns: list[pl.Expr | pl.Series] = [pl.col("patent_id")]
    if settings.effect_date is not None:
        name = f"{settings.effect_date}_date"
        require_columns(documents, [name], where=str(counts.folder))
        columns.append(pl.col(name).dt.year().alias("effect_year"))
    for name in sorted(needed - {"year", "effect_year"}):
        if name == "ipc_subclass" and name not in documents.columns and "ipc" in documents.columns:
            columns.append(ipc_subclass(documents["ipc"]).list.first().alias(name))  # the main class
        else:
            require_columns(documents, [name], where=str(counts.folder))
            columns.append(pl.col(name))
    return documents.select(columns)


def _lag_columns(sums: LagSums, settings: ScoreSettings) -> dict[str, pl.Series]:
    def series(values: NDArray[np.float64]) -> pl.Series:
        return pl.Series(np.where(sums.has_terms, values, np.nan)).fill_nan(None)

    back = {f"backward_lag_{j + 1}": series(sums.backward[:, j]) for j in range(settings.backward)}
    forth = {f"forward_lag_{j + 1}": series(sums.forward[:, j]) for j in range(sums.forward.shape[1])}
    return {**back, **forth}


def _names(settings: ScoreSettings) -> list[str]:
    names = ["patent_id", "year"]
    if settings.effect_date is not None:
        names.append("effect_year")
    names += ["backward_similarity", "backward_comparators", "backward_complete"]
    for window in settings.forward:
        names += [
            name.format(window)
            for name in (
                "forward_similarity_{}",
                "forward_comparators_{}",
                "forward_complete_{}",
                "importance_{}",
                "breakthrough_{}",
                "breakthrough_{}_net",
                "is_breakthrough_{}",
            )
        ]
    return names
