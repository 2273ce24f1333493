"""De Chaisemartin and D'Haultfœuille: places that switch treatment against those that have not yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, SettingError
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.staggered import Incomplete, complete_places, overall_and_events
from patentmetrics.estimate.staggered_averages import standard_errors, wald
from patentmetrics.panel.files import known_answers

CITATION = (
    "de Chaisemartin, C., & D'Haultfœuille, X. (2024). Difference-in-differences estimators of intertemporal "
    "treatment effects. Review of Economics and Statistics"
)
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, kw_only=True)
class ChaisemartinSpec:
    """De Chaisemartin and D'Haultfœuille's intertemporal difference in differences (dCDH 估计量).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    treatment : str
        Column with 0 and 1; treatment may begin, and may end.
    effects : int, optional
        Event times from the switch on, counted from 1; by default as many as the panel has.
    placebos : int, optional
        Event times before; by default as many as the panel has, but not more than effects.
    cluster : str
        Column of the clusters, the place or coarser.
    incomplete_places : {"refuse", "drop"}
        What to do with places that lack a year.
    """

    name: str
    outcome: str
    treatment: str = "treated"
    effects: int | None = None
    placebos: int | None = None
    cluster: str = "place"
    incomplete_places: Incomplete = "refuse"


@dataclass(frozen=True, kw_only=True)
class _Horizon:
    # one effect or placebo: sum over switchers of signed differences, their number, their doses, scores (p,)
    total: float
    switchers: int
    dose: float
    scores: Floats


def fit_chaisemartin(
    panel: Panel, spec: ChaisemartinSpec, *, truth: Mapping[str, float] | None = None
) -> Result:
    """Compare places that switch treatment with those that have not yet, from the same start (dCDH 估计).

    ``DID_ℓ`` is the mean over places i that first change treatment in year F_i of ``Y_{F_i−1+ℓ} −
    Y_{F_i−1}`` less the same of places with the same treatment in the first year that have not changed by
    then; for places whose treatment ends, with the opposite sign. The overall effect divides the sum over ℓ
    by the change of treatment, so that it is the effect of one year of treatment. Where treatment never
    ends, the estimates are those of Callaway and Sant'Anna with the not yet treated.

    The variance takes the design as given: each difference is centred in its group of switchers or of
    controls, with n/(n − 1); effects at several ℓ share places, and the overall variance allows for that.
    A switcher alone in its group is centred together with its controls.

    Source: de Chaisemartin & D'Haultfœuille (2024), doi:10.1162/rest_a_01414.

    Parameters
    ----------
    panel : Panel
        Every place in every year; see ``incomplete_places``.
    spec : ChaisemartinSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome, where
        treatment never ends.

    Returns
    -------
    Result
        The effect of a year of treatment, term ``treated``, then ``event_time_k``: effect ℓ is at ``ℓ − 1``,
        placebo ℓ at ``−1 − ℓ``, the base −1 has estimate 0 and null error. Frame ``switchers``:
        ``event_time, switchers``. The statistics add ``pretrend_chi2, pretrend_p, pretrend_terms`` of the
        placebos, ``places_begun``, ``places_ended`` and ``places_unchanged``.

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; effects or placebos are out of range.
    DataError
        The treatment is not 0 and 1; no place switches while another with the same start does not; a place
        lacks a year or lies in two clusters.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, growth=0.1, seed=3).panel
    >>> spec = ChaisemartinSpec(name="(1)", outcome="outcome", effects=2, placebos=1)
    >>> result = fit_chaisemartin(panel, spec)
    >>> result.estimates["event_time"].to_list()
    [None, -2, -1, 0, 1]
    """
    frame, notes, dropped = _sample(panel, spec)
    years = frame["year"].unique().sort().to_numpy()
    shape = (-1, len(years))
    outcome = frame[spec.outcome].cast(pl.Float64).to_numpy().reshape(shape)
    treatment = frame[spec.treatment].cast(pl.Float64).to_numpy().reshape(shape)
    clusters = frame[spec.cluster].rank("dense").to_numpy().astype(np.int64).reshape(shape)
    if (clusters != clusters[:, :1]).any():
        raise DataError("a place lies in more than one cluster", where=f"panel: {spec.cluster}")
    clusters = np.unique(clusters[:, 0], return_inverse=True)[1]
    if clusters.max() == 0:
        raise DataError(
            "there is only one cluster: its variance cannot be estimated", where="cluster", got=spec.cluster
        )
    switch = _first_switch(treatment)
    effects = _horizons(outcome, treatment, switch, spec.effects, sign=1)
    if not effects:
        raise DataError(
            "no place switches treatment while another with the same start has not",
            where=f"panel: {spec.treatment}",
            hint="with one date for all there is nothing to compare with",
        )
    most = len(effects) if spec.placebos is None else spec.placebos
    placebos = _horizons(outcome, treatment, switch, most, sign=-1)
    events, overall, pretrend = _told(effects, placebos, clusters)
    n = frame.height
    estimates = overall_and_events(spec.name, overall, events.drop("switchers"), n=n)
    known = _truth(panel, spec, treatment, effects) if truth is None else dict(truth)
    groups = int(clusters.max()) + 1
    begun = int(((switch < _NEVER) & (treatment[:, 0] == 0)).sum())
    ended = int(((switch < _NEVER) & (treatment[:, 0] == 1)).sum())
    return Result(
        name=spec.name,
        method="de Chaisemartin-D'Haultfœuille intertemporal difference in differences",
        citation=CITATION,
        estimates=estimates,
        statistics={
            "n": n,
            "clusters": groups,
            "places_begun": begun,
            "places_ended": ended,
            "places_unchanged": len(switch) - begun - ended,
            "rows_dropped": dropped,
            "pretrend_chi2": pretrend[0] if pretrend else None,
            "pretrend_p": pretrend[1] if pretrend else None,
            "pretrend_terms": len(placebos),
        },
        notes=(
            f"standard errors from influence functions given the design, clustered by {spec.cluster} "
            f"({groups} clusters), normal distribution",
            "compared with places of the same treatment in the first year that have not switched yet; "
            "base year: the last before the switch",
            "overall effect: per year of treatment",
            *notes,
        ),
        outcome=spec.outcome,
        fixed_effects=(),
        simulated=panel.simulated,
        truth={term: known[term] for term in estimates["term"] if term in known},
        frames={"switchers": events.select("event_time", "switchers")},
    )


def _sample(panel: Panel, spec: ChaisemartinSpec) -> tuple[pl.DataFrame, list[str], int]:
    for name, value in (("effects", spec.effects), ("placebos", spec.placebos)):
        least = 1 if name == "effects" else 0
        if value is not None and value < least:
            raise SettingError(f"{name} is too small", where=name, got=value, allowed=f"{least} or more")
    require_columns(panel.frame, [spec.cluster], where="panel")
    rows = estimation_sample(
        panel,
        outcome=spec.outcome,
        regressors=(spec.treatment,),
        fixed_effects=("place", "year"),
        cluster=spec.cluster,
    )
    values = np.unique(rows.regressors[:, 0])
    if not set(values.tolist()) <= {0.0, 1.0}:
        raise DataError(
            "a treatment is 0 or 1",
            where=f"panel: {spec.treatment}",
            got=", ".join(f"{value:g}" for value in values[:5]),
        )
    notes: list[str] = []
    if rows.rows_dropped_total:
        by_column = ", ".join(f"{name} {count}" for name, count in rows.rows_dropped.items())
        notes.append(f"{rows.rows_dropped_total} rows left out for missing values ({by_column})")
    frame = complete_places(rows.frame, spec.incomplete_places, notes)
    return frame, notes, panel.frame.height - frame.height


def _first_switch(treatment: Floats) -> Codes:
    # position of the first year with another treatment than in the first year
    changed = treatment != treatment[:, :1]
    return np.where(changed.any(axis=1), changed.argmax(axis=1), _NEVER).astype(np.int64)


def _horizons(
    outcome: Floats, treatment: Floats, switch: Codes, most: int | None, *, sign: int
) -> dict[int, _Horizon]:
    # effects (sign 1) or placebos (sign −1), each with the controls that have not switched ℓ years on
    found: dict[int, _Horizon] = {}
    years = outcome.shape[1]
    for step in range(1, (years if most is None else most) + 1):
        one = _horizon(outcome, treatment, switch, step, sign)
        if one is not None:
            found[step] = one
    return found


def _horizon(outcome: Floats, treatment: Floats, switch: Codes, step: int, sign: int) -> _Horizon | None:
    start = treatment[:, 0]
    total, switchers, dose = 0.0, 0, 0.0
    scores = np.zeros(len(switch))
    for begin in (0.0, 1.0):
        turn = 1.0 - 2.0 * begin
        for first in np.unique(switch[(start == begin) & (switch < _NEVER)]):
            seen, until = first - 1 + sign * step, first - 1 + step
            if seen < 0 or until >= outcome.shape[1]:
                continue
            own = (start == begin) & (switch == first)
            other = (start == begin) & (switch > until)
            if not other.any():
                continue
            change = outcome[:, seen] - outcome[:, first - 1]
            count, controls = int(own.sum()), int(other.sum())
            total += turn * float(change[own].sum() - count * change[other].mean())
            switchers += count
            dose += float(np.abs(treatment[own, until] - begin).sum())
            scores[own] += turn * _centred(change, own, own if count > 1 else own | other)
            scores[other] -= turn * _centred(change, other, other) * count / controls
    if not switchers:
        return None
    return _Horizon(total=total, switchers=switchers, dose=dose, scores=scores)


def _centred(change: Floats, chosen: npt.NDArray[np.bool_], group: npt.NDArray[np.bool_]) -> Floats:
    count = int(group.sum())
    factor = np.sqrt(count / (count - 1)) if count > 1 else 1.0
    return np.asarray(factor * (change[chosen] - change[group].mean()), dtype=np.float64)


def _told(
    effects: dict[int, _Horizon], placebos: dict[int, _Horizon], clusters: Codes
) -> tuple[pl.DataFrame, tuple[float, float], tuple[float, float, int] | None]:
    times = [*(-1 - step for step in placebos), *(step - 1 for step in effects)]
    all_of = [*placebos.values(), *effects.values()]
    values = np.array([one.total / one.switchers for one in all_of])
    scores = np.column_stack([one.scores / one.switchers for one in all_of])
    events = pl.DataFrame(
        {
            "event_time": [*times, -1],
            "estimate": [*values, 0.0],
            "std_error": [*standard_errors(scores, clusters), None],
            "switchers": [*(one.switchers for one in all_of), None],
        },
        schema_overrides={"event_time": pl.Int32, "switchers": pl.Int64},
    ).sort("event_time")
    # per year of treatment more than in the first year, over the switchers at all horizons
    dose = sum(one.dose for one in effects.values())
    whole = np.sum([one.scores for one in effects.values()], axis=0) / dose
    overall = sum(one.total for one in effects.values()) / dose
    error = float(standard_errors(whole[:, None], clusters)[0])
    count = len(placebos)
    return events, (overall, error), wald(values[:count], scores[:, :count], clusters) if count else None


def _truth(
    panel: Panel, spec: ChaisemartinSpec, treatment: Floats, effects: dict[int, _Horizon]
) -> dict[str, float]:
    known = known_answers(panel, spec.outcome)
    if (np.diff(treatment, axis=1) < 0).any():
        return {}
    answers = {step: known.get(f"event_time_{step - 1}") for step in effects}
    told = {step: value for step, value in answers.items() if value is not None}
    if "treated" in known and len(told) == len(effects):
        weights = [effects[step].switchers for step in told]
        known["treated"] = float(np.average(list(told.values()), weights=weights))
    else:
        known.pop("treated", None)
    return known
