"""From patents and policy documents to the variables of innovation economics, and to estimates.

Everything public is here, and loaded when first used:

>>> import patentmetrics as pm
>>> pm.column("breakthrough_5").label_en
'Breakthrough (5 years)'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patentmetrics.core.columns import codebook as codebook
    from patentmetrics.core.columns import column as column
    from patentmetrics.core.errors import PatentmetricsError as PatentmetricsError
    from patentmetrics.core.types import Concordance as Concordance
    from patentmetrics.core.types import Corpus as Corpus
    from patentmetrics.core.types import Lexicon as Lexicon
    from patentmetrics.core.types import Panel as Panel
    from patentmetrics.core.types import Result as Result
    from patentmetrics.core.types import Scores as Scores
    from patentmetrics.core.types import TermCounts as TermCounts
    from patentmetrics.counted.csr import to_csr as to_csr
    from patentmetrics.counted.format import open_counts as open_counts
    from patentmetrics.read.patents import ingest_patents as ingest_patents
    from patentmetrics.read.patents import read_patents as read_patents
    from patentmetrics.read.policy import read_policy_folder as read_policy_folder
    from patentmetrics.score.patents import score_patents as score_patents
    from patentmetrics.simulate.corpus import simulate_corpus as simulate_corpus
    from patentmetrics.text.counts import count_terms as count_terms
    from patentmetrics.text.segment import segment as segment
    from patentmetrics.text.stopwords import load_stopwords as load_stopwords

_HOMES = {
    "codebook": "core.columns",
    "column": "core.columns",
    "PatentmetricsError": "core.errors",
    "Concordance": "core.types",
    "Corpus": "core.types",
    "Lexicon": "core.types",
    "Panel": "core.types",
    "Result": "core.types",
    "Scores": "core.types",
    "TermCounts": "core.types",
    "count_terms": "text.counts",
    "ingest_patents": "read.patents",
    "load_stopwords": "text.stopwords",
    "open_counts": "counted.format",
    "read_patents": "read.patents",
    "read_policy_folder": "read.policy",
    "score_patents": "score.patents",
    "segment": "text.segment",
    "simulate_corpus": "simulate.corpus",
    "to_csr": "counted.csr",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - computed from the one list of homes


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(f"patentmetrics.{_HOMES[name]}"), name)
    # subpackages: `pm.text`, `pm.score` without an import of their own
    try:
        return importlib.import_module(f"patentmetrics.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"patentmetrics.{name}":
            raise
        raise AttributeError(f"module 'patentmetrics' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
