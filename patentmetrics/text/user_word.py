"""A word of a user dictionary: what the dictionaries and both segmenters know of it."""

from __future__ import annotations

from typing import NamedTuple


class UserWord(NamedTuple):
    """A word to add (自定义词), with its frequency; null lets jieba's rule suggest one.

    A frequency of 0 takes the word out of the dictionary, and the hidden Markov model may not make it
    either, as ``jieba.del_word`` does.
    """

    word: str
    frequency: int | None = None
