"""Many terms looked for at once in many documents: a byte trie behind a filter of pairs of characters.

A term can only begin where its first two characters stand together. Few pairs of characters of a text
are such, so one bit for each pair sends most places away, and the trie is walked at the rest only. Text is
UTF-8, and a place is the beginning of a character, so a hit never begins inside one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.trie import FREE, KEPT_FREE, MOST_SLOTS, list_nodes, place_nodes

# b bytes, d documents, w terms, s slots of the trie, h hits

ALPHABET = 256  # the symbols of the trie are bytes
LEFT = 1  # edges: no ASCII letter or digit may stand before the term
RIGHT = 2  # nor behind it
CHARACTERS = 1 << 20  # numbers of characters, see `read_character`
_FEWEST_BITS, _MOST_BITS = 13, 20
_BITS_A_TERM = 32


class Automaton(NamedTuple):
    """Terms made ready by `make_automaton`."""

    entry: NDArray[np.int64]  # (s) see kernels.trie; the weight is the number of the term + 1
    pairs: NDArray[np.uint8]  # bits of the hashed pairs of characters that terms begin with
    single: NDArray[np.uint8]  # bits of the characters that are terms; empty when none is
    length: NDArray[np.int64]  # (w) bytes
    edges: NDArray[np.uint8]  # (w) LEFT, RIGHT, both or 0


def make_automaton(terms: Sequence[str], *, edges: Sequence[int] | None = None) -> Automaton:
    """Make terms ready to be looked for.

    Parameters
    ----------
    terms : sequence of str
        Distinct and not empty, spelled as the text is: nothing is normalised here. None at all will do.
    edges : sequence of int, optional
        For each term 0, `LEFT`, `RIGHT` or their sum; by default 0.

    Raises
    ------
    ValueError
        A term is empty or occurs twice, or they are too many for the trie.

    Examples
    --------
    >>> make_automaton(["大数据", "5g"]).length.tolist()
    [9, 2]
    """
    written = [term.encode("utf-8", "surrogatepass") for term in terms]
    if not all(written) or len(set(written)) < len(written):
        raise ValueError("terms must be distinct and not empty")
    order = sorted(range(len(written)), key=written.__getitem__)
    letters = np.frombuffer(b"".join(written[i] for i in order), np.uint8)
    length = np.array([len(one) for one in written], np.int64)
    offset = np.concatenate([[0], np.cumsum(length[order])]).astype(np.int64)
    entry = _compiled(letters.astype(np.int32), offset, np.array(order, np.int64))
    bits = min(max(_FEWEST_BITS, (_BITS_A_TERM * len(written)).bit_length()), _MOST_BITS)
    pairs = np.zeros(1 << (bits - 3), np.uint8)
    single = np.zeros(CHARACTERS >> 3 if any(len(term) == 1 for term in terms) else 0, np.uint8)
    for term, spelled in zip(terms, written, strict=True):
        data = np.frombuffer(spelled, np.uint8)
        first, size = read_character(data, 0)
        if len(term) == 1:
            single[first >> 3] |= 1 << (first & 7)
        else:
            bit = pair_bit(first, read_character(data, size)[0], 8 * len(pairs) - 1)
            pairs[bit >> 3] |= 1 << (bit & 7)
    return Automaton(
        entry=entry,
        pairs=pairs,
        single=single,
        length=length,
        edges=np.array(edges if edges is not None else [0] * len(written), np.uint8),
    )


def _compiled(
    letters: NDArray[np.int32], offset: NDArray[np.int64], number: NDArray[np.int64]
) -> NDArray[np.int64]:
    symbol, first, children, word = list_nodes(letters, offset)
    order = np.argsort(-children, kind="stable")
    order = order[(children[order] > 0) & (order > 0)]
    slots = 2 * len(symbol) + 4 * ALPHABET
    while not len(base := place_nodes(symbol, first, children, order, ALPHABET, slots)):
        slots *= 2
        if slots > MOST_SLOTS:
            raise ValueError("the terms are too many for the trie")
    weight = np.zeros(len(symbol), np.int64)
    weight[word >= 0] = number[word[word >= 0]] + 1
    # a base and any byte lead to a slot
    entry = np.full(int(base.max()) + ALPHABET + 2, FREE, np.int64)
    entry[1 : ALPHABET + 1] = np.arange(ALPHABET)
    entry[ALPHABET + 1] = KEPT_FREE
    parent = np.repeat(np.arange(len(symbol)), children)  # of the nodes but the root, level by level
    entry[base[parent] + symbol[1:]] = symbol[1:] | (base[1:].astype(np.int64) << 16) | (weight[1:] << 40)
    return entry


@kernel
def is_word_byte(c: int) -> bool:
    """Say whether a byte is an ASCII letter or digit."""
    return (48 <= c <= 57) or (65 <= c <= 90) or (97 <= c <= 122)


@kernel
def longer(values: NDArray[np.int64], more: int) -> NDArray[np.int64]:
    """Give the same values in an array with twice the room, and room for ``more``."""
    grown = np.empty(2 * len(values) + more, np.int64)
    grown[: len(values)] = values
    return grown


@kernel
def read_character(data: NDArray[np.uint8], i: int) -> tuple[int, int]:
    """Give a number that stands for the character at byte ``i``, below 2²⁰, and its bytes.

    Characters below U+10000 have different numbers; it is the bytes pushed together, for decoding costs more.
    """
    lead = np.int64(data[i])
    if 0xE0 <= lead < 0xF0:
        return int((lead << 12) ^ (np.int64(data[i + 1]) << 6) ^ np.int64(data[i + 2])), 3
    if lead < 0x80:
        return int(lead), 1
    if lead < 0xE0:
        return int((lead << 6) ^ np.int64(data[i + 1])), 2
    code = ((lead << 12) ^ (np.int64(data[i + 1]) << 6) ^ np.int64(data[i + 2])) << 3
    return int((code ^ np.int64(data[i + 3])) & (CHARACTERS - 1)), 4


@kernel
def pair_bit(before: int, code: int, mask: int) -> int:
    """Give the bit of a pair of characters."""
    # 2²⁰ · 40503 · 2²⁶ stays below 2⁶³, in Python as in machine code
    return (((before * 40503 + code) * 41439749) >> 28) & mask


@kernel
def next_likely(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    before: int,
    at: int,
    pairs: NDArray[np.uint8],
    single: NDArray[np.uint8],
) -> tuple[int, int, int, int]:
    """Go on to where a term may begin: its byte or −1; byte, number and size of the character behind.

    ``before`` is the character at ``at``, the one at ``i`` follows. Nothing else happens in this loop, which
    nearly all of the time goes to.
    """
    mask = 8 * len(pairs) - 1
    has_single = len(single) > 0
    while True:
        code, size = read_character(data, i) if i < stop else (0, 0)
        bit = pair_bit(before, code, mask)
        if (pairs[bit >> 3] >> (bit & 7)) & 1:
            return at, i, code, size
        if has_single and (single[before >> 3] >> (before & 7)) & 1:
            return at, i, code, size
        if i >= stop:
            return -1, i, code, size
        before, at = code, i
        i += size


@kernel
def find_terms(
    data: NDArray[np.uint8],  # (b) UTF-8
    offset: NDArray[np.int64],  # (d + 1)
    automaton: Automaton,
    longest: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find all hits: where each document's begin, shape (d + 1); term and byte in ``data`` of each, (h).

    ``longest``: at each place the longest term that begins there is hit, and the search goes on behind it.
    Else each term is looked for by itself, as `str.count` does: its own hits do not overlap. Hits stand in
    the order of their places, the shorter first. A hit does not count where an edge of its term is not free.
    """
    entry, pairs, single = automaton.entry, automaton.pairs, automaton.single
    free_from = np.zeros(len(automaton.length), np.int64)  # a term's own hits do not overlap
    first = np.zeros(len(offset), np.int64)
    term = np.empty(1024, np.int64)
    place = np.empty(1024, np.int64)
    most = int(np.max(automaton.length)) if len(automaton.length) else 0
    hits = 0
    for d in range(len(offset) - 1):
        begin, stop = offset[d], offset[d + 1]
        i = begin
        while i < stop:
            at = i
            before, size = read_character(data, at)
            i += size
            while True:
                at, i, before, size = next_likely(data, i, stop, before, at, pairs, single)
                if at < 0:
                    i = stop
                    break
                if len(term) < hits + most:
                    term, place = longer(term, most), longer(place, most)
                more, end = walk(
                    data, begin, at, stop, entry, automaton.edges, longest, free_from, term, place, hits
                )
                hits += more
                if longest and more and end > i:
                    i = end  # as at the beginning of a text
                    break
                if i >= stop:
                    break
                at = i
                i += size
        first[d + 1] = hits
    return first, term[:hits].copy(), place[:hits].copy()


@kernel
def walk(
    data: NDArray[np.uint8],
    begin: int,
    at: int,
    stop: int,
    entry: NDArray[np.int64],
    edges: NDArray[np.uint8],
    longest: bool,
    free_from: NDArray[np.int64],  # (w) in and out
    term: NDArray[np.int64],  # out, from ``hits`` on
    place: NDArray[np.int64],  # out
    hits: int,
) -> tuple[int, int]:
    """Note the terms that begin at ``at``: how many, and where the last of them ends."""
    node = 1 + np.int64(data[at])
    k = at + 1
    more, end = 0, at
    while True:
        here = entry[node]
        one = (here >> 40) - 1
        if one >= 0 and (longest or at >= free_from[one]):
            edge = edges[one]
            taken = (edge & LEFT and at > begin and is_word_byte(data[at - 1])) or (
                edge & RIGHT and k < stop and is_word_byte(data[k])
            )
            if not taken:
                free_from[one] = k
                end = k
                if not longest:
                    more += 1
                term[hits + max(more - 1, 0)] = one
                place[hits + max(more - 1, 0)] = at
        if k >= stop:
            break
        letter = np.int64(data[k])
        node = ((here >> 16) & 0xFFFFFF) + letter
        if (entry[node] & 0xFFFF) != letter:
            break
        k += 1
    return (int(end > at) if longest else more), end


@kernel
def count_terms(
    first: NDArray[np.int64],  # (d + 1) from find_terms
    term: NDArray[np.int64],  # (h)
    terms: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count the hits of each term in each document: where each document's counts begin; term, count.

    The terms of a document stand in their order; those without a hit are left out.
    """
    counts = np.zeros(terms, np.int64)
    begin = np.zeros(len(first), np.int64)
    found = np.empty(len(term), np.int64)
    count = np.empty(len(term), np.int64)
    n = 0
    for d in range(len(first) - 1):
        start = n
        for h in range(first[d], first[d + 1]):
            one = term[h]
            if counts[one] == 0:
                found[n] = one
                n += 1
            counts[one] += 1
        found[start:n].sort()
        for i in range(start, n):
            count[i] = counts[found[i]]
            counts[found[i]] = 0
        begin[d + 1] = n
    return begin, found[:n].copy(), count[:n].copy()
