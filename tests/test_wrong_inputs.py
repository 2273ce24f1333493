"""Ten wrong inputs: each ends in one clear message and status 1, without a traceback or half an output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from patentmetrics.cli import main

HEADER = "patent_id,filing_date,title,abstract\n"
ROW = "CN1,2010-01-21,太阳能电池,一种太阳能电池。\n"


def ingest(folder: Path, content: bytes, *options: str, name: str = "in.csv") -> Result:
    (folder / name).write_bytes(content)
    out = folder / "out.parquet"
    return CliRunner().invoke(main, ["ingest", "csv", str(folder / name), "-o", str(out), *options])


def missing_column(folder: Path) -> Result:
    return ingest(folder, (HEADER + ROW).encode(), "--map", "abstract=摘要")


def bad_date(folder: Path) -> Result:
    return ingest(folder, (HEADER + "CN1,2010-13-41,电池,一种电池。\n").encode())


def duplicate_id(folder: Path) -> Result:
    return ingest(folder, (HEADER + ROW + ROW).encode(), "--duplicates", "error")


def empty_file(folder: Path) -> Result:
    return ingest(folder, b"")


def binary_file(folder: Path) -> Result:
    return ingest(folder, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)


def wrong_encoding(folder: Path) -> Result:
    return ingest(folder, (HEADER + ROW).encode("gb18030"), "--encoding", "utf-8")


def no_text(folder: Path) -> Result:
    return ingest(folder, b"patent_id,filing_date,title\nCN1,2010-01-21,\n")


def unknown_lexicon(folder: Path) -> Result:
    (folder / "reports").mkdir()
    (folder / "reports" / "成都_2024.txt").write_text("数字经济", "utf-8")
    out = str(folder / "out.parquet")
    return CliRunner().invoke(
        main, ["policy", str(folder / "reports"), "--lexicon", "digital_transformation", "-o", out]
    )


def unwritable_output(folder: Path) -> Result:
    (folder / "in.csv").write_bytes((HEADER + ROW).encode())
    out = str(folder / "no such folder" / "out.parquet")
    return CliRunner().invoke(main, ["ingest", "csv", str(folder / "in.csv"), "-o", out])


def truncated_parquet(folder: Path) -> Result:
    pl.DataFrame({"patent_id": ["CN1"] * 100}).write_parquet(folder / "whole.parquet")
    content = (folder / "whole.parquet").read_bytes()
    (folder / "whole.parquet").unlink()
    return ingest(folder, content[: len(content) // 2], name="in.parquet")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (missing_column, "摘要"),
        (bad_date, "2010-13-41"),
        (duplicate_id, "CN1"),
        (empty_file, "empty"),
        (binary_file, "binary"),
        (wrong_encoding, "byte"),
        (no_text, "text"),
        (unknown_lexicon, "did you mean"),
        (unwritable_output, "no such folder"),
        (truncated_parquet, "cut off"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_wrong_input_ends_with_one_message_and_status_one(
    wrong: Callable[[Path], Result], says: str, tmp_path: Path
) -> None:
    result = wrong(tmp_path)
    assert result.exit_code == 1
    assert result.stderr.count("error:") == 1
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left in (["in.csv"], ["in.parquet"], ["reports"]), left
