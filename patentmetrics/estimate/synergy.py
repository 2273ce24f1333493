"""Policy synergy: places with two policies against places with one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.within import Errors
from patentmetrics.panel.policy_samples import Keep, combined_policies


@dataclass(frozen=True, kw_only=True)
class SynergySpec:
    """A test of whether two policies do more together than one of them (政策协同检验).

    Parameters
    ----------
    name, outcome, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`; the treatment is made.
    first, second : str
        Ids of the policies; the panel has ``cohort_{id}`` and ``treated_{id}`` of both.
    without : tuple of str
        Ids of further policies: places that have both and one of these are left out.
    keep : {"either", "all"}
        ``either``: places with one of the two are compared with those with both; ``all`` also keeps the
        places with neither, as untreated.
    """

    name: str
    outcome: str
    first: str
    second: str
    without: tuple[str, ...] = ()
    keep: Keep = "either"
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ("place", "year")
    cluster: str = "place"
    errors: Errors = "cluster"


def fit_synergy(panel: Panel, spec: SynergySpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate what both policies do beyond one of them (政策协同效应): both against only one.

    The treatment is 1 in the years in which both are in force. In the sample of places with either policy
    the coefficient is the gain over having one; where the policy that came first still unfolds, it
    holds some of that too.

    Parameters
    ----------
    panel : Panel
        With the policies, from `patentmetrics.panel.policy_treatment.add_policies`.
    spec : SynergySpec
        The policies and the model.
    truth : mapping, optional
        Known answers by term, as for ``fit_did``.

    Returns
    -------
    Result
        As `patentmetrics.estimate.did.fit_did`; its first term is ``treated_{first}_and_{second}``. The
        statistics add the places in, kept and left out, ``places_both, places_only_{first},
        places_only_{second}, places_neither``. Frame ``left_out``: ``place, reason``.

    Raises
    ------
    ColumnError, SettingError, DataError
        As in `patentmetrics.panel.policy_samples.combined_policies` and ``fit_did``.

    Source: Pang, Li, Liu & Guo 2025, section on policy synergy.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> frame = simulate_panel(places=40, seed=3).panel.frame
    >>> number = pl.col("place").str.tail(2).cast(pl.Int32)
    >>> cohorts = {"a": pl.when(number <= 30).then(2012), "b": pl.when(number > 20).then(2015)}
    >>> frame = frame.with_columns(
    ...     *(year.alias(f"cohort_{id}") for id, year in cohorts.items()),
    ...     *((pl.col("year") >= year).fill_null(False).cast(pl.Int8).alias(f"treated_{id}")
    ...       for id, year in cohorts.items()),
    ... )
    >>> spec = SynergySpec(name="(1)", outcome="outcome", first="a", second="b")
    >>> result = fit_synergy(Panel(frame=frame), spec)
    >>> [result.statistics[f"places_{one}"] for one in ("both", "only_a", "only_b")]
    [10, 20, 10]
    """
    sample = combined_policies(panel, spec.first, spec.second, without=spec.without, keep=spec.keep)
    model = DidSpec(
        name=spec.name,
        outcome=spec.outcome,
        treatment=f"treated_{spec.first}_and_{spec.second}",
        controls=spec.controls,
        fixed_effects=spec.fixed_effects,
        cluster=spec.cluster,
        errors=spec.errors,
    )
    result = fit_did(sample.panel, model, truth=truth)
    line = sample.panel.log[len(panel.log) :]
    return replace(
        result,
        method=f"Policy synergy, {spec.first} and {spec.second}; {result.method}",
        statistics=result.statistics | dict(sample.counts),
        notes=(*result.notes, *line),
        frames={"left_out": sample.left_out.with_columns(pl.col("place").cast(pl.String))},
    )
