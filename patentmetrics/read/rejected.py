"""The patents that a count rejects: the file beside the counted corpus."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from patentmetrics.core.errors import OutputError
from patentmetrics.read.rejections import REJECTED, rejections, write_rejections


def rejected_path(output: Path) -> Path:
    """Name the file of rejected patents that stands beside a counted corpus.

    Examples
    --------
    >>> rejected_path(Path("results/counts")).as_posix()
    'results/counts.rejected.csv'
    """
    output = Path(output)
    return output.with_name(f"{output.name}.rejected.csv")


def check_rejected_path(path: Path) -> None:
    """Refuse to replace a file of this name that an earlier count did not write.

    Raises
    ------
    OutputError
        There is one.
    """
    if path.exists() and not _is_of_a_count(path):
        raise OutputError(
            "the file for rejected patents exists, and was not written by an earlier count",
            where=str(path),
            hint="name another output, or move the file",
        )


def write_rejected(rejected: pl.DataFrame, path: Path) -> None:
    """Write the rejected patents, if any, in place of those of an earlier count."""
    if rejected.height:
        write_rejections(rejected, path)
    else:
        path.unlink(missing_ok=True)  # of an earlier count, and no longer true


def read_rejected(path: Path) -> pl.DataFrame:
    """Read what `write_rejected` wrote; nothing where there was nothing to write."""
    return pl.read_csv(path, schema=REJECTED) if path.exists() else rejections()


def _is_of_a_count(path: Path) -> bool:
    """Say whether a file of rejections is of a count: those of `ingest` name file and row."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError):
        return False
    return frame.columns == list(REJECTED) and frame["row"].null_count() == frame.height
