"""Phrases over tokens that are numbers: pairs of neighbours, and listed terms of several tokens.

A pair of numbers gets the next number of a growable table, as words do in `patentmetrics.kernels.words`.
The same table is the trie of the listed terms: a pair there is a node and the token that leads on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# p pairs there is room for, h places of the hash table (a power of 2), d documents, t tokens, n nodes

DROPPED = -1  # no term: a phrase does not reach across it
PASSED = -2  # white space: a phrase does


class Pairs(NamedTuple):
    """Pairs of numbers in the order in which they came."""

    place: NDArray[np.int32]  # (h) number of the pair, or −1
    key: NDArray[np.int64]  # (p) first << 32 | second
    number: NDArray[np.int64]  # (1) how many there are


def make_pairs(pairs: int = 1024) -> Pairs:
    """Make an empty table with room for so many pairs.

    Examples
    --------
    >>> int(make_pairs().number[0])
    0
    """
    places = 1 << max(4, int(2 * pairs - 1).bit_length())  # at most half full: searches stay short
    return Pairs(
        place=np.full(places, -1, np.int32), key=np.zeros(pairs, np.int64), number=np.zeros(1, np.int64)
    )


def pairs_with_room(pairs: Pairs, more: int) -> Pairs:
    """Give a table with the same pairs and room for more: at least doubled, or the same if it has it.

    Examples
    --------
    >>> len(pairs_with_room(make_pairs(2), 10).key)
    10
    """
    number = int(pairs.number[0])
    if number + more <= len(pairs.key):
        return pairs
    grown = make_pairs(max(2 * len(pairs.key), number + more))
    grown.key[:number] = pairs.key[:number]
    grown.number[0] = number
    place_pairs(grown)
    return grown


@kernel
def mixed(key: int) -> int:
    """Spread the bits of a key; factors below 2**31, so that no product of 32 bits leaves an int64."""
    low = key & 0xFFFFFFFF
    high = (key >> 32) & 0x7FFFFFFF
    h = ((low * 0x27D4EB2F) & 0xFFFFFFFF) ^ ((high * 0x165667B1) & 0xFFFFFFFF)
    h ^= h >> 15
    h = (h * 0x2C1B3C6D) & 0xFFFFFFFF
    return h ^ (h >> 13)


@kernel
def place_pairs(pairs: Pairs) -> None:
    """Fill the empty hash table of pairs that are there."""
    mask = len(pairs.place) - 1
    for pair in range(pairs.number[0]):
        at = mixed(pairs.key[pair]) & mask
        while pairs.place[at] >= 0:
            at = (at + 1) & mask
        pairs.place[at] = pair


@kernel
def find_pair(pairs: Pairs, first: int, second: int) -> int:
    """Give the number of a pair, or −1."""
    key = (int(first) << 32) | int(second)
    mask = len(pairs.place) - 1
    at = mixed(key) & mask
    while pairs.place[at] >= 0:
        pair = pairs.place[at]
        if pairs.key[pair] == key:
            return int(pair)
        at = (at + 1) & mask
    return -1


@kernel
def number_of_pair(pairs: Pairs, first: int, second: int) -> int:
    """Give the number of a pair, the next one if it is new; there must be room."""
    key = (int(first) << 32) | int(second)
    mask = len(pairs.place) - 1
    at = mixed(key) & mask
    while pairs.place[at] >= 0:
        pair = pairs.place[at]
        if pairs.key[pair] == key:
            return int(pair)
        at = (at + 1) & mask
    pair = pairs.number[0]
    pairs.place[at] = pair
    pairs.key[pair] = key
    pairs.number[0] = pair + 1
    return int(pair)


@kernel
def adopt_pairs(pairs: Pairs, more: Pairs, numbers: NDArray[np.int64]) -> None:
    """Add the pairs of another table, in its order; ``numbers`` (out) says what each is called here."""
    for pair in range(more.number[0]):
        key = more.key[pair]
        numbers[pair] = number_of_pair(pairs, key >> 32, key & 0xFFFFFFFF)


@kernel
def add_pairs(
    ids: NDArray[np.int32],  # (t)
    offset: NDArray[np.int64],  # (d + 1) where documents begin in ids
    first: int,
    term: NDArray[np.int32],  # of each id its term, or DROPPED or PASSED; of a negative id, DROPPED
    first_pair: int,
    pairs: Pairs,
    out: NDArray[np.int32],  # (2 t) out
    place: NDArray[np.int64],  # (d + 1) out: where documents begin in out; place[first] is known
) -> int:
    """Write terms, and after each the pair it makes with the one before; documents as long as there is room.

    Pairs are numbered from ``first_pair`` on. Gives the number of the next document.
    """
    documents = len(offset) - 1
    at = place[first]
    for d in range(first, documents):
        if pairs.number[0] + offset[d + 1] - offset[d] > len(pairs.key):
            return d
        before = DROPPED
        for t in range(offset[d], offset[d + 1]):
            now = term[ids[t]] if ids[t] >= 0 else DROPPED
            if now == PASSED:
                continue
            if now >= 0:
                out[at] = now
                at += 1
                if before >= 0:
                    out[at] = first_pair + number_of_pair(pairs, before, now)
                    at += 1
            before = now
        place[d + 1] = at
    return documents


@kernel
def join_listed(
    ids: NDArray[np.int32],  # (t)
    offset: NDArray[np.int64],  # (d + 1) where documents begin in ids
    trie: Pairs,
    listed: NDArray[np.int32],  # (n + 1) of each node the id of the term that ends there, or −1; root first
    out: NDArray[np.int32],  # (t) out
    place: NDArray[np.int64],  # (d + 1) out: where documents begin in out
) -> None:
    """Put the id of a listed term in place of its tokens: from the left, of several the longest."""
    at = 0
    place[0] = 0
    for d in range(len(offset) - 1):
        t, stop = offset[d], offset[d + 1]
        while t < stop:
            found, after = ids[t], t + 1
            node, u = 0, t
            while u < stop and ids[u] >= 0:
                # a pair's number plus one is the node it leads to
                node = find_pair(trie, node, ids[u]) + 1
                if node == 0:
                    break
                u += 1
                if listed[node] >= 0:
                    found, after = listed[node], u
            out[at] = found
            at += 1
            t = after
        place[d + 1] = at
