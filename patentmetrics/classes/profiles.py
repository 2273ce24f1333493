"""Technology profiles of patents: how many of their symbols lie in each class, as a counted corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import polars as pl

from patentmetrics.classes.compiled import Level
from patentmetrics.classes.match import SYMBOLS, Symbols, match_classes
from patentmetrics.classes.symbols import REASONS, read_symbol_lists, symbol_texts
from patentmetrics.core.errors import ColumnError, DataError, check_choice
from patentmetrics.core.files import check_output_folder, written_whole
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Concordance, Corpus, TermCounts, require_columns
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import DATES
from patentmetrics.kernels.ipc import REPAIRED
from patentmetrics.read.batches import document_columns
from patentmetrics.read.headers import DATE_COLUMNS
from patentmetrics.read.rejected import check_rejected_path, rejected_path
from patentmetrics.read.rejections import REJECTED, rejections, write_rejections

ClassLevel = Literal["section", "class", "subclass", "group", "subgroup"]
CLASS_LEVELS: tuple[ClassLevel, ...] = get_args(ClassLevel)
PatentDate = Literal["filing", "issue"]
ProfileConditions = Literal["entry", "codes"]
PROFILE_CONDITIONS: tuple[ProfileConditions, ...] = get_args(ProfileConditions)


def count_classes(
    corpus: Corpus,
    output: Path | str,
    *,
    level: str,
    date: PatentDate,
    concordance: Concordance | None = None,
    symbols: Symbols = "all",
    patterns: Level = "full",
    conditions: ProfileConditions = "entry",
    progress: Progress = silent,
) -> TermCounts:
    """Count the technology domains of patents (专利技术领域分布) into a counted corpus on disk.

    The terms are classes of the IPC, or technologies of a concordance; a patent's count is the number of
    its distinct symbols there. `patentmetrics.score.patents.score_patents` then compares patents by their
    technologies as it does by words: with ``preset("shi2025")`` as in Shi et al.

    Parameters
    ----------
    corpus : Corpus
        Patents with ``ipc`` and the date; with text columns where a concordance asks for keywords.
    output : Path
        The folder to make, see `patentmetrics.counted.format`.
    level : str
        Without a concordance ``section`` (G), ``class`` (G06), ``subclass`` (G06F), ``group`` (the main
        group, G06F17) or ``subgroup`` (G06F17/30); with one, any of its levels, or ``entry_id``.
    date : {'filing', 'issue'}
        Which date decides a patent's year.
    concordance : Concordance, optional
        See `patentmetrics.classes.concordance.load_concordance`.
    symbols : {'all', 'main'}
        ``main``: only the first that a patent lists.
    patterns : {'full', 'subclass'}
        Of a concordance: as they are, or cut to four characters as in Shi et al., see ``level`` of
        `patentmetrics.classes.match.match_classes`.
    conditions : {'entry', 'codes'}
        Of a concordance: an entry with keywords asks for one, or symbols alone decide.
    progress : Progress
        See `patentmetrics.core.progress`.

    Returns
    -------
    TermCounts
        A patent without a valid symbol, or without one that has a term, stays as a row of zeros, is
        counted, and has no score. ``made_by["counts"]``: ``documents_in = documents_out +
        documents_rejected``; of ``documents_out``, ``symbols = symbols_counted + symbols_too_short +
        symbols_unmatched + symbols_invalid + symbols_repeated``. A patent without the date is rejected, and
        named in ``<output>.rejected.csv``, as is each text that is no symbol.

    Raises
    ------
    SettingError
        An option has a value it cannot have.
    ColumnError
        ``patent_id``, ``ipc`` or the date is missing, or is no date.
    DataError
        No patent has the date, or no symbol has a term.
    OutputError
        The folder cannot be written.

    Source: Shi et al. 2025, eq. 2-3. Their division by all symbols of a patent cancels in the cosine.

    Examples
    --------
    >>> import datetime, tempfile
    >>> frame = pl.DataFrame(
    ...     {
    ...         "patent_id": ["a", "b"],
    ...         "filing_date": [datetime.date(2000, 5, 1), datetime.date(2001, 7, 2)],
    ...         "ipc": [["G06F17/30", "G06F 3/06", "H04L9/32"], None],
    ...     }
    ... )
    >>> folder = tempfile.TemporaryDirectory()
    >>> counts = count_classes(
    ...     Corpus(frame=frame, key="patent_id", text=()),
    ...     Path(folder.name) / "counts", level="subclass", date="filing",
    ... )
    >>> counts.vocabulary.rows(), counts.documents
    ([('G06F', 1, 2), ('H04L', 1, 1)], 2)
    >>> folder.cleanup()
    """
    output = Path(output)
    levels = CLASS_LEVELS if concordance is None else ("entry_id", *concordance.levels)
    check_choice(level, levels, argument="level")
    check_choice(date, DATES, argument="date")
    check_choice(symbols, SYMBOLS, argument="symbols")
    check_choice(conditions, PROFILE_CONDITIONS, argument="conditions")
    check_output_folder(output)
    listed = rejected_path(output)
    check_rejected_path(listed)
    dated, undated = _by_date(corpus, f"{date}_date")
    if concordance is None:
        found = _by_symbols(dated, level, symbols)
    else:
        found = _by_concordance(dated, concordance, level, symbols, patterns, conditions, progress)
    if not found.long.height:
        raise DataError(
            "no symbol has a term, so there is nothing to count",
            where=level,
            got=", ".join(f"{name} {number}" for name, number in found.counts.items()),
        )
    vocabulary = (
        found.long.group_by("term")
        .agg(pl.len().cast(pl.Int64).alias("documents"), pl.col("count").sum().alias("occurrences"))
        .sort(["documents", "occurrences", "term"], descending=[True, True, False])
    )
    ids = vocabulary.select("term").with_row_index("id")
    entries = found.long.join(ids, on="term").sort("row", "id")
    of_row = np.bincount(entries["row"].to_numpy(), minlength=dated.frame.height)
    rejected = pl.concat([undated, found.rejected])
    settings: dict[str, object] = {"level": level, "date": date, "symbols": symbols}
    inputs: dict[str, object] = {"patents": corpus.made_by}
    if concordance is not None:
        settings |= {"patterns": patterns, "conditions": conditions}
        inputs["concordance"] = {
            "id": concordance.id,
            "version": concordance.version,
            "status": concordance.status,
            "sha256": concordance.sha256,
        }
    made_by = provenance(
        "count classes",
        settings=settings,
        inputs=inputs,
        counts={
            "documents_in": corpus.frame.height,
            "documents_out": dated.frame.height,
            "documents_rejected": undated.height,
            **found.counts,
            "documents_without_terms": int((of_row == 0).sum()),
            "terms": vocabulary.height,
            "nonzeros": entries.height,
        },
    )
    # the list is put in place only after the counts are
    with written_whole(listed) as part:
        write_rejections(rejected, part)
        counts = build_counts(
            output,
            documents=document_columns(dated.frame),
            years=dated.frame[f"{date}_date"].dt.year().to_numpy().astype(np.int32),
            indptr=np.concatenate([[0], np.cumsum(of_row)]).astype(np.int64),
            indices=entries["id"].to_numpy().astype(np.uint32),
            data=entries["count"].to_numpy().astype(np.uint32),
            vocabulary=vocabulary,
            date=date,
            made_by=made_by,
            progress=progress,
        )
    if not rejected.height:
        listed.unlink()
    return counts


@dataclass(frozen=True, kw_only=True)
class _Profiles:
    """``long``: ``row`` of the corpus, ``term``, ``count``; texts that are no symbol; the sums."""

    long: pl.DataFrame
    rejected: pl.DataFrame
    counts: dict[str, int]


def _by_date(corpus: Corpus, name: str) -> tuple[Corpus, pl.DataFrame]:
    """Part the patents with the date from the others, which are listed."""
    frame = corpus.frame
    require_columns(frame, ["patent_id", "ipc", name], where="corpus")
    if frame.schema[name] not in (pl.Date, pl.Null):
        raise ColumnError(f"the column {name!r} holds no dates", where="corpus", got=frame.schema[name])
    dated = frame.filter(pl.col(name).is_not_null())
    if not dated.height:
        others = [one for one in DATE_COLUMNS if one in frame.columns and frame[one].count()]
        raise DataError(
            f"no patent has a {name}",
            where="corpus",
            got=f"{frame.height} patents",
            hint=f"{others[0]} is known: choose date={others[0].removesuffix('_date')}" if others else None,
        )
    undated = frame.filter(pl.col(name).is_null()).select(
        "patent_id",
        reason=pl.lit("the date that decides the year is missing"),
        column=pl.lit(name),
        value=pl.lit(None, pl.String),
    )
    return replace(corpus, frame=dated, key="patent_id"), _as_rejected(undated)


def _as_rejected(rows: pl.DataFrame) -> pl.DataFrame:
    nowhere = rejections().select("file", "row").clear(rows.height)
    return pl.concat([nowhere, rows], how="horizontal").select(
        pl.col(name).cast(dtype) for name, dtype in REJECTED.items()
    )


def _by_symbols(corpus: Corpus, level: str, symbols: Symbols) -> _Profiles:
    """Count the symbols of each class of the IPC."""
    texts = corpus.frame.select(pl.int_range(pl.len()).alias("row"), pl.col("ipc"))
    if isinstance(texts.schema["ipc"], pl.List):
        texts = texts.explode("ipc")  # an element may itself be a text of joined symbols
    read = read_symbol_lists(texts["ipc"].cast(pl.String), written=False)
    pieces = pl.DataFrame(
        {
            "row": texts["row"].gather(read.row),
            "code": read.code,
            "status": read.status,
            "written": read.written,
        }
    )
    listed = pieces.height
    if symbols == "main":
        pieces = pieces.unique("row", keep="first", maintain_order=True)
    valid = pieces.filter(pl.col("code") >= 0)
    distinct = valid.unique(["row", "code"], maintain_order=True)
    codes = distinct.select(pl.col("code").unique().sort())
    terms = codes.with_columns(_term(symbol_texts(codes["code"].to_numpy()), level).alias("term"))
    counted = distinct.join(terms, on="code").drop_nulls("term")
    invalid = pieces.filter(pl.col("code") < 0)
    return _Profiles(
        long=counted.group_by("row", "term").agg(pl.len().cast(pl.Int64).alias("count")),
        rejected=_as_rejected(
            invalid.select(
                corpus.frame["patent_id"].gather(invalid["row"]),
                pl.col("status").replace_strict(REASONS, return_dtype=pl.String).alias("reason"),
                pl.lit("ipc").alias("column"),
                pl.col("written").str.slice(0, 200).alias("value"),
            )
        ),
        counts={
            "documents_without_symbols": corpus.frame.height - valid["row"].n_unique(),
            "symbols": pieces.height,
            "symbols_counted": counted.height,
            "symbols_too_short": distinct.height - counted.height,
            "symbols_unmatched": 0,
            "symbols_invalid": invalid.height,
            "symbols_repeated": valid.height - distinct.height,
            "symbols_repaired": int((pieces["status"] == REPAIRED).sum()),
            "symbols_not_main": listed - pieces.height,
        },
    )


def _term(symbols: pl.Series, level: str) -> pl.Series:
    """Cut standard symbols to a level; null where they end above it."""
    if level == "subgroup":
        return pl.select(pl.when(symbols.str.contains("/", literal=True)).then(symbols)).to_series()
    if level == "group":
        group = symbols.str.split("/").list.first()
        return pl.select(pl.when(group.str.len_chars() > _LENGTHS["subclass"]).then(group)).to_series()
    return symbols.str.slice(0, _LENGTHS[level])


_LENGTHS = {"section": 1, "class": 3, "subclass": 4}


def _by_concordance(
    corpus: Corpus,
    concordance: Concordance,
    level: str,
    symbols: Symbols,
    patterns: Level,
    conditions: ProfileConditions,
    progress: Progress,
) -> _Profiles:
    """Count the symbols of each technology: in each of several, but once in several entries of one."""
    found = match_classes(
        corpus,
        concordance,
        level=patterns,
        conditions=conditions,
        symbols=symbols,
        progress=progress,
    )
    rows = corpus.frame.select("patent_id").with_row_index("row")
    counts = found.counts
    return _Profiles(
        long=found.frame.drop_nulls(level)
        .group_by("patent_id", pl.col(level).alias("term"))
        .agg(pl.col("symbol").n_unique().cast(pl.Int64).alias("count"))
        .join(rows, on="patent_id")
        .select("row", "term", "count"),
        rejected=_as_rejected(
            found.rejected.select(
                "patent_id", "reason", column=pl.lit("ipc"), value=pl.col("symbol").str.slice(0, 200)
            )
        ),
        counts={
            "documents_without_symbols": int((found.patents["symbols"] == 0).sum()),
            "symbols": counts["symbols"],
            "symbols_counted": counts["symbols_matched"],
            "symbols_too_short": 0,
            **{
                name: counts[name]
                for name in (
                    "symbols_unmatched",
                    "symbols_invalid",
                    "symbols_repeated",
                    "symbols_repaired",
                    "symbols_not_main",
                    "symbols_in_several_entries",
                )
            },
        },
    )
