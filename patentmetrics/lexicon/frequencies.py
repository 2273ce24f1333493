"""Keyword frequencies of policy documents (关键词词频), under a counting rule that is always named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import ColumnError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.rules import (
    RULES,
    Hits,
    Rule,
    longest_counter,
    substring_counter,
    token_counter,
)
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segment import is_word, segment, segmenter_version

_MEASURES = ("total_count", "log_count", "tokens", "characters", "share_of_tokens", "share_of_characters")


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """How often the terms of a lexicon occur in each document (关键词词频).

    Parameters
    ----------
    documents : polars.DataFrame
        One row a document, in the order of the corpus: its key, ``place`` and ``year`` where the corpus
        has them, ``rule``, ``<value>_count`` for each value of each level of the lexicon,
        ``total_count, log_count, tokens, characters, share_of_tokens, share_of_characters``. A document
        without text has null in all of them, never zero.
    terms : polars.DataFrame
        Long: the document's key, ``term``, the levels, ``count``; only hits, so no count is zero.
    divergence : polars.DataFrame
        Hits of each term under each rule, see `compare_rules`.
    terms_without_hits : tuple of str
        The terms that ``terms`` has no row of.
    made_by : dict
        Provenance: rule, lexicon (id, version, hash), segmenter, counts.
    """

    documents: pl.DataFrame
    terms: pl.DataFrame
    divergence: pl.DataFrame
    terms_without_hits: tuple[str, ...]
    made_by: Provenance


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """Hits of one document: by rule, with its tokens and characters."""

    hits: dict[Rule, Hits]
    tokens: int
    characters: int


def keyword_frequencies(
    corpus: Corpus, lexicon: Lexicon, *, rule: Rule = "substring", progress: Progress = silent
) -> Frequencies:
    """Count the terms of a lexicon in documents (关键词词频统计).

    Text and terms are normalised first (NFKC, lower case): ５Ｇ is 5G, b2b is B2B; 大 数据 stays two.

    Parameters
    ----------
    corpus : Corpus
        Documents; several text columns are joined by line breaks.
    lexicon : Lexicon
        See `patentmetrics.lexicon.load.load_lexicon`.
    rule : {'substring', 'longest', 'token'}
        ``substring``: each term by itself, as `str.count`, so nested terms count in one another.
        ``longest``: leftmost-longest hits that do not overlap, over the whole lexicon.
        ``token``: tokens of jieba that equal a term, the terms being its user dictionary (自定义词典).
        The rules differ by a tenth and more: all three are counted, and compared in ``divergence``.
    progress : Progress
        Called with stage ``keywords``, documents done, documents.

    Returns
    -------
    Frequencies
        ``tokens`` are those of jieba with the lexicon as user dictionary, whatever the rule, that hold a
        letter, digit or Han character; ``characters`` are those of the normalised text that are not white
        space. ``share_of_characters`` has the characters of all hits above the line: under ``substring``
        those of nested hits twice. A share of nothing (a text of punctuation) is null.

    Raises
    ------
    SettingError
        The rule is unknown.
    ColumnError
        The corpus names no text column.

    Sources: the term list is the lexicon's; ``ln(1 + count)`` as in Wu, Hu, Lin & Ren 2021, 管理世界 37(7).

    Examples
    --------
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> frame = pl.DataFrame({"document_id": ["a", "b"], "text": ["移动互联网和大数据", None]})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> found = keyword_frequencies(corpus, load_lexicon("digital_transformation_wu2021"))
    >>> found.documents["total_count"].to_list(), found.terms["term"].to_list()
    ([3, None], ['大数据', '移动互联', '移动互联网'])
    """
    check_choice(rule, RULES, argument="rule")
    texts = _texts(corpus)
    terms = [normalise(term) for term in lexicon.terms]
    tallies: list[_Tally | None] = []
    for done, tally in enumerate(_tallies(texts, terms)):
        progress("keywords", done, len(texts))
        tallies.append(tally)
    progress("keywords", len(texts), len(texts))

    documents = _documents(corpus, lexicon, tallies, rule)
    long = _long(corpus, lexicon, tallies, rule)
    hit = set(long["term"])
    without = tuple(term for term in lexicon.terms if term not in hit)
    divergence = _divergence(lexicon, tallies)
    totals = divergence.filter(pl.col("term").is_null()).row(0, named=True)
    counts = {
        "documents": len(texts),
        "documents_without_text": sum(tally is None for tally in tallies),
        "documents_without_hits": documents.filter(pl.col("total_count") == 0).height,
        "terms": len(terms),
        "terms_without_hits": len(without),
        **{f"hits_{name}": int(totals[name]) for name in RULES},
    }
    made_by = provenance(
        "keyword frequencies",
        settings={"rule": rule, "segmenter": segmenter_version("jieba"), "hmm": True},
        inputs={
            "documents": corpus.made_by,
            "lexicon": {"id": lexicon.id, "version": lexicon.version, "sha256": lexicon.sha256},
        },
        counts=counts,
    )
    return Frequencies(
        documents=documents,
        terms=long,
        divergence=divergence,
        terms_without_hits=without,
        made_by=made_by,
    )


def compare_rules(corpus: Corpus, lexicon: Lexicon, *, progress: Progress = silent) -> pl.DataFrame:
    """Compare the hits of each term under the three counting rules (计数规则差异表).

    Returns
    -------
    polars.DataFrame
        ``term``, the levels, ``substring, longest, token`` (hits over all documents), ``divergence``
        (largest less smallest); the largest divergence first. The last row, with ``term`` null, has the
        totals.

    Examples
    --------
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> frame = pl.DataFrame({"document_id": ["a"], "text": ["移动互联网"]})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> compare_rules(corpus, load_lexicon("digital_transformation_wu2021")).row(0)
    ('移动互联', 'digital_technology_application', 1, 0, 0, 1)
    """
    return keyword_frequencies(corpus, lexicon, progress=progress).divergence


def _texts(corpus: Corpus) -> list[str | None]:
    """Normalise each document's text; None where there is none."""
    if not corpus.text:
        raise ColumnError("the corpus names no text column", where="corpus", allowed=corpus.frame.columns)
    columns = [pl.col(name).cast(pl.String) for name in corpus.text]
    joined = corpus.frame.select(pl.concat_str(columns, separator="\n", ignore_nulls=True))
    texts = (normalise(text) if text else "" for text in joined.to_series())
    return [text if text.strip() else None for text in texts]


def _tallies(texts: list[str | None], terms: list[str]) -> Iterator[_Tally | None]:
    by_substring, by_longest, by_token = (
        substring_counter(terms),
        longest_counter(terms),
        token_counter(terms),
    )
    tokenised = segment((text or "" for text in texts), segmenter="jieba", user_terms=terms)
    for text, tokens in zip(texts, tokenised, strict=True):
        yield (
            None
            if text is None
            else _Tally(
                hits={
                    "substring": by_substring(text),
                    "longest": by_longest(text),
                    "token": by_token(tokens),
                },
                tokens=sum(map(is_word, tokens)),
                characters=_visible(text),
            )
        )


def _visible(text: str) -> int:
    return sum(map(len, text.split()))


def _documents(corpus: Corpus, lexicon: Lexicon, tallies: list[_Tally | None], rule: Rule) -> pl.DataFrame:
    lengths = [_visible(normalise(term)) for term in lexicon.terms]
    groups = {
        f"{value}_count": lexicon.entries[level] == value
        for level in lexicon.levels
        for value in lexicon.entries[level].unique(maintain_order=True)
    }
    members = {name: set(mask.arg_true().to_list()) for name, mask in groups.items()}
    rows: list[dict[str, int | None]] = []
    for tally in tallies:
        if tally is None:
            rows.append({})
            continue
        hits = tally.hits[rule]
        rows.append(
            {
                **{name: sum(n for term, n in hits.items() if term in own) for name, own in members.items()},
                "total_count": sum(hits.values()),
                "tokens": tally.tokens,
                "characters": tally.characters,
                "hit_characters": sum(n * lengths[term] for term, n in hits.items()),
            }
        )
    names = [*members, "total_count", "tokens", "characters", "hit_characters"]
    measured = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64))
    measured = measured.with_columns(
        log_count=pl.col("total_count").cast(pl.Float64).log1p(),
        share_of_tokens=_share("total_count", "tokens"),
        share_of_characters=_share("hit_characters", "characters"),
    )
    about = [name for name in ("place", "place_code", "place_name", "year") if name in corpus.frame.columns]
    return (
        corpus.frame.select(corpus.key, *about)
        .with_columns(rule=pl.lit(rule))
        .hstack(measured.select(*members, *_MEASURES))
    )


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _long(corpus: Corpus, lexicon: Lexicon, tallies: list[_Tally | None], rule: Rule) -> pl.DataFrame:
    found = [
        (document, term, hits)
        for document, tally in enumerate(tallies)
        if tally is not None
        for term, hits in tally.hits[rule].items()
    ]
    schema = {"document": pl.Int64, "number": pl.Int64, "count": pl.Int64}
    hits = pl.DataFrame(found, schema=schema, orient="row")
    return pl.concat(
        [
            corpus.frame.select(corpus.key)[hits["document"]],
            lexicon.entries.select("term", *lexicon.levels)[hits["number"]],
            hits.select("count"),
        ],
        how="horizontal",
    )


def _divergence(lexicon: Lexicon, tallies: list[_Tally | None]) -> pl.DataFrame:
    sums: dict[Rule, npt.NDArray[np.int64]] = {
        rule: np.zeros(lexicon.entries.height, dtype=np.int64) for rule in RULES
    }
    for tally in tallies:
        if tally is not None:
            for rule in RULES:
                for term, hits in tally.hits[rule].items():
                    sums[rule][term] += hits
    spread = (pl.max_horizontal(RULES) - pl.min_horizontal(RULES)).alias("divergence")
    table = (
        lexicon.entries.select("term", *lexicon.levels)
        .with_columns(pl.Series(rule, sums[rule]) for rule in RULES)
        .with_columns(spread)
        .sort(["divergence", "term"], descending=[True, False])
    )
    totals = table.select(pl.col(RULES).sum()).with_columns(spread)
    return pl.concat([table, totals], how="diagonal")
