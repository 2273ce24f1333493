"""What the page works on (工作台状态): one session for the program, one view for each window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec

import polars as pl

from patentmetrics.core.errors import PatentmetricsError
from patentmetrics.lexicon.format import LexiconGroup
from patentmetrics.workbench.lines import LineFilter
from patentmetrics.workbench.session import Session
from patentmetrics.workbench.suggest import MOST_DOCUMENTS, Suggestions, suggest
from patentmetrics.workbench.wording import Language, Words

_P = ParamSpec("_P")
LINES_ON_A_PAGE = 20


@dataclass(kw_only=True, eq=False)
class Desk:
    """The session, held for all windows; changes wait for one another.

    Parameters
    ----------
    session : Session
        As the last change left it.
    suggestions : Suggestions or None
        Candidates, once they are found.
    searching : int
        In how many documents they are being looked for; 0 when they are not.
    problem : PatentmetricsError or None
        Why they were not found.
    """

    session: Session
    suggestions: Suggestions | None = None
    searching: int = 0
    problem: PatentmetricsError | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def change(
        self, work: Callable[Concatenate[Session, _P], Session], *arguments: _P.args, **options: _P.kwargs
    ) -> None:
        """Put what the work makes of the session in its place; the page stays alive meanwhile."""
        async with self.lock:
            self.session = await asyncio.to_thread(work, self.session, *arguments, **options)

    def look_for_candidates(self, *, in_all: bool = False) -> None:
        """Begin to look for candidates, unless that is being done."""
        if self.searching:
            return
        most = None if in_all else MOST_DOCUMENTS
        number = len(self.session.documents)
        self.searching = number if most is None else min(most, number)
        task = asyncio.get_running_loop().create_task(self._look(most))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _look(self, most: int | None) -> None:
        try:
            self.suggestions = await asyncio.to_thread(suggest, self.session, most_documents=most)
            self.problem = None
        except PatentmetricsError as error:
            self.problem = error
        finally:
            self.searching = 0


@dataclass(kw_only=True, eq=False)
class View:
    """What one window shows.

    Parameters
    ----------
    desk : Desk
        What it shows it of.
    language : {'en', 'zh'}
        Of the page.
    words : callable
        Those of the language.
    tab : str
        What stands on the left.
    text : str
        The term or text that is read; empty for none yet.
    lines : polars.DataFrame or None
        All its hits.
    chosen : LineFilter
        Which of them are shown.
    page : int
        Which page of these, from 0.
    redraw_head, redraw_left, redraw_right, redraw_lines : callable
        Draw a part anew.
    """

    desk: Desk
    language: Language
    words: Words
    tab: str = "candidates"
    text: str = ""
    lines: pl.DataFrame | None = None
    chosen: LineFilter = field(default_factory=LineFilter)
    page: int = 0
    redraw_head: Callable[[], None] = lambda: None
    redraw_left: Callable[[], None] = lambda: None
    redraw_right: Callable[[], None] = lambda: None
    redraw_lines: Callable[[], None] = lambda: None

    @property
    def session(self) -> Session:
        """The session as it is now."""
        return self.desk.session

    def group_label(self, path: tuple[str, ...]) -> str:
        """Name a group in the page's language."""
        return self._labels.get(path) or " > ".join(path)

    @property
    def group_labels(self) -> dict[str, str]:
        """All groups of the lexicon, by their paths joined: what a choice of groups offers."""
        return {" > ".join(path): label for path, label in self._labels.items()}

    def short_label(self, joined: str) -> str:
        """Name a group, given by its path joined, by its innermost level only: for narrow columns."""
        label = self.group_labels.get(joined, joined)
        return label.rpartition(" > ")[2] if self.session.file.levels else ""

    @property
    def _labels(self) -> dict[tuple[str, ...], str]:
        return {group.path: self._label(group) for group in self.session.file.groups}

    def _label(self, group: LexiconGroup) -> str:
        if not group.path:
            return self.words("without groups")
        if self.language == "zh":
            named = zip(group.names_zh, group.path, strict=True)
            return " > ".join(name or value for name, value in named)
        return " > ".join(value.replace("_", " ") for value in group.path)
