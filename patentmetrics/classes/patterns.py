"""Patterns of a concordance: which symbols an entry covers, written as people write them.

=============  =====================================================================
``H``          section H
``H04``        class H04
``H04N``       subclass H04N with all its groups
``H04N3/*``    main group 3 with all its subgroups: 3/00, 3/10 …, never 30 or 31
``H04N3/1*``   subgroups of 3/ whose digits begin with 1: 3/10, 3/12, 3/155 …
``H04N3/10``   that group alone, not 3/105
=============  =====================================================================

A pattern goes by digits. The dots by which the IPC ranks its groups are not in a symbol, so a group and
the groups below it by dots are listed, or taken together by ``/*``.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from patentmetrics.core.errors import LexiconError

_ABOVE_GROUPS = re.compile(r"[A-HY](?:\d{2}[A-Z]?)?")
# a slash ends the main group; without one stand the four digits of WIPO standard ST.8, or at most three
_GROUPS = re.compile(
    r"(?P<head>[A-HY]\d{2}[A-Z])"
    r"(?:(?P<group>\d{1,4})/(?P<subgroup>\d{0,6})|(?P<padded>0\d{3})(?P<digits>\d{0,6})|(?P<short>\d{1,3}))"
)
_ALONE = 11  # the rank of a pattern that names one group; prefixes of 0 to 6 digits rank 4 to 10


def standard_pattern(pattern: str) -> str:
    """Bring a pattern to its standard form (标准化匹配模式).

    ``%`` is read as ``*``, spaces and leading zeros of the main group go, a star after a main group means
    all its subgroups: ``H04N   3/%``, ``H04N003%``, ``H04N3*``, ``H04N3/`` and ``H04N3`` are all ``H04N3/*``.

    Raises
    ------
    LexiconError
        It is not a pattern, e.g. a range; ranges are to be listed.

    Examples
    --------
    >>> [standard_pattern(one) for one in ["H04N   3/%", "A61K008%", "G06N*", "h01l31/042"]]
    ['H04N3/*', 'A61K8/*', 'G06N', 'H01L31/042']
    """
    clean = re.sub(r"\s", "", unicodedata.normalize("NFKC", pattern)).upper().replace("%", "*")
    body = clean.removesuffix("*")
    if _ABOVE_GROUPS.fullmatch(body):
        return body
    match = _GROUPS.fullmatch(body)
    group = int(match["group"] or match["padded"] or match["short"]) if match else 0
    subgroup = (match["subgroup"] or match["digits"] or "") if match else ""
    open_ended = body != clean or not subgroup
    if match is None or group == 0 or (len(subgroup) == 1 and not open_ended):
        raise LexiconError(
            "this is not a pattern of symbols",
            got=pattern,
            allowed="H, H04, H04N, H04N3/*, H04N3/1*, H04N3/10",
            hint="list the groups of a range one by one",
        )
    if match["digits"] and not open_ended:
        subgroup = subgroup[:2] + subgroup[2:].rstrip("0")  # the padding of ST.8
    return f"{match['head']}{group}/{subgroup}{'*' if open_ended else ''}"


def subclass_pattern(pattern: str) -> str:
    """Widen a standard pattern to its subclass; a section or class stays.

    Examples
    --------
    >>> subclass_pattern("A61K8/*"), subclass_pattern("H04")
    ('A61K', 'H04')
    """
    return pattern[:4]


def patterns_of(parsed: pl.DataFrame) -> pl.DataFrame:
    """List the standard patterns that cover each symbol, with their rank.

    Parameters
    ----------
    parsed : polars.DataFrame
        ``symbol`` and its parts, from `patentmetrics.classes.symbols.parse_symbols`; invalid ones are
        left out.

    Returns
    -------
    polars.DataFrame
        ``symbol, pattern, rank`` (a higher rank is a narrower pattern). A symbol that is only a subclass
        is covered by patterns down to its subclass, a main group by patterns down to ``/*``.

    Examples
    --------
    >>> from patentmetrics.classes.symbols import parse_symbols
    >>> patterns_of(parse_symbols(pl.Series(["H04N3/10"])))["pattern"].to_list()
    ['H', 'H04', 'H04N', 'H04N3/*', 'H04N3/1*', 'H04N3/10*', 'H04N3/10']
    """
    group = pl.col("subclass") + pl.col("main_group").cast(pl.String) + "/"
    digits = [
        pl.when(pl.col("subgroup").str.len_chars() >= length).then(
            group + pl.col("subgroup").str.slice(0, length) + "*"
        )
        for length in range(1, 7)
    ]
    ranked = [pl.col("section"), pl.col("class"), pl.col("subclass"), group + "*", *digits]
    ranked.append(group + pl.col("subgroup"))
    return (
        parsed.filter(pl.col("valid").fill_null(value=False))
        .select(
            "symbol",
            pl.concat_list(ranked).alias("pattern"),
            pl.lit([*range(1, 11), _ALONE], dtype=pl.List(pl.Int8)).alias("rank"),
        )
        .explode("pattern", "rank")
        .drop_nulls("pattern")
    )
