"""Tokens of alphabetic text over UTF-8 bytes: maximal runs of letters, as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.chunks import decode
from patentmetrics.kernels.words import (
    FIRST_HASH,
    SHORT,
    Words,
    add_word,
    has_room,
    key_of,
    long_key,
    look_up,
    next_hash,
)

# An index that is unsigned (np.uintp) is not asked whether it counts from the end: a third of the time here.
# b bytes, d documents, t tokens, c code points of the table

# what a character is: CUT is all that is none of the others
CUT, INSIDE, HYPHEN, SPACE = 0, 1, 2, 3
BEYOND = 4  # of a byte: it belongs to a character that is not ASCII

# what a hyphen between two characters of words does
SPLIT, KEEP, BOTH = 0, 1, 2

BREAK = -1  # stands for what lies between two tokens, where that is more than space


@kernel
def class_at(data: NDArray[np.uint8], i: int, kinds: NDArray[np.uint8]) -> tuple[int, int]:
    """Give what the character at byte ``i`` is, and how many bytes it has."""
    if data[i] < 0x80:
        return int(kinds[data[i]]), 1
    code, size = decode(data, i)
    return (int(kinds[code]) if code < len(kinds) else CUT), size


@kernel
def goes_on(data: NDArray[np.uint8], i: int, stop: int, kinds: NDArray[np.uint8]) -> bool:
    """Say whether a hyphen at byte ``i`` joins the word before it to one after it."""
    if i + 1 >= stop or data[i] >= 0x80 or kinds[data[i]] != HYPHEN:
        return False
    kind, _ = class_at(data, i + 1, kinds)
    return kind == INSIDE


@kernel
def cut_words(  # noqa: C901, PLR0912, PLR0915 - one loop of machine code
    data: NDArray[np.uint8],  # (b)
    offset: NDArray[np.int64],  # (d + 1) where documents begin in data
    first: int,
    kinds: NDArray[np.uint8],  # (c) of code points; those beyond the table cut; a hyphen is ASCII
    hyphens: int,
    breaks: bool,
    words: Words,
    ids: NDArray[np.int32],  # (t) out
    token: NDArray[np.int64],  # (d + 1) out: where documents begin in ids; token[first] is known
) -> int:
    """Cut documents from ``first`` on until there may be no room for the next; give its number."""
    documents = len(offset) - 1
    place, keys, starts, letters = words.place, words.key, words.start, words.letters
    of_byte = np.full(256, BEYOND, np.uint8)
    of_byte[:128] = kinds[:128]
    t = int(token[first])
    for d in range(first, documents):
        i, stop = int(offset[d]), int(offset[d + 1])
        # of n bytes: n tokens at most, breaks included, and with both spellings of a compound 2n letters
        if not has_room(words, stop - i, 2 * (stop - i)):
            return d
        begin = t
        gap = False
        while i < stop:
            kind = of_byte[data[np.uintp(i)]]
            if kind == BEYOND:
                code, size = class_at(data, i, kinds)
                if code != INSIDE:
                    gap = gap or code != SPACE
                    i += size
                    continue
            elif kind != INSIDE:
                gap = gap or kind != SPACE
                i += 1
                continue
            if breaks and gap and t > begin:
                ids[np.uintp(t)] = BREAK
                t += 1
            gap = False
            start, part = i, i
            while True:
                # its key is made while the end of the word is looked for
                key = 0
                until = min(stop, i + SHORT)
                while i < until:
                    byte = data[np.uintp(i)]
                    if of_byte[byte] != INSIDE:
                        break
                    key = (key << 8) | int(byte)
                    i += 1
                if i == part + SHORT and i < stop and of_byte[data[np.uintp(i)]] == INSIDE:
                    h = FIRST_HASH
                    while i < stop:
                        byte = data[np.uintp(i)]
                        if of_byte[byte] != INSIDE:
                            break
                        h = next_hash(h, int(byte))
                        i += 1
                    key = long_key(key, h)
                if i < stop and of_byte[data[np.uintp(i)]] == BEYOND:
                    while i < stop:
                        code, size = class_at(data, i, kinds)
                        if code != INSIDE:
                            break
                        i += size
                    key = key_of(data, part, i)
                more = i < stop and of_byte[data[np.uintp(i)]] == HYPHEN and goes_on(data, i, stop, kinds)
                # with both spellings a word without a hyphen is written once
                takes_part = hyphens == SPLIT or (hyphens == BOTH and (more or part > start))
                takes_whole = hyphens != SPLIT and not more
                for whole in range(0 if takes_part else 1, 2 if takes_whole else 1):
                    first_byte = part
                    if whole and part > start:
                        first_byte = start
                        key = key_of(data, start, i)
                    word = look_up(place, keys, starts, letters, key, data, first_byte, i)
                    ids[np.uintp(t)] = word if word >= 0 else add_word(words, data, first_byte, i)
                    t += 1
                if not more:
                    break
                i += 1
                part = i
        token[d + 1] = t
    return documents
