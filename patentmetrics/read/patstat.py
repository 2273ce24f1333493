"""PATSTAT Global's tables (tls201, tls202, tls203, tls209, tls211, tls212, tls224), joined by application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.read.headers import INPUT_COLUMNS
from patentmetrics.read.joined import Joined, joined_pieces, tables_of
from patentmetrics.read.pieces import Piece, Reading
from patentmetrics.read.source_list import SOURCES
from patentmetrics.read.table import table_batches

_KEY = "\x00key"
# PATSTAT's way to write that a day, a year or a number is not known
_NO_DAY = "^9999"


def patstat_pieces(
    paths: Sequence[Path], reading: Reading, *, folder: Path | None = None, progress: Progress = silent
) -> Iterator[Piece]:
    """Read PATSTAT's tables; one row for each application of tls201, named by its appln_id.

    The publication number is that of the first publication in tls211, the issue date the day of the first
    grant there. Cited patents (tls212) are appln_ids, where PATSTAT knows the application. Tables that are
    not given leave their columns null; for the citations tls211 must be there, which says whose
    publication cites.

    Raises
    ------
    InputError
        tls201 is not among the files; tls212 is and tls211 is not; a file is none of the tables.

    Examples
    --------
    >>> list(patstat_pieces([], Reading()))
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: tls201 is not among the files: it says which applications there are
      allowed: tls201 (appln_id, appln_auth, appln_nr, …), and the tables to be joined to it
    """
    tables = tables_of(paths, SOURCES["patstat"], reading)
    if "tls201" not in tables:
        raise InputError(
            "tls201 is not among the files: it says which applications there are",
            where=", ".join(path.name for path in paths) or None,
            allowed="tls201 (appln_id, appln_auth, appln_nr, …), and the tables to be joined to it",
        )
    if "tls212" in tables and "tls211" not in tables:
        raise InputError(
            "tls212 cannot be joined without tls211, which says whose publication cites",
            where=", ".join(path.name for path in tables["tls212"]),
            hint="give tls211 too, or leave tls212 out",
        )
    how = dict(_HOW)
    if "tls212" in tables:
        how["tls212"] = _citing(_applications(tables["tls211"], reading))
    used = {ours: ours for ours in INPUT_COLUMNS} | {"patent_id": "patent_id"}
    yield from joined_pieces(tables, "tls201", how, reading, used=used, folder=folder, progress=progress)


def _application(rows: pl.DataFrame) -> pl.DataFrame:
    # the numbers of other offices are PATSTAT's own and look like publications
    chinese = pl.when(pl.col("appln_auth").str.strip_chars() == "CN").then(
        pl.concat_str(pl.lit("CN"), pl.col("appln_nr").str.strip_chars())
    )
    granted = pl.when(pl.col("granted").str.strip_chars().is_in(["Y", "1"])).then(pl.lit("granted"))
    family = pl.col("docdb_family_id").str.strip_chars()
    published = _day("earliest_publn_date")
    rows = rows.with_columns(
        patent_id=pl.col("appln_id").str.strip_chars(),
        application_number=chinese,
        filing_date=_day("appln_filing_date"),
        kind=pl.col("ipr_type").str.strip_chars(),
        legal_status=granted,
        family_id=pl.when(family != "0").then(family),
        forward_citations="nb_citing_docdb_fam",
        publication_date=pl.coalesce("publication_date", published)
        if "publication_date" in rows.columns
        else published,
    )
    return rows.drop(_APPLICATION)


def _day(column: str) -> pl.Expr:
    return pl.when(~pl.col(column).str.contains(_NO_DAY)).then(pl.col(column)).alias(column)


def _text(ours: str, theirs: str, language: str) -> Joined:
    """Take the English text where there is one, otherwise the first."""

    def gather(rows: pl.DataFrame) -> pl.DataFrame:
        english = (pl.col(language).str.strip_chars() == "en").fill_null(value=False)
        return (
            rows.filter(pl.col(theirs).is_not_null())
            .sort(~english, maintain_order=True)
            .group_by(_KEY, maintain_order=True)
            .agg(pl.col(theirs).first().alias(ours))
        )

    return Joined(key="appln_id", columns=(theirs, language), gather=gather)


def _symbols(ours: str, theirs: str, position: str) -> Joined:
    """List the symbols, those in first position first; PATSTAT pads them: ``A61K   1/07``."""

    def gather(rows: pl.DataFrame) -> pl.DataFrame:
        first = (pl.col(position).str.strip_chars() == "F").fill_null(value=False)
        symbol = pl.col(theirs).str.replace_all(r"\s+", " ").str.strip_chars()
        return (
            rows.filter(pl.col(theirs).is_not_null())
            .sort(~first, maintain_order=True)
            .group_by(_KEY, maintain_order=True)
            .agg(symbol.unique(maintain_order=True).alias(ours))
        )

    return Joined(key="appln_id", columns=(theirs, position), gather=gather)


def _publications(rows: pl.DataFrame) -> pl.DataFrame:
    day = _day("publn_date")
    number = pl.concat_str(
        pl.col("publn_auth").str.strip_chars(),
        pl.col("publn_nr").str.strip_chars(),
        pl.col("publn_kind").str.strip_chars().fill_null(""),
    )
    first_grant = pl.col("publn_first_grant").str.strip_chars().is_in(["Y", "1"]).fill_null(value=False)
    return (
        rows.with_columns(day.alias("day"), number.alias("number"))
        .sort("day", maintain_order=True, nulls_last=True)
        .group_by(_KEY, maintain_order=True)
        .agg(
            publication_number=pl.col("number").first(),
            kind_code=pl.col("publn_kind").str.strip_chars().first(),
            publication_date=pl.col("day").first(),
            issue_date=pl.col("day").filter(first_grant).first(),
        )
    )


def _applications(paths: Sequence[Path], reading: Reading) -> pl.DataFrame:
    """Give the application of each publication; this stays in memory, as two numbers a publication."""
    parts = [
        batch.frame.select(
            pl.col(_named(batch.frame, "pat_publn_id")).cast(pl.Int64, strict=False).alias("publication"),
            pl.col(_named(batch.frame, "appln_id")).cast(pl.Int64, strict=False).alias("application"),
        )
        for path in paths
        for batch in table_batches(path, encoding=reading.encoding)
    ]
    return pl.concat(parts).drop_nulls().unique("publication", keep="first", maintain_order=True)


def _named(frame: pl.DataFrame, name: str) -> str:
    return next(one for one in frame.columns if one.strip().casefold() == name)


def _citing(applications: pl.DataFrame) -> Joined:
    def prepare(rows: pl.DataFrame) -> pl.DataFrame:
        whose = pl.col(_KEY).cast(pl.Int64, strict=False)
        cited = pl.col("cited_pat_publn_id").cast(pl.Int64, strict=False)
        direct = pl.col("cited_appln_id").cast(pl.Int64, strict=False)
        named = rows.with_columns(citing=whose, cited=cited, direct=pl.when(direct > 0).then(direct))
        found = named.join(
            applications.rename({"application": "by"}), left_on="citing", right_on="publication",
            how="left", maintain_order="left",
        ).join(
            applications.rename({"application": "of"}), left_on="cited", right_on="publication",
            how="left", maintain_order="left",
        )  # fmt: skip
        # a cited publication 0 is literature, not a patent
        return found.select(
            pl.col("by").cast(pl.String).alias(_KEY),
            pl.coalesce("direct", "of").cast(pl.String).alias("cited"),
        )

    def gather(rows: pl.DataFrame) -> pl.DataFrame:
        return (
            rows.filter(pl.col("cited").is_not_null())
            .group_by(_KEY, maintain_order=True)
            .agg(pl.col("cited").unique(maintain_order=True).alias("cited_patents"))
        )

    return Joined(
        key="pat_publn_id",
        columns=("cited_pat_publn_id", "cited_appln_id"),
        gather=gather,
        prepare=prepare,
    )


_APPLICATION = (
    "appln_id",
    "appln_auth",
    "appln_nr",
    "appln_filing_date",
    "ipr_type",
    "granted",
    "docdb_family_id",
    "nb_citing_docdb_fam",
    "earliest_publn_date",
)
_PUBLICATION = ("publn_auth", "publn_nr", "publn_kind", "publn_date", "publn_first_grant")
_HOW = {
    "tls201": Joined(key="appln_id", columns=_APPLICATION, gather=_application),
    "tls202": _text("title", "appln_title", "appln_title_lg"),
    "tls203": _text("abstract", "appln_abstract", "appln_abstract_lg"),
    "tls209": _symbols("ipc", "ipc_class_symbol", "ipc_position"),
    "tls224": _symbols("cpc", "cpc_class_symbol", "cpc_position"),
    "tls211": Joined(key="appln_id", columns=_PUBLICATION, gather=_publications),
}
