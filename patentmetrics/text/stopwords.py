"""Stop words: reviewed lists that ship with the package, or a list of the user's own."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path

from patentmetrics.core.errors import LexiconError, near_names
from patentmetrics.core.files import existing_file, sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import check_keys, read_reviewed, text_of, texts_of
from patentmetrics.text.normalise import normalise
from patentmetrics.text.word_list import read_word_list

_KEYS = ("id", "version", "title_en", "title_zh", "language", "source", "licence", "terms")


@dataclass(frozen=True, kw_only=True)
class StopWords:
    """A list of stop words (停用词表).

    Parameters
    ----------
    id, version : str
        Name of the list and its version; a plain text file has its name and no version.
    sha256 : str
        Hash of the file.
    terms : frozenset of str
        The words as they are compared with tokens: normalised.
    """

    id: str
    version: str
    sha256: str
    terms: frozenset[str]


def list_stopwords() -> list[str]:
    """Name the lists that ship with the package.

    Examples
    --------
    >>> [name for name in list_stopwords() if name.startswith("english")]
    ['english_common', 'english_patents', 'english_uspto']
    """
    return sorted(path.stem for path in _folder().glob("*.yml"))


def load_stopwords(name_or_path: str | Path) -> StopWords:
    """Load a list of stop words (停用词) that ships with the package, or one of the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `list_stopwords`; or a path that ends in ``.yml`` (the format of
        ``lexicons/stopwords/``) or ``.txt`` (UTF-8, one word a line).

    Raises
    ------
    LexiconError
        No list has this name, or the file is malformed.
    InputError
        The file is missing, empty or not UTF-8.

    Examples
    --------
    >>> words = load_stopwords("english_common")
    >>> words.version, "the" in words.terms
    ('2.2.1', True)
    """
    name = str(name_or_path)
    shipped = list_stopwords()
    if name in shipped:
        return _load_shipped(name)
    path = Path(name_or_path)
    if path.suffix in {".yml", ".yaml"}:
        return _load_yaml(existing_file(path))
    if path.suffix == ".txt":
        words = read_word_list(path)
        return StopWords(
            id=path.stem, version="", sha256=sha256_of(path), terms=frozenset(map(normalise, words))
        )
    raise LexiconError(
        "there is no list of stop words of this name",
        got=name,
        allowed=[*shipped, "a path ending in .yml or .txt"],
        hint=near_names(name, shipped),
    )


def _folder() -> Path:
    return lexicon_folder() / "stopwords"


@functools.cache
def _load_shipped(name: str) -> StopWords:
    return _load_yaml(_folder() / f"{name}.yml")


def _load_yaml(path: Path) -> StopWords:
    content = read_reviewed(path)
    check_keys(content, required=_KEYS, optional=["note"], where=str(path))
    texts = {key: text_of(content, key, where=str(path)) for key in _KEYS[:-1]}
    terms = texts_of(content, "terms", where=str(path))
    for before, after in itertools.pairwise(terms):
        if before >= after:
            raise LexiconError(
                "the terms must be sorted by code point, each once", where=str(path), got=f"{before}, {after}"
            )
    return StopWords(
        id=texts["id"],
        version=texts["version"],
        sha256=sha256_of(path),
        terms=frozenset(map(normalise, terms)),
    )
