"""The right side of the page (阅读与判断): a term, what can be decided about it, and its lines."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from functools import partial

import polars as pl

from patentmetrics.core.errors import SettingError
from patentmetrics.lexicon.format import LexiconTerm
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench import toolkit
from patentmetrics.workbench.decisions import TermDecision, TermKind
from patentmetrics.workbench.desk import LINES_ON_A_PAGE, View
from patentmetrics.workbench.draft import group_of
from patentmetrics.workbench.hits import around
from patentmetrics.workbench.lines import VERDICTS, LineFilter, filter_lines, judge_lines
from patentmetrics.workbench.session import decide, find_lines, withdraw


async def read_text(view: View, text: str) -> None:
    """Show a term or any text with its lines."""
    text = text.strip()
    if not text:
        return
    view.lines = await _lines(view, text)
    view.text, view.page, view.chosen = text, 0, LineFilter()
    view.redraw_right()


async def read_again(view: View) -> None:
    """Find the lines anew, after terms or the rule changed, and draw all."""
    if view.text:
        view.lines = await _lines(view, view.text)
    view.redraw_head()
    view.redraw_right()
    view.redraw_left()


def draw_reading(view: View) -> None:
    """Draw the search, and below it the term and its lines."""
    words = view.words
    with toolkit.box("pm-row"):

        async def search() -> None:
            await read_text(view, field.value)

        field = toolkit.entry(words("search"), name="search", value=view.text, on_enter=search, css="pm-grow")
        toolkit.button(words("search button"), search, name="search-button", strong=True)
    if view.lines is None:
        toolkit.text(words("choose"), "pm-quiet")
        return
    _draw_term(view)
    _draw_filters(view)
    view.redraw_lines = toolkit.area(lambda: _draw_lines(view))


async def _lines(view: View, text: str) -> pl.DataFrame:
    return await asyncio.to_thread(find_lines, view.session, text)


def _draw_term(view: View) -> None:
    words, session = view.words, view.session
    key = normalise(view.text)
    decision = session.decisions.terms.get(key)
    path = group_of(session.draft.file, view.text)
    entry = _entry(view, key)
    with toolkit.box("pm-card", name="term-card"):
        with toolkit.box("pm-row"):
            toolkit.text(view.text, "pm-term", name="term")
            if path is None:
                toolkit.text(words("not in lexicon"), "pm-quiet", name="standing")
            else:
                toolkit.text(words("in lexicon", group=view.group_label(path)), "pm-quiet", name="standing")
            if entry is not None and normalise(entry.term) != key:
                toolkit.text(words("variant of", term=entry.term), "pm-quiet")
            if decision is not None:
                state = session.draft.outcomes.get(key, "stands")
                toolkit.text(
                    words(f"{decision.kind} decided")
                    + (f": {decision.reason}" if decision.reason else "")
                    + f" ({words(state)})",
                    "pm-quiet",
                    name="decided",
                )
                toolkit.button(words("withdraw"), lambda: _withdraw(view, key), name="withdraw")
        if path is None:
            _draw_accept(view)
        elif entry is not None and normalise(entry.term) == key:
            _draw_move(view, entry.term, path)


def _draw_accept(view: View) -> None:
    words, session = view.words, view.session
    groups = view.group_labels
    with toolkit.box("pm-row"):
        group = toolkit.choice(
            words("into group"), groups, name="group", value=_suggested(view), css="pm-grow"
        )
        reason = toolkit.entry(words("reason"), name="reason", css="pm-grow")
    with toolkit.box("pm-row"):
        sources = {"": words("no source"), **{name: name for name, _ in session.draft.file.sources}}
        source = toolkit.choice(
            words("source"), sources, name="source", value="", typed=True, css="pm-middle"
        )
        citation = toolkit.entry(words("citation"), name="citation", css="pm-grow")
        # the day is offered, and written only when the coder takes the decision
        today = dt.datetime.now(tz=dt.UTC).astimezone().date().isoformat()
        date = toolkit.entry(words("date"), name="date", value=today, css="pm-narrow")

        async def accept() -> None:
            await _decide(
                view,
                TermDecision(
                    kind="accept",
                    term=view.text,
                    group=_path(view, group.value),
                    reason=reason.value,
                    source=source.value or None,
                    citation=citation.value or None,
                    date=date.value or None,
                ),
            )

        toolkit.button(words("accept"), accept, name="accept", strong=True)
        toolkit.button(
            words("reject"), lambda: _decide(view, _without(view, "reject", reason.value)), name="reject"
        )


def _draw_move(view: View, term: str, path: tuple[str, ...]) -> None:
    words = view.words
    here = " > ".join(path)
    others = {name: label for name, label in view.group_labels.items() if name != here}
    with toolkit.box("pm-row"):
        if others:
            group = toolkit.choice(words("into group"), others, name="group", css="pm-grow")
        reason = toolkit.entry(words("reason"), name="reason", css="pm-grow")
        if others:

            async def move() -> None:
                decision = TermDecision(
                    kind="move", term=term, group=_path(view, group.value), reason=reason.value
                )
                await _decide(view, decision)

            toolkit.button(words("move"), move, name="move", strong=True)
        toolkit.button(
            words("remove"), lambda: _decide(view, _without(view, "reject", reason.value)), name="remove"
        )


def _draw_filters(view: View) -> None:
    words, lines = view.words, view.lines
    if lines is None:
        return
    everything = {"": words("all")}
    places = {one: one for one in sorted(lines["place"].drop_nulls().unique())}
    years = {str(one): str(one) for one in sorted(lines["year"].drop_nulls().unique())}

    def show() -> None:
        view.chosen = LineFilter(
            place=place.value or None,
            year=int(year.value) if year.value else None,
            text=text.value,
            verdict=next((one for one in VERDICTS if one == verdict.value), "any"),
        )
        view.page = 0
        view.redraw_lines()

    def changed(_: str) -> None:
        show()

    with toolkit.box("pm-row"):
        place = toolkit.choice(
            words("place"), everything | places, name="place", value="", on_change=changed, css="pm-narrow"
        )
        year = toolkit.choice(
            words("year"), everything | years, name="year", value="", on_change=changed, css="pm-narrow"
        )
        verdicts = {str(one): words(f"verdict {one}") for one in VERDICTS}
        verdict = toolkit.choice(
            words("verdict"), verdicts, name="verdict", value="any", on_change=changed, css="pm-narrow"
        )
        text = toolkit.entry(words("text in line"), name="text-in-line", on_enter=show, css="pm-grow")


def _draw_lines(view: View) -> None:
    words, session = view.words, view.session
    if view.lines is None:
        return
    shown = filter_lines(view.lines, session.decisions, view.chosen)
    pages = max(1, -(-shown.height // LINES_ON_A_PAGE))
    view.page = min(view.page, pages - 1)
    part = shown.slice(view.page * LINES_ON_A_PAGE, LINES_ON_A_PAGE)
    judged, meant = shown["meant"].count(), int(shown["meant"].sum() or 0)
    toolkit.text(
        words(
            "lines",
            lines=f"{shown.height:,}",
            documents=f"{shown['document'].n_unique():,}",
            judged=words("none judged")
            if not judged
            else words("some judged", judged=judged, meant=meant, share=f"{meant / judged:.0%}"),
        ),
        name="summary",
    )
    if group_of(session.draft.file, view.text) is None:
        toolkit.text(words("by rule alone"), "pm-quiet")
    for number, line in enumerate(part.iter_rows(named=True)):
        _draw_line(view, part, number, line)
    with toolkit.box("pm-row"):
        if pages > 1:
            toolkit.button(words("previous"), lambda: _turn(view, -1), name="previous")
            toolkit.text(words("page", page=view.page + 1, pages=pages), name="page")
            toolkit.button(words("next"), lambda: _turn(view, 1), name="next")
        open_rows = [number for number, one in enumerate(part["meant"]) if one is None]
        if open_rows:
            toolkit.button(
                words("rest is meant"), lambda: _judge(view, part, open_rows, meant=True), name="rest"
            )


def _draw_line(view: View, part: pl.DataFrame, number: int, line: dict[str, object]) -> None:
    words = view.words
    standing = {None: "", True: " pm-meant", False: " pm-not-meant"}[part["meant"][number]]
    with toolkit.box(f"pm-line{standing}", name="line"):
        toolkit.text(str(line["left"]), "pm-left")
        toolkit.text(str(line["hit"]), "pm-hit")
        toolkit.text(str(line["right"]), "pm-right")
        place, year = line["place"], line["year"]
        where = str(line["document"]) if place is None else f"{place} {year or ''}".strip()
        toolkit.text(where, "pm-where")
        with toolkit.box("pm-row"):
            for verdict, meant in (("meant", True), ("not meant", False)):
                toolkit.button(
                    words(verdict),
                    partial(_toggle, view, part, number, meant=meant),
                    name=verdict.replace(" ", "-"),
                    strong=part["meant"][number] == meant,
                )
            toolkit.button("…", lambda: _more(view, line), name="more")


def _more(view: View, line: dict[str, object]) -> None:
    before, hit, behind = around(
        view.session.documents, str(line["document"]), int(str(line["begin"])), length=len(str(line["hit"]))
    )
    with toolkit.dialog(view.words("close")):
        toolkit.text(str(line["document"]), "pm-heading")
        with toolkit.box("pm-text"):
            toolkit.text(before, "pm-inline")
            toolkit.text(hit, "pm-inline pm-hit")
            toolkit.text(behind, "pm-inline")


def _turn(view: View, step: int) -> None:
    view.page = max(0, view.page + step)
    view.redraw_lines()


async def _judge(view: View, part: pl.DataFrame, rows: Sequence[int], *, meant: bool) -> None:
    await view.desk.change(decide, *judge_lines(part, rows, meant=meant))
    view.redraw_lines()
    view.redraw_left()


async def _toggle(view: View, part: pl.DataFrame, row: int, *, meant: bool) -> None:
    """Judge a line; a second click on the same judgement takes it back."""
    if part["meant"][row] != meant:
        await _judge(view, part, [row], meant=meant)
        return
    (one,) = judge_lines(part, [row], meant=meant)
    await view.desk.change(withdraw, one.key)
    view.redraw_lines()
    view.redraw_left()


async def _decide(view: View, decision: TermDecision) -> None:
    await view.desk.change(decide, decision)
    await read_again(view)


async def _withdraw(view: View, key: str) -> None:
    await view.desk.change(withdraw, key)
    await read_again(view)


def _without(view: View, kind: TermKind, reason: str) -> TermDecision:
    return TermDecision(kind=kind, term=view.text, reason=reason)


def _path(view: View, joined: str) -> tuple[str, ...]:
    paths = {" > ".join(group.path): group.path for group in view.session.file.groups}
    if joined not in paths:
        raise SettingError(view.words("choose a group"), where=view.words("into group"))
    return paths[joined]


def _suggested(view: View) -> str | None:
    """Give the group that the candidate's company is most like, or the only one."""
    groups = view.group_labels
    if len(groups) == 1:
        return next(iter(groups))
    found = view.desk.suggestions
    if found is None or "group" not in found.frame.columns:
        return None
    rows = found.frame.filter(pl.col("term") == normalise(view.text))
    like = rows["group"][0] if rows.height else None
    return like if like in groups else None


def _entry(view: View, key: str) -> LexiconTerm | None:
    return next(
        (
            term
            for _, term in view.session.draft.file.terms()
            if key in {normalise(form) for form in term.forms}
        ),
        None,
    )
