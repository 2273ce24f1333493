"""How a number is printed: one rule for all tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from patentmetrics.core.errors import SettingError

MISSING = "—"


def shown_number(value: float | None, *, digits: int = 4) -> str:
    """Print a number with so many decimals; whole numbers with thousands separators.

    What is not zero is never printed as zero: numbers too small for the decimals take powers of ten.
    Null and not-a-number are ``—``, never 0.

    Examples
    --------
    >>> [shown_number(value, digits=3) for value in (1234567, 0.25, -0.00001234, None)]
    ['1,234,567', '0.250', '-1.23e-05', '—']
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if isinstance(value, int):
        return f"{value:,}"
    if value != 0 and (abs(value) < 0.5 * 10.0**-digits or abs(value) >= 1e15):
        return f"{value:.{min(digits, 2)}e}"
    return f"{value + 0.0:,.{digits}f}"  # + 0.0: no negative zero


LEVELS = (0.01, 0.05, 0.10)


def stars(p_value: float | None, *, levels: Sequence[float] = LEVELS) -> str:
    """Give the stars of a p value: *** below 1 %, ** below 5 %, * below 10 %; none for null.

    Other ``levels`` may be named, the smallest first: as many stars as levels that the p value is below.

    Examples
    --------
    >>> stars(0.009), stars(0.01), stars(0.05), stars(0.1), stars(0.03, levels=(0.01, 0.05))
    ('***', '**', '*', '', '*')
    """
    if p_value is None or math.isnan(p_value):
        return ""
    return "*" * sum(p_value < level for level in levels)


def check_levels(levels: Sequence[float]) -> None:
    """Raise `SettingError` unless the levels of significance are one to three, between 0 and 1, rising.

    Examples
    --------
    >>> check_levels((0.01, 0.05, 0.1))
    """
    rising = all(low < high for low, high in itertools.pairwise(levels))
    if not (1 <= len(levels) <= 3 and rising and levels[0] > 0 and levels[-1] < 1):
        raise SettingError(
            "the levels of significance are one to three numbers between 0 and 1, the smallest first",
            where="levels",
            got=", ".join(f"{level:g}" for level in levels),
            hint="0.01, 0.05, 0.1 are the usual ones",
        )
