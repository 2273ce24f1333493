"""A growable table of words, which gives each new word the next number.

Words are runs of UTF-8 bytes; the table holds no Python object, so it is filled without the interpreter
lock. Kernels cannot make an array longer: before each document a caller makes sure of the room with
`has_room` and gets a longer table from `with_room`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# w words there is room for, l letters (bytes) there is room for, h places of the hash table (a power of 2)


class Words(NamedTuple):
    """Words in the order in which they came: word *i* is ``letters[start[i] : start[i + 1]]``."""

    place: NDArray[np.int32]  # (h) number of the word, or −1
    hashed: NDArray[np.int64]  # (w)
    start: NDArray[np.int64]  # (w + 1)
    letters: NDArray[np.uint8]  # (l)
    number: NDArray[np.int64]  # (1) how many there are


def make_words(words: int = 1024, letters: int = 8192) -> Words:
    """Make an empty table with room for so many words and bytes.

    Examples
    --------
    >>> int(make_words().number[0])
    0
    """
    places = 1 << max(4, int(2 * words - 1).bit_length())  # at most half full: searches stay short
    return Words(
        place=np.full(places, -1, np.int32),
        hashed=np.zeros(words, np.int64),
        start=np.zeros(words + 1, np.int64),
        letters=np.zeros(letters, np.uint8),
        number=np.zeros(1, np.int64),
    )


def with_room(words: Words, more_words: int, more_letters: int) -> Words:
    """Give a table with the same words and room for more: at least doubled, or the same if it has it.

    Examples
    --------
    >>> len(with_room(make_words(2, 8), 10, 20).hashed)
    10
    """
    number = int(words.number[0])
    used = int(words.start[number])
    room, bytes_ = len(words.hashed), len(words.letters)
    if number + more_words <= room and used + more_letters <= bytes_:
        return words
    grown = make_words(
        room if number + more_words <= room else max(2 * room, number + more_words),
        bytes_ if used + more_letters <= bytes_ else max(2 * bytes_, used + more_letters),
    )
    grown.hashed[:number] = words.hashed[:number]
    grown.start[: number + 1] = words.start[: number + 1]
    grown.letters[:used] = words.letters[:used]
    grown.number[0] = number
    place_again(grown.place, grown.hashed, number)
    return grown


@kernel
def place_again(place: NDArray[np.int32], hashed: NDArray[np.int64], number: int) -> None:
    """Fill an empty hash table with the first ``number`` words."""
    mask = len(place) - 1
    for word in range(number):
        at = hashed[word] & mask
        while place[at] >= 0:
            at = (at + 1) & mask
        place[at] = word


@kernel
def has_room(words: Words, more_words: int, more_letters: int) -> bool:
    """Say whether so many more words and bytes can be added."""
    number = int(words.number[0])
    used = int(words.start[number])
    return number + more_words <= len(words.hashed) and used + more_letters <= len(words.letters)


@kernel
def number_of(words: Words, data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Give the number of the word ``data[begin:end]``, the next one if it is new."""
    h = 2166136261  # FNV-1a in 32 bits, which an int64 holds without overflow
    for i in range(begin, end):
        h = ((h ^ int(data[i])) * 16777619) & 0xFFFFFFFF
    h ^= h >> 15
    size = end - begin
    place, start, letters = words.place, words.start, words.letters
    mask = len(place) - 1
    at = h & mask
    while place[at] >= 0:
        word = place[at]
        if words.hashed[word] == h and start[word + 1] - start[word] == size:
            same = True
            for i in range(size):
                if letters[start[word] + i] != data[begin + i]:
                    same = False
                    break
            if same:
                return int(word)
        at = (at + 1) & mask
    word = words.number[0]
    place[at] = word
    words.hashed[word] = h
    for i in range(size):
        letters[start[word] + i] = data[begin + i]
    start[word + 1] = start[word] + size
    words.number[0] = word + 1
    return int(word)


@kernel
def adopt(words: Words, more: Words, numbers: NDArray[np.int64]) -> None:
    """Add the words of another table, in its order; ``numbers`` (out) says what each is called here."""
    for word in range(more.number[0]):
        numbers[word] = number_of(words, more.letters, more.start[word], more.start[word + 1])


@kernel
def renumber(ids: NDArray[np.int32], first: int, numbers: NDArray[np.int64]) -> None:
    """Put ``first + numbers[i]`` in place of each id ``first + i``; smaller ids stay."""
    for i in range(len(ids)):
        if ids[i] >= first:
            ids[i] = first + numbers[ids[i] - first]
