"""From a corpus to a counted corpus: normalise, segment, count, choose the vocabulary, write."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError, DataError, OutputError, SettingError, check_choice
from patentmetrics.core.files import check_output_folder
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import provenance
from patentmetrics.core.types import Corpus, TermCounts, require_columns
from patentmetrics.counted.build import build_counts
from patentmetrics.counted.format import DATES
from patentmetrics.read.rejections import REJECTED, rejections, write_rejections
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segment import SEGMENTERS, Segmenter, segment, segmenter_version
from patentmetrics.text.stopwords import StopWords, load_stopwords
from patentmetrics.text.vocabulary import Vocabulary, build_vocabulary, check_limits

_DATE_COLUMNS = ("filing_date", "issue_date")
_GROUP_COLUMNS = ("ipc", "applicants")
_REPORT_EVERY = 256


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Counts as compressed rows, with provisional term ids: the order in which terms came."""

    terms: list[str]
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    data: NDArray[np.uint32]


def count_terms(
    corpus: Corpus,
    output: Path,
    *,
    segmenter: Segmenter,
    date: Literal["filing", "issue"],
    text: Sequence[str] | None = None,
    min_documents: int = 1,
    max_share: float = 1.0,
    stopwords: Sequence[str] | str | None = None,
    hmm: bool = True,
    user_terms: Sequence[str] = (),
    progress: Progress = silent,
) -> TermCounts:
    """Count the terms of patents (词频统计) into a counted corpus on disk.

    Each text column is normalised and segmented by itself, so no token crosses from one into the
    next; the counts of a patent are the sums over its columns. A column that is null adds nothing.

    Parameters
    ----------
    corpus : Corpus
        Patents; ``patent_id`` is the key, the date columns are dates.
    output : Path
        The folder to make, see `patentmetrics.counted.format`.
    segmenter : {"jieba", "english", "whitespace"}
        See `patentmetrics.text.segment.segment`.
    date : {"filing", "issue"}
        Which date decides a patent's year.
    text : sequence of str, optional
        The columns to count; all text columns of the corpus by default.
    min_documents, max_share
        Limits of document frequency, see `patentmetrics.text.vocabulary.build_vocabulary`; the share
        is one of the patents that are counted.
    stopwords : str or sequence of str, optional
        Lists to drop, by name or path, see `patentmetrics.text.stopwords.load_stopwords`; None or
        ``"none"`` drops nothing. With the English segmenter a stop word counts by its runs of letters
        (``don't``: ``don`` and ``t``), for so do the tokens.
    hmm, user_terms
        For jieba only. The user terms are normalised as the texts are.
    progress : callable
        See `patentmetrics.core.progress`.

    Returns
    -------
    TermCounts
        Its ``made_by["counts"]`` hold ``documents_in`` = ``documents_out`` + ``documents_rejected``;
        ``documents_without_text`` and ``documents_without_terms`` are counted in ``documents_out``:
        they stay, as rows of zeros, and have no score. A patent without the chosen date cannot be
        placed in a year: it is rejected, and named with the reason in ``<output>.rejected.csv``.

    Raises
    ------
    SettingError
        An option has a value it cannot have.
    ColumnError
        A text column or the date is missing, or of another type.
    DataError
        No patent has the date, or no term is left.
    LexiconError
        A list of stop words is unknown.
    OutputError
        The folder cannot be written.

    Source: Kelly, Papanikolaou, Seru & Taddy 2021, doi:10.1257/aeri.20190499, for what is counted.

    Examples
    --------
    >>> import datetime, tempfile
    >>> frame = pl.DataFrame(
    ...     {
    ...         "patent_id": ["US1", "US2"],
    ...         "issue_date": [datetime.date(1990, 5, 1), datetime.date(1991, 7, 2)],
    ...         "abstract": ["A solar cell, a layer.", "A solar panel."],
    ...     }
    ... )
    >>> corpus = Corpus(frame=frame, key="patent_id", text=("abstract",))
    >>> folder = tempfile.TemporaryDirectory()
    >>> counts = count_terms(corpus, Path(folder.name) / "counts", segmenter="english", date="issue")
    >>> counts.vocabulary.rows()
    [('a', 2, 3), ('solar', 2, 2), ('cell', 1, 1), ('layer', 1, 1), ('panel', 1, 1)]
    >>> folder.cleanup()
    """
    check_choice(segmenter, SEGMENTERS, argument="segmenter")
    check_choice(date, DATES, argument="date")
    check_limits(min_documents=min_documents, max_share=max_share)
    check_output_folder(Path(output))
    check_rejected_path(rejected_path(output))
    columns = _text_columns(corpus, text)
    lists = load_lists(stopwords)
    terms_added = [normalise(term) for term in user_terms]
    placed, rejected = _place_in_years(corpus, date)

    rows = _count_rows(
        placed, columns, segmenter=segmenter, hmm=hmm, user_terms=terms_added, progress=progress
    )
    vocabulary = build_vocabulary(
        rows.terms,
        documents=np.bincount(rows.indices, minlength=len(rows.terms)),
        # float64 sums of whole numbers are exact below 2**53
        occurrences=np.bincount(rows.indices, rows.data, len(rows.terms)).astype(np.int64),
        corpus_documents=placed.height,
        min_documents=min_documents,
        max_share=max_share,
        stopwords=_stop_tokens(lists, segmenter),
    )
    if not vocabulary.frame.height:
        raise _no_term_left(vocabulary, columns)
    rows = _kept_rows(rows, vocabulary)

    made_by = provenance(
        "count",
        settings={
            **count_settings(
                text=columns,
                segmenter=segmenter,
                date=date,
                min_documents=min_documents,
                max_share=max_share,
                stopwords=lists,
                hmm=hmm,
                user_terms=user_terms,
            ),
            # so that none of them passes for a new term when the corpus is extended
            "too_frequent": list(vocabulary.too_frequent),
        },
        inputs={"patents": corpus.made_by},
        counts={
            "documents_in": corpus.frame.height,
            "documents_out": placed.height,
            "documents_rejected": rejected.height,
            "documents_without_text": _without_text(placed, columns),
            "documents_without_terms": int((np.diff(rows.indptr) == 0).sum()),
            **vocabulary.counts,
            "nonzeros": len(rows.indices),
        },
    )
    counts = build_counts(
        Path(output),
        documents=_document_columns(placed),
        years=placed[f"{date}_date"].dt.year().to_numpy().astype(np.int32),
        indptr=rows.indptr,
        indices=rows.indices,
        data=rows.data,
        vocabulary=vocabulary.frame,
        date=date,
        made_by=made_by,
        progress=progress,
    )
    write_rejected(rejected, rejected_path(output))
    return counts


def count_settings(
    *,
    text: Sequence[str],
    segmenter: Segmenter,
    date: str,
    min_documents: int,
    max_share: float,
    stopwords: Sequence[StopWords],
    hmm: bool,
    user_terms: Sequence[str],
) -> dict[str, object]:
    """Say what decides the counts, as JSON values: lists by their hash, libraries by their version.

    Examples
    --------
    >>> count_settings(
    ...     text=["title"],
    ...     segmenter="english",
    ...     date="issue",
    ...     min_documents=1,
    ...     max_share=1.0,
    ...     stopwords=[],
    ...     hmm=True,
    ...     user_terms=[],
    ... )["normalise"]
    'NFKC, lower case'
    """
    return {
        "text": list(text),
        "normalise": "NFKC, lower case",
        "segmenter": segmenter,
        "segmenter_version": segmenter_version(segmenter),
        "hmm": hmm if segmenter == "jieba" else None,
        "user_terms": _identity_of_terms([normalise(term) for term in user_terms]),
        "date": date,
        "min_documents": min_documents,
        "max_share": max_share,
        "stopwords": [{"id": one.id, "version": one.version, "sha256": one.sha256} for one in stopwords],
    }


def rejected_path(output: Path) -> Path:
    """Name the file of rejected patents that stands beside a counted corpus.

    Examples
    --------
    >>> rejected_path(Path("results/counts")).as_posix()
    'results/counts.rejected.csv'
    """
    output = Path(output)
    return output.with_name(f"{output.name}.rejected.csv")


def _text_columns(corpus: Corpus, text: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(text, str):
        raise SettingError("a list of columns is expected, and this is one name", where="text", got=text)
    columns = corpus.text if text is None else tuple(text)
    if not columns:
        raise SettingError("there is no text column to count", where="text", allowed=corpus.frame.columns)
    if len(set(columns)) < len(columns):
        raise SettingError("a text column is named twice", where="text", got=", ".join(columns))
    require_columns(corpus.frame, list(columns), where="corpus")
    for name in columns:
        if corpus.frame.schema[name] not in (pl.String, pl.Null):
            raise ColumnError(
                f"the column {name!r} is not text", where="corpus", got=corpus.frame.schema[name]
            )
    return columns


def load_lists(stopwords: Sequence[str] | str | None) -> list[StopWords]:
    """Load the lists of stop words that are named; none for None and for ``"none"``."""
    names = [stopwords] if isinstance(stopwords, str) else list(stopwords or [])
    if "none" in names:
        if len(names) > 1:
            raise SettingError("'none' stands alone", where="stopwords", got=", ".join(map(str, names)))
        return []
    return [load_stopwords(name) for name in names]


def _stop_tokens(lists: list[StopWords], segmenter: Segmenter) -> Collection[str]:
    terms = frozenset().union(*(one.terms for one in lists))
    if segmenter != "english":
        return terms
    return frozenset(token for tokens in segment(terms, segmenter="english") for token in tokens)


def _place_in_years(corpus: Corpus, date: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the patents into those with the chosen date, and those rejected with the reason."""
    name = f"{date}_date"
    require_columns(corpus.frame, ["patent_id", name], where="corpus")
    if corpus.frame.schema[name] not in (pl.Date, pl.Null):
        raise ColumnError(
            f"the column {name!r} holds no dates", where="corpus", got=corpus.frame.schema[name]
        )
    has_date = pl.col(name).is_not_null()
    placed = corpus.frame.filter(has_date)
    if not placed.height:
        others = [one for one in _DATE_COLUMNS if one in corpus.frame.columns and one != name]
        usable = [one for one in others if corpus.frame[one].count()]
        raise DataError(
            f"no patent has a {name}",
            where="corpus",
            got=f"{corpus.frame.height} patents",
            hint=f"{usable[0]} is known: choose date={usable[0].removesuffix('_date')}" if usable else None,
        )
    lacking = corpus.frame.filter(~has_date)["patent_id"]
    return placed, rejections(
        {"patent_id": patent, "reason": "the date that decides the year is missing", "column": name}
        for patent in lacking
    )


def _count_rows(
    documents: pl.DataFrame,
    columns: tuple[str, ...],
    *,
    segmenter: Segmenter,
    hmm: bool,
    user_terms: Sequence[str],
    progress: Progress,
) -> _Rows:
    """Stream through the documents; tokens live only as long as their document."""
    texts = documents.select(columns)
    pieces = texts.select(
        pl.sum_horizontal(pl.col(columns).is_not_null().cast(pl.Int64)).alias("pieces")
    ).to_series()
    segmented = segment(_strings(texts), segmenter=segmenter, hmm=hmm, user_terms=user_terms)
    ids: dict[str, int] = {}
    indptr = np.zeros(documents.height + 1, np.int64)
    indices, data = array("I"), array("I")
    for row, number in enumerate(pieces):
        counter: Counter[str] = Counter()
        for tokens in islice(segmented, number):
            counter.update(tokens)
        for token in counter:
            indices.append(ids.setdefault(token, len(ids)))
        data.extend(counter.values())
        indptr[row + 1] = len(indices)
        if row % _REPORT_EVERY == 0 or row + 1 == documents.height:
            progress("counting terms", row + 1, documents.height)
    return _Rows(
        terms=list(ids),
        indptr=indptr,
        indices=np.frombuffer(indices, np.uint32) if indices else np.empty(0, np.uint32),
        data=np.frombuffer(data, np.uint32) if data else np.empty(0, np.uint32),
    )


def _strings(texts: pl.DataFrame) -> Iterator[str]:
    return (normalise(text) for row in texts.iter_rows() for text in row if text is not None)


def _kept_rows(rows: _Rows, vocabulary: Vocabulary) -> _Rows:
    """Put the vocabulary's ids in place of the provisional ones; entries of dropped terms go."""
    new = vocabulary.new_ids[rows.indices]
    kept = new >= 0
    before = np.concatenate([[0], np.cumsum(kept)])
    return _Rows(
        terms=vocabulary.frame["term"].to_list(),
        indptr=before[rows.indptr],
        indices=new[kept].astype(np.uint32),
        data=rows.data[kept],
    )


def _document_columns(placed: pl.DataFrame) -> pl.DataFrame:
    dates = [
        (pl.col(name).cast(pl.Date) if name in placed.columns else pl.lit(None, pl.Date)).alias(name)
        for name in _DATE_COLUMNS
    ]
    groups = [name for name in _GROUP_COLUMNS if name in placed.columns]
    return placed.select("patent_id", *dates, *groups)


def _without_text(placed: pl.DataFrame, columns: tuple[str, ...]) -> int:
    texts = placed.select(pl.col(columns).cast(pl.String).str.strip_chars().fill_null("") == "")
    return texts.select(pl.all_horizontal(pl.all()).sum()).item()  # type: ignore[no-any-return]


def _no_term_left(vocabulary: Vocabulary, columns: tuple[str, ...]) -> DataError:
    counts = ", ".join(f"{name} {number}" for name, number in vocabulary.counts.items())
    if not vocabulary.counts["terms_seen"]:
        return DataError(
            "the text columns hold no words",
            where=", ".join(columns),
            got=counts,
            hint="choose other columns",
        )
    return DataError(
        "no term is left in the vocabulary",
        where="vocabulary",
        got=counts,
        hint="lower min_documents, raise max_share, or use fewer stop words",
    )


def _identity_of_terms(terms: list[str]) -> dict[str, object] | None:
    if not terms:
        return None
    # in order: jieba's suggested frequencies depend on what was added before
    return {"terms": len(terms), "sha256": hashlib.sha256("\n".join(terms).encode()).hexdigest()}


def check_rejected_path(path: Path) -> None:
    """Refuse to replace a file of this name that an earlier count did not write."""
    if path.exists() and not _is_of_a_count(path):
        raise OutputError(
            "the file for rejected patents exists, and was not written by an earlier count",
            where=str(path),
            hint="name another output, or move the file",
        )


def _is_of_a_count(path: Path) -> bool:
    """Say whether a file of rejections is of a count: those of `ingest` name file and row."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError):
        return False
    return frame.columns == list(REJECTED) and frame["row"].null_count() == frame.height


def write_rejected(rejected: pl.DataFrame, path: Path) -> None:
    """Write the rejected patents, if any, in place of those of an earlier count."""
    if rejected.height:
        write_rejections(rejected, path)
    else:
        path.unlink(missing_ok=True)  # of an earlier count, and no longer true
