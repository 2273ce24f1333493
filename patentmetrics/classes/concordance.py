"""Concordances (分类对照表): reviewed tables from classification symbols to technologies."""

from __future__ import annotations

import functools
from pathlib import Path

import polars as pl

from patentmetrics.classes.patterns import interval, standard_pattern
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
OPTIONAL = ("note", "levels_zh", "source_file", "source_sha256")
_TAKEN = (
    "id", "patterns", "pattern", "secondary", "excluded", "keywords", "note",
    "entry_id", "patent_id", "symbol", "weight", "matched",
)  # fmt: skip


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
        ``entries`` has one row a pattern, in the order of the file: ``entry_id``, the levels, ``pattern`` in
        standard form (`patentmetrics.classes.patterns`), ``secondary`` (the table marks the pattern so), and
        of the whole entry ``excluded`` (patterns) and ``keywords`` (as written), lists, null where it has
        none.

    Raises
    ------
    LexiconError
        No concordance has this name, or the file is malformed: an unknown or missing key, an entry id
        twice, a pattern that is none or that an entry has twice, an exclusion that leaves nothing out or
        nothing over, a keyword that an entry has twice.
    InputError
        There is no such file, or it is empty.

    Examples
    --------
    >>> wipo = load_concordance("wipo35")
    >>> wipo.levels, wipo.entries.height, wipo.entries["field"].n_unique()
    (('sector', 'field'), 764, 35)
    """
    path = find_reviewed(name_or_path, folder=_folder(), kind="concordance")
    return _load(str(path), sha256_of(path))


# a large table takes a second to read; the hash says whether it is still the same
@functools.lru_cache(maxsize=16)
def _load(where: str, sha256: str) -> Concordance:
    content = read_reviewed(where)
    check_keys(content, required=[*HEADER, "levels", "entries"], optional=OPTIONAL, where=where)
    levels = texts_of(content, "levels", where=where)
    for level in levels:
        if not level.isidentifier() or level in _TAKEN or levels.count(level) > 1:
            raise LexiconError("a level cannot have this name", where=where, got=level)
    if "levels_zh" in content and len(texts_of(content, "levels_zh", where=where)) != len(levels):
        raise LexiconError("levels_zh must name each level", where=where, got=content["levels_zh"])
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for number, entry in enumerate(mappings_of(content, "entries", where=where), 1):
        at = f"{where}, entry {number}"
        check_keys(
            entry,
            required=["id", *levels, "patterns"],
            optional=["secondary", "excluded", "keywords", "note"],
            where=at,
        )
        entry_id = text_of(entry, "id", where=at)
        if entry_id in seen:
            raise LexiconError("an entry id occurs twice", where=at, got=entry_id)
        seen.add(entry_id)
        rows += _rows(entry, entry_id, levels, where=at)
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys(["entry_id", *levels, "pattern"], pl.String),
        "secondary": pl.Boolean,
        "excluded": pl.List(pl.String),
        "keywords": pl.List(pl.String),
    }
    header = {key: text_of(content, key, where=where) for key in HEADER}
    return Concordance(
        **header, levels=tuple(levels), entries=pl.DataFrame(rows, schema=schema), sha256=sha256
    )


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


def describe_concordance(name_or_path: str | Path) -> dict[str, object]:
    """Describe a concordance (对照表说明): the keys of its head, its levels, and how much there is.

    Returns
    -------
    dict
        ``id, version`` and the other keys of the head, ``levels``; how many values each level has, under
        its name; ``entries, patterns, excluded, entries_with_keywords, keywords``; ``sha256``.

    Raises
    ------
    LexiconError
        Nothing has this name, or the file is malformed.
    InputError
        There is no such file.

    Examples
    --------
    >>> about = describe_concordance("key_digital_technology_2023")
    >>> about["technology"], about["branch"], about["patterns"], about["entries_with_keywords"]
    (7, 527, 4890, 527)
    """
    path = find_reviewed(name_or_path, folder=_folder(), kind="concordance")
    concordance = load_concordance(path)
    content = read_reviewed(path)
    head = {key: content[key] for key in (*HEADER, *OPTIONAL, "levels") if key in content}
    entries = concordance.entries
    each = entries.unique("entry_id")
    return {
        **head,
        **{level: entries[level].n_unique() for level in concordance.levels},
        "entries": each.height,
        "patterns": entries.height,
        "excluded": int(each["excluded"].list.len().sum()),
        "entries_with_keywords": each["keywords"].drop_nulls().len(),
        "keywords": each["keywords"].explode().drop_nulls().n_unique(),
        "sha256": concordance.sha256,
    }


def _folder() -> Path:
    return lexicon_folder() / "concordances"


def _rows(
    entry: dict[str, object], entry_id: str, levels: list[str], *, where: str
) -> list[dict[str, object]]:
    path_of_levels = {level: text_of(entry, level, where=where) for level in levels}
    main = _patterns(entry, "patterns", where=where)
    secondary = _patterns(entry, "secondary", where=where) if "secondary" in entry else []
    excluded = _patterns(entry, "excluded", where=where) if "excluded" in entry else None
    patterns = [*main, *secondary]
    doubled = next((one for one in patterns if patterns.count(one) > 1), None)
    if doubled:
        raise LexiconError("an entry has a pattern twice", where=where, got=doubled)
    for one in excluded or []:
        _check_exclusion(one, patterns, where=where)
    keywords = None
    if "keywords" in entry:
        keywords = [one.strip() for one in texts_of(entry, "keywords", where=where)]
        twice = next((one for one in keywords if keywords.count(one) > 1), None)
        if twice:
            raise LexiconError("an entry has a keyword twice", where=where, got=twice)
    return [
        {
            "entry_id": entry_id,
            **path_of_levels,
            "pattern": one,
            "secondary": place >= len(main),
            "excluded": excluded,
            "keywords": keywords,
        }
        for place, one in enumerate(patterns)
    ]


def _check_exclusion(excluded: str, patterns: list[str], *, where: str) -> None:
    low, high = interval(excluded)
    covered = [interval(one) for one in patterns]
    if not any(one <= low and high <= other for one, other in covered):
        raise LexiconError("an exclusion lies in no pattern of its entry", where=where, got=excluded)
    if any(low <= one and other <= high for one, other in covered):
        raise LexiconError("an exclusion leaves nothing of a pattern of its entry", where=where, got=excluded)


def _patterns(entry: dict[str, object], key: str, *, where: str) -> list[str]:
    standard: list[str] = []
    for one in texts_of(entry, key, where=where):
        try:
            standard.append(standard_pattern(one))
        except LexiconError as error:
            raise LexiconError(
                error.what, where=where, got=one, allowed=error.allowed, hint=error.hint
            ) from error
    return standard
