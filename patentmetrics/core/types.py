"""The public types. They hold checked data; numbers happen in functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, near_names
from patentmetrics.core.provenance import Provenance


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Records with text (文档集): patents or policy documents.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a record.
    key : str
        The column that names a record: ``patent_id`` or ``document_id``; unique, never null.
    text : tuple of str
        The columns that are text.
    made_by : dict
        Provenance, see `patentmetrics.core.provenance`.

    Raises
    ------
    ColumnError
        The key or a text column is missing.
    DataError
        The key has nulls or duplicates.

    Examples
    --------
    >>> frame = pl.DataFrame({"patent_id": ["US1"], "abstract": ["A solar cell."]})
    >>> Corpus(frame=frame, key="patent_id", text=("abstract",)).frame.height
    1
    """

    frame: pl.DataFrame
    key: str
    text: tuple[str, ...]
    made_by: Provenance = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_columns(self.frame, [self.key, *self.text], where="corpus")
        require_unique(self.frame, [self.key], where="corpus")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One file of a counted corpus: the documents of one year, or a part of them.

    ``base`` is the period whose term weights are theirs, where that is not the year.
    """

    name: str
    year: int
    part: int
    documents: int
    nonzeros: int
    sha256: str
    base: int | None = None


@dataclass(frozen=True, kw_only=True)
class TermCounts:
    """Documents × terms as counts, on disk (词频矩阵); terms are words or technology classes.

    A handle: nothing but the vocabulary is in memory. `patentmetrics.counted` reads and writes the
    folder, and converts to and from `scipy.sparse`.

    Parameters
    ----------
    folder : Path
        The counted corpus, see `patentmetrics.counted.format`.
    vocabulary : polars.DataFrame
        ``term`` (its row is the term's id), ``documents`` (how many contain it), ``occurrences``.
    blocks : tuple of Block
        In order of year and part.
    date : str
        Which date decides a document's year: ``filing`` or ``issue``.
    made_by : dict
        Provenance.
    """

    folder: Path
    vocabulary: pl.DataFrame
    blocks: tuple[Block, ...]
    date: str
    made_by: Provenance

    @property
    def documents(self) -> int:
        """How many documents are counted."""
        return sum(block.documents for block in self.blocks)

    @property
    def nonzeros(self) -> int:
        """How many (document, term) pairs have a count."""
        return sum(block.nonzeros for block in self.blocks)


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """A reviewed word list (词典), as one file of ``lexicons/``.

    Parameters
    ----------
    id, version : str
        Name of the list and its version; both go into every output that used it.
    title_en, title_zh, language, source, licence : str
        What it is, and where it comes from.
    levels : tuple of str
        Names of the grouping levels, outermost first, e.g. ``("dimension",)``.
    entries : polars.DataFrame
        ``term``, one column for each level, and ``<level>_zh``, the Chinese name of the innermost level,
        where the file has it; sorted, unique.
    sha256 : str
        Hash of the file.
    """

    id: str
    version: str
    title_en: str
    title_zh: str
    language: str
    source: str
    licence: str
    levels: tuple[str, ...]
    entries: pl.DataFrame
    sha256: str

    @property
    def terms(self) -> list[str]:
        """The terms, in the order of the entries."""
        return self.entries["term"].to_list()


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """A table from classification symbols to technologies (分类对照表).

    Parameters
    ----------
    id, version : str
        Name of the table and its edition.
    title_en, title_zh, source, licence : str
        What it is, and where it comes from.
    status : str
        How far it can be trusted, e.g. ``official`` or ``transcribed, not proofed``.
    levels : tuple of str
        Names of the levels, outermost first, e.g. ``("sector", "field")``.
    entries : polars.DataFrame
        ``entry_id``, one column for each level, ``pattern`` (a symbol prefix).
    sha256 : str
        Hash of the file.
    """

    id: str
    version: str
    title_en: str
    title_zh: str
    source: str
    licence: str
    status: str
    levels: tuple[str, ...]
    entries: pl.DataFrame
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Similarity and breakthrough scores (突破性得分), one row a patent.

    Parameters
    ----------
    frame : polars.DataFrame
        See the column registry, `patentmetrics.core.columns`.
    key : str
        The column that names a patent.
    made_by : dict
        Provenance; its ``counts`` say how many scores are null, and why.
    """

    frame: pl.DataFrame
    key: str
    made_by: Provenance


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One row for each place and year (城市—年份面板).

    Parameters
    ----------
    frame : polars.DataFrame
        ``place`` (str), ``year`` (int) and the variables; the pair is unique, never null.
    log : tuple of str
        What was done to it, in order, with counts.
    simulated : bool
        True when any column is simulated; every table and plot then says so.
    made_by : dict
        Provenance.

    Raises
    ------
    ColumnError
        ``place`` or ``year`` is missing.
    DataError
        A (place, year) is null or occurs twice.
    """

    frame: pl.DataFrame
    log: tuple[str, ...] = ()
    simulated: bool = False
    made_by: Provenance = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_columns(self.frame, ["place", "year"], where="panel")
        require_unique(self.frame, ["place", "year"], where="panel")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One estimated model (估计结果).

    Parameters
    ----------
    name : str
        The caller's name of the model: the head of its column in a table.
    method : str
        The estimator in words.
    citation : str
        Whose estimator it is.
    estimates : polars.DataFrame
        Tidy: ``model, term, estimate, std_error, statistic, p_value, conf_low, conf_high, n``.
        An event study adds ``event_time``.
    statistics : dict
        Numbers about the fit: ``n, r2, r2_within, clusters, singletons_dropped, rows_dropped …``.
    notes : tuple of str
        Which errors, which clusters, which convention, what was dropped.
    outcome : str
        The dependent variable.
    fixed_effects : tuple of str
        The absorbed effects.
    simulated : bool
        True when the panel was simulated.
    truth : dict
        Known answers of a simulated panel, by term; empty for real data.
    frames : dict of str to polars.DataFrame
        What else the estimator gives, tidy, by name: draws of a placebo test, weights, effects by cohort and
        year, a balance table; each says its columns in the docstring of the estimator.
    warnings : tuple of str
        What makes the panel doubtful for this model: which rows, and what to do.
    settings : dict
        ``model``, its name in the registry, and ``specification``, as JSON values; empty where an estimator
        was called directly.
    native : object
        The library's own object; not compared, not written.
    """

    name: str
    method: str
    citation: str
    estimates: pl.DataFrame
    statistics: dict[str, float | int | str | None]
    notes: tuple[str, ...]
    outcome: str
    fixed_effects: tuple[str, ...]
    simulated: bool = False
    truth: dict[str, float] = field(default_factory=dict)
    frames: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
    native: object = field(default=None, compare=False, repr=False)


def require_columns(frame: pl.DataFrame, names: list[str], *, where: str) -> None:
    """Raise `ColumnError` unless the frame has all the named columns.

    Examples
    --------
    >>> require_columns(pl.DataFrame({"place": ["北京"]}), ["place"], where="panel")
    """
    for name in names:
        if name not in frame.columns:
            raise ColumnError(
                f"the column {name!r} is missing",
                where=where,
                allowed=frame.columns,
                hint=near_names(name, frame.columns),
            )


def require_unique(frame: pl.DataFrame, keys: list[str], *, where: str) -> None:
    """Raise `DataError` if a key is null or occurs twice, naming the first few.

    Examples
    --------
    >>> require_unique(pl.DataFrame({"place": ["北京"], "year": [2020]}), ["place", "year"], where="panel")
    """
    nulls = frame.filter(pl.any_horizontal(pl.col(keys).is_null())).height
    if nulls:
        raise DataError(f"{nulls} rows have no {' or '.join(keys)}", where=where)
    doubled = frame.group_by(keys).len().filter(pl.col("len") > 1).sort(keys)
    if doubled.height:
        first = "; ".join(" ".join(str(value) for value in row[:-1]) for row in doubled.head(5).rows())
        raise DataError(
            f"{doubled.height} keys ({', '.join(keys)}) occur more than once", where=where, got=first
        )
