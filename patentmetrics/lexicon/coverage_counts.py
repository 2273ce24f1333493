"""Hits of a lexicon summed up (词频汇总): per term, form, group, year, place, place-year.

`patentmetrics.lexicon.coverage` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from patentmetrics.core.progress import Progress
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.frequencies import Counting, Frequencies, keyword_frequencies
from patentmetrics.lexicon.rules import RULES
from patentmetrics.text.normalise import normalise


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The hits of a corpus under all rules, by document and form (词频明细).

    Parameters
    ----------
    documents : polars.DataFrame
        ``row`` (its number), ``has_text, tokens, characters, year, place``, ``place_code`` where the corpus
        has codes, ``identity`` (the code, else the name), ``unit``: the place-year it is summed into, null
        where its place or year is not known.
    units : polars.DataFrame
        One row a place-year, its number being ``unit``: ``place, place_code, year``, those that there are.
        In a corpus without places each document is a unit, named by its key.
    terms : polars.DataFrame
        ``term``, the levels, ``forms`` (joined by ``; ``), in the order of the lexicon.
    forms : polars.DataFrame
        ``form, term``: each spelling that is counted.
    hits : polars.DataFrame
        ``row, rule, form, term``, the levels of the form, ``hits, characters`` (those of the hits).
    frequencies : Frequencies
        Of the chosen rule.
    """

    documents: pl.DataFrame
    units: pl.DataFrame
    terms: pl.DataFrame
    forms: pl.DataFrame
    hits: pl.DataFrame
    frequencies: Frequencies


def count_all(
    corpus: Corpus, lexicon: Lexicon, *, rule: Counting, negation: int | None, progress: Progress
) -> Counted:
    """Count a lexicon under all rules, and number the documents and place-years."""
    frequencies = keyword_frequencies(corpus, lexicon, rule=rule, negation=negation, progress=progress)
    by_rule = _hits_by_rule(frequencies, rule)
    documents, units = _units(frequencies.documents, corpus.key)
    forms = _forms(lexicon)
    hits = (
        by_rule.rename({"term": "form", "count": "hits"})
        .join(
            frequencies.documents.select(corpus.key, pl.int_range(pl.len()).alias("row")),
            on=corpus.key,
            how="left",
            maintain_order="left",
        )
        .join(forms, on="form", how="left", maintain_order="left")
        .select(
            "row", "rule", "form", "term", *lexicon.levels, "hits",
            characters=pl.col("hits") * pl.col("length"),
        )
    )  # fmt: skip
    terms = forms.group_by("term", maintain_order=True).agg(
        pl.col(lexicon.levels).first(), pl.col("form").str.join("; ").alias("forms")
    )
    return Counted(
        documents=documents, units=units, terms=terms, forms=forms.select("form", "term"), hits=hits,
        frequencies=frequencies,
    )  # fmt: skip


def _hits_by_rule(found: Frequencies, rule: Counting) -> pl.DataFrame:
    """Give the hits under the three rules, and those of the chosen one where it is none of them."""
    if rule in RULES:
        return found.by_rule
    own = found.terms.with_columns(rule=pl.lit(rule, pl.String)).select(found.by_rule.columns)
    return pl.concat([found.by_rule, own])


def _forms(lexicon: Lexicon) -> pl.DataFrame:
    entries = lexicon.entries
    variant_of = pl.col("variant_of") if "variant_of" in entries.columns else pl.lit(None, pl.String)
    lengths = [sum(map(len, normalise(form).split())) for form in entries["term"]]
    return entries.select(
        pl.col("term").alias("form"),
        pl.coalesce(variant_of, "term").alias("term"),
        *lexicon.levels,
        pl.Series("length", lengths, dtype=pl.Int64),
    )


def _units(frequencies: pl.DataFrame, key: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give place-years their numbers; places with one code are one place, whatever they are called."""

    def known(*names: str) -> list[str]:
        return [one for one in names if one in frequencies.columns and frequencies[one].count()]

    def first_of(*names: str) -> pl.Expr:
        found = known(*names)
        return pl.coalesce(pl.col(found).cast(pl.String)) if found else pl.lit(None, pl.String)

    code, year = known("place_code"), known("year")
    documents = frequencies.select(
        pl.int_range(pl.len()).alias("row"),
        pl.col("total_count").is_not_null().alias("has_text"),
        "tokens",
        "characters",
        pl.col("year") if year else pl.lit(None, pl.Int32).alias("year"),
        *code,
        first_of("place_code", "place").alias("identity"),
        first_of("place_name", "place", "place_code").alias("place"),
    )
    # one name for one place
    documents = documents.with_columns(pl.col("place").first().over("identity"))
    if documents["identity"].null_count() == documents.height:
        return documents.with_columns(unit=pl.col("row")), frequencies.select(key, *year)
    by = ["identity", *year]
    units = (
        documents.drop_nulls(by)
        .group_by(by)
        .agg(pl.col("place", *code).first())
        .sort(by)
        .with_columns(unit=pl.int_range(pl.len()))
    )
    documents = documents.join(units.select(*by, "unit"), on=by, how="left", maintain_order="left")
    return documents, units.select("place", *code, *year)


def by_term(counted: Counted, rule: Counting) -> pl.DataFrame:
    """Give ``term``, levels, ``forms, hits, documents, share_of_documents, first_year, last_year``.

    A term without a hit has 0; where no document has a text, null.
    """
    hits = _with_years(counted, rule)
    return _filled(counted, counted.terms, _summed(hits, ["term"]), ["term"])


def by_form(counted: Counted, rule: Counting) -> pl.DataFrame:
    """Give ``term, form, hits, documents``: what each spelling adds to its term."""
    found = _summed(_with_years(counted, rule), ["form"])
    return _filled(counted, counted.forms, found, ["form"]).select("term", "form", "hits", "documents")


def by_group(counted: Counted, rule: Counting, lexicon: Lexicon) -> pl.DataFrame:
    """Give ``level, group, name_zh, terms, terms_with_hits, hits, documents`` and so on, by level."""
    hits = _with_years(counted, rule)
    frames = []
    for level in lexicon.levels:
        chinese = f"{level}_zh"
        has_chinese = chinese in lexicon.entries.columns
        groups = lexicon.entries.group_by(level, maintain_order=True).agg(
            (pl.col(chinese).first() if has_chinese else pl.lit(None, pl.String).first()).alias("name_zh"),
        )
        sizes = counted.terms.group_by(level).agg(pl.len().cast(pl.Int64).alias("terms"))
        frames.append(
            _filled(
                counted,
                groups.join(sizes, on=level, how="left", maintain_order="left"),
                _summed(hits, [level]),
                [level],
            )
            .rename({level: "group"})
            .select(pl.lit(level).alias("level"), pl.all())
        )
    empty = {"level": pl.String, "group": pl.String, "name_zh": pl.String, "terms": pl.Int64}
    return pl.concat(frames) if frames else pl.DataFrame(schema=empty)


def by_record(counted: Counted, rule: Counting, by: list[str]) -> pl.DataFrame:
    """Sum documents by year, place or place-year: documents, those without text or hits, hits, tokens.

    Columns: those of ``by``, ``documents, documents_without_text, documents_with_hits, hits,
    terms_with_hits, tokens, characters``. Hits are null where no document has a text; documents whose
    place or year is not known are in a last row of their own.
    """
    found = (
        counted.hits.filter(pl.col("rule") == rule)
        .join(counted.documents.select("row", *by), on="row")
        .group_by(by)
        .agg(
            pl.col("hits").sum(),
            pl.col("term").n_unique().cast(pl.Int64).alias("terms_with_hits"),
            pl.col("row").n_unique().cast(pl.Int64).alias("documents_with_hits"),
        )
    )
    text = pl.col("has_text")
    records = counted.documents.group_by(by).agg(
        pl.len().cast(pl.Int64).alias("documents"),
        (~text).sum().cast(pl.Int64).alias("documents_without_text"),
        *(pl.when(text.any()).then(pl.col(name).sum()).alias(name) for name in ("tokens", "characters")),
    )
    none = pl.col("documents_without_text") == pl.col("documents")
    return (
        records.join(found, on=by, how="left", nulls_equal=True)
        .with_columns(
            pl.when(~none).then(pl.col(name).fill_null(0)).alias(name)
            for name in ("hits", "terms_with_hits", "documents_with_hits")
        )
        .select(
            *by, "documents", "documents_without_text", "documents_with_hits", "hits", "terms_with_hits",
            "tokens", "characters",
        )
        .sort(by, nulls_last=True)
    )  # fmt: skip


def by_term_and_year(counted: Counted, rule: Counting) -> pl.DataFrame:
    """Give ``term, year, hits, documents, hits_per_document`` for each term and each year with documents.

    A term without a hit in a year has 0; null where no document of the year has a text. Years without
    documents are absent, and documents without a year are left out.
    """
    years = (
        counted.documents.drop_nulls("year")
        .group_by("year")
        .agg(pl.col("has_text").sum().cast(pl.Int64).alias("texts"))
        .sort("year")
    )
    found = _summed(_with_years(counted, rule), ["term", "year"]).select("term", "year", "hits", "documents")
    some = pl.col("texts") > 0
    return (
        counted.terms.select("term")
        .join(years, how="cross", maintain_order="left_right")
        .join(found, on=["term", "year"], how="left", maintain_order="left")
        .with_columns(pl.when(some).then(pl.col("hits", "documents").fill_null(0)))
        .select(
            "term", "year", "hits", "documents",
            hits_per_document=pl.when(some).then(pl.col("hits") / pl.col("texts")),
        )
    )  # fmt: skip


def by_term_and_place(counted: Counted, rule: Counting) -> pl.DataFrame:
    """Give ``term, place, place_code, hits, documents``: only hits, so no count is zero."""
    place = ["identity", "place", *(name for name in ("place_code",) if name in counted.documents.columns)]
    hits = counted.hits.filter(pl.col("rule") == rule)
    return (
        hits.join(counted.documents.select("row", *place), on="row")
        .drop_nulls("identity")
        .group_by("term", *place)
        .agg(pl.col("hits").sum(), pl.col("row").n_unique().cast(pl.Int64).alias("documents"))
        .sort("term", "identity")
        .drop("identity")
    )


def _with_years(counted: Counted, rule: Counting) -> pl.DataFrame:
    years = counted.documents.select("row", "year")
    hits = counted.hits.filter(pl.col("rule") == rule)
    return hits.join(years, on="row", how="left", maintain_order="left")


def _summed(hits: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    names = (
        []
        if "year" in by
        else [pl.col("year").min().alias("first_year"), pl.col("year").max().alias("last_year")]
    )
    return hits.group_by(by).agg(
        pl.col("hits").sum(),
        pl.col("term").n_unique().cast(pl.Int64).alias("terms_with_hits"),
        pl.col("row").n_unique().cast(pl.Int64).alias("documents"),
        *names,
    )


def _filled(counted: Counted, base: pl.DataFrame, found: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Put hits beside what could have had some: 0 where there is none, null where there is no text."""
    texts = counted.documents["has_text"].sum()
    counts = ["hits", "documents", *(["terms_with_hits"] if "terms" in base.columns else [])]
    joined = base.join(found, on=by, how="left", maintain_order="left")
    share = pl.col("documents") / texts if texts else pl.lit(None, pl.Float64)
    return joined.with_columns(pl.col(counts).fill_null(0) if texts else pl.col(counts)).select(
        *base.columns, *counts, share.alias("share_of_documents"), "first_year", "last_year"
    )
