"""The boundary to DoubleML, and the only module that imports it: cross-fitting on folds and seeds of our own.

Why folds are drawn here: the library draws them from numpy's global state. Learners run in one thread each,
and sums of BLAS too, so that a seed gives the same bytes on any number of cores.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, ExtraError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Model = Literal["plr", "irm", "pliv", "iivm"]

# What each nuisance function predicts; ml_m predicts the instrument where there is one, or the treatment
_TARGETS = {"ml_l": "outcome", "ml_g": "outcome", "ml_r": "treatment"}


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The columns of a double machine learning model.

    Parameters
    ----------
    outcome, treatment : ndarray, shape (n,)
        The dependent variable and the treatment.
    instrument : ndarray, shape (n,), or None
        The instrument.
    covariates : ndarray, shape (n, k)
        What the learners see.
    clusters : ndarray, shape (n,), or None
        The cluster of each row.
    """

    outcome: Floats
    treatment: Floats
    instrument: Floats | None
    covariates: Floats
    clusters: Codes | None


@dataclass(frozen=True, kw_only=True)
class CrossFit:
    """A cross-fitted estimate (交叉拟合结果).

    Parameters
    ----------
    estimate, std_error : float
        Median over the repetitions; the error adds their spread.
    repetitions : polars.DataFrame
        ``repetition, estimate, std_error``.
    learners : polars.DataFrame
        ``repetition, learner, target, measure, loss, skill``.
    remarks : tuple of str
        What there is to know of the fit.
    native : object
        DoubleML's own object.
    """

    estimate: float
    std_error: float
    repetitions: pl.DataFrame
    learners: pl.DataFrame
    remarks: tuple[str, ...]
    native: object = field(repr=False, compare=False)


def draw_folds(units: Codes, *, folds: int, seed: int, repetition: int = 0) -> Codes:
    """Deal rows into folds at random, all rows of a unit into the same one; sizes differ by one unit at most.

    Parameters
    ----------
    units : ndarray of int, shape (n,)
        The cluster of each row, or a number of its own for each.
    folds : int
        How many.
    seed, repetition : int
        The same pair gives the same folds.

    Examples
    --------
    >>> draw_folds(np.array([0, 0, 1, 1, 2, 3]), folds=2, seed=1).tolist()
    [0, 0, 1, 1, 0, 1]
    """
    _, at = np.unique(units, return_inverse=True)
    count = int(at.max()) + 1
    dealt = np.empty(count, dtype=np.int64)
    dealt[np.random.default_rng([seed, repetition]).permutation(count)] = np.arange(count) % folds
    return np.asarray(dealt[at], dtype=np.int64)


def cross_fit(
    columns: Learnt,
    *,
    model: Model,
    learner: Callable[[bool], Any],
    folds: list[Codes],
    clip: float,
    workers: int = 1,
) -> CrossFit:
    """Estimate on the given folds, each learner fitted on the others.

    Parameters
    ----------
    columns : Learnt
        The data.
    model : {"plr", "irm", "pliv", "iivm"}
        Which score.
    learner : callable
        Makes a learner; True asks for a classifier.
    folds : list of ndarray, shape (n,)
        The fold of each row, for each repetition.
    clip : float
        Bounds of propensities.
    workers : int
        Processes that fit folds at the same time.

    Raises
    ------
    DataError
        A learner cannot be fitted in a fold.
    ExtraError
        DoubleML is not installed.

    Examples
    --------
    >>> from patentmetrics.estimate.learners import make_learner
    >>> x = np.random.default_rng(1).normal(size=(3, 200))
    >>> data = Learnt(outcome=x[0] + 2 * x[1] + x[2], treatment=x[0] + x[1], instrument=None,
    ...     covariates=x[1:2].T, clusters=None)
    >>> fold = draw_folds(np.arange(200), folds=2, seed=1)
    >>> done = cross_fit(data, model="plr", folds=[fold], clip=0.01,
    ...     learner=lambda kind: make_learner("lasso", classifier=kind, seed=1))
    >>> abs(done.estimate - 1) < 3 * done.std_error
    True
    """
    native = _model(_doubleml(), columns, model, learner, clip)
    native.set_sample_splitting(*_splits(folds, columns.clusters))
    remarks = _fit(native, clip, workers)
    return CrossFit(
        estimate=float(native.coef[0]),
        std_error=float(native.se[0]),
        repetitions=pl.DataFrame(
            {
                "repetition": np.arange(1, len(folds) + 1),
                "estimate": native.all_coef[0],
                "std_error": native.all_se[0],
            }
        ),
        learners=_learner_table(native, len(folds), instrumented=columns.instrument is not None),
        remarks=remarks,
        native=native,
    )


def _model(
    library: ModuleType, columns: Learnt, model: Model, learner: Callable[[bool], Any], clip: float
) -> Any:  # noqa: ANN401 - the library is untyped
    y, d, z = columns.outcome, columns.treatment, columns.instrument
    with _quiet():
        data = library.DoubleMLData.from_arrays(columns.covariates, y, d, z=z, cluster_vars=columns.clusters)
    common: dict[str, Any] = {"draw_sample_splitting": False}
    if model == "plr":
        binary = set(np.unique(d).tolist()) == {0.0, 1.0}
        return library.DoubleMLPLR(data, learner(False), learner(binary), **common)
    if model == "pliv":
        return library.DoubleMLPLIV(data, learner(False), learner(False), learner(False), **common)
    common["ps_processor_config"] = library.utils.PSProcessorConfig(clipping_threshold=clip)
    if model == "irm":
        return library.DoubleMLIRM(data, learner(False), learner(True), **common)
    # who takes the treatment whatever the instrument, if anybody does
    encouraged = np.asarray(z) == 1
    subgroups = {
        "always_takers": bool((d[~encouraged] == 1).any()),
        "never_takers": bool((d[encouraged] == 0).any()),
    }
    return library.DoubleMLIIVM(
        data, learner(False), learner(True), learner(True), subgroups=subgroups, **common
    )


def _splits(folds: list[Codes], clusters: Codes | None) -> tuple[list[Any], list[Any] | None]:
    # the rows, and the clusters, of each fold as the library takes them: training first
    rows, groups = [], []
    for fold in folds:
        numbers = range(int(fold.max()) + 1)
        rows.append([(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in numbers])
        if clusters is not None:
            groups.append(
                [([np.unique(clusters[fold != one])], [np.unique(clusters[fold == one])]) for one in numbers]
            )
    return rows, groups if clusters is not None else None


def _fit(native: Any, clip: float, workers: int) -> tuple[str, ...]:  # noqa: ANN401 - doubleml's
    threads, parallel = importlib.import_module("threadpoolctl"), importlib.import_module("joblib")
    with (
        warnings.catch_warnings(record=True) as caught,
        _global_state_kept(),
        threads.threadpool_limits(limits=1),
        parallel.parallel_config(backend="loky", inner_max_num_threads=1),
    ):
        warnings.simplefilter("always")
        try:
            native.fit(n_jobs_cv=workers if workers > 1 else None)
        except ValueError as error:
            raise DataError(
                "a learner could not be fitted in a fold",
                where="double machine learning",
                got=str(error).splitlines()[0],
                hint="is there a fold whose other folds have only treated or only untreated rows? "
                "Take fewer folds, or another seed",
            ) from error
    kinds = {
        "close to zero or one": f"some propensities were near 0 or 1 and clipped at {clip:g}",
        "did not converge": "a learner did not converge in some fold",
    }
    said = [str(one.message) for one in caught]
    return tuple(note for words, note in kinds.items() if any(words in one for one in said))


def _learner_table(native: Any, repetitions: int, *, instrumented: bool) -> pl.DataFrame:  # noqa: ANN401 - doubleml's
    rows: list[dict[str, Any]] = []
    for name, losses in native.nuisance_loss.items():
        target = _TARGETS.get(name[:4]) or ("instrument" if instrumented else "treatment")
        classified = native._is_classifier[name]  # noqa: SLF001 - the library is pinned, and gives no other access
        for i in range(repetitions):
            loss = float(losses[i, 0])
            truth = np.asarray(native.nuisance_targets[name][:, i, 0], dtype=np.float64)
            truth = truth[~np.isnan(truth)]
            known = bool(len(truth)) and np.isfinite(loss)
            rows.append(
                {
                    "repetition": i + 1,
                    "learner": name,
                    "target": target,
                    "measure": "log_loss" if classified else "rmse",
                    "loss": loss if known else None,
                    "skill": _skill(truth, loss, classified=classified) if known else None,
                }
            )
    schema = {"repetition": pl.Int64} | dict.fromkeys(["learner", "target", "measure"], pl.String)
    table = pl.DataFrame(rows, schema=schema | dict.fromkeys(["loss", "skill"], pl.Float64))
    return table.sort("repetition", maintain_order=True)


def _skill(truth: Floats, loss: float, *, classified: bool) -> float | None:
    # how much of the loss of the best constant is saved
    mean = float(truth.mean())
    if not classified:
        constant = float(truth.var())
        return 1 - loss**2 / constant if constant > 0 else None
    if not 0 < mean < 1:
        return None
    entropy = -(mean * float(np.log(mean)) + (1 - mean) * float(np.log(1 - mean)))
    return 1 - loss / entropy


def _doubleml() -> ModuleType:
    try:
        with _quiet():
            import doubleml
            import doubleml.utils
    except ModuleNotFoundError as error:
        raise ExtraError(
            "double machine learning needs the library DoubleML",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[dml]"',
        ) from error
    module: ModuleType = doubleml
    return module


@contextlib.contextmanager
def _global_state_kept() -> Iterator[None]:
    # a support vector machine draws from numpy's global state, though nothing of it depends on the draw
    state = np.random.get_state()  # noqa: NPY002 - it is what others may use
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002 - likewise


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # DoubleML calls pandas in ways that pandas 3.1 deprecates; that is between the two
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning):
            warnings.filterwarnings("ignore", category=category)
        yield
