"""One spelling for each character, before anything is segmented or compared."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import ColumnError
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import WITH_SURROGATES, Utf8, as_series, utf8_of
from patentmetrics.kernels.characters import (
    DEPENDS,
    LARGEST_GROWTH,
    UNCHANGED,
    Spellings,
    spell_documents,
)

# the planes with letters, signs and Han characters; what lies beyond goes the slow way
_TABLE = 0x30000
_LARGEST_BLOCK = 1 << 30  # bytes: the working memory is LARGEST_GROWTH times a block

# Hangul is composed by arithmetic, not by the table of decompositions
_HANGUL_SECONDS = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
_SIGMA = "\u03a3"  # the one letter whose lower case depends on where in a word it stands


def normalise(text: str) -> str:
    """Normalise text (文本规范化): Unicode NFKC, lower case, NFKC again, and nothing else.

    NFKC gives full-width letters and digits, ligatures and compatibility forms their plain spelling
    (``５Ｇ`` → ``5G``). White space inside a word stays: ``大 数据`` remains two pieces.
    Lower case is `str.lower`, not `str.casefold`: folding is for comparing keys and rewrites words
    (``ß`` → ``ss``, ``ς`` → ``σ``), while a vocabulary is shown to readers. The second NFKC joins what
    only lower case can join (J with a caron), so that normalising twice changes nothing.

    Parameters
    ----------
    text : str
        Any text; the empty string stays empty.

    Returns
    -------
    str
        May be shorter or longer than ``text``.

    Source: Unicode Standard Annex 15, Unicode Normalization Forms.

    Examples
    --------
    >>> normalise("５Ｇ Solar ﬁlm 太陽能")
    '5g solar film 太陽能'
    """
    lower = unicodedata.normalize("NFKC", text).lower()
    return lower if lower.isascii() else unicodedata.normalize("NFKC", lower)


def normalise_texts(texts: pl.Series) -> pl.Series:
    """Normalise many texts (批量文本规范化), each as `normalise` does, without a Python string for each.

    Parameters
    ----------
    texts : polars.Series of String
        A null stays null.

    Returns
    -------
    polars.Series of String
        As many, with the same name.

    Raises
    ------
    ColumnError
        The series is not of text.

    Examples
    --------
    >>> normalise_texts(pl.Series(["ＬｉＦｅＰＯ₄", None, "５０℃"])).to_list()
    ['lifepo4', None, '50°c']
    """
    if texts.dtype not in (pl.String, pl.Null):
        raise ColumnError("the series is not of text", where=texts.name or None, got=texts.dtype)
    texts = texts.cast(pl.String)
    size = int(texts.str.len_bytes().sum() or 0)
    if size > _LARGEST_BLOCK and len(texts) > 1:
        half = len(texts) // 2
        return normalise_texts(texts.head(half)).append(normalise_texts(texts.slice(half)))
    return _normalise_block(texts)


def _normalise_block(texts: pl.Series) -> pl.Series:
    spelled = as_series(normalise_utf8(utf8_of(texts), Room())).alias(texts.name)
    if texts.null_count():
        spelled = spelled.scatter(texts.is_null().arg_true(), None)
    return spelled


def normalise_utf8(texts: Utf8, room: Room) -> Utf8:
    """Normalise texts that are bytes (按字节规范化), each as `normalise` does.

    Parameters
    ----------
    texts : tuple of ndarray
        Bytes and where each text begins, see `patentmetrics.core.utf8.utf8_of`.
    room : Room
        Its arrays ``normalised`` and ``normalised offsets`` are used, and hold the result.

    Examples
    --------
    >>> data, offsets = normalise_utf8(utf8_of(["５Ｇ", "A"]), Room())
    >>> data.tobytes().decode(), offsets.tolist()
    ('5ga', [0, 2, 3])
    """
    data, offsets = texts
    documents = len(offsets) - 1
    out = room.array("normalised", LARGEST_GROWTH * int(offsets[-1] - offsets[0]), np.uint8)
    place = room.array("normalised offsets", documents + 1, np.int64)
    depends = np.zeros(documents, np.bool_)
    spell_documents(data, offsets, _spellings(), out, place, depends)
    if depends.any():
        return _with_the_rest(texts, (out, place), np.flatnonzero(depends).tolist())
    return out[: int(place[-1])], place


def _with_the_rest(texts: Utf8, spelled: Utf8, rows: Sequence[int]) -> Utf8:
    """Put between the normalised texts those that the kernel left empty."""
    (data, offsets), (out, place) = texts, spelled
    parts, sizes = [], np.diff(place)
    done = 0
    for row in rows:
        text = data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", WITH_SURROGATES)
        one = normalise(text).encode("utf-8", WITH_SURROGATES)
        parts += [out[done : int(place[row])], np.frombuffer(one, np.uint8)]
        sizes[row] = len(one)
        done = int(place[row])
    together: NDArray[np.uint8] = np.concatenate([*parts, out[done : int(place[-1])]])
    return together, np.concatenate([[0], np.cumsum(sizes)])


@functools.lru_cache(maxsize=1)
def _spellings() -> Spellings:
    """Tabulate `normalise` for single characters, from Python's own Unicode tables."""
    seconds = _composed_with_the_one_before()
    choice = np.zeros(_TABLE, np.int16)
    replacements: dict[str, int] = {}
    for code in range(0x80, _TABLE):
        character = chr(code)
        spelled = normalise(character) if not 0xD800 <= code < 0xE000 else ""
        if not (
            spelled
            and _stands_alone(character, seconds)
            and _stands_alone(spelled, seconds)
            and _SIGMA not in unicodedata.normalize("NFKC", character)
            and len(spelled.encode()) <= LARGEST_GROWTH * len(character.encode())
        ):
            choice[code] = DEPENDS
        elif spelled != character:
            choice[code] = replacements.setdefault(spelled, len(replacements) + 1)
        else:
            choice[code] = UNCHANGED
    letters = [one.encode() for one in replacements]
    start = np.zeros(len(letters) + 2, np.int32)
    start[2:] = np.cumsum([len(one) for one in letters])
    return Spellings(choice=choice, start=start, letters=np.frombuffer(b"".join(letters), np.uint8))


def _composed_with_the_one_before() -> frozenset[str]:
    """List the characters that can melt into the one before them."""
    seconds = {chr(code) for code in _HANGUL_SECONDS}
    for code in range(_TABLE):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    return frozenset(seconds)


def _stands_alone(text: str, seconds: frozenset[str]) -> bool:
    """Say whether a text neither joins nor changes places with what stands before it."""
    first = unicodedata.normalize("NFKD", text)[0]
    return not unicodedata.combining(first) and first not in seconds
