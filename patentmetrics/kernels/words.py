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

# a word of so many bytes is its own key, so that no letter of it is compared; most words are as short
SHORT = 7
LONG = 1 << 57  # keys of longer words begin here
FIRST_HASH = 2166136261  # FNV-1a in 32 bits, which an int64 holds without overflow


class Words(NamedTuple):
    """Words in the order in which they came: word *i* is ``letters[start[i] : start[i + 1]]``."""

    place: NDArray[np.int32]  # (h) number of the word, or −1
    key: NDArray[np.int64]  # (h) its key, see `key_of`
    key_of_word: NDArray[np.int64]  # (w)
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
        key=np.zeros(places, np.int64),
        key_of_word=np.zeros(words, np.int64),
        start=np.zeros(words + 1, np.int64),
        letters=np.zeros(letters, np.uint8),
        number=np.zeros(1, np.int64),
    )


def with_room(words: Words, more_words: int, more_letters: int) -> Words:
    """Give a table with the same words and room for more: at least doubled, or the same if it has it.

    Examples
    --------
    >>> len(with_room(make_words(2, 8), 10, 20).key_of_word)
    10
    """
    number = int(words.number[0])
    used = int(words.start[number])
    room, bytes_ = len(words.key_of_word), len(words.letters)
    if number + more_words <= room and used + more_letters <= bytes_:
        return words
    grown = make_words(
        room if number + more_words <= room else max(2 * room, number + more_words),
        bytes_ if used + more_letters <= bytes_ else max(2 * bytes_, used + more_letters),
    )
    grown.key_of_word[:number] = words.key_of_word[:number]
    grown.start[: number + 1] = words.start[: number + 1]
    grown.letters[:used] = words.letters[:used]
    grown.number[0] = number
    place_again(grown.place, grown.key, grown.key_of_word, number)
    return grown


@kernel
def place_again(
    place: NDArray[np.int32], key: NDArray[np.int64], key_of_word: NDArray[np.int64], number: int
) -> None:
    """Fill an empty hash table with the first ``number`` words."""
    mask = len(place) - 1
    for word in range(number):
        at = scattered(key_of_word[word]) & mask
        while place[at] >= 0:
            at = (at + 1) & mask
        place[at] = word
        key[at] = key_of_word[word]


@kernel
def has_room(words: Words, more_words: int, more_letters: int) -> bool:
    """Say whether so many more words and bytes can be added."""
    number = int(words.number[0])
    used = int(words.start[number])
    return number + more_words <= len(words.key_of_word) and used + more_letters <= len(words.letters)


@kernel
def key_of(data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Give the key of the word ``data[begin:end]``: its bytes pushed together, of a long word a mixture.

    No letter is a zero byte, so two short words never have the same key.
    """
    key = 0
    for i in range(begin, min(end, begin + SHORT)):
        key = (key << 8) | int(data[i])
    if end - begin <= SHORT:
        return key
    h = FIRST_HASH
    for i in range(begin + SHORT, end):
        h = next_hash(h, int(data[i]))
    return long_key(key, h)


@kernel
def next_hash(h: int, byte: int) -> int:
    """Mix one more byte of a long word into its hash."""
    return ((h ^ byte) * 16777619) & 0xFFFFFFFF


@kernel
def long_key(key: int, h: int) -> int:
    """Give the key of a long word: that of its first bytes, and the hash of the others."""
    return (key ^ (h << 20)) | LONG


@kernel
def scattered(key: int) -> int:
    """Spread keys, the lower bits of the result most; no product leaves 63 bits."""
    h = ((key & 0x1FFFFFFF) * 2654435761) ^ ((key >> 29) * 2246822519)
    return int(h ^ (h >> 17) ^ (h >> 34))


@kernel
def number_of(words: Words, data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Give the number of the word ``data[begin:end]``, the next one if it is new."""
    key = key_of(data, begin, end)
    number = look_up(words.place, words.key, words.start, words.letters, key, data, begin, end)
    return number if number >= 0 else add_word(words, data, begin, end)


@kernel
def look_up(
    place: NDArray[np.int32],
    keys: NDArray[np.int64],
    start: NDArray[np.int64],
    letters: NDArray[np.uint8],
    key: int,
    data: NDArray[np.uint8],
    begin: int,
    end: int,
) -> int:
    """Give the number of the word ``data[begin:end]`` of this key, or −1.

    The arrays of a table one by one: to hand over the table would cost a loop as much as all else.
    """
    mask = np.uintp(len(place) - 1)
    at = np.uintp(scattered(key)) & mask
    while place[at] >= 0 and not (
        keys[at] == key and (key < LONG or is_spelled(start, letters, int(place[at]), data, begin, end))
    ):
        at = (at + np.uintp(1)) & mask
    return int(place[at])


@kernel
def add_word(words: Words, data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Put a new word into the table; give its number."""
    key = key_of(data, begin, end)
    mask = len(words.place) - 1
    at = scattered(key) & mask
    while words.place[at] >= 0:
        at = (at + 1) & mask
    word = words.number[0]
    words.place[at] = word
    words.key[at] = key
    words.key_of_word[word] = key
    start = words.start[word]
    for i in range(end - begin):
        words.letters[start + i] = data[begin + i]
    words.start[word + 1] = start + end - begin
    words.number[0] = word + 1
    return int(word)


@kernel
def is_spelled(
    start: NDArray[np.int64],
    letters: NDArray[np.uint8],
    word: int,
    data: NDArray[np.uint8],
    begin: int,
    end: int,
) -> bool:
    """Say whether a word of the table is ``data[begin:end]``."""
    first = start[word]
    if start[word + 1] - first != end - begin:
        return False
    for i in range(end - begin):  # noqa: SIM110 - a loop of machine code
        if letters[first + i] != data[begin + i]:
            return False
    return True


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
