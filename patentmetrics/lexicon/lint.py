"""Checks of the reviewed data in ``lexicons/``: more than loading asks, so that a review can trust a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.core.errors import PatentmetricsError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import YAML_ENDINGS, read_reviewed
from patentmetrics.lexicon.load import load_lexicon
from patentmetrics.text.normalise import normalise
from patentmetrics.text.openings import load_openings
from patentmetrics.text.stopwords import load_stopwords

# where jieba always cuts: a term with another character inside can never be one token
_ONE_TOKEN = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found.

    Parameters
    ----------
    file : str
        Its name.
    severity : {'error', 'note'}
        An error must be mended; a note is to be known.
    message : str
        What, and where in the file.
    """

    file: str
    severity: Literal["error", "note"]
    message: str


def reviewed_files() -> list[Path]:
    """List all files of reviewed data that ship with the package, the README aside.

    Examples
    --------
    >>> "wipo35.yml" in [path.name for path in reviewed_files()]
    True
    """
    return sorted(path for path in lexicon_folder().rglob("*") if path.is_file() and path.name != "README.md")


def lint_lexicon(path: Path | str) -> list[Finding]:
    """Check a lexicon, a concordance or a list of stop words (词典检查); which it is, its keys say.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    list of Finding
        Errors: what loading refuses (unknown or missing keys, no source, empty terms, terms that are the
        same once normalised, patterns that are none …), an id that is not the file's name, terms or
        patterns that are not sorted. Notes: terms that lie inside other terms, terms that can never be a
        token, patterns that lie inside patterns of other entries. A file that cannot be loaded has that
        one error; more may show once it is mended.

    Examples
    --------
    >>> from patentmetrics.core.resources import lexicon_folder
    >>> found = lint_lexicon(lexicon_folder() / "digital_transformation_wu2021.yml")
    >>> [(one.severity, one.message) for one in found]
    [('note', '移动互联 lies inside 移动互联网: the counting rules differ')]
    """
    path = Path(path)
    try:
        if path.suffix not in YAML_ENDINGS:
            return [Finding(file=path.name, severity="error", message="not a .yml file, so nobody reads it")]
        content = read_reviewed(path)
        check = next((check for key, check in _CHECKS.items() if key in content), None)
        if check is None:
            message = f"none of the keys {', '.join(_CHECKS)}: neither lexicon nor other reviewed data"
            return [Finding(file=path.name, severity="error", message=message)]
        found = list(check(path, content))
    except PatentmetricsError as error:
        parts = error.details()
        parts.pop("where", None)
        place = (error.where or "").removeprefix(str(path)).lstrip(", ")
        words = [f"{place}: " * bool(place) + parts.pop("what"), *(f"{k}: {v}" for k, v in parts.items())]
        return [Finding(file=path.name, severity="error", message="; ".join(words))]
    if content["id"] != path.stem:
        found.insert(0, ("error", f"the id is {content['id']}, the file's name is not"))
    return [Finding(file=path.name, severity=severity, message=message) for severity, message in found]


_Found = Iterator[tuple[Literal["error", "note"], str]]


def _check_lexicon(path: Path, content: dict[str, object]) -> _Found:
    lexicon = load_lexicon(path)
    for number, group in enumerate(_groups(content, "groups"), 1):
        yield from _unsorted(group["terms"], f"group {number}", str)
    forms = {term: normalise(term) for term in lexicon.terms}
    for inner in sorted(forms):
        outer = [term for term in sorted(forms) if term != inner and forms[inner] in forms[term]]
        if outer:
            yield "note", f"{inner} lies inside {', '.join(outer)}: the counting rules differ"
    never = [term for term, form in sorted(forms.items()) if not _ONE_TOKEN.fullmatch(form)]
    if never:
        yield "note", f"can never be one token, so rule=token never counts: {', '.join(never)}"


def _check_concordance(path: Path, content: dict[str, object]) -> _Found:
    concordance = load_concordance(path)
    for number, entry in enumerate(_groups(content, "entries"), 1):
        yield from _unsorted(entry["patterns"], f"entry {number}", _numeric)
    owners: dict[str, set[str]] = {}
    for entry_id, pattern in concordance.entries.select("entry_id", "pattern").rows():
        owners.setdefault(pattern, set()).add(entry_id)
    for pattern in sorted(owners, key=_numeric):
        wider = [one for one in _wider(pattern) if owners.get(one, set()) - owners[pattern]]
        if wider:
            yield "note", f"{pattern} lies inside {', '.join(wider)} of another entry"
        if len(owners[pattern]) > 1:
            yield "note", f"{pattern} is in several entries: {', '.join(sorted(owners[pattern]))}"


def _check_stopwords(path: Path, content: dict[str, object]) -> _Found:  # noqa: ARG001 - as the others
    load_stopwords(path)  # it checks the order itself
    yield from ()


def _check_openings(path: Path, content: dict[str, object]) -> _Found:  # noqa: ARG001 - as the others
    load_openings(path)  # it tries the examples itself
    yield from ()


_CHECKS: dict[str, Callable[[Path, dict[str, object]], _Found]] = {
    "groups": _check_lexicon,
    "entries": _check_concordance,
    "terms": _check_stopwords,
    "openings": _check_openings,
}


def _groups(content: dict[str, object], key: str) -> list[dict[str, list[str]]]:
    groups = content[key]
    return groups if isinstance(groups, list) else []


def _unsorted(texts: list[str], where: str, key: Callable[[str], object]) -> _Found:
    for before, after in zip(texts, sorted(texts, key=key), strict=True):  # type: ignore[arg-type]  # keys of one kind compare
        if before != after:
            yield "error", f"{where} is not sorted: {before} stands where {after} belongs"
            return


def _numeric(pattern: str) -> tuple[str, int, str]:
    """Order patterns by subclass, then by the number of the main group, then by the digits after it."""
    match = re.fullmatch(r"(\D\d{0,2}\D?)(\d*)/?(.*)", pattern)
    return (match[1], int(match[2] or 0), match[3]) if match else (pattern, 0, "")


def _wider(pattern: str) -> list[str]:
    """Give the standard patterns that hold a narrower one."""
    head, slash, digits = pattern.partition("/")
    above = [
        pattern[:length] for length in (1, 3, 4) if length < len(head) or (slash and length <= len(head))
    ]
    shorter = range(len(digits.rstrip("*")) + (not digits.endswith("*")))
    return above + [f"{head}/{digits[:length]}*" for length in shorter if slash]
