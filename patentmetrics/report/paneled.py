"""Tables of estimates in panels A, B, …: several outcomes or samples below one another."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Literal

from patentmetrics.core.columns import label
from patentmetrics.core.errors import SettingError
from patentmetrics.core.types import Result
from patentmetrics.report.numbers import LEVELS
from patentmetrics.report.tables import Table, estimates_table
from patentmetrics.report.wording import Language, marked, say


def paneled_table(
    panels: Mapping[str, Sequence[Result]],
    *,
    brackets: Literal["se", "t"] = "se",
    language: Language = "en",
    digits: int = 4,
    title: str | None = None,
    levels: Sequence[float] = LEVELS,
    terms: Sequence[str] | None = None,
) -> Table:
    """Put groups of models below one another as panels A, B, … (分面板回归结果表).

    Each panel is a table of `estimates_table` with a heading of its own. Where the panels' models have
    different names or outcomes, those stand below each heading, and the columns are numbered.

    Parameters
    ----------
    panels : mapping
        By title the models of a panel; all panels have the same number of models.
    brackets, language, digits, title, levels, terms
        As for `estimates_table`.

    Raises
    ------
    SettingError
        No panel, more than 26, or panels of unequal width; or a fault named in ``estimates_table``.

    Examples
    --------
    >>> import polars as pl
    >>> estimates = pl.DataFrame(
    ...     dict(term=["treated"], estimate=[0.26], std_error=[0.05], statistic=[5.2], p_value=[0.0])
    ... )
    >>> def model(outcome):
    ...     return Result(name="(1)", method="OLS", citation="", estimates=estimates, statistics={"n": 9},
    ...         notes=(), outcome=outcome, fixed_effects=("place",))
    >>> table = paneled_table({"patents": [model("patents")], "GDP": [model("gdp")]}, digits=2)
    >>> [row[0] for row in table.rows][:3], table.headings
    (['Panel A: patents', 'Dependent variable', 'Treated × post'], (0, 6))
    """
    widths = {len(results) for results in panels.values()}
    if not 1 <= len(panels) <= 26 or len(widths) != 1:
        raise SettingError(
            "panels stand below one another: 1 to 26, each with as many models",
            where="panels",
            got=", ".join(f"{name}: {len(results)}" for name, results in panels.items()) or "none",
        )
    tables = [
        estimates_table(
            results, brackets=brackets, language=language, digits=digits, levels=levels, terms=terms
        )
        for results in panels.values()
    ]
    outcomes = {result.outcome for results in panels.values() for result in results}
    one_head = len({table.header for table in tables}) == 1 and len(outcomes) == 1
    header = tables[0].header if one_head else (("", *(f"({at + 1})" for at in range(widths.pop()))),)
    # each panel says its outcome in a row
    own = {say("outcome_note", language, outcome=label(one, language=language)) for one in outcomes}
    own = own if len(outcomes) > 1 else set()
    rows: list[tuple[str, ...]] = []
    rules: list[int] = []
    headings: list[int] = []
    for letter, (name, results), table in zip(string.ascii_uppercase, panels.items(), tables, strict=False):
        headings.append(len(rows))
        rules += [len(rows)] if rows else []
        heading = say("panel", language, letter=letter, title=name)
        rows.append((heading, *("" for _ in range(table.columns - 1))))
        if not one_head:
            rows += _names(results, table, header, language, several=len(outcomes) > 1)
        rules += [len(rows) + rule for rule in table.rules]
        rows += table.rows
    simulated = any(table.simulated for table in tables)
    return Table(
        title=marked(title or say("estimates", language), language, simulated=simulated),
        header=header,
        rows=tuple(rows),
        notes=_notes(tables, language, without=own),
        rules=tuple(rules),
        headings=tuple(headings),
        align=tables[0].align,
        simulated=simulated,
        language=language,
    )


def _names(
    results: Sequence[Result],
    table: Table,
    header: tuple[tuple[str, ...], ...],
    language: Language,
    *,
    several: bool,
) -> list[tuple[str, ...]]:
    rows = [] if table.header[0] == header[0] else [table.header[0]]
    rows += table.header[1:]
    if several and len(table.header) == 1:  # one outcome for the panel, another for the next
        outcome = label(results[0].outcome, language=language)
        rows.append((say("outcome", language), *(outcome for _ in results)))
    return rows


def _notes(tables: Sequence[Table], language: Language, *, without: set[str]) -> tuple[str, ...]:
    # what all panels say is said once, the rest with the panel's letter
    said: dict[str, list[str]] = {}
    for letter, table in zip(string.ascii_uppercase, tables, strict=False):
        for note in (one for one in table.notes if one not in without):
            said.setdefault(note, []).append(letter)
    return tuple(
        note if len(letters) == len(tables) else say("panel", language, letter=", ".join(letters), title=note)
        for note, letters in said.items()
    )
