"""Rules for whole texts, before segmentation: which ones, in which order, and what each is recorded as.

All work on a block of texts at a time, in compiled loops. A rule never loses a document: as many texts come
out as went in, and a null stays null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.room import Room
from patentmetrics.core.utf8 import Utf8, as_series
from patentmetrics.text.chinese import opencc_version, to_simplified
from patentmetrics.text.normalise import normalise_texts, normalise_utf8
from patentmetrics.text.openings import load_openings, without_openings
from patentmetrics.text.utf8 import gathered

Hyphenation = Literal["keep", "join"]
Script = Literal["keep", "simplified"]
References = Literal["keep", "remove"]

# several part numbers: 10a, 10b and 12; 1-3; 3至5
_ONE = r"\d{1,4}[a-z]?['’]*"
_AND = r"\s*(?:[,、;和及至到~-]|and|or|to|through)\s*"
_MANY = rf"{_ONE}(?:{_AND}{_ONE})*"

_REFERENCES = (
    # (10a, 12): reference characters in claims stand in brackets
    (rf"\(\s*{_MANY}\s*\)", " "),
    # fig. 3 and fig. 4a; the word goes too, for without its number it says nothing
    (rf"(?-u:\b)(?:figs?\.?|figures?)\s*{_MANY}(?:{_AND}(?:figs?\.?|figures?)\s*{_MANY})*(?-u:\b)", " "),
    # claims 1 to 3
    (rf"(?-u:\b)(claims?)\s+{_MANY}(?-u:\b)", "$1"),
    # 图3a和图4: the character stays, for it may end a word (地图3)
    (rf"图\s*{_MANY}", "图 "),
    # 权利要求1至3: the word stays, and is a stop word
    (rf"权利要求\s*{_MANY}", "权利要求 "),
)


@dataclass(frozen=True, kw_only=True)
class TextRules:
    """Which rules are applied to whole texts (文本级规则). Unicode NFKC and lower case always are.

    Parameters
    ----------
    script : {"keep", "simplified"}
        ``simplified`` writes traditional Chinese in simplified characters, see
        `patentmetrics.text.chinese.to_simplified` (needs OpenCC).
    hyphenation : {"keep", "join"}
        ``join`` puts a word that is broken at the end of a line together again (``sili-⏎con`` becomes
        ``silicon``), takes out soft hyphens and writes the Unicode hyphen as ``-``. A compound that is
        broken at its own hyphen loses it.
    openings : tuple of str
        Lists of opening formulas to take off, see `patentmetrics.text.openings.load_openings`.
    references : {"keep", "remove"}
        ``remove`` takes out numbers of parts in brackets (``(10a)``), of figures (``FIG. 3``, ``图3``) and
        of claims (``claim 1``, ``权利要求1``). A bracket with nothing but numbers goes whatever they
        mean, a year or an equation too.

    Raises
    ------
    SettingError
        A value that cannot be.

    Examples
    --------
    >>> TextRules(references="remove").hyphenation
    'keep'
    """

    script: Script = "keep"
    hyphenation: Hyphenation = "keep"
    openings: tuple[str, ...] = ()
    references: References = "keep"

    def __post_init__(self) -> None:
        check_choice(self.script, ("keep", "simplified"), argument="script")
        check_choice(self.hyphenation, ("keep", "join"), argument="hyphenation")
        check_choice(self.references, ("keep", "remove"), argument="references")
        if isinstance(self.openings, str):
            raise SettingError(
                "a list of names is expected, and this is one", where="openings", got=self.openings
            )
        object.__setattr__(self, "openings", tuple(map(str, self.openings)))


class Step(NamedTuple):
    """One rule: its name, what it is recorded as, and the function."""

    name: str
    record: object
    apply: Callable[[pl.Series], pl.Series]


def text_steps(rules: TextRules) -> list[Step]:
    """Give the rules that these settings ask for, in the order in which they are applied.

    Raises
    ------
    ExtraError
        OpenCC is asked for and not installed.
    LexiconError
        A list of opening formulas is unknown or malformed.

    Examples
    --------
    >>> [step.name for step in text_steps(TextRules(references="remove", hyphenation="join"))]
    ['normalise', 'hyphenation', 'references']
    """
    steps = [Step("normalise", "NFKC, lower case", normalise_texts)]
    if rules.script == "simplified":
        steps.append(Step("script", f"simplified, {opencc_version()}", to_simplified))
    if rules.hyphenation == "join":
        steps.append(Step("hyphenation", "join", join_broken_words))
    if rules.openings:
        lists = [load_openings(name) for name in rules.openings]
        record = [{"id": one.id, "version": one.version, "sha256": one.sha256} for one in lists]
        steps.append(Step("openings", record, lambda texts: without_openings(texts, lists)))
    if rules.references == "remove":
        steps.append(Step("references", "remove", without_references))
    return steps


def apply_rules(texts: pl.Series, steps: list[Step]) -> pl.Series:
    """Apply rules to a block of texts, in their order (应用文本规则).

    Parameters
    ----------
    texts : polars.Series of String
        A null stays null; a text may become empty.
    steps : list of Step
        From `text_steps`, once for all blocks.

    Examples
    --------
    >>> steps = text_steps(TextRules(openings=("chinese_openings",), references="remove"))
    >>> apply_rules(pl.Series(["本发明公开了一种电极（12），见图３。", None]), steps).to_list()
    ['电极 ,见图 。', None]
    """
    for step in steps:
        texts = step.apply(texts)
    return texts


def rules_applied(texts: Utf8, steps: list[Step], room: Room) -> Utf8:
    """Apply rules to texts that are bytes (按字节应用文本规则), see `apply_rules`: a null is empty here.

    Parameters
    ----------
    texts : tuple of ndarray
        From `patentmetrics.text.utf8.gathered`.
    steps : list of Step
        From `text_steps`; normalisation, the first, needs no series.
    room : Room
        Its arrays hold the result.

    Examples
    --------
    >>> room = Room()
    >>> as_series(rules_applied(gathered(pl.Series(["５Ｇ"]), room), text_steps(TextRules()), room)).to_list()
    ['5g']
    """
    normalised = normalise_utf8(texts, room)
    if not steps[1:]:
        return normalised
    return gathered(apply_rules(as_series(normalised), steps[1:]), room)


def join_broken_words(texts: pl.Series) -> pl.Series:
    r"""Put words together that are broken at the end of a line (还原行末断词); take out soft hyphens.

    Examples
    --------
    >>> join_broken_words(pl.Series(["a sili-\n  con wafer", "solar-cell", "3-\n4"])).to_list()
    ['a silicon wafer', 'solar-cell', '3-\n4']
    """
    texts = texts.str.replace_all("\u00ad", "", literal=True).str.replace_all("\u2010", "-", literal=True)
    for _ in range(2):  # a piece of one letter ends one match, and can begin the next only in a second pass
        texts = texts.str.replace_all(r"(\p{Ll})-[ \t]*\r?\n[ \t]*(\p{Ll})", "$1$2")
    return texts


def without_references(texts: pl.Series) -> pl.Series:
    """Take out numbers of parts, figures and claims (去除附图标记与引用编号).

    Source: reference characters in claims stand in brackets, and claims cite claims by number: USPTO
    Manual of Patent Examining Procedure 608.01(m), 608.01(n).

    Examples
    --------
    >>> texts = pl.Series(["a header (10a, 12) of fig. 3", "如图3a和4所示,根据权利要求1的螺栓(12)连接"])
    >>> without_references(texts).to_list()
    ['a header   of  ', '如图 所示,根据权利要求 的螺栓 连接']
    """
    for pattern, replacement in _REFERENCES:
        texts = texts.str.replace_all(pattern, replacement)
    return texts
