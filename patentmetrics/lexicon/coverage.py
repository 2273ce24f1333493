"""What the terms of a lexicon do to the variable made with it (词典覆盖度检验)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl

from patentmetrics.core.errors import LexiconError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.coverage_counts import (
    Counted,
    by_form,
    by_group,
    by_record,
    by_term,
    by_term_and_place,
    by_term_and_year,
    count_all,
)
from patentmetrics.lexicon.coverage_index import (
    amounts,
    compare_rules,
    index_of,
    rule_terms,
    rule_values,
    share_of_all,
    shares,
    unit_values,
    without_groups,
    without_terms,
)
from patentmetrics.lexicon.frequencies import COUNTINGS, Counting
from patentmetrics.lexicon.leaving_out import concentration
from patentmetrics.lexicon.rules import RULES

Whole = Literal["total_count", "log_count", "share_of_tokens", "share_of_characters"]
WHOLE: tuple[Whole, ...] = get_args(Whole)
# columns beside the levels of a lexicon
_BESIDE = (
    "term", "forms", "hits", "documents", "share_of_documents", "first_year", "last_year", "rank", "share",
    "cumulative_share", *RULES, "divergence", "row", "rule", "form", "characters", "year", "terms_with_hits",
    "terms", "group", "name_zh", "part", "unit", "amount",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What the terms of a lexicon hit, and how much each decides (词典覆盖度).

    A term's hits are those of all its forms. A place-year (the *unit*) is all documents of a place and
    year; its variable is made of their sums: ``total_count`` = Σ hits, ``log_count`` = ln(1 + Σ hits), shares
    = Σ hits / Σ tokens, and Σ characters of hits / Σ characters. Without places, each document is a unit,
    named by its key. Null is not known: no document with text.

    Parameters
    ----------
    terms : polars.DataFrame
        One row a term, those with the largest share first: ``rank, term``, the levels, ``forms, hits,
        documents`` (with a hit), ``share_of_documents`` (of those with text), ``first_year, last_year``,
        ``share`` (of the variable's hits, or of their characters for ``share_of_characters``; null for terms
        outside the variable), ``cumulative_share``.
    forms : polars.DataFrame
        ``term, form, hits, documents``.
    groups : polars.DataFrame
        ``level, group, name_zh, terms, hits, documents, terms_with_hits, share_of_documents, first_year,
        last_year``.
    years, places : polars.DataFrame
        ``year``, or ``place`` and ``place_code``; then ``documents, documents_without_text,
        documents_with_hits, hits, terms_with_hits, tokens, characters``. Documents without a year or place
        are in a last row, of the year or place null.
    term_years : polars.DataFrame
        ``term, year, hits, documents, hits_per_document``; years without documents are absent.
    term_places : polars.DataFrame
        ``term, place, place_code, hits, documents``; only hits, so no count is zero.
    units : polars.DataFrame
        ``place, place_code, year`` (those that there are, or the document's key), ``documents,
        documents_without_text, value`` (the variable), ``rank`` (1 is the largest; ties share the mean).
    concentration : polars.DataFrame
        For all years (``year`` null) and each, see `patentmetrics.lexicon.leaving_out.concentration`.
    without_terms, without_groups : polars.DataFrame
        The variable with one term, or one group, left out, against the whole one, over the units: ``share,
        units_with_hits, pearson, spearman, mean_rank_change, largest_rank_change`` (absolute), the unit in
        which it occurs, its ``rank`` and ``rank_without``. The largest mean change first. Correlations are
        null where either variable is constant.
    rules : polars.DataFrame
        Pairs of counting rules: ``rule, other_rule, units, pearson, spearman, mean_rank_change,
        largest_rank_change``, the unit, ``documents, documents_that_differ, share_that_differ``,
        ``mean_difference`` (mean absolute difference of a document's hits).
    rule_units : polars.DataFrame
        The unit and its variable under ``substring, longest, token``.
    rule_terms : polars.DataFrame
        ``term``, the levels, hits under each rule, ``divergence`` (largest less smallest); the largest first.
    variable : str
        The final variable.
    rule : {'substring', 'longest', 'token', 'own'}
        Of everything but ``rules, rule_units, rule_terms``.
    unit : tuple of str
        The columns that name a unit.
    most : float
        The share that ``terms_for_most`` is about.
    counts : dict
        ``documents``, without text, place, year, hits; ``units``, without a value; ``terms``, without hits.
    made_by : dict
        Provenance.
    """

    terms: pl.DataFrame
    forms: pl.DataFrame
    groups: pl.DataFrame
    years: pl.DataFrame
    places: pl.DataFrame
    term_years: pl.DataFrame
    term_places: pl.DataFrame
    units: pl.DataFrame
    concentration: pl.DataFrame
    without_terms: pl.DataFrame
    without_groups: pl.DataFrame
    rules: pl.DataFrame
    rule_units: pl.DataFrame
    rule_terms: pl.DataFrame
    variable: str
    rule: Counting
    unit: tuple[str, ...]
    most: float
    counts: dict[str, int]
    made_by: Provenance


def lexicon_coverage(
    corpus: Corpus,
    lexicon: Lexicon,
    *,
    rule: Counting = "substring",
    variable: str = "total_count",
    negation: int | None = None,
    most: float = 0.8,
    progress: Progress = silent,
) -> Coverage:
    """Show what a lexicon hits, which terms make the variable, and what it is without them (词典覆盖度检验).

    Parameters
    ----------
    corpus : Corpus
        Documents; ``place`` (or ``place_code``) and ``year`` where they have them.
    lexicon : Lexicon
        See `patentmetrics.lexicon.load.load_lexicon`.
    rule : {'substring', 'longest', 'token', 'own'}
        The counting rule, as in `patentmetrics.lexicon.frequencies.keyword_frequencies`; the three are
        compared in any case.
    variable : str
        ``total_count, log_count, share_of_tokens, share_of_characters``, or ``<value>_count`` for a value of
        a level.
    negation : int, optional
        As in `keyword_frequencies`.
    most : float
        Between 0 and 1: count the terms that make this share.
    progress : Progress
        As there.

    Returns
    -------
    Coverage
        Tidy frames. A term that is left out takes its hits with it, and the rest stays as counted: under
        ``substring`` that is the same as counting without the term; under ``longest`` and ``token`` a
        recount may give some of its places to a shorter term.

    Raises
    ------
    SettingError
        The rule or variable is unknown, ``most`` is no share, or as in `keyword_frequencies`.
    ColumnError
        The corpus names no text column.
    LexiconError
        A level has the name of a column of the result.

    Sources: leaving one term out is the sensitivity analysis that referees ask of dictionary measures; few
    words make most of an index because words follow Zipf's law (Loughran & McDonald 2016,
    doi:10.1111/1475-679X.12123).

    Examples
    --------
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> texts = ["大数据与大数据与云计算", "云计算", None]
    >>> frame = pl.DataFrame({"document_id": ["a", "b", "c"], "text": texts})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> found = lexicon_coverage(corpus, load_lexicon("digital_transformation_wu2021"))
    >>> found.terms.select("term", "hits", "share").head(2).rows()
    [('云计算', 2, 0.5), ('大数据', 2, 0.5)]
    >>> found.without_terms.select("term", "spearman").row(0), found.counts["documents_without_text"]
    (('大数据', None), 1)
    """
    groups = {
        f"{value}_count": (level, value) for level in lexicon.levels for value in lexicon.entries[level]
    }
    check_choice(rule, COUNTINGS, argument="rule")
    check_choice(variable, [*WHOLE, *groups], argument="variable")
    if not 0 < most < 1:
        raise SettingError("most is no share", where="most", got=most, allowed="between 0 and 1, as 0.8")
    _check_levels(lexicon)
    counted = count_all(corpus, lexicon, rule=rule, negation=negation, progress=progress)
    index = index_of(counted, variable, groups.get(variable))
    terms = _terms(counted, shares(index, index.terms, "term", rule), rule)
    units = unit_values(counted, index, rule)
    by_rule = rule_values(counted, index)
    documents = counted.documents
    counts = {
        "documents": documents.height,
        "documents_without_text": documents.height - int(documents["has_text"].sum()),
        "documents_without_hits": counted.frequencies.documents.filter(pl.col("total_count") == 0).height,
        "documents_without_place": documents["place"].null_count(),
        "documents_without_year": documents["year"].null_count(),
        "units": units.height,
        "units_without_value": units["value"].null_count(),
        "terms": terms.height,
        "terms_without_hits": terms.filter(pl.col("hits") == 0).height,
        "hits": int(counted.hits.filter(pl.col("rule") == rule)["hits"].sum()),
    }
    return Coverage(
        terms=terms,
        forms=by_form(counted, rule),
        groups=by_group(counted, rule, lexicon),
        years=by_record(counted, rule, ["year"]),
        places=_places(counted, rule),
        term_years=by_term_and_year(counted, rule),
        term_places=by_term_and_place(counted, rule),
        units=units,
        concentration=concentration(amounts(index, rule), most=most),
        without_terms=without_terms(counted, index, rule),
        without_groups=without_groups(counted, index, rule, lexicon),
        rules=compare_rules(counted, index, by_rule),
        rule_units=by_rule,
        rule_terms=rule_terms(index),
        variable=variable,
        rule=rule,
        unit=tuple(counted.units.columns),
        most=most,
        counts=counts,
        made_by=provenance(
            "lexicon coverage",
            settings={"rule": rule, "variable": variable, "most": most, "unit": counted.units.columns}
            | ({"negation": negation} if negation else {}),
            inputs={"frequencies": counted.frequencies.made_by},
            counts=counts,
        ),
    )


def _check_levels(lexicon: Lexicon) -> None:
    for level in lexicon.levels:
        if level in _BESIDE:
            raise LexiconError(
                "a level has the name of a column of the result", where=lexicon.id, got=level,
                hint="give the level another name",
            )  # fmt: skip


def _terms(counted: Counted, shares: pl.DataFrame, rule: Counting) -> pl.DataFrame:
    ordered = (
        by_term(counted, rule)
        .join(shares, on="term", how="left", maintain_order="left")
        .sort(["amount", "hits", "term"], descending=[True, True, False], nulls_last=True)
    )
    total = ordered.select(pl.col("amount").sum()).item()
    cumulative = share_of_all(ordered["amount"].cum_sum(), total, "cumulative_share")
    ordered = ordered.with_columns(cumulative)
    return ordered.drop("amount").select(pl.int_range(1, pl.len() + 1).alias("rank"), pl.all())


def _places(counted: Counted, rule: Counting) -> pl.DataFrame:
    code = [name for name in ("place_code",) if name in counted.documents.columns]
    return by_record(counted, rule, ["identity", "place", *code]).drop("identity")
