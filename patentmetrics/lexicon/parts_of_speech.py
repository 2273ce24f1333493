"""Parts of speech (词性) as jieba's dictionary gives them: enough to tell names of things from the rest."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Collection
from pathlib import Path

import polars as pl

from patentmetrics.core.errors import InputError

# jieba's tags, by their first letters: what can name a thing. Verbal nouns (发展 vn) are among them, verbs
# (推进 v) are not; nor are places and people: 嘉定 belongs into no list of terms
_NAMING = ("an", "b", "eng", "g", "i", "j", "l", "n", "s", "vn", "x")
_PLACES, _PEOPLE = "ns", "nr"
# what can end the name of a thing: the heads of some are tagged as verbs (智能制造, 云计算)
_NOT_ENDING = ("vd", "vg")
# sayings and set phrases are no parts of a name: 大力发展 数字经济
_WHOLE = ("i", "l")
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两几多半双数首每各")


@functools.cache
def parts_of_speech() -> dict[str, str]:
    """Load the part of speech of each word of jieba's dictionary (词性表).

    Each word has one tag, the most frequent in jieba's training text.

    Raises
    ------
    InputError
        jieba's dictionary is not where the package is installed.

    Examples
    --------
    >>> [parts_of_speech().get(word) for word in ["经济", "推进", "发展", "区块链"]]
    ['n', 'v', 'vn', None]
    """
    spec = importlib.util.find_spec("jieba")
    path = Path(spec.origin).with_name("dict.txt") if spec and spec.origin else Path("dict.txt")
    if not path.is_file():
        raise InputError("jieba's dictionary is not where jieba is installed", where=path.name)
    names = ["word", "frequency", "tag"]
    frame = pl.read_csv(path, separator=" ", has_header=False, new_columns=names, quote_char=None)
    return dict(zip(frame["word"], frame["tag"], strict=True))


def may_name(word: str) -> bool:
    """Say whether a word can name a thing (名词性), by jieba's tag; a word that jieba lacks can.

    Examples
    --------
    >>> [may_name(word) for word in ["机器人", "发展", "推进", "深入", "成都", "区块链"]]
    [True, True, False, False, False, True]
    """
    return _names(word) and not parts_of_speech().get(word, "x").startswith((_PLACES, _PEOPLE, "nt"))


def may_be_a_name(parts: Collection[str]) -> bool:
    """Say whether tokens can be the name of a thing together (名词性词组).

    All but the last must be able to name something, or be an adjective or a measure of one character
    (大数据, 元宇宙); the last may be tagged as a verb. Names of people are allowed, for jieba takes 智慧 for
    one; places of two characters and more are not.

    Examples
    --------
    >>> [may_be_a_name(one.split()) for one in ["数字 经济", "智能 制造", "加快 建设", "产业 在"]]
    [True, True, False, False]
    """
    *others, last = parts
    tag = parts_of_speech().get(last, "x")
    ends = _names(last) or (tag.startswith(("k", "v")) and not tag.startswith(_NOT_ENDING))
    return ends and all(_names(part) or _may_come_first(part) for part in others)


def _may_come_first(part: str) -> bool:
    """Allow 大 in 大数据, 元 in 元宇宙: one character that jieba takes for an adjective or a measure."""
    tag = parts_of_speech().get(part, "x")
    return len(part) == 1 and tag.startswith(("a", "m")) and part not in _NUMERALS


def _names(word: str) -> bool:
    tag = parts_of_speech().get(word, "x")
    whole = tag.startswith(_WHOLE) and len(word) > 3
    return tag.startswith(_NAMING) and not whole and not (len(word) > 1 and tag.startswith(_PLACES))
