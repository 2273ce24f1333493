"""The most similar earlier and later patents of given patents (最相似专利), for reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError, near_names
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Block, TermCounts
from patentmetrics.counted.format import read_batches, read_documents
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.pairs import multiply_rows
from patentmetrics.score.ranked import (
    Base,
    Documents,
    as_rows,
    base_of,
    rank_batch,
    rank_blocks,
    take,
)
from patentmetrics.score.weights import YearCounts, bidf, count_years, known

# given patents whose dense vectors are held at a time
TOGETHER = 16
# ids that are searched for near names; among millions all would take minutes
SEARCHED = 5000
COLUMNS = {
    "patent_id": pl.String,
    "direction": pl.String,
    "rank": pl.Int32,
    "neighbour_id": pl.String,
    "neighbour_year": pl.Int32,
    "lag": pl.Int32,
    "similarity": pl.Float64,
}
_FOUND = {"given": pl.Int64} | {
    name: kind for name, kind in COLUMNS.items() if name not in ("patent_id", "rank")
}


@dataclass(frozen=True, kw_only=True)
class _Task:
    """Given patents of one year against a block: ``given`` are rows of ``ids``, ranked by the base."""

    base: Base
    given: NDArray[np.int64]
    vectors: Documents
    block: Block
    lag: int


def neighbours(
    counts: TermCounts,
    patent_ids: Sequence[str],
    *,
    backward: int = 5,
    forward: int = 5,
    top: int = 10,
    threads: int | None = None,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Find the patents of the years around that are most similar to given ones (最相似专利).

    Similarities are those of the scores (Kelly, Papanikolaou, Seru & Taddy 2021, eq. 5-7,
    doi:10.1257/aeri.20190499): cosines with the term weights of the earlier patent's year.

    Parameters
    ----------
    counts : TermCounts
        The counted corpus, its weights frozen by calendar year.
    patent_ids : sequence of str
        The patents to read about; one that is given twice counts once.
    backward, forward : int
        How many years back and ahead.
    top : int
        Neighbours of each patent in each direction, at most; ties go by id.
    threads : int, optional
        Blocks in work at a time.

    Returns
    -------
    polars.DataFrame
        ``patent_id, direction`` (``earlier`` or ``later``), ``rank`` from 1, ``neighbour_id,
        neighbour_year, lag`` (years between them), ``similarity``; patents in the order given, earlier
        ones first. Pairs without a common term of positive weight, and those whose base year has no
        known weights, are no neighbours: a patent can have fewer than ``top``, or none.

    Raises
    ------
    DataError
        A patent is not in the corpus.
    SettingError
        A window or ``top`` is out of range, or no patent is given.

    Examples
    --------
    >>> import tempfile
    >>> import patentmetrics as pm
    >>> simulated = pm.simulate_corpus(first_year=2000, last_year=2003, patents_per_year=20, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = pm.count_terms(
    ...         simulated.corpus, folder + "/counts", segmenter="whitespace", date="filing"
    ...     )
    ...     found = neighbours(counts, ["SIM2002000003"], top=2)
    >>> found.select("direction", "rank", "lag").rows()
    [('earlier', 1, 1), ('earlier', 2, 1), ('later', 1, 1), ('later', 2, 1)]
    """
    _check(counts, backward, forward)
    wanted = list(dict.fromkeys(patent_ids))
    if top < 1 or not wanted:
        raise SettingError(
            "give one patent or more, and ask for one neighbour or more",
            where="patent_ids, top",
            got=[len(wanted), top],
        )
    ids = {block.name: read_documents(counts, block)["patent_id"].cast(pl.String) for block in counts.blocks}
    places = _found(counts, ids, wanted)
    years = [block.year for block in counts.blocks]
    year_counts = count_years(counts, first_year=min(years), last_year=max(years), threads=threads)
    tasks = list(_tasks(counts, year_counts, places, backward, forward))

    def compare(task: _Task) -> list[pl.DataFrame]:
        return _most_similar(counts, task, ids[task.block.name], top)

    frames = [pl.DataFrame(schema=_FOUND)]
    for done, found in enumerate(map_blocks(compare, tasks, threads=threads), start=1):
        frames += found
        progress("neighbours", done, len(tasks))
    ordered = pl.concat(frames).sort(
        ["given", "direction", "similarity", "neighbour_id"], descending=[False, False, True, False]
    )
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("given", "direction")
    name = pl.Series("patent_id", wanted, pl.String).gather(ordered["given"])
    return (
        ordered.with_columns(name, number.alias("rank")).filter(pl.col("rank") <= top).select(list(COLUMNS))
    )


def _check(counts: TermCounts, backward: int, forward: int) -> None:
    if min(backward, forward) < 0 or max(backward, forward) < 1:
        raise SettingError(
            "a window must have one year or more", where="backward, forward", got=[backward, forward]
        )
    if any(block.base not in (None, block.year) for block in counts.blocks):
        raise SettingError(
            "neighbours are found with weights frozen by calendar year only", where=str(counts.folder)
        )


def _blocks_by_year(counts: TermCounts) -> dict[int, list[Block]]:
    found: dict[int, list[Block]] = {}
    for block in counts.blocks:
        found.setdefault(block.year, []).append(block)
    return found


def _found(
    counts: TermCounts, ids: dict[str, pl.Series], wanted: list[str]
) -> dict[int, list[tuple[int, int]]]:
    """Give, by year, the number of each wanted patent and its row among the documents of the year."""
    places: dict[int, list[tuple[int, int]]] = {}
    missing = set(wanted)
    numbers = {one: number for number, one in enumerate(wanted)}
    for year, blocks in _blocks_by_year(counts).items():
        of_year = pl.concat([ids[block.name] for block in blocks])
        for row in of_year.is_in(wanted).arg_true().to_list():
            places.setdefault(year, []).append((numbers[of_year[row]], row))
            missing.discard(of_year[row])
    if missing:
        unknown = [one for one in wanted if one in missing]
        every = pl.concat(list(ids.values()))
        # ids of one office begin alike, and a slip is seldom in the first characters
        alike = every.filter(every.str.starts_with(unknown[0][:3])).head(SEARCHED).to_list()
        raise DataError(
            f"{len(unknown)} of the patents are not in the counted corpus",
            where=str(counts.folder),
            got=", ".join(unknown[:10]),
            hint=near_names(unknown[0], alike or every.head(SEARCHED).to_list()),
        )
    return places


def _tasks(
    counts: TermCounts,
    year_counts: YearCounts,
    places: dict[int, list[tuple[int, int]]],
    backward: int,
    forward: int,
) -> Iterator[_Task]:
    """Pair the given patents of each year with the blocks of the years around it."""
    weights, is_known = bidf(year_counts), known(year_counts)
    of_year = _blocks_by_year(counts)
    for year, found in places.items():
        given = np.array([number for number, _ in found], np.int64)
        rows = np.array([row for _, row in found], np.int64)
        others: dict[int, list[Block]] = {}
        for block in counts.blocks:
            if 0 < year - block.year <= backward or 0 < block.year - year <= forward:
                others.setdefault(min(year, block.year), []).append(block)
        for base_year, blocks in others.items():
            if not is_known[year_counts.at(base_year)]:
                continue
            at = year_counts.at(base_year)
            base = base_of(weights[at], year_counts.containing[at])
            vectors = take(rank_blocks(counts, of_year[year], base), rows)
            for block in blocks:
                yield _Task(base=base, given=given, vectors=vectors, block=block, lag=block.year - year)


def _most_similar(counts: TermCounts, task: _Task, ids: pl.Series, top: int) -> list[pl.DataFrame]:
    """Find the most similar documents of a block for each given patent; more than ``top`` where they tie."""
    batches = [rank_batch(task.base, batch) for batch in read_batches(counts, task.block)]
    own = as_rows(task.base, task.vectors, head=0)
    frames = []
    for begin in range(0, len(task.given), TOGETHER):
        together = np.arange(begin, min(begin + TOGETHER, len(task.given)))
        columns = np.zeros((len(task.base.ranked), len(together)))
        for column, row in enumerate(together):
            inside = slice(own.indptr[row], own.indptr[row + 1])
            columns[own.rank[inside], column] = own.value[inside]
        similarity = np.concatenate([_cosines(batch, columns) for batch in batches])
        for column, row in enumerate(together):
            values = similarity[:, column]
            least = np.partition(values, -top)[-top] if len(values) > top else 0.0
            at = np.flatnonzero((values >= least) & (values > 0))
            frames.append(
                pl.DataFrame(
                    {
                        "given": np.full(len(at), task.given[row]),
                        "direction": ["earlier" if task.lag < 0 else "later"] * len(at),
                        "neighbour_id": ids.gather(at),
                        "neighbour_year": np.full(len(at), task.block.year),
                        "lag": np.full(len(at), abs(task.lag)),
                        "similarity": values[at],
                    },
                    schema=_FOUND,
                )
            )
    return frames


def _cosines(documents: Documents, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    products = np.zeros((len(documents.length), columns.shape[1]))
    multiply_rows(documents.indptr, documents.rank, documents.count, columns, products)
    return products * documents.inverse_length[:, np.newaxis]
