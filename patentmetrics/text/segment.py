"""Segmentation: a text into its tokens, by one of three rules.

jieba is imported when it is first used, never when this module is.
"""

from __future__ import annotations

import functools
import importlib
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Literal, get_args

from patentmetrics.core.errors import SettingError, check_choice

if TYPE_CHECKING:
    import jieba

Segmenter = Literal["jieba", "english", "whitespace"]
SEGMENTERS: tuple[Segmenter, ...] = get_args(Segmenter)

# jieba 0.42.1's dictionary with its prefixes: how many entries, and the sum of their frequencies
_JIEBA_ENTRIES = 498_113
_JIEBA_TOTAL = 60_101_967

_ENGLISH_WORD = re.compile("[a-z]+")
_import_lock = threading.Lock()
_logger = logging.getLogger(__name__)


def segment(
    strings: Iterable[str],
    *,
    segmenter: Segmenter,
    hmm: bool = True,
    user_terms: Sequence[str] = (),
) -> Iterator[list[str]]:
    """Segment texts into tokens (分词), one list for each text, in order and as they are asked for.

    Parameters
    ----------
    strings : iterable of str
        Texts; normalise them first, see `patentmetrics.text.normalise.normalise`.
    segmenter : {"jieba", "english", "whitespace"}
        ``jieba``: the tokens of ``jieba.lcut`` (0.42.1, its own dictionary), white space and
        punctuation included, so that joined they are the text again.
        ``english``: lower case, maximal runs of ASCII letters, no stemming: ``co-op 3D`` gives
        ``co, op, d``.
        ``whitespace``: `str.split`.
    hmm : bool
        Let jieba guess words that its dictionary lacks by its hidden Markov model (新词发现).
        The other segmenters have no use for it.
    user_terms : sequence of str
        Words to add to jieba's dictionary (自定义词典) in this order, each with the frequency that
        jieba suggests, as ``jieba.load_userdict`` does with a line that holds the word alone.
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
    if isinstance(user_terms, str):
        raise SettingError("a list of terms is expected, and this is one text", where="user_terms")
    if user_terms and segmenter != "jieba":
        raise SettingError(
            f"the segmenter {segmenter!r} has no dictionary to add user terms to",
            where="user_terms",
            hint="use segmenter='jieba', or leave user_terms out",
        )
    return map(_rule(segmenter, hmm=hmm, user_terms=tuple(user_terms)), strings)


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

    Examples
    --------
    >>> segmenter_version("jieba")
    'jieba 0.42.1'
    """
    return f"jieba {_import_jieba().__version__}" if segmenter == "jieba" else None


def _rule(segmenter: Segmenter, *, hmm: bool, user_terms: tuple[str, ...]) -> Callable[[str], list[str]]:
    if segmenter == "jieba":
        return functools.partial(_tokenizer(user_terms).lcut, HMM=hmm)
    return _english if segmenter == "english" else str.split


def _english(text: str) -> list[str]:
    return _ENGLISH_WORD.findall(text.lower())


def _tokenizer(user_terms: tuple[str, ...]) -> jieba.Tokenizer:
    """Give a tokenizer of our own with the user terms added; jieba's global one stays as it is."""
    base = _base_tokenizer()
    terms = [term.strip() for term in user_terms]
    if not any(terms):
        return base
    tokenizer = _import_jieba().Tokenizer()
    # a copy of the loaded dictionary costs a hundredth of loading it again
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(base.FREQ), base.total, True
    never = [term for term in terms if term and not _import_jieba().re_han_default.fullmatch(term)]
    if never:
        _logger.warning(
            "%d user terms hold a character at which jieba always cuts, and can never be a token: %s",
            len(never),
            ", ".join(never[:5]),
        )
    for term in terms:
        if term:  # load_userdict strips lines and skips empty ones
            tokenizer.add_word(term)
    return tokenizer


@functools.cache
def _base_tokenizer() -> jieba.Tokenizer:
    """Load jieba's dictionary, through jieba's own cache file, without its log."""
    module = _import_jieba()
    tokenizer = module.Tokenizer()
    level = module.default_logger.level
    module.default_logger.setLevel(logging.CRITICAL)
    try:
        tokenizer.initialize()
        if (len(tokenizer.FREQ), tokenizer.total) != (_JIEBA_ENTRIES, _JIEBA_TOTAL):
            # the cache file is shared by all users and versions of jieba on a machine
            tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    finally:
        module.default_logger.setLevel(level)
    return tokenizer


def _import_jieba() -> ModuleType:
    with _import_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its regular expressions and its use of pkg_resources are old
        return importlib.import_module("jieba")
