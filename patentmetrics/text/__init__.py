"""Normalise, segment, vocabulary, counts.

The two functions that many want by themselves are here, loaded when first used:

>>> import patentmetrics as pm
>>> list(pm.text.segment(["太阳能电池"], segmenter="jieba"))
[['太阳能', '电池']]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patentmetrics.text.segmenters import segment as segment
    from patentmetrics.text.token_ids import segment_ids as segment_ids

_HOMES = {"segment": "segmenters", "segment_ids": "token_ids"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'patentmetrics.text' has no attribute {name!r}")
    return getattr(importlib.import_module(f"patentmetrics.text.{_HOMES[name]}"), name)
