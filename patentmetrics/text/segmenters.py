"""Segmentation: a text into its tokens, by one of four rules.

jieba is imported when it is first needed, never when this module is.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Literal, get_args

import numpy as np

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.text.dictionary import Dictionary
from patentmetrics.text.jieba_package import reference_segmenter
from patentmetrics.text.token_ids import TokenIds, segment_ids, token_strings
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import as_user_words, can_be_a_token, dictionary_with

Segmenter = Literal["jieba", "jieba-reference", "english", "whitespace"]
SEGMENTERS: tuple[Segmenter, ...] = get_args(Segmenter)

# those that have a dictionary, to which words can be added
WITH_DICTIONARY: tuple[Segmenter, ...] = ("jieba", "jieba-reference")

# blocks grow up to these limits: the first tokens come soon, and memory is bounded
_MOST_TEXTS = 1024
_MOST_CHARACTERS = 1 << 20

_ENGLISH_WORD = re.compile("[a-z]+")
_logger = logging.getLogger(__name__)


def segment(
    strings: Iterable[str],
    *,
    segmenter: Segmenter,
    hmm: bool = True,
    user_terms: Sequence[str | UserWord] = (),
) -> Iterator[list[str]]:
    """Segment texts into tokens (分词), one list for each text, in order and as they are asked for.

    For counting, `patentmetrics.text.token_ids.segment_ids` gives numbers in place of strings.

    Parameters
    ----------
    strings : iterable of str
        Texts; normalise them first, see `patentmetrics.text.normalise.normalise`. ``jieba`` reads them
        ahead in blocks, never more ahead than were given before.
    segmenter : {"jieba", "jieba-reference", "english", "whitespace"}
        ``jieba``: the tokens of ``jieba.lcut`` (0.42.1, its own dictionary), white space and
        punctuation included, so that joined they are the text again; by a loop of this package that
        gives the same tokens at many times the speed.
        ``jieba-reference``: the same tokens, by jieba itself.
        ``english``: lower case, maximal runs of ASCII letters, no stemming: ``co-op 3D`` gives
        ``co, op, d``.
        ``whitespace``: `str.split`.
    hmm : bool
        Let jieba guess words that its dictionary lacks by its hidden Markov model (新词发现).
        The other segmenters have no use for it.
    user_terms : sequence of str or UserWord
        Words to add to jieba's dictionary (自定义词典) in this order, as ``jieba.load_userdict`` does:
        a string with the frequency that jieba suggests, a
        `patentmetrics.text.user_word.UserWord` with its own; a frequency of 0 removes the word.
        They are matched as they are written: normalise them like the texts. A term with white space
        or punctuation inside, where jieba always cuts, can never be a token: a warning is logged.

    Returns
    -------
    iterator of list of str
        As many lists as texts; an empty text gives an empty list.

    Raises
    ------
    SettingError
        The segmenter is unknown, or user terms are given to one that cannot use them.

    Notes
    -----
    The global tokenizer of jieba is never touched: words that other code adds to it change nothing
    here, nor do the user terms show there.

    Sources: jieba 0.42.1; the English rule is that of Kelly, Papanikolaou, Seru & Taddy 2021,
    doi:10.1257/aeri.20190499.

    Examples
    --------
    >>> list(segment(["a solar-cell, 2nd layer", ""], segmenter="english"))
    [['a', 'solar', 'cell', 'nd', 'layer'], []]
    >>> next(segment(["大数据产业"], segmenter="jieba", user_terms=["大数据"]))
    ['大数据', '产业']
    """
    check_choice(segmenter, SEGMENTERS, argument="segmenter")
    if isinstance(strings, str):
        raise SettingError("a list of texts is expected, and this is one text", where="strings")
    words = as_user_words(user_terms)
    if words and segmenter not in WITH_DICTIONARY:
        raise SettingError(
            f"the segmenter {segmenter!r} has no dictionary to add user terms to",
            where="user_terms",
            hint="use segmenter='jieba', or leave user_terms out",
        )
    _warn_of_terms_that_are_never_tokens(words)
    if segmenter == "jieba":
        return _segment_in_blocks(iter(strings), dictionary_with(words), hmm=hmm)
    rule: Callable[[str], list[str]] = str.split
    if segmenter == "english":
        rule = _english
    elif segmenter == "jieba-reference":
        rule = reference_segmenter(words, hmm=hmm)
    return map(rule, strings)


def is_word(token: str) -> bool:
    """Say whether a token holds a letter, a digit or a Han character (非标点).

    Examples
    --------
    >>> [is_word(token) for token in ["5g", "太阳能", "，", " ", "-"]]
    [True, True, False, False, False]
    """
    return any(map(str.isalnum, token))


def segmenter_version(segmenter: Segmenter) -> str | None:
    """Name the library and version behind a segmenter; null for the rules of this package.

    ``jieba`` and ``jieba-reference`` have the same dictionary and give the same tokens.

    Examples
    --------
    >>> segmenter_version("jieba")
    'jieba 0.42.1'
    """
    return f"jieba {importlib.metadata.version('jieba')}" if segmenter in WITH_DICTIONARY else None


def _segment_in_blocks(texts: Iterator[str], dictionary: Dictionary, *, hmm: bool) -> Iterator[list[str]]:
    strings = _Strings(dictionary)
    size = 1
    while block := list(_next_block(texts, size)):
        found = segment_ids(block, dictionary=dictionary, hmm=hmm)
        names = strings.of(found)
        tokens = [names[one] for one in found.ids.tolist()]
        stops = found.offsets.tolist()
        yield from (tokens[begin:stop] for begin, stop in pairwise(stops))
        size = min(2 * size, _MOST_TEXTS)


def _next_block(texts: Iterator[str], size: int) -> Iterator[str]:
    """Give the next texts, up to ``size`` and until they are long enough together."""
    characters = 0
    for text in islice(texts, size):
        yield text
        characters += len(text)
        if characters >= _MOST_CHARACTERS:
            return


class _Strings:
    """The string of each id that came up: one object for all tokens that are equal."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._known: dict[int, str] = {}

    def of(self, block: TokenIds) -> dict[int, str]:
        """Give the strings of a block's ids; those of new words have their meaning in this block."""
        wanted = [
            one for one in np.unique(block.ids).tolist() if one not in self._known or one >= block.first_new
        ]
        spelled = token_strings(np.array(wanted), dictionary=self._dictionary, words=block.words)
        self._known.update(zip(wanted, spelled, strict=True))
        return self._known


def _english(text: str) -> list[str]:
    return _ENGLISH_WORD.findall(text.lower())


def _warn_of_terms_that_are_never_tokens(words: Sequence[UserWord]) -> None:
    never = [one.word for one in words if not can_be_a_token(one.word)]
    if never:
        _logger.warning(
            "%d user terms hold a character at which jieba always cuts, and can never be a token: %s",
            len(never),
            ", ".join(never[:5]),
        )
