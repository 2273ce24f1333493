"""Settings of a count, changed by name, and read back from what was written about them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from patentmetrics.core.errors import LexiconError, SettingError, near_names
from patentmetrics.text.english import EnglishRules
from patentmetrics.text.openings import load_openings
from patentmetrics.text.rules import TextRules
from patentmetrics.text.segmenters import WITH_DICTIONARY
from patentmetrics.text.settings import TextSettings
from patentmetrics.text.stemmer import STEMMERS
from patentmetrics.text.stopwords import load_stopwords
from patentmetrics.text.terms import TermRules
from patentmetrics.text.user_word import UserWord

# which settings are in which group of rules
_GROUPS = {
    "text": [one.name for one in dataclasses.fields(TextRules)],
    "english": [one.name for one in dataclasses.fields(EnglishRules)],
    "terms": [one.name for one in dataclasses.fields(TermRules)],
}
_OWN = [one.name for one in dataclasses.fields(TextSettings) if one.name not in _GROUPS]
_LISTS = {"stopwords": load_stopwords, "openings": load_openings}


def change_settings(settings: TextSettings, changes: Mapping[str, object]) -> TextSettings:
    """Change settings by their names, those of groups too (修改设定); a change to null is none.

    Parameters
    ----------
    settings : TextSettings
        The settings.
    changes : mapping
        ``{"hyphens": "keep", "min_documents": 20}``: names of fields of `TextSettings`, `TextRules`,
        `EnglishRules` and `TermRules`. ``"none"`` for a list of lists is the empty one.

    Raises
    ------
    SettingError
        A name or a value is unknown.

    Examples
    --------
    >>> settings = change_settings(TextSettings(segmenter="english"), {"hyphens": "keep", "bigrams": True})
    >>> settings.english.hyphens, settings.bigrams
    ('keep', True)
    """
    given = {name: value for name, value in changes.items() if value is not None}
    names = [*_OWN, *(name for group in _GROUPS.values() for name in group)]
    for name in given:
        if name not in names:
            raise SettingError(
                "there is no such setting", where=name, allowed=names, hint=near_names(name, names)
            )
    for name in _LISTS:
        if name in given:
            given[name] = _list_names(given[name], name)
    fields: dict[str, Any] = {name: given[name] for name in _OWN if name in given}
    for group, members in _GROUPS.items():
        of_group: dict[str, Any] = {name: given[name] for name in members if name in given}
        if of_group:
            fields[group] = dataclasses.replace(getattr(settings, group), **of_group)
    return dataclasses.replace(settings, **fields)


def settings_from(record: Mapping[str, Any], changes: Mapping[str, object] | None = None) -> TextSettings:
    """Read settings back from what `TextSettings.as_provenance` gave (由记录还原设定), and change them.

    Parameters
    ----------
    record : mapping
        As it stands in the manifest of a counted corpus.
    changes : mapping, optional
        See `change_settings`. Lists that are no part of the package are known by a hash only: they must
        be given here.

    Raises
    ------
    SettingError
        The record is of another version of this package, or names a list that must be given.

    Examples
    --------
    >>> settings = TextSettings(segmenter="english", terms=TermRules(stopwords=("english_common",)))
    >>> settings_from(settings.as_provenance()) == settings
    True
    """
    changes = dict(changes or {})
    if not {"segmenter", "text_rules", "term_rules", "user_terms", "weights"} <= record.keys():
        raise SettingError(
            "the settings are those of another version of this package",
            where="settings",
            hint="count the corpus again",
        )
    rules = {one["rule"]: one["setting"] for one in record["text_rules"]}
    terms = dict(record["term_rules"])
    lists = {
        name: _known_lists(name, of_list)
        for name, of_list in (("stopwords", terms["stopwords"]), ("openings", rules.get("openings", [])))
        if changes.get(name) is None
    }
    settings = TextSettings(
        segmenter=record["segmenter"],
        hmm=record["hmm"] is not False,
        text=TextRules(
            script="simplified" if "script" in rules else "keep",
            hyphenation=rules.get("hyphenation", "keep"),
            openings=lists.get("openings", ()),
            references=rules.get("references", "keep"),
        ),
        english=EnglishRules(**(record["english_rules"] or {})),
        terms=TermRules(
            **terms
            | {
                "stopwords": lists.get("stopwords", ()),
                "units": "keep" if terms["units"] == "keep" else "drop",
                "stemmer": _stemmer(terms["stemmer"]),
            }
        ),
        user_terms=tuple(UserWord(*one) if isinstance(one, list) else one for one in record["user_terms"]),
        bigrams=record["bigrams"],
        weights=record["weights"],
        min_documents=record["min_documents"],
        max_share=record["max_share"],
    )
    # words for a dictionary are of no use to a segmenter without one, which is then the error to name
    if changes.get("segmenter") not in (None, *WITH_DICTIONARY) and changes.get("user_terms") is None:
        settings = dataclasses.replace(settings, user_terms=())
    return change_settings(settings, changes)


def _list_names(value: object, name: str) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload]
    if "none" in names:
        if len(names) > 1:
            raise SettingError("'none' stands alone", where=name, got=", ".join(names))
        return ()
    return names


def _known_lists(name: str, identities: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Give the names of lists that are part of the package."""
    for one in identities:
        try:
            _LISTS[name](one["id"])
        except LexiconError as error:
            raise SettingError(
                "the corpus was counted with a list that is no part of the package",
                where=name,
                got=one["id"],
                hint="give all its lists again: " + " ".join(f"--{name} {each['id']}" for each in identities),
            ) from error
    return tuple(one["id"] for one in identities)


def _stemmer(recorded: str | None) -> str | None:
    """Give the stemmer of a record, which names its library and version too."""
    return next((one for one in STEMMERS if recorded and recorded.split()[-1] == one), None)
