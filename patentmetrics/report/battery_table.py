"""The robustness section of a paper as one table: every check a row, what was not run in the notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from patentmetrics.core.columns import label
from patentmetrics.core.types import Result
from patentmetrics.estimate.battery import Battery
from patentmetrics.report.estimate_notes import estimate_notes
from patentmetrics.report.forest_figures import check_label
from patentmetrics.report.numbers import LEVELS, check_levels, shown_number, stars
from patentmetrics.report.tables import Align, Table
from patentmetrics.report.wording import Language, marked, say


def battery_table(
    battery: Battery,
    *,
    brackets: Literal["se", "t"] = "se",
    language: Language = "en",
    digits: int = 4,
    levels: Sequence[float] = LEVELS,
) -> Table:
    """Put a battery into one table (稳健性检验汇总表): a row for each check.

    Panel of effects: estimate with stars, standard error or t, 95 % interval, p, observations. Panel of
    tests: pre-trends, Bacon weights, placebo p values. The notes say each model's method and errors, where
    a model cannot absorb an effect of the baseline, and what could not be run, and why.

    Parameters
    ----------
    battery : Battery
        From `patentmetrics.estimate.battery.run_battery`.
    brackets, language, digits, levels
        As for `patentmetrics.report.tables.estimates_table`.

    Raises
    ------
    SettingError
        An option that is not among the choices.
    """
    check_levels(levels)
    heads = {"se": say("std_error", language), "t": "t"}
    head = ("check", "effect", "", "interval", "p_value", "n")
    header = tuple(heads[brackets] if not key else say(key, language) for key in head)
    blank = ("",) * (len(header) - 1)
    rows: list[tuple[str, ...]] = [(say("effects_heading", language), *blank)]
    notes: list[str] = []
    for row in battery.effects.to_dicts():
        name = check_label(row["check"], row["part"], language)
        low, high = (shown_number(row[key], digits=digits) for key in ("conf_low", "conf_high"))
        rows.append(
            (
                name,
                shown_number(row["estimate"], digits=digits) + stars(row["p_value"], levels=levels),
                f"({shown_number(row['std_error' if brackets == 'se' else 'statistic'], digits=digits)})",
                f"[{low}, {high}]",
                shown_number(row["p_value"], digits=digits),
                shown_number(row["n"]),
            )
        )
        if row["note"]:
            notes.append(say("of_models", language, names=name, note=row["note"]))
    headings, rules = [0], []
    if battery.tests.height:
        headings.append(len(rows))
        rules.append(len(rows))
        rows.append((say("tests_heading", language), *blank))
        for test in battery.tests.to_dicts():
            whole = test["value"] == int(test["value"]) and test["statistic"] == "draws"
            value = shown_number(int(test["value"]) if whole else test["value"], digits=digits)
            rows.append((say(f"test_{test['statistic']}", language), value, *blank[1:]))
    for lost in battery.not_run.to_dicts():
        name = check_label(lost["check"], lost["part"], language)
        notes.append(say("not_run", language, check=name, reason=lost["reason"]))
    numbers: list[Align] = ["center"] * len(blank)
    title = say("battery", language, outcome=label(battery.outcome, language=language))
    return Table(
        title=marked(title, language, simulated=battery.simulated),
        header=(header,),
        rows=tuple(rows),
        notes=(*estimate_notes(_labelled(battery, language), brackets, language, levels), *notes),
        rules=tuple(rules),
        headings=tuple(headings),
        align=("left", *numbers),
        simulated=battery.simulated,
        language=language,
    )


def _labelled(battery: Battery, language: Language) -> list[Result]:
    # under the names that the rows have, so that the notes can be found
    found = []
    for result in battery.results:
        check, _, part = result.name.partition(": ")
        check, _, number = check.partition(" (")
        found.append(replace(result, name=check_label(check, part or (number and f"({number}"), language)))
    return found
