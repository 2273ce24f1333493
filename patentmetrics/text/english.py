"""Tokens of English and other alphabetic text: maximal runs of letters, as numbers or as strings."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import Utf8, utf8_of
from patentmetrics.kernels.english import BOTH, BREAK, CUT, HYPHEN, INSIDE, KEEP, SPACE, SPLIT, cut_words
from patentmetrics.kernels.words import Words, make_words, with_room
from patentmetrics.text.token_ids import TokenIds

Letters = Literal["ascii", "unicode"]
Hyphens = Literal["split", "keep", "both"]
Digits = Literal["cut", "keep"]
_HYPHENS = {"split": SPLIT, "keep": KEEP, "both": BOTH}

# the planes with letters, those of rare Han characters included
_TABLE = 0x40000


@dataclass(frozen=True, kw_only=True)
class EnglishRules:
    """What a token of alphabetic text is (英文切词规则).

    Parameters
    ----------
    letters : {"ascii", "unicode"}
        ``ascii``: a to z, and all else cuts (``naïve`` gives ``na, ve``): what Kelly et al. 2021 say.
        ``unicode``: whatever Unicode calls a letter, Greek and accented ones too, and Han characters:
        a run of Chinese is one token.
    hyphens : {"split", "keep", "both"}
        ``solar-cell``: ``split`` gives ``solar, cell``; ``keep`` gives ``solar-cell``; ``both`` gives
        the parts, then the compound. A hyphen counts only between two characters of words.
    digits : {"cut", "keep"}
        ``cut``: a digit cuts (``h2o`` gives ``h, o``). ``keep``: digits are as letters, so that formulas
        and names stay whole (``h2o``, ``lifepo4``, ``5g``), and pure numbers are tokens too; the rules for
        terms drop those, see `patentmetrics.text.terms.TermRules`.

    Examples
    --------
    >>> EnglishRules(hyphens="keep").letters
    'ascii'
    """

    letters: Letters = "ascii"
    hyphens: Hyphens = "split"
    digits: Digits = "cut"

    def __post_init__(self) -> None:
        check_choice(self.letters, ("ascii", "unicode"), argument="letters")
        check_choice(self.hyphens, _HYPHENS, argument="hyphens")
        check_choice(self.digits, ("cut", "keep"), argument="digits")


def english_ids(
    texts: pl.Series | Sequence[str | None],
    *,
    rules: EnglishRules | None = None,
    breaks: bool = False,
    words: Words | None = None,
) -> TokenIds:
    """Cut alphabetic texts into numbers of tokens (英文切词为编号).

    One call is one loop without the interpreter lock: threads may run it on blocks of documents side by
    side. The result depends on the block alone.

    Parameters
    ----------
    texts : polars.Series of String, or sequence of str
        Normalised texts, see `patentmetrics.text.normalise.normalise_texts`: capitals are other letters
        here. A null has no tokens.
    rules : EnglishRules, optional
        The defaults are those of Kelly et al. 2021.
    breaks : bool
        Write −1 between two tokens where more than white space, or than the hyphen of a compound, stands
        between them, so that phrases do not reach across it.
    words : Words, optional
        Words that have numbers already, see `patentmetrics.kernels.words`; they are copied. None by
        default. ``patentmetrics.text.token_ids.merge_words`` gives blocks common numbers.

    Returns
    -------
    TokenIds
        With ``first_new`` 0: the id of a token is its number in ``words``.

    Raises
    ------
    ColumnError
        The series is not of text.
    SettingError
        Breaks between the tokens of both spellings of a compound, which do not follow each other.

    Source: Kelly, Papanikolaou, Seru & Taddy 2021, doi:10.1257/aeri.20190499, for the defaults.

    Examples
    --------
    >>> found = english_ids(["a solar-cell, 2nd solar layer", ""])
    >>> [word_strings(found.words)[one] for one in found.ids]
    ['a', 'solar', 'cell', 'nd', 'solar', 'layer']
    >>> found.offsets.tolist()
    [0, 6, 6]
    """
    return english_utf8(utf8_of(texts), Room(), rules=rules or EnglishRules(), breaks=breaks, words=words)


def english_utf8(
    texts: Utf8, room: Room, *, rules: EnglishRules, breaks: bool = False, words: Words | None = None
) -> TokenIds:
    """Cut texts that are bytes already, see `english_ids` and `patentmetrics.core.utf8.utf8_of`.

    Parameters
    ----------
    texts : tuple of ndarray
        Bytes, and where each text begins.
    room : Room
        Its array ``tokens`` holds the ids.
    rules, breaks, words
        See `english_ids`.

    Examples
    --------
    >>> english_utf8(utf8_of(["solar cell"]), Room(), rules=EnglishRules()).ids.tolist()
    [0, 1]
    """
    if breaks and rules.hyphens == "both":
        raise SettingError(
            "phrases need tokens that follow each other, and both spellings of a compound do not",
            where="hyphens",
            got=rules.hyphens,
            allowed=["split", "keep"],
        )
    data, offsets = texts
    documents = len(offsets) - 1
    kinds = _kinds(rules.letters, rules.digits)
    ids = room.array("tokens", int(offsets[-1] - offsets[0]), np.int32)
    tokens = np.zeros(documents + 1, np.int64)
    table = _copy(words) if words else make_words()
    done = 0
    while True:
        done = cut_words(data, offsets, done, kinds, _HYPHENS[rules.hyphens], breaks, table, ids, tokens)
        if done == documents:
            break
        size = int(offsets[done + 1] - offsets[done])
        table = with_room(table, size, 2 * size)
    return TokenIds(ids=ids[: tokens[-1]], offsets=tokens, words=table, first_new=0)


def english_tokens(
    texts: pl.Series | Sequence[str | None], *, rules: EnglishRules | None = None
) -> list[list[str]]:
    """Cut alphabetic texts into tokens (英文切词), one list for each text: for a few texts.

    Examples
    --------
    >>> english_tokens(["co2-laser 5g"], rules=EnglishRules(hyphens="both", digits="keep"))
    [['co2', 'laser', 'co2-laser', '5g']]
    """
    found = english_ids(texts, rules=rules)
    names = word_strings(found.words)
    ids = found.ids.tolist()
    return [[names[one] for one in ids[begin:stop]] for begin, stop in pairwise(found.offsets.tolist())]


def word_strings(words: Words) -> list[str]:
    """Give the strings of a table of words, in the order of their numbers.

    Examples
    --------
    >>> word_strings(english_ids(["solar cell"]).words)
    ['solar', 'cell']
    """
    number = int(words.number[0])
    letters = words.letters.tobytes()
    stops = words.start[: number + 1].tolist()
    return [letters[begin:stop].decode("utf-8", "surrogatepass") for begin, stop in pairwise(stops)]


def without_breaks(block: TokenIds) -> TokenIds:
    """Give the tokens of a block without the −1 that stand for breaks.

    Examples
    --------
    >>> without_breaks(english_ids(["heat, light"], breaks=True)).ids.tolist()
    [0, 1]
    """
    kept = block.ids != BREAK
    before = np.concatenate([[0], np.cumsum(kept)])
    return TokenIds(
        ids=block.ids[kept], offsets=before[block.offsets], words=block.words, first_new=block.first_new
    )


def _copy(words: Words) -> Words:
    return Words(
        place=words.place.copy(),
        key=words.key.copy(),
        key_of_word=words.key_of_word.copy(),
        start=words.start.copy(),
        letters=words.letters.copy(),
        number=words.number.copy(),
    )


@functools.lru_cache(maxsize=4)
def _kinds(letters: Letters, digits: Digits) -> NDArray[np.uint8]:
    """Say of each code point what it is to the kernel."""
    kinds = np.full(_TABLE, CUT, np.uint8)
    for code in range(_TABLE):
        character = chr(code)
        inside = character.isalpha() if letters == "unicode" or code < 0x80 else False
        if inside or (digits == "keep" and character.isdecimal() and (letters == "unicode" or code < 0x80)):
            kinds[code] = INSIDE
        elif character.isspace():
            kinds[code] = SPACE
    kinds[ord("-")] = HYPHEN
    return kinds
