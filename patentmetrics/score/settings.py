"""What is measured: the settings of a scoring run, and the settings that papers used."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.counted.format import DATES
from patentmetrics.score.plan import PAIR_WEIGHTS, WEIGHTINGS, PairWeights, Weighting

Freeze = Literal["year", "quarter", "month"]
FREEZES = ("year", "quarter", "month")
Compare = Literal["all", "within", "across"]
COMPARES = ("all", "within", "across")
PatentDate = Literal["filing", "issue"]


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """What a score is (打分设定): windows, weights, dates, cut-offs. All of it is written into the output.

    Parameters
    ----------
    backward : int
        Years of the backward window.
    forward : tuple of int
        Years of the forward windows.
    weighting : {"bidf", "cumulative", "idf", "none"}
        Term weights. ``bidf``: log(N / (1 + n)) over the patents of earlier periods (Kelly et al. 2021);
        ``cumulative``: log(N / n) up to and including the period (Shi et al. 2025, eq. 2); ``idf``: as
        ``bidf`` over the whole sample; ``none``.
    pair_weights : {"earlier", "own"}
        Both patents of a pair are weighted in the period of the earlier one (Kelly et al.), or each in
        its own (Shi et al.).
    freeze : {"year", "quarter", "month"}
        How long the weights stay the same.
    date : {"filing", "issue"}, optional
        Which date decides the year of the windows; that of the counted corpus by default.
    weight_date : {"filing", "issue"}, optional
        Which date orders the patents for the weights; ``date`` by default (issue in Kelly et al.).
    effect_date : {"filing", "issue"}, optional
        Which date decides the year of the year effects; ``date`` by default (issue in Kelly et al.).
    threshold : float, optional
        Similarities below it count as zero before they are added up: another measure
        (``measure="thresholded"``), which costs time with the square of the patents. Kelly et al. use 0.05.
    sample : int, optional
        Estimate the thresholded sums from so many comparators drawn from each year (抽样估计,
        ``measure="sampled"``), each with a standard error; a year that has no more is taken whole.
    seed : int, optional
        Which comparators are drawn; 0 by default.
    group : str, optional
        Column of the patents, such as ``applicants`` or ``ipc_subclass`` (from ``ipc``), for the two below.
    group_values : {"any", "first"}
        Patents share a group when they share any of its values, or their first.
    backward_compare, forward_compare : {"all", "within", "across"}
        Compare with all patents, only those of the same group, or only those of other groups (which
        leaves out the applicant's own patents).
    partial_windows : bool
        Give sums over windows that the sample does not cover whole; null by default.
    first_year, last_year : int, optional
        The years that the sample covers, when they are more than the years it has patents of.
    top_share : float
        Share of breakthrough patents.
    effects : tuple of str
        Effects that are taken out: ``year``, a column, or an interaction such as ``year^ipc_subclass``.
    top_within : tuple of str
        Columns within whose groups the top share is taken; the whole sample by default.
    keep_lags : bool
        Give the sums and comparators of each lag too, so that any window follows by addition.

    Raises
    ------
    SettingError
        A value that cannot be.

    Examples
    --------
    >>> ScoreSettings(backward=3, forward=(3,)).weighting
    'bidf'
    """

    backward: int = 5
    forward: tuple[int, ...] = (1, 5, 10)
    weighting: Weighting = "bidf"
    pair_weights: PairWeights = "earlier"
    freeze: Freeze = "year"
    date: PatentDate | None = None
    weight_date: PatentDate | None = None
    effect_date: PatentDate | None = None
    threshold: float | None = None
    sample: int | None = None
    seed: int | None = None
    group: str | None = None
    group_values: Literal["any", "first"] = "any"
    backward_compare: Compare = "all"
    forward_compare: Compare = "all"
    partial_windows: bool = False
    first_year: int | None = None
    last_year: int | None = None
    top_share: float = 0.1
    effects: tuple[str, ...] = ("year",)
    top_within: tuple[str, ...] = ()
    keep_lags: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "forward", tuple(sorted(set(self.forward))))
        if not self.forward or min(self.backward, *self.forward) < 1:
            raise SettingError(
                "a window must have one year or more",
                where="backward, forward",
                got=[self.backward, *self.forward],
            )
        if not 0 < self.top_share < 1:
            raise SettingError(
                "the top share must lie between 0 and 1", where="top_share", got=self.top_share
            )
        check_choice(self.weighting, WEIGHTINGS, argument="weighting")
        check_choice(self.pair_weights, PAIR_WEIGHTS, argument="pair_weights")
        check_choice(self.freeze, FREEZES, argument="freeze")
        for name in ("date", "weight_date", "effect_date"):
            value = getattr(self, name)
            if value is not None:
                check_choice(value, DATES, argument=name)
        check_choice(self.group_values, ("any", "first"), argument="group_values")
        for name in ("backward_compare", "forward_compare"):
            check_choice(getattr(self, name), COMPARES, argument=name)
        self._check_together()

    @property
    def grouped(self) -> bool:
        """Whether groups decide which patents are compared."""
        return (self.backward_compare, self.forward_compare) != ("all", "all")

    def _check_together(self) -> None:
        if self.grouped and self.group is None:
            raise SettingError(
                "comparing within or across groups needs the group",
                where="group",
                hint="say group='ipc_subclass'",
            )
        if self.threshold is not None and not 0 <= self.threshold < 1:
            raise SettingError("the threshold must lie in [0, 1)", where="threshold", got=self.threshold)
        if self.threshold is not None and self.grouped:
            raise SettingError("a threshold and groups cannot be combined", where="threshold, group")
        if self.sample is not None and self.threshold is None:
            raise SettingError(
                "only thresholded sums are sampled: the linear ones are exact, and cost less than a sample",
                where="sample",
                got=self.sample,
                hint="say threshold=0.05 too, or leave sample out",
            )
        if self.seed is not None and self.sample is None:
            raise SettingError(
                "a seed is for a sample", where="seed", got=self.seed, hint="say sample=1000 too"
            )
        if self.sample is not None:
            object.__setattr__(self, "seed", self.seed or 0)
            if self.sample < 1 or (self.seed or 0) < 0:
                raise SettingError(
                    "the sample must be one or more, the seed zero or more",
                    where="sample, seed",
                    got=[self.sample, self.seed],
                )


PRESETS: dict[str, ScoreSettings] = {
    # Kelly, Papanikolaou, Seru & Taddy 2021, without their threshold; with both dates at hand, say
    # weight_date="issue", effect_date="issue"
    "kpst2021": ScoreSettings(backward=5, forward=(1, 5, 10, 20)),
    # Shi et al. 2025, on technology domains in place of words
    "shi2025": ScoreSettings(backward=5, forward=(5,), weighting="cumulative", pair_weights="own"),
}


def preset(name: str) -> ScoreSettings:
    """Give the settings that a paper used.

    Examples
    --------
    >>> preset("kpst2021").forward
    (1, 5, 10, 20)
    """
    check_choice(name, PRESETS, argument="preset")
    return dataclasses.replace(PRESETS[name])
