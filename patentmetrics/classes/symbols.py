"""Symbols of the IPC and CPC (国际专利分类号): every spelling found in the wild into one standard form.

Read are ``G06F17/30``, ``G06F 17/30``, ``G 06 F 17/30``, ``G06F0017300000`` (WIPO standard ST.8),
``G06F17/30(2006.01)I``, ``G06F 17/30 20060101AFI``, ``G06F-017/30``, lower case, full-width characters,
leading zeros (``H01L031/042``), the letter O for the digit 0 (``GO6F17/3O``), and less precise symbols: a
main group (``G06F17``) or a subclass (``G06F``). Digits that run together without a slash (``G06F1730``)
can be cut in two ways and are not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.utf8 import as_series, utf8_of
from patentmetrics.kernels import ipc

# why a piece of text is no symbol, by the status that the kernel gives
REASONS: dict[int, str] = {
    ipc.NOT_A_SYMBOL: "not a symbol",
    ipc.BAD_SECTION: "no section has this letter",
    ipc.NO_SUBCLASS: "ends before the subclass",
    ipc.NO_SLASH: "digits without a slash can be cut in two ways",
    ipc.SHORT_SUBGROUP: "a subgroup has two digits or more",
    ipc.ZERO: "there is no class 00 and no main group 0",
    ipc.FOLLOWED: "something else follows the symbol",
    ipc.LOCARNO: "a Locarno class of a design",
    ipc.LONG: "too many digits",
    ipc.EMPTY: "empty",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SymbolLists:
    """The symbols that texts list (分类号列表), one after the other.

    Parameters
    ----------
    row : ndarray of int32, shape (pieces,)
        The text that each piece stands in, counted from 0; never falls.
    code : ndarray of int64, shape (pieces,)
        The symbol as a number that sorts as symbols do, see `patentmetrics.kernels.ipc`; −1 for none.
    status : ndarray of uint8, shape (pieces,)
        0 a symbol, 1 a symbol once the letter O is read as 0, else a key of `REASONS`.
    written : polars.Series of String
        The pieces as they stand in the texts.
    """

    row: NDArray[np.int32]
    code: NDArray[np.int64]
    status: NDArray[np.uint8]
    written: pl.Series


def read_symbol_lists(texts: pl.Series, *, single: bool = False, written: bool = True) -> SymbolLists:
    """Read texts that hold several symbols each (读取分类号列表).

    Parameters
    ----------
    texts : polars.Series of String
        Symbols joined by ``; ； , ， | 、``, line breaks, or white space before the next symbol; white space
        inside a symbol (``G06F 17/30``) joins. A null lists nothing.
    single : bool
        Each text is one symbol, and has one piece, be it empty.
    written : bool
        Without it ``written`` has only those pieces that are no symbol, which is faster: pieces that are
        have a null there.

    Raises
    ------
    ColumnError
        The series is not of text.

    Examples
    --------
    >>> found = read_symbol_lists(pl.Series(["Ｇ06F 17/30；H04L29/06(2006.01)I x", None, "GO6N3/O8"]))
    >>> found.row.tolist(), symbol_texts(found.code).to_list(), found.status.tolist()
    ([0, 0, 2], ['G06F17/30', None, 'G06N3/08'], [0, 8, 1])
    """
    data, offset = utf8_of(texts)
    room = ipc.pieces_at_most(data, offset, single)
    row, status = np.empty(room, np.int32), np.empty(room, np.uint8)
    code, begin, end = (np.empty(room, np.int64) for _ in range(3))
    found = ipc.read_texts(data, offset, single, row, code, status, begin, end)
    wanted = np.ones(found, np.bool_) if written else code[:found] < 0
    texts_of = np.full(found, -1, np.int64)
    texts_of[wanted] = np.arange(int(wanted.sum()))
    pieces = _pieces(data, begin[:found][wanted], end[:found][wanted])
    index = pl.Series(texts_of)
    return SymbolLists(
        row=row[:found].copy(),
        code=code[:found].copy(),
        status=status[:found].copy(),
        written=pieces if written else pieces.gather(index.set(index < 0, None)),
    )


def split_symbols(texts: pl.Series) -> pl.Series:
    """Split texts that hold several symbols (分类号列表) into lists of single ones, not yet checked.

    Parameters
    ----------
    texts : polars.Series of String
        See `read_symbol_lists`.

    Returns
    -------
    polars.Series of List(String)
        In the order of the text, as they stand there; empty pieces are dropped; null stays null.

    Examples
    --------
    >>> split_symbols(pl.Series(["G06F 17/30；G06N3/08 H04L 9/32", None])).to_list()
    [['G06F 17/30', 'G06N3/08', 'H04L 9/32'], None]
    """
    found = read_symbol_lists(texts)
    lists = (
        pl.DataFrame({"row": found.row, "piece": found.written})
        .group_by("row", maintain_order=True)
        .agg("piece")
    )
    rows = texts.is_not_null().alias("there").to_frame().with_row_index("row")
    none = pl.lit([], dtype=pl.List(pl.String))
    return (
        rows.with_columns(pl.col("row").cast(pl.Int32))
        .join(lists, on="row", how="left", maintain_order="left")
        .select(pl.when("there").then(pl.col("piece").fill_null(none)).alias(texts.name))
        .to_series()
    )


def parse_symbols(symbols: pl.Series) -> pl.DataFrame:
    """Parse symbols of the IPC or CPC (解析分类号), one row each, in their order.

    Parameters
    ----------
    symbols : polars.Series of String
        One symbol each; see `read_symbol_lists` for texts with several.

    Returns
    -------
    polars.DataFrame
        ``symbol``: the standard form, ``G06F17/30``, or ``G06F17`` and ``G06F`` where that is all there is;
        ``section`` ``G``, ``class`` ``G06``, ``subclass`` ``G06F`` (String); ``main_group`` 17 (Int32);
        ``subgroup`` ``30`` (String: its digits are decimals, 042 comes between 04 and 05); ``valid``.
        What is not a symbol has ``valid`` false and null in the rest; a null has null in all. The caller
        counts both. A Locarno class of a design (14-02) is not a symbol.

    Source: WIPO, Guide to the IPC; WIPO standard ST.8 for the padded form.

    Examples
    --------
    >>> written = pl.Series(["Ｇ06F 17/30(2006.01)I", "G06F0003048800", "a61k", "14-02"])
    >>> parse_symbols(written)["symbol"].to_list()
    ['G06F17/30', 'G06F3/0488', 'A61K', None]
    """
    code = read_symbol_lists(symbols, single=True, written=False).code
    symbol = symbol_texts(code)
    subgroup = _written(code, subgroup_only=True)
    group = pl.Series("main_group", (code >> ipc.GROUP_BITS) & 0x3FFF).cast(pl.Int32)
    return pl.DataFrame(
        {
            "symbol": symbol,
            "section": symbol.str.slice(0, 1),
            "class": symbol.str.slice(0, 3),
            "subclass": symbol.str.slice(0, 4),
            "main_group": group.set(pl.Series(code < 0) | (group == 0), None),
            "subgroup": subgroup.set(subgroup == "", None),
            "valid": pl.Series(code >= 0).set(symbols.is_null(), None),
        }
    )


def symbol_texts(code: NDArray[np.int64]) -> pl.Series:
    """Write symbols in their standard form (标准分类号); −1 gives null.

    Examples
    --------
    >>> symbol_texts(read_symbol_lists(pl.Series(["h01l 031/042, a61k"])).code).to_list()
    ['H01L31/042', 'A61K']
    """
    texts = _written(code, subgroup_only=False)
    return texts.set(pl.Series(code < 0), None).alias("symbol")


def _written(code: NDArray[np.int64], *, subgroup_only: bool) -> pl.Series:
    data = np.empty(16 * len(code), np.uint8)  # H01L2224/480911 has 15
    offset = np.empty(len(code) + 1, np.int64)
    size = ipc.write_symbols(code, subgroup_only, offset, data)
    return as_series((data[:size], offset))


def _pieces(data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]) -> pl.Series:
    out = np.empty(int((end - begin).sum()), np.uint8)
    offset = np.empty(len(begin) + 1, np.int64)
    ipc.copy_pieces(data, begin, end, offset, out)
    return as_series((out, offset))
