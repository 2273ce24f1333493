"""From the findings of a study to its tables, figures and report page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from patentmetrics.core.types import Panel, Result
from patentmetrics.panel.balance import balance
from patentmetrics.report.bars import plot_keyword_frequencies, plot_rule_divergence, plot_technologies
from patentmetrics.report.canvas import save_figure
from patentmetrics.report.figures import breakthrough_by_year, plot_breakthrough, plot_event_study
from patentmetrics.report.formats import write_table
from patentmetrics.report.model_figures import FIGURES, has_binned_ends, plot_model
from patentmetrics.report.page import Picture, Section, write_report
from patentmetrics.report.tables import Table, estimates_table, frame_table
from patentmetrics.study.findings import Findings
from patentmetrics.study.specification import Study
from patentmetrics.study.summary import is_event_study, known_answers
from patentmetrics.study.wording import sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE_FORMATS = (".md", ".tex", ".csv")
TOP = 10


def write_pages(study: Study, findings: Findings, folder: Path, *, made_by: dict[str, Any]) -> None:
    """Write ``tables/``, ``figures/`` and ``report.html`` into the folder of a study."""
    (folder / "tables").mkdir()
    (folder / "figures").mkdir()
    sections = [
        Section(heading=sentence("about", study.language), paragraphs=study.notes) if study.notes else None,
        _patents(study, findings, folder),
        _breakthrough(study, findings, folder),
        _technologies(study, findings, folder),
        _policy(study, findings, folder),
        _panel(study, findings.panel, folder),
        _estimates(study, findings.results, folder),
    ]
    write_report(
        folder / "report.html",
        title=study.title,
        sections=[section for section in sections if section is not None],
        made_by=made_by,
        language=study.language,
    )


def _table(folder: Path, name: str, table: Table) -> Table:
    for ending in TABLE_FORMATS:
        write_table(table, folder / "tables" / f"{name}{ending}")
    return table


def _picture(folder: Path, name: str, figure: Figure, caption: str, *, simulated: bool = False) -> Picture:
    path = folder / "figures" / f"{name}.png"
    save_figure(figure, path)
    return Picture(path=path, caption=caption, simulated=simulated)


def _patents(study: Study, findings: Findings, folder: Path) -> Section | None:
    if findings.ingested is None:
        return None
    language = study.language
    counts: dict[str, Any] = findings.ingested.counts
    numbers = {name: counts[name] for name in ("rows_in", "rows_out", "rows_rejected")}
    paragraphs = [sentence("rows", language, **numbers)]
    if findings.counts is not None:
        paragraphs.append(
            sentence(
                "counted",
                language,
                documents=findings.counts.documents,
                terms=findings.counts.vocabulary.height,
                nonzeros=findings.counts.nonzeros,
            )
        )
    tables: list[Table] = []
    if findings.scores is not None:
        net = f"breakthrough_{study.window}_net"
        top = (
            findings.scores.frame.select("patent_id", "year", net)
            .drop_nulls()
            .sort([net, "patent_id"], descending=[True, False])
            .head(TOP)
            .join(findings.ingested.corpus.frame.select("patent_id", "title"), on="patent_id", how="left")
            .select("patent_id", "year", "title", net)
        )
        tables.append(
            _table(
                folder, "top_patents", frame_table(top, title=sentence("top", language), language=language)
            )
        )
    return Section(heading=sentence("patents", language), paragraphs=tuple(paragraphs), tables=tuple(tables))


def _breakthrough(study: Study, findings: Findings, folder: Path) -> Section | None:
    if findings.scores is None or study.score is None:
        return None
    language, window, scores = study.language, study.window, findings.scores
    paragraph = sentence(
        "coverage",
        language,
        scored=scores.frame.height - scores.frame[f"breakthrough_{window}"].null_count(),
        patents=scores.frame.height,
        window=window,
        backward=scores.frame["backward_similarity"].null_count(),
        back=study.score.backward,
    )
    by_year = breakthrough_by_year(scores.frame, window=window)
    labels = {name: sentence(name, language) for name in ("mean", "low", "high", "share", "scored")}
    table = frame_table(by_year, title=sentence("by_year", language), language=language, labels=labels)
    figure = plot_breakthrough(scores, window=window, language=language)
    return Section(
        heading=sentence("breakthrough", language),
        paragraphs=(paragraph,),
        tables=(_table(folder, "breakthrough_by_year", table),),
        figures=(
            _picture(
                folder, "breakthrough", figure, sentence("breakthrough_figure", language, window=window)
            ),
        ),
    )


def _technologies(study: Study, findings: Findings, folder: Path) -> Section | None:
    matches = findings.matches
    if matches is None or study.match is None:
        return None
    language = study.language
    finest = matches.frame.columns[-2]  # the levels stand before the pattern, outermost first
    shares = (
        matches.frame.group_by(finest)
        .agg(pl.col("patent_id").n_unique().alias("count"))
        .rename({finest: "field"})
        .sort(["count", "field"], descending=[True, False])
    )
    figures: tuple[Picture, ...] = ()
    if shares.height:
        caption = sentence("technologies_figure", language, concordance=study.match.concordance)
        figures = (_picture(folder, "technologies", plot_technologies(shares, language=language), caption),)
    numbers = {
        name: matches.counts[name] for name in ("patents", "patents_matched", "patents_without_symbols")
    }
    return Section(
        heading=sentence("technologies", language),
        paragraphs=(sentence("matched", language, **numbers),),
        figures=figures,
    )


def _policy(study: Study, findings: Findings, folder: Path) -> Section | None:
    documents, frequencies = findings.documents, findings.frequencies
    if documents is None or frequencies is None or study.policy is None:
        return None
    language, rule = study.language, study.policy.rule
    lexicon: Any = frequencies.made_by["inputs"]
    read = ("files", "documents_in", "documents_out", "documents_rejected", "places_unresolved")
    files = {name: documents.counts[name] for name in read}
    terms = frequencies.divergence.filter(pl.col("term").is_not_null())
    totals = terms.select("substring", "longest", "token").sum().row(0, named=True)
    paragraphs = (
        sentence(
            "documents",
            language,
            lexicon=lexicon["lexicon"]["id"],
            version=lexicon["lexicon"]["version"],
            rule=rule,
            **files,
        ),
        sentence("rules", language, **totals),
    )
    shown = frequencies.documents.select(
        "place",
        "year",
        "total_count",
        "log_count",
        "tokens",
        "characters",
        "share_of_tokens",
        "share_of_characters",
    ).sort("share_of_tokens", "place", descending=[True, False], nulls_last=True)
    differing = (
        terms.filter(pl.col("divergence") > 0).select("term", "substring", "longest", "token").head(TOP)
    )
    tables = [
        _table(
            folder,
            "keyword_frequencies",
            frame_table(shown, title=sentence("keywords_table", language), language=language, digits=5),
        ),
        _table(
            folder,
            "rule_divergence",
            frame_table(differing, title=sentence("divergence_table", language), language=language),
        ),
    ]
    figures = []
    # the year of most documents: the last one may hold a single early report
    per_year = shown.drop_nulls("year").group_by("year").len().sort(["len", "year"], descending=True)
    if per_year.height:
        year = per_year["year"][0]
        figure = plot_keyword_frequencies(frequencies.documents, rule=rule, year=year, language=language)
        caption = sentence("keywords_figure", language, year=year)
        figures.append(_picture(folder, "keyword_frequencies", figure, caption))
    hit = terms.filter(pl.max_horizontal("substring", "longest", "token") > 0)
    if hit.height:
        figure = plot_rule_divergence(hit, language=language)
        figures.append(_picture(folder, "rule_divergence", figure, sentence("divergence_figure", language)))
    return Section(
        heading=sentence("policy", language),
        paragraphs=paragraphs,
        tables=tuple(tables),
        figures=tuple(figures),
    )


def _panel(study: Study, panel: Panel | None, folder: Path) -> Section | None:
    if panel is None:
        return None
    language = study.language
    shape = balance(panel)
    paragraph = sentence(
        "balance",
        language,
        places=shape.places,
        first=shape.years[0],
        last=shape.years[-1],
        cells=shape.cells,
        expected=shape.expected,
        balanced=sentence("balanced" if shape.balanced else "unbalanced", language),
    )
    numbers = [name for name, kind in panel.frame.schema.items() if kind.is_numeric() and name != "year"]
    summary = pl.DataFrame(
        [
            {
                "variable": name,
                "observations": panel.frame.height - panel.frame[name].null_count(),
                "nulls": panel.frame[name].null_count(),
                **{
                    statistic: getattr(panel.frame[name].cast(pl.Float64), function)()
                    for statistic, function in [
                        ("mean", "mean"),
                        ("sd", "std"),
                        ("min", "min"),
                        ("max", "max"),
                    ]
                },
            }
            for name in numbers
        ],
        schema_overrides={"mean": pl.Float64, "sd": pl.Float64, "min": pl.Float64, "max": pl.Float64},
    )
    table = frame_table(
        summary,
        title=sentence("variables", language),
        language=language,
        labels={name: sentence(name, language) for name in summary.columns},
        simulated=panel.simulated,
    )
    return Section(
        heading=sentence("panel", language),
        paragraphs=(paragraph, *panel.log),
        tables=(_table(folder, "panel_variables", table),),
        simulated=panel.simulated,
    )


def _estimates(study: Study, results: Sequence[Result], folder: Path) -> Section | None:
    if not results:
        return None
    language = study.language
    groups = [
        ("did", [result for result in results if not is_event_study(result)]),
        ("event", [result for result in results if is_event_study(result)]),
    ]
    tables, figures = [], []
    for kind, members in groups:
        if members:
            title = sentence(f"{kind}_table", language)
            shown = members if kind == "event" else [_without_events(one) for one in members]
            table = estimates_table(shown, language=language, title=title)
            tables.append(_table(folder, "estimates" if kind == "did" else "event_study", table))
    events = [one for one in results if "event_time" in one.estimates.columns]
    for number, result in enumerate(events, start=1):
        name = "event_study" if number == 1 else f"event_study_{number}"
        caption = sentence("event_figure", language, name=result.name)
        figure = plot_event_study(result, language=language, binned_ends=has_binned_ends(result))
        figures.append(_picture(folder, name, figure, caption, simulated=result.simulated))
    for number, result in enumerate(results, start=1):
        if result.settings.get("model") in FIGURES:
            caption = sentence("model_figure", language, name=result.name)
            figure = plot_model(result, language=language)
            figures.append(_picture(folder, f"model_{number}", figure, caption, simulated=result.simulated))
    paragraphs = tuple(
        sentence(
            "answer",
            language,
            name=row["model"],
            truth=row["truth"],
            estimate=row["estimate"],
            low=row["conf_low"],
            high=row["conf_high"],
            covers=sentence(
                "covers" if row["conf_low"] <= row["truth"] <= row["conf_high"] else "misses", language
            ),
        )
        for row in known_answers(results)
    )
    cautions = tuple(
        sentence("caution", language, name=result.name, warning=warning)
        for result in results
        for warning in result.warnings
    )
    return Section(
        heading=sentence("estimates", language),
        paragraphs=(*paragraphs, *cautions),
        tables=tuple(tables),
        figures=tuple(figures),
        simulated=any(result.simulated for result in results),
    )


def _without_events(result: Result) -> Result:
    # effects by event time are in their figure
    if "event_time" not in result.estimates.columns:
        return result
    return replace(result, estimates=result.estimates.filter(pl.col("event_time").is_null()))
