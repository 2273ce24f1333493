"""What a specification curve says, as a table: each choice, and how much each dimension matters."""

from __future__ import annotations

from patentmetrics.core.columns import label
from patentmetrics.estimate.curve import Curve
from patentmetrics.report.numbers import shown_number
from patentmetrics.report.tables import Align, Table
from patentmetrics.report.wording import Language, marked, say


def curve_table(curve: Curve, *, language: Language = "en", digits: int = 4) -> Table:
    """Put a specification curve into a table (设定曲线汇总表): a panel for each dimension.

    For each choice the specifications with it, their median estimate, and the shares that are positive and
    significant; in each panel's heading the share of the estimates' variation that the dimension explains.

    Parameters
    ----------
    curve : Curve
        From `patentmetrics.estimate.curve.run_curve`.
    """
    keys = ("choice", "specifications", "median", "share_positive", "share_significant")
    rows: list[tuple[str, ...]] = []
    headings: list[int] = []
    shares = {row["dimension"]: row for row in curve.shares.to_dicts()}
    for dimension in curve.dimensions:
        about = shares[dimension]
        name = say("measured", language, name=dimension) if about["measurement"] else dimension
        share = shown_number(None if about["share"] is None else 100 * about["share"], digits=1)
        headings.append(len(rows))
        rows.append((say("explains", language, name=name, share=share), *("" for _ in keys[1:])))
        for row in curve.choices.filter(dimension=dimension).to_dicts():
            percent = (shown_number(_percent(row[key]), digits=1) for key in keys[3:])
            median = shown_number(row["median"], digits=digits)
            rows.append((row["choice"], shown_number(row["specifications"]), median, *percent))
    told = curve.statistics
    low, high = (shown_number(told[key], digits=digits) for key in ("low", "high"))
    notes = [say("simulated_note", language)] if curve.simulated else []
    notes.append(
        say(
            "curve_note",
            language,
            estimated=told["estimated"],
            specifications=told["specifications"],
            median=shown_number(told["median"], digits=digits),
            positive=f"{100 * (told['share_positive'] or 0):.0f}",
            significant=f"{100 * (told['share_significant'] or 0):.0f}",
        )
    )
    notes.append(
        say(
            "curve_range",
            language,
            low=low,
            high=high,
            baseline=shown_number(told["baseline"], digits=digits),
            level=f"{100 * curve.level:g}",
        )
    )
    reasons = curve.specifications.drop_nulls("reason")
    for reason, count in (
        reasons["reason"].value_counts().sort("count", "reason", descending=[True, False]).rows()
    ):
        notes.append(say("curve_lost", language, count=count, reason=reason))
    numbers: list[Align] = ["center"] * (len(keys) - 1)
    title = say("curve", language, outcome=label(curve.outcome, language=language))
    return Table(
        title=marked(title, language, simulated=curve.simulated),
        header=(tuple(say(f"curve_{key}", language) for key in keys),),
        rows=tuple(rows),
        notes=tuple(notes),
        rules=tuple(headings[1:]),
        headings=tuple(headings),
        align=("left", *numbers),
        simulated=curve.simulated,
        language=language,
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
