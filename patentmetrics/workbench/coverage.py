"""What a lexicon covers, before and after decisions (覆盖变化), and how often its hits are meant (精确率)."""

from __future__ import annotations

import polars as pl

from patentmetrics.lexicon.format import LexiconFile
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench.decisions import Decisions
from patentmetrics.workbench.lines import judgements, keys_of

_COVERAGE = {
    "level": pl.String, "value": pl.String, "name_zh": pl.String,
    "hits_before": pl.Int64, "hits_after": pl.Int64,
    "documents_before": pl.Int64, "documents_after": pl.Int64, "not_meant": pl.Int64,
}  # fmt: skip


def coverage_change(
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    files: tuple[LexiconFile, LexiconFile],
    decisions: Decisions,
) -> pl.DataFrame:
    """Compare what a lexicon covers before and after decisions (覆盖变化): in all, and for each group.

    Parameters
    ----------
    before, after : polars.DataFrame
        The hits of each, see `patentmetrics.workbench.hits`.
    files : tuple of LexiconFile
        The lexicon before and after.
    decisions : Decisions
        Whose judgements of hits are counted.

    Returns
    -------
    polars.DataFrame
        ``level`` (null for the whole), ``value, name_zh``, ``hits_before, hits_after``, ``documents_before,
        documents_after`` (with a hit at least), ``not_meant`` (of the hits after, those judged not meant).

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup, LexiconTerm
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> group = LexiconGroup(path=("data",), names_zh=(None,), terms=(LexiconTerm(term="大数据"),))
    >>> file = LexiconFile(**head, levels=("dimension",), groups=(group,))
    >>> hits = pl.DataFrame({"document": ["a", "b"], "term": ["大数据"] * 2, "begin": [0, 4]})
    >>> nothing = Decisions(lexicon="a", coder="An")
    >>> table = coverage_change(hits.head(1), hits, files=(file, file), decisions=nothing)
    >>> table.select("value", "hits_before", "hits_after", "documents_after").rows()
    [(None, 1, 2, 2), ('data', 1, 2, 2)]
    """
    levels = files[0].levels
    found = [_with_groups(hits, file) for hits, file in zip((before, after), files, strict=True)]
    found[1] = found[1].with_columns(
        not_meant=judgements(found[1], decisions).eq(other=False).fill_null(value=False)
    )
    names: dict[str | None, str | None] = {
        value: name
        for group in files[1].groups
        for value, name in zip(group.path, group.names_zh, strict=True)
    }
    parts: list[tuple[str | None, str | None]] = [(None, None)]
    for depth, name in enumerate(levels):
        parts += [(name, one) for one in dict.fromkeys(group.path[depth] for group in files[1].groups)]
    rows = []
    for level, value in parts:
        old, new = found if level is None else [one.filter(pl.col(level) == value) for one in found]
        rows.append(
            {
                "level": level,
                "value": value,
                "name_zh": names.get(value),
                "hits_before": old.height,
                "hits_after": new.height,
                "documents_before": old["document"].n_unique(),
                "documents_after": new["document"].n_unique(),
                "not_meant": int(new["not_meant"].sum()),
            }
        )
    return pl.DataFrame(rows, schema=_COVERAGE)


def term_table(hits: pl.DataFrame, file: LexiconFile, decisions: Decisions) -> pl.DataFrame:
    """List the terms of a lexicon with their hits and how many were meant (词条命中与精确率).

    Parameters
    ----------
    hits : polars.DataFrame
        Of the lexicon; those of a variant count for its term.
    file : LexiconFile
        The lexicon.
    decisions : Decisions
        Whose judgements are counted, those of hits that are found now.

    Returns
    -------
    polars.DataFrame
        ``term, group`` (its path, joined by ``>``), ``hits, documents, judged, meant, precision`` (meant /
        judged; null where none was judged); in the order of the file.

    Examples
    --------
    >>> from patentmetrics.lexicon.format import LexiconGroup, LexiconTerm
    >>> from patentmetrics.workbench.decisions import HitJudgement, decided
    >>> head = dict.fromkeys(["id", "version", "title_en", "title_zh", "language", "source", "licence"], "a")
    >>> group = LexiconGroup(path=(), names_zh=(), terms=(LexiconTerm(term="信创"),))
    >>> file = LexiconFile(**head, groups=(group,))
    >>> hits = pl.DataFrame({"document": ["a", "a"], "term": ["信创"] * 2, "begin": [1, 9]})
    >>> one = HitJudgement(term="信创", document="a", begin=1, meant=False)
    >>> term_table(hits, file, decided(Decisions(lexicon="a", coder="An"), one)).row(0)
    ('信创', '', 2, 1, 1, 0, 0.0)
    """
    forms = pl.DataFrame(
        [
            {"of": term.term, "group": " > ".join(group.path), "form": normalise(form)}
            for group, term in file.terms()
            for form in term.forms
        ],
        schema={"of": pl.String, "group": pl.String, "form": pl.String},
    )
    judged = hits.select("document", form=keys_of(hits), meant=judgements(hits, decisions))
    return (
        forms.join(judged, on="form", how="left", maintain_order="left")
        .group_by("of", "group", maintain_order=True)
        .agg(
            hits=pl.col("document").count().cast(pl.Int64),
            documents=pl.col("document").drop_nulls().n_unique().cast(pl.Int64),
            judged=pl.col("meant").count().cast(pl.Int64),
            meant=pl.col("meant").sum().cast(pl.Int64),
        )
        .with_columns(precision=pl.when(pl.col("judged") > 0).then(pl.col("meant") / pl.col("judged")))
        .rename({"of": "term"})
    )


def _with_groups(hits: pl.DataFrame, file: LexiconFile) -> pl.DataFrame:
    rows = [
        {"form": normalise(form), **dict(zip(file.levels, group.path, strict=True))}
        for group, term in file.terms()
        for form in term.forms
    ]
    groups = pl.DataFrame(rows, schema=dict.fromkeys(["form", *file.levels], pl.String))
    return hits.with_columns(form=keys_of(hits)).join(groups, on="form", how="left", maintain_order="left")
