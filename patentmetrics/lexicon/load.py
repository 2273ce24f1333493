"""Lexicons (词典): reviewed word lists that ship with the package, or a user's own in the same format."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from patentmetrics.core.files import sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import find_reviewed
from patentmetrics.core.types import Lexicon
from patentmetrics.lexicon.format import LexiconFile, read_lexicon_file


def load_lexicon(name_or_path: str | Path) -> Lexicon:
    """Load a lexicon (词典) that ships with the package, or one of the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `list_lexicons`, or a path that ends in ``.yml``; the format is described in
        ``docs/lexicons.md``.

    Returns
    -------
    Lexicon
        ``entries``: one row for each form that is counted. ``term`` as written, one column for each level,
        and, where the file has any: ``<level>_zh``, the Chinese name of a level's value; ``variant_of``,
        the term whose variant the form is, null for the term itself; ``match``, the counting rule that
        the file names for the term. The groups come in the order of the file, the terms of each sorted
        by code point, variants after their term.

    Raises
    ------
    LexiconError
        No lexicon has this name, or the file is malformed: an unknown or missing key, a term that is
        empty, or that two entries share once normalised (NFKC, lower case). The message names the line.
    InputError
        There is no such file, or it is empty.

    Examples
    --------
    >>> lexicon = load_lexicon("digital_transformation_wu2021")
    >>> len(lexicon.terms), lexicon.levels, lexicon.entries["dimension"].n_unique()
    (76, ('dimension',), 5)
    """
    path = find_lexicon(name_or_path)
    return lexicon_of(read_lexicon_file(path), sha256=sha256_of(path))


def find_lexicon(name_or_path: str | Path) -> Path:
    """Find the file of a lexicon by its shipped name or its path; errors as `load_lexicon`.

    Examples
    --------
    >>> find_lexicon("digital_transformation_wu2021").name
    'digital_transformation_wu2021.yml'
    """
    return find_reviewed(name_or_path, folder=lexicon_folder(), kind="lexicon")


def lexicon_of(file: LexiconFile, *, sha256: str = "") -> Lexicon:
    """Give what is counted of a lexicon file (由词典文件得词典): its forms and their groups.

    Parameters
    ----------
    file : LexiconFile
        Read, imported or merged.
    sha256 : str
        Hash of the file it stands in, if it does.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup, LexiconTerm
    >>> term = LexiconTerm(term="5G", variants=("第五代移动通信",))
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> file = LexiconFile(**head, groups=(LexiconGroup(path=(), names_zh=(), terms=(term,)),))
    >>> lexicon_of(file).entries.rows()
    [('5G', None), ('第五代移动通信', '5G')]
    """
    chinese = [f"{level}_zh" for level in file.levels]
    rows = [
        {
            "term": form,
            **dict(zip(file.levels, group.path, strict=True)),
            **dict(zip(chinese, group.names_zh, strict=True)),
            "variant_of": None if form == term.term else term.term,
            "match": term.match or file.match,
        }
        for group, term in file.terms()
        for form in term.forms
    ]
    names = ["term", *file.levels, *chinese, "variant_of", "match"]
    optional = [*chinese, "variant_of", "match"]
    kept = [name for name in names if name not in optional or any(row[name] for row in rows)]
    return Lexicon(
        id=file.id,
        version=file.version,
        title_en=file.title_en,
        title_zh=file.title_zh,
        language=file.language,
        source=file.source,
        licence=file.licence,
        levels=file.levels,
        entries=pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)).select(kept),
        sha256=sha256,
    )


def list_lexicons() -> pl.DataFrame:
    """List the lexicons that ship with the package (内置词典).

    Returns
    -------
    polars.DataFrame
        ``id, version, language, title_en, title_zh, terms`` (variants are no terms of their own), by id.

    Examples
    --------
    >>> list_lexicons().filter(id="digital_transformation_wu2021").select("language", "terms").row(0)
    ('zh', 76)
    """
    files = [read_lexicon_file(path) for path in sorted(lexicon_folder().glob("*.yml"))]
    return pl.DataFrame(
        [
            {
                "id": file.id,
                "version": file.version,
                "language": file.language,
                "title_en": file.title_en,
                "title_zh": file.title_zh,
                "terms": sum(len(group.terms) for group in file.groups),
            }
            for file in files
        ]
    )
