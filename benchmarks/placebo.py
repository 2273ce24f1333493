"""500 placebo draws, and 500 draws of a group difference, against loops of the library: ratios in one run.

    python -m benchmarks.placebo

Simulated panels of 284 places × 14 years and of 3,000 × 22, five controls, place and year effects, errors
clustered by place. A loop gets a few of the draws, for its time is proportional; what it finds is checked
against ours. Times are of the processor, the best of some rounds in which all take turns.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np
import polars as pl

from benchmarks.matching import best
from patentmetrics.core.types import Panel
from patentmetrics.estimate.assignments import fake_cohorts
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.group_difference import GroupDifferenceSpec, fit_group_difference
from patentmetrics.estimate.placebo import PlaceboSpec, fit_placebo
from patentmetrics.simulate.panel import simulate_panel

CONTROLS = ("control", "c1", "c2", "c3", "c4")
PLACEBO = PlaceboSpec(name="m", outcome="outcome", controls=CONTROLS, kind="unit", seed=1, draws=500)
GROUPS = GroupDifferenceSpec(name="m", outcome="outcome", controls=CONTROLS, group="side", seed=1, draws=500)
SIZES = {"284 × 14": (284, 14, 10), "3,000 × 22": (3000, 22, 3)}
ROUNDS = 2


def panel_of(places: int, years: int, *, balanced: bool = True) -> Panel:
    cohorts = [2000 + years // 2, 2002 + years // 2]
    panel = simulate_panel(
        places=places, first_year=2000, last_year=1999 + years, cohorts=cohorts, effect=0.02, seed=1
    ).panel
    rng = np.random.default_rng(1)
    more = {name: pl.Series(rng.normal(size=panel.frame.height)) for name in CONTROLS[1:]}
    odd = (pl.col("place").str.tail(1).cast(pl.Int32) % 2).cast(pl.String)
    frame = panel.frame.with_columns(side=odd, **more)
    return replace(panel, frame=frame if balanced else frame.sample(fraction=0.9, seed=1))


def dealt(panel: Panel, draws: int) -> list[pl.DataFrame]:
    """The panels of the first unit draws."""
    first = panel.frame.select("place", pl.col("cohort").fill_null(0)).unique().sort("place")
    fake = fake_cohorts(first["cohort"], kind="unit", timing="cohort", years=[], draws=draws, seed=1)
    frames = []
    for one in fake:
        start = pl.DataFrame({"place": first["place"], "start": one})
        made = panel.frame.join(start, on="place").sort("place", "year")
        treated = ((pl.col("start") > 0) & (pl.col("year") >= pl.col("start"))).cast(pl.Int8)
        frames.append(made.with_columns(treated=treated))
    return frames


def by_library(frames: list[pl.DataFrame]) -> list[float]:
    """One pyfixest regression a draw."""
    import pyfixest

    formula = f"outcome ~ treated + {' + '.join(CONTROLS)} | place + year"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            float(pyfixest.feols(formula, one.to_pandas(), vcov={"CRV1": "place"}).coef()["treated"])
            for one in frames
        ]


def by_fit_did(panel: Panel, frames: list[pl.DataFrame]) -> list[float]:
    """One `fit_did` a draw."""
    return [float(fit_did(replace(panel, frame=one), PLACEBO).estimates["estimate"][0]) for one in frames]


def groups_by_fit_did(panel: Panel, draws: int) -> list[float]:
    """Two `fit_did` a draw of a group difference."""
    sides = panel.frame.select("place", "side").unique().sort("place")
    second = (sides["side"] == "1").to_numpy().astype(int)
    model = DidSpec(name="m", outcome="outcome", controls=CONTROLS)
    found = []
    for i in range(draws):
        mine = np.random.default_rng([1, i]).permutation(second)
        effects = []
        for group in (0, 1):
            places = sides["place"].filter(pl.Series(mine == group))
            part = panel.frame.filter(pl.col("place").is_in(places.to_list()))
            effects.append(float(fit_did(replace(panel, frame=part), model).estimates["estimate"][0]))
        found.append(effects[0] - effects[1])
    return found


def check(found: list[float], drawn: pl.Series) -> None:
    worst = float(np.max(np.abs(np.array(found) / drawn.head(len(found)).to_numpy() - 1)))
    if worst > 1e-9:
        raise SystemExit(f"the ways differ by {worst:.1e}")


def table(size: str, balanced: bool) -> None:
    places, years, part = SIZES[size]
    panel = panel_of(places, years, balanced=balanced)
    frames = dealt(panel, part)
    drawn = fit_placebo(panel, PLACEBO).frames["draws"]["estimate"]
    check(by_library(frames), drawn)
    check(by_fit_did(panel, frames), drawn)
    differences = fit_group_difference(panel, GROUPS).frames["draws"]["difference"]
    check(groups_by_fit_did(panel, part), differences)
    ours = best(
        {
            "placebo": lambda: fit_placebo(panel, PLACEBO, threads=1),
            "groups": lambda: fit_group_difference(panel, GROUPS),
        },
        ROUNDS,
    )
    loops = best(
        {
            "pyfixest": lambda: by_library(frames),
            "fit_did": lambda: by_fit_did(panel, frames),
            "groups": lambda: groups_by_fit_did(panel, part),
        },
        1,
    )
    loops = {name: one * 500 / part for name, one in loops.items()}
    kind = "balanced" if balanced else "a tenth of the rows missing"
    print(f"\n{size}, {kind}, 500 draws\n")
    print("| test | way | seconds of the processor | times ours |\n|---|---|---:|---:|")
    rows = [
        ("placebo", "`fit_placebo`", ours["placebo"], ours["placebo"]),
        ("placebo", f"loop of pyfixest ({part} of them timed)", loops["pyfixest"], ours["placebo"]),
        ("placebo", f"loop of `fit_did` ({part} of them timed)", loops["fit_did"], ours["placebo"]),
        ("group difference", "`fit_group_difference`", ours["groups"], ours["groups"]),
        ("group difference", f"loop of `fit_did` ({part} of them timed)", loops["groups"], ours["groups"]),
    ]
    for test, way, seconds, own in rows:
        print(f"| {test} | {way} | {seconds:,.2f} | {seconds / own:,.1f} |")


class Draws:
    """For asv: 500 draws of each test."""

    params = (["284 × 14", "3,000 × 22"],)
    param_names = ("panel",)

    def setup(self, size: str) -> None:
        places, years, _ = SIZES[size]
        self.panel = panel_of(places, years)
        self.uneven = panel_of(places, years, balanced=False)
        fit_did(self.panel, PLACEBO)  # the library is imported once

    def time_placebo(self, _size: str) -> None:
        fit_placebo(self.panel, PLACEBO, threads=1)

    def time_placebo_unbalanced(self, _size: str) -> None:
        fit_placebo(self.uneven, PLACEBO, threads=1)

    def time_group_difference(self, _size: str) -> None:
        fit_group_difference(self.panel, GROUPS)

    def peakmem_placebo(self, _size: str) -> None:
        fit_placebo(self.panel, PLACEBO, threads=1)


def main() -> None:
    """Print the tables."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for size in SIZES:
        for balanced in (True, False):
            table(size, balanced)


if __name__ == "__main__":
    main()
