"""The one tree of exceptions, and how a message is built.

Everything this package raises on purpose is a `PatentmetricsError`; the command line prints it and
ends with status 1. A message answers up to five questions, in this order: *what* is wrong, *where*,
what was *got*, what is *allowed*, and a *hint* on what to do.

    PatentmetricsError
    ├── SettingError    an option has a value it cannot have
    ├── InputError      a file cannot be read: missing, empty, binary, cut off, in another encoding
    ├── ColumnError     a table lacks a column, or has it twice
    ├── DataError       the rows were read, and contradict themselves or each other
    ├── LexiconError    a lexicon, stop-word list or concordance is unknown or malformed
    ├── StudyError      a study file or an index system is malformed
    ├── OutputError     a result cannot be written
    └── ExtraError      an optional library is not installed
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PatentmetricsError(Exception):
    """Base of all errors that this package raises on purpose.

    Parameters
    ----------
    what : str
        One sentence: what is wrong.
    where : str, optional
        File, row, column or argument.
    got : object, optional
        The offending value.
    allowed : str or iterable of str, optional
        What would have been accepted.
    hint : str, optional
        What to do next.

    Examples
    --------
    >>> print(PatentmetricsError("no such column", where="a.csv", got="申请号", hint="use --map"))
    no such column
      where: a.csv
      got: '申请号'
      hint: use --map
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        got: object = None,
        allowed: str | Iterable[str] | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.allowed = allowed if allowed is None or isinstance(allowed, str) else ", ".join(allowed)
        self.hint = hint
        super().__init__(what)

    def details(self) -> dict[str, str]:
        """Give the parts of the message that are known, by name."""
        parts = {
            "what": self.what,
            "where": self.where,
            "got": None if self.got is None else _shown(self.got),
            "allowed": self.allowed,
            "hint": self.hint,
        }
        return {name: text for name, text in parts.items() if text}

    def __str__(self) -> str:
        parts = self.details()
        return "\n  ".join([parts.pop("what"), *(f"{name}: {text}" for name, text in parts.items())])


class SettingError(PatentmetricsError):
    """An option has a value it cannot have."""


class InputError(PatentmetricsError):
    """A file cannot be read: missing, empty, binary, cut off, or in another encoding."""


class ColumnError(PatentmetricsError):
    """A table lacks a column, or has it twice."""


class DataError(PatentmetricsError):
    """The rows were read, and contradict themselves or each other."""


class LexiconError(PatentmetricsError):
    """A lexicon, stop-word list or concordance is unknown or malformed."""


class StudyError(PatentmetricsError):
    """A study file or an index system is malformed."""


class OutputError(PatentmetricsError):
    """A result cannot be written."""


class ExtraError(PatentmetricsError):
    """An optional library is not installed."""


def near_names(name: str, allowed: Iterable[str]) -> str | None:
    """Suggest the allowed names that look like a wrong one.

    Examples
    --------
    >>> near_names("titel", ["title", "abstract"])
    "did you mean 'title'?"
    >>> near_names("zzz", ["title"]) is None
    True
    """
    near = difflib.get_close_matches(name, list(allowed), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(one) for one in near)}?" if near else None


def check_choice(value: str, allowed: Iterable[str], *, argument: str) -> None:
    """Raise `SettingError` unless ``value`` is one of ``allowed``.

    Examples
    --------
    >>> check_choice("substring", ["substring", "longest"], argument="rule")
    """
    names = list(allowed)
    if value not in names:
        raise SettingError(
            f"{argument} has a value it cannot have",
            where=argument,
            got=value,
            allowed=names,
            hint=near_names(str(value), names),
        )


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 200 else text[:197] + "..."
