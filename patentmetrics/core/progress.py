"""How long work tells what it has done: one callable, passed down; the command line draws it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the name of a stage, how many units of it are done, and how many there are."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` units of ``stage`` are done."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing: the default of every function that takes a ``progress``."""
