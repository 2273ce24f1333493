"""Lexicons (词典): reviewed word lists that ship with the package, or a user's own in the same format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import LexiconError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import (
    check_keys,
    find_reviewed,
    mappings_of,
    read_reviewed,
    text_of,
    texts_of,
)
from patentmetrics.core.types import Lexicon
from patentmetrics.text.normalise import normalise

HEADER = ("id", "version", "title_en", "title_zh", "language", "source", "licence")
# a level's value becomes the name of an output column, <value>_count
_VALUE = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("total", "log")
_LEVELS_RESERVED = ("term", "name_zh", "terms", "count", "substring", "longest", "token", "divergence")


def load_lexicon(name_or_path: str | Path) -> Lexicon:
    """Load a lexicon (词典) that ships with the package, or one of the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `list_lexicons`, or a path that ends in ``.yml``; the format is described in
        ``lexicons/README.md``.

    Returns
    -------
    Lexicon
        ``entries``: ``term`` as written and one column for each level, plus ``<level>_zh``, the Chinese
        name of the innermost level, where the file gives it. The groups come in the order of the file,
        the terms of each sorted by code point.

    Raises
    ------
    LexiconError
        No lexicon has this name, or the file is malformed: an unknown or missing key, a term that is
        empty, or that two entries share once normalised (NFKC, lower case).
    InputError
        There is no such file, or it is empty.

    Examples
    --------
    >>> lexicon = load_lexicon("digital_transformation_wu2021")
    >>> len(lexicon.terms), lexicon.levels, lexicon.entries["dimension"].n_unique()
    (76, ('dimension',), 5)
    """
    path = find_reviewed(name_or_path, folder=lexicon_folder(), kind="lexicon")
    where = str(path)
    content = read_reviewed(path)
    check_keys(content, required=[*HEADER, "levels", "groups"], optional=["note"], where=where)
    header = {key: text_of(content, key, where=where) for key in HEADER}
    levels = texts_of(content, "levels", where=where, empty=True)
    for level in levels:
        if not _VALUE.fullmatch(level) or level in _LEVELS_RESERVED or levels.count(level) > 1:
            raise LexiconError("a level cannot have this name", where=where, got=level)
    rows: list[dict[str, str]] = []
    for number, group in enumerate(mappings_of(content, "groups", where=where), 1):
        rows += _rows_of(group, levels, where=f"{where}, group {number}")
    _check_once(rows, where=where)
    _check_values(rows, levels, where=where)
    names = ["name_zh"] if levels and any("name_zh" in row for row in rows) else []
    entries = pl.DataFrame(rows, schema=dict.fromkeys(["term", *levels, *names], pl.String))
    return Lexicon(
        **header,
        levels=tuple(levels),
        entries=entries.rename({"name_zh": f"{levels[-1]}_zh"} if names else {}),
        sha256=sha256_of(path),
    )


def list_lexicons() -> pl.DataFrame:
    """List the lexicons that ship with the package (内置词典).

    Returns
    -------
    polars.DataFrame
        ``id, version, language, title_en, title_zh, terms``, by id.

    Examples
    --------
    >>> list_lexicons().select("id", "terms").row(0)
    ('digital_transformation_wu2021', 76)
    """
    loaded = [load_lexicon(path) for path in sorted(lexicon_folder().glob("*.yml"))]
    return pl.DataFrame(
        [
            {
                "id": one.id,
                "version": one.version,
                "language": one.language,
                "title_en": one.title_en,
                "title_zh": one.title_zh,
                "terms": one.entries.height,
            }
            for one in loaded
        ]
    )


def _rows_of(group: dict[str, object], levels: Sequence[str], *, where: str) -> list[dict[str, str]]:
    check_keys(group, required=[*levels, "terms"], optional=["name_zh"], where=where)
    labels = {level: text_of(group, level, where=where) for level in levels}
    for level, value in labels.items():
        if not _VALUE.fullmatch(value) or value in _RESERVED:
            raise LexiconError(
                f"a {level} cannot have this name: it becomes the name of a column",
                where=where,
                got=value,
                allowed="small letters, digits and _, beginning with a letter; not total or log",
            )
    if "name_zh" in group:
        labels["name_zh"] = text_of(group, "name_zh", where=where)
    return [{"term": term.strip(), **labels} for term in sorted(texts_of(group, "terms", where=where))]


def _check_once(rows: Sequence[dict[str, str]], *, where: str) -> None:
    by_form: dict[str, list[str]] = {}
    for row in rows:
        by_form.setdefault(normalise(row["term"]), []).append(row["term"])
    doubled = [terms for terms in by_form.values() if len(terms) > 1]
    if doubled:
        raise LexiconError(
            "terms are the same once normalised, and would be counted twice",
            where=where,
            got="; ".join(" and ".join(terms) for terms in doubled),
            hint="keep one of each",
        )


def _check_values(rows: Sequence[dict[str, str]], levels: Sequence[str], *, where: str) -> None:
    """Refuse a value that stands in two places: two sums would have one name."""
    above: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for depth, level in enumerate(levels):
            path = tuple(row[one] for one in levels[: depth + 1])
            if above.setdefault(row[level], path) != path:
                raise LexiconError(
                    "a group's name stands for two groups",
                    where=where,
                    got=f"{' > '.join(above[row[level]])} and {' > '.join(path)}",
                )
