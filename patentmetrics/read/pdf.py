"""The text layer of a PDF, page by page; a scan has none and is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from patentmetrics.core.errors import ExtraError, InputError
from patentmetrics.core.files import existing_file

# fewer characters a page than this, over the whole document, are a stamp or a page number on a picture
LEAST_PER_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class PdfText:
    """The text of a PDF: pages separated by form feeds; how many pages, and how many without any text."""

    text: str
    pages: int
    pages_without_text: int


def read_pdf(path: Path | str) -> PdfText:
    """Read the text layer of a PDF with PDFium, in the order in which it was written.

    Parameters
    ----------
    path : Path or str
        A PDF. Nothing in it is run, and no picture is read: a scan needs recognition of characters (OCR)
        first.

    Raises
    ------
    InputError
        The file is missing, empty, no PDF, cut off, protected by a password, or has no text layer.
    ExtraError
        The library pypdfium2 is not installed.

    Examples
    --------
    >>> read_pdf("report.pdf")
    Traceback (most recent call last):
    ...
    patentmetrics.core.errors.InputError: there is no such file
      where: report.pdf
    """
    path = existing_file(path)
    try:
        import pypdfium2  # type: ignore[import-untyped]  # it has no types
    except ImportError as error:
        raise ExtraError(
            "reading PDF needs the library pypdfium2",
            where=str(path),
            hint='pip install "patentmetrics[documents]", or save the file as .docx or .txt',
        ) from error

    try:
        with pypdfium2.PdfDocument(path.read_bytes()) as document:
            pages: list[str] = []
            for page in document:
                layer = page.get_textpage()
                pages.append(layer.get_text_range().replace("\r\n", "\n").replace("\f", "\n"))
                # memory outside Python: given back page by page, not when the collector comes
                layer.close()
                page.close()
    except pypdfium2.PdfiumError as error:
        protected = "password" in str(error).lower()
        raise InputError(
            "the PDF is protected by a password" if protected else "the file is not a readable PDF",
            where=str(path),
            got=str(error),
            hint=None if protected else "it may be cut off, or of another kind: fetch it again",
        ) from error
    characters = sum(len("".join(page.split())) for page in pages)
    if characters < LEAST_PER_PAGE * max(len(pages), 1):
        raise InputError(
            "the PDF has no text layer: it is a scan",
            where=str(path),
            got=f"{characters} characters on {len(pages)} pages",
            hint="recognise its characters (OCR) first, and check the result",
        )
    empty = sum(not page.strip() for page in pages)
    return PdfText(text="\f".join(pages), pages=len(pages), pages_without_text=empty)
