"""What the estimators of staggered adoption share: the sample, the inference, the tidy frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.panel.files import known_answers
from patentmetrics.panel.treatment import checked_cohort

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Incomplete = Literal["refuse", "drop"]
INCOMPLETE = ["refuse", "drop"]
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class StaggeredSample:
    """The rows that an estimator of staggered adoption uses (多期处理样本).

    Parameters
    ----------
    frame : polars.DataFrame
        The rows, sorted by place and year, with ``cohort``: the first year of treatment, null for places
        that are not treated within the sample.
    outcome : str
        The dependent variable.
    controls : tuple of str
        Further regressors.
    cluster : str
        Column of the clusters; each place lies in one.
    places : tuple of str
        The places, sorted.
    place_codes, cluster_codes : ndarray, shape (n,)
        The position of each row's place in ``places``; its cluster, from 0.
    place_cohorts : ndarray, shape (p,)
        The cohort of each place, 0 for none.
    place_clusters : ndarray, shape (p,)
        The cluster of each place.
    years : tuple of int
        The years, in order.
    notes : tuple of str
        What was left out, and why.
    counts : dict
        The same as numbers.
    """

    frame: pl.DataFrame
    outcome: str
    controls: tuple[str, ...]
    cluster: str
    places: tuple[str, ...]
    place_codes: Codes
    cluster_codes: Codes
    place_cohorts: Codes
    place_clusters: Codes
    years: tuple[int, ...]
    notes: tuple[str, ...]
    counts: dict[str, float | int | str | None]

    @property
    def cohorts(self) -> list[int]:
        """Years in which treatment begins."""
        return sorted({int(one) for one in self.place_cohorts if one})

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.place_clusters))


def staggered_sample(
    panel: Panel,
    *,
    outcome: str,
    cohort: str,
    controls: Sequence[str] = (),
    cluster: str = "place",
    balanced: bool,
    incomplete_places: Incomplete = "refuse",
    needs_never_treated: bool = False,
    all_treated_years: Literal["drop", "keep"] = "drop",
) -> StaggeredSample:
    """Take the rows that an estimator of staggered adoption can use, and say which it cannot.

    Left out, counted and named in the notes: rows with a missing value; places without a year before their
    treatment, whose effect nothing can tell; years in which every place is treated, which have no
    comparison. A place whose treatment begins after the last year left is a comparison like the
    never treated.

    Parameters
    ----------
    panel : Panel
        The panel.
    outcome, controls, cluster
        Columns of the model.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    balanced : bool
        The estimator needs every place in every year.
    incomplete_places : {"refuse", "drop"}
        What to do then with places that lack a year.
    needs_never_treated : bool
        The estimator compares with places that are never treated within the sample.
    all_treated_years : {"drop", "keep"}
        What to do with years in which every place is treated.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        A place has two cohorts or lies in two clusters; none is treated, or none can be compared with; a
        place lacks a year that the estimator needs; or a fault named in ``estimation_sample``.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=12, seed=1).panel
    >>> sample = staggered_sample(panel, outcome="outcome", cohort="cohort", balanced=True)
    >>> sample.cohorts, len(sample.places), sample.notes
    ([2014, 2016], 12, ())
    """
    check_choice(incomplete_places, INCOMPLETE, argument="incomplete_places")
    year_of = checked_cohort(panel.frame, cohort)
    require_columns(panel.frame, [cluster], where="panel")
    rows = estimation_sample(
        replace(panel, frame=panel.frame.with_columns(year_of.alias("cohort"))),
        outcome=outcome,
        regressors=tuple(controls),
        fixed_effects=("place", "year"),
        cluster=cluster,
    )
    notes: list[str] = []
    if rows.rows_dropped_total:
        by_column = ", ".join(f"{name} {count}" for name, count in rows.rows_dropped.items())
        notes.append(f"{rows.rows_dropped_total} rows left out for missing values ({by_column})")
    if rows.singletons_dropped:
        notes.append(f"{rows.singletons_dropped} rows left out that were alone in a place or a year")
    frame = rows.frame.with_columns(pl.col("year").cast(pl.Int32))
    if frame["cohort"].null_count() == frame.height:
        raise DataError(
            "no place of the sample is ever treated", where=f"panel: {cohort}", hint="null is never treated"
        )
    frame = complete_places(frame, incomplete_places, notes) if balanced else frame
    frame = _comparable(frame, cohort, notes, keep=all_treated_years == "keep")
    never = frame.filter(pl.col("cohort").is_null())["place"].n_unique()
    if needs_never_treated and not never:
        raise DataError(
            "no place of the sample is never treated: there is nothing to compare with",
            where=f"panel: {cohort}",
            hint="compare with the places that are not yet treated",
        )
    per_place = (
        frame.group_by("place")
        .agg(
            pl.col("cohort").first(),
            pl.col(cluster).first().alias("_cluster"),
            pl.col(cluster).n_unique().alias("_clusters"),
        )
        .sort("place")
    )
    several = per_place.filter(pl.col("_clusters") > 1)
    if several.height:
        raise DataError(
            f"{several.height} places lie in more than one cluster",
            where=f"panel: {cluster}",
            got=", ".join(several["place"].head(5)),
            hint="effects of a place over time share its influence: cluster by place, or coarser",
        )
    cluster_codes = per_place["_cluster"].rank("dense").to_numpy().astype(np.int64) - 1
    if len(np.unique(cluster_codes)) < 2:
        raise DataError(
            "there is only one cluster: its variance cannot be estimated",
            where="cluster",
            got=cluster,
            hint="cluster by a finer column",
        )
    sizes = per_place["cohort"].drop_nulls().value_counts().sort("cohort")
    alone = [str(one) for one, size in sizes.rows() if size == 1]
    if alone:
        notes.append(
            f"cohort {', '.join(alone)} is one place: the standard error of its own effect cannot be trusted"
        )
    place_codes = frame["place"].rank("dense").to_numpy().astype(np.int64) - 1
    treated = frame.filter(pl.col("year") >= pl.col("cohort")).height
    return StaggeredSample(
        frame=frame,
        outcome=outcome,
        controls=tuple(controls),
        cluster=cluster,
        places=tuple(per_place["place"]),
        place_codes=place_codes,
        cluster_codes=cluster_codes[place_codes],
        place_cohorts=per_place["cohort"].fill_null(0).to_numpy().astype(np.int64),
        place_clusters=cluster_codes,
        years=tuple(frame["year"].unique().sort()),
        notes=tuple(notes),
        counts={
            "n": frame.height,
            "clusters": len(np.unique(cluster_codes)),
            "places_treated": per_place.height - never,
            "places_untreated": never,
            "rows_treated": treated,
            "cohorts": sizes.height,
            "singletons_dropped": rows.singletons_dropped,
            "rows_dropped": panel.frame.height - frame.height,
        },
    )


def tidy_estimates(model: str, rows: pl.DataFrame, *, n: int, t_degrees: int | None = None) -> pl.DataFrame:
    """Add test and interval to ``term, estimate, std_error`` and further columns.

    The reference is the t distribution with ``t_degrees``, or the normal distribution where None. A null
    standard error gives nulls.

    Examples
    --------
    >>> rows = pl.DataFrame({"term": ["treated"], "estimate": [2.0], "std_error": [1.0]})
    >>> tidy_estimates("(1)", rows, n=9).select("statistic", pl.col("conf_low").round(3)).row(0)
    (2.0, 0.04)
    """
    reference = stats.norm if t_degrees is None else stats.t(t_degrees)
    estimate = rows["estimate"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    error = rows["std_error"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    statistic = np.divide(estimate, error, out=np.full(len(error), np.nan), where=error > 0)
    reach = reference.ppf(0.5 + LEVEL / 2) * np.where(error > 0, error, np.nan)
    tidy = pl.DataFrame(
        {
            "model": [model] * rows.height,
            "term": rows["term"],
            "estimate": estimate,
            "std_error": np.where(error > 0, error, np.nan),
            "statistic": statistic,
            "p_value": 2 * reference.sf(np.abs(statistic)),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
            "n": np.full(rows.height, n),
        }
    ).with_columns(pl.selectors.float().fill_nan(None))
    return tidy.hstack(rows.drop("term", "estimate", "std_error"))


def overall_and_events(
    model: str,
    overall: tuple[float, float | None],
    events: pl.DataFrame,
    *,
    n: int,
    t_degrees: int | None = None,
) -> pl.DataFrame:
    """Put the overall effect, term ``treated``, before the effects by event time, ``event_time_k``."""
    first = pl.DataFrame({"term": ["treated"], "estimate": [overall[0]], "std_error": [overall[1]]})
    named = events.with_columns(
        pl.format("event_time_{}", "event_time").alias("term"), pl.col("event_time").cast(pl.Int32)
    )
    return tidy_estimates(model, pl.concat([first, named], how="diagonal_relaxed"), n=n, t_degrees=t_degrees)


def staggered_result(
    panel: Panel,
    sample: StaggeredSample,
    *,
    name: str,
    method: str,
    citation: str,
    estimates: pl.DataFrame,
    statistics: Mapping[str, float | int | str | None],
    notes: Sequence[str],
    fixed_effects: tuple[str, ...],
    frames: dict[str, pl.DataFrame],
    native: object = None,
    truth: Mapping[str, float] | None = None,
) -> Result:
    """Put the estimates into the common form, with the known answers of a simulated panel."""
    known = sample_truth(panel, sample) if truth is None else dict(truth)
    return Result(
        name=name,
        method=method,
        citation=citation,
        estimates=estimates,
        statistics={**sample.counts, **statistics},
        notes=(*notes, *sample.notes),
        outcome=sample.outcome,
        fixed_effects=fixed_effects,
        simulated=panel.simulated,
        truth={term: known[term] for term in estimates["term"] if term in known},
        frames=frames,
        native=native,
    )


def sample_truth(
    panel: Panel, sample: StaggeredSample, *, event_times: Sequence[int] | None = None
) -> dict[str, float]:
    """Give the known answers of a simulated panel, that of ``treated`` for the rows the estimator averages.

    By default all treated rows of the sample, each once. With ``event_times`` the answer is known only where
    the effect at all of them is the same.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=12, effect=0.25, growth=0.1, cohorts=[2020], seed=1).panel
    >>> sample = staggered_sample(panel, outcome="outcome", cohort="cohort", balanced=True)
    >>> round(sample_truth(panel, sample)["treated"], 3)
    0.3
    """
    known = known_answers(panel, sample.outcome)
    if "treated" not in known:
        return known
    since = sample.frame.select(pl.col("year") - pl.col("cohort")).to_series().drop_nulls()
    times = since.filter(since >= 0).to_list() if event_times is None else list(event_times)
    effects = [known.get(f"event_time_{k}") for k in times]
    told = [one for one in effects if one is not None]
    if len(told) < len(times) or not told or (event_times is not None and len(set(told)) > 1):
        known.pop("treated")
    else:
        known["treated"] = float(np.mean(told))
    return known


def clustered_note(sample: StaggeredSample, *, what: str) -> str:
    """Say which errors these are.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=12, seed=1).panel
    >>> sample = staggered_sample(panel, outcome="outcome", cohort="cohort", balanced=True)
    >>> clustered_note(sample, what="from influence functions")
    'standard errors from influence functions, clustered by place (12 clusters), normal distribution'
    """
    return (
        f"standard errors {what}, clustered by {sample.cluster} ({sample.clusters} clusters), "
        "normal distribution"
    )


def complete_places(frame: pl.DataFrame, incomplete: Incomplete, notes: list[str]) -> pl.DataFrame:
    """Give the places that are seen in every year; refuse or drop the others, and note it."""
    years = frame["year"].n_unique()
    lacking = frame.group_by("place").len().filter(pl.col("len") < years).sort("place")
    if not lacking.height:
        return frame
    if incomplete == "refuse":
        raise DataError(
            f"{lacking.height} places lack a year: the estimator needs every place in each of {years} years",
            where="panel",
            got=", ".join(f"{place} has {count}" for place, count in lacking.head(5).rows()),
            hint='fill the gaps, choose other years, or leave those places out: incomplete_places="drop"',
        )
    left = frame.join(lacking, on="place", how="anti").sort("place", "year")
    if left.is_empty():
        raise DataError("every place lacks a year", where="panel", hint="choose other years")
    notes.append(
        f"{lacking.height} places left out that lack a year ({', '.join(lacking['place'].head(5))}"
        f"{', …' if lacking.height > 5 else ''})"
    )
    return left


def _comparable(frame: pl.DataFrame, cohort: str, notes: list[str], *, keep: bool) -> pl.DataFrame:
    # without places that are treated throughout, and without years in which all are
    treated = (pl.col("year") >= pl.col("cohort")).fill_null(value=False)
    begun = frame.group_by("place").agg(treated.all().alias("always"))
    always = begun.filter(pl.col("always"))["place"].sort()
    if always.len():
        frame = frame.filter(~pl.col("place").is_in(always.implode()))
        notes.append(
            f"{always.len()} places left out that are treated in all their years "
            f"({', '.join(always.head(5))}{', …' if always.len() > 5 else ''})"
        )
    by_year = frame.group_by("year").agg(treated.all().alias("all"))
    full = [] if keep else by_year.filter(pl.col("all"))["year"].sort().to_list()
    if full:
        frame = frame.filter(~pl.col("year").is_in(full))
        notes.append(
            f"years in which every place is treated left out, {full[0]} to {full[-1]}: nothing to compare "
            "with; the places treated last are the comparison before"
        )
    if frame.is_empty():
        raise DataError(
            "no place has a year before its treatment", where=f"panel: {cohort}", hint="take earlier years"
        )
    last = int(frame["year"].to_numpy().max())
    later = frame.filter(pl.col("cohort") > last)["place"].n_unique()
    if later:
        notes.append(f"{later} places treated only after {last} count as untreated")
        frame = frame.with_columns(pl.when(pl.col("cohort") <= last).then("cohort").alias("cohort"))
    alike = frame["cohort"].null_count() == frame.height
    if alike or (keep and frame["cohort"].null_count() == 0 and frame["cohort"].n_unique() == 1):
        raise DataError(
            "no place is treated in a year in which another is not",
            where=f"panel: {cohort}",
            hint="with one date of treatment for all there is nothing to compare with",
        )
    return frame
