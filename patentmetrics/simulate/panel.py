"""Simulate a city panel with a known answer, and deal real patents to its cities.

The panel is for tests, documentation and the demo: a staggered adoption design in which the two-way
fixed-effects estimator is unbiased, so that an estimate can be held against the truth.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.provenance import Provenance, provenance
from patentmetrics.core.types import Panel, require_unique

CONTROL_EFFECT = 0.5


@dataclass(frozen=True, kw_only=True)
class SimulatedPanel:
    """A simulated panel and its known answers (模拟面板).

    Parameters
    ----------
    panel : Panel
        Balanced; ``place, year, outcome, control, cohort, treated``; ``simulated`` is True.
    truth : dict
        By term: ``treated`` (mean effect over the treated cells), ``control``, and ``event_time_k`` for
        each event time of the panel. Also in ``panel.made_by["truth"]``, under the outcome's name.
    """

    panel: Panel
    truth: dict[str, float]


def simulate_panel(
    *,
    places: int = 60,
    first_year: int = 2008,
    last_year: int = 2021,
    effect: float = 0.25,
    growth: float = 0.0,
    share_treated: float = 0.5,
    cohorts: Sequence[int] = (2014, 2016),
    noise_sd: float = 0.3,
    persistence: float = 0.5,
    seed: int,
) -> SimulatedPanel:
    """Simulate a balanced panel with staggered treatment (多期双重差分模拟面板).

    ``outcome = place effect + year effect + effect_k × treated + 0.5 × control + noise``, where
    ``effect_k = effect + growth × (years since treatment)``. Treated places have higher place effects,
    so a comparison without place effects is biased; with ``growth=0`` the effect is the same for all,
    and two-way fixed effects are unbiased for it. With ``growth`` they are not: that is the point of
    the option.

    Parameters
    ----------
    places : int
        Number of places, named ``Simulated city 001`` and so on.
    first_year, last_year : int
        Years of the panel, both included.
    effect : float
        Effect in the year of treatment, in units of the outcome.
    growth : float
        What the effect gains with every year since treatment.
    share_treated : float
        Share of places that are ever treated, from 0 to 1; the treated are drawn at random.
    cohorts : sequence of int
        Years in which treatment begins; the treated places are spread evenly over them.
    noise_sd : float
        Standard deviation of the noise.
    persistence : float
        Correlation of the noise of a place with that of the year before, in [0, 1): what clustered
        standard errors are for.
    seed : int
        The same seed gives the same panel.

    Returns
    -------
    SimulatedPanel
        places × years rows, sorted by place and year; ``cohort`` is null for the never treated.

    Raises
    ------
    SettingError
        A number is out of its range, or a cohort lies outside the years after the first.

    Examples
    --------
    >>> made = simulate_panel(places=10, effect=0.25, seed=1)
    >>> made.panel.frame.shape, made.truth["treated"]
    ((140, 6), 0.25)
    """
    _check(places, first_year, last_year, share_treated, cohorts, noise_sd, persistence, seed)
    rng = np.random.default_rng(seed)
    years = np.arange(first_year, last_year + 1)
    n, t = places, len(years)

    # n places: the cohort of each, 0 for never
    cohort = np.zeros(n, dtype=np.int64)
    drawn = rng.permutation(n)[: round(n * share_treated)]
    cohort[drawn] = [year for year, _ in zip(itertools.cycle(sorted(cohorts)), drawn, strict=False)]
    place_effect = rng.normal(size=n) + 0.5 * (cohort > 0)
    year_effect = 0.05 * np.arange(t) + rng.normal(scale=0.2, size=t)

    # n places × t years
    control = 0.3 * place_effect[:, None] + rng.normal(size=(n, t))
    shock = rng.normal(size=(n, t))
    noise = np.empty((n, t))
    noise[:, 0] = shock[:, 0]
    for year in range(1, t):
        noise[:, year] = persistence * noise[:, year - 1] + np.sqrt(1 - persistence**2) * shock[:, year]
    event_time = years[None, :] - cohort[:, None]
    treated = (cohort[:, None] > 0) & (event_time >= 0)
    gain = np.where(treated, effect + growth * event_time, 0.0)
    outcome = place_effect[:, None] + year_effect + gain + CONTROL_EFFECT * control + noise_sd * noise

    truth = {"control": CONTROL_EFFECT}
    if treated.any():
        truth["treated"] = effect if growth == 0 else float(gain[treated].mean())
        for k in np.unique(event_time[cohort > 0]).tolist():
            truth[f"event_time_{k}"] = effect + growth * k if k >= 0 else 0.0

    width = max(3, len(str(n)))
    frame = pl.DataFrame(
        {
            "place": np.repeat([f"Simulated city {i + 1:0{width}d}" for i in range(n)], t),
            "year": np.tile(years, n),
            "outcome": outcome.ravel(),
            "control": control.ravel(),
            "cohort": np.repeat(cohort, t),
            "treated": treated.ravel(),
        }
    ).with_columns(
        pl.col("year").cast(pl.Int32),
        pl.when(pl.col("cohort") > 0).then(pl.col("cohort")).cast(pl.Int32).alias("cohort"),
        pl.col("treated").cast(pl.Int8),
    )
    settings: dict[str, object] = {
        "places": places,
        "first_year": first_year,
        "last_year": last_year,
        "effect": effect,
        "growth": growth,
        "share_treated": share_treated,
        "cohorts": sorted(cohorts),
        "noise_sd": noise_sd,
        "persistence": persistence,
        "seed": seed,
    }
    made_by: Provenance = provenance("simulate panel", settings=settings)
    made_by |= {"simulated": True, "truth": {"outcome": truth}}
    log = (f"simulated: {n} places × {t} years, {len(drawn)} ever treated, seed {seed}",)
    return SimulatedPanel(panel=Panel(frame=frame, log=log, simulated=True, made_by=made_by), truth=truth)


def deal_places(patent_ids: Sequence[str] | pl.Series, places: Sequence[str], *, seed: int) -> pl.DataFrame:
    """Deal patents at random to simulated places.

    A patent's place depends on its id, the seed and the set of places, on nothing else: neither the
    order of the rows nor which other patents there are.

    Parameters
    ----------
    patent_ids : sequence of str
        Unique, never null.
    places : sequence of str
        The places; the order does not matter.
    seed : int
        Another seed deals anew.

    Returns
    -------
    polars.DataFrame
        ``patent_id, place``, in the order of ``patent_ids``.

    Raises
    ------
    DataError
        A patent id is null or doubled, or there are no places.

    Examples
    --------
    >>> deal_places(["US1", "US2"], ["A", "B", "C"], seed=1)["place"].to_list()
    ['C', 'A']
    """
    names = sorted(set(places))
    if not names:
        raise DataError("there are no places to deal patents to", where="places")
    frame = pl.DataFrame({"patent_id": pl.Series(patent_ids, dtype=pl.String)})
    require_unique(frame, ["patent_id"], where="patents to deal")

    def place_of(patent_id: str) -> str:
        digest = hashlib.blake2b(f"{seed}:{patent_id}".encode(), digest_size=8).digest()
        return names[int.from_bytes(digest, "big") % len(names)]

    dealt = [place_of(one) for one in frame["patent_id"]]
    return frame.with_columns(pl.Series("place", dealt, dtype=pl.String))


def _check(
    places: int,
    first_year: int,
    last_year: int,
    share_treated: float,
    cohorts: Sequence[int],
    noise_sd: float,
    persistence: float,
    seed: int,
) -> None:
    ranges = [
        ("places", places, places >= 2, "2 or more"),
        ("last_year", last_year, last_year > first_year, f"after first_year, {first_year}"),
        ("share_treated", share_treated, 0 <= share_treated <= 1, "0 to 1"),
        ("noise_sd", noise_sd, noise_sd >= 0, "0 or more"),
        ("persistence", persistence, 0 <= persistence < 1, "0 up to, not including, 1"),
        ("seed", seed, seed >= 0, "0 or more"),
        ("cohorts", list(cohorts), len(cohorts) > 0, "at least one year"),
        *(
            ("cohorts", year, first_year < year <= last_year, f"{first_year + 1} to {last_year}")
            for year in cohorts
        ),
    ]
    for name, value, fits, allowed in ranges:
        if not fits:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=allowed)
