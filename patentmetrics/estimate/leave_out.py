"""Leave one group out: whether the estimate hangs on one place, province, year or cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from patentmetrics.core.errors import DataError
from patentmetrics.core.types import Panel, Result, require_columns
from patentmetrics.estimate.did import DidSpec, fit_did

_PARTS = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n"]


@dataclass(frozen=True, kw_only=True)
class LeaveOutSpec(DidSpec):
    """A leave-one-group-out analysis (逐一剔除检验) of a difference-in-differences model.

    Parameters
    ----------
    name, outcome, treatment, controls, fixed_effects, cluster, errors
        The model, as in `patentmetrics.estimate.did.DidSpec`.
    group : str
        Column of the groups that are left out one at a time: place, province, year, cohort. Rows without a
        group are never left out.
    """

    group: str = "place"


def fit_leave_out(panel: Panel, spec: LeaveOutSpec, *, truth: Mapping[str, float] | None = None) -> Result:
    """Estimate the model without each group in turn (逐一剔除样本).

    Parameters
    ----------
    panel : Panel
        The panel.
    spec : LeaveOutSpec
        The model and the groups.
    truth : mapping, optional
        Known answers by term, as for ``fit_did``.

    Returns
    -------
    Result
        The estimates are those of the whole sample. Frame ``left_out``: ``group, estimate, std_error,
        statistic, p_value, conf_low, conf_high, n, change`` (from the whole), ``reason``: why there is no
        estimate without the group, else null. The statistics add ``groups, groups_without_estimate,
        estimate_least, estimate_most, largest_change`` (in size), ``largest_change_without`` (its group) and
        ``sign_changes``.

    Raises
    ------
    DataError
        There are fewer than two groups; or a fault named in ``fit_did``, of the whole sample.

    Examples
    --------
    >>> from patentmetrics.simulate.panel import simulate_panel
    >>> panel = simulate_panel(places=12, effect=0.25, seed=3).panel
    >>> result = fit_leave_out(panel, LeaveOutSpec(name="(1)", outcome="outcome"))
    >>> result.frames["left_out"].height, result.statistics["sign_changes"]
    (12, 0)
    """
    require_columns(panel.frame, [spec.group], where="panel")
    whole = fit_did(panel, spec, truth=truth)
    groups = panel.frame[spec.group].drop_nulls().unique().sort()
    if groups.len() < 2:
        raise DataError("there are fewer than two groups to leave out", where=f"panel: {spec.group}")
    own = float(whole.estimates["estimate"][0])
    rows: list[dict[str, object]] = []
    for group in groups:
        left = panel.frame.filter(pl.col(spec.group).ne_missing(group))
        row: dict[str, object] = {"group": str(group)}
        try:
            found = fit_did(replace(panel, frame=left), spec, truth={}).estimates.row(0, named=True)
            row |= {part: found[part] for part in _PARTS} | {"change": found["estimate"] - own}
        except DataError as error:
            row["reason"] = error.what
        rows.append(row)
    numbers = dict.fromkeys([*_PARTS[:-1], "change"], pl.Float64)
    frame = pl.DataFrame(
        rows, schema={"group": pl.String, **numbers, "n": pl.Int64, "reason": pl.String}
    ).select("group", *_PARTS, "change", "reason")
    known = frame.drop_nulls("estimate")
    largest = known.sort(pl.col("change").abs(), descending=True, maintain_order=True).head(1)
    statistics: dict[str, float | int | str | None] = {
        "groups": frame.height,
        "groups_without_estimate": frame.height - known.height,
        "estimate_least": _number(known["estimate"].min()),
        "estimate_most": _number(known["estimate"].max()),
        "largest_change": largest["change"][0] if known.height else None,
        "largest_change_without": largest["group"][0] if known.height else None,
        "sign_changes": known.filter(pl.col("estimate").sign() != (1 if own > 0 else -1)).height,
    }
    return replace(
        whole,
        method=f"Leave-one-out by {spec.group}; {whole.method}",
        statistics=whole.statistics | statistics,
        frames={"left_out": frame},
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float) else None
