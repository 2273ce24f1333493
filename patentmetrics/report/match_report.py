"""What a match found, summed up: shares of technologies by year, the top branches, examples to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.classes.symbols import read_symbol_lists
from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Corpus, require_columns

PatentDate = Literal["filing", "issue"]
PATENT_DATES: tuple[PatentDate, ...] = ("filing", "issue")
_BESIDES = ("patent_id", "symbol", "weight", "keywords", "entry_id", "pattern")


@dataclass(frozen=True, kw_only=True)
class MatchReport:
    """What a match found, summed up to be read (匹配结果报告).

    Parameters
    ----------
    technologies : polars.DataFrame
        ``technology`` (the first level), ``patents``, ``share``; the most frequent first.
    by_year : polars.DataFrame, optional
        ``year, technology, patents, share``: each technology in each year that has patents, and in the
        year null where there are patents without a date. None without patents to take dates from.
    years : polars.DataFrame, optional
        ``year, patents, matched, unmatched, unknown, share_unmatched``; the year null last. As above.
    branches : polars.DataFrame
        ``technology, branch`` (the last level), ``patents``, ``share``; the most frequent first.
    examples : polars.DataFrame
        ``technology, branch, patent_id, title, symbol, pattern, keywords``, and ``year``.
    counts : dict
        ``patents = patents_matched + patents_unmatched + patents_unknown``; ``patents_without_year``;
        ``patents_without_text``: not known for want of a text, and unmatched in ``years``.
    date : {'filing', 'issue'}
        Of the years.
    fractional : bool
        Patents are sums of weights.
    made_by : dict
        Provenance.
    """

    technologies: pl.DataFrame
    by_year: pl.DataFrame | None
    years: pl.DataFrame | None
    branches: pl.DataFrame
    examples: pl.DataFrame
    counts: dict[str, int]
    date: PatentDate
    fractional: bool
    made_by: Provenance


def match_report(
    matches: pl.DataFrame,
    patents: Corpus | None = None,
    *,
    made_by: Provenance,
    date: PatentDate = "filing",
    top: int = 20,
    examples: int = 3,
) -> MatchReport:
    """Sum matches up by technology and year, with examples to read (专利技术匹配报告).

    Parameters
    ----------
    matches : polars.DataFrame
        ``frame`` of `patentmetrics.classes.match.Matches`, or the file that `patentmetrics match` wrote.
    patents : Corpus, optional
        All the patents that were matched: years, titles, and which have a symbol. Without them there are
        no years, and titles are null.
    made_by : dict
        Provenance of the matches, with the sums over the patents without a match.
    date : {'filing', 'issue'}
        Which date decides the year. Patents without it are counted in the year null.
    top : int
        So many branches.
    examples : int
        So many patents of each technology: at equal distances in the order of their ids, so the same
        matches give the same examples. Of each the first match is shown.

    Raises
    ------
    SettingError
        An option has a value it cannot have.
    ColumnError
        A column is missing.
    DataError
        The provenance is not of a match, or the patents are not those that were matched.

    Examples
    --------
    >>> from patentmetrics.classes.concordance import load_concordance
    >>> from patentmetrics.classes.match import match_classes
    >>> frame = pl.DataFrame({"patent_id": ["a", "b", "c"], "ipc": [["H01L31/042"], ["A61K8/02"], None]})
    >>> found = match_classes(Corpus(frame=frame, key="patent_id", text=()), load_concordance("wipo35"))
    >>> match_report(found.frame, made_by=found.made_by).technologies.rows()
    [('Chemistry', 1, 0.5), ('Electrical engineering', 1, 0.5)]
    """
    check_choice(date, PATENT_DATES, argument="date")
    if min(top, examples) < 1:
        raise SettingError("one or more are shown", where="top, examples", got=[top, examples])
    require_columns(matches, list(_BESIDES), where="matches")
    levels = [name for name in matches.columns if name not in _BESIDES]
    if not levels:
        raise ColumnError("the matches have no level of a concordance", where="matches")
    counts, settings = _recorded(made_by, matches)
    fractional = settings.get("weights") == "fractional"
    named = matches.with_columns(
        pl.col(levels[0]).alias("technology"), pl.col(levels[-1]).alias("branch")
    ).select("technology", "branch", *_BESIDES)
    about = None if patents is None else _about(patents, named, counts, settings, date)
    known = counts["patents"] - counts["patents_unknown"]
    years = None if about is None else _years(about)
    if about is not None:
        counts |= {
            "patents_without_year": about["year"].null_count(),
            "patents_without_text": counts["patents_unknown"] - about["matched"].null_count(),
        }
    return MatchReport(
        technologies=_summed(named, ["technology"], known, fractional=fractional),
        by_year=None
        if years is None or about is None
        else _by_year(named, about, years, fractional=fractional),
        years=years,
        branches=_summed(named, ["technology", "branch"], known, fractional=fractional).head(top),
        examples=_examples(named, about, examples),
        counts=counts,
        date=date,
        fractional=fractional,
        made_by=provenance(
            "match report",
            settings={"date": date, "top": top, "examples": examples},
            inputs={"matches": made_by, **({} if patents is None else {"patents": patents.made_by})},
            counts=counts,
        ),
    )


def _recorded(made_by: Provenance, matches: pl.DataFrame) -> tuple[dict[str, int], dict[str, object]]:
    """Give the sums over all patents that the match wrote down, and its settings."""
    counts, settings = made_by.get("counts"), made_by.get("settings")
    if made_by.get("step") != "match" or not isinstance(counts, dict) or not isinstance(settings, dict):
        raise DataError(
            "the matches do not say how many patents have none",
            where="matches",
            got=f"step {made_by.get('step')}",
            hint="make them with `patentmetrics match`",
        )
    names = ("patents", "patents_matched", "patents_unmatched", "patents_unknown")
    sums = {name: int(counts[name]) for name in names}
    if matches["patent_id"].n_unique() != sums["patents_matched"]:
        raise DataError(
            "the matches are not all those that were found",
            where="matches",
            got=f"{matches['patent_id'].n_unique()} patents",
            allowed=f"{sums['patents_matched']} patents",
        )
    return sums, settings


def _about(
    patents: Corpus,
    matches: pl.DataFrame,
    counts: dict[str, int],
    settings: dict[str, object],
    date: PatentDate,
) -> pl.DataFrame:
    """Give ``patent_id, year, title, matched`` of all patents; ``matched`` null without a symbol."""
    frame, dated = patents.frame, f"{date}_date"
    by_symbol = settings.get("conditions") != "keywords"
    require_columns(frame, ["patent_id", dated, *(["ipc"] if by_symbol else [])], where="patents")
    if frame.schema[dated] not in (pl.Date, pl.Null):
        raise ColumnError(f"the column {dated!r} holds no dates", where="patents", got=frame.schema[dated])
    strange = matches.select("patent_id").unique().join(frame, on="patent_id", how="anti")["patent_id"].sort()
    if strange.len() or frame.height != counts["patents"]:
        first = ", ".join(map(str, strange.head(5)))
        raise DataError(
            "the patents are not those that were matched",
            where="patents",
            got=f"{frame.height} patents" + (f", and not among them {first}" if first else ""),
            allowed=f"{counts['patents']} patents",
        )
    known = _has_symbol(frame, main=settings.get("symbols") == "main") if by_symbol else pl.lit(value=True)
    matched = pl.col("patent_id").is_in(matches["patent_id"].unique().implode())
    return frame.select(
        "patent_id",
        pl.col(dated).cast(pl.Date).dt.year().alias("year"),
        (pl.col("title") if "title" in frame.columns else pl.lit(None, pl.String)).alias("title"),
        pl.when(matched | known).then(matched).alias("matched"),
    )


def _has_symbol(frame: pl.DataFrame, *, main: bool) -> pl.Series:
    texts = frame.select(pl.int_range(pl.len()).alias("row"), pl.col("ipc"))
    if isinstance(texts.schema["ipc"], pl.List):
        texts = texts.explode("ipc")
    read = read_symbol_lists(texts["ipc"].cast(pl.String), written=False)
    pieces = pl.DataFrame({"row": texts["row"].gather(read.row), "code": read.code})
    if main:
        pieces = pieces.unique("row", keep="first", maintain_order=True)
    has = np.zeros(frame.height, np.bool_)
    has[pieces.filter(pl.col("code") >= 0)["row"].to_numpy()] = True
    return pl.Series(has)


def _weighed(matches: pl.DataFrame, by: list[str], *, fractional: bool) -> pl.DataFrame:
    """Give one row for each patent and group, with what the patent weighs there."""
    weight = pl.col("weight").sum() if fractional else pl.lit(1, pl.Int64)
    return matches.group_by("patent_id", *by, maintain_order=True).agg(weight.alias("patents"))


def _summed(matches: pl.DataFrame, by: list[str], known: int, *, fractional: bool) -> pl.DataFrame:
    return (
        _weighed(matches, by, fractional=fractional)
        .group_by(by, maintain_order=True)
        .agg(pl.col("patents").sum())
        .with_columns((pl.col("patents") / known).alias("share"))
        .sort(["patents", *by], descending=[True, *(False for _ in by)])
    )


def _years(about: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("matched") + pl.col("unmatched")
    return (
        about.group_by("year")
        .agg(
            pl.len().cast(pl.Int64).alias("patents"),
            pl.col("matched").sum().cast(pl.Int64),
            (~pl.col("matched")).sum().cast(pl.Int64).alias("unmatched"),
            pl.col("matched").null_count().cast(pl.Int64).alias("unknown"),
        )
        .with_columns(pl.when(known > 0).then(pl.col("unmatched") / known).alias("share_unmatched"))
        .sort("year", nulls_last=True)
    )


def _by_year(
    matches: pl.DataFrame, about: pl.DataFrame, years: pl.DataFrame, *, fractional: bool
) -> pl.DataFrame:
    known = pl.col("matched") + pl.col("unmatched")
    grid = years.select("year", known.alias("known")).join(
        matches.select(pl.col("technology").unique().sort()), how="cross", maintain_order="left_right"
    )
    sums = (
        _weighed(matches, ["technology"], fractional=fractional)
        .join(about.select("patent_id", "year"), on="patent_id", how="left", maintain_order="left")
        .group_by("year", "technology", maintain_order=True)
        .agg(pl.col("patents").sum())
    )
    return (
        grid.join(sums, on=["year", "technology"], how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.col("patents").fill_null(0))
        .with_columns(pl.when(pl.col("known") > 0).then(pl.col("patents") / pl.col("known")).alias("share"))
        .select("year", "technology", "patents", "share")
    )


def _examples(matches: pl.DataFrame, about: pl.DataFrame | None, wanted: int) -> pl.DataFrame:
    firsts = matches.unique(["technology", "patent_id"], keep="first", maintain_order=True).sort(
        "technology", "patent_id"
    )
    place, size = pl.int_range(pl.len()), pl.len().cast(pl.Int64)
    # of equal stretches of the list, each the one in the middle
    stretch = place * wanted // size
    middle = (2 * stretch + 1) * size // (2 * wanted)
    chosen = firsts.filter(((size <= wanted) | (place == middle)).over("technology"))
    none = {"title": pl.String, "year": pl.Int32}
    texts = pl.DataFrame(schema={"patent_id": chosen.schema["patent_id"], **none}) if about is None else about
    return chosen.join(texts, on="patent_id", how="left", maintain_order="left").select(
        "technology", "branch", "patent_id", "year", "title", "symbol", "pattern", "keywords"
    )
