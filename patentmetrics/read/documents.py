"""One file of policy documents as text: .txt, .docx, .pdf, .html, or a table with one document a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from patentmetrics.core.errors import ColumnError, SettingError, near_names
from patentmetrics.read.encoding import decode_file
from patentmetrics.read.html import read_html
from patentmetrics.read.pdf import read_pdf
from patentmetrics.read.table import table_batches
from patentmetrics.read.word import read_word

TEXT_ENDINGS = (".txt",)
WORD_ENDINGS = (".docx",)
PDF_ENDINGS = (".pdf",)
HTML_ENDINGS = (".html", ".htm")
TABLE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")
ENDINGS = (*TEXT_ENDINGS, *WORD_ENDINGS, *PDF_ENDINGS, *HTML_ENDINGS, *TABLE_ENDINGS)
# the columns of a table of documents, under the names that such tables have; the first that is there
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "text",
        "正文",
        "全文",
        "文本",
        "内容",
        "报告正文",
        "报告全文",
        "文本内容",
        "政策正文",
        "content",
    ),
    "place": ("place", "地区", "地名", "城市", "城市名称", "地级市", "city", "省份", "省份名称", "province"),
    "year": ("year", "年份", "年度", "年"),
}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A document as it stands in a file, not cleaned.

    Parameters
    ----------
    text : str or None
        Pages of a PDF are separated by form feeds. None with a refusal.
    encoding : str
        Of a file of text or a web page; else ``docx``, ``pdf`` or ``xlsx``.
    row : int or None
        Of a table: the row as a spreadsheet counts.
    place, year : str or None
        From columns of a table, as written: empty where the cell is, None where there is no such column.
    remark : str or None
        What should be known of it: pages without text.
    refusal, value : str or None
        Why it is no document, and what was found there.
    """

    text: str | None
    encoding: str
    row: int | None = None
    place: str | None = None
    year: str | None = None
    remark: str | None = None
    refusal: str | None = None
    value: str | None = None


def read_document(
    path: Path, *, encoding: str | None = None, columns: Mapping[str, str] | None = None
) -> Iterator[Piece]:
    r"""Read the documents of a file: one, or one for each row of a table.

    Parameters
    ----------
    path : Path
        With one of `ENDINGS`.
    encoding : str, optional
        Of .txt, .html and .csv, see `patentmetrics.read.encoding.decode_file`.
    columns : mapping, optional
        Which columns of a table are ``text``, ``place`` and ``year``, where their names are not among
        `COLUMN_NAMES`.

    Raises
    ------
    InputError
        The file cannot be read: see `read_word`, `read_pdf`, `read_html`, `read_table`, `decode_file`.
    ColumnError
        A table has no column of text, or not the one that was named.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("城市,年份,正文\n成都,2024,各位代表\n", encoding="utf-8")
    ...     [(piece.place, piece.year, piece.text) for piece in read_document(path)]
    [('成都', '2024', '各位代表')]
    """
    ending = path.suffix.lower()
    if ending in WORD_ENDINGS:
        yield Piece(text=read_word(path), encoding="docx")
    elif ending in PDF_ENDINGS:
        pdf = read_pdf(path)
        remark = f"{pdf.pages_without_text} of {pdf.pages} pages" if pdf.pages_without_text else None
        yield Piece(text=pdf.text, encoding="pdf", remark=remark)
    elif ending in HTML_ENDINGS:
        page = read_html(path, encoding=encoding)
        yield Piece(text=page.text, encoding=page.encoding)
    elif ending in TABLE_ENDINGS:
        yield from _rows(path, encoding, columns or {})
    else:
        decoded = decode_file(path, encoding=encoding)
        yield Piece(text=decoded.text, encoding=decoded.encoding)


def check_columns(columns: Mapping[str, str] | None) -> None:
    """Raise `SettingError` unless a mapping of columns is of text, place and year.

    Examples
    --------
    >>> check_columns({"text": "正文"})
    """
    for ours in columns or {}:
        if ours not in COLUMN_NAMES:
            raise SettingError(
                "a table of documents has no such column",
                where="columns",
                got=ours,
                allowed=COLUMN_NAMES,
                hint=near_names(ours, COLUMN_NAMES),
            )


def column_of(ours: str, header: list[str], columns: Mapping[str, str], where: str) -> str | None:
    """Find the column of a table that is the text, place or year; None where none is known.

    Examples
    --------
    >>> column_of("place", ["城市", "正文"], {}, "a.csv")
    '城市'
    """
    named = columns.get(ours)
    if named is not None and named not in header:
        raise ColumnError(
            f"the table has no column {named!r}", where=where, allowed=header, hint=near_names(named, header)
        )
    lower = {name.lower(): name for name in header}
    return named or next((lower[one] for one in COLUMN_NAMES[ours] if one in lower), None)


def _rows(path: Path, encoding: str | None, columns: Mapping[str, str]) -> Iterator[Piece]:
    for table in table_batches(path, encoding=encoding):
        header = table.frame.columns
        text = column_of("text", header, columns, path.name)
        if text is None:
            raise ColumnError(
                "the table has no column of text",
                where=path.name,
                got=", ".join(header),
                allowed=COLUMN_NAMES["text"],
                hint="name it, as in text=报告",
            )
        place, year = (column_of(ours, header, columns, path.name) for ours in ("place", "year"))
        used = table.encoding or path.suffix.lower().removeprefix(".")
        for number, row in zip(table.rows, table.frame.iter_rows(named=True), strict=True):
            yield Piece(
                text=row[text] or "",
                encoding=used,
                row=number,
                place=(row[place] or "") if place else None,
                year=(row[year] or "") if year else None,
            )
        for rejected in table.rejected.iter_rows(named=True):
            yield Piece(
                text=None,
                encoding=used,
                row=rejected["row"],
                refusal=rejected["reason"],
                value=rejected["value"],
            )
