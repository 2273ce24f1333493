"""Conley standard errors: correlation that fades with distance, and over years within a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.distances import Kernel, coordinates, pairs_given, pairs_on_earth
from patentmetrics.estimate.fixed_effects import FixedEffectsSpec, as_result
from patentmetrics.estimate.projection import Floats, project_out, standardised
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.estimate.within import Fit, fit_within
from patentmetrics.panel.files import known_answers

KERNELS = ["bartlett", "uniform"]
CITATION = (
    "Conley, T. G. (1999). GMM estimation with cross sectional dependence, Journal of Econometrics 92(1); "
    "Hsiang, S. M. (2010), PNAS 107(35)"
)


@dataclass(frozen=True, kw_only=True)
class ConleySpec:
    """A linear model with absorbed effects and Conley standard errors (Conley空间标准误).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    regressors : tuple of str
        The regressors; any numeric columns.
    cutoff_km : float
        Places further apart than this are taken as uncorrelated.
    kernel : {"bartlett", "uniform"}
        Weight of a pair within the cutoff: ``1 − distance/cutoff``, or 1.
    lags : int
        Years of serial correlation within a place, weighted ``1 − lag/(lags + 1)``; 0 for none.
    further_cutoffs_km : tuple of float
        Other cutoffs to compute the standard errors for, for a table and a figure beside the main one.
    latitude, longitude : str
        Columns with the coordinates of a place in degrees; not used with a frame of distances.
    fixed_effects : tuple of str
        Absorbed effects; ``"province^year"`` is an interaction.
    """

    name: str
    outcome: str
    regressors: tuple[str, ...]
    cutoff_km: float
    kernel: Kernel = "bartlett"
    lags: int = 0
    further_cutoffs_km: tuple[float, ...] = ()
    latitude: str = "latitude"
    longitude: str = "longitude"
    fixed_effects: tuple[str, ...] = ("place", "year")


def fit_conley(
    panel: Panel,
    spec: ConleySpec,
    *,
    distances: pl.DataFrame | None = None,
    truth: Mapping[str, float] | None = None,
) -> Result:
    """Estimate a linear model with standard errors that allow for correlation in space (空间相关稳健标准误).

    ``V = (X′X)⁻¹ (Σ_ij K(d_ij)·s_i s_j′ + Σ_p Σ_{t≠u} (1 − |t−u|/(L+1))·s_pt s_pu′) (X′X)⁻¹ · N/(N−K)``: s
    the score of a row, x times residual after the effects are taken out; the first sum over rows of the same
    year, the second over years of the same place. With a cutoff that no pair reaches and no lags it is the
    heteroskedasticity-robust variance.

    Parameters
    ----------
    panel : Panel
        The panel; the coordinates of a place must not change.
    spec : ConleySpec
        The model.
    distances : polars.DataFrame, optional
        ``place_a, place_b, km`` instead of coordinates, each pair once or both ways alike; a pair that is not
        there is taken as beyond every cutoff, and counted.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        One row a regressor; t distribution with N − K degrees, K counting all absorbed effects. A kernel in
        the plane can give a negative variance: the standard error is then null, and the notes say so. The
        frame ``cutoffs`` has ``term, cutoff_km, pairs, estimate, std_error, conf_low, conf_high`` for the
        cutoff and the further ones, in order. The statistics add ``cutoff_km, lags, pairs`` (of places
        within the cutoff).

    Raises
    ------
    ColumnError, DataError, SettingError
        A place has no coordinates, or several; a place is in no row of the distances; a pair has two
        distances; an option is out of range; see also ``estimation_sample`` and ``fit_within``.
    ExtraError
        pyfixest is not installed.

    Source: Conley (1999), doi:10.1016/S0304-4076(98)00084-0; with serial correlation Hsiang (2010),
    doi:10.1073/pnas.1009510107.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> made = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> number = pl.col("place").str.slice(-3).cast(pl.Float64)
    >>> placed = made.frame.with_columns(latitude=30 + number / 10, longitude=100 + number % 7)
    >>> spec = ConleySpec(name="(1)", outcome="outcome", regressors=("treated",), cutoff_km=200)
    >>> result = fit_conley(Panel(frame=placed), spec)
    >>> bool(result.estimates["std_error"][0] > 0), result.statistics["lags"]
    (True, 0)
    """
    _check(spec)
    sample = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=spec.regressors,
        fixed_effects=spec.fixed_effects,
        cluster=None,
    )
    fit = fit_within(sample, errors="robust")
    cutoffs = sorted({spec.cutoff_km, *spec.further_cutoffs_km})
    names = sample.frame["place"].unique().sort()
    if distances is None:
        places = coordinates(sample.frame, names, latitude=spec.latitude, longitude=spec.longitude)
        pairs, missing = pairs_on_earth(places, within_km=cutoffs[-1]), 0
    else:
        pairs, missing = pairs_given(distances, names, within_km=cutoffs[-1])
    scores, bread = _scores(sample, fit)
    serial = _serial(scores, spec.lags)
    factor = sample.n / fit.t_degrees
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    plain = FixedEffectsSpec(
        name=spec.name, outcome=spec.outcome, regressors=spec.regressors, fixed_effects=spec.fixed_effects,
        errors="robust",
    )  # fmt: skip
    result = as_result(panel, plain, sample, fit, method="Linear model, Conley standard errors", truth=known)
    tables = {}
    for cutoff in cutoffs:
        weights, count = pairs.weights(cutoff, spec.kernel)
        meat = serial + sum(np.einsum("pk,pl->kl", one, weights @ one) for one in scores)
        variance = np.einsum("ij,jk,ki->i", bread, meat, bread) * factor
        tables[cutoff] = (_inferred(result.estimates, variance, fit.t_degrees), count)
    table, count = tables[spec.cutoff_km]
    result.statistics.update(cutoff_km=spec.cutoff_km, lags=spec.lags, pairs=count)
    of_cutoffs = [
        one.select(
            "term", pl.lit(float(cutoff)).alias("cutoff_km"), pl.lit(number).alias("pairs"),
            "estimate", "std_error", "conf_low", "conf_high",
        )
        for cutoff, (one, number) in tables.items()
    ]  # fmt: skip
    notes = _notes(spec, count, table, missing=missing, distances=distances is not None)
    return replace(
        result,
        citation=CITATION,
        estimates=table,
        notes=(*notes, *result.notes[1:]),
        frames={"cutoffs": pl.concat(of_cutoffs)},
    )


def _scores(sample: Sample, fit: Fit) -> tuple[Floats, Floats]:
    # years × places × k regressors: the score of each row, 0 where there is none; and the bread
    at = [sample.terms.index(term) for term in fit.terms]
    columns, scale = standardised(np.column_stack([sample.outcome, sample.regressors[:, at]]))
    out = project_out(sample.effects)
    left = out.residuals(out.residuals(columns)) * scale
    y, x = left[:, 0], left[:, 1:]
    residual = y - np.sum(x * fit.coefficients, axis=1)
    year = sample.frame["year"].to_numpy().astype(np.int64)
    place = sample.frame["place"].rank("dense").to_numpy().astype(np.int64) - 1
    scores = np.zeros((int(year.max() - year.min()) + 1, int(place.max()) + 1, len(at)))
    scores[year - year.min(), place] = x * residual[:, None]
    unit = scale[1:]
    scaled = x / unit
    bread = np.linalg.inv(np.einsum("ni,nj->ij", scaled, scaled)) / np.outer(unit, unit)
    return scores, bread


def _serial(scores: Floats, lags: int) -> Floats:
    meat = np.zeros((scores.shape[2], scores.shape[2]))
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        one = np.einsum("tpk,tpl->kl", scores[lag:], scores[:-lag])
        meat += (1 - lag / (lags + 1)) * (one + one.T)
    return meat


def _inferred(estimates: pl.DataFrame, variance: Floats, degrees: int) -> pl.DataFrame:
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    estimate = estimates["estimate"].to_numpy()
    statistic = estimate / error
    reach = stats.t.ppf(0.975, degrees) * error
    columns = {
        "std_error": error,
        "statistic": statistic,
        "p_value": 2 * stats.t.sf(np.abs(statistic), degrees),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }
    return estimates.with_columns(
        pl.Series(name, values, nan_to_null=True) for name, values in columns.items()
    )


def _notes(spec: ConleySpec, pairs: int, table: pl.DataFrame, *, missing: int, distances: bool) -> list[str]:
    how = "given distances" if distances else "great-circle distances (radius 6371 km)"
    serial = f", serial correlation within a place up to {spec.lags} years (Bartlett)" if spec.lags else ""
    notes = [
        f"Conley standard errors: {spec.kernel} kernel up to {spec.cutoff_km:g} km ({pairs} pairs of "
        f"places), {how}{serial}; factor N/(N-K), t distribution with N-K degrees"
    ]
    if missing:
        notes.append(f"{missing} pairs of places are not in the distances, and taken as beyond every cutoff")
    if not pairs:
        notes.append(
            f"no two places lie within {spec.cutoff_km:g} km: no correlation in space is allowed for"
        )
    negative = table.filter(pl.col("std_error").is_null())["term"].to_list()
    if negative:
        notes.append(
            f"the variance of {', '.join(negative)} came out negative and the standard error is left out: "
            "choose another cutoff, or kernel='bartlett'"
        )
    return notes


def _check(spec: ConleySpec) -> None:
    check_choice(spec.kernel, KERNELS, argument="kernel")
    for cutoff in (spec.cutoff_km, *spec.further_cutoffs_km):
        if not 0 < cutoff < float("inf"):
            raise SettingError(
                "a cutoff is out of range", where="cutoff_km", got=cutoff, allowed="kilometres above 0"
            )
    if spec.lags < 0:
        raise SettingError("lags is out of range", where="lags", got=spec.lags, allowed="0 or more")
