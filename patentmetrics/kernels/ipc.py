"""Classification symbols of the IPC and CPC: from bytes of UTF-8 to numbers that sort as the symbols do.

A symbol is one integer of 52 bits: section (5 bits), class (7), subclass (5), main group (14), subgroup (21).
A part that is absent is 0, so a symbol stands before all that lies below it, and what a pattern covers is
an interval. The subgroup has six places to base 11, a digit *d* written as *d* + 1: its digits are decimals,
042 comes between 04 and 05.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patentmetrics.kernels._jit import kernel

# b bytes, t texts, s symbols

SUBCLASS_BITS = 35  # below the subclass
GROUP_BITS = 21  # below the main group
PLACES = 6  # digits of a subgroup, at most

# what was found about a piece of text; the first two are symbols
VALID = 0
REPAIRED = 1  # the letter O stood for the digit 0
NOT_A_SYMBOL = 2
BAD_SECTION = 3
NO_SUBCLASS = 4
NO_SLASH = 5
SHORT_SUBGROUP = 6
ZERO = 7
FOLLOWED = 8
LOCARNO = 9
LONG = 10
EMPTY = 11

# plain characters: ASCII in upper case, and these
_OTHER = 1  # neither ASCII, nor what NFKC makes ASCII
_BREAK = 59  # ; and whatever else divides a list
_SPACE = 32
_SLASH = 47
_HYPHEN = 45
_O = 79
# what a plain character can be
_DIGIT = 1  # a digit, or the letter O that stands for one
_NUMERAL = 2
_LETTER = 4
_SECTION = 8  # A to H of the IPC, Y of the CPC
_BEHIND = 16  # may stand behind a subclass
_IN_SQUARE = 32  # may stand in [2006.01], beside breaks
_AHEAD = 8  # breaks behind a text, so that one may look ahead


def _plain_characters() -> NDArray[np.uint8]:
    plain = np.full(1 << 16, _OTHER, np.uint8)
    plain[32:127] = np.frombuffer("".join(map(chr, range(32, 127))).upper().encode(), np.uint8)
    for spaces in ([0xA0, 0x202F, 0x205F, 0x3000, 0xFEFF], range(0x2000, 0x200C)):
        plain[list(spaces)] = _SPACE
    plain[[0x2044, 0x2215]] = _SLASH  # fraction and division slash
    plain[[*range(0x2010, 0x2016), 0x2212]] = _HYPHEN  # hyphens, dashes, minus
    plain[[*b",|\n\r\t", 0x3001]] = _BREAK
    plain[0xFF01:0xFF5F] = plain[0x21:0x7F]  # full-width forms
    return plain


def _kinds() -> NDArray[np.uint8]:
    kind = np.zeros(256, np.uint8)
    for characters, what in (
        (b"0123456789O", _DIGIT | _BEHIND),
        (b"0123456789", _NUMERAL | _IN_SQUARE),
        (b".IVX", _IN_SQUARE),
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTER),
        (b"ABCDEFGHY", _SECTION),
        (b" ;(-[", _BEHIND),
    ):
        kind[list(characters)] |= what
    return kind


PLAIN = _plain_characters()  # by code point
KIND = _kinds()  # by plain character


@kernel
def fill_plain(
    data: NDArray[np.uint8], i: int, stop: int, text: NDArray[np.uint8], at: NDArray[np.int64]
) -> int:
    """Write the plain characters of a text and the byte of each; gives how many, breaks behind them."""
    n = 0
    while i < stop:
        first = np.int64(data[i])
        at[n] = i
        if first < 0x80:
            text[n] = PLAIN[first]
            i += 1
        elif first < 0xE0:
            text[n] = PLAIN[((first & 0x1F) << 6) | (np.int64(data[i + 1]) & 0x3F)]
            i += 2
        elif first < 0xF0:
            middle = (np.int64(data[i + 1]) & 0x3F) << 6
            text[n] = PLAIN[((first & 0x0F) << 12) | middle | (np.int64(data[i + 2]) & 0x3F)]
            i += 3
        else:
            text[n] = _OTHER
            i += 4
        n += 1
    for k in range(_AHEAD):
        text[n + k] = _BREAK
        at[n + k] = stop
    return n


@kernel
def is_kind(text: NDArray[np.uint8], p: int, kind: int) -> bool:
    """Say whether the plain character at ``p`` is of one of the kinds."""
    return bool(KIND[text[p]] & kind)


@kernel
def skip(text: NDArray[np.uint8], p: int, kind: int) -> int:
    """Give the next place that is not of one of the kinds."""
    while KIND[text[p]] & kind:
        p += 1
    return p


@kernel
def skip_spaces(text: NDArray[np.uint8], p: int) -> int:
    """Give the next place that is no space."""
    while text[p] == _SPACE:
        p += 1
    return p


@kernel
def begins_symbol(text: NDArray[np.uint8], p: int) -> bool:
    """Say whether a symbol seems to begin here: G06F or G 06 F; ``text`` ends with breaks."""
    if not is_kind(text, p, _SECTION):
        return False
    p = skip_spaces(text, p + 1)
    # one after the other: behind a break the text may end
    if not (is_kind(text, p, _DIGIT) and is_kind(text, p + 1, _DIGIT)):
        return False
    p = skip_spaces(text, p + 2)
    return is_kind(text, p, _LETTER) and is_kind(text, p + 1, _BEHIND)


@kernel
def skip_mark(text: NDArray[np.uint8], p: int) -> int:
    """Give the place behind a version, level or status, as in (2006.01)I, [8] or 20060101AFI; or ``p``."""
    s = skip_spaces(text, p)
    if text[s] == 40:
        end = skip_round(text, s)
    elif text[s] == 91:
        end = skip_square(text, s)
    elif s > p and skip(text, s, _NUMERAL) - s == 8:
        return skip_date(text, s + 8)
    else:
        return p
    if end < 0:
        return p
    q = skip_spaces(text, end)
    if q > end and begins_symbol(text, q):
        return end
    letters = skip(text, q, _LETTER)
    return letters if letters > q else end


@kernel
def skip_round(text: NDArray[np.uint8], s: int) -> int:
    """Give the place behind (2006.01) or (2006), or −1."""
    q = skip(text, s + 1, _NUMERAL)
    if q - s != 5:
        return -1
    if text[q] == 46 and skip(text, q + 1, _NUMERAL) - q == 3:
        q += 3
    return q + 1 if text[q] == 41 else -1


@kernel
def skip_square(text: NDArray[np.uint8], s: int) -> int:
    """Give the place behind [2006.01] or [7,8], or −1."""
    q = skip(text, s + 1, _IN_SQUARE)
    while text[q] == _BREAK and is_kind(text, q + 1, _NUMERAL):
        q = skip(text, q + 1, _IN_SQUARE)
    return q + 1 if text[q] == 93 else -1


@kernel
def skip_date(text: NDArray[np.uint8], q: int) -> int:
    """Give the place behind the rest of the 50 characters of WIPO standard ST.8, from its first date on."""
    while True:
        q = skip(text, q, _LETTER | _NUMERAL)
        s = skip_spaces(text, q)
        if s == q or begins_symbol(text, s) or not is_kind(text, s, _LETTER | _NUMERAL):
            return q
        q = s


@kernel
def number(text: NDArray[np.uint8], p: int, stop: int) -> int:
    """Give the number that digits are; the letter O is 0."""
    value = 0
    for i in range(p, stop):
        value = value * 10 + (0 if text[i] == _O else int(np.int64(text[i]) - 48))
    return value


@kernel
def places(text: NDArray[np.uint8], p: int, stop: int) -> int:
    """Give the subgroup that digits are, see the head of this module; the letter O is 0."""
    value = 0
    for i in range(PLACES):
        value *= 11
        if p + i < stop:
            value += 1 if text[p + i] == _O else int(np.int64(text[p + i]) - 47)
    return value


@kernel
def count_o(text: NDArray[np.uint8], p: int, stop: int) -> int:
    """Count the letters O."""
    found = 0
    for i in range(p, stop):
        found += text[i] == _O
    return found


@kernel
def read_subclass(text: NDArray[np.uint8], p: int) -> tuple[int, int, int, int]:
    """Read section, class and subclass: status, number, letters O for 0, place behind."""
    if not is_kind(text, p, _LETTER):
        if (
            skip(text, p, _NUMERAL) - p == 2
            and text[p + 2] == _HYPHEN
            and skip(text, p + 3, _NUMERAL) - p == 5
        ):
            return LOCARNO, -1, 0, p
        return NOT_A_SYMBOL, -1, 0, p
    section = np.int64(text[p]) - 64
    is_section = is_kind(text, p, _SECTION)
    p = skip_spaces(text, p + 1)
    if not (is_kind(text, p, _DIGIT) and is_kind(text, p + 1, _DIGIT)) or count_o(text, p, p + 2) == 2:
        return NOT_A_SYMBOL, -1, 0, p
    if not is_section:
        return BAD_SECTION, -1, 0, p
    letters_o = count_o(text, p, p + 2)
    class_ = number(text, p, p + 2)
    p = skip_spaces(text, p + 2)
    if not is_kind(text, p, _LETTER):
        return (NO_SUBCLASS if text[p] == _BREAK else NOT_A_SYMBOL), -1, 0, p
    code = (section << 47) | (class_ << 40) | ((np.int64(text[p]) - 64) << SUBCLASS_BITS)
    return (ZERO if class_ == 0 else VALID), int(code), letters_o, p + 1


@kernel
def read_groups(text: NDArray[np.uint8], p: int) -> tuple[int, int, int, int]:
    """Read main group and subgroup behind a subclass: status, number, letters O for 0, place behind."""
    q = skip_spaces(text, p)
    if text[q] == _HYPHEN and q == p and is_kind(text, q + 1, _DIGIT):  # H04L-012/28
        q += 1
    # a letter O begins a number only beside a digit
    if not is_kind(text, q, _NUMERAL) and not (text[q] == _O and is_kind(text, q + 1, _DIGIT)):
        return VALID, 0, 0, p
    r = skip(text, q, _DIGIT)
    s = skip_spaces(text, r)
    if text[s] == _SLASH:
        return read_slash_form(text, q, r, skip_spaces(text, s + 1))
    if r - q == 10:
        return read_padded_form(text, q)
    if r - q <= 3 or (r - q == 4 and number(text, q, q + 1) == 0):
        group = number(text, q, r)
        return (ZERO if group == 0 else VALID), group << GROUP_BITS, count_o(text, q, r), r
    if r - q == 8 and q > p:  # a date of version behind the subclass
        return VALID, 0, 0, p
    return NO_SLASH, -1, 0, r


@kernel
def read_slash_form(text: NDArray[np.uint8], q: int, r: int, s: int) -> tuple[int, int, int, int]:
    """Read the main group from ``q`` to ``r``, and the subgroup behind the slash, from ``s`` on."""
    t = skip(text, s, _DIGIT)
    if r - q > 8 or number(text, q, r) > 9999 or t - s > PLACES:
        return LONG, -1, 0, t
    if t - s == 1:
        return SHORT_SUBGROUP, -1, 0, t
    group = number(text, q, r)
    code = (group << GROUP_BITS) | places(text, s, t)
    return (ZERO if group == 0 else VALID), code, count_o(text, q, r) + count_o(text, s, t), t


@kernel
def read_padded_form(text: NDArray[np.uint8], q: int) -> tuple[int, int, int, int]:
    """Read four digits of the main group and six of the subgroup, which may end with padding."""
    last = q + 10
    while last > q + 6 and number(text, last - 1, last) == 0:
        last -= 1
    group = number(text, q, q + 4)
    code = (group << GROUP_BITS) | places(text, q + 4, last)
    return (ZERO if group == 0 else VALID), code, count_o(text, q, q + 10), q + 10


@kernel
def read_piece(text: NDArray[np.uint8], p: int, n: int, single: bool) -> tuple[int, int, int]:
    """Read what begins at ``p``: status, symbol or −1, place behind it."""
    what, code, letters_o, q = read_subclass(text, p)
    if code >= 0:
        below, groups, more_o, q = read_groups(text, q)
        what = max(what, below)
        code |= groups
        if what == VALID:
            q = skip_mark(text, q)
            s = skip_spaces(text, q)
            alone = s >= n if single else text[s] == _BREAK or (s > q and begins_symbol(text, s))
            if alone:
                return (REPAIRED if letters_o + more_o else VALID), code, min(q, n)
            what = FOLLOWED
    # what cannot be read ends where the next symbol may begin
    q = max(q, p + 1)
    while q < n and (single or not (text[q] == _BREAK or (text[q - 1] == _SPACE and begins_symbol(text, q)))):
        q += 1
    return what, -1, min(q, n)


@kernel
def read_texts(
    data: NDArray[np.uint8],  # (b)
    offset: NDArray[np.int64],  # (t + 1)
    single: bool,
    row: NDArray[np.int32],  # (room) out: text of each piece
    symbol: NDArray[np.int64],  # (room) out: −1 where the piece is no symbol
    status: NDArray[np.uint8],  # (room) out
    begin: NDArray[np.int64],  # (room) out: bytes of each piece
    end: NDArray[np.int64],  # (room) out
) -> int:
    """Read the symbols of texts, in their order; ``single``: each text is one piece, empty or not.

    There must be room for ``pieces_at_most``; gives how many pieces there are.
    """
    longest = np.max(np.diff(offset)) if len(offset) > 1 else 0
    text = np.empty(longest + _AHEAD, np.uint8)
    at = np.empty(longest + _AHEAD, np.int64)
    found = 0
    for t in range(len(offset) - 1):
        n = fill_plain(data, offset[t], offset[t + 1], text, at)
        p = 0
        while True:
            while p < n and (text[p] == _SPACE or (text[p] == _BREAK and not single)):
                p += 1
            if p < n:
                status[found], symbol[found], q = read_piece(text, p, n, single)
            elif single:
                status[found], symbol[found], q = EMPTY, -1, n
            else:
                break
            row[found] = t
            begin[found] = at[p]
            last = q
            while last > p + 1 and text[last - 1] == _SPACE:
                last -= 1
            end[found] = at[last]
            found += 1
            p = q
            if single:
                break
    return found


@kernel
def pieces_at_most(data: NDArray[np.uint8], offset: NDArray[np.int64], single: bool) -> int:
    """Give how many pieces texts have at most: one more than places where one can end."""
    texts = len(offset) - 1
    if single:
        return texts
    most = texts
    for i in range(offset[0], offset[texts]):
        # blanks and dividers, in ASCII or as the last byte of another character
        most += data[i] <= 0x20 or data[i] >= 0x80 or PLAIN[data[i]] == _BREAK
    return most


@kernel
def write_symbols(
    symbol: NDArray[np.int64],  # (s) −1 gives an empty text
    subgroup_only: bool,
    offset: NDArray[np.int64],  # (s + 1) out
    data: NDArray[np.uint8],  # (16 s) out
) -> int:
    """Write symbols in their standard form, G06F17/30, or the digits of their subgroup; gives the bytes."""
    n = 0
    offset[0] = 0
    for i in range(len(symbol)):
        one = symbol[i]
        if one >= 0:
            group = (one >> GROUP_BITS) & 0x3FFF
            subgroup = one & 0x1FFFFF
            if not subgroup_only:
                data[n] = 64 + (one >> 47)
                number = (one >> 40) & 0x7F
                data[n + 1] = 48 + number // 10
                data[n + 2] = 48 + number % 10
                data[n + 3] = 64 + ((one >> SUBCLASS_BITS) & 0x1F)
                n += 4
                size = 1000
                while group and size > group:
                    size //= 10
                while group and size:
                    data[n] = 48 + (group // size) % 10
                    n += 1
                    size //= 10
                if subgroup:
                    data[n] = 47
                    n += 1
            size = 161051  # 11 ** 5
            while subgroup:
                data[n] = 47 + subgroup // size
                subgroup %= size
                size //= 11
                n += 1
        offset[i + 1] = n
    return n


@kernel
def copy_pieces(
    data: NDArray[np.uint8],  # (b)
    begin: NDArray[np.int64],  # (s)
    end: NDArray[np.int64],  # (s)
    offset: NDArray[np.int64],  # (s + 1) out
    out: NDArray[np.uint8],  # (bytes of all pieces) out
) -> None:
    """Copy pieces of texts, one behind the other."""
    n = 0
    offset[0] = 0
    for i in range(len(begin)):
        for k in range(begin[i], end[i]):
            out[n] = data[k]
            n += 1
        offset[i + 1] = n
