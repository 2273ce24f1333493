"""What is counted as a term: the settings of a count."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from patentmetrics.core.errors import SettingError, check_choice, near_names
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.normalise import normalise
from patentmetrics.text.rules import TextRules, text_steps
from patentmetrics.text.segmenters import SEGMENTERS, WITH_DICTIONARY, Segmenter, segmenter_version
from patentmetrics.text.stemmer import stemmer_version
from patentmetrics.text.stopwords import load_stopwords
from patentmetrics.text.terms import TermRules
from patentmetrics.text.user_word import UserWord
from patentmetrics.text.user_words import as_user_words
from patentmetrics.text.vocabulary import check_limits

# counts are stored in 32 bits
_LARGEST_WEIGHT = 1000


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """What is counted as a term (词频统计设定). All of it is written into the output.

    Parameters
    ----------
    segmenter : {"jieba", "jieba-reference", "english", "whitespace"}
        See `patentmetrics.text.segmenters.segment`.
    hmm : bool
        For jieba: guess words that its dictionary lacks.
    text : TextRules
        Rules for whole texts, before they are segmented.
    english : EnglishRules
        What a token is, for the segmenter ``english``.
    terms : TermRules
        Rules for distinct tokens.
    user_terms : tuple of str or UserWord
        Terms that are counted as one token each and are kept whatever the rules for terms say. For jieba
        they are added to its dictionary, in their order; for ``english`` they are terms of several words
        (``solar cell``), counted in place of their words, of several the longest.
    bigrams : bool
        Count pairs of neighbouring terms too, see `patentmetrics.text.phrases.with_bigrams`.
    weights : mapping of str to int
        How often a column's terms count: ``{"title": 3}`` counts a term of the title three times; columns
        that are not named count once. Whole numbers, because counts are: they stay exact, and two columns
        can have any ratio. The weight changes how often a term occurs in a patent, not in how many patents.
    min_documents, max_share
        Limits of document frequency, see `patentmetrics.text.vocabulary.build_vocabulary`.

    Raises
    ------
    SettingError
        A value that cannot be, or two that contradict each other.

    Examples
    --------
    >>> settings = TextSettings(segmenter="english", weights={"title": 3})
    >>> settings.weight("title"), settings.weight("abstract")
    (3, 1)
    """

    segmenter: Segmenter
    hmm: bool = True
    text: TextRules = field(default_factory=TextRules)
    english: EnglishRules = field(default_factory=EnglishRules)
    terms: TermRules = field(default_factory=TermRules)
    user_terms: tuple[str | UserWord, ...] = ()
    bigrams: bool = False
    weights: Mapping[str, int] | tuple[tuple[str, int], ...] = ()
    min_documents: int = 1
    max_share: float = 1.0

    def __post_init__(self) -> None:
        check_choice(self.segmenter, SEGMENTERS, argument="segmenter")
        check_limits(min_documents=self.min_documents, max_share=self.max_share)
        object.__setattr__(self, "weights", _checked_weights(self.weights))
        object.__setattr__(
            self,
            "user_terms",
            tuple(
                UserWord(normalise(one.word), one.frequency)
                if one.frequency is not None
                else normalise(one.word)
                for one in as_user_words(self.user_terms)
            ),
        )
        self._check_together()

    def weight(self, column: str) -> int:
        """Say how often the terms of a text column count."""
        return dict(self.weights).get(column, 1)

    @property
    def needs_breaks(self) -> bool:
        """Whether tokens of alphabetic text must say where a phrase cannot go on."""
        return self.segmenter == "english" and (self.bigrams or bool(self.user_terms))

    def as_provenance(self) -> dict[str, object]:
        """Say all of it as JSON values: lists with their hash, libraries with their version, in order.

        Raises
        ------
        ExtraError
            A library that the settings ask for is not installed.
        LexiconError
            A list that they name is unknown.

        Examples
        --------
        >>> TextSettings(segmenter="english").as_provenance()["text_rules"]
        [{'rule': 'normalise', 'setting': 'NFKC, lower case'}]
        """
        terms = dataclasses.asdict(self.terms)
        terms["stopwords"] = _identities(self.terms.stopwords)
        if self.terms.units == "drop":
            terms["units"] = _identities(("units", "units_after_numbers"))
        terms["stemmer"] = stemmer_version(self.terms.stemmer) if self.terms.stemmer else None
        return {
            "segmenter": self.segmenter,
            "segmenter_version": segmenter_version(self.segmenter),
            "hmm": self.hmm if self.segmenter in WITH_DICTIONARY else None,
            "text_rules": [{"rule": step.name, "setting": step.record} for step in text_steps(self.text)],
            "english_rules": dataclasses.asdict(self.english) if self.segmenter == "english" else None,
            "term_rules": terms,
            "user_terms": [list(one) if isinstance(one, UserWord) else one for one in self.user_terms],
            "bigrams": self.bigrams,
            "weights": dict(self.weights),
            "min_documents": self.min_documents,
            "max_share": self.max_share,
        }

    def _check_together(self) -> None:
        if self.user_terms and self.segmenter == "whitespace":
            raise SettingError(
                "the segmenter 'whitespace' cannot use user terms",
                where="user_terms",
                hint="use jieba or english, or leave user_terms out",
            )
        if self.segmenter == "english" and any(isinstance(one, UserWord) for one in self.user_terms):
            raise SettingError(
                "frequencies of user terms are for jieba", where="user_terms", got=self.segmenter
            )
        if self.segmenter != "english" and self.english != EnglishRules():
            raise SettingError(
                "rules for alphabetic text are for the segmenter 'english'",
                where="english",
                got=self.segmenter,
            )
        if self.needs_breaks and self.english.hyphens == "both":
            raise SettingError(
                "phrases need tokens that follow each other, and both spellings of a compound do not",
                where="hyphens",
                got="both",
                allowed=["split", "keep"],
            )


def check_weighted_columns(settings: TextSettings, columns: Iterable[str]) -> None:
    """Raise `SettingError` unless every column with a weight is one that is counted.

    Examples
    --------
    >>> settings = TextSettings(segmenter="english", weights={"title": 3})
    >>> check_weighted_columns(settings, ["title", "abstract"])
    """
    names = list(columns)
    for name in dict(settings.weights):
        if name not in names:
            raise SettingError(
                f"the column {name!r} has a weight and is not counted",
                where="weights",
                got=name,
                allowed=names,
                hint=near_names(str(name), names),
            )


def _checked_weights(
    weights: Mapping[str, int] | tuple[tuple[str, int], ...],
) -> tuple[tuple[str, int], ...]:
    pairs = tuple(sorted(dict(weights).items()))
    for column, weight in pairs:
        if type(weight) is not int or not 1 <= weight <= _LARGEST_WEIGHT:
            raise SettingError(
                f"the weight of {column!r} is no whole number from 1 to {_LARGEST_WEIGHT}",
                where="weights",
                got=weight,
                hint="counts are whole numbers: for 1.5 to 1 say 3 to 2; leave a column out to count it not",
            )
    return pairs


def _identities(names: Iterable[str]) -> list[dict[str, str]]:
    lists = [load_stopwords(name) for name in names]
    return [{"id": one.id, "version": one.version, "sha256": one.sha256} for one in lists]
