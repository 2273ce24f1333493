"""Synthetic difference in differences, for one or several dates of treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.staggered import (
    Incomplete,
    StaggeredSample,
    overall_and_events,
    staggered_result,
    staggered_sample,
    tidy_estimates,
)
from patentmetrics.estimate.synthetic_weights import (
    Draws,
    Estimate,
    Floats,
    bootstrap_draws,
    estimate,
    jackknife_draws,
    placebo_draws,
)
from patentmetrics.estimate.within import fit_within

ERRORS = ["placebo", "bootstrap", "jackknife"]
CITATION = (
    "Arkhangelsky, D., Athey, S., Hirshberg, D. A., Imbens, G. W., & Wager, S. (2021). Synthetic "
    "difference-in-differences. American Economic Review, 111(12), 4088-4118; weights computed with diff-diff"
)


@dataclass(frozen=True, kw_only=True)
class SyntheticSpec:
    """Synthetic difference in differences (合成双重差分, SDID).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    controls : tuple of str
        Regressors that are taken out of the outcome first, with slopes from the untreated rows.
    errors : {"placebo", "bootstrap", "jackknife"}
        Treat controls in the place of the treated; draw places anew; leave one place out at a time, with the
        weights kept.
    draws, seed : int
        Of the placebo and the bootstrap.
    incomplete_places : {"refuse", "drop"}
        What to do with places that lack a year.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    controls: tuple[str, ...] = ()
    errors: Literal["placebo", "bootstrap", "jackknife"] = "placebo"
    draws: int = 200
    seed: int = 1
    incomplete_places: Incomplete = "refuse"


def fit_synthetic(panel: Panel, spec: SyntheticSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate a synthetic difference in differences (合成双重差分).

    For each cohort, weights of the never-treated places make their mean run parallel to the treated before
    treatment, and weights of the years before make them like those after; the effect is the weighted
    difference in differences. Over cohorts it is averaged by treated rows (Clarke et al. 2023). Standard
    errors come from draws of the whole, all cohorts together.

    Source: Arkhangelsky et al. (2021), algorithms 1 to 4, doi:10.1257/aer.20190159; Clarke, Pailanir, Athey &
    Imbens (2023), arXiv:2301.11859.

    Parameters
    ----------
    panel : Panel
        Every place in every year; some places never treated; two or more years before each treatment.
    spec : SyntheticSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The effect, term ``treated``, then ``event_time_k``: the gap between treated and synthetic less its
        weighted mean before treatment. Frames: ``by_cohort``; ``unit_weights`` (``cohort, place, weight``);
        ``time_weights`` (``cohort, year, weight``); ``trends`` (``cohort, year, treated, synthetic``);
        ``draws`` (``draw, estimate``: of the placebo, the bootstrap, or the places left out in their order).

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value.
    DataError
        A place lacks a year; no place is never treated; a cohort has one year before its treatment; the
        errors asked for do not exist: a placebo without more controls than treated, a bootstrap with one
        treated place, a jackknife with a cohort of one place or with all weight on one control.
    ExtraError
        diff-diff is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=30, share_treated=0.2, cohorts=[2016], effect=1.0, seed=3).panel
    >>> result = fit_synthetic(panel, SyntheticSpec(name="(1)", outcome="outcome", errors="jackknife"))
    >>> low, high = result.estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < result.truth["treated"] < high)
    True
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    if spec.draws < 50 or spec.seed < 0:
        raise SettingError(
            "draws or seed is too small",
            where="draws, seed",
            got=f"{spec.draws}, {spec.seed}",
            allowed="50 draws or more, a seed of 0 or more",
        )
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        controls=spec.controls,
        balanced=True,
        incomplete_places=spec.incomplete_places,
        needs_never_treated=True,
    )
    outcome, notes = _matrix(panel, sample)
    years = np.array(sample.years)
    _check_design(sample, spec)
    found = estimate(outcome, sample.place_cohorts, years)
    draws = _draws(outcome, sample, years, found, spec)
    n = sample.frame.height
    events = pl.DataFrame(
        {
            "event_time": pl.Series(found.event_times, dtype=pl.Int32),
            "estimate": found.by_event_time,
            "std_error": [_spread(one, spec) for one in draws.by_event_time.T],
        }
    )
    cohorts = pl.DataFrame(
        {
            "term": [f"cohort_{g}" for g in found.cohorts],
            "cohort": pl.Series(found.cohorts, dtype=pl.Int32),
            "share": found.shares,
            "estimate": found.by_cohort,
            "std_error": [_spread(one, spec) for one in draws.by_cohort.T],
        }
    )
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Synthetic difference in differences",
        citation=CITATION,
        estimates=overall_and_events(spec.name, (found.overall, _spread(draws.overall, spec)), events, n=n),
        statistics={
            "draws": len(draws.overall),
            "draws_failed": draws.failed,
            "clusters": None,
            "seed": None if spec.errors == "jackknife" else spec.seed,
        },
        notes=_notes(spec, len(draws.overall), draws.failed) + notes,
        fixed_effects=("place", "year"),
        frames={
            "by_cohort": tidy_estimates(spec.name, cohorts, n=n),
            **_weights(found, sample),
            "trends": _trends(found, outcome, sample),
            "draws": pl.DataFrame({"draw": range(1, len(draws.overall) + 1), "estimate": draws.overall}),
        },
        truth=truth,
    )


def _matrix(panel: Panel, sample: StaggeredSample) -> tuple[Floats, list[str]]:
    # places × years, the controls taken out
    values = sample.frame[sample.outcome].cast(pl.Float64).to_numpy()
    notes: list[str] = []
    if sample.controls:
        untreated = sample.frame.filter((pl.col("year") < pl.col("cohort")).fill_null(value=True))
        rows = estimation_sample(
            Panel(frame=untreated, simulated=panel.simulated),
            outcome=sample.outcome,
            regressors=sample.controls,
            fixed_effects=("place", "year"),
            cluster=None,
        )
        fit = fit_within(rows, errors="robust")
        x = sample.frame.select(fit.terms).cast(pl.Float64).to_numpy()
        values = values - np.einsum("nk,k->n", x, fit.coefficients)
        notes.append(
            f"taken out of the outcome, with slopes from the untreated rows: {', '.join(fit.terms)}; the "
            "standard errors take the slopes as known"
        )
        notes += [f"{term} left out: {reason}" for term, reason in fit.collinear.items()]
    return np.ascontiguousarray(values.reshape(len(sample.places), len(sample.years))), notes


def _check_design(sample: StaggeredSample, spec: SyntheticSpec) -> None:
    early = [g for g in sample.cohorts if sum(year < g for year in sample.years) < 2]
    if early:
        raise DataError(
            f"cohort {early[0]} has one year before its treatment: weights need two",
            where="panel",
            got=f"the panel begins in {sample.years[0]}",
            hint="take earlier years, or leave that cohort out",
        )
    treated = int((sample.place_cohorts > 0).sum())
    controls = len(sample.places) - treated
    sizes = {g: int((sample.place_cohorts == g).sum()) for g in sample.cohorts}
    alone = [str(g) for g, size in sizes.items() if size == 1]
    faults = {
        "placebo": (controls <= treated, "the placebo needs more never-treated places than treated ones"),
        "bootstrap": (
            treated < 2,
            "the bootstrap with one treated place gives a number that is no standard error",
        ),
        "jackknife": (
            bool(alone),
            f"the jackknife needs two places in each cohort; {', '.join(alone)} has one",
        ),
    }
    wrong, what = faults[spec.errors]
    if wrong:
        others = {"placebo": "bootstrap", "bootstrap": "placebo", "jackknife": "placebo"}
        raise DataError(
            what,
            where="errors",
            got=f"{treated} treated places, {controls} never treated",
            hint=f'errors="{others[spec.errors]}" may do',
        )


def _draws(
    outcome: Floats,
    sample: StaggeredSample,
    years: npt.NDArray[np.int64],
    found: Estimate,
    spec: SyntheticSpec,
) -> Draws:
    if spec.errors == "placebo":
        return placebo_draws(outcome, sample.place_cohorts, years, draws=spec.draws, seed=spec.seed)
    if spec.errors == "bootstrap":
        return bootstrap_draws(outcome, sample.place_cohorts, years, found, draws=spec.draws, seed=spec.seed)
    return jackknife_draws(outcome, sample.place_cohorts, years, found)


def _spread(draws: Floats, spec: SyntheticSpec) -> float | None:
    # the spread of the draws as the standard error: of the jackknife, inflated
    known = draws[np.isfinite(draws)]
    if len(known) < 2:
        return None
    squares = float(np.sum((known - known.mean()) ** 2))
    factor = (len(known) - 1) / len(known) if spec.errors == "jackknife" else 1 / len(known)
    return float(np.sqrt(factor * squares))


def _weights(found: Estimate, sample: StaggeredSample) -> dict[str, pl.DataFrame]:
    controls = [
        place for place, cohort in zip(sample.places, sample.place_cohorts, strict=True) if cohort == 0
    ]
    units = [
        {"cohort": g, "place": place, "weight": float(weight)}
        for g, omega in zip(found.cohorts, found.unit_weights, strict=True)
        for place, weight in zip(controls, omega, strict=True)
    ]
    times = [
        {"cohort": g, "year": year, "weight": float(weight)}
        for g, weights in zip(found.cohorts, found.time_weights, strict=True)
        for year, weight in zip(sample.years, weights, strict=False)
    ]
    whole = {"cohort": pl.Int32, "year": pl.Int32}
    return {
        "unit_weights": pl.DataFrame(units, schema_overrides={"cohort": pl.Int32}),
        "time_weights": pl.DataFrame(times, schema_overrides=whole),
    }


def _trends(found: Estimate, outcome: Floats, sample: StaggeredSample) -> pl.DataFrame:
    controls = outcome[sample.place_cohorts == 0]
    pieces = [
        pl.DataFrame(
            {
                "cohort": pl.Series([g] * len(sample.years), dtype=pl.Int32),
                "year": pl.Series(sample.years, dtype=pl.Int32),
                "treated": outcome[sample.place_cohorts == g].mean(axis=0),
                "synthetic": np.einsum("p,pt->t", omega, controls),
            }
        )
        for g, omega in zip(found.cohorts, found.unit_weights, strict=True)
    ]
    return pl.concat(pieces)


def _notes(spec: SyntheticSpec, draws: int, failed: int) -> list[str]:
    errors = {
        "placebo": f"standard errors from {draws} placebo draws among the never treated, seed {spec.seed}, "
        "normal distribution; they take the noise of treated and controls to be alike",
        "bootstrap": f"standard errors from {draws} bootstrap draws of places, seed {spec.seed}, normal "
        "distribution",
        "jackknife": f"standard errors by jackknife over {draws} places with fixed weights, normal "
        "distribution",
    }[spec.errors]
    notes = [errors, "compared with the never treated; cohorts averaged by their treated rows"]
    if failed:
        notes.append(f"{failed} bootstrap draws without a treated or an untreated place drawn anew")
    return notes
