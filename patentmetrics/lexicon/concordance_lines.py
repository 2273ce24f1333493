"""Concordance lines (KWIC, 关键词上下文): each hit of a term with what stands around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.types import Corpus, Lexicon
from patentmetrics.lexicon.rules import RULES, Rule
from patentmetrics.lexicon.texts import joined_texts
from patentmetrics.text.normalise import normalise
from patentmetrics.text.segment import segment

_LEFT_OUT = re.compile(r"\s+")

# where a term begins and ends in a text, and its number
_Spans = Iterator[tuple[int, int, int]]


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
    forms = [normalise(term) for term in listed]
    if not forms or not all(form.strip() for form in forms):
        raise SettingError("a term to look for is needed", where="terms", got=listed)
    if width < 0:
        raise SettingError("the width cannot be negative", where="width", got=width)
    rows: list[tuple[int, str, int, str, str, str]] = []
    texts = joined_texts(corpus)
    for document, (text, spans) in enumerate(zip(texts, _spans(texts, forms, rule), strict=True)):
        rows += (
            (document, listed[number], begin, *_line(text, begin, end, width)) for begin, end, number in spans
        )
    schema = {"document": pl.Int64, "term": pl.String, "begin": pl.Int64}
    found = pl.DataFrame(
        rows, schema={**schema, **dict.fromkeys(["left", "hit", "right"], pl.String)}, orient="row"
    )
    about = [corpus.key, *(name for name in ("place", "year") if name in corpus.frame.columns)]
    of_documents = corpus.frame.select(list(dict.fromkeys(about)))[found["document"]]
    return pl.concat([of_documents, found.drop("document")], how="horizontal")


def _line(text: str, begin: int, end: int, width: int) -> tuple[str, str, str]:
    # twice the width is enough where not more than half of it is doubled white space
    left = _LEFT_OUT.sub(" ", text[max(0, begin - 2 * width) : begin])
    right = _LEFT_OUT.sub(" ", text[end : end + 2 * width])
    return left[len(left) - width :] if width < len(left) else left, text[begin:end], right[:width]


def _spans(texts: pl.Series, forms: Sequence[str], rule: Rule) -> Iterator[_Spans]:
    if rule == "token":
        tokens = segment((text or "" for text in texts), segmenter="jieba", user_terms=forms)
        yield from (_equal_tokens(one, forms) for one in tokens)
        return
    find = _longest(forms) if rule == "longest" else _each(forms)
    yield from (find(text or "") for text in texts)


def _each(forms: Sequence[str]) -> Callable[[str], _Spans]:
    def find(text: str) -> _Spans:
        found = []
        for number, form in enumerate(forms):
            begin = text.find(form)
            while begin >= 0:
                found.append((begin, begin + len(form), number))
                begin = text.find(form, begin + len(form))
        yield from sorted(found)

    return find


def _longest(forms: Sequence[str]) -> Callable[[str], _Spans]:
    number_of = {form: number for number, form in enumerate(forms)}
    # an alternation takes the first that fits, so the longest must come first
    pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def find(text: str) -> _Spans:
        yield from ((*match.span(), number_of[match[0]]) for match in pattern.finditer(text))

    return find


def _equal_tokens(tokens: Sequence[str], forms: Sequence[str]) -> _Spans:
    number_of = {form: number for number, form in enumerate(forms)}
    ends = accumulate(map(len, tokens))
    for token, end in zip(tokens, ends, strict=True):
        if token in number_of:
            yield end - len(token), end, number_of[token]
