"""Counted corpora of any size with made-up terms, for tests of scale and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import TermCounts
from patentmetrics.counted.rows import PartRows
from patentmetrics.counted.stream import Part, stream_counts
from patentmetrics.kernels.drawing import alias_table, draw_rows, draw_values

NEW_TERMS = 0.5  # share of the vocabulary that is not there in the first year
TAKE_UP = 5  # years until a new term is as frequent as its rank says
PATENTS_PER_APPLICANT = 20
SECTIONS, SUBCLASSES = "ABCDEFGH", "BCDFGHJKLMN"


def simulate_counts(
    output: Path,
    *,
    patents: int,
    first_year: int,
    last_year: int,
    vocabulary: int = 200_000,
    terms_per_patent: int = 100,
    growth: float = 0.03,
    seed: int,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Write a counted corpus of made-up patents, of any size (模拟已计数语料库).

    Terms are ``w0, w1 …``; their frequency falls as 1 / (rank + 2.7). Half of them, none of the most
    frequent hundredth, appear in a year of their own and are taken up over five years, so document
    frequencies change as they do in patents. A patent has between half and one and a half times
    ``terms_per_patent`` distinct terms, evenly; a term that is drawn again counts again. Terms do not depend
    on the applicant or the class.

    The documents have ``patent_id`` (``S1990-0000123``), ``filing_date`` in the year of the block,
    ``issue_date`` one to four years later, ``applicant`` and ``ipc_subclass`` (some large, many small).

    Parameters
    ----------
    output : Path
        The folder to make; a killed run goes on where it stopped, see
        `patentmetrics.counted.stream.stream_counts`.
    patents : int
        How many patents in all.
    first_year, last_year : int
        Filing years, both included.
    vocabulary : int
        How many terms.
    terms_per_patent : int
        Mean number of distinct terms; fewer where the vocabulary has hardly more.
    growth : float
        Growth of the number of patents from year to year.
    seed : int
        The same seed gives the same bytes, on any number of threads.
    threads : int, optional
        Blocks in work at a time, all cores by default.

    Raises
    ------
    SettingError
        A size is out of its range.
    OutputError
        The folder cannot be written, or holds unfinished work with other settings.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts = simulate_counts(
    ...         Path(folder) / "counts", patents=100, first_year=2000, last_year=2004, vocabulary=900, seed=1
    ...     )
    >>> counts.documents, [block.documents for block in counts.blocks]
    (100, [19, 19, 20, 21, 21])
    """
    _check(patents, first_year, last_year, vocabulary, terms_per_patent, growth, seed)
    settings: dict[str, object] = {
        "patents": patents,
        "first_year": first_year,
        "last_year": last_year,
        "vocabulary": vocabulary,
        "terms_per_patent": terms_per_patent,
        "growth": growth,
        "seed": seed,
        "simulated": True,
    }
    born = _birth_years(first_year, last_year, vocabulary, seed)
    applicants = _Groups.of([f"A{i}" for i in range(-(-patents // PATENTS_PER_APPLICANT))])
    subclasses = _Groups.of(_subclasses())

    def make(part: Part) -> PartRows:
        random = np.random.Generator(np.random.PCG64([seed, part.year, part.part]))
        filed = random.integers(0, 365, part.documents)
        issued = filed + random.integers(365, 4 * 365, part.documents)
        wanted = random.integers(
            (terms_per_patent + 1) // 2,
            terms_per_patent + terms_per_patent // 2,
            part.documents,
            endpoint=True,
        )
        documents = pl.select(
            patent_id=f"S{part.year}-" + _numbers(part.first, part.documents),
            filing_date=_days_after(part.year, filed),
            issue_date=_days_after(part.year, issued),
            applicant=applicants.draw(random, part.documents),
            ipc_subclass=subclasses.draw(random, part.documents),
        )
        indptr = np.empty(part.documents + 1, np.int64)
        indices, data = np.empty((2, int(wanted.sum())), np.uint32)
        threshold, alias = alias_table(_term_weights(born, part.year))
        draw_rows(random, wanted, threshold, alias, indptr, indices, data)
        nonzeros = int(indptr[-1])
        return PartRows(documents=documents, indptr=indptr, indices=indices[:nonzeros], data=data[:nonzeros])

    return stream_counts(
        output,
        make,
        documents_by_year=_patents_by_year(patents, first_year, last_year, growth),
        terms=[f"w{i}" for i in range(vocabulary)],
        date="filing",
        made_by=provenance("simulate counts", settings=settings, counts={"patents": patents}),
        threads=threads,
        progress=progress,
    )


@dataclass(frozen=True, kw_only=True)
class _Groups:
    """Names of groups, the first large and the last small, laid out for drawing."""

    names: pl.Series
    threshold: NDArray[np.float64]
    alias: NDArray[np.uint32]

    @classmethod
    def of(cls, names: list[str]) -> _Groups:
        threshold, alias = alias_table(_zipf(len(names)))
        return cls(names=pl.Series(names, dtype=pl.String), threshold=threshold, alias=alias)

    def draw(self, random: np.random.Generator, documents: int) -> pl.Series:
        drawn = np.empty(documents, np.uint32)
        draw_values(random, self.threshold, self.alias, drawn)
        return self.names.gather(pl.Series(drawn))


def _zipf(values: int) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = 1.0 / (np.arange(values, dtype=np.float64) + 2.7)
    return weights


def _birth_years(first_year: int, last_year: int, vocabulary: int, seed: int) -> NDArray[np.int64]:
    """Give each term the year it appears in; zero, long ago, for those that were always there."""
    random = np.random.Generator(np.random.PCG64([seed, 0]))
    born = np.zeros(vocabulary, np.int64)
    if last_year > first_year:
        new = random.random(vocabulary) < NEW_TERMS
        new[: 1 + vocabulary // 100] = False
        born[new] = random.integers(first_year, last_year, int(new.sum())) + 1
    return born


def _term_weights(born: NDArray[np.int64], year: int) -> NDArray[np.float64]:
    return _zipf(len(born)) * np.clip((year - born + 1) / TAKE_UP, 0.0, 1.0)


def _patents_by_year(patents: int, first_year: int, last_year: int, growth: float) -> dict[int, int]:
    """Deal the patents to the years; the numbers add up."""
    shares = (1.0 + growth) ** np.arange(last_year - first_year + 1)
    until = np.rint(patents * np.cumsum(shares) / shares.sum()).astype(np.int64)
    return dict(zip(range(first_year, last_year + 1), np.diff(until, prepend=0).tolist(), strict=True))


def _subclasses() -> list[str]:
    """Name 352 subclasses: each section, class 01 to 04, eleven letters; the large ones in all sections."""
    return [
        f"{section}{number:02d}{letter}"
        for letter in SUBCLASSES
        for number in range(1, 5)
        for section in SECTIONS
    ]


def _numbers(first: int, documents: int) -> pl.Expr:
    return pl.int_range(first, first + documents).cast(pl.String).str.zfill(7)


def _days_after(year: int, days: NDArray[np.int64]) -> pl.Series:
    since_1970 = np.datetime64(f"{year:04d}-01-01", "D").astype(np.int64) + days
    return pl.Series(since_1970.astype(np.int32)).cast(pl.Date)


def _check(
    patents: int,
    first_year: int,
    last_year: int,
    vocabulary: int,
    terms_per_patent: int,
    growth: float,
    seed: int,
) -> None:
    ranges = [
        ("patents", patents, patents >= 1, "1 or more"),
        ("first_year", first_year, first_year >= 1, "1 or more"),
        ("last_year", last_year, first_year <= last_year <= 9999, f"{first_year} to 9999"),
        ("vocabulary", vocabulary, 1 <= vocabulary < 2**32, "1 up to, not including, 2^32"),
        ("terms_per_patent", terms_per_patent, terms_per_patent >= 1, "1 or more"),
        ("growth", growth, growth > -1, "more than -1"),
        ("seed", seed, seed >= 0, "0 or more"),
    ]
    for name, value, fits, allowed in ranges:
        if not fits:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=allowed)
