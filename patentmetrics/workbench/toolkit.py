"""The parts that the page is made of, drawn by NiceGUI: the one module that knows it.

All texts are given to the browser as texts, never as markup.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from patentmetrics.core.errors import ExtraError, PatentmetricsError, SettingError
from patentmetrics.workbench.guard import HOST, guarded

if TYPE_CHECKING:
    from types import ModuleType

    from nicegui import Client
    from nicegui.element import Element
    from nicegui.elements.mixins.value_element import ValueElement

_Element = TypeVar("_Element", bound="Element")
_MOMENT = 0.6  # seconds
Handler = Callable[[], Awaitable[None] | None]
Redraw = Callable[[], None]
Row = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: the key of its rows, its heading; numbers stand right, ``whole`` never breaks."""

    key: str
    label: str
    number: bool = False
    whole: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Something that the user fills in."""

    element: ValueElement[Any]

    @property
    def value(self) -> str:
        """What stands in it, without white space around it."""
        return str(self.element.value or "").strip()


def check_toolkit() -> None:
    """Raise `ExtraError` unless the library of the page is installed: before long work, not after."""
    if find_spec("nicegui") is None:
        raise ExtraError(
            "the workbench cannot be opened: nicegui is not installed",
            got="no module named nicegui",
            hint='pip install "patentmetrics[workbench]"',
        )


def check_port(port: int) -> None:
    """Raise `SettingError` where another program listens on the port, or this user may not.

    Examples
    --------
    >>> check_port(0)
    """
    try:
        with socket.socket() as tried:
            # as the server does: a port that was just given back can be taken again
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise SettingError(
            "the port cannot be used",
            where="port",
            got=f"{port}: {getattr(error, 'strerror', None) or error}",
            hint="another workbench may be open there; choose another port with --port",
        ) from None


def serve(pages: Mapping[str, tuple[str, str, Callable[[str], None]]], *, port: int, show: bool) -> None:
    """Serve pages on 127.0.0.1 until the program is stopped (Ctrl-C).

    Parameters
    ----------
    pages : mapping
        Path: language for the library (``en-US``), title, and what draws the page, called with the term
        that the address names (``?term=``).
    port : int
        The port; see `check_port`.
    show : bool
        Whether to open the browser.
    """
    import nicegui

    for path, (language, title, draw) in pages.items():
        _add_page(nicegui, path, language, title, draw)
    nicegui.app.add_middleware(guarded, port=port)
    try:
        nicegui.ui.run(
            host=HOST,
            port=port,
            show=show,
            reload=False,
            favicon="📖",
            title="patentmetrics",
            tailwind=False,
            show_welcome_message=False,
            reconnect_timeout=30,
            timeout_graceful_shutdown=1,
            access_log=False,
        )
    except KeyboardInterrupt:
        return


def _add_page(nicegui: ModuleType, path: str, language: str, title: str, draw: Callable[[str], None]) -> None:
    def page(term: str = "") -> None:
        nicegui.ui.colors(primary="#2f5d9b")
        nicegui.ui.add_css(Path(__file__).with_name("page.css"))
        draw(term)

    nicegui.ui.page(path, language=language, title=title, response_timeout=60)(page)


@contextmanager
def box(css: str = "", *, name: str = "") -> Iterator[None]:
    """Put what is drawn inside into one box; ``css`` names its classes."""
    from nicegui import ui

    with _named(ui.element("div").classes(css), name):
        yield


def area(draw: Callable[[], None], css: str = "") -> Redraw:
    """Draw something that changes; give what draws it anew."""
    from nicegui import ui

    container = ui.element("div").classes(css)

    def again() -> None:
        container.clear()
        with container:
            draw()

    again()
    return again


def text(words: str, css: str = "", *, name: str = "") -> None:
    """Show a text."""
    from nicegui import ui

    _named(ui.label(words).classes(css), name)


def go_to(path: str) -> None:
    """Open another page of this server in the same window."""
    from nicegui import ui

    ui.navigate.to(path)


def button(
    words: str,
    on_click: Handler,
    *,
    name: str = "",
    strong: bool = False,
    on_dark: bool = False,
) -> None:
    """Show a button; an error of ours that its work raises is shown to the user."""
    from nicegui import ui

    element = ui.button(words, color="white" if on_dark else "primary")
    element.props("no-caps dense unelevated" if strong else "no-caps dense outline")
    _named(element, name)
    element.on_click(_safely(on_click))


def entry(
    label: str, *, name: str, value: str = "", hint: str = "", on_enter: Handler | None = None, css: str = ""
) -> Field:
    """Show a line to write in; the handler runs at Enter."""
    from nicegui import ui

    element = ui.input(label, value=value).props("dense outlined").classes(css)
    if hint:
        element.props["hint"] = hint
    if on_enter is not None:
        element.on("keydown.enter", _safely(on_enter))
    return Field(element=_named(element, name))


def choice(
    label: str,
    options: Mapping[str, str],
    *,
    name: str,
    value: str | None = None,
    on_change: Callable[[str], Awaitable[None] | None] | None = None,
    typed: bool = False,
    css: str = "",
) -> Field:
    """Show a choice; ``typed`` lets the user write another value."""
    from nicegui import ui

    element = ui.select(
        dict(options),
        label=label,
        value=value,
        with_input=typed,
        new_value_mode="add-unique" if typed else None,
        key_generator=(lambda new: new) if typed else None,
    )
    element.props("dense outlined options-dense").classes(css)
    field = Field(element=_named(element, name))
    if on_change is not None:
        changed = on_change
        element.on_value_change(_safely(lambda: changed(field.value)))
    return field


def table(
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    name: str,
    on_row: Callable[[str], Awaitable[None] | None] | None = None,
    wanted: Field | None = None,
    page: int = 0,
    empty: str = "",
) -> None:
    """Show rows, each named by its ``id``; a click on one gives it; ``wanted`` filters while it is typed."""
    from nicegui import ui

    headings = [
        {
            "name": one.key,
            "label": one.label,
            "field": one.key,
            "sortable": True,
            "align": "right" if one.number else "left",
            "classes": "pm-whole" if one.whole else "",
        }
        for one in columns
    ]
    element = ui.table(rows=[dict(row) for row in rows], columns=headings, pagination=page or None)
    element.props("dense flat binary-state-sort").classes("pm-table")
    element.props["no-data-label"] = element.props["no-results-label"] = empty
    _named(element, name)
    if wanted is not None:
        element.bind_filter_from(wanted.element, "value")
    if on_row is not None:
        clicked = on_row
        element.classes("pm-clickable")
        element.on(
            "row-click",
            lambda event: _safely(lambda: clicked(str(event.args[1]["id"])))(),
            [[], ["id"], []],
        )


def tabs(
    labels: Mapping[str, str], *, value: str, on_change: Callable[[str], Awaitable[None] | None]
) -> None:
    """Show tabs, by their names; the handler gets the name of the one that is chosen."""
    from nicegui import ui

    with ui.tabs().props("dense no-caps inline-label align=left") as element:
        for name, label in labels.items():
            _named(ui.tab(name, label=label), f"tab-{name}")
    element.set_value(value)
    element.on_value_change(lambda event: _safely(lambda: on_change(str(event.value)))())


def say(words: str, *, bad: bool = False) -> None:
    """Show a message for some seconds, one of an error until it is closed."""
    from nicegui import ui

    ui.notify(
        words,
        type="negative" if bad else "positive",
        position="top",
        timeout=0 if bad else 4000,
        close_button=bad,
        multi_line=True,
    )


@contextmanager
def dialog(close: str) -> Iterator[None]:
    """Show what is drawn inside over the page, until it is closed."""
    from nicegui import ui

    with ui.dialog() as shown, ui.card().classes("pm-dialog"):
        yield
        ui.button(close, on_click=shown.close).props("no-caps flat dense")
    shown.open()


def waiting() -> None:
    """Show that something is being worked on."""
    from nicegui import ui

    ui.spinner(size="sm")


def every_second(work: Handler) -> None:
    """Do something each second while the page is open."""
    from nicegui import ui

    ui.timer(1.0, _safely(work))


def soon(work: Handler) -> None:
    """Do something once, as soon as the page is open."""
    from nicegui import ui

    ui.timer(0.05, _safely(work), once=True)


def _named(element: _Element, name: str) -> _Element:
    """Give an element a name by which it can be found in the page: ``data-name``."""
    if name:
        element.props["data-name"] = name
    return element


def _safely(work: Handler) -> Callable[[], Awaitable[None]]:
    """Show errors of ours to the user; whatever is redrawn meanwhile, the page stays the one to speak to."""
    from nicegui import context

    client = context.client

    async def run() -> None:
        with client, _busy(client):
            try:
                result = work()
                if inspect.isawaitable(result):
                    await result
            except (PatentmetricsError, OSError) as error:
                say(str(error), bad=True)

    return run


@contextmanager
def _busy(client: Client) -> Iterator[None]:
    """Show that something is being worked on, where it takes more than a moment."""
    from nicegui import ui

    shown: list[ui.notification] = []

    async def show() -> None:
        await asyncio.sleep(_MOMENT)
        with client:
            shown.append(ui.notification("…", spinner=True, timeout=None, position="top"))

    soon_shown = asyncio.get_running_loop().create_task(show())
    try:
        yield
    finally:
        soon_shown.cancel()
        for one in shown:
            one.dismiss()
