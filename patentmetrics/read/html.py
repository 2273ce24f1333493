"""The main text of a web page (网页正文): without menus, scripts, headers and footers; one line a paragraph.

By lxml, which reading Word needs anyway. The main text is, in this order,

1. an ``<article>`` or ``<main>``, or what the publishing systems of Chinese governments call the body
   (``UCAP-CONTENT``, ``TRS_Editor``, ``zoom``);
2. else the smallest part that holds nearly all text that is not in links, if there is one;
3. else the whole page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from patentmetrics.core.errors import InputError
from patentmetrics.core.files import existing_file
from patentmetrics.read.encoding import decode_file

# a page is some hundred kilobytes
LARGEST = 50 * 2**20

_DROPPED = frozenset(
    re.findall(
        r"\w+",
        "script style noscript template svg canvas iframe object nav header footer aside "
        "button select input textarea head title dialog menu audio video ",
    )
)
_DROPPED_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "menu"})
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "p div section article main body h1 h2 h3 h4 h5 h6 li ul ol dl dt dd tr table tbody thead "
        "blockquote pre figure figcaption center hr address details summary form ",
    )
)
_BODIES = re.compile(
    r"^(?:ucap-content|trs_editor|zoom|zoomcon|article-?content|articlecon|news_?content|pages_content)$",
    re.IGNORECASE,
)
_META = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_META_WITHIN = 4096
_NEARLY_ALL = 0.8
_SPACES = re.compile(r"[ \t\r\n\f\v]+")


class _Element(Protocol):
    @property
    def tag(self) -> object: ...
    @property
    def text(self) -> str | None: ...
    @property
    def tail(self) -> str | None: ...
    def get(self, key: str) -> str | None: ...
    def iter(self) -> Iterator[_Element]: ...
    def __iter__(self) -> Iterator[_Element]: ...


@dataclass(frozen=True, kw_only=True)
class HtmlText:
    """The main text of a web page, and the encoding it was in."""

    text: str
    encoding: str


def read_html(path: Path | str, *, encoding: str | None = None) -> HtmlText:
    r"""Read the main text of a saved web page.

    Parameters
    ----------
    path : Path or str
        ``.html`` or ``.htm``.
    encoding : str, optional
        See `patentmetrics.read.encoding.decode_file`. By default the one that fits the bytes; where the page
        names another (``<meta charset>``) that also fits, the page's word decides (Big5 in GB18030's place).

    Returns
    -------
    HtmlText
        Paragraphs, headings, items and rows of tables are lines; cells of a row are separated by tabs.

    Raises
    ------
    InputError
        The file is missing, empty, too large, or does not decode.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.html"
    ...     page = "<nav>首页</nav><article><h1>政府工作报告</h1><p>各位<b>代表</b>：</p></article>"
    ...     _ = path.write_text(page, encoding="utf-8")
    ...     read_html(path).text
    '政府工作报告\n各位代表：'
    """
    path = existing_file(path)
    if path.stat().st_size > LARGEST:
        raise InputError(
            "the web page is larger than is sane",
            where=str(path),
            got=f"{path.stat().st_size:,} bytes",
            allowed=f"{LARGEST:,} bytes",
        )
    named = None if encoding else _named_encoding(path)
    decoded = decode_file(path, encoding=encoding or named)
    import lxml.html  # type: ignore[import-untyped]  # it has no types

    # as bytes: a page that declares an encoding may not be given to lxml as text
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    root = lxml.html.document_fromstring(
        b"<!doctype html>" + decoded.text.encode("utf-8"), parser=parser, ensure_head_body=True
    )
    return HtmlText(text=_text_of(_main_part(cast("_Element", root))), encoding=decoded.encoding)


def _named_encoding(path: Path) -> str | None:
    """Give the encoding that a page names, where it is one that the bytes alone do not show."""
    with path.open("rb") as handle:
        match = _META.search(handle.read(_META_WITHIN))
    name = match[1].decode("ascii").lower() if match else ""
    return {"big5": "big5", "big5-hkscs": "big5", "shift_jis": "shift_jis"}.get(name)


def _main_part(root: _Element) -> _Element:
    named = [one for one in root.iter() if _is_body(one)]
    best = max(named, key=_own_text, default=None)
    if best is not None and _own_text(best) > 0:
        return best
    body = next((one for one in root.iter() if one.tag == "body"), root)
    whole = _own_text(body)
    part = body
    # go down as long as one child holds nearly all
    while whole:
        child = max((one for one in part if _is_block(one)), key=_own_text, default=None)
        if child is None or child.tag in {"p", "tr", "li", "pre"} or _own_text(child) < _NEARLY_ALL * whole:
            return part
        part = child
    return part


def _is_body(element: _Element) -> bool:
    if element.tag in {"article", "main"} or element.get("role") == "main":
        return True
    names = [element.get("id") or "", *(element.get("class") or "").split()]
    return any(_BODIES.match(name) for name in names)


def _is_block(element: _Element) -> bool:
    return element.tag in _BLOCKS and not _is_dropped(element)


def _is_dropped(element: _Element) -> bool:
    hidden = "display:none" in (element.get("style") or "").replace(" ", "").lower()
    return element.tag in _DROPPED or element.get("role") in _DROPPED_ROLES or hidden


def _own_text(element: _Element) -> int:
    """Count the characters in an element that are not in links nor in what is dropped."""
    count = len("".join((element.text or "").split()))
    for child in element:
        if isinstance(child.tag, str) and child.tag != "a" and not _is_dropped(child):
            count += _own_text(child)
        count += len("".join((child.tail or "").split()))
    return count


def _text_of(part: _Element) -> str:
    pieces: list[str] = []

    def walk(element: _Element) -> None:
        block = element.tag in _BLOCKS
        if block:
            pieces.append("\n")
        elif element.tag in {"td", "th"}:
            pieces.append("\t")
        pieces.append(_SPACES.sub(" ", element.text or ""))
        for child in element:
            if child.tag == "br":
                pieces.append("\n")
            elif isinstance(child.tag, str) and not _is_dropped(child):
                walk(child)
            pieces.append(_SPACES.sub(" ", child.tail or ""))
        if block:
            pieces.append("\n")

    walk(part)
    lines = (line.strip(" \t") for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)
