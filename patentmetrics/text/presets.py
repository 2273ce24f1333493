"""Settings of a count by name: those of a paper, and ours for patents in a language."""

from __future__ import annotations

from patentmetrics.core.errors import check_choice
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.rules import TextRules
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.terms import TermRules

PRESETS: dict[str, TextSettings] = {
    # Kelly, Papanikolaou, Seru & Taddy 2021: letters only, lower case, no stemmer, stop words, terms in 20
    # patents or more, no upper limit. Their 947 stop words are a union of lists that is not among ours:
    # common words and those of the patent office stand for it.
    "kpst2021": TextSettings(
        segmenter="english",
        terms=TermRules(stopwords=("english_common", "english_uspto")),
        min_documents=20,
    ),
    "english_patents": TextSettings(
        segmenter="english",
        text=TextRules(hyphenation="join", openings=("english_openings",), references="remove"),
        english=EnglishRules(digits="keep"),
        terms=TermRules(
            stopwords=("english_common", "english_patents", "english_uspto"),
            numbers="drop",
            units="drop",
            part_references="drop",
            shortest=2,
        ),
    ),
    "chinese_patents": TextSettings(
        segmenter="jieba",
        text=TextRules(openings=("chinese_openings",), references="remove"),
        terms=TermRules(
            stopwords=("chinese_common", "chinese_patents"),
            numbers="drop",
            units="drop",
            part_references="drop",
            shortest=2,
        ),
    ),
}


def text_preset(name: str) -> TextSettings:
    """Give settings by name (预设): those of a paper, or ours for patents in a language.

    ``kpst2021`` is Kelly, Papanikolaou, Seru & Taddy 2021, doi:10.1257/aeri.20190499;
    ``english_patents`` and ``chinese_patents`` are ours. Change one setting by `dataclasses.replace`.

    Raises
    ------
    SettingError
        No preset has this name.

    Examples
    --------
    >>> text_preset("kpst2021").min_documents
    20
    """
    check_choice(name, PRESETS, argument="preset")
    return PRESETS[name]
