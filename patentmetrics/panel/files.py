"""Read and write a panel: CSV in, Parquet with log, provenance and known answers in and out."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file
from patentmetrics.core.provenance import (
    file_identity,
    is_simulated,
    provenance,
    read_frame,
    write_frame,
)
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import keyed


def read_panel(path: Path | str) -> Panel:
    """Read a panel (面板) from ``.parquet``, ``.csv`` or ``.tsv`` (UTF-8, with or without BOM).

    Parameters
    ----------
    path : Path or str
        The file; it has ``place`` and ``year``, the pair unique. Empty CSV fields are null.

    Returns
    -------
    Panel
        A Parquet file of ours brings its log and says whether it was simulated.

    Raises
    ------
    InputError
        The file is missing, empty, of another kind or in another encoding.
    ColumnError, DataError
        The key is missing, null, doubled or of a wrong type.
    """
    path = Path(path)
    if path.suffix.lower() == ".parquet":
        frame, made_by = read_frame(path)
    else:
        frame = read_delimited(path)
        made_by = provenance("panel read", settings={}, inputs={path.name: file_identity(path)})
    told = made_by.get("log")
    log = tuple(str(line) for line in told) if isinstance(told, list) else ()
    return Panel(
        frame=keyed(frame, where=path.name), log=log, simulated=is_simulated(made_by), made_by=made_by
    )


def write_panel(panel: Panel, path: Path | str) -> None:
    """Write a panel to Parquet, with its log, its provenance and, where simulated, its known answers.

    The same panel gives the same bytes.
    """
    made_by = {**panel.made_by, "log": list(panel.log), "simulated": panel.simulated}
    write_frame(panel.frame, Path(path), made_by)


def read_delimited(path: Path) -> pl.DataFrame:
    """Read a ``.csv`` or ``.tsv`` file in UTF-8; empty fields are null.

    Raises
    ------
    InputError
        The file is missing, empty, of another kind or in another encoding.
    """
    path = existing_file(path)
    separators = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
    if path.suffix.lower() not in separators:
        raise InputError(
            "the kind of file is unknown", where=str(path), got=path.suffix, allowed=[*separators, ".parquet"]
        )
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not UTF-8",
            where=f"{path}, byte {error.start}",
            hint="save it as UTF-8; `patentmetrics ingest csv` reads GB18030",
        ) from error
    try:
        return pl.read_csv(
            content.encode(), separator=separators[path.suffix.lower()], infer_schema_length=None
        )
    except pl.exceptions.PolarsError as error:
        raise InputError("the file is no table", where=str(path), got=str(error).splitlines()[0]) from error


def known_answers(panel: Panel, outcome: str) -> dict[str, float]:
    """Give the known answers of a simulated panel for an outcome, by term; empty for real data.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"], "year": [2000]})
    >>> known_answers(Panel(frame=frame, made_by={"truth": {"outcome": {"treated": 0.25}}}), "outcome")
    {'treated': 0.25}
    """
    truth = panel.made_by.get("truth")
    terms = truth.get(outcome) if isinstance(truth, dict) else None
    return {str(term): float(value) for term, value in terms.items()} if isinstance(terms, dict) else {}
