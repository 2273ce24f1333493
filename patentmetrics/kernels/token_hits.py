"""Hits of terms among tokens, and the sizes of texts: characters and sentences, over UTF-8 bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel
from patentmetrics.kernels.automaton import longer

# b bytes, d documents, t tokens, i ids with a meaning of their own, n new words, h hits, s sentences

# what is known of an id: bit 0, whether it is a word; 20 bits, its bytes; above them, its term + 1
BYTES_AT, TERM_AT = 1, 21
MOST_BYTES = (1 << (TERM_AT - BYTES_AT)) - 1
UNKNOWN, ASKED = 0, -1


@kernel
def list_unknown(ids: NDArray[np.int32], about: NDArray[np.int64]) -> NDArray[np.int64]:
    """List the ids that nothing is known of yet, each once, and mark them as asked for."""
    found = np.empty(256, np.int64)
    n = 0
    for t in range(len(ids)):
        one = ids[t]
        if one < len(about) and about[one] == UNKNOWN:
            about[one] = ASKED
            if n == len(found):
                found = longer(found, 0)
            found[n] = one
            n += 1
    return found[:n].copy()


@kernel
def find_token_hits(
    ids: NDArray[np.int32],  # (t)
    token: NDArray[np.int64],  # (d + 1) where documents begin in ids
    offset: NDArray[np.int64],  # (d + 1) where they begin in bytes
    about: NDArray[np.int64],  # (i) see above; the ids behind are new words
    start: NDArray[np.int64],  # (n + 1) where new words begin in their letters
    is_word: NDArray[np.bool_],  # (n) of new words
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the tokens that are terms, as `find_terms` gives hits, and count the words of each document.

    The tokens of a document joined are its text, so a token begins where the one before it ends.
    """
    documents = len(token) - 1
    first = np.zeros(documents + 1, np.int64)
    words = np.zeros(documents, np.int64)
    term = np.empty(1024, np.int64)
    place = np.empty(1024, np.int64)
    hits = 0
    for d in range(documents):
        at = offset[d]
        found = 0
        for t in range(token[d], token[d + 1]):
            new = ids[t] - len(about)
            if new < 0:
                known = about[ids[t]]
                found += known & 1
                if known >> TERM_AT:
                    if hits == len(term):
                        term, place = longer(term, 0), longer(place, 0)
                    term[hits] = (known >> TERM_AT) - 1
                    place[hits] = at
                    hits += 1
                at += (known >> BYTES_AT) & MOST_BYTES
            else:
                found += is_word[new]
                at += start[new + 1] - start[new]
        words[d] = found
        first[d + 1] = hits
    return first, term[:hits].copy(), place[:hits].copy(), words


@kernel
def list_sentences(  # noqa: C901 - one loop of machine code
    data: NDArray[np.uint8],  # (b) UTF-8, normalised
    offset: NDArray[np.int64],  # (d + 1)
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count each document's characters that are not white space, and list where its sentences stop.

    Gives the characters, (d); where each document's sentences begin in the list, (d + 1); the byte behind
    each sentence, (s). A sentence ends at 。 ! ? ; … at a line break, at three full stops, and at a full stop
    before white space. What holds no character but white space is no sentence.
    """
    documents = len(offset) - 1
    characters = np.zeros(documents, np.int64)
    first = np.zeros(documents + 1, np.int64)
    stops = np.empty(1024, np.int64)
    n = 0
    for d in range(documents):
        i, stop = offset[d], offset[d + 1]
        seen = pending = 0
        while i < stop:
            lead = np.int64(data[i])
            if 0xE4 <= lead < 0xEF:  # most Han characters: neither white space nor an end
                seen, pending, i = seen + 1, pending + 1, i + 3
                continue
            if lead < 0x80:
                code, i = lead, i + 1
            elif lead < 0xE0:
                code, i = ((lead & 0x1F) << 6) | (data[i + 1] & 0x3F), i + 2
            elif lead < 0xF0:
                code = ((lead & 0xF) << 12) | ((data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F)
                i += 3
            else:
                code, i = np.int64(0x10000), i + 4
            visible = not is_space(int(code))
            seen += visible
            pending += visible
            if pending and ends_sentence(data, int(code), i, stop):
                if n == len(stops):
                    stops = longer(stops, 0)
                stops[n] = i
                n += 1
                pending = 0
        if pending:
            if n == len(stops):
                stops = longer(stops, 0)
            stops[n] = stop
            n += 1
        characters[d] = seen
        first[d + 1] = n
    return characters, first, stops[:n].copy()


@kernel
def ends_sentence(data: NDArray[np.uint8], code: int, i: int, stop: int) -> bool:
    """Say whether a character, the byte behind which is ``i``, ends a sentence."""
    if code in (0x3002, 10, 13, 33, 59, 63):
        return True
    if code == 46:
        if i == stop or data[i] == 32 or 9 <= data[i] <= 13:
            return True
        return i + 1 < stop and data[i] == 46 and data[i + 1] == 46
    return code == 0x2026


@kernel
def is_space(code: int) -> bool:
    """Say what `str.isspace` says of a character below U+10000; none above is white space."""
    if code < 0x80:
        return code == 32 or 9 <= code <= 13 or 28 <= code <= 31
    if code < 0x2000:
        return code in (0x85, 0xA0, 0x1680)
    return code <= 0x200A or code in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@kernel
def step_back(
    data: NDArray[np.uint8], offset: NDArray[np.int64], document: NDArray[np.int64], width: int,
    place: NDArray[np.int64], end: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Give the bytes so many characters before ``place`` and behind ``end`` of hits, within their texts."""
    before = np.empty(len(place), np.int64)
    behind = np.empty(len(place), np.int64)
    for h in range(len(place)):
        i, least, most = place[h], offset[document[h]], offset[document[h] + 1]
        for _ in range(width):
            if i == least:
                break
            i -= 1
            while data[i] & 0xC0 == 0x80:
                i -= 1
        before[h] = i
        i = end[h]
        for _ in range(width):
            if i == most:
                break
            i += 1
            while i < most and data[i] & 0xC0 == 0x80:
                i += 1
        behind[h] = i
    return before, behind


@kernel
def characters_before(
    data: NDArray[np.uint8], offset: NDArray[np.int64], first: NDArray[np.int64], place: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give, for hits in the order of their places, how many characters of their document stand before."""
    number = np.empty(len(place), np.int64)
    for d in range(len(offset) - 1):
        i = offset[d]
        characters = 0
        for h in range(first[d], first[d + 1]):
            while i < place[h]:
                characters += (data[i] & 0xC0) != 0x80
                i += 1
            number[h] = characters
    return number
