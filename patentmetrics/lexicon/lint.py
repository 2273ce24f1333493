"""Checks of the reviewed data in ``lexicons/``: more than loading asks, so that a review can trust a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from patentmetrics.classes.concordance import load_concordance
from patentmetrics.classes.lint import lint_concordance
from patentmetrics.core.errors import PatentmetricsError
from patentmetrics.core.resources import lexicon_folder
from patentmetrics.core.reviewed import YAML_ENDINGS, read_reviewed
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.findings import SEVERITIES, Findings, Found
from patentmetrics.lexicon.findings import Finding as Finding
from patentmetrics.lexicon.lint_terms import check_lexicon
from patentmetrics.lexicon.schema import SCHEMA_FILE
from patentmetrics.text.openings import load_openings
from patentmetrics.text.stopwords import load_stopwords

_NOT_CHECKED = ("README.md", SCHEMA_FILE)


def reviewed_files() -> list[Path]:
    """List all files of reviewed data that ship with the package, the README and the schema aside.

    Examples
    --------
    >>> "wipo35.yml" in [path.name for path in reviewed_files()]
    True
    """
    return sorted(
        path for path in lexicon_folder().rglob("*") if path.is_file() and path.name not in _NOT_CHECKED
    )


def lint_lexicon(path: Path | str, *, corpus: Corpus | None = None) -> list[Finding]:
    """Check a lexicon or another reviewed list (词典检查); which kind it is, its keys say.

    Parameters
    ----------
    path : Path or str
        A lexicon, a concordance, a list of stop words or of opening formulas.
    corpus : Corpus, optional
        Documents in which the terms of a lexicon should have hits.

    Returns
    -------
    list of Finding
        The errors first, then warnings, then notes. A file that cannot be loaded has that one error; more
        may show once it is mended.

        - Errors: what loading refuses (unknown or missing keys, no source, empty terms, terms that are the
          same once normalised, patterns that are none …); an id that is not the file's name; terms or
          patterns that are not sorted; an example in which the term is not counted; fewer hits in the
          sample that ships with the package than ``at_least`` says.
        - Warnings: a file not in the form that the package writes; groups of one outer value apart; a
          traditional and a simplified form as two terms; terms without a source where others have one; a
          counterexample that counts.
        - Notes: terms that lie inside other terms; terms that can never be a token; terms that jieba does
          not know; sources that no term names; with a corpus, terms without a hit and terms that are cut in
          half of their places or more; patterns that lie inside patterns of other entries.

    Examples
    --------
    >>> from patentmetrics.core.resources import lexicon_folder
    >>> found = lint_lexicon(lexicon_folder() / "digital_transformation_wu2021.yml")
    >>> [(one.severity, one.message) for one in found if one.check == "nested"]
    [('note', '移动互联 lies inside 移动互联网: the counting rules differ')]
    """
    path = Path(path)
    found: list[Found] = []
    try:
        if path.suffix not in YAML_ENDINGS:
            return [_finding(path, Found("error", "kind", "not a .yml file, so nobody reads it"))]
        content = read_reviewed(path)
        check = next((check for key, check in _CHECKS.items() if key in content), None)
        if check is None:
            message = f"none of the keys {', '.join(_CHECKS)}: no kind of list"
            return [_finding(path, Found("error", "kind", message))]
        found += check(path, content, corpus)
    except PatentmetricsError as error:
        parts = error.details()
        parts.pop("where", None)
        place = (error.where or "").removeprefix(str(path)).lstrip(", ")
        words = [f"{place}: " * bool(place) + parts.pop("what"), *(f"{k}: {v}" for k, v in parts.items())]
        return [_finding(path, Found("error", "load", "; ".join(words)))]
    if content["id"] != path.stem:
        found.insert(0, Found("error", "id", f"the id is {content['id']}, the file's name is not"))
    found.sort(key=lambda one: SEVERITIES.index(one.severity))
    return [_finding(path, one) for one in found]


def _finding(path: Path, one: Found) -> Finding:
    return Finding(file=path.name, severity=one.severity, check=one.check, message=one.message)


def _check_concordance(path: Path) -> Findings:
    load_concordance(path)  # what it refuses is one finding, whatever the kind of the file
    for remark in lint_concordance(path):
        if "the file's name is not" not in remark.message:  # that is checked for all kinds
            yield Found(remark.severity, "concordance", remark.message)


def _check_stopwords(path: Path) -> Findings:
    load_stopwords(path)  # it checks the order itself
    yield from ()


def _check_openings(path: Path) -> Findings:
    load_openings(path)  # it tries the examples itself
    yield from ()


# by the key that tells the kind of a list
_CHECKS: dict[str, Callable[[Path, dict[str, object], Corpus | None], Findings]] = {
    "groups": lambda path, _, corpus: check_lexicon(path, corpus=corpus),
    "entries": lambda path, *_: _check_concordance(path),
    "openings": lambda path, *_: _check_openings(path),
    "terms": lambda path, *_: _check_stopwords(path),
}
