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
from patentmetrics.kernels.words import Words, number_of

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
        find_routes(lexicon, chunk, n)
        runs = list_runs(chunk, n, use_model)
        unknown = cut_runs(lexicon, model, chunk, runs) if use_model else join_runs(chunk, runs)
        name_tokens(data, lexicon, words, chunk, unknown)
        t = write_ids(lexicon.entry, chunk, n, d, reading, ids, token, t)
    return reading


@kernel
def find_routes(lexicon: Lexicon, chunk: Chunk, n: int) -> None:
    """Find the length of the best word at each character, the last character first."""
    entry, weight = lexicon.entry, lexicon.weight
    symbol, second, route = chunk.symbol, chunk.second, chunk.route
    # all second steps first: these loads need not wait for each other
    for i in range(n):
        node = entry[((entry[1 + symbol[i]] >> 16) & 0xFFFFFF) + symbol[i + 1]]
        second[i] = node if (node & 0xFFFF) == symbol[i + 1] else 0
    next_route, next_but_one = 0.0, 0.0
    for i in range(n - 1, -1, -1):
        # 0 is no word, and its weight −inf; selections instead of branches, which would be guessed wrong
        node = second[i]
        best = weight[(node >> 40) & 0x7FFFFF] + next_but_one
        length = 2
        j = i + 2
        node = entry[((node >> 16) & 0xFFFFFF) + symbol[j]]
        while (node & 0xFFFF) == symbol[j]:
            j += 1
            score = weight[(node >> 40) & 0x7FFFFF] + route[j]
            longer = score >= best  # of equal sums jieba takes that with the longer word
            best = score if longer else best
            length = j - i if longer else length
            node = entry[((node >> 16) & 0xFFFFFF) + symbol[j]]
        alone = (entry[1 + symbol[i]] >> 40) & 0x7FFFFF
        score = weight[alone] + next_route
        # a character that the dictionary lacks is a way only where no word begins
        longer = (best >= score) | ((alone == LACKING) & (best > -np.inf))
        best = best if longer else score
        length = length if longer else 1
        next_but_one = next_route
        next_route = best if symbol[i] != OUTSIDE else 0.0
        route[i] = next_route
        chunk.length[i] = length if symbol[i] != OUTSIDE else 1


@kernel
def list_runs(chunk: Chunk, n: int, use_model: bool) -> int:
    """List where the route goes through two or more single characters that are still to be cut or joined.

    With the model these are all characters inside words, without it ASCII letters and digits only.
    """
    symbol, length = chunk.symbol, chunk.length
    limit = OUTSIDE if use_model else LETTERS
    runs = i = single = 0
    while i < n:
        step = length[i]
        inside = step == 1 and symbol[i] < limit
        if not inside and single > 1:
            chunk.begin[runs] = i - single
            chunk.stop[runs] = i
            runs += 1
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
    for u in range(unknown):
        i = chunk.unknown[u]
        j = i + chunk.length[i]
        slot = find(lexicon.entry, chunk.symbol, i, j)
        if slot == 0:
            slot = len(lexicon.entry) + number_of(words, data, chunk.at[i], chunk.at[j])
        chunk.token[i] = FIRST_SLOT + slot


@kernel
def write_ids(
    entry: NDArray[np.int64],
    chunk: Chunk,
    n: int,
    d: int,
    reading: int,
    ids: NDArray[np.int32],
    token: NDArray[np.int64],
    t: int,
) -> int:
    """Write the ids of documents ``d`` to ``reading``, of the last one as far as the chunk goes."""
    symbol = chunk.symbol
    i = 0
    for e in range(reading - d + 1):
        stop = chunk.end[e] if e < reading - d else n
        while i < stop:
            length = chunk.length[i]
            known = chunk.token[i]
            slot = ((entry[1 + symbol[i]] >> 16) & 0xFFFFFF) + symbol[i + 1]
            if length > 2 and known < FIRST_SLOT:
                for j in range(i + 2, i + length):
                    slot = ((entry[slot] >> 16) & 0xFFFFFF) + symbol[j]
            ids[t] = known if length == 1 or known >= FIRST_SLOT else FIRST_SLOT + slot
            t += 1
            i += length
        if e < reading - d:
            token[d + e + 1] = t
            i += 1
    return t
