"""jieba's dictionary and hidden Markov model, compiled for the segmentation kernel and kept in a cache.

The files are those of the installed jieba package; jieba itself is imported only to compile them. What was
compiled is kept in the user's cache folder under the hash of those files. A cache that is damaged or cannot
be written costs a second, never a result.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import json
import logging
import math
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import InputError, OutputError
from patentmetrics.core.files import existing_file, written_whole
from patentmetrics.kernels.chunks import LACKING, OUTSIDE, Lexicon, Model
from patentmetrics.kernels.trie import FREE, KEPT_FREE, MOST_SLOTS, list_nodes, place_nodes
from patentmetrics.text.jieba_package import import_jieba

CACHE_VARIABLE = "PATENTMETRICS_CACHE"

# change it whenever the same files would be compiled to other arrays
_FORMAT = "1"

# characters of jieba's words by symbol: the kernel counts on this order
_ASCII = "0123456789" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + ".%" + "+#&_-"
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FD5
_STATES = "BEMS"
_NEVER = -3.14e100  # jieba's log probability of what was never seen

_logger = logging.getLogger(__name__)
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dictionary:
    """A dictionary for segmentation (词典), and the model for words that it lacks.

    Parameters
    ----------
    lexicon : Lexicon
        The words as a trie, see `patentmetrics.kernels.segmentation`.
    model : Model
        The hidden Markov model.
    frequencies : ndarray of int64, shape (distinct frequencies,)
        The frequency behind each number of a weight; the first two stand for no word and for a
        character that the dictionary lacks.
    total : int
        The sum of all frequencies.
    others : dict of str to int
        Words, and beginnings of words, that the trie leaves out, most because jieba always cuts at one
        of their characters: they never become tokens, but count when jieba suggests a frequency.
    """

    lexicon: Lexicon
    model: Model
    frequencies: NDArray[np.int64]
    total: int
    others: dict[str, int]

    def frequency(self, word: str) -> int | None:
        """Give the frequency of a word (词频), 0 for a mere beginning of words, null for neither.

        Examples
        --------
        >>> [load_dictionary().frequency(word) for word in ["太阳能", "AT&", "区块链"]]
        [464, 0, None]
        """
        if word in self.others:
            return self.others[word]
        symbols = self.symbols(word)
        if symbols is None or not word:
            return None
        entry = self.lexicon.entry
        here = entry.item(1 + symbols[0])
        for symbol in symbols[1:]:
            here = entry.item(((here >> 16) & 0xFFFFFF) + symbol)
            if here & 0xFFFF != symbol:
                return None
        weight = here >> 40
        if weight == LACKING:
            return 0 if (here >> 16) & 0xFFFFFF else None
        return self.frequencies.item(weight)

    def symbols(self, word: str) -> list[int] | None:
        """Give the symbols of a word's characters; null where jieba always cuts at one of them.

        Examples
        --------
        >>> load_dictionary().symbols("5G"), load_dictionary().symbols("大 数据")
        ([5, 42], None)
        """
        symbol_of = self.lexicon.symbol_of
        symbols = [symbol_of.item(ord(one)) if one <= "\uffff" else OUTSIDE for one in word]
        return None if OUTSIDE in symbols else symbols


@functools.cache
def load_dictionary() -> Dictionary:
    """Load jieba's own dictionary (默认词典), from the cache if it is there, and keep it in memory.

    Raises
    ------
    InputError
        jieba's files are not where the package is installed, or are not what jieba makes of them.

    Examples
    --------
    >>> load_dictionary().total
    60101967
    """
    files = _jieba_files()
    name = _hash(files)
    path = cache_folder() / f"jieba-{name}.npz"
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _logger.warning("the compiled dictionary %s is damaged (%s): it is compiled anew", path, error)
    dictionary = compile_dictionary(files[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            _write(temporary, dictionary)
    except (OSError, OutputError) as error:
        _logger.warning("the compiled dictionary cannot be kept in %s (%s)", path.parent, error)
    return dictionary


def cache_folder() -> Path:
    """Name the folder of what can be made again: ``PATENTMETRICS_CACHE``, or the user's cache folder.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "")
        if not base.is_absolute():  # the standard says to ignore it then
            base = _home() / ".cache"
    return base / "patentmetrics"


def weights(frequencies: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Give the log probability of each frequency, with the logarithm and the order of jieba.

    Examples
    --------
    >>> weights(np.array([0, 1, 1, 4]), 8).round(3).tolist()
    [-inf, -2.079, -2.079, -0.693]
    """
    log_total = math.log(total)
    return np.array([-math.inf, *(math.log(one) - log_total for one in frequencies[1:].tolist())])


def compile_dictionary(path: Path) -> Dictionary:
    r"""Compile a dictionary file, ``word frequency [tag]`` a line, with jieba's model.

    Raises
    ------
    InputError
        The file is missing, or a line is not of this form.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "words.txt"
    >>> _ = path.write_text("数据 3 n\n大数据 2 n\n", "utf-8")
    >>> compile_dictionary(path).frequency("大数据")
    2
    >>> folder.cleanup()
    """
    listed, total = _read_words(path)
    inside = {ord(one) for one in _ASCII} | set(range(_FIRST_HAN, _LAST_HAN + 1))
    words = sorted(
        word for word, frequency in listed.items() if frequency and inside.issuperset(map(ord, word))
    )
    codes = np.frombuffer("".join(words).encode("utf-16-le"), np.uint16)
    lengths = np.array([len(word) for word in words], np.int64)
    offset = np.concatenate([[0], np.cumsum(lengths)])
    counts = np.array([listed[word] for word in words], np.int64)
    symbol_of, code_of = _number_characters(codes, np.repeat(counts, lengths))
    alphabet = len(code_of) - 1

    symbol, first, children, word = list_nodes(symbol_of[codes].astype(np.int32), offset)
    order = np.argsort(-children, kind="stable")
    order = order[(children[order] > 0) & (order > 0)]
    slots = 2 * len(symbol) + 4 * alphabet
    while not len(base := place_nodes(symbol, first, children, order, alphabet, slots)):
        slots *= 2
    if slots > MOST_SLOTS:
        raise InputError("the dictionary has too many words", where=str(path), got=len(words))
    distinct, number = np.unique(counts, return_inverse=True)
    frequencies = np.concatenate([[0, 1], distinct])
    weight = np.zeros(len(symbol), np.int64)
    weight[word >= 0] = number[word[word >= 0]] + LACKING + 1
    # a base and any symbol, the sentinel of the kernel too, lead to a slot
    entry = np.full(int(base.max()) + alphabet + 2, FREE, np.int64)
    entry[1 : alphabet + 1] = np.arange(alphabet) | (LACKING << 40)
    entry[alphabet + 1] = KEPT_FREE
    parent = np.repeat(np.arange(len(symbol)), children)  # of the nodes but the root, level by level
    weight[1 : children[0] + 1][weight[1 : children[0] + 1] == 0] = LACKING
    entry[base[parent] + symbol[1:]] = symbol[1:] | (base[1:].astype(np.int64) << 16) | (weight[1:] << 40)

    beginnings = {word[:stop] for word in words for stop in range(1, len(word) + 1)}
    return Dictionary(
        lexicon=Lexicon(
            entry=entry,
            weight=weights(frequencies, total),
            symbol_of=symbol_of,
            code_of=code_of,
            split=np.zeros(0, np.uint8),
        ),
        model=_read_model(code_of),
        frequencies=frequencies,
        total=total,
        others={word: frequency for word, frequency in listed.items() if word not in beginnings},
    )


def _read_words(path: Path) -> tuple[dict[str, int], int]:
    """Read words and their beginnings (frequency 0) as jieba does; the last of equal words counts."""
    listed: dict[str, int] = {}
    total = 0
    with existing_file(path).open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                word, written = line.strip().decode("utf-8").split(" ")[:2]
                frequency = int(written)
            except ValueError as error:
                raise InputError(
                    "a line of the dictionary is not a word and its frequency",
                    where=f"{path}, line {number}",
                    got=line.decode("utf-8", "replace").strip(),
                ) from error
            listed[word] = frequency
            total += frequency
            for stop in range(1, len(word)):
                listed.setdefault(word[:stop], 0)
    return listed, total


def _number_characters(
    codes: NDArray[np.uint16], counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Give Han characters symbols by falling frequency: what is looked up often stands together."""
    occurrences = np.bincount(codes, counts, _LAST_HAN + 1)[_FIRST_HAN:]
    han = _FIRST_HAN + np.argsort(-occurrences, kind="stable")
    code_of = np.concatenate([[ord(one) for one in _ASCII], han, [0]]).astype(np.uint16)
    symbol_of = np.full(1 << 16, OUTSIDE, np.uint16)
    symbol_of[code_of[:-1]] = np.arange(len(code_of) - 1)
    return symbol_of, code_of


def _read_model(code_of: NDArray[np.uint16]) -> Model:
    import_jieba()
    start, move, emit = (
        importlib.import_module(f"jieba.finalseg.prob_{name}").P for name in ("start", "trans", "emit")
    )
    symbols = {chr(code): symbol for symbol, code in enumerate(code_of[:-1].tolist())}
    emitted = np.full((len(symbols), len(_STATES)), _NEVER)
    for state, name in enumerate(_STATES):
        for character, probability in emit[name].items():
            if character in symbols:
                emitted[symbols[character], state] = probability
    return Model(
        start=np.array([start[name] for name in _STATES]),
        move=np.array([[move[one].get(other, _NEVER) for other in _STATES] for one in _STATES]),
        emit=emitted,
    )


def _jieba_files() -> list[Path]:
    found = importlib.util.find_spec("jieba")
    folder = Path(found.origin).parent if found and found.origin else Path("jieba")
    names = ["dict.txt", *(f"finalseg/prob_{name}.py" for name in ("start", "trans", "emit"))]
    return [existing_file(folder / name) for name in names]


def _hash(files: list[Path]) -> str:
    hashed = hashlib.sha256(_FORMAT.encode())
    for path in files:
        content = path.read_bytes()
        hashed.update(b"%d " % len(content))
        hashed.update(content)
    return hashed.hexdigest()[:32]


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home
        return Path("/nonexistent")


def _write(path: Path, dictionary: Dictionary) -> None:
    kept = {
        "entry": dictionary.lexicon.entry,
        "code_of": dictionary.lexicon.code_of,
        "frequencies": dictionary.frequencies,
        "total": np.array(dictionary.total),
        "others": np.frombuffer(json.dumps(dictionary.others).encode(), np.uint8),
        **dictionary.model._asdict(),
    }
    with path.open("wb") as handle:
        np.savez(handle, **kept)


def _read(path: Path) -> Dictionary:
    """Read what `_write` wrote; `ValueError` where an array could lead the kernel out of its bounds."""
    with path.open("rb") as handle, np.load(handle, allow_pickle=False) as kept:
        code_of = _array(kept["code_of"], np.uint16, 1)
        entry = _array(kept["entry"], np.int64, 1)
        frequencies = _array(kept["frequencies"], np.int64, 1)
        start = _array(kept["start"], np.float64, 1)
        move = _array(kept["move"], np.float64, 2)
        emit = _array(kept["emit"], np.float64, 2)
        total = int(kept["total"])
        others = json.loads(kept["others"].tobytes())
    alphabet = len(code_of) - 1
    symbol_of = np.full(1 << 16, OUTSIDE, np.uint16)
    symbol_of[code_of[:-1]] = np.arange(alphabet)
    states = len(_STATES)
    if (
        alphabet != OUTSIDE
        or len(entry) <= alphabet + 1
        or int(((entry >> 16) & 0xFFFFFF).max()) + alphabet + 1 >= len(entry) + 1
        or int((entry >> 40).max()) >= len(frequencies)
        or int(entry.min()) < 0
        or int(frequencies[1:].min()) < 1
        or total < 1
        or (start.shape, move.shape, emit.shape) != ((states,), (states, states), (alphabet, states))
        or not isinstance(others, dict)
    ):
        raise ValueError("its arrays do not fit each other")
    return Dictionary(
        lexicon=Lexicon(
            entry=entry,
            weight=weights(frequencies, total),
            symbol_of=symbol_of,
            code_of=code_of,
            split=np.zeros(0, np.uint8),
        ),
        model=Model(start=start, move=move, emit=emit),
        frequencies=frequencies,
        total=total,
        others=others,
    )


def _array(read: NDArray[np.generic], dtype: type[Number], dimensions: int) -> NDArray[Number]:
    if read.dtype != dtype or read.ndim != dimensions:
        raise ValueError(f"an array has type {read.dtype} and {read.ndim} dimensions")
    return np.ascontiguousarray(read, dtype)
