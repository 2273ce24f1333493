"""Checks of lexicons: what loading does not refuse, and a reviewer wants to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import ExtraError
from patentmetrics.core.reviewed import mappings_of, read_reviewed
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.concordance_lines import kwic
from patentmetrics.lexicon.findings import Findings, Found
from patentmetrics.lexicon.format import LexiconFile, LexiconTerm, read_lexicon_file
from patentmetrics.lexicon.frequencies import compare_rules
from patentmetrics.lexicon.load import lexicon_of
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.lexicon.sample import sample_corpus
from patentmetrics.lexicon.write import lexicon_yaml
from patentmetrics.text.chinese import to_simplified
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import segment
from patentmetrics.text.user_words import can_be_a_token

_SHOWN = 8  # terms that a message names


def check_lexicon(path: Path, *, corpus: Corpus | None = None) -> Findings:
    """Check a lexicon (词典检查); see `patentmetrics.lexicon.lint.lint_lexicon`.

    Parameters
    ----------
    path : Path
        The file.
    corpus : Corpus, optional
        Documents in which the terms should have hits.

    Raises
    ------
    LexiconError
        The file is malformed.
    """
    file = read_lexicon_file(path)
    terms = [term for _, term in file.terms()]
    checks: list[Callable[[], Findings]] = [
        lambda: _written(path, file),
        lambda: _together(file),
        lambda: _nested(terms),
        lambda: _never_tokens(terms),
        lambda: _split(terms),
        lambda: _twins(file),
        lambda: _sources(file),
        lambda: _examples(file),
        lambda: _assertions(file),
    ]
    for check in checks:
        yield from check()
    if corpus is not None:
        yield from _hits(file, corpus)


def _written(path: Path, file: LexiconFile) -> Findings:
    """Ask for the order and the form that the package writes, so that differences are of terms only."""
    # as they stand: reading has sorted them
    groups = mappings_of(read_reviewed(path), "groups", where=path.name)
    for number, (group, read) in enumerate(zip(groups, file.groups, strict=True), 1):
        listed = group["terms"] if isinstance(group["terms"], list) else []
        terms = [str(one["term"] if isinstance(one, dict) else one).strip() for one in listed]
        for before, after in zip(terms, (term.term for term in read.terms), strict=True):
            if before != after:
                message = f"group {number} is not sorted: {before} stands where {after} belongs"
                yield Found("error", "unsorted", message)
                return
    if path.read_bytes().decode("utf-8-sig") != lexicon_yaml(file):
        yield Found(
            "warning",
            "form",
            "not in the form that the package writes; `patentmetrics lexicon format` puts it there "
            "(comments are lost: what must stay belongs into a note)",
        )


def _together(file: LexiconFile) -> Findings:
    """Ask for groups of one outer value to stand together."""
    for depth in range(len(file.levels) - 1):
        seen: list[tuple[str, ...]] = []
        for group in file.groups:
            path = group.path[: depth + 1]
            if path in seen and seen[-1] != path:
                yield Found("warning", "scattered", f"the groups of {path[-1]} do not stand together")
                return
            seen.append(path)


def _nested(terms: Sequence[LexiconTerm]) -> Findings:
    forms = {form: normalise(form) for term in terms for form in term.forms}
    for inner in sorted(forms):
        outer = [form for form in sorted(forms) if form != inner and forms[inner] in forms[form]]
        if outer:
            yield Found(
                "note", "nested", f"{inner} lies inside {', '.join(outer)}: the counting rules differ"
            )


def _never_tokens(terms: Sequence[LexiconTerm]) -> Findings:
    forms = sorted(form for term in terms for form in term.forms)
    never = [form for form in forms if not can_be_a_token(normalise(form))]
    if never:
        yield Found(
            "note", "never a token", f"can never be one token, so rule=token never counts: {_some(never)}"
        )


def _split(terms: Sequence[LexiconTerm]) -> Findings:
    """Tell which terms the segmenter cuts by itself; where it cuts them all the same, a corpus shows."""
    forms = sorted({normalise(form) for term in terms for form in term.forms})
    forms = [form for form in forms if can_be_a_token(form)]
    cut = [
        form for form, tokens in zip(forms, segment(forms, segmenter="jieba"), strict=True) if len(tokens) > 1
    ]
    if cut:
        yield Found(
            "note",
            "not a word",
            f"{len(cut)} of {len(forms)} forms are no words of jieba's: they would have no token "
            f"without the lexicon as user dictionary: {_some(cut)}",
        )


def _twins(file: LexiconFile) -> Findings:
    forms = sorted(form for _, term in file.terms() for form in term.forms)
    if file.language == "en" or all(form.isascii() for form in forms):
        return
    try:
        simple = to_simplified(pl.Series([normalise(form) for form in forms])).to_list()
    except ExtraError as error:
        yield Found("note", "twins", f"traditional and simplified twins were not looked for: {error.hint}")
        return
    by_form: dict[str, list[str]] = {}
    for form, plain in zip(forms, simple, strict=True):
        by_form.setdefault(plain, []).append(form)
    owner = {form: term.term for _, term in file.terms() for form in term.forms}
    for plain, same in by_form.items():
        if len({owner[form] for form in same}) > 1:
            yield Found(
                "warning",
                "twins",
                f"{' and '.join(same)} are {plain} in two scripts: make one a variant of the other",
            )


def _sources(file: LexiconFile) -> Findings:
    without = [term.term for _, term in file.terms() if not term.source]
    if file.sources and without:
        yield Found("warning", "no source", f"{len(without)} terms name no source: {_some(without)}")
    used = {name for _, term in file.terms() for name in term.source}
    unused = [name for name, _ in file.sources if name not in used]
    if unused:
        yield Found("note", "unused source", f"no term names these sources: {', '.join(unused)}")


def _examples(file: LexiconFile) -> Findings:
    """Try each example and counterexample under the rule that the file names."""
    texts = [
        (term, kind, text)
        for _, term in file.terms()
        for kind, text in (("example", term.example), ("counterexample", term.counterexample))
        if text is not None
    ]
    if not texts:
        return
    frame = pl.DataFrame({"number": range(len(texts)), "text": [text for _, _, text in texts]})
    lines = Corpus(frame=frame, key="number", text=("text",))
    forms = [form for _, term in file.terms() for form in term.forms]
    hits = {rule: set(kwic(lines, forms, rule=rule).select("number", "term").iter_rows()) for rule in RULES}
    for number, (term, kind, _) in enumerate(texts):
        rule = _rule(file, term)
        counted = any((number, form) in hits[rule] for form in term.forms)
        there = any((number, form) in hits["substring"] for form in term.forms)
        if kind == "example" and not counted:
            yield Found("error", "example", f"{term.term} is not counted in its own example by rule={rule}")
        elif kind == "counterexample" and not there:
            yield Found("error", "example", f"{term.term} does not stand in its own counterexample")
        elif kind == "counterexample" and counted:
            yield Found(
                "warning", "example", f"{term.term} is counted in its own counterexample by rule={rule}"
            )


def _assertions(file: LexiconFile) -> Findings:
    """Hold the least hits against the sample that ships with the package."""
    if not any(term.at_least for _, term in file.terms()):
        return
    hits = _hits_by_form(file, sample_corpus())
    for _, term in file.terms():
        rule = _rule(file, term)
        found = sum(hits[form][rule] for form in term.forms)
        if term.at_least and found < term.at_least:
            yield Found(
                "error",
                "at_least",
                f"{term.term} has {found} hits in the sample by rule={rule}, and should have {term.at_least}",
            )


def _hits(file: LexiconFile, corpus: Corpus) -> Findings:
    hits = _hits_by_form(file, corpus)
    terms = [term for _, term in file.terms()]
    none = [term.term for term in terms if not sum(hits[form][_rule(file, term)] for form in term.forms)]
    if none:
        yield Found(
            "note", "no hits", f"{len(none)} of {len(terms)} terms have no hit in the corpus: {_some(none)}"
        )
    for form, by_rule in hits.items():
        if by_rule["token"] * 2 < by_rule["substring"]:
            yield Found(
                "note",
                "cut in texts",
                f"{form}: {by_rule['substring']} hits as characters, {by_rule['token']} as tokens",
            )


def _hits_by_form(file: LexiconFile, corpus: Corpus) -> dict[str, dict[Rule, int]]:
    compared = compare_rules(corpus, lexicon_of(file)).filter(pl.col("term").is_not_null())
    rows = {
        str(row["term"]): {rule: int(row[rule]) for rule in RULES} for row in compared.iter_rows(named=True)
    }
    return {form: rows[form] for _, term in file.terms() for form in term.forms}


def _rule(file: LexiconFile, term: LexiconTerm) -> Rule:
    return term.match or file.match or "substring"


def _some(terms: Sequence[str]) -> str:
    more = len(terms) - _SHOWN
    return ", ".join(terms[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
