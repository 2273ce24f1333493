"""Where patents are read from, a batch at a time: a table in memory, or one on disk of any size."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.provenance import Provenance
from patentmetrics.core.types import Corpus, require_columns
from patentmetrics.counted.stream import require_unique_ids
from patentmetrics.read.batches import PatentFile, filled_text_columns, open_patents, rows_of_a_batch
from patentmetrics.read.headers import DATE_COLUMNS
from patentmetrics.read.rejections import rejections


@dataclass(frozen=True, kw_only=True)
class Source:
    """Patents that are read a batch at a time.

    Parameters
    ----------
    rows : int
        How many there are.
    schema : mapping
        The type of each column.
    text : tuple of str
        The text columns that hold anything.
    made_by : dict
        Provenance.
    batches : callable
        Given columns and the first row, gives frames of some rows each, in order.
    identify : callable
        Gives a hash of the patents.
    ids_checked : bool
        Whether it is known that each id is there, and once.
    """

    rows: int
    schema: Mapping[str, pl.DataType]
    text: tuple[str, ...]
    made_by: Provenance
    batches: Callable[[Sequence[str], int], Iterator[pl.DataFrame]]
    identify: Callable[[], str]
    ids_checked: bool


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Which patents can be counted (可计数的专利), by ids and dates alone.

    ``years``: how many each year has. ``already``: how many were left out because they were asked to
    be. ``rejected``: those and the ones without the date, with the reason.
    """

    years: Mapping[int, int]
    already: int
    rejected: pl.DataFrame

    @property
    def documents(self) -> int:
        """How many are counted."""
        return sum(self.years.values())


def source_of(patents: Corpus | Path | str) -> Source:
    """Give a corpus in memory, or a canonical table on disk, as a source.

    Raises
    ------
    InputError, ColumnError, DataError
        The file is no canonical table of patents, see `patentmetrics.read.batches.open_patents`.

    Examples
    --------
    >>> corpus = Corpus(frame=pl.DataFrame({"patent_id": ["US1"]}), key="patent_id", text=())
    >>> [batch.rows() for batch in source_of(corpus).batches(["patent_id"], 0)]
    [[('US1',)]]
    """
    if isinstance(patents, Corpus):
        return _of_corpus(patents)
    file: PatentFile = open_patents(patents)
    return Source(
        rows=file.rows,
        schema=file.schema,
        text=filled_text_columns(file),
        made_by=file.made_by,
        batches=lambda columns, first: file.batches(columns, first=first),
        # once: counting further patents asks for it twice
        identify=functools.cache(lambda: sha256_of(file.path)),
        ids_checked=False,
    )


def _of_corpus(corpus: Corpus) -> Source:
    frame = corpus.frame

    def batches(columns: Sequence[str], first: int) -> Iterator[pl.DataFrame]:
        chosen, rows = frame.select(columns), rows_of_a_batch(columns)
        return (chosen[begin : begin + rows] for begin in range(first, frame.height, rows))

    def identify() -> str:
        hashed = hashlib.sha256()
        for batch in batches(frame.columns, 0):
            hashed.update(batch.rechunk().write_ipc_stream(None).getbuffer())
        return hashed.hexdigest()

    return Source(
        rows=frame.height,
        schema=frame.schema,
        text=corpus.text,
        made_by=corpus.made_by,
        batches=batches,
        identify=functools.cache(identify),
        ids_checked=corpus.key == "patent_id",
    )


def text_columns(source: Source, text: Sequence[str] | None) -> tuple[str, ...]:
    """Give the columns to count, all with text by default, and make sure that they are text.

    Raises
    ------
    SettingError, ColumnError
        No column is named, one twice, or one that is not there or is not text.
    """
    if isinstance(text, str):
        raise SettingError("a list of columns is expected, and this is one name", where="text", got=text)
    columns = source.text if text is None else tuple(text)
    if not columns:
        raise SettingError("there is no text column to count", where="text", allowed=list(source.schema))
    if len(set(columns)) < len(columns):
        raise SettingError("a text column is named twice", where="text", got=", ".join(columns))
    _require(source, columns)
    for name in columns:
        if source.schema[name] not in (pl.String, pl.Null):
            raise ColumnError(f"the column {name!r} is not text", where="corpus", got=source.schema[name])
    return columns


def survey(source: Source, date: str, *, without: Collection[object] = frozenset()) -> Survey:
    """Read ids and dates, and say which patents can be placed in a year (按日期清点专利).

    Parameters
    ----------
    source : Source
        The patents.
    date : {"filing", "issue"}
        The date that decides the year.
    without : set
        Ids of patents to leave out.

    Raises
    ------
    ColumnError
        The id or the date is missing, or is no date.
    DataError
        An id is missing or is there twice; no patent has the date.
    """
    name = f"{date}_date"
    _require(source, ["patent_id", name])
    if source.schema[name] not in (pl.Date, pl.Null):
        raise ColumnError(f"the column {name!r} holds no dates", where="corpus", got=source.schema[name])
    dates = [one for one in DATE_COLUMNS if one in source.schema]
    years: dict[int, int] = {}
    rejected: list[pl.DataFrame] = []
    again: list[pl.DataFrame] = []
    others: set[str] = set()
    for batch in source.batches(["patent_id", *dates], 0):
        if batch["patent_id"].null_count():
            raise DataError(f"{batch['patent_id'].null_count()} rows have no patent_id", where="corpus")
        others.update(one for one in dates if batch[one].count())
        left = batch
        if without:
            known = among(batch["patent_id"], without)
            again.append(_listed(batch.filter(known), "the patent is in the corpus already", "patent_id"))
            left = batch.filter(~known)
        lacking = left[name].is_null()
        if lacking.any():
            reason = "the date that decides the year is missing"
            rejected.append(_listed(left.filter(lacking), reason, name))
        for year, number in left[name].cast(pl.Date).drop_nulls().dt.year().value_counts().iter_rows():
            years[year] = years.get(year, 0) + number
    if not source.ids_checked:
        require_unique_ids(
            lambda: (batch["patent_id"] for batch in source.batches(["patent_id"], 0)), documents=source.rows
        )
    already = sum(part.height for part in again)
    if not years:
        usable = sorted(others - {name})
        raise DataError(
            f"no patent has a {name}",
            where="corpus",
            got=f"{source.rows} patents",
            hint=f"{usable[0]} is known: choose date={usable[0].removesuffix('_date')}" if usable else None,
        )
    return Survey(
        years=dict(sorted(years.items())),
        already=already,
        rejected=pl.concat([rejections(), *again, *rejected]),
    )


def among(ids: pl.Series, without: Collection[object]) -> pl.Series:
    """Say of each id whether it is one of a set.

    Examples
    --------
    >>> among(pl.Series(["US1", "US2"]), {"US2"}).to_list()
    [False, True]
    """
    return pl.Series([one in without for one in ids], dtype=pl.Boolean)


def text_bytes(batch: pl.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Give the bytes of each row's texts.

    Examples
    --------
    >>> text_bytes(pl.DataFrame({"title": ["太"], "abstract": ["ab"]}), ["title", "abstract"]).tolist()
    [5]
    """
    sizes = np.zeros(batch.height, np.int64)
    for name in columns:
        sizes += batch[name].cast(pl.String).str.len_bytes().fill_null(0).to_numpy()
    return sizes


def _listed(patents: pl.DataFrame, reason: str, column: str) -> pl.DataFrame:
    return patents.select(
        pl.lit(None, pl.String).alias("file"),
        pl.lit(None, pl.Int64).alias("row"),
        pl.col("patent_id").cast(pl.String),
        pl.lit(reason).alias("reason"),
        pl.lit(column).alias("column"),
        pl.lit(None, pl.String).alias("value"),
    )


def _require(source: Source, names: Sequence[str]) -> None:
    require_columns(pl.DataFrame(schema=dict(source.schema)), list(names), where="corpus")
