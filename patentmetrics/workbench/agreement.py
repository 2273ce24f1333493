"""Agreement of two coders (编码者间一致性): Cohen's kappa by kind of decision, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.workbench.decisions import Decisions, HitJudgement, TermDecision

About = Literal["belongs", "group", "hit"]

_TABLE = {
    "about": pl.String, "both": pl.Int64, "agreed": pl.Int64, "share": pl.Float64, "kappa": pl.Float64,
    "only_first": pl.Int64, "only_second": pl.Int64,
}  # fmt: skip
_DISAGREEMENTS = {
    "about": pl.String, "term": pl.String, "document": pl.String, "begin": pl.Int64, "line": pl.String,
    "first": pl.String, "second": pl.String, "reason_first": pl.String, "reason_second": pl.String,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two coders agree.

    Parameters
    ----------
    table : polars.DataFrame
        One row for each kind of decision, ``about``: ``belongs`` (does a term belong into the lexicon),
        ``group`` (into which group, of terms that both take in), ``hit`` (is the term meant there); ``both``
        (decided by both), ``agreed``, ``share`` (agreed / both), ``kappa``, ``only_first, only_second``
        (decided by one: no part of the others). Share and kappa are null where both decided nothing.
    disagreements : polars.DataFrame
        ``about, term, document, begin, line, first, second, reason_first, reason_second``; by kind, then by
        term and place.
    coders : tuple of str
        The first and the second.
    """

    table: pl.DataFrame
    disagreements: pl.DataFrame
    coders: tuple[str, str]


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Measure the agreement of two coders beyond chance (Cohen's kappa, 科恩一致性系数).

    ``κ = (p_o - p_e) / (1 - p_e)``: the share of items on which they agree, less the share on which two
    coders with their frequencies of categories would agree by chance.

    Parameters
    ----------
    first, second : sequence
        The category that each gave to each item, in one order.

    Returns
    -------
    float or None
        From -1 to 1. Null where it is not defined: without items, and where chance alone would have them
        agree on all, as when both give one and the same category to all.

    Raises
    ------
    DataError
        The two are not of one length.

    Source: Cohen 1960, A coefficient of agreement for nominal scales, doi:10.1177/001316446002000104.

    Examples
    --------
    >>> cohen_kappa(["in", "in", "out", "out"], ["in", "out", "out", "out"])
    0.5
    """
    if len(first) != len(second):
        raise DataError("two coders of the same items have as many", got=f"{len(first)} and {len(second)}")
    number = len(first)
    ours, theirs = Counter(first), Counter(second)
    by_chance = sum(ours[one] * theirs[one] for one in ours)  # of number² pairs
    if by_chance == number * number:
        return None
    agreed = sum(a == b for a, b in zip(first, second, strict=True))
    # whole numbers up to here, so that full agreement is exactly 1
    return (agreed * number - by_chance) / (number * number - by_chance)


def agreement(first: Decisions, second: Decisions) -> Agreement:
    """Compare the decisions of two coders about one lexicon (编码者间一致性).

    Parameters
    ----------
    first, second : Decisions
        From `patentmetrics.workbench.decisions.read_decisions`. To accept a term, or to move it, says that it
        belongs into the lexicon; to reject it, that it does not.

    Raises
    ------
    DataError
        They are about two lexicons.

    Examples
    --------
    >>> from patentmetrics.workbench.decisions import decided
    >>> ours = [HitJudgement(term="信创", document="a", begin=n, meant=n > 1) for n in range(4)]
    >>> theirs = [HitJudgement(term="信创", document="a", begin=n, meant=n > 2) for n in range(4)]
    >>> an = decided(Decisions(lexicon="mine", coder="An"), *ours)
    >>> bo = decided(Decisions(lexicon="mine", coder="Bo"), *theirs)
    >>> found = agreement(an, bo)
    >>> found.table.filter(about="hit").select("both", "agreed", "share", "kappa").row(0)
    (4, 3, 0.75, 0.5)
    >>> found.disagreements.select("term", "begin", "first", "second").rows()
    [('信创', 2, 'meant', 'not meant')]
    """
    if first.lexicon != second.lexicon:
        raise DataError("the decisions are about two lexicons", got=f"{first.lexicon} and {second.lexicon}")
    rows: list[dict[str, object]] = []
    differing: list[dict[str, object]] = []
    for about, (ours, theirs, label) in _kinds(first, second).items():
        both = sorted(ours.keys() & theirs.keys())
        labels = [(label(ours[key]), label(theirs[key])) for key in both]
        agreed = sum(a == b for a, b in labels)
        rows.append(
            {
                "about": about,
                "both": len(both),
                "agreed": agreed,
                "share": agreed / len(both) if both else None,
                "kappa": cohen_kappa(*zip(*labels, strict=True)) if both else None,
                "only_first": len(ours.keys() - theirs.keys()),
                "only_second": len(theirs.keys() - ours.keys()),
            }
        )
        differing += (
            {**_shown(ours[key], theirs[key]), "about": about, "first": a, "second": b}
            for key, (a, b) in zip(both, labels, strict=True)
            if a != b
        )
    return Agreement(
        table=pl.DataFrame(rows, schema=_TABLE),
        disagreements=pl.DataFrame(differing, schema=_DISAGREEMENTS),
        coders=(first.coder, second.coder),
    )


_Decided = dict[tuple[str, str, int], TermDecision | HitJudgement]
_Kind = tuple[_Decided, _Decided, Callable[[TermDecision | HitJudgement], str]]


def _kinds(first: Decisions, second: Decisions) -> dict[About, _Kind]:
    terms = [_by_key(one.terms.values()) for one in (first, second)]
    taken = [{key: one for key, one in decided.items() if _belongs(one) == "in"} for decided in terms]
    hits = [_by_key(one.hits.values()) for one in (first, second)]
    # of a term that one takes in and the other rejects, the group is no second disagreement
    return {
        "belongs": (terms[0], terms[1], _belongs),
        "group": (taken[0], taken[1], _group),
        "hit": (hits[0], hits[1], _meant),
    }


def _by_key(decided: Iterable[TermDecision | HitJudgement]) -> _Decided:
    return {(one.key, "", 0) if isinstance(one, TermDecision) else one.key: one for one in decided}


def _belongs(one: TermDecision | HitJudgement) -> str:
    return "out" if isinstance(one, TermDecision) and one.kind == "reject" else "in"


def _group(one: TermDecision | HitJudgement) -> str:
    return " > ".join(one.group or ()) if isinstance(one, TermDecision) else ""


def _meant(one: TermDecision | HitJudgement) -> str:
    return "meant" if isinstance(one, HitJudgement) and one.meant else "not meant"


def _shown(ours: TermDecision | HitJudgement, theirs: TermDecision | HitJudgement) -> dict[str, object]:
    if isinstance(ours, HitJudgement):
        line = ours.line or (theirs.line if isinstance(theirs, HitJudgement) else "")
        return {"term": ours.term, "document": ours.document, "begin": ours.begin, "line": line}
    reasons = [one.reason if isinstance(one, TermDecision) else "" for one in (ours, theirs)]
    return {"term": ours.term, "reason_first": reasons[0] or None, "reason_second": reasons[1] or None}
