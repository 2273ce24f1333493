"""Which rows of a patent stay (去重规则): rows with one number, publications of one application, families.

The rules look at the keys of the rows only, so the rows themselves need not be in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice

DUPLICATES = ("reject", "last", "error")
PUBLICATIONS = ("all", "first", "granted")
FAMILIES = ("all", "one")

# columns of the canonical table that the rules need
KEY_COLUMNS = (
    "patent_id",
    "application_number",
    "publication_number",
    "kind_code",
    "kind",
    "filing_date",
    "issue_date",
    "publication_date",
    "family_id",
)
_DROPPED = {"at": pl.UInt32, "reason": pl.String, "column": pl.String, "value": pl.String}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which rows stay where several are one patent.

    Parameters
    ----------
    duplicates : {'reject', 'last', 'error'}
        Of rows with the same number: the first stays, the last stays, or they end the run.
    publications : {'all', 'first', 'granted'}
        Of the publications of one application (A and B): all rows are patents of their own; the first
        published stays; or the first grant stays, and applications without a grant are rejected.
    families : {'all', 'one'}
        Of the members of one family: all stay, or the one filed first.

    Raises
    ------
    SettingError
        A rule has a value it cannot have.

    Examples
    --------
    >>> Choice(publications="granted").families
    'all'
    """

    duplicates: Literal["reject", "last", "error"] = "reject"
    publications: Literal["all", "first", "granted"] = "all"
    families: Literal["all", "one"] = "all"

    def __post_init__(self) -> None:
        check_choice(self.duplicates, DUPLICATES, argument="duplicates")
        check_choice(self.publications, PUBLICATIONS, argument="publications")
        check_choice(self.families, FAMILIES, argument="families")


def dropped_rows(keys: pl.DataFrame, choice: Choice) -> pl.DataFrame:
    """Say which rows do not stay, and why.

    Parameters
    ----------
    keys : polars.DataFrame
        `KEY_COLUMNS`, ``file``, ``row``, and ``same``: equal for rows with the same contents. In the order
        of the files.
    choice : Choice
        The rules. They are applied in this order: rows with the same number, publications, families.

    Returns
    -------
    polars.DataFrame
        ``at`` (which row, from 0), ``reason``, ``column``, ``value`` (which row stays), by place.

    Raises
    ------
    DataError
        Rows have the same number, and ``duplicates="error"``.
    SettingError
        Publications or families are asked for, and no row has an application number, or a family.

    Examples
    --------
    >>> keys = pl.DataFrame({"patent_id": ["1", "1"], "file": "a.csv", "row": [2, 3], "same": [7, 7]})
    >>> keys = keys.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in KEY_COLUMNS[1:])
    >>> dropped_rows(keys, Choice()).rows()
    [(1, 'duplicate, the same row', 'patent_id', 'first in a.csv, row 2')]
    """
    keys = keys.with_row_index("at")
    dropped = []
    # with a rule for publications, rows of one application are duplicates when they are one publication
    exact = ["patent_id"] if choice.publications == "all" else ["patent_id", "publication_number"]
    steps = [(_duplicates, exact)]
    if choice.publications != "all":
        steps += [(_publications, ["application_number"]), (_duplicates, ["patent_id"])]
    if choice.families == "one":
        steps.append((_families, ["family_id"]))
    for step, columns in steps:
        found = step(keys, columns, choice)
        dropped.append(found)
        keys = keys.join(found, on="at", how="anti", maintain_order="left")
    return pl.concat(dropped).sort("at")


def is_granted(keys: pl.DataFrame) -> pl.Series:
    """Say whether each row is a granted patent: by the kind code, else the kind, else the issue date.

    Utility models and designs are granted without examination, where they are published at all. Null
    where nothing says it.

    Examples
    --------
    >>> keys = pl.DataFrame({"publication_number": ["CN101234567A", "CN101234567B", "US5123456A"],
    ...                      "kind_code": ["A", "B", "A"], "kind": None, "issue_date": None})
    >>> is_granted(keys).to_list()
    [False, True, True]
    """
    kind_code, kind = pl.col("kind_code"), pl.col("kind").cast(pl.String)
    office = pl.col("publication_number").cast(pl.String).str.slice(0, 2).fill_null("")
    letter = kind_code.str.slice(0, 1)
    by_code = (
        # until 2001 the USPTO published grants only, as A
        pl.when((office == "US") & (kind_code == "A"))
        .then(pl.lit(value=True))
        .when((office == "US") & (kind_code == "P1"))
        .then(pl.lit(value=False))
        .when(letter.is_in(["B", "C", "E", "H", "P", "S", "U", "Y"]))
        .then(pl.lit(value=True))
        .when(letter == "A")
        .then(pl.lit(value=False))
    )
    by_kind = (
        pl.when(kind.str.contains("授权|实用新型|外观设计|(?i)grant"))
        .then(pl.lit(value=True))
        .when(kind.str.contains("申请|公开|公布|(?i)application"))
        .then(pl.lit(value=False))
    )
    by_date = pl.when(pl.col("issue_date").is_not_null()).then(pl.lit(value=True))
    return keys.select(pl.coalesce(by_code, by_kind, by_date).alias("granted")).to_series()


def _duplicates(keys: pl.DataFrame, columns: list[str], choice: Choice) -> pl.DataFrame:
    last = choice.duplicates == "last"
    stays = pl.col("at").last() if last else pl.col("at").first()
    marked = keys.select("at", "file", "row", "same", "patent_id", *columns[1:]).with_columns(
        stays=stays.over(columns)
    )
    again = marked.filter(pl.col("at") != pl.col("stays"))
    if again.height and choice.duplicates == "error":
        row = again.row(0, named=True)
        raise DataError(
            f"{again.height} rows have a number that an earlier row has",
            where=f"{row['file']}, row {row['row']}",
            got=row["patent_id"],
            hint='remove them, or let them be rejected: duplicates="reject"; '
            "publications of one application are a rule of their own: publications",
        )
    both = _with_kept(again, keys.select("at", "file", "row", "same"))
    return both.select(
        "at",
        reason=pl.when(pl.col("same") == pl.col("same_kept"))
        .then(pl.lit("duplicate, the same row"))
        .otherwise(pl.lit("duplicate, a different row")),
        column=pl.lit("patent_id"),
        value=_named("last in" if last else "first in"),
    ).cast(_DROPPED)  # type: ignore[arg-type]


def _publications(keys: pl.DataFrame, columns: list[str], choice: Choice) -> pl.DataFrame:
    _require_some(keys, columns[0], "publications", choice.publications)
    marked = keys.with_columns(is_granted(keys))
    dropped = []
    if choice.publications == "granted":
        no_grant = marked.filter(~pl.col("granted").fill_null(value=False))
        dropped.append(
            no_grant.select(
                "at",
                reason=pl.when(pl.col("granted").is_null())
                .then(pl.lit("not known whether granted"))
                .otherwise(pl.lit("not a grant")),
                column=pl.when(pl.col("kind_code").is_not_null())
                .then(pl.lit("kind_code"))
                .otherwise(pl.lit("kind")),
                value=pl.coalesce("kind_code", "kind"),
            ).cast(_DROPPED)  # type: ignore[arg-type]
        )
        marked = marked.filter(pl.col("granted"))
    day = pl.coalesce("publication_date", "issue_date")
    order = marked.with_columns(day.alias("day")).sort(
        "day", "granted", "at", nulls_last=True, maintain_order=True
    )
    dropped.append(_others(order, columns[0], "another publication of the application"))
    return pl.concat(dropped)


def _families(keys: pl.DataFrame, columns: list[str], choice: Choice) -> pl.DataFrame:
    _require_some(keys, columns[0], "families", choice.families)
    day = pl.coalesce("publication_date", "issue_date")
    order = keys.with_columns(day.alias("day")).sort(
        "filing_date", "day", "at", nulls_last=True, maintain_order=True
    )
    return _others(order, columns[0], "another member of the family")


def _others(order: pl.DataFrame, column: str, reason: str) -> pl.DataFrame:
    """Drop all but the first row of each value; a null is a value of its own."""
    marked = order.filter(pl.col(column).is_not_null()).select("at", stays=pl.col("at").first().over(column))
    others = marked.filter(pl.col("at") != pl.col("stays"))
    both = _with_kept(others, order.select("at", "file", "row", "patent_id", "publication_number"))
    number = pl.coalesce("publication_number_kept", "patent_id_kept")
    return both.select(
        "at",
        reason=pl.lit(reason),
        column=pl.lit(column),
        value=pl.concat_str(pl.lit("kept "), number, pl.lit(", ")) + _named("in"),
    ).cast(_DROPPED)  # type: ignore[arg-type]


def _with_kept(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    kept = kept.rename({name: f"{name}_kept" for name in kept.columns if name != "at"})
    return rows.join(kept, left_on="stays", right_on="at", how="left", maintain_order="left")


def _named(how: str) -> pl.Expr:
    return pl.concat_str(
        pl.lit(f"{how} "),
        pl.col("file_kept").cast(pl.String),
        pl.lit(", row "),
        pl.col("row_kept").cast(pl.String),
    )


def _require_some(keys: pl.DataFrame, column: str, option: str, got: str) -> None:
    if keys.height and keys[column].null_count() == keys.height:
        raise SettingError(
            f"no row has a value in {column}, which this rule needs",
            where=option,
            got=got,
            allowed="all",
            hint=f"map the column, as in --map {column}=THEIR_HEADER, or leave the rule out",
        )
