"""How candidates are scored: what is near the seeds, how strongly, and what keeps the same company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.progress import Progress
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.distribution import term_vectors, unit_length
from patentmetrics.lexicon.keyness import log_likelihood_keyness, pointwise_mutual_information
from patentmetrics.lexicon.texts import joined_texts
from patentmetrics.lexicon.tokens import CorpusTokens, corpus_tokens, presence
from patentmetrics.text.normalise import normalise

Unit = Literal["sentence", "window"]
UNITS: tuple[Unit, ...] = ("sentence", "window")


@dataclass(frozen=True, kw_only=True)
class CandidateSettings:
    """How candidates are looked for.

    Parameters
    ----------
    unit : {'sentence', 'window'}
        What counts as near a seed term: its sentence, or ``window`` tokens on each side of it, punctuation
        included, within the sentence.
    window : int
        For ``unit="window"``.
    min_occurrences, min_documents, min_near : int
        Candidates that are rarer, or rarer near seeds, are left out: their scores are chance. Seeds with
        fewer than ``min_occurrences`` have no part in the similarity.
    phrases : bool
        Look for phrases that the segmenter splits, too.
    nouns : bool
        Leave out what jieba tags as a verb, adverb, place, person and the like.
    dimensions : int
        Of the word vectors; 0 leaves the similarity out.
    most_terms : int
        The most frequent terms, which have vectors; seeds always have.
    most : int
        Candidates in the table.
    stopwords : tuple of str
        Lists of stop words, see `patentmetrics.text.stopwords.load_stopwords`.

    Raises
    ------
    SettingError
        A value that cannot be.

    Examples
    --------
    >>> CandidateSettings(unit="window").window
    5
    """

    unit: Unit = "sentence"
    window: int = 5
    min_occurrences: int = 5
    min_documents: int = 3
    min_near: int = 3
    phrases: bool = True
    nouns: bool = True
    dimensions: int = 100
    most_terms: int = 10_000
    most: int = 200
    stopwords: tuple[str, ...] = ("chinese_common",)

    def __post_init__(self) -> None:
        check_choice(self.unit, UNITS, argument="unit")
        for name in ("window", "min_occurrences", "min_documents", "min_near", "most_terms", "most"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} must be at least 1", where=name, got=getattr(self, name))
        if self.dimensions < 0:
            raise SettingError("dimensions cannot be negative", where="dimensions", got=self.dimensions)


def measured_near_seeds(
    tokens: CorpusTokens, seeds: NDArray[np.int64], settings: CandidateSettings
) -> pl.DataFrame:
    """Measure each term by its company with the seeds (与种子词的共现度量).

    Returns
    -------
    polars.DataFrame
        One row a term, in the order of ``tokens.terms``: ``number, term, documents, occurrences, near,
        keyness, pmi``; a seed has no keyness of its own.
    """
    size = len(tokens.terms)
    is_seed = np.zeros(size, np.bool_)
    is_seed[seeds] = True
    seed_here = is_seed[tokens.ids]
    word_here = tokens.words[tokens.ids]
    near = _near(tokens, seed_here, settings)
    occurrences = np.bincount(tokens.ids, minlength=size)
    of_near = np.bincount(tokens.ids[near], minlength=size)
    # the seeds themselves make up the difference of the two parts: they are in neither
    counted = word_here & ~seed_here
    total, total_near = int(counted.sum()), int((counted & near).sum())
    keyness = log_likelihood_keyness(
        np.where(is_seed, 0, of_near),
        total_near,
        np.where(is_seed, 0, occurrences - of_near),
        total - total_near,
    )
    if settings.unit == "sentence":
        terms_of = presence(tokens.ids, tokens.sentence, tokens.sentences, size)
        with_seed = np.zeros(tokens.sentences, np.bool_)
        with_seed[tokens.sentence[seed_here]] = True
        weights = np.repeat(with_seed, np.diff(terms_of.indptr))
        joint = np.bincount(terms_of.indices, weights=weights, minlength=size)
        alone = np.bincount(terms_of.indices, minlength=size)
        pmi = pointwise_mutual_information(joint, alone, int(with_seed.sum()), tokens.sentences)
    else:
        pmi = pointwise_mutual_information(of_near, occurrences, total_near, total)
    documents = presence(tokens.ids, tokens.document, int(tokens.document.max()) + 1, size)
    return pl.DataFrame(
        {
            "number": np.arange(size),
            "term": pl.Series(tokens.terms, dtype=pl.String),
            "documents": np.bincount(documents.indices, minlength=size),
            "occurrences": occurrences,
            "near": of_near,
            "keyness": keyness,
            "pmi": pmi,
        }
    )


def _near(
    tokens: CorpusTokens, seed_here: NDArray[np.bool_], settings: CandidateSettings
) -> NDArray[np.bool_]:
    """Mark the tokens near a seed; a seed itself is near only where another one is."""
    if settings.unit == "sentence":
        seeds = np.bincount(tokens.sentence, weights=seed_here, minlength=tokens.sentences)
        return seeds[tokens.sentence] - seed_here > 0
    near = np.zeros(len(seed_here), np.bool_)
    for step in range(1, min(settings.window, len(seed_here) - 1) + 1):
        same = tokens.sentence[:-step] == tokens.sentence[step:]
        near[:-step] |= seed_here[step:] & same
        near[step:] |= seed_here[:-step] & same
    return near


def with_reference(
    measured: pl.DataFrame,
    tokens: CorpusTokens,
    reference: Corpus,
    user_terms: Sequence[str],
    progress: Progress,
) -> pl.DataFrame:
    """Replace the keyness by that of the corpus against a reference corpus (参照语料关键性)."""
    theirs = corpus_tokens(joined_texts(reference), user_terms=user_terms, progress=progress)
    counts = np.bincount(theirs.ids, minlength=len(theirs.terms))
    frame = pl.DataFrame({"term": pl.Series(theirs.terms, dtype=pl.String), "others": counts})
    joined = measured.join(frame, on="term", how="left", maintain_order="left")
    keyness = log_likelihood_keyness(
        np.where(tokens.words, joined["occurrences"].to_numpy(), 0),
        int(tokens.words[tokens.ids].sum()),
        np.where(tokens.words, joined["others"].fill_null(0).to_numpy(), 0),
        int(counts[theirs.words].sum()),
    )
    return measured.with_columns(keyness=pl.Series(keyness).fill_nan(None))


def with_similarity(
    measured: pl.DataFrame,
    tokens: CorpusTokens,
    seeds: NDArray[np.int64],
    lexicon: Lexicon,
    settings: CandidateSettings,
) -> pl.DataFrame:
    """Add the similarity of each term to the nearest group of seeds, and that group (分布相似度)."""
    nothing = measured.with_columns(
        similarity=pl.lit(None, dtype=pl.Float64), group=pl.lit(None, dtype=pl.String)
    )
    counts = np.bincount(tokens.ids, minlength=len(tokens.terms))
    seeds = seeds[counts[seeds] >= settings.min_occurrences]
    if not settings.dimensions or measured.is_empty() or not len(seeds):
        return nothing
    frequent = measured.sort(["occurrences", "term"], descending=[True, False]).head(settings.most_terms)
    numbers = np.concatenate([seeds, frequent["number"].to_numpy()])
    column = np.full(len(tokens.terms), -1, np.int64)
    column[numbers] = np.arange(len(numbers))
    here = column[tokens.ids] >= 0
    matrix = presence(column[tokens.ids[here]], tokens.sentence[here], tokens.sentences, len(numbers))
    vectors = term_vectors(matrix, dimensions=settings.dimensions)
    group_of = _groups(lexicon)
    labels = [group_of[tokens.terms[one]] for one in seeds]
    names = list(dict.fromkeys(labels))
    centres = np.stack(
        [vectors[[row for row, label in enumerate(labels) if label == name]].mean(axis=0) for name in names]
    )
    cosines = vectors[len(seeds) :] @ unit_length(centres).T
    best = cosines.argmax(axis=1)
    found = frequent.select("number").with_columns(
        # the last digits depend on the threads of the linear algebra
        similarity=pl.Series(cosines[np.arange(len(best)), best].round(6)),
        group=pl.Series([names[one] for one in best], dtype=pl.String),
    )
    return measured.join(found, on="number", how="left", maintain_order="left")


def _groups(lexicon: Lexicon) -> dict[str, str]:
    if not lexicon.levels:
        return dict.fromkeys(map(normalise, lexicon.terms), "")
    path = pl.concat_str(lexicon.levels, separator=" > ").alias("path")
    rows = lexicon.entries.select("term", path).iter_rows()
    return {normalise(term): name for term, name in rows}
