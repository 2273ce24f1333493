"""The report on matches as tables, and its figure: shares of technologies by year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.provenance import is_simulated
from patentmetrics.report.canvas import drawing, legend_below, whole_ticks
from patentmetrics.report.fonts import drawable
from patentmetrics.report.history import COLOURS
from patentmetrics.report.match_report import MatchReport
from patentmetrics.report.tables import Table, frame_table
from patentmetrics.report.wording import LANGUAGES, Language, marked, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS: dict[str, tuple[str, str]] = {
    "technologies_title": ("Patents by technology", "各技术领域专利"),
    "years_title": ("Patents with and without a match, by year", "各年专利匹配情况"),
    "by_year_title": ("Share of technologies by year", "各年技术领域占比"),
    "branches_title": ("The most frequent branches", "专利最多的技术分支"),
    "examples_title": ("Examples to read", "待核读样例"),
    "technology": ("Technology", "技术领域"),
    "branch": ("Branch", "技术分支"),
    "year": ("Year", "年份"),
    "patents": ("Patents", "专利数"),
    "known": ("Known whether matched", "可判定"),
    "matched": ("Matched", "已匹配"),
    "unmatched": ("Unmatched", "未匹配"),
    "unknown": ("Not known", "无法判定"),
    "share": ("Share", "占比"),
    "share_unmatched": ("Share unmatched", "未匹配比例"),
    "patent_id": ("Patent", "专利号"),
    "title": ("Title", "标题"),
    "symbol": ("Symbol", "分类号"),
    "pattern": ("Pattern", "对照表条目"),
    "keywords": ("Keywords", "关键词"),
    "share_note": (
        "Share: of the patents of which it is known whether they match. A patent can be in several "
        "technologies, so shares may add up to more than 1.",
        "占比：以可判定是否匹配的专利为分母；一件专利可属多个技术领域，合计可大于1。",
    ),
    "fractional_note": (
        "Fractional counts: a patent weighs 1 in all. Share: of the patents of which it is known whether "
        "they match.",
        "分数计数：每件专利合计为1；占比以可判定是否匹配的专利为分母。",
    ),
    "of_note": (
        "{patents} patents: {matched} matched, {unmatched} unmatched, {unknown} not known.",
        "专利{patents}件：已匹配{matched}件，未匹配{unmatched}件，无法判定{unknown}件。",
    ),
    "no_year_note": (
        "{number} patents have no {date} date: their year is —.",
        "{number}件专利无{date}，年份记为—。",
    ),
    "filing": ("filing", "申请日"),
    "issue": ("issue", "授权公告日"),
    "no_text_note": (
        "For {number} patents a keyword would decide and there is no text: not known above, unmatched here.",
        "另有{number}件专利须由关键词判定而无文本：总数中记为无法判定，此处记为未匹配。",
    ),
    "examples_note": (
        "Of each technology, patents at equal distances in the order of their ids, with their first match.",
        "各技术领域按专利号顺序等距抽取，列出其首个匹配。",
    ),
    "plot_axis": ("Share of the year's patents (%)", "占当年专利比重（%）"),
}  # fmt: skip


def match_tables(report: MatchReport, *, language: Language = "en") -> dict[str, Table]:
    """Give a report as tables, by name (匹配结果表).

    ``technologies, branches, examples`` and, where there are years, ``years`` and ``by_year``: a column a
    technology, the most frequent first.

    Examples
    --------
    ::

        for name, table in match_tables(report).items():
            write_table(table, f"{name}.md")
    """
    check_choice(language, LANGUAGES, argument="language")
    simulated = is_simulated(report.made_by)
    of = _word(
        "of_note",
        language,
        **{one: f"{report.counts[f'patents_{one}']:,}" for one in ("matched", "unmatched", "unknown")},
        patents=f"{report.counts['patents']:,}",
    )
    share = _word("fractional_note" if report.fractional else "share_note", language)

    def table(name: str, frame: pl.DataFrame, *notes: str) -> Table:
        return frame_table(
            frame,
            title=_word(f"{name}_title", language),
            language=language,
            labels={one: _word(one, language) for one in frame.columns if one in WORDS},
            notes=notes,
            simulated=simulated,
        )

    tables = {
        "technologies": table("technologies", report.technologies, share, of),
        "branches": table("branches", report.branches, share),
        "examples": table("examples", report.examples, _word("examples_note", language)),
    }
    if report.by_year is not None and report.years is not None:
        notes = []
        if report.counts["patents_without_year"]:
            date = _word(report.date, language)
            number = f"{report.counts['patents_without_year']:,}"
            notes.append(_word("no_year_note", language, number=number, date=date))
        if report.counts["patents_without_text"]:
            number = f"{report.counts['patents_without_text']:,}"
            notes.append(_word("no_text_note", language, number=number))
        wide = report.years.select("year", known=pl.col("matched") + pl.col("unmatched"))
        for technology in report.technologies["technology"]:
            wide = wide.with_columns(
                report.by_year.filter(pl.col("technology") == technology)["share"].alias(_PLACE + technology)
            )
        shown = table("by_year", wide, share, *notes)
        head = tuple(name.removeprefix(_PLACE) for name in shown.header[0])
        tables["by_year"] = replace(shown, header=(head,))
        tables["years"] = table("years", report.years, *notes)
    return tables


def plot_match_shares(report: MatchReport, *, language: Language = "en") -> Figure:
    """Draw the share of each technology by year (各年技术领域占比图): eight at most, the most frequent.

    From the first to the last year with a patent of which it is known whether it matches; a year without
    one in between is a gap, not a zero.

    Raises
    ------
    DataError
        The report has no years, or no patent has a match.
    """
    rows = None if report.by_year is None else report.by_year.drop_nulls(["year", "share"])
    if rows is None or rows.is_empty():
        raise DataError("there is no year to draw", where="match report", hint="give the patents")
    found = rows["year"].to_list()
    every = pl.DataFrame({"year": pl.Series(range(min(found), max(found) + 1), dtype=pl.Int32)})
    names = report.technologies["technology"].to_list()
    with drawing(height=4.2) as figure:
        axes = figure.subplots()
        for name, colour in zip(names, COLOURS, strict=False):
            line = every.join(rows.filter(pl.col("technology") == name), on="year", how="left").sort("year")
            shares = 100 * line["share"].fill_null(np.nan).to_numpy()
            axes.plot(
                line["year"].to_numpy(), shares, "o-", color=colour, markersize=3, linewidth=1.4,
                clip_on=False, label=drawable(name),
            )  # fmt: skip
        below = say("year", language)
        if len(names) > len(COLOURS):
            below += "\n" + say("of_all", language, shown=len(COLOURS), all=len(names))
        axes.set_xlabel(below, linespacing=1.4)
        axes.set_ylabel(_word("plot_axis", language))
        axes.set_ylim(bottom=0)
        whole_ticks(axes)
        title = _word("by_year_title", language)
        axes.set_title(marked(title, language, simulated=is_simulated(report.made_by)))
        legend_below(figure, axes)
    return figure


_PLACE = "\x00"  # begins the columns of technologies, whose names may be those of other columns


def _word(key: str, language: Language, **parts: object) -> str:
    return WORDS[key][LANGUAGES.index(language)].format(**parts)
