"""What a lexicon covers, to be read (词典覆盖度报告): sentences, tables, and one Markdown page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from patentmetrics.core.columns import label
from patentmetrics.core.errors import check_choice
from patentmetrics.core.provenance import is_simulated
from patentmetrics.lexicon.coverage import Coverage
from patentmetrics.report.coverage_wording import COLUMNS, rule_named, word
from patentmetrics.report.formats import in_markdown, to_markdown
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.tables import Table, frame_table
from patentmetrics.report.wording import LANGUAGES, Language, say

# of rows that a page shows; the CSV files have all
SHOWN = 20
# below it, a term is said to decide the order of places
NEAR = 0.99


def coverage_sentences(coverage: Coverage, *, language: Language = "en") -> list[str]:
    """Say what a referee would ask (覆盖度要点): hits, concentration, without a term, under another rule.

    Examples
    --------
    >>> from patentmetrics.core.types import Corpus
    >>> from patentmetrics.lexicon.coverage import lexicon_coverage
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> frame = pl.DataFrame({"document_id": ["a", "b"], "text": ["大数据与云计算", "云计算"]})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> found = lexicon_coverage(corpus, load_lexicon("digital_transformation_wu2021"))
    >>> print(coverage_sentences(found)[0])
    2 of 76 terms have 3 hits, in 2 of 2 documents with text.
    """
    check_choice(language, LANGUAGES, argument="language")
    counts = coverage.counts
    texts = counts["documents"] - counts["documents_without_text"]
    about = {"terms": f"{counts['terms']:,}", "texts": f"{texts:,}"}
    if not texts:
        return [word("no_text", language, **about)]
    first = _missing(coverage, language)
    if not counts["hits"]:
        return [word("no_hits", language, **about), *first]
    hits = word(
        "hits", language, **about, hits=f"{counts['hits']:,}",
        found=f"{counts['terms'] - counts['terms_without_hits']:,}",
        documents=f"{texts - counts['documents_without_hits']:,}",
    )  # fmt: skip
    return [
        hits,
        *first,
        *_concentration(coverage, language),
        *_without(coverage, language),
        *_rules(coverage, language),
    ]


def coverage_tables(coverage: Coverage, *, language: Language = "en", shown: int = SHOWN) -> dict[str, Table]:
    """Give a coverage as tables, by name (词典覆盖度表), the first rows of long ones.

    ``terms, groups, years, concentration, without_terms, without_groups, rules, rule_terms``.

    Examples
    --------
    ::

        for name, table in coverage_tables(found).items():
            write_table(table, f"{name}.md")
    """
    check_choice(language, LANGUAGES, argument="language")
    units = units_named(coverage, language)
    of_units = word("without_note", language, units=units)
    notes = {
        "terms": word("terms_note", language),
        "concentration": word("concentration_note", language, most=_percent(coverage.most)),
        "without_terms": of_units,
        "without_groups": of_units,
        "rules": word("rules_note", language, units=units),
    }
    frames = {
        "terms": coverage.terms.filter(pl.col("hits") > 0),
        "groups": coverage.groups,
        "years": coverage.years,
        "concentration": coverage.concentration,
        "without_terms": coverage.without_terms,
        "without_groups": coverage.without_groups,
        "rules": coverage.rules,
        "rule_terms": coverage.rule_terms.filter(pl.col("divergence") > 0),
    }
    tables, at = {}, LANGUAGES.index(language)
    for name, frame in frames.items():
        if frame.height:
            readable = _readable(coverage, frame, language)
            table = frame_table(
                readable,
                title=word(f"{name}_title", language),
                language=language,
                digits=3,
                max_rows=shown,
                labels={one: COLUMNS[one][at] for one in readable.columns if one in COLUMNS},
                notes=[notes[name]] if name in notes else [],
                simulated=is_simulated(coverage.made_by),
            )
            numeric = [frame.schema[one].is_numeric() for one in readable.columns]
            tables[name] = replace(table, align=tuple("right" if one else "left" for one in numeric))
    return tables


def coverage_page(
    coverage: Coverage, *, lexicon: str, figures: Mapping[str, str], language: Language = "en"
) -> str:
    """Write a coverage as one Markdown page: the sentences, the figures, the tables.

    Parameters
    ----------
    lexicon : str
        Its name, for the title.
    figures : mapping of str to str
        Captions by file name.
    """
    variable = label(coverage.variable, language=language)
    lines = [
        f"# {word('page_title', language, lexicon=lexicon)}",
        "",
        *(f"- {in_markdown(one)}" for one in coverage_sentences(coverage, language=language)),
        "",
        word("made", language, rule=rule_named(coverage.rule, language), variable=variable),
        "",
    ]
    if is_simulated(coverage.made_by):
        lines += [say("simulated_note", language), ""]
    for file, caption in figures.items():
        lines += [f"![{caption}]({file})", ""]
    for table in coverage_tables(coverage, language=language).values():
        lines += [to_markdown(table)]
    return "\n".join(lines)


def units_named(coverage: Coverage, language: Language) -> str:
    """Say how many units there are that have a value, and of what kind.

    Examples
    --------
    ::

        units_named(found, "en")  # "60 place-years"
    """
    number = f"{coverage.counts['units'] - coverage.counts['units_without_value']:,}"
    named = word(f"units_{_kind(coverage)}", language)
    return f"{number}{named}" if language == "zh" else f"{number} {named}"


def unit_named(coverage: Coverage, row: Mapping[str, object]) -> str:
    """Name one unit: its place, or key, and the year where there are several."""
    name = str(row[coverage.unit[0]])
    several = "year" in coverage.unit and coverage.units["year"].n_unique() > 1
    return f"{name} {row['year']}" if several else name


def group_named(coverage: Coverage, level: str, group: str, language: Language) -> str:
    """Name a group: in Chinese where that is the language and the lexicon has it."""
    row = coverage.groups.filter((pl.col("level") == level) & (pl.col("group") == group))
    chinese: str | None = row["name_zh"][0]
    return chinese if language == "zh" and chinese else group.replace("_", " ")


def _readable(coverage: Coverage, frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    """Put names for codes, and ranks without needless decimals."""
    rules = {
        rule: rule_named(rule, language)
        for rule in coverage.rules["rule"].append(coverage.rules["other_rule"])
    }
    ranks = pl.col("^(rank|rank_without|other_rank|largest_rank_change)$")
    frame = frame.with_columns(
        pl.col("^(other_)?rule$").replace(rules), ranks.map_elements(_rank, pl.String, skip_nulls=True)
    )
    if language == "zh":
        named = coverage.groups.drop_nulls("name_zh")
        chinese = dict(named.select("group", "name_zh").rows())
        levels = [one for one in ("group", *coverage.groups["level"].unique()) if one in frame.columns]
        frame = frame.with_columns(pl.col(levels).replace(chinese)).with_columns(
            pl.col("^level$").replace(
                {one: _level(one, language) for one in coverage.groups["level"].unique()}
            )
        )
    return frame.drop("place_code", "name_zh", strict=False)


def _kind(coverage: Coverage) -> str:
    if coverage.unit[0] != "place":
        return "document"
    return "place_year" if "year" in coverage.unit else "place"


def _level(level: str, language: Language) -> str:
    return label(level, language=language) if language == "zh" else level.replace("_", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _names(names: list[str], language: Language) -> str:
    return say("between", language).join(names)


def _missing(coverage: Coverage, language: Language) -> list[str]:
    sentences = []
    if number := coverage.counts["documents_without_text"]:
        sentences.append(word("left_out", language, number=f"{number:,}"))
    if number := coverage.counts["documents"] - sum(coverage.units["documents"]):
        sentences.append(word("without_unit", language, number=f"{number:,}"))
    return sentences


def _concentration(coverage: Coverage, language: Language) -> list[str]:
    row = coverage.concentration.row(0, named=True)
    if row["herfindahl"] is None:
        return []
    return [
        word(
            "concentration", language, names=_names(row["largest_terms"].split("; "), language),
            share=_percent(row["share_of_largest_terms"]), number=f"{row['terms_for_most']:,}",
            most=_percent(coverage.most), equal=f"{row['effective_terms']:,.1f}",
            herfindahl=f"{row['herfindahl']:.3f}",
        )
    ]  # fmt: skip


def _without(coverage: Coverage, language: Language) -> list[str]:
    terms, units = coverage.without_terms, units_named(coverage, language)
    if terms.is_empty() or terms["mean_rank_change"][0] is None:
        return []
    row = terms.row(0, named=True)
    if row["mean_rank_change"] == 0:
        return [word("without_none", language, units=units)]
    sentences = [
        word(
            "without_term", language, name=row["term"], units=units, mean=f"{row['mean_rank_change']:.1f}",
            spearman=shown_number(row["spearman"], digits=3), where=unit_named(coverage, row),
            before=_rank(row["rank"]), after=_rank(row["rank_without"]), limit=NEAR,
            near=f"{terms.filter(pl.col('spearman') >= NEAR).height:,}", all=f"{terms.height:,}",
        )
    ]  # fmt: skip
    groups = coverage.without_groups.filter(pl.col("level") == pl.col("level").last())
    if groups.height > 1:
        row = groups.row(0, named=True)
        sentences.append(
            word(
                "without_group", language, level=_level(row["level"], language),
                name=group_named(coverage, row["level"], row["group"], language),
                mean=f"{row['mean_rank_change']:.1f}", spearman=shown_number(row["spearman"], digits=3),
            )
        )  # fmt: skip
    return sentences


def _rank(rank: float) -> str:
    return f"{rank:g}"


def _rules(coverage: Coverage, language: Language) -> list[str]:
    pairs = coverage.rules.drop_nulls("share_that_differ")
    if pairs.is_empty():
        return []
    if not pairs["documents_that_differ"].sum():
        return [word("rules_same", language)]
    row = pairs.sort("spearman", nulls_last=True, maintain_order=True).row(0, named=True)
    apart = (pl.col(row["rule"]) - pl.col(row["other_rule"])).abs()
    terms = (
        coverage.rule_terms.filter(apart > 0).sort([apart, pl.col("term")], descending=[True, False]).head(3)
    )
    names = [
        word("rule_term", language, term=one["term"], one=one[row["rule"]], other=one[row["other_rule"]])
        for one in terms.iter_rows(named=True)
    ]
    return [
        word(
            "rules", language, one=rule_named(row["rule"], language),
            other=rule_named(row["other_rule"], language),
            spearman=shown_number(row["spearman"], digits=3), share=_percent(row["share_that_differ"]),
            mean=f"{row['mean_difference']:.1f}",
            terms=word("rule_terms", language, names=_names(names, language)) if names else "",
        )
    ]  # fmt: skip
