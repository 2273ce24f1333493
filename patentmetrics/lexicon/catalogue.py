"""What ships in ``lexicons/``, by name, and what each is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from patentmetrics.classes.concordance import list_concordances, load_concordance
from patentmetrics.core.files import sha256_of
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import find_reviewed, read_reviewed
from patentmetrics.lexicon.format import read_lexicon_file
from patentmetrics.lexicon.load import list_lexicons
from patentmetrics.text.openings import list_openings, load_openings
from patentmetrics.text.stopwords import list_stopwords, load_stopwords


def catalogue() -> pl.DataFrame:
    """List everything that ships in ``lexicons/`` (词典与对照表目录).

    Returns
    -------
    polars.DataFrame
        ``kind`` (lexicon, concordance, stop words, openings), ``id, version, size`` (terms or patterns),
        ``title_en, title_zh``.

    Examples
    --------
    >>> catalogue().filter(id="wipo35").select("kind", "size").row(0)
    ('concordance', 764)
    """
    columns = ["kind", "id", "version", "size", "title_en", "title_zh"]
    lexicons = list_lexicons().with_columns(pl.lit("lexicon").alias("kind"), pl.col("terms").alias("size"))
    concordances = list_concordances().with_columns(
        pl.lit("concordance").alias("kind"), pl.col("patterns").alias("size")
    )
    stopwords = pl.DataFrame([describe(name) for name in list_stopwords()]).rename({"terms": "size"})
    openings = pl.DataFrame([describe(name) for name in list_openings()]).rename({"patterns": "size"})
    return pl.concat([frame.select(columns) for frame in (lexicons, concordances, stopwords, openings)])


def describe(name_or_path: str | Path) -> dict[str, object]:
    """Describe a lexicon, a concordance, a list of stop words or of openings: source, licence, size.

    Returns
    -------
    dict
        ``kind, id, version``, the other keys of the file's head (``status`` and ``note`` where it has
        them), ``levels`` and how much there is, ``sha256``.

    Raises
    ------
    LexiconError
        Nothing has this name, or the file is malformed.
    InputError
        There is no such file.

    Examples
    --------
    >>> describe("digital_transformation_wu2021")["dimension"]["blockchain 区块链技术"]
    5
    """
    path = find_reviewed(
        name_or_path,
        folder=lexicon_folder(),
        kind="lexicon, concordance, list of stop words or of openings",
        deep=True,
    )
    content = read_reviewed(path)
    kind, load = next((named for key, named in _KINDS.items() if key in content), _KINDS["groups"])
    body, sha256 = load(path)
    head = {key: value for key, value in content.items() if key not in {*_KINDS, "levels"}}
    return {"kind": kind, **head, **body, "sha256": sha256}


def _lexicon(path: Path) -> tuple[dict[str, object], str]:
    file = read_lexicon_file(path)
    sizes: dict[str, object] = {}
    for depth, level in enumerate(file.levels):
        counts: dict[str, int] = {}
        for group in file.groups:
            name = " ".join(filter(None, (group.path[depth], group.names_zh[depth])))
            counts[name] = counts.get(name, 0) + len(group.terms)
        sizes[level] = counts
    terms = [term for _, term in file.terms()]
    variants = sum(len(term.variants) for term in terms)
    more = {"variants": variants} if variants else {}
    return {**sizes, "terms": len(terms), **more}, sha256_of(path)


def _concordance(path: Path) -> tuple[dict[str, object], str]:
    concordance = load_concordance(path)
    sizes: dict[str, object] = {level: _sizes(concordance.entries, [level]) for level in concordance.levels}
    return {**sizes, "patterns": concordance.entries.height}, concordance.sha256


def _stopwords(path: Path) -> tuple[dict[str, object], str]:
    words = load_stopwords(path)
    return {"terms": len(words.terms)}, words.sha256


def _openings(path: Path) -> tuple[dict[str, object], str]:
    openings = load_openings(path)
    return {"patterns": len(openings.patterns)}, openings.sha256


def _sizes(entries: pl.DataFrame, names: list[str]) -> dict[str, int]:
    sizes = entries.group_by(names, maintain_order=True).len()
    return {" ".join(str(value) for value in row[:-1] if value): row[-1] for row in sizes.rows()}


_KINDS: dict[str, tuple[str, Callable[[Path], tuple[dict[str, object], str]]]] = {
    "groups": ("lexicon", _lexicon),
    "entries": ("concordance", _concordance),
    "terms": ("stop words", _stopwords),
    "openings": ("openings", _openings),
}
