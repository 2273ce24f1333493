"""Symbols of the IPC and CPC (国际专利分类号): every spelling found in the wild into one standard form.

Read are, after Unicode NFKC and upper case, ``G06F17/30``, ``G06F 17/30``, ``G06F0017300000`` (WIPO
standard ST.8), ``G06F17/30(2006.01)I``, ``G06F 17/30 20060101AFI``, full-width characters, leading zeros
(``H01L031/042``), and less precise symbols: a main group (``G06F17``) or a subclass (``G06F``).
Digits that run together without a slash (``G06F1730``) can be cut in two ways and are not guessed.
"""

from __future__ import annotations

import polars as pl

# a symbol begins so: section A–H (IPC) or Y (CPC), class, subclass
_SUBCLASS = r"([A-HY])(\d{2})([A-Z])"
# what may follow a symbol: version, level and status, as in (2006.01)I or 20060101AFI20051220RMJP
_AFTER = r"(?:\s*\(\d{4}(?:\.\d{2})?\)\s*[A-Z]*|\s+\d{8}[\sA-Z0-9]*|\s*\[[0-9,.IVX]*\])?"
_SPELLINGS = {
    "slash": rf"^{_SUBCLASS}\s*0*(\d{{1,4}})\s*/\s*(\d{{2,6}}){_AFTER}$",
    "padded": rf"^{_SUBCLASS}\s*(\d{{4}})(\d{{6}}){_AFTER}$",
    "main_group": rf"^{_SUBCLASS}\s*(0\d{{3}}|\d{{1,3}})/?{_AFTER}$",
    "subclass": rf"^{_SUBCLASS}{_AFTER}$",
}
_SEPARATORS = r"[;,|、\n\r\t]+"


def split_symbols(texts: pl.Series) -> pl.Series:
    """Split texts that hold several symbols (分类号列表) into lists of single ones, not yet checked.

    Parameters
    ----------
    texts : polars.Series of String
        Symbols joined by ``; ； , ， | 、``, line breaks, or white space before the next symbol; white space
        inside a symbol (``G06F 17/30``) joins.

    Returns
    -------
    polars.Series of List(String)
        In the order of the text, after NFKC and upper case; empty pieces are dropped; null stays null.

    Examples
    --------
    >>> split_symbols(pl.Series(["G06F 17/30；G06N3/08 H04L 9/32", None])).to_list()
    [['G06F 17/30', 'G06N3/08', 'H04L 9/32'], None]
    """
    begins = rf"\s+({_SUBCLASS}(?:[\s\d(;]|$))"
    return (
        texts.cast(pl.String)
        .str.normalize("NFKC")
        .str.to_uppercase()
        .str.replace_all(_SEPARATORS, ";")
        .str.replace_all(begins, ";$1")
        # a second time: what one match took is not looked at again, so of three neighbours one is missed
        .str.replace_all(begins, ";$1")
        .str.split(";")
        .list.eval(pl.element().str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
    )


def parse_symbols(symbols: pl.Series) -> pl.DataFrame:
    """Parse symbols of the IPC or CPC (解析分类号), one row each, in their order.

    Parameters
    ----------
    symbols : polars.Series of String
        One symbol each; see `split_symbols` for texts with several.

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
    # the same few thousand symbols come again and again
    distinct = symbols.cast(pl.String).rename("raw").to_frame().unique(maintain_order=True)
    parsed = _parsed(distinct)
    return (
        symbols.cast(pl.String)
        .rename("raw")
        .to_frame()
        .join(parsed, on="raw", how="left", nulls_equal=True, maintain_order="left")
        .drop("raw")
    )


def _parsed(distinct: pl.DataFrame) -> pl.DataFrame:
    clean = pl.col("raw").str.normalize("NFKC").str.to_uppercase().str.strip_chars().alias("clean")
    frame = distinct.with_columns(clean)

    def group(number: int, *spellings: str) -> pl.Expr:
        return pl.coalesce(pl.col("clean").str.extract(_SPELLINGS[name], number) for name in spellings)

    every = tuple(_SPELLINGS)
    main = group(4, "slash", "padded", "main_group").cast(pl.Int32)
    # ST.8 pads the subgroup with zeros on the right, to six digits; at least two digits are the symbol's
    padded = pl.col("clean").str.extract(_SPELLINGS["padded"], 5)
    subgroup = pl.coalesce(
        group(5, "slash"),
        padded.str.slice(0, 2) + padded.str.slice(2).str.strip_chars_end("0"),
    )
    return (
        frame.with_columns(
            group(1, *every).alias("section"),
            (group(1, *every) + group(2, *every)).alias("class"),
            (group(1, *every) + group(2, *every) + group(3, *every)).alias("subclass"),
            main.alias("main_group"),
            subgroup.alias("subgroup"),
        )
        .with_columns(
            # there is no class 00 and no main group 0
            valid=pl.when(pl.col("raw").is_not_null()).then(
                pl.col("subclass").is_not_null()
                & (pl.col("class").str.slice(1) != "00").fill_null(value=False)
                & (pl.col("main_group").is_null() | (pl.col("main_group") > 0))
            )
        )
        .with_columns(
            pl.when("valid").then(pl.col(name)).alias(name)
            for name in ("section", "class", "subclass", "main_group", "subgroup")
        )
        .select(
            "raw",
            pl.concat_str(
                "subclass",
                pl.col("main_group").cast(pl.String).fill_null(""),
                ("/" + pl.col("subgroup")).fill_null(""),
            ).alias("symbol"),
            "section",
            "class",
            "subclass",
            "main_group",
            "subgroup",
            "valid",
        )
    )
