"""What checks find: the type that all of them give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found.

    Parameters
    ----------
    file : str
        Its name.
    severity : {'error', 'warning', 'note'}
        An error must be mended; a warning should be, or answered in a note of the file; a note is to be
        known.
    check : str
        Name of the check.
    message : str
        What, and where in the file.
    """

    file: str
    severity: Severity
    check: str
    message: str


class Found(NamedTuple):
    """A finding before the file is known."""

    severity: Severity
    check: str
    message: str


Findings = Iterator[Found]
