"""Fake treatments for placebo tests: who is treated, and from when on, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from patentmetrics.core.errors import DataError, check_choice

Kind = Literal["unit", "time", "mixed"]
Timing = Literal["cohort", "place", "common"]
Years = npt.NDArray[np.int32]

KINDS = ["unit", "time", "mixed"]
TIMINGS = ["cohort", "place", "common"]
NEVER = 0


def fake_cohorts(
    cohorts: npt.ArrayLike, *, kind: Kind, timing: Timing, years: Sequence[int], draws: int, seed: int
) -> Years:
    """Draw fake first years of treatment (伪处理组, 伪处理时间) for places.

    Draw i is the same whatever the number of draws.

    Parameters
    ----------
    cohorts : array_like, shape (p,)
        The real first year of each place, 0 for never.
    kind : {"unit", "time", "mixed"}
        ``unit``: the real first years are shuffled among all places, so that each cohort keeps its size.
        ``time``: the treated places keep their treatment, from a random year on. ``mixed``: both, random
        places without replacement, as many as are really treated, and random years.
    timing : {"cohort", "place", "common"}
        Of random years: ``cohort`` draws as many different years as there are cohorts, one for each, so
        that the sizes of the cohorts stay; ``place`` draws a year for each place; ``common`` one for all.
    years : sequence of int
        Years to draw from, each as likely as the others.
    draws : int
        How many draws.
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    ndarray, shape (draws, p)
        First years, 0 for never.

    Raises
    ------
    SettingError
        An option has an unknown value.
    DataError
        No place is treated or none is untreated; there are fewer years than cohorts.

    Source: the three versions of the mixed test are those of Chen, Qi & Yan (2023), ``didplacebo``.

    Examples
    --------
    >>> drawn = fake_cohorts([2010, 0, 0, 0], kind="unit", timing="cohort", years=[], draws=3, seed=1)
    >>> drawn.max(axis=1).tolist(), (drawn > 0).sum(axis=1).tolist()
    ([2010, 2010, 2010], [1, 1, 1])
    """
    check_choice(kind, KINDS, argument="kind")
    check_choice(timing, TIMINGS, argument="timing")
    real = np.asarray(cohorts, dtype=np.int32)
    treated = np.flatnonzero(real != NEVER)
    if not 0 < len(treated) < len(real):
        raise DataError(
            "a placebo test needs treated and untreated places",
            where="panel",
            got=f"{len(treated)} treated, {len(real) - len(treated)} untreated",
        )
    groups, group = np.unique(real[treated], return_inverse=True)
    pool = np.asarray(years, dtype=np.int32)
    needed = {"cohort": len(groups), "place": 1, "common": 1}[timing]
    if kind != "unit" and len(pool) < needed:
        raise DataError(
            "there are fewer years to draw from than cohorts",
            where="years",
            got=f"{len(pool)} years, {needed} cohorts",
            hint='widen the years, or draw with timing="place"',
        )
    drawn = np.full((draws, len(real)), NEVER, dtype=np.int32)
    for i in range(draws):
        # a generator of its own for each draw: draw 17 of 500 is draw 17 of 1,000
        rng = np.random.default_rng([seed, i])
        if kind == "unit":
            drawn[i] = rng.permutation(real)
            continue
        chosen = treated if kind == "time" else rng.permutation(len(real))[: len(treated)]
        if timing == "cohort":
            # random places in random order: the first of them are the first cohort, and so on
            drawn[i, chosen] = rng.choice(pool, len(groups), replace=False)[group]
        elif timing == "place":
            drawn[i, chosen] = rng.choice(pool, len(chosen))
        else:
            drawn[i, chosen] = rng.choice(pool)
    return drawn
