"""The stepwise table: the model without controls, then with one more in each column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from patentmetrics.core.errors import SettingError, check_choice
from patentmetrics.core.types import Panel, Result
from patentmetrics.estimate.did import DidSpec, fit_did
from patentmetrics.estimate.sample import estimation_sample


@dataclass(frozen=True, kw_only=True)
class StepwiseSpec(DidSpec):
    """A stepwise table (逐步加入控制变量) of a difference-in-differences model.

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`; controls come in in their order.
    rows : {"common", "own"}
        ``common``: every column uses the rows that have all controls, so that what changes is the model.
        ``own``: each column uses all the rows that it can.
    """

    rows: Literal["common", "own"] = "common"


def fit_stepwise(panel: Panel, spec: StepwiseSpec) -> tuple[Result, ...]:
    """Estimate a model without controls, then add one at a time (逐步回归表).

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : StepwiseSpec
        The model with all controls.

    Returns
    -------
    tuple of Result
        One column each, named ``name (1)``, ``name (2)`` …: as many as there are controls, and one.

    Raises
    ------
    SettingError
        There are no controls to add.
    ColumnError, DataError, ExtraError
        As in `patentmetrics.estimate.did.fit_did`.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, seed=3).panel
    >>> steps = fit_stepwise(panel, StepwiseSpec(name="base", outcome="outcome", controls=("control",)))
    >>> [(one.name, one.estimates["term"].to_list()) for one in steps]
    [('base (1)', ['treated']), ('base (2)', ['treated', 'control'])]
    """
    check_choice(spec.rows, ["common", "own"], argument="rows")
    if not spec.controls:
        raise SettingError("there are no controls to add", where="controls", hint="fit_did is without")
    notes: tuple[str, ...] = ()
    if spec.rows == "common":
        sample = estimation_sample(
            panel,
            outcome=spec.outcome,
            regressors=(spec.treatment, *spec.controls),
            fixed_effects=spec.fixed_effects,
            cluster=spec.cluster if spec.errors == "cluster" else None,
        )
        kept = panel.frame.join(sample.frame.select("place", "year"), on=["place", "year"], how="semi")
        out = panel.frame.height - sample.n
        panel = replace(panel, frame=kept)
        notes = (f"all columns on the rows that have all controls; {out} rows left out for that",)
    results = []
    for number in range(len(spec.controls) + 1):
        step = replace(spec, name=f"{spec.name} ({number + 1})", controls=spec.controls[:number])
        one = fit_did(panel, step)
        results.append(replace(one, notes=(*one.notes, *notes)))
    return tuple(results)


def steps_frame(results: tuple[Result, ...], *, term: str = "treated") -> pl.DataFrame:
    """Give the estimate of a term in each column of a stepwise table, one row a column.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=40, seed=3).panel
    >>> steps = fit_stepwise(panel, StepwiseSpec(name="base", outcome="outcome", controls=("control",)))
    >>> steps_frame(steps)["model"].to_list()
    ['base (1)', 'base (2)']
    """
    return pl.concat([one.estimates.filter(pl.col("term") == term) for one in results])
