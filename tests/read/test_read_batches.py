"""Patents a few rows at a time: every row once, and no more bytes than may be in memory."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from patentmetrics.read import batches
from patentmetrics.read.batches import open_patents
from patentmetrics.read.canonical import PATENT_SCHEMA

ROWS = 300


@pytest.fixture
def table(tmp_path: Path) -> Path:
    letters = random.Random(1)
    frame = pl.DataFrame(
        {
            "patent_id": [f"P{i:03d}" for i in range(ROWS)],
            # no two alike: a column of equal texts is stored once
            "claims": ["".join(letters.choices("abcdefgh", k=500)) for _ in range(ROWS)],
        }
    )
    path = tmp_path / "patents.parquet"
    full = pl.concat([pl.DataFrame(schema=PATENT_SCHEMA), frame], how="diagonal")
    full.write_parquet(path, row_group_size=128)
    return path


@pytest.mark.parametrize("first", [0, 1, 127, 128, 200, ROWS])
def test_batches_of_few_bytes_hold_every_row_once(table, first, monkeypatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 5_000)
    found = list(open_patents(table).batches(["patent_id", "claims"], first=first))
    assert [one for batch in found for one in batch["patent_id"]] == [f"P{i:03d}" for i in range(first, ROWS)]
    assert all(batch.height <= 10 for batch in found)


def test_columns_without_text_come_in_larger_batches(table, monkeypatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 5_000)
    assert max(batch.height for batch in open_patents(table).batches(["patent_id"])) > 100


def test_a_row_larger_than_a_batch_is_a_batch_by_itself(table, monkeypatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 10)
    assert {batch.height for batch in open_patents(table).batches(["claims"])} == {1}


def test_the_usual_memory_pool_is_left_as_it_was(table) -> None:
    usual = pa.default_memory_pool().backend_name
    list(open_patents(table).batches(["claims"]))
    assert pa.default_memory_pool().backend_name == usual


def test_a_system_without_that_pool_reads_the_same(table, monkeypatch) -> None:
    expected = pl.concat(open_patents(table).batches(["claims"]))
    monkeypatch.setattr(pa, "supported_memory_backends", lambda: ["system"])
    assert pl.concat(open_patents(table).batches(["claims"])).equals(expected)
