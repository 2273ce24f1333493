"""The boundary to diff-diff, and the only module that imports it: estimators of staggered adoption.

What is taken from it (3.13.0) was checked: imputation (R's ``didimputation``), two stages (R's ``did2s``),
the weights of a Goodman-Bacon decomposition (R's ``bacondecomp``), and the solver of synthetic weights (R's
``synthdid``). What is not taken, because it was found wrong or of another convention:

- ``TwoWayFixedEffects`` on a staggered indicator does not give the two-way fixed-effects estimate;
- the standard error of synthetic DID by bootstrap is a number even with one treated place;
- relative-magnitude intervals of Honest DiD are too narrow;
- two-stage effects before treatment say 0 at −1, and are not relative to it; those of imputation depend in
  their last digits on the number of threads, and are a regression that has its home elsewhere here;
- group-time effects, doubly robust with covariates, are not normalised by the weights as R's ``did`` has
  them; averages by calendar year are missing;
- the total effect of de Chaisemartin and D'Haultfœuille takes its event times for independent: its standard
  error is a fifth too small on the minimum-wage panel of R's ``did``.

``SunAbraham`` and ``WooldridgeDiD`` are right, and serve the tests: they are regressions, and regressions
have one home here, `patentmetrics.estimate.within`.

Its warnings are caught and handed on as words: they belong in the notes of a result.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError, ExtraError

if TYPE_CHECKING:
    import pandas as pd

    from patentmetrics.estimate.staggered import StaggeredSample

Floats = npt.NDArray[np.float64]
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Averaged:
    """Averaged effects of one estimator: ``overall`` is (estimate, standard error).

    ``by_event_time``, from 0 on, and ``by_cohort`` have the columns ``event_time`` or ``cohort``,
    ``estimate`` and ``std_error``.
    """

    overall: tuple[float, float]
    by_event_time: pl.DataFrame
    by_cohort: pl.DataFrame
    native: object
    warnings: tuple[str, ...]


def imputation_effects(sample: StaggeredSample, *, leave_one_out: bool) -> Averaged:
    """Estimate Borusyak, Jaravel and Spiess's imputation estimator, from treatment on."""
    library = diff_diff_library()
    model = library.ImputationDiD(cluster="cluster", leave_one_out=leave_one_out)
    native, told = _heard(lambda: model.fit(_pandas(sample), **_columns(), covariates=_covariates(sample)))
    return _averaged(native, told)


def two_stage_effects(sample: StaggeredSample) -> Averaged:
    """Estimate Gardner's two-stage estimator; its effects before treatment are left out (see above)."""
    library = diff_diff_library()
    model = library.TwoStageDiD(cluster="cluster")
    native, told = _heard(lambda: model.fit(_pandas(sample), **_columns(), covariates=_covariates(sample)))
    return _averaged(native, told)


def bacon_comparisons(sample: StaggeredSample) -> tuple[pl.DataFrame, object]:
    """Decompose the two-way fixed-effects estimate of a balanced panel into comparisons of two groups.

    Columns ``type, treated_cohort, control_cohort`` (null for the never treated), ``estimate, weight,
    first_year, last_year``.
    """
    library = diff_diff_library()
    model = library.BaconDecomposition(weights="exact")
    native, _ = _heard(lambda: model.fit(_pandas(sample), **_columns()))
    kinds = {
        "treated_vs_never": "treated_untreated",
        "earlier_vs_later": "earlier_later",
        "later_vs_earlier": "later_earlier",
    }
    rows = [
        {
            "type": kinds[one.comparison_type],
            "treated_cohort": int(one.treated_group),
            "control_cohort": None if one.comparison_type == "treated_vs_never" else int(one.control_group),
            "estimate": float(one.estimate),
            "weight": float(one.weight),
            "first_year": int(one.time_window[0]),
            "last_year": int(one.time_window[1]),
        }
        for one in native.comparisons
    ]
    whole = {
        "treated_cohort": pl.Int32,
        "control_cohort": pl.Int32,
        "first_year": pl.Int32,
        "last_year": pl.Int32,
    }
    return pl.DataFrame(rows, schema_overrides=whole), native


def synthetic_unit_weights(controls: Floats, treated: Floats, *, zeta: float, smallest: float) -> Floats:
    """Weights of control places that follow the treated before treatment; t years × c places, t years."""
    diff_diff_library()
    from diff_diff.utils import compute_sdid_unit_weights

    weights = compute_sdid_unit_weights(controls, treated, zeta, min_decrease=smallest)
    return np.asarray(weights, dtype=np.float64)


def synthetic_time_weights(before: Floats, after: Floats, *, zeta: float, smallest: float) -> Floats:
    """Weights of years before treatment that follow the years after, among the controls."""
    diff_diff_library()
    from diff_diff.utils import compute_time_weights

    return np.asarray(compute_time_weights(before, after, zeta, min_decrease=smallest), dtype=np.float64)


def diff_diff_library() -> ModuleType:
    """Give the library, or say how to install it.

    Raises
    ------
    ExtraError
        diff-diff is not installed.
    """
    try:
        import diff_diff
    except ModuleNotFoundError as error:
        raise ExtraError(
            "this estimator needs the library diff-diff",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[estimate]"',
        ) from error
    module: ModuleType = diff_diff
    return module


def _pandas(sample: StaggeredSample) -> pd.DataFrame:
    import pandas as pd

    # places as their position, so that what the library sorts has the order of the sample; 0 is never
    columns = {name: sample.frame[name].to_numpy() for name in (sample.outcome, *sample.controls)}
    return pd.DataFrame(
        {
            "place": sample.place_codes,
            "year": sample.frame["year"].to_numpy().astype(np.int64),
            "cohort": sample.frame["cohort"].fill_null(0).to_numpy().astype(np.int64),
            "cluster": sample.cluster_codes,
            "outcome": columns[sample.outcome],
            **{f"x{i}": columns[name] for i, name in enumerate(sample.controls)},
        }
    )


def _columns() -> dict[str, Any]:
    return {"outcome": "outcome", "unit": "place", "time": "year", "first_treat": "cohort"}


def _covariates(sample: StaggeredSample) -> list[str] | None:
    return [f"x{i}" for i in range(len(sample.controls))] or None


def _averaged(native: Any, told: tuple[str, ...]) -> Averaged:  # noqa: ANN401 - the library is untyped
    events, told_events = _heard(lambda: native.aggregate("event_study").to_dataframe())
    cohorts, told_cohorts = _heard(lambda: native.aggregate("group").to_dataframe())
    return Averaged(
        overall=(float(native.overall_att), float(native.overall_se)),
        by_event_time=_estimates(events, key="event_time", source="event_time").filter(
            pl.col("event_time") >= 0
        ),
        by_cohort=_estimates(cohorts, key="cohort", source="label"),
        native=native,
        warnings=tuple(dict.fromkeys(told + told_events + told_cohorts)),
    )


def _estimates(frame: pd.DataFrame, *, key: str, source: str) -> pl.DataFrame:
    return (
        pl.DataFrame(
            {
                key: frame[source].to_numpy().astype(np.int32),
                "estimate": frame["att"].to_numpy().astype(np.float64),
                "std_error": frame["se"].to_numpy().astype(np.float64),
            }
        )
        .with_columns(pl.col("estimate", "std_error").fill_nan(None))
        .sort(key)
    )


def _heard(call: Callable[[], Answer]) -> tuple[Answer, tuple[str, ...]]:
    # what the call gives, and what the library warned of; deprecations are between it and pandas
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = call()
        except (ValueError, np.linalg.LinAlgError) as error:
            raise DataError(
                "the estimator cannot use this panel", where="diff-diff", got=str(error)
            ) from error
    silent = (DeprecationWarning, FutureWarning, PendingDeprecationWarning)
    told = [str(one.message) for one in caught if not issubclass(one.category, silent)]
    return answer, tuple(dict.fromkeys(told))
