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
