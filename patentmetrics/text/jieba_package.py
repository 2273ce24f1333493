"""The jieba package itself: imported when first used, never when a module of ours is."""

from __future__ import annotations

import functools
import importlib
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jieba

    from patentmetrics.text.user_word import UserWord

# jieba 0.42.1's dictionary with its prefixes: how many entries, and the sum of their frequencies
_JIEBA_ENTRIES = 498_113
_JIEBA_TOTAL = 60_101_967

_import_lock = threading.Lock()
_split_words_lock = threading.RLock()


def import_jieba() -> ModuleType:
    """Import jieba without its warnings.

    Examples
    --------
    >>> import_jieba().__version__
    '0.42.1'
    """
    with _import_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its regular expressions and its use of pkg_resources are old
        return importlib.import_module("jieba")


def reference_segmenter(
    user_words: Sequence[UserWord] = (), *, hmm: bool = True
) -> Callable[[str], list[str]]:
    """Give jieba's own `lcut`, of a tokenizer of our own: jieba's global one stays as it is.

    Words that other code adds to jieba's global tokenizer, or removes from it, change nothing here.

    Examples
    --------
    >>> reference_segmenter()("太阳能电池")
    ['太阳能', '电池']
    """
    base = _base_tokenizer()
    tokenizer = base
    split_words: set[str] = set()
    if user_words:
        tokenizer = import_jieba().Tokenizer()
        # a copy of the loaded dictionary costs a hundredth of loading it again
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(base.FREQ), base.total, True
        with _split_words_are(split_words):
            for word in user_words:
                tokenizer.add_word(word.word, word.frequency)

    def tokens(text: str) -> list[str]:
        with _split_words_are(split_words):
            return list(tokenizer.lcut(text, HMM=hmm))

    return tokens


@contextmanager
def _split_words_are(words: set[str]) -> Iterator[None]:
    """Give jieba this set of words that its model must split: it has one for all tokenizers."""
    with _split_words_lock:
        module: Any = importlib.import_module("jieba.finalseg")
        theirs, module.Force_Split_Words = module.Force_Split_Words, words
        try:
            yield
        finally:
            module.Force_Split_Words = theirs


@functools.cache
def _base_tokenizer() -> jieba.Tokenizer:
    """Load jieba's dictionary, through jieba's own cache file, without its log."""
    module = import_jieba()
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
