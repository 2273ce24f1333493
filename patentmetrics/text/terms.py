"""Rules for terms: what becomes of each distinct token, decided once and not at each occurrence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.kernels.phrases import DROPPED, PASSED
from patentmetrics.text.english import EnglishRules, english_tokens
from patentmetrics.text.stemmer import STEMMERS, Stemmer, stems
from patentmetrics.text.stopwords import load_stopwords

KeepOrDrop = Literal["keep", "drop"]

# why a term goes, in the order in which the reasons are tried: each term has one
REASONS = (
    "white_space",
    "not_words",
    "stop_words",
    "numbers",
    "units",
    "part_references",
    "too_short",
)

# 0.05, 5%, 10.5, ⅓; no Chinese numerals, which are words
_NUMBER = r"^[\p{N}.,%‰+\-/⁄]*\p{N}[\p{N}.,%‰+\-/⁄]*$"

# 10a, 120b'; two digits at least, so that 5g and 3d stay; s101 is the label of a step
_PART_REFERENCE = r"^(?:\d{2,4}[a-z]['’]*|s\d{1,4})$"

# a generation of mobile networks is written as grams are
_GENERATIONS = r"^[2-6]g$"


@dataclass(frozen=True, kw_only=True)
class TermRules:
    """Which terms are kept, and as what (词级规则).

    Parameters
    ----------
    stopwords : tuple of str
        Lists to drop, by name or path, see `patentmetrics.text.stopwords.load_stopwords`.
    numbers : {"keep", "drop"}
        Tokens of digits and signs of numbers: ``12``, ``0.05``, ``5%``. Chinese numerals are words.
    units : {"keep", "drop"}
        Units of the list ``units``, alone and after a number: ``mm``, ``10mm``, ``毫米``; of the list
        ``units_after_numbers`` only after one: ``220v``. ``2g`` to ``6g`` stay: they are generations of
        networks more often than weights.
    part_references : {"keep", "drop"}
        ``10a``: two to four digits and a letter, and labels of steps such as ``s101``.
    shortest : int
        Fewest characters of a term that is kept; 2 drops single letters and single Han characters.
    stemmer : {"english", "porter"}, optional
        Words become their stems after all else, see `patentmetrics.text.stemmer.stems`.

    Raises
    ------
    SettingError
        A value that cannot be.

    Examples
    --------
    >>> TermRules(numbers="drop", shortest=2).units
    'keep'
    """

    stopwords: tuple[str, ...] = ()
    numbers: KeepOrDrop = "keep"
    units: KeepOrDrop = "keep"
    part_references: KeepOrDrop = "keep"
    shortest: int = 1
    stemmer: Stemmer | None = None

    def __post_init__(self) -> None:
        for name in ("numbers", "units", "part_references"):
            check_choice(getattr(self, name), ("keep", "drop"), argument=name)
        if isinstance(self.stopwords, str):
            raise SettingError(
                "a list of names is expected, and this is one", where="stopwords", got=self.stopwords
            )
        object.__setattr__(self, "stopwords", tuple(map(str, self.stopwords)))
        if type(self.shortest) is not int or self.shortest < 1:
            raise SettingError(
                "a term has one character or more", where="shortest", got=self.shortest, allowed="1, 2, …"
            )
        if self.stemmer is not None:
            check_choice(self.stemmer, STEMMERS, argument="stemmer")


@dataclass(frozen=True, kw_only=True)
class TermMap:
    """What becomes of each distinct token (词的去留).

    Parameters
    ----------
    frame : polars.DataFrame
        A row for each token, in their order: ``token``; ``term``, what it is counted as, null where it is
        dropped; ``reason``, one of `REASONS`, null where it is kept.
    counts : dict of str to int
        Tokens by reason, and those ``kept``: they add up.
    """

    frame: pl.DataFrame
    counts: dict[str, int]


def map_terms(
    tokens: Sequence[str] | pl.Series,
    *,
    rules: TermRules,
    english: EnglishRules | None = None,
    kept: Collection[str] = (),
    reason: pl.Expr | None = None,
) -> TermMap:
    """Decide what each distinct token is counted as, or why it is not (词级规则的应用).

    Parameters
    ----------
    tokens : sequence of str
        Distinct tokens, normalised.
    rules : TermRules
        The rules.
    english : EnglishRules, optional
        How alphabetic text was cut, if it was: stop words are cut the same way, so that ``don't`` in a list
        meets ``don`` and ``t`` in the text.
    kept : collection of str
        Tokens that a user asked for: they stay as they are, whatever the rules say.
    reason : polars.Expr, optional
        From `reason_of` with the same rules, where many blocks of tokens are mapped: it loads the lists.

    Raises
    ------
    LexiconError
        A list of stop words is unknown or malformed.
    ExtraError
        A stemmer is asked for and not installed.

    Examples
    --------
    >>> rules = TermRules(stopwords=("english_patents",), numbers="drop", units="drop", shortest=2)
    >>> found = map_terms(["wherein", "h2o", "12", "5mm", "x", ","], rules=rules)
    >>> found.frame["term"].to_list()
    [None, 'h2o', None, None, None, None]
    >>> found.frame["reason"].to_list()
    ['stop_words', None, 'numbers', 'units', 'too_short', 'not_words']
    """
    frame = pl.DataFrame({"token": pl.Series(tokens, dtype=pl.String)})
    if reason is None:
        reason = reason_of(rules, english=english, kept=kept)
    frame = frame.with_columns(reason.alias("reason"))
    frame = frame.with_columns(pl.when(pl.col("reason").is_null()).then(pl.col("token")).alias("term"))
    if rules.stemmer:
        frame = frame.with_columns(_stemmed(frame["term"], set(kept), rules.stemmer))
    tally = dict(frame["reason"].value_counts().iter_rows())
    return TermMap(
        frame=frame.select("token", "term", "reason"),
        counts={**{name: tally.get(name, 0) for name in REASONS}, "kept": tally.get(None, 0)},
    )


def reason_of(
    rules: TermRules, *, english: EnglishRules | None = None, kept: Collection[str] = ()
) -> pl.Expr:
    """Give the reason why a ``token`` is dropped, null where it is kept, as an expression.

    Parameters
    ----------
    rules, english, kept
        See `map_terms`.

    Examples
    --------
    >>> reason = reason_of(TermRules(shortest=2), kept=["x"])
    >>> pl.DataFrame({"token": ["a", "x", "cell"]}).select(reason).to_series().to_list()
    ['too_short', None, None]
    """
    token = pl.col("token")
    wanted = pl.Series(sorted(set(kept)), dtype=pl.String)
    conditions = {
        "white_space": token.str.contains(r"^\s+$"),
        "not_words": ~token.str.contains(r"[\p{L}\p{N}]"),
        "stop_words": token.is_in(_stop_tokens(rules.stopwords, english).implode()),
        "numbers": token.str.contains(_NUMBER),
        "units": _is_unit(token),
        "part_references": token.str.contains(_PART_REFERENCE),
        "too_short": token.str.len_chars() < rules.shortest,
    }
    for name in ("numbers", "units", "part_references"):
        if getattr(rules, name) == "keep":
            conditions.pop(name)
    # the last one wins, so the first reason that holds is written last, and a user's wish after all
    reason = pl.lit(None, pl.String)
    for name in reversed(REASONS):
        if name in conditions:
            reason = pl.when(conditions[name]).then(pl.lit(name)).otherwise(reason)
    return pl.when(token.is_in(wanted.implode())).then(pl.lit(None, pl.String)).otherwise(reason)


def number_terms(found: TermMap) -> tuple[list[str], NDArray[np.int32]]:
    """Give each term that tokens are counted as a number (词项编号), in the order in which they come.

    Returns
    -------
    terms : list of str
        Each once, though several tokens have one stem.
    term_of_id : ndarray of int32, shape (tokens,)
        Of each token its term, or `patentmetrics.kernels.phrases.DROPPED`, or ``PASSED`` for white space.

    Examples
    --------
    >>> terms, numbers = number_terms(map_terms(["solar", ",", " ", "cell"], rules=TermRules()))
    >>> terms, numbers.tolist()
    (['solar', 'cell'], [0, -1, -2, 1])
    """
    terms = found.frame["term"].drop_nulls().unique(maintain_order=True)
    numbered = pl.DataFrame({"term": terms, "number": np.arange(len(terms), dtype=np.int32)})
    other = pl.when(pl.col("reason") == "white_space").then(PASSED).otherwise(DROPPED)
    numbers = found.frame.join(numbered, on="term", how="left", maintain_order="left").select(
        pl.coalesce("number", other).cast(pl.Int32)
    )
    return terms.to_list(), numbers.to_series().to_numpy()


def _stop_tokens(names: Sequence[str], english: EnglishRules | None) -> pl.Series:
    terms = sorted(frozenset().union(*(load_stopwords(name).terms for name in names)))
    if english is not None:
        terms = sorted({token for cut in english_tokens(terms, rules=english) for token in cut})
    return pl.Series(terms, dtype=pl.String)


def _is_unit(token: pl.Expr) -> pl.Expr:
    units = load_stopwords("units").terms
    either = "|".join(map(re.escape, sorted(units | load_stopwords("units_after_numbers").terms)))
    after_number = token.str.contains(rf"^\d[\d.,]*(?:{either})$") & ~token.str.contains(_GENERATIONS)
    return after_number | token.is_in(pl.Series(sorted(units), dtype=pl.String).implode())


def _stemmed(terms: pl.Series, kept: Collection[str], stemmer: Stemmer) -> pl.Series:
    words = [term for term in terms.drop_nulls() if term not in kept]
    stem_of = dict(zip(words, stems(words, stemmer=stemmer), strict=True))
    return pl.Series("term", [stem_of.get(term, term) for term in terms], dtype=pl.String)
