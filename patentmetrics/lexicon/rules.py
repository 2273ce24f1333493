"""The three rules by which the terms of a lexicon are counted in a text (计数规则).

All of them work on normalised text and normalised terms (NFKC, lower case), and give, for each text, how
often each term occurs: {number of the term: hits}, terms without a hit left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

Rule = Literal["substring", "longest", "token"]
RULES: tuple[Rule, ...] = get_args(Rule)
Hits = Mapping[int, int]


def substring_counter(terms: Sequence[str]) -> Callable[[str], Hits]:
    """Count each term by itself, as `str.count` does (子串计数).

    A term's own hits do not overlap; hits of different terms may: 移动互联网 counts for 移动互联 too.

    Examples
    --------
    >>> substring_counter(["移动互联网", "移动互联"])("移动互联网与移动互联")
    {0: 1, 1: 2}
    """

    def count(text: str) -> Hits:
        found = ((number, text.count(term)) for number, term in enumerate(terms))
        return {number: hits for number, hits in found if hits}

    return count


def longest_counter(terms: Sequence[str]) -> Callable[[str], Hits]:
    """Count leftmost-longest hits that do not overlap, over the whole lexicon (最长匹配计数).

    From left to right: at the first place where any term begins, the longest that begins there is hit,
    and the search goes on behind it.

    Examples
    --------
    >>> longest_counter(["移动互联网", "移动互联"])("移动互联网与移动互联")
    {0: 1, 1: 1}
    """
    number_of = {term: number for number, term in enumerate(terms)}
    # an alternation takes the first that fits, so the longest must come first
    find = re.compile("|".join(map(re.escape, sorted(terms, key=len, reverse=True)))).finditer

    def count(text: str) -> Hits:
        hits = Counter(number_of[match[0]] for match in find(text))
        return dict(sorted(hits.items()))

    return count if number_of else lambda _: {}


def token_counter(terms: Sequence[str]) -> Callable[[Sequence[str]], Hits]:
    """Count the tokens that equal a term (分词计数); takes the tokens of a text, not the text.

    Examples
    --------
    >>> token_counter(["移动互联网", "移动互联"])(["移动互联网", "与", "移动互联"])
    {0: 1, 1: 1}
    """
    number_of = {term: number for number, term in enumerate(terms)}

    def count(tokens: Sequence[str]) -> Hits:
        hits = Counter(number_of[token] for token in tokens if token in number_of)
        return dict(sorted(hits.items()))

    return count
