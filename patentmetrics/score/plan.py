"""What the linear engine will do: units, columns, groups of lags; a function of the data and settings.

A *unit* is the set of patents that share a window year and a base period, the period whose term weights
are theirs. With one date, frozen by year, units are years. A block belongs to one unit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

from patentmetrics.core.types import Block, TermCounts

Weighting = Literal["bidf", "cumulative", "idf", "none"]
PairWeights = Literal["earlier", "own"]
WEIGHTINGS = ("bidf", "cumulative", "idf", "none")
PAIR_WEIGHTS = ("earlier", "own")


@dataclass(frozen=True, order=True)
class Unit:
    """Patents of one window year whose weights are those of one base period."""

    year: int
    base: int

    @property
    def name(self) -> str:
        """Name the unit in files; unlike its number, this stays when years are added before it."""
        return f"{self.year}-{self.base}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a run, and what follows from them.

    Parameters
    ----------
    units : tuple of Unit
        Sorted.
    first_year, last_year : int
        The years that the sample covers.
    backward : int
        Lags back, one column each.
    groups : tuple of (int, int)
        Lags ahead: each group is one column, first and last lag included; they follow each other.
    weighting : {"bidf", "cumulative", "idf", "none"}
        See `patentmetrics.score.weights.fill_weights`.
    pair_weights : {"earlier", "own"}
        Both patents of a pair are weighted in the earlier one's period, or each in its own.
    """

    units: tuple[Unit, ...]
    first_year: int
    last_year: int
    backward: int
    groups: tuple[tuple[int, int], ...]
    weighting: Weighting = "bidf"
    pair_weights: PairWeights = "earlier"
    at: dict[Unit, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", {unit: i for i, unit in enumerate(self.units)})

    @property
    def forward(self) -> int:
        """The longest lag ahead."""
        return self.groups[-1][1]

    def own(self, block: Block) -> int:
        """Give the unit of a block."""
        return self.at[unit_of(block)]

    def before(self, year: int, lags: int) -> range:
        """Give the units whose year lies one to ``lags`` years before ``year``."""
        found = [i for i, unit in enumerate(self.units) if year - lags <= unit.year < year]
        return range(found[0], found[-1] + 1) if found else range(0)

    def columns(self, block: Block) -> list[int]:
        """Give the units that a block is weighted for: those before that compare with it, and its own."""
        if self.pair_weights == "own":
            return [self.own(block)]
        reach = max(self.backward, self.forward)
        return [*self.before(block.year, reach), self.own(block)]

    def group_of(self, lag: int) -> int | None:
        """Give the group that a lag ahead is in."""
        return next((g for g, (low, high) in enumerate(self.groups) if low <= lag <= high), None)


def unit_of(block: Block) -> Unit:
    """Give the unit that a block belongs to: its base period is its year unless it was regrouped."""
    return Unit(year=block.year, base=block.year if block.base is None else block.base)


def make_plan(
    counts: TermCounts,
    *,
    backward: int,
    groups: tuple[tuple[int, int], ...],
    first_year: int,
    last_year: int,
    weighting: Weighting = "bidf",
    pair_weights: PairWeights = "earlier",
) -> Plan:
    """Plan a run over a counted corpus."""
    return Plan(
        units=tuple(sorted({unit_of(block) for block in counts.blocks})),
        first_year=first_year,
        last_year=last_year,
        backward=backward,
        groups=groups,
        weighting=weighting,
        pair_weights=pair_weights,
    )


def lag_groups(windows: list[int], *, by_lag: bool) -> tuple[tuple[int, int], ...]:
    """Group lags so that every window is a sum of groups: one column for each, not one for each lag.

    Examples
    --------
    >>> lag_groups([1, 5, 10], by_lag=False)
    ((1, 1), (2, 5), (6, 10))
    >>> lag_groups([2, 3], by_lag=True)
    ((1, 1), (2, 2), (3, 3))
    """
    ends = list(range(1, max(windows) + 1)) if by_lag else sorted(set(windows))
    return tuple((before + 1, end) for before, end in zip([0, *ends[:-1]], ends, strict=True))


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Names of intermediate results: hashes of all that they depend on, so a stale one is never used.

    ``frequencies``, ``totals`` and ``sums`` by block name, ``unit_sums`` by unit. A later year changes
    only the sums of the units and blocks whose windows reach it: that is what makes a run incremental.
    None of them depends on the length of the vocabulary, which may grow. ``shared`` names what all blocks
    read; another run in the same folder, or workers that outlive their run, never see it under that name.
    """

    frequencies: dict[str, str]
    totals: dict[str, str]
    unit_sums: dict[Unit, str]
    sums: dict[str, str]
    shared: str


def make_keys(counts: TermCounts, plan: Plan) -> Keys:
    """Name the intermediate results of a plan."""
    frequencies = {block.name: _hash("frequencies", block.sha256) for block in counts.blocks}
    weights = {unit: _weights_key(counts, plan, unit, frequencies) for unit in plan.units}
    totals = {
        block.name: _hash("totals", block.sha256, [weights[plan.units[u]] for u in plan.columns(block)])
        for block in counts.blocks
    }
    of_year: dict[int, list[str]] = {}
    for block in counts.blocks:
        of_year.setdefault(block.year, []).append(totals[block.name])
    unit_sums = {}
    for unit in plan.units:
        own_totals = [totals[block.name] for block in counts.blocks if unit_of(block) == unit]
        ahead = {
            lag: of_year[unit.year + lag] for lag in range(1, plan.forward + 1) if unit.year + lag in of_year
        }
        unit_sums[unit] = _hash("unit-sums", own_totals, ahead, plan.groups, plan.pair_weights)
    sums = {}
    for block in counts.blocks:
        years = range(block.year - plan.backward, block.year + plan.forward + 1)
        near = {year: of_year.get(year, []) for year in years if year != block.year}
        own = weights[unit_of(block)]
        covered = [plan.first_year <= year <= plan.last_year for year in years]
        settings = [plan.backward, plan.groups, plan.pair_weights]
        sums[block.name] = _hash(
            "sums", block.sha256, totals[block.name], own, sorted(near.items()), covered, settings
        )
    shared = _hash(
        "shared",
        counts.vocabulary.height,
        [[unit.year, unit.base, weights[unit]] for unit in plan.units],
    )
    return Keys(frequencies=frequencies, totals=totals, unit_sums=unit_sums, sums=sums, shared=shared)


def _weights_key(counts: TermCounts, plan: Plan, unit: Unit, frequencies: dict[str, str]) -> str:
    """Hash what the weights of a unit are made of: the frequencies of the blocks that count for it."""
    bases = {block.name: unit_of(block).base for block in counts.blocks}
    counted = {
        "bidf": [name for name, base in bases.items() if base < unit.base],
        "cumulative": [name for name, base in bases.items() if base <= unit.base],
        "idf": list(bases),
        "none": [],
    }[plan.weighting]
    return _hash("weights", plan.weighting, [frequencies[name] for name in counted])


def _hash(kind: str, *parts: object) -> str:
    return f"{kind}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]}"
