"""The page (词典工作台页面): its head, two sides, and the program that serves it."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from patentmetrics.core.errors import check_choice
from patentmetrics.lexicon.rules import RULES
from patentmetrics.workbench import toolkit
from patentmetrics.workbench.desk import Desk, View
from patentmetrics.workbench.panels import TABS, choose_tab, draw_panel
from patentmetrics.workbench.reading import draw_reading, read_again, read_text
from patentmetrics.workbench.session import Session, choose_rule
from patentmetrics.workbench.wording import LANGUAGES, Language, words_of

# what the library calls the languages, for its own few words
_LOCALES = {"en": "en-US", "zh": "zh-CN"}


def run_workbench(session: Session, *, language: Language, port: int, show: bool) -> None:
    """Serve the page on 127.0.0.1 until the program is stopped (运行工作台).

    Parameters
    ----------
    session : Session
        From `patentmetrics.workbench.session.open_session`.
    language : {'en', 'zh'}
        In which the page opens; it can be switched there.
    port : int
        On 127.0.0.1.
    show : bool
        Whether to open the browser.

    Raises
    ------
    ExtraError
        NiceGUI is not installed.
    SettingError
        The language is none of the page's, or the port is taken.
    """
    check_choice(language, LANGUAGES, argument="language")
    toolkit.check_toolkit()
    toolkit.check_port(port)
    desk = Desk(session=session)
    pages = {
        f"/{one}": (_LOCALES[one], words_of(one)("title"), partial(_draw_page, desk, one))
        for one in LANGUAGES
    }
    toolkit.serve({"/": pages[f"/{language}"], **pages}, port=port, show=show)


def _draw_page(desk: Desk, language: Language, term: str) -> None:
    view = View(desk=desk, language=language, words=words_of(language))
    _draw_head(view)
    with toolkit.box("pm-split"):
        with toolkit.box("pm-pane"):
            toolkit.tabs(
                {name: view.words(name) for name in TABS},
                value=view.tab,
                on_change=lambda tab: choose_tab(view, tab),
            )
            view.redraw_left = toolkit.area(lambda: draw_panel(view), "pm-panel")
        with toolkit.box("pm-pane"):
            view.redraw_right = toolkit.area(lambda: draw_reading(view))
    _watch_candidates(view)
    if term:
        toolkit.soon(lambda: read_text(view, term))


def _draw_head(view: View) -> None:
    words, session = view.words, view.session
    other: Language = "en" if view.language == "zh" else "zh"

    async def choose(rule: str) -> None:
        chosen = next(one for one in RULES if one == rule)
        await view.desk.change(choose_rule, chosen)
        await read_again(view)

    with toolkit.box("pm-head"):
        toolkit.text(words("title"), "pm-title")
        toolkit.text(f"{session.path.name}", name="lexicon")
        toolkit.text(words("documents", number=f"{len(session.documents):,}"), "pm-quiet")
        toolkit.text(words("coder", coder=session.coder), "pm-quiet")
        rules = {str(rule): words(rule) for rule in RULES}
        toolkit.choice(
            words("rule"),
            rules,
            name="rule",
            value=session.rule,
            on_change=choose,
            css="pm-middle pm-on-dark",
        )
        view.redraw_head = toolkit.area(lambda: _draw_counts(view), "pm-push")
        toolkit.button(
            words("other language"),
            lambda: toolkit.go_to(f"/{other}?term={quote(view.text)}"),
            name="language",
            on_dark=True,
        )


def _draw_counts(view: View) -> None:
    before, after = view.session.before, view.session.after
    numbers = {
        "before": before.height,
        "after": after.height,
        "documents_before": before["document"].n_unique(),
        "documents_after": after["document"].n_unique(),
    }
    words = view.words("counts", **{name: f"{number:,}" for name, number in numbers.items()})
    toolkit.text(words, "pm-counts", name="counts")


def _watch_candidates(view: View) -> None:
    """Look for candidates at the first window; draw them in each when they are there."""
    drawn = [view.desk.suggestions, view.desk.searching, view.desk.problem]

    def look() -> None:
        desk = view.desk
        if desk.suggestions is None and desk.problem is None:
            desk.look_for_candidates()
        now = [desk.suggestions, desk.searching, desk.problem]
        if any(a is not b for a, b in zip(now, drawn, strict=True)):
            drawn[:] = now
            if view.tab == "candidates":
                view.redraw_left()

    toolkit.every_second(look)
