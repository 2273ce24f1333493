"""Candidates for a lexicon (候选词): words that keep the company of its terms, ranked, with lines to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.candidate_scores import CandidateSettings as CandidateSettings
from patentmetrics.lexicon.candidate_scores import measured_near_seeds, with_reference, with_similarity
from patentmetrics.lexicon.parts_of_speech import may_be_a_name, may_name
from patentmetrics.lexicon.phrases import split_phrases
from patentmetrics.lexicon.texts import joined_texts
from patentmetrics.lexicon.tokens import CorpusTokens, corpus_tokens
from patentmetrics.text.dictionary import load_dictionary
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segmenters import segmenter_version
from patentmetrics.text.stopwords import load_stopwords

_LINES = 3  # KWIC lines of a candidate
_WIDTH = 16
_FUSION = 60  # reciprocal rank fusion, see `find_candidates`
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Candidates for a lexicon.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a candidate, the best first: ``rank, term, parts`` (as the segmenter splits it; null for a
        word), ``known`` (whether jieba's dictionary has it), ``documents, occurrences, near`` (occurrences
        near a seed), ``keyness, pmi, similarity, group`` (the path of the group whose terms it is most like),
        ``inside`` (terms of the lexicon that lie inside it), ``line_1`` to ``line_3``.
    made_by : dict
        Provenance: settings, lexicon, counts.
    """

    frame: pl.DataFrame
    made_by: Provenance


def find_candidates(
    corpus: Corpus,
    lexicon: Lexicon,
    *,
    reference: Corpus | None = None,
    settings: CandidateSettings | None = None,
    progress: Progress = silent,
) -> Candidates:
    """Look for words that belong into a lexicon (候选词发现), by three measures of its terms' company.

    - ``keyness``: log-likelihood of the word in the sentences (or windows) with a seed against all others;
      with a reference corpus, of the word in the corpus against the reference.
    - ``pmi``: pointwise mutual information in bits of word and seed, over sentences (over tokens for
      windows).
    - ``similarity``: cosine of the word's vector with the mean of a group's terms, the best group.

    The rank fuses the ranks by the three: ``Σ 1 / (60 + rank)``. Words without positive keyness are left
    out, and so are the terms of the lexicon. Seeds are tokens that equal a term, the terms being in jieba's
    dictionary. A candidate is a suggestion to read, never a term by itself.

    Parameters
    ----------
    corpus : Corpus
        Documents in Chinese.
    lexicon : Lexicon
        The seeds.
    reference : Corpus, optional
        What the corpus is compared with.
    settings : CandidateSettings, optional
        See there.
    progress : Progress
        Called with stages ``segment`` and ``lines``.

    Raises
    ------
    DataError
        No term of the lexicon occurs as a token.
    ExtraError
        Similarity is asked for and scikit-learn is not installed.
    ColumnError
        A corpus names no text column.

    Sources: Dunning 1993; Church & Hanks 1990; Levy & Goldberg 2014, see the functions; the fusion of ranks
    is that of Cormack, Clarke & Büttcher 2009, doi:10.1145/1571941.1572114.

    Examples
    --------
    >>> from patentmetrics.lexicon.load import load_lexicon
    >>> texts = ["发展大数据和数字经济。修建公路。", "人工智能带动数字经济。养殖生猪。", "种植水稻。" * 9] * 3
    >>> frame = pl.DataFrame({"document_id": list("abcdefghi"), "text": texts})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> settings = CandidateSettings(dimensions=0)
    >>> found = find_candidates(corpus, load_lexicon("digital_transformation_wu2021"), settings=settings)
    >>> found.frame.select("term", "parts", "occurrences", "near").rows()
    [('数字经济', '数字 经济', 6, 6)]
    """
    settings = settings or CandidateSettings()
    forms = list(dict.fromkeys(normalise(term) for term in lexicon.terms))
    stopwords = frozenset().union(*(load_stopwords(name).terms for name in settings.stopwords))
    texts = joined_texts(corpus)
    tokens = corpus_tokens(texts, user_terms=forms, progress=progress)
    phrases = pl.DataFrame(schema={"term": pl.String, "parts": pl.String})
    if settings.phrases:
        phrases = _phrases(tokens, forms, stopwords, settings)
        # the second pass counts phrases as words: what is left of 数字 is not that of 数字经济
        tokens = corpus_tokens(texts, user_terms=[*forms, *phrases["term"]], progress=progress)
    numbers = {term: number for number, term in enumerate(tokens.terms)}
    seeds = np.array([numbers[form] for form in forms if form in numbers], np.int64)
    if not len(seeds):
        raise DataError(
            "no term of the lexicon occurs as a token, so nothing can stand near one",
            where=lexicon.id,
            hint="is it the lexicon for these documents?",
        )
    measured = measured_near_seeds(tokens, seeds, settings)
    if reference is not None:
        measured = with_reference(measured, tokens, reference, [*forms, *phrases["term"]], progress)
    parts = dict(phrases.select("term", "parts").iter_rows())
    allowed = _allowed(tokens, forms, stopwords, parts, settings)
    measured = measured.filter(
        pl.Series(allowed),
        pl.col("occurrences") >= settings.min_occurrences,
        pl.col("documents") >= settings.min_documents,
        pl.col("near") >= settings.min_near,
        pl.col("keyness") > 0,
    )
    measured = with_similarity(measured, tokens, seeds, lexicon, settings)
    best = _ranked(measured).head(settings.most)
    frame = _described(best, parts, forms)
    frame = frame.hstack(_lines(texts, frame["term"].to_list(), progress))
    counts = {
        "documents": len(texts),
        "documents_without_text": texts.null_count(),
        "tokens": len(tokens.ids),
        "sentences": tokens.sentences,
        "seeds_found": len(seeds),
        "phrases": phrases.height,
        "candidates": measured.height,
        "candidates_written": frame.height,
    }
    made_by = provenance(
        "lexicon candidates",
        settings={**asdict(settings), "segmenter": segmenter_version("jieba")},
        inputs={
            "documents": corpus.made_by,
            "lexicon": {"id": lexicon.id, "version": lexicon.version, "sha256": lexicon.sha256},
            **({"reference": reference.made_by} if reference is not None else {}),
        },
        counts=counts,
    )
    return Candidates(frame=frame, made_by=made_by)


def _phrases(
    tokens: CorpusTokens, forms: Sequence[str], stopwords: frozenset[str], settings: CandidateSettings
) -> pl.DataFrame:
    found = split_phrases(
        tokens,
        stopwords=stopwords,
        min_occurrences=settings.min_occurrences,
        min_documents=settings.min_documents,
    )
    known = set(forms)
    dictionary = load_dictionary()
    wanted = [
        term not in known
        and not dictionary.frequency(term)
        and (not settings.nouns or may_be_a_name(parts.split()))
        for term, parts in found.select("term", "parts").iter_rows()
    ]
    return found.filter(pl.Series(wanted, dtype=pl.Boolean))


def _allowed(
    tokens: CorpusTokens,
    forms: Sequence[str],
    stopwords: frozenset[str],
    parts: dict[str, str],
    settings: CandidateSettings,
) -> list[bool]:
    left_out = stopwords.union(forms)
    return [
        bool(is_word)
        and len(term) > 1
        and term not in left_out
        and (term in parts or not settings.nouns or may_name(term))
        for term, is_word in zip(tokens.terms, tokens.words, strict=True)
    ]


def _ranked(measured: pl.DataFrame) -> pl.DataFrame:
    fused = pl.sum_horizontal(
        [
            1 / (_FUSION + pl.col(name).rank("min", descending=True)).fill_null(float("inf"))
            for name in ("keyness", "pmi", "similarity")
        ]
    )
    return (
        measured.with_columns(score=fused)
        .sort(["score", "keyness", "term"], descending=[True, True, False])
        .with_row_index("rank", offset=1)
    )


def _described(best: pl.DataFrame, parts: dict[str, str], forms: Sequence[str]) -> pl.DataFrame:
    dictionary = load_dictionary()
    terms = best["term"].to_list()
    return best.select(
        "rank",
        "term",
        pl.Series("parts", [parts.get(term) for term in terms], dtype=pl.String),
        pl.Series("known", [bool(dictionary.frequency(term)) for term in terms], dtype=pl.Boolean),
        "documents",
        "occurrences",
        "near",
        pl.col("keyness").round(4),
        pl.col("pmi").round(4),
        "similarity",
        "group",
        pl.Series(
            "inside",
            [", ".join(form for form in forms if form in term) or None for term in terms],
            dtype=pl.String,
        ),
    )


def _lines(texts: pl.Series, terms: Sequence[str], progress: Progress) -> pl.DataFrame:
    """Give for each term its first hit in the first documents that have it."""
    lines: list[list[str]] = []
    for done, term in enumerate(terms):
        progress("lines", done, len(terms))
        rows = texts.str.contains(term, literal=True).fill_null(value=False).arg_true().head(_LINES)
        found = []
        for text in texts.gather(rows):
            begin = text.index(term)
            end = begin + len(term)
            left, right = text[max(0, begin - _WIDTH) : begin], text[end : end + _WIDTH]
            found.append(_SPACE.sub(" ", f"{left}【{term}】{right}").strip())
        lines.append(found)
    progress("lines", len(terms), len(terms))
    return pl.DataFrame(
        {
            f"line_{number + 1}": pl.Series(
                [found[number] if number < len(found) else None for found in lines], dtype=pl.String
            )
            for number in range(_LINES)
        }
    )
