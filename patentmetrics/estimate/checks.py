"""What makes a panel bad for a model of treatment: found before anything is estimated, and named.

What no estimator can use is an error; what makes an estimate doubtful is a warning that stays with the
result. Both say which rows, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel
from patentmetrics.panel.keys import shown
from patentmetrics.panel.treatment import checked_cohort

# fewer clusters than this, and their number stands in for infinity badly (Cameron & Miller 2015)
FEW_CLUSTERS = 20
# less of a column's sum of squares than this is its own: collinear
_COLLINEAR = 1e-9


def check_treatment_panel(
    panel: Panel,
    *,
    outcome: str | None = None,
    treatment: str | None = None,
    cohort: str | None = None,
    controls: Sequence[str] = (),
    fixed_effects: Sequence[str] = (),
    cluster: str | None = None,
    may_end: bool = False,
) -> tuple[str, ...]:
    """Look for what makes a panel bad for a model of treatment (面板检查).

    Errors: a treatment that is the same in every row; a cohort that is no year, differs within a place, or
    is missing although the place is treated; a treatment that contradicts the cohort or switches off where
    the model is told by cohorts. Warnings: a treatment that switches off; places treated in all their
    years, no untreated place, one treated place or cluster, few clusters; rows without a treatment;
    rows alone in a level of an effect; controls that are collinear or constant. A (place, year) that
    occurs twice is no `Panel`: that is refused when the panel is made.

    Parameters
    ----------
    panel : Panel
        The panel.
    outcome, treatment, cohort, cluster : str, optional
        Columns of the model. ``treatment`` is 0 or 1; ``cohort`` the first year of treatment.
    controls, fixed_effects : sequence of str
        Columns of the model; ``"province^year"`` is an interaction.
    may_end : bool
        The model is made for treatments that end.

    Returns
    -------
    tuple of str
        The warnings.

    Raises
    ------
    DataError
        One of the errors above; the message names rows and what to do.

    Examples
    --------
    >>> frame = pl.DataFrame({"place": ["A"] * 3 + ["B"] * 3, "year": [1, 2, 3] * 2,
    ...     "treated": [0, 1, 0, 0, 0, 0]})
    >>> check_treatment_panel(Panel(frame=frame), treatment="treated")[0]
    'the treatment switches off in 1 place (A 3): this model takes the effect to end with it; for an effect \
that stays, make the treatment 1 from the first year on (`patentmetrics panel treat`)'
    """
    frame = panel.frame.sort("place", "year")
    treated = _treated(frame, treatment)
    frame = frame.with_columns(_state=treated) if treated is not None else frame
    warnings: list[str] = []
    if cohort is not None and cohort in frame.columns:
        frame = _with_cohort(frame, cohort, treatment if treated is not None else None)
    elif treated is not None and not may_end:
        warnings += _switching_off(frame)
    if "_state" in frame.columns:
        warnings += _who_is_treated(frame, treatment or cohort or "treatment", cluster)
    warnings += _few_clusters(frame, cluster)
    used = [name for name in (outcome, *controls) if name is not None and name in frame.columns]
    warnings += _alone(frame.drop_nulls(used), fixed_effects)
    return (*warnings, *_idle_controls(frame, controls, fixed_effects))


def _treated(frame: pl.DataFrame, treatment: str | None) -> pl.Series | None:
    if treatment is None or treatment not in frame.columns:
        return None
    column = frame[treatment]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return None
    values = column.cast(pl.Float64).fill_nan(None)
    known = values.drop_nulls().unique()
    if not set(known.to_list()) <= {0.0, 1.0}:
        return None  # of varying strength: the estimator says whether it takes that
    if known.len() == 1:
        state = "treated" if known[0] == 1 else "untreated"
        raise DataError(
            f"every row is {state}: the treatment never varies",
            where=f"panel: {treatment}",
            got=f"{values.len() - values.null_count()} rows from {shown(frame, first=1)}",
            hint="is it the right column? `patentmetrics panel treat` makes one from the first years",
        )
    return (values == 1).alias("_state")


def _with_cohort(frame: pl.DataFrame, cohort: str, treatment: str | None) -> pl.DataFrame:
    lacking = frame.group_by("place").agg(
        pl.col(cohort).is_null().any().alias("some"), pl.col(cohort).is_null().all().alias("all")
    )
    places = lacking.filter(pl.col("some") & ~pl.col("all"))["place"].sort()
    if places.len():
        rows = frame.filter(pl.col("place").is_in(places.implode()) & pl.col(cohort).is_null())
        raise DataError(
            f"{places.len()} places have a cohort in some rows and none in others",
            where=f"panel: {cohort}",
            got=shown(rows),
            hint="write the first year of treatment in every row of the place",
        )
    year = checked_cohort(frame, cohort)
    frame = frame.with_columns((pl.col("year") >= year).fill_null(value=False).alias("_due"), _cohort=year)
    if treatment is not None:
        unknown = frame.filter(pl.col("_state") & pl.col("_cohort").is_null())
        if unknown.height:
            raise DataError(
                f"{unknown['place'].n_unique()} places are treated and have no cohort",
                where=f"panel: {cohort}",
                got=shown(unknown),
                hint=f"fill {cohort!r} with their first year of treatment: null is never treated",
            )
        off = frame.filter(~pl.col("_state") & pl.col("_due"))
        if off.height:
            raise DataError(
                f"{off['place'].n_unique()} places are untreated after their cohort: the treatment switches "
                f"off, or {treatment!r} and {cohort!r} contradict each other",
                where=f"panel: {treatment}, {cohort}",
                got=shown(off),
                hint="these estimators take treatment to stay; leave out the years after its end, or mend "
                "the cohort",
            )
        early = frame.filter(pl.col("_state") & ~pl.col("_due"))
        if early.height:
            raise DataError(
                f"{early['place'].n_unique()} places are treated before their cohort",
                where=f"panel: {treatment}, {cohort}",
                got=shown(early),
                hint=f"{cohort!r} is the first year of treatment",
            )
    return frame.with_columns(_state=pl.col("_due"))


def _switching_off(frame: pl.DataFrame) -> list[str]:
    state = pl.col("_state")
    off = frame.filter((~state & state.shift(1)).over("place").fill_null(value=False))
    if not off.height:
        return []
    return [
        f"the treatment switches off in {_places(off)} ({shown(off)}): this model takes the effect to end "
        "with it; for an effect that stays, make the treatment 1 from the first year on "
        "(`patentmetrics panel treat`)"
    ]


def _who_is_treated(frame: pl.DataFrame, column: str, cluster: str | None) -> list[str]:
    warnings = []
    unknown = frame.filter(pl.col("_state").is_null())
    if unknown.height:
        warnings.append(
            f"{unknown.height} rows have no {column} ({shown(unknown)}): they are left out; "
            "untreated is 0, not empty"
        )
    spans = (
        frame.drop_nulls("_state")
        .group_by("place")
        .agg(pl.col("_state").any().alias("ever"), pl.col("_state").all().alias("always"))
        .sort("place")
    )
    always = spans.filter("always")
    if always.height:
        warnings.append(
            f"{_places(always)} treated in all its years ({_some(always['place'])}): no year before "
            "treatment to compare with; take earlier years, or leave it out"
            if always.height == 1
            else f"{always.height} places are treated in all their years ({_some(always['place'])}): no year "
            "before treatment to compare with; take earlier years, or leave them out"
        )
    if spans["ever"].all():
        warnings.append(
            "no place stays untreated: places treated later are all there is to compare with, and nothing "
            "is in the last years; look at the Bacon decomposition"
        )
    ever = spans.filter("ever")["place"]
    if ever.len() == 1:
        warnings.append(
            f"only {ever[0]} is ever treated: clustered standard errors are far too small with one treated "
            "cluster; use the placebo test over places, or synthetic DID"
        )
    elif cluster is not None and cluster in frame.columns and cluster != "place":
        groups = frame.filter(pl.col("place").is_in(ever.implode()))[cluster].drop_nulls().unique()
        if groups.len() == 1:
            warnings.append(
                f"all treated places lie in one cluster ({cluster} {groups[0]}): clustered standard errors "
                "are far too small; cluster by a finer column, or use the placebo test"
            )
    return warnings


def _few_clusters(frame: pl.DataFrame, cluster: str | None) -> list[str]:
    if cluster is None or cluster not in frame.columns:
        return []
    groups = frame[cluster].n_unique()
    if not 1 < groups < FEW_CLUSTERS:
        return []
    return [
        f"only {groups} clusters ({cluster}): clustered standard errors are too small with so few; use the "
        "wild cluster bootstrap"
    ]


def _alone(frame: pl.DataFrame, fixed_effects: Sequence[str]) -> list[str]:
    warnings = []
    for effect in fixed_effects:
        names = effect.split("^")
        if set(names) <= set(frame.columns):
            rows = frame.filter(pl.len().over(names) == 1)
            if rows.height:
                warnings.append(
                    f"{rows.height} rows are alone in their {' × '.join(names)} ({shown(rows)}) and are left "
                    "out: they tell nothing once that effect is absorbed; fill their gaps, or absorb less"
                )
    return warnings


def _idle_controls(frame: pl.DataFrame, controls: Sequence[str], fixed_effects: Sequence[str]) -> list[str]:
    known = [name for name in dict.fromkeys(controls) if name in frame.columns]
    known = [name for name in known if frame.schema[name].is_numeric()]
    if not known:
        return []
    rows = frame.with_columns(pl.col(known).cast(pl.Float64).fill_nan(None)).drop_nulls(known)
    if rows.is_empty():
        return []
    warnings, kept = [], []
    groups = [
        names for names in (effect.split("^") for effect in fixed_effects) if set(names) <= set(rows.columns)
    ]
    for name in known:
        scale = max(float(rows[name].abs().max() or 0.0), 1e-300)  # type: ignore[arg-type]
        within = [
            names
            for names in groups
            if float(rows.select((pl.col(name) - pl.col(name).mean().over(names)).abs().max()).item())
            <= 1e-9 * scale
        ]
        if within:
            warnings.append(
                f"the control {name} is constant within each {' × '.join(within[0])}: the fixed effect "
                "absorbs it; leave it out, or interact it with years"
            )
        else:
            kept.append(name)
    basis = np.ones((rows.height, 1)) / np.sqrt(rows.height)
    said: list[str] = []
    for name in kept:
        column = rows[name].to_numpy()
        rest = column
        for _ in range(2):  # the second pass takes out the rounding of the first
            rest = rest - basis @ (basis.T @ rest)
        if _spread(column) <= _COLLINEAR * max(float(column @ column), 1e-300):
            warnings.append(f"the control {name} has the same value in every row: leave it out")
        elif float(rest @ rest) <= _COLLINEAR * _spread(column):
            warnings.append(
                f"the control {name} is collinear with {', '.join(said)}: together they tell no more than "
                "without it; leave one out"
            )
        else:
            basis = np.column_stack([basis, rest / np.sqrt(rest @ rest)])
            said.append(name)
    return warnings


def _spread(column: npt.NDArray[np.float64]) -> float:
    centred = column - column.mean()
    return float(centred @ centred)


def _places(frame: pl.DataFrame) -> str:
    count = frame["place"].n_unique()
    return f"{count} place{'s' * (count != 1)}"


def _some(places: pl.Series) -> str:
    return ", ".join(places.head(5)) + (", …" if places.len() > 5 else "")


def named_columns(spec: object, panel: Panel) -> dict[str, Any]:
    """Give of a specification what `check_treatment_panel` looks at.

    Examples
    --------
    >>> from patentmetrics.estimate.did import DidSpec
    >>> panel = Panel(frame=pl.DataFrame({"place": ["A"], "year": [1], "y": [1.0], "treated": [0]}))
    >>> named_columns(DidSpec(name="(1)", outcome="y"), panel)["treatment"]
    'treated'
    """
    spec = getattr(spec, "event_study", spec)  # a model about another
    found: dict[str, Any] = {}
    for name in ("outcome", "treatment", "cohort", "cluster"):
        value = getattr(spec, name, None)
        if isinstance(value, str) and value:
            found[name] = value
    if (
        "cohort" in found
        and "treatment" not in found
        and "treated" in panel.frame.columns
        and found["cohort"] == "cohort"
    ):
        found["treatment"] = "treated"  # our own names: made together by add_treatment
    if getattr(spec, "errors", "cluster") != "cluster":
        found.pop("cluster", None)
    for name in ("controls", "fixed_effects"):
        value = getattr(spec, name, ())
        if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
            found[name] = value
    return found
