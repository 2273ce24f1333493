"""Difference in differences on a sample matched by propensity scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from patentmetrics.core.errors import DataError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.balance import balance_summary, balance_table
from patentmetrics.estimate.fixed_effects import ERRORS, as_result
from patentmetrics.estimate.matching import Matched, Matching, match_panel
from patentmetrics.estimate.sample import estimation_sample
from patentmetrics.estimate.weighted import fit_weighted
from patentmetrics.estimate.within import Errors, fit_within
from patentmetrics.panel.files import known_answers

METHOD = "Difference in differences on a matched sample (PSM-DID)"
CITATION = (
    "Heckman, J. J., Ichimura, H. and Todd, P. E. (1997). Matching as an econometric evaluation estimator, "
    "Review of Economic Studies 64(4)"
)


@dataclass(frozen=True, kw_only=True)
class PsmDidSpec:
    """A difference-in-differences model on a matched sample (倾向得分匹配双重差分模型).

    Parameters
    ----------
    name : str
        The head of the model's column in a table.
    outcome : str
        The dependent variable.
    matching : Matching
        How treated places are matched with others.
    treatment : str
        Column with 1 from the treatment on, 0 before and for the never treated.
    controls : tuple of str
        Further regressors.
    weighted : bool
        True: a control counts as often as it is a match; False: every matched row counts once.
    fixed_effects, cluster, errors
        As in `patentmetrics.estimate.did.DidSpec`.
    """

    name: str
    outcome: str
    matching: Matching
    treatment: str = "treated"
    controls: tuple[str, ...] = ()
    weighted: bool = True
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_psm_did(panel: Panel, spec: PsmDidSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Match, then estimate a difference in differences on the matched rows (PSM-DID).

    The rows that are matched and on the common support stay, each with its weight in the matched sample;
    the regression is that of ``fit_did``. Standard errors take the matches as given: they are too large, not
    too small, where the covariates explain much of how outcomes change (Abadie and Spiess 2022,
    doi:10.1080/01621459.2020.1840383).

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : PsmDidSpec
        The model.
    truth : mapping, optional
        Known answers by term; by default those that a simulated panel carries for the outcome.

    Returns
    -------
    Result
        The treatment first, then the controls. The statistics add the counts of
        `patentmetrics.estimate.matching.Matched` as ``match_…``, ``rows_unmatched``, and of both samples
        ``pseudo_r2_unmatched, pseudo_r2_matched, mean_bias_unmatched, mean_bias_matched``. The frames are
        ``balance`` and ``balance_summary`` (see `patentmetrics.estimate.balance`), with
        ``rows="yearly"`` also ``balance_by_year`` (the summary with ``year``), ``scores`` (the logits) and
        ``units`` (what was matched, with score and weight: what the density plot needs).

    Raises
    ------
    ColumnError, SettingError
        A column is missing or no number; an option has an unknown value.
    DataError
        A fault of `match_panel`, ``estimation_sample`` or ``fit_within``; the treatment does not vary among
        the matched rows.
    ExtraError
        pyfixest or statsmodels is not installed.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=60, effect=0.25, seed=4).panel
    >>> spec = PsmDidSpec(name="(1)", outcome="outcome", matching=Matching(covariates=("control",)))
    >>> low, high = fit_psm_did(panel, spec).estimates.select("conf_low", "conf_high").row(0)
    >>> bool(low < 0.25 < high)
    True
    """
    check_choice(spec.errors, ERRORS, argument="errors")
    matched = match_panel(panel, spec.matching, treatment=spec.treatment)
    rows = matched.frame.filter(pl.col("match_weight").is_not_null())
    sample = estimation_sample(
        replace(panel, frame=rows),
        outcome=spec.outcome,
        regressors=(spec.treatment, *spec.controls),
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster if spec.errors == "cluster" else None,
    )
    _check_variation(sample.regressors[:, 0], spec)
    weights = sample.frame["match_weight"].to_numpy()
    even = not spec.weighted or bool((weights == weights[0]).all())
    if even:
        fit = fit_within(sample, errors=spec.errors)
    else:
        fit = fit_weighted(sample, weights, errors=spec.errors)
    if spec.treatment in fit.collinear:
        raise DataError(
            f"the treatment {spec.treatment!r} is {fit.collinear[spec.treatment]} among the matched rows",
            where="model",
            got=f"absorbed effects: {', '.join(spec.fixed_effects)}",
            hint='too few rows of a place are matched: rows="base_year" keeps all years of a place',
        )
    known = known_answers(panel, spec.outcome) if truth is None else dict(truth)
    result = as_result(panel, spec, sample, fit, method=METHOD, truth=known)
    frames = _frames(matched, spec.matching)
    left_out = matched.frame.height - rows.height
    return replace(
        result,
        citation=CITATION,
        statistics=result.statistics
        | {f"match_{name}": count for name, count in matched.counts.items()}
        | {"rows_unmatched": left_out}
        | _statistics(frames["balance_summary"]),
        notes=(*result.notes, *_notes(spec, matched, left_out, even)),
        frames=frames,
    )


def _check_variation(treatment: np.ndarray, spec: PsmDidSpec) -> None:
    values = np.unique(treatment)
    if not set(values.tolist()) <= {0.0, 1.0} or len(values) == 1:
        raise DataError(
            "a treatment is 0 or 1, and both among the matched rows",
            where=f"panel: {spec.treatment}",
            got=", ".join(f"{value:g}" for value in values[:5]),
            hint="match more rows: a wider caliper or bandwidth, more neighbours",
        )


def _frames(matched: Matched, matching: Matching) -> dict[str, pl.DataFrame]:
    units, covariates = matched.units, matching.covariates
    frames = {
        "balance": balance_table(units, covariates),
        "balance_summary": balance_summary(units, covariates),
        "scores": matched.scores,
        "units": units,
    }
    if matching.rows == "yearly":
        frames["balance_by_year"] = pl.concat(
            balance_summary(part, covariates).insert_column(0, pl.lit(part["year"][0]).alias("year"))
            for part in units.partition_by("year", maintain_order=True)
            # a year in which nothing is matched has nothing to compare
            if part.filter(pl.col("in_group"))["match_weight"].count()
        )
    return frames


def _statistics(summary: pl.DataFrame) -> dict[str, float | int | str | None]:
    return {
        f"{name}_{sample}": value
        for name in ("pseudo_r2", "mean_bias")
        for sample, value in summary.select("sample", name).rows()
    }


def _notes(spec: PsmDidSpec, matched: Matched, left_out: int, even: bool) -> list[str]:
    matching, counts = spec.matching, matched.counts
    how = {
        "nearest": f"{matching.neighbours} nearest neighbour(s), ties shared"
        if matching.replacement
        else "nearest neighbour, each control once, from the highest score down",
        "radius": f"all within {matching.caliper}",
        "kernel": f"{matching.kernel} kernel, bandwidth {matching.bandwidth}",
    }[matching.method]
    if matching.caliper is not None and matching.method != "radius":
        how += f", caliper {matching.caliper}"
    which = {
        "pooled": "all rows pooled",
        "yearly": "year by year",
        "base_year": f"places, on their covariates of {matching.base_year}",
    }[matching.rows]
    notes = [
        f"propensity score by logit on {', '.join(matching.covariates)}; matched {which}: {how}",
        f"{counts['treated_matched']} of {counts['treated']} treated matched "
        f"({counts['treated_off_support']} off the common support, {counts['treated_unmatched']} without a "
        f"match) with {counts['controls_matched']} of {counts['controls']} controls",
        f"{left_out} rows left out that are not matched",
    ]
    if counts["rows_missing"]:
        notes.append(f"{counts['rows_missing']} rows without a score for missing covariates")
    if even:
        notes.append("every matched row counts once")
    else:
        notes.append("rows weighted by their matches; weights as Stata's [pweight], rows are counted")
    notes.append("standard errors take the matches as given")
    return notes
