"""Placebo tests with random draws: fake treated places, fake years, and both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.assignments import KINDS, NEVER, TIMINGS, Kind, Timing, Years, fake_cohorts
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.draws import empirical_p_values, estimate_draws, without_first
from patentmetrics.estimate.projection import Floats
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.panel.keys import shown
from patentmetrics.panel.treatment import checked_cohort

Among = Literal["all", "never_treated"]

CITATION = (
    "Chen, Q., Qi, J. & Yan, G. (2023). didplacebo: Implementing placebo tests for difference-in-differences "
    "estimations; p values after Phipson & Smyth (2010)"
)


@dataclass(frozen=True, kw_only=True)
class PlaceboSpec(DidSpec):
    """A placebo test with random draws (安慰剂检验) of a difference-in-differences model.

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`.
    kind : {"unit", "time", "mixed"}
        Fake treated places (虚构处理组); random years for the places that are really treated (虚构处理时间);
        or both (混合安慰剂检验). See `patentmetrics.estimate.assignments.fake_cohorts`. ``time`` keeps all
        rows, so its draws hold part of the real effect and its test has little power: to ask whether
        there is an effect before treatment use ``fit_fixed_placebo`` with ``earlier``.
    timing : {"cohort", "place", "common"}
        How random years are drawn: a different one for each cohort, so that cohorts keep their sizes; one
        for each place; one for all.
    among : {"all", "never_treated"}
        Places to draw from. ``all`` is what papers do; then some fake treated places are really treated, and
        the draws are wider the larger the effect. ``never_treated`` leaves the treated out of the draws.
    years : (int, int), optional
        First and last fake year; by default the second to the last year of the sample.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    draws : int
        How many draws.
    seed : int
        The same seed gives the same draws.
    """

    kind: Kind
    seed: int
    timing: Timing = "cohort"
    among: Among = "all"
    years: tuple[int, int] | None = None
    cohort: str = "cohort"
    draws: int = 500


def fit_placebo(
    panel: Panel, spec: PlaceboSpec, *, truth: Mapping[str, float] | None = None, threads: int | None = None
) -> Result:
    """Hold the estimate against those of fake treatments (安慰剂检验): 500 draws at once.

    Parameters
    ----------
    panel : Panel
        The panel; in it the treatment follows the cohort.
    spec : PlaceboSpec
        The model and the test.
    truth : mapping, optional
        Known answers by term, as for ``fit_did``.
    threads : int, optional
        Blocks of draws in work at a time; the numbers do not depend on it.

    Returns
    -------
    Result
        The estimates are those of the real treatment, from ``fit_did``. Frames: ``draws`` (``draw, estimate,
        std_error, statistic, p_value``, the last of a t test of the draw itself; null where the fake
        treatment cannot be estimated) and ``p_values`` (``of, side, extreme, draws, share, p_value``, by the
        estimates, and by the t statistics, which MacKinnon & Webb (2020, doi:10.1016/j.jeconom.2020.04.024)
        prefer where few are treated). The statistics add ``draws, draws_without_estimate, p_left, p_right,
        p_two_sided`` (by the estimates), ``placebo_mean, placebo_sd`` and ``placebo_rejected``: the share of
        draws whose own t test rejects at 5 %.

    Raises
    ------
    DataError
        The treatment does not follow the cohort; no place is treated or none is untreated; too few are
        never treated to draw from; or a fault named in ``fit_did``.
    SettingError
        An option has an unknown value, or the years are not in the sample.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> result = fit_placebo(panel, PlaceboSpec(name="(1)", outcome="outcome", kind="unit", draws=99, seed=1))
    >>> result.statistics["p_right"], result.frames["draws"].height
    (0.02, 99)
    """
    _check(spec)
    real = fit_did(panel, spec, truth=truth)
    first_year = checked_cohort(panel.frame, spec.cohort).alias("_first")
    sample = _sample(panel, spec)
    cohorts = _cohorts(sample, first_year, spec)
    if spec.among == "never_treated":
        sample = _sample(replace(panel, frame=panel.frame.filter(first_year.is_null())), spec)
        cohorts = _dealt_to(sample, cohorts)
    place = sample.frame["place"].rank("dense").to_numpy().astype(np.int64) - 1
    year = sample.frame["year"].to_numpy()
    years = _years(spec, np.unique(year))
    fake = fake_cohorts(
        cohorts, kind=spec.kind, timing=spec.timing, years=years, draws=spec.draws, seed=spec.seed
    )

    def treatments(first: int, last: int) -> Floats:
        start = np.ascontiguousarray(fake[first:last].T)[place]
        return np.asarray((start != NEVER) & (year[:, None] >= start), dtype=np.float64)

    drawn = estimate_draws(
        without_first(sample), treatments, spec.draws, errors=spec.errors, threads=threads
    ).to_frame()
    own = real.estimates.row(0, named=True)
    p_values = pl.concat(
        [empirical_p_values(drawn[of].drop_nulls(), own[of], of=of) for of in ("estimate", "statistic")]
    )
    return replace(
        real,
        method=f"Placebo test, fake treatment by {spec.kind}; {real.method}",
        citation=CITATION,
        statistics=real.statistics | _statistics(drawn, p_values),
        notes=(*real.notes, *_notes(spec, years, cohorts, drawn)),
        frames={"draws": drawn, "p_values": p_values},
    )


def _check(spec: PlaceboSpec) -> None:
    check_choice(spec.kind, KINDS, argument="kind")
    check_choice(spec.timing, TIMINGS, argument="timing")
    check_choice(spec.among, ["all", "never_treated"], argument="among")
    for name, value, least in [("draws", spec.draws, 1), ("seed", spec.seed, 0)]:
        if value < least:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=f"{least} or more")
    if spec.kind == "time" and spec.among == "never_treated":
        raise SettingError(
            "random years are for the places that are treated",
            where="among",
            got=spec.among,
            hint='choose kind="mixed", or kind="unit"',
        )


def _sample(panel: Panel, spec: PlaceboSpec) -> Sample:
    return estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment, *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )


def _cohorts(sample: Sample, first_year: pl.Expr, spec: PlaceboSpec) -> Years:
    # the real first year of each place of the sample, in order of the places
    frame = sample.frame.with_columns(first_year)
    follows = (pl.col("year") >= pl.col("_first")).fill_null(value=False).cast(pl.Float64)
    wrong = frame.filter(pl.col(spec.treatment) != follows)
    if wrong.height:
        raise DataError(
            f"in {wrong.height} rows {spec.treatment!r} is not 1 from {spec.cohort!r} on and 0 before",
            where="panel",
            got=shown(wrong),
            hint="a placebo test deals first years of treatment to places: make the treatment from the "
            "cohort, with add_treatment",
        )
    later = pl.col("_first") > frame["year"].max()
    first = frame.select("place", pl.when(later).then(None).otherwise("_first").alias("_first")).unique()
    return first.sort("place")["_first"].fill_null(NEVER).to_numpy().astype(np.int32)


def _dealt_to(untreated: Sample, cohorts: Years) -> Years:
    # the first years that are dealt to the untreated places
    treated = cohorts[cohorts != NEVER]
    places = untreated.frame["place"].n_unique()
    if len(treated) >= places:
        raise DataError(
            "there are too few untreated places to draw as many fake treated ones from",
            where="panel",
            got=f"{places} never treated, {len(treated)} treated",
            hint='draw among="all"',
        )
    return np.concatenate([treated, np.full(places - len(treated), NEVER, dtype=np.int32)])


def _years(spec: PlaceboSpec, found: Years) -> list[int]:
    first, last = spec.years if spec.years is not None else (int(found[1]), int(found[-1]))
    if not found[0] < first <= last <= found[-1]:
        raise SettingError(
            "fake treatment must begin after the first year of the sample",
            where="years",
            got=f"{first} to {last}",
            allowed=f"within {found[1]} to {found[-1]}",
        )
    return [int(year) for year in found if first <= year <= last]


def _statistics(drawn: pl.DataFrame, p_values: pl.DataFrame) -> dict[str, float | int | str | None]:
    by_side = dict(p_values.filter(pl.col("of") == "estimate").select("side", "p_value").rows())
    known = drawn["estimate"].drop_nulls().to_numpy()
    rejected = drawn["p_value"].drop_nulls().to_numpy() < 0.05
    return {
        "draws": len(known),
        "draws_without_estimate": drawn.height - len(known),
        "p_left": by_side["left"],
        "p_right": by_side["right"],
        "p_two_sided": by_side["two_sided"],
        "placebo_mean": float(np.mean(known)) if len(known) else None,
        "placebo_sd": float(np.std(known, ddof=1)) if len(known) > 1 else None,
        "placebo_rejected": float(np.mean(rejected)) if len(rejected) else None,
    }


def _notes(spec: PlaceboSpec, years: list[int], cohorts: Years, drawn: pl.DataFrame) -> list[str]:
    places, treated = len(cohorts), int((cohorts != NEVER).sum())
    who = "never-treated places" if spec.among == "never_treated" else "places"
    span = f"{years[0]} to {years[-1]}"
    when = {
        "cohort": f"a different year of {span} for each cohort, cohorts of the real sizes",
        "place": f"a year of {span} for each place",
        "common": f"one year of {span} for all",
    }[spec.timing]
    made = {
        "unit": f"{treated} of {places} {who}, drawn without replacement, take the real first years",
        "time": f"the {treated} treated places, from random years on: {when}",
        "mixed": f"{treated} of {places} {who}, drawn without replacement, and random years: {when}",
    }[spec.kind]
    notes = [
        f"fake treatment: {made}; {spec.draws} draws, seed {spec.seed}",
        "p value: (1 + draws as extreme) / (1 + draws)",
    ]
    if spec.kind == "time":
        notes.append("the treated places stay treated: draws hold part of the real effect")
    lost = drawn["estimate"].null_count()
    if lost:
        notes.append(f"{lost} draws have no estimate: their fake treatment is absorbed or collinear")
    return notes
