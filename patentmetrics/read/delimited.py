"""CSV and TSV as batches of rows: in any encoding, of any size, in the memory of one batch."""

from __future__ import annotations

import contextlib
import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import polars as pl

from patentmetrics.core.errors import InputError
from patentmetrics.read.cells import (
    BATCH_CHARACTERS,
    BATCH_ROWS,
    Table,
    after_titles,
    empty_as_null,
    filled_cells,
    header_names,
    no_rows,
    not_a_record,
    shown,
)
from patentmetrics.read.encoding import Examined, examine_file
from patentmetrics.read.rejections import rejections

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
# in characters; a field beyond it is a quote that was never closed, and must not fill the memory
_FIELD_LIMIT = 2**25
_LOOKED_AT = 12


@dataclass(kw_only=True)
class _Batch:
    """The rows read since the last batch was given."""

    numbers: list[int] = field(default_factory=list)
    records: list[list[str]] = field(default_factory=list)
    ragged: list[dict[str, object]] = field(default_factory=list)
    blank: int = 0
    characters: int = 0

    @property
    def full(self) -> bool:
        return len(self.records) >= BATCH_ROWS or self.characters >= BATCH_CHARACTERS


def delimited_batches(path: Path, encoding: str | None) -> Iterator[Table]:
    r"""Read CSV or TSV in batches of rows; the whole file is decoded once before, to be sure of its encoding.

    Raises
    ------
    InputError, ColumnError, SettingError
        See `patentmetrics.read.table.read_table`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("a\tb\n1\t2\n", encoding="utf-8")
    ...     [batch.frame.rows() for batch in delimited_batches(path, None)]
    [[('1', '2')]]
    """
    found = examine_file(path, encoding=encoding)
    delimiter = _find_delimiter(path, found)
    with opened_text(path, found.encoding) as handle:
        records, titles = after_titles(_records(handle, delimiter, str(path)))
        first = next(records, None)
        if first is None:
            raise no_rows(path)
        header = header_names(first[1], str(path))
        named = max((i for i, name in enumerate(header, start=1) if name != f"column_{i}"), default=1)
        notes = {"rows above the header": titles} if titles else {}
        batch, any_row = _Batch(), False
        for number, record in records:
            _take(batch, path.name, number, record, header, named)
            if batch.full:
                yield _as_table(path, batch, header, found, delimiter, notes)
                batch, any_row, notes = _Batch(), True, {}
        if batch.numbers or batch.ragged or batch.blank or not any_row:
            if not (batch.numbers or batch.ragged or any_row):
                raise no_rows(path)
            yield _as_table(path, batch, header, found, delimiter, notes)


def _take(batch: _Batch, file: str, number: int, record: list[str], header: list[str], named: int) -> None:
    if not filled_cells(record):
        batch.blank += 1
        return
    reason = not_a_record(record, header)
    if reason is not None:
        batch.ragged.append({"file": file, "row": number, "reason": reason, "value": shown(record)})
    elif len(record) < named or filled_cells(record[len(header) :]):
        batch.ragged.append(_ragged(file, number, record, header))
    else:
        batch.numbers.append(number)
        # columns without a name at the end of the header are often not there in the rows
        batch.records.append([*record[: len(header)], *[""] * (len(header) - len(record))])
        batch.characters += sum(map(len, record))


def _as_table(
    path: Path,
    batch: _Batch,
    header: list[str],
    found: Examined,
    delimiter: str,
    notes: dict[str, int],
) -> Table:
    return Table(
        file=path.name,
        frame=_strings(batch.records, header),
        rows=pl.Series("row", batch.numbers, dtype=pl.Int64),
        rejected=rejections(batch.ragged),
        blank_rows=batch.blank,
        encoding=found.encoding,
        delimiter=DELIMITERS[delimiter],
        sha256=found.sha256,
        size=path.stat().st_size,
        notes=notes,
    )


@contextlib.contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a text file for reading as it is: line ends kept, without its byte-order mark.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.txt"
    ...     _ = path.write_bytes("\ufeffa".encode("utf-16-le"))
    ...     with opened_text(path, "utf-16-le") as handle:
    ...         handle.read()
    'a'
    """
    with path.open(encoding=encoding, newline="") as handle:
        if handle.read(1) != "\ufeff":
            handle.seek(0)
        yield handle


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    # the limit is the process's, and a patent's claims pass the usual 131,072 characters
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _records(lines: TextIO, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        first_line = reader.line_num + 1
        try:
            with _long_fields():
                record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            open_quote = "unexpected end" in str(error) or "limit" in str(error)
            raise InputError(
                "a quote is not closed" if open_quote else "a quote stands where none may",
                where=f"{where}, row {number} (line {first_line})",
                got=str(error),
                hint='inside a quoted field a quote is written twice: "a 5"" disk"; '
                "or the file is cut off in this row: export it again, or delete the row",
            ) from error
        yield number, record


def _find_delimiter(path: Path, found: Examined) -> str:
    """Take the delimiter that cuts the header into most fields."""
    fields = dict.fromkeys(DELIMITERS, 0)
    for delimiter in DELIMITERS:
        looked_at: list[tuple[int, list[str]]] = []
        # a quote can be wrong for this delimiter only
        with contextlib.suppress(InputError), opened_text(path, found.encoding) as handle:
            for one in itertools.islice(_records(handle, delimiter, str(path)), _LOOKED_AT):
                looked_at.append(one)  # noqa: PERF402 - what was read before an error is kept
        records, _ = after_titles(looked_at)
        fields[delimiter] = len(next(records, (0, []))[1])
    most = max(fields.values())
    best = [delimiter for delimiter, count in fields.items() if count == most]
    if len(best) > 1 and most > 1:
        raise InputError(
            "two delimiters fit the header equally well",
            where=f"{path}, row 1",
            got=" and ".join(DELIMITERS[one] for one in best),
            hint="save the file with one delimiter, and quote the names that contain another",
        )
    return best[0]


def _strings(records: list[list[str]], header: list[str]) -> pl.DataFrame:
    columns = zip(*records, strict=True) if records else ([] for _ in header)
    frame = pl.DataFrame(
        [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(header, columns, strict=True)]
    )
    return empty_as_null(frame)


def _ragged(file: str, number: int, record: list[str], header: list[str]) -> dict[str, object]:
    return {
        "file": file,
        "row": number,
        "reason": "too few fields" if len(record) < len(header) else "too many fields",
        "value": f"{len(record)} instead of {len(header)}: {' | '.join(record)}"[:200],
    }
