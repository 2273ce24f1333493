"""Concordance lines (KWIC, 关键词上下文): each hit of a term with what stands around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.core.utf8 import WITH_SURROGATES
from patentmetrics.kernels.token_hits import characters_before, step_back
from patentmetrics.lexicon.hits import Texts, as_texts, find_hits, make_finder
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.lexicon.texts import blocks_of, joined_texts
from patentmetrics.text.normalise import normalise


def kwic(
    corpus: Corpus, terms: str | Sequence[str] | Lexicon, *, rule: Rule = "substring", width: int = 20
) -> pl.DataFrame:
    r"""List each hit of terms with its context (关键词上下文, KWIC): as many lines as the rule counts hits.

    Parameters
    ----------
    corpus : Corpus
        Documents; read as `patentmetrics.lexicon.frequencies.keyword_frequencies` reads them, normalised.
    terms : str, sequence of str, or Lexicon
        What is looked for. ``longest`` and ``token`` depend on all terms together.
    rule : {'substring', 'longest', 'token'}
        See `patentmetrics.lexicon.frequencies.keyword_frequencies`.
    width : int
        Characters on each side; white space and line breaks count as one space.

    Returns
    -------
    polars.DataFrame
        The corpus' key, ``place`` and ``year`` where it has them, ``term`` as given, ``begin`` (where the hit
        begins in the normalised text, from 0), ``left, hit, right``; by document, then by place in it. A
        document without text has no line.

    Raises
    ------
    SettingError
        No term is given, the rule is unknown, or the width is negative.
    ColumnError
        The corpus names no text column.

    Examples
    --------
    >>> frame = pl.DataFrame({"document_id": ["a", "b"], "text": ["全面预算法定", "推广 AI 算法\n应用"]})
    >>> corpus = Corpus(frame=frame, key="document_id", text=("text",))
    >>> kwic(corpus, "算法", width=4).select("document_id", "left", "hit", "right").rows()
    [('a', '全面预', '算法', '定'), ('b', ' ai ', '算法', ' 应用')]
    >>> kwic(corpus, "算法", rule="token")["document_id"].to_list()
    ['b']
    """
    check_choice(rule, RULES, argument="rule")
    listed = [terms] if isinstance(terms, str) else terms.terms if isinstance(terms, Lexicon) else list(terms)
    if not listed or not all(normalise(term).strip() for term in listed):
        raise SettingError("a term to look for is needed", where="terms", got=listed)
    if width < 0:
        raise SettingError("the width cannot be negative", where="width", got=width)
    return lines_in(joined_texts(corpus), _about(corpus), listed, rule=rule, width=width)


def lines_in(
    texts: pl.Series, about: pl.DataFrame, terms: Sequence[str], *, rule: Rule, width: int
) -> pl.DataFrame:
    """List each hit of terms in normalised texts, as `kwic` does: for texts that are searched many times.

    Parameters
    ----------
    texts : polars.Series of String
        Normalised, as `patentmetrics.lexicon.texts.joined_texts` gives them.
    about : polars.DataFrame
        One row a text: the columns that stand before each of its lines.
    terms, rule, width
        See `kwic`; terms that are the same once normalised count once, as the first of them.

    Examples
    --------
    >>> texts = pl.Series(["大数据", None])
    >>> lines_in(texts, pl.DataFrame({"id": [1, 2]}), ["数据"], rule="substring", width=5).row(0)
    (1, '数据', 1, '大', '数据', '')
    """
    spelled = {normalise(term): term for term in reversed(terms)}
    finder = make_finder(tuple(spelled))
    names = pl.Series("term", list(spelled.values()), dtype=pl.String)
    lengths = np.array([len(form.encode("utf-8", WITH_SURROGATES)) for form in spelled], np.int64)
    found = [_empty(about)]
    begin = 0
    for block in blocks_of(texts):
        searched = as_texts(block)
        hits = find_hits(searched, finder, rule=rule)
        # twice the width is enough where not more than half of it is doubled white space
        end = hits.place + lengths[hits.term]
        outer = step_back(searched.data, searched.offsets, hits.document, 2 * width, hits.place, end)
        left, hit, right = (
            _cut(searched, *edges) for edges in ((outer[0], hits.place), (hits.place, end), (end, outer[1]))
        )
        lines = about[hits.document + begin].with_columns(
            names[hits.term],
            begin=pl.Series(characters_before(searched.data, searched.offsets, hits.first, hits.place)),
            left=_one_space(left).str.tail(width),
            hit=hit,
            right=_one_space(right).str.head(width),
        )
        found.append(lines)
        begin += len(block)
    return pl.concat(found)


def _about(corpus: Corpus) -> pl.DataFrame:
    names = [corpus.key, *(name for name in ("place", "year") if name in corpus.frame.columns)]
    return corpus.frame.select(list(dict.fromkeys(names)))


def _empty(about: pl.DataFrame) -> pl.DataFrame:
    schema = {"term": pl.String, "begin": pl.Int64, **dict.fromkeys(["left", "hit", "right"], pl.String)}
    return about.clear().hstack(pl.DataFrame(schema=schema))


def _cut(texts: Texts, begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
    """Give pieces of the texts as strings."""
    edges = zip(begin.tolist(), end.tolist(), strict=True)
    return pl.Series([texts.data[a:b].tobytes() for a, b in edges], dtype=pl.Binary).cast(pl.String)


def _one_space(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(r"[\s\x1c-\x1f]+", " ")
