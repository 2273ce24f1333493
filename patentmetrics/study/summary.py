"""What a study found, in a few numbers: what the command line prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from patentmetrics.core.types import Result
from patentmetrics.study.findings import Findings


def summary(findings: Findings) -> dict[str, object]:
    """Count what went in and came out of each step that was run."""
    return {**_of_patents(findings), **_of_policy(findings), **_of_panel(findings)}


def known_answers(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Put the estimate of each known treatment effect beside it.

    One dictionary a model: ``model, term, truth, estimate, std_error, conf_low, conf_high``. Event
    studies, controls, and estimates on real data, whose answer nobody knows, are left out.
    """
    return [
        {
            "model": result.name,
            "truth": result.truth[row["term"]],
            **{name: row[name] for name in ("term", "estimate", "std_error", "conf_low", "conf_high")},
        }
        for result in results
        if not is_event_study(result)
        for row in result.estimates.head(1).iter_rows(named=True)
        if row["term"] in result.truth and row["conf_low"] is not None and row["conf_high"] is not None
    ]


def is_event_study(result: Result) -> bool:
    """Say whether a result is an event study: estimates by event time, and no effect over all of them."""
    frame = result.estimates
    return "event_time" in frame.columns and frame.height > 0 and frame["event_time"][0] is not None


def _rows(counts: Mapping[str, Any], unit: str) -> dict[str, int]:
    return {name: counts[f"{unit}_{name}"] for name in ("in", "out", "rejected")}


def _of_patents(findings: Findings) -> dict[str, object]:
    found: dict[str, object] = {}
    if findings.ingested is not None:
        found["patents"] = _rows(findings.ingested.counts, "rows")
    if findings.counts is not None:
        found["terms"] = findings.counts.vocabulary.height
    if findings.scores is not None:
        frame = findings.scores.frame
        found["breakthrough patents"] = {
            f"{name.rpartition('_')[2]} years": int(frame[name].sum())
            for name in frame.columns
            if name.startswith("is_breakthrough_")
        }
    if findings.matches is not None:
        found["patents with a technology"] = findings.matches.counts["patents_matched"]
    return found


def _of_policy(findings: Findings) -> dict[str, object]:
    if findings.documents is None or findings.frequencies is None:
        return {}
    made_by: dict[str, Any] = findings.frequencies.made_by
    return {
        "policy documents": _rows(findings.documents.counts, "documents"),
        "counting rule": made_by["settings"]["rule"],
        "keyword hits": {
            rule: made_by["counts"][f"hits_{rule}"] for rule in ("substring", "longest", "token")
        },
    }


def _of_panel(findings: Findings) -> dict[str, object]:
    panel = findings.panel
    if panel is None:
        return {}
    return {
        "panel": {
            "places": panel.frame["place"].n_unique(),
            "place-years": panel.frame.height,
            "simulated": panel.simulated,
        }
    }
