"""Double machine learning: the effect of a treatment when covariates matter in unknown forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError, SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.cross_fitting import CrossFit, Learnt, Model, cross_fit, draw_folds
from patentmetrics.estimate.degrees import nested
from patentmetrics.estimate.learners import LEARNERS, Learner, make_learner
from patentmetrics.estimate.projection import indicators, project_out, standardised
from patentmetrics.estimate.sample import Sample, estimation_sample
from patentmetrics.panel.files import known_answers

Floats = npt.NDArray[np.float64]
EffectsBy = Literal["within", "dummies"]

MODELS = ["plr", "irm", "pliv", "iivm"]
EFFECTS_BY = ["within", "dummies"]
_METHODS = {
    "plr": "Double machine learning, partially linear regression",
    "irm": "Double machine learning, interactive regression",
    "pliv": "Double machine learning, partially linear instrumental variables",
    "iivm": "Double machine learning, interactive instrumental variables",
}
CITATION = (
    "Chernozhukov, V., Chetverikov, D., Demirer, M., Duflo, E., Hansen, C., Newey, W. and Robins, J. (2018). "
    "Double/debiased machine learning for treatment and structural parameters, Econometrics Journal 21(1); "
    "computed with DoubleML"
)
# A column that all rows share: absorbing it is absorbing a constant
_ALL = "_all_rows"


@dataclass(frozen=True, kw_only=True)
class DoubleMlSpec:
    """A double machine learning model (双重机器学习模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome, treatment : str
        The dependent variable and the treatment.
    controls : tuple of str
        Covariates, in whatever form they matter.
    model : {"plr", "irm", "pliv", "iivm"}
        ``plr``: ``y = θd + g(x) + ε`` (部分线性模型); ``irm``: ``y = g(d, x) + ε`` with a treatment of 0
        and 1, the average effect (交互模型); ``pliv`` and ``iivm``: the same with an instrument, the latter
        for a treatment and an instrument of 0 and 1, the local average effect.
    instrument : str, optional
        With ``pliv`` and ``iivm``.
    learner : {"forest", "lasso", "boosting", "svm"}
        See `patentmetrics.estimate.learners.make_learner`.
    options : dict
        Options of the learner.
    degree : int
        With ``lasso``: powers and products of the covariates up to this degree.
    folds : int
        Folds of the cross-fitting. A split of 1:2, as papers write it, is 3 folds, 1:4 is 5, 1:7 is 8.
    repetitions : int
        How often the folds are drawn again; the estimate is the median.
    seed : int
        Of the folds and the learners.
    fixed_effects : tuple of str
        Effects to allow for, or none.
    effects_by : {"within", "dummies"}
        ``within``: outcome, treatment, instrument and covariates are demeaned first; ``dummies``: a column
        of zeros and ones for each level joins the covariates.
    cluster : str, optional
        Whole clusters are kept in one fold, and standard errors allow for them; None: rows are independent.
    clip : float
        Propensities below it or above one less it are set to it, with ``irm`` and ``iivm``.
    """

    name: str
    outcome: str
    treatment: str = "treated"
    controls: tuple[str, ...]
    model: Model = "plr"
    instrument: str | None = None
    learner: Learner = "forest"
    options: dict[str, int | float | str | None] = field(default_factory=dict)
    degree: int = 1
    folds: int = 5
    repetitions: int = 1
    seed: int
    fixed_effects: tuple[str, ...] = ()
    effects_by: EffectsBy = "within"
    cluster: str | None = "place"
    clip: float = 0.01


def fit_double_ml(
    panel: Panel, spec: DoubleMlSpec, *, truth: Mapping[str, float] | None = None, workers: int = 1
) -> Result:
    """Estimate an effect by double machine learning with cross-fitting (双重机器学习估计).

    What covariates predict of outcome and treatment is learnt on the other folds and taken out; the rest
    gives the effect by a score that is insensitive to small mistakes of the learners. One thread a learner:
    the same seed gives the same bytes, whatever the number of workers.

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : DoubleMlSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.
    workers : int
        Processes that fit folds at the same time.

    Returns
    -------
    Result
        One row, the treatment: median over repetitions, standard error that adds their spread, normal
        distribution. The statistics: ``n, folds, repetitions, seed, clusters, rows_dropped,
        singletons_dropped, covariates`` and for each learner its mean loss, ``loss_ml_l`` and so on. The
        frames: ``repetitions`` (repetition, estimate, std_error) and ``learners`` (repetition, learner,
        target, measure: ``rmse`` or ``log_loss``, loss, skill: the share of the loss of a constant
        prediction that is saved; null where DoubleML has no target).

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value, or options contradict.
    DataError
        Treatment or instrument must be 0 and 1 and are not; there are fewer clusters than folds; a learner
        cannot be fitted in some fold; or a fault named in ``estimation_sample``.
    ExtraError
        DoubleML or scikit-learn is not installed.

    Source: Chernozhukov et al. (2018), doi:10.1111/ectj.12097; with clusters Chiang, Kato, Ma and Sasaki
    (2022), doi:10.1080/07350015.2021.1895815.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.5, seed=3).panel
    >>> spec = DoubleMlSpec(name="(1)", outcome="outcome", controls=("control",), learner="lasso",
    ...     fixed_effects=("place", "year"), seed=1)
    >>> low, high = fit_double_ml(panel, spec).estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < 0.5 < high)
    True
    """
    _check(spec)
    frame = panel.frame.with_columns(pl.lit(1).alias(_ALL)) if not spec.fixed_effects else panel.frame
    numbers = (spec.treatment, *((spec.instrument,) if spec.instrument else ()), *spec.controls)
    sample = estimation_sample(
        replace(panel, frame=frame),
        outcome=spec.outcome,
        regressors=numbers,
        fixed_effects=spec.fixed_effects or (_ALL,),
        cluster=spec.cluster,
    )
    units = sample.clusters if sample.clusters is not None else np.arange(sample.n)
    count = len(np.unique(units))
    if count < 2 * spec.folds:
        raise DataError(
            "there are too few clusters for the folds"
            if spec.cluster
            else "there are too few rows for the folds",
            where="folds",
            got=f"{count} for {spec.folds} folds",
            allowed="two in each fold, or more",
        )
    y, d, z, x = _columns(sample, spec)
    done = cross_fit(
        Learnt(outcome=y, treatment=d, instrument=z, covariates=x, clusters=sample.clusters),
        model=spec.model,
        learner=lambda classifier: make_learner(
            spec.learner, classifier=classifier, seed=spec.seed, options=spec.options, degree=spec.degree
        ),
        folds=[
            draw_folds(units, folds=spec.folds, seed=spec.seed, repetition=one)
            for one in range(spec.repetitions)
        ],
        clip=spec.clip,
        workers=workers,
    )
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    return Result(
        name=spec.name,
        method=_METHODS[spec.model],
        citation=CITATION,
        estimates=_tidy(spec, done, sample.n),
        statistics=_statistics(sample, spec, done, count, x.shape[1]),
        notes=_notes(sample, spec, count, done.remarks),
        outcome=spec.outcome,
        fixed_effects=spec.fixed_effects,
        simulated=panel.simulated,
        truth={spec.treatment: known[spec.treatment]} if spec.treatment in known else {},
        frames={"repetitions": done.repetitions, "learners": done.learners},
        native=done.native,
    )


def _check(spec: DoubleMlSpec) -> None:
    check_choice(spec.model, MODELS, argument="model")
    check_choice(spec.learner, LEARNERS, argument="learner")
    check_choice(spec.effects_by, EFFECTS_BY, argument="effects_by")
    instrumented = spec.model in {"pliv", "iivm"}
    faults = [
        (not spec.controls, "controls", "none", "one or more"),
        (spec.folds < 2, "folds", spec.folds, "2 or more"),
        (spec.repetitions < 1, "repetitions", spec.repetitions, "1 or more"),
        (spec.seed < 0, "seed", spec.seed, "0 or more"),
        (spec.degree < 1, "degree", spec.degree, "1 or more"),
        (
            spec.degree > 1 and spec.learner != "lasso",
            "degree",
            spec.degree,
            "1, unless the learner is lasso",
        ),
        (not 0 < spec.clip < 0.5, "clip", spec.clip, "more than 0, less than 0.5"),
        (
            instrumented != (spec.instrument is not None),
            "instrument",
            spec.instrument,
            "a column with pliv and iivm, and only then",
        ),
        (
            spec.model in {"irm", "iivm"} and bool(spec.fixed_effects) and spec.effects_by == "within",
            "effects_by",
            f"within, with {spec.model}",
            'dummies: a demeaned treatment is no longer 0 and 1; or model="plr"',
        ),
    ]
    for wrong, where, got, allowed in faults:
        if wrong:
            raise SettingError(f"{where} has a value it cannot have", where=where, got=got, allowed=allowed)


def _columns(sample: Sample, spec: DoubleMlSpec) -> tuple[Floats, Floats, Floats | None, Floats]:
    # outcome, treatment, instrument, covariates; without the effects, or with their dummies
    after = 2 if spec.instrument else 1
    treated, rest = sample.regressors[:, :1], sample.regressors[:, after:]
    instrument = sample.regressors[:, 1:after]
    if spec.model in {"irm", "iivm"}:
        for name, values in zip((spec.treatment, spec.instrument), (treated, instrument), strict=True):
            if name is not None and set(np.unique(values).tolist()) != {0.0, 1.0}:
                raise DataError(
                    f"{spec.model} needs 0 and 1",
                    where=f"panel: {name}",
                    got=", ".join(f"{value:g}" for value in np.unique(values)[:5]),
                    hint='for a treatment of varying strength use model="plr" or "pliv"',
                )
    if spec.fixed_effects and spec.effects_by == "within":
        every = np.column_stack([sample.outcome, sample.regressors])
        centred, scales = standardised(every)
        out = project_out(sample.effects)
        left = out.residuals(out.residuals(centred))
        _check_left(left, sample, spec)
        left *= scales
        z = left[:, 2] if spec.instrument else None
        return left[:, 0], left[:, 1], z, left[:, 1 + after :]
    if spec.fixed_effects:
        _check_dummies(sample, spec)
        dummies = [indicators(one).toarray() for one in sample.effects.T]
        rest = np.column_stack([rest, *dummies])
    if len(np.unique(treated)) == 1:
        raise DataError("the treatment does not vary", where=f"panel: {spec.treatment}", got=treated[0, 0])
    return sample.outcome, treated[:, 0], instrument[:, 0] if spec.instrument else None, rest


def _check_left(left: Floats, sample: Sample, spec: DoubleMlSpec) -> None:
    # columns had variance one before
    names = (spec.outcome, *sample.terms)
    for name, column in zip(names, left.T, strict=True):
        if float(column @ column) <= 1e-9 * sample.n:
            raise DataError(
                f"the column {name!r} does not vary once the fixed effects are taken out",
                where=", ".join(spec.fixed_effects),
                hint='leave it out, or take the effects in by effects_by="dummies"',
            )


def _check_dummies(sample: Sample, spec: DoubleMlSpec) -> None:
    if sample.clusters is None:
        return
    for name, codes in zip(sample.effect_names, sample.effects.T, strict=True):
        if nested(codes, sample.clusters):
            raise SettingError(
                "a dummy is learnt from rows of its level, and folds of whole clusters leave none",
                where="effects_by",
                got=f"dummies of {name}, clusters of {spec.cluster}",
                hint='effects_by="within", or cluster=None for folds of rows',
            )


def _tidy(spec: DoubleMlSpec, done: CrossFit, n: int) -> pl.DataFrame:
    estimate, error = done.estimate, done.std_error
    reach = float(stats.norm.ppf(0.975)) * error
    return pl.DataFrame(
        {
            "model": [spec.name],
            "term": [spec.treatment],
            "estimate": [estimate],
            "std_error": [error],
            "statistic": [estimate / error],
            "p_value": [float(2 * stats.norm.sf(abs(estimate / error)))],
            "conf_low": [estimate - reach],
            "conf_high": [estimate + reach],
            "n": [n],
        }
    )


def _statistics(
    sample: Sample, spec: DoubleMlSpec, done: CrossFit, units: int, covariates: int
) -> dict[str, float | int | str | None]:
    losses = done.learners.group_by("learner", maintain_order=True).agg(pl.col("loss").mean())
    return {
        "n": sample.n,
        "folds": spec.folds,
        "repetitions": spec.repetitions,
        "seed": spec.seed,
        "clusters": units if spec.cluster else None,
        "covariates": covariates,
        "rows_dropped": sample.rows_dropped_total,
        "singletons_dropped": sample.singletons_dropped if spec.fixed_effects else 0,
        **{f"loss_{name}": loss for name, loss in losses.rows()},
    }


def _notes(sample: Sample, spec: DoubleMlSpec, units: int, remarks: tuple[str, ...]) -> tuple[str, ...]:
    options = "".join(f", {name}={value}" for name, value in sorted(spec.options.items()))
    notes = [
        f"standard errors clustered by {spec.cluster} ({units} clusters), whole clusters in one fold"
        if spec.cluster
        else "standard errors for independent rows",
        f"learner: {spec.learner}{options}{f', degree {spec.degree}' if spec.degree > 1 else ''}",
        f"cross-fitting with {spec.folds} folds (a split of 1:{spec.folds - 1}), "
        f"{spec.repetitions} repetition(s), seed {spec.seed}",
    ]
    if spec.fixed_effects:
        by = {"within": "taken out before by demeaning", "dummies": "dummies among the covariates"}
        notes.append(f"fixed effects {', '.join(spec.fixed_effects)}: {by[spec.effects_by]}")
    if sample.rows_dropped_total:
        by_column = ", ".join(f"{name} {count}" for name, count in sample.rows_dropped.items())
        notes.append(f"{sample.rows_dropped_total} rows left out for missing values ({by_column})")
    if spec.fixed_effects and sample.singletons_dropped:
        notes.append(
            f"{sample.singletons_dropped} rows left out that were alone in a level of a fixed effect"
        )
    return (*notes, *remarks)
