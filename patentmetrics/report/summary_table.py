"""Descriptive statistics and regional means as the papers print them (描述性统计表、分地区均值表)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.types import require_columns
from patentmetrics.report.numbers import MISSING, shown_number
from patentmetrics.report.tables import Align, Table
from patentmetrics.report.wording import Language, marked, say

_WORDS = {
    "title": ("Descriptive statistics", "描述性统计"),
    "means": ("Means by year and region", "分地区各年均值"),
    "variable": ("Variable", "变量"),
    "group": ("Group", "分组"),
    "all": ("All", "全部"),
    "n": ("N", "样本量"),
    "nulls": ("Missing", "缺失"),
    "mean": ("Mean", "均值"),
    "sd": ("SD", "标准差"),
    "min": ("Min", "最小值"),
    "p25": ("P25", "25分位"),
    "median": ("Median", "中位数"),
    "p75": ("P75", "75分位"),
    "max": ("Max", "最大值"),
    "mean_growth": ("Mean growth, % a year", "年均增速（%）"),
    "quartiles": (
        "SD with n − 1; quartiles by linear interpolation.",
        "标准差以n−1为分母；分位数为线性插值。",
    ),
    "growth_note": (
        "Mean growth: (last mean / first mean)^(1 / years between) − 1.",
        "年均增速：（末年均值/首年均值）^（1/间隔年数）−1。",
    ),
}
REGION_NAMES = {"东部": "East", "中部": "Central", "西部": "West", "东北": "Northeast"}
REGION_ORDER = tuple(REGION_NAMES)
_NUMBERS = ("n", "nulls", "mean", "sd", "min", "p25", "median", "p75", "max")


def summary_table(
    statistics: pl.DataFrame,
    *,
    language: Language = "en",
    digits: int = 4,
    title: str | None = None,
    labels: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Table:
    """Print descriptive statistics (描述性统计表), by variable and group.

    Parameters
    ----------
    statistics : polars.DataFrame
        From `patentmetrics.panel.summary.describe_panel`.
    language : {"en", "zh"}
        Of the head, and of labels from the column registry.
    digits : int
        Decimals.
    title : str, optional
        ``Descriptive statistics`` by default.
    labels : mapping, optional
        Labels of variables, before those of the registry.
    simulated : bool
        The panel is simulated: title and first note say so.

    Raises
    ------
    ColumnError
        A column is missing.

    Examples
    --------
    >>> row = dict(variable="patents", group=None, n=2, nulls=1, mean=2.0, sd=1.4142, min=1.0)
    >>> row |= dict(p25=1.5, median=2.0, p75=2.5, max=3.0)
    >>> summary_table(pl.DataFrame([row]), language="zh", digits=2).rows
    (('专利数', '2', '1', '2.00', '1.41', '1.00', '1.50', '2.00', '2.50', '3.00'),)
    """
    require_columns(statistics, ["variable", "group", *_NUMBERS], where="statistics")
    at = 1 if language == "zh" else 0
    grouped = statistics["group"].is_not_null().any()
    rows: list[tuple[str, ...]] = []
    rules: list[int] = []
    before: str | None = None
    for row in _ordered(statistics).iter_rows(named=True):
        name = _label(row["variable"], language, labels)
        if grouped and row["variable"] != before and rows:
            rules.append(len(rows))
        shown = "" if grouped and row["variable"] == before else name
        before = row["variable"]
        numbers = (shown_number(row[one], digits=digits) for one in _NUMBERS)
        group = (group_name(row["group"], language),) if grouped else ()
        rows.append((shown, *group, *numbers))
    heads = ["variable", *(["group"] if grouped else []), *_NUMBERS]
    align: list[Align] = ["left"] * (2 if grouped else 1)
    return Table(
        title=marked(title or _WORDS["title"][at], language, simulated=simulated),
        header=(tuple(_WORDS[one][at] for one in heads),),
        rows=tuple(rows),
        notes=_notes(rows, _WORDS["quartiles"][at], language, simulated=simulated),
        rules=tuple(rules),
        align=(*align, *(["right"] * len(_NUMBERS))),  # type: ignore[arg-type]
        simulated=simulated,
        language=language,
    )


def means_table(
    means: pl.DataFrame,
    growth: pl.DataFrame,
    *,
    variable: str,
    language: Language = "en",
    digits: int = 4,
    title: str | None = None,
    labels: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Table:
    """Print the means of one variable by year, a column a group, with their mean growth (分地区均值表).

    Parameters
    ----------
    means, growth : polars.DataFrame
        From `patentmetrics.panel.summary.means_by_year` and `mean_growth`.
    variable : str
        Which variable.
    language, digits, title, labels, simulated
        As for `summary_table`.

    Raises
    ------
    ColumnError
        A column is missing.

    Examples
    --------
    >>> means = pl.DataFrame({"variable": ["x"] * 2, "group": ["东部"] * 2, "year": [2000, 2001]})
    >>> means = means.with_columns(mean=pl.Series([1.0, 1.1]))
    >>> growth = pl.DataFrame({"variable": ["x"], "group": ["东部"], "mean_growth": [0.1]})
    >>> table = means_table(means, growth, variable="x", digits=2)
    >>> table.header, table.rows
    ((('Year', 'East'),), (('2000', '1.00'), ('2001', '1.10'), ('Mean growth, % a year', '10.00')))
    """
    require_columns(means, ["variable", "group", "year", "mean"], where="means")
    require_columns(growth, ["variable", "group", "mean_growth"], where="growth")
    at = 1 if language == "zh" else 0
    own = _ordered(means.filter(pl.col("variable") == variable))
    groups = own["group"].unique(maintain_order=True).to_list()
    cells = {(group, year): mean for group, year, mean in own.select("group", "year", "mean").rows()}
    rates = dict(growth.filter(pl.col("variable") == variable).select("group", "mean_growth").rows())
    years = own["year"].unique().sort().to_list()
    rows = [
        (str(year), *(shown_number(cells.get((group, year)), digits=digits) for group in groups))
        for year in years
    ]
    percent = ((None if rates.get(one) is None else 100 * rates[one]) for one in groups)
    rows.append((_WORDS["mean_growth"][at], *(shown_number(one, digits=2) for one in percent)))
    name = _label(variable, language, labels)
    default = f"{_WORDS['means'][at]}{'：' if at else ': '}{name}"
    return Table(
        title=marked(title or default, language, simulated=simulated),
        header=((say("year", language), *(group_name(one, language) for one in groups)),),
        rows=tuple(rows),
        notes=_notes(rows, _WORDS["growth_note"][at], language, simulated=simulated),
        rules=(len(years),),
        simulated=simulated,
        language=language,
    )


def group_name(group: str | None, language: Language) -> str:
    """Name a group: null is all; the four regions have English names, too.

    Examples
    --------
    >>> group_name(None, "zh"), group_name("东北", "en"), group_name("2015", "en")
    ('全部', 'Northeast', '2015')
    """
    if group is None:
        return _WORDS["all"][1 if language == "zh" else 0]
    return REGION_NAMES.get(group, group) if language == "en" else group


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Put the whole first and the four regions in their customary order; other groups stay as they are."""
    order = {name: place for place, name in enumerate(REGION_ORDER)}
    ranks = [-1 if one is None else order.get(one, len(order)) for one in frame["group"].to_list()]
    variables = frame["variable"].unique(maintain_order=True).to_list()
    first = [variables.index(one) for one in frame["variable"].to_list()]
    return (
        frame.with_columns(
            pl.Series("_first", first, dtype=pl.Int64), pl.Series("_rank", ranks, dtype=pl.Int64)
        )
        .sort("_first", "_rank", maintain_order=True)
        .drop("_first", "_rank")
    )


def _label(name: str, language: Language, labels: Mapping[str, str] | None) -> str:
    return (labels or {}).get(name) or label(name, language=language)


def _notes(rows: list[tuple[str, ...]], note: str, language: Language, *, simulated: bool) -> tuple[str, ...]:
    notes = [say("simulated_note", language)] if simulated else []
    notes.append(note)
    if any(MISSING in row for row in rows):
        notes.append(say("missing", language))
    return tuple(notes)
