"""Words that a user adds to jieba's dictionary, with jieba's frequencies and in jieba's order."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import InputError, SettingError
from patentmetrics.core.files import existing_file
from patentmetrics.kernels.chunks import LACKING, NO_WORD
from patentmetrics.kernels.trie import FREE, find, insert
from patentmetrics.text.dictionary import Dictionary, load_dictionary, weights
from patentmetrics.text.user_word import UserWord

_DIGITS_OF_A_FREQUENCY = 18  # an int64 holds them

# jieba's: what can stand inside a word, and what it then joins when the model is off
_INSIDE = re.compile(r"([\u4E00-\u9FD5a-zA-Z0-9+#&\._%\-]+)")
_ALNUM = re.compile("[a-zA-Z0-9]")
_OUTSIDE = re.compile("\r\n|.", re.DOTALL)
_LINE = re.compile("(.+?)( [0-9]+)?( [a-z]+)?")


def read_user_dictionary(path: Path | str) -> list[UserWord]:
    r"""Read a user dictionary (自定义词典) as ``jieba.load_userdict``: ``word [frequency] [tag]`` a line.

    Parameters
    ----------
    path : Path
        UTF-8 text, with or without a byte order mark; empty lines are skipped. Part-of-speech tags
        have no use here and are left out.

    Returns
    -------
    list of UserWord
        In the order of the file, which matters: a suggested frequency depends on the words before.

    Raises
    ------
    InputError
        There is no such file, it is empty or not UTF-8, or a frequency is too large.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "terms.txt"
    >>> _ = path.write_text("大数据\n区块链 12 n\n\n人工 智能\n", "utf-8")
    >>> [tuple(word) for word in read_user_dictionary(path)]
    [('大数据', None), ('区块链', 12), ('人工 智能', None)]
    >>> folder.cleanup()
    """
    path = existing_file(path)
    words = []
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, 1):
            try:
                line = raw.strip().decode("utf-8").lstrip("\ufeff")
            except UnicodeDecodeError as error:
                raise InputError(
                    "the user dictionary is not UTF-8",
                    where=f"{path}, line {number}",
                    hint="save it as UTF-8",
                ) from error
            parts = _LINE.fullmatch(line)
            if not parts:
                continue
            word, frequency, _ = parts.groups()
            # a number of thousands of digits would be refused by Python, in other words
            if frequency and len(frequency.strip().lstrip("0")) > _DIGITS_OF_A_FREQUENCY:
                raise InputError(
                    "a frequency is too large",
                    where=f"{path}, line {number}",
                    got=frequency.strip(),
                    allowed=f"up to {_DIGITS_OF_A_FREQUENCY} digits",
                )
            words.append(UserWord(word, int(frequency[-_DIGITS_OF_A_FREQUENCY:]) if frequency else None))
    return words


def as_user_words(terms: Sequence[str | UserWord]) -> tuple[UserWord, ...]:
    """Give terms as user words: stripped, without empty ones, each frequency possible.

    Raises
    ------
    SettingError
        A frequency is negative or too large, or the terms are one text.

    Examples
    --------
    >>> as_user_words([" 大数据", "", UserWord("区块链", 12)])
    (UserWord(word='大数据', frequency=None), UserWord(word='区块链', frequency=12))
    """
    if isinstance(terms, str | UserWord):
        raise SettingError("a list of terms is expected, and this is one", where="user_terms")
    words = tuple(
        term if isinstance(term, UserWord) else UserWord(term.strip())  # as load_userdict strips lines
        for term in terms
    )
    for word, frequency in words:
        if frequency is not None and not 0 <= frequency < 10**_DIGITS_OF_A_FREQUENCY:
            raise SettingError(
                f"the frequency of {word!r} is impossible",
                where="user_terms",
                got=frequency,
                allowed=f"0 or more, up to {_DIGITS_OF_A_FREQUENCY} digits",
            )
    return tuple(word for word in words if word.word)


def can_be_a_token(word: str) -> bool:
    """Say whether jieba can give this word: it holds no character at which jieba always cuts.

    Examples
    --------
    >>> [can_be_a_token(word) for word in ["5g", "大 数据", "人工智能（AI）"]]
    [True, False, False]
    """
    return bool(_INSIDE.fullmatch(word))


@functools.lru_cache(maxsize=4)
def dictionary_with(words: tuple[UserWord, ...]) -> Dictionary:
    """Give jieba's dictionary with words added in this order (加入自定义词典后的词典).

    Examples
    --------
    >>> dictionary_with((UserWord("区块链"), UserWord("太阳能", 0))).frequency("区块链")
    1
    """
    base = load_dictionary()
    if not words:
        return base
    changed, total = _added(base, words)
    distinct = sorted(
        {one for one in changed.values() if one} - set(base.frequencies[LACKING + 1 :].tolist())
    )
    frequencies = np.concatenate([base.frequencies, np.array(distinct, np.int64)])
    number = {one: at for at, one in enumerate(frequencies.tolist()) if at > LACKING}
    none = {True: LACKING, False: NO_WORD}  # a single character is always an edge of the graph
    forced = {word.word for word in words if word.frequency == 0}
    numbered = [
        (symbols, number[frequency] if frequency else none[len(word) == 1], word in forced)
        for word, frequency in changed.items()
        if (symbols := base.symbols(word))
    ]
    entry, slots = _inserted(base.lexicon.entry, [one[0] for one in numbered], len(base.lexicon.code_of) - 1)
    split = np.zeros(len(entry) if forced else 0, np.uint8)
    for slot, (_, weight, must_split) in zip(slots, numbered, strict=True):
        entry[slot] = (entry.item(slot) & 0xFFFFFFFFFF) | (weight << 40)
        if must_split:
            split[slot] = 1
    return Dictionary(
        lexicon=base.lexicon._replace(entry=entry, weight=weights(frequencies, total), split=split),
        model=base.model,
        frequencies=frequencies,
        total=total,
        others={
            **base.others,
            **{word: one for word, one in changed.items() if not (one and base.symbols(word))},
        },
    )


def _added(base: Dictionary, words: Sequence[UserWord]) -> tuple[dict[str, int], int]:
    """Add words as ``jieba.add_word``; give the frequencies that changed, and the new total."""
    changed: dict[str, int] = {}
    total = base.total

    def frequency_of(word: str) -> int | None:
        return changed[word] if word in changed else base.frequency(word)

    for word, given in words:
        frequency = _suggested(word, frequency_of, total) if given is None else given
        changed[word] = frequency
        total += frequency
        for stop in range(1, len(word)):
            if frequency_of(word[:stop]) is None:
                changed[word[:stop]] = 0
    return changed, total


def _suggested(word: str, frequency_of: Callable[[str], int | None], total: int) -> int:
    """Suggest the frequency at which a word stays whole: jieba's ``suggest_freq``, in its order."""

    def or_one(part: str) -> int:
        known = frequency_of(part)
        return 1 if known is None else known

    share = 1.0
    for part in _cut(word, frequency_of, total):
        share *= or_one(part) / float(total)
    return max(int(share * total) + 1, or_one(word))


def _cut(text: str, frequency_of: Callable[[str], int | None], total: int) -> list[str]:
    """Cut a text as jieba without its model, by a dictionary that changes from word to word."""
    tokens: list[str] = []
    for place, piece in enumerate(_INSIDE.split(text)):
        tokens += _cut_run(piece, frequency_of, total) if place % 2 else _OUTSIDE.findall(piece)
    return tokens


def _cut_run(run: str, frequency_of: Callable[[str], int | None], total: int) -> list[str]:
    log_total = math.log(total)
    length = len(run)
    route = [(0.0, 0)] * (length + 1)
    for begin in range(length - 1, -1, -1):
        stops, stop = [], begin + 1
        while stop <= length and (known := frequency_of(run[begin:stop])) is not None:
            if known:
                stops.append(stop)
            stop += 1
        route[begin] = max(
            (math.log(frequency_of(run[begin:stop]) or 1) - log_total + route[stop][0], stop)
            for stop in stops or [begin + 1]
        )
    tokens, joined, begin = [], "", 0
    while begin < length:
        stop = route[begin][1]
        if stop == begin + 1 and _ALNUM.match(run[begin]):
            joined += run[begin]
        else:
            tokens += [joined, run[begin:stop]] if joined else [run[begin:stop]]
            joined = ""
        begin = stop
    return [*tokens, joined] if joined else tokens


def _inserted(
    entry: NDArray[np.int64], words: Sequence[Sequence[int]], alphabet: int
) -> tuple[NDArray[np.int64], list[int]]:
    """Insert words, given by their symbols, into a copy of a trie; give their slots."""
    offset = np.concatenate([[0], np.cumsum([len(word) for word in words], dtype=np.int64)])
    symbols = np.array([symbol for word in words for symbol in word], np.int32)
    room = 2 * len(symbols) + 2 * alphabet
    while True:
        grown = np.concatenate([entry, np.full(room, FREE, np.int64)])
        used = np.zeros(len(grown), np.uint8)
        used[(entry >> 16) & 0xFFFFFF] = 1
        used[1] = 1
        rover = np.array([len(entry) - alphabet])
        if all(
            insert(grown, used, rover, symbols, offset[one], offset[one + 1], alphabet) > 0
            for one in range(len(words))
        ):
            # a word inserted later may have moved an earlier one
            slots = [find(grown, symbols, offset[one], offset[one + 1]) for one in range(len(words))]
            return grown, slots
        room *= 2
