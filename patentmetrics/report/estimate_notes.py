"""The notes below a table of estimates: which errors, which clusters, which stars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from patentmetrics.core.columns import label
from patentmetrics.core.types import Result
from patentmetrics.report.note_wording import method_in_chinese, note_in_chinese
from patentmetrics.report.wording import Language, say


def estimate_notes(
    results: Sequence[Result], brackets: Literal["se", "t"], language: Language, levels: Sequence[float]
) -> tuple[str, ...]:
    """Write the notes below models that stand side by side: what all share once, the rest by model.

    First that data are simulated, the outcome, what the brackets hold and what the stars mean; then each
    model's method and its own notes. A model with standard errors that no note explains gets one that
    says so: no table leaves the convention open in silence.
    """
    notes = []
    names = [result.name for result in results if shows_simulated(result)]
    if len(names) == len(results) > 1:
        notes.append(say("simulated_note", language))
    elif names:
        notes.append(say("simulated_models", language, names=say("between", language).join(names)))
    outcomes = {result.outcome for result in results}
    if len(outcomes) == 1:
        outcome = label(outcomes.pop(), language=language)
        notes.append(say("outcome_note", language, outcome=outcome))
    notes += [say(brackets, language), _stars_note(levels, language)]
    said: dict[str, list[str]] = {}
    for result in results:
        for note in dict.fromkeys([_method(result, language), *_result_notes(result, language)]):
            said.setdefault(note, []).append(result.name)
    for note, of in said.items():
        if len(of) == len(results):
            notes.append(note)
        else:
            notes.append(say("of_models", language, names=say("between", language).join(of), note=note))
    return tuple(note for note in notes if note)


def _method(result: Result, language: Language) -> str:
    method = result.method
    if language == "zh":
        method = method_in_chinese(method, result.settings.get("model"))
    return say("method", language, method=method, citation=result.citation) if result.citation else method


def _result_notes(result: Result, language: Language) -> list[str]:
    notes = [note_in_chinese(note) if language == "zh" else note for note in result.notes]
    has_errors = "std_error" in result.estimates and result.estimates["std_error"].count() > 0
    if has_errors and not any(re.search(r"\berrors?\b", note, re.IGNORECASE) for note in result.notes):
        notes.insert(0, say("errors_unsaid", language))
    return notes


def _stars_note(levels: Sequence[float], language: Language) -> str:
    marks = ["*" * (len(levels) - at) for at in range(len(levels))]
    rules = [f"{mark} p < {level:.2f}" if round(level, 2) == level else f"{mark} p < {level:g}"
             for mark, level in zip(marks, levels, strict=True)]  # fmt: skip
    return say(
        "stars",
        language,
        rules=", ".join(rules),
        stars="、".join(marks),
        each="分别" if len(marks) > 1 else "",
        levels="、".join(f"{100 * level:g}%" for level in levels),
    )


def shows_simulated(result: Result) -> bool:
    """Say whether a result is of simulated data."""
    return result.simulated or bool(result.truth)
