"""Text in chunks for segmentation: UTF-8 decoded to symbols, and what is found out about each character."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.words import Words, has_room

# a symbols of the alphabet, s slots of the trie, f distinct frequencies, b bytes, d documents, t tokens,
# c characters of a chunk

# a chunk stays in the first cache; it ends at the end of a document or where jieba cuts
CHUNK = 1024

# symbols: the digits, the other ASCII letters, these two, the other ASCII signs inside words, Han characters
DIGITS = 10
LETTERS = 62
POINT = 62
PERCENT = 63
HAN = 69
OUTSIDE = HAN + 0x9FD5 - 0x4E00 + 1  # a character at which jieba always cuts; and how many do not

# ids of tokens: a code point for a single character; then slots of the trie, that of the root for the line
# end \r\n, which no word can be; then new words
FIRST_SLOT = 0x110000

# numbers of weights: no word; a character that the dictionary lacks
NO_WORD = 0
LACKING = 1


class Lexicon(NamedTuple):
    """A dictionary: see `patentmetrics.kernels.trie` for the entries."""

    entry: NDArray[np.int64]  # (s)
    weight: NDArray[np.float64]  # (f) log frequency − log total; −inf for no word
    symbol_of: NDArray[np.uint16]  # (65536) of a code point
    code_of: NDArray[np.uint16]  # (a + 1) code point of a symbol
    split: NDArray[np.uint8]  # (s) 1: never a token of the hidden Markov model; or empty


class Model(NamedTuple):
    """The hidden Markov model, states in the order B, E, M, S."""

    start: NDArray[np.float64]  # (4)
    move: NDArray[np.float64]  # (4, 4) from, to
    emit: NDArray[np.float64]  # (a, 4)


class Chunk(NamedTuple):
    """Room for consecutive characters; the last one, and one after each document, is outside of words."""

    symbol: NDArray[np.uint16]  # (c + 2)
    token: NDArray[np.int32]  # (c) id of the character, or that of a token that is no word of the route
    at: NDArray[np.int64]  # (c) byte at which the character begins
    second: NDArray[np.int64]  # (c) entry where two steps from the root lead
    pair: NDArray[np.int32]  # (c) and its slot, if it is a node
    route: NDArray[np.float64]  # (c + 1) largest sum from here to the next cut
    length: NDArray[np.int32]  # (c) characters of the token that begins here
    end: NDArray[np.int64]  # (c) where documents end
    begin: NDArray[np.int64]  # (c) where runs without a word begin
    stop: NDArray[np.int64]  # (c) where they end
    unknown: NDArray[np.int64]  # (c) where tokens begin that are no words of the route
    state: NDArray[np.uint8]  # (c)


@kernel
def make_chunk(size: int) -> Chunk:
    """Make room for so many characters."""
    return Chunk(
        np.empty(size + 2, np.uint16),
        np.empty(size, np.int32),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int32),
        np.empty(size, np.float64),
        np.empty(size, np.int32),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.uint8),
    )


@kernel
def fill_chunk(
    data: NDArray[np.uint8],
    offset: NDArray[np.int64],
    reading: int,
    place: int,
    symbol_of: NDArray[np.uint16],
    words: Words,
    room: int,
    chunk: Chunk,
) -> tuple[int, int, int, bool]:
    """Decode characters from byte ``place`` of document ``reading`` on.

    Gives how many there are, the document and the byte to go on with, and whether there may be no room
    for its tokens.
    """
    symbol, code_at, at = chunk.symbol, chunk.token, chunk.at
    begin, i, n, ends = place, place, 0, 0
    full = False
    while reading < len(offset) - 1 and n < CHUNK:
        stop = offset[reading + 1]
        if i == offset[reading]:
            # a token has a byte or more, a new word two
            need = stop - begin
            if need > room or not has_room(words, need // 2, need):
                full = True
                break
        while i < stop:
            code, size = decode(data, i)
            letter = int(symbol_of[np.uintp(code)]) if size < 4 else OUTSIDE
            if code == 13 and i + 1 < stop and data[i + 1] == 10:
                code, size = FIRST_SLOT, 2
            symbol[n] = letter
            code_at[n] = code
            at[n] = i
            n += 1
            i += size
            if n >= CHUNK and letter == OUTSIDE:
                break
        if i == stop:
            symbol[n] = OUTSIDE
            at[n] = i
            chunk.end[ends] = n
            n += 1
            ends += 1
            reading += 1
    symbol[n] = OUTSIDE
    symbol[n + 1] = OUTSIDE
    return n, reading, i, full


@kernel
def decode(data: NDArray[np.uint8], i: int) -> tuple[int, int]:
    """Give the code point that begins at byte ``i``, and how many bytes it has."""
    # unsigned: it is not asked whether an index counts from the end
    at = np.uintp(i)
    first = int(data[at])
    if first < 0x80:
        return first, 1
    second = int(data[at + np.uintp(1)]) & 0x3F
    if first < 0xE0:
        return ((first & 0x1F) << 6) | second, 2
    third = int(data[at + np.uintp(2)]) & 0x3F
    if first < 0xF0:
        return ((first & 0x0F) << 12) | (second << 6) | third, 3
    fourth = int(data[at + np.uintp(3)]) & 0x3F
    return ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth, 4
