"""Causal path decomposition: how much of an effect goes through each of several mediators in causal order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import ColumnError, DataError, SettingError, check_choice
from patentmetrics.core.progress import Progress, silent
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.bart import require_bart
from patentmetrics.estimate.path_effects import (
    Decomposition,
    Estimator,
    Floats,
    Model,
    PathData,
    PathSettings,
    path_effects,
)
from patentmetrics.panel.files import known_answers
from patentmetrics.panel.keys import require_numeric

MODELS = ["bart", "linear", "logit"]
ESTIMATORS = ["imputation", "weighting"]
DECOMPOSITIONS = ["type1", "type2"]
CITATION = (
    "Zhou, X. and Yamamoto, T. (2023). Tracing causal paths from experimental and observational data, "
    "Journal of Politics 85(1), doi:10.1086/720310"
)


@dataclass(frozen=True, kw_only=True)
class CausalPathsSpec:
    """A decomposition of an effect into paths through ordered mediators (因果路径分解模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable; with ``model="logit"`` from 0 to 1.
    mediators : tuple of str
        In causal order: each may move the later ones, none an earlier one.
    treatment : str
        Column with 0 and 1.
    covariates : tuple of str
        Confounders from before treatment; numbers.
    model : {"bart", "linear", "logit"}
        Of the outcome's mean: regression trees, least squares, logit.
    estimator : {"imputation", "weighting"}
        How means over the covariates are taken of what is known for one treatment: by a second model of the
        covariates, or by weights from a logit of the treatment. Weighting needs half the fits.
    decomposition : {"type1", "type2"}
        Mediators are taken back from treated to untreated, the first one first; or brought forward.
    interactions : bool
        Treatment times mediators in the linear and logit models; trees find them by themselves.
    cluster : str
        Column of the clusters that the bootstrap draws.
    draws : int
        Bootstrap draws; 0 for none.
    seed : int
        Of the draws and the trees.
    trees, warm_up, kept : int
        Of the regression trees, see `patentmetrics.estimate.bart.bart_means`.
    level : float
        Level of the intervals.
    """

    name: str
    outcome: str
    mediators: tuple[str, ...]
    seed: int
    treatment: str = "treated"
    covariates: tuple[str, ...] = ()
    model: Model = "bart"
    estimator: Estimator = "imputation"
    decomposition: Decomposition = "type1"
    interactions: bool = True
    cluster: str = "place"
    draws: int = 200
    trees: int = 50
    warm_up: int = 10
    kept: int = 100
    level: float = 0.95


def fit_causal_paths(
    panel: Panel, spec: CausalPathsSpec, *, workers: int = 1, progress: Progress = silent
) -> Result:
    """Decompose the effect of a treatment into paths through ordered mediators (因果路径分解).

    The paths through mediator j are all that leave the treatment by way of it, whether or not they pass
    later mediators; the rest is the direct effect. They are causal when, given the covariates and the
    earlier mediators, nothing unobserved moves treatment, mediators and outcome together, and no effect of
    the treatment other than the mediators confounds them. No fixed effects are absorbed: put what should be
    held constant among the covariates.

    Parameters
    ----------
    panel : Panel
        The panel; each row is an observation, each cluster is drawn as a whole.
    spec : CausalPathsSpec
        The model.
    workers : int
        Processes for the bootstrap; the numbers do not depend on it. In a script the call must then stand
        under ``if __name__ == "__main__":``.
    progress : callable
        Told of the draws that are done.

    Returns
    -------
    Result
        ``total``, ``via_<mediator>`` in order, ``direct``; the paths add up to the total. Further columns:
        ``share, share_low, share_high``, the share of the total. Standard errors and percentile intervals
        from the bootstrap, null without draws; the p-value is twice the smaller share of draws on one side
        of zero, the estimate counted with them; no t statistic. The frame ``draws`` has ``draw, term,
        estimate``. The statistics add ``rows_treated, clusters, draws, draws_failed, fits`` (models fitted a
        draw).

    Raises
    ------
    ColumnError, DataError, SettingError
        A column is missing, used twice or no number; the treatment is not 0 and 1; regressors are collinear;
        an option is out of range.
    ExtraError
        stochtree is not installed, and ``model="bart"``.

    Notes
    -----
    Cost: ``k + 1`` fits for k mediators, and k more with imputation and covariates; one of regression trees
    takes 0.7 s for 4,000 rows. So 200 draws with two mediators take ten minutes on one core, divided by the
    workers.

    Source: Zhou & Yamamoto (2023), doi:10.1086/720310.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> a = np.repeat(rng.integers(0, 2, 50), 4)
    >>> m = 0.5 * a + rng.normal(size=200)
    >>> frame = pl.DataFrame({
    ...     "place": np.repeat([f"P{i}" for i in range(50)], 4), "year": np.tile(range(4), 50),
    ...     "treated": a, "m": m, "y": 0.3 * a + 0.4 * m,
    ... })
    >>> spec = CausalPathsSpec(name="(1)", outcome="y", mediators=("m",), model="linear", draws=20, seed=1)
    >>> result = fit_causal_paths(Panel(frame=frame), spec)
    >>> result.estimates["term"].to_list()
    ['total', 'via_m', 'direct']
    """
    _check(spec, workers)
    if spec.model == "bart":
        require_bart()
    data, clusters, dropped = _rows(panel.frame, spec)
    settings = PathSettings(
        model=spec.model,
        estimator=spec.estimator,
        decomposition=spec.decomposition,
        interactions=spec.interactions,
        trees=spec.trees,
        warm_up=spec.warm_up,
        kept=spec.kept,
    )
    effects = path_effects(data, settings, seed=spec.seed)
    task = _Task(data=data, clusters=clusters, settings=settings, seed=spec.seed)
    drawn: list[Floats] = []
    for done, one in enumerate(_drawn(task, spec.draws, workers), start=1):
        drawn.append(one)
        progress("bootstrap draws", done, spec.draws)
    made = np.array(drawn).reshape(spec.draws, len(effects))
    known = np.isfinite(made).all(axis=1)
    terms = ["total", *(f"via_{one}" for one in spec.mediators), "direct"]
    table = _table(spec, terms, effects, made[known], n=len(data.outcome))
    answers = known_answers(panel, spec.outcome)
    second = spec.estimator == "imputation" and bool(spec.covariates)
    return Result(
        name=spec.name,
        method="Causal path decomposition",
        citation=CITATION,
        estimates=table,
        statistics={
            "n": len(data.outcome),
            "rows_treated": int(data.treatment.sum()),
            "rows_dropped": panel.frame.height - len(data.outcome),
            "clusters": len(np.unique(clusters)),
            "draws": spec.draws,
            "draws_failed": int((~known).sum()),
            "fits": len(spec.mediators) * (2 if second else 1) + 1,
        },
        notes=_notes(spec, table, dropped, failed=int((~known).sum())),
        outcome=spec.outcome,
        fixed_effects=(),
        simulated=panel.simulated,
        truth={term: answers[term] for term in terms if term in answers},
        frames={
            "draws": pl.DataFrame(
                {
                    "draw": np.repeat(np.arange(1, spec.draws + 1), len(terms)),
                    "term": terms * spec.draws,
                    "estimate": _with_total(made).ravel(),
                },
                schema_overrides={"term": pl.String},
            ).with_columns(pl.col("estimate").fill_nan(None))
        },
    )


@dataclass(frozen=True, kw_only=True)
class _Task:
    data: PathData
    clusters: npt.NDArray[np.int64]
    settings: PathSettings
    seed: int

    def draw(self, number: int) -> Floats:
        # each draw has a stream of its own: it is the same wherever and whenever it runs
        stream, trees = np.random.SeedSequence([self.seed, number]).spawn(2)
        rng = np.random.default_rng(stream)
        groups = int(self.clusters.max()) + 1
        order = np.argsort(self.clusters, kind="stable")
        starts = np.searchsorted(self.clusters[order], np.arange(groups + 1))
        chosen = rng.integers(0, groups, groups)
        which = np.concatenate([order[starts[one] : starts[one + 1]] for one in chosen])
        try:
            return path_effects(self.data.rows(which), self.settings, seed=int(trees.generate_state(1)[0]))
        except DataError:  # no row of a treatment, or a regressor that does not vary: counted as failed
            return np.full(self.data.mediators.shape[1] + 1, np.nan)


_task: _Task | None = None


def _take(task: _Task) -> None:
    global _task  # noqa: PLW0603 - the data travel once to each process, not with each draw
    _task = task


def _run(number: int) -> Floats:
    if _task is None:
        raise DataError("a process was given no data", where="causal paths")
    return _task.draw(number)


def _drawn(task: _Task, draws: int, workers: int) -> Iterator[Floats]:
    if workers == 1 or draws <= 1:
        yield from (task.draw(number) for number in range(draws))
        return
    # fresh processes: a copy of one that runs threads can hang
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_take, initargs=(task,)) as pool:
        yield from pool.map(_run, range(draws))


def _rows(
    frame: pl.DataFrame, spec: CausalPathsSpec
) -> tuple[PathData, npt.NDArray[np.int64], dict[str, int]]:
    numbers = [spec.outcome, spec.treatment, *spec.mediators, *spec.covariates]
    require_columns(frame, [*numbers, spec.cluster], where="panel")
    require_numeric(frame, numbers, where="panel")
    for position, name in enumerate(numbers):
        if name in numbers[:position]:
            raise ColumnError(f"the column {name!r} is used twice in the model", where="model")
    rows = frame.sort("place", "year").select(
        *(pl.col(one).cast(pl.Float64).fill_nan(None) for one in numbers),
        pl.col(spec.cluster).alias("_cluster"),
    )
    dropped = {one: rows[one].null_count() for one in rows.columns if rows[one].null_count()}
    whole = rows.drop_nulls()
    infinite = [one for one in numbers if whole[one].is_infinite().any()]
    if infinite:
        raise DataError(f"{infinite[0]} has infinite values", where=f"panel: {infinite[0]}")
    treatment = whole[spec.treatment].to_numpy()
    if set(np.unique(treatment).tolist()) != {0.0, 1.0}:
        raise DataError(
            "the treatment must be 0 in some rows and 1 in others, and nothing else",
            where=f"panel: {spec.treatment}",
            got=", ".join(f"{one:g}" for one in np.unique(treatment)[:5]) or "no row",
        )
    outcome = whole[spec.outcome].to_numpy()
    if spec.model == "logit" and not ((outcome >= 0) & (outcome <= 1)).all():
        raise DataError("with a logit the outcome goes from 0 to 1", where=f"panel: {spec.outcome}")
    data = PathData(
        outcome=outcome,
        treatment=treatment,
        covariates=whole.select(spec.covariates).to_numpy().reshape(whole.height, len(spec.covariates)),
        mediators=whole.select(spec.mediators).to_numpy(),
    )
    return data, whole["_cluster"].rank("dense").to_numpy().astype(np.int64) - 1, dropped


def _with_total(effects: Floats) -> Floats:
    return np.column_stack([effects.sum(axis=-1), effects])


def _table(
    spec: CausalPathsSpec, terms: list[str], effects: Floats, drawn: Floats, *, n: int
) -> pl.DataFrame:
    estimates, draws = _with_total(effects[None])[0], _with_total(drawn)
    tails = [(1 - spec.level) / 2, (1 + spec.level) / 2]
    missing = np.full(len(terms), np.nan)
    error, low, high, p_value, share_low, share_high = [missing] * 6
    if len(draws) > 1:
        error = draws.std(axis=0, ddof=1)
        low, high = np.quantile(draws, tails, axis=0)
        share_low, share_high = np.quantile(draws / draws[:, :1], tails, axis=0)
        side = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
        p_value = np.minimum(2 * (1 + side) / (1 + len(draws)), 1.0)
    columns = {
        "estimate": estimates, "std_error": error, "statistic": missing, "p_value": p_value,
        "conf_low": low, "conf_high": high,
    }  # fmt: skip
    shares = {"share": estimates / estimates[0], "share_low": share_low, "share_high": share_high}
    numbers = {**columns, **shares}
    return pl.DataFrame(
        {
            "model": [spec.name] * len(terms),
            "term": terms,
            **columns,
            "n": [n] * len(terms),
            **shares,
        }
    ).with_columns(pl.col(list(numbers)).fill_nan(None))


def _notes(
    spec: CausalPathsSpec, table: pl.DataFrame, dropped: dict[str, int], *, failed: int
) -> tuple[str, ...]:
    models = {
        "bart": f"regression trees ({spec.trees} trees, {spec.warm_up} sweeps to warm up, {spec.kept} draws)",
        "linear": "least squares",
        "logit": "logit",
    }
    crossed = ", treatment times mediators" if spec.interactions and spec.model != "bart" else ""
    how = {"imputation": "pure imputation", "weighting": "imputation and inverse probability weights"}
    which = {"type1": "type I", "type2": "type II"}[spec.decomposition]
    notes = [
        f"causal order: {spec.treatment} → {' → '.join(spec.mediators)} → {spec.outcome}; {which} "
        "decomposition; a path leaves by way of its mediator and may pass the later ones",
        f"{how[spec.estimator]}, {models[spec.model]}{crossed}; "
        f"covariates: {', '.join(spec.covariates) or 'none'}; no fixed effects",
    ]
    if spec.draws > 1:
        notes.append(
            f"standard errors and {100 * spec.level:g} % percentile intervals: {spec.draws} bootstrap draws "
            f"of clusters by {spec.cluster}, seed {spec.seed}"
        )
    if failed:
        notes.append(f"{failed} draws left out: without both treatments, or with collinear regressors")
    if dropped:
        notes.append(
            "rows left out for missing values: "
            + ", ".join(f"{name} {count}" for name, count in dropped.items())
        )
    low, high = table["conf_low"][0], table["conf_high"][0]
    if low is not None and low <= 0 <= high:
        notes.append("the interval of the total effect contains zero: shares of it mean little")
    return tuple(notes)


def _check(spec: CausalPathsSpec, workers: int) -> None:
    check_choice(spec.model, MODELS, argument="model")
    check_choice(spec.estimator, ESTIMATORS, argument="estimator")
    check_choice(spec.decomposition, DECOMPOSITIONS, argument="decomposition")
    if not spec.mediators:
        raise SettingError("no mediator is named", where="mediators", hint='("m1", "m2") in causal order')
    least = {"draws": 0, "seed": 0, "trees": 1, "warm_up": 1, "kept": 1}
    for name, lowest in least.items():
        value = getattr(spec, name)
        if value < lowest:
            raise SettingError(f"{name} is out of range", where=name, got=value, allowed=f"{lowest} or more")
    if workers < 1:
        raise SettingError("workers is out of range", where="workers", got=workers, allowed="1 or more")
    if not 0 < spec.level < 1:
        raise SettingError("level is out of range", where="level", got=spec.level, allowed="between 0 and 1")
