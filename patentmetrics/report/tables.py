"""Tables as economists print them: from results and frames to cells of text.

A `Table` knows nothing of its format; `patentmetrics.report.formats` writes it as Markdown, LaTeX, HTML,
CSV, Word or Excel.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from patentmetrics.core.columns import column, label
from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.types import Result, require_columns, require_unique
from patentmetrics.report.estimate_notes import estimate_notes, shows_simulated
from patentmetrics.report.numbers import LEVELS, MISSING, check_levels, shown_number, stars
from patentmetrics.report.wording import Language, marked, say

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table ready to print (表格): every cell is text.

    Parameters
    ----------
    title : str
        Stands above the table.
    header : tuple of tuple of str
        The head, one or more rows.
    rows : tuple of tuple of str
        The body; every row has as many cells as the head.
    notes : tuple of str
        Stand below the table.
    rules : tuple of int
        Rows of the body that have a thin line above them.
    headings : tuple of int
        Rows of the body that head a panel: their first cell stands over all columns.
    align : tuple of {"left", "center", "right"}
        One for each column; the first left and the others right by default.
    simulated : bool
        True when any number comes from simulated data. The title must then say so.
    language : {"en", "zh"}
        Of the words that a format adds.

    Raises
    ------
    DataError
        Rows of unequal length, or simulated data that the title does not own up to.

    Examples
    --------
    >>> Table(title="Patents", header=(("Place", "Patents"),), rows=(("北京", "12"),)).columns
    2
    """

    title: str
    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    rules: tuple[int, ...] = ()
    headings: tuple[int, ...] = ()
    align: tuple[Align, ...] = ()
    simulated: bool = False
    language: Language = "en"

    def __post_init__(self) -> None:
        widths = sorted({len(row) for row in [*self.header, *self.rows]})
        if not self.header or len(widths) != 1 or (self.align and len(self.align) != widths[0]):
            raise DataError("the rows of the table are not of equal length", where=self.title, got=widths)
        if self.simulated and say("simulated", self.language) not in self.title:
            raise DataError("a table of simulated data must say so in its title", where=self.title)

    @property
    def columns(self) -> int:
        """How many columns the table has."""
        return len(self.header[0])

    @property
    def alignment(self) -> tuple[Align, ...]:
        """How each column is aligned."""
        rest: tuple[Align, ...] = tuple("right" for _ in range(self.columns - 1))
        return self.align or ("left", *rest)


def estimates_table(
    results: Sequence[Result],
    *,
    brackets: Literal["se", "t"] = "se",
    language: Language = "en",
    digits: int = 4,
    title: str | None = None,
    levels: Sequence[float] = LEVELS,
    terms: Sequence[str] | None = None,
) -> Table:
    """Put models side by side as economists print them (回归结果表).

    One column for each result: each coefficient with its stars (*** 1 %, ** 5 %, * 10 %), below it in
    parentheses the standard error or the t statistic; where the data are simulated, below that the known
    answer. Then the fixed effects, observations, R², within R², places, clusters, and the tests that a
    model has: pre-trends, weak and valid instruments, placebo. The notes say which errors and conventions
    were used, as each `Result` tells; a model that does not say gets a note that says so.

    Terms stand in the order in which they first occur, those of an event study by event time. A term
    that is not in a model leaves its cells blank; a statistic that is not known is ``—``. A coefficient
    without a standard error, as the base period of an event study, has neither stars nor parentheses.

    Parameters
    ----------
    results : sequence of Result
        In the order of the columns.
    brackets : {"se", "t"}
        What stands in parentheses.
    language : {"en", "zh"}
        Of all words but the results' own notes.
    digits : int
        Decimals.
    title : str, optional
        ``Estimates`` by default. Where any result is simulated, the title and the first note say so.
    levels : sequence of float
        Levels of significance for three, two or one star, the smallest first.
    terms : sequence of str, optional
        Print these terms only; a row ``Controls`` then says which models have others, and a note names them.

    Raises
    ------
    SettingError
        No results, or an option that is not among the choices.
    ColumnError, DataError
        The estimates of a result lack a column, or hold a term twice.

    Examples
    --------
    >>> estimates = pl.DataFrame(
    ...     dict(term=["treated"], estimate=[0.26], std_error=[0.05], statistic=[5.2], p_value=[0.0])
    ... )
    >>> result = Result(
    ...     name="(1)", method="OLS", citation="", estimates=estimates, statistics={"n": 1140}, notes=(),
    ...     outcome="patents", fixed_effects=("place", "year"),
    ... )
    >>> estimates_table([result], digits=2).rows[:3]
    (('Treated × post', '0.26***'), ('', '(0.05)'), ('Place fixed effects', 'Yes'))
    """
    check_choice(brackets, ("se", "t"), argument="brackets")
    check_levels(levels)
    if not results:
        raise SettingError("a table needs one result or more", where="results")
    all_found = [_estimates(result) for result in results]
    found = all_found if terms is None else [_chosen(cells, terms) for cells in all_found]
    rows: list[tuple[str, ...]] = []
    for term, name in _terms(found, language).items():
        shown = [_coefficient(cells.get(term), brackets, digits, language, levels) for cells in found]
        rows.append((name, *(coefficient for coefficient, _ in shown)))
        if any(bracket for _, bracket in shown):
            rows.append(("", *(bracket for _, bracket in shown)))
        truths = [
            result.truth.get(term) if _is_estimated(cells.get(term)) else None
            for result, cells in zip(results, found, strict=True)
        ]
        if any(truth is not None for truth in truths):
            answers = ("" if one is None else shown_number(float(one), digits=digits) for one in truths)
            rows.append((say("known_answer", language), *answers))
    rule = len(rows)
    notes = estimate_notes(results, brackets, language, levels)
    if terms is not None and any(
        len(cells) < len(whole) for cells, whole in zip(found, all_found, strict=True)
    ):
        has = [len(cells) < len(whole) for cells, whole in zip(found, all_found, strict=True)]
        rows.append((say("controls", language), *(say("yes" if one else "no", language) for one in has)))
        left = dict.fromkeys(term for whole in all_found for term in whole if term not in set(terms))
        names = say("between", language).join(label(term, language=language) for term in left)
        notes = (*notes, say("controls_note", language, names=names))
    rows += _fit_rows(results, language, digits)
    simulated = any(shows_simulated(result) for result in results)
    models: list[Align] = ["center"] * len(results)
    return Table(
        title=marked(title or say("estimates", language), language, simulated=simulated),
        header=_estimates_head(results, language),
        rows=tuple(rows),
        notes=notes,
        rules=(rule,),
        align=("left", *models),
        simulated=simulated,
        language=language,
    )


def frame_table(
    frame: pl.DataFrame,
    *,
    title: str,
    language: Language = "en",
    digits: int = 4,
    max_rows: int | None = None,
    labels: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    simulated: bool = False,
) -> Table:
    """Print a frame as a table (数据表): labels from the column registry, numbers rounded.

    Years are printed plainly, other whole numbers with thousands separators, other numbers with
    ``digits`` decimals; null and not-a-number as ``—``, never 0, with a note that says so.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a row.
    max_rows : int, optional
        Print so many rows, and say in a note how many there are; all by default.
    labels : mapping, optional
        Heads of columns, before those of the registry.
    notes : sequence of str
        Stand below the table.
    simulated : bool
        True when any number is simulated: the title and the first note then say so.

    Raises
    ------
    ColumnError
        The frame has no columns.

    Examples
    --------
    >>> table = frame_table(pl.DataFrame({"year": [2020], "patents": [1500], "gdp": [None]}), title="Cities")
    >>> table.header, table.rows
    ((('Year', 'Patents', 'gdp'),), (('2020', '1,500', '—'),))
    """
    if not frame.columns:
        raise ColumnError("the frame has no columns", where=title)
    labels = labels or {}
    shown = frame if max_rows is None else frame.head(max_rows)
    years = [_is_year(name) for name in frame.columns]
    rows = tuple(
        tuple(_cell(value, year, language, digits) for value, year in zip(row, years, strict=True))
        for row in shown.rows()
    )
    below = [say("simulated_note", language)] if simulated else []
    below += notes
    if any(MISSING in row for row in rows):
        below.append(say("missing", language))
    if shown.height < frame.height:
        below.append(say("first_rows", language, shown=shown.height, all=shown_number(frame.height)))
    align: list[Align] = ["right" if dtype.is_numeric() else "left" for dtype in frame.dtypes]
    return Table(
        title=marked(title, language, simulated=simulated),
        header=(tuple(labels.get(name, label(name, language=language)) for name in frame.columns),),
        rows=rows,
        notes=tuple(below),
        align=tuple(align),
        simulated=simulated,
        language=language,
    )


def _estimates_head(results: Sequence[Result], language: Language) -> tuple[tuple[str, ...], ...]:
    """Give the names and, where they differ, the outcomes; one outcome for all is a note."""
    names = ("", *(result.name for result in results))
    outcomes = [label(result.outcome, language=language) for result in results]
    return (names,) if len(set(outcomes)) == 1 else (names, (say("outcome", language), *outcomes))


Row = dict[str, float | int | str | None]


def _estimates(result: Result) -> dict[str, Row]:
    """Give a result's rows by term, an event study's in order of event time."""
    frame, where = result.estimates, f"estimates of {result.name}"
    require_columns(frame, ["term", "estimate", "std_error", "statistic", "p_value"], where=where)
    if "group" in frame.columns:  # the same terms in two groups, and their difference
        named = pl.format("{} ({})", "term", "group")
        frame = frame.with_columns(
            pl.when(pl.col("group").is_null()).then("term").otherwise(named).alias("term")
        )
    require_unique(frame, ["term"], where=where)
    if "event_time" in frame.columns:
        # the other terms, which have no event time, keep their place before or after
        frame = frame.sort("event_time", nulls_last=True, maintain_order=True)
    return {row["term"]: row for row in frame.iter_rows(named=True)}


def _chosen(cells: dict[str, Row], terms: Sequence[str]) -> dict[str, Row]:
    return {term: cells[term] for term in terms if term in cells}


def _terms(found: Sequence[dict[str, Row]], language: Language) -> dict[str, str]:
    """Give all terms, in the order of their first occurrence, with their labels."""
    terms: dict[str, str] = {}
    for rows in found:
        for term, row in rows.items():
            time = row.get("event_time")
            name = label(term, language=language)
            if isinstance(time, int | float):
                name = f"{label('event_time', language=language)} {int(time):+d}".replace("+0", "0")
            terms.setdefault(term, name)
    return terms


def _is_estimated(row: Row | None) -> bool:
    return row is not None and _number(row["std_error"]) is not None


def _coefficient(
    row: Row | None,
    brackets: Literal["se", "t"],
    digits: int,
    language: Language,
    levels: Sequence[float],
) -> tuple[str, str]:
    if row is None:
        return "", ""
    estimate, p_value = _number(row["estimate"]), _number(row["p_value"])
    if not _is_estimated(row):
        base = row.get("event_time") is not None and estimate in (0.0, None)
        return (say("base", language) if base else shown_number(estimate, digits=digits)), ""
    bracket = _number(row["std_error" if brackets == "se" else "statistic"])
    return (
        shown_number(estimate, digits=digits) + stars(p_value, levels=levels),
        f"({shown_number(bracket, digits=digits)})",
    )


def _number(value: float | str | None) -> float | None:
    number = None if value is None else float(value)
    return None if number is None or number != number else number  # noqa: PLR0124 - not-a-number


def _fit_rows(results: Sequence[Result], language: Language, digits: int) -> list[tuple[str, ...]]:
    effects = dict.fromkeys(effect for result in results for effect in result.fixed_effects)
    rows = [
        (
            say("fixed_effect", language, name=_effect_name(effect, language)),
            *(say("yes" if effect in result.fixed_effects else "no", language) for result in results),
        )
        for effect in effects
    ]
    statistics = [_groups(result.statistics) for result in results]
    rows += [
        (say(key, language), *(_statistic(one, key, digits) for one in statistics))
        for key in ("n", *_FIT)
        if key == "n" or any(key in one for one in statistics)
    ]
    return rows


# of these a model that has none leaves its cell blank; of the others it is not known
_TESTS = ("pretrend_p", "kp_f", "kp_lm_p", "hansen_j_p", "p_two_sided")
_FIT = ("r2", "r2_within", "groups", "clusters", *_TESTS)
Statistics = Mapping[str, float | int | str | None]


def _groups(statistics: Statistics) -> Statistics:
    """Add the number of places, told as the levels of their effect, or as treated and untreated."""
    groups = statistics.get("levels_place")
    treated, untreated = statistics.get("places_treated"), statistics.get("places_untreated")
    if groups is None and isinstance(treated, int) and isinstance(untreated, int):
        groups = treated + untreated
    return statistics if groups is None else {**statistics, "groups": groups}


def _effect_name(effect: str, language: Language) -> str:
    return " × ".join(label(part.strip(), language=language) for part in effect.split("^"))


def _statistic(statistics: Statistics, key: str, digits: int) -> str:
    if key in _TESTS and key not in statistics:
        return ""  # not unknown: the model has no such test
    value = statistics.get(key)
    return value if isinstance(value, str) else shown_number(value, digits=digits)


def _is_year(name: str) -> bool:
    try:
        return column(name).unit == "calendar year"
    except ColumnError:
        return name.endswith("year")


def _cell(value: object, is_year: bool, language: Language, digits: int) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no", language)
    if isinstance(value, int) and is_year:
        return str(value)
    if value is None or isinstance(value, int | float):
        return shown_number(value, digits=digits)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return "; ".join(_cell(one, is_year, language, digits) for one in value)
    return str(value)
