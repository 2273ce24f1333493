"""A dictionary as a double-array trie: the words that begin at a place are found step by step.

A letter is a small number, its *symbol*; a node is a place, its *slot*, in one array. The child of a node
by a symbol stands at slot ``base of the node + symbol``, where the symbol is written again as a check: no
two nodes have the same base, so the check suffices, and a node can move without its children.
The root's base is 1 and it has a child by every symbol; a node without children has base 0, where no check
holds (slot *s* is there the root's child by symbol *s* − 1).

An entry is one int64: symbol in the lowest 16 bits, base in the next 24, number of the weight above.

Source: Aoe 1989, An efficient digital search algorithm by using a double-array structure,
doi:10.1109/32.31365.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# s slots, a symbols of the alphabet, w words, l letters of all words, n nodes, g letters to spell

FREE = 0xFFFF  # the check of an empty slot; no symbol has this number
KEPT_FREE = 0xFFFE  # the check of one that stays empty: the root's child by what is no symbol
MOST_SLOTS = 1 << 24
MOST_WEIGHTS = 1 << 23


@kernel
def find(entry: NDArray[np.int64], symbols: NDArray[np.integer], start: int, stop: int) -> int:
    """Give the slot of the node that spells ``symbols[start:stop]``, or 0."""
    node = 1 + int(symbols[start])
    for i in range(start + 1, stop):
        node = ((entry[node] >> 16) & 0xFFFFFF) + symbols[i]
        if (entry[node] & 0xFFFF) != symbols[i]:
            return 0
    return int(node)


@kernel
def list_nodes(
    symbols: NDArray[np.int32],  # (l) letters of the words, which are sorted and distinct
    offset: NDArray[np.int64],  # (w + 1)
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """List the nodes of the trie, level by level: symbol, first child, children, word or −1.

    Words need only be sorted so that those with a common beginning stand together, the shortest first.
    """
    most = len(symbols) + 1
    low = np.empty(most, np.int32)
    high = np.empty(most, np.int32)
    depth = np.empty(most, np.int32)
    symbol = np.full(most, -1, np.int32)
    first = np.zeros(most, np.int32)
    children = np.zeros(most, np.int32)
    word = np.full(most, -1, np.int32)
    low[0], high[0], depth[0] = 0, len(offset) - 1, 0
    nodes = 1
    node = 0
    while node < nodes:
        i = low[node]
        at = depth[node]
        if at > 0 and offset[i] + at == offset[i + 1]:
            word[node] = i
            i += 1
        first[node] = nodes
        while i < high[node]:
            letter = symbols[offset[i] + at]
            symbol[nodes], low[nodes], depth[nodes] = letter, i, at + 1
            while i < high[node] and symbols[offset[i] + at] == letter:
                i += 1
            high[nodes] = i
            nodes += 1
        children[node] = nodes - first[node]
        node += 1
    return symbol[:nodes], first[:nodes], children[:nodes], word[:nodes]


@kernel
def place_nodes(
    symbol: NDArray[np.int32],  # (n)
    first: NDArray[np.int32],  # (n)
    children: NDArray[np.int32],  # (n)
    order: NDArray[np.int64],  # inner nodes but the root; those with many children first
    alphabet: int,
    slots: int,
) -> NDArray[np.int32]:
    """Choose the base of each node, first fit; an empty array when ``slots`` are too few."""
    base = np.zeros(len(symbol), np.int32)
    used = np.zeros(slots, np.uint8)
    following = np.arange(slots + 1).astype(np.int32)  # toward the next free slot, shortened in passing
    for slot in range(alphabet + 2):
        following[slot] = alphabet + 2
    base[0] = 1
    size, begin = 0, alphabet + 2
    for node in order:
        if children[node] != size:
            size, begin = children[node], alphabet + 2
        letters = np.sort(symbol[first[node] : first[node] + size])
        slot = begin
        while True:
            slot = next_free(following, slot)
            start = slot - letters[0]
            if start + alphabet >= slots:
                return base[:0]
            fits = start > 1 and used[start] == 0
            for c in range(1, size):
                if not fits:
                    break
                fits = following[start + letters[c]] == start + letters[c]
            if fits:
                break
            slot += 1
        base[node] = start
        used[start] = 1
        for c in range(size):
            following[start + letters[c]] = start + letters[c] + 1
        # what did not fit for so many children will hardly fit for as many others
        begin = slot
    return base


@kernel
def next_free(following: NDArray[np.int32], slot: int) -> int:
    """Give the first free slot from ``slot`` on, and halve the way there for the next search."""
    while following[slot] != slot:
        following[slot] = following[following[slot]]
        slot = following[slot]
    return slot


@kernel
def insert(
    entry: NDArray[np.int64],  # (s) in and out; free slots at the end
    used: NDArray[np.uint8],  # (s) in and out: 1 where a node has this base
    rover: NDArray[np.int64],  # (1) in and out: where to look for free slots
    symbols: NDArray[np.int32],  # (l)
    start: int,
    stop: int,
    alphabet: int,
) -> int:
    """Give the slot of the word ``symbols[start:stop]``, made where it is not there; −1 without room."""
    node = 1 + int(symbols[start])
    letters = np.empty(alphabet + 1, np.int32)
    for i in range(start + 1, stop):
        letter = symbols[i]
        base = (entry[node] >> 16) & 0xFFFFFF
        slot = base + letter
        if base == 0 or ((entry[slot] & 0xFFFF) != letter and (entry[slot] & 0xFFFF) != FREE):
            size = 0
            if base:
                for c in range(alphabet):
                    if (entry[base + c] & 0xFFFF) == c:
                        letters[size] = c
                        size += 1
            letters[size] = letter
            new = free_base(entry, used, rover, letters, size + 1, alphabet)
            if new < 0:
                return -1
            for c in range(size):
                entry[new + letters[c]] = entry[base + letters[c]]
                entry[base + letters[c]] = FREE
            used[base] = 0
            used[new] = 1
            entry[node] = (entry[node] & ~(np.int64(0xFFFFFF) << 16)) | (new << 16)
            slot = new + letter
        if (entry[slot] & 0xFFFF) == FREE:
            entry[slot] = letter
        node = slot
    return int(node)


@kernel
def free_base(
    entry: NDArray[np.int64],  # (s)
    used: NDArray[np.uint8],  # (s)
    rover: NDArray[np.int64],  # (1) in and out
    letters: NDArray[np.int32],
    size: int,
    alphabet: int,
) -> int:
    """Find a base with free slots for ``letters[:size]`` from the rover on, or −1."""
    start = int(rover[0])
    while start + alphabet < len(entry):
        fits = used[start] == 0
        for c in range(size):
            if not fits:
                break
            fits = (entry[start + letters[c]] & 0xFFFF) == FREE
        if fits:
            return start
        start += 1
        if size == 1:
            rover[0] = start
    return -1


@kernel
def spell(
    entry: NDArray[np.int64],  # (s)
    wanted: NDArray[np.int64],  # slots
    parent: NDArray[np.int32],  # (s) the node that has this slot as its base, or 0
    offset: NDArray[np.int64],  # (wanted + 1) out
    symbols: NDArray[np.int32],  # (g) out, where it is long enough
) -> int:
    """Spell the words of slots, from their last letter up to the root; give how many letters they have."""
    letters = 0
    for w in range(len(wanted)):
        begin = letters
        node = wanted[w]
        while node != 0:
            symbol = entry[node] & 0xFFFF
            if letters < len(symbols):
                symbols[letters] = symbol
            letters += 1
            node = parent[node - symbol]
        if letters <= len(symbols):
            symbols[begin:letters] = symbols[begin:letters][::-1].copy()
        offset[w + 1] = letters
    return letters
