"""Tokens of alphabetic text over UTF-8 bytes: maximal runs of letters, as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.chunks import decode
from patentmetrics.kernels.words import Words, has_room, number_of

# b bytes, d documents, t tokens, c code points of the table

# what a character is: CUT is all that is none of the others
CUT, INSIDE, HYPHEN, SPACE = 0, 1, 2, 3

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
def end_of_run(data: NDArray[np.uint8], i: int, stop: int, kinds: NDArray[np.uint8]) -> int:
    """Give the byte where the characters of words that begin at byte ``i`` end."""
    while i < stop:
        if data[i] < 0x80:  # a tight loop for almost all there is
            if kinds[data[i]] != INSIDE:
                break
            i += 1
        else:
            kind, size = class_at(data, i, kinds)
            if kind != INSIDE:
                break
            i += size
    return i


@kernel
def goes_on(data: NDArray[np.uint8], i: int, stop: int, kinds: NDArray[np.uint8]) -> bool:
    """Say whether a hyphen at byte ``i`` joins the word before it to one after it."""
    if i + 1 >= stop or data[i] >= 0x80 or kinds[data[i]] != HYPHEN:
        return False
    kind, _ = class_at(data, i + 1, kinds)
    return kind == INSIDE


@kernel
def cut_words(
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
    t = int(token[first])
    for d in range(first, documents):
        i, stop = int(offset[d]), int(offset[d + 1])
        # of n bytes: n tokens at most, breaks included, and with both spellings of a compound 2n letters
        if not has_room(words, stop - i, 2 * (stop - i)):
            return d
        begin = t
        gap = False
        while i < stop:
            kind, size = class_at(data, i, kinds)
            if kind == INSIDE:
                if breaks and gap and t > begin:
                    ids[t] = BREAK
                    t += 1
                gap = False
                # here, not in a function of its own: handing the table on costs a third of the speed
                start, part = i, i
                while True:
                    i = end_of_run(data, i, stop, kinds)
                    more = goes_on(data, i, stop, kinds)
                    # with both spellings a word without a hyphen is written once, below
                    if hyphens == SPLIT or (hyphens == BOTH and (more or part > start)):
                        ids[t] = number_of(words, data, part, i)
                        t += 1
                    if not more:
                        break
                    i += 1
                    part = i
                if hyphens != SPLIT:
                    ids[t] = number_of(words, data, start, i)
                    t += 1
            else:
                gap = gap or kind != SPACE
                i += size
        token[d + 1] = t
    return documents
