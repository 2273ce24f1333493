"""Add patents to a counted corpus: its blocks stay as they are, so what was made of them stays right."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.files import folder_written_whole, inside, sha256_of
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.provenance import Provenance, write_frame
from patentmetrics.core.types import Block, TermCounts, require_columns, require_unique
from patentmetrics.counted import build
from patentmetrics.counted.format import (
    block_name,
    open_counts,
    read_documents,
    verify_counts,
    write_manifest,
)
from patentmetrics.counted.rows import PartRows, join_rows, read_rows, take_rows
from patentmetrics.counted.stream import Part, stream_counts


def extend_counts(
    counts: TermCounts,
    added: TermCounts,
    output: Path | str,
    *,
    new_terms: Sequence[str] | None = None,
    made_by: Provenance,
    threads: int | None = None,
    progress: Progress = silent,
) -> TermCounts:
    """Write a counted corpus with the documents of another one added (增量更新已计数语料库).

    Blocks of years without new documents, and full blocks, are taken over byte for byte, as hard links where
    the file system has them, so a work folder of `patentmetrics.score_patents` serves on: only what the
    new documents touch is computed. The result is, byte for byte, what counting the old documents and then
    the new ones at once with the same vocabulary gives, but for its provenance.

    Parameters
    ----------
    counts : TermCounts
        The corpus to extend. It is left as it is.
    added : TermCounts
        The new documents, counted by the same date and with the columns of the old ones, in any order.
    output : Path
        The folder to make, another one; written whole or not at all.
    new_terms : sequence of str, optional
        Terms of ``added`` that become terms of the corpus, in this order behind those that it has,
        whose ids stay; all that it has not by default. Counts of other terms are dropped.
    made_by : dict
        Provenance of the extended corpus; those of the two are in their ``made_by``.
    threads : int, optional
        Blocks in work at a time, all cores by default. Any number gives the same bytes.
    progress : callable, optional
        Told the documents that are done.

    Raises
    ------
    SettingError
        The output is one of the two, they are by different dates, or one is ordered by periods that are
        not years.
    ColumnError
        The new documents lack a column of the old ones.
    DataError
        An id is in the corpus already; a new term is not new, or not in ``added``; columns differ; a
        block is missing or was changed.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> def counted(folder: str, year: int, term: str) -> TermCounts:
    ...     return build.build_counts(
    ...         Path(folder) / str(year),
    ...         documents=pl.DataFrame({"patent_id": [f"{year}-0"]}),
    ...         years=np.array([year], np.int32),
    ...         indptr=np.array([0, 2]),
    ...         indices=np.array([0, 1], np.uint32),
    ...         data=np.array([1, 2], np.uint32),
    ...         vocabulary=pl.DataFrame(
    ...             {"term": ["cell", term], "documents": [1, 1], "occurrences": [1, 2]}
    ...         ),
    ...         date="filing",
    ...         made_by={},
    ...     )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     old, new = counted(folder, 2000, "lamp"), counted(folder, 2001, "solar")
    ...     both = extend_counts(old, new, Path(folder) / "both", made_by={})
    >>> both.documents, both.vocabulary.rows()
    (2, [('cell', 2, 2), ('lamp', 1, 2), ('solar', 1, 2)])
    """
    output = Path(output)
    _check_orders(counts, added, output)
    for one in (counts, added):
        verify_counts(one, threads=threads)
    columns = _columns_of_both(counts, added)
    _require_new_ids(counts, added)
    vocabulary, ids = _longer(counts, added, new_terms)
    years = {block.year: _Year.of(counts, added, block.year) for block in added.blocks}

    def make(part: Part) -> PartRows:
        return years[part.year].rows(part, columns, ids)

    with folder_written_whole(output) as folder:
        (folder / "blocks").mkdir()
        anew = stream_counts(
            folder / "anew",
            make,
            documents_by_year={number: year.documents for number, year in years.items()},
            terms=vocabulary["term"],
            date=counts.date,
            made_by=made_by,
            threads=threads,
            progress=progress,
        )
        blocks = []
        for block in anew.blocks:
            part = block.part + years[block.year].full
            moved = dataclasses.replace(block, name=block_name(year=block.year, part=part), part=part)
            (anew.folder / block.name).replace(folder / moved.name)
            blocks.append(moved)
        shutil.rmtree(anew.folder)
        for block in counts.blocks:
            if block.year not in years or block.part < years[block.year].full:
                _link(inside(counts.folder, block.name), folder / block.name)
                blocks.append(block)
        write_frame(vocabulary, folder / "vocabulary.parquet", made_by)
        write_manifest(
            folder,
            date=counts.date,
            blocks=sorted(blocks, key=lambda block: (block.year, block.part)),
            vocabulary_sha256=sha256_of(folder / "vocabulary.parquet"),
            made_by=made_by,
        )
    return open_counts(output)


def ids_in(counts: TermCounts, ids: pl.Series) -> pl.Series:
    """Give those of the ids that are in a counted corpus, in the order of its documents."""
    wanted = ids.implode()
    found = [
        read_documents(counts, block).select(pl.col("patent_id").filter(pl.col("patent_id").is_in(wanted)))
        for block in counts.blocks
    ]
    return pl.concat(found)["patent_id"]


@dataclass(frozen=True, kw_only=True)
class _Year:
    """What becomes of a year with new documents: full blocks stay, the last is filled up.

    ``full``: how many stay. ``blocks``: the old one that is not full, if any, and the new ones.
    """

    full: int
    blocks: tuple[tuple[TermCounts, Block], ...]
    added: TermCounts

    @classmethod
    def of(cls, counts: TermCounts, added: TermCounts, year: int) -> _Year:
        old = [block for block in counts.blocks if block.year == year]
        tail = [block for block in old[-1:] if block.documents < build.BLOCK_DOCUMENTS]
        new = [block for block in added.blocks if block.year == year]
        return cls(
            full=len(old) - len(tail),
            blocks=(*((counts, block) for block in tail), *((added, block) for block in new)),
            added=added,
        )

    @property
    def documents(self) -> int:
        return sum(block.documents for _, block in self.blocks)

    def rows(self, part: Part, columns: list[str], ids: NDArray[np.int64]) -> PartRows:
        """Read the rows of a new block, in the ids of the longer vocabulary."""
        found, first = [], 0
        for counts, block in self.blocks:
            low = max(part.first - first, 0)
            high = min(part.first + part.documents - first, block.documents)
            if low < high:
                rows = take_rows(read_rows(counts, block), np.arange(low, high))
                if counts is self.added:
                    rows = _recoded(rows, ids)
                found.append(dataclasses.replace(rows, documents=rows.documents.select(columns)))
            first += block.documents
        return join_rows(found)


def _recoded(rows: PartRows, ids: NDArray[np.int64]) -> PartRows:
    new = ids[rows.indices]
    kept = new >= 0
    before = np.concatenate([[0], np.cumsum(kept)])
    return PartRows(
        documents=rows.documents,
        indptr=before[rows.indptr],
        indices=new[kept].astype(np.uint32),
        data=rows.data[kept],
    )


def require_another_folder(output: Path, *corpora: TermCounts) -> None:
    """Raise `SettingError` where the output is one of the corpora."""
    if output.resolve() in [one.folder.resolve() for one in corpora]:
        raise SettingError(
            "a corpus is extended into another folder",
            where=str(output),
            hint="name a new folder; delete the old one when the new one is there",
        )


def _check_orders(counts: TermCounts, added: TermCounts, output: Path) -> None:
    require_another_folder(output, counts, added)
    for one in (counts, added):
        if any(block.base is not None for block in one.blocks):
            raise SettingError(
                "the corpus is ordered by periods that are not years",
                where=str(one.folder),
                hint="extend the corpus as it was counted",
            )
    if added.date != counts.date:
        raise SettingError(
            "the new documents are counted by another date",
            where=str(added.folder),
            got=added.date,
            allowed=counts.date,
        )


def _columns_of_both(counts: TermCounts, added: TermCounts) -> list[str]:
    """Give the columns of the documents in the order of the old ones; the new ones must be the same."""
    schema, new = (read_documents(one, one.blocks[0]).schema for one in (counts, added))
    require_columns(pl.DataFrame(schema=new), list(schema), where=str(added.folder))
    for name, kind in new.items():
        if schema.get(name) != kind:
            raise DataError(
                f"the column {name!r} is not as in the corpus",
                where=str(added.folder),
                got=str(kind),
                allowed=str(schema[name]) if name in schema else "no such column",
            )
    return list(schema)


def _require_new_ids(counts: TermCounts, added: TermCounts) -> None:
    new = [read_documents(added, block).select("patent_id") for block in added.blocks]
    again = ids_in(counts, pl.concat(new)["patent_id"])
    if len(again):
        raise DataError(
            f"{len(again)} of the new documents are in the corpus already",
            where=str(counts.folder),
            got=", ".join(map(str, again.head(5))),
        )


def _longer(
    counts: TermCounts, added: TermCounts, new_terms: Sequence[str] | None
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Add new terms to the vocabulary, and the totals; give the new id of each term of ``added``, or −1."""
    old, new = counts.vocabulary, added.vocabulary
    if new_terms is None:
        new_terms = new.join(old, on="term", how="anti", maintain_order="left")["term"].to_list()
    terms = pl.concat([old["term"], pl.Series("term", new_terms, dtype=pl.String)]).to_frame()
    require_unique(terms, ["term"], where="new_terms")
    unknown = sorted({*new_terms}.difference(new["term"]))
    if unknown:
        raise DataError(
            "a new term does not occur in the new documents",
            where="new_terms",
            got=", ".join(unknown[:5]),
        )
    numbered = terms.with_row_index("id")
    ids = new.join(numbered, on="term", how="left", maintain_order="left")["id"].cast(pl.Int64).fill_null(-1)
    places = ids.to_numpy()
    totals = {}
    for name in ("documents", "occurrences"):
        sums = np.zeros(terms.height, np.int64)
        sums[: old.height] = old[name].to_numpy()
        sums[places[places >= 0]] += new[name].to_numpy()[places >= 0]
        totals[name] = pl.Series(sums).cast(old.schema[name])
    return terms.with_columns(**totals), places


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
