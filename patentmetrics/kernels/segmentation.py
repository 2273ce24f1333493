"""The segmentation of jieba 0.42.1 (结巴分词), token by token the same, over UTF-8 bytes.

A text is cut at every character outside jieba's set, and each run of characters inside it becomes a graph
of the dictionary's words. The best route through the graph is found from the end: the largest sum of log
frequencies, of equal sums that with the longer word. Runs of single characters on that route are cut by a
hidden Markov model, or left as they are.

Every float64 sum has jieba's order, so that ties are ties here too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.chunks import (
    CHUNK,
    FIRST_SLOT,
    LACKING,
    LETTERS,
    OUTSIDE,
    Chunk,
    Lexicon,
    Model,
    fill_chunk,
    make_chunk,
)
from patentmetrics.kernels.trie import find
from patentmetrics.kernels.unknown_words import cut_runs
from patentmetrics.kernels.words import Words, add_word, key_of, look_up

# b bytes, d documents, t tokens; the other axes are those of `patentmetrics.kernels.chunks`


@kernel
def segment_documents(
    data: NDArray[np.uint8],  # (b) UTF-8; surrogates are three bytes like their neighbours
    offset: NDArray[np.int64],  # (d + 1) where documents begin in data
    first: int,
    lexicon: Lexicon,
    model: Model,
    use_model: bool,
    words: Words,
    ids: NDArray[np.int32],  # (t) out
    token: NDArray[np.int64],  # (d + 1) out: where documents begin in ids; token[first] is known
) -> int:
    """Segment documents from ``first`` on until there may be no room for the next; give its number."""
    documents = len(offset) - 1
    longest = 0
    for d in range(first, documents):
        longest = max(longest, int(offset[d + 1] - offset[d]))
    chunk = make_chunk(CHUNK + longest + 2)
    reading, place, t = first, int(offset[first]), int(token[first])
    full = False
    while reading < documents and not full:
        d = reading
        n, reading, place, full = fill_chunk(
            data, offset, reading, place, lexicon.symbol_of, words, len(ids) - t, chunk
        )
        find_pairs(lexicon, chunk, n)
        find_routes(lexicon, chunk, n)
        runs = list_runs(chunk, n, use_model)
        unknown = cut_runs(lexicon, model, chunk, runs) if use_model else join_runs(chunk, runs)
        name_tokens(data, lexicon, words, chunk, unknown)
        t = write_ids(chunk, n, d, reading, ids, token, t)
    return reading


@kernel
def find_pairs(lexicon: Lexicon, chunk: Chunk, n: int) -> None:
    """Find where the first two characters of a word lead: these loads need not wait for each other.

    A kernel of its own: in one with the next the compiler makes both slower.
    """
    entry = lexicon.entry
    symbol, second, pair = chunk.symbol, chunk.second, chunk.pair
    for i in range(n):
        slot = ((entry[1 + symbol[i]] >> 16) & 0xFFFFFF) + symbol[i + 1]
        node = entry[slot]
        second[i] = node if (node & 0xFFFF) == symbol[i + 1] else 0
        pair[i] = slot


@kernel
def find_routes(lexicon: Lexicon, chunk: Chunk, n: int) -> None:
    """Find the best word at each character and its length, the last character first."""
    entry, weight = lexicon.entry, lexicon.weight
    symbol, second, pair = chunk.symbol, chunk.second, chunk.pair
    route, token, size = chunk.route, chunk.token, chunk.length
    # Selections instead of branches, which would be guessed wrong. From one character to the next leads a sum
    # and the larger of two numbers; all else is ready before.
    next_route, next_but_one = 0.0, 0.0
    for i in range(n - 1, -1, -1):
        node = second[i]  # 0 is no word, and its weight −inf
        best = weight[(node >> 40) & 0x7FFFFF] + next_but_one
        length = np.int64(2)
        word = np.int64(pair[i])
        j = np.uintp(i + 2)  # unsigned: it is not asked whether it counts from the end
        slot = ((node >> 16) & 0xFFFFFF) + symbol[j]
        node = entry[slot]
        while (node & 0xFFFF) == symbol[j]:
            j += np.uintp(1)
            score = weight[(node >> 40) & 0x7FFFFF] + route[j]
            longer = score >= best  # of equal sums jieba takes that with the longer word
            best = score if longer else best
            length = np.int64(j) - i if longer else length
            word = slot if longer else word
            slot = ((node >> 16) & 0xFFFFFF) + symbol[j]
            node = entry[slot]
        letter = symbol[i]
        outside = letter == OUTSIDE
        number = (entry[1 + letter] >> 40) & 0x7FFFFF
        # outside of words −inf; a character that the dictionary lacks is a way only where no word begins
        alone = weight[number]
        alone = -np.inf if (number == LACKING) & (best > -np.inf) else alone
        best = 0.0 if outside else best
        score = alone + next_route
        next_but_one = next_route
        next_route = best if best > score else score
        route[i] = next_route
        is_word = (best >= score) & (not outside)
        size[i] = length if is_word else 1
        single = np.int64(token[i])  # read first: else this were a branch
        token[i] = FIRST_SLOT + word if is_word else single


@kernel
def list_runs(chunk: Chunk, n: int, use_model: bool) -> int:
    """List where the route goes through two or more single characters that are still to be cut or joined.

    With the model these are all characters inside words, without it ASCII letters and digits only.
    """
    symbol, length = chunk.symbol, chunk.length
    limit = OUTSIDE if use_model else LETTERS
    begin, stop = chunk.begin, chunk.stop
    runs = i = single = 0
    while i < n:
        step = length[i]
        inside = (step == 1) & (symbol[i] < limit)
        # written whether or not a run ends here: that could not be foreseen
        begin[runs] = i - single
        stop[runs] = i
        runs += int((not inside) & (single > 1))
        single = single + 1 if inside else 0
        i += step
    return runs


@kernel
def join_runs(chunk: Chunk, runs: int) -> int:
    """Make each run one token; give the number of tokens whose id is to be found."""
    for run in range(runs):
        chunk.length[chunk.begin[run]] = chunk.stop[run] - chunk.begin[run]
        chunk.unknown[run] = chunk.begin[run]
    return runs


@kernel
def name_tokens(data: NDArray[np.uint8], lexicon: Lexicon, words: Words, chunk: Chunk, unknown: int) -> None:
    """Give tokens that are no words of the route their ids: the slot if the trie has it, or a new word's."""
    entry, symbol, at, length = lexicon.entry, chunk.symbol, chunk.at, chunk.length
    place, keys, starts, letters = words.place, words.key, words.start, words.letters
    for u in range(unknown):
        i = chunk.unknown[u]
        slot = find(entry, symbol, i, i + length[i])
        if slot == 0:
            begin, stop = at[i], at[i + length[i]]
            key = key_of(data, begin, stop)
            word = look_up(place, keys, starts, letters, key, data, begin, stop)
            word = word if word >= 0 else add_word(words, data, begin, stop)
            slot = len(entry) + word
        chunk.token[i] = FIRST_SLOT + slot


@kernel
def write_ids(
    chunk: Chunk,
    n: int,
    d: int,
    reading: int,
    ids: NDArray[np.int32],
    token: NDArray[np.int64],
    t: int,
) -> int:
    """Write the ids of documents ``d`` to ``reading``, of the last one as far as the chunk goes."""
    length, known = chunk.length, chunk.token
    i = 0
    for e in range(reading - d + 1):
        stop = chunk.end[e] if e < reading - d else n
        while i < stop:
            ids[t] = known[i]
            t += 1
            i += length[i]
        if e < reading - d:
            token[d + e + 1] = t
            i += 1
    return t
