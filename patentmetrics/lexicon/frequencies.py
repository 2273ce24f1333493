"""Keyword frequencies of policy documents (关键词词频), under a counting rule that is always named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.automaton import count_terms
from patentmetrics.lexicon.hits import (
    Finder,
    Hits,
    as_texts,
    find_hits,
    find_tokens,
    make_finder,
    sentences_with_hits,
    sizes_of,
)
from patentmetrics.lexicon.measures import TermHits, measured_documents
from patentmetrics.lexicon.negation import without_negated
from patentmetrics.lexicon.rules import RULES
from patentmetrics.lexicon.texts import blocks_of, normalised, raw_texts
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import segmenter_version

Counting = Literal["substring", "longest", "token", "own"]
COUNTINGS: tuple[Counting, ...] = (*RULES, "own")


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """How often the terms of a lexicon occur in each document (关键词词频).

    Parameters
    ----------
    documents : polars.DataFrame
        One row a document, in the order of the corpus: its key, ``place`` and ``year`` where the corpus
        has them, ``rule``, ``<value>_count`` for each value of each level of the lexicon, then what
        `patentmetrics.lexicon.measures.measured_documents` gives. A document without text has null in all
        of them, never zero.
    terms : polars.DataFrame
        Long: the document's key, ``term``, the levels, ``count``; only hits, so no count is zero.
    by_rule : polars.DataFrame
        Long, under each of the three rules: the document's key, ``term``, ``rule``, ``count``; only hits.
    divergence : polars.DataFrame
        Hits of each term under each rule, see `compare_rules`.
    terms_without_hits : tuple of str
        The terms that ``terms`` has no row of.
    made_by : dict
        Provenance: rule, lexicon (id, version, hash), segmenter, counts.
    """

    documents: pl.DataFrame
    terms: pl.DataFrame
    by_rule: pl.DataFrame
    divergence: pl.DataFrame
    terms_without_hits: tuple[str, ...]
    made_by: Provenance


@dataclass(frozen=True, kw_only=True, eq=False)
class _Block:
    """What was counted in a block of documents: sizes of each, and hits by rule."""

    has_text: NDArray[np.bool_]
    tokens: NDArray[np.int64]
    characters: NDArray[np.int64]
    sentences: NDArray[np.int64]
    sentences_with_hits: NDArray[np.int64]
    hits: dict[Counting, TermHits]
    negated: dict[Counting, int]


def keyword_frequencies(
    corpus: Corpus,
    lexicon: Lexicon,
    *,
    rule: Counting = "substring",
    negation: int | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Frequencies:
    """Count the terms of a lexicon in documents (关键词词频统计).

    Text and terms are normalised first (NFKC, lower case): ５Ｇ is 5G, b2b is B2B; 大 数据 stays two.

    Parameters
    ----------
    corpus : Corpus
        Documents; several text columns are joined by line breaks.
    lexicon : Lexicon
        See `patentmetrics.lexicon.load.load_lexicon`.
    rule : {'substring', 'longest', 'token', 'own'}
        ``substring``: each term by itself, as `str.count`, so nested terms count in one another.
        ``longest``: leftmost-longest hits that do not overlap, over the whole lexicon.
        ``token``: tokens of jieba that equal a term, the terms being its user dictionary (自定义词典).
        The rules differ by a tenth and more: all three are counted, and compared in ``divergence``.
        ``own``: each term by the rule that the lexicon's file gives for it (``match``).
    negation : int, optional
        Drop hits before which, at most so many characters away and within the clause, stands a negation
        (非, 未, 无, 没有, 缺乏), see `patentmetrics.lexicon.negation`; by default none is dropped.
    threads : int, optional
        Blocks of documents in work at a time; all cores by default. The result does not depend on it.
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
        The rule is unknown; it is ``own`` and a term has none; the window of negation is below one.
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
    check_choice(rule, COUNTINGS, argument="rule")
    if negation is not None and negation < 1:
        raise SettingError("the window of negation must be one or more", where="negation", got=negation)
    own = _own_rules(lexicon) if rule == "own" else None
    texts = raw_texts(corpus)
    finder = make_finder([normalise(term) for term in lexicon.terms])
    counted = []
    done = 0
    for block in map_blocks(
        lambda part: _counted(part, finder, rule=rule, own=own, negation=negation),
        blocks_of(texts),
        threads=threads,
    ):
        progress("keywords", done, len(texts))
        counted.append(block)
        done += len(block.has_text)
    progress("keywords", len(texts), len(texts))
    whole = _joined(counted, rule)

    about = [name for name in ("place", "place_code", "place_name", "year") if name in corpus.frame.columns]
    documents = measured_documents(
        corpus.frame.select(corpus.key, *about).with_columns(rule=pl.lit(rule)),
        lexicon,
        whole.hits[rule],
        has_text=whole.has_text,
        sizes={name: getattr(whole, name) for name in _SIZES},
    )
    long = _long(corpus, lexicon, whole.hits[rule], columns=["term", *lexicon.levels])
    by_rule = pl.concat(
        _long(corpus, lexicon, whole.hits[name], columns=["term"]).with_columns(rule=pl.lit(name))
        for name in RULES
    ).select(corpus.key, "term", "rule", "count")
    hit = set(long["term"])
    without = tuple(term for term in lexicon.terms if term not in hit)
    divergence = _divergence(lexicon, whole)
    totals = divergence.filter(pl.col("term").is_null()).row(0, named=True)
    counts = {
        "documents": len(texts),
        "documents_without_text": int((~whole.has_text).sum()),
        "documents_without_hits": documents.filter(pl.col("total_count") == 0).height,
        "terms": len(finder.forms),
        "terms_without_hits": len(without),
        "terms_never_tokens": len(finder.never_tokens),
        **{f"hits_{name}": int(totals[name]) for name in RULES},
        **({f"negated_{name}": n for name, n in whole.negated.items()} if negation else {}),
    }
    made_by = provenance(
        "keyword frequencies",
        settings={"rule": rule, "segmenter": segmenter_version("jieba"), "hmm": True}
        | ({"negation": negation} if negation else {}),
        inputs={
            "documents": corpus.made_by,
            "lexicon": {"id": lexicon.id, "version": lexicon.version, "sha256": lexicon.sha256},
        },
        counts=counts,
    )
    return Frequencies(
        documents=documents,
        terms=long,
        by_rule=by_rule,
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


_SIZES = ("tokens", "characters", "sentences", "sentences_with_hits")


def _own_rules(lexicon: Lexicon) -> NDArray[np.str_]:
    given = lexicon.entries["match"] if "match" in lexicon.entries.columns else None
    if given is None or given.null_count():
        without = (
            lexicon.terms if given is None else lexicon.entries.filter(given.is_null())["term"].to_list()
        )
        raise SettingError(
            f"{len(without)} terms of the lexicon name no counting rule",
            where=f"rule 'own', lexicon {lexicon.id}",
            got=", ".join(without[:5]),
            hint="write match: at the head of the file, or choose substring, longest or token",
        )
    return given.to_numpy()


def _counted(
    raw: pl.Series, finder: Finder, *, rule: Counting, own: NDArray[np.str_] | None, negation: int | None
) -> _Block:
    block = normalised(raw)
    texts = as_texts(block)
    by_token, tokens = find_tokens(texts, finder)
    hits: dict[Counting, Hits] = {
        name: by_token if name == "token" else find_hits(texts, finder, rule=name) for name in RULES
    }
    if own is not None:
        hits["own"] = _by_own_rules(hits, own)
    negated: dict[Counting, int] = {}
    if negation is not None:
        kept = {name: without_negated(texts, one, window=negation) for name, one in hits.items()}
        negated = {name: len(one.term) - len(kept[name].term) for name, one in hits.items()}
        hits = kept
    sizes = sizes_of(texts)
    return _Block(
        has_text=block.is_not_null().to_numpy(),
        tokens=tokens,
        characters=sizes.characters,
        sentences=sizes.sentences,
        sentences_with_hits=sentences_with_hits(hits[rule], sizes),
        hits={name: _by_term(one, len(finder.forms)) for name, one in hits.items()},
        negated=negated,
    )


def _by_own_rules(hits: dict[Counting, Hits], own: NDArray[np.str_]) -> Hits:
    """Put together the hits of each term under its own rule, by document and place."""
    parts = [hits[name].only(own[hits[name].term] == name) for name in RULES]
    document = np.concatenate([one.document for one in parts])
    term = np.concatenate([one.term for one in parts])
    place = np.concatenate([one.place for one in parts])
    # places rise from document to document
    order = np.argsort(place, kind="stable")
    documents = len(parts[0].first) - 1
    first = np.concatenate([[0], np.cumsum(np.bincount(document, minlength=documents))]).astype(np.int64)
    return Hits(first=first, term=term[order], place=place[order])


def _by_term(hits: Hits, terms: int) -> TermHits:
    first, term, count = count_terms(hits.first, hits.term, terms)
    return TermHits(document=np.repeat(np.arange(len(first) - 1), np.diff(first)), term=term, count=count)


def _joined(blocks: list[_Block], rule: Counting) -> _Block:
    """Put blocks behind each other."""
    begin = np.cumsum([0, *(len(block.has_text) for block in blocks)])

    def hits_of(name: Counting) -> TermHits:
        parts = [block.hits[name] for block in blocks]
        shifted = [one.document + first for one, first in zip(parts, begin[:-1], strict=True)]
        nothing = np.empty(0, np.int64)
        return TermHits(
            document=np.concatenate([nothing, *shifted]),
            term=np.concatenate([nothing, *(one.term for one in parts)]),
            count=np.concatenate([nothing, *(one.count for one in parts)]),
        )

    names: list[Counting] = [*RULES, "own"] if rule == "own" else [*RULES]
    return _Block(
        has_text=np.concatenate([np.empty(0, np.bool_), *(block.has_text for block in blocks)]),
        **{
            name: np.concatenate([np.empty(0, np.int64), *(getattr(block, name) for block in blocks)])
            for name in _SIZES
        },
        hits={name: hits_of(name) for name in names},
        negated={name: sum(block.negated.get(name, 0) for block in blocks) for name in names},
    )


def _long(corpus: Corpus, lexicon: Lexicon, hits: TermHits, *, columns: list[str]) -> pl.DataFrame:
    return pl.concat(
        [
            corpus.frame.select(corpus.key)[hits.document],
            lexicon.entries.select(columns)[hits.term],
            pl.DataFrame({"count": hits.count}),
        ],
        how="horizontal",
    )


def _divergence(lexicon: Lexicon, whole: _Block) -> pl.DataFrame:
    spread = (pl.max_horizontal(RULES) - pl.min_horizontal(RULES)).alias("divergence")
    terms = lexicon.entries.height
    table = (
        lexicon.entries.select("term", *lexicon.levels)
        .with_columns(
            pl.Series(rule, np.bincount(whole.hits[rule].term, whole.hits[rule].count, minlength=terms)).cast(
                pl.Int64
            )
            for rule in RULES
        )
        .with_columns(spread)
        .sort(["divergence", "term"], descending=[True, False])
    )
    totals = table.select(pl.col(RULES).sum()).with_columns(spread)
    return pl.concat([table, totals], how="diagonal")
