"""Candidates for the page (候选词): from documents spread evenly over the corpus, where it is large."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import DataError, ExtraError
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Corpus
from patentmetrics.lexicon.candidates import CandidateSettings, find_candidates
from patentmetrics.workbench.session import Session, draft_of

MOST_DOCUMENTS = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Suggestions:
    """Candidates, and in what they were looked for.

    Parameters
    ----------
    frame : polars.DataFrame
        See `patentmetrics.lexicon.candidates.Candidates`; without a row where the lexicon has no token there.
    searched : int
        How many documents.
    with_similarity : bool
        False where scikit-learn is not installed.
    """

    frame: pl.DataFrame
    searched: int
    with_similarity: bool


def suggest(
    session: Session, *, most_documents: int | None = MOST_DOCUMENTS, progress: Progress = silent
) -> Suggestions:
    """Look for candidates for the draft (为当前词典查找候选词).

    Parameters
    ----------
    most_documents : int or None
        Of a larger corpus, so many are read, evenly spaced in its order; None reads all.

    Examples
    --------
    >>> import shutil, tempfile
    >>> from pathlib import Path
    >>> from patentmetrics.lexicon.load import find_lexicon
    >>> from patentmetrics.lexicon.sample import sample_corpus
    >>> from patentmetrics.workbench.session import open_session
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(shutil.copy(find_lexicon("digital_technology"), folder))
    ...     session = open_session(sample_corpus(), path, coder="An")
    >>> suggest(session, most_documents=4).searched
    4
    """
    corpus = spread(session.documents.corpus, most_documents)
    settings = CandidateSettings()
    searched = corpus.frame.height
    try:
        try:
            found = find_candidates(corpus, draft_of(session), settings=settings, progress=progress)
        except ExtraError:
            settings = replace(settings, dimensions=0)
            found = find_candidates(corpus, draft_of(session), settings=settings, progress=progress)
    except DataError:
        return Suggestions(frame=pl.DataFrame(), searched=searched, with_similarity=settings.dimensions > 0)
    return Suggestions(frame=found.frame, searched=searched, with_similarity=settings.dimensions > 0)


def spread(corpus: Corpus, most: int | None) -> Corpus:
    """Give at most so many documents of a corpus, evenly spaced.

    Examples
    --------
    >>> corpus = Corpus(frame=pl.DataFrame({"id": range(10)}), key="id", text=())
    >>> spread(corpus, 4).frame["id"].to_list()
    [0, 2, 5, 7]
    """
    number = corpus.frame.height
    if most is None or number <= most:
        return corpus
    return replace(corpus, frame=corpus.frame[[one * number // most for one in range(most)]])
