"""The report: one self-contained HTML page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.files import existing_file, write_text
from patentmetrics.core.provenance import Provenance
from patentmetrics.report.formats import to_html
from patentmetrics.report.tables import Table
from patentmetrics.report.wording import LANGUAGES, Language, say

if TYPE_CHECKING:
    from jinja2 import Template

MEDIA = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A saved figure and what it shows (图).

    Parameters
    ----------
    path : Path
        A .png, .svg or .jpg file; it is copied into the page.
    caption : str
        Stands below the picture, and is read out where it cannot be seen.
    simulated : bool
        True when any of its data are simulated.
    """

    path: Path
    caption: str
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of a report (章节): paragraphs, then tables, then figures.

    Parameters
    ----------
    heading : str
        Stands in the table of contents too.
    paragraphs : tuple of str
        Plain text.
    tables : tuple of Table
    figures : tuple of Picture
    simulated : bool
        True when the section is about simulated data, whatever its tables and figures say of themselves.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Picture, ...] = ()
    simulated: bool = False

    @property
    def any_simulated(self) -> bool:
        """Whether anything in the section is simulated."""
        inside = [one.simulated for one in self.tables] + [one.simulated for one in self.figures]
        return self.simulated or any(inside)


def write_report(
    path: Path | str,
    *,
    title: str,
    sections: Sequence[Section],
    made_by: Provenance,
    language: Language = "en",
) -> None:
    """Write a report as one HTML page (研究报告): whole or not at all, the same bytes for the same input.

    Pictures are in the page itself, all text is escaped, and the page may load nothing. A banner says
    so where any section, table or figure is simulated. The last section is the provenance.

    Parameters
    ----------
    sections : sequence of Section
        In order.
    made_by : dict
        Provenance, see `patentmetrics.core.provenance`.

    Raises
    ------
    SettingError
        A picture is of a format that a page cannot show, or the language is not known.
    InputError
        A picture is missing or empty.
    OutputError
        The page cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = Path(folder) / "report.html"
    ...     write_report(page, title="<Solar>", sections=[Section(heading="Patents")], made_by={})
    ...     "<h1>&lt;Solar&gt;</h1>" in page.read_text("utf-8")
    True
    """
    check_choice(language, LANGUAGES, argument="language")
    text = _template().render(
        title=title,
        lang="zh-Hans" if language == "zh" else "en",
        say=functools.partial(_say, language),
        simulated=any(section.any_simulated for section in sections),
        sections=_numbered(sections),
        facts=_facts(made_by),
        record=json.dumps(made_by, ensure_ascii=False, indent=2, sort_keys=True, default=str),
    )
    write_text(Path(path), text)


@functools.cache
def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


def _say(language: Language, key: str, **parts: object) -> str:
    return say(key, language, **parts)


def _numbered(sections: Sequence[Section]) -> list[dict[str, object]]:
    """Give the sections as the template wants them; pictures are numbered through the page."""
    from markupsafe import Markup

    shown: list[dict[str, object]] = []
    pictures = 0
    for number, section in enumerate(sections, start=1):
        figures = []
        for picture in section.figures:
            pictures += 1
            figures.append(
                {
                    "number": pictures,
                    "source": _data_uri(picture.path),
                    "caption": picture.caption,
                    "simulated": picture.simulated,
                }
            )
        shown.append(
            {
                "id": f"section-{number}",
                "heading": section.heading,
                "paragraphs": section.paragraphs,
                "tables": [Markup(to_html(table)) for table in section.tables],  # noqa: S704 - to_html escapes
                "figures": figures,
                "simulated": section.any_simulated,
            }
        )
    return shown


def _data_uri(path: Path) -> str:
    path = existing_file(path)
    if path.suffix not in MEDIA:
        raise SettingError("a page cannot show a picture of this format", got=path.name, allowed=MEDIA)
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _facts(made_by: Provenance) -> list[tuple[str, str]]:
    """Give the plain values near the top of a provenance: what a reader looks for first."""
    facts: list[tuple[str, str]] = []
    for name, value in made_by.items():
        if isinstance(value, dict):
            facts += [(f"{name}: {inner}", _plain(one)) for inner, one in value.items() if _is_plain(one)]
        elif _is_plain(value):
            facts.append((name, _plain(value)))
    return facts


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(one) and not isinstance(one, list | tuple) for one in value)
    return isinstance(value, str | int | float)


def _plain(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
