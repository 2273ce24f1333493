"""The option ``--memory`` of commands that bound it."""

from __future__ import annotations

import os
import re

import click


def size_in_bytes(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """Read a size as it is written, ``4GB`` or ``800MB``; a callback for click."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if not found:
        raise click.BadParameter("give a size, e.g. 4GB or 800MB")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))


def half_of_the_machine() -> int:
    """Give half of the machine's memory in bytes: the default of ``--memory``."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError):
        return 4 * 1024**3  # Windows does not say; a modest machine's half
