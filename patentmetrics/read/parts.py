"""Rows that wait: in memory, or in a folder as Parquet files that nobody else reads."""

from __future__ import annotations

import secrets
from pathlib import Path

import polars as pl

Part = pl.DataFrame | Path


def put_part(frame: pl.DataFrame, folder: Path | None) -> Part:
    """Put rows away; give what `get_part` takes.

    Examples
    --------
    >>> get_part(put_part(pl.DataFrame({"a": [1]}), None))["a"].to_list()
    [1]
    """
    if folder is None:
        return frame
    path = folder / f"{secrets.token_hex(8)}.parquet"
    frame.write_parquet(path, compression="lz4")
    return path


def get_part(part: Part) -> pl.DataFrame:
    """Get rows back.

    Examples
    --------
    >>> get_part(pl.DataFrame({"a": [1]})).height
    1
    """
    return pl.read_parquet(part, glob=False) if isinstance(part, Path) else part
