"""Pieces of patents on their way into blocks: cut from a source, counted, spilled, taken up after a kill.

A piece is a run of rows of the source. Its counts are written into one file: the terms of the piece, and its
documents, sorted by the block they go to. The file is written whole and then recorded, so that a run
that was killed goes on behind the last piece before which none is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, InputError
from patentmetrics.core.files import read_json, sha256_of, write_json, written_whole
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import utf8_of
from patentmetrics.counted import build
from patentmetrics.counted.format import as_row, from_row, narrowest
from patentmetrics.counted.unfinished import refusals_explained
from patentmetrics.kernels.words import Words
from patentmetrics.text.piece import PieceCounts, Recipe, count_piece
from patentmetrics.text.source import Source, among, text_bytes

# a piece ends with the row that reaches one of these: memory is bounded, and few files are opened
PIECE_DOCUMENTS = 1 << 17
PIECE_BYTES = 1 << 25

_ROWS = ("piece: indptr", "piece: indices", "piece: data")
_TERMS = (
    "piece: letters",
    "piece: starts",
    "piece: pairs",
    "piece: frequencies",
    "piece: occurrences",
    "piece: dropped letters",
    "piece: dropped starts",
    "piece: reasons",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Some rows of a source (分片): ``first`` up to ``stop``.

    ``patents`` are those of them that are counted, by year and within a year as they came; ``before`` says
    how many of each year came in earlier pieces.
    """

    number: int
    first: int
    stop: int
    patents: pl.DataFrame
    before: Mapping[int, int]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Documents of a piece that go to one block: how many, and their non-zeros."""

    year: int
    part: int
    documents: int
    nonzeros: int


@dataclass(frozen=True, kw_only=True)
class Spilled:
    """A piece that is written: its rows of the source, the places in its file, the file's hash."""

    number: int
    first: int
    stop: int
    places: tuple[Place, ...]
    without_text: int
    sha256: str

    @property
    def documents(self) -> int:
        """How many documents it has."""
        return sum(place.documents for place in self.places)


@dataclass(frozen=True, kw_only=True, eq=False)
class PieceTerms:
    """The terms of a piece, see `patentmetrics.text.piece.PieceCounts`; ``words``, ``dropped`` as tables."""

    words: Words
    pairs: NDArray[np.int64]
    frequencies: NDArray[np.int64]
    occurrences: NDArray[np.int64]
    dropped: Words
    reasons: NDArray[np.uint8]


def cut_pieces(
    source: Source,
    columns: Sequence[str],
    *,
    date: str,
    without: Collection[object] = frozenset(),
    behind: Sequence[Spilled] = (),
) -> Iterator[Piece]:
    """Cut a source into pieces, from behind the given ones on: the same ones however it is read.

    Parameters
    ----------
    source : Source
        The patents.
    columns : sequence of str
        The text columns.
    date : {"filing", "issue"}
        Patents without this date are left out.
    without : set
        Ids of patents to leave out.
    behind : sequence of Spilled
        The pieces that are there already, from the first on.
    """
    before = _years(behind)
    first = behind[-1].stop if behind else 0
    kept = [name for name in ("filing_date", "issue_date", "ipc", "applicants") if name in source.schema]
    wanted = list(dict.fromkeys(["patent_id", *kept, *columns]))
    year = pl.col(f"{date}_date").cast(pl.Date).dt.year().cast(pl.Int32).alias("_year")
    for number, rows in enumerate(_cut(source.batches(wanted, first), columns), start=len(behind)):
        stop = first + rows.height
        placed = rows.filter(pl.col(f"{date}_date").is_not_null())
        if without:
            placed = placed.filter(~among(placed["patent_id"], without))
        placed = placed.with_columns(year).sort("_year", maintain_order=True)
        yield Piece(number=number, first=first, stop=stop, patents=placed, before=dict(before))
        for one, documents in placed["_year"].value_counts().iter_rows():
            before[one] = before.get(one, 0) + documents
        first = stop


def _cut(batches: Iterator[pl.DataFrame], columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    held: list[pl.DataFrame] = []
    documents, size = 0, 0
    for batch in batches:
        sizes = np.cumsum(text_bytes(batch, columns))
        begin = 0
        while begin < batch.height:
            counted = int(sizes[begin - 1]) if begin else 0
            # with the row that reaches the limit
            full = int(np.searchsorted(sizes, counted + PIECE_BYTES - size)) + 1
            stop = min(full, begin + PIECE_DOCUMENTS - documents, batch.height)
            held.append(batch[begin:stop])
            documents += stop - begin
            size += int(sizes[stop - 1]) - counted
            begin = stop
            if documents >= PIECE_DOCUMENTS or size >= PIECE_BYTES:
                yield pl.concat(held)
                held, documents, size = [], 0, 0
    if held:
        yield pl.concat(held)


def spill_piece(work: Path, piece: Piece, recipe: Recipe, room: Room | None = None) -> Spilled:
    """Count a piece, write its counts and record it (分片计数并落盘).

    Parameters
    ----------
    work : Path
        The folder of the work.
    piece : Piece
        From `cut_pieces`.
    recipe : Recipe
        From `patentmetrics.text.piece.make_recipe`.
    room : Room, optional
        Working memory, common to all pieces.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    counts = count_piece(piece.patents, recipe, room)
    path = spilled_path(work, piece.number)
    places = _places(piece, counts)
    with refusals_explained(work):
        with written_whole(path) as temporary:
            _write(temporary, counts, places)
            sha256 = sha256_of(temporary)
        spilled = Spilled(
            number=piece.number,
            first=piece.first,
            stop=piece.stop,
            places=tuple(places),
            without_text=counts.without_text,
            sha256=sha256,
        )
        write_json(_record(work, piece.number), asdict(spilled))
    return spilled


def taken_up(work: Path) -> list[Spilled]:
    """Give the pieces that an earlier run finished, up to the first that is missing or damaged."""
    found: list[Spilled] = []
    while (path := _record(work, len(found))).is_file():
        try:
            record = read_json(path)
            places = tuple(Place(**place) for place in record.pop("places"))  # type: ignore[attr-defined]  # as below
            spilled = Spilled(**record, places=places)  # type: ignore[arg-type]  # a damaged record is caught below
        except (InputError, TypeError, KeyError):
            break
        file = spilled_path(work, len(found))
        if not file.is_file() or sha256_of(file) != spilled.sha256:
            break
        found.append(spilled)
    return found


def read_terms(work: Path, number: int) -> PieceTerms:
    """Read the terms of a piece."""
    _, arrays = from_row(_batch(work, number, 0), (*_ROWS, *_TERMS))
    of = {name.removeprefix("piece: "): arrays[name] for name in _TERMS}
    return PieceTerms(
        words=_words(of["letters"], of["starts"]),
        pairs=of["pairs"].copy(),
        frequencies=of["frequencies"],
        occurrences=of["occurrences"],
        dropped=_words(of["dropped letters"], of["dropped starts"]),
        reasons=of["reasons"],
    )


def read_place(
    work: Path, number: int, place: int, room: Room
) -> tuple[pa.Table, NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
    """Read the documents of one place of a piece, and their counts: indptr, indices, data.

    The counts are in the memory of the room.
    """
    columns, arrays = from_row(_batch(work, number, place), (*_ROWS, *_TERMS))
    stored_indptr, stored_indices, stored_data = (arrays[name] for name in _ROWS)
    # copies: a kernel is compiled anew for arrays that cannot be written
    indptr = room.array("place: indptr", len(stored_indptr), np.int64)
    indices = room.array("place: indices", len(stored_indices), np.uint32)
    data = room.array("place: data", len(stored_data), np.uint32)
    indptr[:], indices[:], data[:] = stored_indptr, stored_indices, stored_data
    return columns, indptr, indices, data


def write_ids(work: Path, number: int, ids: NDArray[np.int32]) -> None:
    """Write which ids the terms of a piece have in the vocabulary."""
    with written_whole(_ids_path(work, number)) as temporary, temporary.open("wb") as file:
        np.save(file, ids)


def read_ids(work: Path, number: int) -> NDArray[np.int32]:
    """Read what `write_ids` wrote."""
    ids: NDArray[np.int32] = np.load(_ids_path(work, number), allow_pickle=False)
    return ids


def spilled_path(work: Path, number: int) -> Path:
    """Name the file of a piece.

    Examples
    --------
    >>> spilled_path(Path("counts.part"), 12).as_posix()
    'counts.part/spilled/piece-00012.arrow'
    """
    return work / "spilled" / f"piece-{number:05d}.arrow"


def _ids_path(work: Path, number: int) -> Path:
    return work / "spilled" / f"ids-{number:05d}.npy"


def _record(work: Path, number: int) -> Path:
    return work / "journal" / f"piece-{number:05d}.json"


def _years(pieces: Sequence[Spilled]) -> dict[int, int]:
    years: dict[int, int] = {}
    for piece in pieces:
        for place in piece.places:
            years[place.year] = years.get(place.year, 0) + place.documents
    return years


def _places(piece: Piece, counts: PieceCounts) -> list[Place]:
    """Say which documents, which stand by year, go to which block."""
    size = build.BLOCK_DOCUMENTS
    places: list[Place] = []
    row = 0
    for year, documents in piece.patents.group_by("_year", maintain_order=True).len().iter_rows():
        place = piece.before.get(year, 0)
        until = place + documents
        while place < until:
            stop = min(until, (place // size + 1) * size)
            nonzeros = int(counts.indptr[row + stop - place] - counts.indptr[row])
            places.append(Place(year=year, part=place // size, documents=stop - place, nonzeros=nonzeros))
            row += stop - place
            place = stop
    return places


def _write(path: Path, counts: PieceCounts, places: list[Place]) -> None:
    index, kind = _narrowest(counts.indices), _narrowest(counts.data)
    letters, starts = utf8_of(counts.terms)
    dropped_letters, dropped_starts = utf8_of(counts.dropped["token"])
    terms: dict[str, NDArray[np.generic]] = dict(
        zip(
            _TERMS,
            (
                letters[starts[0] : starts[-1]],
                starts - starts[0],
                counts.pairs,
                counts.frequencies,
                counts.occurrences,
                dropped_letters[dropped_starts[0] : dropped_starts[-1]],
                dropped_starts - dropped_starts[0],
                counts.dropped["reason"].to_numpy(),
            ),
            strict=True,
        )
    )
    nothing = {name: values[:0] for name, values in terms.items()}
    rows = np.cumsum([0, *(place.documents for place in places)])

    def batch(place: int) -> pa.RecordBatch:
        begin, stop = (int(rows[place]), int(rows[place + 1])) if places else (0, 0)
        indptr = counts.indptr[begin : stop + 1]
        inside = slice(int(indptr[0]), int(indptr[-1]))
        arrays = (indptr - indptr[0], counts.indices[inside].astype(index), counts.data[inside].astype(kind))
        columns = pa.table(counts.documents[begin:stop].to_arrow())
        return as_row(
            columns, {**dict(zip(_ROWS, arrays, strict=True)), **(terms if place == 0 else nothing)}
        )

    first = batch(0)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
        writer.write_batch(first)
        for place in range(1, len(places)):
            writer.write_batch(batch(place))


def _narrowest(numbers: NDArray[np.integer]) -> type[np.unsignedinteger]:
    """Name the smallest type that holds them: what is spilled is hashed, written and read again."""
    return narrowest(np.empty(0, np.uint32), int(numbers.max(initial=0))).dtype.type


def _batch(work: Path, number: int, place: int) -> pa.RecordBatch:
    path = spilled_path(work, number)
    try:
        with pa.memory_map(str(path), "r") as source:
            return pa.ipc.open_file(source).get_batch(place)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            "an intermediate result is damaged",
            where=str(path.parent),
            got=path.name,
            hint="run the same command again: it goes on where it stopped",
        ) from error


def _words(letters: NDArray[np.uint8], starts: NDArray[np.int64]) -> Words:
    """Give words as a table that can be adopted, not searched."""
    return Words(
        place=np.empty(0, np.int32),
        key=np.empty(0, np.int64),
        key_of_word=np.empty(0, np.int64),
        start=starts.copy(),
        letters=letters.copy(),
        number=np.array([len(starts) - 1]),
    )
