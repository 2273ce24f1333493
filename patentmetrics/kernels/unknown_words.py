"""Words that the dictionary lacks (未登录词): jieba's finalseg, a hidden Markov model for Han characters.

Its states are begin, end, middle and single (BEMS). What is no Han character is cut by a rule.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.chunks import DIGITS, HAN, LETTERS, NO_WORD, PERCENT, POINT, Chunk, Lexicon, Model
from patentmetrics.kernels.trie import find


@kernel
def cut_runs(lexicon: Lexicon, model: Model, chunk: Chunk, runs: int) -> int:
    """Cut runs as jieba's finalseg: Han characters by the model, ``letters(.digits)(%)``, other signs.

    A run that is a word all the same, less probable than its characters, stays as these characters.
    """
    symbol, length, unknown = chunk.symbol, chunk.length, chunk.unknown
    tokens = 0
    for run in range(runs):
        i, stop = chunk.begin[run], chunk.stop[run]
        slot = find(lexicon.entry, symbol, i, stop)
        if slot != 0 and (lexicon.entry[slot] >> 40) != NO_WORD:
            continue
        while i < stop:
            if symbol[i] >= HAN:
                j = i + 1
                while j < stop and symbol[j] >= HAN:
                    j += 1
                if j - i > 1:
                    tokens = cut_han(lexicon, model, chunk, i, j, tokens)
                i = j
                continue
            j = end_of_ascii(symbol, i, stop)
            if j - i > 1:
                length[i] = j - i
                unknown[tokens] = i
                tokens += 1
            i = j
    return tokens


@kernel
def end_of_ascii(symbol: NDArray[np.uint16], i: int, stop: int) -> int:
    """Give the end of the ASCII token at ``i``: ``letters(.digits)(%)``, or signs up to the next letter."""
    if symbol[i] >= LETTERS:
        while i < stop and LETTERS <= symbol[i] < HAN:
            i += 1
        return i
    while i < stop and symbol[i] < LETTERS:
        i += 1
    if i + 1 < stop and symbol[i] == POINT and symbol[i + 1] < DIGITS:
        i += 2
        while i < stop and symbol[i] < DIGITS:
            i += 1
    return i + 1 if i < stop and symbol[i] == PERCENT else i


@kernel
def cut_han(lexicon: Lexicon, model: Model, chunk: Chunk, begin: int, stop: int, tokens: int) -> int:
    """Cut Han characters by the most probable states (Viterbi); of equal ones the later letter wins."""
    symbol, state = chunk.symbol, chunk.state
    move, emit = model.move, model.emit
    be, bm, eb, es = move[0, 1], move[0, 2], move[1, 0], move[1, 3]
    me, mm, sb, ss = move[2, 1], move[2, 2], move[3, 0], move[3, 3]
    c = symbol[begin]
    b, e = model.start[0] + emit[c, 0], model.start[1] + emit[c, 1]
    m, s = model.start[2] + emit[c, 2], model.start[3] + emit[c, 3]
    for i in range(begin + 1, stop):
        c = symbol[i]
        b_s, b_e = s + sb + emit[c, 0], e + eb + emit[c, 0]
        e_m, e_b = m + me + emit[c, 1], b + be + emit[c, 1]
        m_m, m_b = m + mm + emit[c, 2], b + bm + emit[c, 2]
        s_s, s_e = s + ss + emit[c, 3], e + es + emit[c, 3]
        state[i] = (b_s >= b_e) | ((e_m >= e_b) << 1) | ((m_m >= m_b) << 2) | ((s_s >= s_e) << 3)
        b = b_s if b_s >= b_e else b_e
        e = e_m if e_m >= e_b else e_b
        m = m_m if m_m >= m_b else m_b
        s = s_s if s_s >= s_e else s_e
    last = 3 if s >= e else 1
    for i in range(stop - 1, begin, -1):
        later = (state[i] >> last) & 1
        state[i] = last
        # begin and single follow end or single; middle and end follow begin or middle
        after_end = last in (0, 3)
        last = (3 if after_end else 2) if later else (1 if after_end else 0)
    state[begin] = last
    start = begin
    for i in range(begin, stop):
        if state[i] == 0:
            start = i
        elif state[i] == 1 and i > start:
            if len(lexicon.split) and lexicon.split[find(lexicon.entry, symbol, start, i + 1)]:
                continue  # a word that must be split stays as its characters
            chunk.length[start] = i + 1 - start
            chunk.unknown[tokens] = start
            tokens += 1
    return tokens
