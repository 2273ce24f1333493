"""Goodman-Bacon: what comparisons a two-way fixed-effects estimate averages, and with which weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.diff_diff import bacon_comparisons
from patentmetrics.estimate.staggered import Incomplete, staggered_result, staggered_sample

TYPES = ["earlier_later", "later_earlier", "treated_untreated"]
CITATION = (
    "Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of "
    "Econometrics, 225(2), 254-277; computed with diff-diff"
)
_CLOSE = 1e-8


@dataclass(frozen=True, kw_only=True)
class BaconSpec:
    """A Goodman-Bacon decomposition (Goodman-Bacon 分解).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    cohort : str
        Column with the first year of treatment; null for the never treated.
    cluster : str
        Column of the clusters, for the standard error of the whole estimate.
    incomplete_places : {"refuse", "drop"}
        What to do with places that lack a year.
    """

    name: str
    outcome: str
    cohort: str = "cohort"
    cluster: str = "place"
    incomplete_places: Incomplete = "refuse"


def fit_bacon(panel: Panel, spec: BaconSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Decompose the two-way fixed-effects estimate into comparisons of two groups (Bacon 分解).

    The estimate without controls is a weighted mean of all comparisons of two groups: the treated with the
    untreated, those treated earlier with those treated later, before the latter are, and those treated later
    with those treated earlier, who are treated already. The last kind goes wrong where effects grow: a large
    weight on it is a warning.

    Source: Goodman-Bacon (2021), theorem 1, doi:10.1016/j.jeconom.2021.03.014.

    Parameters
    ----------
    panel : Panel
        Every place in every year; see ``incomplete_places``. Places treated in all their years are left out,
        and the estimate is that of the others.
    spec : BaconSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The two-way fixed-effects estimate, term ``treated``. Frame ``comparisons``: ``type``
        (``treated_untreated, earlier_later, later_earlier``), ``treated_cohort, control_cohort`` (null:
        untreated), ``estimate, weight, first_year, last_year``. Frame ``by_type``: ``type, weight,
        mean_effect, comparisons``; the weights sum to 1, weight × mean effect to the estimate. The
        statistics repeat the weights as ``weight_{type}``.

    Raises
    ------
    ColumnError
        A column is missing or no number.
    DataError
        A place lacks a year; there is nothing to compare with; or a fault named in
        `patentmetrics.estimate.staggered.staggered_sample`.
    ExtraError
        diff-diff or pyfixest is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, effect=0.25, seed=3).panel
    >>> result = fit_bacon(panel, BaconSpec(name="(1)", outcome="outcome"))
    >>> result.frames["by_type"].select("type", pl.col("weight").round(3)).rows()
    [('earlier_later', 0.056), ('later_earlier', 0.056), ('treated_untreated', 0.889)]
    """
    sample = staggered_sample(
        panel,
        outcome=spec.outcome,
        cohort=spec.cohort,
        cluster=spec.cluster,
        balanced=True,
        incomplete_places=spec.incomplete_places,
        all_treated_years="keep",
    )
    treated = (pl.col("year") >= pl.col("cohort")).fill_null(value=False).cast(pl.Int8)
    whole = fit_did(
        replace(panel, frame=sample.frame.with_columns(treated=treated)),
        DidSpec(name=spec.name, outcome=spec.outcome, cluster=spec.cluster),
    )
    comparisons, native = bacon_comparisons(sample)
    comparisons = comparisons.sort("type", "treated_cohort", "control_cohort", nulls_last=True)
    weight = pl.col("weight").sum()
    by_type = (
        pl.DataFrame({"type": TYPES})
        .join(
            comparisons.group_by("type").agg(
                weight,
                ((pl.col("weight") * pl.col("estimate")).sum() / weight).alias("mean_effect"),
                pl.len().cast(pl.Int64).alias("comparisons"),
            ),
            on="type",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("weight").fill_null(0.0), pl.col("comparisons").fill_null(0))
    )
    estimate = whole.estimates["estimate"][0]
    summed = float((comparisons["weight"] * comparisons["estimate"]).sum())
    scale = max(float((comparisons["weight"] * comparisons["estimate"].abs()).sum()), abs(estimate))
    if abs(summed - estimate) > _CLOSE * scale:
        raise DataError(
            "the comparisons do not sum to the estimate",
            where="decomposition",
            got=f"{summed:.10g} and {estimate:.10g}",
            hint="please report this panel",
        )
    return staggered_result(
        panel,
        sample,
        name=spec.name,
        method="Two-way fixed effects, Goodman-Bacon decomposition",
        citation=CITATION,
        estimates=whole.estimates,
        statistics={
            **whole.statistics,
            **sample.counts,
            **{f"weight_{kind}": share for kind, share in by_type.select("type", "weight").rows()},
        },
        notes=whole.notes,
        fixed_effects=whole.fixed_effects,
        frames={"comparisons": comparisons, "by_type": by_type},
        native=native,
        truth=truth,
    )
