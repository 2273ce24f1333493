"""A panel for other programs: Parquet, CSV, Excel, Stata (面板导出); codebook and provenance beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.files import check_output, sha256_of, write_json, write_text, written_whole
from patentmetrics.core.provenance import Provenance, provenance, write_frame
from patentmetrics.core.spreadsheet import is_formula, quoted_cells
from patentmetrics.core.types import Panel, require_columns
from patentmetrics.panel.column_list import codebook_markdown, column_labels, panel_codebook
from patentmetrics.panel.stata import write_stata

if TYPE_CHECKING:
    import xlsxwriter

ENDINGS = (".parquet", ".csv", ".xlsx", ".dta")
_EXCEL_ROWS = 1_048_576
_EXCEL_TEXT = 32_767
# a number beyond is not exact in a spreadsheet
_EXACT = 2**53
_WRITTEN = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - Excel knows no time zones
_SIMULATED = "SIMULATED DATA 模拟数据"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export wrote (导出结果).

    Parameters
    ----------
    files : tuple of Path
        The data first; then the codebook, where it is a file of its own; the provenance last.
    renamed : dict
        Columns that have another name in a Stata file.
    labels_cut : tuple of str
        Columns whose label was longer than Stata's 80 characters; the codebook has it whole.
    nulls_made : dict
        Not-a-number values written as missing, by column.
    """

    files: tuple[Path, ...]
    renamed: dict[str, str]
    labels_cut: tuple[str, ...]
    nulls_made: dict[str, int]


def export_panel(
    panel: Panel,
    path: Path | str,
    *,
    columns: Sequence[str] | None = None,
    language: Literal["zh", "en"] = "zh",
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    bom: bool = True,
    names: Literal["check", "mend"] = "check",
) -> Exported:
    """Write a panel for another program (面板导出), with its codebook and its provenance beside it.

    Parameters
    ----------
    panel : Panel
        The panel.
    path : Path or str
        Its ending says the format: ``.parquet``, ``.csv`` (UTF-8), ``.xlsx`` (sheets ``data`` and
        ``codebook``), ``.dta`` (Stata 14 and newer).
    columns : sequence of str, optional
        These only, in this order, behind place and year.
    language : {"zh", "en"}
        Of the labels of variables in Stata.
    labels, units : mapping, optional
        Of columns that are not registered, or in place of what is: ``{"gdp": "地区生产总值"}``.
    bom : bool
        Begin a CSV with a byte-order mark, without which Excel in China shows Chinese as noise.
    names : {"check", "mend"}
        Of Stata: refuse names that it does not take, or mend them; see `patentmetrics.panel.stata`.

    Returns
    -------
    Exported
        Missing is null in Parquet, an empty cell in CSV and Excel, ``.`` in Stata; not-a-number is missing,
        too, and counted. In CSV and Excel a text that a spreadsheet would run (``=1+1``) gets an apostrophe.

    Raises
    ------
    ColumnError
        A column is missing; Stata does not take a name.
    DataError
        A value that the format cannot hold: infinite, a list in Stata, too long a text in Excel.
    SettingError
        The ending is not among the formats.
    ExtraError
        Stata needs pandas, which is not installed.
    OutputError
        A file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> panel = Panel(frame=pl.DataFrame({"place": ["北京"], "year": [2020], "patents": [3]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = export_panel(panel, Path(folder) / "panel.csv")
    ...     print(*(one.name for one in made.files))
    panel.csv panel.csv.codebook.md panel.csv.provenance.json
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise SettingError("panels are not written in this format", got=path.name, allowed=ENDINGS)
    check_choice(language, ["zh", "en"], argument="language")
    check_output(path)
    chosen, nulls_made = _chosen(panel, columns)
    _refuse_infinite(chosen.frame)
    codebook = panel_codebook(chosen, labels=labels, units=units)
    texts = column_labels(chosen, language=language, labels=labels)
    settings: dict[str, object] = {
        "format": ending[1:],
        "columns": chosen.frame.columns,
        "language": language,
    }
    made_by = provenance(
        "panel export",
        settings=settings,
        inputs={"panel": dict(panel.made_by)},
        counts={"rows": chosen.frame.height, "not a number, written as missing": sum(nulls_made.values())},
    ) | {"log": list(panel.log), "simulated": panel.simulated}
    renamed: dict[str, str] = {}
    cut: tuple[str, ...] = ()
    if ending == ".parquet":
        write_frame(chosen.frame, path, made_by)
    elif ending == ".csv":
        _write_csv(chosen.frame, path, bom=bom)
    elif ending == ".xlsx":
        _write_excel(chosen, codebook, path)
    else:
        label = _SIMULATED if panel.simulated else ""
        written = write_stata(chosen.frame, path, labels=texts, data_label=label, names=names)
        renamed = {old: new for old, new in written.names.items() if old != new}
        cut = written.cut
        codebook = codebook.with_columns(pl.col("column").replace(renamed).alias("name_in_file"))
    files = _beside(path, codebook, made_by, panel, own_sheet=ending == ".xlsx")
    return Exported(files=files, renamed=renamed, labels_cut=cut, nulls_made=nulls_made)


def _chosen(panel: Panel, columns: Sequence[str] | None) -> tuple[Panel, dict[str, int]]:
    frame = panel.frame
    if columns is not None:
        require_columns(frame, list(columns), where="panel")
        frame = frame.select("place", "year", *(one for one in columns if one not in {"place", "year"}))
    floats = [name for name, kind in frame.schema.items() if kind.is_float()]
    counted = {name: int(frame[name].is_nan().sum()) for name in floats}
    frame = frame.with_columns(pl.col(floats).fill_nan(None)) if floats else frame
    made = Panel(frame=frame, log=panel.log, simulated=panel.simulated, made_by=panel.made_by)
    return made, {name: n for name, n in counted.items() if n}


def _refuse_infinite(frame: pl.DataFrame) -> None:
    for name, kind in frame.schema.items():
        if kind.is_float() and frame[name].is_infinite().any():
            raise DataError(
                "a value is infinite: not every program can read that",
                where=f"panel: {name}",
                got=int(frame[name].is_infinite().sum()),
                hint="make it null, or mend where it comes from",
            )


def _write_csv(frame: pl.DataFrame, path: Path, *, bom: bool) -> None:
    made = quoted_cells(_flat(frame)).rename(_safe_names(frame))
    with written_whole(path) as temporary:
        made.write_csv(temporary, include_bom=bom)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Write lists as text: a cell of a sheet of paper holds one."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join("; ") for name in lists)


def _safe_names(frame: pl.DataFrame) -> dict[str, str]:
    return {name: f"'{name}" for name in frame.columns if is_formula(name)}


def _write_excel(panel: Panel, codebook: pl.DataFrame, path: Path) -> None:
    import xlsxwriter

    frame = _flat(panel.frame)
    if frame.height >= _EXCEL_ROWS:
        raise DataError(
            "a sheet has no room for so many rows",
            where=path.name,
            got=frame.height,
            hint="write CSV or Parquet",
        )
    with written_whole(path) as temporary:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        book = xlsxwriter.Workbook(temporary, options)
        title = _SIMULATED if panel.simulated else ""
        book.set_properties({"created": _WRITTEN, "title": title, "author": ""})
        _write_sheet(book, "data", quoted_cells(frame).rename(_safe_names(frame)))
        notes = [_SIMULATED] if panel.simulated else []
        _write_sheet(book, "codebook", quoted_cells(codebook), notes=notes)
        book.close()


def _write_sheet(
    book: xlsxwriter.Workbook, name: str, frame: pl.DataFrame, *, notes: Sequence[str] = ()
) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for column, (title, values) in enumerate(zip(frame.columns, frame.get_columns(), strict=True)):
        sheet.write_string(0, column, title, bold)
        for row, value in enumerate(values.to_list(), start=1):
            if value is None:
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            elif isinstance(value, int | float):
                _require_exact(value, title)
                sheet.write_number(row, column, value)
            elif isinstance(value, dt.datetime):
                sheet.write_datetime(row, column, value.replace(tzinfo=None), time)
            elif isinstance(value, dt.date):
                sheet.write_datetime(row, column, value, day)
            else:
                sheet.write_string(row, column, _short_enough(str(value), title))
        sheet.set_column(column, column, 18 if values.dtype == pl.String else 12)
    for number, note in enumerate(notes, start=frame.height + 2):
        sheet.write_string(number, 0, note)
    sheet.freeze_panes(1, 2 if name == "data" else 1)


def _require_exact(value: float, column: str) -> None:
    if isinstance(value, int) and abs(value) > _EXACT:
        raise DataError(
            "a whole number is too large for a spreadsheet to hold exactly",
            where=f"panel: {column}",
            got=value,
            hint="keep it as text",
        )


def _short_enough(text: str, column: str) -> str:
    if len(text) > _EXCEL_TEXT:
        raise DataError(
            "a text is too long for a cell", where=f"panel: {column}", got=f"{len(text)} characters"
        )
    return text


def _beside(
    path: Path, codebook: pl.DataFrame, made_by: Provenance, panel: Panel, *, own_sheet: bool
) -> tuple[Path, ...]:
    files = [path]
    if not own_sheet:
        files.append(path.with_name(f"{path.name}.codebook.md"))
        notes = (*([_SIMULATED] if panel.simulated else []), *panel.log)
        write_text(files[-1], codebook_markdown(codebook, title=path.name, notes=tuple(notes)))
    files.append(path.with_name(f"{path.name}.provenance.json"))
    outputs = {one.name: sha256_of(one) for one in files[:-1]}
    write_json(files[-1], {**made_by, "outputs": outputs})
    return tuple(files)
