"""One spelling for each character, over UTF-8 bytes: each character is copied or replaced by itself.

Which character is replaced by which bytes is a table (`patentmetrics.text.normalise` makes it). A document
with a character whose spelling depends on its neighbours is not written, and named to the caller.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.chunks import decode

# b bytes, d documents, c code points of the table, r replacements, l bytes of all replacements

UNCHANGED = 0
DEPENDS = -1  # on its neighbours
LARGEST_GROWTH = 3  # a replacement has at most so many times the bytes of its character


class Spellings(NamedTuple):
    """What each code point becomes: 0 itself, −1 it depends, else the number of its replacement."""

    choice: NDArray[np.int16]  # (c); code points beyond the table depend
    start: NDArray[np.int32]  # (r + 1) number k is letters[start[k]:start[k + 1]]; number 0 is not used
    letters: NDArray[np.uint8]  # (l)


@kernel
def spell_documents(  # noqa: C901, PLR0912 - one loop of machine code
    data: NDArray[np.uint8],  # (b)
    offset: NDArray[np.int64],  # (d + 1) where documents begin in data
    spellings: Spellings,
    out: NDArray[np.uint8],  # (LARGEST_GROWTH * b) out
    place: NDArray[np.int64],  # (d + 1) out: where documents begin in out
    depends: NDArray[np.bool_],  # (d) out: the document is left empty
) -> None:
    """Write each document in its one spelling."""
    choice, start, letters = spellings.choice, spellings.start, spellings.letters
    # unsigned: it is not asked whether an index counts from the end
    one, two, three, eight = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(8)
    at = np.uintp(0)
    place[0] = 0
    for d in range(len(offset) - 1):
        begin = at
        i, stop = np.uintp(offset[d]), np.uintp(offset[d + 1])
        while i < stop:
            first = data[i]
            if first < 0x80:
                # the table holds nothing else for ASCII, and this is many times as fast: eight at a time
                high = first
                if i + eight <= stop:
                    for j in range(8):
                        high |= data[i + np.uintp(j)]
                if i + eight <= stop and high < 0x80:
                    for j in range(8):
                        byte = data[i + np.uintp(j)]
                        out[at + np.uintp(j)] = byte + 32 if 65 <= byte <= 90 else byte
                    at += eight
                    i += eight
                else:
                    out[at] = first + 32 if 65 <= first <= 90 else first
                    at += one
                    i += one
                continue
            code, size = decode(data, int(i))
            chosen = choice[code] if code < len(choice) else DEPENDS
            if chosen == UNCHANGED:
                out[at] = first
                out[at + one] = data[i + one]
                if size > 2:
                    out[at + two] = data[i + two]
                if size > 3:
                    out[at + three] = data[i + three]
                at += np.uintp(size)
            elif chosen > 0:
                for j in range(start[chosen], start[chosen + 1]):
                    out[at] = letters[j]
                    at += one
            else:
                depends[d] = True
                at = begin
                break
            i += np.uintp(size)
        place[d + 1] = at
