"""PatentsView's tables of granted American patents (g_patent, g_application, g_ipc_at_issue, …), joined."""

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

_KEY = "\x00key"


def patentsview_pieces(
    paths: Sequence[Path], reading: Reading, *, folder: Path | None = None, progress: Progress = silent
) -> Iterator[Piece]:
    """Read PatentsView's tables; one row for each row of g_patent.

    The patent's number is ``US`` and the number without leading zeros. The filing date and the application
    number are g_application's, the symbols g_ipc_at_issue's and g_cpc_current's, the citations those of
    g_us_patent_citation and g_us_application_citation. Tables that are not given leave their columns null.

    Raises
    ------
    InputError
        g_patent is not among the files, or a file is none of the tables.

    Examples
    --------
    >>> list(patentsview_pieces([], Reading()))
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: g_patent is not among the files: it says which patents there are
      allowed: g_patent (patent_id, patent_date, patent_title, …), and the tables to be joined to it
    """
    tables = tables_of(paths, SOURCES["patentsview"], reading)
    if "g_patent" not in tables:
        raise InputError(
            "g_patent is not among the files: it says which patents there are",
            where=", ".join(path.name for path in paths) or None,
            allowed="g_patent (patent_id, patent_date, patent_title, …), and the tables to be joined to it",
        )
    used = {ours: ours for ours in INPUT_COLUMNS} | {"patent_id": "publication_number"}
    yield from joined_pieces(tables, "g_patent", _HOW, reading, used=used, folder=folder, progress=progress)


def _patent(rows: pl.DataFrame) -> pl.DataFrame:
    withdrawn = pl.when(pl.col("withdrawn").str.strip_chars() == "1").then(pl.lit("withdrawn"))
    return rows.select(
        pl.exclude(_PATENT_COLUMNS),
        publication_number="patent_id",
        issue_date="patent_date",
        publication_date="patent_date",
        title="patent_title",
        kind="patent_type",
        kind_code="wipo_kind",
        legal_status=withdrawn,
    )


def _first(ours: str, theirs: str) -> pl.Expr:
    return pl.col(theirs).drop_nulls().first().alias(ours)


def _one(**columns: str) -> Joined:
    """Take the first value of some columns."""

    def gather(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.group_by(_KEY, maintain_order=True).agg(
            _first(ours, theirs) for ours, theirs in columns.items()
        )

    return Joined(key="patent_id", columns=tuple(columns.values()), gather=gather)


def _listed(ours: str, value: pl.Expr, columns: tuple[str, ...], sequence: str) -> Joined:
    """List the values in the order of the sequence, each once."""

    def gather(rows: pl.DataFrame) -> pl.DataFrame:
        order = pl.col(sequence).cast(pl.Int64, strict=False)
        return (
            rows.select(_KEY, order.alias("order"), value.alias(ours))
            .filter(pl.col(ours).is_not_null())
            .sort("order", maintain_order=True, nulls_last=True)
            .group_by(_KEY, maintain_order=True)
            .agg(pl.col(ours).unique(maintain_order=True))
        )

    return Joined(key="patent_id", columns=(*columns, sequence), gather=gather)


def _claims(rows: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("claim_sequence").cast(pl.Int64, strict=False)
    return (
        rows.sort(order, maintain_order=True, nulls_last=True)
        .group_by(_KEY, maintain_order=True)
        .agg(pl.col("claim_text").drop_nulls().str.strip_chars().str.join("\n").alias("claims"))
    )


def _name(first: str, last: str) -> pl.Expr:
    return pl.concat_str(first, last, separator=" ", ignore_nulls=True).str.strip_chars().replace("", None)


_PATENT_COLUMNS = ("patent_id", "patent_type", "patent_date", "patent_title", "wipo_kind", "withdrawn")
_IPC = ("section", "ipc_class", "subclass", "main_group", "subgroup")
# the class has two digits; one that was read as a number lost its zero
_SUBCLASS = pl.concat_str("section", pl.col("ipc_class").str.zfill(2), "subclass")
_CITED = "cited_patents"


def _citations(rows: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("citation_sequence").cast(pl.Int64, strict=False)
    cited = pl.coalesce("citation_patent_id", "citation_document_number")
    return (
        rows.select(_KEY, order.alias("order"), cited.alias(_CITED))
        .filter(pl.col(_CITED).is_not_null())
        .sort("order", maintain_order=True, nulls_last=True)
        .group_by(_KEY, maintain_order=True)
        .agg(pl.col(_CITED).unique(maintain_order=True))
    )


_HOW = {
    "g_patent": Joined(key="patent_id", columns=_PATENT_COLUMNS, gather=_patent),
    "g_patent_abstract": _one(abstract="patent_abstract"),
    "g_application": _one(application_number="application_id", filing_date="filing_date"),
    "g_ipc_at_issue": _listed(
        "ipc",
        pl.coalesce(pl.concat_str(_SUBCLASS, pl.lit(" "), "main_group", pl.lit("/"), "subgroup"), _SUBCLASS),
        _IPC,
        "ipc_sequence",
    ),
    "g_cpc_current": _listed("cpc", pl.col("cpc_group"), ("cpc_group",), "cpc_sequence"),
    "g_assignee_disambiguated": _listed(
        "applicants",
        pl.coalesce(
            "disambig_assignee_organization",
            _name("disambig_assignee_individual_name_first", "disambig_assignee_individual_name_last"),
        ),
        (
            "disambig_assignee_organization",
            "disambig_assignee_individual_name_first",
            "disambig_assignee_individual_name_last",
        ),
        "assignee_sequence",
    ),
    "g_inventor_disambiguated": _listed(
        "inventors",
        _name("disambig_inventor_name_first", "disambig_inventor_name_last"),
        ("disambig_inventor_name_first", "disambig_inventor_name_last"),
        "inventor_sequence",
    ),
    "g_claims": Joined(key="patent_id", columns=("claim_sequence", "claim_text"), gather=_claims),
    "g_us_patent_citation": Joined(
        key="patent_id",
        columns=("citation_sequence", "citation_patent_id", "citation_document_number"),
        gather=_citations,
    ),
    "g_us_application_citation": Joined(
        key="patent_id",
        columns=("citation_sequence", "citation_patent_id", "citation_document_number"),
        gather=_citations,
    ),
}
