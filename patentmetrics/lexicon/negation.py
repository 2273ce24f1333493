"""Hits that are denied where they stand (否定词窗口): 尚未建立大数据平台 does not speak for big data."""

from __future__ import annotations

import re

import numpy as np

from patentmetrics.core.utf8 import WITH_SURROGATES
from patentmetrics.kernels.token_hits import step_back
from patentmetrics.lexicon.hits import Hits, Texts

NEGATIONS = ("非", "未", "无", "没有", "缺乏")
# words that begin with the character of a negation and deny nothing
NOT_NEGATIONS = (
    *("非常", "非凡", "非洲", "非遗", "非物质文化遗产"),
    *("未来", "无线", "无人", "无锡", "无偿", "无缝", "无障碍", "无疑", "无论", "无不", "无数", "无限"),
)
_FOUND = re.compile("|".join(f"(?:{one})" for one in (*NOT_NEGATIONS, *(f"({one})" for one in NEGATIONS))))
_CLAUSE = re.compile(r"[,，、。.!?;:…\s()\"'“”《》]")


def without_negated(texts: Texts, hits: Hits, *, window: int) -> Hits:
    """Leave out the hits that a negation stands before (剔除否定语境的命中).

    A negation is one of `NEGATIONS` that does not begin one of `NOT_NEGATIONS`, between which and the hit are
    at most ``window`` characters and no punctuation or white space. It is a rule of thumb: read what it
    drops, by `patentmetrics.lexicon.concordance_lines.kwic` with and without it.

    Parameters
    ----------
    texts : Texts
        Normalised.
    hits : Hits
        In these texts.
    window : int
        Characters between the end of the negation and the hit.

    Examples
    --------
    >>> from patentmetrics.lexicon.hits import as_texts, find_hits, make_finder
    >>> texts = as_texts(["未建立大数据", "非常重视大数据", "无,大数据", "未来大数据"])
    >>> hits = find_hits(texts, make_finder(["大数据"]), rule="substring")
    >>> without_negated(texts, hits, window=4).document.tolist()
    [1, 2, 3]
    """
    # the negation itself, and a word that it may begin, stand before the window
    reach = window + max(map(len, NOT_NEGATIONS))
    before, _ = step_back(texts.data, texts.offsets, hits.document, reach, hits.place, hits.place)
    data = texts.data
    keep = np.ones(len(hits.place), np.bool_)
    for number, (begin, end) in enumerate(zip(before.tolist(), hits.place.tolist(), strict=True)):
        clause = _CLAUSE.split(data[begin:end].tobytes().decode("utf-8", WITH_SURROGATES))[-1]
        keep[number] = not any(
            found.lastindex and len(clause) - found.end() <= window for found in _FOUND.finditer(clause)
        )
    return hits.only(keep)
