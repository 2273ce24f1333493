"""Opening formulas of patents: reviewed lists of what a text begins with before it says anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import LexiconError
from patentmetrics.core.files import sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import check_keys, find_reviewed, mappings_of, read_reviewed, text_of
from patentmetrics.text.normalise import normalise

_HEAD = ("id", "version", "title_en", "title_zh", "language", "source", "licence")
LANGUAGES = ("en", "zh")

# a claim's number may stand before a formula, never alone: "1. a method comprising", "2.根据权利要求1所述的"
_NUMBER = r"(?:\d{1,3}\s*[.、)]\s*)?"


@dataclass(frozen=True, kw_only=True)
class Openings:
    """A list of opening formulas (起首套语表).

    Parameters
    ----------
    id, version : str
        Name of the list and its version.
    sha256 : str
        Hash of the file.
    language : {"en", "zh"}
        In English a formula ends where a word ends.
    patterns : tuple of str
        Regular expressions over normalised text.
    """

    id: str
    version: str
    sha256: str
    language: str
    patterns: tuple[str, ...]


def list_openings() -> list[str]:
    """Name the lists of opening formulas that ship with the package.

    Examples
    --------
    >>> list_openings()
    ['chinese_openings', 'english_openings']
    """
    return sorted(path.stem for path in _folder().glob("*.yml"))


def load_openings(name_or_path: str | Path) -> Openings:
    """Load a list of opening formulas (起首套语) that ships with the package, or one of the user's.

    Each entry has examples with what they leave; they are tried when the list is loaded.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `list_openings`, or a path that ends in ``.yml`` (the format of ``lexicons/openings/``).

    Raises
    ------
    LexiconError
        No list has this name, the file is malformed, a pattern is no regular expression or can match
        nothing at all, or an example leaves something else.
    InputError
        The file is missing or empty.

    Examples
    --------
    >>> load_openings("chinese_openings").language
    'zh'
    """
    path = find_reviewed(name_or_path, folder=_folder(), kind="list of opening formulas")
    where = str(path)
    content = read_reviewed(path)
    check_keys(content, required=[*_HEAD, "openings"], optional=["note"], where=where)
    head = {key: text_of(content, key, where=where) for key in _HEAD}
    if head["language"] not in LANGUAGES:
        raise LexiconError("the language is unknown", where=where, got=head["language"], allowed=LANGUAGES)
    patterns, examples = [], []
    for number, entry in enumerate(mappings_of(content, "openings", where=where), 1):
        place = f"{where}, opening {number}"
        check_keys(entry, required=["pattern", "source", "examples"], where=place)
        text_of(entry, "source", where=place)
        pattern = text_of(entry, "pattern", where=place)
        _check_pattern(pattern, where=place)
        patterns.append(pattern)
        for example in mappings_of(entry, "examples", where=place):
            check_keys(example, required=["text", "leaves"], where=place)
            pair = tuple(text_of(example, key, where=place) for key in ("text", "leaves"))
            examples.append((place, *pair))
    openings = Openings(
        id=head["id"],
        version=head["version"],
        sha256=sha256_of(path),
        language=head["language"],
        patterns=tuple(patterns),
    )
    left = without_openings(pl.Series([text for _, text, _ in examples]), [openings])
    for (place, text, leaves), got in zip(examples, left, strict=True):
        if got != leaves or normalise(text) != text:
            raise LexiconError(
                f"the example {text!r} leaves something else",
                where=place,
                got=got,
                allowed=leaves,
                hint="examples are normalised text; mend the pattern or the example",
            )
    return openings


def without_openings(texts: pl.Series, lists: list[Openings]) -> pl.Series:
    """Take the opening formulas off where a text or a line begins (去除起首套语).

    Formulas may follow each other, with commas or colons between; a claim's number before one goes too.

    Parameters
    ----------
    texts : polars.Series of String
        Normalised texts; a null stays null. A text that is nothing but a formula becomes empty.
    lists : list of Openings
        From `load_openings`.

    Examples
    --------
    >>> texts = pl.Series(["本发明公开了一种水泵", "1.一种泵"])
    >>> without_openings(texts, [load_openings("chinese_openings")]).to_list()
    ['水泵', '泵']
    """
    if not lists:
        return texts
    ends = {"en": r"(?-u:\b)", "zh": ""}  # in words of the one language, anywhere in the other
    formulas = "|".join(f"(?:{pattern}){ends[one.language]}" for one in lists for pattern in one.patterns)
    return texts.str.replace_all(rf"(?m)^[ \t]*(?:{_NUMBER}(?:{formulas})[\s,:]*)+", "")


def _check_pattern(pattern: str, *, where: str) -> None:
    try:
        matches_nothing = pl.Series([""]).str.contains(pattern).item()
    except pl.exceptions.ComputeError as error:
        raise LexiconError(
            "the pattern is no regular expression",
            where=where,
            got=pattern,
            hint=str(error).splitlines()[-1],
        ) from error
    if matches_nothing:
        raise LexiconError("the pattern matches the empty text", where=where, got=pattern)


def _folder() -> Path:
    return lexicon_folder() / "openings"
