"""Concordances (分类对照表): reviewed tables from classification symbols to technologies."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from patentmetrics.classes.patterns import standard_pattern
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
from patentmetrics.core.types import Concordance

HEADER = ("id", "version", "title_en", "title_zh", "source", "licence", "status")
_TAKEN = ("id", "patterns", "pattern", "entry_id", "patent_id", "symbol")


def load_concordance(name_or_path: str | Path) -> Concordance:
    """Load a concordance (分类对照表) that ships with the package, or one of the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `list_concordances`, or a path that ends in ``.yml``; the format is described in
        ``lexicons/README.md``.

    Returns
    -------
    Concordance
        ``entries`` has one row a pattern: ``entry_id``, the levels, ``pattern`` in standard form
        (`patentmetrics.classes.patterns`), in the order of the file.

    Raises
    ------
    LexiconError
        No concordance has this name, or the file is malformed: an unknown or missing key, an entry id
        twice, a pattern that is none or that an entry has twice.
    InputError
        There is no such file, or it is empty.

    Examples
    --------
    >>> wipo = load_concordance("wipo35")
    >>> wipo.levels, wipo.entries.height, wipo.entries["field"].n_unique()
    (('sector', 'field'), 764, 35)
    """
    path = find_reviewed(name_or_path, folder=_folder(), kind="concordance")
    where = str(path)
    content = read_reviewed(path)
    check_keys(content, required=[*HEADER, "levels", "entries"], optional=["note"], where=where)
    levels = texts_of(content, "levels", where=where)
    for level in levels:
        if not level.isidentifier() or level in _TAKEN or levels.count(level) > 1:
            raise LexiconError("a level cannot have this name", where=where, got=level)
    rows: list[dict[str, str]] = []
    seen: set[str] = set()
    for number, entry in enumerate(mappings_of(content, "entries", where=where), 1):
        at = f"{where}, entry {number}"
        check_keys(entry, required=["id", *levels, "patterns"], where=at)
        entry_id = text_of(entry, "id", where=at)
        if entry_id in seen:
            raise LexiconError("an entry id occurs twice", where=at, got=entry_id)
        seen.add(entry_id)
        path_of_levels = {level: text_of(entry, level, where=at) for level in levels}
        rows += [
            {"entry_id": entry_id, **path_of_levels, "pattern": pattern}
            for pattern in _patterns(entry, where=at)
        ]
    header = {key: text_of(content, key, where=where) for key in HEADER}
    return Concordance(**header, levels=tuple(levels), entries=pl.DataFrame(rows), sha256=sha256_of(path))


def list_concordances() -> pl.DataFrame:
    """List the concordances that ship with the package.

    Returns
    -------
    polars.DataFrame
        ``id, version, title_en, title_zh, status, entries, patterns``, by id.

    Examples
    --------
    >>> list_concordances().filter(id="wipo35").select("entries", "patterns").row(0)
    (35, 764)
    """
    loaded = [load_concordance(path) for path in sorted(_folder().glob("*.yml"))]
    return pl.DataFrame(
        [
            {
                "id": one.id,
                "version": one.version,
                "title_en": one.title_en,
                "title_zh": one.title_zh,
                "status": one.status,
                "entries": one.entries["entry_id"].n_unique(),
                "patterns": one.entries.height,
            }
            for one in loaded
        ]
    )


def _folder() -> Path:
    return lexicon_folder() / "concordances"


def _patterns(entry: dict[str, object], *, where: str) -> list[str]:
    written = texts_of(entry, "patterns", where=where)
    standard: list[str] = []
    for one in written:
        try:
            pattern = standard_pattern(one)
        except LexiconError as error:
            raise LexiconError(
                error.what, where=where, got=one, allowed=error.allowed, hint=error.hint
            ) from error
        if pattern in standard:
            raise LexiconError("an entry has a pattern twice", where=where, got=one)
        standard.append(pattern)
    return standard
