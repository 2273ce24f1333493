"""The left side of the page (左侧面板): candidates, terms, coverage, decisions and saving, agreement."""

from __future__ import annotations

from collections.abc import Callable

from patentmetrics.lexicon.differences import diff_lexicons
from patentmetrics.text.normalise import normalise
from patentmetrics.workbench import toolkit
from patentmetrics.workbench.agreement import agreement
from patentmetrics.workbench.desk import View
from patentmetrics.workbench.reading import read_again, read_text
from patentmetrics.workbench.session import (
    coverage,
    decisions_of,
    next_version,
    other_coders,
    refresh,
    save,
    terms,
)
from patentmetrics.workbench.toolkit import Column

_ROWS = 25
TABS = ("candidates", "terms", "coverage", "decisions", "agreement")


def draw_panel(view: View) -> None:
    """Draw what the chosen tab names."""
    _PANELS[view.tab](view)


def _draw_candidates(view: View) -> None:
    words, desk = view.words, view.desk
    if desk.searching:
        with toolkit.box("pm-row"):
            toolkit.waiting()
            toolkit.text(words("candidates are looked for", number=f"{desk.searching:,}"), "pm-quiet")
    if desk.problem is not None:
        toolkit.text(words("failed", why=desk.problem), "pm-quiet")
    found = desk.suggestions
    if found is None:
        return
    documents = len(view.session.documents)
    toolkit.text(
        words(
            "candidates found",
            number=found.frame.height,
            searched=f"{found.searched:,}",
            documents=f"{documents:,}",
        ),
        "pm-quiet",
    )
    if not found.with_similarity:
        toolkit.text(words("without similarity"), "pm-quiet")

    def look(*, in_all: bool) -> None:
        desk.look_for_candidates(in_all=in_all)
        view.redraw_left()

    with toolkit.box("pm-row"):
        wanted = toolkit.entry(words("filter"), name="filter", css="pm-grow")
        if not desk.searching:
            toolkit.button(
                words("look again"), lambda: look(in_all=found.searched == documents), name="look-again"
            )
            if found.searched < documents:
                toolkit.button(words("look in all"), lambda: look(in_all=True), name="look-in-all")
    decided = view.session.decisions.terms
    rows = [
        {
            "id": one["term"],
            "rank": one["rank"],
            "term": one["term"],
            "occurrences": one["occurrences"],
            "documents": one["documents"],
            "near": one["near"],
            "group": view.short_label(one["group"] or ""),
            "decision": words(f"{decided[one['term']].kind} decided") if one["term"] in decided else "",
        }
        for one in found.frame.iter_rows(named=True)
    ]
    columns = [
        Column(key="rank", label="#", number=True),
        Column(key="term", label=words("term"), whole=True),
        Column(key="occurrences", label=words("occurrences"), number=True),
        Column(key="documents", label=words("in documents"), number=True),
        Column(key="near", label=words("near"), number=True),
        Column(key="group", label=words("like")),
        Column(key="decision", label=words("decision")),
    ]
    toolkit.table(
        columns,
        rows,
        name="candidates",
        on_row=lambda term: read_text(view, term),
        wanted=wanted,
        page=_ROWS,
        empty=words("nothing"),
    )


def _draw_terms(view: View) -> None:
    words = view.words
    decided = view.session.decisions.terms
    wanted = toolkit.entry(words("filter"), name="filter", css="pm-grow")
    rows = [
        {
            "id": one["term"],
            "term": one["term"],
            "group": view.short_label(one["group"]),
            "hits": one["hits"],
            "documents": one["documents"],
            "precision": "" if one["precision"] is None else _share(one["precision"]),
            "judged": one["judged"],
            "decision": words(f"{decided[key].kind} decided")
            if (key := normalise(one["term"])) in decided
            else "",
        }
        for one in terms(view.session).iter_rows(named=True)
    ]
    columns = [
        Column(key="term", label=words("term"), whole=True),
        Column(key="group", label=words("group")),
        Column(key="hits", label=words("hits"), number=True),
        Column(key="documents", label=words("in documents"), number=True),
        Column(key="judged", label=words("judged"), number=True),
        Column(key="precision", label=words("precision"), number=True),
        Column(key="decision", label=words("decision")),
    ]
    toolkit.table(
        columns,
        rows,
        name="terms",
        on_row=lambda term: read_text(view, term),
        wanted=wanted,
        page=_ROWS,
        empty=words("nothing"),
    )


def _draw_coverage(view: View) -> None:
    words = view.words
    toolkit.text(words("coverage note", rule=words(view.session.rule)), "pm-quiet")
    rows = []
    for number, one in enumerate(coverage(view.session).iter_rows(named=True)):
        value = one["value"]
        name = one["name_zh"] if view.language == "zh" else None
        change = one["hits_after"] - one["hits_before"]
        rows.append(
            {
                "id": str(number),
                "group": words("whole") if value is None else name or value.replace("_", " "),
                "hits before": f"{one['hits_before']:,}",
                "hits after": f"{one['hits_after']:,}",
                "change": f"{change:+,}" if change else "",
                "documents before": f"{one['documents_before']:,}",
                "documents after": f"{one['documents_after']:,}",
                "false hits": f"{one['not_meant']:,}",
            }
        )
    names = ("hits before", "hits after", "change", "documents before", "documents after", "false hits")
    columns = [
        Column(key="group", label=words("group")),
        *(Column(key=name, label=words(name), number=True) for name in names),
    ]
    toolkit.table(columns, rows, name="coverage")


def _draw_decisions(view: View) -> None:
    words, session = view.words, view.session
    file, draft = session.file, session.draft
    changes = sum(one == "done" for one in draft.outcomes.values())
    with toolkit.box("pm-card"):
        if changes:
            toolkit.text(words("will change", number=changes, file=session.path.name), name="will-change")
        else:
            toolkit.text(words("nothing to save"), name="will-change")
        with toolkit.box("pm-row"):
            version = toolkit.entry(
                words("version"),
                name="version",
                value=next_version(file.version) if changes else file.version,
                hint=words("version hint", version=file.version),
                css="pm-middle",
            )

            async def save_file() -> None:
                await view.desk.change(save, version=version.value)
                saved = view.session
                await read_again(view)
                toolkit.say(words("saved", file=saved.path.name, version=saved.file.version))

            toolkit.button(words("save"), save_file, name="save", strong=True)
        name = f"{session.path.stem}.decisions.{session.coder}.jsonl"
        toolkit.text(words("kept", file=name), "pm-quiet")
    hits = session.decisions.hits.values()
    wrong = sum(not one.meant for one in hits)
    toolkit.text(words("judged hits", number=len(hits), wrong=wrong), "pm-quiet", name="judged-hits")
    rows = [
        {
            "id": one.term,
            "term": one.term,
            "decision": words(f"{one.kind} decided"),
            "group": view.short_label(" > ".join(one.group or ())),
            "reason": one.reason,
            "outcome": words(draft.outcomes[key]),
        }
        for key, one in sorted(session.decisions.terms.items())
    ]
    names = ("term", "decision", "group", "reason", "outcome")
    toolkit.table(
        [Column(key=name, label=words(name), whole=name == "term") for name in names],
        rows,
        name="decisions",
        on_row=lambda term: read_text(view, term),
        page=_ROWS,
        empty=words("nothing"),
    )
    if changes:
        toolkit.text(words("difference"), "pm-heading")
        differences = diff_lexicons(file, draft.file).with_row_index("id")
        signs = {"added": "+", "removed": "−", "moved": "→", "head": "*", "changed": "~"}
        columns = [
            Column(key="change", label=""),
            Column(key="term", label=words("term"), whole=True),
            Column(key="before", label=words("before")),
            Column(key="after", label=words("after")),
        ]
        toolkit.table(
            columns,
            [
                {**one, "change": signs[one["change"]], "term": one["term"] or one["attribute"]}
                for one in differences.iter_rows(named=True)
            ],
            name="difference",
            page=_ROWS,
        )


def _draw_agreement(view: View) -> None:
    words = view.words
    coders = other_coders(view.session)
    if not coders:
        toolkit.text(words("no other coder"), "pm-quiet")
        return
    other = toolkit.choice(
        words("compare with"),
        {one: one for one in coders},
        name="other",
        value=coders[0],
        on_change=lambda _: draw_again(),
        css="pm-middle",
    )
    draw_again = toolkit.area(lambda: _draw_agreement_with(view, other.value))


def _draw_agreement_with(view: View, coder: str) -> None:
    words = view.words
    found = agreement(view.session.decisions, decisions_of(view.session, coder))
    abouts = {"belongs": words("belongs"), "group": words("group of term"), "hit": words("hit")}
    first, second = found.coders
    columns = [
        Column(key="about", label=words("about")),
        Column(key="both", label=words("both"), number=True),
        Column(key="share", label=words("share"), number=True),
        Column(key="kappa", label=words("kappa"), number=True),
        Column(key="only_first", label=words("only", coder=first), number=True),
        Column(key="only_second", label=words("only", coder=second), number=True),
    ]
    rows = [
        {
            **one,
            "id": one["about"],
            "about": abouts[one["about"]],
            "share": "" if one["share"] is None else _share(one["share"]),
            "kappa": "" if one["kappa"] is None else f"{one['kappa']:.2f}",
        }
        for one in found.table.iter_rows(named=True)
    ]
    toolkit.table(columns, rows, name="agreement")
    toolkit.text(words("disagreements"), "pm-heading")
    said = {"in": words("in"), "out": words("out"), "meant": words("meant"), "not meant": words("not meant")}
    columns = [
        Column(key="about", label=words("about")),
        Column(key="term", label=words("term"), whole=True),
        Column(key="line", label=words("line")),
        Column(key="first", label=first),
        Column(key="second", label=second),
    ]
    differing = [
        {
            "id": f"{number} {one['term']}",
            "about": abouts[one["about"]],
            "term": one["term"],
            "line": one["line"] or "",
            "first": said.get(one["first"]) or view.group_labels.get(one["first"], one["first"]),
            "second": said.get(one["second"]) or view.group_labels.get(one["second"], one["second"]),
        }
        for number, one in enumerate(found.disagreements.iter_rows(named=True))
    ]
    toolkit.table(
        columns,
        differing,
        name="disagreements",
        on_row=lambda chosen: read_text(view, chosen.partition(" ")[2]),
        page=_ROWS,
        empty=words("nothing"),
    )


def _share(value: float) -> str:
    return f"{value:.0%}"


_PANELS: dict[str, Callable[[View], None]] = {
    "candidates": _draw_candidates,
    "terms": _draw_terms,
    "coverage": _draw_coverage,
    "decisions": _draw_decisions,
    "agreement": _draw_agreement,
}


async def choose_tab(view: View, tab: str) -> None:
    """Show another tab; what others wrote beside the lexicon meanwhile is read."""
    view.tab = tab
    await view.desk.change(refresh)
    view.redraw_left()
