"""What a study measured and estimated."""

from __future__ import annotations

from dataclasses import dataclass

from patentmetrics.classes.match import Matches
from patentmetrics.core.types import Panel, Result, Scores, TermCounts
from patentmetrics.lexicon.frequencies import Frequencies
from patentmetrics.read.patents import Ingested
from patentmetrics.read.policy import PolicyDocuments


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that a study measured and estimated; what a section of it did not ask for is None or empty."""

    ingested: Ingested | None = None
    counts: TermCounts | None = None
    scores: Scores | None = None
    matches: Matches | None = None
    documents: PolicyDocuments | None = None
    frequencies: Frequencies | None = None
    panel: Panel | None = None
    results: tuple[Result, ...] = ()
