"""Checks of a concordance: more than loading asks, so that a review can trust a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.keywords import normalised
from patentmetrics.classes.patterns import interval
from patentmetrics.classes.write import sorted_patterns
from patentmetrics.core.errors import PatentmetricsError
from patentmetrics.core.types import Concordance

_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One thing that a check of a concordance found.

    Parameters
    ----------
    severity : {'error', 'note'}
        An error must be mended; a note is to be known.
    message : str
        What, and where.
    """

    severity: Literal["error", "note"]
    message: str


def lint_concordance(name_or_path: str | Path) -> list[Remark]:
    """Check a concordance (对照表检查).

    Parameters
    ----------
    name_or_path : str or Path
        See `patentmetrics.classes.concordance.load_concordance`.

    Returns
    -------
    list of Remark
        Errors: what loading refuses; an id that is not the file's name; patterns that are not sorted.
        Notes, which count and name the first few: patterns in several entries, patterns that lie inside a
        wider one of another entry (``overlap`` decides what they count), patterns that lie inside one of
        their own entry (they add nothing), keywords of one character, entries without keywords where
        others have them.

    Examples
    --------
    >>> lint_concordance("wipo35")
    []
    """
    try:
        concordance = load_concordance(name_or_path)
    except PatentmetricsError as error:
        return [Remark(severity="error", message="; ".join(f"{k}: {v}" for k, v in error.details().items()))]
    remarks: list[Remark] = []
    path = Path(name_or_path)
    if path.suffix and concordance.id != path.stem:
        remarks.append(
            Remark(severity="error", message=f"the id is {concordance.id}, the file's name is not")
        )
    return remarks + _of_patterns(concordance) + _of_keywords(concordance)


def _of_patterns(concordance: Concordance) -> list[Remark]:
    remarks = []
    owners: dict[str, list[str]] = {}
    entries = concordance.entries
    for entry, part in entries.group_by("entry_id", maintain_order=True):
        for marked in (False, True):
            written = part.filter(secondary=marked)["pattern"].to_list()
            if written != sorted_patterns(written):
                message = f"entry {entry[0]}: the patterns are not sorted as symbols are"
                remarks.append(Remark(severity="error", message=message))
        for pattern in part["pattern"]:
            owners.setdefault(pattern, []).append(str(entry[0]))
    shared = [f"{one} ({len(found)} entries)" for one, found in owners.items() if len(found) > 1]
    inside, idle = _nested(owners)
    return remarks + _note(
        (shared, "patterns are in several entries"),
        (inside, "patterns lie inside one of another entry, so overlap decides what they count"),
        (idle, "patterns lie inside one of their own entry and add nothing"),
    )


def _nested(owners: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """List the patterns inside wider ones: of other entries, of their own."""
    spans = sorted((interval(one)[0], -interval(one)[1], one) for one in owners)
    inside: list[str] = []
    idle: list[str] = []
    open_: list[tuple[int, str]] = []
    for low, minus_high, pattern in spans:
        # what began before and ends behind holds this one
        open_ = [(high, one) for high, one in open_ if high >= low]
        holding = [one for high, one in open_ if high >= -minus_high]
        own = set(owners[pattern])
        for one in holding:
            if own & set(owners[one]):
                idle.append(f"{pattern} in {one}")
                break
        for one in holding:
            if len(own.union(owners[one])) > 1:
                inside.append(f"{pattern} in {one}")
                break
        open_.append((-minus_high, pattern))
    return inside, idle


def _of_keywords(concordance: Concordance) -> list[Remark]:
    if "keywords" not in concordance.entries.columns:
        return []
    words = concordance.entries.unique("entry_id", keep="first", maintain_order=True).select(
        "entry_id", "keywords"
    )
    listed = words.explode("keywords").drop_nulls("keywords")
    if listed.is_empty():
        return []
    plain = listed.with_columns(normalised(listed["keywords"]).alias("plain"))
    twice = plain.filter(pl.struct("entry_id", "plain").is_duplicated())
    short = listed.filter(pl.col("keywords").str.len_chars() == 1)["keywords"].unique(maintain_order=True)
    none = words.filter(pl.col("keywords").is_null())["entry_id"].to_list()
    return _note(
        (
            [f"{entry}: {word}" for entry, word in twice.select("entry_id", "keywords").rows()],
            "keywords are the same as another of their entry once normalised",
        ),
        (short.to_list(), "keywords are one character"),
        (none, "entries have no keywords, so a symbol suffices"),
    )


def _note(*found: tuple[list[str], str]) -> list[Remark]:
    return [
        Remark(
            severity="note",
            message=f"{len(listed)} {what}: {', '.join(listed[:_NAMED])}{', …' * (len(listed) > _NAMED)}",
        )
        for listed, what in found
        if listed
    ]
