"""Patents and citations into Parquet files part by part, with what made them in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from patentmetrics.core.provenance import KEY, Provenance
from patentmetrics.read.canonical import PATENT_SCHEMA
from patentmetrics.read.cited import CITATION_SCHEMA, citations_of, number_index
from patentmetrics.read.ingested import Staged, kept_parts

# rows of a row group at most: who reads the file again can take one at a time
_ROWS = 10_000


def write_patents(path: Path, staged: Staged, made_by: Provenance) -> dict[str, int]:
    """Write the patents that stay; give the nulls of each column.

    Examples
    --------
    >>> import tempfile
    >>> nothing = Staged(parts=(), keys=pl.DataFrame(), rejected=pl.DataFrame(), infos=())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_patents(Path(folder) / "p.parquet", nothing, {})["title"]
    0
    """
    parts = (rows for part in kept_parts(staged) for rows in part.iter_slices(_ROWS))
    nulls = dict.fromkeys(PATENT_SCHEMA, 0)

    def counted() -> Iterator[pl.DataFrame]:
        for rows in parts:
            for name in nulls:
                nulls[name] += rows[name].null_count()
            yield rows

    _write(path, counted(), PATENT_SCHEMA, made_by)
    return nulls


def write_citations(path: Path, staged: Staged, made_by: Provenance) -> dict[str, object]:
    """Write who cites whom; count the pairs, and those whose cited patent is in the table.

    Examples
    --------
    >>> import tempfile
    >>> keys = pl.DataFrame({"patent_id": ["a"], "application_number": "x", "publication_number": "y"})
    >>> nothing = Staged(parts=(), keys=keys, rejected=pl.DataFrame(), infos=())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_citations(Path(folder) / "c.parquet", nothing, {})
    {'rows': 0, 'cited_in_table': 0, 'share_in_table': None}
    """
    index = number_index(staged.keys)
    rows = in_table = 0

    def counted() -> Iterator[pl.DataFrame]:
        nonlocal rows, in_table
        for part in kept_parts(staged):
            cited = citations_of(part.select("patent_id", "cited_patents"), index)
            rows += cited.height
            in_table += int(cited["in_table"].sum())
            yield cited

    _write(path, counted(), CITATION_SCHEMA, {**made_by, "step": "ingest citations"})
    share = round(in_table / rows, 4) if rows else None
    return {"rows": rows, "cited_in_table": in_table, "share_in_table": share}


def _write(
    path: Path,
    parts: Iterator[pl.DataFrame],
    schema: Mapping[str, pl.DataType | type[pl.DataType]],
    made_by: Provenance,
) -> None:
    from pyarrow import parquet

    about = json.dumps(made_by, ensure_ascii=False, sort_keys=True)
    arrow = pl.DataFrame(schema=dict(schema)).to_arrow().schema.with_metadata({KEY: about})
    with parquet.ParquetWriter(path, arrow, compression="zstd") as writer:
        for part in parts:
            writer.write_table(part.to_arrow().cast(arrow))
