"""Forward citations within some years (前向引用): counted only where the citing data cover the years."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError
from patentmetrics.core.types import require_columns, require_unique


@dataclass(frozen=True, kw_only=True)
class ForwardCitations:
    """Forward citations of patents, and what became of each row of the citations.

    Parameters
    ----------
    frame : polars.DataFrame
        ``patent_id, citations``, in the order of the patents; null where the citing years do not cover
        the patent's window, zero where they do and nobody cited it.
    citing_years : tuple of int
        First and last year that the citing data are taken to cover.
    counts : dict
        Rows of the citations by what became of them; they add up to ``citations``. With applicants,
        ``kept_without_applicant``: of these, those that could not be told from self-citations.
    """

    frame: pl.DataFrame
    citing_years: tuple[int, int]
    counts: dict[str, int]


def count_forward_citations(
    patents: pl.DataFrame,
    citations: pl.DataFrame,
    *,
    window: int,
    citing_years: tuple[int, int] | None = None,
    applicants: pl.DataFrame | None = None,
) -> ForwardCitations:
    """Count the citations that each patent receives within some years (前向引用数).

    A citation counts when the citing patent's year is 0 to ``window`` years after the cited one's. A
    patent whose window the citing years do not cover whole has a null, not a zero. A zero says that no
    patent *of the citations* cites it: where these hold the references of some citing patents only, it
    is a zero in that sample.

    Parameters
    ----------
    patents : polars.DataFrame
        ``patent_id`` and ``year``, one row a patent.
    citations : polars.DataFrame
        ``citing_id, cited_id``, and ``citing_year`` where the citing patents are not among the patents.
    window : int
        Years after the cited patent's.
    citing_years : tuple of int, optional
        First and last year that the citing data cover; those found in the data by default.
    applicants : polars.DataFrame, optional
        ``patent_id, applicants`` (text, or a list of text): citations between patents that share an
        applicant are dropped. A citation with an unknown side is kept, and counted.

    Raises
    ------
    SettingError
        The window is negative, or the citing years end before they begin.
    ColumnError
        A column is missing, or ids are not of the same type on both sides.
    DataError
        No citation has a citing year.

    Examples
    --------
    >>> patents = pl.DataFrame({"patent_id": ["a", "b", "c"], "year": [2000, 2001, 2005]})
    >>> citations = pl.DataFrame({"citing_id": ["b", "c"], "cited_id": ["a", "a"]})
    >>> count_forward_citations(patents, citations, window=3).frame["citations"].to_list()
    [None, 0, None]
    """
    if window < 0:
        raise SettingError("a window has no negative years", where="citation_window", got=window)
    require_columns(patents, ["patent_id", "year"], where="patents")
    require_unique(patents, ["patent_id"], where="patents")
    require_columns(citations, ["citing_id", "cited_id"], where="citations")
    _check_types(patents, citations)
    years = patents.select("patent_id", pl.col("year").cast(pl.Int64))
    rows, counts = _classified(years, citations, window)
    span = _citing_years(rows, citing_years)
    if applicants is not None:
        rows, own = _without_self_citations(rows, applicants)
        counts |= own
    counts |= _fates(rows, span)
    counted = rows.filter(pl.col("fate") == "counted", pl.col("citing_year").is_between(*span))
    found = counted.group_by("cited_id").agg(pl.len().cast(pl.Int64).alias("citations"))
    covered = (pl.col("year") >= span[0]) & (pl.col("year") + window <= span[1])
    frame = years.join(found, left_on="patent_id", right_on="cited_id", how="left", maintain_order="left")
    frame = frame.select(
        "patent_id", pl.when(covered).then(pl.col("citations").fill_null(0)).alias("citations")
    )
    return ForwardCitations(frame=frame, citing_years=span, counts=counts)


def _check_types(patents: pl.DataFrame, citations: pl.DataFrame) -> None:
    for name in ("citing_id", "cited_id"):
        if citations[name].dtype != patents["patent_id"].dtype:
            raise ColumnError(
                f"{name} and the patents' ids are of different types",
                where="citations",
                got=f"{citations[name].dtype} and {patents['patent_id'].dtype}",
                hint="write the ids of both in the same way",
            )


def _classified(
    years: pl.DataFrame, citations: pl.DataFrame, window: int
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Give each different citation its years and its fate, and count the rows that are left out."""
    own = "citing_year" in citations.columns
    rows = citations.select("citing_id", "cited_id", *(["citing_year"] if own else []))
    total = rows.height
    rows = rows.drop_nulls(["citing_id", "cited_id"])
    known = rows.height
    rows = rows.unique(["citing_id", "cited_id"], keep="first", maintain_order=True)
    cited = years.rename({"patent_id": "cited_id", "year": "cited_year"})
    rows = rows.join(cited, on="cited_id", how="left", maintain_order="left")
    citing = years.rename({"patent_id": "citing_id", "year": "looked_up"})
    rows = rows.join(citing, on="citing_id", how="left", maintain_order="left")
    year = pl.coalesce(pl.col("citing_year").cast(pl.Int64), "looked_up") if own else pl.col("looked_up")
    rows = rows.with_columns(year.alias("citing_year")).drop("looked_up")
    gap = pl.col("citing_year") - pl.col("cited_year")
    fate = (
        pl.when(~pl.col("cited_id").is_in(years["patent_id"].implode()))
        .then(pl.lit("of_other_patents"))
        .when(pl.col("cited_year").is_null() | pl.col("citing_year").is_null())
        .then(pl.lit("without_year"))
        .when(gap < 0)
        .then(pl.lit("before_the_cited"))
        .when(gap > window)
        .then(pl.lit("after_the_window"))
        .otherwise(pl.lit("counted"))
    )
    counts = {
        "citations": total,
        "citations_without_id": total - known,
        "citations_repeated": known - rows.height,
    }
    return rows.with_columns(fate.alias("fate")), counts


def _citing_years(rows: pl.DataFrame, given: tuple[int, int] | None) -> tuple[int, int]:
    if given is not None:
        if given[0] > given[1]:
            raise SettingError("the citing years end before they begin", where="citing_years", got=given)
        return given
    found = rows["citing_year"].drop_nulls()
    if found.is_empty():
        raise DataError(
            "no citation has a citing year",
            where="citations",
            hint="add a column citing_year, or write the citing ids as in the scores",
        )
    return int(found.to_numpy().min()), int(found.to_numpy().max())


def _without_self_citations(
    rows: pl.DataFrame, applicants: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, int]]:
    require_columns(applicants, ["patent_id", "applicants"], where="applicants")
    require_unique(applicants, ["patent_id"], where="applicants")
    long = applicants.select("patent_id", "applicants")
    if long["applicants"].dtype.is_nested():
        long = long.explode("applicants")
    long = long.drop_nulls().unique(maintain_order=True)
    counted = rows.filter(pl.col("fate") == "counted").select("citing_id", "cited_id")
    shared = counted.join(long, left_on="citing_id", right_on="patent_id", how="inner").join(
        long, left_on=["cited_id", "applicants"], right_on=["patent_id", "applicants"], how="semi"
    )
    shared = shared.select("citing_id", "cited_id").unique().with_columns(pl.lit(value=True).alias("own"))
    rows = rows.join(shared, on=["citing_id", "cited_id"], how="left", maintain_order="left")
    fate = pl.when(pl.col("own")).then(pl.lit("by_the_same_applicant")).otherwise("fate").alias("fate")
    known = long["patent_id"].implode()
    unknown = counted.filter(~(pl.col("citing_id").is_in(known) & pl.col("cited_id").is_in(known))).height
    return rows.with_columns(fate).drop("own"), {"kept_without_applicant": unknown}


def _fates(rows: pl.DataFrame, span: tuple[int, int]) -> dict[str, int]:
    """Count the citations by fate; one outside the citing years that were given is of no use either."""
    outside = (pl.col("fate") == "counted") & ~pl.col("citing_year").is_between(*span)
    fates = rows.select(
        pl.when(outside).then(pl.lit("outside_the_citing_years")).otherwise("fate").alias("fate")
    )
    found = dict(fates.group_by("fate").len().iter_rows())
    names = (
        "of_other_patents",
        "without_year",
        "before_the_cited",
        "after_the_window",
        "outside_the_citing_years",
        "by_the_same_applicant",
        "counted",
    )
    return {f"citations_{name}": int(found.get(name, 0)) for name in names}
