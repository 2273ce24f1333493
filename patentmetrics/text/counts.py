"""From patents to a counted corpus, as a stream: read, normalise, segment, count, choose terms, write.

    source ─► pieces ─► spilled, with the terms of each piece ─► vocabulary ─► blocks
             (threads)   (recorded: a killed run goes on here)                 (threads; recorded too)

Ids of terms go by falling frequency, so nothing depends on which thread saw a term first. A piece has numbers
of its own for its terms; they become ids when its documents are gathered into blocks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.files import check_output_folder
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.room import Room
from patentmetrics.core.types import Corpus, TermCounts
from patentmetrics.counted import build
from patentmetrics.counted.format import DATES, open_counts
from patentmetrics.counted.rows import PartRows
from patentmetrics.counted.stream import Part, Written, begun_as, fill_counts
from patentmetrics.counted.unfinished import begin, finish, refusals_explained
from patentmetrics.execute.local import map_blocks
from patentmetrics.kernels.counting import renumber_rows
from patentmetrics.read.rejected import check_rejected_path, rejected_path, write_rejected
from patentmetrics.text import spilled
from patentmetrics.text.changes import change_settings
from patentmetrics.text.piece import make_recipe
from patentmetrics.text.segmenters import Segmenter
from patentmetrics.text.settings import TextSettings, check_weighted_columns
from patentmetrics.text.source import Source, Survey, source_of, survey, text_columns
from patentmetrics.text.spilled import (
    Place,
    Spilled,
    cut_pieces,
    read_ids,
    read_place,
    read_terms,
    spill_piece,
    taken_up,
    write_ids,
)
from patentmetrics.text.tally import NewIds, Tally, add_piece, make_tally, new_ids_of_piece, vocabulary_of
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.vocabulary import Vocabulary

# measured: memory of a piece in work, as a multiple of its texts; and bytes a non-zero of a block in work
PIECE_GROWTH = 8
BYTES_A_NONZERO = 40


@dataclass(frozen=True, kw_only=True)
class Counting:
    """What is counted, and how: all that decides the bytes of a counted corpus."""

    source: Source
    settings: TextSettings
    date: Literal["filing", "issue"]
    columns: tuple[str, ...]
    without: frozenset[str] = frozenset()

    def record(self) -> dict[str, object]:
        """Give the settings as JSON values."""
        return count_settings(self.settings, text=self.columns, date=self.date)


def count_terms(
    patents: Corpus | Path | str,
    output: Path | str,
    *,
    date: Literal["filing", "issue"],
    settings: TextSettings | None = None,
    segmenter: Segmenter | None = None,
    text: Sequence[str] | None = None,
    min_documents: int | None = None,
    max_share: float | None = None,
    stopwords: Sequence[str] | str | None = None,
    hmm: bool | None = None,
    user_terms: Sequence[str | UserWord] | None = None,
    memory: int | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Count the terms of patents (词频统计) into a counted corpus on disk.

    Each text column is normalised and segmented by itself, so no token crosses from one into the
    next; the counts of a patent are the sums over its columns. A column that is null adds nothing.

    Parameters
    ----------
    patents : Corpus or Path
        Patents in memory, or the Parquet file that `patentmetrics ingest` makes, which is read a piece
        at a time. ``patent_id`` is the key, the date columns are dates.
    output : Path
        The folder to make, see `patentmetrics.counted.format`. Until it is whole, the work is in
        ``<output>.part`` beside it: a run that was killed goes on there when it is started again, and
        ends with the same bytes.
    date : {"filing", "issue"}
        Which date decides a patent's year.
    settings : TextSettings, optional
        What is counted as a term, see `patentmetrics.text.settings`, of a preset perhaps:
        `patentmetrics.text.presets.text_preset`.
    segmenter, min_documents, max_share, stopwords, hmm, user_terms : optional
        Change these of the settings; without settings a segmenter is needed, and the others have the
        defaults of `TextSettings`. ``stopwords="none"`` drops no words.
    text : sequence of str, optional
        The columns to count; all text columns of the corpus by default.
    memory : int, optional
        Bytes that pieces and blocks in work may take. Beside it there are the distinct words of the
        corpus, 100 bytes or so each, and 8 bytes a patent. Any number gives the same bytes.
    threads : int, optional
        Pieces and blocks in work at a time, all cores by default; likewise.
    progress : callable
        See `patentmetrics.core.progress`.

    Returns
    -------
    TermCounts
        Its ``made_by["counts"]`` hold ``documents_in`` = ``documents_out`` + ``documents_rejected``;
        ``documents_without_text`` and ``documents_without_terms`` are counted in ``documents_out``:
        they stay, as rows of zeros, and have no score. A patent without the chosen date cannot be
        placed in a year: it is rejected, and named with the reason in ``<output>.rejected.csv``.
        ``terms_seen`` = ``terms_kept`` + the other ``terms_…``, by the reason why they were dropped.

    Raises
    ------
    SettingError
        An option has a value it cannot have, or the memory does not suffice.
    InputError
        The file is missing, or is no Parquet.
    ColumnError
        A text column or the date is missing, or of another type.
    DataError
        An id is missing or there twice, no patent has the date, or no term is left.
    LexiconError
        A list of stop words is unknown.
    ExtraError
        A library that the settings ask for is not installed.
    OutputError
        The folder cannot be written, or there is unfinished work with other settings.

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
    check_choice(date, DATES, argument="date")
    if settings is None:
        if segmenter is None:
            raise SettingError("choose a segmenter, or give settings", where="segmenter")
        settings = TextSettings(segmenter=segmenter)
    changes = {
        "segmenter": segmenter,
        "min_documents": min_documents,
        "max_share": max_share,
        "stopwords": stopwords,
        "hmm": hmm,
        "user_terms": user_terms,
    }
    source = source_of(patents)
    counting = Counting(
        source=source,
        settings=change_settings(settings, changes),
        date=date,
        columns=text_columns(source, text),
    )
    return count_source(counting, Path(output), memory=memory, threads=threads, progress=progress)


def count_settings(settings: TextSettings, *, text: Sequence[str], date: str) -> dict[str, object]:
    """Say what decides the counts, as JSON values: lists by their hash, libraries by their version.

    Examples
    --------
    >>> count_settings(TextSettings(segmenter="english"), text=["title"], date="issue")["text"]
    ['title']
    """
    return {"text": list(text), "date": date, **settings.as_provenance()}


def count_source(
    counting: Counting,
    output: Path,
    *,
    memory: int | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Count the terms of a source; see `count_terms`."""
    check_output_folder(output)
    check_rejected_path(rejected_path(output))
    check_weighted_columns(counting.settings, counting.columns)
    workers = _workers(memory, PIECE_GROWTH * spilled.PIECE_BYTES, threads, "one piece of the patents")
    identity = counting.record()
    found = survey(counting.source, counting.date, without=counting.without)
    work = output.with_name(f"{output.name}.part")
    with refusals_explained(output):
        finished = begin(work, output, begun_as(identity_of(counting)))
    if not finished:
        try:
            pieces, tally = _count_pieces(work, counting, found, threads=workers, progress=progress)
            vocabulary, new = vocabulary_of(
                tally,
                documents=found.documents,
                min_documents=counting.settings.min_documents,
                max_share=counting.settings.max_share,
            )
            if not vocabulary.frame.height:
                raise _no_term_left(vocabulary, counting.columns)
        except DataError:
            # the next run would find the same
            shutil.rmtree(work)
            raise
        _number_terms(work, pieces, tally, new, threads=workers, progress=progress)
        del tally, new

        def made_by(written: Written) -> Provenance:
            return provenance(
                "count",
                # so that none of these passes for a new term when the corpus is extended
                settings={**identity, "too_frequent": list(vocabulary.too_frequent)},
                inputs={"patents": counting.source.made_by},
                counts={
                    "documents_in": counting.source.rows,
                    "documents_out": found.documents,
                    "documents_rejected": found.rejected.height,
                    "documents_without_text": sum(piece.without_text for piece in pieces),
                    "documents_without_terms": written.empty,
                    **vocabulary.counts,
                    "nonzeros": written.nonzeros,
                },
            )

        sources = _sources(pieces)
        largest = max(sum(one.nonzeros for _, _, one in places) for places in sources.values())
        fill_counts(
            work,
            partial(_gather, work, sources, Room()),
            documents_by_year=found.years,
            terms=vocabulary.frame["term"],
            date=counting.date,
            made_by=made_by,
            threads=_workers(memory, BYTES_A_NONZERO * largest, threads, "one block"),
            progress=progress,
        )
    with refusals_explained(output):
        write_rejected(found.rejected, rejected_path(output))
        finish(work, output)
    return open_counts(output)


def identity_of(counting: Counting) -> dict[str, object]:
    """Say what is being counted, so that unfinished work of another kind is not taken for it."""
    return {
        "package": f"patentmetrics {metadata.version('patentmetrics')}",
        "patents": counting.source.identify(),
        "left out": hashlib.sha256("\0".join(sorted(counting.without)).encode()).hexdigest(),
        "documents in a block": build.BLOCK_DOCUMENTS,
        "documents in a piece": spilled.PIECE_DOCUMENTS,
        "bytes in a piece": spilled.PIECE_BYTES,
        "settings": counting.record(),
    }


def _workers(memory: int | None, each: int, threads: int | None, what: str) -> int:
    """Say how many can be in work at a time."""
    if threads is not None and threads < 1:
        raise SettingError("the number of threads must be one or more", where="threads", got=threads)
    workers = threads or os.cpu_count() or 1
    if memory is None:
        return workers
    if memory < each:
        raise SettingError(
            f"the memory does not suffice for {what}",
            where="memory",
            got=f"{memory:,} bytes",
            allowed=f"{each:,} bytes or more",
        )
    return min(workers, memory // max(each, 1))


def _count_pieces(
    work: Path, counting: Counting, found: Survey, *, threads: int, progress: Progress
) -> tuple[list[Spilled], Tally]:
    """Count the pieces that are not there yet; add up the terms of all."""
    recipe = make_recipe(counting.settings, counting.columns)
    pieces = taken_up(work)
    tally = make_tally()
    done = 0
    for piece in pieces:
        tally = add_piece(tally, read_terms(work, piece.number))
        done += piece.documents
    progress("counting terms", done, found.documents)
    todo = cut_pieces(
        counting.source,
        counting.columns,
        date=counting.date,
        without=counting.without,
        behind=tuple(pieces),
    )
    for piece in map_blocks(partial(spill_piece, work, recipe=recipe, room=Room()), todo, threads=threads):
        tally = add_piece(tally, read_terms(work, piece.number))
        pieces.append(piece)
        done += piece.documents
        progress("counting terms", done, found.documents)
    return pieces, tally


def _number_terms(
    work: Path, pieces: list[Spilled], tally: Tally, new: NewIds, *, threads: int, progress: Progress
) -> None:
    """Write which ids the terms of each piece have."""

    def of_piece(piece: Spilled) -> None:
        ids = new_ids_of_piece(tally, new, read_terms(work, piece.number))
        with refusals_explained(work):
            write_ids(work, piece.number, ids)

    for done, _ in enumerate(map_blocks(of_piece, pieces, threads=threads), start=1):
        progress("numbering terms", done, len(pieces))


# for each block, year and part, where its documents are: pieces, and places in them, in order
_Sources = dict[tuple[int, int], list[tuple[int, int, Place]]]


def _sources(pieces: list[Spilled]) -> _Sources:
    sources: defaultdict[tuple[int, int], list[tuple[int, int, Place]]] = defaultdict(list)
    for piece in pieces:
        for at, place in enumerate(piece.places):
            sources[place.year, place.part].append((piece.number, at, place))
    return dict(sources)


def _gather(work: Path, sources: _Sources, room: Room, part: Part) -> PartRows:
    """Put a block together from its places, in the ids of the vocabulary."""
    places = sources[part.year, part.part]
    most = sum(place.nonzeros for _, _, place in places)
    indptr = np.zeros(part.documents + 1, np.int64)
    terms, counts = room.array("terms", most, np.uint32), room.array("counts", most, np.uint32)
    documents: list[pl.DataFrame] = []
    row = 0
    for number, at, place in places:
        columns, starts, indices, data = read_place(work, number, at, room)
        kept = indptr[row : row + place.documents + 1]
        renumber_rows(starts, indices, data, read_ids(work, number), kept, terms, counts)
        documents.append(pl.DataFrame(pl.from_arrow(columns)))
        row += place.documents
    nonzeros = int(indptr[-1])
    return PartRows(
        documents=pl.concat(documents), indptr=indptr, indices=terms[:nonzeros], data=counts[:nonzeros]
    )


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
